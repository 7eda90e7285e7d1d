--
-- The same proposal, 60,000 more budget for workplaces in Leiden in 2027, under three forms of collaboration, each of them data: a joint
-- body, a host, a cooperative. What each of the three asked of whom is told at the end.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_leiden;
CREATE ROLE regress_leiderdorp;
CREATE ROLE regress_oegstgeest;
CREATE ROLE regress_zoeterwoude;
CREATE ROLE regress_director;
CREATE ROLE regress_controller;
CREATE ROLE regress_circle;
RESET client_min_messages;
SELECT setval('steering.decision_record_decision_id_seq', 8500000) AS first;
INSERT INTO steering.participant (code, name, inhabitants) VALUES ('fm', 'Region', NULL), ('fm.leiden', 'Leiden', 127089), ('fm.leiderdorp', 'Leiderdorp', 27657),
	('fm.oegstgeest', 'Oegstgeest', 25000), ('fm.zoeterwoude', 'Zoeterwoude', 9000);
UPDATE steering.participant SET parent = 'fm' WHERE code LIKE 'fm.%';
INSERT INTO steering.service (code, name, kind) VALUES ('fm.work', 'Workplaces', 'standard'), ('fm.cases', 'Case system', 'development');
GRANT EXECUTE ON FUNCTION steering.propose, steering.sign, steering.close_decision, steering.set_cap, steering.set_agreement, steering.consent_mandate
	TO regress_leiden, regress_leiderdorp, regress_oegstgeest, regress_zoeterwoude, regress_director, regress_controller, regress_circle;
SELECT steering.set_cap('fm.work', 'fm.leiden', 'budget', '2027', 3000000) > 0 AS set, steering.set_cap('fm.cases', 'fm.leiden', 'budget', '2027', 100000) > 0 AS set;
CREATE TEMPORARY TABLE form (place serial, form text, decision integer);
CREATE FUNCTION pg_temp.propose(form text, service text, amount numeric) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE made integer;
BEGIN
	SET LOCAL SESSION AUTHORIZATION regress_controller;
	made := steering.propose('set_cap', jsonb_build_object('service', service, 'participant', 'fm.leiden', 'metric', 'budget', 'during', '2027', 'amount', amount), 'more workplaces');
	RESET SESSION AUTHORIZATION;
	INSERT INTO form (form, decision) VALUES (form, made);
	RETURN made;
