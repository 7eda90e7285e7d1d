-- Reservations: what is held for a while before it is spent. A booking in two steps.

-- The first step and the second are rows of tables of ours that are sources of bookings like any other: they become that with the
-- first reservation, with expressions over their columns. They have no triggers, since a dump makes the tables before their
-- rows: who writes them books as well. What was reserved stays as it was; what became of it is said by state.
CREATE TABLE steering.reservation (
	reservation_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT reservation_pkey PRIMARY KEY,
	service text NOT NULL,
	participant text NOT NULL,
	booked_on date NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT reservation_amount CHECK (amount OPERATOR(steering.>=) 0::steering.amount),
	volume steering.amount NOT NULL CONSTRAINT reservation_volume CHECK (volume OPERATOR(steering.>=) 0::steering.amount),
	expires timestamptz CONSTRAINT reservation_expires CHECK (isfinite(expires)),
	reference text,
	state text NOT NULL DEFAULT 'open' CONSTRAINT reservation_state CHECK (state IN ('open', 'posted', 'voided', 'expired')),
	made_by text NOT NULL DEFAULT session_user,
	made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	resolved_by text,
	resolved_at timestamptz
);
REVOKE ALL ON steering.reservation FROM PUBLIC;
CREATE INDEX reservation_expires_idx ON steering.reservation (expires) WHERE state = 'open';
SELECT pg_catalog.pg_extension_config_dump('steering.reservation', '');
SELECT pg_catalog.pg_extension_config_dump('steering.reservation_reservation_id_seq', '');
COMMENT ON TABLE steering.reservation IS 'reservations, written by reserve(), post_reservation(), void_reservation() and release_expired() alone; those that are open are commitments';
COMMENT ON COLUMN steering.reservation.reservation_id IS 'number of the reservation';
COMMENT ON COLUMN steering.reservation.service IS 'code of the service';
COMMENT ON COLUMN steering.reservation.participant IS 'code of the participant';
COMMENT ON COLUMN steering.reservation.booked_on IS 'the day that decides which caps apply';
COMMENT ON COLUMN steering.reservation.amount IS 'money';
COMMENT ON COLUMN steering.reservation.volume IS 'units of the service';
COMMENT ON COLUMN steering.reservation.expires IS 'from this moment on it counts for nothing; null: it does not expire';
COMMENT ON COLUMN steering.reservation.reference IS 'what it is for, in the words of who reserved; null: not said';
COMMENT ON COLUMN steering.reservation.state IS 'open, posted, voided or expired (and released); an open one whose moment is past counts for nothing as well';
COMMENT ON COLUMN steering.reservation.made_by IS 'who had logged in and reserved';
COMMENT ON COLUMN steering.reservation.made_at IS 'when';
COMMENT ON COLUMN steering.reservation.resolved_by IS 'who had logged in and posted, voided or released it; null: nobody yet';
COMMENT ON COLUMN steering.reservation.resolved_at IS 'when; null: not yet';

CREATE TABLE steering.reservation_post (
	reservation_id integer CONSTRAINT reservation_post_pkey PRIMARY KEY,
	service text NOT NULL,
	participant text NOT NULL,
	booked_on date NOT NULL,
	amount steering.amount NOT NULL,
	volume steering.amount NOT NULL
);
REVOKE ALL ON steering.reservation_post FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.reservation_post', '');
COMMENT ON TABLE steering.reservation_post IS 'what was posted of reservations, written by post_reservation() alone: it is spent';
COMMENT ON COLUMN steering.reservation_post.reservation_id IS 'the reservation';
COMMENT ON COLUMN steering.reservation_post.service IS 'code of the service';
COMMENT ON COLUMN steering.reservation_post.participant IS 'code of the participant';
COMMENT ON COLUMN steering.reservation_post.booked_on IS 'the day of the reservation';
COMMENT ON COLUMN steering.reservation_post.amount IS 'money that was spent';
COMMENT ON COLUMN steering.reservation_post.volume IS 'units of the service that were';

CREATE VIEW steering.reserved_by_cap AS
WITH RECURSIVE held AS MATERIALIZED (
	SELECT reservation.service, reservation.participant, reservation.booked_on, sum(reservation.amount::numeric) AS amount,
		sum(reservation.volume::numeric) AS volume
	FROM steering.reservation
	WHERE reservation.state = 'open' AND (reservation.expires IS NULL OR reservation.expires > statement_timestamp())
	GROUP BY reservation.service, reservation.participant, reservation.booked_on
), service_above (code, service_id, parent) AS (
	SELECT service.code, service.service_id, service.parent FROM steering.service WHERE service.code IN (SELECT held.service FROM held)
	UNION
	SELECT service_above.code, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (code, participant_id, parent) AS (
	SELECT participant.code, participant.participant_id, participant.parent FROM steering.participant
	WHERE participant.code IN (SELECT held.participant FROM held)
	UNION
	SELECT participant_above.code, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
)
SELECT cap.cap_id, sum(steering.metric_part(cap.metric, held.amount, held.volume)) AS reserved
FROM held
JOIN service_above ON service_above.code = held.service
JOIN participant_above ON participant_above.code = held.participant
JOIN steering.cap ON cap.service_id = service_above.service_id AND cap.participant_id = participant_above.participant_id
	AND cap.during @> held.booked_on
GROUP BY cap.cap_id
HAVING sum(steering.metric_part(cap.metric, held.amount, held.volume)) <> 0;
REVOKE ALL ON steering.reserved_by_cap FROM PUBLIC;
COMMENT ON VIEW steering.reserved_by_cap IS 'what of the usage of caps is reserved: of those under which something is';
COMMENT ON COLUMN steering.reserved_by_cap.cap_id IS 'the cap';
COMMENT ON COLUMN steering.reserved_by_cap.reserved IS 'reservations that are open and have not expired';

CREATE VIEW steering.expired_by_cap AS
WITH RECURSIVE held AS MATERIALIZED (
	SELECT reservation.service, reservation.participant, reservation.booked_on, sum(reservation.amount::numeric) AS amount,
		sum(reservation.volume::numeric) AS volume
	FROM steering.reservation
	WHERE reservation.state = 'open' AND reservation.expires <= statement_timestamp()
	GROUP BY reservation.service, reservation.participant, reservation.booked_on
), service_above (code, service_id, parent) AS (
	SELECT service.code, service.service_id, service.parent FROM steering.service WHERE service.code IN (SELECT held.service FROM held)
	UNION
	SELECT service_above.code, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (code, participant_id, parent) AS (
	SELECT participant.code, participant.participant_id, participant.parent FROM steering.participant
	WHERE participant.code IN (SELECT held.participant FROM held)
	UNION
	SELECT participant_above.code, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
)
SELECT cap.cap_id, sum(steering.metric_part(cap.metric, held.amount, held.volume)) AS expired
FROM held
JOIN service_above ON service_above.code = held.service
JOIN participant_above ON participant_above.code = held.participant
JOIN steering.cap ON cap.service_id = service_above.service_id AND cap.participant_id = participant_above.participant_id
	AND cap.during @> held.booked_on
GROUP BY cap.cap_id;
REVOKE ALL ON steering.expired_by_cap FROM PUBLIC;
COMMENT ON VIEW steering.expired_by_cap IS 'what of the stored usage of caps is reserved, expired, and not released yet: it counts for nothing';
COMMENT ON COLUMN steering.expired_by_cap.cap_id IS 'the cap';
COMMENT ON COLUMN steering.expired_by_cap.expired IS 'reservations that have expired and stand in the counter';
