-- Indicators: tables, views and functions as promised, their rights, and results that BI tools can read.
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
CREATE ROLE regress_sp71_nobody;

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text, volatility "char", for_public boolean);
INSERT INTO promised VALUES
    ('set_indicator',
     'code text, service text, name text, unit text, direction text, dimension text, additive boolean DEFAULT true, main boolean DEFAULT false',
     'integer', 'v', false),
    ('drop_indicator', 'indicator text', 'void', 'v', false),
    ('set_target', 'indicator text, participant text, period text, value numeric', 'numeric', 'v', false),
    ('set_measurement', 'indicator text, participant text, period text, value numeric', 'numeric', 'v', false),
    ('set_incentive', 'indicator text, attainment numrange[], percent numeric[]', 'integer', 'v', false),
    ('drop_incentive', 'indicator text', 'void', 'v', false),
    ('attainment', 'measured numeric, target numeric, direction text', 'numeric', 'i', true),
    ('period_result', 'period text',
     'TABLE(service text, participant text, indicator text, target numeric, measured numeric, months_measured integer, target_measured numeric, compared numeric, attainment numeric, incentive_percent numeric, unit text, direction text, dimension text, main boolean)',
     's', true),
    ('result_in', 'first_day date, end_day date',
     'TABLE(indicator_id integer, service_id integer, participant_id integer, main boolean, additive boolean, direction text, target steering.amount, measured steering.amount, months_measured integer, target_measured steering.amount, compared steering.amount, attainment numeric, incentive_percent numeric)',
     's', true);
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = name),
          1::bigint, name || '() is there once') FROM promised;
