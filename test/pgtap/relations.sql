-- Views and tables: columns and their types in their order, who may read them, comments, what a dump holds.
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

CREATE FUNCTION pg_temp.columns_of(relation regclass) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;
-- for BI: built-in types only
SELECT is(pg_temp.columns_of('steering.cap_status'),
          'cap_id integer, service text, participant text, metric text, valid_from date, valid_to date, amount numeric, used numeric, used_percent numeric, blocks_at numeric, headroom numeric, step text, ladder text, override_room numeric',
          'columns of cap_status');
SELECT is(pg_temp.columns_of('steering.cap_stripe'),
          'cap_id integer, stripe integer, used numeric, floor numeric, ceiling numeric, room numeric, depth integer, held boolean, held_by integer, prepared text',
          'columns of cap_stripe');
SELECT is(pg_temp.columns_of('steering.booking'),
          'source text, service text, participant text, booked_on date, amount numeric, volume numeric, stage text',
          'columns of booking');
SELECT is(pg_temp.columns_of('steering.usage_by_month'),
          'service text, participant text, month date, stage text, amount numeric, volume numeric, bookings bigint',
          'columns of usage_by_month');
SELECT is_empty($$SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                  WHERE relnamespace = 'steering'::regnamespace AND relkind = 'v' AND attnum > 0
                    AND has_table_privilege('public', attrelid, 'SELECT')
                    AND atttypid NOT IN (SELECT oid FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace)$$,
                'views for everybody have columns of built-in types only');
SELECT is(pg_temp.columns_of('steering.participant'),
          'participant_id integer, code text, parent text, name text, inhabitants integer, during daterange, reader steering.role_reference',
          'columns of participant');
SELECT is(pg_temp.columns_of('steering.service'),
          'service_id integer, code text, parent text, name text, kind text, unit text, require_cap boolean, during daterange, lead text',
          'columns of service');
SELECT is(pg_temp.columns_of('steering.event'),
          'event_id bigint, recorded_at timestamp with time zone, kind text, cap_id integer, service text, participant text, participant_id integer, metric text, during daterange, amount numeric, ladder text, threshold numeric, used numeric, role_name name, reason text',
          'columns of event');
SELECT is(pg_temp.columns_of('steering.cap'),
          'cap_id integer, service_id integer, participant_id integer, metric text, during daterange, amount steering.amount, ladder steering.ladder, revision integer, spans boolean',
          'columns of cap');
SELECT is(pg_temp.columns_of('steering.source'),
          'source_id integer, relation steering.table_number, service text, participant text, booked_on text, amount text, volume text, counts_when text, stage text, unknown text, reference text, releases text, final text',
          'columns of source');
SELECT is(pg_temp.columns_of('steering.alias'),
          'alias_id integer, source steering.table_number, kind text, value text, code text, during daterange, missing text',
          'columns of alias');
SELECT is(pg_temp.columns_of('steering.source_event'),
          'event_id bigint, recorded_at timestamp with time zone, kind text, source_id integer, relation text, owner text, mapping jsonb, role_name name, acted_as name',
          'columns of source_event');

-- what a query is, for who looks; the tree is no column to rely on
SELECT is(pg_temp.columns_of('steering.query'), 'source_id integer, query text', 'columns of query');
SELECT is(pg_temp.columns_of('steering.query_table'),
          'source_id integer, position integer, relation steering.table_number, is_header boolean, is_promised boolean', 'columns of query_table');
SELECT is(pg_temp.columns_of('steering.refusal'),
          'refusal_id bigint, refused_at timestamp with time zone, kind text, sqlstate text, cap_id integer, metric text, source text, service text, participant text, booked_on date, asked numeric, too_much numeric, session_name text, role_name text, application_name text',
          'columns of refusal');

