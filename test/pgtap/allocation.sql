-- Allocation: tables, functions and view as promised, their rights, and a division that BI tools can follow.
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();
CREATE ROLE regress_sp71_nobody;

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text, volatility "char");
INSERT INTO promised VALUES
    ('set_allocation_key', 'code text, name text, basis text, service text DEFAULT NULL::text', 'integer', 'v'),
    ('drop_allocation_key', 'key text', 'void', 'v'),
    ('set_key_weight', 'key text, weight numeric, during steering.day_range, participant text DEFAULT NULL::text, service text DEFAULT NULL::text', 'numeric', 'v'),
    ('drop_key_weight', 'key text, during steering.day_range, participant text DEFAULT NULL::text, service text DEFAULT NULL::text', 'void', 'v'),
    ('set_allocation_rule', 'service text, key text, during steering.day_range, step integer, all_zero text DEFAULT ''error''::text', 'integer', 'v'),
    ('drop_allocation_rule', 'service text, during steering.day_range', 'void', 'v'),
    ('key_weight', 'key text, period text', 'TABLE(participant text, service text, weight numeric)', 's'),
    ('allocate_costs', 'period text, method text DEFAULT ''step_down''::text',
     'TABLE(step integer, service text, direct numeric, received numeric, receiving_service text, receiving_participant text, weight numeric, percent numeric, amount numeric)', 's'),
    ('allocated_cost', 'period text, method text DEFAULT ''step_down''::text',
     'TABLE(service text, participant text, direct numeric, allocated numeric, cost numeric)', 's'),
    ('allocation_proof', 'period text, method text DEFAULT NULL::text',
     'TABLE(method text, booked numeric, to_participants numeric, to_services numeric, unallocated numeric, difference numeric, unbalanced bigint, not_divided numeric)', 's');
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = name),
          1::bigint, name || '() is there once') FROM promised;
