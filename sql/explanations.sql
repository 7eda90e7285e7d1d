-- What deviates, and what is said of it: cause, consequence, action; what nobody has said is listed as missing.
\set VERBOSITY terse
CREATE SCHEMA explanation_test;
SET search_path = explanation_test;
SET datestyle = ISO;
INSERT INTO steering.participant (code, name, parent) VALUES ('ex', 'Region', NULL), ('ex.town', 'Town', 'ex'), ('ex.city', 'City', 'ex');
INSERT INTO steering.service (code, name, parent, unit) VALUES ('ex.care', 'Care', NULL, 'hour'), ('ex.youth', 'Youth', 'ex.care', 'hour'), ('ex.roads', 'Roads', NULL, NULL);
CREATE TABLE line (service text, participant text, booked_on date, amount numeric);
SELECT steering.attach('line', 'service', 'participant', 'booked_on', 'amount') > 0 AS attached;
SELECT steering.set_cap('ex.care', 'ex.town', 'budget', '1995', 100000, '80% notify, 100% warn, 110% block') > 0 AS care,
	steering.set_cap('ex.youth', 'ex.city', 'budget', '1995', 50000, '80% notify, 100% warn') > 0 AS youth,
	steering.set_cap('ex.roads', 'ex.city', 'budget', '1995', 30000) > 0 AS roads, steering.set_cap('ex.care', 'ex.city', 'volume', '1995', 5) > 0 AS volume;
SET client_min_messages = error;
INSERT INTO line VALUES ('ex.youth', 'ex.town', '1995-02-01', 105000), ('ex.youth', 'ex.city', '1995-03-01', 50500), ('ex.roads', 'ex.city', '1995-03-01', 4000.5);
RESET client_min_messages;
SELECT steering.set_indicator('ex.helped', 'ex.youth', 'Helped', 'child', 'higher', 'outcome', main => true) > 0 AS indicator;
SELECT steering.set_target('ex.helped', 'ex.city', '1995', 20), steering.set_measurement('ex.helped', 'ex.city', '1995', 19);

-- Caps by the limit, either way, or by their step; results by their light. The default limit is 25,000.
CREATE VIEW listed AS SELECT service, participant, amended, expected, difference, step, attainment, light, missing FROM steering.deviation('1995')
ORDER BY service COLLATE "C", participant COLLATE "C", cap_id;
TABLE listed;
SELECT service, participant, difference FROM steering.deviation('1995', 5000) WHERE cap_id IS NOT NULL ORDER BY difference;
SELECT service, participant, difference FROM steering.deviation('1995', 5000.0001) WHERE cap_id IS NOT NULL ORDER BY difference;
SELECT count(*) FROM steering.deviation('1995', 25999.5);
-- Early in the year little is known, and of another year nothing deviates.
SELECT service, participant, expected FROM steering.deviation('1995', 0, '1995-01-31') WHERE cap_id IS NOT NULL ORDER BY cap_id;
SELECT count(*) FROM steering.deviation('1993');
SELECT count(*) FROM steering.deviation('1995', NULL);
SELECT count(*) FROM steering.deviation('so');
SELECT count(*) FROM steering.deviation(NULL);

-- It is explained piece by piece; what is not said is missing.
SELECT steering.set_explanation('1995', 'ex.care', 'ex.town', cause => 'More children') AS first \gset
SELECT steering.set_explanation('1995', 'ex.care', 'ex.town', 'More children', 'Others wait', 'Two teams more', true, 'Council 1995-17') = :first AS same;
SELECT steering.set_explanation('1995', 'ex.youth', 'ex.city', consequence => '<script>', action => E'a & b "c"\nd') > 0 AS other;
SELECT service, participant, cause, consequence, action, is_structural, document, missing FROM steering.deviation('1995')
ORDER BY service COLLATE "C", participant COLLATE "C", cap_id;
SELECT period, valid_from, valid_to, service, participant, cause, consequence, action, is_structural, document FROM steering.explanation ORDER BY explanation_id;
-- Of one period, service and participant.
SELECT steering.set_explanation('1995-Q1', 'ex.care', 'ex.town', 'Only a quarter') <> :first AS another;
SELECT cause FROM steering.deviation('1995') WHERE service = 'ex.care';

