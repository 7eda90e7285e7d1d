-- What the coordinator holds a node to, from when the node has said what it uses under a cap that is new, or that entries have joined,
-- until the node has that cap, or those entries, itself: under it nothing is raised here meanwhile.

CREATE TABLE steering.held_scope (
	held_scope_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT held_scope_pkey PRIMARY KEY,
	act bigint NOT NULL,
	metric text NOT NULL,
	services integer[] NOT NULL,
	participants integer[] NOT NULL,
	first_day date NOT NULL,
	end_day date NOT NULL
);
REVOKE ALL ON steering.held_scope FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.held_scope', '');
SELECT pg_catalog.pg_extension_config_dump('steering.held_scope_held_scope_id_seq', '');
COMMENT ON TABLE steering.held_scope IS 'on a node: what raises usage here has to ask the coordinator whether the act is over that wants to know what is used, and is refused (40001) until it is, and applied here';
COMMENT ON COLUMN steering.held_scope.held_scope_id IS 'number of the row';
COMMENT ON COLUMN steering.held_scope.act IS 'number of the act''s transaction on the coordinator';
COMMENT ON COLUMN steering.held_scope.metric IS 'of the cap: what of the bookings is held';
COMMENT ON COLUMN steering.held_scope.services IS 'the services of the bookings';
COMMENT ON COLUMN steering.held_scope.participants IS 'the participants of the bookings';
COMMENT ON COLUMN steering.held_scope.first_day IS 'their first day';
COMMENT ON COLUMN steering.held_scope.end_day IS 'the day after their last';

CREATE FUNCTION steering.cap_scopes(caps integer[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE SET jit = off
BEGIN ATOMIC
WITH RECURSIVE service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	WHERE service.service_id IN (SELECT cap.service_id FROM steering.cap WHERE cap.cap_id = ANY (caps))
	UNION
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	WHERE participant.participant_id IN (SELECT cap.participant_id FROM steering.cap WHERE cap.cap_id = ANY (caps))
	UNION
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
)
SELECT coalesce(jsonb_agg(jsonb_build_object('cap_id', cap.cap_id, 'metric', cap.metric,
	'first_day', lower(cap.during), 'end_day', upper(cap.during),
	'services', (SELECT jsonb_agg(service_below.service_id) FROM service_below WHERE service_below.top = cap.service_id),
	'participants', (SELECT jsonb_agg(participant_below.participant_id) FROM participant_below WHERE participant_below.top = cap.participant_id))
	ORDER BY cap.cap_id), '[]')
FROM steering.cap
WHERE cap.cap_id = ANY (caps);
END;
REVOKE ALL ON FUNCTION steering.cap_scopes(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_scopes(integer[]) IS 'which bookings these caps are over: an array with cap_id, metric, first_day, end_day, and the numbers of services and participants';

-- As cap_tally() counts, but by entries that the coordinator has told: this node may not know yet that they belong there.
CREATE FUNCTION steering.scope_usage(scopes jsonb)
RETURNS TABLE (cap_id integer, before numeric, after numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 SET jit = off
BEGIN ATOMIC
WITH scope AS MATERIALIZED (
	SELECT told.cap_id, told.metric, told.services, told.participants, told.first_day, told.end_day,
		steering.month_of(steering.month_of(told.first_day - 1) + 31) AS whole_from, steering.month_of(told.end_day) AS whole_to
	FROM jsonb_to_recordset(scope_usage.scopes)
		AS told (cap_id integer, metric text, services integer[], participants integer[], first_day date, end_day date)
), edge AS (
	SELECT scope.cap_id, scope.first_day AS from_day, least(scope.whole_from, scope.end_day) AS until_day
	FROM scope
	WHERE scope.first_day < scope.whole_from
	UNION ALL
	SELECT scope.cap_id, scope.whole_to, scope.end_day
	FROM scope
	WHERE scope.whole_to >= scope.whole_from AND scope.whole_to < scope.end_day
), booked AS MATERIALIZED (
	SELECT edge.cap_id, read.service_id, read.participant_id, read.amount, read.volume,
		steering.require_that(NOT read.unreadable, '55000', 'bookings of a source cannot be read') AS is_required
	FROM edge CROSS JOIN LATERAL steering.booking_read(edge.from_day, edge.until_day) AS read
	WHERE read.unreadable OR (read.booked_on >= edge.from_day AND read.booked_on < edge.until_day)
), part AS (
	SELECT scope.cap_id, steering.metric_part(scope.metric, cell.amount, cell.volume)::numeric AS used
	FROM scope
	JOIN steering.usage_cell AS cell ON cell.month >= scope.whole_from AND cell.month < scope.whole_to
		AND cell.service_id = ANY (scope.services) AND cell.participant_id = ANY (scope.participants)
	UNION ALL
	SELECT scope.cap_id, steering.metric_part(scope.metric, booked.amount, booked.volume)::numeric
	FROM booked
	JOIN scope ON scope.cap_id = booked.cap_id
		AND booked.service_id = ANY (scope.services) AND booked.participant_id = ANY (scope.participants)
)
SELECT scope.cap_id,
	coalesce((SELECT sum(counter.used::numeric) FROM steering.cap_counter AS counter WHERE counter.cap_id = scope.cap_id), 0),
	coalesce((SELECT sum(part.used) FROM part WHERE part.cap_id = scope.cap_id), 0)
FROM scope
ORDER BY scope.cap_id;
END;
REVOKE ALL ON FUNCTION steering.scope_usage(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scope_usage(jsonb) IS 'what this node uses under caps of the coordinator: as far as it has counted by now (before), and of the bookings that cap_scopes() says there (after). Error: 55000 a source cannot be read';

CREATE FUNCTION steering.hold_scopes(act bigint, scopes jsonb)
RETURNS TABLE (cap_id integer, before numeric, after numeric)
AS 'MODULE_PATHNAME', 'steering_hold_scopes'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE ROWS 10;
REVOKE ALL ON FUNCTION steering.hold_scopes(bigint, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.hold_scopes(bigint, jsonb) IS
'on a node: what is used of these bookings, see scope_usage(), and not raised from now on before the act is over that asks, and applied here. The coordinator calls it, as a transaction of its own. Errors: 55000 it is no node, a source cannot be read, 55P03 bookings that run take too long';

CREATE FUNCTION steering.settled_change() RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_settled_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.settled_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.settled_change() IS 'on the coordinator: the number of its last change, while no act is under way that makes caps or moves entries; null: one is. Nodes call it';
