-- What happened to caps: one row per decision and per step crossed. Written by C alone. Who may read a
-- participant's figures reads its events; the policy comes with the view that decides it.

CREATE TABLE steering.event (
	event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('created', 'revised', 'dropped', 'notify', 'warn')),
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
REVOKE ALL ON steering.event FROM PUBLIC;
GRANT SELECT ON steering.event TO PUBLIC;
ALTER TABLE steering.event ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('steering.event', '');
SELECT pg_catalog.pg_extension_config_dump('steering.event_event_id_seq', '');
COMMENT ON TABLE steering.event IS 'what happened to caps: decisions, and steps crossed by bookings; each role sees those that it may read';
COMMENT ON COLUMN steering.event.event_id IS 'number of the event';
COMMENT ON COLUMN steering.event.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.event.kind IS 'created, revised, dropped: a decision on a cap; notify, warn: a step of its ladder was crossed upwards';
COMMENT ON COLUMN steering.event.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.event.service IS 'code of its service';
COMMENT ON COLUMN steering.event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.event.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.event.metric IS 'budget or volume';
COMMENT ON COLUMN steering.event.during IS 'the days that it limits';
COMMENT ON COLUMN steering.event.amount IS 'the limit at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.ladder IS 'the ladder at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.threshold IS 'usage at which the crossed step acts; null for decisions';
COMMENT ON COLUMN steering.event.used IS 'usage after what happened';
COMMENT ON COLUMN steering.event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.event.reason IS 'the reason that was given for a decision';
