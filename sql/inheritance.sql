-- Inheritance children belong to the source of their parent: as they are when it is attached, when
-- they join it, leave it, and are dropped.
CREATE SCHEMA inheritance_test;
SET search_path = inheritance_test;
SET datestyle = iso;

INSERT INTO steering.participant (code, name) VALUES ('inh.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('inh.ict', 'ICT');
-- the numbers of caps stand in messages
SELECT setval('steering.cap_cap_id_seq', 4000) AS numbered \gset
SELECT steering.set_cap('inh.ict', 'inh.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE VIEW usage AS
    SELECT used FROM steering.cap_status WHERE service = 'inh.ict';
CREATE VIEW levels AS
    SELECT tgrelid::regclass AS level, count(*) AS triggers FROM pg_trigger
    WHERE tgfoid = 'steering.book'::regproc GROUP BY tgrelid ORDER BY tgrelid::regclass::text;

CREATE TABLE line (product text DEFAULT 'inh.ict', town text DEFAULT 'inh.town', day date DEFAULT '2026-01-01', net numeric);
CREATE TABLE line_a (extra text) INHERITS (line);
CREATE TABLE line_a_a () INHERITS (line_a);
INSERT INTO line (net) VALUES (1);
INSERT INTO line_a (net) VALUES (10);
INSERT INTO line_a_a (net) VALUES (100);
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
TABLE usage;
TABLE levels;
SELECT * FROM steering.verify();

-- rows of children change by statements on them, and by those on what they inherit from
INSERT INTO line_a (net) VALUES (10);
TABLE usage;
UPDATE line SET net = net + 1;
TABLE usage;
UPDATE ONLY line SET net = net - 1;
TABLE usage;
UPDATE line_a SET net = net - 1;
TABLE usage;
DELETE FROM line_a_a;
TABLE usage;
INSERT INTO line_a_a (net) VALUES (979);
INSERT INTO line_a_a (net) VALUES (980);
TRUNCATE line_a;
TABLE usage;
SELECT * FROM steering.verify();

-- a child that is created later, and one that joins filled
CREATE TABLE line_b () INHERITS (line);
INSERT INTO line_b (net) VALUES (2);
TABLE usage;
CREATE TABLE line_c (LIKE line INCLUDING DEFAULTS);
CREATE TABLE line_c_c () INHERITS (line_c);
INSERT INTO line_c (net) VALUES (500);
INSERT INTO line_c_c (net) VALUES (500);
ALTER TABLE line_c INHERIT line;
DELETE FROM ONLY line_c;
ALTER TABLE line_c INHERIT line;
TABLE usage;
TABLE levels;
SELECT * FROM steering.verify();
ALTER TABLE line_c NO INHERIT line;
TABLE usage;
TABLE levels;
INSERT INTO line_c (net) VALUES (10000);
SELECT * FROM steering.verify();
BEGIN;
DELETE FROM ONLY line_c;
ALTER TABLE line_c INHERIT line;
ALTER TABLE line_c NO INHERIT line;
ALTER TABLE line_c INHERIT line;
TABLE usage;
ROLLBACK;
TABLE usage;
SELECT * FROM steering.verify();

-- a child that is dropped, and one that takes another along
DROP TABLE line_b;
TABLE usage;
INSERT INTO line_a (net) VALUES (3);
INSERT INTO line_a_a (net) VALUES (4);
TABLE usage;
SET client_min_messages = warning;
DROP TABLE line_a CASCADE;
RESET client_min_messages;
TABLE usage;
SELECT relation FROM steering.source_table;
SELECT * FROM steering.verify();

--
-- What cannot be.
--
CREATE TEMP TABLE line_temp () INHERITS (line);
CREATE UNLOGGED TABLE line_unlogged () INHERITS (line);
-- two parents of which one is not of the source
CREATE TABLE other (product text DEFAULT 'inh.ict', town text DEFAULT 'inh.town', day date DEFAULT '2026-01-01', net numeric);
CREATE TABLE line_d () INHERITS (line, other);
CREATE TABLE line_d () INHERITS (line);
ALTER TABLE line_d INHERIT other;
ALTER TABLE line_d NO INHERIT line;
CREATE TABLE line_d_d () INHERITS (line_d, other);
SELECT steering.attach('other', 'product', 'town', 'day', amount => 'net');
DROP TABLE line_d_d;
-- and two sources
SELECT steering.attach('line_d', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
CREATE TABLE line_e () INHERITS (line, line_d);
CREATE TABLE line_e () INHERITS (line);
ALTER TABLE line_e INHERIT line_d;
ALTER TABLE line_d INHERIT line;
ALTER TABLE line_d INHERIT other;
TABLE usage;
SELECT * FROM steering.verify();
-- two ways to the same source are one
CREATE TABLE line_f () INHERITS (line, line_e);
INSERT INTO line_f (net) VALUES (6);
TABLE usage;
SELECT relation FROM steering.source_table ORDER BY relation::text;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();

SELECT steering.detach('line');
SELECT steering.detach('line_d');
TABLE levels;
TABLE usage;
SELECT * FROM steering.verify();
SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA inheritance_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'inh.%';
DELETE FROM steering.participant WHERE code LIKE 'inh.%';
