-- Closed periods: what applications, BI tools and whoever closes the books rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions and views
SELECT function_returns('steering', 'close_bookings', ARRAY['text', 'text'], 'integer');
SELECT function_returns('steering', 'reopen_bookings', ARRAY['text', 'text'], 'integer');
SELECT function_returns('steering', 'name_period', ARRAY['daterange'], 'text');
SELECT is(pg_get_function_arguments('steering.close_bookings'::regproc), 'period text, reason text DEFAULT NULL::text', 'arguments of close_bookings()');
SELECT is(pg_get_function_arguments('steering.reopen_bookings'::regproc), 'period text, reason text', 'arguments of reopen_bookings(): the reason is no option');
SELECT volatility_is('steering', 'close_bookings', ARRAY['text', 'text'], 'volatile');
SELECT volatility_is('steering', 'reopen_bookings', ARRAY['text', 'text'], 'volatile');
SELECT volatility_is('steering', 'name_period', ARRAY['daterange'], 'immutable');
SELECT isnt_strict('steering', 'close_bookings', ARRAY['text', 'text'], 'close_bookings() answers a null with an error');
SELECT isnt_strict('steering', 'reopen_bookings', ARRAY['text', 'text'], 'reopen_bookings() answers a null with an error');
SELECT columns_are('steering', 'closed_period', ARRAY['period', 'first_day', 'last_day', 'closing_id', 'closed_at', 'closed_by', 'reason']);
SELECT columns_are('steering', 'closing', ARRAY['closing_id', 'during', 'closed_at', 'closed_by', 'reason', 'reopened_at', 'reopened_by', 'reopen_reason',
                                                'bookings', 'amount', 'volume', 'committed_bookings', 'committed_amount', 'committed_volume']);
SELECT col_is_pk('steering', 'closing', 'closing_id', 'key of closing');
SELECT ok('security_barrier=true' = ANY (reloptions), 'closed_period is a security barrier')
    FROM pg_class WHERE oid = 'steering.closed_period'::regclass;
SELECT is(extconfig @> ARRAY['steering.closing'::regclass::oid, 'steering.closing_closing_id_seq'::regclass::oid], true, 'closings come with a dump')
    FROM pg_extension WHERE extname = 'sp71_steering';

-- rights
CREATE ROLE regress_sp71_nobody;
SELECT is(has_table_privilege('regress_sp71_nobody', 'steering.closed_period', 'SELECT'), true, 'everybody may know what is closed');
SELECT is(has_table_privilege('regress_sp71_nobody', 'steering.closing', privilege), false, 'closing: nobody may ' || privilege)
    FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS privilege;
SELECT is(has_table_privilege('regress_sp71_nobody', 'steering.closing_problem', 'SELECT'), false, 'closing_problem has figures');
SELECT is(has_function_privilege('regress_sp71_nobody', function::regprocedure, 'EXECUTE'), false, function || ' is not for everybody')
    FROM unnest('{"steering.close_bookings(text,text)","steering.reopen_bookings(text,text)"}'::text[]) AS function;

-- how periods are called
SELECT is(steering.name_period(during::daterange), name, 'name of ' || during)
    FROM (VALUES ('[2026-01-01,2027-01-01)', '2026'), ('[2026-04-01,2026-07-01)', '2026-Q2'), ('[2026-12-01,2027-01-01)', '2026-12'),
        ('[2026-02-01,2026-05-01)', '2026-02-01 to 2026-04-30'), ('[2026-04-01,2027-04-01)', '2026-04-01 to 2027-03-31'),
        ('[2026-01-01,2028-01-01)', '2026-01-01 to 2027-12-31'), ('[2026-01-02,2027-01-02)', '2026-01-02 to 2027-01-01'),
        ('[0001-01-01,0002-01-01)', '0001'), ('[9999-12-01,10000-01-01)', '9999-12'), ('[9999-07-01,10000-07-01)', '9999-07-01 to 10000-06-30'),
        ('empty', NULL), ('(,)', NULL), ('[2026-01-01,infinity)', NULL)) AS example (during, name);

-- Runs a statement and returns the fields of its error.
CREATE FUNCTION pg_temp.error(statement text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    code text;
    message text;
    detail text;
    hint text;
    schema_name text;
    table_name text;
    constraint_name text;
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT, schema_name = SCHEMA_NAME, table_name = TABLE_NAME, constraint_name = CONSTRAINT_NAME;
    RETURN jsonb_build_object('sqlstate', code, 'message', message, 'detail', detail, 'hint', hint, 'schema', schema_name,
        'table', table_name, 'constraint', constraint_name);
END
$$;

-- a closing and what it refuses
CREATE SCHEMA contract;
INSERT INTO steering.participant (code, name) VALUES ('contract.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('contract.ict', 'ICT');
CREATE TABLE contract.line (product text, town text, day date, net numeric, pieces numeric);
SELECT steering.attach('contract.line', 'product', 'town', 'day', 'net', 'pieces');
INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '1999-05-01', 12.5, 3), ('contract.ict', 'contract.town', '2000-05-01', 1, 1);
CREATE TEMPORARY TABLE closing AS SELECT steering.close_bookings('1999', 'accounts approved') AS id;
SELECT results_eq($$SELECT period, first_day, last_day, closing_id, closed_by, reason FROM steering.closed_period WHERE last_day < '2000-01-01'$$,
                  $$SELECT '1999', '1999-01-01'::date, '1999-12-31'::date, id, session_user, 'accounts approved' FROM closing$$,
                  'a row of closed_period');
SELECT results_eq('SELECT during, reopened_at, reopened_by, reopen_reason, bookings, amount, volume FROM steering.closing JOIN closing ON id = closing_id',
                  $$VALUES ('[1999-01-01,2000-01-01)'::daterange, NULL::timestamptz, NULL::name, NULL::text, 1::bigint, 12.5, 3.0)$$,
                  'what was closed in');
SELECT ok(closed_at > transaction_timestamp() AND closed_at <= clock_timestamp(), 'the time is the clock''s, not that of the transaction''s start')
    FROM steering.closed_period JOIN closing ON id = closing_id;
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '1999-12-31', -1.25, 0)$$) - '{detail,hint}'::text[],
          jsonb_build_object('sqlstate', '23S74', 'schema', 'contract', 'table', 'line', 'constraint', id::text, 'message',
            'period 1999 is closed: bookings of service "contract.ict" for participant "contract.town" on 1999-12-31 are fixed'),
          'fields of a booking in a closed period')
    FROM closing;
