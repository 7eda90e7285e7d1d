-- Extremes: sums that fit nowhere but in the rows, trees that are deep, plans that are parallel.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA extremes;
SET search_path = extremes;
INSERT INTO steering.participant (code, parent, name) VALUES
    ('extremes.top', NULL, 'Top'), ('extremes.a', 'extremes.top', 'A'), ('extremes.b', 'extremes.top', 'B');
INSERT INTO steering.service (code, name) VALUES ('extremes.it', 'IT');
CREATE TABLE line (town text, day date DEFAULT '2026-02-02', net numeric);
SELECT FROM steering.attach('line', $$'extremes.it'$$, 'town', 'day', 'net');

-- No cap stands where these two meet, so nothing has to hold their sum.
INSERT INTO line (town, net) VALUES ('extremes.a', 900000000000000);
INSERT INTO line (town, net) VALUES ('extremes.b', 900000000000000);
SELECT * FROM steering.verify();
SELECT * FROM steering.repair();
SELECT steering.set_cap('extremes.it', 'extremes.top', 'budget', '[2026-01-01,2027-01-01)', 1);
TRUNCATE line;

-- A tree of many levels: a cap at its root holds for its last leaf.
INSERT INTO steering.participant (code, parent, name)
SELECT 'extremes.' || n, 'extremes.' || coalesce(nullif((n - 1)::text, '0'), 'top'), 'Level ' || n FROM generate_series(1, 200) AS n;
SELECT FROM steering.set_cap('extremes.it', 'extremes.top', 'budget', '[2026-01-01,2027-01-01)', 10);
INSERT INTO line (town, net) VALUES ('extremes.200', 10);
INSERT INTO line (town, net) VALUES ('extremes.200', 0.0001);
DELETE FROM line;

-- A counter and a usage cell that are divided hold what one row would, to the last unit, and no more.
INSERT INTO steering.service (code, name) VALUES ('extremes.giant', 'Giant');
CREATE TABLE giant (day date DEFAULT '2026-03-03', net numeric, pieces numeric);
SELECT FROM steering.attach('giant', $$'extremes.giant'$$, $$'extremes.a'$$, 'day', 'net', 'pieces');
SELECT steering.set_cap('extremes.giant', 'extremes.a', 'budget', '[2026-01-01,2027-01-01)', 31, '100% notify') AS advice \gset
CREATE VIEW stored AS
    SELECT used, used = (SELECT sum(net) FROM giant) AS booked, used = month.amount AS counted, volume, bookings,
        (SELECT count(*) FROM steering.cap_counter WHERE cap_id = cap_status.cap_id) > 1 AS counter_divided,
        (SELECT count(*) FROM steering.usage_cell WHERE month = '2026-03-01') > 1 AS cell_divided
    FROM steering.cap_status JOIN steering.usage_by_month AS month USING (service, participant)
    WHERE service = 'extremes.giant' AND participant = 'extremes.a';
SET sp71_steering.min_stripes = 64;
INSERT INTO giant VALUES (DEFAULT, 100, 1);
INSERT INTO giant VALUES (DEFAULT, 1, 2);
INSERT INTO giant VALUES (DEFAULT, 1, 2);
TABLE stored;
INSERT INTO giant VALUES (DEFAULT, 922337203685375.5808, 0);
INSERT INTO giant VALUES (DEFAULT, 922337203685375.5807, 0);
TABLE stored;
INSERT INTO giant VALUES (DEFAULT, 0.0001, 0);
SELECT * FROM steering.verify();
-- volumes, for which there is no cap
INSERT INTO giant VALUES (DEFAULT, 0, 922337203685472.5808);
INSERT INTO giant VALUES (DEFAULT, 0, 922337203685472.5807);
TABLE stored;
SELECT * FROM steering.verify();
-- taken back, it is divided again
DELETE FROM giant WHERE net > 100 OR pieces > 100;
INSERT INTO giant VALUES (DEFAULT, 1, 2);
INSERT INTO giant VALUES (DEFAULT, 1, 2);
TABLE stored;
-- downwards
INSERT INTO giant VALUES (DEFAULT, -922337203685477.5807, -922337203685477.5807);
TABLE stored;
INSERT INTO giant VALUES (DEFAULT, -105, 0);
INSERT INTO giant VALUES (DEFAULT, -104, -10);
TABLE stored;
SELECT * FROM steering.verify();
DELETE FROM giant WHERE net < 0;
-- in one transaction, with a savepoint
BEGIN;
INSERT INTO giant VALUES (DEFAULT, 500000000000000, 0);
SAVEPOINT s;
INSERT INTO giant VALUES (DEFAULT, 500000000000000, 0);
ROLLBACK TO s;
INSERT INTO giant VALUES (DEFAULT, 400000000000000, 0);
COMMIT;
TABLE stored;
DELETE FROM giant WHERE net > 100;
SELECT * FROM steering.verify();

