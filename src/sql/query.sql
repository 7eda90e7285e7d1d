-- Bookings that stand in several tables: a query says what each row of its first table comes to, and triggers on all its
-- tables keep a booking table equal to that, which is a source like any other.

CREATE TABLE steering.query (
	source_id integer CONSTRAINT query_pkey PRIMARY KEY,
	query text NOT NULL
);
REVOKE ALL ON steering.query FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.query', '');
COMMENT ON TABLE steering.query IS 'sources that were made by attach_query(), which writes this alone; the table of such a source is its booking table';
COMMENT ON COLUMN steering.query.source_id IS 'number of the source';
COMMENT ON COLUMN steering.query.query IS 'what the rows of the booking table come from, with every name in it qualified';

CREATE TABLE steering.query_table (
	source_id integer NOT NULL,
	position integer NOT NULL,
	relation steering.table_number NOT NULL,
	is_header boolean NOT NULL,
	is_promised boolean NOT NULL,
	CONSTRAINT query_table_pkey PRIMARY KEY (source_id, position)
);
REVOKE ALL ON steering.query_table FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.query_table', '');
COMMENT ON TABLE steering.query_table IS 'the tables of each query, in their order; their partitions and inheritance children belong to them';
COMMENT ON COLUMN steering.query_table.source_id IS 'number of the source';
COMMENT ON COLUMN steering.query_table.position IS 'place in the join; 1: the table each row of which is a booking at most';
COMMENT ON COLUMN steering.query_table.relation IS 'the table';
COMMENT ON COLUMN steering.query_table.is_header IS 'its rows change together with rows of the first table, which lock them';
COMMENT ON COLUMN steering.query_table.is_promised IS 'no unique key says that a row of the first table joins one row of it: it was promised';

-- Names objects by number, so it is not dumped: as steering.mapping.
CREATE TABLE steering.query_tree (
	source_id integer CONSTRAINT query_tree_pkey PRIMARY KEY,
	tree pg_node_tree NOT NULL,
	catalog_version integer NOT NULL,
	system_identifier bigint NOT NULL
);
REVOKE ALL ON steering.query_tree FROM PUBLIC;
COMMENT ON TABLE steering.query_tree IS 'what each query was resolved to when it was attached; not in dumps, which hold its text';
COMMENT ON COLUMN steering.query_tree.source_id IS 'number of the source';
COMMENT ON COLUMN steering.query_tree.tree IS 'the query';
COMMENT ON COLUMN steering.query_tree.catalog_version IS 'version of the catalogs of the server that resolved it; on another the text counts until fix_mappings()';
COMMENT ON COLUMN steering.query_tree.system_identifier IS 'the database cluster that resolved it; in one that pg_upgrade made the text counts until fix_mappings()';

-- Nobody but the extension creates triggers with it.
CREATE FUNCTION steering.follow_query() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_follow_query'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_query() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_query() IS
'trigger of the tables of queries: books what a statement changes of the bookings that they come to. Errors: those of book(), 21000 a row has a second match that was promised not to come, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- Nobody but the extension creates triggers with it.
CREATE FUNCTION steering.guard_booking_table() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_guard_booking_table'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_booking_table() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_booking_table() IS
'trigger of booking tables: refuses whatever writes them (55000), since the extension does that without SQL';