SELECT is(pg_get_function_arguments(pg_proc.oid), arguments, name || '() takes what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(pg_get_function_result(pg_proc.oid), result, name || '() returns what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(provolatile, volatility, name || '() has the right volatility')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(NOT proisstrict, name || '() answers a null that it cannot do without with an error')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(prosecdef, volatility = 'v' AND lanname = 'sql', name || '() has its owner''s rights only if it is to write')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace JOIN pg_language ON pg_language.oid = prolang;
SELECT is(has_function_privilege('regress_sp71_nobody', pg_proc.oid, 'EXECUTE'), for_public,
          name || '() is ' || CASE WHEN for_public THEN '' ELSE 'not ' END || 'for everybody')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is_empty($$SELECT proname FROM pg_proc WHERE pronamespace = 'steering'::regnamespace
                  AND proname IN ('indicator_number', 'band_gap', 'band_overlap', 'refuse_bands') AND has_function_privilege('regress_sp71_nobody', oid, 'EXECUTE')$$,
                'those below them are for nobody');

-- tables and views
CREATE FUNCTION pg_temp.columns_of(relation regclass) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;
SELECT is(pg_temp.columns_of('steering.indicator'),
          'indicator_id integer, code text, service_id integer, name text, unit text, direction text, dimension text, additive boolean, main boolean',
          'columns of indicator');
SELECT is(pg_temp.columns_of('steering.target'),
          'value steering.amount, indicator_id integer, participant_id integer, first_day date, end_day date', 'columns of target');
SELECT is(pg_temp.columns_of('steering.measurement'), pg_temp.columns_of('steering.target'), 'columns of measurement');
SELECT is(pg_temp.columns_of('steering.incentive'), 'indicator_id integer, attainment numrange[], percent numeric[]', 'columns of incentive');
SELECT is(pg_temp.columns_of('steering.result'),
          'service text, participant text, indicator text, period text, valid_from date, valid_to date, target numeric, measured numeric, attainment numeric, unit text, direction text, dimension text',
          'columns of result');
SELECT is(pg_temp.columns_of('steering.indicator_status'),
          'indicator_id integer, service text, indicator text, name text, unit text, direction text, dimension text, additive boolean, main boolean',
          'columns of indicator_status');
SELECT is(pg_temp.columns_of('steering.incentive_band'),
          'service text, indicator text, attainment_from numeric, attainment_to numeric, attainment numrange, percent numeric', 'columns of incentive_band');
SELECT col_is_pk('steering', 'indicator', 'indicator_id', 'key of indicator');
SELECT col_is_unique('steering', 'indicator', ARRAY['code'], 'code of indicator');
SELECT col_is_pk('steering', name, ARRAY['indicator_id', 'participant_id', 'first_day', 'end_day'], 'key of ' || name)
    FROM unnest('{target,measurement}'::name[]) AS name;
SELECT col_is_pk('steering', 'incentive', 'indicator_id', 'one incentive of an indicator');
SELECT set_eq($$SELECT conname::text FROM pg_constraint WHERE contype IN ('c', 'x')
                  AND conrelid IN ('steering.indicator'::regclass, 'steering.target'::regclass, 'steering.measurement'::regclass, 'steering.incentive'::regclass)$$,
              ARRAY['indicator_code_not_empty', 'indicator_direction_known', 'indicator_dimension_known', 'target_whole_months', 'target_no_overlap',
                    'measurement_whole_months', 'measurement_no_overlap', 'incentive_bands_match_percents', 'incentive_no_empty_band', 'incentive_no_gap',
                    'incentive_no_overlap', 'incentive_percent_is_number'], 'rules by name');
SELECT ok(NOT has_table_privilege('regress_sp71_nobody', 'steering.' || name, 'SELECT, INSERT, UPDATE, DELETE'), name || ' is for nobody')
    FROM unnest('{indicator,target,measurement,incentive,measured_target}'::text[]) AS name;
SELECT ok(has_table_privilege('regress_sp71_nobody', 'steering.' || name, 'SELECT')
          AND 'security_barrier=true' = ANY (reloptions), name || ' is for everybody, behind a barrier')
    FROM unnest('{result,indicator_status,incentive_band}'::text[]) AS name JOIN pg_class ON oid = ('steering.' || name)::regclass;
SELECT ok(col_description('steering.indicator'::regclass, attnum) LIKE '%Moore%', 'the dimensions have a source')
    FROM pg_attribute WHERE attrelid = 'steering.indicator'::regclass AND attname = 'dimension';

-- errors
INSERT INTO steering.participant (code, name) VALUES ('contract.town', 'Town'), ('contract.city', 'City');
INSERT INTO steering.service (code, name) VALUES ('contract.desk', 'Desk');
SELECT lives_ok($$SELECT steering.set_indicator(code => 'contract.calls', service => 'contract.desk', name => 'Calls', unit => 'call', direction => 'higher',
    dimension => 'operational capacity', additive => true, main => true)$$, 'set_indicator() by names');
SELECT is(steering.set_target(indicator => 'contract.calls', participant => 'contract.town', period => '2026', value => 1200), 1200.0000,
          'set_target() by names returns what is set');
SELECT is(steering.set_measurement(indicator => 'contract.calls', participant => 'contract.town', period => '2026-01', value => 110.00005), 110.0001,
          'set_measurement() by names returns what is set, to four decimals');
SELECT is(steering.set_measurement('contract.calls', 'contract.town', '2026-01', NULL), NULL::numeric, 'and null when it is removed');
SELECT is(steering.set_measurement('contract.calls', 'contract.town', '2026-01', 110), 110.0000, 'set again');
SELECT is(steering.set_incentive(indicator => 'contract.calls', attainment => '{"(,90)","[90,110)","[110,)"}', percent => '{-5,0,2.5}'), 3,
          'set_incentive() by names returns the number of bands');
SELECT throws_ok(statement, sqlstate, NULL, statement) FROM (VALUES
    ('23502', $$SELECT steering.set_indicator('contract.new', 'contract.desk', 'New', 'x', NULL, 'outcome')$$),
    ('23514', $$SELECT steering.set_indicator('contract.new', 'contract.desk', 'New', 'x', 'up', 'outcome')$$),
    ('23514', $$SELECT steering.set_indicator('contract.new', 'contract.desk', 'New', 'x', 'lower', 'value')$$),
    ('23505', $$SELECT steering.set_indicator('contract.new', 'contract.desk', 'New', 'x', 'lower', 'outcome', main => true)$$),
    ('22004', $$SELECT steering.set_indicator('contract.new', NULL, 'New', 'x', 'lower', 'outcome')$$),
    ('22023', $$SELECT steering.set_indicator('contract.new', 'contract.ksed', 'New', 'x', 'lower', 'outcome')$$),
    ('22004', $$SELECT steering.set_target(NULL, 'contract.town', '2027', 1)$$),
    ('22023', $$SELECT steering.set_target('contract.call', 'contract.town', '2027', 1)$$),
    ('22023', $$SELECT steering.set_target('contract.calls', 'contract.village', '2027', 1)$$),
    ('22004', $$SELECT steering.set_target('contract.calls', 'contract.town', NULL, 1)$$),
    ('22P02', $$SELECT steering.set_target('contract.calls', 'contract.town', 'next year', 1)$$),
    ('22023', $$SELECT steering.set_target('contract.calls', 'contract.town', '[2027-01-01,2027-01-15)', 1)$$),
    ('22003', $$SELECT steering.set_target('contract.calls', 'contract.town', '2027', 'NaN')$$),
    ('23P01', $$SELECT steering.set_target('contract.calls', 'contract.town', '2026-Q1', 1)$$),
    ('23P01', $$SELECT steering.set_measurement('contract.calls', 'contract.town', '2026', 1)$$),
    ('23514', $$SELECT steering.set_incentive('contract.calls', '{"(,90)","(90,)"}', '{1,2}')$$),
    ('23514', $$SELECT steering.set_incentive('contract.calls', '{"(,90]","[90,)"}', '{1,2}')$$),
    ('22023', $$SELECT steering.attainment(1, 1, 'up')$$),
    ('22004', $$SELECT steering.attainment(1, 1, NULL)$$),
    ('22023', $$SELECT steering.drop_incentive('contract.call')$$),
    ('22023', $$SELECT steering.drop_indicator('contract.call')$$),
    ('23503', $$DELETE FROM steering.participant WHERE code = 'contract.town'$$),
    ('23503', $$DELETE FROM steering.service WHERE code = 'contract.desk'$$)) AS call (sqlstate, statement);

-- results
SELECT results_eq($$SELECT period, target, measured, attainment FROM steering.result WHERE indicator = 'contract.calls' ORDER BY valid_from, valid_to$$,
                  $$VALUES ('2026-01', 100.0, 110.0, 110.00), ('2026', 1200.0, 110.0, 110.00)$$, 'a month, and the year that it is in');
SELECT results_eq($$SELECT target, measured, months_measured, target_measured, compared, attainment, incentive_percent
                    FROM steering.result_in('2026-01-01', '2026-07-01') WHERE participant_id = steering.participant_number('contract.town')$$,
                  $$VALUES (600::steering.amount, 110::steering.amount, 1, 100::steering.amount, 110::steering.amount, 110.00, 2.5)$$, 'half a year');
SELECT is_empty($$SELECT FROM steering.result_in('2026-01-01', '2026-07-01') WHERE participant_id = steering.participant_number('contract.city')$$,
                'nothing is known of another');
-- a role sees its own
SELECT steering.set_target('contract.calls', 'contract.city', '2026', 1);
UPDATE steering.participant SET reader = 'regress_sp71_nobody' WHERE code = 'contract.city';
SET LOCAL ROLE regress_sp71_nobody;
SELECT results_eq($$SELECT participant, target, measured, attainment FROM steering.result WHERE indicator = 'contract.calls'$$,
                  $$VALUES ('contract.city', 1.0, NULL::numeric, NULL::numeric)$$, 'a reader sees its participant');
SELECT results_eq($$SELECT target, measured FROM steering.result_in('2026-01-01', '2027-01-01')$$,
                  $$VALUES (1::steering.amount, NULL::steering.amount)$$, 'by the function too');
SELECT results_eq($$SELECT service, participant, indicator, target, measured, months_measured, unit, main FROM steering.period_result('2026-Q1')$$,
                  $$VALUES ('contract.desk', 'contract.city', 'contract.calls', 0.25, NULL::numeric, 0, 'call', true)$$, 'and with codes');
RESET ROLE;
SELECT throws_ok(statement, sqlstate, NULL, statement) FROM (VALUES
    ('22004', 'SELECT * FROM steering.period_result(NULL)'), ('22P02', $$SELECT * FROM steering.period_result('all')$$)) AS call (sqlstate, statement);

SELECT * FROM finish();
ROLLBACK;
