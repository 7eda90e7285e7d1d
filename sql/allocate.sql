--
-- An amount is divided by weights, and nothing is lost or made: allocate(), allocate_agg(), allocated().
--
SET search_path = steering, public;

-- The units that are left go to the largest remainders, of equal ones to the first.
SELECT allocate(100, '{1,1,1}') AS thirds, allocate(0.02, '{1,1,1}') AS less_than_one_each, allocate(100, '{5,3,1}', 1) AS whole,
	allocate(10, '{2,1,1,2}', 1) AS ties, allocate(100, '{127089,27386,25131,29172}') AS inhabitants;
-- A place without weight gets nothing, an only place all.
SELECT allocate(0.05, '{0,1,0,1}'), allocate(-7.77, '{3}'), allocate(0, '{1,2}');
-- A negative amount is divided as its opposite.
SELECT allocate(-100, '{1,1,1}'), allocate(100, '{1,1,1}');
-- Shares have the decimals of the unit, and more only if the amount has more.
SELECT allocate(10, '{1,3}', 1), allocate(10, '{1,3}'), allocate(10, '{1,3}', 0.00010), allocate(10.0000, '{1,3}'), allocate(10.001, '{1,3}', 1);
-- What is finer than the unit goes to the place whose turn is next: no share is a unit from its quota.
SELECT allocate(100.005, '{1,1,1}'), allocate(300, '{1,2}', 1000), allocate(100, '{1,1}', 30), allocate(100.005, '{1,0}');
-- Units need not be decimal.
SELECT allocate(1.00, '{1,1,1}', 0.05) AS five_cents, allocate(365, '{1,1,1,1}', 7) AS weeks;
-- Weights are compared exactly, however close.
SELECT allocate(1, ARRAY[1, 1 + 1e-40]::numeric[], 1) AS second, allocate(1, ARRAY[1 + 1e-40, 1]::numeric[], 1) AS first;
-- Neither amount nor weights have a size that they must fit in.
SELECT allocate(1e30 + 0.01, '{1,1,1}');
SELECT allocate(-1, ARRAY[1e100, 1e100, 1e-100], 1);
SELECT allocate(922337203685477.5807, '{922337203685477.5807,922337203685477.5807,1}', 0.0001);
SELECT pg_typeof(allocate(1::amount, '{1}')), allocate('1.0001'::amount, '{1,1}');

-- All weights zero: a choice.
SELECT allocate(5, '{0,0}');
\set VERBOSITY terse
SELECT allocate(5, '{0,0}', 0.01, 'error');
SELECT allocate(5.01, '{0,0}', 0.01, 'equal') AS equal, allocate(5.01, '{0,0}', 0.01, 'unallocated') AS unallocated,
	allocate(5.01, '{0,1}', 0.01, 'equal') AS not_all, allocate(5.01, '{0,1}', 0.01, 'unallocated') AS nor_here;
SELECT amount, shares, amount - (SELECT sum(share) FROM unnest(shares) AS share) AS nobody_bears
FROM (VALUES (5.01, allocate(5.01, '{0,0}', all_zero => 'unallocated'))) AS v (amount, shares);

-- Null is no amount, and no weight.
SELECT allocate(NULL, '{1,2}');
SELECT allocate(5, NULL);
SELECT allocate(5, '{1,NULL}');
SELECT allocate(5, '{1}', NULL);
SELECT allocate(5, '{1}', 1, NULL);
-- Other bad input.
\set VERBOSITY default
SELECT allocate(5, '{1,-2}');
\set VERBOSITY terse
SELECT allocate(5, '{1,NaN}');
SELECT allocate(5, '{1,Infinity}');
SELECT allocate(5, '{}');
SELECT allocate(5, '{{1,2},{3,4}}');
SELECT allocate('NaN', '{1}');
SELECT allocate('-Infinity', '{1}');
SELECT allocate(5, '{1}', 0);
SELECT allocate(5, '{1}', -0.01);
SELECT allocate(5, '{1}', 'NaN');
SELECT allocate(5, '{1}', 1, 'ignore');
SELECT allocate(NULL, '{-1}');
SELECT allocate(9e131071, ARRAY[1, 9e131071]);

-- As an aggregate: the shares in the order of the rows.
CREATE TEMPORARY TABLE share (amount numeric, name text, weight numeric);
INSERT INTO share VALUES (100, 'a', 1), (100, 'b', 1), (100, 'c', 1), (-5, 'd', 2), (-5, 'e', 0), (NULL, 'f', 1);
SELECT amount, allocate_agg(amount, weight ORDER BY name) AS cents, allocate_agg(amount, weight, 1, 'error' ORDER BY name DESC) AS whole
FROM share GROUP BY amount ORDER BY amount;
SELECT allocate_agg(5, 0 * weight, 0.01, 'equal'), allocate_agg(5, weight) FILTER (WHERE false) FROM share WHERE amount = 100;
SELECT allocate_agg(amount, weight) FROM share;
SELECT allocate_agg(5, NULL::numeric) FROM share;
SELECT allocate_agg(5, -weight) FROM share;
-- As a window function: the share of each row.
SELECT *, allocated(amount, weight) OVER (PARTITION BY amount ORDER BY name) AS cents,
	allocated(amount, weight, 1) OVER (PARTITION BY amount ORDER BY name DESC) AS whole,
	allocated(amount, 0 * weight, all_zero => 'unallocated') OVER (PARTITION BY amount) AS none
