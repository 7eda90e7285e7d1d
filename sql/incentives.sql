--
-- Incentives: bands of attainment, each with a percentage of the agreed amount.
--
\set VERBOSITY terse
INSERT INTO steering.participant (code, name) VALUES ('inc.town', 'Town'), ('inc.city', 'City');
INSERT INTO steering.service (code, name) VALUES ('inc.desk', 'Desk');
SELECT steering.set_indicator('inc.calls', 'inc.desk', 'Calls', 'call', 'higher', 'outcome', additive => false) > 0 AS made;
SELECT steering.set_target('inc.calls', 'inc.town', '2026', 100), steering.set_target('inc.calls', 'inc.city', '2026', 100);
CREATE VIEW pg_temp.band AS
	SELECT indicator, attainment_from, attainment_to, attainment, percent FROM steering.incentive_band WHERE service = 'inc.desk'
	ORDER BY attainment_from NULLS FIRST;

-- Malus, nothing, bonus: the bands hold every attainment once, in any order.
SELECT steering.set_incentive('inc.calls', '{"[100,110)","(,90)","[90,100)","[110,)"}', '{2.5,-5,0,4}');
TABLE pg_temp.band;
-- The percentage is that of the band of the attainment, to two decimals. Not measured: no incentive, not even a malus.
CREATE FUNCTION pg_temp.percent_at(measured numeric) RETURNS TABLE (attainment numeric, percent numeric) LANGUAGE sql AS $$
	SELECT steering.set_measurement('inc.calls', 'inc.town', '2026', measured);
	SELECT attainment, incentive_percent FROM steering.result_in('2026-01-01', '2027-01-01')
	WHERE participant_id = steering.participant_number('inc.town');
$$;
SELECT measured, result.*
FROM (VALUES (-1000), (89.99), (89.994), (89.995), (90), (99.99), (100), (109.99), (109.9949), (109.995), (110), (1e9), (NULL)) AS v (measured),
	pg_temp.percent_at(measured) AS result;
-- Bounds may lie between hundredths, be excluded, and be a single number.
SELECT steering.set_incentive('inc.calls', '{"(,89.995]","(89.995,95]","(95,95.005)","[95.005,100)","[100,100]","(100,)"}', '{-3,-2,-1,0,10,1}');
SELECT measured, result.* FROM (VALUES (89.99), (90), (95), (95.01), (99.99), (100), (100.01)) AS v (measured), pg_temp.percent_at(measured) AS result;
-- One band is enough.
SELECT steering.set_incentive('inc.calls', '{"(,)"}', '{7}');
SELECT * FROM pg_temp.percent_at(3);
TABLE pg_temp.band;

-- Gaps and overlaps are refused, whatever makes them.
SELECT steering.set_incentive('inc.calls', '{"(,90)","[95,)"}', '{-5,5}');
SELECT steering.set_incentive('inc.calls', '{"(,95]","[90,)"}', '{-5,5}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","(90,)"}', '{-5,5}');
SELECT steering.set_incentive('inc.calls', '{"(,90]","[90,)"}', '{-5,5}');
SELECT steering.set_incentive('inc.calls', '{"[0,90)","[90,)"}', '{-5,5}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,1000)"}', '{-5,5}');
SELECT steering.set_incentive('inc.calls', '{"(-Infinity,90)","[90,)"}', '{-5,5}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,)","(,)"}', '{-5,5,0}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,)",empty}', '{-5,5,0}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,)",NULL}', '{-5,5,0}');
SELECT steering.set_incentive('inc.calls', '{}', '{}');
-- all of the gaps are named, whatever the order
SELECT steering.set_incentive('inc.calls', '{"[105,110)","(,85)","[90,95]"}', '{-5,0,5}');
\set VERBOSITY default
SELECT steering.set_incentive('inc.calls', '{"(,85)","[90,)"}', '{-3,2}');
\set VERBOSITY terse
SELECT steering.set_incentive('inc.calls', '{{"(,90)"},{"[90,)"}}', '{{-5},{5}}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,)"}', '{-5}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,)"}', '{-5,5,6}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,)"}', '{-5,NULL}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,)"}', '{-5,NaN}');
SELECT steering.set_incentive('inc.calls', '{"(,90)","[90,)"}', '{-Infinity,5}');
SELECT steering.set_incentive('inc.calls', NULL, '{1}');
SELECT steering.set_incentive('inc.calls', '{"(,)"}', NULL);
SELECT steering.set_incentive('inc.call', '{"(,)"}', '{1}');
SELECT steering.set_incentive(NULL, '{"(,)"}', '{1}');
TABLE pg_temp.band;

-- Who may read the figures of any participant sees the bands.
CREATE ROLE regress_sp71_town;
SET ROLE regress_sp71_town;
SELECT * FROM steering.incentive_band;
SELECT * FROM steering.incentive;
SELECT steering.set_incentive('inc.calls', '{"(,)"}', '{100}');
RESET ROLE;
UPDATE steering.participant SET reader = 'regress_sp71_town' WHERE code = 'inc.town';
SET ROLE regress_sp71_town;
SELECT indicator, attainment, percent FROM steering.incentive_band WHERE indicator = 'inc.calls';
RESET ROLE;
UPDATE steering.participant SET reader = NULL WHERE code = 'inc.town';
DROP ROLE regress_sp71_town;

