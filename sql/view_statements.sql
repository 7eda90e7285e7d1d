-- A statement on a view whose INSTEAD OF triggers do the work by statements of their own: what counts is its net
-- effect, and it is judged when it ends. What the trigger does in a block that catches errors is judged at once.
\set VERBOSITY terse
CREATE SCHEMA view_test;
SET search_path = view_test;
INSERT INTO steering.participant (code, name) VALUES ('view.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('view.ict', 'ICT');
SELECT setval('steering.cap_cap_id_seq', 7100) AS numbered \gset
SELECT steering.set_cap('view.ict', 'view.town', 'budget', '2026', 100, '80% notify, 90% warn, 100% block') AS cap \gset
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, day date DEFAULT '2026-02-02', net numeric, note text);
SELECT steering.attach('line', $$'view.ict'$$, $$'view.town'$$, 'day', 'net') > 0 AS attached;
CREATE VIEW usage AS SELECT used, (SELECT sum(net) FROM view_test.line) AS net, (SELECT count(*) FROM steering.event WHERE service = 'view.ict' AND kind IN ('notify', 'warn')) AS events
FROM steering.cap_status WHERE service = 'view.ict';

-- It inserts before it deletes.
CREATE VIEW entry AS SELECT * FROM line;
CREATE FUNCTION replace_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO view_test.line (day, net) VALUES (NEW.day, NEW.net);
	DELETE FROM view_test.line WHERE id = OLD.id;
	RETURN NEW;
END
$$;
CREATE TRIGGER replace_line INSTEAD OF UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION replace_line();
INSERT INTO line (net) VALUES (60), (40);
TABLE usage;
-- the first booking of a session loads the library within such a statement
\c -
\set VERBOSITY terse
SET search_path = view_test;
UPDATE entry SET net = net - 1;
TABLE usage;
\c -
\set VERBOSITY terse
SET search_path = view_test;
BEGIN;
UPDATE entry SET net = net + 2;
ROLLBACK;
TABLE usage;
UPDATE entry SET net = net;
-- too much in all: nothing of it stays, also not what passed by itself, and no event
\set VERBOSITY default
UPDATE entry SET net = net + CASE WHEN net < 50 THEN 3 ELSE 0 END;
\set VERBOSITY terse
TABLE usage;
-- what one row adds another takes off; one warning
UPDATE entry SET net = net + CASE WHEN net < 50 THEN 11 ELSE -9 END;
TABLE usage;
SELECT * FROM steering.verify();

-- In transactions, with savepoints; the next statement is judged by itself.
BEGIN;
UPDATE entry SET net = net - 1;
SAVEPOINT s;
UPDATE entry SET net = net + 2;
ROLLBACK TO s;
UPDATE entry SET net = net + 1;
SAVEPOINT t;
INSERT INTO line (net) VALUES (1);
ROLLBACK TO t;
COMMIT;
TABLE usage;
BEGIN;
SET LOCAL sp71_steering.check_at = commit;
UPDATE entry SET net = net + 1;
UPDATE entry SET net = net - 1;
COMMIT;
BEGIN;
SET LOCAL sp71_steering.check_at = commit;
UPDATE entry SET net = net + 1;
COMMIT;
TABLE usage;
-- an overrun that somebody accepted: what is lowered in all passes
SELECT steering.set_cap('view.ict', 'view.town', 'budget', '2026', 90, accept_overrun => true) = :cap AS revised;
UPDATE entry SET net = net - 1;
UPDATE entry SET net = net + 1;
SELECT steering.set_cap('view.ict', 'view.town', 'budget', '2026', 100) = :cap AS revised;
TABLE usage;

-- However it is run: RETURNING, WITH, functions, a prepared statement, a cursor that runs one.
UPDATE entry SET net = net + 1 RETURNING net;
WITH changed AS (UPDATE entry SET net = net + 1 RETURNING net) SELECT sum(net) FROM changed;
WITH changed AS (UPDATE entry SET net = net + 2) SELECT 1;
CREATE FUNCTION raise_by(more numeric) RETURNS bigint LANGUAGE sql AS $$
	WITH changed AS (UPDATE view_test.entry SET net = net + more RETURNING 1) SELECT count(*) FROM changed $$;
