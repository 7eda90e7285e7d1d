-- Agreements: what applications, BI tools and whoever makes them rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- functions
CREATE TEMPORARY TABLE promised (name text, arguments text, result text, volatility "char", for_public boolean);
INSERT INTO promised VALUES
    ('set_agreement', 'service text, participant text, during steering.day_range, form text, base numeric DEFAULT NULL::numeric, volume numeric DEFAULT NULL::numeric, price numeric DEFAULT NULL::numeric, allocation_key text DEFAULT NULL::text, unused_percent numeric DEFAULT NULL::numeric, advance numeric DEFAULT NULL::numeric, incentive_maximum numeric DEFAULT NULL::numeric, reason text DEFAULT NULL::text',
     'integer', 'v', false),
    ('drop_agreement', 'agreement integer, reason text DEFAULT NULL::text', 'void', 'v', false),
    ('agreement_charge', 'form text, base numeric, volume numeric, price numeric, actual_volume numeric, unused_percent numeric DEFAULT NULL::numeric',
     'TABLE(agreed numeric, excess numeric, unused numeric, agreed_volume numeric, excess_volume numeric, unused_volume numeric)', 'i', true),
    ('planned_cap', 'period text',
     'TABLE(service text, participant text, metric text, during daterange, amount numeric, ladder text, present_amount numeric, used numeric, action text, obstacle text)', 's', false),
    ('caps_from_agreements', 'period text, ladder text DEFAULT NULL::text, reason text DEFAULT NULL::text, accept_overrun boolean DEFAULT false',
     'TABLE(cap_id integer, service text, participant text, metric text, during daterange, amount numeric, action text)', 'v', false);
CREATE ROLE regress_sp71_nobody;
SELECT unnest(ARRAY[is(pg_get_function_arguments(oid), arguments, name || '() takes what it promises'),
    is(pg_get_function_result(oid), result, name || '() returns what it promises'),
    is(provolatile, volatility, name || '() has the right volatility'),
    is(proisstrict, false, name || '() looks at nulls itself'),
    is(has_function_privilege('regress_sp71_nobody', oid, 'EXECUTE'), for_public, name || '() is ' || CASE WHEN for_public THEN '' ELSE 'not ' END || 'for everybody')])
    FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace;
SELECT is((SELECT count(*) FROM promised JOIN pg_proc ON proname = name AND pronamespace = 'steering'::regnamespace), 5::bigint, 'each is there once');
SELECT is(prosecdef, false, 'caps_from_agreements() has the rights of its caller alone') FROM pg_proc WHERE oid = 'steering.caps_from_agreements'::regproc;

-- views
SELECT columns_are('steering', 'agreement_status', ARRAY['agreement_id', 'service', 'participant', 'valid_from', 'valid_to', 'form', 'base', 'volume', 'unit', 'price', 'key',
    'unused_percent', 'advance', 'incentive_maximum', 'agreed_cost']);
SELECT columns_are('steering', 'agreement_event', ARRAY['agreement_id', 'revision', 'recorded_at', 'kind', 'service', 'participant', 'valid_from', 'valid_to', 'form', 'base', 'volume',
    'price', 'key', 'unused_percent', 'advance', 'incentive_maximum', 'role_name', 'reason']);
SELECT unnest(ARRAY[is(has_table_privilege('regress_sp71_nobody', 'steering.' || view, 'SELECT'), true, view || ' is for everybody'),
    ok('security_barrier=true' = ANY (reloptions), view || ' is a security barrier')])
    FROM unnest('{agreement_status,agreement_event}'::text[]) AS view JOIN pg_class ON oid = ('steering.' || view)::regclass;
SELECT is(has_table_privilege('regress_sp71_nobody', 'steering.' || relation, privilege), false, relation || ': nobody may ' || privilege)
    FROM unnest('{agreement,agreement_revision}'::text[]) AS relation, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS privilege;
SELECT is(extconfig @> ARRAY['steering.agreement'::regclass::oid, 'steering.agreement_revision'::regclass::oid, 'steering.agreement_agreement_id_seq'::regclass::oid], true, 'agreements come with a dump')
    FROM pg_extension WHERE extname = 'sp71_steering';
SELECT col_is_pk('steering', 'agreement', 'agreement_id', 'key of agreement');
SELECT col_is_unique('steering', 'agreement', ARRAY['service_id', 'participant_id', 'during'], 'one agreement of a kind');

