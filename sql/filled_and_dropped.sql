-- A cap is overrun and check_at is commit: what a transaction books and takes away again by changing structure
-- (DROP, DETACH PARTITION, detach(), values that are rewritten, a register entry that moves) comes to nothing.
\set VERBOSITY terse
CREATE SCHEMA filled_test;
SET search_path = filled_test;

INSERT INTO steering.participant (code, parent, name) VALUES ('filled.group', NULL, 'Group'), ('filled.town', 'filled.group', 'Town');
INSERT INTO steering.service (code, name) VALUES ('filled.ict', 'ICT');
CREATE TABLE line (town text, net numeric);
CREATE PROCEDURE attach(source regclass) LANGUAGE sql AS
	$$SELECT steering.attach(source, '''filled.ict''', 'town', 'date ''2026-03-03''', 'net')$$;
CALL attach('line');
INSERT INTO line VALUES ('filled.town', 900);
SELECT steering.set_cap('filled.ict', 'filled.group', 'budget', '[2026-01-01,2027-01-01)', 500, accept_overrun => true) AS cap \gset
CREATE VIEW usage AS SELECT used, blocks_at FROM steering.cap_status WHERE service = 'filled.ict';
CREATE PROCEDURE make_other() LANGUAGE plpgsql AS $$
BEGIN
	CREATE TABLE other (town text, net numeric(14,4));
	CALL attach('other');
END
$$;
CALL make_other();
SET sp71_steering.check_at = 'commit';

-- a table that was attached before is filled and dropped; the drop first, and what it took away is booked elsewhere
BEGIN;
INSERT INTO other VALUES ('filled.town', 1);
DROP TABLE other;
COMMIT;
TABLE usage;
CALL make_other();
INSERT INTO line VALUES ('filled.town', -10);
SELECT steering.set_cap('filled.ict', 'filled.group', 'budget', '[2026-01-01,2027-01-01)', 2000) = :cap AS revised;
INSERT INTO other VALUES ('filled.town', 10);
SELECT steering.set_cap('filled.ict', 'filled.group', 'budget', '[2026-01-01,2027-01-01)', 500, accept_overrun => true) = :cap AS revised;
TABLE usage;
BEGIN;
DROP TABLE other;
INSERT INTO line VALUES ('filled.town', 10);
COMMIT;
TABLE usage;
-- one unit more than it took away is refused, and so is what a savepoint brings back
CALL make_other();
BEGIN;
INSERT INTO other VALUES ('filled.town', 1);
INSERT INTO line VALUES ('filled.town', 0.0001);
DROP TABLE other;
COMMIT;
BEGIN;
INSERT INTO other VALUES ('filled.town', 1);
SAVEPOINT s;
DROP TABLE other;
ROLLBACK TO s;
COMMIT;
BEGIN;
SAVEPOINT s;
INSERT INTO other VALUES ('filled.town', 1);
RELEASE s;
SAVEPOINT s;
DROP TABLE other;
RELEASE s;
COMMIT;
TABLE usage;

-- detach(), and TRUNCATE
CALL make_other();
BEGIN;
INSERT INTO other VALUES ('filled.town', 1);
SELECT steering.detach('other');
COMMIT;
DELETE FROM other;
CALL attach('other');
BEGIN;
INSERT INTO other VALUES ('filled.town', 1);
TRUNCATE other;
COMMIT;
TABLE usage;

-- values that are rewritten: less than before in all, however they come about; one unit more is refused
BEGIN;
INSERT INTO other VALUES ('filled.town', 1);
ALTER TABLE other ALTER net TYPE numeric(14,4) USING 0;
COMMIT;
TABLE usage;
BEGIN;
UPDATE line SET net = 899 WHERE net = 900;
ALTER TABLE other ALTER net TYPE numeric(14,4) USING 1;
COMMIT;
TABLE usage;
BEGIN;
UPDATE line SET net = 898 WHERE net = 899;
ALTER TABLE other ALTER net TYPE numeric(14,4) USING 2.0001;
COMMIT;
BEGIN;
ALTER TABLE other ALTER net TYPE numeric(14,4) USING 2;
COMMIT;
TABLE usage;
RESET sp71_steering.check_at;
ALTER TABLE other ALTER net TYPE numeric(14,4) USING 2;
SET sp71_steering.check_at = 'commit';

-- partitions: one that is filled and goes; one that goes and comes back; one that comes and goes
CREATE TABLE yearly (town text, net numeric, year integer) PARTITION BY LIST (year);
CREATE TABLE yearly_25 PARTITION OF yearly FOR VALUES IN (2025);
CREATE TABLE yearly_26 PARTITION OF yearly FOR VALUES IN (2026);
CALL attach('yearly');
BEGIN;
INSERT INTO yearly VALUES ('filled.town', 5, 2025);
ALTER TABLE yearly DETACH PARTITION yearly_25;
COMMIT;
BEGIN;
ALTER TABLE yearly ATTACH PARTITION yearly_25 FOR VALUES IN (2025);
ALTER TABLE yearly DETACH PARTITION yearly_25;
COMMIT;
BEGIN;
ALTER TABLE yearly ATTACH PARTITION yearly_25 FOR VALUES IN (2025);
UPDATE line SET net = 890 WHERE net = 899;
COMMIT;
TABLE usage;
BEGIN;
ALTER TABLE yearly DETACH PARTITION yearly_25;
ALTER TABLE yearly ATTACH PARTITION yearly_25 FOR VALUES IN (2025);
COMMIT;
BEGIN;
INSERT INTO yearly VALUES ('filled.town', 5, 2026);
DROP TABLE yearly_26;
COMMIT;
TABLE usage;

-- an entry that moves out from under the cap
BEGIN;
INSERT INTO line VALUES ('filled.town', 5);
UPDATE steering.participant SET parent = NULL WHERE code = 'filled.town';
COMMIT;
TABLE usage;
BEGIN;
DELETE FROM line;
DELETE FROM yearly;
DELETE FROM other;
INSERT INTO line VALUES ('filled.town', 501);
UPDATE steering.participant SET parent = 'filled.group' WHERE code = 'filled.town';
DELETE FROM line;
COMMIT;
TABLE usage;

-- bookings by themselves are judged as ever
INSERT INTO line VALUES ('filled.town', 1);
INSERT INTO line VALUES ('filled.town', -1);
SELECT * FROM steering.verify();
RESET sp71_steering.check_at;
SET client_min_messages = warning;
DROP SCHEMA filled_test CASCADE;
RESET client_min_messages;
SELECT steering.drop_cap(:cap);
DELETE FROM steering.service WHERE code = 'filled.ict';
DELETE FROM steering.participant WHERE code = 'filled.town';
DELETE FROM steering.participant WHERE code = 'filled.group';
SELECT * FROM steering.verify();
