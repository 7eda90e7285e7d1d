-- How far methods were off, and random bookings, against a computation of its own in plain numeric.
CREATE SCHEMA outlook_error_test;
SET search_path = outlook_error_test;
SET datestyle = ISO;
INSERT INTO steering.participant (code, name) SELECT 'oute.p' || i, 'P' FROM generate_series(1, 4) AS i;
INSERT INTO steering.service (code, name) SELECT 'oute.s' || i, 'S' FROM generate_series(1, 4) AS i;
CREATE TABLE line (product text, town text, day date, net numeric);
CREATE TABLE purchase (LIKE line);
SELECT steering.attach('line', 'product', 'town', 'day', 'net') > 0 AS line,
    steering.attach('purchase', 'product', 'town', 'day', 'net', stage => 'commitment') > 0 AS purchase;

-- By hand: two years of 1200, booked 100 a month in the first, and 50 a month until 650 in December in the second.
INSERT INTO line SELECT 'oute.s1', 'oute.p1', day, CASE WHEN day < '2002-01-01' THEN 100 WHEN day < '2002-12-01' THEN 50 ELSE 650 END
    FROM generate_series('2001-01-31'::date, '2002-12-31', '1 month') AS month (day);
-- In 2001 seasonal falls back to the days: 100 / 31 * 365 = 1177.42 in January. In 2002 it has 2001: 50 * 12 = 600, half of what came.
SELECT method, months, years, outlooks, error, bias FROM steering.outlook_error('seasonal', '2001-01-01', '2002-12-31');
SELECT method, months, years, outlooks, error, bias FROM steering.outlook_error('seasonal', '2002-01-01', '2003-12-30');
-- Before the first booking of all, and after the last, there are no years.
SELECT method, years, outlooks, error, bias FROM steering.outlook_error(NULL, '2000-01-01', '2000-12-31') WHERE months = 1;
SELECT method, years, outlooks, error, bias FROM steering.outlook_error('run_rate', '2003-01-01', '2003-12-31') WHERE months = 1;
-- Of equal ones the first is taken: in 2001 all were equal, 1177.42; at the end of January of 2002 run_rate said 588.71, seasonal 600, additive
-- 50 + 1100. Of 2400 that is 22.58 + 50 off. On average 1125 followed: 50 + 1125.
INSERT INTO line VALUES ('oute.s1', 'oute.p1', '2003-01-10', 50);
SELECT method, reason, expected FROM steering.outlook('2003-01-31');
DELETE FROM line;

-- Random bookings, others in each run. What is wrong is shown with the seed: SEED=... repeats it.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
\o /dev/null
SELECT setseed(:seed / 1000000.0);
\o
-- Some pairs begin later, some are booked on in few months, some have refunds.
CREATE TABLE habit AS SELECT 'oute.s' || s AS product, 'oute.p' || p AS town, '2018-01-01'::date + floor(random() * 500)::integer + CASE WHEN random() < 0.3 THEN 700 ELSE 0 END AS first_day,
    random() AS busy, random() < 0.3 AS seasonal FROM generate_series(1, 4) AS s, generate_series(1, 4) AS p;
INSERT INTO line SELECT product, town, day, round((random() * 1000 - 60)::numeric * CASE WHEN seasonal THEN extract(month FROM day)::numeric ELSE 1 END, 2)
    FROM habit, generate_series('2018-01-01'::date, '2023-12-31', '11 days') AS booked (day) WHERE day >= first_day AND random() < busy;
INSERT INTO purchase SELECT product, town, day, round((random() * 3000 - 1000)::numeric, 2)
    FROM habit, generate_series('2018-01-01'::date, '2023-12-31', '31 days') AS booked (day) WHERE random() < 0.5;

