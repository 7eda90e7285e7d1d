-- What happened to sources: a table was attached, detached, lost with its table, and found again. Written by C alone,
-- and read by way of the view steering.source_event.

-- Names of tables and roles, not numbers: they are to be found again after a restore.
CREATE TABLE steering.source_event_log (
	event_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT source_event_log_pkey PRIMARY KEY,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('attached', 'detached', 'lost', 'found')),
	source_id integer NOT NULL,
	relation text NOT NULL,
	owner steering.role_reference,
	mapping jsonb NOT NULL,
	closed jsonb,
	role_name name NOT NULL DEFAULT session_user,
	acted_as name NOT NULL
);
REVOKE ALL ON steering.source_event_log FROM PUBLIC;
CREATE INDEX source_event_log_relation_idx ON steering.source_event_log (relation, event_id);
CREATE INDEX source_event_log_source_id_idx ON steering.source_event_log (source_id, event_id);
SELECT pg_catalog.pg_extension_config_dump('steering.source_event_log', '');
SELECT pg_catalog.pg_extension_config_dump('steering.source_event_log_event_id_seq', '');
COMMENT ON TABLE steering.source_event_log IS 'what happened to sources; steering.source_event shows each role those that it may read';
COMMENT ON COLUMN steering.source_event_log.event_id IS 'number of the event';
COMMENT ON COLUMN steering.source_event_log.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.source_event_log.kind IS 'attached: by attach(); detached: by detach() or detach_missing(), or its booking table was dropped with its query; lost: its table was dropped; found: a table of its name was attached again by this mapping';
COMMENT ON COLUMN steering.source_event_log.source_id IS 'number of the source; it may be gone';
COMMENT ON COLUMN steering.source_event_log.relation IS 'name of its table then, qualified, quoted where needed';
COMMENT ON COLUMN steering.source_event_log.owner IS 'who owned the table then; null: nobody knows';
COMMENT ON COLUMN steering.source_event_log.mapping IS 'the arguments of attach(), as steering.source had them';
COMMENT ON COLUMN steering.source_event_log.closed IS 'of what was lost: its usage in periods that were closed then, by service, participant and month; null: none';
COMMENT ON COLUMN steering.source_event_log.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.source_event_log.acted_as IS 'the role that he acted as';

CREATE VIEW steering.source_event WITH (security_barrier) AS
SELECT source_event_log.event_id,
	source_event_log.recorded_at,
	source_event_log.kind,
	source_event_log.source_id,
	source_event_log.relation,
	source_event_log.owner::text AS owner,
	source_event_log.mapping,
	source_event_log.role_name,
	source_event_log.acted_as
FROM steering.source_event_log
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR pg_has_role(source_event_log.owner::oid, 'USAGE');
REVOKE ALL ON steering.source_event FROM PUBLIC;
GRANT SELECT ON steering.source_event TO PUBLIC;
COMMENT ON VIEW steering.source_event IS 'what happened to sources: attached, detached, lost with their table, found again. Who may read every figure sees all, others those of tables whose owner they are';
COMMENT ON COLUMN steering.source_event.event_id IS 'number of the event';
COMMENT ON COLUMN steering.source_event.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.source_event.kind IS 'attached: by attach(); detached: by detach() or detach_missing(), or its booking table was dropped with its query; lost: its table was dropped; found: a table of its name was attached again by this mapping';
COMMENT ON COLUMN steering.source_event.source_id IS 'number of the source; it may be gone';
COMMENT ON COLUMN steering.source_event.relation IS 'name of its table then, qualified, quoted where needed';
COMMENT ON COLUMN steering.source_event.owner IS 'who owned the table then; null: nobody knows';
COMMENT ON COLUMN steering.source_event.mapping IS 'the arguments of attach()';
COMMENT ON COLUMN steering.source_event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.source_event.acted_as IS 'the role that he acted as';

