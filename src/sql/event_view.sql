-- The events as people and BI tools read them, by way of a view that tells nobody more than it shows.

-- Columns with figures are expressions, though they say the same, because comparisons of amounts and ladders
-- are leakproof: of a plain column, the planner would estimate them by all rows, those included that a role
-- may not read. Their types are built in, so that who reads them needs nothing of ours, and drivers know them.
CREATE VIEW steering.event WITH (security_barrier) AS
SELECT event_log.event_id,
	event_log.recorded_at,
	event_log.kind,
	event_log.cap_id,
	event_log.service,
	event_log.participant,
	event_log.participant_id,
	event_log.metric,
	event_log.during,
	event_log.amount::numeric AS amount,
	event_log.ladder::text AS ladder,
	event_log.threshold::numeric AS threshold,
	event_log.used::numeric AS used,
	event_log.role_name,
	event_log.reason
FROM steering.event_log
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR event_log.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
REVOKE ALL ON steering.event FROM PUBLIC;
GRANT SELECT ON steering.event TO PUBLIC;
COMMENT ON VIEW steering.event IS 'what happened to caps: decisions, and steps crossed by bookings; each role sees those that it may read';
COMMENT ON COLUMN steering.event.event_id IS 'number of the event';
COMMENT ON COLUMN steering.event.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.event.kind IS 'created, revised, dropped: a decision on a cap; granted, revoked: on an override of it; notify, warn: a step of its ladder was crossed upwards; drawn: a booking drew of an override';
COMMENT ON COLUMN steering.event.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.event.service IS 'code of its service';
COMMENT ON COLUMN steering.event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.event.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.event.metric IS 'budget or volume';
COMMENT ON COLUMN steering.event.during IS 'the days that it limits';
COMMENT ON COLUMN steering.event.amount IS 'the limit at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.ladder IS 'the ladder at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.threshold IS 'usage at which the crossed step acts, or above which an override was drawn; null for decisions';
COMMENT ON COLUMN steering.event.used IS 'usage after what happened';
COMMENT ON COLUMN steering.event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.event.reason IS 'the reason that was given for a decision; of overrides which one, and how much';

CREATE FUNCTION steering.restore_event() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_restore_event'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.restore_event() FROM PUBLIC;
COMMENT ON FUNCTION steering.restore_event() IS
'writes a row of steering.event, as dumps of older versions hold them, into steering.event_log';

-- A dump of 0.2.0 holds the rows of a table of this name.
CREATE TRIGGER restore_event INSTEAD OF INSERT ON steering.event
	FOR EACH ROW EXECUTE FUNCTION steering.restore_event();

CREATE VIEW steering.event_problem AS
SELECT reader.name AS subject, 'reads event_log' AS problem,
	'It reads the table steering.event_log, which was steering.event before 0.3.0 and is granted to nobody any more.' AS detail,
	'make it anew, to read the view steering.event' AS hint
FROM (SELECT pg_rewrite.ev_class::regclass::text AS name
	FROM pg_catalog.pg_rewrite JOIN pg_catalog.pg_depend
		ON pg_depend.classid = 'pg_catalog.pg_rewrite'::regclass AND pg_depend.objid = pg_rewrite.oid
	WHERE pg_depend.refclassid = 'pg_catalog.pg_class'::regclass AND pg_depend.refobjid = 'steering.event_log'::regclass
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS member
			WHERE member.classid = 'pg_catalog.pg_class'::regclass AND member.objid = pg_rewrite.ev_class
				AND member.deptype = 'e')
	UNION
	SELECT pg_depend.objid::regprocedure::text
	FROM pg_catalog.pg_depend
	WHERE pg_depend.classid = 'pg_catalog.pg_proc'::regclass
		AND pg_depend.refclassid = 'pg_catalog.pg_class'::regclass AND pg_depend.refobjid = 'steering.event_log'::regclass) AS reader
UNION ALL
SELECT DISTINCT concat('role ', CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END),
	'may read event_log',
	'That table has the events of all participants, and it may not read every figure.',
	format('REVOKE ALL ON steering.event_log FROM %s; steering.event shows what it may read',
		   CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END)
FROM pg_catalog.pg_class
CROSS JOIN LATERAL aclexplode(pg_class.relacl) AS granted
WHERE pg_class.oid = 'steering.event_log'::regclass AND granted.grantee <> pg_class.relowner
	AND granted.privilege_type = 'SELECT'
	AND (granted.grantee = 0 OR NOT has_table_privilege(granted.grantee, 'steering.cap'::regclass, 'SELECT'));
REVOKE ALL ON steering.event_problem FROM PUBLIC;
COMMENT ON VIEW steering.event_problem IS 'health(): who reads the table of events instead of the view';
COMMENT ON COLUMN steering.event_problem.subject IS 'a view, a function or a role';
COMMENT ON COLUMN steering.event_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.event_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.event_problem.hint IS 'what to do';
