-- Cost against means, agreements and results, per service and participant, over a period.
\set VERBOSITY terse
CREATE SCHEMA comparison_test;
SET search_path = comparison_test;
SET datestyle = ISO;
CREATE ROLE regress_sp71_town;
CREATE ROLE regress_sp71_region;
CREATE ROLE regress_sp71_auditor;
CREATE ROLE regress_sp71_stranger;
GRANT SELECT ON steering.cap TO regress_sp71_auditor;
INSERT INTO steering.participant (code, parent, name, inhabitants, reader) VALUES
    ('cvr.region', NULL, 'Region', NULL, 'regress_sp71_region'), ('cvr.city', 'cvr.region', 'City', 100000, NULL),
    ('cvr.town', 'cvr.region', 'Town', 20000, 'regress_sp71_town');
INSERT INTO steering.service (code, parent, name, unit) VALUES
    ('cvr.ict', NULL, 'ICT', NULL), ('cvr.desk', 'cvr.ict', 'Desk', 'workplace'), ('cvr.phone', 'cvr.ict', 'Phone', 'phone'), ('cvr.hr', NULL, 'HR', NULL);
CREATE TABLE line (product text, town text, day date, net numeric, pieces numeric);
CREATE TABLE purchase (product text, town text, day date, net numeric, pieces numeric);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS line,
    steering.attach('purchase', 'product', 'town', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS purchase;
-- The columns in four parts.
CREATE FUNCTION means(period text) RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric, signal text) LANGUAGE sql AS
    $$SELECT service, participant, budget, actual, committed, headroom, signal FROM steering.cost_versus_result($1) WHERE service LIKE 'cvr.%' ORDER BY 1, 2$$;
CREATE FUNCTION units(period text) RETURNS TABLE (service text, participant text, actual numeric, volume numeric, unit_cost numeric, agreed_volume numeric, agreed_price numeric) LANGUAGE sql AS
    $$SELECT service, participant, actual, volume, unit_cost, agreed_volume, agreed_price FROM steering.cost_versus_result($1) WHERE service LIKE 'cvr.%' ORDER BY 1, 2$$;
CREATE FUNCTION variances(period text) RETURNS TABLE (service text, participant text, agreed_cost numeric, covered numeric, covered_volume numeric, price_variance numeric, volume_variance numeric, total_variance numeric) LANGUAGE sql AS
    $$SELECT service, participant, agreed_cost, covered, covered_volume, price_variance, volume_variance, total_variance FROM steering.cost_versus_result($1) WHERE service LIKE 'cvr.%' AND agreed_cost IS NOT NULL ORDER BY 1, 2$$;
CREATE FUNCTION results(period text) RETURNS TABLE (service text, participant text, actual numeric, target numeric, measured numeric, attainment numeric, cost_per_result numeric, signal text) LANGUAGE sql AS
    $$SELECT service, participant, actual, target, measured, attainment, cost_per_result, signal FROM steering.cost_versus_result($1) WHERE service LIKE 'cvr.%' AND (target IS NOT NULL OR measured IS NOT NULL) ORDER BY 1, 2$$;

CREATE FUNCTION drop_agreements(services text, participants text DEFAULT '%') RETURNS bigint LANGUAGE sql AS $$
    WITH gone AS MATERIALIZED (SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE services AND participant LIKE participants)
    SELECT count(*) FROM gone
$$;

