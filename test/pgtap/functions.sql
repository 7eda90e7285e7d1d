-- The functions that applications, BI tools and DBAs call: arguments, defaults, results, labels, rights.
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

CREATE TEMPORARY TABLE promised (name text, arguments text, result text, volatility "char", parallel "char", for_public boolean);
INSERT INTO promised VALUES
    ('set_cap',
     'service text, participant text, metric text, during steering.day_range, amount numeric, ladder text DEFAULT NULL::text, reason text DEFAULT NULL::text, accept_overrun boolean DEFAULT false',
     'integer', 'v', 'u', false),
    ('drop_cap', 'cap integer, reason text DEFAULT NULL::text', 'void', 'v', 'u', false),
    ('spread_cap',
     'cap integer, per text DEFAULT ''month''::text, profile numeric[] DEFAULT NULL::numeric[], ladder text DEFAULT NULL::text, reason text DEFAULT NULL::text',
     'SETOF integer', 'v', 'u', false),
    ('attach',
     'relation regclass, service text, participant text, booked_on text, amount text DEFAULT NULL::text, volume text DEFAULT NULL::text, counts_when text DEFAULT NULL::text, stage text DEFAULT ''actual''::text, unknown text DEFAULT ''refuse''::text, accept_overrun boolean DEFAULT false, reference text DEFAULT NULL::text, releases text DEFAULT NULL::text, final text DEFAULT NULL::text',
     'integer', 'v', 'u', false),
    ('attach_problems',
     'relation regclass, service text, participant text, booked_on text, amount text DEFAULT NULL::text, volume text DEFAULT NULL::text, counts_when text DEFAULT NULL::text, stage text DEFAULT ''actual''::text, unknown text DEFAULT ''refuse''::text, accept_overrun boolean DEFAULT false, reference text DEFAULT NULL::text, releases text DEFAULT NULL::text, final text DEFAULT NULL::text',
     'TABLE(problem text, argument text, value text, rows bigint, first_row text, sqlstate text, detail text, hint text, amount numeric, used numeric, after numeric, blocks_at numeric)',
     's', 'u', false),
    ('attach_query',
     'query text, stage text DEFAULT ''actual''::text, unknown text DEFAULT ''refuse''::text, accept_overrun boolean DEFAULT false, name text DEFAULT NULL::text, headers regclass[] DEFAULT ''{}''::regclass[], promise_unique regclass[] DEFAULT ''{}''::regclass[]',
     'integer', 'v', 'u', false),
    ('attach_query_problems',
     'query text, stage text DEFAULT ''actual''::text, unknown text DEFAULT ''refuse''::text, accept_overrun boolean DEFAULT false, name text DEFAULT NULL::text, headers regclass[] DEFAULT ''{}''::regclass[], promise_unique regclass[] DEFAULT ''{}''::regclass[]',
     'TABLE(problem text, argument text, value text, rows bigint, first_row text, sqlstate text, detail text, hint text, amount numeric, used numeric, after numeric, blocks_at numeric)',
     'v', 'u', false),
    ('detach', 'source regclass', 'void', 'v', 'u', false),
    ('distribute', 'source regclass, distribution_column text, colocate_with text DEFAULT ''default''::text, shard_count integer DEFAULT NULL::integer',
     'void', 'v', 'u', false),
    ('reattach', 'source regclass', 'void', 'v', 'u', false),
    ('detach_missing', 'source text', 'void', 'v', 'u', false),
    ('check_booking',
     'service text, participant text, booked_on date, amount numeric DEFAULT 0, volume numeric DEFAULT 0, releases text DEFAULT NULL::text, final boolean DEFAULT false',
     'TABLE(cap_id integer, service text, participant text, metric text, amount numeric, used numeric, after numeric, blocks_at numeric, headroom numeric, verdict text)',
     's', 'u', true),
    ('why_refused',
     'service text, participant text, booked_on date, amount numeric DEFAULT 0, volume numeric DEFAULT 0',
     'TABLE(reason text, sqlstate text, cap_id integer, service text, participant text, metric text, valid_from date, valid_to date, amount numeric, blocks_at numeric, stored numeric, unwritten numeric, own numeric, commitments numeric, after numeric, missing numeric, verdict text, stripes integer, held integer, held_by integer[], raised_by text[], explanation text)',
     's', 'u', true),
    ('grant_backup', 'role regrole', 'void', 'v', 'u', false),
    ('forget_refusals', 'before timestamp with time zone DEFAULT ''infinity''::timestamp with time zone', 'bigint', 'v', 'u', false),
    ('verify', '',
     'TABLE(what text, cap_id integer, source text, service text, participant text, month date, measure text, stored numeric, actual numeric, difference numeric)',
     's', 'u', false),
    ('repair', '',
     'TABLE(what text, cap_id integer, source text, service text, participant text, month date, measure text, stored numeric, actual numeric, difference numeric)',
     'v', 'u', false),
    ('iv3_load',
     'definitions jsonb, settings jsonb DEFAULT ''{"PF001": {"allowed": 0.01}, "PF002": {"categories": ["6.1", "7.2", "7.5"]}, "PF004": {"categories": ["7.1", "7.2", "7.3", "7.4", "7.5"]}, "PF005": {"categories": ["6.1"]}, "PF009": {"categories": ["4.3.9", "4.4.9"]}}''::jsonb',
     'TABLE(place text, found text, problem text)', 'v', 'u', false),
    ('iv3_check', 'file jsonb', 'TABLE(code text, place text, found text, allowed text, refuses boolean)', 's', 's', true),
    ('iv3_line', 'year integer, period integer, participant text DEFAULT NULL::text',
     'TABLE(origin text, service text, part text, task_field text, category text, amount numeric)', 's', 'u', true),
    ('iv3_export', 'year integer, period integer, participant text DEFAULT NULL::text, extra jsonb DEFAULT NULL::jsonb', 'jsonb', 's', 'u', true),
    ('iv3_deadline', 'year integer, period integer',
     'TABLE(last_day date, counted_until date, first_published date, improved_until date, improved_published date)', 'i', 's', true),
    ('set_iv3_deliverer',
     'layer text, number text, name text, contact text, phone text, email text, participant text DEFAULT NULL::text, package text DEFAULT ''''::text, details_public boolean DEFAULT false',
     'integer', 'v', 'u', false),
    ('drop_iv3_deliverer', 'participant text DEFAULT NULL::text', 'void', 'v', 'u', false),
    ('set_iv3_mapping',
     'service text, origin text, part text, task_field text, category text, participant text DEFAULT NULL::text, from_year integer DEFAULT 1, negate boolean DEFAULT false',
     'integer', 'v', 'u', false),
    ('drop_iv3_mapping', 'mapping integer', 'void', 'v', 'u', false),
    ('set_lawfulness_frame',
     'during steering.day_range, statement_percent numeric, reporting_limit numeric, rules jsonb, participant text DEFAULT NULL::text, level integer DEFAULT 0, separate_percent numeric DEFAULT NULL::numeric, errors_percent numeric DEFAULT NULL::numeric, uncertainties_percent numeric DEFAULT NULL::numeric, document text DEFAULT NULL::text',
     'integer', 'v', 'u', false),
    ('drop_lawfulness_frame', 'frame integer', 'void', 'v', 'u', false),
    ('set_lawfulness_base', 'period text, participant text, costs numeric, additions numeric', 'integer', 'v', 'u', false),
    ('set_deviation',
     'period text, participant text, object text, subject text, authorised numeric DEFAULT NULL::numeric, actual numeric DEFAULT NULL::numeric, facts jsonb DEFAULT ''{}''::jsonb, explanation text DEFAULT NULL::text, direct numeric DEFAULT 0, unrelated numeric DEFAULT 0, elsewhere numeric DEFAULT 0',
     'integer', 'v', 'u', false),
    ('drop_deviation', 'deviation integer', 'void', 'v', 'u', false),
    ('lawfulness_model', 'year integer, small numeric DEFAULT NULL::numeric', 'jsonb', 'i', 's', true),
    ('health', '', 'TABLE(subject text, problem text, detail text, hint text)', 'v', 'u', false);

SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = name),
          1::bigint, name || '() is there once') FROM promised;
SELECT is(pg_get_function_arguments(pg_proc.oid), arguments, name || '() takes what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(pg_get_function_result(pg_proc.oid), result, name || '() returns what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(provolatile, volatility, name || '() has the right volatility')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(proparallel, parallel, name || '() has the right parallel label')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(NOT proisstrict, name || '() answers a null with an error, not with null')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
CREATE ROLE regress_sp71_nobody;
SELECT is(has_function_privilege('regress_sp71_nobody', pg_proc.oid, 'EXECUTE'), for_public,
          name || '() is ' || CASE WHEN for_public THEN '' ELSE 'not ' END || 'for everybody')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;

-- every function of the extension
CREATE TEMPORARY TABLE member AS
    SELECT pg_proc.* FROM pg_proc JOIN pg_depend ON objid = oid AND classid = 'pg_proc'::regclass
    WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'sp71_steering');
SELECT is_empty('SELECT oid::regprocedure FROM member WHERE pronamespace <> ''steering''::regnamespace',
                'all are in the schema steering');
SELECT is_empty('SELECT oid::regprocedure FROM member WHERE obj_description(oid, ''pg_proc'') IS NULL',
                'all have a comment');
SELECT is_empty($$SELECT member.oid::regprocedure FROM member JOIN pg_language ON pg_language.oid = prolang WHERE lanname NOT IN ('c', 'sql', 'internal')$$,
                'all are in C or SQL');
SELECT is_empty($$SELECT oid::regprocedure FROM member
                  WHERE prosecdef AND NOT coalesce(proconfig::text LIKE '%search_path=pg_catalog%', false)$$,
                'those with their owner''s rights pin the search_path');
SELECT is_empty($$SELECT oid::regprocedure FROM member WHERE prosecdef AND has_function_privilege('regress_sp71_nobody', oid, 'EXECUTE')
                    AND proname NOT IN ('authority_of', 'proposal_of', 'health_of')
                    -- reads what is published; only raise errors; look who asks
                    AND proname NOT IN ('iv3_check', 'require_iv3_scope', 'require_iv3_file', 'lawfulness_deviation_of', 'lawfulness_base_of')$$,
                'those with their owner''s rights are not for everybody, but for those that look who asks');
SELECT is_empty($$SELECT oid::regprocedure FROM member WHERE prorettype IN ('trigger'::regtype, 'event_trigger'::regtype)
                  AND has_function_privilege('regress_sp71_nobody', oid, 'EXECUTE')$$,
                'trigger functions are not for everybody');
SELECT is_empty($$SELECT member.oid::regprocedure FROM member JOIN pg_language ON pg_language.oid = prolang
                  WHERE lanname = 'sql' AND prosqlbody IS NULL$$,
                'those in SQL have a body that was parsed when they were made');
-- Apart from the functions of the types, PUBLIC may call pure functions, those that show a role what it may
-- read (check_bookings() runs a query as the caller), and what the views need: booking_read() shows what the view booking shows, unwritten_counter() and unwritten_cell()
-- the role's own transaction, counter_elsewhere(), cell_elsewhere(), source_elsewhere(), booking_elsewhere() and override_use_elsewhere() what the role may read, cap_stripe_scan() rows for who may read every figure.
SELECT set_eq($$SELECT proname::text FROM member
                WHERE has_function_privilege('regress_sp71_nobody', oid, 'EXECUTE')
                  AND NOT EXISTS (SELECT FROM unnest(proargtypes::oid[] || prorettype) AS type
                                  WHERE type IN ('steering.amount'::regtype, 'steering.ladder'::regtype, 'steering.fiscal_period'::regtype,
                                                  'steering.cost_result'::regtype, 'steering.table_number'::regtype, 'steering.role_reference'::regtype))
                  AND proname !~ '^(amount|ladder|fiscal_period|cost_result|day_range|table_number|role_reference)(_|$)'$$,
              ARRAY['check_booking', 'check_bookings', 'why_refused', 'booking_read', 'unwritten_counter', 'unwritten_cell',
                    'counter_elsewhere', 'cell_elsewhere', 'source_elsewhere', 'booking_elsewhere', 'override_use_elsewhere',
                    'cap_stripe_scan', 'name_period', 'period_range', 'service_number', 'metric_part', 'allocate', 'allocate_agg',
                    'allocated', 'simulate_risk', 'agreement_charge', 'agreement_form', 'attainment', 'result_in', 'period_result',
                    'usage_between', 'comparison_scan', 'cost_versus_result', 'cost_versus_result_below', 'compare_participants',
                    'outlook', 'outlook_scan', 'outlook_error', 'outlook_error_scan', 'cap_outlook', 'cap_outlook_scan', 'authority_of',
                    'proposal_of', 'health_of', 'report', 'saving_ledger', 'outlook_risk', 'scorecard', 'scorecard_results',
                    'scorecard_gaps', 'iv3_check', 'iv3_line', 'iv3_export', 'iv3_deadline', 'require_iv3_scope', 'require_iv3_file',
                    'outlook_by_method', 'outlook_by_method_scan', 'cap_stage_scan', 'deviation', 'lawfulness_fact', 'lawfulness_model',
                    'lawfulness_deviation_of', 'lawfulness_base_of', 'compare_services', 'usage_of_services', 'is_wanted'],
              'nothing else is for everybody');

SELECT is_empty($$SELECT member.oid::regprocedure FROM member
                  WHERE has_function_privilege('regress_sp71_nobody', oid, 'EXECUTE')
                    AND (oid IN (SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend]) FROM pg_type)
                         OR oid IN (SELECT unnest(ARRAY[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn])
                                    FROM pg_aggregate))$$,
                'what types and aggregates are made of is not for everybody');

-- named arguments, as the documentation writes them
SELECT lives_ok($$PREPARE named_set_cap AS SELECT steering.set_cap(service => 'a', participant => 'b', metric => 'budget',
    during => '[2026-01-01,2027-01-01)', amount => 1, ladder => '100% block', reason => 'x', accept_overrun => true)$$, 'set_cap() by names');
SELECT lives_ok($$PREPARE named_attach AS SELECT steering.attach('pg_class', service => 'a', participant => 'b', booked_on => 'c',
    amount => 'd', volume => 'e', counts_when => 'f', stage => 'actual', unknown => 'refuse', accept_overrun => false)$$, 'attach() by names');
SELECT lives_ok($$PREPARE named_attach_query AS SELECT steering.attach_query('a', stage => 'actual', unknown => 'refuse', accept_overrun => false,
    name => 'b', headers => '{pg_class}', promise_unique => '{pg_class}')$$, 'attach_query() by names');
SELECT lives_ok($$PREPARE named_check AS SELECT * FROM steering.check_booking(service => 'a', participant => 'b', booked_on => '2026-01-01',
    amount => 1, volume => 2)$$, 'check_booking() by names');
SELECT lives_ok($$PREPARE named_why AS SELECT * FROM steering.why_refused(service => 'a', participant => 'b', booked_on => '2026-01-01',
    amount => 1, volume => 2)$$, 'why_refused() by names');
SELECT lives_ok($$PREPARE named_check_set AS SELECT * FROM steering.check_bookings(bookings => 'TABLE staging')$$, 'check_bookings() by names');
SELECT lives_ok($$PREPARE named_spread AS SELECT steering.spread_cap(cap => 1, per => 'quarter', profile => '{1,2,3,4}', ladder => '100% block', reason => 'x')$$,
                'spread_cap() by names');
SELECT lives_ok('PREPARE named_drop AS SELECT steering.drop_cap(cap => 1, reason => ''x'')', 'drop_cap() by names');
SELECT lives_ok('PREPARE named_detach AS SELECT steering.detach(source => ''pg_class'')', 'detach() by names');
SELECT throws_ok($$SELECT steering.distribute(source => 'pg_class', distribution_column => 'relname')$$, '55000', 'tables are distributed by Citus, which is not there', 'distribute() without Citus');

-- the setting
SELECT results_eq('SELECT vartype, enumvals, context, boot_val FROM pg_settings WHERE name = ''sp71_steering.check_at''',
                  $$VALUES ('enum'::text, '{statement,commit}'::text[], 'user'::text, 'statement'::text)$$, 'sp71_steering.check_at');

SELECT * FROM finish();
ROLLBACK;
