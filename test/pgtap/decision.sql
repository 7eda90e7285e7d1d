-- Decisions: what functionaries, auditors, BI tools and applications rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text);
INSERT INTO promised VALUES
    ('set_mandate', 'functionary text, acts text[], service text, participant text, during steering.day_range, amount_limit numeric, year_limit numeric DEFAULT ''Infinity''::numeric, may_submandate boolean DEFAULT false, parent integer DEFAULT NULL::integer, document text DEFAULT NULL::text, employer text DEFAULT NULL::text', 'integer'),
    ('revoke_mandate', 'mandate integer, reason text', 'void'),
    ('consent_mandate', 'mandate integer', 'void'),
    ('set_deputy', 'functionary text, deputy text, during steering.day_range', 'void'),
    ('set_body', 'code text, name text, participant text DEFAULT NULL::text, quorum_percent numeric DEFAULT 50, tie text DEFAULT ''reject''::text, chair text DEFAULT NULL::text, max_share_percent numeric DEFAULT 50', 'text'),
    ('set_body_member', 'body text, participant text, representative text, during steering.day_range, votes numeric DEFAULT 1, votes_per text DEFAULT NULL::text, step integer DEFAULT NULL::integer', 'integer'),
    ('set_vote_days', 'body text, days integer', 'void'),
    ('close_decision', 'decision integer', 'text'),
    ('drop_rule', 'rule integer', 'void'),
    ('who_may', 'act text, service text, participant text, amount numeric, as_of date DEFAULT NULL::date', 'TABLE(functionary text, path text, amount_limit numeric, year_limit numeric, method text, needs text)'),
    ('propose', 'act text, arguments jsonb, reason text, document text DEFAULT NULL::text, hear_through date DEFAULT NULL::date', 'integer'),
    ('sign', 'decision integer, choice text, participant text DEFAULT NULL::text, remark text DEFAULT NULL::text', 'text'),
    ('withdraw', 'decision integer, reason text', 'void'),
    ('log_head', '', 'text'),
    ('verify_log', 'head text DEFAULT NULL::text', 'TABLE(log_position bigint, problem text)');
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
SELECT columns_are('steering', 'act', ARRAY['act', 'asked_as', 'amount']);
SELECT columns_are('steering', 'decision', ARRAY['id', 'act', 'service', 'participant', 'amount', 'arguments', 'reason', 'document', 'method', 'state',
    'proposed_by', 'proposed_at', 'decided_at', 'executed_at', 'in_mandate', 'outcome', 'body', 'hear_through']);
SELECT columns_are('steering', 'signature', ARRAY['decision', 'functionary', 'signed_for', 'choice', 'participant', 'at', 'remark']);
SELECT columns_are('steering', 'proposal', ARRAY['decision', 'functionary', 'signs_for', 'choice', 'waiting_participant', 'act', 'service', 'participant',
    'amount', 'arguments', 'reason', 'document', 'method', 'body', 'hear_through', 'proposed_by', 'proposed_at']);
SELECT columns_are('steering', 'authority', ARRAY['functionary', 'act', 'service', 'participant', 'amount_limit', 'year_limit', 'path', 'valid_from',
    'valid_to', 'may_submandate', 'mandate', 'document']);
SELECT columns_are('steering', 'decision_log', ARRAY['position', 'recipe', 'decision_id', 'executed_at', 'act', 'service', 'participant', 'amount',
    'arguments', 'reason', 'document', 'method', 'in_mandate', 'proposed_by', 'executed_by', 'signatures', 'outcome', 'previous', 'hash', 'details']);

-- errors: SQLSTATE and fields
INSERT INTO steering.participant (code, name) VALUES ('decide.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('decide.ict', 'ICT');
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate') AS rule \gset
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.propose, steering.sign, steering.set_mandate TO regress_sp71_nobody;
CREATE FUNCTION pg_temp.error(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    code text;
    constraint_name text;
    table_name text;
BEGIN
    SET LOCAL SESSION AUTHORIZATION regress_sp71_nobody;
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, table_name = TABLE_NAME, constraint_name = CONSTRAINT_NAME;
    RETURN concat_ws(' ', code, nullif(table_name, ''), nullif(constraint_name, ''));
END
$$;
SELECT is(pg_temp.error($$SELECT steering.set_cap('decide.ict', 'decide.town', 'budget', '2026', 1)$$), '23S75 rule ' || :'rule', 'an act beyond a mandate');
SELECT is(pg_temp.error($$SELECT steering.set_mandate('regress_sp71_nobody', ARRAY['set_cap'], NULL, NULL, '(,)', 1)$$), '23S75', 'a mandate that is part of no other');
SELECT is(pg_temp.error($$SELECT steering.sign(0, 'approve')$$), '42704', 'no such decision');
SELECT is(pg_temp.error($$SELECT steering.sign(NULL, 'approve')$$), '22004', 'null decision');
SELECT is(pg_temp.error($$SELECT steering.propose('x', '{}', 'x')$$), '22023', 'unknown act');
SELECT is(pg_temp.error($$SELECT steering.propose('set_cap', '{"x": 1}', 'x')$$), '22023', 'unknown argument');
SELECT is(pg_temp.error($$SELECT steering.propose('drop_cap', '{"cap": 1}', 'x')$$), '42501', 'who may not execute an act does not propose it');
SELECT is(pg_temp.error($$SELECT steering.verify_log()$$), '42501', 'the log is for who audits');

-- rights
SELECT is(has_table_privilege('regress_sp71_nobody', relation::regclass, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest(ARRAY['steering.mandate', 'steering.deputy', 'steering.body', 'steering.body_member', 'steering.rule', 'steering.decision_record',
                      'steering.decision_question', 'steering.signature_record', 'steering.decision_log']) AS relation,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege;
SELECT * FROM finish();
ROLLBACK;
