--
-- Mandates: the least limit along a chain, submandates only as allowed, days, deputies, limits of a year, and no splitting.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_college;
CREATE ROLE regress_director;
CREATE ROLE regress_manager;
CREATE ROLE regress_leader;
CREATE ROLE regress_host_manager;
CREATE ROLE regress_host_director;
CREATE ROLE regress_clerk;
RESET client_min_messages;

INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
	('md', NULL, 'region', NULL), ('md.leiden', 'md', 'Leiden', 127089), ('md.other', 'md', 'Other', 9000);
INSERT INTO steering.service (code, parent, name) VALUES ('md.ict', NULL, 'ICT'), ('md.ict.work', 'md.ict', 'Workplace'), ('md.hr', NULL, 'HR');
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.drop_cap, steering.set_mandate, steering.revoke_mandate, steering.consent_mandate,
	steering.set_deputy, steering.propose, steering.sign, steering.withdraw, steering.book_reserve
	TO regress_college, regress_director, regress_manager, regress_leader, regress_host_manager, regress_host_director, regress_clerk;

-- Without rules an act is free for whoever may execute it, and nothing is recorded.
SET SESSION AUTHORIZATION regress_clerk;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1000) > 0 AS set;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM steering.decision;

-- A chain: college, director up to 250,000, manager up to 50,000, and a leader who was given more than the manager has.
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate') > 0 AS ruled;
SELECT steering.set_mandate('regress_college', ARRAY['set_cap', 'drop_cap'], NULL, NULL, '(,)', 'infinity', may_submandate => true) AS college \gset
SET SESSION AUTHORIZATION regress_college;
SELECT steering.set_mandate('regress_director', ARRAY['set_cap'], NULL, NULL, '(,)', 250000, may_submandate => true, parent => :college) AS director \gset
SET SESSION AUTHORIZATION regress_director;
SELECT steering.set_mandate('regress_manager', ARRAY['set_cap'], 'md.ict', NULL, '(,)', 50000, may_submandate => true, parent => :director) AS manager \gset
SET SESSION AUTHORIZATION regress_manager;
SELECT steering.set_mandate('regress_leader', ARRAY['set_cap'], 'md.ict', 'md', '(,)', 100000, parent => :manager) AS leader \gset
RESET SESSION AUTHORIZATION;
SELECT functionary, act, service, participant, amount_limit, path, may_submandate FROM steering.authority ORDER BY amount_limit DESC, functionary DESC;

-- What counts is the least limit: the leader may do 50,000 and not a unit more.
SET SESSION AUTHORIZATION regress_leader;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 61000.0000);
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 51000.0001);
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 51000) > 0 AS set;
-- Lowering comes to 0.
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1000) > 0 AS set;
-- So does what is set as it is: nothing is asked.
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1000) > 0 AS set;
-- A ladder that lets more through raises the limit as well, and one that never blocks has no end.
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1000, '10000% block');
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1000, '100% warn');
-- Another service is outside, one below is inside.
SELECT steering.set_cap('md.hr', 'md.leiden', 'budget', '2026', 10);
SELECT steering.set_cap('md.ict.work', 'md.other', 'budget', '2026', 10) > 0 AS set;
RESET SESSION AUTHORIZATION;
-- No rule is for that act.
SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'md.ict.work';
SELECT act, service, participant, trim_scale(amount) AS amount, method, state, proposed_by, in_mandate
FROM steering.decision WHERE act IN ('set_cap', 'drop_cap') ORDER BY id;

-- Who may see all is told who may; those above keep their power.
GRANT SELECT ON steering.cap TO regress_leader;
SET SESSION AUTHORIZATION regress_leader;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 61001);
SET SESSION AUTHORIZATION regress_director;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 61000) > 0 AS set;
SET SESSION AUTHORIZATION regress_college;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1000) > 0 AS set;
-- Neither SET ROLE nor a function with the rights of somebody else makes another person.
RESET SESSION AUTHORIZATION;
GRANT regress_director TO regress_clerk;
CREATE FUNCTION pg_temp.raise() RETURNS integer LANGUAGE sql SECURITY DEFINER
	AS 'SELECT steering.set_cap(''md.ict'', ''md.leiden'', ''budget'', ''2026'', 1001)';