-- A change from the most to the least is more than an amount holds. That alone is no reason to refuse it.
INSERT INTO giant VALUES (DEFAULT, 900000000000000, 900000000000000);
UPDATE giant SET net = -net, pieces = -pieces WHERE net > 100;
TABLE stored;
UPDATE giant SET net = -net, pieces = -pieces WHERE net < 0;
TABLE stored;
BEGIN;
UPDATE giant SET net = -net, pieces = -pieces WHERE net > 100;
SAVEPOINT s;
UPDATE giant SET net = -net, pieces = -pieces WHERE net < 0;
UPDATE giant SET net = -net, pieces = -pieces WHERE net > 100;
ROLLBACK TO s;
TABLE stored;
SELECT service, used FROM steering.cap_usage JOIN steering.cap_status USING (cap_id, used) WHERE cap_id = :advice;
SELECT amount, volume, bookings FROM steering.unwritten_cell();
SELECT actual, volume FROM steering.usage_between('2026-03-01', '2026-04-01') WHERE volume <> 0;
SELECT * FROM steering.verify();
COMMIT;
TABLE stored;
-- upwards the ladder has its say, at once and at commit; downwards it has none
SELECT steering.set_cap('extremes.giant', 'extremes.top', 'budget', '[2026-01-01,2027-01-01)', 1000, '50% notify, 100% block') AS limiting \gset
DO $$
DECLARE
    detail text;
BEGIN
    UPDATE giant SET net = -net WHERE net < 0;
