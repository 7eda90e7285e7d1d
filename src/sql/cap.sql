-- Caps, their counters, and the functions that set them.

-- No foreign keys to the registers: pg_restore --jobs knows of no order among the tables of an
-- extension. Caps are written by C alone, and the registers look for caps before they let an entry go.
CREATE TABLE steering.cap (
	cap_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT cap_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	metric text NOT NULL CHECK (metric IN ('budget', 'volume')),
	during daterange NOT NULL CHECK (isfinite(lower(during)) AND isfinite(upper(during))
									 AND lower(during) IS NOT NULL AND upper(during) IS NOT NULL),
	amount steering.amount NOT NULL CHECK (amount OPERATOR(steering.>=) 0::steering.amount),
	ladder steering.ladder NOT NULL,
	revision integer NOT NULL DEFAULT 1,
	spans boolean NOT NULL DEFAULT false,
	CONSTRAINT cap_scope_key UNIQUE (service_id, participant_id, metric, during)
);
REVOKE ALL ON steering.cap FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.cap', '');
SELECT pg_catalog.pg_extension_config_dump('steering.cap_cap_id_seq', '');
COMMENT ON TABLE steering.cap IS 'limits, written by set_cap(), drop_cap() and spread_cap() alone; who may select from it may read every figure';
COMMENT ON COLUMN steering.cap.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.cap.service_id IS 'it limits this service and all below it';
COMMENT ON COLUMN steering.cap.participant_id IS 'it limits this participant and all below it';
COMMENT ON COLUMN steering.cap.metric IS 'budget: limits amounts; volume: limits volumes';
COMMENT ON COLUMN steering.cap.during IS 'it limits bookings on these days';
COMMENT ON COLUMN steering.cap.amount IS 'the limit';
COMMENT ON COLUMN steering.cap.ladder IS 'what happens at which usage';
COMMENT ON COLUMN steering.cap.revision IS 'goes up by one when amount or ladder change';
COMMENT ON COLUMN steering.cap.spans IS 'usage of other nodes counts too: this one asks for room';

-- The order of the columns is known to C, and so is that they are all of fixed width. No foreign key
-- and no trigger of others: bookings write this table where deferred triggers would not fire.
CREATE TABLE steering.cap_counter (
	used steering.amount NOT NULL,
	floor steering.amount NOT NULL DEFAULT 0,
	ceiling steering.amount NOT NULL DEFAULT 0,
	cap_id integer NOT NULL,
	stripe integer NOT NULL,
	depth integer NOT NULL DEFAULT 0,
	revision integer NOT NULL,
	CONSTRAINT cap_counter_pkey PRIMARY KEY (cap_id, stripe)
) WITH (fillfactor = 50);
REVOKE ALL ON steering.cap_counter FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.cap_counter', '');
COMMENT ON TABLE steering.cap_counter IS 'what the bookings use of each cap';
COMMENT ON COLUMN steering.cap_counter.used IS 'usage counted in this stripe; the sum over the stripes is the usage of the cap';
COMMENT ON COLUMN steering.cap_counter.floor IS 'how low this stripe may go without a look at the others; means nothing at depth 0';
COMMENT ON COLUMN steering.cap_counter.ceiling IS 'how high this stripe may go without a look at the others; means nothing at depth 0';
COMMENT ON COLUMN steering.cap_counter.cap_id IS 'the cap';
COMMENT ON COLUMN steering.cap_counter.depth IS 'how often this stripe was divided; 0: it is the whole counter';
COMMENT ON COLUMN steering.cap_counter.stripe IS 'number of the stripe: 0 is always there';
COMMENT ON COLUMN steering.cap_counter.revision IS 'that of the cap';

CREATE FUNCTION steering.judge() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_judge'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.judge() FROM PUBLIC;
COMMENT ON FUNCTION steering.judge() IS 'writes and judges what a statement has booked when all its triggers have run; they queue it';

