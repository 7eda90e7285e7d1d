-- What asks for attention: steps, outlooks, decisions, health; to each role what it may read, and told of once.
\set VERBOSITY terse
CREATE SCHEMA alert_test;
SET search_path = alert_test;
SET datestyle = ISO;
INSERT INTO steering.participant (code, parent, name) VALUES ('al.region', NULL, 'Region'), ('al.town', 'al.region', 'Town'), ('al.city', 'al.region', 'City');
INSERT INTO steering.service (code, parent, name) VALUES ('al.care', NULL, 'Care');
CREATE TABLE line (service text DEFAULT 'al.care', participant text DEFAULT 'al.town', booked_on date DEFAULT current_date, amount numeric);
SELECT steering.attach('line', 'service', 'participant', 'booked_on', 'amount') > 0 AS attached;

-- Of whatever is there already the tests look at nothing; they are days around today.
CREATE VIEW alert AS SELECT severity, kind, since IS NOT NULL AS since, service, participant, regexp_replace(problem, '\d{4}-\d{2}', 'MONTH') AS problem,
	kind = 'outlook' OR detail LIKE 'used%of%' AS figures
FROM steering.alert WHERE kind <> 'health' AND (service LIKE 'al.%' OR decision IS NOT NULL) ORDER BY kind, participant, severity;
SELECT format('[%s,%s)', current_date - 1, current_date + 2) AS days,
	format('[%s,%s)', date_trunc('month', current_date - interval '6 months')::date, date_trunc('month', current_date + interval '6 months')::date) AS year \gset
SET client_min_messages = error;
SELECT steering.set_cap('al.care', 'al.town', 'budget', :'days', 100, '50% notify, 80% warn, 100% block') AS town \gset
SELECT steering.set_cap('al.care', 'al.city', 'budget', :'year', 1000, '100% block') AS city \gset
TABLE alert;
-- a cap that is over asks for nothing
SELECT steering.set_cap('al.care', 'al.region', 'budget', format('[%s,%s)', current_date - 9, current_date - 5), 10, '100% warn') > 0 AS over;
INSERT INTO line (booked_on, amount) VALUES (current_date - 7, 20);
TABLE alert;
INSERT INTO line (amount) VALUES (50);
TABLE alert;
INSERT INTO line (amount) VALUES (30);
TABLE alert;
INSERT INTO line (amount) VALUES (20);
TABLE alert;
INSERT INTO line (participant, booked_on, amount) SELECT 'al.city', date_trunc('month', current_date)::date - 31 * n, 190 FROM generate_series(0, 4) AS n;
RESET client_min_messages;
TABLE alert;

-- A step that is left is no alert any more; a revision is since when.
UPDATE line SET amount = 10 WHERE participant = 'al.town';
TABLE alert;

-- Each role sees what it may read; who may not execute health() reads the view all the same.
CREATE ROLE regress_alert_town;
CREATE ROLE regress_alert_tell;
GRANT USAGE ON SCHEMA alert_test TO regress_alert_town;
GRANT SELECT ON alert TO regress_alert_town;
UPDATE steering.participant SET reader = 'regress_alert_town' WHERE code = 'al.town';
INSERT INTO line (amount) VALUES (25);
GRANT USAGE ON SCHEMA alert_test TO regress_alert_tell;
SET ROLE regress_alert_town;
SELECT kind, participant, problem FROM steering.alert;
SELECT count(*) FROM steering.health_of(SESSION_USER::name);
SELECT steering.notify_alerts();
TABLE steering.alert_seen;
TABLE steering.cap_alert;
RESET ROLE;

-- Told of once, and anew when they come back; no figures, since anybody can listen.
GRANT EXECUTE ON FUNCTION steering.notify_alerts() TO regress_alert_tell;
ALTER EVENT TRIGGER sp71_steering_follow DISABLE;
SET ROLE regress_alert_tell;
SELECT steering.notify_alerts() >= 3 AS told;
SELECT steering.notify_alerts() AS told_again;
RESET ROLE;
SELECT severity, kind, since >= date_trunc('day', now()) AS since, problem FROM steering.alert WHERE kind = 'health' AND problem LIKE '%sp71_steering_follow%';
SELECT count(*) AS figures FROM steering.alert_seen WHERE alert LIKE '%190%';
ALTER EVENT TRIGGER sp71_steering_follow ENABLE;
SELECT steering.notify_alerts() AS told_again;
SELECT count(*) AS remembered FROM steering.alert_seen WHERE alert LIKE '%follow%';
ALTER EVENT TRIGGER sp71_steering_follow DISABLE;
BEGIN;
SELECT steering.notify_alerts() AS comes_back;
ROLLBACK;
SELECT steering.notify_alerts() AS comes_back;
ALTER EVENT TRIGGER sp71_steering_follow ENABLE;

-- A decision that waits.
CREATE ROLE regress_alert_boss;
SELECT steering.set_mandate(boss, ARRAY['set_cap'], 'al.care', 'al.town', '[2020-01-01,)', 1000) > 0 AS mandate FROM unnest('{regress_alert_town, regress_alert_boss}'::text[]) AS boss;
SELECT steering.set_rule(ARRAY['set_cap'], 'dual') > 0 AS rule;
GRANT EXECUTE ON FUNCTION steering.propose, steering.withdraw, steering.set_cap TO regress_alert_town;
SET SESSION AUTHORIZATION regress_alert_town;
SELECT steering.propose('set_cap', '{"service": "al.care", "participant": "al.town", "metric": "budget", "during": "2026", "amount": 500}', 'test') AS decision \gset
RESET SESSION AUTHORIZATION;
SELECT * FROM alert WHERE kind = 'decision';
SET SESSION AUTHORIZATION regress_alert_boss;
SELECT kind, since = (SELECT min(proposed_at) FROM steering.proposal) AS since, regexp_replace(alert, '\d+', 'N') AS alert, problem, detail, regexp_replace(hint, '\d+', 'N') AS hint FROM steering.alert;
RESET SESSION AUTHORIZATION;
SET ROLE regress_alert_tell;
SELECT steering.notify_alerts() AS told;
RESET ROLE;
SET SESSION AUTHORIZATION regress_alert_town;
SELECT steering.withdraw(:decision, 'test');
RESET SESSION AUTHORIZATION;
SELECT kind FROM alert WHERE kind = 'decision';
SELECT * FROM steering.verify();

SET client_min_messages = error;
DELETE FROM steering.rule;
DELETE FROM steering.mandate;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service = 'al.care';
UPDATE steering.participant SET reader = NULL WHERE code = 'al.town';
DROP SCHEMA alert_test CASCADE;
DELETE FROM steering.service WHERE code = 'al.care';
DELETE FROM steering.participant WHERE code LIKE 'al.%';
DELETE FROM steering.alert_seen;
REVOKE EXECUTE ON FUNCTION steering.notify_alerts() FROM regress_alert_tell;
REVOKE EXECUTE ON FUNCTION steering.propose, steering.withdraw, steering.set_cap FROM regress_alert_town;
DROP ROLE regress_alert_town, regress_alert_tell, regress_alert_boss;
