-- Orders that release themselves: an invoice line that names its order line releases that part of the commitment, in the
-- same statement, judged net.
\set VERBOSITY terse
CREATE SCHEMA ordering;
INSERT INTO steering.participant (code, name) VALUES ('ol', 'Order lines'), ('ol2', 'Others');
INSERT INTO steering.service (code, name, kind) VALUES ('ol.ict', 'ICT', 'standard'), ('ol.hr', 'HR', 'standard');
CREATE TABLE ordering.line (id text PRIMARY KEY, svc text, who text, day date, net numeric, qty numeric, open boolean DEFAULT true);
CREATE TABLE ordering.invoice (id int PRIMARY KEY, svc text DEFAULT 'ol.ict', who text DEFAULT 'ol', day date DEFAULT '2026-03-01',
	net numeric, qty numeric DEFAULT 0, po text, last boolean);
SELECT steering.set_cap('ol.ict', 'ol', 'budget', '[2026-01-01,2027-01-01)', 100) > 0 AS cap;
SELECT steering.set_cap('ol.ict', 'ol', 'volume', '[2026-01-01,2027-01-01)', 10) > 0 AS cap;

-- What does not go together.
SELECT steering.attach('ordering.line', 'svc', 'who', 'day', 'net', reference => 'id');
SELECT steering.attach('ordering.line', 'svc', 'who', 'day', 'net', stage => 'commitment', reference => 'id', releases => 'id');
SELECT steering.attach('ordering.line', 'svc', 'who', 'day', 'net', final => 'open');
SELECT steering.attach('ordering.line', 'svc', 'who', 'day', 'net', stage => 'commitment', reference => 'nothing');
SELECT steering.attach('ordering.line', 'svc', 'who', 'day', 'net', releases => 'id', final => 'net');

SELECT steering.attach('ordering.line', 'svc', 'who', 'day', 'net', 'qty', 'open', stage => 'commitment', reference => 'id') > 0 AS orders;
SELECT steering.attach('ordering.invoice', 'svc', 'who', 'day', 'net', 'qty', releases => 'po', final => 'last') > 0 AS invoices;
CREATE VIEW ordering.used AS SELECT metric, used FROM steering.cap_status WHERE service = 'ol.ict' AND participant = 'ol' AND valid_from = '2026-01-01' ORDER BY 1;

