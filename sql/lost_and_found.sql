-- A source whose table is dropped is lost: whoever drops it is warned, and an event keeps the mapping. A new table of
-- that name is told by health(); reattach() attaches it as the old one was, or a setting does as soon as it is there.
\set VERBOSITY terse
CREATE SCHEMA lost_test;
CREATE ROLE regress_lost_owner;
CREATE ROLE regress_lost_other;
GRANT ALL ON SCHEMA lost_test TO regress_lost_owner, regress_lost_other;
GRANT USAGE ON SCHEMA steering TO regress_lost_owner, regress_lost_other;
GRANT EXECUTE ON FUNCTION steering.attach, steering.reattach, steering.detach TO regress_lost_owner, regress_lost_other;
SET search_path = lost_test;
INSERT INTO steering.participant (code, name) VALUES ('lost.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('lost.ict', 'ICT');
SELECT steering.set_cap('lost.ict', 'lost.town', 'budget', '2026', 1000) > 0 AS cap;
CREATE VIEW usage AS SELECT used FROM steering.cap_status WHERE service = 'lost.ict';
CREATE VIEW told AS SELECT kind, relation, owner, mapping ->> 'amount' AS amount, acted_as
	FROM steering.source_event WHERE relation LIKE 'lost\_test%' ORDER BY event_id;
CREATE VIEW health AS SELECT subject, problem FROM steering.health() WHERE subject LIKE '%lost\_test%' OR subject LIKE '%alias%';
GRANT SELECT ON told TO regress_lost_owner;
CREATE PROCEDURE make(name text, rest text DEFAULT '') LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE lost_test.%I (town text, day date, net numeric, state text) %s', name, rest);
END
$$;

-- the event says who, and how it was mapped
SET ROLE regress_lost_owner;
CALL make('line');
SELECT steering.attach('line', '''lost.ict''', 'town', 'day', 'net', counts_when => $$state <> 'draft'$$) > 0 AS attached;
INSERT INTO line VALUES ('lost.town', '2026-02-01', 300, 'booked');
\set VERBOSITY default
DROP TABLE line;
\set VERBOSITY terse
SELECT kind, relation, owner, mapping, role_name = session_user AS who, acted_as, recorded_at > now() - interval '1 hour' AS lately
FROM steering.source_event WHERE relation = 'lost_test.line' ORDER BY event_id;
RESET ROLE;
TABLE usage;
TABLE health;

-- a new table of that name is told of; reattach() finds it, with its rows
SET ROLE regress_lost_owner;
CALL make('line');
INSERT INTO line VALUES ('lost.town', '2026-02-01', 400, 'booked'), ('lost.town', '2026-02-01', 70, 'draft');
RESET ROLE;
\x on
SELECT * FROM steering.health() WHERE subject = 'lost_test.line';
\x off
SET ROLE regress_lost_owner;
SELECT steering.reattach('line');
UPDATE line SET state = 'booked';
TABLE told;
RESET ROLE;
TABLE usage;
TABLE health;
SELECT * FROM steering.verify();

-- what is rolled back was not lost
SET ROLE regress_lost_owner;
BEGIN;
DROP TABLE line;
ROLLBACK;
INSERT INTO line VALUES ('lost.town', '2026-02-01', 600, 'booked');
SELECT count(*) FROM told;
RESET ROLE;

-- no cap refuses what is there by now, but a row that is no booking does
SET ROLE regress_lost_owner;
BEGIN;
DROP TABLE line;
CALL make('line');
INSERT INTO line VALUES ('lost.town', '2026-02-01', 1400, 'booked'), ('lost.tow', '2026-02-01', 1, 'booked');
COMMIT;
SELECT steering.reattach('line');
DELETE FROM line WHERE town = 'lost.tow';
SELECT steering.reattach('line');
INSERT INTO line VALUES ('lost.town', '2026-02-01', 1, 'booked');
RESET ROLE;
TABLE usage;
TABLE health;
DELETE FROM line;

-- the table must belong to him who owned the one that was dropped, unless a superuser asks
SET ROLE regress_lost_owner;
DROP TABLE line;
SET ROLE regress_lost_other;
CALL make('line');
SELECT steering.reattach('line');
SELECT kind FROM steering.source_event;
SET sp71_steering.attach_again = on;
SET ROLE regress_lost_owner;
SELECT steering.reattach('line');
RESET ROLE;
\x on
SELECT * FROM steering.health() WHERE subject = 'lost_test.line';
\x off
SELECT steering.reattach('line');
SELECT owner FROM told ORDER BY owner DESC LIMIT 1;
DROP TABLE line;

-- detach_missing() forgets it; and so does attach()
SET ROLE regress_lost_other;
CALL make('line');
RESET ROLE;
TABLE health;
SELECT steering.detach_missing('lost_test.line');
SELECT steering.detach_missing('lost_test.line');
TABLE health;
SELECT steering.reattach('line');
DROP TABLE line;
SET ROLE regress_lost_owner;
CALL make('line');
SELECT steering.attach('line', '''lost.ict''', 'town', 'day', 'net') > 0 AS attached;
RESET ROLE;

-- with the setting it is found at once: dropped and made anew in one transaction, as by loading programs
SET sp71_steering.attach_again = on;
SET ROLE regress_lost_owner;
BEGIN;
DROP TABLE line;
CALL make('line');
INSERT INTO line VALUES ('lost.town', '2026-03-01', 900, 'booked');
COMMIT;
BEGIN;
DROP TABLE IF EXISTS line;
CALL make('line');
INSERT INTO line VALUES ('lost.town', '2026-03-01', 1001, 'booked');
COMMIT;
SELECT * FROM line;

-- made from a query
DROP TABLE line;
CREATE TABLE line AS SELECT 'lost.town' AS town, date '2026-03-01' AS day, 800::numeric AS net, 'booked' AS state;
INSERT INTO line VALUES ('lost.town', '2026-03-01', 201, 'booked');
DROP TABLE line;
SELECT 'lost.town' AS town, date '2026-03-01' AS day, 800::numeric AS net, 'booked' AS state INTO line;
INSERT INTO line VALUES ('lost.town', '2026-03-01', 201, 'booked');

-- copied and renamed, the old one dropped before
CREATE TABLE line_new AS TABLE line;
DROP TABLE line;
ALTER TABLE line_new RENAME TO line;
INSERT INTO line VALUES ('lost.town', '2026-03-01', 201, 'booked');

-- or renamed as well, and dropped after
CREATE TABLE line_new AS TABLE line;
ALTER TABLE line RENAME TO line_old;
ALTER TABLE line_new RENAME TO line;
RESET ROLE;
\x on
SELECT * FROM steering.health() WHERE subject = 'lost_test.line';
\x off
SET ROLE regress_lost_owner;
DROP TABLE line_old;
INSERT INTO line VALUES ('lost.town', '2026-03-01', 201, 'booked');
RESET ROLE;
TABLE health;

-- from another schema; with its schema
CREATE SCHEMA lost_other AUTHORIZATION regress_lost_owner;
SET ROLE regress_lost_owner;
CREATE TABLE lost_other.line AS TABLE line;
DROP TABLE line;
ALTER TABLE lost_other.line SET SCHEMA lost_test;
INSERT INTO line VALUES ('lost.town', '2026-03-01', 201, 'booked');
CREATE TABLE lost_other.entry AS TABLE line WITH NO DATA;
SELECT steering.attach('lost_other.entry', '''lost.ict''', 'town', 'day', 'net', stage => 'commitment', unknown => 'ignore') > 0 AS attached;
RESET ROLE;
DROP SCHEMA lost_other CASCADE;
CREATE SCHEMA lost_other AUTHORIZATION regress_lost_owner CREATE TABLE entry (state text, net numeric, day date, town text);
INSERT INTO lost_other.entry VALUES ('x', 1, '2026-03-01', 'nowhere'), ('x', 250, '2026-03-01', 'lost.town');
INSERT INTO lost_other.entry VALUES ('x', 150, '2026-03-01', 'lost.town');
SELECT stage, unknown FROM steering.source WHERE relation = 'lost_other.entry'::regclass;
ALTER SCHEMA lost_other RENAME TO lost_renamed;
DROP TABLE lost_renamed.entry;

-- made by a superuser, who gives it to its owner, as pg_restore does
DROP TABLE line;
CALL make('line');
ALTER TABLE line OWNER TO regress_lost_owner;
TABLE usage;

-- a table that does not fit, or has rows that would be refused, is made all the same: there is a warning, and health()
\set VERBOSITY default
SET ROLE regress_lost_owner;
DROP TABLE line;
CREATE TABLE line (town text, day date, net double precision, state text);
\set VERBOSITY terse
DROP TABLE line;
CREATE TABLE line AS SELECT 'lost.town' AS town, date '2026-03-01' AS day, 1001::numeric AS net;
DROP TABLE line;
CREATE TABLE line AS SELECT 'lost.town ' AS town, date '2026-03-01' AS day, 1::numeric AS net;
DROP TABLE line;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
CREATE TABLE line AS SELECT 'lost.town' AS town, date '2026-03-01' AS day, 1001::numeric AS net;
COMMIT;
RESET ROLE;
TABLE health;
TABLE usage;
SET ROLE regress_lost_owner;
DROP TABLE line;

-- temporary tables, views and sequences of the name are none of it; who owns no such table cannot have it done
CREATE TEMP TABLE line (town text, day date, net numeric);
DROP TABLE line;
CREATE VIEW lost_test.line AS SELECT 1;
DROP VIEW lost_test.line;
SET ROLE regress_lost_other;
CALL make('line');
RESET ROLE;
DROP TABLE line;

-- a partitioned table, its partitions, and the source as a partition
SET ROLE regress_lost_owner;
CALL make('line', 'PARTITION BY LIST (state)');
CREATE TABLE line_a PARTITION OF line FOR VALUES IN ('a');
INSERT INTO line VALUES ('lost.town', '2026-03-01', 900, 'a');
INSERT INTO line_a VALUES ('lost.town', '2026-03-01', 101, 'a');
DROP TABLE line_a;
DROP TABLE line;
CALL make('whole', 'PARTITION BY LIST (state)');
CREATE TABLE line PARTITION OF whole FOR VALUES IN ('a');
DROP TABLE whole;

-- aliases for the rows of a table wait for the next of its name
CALL make('line');
RESET ROLE;
INSERT INTO steering.alias (source, kind, value, code) VALUES ('lost_test.line', 'participant', '17', 'lost.town');
SET ROLE regress_lost_owner;
INSERT INTO line VALUES ('17', '2026-03-01', 10, 'a');
DROP TABLE line;
RESET ROLE;
TABLE health;
SELECT missing FROM steering.alias WHERE value = '17';
SET ROLE regress_lost_owner;
CALL make('line');
INSERT INTO line VALUES ('17', '2026-03-01', 20, 'a');
RESET ROLE;
SELECT source::regclass, missing FROM steering.alias WHERE value = '17';
TABLE usage;
-- also where it was no source yet
CREATE TABLE later (town text);
INSERT INTO steering.alias (source, kind, value, code) VALUES ('later', 'participant', '18', 'lost.town');
DROP TABLE later;
SELECT missing FROM steering.alias WHERE value = '18';
DELETE FROM line;
DELETE FROM steering.alias WHERE value IN ('17', '18');

-- code of others is not called: what a name in the mapping meant may be gone, and somebody may have made another
CREATE SCHEMA lost_code;
GRANT ALL ON SCHEMA lost_code TO regress_lost_owner, regress_lost_other;
SET ROLE regress_lost_owner;
DROP TABLE line;
CREATE FUNCTION lost_code.clean(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END';
CALL make('lines');
SELECT steering.attach('lines', '''lost.ict''', 'lost_code.clean(town)', 'day', 'net') > 0 AS attached;
DROP TABLE lines;
CALL make('lines');
DROP TABLE lines;
DROP FUNCTION lost_code.clean(text);
SET ROLE regress_lost_other;
CREATE FUNCTION lost_code.clean(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
	'BEGIN RAISE WARNING ''called as %'', current_user; RETURN $1; END';
CREATE DOMAIN lost_code.code AS text CHECK (lost_code.clean(VALUE) <> '');
SET ROLE regress_lost_owner;
CREATE TABLE lines AS SELECT 'lost.town' AS town, date '2026-03-01' AS day, 1::numeric AS net;
SELECT steering.reattach('lines');
RESET ROLE;
SELECT steering.reattach('lines');
SET ROLE regress_lost_owner;
SELECT steering.attach('lines', '''lost.ict''', 'town::lost_code.code', 'day', 'net') > 0 AS attached;
DROP TABLE lines;
CREATE TABLE lines AS SELECT 'lost.town' AS town, date '2026-03-01' AS day, 1::numeric AS net;
DROP TABLE lines;
RESET ROLE;

-- a closed period: health() tells that bookings of it went; they may come back as they were, and nothing else
SET ROLE regress_lost_owner;
CALL make('line');
INSERT INTO line VALUES ('lost.town', '2026-03-01', 30, 'a'), ('lost.town', '2026-03-02', 40, 'a'), ('lost.town', '2026-04-02', 5, 'a');
RESET ROLE;
SELECT steering.close_bookings('2026-03', 'lost_test') > 0 AS closed;
SET ROLE regress_lost_owner;
CREATE TABLE copy AS TABLE line;
CREATE TABLE more AS TABLE line;
INSERT INTO more VALUES ('lost.town', '2026-03-01', 1, 'a');
CREATE TABLE less AS SELECT * FROM line WHERE day = '2026-03-01';
CREATE TABLE moved AS SELECT town, day + 1 AS day, net, state FROM line;
DROP TABLE line;
RESET ROLE;
SELECT subject, problem FROM steering.health() WHERE problem = 'changed after closing';
SET ROLE regress_lost_owner;
ALTER TABLE more RENAME TO line;
SELECT steering.reattach('line');
DROP TABLE line;
ALTER TABLE less RENAME TO line;
SELECT steering.reattach('line');
DROP TABLE line;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
CREATE TABLE line AS TABLE copy;
COMMIT;
INSERT INTO line VALUES ('lost.town', '2026-03-01', 1, 'a');
RESET ROLE;
SELECT subject, problem FROM steering.health() WHERE problem = 'changed after closing';
TABLE usage;
SELECT * FROM steering.verify();
-- by month, as what is stored
SET ROLE regress_lost_owner;
DROP TABLE line;
ALTER TABLE moved RENAME TO line;
-- what is booked and dropped in one transaction; a table that is empty comes back to nothing
BEGIN;
INSERT INTO line VALUES ('lost.town', '2026-04-01', 7, 'a');
DROP TABLE line;
CALL make('line');
COMMIT;
INSERT INTO line VALUES ('lost.town', '2026-03-01', 30, 'a');
DROP TABLE line;
CREATE TABLE line AS TABLE copy;
TABLE usage;
DROP TABLE line;
-- a period that is closed anew was closed without the table
RESET ROLE;
SELECT steering.reopen_bookings('2026-03', 'lost_test') > 0 AS reopened, steering.close_bookings('2026-03', 'lost_test') > 0 AS closed;
SET ROLE regress_lost_owner;
ALTER TABLE copy RENAME TO line;
SELECT steering.reattach('line');
RESET ROLE;
SELECT steering.reopen_bookings('2026-03', 'lost_test') > 0 AS reopened;
SELECT steering.reattach('line');
TABLE usage;
SELECT * FROM steering.verify();
TABLE health;

-- without rights nobody sees events; readers of all figures see all
CREATE ROLE regress_lost_reader;
SELECT has_table_privilege('regress_lost_reader', 'steering.source_event_log', 'SELECT') AS the_table;
GRANT USAGE ON SCHEMA steering TO regress_lost_reader;
SET ROLE regress_lost_reader;
SELECT count(*) FROM steering.source_event;
RESET ROLE;
GRANT SELECT ON steering.cap TO regress_lost_reader;
SET ROLE regress_lost_reader;
SELECT kind, count(*) > 0 AS there FROM steering.source_event WHERE relation LIKE 'lost\_test%' GROUP BY 1 ORDER BY 1;
SET sp71_steering.attach_again = on;
RESET ROLE;

RESET sp71_steering.attach_again;

-- a booking table goes with its query: it is not found by its name, and whoever drops it is told the query
SET sp71_steering.attach_again = on;
CREATE TABLE head (id integer PRIMARY KEY, town text, day date);
CREATE PROCEDURE make_pos() LANGUAGE sql AS 'CREATE TABLE lost_test.pos (id integer PRIMARY KEY, head integer, net numeric)';
CREATE FUNCTION attach_pos() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RETURN steering.attach_query('SELECT ''lost.ict'' AS service, h.town AS participant, h.day AS booked_on, p.net AS amount
		FROM lost_test.pos p JOIN lost_test.head h ON h.id = p.head') > 0;
END
$$;
CALL make_pos();
SELECT attach_pos();
INSERT INTO head VALUES (1, 'lost.town', '2026-02-01');
INSERT INTO pos VALUES (1, 1, 5);
\set VERBOSITY default
DROP TABLE pos;
\set VERBOSITY terse
SELECT kind, relation FROM told WHERE relation LIKE '%pos%';
CALL make_pos();
TABLE health;
SELECT attach_pos();
TABLE health;
-- nor is a table that gets the name of a booking table that was dropped
DROP TABLE pos_booking;
CREATE TABLE pos_booking (id integer, service text, participant text, booked_on date, amount numeric);
SELECT steering.reattach('pos_booking');
TABLE health;
SELECT count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc;
DROP TABLE pos_booking;
-- but the first table is, where it is a source beside its query
SELECT attach_pos();
SELECT steering.attach('pos', '''lost.ict''', '''lost.town''', $$date '2026-03-01'$$, 'net', stage => 'commitment') > 0 AS attached;
DROP TABLE pos;
CALL make_pos();
-- which of the two is told first depends on where their rows stand
SELECT kind, relation, count(*) FROM told WHERE relation LIKE '%pos%' GROUP BY kind, relation ORDER BY kind, relation COLLATE "C";
DROP TABLE pos;
RESET sp71_steering.attach_again;
SELECT steering.detach_missing('lost_test.pos');
DELETE FROM line;
SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA lost_test, lost_renamed, lost_code CASCADE;
REVOKE ALL ON SCHEMA steering FROM regress_lost_owner, regress_lost_other, regress_lost_reader;
REVOKE ALL ON steering.cap FROM regress_lost_reader;
REVOKE ALL ON FUNCTION steering.attach, steering.reattach, steering.detach FROM regress_lost_owner, regress_lost_other;
DROP ROLE regress_lost_owner, regress_lost_other, regress_lost_reader;
SELECT steering.drop_cap(cap_id, 'end of test') FROM steering.cap_status WHERE service LIKE 'lost.%';
DELETE FROM steering.service WHERE code LIKE 'lost.%';
DELETE FROM steering.participant WHERE code LIKE 'lost.%';
