-- WITH ... (INSERT | UPDATE | DELETE): all its parts are one statement. What nets to nothing is
-- never refused, in whatever order the parts are written, not even by a cap that is overrun.
\set VERBOSITY terse
CREATE SCHEMA writable_cte_test;
SET search_path = writable_cte_test;

INSERT INTO steering.participant (code, name) VALUES ('cte.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('cte.ict', 'ICT');
CREATE TABLE invoice_line (id integer PRIMARY KEY, day date DEFAULT '2026-05-01', net numeric);
CREATE TABLE order_line (id integer PRIMARY KEY, day date DEFAULT '2026-06-01', net numeric);
SELECT steering.set_cap('cte.ict', 'cte.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
SELECT steering.attach('invoice_line', $$'cte.ict'$$, $$'cte.town'$$, 'day', 'net') > 0 AS attached;
SELECT steering.attach('order_line', $$'cte.ict'$$, $$'cte.town'$$, 'day', 'net', stage => 'commitment') > 0 AS attached;
CREATE VIEW usage AS SELECT used, headroom FROM steering.cap_status WHERE service = 'cte.ict';
INSERT INTO order_line (id, net) VALUES (1, 600), (2, 400);
TABLE usage;

-- an order becomes an invoice, at the full cap
WITH gone AS (DELETE FROM order_line WHERE id = 1 RETURNING id, net)
INSERT INTO invoice_line (id, net) SELECT id, net FROM gone;
TABLE usage;
-- and back, the insert written first
WITH come AS (INSERT INTO order_line (id, net) VALUES (1, 600) RETURNING id)
DELETE FROM invoice_line USING come WHERE invoice_line.id = come.id;
TABLE usage;
-- with one unit more on the way
WITH gone AS (DELETE FROM order_line WHERE id = 1 RETURNING id, net)
INSERT INTO invoice_line (id, net) SELECT id, net + 0.0001 FROM gone;
WITH come AS (INSERT INTO invoice_line (id, net) VALUES (1, 600.0001) RETURNING id)
DELETE FROM order_line USING come WHERE order_line.id = come.id;
TABLE usage;
SELECT (SELECT count(*) FROM order_line) AS orders, (SELECT count(*) FROM invoice_line) AS invoices;

-- in one table: insert and delete, delete and insert, update and insert, two inserts
WITH come AS (INSERT INTO order_line (id, net) VALUES (3, 600))
DELETE FROM order_line WHERE id = 1;
TABLE usage;
WITH gone AS (DELETE FROM order_line WHERE id = 3)
INSERT INTO order_line (id, net) VALUES (1, 600);
TABLE usage;
WITH lower AS (UPDATE order_line SET net = net - 100 WHERE id = 1)
INSERT INTO order_line (id, net) VALUES (4, 100);
TABLE usage;
WITH come AS (INSERT INTO order_line (id, net) VALUES (5, 700))
UPDATE order_line SET net = 0 WHERE id IN (1, 4);
WITH come AS (INSERT INTO order_line (id, net) VALUES (5, 600))
UPDATE order_line SET net = 0 WHERE id IN (1, 4);
TABLE usage;
WITH plus AS (INSERT INTO order_line (id, net) VALUES (6, 5000))
INSERT INTO order_line (id, net) VALUES (7, -5000);
TABLE usage;
WITH minus AS (INSERT INTO order_line (id, net) VALUES (8, -5000))
INSERT INTO order_line (id, net) VALUES (9, 5000);
TABLE usage;
WITH plus AS (INSERT INTO order_line (id, net) VALUES (10, 5000))
INSERT INTO order_line (id, net) VALUES (11, -4999.9999);
-- three parts, one of them for no row
WITH a AS (UPDATE order_line SET net = net + 50 WHERE id = 2),
     b AS (DELETE FROM invoice_line),
     c AS (UPDATE order_line SET net = net - 50 WHERE id = 5)
SELECT 1 AS one;
TABLE usage;
-- a part that runs though nothing reads it
WITH ignored AS (INSERT INTO invoice_line (id, net) VALUES (20, 1))
SELECT 1 AS one;
WITH ignored AS (INSERT INTO invoice_line (id, net) VALUES (20, -1))
SELECT 1 AS one;
WITH ignored AS (INSERT INTO invoice_line (id, net) VALUES (21, 1))
SELECT 1 AS one;
TABLE usage;

-- the same on a cap that is overrun: 1000 stand against 300
SELECT steering.set_cap('cte.ict', 'cte.town', 'budget', '[2026-01-01,2027-01-01)', 300, accept_overrun => true) = :cap AS revised;
TABLE usage;
WITH come AS (INSERT INTO invoice_line (id, net) VALUES (30, 450))
DELETE FROM order_line WHERE id = 2;
WITH gone AS (DELETE FROM invoice_line WHERE id = 30)
INSERT INTO order_line (id, net) VALUES (2, 450);
WITH come AS (INSERT INTO order_line (id, net) VALUES (31, 450))
DELETE FROM order_line WHERE id = 2;
WITH gone AS (DELETE FROM order_line WHERE id = 31)
INSERT INTO order_line (id, net) VALUES (2, 450);
TABLE usage;
WITH gone AS (DELETE FROM order_line WHERE id = 2)
INSERT INTO order_line (id, net) VALUES (32, 450.0001);
WITH gone AS (DELETE FROM order_line WHERE id = 2)
INSERT INTO order_line (id, net) VALUES (32, 449.9999);
TABLE usage;

INSERT INTO order_line (id, net) VALUES (40, -1);
-- Who counts rows that another part of the statement is writing would have them counted twice: it is refused, and done before or
-- after. Else the counters would be lower than what is booked, and the cap be passed.
WITH gone AS (DELETE FROM order_line RETURNING net)
SELECT steering.set_cap('cte.ict', 'cte.town', 'budget', '[2026-06-01,2026-06-20)', 100) FROM gone LIMIT 1;
WITH come AS (INSERT INTO order_line (id, net) VALUES (41, -1000) RETURNING id)
SELECT steering.set_cap('cte.ict', 'cte.town', 'budget', '[2026-06-01,2026-06-20)', 100) FROM come;
WITH gone AS (DELETE FROM order_line RETURNING net) SELECT (SELECT count(*) FROM steering.repair() WHERE gone.net IS NOT NULL) FROM gone;
WITH gone AS (DELETE FROM order_line RETURNING net) SELECT steering.reattach('order_line') FROM gone LIMIT 1;
SELECT * FROM steering.verify();
-- So it is in a trigger that fires before ours, also in a statement that another runs; after ours it is right.
CREATE FUNCTION count_now() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM steering.set_cap('cte.ict', 'cte.town', 'budget', '[2026-06-01,2026-06-20)', 100);
	RETURN NULL;
END $$;
CREATE TRIGGER count_now AFTER DELETE ON order_line FOR EACH ROW EXECUTE FUNCTION count_now();
DELETE FROM order_line;
DO $$
BEGIN
	UPDATE order_line SET net = net - 1;
	DELETE FROM order_line;
END $$;
DROP TRIGGER count_now ON order_line;
CREATE TRIGGER count_now AFTER DELETE ON order_line EXECUTE FUNCTION count_now();
DELETE FROM order_line WHERE id = 40;
DROP TRIGGER count_now ON order_line;
BEGIN;
CREATE TRIGGER zz_count_now AFTER DELETE ON order_line EXECUTE FUNCTION count_now();
DELETE FROM order_line;
SELECT used FROM steering.cap_status WHERE valid_to = '2026-06-19';
SELECT * FROM steering.verify();
INSERT INTO order_line (id, net) VALUES (42, 100.01);
ROLLBACK;
-- A statement that failed writes no more.
DO $$
BEGIN
	BEGIN
		INSERT INTO order_line (id, net) VALUES (43, 1), (43, 2);
	EXCEPTION WHEN unique_violation THEN
		PERFORM steering.set_cap('cte.ict', 'cte.town', 'budget', '[2026-06-01,2026-06-20)', 10000);
		RAISE NOTICE 'counted';
		RAISE division_by_zero;
	END;
EXCEPTION WHEN division_by_zero THEN
	NULL;
END $$;
SELECT * FROM steering.verify();
-- Who has written it does so in a statement of its own, and who only reads it in any.
BEGIN;
DELETE FROM order_line;
SELECT steering.set_cap('cte.ict', 'cte.town', 'budget', '[2026-06-01,2026-06-20)', 10000) > 0 AS made;
SELECT steering.reattach('order_line');
SELECT * FROM steering.repair();
SELECT * FROM steering.verify();
ROLLBACK;
BEGIN;
UPDATE order_line SET net = net - 1 WHERE id = 40;
SELECT steering.set_cap('cte.ict', 'cte.town', 'budget', '[2026-06-01,2026-06-20)', 10000) > 0 AS made FROM order_line WHERE id = 40;
SELECT * FROM steering.verify();
ROLLBACK;
TABLE usage;

SELECT * FROM steering.verify();
SELECT steering.detach('invoice_line');
SELECT steering.detach('order_line');
SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA writable_cte_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'cte.%';
DELETE FROM steering.participant WHERE code LIKE 'cte.%';
SELECT * FROM steering.verify();