SET SESSION AUTHORIZATION regress_clerk;
SET ROLE regress_director;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1001);
RESET ROLE;
SELECT pg_temp.raise();
RESET SESSION AUTHORIZATION;
REVOKE regress_director FROM regress_clerk;

-- A mandate that may not be given on ends the chain, also one that was given on before.
UPDATE steering.mandate SET may_submandate = false WHERE mandate_id = :manager;
SET SESSION AUTHORIZATION regress_leader;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1001);
SET SESSION AUTHORIZATION regress_manager;
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.ict', NULL, '(,)', 1, parent => :manager);
RESET SESSION AUTHORIZATION;
UPDATE steering.mandate SET may_submandate = true WHERE mandate_id = :manager;

-- More than the parent holds is refused; so is a mandate that is part of no other, but by who may grant it.
SET SESSION AUTHORIZATION regress_manager;
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap', 'drop_cap'], 'md.ict', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.hr', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], NULL, NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.ict', NULL, '(,)', 1, parent => :director);
SELECT steering.set_mandate('regress_manager', ARRAY['set_cap'], NULL, NULL, '(,)', 'infinity');
-- Bad input.
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.ict', NULL, '(,)', NULL, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.ict', NULL, '(,)', -1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.ict', NULL, '(,)', 'NaN', parent => :manager);
SELECT steering.set_mandate('regress_nobody', ARRAY['set_cap'], 'md.ict', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_caps'], 'md.ict', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['spread_cap'], 'md.ict', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', NULL, 'md.ict', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap', NULL], 'md.ict', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', '{}', 'md.ict', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.nothing', NULL, '(,)', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.ict', NULL, 'empty', 1, parent => :manager);
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.ict', NULL, '(,)', 1, parent => 1000000);
RESET SESSION AUTHORIZATION;
\set VERBOSITY terse
UPDATE steering.mandate SET parent = mandate_id WHERE mandate_id = :manager;
\set VERBOSITY default
SELECT count(*) FROM steering.mandate;

-- Days: from the first to the last, and not on the day on which it was revoked.
SELECT steering.set_mandate('regress_clerk', ARRAY['set_cap'], 'md.hr', NULL, '[2026-01-01,2027-01-01)', 5) AS clerk \gset
SELECT day, (SELECT count(*) FROM steering.who_may('set_cap', 'md.hr', 'md.leiden', 5, day::date) WHERE functionary = 'regress_clerk')
FROM unnest(ARRAY['2025-12-31', '2026-01-01', '2026-12-31', '2027-01-01']) AS day;
UPDATE steering.mandate SET revoked_on = '2026-06-01', revoked_by = 'x', revoke_reason = 'x' WHERE mandate_id = :clerk;
SELECT day, (SELECT count(*) FROM steering.who_may('set_cap', 'md.hr', 'md.leiden', 5, day::date) WHERE functionary = 'regress_clerk')
FROM unnest(ARRAY['2026-05-31', '2026-06-01']) AS day;
SELECT steering.revoke_mandate(:clerk, 'again');
DELETE FROM steering.mandate WHERE mandate_id = :clerk;

-- An amount that none can be is not one that no rule is for.
SELECT * FROM steering.who_may('set_cap', 'md.hr', 'md.leiden', -0.01);
SELECT * FROM steering.who_may('set_cap', 'md.hr', 'md.leiden', 'NaN');

-- Who gave a mandate revokes it, and with it all that are a part of it.
SET SESSION AUTHORIZATION regress_leader;
SELECT steering.revoke_mandate(:manager, 'no');
SET SESSION AUTHORIZATION regress_college;
SELECT steering.revoke_mandate(:manager, ' ');
SELECT steering.revoke_mandate(:manager, 'reorganised');
SET SESSION AUTHORIZATION regress_leader;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1001);
RESET SESSION AUTHORIZATION;
UPDATE steering.mandate SET revoked_on = NULL, revoked_by = NULL, revoke_reason = NULL WHERE mandate_id = :manager;