ANALYZE line, purchase, habit;
-- What was booked by month on each pair, on each service, and in all; nothing that nets to zero.
CREATE TABLE level AS
    SELECT product, town, product || ' ' || town AS series, 1 AS rank FROM habit UNION ALL SELECT product, town, product, 2 FROM habit UNION ALL SELECT product, town, 'all', 3 FROM habit;
CREATE TABLE monthly AS
    SELECT series, month, sum(net) AS net FROM (SELECT DISTINCT series, product, town FROM level) AS l JOIN (SELECT product, town, date_trunc('month', day)::date AS month, net FROM line) AS line USING (product, town)
    GROUP BY 1, 2 HAVING sum(net) <> 0;
ANALYZE level, monthly;
CREATE FUNCTION level_share(first date, end_day date, as_of date, OUT product text, OUT town text, OUT rank integer, OUT years integer, OUT is_whole boolean, OUT reached numeric, OUT whole numeric, OUT of_days numeric)
RETURNS SETOF record LANGUAGE sql STABLE AS $$
    WITH step AS (SELECT extract(year FROM age(end_day - 1, first))::integer + 1 AS years
    ), back AS MATERIALIZED (
        SELECT n, (first - make_interval(years => n * step.years))::date AS year_first, (first - make_interval(years => (n - 1) * step.years))::date AS year_end, n * step.years <= 10 AS in_sight
        FROM step, generate_series(1, 11) AS n WHERE (n - 1) * step.years <= 10
    ), booked AS MATERIALIZED (
        SELECT series, n, min(month) = min(year_first) AS from_first_month,
            sum(net) FILTER (WHERE month < year_first + age(date_trunc('month', as_of + 1), first)) AS before, sum(net) FILTER (WHERE month = year_first + age(date_trunc('month', as_of + 1), first)) AS part,
            sum(net) FILTER (WHERE month < year_first + age(end_day, first)) AS whole
        FROM monthly JOIN back ON month >= year_first AND month < year_end GROUP BY 1, 2
    ), chain AS (
        -- As many years as there are before the first one without bookings, ten at most.
        SELECT series, min(n) - 1 AS years FROM (SELECT DISTINCT series FROM level) AS l CROSS JOIN back
        WHERE NOT in_sight OR NOT EXISTS (SELECT FROM booked WHERE (booked.series, booked.n) = (l.series, back.n)) GROUP BY 1
    ), used AS (
        SELECT chain.series, CASE WHEN known THEN chain.years ELSE greatest(chain.years - 1, 1) END AS years, known OR chain.years > 1 AS is_whole
        FROM chain JOIN booked AS oldest ON (oldest.series, n) = (chain.series, chain.years)
        CROSS JOIN LATERAL (SELECT from_first_month OR EXISTS (SELECT FROM booked WHERE series = 'all' AND booked.n = chain.years AND booked.from_first_month)
            AND NOT EXISTS (SELECT FROM booked WHERE series = 'all' AND booked.n = chain.years + 1) AS known) AS k
    ), fraction AS (
        SELECT (as_of + 1 - date_trunc('month', as_of + 1)::date)::numeric AS days, extract(day FROM date_trunc('month', as_of + 1) + '1 month'::interval - '1 day'::interval) AS of_days
    )
    SELECT level.product, level.town, level.rank, used.years, used.is_whole, coalesce(sum(before), 0) * of_days + coalesce(sum(part), 0) * days, coalesce(sum(whole), 0) * of_days, of_days
    FROM level JOIN used USING (series) JOIN booked ON booked.series = used.series AND n <= used.years CROSS JOIN fraction
    GROUP BY 1, 2, 3, 4, 5, of_days, days
