-- The registers of participants and services: trees, valid on days, and what their changes do to caps.
\set VERBOSITY terse
CREATE SCHEMA registers_test;
SET search_path = registers_test;
SET datestyle = ISO;

-- Shows the usage of the caps of this test, and that it is what the bookings say.
CREATE VIEW usage AS
    SELECT service, participant, metric, used, headroom FROM steering.cap_status
    WHERE service LIKE 'reg.%' ORDER BY service, participant, metric, valid_from, valid_to;
-- Runs a statement and shows what its error says; a cap's id is shown as N.
CREATE FUNCTION refusal(statement text) RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE
    code text; message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT 'not refused', NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN QUERY VALUES ('sqlstate', code), ('message', message),
        ('detail', regexp_replace(detail, 'Cap \d+', 'Cap N', 'g')), ('hint', regexp_replace(hint, 'cap \d+', 'cap N'));
END
$$;

-- An entry may stand before its parent, in one statement or one COPY.
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
    ('reg.town', 'reg.region', 'Town', 1000),
    ('reg.region', NULL, 'Region', NULL);
COPY steering.participant (code, parent, name) FROM stdin;
reg.village	reg.valley	Village
reg.hamlet	reg.village	Hamlet
reg.valley	\N	Valley
\.
INSERT INTO steering.service (code, parent, name, kind, unit) VALUES
    ('reg.ict', NULL, 'ICT', 'standard', NULL),
    ('reg.desk', 'reg.ict', 'Desk', 'standard', 'call'),
    ('reg.project', 'reg.ict', 'Project', 'development', 'hour'),
    ('reg.hr', NULL, 'HR', 'standard', NULL);

-- What an entry must be.
INSERT INTO steering.participant (code, name) VALUES ('reg.town', 'again');
INSERT INTO steering.participant (code, name) VALUES ('', 'empty');
INSERT INTO steering.participant (code, name) VALUES (NULL, 'null');
INSERT INTO steering.participant (code, name) VALUES ('reg.x', NULL);
SELECT * FROM refusal($$INSERT INTO steering.participant (code, parent, name) VALUES ('reg.x', 'reg.nowhere', 'x')$$);
UPDATE steering.service SET parent = 'reg.nowhere' WHERE code = 'reg.desk';
INSERT INTO steering.participant (code, name, inhabitants) VALUES ('reg.x', 'x', -1);
INSERT INTO steering.participant (code, name, during) VALUES ('reg.x', 'x', 'empty');
INSERT INTO steering.service (code, name, kind) VALUES ('reg.x', 'x', 'other');
INSERT INTO steering.service (code, name, during) VALUES ('reg.x', 'x', '[2026-01-01,2026-01-01)');

-- Cycles, of one, of three, new and by a move.
SELECT * FROM refusal($$INSERT INTO steering.participant (code, parent, name) VALUES ('reg.x', 'reg.x', 'x')$$);
SELECT * FROM refusal($$INSERT INTO steering.service (code, parent, name) VALUES ('reg.x', 'reg.y', 'x'), ('reg.y', 'reg.z', 'y'), ('reg.z', 'reg.x', 'z')$$);
SELECT * FROM refusal($$UPDATE steering.participant SET parent = 'reg.hamlet' WHERE code = 'reg.valley'$$);
UPDATE steering.service SET parent = code WHERE code = 'reg.ict';
-- below a cycle is not in it: the message names those that are
INSERT INTO steering.service (code, parent, name) VALUES ('reg.x', 'reg.y', 'x'), ('reg.y', 'reg.z', 'y'), ('reg.z', 'reg.y', 'z');
SELECT count(*) FROM steering.participant WHERE code LIKE 'reg.%';
SELECT count(*) FROM steering.service WHERE code LIKE 'reg.%';

