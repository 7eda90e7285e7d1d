-- Queries that run as the extension's owner call PostgreSQL's functions and operators and the extension's. One that
-- somebody has put into pg_catalog, where names are looked up, is told and not called.
\set VERBOSITY default
CREATE SCHEMA query_test;
SET search_path = query_test;
INSERT INTO steering.participant (code, name) VALUES ('query.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('query.ict', 'ICT');
CREATE TABLE line (day date DEFAULT '2026-02-02', net numeric);
SELECT steering.attach('line', $$'query.ict'$$, $$'query.town'$$, 'day', 'net') > 0 AS attached;
INSERT INTO line (net) VALUES (1);
-- a function that fits better
CREATE FUNCTION pg_catalog.lower(daterange) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RAISE EXCEPTION 'called as %', current_user;
END
$$;
SELECT steering.detach('line');
DROP FUNCTION pg_catalog.lower(daterange);
-- an operator that fits better
CREATE FUNCTION spy(numeric, integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RAISE EXCEPTION 'called as %', current_user;
END
$$;
CREATE OPERATOR pg_catalog.<> (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = spy);
SELECT steering.reattach('line');
DROP OPERATOR pg_catalog.<> (numeric, integer);
-- in a schema that is looked at by others only it is no matter, and neither is what a role runs by itself
CREATE FUNCTION lower(daterange) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
SET search_path = query_test, pg_catalog;
SELECT steering.reattach('line');
SELECT lower('[2026-01-01,2026-02-01)'::daterange);
SELECT steering.detach('line');
RESET search_path;

SET client_min_messages = warning;
DROP SCHEMA query_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code = 'query.ict';
DELETE FROM steering.participant WHERE code = 'query.town';
SELECT * FROM steering.verify();