-- What is wrong with a call is named.
SELECT steering.set_explanation(NULL, 'ex.care', 'ex.town', 'x');
SELECT steering.set_explanation('1995', NULL, 'ex.town', 'x');
SELECT steering.set_explanation('1995', 'ex.none', 'ex.town', 'x');
SELECT steering.set_explanation('1995', 'ex.care', 'ex.none', 'x');
SELECT steering.set_explanation('1995', 'ex.care', NULL, 'x');
SELECT steering.set_explanation('1995', 'ex.care', 'ex.town');
SELECT steering.set_explanation('1995', 'ex.care', 'ex.town', 'x', E' \n');
SELECT steering.set_explanation('1995', 'ex.care', 'ex.town', 'x', document => '');
SELECT steering.set_explanation('someday', 'ex.care', 'ex.town', 'x');
SELECT steering.set_explanation('[1995-01-02,1995-02-01)', 'ex.care', 'ex.town', 'x');
SELECT steering.drop_explanation('1994', 'ex.care', 'ex.town');
SELECT steering.drop_explanation('1995', 'ex.none', 'ex.town');
SELECT steering.drop_explanation(NULL, 'ex.care', 'ex.town');
-- What it refers to stays.
INSERT INTO steering.service (code, name) VALUES ('ex.parks', 'Parks');
SELECT steering.set_explanation('1995', 'ex.parks', 'ex.town', 'x') > 0 AS parks;
DELETE FROM steering.service WHERE code = 'ex.parks';
SELECT steering.drop_explanation('1995', 'ex.parks', 'ex.town');
DELETE FROM steering.service WHERE code = 'ex.parks';

-- A reader sees what is said of its own, and no other's figure.
CREATE ROLE regress_sp71_explained;
GRANT USAGE ON SCHEMA explanation_test TO regress_sp71_explained;
UPDATE steering.participant SET reader = 'regress_sp71_explained' WHERE code = 'ex.city';
SET ROLE regress_sp71_explained;
SELECT service, participant, difference, attainment, missing FROM steering.deviation('1995') ORDER BY service COLLATE "C", cap_id;
SELECT service, participant FROM steering.explanation;
SELECT steering.set_explanation('1995', 'ex.youth', 'ex.city', 'x');
SELECT count(*) FROM steering.explanation_record;
RESET ROLE;

-- It is an act, with what is said and without who said it when.
SELECT steering.set_rule(ARRAY['set_explanation', 'drop_explanation'], 'record') > 0 AS ruled;
SELECT steering.set_explanation('1995', 'ex.roads', 'ex.city', 'Late start') > 0 AS roads;
SELECT steering.drop_explanation('1995', 'ex.roads', 'ex.city');
SELECT act, service, participant, amount, arguments FROM steering.decision WHERE act LIKE '%explanation' ORDER BY id;

-- The page lists them, and says how many are not complete.
SELECT html LIKE '%Two teams more%' AS action, html LIKE '%&lt;script&gt;%' AS escaped, html ~ '<script' AS script, html LIKE '%not said yet%' AS missing,
	(xpath('//section[@id="deviations"]//article', doc))[1] IS NOT NULL AS articles, regexp_replace((xpath('string(//section[@id="deviations"]/p[2])', doc))[1]::text, '[^ -~]+', '', 'g') AS counts
FROM steering.report('1995', 'ex') AS html CROSS JOIN LATERAL xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', '')) AS doc;

SET client_min_messages = error;
DELETE FROM steering.rule;
TRUNCATE steering.decision_record, steering.decision_question, steering.signature_record, steering.decision_log;
UPDATE steering.participant SET reader = NULL WHERE code = 'ex.city';
SELECT steering.drop_explanation(period, service, participant) FROM steering.explanation;
SELECT steering.drop_indicator('ex.helped');
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE participant LIKE 'ex.%';
UPDATE steering.participant SET inhabitants = NULL WHERE code LIKE 'ex.%';
DROP SCHEMA explanation_test CASCADE;
RESET client_min_messages;
DROP ROLE regress_sp71_explained;