-- an agreement by names, and what it shows
INSERT INTO steering.participant (code, name, inhabitants) VALUES ('contract.town', 'Town', 10), ('contract.village', 'Village', 5);
INSERT INTO steering.service (code, name, unit) VALUES ('contract.ict', 'ICT', 'workplace');
SELECT steering.set_allocation_key('contract.key', 'Inhabitants', 'inhabitants');
CREATE TEMPORARY TABLE made AS SELECT steering.set_agreement(service => 'contract.ict', participant => 'contract.town', during => '[1999-01-01,2000-01-01)', form => 'price_volume',
    volume => 1200, price => 80.5, unused_percent => 50, advance => 8000, incentive_maximum => 500, reason => 'tender') AS id;
SELECT results_eq($$SELECT agreement_id, valid_from, valid_to, form, base, volume, unit, price, key, unused_percent, advance, incentive_maximum, agreed_cost
                    FROM steering.agreement_status WHERE service = 'contract.ict'$$,
                  $$SELECT id, '1999-01-01'::date, '1999-12-31'::date, 'price_volume', NULL::numeric, 1200.0, 'workplace', 80.5, NULL::text, 50.0, 8000.0, 500.0, 96600.0 FROM made$$,
                  'a row of agreement_status');
SELECT results_eq($$SELECT revision, kind, participant, form, price, role_name, reason FROM steering.agreement_event WHERE service = 'contract.ict'$$,
                  $$VALUES (1, 'created', 'contract.town', 'price_volume', 80.5, session_user, 'tender')$$, 'a row of agreement_event');
SELECT is(steering.set_agreement('contract.ict', 'contract.town', '[1999-01-01,2000-01-01)', 'lump_sum', 96000), id, 'the same range: the same agreement') FROM made;
SELECT is((SELECT (form, base, volume, price)::text FROM steering.agreement_status WHERE service = 'contract.ict'), '(lump_sum,96000.0000,,)', 'all terms are replaced');

-- errors
SELECT throws_ok($$SELECT steering.set_agreement(NULL, 'contract.town', '[2001-01-01,2002-01-01)', 'lump_sum', 1)$$, '22004', 'service must not be null', 'no service');
SELECT throws_ok($$SELECT steering.set_agreement('contract.ict', 'contract.twon', '[2001-01-01,2002-01-01)', 'lump_sum', 1)$$, '22023', 'participant "contract.twon" is unknown', 'unknown participant');
SELECT throws_ok($$SELECT steering.set_agreement('contract.ict', 'contract.town', '[2001-01-01,2002-01-01)', 'key_share', allocation_key => 'contract.lost')$$, '22023', 'allocation key "contract.lost" is unknown', 'unknown key');
SELECT throws_ok($$SELECT steering.set_agreement('contract.ict', 'contract.town', '[1999-06-01,2002-01-01)', 'lump_sum', 1)$$, '23P01', NULL, 'overlap');
SELECT throws_ok($$SELECT steering.set_agreement('contract.ict', 'contract.town', NULL, 'lump_sum', 1)$$, '23502', NULL, 'no range');
SELECT throws_ok(format($$SELECT steering.set_agreement('contract.ict', 'contract.town', %L, %s)$$, during, terms), '23514', message, message)
    FROM (VALUES ('[2001-01-01,2002-01-01)', $$'barter'$$, 'form must be one of lump_sum, price_volume, base_plus, key_share: "barter"'),
        ('[2001-01-15,2002-01-01)', $$'lump_sum', 1$$, 'during must be made of whole months: [2001-01-15,2002-01-01)'),
        ('[2001-01-01,)', $$'lump_sum', 1$$, 'an agreement must have a first and a last day: [2001-01-01,)'),
        ('[2001-01-01,2002-01-01)', $$'lump_sum'$$, 'an agreement of form lump_sum has a base, and no price, allocation_key or unused_percent'),
        ('[2001-01-01,2002-01-01)', $$'price_volume', volume => 1$$,
            'an agreement of form price_volume has a price, no base or allocation_key, and an unused_percent only with a volume'),
        ('[2001-01-01,2002-01-01)', $$'base_plus', 1$$, 'an agreement of form base_plus has a base, a volume and a price, and no allocation_key or unused_percent'),
        ('[2001-01-01,2002-01-01)', $$'key_share'$$, 'an agreement of form key_share has an allocation_key, and no volume, price or unused_percent'),
        ('[2001-01-01,2002-01-01)', $$'lump_sum', -1$$, 'base must not be negative: -1'),
        ('[2001-01-01,2002-01-01)', $$'price_volume', price => -1$$, 'price must not be negative: -1'),
        ('[2001-01-01,2002-01-01)', $$'lump_sum', 1, -1$$, 'volume must not be negative: -1'),
        ('[2001-01-01,2002-01-01)', $$'lump_sum', 1.005$$, 'base must be in whole cents: 1.005'),
        ('[2001-01-01,2002-01-01)', $$'price_volume', NULL, 1, 1, unused_percent => 101$$, 'unused_percent must be between 0 and 100: 101'),
        ('[2001-01-01,2002-01-01)', $$'lump_sum', 1, advance => -1$$, 'advance must not be negative: -1'),
        ('[2001-01-01,2002-01-01)', $$'lump_sum', 1, incentive_maximum => -1$$, 'incentive_maximum must not be negative: -1'))
        AS wrong (during, terms, message);