-- Nothing is known: no row. Then a row for each pair that has a booking, a budget, an agreement or a result.
SELECT count(*) FROM means('2026');
INSERT INTO line VALUES ('cvr.desk', 'cvr.city', '2026-03-01', 1150000, 1350), ('cvr.phone', 'cvr.city', '2026-03-31', 20000.55, 0);
INSERT INTO purchase VALUES ('cvr.desk', 'cvr.city', '2026-11-01', 40000, 40), ('cvr.desk', 'cvr.town', '2026-12-31', 1, 1), ('cvr.desk', 'cvr.town', '2027-01-01', 1, 1);
SELECT steering.set_cap('cvr.desk', 'cvr.city', 'budget', '[2026-01-01,2027-01-01)', 1200000, '105% block') > 0 AS capped;
SELECT steering.set_cap('cvr.phone', 'cvr.town', 'budget', '[2026-01-01,2027-01-01)', 100) > 0 AS capped;
SELECT steering.set_cap('cvr.phone', 'cvr.region', 'volume', '[2026-01-01,2027-01-01)', 100) > 0 AS capped_volume;
SELECT steering.set_agreement('cvr.hr', 'cvr.town', '[2026-01-01,2027-01-01)', 'lump_sum', base => 100000) > 0 AS agreed;
SELECT steering.set_indicator('cvr.solved', 'cvr.desk', 'Solved', 'ticket', 'higher', 'outcome', main => true) > 0 AS indicator;
SELECT steering.set_target('cvr.solved', 'cvr.region', '2026', 1000);
SELECT * FROM means('2026');
SELECT * FROM units('2026');
-- A booking counts in its month; commitments are no cost.
SELECT * FROM units('2026-03');
SELECT * FROM units('2026-Q4');
SELECT service, participant, committed FROM means('[2026-12-01,2028-01-01)');
-- What this transaction has booked counts, written or not, in usage and in headroom.
BEGIN;
INSERT INTO line VALUES ('cvr.phone', 'cvr.town', '2026-05-01', 10, 1);
INSERT INTO line VALUES ('cvr.phone', 'cvr.town', '2026-05-01', 5, 1);
SELECT * FROM means('2026') WHERE service = 'cvr.phone';
ROLLBACK;
SELECT * FROM means('2026') WHERE service = 'cvr.phone';

-- The budget is the cap over the period itself,
SELECT steering.set_cap('cvr.hr', 'cvr.town', 'budget', '[2026-01-01,2027-01-01)', 1200, '100% warn') > 0 AS advisory;
SELECT * FROM means('2026') WHERE service = 'cvr.hr';
-- else the shortest that contains it, which has no headroom of just the period,
SELECT steering.set_cap('cvr.hr', 'cvr.town', 'budget', '[2026-01-01,2026-07-01)', 600) > 0 AS half_year;
SELECT * FROM means('2026-Q2') WHERE service = 'cvr.hr';
SELECT * FROM means('2026-Q3') WHERE service = 'cvr.hr';
SELECT * FROM means('[2026-01-01,2026-07-01)') WHERE service = 'cvr.hr';
-- else those within it that follow one another, of cumulative ones the longest.
SELECT steering.set_cap('cvr.hr', 'cvr.city', 'budget', '[2026-01-01,2026-02-01)', 1) > 0 AS january,
    steering.set_cap('cvr.hr', 'cvr.city', 'budget', '[2026-01-01,2026-04-01)', 10) > 0 AS to_march,
    steering.set_cap('cvr.hr', 'cvr.city', 'budget', '[2026-02-01,2026-05-01)', 100) > 0 AS overlaps,
    steering.set_cap('cvr.hr', 'cvr.city', 'budget', '[2026-04-10,2026-04-20)', 1000) > 0 AS some_days,
    steering.set_cap('cvr.hr', 'cvr.city', 'budget', '[2026-06-01,2026-08-01)', 10000) > 0 AS after_a_gap,
    steering.set_cap('cvr.hr', 'cvr.city', 'budget', '[2026-12-01,2027-02-01)', 100000) > 0 AS beyond;
SELECT * FROM means('2026') WHERE service = 'cvr.hr';
-- Usage of a cap is of all below it, though the row's own cost is not.
SELECT steering.set_cap('cvr.ict', 'cvr.region', 'budget', '[2026-01-01,2027-01-01)', 1300000) > 0 AS capped;
SELECT * FROM means('2026') WHERE service = 'cvr.ict';

