-- Errors at a row name it by the columns that the role may read, of those that run the statement and that sent it.
\set VERBOSITY default
\set SHOW_CONTEXT errors
SET datestyle = ISO;
CREATE SCHEMA named_test;
SET search_path = named_test;
CREATE ROLE regress_sp71_keeper;
CREATE ROLE regress_sp71_clerk;
CREATE ROLE regress_sp71_team;
GRANT USAGE, CREATE ON SCHEMA named_test TO regress_sp71_keeper;
GRANT USAGE ON SCHEMA named_test TO regress_sp71_clerk;
GRANT EXECUTE ON FUNCTION steering.attach, steering.detach TO regress_sp71_keeper;
INSERT INTO steering.participant (code, name) VALUES ('named.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('named.ict', 'ICT');
SET ROLE regress_sp71_keeper;
CREATE FUNCTION fails(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF $1 = 'fail' THEN
		RAISE EXCEPTION 'it fails';
	END IF;
	RETURN true;
END
$$;
CREATE TABLE line (service text DEFAULT 'named.ict', day date DEFAULT '2026-02-02', net numeric, state text, secret text);
INSERT INTO line (net, secret) VALUES (1, 'hush');
SELECT steering.attach('line', 'service', $$'named.town'$$, 'day', 'net', counts_when => 'named_test.fails(state)') > 0 AS attached;
GRANT INSERT, UPDATE (state) ON line TO regress_sp71_clerk;
-- who owns the table sees all, as a superuser does
UPDATE line SET state = 'fail';
RESET ROLE;
UPDATE line SET state = 'fail';
-- who may write alone sees nothing
SET ROLE regress_sp71_clerk;
UPDATE line SET state = 'fail';
RESET ROLE;
-- nor by a function of somebody who may read, nor does such a function
CREATE FUNCTION write() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ UPDATE named_test.line SET state = 'fail' $$;
SET ROLE regress_sp71_clerk;
SELECT write();
RESET ROLE;
ALTER FUNCTION write() OWNER TO regress_sp71_clerk;
SELECT write();
-- who may read some columns sees these, from then on, until then
GRANT SELECT (net, day) ON line TO regress_sp71_clerk;
SET ROLE regress_sp71_clerk;
UPDATE line SET state = 'fail';
RESET ROLE;
REVOKE SELECT (net) ON line FROM regress_sp71_clerk;
SET ROLE regress_sp71_clerk;
UPDATE line SET state = 'fail';
RESET ROLE;
GRANT SELECT ON line TO regress_sp71_team;
GRANT regress_sp71_team TO regress_sp71_clerk;
SET ROLE regress_sp71_clerk;
UPDATE line SET state = 'fail';
RESET ROLE;
REVOKE regress_sp71_team FROM regress_sp71_clerk;
SET ROLE regress_sp71_clerk;
UPDATE line SET state = 'fail';
RESET ROLE;
-- an amount that does not fit is told likewise
SET ROLE regress_sp71_clerk;
INSERT INTO line (net, secret) VALUES (1e20, 'hush');
RESET ROLE;
-- where rows are hidden from a role, their values are; by the key, too
GRANT SELECT ON line TO regress_sp71_clerk;
ALTER TABLE line ADD PRIMARY KEY (secret), ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON line USING (true);
SET ROLE regress_sp71_clerk;
UPDATE line SET state = 'fail';
RESET ROLE;
SET ROLE regress_sp71_keeper;
UPDATE line SET state = 'fail';
ALTER TABLE line FORCE ROW LEVEL SECURITY;
UPDATE line SET state = 'fail';
ALTER TABLE line DISABLE ROW LEVEL SECURITY;
RESET ROLE;
SET ROLE regress_sp71_clerk;
UPDATE line SET state = 'fail';
RESET ROLE;
-- what cannot be seen is shown, as in codes; what fills up a character(n) is no part of it
DELETE FROM line;
ALTER TABLE line DROP CONSTRAINT line_pkey;
ALTER TABLE line ADD short character(6), ADD PRIMARY KEY (secret, short);
INSERT INTO line (secret, short, state) VALUES (U&'one\200Btwo' || E'\nthree', 'ab', 'fail');
INSERT INTO line (secret, short, service) VALUES (U&'caf\00E9\00A0' || repeat('x', 70), E'a\tb', 'nothing');

SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA named_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'named.%';
DELETE FROM steering.participant WHERE code = 'named.town';
REVOKE ALL ON FUNCTION steering.attach, steering.detach FROM regress_sp71_keeper;
DROP ROLE regress_sp71_keeper, regress_sp71_clerk, regress_sp71_team;
SELECT * FROM steering.verify();
