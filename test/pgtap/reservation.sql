-- Reservations: what applications and BI tools rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text);
INSERT INTO promised VALUES
    ('reserve', 'service text, participant text, booked_on date, amount numeric, volume numeric DEFAULT 0, expires timestamp with time zone DEFAULT NULL::timestamp with time zone, reference text DEFAULT NULL::text', 'integer'),
    ('post_reservation', 'reservation integer, amount numeric DEFAULT NULL::numeric, volume numeric DEFAULT NULL::numeric', 'void'),
    ('void_reservation', 'reservation integer', 'void'),
    ('release_expired', 'most integer DEFAULT 10000', 'bigint');
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
SELECT columns_are('steering', 'reservation_status', ARRAY['id', 'service', 'participant', 'booked_on', 'amount', 'volume', 'state', 'expires', 'posted_amount',
    'posted_volume', 'reference', 'made_by', 'made_at', 'resolved_by', 'resolved_at']);
SELECT columns_are('steering', 'reserved_by_cap', ARRAY['cap_id', 'reserved']);

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
INSERT INTO steering.participant (code, name) VALUES ('reserve.town', 'Town');
INSERT INTO steering.service (code, name, during) VALUES ('reserve.ict', 'ICT', '[2026-01-01,)');
SELECT steering.set_cap('reserve.ict', 'reserve.town', 'budget', '2026', 100) AS cap \gset
SELECT is(pg_temp.error(format('SELECT steering.reserve(%s, ''reserve.town'', %s, %s, %s, %s)', service, day, amount, volume, expires)), state, what)
    FROM (VALUES ('NULL', '''2026-01-01''', '1', '0', 'NULL', '22004', 'null service'), ('''reserve.ict''', 'NULL', '1', '0', 'NULL', '22004', 'null day'),
        ('''reserve.ict''', '''2026-01-01''', 'NULL', '0', 'NULL', '22004', 'null amount'), ('''reserve.ict''', '''2026-01-01''', '1', 'NULL', 'NULL', '22004', 'null volume'),
        ('''x''', '''2026-01-01''', '1', '0', 'NULL', '22023', 'unknown service'), ('''reserve.ict''', '''2025-01-01''', '1', '0', 'NULL', '23S73 reservation', 'a service that is not there yet'),
        ('''reserve.ict''', '''2026-01-01''', '-1', '0', 'NULL', '22023', 'negative'), ('''reserve.ict''', '''2026-01-01''', '0', '0', 'NULL', '22023', 'nothing'),
        ('''reserve.ict''', '''2026-01-01''', '1.00001', '0', 'NULL', '22023', 'five decimals'), ('''reserve.ict''', '''2026-01-01''', '1', '0', 'now()', '22023', 'a moment that is past'),
        ('''reserve.ict''', '''2026-01-01''', '101', '0', 'NULL', '23S71 reservation ' || :'cap', 'above a cap'),
        ('''reserve.ict''', '''2026-01-01''', '60', '2', 'NULL', NULL, 'a reservation')) AS call (service, day, amount, volume, expires, state, what);
SELECT results_eq('SELECT reserved FROM steering.reserved_by_cap WHERE cap_id = ' || :'cap', 'VALUES (60::numeric)', 'what is reserved of a cap');
SELECT max(id) AS held FROM steering.reservation_status \gset
SELECT is(pg_temp.error(format('SELECT steering.%s', call)), state, what)
    FROM (VALUES (1, 'post_reservation(NULL)', '22004', 'null reservation'), (2, 'post_reservation(0)', '42704', 'no such reservation'),
        (3, format('post_reservation(%s, 60.01)', :'held'), '22023', 'more than was reserved'), (4, format('post_reservation(%s, -1)', :'held'), '22023', 'negative'),
        (5, format('post_reservation(%s, 50)', :'held'), NULL, 'a part'), (6, format('post_reservation(%s, 60.01)', :'held'), '22023', 'more than was reserved comes first'),
        (7, format('post_reservation(%s)', :'held'), '55000', 'posted'), (8, format('void_reservation(%s)', :'held'), '55000', 'posted, and voided'),
        (9, 'void_reservation(NULL)', '22004', 'null reservation'), (10, 'void_reservation(0)', '42704', 'no such reservation'),
        (11, 'release_expired(NULL)', '22004', 'null number'), (12, 'release_expired(0)', '22023', 'no number')) AS call (number, call, state, what) ORDER BY number;
SELECT results_eq('SELECT state, posted_amount, posted_volume FROM steering.reservation_status WHERE id = ' || :'held', $$VALUES ('posted', 50::numeric, 2::numeric)$$, 'what became of it');
SELECT is((SELECT string_agg(concat_ws(' ', source, stage, trim_scale(amount), trim_scale(volume)), ', ') FROM steering.booking WHERE service = 'reserve.ict'), 'steering.reservation_post actual 50 2', 'it is spent');
SELECT is_empty('SELECT * FROM steering.verify()', 'counted right');

-- rights
SELECT is(has_table_privilege('regress_sp71_nobody', relation::regclass, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest(ARRAY['steering.reservation', 'steering.reservation_post', 'steering.expired_by_cap', 'steering.reserved_by_cap']) AS relation,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege;
SELECT * FROM finish();
ROLLBACK;
