-- Readers of participants: named by whoever may pass figures on, kept by name, followed when the role is renamed, and
-- nobody when there is no such role.
\set VERBOSITY terse
CREATE SCHEMA readers_test;
SET search_path = readers_test;
CREATE ROLE regress_sp71_keeper;      -- keeps the register of participants
CREATE ROLE regress_sp71_granter;     -- may read every figure, and pass that on
CREATE ROLE regress_sp71_auditor;     -- may read every figure
CREATE ROLE regress_sp71_north;
CREATE ROLE regress_sp71_south;
CREATE ROLE "regress SP71 ""Quoted""";
GRANT SELECT, INSERT, UPDATE, DELETE ON steering.participant TO regress_sp71_keeper, regress_sp71_granter, regress_sp71_auditor;
GRANT SELECT ON steering.cap TO regress_sp71_granter WITH GRANT OPTION;
GRANT SELECT ON steering.cap TO regress_sp71_auditor;
INSERT INTO steering.participant (code, parent, name, reader) VALUES
    ('rdr.north', NULL, 'North', 'regress_sp71_north'), ('rdr.south', NULL, 'South', 'REGRESS_sp71_South'),
    ('rdr.town', 'rdr.south', 'Town', NULL), ('rdr.farm', 'rdr.town', 'Farm', NULL), ('rdr.group', NULL, 'Group', NULL);
INSERT INTO steering.service (code, name) VALUES ('rdr.ict', 'ICT');
SELECT count(steering.set_cap('rdr.ict', code, 'budget', '[2026-01-01,2027-01-01)', 100)) AS caps
    FROM steering.participant WHERE code LIKE 'rdr.%';
CREATE VIEW reader AS SELECT code, reader FROM steering.participant WHERE code LIKE 'rdr.%' AND reader IS NOT NULL ORDER BY code;
GRANT USAGE ON SCHEMA readers_test TO PUBLIC;
CREATE VIEW seen WITH (security_invoker) AS SELECT string_agg(participant, ' ' ORDER BY participant) AS participants
    FROM steering.cap_status WHERE participant LIKE 'rdr.%';
GRANT SELECT ON seen TO PUBLIC;
TABLE reader;

-- Who keeps the register cannot make a reader: not himself, nor anybody, nor take one away, by whatever statement.
SET ROLE regress_sp71_keeper;
UPDATE steering.participant SET reader = 'regress_sp71_keeper' WHERE code LIKE 'rdr.%';
UPDATE steering.participant SET reader = 'regress_sp71_keeper' WHERE code = 'rdr.group';
UPDATE steering.participant SET reader = NULL WHERE code = 'rdr.north';
UPDATE steering.participant SET name = 'x', reader = 'regress_sp71_south' WHERE code = 'rdr.north';
INSERT INTO steering.participant (code, name, reader) VALUES ('rdr.new', 'New', 'regress_sp71_keeper');
INSERT INTO steering.participant (code, name, reader) VALUES ('rdr.new', 'New', 'nobody_yet');
INSERT INTO steering.participant (code, name) VALUES ('rdr.group', 'Group') ON CONFLICT (code) DO UPDATE SET reader = 'regress_sp71_keeper';
MERGE INTO steering.participant USING (VALUES (1)) AS new (n) ON code = 'rdr.group' WHEN MATCHED THEN UPDATE SET reader = 'regress_sp71_keeper';
COPY steering.participant (code, name, reader) FROM stdin;
rdr.new	New	regress_sp71_keeper
\.
-- nor gain one by moving, but all else
UPDATE steering.participant SET parent = 'rdr.north' WHERE code = 'rdr.town';
UPDATE steering.participant SET parent = 'rdr.north' WHERE code = 'rdr.group';
UPDATE steering.participant SET parent = CASE code WHEN 'rdr.town' THEN 'rdr.group' ELSE 'rdr.north' END WHERE code IN ('rdr.town', 'rdr.group');
UPDATE steering.participant SET parent = 'rdr.group' WHERE code = 'rdr.farm';
UPDATE steering.participant SET parent = 'rdr.town' WHERE code = 'rdr.farm';
TABLE seen;
INSERT INTO steering.participant (code, parent, name) VALUES ('rdr.new', 'rdr.south', 'New');
UPDATE steering.participant SET name = 'Newer', inhabitants = 3, reader = reader WHERE code IN ('rdr.new', 'rdr.north');
UPDATE steering.participant SET parent = 'rdr.town' WHERE code = 'rdr.new';
DELETE FROM steering.participant WHERE code = 'rdr.new';
RESET ROLE;
-- who may read everything, but not pass it on
SET ROLE regress_sp71_auditor;
UPDATE steering.participant SET reader = 'regress_sp71_auditor' WHERE code = 'rdr.group';
UPDATE steering.participant SET parent = 'rdr.south' WHERE code = 'rdr.farm';
RESET ROLE;
TABLE reader;
SELECT code, parent FROM steering.participant WHERE code LIKE 'rdr.%' ORDER BY code;

-- Who may pass it on can.
SET ROLE regress_sp71_granter;
UPDATE steering.participant SET reader = 'regress SP71 "Quoted"' WHERE code = 'rdr.group';
UPDATE steering.participant SET reader = '"regress SP71 ""Quoted"""' WHERE code = 'rdr.group';
UPDATE steering.participant SET parent = 'rdr.group' WHERE code = 'rdr.farm';
INSERT INTO steering.participant (code, name, reader) VALUES ('rdr.new', 'New', 'regress_sp71_north');
DELETE FROM steering.participant WHERE code = 'rdr.new';
RESET ROLE;
TABLE reader;
SET ROLE "regress SP71 ""Quoted""";
TABLE seen;
RESET ROLE;

