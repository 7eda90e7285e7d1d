--
-- The supplier's health: reserve and risks, and what a period brings. All of it by hand, and once more in plain SQL.
--
\set VERBOSITY terse
CREATE SCHEMA supplier_test;
SET search_path = supplier_test;
SET datestyle = ISO;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
	('sup.region', NULL, 'Region', NULL), ('sup.city', 'sup.region', 'City', 3000), ('sup.town', 'sup.region', 'Town', 1000);
INSERT INTO steering.service (code, name) VALUES ('sup.desk', 'Desk'), ('sup.hr', 'HR'), ('sup.tax', 'Tax');
CREATE TABLE line (service text, participant text, day date, net numeric, pieces numeric DEFAULT 0);
CREATE TABLE order_line (LIKE line);
SELECT steering.attach('line', 'service', 'participant', 'day', 'net', 'pieces') > 0 AS attached,
	steering.attach('order_line', 'service', 'participant', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS ordered;

-- The reserve is what was booked on it; it is only added to.
SELECT steering.book_reserve('2025-12-31', 50000, 'What there is') > 0 AS booked;
SELECT steering.book_reserve(booked_on => '2026-03-31', amount => -8000.5, reason => 'Move to another building') > 0 AS booked;
SELECT steering.book_reserve('2026-04-01', 0.5, 'Found') > 0 AS booked;
SELECT booked_on, amount, reason, role_name = session_user AS by_me FROM steering.reserve ORDER BY movement_id;
SELECT steering.book_reserve('2026-01-01', 0, 'Nothing');
SELECT steering.book_reserve('2026-01-01', 0.00004, 'Next to nothing');
SELECT steering.book_reserve('2026-01-01', NULL, 'Nothing');
SELECT steering.book_reserve(NULL, 1, 'Some day');
SELECT steering.book_reserve('infinity', 1, 'Some day');
SELECT steering.book_reserve('2026-01-01', 1, NULL);
SELECT steering.book_reserve('2026-01-01', 1, ' ');
SELECT steering.book_reserve('2026-01-01', 'NaN', 'Much');
UPDATE steering.reserve SET amount = 1;
DELETE FROM steering.reserve;
TRUNCATE steering.reserve;

-- Nothing agreed, nothing booked: a year of zeros.
SELECT step, valid_from, valid_to, is_total, revenue, cost, result, coverage, kept, reserve_change, reserve FROM steering.supplier_health('2026', 'quarter');

-- What is owed: HR 12,000 a year, of which the city has paid 900 a month before. Desk: 1,200 pieces at 10 with half of what is not used, so
-- 100 pieces a month. The cost of tax is shared by inhabitants, 3 to 1.
SELECT steering.set_agreement('sup.hr', 'sup.city', '[2026-01-01,2027-01-01)', 'lump_sum', base => 12000, advance => 900, incentive_maximum => 1000) > 0 AS made;
SELECT steering.set_agreement('sup.desk', 'sup.town', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1200, price => 10, unused_percent => 50) > 0 AS made;
SELECT steering.set_allocation_key('sup.people', 'Inhabitants', 'inhabitants') > 0 AS made;
SELECT steering.set_agreement('sup.tax', p, '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'sup.people') > 0 AS made FROM unnest('{sup.city,sup.town}'::text[]) AS p;
INSERT INTO line VALUES
	('sup.hr', 'sup.city', '2026-01-15', 900, 0), ('sup.hr', 'sup.city', '2026-04-15', 12500, 0),
	('sup.desk', 'sup.town', '2026-01-31', 800, 90), ('sup.desk', 'sup.town', '2026-02-01', 900, 130), ('sup.desk', 'sup.town', '2026-12-31', 700, 1000),
	('sup.tax', 'sup.city', '2026-02-10', 400, 0), ('sup.tax', 'sup.town', '2026-11-10', 400.02, 0);
INSERT INTO order_line VALUES ('sup.hr', 'sup.city', '2026-05-05', 77777);
-- January: 1000 of HR, 90 pieces and half of the price of 10. February: 1000, and 220 pieces until then, so 20 more than
-- contracted: 2200 in all, less January's 950. Then only the contracted ones, half of them unused, until December.
SELECT step, revenue, cost, result, coverage, kept, reserve_change, reserve FROM steering.supplier_health('2026');
SELECT step, valid_from, valid_to, is_total, revenue, cost, result, coverage, kept, reserve FROM steering.supplier_health('2026', 'quarter');
SELECT step, is_total, revenue, cost FROM steering.supplier_health('2026', NULL);
SELECT step, is_total, revenue, cost FROM steering.supplier_health('2026-02');
-- a range is divided from its first day; the last step may be short
SELECT step, is_total, revenue, cost, reserve FROM steering.supplier_health('[2025-11-01,2026-04-01)', 'quarter');
SELECT step, is_total, revenue, cost FROM steering.supplier_health('[2025-07-01,2027-07-01)', 'year');
-- What a period is expected to become. On 14 February half of the quarter is over, and half of the cost is expected to be booked: as much again
-- of the desk brings 440 pieces in all, 140 more than contracted; of tax 400 more are owed.
CREATE FUNCTION expected(period text, as_of date, method text DEFAULT 'run_rate') RETURNS TABLE (step text, revenue numeric, cost numeric, reserve numeric,
	expected_revenue numeric, expected_cost numeric, expected_result numeric, expected_coverage numeric, expected_reserve numeric) LANGUAGE sql AS $$
	SELECT step, revenue, cost, reserve, expected_revenue, expected_cost, expected_result, expected_coverage, expected_reserve
	FROM steering.supplier_health(period, NULL, as_of, method)
$$;
SELECT * FROM expected('2026-Q1', '2026-02-14');
-- at the end it is what it has become; before the start nothing is known
SELECT * FROM expected('2026-Q1', '2026-03-31') UNION ALL SELECT * FROM expected('2026-Q1', '2027-01-01') UNION ALL SELECT * FROM expected('2026-Q1', '2025-12-31');
-- only the total has it
SELECT step, expected_revenue, expected_reserve FROM steering.supplier_health('2026-Q1', 'month', '2026-02-14', 'run_rate');
-- without a method it is the one that outlook() takes
SELECT expected_cost = (SELECT sum(expected) FROM steering.outlook('2026-06-30')) AS same FROM steering.supplier_health('2026', NULL, '2026-06-30');
SELECT * FROM expected('2026-Q1', '2026-02-14', 'crystal_ball');
-- It is what settle() says.
SELECT sum(amount) FROM steering.settle('2026') WHERE line NOT IN ('advance', 'result_share');

-- A bonus comes when it is attained, and goes when it is not any more; part of the result goes back to the participants.
SELECT steering.set_indicator('sup.ill', 'sup.hr', 'Days of illness', 'day', 'lower', 'outcome') > 0 AS made;
SELECT steering.set_target('sup.ill', 'sup.city', '2026', 120), steering.set_incentive('sup.ill', '{"(,90)","[90,110)","[110,)"}', '{-5,0,10}');
SELECT steering.set_measurement('sup.ill', 'sup.city', '2026-' || to_char(month, 'FM00'), CASE WHEN month < 6 THEN 8 ELSE 10.5 END) FROM generate_series(1, 12) AS month \g /dev/null
SELECT steering.set_result_share('sup.people', 40, '[2026-01-01,2027-01-01)');
SELECT step, revenue, cost, result, coverage, kept FROM steering.supplier_health('2026', 'quarter');
SELECT line, sum(amount) FROM steering.settle('2026') GROUP BY line ORDER BY line;
-- the participants' part of an expected gain is not the supplier's
SELECT * FROM expected('2026-Q1', '2026-02-14');

-- Closed: what was stored stays, whatever changes; within it the last step takes what is left.
SELECT steering.close_period('2026-Q1', 'Report') > 0 AS closed;
SELECT steering.set_target('sup.ill', 'sup.city', '2026', 12);
SELECT step, revenue, cost, result, kept FROM steering.supplier_health('2026', 'quarter');
SELECT step, revenue, cost, result, kept FROM steering.supplier_health('2026-Q1');
SELECT steering.supplier_health('2026-02');
SELECT steering.book_reserve('2026-03-31', 1, 'Too late');
-- nothing is expected of what is closed, and of a year what its open months bring
SELECT * FROM expected('2026-Q1', '2026-02-14');
SELECT revenue, cost, reserve, expected_revenue, expected_cost FROM expected('[2026-01-01,2026-05-01)', '2026-04-30');
-- a correction is owed with the month that it is settled with
SELECT steering.correct_settlement('2026-Q1', 'sup.city', 'sup.hr', -123.45, 'Counted twice', '2026-Q2') > 0 AS corrected;
SELECT step, revenue, cost, result, kept FROM steering.supplier_health('2026', 'quarter');
SELECT step, revenue, cost, result, kept FROM steering.supplier_health('[2026-04-01,2026-07-01)');
SELECT steering.reopen_period('2026-Q1', 'To go on') > 0 AS reopened;

-- Risks, and whether the reserve bears them.
SELECT * FROM steering.resilience('2026-06-01');
SELECT steering.set_risk('sup.fine', 'Fine', 1, 10000, 10000, 10000) AS fine \gset
SELECT steering.set_risk(code => 'sup.fine', name => 'A fine for sure', probability => 1, low => 20000, likely => 20000, high => 20000) = :fine AS same_risk;
SELECT steering.set_risk('sup.claim', 'Claim', 0.05, 5000, 5000, 5000) > 0 AS made;
-- 20,000 for sure and 5,000 one time in twenty: with 90% certainty 20,000, with 99% 25,000. The reserve is 50,000 less 8,000.
SELECT available, risks, required, ratio, class, round(mean, -2) AS mean, median, highest, covered_percent FROM steering.resilience('2026-06-01');
SELECT required, ratio, class FROM steering.resilience('2026-06-01', 0.99);
SELECT required, ratio, class, covered_percent FROM steering.resilience('2025-12-31', certainty => 0.99, draws => 1000, seed => 7);
-- before there is a reserve nothing is covered; on days without risks nothing is required
SELECT available, ratio, class, covered_percent FROM steering.resilience('2025-12-30');
SELECT steering.set_risk('sup.claim', 'Claim', 0.05, 5000, 5000, 5000, '[2027-01-01,)') > 0 AS made, steering.set_risk('sup.fine', 'Fine', 1, 1, 1, 1, '[2027-01-01,2028-01-01)') > 0 AS made;
SELECT day, available, risks, required, ratio, class FROM unnest('{2026-12-31,2027-01-01,2028-01-01}'::date[]) AS day, steering.resilience(day);
-- The classes of the norm table: above 2.0, from 1.4, 1.0, 0.8 and 0.6 on, and below.
BEGIN;
SELECT steering.book_reserve('2027-06-01', 100000 - (SELECT available FROM steering.resilience('2027-06-01')), 'To be round') > 0 AS booked;
CREATE FUNCTION pg_temp.class_at(required numeric) RETURNS TABLE (ratio numeric, class text) LANGUAGE sql AS $$
	SELECT steering.set_risk('sup.fine', 'Fine', 1, required, required, required), steering.set_risk('sup.claim', 'Claim', 0, 0, 0, 0);
	SELECT ratio, class FROM steering.resilience('2027-06-01')
$$;
SELECT required, at.* FROM unnest('{49999.9999,50000,71428.5714,71428.5715,100000,100000.0001,125000,125000.0001,166666.6666,166666.6667,1e12}'::numeric[]) AS required, pg_temp.class_at(required) AS at;
-- a reserve that is spent twice
SELECT steering.book_reserve('2027-06-01', -100000.01, 'Gone') > 0 AS booked;
SELECT available, ratio, class FROM steering.resilience('2027-06-01');
ROLLBACK;
-- The same seed, the same answer; today is the default.
SELECT (SELECT r FROM steering.resilience() AS r) = (SELECT r FROM steering.resilience(CURRENT_DATE, 0.9, 100000, 1) AS r) AS same;
-- Bad input is refused, and changes nothing.
SELECT steering.set_risk('sup.bad', 'Bad', 1.01, 1, 2, 3);
SELECT steering.set_risk('sup.bad', 'Bad', -0.01, 1, 2, 3);
SELECT steering.set_risk('sup.bad', 'Bad', 'NaN', 1, 2, 3);
SELECT steering.set_risk('sup.bad', 'Bad', 0.5, 2, 1, 3);
SELECT steering.set_risk('sup.bad', 'Bad', 0.5, 1, 3, 2);
SELECT steering.set_risk('sup.bad', 'Bad', 0.5, -1, 2, 3);
SELECT steering.set_risk('sup.bad', 'Bad', 0.5, 1, 2, 'Infinity');
SELECT steering.set_risk('sup.bad', 'Bad', NULL, 1, 2, 3);
SELECT steering.set_risk('', 'Bad', 0.5, 1, 2, 3);
SELECT steering.set_risk(NULL, 'Bad', 0.5, 1, 2, 3);
SELECT steering.set_risk('sup.bad', 'Bad', 0.5, 1, 2, 3, 'empty');
SELECT * FROM steering.resilience('2026-06-01', 1.5);
SELECT * FROM steering.resilience('2026-06-01', NULL);
SELECT * FROM steering.resilience('2026-06-01', draws => 0);
SELECT steering.supplier_health(NULL);
SELECT steering.supplier_health('2026-13');
SELECT steering.supplier_health('2026', 'week');
SELECT count(*) FROM steering.risk;
SELECT steering.drop_risk('sup.fine'), steering.drop_risk('sup.claim');
SELECT steering.drop_risk('sup.fine');
SELECT steering.drop_risk(NULL);

-- Random agreements, bookings and closings, others in each run. What is wrong is shown with the seed: SEED=... repeats it.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT setseed(:seed / 1000000.0);
BEGIN;
INSERT INTO steering.participant (code, name, inhabitants) SELECT 'sup.p' || p, 'Random', 1000 * p FROM generate_series(1, 6) AS p;
INSERT INTO steering.service (code, name) SELECT 'sup.s' || s, 'Random' FROM generate_series(1, 8) AS s;
SELECT count(CASE s % 4
		WHEN 0 THEN steering.set_agreement('sup.s' || s, 'sup.p' || p, during, 'lump_sum', base => amount)
		WHEN 1 THEN steering.set_agreement('sup.s' || s, 'sup.p' || p, during, 'price_volume', volume => pieces, price => price, unused_percent => 100 * random()::numeric)
		WHEN 2 THEN steering.set_agreement('sup.s' || s, 'sup.p' || p, during, 'base_plus', base => amount, volume => pieces, price => price)
		ELSE steering.set_agreement('sup.s' || s, 'sup.p' || p, during, 'key_share', allocation_key => 'sup.people') END) AS agreements
FROM (SELECT s, p, round((random() * 10000)::numeric, 2) AS amount, floor(random() * 500)::numeric AS pieces, round((random() * 50)::numeric, 2) AS price,
		daterange(first_day::date, (first_day + make_interval(months => 1 + floor(random() * 14)::integer))::date) AS during
	FROM generate_series(1, 8) AS s, generate_series(1, 6) AS p, LATERAL (SELECT timestamp '2027-06-01' + make_interval(months => floor(random() * 12 + 0 * s * p)::integer) AS first_day) AS v) AS v;
INSERT INTO line SELECT 'sup.s' || ceil(random() * 8), 'sup.p' || ceil(random() * 6), date '2027-10-01' + floor(random() * 450)::integer, round((random() * 500)::numeric, 2), floor(random() * 20)
FROM generate_series(1, 2000);
-- a year and a half, of which some ranges of months are closed, in many ways
CREATE TEMPORARY TABLE wrong (way integer, what text, valid_to date, given numeric, expected numeric);
CREATE FUNCTION pg_temp.owed(during daterange) RETURNS numeric LANGUAGE sql AS $$
	SELECT coalesce(sum(amount), 0) FROM steering.settle(during::text) WHERE line NOT IN ('advance', 'result_share')
$$;
CREATE FUNCTION pg_temp.check_way(way integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	closed daterange;
	steps integer;
BEGIN
	FOR closed IN SELECT daterange(day::date, (day + make_interval(months => 1 + floor(random() * 3)::integer))::date)
		FROM generate_series(timestamp '2027-10-01', '2028-12-01', '3 months') AS day WHERE random() < way * 0.1
	LOOP
		PERFORM steering.close_period(closed::text);
	END LOOP;
	CREATE TEMPORARY TABLE given AS SELECT * FROM steering.supplier_health('[2027-10-01,2029-04-01)', (ARRAY['month', 'quarter', 'year'])[1 + way / 2 % 3]);
	GET DIAGNOSTICS steps = ROW_COUNT;
	-- the cost is what was booked
	INSERT INTO wrong SELECT way, 'cost', valid_to, cost, booked.net
	FROM given CROSS JOIN LATERAL (SELECT coalesce(sum(net), 0) AS net FROM line WHERE day BETWEEN valid_from AND valid_to) AS booked WHERE cost <> booked.net;
	-- the total, and what was brought until a day that lies in no closed period, is what settle() says
	INSERT INTO wrong SELECT way, 'revenue', valid_to, until, expected
	FROM (SELECT valid_to, until, pg_temp.owed(daterange('2027-10-01', valid_to, '[]')) AS expected
		FROM (SELECT valid_to, CASE WHEN is_total THEN revenue ELSE sum(revenue) OVER (PARTITION BY is_total ORDER BY valid_to) END AS until FROM given OFFSET 0) AS v
		WHERE NOT EXISTS (SELECT FROM steering.closed_period WHERE first_day <= valid_to AND last_day > valid_to)) AS v
	WHERE until <> expected;
	INSERT INTO wrong SELECT way, 'result', valid_to, result, revenue - cost FROM given WHERE result <> revenue - cost OR kept <> result;
	DROP TABLE given;
	PERFORM steering.reopen_period('[' || first_day || ',' || last_day + 1 || ')', 'Again') FROM steering.closed_period;
	RETURN steps;
END
$$;
SELECT way, pg_temp.check_way(way) AS steps FROM generate_series(0, 10, 2) AS way ORDER BY way;
SELECT count(*) > 4 AS closings, pg_temp.owed('[2027-10-01,2029-04-01)') > 10000 AS much_owed FROM steering.closing WHERE lower(during) >= '2027-10-01';
SELECT :seed AS seed, * FROM wrong LIMIT 5;
ROLLBACK;

-- What is expected is what comes, when bookings come as the outlook says, with as much volume per money as before.
BEGIN;
INSERT INTO steering.participant (code, name, inhabitants) SELECT 'sup.p' || p, 'Random', 1000 * p FROM generate_series(1, 6) AS p;
INSERT INTO steering.service (code, name) SELECT 'sup.s' || s, 'Random' FROM generate_series(1, 9) AS s;
SELECT steering.set_result_share('sup.people', 25, '[2028-01-01,2029-01-01)');
SELECT count(CASE s % 4
		WHEN 0 THEN steering.set_agreement('sup.s' || s, 'sup.p' || p, '[2028-01-01,2029-01-01)', 'lump_sum', base => 1000 * p)
		WHEN 1 THEN steering.set_agreement('sup.s' || s, 'sup.p' || p, '[2028-01-01,2029-01-01)', 'price_volume', volume => floor(random() * 4000)::numeric, price => 10 * random()::numeric,
			unused_percent => 100 * random()::numeric)
		WHEN 2 THEN steering.set_agreement('sup.s' || s, 'sup.p' || p, '[2028-01-01,2029-01-01)', 'base_plus', base => 900 * p, volume => floor(random() * 3000)::numeric, price => 10 * random()::numeric)
		ELSE steering.set_agreement('sup.s' || s, 'sup.p' || p, '[2028-01-01,2029-01-01)', 'key_share', allocation_key => 'sup.people') END) AS agreements
FROM generate_series(1, 8) AS s, generate_series(1, 6) AS p;
SELECT steering.set_agreement('sup.s' || s, p, '[2028-01-01,2029-01-01)', 'key_share', allocation_key => 'sup.people') > 0 AS made FROM unnest('{3,7}'::integer[]) AS s, unnest('{sup.city,sup.town}'::text[]) AS p;
INSERT INTO line SELECT 'sup.s' || ceil(random() * 9), 'sup.p' || ceil(random() * 6), date '2028-01-01' + floor(random() * 200)::integer, amount, amount / 4
FROM (SELECT round((random() * 500)::numeric, 2) AS amount FROM generate_series(1, 2000)) AS v;
SELECT steering.close_period('2028-Q1') > 0 AS closed WHERE :seed % 2 = 0 \g /dev/null
CREATE TEMPORARY TABLE told AS SELECT * FROM steering.supplier_health('2028', NULL, '2028-08-20', 'run_rate');
INSERT INTO line SELECT service, participant, '2028-12-31', expected - actual, (expected - actual) / 4 FROM steering.outlook('2028-08-20', 'run_rate');
SELECT :seed AS seed, told.expected_revenue, came.revenue, told.expected_cost, came.cost, told.expected_result, came.result, told.expected_coverage, came.coverage, told.expected_reserve, came.reserve + came.kept AS with_kept
FROM told, steering.supplier_health('2028', NULL) AS came
WHERE (told.expected_cost, told.expected_result, told.expected_coverage) IS DISTINCT FROM (came.cost, came.result, came.coverage)
	OR told.expected_revenue IS DISTINCT FROM came.revenue OR abs(told.expected_reserve - came.reserve - came.kept) > 0.02;
SELECT expected_cost > 400000 AS much FROM told;
ROLLBACK;

-- This is for nobody who was not granted it; who was needs nothing else.
CREATE ROLE regress_sp71_controller;
SET ROLE regress_sp71_controller;
SELECT * FROM steering.supplier_health('2026');
SELECT * FROM steering.resilience();
SELECT steering.book_reserve('2026-06-01', 1, 'Mine');
SELECT steering.set_risk('sup.mine', 'Mine', 0.5, 1, 2, 3);
SELECT * FROM steering.reserve;
SELECT * FROM steering.risk;
RESET ROLE;
GRANT EXECUTE ON FUNCTION steering.supplier_health, steering.resilience TO regress_sp71_controller;
SET ROLE regress_sp71_controller;
SELECT step, result, reserve FROM steering.supplier_health('2026', NULL);
SELECT available FROM steering.resilience('2026-06-01');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION steering.supplier_health, steering.resilience FROM regress_sp71_controller;
DROP ROLE regress_sp71_controller;
