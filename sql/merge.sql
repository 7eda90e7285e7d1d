-- MERGE: its deletes, updates and inserts are judged together, when the statement is done.
\set VERBOSITY terse
CREATE SCHEMA merge_test;
SET search_path = merge_test;

INSERT INTO steering.participant (code, name) VALUES ('merge.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('merge.ict', 'ICT'), ('merge.hr', 'HR');
CREATE TABLE line (number text PRIMARY KEY, product text DEFAULT 'merge.ict', day date DEFAULT '2026-05-01', net numeric);
SELECT steering.set_cap('merge.ict', 'merge.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS ict_cap \gset
SELECT steering.set_cap('merge.hr', 'merge.town', 'budget', '[2026-01-01,2027-01-01)', 100) AS hr_cap \gset
SELECT steering.attach('line', 'product', $$'merge.town'$$, 'day', 'net') > 0 AS attached;
CREATE VIEW usage AS
    SELECT service, used, headroom FROM steering.cap_status WHERE service LIKE 'merge.%' ORDER BY service;

-- what a nightly load brings: null takes the row away
CREATE TABLE load (number text, product text, net numeric);
PREPARE take_load AS
    MERGE INTO line USING load ON line.number = load.number
    WHEN MATCHED AND load.net IS NULL THEN DELETE
    WHEN MATCHED AND load.net = line.net AND load.product = line.product THEN DO NOTHING
    WHEN MATCHED THEN UPDATE SET net = load.net, product = load.product
    WHEN NOT MATCHED AND load.net IS NOT NULL THEN INSERT (number, product, net) VALUES (load.number, load.product, load.net);

INSERT INTO load VALUES ('a', 'merge.ict', 400), ('b', 'merge.ict', 600), ('h', 'merge.hr', 50);
EXECUTE take_load;
TABLE usage;
-- the same again changes nothing
EXECUTE take_load;
TABLE usage;
-- insert 300, update 400 to 100: at the full cap
TRUNCATE load;
INSERT INTO load VALUES ('c', 'merge.ict', 300), ('a', 'merge.ict', 100);
EXECUTE take_load;
TABLE usage;
-- insert 600.0001, delete 600: one unit too much, nothing of it is stored
TRUNCATE load;
INSERT INTO load VALUES ('d', 'merge.ict', 600.0001), ('b', NULL, NULL);
EXECUTE take_load;
SELECT number, product, net FROM line ORDER BY number;
TABLE usage;
-- insert 600, delete 600
UPDATE load SET net = 600 WHERE number = 'd';
EXECUTE take_load;
TABLE usage;
-- a row moves to a service without room; with a row of that service taken away at the same time
TRUNCATE load;
INSERT INTO load VALUES ('a', 'merge.hr', 100);
EXECUTE take_load;
INSERT INTO load VALUES ('h', NULL, NULL), ('e', 'merge.ict', 100);
EXECUTE take_load;
TABLE usage;
-- an unknown service refuses all of it
TRUNCATE load;
INSERT INTO load VALUES ('a', NULL, NULL), ('f', 'merge.rh', 1);
EXECUTE take_load;
SELECT number, product, net FROM line ORDER BY number;
TABLE usage;
-- no row
TRUNCATE load;
EXECUTE take_load;
TABLE usage;
-- all three at a time, twice in a transaction
BEGIN;
INSERT INTO load VALUES ('a', NULL, NULL), ('c', 'merge.ict', 301), ('g', 'merge.hr', 99), ('e', 'merge.ict', 99);
EXECUTE take_load;
UPDATE load SET net = net + 1 WHERE number IN ('g', 'c');
EXECUTE take_load;
ROLLBACK;
BEGIN;
INSERT INTO load VALUES ('a', NULL, NULL), ('c', 'merge.ict', 301), ('g', 'merge.hr', 99), ('e', 'merge.ict', 99);
EXECUTE take_load;
UPDATE load SET net = net + 1 WHERE number = 'g';
EXECUTE take_load;
COMMIT;
SELECT number, product, net FROM line ORDER BY number;
TABLE usage;
DEALLOCATE take_load;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:ict_cap, :hr_cap]) AS cap;
SET client_min_messages = warning;
DROP SCHEMA merge_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'merge.%';
DELETE FROM steering.participant WHERE code LIKE 'merge.%';
SELECT * FROM steering.verify();
