-- Booking tables that are not as they were made: what guards them, and what others have put on them. Read by C too.

CREATE VIEW steering.booking_table_problem AS
WITH booking_table AS (
	SELECT pg_class.* FROM steering.query
	JOIN steering.source ON source.source_id = query.source_id
	JOIN pg_catalog.pg_class ON pg_class.oid = source.relation
), guard (name, type) AS (
	VALUES ('sp71_steering_guard', 31), ('sp71_steering_guard_truncate', 34)
), guard_trigger AS (
	SELECT pg_trigger.oid, pg_trigger.tgrelid, pg_trigger.tgname, pg_trigger.tgenabled, guard.name
	FROM pg_catalog.pg_trigger JOIN guard ON guard.type = pg_trigger.tgtype
	WHERE pg_trigger.tgfoid = 'steering.guard_booking_table'::regproc AND pg_trigger.tgqual IS NULL AND pg_trigger.tgattr::text = ''
), foreign_object (relation, classid, objid, objsubid) AS (
	SELECT tgrelid, 'pg_catalog.pg_trigger'::regclass, oid, 0 FROM pg_catalog.pg_trigger
	WHERE NOT tgisinternal AND tgfoid NOT IN ('steering.book'::regproc, 'steering.watch'::regproc)
		AND NOT EXISTS (SELECT FROM guard_trigger WHERE guard_trigger.oid = pg_trigger.oid)
	UNION ALL
	SELECT ev_class, 'pg_catalog.pg_rewrite'::regclass, oid, 0 FROM pg_catalog.pg_rewrite
	UNION ALL
	SELECT polrelid, 'pg_catalog.pg_policy'::regclass, oid, 0 FROM pg_catalog.pg_policy
	UNION ALL
	SELECT adrelid, 'pg_catalog.pg_class'::regclass, adrelid, adnum FROM pg_catalog.pg_attrdef
	UNION ALL
	SELECT conrelid, 'pg_catalog.pg_constraint'::regclass, oid, 0 FROM pg_catalog.pg_constraint
	WHERE contype NOT IN ('p', 'u', 'n') OR condeferrable
	UNION ALL
	SELECT confrelid, 'pg_catalog.pg_constraint'::regclass, oid, 0 FROM pg_catalog.pg_constraint WHERE contype = 'f'
	UNION ALL
	SELECT indrelid, 'pg_catalog.pg_class'::regclass, indexrelid, 0 FROM pg_catalog.pg_index
	WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
	UNION ALL
	SELECT stxrelid, 'pg_catalog.pg_statistic_ext'::regclass, oid, 0 FROM pg_catalog.pg_statistic_ext WHERE stxexprs IS NOT NULL
	UNION ALL
	SELECT inhparent, 'pg_catalog.pg_class'::regclass, inhrelid, 0 FROM pg_catalog.pg_inherits
	UNION ALL
	SELECT inhrelid, 'pg_catalog.pg_class'::regclass, inhparent, 0 FROM pg_catalog.pg_inherits
	UNION ALL
	SELECT attrelid, 'pg_catalog.pg_class'::regclass, attrelid, attnum FROM pg_catalog.pg_attribute
	WHERE attnum > 0 AND NOT attisdropped AND NOT atthasdef
		AND (attidentity <> ''
			OR NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY (indkey))
				AND (attnotnull OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE pg_type.oid = atttypid AND typtype = 'd')))
)
SELECT booking_table.oid AS relation, 'trigger missing' AS problem, format('trigger %I', guard.name) AS object, guard.name AS name
FROM booking_table CROSS JOIN guard
WHERE NOT EXISTS (SELECT FROM guard_trigger WHERE guard_trigger.tgrelid = booking_table.oid AND guard_trigger.name = guard.name)
UNION ALL
SELECT booking_table.oid, CASE WHEN guard_trigger.tgenabled = 'O' THEN 'trigger not for replication' ELSE 'trigger disabled' END,
	format('trigger %I', guard_trigger.tgname), guard_trigger.tgname::text COLLATE "default"
FROM booking_table JOIN guard_trigger ON guard_trigger.tgrelid = booking_table.oid
WHERE guard_trigger.tgenabled <> 'A'
UNION ALL
SELECT booking_table.oid, 'primary key missing', 'the primary key', NULL FROM booking_table
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = booking_table.oid AND indisprimary)
UNION ALL
SELECT booking_table.oid, 'booking table altered', pg_describe_object(foreign_object.classid, foreign_object.objid, foreign_object.objsubid), NULL
FROM booking_table JOIN foreign_object ON foreign_object.relation = booking_table.oid
UNION ALL
SELECT booking_table.oid, 'booking table altered', altered.what, NULL
FROM booking_table
CROSS JOIN LATERAL (VALUES (booking_table.relrowsecurity OR booking_table.relforcerowsecurity, 'row security'),
	(booking_table.relpersistence <> 'p', 'that it is not logged'),
	(booking_table.relam <> (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'heap'), 'another access method'),
	(booking_table.reloftype <> 0, 'that it is of a type')) AS altered (is_so, what)
WHERE altered.is_so;
REVOKE ALL ON steering.booking_table_problem FROM PUBLIC;
COMMENT ON VIEW steering.booking_table_problem IS 'booking tables that could be written by hand, or on which stands what would run, or be passed over, when the extension writes them';
COMMENT ON COLUMN steering.booking_table_problem.relation IS 'the booking table';
COMMENT ON COLUMN steering.booking_table_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.booking_table_problem.object IS 'what is missing, or what somebody has made';
COMMENT ON COLUMN steering.booking_table_problem.name IS 'of a trigger';

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
SELECT relation::regclass::text, problem,
	CASE problem WHEN 'booking table altered' THEN format('Somebody has made or altered %s: it would run, or be passed over, when the extension writes the booking table.', object)
		WHEN 'trigger not for replication' THEN format('A subscription, or a session that is set like one, can write the booking table, for want of %s.', object)
		ELSE format('The booking table is not kept as it is, for want of %s.', object) END,
	CASE problem WHEN 'booking table altered' THEN 'Drop it, or alter the table back; then SELECT steering.repair()'
		WHEN 'primary key missing' THEN format('SELECT steering.detach(%L), and attach the query anew', relation::regclass::text)
		WHEN 'trigger missing' THEN format('SELECT steering.reattach(%L)', relation::regclass::text)
		ELSE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I; then SELECT steering.repair()', relation::regclass, name) END
FROM steering.booking_table_problem
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
