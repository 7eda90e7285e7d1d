-- What 0.5.0 changes in the objects of 0.4.0. Its new topics follow in the upgrade script.

-- What a statement writes that ends before all its rows are returned, is counted. First of all, since it waits for
-- transactions that book.
CREATE FUNCTION steering.watch() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_watch'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.watch() FROM PUBLIC;
COMMENT ON FUNCTION steering.watch() IS
'trigger of attached tables, before a statement: has the library loaded, so that what a statement writes is counted even where whoever runs it stops before all its rows are returned';
CREATE FUNCTION steering.watch_sources() RETURNS void
	AS 'MODULE_PATHNAME', 'steering_watch_sources' LANGUAGE C VOLATILE PARALLEL UNSAFE;
SELECT steering.watch_sources();
DROP FUNCTION steering.watch_sources();

-- By what the triggers do: one with another name, which could be given until 0.3.0, counts all the same.
CREATE OR REPLACE VIEW steering.trigger_problem AS
SELECT source_tree.relation::text AS subject,
    CASE WHEN other.oid IS NOT NULL THEN 'trigger replaced'
         WHEN pg_trigger.oid IS NULL THEN 'trigger missing'
         WHEN pg_trigger.tgenabled = 'D' THEN 'trigger disabled'
         ELSE 'trigger fires for replication only' END AS problem,
    format('%s on this table is not counted, for want of trigger %I.', wanted.event, coalesce(pg_trigger.tgname::text COLLATE "default", wanted.name)) AS detail,
    CASE WHEN other.oid IS NOT NULL
         THEN format('DROP TRIGGER %I ON %s, which calls %s; then SELECT steering.reattach(%L)', wanted.name,
                     source_tree.relation, other.tgfoid::regproc, source.relation)
         WHEN pg_trigger.oid IS NULL
         THEN format('SELECT steering.reattach(%L)', source.relation)
         ELSE format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT steering.repair()', source_tree.relation, pg_trigger.tgname::text COLLATE "default")
    END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_insert', 'steering.book'::regproc, 4), ('UPDATE', 'sp71_steering_update', 'steering.book', 16),
                   ('DELETE', 'sp71_steering_delete', 'steering.book', 8), ('TRUNCATE', 'sp71_steering_truncate', 'steering.book', 32),
                   ('INSERT, UPDATE or DELETE that ends before all its rows are returned', 'sp71_steering_watch', 'steering.watch', 4)
    ) AS wanted (event, name, function, bit)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source_tree.relation
    AND pg_trigger.tgfoid = wanted.function AND pg_trigger.tgtype & wanted.bit <> 0
LEFT JOIN pg_catalog.pg_trigger AS other ON other.tgrelid = source_tree.relation AND other.tgname = wanted.name
    AND other.tgfoid <> wanted.function AND pg_trigger.oid IS NULL
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book() and steering.watch()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid IN ('steering.book'::regproc, 'steering.watch'::regproc)
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);