-- Code and number never change; a register is not truncated.
SELECT * FROM refusal($$UPDATE steering.participant SET code = 'reg.city' WHERE code = 'reg.town'$$);
UPDATE steering.service SET service_id = DEFAULT WHERE code = 'reg.ict';
UPDATE steering.participant SET code = code WHERE code = 'reg.town';
SELECT * FROM refusal('TRUNCATE steering.participant');
TRUNCATE steering.service, steering.participant CASCADE;

-- Which changes keep bookings out: those of what a cap applies to.
CREATE VIEW excluded AS
    SELECT count(*) > 0 AS excluded FROM pg_locks
    WHERE pid = pg_backend_pid() AND relation = 'steering.cap_counter'::regclass AND mode = 'ShareRowExclusiveLock';
BEGIN;
UPDATE steering.participant SET name = 'The town', inhabitants = 1001, reader = NULL WHERE code = 'reg.town';
UPDATE steering.service SET name = 'The desk', kind = 'development', unit = 'ticket' WHERE code = 'reg.desk';
TABLE excluded;
UPDATE steering.service SET require_cap = false WHERE code = 'reg.desk';
TABLE excluded;
ROLLBACK;
BEGIN;
UPDATE steering.participant SET parent = NULL WHERE code = 'reg.town';
TABLE excluded;
ROLLBACK;
BEGIN;
UPDATE steering.participant SET during = '[2000-01-01,)' WHERE code = 'reg.town';
TABLE excluded;
ROLLBACK;
BEGIN;
DELETE FROM steering.participant WHERE code = 'reg.hamlet';
TABLE excluded;
ROLLBACK;
BEGIN;
INSERT INTO steering.participant (code, name) VALUES ('reg.x', 'x');
TABLE excluded;
ROLLBACK;

-- Bookings, and caps at several levels, one of them over half months.
CREATE TABLE line (
    id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    product text DEFAULT 'reg.desk', town text DEFAULT 'reg.village', day date DEFAULT '2026-05-10',
    net numeric DEFAULT 0, pieces integer DEFAULT 1
);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS attached;
SELECT steering.set_cap('reg.ict', 'reg.region', 'budget', '[2026-01-01,2027-01-01)', 1000) > 0 AS region,
    steering.set_cap('reg.ict', 'reg.valley', 'budget', '[2026-01-01,2027-01-01)', 1000) > 0 AS valley,
    steering.set_cap('reg.ict', 'reg.village', 'volume', '[2026-01-01,2027-01-01)', 100) > 0 AS village,
    steering.set_cap('reg.desk', 'reg.region', 'budget', '[2026-05-06,2026-05-16)', 150, '50% notify, 100% block') > 0 AS half_month;
INSERT INTO line (town, product, day, net) VALUES
    ('reg.town', 'reg.desk', '2026-05-05', 100), ('reg.town', 'reg.desk', '2026-05-06', 20),
    ('reg.village', 'reg.desk', '2026-05-10', 60), ('reg.village', 'reg.project', '2026-06-01', 300),
    ('reg.hamlet', 'reg.desk', '2026-05-16', 40);
TABLE usage;

-- A village that moves to the region takes its usage along: 60 + 300 + 40, of which 60 in the half month.
UPDATE steering.participant SET parent = 'reg.region' WHERE code = 'reg.village';
TABLE usage;
SELECT kind, service, participant, threshold, used FROM steering.event
    WHERE service LIKE 'reg.%' AND kind NOT IN ('created') ORDER BY event_id;
UPDATE steering.participant SET parent = 'reg.valley' WHERE code = 'reg.village';
TABLE usage;
-- Where there is no room for it, it does not move.
INSERT INTO line (town, net) VALUES ('reg.town', 80);
SELECT * FROM refusal($$UPDATE steering.participant SET parent = 'reg.region' WHERE code = 'reg.village'$$);
TABLE usage;
-- Net of the statement: the town leaves as the village comes.
UPDATE steering.participant
    SET parent = CASE code WHEN 'reg.town' THEN 'reg.valley' ELSE 'reg.region' END
    WHERE code IN ('reg.town', 'reg.village');
