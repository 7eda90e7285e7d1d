-- The dry run of a set: what callers may rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

CREATE SCHEMA contract;
INSERT INTO steering.participant (code, name) VALUES ('contract.town', 'Town');
INSERT INTO steering.service (code, name, unit) VALUES ('contract.ict', 'ICT', 'piece');
CREATE TABLE contract.line (product text, town text, day date, net numeric, pieces numeric);
CREATE TABLE contract.staging (service text, participant text, booked_on date, amount numeric(12,2), volume integer);
CREATE TEMPORARY TABLE cap AS
    SELECT metric, steering.set_cap('contract.ict', 'contract.town', metric, '[2026-01-01,2027-01-01)', amount, ladder) AS id
    FROM (VALUES ('budget', 1000, '80% notify, 100% warn, 105% block'), ('volume', 10, '100% warn')) AS c (metric, amount, ladder);
SELECT steering.attach('contract.line', 'product', 'town', 'day', 'net', 'pieces');
INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '2026-05-01', 500, 5);

-- the form of it
SELECT has_function('steering', 'check_bookings', ARRAY['text'], 'of a query');
SELECT has_function('steering', 'check_bookings', ARRAY['jsonb'], 'of rows');
SELECT is(pg_get_function_result(oid),
          'TABLE(cap_id integer, service text, participant text, metric text, amount numeric, used numeric, after numeric, blocks_at numeric, '
          'headroom numeric, verdict text, bookings bigint, sqlstate text, problem text, first_row bigint)', oid::regprocedure || ' gives these columns')
    FROM pg_proc WHERE proname = 'check_bookings';
SELECT ok(NOT prosecdef AND NOT proisstrict AND provolatile = 'v' AND proparallel = 'u' AND has_function_privilege('public', oid, 'EXECUTE'),
          oid::regprocedure || ' runs as the caller, whoever that is') FROM pg_proc WHERE proname = 'check_bookings';
SELECT is((SELECT count(*) FROM pg_proc WHERE proname = 'check_bookings'), 2::bigint, 'there are no others');

-- what it says
INSERT INTO contract.staging VALUES
    ('contract.ict', 'contract.town', '2026-06-01', 300, 4), ('contract.ict', 'contract.town', '2026-07-01', 250.01, 2);
SELECT results_eq('SELECT cap_id, service, participant, metric, amount, used, after, blocks_at, headroom, verdict, bookings, sqlstate, problem, first_row
                   FROM steering.check_bookings(''TABLE contract.staging'')',
    $$SELECT id, 'contract.ict', 'contract.town', cap.metric, says.amount, used, after, blocks_at, headroom, verdict, 2::bigint, sqlstate, problem, 1::bigint
      FROM cap JOIN (VALUES ('budget', 1000.0, 500.0, 1050.01, 1050.0, 550.0, 'block', '23S71', 'budget cap of service "contract.ict" for participant "contract.town" is exceeded'),
          ('volume', 10, 5, 11, NULL, NULL, 'warn', NULL, NULL)) AS says (metric, amount, used, after, blocks_at, headroom, verdict, sqlstate, problem)
          ON says.metric = cap.metric ORDER BY id$$, 'one row per cap, with all rows under it');
UPDATE contract.staging SET amount = 250 WHERE volume = 2;
SELECT is_empty('SELECT FROM steering.check_bookings(''TABLE contract.staging'') WHERE sqlstate IS NOT NULL', 'exactly equal is allowed');
INSERT INTO contract.staging VALUES ('contract.tci', 'contract.town', '2026-06-01', 1, 0), ('contract.tci', 'contract.town', '2026-06-02', 1, 0);
SELECT results_eq('SELECT cap_id, service, participant, verdict, bookings, sqlstate, problem, first_row
                   FROM steering.check_bookings(''SELECT * FROM contract.staging ORDER BY amount DESC'') LIMIT 1',
    $$VALUES (NULL::integer, 'contract.tci', 'contract.town', 'refuse', 2::bigint, '23S73', 'service "contract.tci" of a booking is unknown', 3::bigint)$$,
    'rows that would be refused come first, with how many and which is the first');
SELECT bag_eq('SELECT * FROM steering.check_bookings(''SELECT * FROM contract.staging ORDER BY amount DESC'')',
    'SELECT * FROM steering.check_bookings((SELECT jsonb_agg(staging ORDER BY amount DESC) FROM contract.staging))', 'rows as JSON are told the same');
SELECT is((SELECT count(*) FROM contract.line), 1::bigint, 'nothing was booked');
SELECT is_empty('SELECT * FROM steering.verify()', 'usage is in order');

SELECT * FROM finish();
ROLLBACK;