$$;
CREATE FUNCTION share(first date, end_day date, as_of date, OUT product text, OUT town text, OUT actual numeric, OUT committed numeric, OUT basis text, OUT reached numeric, OUT whole numeric, OUT years integer, OUT is_whole boolean, OUT own_reached numeric, OUT own_whole numeric, OUT of_days numeric)
RETURNS SETOF record LANGUAGE sql STABLE AS $$
    WITH profile AS MATERIALIZED (SELECT * FROM level_share(first, end_day, as_of)),
    best AS (
        SELECT DISTINCT ON (product, town) product, town, rank, reached, whole FROM profile
        WHERE is_whole AND whole > 0 AND reached > 0 AND reached >= 0.01 * whole ORDER BY product, town, rank
    )
    SELECT habit.product, habit.town,
        coalesce((SELECT sum(net) FROM line WHERE (line.product, line.town) = (habit.product, habit.town) AND day BETWEEN first AND as_of), 0),
        coalesce((SELECT sum(net) FROM purchase WHERE (purchase.product, purchase.town) = (habit.product, habit.town) AND day BETWEEN first AND as_of), 0),
        CASE best.rank WHEN 1 THEN 'own years' WHEN 2 THEN 'service years' WHEN 3 THEN 'all years' ELSE 'run_rate' END,
        coalesce(best.reached, as_of + 1 - first), coalesce(best.whole, end_day - first),
        coalesce(own.years, 0), coalesce(own.is_whole, false), own.reached, own.whole, coalesce(own.of_days, 1)
    FROM habit LEFT JOIN best USING (product, town) LEFT JOIN (SELECT * FROM profile WHERE rank = 1) AS own USING (product, town)
$$;
CREATE FUNCTION expected(first date, end_day date, as_of date) RETURNS TABLE (product text, town text, method text, basis text, actual numeric, committed numeric, expected numeric, years integer) LANGUAGE sql STABLE AS $$
    WITH base AS (
        SELECT s.*, method, CASE
            WHEN method = 'run_rate' THEN 'run_rate'
            WHEN method <> 'additive' AND actual > 0 AND basis = 'own years' THEN basis
            WHEN s.years > 0 AND (is_whole OR actual <= 0 OR method = 'additive') THEN 'own years, added'
            WHEN actual <= 0 THEN 'actual'
            ELSE basis END AS rests_on
        FROM share($1, $2, $3) AS s, unnest(ARRAY['run_rate', 'seasonal', 'additive', 'committed']) AS method
    ), figure AS (
        SELECT base.*, CASE
            WHEN as_of = end_day - 1 OR rests_on = 'actual' THEN actual
            WHEN method = 'run_rate' THEN round(actual * (end_day - first) / (as_of + 1 - first), 2)
            WHEN rests_on = 'own years, added' THEN actual + round((own_whole - own_reached) / (base.years * of_days), 2)
            ELSE round(actual * whole / reached, 2) END AS figure
        FROM base
    )
    SELECT product, town, method, rests_on, actual, committed, CASE method WHEN 'committed' THEN greatest(figure, actual + committed) ELSE figure END, years FROM figure
$$;
-- Periods of one month to two years; the day anywhere in them, or at a month's end, or at the end of all.
CREATE TABLE question AS
    SELECT id, first, end_day, CASE WHEN r < 0.1 THEN end_day - 1 WHEN r < 0.4 THEN (date_trunc('month', day + 1) - '1 day'::interval)::date ELSE day END AS as_of
    FROM (SELECT id, first, end_day, r, first + floor(random() * (end_day - first))::integer AS day
          FROM (SELECT id, first, (first + make_interval(months => (ARRAY[12, 12, 12, 1, 3, 7, 24])[ceil(random() * 7)]))::date AS end_day, random() AS r
                FROM (SELECT id, ('2019-01-01'::date + make_interval(months => floor(random() * 36)::integer))::date AS first FROM generate_series(1, 60) AS id) AS a) AS b) AS c;
UPDATE question SET as_of = first + 5 WHERE as_of < first;
CREATE TABLE answer AS SELECT q.id, q.as_of, o.* FROM question AS q, unnest(ARRAY['run_rate', 'seasonal', 'additive', 'committed']) AS m,
    steering.outlook(q.as_of, m, format('[%s,%s)', q.first, q.end_day)) AS o;
