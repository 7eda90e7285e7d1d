-- Every error that a booking or a call can give: its SQLSTATE, and the fields that programs read.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

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
    column_name text;
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT, schema_name = SCHEMA_NAME, table_name = TABLE_NAME,
        constraint_name = CONSTRAINT_NAME, column_name = COLUMN_NAME;
    RETURN jsonb_build_object('sqlstate', code, 'message', message, 'detail', detail, 'hint', hint, 'schema', schema_name,
        'table', table_name, 'constraint', constraint_name, 'column', column_name);
END
$$;

CREATE SCHEMA contract;
INSERT INTO steering.participant (code, name, during) VALUES ('contract.town', 'Town', '(,)'), ('contract.guest', 'Guest', '[2026-03-01,2026-07-01)');
INSERT INTO steering.service (code, name, require_cap, during) VALUES
    ('contract.ict', 'ICT', false, '(,)'), ('contract.law', 'Law', true, '(,)'), ('contract.new', 'New', false, '[2026-07-01,)');
CREATE TABLE contract.line (product text, town text, day date, net numeric, pieces numeric);
CREATE TEMPORARY TABLE cap AS
    SELECT metric, steering.set_cap('contract.ict', 'contract.town', metric, '[2026-01-01,2027-01-01)', amount, ladder) AS id
    FROM (VALUES ('budget', 1200000, '80% notify, 100% warn, 105% block'), ('volume', 1400, '100% block')) AS c (metric, amount, ladder);
SELECT steering.attach('contract.line', 'product', 'town', 'day', 'net', 'pieces');
INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 1255100, 1400);

-- aliases
SELECT is(pg_temp.error($$INSERT INTO steering.alias (kind, value, code) VALUES ('service', '1', 'contract.tci')$$) ->> 'sqlstate', '23503', 'an alias of nothing');
SELECT lives_ok($$INSERT INTO steering.alias (source, kind, value, code) VALUES ('contract.line', 'service', '1', 'contract.ict')$$, 'an alias');
SELECT is(pg_temp.error($$INSERT INTO steering.alias (source, kind, value, code) VALUES ('contract.line', 'service', '1', 'contract.law')$$) ->> 'sqlstate', '23P01', 'two aliases of one value');
SELECT is(pg_temp.error($$DELETE FROM steering.service WHERE code = 'contract.ict'$$) ->> 'sqlstate', '23503', 'a service with an alias is deleted');
SELECT is(pg_temp.error('TRUNCATE steering.alias') ->> 'sqlstate', '0A000', 'all aliases at once');
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('2', 'contract.town', '2026-05-01', 1)$$) ->> 'hint',
          'Correct the code, have it added to steering.service, or have an alias in steering.alias say which service it means in "contract.line".', 'where to add an alias');
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('1', 'contract.town', '2026-05-01', 10000)$$) ->> 'sqlstate', '23S71', 'a booking by an alias, above a cap');