SELECT raise_by(1);
CREATE FUNCTION raise_twice(more numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE view_test.entry SET net = net + more;
	UPDATE view_test.entry SET net = net - more;
END
$$;
SELECT raise_twice(1);
SELECT raise_twice(-1);
PREPARE raise(numeric) AS UPDATE entry SET net = net + $1;
EXECUTE raise(1);
EXECUTE raise(-1);
BEGIN;
DECLARE raising CURSOR FOR SELECT raise_by(n) FROM generate_series(1, 2) AS n;
FETCH 1 FROM raising;
SAVEPOINT s;
FETCH 1 FROM raising;
ROLLBACK TO s;
INSERT INTO line (net) VALUES (1);
COMMIT;
TABLE usage;
SELECT * FROM steering.verify();

-- Who catches errors: outside of the statement, and within its trigger, where each statement is judged at once.
DO $$
BEGIN
	UPDATE view_test.entry SET net = net + 2;
EXCEPTION WHEN SQLSTATE '23S71' THEN RAISE NOTICE 'caught outside';
END
$$;
CREATE FUNCTION catch_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM view_test.line WHERE id = OLD.id;
	BEGIN
		INSERT INTO view_test.line (day, net, note) VALUES (NEW.day, NEW.net, 'new');
	EXCEPTION WHEN SQLSTATE '23S71' THEN
		INSERT INTO view_test.line (day, net, note) VALUES (OLD.day, OLD.net, 'kept');
	END;
	RETURN NEW;
END
$$;
CREATE VIEW caught AS SELECT * FROM line;
CREATE TRIGGER catch_line INSTEAD OF UPDATE ON caught FOR EACH ROW EXECUTE FUNCTION catch_line();
UPDATE caught SET net = net + 20 RETURNING net;
SELECT net, note FROM line ORDER BY net;
-- over all the same at the end, though the block was in order
CREATE OR REPLACE FUNCTION catch_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO view_test.line (day, net, note) VALUES (NEW.day, NEW.net, 'new');
	BEGIN
		DELETE FROM view_test.line WHERE id = OLD.id AND net < 50;
	EXCEPTION WHEN SQLSTATE '23S71' THEN RAISE NOTICE 'not expected';
	END;
	RETURN NEW;
END
$$;
UPDATE caught SET net = net + 2;
UPDATE caught SET net = net + 1;
TABLE usage;
-- a block that is taken back in the middle
CREATE OR REPLACE FUNCTION catch_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO view_test.line (day, net, note) VALUES (NEW.day, NEW.net, 'new');
	BEGIN
		DELETE FROM view_test.line WHERE id = OLD.id;
		RAISE division_by_zero;
	EXCEPTION WHEN division_by_zero THEN NULL;
	END;
	IF NEW.net < 50 THEN
		DELETE FROM view_test.line WHERE id = OLD.id;
	END IF;
	RETURN NEW;
END
$$;
UPDATE caught SET net = net WHERE net < 50;
UPDATE caught SET net = net;
TABLE usage;

-- A view over a view; and one whose trigger updates itself.
CREATE VIEW upper AS SELECT * FROM entry;
CREATE FUNCTION hand_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE view_test.entry SET net = NEW.net + 10 WHERE id = OLD.id RETURNING id INTO OLD.id;
	UPDATE view_test.entry SET net = NEW.net WHERE id > OLD.id AND net = NEW.net + 10;
	RETURN NEW;
END
$$;
CREATE TRIGGER hand_down INSTEAD OF UPDATE ON upper FOR EACH ROW EXECUTE FUNCTION hand_down();
UPDATE upper SET net = net - 1 WHERE id = (SELECT max(id) FROM line);
TABLE usage;
UPDATE upper SET net = net + 3 WHERE id = (SELECT max(id) FROM line);
CREATE VIEW self AS SELECT * FROM line;
CREATE FUNCTION go_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.net > 60 THEN
		INSERT INTO view_test.line (net) VALUES (NEW.net);
		UPDATE view_test.self SET net = NEW.net - 30 WHERE id = OLD.id;
		DELETE FROM view_test.line WHERE net > 60;
	ELSE
		UPDATE view_test.line SET net = NEW.net WHERE id = OLD.id;
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER go_down INSTEAD OF UPDATE ON self FOR EACH ROW EXECUTE FUNCTION go_down();
UPDATE self SET net = 70 WHERE net < 50;
UPDATE self SET net = 91 WHERE net < 50;
TABLE usage;
SELECT net FROM line ORDER BY net;
SELECT * FROM steering.verify();

-- A trigger after the statement books, as the first of a session: the commit judges that, the next statement itself.
CREATE FUNCTION book_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO view_test.line (net) VALUES (1000);
	DELETE FROM view_test.line WHERE net = 1000;
	RETURN NULL;
END
$$;
CREATE VIEW after AS SELECT 1 AS one;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER nothing INSTEAD OF INSERT ON after FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TRIGGER book_after AFTER INSERT ON after FOR EACH STATEMENT EXECUTE FUNCTION book_after();
\c -
\set VERBOSITY terse
SET search_path = view_test;
BEGIN;
INSERT INTO after VALUES (1);
INSERT INTO line (net) VALUES (1000);
ROLLBACK;
INSERT INTO after VALUES (1);
INSERT INTO after VALUES (1);
TABLE usage;

-- A part of a range of days: what is left of the row before and after is inserted, then it is shortened.
DELETE FROM line;
CREATE TABLE contract (id integer GENERATED ALWAYS AS IDENTITY, monthly numeric, first_month integer, last_month integer);
SELECT steering.attach('contract', $$'view.ict'$$, $$'view.town'$$, $$DATE '2026-01-01'$$, 'monthly * (last_month - first_month + 1)') > 0 AS attached;
CREATE VIEW contract_portion AS SELECT * FROM contract;
CREATE FUNCTION split_contract() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO view_test.contract (monthly, first_month, last_month)
	SELECT OLD.monthly, part.first_month, part.last_month
	FROM (VALUES (OLD.first_month, NEW.first_month - 1), (NEW.last_month + 1, OLD.last_month)) AS part (first_month, last_month)
	WHERE part.first_month <= part.last_month;
	UPDATE view_test.contract SET monthly = NEW.monthly, first_month = NEW.first_month, last_month = NEW.last_month WHERE id = OLD.id;
	RETURN NEW;
END
$$;
CREATE TRIGGER split_contract INSTEAD OF UPDATE ON contract_portion FOR EACH ROW EXECUTE FUNCTION split_contract();
INSERT INTO contract (monthly, first_month, last_month) VALUES (8, 1, 12);
UPDATE contract_portion SET monthly = 4, first_month = 4, last_month = 6;
SELECT monthly, first_month, last_month FROM contract ORDER BY first_month;
UPDATE contract_portion SET monthly = 14, first_month = 8, last_month = 9 WHERE first_month = 7;
UPDATE contract_portion SET monthly = 15, first_month = 8, last_month = 9 WHERE first_month = 7;
SELECT used FROM usage;
SELECT * FROM steering.verify();

SELECT steering.detach('line'), steering.detach('contract');
SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA view_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code = 'view.ict';
DELETE FROM steering.participant WHERE code = 'view.town';
SELECT * FROM steering.verify();
