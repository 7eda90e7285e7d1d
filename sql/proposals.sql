--
-- Proposals: two signatures, votes, views and consents, what was decided elsewhere; executed once, as proposed, or not at all.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_p;
CREATE ROLE regress_d;
CREATE ROLE regress_q;
CREATE ROLE regress_a;
CREATE ROLE regress_b;
CREATE ROLE regress_c;
CREATE ROLE regress_e;
RESET client_min_messages;
-- Numbers that do not depend on the tests before.
SELECT setval('steering.decision_record_decision_id_seq', 6000000) AS decision, setval('steering.rule_rule_id_seq', 600000) AS rule;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
	('pr', NULL, 'region', NULL), ('pr.a', 'pr', 'A', 127089), ('pr.b', 'pr', 'B', 27657), ('pr.c', 'pr', 'C', 25000), ('pr.e', 'pr', 'E', 9000);
INSERT INTO steering.service (code, name, kind) VALUES ('pr.std', 'Standard', 'standard'), ('pr.dev', 'Development', 'development');
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.drop_cap, steering.spread_cap, steering.propose, steering.sign, steering.withdraw,
	steering.set_mandate, steering.set_rule, steering.drop_rule, steering.book_reserve
	TO regress_p, regress_d, regress_q, regress_a, regress_b, regress_c, regress_e;

-- A table of rules leaves no gap and no overlap, and the message says where.
BEGIN;
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate', amounts => '[0,5000)') > 0 AS ruled;
SELECT steering.set_rule(ARRAY['book_reserve'], 'dual', amounts => '(5000,)') > 0 AS ruled;
COMMIT;
BEGIN;
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate', amounts => '[0,1000]') > 0 AS ruled;
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate', amounts => '(1000,5001)') > 0 AS ruled;
SELECT steering.set_rule(ARRAY['book_reserve'], 'dual', amounts => '[5000,)') > 0 AS ruled;
COMMIT;
BEGIN;
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate', amounts => '[0,1000]') > 0 AS ruled;
SELECT steering.set_rule(ARRAY['book_reserve'], 'dual', amounts => '[1001,)') > 0 AS ruled;
COMMIT;
-- Nothing is stored, and bad input names the culprit.
SELECT count(*) FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'lottery');
SELECT steering.set_rule(NULL, 'mandate');
SELECT steering.set_rule(ARRAY[NULL]::text[], 'mandate');
SELECT steering.set_rule(ARRAY['set_cap'], NULL);
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', majority => NULL);
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', needs => NULL);
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', amounts => NULL);
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', during => NULL);
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', views_days => NULL);
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', window_days => NULL);
SELECT steering.set_body(NULL, 'Board');
SELECT steering.set_body('pr.board', NULL);
SELECT steering.set_body('pr.board', 'Board', tie => NULL);
SELECT steering.set_body('pr.board', 'Board', quorum_percent => NULL);
SELECT steering.set_body_member(NULL, 'pr.a', 'regress_a', '(,)');
SELECT steering.set_body_member('pr.board', NULL, 'regress_a', '(,)');
SELECT steering.set_body_member('pr.board', 'pr.a', NULL, '(,)');
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', amounts => 'empty');
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', amounts => '[-1,)');
SELECT steering.set_rule(ARRAY['set_cap'], 'vote');
SELECT steering.set_rule(ARRAY['set_cap'], 'vote', body => 'pr.none');
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', majority => '2/3');
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', views_days => 5);
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', service_kind => 'odd');
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', during => 'empty');
SELECT steering.set_body('pr.board', 'Board', quorum_percent => 101);
SELECT steering.set_body('pr.board', 'Board', tie => 'chair');
SELECT steering.set_body('pr.board', 'Board', tie => 'coin');
SELECT steering.set_body('pr.board', 'Board', chair => 'regress_nobody');
BEGIN;
SELECT steering.set_body('pr.board', 'Board');
SELECT steering.set_rule(ARRAY['set_cap'], 'vote', body => 'pr.board');
ROLLBACK;
BEGIN;
SELECT steering.set_body('pr.board', 'Board');
SELECT steering.set_body_member('pr.board', 'pr.a', 'regress_a', '(,)', -1);
ROLLBACK;
BEGIN;
SELECT steering.set_body('pr.board', 'Board');
SELECT steering.set_body_member('pr.board', 'pr.a', 'regress_a', '(,)', 1, 'inhabitants');
ROLLBACK;
SELECT steering.set_body_member('pr.none', 'pr.a', 'regress_a', '(,)');