SELECT matches(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '1999-12-31', -1.25, 0)$$) ->> 'detail',
               '^Closing ' || id || ' closed it at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[-+:0-9]+\. This statement would change it by 1 booking, amount -1\.25, volume 0\.00\.$',
               'detail of 23S74') FROM closing;
SELECT matches(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '1999-12-31', 1, 1)$$) ->> 'hint',
               'steering\.reopen_period\(\)\.$', 'hint of 23S74');
SELECT is(pg_temp.error($$SELECT * FROM steering.check_booking('contract.ict', 'contract.town', '1999-06-01', 1)$$) - '{detail,hint}'::text[],
          jsonb_build_object('sqlstate', '23S74', 'schema', '', 'table', '', 'constraint', id::text, 'message',
            'period 1999 is closed: bookings of service "contract.ict" for participant "contract.town" on 1999-06-01 are fixed'),
          'fields of a dry run in a closed period')
    FROM closing;
SELECT is(pg_temp.error(statement) ->> 'sqlstate', '23S74', statement)
    FROM unnest(ARRAY['UPDATE contract.line SET net = net - 1', $$UPDATE contract.line SET day = '1999-12-31'$$, $$UPDATE contract.line SET day = '2000-01-01'$$,
        'DELETE FROM contract.line', 'TRUNCATE contract.line', $$SELECT steering.detach('contract.line')$$,
        'ALTER TABLE contract.line ALTER net TYPE numeric USING net + 1']) AS statement;
SELECT lives_ok(statement, statement)
    FROM unnest(ARRAY['UPDATE contract.line SET product = product', 'WITH gone AS (DELETE FROM contract.line RETURNING *) INSERT INTO contract.line SELECT * FROM gone',
        $$DELETE FROM contract.line WHERE day >= '2000-01-01'$$, $$SELECT steering.reattach('contract.line')$$,
        'ALTER TABLE contract.line ALTER net TYPE numeric(12,2)']) AS statement;
SELECT is_empty('SELECT * FROM steering.verify()', 'verify() finds nothing');

-- wrong calls
SELECT throws_ok('SELECT steering.close_bookings(NULL)', '22004', 'period must not be null');
SELECT throws_ok($$SELECT steering.close_bookings('next year')$$, '22P02');
SELECT throws_ok($$SELECT steering.close_bookings('[1999-01-01,)')$$, '22023');
SELECT throws_ok($$SELECT steering.close_bookings('1999')$$, '55000', 'period 1999 is closed already');
SELECT throws_ok($$SELECT steering.close_bookings('1999-Q4')$$, '55000', 'period 1999-Q4 is closed already, as a part of period 1999');
SELECT throws_ok($$SELECT steering.reopen_bookings('1999-Q4', 'x')$$, '55000', 'period 1999-Q4 is a part of closed period 1999');
SELECT throws_ok($$SELECT steering.reopen_bookings('1998', 'x')$$, '55000', 'period 1998 is not closed');
SELECT throws_ok($$SELECT steering.reopen_bookings('1999', NULL)$$, '22004', 'reason must not be null');
SELECT throws_ok($$SELECT steering.reopen_bookings('1999', '')$$, '22023', 'reason must not be empty');
SELECT throws_ok($$SELECT steering.reopen_bookings(NULL, 'x')$$, '22004', 'period must not be null');

-- reopened
SELECT is(steering.reopen_bookings('1999', 'an invoice was forgotten'), id, 'reopening returns the number of the closing') FROM closing;
SELECT results_eq('SELECT reason, reopened_by, reopen_reason, reopened_at > closed_at FROM steering.closing JOIN closing ON id = closing_id',
                  $$SELECT 'accounts approved'::text, session_user, 'an invoice was forgotten'::text, true$$, 'both events are recorded');
SELECT is_empty($$SELECT * FROM steering.closed_period WHERE last_day < '2000-01-01'$$, 'it is closed no more');
SELECT lives_ok($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '1999-12-31', 5, 1)$$, 'and takes bookings');
SELECT isnt(steering.close_bookings('1999'), id, 'closed again it is another closing') FROM closing;
SELECT is(count(*), 2::bigint, 'both are kept') FROM steering.closing WHERE during = '[1999-01-01,2000-01-01)';
SELECT is_empty($$SELECT * FROM steering.closing_problem WHERE subject = 'period 1999'$$, 'nothing to report');
DROP TABLE contract.line;
SELECT results_eq($$SELECT subject, problem FROM steering.closing_problem$$, $$VALUES ('period 1999', 'changed after closing')$$, 'a table that is dropped is reported');
SELECT is_empty('SELECT * FROM steering.verify()', 'verify() finds nothing in the end');

SELECT * FROM finish();
ROLLBACK;
