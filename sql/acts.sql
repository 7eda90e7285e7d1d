--
-- Every function that changes what may be spent, is agreed, is owed, who takes part or who decides is an act, and is asked about.
--
\set SHOW_CONTEXT never
-- Each act is one function.
SELECT act FROM steering.act
WHERE (SELECT count(*) FROM pg_proc WHERE proname = act AND pronamespace = 'steering'::regnamespace) <> 1;
-- Each table that acts write asks.
SELECT tgrelid::regclass AS relation, rtrim(encode(tgargs, 'escape'), '\000') AS question FROM pg_trigger WHERE tgfoid = 'steering.guard_act'::regproc ORDER BY tgrelid::regclass::text COLLATE "C", tgname;

-- All of the log goes with them: later tests verify it.
TRUNCATE steering.decision_record, steering.decision_question, steering.signature_record, steering.decision_log;
SELECT steering.set_rule(ARRAY['set_deputy'], 'mandate') > 0 AS ruled;
INSERT INTO steering.participant (code, name) VALUES ('ac', 'Region');
INSERT INTO steering.participant (code, parent, name) VALUES ('ac.town', 'ac', 'Town');
UPDATE steering.participant SET parent = NULL, inhabitants = 9 WHERE code = 'ac.town';
UPDATE steering.participant SET name = 'Only a name' WHERE code = 'ac.town';
INSERT INTO steering.service (code, name, unit) VALUES ('ac', 'ICT', 'piece');
UPDATE steering.service SET kind = 'development' WHERE code = 'ac';
UPDATE steering.service SET unit = 'call' WHERE code = 'ac';
SELECT steering.set_service('ac.x', 'X', 'ac') > 0, steering.set_participant('ac.x', 'X', 'ac') > 0;
SELECT steering.drop_service('ac.x'), steering.drop_participant('ac.x');
SELECT steering.drop_service('ac.x');
CREATE TABLE invoice (product text, town text, booked_on date, amount numeric);
SELECT steering.attach('invoice', 'product', 'town', 'booked_on', 'amount') > 0 AS attached;
SELECT steering.reattach('invoice');
SELECT steering.set_alias('service', '7', 'ac', 'invoice') AS alias \gset
SELECT steering.set_alias('service', '7', 'ac.y', 'invoice');
INSERT INTO steering.service (code, parent, name) VALUES ('ac.y', 'ac', 'Y');
SELECT steering.set_alias('service', '7', 'ac.y', 'invoice') = :alias AS same;
SELECT steering.set_alias('service', '7', 'ac', 'invoice', '2024');
UPDATE steering.alias SET kind = 'participant', code = 'ac.town' WHERE alias_id = :alias;
SELECT steering.drop_alias(:alias);
SELECT steering.drop_alias(0);
SELECT steering.set_alias(NULL, '7', 'ac');
SELECT steering.set_alias('service', '7', 'ac', during => 'empty');
SELECT steering.set_signal_limit('budget', 80, 90);
SELECT steering.drop_signal_limit('budget');
SELECT steering.detach('invoice');
SELECT steering.attach('invoice', 'product', 'town', 'booked_on', 'amount') > 0 AS attached;
SET client_min_messages = error;
DROP TABLE invoice;
RESET client_min_messages;
CREATE TABLE invoice (product text, town text, booked_on date, amount numeric);
SELECT steering.reattach('invoice');
SELECT steering.detach('invoice');
SELECT steering.attach('invoice', 'product', 'town', 'booked_on', 'amount') > 0 AS attached;
-- What follows for an alias from its table being dropped, and another of that name found, is not asked about.
SELECT steering.set_alias('service', '7', 'ac', 'invoice') AS alias \gset
SET sp71_steering.attach_again = on;
\set VERBOSITY terse
DROP TABLE invoice;
CREATE TABLE invoice (product text, town text, booked_on date, amount numeric);
DROP TABLE invoice;
\set VERBOSITY default
RESET sp71_steering.attach_again;
SELECT steering.drop_alias(:alias);
SELECT steering.set_cap('ac', 'ac', 'budget', '2024', 1200) AS cap \gset
SELECT count(*) FROM steering.spread_cap(:cap, 'quarter');
SELECT steering.set_cap('ac', 'ac', 'volume', '2024', 9) > 0 AS volume;
SELECT steering.set_cap('ac', 'ac', 'budget', '2024', 1200, '110% block') > 0 AS ladder;
SELECT steering.set_cap('ac', 'ac', 'budget', '2024', 1300, '100% warn') > 0 AS endless;
SELECT steering.set_cap('ac', 'ac', 'budget', '2024', 1400, '100% warn') > 0 AS endless_before;
SELECT steering.set_allocation_key('ac.fixed', 'Fixed', 'fixed') > 0 AS key;
SELECT steering.set_allocation_key('ac.fixed', 'Fixed', 'fixed') > 0 AS same;
SELECT steering.set_key_weight('ac.fixed', 1, '2024', participant => 'ac.town'), steering.set_key_weight('ac.fixed', 2, '2024', service => 'ac');
SELECT steering.drop_key_weight('ac.fixed', '2024', service => 'ac');
SELECT steering.set_allocation_rule('ac', 'ac.fixed', '2024', 1) > 0 AS rule;
SELECT steering.drop_allocation_rule('ac', '2024');
SELECT steering.set_result_share('ac.fixed', 50, '2024');
SELECT steering.drop_result_share('2024');
SELECT steering.set_agreement('ac', 'ac.town', '2024-01', 'lump_sum', base => 100) AS agreement \gset
SELECT steering.set_agreement('ac', 'ac.town', '2024-02', 'price_volume', price => 2, volume => 30) > 0 AS priced;
SELECT steering.set_agreement('ac', 'ac.town', '2024-03', 'price_volume', price => 2) > 0 AS endless;
SELECT steering.drop_agreement(:agreement);
SELECT steering.set_indicator('ac.i', 'ac', 'I', 'percent', 'higher', 'outcome') > 0 AS indicator;
SELECT steering.set_target('ac.i', 'ac.town', '2024', 5), steering.set_measurement('ac.i', 'ac.town', '2024', 4);
SELECT steering.set_incentive('ac.i', ARRAY['(,90)', '[90,)']::numrange[], ARRAY[-1, 1]);
SELECT steering.drop_incentive('ac.i');
SELECT steering.drop_indicator('ac.i');
SELECT steering.set_risk('ac', 'Risk', 0.5, 1, 2, 3) > 0 AS risk;
SELECT steering.drop_risk('ac');
SELECT * FROM steering.iv3_load('{"metadata": {"overheidslaag": "GR", "boekjaar": "2024"}, "codelijsten": {"taakveld": {"codelijst": [{"code": "0.4"}]}, "categorie_lasten": {"codelijst": [{"code": "3.8"}]}, "categorie_baten": {"codelijst": [{"code": "3.8"}]}}}');
SELECT steering.set_iv3_deliverer('GR', '9999', 'Region', 'A', '07', 'a@example.org', 'ac') > 0 AS deliverer;
SELECT steering.drop_iv3_deliverer('ac');
SELECT steering.set_iv3_mapping('ac', 'bookings', 'lasten', '0.4', '3.8', 'ac.town') AS iv3 \gset
SELECT steering.drop_iv3_mapping(:iv3);
SELECT steering.set_lawfulness_frame('2024', 1, 0, '[]', 'ac.town') AS frame \gset
SELECT steering.set_lawfulness_base('2024', 'ac.town', 1, 0) > 0 AS base;
SELECT steering.set_deviation('2024', 'ac.town', 'income', 'x', 2, 1) AS deviation \gset
SELECT steering.drop_deviation(:deviation);
SELECT steering.drop_lawfulness_frame(:frame);
DELETE FROM steering.lawfulness_base;
SELECT steering.book_reserve('2024-01-01', -5, 'x') > 0 AS reserve;
SELECT count(*) FROM steering.caps_from_agreements('2024-02');
SELECT steering.close_period('2019', 'x') > 0 AS closed;
SELECT steering.correct_settlement('2019', 'ac.town', 'ac', -7, 'x', '2020') AS correction \gset
SELECT steering.reverse_correction(:correction, 'x') > 0 AS reversed;
SELECT steering.correct_settlement('2019', 'ac.town', 'ac', 8, 'x', '2020') > 0 AS corrected;
-- What reopening takes back is a part of it.
SELECT steering.reopen_period('2019', 'x') > 0 AS reopened;
SELECT steering.drop_allocation_key('ac.fixed');
SET client_min_messages = warning;
CREATE ROLE regress_a;
CREATE ROLE regress_b;
RESET client_min_messages;
BEGIN;
SELECT steering.set_body('ac.body', 'Body', max_share_percent => 100);
SELECT steering.set_body_member('ac.body', 'ac.town', 'regress_a', '(,)') > 0 AS member;
COMMIT;
SELECT steering.set_vote_days('ac.body', 14);
SELECT steering.set_mandate('regress_a', ARRAY['set_cap'], 'ac', 'ac.town', '(,)', 1, employer => 'ac.town') AS mandate \gset
SELECT steering.set_deputy('regress_a', 'regress_b', '(,)');
GRANT EXECUTE ON FUNCTION steering.consent_mandate TO regress_a;
SET SESSION AUTHORIZATION regress_a;
SELECT steering.consent_mandate(:mandate);
RESET SESSION AUTHORIZATION;
SELECT steering.revoke_mandate(:mandate, 'x');
SELECT act, service, participant, trim_scale(amount) AS amount, method, in_mandate, (SELECT string_agg(key, ' ' ORDER BY key) FROM jsonb_object_keys(arguments) AS key) AS arguments
FROM steering.decision ORDER BY id;

-- A trigger that is not there, or does not fire, is told.
ALTER TABLE steering.risk DISABLE TRIGGER guard_act;
ALTER TABLE steering.deputy ENABLE REPLICA TRIGGER guard_act;
SELECT * FROM steering.health() WHERE problem LIKE 'acts%';
ALTER TABLE steering.risk ENABLE TRIGGER guard_act;
ALTER TABLE steering.deputy ENABLE TRIGGER guard_act;

DELETE FROM steering.rule;
DELETE FROM steering.body_member;
DELETE FROM steering.iv3_definition;
DELETE FROM steering.iv3_code;
DELETE FROM steering.body;
DELETE FROM steering.deputy;
DELETE FROM steering.mandate;
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service = 'ac';
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service = 'ac';
DROP OWNED BY regress_a, regress_b;
DROP ROLE regress_a, regress_b;