-- A functionary of another organisation: in force when both he and somebody for his employer have consented.
SET SESSION AUTHORIZATION regress_college;
SELECT steering.set_mandate('regress_host_manager', ARRAY['set_cap'], 'md.hr', NULL, '(,)', 100, parent => :college, employer => 'md.other') AS host \gset
SET SESSION AUTHORIZATION regress_host_manager;
SELECT steering.set_cap('md.hr', 'md.leiden', 'budget', '2026', 10);
SELECT steering.consent_mandate(:host);
SELECT steering.set_cap('md.hr', 'md.leiden', 'budget', '2026', 10);
SET SESSION AUTHORIZATION regress_host_director;
SELECT steering.consent_mandate(:host);
RESET SESSION AUTHORIZATION;
SELECT steering.set_mandate('regress_host_director', ARRAY['consent_mandate'], NULL, 'md.other', '(,)', 0) > 0 AS given;
SET SESSION AUTHORIZATION regress_host_director;
SELECT steering.consent_mandate(:host);
SELECT steering.consent_mandate(:manager);
SET SESSION AUTHORIZATION regress_host_manager;
SELECT steering.set_cap('md.hr', 'md.leiden', 'budget', '2026', 10) > 0 AS set;
RESET SESSION AUTHORIZATION;

-- A deputy acts for his principal, on his days, and it is told for whom.
SET SESSION AUTHORIZATION regress_leader;
SELECT steering.set_deputy('regress_manager', 'regress_clerk', daterange(current_date - 1, current_date + 3));
SET SESSION AUTHORIZATION regress_manager;
SELECT steering.set_deputy('regress_manager', 'regress_manager', '(,)');
SELECT steering.set_deputy('regress_manager', 'regress_clerk', daterange(current_date - 9, current_date - 5));
SET SESSION AUTHORIZATION regress_clerk;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1001);
SET SESSION AUTHORIZATION regress_manager;
SELECT steering.set_deputy('regress_manager', 'regress_clerk', daterange(current_date - 9, current_date + 9));
SET SESSION AUTHORIZATION regress_clerk;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1001) > 0 AS set;
SELECT functionary, signed_for, choice FROM steering.signature WHERE functionary <> signed_for;
RESET SESSION AUTHORIZATION;

-- A limit for a year, of which each act uses a part.
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate') > 0 AS ruled;
SELECT steering.set_mandate('regress_host_director', ARRAY['book_reserve'], NULL, NULL, '(,)', 'infinity', 300000) > 0 AS given;
SET SESSION AUTHORIZATION regress_host_director;
SELECT steering.book_reserve('2026-01-01', 200000, 'x') > 0 AS booked;
SELECT steering.book_reserve('2026-01-01', -100000, 'x') > 0 AS booked;
SELECT steering.book_reserve('2026-01-01', 0.01, 'x');
RESET SESSION AUTHORIZATION;
-- 0.5 percent of a net revenue of 120,000,000 for one, where others have 0.25 percent.
SELECT steering.set_mandate('regress_leader', ARRAY['book_reserve'], NULL, NULL, '(,)', 'infinity', 120000000 * 0.005) > 0 AS given;
SET SESSION AUTHORIZATION regress_leader;
SELECT steering.book_reserve('2026-01-01', 600000.01, 'x');
SELECT steering.book_reserve('2026-01-01', 500000, 'x') > 0 AS booked;
SELECT steering.book_reserve('2026-01-01', 100000, 'x') > 0 AS booked;
SELECT steering.book_reserve('2026-01-01', 0.01, 'x');
RESET SESSION AUTHORIZATION;
DELETE FROM steering.mandate WHERE functionary = 'regress_leader' AND acts = ARRAY['book_reserve'];
-- A ladder of amounts: who may do least is named first, and a council decides what is above all of them.
BEGIN;
DELETE FROM steering.rule WHERE acts = ARRAY['book_reserve'];
SELECT steering.set_body('md.council', 'Council', max_share_percent => 100) AS body, steering.set_body_member('md.council', 'md.leiden', 'regress_college', '(,)') > 0 AS member;
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate', amounts => '[0,50000]') > 0 AS ruled, steering.set_rule(ARRAY['book_reserve'], 'vote', amounts => '(50000,)', body => 'md.council') > 0 AS voted;
SELECT count(steering.set_mandate(role, ARRAY['book_reserve'], NULL, NULL, '(,)', most))
FROM (VALUES ('regress_leader', 99.99), ('regress_manager', 1000), ('regress_director', 5000), ('regress_host_manager', 50000)) AS step (role, most);
SELECT amount, (steering.rule_for('book_reserve', NULL, NULL, amount, current_date)).method,
	(SELECT functionary FROM steering.who_may('book_reserve', NULL, NULL, amount) WITH ORDINALITY AS may WHERE functionary <> 'regress_host_director' ORDER BY ordinality LIMIT 1) AS first
