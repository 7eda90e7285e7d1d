-- What BI tools rely on, beside columns of views, which relations.sql looks at: functions answer in built-in types as well, and a
-- key has one type wherever it stands, so that all joins with all.
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

CREATE TEMPORARY TABLE told AS
    SELECT relname::text AS thing, attname::text AS name, atttypid AS type, has_table_privilege('public', pg_class.oid, 'SELECT') AS for_public
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'steering'::regnamespace AND relkind = 'v' AND attnum > 0
    UNION ALL
    SELECT proname || '()', argument.name, argument.type, has_function_privilege('public', pg_proc.oid, 'EXECUTE')
    FROM pg_proc, unnest(proargnames, proallargtypes, proargmodes) AS argument (name, type, mode)
    WHERE pronamespace = 'steering'::regnamespace AND mode IN ('t', 'o');
CREATE TEMPORARY VIEW strange AS
    SELECT thing, for_public FROM told WHERE type NOT IN (SELECT oid FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace);

-- what views and functions for everybody are made of, in the extension's own types; BI has no need of it
SELECT is_empty($$SELECT DISTINCT thing FROM strange WHERE for_public AND thing !~ '_(scan|elsewhere)[(]'
                  AND thing NOT IN ('booking_read()', 'unwritten_cell()', 'unwritten_counter()', 'usage_between()', 'result_in()', 'charge_of_terms()')$$,
                'what everybody may read has columns of built-in types only');
CREATE TEMPORARY TABLE report (name text);
INSERT INTO report VALUES ('health'), ('verify'), ('repair'), ('settle'), ('settlement_proof'), ('settlement_problem'), ('planned_cap'), ('allocate_costs'),
    ('allocated_cost'), ('allocation_proof'), ('supplier_health'), ('resilience'), ('planned_carry_forward'), ('stranded_cost'), ('business_case'),
    ('exit_sum'), ('share_change'), ('scenario'), ('arrangement_report'), ('arrangement_settlement'), ('arrangement_health'), ('who_may'),
    ('attach_problems'), ('attach_query_problems'), ('verify_log'), ('entry_contribution'), ('exit_calendar'), ('form_change_open'), ('key_weight');
SELECT is_empty($$SELECT name FROM report WHERE NOT EXISTS (SELECT FROM told WHERE thing = report.name || '()')$$, 'reports for those who were granted them are there');
SELECT is_empty($$SELECT thing FROM strange JOIN report ON thing = name || '()'$$, 'and have columns of built-in types only');

CREATE TEMPORARY TABLE key AS
    SELECT * FROM (VALUES ('service', 'text'::regtype), ('participant', 'text'), ('cap_id', 'integer'), ('metric', 'text'), ('stage', 'text'),
        ('period', 'text'), ('indicator', 'text'), ('decision', 'integer'), ('method', 'text'), ('booked_on', 'date'), ('month', 'date'),
        ('valid_from', 'date'), ('valid_to', 'date')) AS key (name, type);
SELECT is_empty('SELECT thing, name FROM told JOIN key USING (name) WHERE told.type <> key.type::oid', 'a key has one type wherever it stands');
SELECT is_empty('SELECT name FROM key WHERE (SELECT count(*) FROM told WHERE told.name = key.name AND for_public) < 2', 'and stands in several places');
SELECT set_eq($$SELECT DISTINCT type FROM told WHERE name = 'code' AND thing LIKE 'named_%'$$, ARRAY['text'::regtype::oid],
              'codes of registers are what services and participants are called by');

SELECT * FROM finish();
ROLLBACK;
