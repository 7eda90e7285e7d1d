--
-- Lawfulness of the budget: deviations, what the decision table of a council makes of each, and what follows for its statement.
--
\set SHOW_CONTEXT never
\set VERBOSITY terse
INSERT INTO steering.participant (code, parent, name) VALUES ('lf', NULL, 'Region'), ('lf.weert', 'lf', 'Weert'), ('lf.breda', 'lf', 'Breda'), ('lf.helmond', 'lf', 'Helmond'), ('lf.town', 'lf', 'Town'), ('lf.leiden', 'lf', 'Leiden'), ('lf.meer', 'lf', 'Haarlemmermeer');
INSERT INTO steering.service (code, parent, name) VALUES ('lf.p1', NULL, 'Programme 1'), ('lf.p1.big', 'lf.p1', 'Big goal'), ('lf.p1.small', 'lf.p1', 'Small goal'), ('lf.p2', NULL, 'Programme 2'), ('lf.p6', NULL, 'Programme 6'), ('lf.rest', NULL, 'All others');
CREATE VIEW lf_deviation AS SELECT participant, object, subject, trim_scale(deviation) AS deviation, offset_by, trim_scale(amount) AS amount, rule, rule_name, irregular, acceptable, counts, is_reported
	FROM steering.lawfulness_deviation ORDER BY participant COLLATE "C", object, subject, amount DESC;
CREATE VIEW lf_statement AS SELECT participant, period, trim_scale(statement_limit) AS statement_limit, trim_scale(irregular) AS irregular, trim_scale(acceptable) AS acceptable, trim_scale(not_acceptable) AS not_acceptable, unknown, unexplained, conclusion
	FROM steering.lawfulness ORDER BY participant COLLATE "C", valid_from;

-- What may be known of a deviation, and the tables to begin with.
SELECT * FROM steering.lawfulness_fact();
SELECT year, rule.ordinality AS rule, rule.value ->> 'name' AS name, rule.value -> 'when' AS "when", rule.value -> 'irregular' AS irregular, rule.value -> 'acceptable' AS acceptable, rule.value -> 'counts' AS counts
FROM (VALUES (2022, NULL), (2023, 50000)) AS asked (year, small), jsonb_array_elements(steering.lawfulness_model(year, small)) WITH ORDINALITY AS rule;

-- AC-36: Weert 2023. Its council lets no investment pass, and small amounts do.
SELECT steering.set_lawfulness_frame('2023', 1, 50000, jsonb_path_query_array(steering.lawfulness_model(2023, 50000), '$[*] ? (!(@.when.later_charges == true))'), 'lf.weert', document => 'CVDR') > 0 AS framed;
SELECT steering.set_lawfulness_base('2023', 'lf.weert', 600000000, 0) > 0 AS base;
SELECT count(steering.set_deviation('2023', 'lf.weert', object, subject, authorised, actual, facts::jsonb, explanation, direct)) FROM (VALUES
	('costs', 'lf.p2', 10000000, 14142663, '{}', 'paid by others', 4142663), ('costs', 'lf.p6', 1000000, 1040795, '{}', NULL, 0), ('income', 'land', 459490, 0, '{"foreseeable": false}', 'sale fell through', 0), ('income', 'fees', 1651240, 1000000, '{"foreseeable": false}', 'fewer permits', 0),
	('income', 'value', 179496, 100000, '{"revaluation": true}', 'yearly value', 0), ('investment', 'roads', 100000, 178777, '{"later_charges": true}', 'dearer', 0)) AS known (object, subject, authorised, actual, facts, explanation, direct);
