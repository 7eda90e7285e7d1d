-- Cost versus results: functions and table as promised, their rights, and figures that BI tools can read.
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
CREATE ROLE regress_sp71_nobody;

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text, volatility "char", for_public boolean);
INSERT INTO promised VALUES
    ('cost_versus_result', 'period text',
     'TABLE(service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric, volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric, volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric, cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, service_kind text)',
     's', true),
    ('cost_versus_result_below', 'period text',
     'TABLE(service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric, volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric, volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric, cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, unit text, result_unit text, service_level integer, participant_level integer, service_kind text)',
     's', true),
    ('compare_participants', 'period text, service text',
     'TABLE(participant text, actual numeric, volume numeric, unit text, cost_per_unit numeric, inhabitants bigint, cost_per_inhabitant numeric, measured numeric, result_unit text, attainment numeric, cost_per_result numeric, rank_per_inhabitant bigint, rank_per_unit bigint)',
     's', true),
    ('comparison_scan', 'first_day date, end_day date, below boolean DEFAULT false, only_service integer DEFAULT NULL::integer',
     'TABLE(service text, participant text, budget steering.amount, actual steering.amount, committed steering.amount, headroom steering.amount, volume steering.amount, agreed_volume steering.amount, unit_cost steering.amount, agreed_price steering.amount, price_variance steering.amount, volume_variance steering.amount, total_variance steering.amount, target steering.amount, measured steering.amount, attainment numeric, cost_per_result steering.amount, signal text, agreed_cost steering.amount, covered steering.amount, covered_volume steering.amount, unit text, result_unit text, inhabitants bigint, is_group boolean, service_level integer, participant_level integer, service_kind text)',
     's', true),
    ('usage_between', 'first_month date, end_month date',
     'TABLE(service_id integer, participant_id integer, actual steering.amount, committed steering.amount, volume steering.amount, committed_volume steering.amount, bookings bigint)',
     's', true),
    ('set_signal_limit', 'measure text, amber numeric, red numeric', 'text', 'v', false),
    ('drop_signal_limit', 'measure text', 'void', 'v', false);
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = name),
          1::bigint, name || '() is there once') FROM promised;
