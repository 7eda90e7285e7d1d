--
-- Ways around the question, each of which was open once.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_a;
CREATE ROLE regress_b;
RESET client_min_messages;
SELECT setval('steering.decision_record_decision_id_seq', 7000000) AS first;
INSERT INTO steering.participant (code, name) VALUES ('da', 'Town');
INSERT INTO steering.service (code, name, kind, require_cap) VALUES ('da', 'ICT', 'standard', true), ('da.y', 'Work', 'standard', false);
UPDATE steering.service SET parent = 'da' WHERE code = 'da.y';
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.spread_cap, steering.book_reserve, steering.propose, steering.sign, steering.drop_service,
	steering.drop_participant, steering.set_service TO regress_a, regress_b;

-- The triggers are for our tables, whoever may execute their functions: they run as our owner, and a cast would be his own.
GRANT EXECUTE ON FUNCTION steering.guard_act, steering.append_decision, steering.check_consistent TO regress_a;
SELECT steering.set_rule(ARRAY['set_participant'], 'mandate') AS rule \gset
SET SESSION AUTHORIZATION regress_a;
CREATE TEMPORARY TABLE mine (a integer);
CREATE FUNCTION pg_temp.as_owner(mine) RETURNS steering.participant LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE 'runs as another role';
	RETURN NULL;
END $$;
CREATE CAST (mine AS steering.participant) WITH FUNCTION pg_temp.as_owner(mine) AS IMPLICIT;
CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_participant');
INSERT INTO mine VALUES (1);
CREATE OR REPLACE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION steering.guard_act();
INSERT INTO mine VALUES (1);
CREATE OR REPLACE TRIGGER mine AFTER INSERT ON mine FOR EACH STATEMENT EXECUTE FUNCTION steering.append_decision();
INSERT INTO mine VALUES (1);
CREATE OR REPLACE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION steering.check_consistent();
INSERT INTO mine VALUES (1);
RESET SESSION AUTHORIZATION;
SELECT steering.drop_rule(:rule);

-- Where splitting is watched, a proposal of several pieces is not small either.
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', window_days => 30) AS rule \gset
SELECT steering.set_mandate('regress_a', ARRAY['set_cap'], NULL, NULL, '(,)', 50000) > 0 AS given;
SELECT steering.set_cap('da.y', 'da', 'budget', '2026', 45000) AS cap \gset
SET SESSION AUTHORIZATION regress_a;
SELECT count(*) FROM steering.spread_cap(:cap, 'quarter');
SELECT steering.propose('spread_cap', jsonb_build_object('cap', :cap, 'per', 'quarter'), 'x') AS decision \gset
SELECT steering.sign(:decision, 'approve');
RESET SESSION AUTHORIZATION;
-- Nor is what one person decides in two capacities: for himself, and as a deputy.
SELECT steering.set_mandate('regress_b', ARRAY['set_cap'], NULL, NULL, '(,)', 50000) > 0 AS given;
SELECT steering.set_deputy('regress_a', 'regress_b', '(,)');
SET SESSION AUTHORIZATION regress_b;
SELECT steering.set_cap('da.y', 'da', 'budget', '2028', 30000) > 0 AS for_himself;
SELECT steering.set_cap('da.y', 'da', 'budget', '2029', 30000);
SELECT steering.propose('set_cap', '{"service": "da.y", "participant": "da", "metric": "budget", "during": "2029", "amount": 30000}', 'x') AS decision \gset
SELECT steering.sign(:decision, 'approve');
RESET SESSION AUTHORIZATION;
DELETE FROM steering.deputy;
-- A small new cap that lets through anything, where a booking needs one, is not small.
SET SESSION AUTHORIZATION regress_a;
SELECT steering.set_cap('da', 'da', 'budget', '2027', 1, '100% warn');
SELECT steering.set_cap('da', 'da', 'budget', '2027', 1, '100% warn, +1000000 block');
SELECT steering.set_cap('da', 'da', 'budget', '2027', 1) > 0 AS set;
RESET SESSION AUTHORIZATION;

-- A rule for an entry of a register is for its end too, and one for a kind of services is for those that leave it.
SELECT steering.set_rule(ARRAY['drop_service'], 'mandate', service => 'da.y') > 0,
	steering.set_rule(ARRAY['drop_participant'], 'mandate', participant => 'da') > 0,
	steering.set_rule(ARRAY['set_service'], 'mandate', service_kind => 'standard') > 0;
SET SESSION AUTHORIZATION regress_b;
SELECT steering.drop_service('da.y');
SELECT steering.drop_participant('da');
SELECT steering.set_service('da.y', 'Work', 'da', 'development');
RESET SESSION AUTHORIZATION;