SELECT * FROM lf_deviation;
SELECT * FROM lf_statement;
-- Above the limit it tells: all that is irregular, or that all of it is acceptable; none is struck against another.
SELECT steering.set_lawfulness_base('2023', 'lf.weert', 500000000, 0) > 0 AS base;
SELECT irregular, acceptable, not_acceptable, conclusion FROM lf_statement;
SELECT steering.drop_deviation(deviation_id) FROM steering.lawfulness_deviation WHERE subject = 'roads';
SELECT irregular, acceptable, not_acceptable, conclusion FROM lf_statement;
SELECT steering.set_lawfulness_base('2023', 'lf.weert', 537368400, 0) > 0 AS base;
SELECT statement_limit, irregular, conclusion FROM lf_statement;
-- A partial offset splits the deviation: what is offset directly, by other income, elsewhere, and the rest.
SELECT steering.set_deviation('2023', 'lf.weert', 'costs', 'lf.p2', 100, 200, '{"within_policy": true, "foreseeable": true, "reported": true}', NULL, 30, 20, 60) > 0 AS split;
SELECT steering.set_deviation('2023', 'lf.weert', 'costs', 'lf.rest', 100000, 200000, '{"within_policy": true, "foreseeable": false}', 'storm', 30000, 20000, 10000) > 0 AS split;
SELECT * FROM lf_deviation WHERE object = 'costs over';
-- Every row of the table is hit by what it is for, and what none is for is not acceptable.
SELECT sample.object, sample.facts, judged.* FROM (VALUES (1, 'costs over', '{"amended": true}'), (2, 'costs over', '{"amount": 50000}'), (3, 'costs over', '{"offset": "direct"}'), (4, 'costs over', '{"open_ended": true}'), (5, 'investment over', '{"later_charges": true}'),
	(6, 'costs under', '{"within_policy": true, "foreseeable": false, "explained": true}'), (7, 'costs under', '{"within_policy": true, "foreseeable": false, "explained": false}'), (8, 'income over', '{"within_policy": true, "foreseeable": true, "reported": false}'),
	(9, 'income under', '{"foreseeable": false, "explained": true}'), (10, 'income under', '{"revaluation": true, "explained": true}'), (11, 'costs over', '{"offset": "unrelated"}'), (12, 'costs over', '{"offset": "elsewhere"}'), (13, 'costs over', '{"within_policy": false, "reported": false}'),
	(14, 'reserve over', '{}'), (15, 'reserve under', '{}'), (16, 'costs under', '{"foreseeable": true, "amended": false}'), (17, 'costs over', '{}'), (18, 'costs over', '{"amount": 50000.0001}')) AS sample (number, object, facts),
	steering.lawfulness_rule(steering.lawfulness_model(2023, 50000), jsonb_build_object('amount', 60000, 'offset', 'none', 'object', sample.object) || sample.facts::jsonb) AS judged ORDER BY sample.number;
-- AC-35: a reserve got more than was decided.
SELECT steering.set_lawfulness_frame('(,)', 1, 200000, steering.lawfulness_model(2023)) > 0 AS framed;
SELECT steering.set_deviation('2019', 'lf.leiden', 'reserve', 'general reserve', 70293000, 70705000) > 0 AS deviation;
SELECT * FROM lf_deviation WHERE participant = 'lf.leiden';
-- AC-40, AC-41: the limit is of costs and additions.
SELECT steering.set_lawfulness_base('2024', 'lf.breda', 920000000, 0) > 0 AND steering.set_lawfulness_base('2023', 'lf.helmond', 475000000, 0) > 0 AND steering.set_lawfulness_base('2023', 'lf.town', 142500000, 0) > 0 AND steering.set_lawfulness_base('2024', 'lf.town', 100000000, 10000000) > 0
	AND steering.set_lawfulness_base('2025', 'lf.town', 142500000, 0) > 0 AS base;
SELECT steering.set_lawfulness_frame('2025', 3, 0, '[]', 'lf.town', errors_percent => 2) > 0 AS framed;
SELECT participant, period, statement_limit, conclusion FROM lf_statement WHERE participant IN ('lf.breda', 'lf.helmond', 'lf.town');
-- AC-43: what the auditor allows.
SELECT steering.set_lawfulness_frame('2024', 1, 0, '[]', 'lf.town', errors_percent => 1, uncertainties_percent => 3) > 0 AS framed;
SELECT steering.set_lawfulness_base('2024', 'lf.town', 100000000, 0) > 0 AND steering.set_lawfulness_base('2025', 'lf.town', 100000000, 0) > 0 AS base;
SELECT period, trim_scale(errors_limit) AS errors, trim_scale(uncertainties_limit) AS uncertainties FROM steering.lawfulness WHERE participant = 'lf.town' AND period <> '2023' ORDER BY period;

-- Costs above a cap of a programme are deviations by themselves. AC-44: a goal of more than 10 % of all budgets is authorised apart.
CREATE TABLE lf_invoice (service text, participant text, day date, amount numeric);
SELECT steering.attach('lf_invoice', 'service', 'participant', 'day', 'amount') > 0 AS attached;
SELECT steering.set_lawfulness_frame('2026', 1, 200000, steering.lawfulness_model(2026), 'lf.meer', separate_percent => 10) > 0 AS framed;
SELECT count(steering.set_cap(service, 'lf.meer', 'budget', '2026', amount, '100% warn')) FROM (VALUES ('lf.p1', 200000000), ('lf.p1.big', 61000000), ('lf.p1.small', 59000000), ('lf.rest', 400000000)) AS cap (service, amount);
SET client_min_messages = error;
INSERT INTO lf_invoice VALUES ('lf.p1.big', 'lf.meer', '2026-05-05', 61000001), ('lf.p1.small', 'lf.meer', '2026-05-05', 59000009), ('lf.p1', 'lf.meer', '2026-05-05', 1), ('lf.rest', 'lf.meer', '2026-06-06', 400300000);
RESET client_min_messages;
SELECT * FROM lf_deviation WHERE participant = 'lf.meer';
SELECT service, trim_scale(authorised) AS authorised, trim_scale(actual) AS actual FROM steering.authorised_budget(current_user) WHERE participant = 'lf.meer' ORDER BY service COLLATE "C";
-- What is said of one is said of its figures; an under-spending is one where somebody says so.
SELECT steering.set_deviation('2026', 'lf.meer', 'costs', 'lf.rest', facts => '{"open_ended": true}', explanation => 'benefits') > 0 AND steering.set_deviation('2026', 'lf.meer', 'costs', 'lf.p1', facts => '{"foreseeable": true, "amended": false}') > 0
	AND steering.set_deviation('2026', 'lf.meer', 'costs', 'lf.p6', explanation => 'no cap') > 0 AS said;
