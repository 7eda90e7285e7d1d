--
-- What is left of a period is carried to the next one by rule, and nothing is lost or made by it.
--
\set SHOW_CONTEXT never
SET client_min_messages = error;
INSERT INTO steering.participant (code, name) VALUES ('cf', 'Region');
INSERT INTO steering.service (code, name) VALUES ('cf', 'All');
CREATE TABLE cf_invoice (service text, participant text, day date, amount numeric);
CREATE TABLE cf_order (service text, participant text, day date, amount numeric);
SELECT steering.attach('cf_invoice', 'service', 'participant', 'day', 'amount') > 0,
	steering.attach('cf_order', 'service', 'participant', 'day', 'amount', stage => 'commitment') > 0;
-- The codes of Kuali are combinations of the switches; figures and expectations are those of its own tests (AC-22, AC-23, AC-25).
CREATE TABLE cf_code (code text, open_commitments boolean, positive boolean, negative boolean);
INSERT INTO cf_code VALUES ('A', false, true, true), ('C1', false, true, false), ('C2', true, true, false), ('N1', true, false, true),
	('N2', false, false, true), ('R1', true, false, false), ('R2', false, false, false);
CREATE TABLE cf_case (place text, budget numeric, spent numeric, committed numeric, codes text[], carried numeric, reverted numeric);
INSERT INTO cf_case VALUES
	('1', 5000, 3000, 0, '{A,C1,C2}', 2000, 0), ('1', 5000, 3000, 0, '{N1,N2,R1,R2}', 0, 2000),
	('2', 4000, 7000, 0, '{A,N1,N2}', -3000, 0), ('2', 4000, 7000, 0, '{C1,C2,R1,R2}', 0, -3000),
	('3', 2000, 2000, 0, '{A,C1,C2,N1,N2,R1,R2}', 0, 0),
	('4', 5000, 3000, 2000, '{A,C1,C2,N1,R1}', 2000, 0), ('4', 5000, 3000, 2000, '{N2,R2}', 0, 2000),
	('5', 5000, 3000, 2500, '{A,C1,C2,N1,R1}', 2000, 0), ('5', 5000, 3000, 2500, '{N2,R2}', 0, 2000),
	('6', 4000, 7000, 500, '{A,N1,N2}', -3000, 0), ('6', 4000, 7000, 500, '{C1,C2,R1,R2}', 0, -3000);
INSERT INTO steering.service (code, parent, name) SELECT 'cf.' || code, 'cf', code FROM cf_code;
INSERT INTO steering.participant (code, parent, name) SELECT DISTINCT 'cf.' || place, 'cf', place FROM cf_case;
SELECT count(steering.set_carry_rule('cf.' || code, NULL, open_commitments, positive, negative)) AS rules FROM cf_code;
SELECT count(steering.set_cap('cf.' || code, 'cf.' || place, 'budget', '2019', budget, '100% warn')) AS caps,
	count(steering.set_cap('cf.' || code, 'cf.' || place, 'budget', '2020', 3000)) FILTER (WHERE carried < 0) AS next_caps
FROM cf_case CROSS JOIN unnest(codes) AS code;
INSERT INTO cf_invoice SELECT 'cf.' || code, 'cf.' || place, '2019-07-01', spent FROM cf_case CROSS JOIN unnest(codes) AS code;
INSERT INTO cf_order SELECT 'cf.' || code, 'cf.' || place, '2019-12-31', committed FROM cf_case CROSS JOIN unnest(codes) AS code WHERE committed > 0;
RESET client_min_messages;
-- As planned, and as done.
SELECT code, place, plan.carried, cf_case.carried AS expected
FROM cf_case CROSS JOIN unnest(codes) AS code
LEFT JOIN steering.planned_carry_forward('2019') AS plan ON plan.service = 'cf.' || code AND plan.participant = 'cf.' || place
WHERE (plan.carried, plan.reverted, plan.open_commitments, plan.actual) IS DISTINCT FROM (cf_case.carried, cf_case.reverted, committed, spent);
SELECT action, why, count(*) FROM steering.planned_carry_forward('2019') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT steering.carry_forward('2019', 'year end') > 0 AS carried;
SELECT code, place, proof.carried, cf_case.carried AS expected
FROM cf_case CROSS JOIN unnest(codes) AS code
LEFT JOIN steering.carry_forward_proof AS proof ON proof.service = 'cf.' || code AND proof.participant = 'cf.' || place
WHERE (proof.carried, proof.reverted, proof.holds) IS DISTINCT FROM (cf_case.carried, cf_case.reverted, true);
SELECT count(*), bool_and(holds) AS holds, bool_and(available = carried + reverted) AS all_of_it, trim_scale(sum(carried)) AS carried, trim_scale(sum(reverted)) AS reverted
FROM steering.carry_forward_proof;
SELECT action, count(*) FROM steering.planned_carry_forward('2019') GROUP BY action;
-- What the new period got, the old one gave.
SELECT valid_from, trim_scale(sum(primitive)) AS primitive, trim_scale(sum(carried_in)) AS carried_in, trim_scale(sum(carried_out)) AS carried_out, trim_scale(sum(amended)) AS amended,
	trim_scale(sum(committed)) AS committed, trim_scale(sum(actual)) AS actual