END $$;
-- Who signs, what, and for whom: the state, or why not.
CREATE FUNCTION pg_temp.sign(decision integer, who text, choice text, participant text DEFAULT NULL, remark text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
	EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', 'regress_' || who);
	state := steering.sign(decision, choice, 'fm.' || participant, remark);
	RESET SESSION AUTHORIZATION;
	RETURN state;
EXCEPTION WHEN OTHERS THEN
	RETURN concat(SQLSTATE, ' ', regexp_replace(regexp_replace(SQLERRM, 'decision [0-9]+', 'decision N'), '\d+-\d+-\d+', 'DAY'));
END $$;

-- A joint body: a board of four aldermen decides standard services, a vote each. A development service is led by the largest, whose
-- director decides it alone, within his mandate.
BEGIN;
SELECT steering.set_body('fm.board', 'Board of four aldermen');
SELECT count(steering.set_body_member('fm.board', 'fm.' || who, 'regress_' || who, '(,)')) FROM unnest(ARRAY['leiden', 'leiderdorp', 'oegstgeest', 'zoeterwoude']) AS who;
SELECT steering.set_rule(ARRAY['set_cap'], 'vote', service_kind => 'standard', body => 'fm.board') > 0 AS standard,
	steering.set_rule(ARRAY['set_cap'], 'mandate', service_kind => 'development') > 0 AS development;
COMMIT;
SELECT steering.set_mandate('regress_director', ARRAY['set_cap'], NULL, NULL, '(,)', 250000, document => 'mandate decision 7') > 0 AS given;
SELECT pg_temp.propose('joint body', 'fm.work', 3060000) AS joint \gset
SELECT pg_temp.sign(:joint, 'director', 'approve') AS director;
SELECT functionary, choice, waiting_participant FROM steering.proposal WHERE decision = :joint ORDER BY 1;
SELECT pg_temp.sign(:joint, 'leiden', 'for', 'leiden') AS leiden, pg_temp.sign(:joint, 'oegstgeest', 'against', 'oegstgeest', 'too dear') AS oegstgeest,
	pg_temp.sign(:joint, 'leiderdorp', 'for', 'leiderdorp') AS leiderdorp, pg_temp.sign(:joint, 'zoeterwoude', 'for', 'zoeterwoude') AS zoeterwoude;
SET SESSION AUTHORIZATION regress_director;
SELECT steering.set_cap('fm.cases', 'fm.leiden', 'budget', '2027', 160000) > 0 AS development_service;
SELECT steering.set_cap('fm.work', 'fm.leiden', 'budget', '2027', 3120000);
RESET SESSION AUTHORIZATION;

-- A host: Leiden decides after the views of its partners, who have six weeks; each contracts for itself.
BEGIN;
SELECT steering.drop_rule(rule_id) FROM steering.rule;
SELECT steering.set_body('fm.partners', 'Partners of Leiden', max_share_percent => 100);
SELECT count(steering.set_body_member('fm.partners', 'fm.' || who, 'regress_' || who, '(,)')) FROM unnest(ARRAY['leiderdorp', 'oegstgeest', 'zoeterwoude']) AS who;
SELECT steering.set_rule(ARRAY['set_cap'], 'host', body => 'fm.partners', views_days => 42) > 0 AS host, steering.set_rule(ARRAY['set_agreement'], 'mandate') > 0 AS contracts;
SELECT steering.set_mandate('regress_leiderdorp', ARRAY['set_agreement'], NULL, 'fm.leiderdorp', '(,)', 'infinity') > 0 AS given;
COMMIT;
SELECT pg_temp.propose('host', 'fm.work', 3120000) AS host \gset
SELECT functionary, choice, waiting_participant FROM steering.proposal WHERE decision = :host ORDER BY 1;
SELECT pg_temp.sign(:host, 'leiderdorp', 'view', 'leiderdorp', 'rather not') AS leiderdorp, pg_temp.sign(:host, 'director', 'approve') AS early,
	pg_temp.sign(:host, 'oegstgeest', 'abstain', 'oegstgeest') AS oegstgeest, pg_temp.sign(:host, 'zoeterwoude', 'view', 'zoeterwoude', 'agreed') AS zoeterwoude,
	pg_temp.sign(:host, 'leiden', 'approve') AS leiden, pg_temp.sign(:host, 'director', 'approve') AS director;
SET SESSION AUTHORIZATION regress_leiderdorp;
SELECT steering.set_agreement('fm.cases', 'fm.leiderdorp', '2027', 'lump_sum', base => 150000) AS own_contract \gset
SELECT steering.set_agreement('fm.cases', 'fm.oegstgeest', '2027', 'lump_sum', base => 150000);
RESET SESSION AUTHORIZATION;

-- A cooperative: the circle of a service has a representative, who holds a mandate of the members and works for one of them: both consent.
-- From 50,000 on a second one signs.
BEGIN;
SELECT steering.drop_rule(rule_id) FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', amounts => '[0,50000)') > 0 AS small, steering.set_rule(ARRAY['set_cap'], 'dual', amounts => '[50000,)') > 0 AS large;
SELECT steering.set_mandate('regress_circle', ARRAY['set_cap'], 'fm.work', NULL, '(,)', 100000, employer => 'fm.leiderdorp') AS circle \gset
COMMIT;
SELECT pg_temp.propose('cooperative', 'fm.work', 3180000) AS cooperative \gset
SELECT pg_temp.sign(:cooperative, 'circle', 'approve') AS without_consent;
SET SESSION AUTHORIZATION regress_circle;
SELECT steering.consent_mandate(:circle);
SET SESSION AUTHORIZATION regress_leiderdorp;
SELECT steering.consent_mandate(:circle);
RESET SESSION AUTHORIZATION;
SELECT functionary, choice FROM steering.proposal WHERE decision = :cooperative ORDER BY 1;
SELECT pg_temp.sign(:cooperative, 'circle', 'approve') AS circle, pg_temp.sign(:cooperative, 'circle', 'approve') AS again, pg_temp.sign(:cooperative, 'director', 'approve') AS director;

-- Who had to do what, under each of the three.
SELECT form.form, decision.method, decision.state, signature.functionary, signature.choice, signature.participant, signature.remark
FROM form JOIN steering.decision ON decision.id = form.decision JOIN steering.signature ON signature.decision = decision.id
ORDER BY form.place, signature.at;
SELECT service, trim_scale(amount) AS amount FROM steering.cap_status WHERE service LIKE 'fm.%' ORDER BY 1;
SELECT functionary, act, service, participant, amount_limit, year_limit, path FROM steering.authority WHERE functionary LIKE 'regress%' ORDER BY 1, 2;
SELECT * FROM steering.verify_log();

-- A table of authority as a county has it (Waverley): each amount has one who decides it, to the cent.
BEGIN;
SELECT steering.drop_rule(rule_id) FROM steering.rule;
SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate', amounts => '[0,1000]') > 0 AS officers, steering.set_rule(ARRAY['book_reserve'], 'vote', amounts => '(1000,5000]', body => 'fm.partners') > 0 AS board,
	steering.set_rule(ARRAY['book_reserve'], 'vote', amounts => '(5000,50000]', body => 'fm.board') > 0 AS executive, steering.set_rule(ARRAY['book_reserve'], 'record', amounts => '(50000,)') > 0 AS council;
SELECT steering.set_mandate('regress_circle', ARRAY['book_reserve'], NULL, NULL, '(,)', 99.99) > 0 AS manager, steering.set_mandate('regress_director', ARRAY['book_reserve'], NULL, NULL, '(,)', 1000) > 0 AS officer,
	steering.set_mandate('regress_controller', ARRAY['book_reserve'], NULL, NULL, '(,)', 'infinity') > 0 AS clerk_of_council;
COMMIT;
SELECT amount, string_agg(DISTINCT method, ' ') AS method, string_agg(functionary, ' ' ORDER BY amount_limit, functionary) AS by
FROM unnest(ARRAY[99.99, 100, 1000, 1000.01, 1001, 5000, 5000.01, 5001, 50000, 50000.01]) AS amount, steering.who_may('book_reserve', NULL, NULL, amount)
GROUP BY amount ORDER BY amount;
-- Its other table has a gap at exactly 5,000, and one from 1,000.01 to 1,000.99: it is refused, and the message says where.
BEGIN;
SELECT steering.set_rule(ARRAY['set_risk'], 'mandate', amounts => '[0,5000)') > 0 AS board, steering.set_rule(ARRAY['set_risk'], 'vote', amounts => '[5001,50000]', body => 'fm.board') > 0 AS executive,
	steering.set_rule(ARRAY['set_risk'], 'record', amounts => '(50000,)') > 0 AS council;
COMMIT;
-- A deputy, from 1 to 21 July.
SELECT steering.set_deputy('regress_director', 'regress_circle', '[2026-07-01,2026-07-22)');
SELECT day, (SELECT string_agg(principal, ' ' ORDER BY principal) FROM steering.signatory('regress_circle', day::date)) AS signs_for
FROM unnest(ARRAY['2026-06-30', '2026-07-01', '2026-07-20', '2026-07-21', '2026-07-22']) AS day;

DELETE FROM steering.rule;
DELETE FROM steering.body_member;
DELETE FROM steering.body;
DELETE FROM steering.deputy;
DELETE FROM steering.mandate;
SELECT steering.drop_agreement(:own_contract);
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'fm.%';
DELETE FROM steering.service WHERE code LIKE 'fm.%';
DELETE FROM steering.participant WHERE code LIKE 'fm.%';
DELETE FROM steering.participant WHERE code = 'fm';
DROP OWNED BY regress_leiden, regress_leiderdorp, regress_oegstgeest, regress_zoeterwoude, regress_director, regress_controller, regress_circle;
DROP ROLE regress_leiden, regress_leiderdorp, regress_oegstgeest, regress_zoeterwoude, regress_director, regress_controller, regress_circle;
