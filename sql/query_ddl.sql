-- Queries: ALTER, DROP, RENAME, partitions and children of any of their tables; health(), repair(), reattach().
CREATE SCHEMA query_ddl;
SET search_path = query_ddl;
SET datestyle = iso;
\set SHOW_CONTEXT never

INSERT INTO steering.participant (code, name) VALUES ('qd.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('qd.ict', 'ICT'), ('qd.hr', 'HR');
CREATE TABLE product (id integer PRIMARY KEY, code text, remark text);
CREATE TABLE header (id integer, town text, day date, state text DEFAULT 'draft', PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE header_1 PARTITION OF header FOR VALUES FROM (1) TO (100);
CREATE TABLE header_2 (remark text, state text DEFAULT 'draft', day date, town text, id integer NOT NULL);
ALTER TABLE header_2 DROP COLUMN remark;
ALTER TABLE header ATTACH PARTITION header_2 FOR VALUES FROM (100) TO (200);
CREATE TABLE line (id integer, header_id integer, product_id integer, net numeric(14,2), year integer, PRIMARY KEY (id, year)) PARTITION BY LIST (year);
CREATE TABLE line_2026 PARTITION OF line FOR VALUES IN (2026);
CREATE INDEX ON line (header_id);
CREATE INDEX ON line (product_id);
INSERT INTO product VALUES (1, 'qd.ict'), (2, 'qd.hr');
INSERT INTO header VALUES (1, 'qd.town', '2026-05-01', 'approved'), (101, 'qd.town', '2026-06-01', 'approved');
INSERT INTO line VALUES (1, 1, 1, 100, 2026), (2, 101, 2, 50, 2026);
SELECT setval('steering.cap_cap_id_seq', 1300) AS numbered \gset
SELECT steering.set_cap('qd.ict', 'qd.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE FUNCTION to_town(town text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(town)';
SELECT steering.attach_query($$
    SELECT p.code AS service, to_town(h.town) AS participant, h.day AS booked_on, l.net AS amount
    FROM line l JOIN header h ON h.id = l.header_id JOIN product p ON p.id = l.product_id WHERE h.state = 'approved'$$) > 0 AS attached;
CREATE VIEW state AS SELECT id, year, service, participant, booked_on, amount FROM line_booking ORDER BY 1, 2;
CREATE VIEW followed AS SELECT tgrelid::regclass AS relation, count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc GROUP BY 1 ORDER BY 1;
TABLE state;
TABLE followed;
CREATE FUNCTION wrong() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT verify::text FROM steering.verify() UNION ALL SELECT concat_ws('|', subject, problem, detail, hint) FROM steering.health() WHERE detail LIKE '%query%' OR problem LIKE '%trigger%' OR problem LIKE '%query%' ORDER BY 1 $$;
SELECT * FROM wrong();

-- statements on the partitions, and across them
INSERT INTO line_2026 VALUES (3, 101, 1, 30, 2026);
UPDATE header_2 SET town = 'QD.Town';
UPDATE header SET id = 1 + 100 - id + 1 WHERE id = 101;
UPDATE header_2 SET state = 'draft';
TABLE state;
UPDATE header SET id = CASE id WHEN 1 THEN 150 WHEN 101 THEN 1 ELSE id END;
UPDATE line SET header_id = 150;
TABLE state;
SELECT * FROM wrong();

-- MERGE tells triggers of partitioned tables wrongly what it changes: refused, on lines and on headers; not in partitions
MERGE INTO line USING (VALUES (1)) AS given (id) ON line.id = given.id WHEN MATCHED THEN UPDATE SET net = 1;
MERGE INTO header USING (VALUES (1)) AS given (id) ON header.id = given.id WHEN MATCHED THEN UPDATE SET state = 'draft';
SELECT ev_class::regclass FROM pg_rewrite WHERE rulename = 'sp71_steering_no_merge' AND ev_class IN ('line'::regclass, 'header'::regclass) ORDER BY 1;
-- partitions that come with rows, and go
CREATE TABLE line_2027 (LIKE line INCLUDING ALL);
INSERT INTO line_2027 VALUES (4, 150, 1, 400, 2027);
ALTER TABLE line ATTACH PARTITION line_2027 FOR VALUES IN (2027);
TABLE state;
TABLE followed;
SELECT * FROM wrong();
ALTER TABLE line DETACH PARTITION line_2027;
TABLE state;
TABLE followed;
UPDATE line_2027 SET net = 2000;
-- too much: refused
ALTER TABLE line ATTACH PARTITION line_2027 FOR VALUES IN (2027);
UPDATE line_2027 SET net = 20;
ALTER TABLE line ATTACH PARTITION line_2027 FOR VALUES IN (2027);
CREATE TABLE line_2028 PARTITION OF line FOR VALUES IN (2028);
INSERT INTO line_2028 VALUES (5, 150, 1, 5, 2028);
TABLE state;
-- concurrently: refused before it begins where what goes would raise what is used
INSERT INTO line_2027 VALUES (6, 150, 1, -1000, 2027);
INSERT INTO line_2026 VALUES (7, 150, 1, 900, 2026);
ALTER TABLE line DETACH PARTITION line_2027 CONCURRENTLY;
SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 'line_2027'::regclass;
ALTER TABLE header DETACH PARTITION header_1 CONCURRENTLY;
DELETE FROM line_2026 WHERE id = 7;
SELECT * FROM wrong();
ALTER TABLE line DETACH PARTITION line_2027 CONCURRENTLY;
TABLE state;
TABLE followed;
SELECT * FROM wrong();
DROP TABLE line_2027;
TABLE state;
-- a partition goes, whatever triggers of others on it are called
CREATE TABLE line_2029 PARTITION OF line FOR VALUES IN (2029);
INSERT INTO line_2029 VALUES (8, 150, 1, 5, 2029);
CREATE TRIGGER sp71_steering_query1 AFTER INSERT ON line_2029 EXECUTE FUNCTION suppress_redundant_updates_trigger();
DROP TABLE line_2029;
TABLE state;
SELECT * FROM wrong();
ALTER TABLE header ATTACH PARTITION header_1 FOR VALUES FROM (1) TO (100);
ALTER TABLE header DETACH PARTITION header_2;
TABLE state;
TABLE followed;
ALTER TABLE header ATTACH PARTITION header_2 FOR VALUES FROM (100) TO (200);
TABLE state;
SELECT * FROM wrong();

-- other types and names: followed
ALTER TABLE line ALTER net TYPE numeric(10,1) USING net / 3;
ALTER TABLE product ALTER id TYPE bigint;
ALTER TABLE header ALTER town TYPE varchar(30);
TABLE state;
ALTER TABLE product RENAME code TO "Service code";
ALTER TABLE product RENAME TO article;
ALTER FUNCTION to_town(text) RENAME TO as_town;
ALTER TABLE line RENAME id TO number;
ALTER TABLE line_booking RENAME TO booked;
ALTER TABLE booked RENAME amount TO money;
INSERT INTO line VALUES (6, 150, 1, 60, 2026);
UPDATE article SET "Service code" = 'qd.ict' WHERE id = 2;
SELECT * FROM booked ORDER BY 1;
SELECT query FROM steering.query;
SELECT * FROM wrong();
CREATE OR REPLACE FUNCTION as_town(town text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'qd.' || right(town, 4)$$;
CREATE OR REPLACE FUNCTION as_town(town text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'qd.' || left(town, 4)$$;
ALTER FUNCTION as_town STABLE;
SELECT * FROM wrong();
-- and what that is made of, as far as PostgreSQL knows it
CREATE FUNCTION prefix(part text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN 'q' || part; END$$;
CREATE FUNCTION dotted(part text) RETURNS text LANGUAGE sql IMMUTABLE RETURN prefix(part) || '.';
CREATE OPERATOR ||| (FUNCTION = dotted, RIGHTARG = text);
CREATE TYPE four AS (letters char(4));
CREATE DOMAIN named AS four;
CREATE FUNCTION is_long(part text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN length(part) > 2; END$$;
CREATE DOMAIN long AS text CHECK (is_long(VALUE));
CREATE OR REPLACE FUNCTION as_town(town text) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN (ARRAY[(||| 'd') || (ROW(right(town, 4))::named).letters]::long[])[1];
SELECT * FROM wrong();
CREATE OR REPLACE FUNCTION prefix(part text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN 'p' || part; END$$;
CREATE OR REPLACE FUNCTION dotted(part text) RETURNS text LANGUAGE sql IMMUTABLE RETURN prefix(part) || ':';
CREATE OR REPLACE FUNCTION is_long(part text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN length(part) > 20; END$$;
ALTER DOMAIN named ADD CHECK ((VALUE).letters <> 'town');
SELECT * FROM wrong();
-- but not what only a text names: verify() tells, and repair() compares anew
BEGIN;
CREATE OR REPLACE FUNCTION as_town(town text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN query_ddl.dotted('d') || right(town, 4); END$$;
CREATE OR REPLACE FUNCTION dotted(part text) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'pd.';
SELECT count(*) > 0 AS told FROM wrong();
ROLLBACK;
SELECT * FROM wrong();
CREATE OR REPLACE FUNCTION as_town(town text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'qd.' || right(town, 4)$$;
-- what it does not call is made and altered without locking its tables
BEGIN;
CREATE FUNCTION called_by_none(town text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(town)';
ALTER FUNCTION called_by_none COST 1;
SELECT relation::regclass, mode FROM pg_locks WHERE relation IN ('line'::regclass, 'header'::regclass, 'article'::regclass) AND mode <> 'AccessShareLock';
ALTER FUNCTION as_town COST 1;
SELECT relation::regclass, mode FROM pg_locks WHERE relation IN ('line'::regclass, 'header'::regclass, 'article'::regclass) AND mode <> 'AccessShareLock' ORDER BY 1;
ROLLBACK;
-- what would break it: refused
ALTER TABLE line ALTER number TYPE bigint;
ALTER TABLE line DROP CONSTRAINT line_pkey;
ALTER TABLE article DROP CONSTRAINT product_pkey;
ALTER TABLE header ALTER day TYPE timestamptz;
ALTER TABLE header DROP COLUMN state;
ALTER TABLE article DROP COLUMN remark;
DROP TABLE article;
DROP FUNCTION as_town(text);
ALTER TABLE booked DROP COLUMN money;
CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE OR REPLACE TRIGGER sp71_steering_follow_insert AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION other();
CREATE TRIGGER mine AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION other();
ALTER TRIGGER mine ON line RENAME TO sp71_steering_follow_more;
DROP TRIGGER sp71_steering_follow_more ON line;
SELECT * FROM wrong();

-- what no trigger saw: told, and mended with what it comes to
ALTER TABLE line_2026 DISABLE TRIGGER sp71_steering_follow_insert;
INSERT INTO line_2026 VALUES (7, 150, 1, 70, 2026);
DROP TRIGGER sp71_steering_follow_delete ON article;
SELECT * FROM wrong();
ALTER TABLE line_2026 ENABLE TRIGGER sp71_steering_follow_insert;
SELECT * FROM steering.repair();
SELECT used FROM steering.cap_status WHERE cap_id = :cap;
SELECT * FROM wrong();
SELECT steering.reattach('booked');
SELECT * FROM wrong();
SET session_replication_role = replica;
DELETE FROM line WHERE number < 4;
RESET session_replication_role;
SELECT steering.reattach('line');
SELECT * FROM booked ORDER BY 1, 2;
SELECT * FROM wrong();
-- the tree is lost, as after a restore
DELETE FROM steering.query_tree;
SELECT * FROM wrong();
INSERT INTO line VALUES (8, 150, 1, 80, 2026);
SELECT steering.fix_mappings();
INSERT INTO line VALUES (9, 150, 1, 90, 2026);
SELECT * FROM wrong();
-- row security that comes later: nothing is hidden, it is refused
CREATE ROLE qd_owner;
GRANT USAGE ON SCHEMA query_ddl TO qd_owner;
GRANT SELECT ON header, article TO qd_owner;
ALTER TABLE line OWNER TO qd_owner;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'booked'::regclass;
INSERT INTO line VALUES (10, 150, 1, 10, 2026);
ALTER TABLE header ENABLE ROW LEVEL SECURITY;
ALTER TABLE article ENABLE ROW LEVEL SECURITY;
ALTER EVENT TRIGGER sp71_steering_query_follow DISABLE;
ALTER TABLE article ENABLE ROW LEVEL SECURITY;
INSERT INTO line VALUES (11, 150, 1, 11, 2026);
SELECT * FROM wrong();
ALTER TABLE article DISABLE ROW LEVEL SECURITY;
ALTER EVENT TRIGGER sp71_steering_query_follow ENABLE;
INSERT INTO line VALUES (11, 150, 1, 11, 2026);
SELECT * FROM wrong();

-- inheritance children of a promised table
CREATE TABLE note (line_number integer, code text);
CREATE TABLE note_child (PRIMARY KEY (line_number)) INHERITS (note);
INSERT INTO note_child VALUES (8, 'qd.hr');
DROP VIEW state;
SELECT steering.detach('line');
GRANT SELECT ON note TO qd_owner;
SELECT steering.attach_query($$SELECT n.code AS service, 'qd.town' AS participant, date '2026-01-01' AS booked_on, l.net AS amount
    FROM line l JOIN note n ON n.line_number = l.number$$, promise_unique => '{note}') > 0 AS attached;
INSERT INTO note VALUES (8, 'qd.ict');
INSERT INTO note_child VALUES (9, 'qd.ict');
SELECT number, service, amount FROM line_booking ORDER BY 1;
ALTER TABLE note_child NO INHERIT note;
SELECT count(*) FROM line_booking;
TABLE followed;
SELECT * FROM wrong();
-- the booking table keeps the types that its rows are written with; where it could not, nothing is read or written
ALTER TABLE line_booking ALTER amount TYPE integer;
ALTER TABLE line_booking ADD COLUMN remark text;
ALTER EVENT TRIGGER sp71_steering_query_follow DISABLE;
ALTER TABLE line_booking ALTER amount TYPE integer;
UPDATE line SET net = net + 1 WHERE number = 8;
SELECT problem, detail FROM steering.health() WHERE subject = 'query_ddl.line_booking';
ALTER TABLE line_booking ALTER amount TYPE numeric;
ALTER EVENT TRIGGER sp71_steering_query_follow ENABLE;
UPDATE line SET net = net + 1 WHERE number = 8;
SELECT * FROM steering.verify();

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA query_ddl CASCADE;
SELECT * FROM steering.verify();
SELECT steering.drop_cap(:cap, 'test');
DROP OWNED BY qd_owner;
DROP ROLE qd_owner;
DELETE FROM steering.service WHERE code LIKE 'qd.%';
DELETE FROM steering.participant WHERE code LIKE 'qd.%';