-- Of each name the last event counts: who attaches another table under it has found what he wants.
CREATE VIEW steering.lost_source AS
SELECT last.event_id, last.source_id, last.relation, last.owner, last.mapping,
	(SELECT max(closed.event_id)
	 FROM steering.source_event_log AS closed
	 WHERE closed.relation = last.relation AND closed.closed IS NOT NULL) AS closed_event
FROM (SELECT DISTINCT ON (source_event_log.relation) source_event_log.*
	FROM steering.source_event_log
	ORDER BY source_event_log.relation, source_event_log.event_id DESC) AS last
WHERE last.kind = 'lost';
REVOKE ALL ON steering.lost_source FROM PUBLIC;
COMMENT ON VIEW steering.lost_source IS 'sources whose table was dropped, as they were';
COMMENT ON COLUMN steering.lost_source.event_id IS 'number of the event';
COMMENT ON COLUMN steering.lost_source.source_id IS 'number that the source had';
COMMENT ON COLUMN steering.lost_source.relation IS 'name of its table';
COMMENT ON COLUMN steering.lost_source.owner IS 'who owned the table; null: nobody knows';
COMMENT ON COLUMN steering.lost_source.mapping IS 'the arguments of attach()';
COMMENT ON COLUMN steering.lost_source.closed_event IS 'the event that has its usage in closed periods, which it may have lost earlier; null: none';

-- Tables that belong to no source, as events call them.
CREATE VIEW steering.unattached_table AS
SELECT pg_class.oid AS relation, format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name, pg_class.relowner AS owner,
	pg_class.relnamespace AS schema
FROM pg_catalog.pg_class
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_class.relkind IN ('r', 'p')
	AND NOT EXISTS (SELECT FROM steering.source_table WHERE source_table.relation = pg_class.oid);
REVOKE ALL ON steering.unattached_table FROM PUBLIC;
COMMENT ON VIEW steering.unattached_table IS 'tables that belong to no source';
COMMENT ON COLUMN steering.unattached_table.relation IS 'number of the table';
COMMENT ON COLUMN steering.unattached_table.name IS 'its name, qualified, quoted where needed';
COMMENT ON COLUMN steering.unattached_table.owner IS 'who owns it';
COMMENT ON COLUMN steering.unattached_table.schema IS 'number of its schema';

CREATE VIEW steering.lost_problem AS
SELECT unattached_table.name AS subject, 'not attached' AS problem,
	'The source of this name was dropped with its table, and this table was made since: its rows count nowhere.' AS detail,
	concat(CASE WHEN lost_source.owner::oid = unattached_table.owner
				THEN format('SELECT steering.reattach(%L), or attach() it otherwise', unattached_table.name)
				ELSE format('attach() it: it is owned by %I, and the table that was dropped by %s', pg_get_userbyid(unattached_table.owner),
							coalesce(lost_source.owner::text, 'somebody unknown')) END,
		   format('; if it is to be no source, SELECT steering.detach_missing(%L)', unattached_table.name)) AS hint
FROM steering.lost_source
JOIN steering.unattached_table ON unattached_table.name = lost_source.relation
UNION ALL
SELECT unattached_table.name, 'not attached',
	format('Source %s had this name when it was attached. The table that has it now was made or renamed since: its rows count nowhere.', source.relation),
	format('DROP TABLE %1$s, then SELECT steering.reattach(%2$L); or SELECT steering.detach(%3$L) and attach() this one', source.relation,
		   unattached_table.name, source.relation)
FROM steering.source
JOIN LATERAL (
	SELECT source_event_log.relation
	FROM steering.source_event_log
	WHERE source_event_log.source_id = source.source_id AND source_event_log.kind IN ('attached', 'found')
	ORDER BY source_event_log.event_id DESC
	LIMIT 1) AS named ON true
JOIN steering.unattached_table ON unattached_table.name = named.relation;
REVOKE ALL ON steering.lost_problem FROM PUBLIC;
COMMENT ON VIEW steering.lost_problem IS 'health(): tables that stand where a source was, and are none';
COMMENT ON COLUMN steering.lost_problem.subject IS 'a table';
COMMENT ON COLUMN steering.lost_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.lost_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.lost_problem.hint IS 'what to do';
