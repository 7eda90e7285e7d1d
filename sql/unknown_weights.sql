-- What is not known is not zero: shared cost that cannot be divided is told, line by line, and stops only its own bill.
\set VERBOSITY terse
CREATE SCHEMA weight_test;
SET search_path = weight_test;
SET datestyle = ISO;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
    ('unk.region', NULL, 'Region', NULL), ('unk.city', 'unk.region', 'City', 100000), ('unk.town', 'unk.region', 'Town', 20000),
    ('unk.valley', 'unk.region', 'Valley', NULL), ('unk.north', 'unk.valley', 'North', 3000), ('unk.south', 'unk.valley', 'South', 5000);
INSERT INTO steering.service (code, parent, name, unit) VALUES
    ('unk.tax', NULL, 'Tax', NULL), ('unk.law', NULL, 'Law', NULL), ('unk.desk', NULL, 'Desk', 'desk'), ('unk.hr', NULL, 'HR', 'hour'), ('unk.lab', NULL, 'Laboratory', 'test');
CREATE TABLE line (service text, participant text, day date DEFAULT '2026-03-01', net numeric, pieces numeric DEFAULT 0);
SELECT steering.attach('line', 'service', 'participant', 'day', 'net', 'pieces') > 0 AS attached;
SELECT count(steering.set_allocation_key(code, code, basis, service)) AS keys
FROM (VALUES ('unk.people', 'inhabitants', NULL), ('unk.fixed', 'fixed', NULL), ('unk.used', 'volume', 'unk.desk'), ('unk.bought', 'agreed', 'unk.hr')) AS key (code, basis, service);
CREATE FUNCTION refusal(statement text) RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE
    code text; message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT 'not refused', NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN QUERY VALUES ('sqlstate', code), ('message', message), ('detail', detail), ('hint', hint);
END
$$;
CREATE FUNCTION settled() RETURNS TABLE (participant text, service text, line text, amount numeric) LANGUAGE sql AS $$
    SELECT participant, service, line, amount FROM steering.settle('2026')
$$;
CREATE FUNCTION proof() RETURNS TABLE (item text, service text, key text, total numeric, parts numeric, difference numeric) LANGUAGE sql AS $$
    SELECT item, service, key, trim_scale(total), trim_scale(parts), trim_scale(difference) FROM steering.settlement_proof('2026')
$$;
CREATE VIEW listed AS SELECT service, key, participant, problem, detail, hint FROM steering.settlement_problem('2026');

