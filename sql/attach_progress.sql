-- attach() of a table whose rows take long says how far it is, and can be cancelled: then the table is as it was.
\set VERBOSITY terse
CREATE SCHEMA attach_progress_test;
SET search_path = attach_progress_test;
INSERT INTO steering.participant (code, name) VALUES ('progress.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('progress.ict', 'ICT');
CREATE TABLE line (id integer, net numeric);
INSERT INTO line SELECT i, 1 FROM generate_series(1, 70) AS i;
VACUUM ANALYZE line;
CREATE FUNCTION slow(net numeric) RETURNS numeric IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.08); RETURN net; END $$;

SET statement_timeout = '1s';
SELECT steering.attach('line', $$'progress.ict'$$, $$'progress.town'$$, $$date '2026-01-01'$$, 'attach_progress_test.slow(net)');
RESET statement_timeout;
SELECT count(*) FROM steering.source WHERE relation = 'line'::regclass;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'line'::regclass;

SELECT steering.attach('line', $$'progress.ict'$$, $$'progress.town'$$, $$date '2026-01-01'$$, 'attach_progress_test.slow(net)') > 0 AS attached;
SELECT sum(bookings) FROM steering.usage_by_month WHERE service = 'progress.ict';

SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA attach_progress_test CASCADE;
DELETE FROM steering.service WHERE code = 'progress.ict';
DELETE FROM steering.participant WHERE code = 'progress.town';
