-- A mapping means what it meant when its table was attached: whatever a session sets, and whatever functions,
-- operators and types come later. What changes what a row comes to is counted anew and judged, or refused; what is
-- renamed is followed.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA meaning;
SET search_path = meaning, public;
INSERT INTO steering.participant (code, name) VALUES ('meaning.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('meaning.it', 'IT');
SELECT steering.set_cap('meaning.it', 'meaning.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE VIEW used AS SELECT used FROM steering.cap_status WHERE service = 'meaning.it';
CREATE TABLE model (id integer GENERATED ALWAYS AS IDENTITY, day date DEFAULT '2026-02-02', net numeric, status text DEFAULT 'posted');
-- Attaches a table for one test.
CREATE FUNCTION attach(relation regclass, amount text, counts_when text DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$SELECT 'attached' WHERE steering.attach(relation, '''meaning.it''', '''meaning.town''', 'day', amount, counts_when => counts_when) > 0$$;

-- settings of the session
CREATE TABLE setting (LIKE model INCLUDING ALL, f double precision DEFAULT 0.1, b bytea DEFAULT '\x41', at timestamp DEFAULT '2026-02-02 12:00');
SELECT attach('setting', 'net', $$status ~ '^po\w+$' AND f::text = '0.1' AND b::text = '\x41'
	AND quote_ident(status) = 'posted' AND (at AT TIME ZONE 'CET') = timestamptz '2026-02-02 11:00+00' AND status <> 'a' || chr(92)$$);
BEGIN;
SET standard_conforming_strings = off;
SET escape_string_warning = off;
SET extra_float_digits = -15;
SET bytea_output = escape;
SET intervalstyle = iso_8601;
SET quote_all_identifiers = on;
SET timezone_abbreviations = 'India';
SET TimeZone = 'Asia/Tokyo';
SET DateStyle = German;
SET array_nulls = off;
SET xmlbinary = hex;
SET transform_null_equals = on;
INSERT INTO setting (net) VALUES (7);
TABLE used;
SELECT * FROM steering.verify();
ROLLBACK;
DROP TABLE setting;

-- a function that would fit better, made later; a default that changes; an overload that goes
CREATE TABLE overload (LIKE model INCLUDING ALL);
CREATE FUNCTION share(net numeric, percent numeric DEFAULT 100) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1 * $2 / 100;
CREATE FUNCTION share(net text) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 0;
SELECT attach('overload', 'share(net)');
SELECT amount FROM steering.source WHERE relation = 'overload'::regclass;
CREATE FUNCTION share(net numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1;
DROP FUNCTION share(text);
INSERT INTO overload (net) VALUES (600);
INSERT INTO overload (net) VALUES (600);
CREATE OR REPLACE FUNCTION share(net numeric, percent numeric DEFAULT 1) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1 * $2 / 100;
INSERT INTO overload (net) VALUES (600);
TABLE used;
DROP FUNCTION share(numeric, numeric);
DROP TABLE overload;

-- the list of a VARIADIC parameter that is left to its default: what is stored can be read again
CREATE TABLE listed (LIKE model INCLUDING ALL);
CREATE FUNCTION total(net numeric, VARIADIC more numeric[] DEFAULT '{100, 100}') RETURNS numeric LANGUAGE sql IMMUTABLE
	RETURN $1 + coalesce((SELECT sum(n) FROM unnest($2) AS n), 0);
CREATE FUNCTION total(net numeric, percent integer, VARIADIC more numeric[] DEFAULT '{}') RETURNS numeric LANGUAGE sql IMMUTABLE
	RETURN $1 * $2 / 100;
SELECT attach('listed', 'total(net)');
SELECT amount AS stored FROM steering.source WHERE relation = 'listed'::regclass \gset
SELECT steering.detach('listed');
SELECT attach('listed', :'stored'), :'stored' AS stored;
SELECT steering.detach('listed');
SELECT attach('listed', 'total(net, 50)');
SELECT amount AS stored FROM steering.source WHERE relation = 'listed'::regclass \gset
SELECT steering.detach('listed');
SELECT attach('listed', :'stored'), :'stored' AS stored;
INSERT INTO listed (net) VALUES (100);
TABLE used;
SELECT * FROM steering.verify();
DROP TABLE listed;
DROP FUNCTION total(numeric, numeric[]), total(numeric, integer, numeric[]);

-- a function is replaced: itself, one that it calls, one that a domain's CHECK calls, the one of an operator
CREATE TABLE replaced (LIKE model INCLUDING ALL);
CREATE FUNCTION rate() RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN 1; END$$;
CREATE FUNCTION gross(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN $1 * meaning.rate(); END$$;
SELECT attach('replaced', 'gross(net)');
INSERT INTO replaced (net) VALUES (600);
CREATE OR REPLACE FUNCTION gross(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN $1 * 1.5 * meaning.rate(); END$$;
TABLE used;
CREATE OR REPLACE FUNCTION gross(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN $1 * 2 * meaning.rate(); END$$;
CREATE OR REPLACE FUNCTION gross(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE EXCEPTION 'pay me first'; END$$;
CREATE OR REPLACE FUNCTION gross(numeric) RETURNS numeric LANGUAGE plpgsql STABLE AS $$BEGIN RETURN $1; END$$;
ALTER FUNCTION gross(numeric) VOLATILE;
CREATE OR REPLACE FUNCTION rate() RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN 2; END$$;
CREATE OR REPLACE FUNCTION rate() RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN 0.5; END$$;
TABLE used;
ALTER FUNCTION gross(numeric) COST 7;
ALTER FUNCTION rate() OWNER TO CURRENT_USER;
DROP FUNCTION gross(numeric);
DROP FUNCTION gross(numeric) CASCADE;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();
DROP TABLE replaced;

CREATE TABLE operated (LIKE model INCLUDING ALL);
CREATE FUNCTION plus(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1 + $2;
CREATE OPERATOR @+@ (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = plus);
CREATE FUNCTION is_code(text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 <> 'x';
CREATE DOMAIN code AS text CONSTRAINT is_code CHECK (is_code(VALUE));
SELECT attach('operated', 'net @+@ 1', $$status::code::text = 'posted'$$);
INSERT INTO operated (net) VALUES (599);
CREATE OR REPLACE FUNCTION plus(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1 * 2 + $2;
CREATE OR REPLACE FUNCTION plus(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1 + $2 + 100;
TABLE used;
ALTER DOMAIN code ADD CHECK (VALUE <> 'posted');
CREATE OR REPLACE FUNCTION is_code(text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 <> 'posted';
ALTER DOMAIN code DROP CONSTRAINT is_code;
SELECT * FROM steering.health();
DROP OPERATOR @+@ (numeric, numeric);
SELECT * FROM steering.verify();
DROP TABLE operated;

-- a column becomes another without being rewritten: collation, blanks that count, a number read otherwise; a length
CREATE TABLE altered (LIKE model INCLUDING ALL, code integer DEFAULT -1, short varchar(10) DEFAULT 'posted');
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SELECT attach('altered', 'net', $$status = 'posted' AND short = 'posted' AND code::bigint > 5$$);
INSERT INTO altered (net, code) VALUES (1, 6);
INSERT INTO altered (net, status, code) VALUES (1200, 'Posted', 6), (5000, 'posted ', 6), (7000, 'posted', -1);
TABLE used;
ALTER TABLE altered ALTER COLUMN status TYPE text COLLATE any_case;
ALTER TABLE altered ALTER COLUMN status TYPE bpchar;
ALTER TABLE altered ALTER COLUMN code TYPE oid;
ALTER TABLE altered ALTER COLUMN short TYPE varchar(20);
UPDATE altered SET net = 5 WHERE net = 1200;
ALTER TABLE altered ALTER COLUMN status TYPE text COLLATE any_case;
TABLE used;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();
DROP TABLE altered;

-- the parts of a composite type; a text search configuration
CREATE TYPE price AS (net numeric, vat numeric);
CREATE TABLE composed (LIKE model INCLUDING ALL, price price, words text DEFAULT 'running');
CREATE TEXT SEARCH CONFIGURATION plain (COPY = pg_catalog.simple);
SELECT attach('composed', '(price).net', $$to_tsvector('meaning.plain', words) @@ 'running'::tsquery$$);
INSERT INTO composed (price) VALUES ((600, 1200));
ALTER TYPE price DROP ATTRIBUTE net;
ALTER TYPE price RENAME ATTRIBUTE net TO gross;
ALTER TYPE price RENAME ATTRIBUTE vat TO net;
SELECT amount, counts_when FROM steering.source WHERE relation = 'composed'::regclass;
TABLE used;
ALTER TYPE price ADD ATTRIBUTE note text;
INSERT INTO composed (price, words) VALUES ((500, 0, ''), 'run');
ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR asciiword WITH english_stem;
TABLE used;
ALTER TEXT SEARCH CONFIGURATION plain RENAME TO plainer;
DROP TEXT SEARCH CONFIGURATION plainer;
SELECT * FROM steering.verify();
DROP TABLE composed;

-- Names are followed in a closed period too: columns, table, schema, type, label of an enum.
CREATE TYPE status AS ENUM ('draft', 'posted');
CREATE SCHEMA meaning_other;
CREATE TABLE renamed (LIKE model INCLUDING ALL);
ALTER TABLE renamed ALTER COLUMN status DROP DEFAULT, ALTER COLUMN status TYPE status USING status::status, ALTER COLUMN status SET DEFAULT 'posted';
SELECT attach('renamed', 'net', $$status = 'posted'$$);
INSERT INTO renamed (net) VALUES (100);
SELECT steering.close_bookings('2026-02') > 0 AS closed;
ALTER TABLE renamed RENAME COLUMN net TO amount;
ALTER TABLE renamed RENAME COLUMN day TO booked_on;
ALTER TABLE renamed RENAME COLUMN status TO state;
ALTER TYPE status RENAME VALUE 'posted' TO 'booked';
ALTER TYPE status RENAME TO state;
ALTER TYPE state SET SCHEMA meaning_other;
ALTER TABLE renamed RENAME TO invoice;
ALTER TABLE invoice SET SCHEMA meaning_other;
ALTER SCHEMA meaning_other RENAME TO meaning_new;
SELECT relation, booked_on, amount, counts_when FROM steering.source WHERE relation = 'meaning_new.invoice'::regclass;
INSERT INTO meaning_new.invoice (amount) VALUES (1);
INSERT INTO meaning_new.invoice (amount, booked_on) VALUES (1, '2026-03-01');
SELECT steering.reopen_bookings('2026-02', 'test') > 0 AS reopened;
TABLE used;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();
DROP TABLE meaning_new.invoice;

-- What happens unseen is told by health() until the source is reattached.
CREATE TABLE unseen (LIKE model INCLUDING ALL);
CREATE FUNCTION net_of(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1;
SELECT attach('unseen', 'net_of(net)');
INSERT INTO unseen (net) VALUES (100);
ALTER EVENT TRIGGER sp71_steering_follow DISABLE;
CREATE OR REPLACE FUNCTION net_of(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1 * 2;
ALTER EVENT TRIGGER sp71_steering_follow ENABLE;
SELECT subject, problem, detail, hint FROM steering.health();
SELECT steering.reattach('unseen');
SELECT subject, problem, detail, hint FROM steering.health();
TABLE used;
SELECT * FROM steering.verify();
-- as after pg_upgrade: the text counts, and says the same
UPDATE steering.mapping SET catalog_version = 1;
SELECT subject, problem, hint FROM steering.health();
INSERT INTO unseen (net) VALUES (100);
TABLE used;
SELECT steering.fix_mappings();
SELECT * FROM steering.health();
ALTER FUNCTION net_of(numeric) RENAME TO twice;
INSERT INTO unseen (net) VALUES (100);
TABLE used;
SELECT * FROM steering.verify();
DROP TABLE unseen;

-- One owner's mapping stands in nobody's way: whatever others create, alter and drop.
CREATE TABLE hostage (LIKE model INCLUDING ALL);
CREATE FUNCTION fine(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN nullif(current_setting('meaning.pay', true), '') IS NULL; END$$;
CREATE FUNCTION fails(integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF NOT meaning.fine($1) THEN RAISE EXCEPTION 'pay me first'; END IF;
	RETURN true;
END $$;
SELECT attach('hostage', 'net', 'fails(1)');
SET meaning.pay = 'yes';
CREATE TABLE innocent (LIKE model INCLUDING ALL);
CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1;
ALTER FUNCTION mine() COST 5;
ALTER FUNCTION mine() RENAME TO my;
DROP FUNCTION my();
CREATE DOMAIN small AS integer;
ALTER DOMAIN small SET DEFAULT 1;
DROP DOMAIN small;
ALTER TABLE innocent DROP COLUMN status;
DROP TABLE innocent;
RESET meaning.pay;
DROP TABLE hostage;

SELECT steering.drop_cap(:cap);
DROP SCHEMA meaning, meaning_new CASCADE;
DELETE FROM steering.service WHERE code = 'meaning.it';
DELETE FROM steering.participant WHERE code = 'meaning.town';
SELECT * FROM steering.verify();
