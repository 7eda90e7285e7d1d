-- The report: whatever people write, a page is well-formed, has no element that is not its own, and shows what was written as text.
\set VERBOSITY terse
BEGIN;
SET client_min_messages = error;
CREATE SCHEMA report_texts_test;
SET search_path = report_texts_test;
-- A text of a column: markup, what ends comments and sections of characters, an override of the direction of text, a control character, what
-- is no character in XML, and no blank where a line could be broken. A code may have nothing that cannot be seen.
CREATE FUNCTION evil_code(place text) RETURNS text LANGUAGE sql AS $$ SELECT format('<script>alert("%s")</script>&''', place) $$;
CREATE FUNCTION evil(place text) RETURNS text LANGUAGE sql AS $$ SELECT evil_code(place) || E'-->]]>\u202E\u200F\u0001\uFFFE\uFFFF' || repeat('Llanfair', 20) $$;
SELECT evil_code('participant.code') AS region, evil_code('participant.code') || 'town' AS town, evil_code('participant.code') || 'city' AS city,
	evil_code('service.code') AS care, evil_code('service.code') || 'youth' AS youth, evil_code('service.code') || 'shared' AS shared,
	evil_code('indicator.code') AS indicator, evil_code('allocation_key.code') AS key, evil_code('saving.code') AS saving, left(evil_code('role'), 60) AS role \gset
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES (:'region', NULL, evil('participant.name'), NULL), (:'town', :'region', evil('participant.name') || 'town', 1000),
	(:'city', :'region', evil('participant.name') || 'city', 4000);
INSERT INTO steering.service (code, parent, name, unit) VALUES (:'care', NULL, evil('service.name'), evil('service.unit')), (:'youth', :'care', evil('service.name') || 'youth', NULL),
	(:'shared', NULL, evil('service.name') || 'shared', NULL);
CREATE TABLE line (service text, participant text, booked_on date, amount numeric);
SELECT steering.attach('line', 'service', 'participant', 'booked_on', 'amount') \g /dev/null
SELECT steering.set_cap(:'care', :'town', 'budget', '2026', 1000, '80% notify, 100% warn', evil('event_log.reason')), steering.set_cap(:'youth', :'city', 'budget', '2026', 900000),
	steering.set_cap(:'care', :'city', 'budget', '2998', 900000) AS ahead \gset
INSERT INTO line SELECT service, participant, make_date(year, 2, 1), amount FROM generate_series(2023, 2026) AS year,
	(VALUES (:'youth', :'town', 1050.25), (:'youth', :'city', 123456.5), (:'shared', :'region', 5000)) AS booked (service, participant, amount);
SELECT steering.set_indicator(:'indicator', :'youth', evil('indicator.name'), evil('indicator.unit'), 'higher', 'outcome', main => true) \g /dev/null
SELECT steering.set_target(:'indicator', participant, year::text, 20), steering.set_measurement(:'indicator', participant, year::text, year - 2015)
FROM generate_series(2023, 2026) AS year, unnest(ARRAY[:'town', :'city']) AS participant \g /dev/null
SELECT steering.set_explanation('2026', :'care', :'town', evil('explanation_record.cause'), evil('explanation_record.consequence'), evil('explanation_record.action'), true, evil('explanation_record.document')) \g /dev/null
SELECT steering.set_allocation_key(:'key', evil('allocation_key.name'), 'inhabitants'), steering.set_allocation_rule(:'shared', :'key', '(,)', 1) \g /dev/null
SELECT steering.set_agreement(:'youth', :'town', '[2023-01-01,2027-01-01)', 'lump_sum', base => 5000, reason => evil('agreement_revision.reason')) \g /dev/null
SELECT steering.close_period('2026-Q1', reason => evil('closing.reason')) \g /dev/null
SELECT steering.set_lawfulness_frame('2026', 1, 100, (SELECT jsonb_agg(rule || jsonb_build_object('name', evil('lawfulness_frame_record.rules'))) FROM jsonb_array_elements(steering.lawfulness_model(2026, 0)) AS rule),
	:'town', document => evil('lawfulness_frame_record.document')), steering.set_lawfulness_base('2026', :'town', 1000, 0),
	steering.set_deviation('2026', :'town', 'costs', :'care', 1000, 2000, '{"within_policy": false, "reported": false}', evil('deviation_record.explanation')),
	steering.set_deviation('2026', :'town', 'income', evil('deviation_record.subject'), 1000, 10, '{"foreseeable": false}', evil('deviation_record.explanation')) \g /dev/null
SELECT steering.set_saving(:'saving', NULL, NULL, '2026', 500, true, evil('saving.owner')), steering.set_saving(:'saving' || 'town', :'care', :'town', '2026', 300, false, evil('saving.owner')),
	steering.set_saving(:'saving' || 'city', :'care', :'city', '2998', 300, false, evil('saving.owner')) \g /dev/null
SELECT steering.record_saving(:'saving', 'realise', 10, '2026-06-01', evil('saving_entry.reason'), document => evil('saving_entry.document')),
	steering.record_saving(:'saving' || 'city', 'allocate', 10, '2998-01-01', evil('saving_entry.reason'), document => evil('saving_entry.document')) \g /dev/null
SELECT steering.book_reserve('2026-07-01', 100, evil('reserve.reason')) AS movement, steering.set_risk(evil_code('risk.code'), evil('risk.name'), 0.5, 10, 20, 30),
	steering.set_arrangement(evil_code('arrangement.code'), evil('arrangement.name'), 'joint body', '(,)') \gset
