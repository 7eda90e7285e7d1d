-- A mapping's function that reads bookings, or that has the server say it is out of something, fails like any other: the
-- sources of others are read, verified and repaired all the same, and soon.
\set VERBOSITY terse
SET datestyle = ISO;
CREATE SCHEMA ownerf_test;
SET search_path = ownerf_test;
CREATE ROLE regress_sp71_sound;
CREATE ROLE regress_sp71_odd;
GRANT USAGE, CREATE ON SCHEMA ownerf_test TO regress_sp71_sound, regress_sp71_odd;
GRANT EXECUTE ON FUNCTION steering.attach, steering.detach TO regress_sp71_sound, regress_sp71_odd;
GRANT EXECUTE ON FUNCTION steering.verify TO regress_sp71_odd;
INSERT INTO steering.participant (code, parent, name, reader) VALUES
	('ownerf.group', NULL, 'Group', NULL), ('ownerf.town', 'ownerf.group', 'Town', 'regress_sp71_odd');
INSERT INTO steering.service (code, name) VALUES ('ownerf.ict', 'ICT');
SELECT steering.set_cap('ownerf.ict', 'ownerf.group', 'budget', '[2026-01-01,2027-01-01)', 1000) AS year_cap \gset
SELECT steering.set_cap('ownerf.ict', 'ownerf.group', 'budget', '[2026-02-01,2026-02-11)', 1000) AS part_cap \gset
SET ROLE regress_sp71_sound;
CREATE TABLE sound (service text DEFAULT 'ownerf.ict', town text DEFAULT 'ownerf.town', day date DEFAULT '2026-02-02', net numeric);
SELECT steering.attach('sound', 'service', 'town', 'day', 'net') > 0 AS attached;
INSERT INTO sound (net) VALUES (100);
SET ROLE regress_sp71_odd;
CREATE TABLE state (does text);
INSERT INTO state VALUES ('nothing');
-- it has the server say what is no matter of the source
CREATE FUNCTION load() RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	LOAD '$libdir/plugins/nothing_of_this_name';
END
$$;
CREATE FUNCTION does(net numeric) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	CASE (SELECT state.does FROM ownerf_test.state)
	WHEN 'read bookings' THEN PERFORM FROM steering.booking;
	WHEN 'verify' THEN PERFORM FROM steering.verify();
	WHEN 'load' THEN PERFORM ownerf_test.load();
	WHEN 'lock' THEN PERFORM pg_advisory_xact_lock(71, i) FROM generate_series(1, 200000) AS i;
	WHEN 'recurse' THEN PERFORM ownerf_test.does(net);
	ELSE NULL;
	END CASE;
	RETURN true;
END
$$;
CREATE TABLE odd (service text DEFAULT 'ownerf.ict', town text DEFAULT 'ownerf.town', day date DEFAULT '2026-02-02', net numeric);
SELECT steering.attach('odd', 'service', 'town', 'day', 'net', counts_when => 'ownerf_test.does(net)') > 0 AS attached;
INSERT INTO odd (net) VALUES (1), (2), (3);
RESET ROLE;
SET statement_timeout = '60s';
CREATE PROCEDURE ask(what text) LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	UPDATE ownerf_test.state SET does = what;
	FOR answer IN SELECT format('%s: %s', subject, split_part(detail, '. ', 1)) FROM steering.health() WHERE subject LIKE 'ownerf_test.%' LOOP
		RAISE NOTICE '%', answer;
	END LOOP;
	FOR answer IN SELECT format('%s %s %s', source, sum(amount), count(*)) FROM steering.booking GROUP BY source ORDER BY source LOOP
		RAISE NOTICE 'booking: %', answer;
	END LOOP;
	FOR answer IN SELECT v::text FROM steering.verify() AS v LOOP
		RAISE NOTICE 'verify: %', answer;
	END LOOP;
	FOR answer IN SELECT v::text FROM steering.repair() AS v LOOP
		RAISE NOTICE 'repair: %', answer;
	END LOOP;
END
$$;
CALL ask('nothing');
-- it reads bookings
CALL ask('read bookings');
CALL ask('verify');
CALL ask('recurse');
SET ROLE regress_sp71_odd;
SELECT count(*) FROM steering.booking;
INSERT INTO odd (net) VALUES (5);
RESET ROLE;
UPDATE state SET does = 'read bookings';
\set VERBOSITY sqlstate
INSERT INTO odd (net) VALUES (5);
\set VERBOSITY terse
-- it has the server say that a file or the memory is missing
CALL ask('load');
CALL ask('lock');
-- the cap over a part of a month is changed with one of them, too
SELECT steering.drop_cap(:part_cap);
SELECT used FROM steering.cap_status WHERE cap_id = :year_cap;
SELECT steering.set_cap('ownerf.ict', 'ownerf.group', 'budget', '[2026-02-01,2026-02-12)', 1000, accept_overrun => true) AS part_cap \gset
SELECT used FROM steering.cap_status WHERE cap_id = :part_cap;
SELECT steering.drop_cap(:part_cap);
CALL ask('nothing');

RESET statement_timeout;
SELECT steering.detach('odd');
SELECT steering.detach('sound');
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'ownerf.%';
SET client_min_messages = warning;
DROP SCHEMA ownerf_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'ownerf.%';
DELETE FROM steering.participant WHERE code = 'ownerf.town';
DELETE FROM steering.participant WHERE code = 'ownerf.group';
REVOKE ALL ON FUNCTION steering.attach, steering.detach, steering.verify FROM regress_sp71_sound, regress_sp71_odd;
DROP ROLE regress_sp71_sound, regress_sp71_odd;
SELECT * FROM steering.verify();
