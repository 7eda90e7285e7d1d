-- An alias says what a value of finance tables means that is no code of a register: for one source or for all, on all
-- days or on some. It may change while bookings refer to it, as long as caps and closed periods take what that makes.
\set VERBOSITY terse
CREATE SCHEMA aliases_test;
SET search_path = aliases_test;

INSERT INTO steering.participant (code, name) VALUES ('alias.town', 'Town'), ('alias.city', 'City');
INSERT INTO steering.service (code, name) VALUES ('alias.ict', 'ICT'), ('alias.hr', 'HR'), ('alias.new', 'New'), ('77', 'A code that looks like a number');
SELECT steering.set_cap('alias.ict', 'alias.town', 'budget', '[2026-01-01,2027-01-01)', 1000) > 0 AS cap;
SELECT steering.set_cap('alias.hr', 'alias.town', 'budget', '[2026-01-01,2027-01-01)', 100) > 0 AS cap;
CREATE VIEW usage AS SELECT service, used FROM steering.cap_status WHERE service LIKE 'alias.%' ORDER BY service;
CREATE VIEW booked AS SELECT service, participant, sum(amount) AS amount FROM steering.booking
	WHERE source::regclass::text LIKE '%line' GROUP BY 1, 2 ORDER BY 1, 2;
CREATE FUNCTION wrong() RETURNS TABLE (what text) LANGUAGE sql AS 'SELECT what FROM steering.verify() UNION ALL SELECT problem FROM steering.alias_problem';

CREATE TABLE line (id integer PRIMARY KEY, account_id integer, town text, day date, net numeric);
INSERT INTO line VALUES (1, 4711, 'alias.town', '2026-03-05', 10), (2, 4711, 'alias.town', '2026-03-06', 10), (3, 4712, 'Q17', '2026-03-06', 10);

-- without any, the mapping makes codes that are unknown: attach() lists them
SELECT problem, argument, value, rows, first_row, hint FROM steering.attach_problems('line', 'account_id::text', 'town', 'day', 'net');
SELECT steering.attach('line', 'account_id::text', 'town', 'day', 'net');

-- they may be there before the table is attached
INSERT INTO steering.alias (source, kind, value, code) VALUES ('line', 'service', '4711', 'alias.ict'), ('line', 'service', '4712', 'alias.ict');
SELECT problem, argument, value, rows, first_row FROM steering.attach_problems('line', 'account_id::text', 'town', 'day', 'net');
INSERT INTO steering.alias (kind, value, code) VALUES ('participant', 'Q17', 'alias.city');
SELECT steering.attach('line', 'account_id::text', 'town', 'day', 'net') > 0 AS attached;
SELECT * FROM booked;
SELECT * FROM wrong();

-- a new account is one INSERT
\set VERBOSITY default
INSERT INTO line VALUES (4, 4713, 'alias.town', '2026-03-07', 20);
\set VERBOSITY terse
INSERT INTO steering.alias (source, kind, value, code) VALUES ('line', 'service', '4713', 'alias.hr');
INSERT INTO line VALUES (4, 4713, 'alias.town', '2026-03-07', 20);
SELECT * FROM usage;
UPDATE line SET account_id = 4711 WHERE id = 4;
SELECT * FROM usage;
UPDATE line SET account_id = 4713, net = 30 WHERE id = 4;
DELETE FROM line WHERE id = 1;
SELECT * FROM usage;
INSERT INTO line VALUES (5, 4713, 'alias.town', '2026-03-07', 71);

-- one of the other kind, or of another table, is none
CREATE TABLE other_line (LIKE line);
SELECT steering.attach('other_line', 'account_id::text', 'town', 'day', 'net', unknown => 'ignore') > 0 AS attached;
INSERT INTO steering.alias (kind, value, code) VALUES ('participant', '4714', 'alias.town');
INSERT INTO line VALUES (5, 4714, 'alias.town', '2026-03-07', 1);
INSERT INTO other_line VALUES (1, 4711, 'alias.town', '2026-03-07', 1), (2, 77, 'Q17', '2026-03-07', 1), (3, 77, 'alias.town', '2026-03-08', 2);
SELECT * FROM booked;

