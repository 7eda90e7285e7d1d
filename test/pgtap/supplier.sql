-- The supplier's health: tables and functions as promised, their rights and errors, and a year by hand.
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
CREATE ROLE regress_sp71_nobody;

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text, volatility "char");
INSERT INTO promised VALUES
    ('book_reserve', 'booked_on date, amount numeric, reason text', 'integer', 'v'),
    ('set_risk', 'code text, name text, probability numeric, low numeric, likely numeric, high numeric, during steering.day_range DEFAULT ''(,)''::steering.day_range', 'integer', 'v'),
    ('drop_risk', 'code text', 'void', 'v'),
    ('resilience', 'as_of date DEFAULT NULL::date, certainty numeric DEFAULT 0.9, draws integer DEFAULT 100000, seed bigint DEFAULT 1',
     'TABLE(available numeric, risks integer, required numeric, ratio numeric, class text, mean numeric, median numeric, highest numeric, covered_percent numeric)', 's'),
    ('supplier_health', 'period text, per text DEFAULT ''month''::text, as_of date DEFAULT NULL::date, method text DEFAULT NULL::text',
     'TABLE(step text, valid_from date, valid_to date, is_total boolean, revenue numeric, cost numeric, result numeric, coverage numeric, kept numeric, reserve_change numeric, reserve numeric, expected_revenue numeric, expected_cost numeric, expected_result numeric, expected_coverage numeric, expected_reserve numeric)', 's');
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = name),
          1::bigint, name || '() is there once') FROM promised;
