\echo
\echo '21. Orders, what is held before it is spent, and a permission to exceed'
\echo '-----------------------------------------------------------------------'
\echo
\echo 'Money is gone when it is ordered, not when it is paid. So orders are a source of commitments, and an invoice that names its'
\echo 'order line takes that much off the commitment in the same statement: within its order it needs no room. Leiden orders'
\echo 'the refit of an office, which takes the whole cap, and gets a first invoice:'
\echo
SELECT greatest(2027, extract(year FROM steering.decision_day())) AS year \gset
\set in_february :year '-02-01'
\set in_may :year '-05-01'
SELECT steering.set_cap('facility.building', 'GM0546', 'budget', :'year', 50000, reason => 'refit') AS building \gset
:show
CREATE TABLE finance.order_line (
  line text PRIMARY KEY, product text, municipality text, ordered_on date, net_amount numeric(12,2));
CREATE TABLE finance.order_invoice (
  invoice text PRIMARY KEY, product text, municipality text, invoice_date date, net_amount numeric(12,2), order_line text, is_last boolean);

SELECT steering.attach('finance.order_line', 'product', 'municipality', 'ordered_on', 'net_amount',
         stage => 'commitment', reference => 'line') AS orders,
       steering.attach('finance.order_invoice', 'product', 'municipality', 'invoice_date', 'net_amount',
         releases => 'order_line', final => 'is_last') AS invoices;

INSERT INTO finance.order_line VALUES ('R-1', 'facility.building', 'GM0546', :'in_february', 50000);
INSERT INTO finance.order_invoice VALUES ('I-1', 'facility.building', 'GM0546', :'in_may', 30000, 'R-1');

SELECT order_status.reference, ordered_amount, invoiced_amount, open_amount, used, headroom
FROM steering.order_status, steering.cap_status WHERE cap_id = :building;
:hide
INSERT INTO demo.expectation SELECT 'an order and its invoice are one amount', '50000', round(used) FROM steering.cap_status WHERE cap_id = :building;
\echo 'The second invoice is 1,500 above what is left of the order. Only that needs room, and there is none; the refusal is kept:'
\echo
SET sp71_steering.record_refusals = 'table';
\set VERBOSITY terse
:try
INSERT INTO finance.order_invoice VALUES ('I-2', 'facility.building', 'GM0546', :'in_may', 21500, 'R-1');
:tried
\set VERBOSITY default
INSERT INTO demo.expectation VALUES ('what is above the order is refused', '23S71', :'sqlstate');
RESET sp71_steering.record_refusals;
-- It is written by a worker, for which nobody waits but who wants to see it.
DO $$ BEGIN
  FOR i IN 1 .. 300 LOOP
    EXIT WHEN EXISTS (SELECT FROM steering.refusal);
    PERFORM pg_sleep(0.1);
  END LOOP;
END $$;
\echo
:show
SELECT sqlstate, source, service, participant, asked, too_much FROM steering.refusal ORDER BY refused_at DESC LIMIT 1;

SELECT steering.grant_override(:building, 2000, now() + interval '1 day', 'dearer than was offered') > 0 AS granted;
INSERT INTO finance.order_invoice VALUES ('I-2', 'facility.building', 'GM0546', :'in_may', 21500, 'R-1');
SELECT amount, drawn, transactions, state FROM steering.override_status WHERE cap_id = :building;
:hide
INSERT INTO demo.expectation SELECT 'the override gives what is needed', '1500', round(drawn) FROM steering.override_status WHERE cap_id = :building;
\echo 'Another order is done cheaper: its last invoice releases the rest. What is asked of a supplier is held until it is known:'
\echo
SELECT steering.set_cap('facility.cleaning', 'GM0546', 'budget', :'year', 20000, reason => 'budget') AS cleaning \gset
:show
INSERT INTO finance.order_line VALUES ('R-2', 'facility.cleaning', 'GM0546', :'in_february', 20000);
INSERT INTO finance.order_invoice VALUES ('I-3', 'facility.cleaning', 'GM0546', :'in_may', 16000, 'R-2', true);
SELECT steering.reserve('facility.cleaning', 'GM0546', :'in_may', 3000, 0, reference => 'windows') AS reservation \gset
SELECT used, reserved, headroom FROM steering.cap_status JOIN steering.budget_status USING (cap_id) WHERE cap_id = :cleaning;
SELECT steering.post_reservation(:reservation, 2500);
SELECT reference, state, amount, posted_amount FROM steering.reservation_status WHERE reference = 'windows';
:hide
INSERT INTO demo.expectation SELECT 'what was spent is what was invoiced and posted', '18500', round(used) FROM steering.cap_status WHERE cap_id = :cleaning;
INSERT INTO demo.expectation SELECT 'nothing is open of orders', '0', count(*) FROM steering.order_status WHERE open_amount <> 0;
INSERT INTO demo.expectation SELECT 'stored usage is that of the bookings', '0', count(*) FROM steering.verify();