FROM unnest('{99.99, 100, 1000, 1000.01, 1001, 5000, 5000.01, 5001, 50000, 50000.01}'::numeric[]) AS amount;
ROLLBACK;
-- What has no amount needs a mandate, whatever its limit: none is told.
BEGIN;
SELECT steering.set_rule(ARRAY['drop_cap'], 'dual') > 0 AS ruled;
SELECT steering.set_mandate('regress_manager', ARRAY['drop_cap'], NULL, NULL, '(,)', 0) > 0 AS given;
SELECT cap_id AS cap FROM steering.cap_status WHERE service = 'md.ict' AND participant = 'md.leiden' LIMIT 1 \gset
GRANT SELECT ON steering.cap TO regress_manager;
SET SESSION AUTHORIZATION regress_manager;
SELECT steering.drop_cap(:cap);
ROLLBACK;
RESET SESSION AUTHORIZATION;
-- Splitting: what one decides of it within 30 days is one act.
SELECT steering.drop_rule(rule_id) FROM steering.rule WHERE acts = ARRAY['book_reserve'];
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate', window_days => 30) > 0 AS ruled;
SELECT steering.set_mandate('regress_manager', ARRAY['book_reserve'], NULL, NULL, '(,)', 50000) > 0 AS given;
SET SESSION AUTHORIZATION regress_manager;
SELECT steering.book_reserve('2026-01-01', 30000, 'x') > 0 AS booked;
SELECT steering.book_reserve('2026-01-01', 30000, 'x');
SELECT steering.book_reserve('2026-01-01', 20000, 'x') > 0 AS booked;
RESET SESSION AUTHORIZATION;
-- Long ago is another act; and a table of rules is entered with the whole.
UPDATE steering.decision_record SET executed_on = executed_on - 30 WHERE act = 'book_reserve' AND amount = 30000;
SET SESSION AUTHORIZATION regress_manager;
SELECT steering.book_reserve('2026-01-01', 30000, 'x') > 0 AS booked;
RESET SESSION AUTHORIZATION;
SELECT problem ~ 'says something else of executed_on' AS told FROM steering.verify_log();
UPDATE steering.decision_record SET executed_on = executed_on + 30 WHERE act = 'book_reserve' AND executed_on < steering.decision_day() - 20;

-- Over different acts it is one act too, for the same service and participant: 30,000 more budget, and an agreement of 30,000.
SELECT steering.drop_rule(rule_id) FROM steering.rule WHERE acts = ARRAY['set_cap'];
SELECT steering.set_rule(ARRAY['set_agreement', 'set_cap'], 'mandate', window_days => 30) > 0 AS ruled;
SELECT steering.set_mandate('regress_host_director', ARRAY['set_agreement', 'set_cap'], 'md.hr', 'md.leiden', '(,)', 50000) AS split \gset
GRANT EXECUTE ON FUNCTION steering.set_agreement TO regress_host_director;
SET SESSION AUTHORIZATION regress_host_director;
SELECT steering.set_cap('md.hr', 'md.leiden', 'budget', '2027', 30000) > 0 AS set;
SELECT steering.set_agreement('md.hr', 'md.leiden', '2027', 'lump_sum', base => 30000);
SELECT steering.propose('set_agreement', '{"service": "md.hr", "participant": "md.leiden", "during": "2027", "form": "lump_sum", "base": 30000}', 'x') AS split_decision \gset
SELECT steering.sign(:split_decision, 'approve');
SELECT steering.withdraw(:split_decision, 'x');
SELECT steering.set_agreement('md.hr', 'md.leiden', '2027', 'lump_sum', base => 20000) AS agreement \gset
RESET SESSION AUTHORIZATION;
SELECT steering.drop_agreement(:agreement);
DELETE FROM steering.mandate WHERE mandate_id = :split;
-- The limit of a year of a mandate holds for what one functionary does with all parts of it. Others have their own.
SELECT steering.set_rule(ARRAY['set_agreement', 'set_cap'], 'mandate') > 0 AS ruled;
SELECT steering.set_mandate('regress_college', ARRAY['set_cap'], NULL, NULL, '(,)', 'infinity', 100, may_submandate => true) AS year \gset
CREATE ROLE regress_one;
CREATE ROLE regress_two;
GRANT EXECUTE ON FUNCTION steering.set_cap TO regress_one, regress_two;
SELECT steering.set_mandate('regress_one', ARRAY['set_cap'], service, NULL, '(,)', 'infinity', 100, parent => :year) > 0 AS given FROM unnest(ARRAY['md.hr', 'md.ict']) AS service;
SELECT steering.set_mandate('regress_two', ARRAY['set_cap'], 'md.hr', NULL, '(,)', 'infinity', 100, parent => :year) > 0 AS given;
SET SESSION AUTHORIZATION regress_one;
SELECT steering.set_cap('md.hr', 'md.other', 'budget', '2028', 60) > 0 AS set;
SELECT steering.set_cap('md.ict', 'md.other', 'budget', '2028', 41);
SELECT steering.set_cap('md.ict', 'md.other', 'budget', '2028', 40) > 0 AS set;
SET SESSION AUTHORIZATION regress_two;
SELECT steering.set_cap('md.hr', 'md.other', 'budget', '2028', 160) > 0 AS set;
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_one, regress_two;
DROP ROLE regress_one, regress_two;
DELETE FROM steering.mandate WHERE :year IN (mandate_id, parent);

