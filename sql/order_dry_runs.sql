-- Dry runs know what rows would release of order lines.
\set VERBOSITY terse
CREATE SCHEMA dry_orders;
SET search_path = dry_orders;
INSERT INTO steering.participant (code, name) VALUES ('od', 'Order dry runs');
INSERT INTO steering.service (code, name) VALUES ('od.ict', 'ICT'), ('od.hr', 'HR');
CREATE TABLE line (id text, svc text DEFAULT 'od.ict', day date DEFAULT '2026-02-01', net numeric);
CREATE TABLE invoice (id int PRIMARY KEY, svc text DEFAULT 'od.ict', day date DEFAULT '2026-03-01', net numeric, po text, last boolean);
SELECT steering.set_cap('od.ict', 'od', 'budget', '2026', 100) AS ict, steering.set_cap('od.hr', 'od', 'budget', '2026', 50) AS hr \gset

-- Before there is any order line.
SELECT * FROM steering.check_booking('od.ict', 'od', '2026-03-01', 10, releases => 'A');
SELECT verdict, sqlstate, problem, bookings FROM steering.check_bookings($$VALUES ('od.ict', 'od', '2026-03-01', 10, 0, 'A')$$);
INSERT INTO invoice (id, net, po) VALUES (1, 10, 'A'), (2, 20, 'A'), (3, 30, 'B'), (4, 40, NULL);
SELECT problem, argument, value, rows, sqlstate, hint FROM steering.attach_problems('invoice', 'svc', $$'od'$$, 'day', 'net', releases => 'po', final => 'last');
SELECT problem, value, rows, sqlstate, hint FROM steering.attach_problems('invoice', 'svc', $$'od'$$, 'day', 'net', releases => 'po', unknown => 'ignore');
INSERT INTO line VALUES ('A', 'od.ict', '2026-02-01', 60), ('A', 'od.ict', '2026-02-01', 10), ('B', 'od.ict', '2026-02-01', 20), ('B', 'od.hr', '2026-02-01', 1);
SELECT problem, argument, value, rows, sqlstate, detail FROM steering.attach_problems('line', 'svc', $$'od'$$, 'day', 'net', stage => 'commitment', reference => 'id');
\set VERBOSITY default
SELECT steering.attach('line', 'svc', $$'od'$$, 'day', 'net', stage => 'commitment', reference => 'id');
\set VERBOSITY terse
DELETE FROM line WHERE svc = 'od.hr';
SELECT problem, argument, value, rows, sqlstate, detail FROM steering.attach_problems('line', 'svc', $$'od'$$, 'day', 'net', stage => 'commitment', reference => 'id');
SELECT steering.attach('line', 'svc', $$'od'$$, 'day', 'net', stage => 'commitment', reference => 'id') > 0 AS orders;

-- A key that is too long.
CREATE TABLE long (id text, po text);
INSERT INTO long VALUES (repeat('k', 1001), repeat('i', 1001)), ('short', 'A');
SELECT problem, argument, length(value) AS value, rows, sqlstate, hint FROM steering.attach_problems('long', $$'od.ict'$$, $$'od'$$, $$date '2026-02-01'$$, '0',
	stage => 'commitment', reference => 'id');
SELECT problem, argument, length(value) AS value, rows, sqlstate, hint FROM steering.attach_problems('long', $$'od.ict'$$, $$'od'$$, $$date '2026-02-01'$$, '0',
	releases => 'po', unknown => 'ignore');
DROP TABLE long;

-- Invoices of 60 on orders of 90, one of them 10 above its order, and one of 40 that no room is for: what it says is what
-- attach() does.
SELECT problem, used, after, blocks_at, rows, sqlstate FROM steering.attach_problems('invoice', 'svc', $$'od'$$, 'day', 'net', releases => 'po', final => 'last');
SELECT steering.attach('invoice', 'svc', $$'od'$$, 'day', 'net', releases => 'po', final => 'last');
DELETE FROM invoice WHERE id = 4;
SELECT problem, used, after FROM steering.attach_problems('invoice', 'svc', $$'od'$$, 'day', 'net', releases => 'po', final => 'last');
SELECT steering.attach('invoice', 'svc', $$'od'$$, 'day', 'net', releases => 'po', final => 'last') > 0 AS invoices;
SELECT used FROM steering.cap_status WHERE cap_id = :ict;
SELECT reference, open_amount FROM steering.order_status WHERE participant = 'od' ORDER BY 1;
SELECT problem, after FROM steering.attach_problems('invoice', 'svc', $$'od'$$, 'day', 'net', counts_when => 'id <> 3', releases => 'po');

