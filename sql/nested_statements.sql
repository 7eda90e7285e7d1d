-- Statements inside statements: triggers of others that book while the statement that fired them is not through, in
-- subtransactions that are kept and that are taken back, into rows that the transaction holds and that it does not; and
-- conditions on triggers of others.
\set VERBOSITY terse
CREATE SCHEMA nested_test;
SET search_path = nested_test;

INSERT INTO steering.participant (code, name) VALUES ('nested.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('nested.ict', 'ICT'), ('nested.hr', 'HR');
CREATE TABLE line (service text, participant text, day date, net numeric(12,2));
CREATE TABLE charge (service text, participant text, day date, net numeric(12,2));
SELECT count(steering.attach(source, 'service', 'participant', 'day', 'net')) FROM unnest(ARRAY['line', 'charge']::regclass[]) AS source;
SELECT service, steering.set_cap(service, 'nested.town', 'budget', '[2026-01-01,2027-01-01)', 100) > 0 AS capped
FROM unnest(ARRAY['nested.ict', 'nested.hr']) AS service;
CREATE VIEW usage AS SELECT service, used FROM steering.cap_status WHERE service IN ('nested.ict', 'nested.hr') ORDER BY service;

-- A trigger that charges another service three times: taken back, kept, and kept if the cap allows.
CREATE FUNCTION charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		INSERT INTO charge VALUES ('nested.hr', 'nested.town', '2026-05-01', 1);
		RAISE division_by_zero;
	EXCEPTION WHEN division_by_zero THEN NULL;
	END;
	BEGIN
		INSERT INTO charge VALUES ('nested.hr', 'nested.town', '2026-05-01', 20);
	EXCEPTION WHEN division_by_zero THEN NULL;
	END;
	BEGIN
		INSERT INTO charge VALUES ('nested.hr', 'nested.town', '2026-05-01', 40);
	EXCEPTION WHEN SQLSTATE '23S71' THEN RAISE NOTICE 'not charged';
	END;
	RETURN NULL;
END
$$;
CREATE TRIGGER z_charge AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION charge();
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 10);
TABLE usage;
-- The third charge of the second line does not fit.
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 10);
TABLE usage;
-- The line does not fit: what its trigger charged goes with it.
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 80.01);
TABLE usage;
SELECT count(*) FROM charge;
-- A charge that does not fit, and nobody catches that.
CREATE OR REPLACE FUNCTION charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO charge VALUES ('nested.hr', 'nested.town', '2026-05-01', 20);
	RETURN NULL;
END
$$;
INSERT INTO charge VALUES ('nested.hr', 'nested.town', '2026-05-01', 15);
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 1);
DELETE FROM charge WHERE net = 15;
-- In a transaction that holds the row of the charge already, and in one that holds both.
DELETE FROM charge WHERE net = 40;
BEGIN;
INSERT INTO charge VALUES ('nested.hr', 'nested.town', '2026-05-01', 5);
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 1);
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 2);
TABLE usage;
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 3);
ROLLBACK;
BEGIN;
SAVEPOINT first;
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 4);
RELEASE first;
SAVEPOINT second;
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 5);
ROLLBACK TO second;
COMMIT;
TABLE usage;
DROP TRIGGER z_charge ON line;
SELECT * FROM steering.verify();

-- A superuser's trigger with a condition, on the very table whose trigger judges: bookings are judged as ever.
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'watched'; RETURN NULL; END $$;
CREATE TRIGGER watch AFTER INSERT ON steering.cap_counter FOR EACH STATEMENT
	WHEN (current_setting('nested_test.watch', true) = 'on') EXECUTE FUNCTION watch();
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 75);
SET nested_test.watch = on;
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 1.01);
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 1);
TABLE usage;
DROP TRIGGER watch ON steering.cap_counter;
SELECT * FROM steering.verify();

-- A superuser's trigger on the log of events, which books while the commit judges: each step is told of once.
TRUNCATE line, charge;
SELECT count(steering.set_cap('nested.ict', 'nested.town', 'budget', '[2026-01-01,2027-01-01)', 100, '50% notify, 80% warn'));
CREATE FUNCTION fee() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
	INSERT INTO nested_test.charge VALUES ('nested.ict', 'nested.town', '2026-05-01', 1);
	ASSERT (SELECT count(*) FROM nested_test.charge) = 1;
	RETURN NULL;
END $$;
CREATE TRIGGER fee AFTER INSERT ON steering.event_log FOR EACH ROW WHEN (NEW.kind = 'warn') EXECUTE FUNCTION fee();
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO line VALUES ('nested.ict', 'nested.town', '2026-05-01', 90);
COMMIT;
TABLE usage;
SELECT kind, used FROM steering.event WHERE service = 'nested.ict' AND kind IN ('notify', 'warn') ORDER BY event_id;
DROP TRIGGER fee ON steering.event_log;
SELECT * FROM steering.verify();

SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'nested.%';
SELECT count(steering.detach(source)) FROM unnest(ARRAY['line', 'charge']::regclass[]) AS source;
SET client_min_messages = warning;
DROP SCHEMA nested_test CASCADE;
DELETE FROM steering.service WHERE code LIKE 'nested.%';
DELETE FROM steering.participant WHERE code LIKE 'nested.%';