TABLE usage;
-- Under a cap that is overrun, what leaves or stays is never refused; what comes is.
SELECT steering.set_cap('reg.ict', 'reg.region', 'budget', '[2026-01-01,2027-01-01)', 10, accept_overrun => true) > 0 AS overrun;
UPDATE steering.participant SET parent = 'reg.region' WHERE code = 'reg.hamlet';
UPDATE steering.participant SET parent = NULL WHERE code = 'reg.hamlet';
UPDATE steering.participant SET parent = 'reg.village' WHERE code = 'reg.hamlet';
TABLE usage;
-- A branch and a part of it, each to another place, in one statement; and back.
SELECT steering.set_cap('reg.ict', 'reg.region', 'budget', '[2026-01-01,2027-01-01)', 1000) > 0 AS region,
    steering.set_cap('reg.desk', 'reg.region', 'budget', '[2026-05-06,2026-05-16)', 500) > 0 AS half_month;
UPDATE steering.participant
    SET parent = CASE code WHEN 'reg.hamlet' THEN 'reg.village' WHEN 'reg.village' THEN 'reg.valley' ELSE 'reg.region' END
    WHERE code IN ('reg.hamlet', 'reg.village', 'reg.town');
TABLE usage;
UPDATE steering.participant SET parent = CASE code WHEN 'reg.valley' THEN 'reg.region' END
    WHERE code IN ('reg.valley', 'reg.hamlet');
TABLE usage;
UPDATE steering.participant SET parent = CASE code WHEN 'reg.hamlet' THEN 'reg.village' END
    WHERE code IN ('reg.valley', 'reg.hamlet');
-- Counters that are divided lose and gain as a whole.
SET sp71_steering.min_stripes = 4;
INSERT INTO line (town, net) VALUES ('reg.town', 0.5), ('reg.village', 0.5);
SELECT count(*) > 1 AS divided FROM steering.cap_status JOIN steering.cap_counter USING (cap_id)
    WHERE service = 'reg.ict' AND participant = 'reg.region';
UPDATE steering.participant SET parent = 'reg.region' WHERE code = 'reg.village';
TABLE usage;
INSERT INTO line (town, net, product) VALUES ('reg.town', 1000, 'reg.project');
UPDATE steering.participant SET parent = 'reg.valley' WHERE code = 'reg.village';
DELETE FROM line WHERE net = 0.5;
TABLE usage;
RESET sp71_steering.min_stripes;
-- Services move alike; a move that is rolled back leaves nothing.
BEGIN;
UPDATE steering.service SET parent = 'reg.hr' WHERE code = 'reg.project';
TABLE usage;
ROLLBACK;
UPDATE steering.service SET parent = NULL WHERE code = 'reg.desk';
TABLE usage;
INSERT INTO line (product, town, net) VALUES ('reg.desk', 'reg.town', 1);
UPDATE steering.service SET parent = 'reg.ict' WHERE code = 'reg.desk';
TABLE usage;
SELECT * FROM steering.verify();

-- Joining and leaving: bookings outside are refused, and a range that leaves bookings outside is too.
INSERT INTO steering.participant (code, parent, name, during) VALUES
    ('reg.guest', 'reg.region', 'Guest', '[2026-04-10,2026-08-20)');
INSERT INTO line (town, day, net) VALUES ('reg.guest', '2026-04-09', 1);
INSERT INTO line (town, day, net) VALUES ('reg.guest', '2026-08-20', 1);
INSERT INTO line (town, day, net) VALUES ('reg.guest', '2026-04-10', 1), ('reg.guest', '2026-04-12', 1),
    ('reg.guest', '2026-06-01', 1), ('reg.guest', '2026-08-19', 1);
