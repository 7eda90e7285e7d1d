--
-- The public value scorecard: cost and use of authority against outcome, legitimacy and operational capacity.
--
\set SHOW_CONTEXT never
INSERT INTO steering.participant (code, name) VALUES ('sc', 'Region');
INSERT INTO steering.participant (code, parent, name) VALUES ('sc.town', 'sc', 'Town'), ('sc.village', 'sc', 'Village');
INSERT INTO steering.service (code, parent, name) VALUES ('sc', NULL, 'Youth'), ('sc.care', 'sc', 'Care'), ('sc.school', 'sc', 'School attendance'), ('sc.play', 'sc', 'Playgrounds');
CREATE TABLE sc_invoice (service text, town text, day date, amount numeric);
CREATE TABLE sc_order (service text, town text, day date, amount numeric);
SELECT steering.attach('sc_invoice', 'service', 'town', 'day', 'amount') > 0 AS attached, steering.attach('sc_order', 'service', 'town', 'day', 'amount', stage => 'commitment') > 0 AS commitments;
INSERT INTO sc_invoice VALUES ('sc.care', 'sc.town', '2027-02-01', 1000.01), ('sc.care', 'sc.village', '2027-03-01', 333.3333), ('sc.school', 'sc.town', '2027-04-01', 50), ('sc.care', 'sc.town', '2028-01-01', 9);
INSERT INTO sc_order VALUES ('sc.care', 'sc.town', '2027-11-01', 75);
SELECT steering.set_agreement('sc.care', 'sc.town', '2027', 'lump_sum', base => 1200) > 0 AS agreed;
-- Of care the main indicator stands for the outcome, the others are named; of attendance nothing stands for capacity.
SELECT steering.set_indicator('sc.helped', 'sc.care', 'Children helped', 'child', 'higher', 'outcome', main => true) > 0 AS helped,
	steering.set_indicator('sc.trust', 'sc.care', 'Trust of parents', 'mark', 'higher', 'legitimacy', additive => false) > 0 AS trust,
	steering.set_indicator('sc.wait', 'sc.care', 'Days of waiting', 'day', 'lower', 'operational capacity', additive => false) > 0 AS wait,
	steering.set_indicator('sc.forced', 'sc.care', 'Placements by force', 'placement', 'lower', 'legitimacy') > 0 AS forced,
	steering.set_indicator('sc.fined', 'sc.school', 'Fines', 'fine', 'lower', 'outcome') > 0 AS fined,
	steering.set_indicator('sc.absent', 'sc.school', 'Absent pupils', 'pupil', 'lower', 'outcome', main => true) > 0 AS absent,
	steering.set_indicator('sc.absent.2', 'sc.school', 'Absent days', 'day', 'lower', 'outcome') > 0 AS absent_2;
SELECT * FROM steering.scorecard_gaps() WHERE service LIKE 'sc%';
SELECT steering.set_scorecard_indicator('sc.trust'), steering.set_scorecard_indicator('sc.wait'), steering.set_scorecard_indicator('sc.forced', is_authority => true),
	steering.set_scorecard_indicator('sc.fined', true);
SELECT * FROM steering.scorecard_gaps() WHERE service LIKE 'sc%';
SELECT count(steering.set_target(indicator, participant, '2027', target)) AS targets, count(steering.set_measurement(indicator, participant, '2027', measured)) AS measurements
FROM (VALUES ('sc.helped', 'sc.town', 100, 90), ('sc.helped', 'sc.village', 20, 24), ('sc.trust', 'sc.town', 8, 7), ('sc.trust', 'sc.village', 8, 8.1), ('sc.wait', 'sc.town', 30, 45),
	('sc.forced', 'sc.town', 10, 12), ('sc.forced', 'sc.village', 2, 0), ('sc.absent', 'sc.town', 40, 30)) AS v (indicator, participant, target, measured);
SELECT steering.set_target('sc.fined', 'sc.town', '2027', 5) AS not_measured;
SELECT service, trim_scale(actual) AS actual, trim_scale(committed) AS committed, trim_scale(agreed_cost) AS agreed, authority, trim_scale(authority_used) AS used, authority_unit, authority_attainment
FROM steering.scorecard('2027') WHERE service LIKE 'sc%';
SELECT service, outcome, trim_scale(outcome_measured) AS measured, outcome_unit AS unit, outcome_attainment AS attainment, legitimacy, trim_scale(legitimacy_measured) AS measured, legitimacy_attainment AS attainment,
	capacity, trim_scale(capacity_measured) AS measured, capacity_unit AS unit, capacity_attainment AS attainment FROM steering.scorecard('2027') WHERE service LIKE 'sc%';
