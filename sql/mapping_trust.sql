-- Where a mapping's meaning or its owner's rights could leak: constants that run code when they are read, tables of
-- other owners below the source, settings that functions marked immutable follow, what goes with a CASCADE, and
-- expressions whose text would mean something else.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_trust_owner;
CREATE SCHEMA trust AUTHORIZATION regress_trust_owner;
GRANT EXECUTE ON FUNCTION steering.attach TO regress_trust_owner;
SET search_path = trust, public;
INSERT INTO steering.participant (code, name) VALUES ('trust.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('trust.it', 'IT');
SELECT steering.set_cap('trust.it', 'trust.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE VIEW used AS SELECT used FROM steering.cap_status WHERE service = 'trust.it';
CREATE TABLE model (id integer, town text DEFAULT 'trust.town', day date DEFAULT '2026-02-02', net numeric);
GRANT SELECT ON model TO regress_trust_owner;

-- a constant of an array of a domain runs its CHECK when it is read
SET ROLE regress_trust_owner;
CREATE FUNCTION spy(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user <> 'regress_trust_owner' THEN RAISE EXCEPTION 'spy runs as %', current_user; END IF;
	RETURN true;
END $$;
CREATE DOMAIN factor AS integer CHECK (trust.spy(VALUE));
CREATE TABLE constant (LIKE model INCLUDING ALL, factors factor[]);
RESET ROLE;
SELECT steering.attach('constant', $$'trust.it'$$, 'town', 'day', $$net * ('{1}'::factor[])[1]$$, counts_when => $$factors = '{1}'$$) > 0 AS attached;
ALTER TABLE constant ALTER COLUMN net TYPE numeric(14,2);
ALTER TABLE constant ALTER COLUMN net TYPE integer;
SET ROLE regress_trust_owner;
INSERT INTO constant (net, factors) VALUES (5, '{1}');
RESET ROLE;
SELECT steering.reattach('constant');
TABLE used;
UPDATE steering.mapping SET catalog_version = 1;
SET ROLE regress_trust_owner;
INSERT INTO constant (net, factors) VALUES (5, '{1}');
RESET ROLE;
SELECT steering.fix_mappings();
TABLE used;
DROP TABLE constant;

-- a partition of another owner's, also while the meaning is not fixed
SET ROLE regress_trust_owner;
CREATE TABLE parted (LIKE model INCLUDING ALL) PARTITION BY LIST (town);
SELECT steering.attach('parted', $$'trust.it'$$, 'town', 'day', 'net', counts_when => 'spy(1)') > 0 AS attached;
RESET ROLE;
CREATE TABLE part PARTITION OF parted DEFAULT;
INSERT INTO part (net) VALUES (7);
UPDATE steering.mapping SET catalog_version = 1;
INSERT INTO part (net) VALUES (7);
SELECT count(*) FROM steering.booking WHERE service = 'trust.it';
SELECT steering.fix_mappings();
SELECT * FROM steering.verify();
DROP TABLE parted;

-- functions that are marked immutable and follow a setting; assertions
CREATE TABLE follows (LIKE model INCLUDING ALL, at timestamptz DEFAULT '2026-01-31 16:00+00', until timestamptz DEFAULT '2026-03-01 02:00+00', place point DEFAULT '(0.1,0.2)');
CREATE FUNCTION net_of(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS
$$BEGIN ASSERT $1 < 500; RETURN $1; EXCEPTION WHEN assert_failure THEN RETURN 0; END$$;
SELECT steering.attach('follows', $$'trust.it'$$, 'town', 'day', 'net_of(net)',
	counts_when => $$extract(month FROM age(until, at)) >= 1 AND textin(point_out(place)) = '(0.1,0.2)'$$) > 0 AS attached;
INSERT INTO follows (net) VALUES (100);
TABLE used;
SET TimeZone = 'America/Los_Angeles';
SET extra_float_digits = -15;
SET plpgsql.check_asserts = off;
INSERT INTO follows (net) VALUES (100), (700);
TABLE used;
SELECT * FROM steering.verify();
RESET TimeZone;
RESET extra_float_digits;
RESET plpgsql.check_asserts;
DROP TABLE follows;

-- What the tree names besides functions goes with a CASCADE, and the trigger of the table would go with it.
CREATE TYPE price AS (net numeric, vat numeric);
CREATE TABLE codes (code text);
CREATE TABLE cascaded (LIKE model INCLUDING ALL, price price, code oid DEFAULT 0);
SELECT steering.attach('cascaded', $$'trust.it'$$, 'town', 'day', '(price).net', counts_when => $$code <> 'codes'::regclass::oid$$) > 0 AS attached;
INSERT INTO cascaded (price) VALUES ((9, 1));
ALTER TYPE price DROP ATTRIBUTE net CASCADE;
DROP TABLE codes CASCADE;
TABLE used;
SELECT * FROM steering.health();
DROP TABLE cascaded;
DROP TABLE codes;

-- An expression whose text would call another operator is not taken: PostgreSQL writes no schema there.
CREATE FUNCTION alike(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN lower($1) = lower($2);
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = alike);
CREATE TABLE written (LIKE model INCLUDING ALL, status text DEFAULT 'POSTED');
SET search_path = trust, pg_catalog, public;
SELECT steering.attach('written', $$'trust.it'$$, 'town', 'day', 'net', counts_when => $$status IS NOT DISTINCT FROM 'posted'$$);
SELECT steering.attach('written', $$'trust.it'$$, 'town', 'day', $$CASE status WHEN 'posted' THEN net ELSE 0 END$$);
SELECT steering.attach('written', $$'trust.it'$$, 'town', 'day', $$net * (nullif(status, 'posted') IS NULL)::integer$$);
SELECT steering.attach('written', $$'trust.it'$$, 'town', 'day', 'net', counts_when => $$status = 'posted'$$) > 0 AS attached;
SELECT counts_when FROM steering.source WHERE relation = 'written'::regclass;
SET search_path = trust, public;
INSERT INTO written (net) VALUES (11);
ALTER TABLE written ALTER COLUMN net TYPE numeric(14,2);
TABLE used;
SELECT * FROM steering.verify();

-- A row that somebody changed is an error, not a crash.
BEGIN;
UPDATE steering.mapping SET expressions = (SELECT adbin FROM pg_attrdef WHERE adrelid = 'model'::regclass LIMIT 1);
SELECT subject, problem, detail FROM steering.health();
ROLLBACK;
INSERT INTO written (net) VALUES (12);
TABLE used;
DROP TABLE written;

SELECT steering.drop_cap(:cap);
DROP SCHEMA trust CASCADE;
DELETE FROM steering.service WHERE code = 'trust.it';
DELETE FROM steering.participant WHERE code = 'trust.town';
REVOKE EXECUTE ON FUNCTION steering.attach FROM regress_trust_owner;
DROP ROLE regress_trust_owner;
SELECT * FROM steering.verify();
