-- Sources: attached finance tables, their triggers, and what follows their ALTER and DROP.

-- The order of the columns is known to C.
CREATE TABLE steering.source (
    source_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT source_pkey PRIMARY KEY,
    relation steering.table_number NOT NULL CONSTRAINT source_relation_key UNIQUE,
    service text NOT NULL,
    participant text NOT NULL,
    booked_on text NOT NULL,
    amount text,
    volume text,
    counts_when text,
    stage text NOT NULL CHECK (stage IN ('actual', 'commitment')),
    unknown text NOT NULL CHECK (unknown IN ('refuse', 'ignore')),
    reference text,
    releases text,
    final text
);
REVOKE ALL ON steering.source FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.source', '');
SELECT pg_catalog.pg_extension_config_dump('steering.source_source_id_seq', '');
COMMENT ON TABLE steering.source IS 'attached finance tables, written by attach() and detach() alone; the expressions have every name in them qualified';
COMMENT ON COLUMN steering.source.source_id IS 'number of the source';
COMMENT ON COLUMN steering.source.relation IS 'the table; its partitions and inheritance children belong to it';
COMMENT ON COLUMN steering.source.service IS 'expression over a row: code of the service';
COMMENT ON COLUMN steering.source.participant IS 'expression over a row: code of the participant';
COMMENT ON COLUMN steering.source.booked_on IS 'expression over a row: the day that decides which caps apply';
COMMENT ON COLUMN steering.source.amount IS 'expression over a row: money; null: none';
COMMENT ON COLUMN steering.source.volume IS 'expression over a row: units of the service; null: none';
COMMENT ON COLUMN steering.source.counts_when IS 'condition over a row: whether it counts; null: each does';
COMMENT ON COLUMN steering.source.stage IS 'actual (spent) or commitment (obligation not yet spent)';
COMMENT ON COLUMN steering.source.unknown IS 'refuse or ignore a row whose service, participant or day is unknown';
COMMENT ON COLUMN steering.source.reference IS 'expression over a row: key of the order line that it is; null: none are order lines';
COMMENT ON COLUMN steering.source.releases IS 'expression over a row: key of the order line that it releases; null: none does';
COMMENT ON COLUMN steering.source.final IS 'condition over a row: whether it releases all that is left of its order line; null: none does';

-- What was taken in, as opposed to what hangs together now: the difference is what an ALTER TABLE did
-- that is to be followed. It cannot be told from the triggers, which pg_restore makes last and one by
-- one, nor from the tables' trees, where a dropped partition is not to be found any more. Without a
-- foreign key: pg_restore with several jobs loads the tables of an extension in any order.
CREATE TABLE steering.source_table (
    relation steering.table_number NOT NULL CONSTRAINT source_table_pkey PRIMARY KEY,
    source_id integer NOT NULL
);
REVOKE ALL ON steering.source_table FROM PUBLIC;
CREATE INDEX source_table_source_id_idx ON steering.source_table (source_id);
SELECT pg_catalog.pg_extension_config_dump('steering.source_table', '');
COMMENT ON TABLE steering.source_table IS 'the tables of each source whose rows are counted: the attached one, its partitions of every level, its inheritance children';
COMMENT ON COLUMN steering.source_table.relation IS 'the table';
COMMENT ON COLUMN steering.source_table.source_id IS 'the source whose bookings its rows are';

-- Nobody but the extension creates triggers with it.
CREATE FUNCTION steering.book() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_book'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.book() FROM PUBLIC;
COMMENT ON FUNCTION steering.book() IS
'trigger of attached tables: books what a statement changes. Errors: 23S71, 23S72 a cap would be exceeded, 23S73 a row''s service, participant or day is unknown, 23S74 a booking in a closed period would change, 22003 an amount or a sum does not fit, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE FUNCTION steering.watch() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_watch'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.watch() FROM PUBLIC;
COMMENT ON FUNCTION steering.watch() IS
'trigger of attached tables, before a statement: has the library loaded, so that what a statement writes is counted even where whoever runs it stops before all its rows are returned';

