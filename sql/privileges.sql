-- A finance role needs no grant on anything of steering to book and to be refused, and gets at nothing
-- of it. Figures are for those who may read them. No search_path, and no function of somebody else,
-- changes what the engine does or runs with its rights.
\set VERBOSITY terse
CREATE SCHEMA privileges_test;
SET search_path = privileges_test;
CREATE ROLE regress_sp71_owner;         -- owns the finance tables, may attach them
CREATE ROLE regress_sp71_clerk;         -- may insert into one of them
CREATE ROLE regress_sp71_controller;    -- sets caps
CREATE ROLE regress_sp71_town;          -- reads the figures of the town
CREATE ROLE regress_sp71_region;        -- reads those of the region and all in it
CREATE ROLE regress_sp71_auditor;       -- reads everything
GRANT USAGE ON SCHEMA privileges_test TO PUBLIC;
GRANT CREATE ON SCHEMA privileges_test TO regress_sp71_owner;
GRANT EXECUTE ON FUNCTION steering.attach, steering.detach TO regress_sp71_owner;
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.drop_cap TO regress_sp71_controller;
GRANT SELECT ON steering.cap TO regress_sp71_auditor;

INSERT INTO steering.participant (code, parent, name, reader) VALUES
    ('priv.region', NULL, 'Region', 'regress_sp71_region'),
    ('priv.town', 'priv.region', 'Town', 'regress_sp71_town'),
    ('priv.city', 'priv.region', 'City', NULL),
    ('priv.abroad', NULL, 'Abroad', NULL);
INSERT INTO steering.service (code, name) VALUES ('priv.ict', 'ICT');
-- Runs a statement and shows what its error says; a cap's id is shown as N.
CREATE FUNCTION refusal(statement text) RETURNS TABLE (code text, message text, detail text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT '00000', 'not refused', '';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    detail := regexp_replace(detail, 'Cap \d+', 'Cap N', 'g');
    RETURN NEXT;
END
$$;

-- the controller sets caps, and that is all
SET ROLE regress_sp71_controller;
SELECT steering.set_cap('priv.ict', 'priv.town', 'budget', '[2026-01-01,2027-01-01)', 1000, '80% notify, 100% block') AS town_cap \gset
SELECT steering.set_cap('priv.ict', 'priv.city', 'budget', '[2026-01-01,2027-01-01)', 1000, '80% notify, 100% block') AS city_cap \gset
SELECT steering.set_cap('priv.ict', 'priv.region', 'budget', '[2026-01-01,2027-01-01)', 1500, '80% notify, 100% block') AS region_cap \gset
SELECT steering.set_cap('priv.ict', 'priv.abroad', 'budget', '[2026-01-01,2027-01-01)', 10, '80% notify, 100% block') AS abroad_cap \gset
UPDATE steering.cap SET amount = 5000;
INSERT INTO steering.participant (code, name) VALUES ('priv.new', 'New');
SELECT count(*) FROM steering.cap_status;
RESET ROLE;

-- the owner attaches its own tables, and no other
CREATE TABLE not_mine (town text, day date, net numeric);
GRANT ALL ON not_mine TO regress_sp71_owner;
SET ROLE regress_sp71_owner;
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY, town text DEFAULT 'priv.town', day date DEFAULT '2026-05-01', net numeric);
CREATE TABLE hidden (town text DEFAULT 'priv.town', day date DEFAULT '2026-05-01', net numeric);
SELECT steering.attach('line', $$'priv.ict'$$, 'town', 'day', 'net') > 0 AS attached;
SELECT steering.attach('hidden', $$'priv.ict'$$, 'town', 'day', 'net', stage => 'commitment') > 0 AS attached;
SELECT steering.attach('not_mine', $$'priv.ict'$$, 'town', 'day', 'net');
SELECT steering.attach('pg_catalog.pg_class', $$'priv.ict'$$, 'relname::text', $$date '2026-01-01'$$, '1');
SELECT steering.set_cap('priv.ict', 'priv.town', 'budget', '[2026-01-01,2027-01-01)', 5000);
GRANT INSERT ON line TO regress_sp71_clerk;
RESET ROLE;

