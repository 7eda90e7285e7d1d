--
-- steering.cost_result: a cost and what was achieved for it. The ratio of a sum is the ratio of the sums.
--
SET search_path = steering, public;
\set VERBOSITY terse

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
-- Text and parts
--

-- Both sides are amounts, and written as such.
SELECT input, input::cost_result AS pair
FROM unnest(ARRAY['1255100.00 / 1000.00', '1/3', ' 1.5/-2.0001 ', E'\t0\n/\t0\n', '1e3/1e-4', '-0/5', '0.00005/0.00004',
	'922337203685477.5807/-922337203685477.5808']) AS input;
SELECT input, pg_temp.sqlstate_of(format('SELECT %L::cost_result', input))
FROM unnest(ARRAY['', '/', '1', '1/', '/1', '1//2', '1/2/3', '1:2', '(1,2)', '1 2', 'NaN/1', '1/Infinity', 'x/922337203685478',
	'922337203685478/x', '922337203685477.5808/1', '1/922337203685478', '1/-922337203685477.5809', '1/1e20']) AS input;
\set VERBOSITY default
SELECT '12.50'::cost_result;
SELECT '1e20 / 2'::cost_result;
\set VERBOSITY terse

-- Made of two numbers, each rounded half away from zero; null if one is missing, which is not zero.
SELECT cost_result(1255100, 1000), cost_result(0.00005, -0.00005), cost_result(NULL, 1), cost_result(1, NULL);
SELECT cost_result('NaN', 1);
SELECT cost_result(1, 1e15);
SELECT pair, cost(pair), result(pair), per_result(pair), pair::numeric AS as_numeric, pair::double precision AS as_double
FROM unnest('{1255100/1000, 1/3, -2/3, 0/7, 5/0, 0/0, NULL}'::cost_result[]) AS pair;

-- Binary: the units of cost and result, each in 8 bytes. It comes back as it was.
CREATE TABLE sent (pair cost_result);
INSERT INTO sent VALUES ('1255100 / 1000'), ('922337203685477.5807 / -922337203685477.5808'), ('0.0001 / 0'), (NULL);
SELECT cost_result_send(pair) FROM sent;
\copy sent to program 'cat >"$PG_ABS_BUILDDIR/results/cost_result.data"' (format binary)
CREATE TABLE arrived (pair cost_result);
\copy arrived from program 'cat "$PG_ABS_BUILDDIR/results/cost_result.data"' (format binary)
SELECT (SELECT count(*) FROM arrived), (SELECT count(*) FROM (TABLE sent EXCEPT TABLE arrived) AS d) AS missing;
-- Eight bytes are no pair.
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\010\000\000\000\000\000\000\000\000\377\377"' (format binary)
DROP TABLE sent, arrived;

--
-- Arithmetic
--

SELECT '1/2'::cost_result + '3/4' AS sum, '1/2'::cost_result - '3/4' AS difference, '1/2'::cost_result + '5/-2' AS no_result;
SELECT '922337203685477.5807/1'::cost_result + '0.0001/1';
SELECT '1/922337203685477.5807'::cost_result + '0/0.0001';
SELECT '-922337203685477.5808/1'::cost_result - '0.0001/1';
SELECT '0/0'::cost_result - '0/-922337203685477.5808';

--
-- Order and indexes
--

-- By what a result costs; without result last; of the same ratio by cost and then result.
SELECT pair, round(per_result(pair), 4) AS per_result
FROM unnest('{1/2, 2/4, 4/2, 1/0, -1/0, 0/0, -4/2, 4/-2, 0/5, 0/-5, 5/-2, -5/-2, NULL}'::cost_result[]) AS pair ORDER BY pair;
-- Exactly, where numeric with 16 decimals and double precision see no difference.
SELECT a < b AS less, a = b AS equal, a::numeric = b::numeric AS same_numeric, a::float8 = b::float8 AS same_double
FROM (VALUES ('922337203685477.5806/922337203685477.5807'::cost_result, '922337203685477.5805/922337203685477.5806'::cost_result),
	('922337203685477.5805/922337203685477.5806', '922337203685477.5806/922337203685477.5807')) AS v (a, b);
-- Equal is the same cost and the same result, whatever the ratio.
SELECT a, b, a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
FROM unnest('{1/2, 2/4, 3/0}'::cost_result[]) AS a, unnest('{1/2, 0/0}'::cost_result[]) AS b;

