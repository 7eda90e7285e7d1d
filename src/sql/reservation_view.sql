-- Reserving, posting, voiding; what became of reservations, and those that nobody cares for.

CREATE FUNCTION steering.reserve(service text, participant text, booked_on date, amount numeric, volume numeric DEFAULT 0,
	expires timestamptz DEFAULT NULL, reference text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_reserve'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reserve(text, text, date, numeric, numeric, timestamptz, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reserve(text, text, date, numeric, numeric, timestamptz, text) IS
'holds an amount and a volume under the caps over a booking on that day, until it is posted, voided, or has expired; returns the number of the reservation. It is a booking, a commitment, and refused as one. Errors: 22004 null, 22023 unknown code, negative or nothing, more than four decimals, a moment that is past or none, those of steering.book()';

CREATE FUNCTION steering.post_reservation(reservation integer, amount numeric DEFAULT NULL, volume numeric DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'steering_post_reservation'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.post_reservation(integer, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.post_reservation(integer, numeric, numeric) IS
'spends what was reserved, or a part of it (null: all): the rest is released, and there is no second time. It needs no room. Errors, the first that applies: 22004 null, 42704 no such reservation, 22023 more than was reserved, or negative, 55000 it was posted, was voided, or has expired, 23S74 its day is in a closed period, 40001 concurrent change';

CREATE FUNCTION steering.void_reservation(reservation integer) RETURNS void
AS 'MODULE_PATHNAME', 'steering_void_reservation'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.void_reservation(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.void_reservation(integer) IS
'releases a reservation. Errors, the first that applies: 22004 null, 42704 no such reservation, 55000 it was posted, was voided, or has expired, 40001 concurrent change';

CREATE FUNCTION steering.release_expired(most integer DEFAULT 10000) RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_release_expired'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.release_expired(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.release_expired(integer) IS
'takes reservations that have expired out of stored usage, those first that expired first, and returns how many: leaves out those that somebody else is changing. They count for nothing without it; it is for a schedule, so that they are not looked at again. Errors: 22004 null, 22023 not positive, 40001 concurrent change';

CREATE VIEW steering.reservation_status WITH (security_barrier) AS
SELECT reservation.reservation_id AS id,
	reservation.service,
	reservation.participant,
	reservation.booked_on,
	reservation.amount::numeric AS amount,
	reservation.volume::numeric AS volume,
	CASE WHEN reservation.state = 'open' AND reservation.expires <= statement_timestamp() THEN 'expired' ELSE reservation.state END AS state,
	reservation.expires,
	reservation_post.amount::numeric AS posted_amount,
	reservation_post.volume::numeric AS posted_volume,
	reservation.reference,
	reservation.made_by,
	reservation.made_at,
	reservation.resolved_by,
	reservation.resolved_at
FROM steering.reservation
LEFT JOIN steering.reservation_post ON reservation_post.reservation_id = reservation.reservation_id
WHERE reservation.made_by = session_user
	OR reservation.participant IN (SELECT readable_participant.code FROM steering.readable_participant);
GRANT SELECT ON steering.reservation_status TO PUBLIC;
COMMENT ON VIEW steering.reservation_status IS 'reservations: those of participants whose figures the role may read, and those that who has logged in made';
COMMENT ON COLUMN steering.reservation_status.id IS 'number of the reservation';
COMMENT ON COLUMN steering.reservation_status.service IS 'code of the service';
COMMENT ON COLUMN steering.reservation_status.participant IS 'code of the participant';
COMMENT ON COLUMN steering.reservation_status.booked_on IS 'the day that decides which caps apply';
COMMENT ON COLUMN steering.reservation_status.amount IS 'money that was reserved';
COMMENT ON COLUMN steering.reservation_status.volume IS 'units of the service that were reserved';
COMMENT ON COLUMN steering.reservation_status.state IS 'open, posted, voided or expired';
COMMENT ON COLUMN steering.reservation_status.expires IS 'from this moment on it counts for nothing; null: it does not expire';
COMMENT ON COLUMN steering.reservation_status.posted_amount IS 'money that was spent of it; null: it was not posted';
COMMENT ON COLUMN steering.reservation_status.posted_volume IS 'units that were spent of it; null: it was not posted';
COMMENT ON COLUMN steering.reservation_status.reference IS 'what it is for; null: not said';
COMMENT ON COLUMN steering.reservation_status.made_by IS 'who had logged in and reserved';
COMMENT ON COLUMN steering.reservation_status.made_at IS 'when';
COMMENT ON COLUMN steering.reservation_status.resolved_by IS 'who had logged in and posted, voided or released it; null: nobody yet';
COMMENT ON COLUMN steering.reservation_status.resolved_at IS 'when; null: not yet';

CREATE VIEW steering.reservation_problem AS
SELECT format('reservation %s', reservation.reservation_id) AS subject, 'orphaned' AS problem,
	format('It holds amount %s, volume %s of service "%s" for participant "%s" on %s, does not expire, and the month of that day is over.',
		reservation.amount::numeric, reservation.volume::numeric, reservation.service, reservation.participant, reservation.booked_on) AS detail,
	format('SELECT steering.post_reservation(%1$s), or SELECT steering.void_reservation(%1$s)', reservation.reservation_id) AS hint
FROM steering.reservation
WHERE reservation.state = 'open' AND reservation.expires IS NULL
	AND steering.month_of(reservation.booked_on) < steering.month_of(steering.decision_day())
UNION ALL
SELECT 'reservations', 'expired and not released',
	format('%s that expired more than a day ago count for nothing, but are looked at again by each booking that needs their room.', count(*)),
	'SELECT steering.release_expired(), by a schedule'
FROM steering.reservation
WHERE reservation.state = 'open' AND reservation.expires < statement_timestamp() - interval '1 day'
HAVING count(*) > 0;
REVOKE ALL ON steering.reservation_problem FROM PUBLIC;
COMMENT ON VIEW steering.reservation_problem IS 'health(): reservations that nobody cares for';
COMMENT ON COLUMN steering.reservation_problem.subject IS 'a reservation, or all';
COMMENT ON COLUMN steering.reservation_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.reservation_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.reservation_problem.hint IS 'what to do';