-- One vote for each 10,000 inhabitants that were begun would give A 13 of 20.
BEGIN;
SELECT steering.set_body('pr.board', 'Board');
SELECT count(steering.set_body_member('pr.board', 'pr.' || who, 'regress_' || who, '(,)', 1, 'inhabitants', 10000)) FROM unnest(ARRAY['a', 'b', 'c', 'e']) AS who;
COMMIT;
-- One person has one vote, and one participant too.
BEGIN;
SELECT steering.set_body('pr.board', 'Board');
SELECT steering.set_body_member('pr.board', 'pr.a', 'regress_a', '(,)') > 0, steering.set_body_member('pr.board', 'pr.b', 'regress_a', '(,)') > 0;
COMMIT;

-- Two signatures from 25,000.
BEGIN;
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', amounts => '[0,25000)') > 0 AS ruled;
SELECT steering.set_rule(ARRAY['set_cap'], 'dual', amounts => '[25000,)') > 0 AS ruled;
COMMIT;
SELECT steering.set_mandate('regress_p', ARRAY['set_cap'], NULL, NULL, '(,)', 'infinity') > 0 AS p;
SELECT steering.set_deputy('regress_p', 'regress_d', '(,)');
SET SESSION AUTHORIZATION regress_p;
SELECT steering.set_cap('pr.std', 'pr.a', 'budget', '2026', 24999.99) > 0 AS alone;
SELECT steering.set_cap('pr.std', 'pr.b', 'budget', '2026', 30000);
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b", "metric": "budget", "during": "2026", "amount": 30000}', 'growth') AS dual \gset
SELECT steering.sign(:dual, 'approve');
SET SESSION AUTHORIZATION regress_d;
SELECT steering.sign(:dual, 'approve');
SET SESSION AUTHORIZATION regress_q;
SELECT steering.sign(:dual, 'approve');
SELECT steering.withdraw(:dual, 'not mine');
-- Who only proposes does not learn from the amount what the limit was; who signs does, and who may read it.
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 25000}', 'x') AS asked \gset
SELECT amount, arguments ->> 'amount' AS proposed FROM steering.decision WHERE id = :asked;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.sign(:asked, 'reject');
SELECT trim_scale(amount) AS amount FROM steering.decision WHERE id = :asked;
RESET SESSION AUTHORIZATION;
SELECT trim_scale(amount) AS amount FROM steering.decision WHERE id = :asked;
UPDATE steering.participant SET reader = 'regress_q' WHERE code = 'pr.a';
SET SESSION AUTHORIZATION regress_q;
SELECT trim_scale(amount) AS amount FROM steering.decision WHERE id = :asked;
RESET SESSION AUTHORIZATION;
UPDATE steering.participant SET reader = NULL WHERE code = 'pr.a';
RESET SESSION AUTHORIZATION;
SELECT functionary, signs_for, choice, act, service, participant, trim_scale(amount) AS amount, reason FROM steering.proposal;
SELECT steering.set_mandate('regress_d', ARRAY['set_cap'], NULL, 'pr', '(,)', 50000) AS d \gset
SELECT functionary, signs_for, choice FROM steering.proposal;
-- Under SET ROLE it is the same person.
GRANT regress_d TO regress_p;
SET SESSION AUTHORIZATION regress_p;
SET ROLE regress_d;
SELECT steering.sign(:dual, 'approve');
RESET ROLE;
SET SESSION AUTHORIZATION regress_d;
SELECT functionary, choice FROM steering.proposal;
SELECT steering.sign(:dual, 'approve', remark => 'agreed');
SELECT steering.sign(:dual, 'approve');
RESET SESSION AUTHORIZATION;
REVOKE regress_d FROM regress_p;
SELECT act, trim_scale(amount) AS amount, arguments, method, state, proposed_by, in_mandate, outcome IS NOT NULL AS returned FROM steering.decision WHERE id = :dual;
SELECT functionary, signed_for, choice, remark FROM steering.signature WHERE decision = :dual ORDER BY at;
SELECT service, participant, amount FROM steering.cap_status ORDER BY 1, 2;

