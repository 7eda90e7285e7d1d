-- Partitioned tables: rows that come and go through the root and straight through a partition, with
-- partitions that come and go themselves, filled or empty.
CREATE SCHEMA partitions_test;
SET search_path = partitions_test;
SET datestyle = iso;

INSERT INTO steering.participant (code, name) VALUES ('part.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('part.ict', 'ICT'), ('part.hr', 'HR');
-- the numbers of caps stand in messages
SELECT setval('steering.cap_cap_id_seq', 3000) AS numbered \gset
SELECT steering.set_cap('part.ict', 'part.town', 'budget', '[2024-01-01,2028-01-01)', 1000) AS cap \gset
-- one that is counted from rows, since it covers a month in part
SELECT steering.set_cap('part.ict', 'part.town', 'budget', '[2026-05-10,2026-06-10)', 900) AS part_cap \gset
CREATE VIEW usage AS
    SELECT valid_from, used FROM steering.cap_status WHERE service = 'part.ict' ORDER BY valid_from;
CREATE VIEW levels AS
    SELECT tgrelid::regclass AS level, count(*) AS triggers FROM pg_trigger
    WHERE tgfoid = 'steering.book'::regproc GROUP BY tgrelid ORDER BY tgrelid::regclass::text;

CREATE TABLE line (
    product text DEFAULT 'part.ict',
    town text DEFAULT 'part.town',
    day date NOT NULL,
    net numeric
) PARTITION BY RANGE (day);
CREATE TABLE line_2025 PARTITION OF line FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE line_2026 PARTITION OF line FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (day);
CREATE TABLE line_2026_1 PARTITION OF line_2026 FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
-- a partition whose columns stand elsewhere
CREATE TABLE line_2026_2 (junk text, net numeric, day date NOT NULL, town text DEFAULT 'part.town', product text DEFAULT 'part.ict');
ALTER TABLE line_2026_2 DROP COLUMN junk;
ALTER TABLE line_2026 ATTACH PARTITION line_2026_2 FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
INSERT INTO line (day, net) VALUES ('2025-03-01', 1), ('2026-05-20', 10), ('2026-08-01', 100);

SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
TABLE usage;
TABLE levels;
SELECT service, participant, booked_on, amount FROM steering.booking WHERE source = 'partitions_test.line' ORDER BY amount;
SELECT * FROM steering.verify();

-- through the root, through a level below, straight into a partition
INSERT INTO line (day, net) VALUES ('2026-05-21', 1);
INSERT INTO line_2026 (day, net) VALUES ('2026-05-22', 1);
INSERT INTO line_2026_1 (day, net) VALUES ('2026-05-23', 1);
INSERT INTO line_2026_2 (day, net) VALUES ('2026-09-23', 1);
TABLE usage;
COPY line_2026_2 (day, net) FROM stdin;
2026-09-24	1
2026-09-25	1
\.
TABLE usage;
-- a row that moves to another partition, which is a DELETE and an INSERT below
UPDATE line SET day = '2025-05-20' WHERE net = 10;
TABLE usage;
UPDATE line_2026 SET day = '2026-05-20' WHERE net = 100;
TABLE usage;
-- and one that may not: half of it would be over the cap
UPDATE line_2026 SET day = '2026-05-24', net = 990 WHERE day = '2026-09-23';
TABLE usage;
-- all ways are refused
INSERT INTO line (day, net) VALUES ('2026-12-31', 1000);
INSERT INTO line_2026_2 (day, net) VALUES ('2026-12-31', 1000);
UPDATE line_2025 SET net = 1000;
MERGE INTO line_2026_2 AS line USING (VALUES (1000)) AS new (net) ON line.net = new.net
    WHEN NOT MATCHED THEN INSERT (day, net) VALUES ('2026-12-31', new.net);
DELETE FROM line_2026_2;
TABLE usage;
TRUNCATE line_2026_1;
TABLE usage;
SELECT * FROM steering.verify();
TRUNCATE line;
TABLE usage;

-- a partition that is created later, at any level, and in a CREATE SCHEMA
CREATE TABLE line_2027 PARTITION OF line FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
CREATE TABLE line_rest PARTITION OF line DEFAULT PARTITION BY LIST (town);
CREATE TABLE line_rest_1 PARTITION OF line_rest DEFAULT;
CREATE SCHEMA partitions_test_other
    CREATE TABLE line_other PARTITION OF partitions_test.line_rest FOR VALUES IN ('part.town');
TABLE levels;
INSERT INTO line_2027 (day, net) VALUES ('2027-01-01', 2);
INSERT INTO partitions_test_other.line_other (day, net) VALUES ('2024-01-01', 3);
INSERT INTO line (day, net) VALUES ('2027-01-01', 2), ('2024-01-01', 3);
TABLE usage;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();

-- a filled table that is attached as a partition: its rows count, or the command is refused
CREATE TABLE line_2028 (LIKE line INCLUDING DEFAULTS);
INSERT INTO line_2028 (day, net) VALUES ('2028-01-01', 4), ('2028-05-05', 5);
ALTER TABLE line ATTACH PARTITION line_2028 FOR VALUES FROM ('2028-01-01') TO ('2029-01-01');
TABLE usage;
SELECT month, amount, bookings FROM steering.usage_by_month WHERE service = 'part.ict' ORDER BY month;
ALTER TABLE line DETACH PARTITION line_2028;
SELECT month, amount, bookings FROM steering.usage_by_month WHERE service = 'part.ict' ORDER BY month;
SELECT * FROM steering.verify();
CREATE TABLE line_2024 (LIKE line INCLUDING DEFAULTS);
INSERT INTO line_2024 (day, net) VALUES ('2024-02-02', 500), ('2024-03-03', 500);
ALTER TABLE line DETACH PARTITION line_rest;
ALTER TABLE line ATTACH PARTITION line_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
UPDATE line_2024 SET product = 'part.no' WHERE net = 500 AND day = '2024-03-03';
ALTER TABLE line ATTACH PARTITION line_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
UPDATE line_2024 SET product = 'part.ict', net = 50;
SELECT pg_get_partkeydef('line'::regclass), relispartition FROM pg_class WHERE oid = 'line_2024'::regclass;
TABLE usage;
BEGIN;
ALTER TABLE line ATTACH PARTITION line_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO line (day, net) VALUES ('2024-04-04', 50);
TABLE usage;
SAVEPOINT attached;
ALTER TABLE line DETACH PARTITION line_2024;
INSERT INTO line_2024 (day, net) VALUES ('2024-04-04', 100000);
TABLE usage;
ROLLBACK TO attached;
INSERT INTO line_2024 (day, net) VALUES ('2024-04-04', 100000);
ROLLBACK;
TABLE usage;
TABLE levels;
SELECT * FROM steering.verify();

-- with the judging left to the commit
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
UPDATE line_2024 SET net = 600;
ALTER TABLE line ATTACH PARTITION line_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
TABLE usage;
DELETE FROM line WHERE net = 600 AND day = '2024-03-03';
COMMIT;
TABLE usage;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO line (day, net) VALUES ('2024-04-04', 600);
ALTER TABLE line DETACH PARTITION line_2024;
COMMIT;
TABLE usage;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE line ATTACH PARTITION line_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
COMMIT;
TABLE usage;
SELECT * FROM steering.verify();

-- a whole subtree comes, and goes
TRUNCATE line_rest;
INSERT INTO line_rest (day, net) VALUES ('2024-01-01', 7);
INSERT INTO line_rest (day, town, net) VALUES ('2024-01-01', NULL, NULL);
ALTER TABLE line ATTACH PARTITION line_rest DEFAULT;
DELETE FROM line_rest WHERE town IS NULL;
ALTER TABLE line ATTACH PARTITION line_rest DEFAULT;
TABLE usage;
TABLE levels;
SELECT * FROM steering.verify();
ALTER TABLE line DETACH PARTITION line_rest;
TABLE usage;
TABLE levels;
SELECT * FROM steering.verify();

-- DETACH CONCURRENTLY is two transactions
INSERT INTO line_2027 (day, net) VALUES ('2027-01-01', 2);
TABLE usage;
ALTER TABLE line DETACH PARTITION line_2027 CONCURRENTLY;
TABLE usage;
SELECT count(*) FROM levels WHERE level = 'line_2027'::regclass;
SELECT * FROM steering.verify();
ALTER TABLE line ATTACH PARTITION line_2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
TABLE usage;

-- a partition that is dropped; in the transaction of a booking; a level with what is below it
INSERT INTO line (day, net) VALUES ('2025-01-01', 20), ('2026-05-11', 30), ('2026-09-01', 40);
TABLE usage;
DROP TABLE line_2027;
TABLE usage;
BEGIN;
INSERT INTO line (day, net) VALUES ('2025-01-01', 5);
DROP TABLE line_2025;
COMMIT;
TABLE usage;
BEGIN;
DROP TABLE line_2026;
TABLE usage;
ROLLBACK;
TABLE usage;
SELECT relation FROM steering.source_table ORDER BY relation::text;
SELECT * FROM steering.verify();

-- negative bookings that leave take a cap over its threshold
INSERT INTO line_2026_2 (day, net) VALUES ('2026-09-01', -500);
INSERT INTO line_2026_1 (day, net) VALUES ('2026-02-01', 1200);
ALTER TABLE line_2026 DETACH PARTITION line_2026_2;
DROP TABLE line_2026_2;
TABLE usage;
DELETE FROM line WHERE net = 1200;
DELETE FROM line WHERE net = -500;

-- by the tables' owner, who has no right to anything of ours
CREATE ROLE regress_partitions_owner;
GRANT USAGE, CREATE ON SCHEMA partitions_test TO regress_partitions_owner;
ALTER TABLE line OWNER TO regress_partitions_owner;
SET ROLE regress_partitions_owner;
CREATE TABLE line_2029 PARTITION OF line FOR VALUES FROM ('2029-01-01') TO ('2030-01-01') PARTITION BY RANGE (day);
MERGE INTO line_2029 USING (VALUES (1)) AS new (net) ON true WHEN MATCHED THEN DELETE;
CREATE TABLE line_2025 (LIKE line INCLUDING DEFAULTS);
INSERT INTO line_2025 (day, net) VALUES ('2025-05-05', 8);
ALTER TABLE line ATTACH PARTITION line_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO line_2025 (day, net) VALUES ('2025-05-05', 1000);
ALTER TABLE line DETACH PARTITION line_2029;
DROP TABLE line_2029, line_2025;
RESET ROLE;
ALTER TABLE line OWNER TO CURRENT_USER;
REVOKE USAGE, CREATE ON SCHEMA partitions_test FROM regress_partitions_owner;
DROP ROLE regress_partitions_owner;
TABLE usage;
TABLE levels;
SELECT * FROM steering.verify();

--
-- What cannot be.
--
-- a foreign partition
CREATE FOREIGN DATA WRAPPER partitions_test_wrapper;
CREATE SERVER partitions_test_server FOREIGN DATA WRAPPER partitions_test_wrapper;
CREATE FOREIGN TABLE line_foreign PARTITION OF line FOR VALUES FROM ('2030-01-01') TO ('2031-01-01') SERVER partitions_test_server;
CREATE FOREIGN TABLE line_foreign (product text, town text, day date NOT NULL, net numeric) SERVER partitions_test_server;
ALTER TABLE line ATTACH PARTITION line_foreign FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
-- an unlogged one
CREATE UNLOGGED TABLE line_2030 PARTITION OF line FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
-- a source as a part of another one, or of a table that is none
CREATE TABLE invoice (LIKE line INCLUDING DEFAULTS);
SELECT steering.attach('invoice', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
ALTER TABLE line ATTACH PARTITION invoice FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
CREATE TABLE archive (LIKE line INCLUDING DEFAULTS) PARTITION BY RANGE (day);
ALTER TABLE archive ATTACH PARTITION invoice DEFAULT;
-- a partition of a source as a source
SELECT steering.attach('line_2026_1', 'product', 'town', 'day', amount => 'net');
SELECT steering.detach('line_2026_1');
-- a partition that is detached can be one, and then no partition
ALTER TABLE line_2026 DETACH PARTITION line_2026_1;
SELECT steering.attach('line_2026_1', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
ALTER TABLE line_2026 ATTACH PARTITION line_2026_1 FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
SELECT steering.detach('line_2026_1');
ALTER TABLE line_2026 ATTACH PARTITION line_2026_1 FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
TABLE usage;
SELECT * FROM steering.verify();
-- from one source to another
SELECT steering.attach('archive', 'product', 'town', 'day', amount => 'net', stage => 'commitment') > 0 AS attached;
BEGIN;
ALTER TABLE line_2026 DETACH PARTITION line_2026_1;
ALTER TABLE archive ATTACH PARTITION line_2026_1 DEFAULT;
COMMIT;
SELECT month, stage, amount FROM steering.usage_by_month WHERE service = 'part.ict' ORDER BY month;
TABLE usage;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();
-- a mapping that does not fit a partition cannot be: it has all columns of the root
ALTER TABLE line_2026_1 DROP COLUMN net;

-- all is let go
SELECT steering.detach('archive');
SELECT steering.detach('line');
SELECT steering.detach('invoice');
TABLE levels;
TABLE usage;
INSERT INTO line_2026_2 (day, net) VALUES ('2026-08-01', 100000);
SELECT * FROM steering.verify();

SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:cap, :part_cap]) AS cap;
SET client_min_messages = warning;
DROP SCHEMA partitions_test CASCADE;
DROP SCHEMA partitions_test_other CASCADE;
DROP FOREIGN DATA WRAPPER partitions_test_wrapper CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'part.%';
DELETE FROM steering.participant WHERE code LIKE 'part.%';
