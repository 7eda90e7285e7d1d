--
-- What risks cost together, by seeded simulation: simulate_risk().
--
SET search_path = steering, public;

-- Where nothing is left to luck, or all is counted: the answer is exact.
SELECT * FROM simulate_risk('{1}', '{250000}', '{250000}', '{250000}', 0.90, available => 250000);
SELECT * FROM simulate_risk('{1,1,0}', '{1000,0.0001,7}', '{1000,0.0001,7}', '{1000,0.0001,7}', 0.5, available => 1000);
SELECT * FROM simulate_risk('{}', '{}', '{}', '{}', 0.90, available => 0);
-- Two risks that cost 100 and occur every other year: 0, 100 or 200, in a quarter, a half and a quarter of the draws.
SELECT certainty, required, highest, round(mean) AS mean, median
FROM unnest('{0.10, 0.24, 0.26, 0.50, 0.74, 0.76, 0.99}'::float8[]) AS certainty,
	simulate_risk('{0.5,0.5}', '{100,100}', '{100,100}', '{100,100}', certainty);
-- The required amount is the least that so many draws do not exceed. Of 20 draws 0.95 are 19: all but the highest.
SELECT required < highest AS all_but_one, (SELECT required FROM simulate_risk('{1}', '{0}', '{5}', '{9}', 0.951, 20)) = highest AS all,
	covered FROM simulate_risk('{1}', '{0}', '{5}', '{9}', 0.95, 20, available => 0);

-- The triangular distribution against its own quantiles, low + sqrt(certainty * (high - low) * (likely - low)) up to
-- the likely amount: off by less than 0.5 percent of the range with 100,000 draws, whatever the seed.
SELECT low, likely, high, max(abs(required - expected)) < 0.005 * (high - low) AS quantiles_fit,
	abs(max(mean) - (low + likely + high) / 3) < 0.005 * (high - low) AS mean_fits, max(highest) <= high AS within
FROM (VALUES (0, 0, 1000), (0, 1000, 1000), (0, 500, 1000), (100, 250, 1000), (-1000, -900, 50000)) AS v (low, likely, high),
	unnest('{0.01, 0.10, 0.25, 0.50, 0.75, 0.90, 0.99}'::float8[]) AS certainty,
	LATERAL (SELECT CASE WHEN certainty * (high - low) <= likely - low
		THEN low + sqrt(certainty * (high - low) * (likely - low))
		ELSE high - sqrt((1 - certainty) * (high - low) * (high - likely)) END AS expected) AS closed_form,
	simulate_risk('{1}', ARRAY[low], ARRAY[likely], ARRAY[high], certainty, seed => low + 7 * likely)
GROUP BY low, likely, high ORDER BY low, likely, high;
-- It occurs with its probability: the part of the draws that cost nothing.
SELECT p, abs(covered - (1 - p)::numeric) < 0.006 AS fits
FROM unnest('{0, 0.001, 0.05, 0.3, 0.5, 0.999, 1}'::float8[]) AS p, simulate_risk(ARRAY[p], '{10}', '{20}', '{30}', 0.5, seed => 5, available => 0);
-- Many risks together are nearly normal: the mean is the sum of the means, the variances add up.
SELECT abs(mean / expected - 1) < 0.002 AS mean_fits, abs((required - mean) / (1.644854 * deviation) - 1) < 0.03 AS quantile_fits
FROM (SELECT sum(p * m) AS expected, sqrt(sum(p * (v + m * m) - p * p * m * m)) AS deviation,
		array_agg(p ORDER BY i)::float8[] AS ps, array_agg(low ORDER BY i) AS lows, array_agg(likely ORDER BY i) AS likelies, array_agg(high ORDER BY i) AS highs
	FROM (SELECT i, 0.2 + 0.01 * (i % 60) AS p, low, likely, high, (low + likely + high) / 3 AS m,
			(low * low + likely * likely + high * high - low * likely - low * high - likely * high) / 18 AS v
		FROM generate_series(1, 200) AS i, LATERAL (SELECT 1000.0 + i AS low, 2000.0 + 3 * i AS likely, 6000.0 + 5 * i AS high) AS range) AS risk) AS register,
	simulate_risk(ps, lows, likelies, highs, 0.95, seed => 2026);