-- 20,000 pairs of pairs, others in each run, against numeric. What is wrong is shown with the seed: SEED=... repeats it.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT setseed(:seed / 1000000.0);
CREATE TEMPORARY TABLE compared AS
SELECT cost_result(a, b) AS p, cost_result(c, d) AS q, a, b, c, d
FROM (SELECT least(9e14, scale * (floor(random() * 9) - 4)::numeric) + near * (floor(random() * 3) - 1)::numeric AS a,
		least(9e14, scale * (floor(random() * 9) - 4)::numeric) + near * (floor(random() * 3) - 1)::numeric AS b,
		least(9e14, scale * (floor(random() * 9) - 4)::numeric) + near * (floor(random() * 3) - 1)::numeric AS c,
		least(9e14, scale * (floor(random() * 9) - 4)::numeric) + near * (floor(random() * 3) - 1)::numeric AS d
	FROM (SELECT (ARRAY[0.0001, 1, 12345.6789, 100000000000000])[1 + i % 4] AS scale, (ARRAY[0, 0.0001])[1 + i / 4 % 2] AS near
		FROM generate_series(1, 20000) AS i) AS v) AS w;
SELECT count(*) FILTER (WHERE p = q) > 50 AS some_equal, count(*) FILTER (WHERE b = 0 AND d = 0) > 50 AS some_without FROM compared;
SELECT :seed AS seed, p, q, cost_result_compare(p, q) AS compared, expected
FROM (SELECT *, sign(CASE WHEN b = 0 OR d = 0 THEN (b = 0)::integer - (d = 0)::integer ELSE sign(b * d) * (a * d - c * b) END) AS ratio,
		sign(a - c) AS cost, sign(b - d) AS result FROM compared) AS v,
	LATERAL (SELECT CASE WHEN ratio <> 0 THEN ratio WHEN cost <> 0 THEN cost ELSE result END AS expected) AS e
WHERE cost_result_compare(p, q) <> expected OR cost_result_compare(q, p) <> -expected
	OR (p < q) <> (expected < 0) OR (p <= q) <> (expected <= 0) OR (p = q) <> (expected = 0)
	OR (p <> q) <> (expected <> 0) OR (p >= q) <> (expected >= 0) OR (p > q) <> (expected > 0)
	OR (expected = 0 AND (cost_result_hash(p) <> cost_result_hash(q) OR cost_result_hash_extended(p, 7) <> cost_result_hash_extended(q, 7)))
LIMIT 5;
-- Text and parts give the pair back.
SELECT :seed AS seed, p FROM compared WHERE p::text::cost_result <> p OR cost_result(cost(p), result(p)) <> p OR cost(p) <> a OR result(p) <> b LIMIT 5;
SELECT :seed AS seed, p, q FROM compared
WHERE abs(a + c) < 9e14 AND abs(b + d) < 9e14 AND (p + q <> cost_result(a + c, b + d) OR p + q - q <> p) LIMIT 5;

CREATE TABLE pairs (id integer PRIMARY KEY, pair cost_result, cost numeric, result numeric, g integer);
INSERT INTO pairs
SELECT i, cost_result(cost, result), cost, result, i % 7
FROM generate_series(1, 20000) AS i, CAST((i * 7919::bigint) % 20011 / 8.0 AS numeric) AS cost, CAST(i % 101 AS numeric) AS result
WHERE i % 13 > 0;
INSERT INTO pairs (id, g) SELECT i, i % 7 FROM generate_series(13, 20000, 13) AS i;
INSERT INTO pairs (id, g) VALUES (0, 8), (-1, 8);
CREATE INDEX pairs_pair ON pairs (pair);
CREATE INDEX pairs_hash ON pairs USING hash (pair);
ANALYZE pairs;
SELECT opcname, amname, amvalidate(c.oid)
FROM pg_opclass AS c JOIN pg_am AS m ON m.oid = c.opcmethod
WHERE opcintype = 'steering.cost_result'::regtype ORDER BY opcname, amname;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT pg_temp.plan_has('SELECT pair FROM pairs WHERE pair < ''1/100''', 'Index Only Scan using pairs_pair') AS indexed,
	pg_temp.plan_has('SELECT max(pair) FROM pairs', 'Index Only Scan Backward using pairs_pair') AS indexed_max;