-- What was proposed is done: text of arguments is a value, whatever the session's settings.
SET SESSION AUTHORIZATION regress_p;
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b'' OR true --", "metric": "budget", "during": "2026", "amount": 30000}', 'x');
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b", "metric": "budget", "during": "2026", "amount": 30000, "x": 1}', 'x');
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b", "metric": "budget", "during": "2026"}', 'x');
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": 3, "metric": "budget", "during": "2026", "amount": 30000}', 'x');
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b", "metric": "budget", "during": "2026", "amount": true}', 'x');
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b", "metric": "budget", "during": "2026", "amount": "many"}', 'x');
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b", "metric": "budget", "during": "2026", "amount": 40000, "accept_overrun": "yes"}', 'x');
SELECT steering.propose('set_cap', '[1]', 'x');
SELECT steering.propose('set_cap', '3', 'x');
SELECT steering.propose('health', '{}', 'x');
SELECT steering.propose('guard_act', '{}', 'x');
SELECT steering.propose('set_cap', NULL, 'x');
SELECT steering.propose('set_cap', '{}', ' ');
-- An argument that is JSON is taken as it is.
BEGIN;
RESET SESSION AUTHORIZATION;
CREATE FUNCTION steering.set_cap_of(line jsonb, others jsonb DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT concat(steering.set_cap(line #>> '{of,0}', line #>> '{of,1}', 'budget', '2026', (line ->> 'amount')::numeric) > 0, ' ', others) $$;
CREATE OR REPLACE VIEW steering.act AS SELECT 'set_cap_of' AS act, 'set_cap' AS asked_as, NULL AS amount;
SELECT steering.propose('set_cap_of', '{"line": {"of": ["pr.std", "pr.b"], "amount": 30001.50}, "others": [1, {"x": null}]}', 'x') AS json \gset
SELECT arguments FROM steering.decision WHERE id = :json;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.sign(:json, 'approve');
RESET SESSION AUTHORIZATION;
SELECT state, outcome FROM steering.decision WHERE id = :json;
ROLLBACK;
SET SESSION AUTHORIZATION regress_p;
-- It would change nothing, it could not be done, the proposer may not call it, or no rule is for it.
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b", "metric": "budget", "during": "2026", "amount": 30000}', 'x');
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.b", "metric": "budget", "during": "2026", "amount": -1}', 'x');
SELECT steering.propose('close_period', '{"period": "2026"}', 'x');
SELECT steering.propose('drop_cap', '{"cap": 1000000}', 'x');
SELECT steering.propose('book_reserve', '{"booked_on": "2026-01-01", "amount": 5, "reason": "x"}', 'x');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM steering.decision WHERE state = 'open';

-- An act that asks for several, such as spread_cap, is signed as a whole.
SELECT cap_id AS cap FROM steering.cap_status WHERE service = 'pr.std' AND participant = 'pr.b' \gset
SET SESSION AUTHORIZATION regress_p;
SELECT steering.propose('spread_cap', format('{"cap": %s, "per": "quarter", "profile": [7, 7, 7, 9]}', :cap)::jsonb, 'by quarter') > 0 AS two_rules;
SELECT steering.propose('spread_cap', format('{"cap": %s, "per": "quarter", "profile": [1, 1, 1, 97]}', :cap)::jsonb, 'by quarter') AS spread \gset
SELECT steering.sign(:spread, 'approve');
SELECT trim_scale(amount) AS amount, arguments - 'cap' AS arguments, state FROM steering.decision WHERE id = :spread;

-- Ground that moved: the act's own error, or more than was signed; the proposal stays open.
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.b", "metric": "budget", "during": "2026", "amount": 20000}', 'x') AS first \gset
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 45000}', 'x') AS second \gset
RESET SESSION AUTHORIZATION;
DELETE FROM steering.service WHERE code = 'pr.dev';
SELECT steering.set_cap('pr.std', 'pr.a', 'budget', '2026', 1000) > 0 AS lowered;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.sign(:first, 'approve');
SELECT steering.sign(:second, 'approve');
SELECT id = :first AS is_first, state FROM steering.decision WHERE id IN (:first, :second);
SELECT steering.withdraw(:first, 'gone');
SELECT steering.withdraw(:second, 'anew');
SELECT steering.withdraw(:second, 'anew');
SELECT steering.sign(:second, 'approve');
RESET SESSION AUTHORIZATION;
INSERT INTO steering.service (code, name, kind) VALUES ('pr.dev', 'Development', 'development');

-- A mandate that was revoked meanwhile signs nothing, also what it has signed already.
SET SESSION AUTHORIZATION regress_d;
SELECT steering.propose('set_cap', '{"service": "pr.std", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 27000}', 'x') AS revoked \gset
RESET SESSION AUTHORIZATION;
SELECT steering.revoke_mandate(:d, 'left');
SELECT steering.set_deputy('regress_p', 'regress_d', daterange(current_date - 9, current_date - 3));
SET SESSION AUTHORIZATION regress_p;
SELECT steering.sign(:revoked, 'approve');
SET SESSION AUTHORIZATION regress_d;
SELECT steering.withdraw(:revoked, 'left');
RESET SESSION AUTHORIZATION;

-- Votes: 3-2-1, a tie is voted again, and then the chair decides.
DELETE FROM steering.rule;
BEGIN;
SELECT steering.set_body('pr.board', 'Board', tie => 'chair', chair => 'regress_q');
SELECT steering.set_body_member('pr.board', 'pr.a', 'regress_a', '(,)', 3) > 0, steering.set_body_member('pr.board', 'pr.b', 'regress_b', '(,)', 2) > 0,
	steering.set_body_member('pr.board', 'pr.c', 'regress_c', '(,)', 1) > 0;
SELECT steering.set_rule(ARRAY['set_cap'], 'vote', body => 'pr.board') > 0 AS ruled;
COMMIT;
CREATE FUNCTION pg_temp.vote(decision integer, who text, choice text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
	EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', 'regress_' || who);
	state := steering.sign(decision, choice, 'pr.' || who);
	RESET SESSION AUTHORIZATION;
	RETURN state;
END $$;
CREATE FUNCTION pg_temp.propose(amount numeric) RETURNS integer LANGUAGE sql AS $$
	SELECT steering.propose('set_cap', jsonb_build_object('service', 'pr.dev', 'participant', 'pr.a', 'metric', 'budget', 'during', '2026', 'amount', amount), 'vote') $$;
SELECT pg_temp.propose(100) AS tie \gset
SELECT pg_temp.vote(:tie, 'b', 'against'), pg_temp.vote(:tie, 'c', 'against');
SELECT functionary, choice, waiting_participant FROM steering.proposal;
SELECT pg_temp.vote(:tie, 'c', 'for');
SELECT pg_temp.vote(:tie, 'q', 'for');
SELECT pg_temp.vote(:tie, 'a', 'for');
SELECT pg_temp.vote(:tie, 'b', 'against'), pg_temp.vote(:tie, 'c', 'against'), pg_temp.vote(:tie, 'a', 'for');
SELECT functionary, choice, waiting_participant FROM steering.proposal;
SET SESSION AUTHORIZATION regress_a;
SELECT steering.sign(:tie, 'for');
SET SESSION AUTHORIZATION regress_q;
SELECT steering.sign(:tie, 'approve');
SELECT steering.sign(:tie, 'for');
RESET SESSION AUTHORIZATION;
SELECT functionary, participant, choice FROM steering.signature WHERE decision = :tie ORDER BY at;
-- tie => 'reject' rejects at once.
SELECT steering.set_body('pr.board', 'Board');
SELECT pg_temp.propose(101) AS tie \gset
SELECT pg_temp.vote(:tie, 'b', 'against'), pg_temp.vote(:tie, 'c', 'against'), pg_temp.vote(:tie, 'a', 'for');
SELECT pg_temp.vote(:tie, 'a', 'for');
-- As soon as what is outstanding cannot change it, it is decided.
SELECT pg_temp.propose(102) AS vote \gset
SELECT pg_temp.vote(:vote, 'b', 'abstain'), pg_temp.vote(:vote, 'a', 'for');
-- Unanimity is of all members: three for and one absent is not adopted. Two thirds of 19 are 13.
CREATE FUNCTION pg_temp.board(votes integer[], majority text, quorum numeric DEFAULT 50) RETURNS text LANGUAGE sql AS $$
	DELETE FROM steering.rule;
	DELETE FROM steering.body_member;
	SELECT steering.set_body('pr.board', 'Board', max_share_percent => 100, quorum_percent => quorum);
	SELECT count(steering.set_body_member('pr.board', 'pr.' || who, 'regress_' || who, '(,)', vote))
	FROM unnest(ARRAY['a', 'b', 'c', 'e'], votes) AS given (who, vote) WHERE vote IS NOT NULL;
	SELECT steering.set_rule(ARRAY['set_cap'], 'vote', body => 'pr.board', majority => board.majority);
	SELECT majority $$;
SELECT pg_temp.board(ARRAY[1, 1, 1, 1], 'unanimous');
SELECT pg_temp.propose(103) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'for'), pg_temp.vote(:vote, 'b', 'for'), pg_temp.vote(:vote, 'c', 'for');
SELECT pg_temp.vote(:vote, 'e', 'for');
SELECT pg_temp.propose(104) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'for'), pg_temp.vote(:vote, 'b', 'abstain');
SELECT pg_temp.board(ARRAY[12, 1, 6], '2/3');
SELECT pg_temp.propose(105) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'for'), pg_temp.vote(:vote, 'c', 'against'), pg_temp.vote(:vote, 'b', 'against');
SELECT pg_temp.propose(106) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'for'), pg_temp.vote(:vote, 'c', 'against'), pg_temp.vote(:vote, 'b', 'for');
-- An absolute majority is of all votes: 95 of 189.
SELECT pg_temp.board(ARRAY[94, 56, 39], 'absolute');
SELECT pg_temp.propose(107) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'for'), pg_temp.vote(:vote, 'b', 'abstain'), pg_temp.vote(:vote, 'c', 'abstain');
SELECT pg_temp.board(ARRAY[95, 55, 39], 'absolute');
SELECT pg_temp.propose(108) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'for');
-- Without a quorum nothing is decided.
SELECT pg_temp.board(ARRAY[2, 1, 1], 'simple', 60);
SELECT pg_temp.propose(109) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'for');
SELECT pg_temp.vote(:vote, 'b', 'abstain');

