-- Settlement: what participants owe by their agreements, proved to the cent; fixed when the period is closed.
\set VERBOSITY terse
CREATE SCHEMA settlement_test;
SET search_path = settlement_test;
SET datestyle = ISO;
SET jit = off;

INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
    ('set.region', NULL, 'Region', NULL), ('set.city', 'set.region', 'City', 6000), ('set.town', 'set.region', 'Town', 3000),
    ('set.village', 'set.region', 'Village', 1000);
INSERT INTO steering.service (code, parent, name, unit) VALUES
    ('set.ict', NULL, 'ICT', NULL), ('set.desk', 'set.ict', 'Desk', 'workplace'), ('set.net', 'set.ict', 'Network', 'port'),
    ('set.hr', NULL, 'HR', NULL), ('set.tax', NULL, 'Tax', NULL), ('set.misc', NULL, 'Other', NULL);
SELECT steering.set_allocation_key('set.people', 'Inhabitants', 'inhabitants') > 0 AS key_made;
SELECT steering.set_allocation_key('set.fixed', 'Fixed weights', 'fixed') > 0 AS key_made;
CREATE TABLE line (service text, participant text, day date, net numeric, pieces numeric);
CREATE TABLE order_line (LIKE line);
SELECT steering.attach('line', 'service', 'participant', 'day', 'net', 'pieces') > 0 AS attached,
    steering.attach('order_line', 'service', 'participant', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS ordered;
CREATE FUNCTION settled(period text) RETURNS TABLE (participant text, service text, line text, quantity numeric, price numeric, amount numeric) LANGUAGE sql AS $$
    SELECT participant, service, line, quantity, price, amount FROM steering.settle(period)
$$;
-- the proof, and that it holds
CREATE FUNCTION proof(period text) RETURNS TABLE (item text, service text, key text, total numeric, parts numeric, difference numeric) LANGUAGE sql AS $$
    SELECT item, service, key, trim_scale(total), trim_scale(parts), trim_scale(difference) FROM steering.settlement_proof(period)
$$;
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

-- Nothing agreed, nothing booked: nothing to settle.
SELECT * FROM settled('2026');
SELECT * FROM proof('2026');

-- Each form, with volumes below and beyond what was contracted.
SELECT steering.set_agreement('set.hr', 'set.city', '[2026-01-01,2027-01-01)', 'lump_sum', base => 100000, advance => 8000) > 0 AS made;
SELECT steering.set_agreement('set.desk', 'set.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1000, price => 80.5, unused_percent => 50) > 0 AS made;
SELECT steering.set_agreement('set.desk', 'set.town', '[2026-01-01,2027-01-01)', 'price_volume', volume => 100, price => 81.25, unused_percent => 50) > 0 AS made;
SELECT steering.set_agreement('set.desk', 'set.village', '[2026-07-01,2027-01-01)', 'price_volume', price => 90) > 0 AS made;
SELECT steering.set_agreement('set.net', 'set.city', '[2026-01-01,2027-01-01)', 'base_plus', base => 3000, volume => 60, price => 55) > 0 AS made;
SELECT steering.set_agreement('set.net', 'set.town', '[2026-01-01,2027-01-01)', 'base_plus', base => 2000, volume => 30, price => 60) > 0 AS made;
INSERT INTO line VALUES
    ('set.hr', 'set.city', '2026-02-03', 98000, 0), ('set.desk', 'set.city', '2026-03-04', 70000, 900.25),
    ('set.desk', 'set.town', '2026-04-05', 9000, 90), ('set.desk', 'set.town', '2026-12-31', 2500, 20.5),
    ('set.desk', 'set.village', '2026-08-01', 1000, 10), ('set.desk', 'set.village', '2026-06-30', 500, 6),
    ('set.net', 'set.city', '2026-05-05', 2800.01, 50), ('set.net', 'set.town', '2026-05-05', 1999.99, 33), ('set.net', 'set.town', '2027-01-01', 1, 1);
INSERT INTO order_line VALUES ('set.hr', 'set.city', '2026-11-11', 1000, 1), ('set.desk', 'set.city', '2026-11-11', 1000, 1000);
SELECT * FROM settled('2026');
SELECT * FROM proof('2026');
-- a part of the months: what is due until its end less what was until its start
SELECT * FROM settled('2026-Q2');
-- what is settled by the month sums to the year where the terms do
SELECT participant, service, line, sum(amount) FROM generate_series('2026-01-01'::timestamp, '2026-12-01', '1 month') AS month
CROSS JOIN LATERAL settled(to_char(month, 'YYYY-MM')) WHERE line IN ('agreed', 'advance') AND service <> 'set.desk' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- Cost shared by a key: booked for members, for the group that they are of, below the service; not what nearer
-- agreements cover, nor for somebody who has no part in it.
SELECT steering.set_agreement('set.tax', 'set.city', '[2026-01-01,2027-01-01)', 'key_share', base => 650, allocation_key => 'set.people', advance => 50) > 0 AS made;
SELECT steering.set_agreement('set.tax', 'set.town', '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'set.people') > 0 AS made;
INSERT INTO line VALUES ('set.tax', 'set.region', '2026-01-10', 700, 0), ('set.tax', 'set.city', '2026-01-10', 300.015, 0),
    ('set.tax', 'set.village', '2026-01-10', 40, 0);
-- 1000.015 by 6, 3 and 1: the village has no agreement, so what would be its share nobody owes
SELECT * FROM settled('2026') WHERE service = 'set.tax';
SELECT * FROM proof('2026') WHERE service = 'set.tax' OR item = 'booked_cost';
-- from July on with the region as a whole, which owes what is the village's too
SELECT steering.set_agreement('set.tax', 'set.region', '[2026-07-01,2027-01-01)', 'key_share', allocation_key => 'set.people') > 0 AS made;
INSERT INTO line VALUES ('set.tax', 'set.village', '2026-07-31', 9.99, 0);
SELECT * FROM settled('2026') WHERE service = 'set.tax';
SELECT * FROM proof('2026') WHERE service = 'set.tax' OR item = 'booked_cost';
-- by another key: each key divides all of the shared cost
SELECT steering.set_key_weight('set.fixed', 1, '[2026-01-01,2027-01-01)', participant => 'set.city'), steering.set_key_weight('set.fixed', 3, '[2026-01-01,2027-01-01)', service => 'set.misc');
BEGIN;
SELECT steering.set_agreement('set.tax', 'set.city', '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'set.fixed') > 0 AS revised;
SELECT * FROM settled('2026') WHERE service = 'set.tax';
SELECT * FROM proof('2026') WHERE service = 'set.tax' OR item = 'booked_cost';
ROLLBACK;
-- a key without weights divides nothing: nobody owes it, and that shows; more was given back than spent
BEGIN;
SELECT steering.set_key_weight('set.fixed', 0, '[2026-01-01,2027-01-01)', participant => 'set.city'), steering.set_key_weight('set.fixed', 0, '[2026-01-01,2027-01-01)', service => 'set.misc');
SELECT steering.set_agreement('set.tax', 'set.city', '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'set.fixed') > 0 AS revised;
INSERT INTO line VALUES ('set.tax', 'set.city', '2026-02-02', -2000, 0);
SELECT * FROM settled('2026') WHERE service = 'set.tax';
SELECT * FROM proof('2026') WHERE service = 'set.tax';
ROLLBACK;

-- Bonus and malus: the percentages of the service's indicators, of the money agreed beforehand, up to a maximum.
SELECT count(steering.set_indicator(code, 'set.desk', code, 'percent', direction, 'outcome', additive => false)) AS indicators
FROM (VALUES ('set.solved', 'higher'), ('set.waiting', 'lower')) AS indicator (code, direction);
SELECT steering.set_incentive('set.solved', '{"(,90)", "[90,100)", "[100,)"}', '{-4, 0, 2}'), steering.set_incentive('set.waiting', '{"(,100)", "[100,)"}', '{-1, 1}');
SELECT steering.set_target('set.solved', participant, '2026', 80), steering.set_target('set.waiting', participant, '2026', 10)
FROM unnest('{set.city,set.town,set.village}'::text[]) AS participant;
SELECT steering.set_measurement('set.solved', 'set.city', '2026-12', 81), steering.set_measurement('set.waiting', 'set.city', '2026-12', 10),
    steering.set_measurement('set.solved', 'set.town', '2026-12', 40), steering.set_measurement('set.waiting', 'set.town', '2026-12', 10),
    steering.set_measurement('set.solved', 'set.village', '2026-05', 90);
BEGIN;
-- without a maximum no incentive was agreed
SELECT count(*) FROM settled('2026') WHERE line = 'incentive';
SELECT steering.set_agreement('set.desk', 'set.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1000, price => 80.5, incentive_maximum => 3000) > 0 AS revised;
SELECT steering.set_agreement('set.desk', 'set.town', '[2026-01-01,2027-01-01)', 'price_volume', volume => 100, price => 81.25, incentive_maximum => 200) > 0 AS revised;
SELECT steering.set_agreement('set.desk', 'set.village', '[2026-07-01,2027-01-01)', 'price_volume', price => 90, incentive_maximum => 1000) > 0 AS revised;
-- 3 % of 80,500; -3 % of 8,125 is more than 200; of the village nothing was measured in its months, which is no malus
SELECT * FROM settled('2026') WHERE line = 'incentive';
-- now it was; nothing was agreed beforehand, so it is of what is owed
SELECT steering.set_measurement('set.solved', 'set.village', '2026-09', 79);
SELECT steering.set_measurement('set.waiting', 'set.village', '2026-09', 5);
SELECT * FROM settled('2026') WHERE participant = 'set.village';
-- of a part of the months what was attained until then, less what was before; without a measurement none
SELECT * FROM settled('2026-12') WHERE line = 'incentive';
SELECT count(*) FROM settled('2026-Q1') WHERE line = 'incentive';
SELECT item, total FROM proof('2026') WHERE item IN ('incentive', 'result');
ROLLBACK;

-- The supplier's result, what is owed less the actual cost, is shared as was agreed: a gain is given back.
SELECT steering.set_result_share('set.people', 60, '[2026-01-01,)');
SELECT * FROM settled('2026') WHERE line = 'result_share';
SELECT * FROM proof('2026') WHERE item ~ 'result|to_pay';
-- a loss is borne; what falls to no participant stays with the supplier
BEGIN;
INSERT INTO line VALUES ('set.misc', 'set.region', '2026-09-09', 20000.0001, 0);
SELECT * FROM settled('2026') WHERE line = 'result_share';
SELECT steering.set_result_share('set.fixed', 50, '[2026-01-01,)');
SELECT * FROM settled('2026') WHERE line = 'result_share';
SELECT * FROM proof('2026') WHERE item ~ 'result|other';
-- the result of the months that the rule is for
SELECT steering.drop_result_share('[2026-01-01,)'), steering.set_result_share('set.people', 60, '[2026-01-01,2026-12-01)');
SELECT * FROM settled('2026') WHERE line = 'result_share';
SELECT count(*) FROM settled('2026-11') WHERE line = 'result_share';
ROLLBACK;
SELECT * FROM refusal($$SELECT steering.set_result_share(NULL, 1, '[2027-01-01,2028-01-01)')$$) WHERE field IN ('sqlstate', 'message');
SELECT steering.set_result_share('set.nobody', 1, '[2025-01-01,2026-01-01)');
SELECT steering.set_result_share('set.people', 101, '[2025-01-01,2026-01-01)');
SELECT steering.set_result_share('set.people', -1, '[2025-01-01,2026-01-01)');
SELECT steering.set_result_share('set.people', NULL, '[2025-01-01,2026-01-01)');
SELECT steering.set_result_share('set.people', 1, '[2025-01-02,2026-01-01)');
SELECT steering.set_result_share('set.people', 1, 'empty');
SELECT steering.set_result_share('set.people', 1, NULL);
SELECT steering.set_result_share('set.people', 1, '[2025-01-01,2026-02-01)');
SELECT steering.drop_result_share('[2025-01-01,2026-02-01)');
BEGIN;
SELECT steering.set_allocation_key('set.result', 'Result', 'inhabitants') > 0 AS key_made;
SELECT steering.set_result_share('set.result', 10, '[2020-01-01,2021-01-01)');
SELECT steering.drop_allocation_key('set.result');
ROLLBACK;

-- Closing a period fixes its settlement.
SELECT steering.close_period('2026-Q1', 'first quarter') AS first_quarter \gset
SELECT count(*) AS lines, count(*) FILTER (WHERE closing_id = :first_quarter) AS stored, min(valid_from), max(valid_to) FROM steering.settle('2026-Q1');
CREATE TABLE was_settled AS SELECT * FROM steering.settle('2026-Q1');
CREATE TABLE was_proved AS SELECT * FROM proof('2026-Q1');
INSERT INTO line VALUES ('set.hr', 'set.city', '2026-03-31', 1, 0);
SELECT steering.set_agreement('set.hr', 'set.city', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1) > 0 AS revised;
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service = 'set.net' AND participant = 'set.town';
UPDATE steering.participant SET inhabitants = 10 * inhabitants WHERE code = 'set.village';
UPDATE steering.service SET parent = NULL WHERE code = 'set.desk';
SELECT steering.drop_result_share('[2026-01-01,)');
SELECT count(*) AS changed FROM (TABLE was_settled EXCEPT SELECT * FROM steering.settle('2026-Q1')) AS line;
SELECT count(*) AS changed FROM (TABLE was_proved EXCEPT SELECT * FROM proof('2026-Q1')) AS line;
-- in a longer period it stays as it is, and what it billed is taken off what is due for all months
SELECT valid_from, valid_to, closing_id IS NOT NULL AS closed, count(*) FROM steering.settle('2026') GROUP BY 1, 2, 3 ORDER BY 1;
SELECT valid_from, valid_to, closing_id IS NOT NULL AS closed, count(*) FROM steering.settle('[2025-11-01,2026-05-01)') GROUP BY 1, 2, 3 ORDER BY 1;
SELECT count(*) FILTER (WHERE difference = 0) AS right, count(*) FILTER (WHERE difference <> 0) AS wrong FROM steering.settlement_proof('2026');
SELECT count(*) FILTER (WHERE corrects = :first_quarter) AS taken_back, sum(amount) FILTER (WHERE closing_id = :first_quarter) = - sum(amount) FILTER (WHERE corrects = :first_quarter) AS all_of_it
FROM steering.settle('2026');
-- a part of it was never settled
SELECT * FROM refusal($$SELECT * FROM steering.settle('2026-02')$$);
SELECT * FROM steering.settlement_proof('[2026-03-01,2026-05-01)');
-- nothing changes the stored lines
UPDATE steering.settlement_line SET amount = 0 WHERE closing_id = :first_quarter;
DELETE FROM steering.settlement_line WHERE closing_id = 0;
TRUNCATE steering.settlement_line;

-- What was wrong is put right by a line in a period that is open.
SELECT steering.correct_settlement('2026-Q1', 'set.city', 'set.hr', -12.34, 'one invoice too many', '2026-Q2') AS correction \gset
SELECT corrects = :first_quarter AS of_first_quarter, valid_from, valid_to, participant, service, amount, settled_in, reason, role_name = session_user AS by_me FROM steering.correction;
SELECT participant, service, line, amount, corrects = :first_quarter AS corrects FROM steering.settle('2026-Q2') WHERE line = 'correction';
SELECT count(*) AS in_another_month FROM settled('2026-05') WHERE line = 'correction';
SELECT count(*) AS in_its_month FROM settled('2026-06') WHERE line = 'correction';
SELECT steering.close_period('2026-04') > 0 AS closed, steering.close_period('[2026-05-01,2026-07-01)') > 0 AS closed_too;
SELECT valid_from, valid_to, participant, line, amount FROM steering.settlement WHERE line = 'correction';
SELECT * FROM refusal($$SELECT steering.correct_settlement('2026-Q1', 'set.city', 'set.hr', 1, 'late', '2026-Q2')$$);
SELECT * FROM refusal($$SELECT steering.correct_settlement('2026-Q3', 'set.city', 'set.hr', 1, 'early', '2026-Q4')$$);
SELECT * FROM refusal($$SELECT steering.correct_settlement('2026-01', 'set.city', 'set.hr', 1, 'part', '2026-Q4')$$);
SELECT steering.correct_settlement('2026-Q1', 'set.ctiy', 'set.hr', 1, 'x', '2026-Q4');
SELECT steering.correct_settlement('2026-Q1', 'set.city', NULL, 1, 'x', '2026-Q4');
SELECT steering.correct_settlement('2026-Q1', 'set.city', 'set.hr', 0, 'x', '2026-Q4');
SELECT steering.correct_settlement('2026-Q1', 'set.city', 'set.hr', 0.001, 'x', '2026-Q4');
SELECT steering.correct_settlement('2026-Q1', 'set.city', 'set.hr', NULL, 'x', '2026-Q4');
SELECT steering.correct_settlement('2026-Q1', 'set.city', 'set.hr', 1, NULL, '2026-Q4');
SELECT steering.correct_settlement('2026-Q1', 'set.city', 'set.hr', 1, ' ', '2026-Q4');
SELECT steering.correct_settlement('2026-Q1', 'set.city', 'set.hr', 1, 'x', NULL);
SELECT steering.correct_settlement(NULL, 'set.city', 'set.hr', 1, 'x', '2026-Q4');
DELETE FROM steering.settlement_correction;

-- Reopened: computed again, and what was settled stays on record.
SELECT steering.reopen_period('2026-Q1', NULL);
-- not while a correction of it stands in a period that is closed; then it is taken back in one that is open
SELECT steering.reopen_period('2026-Q1', 'invoices forgotten');
SELECT steering.reverse_correction(:correction, 'the quarter is to be reopened', '2026-Q4') > :correction AS reversed;
SELECT steering.reopen_period('2026-Q1', 'invoices forgotten') = :first_quarter AS reopened;
SELECT count(*) AS lines, count(closing_id) AS stored FROM steering.settle('2026-Q1');
INSERT INTO line VALUES ('set.hr', 'set.city', '2026-03-31', 1, 0);
-- what changed meanwhile was settled with the months that were closed after it
SELECT count(*) > 0 AS differs FROM (SELECT participant, service, line, amount FROM was_settled EXCEPT SELECT participant, service, line, amount FROM steering.settle('2026-Q1')) AS line;
SELECT count(*) AS lost FROM (SELECT participant, service, line, amount FROM was_settled EXCEPT
    SELECT participant, service, line, amount FROM steering.settlement WHERE closing_id = :first_quarter AND reopened_at IS NOT NULL) AS line;
SELECT steering.close_period('2026-Q1', 'again') <> :first_quarter AS closed_again;
SELECT valid_from, valid_to, reopened_at IS NULL AS holds, participant, line, sum(amount) FROM steering.settlement WHERE participant = 'set.city' AND service = 'set.hr' GROUP BY 1, 2, 3, 4, 5, closing_id ORDER BY closing_id, line;
-- both are on record, for everybody
SELECT kind, period, first_day, last_day, reason, role_name = session_user AS by_me, closing_id = :first_quarter AS of_the_first
FROM steering.closing_event WHERE first_day = '2026-01-01' ORDER BY recorded_at;
SELECT steering.close_period('2026-Q1');
SELECT steering.close_period('[2026-06-01,2026-08-01)');
SELECT steering.close_period('soon');
SELECT * FROM steering.settle(NULL);
SELECT * FROM steering.settle('[2026-01-02,2026-02-01)');
SELECT * FROM steering.settlement_proof('');
-- who is in a settlement stays in the register
BEGIN;
INSERT INTO steering.participant (code, name) VALUES ('set.late', 'Late');
SELECT steering.correct_settlement('2026-Q1', 'set.late', 'set.hr', 5, 'as agreed', '2026-Q4') > 0 AS corrected;
DELETE FROM steering.participant WHERE code = 'set.late';
ROLLBACK;
BEGIN;
INSERT INTO steering.participant (code, name) VALUES ('set.late', 'Late');
SELECT steering.set_agreement('set.hr', 'set.late', '[2026-11-01,2026-12-01)', 'lump_sum', 10) AS late \gset
SELECT steering.close_period('2026-11') > 0 AS closed;
SELECT steering.drop_agreement(:late);
DELETE FROM steering.participant WHERE code = 'set.late';
ROLLBACK;

-- Who reads what: a participant's role its own closed settlements and corrections, and nothing else.
CREATE ROLE regress_sp71_town;
CREATE ROLE regress_sp71_treasurer;
UPDATE steering.participant SET reader = 'regress_sp71_town' WHERE code = 'set.town';
GRANT EXECUTE ON FUNCTION steering.settle, steering.close_period, steering.reopen_period, steering.correct_settlement TO regress_sp71_treasurer;
SET ROLE regress_sp71_town;
SELECT DISTINCT participant FROM steering.settlement;
SELECT count(*) FROM steering.correction;
SELECT * FROM steering.settle('2026');
SELECT * FROM steering.settlement_proof('2026');
SELECT * FROM steering.settlement_line;
SELECT * FROM steering.settlement_correction;
SELECT * FROM steering.compute_settlement('2026-01-01', '2026-02-01');
SELECT steering.close_period('2026-Q4');
SELECT steering.reopen_period('2026-Q1', 'curious');
SELECT steering.correct_settlement('2026-Q1', 'set.town', 'set.hr', -1000000, 'please', '2026-Q4');
SELECT steering.set_result_share('set.people', 100, '[2026-01-01,)');
RESET ROLE;
SET ROLE regress_sp71_treasurer;
SELECT count(DISTINCT participant) FROM steering.settle('2026-Q1');
SELECT steering.close_period('2026-Q4') > 0 AS closed;
SELECT steering.reopen_period('2026-Q4', 'too soon') > 0 AS reopened;
SELECT steering.correct_settlement('2026-Q1', 'set.town', 'set.hr', 5, 'fee', '2026-Q4') > 0 AS corrected;
RESET ROLE;
SET ROLE regress_sp71_town;
SELECT participant, amount, reason FROM steering.correction;
RESET ROLE;
REVOKE ALL ON FUNCTION steering.settle, steering.close_period, steering.reopen_period, steering.correct_settlement FROM regress_sp71_treasurer;

-- Random agreements of all forms in trees, random bookings, keys and periods, against a computation for each
-- single booking in plain SQL: every line is the same, and the lines add up.
INSERT INTO steering.participant (code, name) VALUES ('set.p1', 'p');
INSERT INTO steering.participant (code, parent, name) SELECT 'set.p' || n, 'set.p1', 'p' FROM generate_series(2, 4) AS n;
INSERT INTO steering.participant (code, parent, name) SELECT 'set.p' || n, 'set.p' || 2 + n % 3, 'p' FROM generate_series(5, 12) AS n;
INSERT INTO steering.service (code, parent, name) SELECT 'set.s' || n, NULL, 's' FROM generate_series(1, 2) AS n;
INSERT INTO steering.service (code, parent, name) SELECT 'set.s' || n, 'set.s' || 1 + n % 2, 's' FROM generate_series(3, 6) AS n;
INSERT INTO steering.service (code, parent, name) SELECT 'set.s' || n, 'set.s' || 3 + n % 4, 's' FROM generate_series(7, 14) AS n;
\set seed 0.29
\echo seed :seed
SELECT setseed(:seed) IS NOT NULL AS seeded;
-- the third key has weights of zero alone; who has no weight says so: what is not known is not zero
CREATE TABLE weight AS
SELECT 'set.k' || k AS key, 'set.p' || p AS participant, CASE WHEN k = 3 OR random() < 0.2 THEN 0 ELSE floor(random() * 5) * round((random() * 100)::numeric, 2) END::numeric AS weight
FROM generate_series(1, 3) AS k, generate_series(1, 12) AS p;
SELECT count(steering.set_allocation_key(key, key, 'fixed')) AS keys FROM (SELECT DISTINCT key FROM weight) AS key;
SELECT count(*) > 20 AS weights FROM weight CROSS JOIN LATERAL steering.set_key_weight(key, weight, '[2029-01-01,2033-01-01)', participant => participant);
CREATE TABLE agreement AS
SELECT agreement_id, service, participant, during, form, base, volume, price, percent, key, advance, maximum
FROM (SELECT DISTINCT ON (service, participant, quarter) service, participant,
        daterange(quarter, (quarter + (1 + floor(random() * 3)) * interval '1 month')::date) AS during,
        (ARRAY['lump_sum', 'price_volume', 'price_volume', 'base_plus', 'key_share', 'key_share'])[1 + floor(random() * 6)] AS form,
        round((random() * 1e5)::numeric, 2) AS some_base, round((random() * 60)::numeric, 4) AS some_volume, round((random() * 100)::numeric, 4) AS some_price,
        round((random() * 100)::numeric, 2) AS some_percent, 'set.k' || 1 + floor(random() * 2.2) AS some_key,
        CASE WHEN random() < 0.5 THEN round((random() * 1000)::numeric, 2) END AS advance,
        CASE WHEN random() < 0.8 THEN round((random() * 2000)::numeric, 2) END AS maximum, random() < 0.3 AS sometimes
      FROM (SELECT 'set.s' || 1 + floor(random() * 14) AS service, 'set.p' || 1 + floor(random() * 12) AS participant,
                ('2030-01-01'::date + floor(random() * 4) * interval '3 months')::date AS quarter
            FROM generate_series(1, 260)) AS drawn) AS drawn
CROSS JOIN LATERAL (SELECT
    CASE WHEN form IN ('lump_sum', 'base_plus') OR form = 'key_share' AND sometimes THEN some_base END AS base,
    CASE WHEN form = 'base_plus' OR form <> 'key_share' AND NOT sometimes THEN some_volume END AS volume,
    CASE WHEN form IN ('price_volume', 'base_plus') THEN some_price END AS price,
    CASE WHEN form = 'price_volume' AND NOT sometimes AND some_percent > 30 THEN some_percent END AS percent,
    CASE WHEN form = 'key_share' THEN some_key END AS key) AS term
CROSS JOIN LATERAL steering.set_agreement(service, participant, during, form, base, volume, price, key, percent, advance, maximum) AS agreement_id;
-- each service has an indicator, and every second one another; months are missing
CREATE TABLE indicator AS SELECT 'set.i' || s || direction AS code, 'set.s' || s AS service, direction
FROM generate_series(1, 14) AS s, unnest('{higher,lower}'::text[]) AS direction WHERE s % 2 = 0 OR direction = 'higher';
SELECT count(steering.set_indicator(code, service, code, 'pieces', direction, 'outcome')) AS indicators FROM indicator;
SELECT count(*) AS bands FROM indicator CROSS JOIN LATERAL steering.set_incentive(code, '{"(,80)", "[80,100)", "[100,120)", "[120,)"}', '{-3.5, -1.25, 0.5, 2.75}');
CREATE TABLE measured AS
SELECT code, indicator.service, participant, direction, month::date AS month, round((40 + random() * 120)::numeric, 1) AS value
FROM indicator JOIN (SELECT DISTINCT service, participant FROM agreement) AS pair USING (service)
CROSS JOIN generate_series('2030-01-01'::timestamp, '2030-12-01', '1 month') AS month WHERE random() < 0.7;
SELECT count(*) > 100 AS targets FROM (SELECT DISTINCT code, participant FROM measured) AS pair CROSS JOIN LATERAL steering.set_target(code, participant, '2030', 1200);
SELECT count(*) > 1000 AS measurements FROM measured CROSS JOIN LATERAL steering.set_measurement(code, participant, to_char(month, 'YYYY-MM'), value);
CREATE TABLE random_line (service text, participant text, day date, net numeric, pieces numeric);
INSERT INTO random_line SELECT 'set.s' || 1 + floor(random() * 14), 'set.p' || 1 + floor(random() * 12), '2029-12-01'::date + floor(random() * 440)::integer,
    round((random() * 1000)::numeric - 200, (2 + random() * 2)::integer), round((random() * 10)::numeric - 1, 2) FROM generate_series(1, 6000);
INSERT INTO line SELECT * FROM random_line;
SELECT steering.set_result_share('set.k1', 37.5, '[2030-01-01,2031-01-01)');

CREATE TABLE service_path AS
    WITH RECURSIVE path AS (
        SELECT code AS entry, code AS above, parent, 0 AS steps FROM steering.service
        UNION ALL SELECT entry, code, service.parent, steps + 1 FROM path JOIN steering.service ON code = path.parent)
    SELECT * FROM path WHERE entry LIKE 'set.s%';
CREATE TABLE participant_path AS
    WITH RECURSIVE path AS (
        SELECT code AS entry, code AS above, parent, 0 AS steps FROM steering.participant
        UNION ALL SELECT entry, code, participant.parent, steps + 1 FROM path JOIN steering.participant ON code = path.parent)
    SELECT * FROM path WHERE entry LIKE 'set.p%';
-- the agreement that covers a booking; of shared cost the service counts
CREATE TABLE searched AS
SELECT line.*, found.service AS agreed_service, found.form, found.agreement_id
FROM random_line AS line
LEFT JOIN LATERAL (
    SELECT agreement.* FROM agreement
    JOIN service_path ON service_path.entry = line.service AND service_path.above = agreement.service
    LEFT JOIN participant_path AS up ON up.entry = line.participant AND up.above = agreement.participant
    LEFT JOIN participant_path AS down ON down.entry = agreement.participant AND down.above = line.participant AND down.steps > 0
    WHERE line.day <@ agreement.during AND (up.above IS NOT NULL OR down.above IS NOT NULL AND form = 'key_share')
    ORDER BY service_path.steps, up.steps NULLS LAST
    LIMIT 1) AS found ON true;
CREATE INDEX ON searched (agreement_id);
CREATE INDEX ON searched (agreed_service);
ANALYZE searched, agreement, weight, service_path, participant_path;
CREATE FUNCTION month_number(day date) RETURNS numeric LANGUAGE sql AS $$ SELECT extract(year FROM day) * 12 + extract(month FROM day) $$;
-- what a total has grown to on a day, and the part that falls within some days
CREATE FUNCTION grown(total numeric, during daterange, day date, decimals integer) RETURNS numeric LANGUAGE sql AS $$
    SELECT CASE WHEN day <= lower(during) THEN 0 WHEN day >= upper(during) THEN total
        ELSE round(total * (month_number(day) - month_number(lower(during))) / (month_number(upper(during)) - month_number(lower(during))), decimals) END
$$;
CREATE FUNCTION part(total numeric, during daterange, days daterange, decimals integer DEFAULT 2) RETURNS numeric LANGUAGE sql AS $$
    SELECT grown(total, during, upper(days), decimals) - grown(total, during, lower(days), decimals)
$$;
-- what is due for months since the first agreement began
CREATE FUNCTION due(days daterange) RETURNS TABLE (participant text, service text, agreement_id integer, line text, amount numeric) LANGUAGE sql AS $$
WITH agreed AS (
    SELECT agreement.*, agreement.during * days AS in_days, part(agreement.base, agreement.during, days) AS base_part, part(agreement.volume, agreement.during, days, 4) AS volume_part,
        (SELECT coalesce(sum(pieces), 0) FROM searched WHERE searched.agreement_id = agreement.agreement_id AND day <@ days) AS actual
    FROM agreement WHERE agreement.during && days
), month AS (
    SELECT month::date FROM generate_series(lower(days)::timestamp, upper(days) - 1, '1 month') AS month
), span AS (
    SELECT DISTINCT service, (SELECT max(edge) FROM (SELECT lower(during) AS edge FROM agreed AS other WHERE other.service = agreed.service AND other.form = 'key_share'
            UNION SELECT upper(during) FROM agreed AS other WHERE other.service = agreed.service AND other.form = 'key_share' UNION SELECT lower(days)) AS edges
            WHERE edge <= month) AS start, month
    FROM agreed CROSS JOIN month WHERE form = 'key_share'
), pool AS (
    SELECT span.service, span.start, coalesce(sum(net), 0) AS cost
    FROM span LEFT JOIN searched ON searched.form = 'key_share' AND searched.agreed_service = span.service AND date_trunc('month', searched.day) = span.month
    GROUP BY 1, 2
), quota AS (
    SELECT pool.service, pool.start, key.key, weight.participant, weight.weight, sum(weight.weight) OVER whole AS weights, round(cost, 2) * 100 AS cents
    FROM pool
    JOIN (SELECT DISTINCT service, key, during FROM agreed WHERE form = 'key_share') AS key ON key.service = pool.service AND pool.start <@ key.during
    JOIN weight ON weight.key = key.key
    GROUP BY pool.service, pool.start, key.key, weight.participant, weight.weight, pool.cost
    WINDOW whole AS (PARTITION BY pool.service, pool.start, key.key)
), given AS (
    SELECT *, div(abs(cents) * weight, weights) AS whole_cents,
        row_number() OVER (PARTITION BY service, start, key ORDER BY abs(cents) * weight - div(abs(cents) * weight, weights) * weights DESC, participant COLLATE "C") AS turn
    FROM quota WHERE weights > 0
), divided AS (
    SELECT service, start, key, participant, sign(cents) * (whole_cents + CASE WHEN turn <= abs(cents) - sum(whole_cents) OVER (PARTITION BY service, start, key) THEN 1 ELSE 0 END) / 100 AS share
    FROM given
), owed AS (
    SELECT divided.*, (SELECT holder.agreement_id FROM agreed AS holder JOIN participant_path ON participant_path.above = holder.participant
        WHERE participant_path.entry = divided.participant AND holder.service = divided.service AND holder.form = 'key_share' AND divided.start <@ holder.during
        ORDER BY steps LIMIT 1) AS holder_id
    FROM divided
), charge AS (
    SELECT participant, service, agreement_id, 'agreed' AS line, CASE form WHEN 'price_volume' THEN round(price * least(actual, volume_part), 2) ELSE base_part END AS amount
    FROM agreed WHERE form <> 'key_share'
    UNION ALL SELECT participant, service, agreement_id, 'excess',
        CASE form WHEN 'price_volume' THEN round(price * actual, 2) - round(price * volume_part, 2) ELSE round(price * (actual - volume_part), 2) END
    FROM agreed WHERE form IN ('price_volume', 'base_plus') AND actual > volume_part
    UNION ALL SELECT participant, service, agreement_id, 'unused', round(price * percent * (volume_part - greatest(actual, 0)) / 100, 2)
    FROM agreed WHERE percent IS NOT NULL AND actual < volume_part
    UNION ALL SELECT participant, service, agreement_id, 'share',
        (SELECT coalesce(sum(share), 0) FROM owed WHERE owed.holder_id = agreed.agreement_id AND owed.key = agreed.key)
    FROM agreed WHERE form = 'key_share'
), attained AS (
    SELECT agreement_id, code, round(100 * CASE direction WHEN 'higher' THEN sum(value) / (100 * count(*)) ELSE 2 - sum(value) / (100 * count(*)) END, 2) AS attainment
    FROM agreed JOIN measured USING (service, participant) WHERE month <@ in_days GROUP BY agreement_id, code, direction
), rewarded AS (
    SELECT agreement_id, sum(CASE WHEN attainment < 80 THEN -3.5 WHEN attainment < 100 THEN -1.25 WHEN attainment < 120 THEN 0.5 ELSE 2.75 END) AS percent
    FROM attained GROUP BY agreement_id
), line AS (
    SELECT * FROM charge
    UNION ALL SELECT agreed.participant, agreed.service, agreement_id, 'incentive',
        greatest(least(round(coalesce(CASE form WHEN 'price_volume' THEN part(round(price * volume, 2), during, days) ELSE base_part END, charge.amount) * rewarded.percent / 100, 2),
            part(maximum, during, days)), - part(maximum, during, days))
    FROM agreed JOIN rewarded USING (agreement_id) JOIN charge USING (agreement_id) WHERE charge.line IN ('agreed', 'share') AND maximum IS NOT NULL
    UNION ALL SELECT participant, service, agreement_id, 'advance', - advance * (month_number(upper(in_days)) - month_number(lower(in_days)))
    FROM agreed WHERE advance IS NOT NULL
), result AS (
    SELECT round(((SELECT sum(amount) FROM line WHERE line.line <> 'advance') - (SELECT sum(net) FROM random_line WHERE day <@ days)) * 0.375, 2) AS shared
), result_given AS (
    SELECT participant, shared, div(abs(shared) * 100 * weight, weights) AS whole_cents,
        row_number() OVER (ORDER BY abs(shared) * 100 * weight - div(abs(shared) * 100 * weight, weights) * weights DESC, participant COLLATE "C") AS turn
    FROM result CROSS JOIN weight CROSS JOIN (SELECT sum(weight) AS weights FROM weight WHERE key = 'set.k1') AS total WHERE key = 'set.k1'
)
SELECT * FROM line
UNION ALL
SELECT participant, NULL, NULL, 'result_share', - sign(shared) * (whole_cents + CASE WHEN turn <= abs(shared) * 100 - sum(whole_cents) OVER () THEN 1 ELSE 0 END) / 100
FROM result_given
$$;
SELECT form, count(*) > 10 AS many FROM agreement GROUP BY form ORDER BY form;
CREATE TABLE period AS SELECT name, steering.period_range(name) AS days FROM unnest('{2030,2030-Q1,2030-Q2,2030-Q3,2030-Q4,"[2030-02-01,2030-12-01)","[2029-12-01,2030-08-01)"}'::text[]) AS name
    UNION ALL SELECT to_char(month, 'YYYY-MM'), steering.period_range(to_char(month, 'YYYY-MM')) FROM generate_series('2030-01-01'::timestamp, '2030-12-01', '1 month') AS month;
-- each period brings what is due until its end less what is due until its start, by the agreements that it has months of
CREATE TABLE expected AS
SELECT name, line.participant, line.service, line.agreement_id, line.line, sum(line.amount) AS amount
FROM period
CROSS JOIN LATERAL (SELECT * FROM due(daterange('2030-01-01', upper(days)))
    UNION ALL SELECT participant, service, agreement_id, line, - amount FROM due(daterange('2030-01-01', greatest(lower(days), '2030-01-01')))) AS line
LEFT JOIN agreement USING (agreement_id)
WHERE line.agreement_id IS NULL OR agreement.during && days
GROUP BY 1, 2, 3, 4, 5 HAVING sum(line.amount) <> 0;
CREATE TABLE answer AS SELECT name, participant, service, agreement_id, line, amount FROM period CROSS JOIN LATERAL steering.settle(name) WHERE participant LIKE 'set.p%' AND amount <> 0;
SELECT line, count(*) > 30 AS many FROM expected WHERE amount <> 0 GROUP BY line ORDER BY line;
SELECT count(*) > 2000 AS many, (SELECT count(*) FROM (TABLE expected EXCEPT ALL TABLE answer) AS x) AS missing, (SELECT count(*) FROM (TABLE answer EXCEPT ALL TABLE expected) AS x) AS wrong FROM expected;
SELECT count(*) FILTER (WHERE difference = 0) > 200 AS proofs, count(*) FILTER (WHERE difference <> 0) AS differences FROM period CROSS JOIN LATERAL steering.settlement_proof(name);
SELECT count(*) AS periods, count(*) FILTER (WHERE booked.net = proof.total) AS cost_is_that_of_the_bookings
FROM period CROSS JOIN LATERAL (SELECT total FROM steering.settlement_proof(name) WHERE item = 'booked_cost') AS proof
CROSS JOIN LATERAL (SELECT sum(net) AS net FROM line WHERE day <@ days) AS booked;
-- closed one by one, months stay as they were, and the year is made of them, before and after it is closed itself
SELECT count(steering.close_period(to_char(month, 'YYYY-MM'))) AS closed FROM generate_series('2030-01-01'::timestamp, '2030-12-01', '1 month') AS month;
CREATE VIEW billed AS
SELECT to_char(valid_from, 'YYYY-MM') AS name, participant, service, agreement_id, line, amount FROM steering.settle('2030')
WHERE closing_id IS NOT NULL AND valid_to < valid_from + 31 AND participant LIKE 'set.p%' AND amount <> 0;
CREATE VIEW owed AS
SELECT participant, service, agreement_id, line, sum(amount) AS amount FROM steering.settle('2030') WHERE participant LIKE 'set.p%' GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0;
CREATE FUNCTION checked() RETURNS TABLE (missing bigint, wrong bigint, other bigint, differences bigint) LANGUAGE sql AS $$
    SELECT (SELECT count(*) FROM (SELECT * FROM expected WHERE name ~ '^2030-[01]' EXCEPT ALL TABLE billed) AS x),
        (SELECT count(*) FROM (TABLE billed EXCEPT ALL SELECT * FROM expected WHERE name ~ '^2030-[01]') AS x),
        (SELECT count(*) FROM owed FULL JOIN (SELECT * FROM expected WHERE name = '2030') AS e
            ON (owed.participant, owed.line) = (e.participant, e.line) AND owed.service IS NOT DISTINCT FROM e.service AND owed.agreement_id IS NOT DISTINCT FROM e.agreement_id
         WHERE owed.amount IS DISTINCT FROM e.amount),
        (SELECT count(*) FROM steering.settlement_proof('2030') WHERE difference <> 0)
$$;
SELECT * FROM checked();
SELECT steering.close_period('2030') > 0 AS closed;
SELECT * FROM checked();
SELECT sum(amount) AS to_pay_with_the_year FROM steering.settlement WHERE valid_from = '2030-01-01' AND valid_to = '2030-12-31';

-- Only who owns the tables can make them forget.
SELECT count(steering.reopen_period(period, 'end of the test')) AS reopened
FROM (SELECT daterange(first_day, last_day, '[]')::text AS period FROM steering.closed_period WHERE first_day >= '2026-01-01' ORDER BY last_day DESC, first_day OFFSET 0) AS closed;
ALTER TABLE steering.settlement_line DISABLE TRIGGER refuse_change;
ALTER TABLE steering.settlement_correction DISABLE TRIGGER refuse_change;
DELETE FROM steering.settlement_line;
DELETE FROM steering.settlement_correction;
ALTER TABLE steering.settlement_line ENABLE TRIGGER refuse_change;
ALTER TABLE steering.settlement_correction ENABLE TRIGGER refuse_change;
SELECT steering.drop_result_share('[2030-01-01,2031-01-01)');
SELECT count(*) > 0 AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE service LIKE 'set.%';
SELECT count(*) > 0 AS dropped FROM unnest('{set.solved,set.waiting}'::text[] || ARRAY(SELECT code FROM indicator)) AS code CROSS JOIN LATERAL steering.drop_indicator(code);
SELECT count(*) AS dropped FROM unnest('{set.people,set.fixed,set.k1,set.k2,set.k3}'::text[]) AS key CROSS JOIN LATERAL steering.drop_allocation_key(key);
SELECT steering.detach('line'), steering.detach('order_line');
SET client_min_messages = warning;
DROP SCHEMA settlement_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'set.%';
DELETE FROM steering.participant WHERE code LIKE 'set.%';
DROP ROLE regress_sp71_town, regress_sp71_treasurer;
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