SELECT throws_ok('SELECT steering.drop_agreement(0)', '42704', 'agreement 0 does not exist', 'no such agreement');
SELECT throws_ok($$DELETE FROM steering.participant WHERE code = 'contract.town'$$, '23503', 'participant "contract.town" has agreements', 'a participant with agreements stays');
SELECT throws_ok($$SELECT * FROM steering.planned_cap('1999-13')$$, '22P02', NULL, 'no period');
SELECT is((SELECT count(*) FROM steering.agreement_event WHERE service = 'contract.ict'), 2::bigint, 'what was refused is not recorded');

-- what is owed
SELECT results_eq($$SELECT * FROM steering.agreement_charge('price_volume', NULL, 100, 10.0, 120.0, 50)$$, 'VALUES (1000.0, 200.0, 0.0, 100.0, 20.0, 0.0)', 'price_volume, more than contracted');
SELECT results_eq($$SELECT * FROM steering.agreement_charge('price_volume', NULL, 100, 10.0, 80.0, 50)$$, 'VALUES (800.0, 0.0, 100.0, 80.0, 0.0, 20.0)', 'price_volume, take or pay');
SELECT results_eq($$SELECT * FROM steering.agreement_charge('base_plus', 500, 100, 10.0, 120.0)$$, 'VALUES (500.0, 200.0, 0.0, 100.0, 20.0, 0.0)', 'base_plus');
SELECT results_eq($$SELECT agreed, excess, unused FROM steering.agreement_charge('lump_sum', 500, NULL, NULL, 120.0)$$, 'VALUES (500.0, 0.0, 0.0)', 'lump_sum');
SELECT results_eq($$SELECT agreed, excess, unused FROM steering.agreement_charge('key_share', 500, NULL, NULL, 120.0)$$, 'VALUES (NULL::numeric, 0.0, 0.0)', 'key_share is a share of cost');

-- the caps that follow
SELECT results_eq($$SELECT service, participant, metric, during, amount, ladder, present_amount, used, action, obstacle FROM steering.planned_cap('1999')$$,
                  $$VALUES ('contract.ict', 'contract.town', 'budget', '[1999-01-01,2000-01-01)'::daterange, 96000.0, '100% block', NULL::numeric, 0.0, 'create', NULL::text)$$, 'a row of planned_cap()');
CREATE TEMPORARY TABLE cap AS SELECT * FROM steering.caps_from_agreements(period => '1999', ladder => NULL, reason => 'contract', accept_overrun => false);
SELECT results_eq($$SELECT participant, amount, ladder FROM steering.cap_status WHERE cap_id IN (SELECT cap_id FROM cap)$$, $$VALUES ('contract.town', 96000.0, '100% block')$$, 'the cap is set');
SELECT is((SELECT action FROM steering.planned_cap('1999')), 'keep', 'then nothing is to be done');

SELECT lives_ok($$SELECT steering.drop_agreement(id, 'ended') FROM made$$, 'an agreement ends');
SELECT is((SELECT kind || ' ' || reason FROM steering.agreement_event WHERE service = 'contract.ict' ORDER BY revision DESC LIMIT 1), 'dropped ended', 'which is recorded');
SELECT is_empty($$SELECT * FROM steering.agreement_status WHERE service = 'contract.ict'$$, 'and it is gone');

SELECT * FROM finish();
ROLLBACK;