-- bookings
CREATE TEMPORARY TABLE booking (what text, "values" text, sqlstate text, "constraint" text);
INSERT INTO booking SELECT 'above a budget cap', '''contract.ict'', ''contract.town'', ''2026-05-01'', 10000, 0', '23S71', id FROM cap WHERE metric = 'budget';
INSERT INTO booking SELECT 'above a volume cap', '''contract.ict'', ''contract.town'', ''2026-05-01'', 0, 1', '23S72', id FROM cap WHERE metric = 'volume';
INSERT INTO booking VALUES
    ('without a required cap', '''contract.law'', ''contract.town'', ''2026-05-01'', 1, 0', '23S71', ''),
    ('with an unknown service', '''contract.tci'', ''contract.town'', ''2026-05-01'', 1, 0', '23S73', ''),
    ('without a service', 'NULL, ''contract.town'', ''2026-05-01'', 1, 0', '23S73', ''),
    ('with an unknown participant', '''contract.ict'', ''contract.city'', ''2026-05-01'', 1, 0', '23S73', ''),
    ('without a participant', '''contract.ict'', NULL, ''2026-05-01'', 1, 0', '23S73', ''),
    ('without a date', '''contract.ict'', ''contract.town'', NULL, 1, 0', '23S73', ''),
    ('on an infinite date', '''contract.ict'', ''contract.town'', ''infinity'', 1, 0', '23S73', ''),
    ('before a participant came', '''contract.ict'', ''contract.guest'', ''2026-02-28'', 1, 0', '23S73', ''),
    ('after a participant left', '''contract.ict'', ''contract.guest'', ''2026-07-01'', 1, 0', '23S73', ''),
    ('before a service began', '''contract.new'', ''contract.town'', ''2026-06-30'', 1, 0', '23S73', '');
SELECT is(pg_temp.error('INSERT INTO contract.line VALUES (' || "values" || ')') - '{message,detail,hint}'::text[],
          jsonb_build_object('sqlstate', sqlstate, 'schema', 'contract', 'table', 'line', 'constraint', "constraint", 'column', ''),
          'fields of a booking ' || what)
    FROM booking;
SELECT isnt(pg_temp.error('INSERT INTO contract.line VALUES (' || "values" || ')') ->> 'hint', '', 'hint for a booking ' || what)
    FROM booking;
SELECT matches(pg_temp.error('INSERT INTO contract.line VALUES (' || "values" || ')') ->> 'message', '^[a-z].*[^.]$', 'style of the message for a booking ' || what)
    FROM booking;
-- why_refused() says beforehand what each would be refused for
SELECT is((SELECT array_agg(why.sqlstate ORDER BY why.ordinality) FILTER (WHERE why.sqlstate IS NOT NULL)
           FROM ROWS FROM (steering.why_refused(part[1], part[2], part[3]::date, part[4]::numeric, part[5]::numeric)) WITH ORDINALITY AS why),
          ARRAY[sqlstate], 'why_refused() of a booking ' || what)
    FROM booking CROSS JOIN string_to_array(replace("values", '''', ''), ', ') AS part WHERE "values" NOT LIKE '%NULL%';
-- the words of design and documentation
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 10000, 0)$$) ->> 'message',
          'budget cap of service "contract.ict" for participant "contract.town" is exceeded', 'message of 23S71');
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 10000, 0)$$) ->> 'detail',
          (SELECT 'Cap ' || id || ' (2026-01-01 to 2026-12-31) blocks above 1260000.00; used 1255100.00, this statement adds 10000.00, 5100.00 too much.'
           FROM cap WHERE metric = 'budget'), 'detail of 23S71');
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 0, 0.0001)$$) ->> 'message',
          'volume cap of service "contract.ict" for participant "contract.town" is exceeded', 'message of 23S72');
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 0, 0.0001)$$) ->> 'detail',
          (SELECT 'Cap ' || id || ' (2026-01-01 to 2026-12-31) blocks above 1400.00; used 1400.00, this statement adds 0.0001, 0.0001 too much.'
           FROM cap WHERE metric = 'volume'), 'detail of 23S72');
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 10000, 0.0001)$$) - '{message,hint,schema,table,column}'::text[],
          (SELECT jsonb_build_object('sqlstate', '23S71', 'constraint', budget.id::text, 'detail',
                'Cap ' || budget.id || ' (2026-01-01 to 2026-12-31) blocks above 1260000.00; used 1255100.00, this statement adds 10000.00, 5100.00 too much.'
                || E'\nCap ' || volume.id || ', volume of service "contract.ict" for participant "contract.town" (2026-01-01 to 2026-12-31),'
                || ' blocks above 1400.00; used 1400.00, this statement adds 0.0001, 0.0001 too much.')
           FROM cap AS budget, cap AS volume WHERE budget.metric = 'budget' AND volume.metric = 'volume'),
          'two caps: all in the detail, fields of the first');
SET LOCAL DateStyle = 'SQL, DMY';
SET LOCAL lc_numeric = 'C';
SELECT alike(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 10000, 0)$$) ->> 'detail',
            '%(2026-01-01 to 2026-12-31)%', 'dates are written the same under any DateStyle');
RESET DateStyle;
SELECT alike(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.tci', 'contract.town', '2026-05-01', 1, 0)$$) ->> 'message',
            '%"contract.tci"%', 'an unknown service is named');
SELECT alike(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.city', '2026-05-01', 1, 0)$$) ->> 'message',
            '%"contract.city"%', 'an unknown participant is named');
SELECT alike(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.guest', '2026-07-01', 1, 0)$$) ->> 'message',
            '%"contract.guest"%2026-07-01%', 'a participant that left is named, and the day');
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2027-05-01', 1e15, 0)$$) ->> 'sqlstate', '22003', 'an amount that does not fit');
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2027-05-01', 'NaN', 0)$$) ->> 'sqlstate', '22003', 'an amount that is no number');

