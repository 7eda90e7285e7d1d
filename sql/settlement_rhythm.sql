-- Whatever is closed, in whatever order, the same is owed: months, quarters, years, periods in each other, some reopened.
\set VERBOSITY terse
CREATE SCHEMA rhythm_test;
SET search_path = rhythm_test;
SET datestyle = ISO;
SET jit = off;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
    ('rhy.region', NULL, 'Region', NULL), ('rhy.city', 'rhy.region', 'City', 6000), ('rhy.town', 'rhy.region', 'Town', 3001),
    ('rhy.village', 'rhy.region', 'Village', 998);
INSERT INTO steering.service (code, parent, name, unit) VALUES
    ('rhy.ict', NULL, 'ICT', NULL), ('rhy.desk', 'rhy.ict', 'Desk', 'workplace'), ('rhy.hr', NULL, 'HR', 'hour'), ('rhy.tax', NULL, 'Tax', NULL), ('rhy.law', NULL, 'Law', NULL);
CREATE TABLE line (service text, participant text, day date, net numeric, pieces numeric DEFAULT 0);
SELECT steering.attach('line', 'service', 'participant', 'day', 'net', 'pieces') > 0 AS attached;
CREATE FUNCTION total(period text) RETURNS TABLE (participant text, service text, line text, amount numeric) LANGUAGE sql AS $$
    SELECT participant, service, line, sum(amount) FROM steering.settle(period) GROUP BY 1, 2, 3 HAVING sum(amount) <> 0
$$;
CREATE FUNCTION reopen_all() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(steering.reopen_period(period, 'again'))
    FROM (SELECT daterange(first_day, last_day, '[]')::text AS period FROM steering.closed_period WHERE first_day >= '2025-10-01' ORDER BY last_day DESC, first_day OFFSET 0) AS closed
$$;

