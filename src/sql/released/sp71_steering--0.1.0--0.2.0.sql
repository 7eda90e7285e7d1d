\echo Use "ALTER EXTENSION sp71_steering UPDATE" to load this file. \quit
-- What 0.2.0 changes in the objects of 0.1.0. Its new topics follow in the upgrade script.

-- Gives the partitioned sources that there are the rule by which PostgreSQL refuses MERGE into them. First of all,
-- since it waits for transactions that book in them, while others should not have to wait for it.
CREATE FUNCTION steering.refuse_merge() RETURNS void
	AS 'MODULE_PATHNAME', 'steering_refuse_merge' LANGUAGE C VOLATILE PARALLEL UNSAFE;
SELECT steering.refuse_merge();
DROP FUNCTION steering.refuse_merge();

-- For reasons that stand in amount.sql.
CREATE OR REPLACE FUNCTION steering.amount_to_smallint(steering.amount) RETURNS smallint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::smallint;
CREATE OR REPLACE FUNCTION steering.amount_to_integer(steering.amount) RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::integer;
CREATE OR REPLACE FUNCTION steering.amount_to_bigint(steering.amount) RETURNS bigint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::bigint;
CREATE OR REPLACE FUNCTION steering.amount_to_double_precision(steering.amount) RETURNS double precision
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::double precision;

-- Shows codes too.
CREATE OR REPLACE VIEW steering.readable_participant WITH (security_barrier) AS
WITH RECURSIVE readable (participant_id, code) AS (
	SELECT participant.participant_id, participant.code
	FROM steering.participant
	WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR pg_has_role(participant.reader, 'USAGE')
	UNION
	SELECT participant.participant_id, participant.code
	FROM readable JOIN steering.participant ON participant.parent = readable.code
)
SELECT readable.participant_id, readable.code FROM readable;
COMMENT ON COLUMN steering.readable_participant.code IS 'code of the participant';

-- For reasons that stand in view.sql.
CREATE OR REPLACE VIEW steering.usage_by_month WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	usage_cell.month,
	source.stage,
	sum(usage_cell.amount::numeric) AS amount,
	sum(usage_cell.volume::numeric) AS volume,
	sum(usage_cell.bookings)::bigint AS bookings
FROM steering.usage_now AS usage_cell
LEFT JOIN steering.source ON source.source_id = usage_cell.source_id
LEFT JOIN steering.service ON service.service_id = usage_cell.service_id
LEFT JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
WHERE usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
	AND (source.source_id IS NULL OR service.service_id IS NULL) IS NOT TRUE
GROUP BY service.service_id, service.code, participant.participant_id, participant.code, usage_cell.month, source.stage
HAVING sum(usage_cell.bookings) <> 0;

-- For reasons that stand in verify.sql.
CREATE OR REPLACE VIEW steering.difference AS
WITH RECURSIVE booked AS MATERIALIZED (
	SELECT scan.source_id, scan.service_id, scan.participant_id, scan.booked_on,
		sum(scan.amount::numeric) AS amount, sum(scan.volume::numeric) AS volume, count(*) AS bookings
	FROM steering.booking_scan(NULL, NULL) AS scan
	GROUP BY scan.source_id, scan.service_id, scan.participant_id, scan.booked_on
), actual_cell AS (
	SELECT booked.source_id, booked.service_id, booked.participant_id,
		coalesce(steering.month_of(booked.booked_on), '-infinity') AS month,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, sum(booked.bookings) AS bookings
	FROM booked
	GROUP BY 1, 2, 3, 4
), stored_cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
		sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume, sum(usage_cell.bookings) AS bookings
	FROM steering.usage_now AS usage_cell
	GROUP BY 1, 2, 3, 4
), service_above (service_id, top, parent) AS (
	SELECT service.service_id, service.service_id, service.parent
	FROM steering.service
	UNION
	SELECT service_above.service_id, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (participant_id, top, parent) AS (
	SELECT participant.participant_id, participant.participant_id, participant.parent
	FROM steering.participant
	UNION
	SELECT participant_above.participant_id, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
), charged AS (
	SELECT service_above.top AS service_id, participant_above.top AS participant_id, booked.booked_on,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume
	FROM booked
	JOIN service_above ON service_above.service_id = booked.service_id
	JOIN participant_above ON participant_above.participant_id = booked.participant_id
	GROUP BY 1, 2, 3
), actual_cap AS (
	SELECT cap.cap_id,
		coalesce(sum(CASE cap.metric WHEN 'budget' THEN charged.amount ELSE charged.volume END), 0) AS used
	FROM steering.cap
	LEFT JOIN charged ON charged.service_id = cap.service_id AND charged.participant_id = cap.participant_id
		AND charged.booked_on >= lower(cap.during) AND charged.booked_on < upper(cap.during)
	GROUP BY cap.cap_id
), stored_cap AS (
	SELECT counted.cap_id, sum(counted.used) AS used, min(counted.revision) AS revision
	FROM (SELECT cap_counter.cap_id, cap_counter.used::numeric, cap_counter.revision FROM steering.cap_counter
	      UNION ALL
	      SELECT unwritten.service_id, unwritten.amount::numeric, NULL FROM steering.unwritten_change() AS unwritten
	      WHERE unwritten.source_id = 0) AS counted
	GROUP BY counted.cap_id
)
SELECT 'cap' AS what, cap_id, NULL::integer AS source_id, cap.service_id, cap.participant_id, NULL::date AS month,
	measure.name AS measure, measure.stored, measure.actual
FROM steering.cap
FULL JOIN stored_cap USING (cap_id)
LEFT JOIN actual_cap USING (cap_id)
CROSS JOIN LATERAL (VALUES
	('used', stored_cap.used, actual_cap.used),
	('revision', stored_cap.revision, cap.revision)) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual
	OR (measure.name = 'used' AND measure.stored IS DISTINCT FROM measure.actual)
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;

CREATE OR REPLACE VIEW steering.source_problem AS
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
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = source.relation)
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
    AND EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = source.relation)
UNION ALL
SELECT source.relation::text, 'rows ignored',
    format('Rows that count nowhere, since their service, participant or day is unknown: %s; amount %s, volume %s.',
           sum(usage_cell.bookings), sum(usage_cell.amount::numeric), sum(usage_cell.volume::numeric)),
    'correct the rows, or the registers'
FROM steering.usage_cell JOIN steering.source ON source.source_id = usage_cell.source_id
WHERE usage_cell.service_id = 0
GROUP BY source.relation
HAVING sum(usage_cell.bookings) <> 0;

-- What was said of them, and closed periods.
COMMENT ON FUNCTION steering.book() IS
'trigger of attached tables: books what a statement changes. Errors: 23S71, 23S72 a cap would be exceeded, 23S73 a row''s service, participant or day is unknown, 23S74 a booking in a closed period would change, 22003 an amount or a sum does not fit, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';
COMMENT ON FUNCTION steering.attach(regclass, text, text, text, text, text, text, text, text, boolean) IS
'makes a table a source of bookings: its rows count from now on, those in it included; returns the number of the source. The arguments are immutable SQL expressions over one row of the table. Only its owner may. Waits for transactions that write the table. MERGE into a partitioned one is refused from then on (0A000). Errors: 42501 not the owner, 42809 not such a table, 0A000 a function merges into it, 42710 attached already, 22004 null, 22023 wrong stage or unknown, those of SQL for a wrong expression, those of book() for the rows in it; accept_overrun lets these exceed caps';
COMMENT ON FUNCTION steering.reattach(regclass) IS
'puts a source in order after what its triggers and event triggers could not see: takes in and lets go tables, makes triggers and rules that are missing, counts all rows anew. No cap refuses that. Only the owner of the table may. Waits for all bookings. Errors: 42501 not the owner, 42704 no source, 0A000 a function merges into a partitioned table of it, 22004 null, 23S74 bookings in a closed period would change, 40001 concurrent change';
COMMENT ON FUNCTION steering.detach(regclass) IS
'ends a source: its rows count no more, and the table is as it was before attach(). Only its owner may. Waits for all bookings. Errors: 42501 not the owner, 42704 no source, 22004 null, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 23S74 it has bookings in a closed period, 40001 concurrent change';
COMMENT ON FUNCTION steering.check_booking(text, text, date, numeric, numeric) IS
'what a booking would do to the caps over it that the role may read, without booking: usage before and after, the threshold above which the cap blocks and the room under it (null: it never blocks), and the verdict: ok, notify, warn or block. Errors: 23S73, 23S74 as that booking would have';
-- register.sql
-- The registers as later topics use them: numbers by code, all that is below an entry, periods, and the
-- trigger that keeps entries which their tables refer to.

-- PUBLIC may execute these because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.service_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_service_number'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.service_number(text) IS
'number of the service with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.participant_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_participant_number'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.participant_number(text) IS
'number of the participant with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.period_range(period text) RETURNS daterange
AS 'MODULE_PATHNAME', 'steering_period_range'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.period_range(text) IS
'days of a period: a year 2026, a quarter 2026-Q1, a month 2026-03, or a range of whole months [2026-04-01,2027-04-01), whatever the DateStyle. Errors: 22004 null, 22P02 no period, 22023 a range that is empty, has no first or last day, or is not of whole months';

CREATE VIEW steering.service_below AS
WITH RECURSIVE below (top_id, service_id, code, depth) AS (
	SELECT service.service_id, service.service_id, service.code, 0
	FROM steering.service
	UNION ALL
	SELECT below.top_id, service.service_id, service.code, below.depth + 1
	FROM below JOIN steering.service ON service.parent = below.code
)
SELECT below.top_id, below.service_id, below.depth FROM below;
REVOKE ALL ON steering.service_below FROM PUBLIC;
COMMENT ON VIEW steering.service_below IS 'every service with itself and each service below it';
COMMENT ON COLUMN steering.service_below.top_id IS 'number of the service';
COMMENT ON COLUMN steering.service_below.service_id IS 'number of a service that is it, or below it';
COMMENT ON COLUMN steering.service_below.depth IS 'how many levels below: 0 is the service itself';

CREATE VIEW steering.participant_below AS
WITH RECURSIVE below (top_id, participant_id, code, depth) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code, 0
	FROM steering.participant
	UNION ALL
	SELECT below.top_id, participant.participant_id, participant.code, below.depth + 1
	FROM below JOIN steering.participant ON participant.parent = below.code
)
SELECT below.top_id, below.participant_id, below.depth FROM below;
REVOKE ALL ON steering.participant_below FROM PUBLIC;
COMMENT ON VIEW steering.participant_below IS 'every participant with itself and each participant below it';
COMMENT ON COLUMN steering.participant_below.top_id IS 'number of the participant';
COMMENT ON COLUMN steering.participant_below.participant_id IS 'number of a participant that is it, or below it';
COMMENT ON COLUMN steering.participant_below.depth IS 'how many levels below: 0 is the participant itself';

CREATE FUNCTION steering.refuse_used() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_used'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_used() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_used() IS
'refuses to delete an entry of a register that agreements, results or allocation keys refer to (23503)';

-- After follow_delete, by their names.
CREATE TRIGGER refuse_used
	AFTER DELETE ON steering.participant REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_used();
CREATE TRIGGER refuse_used
	AFTER DELETE ON steering.service REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_used();
