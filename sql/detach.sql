-- detach(), and everything else that ends a source: dropping its table, its schema, its owner's
-- things, the extension; each also in the transaction of a booking. The finance tables stay whole.
CREATE SCHEMA detach_test;
SET search_path = detach_test;
SET datestyle = iso;

INSERT INTO steering.participant (code, name) VALUES ('detach.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('detach.ict', 'ICT');
-- the numbers of caps stand in messages
SELECT setval('steering.cap_cap_id_seq', 2000) AS numbered \gset
SELECT steering.set_cap('detach.ict', 'detach.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
-- a cap that covers a month in part, so that it is counted from rows
SELECT steering.set_cap('detach.ict', 'detach.town', 'budget', '[2026-05-10,2026-06-10)', 900) AS part_cap \gset
-- a function, since a view would be in the way of DROP EXTENSION
CREATE FUNCTION usage() RETURNS TABLE (valid_from date, used numeric) LANGUAGE sql AS $$
    SELECT valid_from, used FROM steering.cap_status WHERE service = 'detach.ict' ORDER BY valid_from
$$;
CREATE TABLE model (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product text DEFAULT 'detach.ict',
    town text DEFAULT 'detach.town',
    day date DEFAULT '2026-05-20',
    net numeric NOT NULL
);
CREATE FUNCTION attached(relation regclass) RETURNS boolean LANGUAGE sql AS $$
    SELECT steering.attach(relation, 'product', 'town', 'day', amount => 'net') > 0
$$;
CREATE TABLE invoice (LIKE model INCLUDING ALL);
CREATE TABLE orders (LIKE model INCLUDING ALL);
SELECT attached('invoice'), attached('orders');
INSERT INTO invoice (net) VALUES (300);
INSERT INTO orders (net) VALUES (400);
INSERT INTO orders (day, net) VALUES ('2026-05-01', 50);
SELECT * FROM usage();

-- its rows count no more, those of the other do; the table is as it was, and writable
SELECT steering.detach('invoice');
SELECT * FROM usage();
SELECT * FROM steering.verify();
\d invoice
INSERT INTO invoice (net) VALUES (10000);
SELECT id, net FROM invoice;
DELETE FROM invoice WHERE net = 10000;
SELECT steering.detach('invoice');
-- attached again, and rolled back
BEGIN;
SELECT attached('invoice');
INSERT INTO invoice (net) VALUES (100);
SELECT * FROM usage();
SELECT steering.detach('invoice');
INSERT INTO invoice (net) VALUES (10000);
SELECT * FROM usage();
ROLLBACK;
SELECT * FROM usage();
BEGIN;
SELECT steering.detach('orders');
INSERT INTO orders (net) VALUES (10000);
ROLLBACK;
INSERT INTO orders (net) VALUES (10000);
SELECT * FROM usage();
SELECT * FROM steering.verify();

-- arguments that do not serve
SELECT steering.detach(NULL);
SELECT steering.reattach(NULL);
SELECT steering.detach('no_such_table');
SELECT steering.reattach('invoice');
SELECT steering.detach('invoice_pkey');
SELECT steering.detach('steering.cap');
-- a table that a query of this session is using
DO $$ BEGIN PERFORM steering.detach('detach_test.orders') FROM detach_test.orders; END $$;

-- negative bookings that leave take a cap over its threshold: refused like any other way to that
SELECT attached('invoice');
UPDATE invoice SET net = -400;
INSERT INTO orders (net) VALUES (800);
SELECT * FROM usage();
SELECT steering.detach('invoice');
DROP TABLE invoice;
SELECT * FROM usage();
DELETE FROM orders WHERE net = 800;
SELECT steering.detach('invoice');
SELECT * FROM steering.verify();

-- a row that is ignored, and a session that has booked before
SELECT steering.attach('invoice', 'product', 'town', 'day', amount => 'net', unknown => 'ignore') > 0 AS attached;
INSERT INTO invoice (product, net) VALUES ('detach.no', 5), (NULL, 5), ('detach.ict', 5);
SELECT detail FROM steering.health();
SELECT steering.detach('invoice');
SELECT * FROM steering.health();
SELECT service_id, bookings FROM steering.usage_cell WHERE service_id = 0;

--
-- DROP of the table.
--
SELECT attached('invoice');
DELETE FROM invoice WHERE product IS NULL;
DELETE FROM invoice WHERE product = 'detach.no';
SELECT attached('invoice');
SELECT * FROM usage();
DROP TABLE invoice;
SELECT * FROM usage();
SELECT relation FROM steering.source;
SELECT relation FROM steering.source_table;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();

-- in the transaction of a booking
CREATE TABLE invoice (LIKE model INCLUDING ALL);
SELECT attached('invoice');
BEGIN;
INSERT INTO invoice (net) VALUES (100);
DROP TABLE invoice;
COMMIT;
SELECT * FROM usage();
SELECT * FROM steering.verify();
-- with the judging left to the commit
CREATE TABLE invoice (LIKE model INCLUDING ALL);
SELECT attached('invoice');
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO invoice (net) VALUES (5000);
DROP TABLE invoice;
COMMIT;
SELECT * FROM usage();
-- of the booking's transaction only the drop is undone
CREATE TABLE invoice (LIKE model INCLUDING ALL);
SELECT attached('invoice');
BEGIN;
INSERT INTO invoice (net) VALUES (100);
SAVEPOINT before_drop;
DROP TABLE invoice;
SELECT * FROM usage();
ROLLBACK TO before_drop;
INSERT INTO invoice (net) VALUES (1);
COMMIT;
SELECT * FROM usage();
SELECT * FROM steering.verify();
-- attached, booked and dropped in one
BEGIN;
DROP TABLE invoice;
CREATE TABLE invoice (LIKE model INCLUDING ALL);
SELECT attached('invoice');
INSERT INTO invoice (net) VALUES (100);
DROP TABLE invoice;
COMMIT;
SELECT * FROM usage();
SELECT * FROM steering.verify();
-- prepared
CREATE TABLE invoice (LIKE model INCLUDING ALL);
SELECT attached('invoice');
BEGIN;
INSERT INTO invoice (net) VALUES (100);
DROP TABLE invoice;
PREPARE TRANSACTION 'detach_test';
COMMIT PREPARED 'detach_test';
SELECT * FROM usage();
SELECT * FROM steering.verify();

-- by DROP SCHEMA, two sources at once
CREATE SCHEMA detach_test_other;
CREATE TABLE detach_test_other.a (LIKE model INCLUDING ALL);
CREATE TABLE detach_test_other.b (LIKE model INCLUDING ALL);
SELECT attached('detach_test_other.a'), attached('detach_test_other.b');
INSERT INTO detach_test_other.a (net) VALUES (1);
INSERT INTO detach_test_other.b (net) VALUES (2);
SELECT * FROM usage();
SET client_min_messages = warning;
DROP SCHEMA detach_test_other CASCADE;
RESET client_min_messages;
SELECT * FROM usage();
SELECT * FROM steering.verify();
-- by DROP OWNED
CREATE ROLE regress_detach_owner;
GRANT USAGE, CREATE ON SCHEMA detach_test TO regress_detach_owner;
CREATE TABLE invoice (LIKE model INCLUDING ALL);
ALTER TABLE invoice OWNER TO regress_detach_owner;
SELECT attached('invoice');
INSERT INTO invoice (net) VALUES (3);
DROP OWNED BY regress_detach_owner;
DROP ROLE regress_detach_owner;
SELECT * FROM usage();
SELECT * FROM steering.verify();
SELECT relation FROM steering.source;

-- what the mapping needs is not dropped without it
CREATE FUNCTION product_of(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN $1;
CREATE DOMAIN product AS text;
CREATE TABLE invoice (LIKE model INCLUDING ALL);
ALTER TABLE invoice ADD COLUMN product_2 product DEFAULT 'detach.ict';
SELECT steering.attach('invoice', 'product_of(product_2)', 'town', 'day', amount => 'net') > 0 AS attached;
INSERT INTO invoice (net) VALUES (4);
DROP FUNCTION product_of(text);
DROP DOMAIN product CASCADE;
ALTER FUNCTION product_of(text) RENAME TO product_from;
SELECT service FROM steering.source WHERE relation = 'invoice'::regclass;
ALTER FUNCTION product_from(text) RENAME TO product_of;
ALTER FUNCTION product_of(text) VOLATILE;
ALTER FUNCTION product_of(text) COST 10;
DROP TABLE invoice;
DROP FUNCTION product_of(text);
DROP DOMAIN product;
SELECT * FROM usage();
SELECT * FROM steering.verify();
-- a temporary table is no business of ours
CREATE TEMP TABLE detach_test_temp (net numeric);
ALTER TABLE detach_test_temp DROP COLUMN net;
DROP TABLE detach_test_temp;

--
-- DROP EXTENSION, in the transaction of a booking. Here it is rolled back; see also uninstall.
--
BEGIN;
INSERT INTO orders (net) VALUES (9);
DROP EXTENSION sp71_steering;
INSERT INTO orders (net) VALUES (10000);
\d orders
DROP TABLE orders;
ROLLBACK;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO orders (net) VALUES (10000);
SAVEPOINT installed;
DROP EXTENSION sp71_steering;
INSERT INTO orders (net) VALUES (10000);
ROLLBACK TO installed;
INSERT INTO orders (net) VALUES (-9999);
COMMIT;
SELECT * FROM usage();
SELECT * FROM steering.verify();
SELECT * FROM steering.health();

SELECT steering.detach('orders');
SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:cap, :part_cap]) AS cap;
SET client_min_messages = warning;
DROP SCHEMA detach_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'detach.%';
DELETE FROM steering.participant WHERE code LIKE 'detach.%';
SELECT * FROM steering.verify();
