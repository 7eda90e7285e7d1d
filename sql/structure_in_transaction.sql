-- A transaction that books and changes structure: what moved into or out of a cap was judged when it did. What
-- the transaction lowered before made room for that, and makes none at commit for what it raises after it.
\set VERBOSITY terse
CREATE SCHEMA structure_test;
SET search_path = structure_test;

INSERT INTO steering.participant (code, parent, name) VALUES
	('structure.group', NULL, 'Group'), ('structure.in', 'structure.group', 'In'), ('structure.out', NULL, 'Out');
INSERT INTO steering.service (code, name) VALUES ('structure.ict', 'ICT');
CREATE TABLE line (town text, net numeric);
CREATE TABLE other (LIKE line);
SELECT steering.attach('line', $$'structure.ict'$$, 'town', $$date '2026-03-03'$$, 'net') > 0 AS attached;
SELECT steering.set_cap('structure.ict', 'structure.group', 'budget', '[2026-01-01,2027-01-01)', 100) AS cap \gset
CREATE VIEW usage AS SELECT used, blocks_at FROM steering.cap_status WHERE service = 'structure.ict';
INSERT INTO line VALUES ('structure.in', 90), ('structure.out', 50);
SET sp71_steering.check_at = 'commit';

-- a participant moves below the cap: 90 are used before and after that, and 20 more are too much
BEGIN;
DELETE FROM line WHERE town = 'structure.in';
INSERT INTO line VALUES ('structure.in', 40);
UPDATE steering.participant SET parent = 'structure.group' WHERE code = 'structure.out';
INSERT INTO line VALUES ('structure.in', 20);
TABLE usage;
COMMIT;
TABLE usage;
-- 10 are not; nor are 20 when the move is taken back
BEGIN;
DELETE FROM line WHERE town = 'structure.in';
INSERT INTO line VALUES ('structure.in', 40);
UPDATE steering.participant SET parent = 'structure.group' WHERE code = 'structure.out';
INSERT INTO line VALUES ('structure.in', 10);
COMMIT;
TABLE usage;
UPDATE steering.participant SET parent = NULL WHERE code = 'structure.out';
BEGIN;
DELETE FROM line WHERE net = 40;
SAVEPOINT moved;
UPDATE steering.participant SET parent = 'structure.group' WHERE code = 'structure.out';
ROLLBACK TO moved;
INSERT INTO line VALUES ('structure.in', 150);
DELETE FROM line WHERE net = 150;
INSERT INTO line VALUES ('structure.in', 80);
COMMIT;
TABLE usage;

-- a table is attached, with an overrun that is known: 90 less 50, and 70 more, are 110
INSERT INTO other VALUES ('structure.in', 70);
BEGIN;
DELETE FROM line WHERE net = 80;
INSERT INTO line VALUES ('structure.in', 30);
SELECT steering.attach('other', $$'structure.ict'$$, 'town', $$date '2026-03-03'$$, 'net', accept_overrun => true) > 0 AS attached;
INSERT INTO line VALUES ('structure.in', 20);
COMMIT;
TABLE usage;
-- lowering and raising what was accepted is judged by its net effect
BEGIN;
DELETE FROM line WHERE net = 80;
INSERT INTO line VALUES ('structure.in', 30);
SELECT steering.attach('other', $$'structure.ict'$$, 'town', $$date '2026-03-03'$$, 'net', accept_overrun => true) > 0 AS attached;
INSERT INTO line VALUES ('structure.in', 20);
DELETE FROM line WHERE net = 30;
COMMIT;
TABLE usage;
SELECT * FROM steering.verify();

-- the same where TRUNCATE is what is judged at commit
RESET sp71_steering.check_at;
SELECT steering.detach('other');
TRUNCATE line, other;
INSERT INTO line VALUES ('structure.in', 50), ('structure.out', 60);
INSERT INTO other VALUES ('structure.in', 40), ('structure.in', -40);
CREATE TABLE refund (LIKE line);
INSERT INTO refund VALUES ('structure.in', -20), ('structure.in', 20);
SELECT steering.attach(t, $$'structure.ict'$$, 'town', $$date '2026-03-03'$$, 'net') > 0 AS attached
	FROM unnest(ARRAY['other', 'refund']::regclass[]) AS t;
DELETE FROM other WHERE net < 0;
DELETE FROM refund WHERE net > 0;
TABLE usage;
BEGIN;
TRUNCATE other;
UPDATE steering.participant SET parent = 'structure.group' WHERE code = 'structure.out';
TRUNCATE refund;
TABLE usage;
COMMIT;
TABLE usage;
SELECT * FROM steering.verify();

-- a trigger that fires after ours changes structure, or mends, while its statement is collected: each row counts once.
-- As it is; within a block that catches errors; and where that block is undone.
TRUNCATE line, other, refund;
INSERT INTO line VALUES ('structure.out', 29), ('structure.in', 1);
CREATE TABLE what (command text, caught boolean, undone boolean);
CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	act structure_test.what := (SELECT what FROM structure_test.what);
BEGIN
	IF NOT act.caught THEN
		EXECUTE act.command;
		RETURN NULL;
	END IF;
	BEGIN
		EXECUTE act.command;
		IF act.undone THEN
			RAISE division_by_zero;
		END IF;
	EXCEPTION WHEN division_by_zero THEN
		NULL;
	END;
	RETURN NULL;
END $$;
CREATE TRIGGER zz_act AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION act();
CREATE FUNCTION try(command text) RETURNS TABLE (how text, differences bigint, counted numeric) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 0 .. 2 LOOP
		BEGIN
			DELETE FROM structure_test.what;
			INSERT INTO structure_test.what VALUES (command, i > 0, i = 2);
			INSERT INTO structure_test.line VALUES ('structure.in', 5), ('structure.out', 7);
			how := (ARRAY['as it is', 'caught', 'undone'])[i + 1];
			differences := (SELECT count(*) FROM steering.verify());
			counted := (SELECT sum(amount) FROM steering.usage_by_month WHERE service = 'structure.ict');
			RETURN NEXT;
			RAISE raise_exception;
		EXCEPTION WHEN raise_exception THEN
			NULL;
		END;
	END LOOP;
END $$;
SELECT * FROM try($$UPDATE steering.participant SET parent = CASE WHEN parent IS NULL THEN 'structure.group' END WHERE code = 'structure.out'$$);
SELECT * FROM try($$SELECT steering.set_cap('structure.ict', 'structure.in', 'budget', '[2026-03-01,2026-03-09)', 100)$$);
SELECT * FROM try($$SELECT steering.reattach('structure_test.line')$$);
SELECT * FROM try($$SELECT steering.repair()$$);
SELECT * FROM try($$SELECT steering.compact()$$);
SELECT * FROM steering.verify();

SELECT steering.detach(t) FROM unnest(ARRAY['line', 'other', 'refund']::regclass[]) AS t;
SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA structure_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code = 'structure.ict';
DELETE FROM steering.participant WHERE code IN ('structure.in', 'structure.out');
DELETE FROM steering.participant WHERE code = 'structure.group';