SELECT steering.set_arrangement_member(evil_code('arrangement.code'), participant, 'member', '(,)') FROM unnest(ARRAY[:'town', :'city']) AS participant \g /dev/null
SELECT steering.assign_reserve(:movement, evil_code('arrangement.code'));
INSERT INTO steering.refusal_log (refused_at, kind, sqlstate, cap_id, source, service, participant, booked_on, session_name, role_name, application_name)
VALUES ('2026-02-02', 'no cap', evil_code('refusal_log.sqlstate'), NULL, evil('refusal_log.source'), evil_code('refusal_log.service'), :'town', '2026-02-01',
	evil('refusal_log.session_name'), evil('refusal_log.role_name'), evil('refusal_log.application_name'));
SELECT steering.set_start_up(evil_code('start_up.code'), evil('start_up.name'), 1000, :'key', '2026-05-01'), steering.set_case_line(evil_code('start_up.code'), evil('case_line.line'), 2026, 1, 1) \g /dev/null
SELECT steering.set_alias('service', evil_code('alias.value'), :'youth') \g /dev/null
-- A decision that waits, and roles of such a name.
CREATE ROLE :"role";
GRANT USAGE ON SCHEMA report_texts_test TO :"role";
SELECT steering.set_body(evil_code('body.code'), evil('body.name')), steering.set_body_member(evil_code('body.code'), :'town', :'role', '(,)') \g /dev/null
SELECT steering.set_rule(ARRAY['set_cap'], 'dual'), steering.set_mandate(:'role', ARRAY['set_cap'], :'care', :'town', '(,)', 1000000, document => evil('mandate.document')),
	steering.set_mandate(current_user::text, ARRAY['set_cap'], NULL, NULL, '(,)', 1000000) \g /dev/null
SELECT steering.propose('set_cap', jsonb_build_object('service', :'care', 'participant', :'town', 'metric', 'budget', 'during', '2027', 'amount', 5), evil('decision_record.reason'), evil('decision_record.document')) > 0 AS waits;

-- Pages of all and of one, for each level, in each language; the last of the role itself.
CREATE TABLE page (html text);
INSERT INTO page SELECT steering.report(period, participant, language, level) FROM unnest(ARRAY['2026', '2998']) AS period, unnest(ARRAY[NULL, :'region', :'town']) AS participant,
	unnest(ARRAY['en', 'nl']) AS language, unnest(ARRAY['organisation', 'council', 'holder']) AS level;
UPDATE steering.participant SET reader = :'role' WHERE code = :'town';
GRANT INSERT ON page TO :"role";
SET ROLE :"role";
INSERT INTO page SELECT steering.report('2026');
RESET ROLE;
CREATE TABLE tree AS SELECT xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', '')) AS root FROM page;
CREATE FUNCTION places(path text) RETURNS TABLE (place text) LANGUAGE sql AS $$
SELECT DISTINCT (regexp_matches(node::text, 'alert\((?:"|&quot;)([a-z_.]+)(?:"|&quot;)\)', 'g'))[1] COLLATE "C" FROM tree, unnest(xpath(path, root)) AS node ORDER BY 1 $$;
SELECT count(*) AS pages FROM tree;
-- There is no element but those of pages, no comment, and no attribute that runs anything or leads elsewhere.
SELECT string_agg(DISTINCT name::text, ' ' ORDER BY name::text) AS elements FROM (SELECT (regexp_matches(html, '<([^\s/>]+)', 'g'))[1] COLLATE "C" AS name FROM page) AS opened;
SELECT sum(cardinality(xpath('//comment() | //processing-instruction()', root))) AS comments, sum(cardinality(xpath('//@*[starts-with(name(), "on")]', root))) AS handlers,
	sum(cardinality(xpath('//@href[not(starts-with(., "#"))] | //@src | //@style | //@*[contains(., "javascript:")]', root))) AS elsewhere FROM tree;
-- What was written is there, of each column that pages show: as text, in titles and descriptions of drawings, in attributes.
SELECT place AS on_pages FROM places('/*');
SELECT place AS in_drawings FROM places('//svg');
SELECT place AS in_attributes FROM places('//*/@*');
SELECT bool_and(html LIKE '%&lt;script&gt;alert(&quot;service.name&quot;)&lt;/script&gt;&amp;&#39;--&gt;]]&gt;' || U&'\202E\200F' || '%') AS whole FROM page;
-- Texts of which nothing was written here: words that are laid down, codes of what was written, and tables that pages do not show. A column that is new is named here,
-- until it is filled, or found not to be free.
WITH written AS (SELECT relname COLLATE "C" AS relation, attname COLLATE "C" AS name, (xpath('//evil/text()',
		query_to_xml(format('SELECT count(*) FILTER (WHERE %I::text LIKE ''%%<script>%%'') AS evil FROM steering.%I', attname, relname), true, false, '')))[1]::text <> '0' AS is_written
	FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
	WHERE relnamespace = 'steering'::regnamespace AND relkind = 'r' AND atttypid IN ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype, 'name'::regtype))
SELECT relation, string_agg(name, ' ' ORDER BY name) FILTER (WHERE is_written) AS written, string_agg(name, ' ' ORDER BY name) FILTER (WHERE NOT is_written) AS not_written
FROM written GROUP BY relation ORDER BY relation;
ROLLBACK;
