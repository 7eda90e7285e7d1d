-- Queries: nobody but the extension writes a booking table, whatever way leads there; and nothing is put on it that would
-- run when it is written.
CREATE SCHEMA query_guard;
SET search_path = query_guard;
SET datestyle = iso;
\set SHOW_CONTEXT never

INSERT INTO steering.participant (code, name) VALUES ('qg.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('qg.ict', 'ICT');
CREATE ROLE qg_owner;
GRANT pg_execute_server_program TO qg_owner;
CREATE ROLE qg_headers;
GRANT ALL ON SCHEMA query_guard TO qg_owner, qg_headers;
GRANT USAGE ON SCHEMA steering TO qg_owner;
GRANT EXECUTE ON FUNCTION steering.attach_query(text, text, text, boolean, text, regclass[], regclass[]), steering.reattach(regclass) TO qg_owner;
CREATE TABLE header (id integer PRIMARY KEY, town text, state text DEFAULT 'draft');
CREATE TABLE line (id integer PRIMARY KEY, header_id integer, net numeric);
CREATE INDEX ON line (header_id);
ALTER TABLE header OWNER TO qg_headers;
GRANT SELECT, TRIGGER ON header TO qg_owner;
ALTER TABLE line OWNER TO qg_owner;
INSERT INTO header VALUES (1, 'qg.town', 'approved');
INSERT INTO line VALUES (1, 1, 100), (2, 1, 50);
SELECT setval('steering.cap_cap_id_seq', 1500) AS numbered \gset
SELECT steering.set_cap('qg.ict', 'qg.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
SET ROLE qg_owner;
SELECT steering.attach_query($$SELECT 'qg.ict' AS service, h.town AS participant, date '2026-03-01' AS booked_on, l.net AS amount
    FROM line l JOIN header h ON h.id = l.header_id WHERE h.state = 'approved'$$) > 0 AS attached;
RESET ROLE;
SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgfoid = 'steering.guard_booking_table'::regproc ORDER BY 1;
CREATE FUNCTION wrong() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT verify::text FROM steering.verify() UNION ALL
    SELECT concat_ws('|', subject, problem, detail, hint) FROM steering.health() WHERE subject LIKE 'query\_guard%' OR subject LIKE 'sp71%' ORDER BY 1 $$;
SELECT * FROM wrong();

-- what a role is told that does what is to be refused; all of it is undone
CREATE TABLE way (n serial, sql text);
CREATE FUNCTION try(role text, sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE sql;
    RAISE SQLSTATE 'QGOOD' USING MESSAGE = 'it is done';
EXCEPTION WHEN others THEN
    RETURN SQLSTATE || ': ' || replace(SQLERRM, 'query_guard.', '');
END $$;
-- superuser: null where that is told the same
CREATE FUNCTION tried() RETURNS TABLE (sql text, owner text, superuser text) LANGUAGE sql AS $$
    SELECT sql, owner, nullif(superuser, owner)
    FROM (SELECT n, sql, query_guard.try('qg_owner', sql) AS owner, query_guard.try(session_user, sql) AS superuser FROM query_guard.way OFFSET 0) AS tried ORDER BY n $$;

-- every statement that writes; with the triggers of others off too
INSERT INTO line_booking VALUES (3, 'qg.ict', 'qg.town', '2026-03-01', 1);
SET ROLE qg_owner;
CREATE VIEW writable AS SELECT * FROM line_booking;
CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM query_guard.line_booking; RETURN NULL; END';
CREATE TABLE elsewhere (id integer);
CREATE TRIGGER other AFTER INSERT ON elsewhere EXECUTE FUNCTION other();
CREATE TABLE ruled (id integer);
CREATE RULE ruled AS ON INSERT TO ruled DO ALSO DELETE FROM line_booking WHERE id = NEW.id;
RESET ROLE;
INSERT INTO way (sql) VALUES
    ('INSERT INTO line_booking VALUES (3, ''qg.ict'', ''qg.town'', ''2026-03-01'', 1)'),
    ('INSERT INTO line_booking VALUES (1) ON CONFLICT DO NOTHING'),
    ('INSERT INTO line_booking VALUES (1) ON CONFLICT (id) DO UPDATE SET amount = 0'),
    ('INSERT INTO line_booking SELECT 3 RETURNING id'),
    ('UPDATE line_booking SET amount = 0 WHERE id = 1'),
    ('UPDATE line_booking SET id = 3 WHERE id = 1'),
    ('DELETE FROM line_booking'),
    ('WITH gone AS (DELETE FROM line_booking RETURNING *) SELECT * FROM gone'),
    ('TRUNCATE line_booking'),
    ('TRUNCATE line, line_booking CASCADE'),
    ('MERGE INTO line_booking USING line ON line.id = line_booking.id WHEN MATCHED THEN DELETE'),
    ('MERGE INTO line_booking USING line ON line.id = -line_booking.id WHEN NOT MATCHED THEN INSERT VALUES (3)'),
    ('COPY line_booking (id) FROM PROGRAM ''echo 3'''),
    ('UPDATE writable SET amount = 0'),
    ('DELETE FROM writable'),
    ('INSERT INTO elsewhere VALUES (1)'),
    ('INSERT INTO ruled VALUES (1)'),
    ('UPDATE line_booking SET amount = 0 WHERE id = -1'),
    ('LOCK TABLE line_booking; SELECT FROM line_booking FOR UPDATE');
SELECT * FROM tried();
\copy line_booking (id) from stdin
3
\.
SET session_replication_role = replica;
SELECT sql, try(session_user, sql) FROM way ORDER BY n;
RESET session_replication_role;
SELECT * FROM wrong();

-- what would let it be written, or be passed over, or run when the extension writes it
DELETE FROM way;
SET ROLE qg_owner;
CREATE FUNCTION code(amount numeric) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE 'ran as %', current_user; END $$;
CREATE FUNCTION code(amount integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 1; END $$;
CREATE TABLE parent (LIKE line_booking);
CREATE TABLE partitioned (LIKE line_booking) PARTITION BY LIST (service);
CREATE TABLE child (LIKE line_booking INCLUDING ALL);
CREATE TABLE referring (id integer);
CREATE DOMAIN never AS integer CHECK (VALUE > 0);
CREATE TYPE shape AS (id integer, service text, participant text, booked_on date, amount numeric);
RESET ROLE;
INSERT INTO way (sql) VALUES
    ('ALTER TABLE line_booking DISABLE TRIGGER sp71_steering_guard'),
    ('ALTER TABLE line_booking DISABLE TRIGGER sp71_steering_guard_truncate'),
    ('ALTER TABLE line_booking ENABLE REPLICA TRIGGER sp71_steering_guard'),
    ('ALTER TABLE line_booking DISABLE TRIGGER USER'),
    ('DROP TRIGGER sp71_steering_guard ON line_booking'),
    ('DROP TRIGGER sp71_steering_guard_truncate ON line_booking'),
    ('ALTER TABLE line_booking DROP CONSTRAINT line_booking_pkey'),
    ('ALTER TABLE line_booking DROP COLUMN id CASCADE'),
    ('CREATE TRIGGER mine AFTER INSERT ON line_booking EXECUTE FUNCTION other()'),
    ('CREATE TRIGGER a BEFORE INSERT ON line_booking FOR EACH ROW EXECUTE FUNCTION other()'),
    ('CREATE OR REPLACE TRIGGER sp71_steering_guard BEFORE INSERT ON line_booking FOR EACH ROW EXECUTE FUNCTION other()'),
    ('CREATE OR REPLACE TRIGGER sp71_steering_guard BEFORE INSERT OR UPDATE OR DELETE ON line_booking FOR EACH ROW WHEN (false) EXECUTE FUNCTION steering.guard_booking_table()'),
    ('CREATE CONSTRAINT TRIGGER mine AFTER INSERT ON line_booking FOR EACH ROW EXECUTE FUNCTION other()'),
    ('CREATE TRIGGER ours BEFORE INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION steering.guard_booking_table()'),
    ('CREATE RULE mine AS ON INSERT TO line_booking DO INSTEAD NOTHING'),
    ('CREATE RULE mine AS ON UPDATE TO line_booking DO ALSO SELECT 1'),
    ('CREATE POLICY mine ON line_booking USING (code(amount) = 1)'),
    ('ALTER TABLE line_booking ENABLE ROW LEVEL SECURITY'),
    ('ALTER TABLE line_booking FORCE ROW LEVEL SECURITY'),
    ('CREATE INDEX mine ON line_booking (code(id))'),
    ('CREATE INDEX mine ON line_booking (id) WHERE code(id) = 1'),
    ('CREATE UNIQUE INDEX mine ON line_booking (lower(service), id)'),
    ('ALTER TABLE line_booking ADD CHECK (code(id) = 1)'),
    ('ALTER TABLE line_booking ADD CHECK (code(id) = 1) NOT VALID'),
    ('ALTER TABLE line_booking ADD EXCLUDE USING btree (id WITH =)'),
    ('ALTER TABLE line_booking ADD UNIQUE (id, amount) DEFERRABLE'),
    ('ALTER TABLE line_booking ALTER amount SET DEFAULT 0'),
    ('ALTER TABLE line_booking ALTER amount SET NOT NULL'),
    ('ALTER TABLE line_booking ADD COLUMN more integer DEFAULT 0'),
    ('ALTER TABLE line_booking ADD COLUMN more integer NOT NULL DEFAULT 0'),
    ('ALTER TABLE line_booking ADD COLUMN more integer GENERATED ALWAYS AS (code(id)) STORED'),
    ('ALTER TABLE line_booking ADD COLUMN more integer GENERATED ALWAYS AS IDENTITY'),
    ('ALTER TABLE line_booking ADD COLUMN more never'),
    ('ALTER TABLE line_booking ALTER id ADD GENERATED BY DEFAULT AS IDENTITY'),
    ('ALTER TABLE line_booking ALTER amount TYPE integer USING 1'),
    ('ALTER TABLE line_booking ADD FOREIGN KEY (id) REFERENCES line ON DELETE CASCADE'),
    ('ALTER TABLE line_booking ADD FOREIGN KEY (id) REFERENCES line ON UPDATE SET NULL NOT VALID'),
    ('ALTER TABLE referring ADD FOREIGN KEY (id) REFERENCES line_booking'),
    ('CREATE TABLE more (id integer REFERENCES line_booking)'),
    ('CREATE TABLE more (id integer, FOREIGN KEY (id) REFERENCES line_booking)'),
    ('CREATE TABLE more () INHERITS (line_booking)'),
    ('CREATE SCHEMA qg_more CREATE TABLE more () INHERITS (query_guard.line_booking)'),
    ('ALTER TABLE child INHERIT line_booking'),
    ('ALTER TABLE line_booking INHERIT parent'),
    ('ALTER TABLE partitioned ATTACH PARTITION line_booking FOR VALUES IN (''qg.ict'')'),
    ('CREATE STATISTICS mine ON (code(id)) FROM line_booking'),
    ('ALTER TABLE line_booking SET UNLOGGED'),
    ('ALTER TABLE line_booking OF shape');
SET client_min_messages = warning;
SELECT * FROM tried();
RESET client_min_messages;
-- what it says
SET ROLE qg_owner;
CREATE INDEX mine ON line_booking (code(id));
ALTER TABLE line_booking DISABLE TRIGGER ALL;
DROP TRIGGER sp71_steering_guard ON line_booking;
-- in several transactions: refused before the first
CREATE INDEX CONCURRENTLY mine ON line_booking (code(amount));
CREATE INDEX CONCURRENTLY mine ON line_booking (id) WHERE code(amount) = 1;
SELECT to_regclass('mine');
-- with the query
BEGIN;
CREATE TABLE new (id integer PRIMARY KEY, net numeric);
SELECT steering.attach_query($$SELECT 'qg.ict' AS service, 'qg.town' AS participant, date '2026-03-01' AS booked_on, net AS amount FROM new$$) > 0 AS attached;
SAVEPOINT attached;
CREATE INDEX ON new_booking (code(amount));
ROLLBACK TO attached;
INSERT INTO new_booking VALUES (1);
ROLLBACK TO attached;
DROP TRIGGER sp71_steering_guard ON new_booking;
ROLLBACK;
RESET ROLE;

-- what changes nothing of that goes through
SET ROLE qg_owner;
CREATE INDEX plain ON line_booking (service, booked_on) INCLUDE (amount);
CREATE INDEX CONCURRENTLY plainer ON line_booking (booked_on);
CREATE STATISTICS plain ON service, participant FROM line_booking;
CREATE VIEW seen AS SELECT id, amount FROM line_booking;
ALTER TABLE line_booking ADD COLUMN remark text;
ALTER TABLE line_booking SET (fillfactor = 90), CLUSTER ON plain, ALTER service SET STATISTICS 10;
CLUSTER line_booking;
ANALYZE line_booking;
ALTER TABLE line_booking ENABLE TRIGGER ALL;
ALTER TABLE line_booking ENABLE TRIGGER sp71_steering_guard;
ALTER TRIGGER sp71_steering_guard ON line_booking RENAME TO guard;
ALTER TABLE line_booking RENAME TO booked;
COMMENT ON TABLE booked IS 'bookings';
GRANT SELECT ON booked TO qg_headers;
RESET ROLE;
SET client_min_messages = error;
CREATE PUBLICATION qg FOR TABLE booked;
RESET client_min_messages;
ALTER TABLE booked OWNER TO qg_headers;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'booked'::regclass;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgfoid = 'steering.guard_booking_table'::regproc ORDER BY 1;
INSERT INTO line VALUES (3, 1, 30);
INSERT INTO line SELECT n, 1, 1 FROM generate_series(10, 40) AS n;
UPDATE header SET state = 'draft';
UPDATE header SET state = 'approved';
DELETE FROM line WHERE id > 3;
TABLE seen ORDER BY 1;
SELECT * FROM wrong();
DROP PUBLICATION qg;
ALTER TABLE booked RENAME TO line_booking;

-- as a superuser who loads data alone, and one who says that he knows what he is doing: told, and put right
ALTER TABLE line_booking DISABLE TRIGGER ALL;
DELETE FROM line_booking WHERE id = 1;
SELECT * FROM wrong();
ALTER TABLE line_booking ENABLE TRIGGER ALL;
DELETE FROM line_booking;
SELECT * FROM steering.repair();
SELECT * FROM wrong();
SET allow_system_table_mods = on;
ALTER TABLE line_booking ENABLE TRIGGER guard;
DROP TRIGGER sp71_steering_guard_truncate ON line_booking;
RESET allow_system_table_mods;
SELECT * FROM wrong();
SET ROLE qg_owner;
SELECT steering.reattach('line_booking');
RESET ROLE;
SELECT * FROM wrong();

-- where event triggers do not fire: told; an index that would run code keeps lines from being written
ALTER EVENT TRIGGER sp71_steering_query_follow DISABLE;
ALTER EVENT TRIGGER sp71_steering_query_drop DISABLE;
SET ROLE qg_owner;
CREATE TRIGGER mine AFTER INSERT ON line_booking EXECUTE FUNCTION other();
CREATE RULE mine AS ON DELETE TO line_booking DO ALSO NOTHING;
CREATE POLICY mine ON line_booking;
ALTER TABLE line_booking ENABLE ROW LEVEL SECURITY, ADD CONSTRAINT mine CHECK (amount IS NOT NULL), ALTER remark SET DEFAULT 'x',
    ALTER booked_on SET NOT NULL, DISABLE TRIGGER guard;
ALTER TABLE referring ADD CONSTRAINT referring FOREIGN KEY (id) REFERENCES line_booking;
CREATE STATISTICS mine ON (code(id)) FROM line_booking;
CREATE INDEX mine ON line_booking (id) WHERE code(id) = 1;
RESET ROLE;
ALTER EVENT TRIGGER sp71_steering_query_follow ENABLE;
ALTER EVENT TRIGGER sp71_steering_query_drop ENABLE;
SELECT * FROM wrong();
INSERT INTO line VALUES (4, 1, 4);
-- taken away again, and others' DDL goes on meanwhile
CREATE TABLE bystander (id integer CHECK (id > 0));
CREATE INDEX ON bystander (abs(id));
DROP INDEX mine;
DROP STATISTICS mine;
DROP RULE mine ON line_booking;
DROP POLICY mine ON line_booking;
DROP TRIGGER mine ON line_booking;
ALTER TABLE referring DROP CONSTRAINT referring;
ALTER TABLE line_booking DISABLE ROW LEVEL SECURITY, DROP CONSTRAINT mine, ALTER remark DROP DEFAULT, ALTER booked_on DROP NOT NULL,
    ENABLE ALWAYS TRIGGER guard;
INSERT INTO line VALUES (4, 1, 4);
SELECT * FROM wrong();

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA query_guard CASCADE;
SELECT * FROM steering.verify();
SELECT steering.drop_cap(:cap, 'test');
DROP OWNED BY qg_owner, qg_headers;
DROP ROLE qg_owner, qg_headers;
DELETE FROM steering.service WHERE code LIKE 'qg.%';
DELETE FROM steering.participant WHERE code LIKE 'qg.%';