-- A host decides after views: given, waived, or their days are over.
DELETE FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'host', body => 'pr.board', views_days => 56) > 0 AS ruled;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.set_cap('pr.dev', 'pr.a', 'budget', '2026', 200);
\set VERBOSITY sqlstate
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 200}', 'x', hear_through => current_date + 10);
\set VERBOSITY default
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 200}', 'x', hear_through => current_date + 60) AS host \gset
RESET SESSION AUTHORIZATION;
SELECT hear_through - (proposed_at AT TIME ZONE 'UTC')::date BETWEEN 59 AND 61 AS days FROM steering.decision WHERE id = :host;
UPDATE steering.decision_record SET hear_through = steering.decision_day() WHERE decision_id = :host;
SELECT functionary, choice, waiting_participant FROM steering.proposal;
SET SESSION AUTHORIZATION regress_p;
\set VERBOSITY sqlstate
SELECT steering.sign(:host, 'approve');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
SELECT pg_temp.vote(:host, 'a', 'view'), pg_temp.vote(:host, 'b', 'abstain');
SELECT pg_temp.vote(:host, 'a', 'view');
SELECT pg_temp.vote(:host, 'c', 'for');
-- One day later the last one is not waited for.
UPDATE steering.decision_record SET hear_through = steering.decision_day() - 1 WHERE decision_id = :host;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.sign(:host, 'approve');
-- Consent binds: who says nothing has not consented, whatever the day.
RESET SESSION AUTHORIZATION;
SELECT steering.set_rule(ARRAY['set_cap'], 'host', body => 'pr.board', needs => 'consent') > 0 AS ruled;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 210}', 'x') AS host \gset
RESET SESSION AUTHORIZATION;
SELECT pg_temp.vote(:host, 'a', 'consent'), pg_temp.vote(:host, 'b', 'view');
SET SESSION AUTHORIZATION regress_p;
SELECT steering.sign(:host, 'approve');
RESET SESSION AUTHORIZATION;
SELECT pg_temp.vote(:host, 'c', 'reject');
-- Who gave a view alone has not consented. Where all have answered, and where a last day was said, it can be closed.
SET SESSION AUTHORIZATION regress_p;
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 210}', 'x') AS host \gset
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 210}', 'x', hear_through => 'infinity') AS term \gset
RESET SESSION AUTHORIZATION;
SELECT pg_temp.vote(:host, 'a', 'consent'), pg_temp.vote(:host, 'b', 'view');
SELECT count(*) FROM steering.health() WHERE problem = 'days are over';
SELECT pg_temp.vote(:host, 'c', 'consent');
SELECT count(*) FROM steering.health() WHERE problem = 'days are over';
SELECT steering.close_decision(:host);
SELECT outcome FROM steering.decision WHERE id = :host;
SELECT hear_through FROM steering.decision WHERE id = :term;
UPDATE steering.decision_record SET hear_through = steering.decision_day() - 1 WHERE decision_id = :term;
SELECT steering.close_decision(:term);
-- A body without members has given no view, and no consent: health() tells. Views have their last day, consents are to come.
CREATE FUNCTION pg_temp.approve(decision integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
	SET LOCAL SESSION AUTHORIZATION regress_p;
	state := steering.sign(decision, 'approve');
	RESET SESSION AUTHORIZATION;
	RETURN state;
EXCEPTION WHEN OTHERS THEN
	RETURN concat(SQLSTATE, ' ', regexp_replace(SQLERRM, ' [0-9]+ waits for (\w+).*', ' N waits for \1'));
END $$;
BEGIN;
UPDATE steering.body_member SET during = '(,2020-01-01)' WHERE body = 'pr.board';
SELECT problem, detail, hint FROM steering.health() WHERE problem = 'nobody to be heard';
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 220}', 'x') AS empty \gset
SELECT pg_temp.approve(:empty);
UPDATE steering.rule SET needs = 'view', views_days = 56;
SELECT problem, detail FROM steering.health() WHERE problem = 'nobody to be heard';
UPDATE steering.decision_record SET hear_through = steering.decision_day() WHERE decision_id = :empty;
SELECT pg_temp.approve(:empty);
UPDATE steering.decision_record SET hear_through = steering.decision_day() - 1 WHERE decision_id = :empty;
SELECT pg_temp.approve(:empty);
ROLLBACK;
-- Nobody is passed over by a direct call where a mandate is enough after the members were heard.
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', body => 'pr.board', views_days => 56) > 0 AS ruled;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.set_cap('pr.dev', 'pr.a', 'budget', '2026', 220);
RESET SESSION AUTHORIZATION;

