-- What a year will bring, by each method; every figure here can be worked out by hand.
CREATE SCHEMA outlook_test;
SET search_path = outlook_test;
SET datestyle = ISO;
CREATE ROLE regress_sp71_village;
INSERT INTO steering.participant (code, parent, name, reader) VALUES
    ('out.region', NULL, 'Region', NULL), ('out.town', 'out.region', 'Town', NULL), ('out.village', 'out.region', 'Village', 'regress_sp71_village');
INSERT INTO steering.service (code, parent, name) VALUES
    ('out.ict', NULL, 'ICT'), ('out.desk', 'out.ict', 'Desk'), ('out.phone', 'out.ict', 'Phone'), ('out.tree', NULL, 'Trees');
CREATE TABLE line (product text DEFAULT 'out.desk', town text DEFAULT 'out.town', day date, net numeric, pieces numeric);
CREATE TABLE purchase (LIKE line INCLUDING DEFAULTS);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS line,
    steering.attach('purchase', 'product', 'town', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS purchase;

-- The first booking of all, in the first month of 2023.
INSERT INTO line (day, net) VALUES ('2023-01-10', 100), ('2023-06-10', 300), ('2023-12-10', 600);
-- Nobody knows what was before: in 2023 nothing can be expected but by days. 400 / 181 * 365 = 806.63.
SELECT service, participant, method, basis, reason, actual, expected FROM steering.outlook('2023-06-30', 'run_rate');
SELECT service, participant, method, basis, reason, actual, expected FROM steering.outlook('2023-06-30', 'seasonal');
SELECT service, participant, method, basis, reason, actual, expected FROM steering.outlook('2023-06-30');

INSERT INTO line (day, net) VALUES ('2024-01-10', 100), ('2024-06-20', 100), ('2024-12-31', 800), ('2025-01-10', 150), ('2025-06-15', 150);
-- Of 2023 and 2024, 600 of 2000 were spent by the end of June: 300 is 30 percent, of 1000.
-- By days: 300 / 181 * 365 = 604.97.
SELECT method, basis, reason, actual, committed, expected FROM steering.outlook('2025-06-30', 'seasonal');
SELECT method, basis, reason, actual, committed, expected FROM steering.outlook('2025-06-30', 'run_rate');
-- Within a month: the bookings up to that day; of June 15 of 30 days: (200 + 400 * 15/30) of 2000, so 300 is a fifth of 1500.
SELECT actual, expected FROM steering.outlook('2025-06-15', 'seasonal');
-- 150 / ((200 + 400 * 14/30) / 2000) = 775.86; by days 150 / 165 * 365 = 331.82.
SELECT actual, expected FROM steering.outlook('2025-06-14', 'seasonal');
SELECT actual, expected FROM steering.outlook('2025-06-14', 'run_rate');
-- What is booked on later days is not known then.
SELECT actual, expected FROM steering.outlook('2024-06-30', 'run_rate');

-- Commitments are a part of what is still to come. 150 open of 700 to come: still 1000.
INSERT INTO purchase (day, net) VALUES ('2025-03-01', 200), ('2025-05-20', -50), ('2025-08-01', 850);
SELECT actual, committed, expected FROM steering.outlook('2025-06-30', 'committed');
SELECT actual, committed, expected FROM steering.outlook('2025-05-19', 'committed');
-- 1000 open: more than the 700 that the profile knows of.
SELECT actual, committed, round(expected, 2) AS expected FROM steering.outlook('2025-08-31', 'committed');

-- A participant that was first booked on in March 2024 has no whole year: the service of all participants counts.
-- By the end of June that had 400 of 1000 in 2023 and 245 of 1090 in 2024: 129 * 2090 / 645 = 418.
INSERT INTO line (town, day, net) VALUES ('out.village', '2024-03-10', 45), ('out.village', '2024-09-10', 45), ('out.village', '2025-02-10', 129);
SELECT participant, basis, actual, expected FROM steering.outlook('2025-06-30', 'seasonal') ORDER BY participant;
-- A service that has no earlier years: everything counts, which is the same here.
INSERT INTO line (product, day, net) VALUES ('out.phone', '2025-02-10', 64.5);
SELECT service, participant, basis, actual, expected FROM steering.outlook('2025-06-30', 'seasonal') WHERE service = 'out.phone';
-- Less than 1 percent of the year was reached: that says nothing of the whole, only of what followed. 9 of 1009 is less, 10 of 1000 is enough.
INSERT INTO line (product, day, net) VALUES ('out.tree', '2024-01-10', 9), ('out.tree', '2024-12-10', 1000), ('out.tree', '2025-01-10', 20);
SELECT basis, expected FROM steering.outlook('2025-06-30', 'seasonal') WHERE service = 'out.tree';
UPDATE line SET net = 990 WHERE net = 1000;
UPDATE line SET net = 10 WHERE net = 9;
SELECT basis, expected FROM steering.outlook('2025-06-30', 'seasonal') WHERE service = 'out.tree';
DELETE FROM line WHERE product = 'out.tree';

-- A role sees its participants' rows, and no figure of it comes from others: the village alone has no earlier year.
SET ROLE regress_sp71_village;
SELECT service, participant, method, basis, actual, expected FROM steering.outlook('2025-06-30', 'seasonal');
SELECT method, months, years, outlooks, error, bias FROM steering.outlook_error('seasonal', '2023-01-01', '2024-12-31') WHERE months IS NULL;
RESET ROLE;
CREATE ROLE regress_sp71_nobody_at_all;
SET ROLE regress_sp71_nobody_at_all;
SELECT count(*) FROM steering.outlook('2025-06-30');
SELECT count(*) FROM steering.cap_outlook('2025-06-30');
RESET ROLE;
DROP ROLE regress_sp71_nobody_at_all;

-- Earned value. Budget at completion 900; 400 of 1200 measured by the end of May, of June nothing: so all stands at 31 May.
-- AC 150, EV 300, PV 900 * 200/2000 = 90, CPI 2, SPI 10/3.
SELECT steering.set_cap('out.desk', 'out.town', 'budget', '[2025-01-01,2026-01-01)', 900, '100% warn', accept_overrun => true) > 0 AS budget;
SELECT steering.set_indicator('out.calls', 'out.desk', 'Calls answered', 'call', 'higher', 'outcome', true, true) > 0 AS indicator;
SELECT steering.set_target('out.calls', 'out.town', '2025', 1200);
SELECT steering.set_measurement('out.calls', 'out.town', '2025-Q1', 240), steering.set_measurement('out.calls', 'out.town', '2025-04', 80),
    steering.set_measurement('out.calls', 'out.town', '2025-05', 80);
-- 150 + (900 - 300); 900 / 2; 150 + 600 / (2 * 10/3)
SELECT m AS method, o.basis, o.actual, o.expected, o.budget, o.expected_headroom
FROM unnest(ARRAY['eac_budget', 'eac_cpi', 'eac_spi_cpi']) AS m CROSS JOIN steering.outlook('2025-06-30', m) AS o WHERE o.participant = 'out.town' AND o.service = 'out.desk' ORDER BY m;
-- In April March is the last month: 240 of 1200.
SELECT m AS method, o.actual, o.expected
FROM unnest(ARRAY['eac_budget', 'eac_cpi', 'eac_spi_cpi']) AS m CROSS JOIN steering.outlook('2025-04-29', m) AS o WHERE o.participant = 'out.town' AND o.service = 'out.desk' ORDER BY m;
-- Before anything was measured, and where there is no target or no budget, there is no such outlook.
SELECT o.service, o.participant, m AS method, o.basis, o.expected
FROM unnest(ARRAY['eac_budget', 'eac_cpi', 'eac_spi_cpi']) AS m CROSS JOIN steering.outlook('2025-02-28', m) AS o ORDER BY 1, 2, 3;
-- Without a budget, agreed cost is what it is measured by. A ladder that blocks has headroom.
SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'out.desk' AND metric = 'budget';
SELECT steering.set_agreement('out.desk', 'out.town', '[2025-01-01,2027-01-01)', 'lump_sum', base => 1200) > 0 AS agreement;
SELECT basis, expected, budget, expected_headroom FROM steering.outlook('2025-06-30', 'eac_budget') WHERE participant = 'out.town' AND service = 'out.desk';
SELECT basis, expected FROM steering.outlook('2025-06-30', 'eac_spi_cpi') WHERE participant = 'out.town' AND service = 'out.desk';
SELECT steering.set_cap('out.desk', 'out.town', 'budget', '[2025-01-01,2026-01-01)', 900, '120% block', accept_overrun => true) > 0 AS budget;
SELECT basis, expected, budget, expected_headroom FROM steering.outlook('2025-06-30', 'seasonal') WHERE participant = 'out.town' AND service = 'out.desk';
-- More than all cannot be earned; nothing earned says nothing of the cost of the rest.
SELECT steering.set_measurement('out.calls', 'out.town', '2025-06', 5000);
SELECT m AS method, o.actual, o.expected
FROM unnest(ARRAY['eac_budget', 'eac_cpi', 'eac_spi_cpi']) AS m CROSS JOIN steering.outlook('2025-06-30', m) AS o WHERE o.participant = 'out.town' AND o.service = 'out.desk' ORDER BY m;
SELECT steering.set_measurement('out.calls', 'out.town', '2025-06', -400);
SELECT m AS method, o.actual, o.expected
FROM unnest(ARRAY['eac_budget', 'eac_cpi', 'eac_spi_cpi']) AS m CROSS JOIN steering.outlook('2025-06-30', m) AS o WHERE o.participant = 'out.town' AND o.service = 'out.desk' ORDER BY m;

-- On the last day there is nothing more to come, but for what is committed: 300 and 1000.
SELECT m AS method, o.actual, o.committed, o.expected
FROM unnest(ARRAY['run_rate', 'seasonal', 'committed', 'eac_budget']) AS m CROSS JOIN steering.outlook('2025-12-31', m) AS o WHERE o.participant = 'out.town' AND o.service = 'out.desk' ORDER BY m;

-- Another year than the calendar's; a quarter: that of earlier years is its profile.
-- From April 2023 on 300 of 1000 by the end of June, from April 2024 on 100 of 1050: 150 * 2050 / 400 = 768.75.
SELECT basis, actual, expected FROM steering.outlook('2025-06-30', 'seasonal', '[2025-04-01,2026-04-01)') WHERE participant = 'out.town' AND service = 'out.desk';
SELECT basis, actual, expected FROM steering.outlook('2025-06-15', 'seasonal', '2025-Q2') WHERE participant = 'out.town' AND service = 'out.desk';
SELECT basis, actual, expected FROM steering.outlook('2025-01-20', 'run_rate', '2025-01') WHERE participant = 'out.town' AND service = 'out.desk';

-- Without a method: the one that was least off at the end of June. In 2023 both said 806.63, which became 1000. In 2024 run_rate said
-- 402.20 of the town, which became 1000, and 90.49 of the village, which became 90: 791.66 off in all, of 2090. seasonal said 500 of the
-- town (from 2023: 200 * 1000 / 400) and 45 * 1000 / 400 = 112.50 of the village: 193.37 + 500 + 22.50 = 715.87. additive said 200 + 600 of the
-- town, and the same of the village, which had no year before: 193.37 + 200 + 22.50 = 415.87.
SELECT service, participant, method, basis, reason, expected FROM steering.outlook('2025-06-30') ORDER BY service, participant;
SELECT method, months, years, outlooks, error, bias FROM steering.outlook_error(NULL, '2023-01-01', '2024-12-31') WHERE months = 6;
-- Of equal ones the simplest: at the end of a year all are right.
SELECT DISTINCT method, reason FROM steering.outlook('2025-12-31');
-- What this transaction has booked counts, written or not.
BEGIN;
INSERT INTO line (product, day, net) VALUES ('out.phone', '2025-03-10', 30), ('out.phone', '2025-07-01', 10);
SELECT actual, expected FROM steering.outlook('2025-06-30', 'seasonal') WHERE service = 'out.phone';
SELECT actual, expected FROM steering.outlook('2025-07-01', 'run_rate') WHERE service = 'out.phone';
ROLLBACK;

-- Caps: with all below, both stages. In ict 493.50 actual and 150 committed by the end of June: 493.50 * 2090 / 645 = 1599.09.
-- Volume has no earlier years: 22 in 181 days, 44.36 in 365; at the end of November 22 + 22.36 * 153 / 184 = 40.59.
SELECT steering.set_cap('out.ict', 'out.region', 'budget', '[2025-01-01,2026-01-01)', 1600, '100% warn, 150% block') > 0 AS budget;
SELECT steering.set_cap('out.ict', 'out.village', 'budget', '[2025-01-01,2026-01-01)', 129, '100% warn') > 0 AS budget;
SELECT steering.set_cap('out.desk', 'out.village', 'budget', '[2025-01-01,2026-01-01)', 1000) > 0 AS budget;
SELECT steering.set_cap('out.tree', 'out.village', 'budget', '[2025-01-15,2026-01-01)', 1000) > 0 AS budget;
SELECT steering.set_cap('out.desk', 'out.town', 'volume', '[2025-01-01,2026-01-01)', 40) > 0 AS volume;
INSERT INTO line (day, net, pieces) VALUES ('2025-02-01', 0, 10), ('2025-04-01', 0, 12);
SELECT service, participant, metric, amount, blocks_at, basis, used, expected, limit_month, block_month FROM steering.cap_outlook('2025-06-30') ORDER BY service, participant, metric;
SELECT service, participant, metric, basis, used, expected, limit_month, block_month FROM steering.cap_outlook('2025-06-30', 'run_rate') ORDER BY service, participant, metric;
-- Within a month; and when all is over.
SELECT service, participant, metric, basis, used, expected, limit_month, block_month FROM steering.cap_outlook('2025-06-14', 'committed') ORDER BY service, participant, metric;
SELECT service, participant, metric, basis, used, expected, limit_month, block_month FROM steering.cap_outlook('2025-12-31') ORDER BY service, participant, metric;
SELECT count(*) FROM steering.cap_outlook('2026-01-01');
SET ROLE regress_sp71_village;
SELECT service, participant, metric, basis, used, expected, limit_month, block_month FROM steering.cap_outlook('2025-06-30') ORDER BY service, participant, metric;
RESET ROLE;

-- A cap and an agreement hold for all below, and the cost of the row itself does not: nothing is concluded from the two where others below were booked on.
SELECT steering.set_indicator('out.all', 'out.ict', 'Calls of all kinds', 'call', 'higher', 'outcome', main => true) > 0 AS indicator;
SELECT count(steering.set_target('out.all', participant, '2025', 100)) AS targets, count(steering.set_measurement('out.all', participant, '2025-Q1', 50)) AS measured
FROM (VALUES ('out.region'), ('out.village')) AS v (participant);
SELECT service, participant, actual, expected, budget, expected_headroom FROM steering.outlook('2025-06-30', 'run_rate') WHERE budget IS NOT NULL ORDER BY 1, 2;
SELECT service, participant, basis, expected, expected_headroom FROM steering.outlook('2025-06-30', 'eac_budget') WHERE service = 'out.ict' ORDER BY 1, 2;
SELECT steering.drop_indicator('out.all');

-- Clear errors.
CREATE FUNCTION says(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE 'SELECT count(*) FROM steering.' || call;
    RETURN 'no error';
EXCEPTION
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
        RETURN SQLSTATE || ' ' || SQLERRM || CASE WHEN hint <> '' THEN ' (' || hint || ')' ELSE '' END;
END
$$;
\pset tuples_only on
SELECT call || ': ' || says(call) FROM unnest(ARRAY[
    $$outlook(NULL)$$,
    $$outlook('infinity')$$,
    $$outlook('2025-06-30', 'guess')$$,
    $$outlook('2025-06-30', NULL, '2024')$$,
    $$outlook('2025-06-30', NULL, 'soon')$$,
    $$outlook('2025-06-30', NULL, '[2025-01-15,2026-01-01)')$$,
    $$outlook('2025-06-30', NULL, '[2020-01-01,2030-02-01)')$$,
    $$outlook_error(NULL, NULL, '2025-12-31')$$,
    $$outlook_error(NULL, '2025-01-01', NULL)$$,
    $$outlook_error('guess', '2025-01-01', '2025-12-31')$$,
    $$outlook_error(NULL, '2025-01-02', '2025-12-31')$$,
    $$outlook_error(NULL, '2025-01-01', '2025-12-30')$$,
    $$outlook_error(NULL, '2025-01-01', '2024-12-30')$$,
    $$outlook_error(NULL, '2005-01-01', '2025-12-31')$$,
    $$cap_outlook(NULL)$$,
    $$cap_outlook('2025-06-30', 'eac_cpi')$$,
    $$cap_outlook('2025-06-30', 'guess')$$
]) AS call;
\pset tuples_only off

SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'out.%';
SELECT steering.drop_indicator('out.calls');
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'out.%';
DROP TABLE line, purchase;
DELETE FROM steering.participant WHERE code LIKE 'out.%';
DELETE FROM steering.service WHERE code LIKE 'out.%';
DROP ROLE regress_sp71_village;
\set VERBOSITY terse
DROP SCHEMA outlook_test CASCADE;
