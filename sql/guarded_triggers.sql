-- The triggers and the rule that a source has been given stay what they are: the privilege TRIGGER, or
-- being the owner of the table, is not enough to put others in their place. All else may be made.
\set VERBOSITY terse
CREATE SCHEMA guarded;
SET search_path = guarded;
CREATE ROLE regress_sp71_guard_owner;
CREATE ROLE regress_sp71_guard_trigger;
GRANT ALL ON SCHEMA guarded TO regress_sp71_guard_owner, regress_sp71_guard_trigger;
GRANT EXECUTE ON FUNCTION steering.attach, steering.reattach, steering.detach TO regress_sp71_guard_owner;
INSERT INTO steering.participant (code, name) VALUES ('guard.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('guard.ict', 'ICT');
SELECT steering.set_cap('guard.ict', 'guard.town', 'budget', '[2026-01-01,2027-01-01)', 100) AS cap \gset
SET ROLE regress_sp71_guard_owner;
CREATE TABLE line (id integer, day date DEFAULT '2026-03-01', net numeric);
CREATE TABLE part (LIKE line INCLUDING DEFAULTS) PARTITION BY RANGE (day);
CREATE TABLE part_2026 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE other (LIKE line);
GRANT ALL ON line, part, part_2026, other TO regress_sp71_guard_trigger;
SELECT steering.attach('line', $$'guard.ict'$$, $$'guard.town'$$, 'day', 'net') > 0 AS attached;
SELECT steering.attach('part', $$'guard.ict'$$, $$'guard.town'$$, 'day', 'net') > 0 AS attached;
RESET ROLE;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE VIEW guarded_triggers AS
SELECT tgrelid::regclass, tgname, tgfoid::regproc, tgenabled FROM pg_trigger
WHERE tgrelid IN ('line'::regclass, 'part'::regclass, 'part_2026'::regclass, 'other'::regclass)
ORDER BY tgrelid::regclass::text COLLATE "C", tgname;
GRANT SELECT ON guarded_triggers TO PUBLIC;

-- whoever has the privilege TRIGGER: by the name of one of ours, of any kind, on any table of a source
SET ROLE regress_sp71_guard_trigger;
CREATE OR REPLACE TRIGGER sp71_steering_insert AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
CREATE OR REPLACE TRIGGER sp71_steering_update AFTER UPDATE ON part_2026 FOR EACH STATEMENT EXECUTE FUNCTION nothing();
CREATE OR REPLACE TRIGGER sp71_steering_delete BEFORE DELETE ON line FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE OR REPLACE TRIGGER sp71_steering_delete BEFORE DELETE ON part FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE OR REPLACE TRIGGER sp71_steering_truncate BEFORE TRUNCATE ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
CREATE OR REPLACE TRIGGER sp71_steering_insert AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION steering.book();
CREATE CONSTRAINT TRIGGER sp71_steering_insert AFTER INSERT ON line FOR EACH ROW EXECUTE FUNCTION nothing();
DROP TRIGGER sp71_steering_insert ON line;
-- what is nobody else's
CREATE TRIGGER aaa BEFORE INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
CREATE OR REPLACE TRIGGER aaa BEFORE UPDATE ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
CREATE TRIGGER zzz AFTER INSERT ON part FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON line INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TRIGGER sp71_steering_insert AFTER INSERT ON other FOR EACH STATEMENT EXECUTE FUNCTION nothing();
RESET ROLE;
INSERT INTO line (net) VALUES (101);
INSERT INTO part (net) VALUES (101);
SELECT * FROM guarded_triggers;
SELECT * FROM steering.health();

-- the owner neither, who may drop and disable them, which health() tells
SET ROLE regress_sp71_guard_owner;
CREATE OR REPLACE TRIGGER sp71_steering_insert AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
ALTER TRIGGER sp71_steering_insert ON line RENAME TO mine;
ALTER TRIGGER aaa ON line RENAME TO sp71_steering_insert;
ALTER TRIGGER aaa ON line RENAME TO bbb;
ALTER TABLE line DISABLE TRIGGER sp71_steering_update;
DROP TRIGGER sp71_steering_insert ON line;
ALTER TRIGGER bbb ON line RENAME TO sp71_steering_insert;
SET ROLE regress_sp71_guard_trigger;
CREATE TRIGGER sp71_steering_insert AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
RESET ROLE;
SELECT * FROM steering.health();
SET ROLE regress_sp71_guard_owner;
SELECT steering.reattach('line');
ALTER TABLE line ENABLE TRIGGER sp71_steering_update;
RESET ROLE;
SELECT * FROM steering.health();

-- A superuser makes ours, as the scripts of pg_dump do, and not another one that books, or books otherwise.
DROP TRIGGER sp71_steering_insert ON line;
CREATE TRIGGER sp71_steering_insert AFTER INSERT ON line REFERENCING NEW TABLE AS sp71_new FOR EACH STATEMENT EXECUTE FUNCTION steering.book();
CREATE TRIGGER again AFTER INSERT ON line REFERENCING NEW TABLE AS sp71_new FOR EACH STATEMENT EXECUTE FUNCTION steering.book();
CREATE OR REPLACE TRIGGER sp71_steering_insert AFTER INSERT ON line REFERENCING NEW TABLE AS sp71_new FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION steering.book();
CREATE OR REPLACE TRIGGER sp71_steering_update AFTER UPDATE OF day ON line FOR EACH STATEMENT EXECUTE FUNCTION steering.book();
CREATE OR REPLACE TRIGGER sp71_steering_delete AFTER DELETE ON line FOR EACH STATEMENT EXECUTE FUNCTION steering.book();
CREATE OR REPLACE TRIGGER sp71_steering_delete AFTER DELETE ON line FOR EACH ROW EXECUTE FUNCTION steering.book();

-- What was replaced or renamed before 0.3.0 is told apart, hinders nobody, and is not counted twice.
ALTER EVENT TRIGGER sp71_steering_follow DISABLE;
CREATE OR REPLACE TRIGGER sp71_steering_insert AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
ALTER TRIGGER sp71_steering_insert ON part_2026 RENAME TO renamed;
ALTER EVENT TRIGGER sp71_steering_follow ENABLE;
CREATE TRIGGER ccc AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
SELECT * FROM steering.health();
SELECT steering.reattach('line');
DROP TRIGGER sp71_steering_insert ON line;
SELECT steering.reattach('line');
SELECT steering.reattach('part');
SELECT * FROM steering.health();
INSERT INTO part_2026 (net) VALUES (60);
INSERT INTO part_2026 (net) VALUES (60);
SELECT used FROM steering.cap_status WHERE cap_id = :cap;
SELECT * FROM steering.verify();

-- Who has made a trigger with a name like that of ours on a shard ends no source with it. Where ours has no mapping, none is made.
SET ROLE regress_sp71_guard_owner;
CREATE TRIGGER sp71_steering_watch_1 AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION nothing();
DROP TRIGGER sp71_steering_watch_1 ON line;
RESET ROLE;
SELECT count(*) FROM steering.source WHERE relation = 'line'::regclass;
CREATE TABLE shard_1 (LIKE line);
CREATE TRIGGER sp71_steering_watch_1 BEFORE INSERT OR UPDATE OR DELETE ON shard_1 FOR EACH STATEMENT EXECUTE FUNCTION steering.watch('{}');
DROP TABLE shard_1;

-- the rule that refuses MERGE
SET ROLE regress_sp71_guard_owner;
CREATE OR REPLACE RULE sp71_steering_no_merge AS ON DELETE TO part DO INSTEAD NOTHING;
CREATE OR REPLACE RULE sp71_steering_no_merge AS ON UPDATE TO part DO NOTHING;
CREATE OR REPLACE RULE sp71_steering_no_merge AS ON DELETE TO part DO ALSO INSERT INTO other VALUES (1);
ALTER RULE sp71_steering_no_merge ON part RENAME TO mine;
CREATE OR REPLACE RULE sp71_steering_no_merge AS ON DELETE TO part WHERE false DO NOTHING;
CREATE RULE mine AS ON DELETE TO line WHERE old.id < 0 DO INSTEAD NOTHING;
ALTER RULE mine ON line RENAME TO still_mine;
RESET ROLE;
SELECT * FROM steering.health();
SELECT * FROM steering.verify();

DROP VIEW guarded_triggers;
DROP TABLE line, part, other;
SELECT steering.drop_cap(:cap);
DROP SCHEMA guarded CASCADE;
REVOKE ALL ON FUNCTION steering.attach, steering.reattach, steering.detach FROM regress_sp71_guard_owner;
DROP ROLE regress_sp71_guard_owner, regress_sp71_guard_trigger;