SELECT is(pg_get_function_arguments(pg_proc.oid), arguments, name || '() takes what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(pg_get_function_result(pg_proc.oid), result, name || '() returns what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(provolatile, volatility, name || '() has the right volatility')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(prosecdef AND NOT proisstrict, name || '() needs no right on tables and answers a null with an error')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(NOT has_function_privilege('regress_sp71_nobody', pg_proc.oid, 'EXECUTE'), name || '() is not for everybody')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is_empty($$SELECT proname FROM pg_proc WHERE pronamespace = 'steering'::regnamespace
                  AND proname IN ('key_weight_in', 'divide_costs', 'key_number', 'require_found', 'refuse_standing', 'refuse_used_key')
                  AND has_function_privilege('regress_sp71_nobody', oid, 'EXECUTE')$$, 'nor are those below them');
SELECT ok(obj_description('steering.allocate_costs(text, text)'::regprocedure) LIKE '%Horngren%', 'the methods have a source');

-- tables and view
CREATE FUNCTION pg_temp.columns_of(relation regclass) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;
SELECT is(pg_temp.columns_of('steering.allocation_key'), 'key_id integer, code text, name text, basis text, service_id integer', 'columns of allocation_key');
SELECT is(pg_temp.columns_of('steering.allocation_weight'),
          'key_id integer, participant_id integer, service_id integer, during daterange, weight numeric', 'columns of allocation_weight');
SELECT is(pg_temp.columns_of('steering.allocation_rule'),
          'rule_id integer, service_id integer, key_id integer, step integer, during daterange, all_zero text', 'columns of allocation_rule');
SELECT is(pg_temp.columns_of('steering.allocation_step'),
          'service text, valid_from date, valid_to date, step integer, key text, key_name text, basis text, basis_service text, all_zero text',
          'columns of allocation_step');
SELECT col_is_pk('steering', 'allocation_key', 'key_id', 'key of allocation_key');
SELECT col_is_unique('steering', 'allocation_key', ARRAY['code'], 'code of allocation_key');
SELECT col_is_pk('steering', 'allocation_rule', 'rule_id', 'key of allocation_rule');
SELECT col_is_unique('steering', 'allocation_rule', ARRAY['service_id', 'during'], 'one rule of a service');
SELECT set_eq($$SELECT conname::text FROM pg_constraint WHERE conrelid IN ('steering.allocation_key'::regclass, 'steering.allocation_weight'::regclass,
                    'steering.allocation_rule'::regclass) AND contype IN ('c', 'x')$$,
              ARRAY['allocation_key_code_not_empty', 'allocation_key_basis_known', 'allocation_key_service_fits_basis',
                    'allocation_weight_during_not_empty', 'allocation_weight_not_negative', 'allocation_weight_one_receiver', 'allocation_weight_no_overlap',
                    'allocation_rule_step_positive', 'allocation_rule_during_not_empty', 'allocation_rule_whole_months', 'allocation_rule_all_zero_known',
                    'allocation_rule_no_overlap'],
              'what is refused is named');
SELECT is_empty($$SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'steering.allocation%' AND contype = 'f'$$,
                'no foreign keys: a restore in parallel knows no order');

-- named arguments, as the documentation writes them
INSERT INTO steering.participant (code, name, inhabitants) VALUES ('contract.town', 'Town', 2), ('contract.city', 'City', 1);
INSERT INTO steering.service (code, name) VALUES ('contract.hr', 'HR'), ('contract.ict', 'ICT'), ('contract.shop', 'Shop');
SELECT isnt(steering.set_allocation_key(code => 'contract.people', name => 'Inhabitants', basis => 'inhabitants', service => NULL), NULL, 'set_allocation_key() by names');
SELECT isnt(steering.set_allocation_key('contract.staff', 'Staff', 'fixed'), NULL, 'set_allocation_key() with a fixed key');
SELECT is(steering.set_key_weight(key => 'contract.staff', weight => 3, during => '(,)', participant => NULL, service => 'contract.ict'), 3::numeric,
          'set_key_weight() by names returns the weight');
SELECT is(steering.set_key_weight('contract.staff', 1, '(,)', service => 'contract.shop'), 1::numeric, 'set_key_weight() with defaults');
SELECT isnt(steering.set_allocation_rule(service => 'contract.hr', key => 'contract.staff', during => '[2026-01-01,)', step => 1, all_zero => 'error'), NULL,
            'set_allocation_rule() by names');
SELECT isnt(steering.set_allocation_rule('contract.ict', 'contract.people', '[2026-01-01,)', 2), NULL, 'set_allocation_rule() by position');

-- a division
CREATE SCHEMA contract;
CREATE TABLE contract.cost (service text, town text, day date, net numeric);
SELECT steering.attach('contract.cost', 'service', 'town', 'day', 'net');
INSERT INTO contract.cost VALUES ('contract.hr', 'contract.city', '2026-03-01', 100), ('contract.ict', 'contract.city', '2026-03-01', 25.01);
SELECT results_eq($$SELECT step, service, direct, received, receiving_service, receiving_participant, weight, percent, amount FROM steering.allocate_costs('2026-Q1')
                    WHERE receiving_participant IS NULL OR receiving_participant LIKE 'contract.%'$$,
    $$VALUES (1, 'contract.hr', 100.0000, 0.0000, 'contract.ict', NULL::text, 3::numeric, 75.0000, 75.0000),
             (1, 'contract.hr', 100.0000, 0.0000, 'contract.shop', NULL, 1, 25.0000, 25.0000),
             (2, 'contract.ict', 25.0100, 75.0000, NULL, 'contract.city', 1, 33.3333, 33.3400),
             (2, 'contract.ict', 25.0100, 75.0000, NULL, 'contract.town', 2, 66.6667, 66.6700)$$, 'every transfer can be followed');
SELECT results_eq($$SELECT service, participant, direct, allocated, cost FROM steering.allocated_cost(period => '2026', method => 'step_down')$$,
    $$VALUES ('contract.shop', NULL::text, 0.0000, 25.0000, 25.0000), (NULL, 'contract.city', 0.0000, 33.3400, 33.3400), (NULL, 'contract.town', 0.0000, 66.6700, 66.6700)$$,
    'who bears it in the end');
SELECT results_eq($$SELECT method, booked, to_participants + to_services, unallocated, difference, unbalanced FROM steering.allocation_proof('2026')$$,
    $$SELECT method, 125.0100, 125.0100, 0.0000, 0.0000, 0::bigint FROM unnest(ARRAY['direct', 'step_down', 'reciprocal']) AS method$$, 'nothing is lost by any method');
SELECT throws_ok($$SELECT * FROM steering.allocate_costs('2026', 'fair')$$, '22023', NULL, 'an unknown method is an error');
SELECT throws_ok($$SELECT steering.set_key_weight('contract.staff', 1, '[2026-01-01,2026-02-01)', service => 'contract.ict')$$, '23P01', NULL, 'so is an overlap');
SELECT throws_ok($$SELECT steering.set_key_weight('contract.staff', -1, '(,)', service => 'contract.ict')$$, '23514', NULL, 'and a negative weight');
SELECT throws_ok($$SELECT steering.drop_allocation_rule('contract.hr', '[2025-01-01,)')$$, '42704', NULL, 'and a rule that is not there');
SELECT throws_ok($$SELECT steering.drop_allocation_key('contract.people')$$, '23503', NULL, 'and dropping a key in use');
SELECT lives_ok($$SELECT steering.drop_key_weight(key => 'contract.staff', during => '(,)', participant => NULL, service => 'contract.shop')$$, 'drop_key_weight() by names');
SELECT lives_ok($$SELECT steering.drop_allocation_rule(service => 'contract.ict', during => '[2026-01-01,)')$$, 'drop_allocation_rule() by names');
SELECT lives_ok($$SELECT steering.drop_allocation_key(key => 'contract.people')$$, 'drop_allocation_key() by names');

SELECT * FROM finish();
ROLLBACK;