-- of those of a value, that of its own source comes first, then that of all, then the code; rows are counted anew
INSERT INTO steering.alias (kind, value, code) VALUES ('service', '77', 'alias.hr');
SELECT * FROM booked;
INSERT INTO steering.alias (source, kind, value, code) VALUES ('other_line', 'service', '77', 'alias.ict');
SELECT * FROM booked;
SELECT * FROM wrong();
SELECT service FROM steering.check_booking('77', 'alias.town', '2026-03-07', 1);

-- ignored rows become bookings, and bookings ignored rows
SELECT usage_now.amount, bookings FROM steering.usage_now JOIN steering.source USING (source_id) WHERE relation = 'other_line'::regclass AND service_id = 0;
INSERT INTO steering.alias (kind, value, code) VALUES ('service', '4711', 'alias.new');
SELECT * FROM booked;
DELETE FROM steering.alias WHERE value = '4711' AND source IS NULL;
SELECT * FROM booked;
SELECT * FROM wrong();

-- what a code means may change from one day to the next, not be two things on one
UPDATE steering.alias SET during = '(,2026-03-08)' WHERE source = 'other_line'::regclass AND value = '77';
SELECT * FROM booked;
INSERT INTO steering.alias (source, kind, value, code, during) VALUES ('other_line', 'service', '77', 'alias.new', '[2026-03-08,)');
SELECT * FROM booked;
\set VERBOSITY default
INSERT INTO steering.alias (source, kind, value, code, during) VALUES ('other_line', 'service', '77', 'alias.hr', '[2026-03-07,2026-03-08)');
INSERT INTO steering.alias (kind, value, code) VALUES ('service', 'twice', 'alias.hr'), ('service', 'twice', 'alias.ict');
\set VERBOSITY terse
UPDATE other_line SET day = '2026-03-07' WHERE id = 3;
UPDATE other_line SET day = NULL WHERE id = 3;
SELECT * FROM booked;
UPDATE other_line SET day = '2026-03-09' WHERE id = 3;
SELECT * FROM wrong();

-- caps judge what a change makes, and so do sources: what would be refused now keeps it from being changed
UPDATE steering.alias SET code = 'alias.hr' WHERE value = '4712';
SELECT * FROM booked;
INSERT INTO line VALUES (6, 4711, 'alias.town', '2026-05-01', 500);
UPDATE steering.alias SET code = 'alias.hr' WHERE value = '4711';
DELETE FROM steering.alias WHERE value = '4711';
DELETE FROM steering.alias WHERE value = '4714';
SELECT * FROM usage;
SELECT * FROM wrong();

-- closed periods refuse what changes them
BEGIN;
SELECT steering.close_period('2026-03') > 0 AS closed;
SAVEPOINT closed;
UPDATE steering.alias SET code = 'alias.new' WHERE value = '4713';
ROLLBACK TO closed;
UPDATE steering.alias SET code = 'alias.new', during = '[2026-04-01,)' WHERE value = '4713';
ROLLBACK TO closed;
INSERT INTO steering.alias (source, kind, value, code) VALUES ('line', 'service', '4720', 'alias.hr');
ROLLBACK;

-- what is new to a source reads none of its rows
CREATE FUNCTION told(value integer) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'read %', value; RETURN value; END $$;
CREATE TABLE told_line (LIKE line);
SELECT steering.attach('told_line', 'aliases_test.told(account_id)', 'town', 'day', 'net') > 0 AS attached;
INSERT INTO steering.alias (source, kind, value, code) VALUES ('told_line', 'service', '1', 'alias.ict'), ('told_line', 'service', '2', 'alias.ict');
INSERT INTO told_line VALUES (1, 1, 'alias.town', '2026-03-07', 1);
INSERT INTO steering.alias (source, kind, value, code) VALUES ('told_line', 'service', '3', 'alias.ict');
INSERT INTO steering.alias (kind, value, code) VALUES ('participant', '3', 'alias.town');
INSERT INTO steering.alias (source, kind, value, code) VALUES ('line', 'service', '3', 'alias.ict');
UPDATE steering.alias SET code = 'alias.new' WHERE source = 'told_line'::regclass AND value = '1';
SELECT service, used FROM usage WHERE service = 'alias.ict';
SELECT steering.detach('told_line');

