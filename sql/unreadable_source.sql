-- A source that cannot be read, since its mapping fails at a row or its owner has lost a right, is told by health(), and
-- stops nobody else: the others are verified, repaired, listed and counted; what is stored of it stays as it is.
\set VERBOSITY terse
SET datestyle = ISO;
CREATE SCHEMA unread_test;
SET search_path = unread_test;
CREATE ROLE regress_sp71_sound;
CREATE ROLE regress_sp71_odd;
GRANT USAGE, CREATE ON SCHEMA unread_test TO regress_sp71_sound, regress_sp71_odd;
GRANT EXECUTE ON FUNCTION steering.attach, steering.detach, steering.reattach TO regress_sp71_sound, regress_sp71_odd;
INSERT INTO steering.participant (code, parent, name, reader) VALUES
	('unread.group', NULL, 'Group', NULL), ('unread.town', 'unread.group', 'Town', 'regress_sp71_sound');
INSERT INTO steering.service (code, name) VALUES ('unread.ict', 'ICT'), ('unread.desk', 'Desk');
SELECT steering.set_cap('unread.ict', 'unread.group', 'budget', '[2026-01-01,2027-01-01)', 1000) AS year_cap \gset
SELECT steering.set_cap('unread.ict', 'unread.group', 'budget', '[2026-02-01,2026-02-11)', 1000) AS part_cap \gset

SET ROLE regress_sp71_sound;
CREATE TABLE sound (service text DEFAULT 'unread.ict', town text DEFAULT 'unread.town', day date DEFAULT '2026-02-02', net numeric);
SELECT steering.attach('sound', 'service', 'town', 'day', 'net') > 0 AS attached;
INSERT INTO sound (net) VALUES (100);
SET ROLE regress_sp71_odd;
CREATE TABLE state (says text);
INSERT INTO state VALUES ('fine');
-- What a function says is no matter of its row alone: it lies in saying IMMUTABLE.
CREATE FUNCTION fails(net numeric) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	says text;
BEGIN
	says := (SELECT state.says FROM unread_test.state);
	IF net = 7 AND says LIKE '_____' THEN
		RAISE EXCEPTION 'no answer for %', net USING ERRCODE = says;
	ELSIF says = 'sleep' THEN
		PERFORM pg_sleep(600);
	END IF;
	RETURN true;
END
$$;
CREATE TABLE odd (service text DEFAULT 'unread.ict', town text DEFAULT 'unread.town', day date DEFAULT '2026-02-02', net numeric);
SELECT steering.attach('odd', 'service', 'town', 'day', 'net', counts_when => 'unread_test.fails(net)', unknown => 'ignore') > 0 AS attached;
INSERT INTO odd (net) VALUES (1), (2), (7), (4);
INSERT INTO odd (day, net) VALUES ('2026-02-20', -3), ('2026-03-01', 50);
RESET ROLE;
CREATE VIEW usage AS SELECT valid_to, used FROM steering.cap_status WHERE service = 'unread.ict' ORDER BY cap_id;
CREATE VIEW ill AS SELECT subject, problem, detail ~ '^no answer for 7\..*fails\(numeric\) line \d+ at RAISE' AS says_why FROM steering.health() WHERE subject LIKE 'unread_test.%';
TABLE usage;
SELECT * FROM steering.verify();
TABLE ill;

-- It fails at the third of six rows. Errors that say that the server is in need are no exception: a function can raise any.
UPDATE state SET says = 'P0001';
TABLE ill;
SELECT what, source, measure, stored, actual FROM steering.verify();
SELECT source, sum(amount), count(*) FROM steering.booking GROUP BY source ORDER BY source;
UPDATE state SET says = '57014';
TABLE ill;
SELECT what, source, measure, stored, actual FROM steering.verify();
UPDATE state SET says = '53200';
TABLE ill;
SELECT source, count(*) FROM steering.booking GROUP BY source ORDER BY source;
UPDATE state SET says = '40001';
BEGIN ISOLATION LEVEL REPEATABLE READ;
SAVEPOINT s;
SELECT source, count(*) FROM steering.booking GROUP BY source ORDER BY source;
DO $$
BEGIN
	PERFORM FROM steering.verify();
	RAISE division_by_zero;
EXCEPTION WHEN OTHERS THEN
	RAISE NOTICE 'caught % with %', SQLSTATE, (SELECT count(*) FROM steering.booking);
END
$$;
ROLLBACK TO s;
SELECT source, count(*) FROM steering.booking GROUP BY source ORDER BY source;
COMMIT;
-- strictly read it is an error still
SELECT count(*) FROM steering.booking_scan(NULL, NULL);

-- What is wrong elsewhere is found and mended, for caps too; of a cap over a part of a month with bookings of it nothing is said.
ALTER TABLE sound DISABLE TRIGGER USER;
INSERT INTO sound (net) VALUES (10);
ALTER TABLE sound ENABLE TRIGGER USER;
UPDATE steering.cap_counter SET used = used + 5 WHERE cap_id IN (:year_cap, :part_cap);
SELECT what, source, measure, stored, actual FROM steering.verify();
SELECT what, source, measure, stored, actual FROM steering.repair();
SELECT what, source, measure, stored, actual FROM steering.verify();
TABLE usage;
UPDATE state SET says = 'fine';
SELECT what, source, measure, stored, actual FROM steering.repair();
SELECT * FROM steering.verify();
TABLE usage;

