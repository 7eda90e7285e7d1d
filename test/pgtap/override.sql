-- Overrides: what steerers, auditors, BI tools and applications rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text);
INSERT INTO promised VALUES
    ('grant_override', 'cap integer, amount numeric, until timestamp with time zone, reason text, uses integer DEFAULT 1', 'integer'),
    ('revoke_override', 'override integer, reason text', 'void');
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

-- views
SELECT columns_are('steering', 'override_status', ARRAY['id', 'cap_id', 'service', 'participant', 'metric', 'amount', 'drawn', 'room', 'until', 'uses',
    'transactions', 'state', 'reason', 'granted_by', 'granted_at', 'revoked_by', 'revoked_at', 'revoke_reason']);
SELECT columns_are('steering', 'override_draw', ARRAY['override', 'cap_id', 'use_number', 'amount', 'used', 'source', 'statement_at', 'transaction', 'role_name']);
SELECT has_column('steering', 'cap_status', 'override_room', 'cap_status speaks of overrides');

-- errors: SQLSTATE and fields
CREATE FUNCTION pg_temp.error(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    code text;
    constraint_name text;
    table_name text;
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, table_name = TABLE_NAME, constraint_name = CONSTRAINT_NAME;
    RETURN concat_ws(' ', code, nullif(table_name, ''), nullif(constraint_name, ''));
END
$$;
CREATE SCHEMA contract;
INSERT INTO steering.participant (code, name) VALUES ('override.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('override.ict', 'ICT');
CREATE TABLE contract.override_line (amount numeric);
SELECT steering.attach('contract.override_line', '''override.ict''', '''override.town''', '''2026-01-01''::date', 'amount');
SELECT steering.set_cap('override.ict', 'override.town', 'budget', '2026', 100) AS cap \gset
SELECT steering.set_cap('override.ict', 'override.town', 'volume', '2026', 100, '100% warn') AS warns \gset
SELECT is(pg_temp.error(format('SELECT steering.grant_override(%s, %s, %s, %s, %s)', cap, amount, until, reason, uses)), state, what)
    FROM (VALUES ('NULL', '1', 'now() + ''1 day''', '''x''', '1', '22004', 'null cap'), (:'cap', 'NULL', 'now() + ''1 day''', '''x''', '1', '22004', 'null amount'),
        (:'cap', '1', 'NULL', '''x''', '1', '22004', 'null moment'), (:'cap', '1', 'now() + ''1 day''', 'NULL', '1', '22004', 'null reason'),
        (:'cap', '1', 'now() + ''1 day''', '''x''', 'NULL', '22004', 'null uses'), ('0', '1', 'now() + ''1 day''', '''x''', '1', '42704', 'no such cap'),
        (:'cap', '0', 'now() + ''1 day''', '''x''', '1', '22023', 'nothing'), (:'cap', '1.00001', 'now() + ''1 day''', '''x''', '1', '22023', 'five decimals'),
        (:'cap', '1', 'now()', '''x''', '1', '22023', 'a moment that is past'), (:'cap', '1', '''infinity''', '''x''', '1', '22023', 'no moment'),
        (:'cap', '1', 'now() + ''1 day''', '''x''', '0', '22023', 'no use'), (:'warns', '1', 'now() + ''1 day''', '''x''', '1', '22023', 'a cap that never blocks'),
        (:'cap', '10', 'now() + ''1 day''', '''x''', '1', NULL, 'an override')) AS call (cap, amount, until, reason, uses, state, what);
SELECT is(pg_temp.error('INSERT INTO contract.override_line VALUES (111)'), '23S71 override_line ' || :'cap', 'more than an override has');
SELECT is((SELECT verdict FROM steering.check_booking('override.ict', 'override.town', '2026-01-01', 110) WHERE metric = 'budget'), 'override', 'a dry run says so');
SELECT is(pg_temp.error('INSERT INTO contract.override_line VALUES (110)'), NULL, 'what it has');
SELECT results_eq('SELECT amount, used, source FROM steering.override_draw', $$VALUES (10::numeric, 110::numeric, 'contract.override_line')$$, 'what was drawn');
SELECT results_eq('SELECT drawn, room, transactions, state FROM steering.override_status', $$VALUES (10::numeric, 0::numeric, 1, 'used')$$, 'what is left');
SELECT is(pg_temp.error('SELECT steering.revoke_override(NULL, ''x'')'), '22004', 'null override');
SELECT is(pg_temp.error('SELECT steering.revoke_override(0, ''x'')'), '42704', 'no such override');
SELECT is(pg_temp.error(format('SELECT steering.revoke_override(%s, NULL)', (SELECT max(id) FROM steering.override_status))), '22004', 'null reason');
SELECT is(pg_temp.error(format('SELECT steering.revoke_override(%s, ''x'')', (SELECT max(id) FROM steering.override_status))), NULL, 'revoked');
SELECT is(pg_temp.error(format('SELECT steering.revoke_override(%s, ''x'')', (SELECT max(id) FROM steering.override_status))), '55000', 'revoked twice');
SELECT set_eq('SELECT DISTINCT kind FROM steering.event WHERE cap_id = ' || :'cap', ARRAY['created', 'granted', 'drawn', 'revoked'], 'events');
SELECT set_eq($$SELECT act FROM steering.act WHERE act LIKE '%override'$$, ARRAY['grant_override', 'revoke_override'], 'acts');

-- rights
SELECT is(has_table_privilege('regress_sp71_nobody', relation::regclass, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest(ARRAY['steering.override_grant', 'steering.override_use']) AS relation,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege;
SELECT * FROM finish();
ROLLBACK;