FROM steering.budget_status WHERE service ^@ 'cf' GROUP BY valid_from ORDER BY valid_from;
SELECT cap_id FROM steering.budget_status
WHERE primitive + amendments + transfers + revisions + carried_in - carried_out <> amended
	OR amended IS DISTINCT FROM (SELECT sum(mutation) FROM steering.budget_history AS history WHERE history.cap_id = budget_status.cap_id);
SELECT kind, trim_scale(mutation) AS mutation, trim_scale(amount) AS amount, reason FROM steering.budget_history
WHERE service = 'cf.A' AND participant IN ('cf.1', 'cf.2') ORDER BY participant, valid_from, event_id;
-- Each cap is carried once.
SELECT steering.carry_forward('2019', 'again');

-- The nearest rule holds, by service and then by participant; less than its minimum is not carried.
SELECT steering.set_carry_rule(NULL, NULL, false, false, false) > 0 AS for_all;
SELECT steering.set_carry_rule(NULL, 'cf.1', false, true, true) > 0 AS for_one;
SELECT steering.set_carry_rule('cf', NULL, false, true, true, 100) > 0 AS with_minimum;
SELECT steering.set_carry_rule('cf', 'cf.2', false, true, true, 99.9999) > 0 AS nearer;
INSERT INTO steering.service (code, parent, name) VALUES ('cf.x', 'cf', 'X'), ('cf.x.y', 'cf.x', 'Y'), ('cg', NULL, 'Another');
SELECT steering.set_carry_rule('cf.x', 'cf', true, false, false, 7) > 0 AS nearest;
SELECT count(steering.set_cap(service, participant, 'budget', '2021', 99.9999)) AS caps
FROM (VALUES ('cf', 'cf'), ('cf', 'cf.1'), ('cf', 'cf.2'), ('cf.x', 'cf.3'), ('cf.x.y', 'cf.2'), ('cg', 'cf.1'), ('cg', 'cf.2')) AS cap (service, participant);
-- Not of this period, or not of money.
SELECT steering.set_cap('cf', 'cf.3', 'volume', '2021', 5) > 0, steering.set_cap('cf', 'cf.3', 'budget', '2021-Q4', 5) > 0,
	steering.set_cap('cf', 'cf.3', 'budget', '[2021-01-01,2023-01-01)', 5) > 0;
SELECT service, participant, trim_scale(available) AS available, trim_scale(carried) AS carried, trim_scale(reverted) AS reverted, why, action
FROM steering.planned_carry_forward('2021') ORDER BY 1, 2;
SELECT steering.drop_carry_rule(NULL, NULL);
SELECT steering.drop_carry_rule(NULL, NULL);
SELECT steering.drop_carry_rule('cf.nowhere', NULL);
SELECT service, participant, trim_scale(carried) AS carried, why, action FROM steering.planned_carry_forward('2021') WHERE service = 'cg' ORDER BY 1, 2;
-- A cap without a rule is left as it is, and is carried when there is one.
SELECT steering.carry_forward('2021', 'year end') > 0 AS carried;
SELECT trim_scale(amount) AS amount, ladder, valid_from FROM steering.cap_status WHERE service = 'cg' ORDER BY participant, valid_from;
SELECT steering.carry_forward('2021', 'again');
SELECT steering.set_carry_rule('cg', 'cf.2', false, true, false) > 0 AS later;
SELECT steering.carry_forward('2021', 'the rest') > 0 AS carried;
SELECT steering.set_cap('cg', 'cf.2', 'budget', '2022', 500, reason => 'budget of 2022') > 0 AS set_anew;
SELECT kind, trim_scale(mutation) AS mutation, trim_scale(amount) AS amount, reason FROM steering.budget_history WHERE service = 'cg' AND participant = 'cf.2' ORDER BY valid_from, event_id;