SELECT is(pg_get_function_arguments(pg_proc.oid), arguments, name || '() takes what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(pg_get_function_result(pg_proc.oid), result, name || '() returns what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(provolatile, volatility, name || '() has the right volatility')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(prosecdef AND NOT proisstrict AND NOT has_function_privilege('regress_sp71_nobody', pg_proc.oid, 'EXECUTE'),
          name || '() needs no right on tables, and is not for everybody')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(NOT has_function_privilege('regress_sp71_nobody', 'steering.expected_growth(text, daterange, date, text)', 'EXECUTE'), 'nor is what it is made of');
SELECT ok(obj_description('steering.resilience(date, numeric, integer, bigint)'::regprocedure) LIKE '%Twente%', 'the classes have a source');

-- tables
CREATE FUNCTION pg_temp.columns_of(relation regclass) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;
SELECT is(pg_temp.columns_of('steering.reserve'),
          'movement_id integer, booked_on date, amount steering.amount, reason text, recorded_at timestamp with time zone, role_name name', 'columns of reserve');
SELECT is(pg_temp.columns_of('steering.risk'),
          'risk_id integer, code text, name text, probability numeric, low steering.amount, likely steering.amount, high steering.amount, during daterange', 'columns of risk');
SELECT col_is_pk('steering', 'reserve', 'movement_id', 'key of reserve');
SELECT col_is_pk('steering', 'risk', 'risk_id', 'key of risk');
SELECT col_is_unique('steering', 'risk', ARRAY['code'], 'code of risk');
SELECT set_eq($$SELECT conname::text FROM pg_constraint WHERE contype = 'c' AND conrelid IN ('steering.reserve'::regclass, 'steering.risk'::regclass)$$,
              ARRAY['reserve_booked_on_finite', 'reserve_amount_not_zero', 'reserve_reason_not_empty', 'risk_code_not_empty', 'risk_probability_in_range',
                    'risk_during_not_empty', 'risk_amounts_in_order'], 'rules by name');
SELECT ok(NOT has_table_privilege('regress_sp71_nobody', 'steering.' || name, 'SELECT, INSERT, UPDATE, DELETE'), name || ' is for nobody')
    FROM unnest('{reserve,risk}'::text[]) AS name;

-- errors
SELECT throws_ok($$SELECT steering.set_risk('contract.fire', 'Fire', 2, 1, 2, 3)$$, '23514', 'probability must be between 0 and 1: 2', 'a probability of two');
SELECT throws_ok($$SELECT steering.set_risk('contract.fire', 'Fire', 0.5, 3, 2, 1)$$, '23514',
                 'low, likely and high must not be negative, and in this order: 3, 2, 1', 'the wrong order');
SELECT throws_ok(statement, sqlstate, NULL, statement) FROM (VALUES
    ('23502', $$SELECT steering.book_reserve(NULL, 1, 'x')$$),
    ('23502', $$SELECT steering.book_reserve('2026-01-01', 1, NULL)$$),
    ('23514', $$SELECT steering.book_reserve('2026-01-01', 0, 'x')$$),
    ('22003', $$SELECT steering.book_reserve('2026-01-01', 1e15, 'x')$$),
    ('23514', $$SELECT steering.set_risk('contract.fire', 'Fire', 2, 1, 2, 3)$$),
    ('23514', $$SELECT steering.set_risk('contract.fire', 'Fire', 0.5, 3, 2, 1)$$),
    ('23514', $$SELECT steering.set_risk('contract.fire', 'Fire', 0.5, -1, 2, 3)$$),
    ('23502', $$SELECT steering.set_risk('contract.fire', 'Fire', NULL, 1, 2, 3)$$),
    ('42704', $$SELECT steering.drop_risk('contract.fire')$$),
    ('22023', $$SELECT * FROM steering.resilience('2026-01-01', 2)$$),
    ('22004', $$SELECT * FROM steering.resilience('2026-01-01', NULL)$$),
    ('22023', $$SELECT * FROM steering.resilience('2026-01-01', 0.9, 0)$$),
    ('22004', $$SELECT * FROM steering.supplier_health(NULL)$$),
    ('22P02', $$SELECT * FROM steering.supplier_health('last year')$$),
    ('22023', $$SELECT * FROM steering.supplier_health('2026', 'week')$$)) AS call (sqlstate, statement);

-- by hand: 1,000 a month agreed, 800 and 1,500 spent
INSERT INTO steering.participant (code, name) VALUES ('contract.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('contract.desk', 'Desk');
CREATE SCHEMA contract;
CREATE TABLE contract.line (service text, participant text, day date, net numeric);
SELECT steering.attach('contract.line', 'service', 'participant', 'day', 'net');
SELECT steering.set_agreement('contract.desk', 'contract.town', '[2046-01-01,2047-01-01)', 'lump_sum', base => 12000);
INSERT INTO contract.line VALUES ('contract.desk', 'contract.town', '2046-01-31', 800), ('contract.desk', 'contract.town', '2046-02-01', 1500);
SELECT steering.book_reserve('2046-01-01', 100 - (SELECT reserve FROM steering.supplier_health('2045', NULL)), 'Start');
SELECT steering.book_reserve('2046-02-28', 25, 'Gift');
SELECT results_eq($$SELECT step, is_total, revenue, cost, result, coverage, kept, reserve FROM steering.supplier_health('2046') WHERE valid_from < '2046-04-01'$$,
                  $$VALUES ('2046-01', false, 1000.0, 800.0, 200.0, 125.0, 200.0, 100.0), ('2046-02', false, 1000, 1500, -500, 66.67, -500, 125),
                           ('2046-03', false, 1000, 0, 1000, NULL, 1000, 125), ('2046', true, 12000, 2300, 9700, 521.74, 9700, 125)$$, 'months, and the year');
SELECT results_eq($$SELECT is_total, sum(revenue), sum(cost), sum(result), sum(kept), sum(reserve_change) FROM steering.supplier_health('2046', 'quarter') GROUP BY is_total ORDER BY is_total$$,
                  $$SELECT is_total, revenue, cost, result, kept, reserve_change FROM (VALUES (false), (true)) AS v (is_total),
                    (SELECT revenue, cost, result, kept, reserve_change FROM steering.supplier_health('2046', NULL)) AS total$$, 'steps add up to the total');
SELECT results_eq($$SELECT expected_cost, expected_revenue, expected_result, expected_coverage, expected_reserve
                    FROM steering.supplier_health('[2046-01-01,2046-05-01)', NULL, '2046-03-01', 'run_rate')$$,
                  $$VALUES (4600.0, 4000.0, -600.0, 86.96, -475.0)$$, 'half of 120 days: twice the cost, and what was agreed');
SELECT throws_ok($$SELECT * FROM steering.supplier_health('2046', NULL, '2046-06-30', 'guess')$$, '22023', NULL, 'an unknown method');
SELECT steering.set_risk('contract.fire', 'Fire', 1, 50, 50, 50, '[2046-01-01,2047-01-01)');
SELECT results_eq($$SELECT available, required, ratio, class, covered_percent FROM steering.resilience('2046-03-01', 0.9, 1000, 71)
                    WHERE (SELECT count(*) FROM steering.risk WHERE during @> '2046-03-01'::date) = 1$$,
                  $$VALUES (125.0, 50.0, 2.50, 'A', 100.0)$$, 'a risk for sure');

SELECT * FROM finish();
ROLLBACK;
