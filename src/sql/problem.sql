-- What is not being enforced now, and why: one view for each kind of cause. health() is over all.

CREATE FUNCTION steering.mapping_problem(source regclass) RETURNS text
AS 'MODULE_PATHNAME', 'steering_mapping_problem'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.mapping_problem(regclass) FROM PUBLIC;
COMMENT ON FUNCTION steering.mapping_problem(regclass) IS 'what is wrong with the mapping of a source; null: nothing';

-- The tables that belong to each source now, by the catalogs, and those that were taken in. Whether a table is there says
-- a function (null: it is not), since Citus hides its shards in pg_class.
CREATE VIEW steering.source_tree AS
WITH RECURSIVE tree (source_id, relation) AS (
    SELECT source.source_id, source.relation::oid
    FROM steering.source
    WHERE has_table_privilege(source.relation::oid, 'SELECT') IS NOT NULL
    UNION
    SELECT tree.source_id, pg_inherits.inhrelid
    FROM tree JOIN pg_catalog.pg_inherits ON pg_inherits.inhparent = tree.relation
)
SELECT coalesce(tree.source_id, source_table.source_id) AS source_id,
    coalesce(tree.relation, source_table.relation)::regclass AS relation,
    tree.relation IS NOT NULL AS is_in_tree,
    source_table.relation IS NOT NULL AS is_taken_in
FROM tree
FULL JOIN steering.source_table
    ON source_table.source_id = tree.source_id AND source_table.relation = tree.relation;
REVOKE ALL ON steering.source_tree FROM PUBLIC;
COMMENT ON VIEW steering.source_tree IS 'the tables of each source, as they hang together and as they were taken in';
COMMENT ON COLUMN steering.source_tree.source_id IS 'number of the source';
COMMENT ON COLUMN steering.source_tree.relation IS 'a table';
COMMENT ON COLUMN steering.source_tree.is_in_tree IS 'it is the attached table, a partition of it or an inheritance child';
COMMENT ON COLUMN steering.source_tree.is_taken_in IS 'it has been taken in, and its rows are counted';

-- By what the triggers do: one with another name, which could be given until 0.3.0, counts all the same. Tables of ours
-- that are sources have none. A distributed table has them on every node, and is a source of the coordinator alone: the one that
-- has the mapping as its argument tells.
CREATE VIEW steering.trigger_problem AS
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
    AND source_tree.relation NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass, 'steering.order_line'::regclass)
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book() and steering.watch()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid IN ('steering.book'::regproc, 'steering.watch'::regproc)
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS shell WHERE shell.tgrelid = pg_trigger.tgrelid
        AND shell.tgname = 'sp71_steering_watch' AND shell.tgfoid = 'steering.watch'::regproc AND shell.tgnargs = 1);
REVOKE ALL ON steering.trigger_problem FROM PUBLIC;
COMMENT ON VIEW steering.trigger_problem IS 'health(): triggers of sources that do not fire';
COMMENT ON COLUMN steering.trigger_problem.subject IS 'a table';
COMMENT ON COLUMN steering.trigger_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.trigger_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.trigger_problem.hint IS 'what to do';

CREATE VIEW steering.event_trigger_problem AS
SELECT wanted.name AS subject,
    CASE WHEN pg_event_trigger.oid IS NULL THEN 'event trigger missing'
         WHEN pg_event_trigger.evtenabled = 'D' THEN 'event trigger disabled'
         ELSE 'event trigger fires for replication only' END AS problem,
    wanted.detail,
    CASE WHEN pg_event_trigger.oid IS NULL
         THEN format('CREATE EVENT TRIGGER %I ON %s EXECUTE FUNCTION %s; then reattach every source',
                     wanted.name, wanted.event, wanted.function)
         ELSE format('ALTER EVENT TRIGGER %I ENABLE; then reattach every source', wanted.name) END AS hint
FROM (VALUES
    ('sp71_steering_follow', 'ddl_command_end', 'steering.follow_ddl()', 'Partitions that come and go are not counted.'),
    ('sp71_steering_rewrite', 'table_rewrite', 'steering.follow_rewrite()', 'Values that ALTER TABLE rewrites are not counted.'),
    ('sp71_steering_drop', 'sql_drop', 'steering.follow_drop()', 'Dropped tables stay counted.'),
    ('sp71_steering_order', 'ddl_command_start', 'steering.order_ddl()', 'Commands that count sources anew may deadlock.'),
    ('sp71_steering_detach', 'ddl_command_start', 'steering.guard_detach()', 'DETACH PARTITION CONCURRENTLY is refused when it is half done.')
) AS wanted (name, event, function, detail)
LEFT JOIN pg_catalog.pg_event_trigger ON pg_event_trigger.evtname = wanted.name
    AND pg_event_trigger.evtfoid = wanted.function::regprocedure