-- price_volume: price variance is what was paid beside the price, volume variance what more or less volume comes to.
SELECT steering.set_agreement('cvr.desk', 'cvr.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1400, price => 857.3333) > 0 AS agreed;
SELECT * FROM units('2026') WHERE service = 'cvr.desk';
SELECT * FROM variances('2026');
-- A price without a volume: the volume that it becomes is as agreed.
SELECT steering.set_agreement('cvr.desk', 'cvr.city', '[2026-01-01,2027-01-01)', 'price_volume', price => 857.3333) > 0 AS agreed;
SELECT * FROM units('2026') WHERE service = 'cvr.desk' AND participant = 'cvr.city';
SELECT * FROM variances('2026') WHERE service = 'cvr.desk';
-- base_plus: what goes beyond the contracted volume is volume variance; below it the base stays.
SELECT steering.set_agreement('cvr.desk', 'cvr.city', '[2026-01-01,2027-01-01)', 'base_plus', base => 1100000, volume => 1300, price => 900.00005) > 0 AS agreed;
SELECT * FROM units('2026') WHERE service = 'cvr.desk' AND participant = 'cvr.city';
SELECT * FROM variances('2026') WHERE service = 'cvr.desk';
SELECT steering.set_agreement('cvr.desk', 'cvr.city', '[2026-01-01,2027-01-01)', 'base_plus', base => 1100000, volume => 1400, price => 900) > 0 AS agreed;
SELECT * FROM variances('2026') WHERE service = 'cvr.desk';
-- lump_sum: volume plays no part.
SELECT steering.set_agreement('cvr.desk', 'cvr.city', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1100000, volume => 1400) > 0 AS agreed;
SELECT * FROM units('2026') WHERE service = 'cvr.desk' AND participant = 'cvr.city';
SELECT * FROM variances('2026') WHERE service = 'cvr.desk';
-- key_share: nothing to compare with.
SELECT steering.set_allocation_key('cvr.people', 'Inhabitants', 'inhabitants') > 0 AS key_made;
SELECT steering.set_agreement('cvr.desk', 'cvr.city', '[2026-01-01,2027-01-01)', 'key_share', base => 1100000, allocation_key => 'cvr.people') > 0 AS agreed;
SELECT * FROM variances('2026') WHERE service = 'cvr.desk';

-- Of a part of the months there is an exact share, and what was booked in them.
SELECT steering.set_agreement('cvr.desk', 'cvr.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1000, price => 0.0333) > 0 AS agreed;
SELECT * FROM units('2026-Q1') WHERE service = 'cvr.desk';
SELECT month, v.* FROM generate_series(1, 12) AS month, variances('2026-' || lpad(month::text, 2, '0')) AS v WHERE service = 'cvr.desk' ORDER BY month;
SELECT sum(agreed_cost), sum(covered), sum(total_variance) FROM generate_series(1, 12) AS month, variances('2026-' || lpad(month::text, 2, '0')) WHERE service = 'cvr.desk';
SELECT agreed_cost, covered, total_variance FROM variances('2026') WHERE service = 'cvr.desk';
SELECT * FROM variances('[2025-10-01,2026-02-01)') WHERE service = 'cvr.desk';

-- Agreements that follow one another in the period: each covers its months; the price is the mean by volume.
DELETE FROM line;
SELECT drop_agreements('cvr.%') AS dropped;
SELECT steering.set_agreement('cvr.desk', 'cvr.city', '[2026-01-01,2026-07-01)', 'price_volume', volume => 100, price => 10) > 0 AS first_half,
    steering.set_agreement('cvr.desk', 'cvr.city', '[2026-07-01,2026-10-01)', 'price_volume', volume => 300, price => 14) > 0 AS third_quarter;
INSERT INTO line VALUES ('cvr.desk', 'cvr.city', '2026-06-30', 1000, 100), ('cvr.desk', 'cvr.city', '2026-07-01', 1400, 100), ('cvr.desk', 'cvr.city', '2026-10-01', 7, 7);
SELECT * FROM units('2026') WHERE service = 'cvr.desk' AND participant = 'cvr.city';
SELECT * FROM variances('2026');
SELECT * FROM units('2026-Q3') WHERE service = 'cvr.desk' AND participant = 'cvr.city';
SELECT * FROM variances('2026-Q3');

-- An agreement covers what is below it, but for what a nearer one covers: the nearest service first, then the nearest participant.
SELECT drop_agreements('cvr.%') AS dropped;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'cvr.%';
DELETE FROM line;
INSERT INTO line SELECT service, participant, '2026-02-01', amount, amount / 10
    FROM (VALUES ('cvr.ict', 'cvr.region', 10), ('cvr.ict', 'cvr.city', 20), ('cvr.desk', 'cvr.region', 40), ('cvr.desk', 'cvr.city', 80), ('cvr.desk', 'cvr.town', 160), ('cvr.phone', 'cvr.town', 320)) AS v (service, participant, amount);
SELECT steering.set_agreement('cvr.ict', 'cvr.region', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1) > 0 AS agreed;
SELECT * FROM variances('2026');
SELECT steering.set_agreement('cvr.ict', 'cvr.city', '[2026-01-01,2027-01-01)', 'lump_sum', base => 2) > 0 AS agreed;
SELECT * FROM variances('2026');
SELECT steering.set_agreement('cvr.desk', 'cvr.region', '[2026-01-01,2027-01-01)', 'lump_sum', base => 4) > 0 AS agreed;
SELECT * FROM variances('2026');
-- month by month
SELECT steering.set_agreement('cvr.desk', 'cvr.town', '[2026-01-01,2026-02-01)', 'lump_sum', base => 8) > 0 AS agreed;
SELECT * FROM variances('2026');
INSERT INTO line VALUES ('cvr.desk', 'cvr.town', '2026-01-15', 640, 64);
SELECT * FROM variances('2026');
SELECT * FROM variances('2026-02');
-- What is booked on a group while one below it pays a share by a key is shared cost, and under no other agreement but a nearer one.
SELECT steering.set_agreement('cvr.desk', 'cvr.town', '[2026-02-01,2027-01-01)', 'key_share', allocation_key => 'cvr.people') > 0 AS shares_cost;
SELECT * FROM variances('2026');
SELECT drop_agreements('cvr.desk', 'cvr.region') AS dropped;
SELECT * FROM variances('2026');
SELECT drop_agreements('cvr.%') AS dropped;

-- Results are those of the main indicator; attainment of what was measured, in both directions; what is missing is null.
SELECT steering.set_indicator('cvr.wait', 'cvr.phone', 'Waiting', 'minute', 'lower', 'legitimacy', additive => false, main => true) > 0 AS indicator;
SELECT steering.set_indicator('cvr.other', 'cvr.phone', 'Other', 'call', 'higher', 'outcome') > 0 AS not_main;
SELECT steering.set_target('cvr.solved', 'cvr.city', '2026', 1200), steering.set_target('cvr.wait', 'cvr.town', '2026', 4), steering.set_target('cvr.other', 'cvr.town', '2026', 1);
SELECT steering.set_measurement('cvr.solved', 'cvr.city', '2026-01', 90), steering.set_measurement('cvr.solved', 'cvr.city', '2026-02', 105),
    steering.set_measurement('cvr.wait', 'cvr.town', '2026-02', 3), steering.set_measurement('cvr.wait', 'cvr.city', '2026-02', 3),
    steering.set_measurement('cvr.solved', 'cvr.town', '2026-01', 0);
SELECT * FROM results('2026');
SELECT * FROM results('2026-01');
SELECT * FROM results('2026-03');
-- What a result cost is known where its whole cost was booked on the service itself: not where none was, or some was below it; and a level costs nothing apiece.
SELECT steering.set_indicator('cvr.all', 'cvr.ict', 'Solved', 'ticket', 'higher', 'outcome', main => true) > 0 AS indicator;
SELECT count(steering.set_measurement('cvr.all', participant, '2026-02', 10)) AS measured FROM (VALUES ('cvr.region'), ('cvr.city'), ('cvr.town')) AS v (participant);
INSERT INTO line VALUES ('cvr.hr', 'cvr.region', '2026-02-01', 5, 1);
SELECT service, participant, actual, measured, cost_per_result FROM results('2026-02');
DELETE FROM line WHERE product = 'cvr.ict' AND town = 'cvr.region' OR product = 'cvr.desk' AND town = 'cvr.city';
SELECT service, participant, actual, measured, cost_per_result FROM results('2026-02') WHERE service = 'cvr.ict';
SELECT service, participant, actual, measured, cost_per_result FROM steering.cost_versus_result_below('2026-02') WHERE service IN ('cvr.ict', 'cvr.phone') AND participant LIKE 'cvr.%' ORDER BY 1, 2;
SELECT steering.drop_indicator('cvr.all');

-- The signal is the worse of what budget and result say, by limits that can be set.
DELETE FROM line;
SELECT count(steering.set_cap('cvr.hr', 'cvr.town', 'budget', range, 1000, '100% warn')) AS caps FROM (VALUES (daterange '[2026-01-01,2026-02-01)'), ('[2026-02-01,2026-03-01)'), ('[2026-03-01,2026-04-01)'), ('[2026-04-01,2026-05-01)')) AS v (range);
SELECT steering.set_cap('cvr.hr', 'cvr.town', 'budget', '[2026-05-01,2026-06-01)', 0) > 0 AS zero;
INSERT INTO purchase VALUES ('cvr.hr', 'cvr.town', '2026-01-01', 899.9999, 0), ('cvr.hr', 'cvr.town', '2026-02-01', 900, 0), ('cvr.hr', 'cvr.town', '2026-03-01', 1000, 0), ('cvr.hr', 'cvr.town', '2026-04-01', 1000.0001, 0);
CREATE VIEW signal AS
    SELECT month, signal FROM generate_series(1, 6) AS month, steering.cost_versus_result('2026-' || lpad(month::text, 2, '0')) WHERE service = 'cvr.hr' AND participant = 'cvr.town' ORDER BY month;
TABLE signal;
SELECT steering.set_signal_limit('budget', 100.00001, 100.00001);
TABLE signal;
SELECT steering.set_signal_limit('budget', 10, 90);
TABLE signal;
SELECT steering.drop_signal_limit('budget');
CREATE VIEW attained AS
    SELECT measured, attainment, signal FROM steering.cost_versus_result('2026') WHERE service = 'cvr.hr' AND participant = 'cvr.city';
SELECT steering.set_indicator('cvr.hired', 'cvr.hr', 'Hired', 'person', 'higher', 'operational capacity', main => true) > 0 AS indicator;
SELECT steering.set_target('cvr.hired', 'cvr.city', '2026', 1000);
TABLE attained;
SELECT steering.set_measurement('cvr.hired', 'cvr.city', '2026', 1000);
TABLE attained;
SELECT steering.set_measurement('cvr.hired', 'cvr.city', '2026', 999.9);
TABLE attained;
SELECT steering.set_measurement('cvr.hired', 'cvr.city', '2026', 900);
TABLE attained;
SELECT steering.set_measurement('cvr.hired', 'cvr.city', '2026', 899.9);
TABLE attained;
SELECT steering.set_signal_limit('attainment', 80, 50);
TABLE attained;
SELECT steering.set_signal_limit('attainment', 95, 90);
TABLE attained;
SELECT * FROM steering.signal_limit;
SELECT steering.drop_signal_limit('attainment');
-- limits that make no sense are refused, and change nothing
SELECT steering.set_signal_limit('budget', 101, 100);
SELECT steering.set_signal_limit('attainment', 90, 100);
SELECT steering.set_signal_limit('volume', 90, 100);
SELECT steering.set_signal_limit(NULL, 90, 100);
SELECT steering.set_signal_limit('budget', NULL, 100);
SELECT steering.set_signal_limit('budget', 90, 1e15);
SELECT steering.drop_signal_limit('budget');
SELECT steering.drop_signal_limit(NULL);
SELECT count(*) FROM steering.signal_limit;

-- No period, and no whole months, are errors.
SELECT * FROM steering.cost_versus_result('2026-13');
SELECT * FROM steering.cost_versus_result('next year');
SELECT * FROM steering.cost_versus_result('[2026-01-15,2026-02-15)');
SELECT * FROM steering.cost_versus_result('[2026-01-01,)');
SELECT * FROM steering.cost_versus_result(NULL);
SELECT * FROM steering.cost_versus_result_below('2026-Q5');
SELECT * FROM steering.compare_participants('2026-Q5', 'cvr.ict');
SELECT * FROM steering.compare_participants(NULL, 'cvr.ict');
SELECT * FROM steering.compare_participants('2026', 'cvr.tci');
SELECT * FROM steering.compare_participants('2026', NULL);
SELECT * FROM steering.comparison_scan('2026-01-02', '2027-01-01');
SELECT * FROM steering.comparison_scan('2026-01-01', 'infinity');
SELECT * FROM steering.comparison_scan('2026-01-01', NULL);
SELECT * FROM steering.comparison_scan('2027-01-01', '2027-01-01');
-- A sum that does not fit is left out, and not a wrong figure.
INSERT INTO line VALUES ('cvr.desk', 'cvr.city', '2029-01-01', 900000000000000, 1), ('cvr.desk', 'cvr.city', '2029-02-01', 900000000000000, 1);
SELECT * FROM means('2029');
SELECT * FROM means('2029-01');
DELETE FROM line WHERE day >= '2029-01-01';
INSERT INTO line VALUES ('cvr.desk', 'cvr.city', '2029-01-01', 1000000000000, 0.0001);
SELECT unit_cost FROM units('2029');
DELETE FROM line WHERE day >= '2029-01-01';

-- Who may read what: each role its participant and those below it.
INSERT INTO line SELECT service, participant, '2026-02-01', amount, amount / 10
    FROM (VALUES ('cvr.ict', 'cvr.region', 10), ('cvr.desk', 'cvr.city', 80), ('cvr.desk', 'cvr.town', 160), ('cvr.phone', 'cvr.town', 320)) AS v (service, participant, amount);
SELECT steering.set_agreement('cvr.ict', participant, '[2026-01-01,2027-01-01)', 'lump_sum', base => 1) > 0 AS agreed FROM (VALUES ('cvr.region'), ('cvr.town')) AS v (participant);
GRANT USAGE ON SCHEMA comparison_test TO PUBLIC;
SET ROLE regress_sp71_town;
SELECT service, participant, budget, actual, covered, measured FROM steering.cost_versus_result('2026') ORDER BY 1, 2;
SET ROLE regress_sp71_region;
SELECT service, participant, budget, actual, covered, measured FROM steering.cost_versus_result('2026') ORDER BY 1, 2;
SET ROLE regress_sp71_auditor;
SELECT count(*) FROM steering.cost_versus_result('2026') WHERE service LIKE 'cvr.%';
SET ROLE regress_sp71_stranger;
SELECT count(*) FROM steering.cost_versus_result('2026');
-- not even by a function that tells what it is given, wherever the planner puts it
CREATE FUNCTION pg_temp.tell(text, numeric) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    RAISE NOTICE '% %', $1, $2;
    RETURN true;
END
$$;
SELECT service FROM steering.cost_versus_result('2026') WHERE pg_temp.tell(participant, actual);
SELECT service FROM steering.comparison_scan('2026-01-01', '2027-01-01', true) WHERE pg_temp.tell(participant, actual);
SELECT participant FROM steering.compare_participants('2026', 'cvr.ict') WHERE pg_temp.tell(participant, actual);
SELECT * FROM steering.signal_limit;
SELECT steering.set_signal_limit('budget', 0, 0);
SELECT steering.drop_signal_limit('budget');
RESET ROLE;
-- somebody else's objects do not come into it
CREATE SCHEMA trap;
CREATE FUNCTION trap.lower(daterange) RETURNS date LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'trapped'; END$$;
CREATE FUNCTION trap.round(numeric, integer) RETURNS numeric LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'trapped'; END$$;
CREATE TEMPORARY TABLE cap (cap_id integer);
CREATE TEMPORARY TABLE agreement (agreement_id integer);
SET search_path = pg_temp, trap, pg_catalog;
SELECT count(*) FROM steering.cost_versus_result('2026') WHERE service ~ '^cvr';
SELECT count(*) FROM steering.compare_participants('2026', 'cvr.ict');
SET search_path = comparison_test;
DROP TABLE pg_temp.cap, pg_temp.agreement;
DROP SCHEMA trap CASCADE;

-- A query computes only what it asks for: the function becomes part of it.
EXPLAIN (VERBOSE, COSTS OFF) SELECT sum(actual) FROM steering.cost_versus_result('2026') WHERE service = 'cvr.desk';

SELECT drop_agreements('cvr.%') AS dropped;
WITH gone AS MATERIALIZED (SELECT steering.drop_indicator(code) FROM steering.indicator WHERE code LIKE 'cvr.%') SELECT count(*) AS dropped FROM gone;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'cvr.%';
SELECT steering.drop_allocation_key('cvr.people');
SELECT steering.detach('line'), steering.detach('purchase');
SET client_min_messages = warning;
DROP SCHEMA comparison_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'cvr.%';
DELETE FROM steering.participant WHERE code LIKE 'cvr.%';
DROP OWNED BY regress_sp71_town, regress_sp71_region, regress_sp71_auditor, regress_sp71_stranger;
DROP ROLE regress_sp71_town, regress_sp71_region, regress_sp71_auditor, regress_sp71_stranger;
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