EXCEPTION WHEN SQLSTATE '23S71' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RAISE WARNING '%', substring(detail FROM 'blocks.*');
END $$;
SET sp71_steering.check_at = 'commit';
BEGIN;
UPDATE giant SET net = -net WHERE net < 0;
UPDATE giant SET net = -net WHERE net > 100;
UPDATE giant SET net = -net WHERE net < 0;
COMMIT;
BEGIN;
UPDATE giant SET net = -net WHERE net < 0;
UPDATE giant SET net = -net WHERE net > 100;
COMMIT;
UPDATE giant SET net = 600 WHERE net < 0;
UPDATE giant SET net = -900000000000000 WHERE net = 600;
SELECT kind, used FROM steering.event WHERE cap_id = :limiting AND kind IN ('notify', 'warn', 'block') ORDER BY event_id;
SELECT FROM steering.set_cap('extremes.giant', 'extremes.top', 'budget', '[2026-01-01,2027-01-01)', 922337203685477, '100% block');
UPDATE giant SET net = -net WHERE net < 0;
SELECT FROM steering.set_cap('extremes.giant', 'extremes.top', 'budget', '[2026-01-01,2027-01-01)', 1000, '100% block');
UPDATE giant SET net = -net WHERE net > 100;
RESET sp71_steering.check_at;
-- room for more than an amount is reported, or null where an amount is asked for
UPDATE giant SET net = -net WHERE net > 100;
SELECT used, after, blocks_at, headroom, verdict FROM steering.check_booking('extremes.giant', 'extremes.a', '2026-03-03', -1, 0) WHERE cap_id = :limiting;
SELECT service, participant, budget, actual, headroom FROM steering.cost_versus_result('2026') WHERE service = 'extremes.giant';
SELECT participant, used, headroom FROM steering.cap_status WHERE cap_id = :limiting;
SELECT steering.drop_cap(:limiting);
-- what triggers could not see
ALTER TABLE giant DISABLE TRIGGER USER;
UPDATE giant SET net = -net, pieces = -pieces WHERE net < 0;
ALTER TABLE giant ENABLE TRIGGER USER;
SELECT what, measure, stored, actual, difference FROM steering.repair() ORDER BY what, measure;
SELECT * FROM steering.verify();
UPDATE giant SET net = -net, pieces = -pieces WHERE net > 100;
-- a sum that fits nowhere is refused where it is booked, cap or no cap
INSERT INTO giant VALUES ('2027-03-03', 900000000000000, 0);
BEGIN;
INSERT INTO giant VALUES ('2027-03-03', -900000000000000, 0), ('2027-03-03', -900000000000000, 0);
SAVEPOINT s;
INSERT INTO giant VALUES ('2027-03-03', -900000000000000, 0);
ROLLBACK TO s;
COMMIT;
SELECT amount, bookings FROM steering.usage_by_month WHERE month = '2027-03-01';
DELETE FROM giant WHERE day = '2027-03-03';
-- a closed period is fixed, but for what comes to nothing
SELECT FROM steering.close_bookings('2026-03', NULL);
SET sp71_steering.check_at = 'commit';
BEGIN;
UPDATE giant SET net = -net, pieces = -pieces WHERE net < 0;
UPDATE giant SET net = -net, pieces = -pieces WHERE net > 100;
COMMIT;
UPDATE giant SET net = -net, pieces = -pieces WHERE net < 0;
RESET sp71_steering.check_at;
DO $$
DECLARE
    detail text;
BEGIN
    UPDATE giant SET net = -net, pieces = -pieces WHERE net < 0;
EXCEPTION WHEN SQLSTATE '23S74' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RAISE WARNING '%', substring(detail FROM 'This.*');
END $$;
SELECT FROM steering.reopen_bookings('2026-03', 'tried');
DELETE FROM giant WHERE net < 0;
-- the least amount comes and goes
INSERT INTO giant VALUES (DEFAULT, -922337203685477.5808, 0);
DELETE FROM giant WHERE net < 0;
TABLE stored;
SELECT * FROM steering.verify();

-- Stripes of version 0.1.0, which knew no bound where no step is: they are summed before anything is added.
INSERT INTO giant VALUES (DEFAULT, 1, 0);
UPDATE steering.cap_counter SET ceiling = 922337203685477.5807 WHERE cap_id = :advice AND depth > 0;
INSERT INTO giant VALUES (DEFAULT, 922337203685400, 0);
INSERT INTO giant VALUES (DEFAULT, 922337203685000, 0);
SELECT * FROM steering.verify();
DELETE FROM giant WHERE net > 100;
INSERT INTO giant VALUES (DEFAULT, 1, 0);
TABLE stored;

