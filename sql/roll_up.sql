-- Cost and results with all that is below a service and a participant; participants side by side.
\set VERBOSITY terse
CREATE SCHEMA roll_up_test;
SET search_path = roll_up_test;
SET datestyle = ISO;
CREATE ROLE regress_sp71_county;
-- Two counties in a region; one of them has a city, with districts, and a town. ICT has desks, of two kinds, and phones.
INSERT INTO steering.participant (code, parent, name, inhabitants, reader) VALUES
    ('rol.region', NULL, 'Region', NULL, NULL), ('rol.east', 'rol.region', 'East', NULL, 'regress_sp71_county'), ('rol.west', 'rol.region', 'West', 7000, NULL),
    ('rol.city', 'rol.east', 'City', 3000, NULL), ('rol.town', 'rol.east', 'Town', 1000, NULL),
    ('rol.north', 'rol.city', 'North', 2000, NULL), ('rol.south', 'rol.city', 'South', NULL, NULL), ('rol.agency', 'rol.region', 'Agency', NULL, NULL);
INSERT INTO steering.service (code, parent, name, unit) VALUES
    ('rol.ict', NULL, 'ICT', NULL), ('rol.desk', 'rol.ict', 'Desk', 'workplace'), ('rol.phone', 'rol.ict', 'Phone', 'phone'),
    ('rol.fixed', 'rol.desk', 'Fixed desk', 'workplace'), ('rol.mobile', 'rol.desk', 'Mobile desk', 'workplace');
