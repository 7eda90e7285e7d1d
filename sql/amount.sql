-- steering.amount: 64-bit fixed point with four decimals.

-- The SQLSTATE that a statement ends with; 00000 if none.
CREATE FUNCTION pg_temp.sqlstate_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN '00000';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- Whether the plan of a query has a node.
CREATE FUNCTION pg_temp.plan_has(query text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF strpos(line, node) > 0 THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;

--
-- Text
--

-- An amount prints two decimals, or as many of four as it needs.
SELECT input, input::steering.amount AS amount
FROM unnest(ARRAY['0', '-0', '1', '-1', '12.5', '12.50', '12.345', '12.3456', '0.0001', '-0.0001', '.5', '5.', '+7',
	'00000000000000000000000000012', '1234567.8900', '922337203685477.5807', '-922337203685477.5808']) AS input;
SELECT E' \t\n 42 \r\f\x0b'::steering.amount AS between_blanks;

-- An exponent is read as numeric reads it.
SELECT input, input::steering.amount AS amount
FROM unnest(ARRAY['1e3', '1E+3', '12345e-4', '12345e-5', '0.000000000000012345e15', '5e-5', '-5e-5', '4e-5', '9e-6', '1e-300',
	'0e99999999999999999999', '9223372036854775807e-4', '-9.223372036854775808E14']) AS input;

-- Further decimals are rounded half away from zero.
SELECT input, input::steering.amount AS amount, input::numeric::steering.amount AS by_numeric
FROM unnest(ARRAY['0.00005', '-0.00005', '0.00004999999999999999999999', '-0.00004999999999999999999999', '0.00015', '0.00025',
	'1.23445', '-1.23445', '1.99995', '-1.99995', '9999.99995', '922337203685477.58074999', '-922337203685477.58084999',
	'0.000000000000000000000000000001']) AS input;

-- What is no number is 22P02, and named.
SELECT 'abc'::steering.amount;
SELECT ''::steering.amount;
SELECT 'NaN'::steering.amount;
SELECT 'Infinity'::steering.amount;
SELECT '1.234,56'::steering.amount;
SELECT input, pg_temp.sqlstate_of(format('SELECT %L::steering.amount', input))
FROM unnest(ARRAY[' ', '.', '+', '-', '--1', '+-1', '- 1', '1 2', '1,5', '1.2.3', '1..2', 'e5', '.e5', '1e', '1e+', '1e 5',
	'1e1.5', '1e5e5', '0x10', '1_000', 'inf', '-Infinity', 'EUR 5', '5 EUR', '5-', '(5)', 'true', 'NULL']) AS input;

-- What does not fit is 22003, and named; it never wraps.
SELECT '922337203685477.5808'::steering.amount;
SELECT '-922337203685477.5809'::steering.amount;
SELECT input, pg_temp.sqlstate_of(format('SELECT %L::steering.amount', input))
FROM unnest(ARRAY['922337203685477.58075', '-922337203685477.58085', '922337203685478', '1844674407370955.1615',
	'1844674407370955.1616', '1844674407370955.16155', '18446744073709551616', '99999999999999999999', '1e15', '1e300',
	'1e99999999999999999999', '-1e15']) AS input;

-- Too many digits are an error, unless they are zeros in front or a fraction that numeric takes too.
SELECT what, pg_temp.sqlstate_of(format('SELECT %L::steering.amount', input))
FROM (VALUES
	('100000 nines', repeat('9', 100000)),
	('100000 zeros and a one', repeat('0', 100000) || '1'),
	('a one and 100000 zeros', '1' || repeat('0', 100000)),
	('a one and 100000 zeros, scaled down', '1' || repeat('0', 100000) || 'e-100000'),
	('16383 decimals', '0.' || repeat('3', 16383)),
	('16384 decimals', '0.' || repeat('3', 16384)),
	('decimals and an exponent that add up', '0.' || repeat('0', 2000000) || '1e2000001')) AS v (what, input);
SELECT ('0.' || repeat('0', 2000000) || '1e2000001')::steering.amount AS one;

--
-- Casts
--

SELECT 32767::smallint::steering.amount, (-2147483648)::integer::steering.amount, 922337203685477::bigint::steering.amount,
	1.00005::numeric::steering.amount;
SELECT 922337203685478::bigint::steering.amount;
SELECT (-922337203685478)::bigint::steering.amount;
SELECT 'NaN'::numeric::steering.amount;
SELECT '-Infinity'::numeric::steering.amount;
SELECT 922337203685477.58075::steering.amount;
SELECT 1e30::steering.amount;
SELECT 1.5::double precision::steering.amount;

-- Whole numbers are rounded half away from zero; decimals are lost only when asked for.
SELECT a, a::numeric, a::bigint, a::integer, a::smallint, a::double precision
FROM unnest('{0, 0.5, -0.5, 1.4999, 32767.4999, -32768.4999}'::steering.amount[]) AS a;
SELECT pg_temp.sqlstate_of(format('SELECT %L::steering.amount::%s', a, t)), a, t
FROM (VALUES ('32767.5', 'smallint'), ('2147483647.5', 'integer'), ('2147483647.4999', 'integer'),
	('922337203685477.5807', 'bigint')) AS v (a, t);
CREATE TEMPORARY TABLE assigned (a steering.amount, n numeric, i integer);
INSERT INTO assigned (a, n) SELECT 1::smallint, '1.5'::steering.amount UNION ALL SELECT 2, '2'::steering.amount;
INSERT INTO assigned (a) SELECT 3::bigint UNION ALL SELECT 4.00005;
INSERT INTO assigned (i) SELECT '1.5'::steering.amount;
INSERT INTO assigned (a) SELECT 1.5::double precision;
SELECT a, n FROM assigned ORDER BY a;

-- The usual expressions of a report stay amounts.
SELECT coalesce(NULL::steering.amount, 0) AS coalesced, pg_typeof(coalesce(NULL::steering.amount, 0)),
	greatest('1.5'::steering.amount, 2) AS greatest, pg_typeof(CASE WHEN true THEN '1'::steering.amount ELSE 0 END);
-- Functions over numeric take them.
SELECT round('12.345'::steering.amount, 2), to_char('1234.5'::steering.amount, 'FM9,990.00'), floor('-1.5'::steering.amount);

-- Both ways into an amount agree with numeric around every power of ten and every rounding edge.
WITH edge AS (
	SELECT sign * (whole + tail) AS n
	FROM unnest('{1, -1}'::numeric[]) AS sign,
		(SELECT 10::numeric ^ e + d FROM generate_series(-6, 15) AS e, unnest('{-1, 0, 1}'::numeric[]) AS d
		 UNION ALL SELECT 10000::numeric ^ e * d FROM generate_series(-3, 3) AS e, unnest('{1, 4999, 5000, 9999}'::numeric[]) AS d
		 UNION ALL SELECT 922337203685477.5807 + d / 10000 FROM generate_series(-3, 3) AS d) AS w (whole),
		unnest('{0, 0.0001, 0.00004, 0.00005, 0.00006, 0.000049999999999, 0.00005000000000001, 0.99995, 0.499949999}'::numeric[]) AS tail
), expected AS (
	SELECT n, CASE WHEN round(n, 4) BETWEEN -922337203685477.5808 AND 922337203685477.5807 THEN '00000' ELSE '22003' END AS state
	FROM edge
)
SELECT count(*) > 1500 AS many,
	count(*) FILTER (WHERE state = '22003') > 100 AS out_of_range,
	count(*) FILTER (WHERE pg_temp.sqlstate_of(format('SELECT %L::steering.amount', n)) <> state) AS wrong_text,
	count(*) FILTER (WHERE pg_temp.sqlstate_of(format('SELECT %L::numeric::steering.amount', n)) <> state) AS wrong_numeric,
	count(*) FILTER (WHERE CASE WHEN state = '00000' THEN n::text::steering.amount::numeric <> round(n, 4) END) AS wrong_by_text,
	count(*) FILTER (WHERE CASE WHEN state = '00000' THEN n::steering.amount::numeric <> round(n, 4) END) AS wrong_by_numeric,
	count(*) FILTER (WHERE CASE WHEN state = '00000' THEN n::steering.amount::text::numeric <> round(n, 4) END) AS wrong_print
FROM expected;

--
-- Binary
--

SELECT a, steering.amount_send(a)
FROM unnest('{0, 0.0001, -0.0001, 1, 922337203685477.5807, -922337203685477.5808}'::steering.amount[]) AS a;

-- COPY takes them there and back, and refuses what has another width.
\getenv abs_builddir PG_ABS_BUILDDIR
\cd :abs_builddir
CREATE TEMPORARY TABLE binary_out AS
SELECT a, a::numeric::integer AS i, a::numeric AS n
FROM unnest('{0, 0.0001, -0.0001, 12345.6789, NULL}'::steering.amount[]) AS a;
INSERT INTO binary_out (a) VALUES ('922337203685477.5807'), ('-922337203685477.5808');
CREATE TEMPORARY TABLE binary_in (a steering.amount);
\copy binary_out (a) to 'results/amount.data' (format binary)
\copy binary_in from 'results/amount.data' (format binary)
SELECT a FROM binary_in ORDER BY a;
(TABLE binary_in EXCEPT ALL SELECT a FROM binary_out) UNION ALL (SELECT a FROM binary_out EXCEPT ALL TABLE binary_in);
\copy (SELECT i FROM binary_out) to 'results/amount.data' (format binary)
\copy binary_in from 'results/amount.data' (format binary)
\copy (SELECT n FROM binary_out) to 'results/amount.data' (format binary)
\copy binary_in from 'results/amount.data' (format binary)

--
-- Arithmetic
--

-- With the schema in the search_path amounts have operators of their own.
SET search_path = steering, public;

SELECT '1.5'::amount + '2.25' AS added, '1.5'::amount - '2.25' AS subtracted, - '1.5'::amount AS negated,
	abs('-1.5'::amount) AS absolute, '1.5'::amount * 3 AS multiplied, 3 * '1.5'::amount AS multiplied_too,
	'1.5'::amount * 3::bigint AS multiplied_by_bigint;
-- Whole numbers join in; with decimals the result is numeric, and so is a ratio.
SELECT e, pg_typeof(e) FROM (SELECT '1.5'::amount + 1 AS e) AS e;
SELECT e, pg_typeof(e) FROM (SELECT '1.5'::amount * 1.21 AS e) AS e;
SELECT e, pg_typeof(e) FROM (SELECT '1.5'::amount / '0.5'::amount AS e) AS e;
SELECT e, pg_typeof(e) FROM (SELECT 3 / '0.5'::amount AS e) AS e;
-- A division by a whole number is rounded half away from zero.
SELECT a, k, a / k AS quotient, a / (-k) AS opposite
FROM (VALUES ('1'::amount, 3), ('2', 3), ('-2', 3), ('0.0001', 2), ('-0.0001', 2), ('0.0003', 2), ('0.0001', 3),
	('0.0005', 10), ('0.0004', 10), ('0', 7)) AS v (a, k);
SELECT '922337203685477.5807'::amount / 9223372036854775807 AS one, '922337203685477.5807'::amount / 2 AS half,
	'-922337203685477.5808'::amount / (-9223372036854775808) AS least, '0.0001'::amount / (-9223372036854775808) AS none;
-- Overflow is an error.
SELECT '922337203685477.5807'::amount + '0.0001';
SELECT '-922337203685477.5808'::amount - '0.0001';
SELECT - '-922337203685477.5808'::amount;
SELECT abs('-922337203685477.5808'::amount);
SELECT '500000000000000'::amount * 2;
SELECT (-2) * '500000000000000'::amount;
SELECT '-922337203685477.5808'::amount / (-1);
SELECT '1'::amount / 0;
SELECT '1'::amount / '0'::amount;

-- Division agrees with numeric.
SELECT count(*) FILTER (WHERE a / k <> round(a::numeric / k, 4)) AS wrong
FROM (SELECT (u::numeric / 10000)::amount AS a, k
	  FROM generate_series(-60, 60) AS u, generate_series(-25, 25) AS k WHERE k <> 0) AS v;

-- Without the schema in the search_path, operators and aggregates are those of numeric: the same figures.
RESET search_path;
SELECT e, pg_typeof(e) FROM (SELECT '1.5'::steering.amount + '2.25' AS e) AS e;
SELECT e, pg_typeof(e) FROM (SELECT sum(a) AS e FROM binary_out) AS e;
SELECT e, pg_typeof(e) FROM (SELECT steering.sum(a) AS e FROM binary_out) AS e;
SELECT avg(a), steering.avg(a) FROM binary_out WHERE abs(a) < 100000;

--
-- Comparison and indexes
--

SET search_path = steering, public;

SELECT a, b, a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
FROM unnest('{-1, 0.0001, 2}'::amount[]) AS a, unnest('{-1, 0.0001}'::amount[]) AS b;

SELECT opcname, amname, amvalidate(c.oid)
FROM pg_opclass AS c JOIN pg_am AS m ON m.oid = c.opcmethod
WHERE opcintype = 'steering.amount'::regtype ORDER BY opcname, amname;

CREATE TABLE amounts (id integer PRIMARY KEY, a amount, n numeric(19, 4), g integer);
INSERT INTO amounts
SELECT i, n, n, i % 7
FROM generate_series(1, 20000) AS i, CAST(((i * 7919::bigint) % 20011 - 10000) / 8.0 AS numeric) AS n
WHERE i % 13 > 0;
INSERT INTO amounts (id, g) SELECT i, i % 7 FROM generate_series(13, 20000, 13) AS i;
INSERT INTO amounts (id, g) VALUES (0, 8), (-1, 8);
CREATE INDEX amounts_a ON amounts (a);
CREATE INDEX amounts_brin ON amounts USING brin (a);
CREATE INDEX amounts_hash ON amounts USING hash (a);
ANALYZE amounts;

SELECT count(*) FILTER (WHERE (a < b) IS DISTINCT FROM (n < m) OR (a = b) IS DISTINCT FROM (n = m)
	OR (a >= b) IS DISTINCT FROM (n >= m)) AS wrong_order
FROM (SELECT a, n, lead(a) OVER w AS b, lead(n) OVER w AS m FROM amounts WINDOW w AS (ORDER BY id)) AS v;
SELECT count(*) FILTER (WHERE rank <> numeric_rank) AS wrong_rank
FROM (SELECT rank() OVER (ORDER BY a) AS rank, rank() OVER (ORDER BY n) AS numeric_rank FROM amounts) AS v;

-- Every kind of index answers, also for a whole number that is not written as an amount.
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT pg_temp.plan_has('SELECT a FROM amounts WHERE a < ''-1249''', 'Index Only Scan using amounts_a') AS indexed,
	pg_temp.plan_has('SELECT a FROM amounts WHERE a > 1248', 'Index Only Scan using amounts_a') AS indexed_by_integer,
	pg_temp.plan_has('SELECT max(a) FROM amounts', 'Index Only Scan Backward using amounts_a') AS indexed_max;
SELECT count(*), min(a), max(a) FROM amounts WHERE a > 1248;
SELECT min(a), max(a) FROM amounts;
DROP INDEX amounts_a;
SELECT pg_temp.plan_has('SELECT id FROM amounts WHERE a = ''0.125''', 'Index Scan using amounts_hash') AS hashed;
SELECT n FROM amounts WHERE a = '0.125';
DROP INDEX amounts_hash;
SET enable_bitmapscan = on;
SELECT pg_temp.plan_has('SELECT id FROM amounts WHERE a >= 1248', 'Bitmap Index Scan on amounts_brin') AS summarized;
SELECT count(*), min(n) FROM amounts WHERE a >= 1248;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- Joins by hash and by merge, groups, distinct values, unique keys, partitions.
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT pg_temp.plan_has('SELECT count(*) FROM amounts AS x JOIN amounts AS y USING (a)', 'Hash Join') AS hashed;
SELECT count(*) FROM amounts AS x JOIN amounts AS y USING (a);
SET enable_mergejoin = on;
SET enable_hashjoin = off;
SELECT pg_temp.plan_has('SELECT count(*) FROM amounts AS x JOIN amounts AS y USING (a)', 'Merge Join') AS merged;
SELECT count(*) FROM amounts AS x JOIN amounts AS y USING (a);
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_nestloop;
SELECT count(DISTINCT a), (SELECT count(*) FROM (SELECT a FROM amounts GROUP BY a) AS v) FROM amounts;
CREATE TABLE unique_amounts (a amount UNIQUE);
INSERT INTO unique_amounts VALUES (1), ('1.00004');
DROP TABLE unique_amounts;
CREATE TABLE parted (a amount) PARTITION BY HASH (a);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT a FROM amounts;
SELECT count(*) AS all, count(DISTINCT tableoid) AS partitions, max(a) FROM parted;
DROP TABLE parted;

--
-- Aggregates
--

SELECT sum(a), avg(a), min(a), max(a), count(a), pg_typeof(sum(a)), pg_typeof(avg(a)) FROM amounts;
SELECT sum(n), avg(n), min(n), max(n), count(n) FROM amounts;
SELECT g, sum(a) IS NOT DISTINCT FROM sum(n)::amount AS sum, avg(a)::text IS NOT DISTINCT FROM avg(n)::text AS avg,
	min(a) IS NOT DISTINCT FROM min(n)::amount AS min, max(a) IS NOT DISTINCT FROM max(n)::amount AS max
FROM amounts GROUP BY g ORDER BY g;
SELECT sum(DISTINCT a) = sum(DISTINCT n) AS distinct, sum(a) FILTER (WHERE g = 3) = sum(n) FILTER (WHERE g = 3) AS filtered FROM amounts;
-- No rows and only nulls give null.
SELECT sum(a), avg(a), min(a), max(a) FROM amounts WHERE false;
SELECT sum(a), avg(a), min(a), max(a) FROM amounts WHERE g = 8;
SELECT coalesce(sum(a), 0) AS none FROM amounts WHERE false;

-- Only the end result must fit.
SELECT sum(a) FROM (VALUES ('922337203685477.5807'::amount), ('922337203685477.5807'), ('-922337203685477.5807')) AS v (a);
SELECT sum(a) FROM (VALUES ('-922337203685477.5808'::amount), ('-922337203685477.5808'), ('922337203685477.5807'), (1)) AS v (a);
SELECT sum(a) FROM (VALUES ('922337203685477.5807'::amount), ('0.0001')) AS v (a);
SELECT sum(a) FROM (VALUES ('-922337203685477.5808'::amount), ('-0.0001')) AS v (a);
SELECT avg(a), avg(a::numeric) FROM (VALUES ('922337203685477.5807'::amount), ('922337203685477.5807'), ('922337203685477.5806')) AS v (a);
SELECT avg(a), avg(a::numeric)
FROM (SELECT '-922337203685477.5808'::amount AS a FROM generate_series(1, 100000) UNION ALL SELECT '922337203685477.5807') AS v;
SELECT avg(a), avg(a::numeric) FROM (VALUES ('0.0001'::amount), ('0.0001'), ('0')) AS v (a);

-- Workers share the work.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT pg_temp.plan_has('SELECT sum(a), avg(a), min(a), max(a) FROM amounts', 'Partial Aggregate') AS parallel,
	pg_temp.plan_has('SELECT g, sum(a) FROM amounts GROUP BY g', 'Partial HashAggregate') AS parallel_groups;
SELECT sum(a), avg(a), min(a), max(a), count(a) FROM amounts;
SELECT g, sum(a), avg(a) FROM amounts GROUP BY g ORDER BY g;
SELECT sum(a), avg(a) FROM amounts WHERE a IS NULL;
SELECT sum(a * 900000000000) / 900000000000 = sum(n) AS wide FROM amounts WHERE a BETWEEN -100 AND 100;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- A window frame that moves takes rows back; its width may be an amount.
SELECT id, a, sum(a) OVER w, avg(a) OVER w AS avg, min(a) OVER w, sum(a) OVER r AS near
FROM (VALUES (1, '1.5'::amount), (2, NULL), (3, NULL), (4, '-2'), (5, '922337203685477.5807')) AS v (id, a)
WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), r AS (ORDER BY a RANGE BETWEEN '1.0001' PRECEDING AND 1 FOLLOWING)
ORDER BY id;
SELECT sum(a) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
FROM (VALUES (5, '922337203685477.5807'::amount), (6, '0.0001')) AS v (id, a);
SELECT count(*) FILTER (WHERE s IS DISTINCT FROM t OR x::text IS DISTINCT FROM y::text) AS wrong
FROM (SELECT sum(a) OVER w AS s, sum(n) OVER w AS t, avg(a) OVER w AS x, avg(n) OVER w AS y
	  FROM amounts WINDOW w AS (PARTITION BY g ORDER BY id ROWS BETWEEN 5 PRECEDING AND 3 FOLLOWING)) AS v;
SELECT count(*) FILTER (WHERE s IS DISTINCT FROM t OR x::text IS DISTINCT FROM y::text) AS wrong
FROM (SELECT sum(a) OVER w AS s, sum(n) OVER w AS t, avg(a) OVER w AS x, avg(n) OVER w AS y
	  FROM amounts WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW)) AS v;
SELECT count(*) FILTER (WHERE s IS DISTINCT FROM t) AS wrong
FROM (SELECT sum(a) OVER w AS s, sum(n) OVER x AS t
	  FROM amounts WINDOW w AS (ORDER BY a RANGE BETWEEN '10.125' PRECEDING AND 3 FOLLOWING),
		x AS (ORDER BY n RANGE BETWEEN 10.125 PRECEDING AND 3 FOLLOWING)) AS v;

DROP TABLE amounts;
RESET search_path;