-- What each fits by itself, and together is more: the days of a month, and two sources.
INSERT INTO giant VALUES ('2026-03-01', 900000000000000, 0);
INSERT INTO giant VALUES ('2026-03-02', -900000000000000, 0);
INSERT INTO giant VALUES ('2026-03-01', 900000000000000, 0);
SELECT * FROM steering.verify();
SELECT steering.drop_cap(:advice);
CREATE TABLE other (LIKE giant INCLUDING DEFAULTS);
SELECT FROM steering.attach('other', $$'extremes.giant'$$, $$'extremes.a'$$, 'day', 'net', 'pieces');
INSERT INTO other VALUES (DEFAULT, 900000000000000, 0);
SELECT service, amount, bookings FROM steering.usage_by_month WHERE month = '2026-03-01';
SELECT * FROM steering.verify();
SELECT * FROM steering.repair();
-- compact() folds a cell only as far as a stripe may hold it, since somebody may be making another
SELECT steering.compact() >= 0 AS emptied;
INSERT INTO other VALUES ('2026-04-04', 600000000000, 0);
INSERT INTO other VALUES ('2026-04-04', 600000000000, 0);
INSERT INTO other VALUES ('2026-05-05', 300000000000, 0);
INSERT INTO other VALUES ('2026-05-05', 300000000000, 0);
SELECT steering.compact();
SELECT month, count(*) AS stripes, sum(amount::numeric) FROM steering.usage_cell WHERE month IN ('2026-04-01', '2026-05-01') GROUP BY month ORDER BY month;
SELECT * FROM steering.verify();
RESET sp71_steering.min_stripes;
SELECT FROM steering.detach('other');
SELECT FROM steering.detach('giant');
DROP TABLE other;
DROP VIEW stored;
DROP TABLE giant;

-- Views and verify() where the planner likes to be parallel.
INSERT INTO line (town, net) VALUES ('extremes.a', 7);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT participant, amount FROM steering.booking WHERE service = 'extremes.it';
SELECT participant, amount FROM steering.usage_by_month WHERE service = 'extremes.it';
SELECT used FROM steering.cap_status WHERE service = 'extremes.it';
SELECT * FROM steering.verify();

-- A bar code that is taken for a quantity fits, and what it costs does not: that is not known, and all others are answered. What hangs on
-- it is not stored.
CREATE TABLE delivery (town text, day date DEFAULT '2030-03-03', net numeric, pieces numeric);
SELECT FROM steering.attach('delivery', $$'extremes.it'$$, 'town', 'day', 'net', 'pieces');
SELECT count(steering.set_agreement('extremes.it', code, '[2030-01-01,2031-01-01)', 'price_volume', price => 1200)) FROM steering.participant WHERE code IN ('extremes.a', 'extremes.b');
INSERT INTO delivery VALUES ('extremes.b', DEFAULT, 1200, 8712345678901), ('extremes.a', DEFAULT, 1200, 2);
\set VERBOSITY default
SELECT participant, actual, volume, agreed_cost, covered FROM steering.cost_versus_result('2030') ORDER BY participant;
SET client_min_messages = error;
SELECT participant, actual, agreed_cost FROM steering.cost_versus_result_below('2030') ORDER BY participant, service;
SELECT xmlparse(DOCUMENT regexp_replace(steering.report('2030'), '^<!DOCTYPE html>', '')) IS NOT NULL AS page;
RESET client_min_messages;
SELECT participant, line, quantity, price, amount FROM steering.settle('2030') ORDER BY participant, line;
SELECT * FROM steering.settlement_proof('2030') WHERE difference <> 0;
SELECT steering.close_period('2030');
-- Its volume alone can be too large for a sum.
INSERT INTO delivery SELECT 'extremes.b', date '2030-04-01' + 31 * month, 1, 900000000000000 FROM generate_series(0, 1) AS month;
SELECT participant, actual, volume, agreed_cost, covered_volume FROM steering.cost_versus_result('2030') ORDER BY participant;
\set VERBOSITY terse
DELETE FROM delivery WHERE day > '2030-03-03';
UPDATE delivery SET pieces = 1;
SELECT participant, agreed_cost, covered FROM steering.cost_versus_result('2030') ORDER BY participant;
SELECT participant, line, amount FROM steering.settle('2030') ORDER BY participant;
SELECT FROM steering.detach('delivery');
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service = 'extremes.it';
SELECT FROM steering.detach('line');
SELECT FROM steering.drop_cap((SELECT cap_id FROM steering.cap_status WHERE service = 'extremes.it'));
DELETE FROM steering.service WHERE code LIKE 'extremes.%';
DELETE FROM steering.participant WHERE code LIKE 'extremes.%';
DROP SCHEMA extremes CASCADE;
SELECT * FROM steering.verify();