CREATE TABLE line (product text, town text, day date, net numeric, pieces numeric);
CREATE TABLE purchase (product text, town text, day date, net numeric, pieces numeric);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS line,
    steering.attach('purchase', 'product', 'town', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS purchase;
CREATE VIEW cost AS
    SELECT service_level AS s, participant_level AS p, service, participant, budget, headroom, actual, committed, volume, unit, unit_cost FROM steering.cost_versus_result_below('2026')
    WHERE service LIKE 'rol.%' ORDER BY service_level, service, participant_level, participant;
CREATE VIEW agreed AS
    SELECT service, participant, actual, agreed_volume, agreed_price, agreed_cost, covered, price_variance, volume_variance, total_variance FROM steering.cost_versus_result_below('2026')
    WHERE service LIKE 'rol.%' AND agreed_cost IS NOT NULL ORDER BY service_level, service, participant_level, participant;
CREATE VIEW result AS
    SELECT service, participant, actual, target, measured, result_unit, attainment, cost_per_result, signal FROM steering.cost_versus_result_below('2026')
    WHERE service LIKE 'rol.%' AND result_unit IS NOT NULL ORDER BY service_level, service, participant_level, participant;

-- A booking counts on each service above it, for each participant above it; the ratio of a sum is the ratio of the sums.
INSERT INTO line VALUES ('rol.fixed', 'rol.north', '2026-01-01', 100, 1), ('rol.mobile', 'rol.town', '2026-01-01', 900, 3), ('rol.ict', 'rol.east', '2026-01-01', 5, 0);
TABLE cost;
-- Volume in several units has no unit, and neither has no volume.
INSERT INTO line VALUES ('rol.phone', 'rol.town', '2026-01-01', 50, 50);
SELECT * FROM cost WHERE participant = 'rol.east';
-- Budgets do not add up: each is of the cap on the two themselves.
SELECT steering.set_cap('rol.ict', 'rol.east', 'budget', '[2026-01-01,2027-01-01)', 2000) > 0 AS east, steering.set_cap('rol.desk', 'rol.town', 'budget', '[2026-01-01,2027-01-01)', 1000) > 0 AS town;
INSERT INTO purchase VALUES ('rol.fixed', 'rol.south', '2026-01-01', 10, 1);
SELECT * FROM cost WHERE budget IS NOT NULL;

-- Agreements are summed, and so are variances; a price is the one agreed, or the mean by volume.
SELECT steering.set_agreement('rol.fixed', 'rol.north', '[2026-01-01,2027-01-01)', 'price_volume', volume => 2, price => 90) > 0 AS north,
    steering.set_agreement('rol.fixed', 'rol.town', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1, price => 90) > 0 AS town;
TABLE agreed;
SELECT steering.set_agreement('rol.mobile', 'rol.east', '[2026-01-01,2027-01-01)', 'price_volume', volume => 3, price => 310) > 0 AS east,
    steering.set_agreement('rol.ict', 'rol.region', '[2026-01-01,2027-01-01)', 'lump_sum', base => 60) > 0 AS region;
TABLE agreed;

-- Results of one indicator add up over participants; attainment is that of the sums.
SELECT steering.set_indicator('rol.solved', 'rol.fixed', 'Solved', 'ticket', 'higher', 'outcome', main => true) > 0 AS indicator;
SELECT steering.set_target('rol.solved', 'rol.north', '2026', 10), steering.set_target('rol.solved', 'rol.south', '2026', 90), steering.set_target('rol.solved', 'rol.town', '2026', 100);
SELECT steering.set_measurement('rol.solved', 'rol.north', '2026', 20), steering.set_measurement('rol.solved', 'rol.south', '2026', 45);
-- what is missing does not count as zero: attainment is of what was measured, and there is no cost per result while something is missing
TABLE result;
SELECT steering.set_measurement('rol.solved', 'rol.town', '2026', 80);
TABLE result;
-- A service without an indicator of its own has the sum of those below it, if they have one unit and one direction,
SELECT steering.set_indicator('rol.solved.mobile', 'rol.mobile', 'Solved', 'ticket', 'higher', 'outcome', main => true) > 0 AS indicator;
SELECT steering.set_target('rol.solved.mobile', 'rol.town', '2026', 1), steering.set_measurement('rol.solved.mobile', 'rol.town', '2026', 1000);
SELECT * FROM result WHERE participant IN ('rol.town', 'rol.region');
SELECT steering.set_indicator('rol.solved.mobile', 'rol.mobile', 'Solved', 'call', 'higher', 'outcome', main => true) > 0 AS other_unit;
SELECT * FROM result WHERE participant IN ('rol.town', 'rol.region');
SELECT steering.set_indicator('rol.solved.mobile', 'rol.mobile', 'Solved', 'ticket', 'lower', 'outcome', main => true) > 0 AS other_direction;
SELECT * FROM result WHERE participant IN ('rol.town', 'rol.region');
SELECT steering.set_indicator('rol.solved.mobile', 'rol.mobile', 'Solved', 'ticket', 'higher', 'outcome', additive => false, main => true) > 0 AS level;
SELECT * FROM result WHERE participant IN ('rol.town', 'rol.region');
-- and one that has one has its own.
SELECT steering.set_indicator('rol.score', 'rol.desk', 'Score', 'point', 'higher', 'legitimacy', additive => false, main => true) > 0 AS level;
SELECT steering.set_measurement('rol.score', 'rol.east', '2026', 7), steering.set_measurement('rol.score', 'rol.north', '2026', 8);
SELECT * FROM result WHERE service = 'rol.desk';
-- The signal is of the budget and the result of the row.
SELECT steering.set_target('rol.score', 'rol.east', '2026', 8);
SELECT service, participant, attainment, signal FROM steering.cost_versus_result_below('2026') WHERE service LIKE 'rol.%' AND signal IS NOT NULL ORDER BY service, participant;

-- Side by side: with all below the service; inhabitants of a group are those known below it, not counted twice. No rank for groups.
INSERT INTO line VALUES ('rol.phone', 'rol.west', '2026-01-01', 4200, 4200), ('rol.phone', 'rol.agency', '2026-01-01', 5000, 10);
SELECT participant, actual, volume, unit, cost_per_unit, inhabitants, cost_per_inhabitant, rank_per_inhabitant AS by_head, rank_per_unit AS by_unit FROM steering.compare_participants('2026', 'rol.ict') ORDER BY participant;
SELECT participant, actual, volume, unit, cost_per_unit, inhabitants, cost_per_inhabitant, rank_per_inhabitant AS by_head, rank_per_unit AS by_unit FROM steering.compare_participants('2026', 'rol.phone') ORDER BY participant;
SELECT participant, actual, measured, result_unit, attainment, cost_per_result FROM steering.compare_participants('2026', 'rol.fixed') ORDER BY participant;
SELECT count(*) FROM steering.compare_participants('2025', 'rol.ict');
-- Who is as cheap shares a rank, and a place of no cost is the cheapest; nobody is ranked by what it has nothing of.
UPDATE steering.participant SET inhabitants = 0 WHERE code = 'rol.agency';
DELETE FROM line;
INSERT INTO line VALUES ('rol.phone', 'rol.west', '2026-01-01', 700, 7), ('rol.phone', 'rol.town', '2026-01-01', 100, 1), ('rol.phone', 'rol.north', '2026-01-01', 0, 1), ('rol.phone', 'rol.agency', '2026-01-01', 1, 1), ('rol.phone', 'rol.south', '2026-01-01', 100, -1);
SELECT participant, actual, volume, cost_per_unit, inhabitants, cost_per_inhabitant, rank_per_inhabitant AS by_head, rank_per_unit AS by_unit FROM steering.compare_participants('2026', 'rol.phone') ORDER BY participant;

-- A reader sees the sums of its participant and those below it, and ranks among these; nothing of what is above or beside.
GRANT USAGE ON SCHEMA roll_up_test TO PUBLIC;
SET ROLE regress_sp71_county;
SELECT service, participant, actual, agreed_cost, covered, target, measured FROM steering.cost_versus_result_below('2026') WHERE service_level = 0 ORDER BY 1, 2;
SELECT participant, actual, inhabitants, rank_per_inhabitant AS by_head, rank_per_unit AS by_unit FROM steering.compare_participants('2026', 'rol.ict') ORDER BY participant;
RESET ROLE;

WITH gone AS MATERIALIZED (SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'rol.%') SELECT count(*) AS dropped FROM gone;
WITH gone AS MATERIALIZED (SELECT steering.drop_indicator(code) FROM steering.indicator WHERE code LIKE 'rol.%') SELECT count(*) AS dropped FROM gone;
SELECT count(steering.drop_cap(cap_id)) AS dropped FROM steering.cap_status WHERE service LIKE 'rol.%';
SELECT steering.detach('line'), steering.detach('purchase');
SET client_min_messages = warning;
DROP SCHEMA roll_up_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'rol.%';
DELETE FROM steering.participant WHERE code LIKE 'rol.%';
DROP OWNED BY regress_sp71_county;
DROP ROLE regress_sp71_county;
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