-- A new cap over a part of a month counts it with the whole month; where it has no bookings it is not looked at.
UPDATE state SET says = 'P0001';
SELECT steering.set_cap('unread.ict', 'unread.town', 'budget', '[2026-02-01,2026-02-11)', 1000);
\set VERBOSITY default
SELECT steering.set_cap('unread.ict', 'unread.town', 'budget', '[2026-02-02,2026-03-01)', 110);
\set VERBOSITY terse
SELECT steering.set_cap('unread.ict', 'unread.town', 'budget', '[2026-02-01,2026-02-11)', 1000, accept_overrun => true) AS new_cap \gset
SELECT used FROM steering.cap_status WHERE cap_id = :new_cap;
INSERT INTO sound (net) VALUES (1);
BEGIN;
DELETE FROM sound WHERE net = 100;
SELECT used FROM steering.cap_status WHERE cap_id = :new_cap;
ROLLBACK;
-- one booking in the month is no more than what it comes to; neither are those of a cap over the whole month
SELECT steering.set_cap('unread.ict', 'unread.town', 'budget', '[2026-03-02,2026-04-01)', 60) AS other_cap \gset
SELECT used FROM steering.cap_status WHERE cap_id = :other_cap;
SELECT steering.set_cap('unread.ict', 'unread.town', 'budget', '[2026-02-01,2026-04-01)', 1000) AS whole_cap \gset
SELECT used FROM steering.cap_status WHERE cap_id = :whole_cap;
SELECT steering.set_cap('unread.desk', 'unread.town', 'budget', '[2026-02-01,2026-02-11)', 10) AS desk_cap \gset
SELECT steering.set_cap('unread.ict', 'unread.town', 'budget', '[2026-04-01,2026-04-11)', 10) AS april_cap \gset
SELECT what, source, measure, stored, actual FROM steering.verify();
UPDATE state SET says = 'fine';
SELECT what, measure, stored, actual FROM steering.repair();
SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:new_cap, :other_cap, :whole_cap, :desk_cap, :april_cap]) AS cap;

-- Outlooks take it with the whole month.
SELECT actual FROM steering.outlook('2026-02-15', 'run_rate', '2026') WHERE service = 'unread.ict' AND participant = 'unread.town';
UPDATE state SET says = 'P0001';
SELECT actual FROM steering.outlook('2026-02-15', 'run_rate', '2026') WHERE service = 'unread.ict' AND participant = 'unread.town';
SELECT used FROM steering.cap_outlook('2026-02-15') WHERE cap_id = :year_cap;
SELECT actual FROM steering.outlook('2026-02-28', 'run_rate', '2026') WHERE service = 'unread.ict' AND participant = 'unread.town';

-- The registers: a range that ends in a month with bookings of it is refused, since these may lie outside; others are not.
UPDATE steering.service SET during = '[2026-02-01,2026-03-10)' WHERE code = 'unread.ict';
UPDATE steering.service SET during = '[2026-02-01,2026-04-01)' WHERE code = 'unread.ict';
UPDATE steering.service SET during = '(,)' WHERE code = 'unread.ict';
-- a row of it is ignored, and its service comes: it stays ignored until the source can be read
INSERT INTO odd (service, net) VALUES ('unread.new', 1000);
INSERT INTO steering.service (code, name) VALUES ('unread.new', 'New');
SELECT service, sum(bookings) FROM steering.usage_by_month WHERE service LIKE 'unread.%' GROUP BY service ORDER BY service;
UPDATE state SET says = 'fine';
SELECT what, service, measure, stored, actual FROM steering.verify();
SELECT count(*) FROM steering.repair();
SELECT * FROM steering.verify();

-- DDL of others: a cap over a part of a month with bookings of it keeps what it has if they
-- come to the same as before, and else is full: how much of it is used, nobody knows
UPDATE state SET says = 'P0001';
SET ROLE regress_sp71_sound;
ALTER TABLE sound ALTER net TYPE numeric(14,4);
RESET ROLE;
TABLE usage;
SET ROLE regress_sp71_sound;
ALTER TABLE sound ALTER net TYPE numeric(14,2) USING net + 1;
SELECT source, sum(amount) FROM steering.booking GROUP BY source ORDER BY source;
RESET ROLE;
TABLE usage;

-- The owner has lost the right to call the function; the timeout of who asks ends a function that sleeps.
UPDATE state SET says = 'fine';
ALTER FUNCTION fails(numeric) OWNER TO CURRENT_USER;
REVOKE EXECUTE ON FUNCTION fails(numeric) FROM PUBLIC;
SELECT subject, problem, detail FROM steering.health() WHERE subject LIKE 'unread_test.%' AND problem = 'rows unreadable';
SELECT what, source, measure, stored, actual FROM steering.verify();
GRANT EXECUTE ON FUNCTION fails(numeric) TO PUBLIC;
ALTER FUNCTION fails(numeric) OWNER TO regress_sp71_odd;
SELECT what, measure, stored, actual FROM steering.verify();
UPDATE state SET says = 'sleep';
SET statement_timeout = '300ms';
SELECT * FROM steering.verify();
SELECT count(*) FROM steering.booking;
SELECT count(*) FROM steering.health();
RESET statement_timeout;

-- It can be let go of, and is gone then.
UPDATE state SET says = 'P0001';
SELECT steering.detach('odd');
SELECT * FROM steering.verify();
TABLE usage;
SELECT steering.detach('sound');
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'unread.%';
SET client_min_messages = warning;
DROP SCHEMA unread_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'unread.%';
DELETE FROM steering.participant WHERE code = 'unread.town';
DELETE FROM steering.participant WHERE code = 'unread.group';
REVOKE ALL ON FUNCTION steering.attach, steering.detach, steering.reattach FROM regress_sp71_sound, regress_sp71_odd;
DROP ROLE regress_sp71_sound, regress_sp71_odd;
SELECT * FROM steering.verify();