-- Decided elsewhere: recorded with its document by who holds a mandate.
DELETE FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'record') > 0 AS ruled;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.set_cap('pr.dev', 'pr.a', 'budget', '2026', 300);
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 300}', 'x');
SELECT steering.propose('set_cap', '{"service": "pr.dev", "participant": "pr.a", "metric": "budget", "during": "2026", "amount": 300}', 'x', 'council 2026-11') AS record \gset
SELECT steering.sign(:record, 'approve');
RESET SESSION AUTHORIZATION;
SELECT method, document, state FROM steering.decision WHERE id = :record;

-- The nearest rule wins: of the service, then of its kind, then of the participant.
DELETE FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'dual') AS general, steering.set_rule(ARRAY['set_cap'], 'mandate', service_kind => 'standard') AS kind,
	steering.set_rule(ARRAY['set_cap'], 'record', participant => 'pr.a') AS participant, steering.set_rule(ARRAY['set_cap'], 'host', service => 'pr.dev') AS service;
SELECT s, p, (steering.rule_for('set_cap', s, p, 5, current_date)).method
FROM (VALUES ('pr.std', 'pr.a'), ('pr.dev', 'pr.a'), ('pr.dev', 'pr.b'), (NULL, 'pr.a'), (NULL, 'pr.b')) AS asked (s, p);