CREATE TRIGGER judge AFTER INSERT ON steering.cap_counter
	FOR EACH STATEMENT EXECUTE FUNCTION steering.judge();

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_counter() RETURNS TABLE (cap_id integer, used steering.amount)
AS 'MODULE_PATHNAME', 'steering_unwritten_counter'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_counter() IS
'what this transaction has booked and will add to the counters of caps when it commits, as far as the role may read it; a counter may have several rows';

CREATE VIEW steering.cap_usage AS
SELECT counted.cap_id, steering.sum(counted.used) AS used, min(counted.revision) AS revision
FROM (SELECT cap_counter.cap_id, cap_counter.used, cap_counter.revision FROM steering.cap_counter
      UNION ALL
      SELECT unwritten.cap_id, unwritten.used, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
GROUP BY counted.cap_id;
REVOKE ALL ON steering.cap_usage FROM PUBLIC;
COMMENT ON VIEW steering.cap_usage IS 'counters of the caps on this node, with what the present transaction has not written yet';
COMMENT ON COLUMN steering.cap_usage.cap_id IS 'the cap';
COMMENT ON COLUMN steering.cap_usage.used IS 'usage of the cap';
COMMENT ON COLUMN steering.cap_usage.revision IS 'that of the cap';

CREATE FUNCTION steering.compact() RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_compact'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.compact() FROM PUBLIC;
COMMENT ON FUNCTION steering.compact() IS
'makes one row again of the counters and usage cells that were divided and that nobody is changing now, and takes away cells of which nothing is left; returns how many rows went. Their room is given back by VACUUM. On the coordinator of a scaled-out installation on all nodes, which no rollback here undoes, with a warning for each that does not answer; and where all answer it takes away the changes in steering.outbox that all have applied, but for the last, as each node does with its own. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE FUNCTION steering.set_cap(service text, participant text, metric text, during steering.day_range,
	amount numeric, ladder text DEFAULT NULL, reason text DEFAULT NULL, accept_overrun boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_set_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean) IS
'creates a cap, or revises the one with the same service, participant, metric and range; returns its number. Without a ladder a new cap blocks at 100% and another keeps its own. A limit below usage is refused (23S71, 23S72) if the ladder blocks, unless accept_overrun. Other errors: 22004 null, 22023 unknown code, metric or range, more than four decimals, 22003 amount, 22P02 ladder, 55000 bookings cannot be read that the range holds a month of in part, unless accept_overrun, 40001 concurrent change. A notice says so where the range is not whole months';

CREATE FUNCTION steering.drop_cap(cap integer, reason text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'steering_drop_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.drop_cap(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_cap(integer, text) IS 'ends a cap. Waits for running bookings. Errors: 22004 null, 42704 no such cap';

CREATE FUNCTION steering.spread_cap(cap integer, per text DEFAULT 'month', profile numeric[] DEFAULT NULL,
	ladder text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS SETOF integer
AS 'MODULE_PATHNAME', 'steering_spread_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 12;
REVOKE ALL ON FUNCTION steering.spread_cap(integer, text, numeric[], text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.spread_cap(integer, text, numeric[], text, text) IS
'sets a cap from the first day of the given one to the end of each month or quarter in it, the limits growing by the profile (one weight per step; null: equal steps); returns the numbers, the given cap last. Without a ladder all take that of the given cap. Errors: those of set_cap(), 42704 no such cap';

CREATE FUNCTION steering.check_booking(service text, participant text, booked_on date,
	amount numeric DEFAULT 0, volume numeric DEFAULT 0, releases text DEFAULT NULL, final boolean DEFAULT false)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, amount numeric, used numeric,
	after numeric, blocks_at numeric, headroom numeric, verdict text)
AS 'MODULE_PATHNAME', 'steering_check_booking'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.check_booking(text, text, date, numeric, numeric, text, boolean) IS
'what a booking would do to the caps over it that the role may read, and to those over the order line that it releases, without booking: usage before and after, the threshold above which the cap blocks and the room under it (null: it never blocks), and the verdict: ok, notify, warn or block. Errors: 23S73, 23S74, and 23S71 where a cap is required and none stands, as that booking would have; 23S73 also where the order line is unknown';