FROM share ORDER BY name;
SELECT allocated(amount, weight) OVER () FROM share;
SELECT allocated(100, CASE WHEN name <> 'c' THEN weight END) OVER (ORDER BY name) FROM share;
SELECT allocated(5, 0 * weight) OVER () FROM share;
SELECT allocated(5, 1);

-- 3,000 random divisions, others in each run. What is wrong is shown with the seed: SEED=... repeats it.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT setseed(:seed / 1000000.0);
CREATE TEMPORARY TABLE division AS
SELECT *, allocate(amount, weights, unit, 'equal') AS shares
FROM (SELECT id, (ARRAY[0.01, 0.01, 1, 0.0001, 0.05, 7, 0.3])[1 + floor(random() * 7)::integer] AS unit,
		CASE floor(random() * 6)
			WHEN 0 THEN floor(random() * 100)::numeric
			WHEN 1 THEN -round((random() * 1e6)::numeric, 2)
			WHEN 2 THEN round((random() * 1e9)::numeric, 2)
			WHEN 3 THEN round((random() * 1e3 - 500)::numeric, 6)
			WHEN 4 THEN 922337203685477.5807 - floor(random() * 3)::numeric
			ELSE floor(random() * 1e15)::numeric * 1e12 + round((random() * 1e12)::numeric, 2)
		END AS amount,
		ARRAY(SELECT CASE id % 5
				WHEN 0 THEN floor(random() * 4)::numeric
				WHEN 1 THEN round((random() * 1000)::numeric, 3)
				WHEN 2 THEN floor(random() * 1e6)::numeric
				WHEN 3 THEN 7
				ELSE floor(random() * 1e15)::numeric * 1e15 + round((random() * 1e15)::numeric, 4)
			END FROM generate_series(1, 1 + id % 41)) AS weights
	FROM generate_series(1, 3000) AS id) AS v;
SELECT count(*) AS divisions, count(DISTINCT amount) > 1500 AS of_many_amounts, count(DISTINCT cardinality(weights)) AS lengths FROM division;

-- One row per share, with the same division done in numeric: div() and mod() are exact.
CREATE TEMPORARY TABLE divided AS
WITH summed AS MATERIALIZED (
	SELECT *, (SELECT sum(weight) FROM unnest(weights) AS weight) AS total FROM division
)
SELECT id, position, abs(amount) AS amount, sign(amount) AS sign, unit, weight, total, share * sign(amount) AS share,
	div(abs(amount) * weight, unit * total) * unit AS floor, mod(abs(amount) * weight, unit * total) AS remainder
FROM (SELECT id, position, amount, unit, share, CASE WHEN total = 0 THEN 1 ELSE weight END AS weight,
		CASE WHEN total = 0 THEN cardinality(weights) ELSE total END AS total
	FROM summed, unnest(weights, shares) WITH ORDINALITY AS place (weight, share, position)) AS place;
ANALYZE division, divided;
SELECT :seed AS seed, id, position, share, expected
FROM (SELECT *, floor + greatest(0, least(unit, amount - sum(floor) OVER (PARTITION BY id)
			- unit * (row_number() OVER (PARTITION BY id ORDER BY remainder DESC, position) - 1))) AS expected
	FROM divided) AS v
WHERE share IS DISTINCT FROM expected LIMIT 5;
-- They add up to the amount;
SELECT :seed AS seed, id, sum(share) FROM divided GROUP BY id, amount HAVING sum(share) <> amount LIMIT 5;
-- each is less than a unit from its quota, which is amount * weight / total;
SELECT :seed AS seed, id, position, share FROM divided
WHERE abs(share * total - amount * weight) >= unit * total AND amount <> 0 LIMIT 5;
-- is made of whole units, but one;
SELECT :seed AS seed, id FROM divided GROUP BY id HAVING count(*) FILTER (WHERE mod(share, unit) <> 0) > 1 LIMIT 5;
-- and of two places the one with more weight, or of the same weight the first, gets no less.
SELECT :seed AS seed, id, position FROM (SELECT *, lag(share) OVER (PARTITION BY id ORDER BY weight DESC, position) AS before FROM divided) AS v
WHERE share > before LIMIT 5;
-- Another scale of the weights changes nothing, nor does the way in: numbers of any size, rows, windows.
SELECT :seed AS seed, id, shares FROM division
WHERE shares <> allocate(amount, (SELECT array_agg(weight * 1e35 ORDER BY position) FROM unnest(weights) WITH ORDINALITY AS w (weight, position)), unit, 'equal')
	OR shares <> allocate(amount, (SELECT array_agg(weight * 1e-35 ORDER BY position) FROM unnest(weights) WITH ORDINALITY AS w (weight, position)), unit, 'equal')
	OR (SELECT array_agg(-share ORDER BY position) FROM unnest(shares) WITH ORDINALITY AS w (share, position)) <> allocate(-amount, weights, unit, 'equal')
LIMIT 5;
SELECT :seed AS seed, id, shares, by_group
FROM division JOIN (SELECT id, allocate_agg(sign * amount, weight, unit, 'equal' ORDER BY position) AS by_group FROM divided GROUP BY id) AS grouped USING (id)
WHERE by_group IS DISTINCT FROM shares;
SELECT :seed AS seed, id, position, share, by_window
FROM (SELECT *, allocated(sign * amount, weight, unit) OVER (PARTITION BY id ORDER BY position) AS by_window FROM divided) AS v
WHERE by_window IS DISTINCT FROM sign * share LIMIT 5;
RESET search_path;