-- By plain SQL.
SELECT count(*) AS services, count(*) FILTER (WHERE actual IS DISTINCT FROM (SELECT sum(amount) FROM sc_invoice WHERE sc_invoice.service = card.service AND day BETWEEN '2027-01-01' AND '2027-12-31')) AS different
FROM steering.scorecard('2027') AS card WHERE service IN ('sc.care', 'sc.school');
SELECT actual = (SELECT sum(amount) FROM sc_invoice WHERE day BETWEEN '2027-01-01' AND '2027-12-31') AS with_all_below FROM steering.scorecard('2027') WHERE service = 'sc';
SELECT outcome_attainment = steering.attainment(90 + 24, 100 + 20, 'higher') AS of_sums, legitimacy_attainment = round((steering.attainment(7, 8, 'higher') + steering.attainment(8.1, 8, 'higher')) / 2, 2) AS mean_of_levels
FROM steering.scorecard('2027') WHERE service = 'sc.care';
-- Another one takes its place, in its dimension alone; the main indicator of the service comes last, and its role elsewhere stays.
SELECT steering.set_scorecard_indicator('sc.absent.2');
SELECT dimension, indicator, direction, additive FROM steering.scorecard_main WHERE service = 'sc.school' ORDER BY dimension;
SELECT indicator, main FROM steering.indicator_status WHERE service = 'sc.school' ORDER BY indicator;
SELECT steering.set_scorecard_indicator('sc.fined', false);
SELECT dimension, indicator FROM steering.scorecard_main WHERE service = 'sc.school' ORDER BY dimension;
SELECT steering.drop_scorecard_indicator('sc.fined');
SELECT dimension, indicator FROM steering.scorecard_main WHERE service = 'sc.school' ORDER BY dimension;
-- An indicator goes with its place.
SELECT steering.set_scorecard_indicator('sc.fined', true);
SELECT steering.drop_indicator('sc.fined');
SELECT count(*) AS left_behind FROM steering.scorecard_indicator WHERE indicator_id NOT IN (SELECT indicator_id FROM steering.indicator);

-- Refused
SELECT steering.set_scorecard_indicator('sc.nothing');
SELECT steering.set_scorecard_indicator(NULL);
SELECT steering.set_scorecard_indicator('sc.trust', NULL);
SELECT steering.drop_scorecard_indicator('sc.nothing');
SELECT steering.drop_scorecard_indicator('sc.absent');
SELECT * FROM steering.scorecard(NULL);
SELECT * FROM steering.scorecard('whenever');

-- Who may, and who sees
SET client_min_messages = warning;
CREATE ROLE regress_one;
CREATE ROLE regress_reader;
RESET client_min_messages;
UPDATE steering.participant SET reader = 'regress_reader' WHERE code = 'sc.village';
GRANT EXECUTE ON FUNCTION steering.set_scorecard_indicator, steering.drop_scorecard_indicator TO regress_one;
SELECT steering.set_rule(ARRAY['set_scorecard_indicator', 'drop_scorecard_indicator'], 'mandate') AS rule \gset
SELECT steering.set_mandate('regress_one', ARRAY['set_scorecard_indicator'], 'sc.school', NULL, '(,)', 'infinity') AS mandate \gset
SET SESSION AUTHORIZATION regress_one;
SELECT count(*) FROM steering.scorecard('2027');
SELECT count(*) FROM steering.scorecard_gaps();
SELECT steering.set_scorecard_indicator('sc.absent');
\set VERBOSITY sqlstate
SELECT steering.set_scorecard_indicator('sc.helped');
SELECT steering.drop_scorecard_indicator('sc.trust');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
SELECT act, service, amount, arguments FROM steering.decision WHERE proposed_by = 'regress_one' AND act ~ 'scorecard' ORDER BY id;
SELECT steering.drop_rule(:rule);
SET SESSION AUTHORIZATION regress_reader;
SELECT service, trim_scale(actual) AS actual, trim_scale(committed) AS committed, trim_scale(authority_used) AS used, trim_scale(outcome_measured) AS measured, outcome_attainment, trim_scale(legitimacy_measured) AS trust, legitimacy_attainment, capacity_measured
FROM steering.scorecard('2027') WHERE service LIKE 'sc%';
RESET SESSION AUTHORIZATION;

SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'sc%';
SELECT count(*) AS dropped FROM steering.indicator CROSS JOIN LATERAL steering.drop_indicator(code) WHERE code LIKE 'sc.%';
SELECT count(*) AS left_behind FROM steering.scorecard_indicator;
SELECT steering.detach('sc_invoice'), steering.detach('sc_order');
DROP TABLE sc_invoice, sc_order;
DELETE FROM steering.mandate;
UPDATE steering.participant SET reader = NULL WHERE code = 'sc.village';
DELETE FROM steering.service WHERE code ^@ 'sc.' OR code = 'sc';
DELETE FROM steering.participant WHERE code ^@ 'sc.' OR code = 'sc';
DROP OWNED BY regress_one, regress_reader;
DROP ROLE regress_one, regress_reader;