SELECT count(*), (SELECT count(*) FROM pairs WHERE result > 0 AND cost * 100 < result) FROM pairs WHERE pair < '0/1' OR pair < '1/100';
SELECT min(pair), max(pair) FROM pairs;
DROP INDEX pairs_pair;
SELECT pg_temp.plan_has('SELECT id FROM pairs WHERE pair = ''0.125/3''', 'Index Scan using pairs_hash') AS hashed;
SELECT pair, cost FROM pairs WHERE pair = (SELECT pair FROM pairs WHERE id = 5000);
RESET enable_seqscan;
RESET enable_bitmapscan;
-- Joins by hash and by merge, distinct values, unique keys.
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT pg_temp.plan_has('SELECT count(*) FROM pairs AS x JOIN pairs AS y USING (pair)', 'Hash Join') AS hashed;
SELECT count(*) FROM pairs AS x JOIN pairs AS y USING (pair);
SET enable_mergejoin = on;
SET enable_hashjoin = off;
SELECT pg_temp.plan_has('SELECT count(*) FROM pairs AS x JOIN pairs AS y USING (pair)', 'Merge Join') AS merged;
SELECT count(*) FROM pairs AS x JOIN pairs AS y USING (pair);
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_nestloop;
SELECT count(DISTINCT pair), (SELECT count(*) FROM (SELECT pair FROM pairs GROUP BY pair) AS v),
	(SELECT count(*) FROM (SELECT DISTINCT cost, result FROM pairs WHERE pair IS NOT NULL) AS v) FROM pairs;
CREATE TEMPORARY TABLE unique_pairs (pair cost_result UNIQUE);
INSERT INTO unique_pairs VALUES ('1/2'), ('2/4'), ('1.00004/2');

--
-- Aggregates
--

-- Rolled up over anything, the ratio is that of the sums: not the average of the averages.
SELECT service, sum(pair), round(per_result(sum(pair)), 2) AS per_result, round(avg(per_result(pair)), 2) AS average_of_averages
FROM (VALUES ('ict', '900/10'::cost_result), ('ict', '100/90'), ('hr', '500/0'), ('hr', '700/4')) AS v (service, pair)
GROUP BY ROLLUP (service) ORDER BY service;
SELECT g, sum(pair) = cost_result(sum(cost), sum(result)) AS sum, min(pair), max(pair), max(per_result(pair)) = per_result(max(pair) FILTER (WHERE result <> 0)) AS last
FROM pairs GROUP BY g ORDER BY g;
SELECT sum(pair), min(pair), max(pair) FROM pairs WHERE false;
-- Only the end result must fit.
SELECT sum(p) FROM unnest('{922337203685477.5807/922337203685477.5807, 1/1, -2/-2}'::cost_result[]) AS p;
SELECT sum(p) FROM unnest('{922337203685477.5807/1, 0.0001/1}'::cost_result[]) AS p;
SELECT sum(p) FROM unnest('{1/-922337203685477.5808, 1/-0.0001}'::cost_result[]) AS p;

-- Workers share the work.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT pg_temp.plan_has('SELECT sum(pair), min(pair), max(pair) FROM pairs', 'Partial Aggregate') AS parallel,
	pg_temp.plan_has('SELECT g, sum(pair) FROM pairs GROUP BY g', 'Partial HashAggregate') AS parallel_groups;
SELECT sum(pair), min(pair), max(pair) FROM pairs;
SELECT g, sum(pair) FROM pairs GROUP BY g ORDER BY g;
SELECT sum(pair) FROM pairs WHERE pair IS NULL;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
SELECT sum(cost), sum(result) FROM pairs;

-- A window frame that moves takes rows back.
SELECT id, pair, sum(pair) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
FROM (VALUES (1, '1.5/1'::cost_result), (2, NULL), (3, NULL), (4, '-2/3'), (5, '922337203685477.5807/4'), (6, '0/-4')) AS v (id, pair);
SELECT count(*) FILTER (WHERE s IS DISTINCT FROM cost_result(c, r)) AS wrong
FROM (SELECT sum(pair) OVER w AS s, sum(cost) OVER w AS c, sum(result) OVER w AS r
	FROM pairs WINDOW w AS (PARTITION BY g ORDER BY id ROWS BETWEEN 5 PRECEDING AND 3 FOLLOWING)) AS v;

DROP TABLE pairs;
RESET search_path;
