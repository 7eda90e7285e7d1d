-- Where a source of orders or invoices is counted anew or ends: what leaves with an invoice and comes back with its order is one
-- change. A cap that has no more than before says nothing, however full; one that would have more refuses, as it does for rows.
\set VERBOSITY terse
CREATE SCHEMA ending;
INSERT INTO steering.participant (code, name) VALUES ('oe', 'Order ends');
INSERT INTO steering.service (code, name) VALUES ('oe.ict', 'ICT'), ('oe.hr', 'HR');
CREATE TABLE ending.line (id text PRIMARY KEY, svc text DEFAULT 'oe.ict', day date DEFAULT '2026-02-01', net numeric);
CREATE TABLE ending.invoice (id int PRIMARY KEY, svc text DEFAULT 'oe.ict', day date DEFAULT '2026-03-01', net numeric, po text, last boolean);
CREATE TABLE ending.other (LIKE ending.invoice INCLUDING ALL);
SELECT steering.set_cap('oe.ict', 'oe', 'budget', '2026', 100) AS cap, steering.set_cap('oe.hr', 'oe', 'budget', '2026', 100) AS hr \gset
SELECT steering.attach('ending.line', 'svc', $$'oe'$$, 'day', 'net', stage => 'commitment', reference => 'id') > 0 AS orders;
SELECT steering.attach('ending.invoice', 'svc', $$'oe'$$, 'day', 'net', releases => 'po', final => 'last') > 0 AS invoices;
CREATE VIEW ending.state AS
SELECT (SELECT string_agg(concat_ws(' ', service, trim_scale(used)), ', ' ORDER BY service) FROM steering.cap_status WHERE participant = 'oe') AS used,
	(SELECT string_agg(concat_ws(' ', reference, trim_scale(open_amount)), ', ' ORDER BY reference) FROM steering.order_status WHERE participant = 'oe') AS open;

-- Within the order: nothing changes for the cap, which is overrun.
INSERT INTO ending.line (id, net) VALUES ('A', 60), ('B', 40);
INSERT INTO ending.invoice (id, net, po) VALUES (1, 50, 'A'), (2, 40, 'B');
SELECT steering.set_cap('oe.ict', 'oe', 'budget', '2026', 80, accept_overrun => true) = :cap AS lowered;
TABLE ending.state;
BEGIN;
SELECT steering.detach('ending.invoice');
TABLE ending.state;
SELECT * FROM steering.verify();
SELECT steering.detach('ending.line');
TABLE ending.state;
SELECT * FROM steering.verify();
ROLLBACK;
BEGIN;
DROP TABLE ending.line;
TABLE ending.state;
SELECT * FROM steering.verify();
ROLLBACK;
BEGIN;
SET LOCAL client_min_messages = error;
DROP TABLE ending.invoice;
TABLE ending.state;
DROP TABLE ending.line;
TABLE ending.state;
SELECT * FROM steering.verify();
ROLLBACK;
BEGIN;
SET LOCAL client_min_messages = error;
DROP TABLE ending.invoice, ending.line;
TABLE ending.state;
SELECT * FROM steering.verify();
ROLLBACK;
TABLE ending.state;
SELECT * FROM steering.verify();

-- Invoices that are attached to orders which have the room are within it, be the cap overrun or not.
INSERT INTO ending.other (id, net, po) VALUES (3, 10, 'A');
SELECT steering.attach('ending.other', 'svc', $$'oe'$$, 'day', 'net', releases => 'po') > 0 AS invoices;
TABLE ending.state;
ALTER TABLE ending.other ALTER net TYPE numeric(10, 2) USING net / 2;
TABLE ending.state;
SELECT steering.reattach('ending.other');
ALTER TABLE ending.other ALTER net TYPE numeric(10, 2) USING net * 3;
TABLE ending.state;
SELECT steering.detach('ending.other');
TABLE ending.state;
SELECT * FROM steering.verify();

-- The last invoice had released the rest: the order would take it again, which no room is for. The orders can go first.
UPDATE ending.invoice SET last = true WHERE id = 1;
TABLE ending.state;
SELECT steering.set_cap('oe.ict', 'oe', 'budget', '2026', 90) = :cap AS exact;
SELECT steering.detach('ending.invoice');
DROP TABLE ending.invoice;
TRUNCATE ending.invoice;
DELETE FROM ending.invoice;
TABLE ending.state;
BEGIN;
SELECT steering.detach('ending.line'), steering.detach('ending.invoice');
TABLE ending.state;
SELECT * FROM steering.verify();
ROLLBACK;

-- So is what comes back under another cap.
UPDATE ending.invoice SET last = NULL, svc = 'oe.hr';
TABLE ending.state;
INSERT INTO ending.invoice (id, svc, net) VALUES (9, 'oe.ict', 80);
TABLE ending.state;
SELECT steering.detach('ending.invoice');
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
SELECT steering.detach('ending.invoice');
COMMIT;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
SELECT steering.detach('ending.invoice');
DELETE FROM ending.line WHERE id = 'A';
COMMIT;
TABLE ending.state;
SELECT * FROM steering.verify();
SET client_min_messages = error;
DROP SCHEMA ending CASCADE;
RESET client_min_messages;
SELECT count(*) FROM steering.order_line;
SELECT * FROM steering.verify();
SELECT steering.drop_cap(:cap, 'test'), steering.drop_cap(:hr, 'test');
DELETE FROM steering.participant WHERE code = 'oe';
DELETE FROM steering.service WHERE code IN ('oe.ict', 'oe.hr');
