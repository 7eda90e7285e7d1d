-- health(): what is not being enforced, and why. Every case is brought about, shown, and put in order
-- as the hint says; then there is nothing left to show, and nothing for verify() to find.
CREATE SCHEMA health_test;
SET search_path = health_test;
SET datestyle = iso;

INSERT INTO steering.participant (code, name) VALUES ('health.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('health.ict', 'ICT');
SELECT steering.set_cap('health.ict', 'health.town', 'budget', '[2025-01-01,2028-01-01)', 1000) AS cap \gset
CREATE VIEW usage AS
    SELECT used FROM steering.cap_status WHERE service = 'health.ict';
CREATE TABLE line (product text DEFAULT 'health.ict', town text DEFAULT 'health.town', day date DEFAULT '2026-05-01', net numeric)
    PARTITION BY RANGE (day);
CREATE TABLE line_2026 PARTITION OF line FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
INSERT INTO line (net) VALUES (1);

-- all is well
SELECT * FROM steering.health();

-- triggers that are missing
DROP TRIGGER sp71_steering_insert ON line_2026;
DROP TRIGGER sp71_steering_truncate ON line;
INSERT INTO line_2026 (net) VALUES (10);
SELECT * FROM steering.health();
SELECT steering.reattach('line');
TABLE usage;
SELECT * FROM steering.health();
SELECT * FROM steering.verify();
-- or not enabled
ALTER TABLE line_2026 DISABLE TRIGGER ALL;
DELETE FROM line_2026 WHERE net = 10;
SELECT subject, problem, detail FROM steering.health();
ALTER TABLE line_2026 ENABLE TRIGGER ALL;
SELECT what, measure, difference FROM steering.repair();
ALTER TABLE line_2026 ENABLE REPLICA TRIGGER sp71_steering_delete;
SELECT * FROM steering.health();
ALTER TABLE line_2026 ENABLE ALWAYS TRIGGER sp71_steering_delete;
SELECT * FROM steering.health();
SELECT * FROM steering.verify();

-- the rule by which PostgreSQL refuses MERGE, missing or not enabled
DROP RULE sp71_steering_no_merge ON line;
SELECT * FROM steering.health();
SELECT steering.reattach('line');
SELECT * FROM steering.health();
ALTER TABLE line DISABLE RULE sp71_steering_no_merge;
SELECT * FROM steering.health();
ALTER TABLE line ENABLE REPLICA RULE sp71_steering_no_merge;
SELECT subject, problem FROM steering.health();
ALTER TABLE line ENABLE ALWAYS RULE sp71_steering_no_merge;
SELECT * FROM steering.health();
MERGE INTO line USING (VALUES (1)) AS new (net) ON line.net = new.net WHEN MATCHED THEN DELETE;
ALTER TABLE line ENABLE RULE sp71_steering_no_merge;
CREATE TABLE other (net numeric);
CREATE RULE sp71_steering_no_merge AS ON DELETE TO other WHERE false DO NOTHING;
SELECT * FROM steering.health();
DROP TABLE other;

-- event triggers that are not enabled
ALTER EVENT TRIGGER sp71_steering_follow DISABLE;
ALTER EVENT TRIGGER sp71_steering_rewrite ENABLE REPLICA;
ALTER EVENT TRIGGER sp71_steering_drop DISABLE;
SELECT * FROM steering.health();
ALTER EVENT TRIGGER sp71_steering_rewrite ENABLE ALWAYS;
CREATE TABLE line_2027 PARTITION OF line FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
-- through the root it is counted, directly not
INSERT INTO line (day, net) VALUES ('2027-01-01', 20);
INSERT INTO line_2027 (day, net) VALUES ('2027-01-01', 30);
TABLE usage;
ALTER EVENT TRIGGER sp71_steering_drop ENABLE;
ALTER EVENT TRIGGER sp71_steering_follow ENABLE;
SELECT * FROM steering.health();
SELECT what, measure, difference FROM steering.verify();
SELECT steering.reattach('line');
TABLE usage;
SELECT * FROM steering.health();
SELECT * FROM steering.verify();

-- an ALTER TABLE that comes later sees it as well, and does not count twice what was counted already
SET session_replication_role = replica;
SELECT * FROM steering.health();
CREATE TABLE line_rest PARTITION OF line DEFAULT;
RESET session_replication_role;
INSERT INTO line (day, net) VALUES ('2025-01-01', 40);
SELECT subject, problem FROM steering.health();
ALTER TABLE line ALTER COLUMN net SET STATISTICS 10;
SELECT * FROM steering.health();
SELECT * FROM steering.verify();
SELECT sum(amount) FROM steering.usage_by_month WHERE service = 'health.ict';

-- a part that left, and one that was dropped
SET session_replication_role = replica;
ALTER TABLE line DETACH PARTITION line_2027;
DROP TABLE line_rest;
RESET session_replication_role;
SELECT regexp_replace(subject, '^\d+$', 'N') AS subject, problem, detail, hint FROM steering.health();
INSERT INTO line_2027 (day, net) VALUES ('2027-01-01', 1000);
SELECT steering.reattach('line');
INSERT INTO line_2027 (day, net) VALUES ('2027-01-01', 1000);
TABLE usage;
SELECT * FROM steering.health();
SELECT * FROM steering.verify();

-- the table itself was dropped
CREATE TABLE gone (LIKE line INCLUDING DEFAULTS);
SELECT steering.attach('gone', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
INSERT INTO gone (net) VALUES (50);
SELECT 'gone'::regclass::oid AS gone \gset
SET session_replication_role = replica;
DROP TABLE gone;
RESET session_replication_role;
SELECT replace(subject, :'gone', 'N') AS subject, problem, detail, replace(hint, :'gone', 'N') AS hint FROM steering.health();
SELECT what, measure, difference FROM steering.verify();
INSERT INTO line (net) VALUES (1);
SELECT steering.detach(:'gone');
TABLE usage;
SELECT * FROM steering.health();
SELECT * FROM steering.verify();

-- sessions in which no trigger fires
SELECT current_database() AS database \gset
CREATE ROLE regress_health_role;
ALTER ROLE regress_health_role IN DATABASE :"database" SET session_replication_role = 'Replica';
ALTER ROLE regress_health_role SET session_replication_role = 'local';
ALTER DATABASE :"database" SET session_replication_role = replica;
SELECT replace(subject, :'database', 'D') AS subject, problem, detail, replace(hint, :'database', 'D') AS hint FROM steering.health();
ALTER DATABASE :"database" RESET session_replication_role;
DROP ROLE regress_health_role;
SELECT * FROM steering.health();

-- a table that a subscription writes
SET client_min_messages = error;
CREATE SUBSCRIPTION regress_health_subscription CONNECTION 'dbname=none' PUBLICATION none
    WITH (connect = false, slot_name = NONE);
RESET client_min_messages;
SET allow_system_table_mods = on;
INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)
    SELECT oid, 'line_2026'::regclass, 'r' FROM pg_subscription WHERE subname = 'regress_health_subscription';
RESET allow_system_table_mods;
SELECT * FROM steering.health();
DROP SUBSCRIPTION regress_health_subscription;

-- a mapping that was broken, a table that is not logged, one that is a part of another
CREATE TABLE broken (LIKE line INCLUDING DEFAULTS);
CREATE TABLE parent (LIKE line INCLUDING DEFAULTS);
SELECT steering.attach('broken', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
SET session_replication_role = replica;
ALTER TABLE broken ALTER COLUMN net TYPE text;
ALTER TABLE parent ALTER COLUMN net TYPE text;
ALTER TABLE broken SET UNLOGGED;
ALTER TABLE broken INHERIT parent;
RESET session_replication_role;
SELECT * FROM steering.health();
INSERT INTO broken (net) VALUES (1);
SELECT steering.reattach('broken');
SELECT steering.detach('broken');
SELECT * FROM steering.health();

-- triggers that belong to no source
CREATE TABLE lost (LIKE line INCLUDING DEFAULTS);
SELECT steering.attach('lost', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
DELETE FROM steering.source WHERE relation = 'lost'::regclass;
DELETE FROM steering.source_table WHERE relation = 'lost'::regclass;
SELECT * FROM steering.health();
INSERT INTO lost (net) VALUES (1);
SELECT steering.attach('lost', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
SELECT * FROM steering.health();
SELECT steering.detach('lost');

-- rows that count nowhere
CREATE TABLE ignored (LIKE line INCLUDING DEFAULTS);
SELECT steering.attach('ignored', 'product', 'town', 'day', amount => 'net', unknown => 'ignore') > 0 AS attached;
INSERT INTO ignored (product, net) VALUES ('health.hr', 1.5), (NULL, 2), ('health.ict', 3);
INSERT INTO ignored (day, net) VALUES (NULL, 4), ('infinity', 5);
SELECT * FROM steering.health();
SELECT * FROM steering.verify();
DELETE FROM ignored WHERE day IS NULL OR day = 'infinity' OR product IS NULL;
SELECT detail FROM steering.health();
UPDATE ignored SET product = 'health.ict';
SELECT * FROM steering.health();
TABLE usage;
SELECT * FROM steering.verify();
SELECT steering.detach('ignored');

-- an overrun that someone accepted
SELECT steering.set_cap('health.ict', 'health.town', 'budget', '[2025-01-01,2028-01-01)', 0, accept_overrun => true) = :cap AS revised;
SELECT replace(subject, :'cap', 'N') AS subject, problem, detail, hint FROM steering.health();
DELETE FROM line;
SELECT * FROM steering.health();

-- who may not read steering.cap sees all the same: it is the right to call health() that counts
CREATE ROLE regress_health_dba;
SET ROLE regress_health_dba;
SELECT * FROM steering.health();
RESET ROLE;
GRANT EXECUTE ON FUNCTION steering.health TO regress_health_dba;
INSERT INTO line (net) VALUES (-1);
ALTER TABLE line DISABLE TRIGGER sp71_steering_delete;
SET ROLE regress_health_dba;
SELECT subject, problem FROM steering.health();
RESET ROLE;
ALTER TABLE line ENABLE TRIGGER sp71_steering_delete;
REVOKE EXECUTE ON FUNCTION steering.health FROM regress_health_dba;
DROP ROLE regress_health_dba;

SELECT steering.detach('line');
SELECT * FROM steering.verify();
SELECT * FROM steering.health();
SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA health_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'health.%';
DELETE FROM steering.participant WHERE code LIKE 'health.%';