CREATE FUNCTION steering.attach(relation regclass, service text, participant text, booked_on text,
    amount text DEFAULT NULL, volume text DEFAULT NULL, counts_when text DEFAULT NULL,
    stage text DEFAULT 'actual', unknown text DEFAULT 'refuse', accept_overrun boolean DEFAULT false,
    reference text DEFAULT NULL, releases text DEFAULT NULL, final text DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_attach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.attach(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text) IS
'makes a table a source of bookings: its rows count from now on, those in it included; returns the number of the source. The arguments are immutable SQL expressions over one row of the table. Only its owner may. A row that releases an order line, by the key that its reference has, takes that much off the commitment, up to what was ordered; one that is final takes all that is left. Waits for transactions that write the table. MERGE into a partitioned one is refused from then on (0A000). Errors: 42501 not the owner, 42809 not such a table, 0A000 a function merges into it, 42710 attached already, 22004 null, 22023 wrong stage or unknown, or reference, releases and final that do not go together, 23505 two order lines of one key, those of SQL for a wrong expression, those of book() for the rows in it; accept_overrun lets these exceed caps';

CREATE FUNCTION steering.reattach(source regclass) RETURNS void
AS 'MODULE_PATHNAME', 'steering_reattach_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reattach(regclass) FROM PUBLIC;
COMMENT ON FUNCTION steering.reattach(regclass) IS
'puts a source in order after what its triggers and event triggers could not see: takes in and lets go tables, makes triggers and rules that are missing, counts all rows anew. Attaches a table that has the name of a source which was dropped, by the mapping that it had. No cap refuses that. Only the owner of the table may. Waits for all bookings. Errors: 42501 not the owner, or the table that was dropped had another, 42704 no source, 0A000 a function merges into a partitioned table of it, 22004 null, 23S74 bookings in a closed period would change, 40001 concurrent change; those of attach() for a table that was dropped';

CREATE FUNCTION steering.detach(source regclass) RETURNS void
AS 'MODULE_PATHNAME', 'steering_detach_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.detach(regclass) FROM PUBLIC;
COMMENT ON FUNCTION steering.detach(regclass) IS
'ends a source: its rows count no more, and the table is as it was before attach(). Only its owner may. Waits for all bookings. Errors: 42501 not the owner, 42704 no source, 22004 null, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 23S74 it has bookings in a closed period, 40001 concurrent change';

-- PUBLIC may execute it because the view steering.booking does, in the name of whoever reads it.
CREATE FUNCTION steering.booking_scan(first_day date, end_day date, source integer DEFAULT NULL,
    refuse_unknown boolean DEFAULT false)
RETURNS TABLE (source_id integer, service_id integer, participant_id integer, booked_on date,
    amount steering.amount, volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_booking_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.booking_scan(date, date, integer, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.booking_scan(date, date, integer, boolean) IS
'reads the bookings from first_day until before end_day (null: without bound), of one source or of all (null), from the rows of the attached tables, as far as the role may read them; sources of which it may read nothing are not touched. A row that a mapping fails at is an error. Rows that are ignored because a key of them is unknown have service and participant 0, and no day if theirs is unusable; only who may read everything sees them. With refuse_unknown a row that its source would refuse now is an error (23S73), else it is left out';

-- PUBLIC may execute it for the same reason.
CREATE FUNCTION steering.booking_read(first_day date, end_day date, source integer DEFAULT NULL)
RETURNS TABLE (source_id integer, service_id integer, participant_id integer, booked_on date,
    amount steering.amount, volume steering.amount, unreadable boolean)
AS 'MODULE_PATHNAME', 'steering_booking_read'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION steering.booking_read(date, date, integer) IS
'reads bookings as booking_scan() does, but one source that cannot be read does not keep the others from being read: instead of its bookings it has one row, in which only source_id is not null and unreadable is true, and there is a warning';

CREATE FUNCTION steering.unreadable_source() RETURNS TABLE (relation regclass, message text, context text)
AS 'MODULE_PATHNAME', 'steering_unreadable_source'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1;
REVOKE ALL ON FUNCTION steering.unreadable_source() FROM PUBLIC;
COMMENT ON FUNCTION steering.unreadable_source() IS
'the sources whose rows cannot be read, with the error of the first row that cannot be; reads the rows of all sources';

CREATE FUNCTION steering.follow_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_ddl() IS
'takes in tables that became part of a source and lets go those that ceased to be, counting their rows; recounts a source whose values were rewritten; refuses what would break a mapping (2BP01); with sp71_steering.attach_again attaches tables that have got the name of a source which was dropped';

CREATE FUNCTION steering.follow_rewrite() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_rewrite'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_rewrite() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_rewrite() IS 'notes for follow_ddl() which tables an ALTER TABLE rewrites';

CREATE FUNCTION steering.follow_drop() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_drop() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_drop() IS
'ends sources whose table was dropped, keeps their mapping as an event and warns (01S71), and recounts those of which a part was dropped, by reading what is left: DETACH PARTITION before DROP TABLE reads only what goes. Refuses what would break a mapping (2BP01)';

CREATE FUNCTION steering.order_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_order_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.order_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.order_ddl() IS
'has commands after which a source is counted anew wait for each other where that reads rows of other sources, since a cap covers a month in part: so they do not deadlock';

-- Without a list of tags: ALTER VIEW can rename the column of a table, CREATE SCHEMA can hold a CREATE
-- TABLE ... PARTITION OF. The functions look at the command first and return at once from most.
CREATE EVENT TRIGGER sp71_steering_follow ON ddl_command_end EXECUTE FUNCTION steering.follow_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_follow IS 'keeps the sources of steering in step with ALTER TABLE and CREATE TABLE';
CREATE EVENT TRIGGER sp71_steering_rewrite ON table_rewrite EXECUTE FUNCTION steering.follow_rewrite();
COMMENT ON EVENT TRIGGER sp71_steering_rewrite IS 'tells steering which tables ALTER TABLE rewrites';
CREATE EVENT TRIGGER sp71_steering_drop ON sql_drop EXECUTE FUNCTION steering.follow_drop();
COMMENT ON EVENT TRIGGER sp71_steering_drop IS 'keeps the sources of steering in step with DROP';
CREATE EVENT TRIGGER sp71_steering_order ON ddl_command_start EXECUTE FUNCTION steering.order_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_order IS 'keeps commands that have sources of steering counted anew from deadlocking';