WHERE pg_event_trigger.oid IS NULL OR pg_event_trigger.evtenabled NOT IN ('O', 'A');
REVOKE ALL ON steering.event_trigger_problem FROM PUBLIC;
COMMENT ON VIEW steering.event_trigger_problem IS 'health(): event triggers of the extension that do not fire';
COMMENT ON COLUMN steering.event_trigger_problem.subject IS 'an event trigger';
COMMENT ON COLUMN steering.event_trigger_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.event_trigger_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.event_trigger_problem.hint IS 'what to do';

CREATE VIEW steering.session_problem AS
SELECT 'this session' AS subject, 'replica role' AS problem,
    'No trigger fires while session_replication_role is "replica".' AS detail,
    'SET session_replication_role = origin; then SELECT steering.repair()' AS hint
WHERE pg_catalog.current_setting('session_replication_role') = 'replica'
UNION ALL
SELECT concat_ws(' in ', 'role ' || coalesce(pg_roles.rolname, 'ALL'), 'database ' || pg_database.datname), 'replica role',
    'No trigger fires in sessions for which session_replication_role is set to "replica".',
    concat_ws(' ', 'ALTER ROLE', coalesce(quote_ident(pg_roles.rolname), 'ALL'),
              'IN DATABASE ' || quote_ident(pg_database.datname), 'RESET session_replication_role')
FROM pg_catalog.pg_db_role_setting
CROSS JOIN LATERAL unnest(pg_db_role_setting.setconfig) AS setting
LEFT JOIN pg_catalog.pg_roles ON pg_roles.oid = pg_db_role_setting.setrole
LEFT JOIN pg_catalog.pg_database ON pg_database.oid = pg_db_role_setting.setdatabase
WHERE setting ILIKE 'session_replication_role=replica'
    AND (pg_db_role_setting.setdatabase = 0 OR pg_database.datname = pg_catalog.current_database());
REVOKE ALL ON steering.session_problem FROM PUBLIC;
COMMENT ON VIEW steering.session_problem IS 'health(): sessions in which no trigger fires';
COMMENT ON COLUMN steering.session_problem.subject IS 'whose sessions';
COMMENT ON COLUMN steering.session_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.session_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.session_problem.hint IS 'what to do';

CREATE VIEW steering.source_problem AS
SELECT source_tree.relation::text AS subject, 'not taken in' AS problem,
    format('It became a part of source %s unseen: what is written to it directly is not counted.', source.relation) AS detail,
    format('SELECT steering.reattach(%L)', source.relation) AS hint
FROM steering.source_tree JOIN steering.source ON source.source_id = source_tree.source_id
WHERE NOT source_tree.is_taken_in
UNION ALL
SELECT source_tree.relation::text, 'not let go',
    format('It ceased to be a part of source %s unseen, and is still counted.', source.relation),
    format('SELECT steering.reattach(%L)', source.relation)
FROM steering.source_tree JOIN steering.source ON source.source_id = source_tree.source_id
WHERE NOT source_tree.is_in_tree AND source_tree.relation <> source.relation
UNION ALL
SELECT source.relation::text, 'table gone', 'It was dropped unseen, and its bookings are still counted.',
    format('SELECT steering.detach(%L)', source.relation)
FROM steering.source
WHERE has_table_privilege(source.relation::oid, 'SELECT') IS NULL
UNION ALL
SELECT source_tree.relation::text, 'part of another table',
    format('Statements on %s change its rows and do not fire its triggers.', pg_inherits.inhparent::regclass),
    format('SELECT steering.detach(%L); then attach the other table', source.relation)
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
JOIN pg_catalog.pg_inherits ON pg_inherits.inhrelid = source_tree.relation
WHERE source_tree.is_in_tree
    AND NOT EXISTS (SELECT FROM steering.source_tree AS parent
                    WHERE parent.source_id = source_tree.source_id AND parent.relation = pg_inherits.inhparent
                        AND parent.is_in_tree)
