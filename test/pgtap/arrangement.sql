-- Arrangements and scenarios: what steerers and BI tools rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text, is_act boolean);
INSERT INTO promised VALUES
    ('set_arrangement', 'code text, name text, form text, during steering.day_range, host text DEFAULT NULL::text', 'integer', true),
    ('drop_arrangement', 'code text', 'void', true),
    ('set_arrangement_member', 'arrangement text, participant text, role text, during steering.day_range', 'void', true),
    ('drop_arrangement_member', 'arrangement text, participant text, during steering.day_range', 'void', true),
    ('assign_reserve', 'movement integer, arrangement text', 'void', true),
    ('change_form', 'arrangement text, successor text, name text, form text, changed_on date, reason text, host text DEFAULT NULL::text, lines jsonb DEFAULT ''[]''::jsonb, document text DEFAULT NULL::text', 'integer', true),
    ('form_change_open', 'arrangement text', 'TABLE(task text, act text, service text, participant text, agreement_id integer, method text, body text, functionaries text[])', false),
    ('set_lead', 'service text, participant text', 'void', true),
    ('follow', 'service text, participant text, during steering.day_range, volume numeric DEFAULT NULL::numeric, share numeric DEFAULT NULL::numeric', 'void', true),
    ('unfollow', 'service text, participant text, leaves date', 'void', true),
    ('arrangement_report', 'arrangement text, period text', 'TABLE(valid_from date, valid_to date, service text, participant text, budget numeric, actual numeric, committed numeric, volume numeric, agreed_cost numeric, total_variance numeric, target numeric, measured numeric, attainment numeric, signal text, service_kind text)', false),
    ('arrangement_settlement', 'arrangement text, period text', 'TABLE(participant text, service text, agreement_id integer, line text, quantity numeric, price numeric, amount numeric, valid_from date, valid_to date, closing_id integer, corrects integer)', false),
    ('arrangement_health', 'arrangement text, period text', 'TABLE(participants bigint, revenue numeric, cost numeric, result numeric, coverage numeric, reserve numeric)', false),
    ('scenario', 'change jsonb, period text', 'TABLE(kind text, participant text, service text, before numeric, after numeric, difference numeric, stranded numeric)', false),
    ('share_change', 'key text, as_of date, amount numeric, leaver text DEFAULT NULL::text, joiner text DEFAULT NULL::text, weight numeric DEFAULT NULL::numeric, arrangement text DEFAULT NULL::text', 'TABLE(participant text, weight numeric, before numeric, after numeric, difference numeric)', false),
    ('exit_sum', 'participant text, leaves date, method text, contribution numeric DEFAULT NULL::numeric, first_percent numeric DEFAULT 100, step_percent numeric DEFAULT 20, horizon integer DEFAULT 5, absorption text DEFAULT ''yearly''::text, fixed_share numeric DEFAULT NULL::numeric, avoidable_after integer DEFAULT NULL::integer, lines jsonb DEFAULT ''[]''::jsonb, reserve_key text DEFAULT NULL::text, arrangement text DEFAULT NULL::text', 'TABLE(year integer, valid_from date, valid_to date, line text, service text, amount numeric)', false),
    ('entry_contribution', 'participant text, joins date, key text, weight numeric, unrecovered numeric DEFAULT NULL::numeric, arrangement text DEFAULT NULL::text', 'TABLE(line text, whole numeric, percent numeric, amount numeric)', false),
    ('exit_calendar', 'requested date', 'TABLE(step text, due date)', false);
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'steering'::regnamespace AND proname = name), 1::bigint, name || '() is there once') FROM promised;
SELECT is(pg_get_function_arguments(pg_proc.oid), arguments, name || '() takes what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is(pg_get_function_result(pg_proc.oid), result, name || '() returns what it promises')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT ok(NOT proisstrict, name || '() answers a null with an error, not with null')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
CREATE ROLE regress_sp71_nobody;
SELECT is(has_function_privilege('regress_sp71_nobody', pg_proc.oid, 'EXECUTE'), false, name || '() is not for everybody')
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT set_has('SELECT act FROM steering.act', 'SELECT name FROM promised WHERE is_act', 'each that changes something is an act');
SELECT set_hasnt('SELECT act FROM steering.act', 'SELECT name FROM promised WHERE NOT is_act', 'those that change nothing are none');
SELECT columns_are('steering', 'arrangement_part', ARRAY['arrangement', 'name', 'form', 'host', 'participant', 'member', 'role', 'valid_from', 'valid_to']);

SELECT columns_are('steering', 'opening_balance', ARRAY['change_id', 'arrangement', 'successor', 'changed_on', 'side', 'line', 'own', 'taken_over', 'eliminated', 'opening', 'position']);
SELECT columns_are('steering', 'follower_status', ARRAY['service', 'participant', 'lead', 'valid_from', 'valid_to', 'volume', 'share']);

-- errors
INSERT INTO steering.participant (code, name) VALUES ('form.town', 'Town'), ('form.city', 'City');
CREATE FUNCTION pg_temp.error(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.error($$SELECT steering.set_arrangement('form', 'Form', 'host', '(,)')$$), '23514', 'a host that is not said');
SELECT is(pg_temp.error($$SELECT steering.set_arrangement('form', 'Form', 'host', '(,)', 'form.city')$$), NULL, 'a host');
SELECT is(pg_temp.error($$SELECT steering.set_arrangement_member('form', 'form.city', 'partner', '(,)')$$), '23514', 'the host is no partner');
SELECT is(pg_temp.error($$SELECT steering.set_arrangement_member('form', 'form.town', 'partner', '(,)')$$), NULL, 'a partner');
SELECT is(pg_temp.error($$SELECT steering.set_arrangement_member('form', 'form.town', 'customer', '2999')$$), '23P01', 'in another role at the same time');
SELECT is(pg_temp.error($$SELECT steering.drop_arrangement('form')$$), '23503', 'an arrangement with members');
SELECT is(pg_temp.error($$DELETE FROM steering.participant WHERE code = 'form.city'$$), '23503', 'a host that goes');
SELECT is(pg_temp.error($$SELECT steering.drop_arrangement_member('form', 'form.town', '2999')$$), '42704', 'no such part');
SELECT is(pg_temp.error($$SELECT steering.change_form('form', 'form.next', 'Next', 'cooperative', '2999-01-01', 'x', lines => '[{"line": "cash", "side": "assets", "own": 1, "taken_over": 1, "eliminated": 1}]')$$), '22023', 'eliminations that do not balance');
SELECT is(pg_temp.error($$SELECT steering.change_form('form', 'form.next', 'Next', 'cooperative', '2999-01-01', 'x')$$), NULL, 'another form');
SELECT is(pg_temp.error($$SELECT steering.change_form('form', 'form.next', 'Next', 'cooperative', '2999-01-01', 'x')$$), '22023', 'which it has then');
INSERT INTO steering.service (code, name, kind) VALUES ('form.bot', 'Bot', 'development');
SELECT is(pg_temp.error($$SELECT steering.follow('form.bot', 'form.town', '2999')$$), '22023', 'a service without a lead');
SELECT is(pg_temp.error($$SELECT steering.set_lead('form.bot', 'form.city')$$), NULL, 'a lead');
SELECT is(pg_temp.error($$SELECT steering.follow('form.bot', 'form.city', '2999')$$), '22023', 'who follows himself');
SELECT is(pg_temp.error($$SELECT steering.follow('form.bot', 'form.town', '2999', share => 101)$$), '23514', 'a share above all');
SELECT is(pg_temp.error($$SELECT steering.follow('form.bot', 'form.town', '2999')$$), NULL, 'who follows');
SELECT is(pg_temp.error($$SELECT steering.set_agreement('form.bot', 'form.town', '2999', 'lump_sum', base => 1)$$), '55000', 'terms of his own');
SELECT is(pg_temp.error($$SELECT steering.set_lead('form.bot', 'form.town')$$), '55000', 'another lead');
SELECT is(pg_temp.error($$SELECT steering.unfollow('form.bot', 'form.town', '3000-01-01')$$), '42704', 'who does not follow then');
SELECT is(pg_temp.error($$SELECT * FROM steering.scenario(NULL, '2999')$$), '22004', 'a scenario of nothing');
SELECT is(pg_temp.error($$SELECT * FROM steering.scenario('{"change": "x"}', '2999')$$), '22023', 'an unknown change');
SELECT is(pg_temp.error($$SELECT * FROM steering.scenario('[]', '2999')$$), NULL, 'a scenario in which nothing changes');
SELECT is(pg_temp.error($$SELECT * FROM steering.scenario('{"change": "leave", "participant": "form.town", "on": "2999-01-01"}', '2999')$$), NULL, 'a scenario');

SELECT results_eq($$SELECT sum(amount) FROM steering.exit_sum('form.town', '2999-01-01', 'phase_out', contribution => 1000000)$$, 'VALUES (3000000.0000)', 'a contribution that goes on for five years');
SELECT is(pg_temp.error($$SELECT * FROM steering.exit_sum('form.town', '2999-01-01', 'x')$$), '22023', 'an unknown method');
SELECT is(pg_temp.error($$SELECT * FROM steering.exit_sum('form.town', NULL, 'damage')$$), '22004', 'no day');

-- rights
SELECT is(has_table_privilege('regress_sp71_nobody', relation::regclass, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest(ARRAY['steering.arrangement', 'steering.arrangement_member', 'steering.arrangement_reserve', 'steering.follower', 'steering.followed_agreement', 'steering.form_change', 'steering.opening_line', 'steering.opening_balance']) AS relation,
         unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege;
SET LOCAL ROLE regress_sp71_nobody;
SELECT is_empty('SELECT FROM steering.arrangement_part', 'who reads no participant sees no part');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
