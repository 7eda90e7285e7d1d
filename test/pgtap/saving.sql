-- What it costs to change, and what it saves: what steerers, controllers and BI tools rely on.
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
     'TABLE(step integer, valid_from date, valid_to date, amount numeric, fixed numeric, stranded numeric, avoided numeric)', 's', false),
    ('set_saving', 'code text, service text, participant text, period text, amount numeric, structural boolean, owner text, start_up text DEFAULT NULL::text', 'integer', 'v', false),
    ('drop_saving', 'code text', 'void', 'v', false),
    ('record_saving', 'code text, step text, amount numeric, booked_on date, reason text, cap integer DEFAULT NULL::integer, into_period text DEFAULT NULL::text, document text DEFAULT NULL::text', 'integer', 'v', false),
    ('saving_ledger', 'period text, first_report date DEFAULT NULL::date, second_report date DEFAULT NULL::date',
     'TABLE(saving text, owner text, state text, cap_id integer, service text, participant text, structural boolean, at_begin numeric, to_first_report numeric, to_second_report numeric, to_end numeric, remaining numeric, allocated numeric, realised numeric, written_off numeric, postponed numeric)', 's', true),
    ('outlook_risk', 'as_of date, period text DEFAULT NULL::text',
     'TABLE(service text, participant text, actual numeric, expected numeric, budget numeric, expected_headroom numeric, saving_at_risk numeric, headroom_at_risk numeric)', 's', true),
    ('set_start_up', 'code text, name text, amount numeric, key text, advanced_on date', 'integer', 'v', false),
    ('drop_start_up', 'code text', 'void', 'v', false),
    ('repay_start_up', 'code text, amount numeric, repaid_on date, reason text', 'integer', 'v', false),
    ('set_case_line', 'business_case text, line text, year integer, benefit numeric, cost numeric', 'void', 'v', false),
    ('drop_case_line', 'business_case text, line text, year integer', 'void', 'v', false),
    ('business_case', 'business_case text, rate numeric DEFAULT 0, base_year integer DEFAULT NULL::integer',
     'TABLE(step integer, year integer, benefit numeric, cost numeric, net numeric, cumulative numeric, present_value numeric, net_present_value numeric, payback numeric, realised numeric)', 's', false),
    ('set_scorecard_indicator', 'indicator text, is_authority boolean DEFAULT false', 'void', 'v', false),
    ('drop_scorecard_indicator', 'indicator text', 'void', 'v', false),
    ('scorecard', 'period text',
     'TABLE(service text, actual numeric, committed numeric, agreed_cost numeric, authority text, authority_used numeric, authority_unit text, authority_attainment numeric, outcome text, outcome_measured numeric, outcome_unit text, outcome_attainment numeric, legitimacy text, legitimacy_measured numeric, legitimacy_unit text, legitimacy_attainment numeric, capacity text, capacity_measured numeric, capacity_unit text, capacity_attainment numeric)', 's', true),
    ('scorecard_gaps', '', 'TABLE(service text, name text, dimension text)', 's', true);
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
SELECT columns_are('steering', 'saving_status', ARRAY['saving', 'owner', 'state', 'cap_id', 'service', 'participant', 'valid_from', 'valid_to', 'structural',
    'start_up', 'amount', 'realised', 'written_off', 'postponed', 'remaining']);
SELECT columns_are('steering', 'saving_event', ARRAY['saving', 'position', 'step', 'amount', 'booked_on', 'cap_id', 'amendment', 'into_saving', 'reason', 'document',
    'recorded_at', 'role_name']);
SELECT columns_are('steering', 'start_up_status', ARRAY['start_up', 'name', 'participant', 'advanced_on', 'advance', 'repaid', 'remaining']);
SELECT columns_are('steering', 'case_line', ARRAY['business_case', 'line', 'year', 'benefit', 'cost']);

-- the formula: by hand, of 100 a year of which 0.65 is fixed for 18 months
INSERT INTO steering.service (code, name) VALUES ('save.ict', 'ICT');
SELECT steering.set_cost_behaviour('save.ict', '2026', 0.65, 18);
SELECT results_eq($$SELECT step, stranded, avoided FROM steering.stranded_cost('save.ict', 100, '2026-01-01')$$,
    $$VALUES (1, round(65.0 * (17 + 6) * 12 / 2 / 12 / 18.0, 4), 100 - round(65.0 * (17 + 6) * 12 / 2 / 12 / 18.0, 4)),
        (2, round(65.0 * 17 * 18 / 2 / 12 / 18.0, 4) - round(65.0 * (17 + 6) * 12 / 2 / 12 / 18.0, 4),
        100 - (round(65.0 * 17 * 18 / 2 / 12 / 18.0, 4) - round(65.0 * (17 + 6) * 12 / 2 / 12 / 18.0, 4)))$$, 'stranded_cost()');
SELECT is(sum(stranded), round(65.0 * 17 * 18 / 2 / 12 / 18.0, 4), 'months add up') FROM steering.stranded_cost('save.ict', 100, '2026-01-01', 'month');

