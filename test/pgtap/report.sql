-- The report: what who looks at pages, and who makes them, relies on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

SELECT is(pg_get_function_arguments(oid), 'period text, participant text DEFAULT NULL::text, language text DEFAULT ''en''::text, level text DEFAULT ''organisation''::text, minimum numeric DEFAULT 25000', 'report() takes what it promises')
    FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = 'report';
SELECT function_returns('steering', 'report', ARRAY['text', 'text', 'text', 'text', 'numeric'], 'text');
SELECT volatility_is('steering', 'report', ARRAY['text', 'text', 'text', 'text', 'numeric'], 'stable');
SELECT isnt_definer('steering', 'report', ARRAY['text', 'text', 'text', 'text', 'numeric'], 'report() reads as the caller');
SELECT isnt_strict('steering', 'report', ARRAY['text', 'text', 'text', 'text', 'numeric'], 'report() answers a null with an error, not with null');
SELECT columns_are('steering', 'named_participant', ARRAY['code', 'parent', 'name', 'inhabitants']);
SELECT columns_are('steering', 'named_service', ARRAY['code', 'parent', 'name', 'unit', 'kind', 'lead']);

SELECT columns_are('steering', 'explanation', ARRAY['explanation_id', 'period', 'valid_from', 'valid_to', 'service', 'participant', 'cause', 'consequence',
    'action', 'is_structural', 'document', 'explained_at', 'role_name']);
SELECT is(pg_get_function_arguments(oid), 'period text, service text, participant text, cause text DEFAULT NULL::text, consequence text DEFAULT NULL::text, action text DEFAULT NULL::text, is_structural boolean DEFAULT NULL::boolean, document text DEFAULT NULL::text', 'set_explanation() takes what it promises')
    FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = 'set_explanation';
SELECT is(pg_get_function_arguments(oid), 'period text, service text, participant text', 'drop_explanation() takes what it promises')
    FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = 'drop_explanation';
SELECT is(pg_get_function_result(oid), 'TABLE(service text, participant text, cap_id integer, valid_from date, valid_to date, amended numeric, expected numeric, difference numeric, step text, attainment numeric, light text, is_structural boolean, cause text, consequence text, action text, document text, missing text[])', 'deviation() returns what it promises')
    FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = 'deviation';
SELECT is(pg_get_function_result(oid), 'TABLE(service text, participant text, advised_method text, advised numeric, advised_error numeric, advised_years integer, run_rate numeric, seasonal numeric, additive numeric, committed numeric)', 'outlook_by_method() returns what it promises')
    FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = 'outlook_by_method';
SELECT set_has('SELECT act FROM steering.act WHERE act = asked_as', $$VALUES ('set_explanation'), ('drop_explanation')$$, 'explaining is an act');

-- errors
SELECT throws_ok('SELECT steering.report(NULL)', '22004');
SELECT throws_ok('SELECT steering.report(''2026'', NULL, NULL)', '22004');
SELECT throws_ok('SELECT steering.report(''someday'')', '22P02');
SELECT throws_ok('SELECT steering.report(''[2026-01-02,2026-02-01)'')', '22023');
SELECT throws_ok('SELECT steering.report(''2026'', ''report.none'')', '22023');
SELECT throws_ok('SELECT steering.report(''2026'', NULL, ''EN'')', '22023');
SELECT throws_ok('SELECT steering.report(''2026'', NULL, ''en'', ''Council'')', '22023');

-- sections, in their order; links lead to them
INSERT INTO steering.participant (code, name) VALUES ('report.town', 'Town');
CREATE TEMPORARY TABLE page AS SELECT xmlparse(DOCUMENT regexp_replace(steering.report('2026', 'report.town'), '^<!DOCTYPE html>', '')) AS html;
SELECT is(xpath('//section/@id', html)::text, '{summary,cost,deviations,results,year,side,settlement,allocation,savings,reserve,risk,decisions,closed,refusals,events,method}', 'sections') FROM page;
SELECT is(count(*), 0::bigint, 'links without a section') FROM page, unnest(xpath('//a/@href', html)) AS link
    WHERE substr(link::text, 2) NOT IN (SELECT id::text FROM unnest(xpath('//section/@id', html)) AS id);
SELECT is((SELECT array_agg(substr(link::text, 2)) FROM unnest(xpath('//nav/a/@href', html)) AS link)::text, xpath('//section/@id', html)::text, 'the contents link to every section, in order') FROM page;
SELECT is(xpath('string(//h1)', html)::text, '{"Report Town"}', 'heading') FROM page;
SELECT is(xpath('//script | //link | //img | //iframe | //object', html)::text, '{}', 'nothing is run or loaded') FROM page;
SELECT is(xpath('string(//meta[@http-equiv="Content-Security-Policy"]/@content)', html)::text, '{"default-src ''none''; style-src ''unsafe-inline''"}', 'and the browser is told so') FROM page;

SELECT * FROM finish();
ROLLBACK;