CREATE TABLE oracle AS SELECT q.id, q.as_of, e.* FROM question AS q, expected(q.first, q.end_day, q.as_of) AS e;
SELECT count(*) > 1000 AS enough, count(DISTINCT basis) > 2 AS kinds, count(*) FILTER (WHERE expected <> actual) > 500 AS apart FROM answer;
SELECT :seed AS seed, * FROM answer JOIN oracle ON (answer.id, service, participant, answer.method) = (oracle.id, product, town, oracle.method)
    WHERE (answer.actual, answer.committed, answer.expected, answer.basis) IS DISTINCT FROM (oracle.actual, oracle.committed, oracle.expected, oracle.basis) LIMIT 5;
-- What has no row was never booked on by then, or not in ten years.
SELECT :seed AS seed, * FROM oracle WHERE (actual <> 0 OR committed <> 0 OR years > 0) AND NOT EXISTS (SELECT FROM answer WHERE (answer.id, service, participant, answer.method) = (oracle.id, product, town, oracle.method)) LIMIT 5;
SELECT :seed AS seed, * FROM answer WHERE NOT EXISTS (SELECT FROM oracle WHERE (answer.id, service, participant, answer.method) = (oracle.id, product, town, oracle.method)) LIMIT 5;
-- On the last day each method gives actual, or what is committed as well.
SELECT :seed AS seed, answer.* FROM answer JOIN question USING (id)
    WHERE question.as_of = end_day - 1 AND expected <> CASE method WHEN 'committed' THEN greatest(actual, actual + committed) ELSE actual END LIMIT 5;

-- The errors are those of these outlooks, year by year, for years from January and from April.
CREATE TABLE tested AS
    SELECT first_year, e.method, months, count(*) AS outlooks, round(100 * sum(abs(e.expected - became)) / sum(abs(became)), 2) AS error, round(100 * sum(e.expected - became) / sum(abs(became)), 2) AS bias
    FROM (VALUES ('2019-01-01'::date), ('2018-04-01')) AS y (first_year), generate_series(0, 3) AS n, unnest('{1,5,8,11}'::integer[]) AS months,
        LATERAL (SELECT (first_year + make_interval(years => n))::date AS first) AS f, expected(first, (first + '1 year'::interval)::date, (first + make_interval(months => months) - '1 day'::interval)::date) AS e,
        LATERAL (SELECT coalesce(sum(net), 0) AS became FROM line WHERE (line.product, line.town) = (e.product, e.town) AND day >= first AND day < first + '1 year'::interval) AS b
    WHERE (e.actual <> 0 OR e.committed <> 0 OR became <> 0 OR e.years > 0) AND first >= (SELECT date_trunc('month', min(day)) FROM line)
    GROUP BY 1, 2, 3;
SELECT count(*) AS figures FROM tested;
SELECT :seed AS seed, tested.*, o.* FROM tested FULL JOIN (SELECT first_year, e.* FROM (VALUES ('2019-01-01'::date), ('2018-04-01')) AS y (first_year),
        unnest(ARRAY['run_rate', 'seasonal', 'additive', 'committed']) AS m, steering.outlook_error(m, first_year, (first_year + '4 years'::interval)::date + 100) AS e WHERE months IN (1, 5, 8, 11)) AS o USING (first_year, method, months)
    WHERE (tested.outlooks, tested.error, tested.bias) IS DISTINCT FROM (o.outlooks, o.error, o.bias) LIMIT 5;
-- And the method that is taken has the least error, of those that are the same to two decimals any.
CREATE TABLE known AS SELECT method, error FROM steering.outlook_error(NULL, '2018-01-01', '2022-12-31') WHERE months = 4 AND outlooks > 0;
SELECT :seed AS seed, o.method, o.reason, known.* FROM (SELECT DISTINCT method, reason, actual > 0 AS rises FROM steering.outlook('2023-05-15')) AS o LEFT JOIN known USING (method)
    WHERE known.error IS DISTINCT FROM (SELECT min(error) FROM known AS other WHERE o.rises OR other.method <> 'run_rate') OR NOT o.reason LIKE ANY (ARRAY['error ' || trim_scale(known.error) || '% over % earlier years', 'error ' || known.error || '% over % earlier years']);