-- Rules are judged by the rules as they were: a rule cannot be dropped by the way that it opens.
DELETE FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_rule', 'drop_rule'], 'dual') AS rule \gset
SET SESSION AUTHORIZATION regress_p;
SELECT steering.drop_rule(:rule);
SELECT steering.set_rule(ARRAY['set_rule', 'drop_rule'], 'mandate', service => 'pr.std');
SELECT steering.set_rule(ARRAY['set_rule', 'drop_rule'], 'mandate');
RESET SESSION AUTHORIZATION;
SELECT steering.set_mandate('regress_p', ARRAY['drop_rule'], NULL, NULL, '(,)', 0) > 0, steering.set_mandate('regress_q', ARRAY['drop_rule'], NULL, NULL, '(,)', 0) > 0;
SET SESSION AUTHORIZATION regress_p;
SELECT steering.propose('drop_rule', jsonb_build_object('rule', :rule), 'no more') AS drop \gset
SET SESSION AUTHORIZATION regress_q;
SELECT steering.sign(:drop, 'approve');
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM steering.rule;

-- A superuser does what he likes, and that is told.
SELECT steering.set_rule(ARRAY['set_cap'], 'dual') > 0 AS ruled;
SELECT steering.set_cap('pr.dev', 'pr.a', 'budget', '2026', 400) > 0 AS set;
SELECT act, method, in_mandate FROM steering.decision ORDER BY id DESC LIMIT 1;

