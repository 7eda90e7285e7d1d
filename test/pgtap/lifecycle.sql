-- The life of a budget: what steerers, auditors, BI tools and applications rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text);
INSERT INTO promised VALUES
    ('amend', 'period text, number text, kind text, lines jsonb, reason text, document text DEFAULT NULL::text', 'integer'),
    ('transfer', 'from_cap integer, to_cap integer, amount numeric, reason text', 'integer'),
    ('set_carry_rule', 'service text, participant text, open_commitments boolean, positive boolean, negative boolean, minimum numeric DEFAULT 0', 'integer'),
    ('drop_carry_rule', 'service text, participant text', 'void'),
    ('planned_carry_forward', 'period text', 'TABLE(cap_id integer, service text, participant text, amount numeric, actual numeric, available numeric, open_commitments numeric, carried numeric, reverted numeric, why text, action text, obstacle text)'),
    ('carry_forward', 'period text, reason text', 'integer');
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
SELECT set_has('SELECT act FROM steering.act WHERE act = asked_as', $$SELECT name FROM promised WHERE name !~ '^planned'$$, 'each that changes something is an act');

-- views
SELECT columns_are('steering', 'amendment', ARRAY['amendment_id', 'kind', 'number', 'period', 'cap_id', 'service', 'participant', 'metric', 'valid_from',
    'valid_to', 'previous', 'mutation', 'new_amount', 'reason', 'document', 'decided_at', 'role_name']);
SELECT columns_are('steering', 'budget_history', ARRAY['cap_id', 'service', 'participant', 'metric', 'valid_from', 'valid_to', 'event_id', 'kind', 'number',
    'mutation', 'amount', 'reason', 'document', 'recorded_at', 'role_name', 'amendment_id']);
SELECT columns_are('steering', 'budget_status', ARRAY['cap_id', 'service', 'participant', 'metric', 'valid_from', 'valid_to', 'primitive', 'amendments',
    'transfers', 'revisions', 'carried_in', 'carried_out', 'amended', 'committed', 'actual', 'reserved', 'free', 'overrides']);
SELECT columns_are('steering', 'carry_forward_proof', ARRAY['cap_id', 'service', 'participant', 'period', 'amendment_id', 'next_cap_id', 'available',
    'open_commitments', 'carried', 'reverted', 'why', 'taken', 'given', 'holds']);

-- errors: SQLSTATE and fields
INSERT INTO steering.participant (code, name) VALUES ('life.town', 'Town');
INSERT INTO steering.service (code, parent, name) VALUES ('life.ict', NULL, 'ICT'), ('life.hr', NULL, 'HR'), ('life.pay', 'life.hr', 'Pay');
CREATE TABLE life_invoice (service text, day date, amount numeric);
SELECT steering.attach('life_invoice', service => 'service', participant => '''life.town''', booked_on => 'day', amount => 'amount');
SELECT steering.set_cap('life.ict', 'life.town', 'budget', '2999', 100) AS ict, steering.set_cap('life.hr', 'life.town', 'budget', '2999', 100) AS hr,
    steering.set_cap('life.pay', 'life.town', 'budget', '2999', 100) AS pay, steering.set_cap('life.ict', 'life.town', 'volume', '2999', 5) AS volume \gset
INSERT INTO life_invoice VALUES ('life.ict', '2999-01-01', 60), ('life.hr', '2999-01-01', 60);
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
CREATE FUNCTION pg_temp.amend(cap integer, mutation numeric, new_amount numeric, kind text DEFAULT 'policy', period text DEFAULT '2999') RETURNS text LANGUAGE sql AS
    $$SELECT pg_temp.error(format('SELECT steering.amend(%L, ''1'', %L, %L, ''x'')', period, kind, jsonb_build_array(jsonb_build_object('cap', cap, 'mutation', mutation, 'new_amount', new_amount))))$$;