-- A rule that changes after a proposal holds for it, and is what the log says.
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate') AS rule \gset
SELECT steering.set_mandate('regress_a', ARRAY['book_reserve'], NULL, NULL, '(,)', 100) > 0,
	steering.set_mandate('regress_b', ARRAY['book_reserve'], NULL, NULL, '(,)', 100) > 0;
SET SESSION AUTHORIZATION regress_a;
SELECT steering.propose('book_reserve', '{"booked_on": "2026-01-01", "amount": 5, "reason": "x"}', 'x') AS decision \gset
RESET SESSION AUTHORIZATION;
SELECT steering.set_rule(ARRAY['book_reserve'], 'record') = :rule AS same;
SET SESSION AUTHORIZATION regress_a;
SELECT steering.sign(:decision, 'approve');
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT steering.set_body('da', 'Board', max_share_percent => 100);
SELECT steering.set_body_member('da', 'da', 'regress_b', '(,)') > 0 AS member;
SELECT steering.set_rule(ARRAY['book_reserve'], 'host', body => 'da', views_days => 5) = :rule AS same;
COMMIT;
SET SESSION AUTHORIZATION regress_a;
SELECT steering.sign(:decision, 'approve');
RESET SESSION AUTHORIZATION;
SELECT steering.set_rule(ARRAY['book_reserve'], 'dual') = :rule AS same;
SET SESSION AUTHORIZATION regress_a;
SELECT steering.sign(:decision, 'approve');
RESET SESSION AUTHORIZATION;
-- What was signed is what is done.
BEGIN;
UPDATE steering.decision_record SET arguments = arguments || '{"amount": 99}' WHERE decision_id = :decision;
SET SESSION AUTHORIZATION regress_b;
SELECT steering.sign(:decision, 'approve');
ROLLBACK;
SET SESSION AUTHORIZATION regress_b;
SELECT steering.sign(:decision, 'approve');
RESET SESSION AUTHORIZATION;
SELECT method, trim_scale(amount) AS amount FROM steering.decision_log ORDER BY position DESC LIMIT 1;

-- What a hand does to who may decide is in the log, once, as done without mandate: what no act does under a name of its own.
SELECT max(position) AS before FROM steering.decision_log \gset
SELECT mandate_id AS mandate FROM steering.mandate WHERE functionary = 'regress_b' AND acts = '{book_reserve}' \gset
SELECT steering.set_deputy('regress_a', 'regress_b', '[2026-01-01,)');
INSERT INTO steering.deputy (functionary, deputy, during) VALUES ('regress_b', 'regress_a', '(,)');
UPDATE steering.deputy SET during = '[2026-01-01,2027-01-01)' WHERE functionary = 'regress_b';
UPDATE steering.deputy SET deputy = 'regress_c' WHERE functionary = 'regress_b';
DELETE FROM steering.deputy;
SELECT steering.revoke_mandate(:mandate, 'left');
UPDATE steering.mandate SET revoked_on = NULL, revoked_by = NULL, revoke_reason = NULL WHERE mandate_id = :mandate;
UPDATE steering.mandate SET amount_limit = 1000000 WHERE mandate_id = :mandate;
-- What changes nothing is nothing.
UPDATE steering.mandate SET amount_limit = 1000000 WHERE mandate_id = :mandate;
UPDATE steering.rule SET acts = '{drop_risk}' WHERE acts = '{drop_service}';
BEGIN;
INSERT INTO steering.mandate (functionary, acts, during, amount_limit, year_limit, may_submandate) VALUES ('regress_c', '{drop_cap}', '(,)', 1, 1, false);
SAVEPOINT s;
DELETE FROM steering.mandate WHERE functionary = 'regress_b';
ROLLBACK TO s;
DELETE FROM steering.mandate WHERE functionary = 'regress_c';
COMMIT;
UPDATE steering.body_member SET votes = 2;
UPDATE steering.body_member SET during = '[2026-01-01,)';
DELETE FROM steering.body_member;
UPDATE steering.body SET code = 'dc';
DELETE FROM steering.body;
SELECT act, in_mandate, proposed_by = session_user AS by_me, arguments::jsonb ->> 'table' AS relation,
	(SELECT string_agg(concat_ws(' ', key, value), ', ' ORDER BY key) FROM jsonb_each_text(arguments::jsonb -> 'was') WHERE value IS DISTINCT FROM arguments::jsonb #>> ARRAY['becomes', key]
		AND key !~ '_at$|_id$|^given_by|^revoked_') AS was