-- The registers are asked about too, whatever way leads to them.
DELETE FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_participant', 'drop_participant'], 'mandate') > 0 AS ruled;
SELECT steering.set_mandate('regress_p', ARRAY['set_participant'], NULL, 'pr.a', '(,)', 0) > 0 AS given;
GRANT SELECT, INSERT, UPDATE, DELETE ON steering.participant TO regress_p;
GRANT EXECUTE ON FUNCTION steering.set_participant TO regress_p;
SET SESSION AUTHORIZATION regress_p;
INSERT INTO steering.participant (code, name) VALUES ('pr.x', 'X');
INSERT INTO steering.participant (code, parent, name) VALUES ('pr.a.x', 'pr.a', 'X');
UPDATE steering.participant SET parent = 'pr.a' WHERE code = 'pr.b';
UPDATE steering.participant SET inhabitants = 1 WHERE code = 'pr.b';
UPDATE steering.participant SET name = 'Bee' WHERE code = 'pr.b';
DELETE FROM steering.participant WHERE code = 'pr.a.x';
SELECT steering.set_participant('pr.b', 'Bee', 'pr', 3);
SELECT steering.set_participant('pr.a.x', 'Xx', 'pr.a', 3) > 0 AS set;
RESET SESSION AUTHORIZATION;

-- Inner functions and tables are nobody's.
SET SESSION AUTHORIZATION regress_p;
SELECT * FROM steering.rule_for('set_cap', NULL, NULL, 1, current_date);
SELECT steering.is_deciding();
SELECT steering.capacity('regress_p', '{}', current_date);
TABLE steering.decision_log;
INSERT INTO steering.signature_record (decision_id) VALUES (1);
SELECT * FROM steering.proposal_of('postgres');
SELECT * FROM steering.authority_of('regress_q');
SELECT count(*) FROM steering.verify_log();
RESET SESSION AUTHORIZATION;

SELECT * FROM steering.verify_log();
DELETE FROM steering.rule;
DELETE FROM steering.body_member;
DELETE FROM steering.body;
DELETE FROM steering.deputy;
DELETE FROM steering.mandate;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'pr.%';
DELETE FROM steering.service WHERE code LIKE 'pr%';
DELETE FROM steering.participant WHERE code LIKE 'pr%';
DROP FUNCTION pg_temp.vote, pg_temp.propose, pg_temp.board, pg_temp.approve;
DROP OWNED BY regress_p, regress_d, regress_q, regress_a, regress_b, regress_c, regress_e;
DROP ROLE regress_p, regress_d, regress_q, regress_a, regress_b, regress_c, regress_e;