SELECT is(pg_temp.amend(:ict, 1, 102), '22023 cap ' || :ict, 'a new amount that is not the present one with the mutation');
SELECT is(pg_temp.amend(:ict, 1, 101, 'neutral'), '22023', 'a neutral amendment that is not');
SELECT is(pg_temp.amend(:ict, 1, 101, 'else'), '22023', 'an unknown kind');
SELECT is(pg_temp.amend(:ict, -50, 50), '23S71 cap ' || :ict, 'a limit below its usage');
SELECT is(pg_temp.amend(0, 1, 101), '22023', 'no number of a cap');
SELECT is(pg_temp.amend(2147483647, 1, 101), '42704', 'no such cap');
SELECT is(pg_temp.amend(:ict, 1, 101, 'policy', '1999'), '55000', 'a period that is over');
SELECT is(pg_temp.amend(:ict, 1, 101, 'policy', '2999-01'), '22023 cap ' || :ict, 'a cap with days outside the period');
SELECT is(pg_temp.amend(:ict, 1, 101), NULL, 'an amendment');
SELECT is(pg_temp.amend(:ict, 1, 102), '23505 amendment_record amendment_number_key', 'its number again');
SELECT is(pg_temp.error(format('SELECT steering.transfer(%s, %s, 42, ''x'')', :ict, :hr)), '23S71 cap ' || :ict, 'a transfer of what is used');
SELECT is(pg_temp.error(format('SELECT steering.transfer(%s, %s, 102, ''x'')', :ict, :hr)), '22023 cap ' || :ict, 'of more than there is');
SELECT is(pg_temp.error(format('SELECT steering.transfer(%s, %s, 41, ''x'')', :ict, :pay)), '23S71 cap ' || :hr, 'under a cap without room');
SELECT is(pg_temp.error(format('SELECT steering.transfer(%s, %s, 1, ''x'')', :ict, :volume)), '22023', 'to a cap of another metric');
SELECT is(pg_temp.error(format('SELECT steering.transfer(%s, %s, 1, ''x'')', :hr, :pay)), '22023', 'to a cap below');
SELECT is(pg_temp.error(format('SELECT steering.transfer(%s, %s, 40, ''x'')', :ict, :pay)), NULL, 'a transfer');
SELECT is(pg_temp.error($$SELECT steering.carry_forward('2999', 'x')$$), '55000', 'nothing to carry without a rule');
SELECT is(pg_temp.error($$SELECT steering.set_carry_rule(NULL, NULL, NULL, true, true)$$), '22004', 'a switch that is null');
SELECT is(pg_temp.error($$SELECT steering.drop_carry_rule('life.ict', NULL)$$), '42704', 'no such rule');
SELECT ok(steering.set_carry_rule('life.pay', NULL, false, true, false) > 0, 'set_carry_rule()');
SELECT results_eq($$SELECT service, carried, reverted, action FROM steering.planned_carry_forward('2999')$$,
    $$VALUES ('life.hr', 0::numeric, 40.0000, 'none'), ('life.ict', 0::numeric, 1.0000, 'none'), ('life.pay', 140.0000, 0::numeric, 'create')$$, 'planned_carry_forward()');
SELECT is(pg_temp.error($$SELECT steering.carry_forward('2999', 'x')$$), NULL, 'carry_forward()');
SELECT is(pg_temp.error($$SELECT steering.carry_forward('2999', 'x')$$), '55000', 'not twice');
SELECT results_eq('SELECT available, carried, reverted, taken, given, holds FROM steering.carry_forward_proof', $$VALUES (140.0000, 140.0000, 0.0000, 140.0000, 140.0000, true)$$, 'the proof');

-- budgets add up
SELECT is_empty('SELECT cap_id FROM steering.budget_status WHERE primitive + amendments + transfers + revisions + carried_in - carried_out <> amended', 'budget_status adds up');
SELECT is_empty('SELECT cap_id FROM steering.budget_status JOIN steering.budget_history USING (cap_id) GROUP BY cap_id, amended HAVING sum(mutation) <> amended', 'so does budget_history');
SELECT is_empty('SELECT cap_id FROM steering.budget_status WHERE amended - actual - committed - reserved <> free', 'free is what is left');
SELECT is_empty('SELECT amendment_id FROM steering.amendment WHERE previous + mutation <> new_amount', 'so does amendment');

-- rights
SELECT is(has_table_privilege('regress_sp71_nobody', relation::regclass, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest(ARRAY['steering.amendment_record', 'steering.amendment_line', 'steering.carry_rule', 'steering.carried_cap', 'steering.cap_change',
                      'steering.cap_stage', 'steering.reserved_by_cap', 'steering.override_by_cap']) AS relation,
         unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege;
SET LOCAL ROLE regress_sp71_nobody;
SELECT is_empty('SELECT cap_id FROM steering.budget_status UNION ALL SELECT cap_id FROM steering.budget_history
    UNION ALL SELECT cap_id FROM steering.amendment UNION ALL SELECT cap_id FROM steering.carry_forward_proof', 'who reads no participant reads no budget');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