-- Earned value of each pair for 2022, and its cap: budgets, targets, and measurements with gaps at random.
CREATE TABLE work AS SELECT product, town, greatest(1, round((0.2 + 1.3 * random())::numeric * became, 2)) AS budget, round((random() * 1000 + 1)::numeric, 2) AS target, steering.set_cap(product, town, 'budget', '[2022-01-01,2023-01-01)', 1, '100% notify') AS cap FROM habit
    CROSS JOIN LATERAL (SELECT coalesce(sum(net), 0) AS became FROM line WHERE (line.product, line.town) = (habit.product, habit.town) AND day >= '2022-01-01' AND day < '2023-01-01') AS b;
CREATE TABLE measured AS SELECT product, town, month, round((random() * target / 8)::numeric, 2) AS value FROM work, generate_series(1, 12) AS month WHERE random() < 0.9;
\o /dev/null
SELECT steering.set_cap(product, town, 'budget', '[2022-01-01,2023-01-01)', budget, '100% notify, 130% block', accept_overrun => true) FROM work;
SELECT steering.set_indicator('oute.i' || i, 'oute.s' || i, 'I', 'case', 'higher', 'outcome', true, true) FROM generate_series(1, 4) AS i;
SELECT steering.set_target(replace(product, 's', 'i'), town, '2022', target) FROM work;
SELECT steering.set_measurement(replace(product, 's', 'i'), town, format('2022-%s', lpad(month::text, 2, '0')), value) FROM measured;
\o
CREATE TABLE planned AS SELECT months, s.* FROM generate_series(1, 12) AS months, share('2022-01-01', '2023-01-01', ('2022-01-01'::date + make_interval(months => months))::date - 1) AS s;
CREATE TABLE earned AS
    SELECT as_of, product, town, budget AS bac, months, budget * least(ev, target) / target AS ev, ac, budget * reached / whole AS pv
    FROM work CROSS JOIN generate_series(1, 11) AS last CROSS JOIN LATERAL (SELECT make_date(2022, last + 1, 1) - CASE last % 3 WHEN 0 THEN 1 WHEN 1 THEN -9 ELSE -20 END AS as_of) AS d
    CROSS JOIN LATERAL (SELECT coalesce(min(m) - 1, last) AS months FROM generate_series(1, last) AS m WHERE NOT EXISTS (SELECT FROM measured WHERE (measured.product, measured.town, month) = (work.product, work.town, m))) AS g
    CROSS JOIN LATERAL (SELECT sum(value) AS ev FROM measured WHERE (measured.product, measured.town) = (work.product, work.town) AND month <= months) AS m
    CROSS JOIN LATERAL (SELECT coalesce(sum(net), 0) AS ac FROM line WHERE (line.product, line.town) = (work.product, work.town) AND day >= '2022-01-01' AND day < make_date(2022, months + 1, 1)) AS a
    JOIN (SELECT months, product, town, reached, whole FROM planned) AS p USING (months, product, town);
SELECT :seed AS seed, o.*, earned.*
FROM (SELECT q.as_of AS day, o.* FROM (SELECT DISTINCT as_of FROM earned) AS q, unnest(ARRAY['eac_budget', 'eac_cpi', 'eac_spi_cpi']) AS m, steering.outlook(q.as_of, m) AS o) AS o
LEFT JOIN earned ON (earned.as_of, product, town) = (o.day, service, participant)
WHERE abs(o.expected - CASE o.method WHEN 'eac_budget' THEN ac + bac - ev WHEN 'eac_cpi' THEN bac * ac / ev ELSE ac + (bac - ev) * ac * pv / (ev * ev) END) > 0.006
    OR (o.expected IS NULL) <> (bac IS NULL OR method <> 'eac_budget' AND (ev <= 0 OR ac <= 0)) LIMIT 5;
