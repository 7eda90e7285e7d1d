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

-- Every function that may write, and every table, is of an act, or is named here with why it is none. What is in neither
-- list fails: whoever adds one decides.
CREATE TEMPORARY TABLE no_act (name text, reason text);
INSERT INTO no_act VALUES
    ('propose', 'is how acts are decided'), ('sign', 'is how acts are decided'), ('withdraw', 'is how acts are decided'), ('close_decision', 'is how acts are decided'),
    ('repair', 'makes stored usage right'), ('compact', 'folds counters'),
    ('attach_query', 'is asked as attach by its row of steering.source; no proposal holds what names in a query mean'),
    ('fix_mappings', 'makes trees of texts that attach() decided'), ('distribute', 'moves rows to nodes, and what is stored of them'), ('check_bookings', 'takes back what it does'), ('attach_query_problems', 'takes back what it does'),
    ('set_signal_limit', 'colours reports'), ('drop_signal_limit', 'colours reports'), ('grant_backup', 'is GRANT: who may read decides nothing'),
    ('reserve', 'is a booking to come: caps judge it'), ('post_reservation', 'is a booking'), ('void_reservation', 'takes back what was reserved'),
    ('release_expired', 'takes what counts no more out of counters'), ('forget_refusals', 'deletes what was told'),
    ('scenario', 'takes back what it does'), ('scenario_apply', 'is taken back'), ('scenario_leave', 'is taken back'), ('scenario_end_agreements', 'is taken back'), ('scenario_prepare', 'is taken back'),
    ('close_where_allowed', 'does close_period'), ('form_change_close', 'does close_period'), ('scenario_begin', 'is taken back'), ('scenario_catalogue', 'is taken back'),
    ('scenario_join', 'is taken back'), ('scenario_terms', 'is taken back'), ('scenario_keys', 'is taken back'), ('scenario_follow', 'is taken back'), ('follow_lead', 'does what acts on the lead''s agreement, or following, come to'),
    ('scale_out', 'says which servers there are'), ('scale_in', 'says which servers there are'), ('add_node', 'says which servers there are'), ('drop_node', 'says which servers there are'), ('catch_up', 'has what acts on the coordinator decided'), ('join_node', 'has what acts on the coordinator decided'), ('leave_node', 'says which servers there are'),
    ('node_query', 'asks'), ('request_allotment', 'lends what acts allow'), ('return_allotment', 'gives back what is lent'), ('recover_allotments', 'takes back what is lent'), ('hold_scopes', 'asks, and writes down that it did'), ('settled_change', 'asks'), ('node_answers', 'asks'), ('counters_beside', 'asks'), ('overrides_beside', 'asks'), ('differences_elsewhere', 'asks, or does repair'),
    ('health_of', 'shows what health() does'), ('health_for', 'shows what health() does'), ('notify_alerts', 'tells, and remembers of what');
CREATE TEMPORARY TABLE no_act_table (name text, reason text);
INSERT INTO no_act_table VALUES
    ('opening_line', 'written with steering.form_change'), ('followed_agreement', 'written with steering.agreement'), ('agreement_revision', 'what agreements were: written with steering.agreement'), ('cap_counter', 'usage'), ('usage_cell', 'usage'), ('event_log', 'told, not decided'),
    ('decision_record', 'decisions themselves'), ('decision_question', 'decisions themselves'), ('signature_record', 'decisions themselves'), ('decision_log', 'decisions themselves'),
    ('mapping', 'made of steering.source'), ('mapping_need', 'made of steering.source'), ('source_table', 'made of steering.source: partitions and children'),
    ('query', 'written with steering.source'), ('query_table', 'written with steering.source'), ('query_tree', 'written with steering.source'),
    ('override_use', 'usage of overrides'), ('reservation', 'bookings to come'), ('reservation_post', 'bookings'), ('order_line', 'what bookings of orders come to'), ('refusal_log', 'told, not decided'),
    ('source_event_log', 'told, not decided'), ('alert_seen', 'told, not decided'), ('settlement_line', 'written with steering.closing'), ('signal_limit', 'colours reports'),
    ('node', 'servers'), ('this_node', 'servers'), ('allotment', 'lent, not decided'), ('held_scope', 'lent, not decided'), ('lending', 'lent, not decided'), ('lent', 'lent, not decided'), ('untold_change', 'what acts have changed'),
    ('amendment_line', 'written with steering.amendment_record'), ('carried_cap', 'written with steering.amendment_record'),
    ('start_up_share', 'written with steering.start_up'), ('start_up_repayment_line', 'written with steering.start_up_repayment'),
    ('iv3_code', 'written with steering.iv3_definition'), ('iv3_forbidden', 'written with steering.iv3_definition'), ('iv3_control', 'written with steering.iv3_definition');
CREATE TEMPORARY TABLE member AS
    SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'sp71_steering');
SELECT is_empty($$SELECT DISTINCT proname FROM member JOIN pg_proc ON pg_proc.oid = objid AND classid = 'pg_proc'::regclass
    WHERE provolatile = 'v' AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND proname NOT IN (SELECT act FROM steering.act UNION ALL SELECT name FROM no_act)
        -- called from within others, by our owner: they raise errors, take locks, or store a part of an act
        AND proname !~ '^(require|refuse)_' AND proname NOT IN ('lock_rules', 'is_deciding', 'mapping_problem', 'store_settlement', 'health', 'amend_by', 'amend_for_saving')$$,
    'every function that may write is an act, or has a reason not to be');
SELECT is_empty($$SELECT relname FROM member JOIN pg_class ON pg_class.oid = objid AND classid = 'pg_class'::regclass
    WHERE relkind IN ('r', 'p') AND relname NOT IN (SELECT name FROM no_act_table)
        AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgfoid = 'steering.guard_act'::regproc)$$,
    'every table asks, or has a reason not to');
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'steering'::regnamespace
        AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgfoid = 'steering.guard_act'::regproc)
        AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgtype & 32 > 0)$$,
    'every table that asks refuses TRUNCATE, of which it could ask nothing');
SELECT is_empty($$SELECT name FROM no_act WHERE name IN (SELECT act FROM steering.act)$$, 'no act has a reason not to be one');
SELECT is_empty($$SELECT name FROM no_act_table JOIN pg_trigger ON tgrelid = to_regclass('steering.' || name) AND tgfoid = 'steering.guard_act'::regproc$$,
    'no table that asks has a reason not to');
SELECT is_empty($$SELECT name FROM no_act WHERE NOT EXISTS (SELECT FROM pg_proc WHERE proname = name AND pronamespace = 'steering'::regnamespace)
    UNION ALL SELECT name FROM no_act_table WHERE to_regclass('steering.' || name) IS NULL$$, 'what has a reason is there');

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