-- A reader is what regrole was to scripts: set by a role, compared with one, joined.
UPDATE steering.participant SET reader = 'regress_sp71_north'::regrole WHERE code = 'rdr.farm';
UPDATE steering.participant SET reader = (SELECT oid FROM pg_roles WHERE rolname = 'regress_sp71_south') WHERE code = 'rdr.group';
UPDATE steering.participant SET reader = (SELECT 'regress_sp71_north'::text) WHERE code = 'rdr.town';
SELECT code FROM steering.participant WHERE reader = 'regress_sp71_north'::regrole AND code LIKE 'rdr.%' ORDER BY code;
SELECT code, rolname FROM steering.participant JOIN pg_roles ON pg_roles.oid = reader WHERE code LIKE 'rdr.%' ORDER BY code;
SELECT reader, count(*) FROM steering.participant WHERE code LIKE 'rdr.%' GROUP BY reader ORDER BY 2, reader::text;
SELECT DISTINCT reader::regrole FROM steering.participant WHERE code LIKE 'rdr.%' ORDER BY 1;
SELECT count(*) FROM steering.participant WHERE reader::text = 'regress_sp71_north';
-- what names no role, is no name, or is a number
UPDATE steering.participant SET reader = 'regress_sp71_nobody' WHERE code = 'rdr.town';
UPDATE steering.participant SET reader = 'public' WHERE code = 'rdr.town';
UPDATE steering.participant SET reader = '10' WHERE code = 'rdr.town';
UPDATE steering.participant SET reader = '' WHERE code = 'rdr.town';
UPDATE steering.participant SET reader = 'a.b' WHERE code = 'rdr.town';
UPDATE steering.participant SET reader = 'pg_read_all_data' WHERE code = 'rdr.town';
UPDATE steering.participant SET reader = NULL WHERE code = 'rdr.town';
INSERT INTO steering.participant (code, name, reader) VALUES ('rdr.ten', 'Ten', '10'), ('rdr.odd', 'Odd', 'no "name'), ('rdr.dash', 'Dash', '-'),
    ('rdr.late', 'Late', 'Regress_sp71_Late'), ('rdr.late2', 'Late 2', '"Regress_sp71_Late"');
SELECT code, reader, reader::oid FROM steering.participant WHERE code LIKE 'rdr.%' AND reader::oid = 0 ORDER BY code;
SELECT subject, detail FROM steering.health() WHERE problem = 'reader missing' ORDER BY 1;

-- A role that is renamed goes on reading; one that is gone is nobody; one that comes has its name.
UPDATE steering.participant SET reader = 'regress_sp71_north' WHERE code = 'rdr.farm';
ALTER ROLE regress_sp71_north RENAME TO "regress_sp71_North of it";
TABLE reader;
SET ROLE "regress_sp71_North of it";
TABLE seen;
RESET ROLE;
DROP ROLE regress_sp71_south;
CREATE ROLE regress_sp71_late;
SELECT subject FROM steering.health() WHERE problem = 'reader missing' ORDER BY 1;
SELECT subject, detail, hint FROM steering.health() WHERE subject = 'participant "rdr.south"';
SET ROLE regress_sp71_late;
SELECT code FROM steering.readable_participant;
RESET ROLE;
-- who has the rights of no reader reads nothing, whatever numbers there are
CREATE ROLE regress_sp71_trainee;
SET ROLE regress_sp71_trainee;
TABLE seen;
RESET ROLE;
-- messages know of readers what views know
CREATE TABLE line (town text, day date DEFAULT '2026-05-05', net numeric);
SELECT steering.attach('line', $$'rdr.ict'$$, 'town', 'day', 'net') > 0 AS attached;
GRANT INSERT ON line TO "regress_sp71_North of it", regress_sp71_trainee;
\set VERBOSITY default
SET ROLE regress_sp71_trainee;
DO $$ BEGIN INSERT INTO readers_test.line VALUES ('rdr.north', DEFAULT, 101); EXCEPTION WHEN OTHERS THEN RAISE NOTICE '%', SQLSTATE; END $$;
SET ROLE "regress_sp71_North of it";
DO $$
DECLARE
    detail text;
BEGIN
    INSERT INTO readers_test.line VALUES ('rdr.north', DEFAULT, 101);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RAISE NOTICE '%', regexp_replace(detail, 'Cap \d+', 'Cap N');
END
$$;
RESET ROLE;
\set VERBOSITY terse

SELECT steering.detach('line');
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service = 'rdr.ict';
DELETE FROM steering.participant WHERE code LIKE 'rdr.%';
DELETE FROM steering.service WHERE code LIKE 'rdr.%';
SELECT count(*) FROM steering.health() WHERE problem = 'reader missing' AND subject LIKE '%rdr.%';
REVOKE ALL ON steering.participant FROM regress_sp71_keeper, regress_sp71_granter, regress_sp71_auditor;
REVOKE ALL ON steering.cap FROM regress_sp71_granter, regress_sp71_auditor;
DROP SCHEMA readers_test CASCADE;
DROP ROLE regress_sp71_keeper, regress_sp71_granter, regress_sp71_auditor, "regress_sp71_North of it", "regress SP71 ""Quoted""", regress_sp71_late, regress_sp71_trainee;
