-- What a mapping needs, and who may be kept from what for it. A function whose name only stands in the text of another
-- is nobody's hostage: health() tells where it changes. What is certain is counted anew and judged, or refused.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_sp71_owner;
CREATE ROLE regress_sp71_other;
CREATE ROLE regress_sp71_member IN ROLE regress_sp71_owner;
CREATE SCHEMA needs AUTHORIZATION regress_sp71_owner;
CREATE SCHEMA needs_other AUTHORIZATION regress_sp71_other;
GRANT USAGE, CREATE ON SCHEMA needs TO regress_sp71_other;
GRANT USAGE, CREATE ON SCHEMA needs_other TO regress_sp71_owner;
SET search_path = needs, public;
INSERT INTO steering.participant (code, name) VALUES ('needs.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('needs.it', 'IT');
SELECT steering.set_cap('needs.it', 'needs.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE VIEW used AS SELECT trim_scale(used) AS used FROM steering.cap_status WHERE service = 'needs.it';
CREATE VIEW told AS SELECT problem, detail FROM steering.health() WHERE problem LIKE 'mapping%' ORDER BY 1, 2;
CREATE FUNCTION attach(relation regclass, amount text, counts_when text DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$SELECT 'attached' WHERE steering.attach(relation, '''needs.it''', '''needs.town''', '''2026-02-02''', amount, counts_when => counts_when) > 0$$;

-- Names in a text: of functions of others, at first and at second hand. What is called fails whenever others are at work.
SET ROLE regress_sp71_other;
CREATE FUNCTION needs_other.calc(integer) RETURNS integer LANGUAGE sql RETURN 1;
CREATE FUNCTION needs_other.calc(text) RETURNS integer LANGUAGE sql RETURN 1;
CREATE FUNCTION needs_other.gone() RETURNS integer LANGUAGE sql RETURN 1;
CREATE FUNCTION needs_other.deeper() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN needs_other.deepest(); END';
CREATE FUNCTION needs_other.deepest() RETURNS integer LANGUAGE sql RETURN 1;
RESET ROLE;
CREATE SCHEMA needs_third;
CREATE FUNCTION needs_third.calc() RETURNS integer LANGUAGE sql RETURN 1;
SET ROLE regress_sp71_owner;
CREATE TABLE hostage (net numeric);
CREATE FUNCTION pays() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
	IF current_setting('needs.pay', true) = 'yes' THEN RAISE EXCEPTION 'pay me first'; END IF; RETURN true; END$$;
CREATE FUNCTION claims(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
	/* calc gone deeper later */ RETURN CASE WHEN needs.pays() THEN $1 ELSE 2 * $1 END; END$$;
RESET ROLE;
SELECT attach('hostage', 'claims(net)');
INSERT INTO hostage VALUES (100);
SELECT object, certain FROM steering.mapping_need ORDER BY 1;
SET needs.pay = 'yes';
SET ROLE regress_sp71_other;
CREATE FUNCTION needs_other.later() RETURNS integer LANGUAGE sql RETURN 1;
CREATE FUNCTION needs_other.calc(numeric) RETURNS integer LANGUAGE sql RETURN 1;
CREATE OR REPLACE FUNCTION needs_other.calc(integer) RETURNS integer LANGUAGE sql RETURN 2;
CREATE OR REPLACE FUNCTION needs_other.deepest() RETURNS integer LANGUAGE sql RETURN 2;
ALTER FUNCTION needs_other.calc(text) STABLE;
ALTER FUNCTION needs_other.calc(text) RENAME TO calculated;
CREATE FUNCTION pg_temp.calc() RETURNS integer LANGUAGE sql RETURN 1;
DROP FUNCTION needs_other.gone();
RESET ROLE;
CREATE OR REPLACE FUNCTION needs_third.calc() RETURNS integer LANGUAGE sql RETURN 2;
SET needs.pay = '';
TABLE told;
SET needs.pay = 'yes';
DROP SCHEMA needs_third CASCADE;
DROP OWNED BY regress_sp71_other;
SET needs.pay = '';
TABLE told;
TABLE used;
SELECT steering.reattach('hostage');
TABLE told;
SELECT * FROM steering.verify();

-- A function of the owner, of a member of his role, or of whoever owns the text is followed; one that was given away is not.
GRANT USAGE, CREATE ON SCHEMA needs TO regress_sp71_other;
CREATE OR REPLACE FUNCTION pays() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN false; END$$;
TABLE used;
CREATE OR REPLACE FUNCTION pays() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN true; END$$;
TABLE used;
ALTER FUNCTION pays() OWNER TO regress_sp71_member;
SET ROLE regress_sp71_member;
CREATE OR REPLACE FUNCTION pays() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN false; END$$;
RESET ROLE;
TABLE used;
ALTER FUNCTION pays() OWNER TO regress_sp71_other;
SET ROLE regress_sp71_other;
CREATE OR REPLACE FUNCTION pays() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN true; END$$;
RESET ROLE;
TABLE used;
TABLE told;
SELECT steering.reattach('hostage');
TABLE used;
DROP TABLE hostage;

-- Names as they may stand in a text: quoted, with signs, in other letters, in a string, behind a dollar sign.
CREATE FUNCTION "net-rate"() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1;
CREATE FUNCTION "a""b"() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1;
CREATE FUNCTION "tarief_é"() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1;
CREATE FUNCTION rate$2() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1;
CREATE FUNCTION in_string() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1;
CREATE FUNCTION below() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1;
CREATE FUNCTION "Rate"() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN needs.below();
CREATE FUNCTION gross(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE more numeric;
BEGIN
	IF $1 = 0 THEN RAISE EXCEPTION '"'; END IF;
	EXECUTE $$SELECT needs.in_string()$$ INTO more;
	RETURN $1 * more * needs."net-rate"() * needs."a""b"() * needs.Tarief_é() * needs.RATE$2() * needs."Rate"();
END$body$;
CREATE TABLE named (net numeric);
SELECT attach('named', 'gross(net)');
INSERT INTO named VALUES (1);
CREATE OR REPLACE FUNCTION "net-rate"() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 2;
CREATE OR REPLACE FUNCTION "a""b"() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 2;
CREATE OR REPLACE FUNCTION "tarief_é"() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 2;
CREATE OR REPLACE FUNCTION rate$2() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 2;
CREATE OR REPLACE FUNCTION in_string() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 2;
CREATE OR REPLACE FUNCTION below() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 2;
TABLE used;
CREATE OR REPLACE FUNCTION below() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 2000;
TABLE told;
SELECT * FROM steering.verify();
INSERT INTO named VALUES (1);
TABLE used;
DROP TABLE named;

-- Not in a text that is very long.
DO $$
BEGIN
	FOR size IN 99..101 LOOP
		EXECUTE format('CREATE FUNCTION says_%s() RETURNS text LANGUAGE sql AS $f$SELECT ''%s; says_100''$f$', size, repeat('long ', size * 200 - 5));
	END LOOP;
END $$;
SELECT function::regproc, mentioned_by::regproc FROM steering.mentioned_function(ARRAY['says_99'::regproc, 'says_101'::regproc]::oid[]);
DROP FUNCTION says_99, says_100, says_101;

-- What a text reaches by name: labels of an enum, attributes within attributes, schemas.
CREATE TYPE status AS ENUM ('draft', 'posted');
CREATE FUNCTION label(status) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1::text; END';
CREATE TYPE inner_price AS (net numeric, vat numeric);
CREATE TYPE price AS (price inner_price);
CREATE FUNCTION net_of(price[]) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN ($1[1].price).net; END';
CREATE TABLE by_name (status status, price price[]);
SELECT attach('by_name', 'net_of(price)', $$label(status) <> 'draft'$$);
INSERT INTO by_name VALUES ('posted', ARRAY[ROW(ROW(1, 900))::price]), ('draft', ARRAY[ROW(ROW(10, 20))::price]);
TABLE used;
ALTER TYPE status RENAME VALUE 'draft' TO 'concept';
TABLE used;
ALTER TYPE inner_price RENAME ATTRIBUTE net TO other;
BEGIN;
ALTER TYPE inner_price ADD ATTRIBUTE more numeric;
ALTER TYPE status ADD VALUE 'paid' BEFORE 'posted';
COMMIT;
TABLE used;
TABLE told;
SELECT * FROM steering.verify();
DROP TABLE by_name;
CREATE SCHEMA needs_rates;
CREATE FUNCTION needs_rates.rate() RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1;
CREATE FUNCTION rated(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * needs_rates.rate(); END';
CREATE TABLE of_schema (net numeric);
SELECT attach('of_schema', 'rated(net)');
ALTER SCHEMA needs_rates RENAME TO needs_old;
TABLE told;
DROP TABLE of_schema;

-- An aggregate is replaced.
CREATE AGGREGATE total(numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '0');
CREATE FUNCTION totalled(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN (SELECT needs.total(x) FROM unnest(ARRAY[$1]) AS x);
CREATE TABLE aggregated (net numeric);
SELECT attach('aggregated', 'totalled(net)');
INSERT INTO aggregated VALUES (100);
CREATE OR REPLACE AGGREGATE total(numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '500');
TABLE used;
CREATE OR REPLACE AGGREGATE total(numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '5000');
SELECT * FROM steering.verify();
DROP TABLE aggregated;

-- The function of a stored column of a partitioned table.
CREATE FUNCTION rate() RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
CREATE FUNCTION net(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * needs.rate(); END';
CREATE TABLE divided (id integer, gross numeric, net numeric GENERATED ALWAYS AS (net(gross)) STORED) PARTITION BY RANGE (id);
CREATE TABLE divided_1 PARTITION OF divided DEFAULT;
SELECT attach('divided', 'net');
INSERT INTO divided VALUES (1, 300);
CREATE OR REPLACE FUNCTION net(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * 3; END';
CREATE OR REPLACE FUNCTION rate() RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 3; END';
ALTER FUNCTION net(numeric) COST 7;
DROP FUNCTION net(numeric) CASCADE;
DELETE FROM divided;
TABLE used;
TABLE told;
SELECT * FROM steering.verify();
DROP TABLE divided;

-- A mapping whose meaning is not fixed, and which has stopped working, stops nobody.
CREATE TABLE not_fixed (net numeric, other integer);
CREATE FUNCTION willing(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
	IF current_setting('needs.pay', true) = 'yes' THEN RAISE EXCEPTION 'pay me first'; END IF; RETURN $1; END$$;
SELECT attach('not_fixed', 'net * willing(1)');
UPDATE steering.mapping SET system_identifier = 0;
SET needs.pay = 'yes';
CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1;
ALTER FUNCTION mine() STABLE;
DROP FUNCTION mine();
CREATE TABLE innocent (a integer, b integer);
ALTER TABLE innocent DROP COLUMN b;
CREATE DOMAIN small AS integer;
ALTER DOMAIN small SET NOT NULL;
DROP DOMAIN small;
CREATE OR REPLACE FUNCTION total_of(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1;
ALTER TABLE not_fixed DROP COLUMN net;
SET needs.pay = '';
ALTER TABLE not_fixed DROP COLUMN net;
ALTER TABLE not_fixed DROP COLUMN other;
DROP TABLE not_fixed;

-- What a mapping needs was dropped unseen: others rename what they like, and health() names it.
CREATE TABLE unseen (net numeric);
CREATE FUNCTION gone(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
SELECT attach('unseen', 'gone(net)');
ALTER EVENT TRIGGER sp71_steering_drop DISABLE;
DROP FUNCTION gone(numeric) CASCADE;
ALTER EVENT TRIGGER sp71_steering_drop ENABLE;
ALTER TABLE innocent RENAME TO renamed;
ALTER TYPE status ADD VALUE 'late';
ALTER SCHEMA needs_old RENAME TO needs_rates;
SELECT problem, regexp_replace(detail, '\d+', 'N') AS detail FROM told;
DROP TABLE unseen;

SELECT steering.drop_cap(:cap);
DROP SCHEMA needs, needs_rates CASCADE;
DROP OWNED BY regress_sp71_owner, regress_sp71_member, regress_sp71_other;
DROP ROLE regress_sp71_member, regress_sp71_owner, regress_sp71_other;
DELETE FROM steering.service WHERE code = 'needs.it';
DELETE FROM steering.participant WHERE code = 'needs.town';
SELECT * FROM steering.verify();
