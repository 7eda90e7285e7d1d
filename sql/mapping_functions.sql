-- What the functions of a mapping do while rows are read: they run as the owner of the table, restricted, and
-- nothing of it remains, whoever books or reads, and whether they succeed or fail.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_functions_owner;
CREATE ROLE regress_functions_booker;
CREATE SCHEMA functions AUTHORIZATION regress_functions_owner;
GRANT USAGE ON SCHEMA functions TO regress_functions_booker;
GRANT EXECUTE ON FUNCTION steering.attach, steering.detach, steering.reattach TO regress_functions_owner;
SET search_path = functions, public;
INSERT INTO steering.participant (code, name) VALUES ('functions.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('functions.it', 'IT');
SELECT steering.set_cap('functions.it', 'functions.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE VIEW used AS SELECT used FROM steering.cap_status WHERE service = 'functions.it';

SET ROLE regress_functions_owner;
CREATE TABLE line (id integer PRIMARY KEY, town text DEFAULT 'functions.town', day date DEFAULT '2026-02-02', net numeric);
GRANT INSERT, UPDATE, DELETE, SELECT, TRUNCATE ON line TO regress_functions_booker;
CREATE TABLE trace (seen text);
-- What a function can leave behind: settings of the session and of the transaction, a cursor, locks, rows. It
-- fails for the row 13, after that. A function that says it is immutable may not write itself, but call one that does.
CREATE FUNCTION meddle(id integer, net numeric) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	left_open refcursor;
BEGIN
	PERFORM set_config('search_path', 'functions, pg_catalog', false), set_config('DateStyle', 'German', true),
		set_config('sp71_steering.check_at', 'commit', false), set_config('functions.mark', 'set', false);
	OPEN left_open FOR SELECT 1;
	PERFORM pg_advisory_xact_lock(71);
	EXECUTE 'LOCK TABLE functions.trace IN ACCESS EXCLUSIVE MODE';
	EXECUTE 'INSERT INTO functions.trace VALUES (current_user)';
	IF id = 13 THEN
		RAISE EXCEPTION 'no row 13';
	END IF;
	RETURN net;
END $$;
CREATE FUNCTION net_of(id integer, net numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS
$$BEGIN RETURN functions.meddle(id, net); END $$;
SELECT steering.attach('line', $$'functions.it'$$, 'town', 'day', 'net_of(id, net)') > 0 AS attached;
RESET ROLE;

-- What is left of it.
CREATE VIEW remains AS
SELECT current_setting('search_path') AS search_path, current_setting('DateStyle') AS datestyle,
	current_setting('sp71_steering.check_at') AS check_at, nullif(current_setting('functions.mark', true), '') AS mark,
	(SELECT count(*) FROM pg_cursors WHERE name LIKE '<unnamed%') AS cursors,
	(SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory') AS advisory_locks,
	(SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock' AND locktype = 'relation') AS locks,
	(SELECT count(*) FROM trace) AS rows;
GRANT SELECT ON remains TO regress_functions_booker;

-- in one transaction, where locks would last: each way to have rows read
BEGIN;
SET LOCAL ROLE regress_functions_booker;
INSERT INTO line (id, net) VALUES (1, 10), (2, 20);
UPDATE line SET net = 30 WHERE id = 2;
RESET ROLE;
TABLE remains;
SELECT count(*) FROM steering.booking WHERE service = 'functions.it';
SELECT * FROM steering.verify();
SELECT * FROM steering.repair();
SELECT count(*) FROM steering.health() WHERE subject = 'functions.line';
TABLE remains;
SELECT steering.set_cap('functions.it', 'functions.town', 'budget', '[2026-02-02,2026-02-10)', 1000) AS part \gset
SELECT steering.drop_cap(:part);
SELECT count(*) FROM steering.outlook('2026-02-15', 'run_rate', '2026') WHERE service = 'functions.it';
TABLE remains;
CREATE FUNCTION other() RETURNS integer LANGUAGE sql RETURN 1;
DROP FUNCTION other();
ALTER TABLE line ALTER COLUMN net TYPE numeric(14,2);
SELECT count(*) FROM pg_cursors WHERE name LIKE '<unnamed%';
SELECT current_setting('search_path'), current_setting('functions.mark', true);
TABLE trace;
COMMIT;
TABLE remains;
TABLE used;

-- by an error, with and without a savepoint; the error names source, argument and row
\set VERBOSITY default
BEGIN;
SAVEPOINT s;
INSERT INTO line (id, net) VALUES (12, 1), (13, 1);
ROLLBACK TO s;
TABLE remains;
COMMIT;
\set VERBOSITY terse
INSERT INTO line (id, net) VALUES (13, 1);
TABLE remains;
DO $$
BEGIN
	INSERT INTO functions.line (id, net) VALUES (13, 1);
EXCEPTION WHEN raise_exception THEN
	NULL;
END $$;
TABLE remains;
-- a session that has failed goes on
INSERT INTO line (id, net) VALUES (14, 1);
TABLE used;

-- A function that reads what its owner may not, is not helped by who books.
CREATE TABLE secret (x text);
INSERT INTO secret VALUES ('secret');
SET ROLE regress_functions_owner;
CREATE FUNCTION peek(id integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN (SELECT length(x) FROM functions.secret);
END $$;
CREATE TABLE peeking (id integer);
SELECT steering.attach('peeking', $$'functions.it'$$, $$'functions.town'$$, $$DATE '2026-02-02'$$, 'peek(id)') > 0 AS attached;
RESET ROLE;
INSERT INTO peeking VALUES (1);

-- What comes with a type is a function too: a domain's CHECK, also in an array, in a range, or reached through
-- text; a comparison of rows.
SET ROLE regress_functions_owner;
DROP TABLE peeking;
CREATE FUNCTION spy(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user <> 'regress_functions_owner' THEN
		RAISE EXCEPTION 'spy runs as %', current_user;
	END IF;
	RETURN true;
END $$;
CREATE DOMAIN code AS text CHECK (functions.spy(VALUE));
CREATE TYPE pair AS (code code, n integer);
CREATE TYPE shown AS (town text);
CREATE FUNCTION town_of(shown) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM functions.spy(''); RETURN $1.town; END$$;
CREATE CAST (shown AS text) WITH FUNCTION town_of(shown) AS ASSIGNMENT;
CREATE TABLE typed (town text DEFAULT 'functions.town', day date DEFAULT '2026-02-02', net numeric, s shown);
GRANT INSERT, SELECT ON typed TO regress_functions_booker;
RESET ROLE;
SELECT steering.attach('typed', $$'functions.it'$$, 'town::code::text', 'day', 'net') > 0 AS attached;
SET ROLE regress_functions_booker;
INSERT INTO typed (net) VALUES (1);
RESET ROLE;
SELECT steering.detach('typed');
SELECT steering.attach('typed', $$'functions.it'$$, '(ARRAY[town]::code[])[1]::text', 'day', 'net') > 0 AS attached;
SET ROLE regress_functions_booker;
INSERT INTO typed (net) VALUES (1);
RESET ROLE;
SELECT steering.detach('typed');
SELECT steering.attach('typed', $$'functions.it'$$, 'town', 'day', 'net', counts_when => '(ROW(town, 1)::pair).n = 1') > 0 AS attached;
SET ROLE regress_functions_booker;
INSERT INTO typed (net) VALUES (1);
RESET ROLE;
SELECT steering.detach('typed');
TRUNCATE typed;
SELECT steering.attach('typed', $$'functions.it'$$, 's', 'day', 'net') > 0 AS attached;
SET ROLE regress_functions_booker;
INSERT INTO typed (net, s) VALUES (1, ROW('functions.town'));
RESET ROLE;
INSERT INTO typed (net, s) VALUES (1, ROW('functions.town'));
SELECT * FROM steering.verify();
SELECT steering.detach('typed');

-- The owner of the attached table chose the mapping: it is he as whom the rows of a partition are read, and not
-- the partition's owner.
SET ROLE regress_functions_owner;
CREATE TABLE parted (town text DEFAULT 'functions.town', day date DEFAULT '2026-02-02', net numeric) PARTITION BY LIST (town);
CREATE TABLE part PARTITION OF parted DEFAULT;
SELECT steering.attach('parted', $$'functions.it'$$, 'town', 'day', 'net', counts_when => 'spy(town)') > 0 AS attached;
RESET ROLE;
ALTER TABLE part OWNER TO regress_functions_booker;
INSERT INTO part (net) VALUES (1);
INSERT INTO parted (net) VALUES (1);
SELECT * FROM steering.verify();
TRUNCATE part;
SELECT steering.detach('parted');

SELECT steering.detach('line');
SELECT steering.drop_cap(:cap);
DROP SCHEMA functions CASCADE;
DELETE FROM steering.service WHERE code = 'functions.it';
DELETE FROM steering.participant WHERE code = 'functions.town';
REVOKE EXECUTE ON FUNCTION steering.attach, steering.detach, steering.reattach FROM regress_functions_owner;
DROP ROLE regress_functions_owner, regress_functions_booker;
SELECT * FROM steering.verify();