-- Take or pay: 1200 contracted for the year, 1200 used, whatever each quarter used.
SELECT steering.set_agreement('rhy.desk', 'rhy.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1200, price => 1, unused_percent => 100) > 0 AS made;
SELECT steering.set_agreement('rhy.hr', 'rhy.city', '[2026-01-01,2027-01-01)', 'base_plus', base => 1200, volume => 1200, price => 1) > 0 AS made;
INSERT INTO line SELECT service, 'rhy.city', day::date, pieces, pieces
FROM (VALUES ('2026-02-01', 200), ('2026-05-01', 400), ('2026-08-01', 300), ('2026-11-01', 300)) AS v (day, pieces), unnest('{rhy.desk,rhy.hr}'::text[]) AS service;
SELECT * FROM total('2026');
SELECT steering.close_period('2026-Q1') AS first_quarter \gset
-- it bills what is due so far
SELECT service, line, quantity, price, amount FROM steering.settle('2026-Q1');
SELECT * FROM total('2026');
-- each quarter bills what is due until its end less what was billed
SELECT steering.close_period('2026-Q2') > 0 AS closed, steering.close_period('2026-07') > 0 AS another;
SELECT line, quantity, price, amount FROM steering.settle('2026-Q2') WHERE service = 'rhy.desk';
SELECT service, line, amount FROM total('2026');
-- the year over them: all of it, less each line that was billed
SELECT steering.close_period('2026') AS year \gset
SELECT service, line, quantity, price, amount, corrects - :first_quarter AS corrects FROM steering.settlement WHERE closing_id = :year ORDER BY service, corrects NULLS FIRST, line;
SELECT service, line, amount FROM total('2026');
SELECT service, line, amount FROM total('2026-Q1');
SELECT count(*) FILTER (WHERE difference <> 0) AS differences FROM unnest('{2026,2026-Q1,2026-Q2,2026-07}'::text[]) AS period, steering.settlement_proof(period);
SELECT step, revenue, cost FROM steering.supplier_health('2026', 'quarter');
-- what was billed piece by piece can be asked for, what was not cannot
SELECT count(*) > 0 AS billed FROM steering.settle('[2026-01-01,2026-08-01)');
SELECT * FROM steering.settle('2026-02');
SELECT * FROM steering.settle('2026-Q3');
-- the longest is reopened first, and those in it stay closed
SELECT steering.close_period('2026-Q4');
SELECT steering.close_period('2026');
SELECT steering.reopen_period('2026-Q1', 'too soon');
INSERT INTO line VALUES ('rhy.desk', 'rhy.city', '2026-09-01', 1, 0);
SELECT steering.correct_settlement('2026-Q1', 'rhy.city', 'rhy.desk', 12.34, 'in an interim bill', '2027-01') > 0 AS corrected;
SELECT steering.reopen_period('2026', 'to go on') = :year AS reopened;
INSERT INTO line VALUES ('rhy.desk', 'rhy.city', '2026-09-01', 1, 0);
INSERT INTO line VALUES ('rhy.desk', 'rhy.city', '2026-03-01', 1, 0);
SELECT service, line, amount FROM total('2026');
SELECT reopen_all();

-- Terms that change after a bill: the rest of the year makes up for it.
SELECT steering.close_period('2026-Q1') > 0 AS closed;
SELECT steering.set_agreement('rhy.desk', 'rhy.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1200, price => 1.5, unused_percent => 50) > 0 AS revised;
SELECT service, line, amount FROM total('2026') WHERE service = 'rhy.desk';
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service = 'rhy.hr' AND participant = 'rhy.city';
SELECT steering.set_agreement('rhy.hr', 'rhy.city', '[2026-01-01,2026-07-01)', 'lump_sum', base => 500) > 0 AS made;
SELECT service, line, amount FROM total('2026') WHERE service = 'rhy.hr';
SELECT service, line, amount FROM total('2026-Q2') WHERE service = 'rhy.hr';
SELECT reopen_all();
SELECT service, line, amount FROM total('2026') WHERE service = 'rhy.hr';
DELETE FROM line;
SELECT count(*) AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE service LIKE 'rhy.%';

-- A year that does not begin in January, closed by calendar year.
SELECT steering.set_agreement('rhy.desk', 'rhy.city', '[2026-07-01,2027-07-01)', 'price_volume', volume => 1200, price => 1, unused_percent => 100) > 0 AS made;
SELECT steering.set_allocation_key('rhy.people', 'Inhabitants', 'inhabitants') > 0 AS set;
SELECT steering.set_result_share('rhy.people', 50, '[2026-07-01,2027-07-01)');
INSERT INTO line VALUES ('rhy.desk', 'rhy.city', '2027-03-01', 100, 1200);
SELECT participant, line, amount FROM total('[2026-07-01,2027-07-01)');
SELECT steering.close_period('2026') > 0 AS closed;
SELECT participant, line, quantity, amount FROM steering.settle('2026');
SELECT participant, line, quantity, amount FROM steering.settle('2027');
SELECT participant, line, amount FROM total('[2026-01-01,2028-01-01)');
SELECT steering.close_period('2027') > 0 AS closed;
SELECT participant, line, amount FROM total('[2026-01-01,2028-01-01)');
SELECT reopen_all();
DELETE FROM line;
SELECT steering.drop_result_share('[2026-07-01,2027-07-01)');
SELECT count(*) AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE service LIKE 'rhy.%';

-- Random agreements of all forms and lengths, bookings, results and corrections, others in each run, closed in random rhythms.
-- What is wrong is shown with the seed: SEED=... repeats it.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT setseed(:seed / 1000000.0);
SELECT count(steering.set_allocation_key(code, code, basis, service)) AS keys
FROM (VALUES ('rhy.fixed', 'fixed', NULL), ('rhy.used', 'volume', 'rhy.desk'), ('rhy.agreed', 'agreed', 'rhy.hr')) AS key (code, basis, service);
SELECT count(steering.set_key_weight('rhy.fixed', round((random() * 10)::numeric, 2), '(,)', participant => code)) AS weights FROM steering.participant WHERE code LIKE 'rhy.%';
SELECT count(CASE n % 7
    WHEN 0 THEN steering.set_agreement(service, participant, during, 'lump_sum', base => amount, advance => 10, incentive_maximum => round(amount / 10, 2))
    WHEN 1 THEN steering.set_agreement(service, participant, during, 'price_volume', volume => pieces, price => price, unused_percent => 100, advance => 7.77)
    WHEN 2 THEN steering.set_agreement(service, participant, during, 'price_volume', volume => pieces, price => price, unused_percent => 33.3, incentive_maximum => round(amount / 3, 2))
    WHEN 3 THEN steering.set_agreement(service, participant, during, 'base_plus', base => amount, volume => pieces, price => price, incentive_maximum => 50)
    ELSE steering.set_agreement(service, participant, during, 'key_share', allocation_key => ('{rhy.people,rhy.fixed,rhy.used,rhy.agreed}'::text[])[n % 4 + 1],
        base => CASE WHEN service = 'rhy.hr' THEN amount END, incentive_maximum => CASE WHEN pieces > 200 THEN 60 END) END) > 8 AS agreements
FROM (
    SELECT (row_number() OVER ())::integer AS n, service, participant, daterange(first_day::date, (first_day + make_interval(months => months))::date) AS during,
        round((random() * 5000)::numeric, 2) AS amount, floor(random() * 400)::numeric AS pieces, round((random() * 5)::numeric, 4) AS price
    FROM unnest('{rhy.desk,rhy.hr,rhy.tax,rhy.law,rhy.ict}'::text[]) AS service, unnest('{rhy.city,rhy.town,rhy.village,rhy.region}'::text[]) AS participant
    CROSS JOIN LATERAL (SELECT timestamp '2025-10-01' + make_interval(months => floor(random() * 12)::integer) AS first_day,
        (ARRAY[3, 7, 12, 12, 18, 24])[1 + floor(random() * 6 + 0 * length(service))::integer] AS months) AS term
    WHERE random() < 0.8) AS drawn;
SELECT count(steering.set_indicator('rhy.i' || n, service, 'I', 'x', 'higher', 'outcome', n = 1)) AS indicators FROM unnest('{rhy.hr,rhy.desk}'::text[]) WITH ORDINALITY AS v (service, n);
SELECT count(steering.set_incentive('rhy.i' || n, '{"(,90)","[90,110)","[110,)"}', '{-5,0,3}')) AS incentives FROM generate_series(1, 2) AS n;
SELECT count(steering.set_target('rhy.i' || n, participant, year, 1200)) AS targets
FROM generate_series(1, 2) AS n, unnest('{rhy.city,rhy.town,rhy.village,rhy.region}'::text[]) AS participant, unnest('{2025,2026,2027,2028}'::text[]) AS year;
SELECT count(steering.set_measurement('rhy.i' || n, participant, to_char(month, 'YYYY-MM'), round((60 + random() * 90)::numeric, 1) * CASE n WHEN 1 THEN 1 ELSE 12 END)) AS measurements
FROM generate_series(1, 2) AS n, unnest('{rhy.city,rhy.town,rhy.village,rhy.region}'::text[]) AS participant, generate_series(timestamp '2025-10-01', '2027-12-01', '1 month') AS month;
SELECT steering.set_result_share('rhy.people', 40, '[2026-01-01,2027-01-01)'), steering.set_result_share('rhy.used', 25, '[2027-01-01,)');
INSERT INTO line SELECT ('{rhy.desk,rhy.hr,rhy.tax,rhy.law,rhy.ict}'::text[])[ceil(random() * 5)], ('{rhy.city,rhy.town,rhy.village,rhy.region}'::text[])[ceil(random() * 4)],
    date '2025-10-01' + floor(random() * 815)::integer, round((random() * 300)::numeric - 40, 2), round((random() * 20)::numeric - 2, 2)
FROM generate_series(1, 1000);
-- corrections of something that stays closed
SELECT steering.close_period('2025-07') > 0 AS closed;
SELECT count(steering.correct_settlement('2025-07', participant, service, amount, 'random', month)) AS corrections
FROM (VALUES ('rhy.city', 'rhy.hr', 12.34, '2026-05'), ('rhy.town', 'rhy.hr', -100, '2026-Q4'), ('rhy.town', 'rhy.hr', -100, '2026-Q4'), ('rhy.region', 'rhy.law', 5, '2027'))
    AS correction (participant, service, amount, month);
CREATE TEMPORARY TABLE wrong (way integer, period text, what text, detail text);
CREATE TEMPORARY TABLE wanted AS SELECT period, total.* FROM unnest('{2026,2027,"[2025-07-01,2027-07-01)","[2025-10-01,2028-01-01)"}'::text[]) AS period, total(period);
CREATE TABLE try (way integer, period text, done boolean);
-- closes a period, or notes that it cannot be
CREATE FUNCTION pg_temp.try_close(way integer, period text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM steering.close_period(period);
    INSERT INTO try VALUES (way, period, true);
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    INSERT INTO try VALUES (way, period, false);
END
$$;
CREATE FUNCTION pg_temp.check_way(way integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    chosen text;
BEGIN
    FOR chosen IN
        SELECT name FROM (
            SELECT to_char(month, 'YYYY-MM') AS name, 2 AS level, month FROM generate_series(timestamp '2025-10-01', '2027-12-01', '1 month') AS month
            UNION ALL SELECT to_char(quarter, 'YYYY-"Q"Q'), 3, quarter FROM generate_series(timestamp '2025-10-01', '2027-10-01', '3 months') AS quarter
            UNION ALL SELECT to_char(year, 'YYYY'), 4, year FROM generate_series(timestamp '2026-01-01', '2027-01-01', '1 year') AS year
            UNION ALL VALUES ('[2026-07-01,2027-07-01)', 3, timestamp '2026-07-01'), ('[2026-01-01,2028-01-01)', 5, '2026-01-01')
        ) AS candidate
        WHERE CASE way WHEN 0 THEN level = 2 WHEN 1 THEN level = 3 WHEN 2 THEN level = 4 WHEN 3 THEN level IN (2, 4) WHEN 4 THEN level < 5 ELSE random() < 0.2 + 0.1 * (way % 5) END
        ORDER BY CASE WHEN way < 5 THEN level ELSE level + 1.5 * random() END, CASE WHEN way % 2 = 0 THEN month END, random()
    LOOP
        PERFORM pg_temp.try_close(way, chosen);
        IF random() < 0.1 THEN
            BEGIN
                PERFORM steering.reopen_period(chosen, 'again');
            EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL;
            END;
            PERFORM pg_temp.try_close(way, chosen);
        END IF;
        IF random() < 0.1 THEN
            INSERT INTO wrong SELECT way, item, 'difference after ' || chosen, difference::text FROM steering.settlement_proof('[2025-10-01,2028-01-01)') WHERE difference <> 0;
        END IF;
    END LOOP;
    FOR chosen IN SELECT DISTINCT period FROM wanted LOOP
        BEGIN
            INSERT INTO wrong SELECT way, chosen, 'only here: ' || diff.line, diff::text FROM (SELECT participant, service, line, amount FROM wanted WHERE period = chosen EXCEPT SELECT * FROM total(chosen)) AS diff;
            INSERT INTO wrong SELECT way, chosen, 'only there: ' || diff.line, diff::text FROM (SELECT * FROM total(chosen) EXCEPT SELECT participant, service, line, amount FROM wanted WHERE period = chosen) AS diff;
        EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL;
        END;
    END LOOP;
    INSERT INTO wrong SELECT way, item, 'difference', difference::text FROM steering.settlement_proof('[2025-10-01,2028-01-01)') WHERE difference <> 0;
    -- all that was billed is all that is owed, once all is closed
    PERFORM pg_temp.try_close(way, '[2025-10-01,2028-01-01)');
    INSERT INTO wrong SELECT way, 'all', format('%s %s', participant, line), format('%s is %s', w.amount, b.amount)
    FROM (SELECT participant, line, sum(amount) AS amount FROM wanted WHERE period = '[2025-10-01,2028-01-01)' GROUP BY 1, 2) AS w
    FULL JOIN (SELECT participant, line, sum(amount) AS amount FROM steering.settlement WHERE reopened_at IS NULL AND valid_from >= '2025-10-01' GROUP BY 1, 2) AS b USING (participant, line)
    WHERE coalesce(w.amount, 0) <> coalesce(b.amount, 0);
    PERFORM reopen_all();
END
$$;
SELECT count(pg_temp.check_way(way)) AS ways FROM generate_series(0, 6) AS way;
SELECT count(*) FILTER (WHERE done) > 50 AS closed, count(*) FILTER (WHERE NOT done) > 3 AS refused FROM try;
SELECT :seed AS seed, * FROM wrong LIMIT 10;

SELECT steering.reopen_period('2025-07', 'end of the test') > 0 AS reopened;
SELECT count(*) > 0 AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE service LIKE 'rhy.%';
SELECT steering.drop_result_share('[2026-01-01,2027-01-01)'), steering.drop_result_share('[2027-01-01,)');
SELECT steering.drop_indicator('rhy.i1'), steering.drop_indicator('rhy.i2');
SELECT count(*) AS dropped FROM unnest('{rhy.people,rhy.fixed,rhy.used,rhy.agreed}'::text[]) AS key CROSS JOIN LATERAL steering.drop_allocation_key(key);
SELECT steering.detach('line');
ALTER TABLE steering.settlement_line DISABLE TRIGGER refuse_change;
ALTER TABLE steering.settlement_correction DISABLE TRIGGER refuse_change;
DELETE FROM steering.settlement_line;
DELETE FROM steering.settlement_correction;
ALTER TABLE steering.settlement_line ENABLE TRIGGER refuse_change;
ALTER TABLE steering.settlement_correction ENABLE TRIGGER refuse_change;
SET client_min_messages = warning;
DROP SCHEMA rhythm_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'rhy.%';
DELETE FROM steering.participant WHERE code LIKE 'rhy.%';
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