-- keys that applications may rely on
SELECT col_is_pk('steering', 'participant', 'participant_id', 'key of participant');
SELECT col_is_unique('steering', 'participant', ARRAY['code'], 'code of participant');
SELECT col_is_pk('steering', 'service', 'service_id', 'key of service');
SELECT col_is_unique('steering', 'service', ARRAY['code'], 'code of service');
SELECT col_is_pk('steering', 'cap', 'cap_id', 'key of cap');
SELECT col_is_unique('steering', 'cap', ARRAY['service_id', 'participant_id', 'metric', 'during'], 'one cap of a kind');
SELECT col_is_pk('steering', 'event_log', 'event_id', 'key of event_log');
SELECT col_is_pk('steering', 'query', 'source_id', 'key of query');
SELECT col_is_pk('steering', 'query_table', ARRAY['source_id', 'position'], 'key of query_table');
SELECT col_is_pk('steering', 'source_event_log', 'event_id', 'key of source_event_log');
SELECT col_default_is('steering', 'participant', 'during', '(,)'::text, 'a participant is one for ever');
SELECT col_is_pk('steering', 'alias', 'alias_id', 'key of alias');
SELECT col_default_is('steering', 'alias', 'during', '(,)'::text, 'an alias holds on all days');
SELECT col_default_is('steering', 'service', 'kind', 'standard'::text, 'a service is standard');
SELECT col_default_is('steering', 'service', 'require_cap', 'false'::text, 'a service needs no cap');

-- rights
CREATE TEMPORARY TABLE relation AS
    SELECT pg_class.oid, relname, relkind FROM pg_class JOIN pg_depend ON objid = pg_class.oid AND classid = 'pg_class'::regclass
    WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'sp71_steering');
CREATE ROLE regress_sp71_nobody;
SELECT set_eq($$SELECT relname::text FROM relation WHERE relkind IN ('r', 'v') AND has_any_column_privilege('regress_sp71_nobody', oid, 'SELECT')$$,
              ARRAY['event', 'cap_status', 'cap_stripe', 'allotment_status', 'booking', 'usage_by_month', 'readable_participant', 'closed_period',
                    'closing_event', 'agreement_status', 'agreement_event', 'settlement', 'correction', 'result', 'indicator_status',
                    'incentive_band', 'act', 'authority', 'decision', 'signature', 'proposal', 'source_event', 'refusal',
                    'override_status', 'override_draw', 'reservation_status', 'order_status', 'amendment', 'budget_history',
                    'budget_status', 'carry_forward_proof', 'named_participant', 'named_service', 'alert', 'cost_behaviour_status',
                    'arrangement_part', 'follower_status', 'saving_status', 'saving_event', 'saving_move', 'start_up_status',
                    'scorecard_main', 'iv3_definition', 'iv3_code', 'iv3_forbidden', 'iv3_control', 'iv3_deliverer', 'iv3_mapping',
                    'spent_by_source', 'reserve_movement', 'attainment_limit', 'explanation', 'lawfulness', 'lawfulness_deviation',
                    'lawfulness_frame', 'allotment_status'], 'what everybody may select from');
SELECT is_empty($$SELECT relname FROM relation WHERE relkind IN ('r', 'v')
                  AND (has_any_column_privilege('regress_sp71_nobody', oid, 'INSERT, UPDATE, REFERENCES')
                       OR has_table_privilege('regress_sp71_nobody', oid, 'DELETE, TRUNCATE, TRIGGER'))$$,
                'nothing may be written by everybody');
SELECT is_empty($$SELECT relname FROM relation WHERE CASE relkind WHEN 'S' THEN has_sequence_privilege('regress_sp71_nobody', oid, 'SELECT, UPDATE, USAGE') ELSE false END$$,
                'sequences are for nobody');
SELECT is_empty($$SELECT relname FROM relation JOIN pg_class USING (oid, relname, relkind)
                  WHERE relrowsecurity OR EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)$$,
                'no table has row security, so that whoever may read them can dump them; views show each role its own');
SELECT lives_ok('SELECT steering.grant_backup(''regress_sp71_nobody'')', 'grant_backup()');
SELECT is_empty($$SELECT relname FROM relation WHERE relkind = 'r' AND NOT has_table_privilege('regress_sp71_nobody', oid, 'SELECT')
                  UNION ALL SELECT relname FROM relation WHERE CASE relkind WHEN 'S' THEN NOT has_sequence_privilege('regress_sp71_nobody', oid, 'SELECT') END$$,
                'grant_backup() grants all tables and sequences');
