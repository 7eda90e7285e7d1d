-- Partitioned sources that let MERGE in: health() tells of them.

-- The rule that merge_rule.h tells of. Until 16 a disabled one refuses MERGE as well, but servers are upgraded.
CREATE VIEW steering.merge_problem AS
SELECT source_tree.relation::text AS subject,
	CASE WHEN pg_rewrite.oid IS NULL THEN 'rule missing'
		WHEN pg_rewrite.ev_enabled = 'D' THEN 'rule disabled'
		ELSE 'rule holds for replication only' END AS problem,
	'MERGE into this table is not refused, for want of rule sp71_steering_no_merge, and PostgreSQL does not tell triggers all it changes.' AS detail,
	CASE WHEN pg_rewrite.oid IS NULL
		THEN format('SELECT steering.reattach(%L)', source.relation)
		ELSE format('ALTER TABLE %s ENABLE RULE sp71_steering_no_merge; then SELECT steering.repair()', source_tree.relation)
	END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
JOIN pg_catalog.pg_class ON pg_class.oid = source_tree.relation AND pg_class.relkind = 'p'
LEFT JOIN pg_catalog.pg_rewrite ON pg_rewrite.ev_class = source_tree.relation AND pg_rewrite.rulename = 'sp71_steering_no_merge'
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
	AND (pg_rewrite.oid IS NULL OR pg_rewrite.ev_enabled NOT IN ('O', 'A'))
UNION ALL
SELECT pg_class.oid::regclass::text, CASE WHEN pg_rewrite.oid IS NULL THEN 'rule missing' ELSE 'rule disabled' END,
	'A query reads it. MERGE into it is not refused, for want of rule sp71_steering_no_merge, and PostgreSQL does not tell triggers all it changes.',
	CASE WHEN pg_rewrite.oid IS NULL THEN 'SELECT steering.reattach() of the booking table of the query'
		ELSE format('ALTER TABLE %s ENABLE RULE sp71_steering_no_merge; then SELECT steering.repair()', pg_class.oid::regclass) END
FROM pg_catalog.pg_class
LEFT JOIN pg_catalog.pg_rewrite ON pg_rewrite.ev_class = pg_class.oid AND pg_rewrite.rulename = 'sp71_steering_no_merge'
WHERE pg_class.relkind = 'p'
	AND pg_class.oid IN (SELECT pg_trigger.tgrelid FROM pg_catalog.pg_trigger WHERE pg_trigger.tgfoid = to_regproc('steering.follow_query'))
	AND pg_class.oid NOT IN (SELECT source_tree.relation FROM steering.source_tree)
	AND (pg_rewrite.oid IS NULL OR pg_rewrite.ev_enabled NOT IN ('O', 'A'))
UNION ALL
SELECT pg_rewrite.ev_class::regclass::text, 'rule without source', 'It belongs to no source, and MERGE into it is refused.',
	format('attach it again, or DROP RULE sp71_steering_no_merge ON %s', pg_rewrite.ev_class::regclass)
FROM pg_catalog.pg_rewrite
WHERE pg_rewrite.rulename = 'sp71_steering_no_merge'
	AND pg_rewrite.ev_class NOT IN (SELECT source_tree.relation FROM steering.source_tree)
	AND pg_rewrite.ev_class NOT IN (SELECT pg_trigger.tgrelid FROM pg_catalog.pg_trigger
		WHERE pg_trigger.tgfoid = to_regproc('steering.follow_query'));
REVOKE ALL ON steering.merge_problem FROM PUBLIC;
COMMENT ON VIEW steering.merge_problem IS 'health(): partitioned tables of sources and of queries that let MERGE in';
COMMENT ON COLUMN steering.merge_problem.subject IS 'a table';
COMMENT ON COLUMN steering.merge_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.merge_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.merge_problem.hint IS 'what to do';
