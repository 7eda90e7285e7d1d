-- Alerts: what those rely on who listen, and what dashboards show.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

SELECT columns_are('steering', 'alert', ARRAY['alert', 'severity', 'kind', 'since', 'cap_id', 'decision', 'service', 'participant', 'problem', 'detail', 'hint']);
SELECT table_privs_are('steering', 'alert', 'public', ARRAY['SELECT']);
SELECT function_returns('steering', 'notify_alerts', '{}'::text[], 'integer');
SELECT function_privs_are('steering', 'notify_alerts', '{}'::text[], 'public', '{}'::text[]);

INSERT INTO steering.participant (code, name) VALUES ('alert.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('alert.ict', 'ICT');
CREATE TABLE line (booked_on date, net numeric);
SELECT steering.attach('line', '''alert.ict''', '''alert.town''', 'booked_on', 'net');
SELECT steering.set_cap('alert.ict', 'alert.town', 'budget', format('[%s,%s]', current_date, current_date), 100, '80% notify, 90% warn, 100% block') AS cap \gset
SELECT is_empty('SELECT FROM steering.alert WHERE service = ''alert.ict''', 'nothing is the matter at first');
INSERT INTO line VALUES (current_date, 80);
SELECT results_eq('SELECT severity, kind FROM steering.alert WHERE service = ''alert.ict''', $$VALUES ('info', 'step')$$, 'notify is info');
INSERT INTO line VALUES (current_date, 10);
SELECT results_eq('SELECT severity, kind FROM steering.alert WHERE service = ''alert.ict''', $$VALUES ('warning', 'step')$$, 'warn is a warning');
INSERT INTO line VALUES (current_date, 10);
SELECT results_eq('SELECT severity, kind FROM steering.alert WHERE service = ''alert.ict''', $$VALUES ('critical', 'step')$$, 'full is critical');
SELECT cmp_ok(steering.notify_alerts(), '>', 0, 'it is told of');
SELECT is(steering.notify_alerts(), 0, 'once');
SELECT is_empty('SELECT * FROM steering.verify()');
SELECT * FROM finish();
ROLLBACK;
