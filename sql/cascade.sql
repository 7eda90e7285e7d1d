-- Rows that foreign keys delete or change are booked like any other, and a cascade that would exceed
-- a cap is refused with the statement that caused it.
\set VERBOSITY terse
CREATE SCHEMA cascade_test;
SET search_path = cascade_test;

INSERT INTO steering.participant (code, name) VALUES ('cascade.town', 'Town'), ('cascade.village', 'Village');
INSERT INTO steering.service (code, name) VALUES ('cascade.ict', 'ICT'), ('cascade.hr', 'HR');
CREATE TABLE municipality (code text PRIMARY KEY);
CREATE TABLE product (code text PRIMARY KEY);
CREATE TABLE invoice (id integer PRIMARY KEY);
CREATE TABLE line (
    id integer PRIMARY KEY,
    invoice integer REFERENCES invoice ON DELETE CASCADE,
    corrects integer REFERENCES line ON DELETE CASCADE,
    town text DEFAULT 'cascade.town' REFERENCES municipality ON UPDATE CASCADE ON DELETE SET NULL,
    product text DEFAULT 'cascade.ict' REFERENCES product ON DELETE SET DEFAULT,
    day date DEFAULT '2026-05-01',
    net numeric
);
INSERT INTO municipality VALUES ('cascade.town'), ('cascade.village');
INSERT INTO product VALUES ('cascade.ict'), ('cascade.hr');
INSERT INTO invoice SELECT generate_series(1, 6);
CREATE TABLE cap AS
    SELECT steering.set_cap(service, participant, 'budget', '[2026-01-01,2027-01-01)', amount) AS id
    FROM (VALUES ('cascade.ict', 'cascade.town', 1000), ('cascade.ict', 'cascade.village', 500)) AS wanted (service, participant, amount);
SELECT steering.attach('line', 'product', 'town', 'day', 'net') > 0 AS attached;
CREATE VIEW usage AS
    SELECT service, participant, used, headroom FROM steering.cap_status WHERE service LIKE 'cascade.%' ORDER BY service, participant;

-- ON DELETE CASCADE: one invoice with two lines, then two invoices at once, then one without lines
INSERT INTO line (id, invoice, net) VALUES (1, 1, 100), (2, 1, 200), (3, 2, 300), (4, 3, 150), (5, 4, 250), (6, NULL, 0);
TABLE usage;
DELETE FROM invoice WHERE id = 1;
TABLE usage;
DELETE FROM invoice WHERE id IN (2, 3);
TABLE usage;
DELETE FROM invoice WHERE id = 6;
TABLE usage;
-- deleting the invoice of a refund raises usage
INSERT INTO line (id, invoice, net) VALUES (10, 5, -300), (11, NULL, 1050);
DELETE FROM invoice WHERE id = 5;
SELECT count(*) FROM invoice WHERE id = 5;
TABLE usage;
-- with enough taken away in the same statement
UPDATE line SET invoice = 4 WHERE id = 11;
DELETE FROM invoice WHERE id IN (4, 5);
TABLE usage;
-- a table that refers to itself: one booking and its corrections, three deep
INSERT INTO line (id, corrects, net) VALUES (20, NULL, 400), (21, 20, 300), (22, 21, 200), (23, NULL, 50);
TABLE usage;
DELETE FROM line WHERE id = 20;
SELECT id FROM line ORDER BY id;
TABLE usage;

-- ON UPDATE CASCADE: 450 move to the village, which has room for 500
INSERT INTO line (id, net) VALUES (30, 400);
UPDATE municipality SET code = code || '.' || 'gone' WHERE code = 'cascade.village';
INSERT INTO line (id, net) VALUES (31, 100);
UPDATE municipality SET code = 'cascade.village' WHERE code = 'cascade.town';
SELECT code FROM municipality ORDER BY code;
DELETE FROM line WHERE id = 31;
UPDATE municipality SET code = 'cascade.village' WHERE code = 'cascade.town';
SELECT DISTINCT town FROM line;
TABLE usage;
-- to a code that nobody knows
UPDATE municipality SET code = 'cascade.hamlet' WHERE code = 'cascade.village';
UPDATE municipality SET code = 'cascade.town' WHERE code = 'cascade.village';
TABLE usage;

-- ON DELETE SET DEFAULT: 700 of HR, which has no cap, come to ICT, where 550 are left
INSERT INTO line (id, product, net) VALUES (40, 'cascade.hr', 700);
TABLE usage;
DELETE FROM product WHERE code = 'cascade.hr';
UPDATE line SET net = 550 WHERE id = 40;
DELETE FROM product WHERE code = 'cascade.hr';
TABLE usage;
-- ON DELETE SET NULL on a key column: a booking cannot be without participant
DELETE FROM municipality WHERE code = 'cascade.town';
SELECT count(*) FROM line WHERE town IS NULL;
SELECT steering.detach('line');
SELECT steering.attach('line', 'product', 'town', 'day', 'net', counts_when => 'town IS NOT NULL') > 0 AS attached;
TABLE usage;
DELETE FROM municipality WHERE code = 'cascade.town';
SELECT count(*) FROM line WHERE town IS NULL;
TABLE usage;
-- ON DELETE SET NULL on a column that is not mapped
ALTER TABLE line DROP CONSTRAINT line_invoice_fkey;
ALTER TABLE line ADD CONSTRAINT line_invoice_fkey FOREIGN KEY (invoice) REFERENCES invoice ON DELETE SET NULL;
INSERT INTO municipality VALUES ('cascade.town');
INSERT INTO invoice VALUES (7);
INSERT INTO line (id, invoice, net) VALUES (50, 7, 1000);
DELETE FROM invoice WHERE id = 7;
SELECT invoice, net FROM line WHERE id = 50;
TABLE usage;

-- the table that is referred to is attached too: header and lines are booked and released together
CREATE TABLE contract (id integer PRIMARY KEY, fee numeric);
CREATE TABLE extra (contract integer REFERENCES contract ON DELETE CASCADE, net numeric);
SELECT steering.attach('contract', $$'cascade.ict'$$, $$'cascade.village'$$, $$date '2026-01-01'$$, 'fee') > 0 AS attached;
SELECT steering.attach('extra', $$'cascade.ict'$$, $$'cascade.village'$$, $$date '2026-01-01'$$, 'net') > 0 AS attached;
INSERT INTO contract VALUES (1, 300), (2, 100);
INSERT INTO extra VALUES (1, 50), (1, 50), (2, -500);
INSERT INTO contract VALUES (3, 400);
TABLE usage;
-- 300 + 100 less
DELETE FROM contract WHERE id = 1;
TABLE usage;
-- 100 less, 500 more: 400 in all
DELETE FROM contract WHERE id = 2;
TABLE usage;
INSERT INTO contract VALUES (4, 100);
INSERT INTO extra VALUES (4, -200);
INSERT INTO contract VALUES (5, 100.0001);
-- 100 less, 200 more: 500.0001 in all
DELETE FROM contract WHERE id = 4;
UPDATE contract SET fee = 100 WHERE id = 5;
DELETE FROM contract WHERE id = 4;
TABLE usage;

SELECT * FROM steering.verify();
SELECT steering.detach(relation) FROM (VALUES ('line'::regclass), ('contract'), ('extra')) AS attached (relation);
SELECT count(steering.drop_cap(id)) FROM cap;
SET client_min_messages = warning;
DROP SCHEMA cascade_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'cascade.%';
DELETE FROM steering.participant WHERE code LIKE 'cascade.%';
SELECT * FROM steering.verify();
