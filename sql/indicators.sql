--
-- What services must achieve, and what was measured: indicators, targets, measurements, attainment.
--
\set VERBOSITY terse
SET datestyle = ISO;
INSERT INTO steering.participant (code, parent, name) VALUES
	('ind.region', NULL, 'Region'), ('ind.town', 'ind.region', 'Town'), ('ind.village', 'ind.region', 'Village');
INSERT INTO steering.service (code, name) VALUES ('ind.desk', 'Desk'), ('ind.hr', 'HR');
CREATE VIEW pg_temp.result AS
	SELECT indicator, participant, period, target, measured, attainment
	FROM steering.result WHERE service LIKE 'ind.%' ORDER BY indicator, participant, valid_from, valid_to DESC;
CREATE FUNCTION pg_temp.results(period text) RETURNS TABLE (indicator text, participant text, target numeric, measured numeric,
	months integer, of_target numeric, compared numeric, attainment numeric) LANGUAGE sql AS $$
	SELECT indicator.code, participant.code, result.target, result.measured, result.months_measured, result.target_measured,
		result.compared, result.attainment
	FROM steering.result_in(lower(steering.period_range(period)), upper(steering.period_range(period))) AS result
	JOIN steering.indicator USING (indicator_id) JOIN steering.participant USING (participant_id)
	WHERE participant.code LIKE 'ind.%' ORDER BY 1, 2
$$;

-- An indicator of a service; by its code it is changed.
SELECT steering.set_indicator('ind.calls', 'ind.desk', 'Calls answered', 'call', 'higher', 'operational capacity') AS calls \gset
SELECT steering.set_indicator(code => 'ind.calls', service => 'ind.desk', name => 'Calls', unit => 'call', direction => 'higher',
	dimension => 'operational capacity', additive => true, main => true) = :calls AS same_indicator;
SELECT steering.set_indicator('ind.score', 'ind.desk', 'Satisfaction', 'score', 'higher', 'legitimacy', additive => false) > 0 AS made;
SELECT steering.set_indicator('ind.ill', 'ind.hr', 'Days of illness', 'day', 'lower', 'outcome', main => true) > 0 AS made;
SELECT code, name, unit, direction, dimension, additive, main FROM steering.indicator WHERE code LIKE 'ind.%' ORDER BY code;
-- What is wrong is refused, and changes nothing. There is no target without a direction: no indicator has none.
SELECT steering.set_indicator('ind.new', 'ind.desk', 'New', 'x', NULL, 'outcome');
SELECT steering.set_indicator('ind.new', 'ind.desk', 'New', 'x', 'up', 'outcome');
SELECT steering.set_indicator('ind.new', 'ind.desk', 'New', 'x', 'higher', 'profit');
SELECT steering.set_indicator('ind.new', 'ind.desk', 'New', 'x', 'higher', NULL);
SELECT steering.set_indicator('ind.new', 'ind.desk', 'New', NULL, 'higher', 'outcome');
SELECT steering.set_indicator('ind.new', 'ind.desk', NULL, 'x', 'higher', 'outcome');
SELECT steering.set_indicator('', 'ind.desk', 'New', 'x', 'higher', 'outcome');
SELECT steering.set_indicator('ind.new', 'ind.tci', 'New', 'x', 'higher', 'outcome');
SELECT steering.set_indicator('ind.new', NULL, 'New', 'x', 'higher', 'outcome');
SELECT steering.set_indicator('ind.new', 'ind.desk', 'New', 'x', 'higher', 'outcome', additive => NULL);
-- one main indicator for a service
SELECT steering.set_indicator('ind.new', 'ind.desk', 'New', 'x', 'higher', 'outcome', main => true);
SELECT count(*) FROM steering.indicator WHERE code LIKE 'ind.%';