-- An act that needs a qualified majority cannot be mandated, but up to where that begins.
BEGIN;
SELECT steering.set_body('md.board', 'Board', max_share_percent => 100);
SELECT steering.set_body_member('md.board', 'md.leiden', 'regress_college', '(,)') > 0 AS member;
SELECT steering.set_rule(ARRAY['drop_cap'], 'mandate', amounts => '[0,100)') > 0 AS ruled;
SELECT steering.set_rule(ARRAY['drop_cap'], 'vote', amounts => '[100,)', body => 'md.board', majority => 'unanimous') > 0 AS ruled;
COMMIT;
SELECT steering.set_mandate('regress_clerk', ARRAY['drop_cap'], NULL, NULL, '(,)', 'infinity');
SELECT steering.set_mandate('regress_clerk', ARRAY['drop_cap'], NULL, NULL, '(,)', 99) > 0 AS given;
SELECT steering.set_rule(ARRAY['drop_risk'], 'vote', body => 'md.board', majority => '2/3', service_kind => 'standard') > 0 AS ruled;
SELECT steering.set_mandate('regress_clerk', ARRAY['drop_risk'], 'md.hr', NULL, '(,)', 1);

-- Who may, and what else it takes.
SELECT functionary, path, amount_limit, year_limit, method, needs FROM steering.who_may('set_cap', 'md.ict.work', 'md.leiden', 40000);
SELECT functionary, path, method, needs FROM steering.who_may('drop_cap', 'md.ict.work', 'md.leiden', 100);
SELECT * FROM steering.who_may('drop', NULL, NULL, NULL);

-- A role that is gone or has another name gives nobody a right, and health() tells.
ALTER ROLE regress_leader RENAME TO regress_lead;
SET SESSION AUTHORIZATION regress_lead;
SELECT steering.set_cap('md.ict', 'md.leiden', 'budget', '2026', 1002);
RESET SESSION AUTHORIZATION;
SELECT regexp_replace(subject, '[0-9]+', 'N') AS subject, problem, detail FROM steering.health() WHERE problem = 'role missing';
ALTER ROLE regress_lead RENAME TO regress_leader;

SELECT * FROM steering.verify_log();
DELETE FROM steering.rule;
DELETE FROM steering.body_member;
DELETE FROM steering.body;
DELETE FROM steering.deputy;
DELETE FROM steering.mandate;
SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service LIKE 'md.%';
DELETE FROM steering.service WHERE code LIKE 'md%';
DELETE FROM steering.participant WHERE code LIKE 'md%';
SELECT count(*) FROM steering.health() WHERE subject LIKE 'mandate%' OR subject LIKE 'rule%' OR subject LIKE 'body%';
DROP OWNED BY regress_college, regress_director, regress_manager, regress_leader, regress_host_manager, regress_host_director, regress_clerk;
DROP ROLE regress_college, regress_director, regress_manager, regress_leader, regress_host_manager, regress_host_director, regress_clerk;