SELECT is(pg_get_function_arguments(pg_proc.oid), arguments, name || '() takes what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(pg_get_function_result(pg_proc.oid), result, name || '() returns what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(provolatile, volatility, name || '() has the right volatility')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(proparallel, 'u', name || '() is for the leader of a query: it knows the session''s own bookings')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(NOT proisstrict, name || '() answers a null that it cannot do without with an error')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(prosecdef, NOT for_public, name || '() has its owner''s rights only if it is to write')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(has_function_privilege('regress_sp71_nobody', pg_proc.oid, 'EXECUTE'), for_public,
          name || '() is ' || CASE WHEN for_public THEN '' ELSE 'not ' END || 'for everybody')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is_empty($$SELECT name FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace
                  WHERE name LIKE 'co%' AND name <> 'comparison_scan' AND (proconfig IS NOT NULL OR prosqlbody IS NULL)$$,
                'what BI tools call can be inlined');

-- the table of limits
SELECT columns_are('steering', 'signal_limit', ARRAY['measure', 'amber', 'red']);
SELECT col_is_pk('steering', 'signal_limit', 'measure', 'one limit for a measure');
SELECT is((SELECT count(*) FROM steering.signal_limit), 0::bigint, 'no limits are set: the defaults hold');
SELECT is(has_table_privilege('regress_sp71_nobody', 'steering.signal_limit', 'SELECT, INSERT, UPDATE, DELETE'), false, 'it is granted to nobody');
SELECT throws_ok($$SELECT steering.set_signal_limit('budget', 101, 100)$$, '23514', NULL, 'amber beyond red');
SELECT throws_ok($$SELECT steering.set_signal_limit('volume', 1, 2)$$, '23514', NULL, 'unknown measure');
SELECT throws_ok($$SELECT steering.set_signal_limit(NULL, 1, 2)$$, '23502', NULL, 'no measure');
SELECT throws_ok($$SELECT steering.set_signal_limit('budget', 'NaN', 100)$$, '22003', NULL, 'no percentage');
SELECT throws_ok($$SELECT steering.drop_signal_limit('budget')$$, '42704', NULL, 'no limit to drop');
SELECT is(steering.set_signal_limit(measure => 'budget', amber => 50, red => 60), 'budget', 'set_signal_limit() by names returns the measure');
SELECT lives_ok($$SELECT steering.drop_signal_limit(measure => 'budget')$$, 'drop_signal_limit() by name');

-- errors of what BI tools call
SELECT throws_ok('SELECT * FROM steering.cost_versus_result(NULL)', '22004', NULL, 'no period');
SELECT throws_ok($$SELECT * FROM steering.cost_versus_result('2026-00')$$, '22P02', NULL, 'no such period');
SELECT throws_ok($$SELECT * FROM steering.cost_versus_result_below('[2026-01-02,2026-02-02)')$$, '22023', NULL, 'no whole months');
SELECT throws_ok($$SELECT * FROM steering.compare_participants('2026', 'nothing')$$, '22023', NULL, 'no such service');
SELECT throws_ok($$SELECT * FROM steering.compare_participants('2026', NULL)$$, '22004', NULL, 'no service');
SELECT throws_ok($$SELECT * FROM steering.comparison_scan('2026-01-01', '2026-01-01')$$, '22023', NULL, 'no month');
SELECT throws_ok($$SELECT * FROM steering.comparison_scan(NULL, '2026-01-01')$$, '22004', NULL, 'no first day');

-- figures
INSERT INTO steering.participant (code, name, inhabitants) VALUES ('tap.city', 'City', 1000);
INSERT INTO steering.service (code, name, unit) VALUES ('tap.ict', 'ICT', 'workplace');
CREATE TABLE tap_line (net numeric, pieces numeric);
SELECT steering.attach('tap_line', $$'tap.ict'$$, $$'tap.city'$$, $$date '2026-05-01'$$, 'net', 'pieces');
INSERT INTO tap_line VALUES (1000, 8);
SELECT steering.set_cap('tap.ict', 'tap.city', 'budget', '[2026-01-01,2027-01-01)', 2000);
SELECT steering.set_agreement('tap.ict', 'tap.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 10, price => 120);
SELECT results_eq($$SELECT budget, actual, headroom, volume, unit_cost, agreed_volume, agreed_price, price_variance, volume_variance, total_variance, signal, agreed_cost, covered
                    FROM steering.cost_versus_result('2026') WHERE participant = 'tap.city'$$,
                  $$VALUES (2000.0000, 1000.0000, 1000.0000, 8.0000, 125.0000, 10.0000, 120.0000, 40.0000, -240.0000, -200.0000, 'green'::text, 1200.0000, 1000.0000)$$,
                  'cost against means and agreement');
SELECT results_eq($$SELECT actual, unit, service_level, participant_level FROM steering.cost_versus_result_below('2026') WHERE participant = 'tap.city'$$,
                  $$VALUES (1000.0000, 'workplace'::text, 0, 0)$$, 'rolled up');
SELECT results_eq($$SELECT participant, cost_per_unit, cost_per_inhabitant, rank_per_inhabitant, rank_per_unit FROM steering.compare_participants(period => '2026', service => 'tap.ict')$$,
                  $$VALUES ('tap.city'::text, 125.0000, 1.0000, 1::bigint, 1::bigint)$$, 'side by side');
SET ROLE regress_sp71_nobody;
SELECT is_empty($$SELECT * FROM steering.cost_versus_result('2026')$$, 'nobody reads what he is not reader of');
SELECT is_empty($$SELECT * FROM steering.cost_versus_result_below('2026')$$, 'nor rolled up');
SELECT is_empty($$SELECT * FROM steering.compare_participants('2026', 'tap.ict')$$, 'nor side by side');
SELECT is_empty($$SELECT * FROM steering.usage_between(NULL, NULL)$$, 'nor usage');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