-- A target and measurements. What is set again is replaced, null takes it away, decimals after the fourth are rounded.
SELECT steering.set_target('ind.calls', 'ind.town', '2026', 1200);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-01', 999);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-01', 110.00005);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-02', 95);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-03', 7);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-03', NULL);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-04', NULL);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-Q3', 300);
SELECT * FROM pg_temp.result;
-- Of a range: its share of the target, what was measured within it, and that compared with the target of the
-- months that were measured. Missing months are not zero.
SELECT '2026' AS period, * FROM pg_temp.results('2026') UNION ALL SELECT '2026-Q1', * FROM pg_temp.results('2026-Q1')
UNION ALL SELECT '2026-03', * FROM pg_temp.results('2026-03') UNION ALL SELECT '2026-Q3', * FROM pg_temp.results('2026-Q3')
-- a quarter is not known month by month
UNION ALL SELECT '2026-08', * FROM pg_temp.results('2026-08')
UNION ALL SELECT 'half', * FROM pg_temp.results('[2026-02-01,2026-08-01)')
UNION ALL SELECT '2027', * FROM pg_temp.results('2027');
-- The shares of months add up to the target.
SELECT steering.set_target('ind.calls', 'ind.village', '2026', 100);
SELECT count(*), min(target), max(target), sum(target)
FROM generate_series(1, 12) AS month, pg_temp.results('2026-' || to_char(month, 'FM00')) WHERE participant = 'ind.village';
SELECT steering.set_target('ind.calls', 'ind.village', '2026', NULL);

-- Years that do not start in January.
SELECT steering.set_target('ind.calls', 'ind.village', '[2026-04-01,2027-04-01)', 2400);
SELECT steering.set_measurement('ind.calls', 'ind.village', '[2026-04-01,2026-06-01)', 400);
SELECT * FROM pg_temp.result WHERE participant = 'ind.village';
SELECT * FROM pg_temp.results('[2026-04-01,2027-04-01)');
-- months measured before there was a target are not compared
SELECT steering.set_measurement('ind.calls', 'ind.village', '2026-01', 1000);
SELECT steering.set_measurement('ind.calls', 'ind.village', '[2026-02-01,2026-04-01)', 1000);
SELECT * FROM pg_temp.results('2026') WHERE participant = 'ind.village';
SELECT steering.set_measurement('ind.calls', 'ind.village', '2026-01', NULL), steering.set_measurement('ind.calls', 'ind.village', '[2026-02-01,2026-04-01)', NULL);
-- nor are those of which only some have one
SELECT steering.set_measurement('ind.calls', 'ind.village', '[2026-02-01,2026-04-01)', 1000);
SELECT steering.set_target('ind.calls', 'ind.village', '2026-03', 100);
SELECT * FROM pg_temp.results('2026-Q1') WHERE participant = 'ind.village';
SELECT steering.set_target('ind.calls', 'ind.village', '2026-02', 100);
SELECT * FROM pg_temp.results('2026-Q1') WHERE participant = 'ind.village';

-- A level: the target at the end, and the last that was measured.
SELECT steering.set_target('ind.score', 'ind.town', '2026-Q1', 7), steering.set_target('ind.score', 'ind.town', '2026-Q2', 7.5);
SELECT steering.set_measurement('ind.score', 'ind.town', '2026-01', 6.5), steering.set_measurement('ind.score', 'ind.town', '2026-03', 7.7),
	steering.set_measurement('ind.score', 'ind.town', '2026-05', 6), steering.set_measurement('ind.score', 'ind.town', '2026-08', 8);
SELECT * FROM pg_temp.result WHERE indicator = 'ind.score';
SELECT '2026-Q1' AS period, * FROM pg_temp.results('2026-Q1') WHERE indicator = 'ind.score'
UNION ALL SELECT 'half', * FROM pg_temp.results('[2026-01-01,2026-07-01)') WHERE indicator = 'ind.score'
UNION ALL SELECT '2026-04', * FROM pg_temp.results('2026-04') WHERE indicator = 'ind.score'
UNION ALL SELECT '2026-Q3', * FROM pg_temp.results('2026-Q3') WHERE indicator = 'ind.score'
-- the last that was measured has no target: the one before is compared
UNION ALL SELECT '2026', * FROM pg_temp.results('2026') WHERE indicator = 'ind.score';

-- Attainment: both directions, below zero, target zero or negative, missing.
SELECT measured, target, steering.attainment(measured, target, 'higher') AS higher, steering.attainment(measured, target, 'lower') AS lower
FROM (VALUES (110, 100), (90, 100), (100, 100), (0, 100), (250, 100), (-50, 100), (1, 3), (2, 3), (99.995, 100), (100.005, 100), (99.994, 100),
	(0, 0), (1, 0), (-1, 0), (0.0001, 0), (-90, -100), (-110, -100), (100, -100), (NULL, 100), (100, NULL), (NULL, NULL),
	(922337203685477.5807, 0.0001), (-922337203685477.5808, 0.0001), (922337203685477.5807, -922337203685477.5808)) AS v (measured, target);
