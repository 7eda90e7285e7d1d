-- Orders and invoices that stand in joins: the key of an order line, the one that is released and which is the last are columns
-- of the query.
\set VERBOSITY terse
CREATE SCHEMA joined;
INSERT INTO steering.participant (code, name) VALUES ('oq', 'Order queries');
INSERT INTO steering.service (code, name) VALUES ('oq.ict', 'ICT');
CREATE TABLE joined.purchase (id int PRIMARY KEY, day date, who text DEFAULT 'oq', state text DEFAULT 'draft');
CREATE TABLE joined.purchase_line (id int PRIMARY KEY, purchase int REFERENCES joined.purchase, svc text DEFAULT 'oq.ict', net numeric, qty numeric DEFAULT 0);
CREATE TABLE joined.bill (reference int PRIMARY KEY, day date, who text DEFAULT 'oq', state text DEFAULT 'draft');
CREATE TABLE joined.bill_line (reference int PRIMARY KEY, bill int REFERENCES joined.bill, svc text DEFAULT 'oq.ict', net numeric, line int, is_last boolean);
SELECT steering.set_cap('oq.ict', 'oq', 'budget', '2026', 100) > 0 AS cap;
CREATE VIEW joined.used AS SELECT used FROM steering.cap_status WHERE service = 'oq.ict';
CREATE VIEW joined.open AS SELECT reference, source, ordered_amount, invoiced_amount, open_amount, is_final FROM steering.order_status WHERE participant = 'oq' ORDER BY 1;

-- What does not go together, as for attach().
SELECT steering.attach_query('SELECT l.svc AS service, p.who AS participant, p.day AS booked_on, l.net AS amount, l.id AS reference
	FROM joined.purchase_line l JOIN joined.purchase p ON p.id = l.purchase');
SELECT steering.attach_query('SELECT l.svc AS service, p.who AS participant, p.day AS booked_on, l.net AS amount, l.id AS reference, l.id AS releases
	FROM joined.purchase_line l JOIN joined.purchase p ON p.id = l.purchase', 'commitment');
SELECT steering.attach_query('SELECT l.svc AS service, p.who AS participant, p.day AS booked_on, l.net AS amount, true AS final
	FROM joined.purchase_line l JOIN joined.purchase p ON p.id = l.purchase');
SELECT steering.attach_query('SELECT l.svc AS service, p.who AS participant, p.day AS booked_on, l.net AS amount, l.id AS releases, l.net AS final
	FROM joined.purchase_line l JOIN joined.purchase p ON p.id = l.purchase');
SELECT steering.attach_query('SELECT l.svc AS service, p.who AS participant, p.day AS booked_on, l.net AS amount, l.id AS refers
	FROM joined.purchase_line l JOIN joined.purchase p ON p.id = l.purchase');
SELECT problem, argument, sqlstate FROM steering.attach_query_problems('SELECT l.svc AS service, p.who AS participant, p.day AS booked_on, l.net AS amount,
	l.id AS reference FROM joined.purchase_line l JOIN joined.purchase p ON p.id = l.purchase');
SELECT count(*) FROM pg_catalog.pg_class WHERE relnamespace = 'joined'::regnamespace AND relname ~ 'booking';

SELECT steering.attach_query($$SELECT l.svc AS service, p.who AS participant, p.day AS booked_on, l.net AS amount, l.qty AS volume, l.id AS reference
	FROM joined.purchase_line l JOIN joined.purchase p ON p.id = l.purchase WHERE p.state = 'approved'$$, 'commitment') > 0 AS orders;
SELECT steering.attach_query($$SELECT l.svc AS service, b.who AS participant, b.day AS booked_on, l.net AS amount, l.line AS releases, l.is_last AS final
	FROM joined.bill_line l JOIN joined.bill b ON b.reference = l.bill WHERE b.state = 'posted'$$) > 0 AS invoices;
SELECT attrelid::regclass, string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) AS columns
FROM pg_attribute WHERE attrelid IN ('joined.purchase_line_booking'::regclass, 'joined.bill_line_booking'::regclass) AND attnum > 0 GROUP BY 1 ORDER BY 1;

-- An order takes the room when it is approved, and its invoice nothing when it is posted, whichever row says so.
INSERT INTO joined.purchase VALUES (1, '2026-01-10'), (2, '2026-01-11');
INSERT INTO joined.purchase_line (id, purchase, net) VALUES (11, 1, 60), (12, 1, 40), (21, 2, 1);
UPDATE joined.purchase SET state = 'approved' WHERE id = 1;
UPDATE joined.purchase SET state = 'approved' WHERE id = 2;
INSERT INTO joined.bill VALUES (1, '2026-02-01');
INSERT INTO joined.bill_line (reference, bill, net, line) VALUES (1, 1, 25, 11), (2, 1, 40, 12);
UPDATE joined.bill SET state = 'posted';
TABLE joined.open;
TABLE joined.used;
UPDATE joined.bill_line SET net = 60.01 WHERE reference = 1;
UPDATE joined.bill_line SET net = 30, is_last = true WHERE reference = 1;
TABLE joined.open;
UPDATE joined.bill_line SET line = 12 WHERE reference = 1;
UPDATE joined.bill_line SET line = 99, is_last = false WHERE reference = 1;
TABLE joined.used;
UPDATE joined.purchase SET day = '2026-03-01' WHERE id = 1;
UPDATE joined.bill SET state = 'draft';
TABLE joined.open;
TABLE joined.used;
SELECT * FROM steering.verify();

-- Unseen, and mended.
SET session_replication_role = replica;
UPDATE joined.purchase_line SET net = 50 WHERE id = 11;
UPDATE joined.bill SET state = 'posted';
RESET session_replication_role;
SELECT what, measure, actual FROM steering.verify() WHERE what IN ('orders', 'query') ORDER BY 1, 3;
SELECT count(*) > 0 AS mended FROM steering.repair();
TABLE joined.open;
SELECT * FROM steering.verify();
SELECT steering.reattach('joined.bill_line_booking');
SELECT steering.detach('joined.bill_line_booking');
TABLE joined.open;
SELECT * FROM steering.verify();

-- Orders and invoices in one table: the stage says which a row is, and each has what is of its kind.
CREATE TABLE joined.entry (id int PRIMARY KEY, kind text, net numeric, line int);
SELECT steering.attach_query($$SELECT 'oq.ict' AS service, 'oq' AS participant, date '2026-04-01' AS booked_on, net AS amount, kind AS stage,
	line AS reference, line AS releases, id % 2 = 0 AS final FROM joined.entry$$) > 0 AS entries;
SELECT relation, stage, reference, releases, final FROM steering.source WHERE relation::text ~ 'entry' ORDER BY 2;
DELETE FROM joined.purchase_line;
INSERT INTO joined.entry VALUES (1, 'commitment', 100, 5);
INSERT INTO joined.entry VALUES (3, 'actual', 70, 5);
TABLE joined.open;
INSERT INTO joined.entry VALUES (4, 'actual', 20, 5);
TABLE joined.open;
TABLE joined.used;
UPDATE joined.entry SET kind = 'actual' WHERE id = 1;
SELECT * FROM steering.verify();
SET client_min_messages = error;
DROP SCHEMA joined CASCADE;
RESET client_min_messages;
SELECT count(*) FROM steering.order_line;
SELECT * FROM steering.verify();
SELECT steering.drop_cap(cap_id, 'test') FROM steering.cap_status WHERE participant = 'oq';
DELETE FROM steering.participant WHERE code = 'oq';
DELETE FROM steering.service WHERE code = 'oq.ict';
