-- How cost behaves: what steerers, controllers and BI tools rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text, volatility "char", for_public boolean);
INSERT INTO promised VALUES
    ('set_cost_behaviour', 'service text, during steering.day_range, fixed_share numeric, avoidable_after integer', 'integer', 'v', false),
    ('drop_cost_behaviour', 'service text, during steering.day_range', 'void', 'v', false),
    ('stranded_cost', 'service text, yearly_amount numeric, falls_away date, per text DEFAULT ''year''::text, absorption text DEFAULT ''monthly''::text',
     'TABLE(step integer, valid_from date, valid_to date, amount numeric, fixed numeric, stranded numeric, avoided numeric)', 's', false);
CREATE ROLE regress_sp71_nobody;
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = name), 1::bigint, name || '() is there once') FROM promised;
SELECT is(pg_get_function_arguments(pg_proc.oid), arguments, name || '() takes what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(pg_get_function_result(pg_proc.oid), result, name || '() returns what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(provolatile, volatility, name || '(): volatility') FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(NOT proisstrict, name || '() answers a null with an error, not with null')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(has_function_privilege('regress_sp71_nobody', pg_proc.oid, 'EXECUTE'), for_public, name || '(): who may execute it')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT set_has('SELECT act FROM steering.act WHERE act = asked_as', $$SELECT name FROM promised WHERE volatility = 'v'$$, 'each that changes something is an act');

-- views
SELECT columns_are('steering', 'cost_behaviour_status', ARRAY['service', 'valid_from', 'valid_to', 'fixed_share', 'avoidable_after']);

-- the formula: by hand, of 100 a year of which 0.65 is fixed for 18 months
INSERT INTO steering.service (code, name) VALUES ('save.ict', 'ICT');
SELECT steering.set_cost_behaviour('save.ict', '2026', 0.65, 18);
SELECT results_eq($$SELECT step, stranded, avoided FROM steering.stranded_cost('save.ict', 100, '2026-01-01')$$,
    $$VALUES (1, round(65.0 * (17 + 6) * 12 / 2 / 12 / 18.0, 4), 100 - round(65.0 * (17 + 6) * 12 / 2 / 12 / 18.0, 4)),
        (2, round(65.0 * 17 * 18 / 2 / 12 / 18.0, 4) - round(65.0 * (17 + 6) * 12 / 2 / 12 / 18.0, 4),
        100 - (round(65.0 * 17 * 18 / 2 / 12 / 18.0, 4) - round(65.0 * (17 + 6) * 12 / 2 / 12 / 18.0, 4)))$$, 'stranded_cost()');
SELECT is(sum(stranded), round(65.0 * 17 * 18 / 2 / 12 / 18.0, 4), 'months add up') FROM steering.stranded_cost('save.ict', 100, '2026-01-01', 'month');

-- rights
SELECT is(has_table_privilege('regress_sp71_nobody', relation::regclass, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest(ARRAY['steering.cost_behaviour']) AS relation, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege;
SET LOCAL ROLE regress_sp71_nobody;
SELECT is_empty('SELECT service FROM steering.cost_behaviour_status', 'who reads no participant reads nothing of it');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