SELECT steering.attainment(1, 1, 'up');
SELECT steering.attainment(1, 1, NULL);
SELECT steering.attainment('NaN', 1, 'higher');
SELECT steering.attainment(1, 'Infinity', 'lower');
-- Lower is better.
SELECT steering.set_target('ind.ill', 'ind.town', '2026', 1200), steering.set_target('ind.ill', 'ind.village', '2026', 0);
SELECT steering.set_measurement('ind.ill', 'ind.town', '2026-01', 110), steering.set_measurement('ind.ill', 'ind.village', '2026', 0);
SELECT * FROM pg_temp.result WHERE indicator = 'ind.ill';
SELECT steering.set_measurement('ind.ill', 'ind.village', '2026', 0.0001);
SELECT * FROM pg_temp.results('2026') WHERE indicator = 'ind.ill';

-- One target, and one measurement, at a time.
SELECT steering.set_target('ind.calls', 'ind.town', '2026-Q1', 1);
SELECT steering.set_target('ind.calls', 'ind.town', '[2025-12-01,2027-01-01)', 1);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026', 1);
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-07', 1);
-- Other bad input.
SELECT steering.set_target(NULL, 'ind.town', '2026', 1);
SELECT steering.set_target('ind.call', 'ind.town', '2026', 1);
SELECT steering.set_target('ind.calls', NULL, '2026', 1);
SELECT steering.set_target('ind.calls', 'ind.twon', '2026', 1);
SELECT steering.set_target('ind.calls', 'ind.town', NULL, 1);
SELECT steering.set_target('ind.calls', 'ind.town', '2026-13', 1);
SELECT steering.set_target('ind.calls', 'ind.town', '[2028-01-02,2028-02-01)', 1);
SELECT steering.set_target('ind.calls', 'ind.town', '2028', 'NaN');
SELECT steering.set_target('ind.calls', 'ind.town', '2028', 1e15);
SELECT steering.set_measurement('ind.call', 'ind.town', '2026', NULL);
SELECT steering.set_measurement('ind.calls', 'ind.twon', '2026', NULL);
SELECT steering.set_measurement('ind.calls', 'ind.town', 'soon', NULL);
SELECT * FROM steering.result_in('2026-01-02', '2027-01-01');
SELECT * FROM steering.result_in('2026-01-01', 'infinity');
SELECT count(*) FROM steering.result_in('2026-01-01', NULL);
SELECT count(*) FROM steering.result_in('2027-01-01', '2026-01-01');
SELECT count(*) FROM pg_temp.result;

-- Who refers to an entry of a register keeps it there.
DELETE FROM steering.service WHERE code = 'ind.hr';
DELETE FROM steering.participant WHERE code = 'ind.village';
-- A role sees the results of the participants that it may read, by view and by function.
CREATE ROLE regress_sp71_town;
CREATE ROLE regress_sp71_auditor;
GRANT SELECT ON steering.cap TO regress_sp71_auditor;
UPDATE steering.participant SET reader = 'regress_sp71_town' WHERE code = 'ind.town';
SET ROLE regress_sp71_town;
SELECT indicator, participant, period, target, measured, attainment FROM steering.result WHERE service LIKE 'ind.%' ORDER BY indicator, valid_from, valid_to DESC;
SELECT count(*), count(DISTINCT participant_id) FROM steering.result_in('2026-01-01', '2027-01-01');
SELECT indicator, participant, target, measured, months_measured AS months, attainment, unit, dimension FROM steering.period_result('2026-Q2') ORDER BY indicator;
SELECT indicator, name, direction FROM steering.indicator_status WHERE service = 'ind.hr';
SELECT * FROM steering.target;
SELECT * FROM steering.measurement;
SELECT * FROM steering.indicator;
SELECT steering.set_measurement('ind.calls', 'ind.town', '2026-01', 10000);
SET ROLE regress_sp71_auditor;
SELECT DISTINCT participant FROM steering.result WHERE service LIKE 'ind.%' ORDER BY 1;
SELECT count(DISTINCT participant) FROM steering.period_result('2026') WHERE participant LIKE 'ind.%';
RESET ROLE;
UPDATE steering.participant SET reader = NULL WHERE code = 'ind.town';
REVOKE SELECT ON steering.cap FROM regress_sp71_auditor;
DROP ROLE regress_sp71_town, regress_sp71_auditor;

