-- Queries that are not followed, for health().

CREATE VIEW steering.query_problem AS
WITH RECURSIVE followed (source_id, relation) AS (
	SELECT query_table.source_id, query_table.relation::oid
	FROM steering.query_table JOIN steering.source ON source.source_id = query_table.source_id
	UNION
	SELECT followed.source_id, pg_inherits.inhrelid
	FROM followed JOIN pg_catalog.pg_inherits ON pg_inherits.inhparent = followed.relation
)
SELECT followed.relation::regclass::text AS subject,
	CASE WHEN pg_trigger.oid IS NULL THEN 'trigger missing'
		WHEN pg_trigger.tgenabled = 'D' THEN 'trigger disabled'
		ELSE 'trigger fires for replication only' END AS problem,
	format('%s on this table is not counted in %s, for want of trigger %I.', wanted.event, source.relation,
		coalesce(pg_trigger.tgname::text COLLATE "default", wanted.name)) AS detail,
	CASE WHEN pg_trigger.oid IS NULL THEN format('SELECT steering.reattach(%L)', source.relation)
		ELSE format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT steering.repair()', followed.relation::regclass,
			pg_trigger.tgname::text COLLATE "default") END AS hint
FROM followed
JOIN steering.source ON source.source_id = followed.source_id
JOIN pg_catalog.pg_class ON pg_class.oid = followed.relation
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_follow_insert', 4), ('UPDATE', 'sp71_steering_follow_update', 16),
	('DELETE', 'sp71_steering_follow_delete', 8), ('TRUNCATE', 'sp71_steering_follow_truncate', 32),
	('INSERT, UPDATE or DELETE that ends before all its rows are returned', 'sp71_steering_follow_watch', 30)) AS wanted (event, name, type)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = followed.relation
	AND pg_trigger.tgfoid = 'steering.follow_query'::regproc AND pg_trigger.tgtype = wanted.type
WHERE pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A')
UNION ALL
SELECT source.relation::text, 'query not fixed',
	'What it means is looked up anew in each session: since pg_upgrade or a restore, or because it has no meaning any more.',
	format('SELECT steering.fix_mappings(), and where that is not enough SELECT steering.reattach(%L)', source.relation::text)
FROM steering.query JOIN steering.source ON source.source_id = query.source_id
WHERE NOT EXISTS (
	SELECT FROM steering.query_tree
	WHERE query_tree.source_id = query.source_id
		AND (query_tree.catalog_version, query_tree.system_identifier) IN (
			SELECT control.catalog_version_no, control.system_identifier FROM pg_catalog.pg_control_system() AS control))
UNION ALL
SELECT source.relation::text,
	CASE WHEN found.differences IS NULL THEN 'query unreadable' ELSE 'booking table differs' END,
	CASE WHEN found.differences IS NULL THEN 'It cannot be told whether the booking table is what its query says.'
		ELSE format('%s rows of the booking table are not what its query says, or are missing.', found.differences) END,
	CASE WHEN found.differences IS NULL THEN format('Run the query as the owner of %s, and mend what it says', source.relation)
		ELSE 'SELECT steering.repair()' END
FROM steering.query
JOIN steering.source ON source.source_id = query.source_id
CROSS JOIN LATERAL (SELECT steering.query_differences(query.source_id)) AS found (differences)
WHERE found.differences IS DISTINCT FROM 0
UNION ALL
SELECT wanted.name,
	CASE WHEN pg_event_trigger.oid IS NULL THEN 'event trigger missing'
		WHEN pg_event_trigger.evtenabled = 'D' THEN 'event trigger disabled'
		ELSE 'event trigger fires for replication only' END,
	'What DDL does to the tables of queries is not followed.',
	CASE WHEN pg_event_trigger.oid IS NULL
		THEN format('CREATE EVENT TRIGGER %I ON %s EXECUTE FUNCTION %s; then reattach every query', wanted.name, wanted.event, wanted.function)
		ELSE format('ALTER EVENT TRIGGER %I ENABLE; then reattach every query', wanted.name) END
FROM (VALUES ('sp71_steering_query_drop', 'sql_drop', 'steering.follow_query_drop()'),
	('sp71_steering_query_follow', 'ddl_command_end', 'steering.follow_query_ddl()'),
	('sp71_steering_query_detach', 'ddl_command_start', 'steering.guard_query_detach()')) AS wanted (name, event, function)
LEFT JOIN pg_catalog.pg_event_trigger ON pg_event_trigger.evtname = wanted.name
	AND pg_event_trigger.evtfoid = wanted.function::regprocedure
WHERE pg_event_trigger.oid IS NULL OR pg_event_trigger.evtenabled NOT IN ('O', 'A');
REVOKE ALL ON steering.query_problem FROM PUBLIC;
COMMENT ON VIEW steering.query_problem IS 'health(): queries that are not followed, or not what stands in their booking tables; reads all rows of queries';
COMMENT ON COLUMN steering.query_problem.subject IS 'a table, or an event trigger';
COMMENT ON COLUMN steering.query_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.query_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.query_problem.hint IS 'what to do';
