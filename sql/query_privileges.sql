-- Queries: what runs as whom. Who writes a line needs no right on any other table, and what the owner of the lines has
-- put into the query runs as that owner and leaves nothing.
CREATE SCHEMA query_privileges;
SET search_path = query_privileges;
SET datestyle = iso;
\set SHOW_CONTEXT never

INSERT INTO steering.participant (code, name) VALUES ('qp.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('qp.ict', 'ICT');
CREATE ROLE qp_owner;
CREATE ROLE qp_headers;
CREATE ROLE qp_clerk;
CREATE ROLE qp_approver;
GRANT USAGE, CREATE ON SCHEMA query_privileges TO qp_owner, qp_headers;
GRANT USAGE ON SCHEMA query_privileges TO qp_clerk, qp_approver;
GRANT USAGE ON SCHEMA steering TO qp_owner;
GRANT EXECUTE ON FUNCTION steering.attach_query(text, text, text, boolean, text, regclass[], regclass[]), steering.detach(regclass) TO qp_owner;
CREATE TABLE header (id integer PRIMARY KEY, town text, state text DEFAULT 'draft');
CREATE TABLE line (id integer PRIMARY KEY, header_id integer, net numeric);
CREATE INDEX ON line (header_id);
ALTER TABLE header OWNER TO qp_headers;
ALTER TABLE line OWNER TO qp_owner;
INSERT INTO header VALUES (1, 'qp.town', 'approved'), (2, 'qp.town', 'draft');
SET ROLE qp_headers;
GRANT SELECT, TRIGGER ON header TO qp_owner;
GRANT SELECT, UPDATE ON header TO qp_approver;
RESET ROLE;
GRANT INSERT ON line TO qp_clerk;
SELECT setval('steering.cap_cap_id_seq', 1400) AS numbered \gset
SELECT steering.set_cap('qp.ict', 'qp.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
-- rights that others get by default on what the owner makes
ALTER DEFAULT PRIVILEGES IN SCHEMA query_privileges GRANT ALL ON TABLES TO qp_clerk, PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE qp_owner IN SCHEMA query_privileges GRANT SELECT ON TABLES TO qp_clerk;

-- what is not a right: to read what the query returns, to write the booking table
SET ROLE qp_owner;
SELECT steering.attach_query($$SELECT 'qp.ict' AS service, h.town AS participant, date '2026-03-01' AS booked_on, l.net AS amount
    FROM line l JOIN header h ON h.id = l.header_id WHERE h.state = 'approved'$$) > 0 AS attached;
RESET ROLE;
-- 17 has one right more, m
SELECT pg_get_userbyid(relowner) AS owner, coalesce(replace(relacl::text, 'xtm/', 'xt/'), 'none') AS rights FROM pg_class WHERE oid = 'line_booking'::regclass;
SET ROLE qp_clerk;
INSERT INTO line VALUES (1, 1, 600), (2, 2, 600);
INSERT INTO line VALUES (3, 1, 600);
SELECT * FROM line_booking;
INSERT INTO line_booking VALUES (9);
SELECT * FROM header;
RESET ROLE;
SET ROLE qp_approver;
UPDATE header SET state = 'approved' WHERE id = 2;
UPDATE header SET state = 'draft' WHERE id = 1;
UPDATE header SET state = 'approved' WHERE id = 2;
SELECT * FROM line;
RESET ROLE;
TABLE line_booking ORDER BY 1;
SELECT * FROM steering.verify();
-- a second match names rows to who may read them alone
SELECT steering.detach('line');
CREATE TABLE entry (id integer PRIMARY KEY, line_id integer);
GRANT INSERT ON entry TO qp_clerk;
GRANT SELECT, TRIGGER ON entry TO qp_owner;
REVOKE SELECT ON entry FROM qp_clerk, PUBLIC;
INSERT INTO entry VALUES (1, 1);
SELECT steering.attach_query($$SELECT 'qp.ict' AS service, 'qp.town' AS participant, date '2026-03-01' AS booked_on, l.net AS amount
    FROM line l JOIN entry e ON e.line_id = l.id$$, promise_unique => '{entry}') > 0 AS attached;
INSERT INTO entry VALUES (2, 1);
SET SESSION AUTHORIZATION qp_clerk;
INSERT INTO query_privileges.entry VALUES (2, 1);
RESET SESSION AUTHORIZATION;
SELECT steering.detach('line');

-- a function of the owner's: runs as the owner, whoever writes; what it does is undone, locks of ours stay
CREATE TABLE seen (who text, session text, settings text);
GRANT ALL ON seen TO PUBLIC;
SET ROLE qp_owner;
CREATE FUNCTION act() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO query_privileges.seen VALUES (current_user, session_user, current_setting('search_path'));
    UPDATE query_privileges.line SET net = 0;
EXCEPTION WHEN others THEN
    PERFORM set_config('search_path', 'nowhere', false), set_config('row_security', 'on', false);
    INSERT INTO query_privileges.seen VALUES (SQLERRM);
END $$;
CREATE FUNCTION hostile(town text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM query_privileges.act();
    RETURN coalesce(town, 'none') || CASE WHEN current_user = 'qp_owner' THEN '' ELSE '?' END;
END $$;
SELECT steering.attach_query($$SELECT 'qp.ict' AS service, hostile(h.town) AS participant, date '2026-03-01' AS booked_on, l.net AS amount
    FROM line l JOIN header h ON h.id = l.header_id WHERE h.state = 'approved'$$) > 0 AS attached;
RESET ROLE;
UPDATE header SET state = 'approved';
UPDATE line SET net = 1;
UPDATE header SET state = 'approved';
INSERT INTO line VALUES (4, 1, 4);
SHOW search_path;
TABLE seen;
TABLE line_booking ORDER BY 1;
SELECT * FROM steering.verify();
SELECT current_user = session_user AS myself;
-- the row of the header is locked though the function was undone
BEGIN;
INSERT INTO line VALUES (5, 1, 5);
SELECT count(*) FROM header WHERE xmax <> 0;
COMMIT;
-- who may call what
SET ROLE qp_clerk;
SELECT steering.query_differences(1);
SELECT * FROM steering.query;
SELECT steering.attach_query('SELECT 1');
RESET ROLE;

\set VERBOSITY terse
SET client_min_messages = warning;
ALTER DEFAULT PRIVILEGES IN SCHEMA query_privileges REVOKE ALL ON TABLES FROM qp_clerk, PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE qp_owner IN SCHEMA query_privileges REVOKE SELECT ON TABLES FROM qp_clerk;
DROP SCHEMA query_privileges CASCADE;
SELECT * FROM steering.verify();
SELECT steering.drop_cap(:cap, 'test');
DROP OWNED BY qp_owner, qp_headers, qp_clerk, qp_approver;
DROP ROLE qp_owner, qp_headers, qp_clerk, qp_approver;
DELETE FROM steering.service WHERE code LIKE 'qp.%';
DELETE FROM steering.participant WHERE code LIKE 'qp.%';