SELECT * FROM refusal($$UPDATE steering.participant SET during = '[2026-04-11,2026-08-20)' WHERE code = 'reg.guest'$$);
SELECT * FROM refusal($$UPDATE steering.participant SET during = '[2026-05-15,2026-05-16)' WHERE code = 'reg.guest'$$);
UPDATE steering.participant SET during = '[2026-04-10,2026-08-19)' WHERE code = 'reg.guest';
UPDATE steering.participant SET during = '[2027-01-01,)' WHERE code = 'reg.guest';
-- a range that holds all bookings; wider at one end and narrower at the other; without bounds
DELETE FROM line WHERE town = 'reg.guest' AND day = '2026-04-10';
UPDATE steering.participant SET during = '[2026-04-12,2026-08-20)' WHERE code = 'reg.guest';
UPDATE steering.participant SET during = '[2026-04-01,2026-08-19)' WHERE code = 'reg.guest';
UPDATE steering.participant SET during = '[2026-04-01,2026-08-20)' WHERE code = 'reg.guest';
INSERT INTO line (town, day, net) VALUES ('reg.guest', '2026-04-01', 1);
UPDATE steering.participant SET during = DEFAULT WHERE code = 'reg.guest';
INSERT INTO line (town, day, net) VALUES ('reg.guest', '1999-12-31', 1);
UPDATE steering.service SET during = '[2026-01-01,2027-01-01)' WHERE code = 'reg.desk';
DELETE FROM line WHERE day < '2000-01-01';
UPDATE steering.service SET during = '[2026-01-01,2027-01-01)' WHERE code = 'reg.desk';
INSERT INTO line (day) VALUES ('2027-01-01');
-- days of the groups above do not matter, and a range is not what a cap is about
UPDATE steering.participant SET during = '[2030-01-01,)' WHERE code = 'reg.region';
INSERT INTO line (town, day, net) VALUES ('reg.guest', '2026-04-01', 1);
UPDATE steering.participant SET during = DEFAULT WHERE code = 'reg.region';
SELECT * FROM steering.verify();

-- Deleting: not with bookings, children or caps; empty cells go along.
SELECT * FROM refusal($$DELETE FROM steering.participant WHERE code = 'reg.hamlet'$$);
SELECT * FROM refusal($$DELETE FROM steering.service WHERE code = 'reg.project'$$);
SELECT * FROM refusal($$DELETE FROM steering.participant WHERE code = 'reg.village'$$);
SELECT * FROM refusal($$DELETE FROM steering.service WHERE code = 'reg.ict'$$);
INSERT INTO steering.service (code, name) VALUES ('reg.capped', 'capped');
SELECT steering.set_cap('reg.capped', 'reg.town', 'budget', '[2026-01-01,2027-01-01)', 1) AS cap \gset
SELECT field, regexp_replace(value, '\d+\.', 'N.') AS value FROM refusal($$DELETE FROM steering.service WHERE code = 'reg.capped'$$);
SELECT steering.drop_cap(:cap);
DELETE FROM steering.service WHERE code = 'reg.capped';
DELETE FROM line WHERE town = 'reg.guest';
SELECT count(*) AS cells FROM steering.usage_cell JOIN steering.participant USING (participant_id) WHERE code = 'reg.guest';
SELECT participant_id AS guest FROM steering.participant WHERE code = 'reg.guest' \gset
DELETE FROM steering.participant WHERE code = 'reg.guest';
SELECT count(*) AS cells FROM steering.usage_cell WHERE participant_id = :guest;

-- Rows that were ignored become bookings when their code, or their day, becomes known.
CREATE TABLE import (product text, town text, day date, net numeric);
INSERT INTO import VALUES ('reg.desk', 'reg.newtown', '2026-05-10', 30), ('reg.desk', 'reg.newtown', '2020-05-10', 5),
    ('reg.new', 'reg.town', '2026-05-10', 7), ('reg.new', 'reg.newtown', '2026-05-11', 11), ('reg.desk', 'reg.town', NULL, 1);