-- The commitment takes all room. Its own invoices need none; above it only the difference does.
INSERT INTO ordering.line VALUES ('A', 'ol.ict', 'ol', '2026-02-01', 100, 10);
INSERT INTO ordering.invoice (id, net, qty) VALUES (1, 1, 0);
INSERT INTO ordering.invoice (id, net, qty, po) VALUES (1, 60, 4, 'A');
TABLE ordering.used;
SELECT reference, ordered_amount, invoiced_amount, open_amount, open_volume, is_final FROM steering.order_status;
INSERT INTO ordering.invoice (id, net, qty, po) VALUES (2, 40.01, 6, 'A');
-- A refusal names the table that was written, also where what is put back of an order is refused.
CREATE FUNCTION ordering.refused_table(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found_schema text;
	found_table text;
BEGIN
	EXECUTE command;
	RETURN 'none';
EXCEPTION WHEN SQLSTATE '23S71' THEN
	GET STACKED DIAGNOSTICS found_schema = SCHEMA_NAME, found_table = TABLE_NAME;
	RETURN concat_ws('.', found_schema, found_table);
END $$;
SELECT ordering.refused_table($$INSERT INTO ordering.invoice (id, net, qty, po) VALUES (2, 40.01, 6, 'A')$$);
INSERT INTO ordering.invoice (id, net, qty, po) VALUES (2, 40, 7, 'A');
INSERT INTO ordering.invoice (id, net, qty, po) VALUES (2, 40, 6, 'A');
TABLE ordering.used;
SELECT source, service, amount, volume, stage FROM steering.booking WHERE participant = 'ol' ORDER BY amount, source;
SELECT * FROM steering.verify();

-- A credit note puts back up to what was ordered; a negative order likewise.
INSERT INTO ordering.invoice (id, net, qty, po) VALUES (3, -30, -1, 'A');
TABLE ordering.used;
SELECT open_amount, open_volume FROM steering.order_status;
INSERT INTO ordering.invoice (id, net, qty, po) VALUES (4, -90, 0, 'A');
SELECT open_amount, invoiced_amount FROM steering.order_status;
TABLE ordering.used;
DELETE FROM ordering.invoice WHERE id IN (3, 4);
TABLE ordering.used;

-- Order lowered, raised, closed, gone and made again while invoices stand.
UPDATE ordering.line SET net = 50 WHERE id = 'A';
TABLE ordering.used;
UPDATE ordering.line SET net = 100.01 WHERE id = 'A';
UPDATE ordering.line SET net = 100, qty = 9 WHERE id = 'A';
DELETE FROM ordering.invoice WHERE id = 2;
TABLE ordering.used;
UPDATE ordering.line SET open = false;
TABLE ordering.used;
SELECT * FROM steering.order_status;
SELECT * FROM steering.order_problem;
UPDATE ordering.invoice SET net = 61 WHERE id = 1;
INSERT INTO ordering.invoice (id, net, po) VALUES (5, 1, 'A');
UPDATE ordering.line SET open = true;
TABLE ordering.used;
DELETE FROM ordering.line;
TABLE ordering.used;
INSERT INTO ordering.line VALUES ('A', 'ol.ict', 'ol', '2026-02-01', 100, 10);
TABLE ordering.used;
SELECT * FROM steering.verify();

-- The last invoice releases the rest; when it goes, or is not the last any more, the rest is back.
UPDATE ordering.invoice SET last = true;
TABLE ordering.used;
INSERT INTO ordering.line VALUES ('B', 'ol.ict', 'ol', '2026-02-01', 39, 6);
UPDATE ordering.invoice SET last = NULL;
SELECT ordering.refused_table('UPDATE ordering.invoice SET last = NULL');
DELETE FROM ordering.line WHERE id = 'B';
UPDATE ordering.invoice SET last = NULL;
TABLE ordering.used;

-- By volume alone, by amount alone: each for itself.
UPDATE ordering.invoice SET net = 0, qty = 10;
TABLE ordering.used;
UPDATE ordering.invoice SET net = 100, qty = 0;
TABLE ordering.used;
DELETE FROM ordering.invoice;
DELETE FROM ordering.line;
TABLE ordering.used;
SELECT count(*) FROM steering.order_line;

-- One statement with both; unknown keys; two places of one key.
WITH o AS (INSERT INTO ordering.line VALUES ('C', 'ol.ict', 'ol', '2026-02-01', 90, 0))
INSERT INTO ordering.invoice (id, net, po) VALUES (1, 100, 'C');
TABLE ordering.used;
INSERT INTO ordering.invoice (id, net, po) VALUES (2, 0, 'D');
INSERT INTO ordering.line VALUES ('E', 'ol.ict', 'ol', '2026-02-01', 0, 0);
CREATE TABLE ordering.second (LIKE ordering.line);
SELECT steering.attach('ordering.second', 'svc', 'who', 'day', 'net', stage => 'commitment', reference => 'id') > 0 AS orders;
INSERT INTO ordering.second VALUES ('E', 'ol.ict', 'ol', '2026-02-01', 0, 0);
INSERT INTO ordering.second VALUES ('F', 'ol.ict', 'ol', '2026-02-01', 0, 0), ('F', 'ol.ict', 'ol', '2026-02-02', 0, 0);

INSERT INTO ordering.second VALUES (repeat('ab', 501), 'ol.ict', 'ol', '2026-02-01', 0, 0);
INSERT INTO ordering.second VALUES (repeat('ab', 500), 'ol.ict', 'ol', '2026-02-01', 0, 0);
DELETE FROM ordering.second;

-- An order line moves to another source, and back, in one statement; two rows of one place add up.
WITH gone AS (DELETE FROM ordering.line WHERE id = 'C' RETURNING *) INSERT INTO ordering.second SELECT * FROM gone;
SELECT reference, source, ordered_amount, open_amount FROM steering.order_status WHERE reference = 'C';
WITH gone AS (DELETE FROM ordering.second WHERE id = 'C' RETURNING *) INSERT INTO ordering.line SELECT * FROM gone;
SELECT reference, source, ordered_amount, open_amount FROM steering.order_status WHERE reference = 'C';
INSERT INTO ordering.second VALUES ('G', 'ol.ict', 'ol', '2026-02-01', 4, 0), ('G', 'ol.ict', 'ol', '2026-02-01', -4, 0);
SELECT reference, ordered_amount, open_amount FROM steering.order_status WHERE reference = 'G';
DELETE FROM ordering.second;
SELECT * FROM steering.verify();
UPDATE ordering.line SET day = '2027-02-01', who = 'ol2', svc = 'ol.hr' WHERE id = 'C';
SELECT participant, service, open_amount FROM steering.order_status ORDER BY 1, 2;
TABLE ordering.used;
SELECT * FROM steering.verify();

-- Another year, service, participant: the release is where the order is.
SELECT steering.set_cap('ol.hr', 'ol2', 'budget', '[2027-01-01,2028-01-01)', 90) > 0 AS cap;
DELETE FROM ordering.invoice;
INSERT INTO ordering.invoice (id, net, po) VALUES (1, 50, 'C');
SELECT service, used FROM steering.cap_status WHERE participant IN ('ol', 'ol2') AND metric = 'budget' ORDER BY 1;
SELECT * FROM steering.verify();

-- Savepoints, check_at, upsert, MERGE, COPY, TRUNCATE.
BEGIN;
SAVEPOINT a;
INSERT INTO ordering.invoice (id, net, po) VALUES (2, 40, 'C');
ROLLBACK TO a;
INSERT INTO ordering.invoice (id, net, po) VALUES (2, 10, 'C');
SELECT service, used FROM steering.cap_status WHERE participant IN ('ol', 'ol2') AND metric = 'budget' ORDER BY 1;
COMMIT;
SELECT * FROM steering.verify();
INSERT INTO ordering.invoice (id, net, po) VALUES (2, 10, 'C'), (3, 20, 'C') ON CONFLICT (id) DO UPDATE SET net = 15;
MERGE INTO ordering.invoice USING (VALUES (3, 5), (4, 1)) AS new (id, net) ON new.id = invoice.id
	WHEN MATCHED THEN UPDATE SET net = new.net WHEN NOT MATCHED THEN INSERT (id, net, po) VALUES (new.id, new.net, 'C');
COPY ordering.invoice (id, net, po) FROM stdin;
5	1	C
6	1	E
\.
SELECT reference, open_amount, invoiced_amount FROM steering.order_status ORDER BY 1;
SELECT * FROM steering.verify();
TRUNCATE ordering.invoice;
SELECT reference, open_amount, invoiced_amount FROM steering.order_status ORDER BY 1;
SELECT * FROM steering.verify();
BEGIN;
SET LOCAL sp71_steering.check_at = commit;
INSERT INTO ordering.invoice (id, net) VALUES (1, 120);
UPDATE ordering.invoice SET net = 100 WHERE id = 1;
COMMIT;
SELECT * FROM steering.verify();

-- What no trigger saw.
SET session_replication_role = replica;
UPDATE ordering.line SET net = net + 1, day = day + 1 WHERE id = 'C';
INSERT INTO ordering.invoice (id, net, po) VALUES (7, 2, 'C'), (8, 3, 'F');
RESET session_replication_role;
SELECT reference, is_order, service, booked_on, rows, amount FROM steering.order_difference ORDER BY 1, 2, 4;
SELECT what, cap_id IS NULL AS no_cap, source, measure, stored, actual FROM steering.verify() WHERE what = 'orders';
SELECT count(*) > 0 AS mended FROM steering.repair();
SELECT * FROM steering.verify();
SELECT * FROM steering.order_difference;
UPDATE steering.order_line SET amount = amount + 1::steering.amount WHERE reference = 'C';
SELECT count(*) > 0 AS mended FROM steering.repair();
SELECT * FROM steering.verify();
DELETE FROM ordering.invoice WHERE id = 8;

-- Keys that are too long order and release nothing where no trigger saw them, and can go; of a key on two places the first stays.
SET session_replication_role = replica;
INSERT INTO ordering.second SELECT string_agg(md5(i::text), ''), 'ol.ict', 'ol', '2026-02-01', 2, 0 FROM generate_series(1, 200) i;
INSERT INTO ordering.invoice (id, net, po) SELECT 8, 1, id FROM ordering.second;
INSERT INTO ordering.second VALUES ('C', 'ol.hr', 'ol', '2026-02-01', 3, 0);
RESET session_replication_role;
SELECT count(*) > 0 AS mended FROM steering.repair();
SELECT what, measure, actual FROM steering.verify();
SELECT count(*) > 0 AS mended FROM steering.repair();
SELECT source, service, ordered_amount FROM steering.order_status WHERE reference = 'C';
SELECT is_order, service, rows, amount FROM steering.order_difference;
DELETE FROM ordering.second WHERE id = 'C';
SELECT * FROM steering.verify();
UPDATE ordering.invoice SET net = net - 1 WHERE id = 8;
\set VERBOSITY sqlstate
UPDATE ordering.invoice SET po = po || 'x' WHERE id = 8;
\set VERBOSITY terse
DELETE FROM ordering.invoice WHERE id = 8;
DELETE FROM ordering.second;
SELECT * FROM steering.verify();

-- Detached and attached again; dropped. What is put back where others have taken the room is refused.
SELECT steering.detach('ordering.invoice');
UPDATE ordering.line SET net = 90 WHERE id = 'C';
SELECT steering.detach('ordering.invoice');
SELECT reference, open_amount, invoiced_amount FROM steering.order_status ORDER BY 1;
SELECT * FROM steering.verify();
SELECT steering.attach('ordering.invoice', 'svc', 'who', 'day', 'net', 'qty', accept_overrun => true, releases => 'po', final => 'last') > 0 AS invoices;
SELECT reference, open_amount, invoiced_amount FROM steering.order_status ORDER BY 1;
SELECT * FROM steering.verify();
SELECT steering.reattach('ordering.line');
SELECT steering.reattach('steering.order_line');
SELECT * FROM steering.verify();

-- Rows whose order is missing, where the source takes them; the order comes later.
CREATE TABLE ordering.loose (id int, svc text, day date, net numeric, po text);
SELECT steering.attach('ordering.loose', 'svc', $$'ol2'$$, 'day', 'net', releases => 'po', unknown => 'ignore') > 0 AS invoices;
INSERT INTO ordering.loose VALUES (1, 'ol.hr', '2026-05-05', 7, 'L'), (2, 'nothing', '2026-05-05', 8, 'L');
SELECT reference, orders, invoices, invoiced_amount FROM steering.order_line WHERE reference = 'L';
INSERT INTO ordering.line VALUES ('L', 'ol.hr', 'ol2', '2026-05-01', 10);
SELECT reference, open_amount FROM steering.order_status WHERE reference = 'L';
UPDATE ordering.loose SET svc = 'ol.hr';
SELECT reference, open_amount, invoiced_amount FROM steering.order_status WHERE reference = 'L';
SELECT * FROM steering.verify();

-- A closed period fixes what was spent: an order in it is released, and a credit note puts it back.
SET client_min_messages = warning;
SELECT steering.close_period('2026-05') IS NULL AS closed;
RESET client_min_messages;
INSERT INTO ordering.invoice (id, svc, who, day, net, po) VALUES (20, 'ol.hr', 'ol2', '2026-06-01', 1, 'L');
INSERT INTO ordering.invoice (id, svc, who, day, net, po) VALUES (21, 'ol.hr', 'ol2', '2026-06-01', -9, 'L');
SELECT reference, open_amount, invoiced_amount FROM steering.order_status WHERE reference = 'L';
UPDATE ordering.line SET net = 11 WHERE id = 'L';
UPDATE ordering.line SET net = 5 WHERE id = 'L';
SELECT reference, open_amount, invoiced_amount FROM steering.order_status WHERE reference = 'L';
SELECT * FROM steering.verify();
SELECT steering.reopen_period('2026-05', 'test') IS NULL AS reopened;

-- A service that requires a cap: what is put back was ordered under one.
UPDATE steering.service SET require_cap = true WHERE code = 'ol.hr';
INSERT INTO ordering.invoice (id, svc, who, day, net, po) VALUES (22, 'ol.hr', 'ol2', '2026-06-01', -1, 'L');
SELECT * FROM steering.verify();
UPDATE steering.service SET require_cap = false WHERE code = 'ol.hr';

-- Partitions that come and go, values that are rewritten, codes that are aliases.
CREATE TABLE ordering.parted (id int, svc text, day date, net numeric, po text) PARTITION BY LIST (id);
CREATE TABLE ordering.part1 PARTITION OF ordering.parted FOR VALUES IN (1);
CREATE TABLE ordering.part2 (extra int, po text, net numeric, day date, svc text, id int);
ALTER TABLE ordering.part2 DROP COLUMN extra;
SELECT steering.attach('ordering.parted', 'svc', $$'ol2'$$, 'day', 'net', releases => 'lower(po)', counts_when => 'net <> 0') > 0 AS invoices;
INSERT INTO ordering.line VALUES ('p', 'ol.hr', 'ol2', '2026-07-01', 10);
INSERT INTO ordering.part1 VALUES (1, 'ol.hr', '2026-07-01', 3, 'P');
INSERT INTO ordering.part2 VALUES ('P', 4, '2026-07-01', 'ol.hr', 2);
ALTER TABLE ordering.parted ATTACH PARTITION ordering.part2 FOR VALUES IN (2);
SELECT reference, open_amount, invoiced_amount FROM steering.order_status WHERE reference = 'p';
ALTER TABLE ordering.parted DETACH PARTITION ordering.part1;
SELECT reference, open_amount, invoiced_amount FROM steering.order_status WHERE reference = 'p';
ALTER TABLE ordering.parted ALTER net TYPE numeric(10, 0) USING net * 2;
SELECT reference, open_amount, invoiced_amount FROM steering.order_status WHERE reference = 'p';
ALTER TABLE ordering.parted RENAME po TO line;
ALTER TABLE ordering.parted DROP COLUMN line;
SELECT releases FROM steering.source WHERE relation::oid = 'ordering.parted'::regclass;
INSERT INTO steering.alias (kind, value, code) VALUES ('service', 'mensen', 'ol.hr');
UPDATE ordering.line SET svc = 'mensen' WHERE id = 'p';
-- ... which bring an order line to several places no more than rows do.
INSERT INTO ordering.second VALUES ('s', 'ol.hr', 'ol2', '2026-07-01', 1, 0), ('s', 'mensen', 'ol2', '2026-07-01', 1, 0);
UPDATE steering.alias SET code = 'ol.ict' WHERE value = 'mensen';
DELETE FROM ordering.second WHERE svc = 'mensen';
INSERT INTO ordering.second VALUES ('t', 'ol.hr', 'ol2', '2026-08-01', 1, 0);
ALTER TABLE ordering.second ALTER id TYPE text USING 's';
DELETE FROM ordering.second;
UPDATE steering.alias SET code = 'ol.ict' WHERE value = 'mensen';
SELECT reference, service, open_amount, invoiced_amount FROM steering.order_status WHERE reference = 'p';
SELECT * FROM steering.verify();
TRUNCATE ordering.line, ordering.parted, ordering.invoice, ordering.loose;
SELECT count(*) FROM steering.order_line;
SELECT * FROM steering.verify();
DELETE FROM steering.alias WHERE value = 'mensen';

-- Dropped.
INSERT INTO ordering.line VALUES ('Z', 'ol.hr', 'ol2', '2026-05-01', 10);
INSERT INTO ordering.invoice (id, svc, who, day, net, po) VALUES (1, 'ol.hr', 'ol2', '2026-06-01', 4, 'Z');
DROP TABLE ordering.line;
SELECT reference, orders, invoices FROM steering.order_line;
SELECT * FROM steering.verify();
SET client_min_messages = error;
DROP SCHEMA ordering CASCADE;
RESET client_min_messages;
SELECT * FROM steering.verify();
SELECT count(*) FROM steering.order_line;
SELECT count(*) AS dropped FROM (SELECT steering.drop_cap(cap_id, 'test') FROM steering.cap_status WHERE participant LIKE 'ol%') AS caps;
DELETE FROM steering.participant WHERE code IN ('ol', 'ol2');
DELETE FROM steering.service WHERE code = 'ol.ict';