-- the ledger of a city in 2021: what was to be found, and the cap that was lowered by it
INSERT INTO steering.participant (code, name) VALUES ('save.town', 'Town');
SELECT steering.set_cap('save.ict', 'save.town', 'budget', '2999', 1000000);
SELECT steering.set_saving('save.sport', NULL, NULL, '2999', 23853, true, 'sport'), steering.set_saving('save.apps', 'save.ict', 'save.town', '2999', 230000, true, 'ICT');
SELECT steering.record_saving('save.sport', 'realise', 23853, '2999-12-31', 'found');
SELECT results_eq($$SELECT sum(at_begin), sum(realised), sum(remaining) FROM steering.saving_ledger('2999')$$, 'VALUES (-253853.0000, 23853.0000, -230000.0000)', 'saving_ledger()');
SELECT results_eq($$SELECT service, saving_at_risk FROM steering.outlook_risk('2999-12-31') WHERE saving_at_risk <> 0$$, $$VALUES ('save.ict', 230000.0000)$$, 'outlook_risk()');
SELECT ok(steering.record_saving('save.apps', 'allocate', 230000, '2999-12-31', 'allocated') = 1, 'record_saving()');
SELECT is(amount, 770000.0000, 'the cap is lowered') FROM steering.cap_status WHERE service = 'save.ict';
SELECT is_empty($$SELECT service FROM steering.outlook_risk('2999-12-31') WHERE saving_at_risk <> 0$$, 'it is no risk any more');

-- its reserve for operations: 1,087,730 less twelve withdrawals
SELECT steering.book_reserve('1021-01-01', 1087730, 'begin');
SELECT steering.book_reserve('1021-12-31', - taken, 'withdrawn')
    FROM unnest(ARRAY[50000, 75000, 94000, 90000, 35000, 55000, 33333, 30000, 18000, 13000, 130000, 175000]) AS taken;
SELECT is(available, 289397.0000, 'what is left of a reserve') FROM steering.resilience('1021-12-31');

-- business case: cumulative, payback within the year, net present value
SELECT steering.set_case_line('save.case', 'begin', 2027, 0, 1000), steering.set_case_line('save.case', 'run', 2028, 400, 0), steering.set_case_line('save.case', 'run', 2029, 1200, 0);
SELECT results_eq($$SELECT cumulative, net_present_value, payback FROM steering.business_case('save.case', 0.05)$$,
    $$VALUES (-1000.0000, -1000.0000, NULL), (-600.0000, round(-1000 + 400 / 1.05, 4), NULL),
        (600.0000, round(-1000 + 400 / 1.05 + 1200 / (1.05 * 1.05), 4), 2.5000)$$, 'business_case()');

-- the scorecard: every service has a main indicator in each dimension, or it is told
SELECT set_eq($$SELECT dimension FROM steering.scorecard_gaps() WHERE service = 'save.ict'$$, ARRAY['outcome', 'legitimacy', 'operational capacity'], 'scorecard_gaps()');
SELECT steering.set_indicator('save.solved', 'save.ict', 'Solved', 'call', 'higher', 'outcome', main => true),
    steering.set_indicator('save.trust', 'save.ict', 'Trust', 'mark', 'higher', 'legitimacy', additive => false),
    steering.set_indicator('save.forced', 'save.ict', 'Forced', 'decision', 'lower', 'legitimacy');
SELECT steering.set_scorecard_indicator('save.trust'), steering.set_scorecard_indicator('save.forced', true);
SELECT set_eq($$SELECT dimension FROM steering.scorecard_gaps() WHERE service = 'save.ict'$$, ARRAY['operational capacity'], 'scorecard_gaps() with indicators');
SELECT steering.set_measurement('save.forced', 'save.town', '2026', 3), steering.set_measurement('save.trust', 'save.town', '2026', 7);
SELECT results_eq($$SELECT authority, authority_used, outcome, outcome_measured, legitimacy_measured, capacity FROM steering.scorecard('2026') WHERE service = 'save.ict'$$,
    $$VALUES ('save.forced', 3.0000, 'save.solved', NULL::numeric, 7.0000, NULL::text)$$, 'scorecard()');

-- rights
SELECT is(has_table_privilege('regress_sp71_nobody', relation::regclass, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest(ARRAY['steering.cost_behaviour', 'steering.saving', 'steering.saving_entry', 'steering.saving_part', 'steering.start_up', 'steering.start_up_share',
        'steering.start_up_repayment', 'steering.start_up_repayment_line', 'steering.case_line', 'steering.scorecard_indicator']) AS relation, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege;
SET LOCAL ROLE regress_sp71_nobody;
SELECT is_empty('SELECT service FROM steering.cost_behaviour_status UNION ALL SELECT saving FROM steering.saving_status UNION ALL SELECT saving FROM steering.saving_event
    UNION ALL SELECT saving FROM steering.saving_ledger(''2999'') UNION ALL SELECT service FROM steering.outlook_risk(''2999-12-31'') UNION ALL SELECT start_up FROM steering.start_up_status', 'who reads no participant reads nothing of it');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
