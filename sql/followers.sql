--
-- A development service has a lead. Who follows has the lead's terms, with a volume or share of its own, and they change with them.
--
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET datestyle = ISO;
SET client_min_messages = error;
INSERT INTO steering.participant (code, name) VALUES ('fo.a', 'City'), ('fo.b', 'Town'), ('fo.c', 'Village'), ('fo.d', 'Borough');
INSERT INTO steering.service (code, name, unit, kind) VALUES ('fo.bot', 'Bot', 'call', 'development'), ('fo.desk', 'Desk', 'workplace', 'standard');
SELECT steering.set_allocation_key('fo.fixed', 'Fixed', 'fixed') > 0 AS key;
RESET client_min_messages;
CREATE VIEW fo_terms AS
	SELECT participant, valid_from, valid_to, form, trim_scale(base) AS base, trim_scale(volume) AS volume, trim_scale(price) AS price, key, unused_percent
	FROM steering.agreement_status WHERE service = 'fo.bot' ORDER BY participant, valid_from;

SELECT steering.set_lead('fo.bot', 'fo.a');
SELECT code, kind, lead FROM steering.service WHERE code ^@ 'fo.' ORDER BY code;
SELECT steering.set_agreement('fo.bot', 'fo.a', '2026', 'price_volume', price => 2.5, volume => 1200, unused_percent => 10, advance => 100, reason => 'The lead decides') > 0 AS led;
-- from its own first month on, and for as long as it lasts; who has no volume has none
SELECT steering.follow('fo.bot', 'fo.b', '[2026-04-01,)', volume => 300);
SELECT steering.follow('fo.bot', 'fo.c', '[2026-01-01,)');
TABLE fo_terms;
SELECT service, participant, lead, valid_from, valid_to, volume, share FROM steering.follower_status ORDER BY participant;
-- the price goes up: for all
SELECT steering.set_agreement('fo.bot', 'fo.a', '2026', 'price_volume', price => 3, volume => 1200, reason => 'Dearer') > 0 AS led;
TABLE fo_terms;
-- nothing changes, and nothing is recorded
SELECT steering.set_agreement('fo.bot', 'fo.a', '2026', 'price_volume', price => 3, volume => 1200) > 0 AS led;
-- another year; another form, for which who follows has nothing
SELECT steering.set_agreement('fo.bot', 'fo.a', '2027', 'base_plus', base => 6000, volume => 2000, price => 4) > 0 AS led;
SELECT steering.unfollow('fo.bot', 'fo.c', '2027-01-01');
SELECT steering.set_agreement('fo.bot', 'fo.a', '2027', 'base_plus', base => 6000, volume => 2000, price => 4) AS next_year \gset
TABLE fo_terms;
SELECT 6000 * 300 / 2000.0 AS base_of_town;
-- each change is told to who reads the follower, and that alone
CREATE ROLE regress_sp71_fo_town;
UPDATE steering.participant SET reader = 'regress_sp71_fo_town' WHERE code = 'fo.b';
SET ROLE regress_sp71_fo_town;
SELECT revision, kind, participant, valid_from, valid_to, form, trim_scale(base) AS base, trim_scale(price) AS price, reason FROM steering.agreement_event
WHERE service = 'fo.bot' ORDER BY recorded_at, revision;
SELECT participant, lead FROM steering.follower_status;
RESET ROLE;
-- money by share: of a lump sum, and of an estimate by key
SELECT steering.drop_agreement(:next_year);
TABLE fo_terms;
SELECT steering.set_agreement('fo.bot', 'fo.a', '[2027-01-01,2028-01-01)', 'lump_sum', base => 1000) > 0 AS led;
SELECT steering.unfollow('fo.bot', 'fo.b', '2027-01-01');
SELECT steering.set_agreement('fo.bot', 'fo.a', '[2027-01-01,2028-01-01)', 'lump_sum', base => 1000) > 0 AS led;
SELECT steering.follow('fo.bot', 'fo.d', '[2027-01-01,)', share => 33.3);
SELECT steering.follow('fo.bot', 'fo.c', '[2027-03-01,2028-01-01)', share => 100);
TABLE fo_terms;
SELECT steering.set_agreement('fo.bot', 'fo.a', '[2027-01-01,2028-01-01)', 'key_share', allocation_key => 'fo.fixed') > 0 AS led;
SELECT participant, form, key, base FROM fo_terms WHERE valid_from >= '2027-01-01';