-- What was booked in a range of months, for the reports on cost and results.

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.usage_between(first_month date, end_month date)
RETURNS TABLE (service_id integer, participant_id integer, actual steering.amount, committed steering.amount,
	volume steering.amount, committed_volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_usage_between'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.usage_between(date, date) IS
'what was booked from first_month until before end_month (first days of months; null: without bound) per service and participant, as far as the role may read it: amounts of sources of stage actual and commitment, volumes likewise, number of bookings of both. From stored usage in one pass, so its time does not grow with the number of bookings. Error: 22003 a sum does not fit';
-- Closed periods: bookings in or into them are refused. close_period() and reopen_period(), which also
-- see to the settlement of the period, build on this.

-- The order of the columns is known to C. Written by C alone, with bookings excluded.
CREATE TABLE steering.closing (
	closing_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT closing_pkey PRIMARY KEY,
	during daterange NOT NULL,
	closed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	closed_by name NOT NULL DEFAULT session_user,
	reason text,
	reopened_at timestamptz,
	reopened_by name,
	reopen_reason text,
	bookings bigint NOT NULL,
	amount numeric NOT NULL,
	volume numeric NOT NULL,
	CONSTRAINT closing_whole_months CHECK (lower(during) IS NOT NULL AND upper(during) IS NOT NULL
		AND isfinite(lower(during)) AND isfinite(upper(during))
		AND extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1),
	CONSTRAINT closing_reopening CHECK (num_nulls(reopened_at, reopened_by, reopen_reason) IN (0, 3)),
	CONSTRAINT closing_no_overlap EXCLUDE USING gist (during WITH &&) WHERE (reopened_at IS NULL)
);
REVOKE ALL ON steering.closing FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.closing', '');
SELECT pg_catalog.pg_extension_config_dump('steering.closing_closing_id_seq', '');
COMMENT ON TABLE steering.closing IS 'periods that were closed, and which of them were reopened; written by close_bookings() and reopen_bookings() alone';
COMMENT ON COLUMN steering.closing.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.closing.during IS 'the period: whole months';
COMMENT ON COLUMN steering.closing.closed_at IS 'when it was closed, by the clock: every booking in it was committed before';
COMMENT ON COLUMN steering.closing.closed_by IS 'who had logged in and closed it';
COMMENT ON COLUMN steering.closing.reason IS 'the reason that was given; null: none';
COMMENT ON COLUMN steering.closing.reopened_at IS 'when it was reopened, by the clock; null: it is closed';
COMMENT ON COLUMN steering.closing.reopened_by IS 'who had logged in and reopened it; null: it is closed';
COMMENT ON COLUMN steering.closing.reopen_reason IS 'the reason that was given; null: it is closed';
COMMENT ON COLUMN steering.closing.bookings IS 'number of bookings in it when it was closed, for health()';
COMMENT ON COLUMN steering.closing.amount IS 'sum of their amounts (money), of both stages';
COMMENT ON COLUMN steering.closing.volume IS 'sum of their volumes, whatever their units, of both stages';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.name_period(during daterange) RETURNS text
AS 'MODULE_PATHNAME', 'steering_name_period'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION steering.name_period(daterange) IS
'how messages call a range of days: 2026, 2026-Q1 or 2026-03 where it is one of these, else its first and last day; null: it has no first or last day';

CREATE FUNCTION steering.close_bookings(period text, reason text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_close_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.close_bookings(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_bookings(text, text) IS
'closes a period to bookings and returns the number of the closing: what changes bookings in it is refused from now on (23S74), by this transaction too. Waits for running bookings, and new ones wait until it is committed: what is read after it, with a new snapshot, is what the period has. Errors: those of period_range(), 55000 the period is closed already or overlaps a closed one';

CREATE FUNCTION steering.reopen_bookings(period text, reason text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_reopen_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reopen_bookings(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reopen_bookings(text, text) IS
'opens a closed period to bookings again, as it was closed, and returns the number of the closing that ends. Waits for running bookings. Errors: those of period_range(), 22004 no reason, 22023 an empty one, 55000 the period is not closed, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE VIEW steering.closed_period WITH (security_barrier) AS
SELECT steering.name_period(closing.during) AS period,
	lower(closing.during) AS first_day,
	upper(closing.during) - 1 AS last_day,
	closing.closing_id,
	closing.closed_at,
	closing.closed_by,
	closing.reason
FROM steering.closing
WHERE closing.reopened_at IS NULL;
GRANT SELECT ON steering.closed_period TO PUBLIC;
COMMENT ON VIEW steering.closed_period IS 'periods that are closed to bookings now';
COMMENT ON COLUMN steering.closed_period.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.closed_period.first_day IS 'its first day';
COMMENT ON COLUMN steering.closed_period.last_day IS 'its last day';
COMMENT ON COLUMN steering.closed_period.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.closed_period.closed_at IS 'when it was closed';
COMMENT ON COLUMN steering.closed_period.closed_by IS 'who had logged in and closed it';
COMMENT ON COLUMN steering.closed_period.reason IS 'the reason that was given; null: none';

CREATE VIEW steering.closing_problem AS
SELECT format('period %s', steering.name_period(closing.during)) AS subject, 'changed after closing' AS problem,
	format('When it was closed it had %s bookings, amount %s, volume %s; now %s, %s, %s. A table was dropped, or repair() has mended what triggers had not seen.',
		   closing.bookings, closing.amount, closing.volume, stored.bookings, stored.amount, stored.volume) AS detail,
	'reopen it, see to its bookings, and close it again' AS hint
FROM steering.closing
CROSS JOIN LATERAL (
	SELECT coalesce(sum(usage_cell.bookings), 0) AS bookings, coalesce(sum(usage_cell.amount::numeric), 0) AS amount,
		coalesce(sum(usage_cell.volume::numeric), 0) AS volume
	FROM steering.usage_cell
	WHERE usage_cell.service_id <> 0
		AND usage_cell.month >= lower(closing.during) AND usage_cell.month < upper(closing.during)) AS stored
WHERE closing.reopened_at IS NULL
	AND (stored.bookings <> closing.bookings OR stored.amount <> closing.amount OR stored.volume <> closing.volume);
REVOKE ALL ON steering.closing_problem FROM PUBLIC;
COMMENT ON VIEW steering.closing_problem IS 'health(): closed periods whose bookings are not those that were closed in';
COMMENT ON COLUMN steering.closing_problem.subject IS 'a closed period';
COMMENT ON COLUMN steering.closing_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.closing_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.closing_problem.hint IS 'what to do';
-- cost_result.sql
-- The type steering.cost_result: what something cost and what was achieved for it, as a pair. Its sum
-- adds up both sides, so that a ratio rolled up is the ratio of the sums.

CREATE TYPE steering.cost_result;

CREATE FUNCTION steering.cost_result_in(cstring) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_in';
COMMENT ON FUNCTION steering.cost_result_in(cstring) IS
	'I/O';

CREATE FUNCTION steering.cost_result_out(steering.cost_result) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_out';
COMMENT ON FUNCTION steering.cost_result_out(steering.cost_result) IS
	'I/O';

CREATE FUNCTION steering.cost_result_recv(internal) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_recv';
COMMENT ON FUNCTION steering.cost_result_recv(internal) IS
	'I/O: the numbers of 1/10000 units of cost and result';

CREATE FUNCTION steering.cost_result_send(steering.cost_result) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_send';
COMMENT ON FUNCTION steering.cost_result_send(steering.cost_result) IS
	'I/O: the numbers of 1/10000 units of cost and result';

CREATE TYPE steering.cost_result (
	INPUT = steering.cost_result_in,
	OUTPUT = steering.cost_result_out,
	RECEIVE = steering.cost_result_recv,
	SEND = steering.cost_result_send,
	INTERNALLENGTH = 16,
	ALIGNMENT = double
);
COMMENT ON TYPE steering.cost_result IS
	'a cost and what was achieved for it, two amounts: 1255100.00 / 1000.00. Sorts by cost per result, exactly; without result (zero) last; of the same ratio by cost and then result, so that only equal pairs are equal. '
	'What does not fit is 22003, no pair 22P02.';

-- A pair and its parts.

CREATE FUNCTION steering.cost_result(cost numeric, result numeric) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_make';
COMMENT ON FUNCTION steering.cost_result(numeric, numeric) IS
	'a cost and a result, each rounded half away from zero to four decimals; NaN, infinity and overflow are 22003; null if one is null, for what is missing is not zero';

CREATE FUNCTION steering.cost(steering.cost_result) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_cost';
COMMENT ON FUNCTION steering.cost(steering.cost_result) IS
	'the cost, with four decimals';

CREATE FUNCTION steering.result(steering.cost_result) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_result';
COMMENT ON FUNCTION steering.result(steering.cost_result) IS
	'the result, with four decimals';

CREATE FUNCTION steering.per_result(steering.cost_result) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_per_result';
COMMENT ON FUNCTION steering.per_result(steering.cost_result) IS
	'cost divided by result, with the digits that numeric / numeric gives; null if the result is zero';

CREATE FUNCTION steering.cost_result_to_double_precision(steering.cost_result) RETURNS double precision
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.per_result($1)::double precision;
COMMENT ON FUNCTION steering.cost_result_to_double_precision(steering.cost_result) IS
	'implementation of the cast from cost_result to double precision';

-- They lose the parts, so they must be asked for.
CREATE CAST (steering.cost_result AS numeric) WITH FUNCTION steering.per_result(steering.cost_result);
COMMENT ON CAST (steering.cost_result AS numeric) IS 'cost per result; null if the result is zero';

CREATE CAST (steering.cost_result AS double precision) WITH FUNCTION steering.cost_result_to_double_precision(steering.cost_result);
COMMENT ON CAST (steering.cost_result AS double precision) IS 'cost per result; null if the result is zero; inexact: as numeric does it';

-- Comparison. Leakproof, as that of amounts.

CREATE FUNCTION steering.cost_result_equal(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_equal';
COMMENT ON FUNCTION steering.cost_result_equal(steering.cost_result, steering.cost_result) IS
	'implementation of = operator';

CREATE OPERATOR steering.= (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_equal,
	COMMUTATOR = OPERATOR(steering.=), NEGATOR = OPERATOR(steering.<>), HASHES, MERGES,
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR steering.= (steering.cost_result, steering.cost_result) IS 'equal: the same cost and the same result';

CREATE FUNCTION steering.cost_result_not_equal(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_not_equal';
COMMENT ON FUNCTION steering.cost_result_not_equal(steering.cost_result, steering.cost_result) IS
	'implementation of <> operator';

CREATE OPERATOR steering.<> (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_not_equal,
	COMMUTATOR = OPERATOR(steering.<>), NEGATOR = OPERATOR(steering.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR steering.<> (steering.cost_result, steering.cost_result) IS 'not equal';

CREATE FUNCTION steering.cost_result_less(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_less';
COMMENT ON FUNCTION steering.cost_result_less(steering.cost_result, steering.cost_result) IS
	'implementation of < operator';

CREATE OPERATOR steering.< (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_less,
	COMMUTATOR = OPERATOR(steering.>), NEGATOR = OPERATOR(steering.>=),
	RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR steering.< (steering.cost_result, steering.cost_result) IS 'a result costs less; of the same ratio, the lower cost, then the lower result';

CREATE FUNCTION steering.cost_result_less_equal(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_less_equal';
COMMENT ON FUNCTION steering.cost_result_less_equal(steering.cost_result, steering.cost_result) IS
	'implementation of <= operator';

CREATE OPERATOR steering.<= (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_less_equal,
	COMMUTATOR = OPERATOR(steering.>=), NEGATOR = OPERATOR(steering.>),
	RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR steering.<= (steering.cost_result, steering.cost_result) IS 'less than or equal';

CREATE FUNCTION steering.cost_result_greater_equal(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_greater_equal';
COMMENT ON FUNCTION steering.cost_result_greater_equal(steering.cost_result, steering.cost_result) IS
	'implementation of >= operator';

CREATE OPERATOR steering.>= (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_greater_equal,
	COMMUTATOR = OPERATOR(steering.<=), NEGATOR = OPERATOR(steering.<),
	RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR steering.>= (steering.cost_result, steering.cost_result) IS 'greater than or equal';

CREATE FUNCTION steering.cost_result_greater(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_greater';
COMMENT ON FUNCTION steering.cost_result_greater(steering.cost_result, steering.cost_result) IS
	'implementation of > operator';

CREATE OPERATOR steering.> (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_greater,
	COMMUTATOR = OPERATOR(steering.<), NEGATOR = OPERATOR(steering.<=),
	RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR steering.> (steering.cost_result, steering.cost_result) IS 'a result costs more; of the same ratio, the higher cost, then the higher result';

-- Operator classes.

CREATE FUNCTION steering.cost_result_compare(steering.cost_result, steering.cost_result) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_compare';
COMMENT ON FUNCTION steering.cost_result_compare(steering.cost_result, steering.cost_result) IS
	'less-equal-greater';

CREATE OPERATOR CLASS steering.cost_result_ops DEFAULT FOR TYPE steering.cost_result USING btree AS
	OPERATOR 1 steering.<,
	OPERATOR 2 steering.<=,
	OPERATOR 3 steering.=,
	OPERATOR 4 steering.>=,
	OPERATOR 5 steering.>,
	FUNCTION 1 steering.cost_result_compare(steering.cost_result, steering.cost_result),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS steering.cost_result_ops USING btree IS
	'orders by cost per result, then cost, then result; without result last';

CREATE FUNCTION steering.cost_result_hash(steering.cost_result) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_hash';
COMMENT ON FUNCTION steering.cost_result_hash(steering.cost_result) IS
	'hash';

CREATE FUNCTION steering.cost_result_hash_extended(steering.cost_result, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_hash_extended';
COMMENT ON FUNCTION steering.cost_result_hash_extended(steering.cost_result, bigint) IS
	'hash with a seed';

CREATE OPERATOR CLASS steering.cost_result_ops DEFAULT FOR TYPE steering.cost_result USING hash AS
	OPERATOR 1 steering.=,
	FUNCTION 1 steering.cost_result_hash(steering.cost_result),
	FUNCTION 2 steering.cost_result_hash_extended(steering.cost_result, bigint);
COMMENT ON OPERATOR CLASS steering.cost_result_ops USING hash IS 'hashes pairs';

-- Arithmetic, side by side.

CREATE FUNCTION steering.cost_result_add(steering.cost_result, steering.cost_result) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_add';
COMMENT ON FUNCTION steering.cost_result_add(steering.cost_result, steering.cost_result) IS
	'implementation of + operator';

CREATE OPERATOR steering.+ (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_add,
	COMMUTATOR = OPERATOR(steering.+)
);
COMMENT ON OPERATOR steering.+ (steering.cost_result, steering.cost_result) IS 'add costs, and results; overflow is 22003';

CREATE FUNCTION steering.cost_result_subtract(steering.cost_result, steering.cost_result) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_subtract';
COMMENT ON FUNCTION steering.cost_result_subtract(steering.cost_result, steering.cost_result) IS
	'implementation of - operator';

CREATE OPERATOR steering.- (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_subtract
);
COMMENT ON OPERATOR steering.- (steering.cost_result, steering.cost_result) IS 'subtract costs, and results; overflow is 22003';

-- Aggregates. There is no avg(): an average of ratios says nothing about their sum.

CREATE FUNCTION steering.cost_result_accumulate(internal, steering.cost_result) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_accumulate';
COMMENT ON FUNCTION steering.cost_result_accumulate(internal, steering.cost_result) IS
	'aggregate transition function';

CREATE FUNCTION steering.cost_result_discard(internal, steering.cost_result) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_discard';
COMMENT ON FUNCTION steering.cost_result_discard(internal, steering.cost_result) IS
	'aggregate inverse transition function';

CREATE FUNCTION steering.cost_result_combine(internal, internal) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_combine';
COMMENT ON FUNCTION steering.cost_result_combine(internal, internal) IS
	'aggregate combine function';

CREATE FUNCTION steering.cost_result_serialize(internal) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_serialize';
COMMENT ON FUNCTION steering.cost_result_serialize(internal) IS
	'aggregate serial function';

CREATE FUNCTION steering.cost_result_deserialize(bytea, internal) RETURNS internal
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_deserialize';
COMMENT ON FUNCTION steering.cost_result_deserialize(bytea, internal) IS
	'aggregate deserial function';

CREATE FUNCTION steering.cost_result_sum(internal) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_sum';
COMMENT ON FUNCTION steering.cost_result_sum(internal) IS
	'aggregate final function';

CREATE AGGREGATE steering.sum(steering.cost_result) (
	SFUNC = steering.cost_result_accumulate, STYPE = internal, SSPACE = 64,
	FINALFUNC = steering.cost_result_sum,
	COMBINEFUNC = steering.cost_result_combine,
	SERIALFUNC = steering.cost_result_serialize, DESERIALFUNC = steering.cost_result_deserialize,
	MSFUNC = steering.cost_result_accumulate, MINVFUNC = steering.cost_result_discard,
	MSTYPE = internal, MSSPACE = 64,
	MFINALFUNC = steering.cost_result_sum,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.sum(steering.cost_result) IS
	'sum of the costs and sum of the results; null if there is no pair; 22003 only if a sum itself does not fit, not on the way';

CREATE FUNCTION steering.cost_result_smaller(steering.cost_result, steering.cost_result) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_smaller';
COMMENT ON FUNCTION steering.cost_result_smaller(steering.cost_result, steering.cost_result) IS
	'smaller of two';

CREATE AGGREGATE steering.min(steering.cost_result) (
	SFUNC = steering.cost_result_smaller, STYPE = steering.cost_result, COMBINEFUNC = steering.cost_result_smaller,
	SORTOP = OPERATOR(steering.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.min(steering.cost_result) IS 'first pair in their order; null if there is none';

CREATE FUNCTION steering.cost_result_larger(steering.cost_result, steering.cost_result) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_larger';
COMMENT ON FUNCTION steering.cost_result_larger(steering.cost_result, steering.cost_result) IS
	'larger of two';

CREATE AGGREGATE steering.max(steering.cost_result) (
	SFUNC = steering.cost_result_larger, STYPE = steering.cost_result, COMBINEFUNC = steering.cost_result_larger,
	SORTOP = OPERATOR(steering.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.max(steering.cost_result) IS 'last pair in their order; null if there is none';
-- allocate.sql
-- Dividing an amount by weights so that the shares add up to it, to the smallest unit.

CREATE FUNCTION steering.allocate(amount numeric, weights numeric[], unit numeric DEFAULT 0.01, all_zero text DEFAULT 'error')
RETURNS numeric[]
AS 'MODULE_PATHNAME', 'steering_allocate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocate(numeric, numeric[], numeric, text) IS
'shares of an amount by weights, which add up to it exactly: the largest remainder method (Hamilton 1792, Hare-Niemeyer; M. L. Balinski and H. P. Young, Fair Representation, 1982). Each share is the whole units of its quota amount * weight / sum(weights); the units that are left go to the largest remainders, compared exactly, of equal ones to the first. What is finer in the amount than the unit goes to the place whose turn is next. So no share is a unit or more from its quota. A negative amount is divided like its opposite. If all weights are zero: error, equal (shares), or unallocated (shares of zero: the amount less their sum is what nobody bears). Null if the amount is null. Errors: 22004 null weights, unit or all_zero; 22023 weights that are none, negative, NaN, infinite, of several dimensions, or all zero; a unit that is not above zero, an amount that is not finite, another all_zero; 22003 overflow';

-- Aggregates take no defaults: the form with two arguments has those of allocate().
CREATE FUNCTION steering.allocate_accumulate(internal, numeric, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'steering_allocate_accumulate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric) IS 'aggregate transition function';

CREATE FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) RETURNS internal
AS 'MODULE_PATHNAME', 'steering_allocate_accumulate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) IS 'aggregate transition function';

CREATE FUNCTION steering.allocate_rows(internal) RETURNS numeric[]
AS 'MODULE_PATHNAME', 'steering_allocate_rows'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocate_rows(internal) IS 'aggregate final function';

CREATE AGGREGATE steering.allocate_agg(amount numeric, weight numeric) (
	SFUNC = steering.allocate_accumulate, STYPE = internal, SSPACE = 1024,
	FINALFUNC = steering.allocate_rows, PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.allocate_agg(numeric, numeric) IS
'allocate() over the rows of a group, in cents: the shares in the order of the rows, so write allocate_agg(amount, weight ORDER BY ...). The amount must be the same in all rows (22023), a weight not null (22004). Null without rows';

CREATE AGGREGATE steering.allocate_agg(amount numeric, weight numeric, unit numeric, all_zero text) (
	SFUNC = steering.allocate_accumulate, STYPE = internal, SSPACE = 1024,
	FINALFUNC = steering.allocate_rows, PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.allocate_agg(numeric, numeric, numeric, text) IS
'allocate() over the rows of a group: the shares in the order of the rows, so write allocate_agg(amount, weight, unit, all_zero ORDER BY ...). The amount must be the same in all rows (22023), a weight not null (22004); unit and all_zero are those of the first row. Null without rows';

CREATE FUNCTION steering.allocated(amount numeric, weight numeric, unit numeric DEFAULT 0.01, all_zero text DEFAULT 'error')
RETURNS numeric
AS 'MODULE_PATHNAME', 'steering_allocated'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocated(numeric, numeric, numeric, text) IS
'window function: the share of this row when the amount is divided among all rows of the partition, as allocate() does it. Of equal remainders the first row in the order of the window gets the unit, so let ORDER BY decide. The amount must be the same in all rows (22023), a weight not null (22004); unit and all_zero are those of the first row';
-- risk.sql
-- What risks may cost together, by simulation.

CREATE FUNCTION steering.simulate_risk(probability double precision[], low numeric[], likely numeric[], high numeric[],
	certainty double precision, draws integer DEFAULT 100000, seed bigint DEFAULT 1, available numeric DEFAULT NULL,
	OUT required numeric, OUT mean numeric, OUT median numeric, OUT highest numeric, OUT covered numeric)
AS 'MODULE_PATHNAME', 'steering_simulate_risk'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000000;
COMMENT ON FUNCTION steering.simulate_risk(double precision[], numeric[], numeric[], numeric[], double precision, integer, bigint, numeric) IS
'what independent risks cost together, by Monte Carlo simulation: in every draw each risk occurs with its probability, and then costs an amount of a triangular distribution from low to high, densest at likely (drawn as W. E. Stein and M. F. Keblis do, A new method to simulate the triangular distribution, 2009, in whole numbers). required: the least total that this part of the draws (certainty, as 0.90) does not exceed; mean, median, highest: of all totals; covered: the part of the draws, to six decimals, whose total is not above the available amount. The same seed gives the same answer on every machine. Errors: 22004 null, 22023 a probability outside 0 to 1, low, likely and high out of order, arrays of different lengths, a certainty not between 0 and 1, fewer than 1 or more than 10,000,000 draws; 22003 amounts that could add up to more than an amount';
-- Allocation keys, their fixed weights, and the rules by which the cost of services is divided.
--
-- Like caps, they hold numbers and no foreign keys, and are written by the functions below alone.

CREATE TABLE steering.allocation_key (
	key_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT allocation_key_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT allocation_key_code_key UNIQUE
		CONSTRAINT allocation_key_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	basis text NOT NULL
		CONSTRAINT allocation_key_basis_known CHECK (basis IN ('inhabitants', 'volume', 'agreed', 'fixed')),
	service_id integer,
	CONSTRAINT allocation_key_service_fits_basis CHECK ((service_id IS NOT NULL) = (basis IN ('volume', 'agreed')))
);
REVOKE ALL ON steering.allocation_key FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_key', '');
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_key_key_id_seq', '');
COMMENT ON TABLE steering.allocation_key IS 'by what shared cost is divided; written by set_allocation_key() and drop_allocation_key() alone';
COMMENT ON COLUMN steering.allocation_key.key_id IS 'number of the key';
COMMENT ON COLUMN steering.allocation_key.code IS 'what people call the key by; it never changes';
COMMENT ON COLUMN steering.allocation_key.name IS 'name for people';
COMMENT ON COLUMN steering.allocation_key.basis IS 'where the weights come from: inhabitants of participants, actual volume or agreed volume of a service, or fixed: what set_key_weight() has set';
COMMENT ON COLUMN steering.allocation_key.service_id IS 'of volume and agreed: of this service and all below it; null: another basis';

CREATE TABLE steering.allocation_weight (
	key_id integer NOT NULL,
	participant_id integer,
	service_id integer,
	during daterange NOT NULL CONSTRAINT allocation_weight_during_not_empty CHECK (NOT isempty(during)),
	weight numeric NOT NULL CONSTRAINT allocation_weight_not_negative CHECK (weight >= 0 AND weight < 'Infinity'),
	CONSTRAINT allocation_weight_one_receiver CHECK ((participant_id IS NULL) <> (service_id IS NULL)),
	CONSTRAINT allocation_weight_key UNIQUE NULLS NOT DISTINCT (key_id, participant_id, service_id, during),
	CONSTRAINT allocation_weight_no_overlap EXCLUDE USING gist (int4range(key_id, key_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, int4range(service_id, service_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.allocation_weight FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_weight', '');
COMMENT ON TABLE steering.allocation_weight IS 'weights of keys with basis fixed, written by set_key_weight() and drop_key_weight() alone; one at a time for each receiver';
COMMENT ON COLUMN steering.allocation_weight.key_id IS 'the key';
COMMENT ON COLUMN steering.allocation_weight.participant_id IS 'the participant that receives; null: a service does';
COMMENT ON COLUMN steering.allocation_weight.service_id IS 'the service that receives; null: a participant does';
COMMENT ON COLUMN steering.allocation_weight.during IS 'the days on which the weight is valid';
COMMENT ON COLUMN steering.allocation_weight.weight IS 'the weight; what counts is its proportion to the others of the key';

CREATE TABLE steering.allocation_rule (
	rule_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT allocation_rule_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	key_id integer NOT NULL,
	step integer NOT NULL CONSTRAINT allocation_rule_step_positive CHECK (step > 0),
	during daterange NOT NULL CONSTRAINT allocation_rule_during_not_empty CHECK (NOT isempty(during))
		CONSTRAINT allocation_rule_whole_months
			CHECK (extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1),
	all_zero text NOT NULL
		CONSTRAINT allocation_rule_all_zero_known CHECK (all_zero IN ('error', 'equal', 'unallocated')),
	CONSTRAINT allocation_rule_key UNIQUE (service_id, during),
	CONSTRAINT allocation_rule_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.allocation_rule FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_rule', '');
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_rule_rule_id_seq', '');
COMMENT ON TABLE steering.allocation_rule IS 'whose cost is divided, by which key and in which order; written by set_allocation_rule() and drop_allocation_rule() alone; one at a time for each service';
COMMENT ON COLUMN steering.allocation_rule.rule_id IS 'number of the rule';
COMMENT ON COLUMN steering.allocation_rule.service_id IS 'the support service: cost booked on it, not on those below it, is divided';
COMMENT ON COLUMN steering.allocation_rule.key_id IS 'the key that divides it';
COMMENT ON COLUMN steering.allocation_rule.step IS 'place in the order of method step_down; services with the same step go by their codes';
COMMENT ON COLUMN steering.allocation_rule.during IS 'the whole months in which the rule is valid';
COMMENT ON COLUMN steering.allocation_rule.all_zero IS 'what is done when no receiver has a weight above zero: error, equal (the receivers get the same), unallocated (the cost stays where it is, and is shown)';

CREATE FUNCTION steering.key_number(key text, basis text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_key_number'
LANGUAGE C STABLE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.key_number(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_number(text, text) IS
'number of the allocation key with this code, and, if one is given, this basis. Errors: 22004 key is null, 22023 unknown code or another basis';

CREATE FUNCTION steering.require_found(found bigint, what text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_found'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.require_found(bigint, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_found(bigint, text) IS 'raises 42704, that this does not exist, when none was found';

CREATE FUNCTION steering.refuse_standing(what text, during text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_standing'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_standing(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_standing(text, text) IS 'raises 23P01, that this stands already, for these days';

CREATE FUNCTION steering.refuse_used_key() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_used_key'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_used_key() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_used_key() IS
'after a change of a key: refuses that it goes while rules or agreements divide by it, and another basis while it has weights (23503)';

CREATE TRIGGER refuse_used_key
	AFTER UPDATE OF basis OR DELETE ON steering.allocation_key
	FOR EACH ROW EXECUTE FUNCTION steering.refuse_used_key();

CREATE FUNCTION steering.set_allocation_key(code text, name text, basis text, service text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.allocation_key (code, name, basis, service_id)
VALUES (set_allocation_key.code, set_allocation_key.name, set_allocation_key.basis,
	CASE WHEN set_allocation_key.service IS NOT NULL THEN steering.service_number(set_allocation_key.service) END)
ON CONFLICT ON CONSTRAINT allocation_key_code_key DO UPDATE
	SET name = excluded.name, basis = excluded.basis, service_id = excluded.service_id
RETURNING key_id;
END;
REVOKE ALL ON FUNCTION steering.set_allocation_key(text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_allocation_key(text, text, text, text) IS
'creates an allocation key, or changes the one with this code; returns its number. basis: inhabitants, volume or agreed (of a service), or fixed. Errors: 23502 null, 23514 unknown basis, a service that the basis does not have or has not got, 22023 unknown service, 23503 another basis while it has fixed weights';

CREATE FUNCTION steering.drop_allocation_key(key text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(drop_allocation_key.key);
DELETE FROM steering.allocation_key WHERE key_id = steering.key_number(key);
DELETE FROM steering.allocation_weight
	WHERE NOT EXISTS (SELECT FROM steering.allocation_key WHERE allocation_key.key_id = allocation_weight.key_id);
END;
REVOKE ALL ON FUNCTION steering.drop_allocation_key(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_allocation_key(text) IS
'ends an allocation key and its weights. Errors: 22004 null, 22023 unknown key, 23503 rules or agreements divide by it';

CREATE FUNCTION steering.set_key_weight(key text, weight numeric, during daterange,
	participant text DEFAULT NULL, service text DEFAULT NULL) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(set_key_weight.key, 'fixed');
SELECT steering.refuse_standing(concat('allocation key "', set_key_weight.key, '" has a weight of "',
		coalesce(set_key_weight.participant, set_key_weight.service), '" on some of these days'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.allocation_weight AS standing
WHERE standing.key_id = (SELECT steering.key_number(set_key_weight.key, 'fixed'))
	AND num_nulls(set_key_weight.participant, set_key_weight.service) = 1
	AND CASE WHEN set_key_weight.service IS NULL
		THEN standing.participant_id = (SELECT steering.participant_number(set_key_weight.participant))
		ELSE standing.service_id = (SELECT steering.service_number(set_key_weight.service)) END
	-- not &&, for which the planner would read all that overlaps, of every key
	AND NOT isempty(standing.during * set_key_weight.during) AND standing.during <> set_key_weight.during
LIMIT 1;
INSERT INTO steering.allocation_weight (key_id, participant_id, service_id, during, weight)
VALUES ((SELECT key_id FROM steering.allocation_key
			WHERE key_id = steering.key_number(set_key_weight.key, 'fixed') AND basis = 'fixed' FOR SHARE),
	CASE WHEN set_key_weight.participant IS NOT NULL THEN steering.participant_number(set_key_weight.participant) END,
	CASE WHEN set_key_weight.service IS NOT NULL THEN steering.service_number(set_key_weight.service) END,
	set_key_weight.during, set_key_weight.weight)
ON CONFLICT ON CONSTRAINT allocation_weight_key DO UPDATE SET weight = excluded.weight
RETURNING weight;
END;
REVOKE ALL ON FUNCTION steering.set_key_weight(text, numeric, daterange, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_key_weight(text, numeric, daterange, text, text) IS
'sets the weight of a participant or a service in a key with basis fixed, on these days; the one with the same receiver and days is replaced; returns the weight. Errors: 22004 key is null, 22023 unknown code or a key with another basis, 23502 null, 23514 negative weight, empty range, not just one receiver, 23P01 overlap with another weight of the receiver';

CREATE FUNCTION steering.drop_key_weight(key text, during daterange,
	participant text DEFAULT NULL, service text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(drop_key_weight.key),
	CASE WHEN drop_key_weight.participant IS NOT NULL THEN steering.participant_number(drop_key_weight.participant) END,
	CASE WHEN drop_key_weight.service IS NOT NULL THEN steering.service_number(drop_key_weight.service) END;
WITH gone AS (
	DELETE FROM steering.allocation_weight
	WHERE key_id = steering.key_number(drop_key_weight.key) AND allocation_weight.during = drop_key_weight.during
		AND participant_id IS NOT DISTINCT FROM
			CASE WHEN drop_key_weight.participant IS NOT NULL THEN steering.participant_number(drop_key_weight.participant) END
		AND service_id IS NOT DISTINCT FROM
			CASE WHEN drop_key_weight.service IS NOT NULL THEN steering.service_number(drop_key_weight.service) END
	RETURNING key_id
)
SELECT steering.require_found(count(*),
	concat('weight of "', coalesce(drop_key_weight.participant, drop_key_weight.service), '" in key "', drop_key_weight.key,
		'" during ', drop_key_weight.during))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_key_weight(text, daterange, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_key_weight(text, daterange, text, text) IS
'ends the weight of a participant or a service in a key that was set for these days. Errors: 22004 key is null, 22023 unknown code, 42704 no such weight';

CREATE FUNCTION steering.set_allocation_rule(service text, key text, during daterange, step integer,
	all_zero text DEFAULT 'error') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(set_allocation_rule.key);
SELECT steering.refuse_standing(
	concat('service "', set_allocation_rule.service, '" has an allocation rule in some of these months'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.allocation_rule AS standing
WHERE standing.service_id = (SELECT steering.service_number(set_allocation_rule.service))
	AND NOT isempty(standing.during * set_allocation_rule.during) AND standing.during <> set_allocation_rule.during
LIMIT 1;
INSERT INTO steering.allocation_rule (service_id, key_id, during, step, all_zero)
VALUES (steering.service_number(set_allocation_rule.service),
	(SELECT key_id FROM steering.allocation_key WHERE key_id = steering.key_number(set_allocation_rule.key) FOR SHARE),
	set_allocation_rule.during, set_allocation_rule.step, set_allocation_rule.all_zero)
ON CONFLICT ON CONSTRAINT allocation_rule_key DO UPDATE
	SET key_id = excluded.key_id, step = excluded.step, all_zero = excluded.all_zero
RETURNING rule_id;
END;
REVOKE ALL ON FUNCTION steering.set_allocation_rule(text, text, daterange, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_allocation_rule(text, text, daterange, integer, text) IS
'says that the cost booked on a service is divided (on itself: those below it need rules of their own, see not_divided of allocation_proof()), by which key, and at which step of method step_down; the rule with the same service and months is replaced; returns its number. all_zero: error, equal or unallocated, when no receiver has a weight above zero. Errors: 22004 service or key is null, 22023 unknown code, 23502 null, 23514 not whole months, step not above zero, unknown all_zero, 23P01 overlap with another rule of the service';

CREATE FUNCTION steering.drop_allocation_rule(service text, during daterange) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(drop_allocation_rule.service);
WITH gone AS (
	DELETE FROM steering.allocation_rule
	WHERE service_id = steering.service_number(drop_allocation_rule.service)
		AND allocation_rule.during = drop_allocation_rule.during
	RETURNING rule_id
)
SELECT steering.require_found(count(*),
	concat('allocation rule of service "', drop_allocation_rule.service, '" during ', drop_allocation_rule.during))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_allocation_rule(text, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_allocation_rule(text, daterange) IS
'ends the rule of a service that was set for these months. Errors: 22004 service is null, 22023 unknown service, 42704 no such rule';

CREATE VIEW steering.allocation_step AS
SELECT service.code AS service,
	lower(rule.during) AS valid_from,
	upper(rule.during) - 1 AS valid_to,
	rule.step,
	allocation_key.code AS key,
	allocation_key.name AS key_name,
	allocation_key.basis,
	basis_service.code AS basis_service,
	rule.all_zero
FROM steering.allocation_rule AS rule
JOIN steering.service ON service.service_id = rule.service_id
JOIN steering.allocation_key ON allocation_key.key_id = rule.key_id
LEFT JOIN steering.service AS basis_service ON basis_service.service_id = allocation_key.service_id;
REVOKE ALL ON steering.allocation_step FROM PUBLIC;
COMMENT ON VIEW steering.allocation_step IS 'the rules of allocation, with codes; for who may read about the organisation as a whole';
COMMENT ON COLUMN steering.allocation_step.service IS 'code of the service whose cost is divided';
COMMENT ON COLUMN steering.allocation_step.valid_from IS 'first day of the rule; null: none';
COMMENT ON COLUMN steering.allocation_step.valid_to IS 'last day of the rule; null: none';
COMMENT ON COLUMN steering.allocation_step.step IS 'place in the order of method step_down; the same step goes by code';
COMMENT ON COLUMN steering.allocation_step.key IS 'code of the key that divides the cost';
COMMENT ON COLUMN steering.allocation_step.key_name IS 'name of the key';
COMMENT ON COLUMN steering.allocation_step.basis IS 'where the weights come from: inhabitants, volume, agreed, fixed';
COMMENT ON COLUMN steering.allocation_step.basis_service IS 'of volume and agreed: code of the service whose volume weighs';
COMMENT ON COLUMN steering.allocation_step.all_zero IS 'what is done when no receiver has a weight above zero: error, equal, unallocated';
-- Agreements: what a participant buys of a service, in which form, and the caps that follow.
--
-- Like caps they hold numbers and no foreign keys, and are written by the functions below alone. An
-- agreement covers the bookings of its service and all below it, for its participant and all below it,
-- except those that a nearer agreement covers: of the nearest service, and then of the nearest
-- participant. Terms are for all of its months; parts of them get exact shares.

CREATE TABLE steering.agreement (
	agreement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT agreement_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	during daterange NOT NULL
		CONSTRAINT agreement_during_whole_months
			CHECK (coalesce(extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1, false)),
	form text NOT NULL
		CONSTRAINT agreement_form_known CHECK (form IN ('lump_sum', 'price_volume', 'base_plus', 'key_share')),
	base steering.amount
		CONSTRAINT agreement_base_not_negative CHECK (base OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_base_in_cents CHECK (base::numeric = round(base::numeric, 2)),
	volume steering.amount
		CONSTRAINT agreement_volume_not_negative CHECK (volume OPERATOR(steering.>=) 0::steering.amount),
	price steering.amount
		CONSTRAINT agreement_price_not_negative CHECK (price OPERATOR(steering.>=) 0::steering.amount),
	key_id integer,
	unused_percent numeric
		CONSTRAINT agreement_unused_percent_in_range CHECK (unused_percent BETWEEN 0 AND 100),
	advance steering.amount
		CONSTRAINT agreement_advance_not_negative CHECK (advance OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_advance_in_cents CHECK (advance::numeric = round(advance::numeric, 2)),
	incentive_maximum steering.amount
		CONSTRAINT agreement_incentive_maximum_not_negative
			CHECK (incentive_maximum OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_incentive_maximum_in_cents
			CHECK (incentive_maximum::numeric = round(incentive_maximum::numeric, 2)),
	agreed_cost steering.amount GENERATED ALWAYS AS (
		CASE form WHEN 'price_volume' THEN round(price::numeric * volume::numeric, 2)::steering.amount ELSE base END) STORED,
	revision integer NOT NULL DEFAULT 1,
	CONSTRAINT agreement_lump_sum_terms CHECK (form <> 'lump_sum'
		OR base IS NOT NULL AND price IS NULL AND key_id IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_price_volume_terms CHECK (form <> 'price_volume'
		OR price IS NOT NULL AND base IS NULL AND key_id IS NULL AND (unused_percent IS NULL OR volume IS NOT NULL)),
	CONSTRAINT agreement_base_plus_terms CHECK (form <> 'base_plus'
		OR base IS NOT NULL AND volume IS NOT NULL AND price IS NOT NULL AND key_id IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_key_share_terms CHECK (form <> 'key_share'
		OR key_id IS NOT NULL AND volume IS NULL AND price IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_scope_key UNIQUE (service_id, participant_id, during),
	CONSTRAINT agreement_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.agreement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.agreement', '');
SELECT pg_catalog.pg_extension_config_dump('steering.agreement_agreement_id_seq', '');
COMMENT ON TABLE steering.agreement IS 'what participants buy, written by set_agreement() and drop_agreement() alone; one at a time for each service and participant';
COMMENT ON COLUMN steering.agreement.agreement_id IS 'number of the agreement';
COMMENT ON COLUMN steering.agreement.service_id IS 'it covers this service and all below it';
COMMENT ON COLUMN steering.agreement.participant_id IS 'it is with this participant, and covers all below it';
COMMENT ON COLUMN steering.agreement.during IS 'its days: whole months';
COMMENT ON COLUMN steering.agreement.form IS 'lump_sum: base, whatever the volume; price_volume: price times actual volume; base_plus: base for the contracted volume, price for what goes beyond; key_share: a share of actual cost by an allocation key';
COMMENT ON COLUMN steering.agreement.base IS 'money for all months, in whole cents; of key_share: an estimate of the share, null: none';
COMMENT ON COLUMN steering.agreement.volume IS 'contracted volume for all months; null: none';
COMMENT ON COLUMN steering.agreement.price IS 'money per unit of volume; null: none';
COMMENT ON COLUMN steering.agreement.key_id IS 'of key_share: the allocation key; null: another form';
COMMENT ON COLUMN steering.agreement.unused_percent IS 'of price_volume (take or pay): percentage of the price that is charged for contracted volume that was not used; null: nothing is charged';
COMMENT ON COLUMN steering.agreement.advance IS 'money paid in advance each month, in whole cents; null: none';
COMMENT ON COLUMN steering.agreement.incentive_maximum IS 'the most that bonus or malus may come to over all months, in whole cents; null: no incentive was agreed';
COMMENT ON COLUMN steering.agreement.agreed_cost IS 'money that was agreed beforehand for all months: price times volume, rounded to cents, or base; null: none';
COMMENT ON COLUMN steering.agreement.revision IS 'goes up by one when terms change';

-- With codes, which outlive what they name.
CREATE TABLE steering.agreement_revision (
	agreement_id integer NOT NULL,
	revision integer NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('created', 'revised', 'dropped')),
	service text NOT NULL,
	participant text NOT NULL,
	participant_id integer NOT NULL,
	during daterange NOT NULL,
	form text NOT NULL,
	base steering.amount,
	volume steering.amount,
	price steering.amount,
	key text,
	unused_percent numeric,
	advance steering.amount,
	incentive_maximum steering.amount,
	role_name name NOT NULL DEFAULT session_user,
	reason text,
	CONSTRAINT agreement_revision_pkey PRIMARY KEY (agreement_id, revision)
);
REVOKE ALL ON steering.agreement_revision FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.agreement_revision', '');
COMMENT ON TABLE steering.agreement_revision IS 'every decision on an agreement; rows are only added';
COMMENT ON COLUMN steering.agreement_revision.agreement_id IS 'number of the agreement; it may be gone';
COMMENT ON COLUMN steering.agreement_revision.revision IS 'counts the decisions on the agreement, from 1';
COMMENT ON COLUMN steering.agreement_revision.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.agreement_revision.kind IS 'created, revised, dropped';
COMMENT ON COLUMN steering.agreement_revision.service IS 'code of its service';
COMMENT ON COLUMN steering.agreement_revision.participant IS 'code of its participant';
COMMENT ON COLUMN steering.agreement_revision.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.agreement_revision.during IS 'its days';
COMMENT ON COLUMN steering.agreement_revision.form IS 'form after the decision; of dropped: the last one, as in the columns that follow';
COMMENT ON COLUMN steering.agreement_revision.base IS 'money for all months';
COMMENT ON COLUMN steering.agreement_revision.volume IS 'contracted volume';
COMMENT ON COLUMN steering.agreement_revision.price IS 'money per unit';
COMMENT ON COLUMN steering.agreement_revision.key IS 'code of the allocation key';
COMMENT ON COLUMN steering.agreement_revision.unused_percent IS 'percentage of the price for volume not used';
COMMENT ON COLUMN steering.agreement_revision.advance IS 'money in advance each month';
COMMENT ON COLUMN steering.agreement_revision.incentive_maximum IS 'the most of bonus or malus';
COMMENT ON COLUMN steering.agreement_revision.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.agreement_revision.reason IS 'the reason that was given';

CREATE VIEW steering.agreement_status WITH (security_barrier) AS
SELECT agreement.agreement_id,
	service.code AS service,
	participant.code AS participant,
	lower(agreement.during) AS valid_from,
	upper(agreement.during) - 1 AS valid_to,
	agreement.form,
	agreement.base::numeric AS base,
	agreement.volume::numeric AS volume,
	service.unit,
	agreement.price::numeric AS price,
	allocation_key.code AS key,
	agreement.unused_percent,
	agreement.advance::numeric AS advance,
	agreement.incentive_maximum::numeric AS incentive_maximum,
	agreement.agreed_cost::numeric AS agreed_cost
FROM steering.agreement
JOIN steering.service ON service.service_id = agreement.service_id
JOIN steering.participant ON participant.participant_id = agreement.participant_id
LEFT JOIN steering.allocation_key ON allocation_key.key_id = agreement.key_id
WHERE agreement.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.agreement_status TO PUBLIC;
COMMENT ON VIEW steering.agreement_status IS 'every agreement that the role may read, with its terms for all of its months';
COMMENT ON COLUMN steering.agreement_status.agreement_id IS 'number of the agreement';
COMMENT ON COLUMN steering.agreement_status.service IS 'code: it covers this service and all below it';
COMMENT ON COLUMN steering.agreement_status.participant IS 'code: it is with this participant, and covers all below it';
COMMENT ON COLUMN steering.agreement_status.valid_from IS 'first day';
COMMENT ON COLUMN steering.agreement_status.valid_to IS 'last day';
COMMENT ON COLUMN steering.agreement_status.form IS 'lump_sum, price_volume, base_plus, key_share';
COMMENT ON COLUMN steering.agreement_status.base IS 'money; of key_share: an estimate; null: none';
COMMENT ON COLUMN steering.agreement_status.volume IS 'contracted volume; null: none';
COMMENT ON COLUMN steering.agreement_status.unit IS 'what volume is counted in; null: the service has no unit';
COMMENT ON COLUMN steering.agreement_status.price IS 'money per unit; null: none';
COMMENT ON COLUMN steering.agreement_status.key IS 'code of the allocation key; null: another form than key_share';
COMMENT ON COLUMN steering.agreement_status.unused_percent IS 'percentage of the price that is charged for contracted volume that was not used; null: nothing is charged';
COMMENT ON COLUMN steering.agreement_status.advance IS 'money paid in advance each month; null: none';
COMMENT ON COLUMN steering.agreement_status.incentive_maximum IS 'the most that bonus or malus may come to; null: no incentive was agreed';
COMMENT ON COLUMN steering.agreement_status.agreed_cost IS 'money that was agreed beforehand: price times volume, or base; null: none';

CREATE VIEW steering.agreement_event WITH (security_barrier) AS
SELECT revision.agreement_id, revision.revision, revision.recorded_at, revision.kind, revision.service, revision.participant,
	lower(revision.during) AS valid_from, upper(revision.during) - 1 AS valid_to, revision.form,
	revision.base::numeric AS base, revision.volume::numeric AS volume, revision.price::numeric AS price, revision.key,
	revision.unused_percent, revision.advance::numeric AS advance,
	revision.incentive_maximum::numeric AS incentive_maximum, revision.role_name, revision.reason
FROM steering.agreement_revision AS revision
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR revision.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.agreement_event TO PUBLIC;
COMMENT ON VIEW steering.agreement_event IS 'every decision on an agreement that the role may read; those of participants that are gone are for who may read all';
COMMENT ON COLUMN steering.agreement_event.agreement_id IS 'number of the agreement; it may be gone';
COMMENT ON COLUMN steering.agreement_event.revision IS 'counts the decisions on the agreement, from 1';
COMMENT ON COLUMN steering.agreement_event.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.agreement_event.kind IS 'created, revised, dropped';
COMMENT ON COLUMN steering.agreement_event.service IS 'code of its service';
COMMENT ON COLUMN steering.agreement_event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.agreement_event.valid_from IS 'its first day';
COMMENT ON COLUMN steering.agreement_event.valid_to IS 'its last day';
COMMENT ON COLUMN steering.agreement_event.form IS 'form after the decision; of dropped: the last one, as in the columns that follow';
COMMENT ON COLUMN steering.agreement_event.base IS 'money for all months';
COMMENT ON COLUMN steering.agreement_event.volume IS 'contracted volume';
COMMENT ON COLUMN steering.agreement_event.price IS 'money per unit';
COMMENT ON COLUMN steering.agreement_event.key IS 'code of the allocation key';
COMMENT ON COLUMN steering.agreement_event.unused_percent IS 'percentage of the price for volume not used';
COMMENT ON COLUMN steering.agreement_event.advance IS 'money in advance each month';
COMMENT ON COLUMN steering.agreement_event.incentive_maximum IS 'the most of bonus or malus';
COMMENT ON COLUMN steering.agreement_event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.agreement_event.reason IS 'the reason that was given';

CREATE FUNCTION steering.refuse_overlap(agreement integer, during daterange, service text, participant text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_overlap'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_overlap(integer, daterange, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_overlap(integer, daterange, text, text) IS
'raises that this agreement has months in common with one that is to be made (23P01)';

-- The constraint holds also against agreements that are being made; the look beforehand gives a message
-- with codes, once it is clear whether one that is being ended goes. The key is locked against whoever would drop it.
CREATE FUNCTION steering.set_agreement(service text, participant text, during daterange, form text,
	base numeric DEFAULT NULL, volume numeric DEFAULT NULL, price numeric DEFAULT NULL, allocation_key text DEFAULT NULL,
	unused_percent numeric DEFAULT NULL, advance numeric DEFAULT NULL, incentive_maximum numeric DEFAULT NULL,
	reason text DEFAULT NULL)
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_agreement.allocation_key) WHERE set_agreement.allocation_key IS NOT NULL;
SELECT steering.refuse_overlap(standing.agreement_id, standing.during, set_agreement.service, set_agreement.participant)
FROM (
	SELECT agreement.agreement_id, agreement.during
	FROM steering.agreement
	WHERE agreement.service_id = steering.service_number(set_agreement.service)
		AND agreement.participant_id = steering.participant_number(set_agreement.participant)
		AND agreement.during && set_agreement.during AND agreement.during <> set_agreement.during
		AND NOT lower_inf(set_agreement.during) AND NOT upper_inf(set_agreement.during)
	FOR KEY SHARE
) AS standing
LIMIT 1;
WITH written AS (
	INSERT INTO steering.agreement AS present (service_id, participant_id, during, form, base, volume, price, key_id,
		unused_percent, advance, incentive_maximum)
	VALUES (steering.service_number(set_agreement.service), steering.participant_number(set_agreement.participant),
		set_agreement.during, set_agreement.form, set_agreement.base, set_agreement.volume, set_agreement.price,
		CASE WHEN set_agreement.allocation_key IS NOT NULL THEN (SELECT allocation_key.key_id FROM steering.allocation_key
			WHERE allocation_key.key_id = steering.key_number(set_agreement.allocation_key) FOR SHARE) END,
		set_agreement.unused_percent, set_agreement.advance, set_agreement.incentive_maximum)
	ON CONFLICT ON CONSTRAINT agreement_scope_key DO UPDATE
		SET form = excluded.form, base = excluded.base, volume = excluded.volume, price = excluded.price,
			key_id = excluded.key_id, unused_percent = excluded.unused_percent, advance = excluded.advance,
			incentive_maximum = excluded.incentive_maximum, revision = present.revision + 1
		WHERE (present.form, present.base::numeric, present.volume::numeric, present.price::numeric, present.key_id,
				present.unused_percent, present.advance::numeric, present.incentive_maximum::numeric)
			IS DISTINCT FROM (excluded.form, excluded.base::numeric, excluded.volume::numeric, excluded.price::numeric,
				excluded.key_id, excluded.unused_percent, excluded.advance::numeric, excluded.incentive_maximum::numeric)
	RETURNING *
)
INSERT INTO steering.agreement_revision (agreement_id, revision, kind, service, participant, participant_id, during, form,
	base, volume, price, key, unused_percent, advance, incentive_maximum, reason)
SELECT written.agreement_id, written.revision, CASE written.revision WHEN 1 THEN 'created' ELSE 'revised' END,
	set_agreement.service, set_agreement.participant, written.participant_id, written.during, written.form,
	written.base, written.volume, written.price, set_agreement.allocation_key, written.unused_percent, written.advance,
	written.incentive_maximum, set_agreement.reason
FROM written;
SELECT agreement.agreement_id
FROM steering.agreement
WHERE agreement.service_id = steering.service_number(set_agreement.service)
	AND agreement.participant_id = steering.participant_number(set_agreement.participant)
	AND agreement.during = set_agreement.during;
END;
REVOKE ALL ON FUNCTION steering.set_agreement(text, text, daterange, text, numeric, numeric, numeric, text, numeric, numeric, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_agreement(text, text, daterange, text, numeric, numeric, numeric, text, numeric, numeric, numeric, text) IS
'makes an agreement, or revises the one with the same service, participant and range, all of whose terms are replaced; returns its number. lump_sum has a base, and may have a volume; price_volume a price, and may have a volume, and with that an unused_percent; base_plus has base, volume and price; key_share an allocation_key, and may have a base as estimate. Each may have an advance per month and an incentive_maximum. Nothing happens and nothing is recorded if it is so already. Errors: 22004 service or participant is null, 22023 unknown service, participant or key, 23502 form or range is null, 23514 unknown form, terms that the form needs or does not have, negative terms, parts of months, parts of cents, 23P01 overlap with another agreement of the service and participant, 22003 amount or price times volume does not fit, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE FUNCTION steering.drop_agreement(agreement integer, reason text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.agreement WHERE agreement_id = drop_agreement.agreement
	RETURNING *
), recorded AS (
	INSERT INTO steering.agreement_revision (agreement_id, revision, kind, service, participant, participant_id, during, form,
		base, volume, price, key, unused_percent, advance, incentive_maximum, reason)
	SELECT gone.agreement_id, gone.revision + 1, 'dropped', service.code, participant.code, gone.participant_id, gone.during,
		gone.form, gone.base, gone.volume, gone.price, allocation_key.code, gone.unused_percent, gone.advance,
		gone.incentive_maximum, drop_agreement.reason
	FROM gone
	JOIN steering.service ON service.service_id = gone.service_id
	JOIN steering.participant ON participant.participant_id = gone.participant_id
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = gone.key_id
	RETURNING agreement_id
)
SELECT steering.require_found(count(*), concat('agreement ', coalesce(drop_agreement.agreement::text, 'null')))
FROM recorded;
END;
REVOKE ALL ON FUNCTION steering.drop_agreement(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_agreement(integer, text) IS
'ends an agreement as if it had not been made; settlements of closed periods keep what it came to. Error: 42704 no such agreement';

CREATE FUNCTION steering.agreement_share(total steering.amount, during daterange, within daterange, decimals integer DEFAULT 2)
RETURNS steering.amount
AS 'MODULE_PATHNAME', 'steering_agreement_share'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.agreement_share(steering.amount, daterange, daterange, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreement_share(steering.amount, daterange, daterange, integer) IS
'the part of a total for the months during that the months within have in it. After k of n months the total stands at total * k / n, rounded half away from zero to so many decimals, after the last one at itself; a share is the difference of two such values, so that the shares of any months that a range is cut into sum exactly to the total. Errors: 22023 not whole months, decimals not 0 to 4';

CREATE FUNCTION steering.count_months(during daterange) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_count_months'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.count_months(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.count_months(daterange) IS 'number of months in a range of whole months. Error: 22023 parts of months';

-- Inlined, so that what a query does not use of it is not computed.
CREATE FUNCTION steering.agreed_in(first_day date, end_day date)
RETURNS TABLE (agreement_id integer, service_id integer, participant_id integer, form text, during daterange, months integer,
	base steering.amount, volume steering.amount, price steering.amount, agreed_cost steering.amount, key_id integer,
	unused_percent numeric, advance steering.amount, incentive_maximum steering.amount)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.form,
	agreement.during * daterange(agreed_in.first_day, agreed_in.end_day),
	steering.count_months(agreement.during * daterange(agreed_in.first_day, agreed_in.end_day)),
	steering.agreement_share(agreement.base, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day)),
	steering.agreement_share(agreement.volume, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day), 4),
	agreement.price,
	steering.agreement_share(agreement.agreed_cost, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day)),
	agreement.key_id,
	agreement.unused_percent,
	agreement.advance,
	steering.agreement_share(agreement.incentive_maximum, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day))
FROM steering.agreement
WHERE agreement.during && daterange(agreed_in.first_day, agreed_in.end_day);
END;
REVOKE ALL ON FUNCTION steering.agreed_in(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreed_in(date, date) IS
'the agreements with months between first_day and before end_day (both the first of a month), each with the range and the number of those months, and their exact share of base, volume, agreed_cost (money agreed beforehand; of key_share an estimate) and incentive_maximum; price is per unit, advance per month';

CREATE FUNCTION steering.agreement_cover(first_day date, end_day date)
RETURNS TABLE (service_id integer, participant_id integer, first_month date, end_month date, agreement_id integer,
	agreed_service_id integer, form text, amount steering.amount, volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_agreement_cover'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 10000;
REVOKE ALL ON FUNCTION steering.agreement_cover(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreement_cover(date, date) IS
'actual usage of the months between first_day and before end_day per service and participant booked on, each with the agreement that covers it: of the nearest service, and then of the nearest participant. What is booked on a group of participants that has no agreement for the service, while one below it shares its cost by a key, has form key_share and no agreement: it is shared cost too. No form: under no agreement. The months are cut where an agreement begins or ends: first_month, end_month (exclusive)';

CREATE FUNCTION steering.settled_cost(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, agreement_id integer, first_month date, amount numeric, volume numeric)
AS 'MODULE_PATHNAME', 'steering_settled_cost'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 10000;
REVOKE ALL ON FUNCTION steering.settled_cost(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settled_cost(date, date) IS
'agreement_cover() in sums, each a line of a settlement. agreed_cost: by agreement, with its service; shared_cost: by service whose cost is shared by a key, and by the first of the months in which the same agreements hold; other_cost: what is under no agreement, by the service booked on; booked_cost: all of it, added up by itself before any agreement was looked up, without volume';

-- Not STRICT: the planner inlines it only so.
CREATE FUNCTION steering.agreement_charge(form text, base numeric, volume numeric, price numeric, actual_volume numeric,
	unused_percent numeric DEFAULT NULL)
RETURNS TABLE (agreed numeric, excess numeric, unused numeric, agreed_volume numeric, excess_volume numeric, unused_volume numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT
	CASE agreement_charge.form
		WHEN 'price_volume' THEN round(agreement_charge.price * split.agreed_volume, 2)
		WHEN 'key_share' THEN NULL
		ELSE agreement_charge.base
	END,
	CASE agreement_charge.form
		WHEN 'price_volume' THEN round(agreement_charge.price * agreement_charge.actual_volume, 2)
			- round(agreement_charge.price * split.agreed_volume, 2)
		WHEN 'base_plus' THEN round(agreement_charge.price * split.excess_volume, 2)
		ELSE 0
	END,
	CASE WHEN agreement_charge.form = 'price_volume'
		THEN coalesce(round(agreement_charge.price * agreement_charge.unused_percent * 0.01 * split.unused_volume, 2), 0)
		ELSE 0 END,
	split.agreed_volume, split.excess_volume, split.unused_volume
FROM (SELECT least(agreement_charge.actual_volume, agreement_charge.volume) AS agreed_volume,
	coalesce(greatest(agreement_charge.actual_volume - agreement_charge.volume, 0), 0) AS excess_volume,
	coalesce(greatest(agreement_charge.volume - greatest(agreement_charge.actual_volume, 0), 0), 0) AS unused_volume) AS split;
END;
COMMENT ON FUNCTION steering.agreement_charge(text, numeric, numeric, numeric, numeric, numeric) IS
'what is owed for an actual volume, rounded to cents. lump_sum: agreed = base. price_volume: price times actual volume, of which agreed up to the contracted volume and excess beyond; unused = price * unused_percent / 100 for each contracted unit that was not used (take or pay). base_plus: agreed = base, excess = price times the volume beyond the contracted. key_share: agreed is null, for that is a share of actual cost. And the volume up to the contracted one, beyond it, and contracted but not used. A negative actual volume is a refund';
-- The caps that follow from agreements.
--
-- A cap limits all that is booked below its service and participant, also what nearer agreements cover.
-- So the cap of an agreement is the sum over it and all agreements within its scope. Where one of these
-- sets no limit, or one that reaches beyond the scope covers a part of it, no cap follows.

CREATE FUNCTION steering.planned_cap(period text)
RETURNS TABLE (service text, participant text, metric text, during daterange, amount numeric, ladder text,
	present_amount numeric, used numeric, action text, obstacle text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp
	SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
WITH agreed AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.form, agreement.during,
		agreement.agreed_cost, agreement.volume, agreement.during * steering.period_range(planned_cap.period) AS days
	FROM steering.agreement
	WHERE agreement.during && steering.period_range(planned_cap.period)
), scope AS MATERIALIZED (
	SELECT agreed.*, service_below.top_id AS top_service_id, participant_below.top_id AS top_participant_id
	FROM agreed
	JOIN steering.service_below ON service_below.service_id = agreed.service_id
	JOIN steering.participant_below ON participant_below.participant_id = agreed.participant_id
), spent AS MATERIALIZED (
	SELECT days.days, service_below.top_id AS service_id, participant_below.top_id AS participant_id,
		sum(usage.actual::numeric + usage.committed::numeric) AS budget,
		sum(usage.volume::numeric + usage.committed_volume::numeric) AS volume
	FROM (SELECT DISTINCT agreed.days FROM agreed) AS days
	CROSS JOIN LATERAL steering.usage_between(lower(days.days), upper(days.days)) AS usage
	JOIN steering.service_below ON service_below.service_id = usage.service_id
	JOIN steering.participant_below ON participant_below.participant_id = usage.participant_id
	GROUP BY days.days, service_below.top_id, participant_below.top_id
), figure AS (
	SELECT top.agreement_id, metric.name AS metric, metric.amount, scope.form,
		scope.agreement_id = top.agreement_id AS is_own
	FROM agreed AS top
	JOIN scope ON scope.top_service_id = top.service_id AND scope.top_participant_id = top.participant_id
		AND scope.days && top.days
	CROSS JOIN LATERAL (VALUES
		('budget', steering.agreement_share(scope.agreed_cost, scope.during, top.days)),
		('volume', steering.agreement_share(scope.volume, scope.during, top.days, 4))) AS metric (name, amount)
	WHERE metric.name = 'budget' OR top.volume IS NOT NULL
), across AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.days, participant_below.top_id AS group_id
	FROM agreed
	JOIN steering.participant_below ON participant_below.participant_id = agreed.participant_id AND participant_below.depth > 0
), crossed AS (
	SELECT DISTINCT across.agreement_id
	FROM across
	JOIN scope ON scope.top_service_id = across.service_id AND scope.service_id <> across.service_id
		AND scope.participant_id = across.group_id AND scope.top_participant_id = across.group_id AND scope.days && across.days
), planned AS (
	SELECT figure.agreement_id, figure.metric, steering.sum(figure.amount) AS amount,
		CASE WHEN bool_and(figure.form IN ('lump_sum', 'price_volume')) THEN '100% block' ELSE '100% warn' END AS ladder,
		CASE WHEN bool_or(figure.is_own AND figure.amount IS NULL) THEN 'it sets no limit'
			WHEN bool_or(figure.amount IS NULL) THEN 'an agreement within it sets no limit'
			WHEN figure.agreement_id IN (SELECT crossed.agreement_id FROM crossed)
				THEN 'an agreement with a group of participants covers a part of it'
		END AS obstacle
	FROM figure
	GROUP BY figure.agreement_id, figure.metric
)
SELECT service.code, participant.code, planned.metric, agreed.days,
	CASE WHEN planned.obstacle IS NULL THEN planned.amount::numeric END,
	coalesce(cap.ladder::text, CASE WHEN planned.obstacle IS NULL THEN planned.ladder END),
	cap.amount::numeric,
	coalesce(CASE planned.metric WHEN 'budget' THEN spent.budget ELSE spent.volume END, 0),
	CASE WHEN planned.obstacle IS NOT NULL THEN 'none'
		WHEN cap.cap_id IS NULL THEN 'create'
		WHEN cap.amount OPERATOR(steering.=) planned.amount THEN 'keep'
		ELSE 'revise' END,
	planned.obstacle
FROM planned
JOIN agreed ON agreed.agreement_id = planned.agreement_id
JOIN steering.service ON service.service_id = agreed.service_id
JOIN steering.participant ON participant.participant_id = agreed.participant_id
LEFT JOIN steering.cap ON cap.service_id = agreed.service_id AND cap.participant_id = agreed.participant_id
	AND cap.metric = planned.metric AND cap.during = agreed.days
LEFT JOIN spent ON spent.days = agreed.days AND spent.service_id = agreed.service_id
	AND spent.participant_id = agreed.participant_id
ORDER BY service.code, participant.code, agreed.days, planned.metric;
END;
REVOKE ALL ON FUNCTION steering.planned_cap(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.planned_cap(text) IS
'what caps_from_agreements() would do: for each agreement with months in the period the budget cap, and where it has a volume the volume cap, of its service and participant for those months. The amount is the exact share of the money that was agreed beforehand (lump_sum, base_plus: base; price_volume: price times volume; key_share: the estimate) or of the contracted volume, with that of all agreements below its service and participant. The ladder of a new cap blocks at 100% if all of these are lump_sum or price_volume, else it warns, since more is agreed at a price (base_plus) or only estimated (key_share); a cap that is there keeps its own. used: what is booked below service and participant in those months, actual and committed; where that is above what the ladder allows, set_cap() refuses the amount unless the overrun is accepted. action: create, revise, keep (amount and ladder are so already), none (the obstacle says why). It shows all participants: for who sets caps. Errors: those of period_range(), 22003 a sum does not fit';

-- With the rights of the caller, who needs those on set_cap() and planned_cap() too. New caps come
-- first: they exclude bookings, and revisions lock what these want.
CREATE FUNCTION steering.caps_from_agreements(period text, ladder text DEFAULT NULL, reason text DEFAULT NULL,
	accept_overrun boolean DEFAULT false)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, during daterange, amount numeric, action text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH planned AS MATERIALIZED (
	SELECT planned_cap.*
	FROM steering.planned_cap(caps_from_agreements.period)
	WHERE planned_cap.action <> 'none'
	ORDER BY planned_cap.action <> 'create', planned_cap.service, planned_cap.participant, planned_cap.during, planned_cap.metric
)
SELECT steering.set_cap(planned.service, planned.participant, planned.metric, planned.during, planned.amount,
		coalesce(caps_from_agreements.ladder, planned.ladder), caps_from_agreements.reason,
		caps_from_agreements.accept_overrun),
	planned.service, planned.participant, planned.metric, planned.during, planned.amount, planned.action
FROM planned;
END;
REVOKE ALL ON FUNCTION steering.caps_from_agreements(text, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.caps_from_agreements(text, text, text, boolean) IS
'sets the caps that planned_cap() lists for a period, with set_cap(): all or none. A ladder is for all of them; without one new caps get that of the list, and others keep theirs. Who calls it needs the right to execute set_cap() and planned_cap(). Errors: those of planned_cap() and set_cap()';
-- Weights of allocation keys in a period, and the cost of services divided by them.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it; and who
-- was needs no right on the tables. The planner knows little of how many rows there will be: the settings of
-- functions keep it from nested loops over 100,000 shares, and these from being sorted on disk.

CREATE FUNCTION steering.key_weight_in(first_day date, end_day date)
RETURNS TABLE (key_id integer, participant_id integer, service_id integer, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT allocation_key.key_id, participant.participant_id, NULL::integer,
	trim_scale(participant.inhabitants::numeric
			   * (least(upper(participant.during), key_weight_in.end_day) - greatest(lower(participant.during), key_weight_in.first_day))
			   / (key_weight_in.end_day - key_weight_in.first_day))
FROM steering.allocation_key
CROSS JOIN steering.participant
WHERE allocation_key.basis = 'inhabitants'
	AND participant.inhabitants IS NOT NULL
	AND participant.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
	AND participant.participant_id NOT IN (
		SELECT below.top_id
		FROM steering.participant_below AS below
		JOIN steering.participant AS member ON member.participant_id = below.participant_id
		WHERE below.depth > 0 AND member.inhabitants IS NOT NULL
			AND member.during && daterange(key_weight_in.first_day, key_weight_in.end_day))
UNION ALL
SELECT allocation_key.key_id, usage.participant_id, NULL::integer, trim_scale(sum(usage.volume::numeric))
FROM steering.allocation_key
JOIN steering.service_below AS below ON below.top_id = allocation_key.service_id
JOIN steering.usage_between(key_weight_in.first_day, key_weight_in.end_day) AS usage ON usage.service_id = below.service_id
WHERE allocation_key.basis = 'volume'
GROUP BY allocation_key.key_id, usage.participant_id
UNION ALL
SELECT bought.key_id, bought.participant_id, NULL::integer,
	trim_scale(CASE WHEN bought.in_volume THEN bought.volume ELSE bought.amount END)
FROM (
	SELECT allocation_key.key_id, agreed.participant_id,
		coalesce(sum(agreed.volume::numeric), 0) AS volume, coalesce(sum(agreed.agreed_cost::numeric), 0) AS amount,
		bool_and(bool_and(agreed.volume IS NOT NULL)) OVER (PARTITION BY allocation_key.key_id) AS in_volume
	FROM steering.allocation_key
	JOIN steering.service_below AS below ON below.top_id = allocation_key.service_id
	JOIN steering.agreed_in(key_weight_in.first_day, key_weight_in.end_day) AS agreed ON agreed.service_id = below.service_id
	WHERE allocation_key.basis = 'agreed' AND (agreed.volume IS NOT NULL OR agreed.agreed_cost IS NOT NULL)
	GROUP BY allocation_key.key_id, agreed.participant_id
) AS bought
UNION ALL
SELECT allocation_weight.key_id, allocation_weight.participant_id, allocation_weight.service_id,
	trim_scale(sum(allocation_weight.weight
				   * (least(upper(allocation_weight.during), key_weight_in.end_day)
					  - greatest(lower(allocation_weight.during), key_weight_in.first_day)))
			   / (key_weight_in.end_day - key_weight_in.first_day))
FROM steering.allocation_weight
WHERE allocation_weight.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
GROUP BY allocation_weight.key_id, allocation_weight.participant_id, allocation_weight.service_id;
END;
REVOKE ALL ON FUNCTION steering.key_weight_in(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_weight_in(date, date) IS
'weights of all allocation keys from first_day until before end_day (first days of months); see key_weight()';

CREATE FUNCTION steering.key_weight(key text, period text) RETURNS TABLE (participant text, service text, weight numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.key_number(key_weight.key), steering.period_range(key_weight.period);
SELECT participant.code, service.code, weighed.weight
FROM steering.period_range(key_weight.period) AS during
CROSS JOIN LATERAL steering.key_weight_in(lower(during), upper(during)) AS weighed
LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
LEFT JOIN steering.service ON service.service_id = weighed.service_id
WHERE weighed.key_id = steering.key_number(key_weight.key)
ORDER BY service.code COLLATE "C" NULLS LAST, participant.code COLLATE "C";
END;
REVOKE ALL ON FUNCTION steering.key_weight(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_weight(text, text) IS
'the receivers of an allocation key in a period and their weights. inhabitants: of the participants that take part and have inhabitants, but no groups of such; volume: actual volume of the key''s service and all below it; agreed: volume that agreements on these services have in the period, or, if one of them has no volume, the money agreed beforehand; fixed: as set. Inhabitants and fixed weights that hold for a part of the period count for that part of its days. Errors: 22004 null, 22023 unknown key, 22P02 and 22023 no period';

CREATE FUNCTION steering.divide_costs(method text, code text[], direct numeric[], all_zero text[], covered boolean[],
	giver integer[], receiver integer[], weight numeric[])
RETURNS TABLE (giver integer, received steering.amount, receiver integer, weight numeric, percent numeric, amount steering.amount)
AS 'MODULE_PATHNAME', 'steering_divide_costs'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.divide_costs(text, text[], numeric[], text[], boolean[], integer[], integer[], numeric[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.divide_costs(text, text[], numeric[], text[], boolean[], integer[], integer[], numeric[]) IS
'the arithmetic of allocate_costs(), which reads no table. code names the services whose cost is divided, in their order, and then the final receivers; direct, all_zero and covered are of the services; giver, receiver (places in code) and weight say who receives from whom, giver by giver. Returns who gets what, receiver null: it stays unallocated; received is what the giver got of other services. Errors: those of allocate_costs()';

CREATE FUNCTION steering.allocate_costs(period text, method text DEFAULT 'step_down')
RETURNS TABLE (step integer, service text, direct numeric, received numeric,
	receiving_service text, receiving_participant text, weight numeric, percent numeric, amount numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH span AS MATERIALIZED (
	SELECT during, lower(during) AS first_day, upper(during) AS end_day
	FROM steering.period_range(allocate_costs.period) AS during
), used AS MATERIALIZED (
	SELECT usage.service_id, sum(usage.actual::numeric) AS amount
	FROM span CROSS JOIN LATERAL steering.usage_between(span.first_day, span.end_day) AS usage
	GROUP BY usage.service_id
), giver AS MATERIALIZED (
	SELECT (row_number() OVER (ORDER BY rule.step, service.code COLLATE "C", rule.during))::integer AS place,
		service.service_id, service.code, rule.key_id, rule.step, rule.all_zero,
		coalesce(used.amount, 0.0000) AS direct,
		rule.during @> span.during OR NOT EXISTS (
			SELECT FROM steering.usage_now AS usage
			WHERE usage.service_id = rule.service_id AND usage.month <@ span.during AND NOT usage.month <@ rule.during
				AND usage.amount OPERATOR(steering.<>) 0::steering.amount
				AND usage.source_id IN (SELECT source.source_id FROM steering.source WHERE source.stage = 'actual')) AS covered
	FROM span
	JOIN steering.allocation_rule AS rule ON rule.during && span.during
	JOIN steering.service ON service.service_id = rule.service_id
	LEFT JOIN used ON used.service_id = rule.service_id
), weighed AS MATERIALIZED (
	SELECT giver.place AS giver, coalesce(weighed.participant_id, 0) AS participant_id, coalesce(weighed.service_id, 0) AS service_id,
		weighed.weight, taker.place AS taker
	FROM span
	CROSS JOIN LATERAL steering.key_weight_in(span.first_day, span.end_day) AS weighed
	JOIN giver ON giver.key_id = weighed.key_id
	LEFT JOIN giver AS taker ON taker.service_id = weighed.service_id
), final AS MATERIALIZED (
	SELECT named.participant_id, named.service_id, named.code,
		((SELECT count(*) FROM giver) + row_number() OVER (ORDER BY named.participant_id <> 0, named.code COLLATE "C"))::integer AS place
	FROM (
		SELECT DISTINCT weighed.participant_id, weighed.service_id, coalesce(participant.code, service.code) AS code
		FROM weighed
		LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
		LEFT JOIN steering.service ON service.service_id = weighed.service_id
		WHERE weighed.taker IS NULL
	) AS named
), share AS MATERIALIZED (
	SELECT weighed.giver, coalesce(weighed.taker, final.place) AS receiver, weighed.weight
	FROM weighed
	LEFT JOIN final ON final.participant_id = weighed.participant_id AND final.service_id = weighed.service_id
), divided AS MATERIALIZED (
	SELECT divided.*
	FROM (SELECT array_agg(giver.direct ORDER BY giver.place) AS direct, array_agg(giver.all_zero ORDER BY giver.place) AS all_zero,
			array_agg(giver.covered ORDER BY giver.place) AS covered
		  FROM giver) AS givers,
		(SELECT array_agg(receiver.code ORDER BY receiver.place) AS code
		 FROM (SELECT giver.code, giver.place FROM giver UNION ALL SELECT final.code, final.place FROM final) AS receiver) AS receivers,
		(SELECT array_agg(share.giver) AS giver, array_agg(share.receiver) AS receiver, array_agg(share.weight) AS weight
		 FROM (SELECT share.* FROM share ORDER BY share.giver, share.receiver) AS share) AS shares,
		LATERAL steering.divide_costs(allocate_costs.method, receivers.code, givers.direct, givers.all_zero, givers.covered,
			shares.giver, shares.receiver, shares.weight) AS divided
)
SELECT giver.step, giver.code, giver.direct, divided.received::numeric,
	CASE WHEN final.service_id <> 0 THEN final.code ELSE taker.code END,
	CASE WHEN final.participant_id <> 0 THEN final.code END,
	divided.weight, divided.percent, divided.amount::numeric
FROM divided
JOIN giver ON giver.place = divided.giver
LEFT JOIN giver AS taker ON taker.place = divided.receiver
LEFT JOIN final ON final.place = divided.receiver
ORDER BY divided.giver, divided.receiver;
END;
REVOKE ALL ON FUNCTION steering.allocate_costs(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_costs(text, text) IS
'divides the actual cost booked in a period on each service with an allocation rule: one row per service, in the order of their steps, and receiver, with what the service has (direct: booked on it; received: of others), the weight and its percentage, and the amount; both receivers null: it stays unallocated. The amounts of a service add up to direct plus received, and those of participants, of services without a rule and of nobody to the whole cost, by every method. A service gives nothing to itself. direct: services with a rule receive nothing; step_down: each receives of earlier steps; reciprocal: each of each, by simultaneous equations. The methods are those of support-department cost allocation in Horngren, Datar and Rajan, Cost Accounting. Amounts are rounded to cents, or to 0.0001 if cost is booked in parts of a cent: direct and step_down by the largest remainder (Hamilton), reciprocal up or down so that every service balances. Weights of a part of the period: see key_weight(). Errors: 22004 null, 22P02 and 22023 no period, 22023 unknown method, a service with two rules in the period or cost in months without one, a cost without receivers or with all weights zero (if its rule does not say otherwise), a weight below zero, services that serve only each other (reciprocal), 22003 an amount does not fit';

CREATE FUNCTION steering.allocated_cost(period text, method text DEFAULT 'step_down')
RETURNS TABLE (service text, participant text, direct numeric, allocated numeric, cost numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH allocation AS MATERIALIZED (
	SELECT * FROM steering.allocate_costs(allocated_cost.period, allocated_cost.method)
), bearing AS (
	SELECT allocation.receiving_service AS service, allocation.receiving_participant AS participant,
		0.0000 AS direct, allocation.amount AS allocated
	FROM allocation
	WHERE allocation.receiving_service IS NULL
		OR allocation.receiving_service NOT IN (SELECT allocation.service FROM allocation)
	UNION ALL
	SELECT service.code, NULL, usage.actual::numeric, 0.0000
	FROM steering.period_range(allocated_cost.period) AS during
	CROSS JOIN LATERAL steering.usage_between(lower(during), upper(during)) AS usage
	JOIN steering.service ON service.service_id = usage.service_id
	WHERE usage.actual OPERATOR(steering.<>) 0::steering.amount
		AND service.code NOT IN (SELECT allocation.service FROM allocation)
)
SELECT bearing.service, bearing.participant, sum(bearing.direct), sum(bearing.allocated), sum(bearing.direct + bearing.allocated)
FROM bearing
GROUP BY bearing.service, bearing.participant
ORDER BY bearing.service COLLATE "C" NULLS LAST, bearing.participant COLLATE "C" NULLS LAST;
END;
REVOKE ALL ON FUNCTION steering.allocated_cost(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocated_cost(text, text) IS
'who bears the actual cost of a period after allocate_costs(): services without an allocation rule, with what was booked on them (direct) and what they were allocated, participants, and nobody (both null: unallocated). The costs add up to all that was booked in the period. Errors: those of allocate_costs()';

CREATE FUNCTION steering.allocation_proof(period text, method text DEFAULT NULL)
RETURNS TABLE (method text, booked numeric, to_participants numeric, to_services numeric, unallocated numeric,
	difference numeric, unbalanced bigint, not_divided numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 3 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH chosen (method, place) AS (
	SELECT wanted.method, wanted.place
	FROM unnest(CASE WHEN allocation_proof.method IS NULL THEN ARRAY['direct', 'step_down', 'reciprocal']
					 ELSE ARRAY[allocation_proof.method] END) WITH ORDINALITY AS wanted (method, place)
), allocation AS MATERIALIZED (
	SELECT chosen.method, allocated.*
	FROM chosen CROSS JOIN LATERAL steering.allocate_costs(allocation_proof.period, chosen.method) AS allocated
), service_total AS (
	SELECT allocation.method, allocation.service,
		min(allocation.direct) + min(allocation.received) - sum(allocation.amount) AS kept
	FROM allocation
	GROUP BY allocation.method, allocation.service
), final AS (
	SELECT allocation.method,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_participant IS NOT NULL), 0.0000) AS to_participants,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_service IS NOT NULL), 0.0000) AS to_services,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_service IS NULL
			AND allocation.receiving_participant IS NULL), 0.0000) AS unallocated
	FROM allocation
	WHERE allocation.receiving_service IS NULL OR (allocation.method, allocation.receiving_service) NOT IN (
		SELECT service_total.method, service_total.service FROM service_total)
	GROUP BY allocation.method
), ruled AS MATERIALIZED (
	SELECT rule.service_id
	FROM steering.allocation_rule AS rule
	WHERE rule.during && steering.period_range(allocation_proof.period)
), booked AS (
	SELECT coalesce(sum(usage.actual::numeric) FILTER (WHERE usage.service_id IN (SELECT ruled.service_id FROM ruled)),
			0.0000) AS amount,
		coalesce(sum(usage.actual::numeric) FILTER (WHERE usage.service_id NOT IN (SELECT ruled.service_id FROM ruled)
			AND usage.service_id IN (SELECT below.service_id FROM ruled
				JOIN steering.service_below AS below ON below.top_id = ruled.service_id)), 0.0000) AS not_divided
	FROM steering.period_range(allocation_proof.period) AS during
	CROSS JOIN LATERAL steering.usage_between(lower(during), upper(during)) AS usage
)
SELECT chosen.method, booked.amount, coalesce(final.to_participants, 0.0000), coalesce(final.to_services, 0.0000),
	coalesce(final.unallocated, 0.0000),
	booked.amount - coalesce(final.to_participants + final.to_services + final.unallocated, 0.0000),
	(SELECT count(*) FROM service_total WHERE service_total.method = chosen.method AND service_total.kept <> 0),
	booked.not_divided
FROM chosen
CROSS JOIN booked
LEFT JOIN final ON final.method = chosen.method
ORDER BY chosen.place;
END;
REVOKE ALL ON FUNCTION steering.allocation_proof(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocation_proof(text, text) IS
'proves that allocate_costs() loses nothing: per method (null: all three) the actual cost booked in a period on services with an allocation rule, where it went, the difference (0 is right), and the number of services that did not give just what they had (0 is right). not_divided: actual cost booked below these services on services that have no rule themselves, which stays where it is (0, unless that is what is meant). Errors: those of allocate_costs()';
-- Indicators of what services must achieve: targets, measurements, attainment, incentives.
--
-- Like caps, they hold numbers and no foreign keys, and are written by the functions below alone. These
-- lock the indicator, so that it is not dropped meanwhile.

CREATE TABLE steering.indicator (
	indicator_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT indicator_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT indicator_code_key UNIQUE
		CONSTRAINT indicator_code_not_empty CHECK (code <> ''),
	service_id integer NOT NULL,
	name text NOT NULL,
	unit text NOT NULL,
	direction text NOT NULL
		CONSTRAINT indicator_direction_known CHECK (direction IN ('higher', 'lower')),
	dimension text NOT NULL
		CONSTRAINT indicator_dimension_known CHECK (dimension IN ('outcome', 'legitimacy', 'operational capacity')),
	additive boolean NOT NULL,
	main boolean NOT NULL
);
CREATE UNIQUE INDEX indicator_one_main_key ON steering.indicator (service_id) WHERE main;
REVOKE ALL ON steering.indicator FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.indicator', '');
SELECT pg_catalog.pg_extension_config_dump('steering.indicator_indicator_id_seq', '');
COMMENT ON TABLE steering.indicator IS 'by what the results of a service are known; written by set_indicator() and drop_indicator() alone';
COMMENT ON COLUMN steering.indicator.indicator_id IS 'number of the indicator';
COMMENT ON COLUMN steering.indicator.code IS 'what people call the indicator by; it never changes';
COMMENT ON COLUMN steering.indicator.service_id IS 'the service that it is about';
COMMENT ON COLUMN steering.indicator.name IS 'name for people';
COMMENT ON COLUMN steering.indicator.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.indicator.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.indicator.dimension IS 'the public value that it serves: outcome (what is achieved for society), legitimacy (the support for it) or operational capacity (the means to do it). After M. H. Moore, Creating Public Value, 1995: the strategic triangle';
COMMENT ON COLUMN steering.indicator.additive IS 'true: the values of months add up to that of the year (numbers); false: a year is as its last month (levels, percentages, scores)';
COMMENT ON COLUMN steering.indicator.main IS 'true: it stands for the result of the service where cost is compared with results; one for a service at most';

-- The order of the columns of both tables is known to C, and so is that they are of fixed width.
CREATE TABLE steering.target (
	value steering.amount NOT NULL,
	indicator_id integer NOT NULL,
	participant_id integer NOT NULL,
	first_day date NOT NULL,
	end_day date NOT NULL,
	CONSTRAINT target_pkey PRIMARY KEY (indicator_id, participant_id, first_day, end_day),
	CONSTRAINT target_whole_months CHECK (isfinite(first_day) AND isfinite(end_day) AND first_day < end_day
		AND extract(day FROM first_day) = 1 AND extract(day FROM end_day) = 1),
	CONSTRAINT target_no_overlap EXCLUDE USING gist (int4range(indicator_id, indicator_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, daterange(first_day, end_day) WITH &&)
);
REVOKE ALL ON steering.target FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.target', '');
COMMENT ON TABLE steering.target IS 'what is to be achieved; written by set_target() and drop_indicator() alone; one at a time for each participant';
COMMENT ON COLUMN steering.target.value IS 'the target, in the unit of the indicator: of all the months if it is additive, else of each of them';
COMMENT ON COLUMN steering.target.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.target.participant_id IS 'the participant';
COMMENT ON COLUMN steering.target.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.target.end_day IS 'first day after the last month';

CREATE TABLE steering.measurement (
	value steering.amount NOT NULL,
	indicator_id integer NOT NULL,
	participant_id integer NOT NULL,
	first_day date NOT NULL,
	end_day date NOT NULL,
	CONSTRAINT measurement_pkey PRIMARY KEY (indicator_id, participant_id, first_day, end_day),
	CONSTRAINT measurement_whole_months CHECK (isfinite(first_day) AND isfinite(end_day) AND first_day < end_day
		AND extract(day FROM first_day) = 1 AND extract(day FROM end_day) = 1),
	CONSTRAINT measurement_no_overlap EXCLUDE USING gist (int4range(indicator_id, indicator_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, daterange(first_day, end_day) WITH &&)
);
REVOKE ALL ON steering.measurement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.measurement', '');
COMMENT ON TABLE steering.measurement IS 'what was achieved; written by set_measurement() and drop_indicator() alone; one at a time for each participant. Months without a row are missing, not zero';
COMMENT ON COLUMN steering.measurement.value IS 'what was measured, in the unit of the indicator: in all the months if it is additive, else at the end of them';
COMMENT ON COLUMN steering.measurement.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.measurement.participant_id IS 'the participant';
COMMENT ON COLUMN steering.measurement.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.measurement.end_day IS 'first day after the last month';

CREATE FUNCTION steering.indicator_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_indicator_number'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.indicator_number(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.indicator_number(text) IS
'number of the indicator with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.set_indicator(code text, service text, name text, unit text, direction text, dimension text,
	additive boolean DEFAULT true, main boolean DEFAULT false) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.indicator (code, service_id, name, unit, direction, dimension, additive, main)
VALUES (set_indicator.code, steering.service_number(set_indicator.service), set_indicator.name, set_indicator.unit,
	set_indicator.direction, set_indicator.dimension, set_indicator.additive, set_indicator.main)
ON CONFLICT ON CONSTRAINT indicator_code_key DO UPDATE
	SET service_id = excluded.service_id, name = excluded.name, unit = excluded.unit, direction = excluded.direction,
		dimension = excluded.dimension, additive = excluded.additive, main = excluded.main
RETURNING indicator_id;
END;
REVOKE ALL ON FUNCTION steering.set_indicator(text, text, text, text, text, text, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_indicator(text, text, text, text, text, text, boolean, boolean) IS
'creates an indicator of a service, or changes the one with this code; returns its number. direction: higher or lower is better; dimension: outcome, legitimacy or operational capacity; additive: the values of months add up; main: it stands for the result of the service. Errors: 22004 service is null, 22023 unknown service, 23502 null, 23514 unknown direction or dimension, 23505 the service has a main indicator';

CREATE FUNCTION steering.set_target(indicator text, participant text, period text, value numeric) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.indicator_number(set_target.indicator);
SELECT steering.refuse_standing(concat('indicator "', set_target.indicator, '" has a target for participant "',
		set_target.participant, '" in some of these months'),
	steering.name_period(daterange(standing.first_day, standing.end_day)))
FROM steering.target AS standing
WHERE set_target.value IS NOT NULL
	AND standing.indicator_id = (SELECT steering.indicator_number(set_target.indicator))
	AND standing.participant_id = (SELECT steering.participant_number(set_target.participant))
	AND standing.first_day < (SELECT upper(steering.period_range(set_target.period)))
	AND standing.end_day > (SELECT lower(steering.period_range(set_target.period)))
	AND daterange(standing.first_day, standing.end_day) <> (SELECT steering.period_range(set_target.period))
LIMIT 1;
WITH scope AS MATERIALIZED (
	SELECT (SELECT indicator.indicator_id FROM steering.indicator
			WHERE indicator.indicator_id = steering.indicator_number(set_target.indicator) FOR KEY SHARE) AS indicator_id,
		steering.participant_number(set_target.participant) AS participant_id,
		lower(steering.period_range(set_target.period)) AS first_day,
		upper(steering.period_range(set_target.period)) AS end_day
), removed AS (
	DELETE FROM steering.target USING scope
	WHERE set_target.value IS NULL
		AND target.indicator_id = scope.indicator_id AND target.participant_id = scope.participant_id
		AND target.first_day = scope.first_day AND target.end_day = scope.end_day
), stored AS (
	INSERT INTO steering.target (indicator_id, participant_id, first_day, end_day, value)
	SELECT scope.indicator_id, scope.participant_id, scope.first_day, scope.end_day, set_target.value::steering.amount
	FROM scope
	WHERE set_target.value IS NOT NULL
	ON CONFLICT ON CONSTRAINT target_pkey DO UPDATE SET value = excluded.value
	RETURNING target.value
)
SELECT stored.value::numeric FROM stored;
END;
REVOKE ALL ON FUNCTION steering.set_target(text, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_target(text, text, text, numeric) IS
'sets what is to be achieved in a period, in the unit of the indicator to four decimals; the one of the same period is replaced; null removes it. Returns what is set. Errors: 22004 another null, 22023 unknown code or not whole months, 22P02 no period, 22003 no number that fits, 23P01 overlap with another target of the indicator for the participant';

CREATE FUNCTION steering.set_measurement(indicator text, participant text, period text, value numeric) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_measurement.indicator);
SELECT steering.refuse_standing(concat('indicator "', set_measurement.indicator, '" has a measurement for participant "',
		set_measurement.participant, '" in some of these months'),
	steering.name_period(daterange(standing.first_day, standing.end_day)))
FROM steering.measurement AS standing
WHERE set_measurement.value IS NOT NULL
	AND standing.indicator_id = (SELECT steering.indicator_number(set_measurement.indicator))
	AND standing.participant_id = (SELECT steering.participant_number(set_measurement.participant))
	AND standing.first_day < (SELECT upper(steering.period_range(set_measurement.period)))
	AND standing.end_day > (SELECT lower(steering.period_range(set_measurement.period)))
	AND daterange(standing.first_day, standing.end_day) <> (SELECT steering.period_range(set_measurement.period))
LIMIT 1;
WITH scope AS MATERIALIZED (
	SELECT (SELECT indicator.indicator_id FROM steering.indicator
			WHERE indicator.indicator_id = steering.indicator_number(set_measurement.indicator) FOR KEY SHARE) AS indicator_id,
		steering.participant_number(set_measurement.participant) AS participant_id,
		lower(steering.period_range(set_measurement.period)) AS first_day,
		upper(steering.period_range(set_measurement.period)) AS end_day
), removed AS (
	DELETE FROM steering.measurement USING scope
	WHERE set_measurement.value IS NULL
		AND measurement.indicator_id = scope.indicator_id AND measurement.participant_id = scope.participant_id
		AND measurement.first_day = scope.first_day AND measurement.end_day = scope.end_day
), stored AS (
	INSERT INTO steering.measurement (indicator_id, participant_id, first_day, end_day, value)
	SELECT scope.indicator_id, scope.participant_id, scope.first_day, scope.end_day, set_measurement.value::steering.amount
	FROM scope
	WHERE set_measurement.value IS NOT NULL
	ON CONFLICT ON CONSTRAINT measurement_pkey DO UPDATE SET value = excluded.value
	RETURNING measurement.value
)
SELECT stored.value::numeric FROM stored;
END;
REVOKE ALL ON FUNCTION steering.set_measurement(text, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_measurement(text, text, text, numeric) IS
'sets what was achieved in a period, in the unit of the indicator to four decimals; the one of the same period is replaced; null removes it: then it is missing, which is not zero. Returns what is set. Errors: 22004 another null, 22023 unknown code or not whole months, 22P02 no period, 22003 no number that fits, 23P01 overlap with another measurement of the indicator for the participant';

CREATE FUNCTION steering.attainment(measured numeric, target numeric, direction text) RETURNS numeric
AS 'MODULE_PATHNAME', 'steering_attainment'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.attainment(numeric, numeric, text) IS
'how far a target is attained, as a percentage to two decimals: 100 * (1 + (measured - target) / |target|) where higher is better, 100 * (1 - (measured - target) / |target|) where lower is better; below 0 when it is missed by more than itself. Of a target of zero: 100 when measured is at least as good, else 0. Null when measured or target is missing. Both count to four decimals. Errors: 22004 no direction, 22023 another direction than higher or lower, 22003 no number that fits';

-- Incentives.

CREATE FUNCTION steering.band_gap(attainment numrange[]) RETURNS nummultirange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{(,)}'::nummultirange - (SELECT coalesce(range_agg(band), '{}') FROM unnest(attainment) AS band);
REVOKE ALL ON FUNCTION steering.band_gap(numrange[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.band_gap(numrange[]) IS 'what no band holds';

CREATE FUNCTION steering.band_overlap(attainment numrange[]) RETURNS nummultirange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(range_agg(a.band * b.band), '{}')
	FROM unnest(attainment) WITH ORDINALITY AS a (band, place)
	JOIN unnest(attainment) WITH ORDINALITY AS b (band, place) ON a.place < b.place);
REVOKE ALL ON FUNCTION steering.band_overlap(numrange[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.band_overlap(numrange[]) IS 'what more than one band holds';

CREATE FUNCTION steering.refuse_bands(indicator text, gap nummultirange, overlap nummultirange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_bands'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_bands(text, nummultirange, nummultirange) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_bands(text, nummultirange, nummultirange) IS
'raises which gap the bands of an indicator leave, or where they overlap (23514), unless both are empty';

CREATE TABLE steering.incentive (
	indicator_id integer CONSTRAINT incentive_pkey PRIMARY KEY,
	attainment numrange[] NOT NULL,
	percent numeric[] NOT NULL,
	CONSTRAINT incentive_bands_match_percents
		CHECK (array_ndims(attainment) = 1 AND array_ndims(percent) = 1 AND cardinality(attainment) = cardinality(percent)),
	CONSTRAINT incentive_no_empty_band
		CHECK (array_position(attainment, NULL) IS NULL AND array_position(attainment, 'empty') IS NULL),
	CONSTRAINT incentive_percent_is_number CHECK (array_position(percent, NULL) IS NULL
		AND '-Infinity' < ALL (percent) AND 'Infinity' > ALL (percent)),
	CONSTRAINT incentive_no_gap CHECK (isempty(steering.band_gap(attainment))),
	CONSTRAINT incentive_no_overlap CHECK (isempty(steering.band_overlap(attainment)))
);
REVOKE ALL ON steering.incentive FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.incentive', '');
COMMENT ON TABLE steering.incentive IS 'which bonus or malus an attainment gives; written by set_incentive(), drop_incentive() and drop_indicator() alone';
COMMENT ON COLUMN steering.incentive.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.incentive.attainment IS 'bands of attainment, in percents, which together hold every number once';
COMMENT ON COLUMN steering.incentive.percent IS 'for each band the percentage of the agreed amount: above zero a bonus, below zero a malus';

CREATE FUNCTION steering.set_incentive(indicator text, attainment numrange[], percent numeric[]) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_incentive.indicator);
SELECT steering.refuse_bands(set_incentive.indicator, steering.band_gap(set_incentive.attainment),
	steering.band_overlap(set_incentive.attainment))
WHERE set_incentive.attainment IS NOT NULL;
INSERT INTO steering.incentive (indicator_id, attainment, percent)
VALUES ((SELECT indicator.indicator_id FROM steering.indicator
		WHERE indicator.indicator_id = steering.indicator_number(set_incentive.indicator) FOR KEY SHARE),
	set_incentive.attainment, set_incentive.percent)
ON CONFLICT ON CONSTRAINT incentive_pkey DO UPDATE SET attainment = excluded.attainment, percent = excluded.percent
RETURNING cardinality(incentive.percent);
END;
REVOKE ALL ON FUNCTION steering.set_incentive(text, numrange[], numeric[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_incentive(text, numrange[], numeric[]) IS
'says which percentage of the agreed amount an attainment gives, in bands such as (,90) [90,100) [100,) with a percentage each: above zero a bonus, below zero a malus. Replaces what was set; returns the number of bands. Errors: 22004 indicator is null, 22023 unknown indicator, 23502 null, 23514 bands with a gap or an overlap (the message says where), an empty band, not one number for each band';

CREATE FUNCTION steering.drop_incentive(indicator text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(drop_incentive.indicator);
WITH gone AS (
	DELETE FROM steering.incentive WHERE indicator_id = steering.indicator_number(drop_incentive.indicator)
	RETURNING indicator_id
)
SELECT steering.require_found(count(*), concat('incentive of indicator "', drop_incentive.indicator, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_incentive(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_incentive(text) IS
'ends the incentive of an indicator. Errors: 22004 null, 22023 unknown indicator, 42704 it has none';

CREATE FUNCTION steering.drop_indicator(indicator text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_drop_indicator'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.drop_indicator(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_indicator(text) IS
'removes an indicator with its targets, measurements and incentive. Waits for whoever is setting one. Errors: 22004 null, 22023 unknown indicator, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- Results.

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.result_in(first_day date, end_day date)
RETURNS TABLE (indicator_id integer, service_id integer, participant_id integer, main boolean, additive boolean,
	direction text, target steering.amount, measured steering.amount, months_measured integer,
	target_measured steering.amount, compared steering.amount, attainment numeric, incentive_percent numeric)
AS 'MODULE_PATHNAME', 'steering_result_in'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10000;
COMMENT ON FUNCTION steering.result_in(date, date) IS
'results from first_day until before end_day (first days of months) per indicator and participant, as far as the role may read them. target: that of the range, of an additive indicator by months, else the last one; measured: what was measured within the range, in sum or at the end; months_measured: how many months that is of; compared: what of it was measured in months that all have a target, target_measured: the target of those months; attainment: of the one by the other; incentive_percent: of its band. What is missing is null. From two passes through stored figures. Errors: 22023 not whole months, 22003 a sum does not fit';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.target_share(target steering.amount, first_day date, end_day date, from_day date, to_day date)
RETURNS steering.amount
AS 'MODULE_PATHNAME', 'steering_target_share'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION steering.target_share(steering.amount, date, date, date, date) IS
'what of a target that holds from first_day until before end_day is for the months from from_day until before to_day, to four decimals: so that the shares of all months add up to the target. Error: 22023 not the first day of a month';

CREATE VIEW steering.measured_target AS
SELECT measurement.indicator_id, measurement.participant_id, measurement.first_day, measurement.end_day,
	measurement.value,
	CASE WHEN NOT indicator.additive THEN goal.last_value
		WHEN goal.days = measurement.end_day - measurement.first_day THEN goal.share END AS target
FROM steering.measurement
JOIN steering.indicator ON indicator.indicator_id = measurement.indicator_id
CROSS JOIN LATERAL (
	SELECT steering.sum(steering.target_share(target.value, target.first_day, target.end_day,
			measurement.first_day, measurement.end_day)) AS share,
		sum(least(target.end_day, measurement.end_day) - greatest(target.first_day, measurement.first_day)) AS days,
		steering.min(target.value) FILTER (WHERE target.end_day >= measurement.end_day) AS last_value
	FROM steering.target
	WHERE target.indicator_id = measurement.indicator_id AND target.participant_id = measurement.participant_id
		AND target.first_day < measurement.end_day AND target.end_day > measurement.first_day
) AS goal;
REVOKE ALL ON steering.measured_target FROM PUBLIC;
COMMENT ON VIEW steering.measured_target IS 'measurements with the target of their months';
COMMENT ON COLUMN steering.measured_target.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.measured_target.participant_id IS 'the participant';
COMMENT ON COLUMN steering.measured_target.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.measured_target.end_day IS 'first day after the last month';
COMMENT ON COLUMN steering.measured_target.value IS 'what was measured';
COMMENT ON COLUMN steering.measured_target.target IS 'target of these months, of a level that of the last one; null: there is none, or not for all of them';

CREATE VIEW steering.result WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	indicator.code AS indicator,
	steering.name_period(daterange(period.first_day, period.end_day)) AS period,
	period.first_day AS valid_from,
	period.end_day - 1 AS valid_to,
	CASE WHEN indicator.additive THEN goal.total ELSE goal.last_value END::numeric AS target,
	CASE WHEN indicator.additive THEN achieved.total ELSE achieved.last_value END::numeric AS measured,
	CASE WHEN indicator.additive
		THEN steering.attainment(achieved.compared::numeric, achieved.target::numeric, indicator.direction)
		ELSE steering.attainment(achieved.last_compared::numeric, achieved.last_target::numeric, indicator.direction)
		END AS attainment,
	indicator.unit,
	indicator.direction,
	indicator.dimension
FROM steering.indicator
JOIN steering.service ON service.service_id = indicator.service_id
CROSS JOIN steering.participant
JOIN steering.readable_participant AS readable ON readable.participant_id = participant.participant_id
CROSS JOIN LATERAL (
	SELECT target.first_day, target.end_day
	FROM steering.target
	WHERE target.indicator_id = indicator.indicator_id AND target.participant_id = participant.participant_id
	UNION
	SELECT measurement.first_day, measurement.end_day
	FROM steering.measurement
	WHERE measurement.indicator_id = indicator.indicator_id AND measurement.participant_id = participant.participant_id
) AS period
CROSS JOIN LATERAL (
	SELECT steering.sum(steering.target_share(target.value, target.first_day, target.end_day,
			period.first_day, period.end_day)) AS total,
		(array_agg(target.value ORDER BY target.first_day DESC))[1] AS last_value
	FROM steering.target
	WHERE target.indicator_id = indicator.indicator_id AND target.participant_id = participant.participant_id
		AND target.first_day < period.end_day AND target.end_day > period.first_day
) AS goal
CROSS JOIN LATERAL (
	SELECT steering.sum(measured.value) AS total,
		steering.sum(measured.value) FILTER (WHERE measured.target IS NOT NULL) AS compared,
		steering.sum(measured.target) AS target,
		(array_agg(measured.value ORDER BY measured.first_day DESC))[1] AS last_value,
		(array_agg(measured.value ORDER BY measured.first_day DESC) FILTER (WHERE measured.target IS NOT NULL))[1] AS last_compared,
		(array_agg(measured.target ORDER BY measured.first_day DESC) FILTER (WHERE measured.target IS NOT NULL))[1] AS last_target
	FROM steering.measured_target AS measured
	WHERE measured.indicator_id = indicator.indicator_id AND measured.participant_id = participant.participant_id
		AND measured.first_day >= period.first_day AND measured.end_day <= period.end_day
) AS achieved;
GRANT SELECT ON steering.result TO PUBLIC;
COMMENT ON VIEW steering.result IS 'targets and what was measured, for each period that a target or a measurement was set for, of participants whose figures the role may read. Periods may lie in each other: add up those of one kind';
COMMENT ON COLUMN steering.result.service IS 'code of the service';
COMMENT ON COLUMN steering.result.participant IS 'code of the participant';
COMMENT ON COLUMN steering.result.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.result.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.result.valid_from IS 'first day of the period';
COMMENT ON COLUMN steering.result.valid_to IS 'last day of the period';
COMMENT ON COLUMN steering.result.target IS 'what is to be achieved in the period: if the indicator is additive, the target of its months by their number, else the last one; null: none is set';
COMMENT ON COLUMN steering.result.measured IS 'what was measured within the period, in sum or at the end; null: nothing was';
COMMENT ON COLUMN steering.result.attainment IS 'percentage of the target of those months that were measured, see attainment(); null: nothing to compare';
COMMENT ON COLUMN steering.result.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.result.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.result.dimension IS 'the public value that it serves: outcome, legitimacy or operational capacity';

CREATE VIEW steering.indicator_status WITH (security_barrier) AS
SELECT indicator.indicator_id, service.code AS service, indicator.code AS indicator, indicator.name, indicator.unit,
	indicator.direction, indicator.dimension, indicator.additive, indicator.main
FROM steering.indicator
JOIN steering.service ON service.service_id = indicator.service_id
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.indicator_status TO PUBLIC;
COMMENT ON VIEW steering.indicator_status IS 'the indicators, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.indicator_status.indicator_id IS 'number of the indicator';
COMMENT ON COLUMN steering.indicator_status.service IS 'code of the service';
COMMENT ON COLUMN steering.indicator_status.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.indicator_status.name IS 'name for people';
COMMENT ON COLUMN steering.indicator_status.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.indicator_status.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.indicator_status.dimension IS 'the public value that it serves: outcome, legitimacy or operational capacity';
COMMENT ON COLUMN steering.indicator_status.additive IS 'true: the values of months add up; false: a year is as its last month';
COMMENT ON COLUMN steering.indicator_status.main IS 'true: it stands for the result of the service where cost is compared with results';

-- Not STRICT, and without settings of its own, so that the planner inlines it.
CREATE FUNCTION steering.period_result(period text)
RETURNS TABLE (service text, participant text, indicator text, target numeric, measured numeric, months_measured integer,
	target_measured numeric, compared numeric, attainment numeric, incentive_percent numeric, unit text, direction text,
	dimension text, main boolean)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT indicator.service, readable.code, indicator.indicator, result.target::numeric, result.measured::numeric,
	result.months_measured, result.target_measured::numeric, result.compared::numeric, result.attainment,
	result.incentive_percent, indicator.unit, indicator.direction, indicator.dimension, indicator.main
FROM steering.result_in(lower(steering.period_range(period_result.period)),
	upper(steering.period_range(period_result.period))) AS result
JOIN steering.indicator_status AS indicator ON indicator.indicator_id = result.indicator_id
JOIN steering.readable_participant AS readable ON readable.participant_id = result.participant_id;
END;
COMMENT ON FUNCTION steering.period_result(text) IS
'results of a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), one row for each indicator and participant that the role may read and that has a target in the period or a measurement within it. target: of an additive indicator what the targets come to for these months, else the last one; measured: what was measured within the period, in sum or at the end, months_measured: in how many months; compared: what of it was measured in months that all have a target, target_measured: the target of those months; attainment: of the one by the other, see attainment(); incentive_percent: of the band that it lies in. What is missing is null, never zero. Errors: 22004 null, those of period_range(), 22003 a sum does not fit';

CREATE VIEW steering.incentive_band WITH (security_barrier) AS
SELECT service.code AS service,
	indicator.code AS indicator,
	lower(band.attainment) AS attainment_from,
	upper(band.attainment) AS attainment_to,
	band.attainment,
	band.percent
FROM steering.incentive
JOIN steering.indicator ON indicator.indicator_id = incentive.indicator_id
JOIN steering.service ON service.service_id = indicator.service_id
CROSS JOIN LATERAL unnest(incentive.attainment, incentive.percent) AS band (attainment, percent)
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.incentive_band TO PUBLIC;
COMMENT ON VIEW steering.incentive_band IS 'bands of the incentives, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.incentive_band.service IS 'code of the service';
COMMENT ON COLUMN steering.incentive_band.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.incentive_band.attainment_from IS 'where the band starts, as a percentage; null: it has no start';
COMMENT ON COLUMN steering.incentive_band.attainment_to IS 'where the band ends; null: it has no end';
COMMENT ON COLUMN steering.incentive_band.attainment IS 'the band, which says whether it holds its bounds';
COMMENT ON COLUMN steering.incentive_band.percent IS 'percentage of the agreed amount: above zero a bonus, below zero a malus';
-- Cost versus results: what was spent, agreed and achieved, per service and participant.

CREATE TABLE steering.signal_limit (
	measure text NOT NULL CONSTRAINT signal_limit_pkey PRIMARY KEY
		CONSTRAINT signal_limit_measure_known CHECK (measure IN ('budget', 'attainment')),
	amber steering.amount NOT NULL,
	red steering.amount NOT NULL,
	CONSTRAINT signal_limit_order CHECK (CASE measure
		WHEN 'budget' THEN amber OPERATOR(steering.<=) red ELSE amber OPERATOR(steering.>=) red END)
);
REVOKE ALL ON steering.signal_limit FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.signal_limit', '');
COMMENT ON TABLE steering.signal_limit IS 'from where on signals are amber or red, written by set_signal_limit() and drop_signal_limit() alone; a measure that is not here has its default';
COMMENT ON COLUMN steering.signal_limit.measure IS 'budget: usage of the cap as a percentage of its amount; attainment: what was measured as a percentage of the target';
COMMENT ON COLUMN steering.signal_limit.amber IS 'percentage; budget: amber from here on (default 90); attainment: amber below it (default 100)';
COMMENT ON COLUMN steering.signal_limit.red IS 'percentage; budget: red above it (default 100); attainment: red below it (default 90)';

CREATE FUNCTION steering.set_signal_limit(measure text, amber numeric, red numeric) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.signal_limit (measure, amber, red)
VALUES (set_signal_limit.measure, set_signal_limit.amber, set_signal_limit.red)
ON CONFLICT ON CONSTRAINT signal_limit_pkey DO UPDATE SET amber = excluded.amber, red = excluded.red
RETURNING signal_limit.measure;
END;
REVOKE ALL ON FUNCTION steering.set_signal_limit(text, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_signal_limit(text, numeric, numeric) IS
'sets from which percentages on the signal of a measure is amber and red: budget (usage of the cap: amber from, red above) or attainment (of the target: amber below, red below); returns the measure. Errors: 23502 null, 23514 unknown measure, or amber beyond red, 22003 percentage';

CREATE FUNCTION steering.drop_signal_limit(measure text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.signal_limit WHERE signal_limit.measure = drop_signal_limit.measure
	RETURNING signal_limit.measure
)
SELECT steering.require_found(count(*), concat('signal limit of measure "', drop_signal_limit.measure, '"'))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_signal_limit(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_signal_limit(text) IS 'gives a measure its default limits again: budget 90 and 100, attainment 100 and 90. Error: 42704 none was set';

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.comparison_scan(first_day date, end_day date, below boolean DEFAULT false,
	only_service integer DEFAULT NULL)
RETURNS TABLE (service text, participant text, budget steering.amount, actual steering.amount, committed steering.amount,
	headroom steering.amount, volume steering.amount, agreed_volume steering.amount, unit_cost steering.amount,
	agreed_price steering.amount, price_variance steering.amount, volume_variance steering.amount,
	total_variance steering.amount, target steering.amount, measured steering.amount, attainment numeric,
	cost_per_result steering.amount, signal text, agreed_cost steering.amount, covered steering.amount,
	covered_volume steering.amount, unit text, result_unit text, inhabitants bigint, is_group boolean,
	service_level integer, participant_level integer)
AS 'MODULE_PATHNAME', 'steering_comparison_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.comparison_scan(date, date, boolean, integer) IS
'what cost_versus_result(), cost_versus_result_below() (below) and compare_participants() (below, only_service: number of a service) show, as far as the role may read it, of the months from first_day until before end_day. What follows covered_volume is of below alone: inhabitants are those of the participant, or of a group all that are known below it; is_group: others are below it, and it has no number of its own; levels count from 0 at the top of a tree. Errors: 22004 null, 22023 not first days of months, or none between them, 22003 a sum does not fit';

-- Not STRICT, and without settings of its own, so that the planner inlines it: what a query does not use is not made numeric.
CREATE FUNCTION steering.cost_versus_result(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.budget::numeric, scan.actual::numeric, scan.committed::numeric,
	scan.headroom::numeric, scan.volume::numeric, scan.agreed_volume::numeric, scan.unit_cost::numeric,
	scan.agreed_price::numeric, scan.price_variance::numeric, scan.volume_variance::numeric,
	scan.total_variance::numeric, scan.target::numeric, scan.measured::numeric, scan.attainment,
	scan.cost_per_result::numeric, scan.signal, scan.agreed_cost::numeric, scan.covered::numeric,
	scan.covered_volume::numeric
FROM steering.comparison_scan(lower(steering.period_range(cost_versus_result.period)),
	upper(steering.period_range(cost_versus_result.period))) AS scan;
END;
COMMENT ON FUNCTION steering.cost_versus_result(text) IS
'cost against means, agreements and results of a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), one row per service and participant that the role may read and that has bookings, a budget, an agreement or a result in it.
actual, committed (money) and volume: what was booked on exactly this service and participant, without those below: these are in cost_versus_result_below(). unit_cost: actual / volume.
budget: the budget cap on exactly the two over the period; else the shortest one that contains the period, of two as long the one that begins first; else the sum of those within it that follow one another, from the first day on the longest. headroom: what the cap has left before it blocks; null if it is not over just the period or never blocks. A cap holds for all below as well: budget, headroom and signal include it, while actual does not.
agreed_volume, agreed_price (per unit; of several prices the mean by volume) and agreed_cost: the share of these months in what was agreed. covered, covered_volume: actual bookings under the agreement, those below included unless a nearer agreement covers them. Variances by the flexible budget, which is what the agreement says of covered_volume (Horngren, Datar, Rajan: Cost Accounting, chapters on flexible budgets): price_variance = covered - flexible budget, volume_variance = flexible budget - agreed_cost, total_variance = covered - agreed_cost, the sum of the two. The flexible budget of price_volume is price * covered_volume rounded to cents, of base_plus the base and the price of what goes beyond, of lump_sum the base. Where a price was agreed without a volume, agreed_cost is the flexible budget. Positive is dearer than agreed. Of key_share nothing is compared.
target, measured, attainment (percent): of the main indicator of the service; what is missing is null and never zero. cost_per_result: actual / measured; null where nothing was booked on the service itself, where something was booked below it for the participant (so that actual is not what the result cost), and for a level (additive = false), of which no number was made.
signal: red, amber or green, the worse of what usage of the budget and attainment say by the limits of set_signal_limit(); null if neither is known.
Ratios are rounded to four decimals, and null by zero. From stored usage: its time does not grow with the number of bookings. Errors: 22004 null, 22P02 no period, 22023 not whole months, 22003 a sum does not fit';

CREATE FUNCTION steering.cost_versus_result_below(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, unit text,
	result_unit text, service_level integer, participant_level integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.budget::numeric, scan.actual::numeric, scan.committed::numeric,
	scan.headroom::numeric, scan.volume::numeric, scan.agreed_volume::numeric, scan.unit_cost::numeric,
	scan.agreed_price::numeric, scan.price_variance::numeric, scan.volume_variance::numeric,
	scan.total_variance::numeric, scan.target::numeric, scan.measured::numeric, scan.attainment,
	scan.cost_per_result::numeric, scan.signal, scan.agreed_cost::numeric, scan.covered::numeric,
	scan.covered_volume::numeric, scan.unit, scan.result_unit, scan.service_level, scan.participant_level
FROM steering.comparison_scan(lower(steering.period_range(cost_versus_result_below.period)),
	upper(steering.period_range(cost_versus_result_below.period)), true) AS scan;
END;
COMMENT ON FUNCTION steering.cost_versus_result_below(text) IS
'cost_versus_result() rolled up: one row per service and participant with all below both, as far as the role may read it. Costs, volumes, agreements and variances are sums of the rows of cost_versus_result(); unit_cost, cost_per_result and attainment are ratios of such sums; cost_per_result is null while a measurement is missing in the sum, where nothing was booked, and for a level (additive = false); the cost in it is all that is below, also of who has no result. budget and headroom are those of the cap on the two themselves, which holds for all below them. Results are those of the service''s own main indicator: summed over the participants, or if it is not additive (a level) that of the participant itself; a service without one gets the sum of the results below it, if all are additive with one unit and direction; else null. unit: what volume is counted in; null: nothing, or in several units, and then volume and unit_cost mix them. result_unit: likewise of the results. service_level, participant_level: 0 at the top of the tree. Rows overlap: sum over one level of each only. Errors: those of cost_versus_result()';

CREATE FUNCTION steering.compare_participants(period text, service text)
RETURNS TABLE (participant text, actual numeric, volume numeric, unit text, cost_per_unit numeric, inhabitants bigint,
	cost_per_inhabitant numeric, measured numeric, result_unit text, attainment numeric, cost_per_result numeric,
	rank_per_inhabitant bigint, rank_per_unit bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT scan.participant, scan.actual::numeric, scan.volume::numeric, scan.unit, scan.unit_cost::numeric, scan.inhabitants,
	round(scan.actual::numeric / nullif(scan.inhabitants, 0), 4),
	scan.measured::numeric, scan.result_unit, scan.attainment, scan.cost_per_result::numeric,
	CASE WHEN NOT scan.is_group AND scan.inhabitants <> 0 THEN
		rank() OVER (PARTITION BY scan.is_group, scan.inhabitants <> 0
			ORDER BY scan.actual::numeric / nullif(scan.inhabitants, 0)) END,
	CASE WHEN NOT scan.is_group AND scan.volume::numeric > 0 THEN
		rank() OVER (PARTITION BY scan.is_group, scan.volume::numeric > 0 ORDER BY scan.unit_cost::numeric) END
FROM steering.comparison_scan(lower(steering.period_range(compare_participants.period)),
	upper(steering.period_range(compare_participants.period)), true,
	steering.service_number(compare_participants.service)) AS scan;
END;
COMMENT ON FUNCTION steering.compare_participants(text, text) IS
'one service, with all below it, side by side: a row per participant, with all below it, that the role may read and that has anything to show. actual: money spent; volume: in unit (null: none, or several); cost_per_unit: actual / volume; cost_per_inhabitant: actual / inhabitants (of a group all that are known below it), of a past period too by the number that the register has now, since it keeps no earlier ones: where these matter, keep inhabitants per year as the additive main indicator of a service, and cost_per_result is cost per inhabitant of the period; measured (in result_unit), attainment (percent), cost_per_result: as in cost_versus_result_below(). rank_per_inhabitant, rank_per_unit: 1 is the cheapest of the participants that the role may read; null: no inhabitants or volume, or a group without a number of inhabitants of its own. Ratios are rounded to four decimals. Errors: 22004 null, 22023 unknown service, and those of cost_versus_result()';
-- Outlook: what the end of a period will bring, how far that was off in earlier years, and when caps
-- are reached.

-- PUBLIC may execute the three scans because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.outlook_scan(as_of date, method text, period text)
RETURNS TABLE (service text, participant text, method text, basis text, reason text, actual steering.amount,
	committed steering.amount, expected steering.amount, budget steering.amount, expected_headroom steering.amount)
AS 'MODULE_PATHNAME', 'steering_outlook_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.outlook_scan(date, text, text) IS
'what outlook() shows, as far as the role may read it. Errors: those of outlook()';

CREATE FUNCTION steering.outlook_error_scan(method text, first date, last date)
RETURNS TABLE (method text, months integer, years integer, outlooks bigint, error steering.amount, bias steering.amount)
AS 'MODULE_PATHNAME', 'steering_outlook_error_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 72;
COMMENT ON FUNCTION steering.outlook_error_scan(text, date, date) IS
'what outlook_error() shows, as far as the role may read it. Errors: those of outlook_error()';

CREATE FUNCTION steering.cap_outlook_scan(as_of date, method text)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, valid_from date, valid_to date,
	amount steering.amount, blocks_at steering.amount, basis text, used steering.amount, expected steering.amount,
	limit_month date, block_month date)
AS 'MODULE_PATHNAME', 'steering_cap_outlook_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.cap_outlook_scan(date, text) IS
'what cap_outlook() shows, as far as the role may read it. Errors: those of cap_outlook()';

-- Not STRICT, and without settings of their own, so that the planner inlines them.
CREATE FUNCTION steering.outlook(as_of date, method text DEFAULT NULL, period text DEFAULT NULL)
RETURNS TABLE (service text, participant text, method text, basis text, reason text, actual numeric, committed numeric,
	expected numeric, budget numeric, expected_headroom numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.method, scan.basis, scan.reason, scan.actual::numeric,
	scan.committed::numeric, scan.expected::numeric, scan.budget::numeric, scan.expected_headroom::numeric
FROM steering.outlook_scan(outlook.as_of, outlook.method, outlook.period) AS scan;
END;
COMMENT ON FUNCTION steering.outlook(date, text, text) IS
'the actual cost that the end of a period is expected to bring, from what was booked on days up to as_of and including it: one row for each service and participant that the role may read and that has a booking in the period by then, a budget, or agreed cost. period: the calendar year of as_of if it is null, else a year, a quarter, a month or a range of whole months such as [2026-04-01,2027-04-01), of ten years at most. Earlier years are the same months of years before, ten years back at most.
actual, committed: money of the period booked by then on exactly this service and participant (stage actual; stage commitment, what was released taken off). expected: by the method, rounded to cents. budget: the budget cap on exactly the two over just the period; null: none. expected_headroom: what that cap blocks at minus expected; null: no such cap, it never blocks, or expected is null. A cap holds for all below service and participant as well, and actual and expected do not: where others below were booked on, expected_headroom is null, and cap_outlook() has the outlook of the cap.
Methods. run_rate: actual / elapsed days * days of the period.
seasonal: actual / share, where share = R / H of the earlier whole years together: H their actual cost, R that of their months that were over at as_of, plus the elapsed days'' part of the month of as_of. A year is whole if the service and participant were booked on in its first month or before; and in the very first year of all bookings, if these begin in its first month, every one is. Where H is not positive, or R less than 1 percent of it, the profile is that of the service for all participants that the role may read, else that of everything it may read, else that of the days, as run_rate. basis says which: own years, service years, all years, run_rate.
committed: actual + committed + what remains of the profile when commitments are taken off: greatest(actual + committed, expected of seasonal). For commitments are a part of what is still to come, not on top of it.
Earned value (Project Management Institute, Practice Standard for Earned Value Management): eac_budget = AC + (BAC - EV), eac_cpi = BAC / CPI, eac_spi_cpi = AC + (BAC - EV) / (CPI * SPI), with CPI = EV / AC and SPI = EV / PV. BAC is budget, else the cost that was agreed for the period with exactly this participant on exactly this service (basis says which). EV = BAC * measured / target, at most BAC, of the main indicator of the service, if that is additive and higher is better. All three stand at the end of the last month of the period, not after as_of, up to which everything was measured since its first month: AC is actual cost by then, PV = BAC * share by then, the share that of seasonal. expected is null where BAC, a positive target or a measurement is missing, where others below service and participant were booked on (so that AC is a part of what the work cost), and for the last two also where BAC, EV or AC is not positive.
On the last day of the period each method gives actual, but for committed: what is committed then is still expected to be spent, so it gives actual + committed where that is more.
Without a method, it is the one that was least off over the earlier years, as outlook_error() says, at the end of as many months as are over at as_of (in the first month: at its end). Methods without a figure where others had one do not compete; of equal ones the first is taken of run_rate, seasonal, committed, eac_budget, eac_cpi, eac_spi_cpi, and where it has no figure for a row the next best one. reason says how far the method was off; null: it was asked for.
From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, as_of is not in the period, too long a period, those of period_range(), 22003 an amount does not fit';

CREATE FUNCTION steering.outlook_error(method text, first date, last date)
RETURNS TABLE (method text, months integer, years integer, outlooks bigint, error numeric, bias numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 72
BEGIN ATOMIC
SELECT scan.method, scan.months, scan.years, scan.outlooks, round(scan.error::numeric, 2), round(scan.bias::numeric, 2)
FROM steering.outlook_error_scan(outlook_error.method, outlook_error.first, outlook_error.last) AS scan;
END;
COMMENT ON FUNCTION steering.outlook_error(text, date, date) IS
'how far a method (null: each of them) was off in the years of twelve months from first, the first day of a month, that end on last or before, ten at most. At the end of each of the first eleven months of a year, the outlook by what was booked on days up to then is held against the actual cost that the year became, for each service and participant that the role may read. Years that began before the first booking of all are left out.
months: how many were over; null: all of these together. years: how many were tested. outlooks: number of comparisons; those without a figure are left out. error: the weighted absolute percentage error, 100 * sum(|expected - became|) / sum(|became|), to two decimals; bias: 100 * sum(expected - became) / sum(|became|), positive: too high. Both are null if nothing was booked. Methods compare fairly only where outlooks is equal.
Budgets, agreements, targets and measurements are those of now: of their earlier values nothing is known. Errors: 22004 null, 22023 unknown method, first is not the first day of a month, no whole year, more than ten years, 22003 an amount does not fit';

CREATE FUNCTION steering.cap_outlook(as_of date, method text DEFAULT 'seasonal')
RETURNS TABLE (cap_id integer, service text, participant text, metric text, valid_from date, valid_to date, amount numeric,
	blocks_at numeric, basis text, used numeric, expected numeric, limit_month date, block_month date)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.cap_id, scan.service, scan.participant, scan.metric, scan.valid_from, scan.valid_to, scan.amount::numeric,
	scan.blocks_at::numeric, scan.basis, scan.used::numeric, scan.expected::numeric, scan.limit_month, scan.block_month
FROM steering.cap_outlook_scan(cap_outlook.as_of, cap_outlook.method) AS scan;
END;
COMMENT ON FUNCTION steering.cap_outlook(date, text) IS
'what the caps in force on as_of will be used for at their end, and in which month they are reached: one row for each that the role may read. used: what was booked on days of the cap up to as_of and including it, actual and committed, with all below service and participant. expected: greatest(used, the actual part of it completed by the profile), as in outlook() over the days of the cap; rounded to cents. method: run_rate (the profile of the days), seasonal or committed (both the profile of earlier years, for commitments count in any case). basis: own years (of the cap''s service and participant with all below), service years (the service with all below, for all participants that the role may read), all years (everything that it may read; not for volumes, which have different units), run_rate.
limit_month: first day of the month in which usage has reached amount, or is expected to; block_month: in which it has come above blocks_at, or is expected to, so that bookings are refused; null: not within the cap''s days. Between as_of and the end, expected minus used comes as the profile does. For caps that are not of whole months, or of more than ten years, there is no outlook. From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, or one of earned value, 22003 an amount does not fit';
-- Settlement: what participants owe for a period by their agreements, with a proof that the lines add up;
-- closing a period fixes them, and what has to be put right later is a line of its own.
--
-- Lines with a participant are what it owes (positive) or gets. Those without prove that nothing is lost:
-- the cost that was settled, and what of shared cost and of the supplier's result nobody owes or gets.

CREATE TABLE steering.result_share (
	during daterange NOT NULL
		CONSTRAINT result_share_pkey PRIMARY KEY
		CONSTRAINT result_share_whole_months CHECK (NOT isempty(during)
			AND coalesce(extract(day FROM lower(during)) = 1, lower_inf(during))
			AND coalesce(extract(day FROM upper(during)) = 1, upper_inf(during))),
	key_id integer NOT NULL,
	percent numeric NOT NULL CONSTRAINT result_share_percent_in_range CHECK (percent BETWEEN 0 AND 100),
	CONSTRAINT result_share_no_overlap EXCLUDE USING gist (during WITH &&)
);
REVOKE ALL ON steering.result_share FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.result_share', '');
COMMENT ON TABLE steering.result_share IS 'what part of the supplier''s result the participants share, written by set_result_share() and drop_result_share() alone; one at a time';
COMMENT ON COLUMN steering.result_share.during IS 'whole months; the one on the last day of a period is for all of its result';
COMMENT ON COLUMN steering.result_share.key_id IS 'the allocation key that divides it';
COMMENT ON COLUMN steering.result_share.percent IS 'percentage of the result, whether gain or loss';

-- The key is locked against whoever would drop it.
CREATE FUNCTION steering.set_result_share(key text, percent numeric, during daterange) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_result_share.key);
INSERT INTO steering.result_share (during, key_id, percent)
VALUES (set_result_share.during, (SELECT allocation_key.key_id FROM steering.allocation_key
		WHERE allocation_key.key_id = steering.key_number(set_result_share.key) FOR SHARE), set_result_share.percent)
ON CONFLICT ON CONSTRAINT result_share_pkey DO UPDATE SET key_id = excluded.key_id, percent = excluded.percent
RETURNING percent;
END;
REVOKE ALL ON FUNCTION steering.set_result_share(text, numeric, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_result_share(text, numeric, daterange) IS
'says that the participants share this percentage of the supplier''s result, gain or loss, by this allocation key, in these months; the one for the same months is replaced; returns the percentage. Errors: 22004 key is null, 22023 unknown key, 23502 null, 23514 not 0 to 100, not whole months, 23P01 overlap with another';

CREATE FUNCTION steering.drop_result_share(during daterange) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.result_share WHERE result_share.during = drop_result_share.during RETURNING key_id
)
SELECT steering.require_found(count(*), concat('result share during ', drop_result_share.during)) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_result_share(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_result_share(daterange) IS
'ends the sharing of the supplier''s result that was set for these months. Error: 42704 there is none';

CREATE FUNCTION steering.refuse_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_change() IS 'refuses to change or remove rows that are only ever added (0A000)';

CREATE TABLE steering.settlement_correction (
	correction_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT settlement_correction_pkey PRIMARY KEY,
	closing_id integer NOT NULL,
	participant_id integer NOT NULL,
	service_id integer NOT NULL,
	amount steering.amount NOT NULL
		CONSTRAINT settlement_correction_amount_in_cents CHECK (amount::numeric = round(amount::numeric, 2))
		CONSTRAINT settlement_correction_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	month date NOT NULL,
	reason text NOT NULL CONSTRAINT settlement_correction_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.settlement_correction FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_correction', '');
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_correction_correction_id_seq', '');
COMMENT ON TABLE steering.settlement_correction IS 'what settlements of closed periods are corrected by, written by correct_settlement() alone; rows are only added';
COMMENT ON COLUMN steering.settlement_correction.correction_id IS 'number of the correction';
COMMENT ON COLUMN steering.settlement_correction.closing_id IS 'the closing whose settlement is corrected';
COMMENT ON COLUMN steering.settlement_correction.participant_id IS 'the participant';
COMMENT ON COLUMN steering.settlement_correction.service_id IS 'the service';
COMMENT ON COLUMN steering.settlement_correction.amount IS 'money in whole cents: positive is owed, negative is given back';
COMMENT ON COLUMN steering.settlement_correction.month IS 'first day of the month with which it is settled: the last one of the open period that was given';
COMMENT ON COLUMN steering.settlement_correction.reason IS 'why';
COMMENT ON COLUMN steering.settlement_correction.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.settlement_correction.role_name IS 'who had logged in';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.settlement_correction
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE TABLE steering.settlement_line (
	closing_id integer NOT NULL,
	position integer NOT NULL,
	line text NOT NULL,
	service_id integer,
	participant_id integer,
	agreement_id integer,
	key text,
	quantity numeric,
	price numeric,
	amount steering.amount NOT NULL,
	corrects integer,
	CONSTRAINT settlement_line_pkey PRIMARY KEY (closing_id, position)
);
REVOKE ALL ON steering.settlement_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_line', '');
COMMENT ON TABLE steering.settlement_line IS 'settlements of periods as they were closed, written by close_period() alone; rows are only added, and stay when the period is reopened';
COMMENT ON COLUMN steering.settlement_line.closing_id IS 'the closing';
COMMENT ON COLUMN steering.settlement_line.position IS 'place in it, from 1';
COMMENT ON COLUMN steering.settlement_line.line IS 'what the amount is, see compute_settlement()';
COMMENT ON COLUMN steering.settlement_line.service_id IS 'the service; null: of no single one';
COMMENT ON COLUMN steering.settlement_line.participant_id IS 'the participant who owes it, or gets it; null: a line of the proof';
COMMENT ON COLUMN steering.settlement_line.agreement_id IS 'the agreement; null: of no single one';
COMMENT ON COLUMN steering.settlement_line.key IS 'code of the allocation key that divided it; null: none';
COMMENT ON COLUMN steering.settlement_line.quantity IS 'units of the service; months of an advance; percentage of an incentive or a share; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement_line.price IS 'money per unit or month; the money that a percentage is of; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement_line.amount IS 'money: positive is owed, negative is given back or was paid before';
COMMENT ON COLUMN steering.settlement_line.corrects IS 'the closing that a correction is about; null: another line';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.settlement_line
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE VIEW steering.closing_event WITH (security_barrier) AS
SELECT closing.closing_id, event.kind, steering.name_period(closing.during) AS period,
	lower(closing.during) AS first_day, upper(closing.during) - 1 AS last_day, event.recorded_at, event.role_name, event.reason
FROM steering.closing
CROSS JOIN LATERAL (VALUES
	('closed', closing.closed_at, closing.closed_by, closing.reason),
	('reopened', closing.reopened_at, closing.reopened_by, closing.reopen_reason)) AS event (kind, recorded_at, role_name, reason)
WHERE event.recorded_at IS NOT NULL;
GRANT SELECT ON steering.closing_event TO PUBLIC;
COMMENT ON VIEW steering.closing_event IS 'every closing and reopening of a period';
COMMENT ON COLUMN steering.closing_event.closing_id IS 'number of the closing; a reopening has that of the closing that it ended';
COMMENT ON COLUMN steering.closing_event.kind IS 'closed, reopened';
COMMENT ON COLUMN steering.closing_event.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.closing_event.first_day IS 'its first day';
COMMENT ON COLUMN steering.closing_event.last_day IS 'its last day';
COMMENT ON COLUMN steering.closing_event.recorded_at IS 'when, by the clock';
COMMENT ON COLUMN steering.closing_event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.closing_event.reason IS 'the reason that was given; null: none';

CREATE VIEW steering.settlement WITH (security_barrier) AS
SELECT settled.closing_id,
	lower(closing.during) AS valid_from,
	upper(closing.during) - 1 AS valid_to,
	closing.closed_at,
	closing.reopened_at,
	participant.code AS participant,
	service.code AS service,
	settled.agreement_id,
	settled.line,
	settled.quantity,
	settled.price,
	round(settled.amount::numeric, 2) AS amount,
	settled.corrects
FROM steering.settlement_line AS settled
JOIN steering.closing ON closing.closing_id = settled.closing_id
JOIN steering.participant ON participant.participant_id = settled.participant_id
LEFT JOIN steering.service ON service.service_id = settled.service_id
WHERE settled.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.settlement TO PUBLIC;
COMMENT ON VIEW steering.settlement IS 'settlements of closed periods as far as the role may read them, those included that were reopened since';
COMMENT ON COLUMN steering.settlement.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.settlement.valid_from IS 'first day of the period';
COMMENT ON COLUMN steering.settlement.valid_to IS 'last day of the period';
COMMENT ON COLUMN steering.settlement.closed_at IS 'when it was closed';
COMMENT ON COLUMN steering.settlement.reopened_at IS 'when it was reopened: then this settlement holds no more; null: it holds';
COMMENT ON COLUMN steering.settlement.participant IS 'code of who owes it, or gets it';
COMMENT ON COLUMN steering.settlement.service IS 'code of the service; null: of no single one';
COMMENT ON COLUMN steering.settlement.agreement_id IS 'number of the agreement; null: of no single one';
COMMENT ON COLUMN steering.settlement.line IS 'agreed, excess, unused, share, incentive, advance, result_share, correction: see settle()';
COMMENT ON COLUMN steering.settlement.quantity IS 'units of the service; months of an advance; percentage of an incentive or a share; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement.price IS 'money per unit or month; the money that a percentage is of; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement.amount IS 'money: positive is owed, negative is given back or was paid before';
COMMENT ON COLUMN steering.settlement.corrects IS 'number of the closing that a correction is about; null: another line';

CREATE VIEW steering.correction WITH (security_barrier) AS
SELECT correction.correction_id, correction.closing_id AS corrects,
	lower(closing.during) AS valid_from, upper(closing.during) - 1 AS valid_to,
	participant.code AS participant, service.code AS service, round(correction.amount::numeric, 2) AS amount,
	correction.month AS settled_in, correction.reason, correction.recorded_at, correction.role_name
FROM steering.settlement_correction AS correction
JOIN steering.closing ON closing.closing_id = correction.closing_id
JOIN steering.participant ON participant.participant_id = correction.participant_id
JOIN steering.service ON service.service_id = correction.service_id
WHERE correction.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.correction TO PUBLIC;
COMMENT ON VIEW steering.correction IS 'corrections of settlements that the role may read, from the moment that they are recorded';
COMMENT ON COLUMN steering.correction.correction_id IS 'number of the correction';
COMMENT ON COLUMN steering.correction.corrects IS 'number of the closing whose settlement is corrected';
COMMENT ON COLUMN steering.correction.valid_from IS 'first day of the period that is corrected';
COMMENT ON COLUMN steering.correction.valid_to IS 'last day of the period that is corrected';
COMMENT ON COLUMN steering.correction.participant IS 'code of who owes it, or gets it';
COMMENT ON COLUMN steering.correction.service IS 'code of the service';
COMMENT ON COLUMN steering.correction.amount IS 'money: positive is owed, negative is given back';
COMMENT ON COLUMN steering.correction.settled_in IS 'first day of the month with which it is settled';
COMMENT ON COLUMN steering.correction.reason IS 'why';
COMMENT ON COLUMN steering.correction.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.correction.role_name IS 'who had logged in';
-- Settlement lines: computed for an open period, stored for a closed one, proved for both.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it; and who
-- was needs no right on the tables.

-- Shared cost is divided for spans of months in which the same agreements share the cost of a service.
-- Each key of a service divides all of its shared cost. A share is owed by whoever has the nearest of
-- these agreements: the receiver itself, or a group that it belongs to.
CREATE FUNCTION steering.settlement_charge(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH agreed AS MATERIALIZED (
	SELECT agreed.*, allocation_key.code AS key
	FROM steering.agreed_in(settlement_charge.first_day, settlement_charge.end_day) AS agreed
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = agreed.key_id
), cost AS MATERIALIZED (
	SELECT cost.* FROM steering.settled_cost(settlement_charge.first_day, settlement_charge.end_day) AS cost
), charged AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.form, agreed.price::numeric AS price,
		agreed.unused_percent, charge.*
	FROM agreed
	LEFT JOIN cost AS used ON used.agreement_id = agreed.agreement_id
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, coalesce(used.volume, 0), agreed.unused_percent) AS charge
	WHERE agreed.form <> 'key_share'
), edge AS (
	SELECT agreed.service_id, edge.day
	FROM agreed
	CROSS JOIN LATERAL (VALUES (settlement_charge.first_day), (lower(agreed.during)), (upper(agreed.during))) AS edge (day)
	WHERE agreed.form = 'key_share' AND edge.day < settlement_charge.end_day
	GROUP BY agreed.service_id, edge.day
), span AS MATERIALIZED (
	SELECT edge.service_id, edge.day AS first_day,
		lead(edge.day, 1, settlement_charge.end_day) OVER (PARTITION BY edge.service_id ORDER BY edge.day) AS end_day
	FROM edge
), pool AS MATERIALIZED (
	SELECT span.service_id, span.first_day, span.end_day, coalesce(sum(cost.amount), 0) AS amount
	FROM span
	LEFT JOIN cost ON cost.line = 'shared_cost' AND cost.service_id = span.service_id
		AND cost.first_month >= span.first_day AND cost.first_month < span.end_day
	GROUP BY span.service_id, span.first_day, span.end_day
), holder AS MATERIALIZED (
	SELECT pool.service_id, pool.first_day, pool.end_day, pool.amount AS pool, agreed.agreement_id, agreed.participant_id,
		agreed.key_id, agreed.key
	FROM pool
	JOIN agreed ON agreed.service_id = pool.service_id AND agreed.form = 'key_share' AND agreed.during @> pool.first_day
), keyed AS MATERIALIZED (
	SELECT DISTINCT holder.service_id, holder.first_day, holder.end_day, holder.pool, holder.key_id, holder.key FROM holder
), divided AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.key_id, keyed.key, weighed.participant_id,
		steering.allocated(round(keyed.pool, 2), weighed.weight, 0.01, 'unallocated') OVER (
			PARTITION BY keyed.service_id, keyed.first_day, keyed.key_id
			ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.service_id) AS share,
		sum(weighed.weight) OVER (PARTITION BY keyed.service_id, keyed.first_day, keyed.key_id) > 0 AS is_divided
	FROM (SELECT DISTINCT keyed.first_day, keyed.end_day FROM keyed) AS days
	CROSS JOIN LATERAL steering.key_weight_in(days.first_day, days.end_day) AS weighed
	JOIN keyed ON keyed.first_day = days.first_day AND keyed.end_day = days.end_day AND keyed.key_id = weighed.key_id
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
), scope AS MATERIALIZED (
	SELECT divided.service_id, divided.first_day, divided.key_id, divided.participant_id, participant_below.top_id, participant_below.depth
	FROM divided
	JOIN steering.participant_below ON participant_below.participant_id = divided.participant_id
), nearest AS (
	SELECT DISTINCT ON (scope.service_id, scope.first_day, scope.key_id, scope.participant_id)
		scope.service_id, scope.first_day, scope.key_id, scope.participant_id, holder.agreement_id,
		holder.key_id = scope.key_id AS by_this_key
	FROM scope
	JOIN holder ON holder.service_id = scope.service_id AND holder.first_day = scope.first_day
		AND holder.participant_id = scope.top_id
	ORDER BY scope.service_id, scope.first_day, scope.key_id, scope.participant_id, scope.depth
), shared AS MATERIALIZED (
	SELECT divided.service_id, divided.key, divided.share,
		CASE WHEN nearest.by_this_key THEN nearest.agreement_id END AS agreement_id
	FROM divided
	LEFT JOIN nearest ON nearest.service_id = divided.service_id AND nearest.first_day = divided.first_day
		AND nearest.key_id = divided.key_id AND nearest.participant_id = divided.participant_id
)
SELECT 'agreed', charged.service_id, charged.participant_id, charged.agreement_id, NULL::text,
	CASE WHEN charged.form IN ('price_volume', 'base_plus') THEN charged.agreed_volume END,
	CASE WHEN charged.form = 'price_volume' THEN charged.price END, charged.agreed
FROM charged
UNION ALL
SELECT 'excess', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.excess_volume, charged.price, charged.excess
FROM charged
WHERE charged.form <> 'lump_sum' AND charged.excess_volume <> 0
UNION ALL
SELECT 'unused', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.unused_volume, trim_scale(charged.price * charged.unused_percent * 0.01), charged.unused
FROM charged
WHERE charged.unused_percent IS NOT NULL AND charged.unused_volume <> 0
UNION ALL
SELECT 'share', holding.service_id, holding.participant_id, holding.agreement_id, holding.key,
	round(100 * owed.amount / nullif(holding.pool, 0), 4), holding.pool, coalesce(owed.amount, 0)
FROM (SELECT holder.service_id, holder.participant_id, holder.agreement_id, holder.key, sum(holder.pool) AS pool
	  FROM holder
	  GROUP BY holder.service_id, holder.participant_id, holder.agreement_id, holder.key) AS holding
LEFT JOIN (SELECT shared.agreement_id, sum(shared.share) AS amount
	  FROM shared
	  GROUP BY shared.agreement_id) AS owed ON owed.agreement_id = holding.agreement_id
UNION ALL
SELECT 'advance', agreed.service_id, agreed.participant_id, agreed.agreement_id, NULL,
	agreed.months, agreed.advance::numeric, - agreed.months * agreed.advance::numeric
FROM agreed
WHERE agreed.advance IS NOT NULL
UNION ALL
SELECT cost.line, cost.service_id, NULL, cost.agreement_id, NULL, NULL, NULL, cost.amount
FROM cost
WHERE cost.line <> 'shared_cost'
UNION ALL
SELECT 'shared_cost', cost.service_id, NULL, NULL, NULL, NULL, NULL, sum(cost.amount)
FROM cost
WHERE cost.line = 'shared_cost'
GROUP BY cost.service_id
UNION ALL
SELECT 'divided_cost', keyed.service_id, NULL, NULL, keyed.key, NULL, NULL, sum(keyed.pool)
FROM keyed
GROUP BY keyed.service_id, keyed.key
UNION ALL
SELECT 'unowed_cost', left_over.service_id, NULL, NULL, left_over.key, NULL, NULL, sum(left_over.amount)
FROM (
	SELECT shared.service_id, shared.key, shared.share AS amount FROM shared WHERE shared.agreement_id IS NULL
	UNION ALL
	SELECT keyed.service_id, keyed.key, keyed.pool - CASE WHEN whole.is_divided THEN round(keyed.pool, 2) ELSE 0 END
	FROM keyed
	LEFT JOIN (SELECT DISTINCT divided.service_id, divided.first_day, divided.key_id, divided.is_divided FROM divided) AS whole
		ON whole.service_id = keyed.service_id AND whole.first_day = keyed.first_day AND whole.key_id = keyed.key_id
) AS left_over
GROUP BY left_over.service_id, left_over.key;
END;
REVOKE ALL ON FUNCTION steering.settlement_charge(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_charge(date, date) IS
'the lines of compute_settlement() that agreements alone decide, for the months between first_day and before end_day';

CREATE FUNCTION steering.compute_settlement(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH charge AS MATERIALIZED (
	SELECT charge.* FROM steering.settlement_charge(compute_settlement.first_day, compute_settlement.end_day) AS charge
), rewarded AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.during,
		agreed.incentive_maximum::numeric AS maximum, coalesce(agreed.agreed_cost::numeric, charge.amount) AS agreed
	FROM steering.agreed_in(compute_settlement.first_day, compute_settlement.end_day) AS agreed
	JOIN charge ON charge.agreement_id = agreed.agreement_id AND charge.line IN ('agreed', 'share')
	WHERE agreed.incentive_maximum IS NOT NULL
), attained AS MATERIALIZED (
	SELECT days.during, result.service_id, result.participant_id, sum(result.incentive_percent) AS percent
	FROM (SELECT DISTINCT rewarded.during FROM rewarded) AS days
	CROSS JOIN LATERAL steering.result_in(lower(days.during), upper(days.during)) AS result
	WHERE result.incentive_percent IS NOT NULL
	GROUP BY days.during, result.service_id, result.participant_id
), incentive AS MATERIALIZED (
	SELECT rewarded.service_id, rewarded.participant_id, rewarded.agreement_id, attained.percent, rewarded.agreed,
		least(greatest(round(rewarded.agreed * attained.percent * 0.01, 2), - rewarded.maximum), rewarded.maximum) AS amount
	FROM rewarded
	JOIN attained ON attained.during = rewarded.during AND attained.service_id = rewarded.service_id
		AND attained.participant_id = rewarded.participant_id
), result AS MATERIALIZED (
	SELECT total.amount, coalesce(round(total.amount * rule.percent * 0.01, 2), 0) AS shared, rule.key_id, allocation_key.code AS key
	FROM (SELECT coalesce(sum(charge.amount) FILTER (WHERE charge.line IN ('agreed', 'excess', 'unused', 'share')), 0)
			+ (SELECT coalesce(sum(incentive.amount), 0) FROM incentive)
			- sum(charge.amount) FILTER (WHERE charge.line = 'booked_cost') AS amount
		  FROM charge) AS total
	LEFT JOIN steering.result_share AS rule ON rule.during @> (compute_settlement.end_day - 1)
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = rule.key_id
), divided AS MATERIALIZED (
	SELECT weighed.participant_id, result.key, result.shared,
		100 * weighed.weight / nullif(sum(weighed.weight) OVER (), 0) AS percent,
		steering.allocated(result.shared, weighed.weight, 0.01, 'unallocated') OVER (
			ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.service_id) AS share
	FROM result
	JOIN steering.key_weight_in(compute_settlement.first_day, compute_settlement.end_day) AS weighed
		ON weighed.key_id = result.key_id
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
)
SELECT charge.*, NULL::integer FROM charge
UNION ALL
SELECT 'incentive', incentive.service_id, incentive.participant_id, incentive.agreement_id, NULL,
	incentive.percent, incentive.agreed, incentive.amount, NULL
FROM incentive
UNION ALL
SELECT 'result_share', NULL, divided.participant_id, NULL, divided.key, round(divided.percent, 4), - divided.shared,
	- divided.share, NULL
FROM divided
WHERE divided.participant_id IS NOT NULL
UNION ALL
SELECT 'correction', correction.service_id, correction.participant_id, NULL, NULL, NULL, NULL, correction.amount::numeric,
	correction.closing_id
FROM steering.settlement_correction AS correction
WHERE correction.month >= compute_settlement.first_day AND correction.month < compute_settlement.end_day
UNION ALL
SELECT 'result', NULL, NULL, NULL, NULL, NULL, NULL, result.amount, NULL FROM result
UNION ALL
SELECT 'kept_result', NULL, NULL, NULL, result.key, NULL, NULL, result.amount - result.shared, NULL FROM result
UNION ALL
SELECT 'unowed_result', NULL, NULL, NULL, result.key, NULL, NULL,
	coalesce((SELECT sum(divided.share) FROM divided WHERE divided.participant_id IS NULL), 0)
		+ CASE WHEN EXISTS (SELECT FROM divided WHERE divided.percent IS NOT NULL) THEN 0 ELSE result.shared END, NULL
FROM result;
END;
REVOKE ALL ON FUNCTION steering.compute_settlement(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.compute_settlement(date, date) IS
'all settlement lines of the months between first_day and before end_day, as they are now. Those of participants: see settle(). Those of the proof: booked_cost, the actual cost; where it belongs: agreed_cost to an agreement, shared_cost to those who share the cost of a service, other_cost to no agreement; divided_cost, what a key divides, and unowed_cost, what of that nobody owes: shares of those without an agreement, and parts of cents; result, the supplier''s: what participants owe for the period less the actual cost; kept_result, what it does not share, and unowed_result, what it shares with nobody';

CREATE FUNCTION steering.store_settlement(closing integer) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_store_settlement'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.store_settlement(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.store_settlement(integer) IS
'stores the settlement of a closing, read with the latest snapshot, and returns its number';

CREATE FUNCTION steering.require_closed(period daterange) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_require_closed'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.require_closed(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_closed(daterange) IS
'number of the closing of a period, which cannot be reopened until commit. Error: 55000 it is not closed';

CREATE FUNCTION steering.require_open(period daterange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_open'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.require_open(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_open(daterange) IS
'checks that no day of a period is closed, and that none can be until commit. Error: 55000';

CREATE FUNCTION steering.refuse_part(period daterange, closed daterange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_part'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_part(daterange, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_part(daterange, daterange) IS
'raises that a period has only a part of the days of a closed one (55000)';

CREATE FUNCTION steering.close_period(period text, reason text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.store_settlement(steering.close_bookings(close_period.period, close_period.reason));
END;
REVOKE ALL ON FUNCTION steering.close_period(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_period(text, text) IS
'closes a period and stores its settlement; returns the number of the closing. Bookings in it and into it are refused from then on (23S74), and settle() gives what was stored, whatever changes. Waits for running bookings. Errors: those of close_bookings() and settle()';

CREATE FUNCTION steering.reopen_period(period text, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.reopen_bookings(reopen_period.period, reopen_period.reason);
END;
REVOKE ALL ON FUNCTION steering.reopen_period(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reopen_period(text, text) IS
'opens a closed period to bookings again, as it was closed; returns the number of the closing that ends. Its settlement holds no more, and stays readable in steering.settlement. Waits for running bookings. Errors: those of reopen_bookings()';

CREATE FUNCTION steering.correct_settlement(period text, participant text, service text, amount numeric, reason text, into_period text)
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(steering.period_range(correct_settlement.into_period));
INSERT INTO steering.settlement_correction (closing_id, participant_id, service_id, amount, month, reason)
VALUES (steering.require_closed(steering.period_range(correct_settlement.period)),
	steering.participant_number(correct_settlement.participant), steering.service_number(correct_settlement.service),
	correct_settlement.amount, steering.month_of(upper(steering.period_range(correct_settlement.into_period)) - 1),
	correct_settlement.reason)
RETURNING correction_id;
END;
REVOKE ALL ON FUNCTION steering.correct_settlement(text, text, text, numeric, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.correct_settlement(text, text, text, numeric, text, text) IS
'corrects the settlement of a closed period by an amount (positive: owed, negative: given back) that becomes a line in the settlement of an open one, with the last month of into_period; returns the number of the correction. What was wrong is corrected by a correction of that. Errors: 22004 null, those of period_range(), 55000 period is not closed or into_period not open, 22023 unknown code, 23502 amount or reason is null, 23514 amount zero or not in whole cents, reason empty';

-- A period may have closed periods in it: each was settled by itself, and so is each range between them.
CREATE FUNCTION steering.settlement_in(during daterange)
RETURNS TABLE (piece daterange, closing_id integer, line text, service_id integer, participant_id integer,
	agreement_id integer, key text, quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT closing.during, closing.closing_id, stored.line, stored.service_id, stored.participant_id, stored.agreement_id,
	stored.key, stored.quantity, stored.price, stored.amount::numeric, stored.corrects
FROM steering.closing
JOIN steering.settlement_line AS stored ON stored.closing_id = closing.closing_id
WHERE closing.reopened_at IS NULL AND closing.during <@ settlement_in.during
UNION ALL
SELECT piece.during, NULL, computed.*
FROM (SELECT unnest(datemultirange(settlement_in.during) - coalesce(range_agg(closing.during), '{}'::datemultirange)) AS during
	  FROM steering.closing
	  WHERE closing.reopened_at IS NULL AND closing.during <@ settlement_in.during) AS piece
CROSS JOIN LATERAL steering.compute_settlement(lower(piece.during), upper(piece.during)) AS computed;
END;
REVOKE ALL ON FUNCTION steering.settlement_in(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_in(daterange) IS
'all settlement lines of a range of whole months: stored ones of the closed periods in it, and computed ones of each range of months between them';

CREATE FUNCTION steering.settle(period text)
RETURNS TABLE (participant text, service text, agreement_id integer, line text, quantity numeric, price numeric,
	amount numeric, valid_from date, valid_to date, closing_id integer, corrects integer)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.refuse_part(steering.period_range(settle.period), closing.during)
FROM steering.closing
WHERE closing.reopened_at IS NULL AND closing.during && steering.period_range(settle.period)
	AND NOT closing.during <@ steering.period_range(settle.period);
SELECT participant.code, service.code, settled.agreement_id, settled.line, settled.quantity, settled.price, round(settled.amount, 2),
	lower(settled.piece), upper(settled.piece) - 1, settled.closing_id, settled.corrects
FROM steering.settlement_in(steering.period_range(settle.period)) AS settled
JOIN steering.participant ON participant.participant_id = settled.participant_id
LEFT JOIN steering.service ON service.service_id = settled.service_id
ORDER BY participant.code COLLATE "C", service.code COLLATE "C" NULLS LAST, settled.piece, settled.agreement_id,
	array_position(ARRAY['agreed', 'excess', 'unused', 'share', 'incentive', 'advance', 'result_share', 'correction'], settled.line),
	settled.corrects, settled.amount;
END;
REVOKE ALL ON FUNCTION steering.settle(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.settle(text) IS
'what each participant owes (positive) or gets (negative) for a period, in whole cents. By agreement, with its exact share of the months: agreed, excess and unused as agreement_charge() says for the actual volume that the agreement covers; share of the actual cost of a service by an allocation key, divided by the largest remainder; incentive, the sum of the percentages of the service''s indicators of the agreed money (of what is owed, where none was agreed beforehand), bonus or malus, limited to incentive_maximum; advance, paid before. result_share: the participant''s part of the supplier''s gain (negative) or loss, see set_result_share(). correction of an earlier settlement. A closed period gives what was stored when it was closed; months that are not closed (closing_id is null) are computed and may change. It shows all participants; each can read its own closed ones in steering.settlement. Errors: those of period_range(), 55000 the period has only a part of a closed one, 22003 an amount does not fit';

CREATE FUNCTION steering.settlement_proof(period text)
RETURNS TABLE (item text, service text, key text, total numeric, parts numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.refuse_part(steering.period_range(settlement_proof.period), closing.during)
FROM steering.closing
WHERE closing.reopened_at IS NULL AND closing.during && steering.period_range(settlement_proof.period)
	AND NOT closing.during <@ steering.period_range(settlement_proof.period);
WITH settled AS MATERIALIZED (
	SELECT settled.* FROM steering.settlement_in(steering.period_range(settlement_proof.period)) AS settled
), proof AS (
	SELECT 1 AS step, 'booked_cost' AS item, NULL::integer AS service_id, NULL::text AS key,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) AS total,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed_cost', 'shared_cost', 'other_cost')), 0) AS parts
	FROM settled
	UNION ALL
	SELECT 2, 'divided_cost', settled.service_id, settled.key,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'divided_cost'), 0),
		coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('share', 'unowed_cost')), 0)
	FROM settled
	WHERE settled.line IN ('divided_cost', 'share', 'unowed_cost')
	GROUP BY settled.service_id, settled.key
	UNION ALL
	SELECT 3, settled.line, settled.service_id, settled.key, sum(settled.amount), NULL
	FROM settled
	WHERE settled.line IN ('other_cost', 'unowed_cost') AND settled.amount <> 0
	GROUP BY settled.line, settled.service_id, settled.key
	UNION ALL
	SELECT 4, settled.line, NULL, NULL, sum(settled.amount), NULL
	FROM settled
	WHERE settled.participant_id IS NOT NULL
	GROUP BY settled.line
	UNION ALL
	SELECT 5, 'result', NULL, NULL,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0),
		coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed', 'excess', 'unused', 'share', 'incentive')), 0)
			- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0)
	FROM settled
	UNION ALL
	SELECT 6, 'shared_result', NULL, NULL,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0)
			- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'kept_result'), 0),
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'unowed_result'), 0)
			- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result_share'), 0)
	FROM settled
	UNION ALL
	SELECT 7, settled.line, NULL, NULL, sum(settled.amount), NULL
	FROM settled
	WHERE settled.line IN ('kept_result', 'unowed_result')
	GROUP BY settled.line
	UNION ALL
	SELECT 8, 'to_pay', NULL, NULL, coalesce(sum(settled.amount), 0), coalesce(sum(round(settled.amount, 2)), 0)
	FROM settled
	WHERE settled.participant_id IS NOT NULL
)
SELECT proof.item, service.code, proof.key, proof.total, proof.parts, proof.total - proof.parts
FROM proof
LEFT JOIN steering.service ON service.service_id = proof.service_id
ORDER BY proof.step, proof.item, service.code COLLATE "C", proof.key COLLATE "C";
END;
REVOKE ALL ON FUNCTION steering.settlement_proof(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_proof(text) IS
'proves that the lines of settle() add up: each difference is 0. booked_cost: the actual cost of the period, and its parts under agreements, shared, and under none; divided_cost of a service: what a key divides, and its shares with what nobody owes; then what is under no agreement (other_cost) and what nobody owes (unowed_cost), per service; the sum of each kind of line; result: the supplier''s, as shared and as what is owed less the actual cost; shared_result: what of it is shared, and the shares; kept_result and unowed_result: what is not; to_pay: all lines, and all lines in whole cents. Errors: those of settle()';
-- The supplier's health: reserve, risks, and what a period brings. The supplier is the organisation that
-- delivers; all of this is about the organisation as a whole, so it is for nobody who was not granted it.

CREATE TABLE steering.reserve (
	movement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT reserve_pkey PRIMARY KEY,
	booked_on date NOT NULL CONSTRAINT reserve_booked_on_finite CHECK (isfinite(booked_on)),
	amount steering.amount NOT NULL
		CONSTRAINT reserve_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	reason text NOT NULL CONSTRAINT reserve_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.reserve FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.reserve', '');
SELECT pg_catalog.pg_extension_config_dump('steering.reserve_movement_id_seq', '');
COMMENT ON TABLE steering.reserve IS 'movements of the supplier''s reserve, written by book_reserve() alone; rows are only added, and their sum is the reserve';
COMMENT ON COLUMN steering.reserve.movement_id IS 'number of the movement';
COMMENT ON COLUMN steering.reserve.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.reserve.amount IS 'money: positive is added, negative is taken out';
COMMENT ON COLUMN steering.reserve.reason IS 'why';
COMMENT ON COLUMN steering.reserve.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.reserve.role_name IS 'who had logged in';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.reserve
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE FUNCTION steering.book_reserve(booked_on date, amount numeric, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(daterange(book_reserve.booked_on, book_reserve.booked_on, '[]'))
WHERE book_reserve.booked_on IS NOT NULL;
INSERT INTO steering.reserve (booked_on, amount, reason)
VALUES (book_reserve.booked_on, book_reserve.amount::steering.amount, book_reserve.reason)
RETURNING movement_id;
END;
REVOKE ALL ON FUNCTION steering.book_reserve(date, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.book_reserve(date, numeric, text) IS
'adds an amount of money to the supplier''s reserve, or takes it out (negative), from a day on; returns the number of the movement. A wrong one is undone by its opposite. Errors: 23502 null, 23514 amount zero, reason empty or day infinite, 55000 the day is in a closed period, 22003 no amount';

CREATE TABLE steering.risk (
	risk_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT risk_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT risk_code_key UNIQUE CONSTRAINT risk_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	probability numeric NOT NULL CONSTRAINT risk_probability_in_range CHECK (probability BETWEEN 0 AND 1),
	low steering.amount NOT NULL,
	likely steering.amount NOT NULL,
	high steering.amount NOT NULL,
	during daterange NOT NULL CONSTRAINT risk_during_not_empty CHECK (NOT isempty(during)),
	CONSTRAINT risk_amounts_in_order CHECK (0::steering.amount OPERATOR(steering.<=) low
		AND low OPERATOR(steering.<=) likely AND likely OPERATOR(steering.<=) high)
);
REVOKE ALL ON steering.risk FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.risk', '');
SELECT pg_catalog.pg_extension_config_dump('steering.risk_risk_id_seq', '');
COMMENT ON TABLE steering.risk IS 'what may cost the supplier money, each by itself; written by set_risk() and drop_risk() alone';
COMMENT ON COLUMN steering.risk.risk_id IS 'number of the risk';
COMMENT ON COLUMN steering.risk.code IS 'what people call the risk by; it never changes';
COMMENT ON COLUMN steering.risk.name IS 'name for people';
COMMENT ON COLUMN steering.risk.probability IS 'how probable it is that it occurs: 0 to 1';
COMMENT ON COLUMN steering.risk.low IS 'the least that it then costs';
COMMENT ON COLUMN steering.risk.likely IS 'what it then most likely costs';
COMMENT ON COLUMN steering.risk.high IS 'the most that it then costs';
COMMENT ON COLUMN steering.risk.during IS 'the days on which there is this risk';

CREATE FUNCTION steering.set_risk(code text, name text, probability numeric, low numeric, likely numeric, high numeric,
	during daterange DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.risk (code, name, probability, low, likely, high, during)
VALUES (set_risk.code, set_risk.name, set_risk.probability, set_risk.low::steering.amount,
	set_risk.likely::steering.amount, set_risk.high::steering.amount, set_risk.during)
ON CONFLICT ON CONSTRAINT risk_code_key DO UPDATE
	SET name = excluded.name, probability = excluded.probability, low = excluded.low, likely = excluded.likely,
		high = excluded.high, during = excluded.during
RETURNING risk_id;
END;
REVOKE ALL ON FUNCTION steering.set_risk(text, text, numeric, numeric, numeric, numeric, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_risk(text, text, numeric, numeric, numeric, numeric, daterange) IS
'adds a risk to the register, or changes the one with this code; returns its number. It occurs with this probability (0 to 1), and then costs at least low, most likely likely, and at most high. Errors: 23502 null, 23514 probability outside 0 to 1, amounts negative or out of order, empty range, 22003 no amount';

CREATE FUNCTION steering.drop_risk(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.risk WHERE risk.code = drop_risk.code RETURNING risk_id
)
SELECT steering.require_found(count(*), concat('risk "', drop_risk.code, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_risk(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_risk(text) IS 'removes a risk from the register. Error: 42704 there is none with this code';

CREATE FUNCTION steering.resilience(as_of date DEFAULT NULL, certainty numeric DEFAULT 0.9,
	draws integer DEFAULT 100000, seed bigint DEFAULT 1)
RETURNS TABLE (available numeric, risks integer, required numeric, ratio numeric, class text,
	mean numeric, median numeric, highest numeric, covered_percent numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH asked AS (
	SELECT coalesce(resilience.as_of, CURRENT_DATE) AS day
), reserve AS (
	SELECT coalesce(sum(reserve.amount::numeric), 0) AS available
	FROM asked JOIN steering.reserve ON reserve.booked_on <= asked.day
), risk AS (
	SELECT count(*)::integer AS risks,
		coalesce(array_agg(risk.probability::double precision ORDER BY risk.risk_id), '{}') AS probability,
		coalesce(array_agg(risk.low::numeric ORDER BY risk.risk_id), '{}') AS low,
		coalesce(array_agg(risk.likely::numeric ORDER BY risk.risk_id), '{}') AS likely,
		coalesce(array_agg(risk.high::numeric ORDER BY risk.risk_id), '{}') AS high
	FROM asked JOIN steering.risk ON risk.during @> asked.day
)
SELECT reserve.available, risk.risks, drawn.required,
	round(reserve.available / nullif(drawn.required, 0), 2),
	CASE WHEN drawn.required = 0 THEN NULL
		WHEN reserve.available > 2.0 * drawn.required THEN 'A'
		WHEN reserve.available >= 1.4 * drawn.required THEN 'B'
		WHEN reserve.available >= 1.0 * drawn.required THEN 'C'
		WHEN reserve.available >= 0.8 * drawn.required THEN 'D'
		WHEN reserve.available >= 0.6 * drawn.required THEN 'E'
		ELSE 'F' END,
	drawn.mean, drawn.median, drawn.highest, 100 * drawn.covered
FROM reserve
CROSS JOIN risk
CROSS JOIN LATERAL steering.simulate_risk(risk.probability, risk.low, risk.likely, risk.high,
	resilience.certainty::double precision, resilience.draws, resilience.seed, reserve.available) AS drawn;
END;
REVOKE ALL ON FUNCTION steering.resilience(date, numeric, integer, bigint) FROM PUBLIC;
COMMENT ON FUNCTION steering.resilience(date, numeric, integer, bigint) IS
'whether the supplier''s reserve on a day (null: today) bears the risks of that day: the reserve (available), how many risks, the capacity that covers them in this part (certainty) of all draws (required, see simulate_risk()), ratio: available over required (in Dutch weerstandsratio; null: nothing is required), and its class in the norm table of the Nederlands Adviesbureau voor Risicomanagement and the University of Twente, which Dutch municipalities use: A above 2.0 excellent, B from 1.4 more than sufficient, C from 1.0 sufficient, D from 0.8 moderate, E from 0.6 insufficient, F quite insufficient; mean, median and highest of the draws, and the percentage of them that the reserve covers. The same seed gives the same answer. Errors: those of simulate_risk()';

-- What is still to come follows outlook(): each service and participant is expected to bring more cost, as
-- much volume per money as it brought in the open months, and what these bring by the agreements that
-- covered it.
CREATE FUNCTION steering.expected_growth(period text, open_during daterange, as_of date, method text)
RETURNS TABLE (cost numeric, revenue numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
WITH more AS MATERIALIZED (
	SELECT service.service_id, participant.participant_id, coalesce(outlook.expected, outlook.actual) AS expected
	FROM steering.outlook(expected_growth.as_of, expected_growth.method, expected_growth.period) AS outlook
	JOIN steering.service ON service.code = outlook.service
	JOIN steering.participant ON participant.code = outlook.participant
), growth AS MATERIALIZED (
	SELECT service_id, participant_id, coalesce(more.expected, 0) - coalesce(usage.actual::numeric, 0) AS cost
	FROM more
	FULL JOIN steering.usage_between(lower(steering.period_range(expected_growth.period)),
		upper(steering.period_range(expected_growth.period))) AS usage USING (service_id, participant_id)
), cover AS MATERIALIZED (
	SELECT cover.agreement_id, cover.form, cover.amount::numeric AS amount, cover.volume::numeric AS volume,
		growth.cost AS growth,
		nullif(sum(cover.amount::numeric) OVER (PARTITION BY cover.service_id, cover.participant_id), 0) AS whole
	FROM steering.agreement_cover(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS cover
	JOIN growth ON growth.service_id = cover.service_id AND growth.participant_id = cover.participant_id
), used AS MATERIALIZED (
	SELECT cover.agreement_id, sum(cover.volume) AS volume, coalesce(sum(cover.volume * cover.growth / cover.whole), 0) AS growth
	FROM cover
	WHERE cover.form IN ('price_volume', 'base_plus')
	GROUP BY cover.agreement_id
), charged AS (
	SELECT after.agreed + after.excess + after.unused - before.agreed - before.excess - before.unused AS amount
	FROM used
	JOIN steering.agreed_in(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS agreed
		ON agreed.agreement_id = used.agreement_id
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume, agreed.unused_percent) AS before
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume + used.growth, agreed.unused_percent) AS after
), shared AS (
	SELECT CASE WHEN count(*) = 0 THEN 0 ELSE coalesce(sum(cover.amount * cover.growth / cover.whole), 0) * coalesce((
		SELECT sum(line.amount) FILTER (WHERE line.line = 'share') / nullif(sum(line.amount) FILTER (WHERE line.line = 'shared_cost'), 0)
		FROM steering.compute_settlement(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS line), 0) END AS amount
	FROM cover
	WHERE cover.form = 'key_share'
)
SELECT (SELECT coalesce(sum(growth.cost), 0) FROM growth),
	round((SELECT coalesce(sum(charged.amount), 0) FROM charged) + shared.amount, 2)
FROM shared;
END;
REVOKE ALL ON FUNCTION steering.expected_growth(text, daterange, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.expected_growth(text, daterange, date, text) IS
'what a period is expected to bring beyond what has been booked in it: cost, by outlook(), and what participants will owe for that, by the agreements of the months that are open: prices for volume that grows as cost does, and shared cost in the part that is owed of it now';

-- What is owed follows from the volumes of all months together, so what a step brings is what is owed for
-- all months until its end less what was until its start: the steps add up to the total. A closed period
-- keeps what was stored; what it had brought before its end is computed.
CREATE FUNCTION steering.supplier_health(period text, per text DEFAULT 'month', as_of date DEFAULT NULL, method text DEFAULT NULL)
RETURNS TABLE (step text, valid_from date, valid_to date, is_total boolean, revenue numeric, cost numeric, result numeric,
	coverage numeric, kept numeric, reserve_change numeric, reserve numeric, expected_revenue numeric, expected_cost numeric,
	expected_result numeric, expected_coverage numeric, expected_reserve numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 13 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.refuse_part(steering.period_range(supplier_health.period), closing.during)
FROM steering.closing
WHERE closing.reopened_at IS NULL AND closing.during && steering.period_range(supplier_health.period)
	AND NOT closing.during <@ steering.period_range(supplier_health.period);
WITH asked AS MATERIALIZED (
	SELECT steering.period_range(supplier_health.period) AS during,
		CASE steering.granularity(steering.fiscal_period(lower(steering.period_range(supplier_health.period)), supplier_health.per))
			WHEN 'month' THEN interval '1 month' WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END AS length
), step AS MATERIALIZED (
	SELECT first_day::date AS first_day, least((first_day + asked.length)::date, upper(asked.during)) AS end_day, false AS is_total
	FROM asked
	CROSS JOIN LATERAL generate_series(lower(asked.during)::timestamp, upper(asked.during) - interval '1 day', asked.length) AS first_day
	UNION ALL
	SELECT lower(asked.during), upper(asked.during), true FROM asked
), piece AS MATERIALIZED (
	SELECT closing.during, closing.closing_id
	FROM asked
	JOIN steering.closing ON closing.reopened_at IS NULL AND closing.during <@ asked.during
	UNION ALL
	SELECT unnest(datemultirange(asked.during) - coalesce((
		SELECT range_agg(closing.during) FROM steering.closing
		WHERE closing.reopened_at IS NULL AND closing.during <@ asked.during), '{}'::datemultirange)), NULL
	FROM asked
), part AS MATERIALIZED (
	SELECT DISTINCT piece.during, piece.closing_id, least(upper(piece.during), step.end_day) AS end_day
	FROM piece
	JOIN step ON step.end_day > lower(piece.during)
), line AS (
	SELECT part.during, part.end_day, stored.line, stored.amount::numeric AS amount
	FROM part
	JOIN steering.settlement_line AS stored ON stored.closing_id = part.closing_id
	WHERE part.end_day = upper(part.during)
	UNION ALL
	SELECT part.during, part.end_day, computed.line, computed.amount
	FROM part
	CROSS JOIN LATERAL steering.compute_settlement(lower(part.during), part.end_day) AS computed
	WHERE part.closing_id IS NULL OR part.end_day < upper(part.during)
), settled AS MATERIALIZED (
	SELECT line.during, line.end_day,
		coalesce(sum(line.amount) FILTER (WHERE line.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'correction')), 0) AS revenue,
		coalesce(sum(line.amount) FILTER (WHERE line.line = 'booked_cost'), 0) AS cost,
		coalesce(sum(line.amount) FILTER (WHERE line.line = 'result_share'), 0) AS given
	FROM line
	GROUP BY line.during, line.end_day
), to_date AS MATERIALIZED (
	SELECT edge.day, sum(settled.revenue) AS revenue, sum(settled.cost) AS cost, sum(settled.given) AS given
	FROM (SELECT step.end_day AS day FROM step GROUP BY step.end_day) AS edge
	JOIN settled ON settled.end_day = least(upper(settled.during), edge.day)
	GROUP BY edge.day
), growth AS MATERIALIZED (
	SELECT growth.cost, growth.revenue,
		growth.revenue - growth.cost - round((growth.revenue - growth.cost) * coalesce(shared.percent, 0) * 0.01, 2) AS kept
	FROM (SELECT piece.during, least(coalesce(supplier_health.as_of, CURRENT_DATE), upper(piece.during) - 1) AS day, asked.during AS asked
		  FROM asked CROSS JOIN piece
		  WHERE piece.closing_id IS NULL AND upper(piece.during) = (SELECT max(upper(piece.during)) FROM piece WHERE piece.closing_id IS NULL)) AS last
	CROSS JOIN LATERAL steering.expected_growth(supplier_health.period, last.during, last.day, supplier_health.method) AS growth
	LEFT JOIN steering.result_share AS shared ON shared.during @> (upper(last.during) - 1)
	WHERE last.asked @> last.day
), brought AS (
	SELECT step.*, after.revenue - coalesce(before.revenue, 0) AS revenue, after.cost - coalesce(before.cost, 0) AS cost,
		after.given - coalesce(before.given, 0) AS given
	FROM step
	JOIN to_date AS after ON after.day = step.end_day
	LEFT JOIN to_date AS before ON before.day = step.first_day
)
SELECT steering.name_period(daterange(brought.first_day, brought.end_day)), brought.first_day, brought.end_day - 1, brought.is_total,
	round(brought.revenue, 4), round(brought.cost, 4), round(brought.revenue - brought.cost, 4),
	round(100 * brought.revenue / nullif(brought.cost, 0), 2),
	round(brought.revenue - brought.cost + brought.given, 4),
	round(coalesce(moved.within, 0), 4), round(coalesce(moved.until, 0), 4),
	round(brought.revenue + growth.revenue, 4), round(brought.cost + growth.cost, 4),
	round(brought.revenue + growth.revenue - brought.cost - growth.cost, 4),
	round(100 * (brought.revenue + growth.revenue) / nullif(brought.cost + growth.cost, 0), 2),
	round(coalesce(moved.until, 0) + brought.revenue - brought.cost + brought.given + growth.kept, 4)
FROM brought
LEFT JOIN growth ON brought.is_total
CROSS JOIN LATERAL (
	SELECT sum(reserve.amount::numeric) FILTER (WHERE reserve.booked_on >= brought.first_day) AS within,
		sum(reserve.amount::numeric) AS until
	FROM steering.reserve
	WHERE reserve.booked_on < brought.end_day
) AS moved
ORDER BY brought.is_total, brought.first_day;
END;
REVOKE ALL ON FUNCTION steering.supplier_health(text, text, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.supplier_health(text, text, date, text) IS
'how the supplier does in a period: for each month, quarter or year (per; null: none) of it, counted from its first day, and in total. revenue: what participants owe by their agreements, incentives and corrections included, see settle(); cost: what was booked as actual; result: the one less the other; coverage: the one as a percentage of the other; kept: the result less what participants share of it; reserve_change: movements of the reserve, and reserve: what it is at the end. A step brings what is owed for all months until its end, less what was until its start, so the steps add up to the total.
In the total also what is expected at the end of the period, by what was booked until as_of (null: today) and outlook() with this method (null: the best): expected_cost; expected_revenue, what is owed now for the whole period and what the cost to come will bring, see expected_growth(); expected_result and expected_coverage; expected_reserve, the reserve when what the supplier then keeps is added to it. They are null before the period, and in periods that are closed as a whole. Errors: those of settle() and outlook(), 22023 another per';
-- What is not being enforced now, and why: the problems that all topics have views of.

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
SELECT pg_rewrite.ev_class::regclass::text, 'rule without source', 'It belongs to no source, and MERGE into it is refused.',
	format('attach it again, or DROP RULE sp71_steering_no_merge ON %s', pg_rewrite.ev_class::regclass)
FROM pg_catalog.pg_rewrite
WHERE pg_rewrite.rulename = 'sp71_steering_no_merge'
	AND pg_rewrite.ev_class NOT IN (SELECT source_tree.relation FROM steering.source_tree);
REVOKE ALL ON steering.merge_problem FROM PUBLIC;
COMMENT ON VIEW steering.merge_problem IS 'health(): partitioned sources that let MERGE in';
COMMENT ON COLUMN steering.merge_problem.subject IS 'a table';
COMMENT ON COLUMN steering.merge_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.merge_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.merge_problem.hint IS 'what to do';

-- OR REPLACE: 0.1.0 has it, without what later topics know of. Compiling the query would take longer than
-- running it.
CREATE OR REPLACE FUNCTION steering.health() RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT * FROM steering.session_problem
UNION ALL
SELECT * FROM steering.event_trigger_problem
UNION ALL
SELECT * FROM steering.trigger_problem
UNION ALL
SELECT * FROM steering.merge_problem
UNION ALL
SELECT * FROM steering.source_problem
UNION ALL
SELECT * FROM steering.cap_problem
UNION ALL
SELECT * FROM steering.closing_problem
ORDER BY 2, 1, 3;
END;
REVOKE ALL ON FUNCTION steering.health() FROM PUBLIC;
COMMENT ON FUNCTION steering.health() IS 'what is not being enforced now, and why; no row is right. It looks at settings, triggers, rules, sources, caps and closed periods, not at the rows: verify() does';
