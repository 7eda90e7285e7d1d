-- Who may read no bookings at all, or none of a source, locks no finance table and has no mapping evaluated by asking:
-- through no view and no function that PUBLIC may use.
\set VERBOSITY terse
CREATE SCHEMA nothing_test;
SET search_path = nothing_test;
CREATE ROLE regress_sp71_nobody;
CREATE ROLE regress_sp71_reader;
GRANT USAGE ON SCHEMA nothing_test TO PUBLIC;
INSERT INTO steering.participant (code, name, reader) VALUES ('nothing.town', 'Town', 'regress_sp71_reader'), ('nothing.city', 'City', NULL);
INSERT INTO steering.service (code, name) VALUES ('nothing.ict', 'ICT');
CREATE FUNCTION tells(net numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RAISE NOTICE 'evaluated';
	RETURN net;
END
$$;
CREATE TABLE of_town (town text DEFAULT 'nothing.town', net numeric);
CREATE TABLE of_city (town text DEFAULT 'nothing.city', net numeric);
SELECT steering.attach(t, $$'nothing.ict'$$, 'town', $$date '2026-02-02'$$, 'tells(net)') > 0 AS attached
	FROM unnest(ARRAY['of_town', 'of_city']::regclass[]) AS t;
SELECT steering.set_cap('nothing.ict', 'nothing.town', 'budget', '[2026-01-01,2027-01-01)', 1000) > 0 AS set;
INSERT INTO of_town (net) VALUES (10);
INSERT INTO of_city (net) VALUES (20);
-- the finance tables that the session has locked
CREATE FUNCTION locked() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$
	SELECT DISTINCT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND relation IN ('nothing_test.of_town'::regclass, 'nothing_test.of_city'::regclass) ORDER BY 1
$$;
-- Asks everything that PUBLIC may select from or execute, but for what works on values alone; returns how much that
-- was, unless it is an error, and what was locked.
CREATE FUNCTION ask_everything(OUT asked integer, OUT locks text[]) LANGUAGE plpgsql AS $$
DECLARE
	question text;
BEGIN
	asked := 0;
	FOR question IN
		SELECT format('SELECT * FROM %s', oid::regclass) FROM pg_class
		WHERE relnamespace = 'steering'::regnamespace AND relkind IN ('r', 'v') AND has_table_privilege(oid, 'SELECT')
		UNION ALL
		SELECT format('SELECT * FROM %s(%s)', pg_proc.oid::regproc, (
			SELECT string_agg(CASE format_type(argument, NULL) WHEN 'date' THEN
					CASE WHEN pg_proc.proargnames[position] LIKE 'first%' THEN '''2025-01-01''' ELSE '''2026-02-15''' END
				WHEN 'integer' THEN 'NULL' WHEN 'boolean' THEN 'true' WHEN 'numeric' THEN '1' ELSE
				CASE pg_proc.proargnames[position] WHEN 'service' THEN '''nothing.ict''' WHEN 'participant' THEN '''nothing.town'''
					WHEN 'method' THEN '''run_rate''' WHEN 'period' THEN '''2026''' ELSE 'NULL' END END
				|| '::' || format_type(argument, NULL), ', ' ORDER BY position)
			FROM unnest(pg_proc.proargtypes) WITH ORDINALITY AS argument (argument, position)))
		FROM pg_proc
		WHERE pronamespace = 'steering'::regnamespace AND prokind = 'f' AND provolatile <> 'i'
			AND prorettype <> ALL ('{trigger,event_trigger}'::regtype[]) AND has_function_privilege(oid, 'EXECUTE')
		ORDER BY 1
	LOOP
		BEGIN
			EXECUTE 'SELECT count(*) FROM (' || question || ') AS asked';
			asked := asked + 1;
			locks := locks || ARRAY(SELECT question || ' locks ' || locked FROM locked());
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
END
$$;

SET ROLE regress_sp71_nobody;
BEGIN;
SELECT count(*) FROM steering.booking;
SELECT count(*) FROM steering.booking_read(NULL, NULL);
SELECT asked > 15 AS asked, locks FROM ask_everything();
SELECT * FROM locked();
COMMIT;
-- a reader has the source evaluated and locked that has bookings for him, and no other
SET ROLE regress_sp71_reader;
BEGIN;
SELECT source, amount FROM steering.booking;
SELECT * FROM locked();
COMMIT;
-- and both when it has; what he sees of his own transaction too
RESET ROLE;
BEGIN;
INSERT INTO of_city VALUES ('nothing.town', 30);
SET LOCAL ROLE regress_sp71_reader;
SELECT source, amount FROM steering.booking ORDER BY 1;
SELECT * FROM locked();
ROLLBACK;
-- who may read everything reads everything
SELECT source, amount FROM steering.booking WHERE source LIKE 'nothing%' ORDER BY 1;

SET client_min_messages = warning;
DROP SCHEMA nothing_test CASCADE;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service = 'nothing.ict';
DELETE FROM steering.service WHERE code = 'nothing.ict';
DELETE FROM steering.participant WHERE code LIKE 'nothing.%';
DROP ROLE regress_sp71_nobody, regress_sp71_reader;
RESET client_min_messages;
SELECT * FROM steering.verify();