FROM steering.decision_log WHERE position > :before ORDER BY position;
-- TRUNCATE could not be.
TRUNCATE steering.mandate;
TRUNCATE steering.deputy;
TRUNCATE steering.body_member, steering.body;
TRUNCATE steering.rule CASCADE;
TRUNCATE steering.cap;
TRUNCATE steering.risk;
-- Nobody has a mandate for it, who may write the table neither.
GRANT USAGE ON SCHEMA steering TO regress_b;
GRANT SELECT, DELETE, UPDATE ON steering.mandate TO regress_b;
SET SESSION AUTHORIZATION regress_b;
DELETE FROM steering.mandate;
UPDATE steering.mandate SET year_limit = 'Infinity', functionary = 'regress_b';
RESET SESSION AUTHORIZATION;
-- A restore is not a hand: nothing is asked or recorded.
BEGIN;
SET LOCAL check_function_bodies = off;
SELECT set_config('search_path', '', true);
DELETE FROM steering.mandate WHERE mandate_id = :mandate;
SELECT count(*) AS recorded FROM steering.decision_record WHERE executed_at >= now();
ROLLBACK;
SELECT * FROM steering.verify_log();

-- What a table's owner has run where somebody else has logged in decides nothing, as do expressions of indexes when ANALYZE or autovacuum
-- comes by: there the session user is a superuser, as a rule.
GRANT EXECUTE ON FUNCTION steering.set_mandate, steering.set_deputy, steering.withdraw, steering.close_decision TO regress_b;
CREATE SCHEMA bait AUTHORIZATION regress_b;
SET SESSION AUTHORIZATION regress_b;
SELECT steering.propose('book_reserve', '{"booked_on": "2026-01-01", "amount": 6, "reason": "x"}', 'x') AS decision \gset
CREATE TABLE bait.line (statement text);
CREATE FUNCTION bait.run(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF session_user <> 'regress_b' THEN
		SET CONSTRAINTS ALL IMMEDIATE;
		EXECUTE statement;
	END IF;
	RETURN statement;
END $$;
CREATE FUNCTION bait.key(statement text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN bait.run(statement); END';
CREATE INDEX ON bait.line (bait.key(statement));
RESET SESSION AUTHORIZATION;
CREATE FUNCTION pg_temp.analyzed(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL SESSION AUTHORIZATION regress_b;
	INSERT INTO bait.line VALUES (statement);
	RESET SESSION AUTHORIZATION;
	ANALYZE bait.line;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN concat(SQLSTATE, ' ', SQLERRM);
END $$;
SELECT act, pg_temp.analyzed(format('SELECT steering.%s(%s)', act, arguments)) FROM (VALUES
	('set_cap', '''da.y'', ''da'', ''budget'', ''2030'', 1000000'),
	('set_mandate', '''regress_b'', ARRAY[''set_cap''], NULL, NULL, ''(,)'', ''infinity'''),
	('set_deputy', '''regress_a'', ''regress_b'', ''(,)'''),
	('propose', '''book_reserve'', ''{"booked_on": "2026-01-01", "amount": 7, "reason": "x"}'', ''x'''),
	('sign', format('%s, ''approve''', :decision)),
	('close_decision', :decision::text),
	('withdraw', format('%s, ''x''', :decision))) AS way (act, arguments);
-- Nor is what runs there a restore.
SELECT pg_temp.analyzed('SET check_function_bodies = off; SET search_path = ''''; SELECT steering.set_cap(''da.y'', ''da'', ''budget'', ''2030'', 1000000)');
-- Nor does it read what is for who has logged in: it would be told by an error.
SELECT reads, pg_temp.analyzed(format('SELECT 1 / (count(*) - count(*)) FROM steering.%s(session_user) HAVING count(*) > 0', reads))
FROM unnest('{proposal_of,authority_of,health_of}'::text[]) AS reads;
SELECT steering.withdraw(:decision, 'x');
DROP TABLE bait.line;
DROP FUNCTION bait.key, bait.run;
DROP SCHEMA bait;

-- A chain of mandates has an end: each act looks along all of it.
SELECT steering.set_mandate('regress_a', ARRAY['book_reserve'], NULL, NULL, '(,)', 5, may_submandate => true) > 0 AS given;
\set VERBOSITY sqlstate
SELECT format($$SELECT steering.set_mandate('regress_a', ARRAY['book_reserve'], NULL, NULL, '(,)', 5, may_submandate => true, parent => %s) > 0 AS given$$,
    '(SELECT max(mandate_id) FROM steering.mandate)') FROM generate_series(1, 10) \gexec
\set VERBOSITY default
SELECT * FROM steering.verify_log();
DELETE FROM steering.rule;
-- Without rules there is nothing to ask.
BEGIN;
TRUNCATE steering.risk;
ROLLBACK;
DELETE FROM steering.body_member;
DELETE FROM steering.body;
DELETE FROM steering.mandate;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'da%';
DELETE FROM steering.service WHERE code LIKE 'da%';
DELETE FROM steering.participant WHERE code LIKE 'da%';
SET client_min_messages = warning;
DROP OWNED BY regress_a, regress_b CASCADE;
DROP ROLE regress_a, regress_b;