-- An incentive ends by itself, or with its indicator.
SELECT steering.drop_incentive('inc.calls');
SELECT * FROM pg_temp.percent_at(3);
SELECT steering.drop_incentive('inc.calls');
SELECT steering.drop_incentive('inc.call');
SELECT steering.drop_incentive(NULL);
SELECT steering.set_incentive('inc.calls', '{"(,)"}', '{7}'), steering.drop_indicator('inc.calls');
SELECT count(*) FROM steering.incentive_band WHERE service = 'inc.desk';

-- Random bands, others in each run. What is wrong is shown with the seed: SEED=... repeats it.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT setseed(:seed / 1000000.0);
BEGIN;
SELECT count(steering.set_indicator('inc.' || i, 'inc.desk', 'Random', 'x', CASE WHEN i % 2 = 0 THEN 'higher' ELSE 'lower' END, 'outcome'))
FROM generate_series(1, 60) AS i;
-- cut the line at a few places, each of which belongs to the band on either side of it
CREATE TEMPORARY TABLE cut AS
SELECT i, row_number() OVER (PARTITION BY i ORDER BY place) AS n, place, random() < 0.5 AS belongs_left
FROM (SELECT DISTINCT i, round((random() * 200)::numeric, (i + cut) % 4) AS place
	FROM generate_series(1, 60) AS i, generate_series(1, 6) AS cut WHERE cut <= i % 7) AS v;
CREATE TEMPORARY TABLE random_band AS
SELECT i, band, round((random() * 20 - 10)::numeric, 1) AS percent
FROM (SELECT i, numrange(before.place, after.place,
			CASE WHEN before.belongs_left THEN '(' ELSE '[' END || CASE WHEN after.belongs_left THEN ']' ELSE ')' END) AS band
		FROM generate_series(1, 60) AS i CROSS JOIN generate_series(0, 6) AS n
		LEFT JOIN cut AS before USING (i, n) LEFT JOIN (SELECT i, n - 1, place, belongs_left FROM cut) AS after (i, n, place, belongs_left) USING (i, n)
		WHERE n <= (SELECT count(*) FROM cut WHERE cut.i = i.i)) AS v;
SELECT count(*) FROM (SELECT steering.set_incentive('inc.' || i, array_agg(band ORDER BY random_order), array_agg(percent ORDER BY random_order))
	FROM (SELECT *, random() AS random_order FROM random_band OFFSET 0) AS v GROUP BY i OFFSET 0) AS done;
-- a participant for each of many attainments: at the cuts, close to them, and anywhere
INSERT INTO steering.participant (code, name) SELECT 'inc.' || n, 'Random' FROM generate_series(1, 100) AS n;
SELECT count(*) FROM (
	SELECT steering.set_target('inc.' || a, 'inc.' || b, '2026', 1000), steering.set_measurement('inc.' || a, 'inc.' || b, '2026',
		CASE b % 3 WHEN 0 THEN round((random() * 2000)::numeric, 4) WHEN 1 THEN 10 * coalesce(place, 50) ELSE 10 * coalesce(place, 50) + round((random() - 0.5)::numeric, 3) END)
	FROM generate_series(1, 60) AS a CROSS JOIN generate_series(1, 100) AS b
	LEFT JOIN cut ON cut.i = a AND cut.n = 1 + b % 6 OFFSET 0) AS done;
SELECT :seed AS seed, indicator.code, attainment, incentive_percent, percent
FROM steering.result_in('2026-01-01', '2027-01-01')
JOIN steering.indicator USING (indicator_id)
LEFT JOIN random_band ON 'inc.' || random_band.i = indicator.code AND band @> attainment
WHERE indicator.code LIKE 'inc.%' AND (incentive_percent IS DISTINCT FROM percent OR attainment IS NULL) LIMIT 5;
SELECT count(*) AS compared, count(DISTINCT (indicator, incentive_percent)) > 150 AS in_many_bands FROM steering.period_result('2026') WHERE service = 'inc.desk';
-- With one bound moved there is a gap or an overlap.
CREATE FUNCTION pg_temp.refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	violated text;
BEGIN
	EXECUTE statement;
	RETURN NULL;
EXCEPTION WHEN check_violation THEN
	GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
	RETURN violated;
END
$$;
SELECT :seed AS seed, i, by, constraint_name
FROM (SELECT i, by, pg_temp.refused(format('SELECT steering.set_incentive(%L, %L, %L)', 'inc.' || i,
			array_agg(CASE WHEN upper_inf(band) THEN numrange(lower(band) + by, NULL, CASE WHEN lower_inc(band) THEN '[)' ELSE '()' END) ELSE band END),
			array_agg(percent))) AS constraint_name
	FROM random_band CROSS JOIN (VALUES (0.0001), (-0.0001)) AS moved (by)
	GROUP BY i, by HAVING count(*) > 1) AS v
WHERE constraint_name IS DISTINCT FROM CASE WHEN by > 0 THEN 'incentive_no_gap' ELSE 'incentive_no_overlap' END LIMIT 5;
ROLLBACK;
DELETE FROM steering.participant WHERE code LIKE 'inc.%';
DELETE FROM steering.service WHERE code LIKE 'inc.%';