CREATE FUNCTION steering.attach_query(query text, stage text DEFAULT 'actual', unknown text DEFAULT 'refuse',
	accept_overrun boolean DEFAULT false, name text DEFAULT NULL, headers regclass[] DEFAULT '{}', promise_unique regclass[] DEFAULT '{}')
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_attach_query'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.attach_query(text, text, text, boolean, text, regclass[], regclass[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach_query(text, text, text, boolean, text, regclass[], regclass[]) IS
'makes the rows of a join a source of bookings: SELECT of service, participant, booked_on, amount and volume, and where there are orders of reference, releases and final, FROM the table each row of which is a booking at most, JOIN or LEFT JOIN of others by unique keys of theirs, WHERE it counts. Makes a booking table beside the first one (name: default that of the first table and _booking), which holds what each row comes to and is the source; triggers on all tables keep it. Returns its number; where stage is a column of the query, that of actual bookings, and commitments have a table and a source of their own. headers: tables whose rows change together with rows of the first one, beyond those that it finds; promise_unique: tables that have one match at most though no unique key says so. Only the owner of the first table may, with the privilege TRIGGER on the others. Waits for transactions that write the tables. Errors: 42501 not allowed, 0A000, 42601, 42703, 42704, 42809 and 42830 what a query cannot be, 42P07 the name is taken, 22004 null, 22023 wrong stage or unknown, those of attach() for its expressions and for the bookings in it';

CREATE FUNCTION steering.attach_query_problems(query text, stage text DEFAULT 'actual', unknown text DEFAULT 'refuse',
	accept_overrun boolean DEFAULT false, name text DEFAULT NULL, headers regclass[] DEFAULT '{}', promise_unique regclass[] DEFAULT '{}')
RETURNS TABLE (problem text, argument text, value text, "rows" bigint, first_row text, sqlstate text, detail text, hint text,
	amount numeric, used numeric, after numeric, blocks_at numeric)
AS 'MODULE_PATHNAME', 'steering_attach_query_problems'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
REVOKE ALL ON FUNCTION steering.attach_query_problems(text, text, text, boolean, text, regclass[], regclass[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach_query_problems(text, text, text, boolean, text, regclass[], regclass[]) IS
'the dry run of attach_query() with the same arguments: one row per kind of problem and value, as attach_problems() has them. A query that is wrong, and a row that it cannot be evaluated for, is one row, and the last one. first_row: names the first by the key of the first table. Makes a booking table and leaves nothing of it; locks the tables no more than reading does. Only the owner of the first table may, with the privilege TRIGGER on the others. Errors: 42501 not allowed, 22004 null, 22023 wrong stage or unknown, 25006 read-only transaction';

CREATE FUNCTION steering.query_differences(source_id integer) RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_query_differences'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.query_differences(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.query_differences(integer) IS
'how many rows of the booking table of a source are not what its query says, or are missing; 0: none, or it has no query; null: it cannot be read';

CREATE FUNCTION steering.follow_query_drop() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_query_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_query_drop() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_query_drop() IS
'forgets queries whose first table was dropped; refuses to drop what a query reads or joins by (2BP01, 42830) and what guards its booking table (55000); compares all rows of queries of which a partition or child was dropped';

CREATE EVENT TRIGGER sp71_steering_query_drop ON sql_drop EXECUTE FUNCTION steering.follow_query_drop();
COMMENT ON EVENT TRIGGER sp71_steering_query_drop IS 'keeps the queries of steering in step with DROP';

CREATE FUNCTION steering.follow_query_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_query_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_query_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_query_ddl() IS
'takes in tables that became part of one of a query and lets go those that ceased to be; compares all rows where values or functions are others; refuses what a query could not work with, and what would run or be checked when a booking table is written (55000)';

CREATE EVENT TRIGGER sp71_steering_query_follow ON ddl_command_end EXECUTE FUNCTION steering.follow_query_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_query_follow IS 'keeps the queries of steering in step with ALTER TABLE and CREATE TABLE';

CREATE FUNCTION steering.guard_query_detach() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_guard_query_detach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_query_detach() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_query_detach() IS
'judges what could be refused only when half of it is committed, before it begins: DETACH PARTITION CONCURRENTLY of a table of a query, CREATE INDEX CONCURRENTLY on a booking table';

CREATE EVENT TRIGGER sp71_steering_query_detach ON ddl_command_start EXECUTE FUNCTION steering.guard_query_detach();
COMMENT ON EVENT TRIGGER sp71_steering_query_detach IS 'judges commands of several transactions for the queries of steering before they begin';