SELECT count(*) > 50 AS enough, count(DISTINCT months) > 3 AS apart FROM earned;

-- The course of the caps: as it was up to a month's end, and then to what is expected, as the profile goes.
CREATE TABLE course AS
    WITH expected AS (
        SELECT k.*, e.basis AS rests_on, e.expected AS figure, CASE WHEN e.basis LIKE 'own years%' THEN own_reached / of_days ELSE reached END AS part, CASE WHEN e.basis LIKE 'own years%' THEN own_whole / of_days ELSE whole END AS all_of_it
        FROM planned AS k JOIN LATERAL (SELECT * FROM expected('2022-01-01', '2023-01-01', ('2022-01-01'::date + make_interval(months => k.months))::date - 1)) AS e USING (product, town) WHERE e.method = 'seasonal' AND k.months IN (3, 6, 10)
    )
    SELECT k.months AS known, j.months, product, town, k.actual + k.committed AS used, expected,
        CASE WHEN j.months <= k.months THEN j.actual + j.committed WHEN j.months = 12 THEN expected
            WHEN k.rests_on NOT LIKE 'own years%' THEN k.actual + k.committed + (expected - k.actual - k.committed) * greatest(0, j.reached * k.whole - k.reached * j.whole) / nullif((k.whole - k.reached) * j.whole, 0)
            WHEN k.all_of_it > k.part THEN k.actual + k.committed + (expected - k.actual - k.committed) * greatest(0, j.own_reached / j.of_days - k.part) / (k.all_of_it - k.part)
            ELSE k.actual + k.committed END AS stands_at
    FROM expected AS k JOIN planned AS j USING (product, town)
    CROSS JOIN LATERAL (SELECT greatest(k.actual + k.committed, k.figure) AS expected) AS e
    WHERE k.rests_on LIKE 'own years%' OR NOT EXISTS (SELECT FROM planned AS p WHERE (p.product, p.town) = (k.product, k.town) AND p.months >= k.months AND (p.basis <> k.basis OR p.reached > p.whole));
SELECT count(*) > 200 AS enough FROM course;
SELECT :seed AS seed, known, o.*, c.* FROM unnest('{3,6,10}'::integer[]) AS k, steering.cap_outlook(make_date(2022, k + 1, 1) - 1) AS o
JOIN LATERAL (SELECT known, min(used) AS used, min(expected) AS expected, min(months) FILTER (WHERE stands_at >= amount) AS limit_month, min(months) FILTER (WHERE stands_at > blocks_at) AS block_month
    FROM course WHERE (known, product, town) = (k, service, participant) GROUP BY known) AS c ON true
WHERE (o.used, o.expected, extract(month FROM o.limit_month), extract(month FROM o.block_month)) IS DISTINCT FROM (c.used, c.expected, c.limit_month, c.block_month) LIMIT 5;
SELECT count(*) FILTER (WHERE limit_month > day) > 0 AS later, count(*) FILTER (WHERE limit_month <= day) > 0 AS before, count(*) FILTER (WHERE limit_month IS NULL) > 0 AS never
FROM unnest('{2022-03-31,2022-06-30,2022-10-31}'::date[]) AS day, steering.cap_outlook(day);

\o /dev/null
SELECT steering.drop_indicator('oute.i' || i) FROM generate_series(1, 4) AS i;
SELECT steering.drop_cap(cap) FROM work;
\o
DROP TABLE line, purchase;
DELETE FROM steering.participant WHERE code LIKE 'oute.%';
DELETE FROM steering.service WHERE code LIKE 'oute.%';
\set VERBOSITY terse
DROP SCHEMA outlook_error_test CASCADE;
