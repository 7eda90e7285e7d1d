-- What happened to caps: one row per decision and per step crossed. Written by C alone. It is read by way
-- of the view steering.event: with a right on the table comes what the planner knows of all its rows, and
-- EXPLAIN tells. There is no row security, with which a role that may read the table could not dump it.

-- Until 0.3.0 the table had the name of the view, and what belongs to it still is called after that.
CREATE TABLE steering.event (
	event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('created', 'revised', 'dropped', 'granted', 'revoked', 'notify', 'warn', 'drawn')),
	cap_id integer NOT NULL,
	service text NOT NULL,
	participant text NOT NULL,
	participant_id integer NOT NULL,
	metric text NOT NULL,
	during daterange NOT NULL,
	amount steering.amount,
	ladder steering.ladder,
	threshold steering.amount,
	used steering.amount,
	role_name name NOT NULL DEFAULT session_user,
	reason text
);
ALTER TABLE steering.event RENAME TO event_log;
REVOKE ALL ON steering.event_log FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.event_log', '');
SELECT pg_catalog.pg_extension_config_dump('steering.event_event_id_seq', '');
COMMENT ON TABLE steering.event_log IS 'what happened to caps: decisions, and steps crossed by bookings; steering.event shows each role those that it may read';
COMMENT ON COLUMN steering.event_log.event_id IS 'number of the event';
COMMENT ON COLUMN steering.event_log.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.event_log.kind IS 'created, revised, dropped: a decision on a cap; granted, revoked: on an override of it; notify, warn: a step of its ladder was crossed upwards; drawn: a booking drew of an override';
COMMENT ON COLUMN steering.event_log.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.event_log.service IS 'code of its service';
COMMENT ON COLUMN steering.event_log.participant IS 'code of its participant';
COMMENT ON COLUMN steering.event_log.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.event_log.metric IS 'budget or volume';
COMMENT ON COLUMN steering.event_log.during IS 'the days that it limits';
COMMENT ON COLUMN steering.event_log.amount IS 'the limit at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event_log.ladder IS 'the ladder at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event_log.threshold IS 'usage at which the crossed step acts, or above which an override was drawn; null for decisions';
COMMENT ON COLUMN steering.event_log.used IS 'usage after what happened';
COMMENT ON COLUMN steering.event_log.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.event_log.reason IS 'the reason that was given for a decision; of overrides which one, and how much';