-- the clerk books and is refused, and does not learn the figures
SET ROLE regress_sp71_clerk;
INSERT INTO line (net) VALUES (600);
INSERT INTO line (town, net) VALUES ('priv.city', 300), ('priv.abroad', 9);
INSERT INTO line (net) VALUES (400.0001);
SELECT * FROM refusal('INSERT INTO line (net) VALUES (400.0001)');
SELECT * FROM refusal($$INSERT INTO line (town, net) VALUES ('priv.nowhere', 1)$$);
SELECT net FROM line;
-- and gets at nothing
CREATE FUNCTION pg_temp.reach(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n || ' rows: ' || statement;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
\pset tuples_only on
\pset format unaligned
-- of all tables, views and sequences it may read these, and sees nothing in them; closings and reopenings are for everyone, and what acts there are
SELECT answer FROM pg_class, pg_temp.reach(format('SELECT * FROM steering.%I', relname)) AS answer
    WHERE relnamespace = 'steering'::regnamespace AND relkind IN ('r', 'v', 'S') AND relname NOT IN ('closing_event', 'act') AND answer NOT LIKE '42501 %' ORDER BY relname COLLATE "C";
-- and may do none of this to any table
SELECT answer FROM pg_class, unnest('{INSERT INTO steering.%I DEFAULT VALUES,DELETE FROM steering.%I,TRUNCATE steering.%I CASCADE,LOCK TABLE steering.%I IN ROW EXCLUSIVE MODE}'::text[]) AS deed,
        pg_temp.reach(format(deed, relname)) AS answer
    WHERE relnamespace = 'steering'::regnamespace AND relkind = 'r' AND answer NOT LIKE '42501 %';
SELECT pg_temp.reach($$SELECT steering.set_cap('priv.ict', 'priv.town', 'budget', '[2026-01-01,2027-01-01)', 5000)$$);
SELECT pg_temp.reach($$SELECT steering.drop_cap(1)$$);
SELECT pg_temp.reach($$SELECT steering.spread_cap(1)$$);
SELECT pg_temp.reach($$SELECT steering.attach('line', 'town', 'town', 'day', 'net')$$);
SELECT pg_temp.reach($$SELECT steering.detach('line')$$);
SELECT pg_temp.reach($$SELECT steering.verify()$$);
SELECT pg_temp.reach($$SELECT steering.repair()$$);
SELECT pg_temp.reach($$SELECT steering.health()$$);
SELECT pg_temp.reach($$SELECT * FROM steering.booking_scan(NULL, NULL)$$);
SELECT pg_temp.reach($$SELECT * FROM steering.check_booking('priv.ict', 'priv.town', '2026-05-01', 1)$$);
SELECT pg_temp.reach($$CREATE TABLE steering.mine ()$$);
SELECT pg_temp.reach($$CREATE TRIGGER t AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION steering.book()$$);
CREATE TEMPORARY TABLE my_own (town text);
SELECT pg_temp.reach($$CREATE TRIGGER t AFTER INSERT ON my_own FOR EACH STATEMENT EXECUTE FUNCTION steering.book()$$);
SELECT pg_temp.reach($$ALTER EXTENSION sp71_steering UPDATE$$);
SELECT pg_temp.reach($$DROP EXTENSION sp71_steering$$);
SELECT pg_temp.reach($$DROP TRIGGER sp71_steering_insert ON line$$);
SELECT pg_temp.reach($$SET session_replication_role = replica$$);
\pset tuples_only off
\pset format aligned
DROP TABLE my_own;
DROP FUNCTION pg_temp.reach;
RESET ROLE;
-- an application's function that books in the name of the owner; the clerk of it may do nothing else
CREATE FUNCTION book(net numeric) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = privileges_test AS
    'INSERT INTO hidden (net) VALUES ($1)';
ALTER FUNCTION book OWNER TO regress_sp71_owner;
SET ROLE regress_sp71_clerk;
SELECT book(300);
SELECT * FROM refusal('SELECT privileges_test.book(100.0001)');
RESET ROLE;

-- readers: the town sees itself; the region itself, the town and the city; the auditor all
CREATE VIEW used AS SELECT * FROM steering.cap_status;
CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.000001 AS $$
BEGIN
    RAISE NOTICE 'sees %', $1;
    RETURN false;
END
$$;
SET ROLE regress_sp71_town;
SELECT participant, amount, used, headroom, step FROM steering.cap_status ORDER BY participant;
SELECT service, participant, month, stage, amount, bookings FROM steering.usage_by_month ORDER BY participant, stage;
SELECT kind, participant, used FROM steering.event WHERE kind = 'notify' ORDER BY event_id;
SELECT participant, used, after, headroom, verdict FROM steering.check_booking('priv.ict', 'priv.town', '2026-05-01', 100) ORDER BY participant;
SELECT count(*) FROM steering.check_booking('priv.ict', 'priv.city', '2026-05-01', 100);
SELECT count(*) FROM steering.cap;
SELECT * FROM steering.cap_status WHERE leak(participant);
SELECT * FROM steering.usage_by_month WHERE leak(participant);
SELECT * FROM steering.booking WHERE leak(participant);
SELECT * FROM steering.spent_by_source WHERE leak(participant);
SELECT event_id FROM steering.event WHERE leak(participant || ' ' || kind) ORDER BY event_id;
SET ROLE regress_sp71_region;
SELECT participant, amount, used, headroom, step FROM steering.cap_status ORDER BY participant;
SELECT service, participant, month, stage, amount, bookings FROM steering.usage_by_month ORDER BY participant, stage;
SELECT participant, used, verdict FROM steering.check_booking('priv.ict', 'priv.town', '2026-05-01', 100) ORDER BY participant;
SELECT participant, used, verdict FROM steering.check_booking('priv.ict', 'priv.city', '2026-05-01', 1000) ORDER BY participant;
SET ROLE regress_sp71_auditor;
SELECT participant, used FROM steering.cap_status WHERE service = 'priv.ict' ORDER BY participant;
RESET ROLE;
-- the bookings of its participant, from every source, though it has no right on the tables
SET ROLE regress_sp71_town;
SELECT source, participant, amount FROM steering.booking ORDER BY amount;
SELECT count(*) FROM line;
RESET ROLE;
-- a member of a reader is a reader; a refusal tells its figures to readers
GRANT regress_sp71_town TO regress_sp71_clerk;
SET ROLE regress_sp71_clerk;
SELECT participant, used FROM steering.cap_status ORDER BY participant;
SELECT * FROM refusal('INSERT INTO line (net) VALUES (100.0001)');
SELECT * FROM refusal($$INSERT INTO line (town, net) VALUES ('priv.city', 701)$$);
SELECT * FROM refusal($$INSERT INTO line (town, net) VALUES ('priv.abroad', 2)$$);
RESET ROLE;
REVOKE regress_sp71_town FROM regress_sp71_clerk;
-- a reader's right ends with its entry
UPDATE steering.participant SET reader = NULL WHERE code = 'priv.town';
SET ROLE regress_sp71_town;
SELECT count(*) FROM steering.cap_status;
RESET ROLE;

-- detaching is the owner's too
SET ROLE regress_sp71_clerk;
SELECT * FROM refusal($$SELECT steering.detach('line')$$);
RESET ROLE;
GRANT EXECUTE ON FUNCTION steering.detach TO regress_sp71_clerk;
SET ROLE regress_sp71_clerk;
SELECT * FROM refusal($$SELECT steering.detach('line')$$);
RESET ROLE;
REVOKE EXECUTE ON FUNCTION steering.detach FROM regress_sp71_clerk;

-- traps on the search_path: whoever steps into one fails
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
DO $$
DECLARE
    type text;
    operator text;
BEGIN
    FOREACH type IN ARRAY ARRAY['integer', 'bigint', 'text', 'date', 'numeric', 'boolean', 'regclass', 'oid', 'name', 'steering.amount'] LOOP
        EXECUTE format('CREATE FUNCTION trap.compare(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql AS %2$L', type,
                       'BEGIN RAISE EXCEPTION ''trapped''; END');
        FOREACH operator IN ARRAY ARRAY['=', '<>', '<', '<=', '>', '>='] LOOP
            EXECUTE format('CREATE OPERATOR trap.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = trap.compare)', operator, type);
        END LOOP;
        EXECUTE format('CREATE FUNCTION trap.compute(%1$s, %1$s) RETURNS %1$s LANGUAGE plpgsql AS %2$L', type,
                       'BEGIN RAISE EXCEPTION ''trapped''; END');
        FOREACH operator IN ARRAY ARRAY['+', '-', '||'] LOOP
            EXECUTE format('CREATE OPERATOR trap.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = trap.compute)', operator, type);
        END LOOP;
        EXECUTE format('CREATE AGGREGATE trap.sum(%1$s) (SFUNC = trap.compute, STYPE = %1$s)', type);
        EXECUTE format('CREATE AGGREGATE trap.max(%1$s) (SFUNC = trap.compute, STYPE = %1$s)', type);
    END LOOP;
    FOREACH type IN ARRAY ARRAY['lower(daterange)', 'upper(daterange)', 'isempty(daterange)', 'upper(text)', 'lower(text)',
        'round(numeric, integer)', 'format(text, text)', 'unnest(integer[])', 'clock_timestamp()', 'pg_has_role(oid, text)',
        'has_table_privilege(oid, text)', 'to_regclass(text)', 'pg_get_expr(pg_node_tree, oid)'] LOOP
        EXECUTE format('CREATE FUNCTION trap.%s RETURNS text LANGUAGE plpgsql AS %L', type, 'BEGIN RAISE EXCEPTION ''trapped''; END');
    END LOOP;
END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA trap TO PUBLIC;
CREATE TEMPORARY TABLE cap (cap_id integer, trapped text);
CREATE TEMPORARY TABLE cap_counter (LIKE cap);
CREATE TEMPORARY TABLE usage_cell (LIKE cap);
CREATE TEMPORARY TABLE participant (LIKE cap);
CREATE TEMPORARY TABLE service (LIKE cap);
CREATE TEMPORARY TABLE source (LIKE cap);
CREATE TEMPORARY TABLE event (LIKE cap);
CREATE TEMPORARY TABLE pg_class (LIKE cap);
SET search_path = pg_temp, trap, pg_catalog;
-- the trap works
SELECT 1 = 1;
-- and the engine does not fall into it
INSERT INTO privileges_test.line (net) VALUES (50), (10);
UPDATE privileges_test.line SET net = net WHERE net OPERATOR(pg_catalog.=) 50;
INSERT INTO privileges_test.line (net) VALUES (40.0001);
DELETE FROM privileges_test.line WHERE net OPERATOR(pg_catalog.=) 10;
SELECT steering.set_cap('priv.ict', 'priv.town', 'budget', '[2026-01-01,2027-01-01)', 1100) OPERATOR(pg_catalog.=) :town_cap AS revised;
SELECT steering.set_cap('priv.ict', 'priv.town', 'budget', '[2026-05-01,2026-05-10)', 1100) AS part_cap \gset
SELECT used, headroom, step FROM steering.cap_status WHERE cap_id OPERATOR(pg_catalog.=) :part_cap;
SELECT used, verdict FROM steering.check_booking('priv.ict', 'priv.town', '2026-05-01', 100) WHERE cap_id OPERATOR(pg_catalog.=) :part_cap;
SELECT pg_catalog.count(*) FROM steering.booking WHERE participant OPERATOR(pg_catalog.=) 'priv.town';
SELECT bookings FROM steering.usage_by_month WHERE participant OPERATOR(pg_catalog.=) 'priv.town' AND stage OPERATOR(pg_catalog.=) 'actual';
SELECT pg_catalog.count(*) FROM steering.spread_cap(:town_cap, 'quarter', '{97,1,1,1}');
INSERT INTO steering.service (code, parent, name) VALUES ('priv.ict.phone', 'priv.ict', 'Phone');
UPDATE steering.participant SET parent = NULL WHERE code OPERATOR(pg_catalog.=) 'priv.city';
UPDATE steering.participant SET parent = 'priv.region' WHERE code OPERATOR(pg_catalog.=) 'priv.city';
SELECT steering.detach('privileges_test.hidden');
SELECT steering.attach('privileges_test.hidden', $$'priv.ict'$$, 'town', 'day', 'net') OPERATOR(pg_catalog.>) 0 AS attached;
SELECT * FROM steering.verify();
SELECT * FROM steering.repair();
SELECT subject, problem FROM steering.health() WHERE subject LIKE 'privileges_test.%';
SELECT steering.drop_cap(:part_cap);
TRUNCATE privileges_test.hidden;
ALTER TABLE privileges_test.hidden ADD COLUMN remark text;
SET search_path = privileges_test;
DROP TABLE pg_temp.cap, pg_temp.cap_counter, pg_temp.usage_cell, pg_temp.participant, pg_temp.service, pg_temp.source,
    pg_temp.event, pg_temp.pg_class;
SELECT participant, valid_to, amount, used FROM steering.cap_status WHERE service = 'priv.ict' ORDER BY participant, valid_to;
-- a mapping means what it meant when it was attached: its operators are stored by their full name
CREATE TABLE status_line (status text, net numeric);
SELECT steering.attach('status_line', $$'priv.ict'$$, $$'priv.town'$$, $$date '2026-05-01'$$, 'net', counts_when => $$status <> 'draft'$$) > 0 AS attached;
SET search_path = trap, pg_catalog;
INSERT INTO privileges_test.status_line VALUES ('draft', 5000), ('approved', 5);
SET search_path = privileges_test;
SELECT participant, used FROM steering.cap_status WHERE cap_id = :town_cap;
SELECT steering.detach('status_line');

-- the owner's function in a mapping does not run with a superuser's rights when the superuser attaches,
-- verifies, repairs, sets a cap, truncates or detaches
SET ROLE regress_sp71_owner;
CREATE FUNCTION town_of(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE EXCEPTION 'runs with the rights of %', current_user;
    END IF;
    RETURN 'priv.' || $1;
END
$$;
CREATE TABLE sly (town text, day date, net numeric);
INSERT INTO sly VALUES ('town', '2026-05-05', 1);
RESET ROLE;
SELECT steering.attach('sly', $$'priv.ict'$$, 'town_of(town)', 'day', 'net') > 0 AS attached;
SELECT * FROM steering.verify();
SELECT * FROM steering.repair();
SELECT count(*) FROM steering.health() WHERE subject LIKE '%sly%';
SELECT steering.set_cap('priv.ict', 'priv.town', 'budget', '[2026-05-03,2026-05-10)', 1000) AS part_cap \gset
SELECT used FROM steering.cap_status WHERE cap_id = :part_cap;
SELECT amount FROM steering.booking WHERE source = 'privileges_test.sly';
SELECT steering.drop_cap(:part_cap);
SET ROLE regress_sp71_owner;
INSERT INTO sly VALUES ('town', '2026-05-06', 2);
RESET ROLE;
BEGIN;
TRUNCATE sly;
ROLLBACK;
SELECT steering.detach('sly');
-- nor when the planner could compute the function beforehand, in a session that has not met the table yet
SET ROLE regress_sp71_owner;
SELECT steering.attach('sly', $$'priv.ict'$$, $$town_of('town')$$, 'day', 'net') > 0 AS attached;
RESET ROLE;
\c -
SET search_path = privileges_test;
SELECT * FROM steering.verify();
\c -
SET search_path = privileges_test;
SELECT amount FROM steering.booking WHERE source = 'privileges_test.sly' ORDER BY amount;
\c -
SET search_path = privileges_test;
SELECT count(*) FROM steering.health() WHERE subject LIKE '%sly%';
\c -
SET search_path = privileges_test;
TRUNCATE sly;
\c -
SET search_path = privileges_test;
SELECT steering.detach('sly');
SELECT steering.attach('sly', $$'priv.ict'$$, $$town_of('town')$$, 'day', 'net') > 0 AS attached;
SELECT steering.detach('sly');

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT steering.detach('hidden');
SELECT count(steering.drop_cap(cap_id)) FROM (SELECT cap_id FROM steering.cap_status WHERE service LIKE 'priv.%') AS cap;
SET client_min_messages = warning;
DROP SCHEMA privileges_test, trap CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'priv.%';
DELETE FROM steering.participant WHERE code LIKE 'priv.%';
REVOKE ALL ON FUNCTION steering.attach, steering.detach FROM regress_sp71_owner;
REVOKE ALL ON FUNCTION steering.set_cap, steering.drop_cap FROM regress_sp71_controller;
REVOKE ALL ON steering.cap FROM regress_sp71_auditor;
DROP ROLE regress_sp71_owner, regress_sp71_clerk, regress_sp71_controller, regress_sp71_town, regress_sp71_region, regress_sp71_auditor;
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