-- An indicator goes with all that is known of it.
SELECT steering.drop_indicator('ind.score');
SELECT steering.drop_indicator('ind.score');
SELECT steering.drop_indicator(NULL);
SELECT steering.drop_indicator(code) FROM steering.indicator WHERE code LIKE 'ind.%';
SELECT (SELECT count(*) FROM steering.target JOIN steering.participant USING (participant_id) WHERE code LIKE 'ind.%') AS targets,
	(SELECT count(*) FROM steering.measurement JOIN steering.participant USING (participant_id) WHERE code LIKE 'ind.%') AS measurements;

-- Random targets and measurements, others in each run. What is wrong is shown with the seed: SEED=... repeats it.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT setseed(:seed / 1000000.0);
BEGIN;
SELECT count(steering.set_indicator('ind.' || i, 'ind.desk', 'Random', 'x', CASE WHEN i % 2 = 0 THEN 'higher' ELSE 'lower' END, 'outcome', additive => i % 3 <> 0))
FROM generate_series(1, 24) AS i;
-- spans of one month to a year, with gaps, over four years; drawn is which of the two
CREATE TEMPORARY TABLE span AS
WITH RECURSIVE walk (i, participant, drawn, first_month, months, is_gap) AS (
	SELECT i, participant, drawn, 0, 1 + floor(random() * 6)::integer, random() < 0.2
	FROM generate_series(1, 24) AS i, unnest('{ind.town,ind.village,ind.region}'::text[]) AS participant, unnest('{target,measurement}'::text[]) AS drawn
	UNION ALL
	SELECT i, participant, drawn, first_month + months,
		CASE floor(random() * 4) WHEN 0 THEN 1 WHEN 1 THEN 1 WHEN 2 THEN 3 ELSE 1 + floor(random() * 12)::integer END, random() < 0.25
	FROM walk WHERE first_month + months < 48
)
SELECT i, participant, drawn, (date '2024-01-01' + make_interval(months => first_month))::date AS first_day,
	(date '2024-01-01' + make_interval(months => first_month + months))::date AS end_day, months,
	CASE floor(random() * 4) WHEN 0 THEN 0 WHEN 1 THEN round((random() * 1000)::numeric, 4) WHEN 2 THEN floor(random() * 100)::numeric
		ELSE round((random() * 20 - 10)::numeric, 2) END AS value
FROM walk WHERE NOT is_gap;
SELECT count(*) > 1000 AS many
FROM (SELECT CASE drawn WHEN 'target' THEN steering.set_target('ind.' || i, participant, format('[%s,%s)', first_day, end_day), value)
		ELSE steering.set_measurement('ind.' || i, participant, format('[%s,%s)', first_day, end_day), value) END
	FROM span OFFSET 0) AS done;
-- the same in plain SQL: a row for each month of a span, with its part of the value
CREATE TEMPORARY TABLE span_month AS
SELECT span.*, (first_day + make_interval(months => k - 1))::date AS month,
	CASE k WHEN months THEN value ELSE round(value * k / months, 4) END - round(value * (k - 1) / months, 4) AS part
FROM span, generate_series(1, months) AS k;
CREATE INDEX ON span (i, participant);
CREATE INDEX ON span_month (i, participant, month);
CREATE TEMPORARY TABLE asked AS
SELECT first_day, (first_day + make_interval(months => 1 + floor(random() * 30)::integer))::date AS end_day
FROM (SELECT (date '2023-11-01' + make_interval(months => floor(random() * 50)::integer))::date AS first_day FROM generate_series(1, 100)) AS v;
CREATE TEMPORARY TABLE expected AS
SELECT asked.first_day, asked.end_day, pair.i, pair.participant,
	CASE WHEN i % 3 <> 0 THEN target.total ELSE target.last END AS target,
	CASE WHEN i % 3 <> 0 THEN measured.total ELSE measured.last END AS measured, coalesce(measured.months, 0) AS months,
	CASE WHEN i % 3 <> 0 THEN measured.target ELSE measured.last_target END AS of_target,
	CASE WHEN i % 3 <> 0 THEN measured.compared ELSE measured.last_compared END AS compared
FROM (SELECT DISTINCT first_day, end_day FROM asked) AS asked
CROSS JOIN (SELECT DISTINCT i, participant FROM span) AS pair
CROSS JOIN LATERAL (SELECT sum(part) AS total, (array_agg(value ORDER BY month DESC))[1] AS last
	FROM span_month AS s WHERE s.i = pair.i AND s.participant = pair.participant AND drawn = 'target'
		AND month >= asked.first_day AND month < asked.end_day) AS target