-- The same seed gives the same answer, to the last decimal, on every machine and release; another seed gives another.
SELECT * FROM simulate_risk('{0.1,0.25,0.5,0.9}', '{0,1000,-500,10}', '{50000,1000,0,20}', '{1000000,9000,500,30}', 0.90, available => 100000);
SELECT * FROM simulate_risk('{0.1,0.25,0.5,0.9}', '{0,1000,-500,10}', '{50000,1000,0,20}', '{1000000,9000,500,30}', 0.90, available => 100000);
SELECT * FROM simulate_risk('{0.1,0.25,0.5,0.9}', '{0,1000,-500,10}', '{50000,1000,0,20}', '{1000000,9000,500,30}', 0.90, seed => -2, available => 100000);
-- Seeds agree with each other as far as luck goes: 40 of them, within 10 percent.
SELECT count(DISTINCT required) AS answers, max(required) / min(required) < 1.10 AS close
FROM generate_series(1, 40) AS seed, simulate_risk('{0.1,0.25,0.5,0.9}', '{0,1000,0,10}', '{50000,1000,0,20}', '{1000000,9000,500,30}', 0.95, seed => seed);
-- A risk more, that costs nothing or never occurs, changes nothing for those before it; nor does a probability for others.
SELECT a.required = b.required AS same_required, a.mean = b.mean AS same_mean, a.mean + 5 = c.mean AS five_more
FROM simulate_risk('{0.1,0}', '{0,0}', '{500,1}', '{1000,2}', 0.90) AS a, simulate_risk('{0.1,1}', '{0,0}', '{500,0}', '{1000,0}', 0.90) AS b,
	simulate_risk('{0.1,1}', '{0,5}', '{500,5}', '{1000,5}', 0.90) AS c;
-- More certainty never needs less.
SELECT count(*) FILTER (WHERE required < before) AS less
FROM (SELECT required, lag(required) OVER (ORDER BY certainty) AS before
	FROM generate_series(0.01, 0.99, 0.01) AS certainty, simulate_risk('{0.3,0.6}', '{0,5}', '{10,20}', '{100,50}', certainty, 1000)) AS v;
-- The largest amounts there are.
SELECT required BETWEEN -922337203685477.5808 AND 922337203685477.5807 AS required, covered BETWEEN 0.45 AND 0.55 AS half
FROM simulate_risk('{1}', '{-922337203685477.5807}', '{0}', '{922337203685477.5807}', 0.90, available => 0);

-- Bad input is an error.
\set VERBOSITY terse
SELECT simulate_risk(NULL, '{1}', '{1}', '{1}', 0.9);
SELECT simulate_risk('{0.1}', '{1}', '{NULL}', '{1}', 0.9);
SELECT simulate_risk('{NULL}', '{1}', '{1}', '{1}', 0.9);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', NULL);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', 0.9, NULL);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', 0.9, 10, NULL);
SELECT simulate_risk('{0.1}', '{1}', '{1,2}', '{1}', 0.9);
SELECT simulate_risk('{{0.1}}', '{{1}}', '{{1}}', '{{1}}', 0.9);
SELECT simulate_risk('{{0.1},{0.1}}', '{1}', '{1}', '{1}', 0.9);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', 0.9, 0);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', 0.9, 10000001);
SELECT simulate_risk('{0.1}', '{NaN}', '{1}', '{1}', 0.9);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{Infinity}', 0.9);
SELECT simulate_risk('{1,1}', '{0,0}', '{0,0}', '{922337203685477.5807,0.0001}', 0.9);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', 0.9, available => 'NaN');
\set VERBOSITY default
SELECT simulate_risk('{0.1,1.1}', '{1,1}', '{1,1}', '{1,1}', 0.9);
SELECT simulate_risk('{-0.1}', '{1}', '{1}', '{1}', 0.9);
SELECT simulate_risk('{NaN}', '{1}', '{1}', '{1}', 0.9);
SELECT simulate_risk('{0.1}', '{1}', '{3}', '{2}', 0.9);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', 90);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', 0);
SELECT simulate_risk('{0.1}', '{1}', '{1}', '{1}', 1);
RESET search_path;