-- A number of inhabitants that is not filled in: nobody's share of that cost is known, and all else is answered.
SELECT count(steering.set_agreement('unk.tax', p, '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'unk.people', incentive_maximum => 10)) AS agreements FROM unnest('{unk.city,unk.town}'::text[]) AS p;
SELECT steering.set_agreement('unk.law', 'unk.city', '[2026-01-01,2027-01-01)', 'lump_sum', base => 500) > 0 AS made;
INSERT INTO line VALUES ('unk.tax', 'unk.region', '2026-03-01', 1280), ('unk.law', 'unk.city', '2026-03-01', 450);
SELECT * FROM settled();
SELECT * FROM listed;
UPDATE steering.participant SET inhabitants = NULL WHERE code = 'unk.town';
SELECT * FROM settled();
SELECT * FROM listed;
SELECT * FROM proof();
SELECT count(*) = (CURRENT_DATE >= '2026-03-01')::integer AS told FROM steering.health() WHERE subject = 'service unk.tax' AND problem = 'weight unknown' AND detail LIKE '%"unk.town"%"unk.people"%';
SELECT * FROM steering.key_weight('unk.people', '2026') WHERE participant LIKE 'unk.%';
SELECT step, revenue, cost, result, coverage, kept FROM steering.supplier_health('2026', 'quarter');
SELECT * FROM refusal($$SELECT steering.close_period('2026')$$);
SELECT count(*) AS closed FROM steering.closed_period;
-- a month without that cost is closed, and so is the year once the number is there; zero is a number
SELECT steering.close_period('2026-01') > 0 AS closed;
UPDATE steering.participant SET inhabitants = 20000 WHERE code = 'unk.town';
SELECT steering.close_period('2026') > 0 AS closed;
SELECT participant, service, line, sum(amount) FROM settled() GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT steering.reopen_period('2026', 'again') > 0 AS reopened, steering.reopen_period('2026-01', 'again') > 0 AS another;
UPDATE steering.participant SET inhabitants = 0 WHERE code = 'unk.town';
SELECT participant, amount FROM settled() WHERE line = 'share';
UPDATE steering.participant SET inhabitants = 20000 WHERE code = 'unk.town';

-- A group that shares for its members: one of them is not known. Its own number would stand for all of them.
SELECT steering.set_agreement('unk.tax', 'unk.valley', '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'unk.people') > 0 AS made;
SELECT participant, amount FROM settled() WHERE line = 'share';
UPDATE steering.participant SET inhabitants = NULL WHERE code = 'unk.south';
SELECT participant, amount FROM settled() WHERE line = 'share';
SELECT participant, problem FROM listed;
UPDATE steering.participant SET inhabitants = NULL WHERE code = 'unk.north';
SELECT participant, problem FROM listed;
UPDATE steering.participant SET inhabitants = 8000 WHERE code = 'unk.valley';
SELECT participant, amount FROM settled() WHERE line = 'share';
SELECT * FROM listed;
-- who takes part in none of it, and who is not there in these months, need no number
INSERT INTO steering.participant (code, name) VALUES ('unk.guest', 'Guest');
INSERT INTO steering.participant (code, parent, name, during) VALUES ('unk.past', 'unk.region', 'Past', '[2020-01-01,2026-01-01)');
SELECT * FROM listed;

-- The result is shared by the key as well.
SELECT steering.set_result_share('unk.people', 50, '[2026-01-01,2027-01-01)');
SELECT steering.set_agreement('unk.law', 'unk.guest', '[2026-01-01,2027-01-01)', 'lump_sum', base => 50) > 0 AS made;
SELECT participant, amount FROM settled() WHERE line = 'result_share';
UPDATE steering.participant SET parent = 'unk.region' WHERE code = 'unk.guest';
SELECT participant, amount FROM settled() WHERE line = 'result_share';
SELECT item, total, parts, difference FROM proof() WHERE item ~ 'result|to_pay|undivided';
SELECT * FROM listed;
SELECT * FROM refusal($$SELECT steering.close_period('2026')$$);
SELECT steering.drop_result_share('[2026-01-01,2027-01-01)');
DELETE FROM line WHERE service = 'unk.tax';

-- No fixed weight; an agreement on neither volume nor money.
INSERT INTO line VALUES ('unk.tax', 'unk.region', '2026-03-01', 900);
SELECT steering.set_key_weight('unk.fixed', 2, '[2026-01-01,2027-01-01)', participant => 'unk.city'), steering.set_key_weight('unk.fixed', 1, '[2026-01-01,2027-01-01)', participant => 'unk.town');
SELECT count(steering.set_agreement('unk.tax', p, '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'unk.fixed')) AS agreements FROM unnest('{unk.city,unk.town,unk.valley}'::text[]) AS p;
SELECT participant, amount FROM settled() WHERE line = 'share';
SELECT * FROM listed;
SELECT steering.set_key_weight('unk.fixed', 0, '[2026-01-01,2027-01-01)', participant => 'unk.valley');
SELECT participant, amount FROM settled() WHERE line = 'share';
SELECT count(steering.set_agreement('unk.hr', p, '[2026-01-01,2027-01-01)', 'price_volume', price => 10, volume => v)) AS agreements FROM (VALUES ('unk.city', 100), ('unk.town', NULL)) AS agreed (p, v);
SELECT count(steering.set_agreement('unk.tax', p, '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'unk.bought')) AS agreements FROM unnest('{unk.city,unk.town,unk.valley}'::text[]) AS p;
SELECT participant, amount FROM settled() WHERE line = 'share';
SELECT service, key, participant, problem, hint FROM listed;
SELECT * FROM steering.key_weight('unk.bought', '2026');
SELECT steering.set_agreement('unk.hr', 'unk.town', '[2026-01-01,2027-01-01)', 'price_volume', price => 10, volume => 50) > 0 AS revised;
-- who has agreed on nothing has a weight of nothing
SELECT participant, amount FROM settled() WHERE line = 'share';

-- A volume below zero weighs nothing, and is listed; the month is closed all the same.
SELECT count(steering.set_agreement('unk.tax', p, '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'unk.used')) AS agreements FROM unnest('{unk.city,unk.town,unk.valley}'::text[]) AS p;
INSERT INTO line VALUES ('unk.desk', 'unk.city', '2026-03-01', 0, 10), ('unk.desk', 'unk.town', '2026-06-01', 0, 20), ('unk.desk', 'unk.town', '2026-03-05', 0, -5);
SELECT participant, amount FROM steering.settle('2026-Q1') WHERE line = 'share';
SELECT service, key, participant, problem, detail, hint FROM steering.settlement_problem('2026-Q1');
SELECT * FROM steering.key_weight('unk.used', '2026-Q1');
SELECT count(*) FILTER (WHERE difference <> 0) AS differences FROM steering.settlement_proof('2026-Q1');
SELECT count(*) AS steps FROM steering.supplier_health('2026-Q1');
SELECT steering.close_period('2026-Q1') > 0 AS closed;
-- over the year it is above zero
SELECT participant, sum(amount) FROM settled() WHERE line = 'share' GROUP BY participant ORDER BY participant;
SELECT * FROM listed;
SELECT steering.reopen_period('2026-Q1', 'again') > 0 AS reopened;

-- A key by which nobody weighs anything: nobody owes it, and that shows.
UPDATE line SET pieces = 0 WHERE service = 'unk.desk';
SELECT participant, amount FROM settled() WHERE line = 'share';
SELECT * FROM proof() WHERE service = 'unk.tax';
SELECT * FROM listed;

-- Allocation of the cost of a service: who is not known is listed, and the cost stays where it is.
SELECT steering.set_allocation_rule('unk.tax', 'unk.people', '[2026-01-01,2027-01-01)', 1) > 0 AS made, steering.set_allocation_rule('unk.law', 'unk.fixed', '[2026-01-01,2027-01-01)', 2) > 0 AS another;
UPDATE steering.participant SET inhabitants = NULL WHERE code = 'unk.town';
SELECT service, receiving_participant, weight, percent, amount FROM steering.allocate_costs('2026') WHERE service = 'unk.law' OR receiving_participant IS NULL OR receiving_participant = 'unk.town';
SELECT participant, allocated FROM steering.allocated_cost('2026') WHERE participant LIKE 'unk.%' OR participant IS NULL AND service IS NULL;
SELECT method, unallocated, difference, unbalanced FROM steering.allocation_proof('2026');
SELECT steering.drop_allocation_rule('unk.tax', '[2026-01-01,2027-01-01)'), steering.drop_allocation_rule('unk.law', '[2026-01-01,2027-01-01)');
-- and one below zero gets nothing
INSERT INTO line VALUES ('unk.desk', 'unk.city', '2026-03-01', 0, 10), ('unk.desk', 'unk.town', '2026-03-05', 0, -5);
SELECT steering.set_allocation_rule('unk.tax', 'unk.used', '[2026-01-01,2027-01-01)', 1) > 0 AS made;
SELECT service, receiving_participant, weight, amount FROM steering.allocate_costs('2026');

SET ROLE pg_monitor;
SELECT * FROM steering.settlement_problem('2026');
RESET ROLE;
SELECT steering.drop_allocation_rule('unk.tax', '[2026-01-01,2027-01-01)');
SELECT count(*) > 0 AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE service LIKE 'unk.%';
SELECT count(*) AS dropped FROM unnest('{unk.people,unk.fixed,unk.used,unk.bought}'::text[]) AS key CROSS JOIN LATERAL steering.drop_allocation_key(key);
SELECT steering.detach('line');
ALTER TABLE steering.settlement_line DISABLE TRIGGER refuse_change;
DELETE FROM steering.settlement_line;
ALTER TABLE steering.settlement_line ENABLE TRIGGER refuse_change;
SET client_min_messages = warning;
DROP SCHEMA weight_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'unk.%';
DELETE FROM steering.participant WHERE code LIKE 'unk.%';
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