UNION ALL
SELECT source_tree.relation::text, 'unlogged', 'A crash would empty it, and the usage of its rows would stay.',
    format('ALTER TABLE %s SET LOGGED', source_tree.relation)
FROM steering.source_tree JOIN pg_catalog.pg_class ON pg_class.oid = source_tree.relation
WHERE pg_class.relpersistence = 'u' AND pg_class.relkind <> 'p'
UNION ALL
SELECT source_tree.relation::text, 'subscribed',
    format('What subscription %I applies to it fires no statement trigger, and is not counted.', pg_subscription.subname),
    'attach the table where it is written, or SELECT steering.repair() from time to time'
FROM steering.source_tree
JOIN pg_catalog.pg_subscription_rel ON pg_subscription_rel.srrelid = source_tree.relation
JOIN pg_catalog.pg_subscription ON pg_subscription.oid = pg_subscription_rel.srsubid
UNION ALL
SELECT source.relation::text, 'mapping invalid', mapping.problem || '.',
    format('SELECT steering.detach(%L); then attach it with a mapping that fits', source.relation)
FROM steering.source
CROSS JOIN LATERAL (SELECT steering.mapping_problem(source.relation) AS problem) AS mapping
WHERE mapping.problem IS NOT NULL
    AND has_table_privilege(source.relation::oid, 'SELECT') IS NOT NULL
UNION ALL
SELECT source.relation::text, 'rows ignored',
    format('Rows that count nowhere, since their service, participant or day is unknown: %s; amount %s, volume %s.',
           sum(usage_cell.bookings), sum(usage_cell.amount::numeric), sum(usage_cell.volume::numeric)),
    'correct the rows, or the registers'
FROM steering.usage_cell JOIN steering.source ON source.source_id = usage_cell.source_id
WHERE usage_cell.service_id = 0
GROUP BY source.relation
HAVING sum(usage_cell.bookings) <> 0;
REVOKE ALL ON steering.source_problem FROM PUBLIC;
COMMENT ON VIEW steering.source_problem IS 'health(): sources whose rows are not all counted, or counted wrongly';
COMMENT ON COLUMN steering.source_problem.subject IS 'a table';
COMMENT ON COLUMN steering.source_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.source_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.source_problem.hint IS 'what to do';

CREATE VIEW steering.reading_problem AS
SELECT unreadable.relation::text AS subject, 'rows unreadable' AS problem,
    concat_ws(' ', unreadable.message || '.', regexp_replace(unreadable.context, '\s*\n\s*', '; ', 'g') || '.') AS detail,
    'correct the row, or what the mapping calls; until then verify() and repair() leave the source alone' AS hint
FROM steering.unreadable_source() AS unreadable
WHERE steering.mapping_problem(unreadable.relation) IS NULL;
REVOKE ALL ON steering.reading_problem FROM PUBLIC;
COMMENT ON VIEW steering.reading_problem IS 'health(): sources of which a row cannot be read, though their mapping is in order';
COMMENT ON COLUMN steering.reading_problem.subject IS 'a table';
COMMENT ON COLUMN steering.reading_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.reading_problem.detail IS 'the error, and where it came about';
COMMENT ON COLUMN steering.reading_problem.hint IS 'what to do';

-- Of a node that does not answer something else is told; that nobody knows how much is used is no reason to tell nothing at all.
CREATE VIEW steering.cap_problem AS
SELECT format('cap %s', cap_status.cap_id) AS subject, 'overrun' AS problem,
    format('The %s cap of service "%s" for participant "%s" blocks above %s, and %s is used.', cap_status.metric,
           cap_status.service, cap_status.participant, cap_status.blocks_at, cap_status.used) AS detail,
    'raise it with steering.set_cap(), or lower its bookings' AS hint
FROM steering.cap_status
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap_status.cap_id
WHERE steering.all_nodes_answer() AND cap_status.used > cap_status.blocks_at + coalesce(override_by_cap.drawn, 0);
REVOKE ALL ON steering.cap_problem FROM PUBLIC;
COMMENT ON VIEW steering.cap_problem IS 'health(): caps of which more is used than they allow, since someone accepted that';
COMMENT ON COLUMN steering.cap_problem.subject IS 'a cap';
COMMENT ON COLUMN steering.cap_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.cap_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.cap_problem.hint IS 'what to do';