SELECT is_empty($$SELECT subject, problem FROM steering.health() WHERE subject ~ 'regress_sp71_nobody'$$, 'which is no fault');
SELECT throws_ok('SELECT steering.grant_backup(NULL)', '22004', 'argument "role" must not be null');
REVOKE SELECT ON ALL TABLES IN SCHEMA steering FROM regress_sp71_nobody;
REVOKE SELECT ON ALL SEQUENCES IN SCHEMA steering FROM regress_sp71_nobody;
SELECT is_empty($$SELECT relname FROM relation JOIN pg_class USING (oid, relname, relkind)
                  WHERE relkind = 'v' AND has_table_privilege('regress_sp71_nobody', oid, 'SELECT')
                    AND NOT coalesce('security_barrier=true' = ANY (reloptions), false)$$,
                'views for everybody are security barriers');
SELECT is(has_schema_privilege('regress_sp71_nobody', 'steering', 'USAGE'), true, 'everybody may use the schema');
SELECT is(has_schema_privilege('regress_sp71_nobody', 'steering', 'CREATE'), false, 'nobody may create in it');

-- comments on everything
SELECT is_empty($$SELECT relname FROM relation WHERE relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL$$,
                'tables and views have a comment');
SELECT is_empty($$SELECT relname, attname FROM relation JOIN pg_attribute ON attrelid = oid
                  WHERE relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL$$,
                'columns have a comment');
SELECT is_empty($$SELECT typname FROM pg_type JOIN pg_depend ON objid = pg_type.oid AND classid = 'pg_type'::regclass
                  WHERE deptype = 'e' AND typtype = 'b' AND typcategory <> 'A' AND obj_description(pg_type.oid, 'pg_type') IS NULL
                    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'sp71_steering')$$,
                'types have a comment');
SELECT is_empty($$SELECT oid::regoperator FROM pg_operator JOIN pg_depend ON objid = oid AND classid = 'pg_operator'::regclass
                  WHERE deptype = 'e' AND obj_description(oid, 'pg_operator') IS NULL
                    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'sp71_steering')$$,
                'operators have a comment');
SELECT isnt(obj_description('steering'::regnamespace, 'pg_namespace'), NULL, 'the schema has a comment');
SELECT isnt((SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'sp71_steering'), NULL, 'the extension has a comment');

-- a publication FOR ALL TABLES lets every table of ours be written
SELECT is_empty($$SELECT relname FROM relation JOIN pg_class USING (oid, relname, relkind)
                  WHERE relkind = 'r' AND NOT CASE relreplident WHEN 'f' THEN true
                    WHEN 'd' THEN EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary)
                    ELSE EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisreplident) END$$,
                'every table has a replica identity');

-- all that is data goes with a dump
SELECT is_empty($$SELECT relname FROM relation WHERE relkind IN ('r', 'S')
                  AND oid NOT IN (SELECT unnest(extconfig) FROM pg_extension WHERE extname = 'sp71_steering')
                  AND oid NOT IN ('steering.mapping'::regclass, 'steering.mapping_need'::regclass, 'steering.refusal_queue'::regclass, 'steering.query_tree'::regclass,
                      'steering.allotment'::regclass, 'steering.lending'::regclass, 'steering.lent'::regclass)$$,
                'every table and sequence is dumped with its rows, but for what is made anew of others');
SELECT is((SELECT array_agg(DISTINCT condition) FROM pg_extension, unnest(extcondition) AS condition WHERE extname = 'sp71_steering'),
          ARRAY[''], 'and with all of them');
SELECT results_eq('SELECT extnamespace::regnamespace::text, extrelocatable FROM pg_extension WHERE extname = ''sp71_steering''',
                  $$VALUES ('pg_catalog'::text, false)$$, 'the extension cannot be moved');

SELECT * FROM finish();
ROLLBACK;
