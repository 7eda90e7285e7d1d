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

--
-- Into a partitioned table it is refused, since PostgreSQL does not tell triggers all that it changes there.
--
SELECT steering.set_cap('merge.hr', 'merge.town', 'budget', '[2026-01-01,2027-01-01)', 1100) = :hr_cap AS revised;
CREATE TABLE sheet (number text, part integer, day date DEFAULT '2026-05-01', net numeric) PARTITION BY LIST (part);
CREATE TABLE sheet_1 PARTITION OF sheet FOR VALUES IN (1);
CREATE TABLE sheet_2 PARTITION OF sheet FOR VALUES IN (2, 3) PARTITION BY LIST (part);
CREATE TABLE sheet_2_2 PARTITION OF sheet_2 FOR VALUES IN (2);
INSERT INTO sheet VALUES ('a', 1, '2026-05-01', 1);
CREATE VIEW all_sheets AS SELECT * FROM sheet;
PREPARE move_rows AS
	MERGE INTO sheet USING (VALUES ('a')) AS new (number) ON sheet.number = new.number
	WHEN MATCHED THEN UPDATE SET part = 2, net = 100000;
EXPLAIN (COSTS OFF) DELETE FROM sheet WHERE net = 0 RETURNING number;
-- a function that was parsed before would still do it on 15 and 16
CREATE FUNCTION move_rows() RETURNS void LANGUAGE sql BEGIN ATOMIC
	SELECT 1;
	MERGE INTO sheet_2 USING (VALUES ('a')) AS new (number) ON sheet_2.number = new.number
		WHEN MATCHED THEN UPDATE SET net = 100000;
END;
SELECT steering.attach('sheet', $$'merge.hr'$$, $$'merge.town'$$, 'day', 'net') > 0 AS attached;
-- others are no matter
CREATE OR REPLACE FUNCTION move_rows() RETURNS void LANGUAGE sql BEGIN ATOMIC
	MERGE INTO sheet_1 USING (SELECT count(*) FROM sheet) AS new (net) ON true WHEN MATCHED THEN UPDATE SET net = new.net;
	UPDATE sheet_2 SET net = net + 1;
END;
SELECT steering.attach('sheet', $$'merge.hr'$$, $$'merge.town'$$, 'day', 'net') > 0 AS attached;
CREATE VIEW rules AS
	SELECT ev_class::regclass AS relation, rulename, ev_enabled, obj_description(oid, 'pg_rewrite') AS comment
	FROM pg_rewrite WHERE rulename LIKE 'sp71%' ORDER BY ev_class::regclass::text;
TABLE rules;
SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class = 'sheet'::regclass;
EXECUTE move_rows;
MERGE INTO sheet USING (VALUES ('a')) AS new (number) ON sheet.number = new.number WHEN MATCHED THEN UPDATE SET part = 2, net = 100000;
MERGE INTO sheet USING (VALUES ('a')) AS new (number) ON sheet.number = new.number WHEN MATCHED THEN DELETE;
MERGE INTO sheet_2 USING (VALUES ('a')) AS new (number) ON sheet_2.number = new.number WHEN NOT MATCHED THEN INSERT VALUES ('b', 2);
-- from within a function, and where 17 has it: through a view, in a WITH
CREATE FUNCTION refused(command text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE command;
	RETURN false;
EXCEPTION WHEN feature_not_supported OR wrong_object_type THEN
	RETURN true;
END $$;
SELECT refused(command) FROM (VALUES
	('MERGE INTO sheet USING (VALUES (1)) AS new (part) ON sheet.part = new.part WHEN MATCHED THEN UPDATE SET part = 2'),
	('MERGE INTO all_sheets AS s USING (VALUES (1)) AS new (part) ON s.part = new.part WHEN MATCHED THEN UPDATE SET part = 2'),
	('WITH moved AS (MERGE INTO sheet USING (VALUES (1)) AS new (part) ON sheet.part = new.part WHEN MATCHED THEN UPDATE SET part = 2)
		SELECT FROM moved')) AS v (command);
-- into a partition it is not, and nothing else is
MERGE INTO sheet_1 USING (VALUES ('a', 2), ('c', 3)) AS new (number, net) ON sheet_1.number = new.number
	WHEN MATCHED THEN UPDATE SET net = new.net
	WHEN NOT MATCHED THEN INSERT VALUES (new.number, 1, '2026-05-01', new.net);
MERGE INTO sheet_2_2 USING (VALUES ('b')) AS new (number) ON sheet_2_2.number = new.number
	WHEN NOT MATCHED THEN INSERT VALUES (new.number, 2, '2026-05-01', 1000);
SELECT move_rows();
CREATE UNIQUE INDEX ON sheet (number, part);
INSERT INTO sheet VALUES ('a', 1, '2026-05-01', 4), ('d', 2, '2026-05-01', 5) ON CONFLICT (number, part) DO UPDATE SET net = excluded.net;
COPY (DELETE FROM sheet WHERE number = 'd' RETURNING net) TO STDOUT;
WITH gone AS (DELETE FROM sheet WHERE number = 'c' RETURNING number, net) INSERT INTO sheet_2 SELECT number, 2, '2026-05-01', net FROM gone;
EXPLAIN (COSTS OFF) DELETE FROM sheet WHERE net = 0 RETURNING number;
SELECT tableoid::regclass AS part, number, net FROM sheet ORDER BY number;
TABLE usage;
SELECT * FROM steering.verify();
-- what becomes a part of it later
CREATE TABLE sheet_4 (LIKE sheet INCLUDING DEFAULTS) PARTITION BY LIST (part);
CREATE FUNCTION merge_4() RETURNS void LANGUAGE sql BEGIN ATOMIC
	MERGE INTO sheet_4 USING (VALUES (1)) AS new (net) ON true WHEN MATCHED THEN UPDATE SET net = new.net;
END;
ALTER TABLE sheet ATTACH PARTITION sheet_4 FOR VALUES IN (4);
DROP FUNCTION merge_4();
ALTER TABLE sheet ATTACH PARTITION sheet_4 FOR VALUES IN (4);
MERGE INTO sheet_4 USING (VALUES (1)) AS new (net) ON true WHEN MATCHED THEN UPDATE SET net = new.net;
SELECT relation FROM rules;
-- and what is not any more
ALTER TABLE sheet DETACH PARTITION sheet_4;
MERGE INTO sheet_4 USING (VALUES (1)) AS new (net) ON true WHEN MATCHED THEN UPDATE SET net = new.net;
SELECT relation FROM rules;
SELECT steering.detach('sheet');
TABLE rules;
EXECUTE move_rows;
BEGIN;
SELECT steering.attach('sheet', $$'merge.hr'$$, $$'merge.town'$$, 'day', 'net', accept_overrun => true) > 0 AS attached;
DROP EXTENSION sp71_steering CASCADE;
EXECUTE move_rows;
ROLLBACK;
SELECT * FROM steering.health();

SELECT steering.detach('line');
SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:ict_cap, :hr_cap]) AS cap;
SET client_min_messages = warning;
DROP SCHEMA merge_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'merge.%';
DELETE FROM steering.participant WHERE code LIKE 'merge.%';
SELECT * FROM steering.verify();