-- they mean what is there
INSERT INTO steering.alias (kind, value, code) VALUES ('service', 'x', 'alias.nothing');
INSERT INTO steering.alias (kind, value, code) VALUES ('participant', 'x', 'alias.ict');
INSERT INTO steering.alias (kind, value, code) VALUES ('source', 'x', 'alias.ict');
INSERT INTO steering.alias (kind, value, code, during) VALUES ('service', 'x', 'alias.ict', 'empty');
INSERT INTO steering.alias (source, kind, value, code) VALUES ('aliases_test.nothing', 'service', 'x', 'alias.new');
TRUNCATE steering.alias;
INSERT INTO steering.service (code, name) VALUES ('alias.gone', 'Gone');
INSERT INTO steering.alias (kind, value, code) VALUES ('service', 'y', 'alias.gone');
\set VERBOSITY default
DELETE FROM steering.service WHERE code = 'alias.gone';
\set VERBOSITY terse
SET session_replication_role = replica;
DELETE FROM steering.service WHERE code = 'alias.gone';
RESET session_replication_role;
SELECT subject, problem, detail FROM steering.health() WHERE problem LIKE 'alias %' ORDER BY 1, 2;
DELETE FROM steering.alias WHERE value = 'y';

-- one for rows of a table that is not there yet is kept by its name, and holds when that is attached
CREATE TABLE nothing (LIKE line);
SELECT steering.attach('nothing', $$'x'$$, 'town', 'day', 'net') > 0 AS attached;
INSERT INTO nothing VALUES (1, 1, 'alias.town', '2026-03-07', 1);
SELECT source, service FROM steering.booking WHERE source = 'aliases_test.nothing';
SELECT source::regclass, missing FROM steering.alias WHERE value = 'x';
SELECT * FROM steering.health() WHERE problem LIKE 'alias %';
SELECT * FROM wrong();
DROP TABLE nothing;
SELECT subject, problem, detail FROM steering.health() WHERE problem LIKE 'alias %';
DELETE FROM steering.alias WHERE value = 'x';

-- a change that is undone is as if it had not been
BEGIN;
UPDATE steering.alias SET code = 'alias.new' WHERE value = '4713';
INSERT INTO line VALUES (7, 4713, 'alias.town', '2026-06-01', 1);
SELECT * FROM booked WHERE service = 'alias.new';
ROLLBACK;
BEGIN;
SAVEPOINT before;
UPDATE steering.alias SET code = 'alias.new' WHERE value = '4713';
ROLLBACK TO before;
INSERT INTO line VALUES (7, 4713, 'alias.town', '2026-06-01', 1);
COMMIT;
SELECT * FROM booked;
SELECT * FROM wrong();

-- what no trigger saw is found and mended by the same meaning
SET session_replication_role = replica;
INSERT INTO line VALUES (8, 4713, 'alias.town', '2026-06-01', 5);
RESET session_replication_role;
SELECT what, service, difference FROM steering.verify() ORDER BY 1, 2, 3;
SELECT count(*) FROM steering.repair();
SELECT * FROM wrong();

-- who may write them needs no other right; an application needs none
CREATE ROLE aliases_test_steward;
CREATE ROLE aliases_test_application;
GRANT USAGE ON SCHEMA aliases_test, steering TO aliases_test_steward;
GRANT USAGE ON SCHEMA aliases_test TO aliases_test_application;
GRANT INSERT ON line TO aliases_test_application;
GRANT SELECT, INSERT, UPDATE ON steering.alias TO aliases_test_steward;
SET ROLE aliases_test_application;
INSERT INTO line VALUES (9, 4713, 'alias.town', '2026-06-01', 5);
INSERT INTO steering.alias (kind, value, code) VALUES ('service', 'z', 'alias.new');
SET ROLE aliases_test_steward;
INSERT INTO steering.alias (kind, value, code) VALUES ('service', 'z', 'alias.new');
UPDATE steering.alias SET code = 'alias.new' WHERE value = '4713';
RESET ROLE;
SELECT * FROM booked;
SELECT * FROM wrong();

DELETE FROM line;
DELETE FROM other_line;
SELECT steering.detach('line'), steering.detach('other_line');
DELETE FROM steering.alias;
REVOKE ALL ON steering.alias FROM aliases_test_steward;
REVOKE ALL ON SCHEMA steering FROM aliases_test_steward;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA aliases_test CASCADE;
DROP ROLE aliases_test_steward, aliases_test_application;
SELECT steering.drop_cap(cap_id, 'end of test') FROM steering.cap_status WHERE service LIKE 'alias.%';
DELETE FROM steering.service WHERE code LIKE 'alias.%' OR code = '77';
DELETE FROM steering.participant WHERE code LIKE 'alias.%';