SELECT * FROM lf_deviation WHERE participant = 'lf.meer';
-- All costs are what was booked where nobody says more; what is not known keeps the statement from a conclusion, unless that holds whatever it is.
SELECT * FROM lf_statement WHERE participant = 'lf.meer';
SELECT steering.set_lawfulness_base('2026', 'lf.meer', NULL, 1000000) > 0 AS base;
SELECT trim_scale(costs) AS costs, trim_scale(additions) AS additions FROM steering.lawfulness WHERE participant = 'lf.meer';
SELECT * FROM lf_statement WHERE participant = 'lf.meer';
SELECT steering.drop_deviation(deviation_id) FROM steering.lawfulness_deviation WHERE subject = 'lf.p6' AND participant = 'lf.meer';
SELECT * FROM lf_statement WHERE participant = 'lf.meer';
-- The statement is the sum of the deviations, of all that are here.
SELECT participant, period, statement.irregular - sum.irregular AS irregular, statement.not_acceptable - sum.not_acceptable AS not_acceptable
FROM steering.lawfulness AS statement CROSS JOIN LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE deviation.irregular), 0) AS irregular, coalesce(sum(amount) FILTER (WHERE deviation.irregular AND NOT deviation.acceptable), 0) AS not_acceptable
	FROM steering.lawfulness_deviation AS deviation WHERE (deviation.participant, deviation.period) = (statement.participant, statement.period)) AS sum
WHERE (statement.irregular, statement.not_acceptable) IS DISTINCT FROM (sum.irregular, sum.not_acceptable);
SELECT participant, period, subject FROM steering.lawfulness_deviation GROUP BY participant, period, object, subject HAVING sum(amount) <> abs(min(deviation));

-- The report has it, in both languages; a reader sees that of its participants.
SELECT language, html ~ CASE language WHEN 'en' THEN '>Lawfulness of the budget<' ELSE '>Begrotingsrechtmatigheid<' END AS heading, html ~ CASE language WHEN 'en' THEN '>costs above budget<' ELSE '>lasten boven de begroting<' END AS object,
	html ~ 'benefits' AS explanation, html ~ 'value="300000\.0000"' AS amount, html ~ CASE language WHEN 'en' THEN 'irregular, acceptable' ELSE 'onrechtmatig, acceptabel' END AS outcome, xmlparse(DOCUMENT html) IS NOT NULL AS well_formed
FROM unnest(ARRAY['en', 'nl']) AS language, steering.report('2026', 'lf.meer', language) AS html ORDER BY language;
SELECT steering.report('2023', 'lf.weert') ~ 'storm' AS weert, steering.report('2026', 'lf.weert') ~ 'storm' AS other_year;
SET client_min_messages = warning;
CREATE ROLE regress_lawful;
RESET client_min_messages;
UPDATE steering.participant SET reader = 'regress_lawful' WHERE code = 'lf.weert';
SET ROLE regress_lawful;
SELECT DISTINCT participant FROM steering.lawfulness_deviation;
SELECT DISTINCT participant FROM steering.lawfulness;
SELECT participant, during FROM steering.lawfulness_frame ORDER BY participant;
SELECT steering.report('2026') ~ 'benefits|300,000' AS other;
SELECT DISTINCT participant FROM steering.lawfulness_base_of(current_user);
SELECT count(*) FROM steering.deviation_record;
SELECT steering.set_deviation('2026', 'lf.weert', 'income', 'x', 1, 2);
RESET ROLE;
UPDATE steering.participant SET reader = NULL WHERE code = 'lf.weert';
SET ROLE regress_lawful;
SELECT (SELECT count(*) FROM steering.lawfulness_deviation) + (SELECT count(*) FROM steering.lawfulness) + (SELECT count(*) FROM steering.lawfulness_frame) AS nothing;
SELECT steering.report('2026') ~ 'id="lawfulness"' AS section;
RESET ROLE;
-- In the name of another nobody reads them.
SELECT current_user AS other \gset
SET SESSION AUTHORIZATION regress_lawful;
SELECT (SELECT count(*) FROM steering.lawfulness_deviation_of(:'other')) + (SELECT count(*) FROM steering.lawfulness_base_of(:'other')) AS nothing;
RESET SESSION AUTHORIZATION;

