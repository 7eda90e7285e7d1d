-- attach(): a finance table becomes a source. What can be attached, what each argument may be, what
-- the error says where it cannot; and that an attach that fails changes nothing.
CREATE SCHEMA attach_test;
SET search_path = attach_test;
SET datestyle = iso;

INSERT INTO steering.participant (code, name) VALUES ('attach.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('attach.ict', 'ICT'), ('attach.hr', 'HR');
CREATE TYPE state AS ENUM ('draft', 'approved', 'cancelled');
CREATE TABLE line (
    id integer PRIMARY KEY,
    product text DEFAULT 'attach.ict',
    town varchar(20) DEFAULT 'attach.town',
    day date DEFAULT '2026-05-01',
    paid_at timestamp,
    sent_at timestamptz,
    net numeric,
    "Net 2" double precision,
    pieces integer,
    state state DEFAULT 'approved',
    tags text[],
    gone text
);
ALTER TABLE line DROP COLUMN gone;
INSERT INTO line (id, net, pieces, state) VALUES (1, 100, 1, 'approved'), (2, 200.00005, 2, 'draft'), (3, NULL, 4, 'approved');
-- the numbers of caps stand in messages
SELECT setval('steering.cap_cap_id_seq', 1000) AS numbered \gset
SELECT steering.set_cap('attach.ict', 'attach.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE VIEW usage AS
    SELECT service, month, stage, amount, volume, bookings FROM steering.usage_by_month
    WHERE service LIKE 'attach.%' ORDER BY 1, 2, 3;

-- attached: its rows count, and what is written from now on
SELECT steering.attach('line', service => 'product', participant => 'town', booked_on => 'day',
                       amount => 'net', volume => 'pieces') > 0 AS attached;
TABLE usage;
SELECT used FROM steering.cap_status WHERE cap_id = :cap;
SELECT * FROM steering.verify();
INSERT INTO line (id, net) VALUES (4, 700);
SELECT relation, service, participant, booked_on, amount, volume, counts_when, stage, unknown FROM steering.source
    WHERE relation = 'line'::regclass;
-- its triggers are ordinary ones that go with the extension
SELECT tgname, tgisinternal, tgenabled, pg_describe_object(refclassid, refobjid, 0), deptype
    FROM pg_trigger JOIN pg_depend ON classid = 'pg_trigger'::regclass AND objid = pg_trigger.oid AND deptype = 'x'
    WHERE tgrelid = 'line'::regclass ORDER BY 1;

-- attached twice
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net');
SELECT steering.detach('line');
SELECT * FROM steering.verify();
TABLE usage;

-- expressions, and one stage beside the other
SELECT steering.attach('line', service => $$CASE WHEN product LIKE 'attach.%' THEN product ELSE 'attach.hr' END$$,
                       participant => $$'attach.' || split_part(town, '.', 2)$$,
                       booked_on => 'coalesce(paid_at::date, day)', amount => 'net * 1.21 - 0.1', volume => '1',
                       counts_when => $$state <> 'draft' AND NOT coalesce('free' = ANY (tags), false)$$,
                       stage => 'commitment', unknown => 'ignore') > 0 AS attached;
TABLE usage;
SELECT service, participant, booked_on, amount, volume, counts_when, stage, unknown FROM steering.source
    WHERE relation = 'line'::regclass;
SELECT service, participant, booked_on, amount, volume, stage FROM steering.booking
    WHERE source = 'attach_test.line' ORDER BY amount;
-- a timestamp, a column in need of quotes, in other search paths
RESET search_path;
INSERT INTO attach_test.line (id, net, paid_at, tags) VALUES (5, 100, '2026-06-30 23:59', NULL), (6, 100, NULL, '{free}');
TABLE attach_test.usage;
SET search_path = attach_test;
SELECT steering.detach('line');
SELECT steering.attach('line', 'product', 'town', 'day', amount => $$"Net 2"::numeric(12,2)$$) > 0 AS attached;
UPDATE line SET "Net 2" = 33.335 WHERE id = 1;
TABLE usage;
SELECT amount FROM steering.source WHERE relation = 'line'::regclass;
SELECT steering.detach('line');

-- dates in it mean the same under any setting
SET datestyle = 'sql, dmy';
SELECT steering.attach('line', 'product', 'town', $$greatest(day, '2026-03-02'::date)$$, amount => 'net') > 0 AS attached;
SET datestyle = iso;
SELECT booked_on FROM steering.source WHERE relation = 'line'::regclass;
SELECT steering.detach('line');

-- a function of the owner's
CREATE FUNCTION product_of(town varchar) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'attach.' || CASE town WHEN 'attach.town' THEN 'hr' END;
SELECT steering.attach('line', 'product_of(town)', 'town', 'day', amount => 'net') > 0 AS attached;
SELECT service FROM steering.source WHERE relation = 'line'::regclass;
TABLE usage;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();
SELECT steering.detach('line');

--
-- Expressions that do not serve.
--
CREATE FUNCTION attach(argument text, expression text) RETURNS integer LANGUAGE sql AS $$
    SELECT steering.attach('attach_test.line',
        service => CASE argument WHEN 'service' THEN expression ELSE 'product' END,
        participant => CASE argument WHEN 'participant' THEN expression ELSE 'town' END,
        booked_on => CASE argument WHEN 'booked_on' THEN expression ELSE 'day' END,
        amount => CASE argument WHEN 'amount' THEN expression ELSE 'net' END,
        volume => CASE argument WHEN 'volume' THEN expression END,
        counts_when => CASE argument WHEN 'counts_when' THEN expression END)
$$;
-- syntax
SELECT attach('amount', 'net *');
SELECT attach('amount', '');
SELECT attach('amount', 'net, pieces');
SELECT attach('amount', 'net AS amount');
SELECT attach('amount', '*');
SELECT attach('amount', 'net FROM line');
SELECT attach('amount', 'net; DROP TABLE line');
SELECT attach('amount', '$1');
-- names
SELECT attach('amount', 'nett');
SELECT attach('amount', 'other.net');
SELECT attach('service', 'gone');
SELECT attach('service', '"........pg.dropped.12........"');
\set VERBOSITY terse
SELECT attach('service', 'no_such_function(product)');
\set VERBOSITY default
SELECT attach('service', 'ctid::text');
SELECT attach('service', 'tableoid::text');
SELECT attach('service', 'line::text');
-- what looks beyond the row
SELECT attach('amount', '(SELECT max(net) FROM line)');
SELECT attach('counts_when', 'EXISTS (SELECT FROM line)');
SELECT attach('amount', 'sum(net)');
SELECT attach('amount', 'row_number() OVER (ORDER BY id)');
SELECT attach('service', 'unnest(tags)');
-- what does not always give the same
SELECT attach('booked_on', 'current_date');
SELECT attach('booked_on', 'now()::date');
SELECT attach('amount', 'net * random()::numeric');
SELECT attach('service', 'to_char(day, ''TMMonth'')');
SELECT attach('service', 'current_user');
CREATE FUNCTION rate() RETURNS numeric LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1.21; END';
SELECT attach('amount', 'net * rate()');
-- types
SELECT attach('amount', '"Net 2"');
SELECT attach('amount', '"Net 2"::real');
SELECT attach('amount', 'product');
SELECT attach('amount', 'net::money');
SELECT attach('volume', 'state');
SELECT attach('booked_on', 'sent_at');
SELECT attach('booked_on', 'product');
SELECT attach('booked_on', 'id');
SELECT attach('service', 'tags');
SELECT attach('counts_when', 'net');
SELECT attach('counts_when', 'state');

--
-- Arguments that do not serve.
--
SELECT steering.attach(NULL, 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line', NULL, 'town', 'day', amount => 'net');
SELECT steering.attach('line', 'product', NULL, 'day', amount => 'net');
SELECT steering.attach('line', 'product', 'town', NULL, amount => 'net');
SELECT steering.attach('line', 'product', 'town', 'day');
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', stage => 'planned');
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', stage => NULL);
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', unknown => 'Ignore');
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', unknown => NULL);
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', accept_overrun => NULL);
SELECT steering.attach('no_such_table', 'product', 'town', 'day', amount => 'net');

--
-- Relations that do not serve.
--
CREATE VIEW line_view AS SELECT * FROM line;
CREATE MATERIALIZED VIEW line_matview AS SELECT * FROM line;
CREATE TEMP TABLE line_temp AS SELECT * FROM line;
CREATE UNLOGGED TABLE line_unlogged AS SELECT * FROM line;
CREATE FOREIGN DATA WRAPPER attach_test_wrapper;
CREATE SERVER attach_test_server FOREIGN DATA WRAPPER attach_test_wrapper;
CREATE FOREIGN TABLE line_foreign (product text, town text, day date, net numeric) SERVER attach_test_server;
CREATE SEQUENCE line_sequence;
CREATE TYPE line_type AS (product text);
SELECT steering.attach('line_view', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line_matview', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('pg_temp.line_temp', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line_unlogged', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line_foreign', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line_sequence', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line_pkey', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line_type', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('pg_class', 'relname', 'relname', 'relname', amount => 'relpages');
SELECT steering.attach('information_schema.sql_features', 'feature_id', 'feature_id', 'feature_id', amount => '1');
SELECT steering.attach('steering.event_log', 'service', 'participant', 'recorded_at', amount => 'amount');
SELECT steering.attach('steering.cap', 'metric', 'metric', 'metric', amount => 'amount');
-- parts of a table that is to be attached instead
CREATE TABLE parted (LIKE line) PARTITION BY LIST (product);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN ('attach.ict') PARTITION BY LIST (town);
CREATE TABLE parted_1_1 PARTITION OF parted_1 DEFAULT;
SELECT steering.attach('parted_1_1', 'product', 'town', 'day', amount => 'net');
CREATE TABLE line_child () INHERITS (line);
SELECT steering.attach('line_child', 'product', 'town', 'day', amount => 'net');
-- a part that cannot be counted
CREATE TEMP TABLE line_temp_child () INHERITS (line);
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net');
DROP TABLE line_temp_child;
-- a table that a query of this session is using
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net') FROM line;

--
-- Rows that do not serve.
--
INSERT INTO line (id, net) VALUES (7, 1000);
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', accept_overrun => true) > 0 AS attached;
SELECT used, blocks_at, headroom FROM steering.cap_status WHERE cap_id = :cap;
SELECT problem, detail = format('The budget cap of service "attach.ict" for participant "attach.town" blocks above 1000.0000, and %s is used.', used)
    FROM steering.health(), steering.cap_status WHERE subject = 'cap ' || :cap AND cap_id = :cap;
SELECT steering.detach('line');
UPDATE line SET town = 'attach.nowhere', net = 1 WHERE id = 7;
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net');
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', unknown => 'ignore') > 0 AS attached;
SELECT problem, detail FROM steering.health();
SELECT steering.detach('line');
UPDATE line SET town = 'attach.town', net = 1e15 WHERE id = 7;
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', accept_overrun => true);
DELETE FROM line WHERE id = 7;

-- none of these left a trace
SELECT * FROM steering.source;
SELECT * FROM steering.source_table;
SELECT tgrelid::regclass FROM pg_trigger WHERE tgfoid = 'steering.book'::regproc;
SELECT * FROM steering.usage_cell;
SELECT * FROM steering.health();

--
-- Who may: the owner of the table with the right to call the function, and nobody without.
--
CREATE ROLE regress_attach_owner;
CREATE ROLE regress_attach_steward;
GRANT USAGE, CREATE ON SCHEMA attach_test TO regress_attach_owner, regress_attach_steward;
CREATE TABLE owned (LIKE line INCLUDING DEFAULTS);
ALTER TABLE owned OWNER TO regress_attach_owner;
INSERT INTO owned (id, net) VALUES (1, 10);
GRANT EXECUTE ON FUNCTION steering.attach, steering.detach, steering.reattach TO regress_attach_steward;
SET ROLE regress_attach_owner;
SELECT steering.attach('owned', 'product', 'town', 'day', amount => 'net');
SET ROLE regress_attach_steward;
SELECT steering.attach('owned', 'product', 'town', 'day', amount => 'net');
RESET ROLE;
GRANT regress_attach_owner TO regress_attach_steward;
SET ROLE regress_attach_steward;
SELECT steering.attach('owned', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
INSERT INTO owned (id, net) VALUES (2, 20);
RESET ROLE;
TABLE usage;
REVOKE regress_attach_owner FROM regress_attach_steward;
SET ROLE regress_attach_steward;
SELECT steering.detach('owned');
SELECT steering.reattach('owned');
RESET ROLE;
-- the owner's function is run with the owner's rights, whoever has it run
CREATE FUNCTION spy(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF current_user <> 'regress_attach_owner' THEN
        RAISE EXCEPTION 'evaluated as %', current_user;
    END IF;
    RETURN $1;
END
$$;
SELECT steering.detach('owned');
DELETE FROM owned WHERE id = 2;
SELECT steering.attach('owned', 'spy(product)', $$spy('attach.town')$$, 'day', amount => 'net') > 0 AS attached;
SELECT * FROM steering.verify();
SELECT * FROM steering.health();
ALTER TABLE owned ADD COLUMN extra integer;
ALTER TABLE owned ALTER COLUMN net TYPE numeric(12,2);
SELECT steering.detach('owned');

SELECT * FROM steering.verify();
SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA attach_test CASCADE;
DROP FOREIGN DATA WRAPPER attach_test_wrapper CASCADE;
DROP TABLE line_temp;
RESET client_min_messages;
REVOKE EXECUTE ON FUNCTION steering.attach, steering.detach, steering.reattach FROM regress_attach_steward;
DROP ROLE regress_attach_owner, regress_attach_steward;
DELETE FROM steering.service WHERE code LIKE 'attach.%';
DELETE FROM steering.participant WHERE code LIKE 'attach.%';