-- calls
CREATE TABLE contract.whole (id integer PRIMARY KEY, state text);
CREATE TABLE contract.part (id integer PRIMARY KEY, state text);
CREATE TEMPORARY TABLE call (what text, statement text, sqlstate text);
INSERT INTO call VALUES
    ('set_cap() without service', $$SELECT steering.set_cap(NULL, 'contract.town', 'budget', '[2027-01-01,2028-01-01)', 1)$$, '22004'),
    ('set_cap() without range', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', NULL, 1)$$, '22004'),
    ('set_cap() without amount', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', '[2027-01-01,2028-01-01)', NULL)$$, '22004'),
    ('set_cap() of an unknown service', $$SELECT steering.set_cap('contract.tci', 'contract.town', 'budget', '[2027-01-01,2028-01-01)', 1)$$, '22023'),
    ('set_cap() of an unknown participant', $$SELECT steering.set_cap('contract.ict', 'contract.city', 'budget', '[2027-01-01,2028-01-01)', 1)$$, '22023'),
    ('set_cap() of an unknown metric', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'money', '[2027-01-01,2028-01-01)', 1)$$, '22023'),
    ('set_cap() of an empty range', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', 'empty', 1)$$, '22023'),
    ('set_cap() of an infinite range', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', '[2027-01-01,)', 1)$$, '22023'),
    ('set_cap() of an amount that does not fit', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', '[2027-01-01,2028-01-01)', 1e15)$$, '22003'),
    ('set_cap() of a wrong ladder', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', '[2027-01-01,2028-01-01)', 1, 'all')$$, '22P02'),
    ('set_cap() below usage, budget', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', '[2026-01-01,2027-01-01)', 1)$$, '23S71'),
    ('set_cap() below usage, volume', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'volume', '[2026-01-01,2027-01-01)', 1)$$, '23S72'),
    ('set_cap() of a new cap below usage', $$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', '[2026-05-01,2026-06-01)', 1)$$, '23S71'),
    ('drop_cap() without a cap', 'SELECT steering.drop_cap(NULL)', '22004'),
    ('drop_cap() of no cap', 'SELECT steering.drop_cap(-1)', '42704'),
    ('spread_cap() without a cap', 'SELECT steering.spread_cap(NULL)', '22004'),
    ('spread_cap() of no cap', 'SELECT steering.spread_cap(-1)', '42704'),
    ('attach() without a table', $$SELECT steering.attach(NULL, 'product', 'town', 'day', 'net')$$, '22004'),
    ('attach() of a table that is attached', $$SELECT steering.attach('contract.line', 'product', 'town', 'day', 'net')$$, '42710'),
    ('attach() of a view', $$SELECT steering.attach('pg_catalog.pg_tables', 'tablename::text', 'tablename::text', 'NULL::date', '1')$$, '42809'),
    ('attach() of a system catalogue', $$SELECT steering.attach('pg_catalog.pg_class', 'relname::text', 'relname::text', 'NULL::date', '1')$$, '42809'),
    ('attach_query() without a query', 'SELECT steering.attach_query(NULL)', '22004'),
    ('attach_query() of what is no query', $$SELECT steering.attach_query('DELETE FROM contract.line')$$, '42601'),
    ('attach_query() of a wrong stage', $$SELECT steering.attach_query('SELECT', stage => 'planned')$$, '22023'),
    ('attach_query() without a column', $$SELECT steering.attach_query('SELECT product AS service FROM contract.line')$$, '42703'),
    ('attach_query() of an aggregate', $$SELECT steering.attach_query('SELECT product AS service, town AS participant, day AS booked_on, sum(net) AS amount FROM contract.line GROUP BY 1, 2, 3')$$, '0A000'),
    ('attach_query() without a primary key', $$SELECT steering.attach_query('SELECT product AS service, town AS participant, day AS booked_on, net AS amount FROM contract.line')$$, '42704'),
    ('attach_query() of a view', $$SELECT steering.attach_query('SELECT ''a'' AS service, ''b'' AS participant, date ''2026-01-01'' AS booked_on, 1 AS amount FROM pg_catalog.pg_tables')$$, '42809'),
    ('attach_query() of a join that may match more than once', $$SELECT steering.attach_query('SELECT a.state AS service, ''b'' AS participant, date ''2026-01-01'' AS booked_on, 1 AS amount FROM contract.part a JOIN contract.whole w ON w.state = a.state')$$, '42830'),
    ('attach_query() under a name that is taken', $$SELECT steering.attach_query('SELECT a.state AS service, ''b'' AS participant, date ''2026-01-01'' AS booked_on, 1 AS amount FROM contract.part a', name => 'whole')$$, '42P07'),
    ('attach_query_problems() without a query', 'SELECT steering.attach_query_problems(NULL)', '22004'),
    ('detach() without a table', 'SELECT steering.detach(NULL)', '22004'),
    ('detach() of no source', $$SELECT steering.detach('pg_catalog.pg_class')$$, '42704'),
    ('check_booking() without service', $$SELECT * FROM steering.check_booking(NULL, 'contract.town', '2026-05-01')$$, '22004'),
    ('check_booking() without date', $$SELECT * FROM steering.check_booking('contract.ict', 'contract.town', NULL)$$, '22004'),
    ('check_booking() of an unknown service', $$SELECT * FROM steering.check_booking('contract.tci', 'contract.town', '2026-05-01')$$, '23S73'),
    ('check_booking() of an unknown participant', $$SELECT * FROM steering.check_booking('contract.ict', 'contract.city', '2026-05-01')$$, '23S73'),
    ('check_booking() outside a membership', $$SELECT * FROM steering.check_booking('contract.ict', 'contract.guest', '2026-07-01')$$, '23S73'),
    ('check_booking() without a required cap', $$SELECT * FROM steering.check_booking('contract.law', 'contract.town', '2026-05-01', 1)$$, '23S71'),
    ('check_bookings() without a query', $$SELECT * FROM steering.check_bookings(NULL::text)$$, '22004'),
    ('check_bookings() without rows', $$SELECT * FROM steering.check_bookings(NULL::jsonb)$$, '22004'),
    ('check_bookings() of no query', $$SELECT * FROM steering.check_bookings('BEGIN')$$, '22023'),
    ('check_bookings() of wrong columns', $$SELECT * FROM steering.check_bookings('SELECT 1')$$, '42804'),
    ('check_bookings() of a query that writes', $$SELECT * FROM steering.check_bookings('DELETE FROM contract.line RETURNING *')$$, '25006'),
    ('check_bookings() of an unknown key', $$SELECT * FROM steering.check_bookings('[{"euro": 1}]'::jsonb)$$, '22023'),
    ('another code for a service', $$UPDATE steering.service SET code = 'contract.x' WHERE code = 'contract.ict'$$, '0A000'),
    ('another code for a participant', $$UPDATE steering.participant SET code = 'contract.x' WHERE code = 'contract.town'$$, '0A000'),
    ('TRUNCATE of a register', 'TRUNCATE steering.participant CASCADE', '0A000'),
    ('a wrong check_at', 'SET sp71_steering.check_at = ''never''', '22023'),
    ('a column that a mapping needs', 'ALTER TABLE contract.line DROP COLUMN net', '2BP01');
SELECT is(pg_temp.error(statement) ->> 'sqlstate', sqlstate, what) FROM call;
SELECT is(pg_temp.error($$SELECT steering.set_cap('contract.ict', 'contract.town', 'budget', '[2026-01-01,2027-01-01)', 1)$$) ->> 'constraint',
          (SELECT id::text FROM cap WHERE metric = 'budget'), 'set_cap() below usage names the cap');
SELECT is((SELECT count(*) FROM steering.cap_status WHERE service LIKE 'contract.%'), 2::bigint, 'no call left a cap behind');

-- rights
CREATE ROLE regress_sp71_nobody;
GRANT USAGE ON SCHEMA contract TO regress_sp71_nobody;
GRANT EXECUTE ON FUNCTION steering.attach, steering.detach TO regress_sp71_nobody;
SET LOCAL ROLE regress_sp71_nobody;
SELECT is(pg_temp.error(statement) ->> 'sqlstate', '42501', statement)
    FROM (VALUES ('SELECT steering.set_cap(NULL, NULL, NULL, NULL, NULL)'), ('SELECT steering.drop_cap(NULL)'), ('SELECT steering.spread_cap(NULL)'),
                 ('SELECT steering.verify()'), ('SELECT steering.repair()'), ('SELECT steering.health()'),
                 ('SELECT steering.attach(''contract.line'', ''product'', ''town'', ''day'', ''net'')'), ('SELECT steering.detach(''contract.line'')'),
                 ('SELECT * FROM steering.cap'), ('INSERT INTO steering.event DEFAULT VALUES')) AS forbidden (statement);
RESET ROLE;
-- figures are in the detail only for who may read the cap
GRANT INSERT ON contract.line TO regress_sp71_nobody;
SET LOCAL ROLE regress_sp71_nobody;
SELECT is(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 10000, 0)$$) - '{message,hint,constraint}'::text[],
          '{"sqlstate": "23S71", "detail": "", "schema": "contract", "table": "line", "column": ""}', 'a refusal without figures');
SELECT unalike(pg_temp.error($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 10000, 0)$$)::text,
               '%1255100%', 'none anywhere');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