-- What was carried cannot be spent in the old period any more; commitments stand there until they are moved, visibly.
SELECT steering.set_cap('cf.x', 'cf.1', 'budget', '2023', 100) AS old \gset
INSERT INTO cf_invoice VALUES ('cf.x', 'cf.1', '2023-06-01', 30);
INSERT INTO cf_order VALUES ('cf.x.y', 'cf.1', '2023-11-01', 40);
SELECT trim_scale(available) AS available, trim_scale(open_commitments) AS open_commitments, trim_scale(carried) AS carried, trim_scale(reverted) AS reverted, why FROM steering.planned_carry_forward('2023');
SELECT steering.carry_forward('2023', 'year end') > 0 AS carried;
SELECT detail FROM steering.health() WHERE problem = 'overrun' AND subject = 'cap ' || :old;
\set VERBOSITY terse
INSERT INTO cf_invoice VALUES ('cf.x', 'cf.1', '2023-12-31', 0.0001);
UPDATE cf_order SET day = '2024-01-01' WHERE day = '2023-11-01';
INSERT INTO cf_order VALUES ('cf.x.y', 'cf.1', '2024-01-01', 0.0001);
INSERT INTO cf_invoice VALUES ('cf.x', 'cf.1', '2023-12-31', 30);
INSERT INTO cf_invoice VALUES ('cf.x', 'cf.1', '2023-12-31', 0.0001);
SELECT valid_from, trim_scale(primitive) AS primitive, trim_scale(carried_in) AS carried_in, trim_scale(carried_out) AS carried_out, trim_scale(amended) AS amended, trim_scale(committed) AS committed,
	trim_scale(actual) AS actual, trim_scale(free) AS free
FROM steering.budget_status WHERE service = 'cf.x' AND participant = 'cf.1' ORDER BY 1;
\set VERBOSITY default

-- A deficit is first call on the next period, if that has a cap that bears it, and has not spent it.
SELECT steering.set_carry_rule('cf', NULL, false, true, true) > 0 AS without_minimum;
SELECT steering.set_carry_rule('cf', 'cf.1', false, true, true, 80) > 0 AS just_enough;
SELECT steering.set_cap('cf', 'cf.1', 'budget', '2025', 100, '100% warn') AS over \gset
SELECT steering.set_cap('cf', 'cf.2', 'budget', '2025', 100) AS under \gset
SET client_min_messages = error;
INSERT INTO cf_invoice VALUES ('cf', 'cf.1', '2025-06-01', 180);
RESET client_min_messages;
SELECT participant, trim_scale(carried) AS carried, action, obstacle FROM steering.planned_carry_forward('2025');
SELECT steering.carry_forward('2025', 'year end');
SELECT steering.set_cap('cf', 'cf.1', 'budget', '2026', 79.9999) AS next \gset
SELECT participant, trim_scale(carried) AS carried, action, obstacle FROM steering.planned_carry_forward('2025');
SELECT steering.set_cap('cf', 'cf.1', 'budget', '2026', 100) = :next AS raised;
INSERT INTO cf_invoice VALUES ('cf', 'cf.1', '2026-01-15', 20.0001);
SELECT steering.carry_forward('2025', 'year end');
UPDATE cf_invoice SET amount = 20 WHERE day = '2026-01-15';
SELECT steering.carry_forward('2025', 'year end') > 0 AS carried;
SELECT participant, valid_from, trim_scale(carried_in) AS carried_in, trim_scale(carried_out) AS carried_out, trim_scale(amended) AS amended, trim_scale(free) AS free
FROM steering.budget_status WHERE service = 'cf' AND valid_from IN ('2025-01-01', '2026-01-01') ORDER BY 1, 2;
-- Deventer (AC-26): costs of 13.9 million and income of 5.6 are 8.3 net.
SELECT steering.set_cap('cf.A', 'cf', 'budget', '2031-Q4', 13.9e6) > 0 AS costs;
INSERT INTO cf_invoice VALUES ('cf.A', 'cf', '2031-12-01', 1.0e6), ('cf.A', 'cf', '2031-12-02', 4.6e6);
SELECT steering.carry_forward('2031-Q4', 'proposals') > 0 AS carried;
SELECT period, trim_scale(carried) AS carried, next_cap_id IS NOT NULL AS into_one, valid_from, valid_to
FROM steering.carry_forward_proof JOIN steering.budget_status ON budget_status.cap_id = next_cap_id WHERE period = '2031-Q4';

-- Arguments.
SELECT steering.carry_forward(NULL, 'x');
SELECT steering.carry_forward('2025', NULL);
SELECT steering.carry_forward('2025', ' ');
SELECT steering.carry_forward('25', 'x');
SELECT steering.set_carry_rule('cf.nowhere', NULL, true, true, true);
SELECT steering.set_carry_rule(NULL, 'cf.nowhere', true, true, true);
SELECT steering.set_carry_rule(NULL, NULL, NULL, true, true);
SELECT steering.set_carry_rule(NULL, NULL, true, NULL, true);
SELECT steering.set_carry_rule(NULL, NULL, true, true, NULL);
SELECT steering.set_carry_rule(NULL, NULL, true, true, true, NULL);
SELECT steering.set_carry_rule(NULL, NULL, true, true, true, -1);
SELECT steering.set_carry_rule(NULL, NULL, true, true, true, 0.00001);
SELECT steering.set_carry_rule(NULL, NULL, true, true, true, 'NaN');
SELECT steering.set_carry_rule(NULL, NULL, true, true, true, 1e30);