SELECT steering.attach('import', 'product', 'town', 'day', 'net', unknown => 'ignore') > 0 AS attached;
CREATE VIEW ignored AS
    SELECT sum(bookings) AS ignored, sum(usage_cell.amount::numeric) AS amount FROM steering.usage_cell WHERE service_id = 0;
TABLE ignored;
INSERT INTO steering.participant (code, parent, name, during) VALUES ('reg.newtown', 'reg.region', 'New town', '[2026-05-11,)');
TABLE ignored;
INSERT INTO steering.service (code, parent, name) VALUES ('reg.new', 'reg.desk', 'New');
TABLE ignored;
TABLE usage;
UPDATE steering.participant SET during = '[2026-01-01,)' WHERE code = 'reg.newtown';
TABLE ignored;
UPDATE steering.participant SET during = DEFAULT WHERE code = 'reg.newtown';
TABLE ignored;
TABLE usage;
SELECT * FROM steering.verify();
-- then caps hold for them: 900 more than there is room for
INSERT INTO import VALUES ('reg.desk', 'reg.far', '2026-05-10', 900);
SELECT * FROM refusal($$INSERT INTO steering.participant (code, parent, name) VALUES ('reg.far', 'reg.region', 'Far')$$);
INSERT INTO steering.participant (code, name) VALUES ('reg.far', 'Far');
SELECT * FROM refusal($$UPDATE steering.participant SET parent = 'reg.region' WHERE code = 'reg.far'$$);
SELECT * FROM refusal($$UPDATE steering.participant SET during = '[2026-05-01,2026-05-10)' WHERE code = 'reg.far'$$);
SELECT * FROM steering.verify();

-- A service that requires a cap takes no bookings without one; what was booked stays.
UPDATE steering.service SET require_cap = true WHERE code IN ('reg.hr', 'reg.desk');
INSERT INTO line (product, town, net) VALUES ('reg.hr', 'reg.town', 1);
INSERT INTO line (product, town, net) VALUES ('reg.hr', 'reg.town', -1);
INSERT INTO line (product, town, net) VALUES ('reg.desk', 'reg.town', 1);
INSERT INTO line (product, town, day, net) VALUES ('reg.desk', 'reg.town', '2025-05-10', 1);
UPDATE steering.service SET require_cap = false WHERE code = 'reg.hr';
INSERT INTO line (product, town, net) VALUES ('reg.hr', 'reg.town', 2);
UPDATE steering.service SET require_cap = true WHERE code = 'reg.hr';
DELETE FROM line WHERE product = 'reg.hr';

-- A steward needs rights on the register alone.
CREATE ROLE regress_steward;
GRANT SELECT, INSERT, UPDATE, DELETE ON steering.participant TO regress_steward;
GRANT USAGE ON SCHEMA registers_test TO regress_steward;
SET ROLE regress_steward;
INSERT INTO steering.participant (code, parent, name) VALUES ('reg.y', 'reg.x', 'Y'), ('reg.x', NULL, 'X');
UPDATE steering.participant SET parent = 'reg.region' WHERE code = 'reg.x';
UPDATE steering.participant SET name = 'Farther', during = '[2026-01-01,)' WHERE code = 'reg.far';
-- the figures of a cap are not its to read
SELECT * FROM refusal($$UPDATE steering.participant SET parent = 'reg.region' WHERE code = 'reg.far'$$);
DELETE FROM steering.participant WHERE code IN ('reg.x', 'reg.y');
UPDATE steering.service SET name = 'x' WHERE code = 'reg.ict';
SELECT count(*) FROM steering.cap;
RESET ROLE;
DROP OWNED BY regress_steward;
DROP ROLE regress_steward;

SELECT steering.detach('line');
SELECT steering.detach('import');
SELECT * FROM steering.verify();
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'reg.%';
DROP SCHEMA registers_test CASCADE;
DELETE FROM steering.service WHERE code LIKE 'reg.%';
DELETE FROM steering.participant WHERE code LIKE 'reg.%';
SELECT count(*) FROM steering.usage_cell WHERE bookings <> 0;