CROSS JOIN LATERAL (SELECT sum(value) AS total, sum(s.months) AS months, (array_agg(value ORDER BY s.end_day DESC))[1] AS last,
		sum(goal.total) FILTER (WHERE goal.months = s.months) AS target, sum(value) FILTER (WHERE goal.months = s.months) AS compared,
		(array_agg(goal.last ORDER BY s.end_day DESC) FILTER (WHERE goal.last IS NOT NULL))[1] AS last_target,
		(array_agg(value ORDER BY s.end_day DESC) FILTER (WHERE goal.last IS NOT NULL))[1] AS last_compared
	FROM span AS s
	CROSS JOIN LATERAL (SELECT sum(part) AS total, count(*) AS months, max(value) FILTER (WHERE month = s.end_day - interval '1 month') AS last
		FROM span_month AS t WHERE t.i = s.i AND t.participant = s.participant AND drawn = 'target' AND month >= s.first_day AND month < s.end_day) AS goal
	WHERE s.i = pair.i AND s.participant = pair.participant AND drawn = 'measurement'
		AND s.first_day >= asked.first_day AND s.end_day <= asked.end_day) AS measured;
CREATE FUNCTION pg_temp.attained(measured numeric, target numeric, higher boolean) RETURNS numeric LANGUAGE sql AS $$
	SELECT CASE WHEN target <> 0 THEN round(100 * (1 + CASE WHEN higher THEN measured - target ELSE target - measured END / abs(target)), 2)
		WHEN measured IS NULL OR target IS NULL THEN NULL WHEN higher = (measured >= 0) OR measured = 0 THEN 100 ELSE 0 END
$$;
CREATE TEMPORARY TABLE given AS
SELECT asked.first_day, asked.end_day, split_part(indicator.code, '.', 2)::integer AS i, participant.code AS participant, result.target::numeric, measured::numeric,
	months_measured AS months, target_measured::numeric AS of_target, compared::numeric, attainment
FROM (SELECT DISTINCT first_day, end_day FROM asked) AS asked
CROSS JOIN LATERAL steering.result_in(asked.first_day, asked.end_day) AS result
JOIN steering.indicator USING (indicator_id) JOIN steering.participant USING (participant_id) WHERE indicator.code LIKE 'ind.%';
SELECT count(*) > 3000 AS thousands, count(*) FILTER (WHERE attainment IS NOT NULL AND compared <> measured) > 100 AS partly_compared FROM given;
SELECT :seed AS seed, * FROM (
	(SELECT first_day, end_day, i, participant, target, measured, months, of_target, compared, pg_temp.attained(compared, of_target, i % 2 = 0)
		FROM expected WHERE target IS NOT NULL OR measured IS NOT NULL EXCEPT ALL TABLE given)
	UNION ALL
	(TABLE given EXCEPT ALL SELECT first_day, end_day, i, participant, target, measured, months, of_target, compared, pg_temp.attained(compared, of_target, i % 2 = 0)
		FROM expected)) AS difference LIMIT 5;
-- The view says of each period that was set what the function says of it.
CREATE TEMPORARY TABLE set_period AS
SELECT indicator.code AS indicator, participant.code AS participant, period.*, target::numeric, measured::numeric, attainment
FROM (SELECT DISTINCT first_day, end_day FROM span) AS period
CROSS JOIN LATERAL steering.result_in(period.first_day, period.end_day) AS result
JOIN steering.indicator USING (indicator_id) JOIN steering.participant USING (participant_id)
WHERE EXISTS (SELECT FROM span WHERE 'ind.' || i = indicator.code AND span.participant = participant.code
	AND (span.first_day, span.end_day) = (period.first_day, period.end_day));
SELECT count(*) > 1000 AS many FROM set_period;
SELECT :seed AS seed, *
FROM set_period FULL JOIN (SELECT indicator, participant, valid_from AS first_day, (valid_to + 1) AS end_day, target, measured, attainment
		FROM steering.result WHERE indicator LIKE 'ind.%') AS shown
	USING (indicator, participant, first_day, end_day)
WHERE (set_period.target, set_period.measured, set_period.attainment) IS DISTINCT FROM (shown.target, shown.measured, shown.attainment) LIMIT 5;
ROLLBACK;
DELETE FROM steering.participant WHERE code LIKE 'ind.%';
DELETE FROM steering.service WHERE code LIKE 'ind.%';