-- Who may read, and who decides.
SET client_min_messages = warning;
CREATE ROLE regress_one;
RESET client_min_messages;
UPDATE steering.participant SET reader = 'regress_one' WHERE code = 'cf.1';
SET ROLE regress_one;
SELECT DISTINCT participant FROM steering.carry_forward_proof;
SELECT count(*) FROM steering.carried_cap;
SELECT count(*) FROM steering.planned_carry_forward('2025');
SELECT steering.carry_forward('2025', 'x');
SELECT steering.set_carry_rule(NULL, NULL, true, true, true);
RESET ROLE;
SELECT steering.set_rule(ARRAY['carry_forward', 'set_carry_rule', 'drop_carry_rule'], 'mandate') AS rule \gset
GRANT EXECUTE ON FUNCTION steering.carry_forward, steering.set_carry_rule, steering.drop_carry_rule TO regress_one;
SELECT steering.set_mandate('regress_one', ARRAY['carry_forward', 'set_carry_rule'], 'cf.x', NULL, '(,)', 1000) > 0 AS mandate;
SELECT steering.set_cap('cf.x', 'cf.2', 'budget', '2041', 1000.0001) AS old, steering.set_cap('cf', 'cf.3', 'budget', '2042', 1) AS elsewhere \gset
SET SESSION AUTHORIZATION regress_one;
SELECT steering.set_carry_rule(NULL, NULL, false, true, false);
SELECT steering.set_carry_rule('cf.x', 'cf', false, true, false) > 0 AS within_mandate;
SELECT steering.carry_forward('2041', 'too much');
SELECT steering.carry_forward('2042', 'elsewhere');
RESET SESSION AUTHORIZATION;
SELECT steering.set_cap('cf.x', 'cf.2', 'budget', '2041', 1000) = :old AS lowered;
SET SESSION AUTHORIZATION regress_one;
SELECT steering.carry_forward('2041', 'just enough') > 0 AS carried;
SELECT steering.drop_carry_rule('cf.x', 'cf');
RESET SESSION AUTHORIZATION;
SELECT act, service, participant, trim_scale(amount) AS amount, in_mandate FROM steering.decision WHERE proposed_by = 'regress_one' ORDER BY id;
SELECT steering.drop_rule(:rule);

-- More was credited than spent: a cap gives no more than its limit, and what it was credited stays where it is.
SELECT steering.set_cap('cf.x', 'cf.2', 'budget', '2051', 100) AS credited \gset
SELECT steering.set_carry_rule('cf.x', 'cf.2', false, true, false) > 0 AS rule;
INSERT INTO cf_invoice VALUES ('cf.x', 'cf.2', '2051-05-05', -7.5);
SELECT amount, actual, available, carried, reverted, why FROM steering.planned_carry_forward('2051') WHERE cap_id = :credited;
SELECT steering.carry_forward('2051', 'credit notes') > 0 AS carried;
SELECT valid_from, amount, used FROM steering.cap_status WHERE service = 'cf.x' AND participant = 'cf.2' AND valid_from >= '2051-01-01' ORDER BY 1;
SELECT available, carried, reverted, taken, given, holds FROM steering.carry_forward_proof WHERE cap_id = :credited;
SELECT steering.drop_carry_rule('cf.x', 'cf.2');

SELECT what, measure FROM steering.verify();
SELECT steering.detach('cf_invoice'), steering.detach('cf_order');
DROP TABLE cf_invoice, cf_order, cf_case, cf_code;
SELECT count(steering.drop_cap(cap_id)) > 0 AS dropped FROM steering.cap_status WHERE service ^@ 'cf' OR service ^@ 'cg';
-- A rule keeps what it is about.
DELETE FROM steering.service WHERE code ^@ 'cf' OR code = 'cg';
SELECT count(steering.drop_carry_rule(service.code, participant.code)) AS dropped FROM steering.carry_rule
LEFT JOIN steering.service USING (service_id) LEFT JOIN steering.participant USING (participant_id);
-- What was proved stays proved, though the caps are gone.
SELECT count(*) > 0 AS there, bool_and(holds) AS holds FROM steering.carry_forward_proof WHERE service ^@ 'c';
DELETE FROM steering.mandate;
UPDATE steering.participant SET reader = NULL WHERE code = 'cf.1';
DROP OWNED BY regress_one;
DROP ROLE regress_one;
DELETE FROM steering.service WHERE code ^@ 'cf' OR code = 'cg';
DELETE FROM steering.participant WHERE code ^@ 'cf';
