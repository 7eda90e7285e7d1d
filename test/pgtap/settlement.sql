-- Settlement: what whoever settles, the participants and BI tools rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text, volatility "char");
INSERT INTO promised VALUES
    ('settle', 'period text',
     'TABLE(participant text, service text, agreement_id integer, line text, quantity numeric, price numeric, amount numeric, valid_from date, valid_to date, closing_id integer, corrects integer)', 's'),
    ('settlement_proof', 'period text', 'TABLE(item text, service text, key text, total numeric, parts numeric, difference numeric)', 's'),
    ('close_period', 'period text, reason text DEFAULT NULL::text', 'integer', 'v'),
    ('reopen_period', 'period text, reason text', 'integer', 'v'),
    ('correct_settlement', 'period text, participant text, service text, amount numeric, reason text, into_period text', 'integer', 'v'),
    ('reverse_correction', 'correction integer, reason text, into_period text DEFAULT NULL::text', 'integer', 'v'),
    ('set_result_share', 'key text, percent numeric, during steering.day_range', 'numeric', 'v'),
    ('drop_result_share', 'during steering.day_range', 'void', 'v');
CREATE ROLE regress_sp71_nobody;
SELECT unnest(ARRAY[is(pg_get_function_arguments(oid), arguments, name || '() takes what it promises'),
    is(pg_get_function_result(oid), result, name || '() returns what it promises'),
    is(provolatile, volatility, name || '() has the right volatility'),
    is(proisstrict, false, name || '() answers a null with an error, not with null'),
    is(has_function_privilege('regress_sp71_nobody', oid, 'EXECUTE'), false, name || '() is not for everybody')])
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is((SELECT count(*) FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace), 8::bigint, 'each is there once');

-- views and tables
SELECT columns_are('steering', 'settlement', ARRAY['closing_id', 'valid_from', 'valid_to', 'closed_at', 'reopened_at', 'participant', 'service', 'agreement_id', 'line', 'quantity',
    'price', 'amount', 'corrects']);
SELECT columns_are('steering', 'closing_event', ARRAY['closing_id', 'kind', 'period', 'first_day', 'last_day', 'recorded_at', 'role_name', 'reason']);
SELECT columns_are('steering', 'correction', ARRAY['correction_id', 'corrects', 'valid_from', 'valid_to', 'participant', 'service', 'amount', 'settled_in', 'reason', 'recorded_at', 'role_name', 'reverses']);
SELECT unnest(ARRAY[is(has_table_privilege('regress_sp71_nobody', 'steering.' || view, 'SELECT'), true, view || ' is for everybody'),
    ok('security_barrier=true' = ANY (reloptions), view || ' is a security barrier')])
    FROM unnest('{settlement,correction,closing_event}'::text[]) AS view JOIN pg_class ON oid = ('steering.' || view)::regclass;