-- What cannot be.
SELECT steering.set_lead('fo.desk', 'fo.a');
SELECT steering.set_lead('fo.bot', 'fo.b');
SELECT steering.set_lead('fo.bot', 'fo.nobody');
SELECT steering.set_lead(NULL, 'fo.a');
UPDATE steering.service SET kind = 'standard' WHERE code = 'fo.bot';
SELECT steering.follow('fo.desk', 'fo.b', '2027');
SELECT steering.follow('fo.bot', 'fo.a', '2027');
SELECT steering.follow('fo.bot', 'fo.nobody', '2027');
SELECT steering.follow('fo.bot', 'fo.d', '2027');
SELECT steering.follow('fo.bot', 'fo.b', '[2027-01-15,)');
SELECT steering.follow('fo.bot', 'fo.b', 'empty');
SELECT steering.follow('fo.bot', 'fo.b', '(,2028-01-01)');
SELECT steering.follow('fo.bot', 'fo.b', '2027', share => 100.1);
SELECT steering.follow('fo.bot', 'fo.b', '2027', share => 0);
SELECT steering.follow('fo.bot', 'fo.b', '2027', share => 'NaN');
SELECT steering.follow('fo.bot', 'fo.b', '2027', volume => -1);
SELECT steering.follow('fo.bot', 'fo.b', '2027', volume => 'NaN');
SELECT steering.follow('fo.bot', 'fo.b', '2027', volume => 1e30);
SELECT steering.follow('fo.bot', 'fo.b', NULL);
SELECT steering.follow('fo.bot', 'fo.b', '[2027-01-01,infinity)');
SELECT steering.unfollow('fo.bot', 'fo.d', '5874897-12-01');
SELECT steering.follow('fo.bot', 'fo.b', '2027-06');
SELECT steering.set_agreement('fo.bot', 'fo.b', '2027', 'price_volume', price => 7) > 0 AS own;
SELECT steering.follow('fo.bot', 'fo.b', '2027');
SELECT steering.set_agreement('fo.bot', 'fo.d', '2027', 'price_volume', price => 7) > 0 AS own;
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service = 'fo.bot' AND participant = 'fo.d';
SELECT steering.unfollow('fo.bot', 'fo.d', '2027-07-01');
SELECT steering.unfollow('fo.bot', 'fo.d', '2027-07-02');
SELECT steering.unfollow('fo.bot', 'fo.b', '2028-01-01');
SELECT steering.unfollow('fo.bot', 'fo.d', NULL);
DELETE FROM steering.participant WHERE code = 'fo.d';

-- A scenario: the village follows, and the lead's price changes for all.
SELECT steering.set_agreement('fo.bot', 'fo.a', '2028', 'price_volume', price => 2, volume => 100) > 0 AS led;
SELECT steering.set_lead('fo.bot', 'fo.a');
CREATE TABLE fo_line (participant text, day date, amount numeric, pieces numeric);
SELECT steering.attach('fo_line', '''fo.bot''', 'participant', 'day', 'amount', 'pieces') > 0 AS attached;
INSERT INTO fo_line VALUES ('fo.a', '2028-02-01', 100, 60), ('fo.d', '2028-03-01', 100, 40), ('fo.b', '2028-10-01', 10, 5);
SELECT participant, before, after, difference FROM steering.scenario('[{"change": "follow", "participant": "fo.b", "service": "fo.bot", "on": "2028-07-01"},
	{"change": "terms", "participant": "fo.a", "service": "fo.bot", "price": 3}]', '2028') WHERE service = 'fo.bot';
SELECT participant, before, after, difference FROM steering.scenario('{"change": "leave", "participant": "fo.d", "on": "2028-03-01"}', '2028') WHERE service = 'fo.bot';
SELECT * FROM steering.scenario('{"change": "follow", "participant": "fo.a", "service": "fo.bot", "on": "2028-07-01"}', '2028');
SELECT * FROM steering.scenario('{"change": "follow", "participant": "fo.b", "service": "fo.desk", "on": "2028-07-01"}', '2028');
SELECT * FROM steering.scenario('{"change": "follow", "participant": "fo.b", "service": "fo.bot", "on": "2028-07-01", "share": 101}', '2028');
SELECT participant, valid_from FROM fo_terms WHERE valid_from >= '2028-01-01';

