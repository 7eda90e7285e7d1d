-- Orders that release themselves: what applications and BI tools rely on.
SET client_min_messages = error;
BEGIN;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- what is released: what was invoiced, up to what was ordered; all of it with the last invoice; of a negative order with its sign
SELECT is(steering.released_part(ordered, invoiced, final), released::numeric, format('released of %s by %s%s', ordered, invoiced, CASE WHEN final THEN ', the last' ELSE '' END))
FROM (VALUES (100, 0, false, 0), (100, 60, false, 60), (100, 100, false, 100), (100, 100.0001, false, 100), (100, -30, false, 0), (100, 1, true, 100),
	(100, -1, true, 100), (0, 10, false, 0), (0, 0, true, 0), (-100, -60, false, -60), (-100, -110, false, -100), (-100, 30, false, 0), (-100, -1, true, -100))
	AS example (ordered, invoiced, final, released);

-- views
SELECT columns_are('steering', 'order_status', ARRAY['reference', 'source', 'service', 'participant', 'booked_on', 'ordered_amount', 'ordered_volume',
	'invoiced_amount', 'invoiced_volume', 'is_final', 'open_amount', 'open_volume']);
SELECT columns_are('steering', 'order_difference', ARRAY['reference', 'is_order', 'source_id', 'service', 'participant', 'booked_on', 'rows', 'amount', 'volume', 'finals']);
CREATE ROLE regress_sp71_nobody;
GRANT USAGE ON SCHEMA steering TO regress_sp71_nobody;
SELECT table_privs_are('steering', 'order_line', 'regress_sp71_nobody', ARRAY[]::text[]);
SELECT table_privs_are('steering', 'order_difference', 'regress_sp71_nobody', ARRAY[]::text[]);
SELECT table_privs_are('steering', 'order_status', 'regress_sp71_nobody', ARRAY['SELECT']);

-- errors
INSERT INTO steering.participant (code, name) VALUES ('ot', 'Town'), ('ot2', 'Other');
INSERT INTO steering.service (code, name) VALUES ('ot.ict', 'ICT');
CREATE TABLE order_line (id text, town text DEFAULT 'ot', net numeric);
CREATE TABLE order_invoice (net numeric, po text, last boolean);
SELECT steering.set_cap('ot.ict', 'ot', 'budget', '2026', 100);
PREPARE orders (text, text) AS SELECT steering.attach('order_line', $$'ot.ict'$$, 'town', $$date '2026-01-01'$$, 'net', stage => $1, reference => $2);
PREPARE invoices (text, text, text) AS
	SELECT steering.attach('order_invoice', $$'ot.ict'$$, $$'ot'$$, $$date '2026-02-01'$$, 'net', releases => $1, reference => $2, final => $3);
SELECT throws_ok($$EXECUTE orders ('actual', 'id')$$, '22023', NULL, 'what is spent has no reference');
SELECT throws_ok($$EXECUTE orders ('commitment', 'number')$$, '42703', NULL, 'reference of a column that is not there');
SELECT throws_ok($$EXECUTE orders ('commitment', 'random()::text')$$, '42P17', NULL, 'reference that is not immutable');
SELECT throws_ok($$EXECUTE invoices ('po', 'po', NULL)$$, '22023', NULL, 'reference and releases');
SELECT throws_ok($$EXECUTE invoices (NULL, NULL, 'last')$$, '22023', NULL, 'final without releases');
SELECT throws_ok($$EXECUTE invoices ('po', NULL, 'net')$$, '42804', NULL, 'final that is no condition');
SELECT lives_ok($$EXECUTE orders ('commitment', 'id')$$, 'orders are attached');
SELECT lives_ok($$EXECUTE invoices ('po', NULL, 'last')$$, 'invoices are attached');
INSERT INTO order_line VALUES ('A', 'ot', 100);
SELECT throws_ok($$INSERT INTO order_invoice VALUES (1, 'B')$$, '23S73', 'order line "B" is unknown', 'an order line that is not there');
SELECT throws_ok($$INSERT INTO order_line VALUES ('A', 'ot2', 1)$$, '23505', NULL, 'two order lines of one key');
SELECT throws_ok($$INSERT INTO order_line VALUES (repeat('x', 1001), 'ot', 1)$$, '22001', NULL, 'a key that is too long');
SELECT throws_ok($$INSERT INTO order_invoice VALUES (100.0001, 'A')$$, '23S71', NULL, 'above the order there is no room');
SELECT lives_ok($$INSERT INTO order_invoice VALUES (100, 'A')$$, 'within it none is needed');
SELECT throws_ok($$INSERT INTO order_invoice VALUES (1, NULL)$$, '23S71', NULL, 'without a key it is an ordinary booking');
SELECT results_eq($$SELECT open_amount, is_final FROM steering.order_status WHERE reference = 'A'$$, $$VALUES (0.0000, false)$$, 'nothing is open');

-- who reads what
UPDATE steering.participant SET reader = 'regress_sp71_nobody' WHERE code = 'ot2';
INSERT INTO order_line VALUES ('C', 'ot2', 5);
SET ROLE regress_sp71_nobody;
SELECT is((SELECT string_agg(reference, ' ') FROM steering.order_status), 'C', 'a reader sees the order lines of his participant');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