SELECT is(has_table_privilege('regress_sp71_nobody', 'steering.' || relation, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest('{settlement_line,settlement_correction,result_share}'::text[]) AS relation, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS privilege;
SELECT is(extconfig @> ARRAY['steering.settlement_line'::regclass::oid, 'steering.settlement_correction'::regclass::oid, 'steering.result_share'::regclass::oid,
                             'steering.settlement_correction_correction_id_seq'::regclass::oid], true, 'settlements come with a dump')
    FROM pg_extension WHERE extname = 'sp71_steering';

-- a settlement, open and closed
CREATE SCHEMA contract;
INSERT INTO steering.participant (code, name, inhabitants) VALUES ('contract.town', 'Town', 30), ('contract.village', 'Village', 10);
INSERT INTO steering.service (code, name) VALUES ('contract.ict', 'ICT'), ('contract.hr', 'HR');
SELECT steering.set_allocation_key('contract.key', 'Inhabitants', 'inhabitants');
CREATE TABLE contract.line (product text, town text, day date, net numeric, pieces numeric);
SELECT steering.attach('contract.line', 'product', 'town', 'day', 'net', 'pieces');
INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '1999-05-01', 900, 12), ('contract.hr', 'contract.village', '1999-05-01', 100.01, 0);
CREATE TEMPORARY TABLE made AS SELECT steering.set_agreement('contract.ict', 'contract.town', '[1999-01-01,2000-01-01)', 'price_volume', volume => 10, price => 100, advance => 80) AS id;
SELECT steering.set_agreement('contract.hr', participant, '[1999-01-01,2000-01-01)', 'key_share', allocation_key => 'contract.key') FROM unnest('{contract.town,contract.village}'::text[]) AS participant;
SELECT steering.set_result_share('contract.key', 50, '[1999-01-01,)');
PREPARE lines AS SELECT participant, service, line, quantity, price, amount FROM steering.settle('1999');
SELECT results_eq('lines', $$VALUES ('contract.town', 'contract.hr', 'share', 75.0025, 100.01, 75.01), ('contract.town', 'contract.ict', 'agreed', 10.0, 100.0, 1000.0),
    ('contract.town', 'contract.ict', 'excess', 2.0, 100.0, 200.0), ('contract.town', 'contract.ict', 'advance', 12.0, 80.0, -960.0),
    ('contract.town', NULL, 'result_share', 75.0, -150.0, -112.5), ('contract.village', 'contract.hr', 'share', 24.9975, 100.01, 25.0),
    ('contract.village', NULL, 'result_share', 25.0, -150.0, -37.5)$$, 'what is owed');
SELECT results_eq($$SELECT valid_from, valid_to, agreement_id FROM steering.settle('1999') WHERE line = 'agreed'$$, $$SELECT '1999-01-01'::date, '1999-12-31'::date, id FROM made$$, 'for which months, by which agreement');
SELECT is_empty($$SELECT * FROM steering.settle('1999') WHERE closing_id IS NOT NULL$$, 'an open period has no closing');
SELECT results_eq($$SELECT item, service, key, total, parts, difference FROM steering.settlement_proof('1999') WHERE difference IS NOT NULL$$,
    $$VALUES ('booked_cost', NULL, NULL, 1000.01, 1000.01, 0.0), ('divided_cost', 'contract.hr', 'contract.key', 100.01, 100.01, 0.0), ('result', NULL, NULL, 300.0, 300.0, 0.0),
        ('shared_result', NULL, NULL, 150.0, 150.0, 0.0), ('to_pay', NULL, NULL, 190.01, 190.01, 0.0)$$, 'the proof');
CREATE TEMPORARY TABLE settled AS SELECT participant, service, line, quantity, price, amount FROM steering.settle('1999');
CREATE TEMPORARY TABLE closing AS SELECT steering.close_period('1999', 'approved') AS id;
SELECT steering.drop_agreement(id) FROM made;
SELECT results_eq('lines', 'TABLE settled', 'closed: as it was, whatever changes');
SELECT results_eq($$SELECT DISTINCT closing_id FROM steering.settle('1999')$$, 'SELECT id FROM closing', 'with its closing');
SELECT set_eq($$SELECT participant, service, line, quantity, price, amount FROM steering.settlement WHERE valid_from = '1999-01-01' AND reopened_at IS NULL$$, 'TABLE settled', 'rows of settlement');
SELECT throws_ok($$INSERT INTO contract.line VALUES ('contract.ict', 'contract.town', '1999-12-31', 1, 1)$$, '23S74', NULL, 'no booking any more');

-- errors
SELECT throws_ok($$SELECT * FROM steering.settle('1999-Q1')$$, '55000', 'period 1999-Q1 has a part of closed period 1999', 'a part of a closed period');
SELECT throws_ok($$SELECT * FROM steering.settlement_proof('1999-Q1')$$, '55000', 'period 1999-Q1 has a part of closed period 1999', 'no proof of a part either');
SELECT throws_ok($$SELECT * FROM steering.settle(NULL)$$, '22004', 'period must not be null', 'no period');
SELECT throws_ok($$SELECT * FROM steering.settle('last year')$$, '22P02', 'invalid period: "last year"', 'not a period');
SELECT throws_ok($$SELECT steering.close_period('1999')$$, '55000', 'period 1999 is closed already', 'closed once');
SELECT throws_ok($$SELECT steering.reopen_period('1999', NULL)$$, '22004', 'reason must not be null', 'reopening takes a reason');
SELECT throws_ok($$SELECT steering.correct_settlement('2000', 'contract.town', 'contract.ict', 1, 'x', '2001')$$, '55000', 'period 2000 is not closed', 'an open period is not corrected');
SELECT throws_ok($$SELECT steering.correct_settlement('1999', 'contract.town', 'contract.ict', 1, 'x', '1999')$$, '55000', 'period 1999 overlaps closed period 1999', 'a closed period takes no correction');
SELECT throws_ok($$SELECT steering.correct_settlement('1999', 'contract.town', 'contract.ict', 1, NULL, '2000')$$, '23502', NULL, 'a correction takes a reason');
SELECT throws_ok($$SELECT steering.set_result_share('contract.key', 10, '[1998-01-01,1999-02-01)')$$, '23P01', NULL, 'one share of the result at a time');
SELECT throws_ok($$SELECT steering.drop_result_share('[1998-01-01,1999-02-01)')$$, '42704', 'result share during [1998-01-01,1999-02-01) does not exist', 'no such share');
SELECT throws_ok('UPDATE steering.settlement_line SET amount = 0', '0A000', 'rows of "settlement_line" never change', 'stored lines never change');
SELECT throws_ok('DELETE FROM steering.settlement_correction', '0A000', 'rows of "settlement_correction" never change', 'corrections never change');

-- a correction, and a period that is reopened
CREATE TEMPORARY TABLE corrected AS SELECT steering.correct_settlement('1999', 'contract.village', 'contract.hr', -2.5, 'credit', '2000-Q1') AS id;
SELECT results_eq($$SELECT correction_id, corrects, valid_from, valid_to, participant, service, amount, settled_in, reason, role_name FROM steering.correction WHERE participant = 'contract.village'$$,
    $$SELECT corrected.id, closing.id, '1999-01-01'::date, '1999-12-31'::date, 'contract.village', 'contract.hr', -2.5, '2000-03-01'::date, 'credit', session_user FROM corrected, closing$$, 'a row of correction');
SELECT results_eq($$SELECT participant, service, line, amount, corrects FROM steering.settle('2000')  WHERE line = 'correction'$$,
    $$SELECT 'contract.village', 'contract.hr', 'correction', -2.5, id FROM closing$$, 'a line of its own in the open period');
SELECT is(steering.reopen_period('1999', 'appeal'), id, 'the closing ends') FROM closing;
SELECT is((SELECT count(*) FROM steering.settlement WHERE reopened_at IS NOT NULL AND participant LIKE 'contract.%'), 7::bigint, 'and its settlement stays readable');
SELECT is_empty($$SELECT * FROM steering.settle('1999') WHERE service = 'contract.ict'$$, 'it is computed again');
SELECT results_eq($$SELECT corrects, participant, service, amount, settled_in, reason, role_name, reverses FROM steering.correction WHERE participant = 'contract.village' AND reverses IS NOT NULL$$,
    $$SELECT closing.id, 'contract.village', 'contract.hr', 2.5, '2000-03-01'::date, 'reopened: appeal', session_user, corrected.id FROM corrected, closing$$, 'its correction is taken back');
SELECT results_eq($$SELECT sum(amount) FROM steering.settle('2000') WHERE line = 'correction'$$, ARRAY[0.00], 'and comes to nothing');
SELECT throws_ok(format('SELECT steering.reverse_correction(%s, %L)', id, 'again'), '42704', format('standing correction %s does not exist', id), 'once') FROM corrected;

SELECT * FROM finish();
ROLLBACK;