-- A booking: within its order, above it, the last one, a credit note, elsewhere, unknown.
CREATE FUNCTION one(net numeric, releases text, final boolean DEFAULT false, service text DEFAULT 'od.ict') RETURNS TABLE (cap text, used numeric, after numeric, verdict text)
BEGIN ATOMIC
	SELECT check_booking.service, check_booking.used, check_booking.after, check_booking.verdict
	FROM steering.check_booking(one.service, 'od', '2026-03-02', one.net, releases => one.releases, final => one.final) ORDER BY 1 DESC;
END;
SELECT 'none' AS dry, * FROM one(20, NULL)
UNION ALL SELECT 'within', * FROM one(40, 'A')
UNION ALL SELECT 'above', * FROM one(41, 'A')
UNION ALL SELECT 'far above', * FROM one(41.01, 'A')
UNION ALL SELECT 'last', * FROM one(1, 'A', true)
UNION ALL SELECT 'credit', * FROM one(-30, 'A')
UNION ALL SELECT 'elsewhere', * FROM one(50, 'A', service => 'od.hr')
UNION ALL SELECT 'used up', * FROM one(1, 'B');
SELECT * FROM one(1, 'C');
INSERT INTO invoice (id, net, po) VALUES (5, 41.01, 'A');
INSERT INTO invoice (id, net, po) VALUES (5, 40, 'A');
SELECT used FROM steering.cap_status WHERE cap_id = :ict;
DELETE FROM invoice WHERE id = 5;

-- A set, netted as a statement is.
CREATE FUNCTION many(bookings text) RETURNS TABLE (cap text, used numeric, after numeric, verdict text, bookings bigint, sqlstate text, problem text, first_row bigint)
BEGIN ATOMIC
	SELECT found.service, found.used, found.after, found.verdict, found.bookings, found.sqlstate, found.problem, found.first_row
	FROM steering.check_bookings(many.bookings) AS found;
END;
SELECT * FROM many($$VALUES ('od.ict', 'od', '2026-03-01', 30, 0, 'A', NULL), ('od.ict', 'od', '2026-04-01', 11, 0, 'A', NULL), ('od.hr', 'od', '2026-04-01', 50, 0, NULL, NULL)$$);
SELECT * FROM many($$VALUES ('od.ict', 'od', '2026-03-01', 30, 0, 'A', 'no'), ('od.hr', 'od', '2026-04-01', 10, 0, 'A', 'yes')$$);
SELECT * FROM many($$VALUES ('od.hr', 'od', '2026-03-01', 50, 0, 'A'), ('od.hr', 'od', '2026-04-01', 1, 0, 'C'), ('od.hr', 'od', '2026-04-01', 1, 0, 'C')$$);
SELECT * FROM many($$SELECT 'od.hr', 'od', date '2026-04-01', 1, 0, 'A', 1$$);
SELECT * FROM many($$SELECT 'od.hr', 'od', date '2026-04-01', 1, 0, 'A', 'perhaps'$$);
SELECT * FROM many($$SELECT 'od.hr', 'od', date '2026-04-01', 1, 0, true AS final$$);
SELECT service, after, verdict, sqlstate, problem FROM steering.check_bookings('[{"service": "od.ict", "participant": "od", "booked_on": "2026-03-01", "amount": 5, "releases": "A", "final": true},
	{"service": "od.ict", "participant": "od", "booked_on": "2026-03-01", "amount": 5, "releases": "Z"}]'::jsonb);
SELECT * FROM steering.check_bookings('[{"release": "A"}]'::jsonb);
SELECT reference, open_amount FROM steering.order_status WHERE participant = 'od' ORDER BY 1;
SELECT * FROM steering.verify();
RESET search_path;
SET client_min_messages = error;
DROP SCHEMA dry_orders CASCADE;
RESET client_min_messages;
SELECT steering.drop_cap(:ict, 'test'), steering.drop_cap(:hr, 'test');
DELETE FROM steering.participant WHERE code = 'od';
DELETE FROM steering.service WHERE code IN ('od.ict', 'od.hr');
