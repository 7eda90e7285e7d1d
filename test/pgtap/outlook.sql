-- The outlook: what BI tools rely on.
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

CREATE TEMPORARY TABLE promised (name text, arguments text, result text);
INSERT INTO promised VALUES
    ('outlook', 'as_of date, method text DEFAULT NULL::text, period text DEFAULT NULL::text',
     'TABLE(service text, participant text, method text, basis text, reason text, actual numeric, committed numeric, expected numeric, budget numeric, expected_headroom numeric)'),
    ('outlook_error', 'method text, first date, last date',
     'TABLE(method text, months integer, years integer, outlooks bigint, error numeric, bias numeric)'),
    ('cap_outlook', 'as_of date, method text DEFAULT ''seasonal''::text',
     'TABLE(cap_id integer, service text, participant text, metric text, valid_from date, valid_to date, amount numeric, blocks_at numeric, basis text, used numeric, expected numeric, limit_month date, block_month date)');
SELECT is(pg_get_function_arguments(pg_proc.oid), arguments, name || '() takes what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(pg_get_function_result(pg_proc.oid), result, name || '() returns what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
CREATE ROLE regress_sp71_nobody;
SELECT ok(has_function_privilege('regress_sp71_nobody', pg_proc.oid, 'EXECUTE') AND NOT prosecdef AND NOT proisstrict AND provolatile = 's' AND proconfig IS NULL,
          proname || '() is for everybody, in the name of who calls it, answers null with an error, and can be inlined')
    FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname LIKE '%outlook%';
SELECT is(count(*), 9::bigint, 'four functions, each with its scan, and one of the first of them') FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname LIKE '%outlook%';

-- a year before, and a half one
INSERT INTO steering.participant (code, name) VALUES ('outlook.town', 'Town'), ('outlook.village', 'Village');
INSERT INTO steering.service (code, name) VALUES ('outlook.ict', 'ICT');
CREATE TABLE outlook_line (town text, day date, net numeric);
SELECT steering.attach('outlook_line', '''outlook.ict''', 'town', 'day', 'net');
INSERT INTO outlook_line SELECT 'outlook.town', make_date(2025, month, 15), month FROM generate_series(1, 12) AS month;
INSERT INTO outlook_line VALUES ('outlook.town', '2026-02-03', 42), ('outlook.village', '2026-06-30', 181);
SELECT results_eq($$SELECT participant, method, basis, reason, actual, committed, expected FROM steering.outlook('2026-06-30', 'seasonal') WHERE service = 'outlook.ict' ORDER BY participant$$,
    $$VALUES ('outlook.town', 'seasonal', 'own years', NULL, 42::numeric, 0::numeric, 156::numeric), ('outlook.village', 'seasonal', 'service years', NULL, 181, 0, round(181 * 78 / 21.0, 2))$$,
    '21 of 78 were spent in half a year');
SELECT results_eq($$SELECT participant, method, expected FROM steering.outlook('2026-06-30', 'run_rate') WHERE service = 'outlook.ict' ORDER BY participant$$,
    $$VALUES ('outlook.town', 'run_rate', round(42 * 365 / 181.0, 2)), ('outlook.village', 'run_rate', 365)$$, 'by days');
SELECT results_eq($$SELECT participant, method, basis, expected FROM steering.outlook('2026-06-30', 'additive') WHERE service = 'outlook.ict' ORDER BY participant$$,
    $$VALUES ('outlook.town', 'additive', 'own years, added', 99::numeric), ('outlook.village', 'additive', 'service years', round(181 * 78 / 21.0, 2))$$,
    '57 of 78 followed half a year');
SELECT is_empty($$SELECT FROM steering.outlook('2026-06-30') WHERE method IS NULL OR reason IS NULL OR expected IS NULL$$, 'without a method each row says which, why, and what');
SELECT results_eq($$SELECT months, years, outlooks, error, bias FROM steering.outlook_error('run_rate', '2025-01-01', '2025-12-31') WHERE months IN (6, 11) ORDER BY months$$,
    $$SELECT m, 1, 1::bigint, round(100 * abs(e - 78) / 78, 2), round(100 * (e - 78) / 78, 2) FROM (VALUES (6, round(21 * 365 / 181.0, 2)), (11, round(66 * 365 / 334.0, 2))) AS v (m, e)$$, 'how far it was off');
SELECT is(count(*), 84::bigint, 'all methods, eleven months, and all of them') FROM steering.outlook_error(NULL, '2025-01-01', '2025-12-31');
SELECT is(steering.set_cap('outlook.ict', 'outlook.town', 'budget', '[2026-01-01,2027-01-01)', 110, '100% warn, 120% block') > 0, true, 'a cap');
SELECT results_eq($$SELECT amount, blocks_at, basis, used, expected, limit_month, block_month FROM steering.cap_outlook('2026-06-30') WHERE service = 'outlook.ict'$$,
    $$VALUES (110::numeric, 132::numeric, 'own years', 42::numeric, 156::numeric, '2026-10-01'::date, '2026-12-01'::date)$$,
    'when it is reached: just 2 * 55 in October; above 2 * 66, of November, in December');
SELECT results_eq($$SELECT budget, expected_headroom FROM steering.outlook('2026-06-30', 'seasonal') WHERE participant = 'outlook.town'$$,
    $$VALUES (110::numeric, -24::numeric)$$, 'the budget, and what is left of it');

SELECT is(steering.set_cap('outlook.ict', 'outlook.town', 'budget', '[2026-07-01,2027-07-01)', 500) > 0, true, 'a cap of another year');
SELECT results_eq($$SELECT reason, budget FROM steering.outlook('2026-07-31', 'run_rate') WHERE participant = 'outlook.town'$$,
    $$VALUES (NULL::text, 110::numeric)$$, 'the calendar year, where as many have it');
SELECT lives_ok($$SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'outlook.ict' AND amount = 110$$, 'no cap of the calendar year any more');
SELECT results_eq($$SELECT reason, budget FROM steering.outlook('2026-07-31', 'run_rate') WHERE participant = 'outlook.town'$$,
    $$VALUES ('period [2026-07-01,2027-07-01) of budget caps', 500::numeric)$$, 'without a period that of the caps, and it says so');

-- rights
SET LOCAL ROLE regress_sp71_nobody;
SELECT is_empty($$SELECT FROM steering.outlook('2026-06-30')$$, 'who may read nothing sees nothing');
SELECT is_empty($$SELECT FROM steering.cap_outlook('2026-06-30')$$, 'nor caps');
SELECT is_empty($$SELECT FROM steering.outlook_error(NULL, '2025-01-01', '2025-12-31') WHERE outlooks <> 0 OR years <> 0$$, 'nor errors');
RESET ROLE;

-- errors
SELECT throws_ok($$SELECT * FROM steering.outlook(NULL)$$, '22004');
SELECT throws_ok($$SELECT * FROM steering.outlook('2026-06-30', 'x')$$, '22023');
SELECT throws_ok($$SELECT * FROM steering.outlook('2026-06-30', NULL, '2025')$$, '22023');
SELECT throws_ok($$SELECT * FROM steering.outlook('2026-06-30', NULL, 'x')$$, '22P02');
SELECT throws_ok($$SELECT * FROM steering.outlook_error(NULL, NULL, NULL)$$, '22004');
SELECT throws_ok($$SELECT * FROM steering.cap_outlook('2026-06-30', 'eac_budget')$$, '22023');
SELECT * FROM finish();
ROLLBACK;