-- The catalogue can be written past set_lead(): its triggers refuse a lead who is not there, or follows.
BEGIN;
SELECT steering.set_agreement('fo.bot', 'fo.a', '2029', 'price_volume', price => 2, volume => 10) > 0 AS led, steering.follow('fo.bot', 'fo.b', '2029', volume => 4) AS followed;
SELECT count(*) AS right FROM steering.lead_problem WHERE subject ~ 'fo[.]';
SAVEPOINT led;
\set VERBOSITY default
UPDATE steering.service SET lead = 'fo.gone' WHERE code = 'fo.bot';
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO led;
UPDATE steering.service SET lead = 'fo.b' WHERE code = 'fo.bot';
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO led;
UPDATE steering.service SET lead = NULL WHERE code = 'fo.bot';
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO led;
\set VERBOSITY terse
UPDATE steering.service SET lead = '' WHERE code = 'fo.bot';
ROLLBACK TO led;
UPDATE steering.service SET lead = ' fo.a' WHERE code = 'fo.bot';
ROLLBACK TO led;
INSERT INTO steering.service (code, name, kind, lead) VALUES ('fo.new', 'New', 'development', 'fo.a'), ('fo.newer', 'Newer', 'development', 'fo.gone');
ROLLBACK TO led;
UPDATE steering.participant SET code = 'fo.other' WHERE code = 'fo.a';
ROLLBACK TO led;
-- Who leads something is not deleted.
INSERT INTO steering.participant (code, name) VALUES ('fo.new', 'New');
INSERT INTO steering.service (code, name, kind, lead) VALUES ('fo.new', 'New', 'development', 'fo.new');
DELETE FROM steering.participant WHERE code = 'fo.new';
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO led;
INSERT INTO steering.participant (code, name) VALUES ('fo.new', 'New');
INSERT INTO steering.service (code, name, kind, lead) VALUES ('fo.new', 'New', 'development', 'fo.new');
UPDATE steering.service SET lead = NULL WHERE code = 'fo.new';
DELETE FROM steering.participant WHERE code = 'fo.new';
-- Where triggers did not fire, health() says so; other columns can be changed, and the lead can be set right.
SET LOCAL session_replication_role = replica;
UPDATE steering.service SET lead = 'fo.b' WHERE code = 'fo.bot';
SELECT subject, problem, detail, hint FROM steering.health() WHERE subject ~ 'fo[.]bot';
UPDATE steering.service SET lead = 'fo.gone' WHERE code = 'fo.bot';
SELECT subject, problem, detail, hint FROM steering.health() WHERE subject ~ 'fo[.]bot';
SET LOCAL session_replication_role = origin;
UPDATE steering.service SET name = 'Chat bot' WHERE code = 'fo.bot';
UPDATE steering.service SET lead = 'fo.a' WHERE code = 'fo.bot';
SELECT count(*) AS right FROM steering.lead_problem WHERE subject ~ 'fo[.]';
ROLLBACK;

-- Reports tell standard from development: of the service itself, in the catalogue's words.
SELECT service_kind, lead, participant, trim_scale(actual) AS actual, trim_scale(covered) AS covered
FROM steering.cost_versus_result('2028') AS report JOIN steering.named_service ON named_service.code = report.service WHERE service = 'fo.bot' ORDER BY participant;
BEGIN;
SELECT steering.set_cap('fo.desk', 'fo.a', 'budget', '2028', 1) > 0 AS capped;
SELECT service, participant, service_kind FROM steering.cost_versus_result_below('2028') WHERE service ~ 'fo[.]' ORDER BY service, participant;
ROLLBACK;
SELECT count(*) AS others FROM steering.cost_versus_result('2028') AS report JOIN steering.named_service ON named_service.code = report.service
WHERE report.service_kind IS DISTINCT FROM named_service.kind;

-- Following is an act, and what follows of the lead's is none: one decision for each change.
SELECT steering.set_rule(ARRAY['set_agreement', 'drop_agreement', 'follow', 'unfollow', 'set_service'], 'mandate') AS rule \gset
SELECT steering.set_agreement('fo.bot', 'fo.a', '2028', 'price_volume', price => 2.25, volume => 100) > 0 AS led;
SELECT steering.follow('fo.bot', 'fo.b', '[2028-01-01,)', volume => 40);
SELECT steering.unfollow('fo.bot', 'fo.b', '2029-01-01');
SELECT steering.unfollow('fo.bot', 'fo.b', '2028-01-01');
-- its value is known where the lead has agreed on all of its months
SELECT steering.follow('fo.bot', 'fo.b', '2028', volume => 40);
SELECT steering.unfollow('fo.bot', 'fo.b', '2028-01-01');
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service = 'fo.bot' AND participant = 'fo.a' AND valid_from = '2028-01-01';
SELECT steering.drop_rule(:rule);
SELECT act, service, participant, amount, arguments - 'agreement' AS arguments FROM steering.decision WHERE service = 'fo.bot' ORDER BY id;
SELECT participant, valid_from FROM fo_terms WHERE valid_from >= '2028-01-01';
SET client_min_messages = error;
DROP VIEW fo_terms;
UPDATE steering.participant SET reader = NULL WHERE code = 'fo.b';
DROP ROLE regress_sp71_fo_town;