-- What is wrong with a call is named.
SELECT steering.set_lawfulness_frame(NULL, 1, 0, '[]');
SELECT steering.set_lawfulness_frame('empty', 1, 0, '[]');
SELECT steering.set_lawfulness_frame('2030', 3.01, 0, '[]', 'lf.town');
SELECT steering.set_lawfulness_frame('2030', 'NaN', 0, '[]', 'lf.town');
SELECT steering.set_lawfulness_frame('2030', NULL, 0, '[]', 'lf.town');
SELECT steering.set_lawfulness_frame('2030', 1, -1, '[]', 'lf.town');
SELECT steering.set_lawfulness_frame('2030', 1, 'Infinity', '[]', 'lf.town');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[]', 'lf.none');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[]', 'lf.town', level => -1);
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[]', 'lf.town', separate_percent => 101);
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[]', 'lf.town', errors_percent => 101);
SELECT steering.set_lawfulness_frame('[2025-06-01,2026-06-01)', 1, 0, '[]', 'lf.town');
SELECT steering.set_lawfulness_frame('2030', 1, 0, NULL);
SELECT steering.set_lawfulness_frame('2030', 1, 0, '{}');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[7]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[{"name": "x", "when": [], "irregular": false}]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[{"name": "x", "when": {}, "irregular": true}]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[{"name": "x", "when": {}, "irregular": false, "x": 1}]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[{"name": "x", "when": {"weather": true}, "irregular": false}]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[{"name": "x", "when": {"amended": 1}, "irregular": false}]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[{"name": "x", "when": {"object": ["costs over", "cost"]}, "irregular": false}]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[{"name": "x", "when": {"object": [null]}, "irregular": false}]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, '[{"name": "x", "when": {"up_to": "1"}, "irregular": false}]');
SELECT steering.set_lawfulness_frame('2030', 1, 0, jsonb_build_array(jsonb_build_object('name', 'x', 'when', (repeat('[', 1000) || repeat(']', 1000))::jsonb, 'irregular', false)));
SELECT steering.drop_lawfulness_frame(NULL);
SELECT steering.drop_lawfulness_frame(0);
SELECT steering.set_lawfulness_base(NULL, 'lf.town', 1, 1);
SELECT steering.set_lawfulness_base('2026', 'lf.none', 1, 1);
SELECT steering.set_lawfulness_base('2026', 'lf.town', 1, NULL);
SELECT steering.set_lawfulness_base('2026', 'lf.town', -1, 1);
SELECT steering.set_lawfulness_base('2026', 'lf.town', 1e30, 1);
SELECT steering.set_deviation('so', 'lf.town', 'income', 'x', 1, 2);
SELECT steering.set_deviation('2026', NULL, 'income', 'x', 1, 2);
SELECT steering.set_deviation('2026', 'lf.town', 'profit', 'x', 1, 2);
SELECT steering.set_deviation('2026', 'lf.town', NULL, 'x', 1, 2);
SELECT steering.set_deviation('2026', 'lf.town', 'income', ' ', 1, 2);
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1);
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x');
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 'NaN');
SELECT steering.set_deviation('2026', 'lf.town', 'costs', 'lf.none');
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 2, direct => -1);
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 2, direct => NULL);
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 2, NULL);
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 2, '[]');
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 2, '{"weather": true}');
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 2, '{"explained": true}');
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 2, '{"amended": "yes"}');
SELECT steering.set_deviation('2026', 'lf.town', 'income', 'x', 1, 2, explanation => ' ');
SELECT steering.drop_deviation(NULL);
SELECT steering.drop_deviation(0);

DROP VIEW lf_deviation, lf_statement;
SELECT count(*) FROM (SELECT steering.drop_lawfulness_frame(frame_id) FROM steering.lawfulness_frame) AS dropped;
DELETE FROM steering.deviation_record;
DELETE FROM steering.lawfulness_base;
SELECT steering.detach('lf_invoice');
DROP TABLE lf_invoice;
SELECT count(steering.drop_cap(cap_id)) AS dropped FROM steering.cap_status WHERE service ^@ 'lf';
DROP ROLE regress_lawful;
DELETE FROM steering.service WHERE code ^@ 'lf';
DELETE FROM steering.participant WHERE code ^@ 'lf';
