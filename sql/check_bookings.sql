-- The dry run of a set says what one statement that books all of its rows would be told: by every cap, of every kind of
-- row that is refused. The query that gives the rows runs as whoever asks, and leaves nothing behind.
\set VERBOSITY terse
CREATE SCHEMA check_bookings_test;
SET search_path = check_bookings_test;
SET datestyle = ISO;
SELECT setval('steering.cap_cap_id_seq', 8000) AS numbered \gset

INSERT INTO steering.participant (code, parent, name, during) VALUES
	('dry.region', NULL, 'Region', '(,)'), ('dry.town', 'dry.region', 'Town', '(,)'), ('dry.city', 'dry.region', 'City', '(,)'),
	('dry.guest', NULL, 'Guest', '[2026-03-01,2026-07-01)');
INSERT INTO steering.service (code, parent, name, unit, require_cap) VALUES
	('dry.ict', NULL, 'ICT', 'piece', false), ('dry.ict.phone', 'dry.ict', 'Phone', 'piece', false), ('dry.law', NULL, 'Law', 'hour', true);
CREATE TABLE line (product text, town text, day date, net numeric, pieces numeric);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS attached;
SELECT steering.set_cap(service, participant, metric, '[2026-01-01,2027-01-01)', amount, ladder) AS cap
FROM (VALUES ('dry.ict', 'dry.region', 'budget', 1000, '50% notify, 80% warn, 100% block'), ('dry.ict', 'dry.region', 'volume', 10, NULL),
	('dry.ict.phone', 'dry.town', 'budget', 600, NULL), ('dry.ict', 'dry.city', 'budget', 100, '100% warn'),
	('dry.law', 'dry.region', 'volume', 5, NULL)) AS cap (service, participant, metric, amount, ladder);
SELECT steering.set_cap('dry.law', 'dry.region', 'budget', '[2026-01-01,2026-03-16)', 50) AS cap;
INSERT INTO line VALUES ('dry.ict.phone', 'dry.town', '2026-02-01', 300, 1);

-- A file as it was loaded: all of it is told of, not the first.
CREATE TABLE staging (number integer GENERATED ALWAYS AS IDENTITY, product text, town varchar(20), day date, net numeric, pieces integer);
INSERT INTO staging (product, town, day, net, pieces) VALUES
	('dry.ict.phone', 'dry.town', '2026-03-01', 250, 2), ('dry.ict.phone', 'dry.town', '2026-04-01', 50.00004, NULL),
	('dry.ict', 'dry.city', '2026-03-01', 450, 7), ('dry.ict', 'dry.city', '2026-03-02', NULL, 1), ('dry.ict', 'dry.city', '2027-01-01', 5000, 100);
CREATE FUNCTION dry_run() RETURNS TABLE (cap integer, metric text, used numeric, after numeric, headroom numeric, verdict text, bookings bigint,
	sqlstate text, problem text, first_row bigint)
BEGIN ATOMIC
	SELECT cap_id, metric, trim_scale(used), trim_scale(after), trim_scale(headroom), verdict, bookings, sqlstate, problem, first_row
	FROM steering.check_bookings('SELECT product, town, day, net, pieces FROM check_bookings_test.staging ORDER BY number');
END;
SELECT * FROM dry_run();
INSERT INTO staging (product, town, day, net, pieces) VALUES
	('dry.tci', 'dry.town', '2026-03-01', 1, 0), (NULL, 'dry.town', '2026-03-01', 1, 0), ('dry.ict', 'dry.village', '2026-03-01', 1, 0),
	('dry.tci', 'dry.city', '2026-03-01', 1, 0), ('dry.ict', 'dry.town', NULL, 1, 0), ('dry.ict', 'dry.town', 'infinity', 1, 0),
	('dry.ict', 'dry.guest', '2026-07-01', 1, 0), ('dry.law', 'dry.town', '2026-03-15', 50.0001, 1), ('dry.law', 'dry.town', '2026-03-16', 1, 1),
	('dry.law', 'dry.city', '2026-03-16', 0, 0), ('dry.law', 'dry.city', '2026-03-17', 1, 0), ('dry.law', 'dry.city', '2026-03-17', -1, 0);
SELECT * FROM dry_run();
-- With what this transaction has booked, be it written or not, and in a closed period.
BEGIN;
INSERT INTO line VALUES ('dry.ict.phone', 'dry.town', '2026-02-01', -100, 0);
INSERT INTO line VALUES ('dry.ict.phone', 'dry.town', '2026-02-01', -50, 0);
SELECT steering.close_period('2026-04') > 0 AS closed;
SELECT cap, used, after, verdict, bookings, sqlstate, problem FROM dry_run() WHERE sqlstate IS DISTINCT FROM '23S73';
ROLLBACK;
-- Nothing was booked.
SELECT count(*) FROM line;
SELECT * FROM steering.verify();

-- Other ways to give rows.
CREATE FUNCTION pg_temp.says(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT concat_ws(' ', cap_id, verdict, trim_scale(after), sqlstate, problem) FROM steering.check_bookings(query);
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT concat_ws(': ', SQLSTATE, SQLERRM);
END
$$;
SELECT query, said FROM unnest(ARRAY[
	$$VALUES ('dry.ict', 'dry.city', '2026-05-01', 1, 2.5), ('dry.ict', 'dry.city', DATE '2026-06-01', 10, 0)$$,
	$$VALUES ('dry.ict', 'dry.city', '2026-05-01', '99.99995', NULL)$$,
	$$TABLE pg_temp.nothing$$,
	$$SELECT service, participant, booked_on, amount, volume FROM (VALUES ('dry.ict'::name, 'dry.city'::char(20), timestamp '2026-12-31 23:59:59', 100::steering.amount, 1::smallint))
		AS row (service, participant, booked_on, amount, volume)$$,
	$$SELECT 'dry.ict', 'dry.city', DATE '2026-05-01'$$,
	$$SELECT 'dry.ict', 'dry.city', DATE '2026-05-01', 1 WHERE false$$,
	$$SELECT code, 'dry.city', DATE '2026-05-01', 1 FROM steering.service WHERE code = 'dry.ict';$$,
	-- wrong columns
	$$SELECT 'dry.ict', 'dry.city'$$,
	$$SELECT 'dry.ict', 'dry.city', DATE '2026-05-01', 1, 2, '3', false, 4$$,
	$$SELECT 'dry.ict', 'dry.city', DATE '2026-05-01', 1 AS volume, 2 AS amount$$,
	$$SELECT 'dry.city' AS participant, 'dry.ict' AS service, DATE '2026-05-01'$$,
	$$SELECT 'dry.ict', 'dry.city', TIMESTAMPTZ '2026-05-01 00:00+00', 1$$,
	$$SELECT 'dry.ict', 'dry.city', DATE '2026-05-01', 0.1::double precision$$,
	$$SELECT 'dry.ict', 'dry.city', DATE '2026-05-01', true$$,
	$$VALUES ('dry.ict', 'dry.city', '31-31-2026', 1)$$,
	$$VALUES ('dry.ict', 'dry.city', DATE '2026-05-01', '1,50')$$,
	$$VALUES ('dry.ict', 'dry.city', DATE '2026-05-01', 'NaN'::numeric)$$,
	$$VALUES ('dry.ict', 'dry.city', DATE '2026-05-01', 1e15)$$,
	-- no query
	NULL, '', 'SELECT', 'nonsense', 'SELECT 1; SELECT 2', 'VACUUM', 'BEGIN', 'COMMIT', $$DO 'BEGIN END'$$, 'EXPLAIN SELECT 1', 'SHOW work_mem',
	$$SELECT 'dry.ict', 'dry.city', DATE '2026-05-01', 1 / 0$$
]) WITH ORDINALITY AS asked (query, number) LEFT JOIN LATERAL pg_temp.says(query) AS said ON true ORDER BY number;

CREATE FUNCTION pg_temp.says(bookings jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT concat_ws(' ', cap_id, verdict, trim_scale(after), sqlstate, problem) FROM steering.check_bookings(bookings);
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT concat_ws(': ', SQLSTATE, SQLERRM);
END
$$;
SELECT bookings, said FROM unnest(ARRAY[
	'[{"service": "dry.ict", "participant": "dry.city", "booked_on": "2026-05-01", "amount": 100.5, "volume": "3"}]',
	'[{"service": "dry.ict", "participant": "dry.city", "booked_on": "2026-05-01", "amount": 1e1}, {"service": "dry.tci", "participant": null}]',
	'[]',
	'[{"service": "dry.ict", "participant": "dry.city", "booked_on": "2026-05-01", "ammount": 100}]',
	'[{"service": {"amount": {"x": 1}}}]',
	'[{"service": "dry.ict", "participant": "dry.city", "booked_on": "2026-05-01", "amount": "much"}]',
	'[[]]', '[1]', '{}', 'null', '1', NULL
]::jsonb[]) WITH ORDINALITY AS asked (bookings, number) LEFT JOIN LATERAL pg_temp.says(bookings) AS said ON true ORDER BY number;
-- What comes without a type is a text.
SELECT cap_id, verdict, trim_scale(after) AS after FROM steering.check_bookings(' [{"service": "dry.ict", "participant": "dry.city", "booked_on": "2026-05-01", "amount": 100.5}]');
SELECT * FROM steering.check_bookings('[{"service": "dry.ict", "ammount": 100}]');
SELECT * FROM steering.check_bookings('[{"service": ]');

-- What would write is refused; what functions in the query do is done as the caller, and taken back.
CREATE FUNCTION act(what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE what;
	RETURN 'dry.ict';
END
$$;
CREATE SEQUENCE counter;
CREATE TEMPORARY TABLE scratch (a integer);
SELECT query, said FROM unnest(ARRAY[
	$$INSERT INTO line SELECT * FROM line RETURNING *$$,
	$$WITH gone AS (DELETE FROM line RETURNING *) SELECT * FROM gone$$,
	$$SELECT * FROM line FOR UPDATE$$,
	$$SELECT act('INSERT INTO line VALUES (''dry.ict'', ''dry.city'', ''2026-05-01'', 1)'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SET TRANSACTION READ WRITE'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SELECT set_config(''transaction_read_only'', ''off'', false)'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('CREATE TABLE another ()'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('COMMIT'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SELECT nextval(''counter'')'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SELECT steering.set_cap(''dry.ict'', ''dry.region'', ''budget'', ''[2026-01-01,2027-01-01)'', 1e6)'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SELECT steering.drop_cap(8001)'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SELECT steering.compact()'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SELECT steering.repair()'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('INSERT INTO scratch VALUES (1)'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SELECT set_config(''work_mem'', ''99MB'', false), set_config(''search_path'', ''nowhere'', false), pg_notify(''a'', ''b''),
		pg_advisory_xact_lock(1)'), 'dry.city', DATE '2026-05-01', 1$$,
	$$SELECT act('SELECT steering.check_bookings(''SELECT 1, 2, current_date'')'), 'dry.city', DATE '2026-05-01', 1$$
]) WITH ORDINALITY AS asked (query, number) LEFT JOIN LATERAL pg_temp.says(query) AS said ON true ORDER BY number;
SELECT current_setting('work_mem') <> '99MB' AS settings_are_back, current_setting('search_path') AS search_path,
	current_setting('transaction_read_only') AS read_only, (SELECT count(*) FROM scratch) AS scratch,
	(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks;
-- The transaction goes on, and can write.
BEGIN;
SELECT count(*) FROM steering.check_bookings($$SELECT 'dry.ict', 'dry.city', DATE '2026-05-01', 1$$);
INSERT INTO line VALUES ('dry.ict', 'dry.city', '2026-02-01', 1, 0);
SAVEPOINT first;
SELECT count(*) FROM steering.check_bookings('nonsense');
ROLLBACK TO first;
INSERT INTO line VALUES ('dry.ict', 'dry.city', '2026-02-01', -1, 0);
COMMIT;
SELECT count(*) FROM line;

-- Whoever asks sees the caps that he may read, and reads in the query what he may read.
CREATE ROLE dry_town;
CREATE ROLE dry_nobody;
GRANT USAGE ON SCHEMA check_bookings_test TO dry_town, dry_nobody;
GRANT SELECT ON staging TO dry_town;
UPDATE steering.participant SET reader = 'dry_town' WHERE code = 'dry.town';
CREATE FUNCTION who() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'run by %', current_user; RETURN 'dry.ict.phone'; END $$;
SET ROLE dry_town;
SELECT cap_id, used, after, verdict, bookings FROM steering.check_bookings('SELECT product, town, day, net, pieces FROM staging WHERE number < 6');
SELECT cap_id, verdict, problem FROM steering.check_bookings($$SELECT who(), 'dry.town', DATE '2026-05-01', 500$$);
SELECT * FROM steering.check_bookings('SELECT product, town, day, net, pieces FROM line');
SELECT * FROM steering.check_bookings('SELECT cap_id, participant_id, lower(during) FROM steering.cap');
SET ROLE dry_nobody;
SELECT cap_id, verdict, problem FROM steering.check_bookings($$SELECT who(), 'dry.town', DATE '2026-05-01', 500$$);
SELECT cap_id, verdict, problem FROM steering.check_bookings($$SELECT 'dry.law', 'dry.town', DATE '2026-05-01', 500$$);
RESET ROLE;

-- One booking is refused for want of a cap as that booking would be.
SELECT * FROM steering.check_booking('dry.law', 'dry.town', '2026-03-16', 1);
SELECT cap_id, verdict FROM steering.check_booking('dry.law', 'dry.town', '2026-03-16', 0);

-- The same answer as the real statement, for sets of all kinds of rows: what it raises first, all caps that refuse, and
-- what is used afterwards.
SELECT steering.close_period('2025-11') > 0 AS closed;
SELECT setseed(0.71) AS seeded;
CREATE TABLE outcome (kind text);
DO $$
DECLARE
	foretold text;
	caps text;
	came text;
	detail text;
BEGIN
	FOR turn IN 1..400 LOOP
		TRUNCATE staging;
		INSERT INTO staging (product, town, day, net, pieces)
		SELECT CASE WHEN random() < 0.02 THEN NULL WHEN random() < 0.02 THEN 'dry.tci' ELSE (ARRAY['dry.ict', 'dry.ict.phone', 'dry.law'])[1 + floor(random() * 2.2)] END,
			CASE WHEN random() < 0.02 THEN 'dry.village' ELSE (ARRAY['dry.town', 'dry.city', 'dry.region', 'dry.guest'])[1 + floor(random() * 3.1)] END,
			CASE WHEN random() < 0.01 THEN NULL WHEN random() < 0.01 THEN '2025-11-15' ELSE date '2025-12-20' + floor(random() * 120)::integer END,
			round((random() * 220 - 80)::numeric, 5), floor(random() * 5 - 2)
		FROM generate_series(1, 1 + floor(random() * 12)::integer);
		SELECT (array_agg(sqlstate ORDER BY number) FILTER (WHERE sqlstate IS NOT NULL))[1],
			string_agg(cap::text, ' ' ORDER BY cap) FILTER (WHERE sqlstate IN ('23S71', '23S72'))
		INTO foretold, caps FROM (SELECT *, row_number() OVER () AS number FROM dry_run()) AS told;
		came := NULL;
		detail := NULL;
		BEGIN
			INSERT INTO line SELECT product, town, day, net, pieces FROM staging ORDER BY number;
			PERFORM FROM dry_run();
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS came = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
		END;
		IF came IS DISTINCT FROM foretold THEN
			RAISE EXCEPTION 'turn %: % foretold, % came', turn, foretold, came;
		END IF;
		-- A service without the cap that it requires has no detail, and no other cap is told of with it.
		IF came IN ('23S71', '23S72') AND detail <> '' THEN
			SELECT string_agg(part[1], ' ' ORDER BY part[1]::integer) INTO detail FROM regexp_matches(detail, '^Cap (\d+)', 'gn') AS part;
			IF detail IS DISTINCT FROM caps THEN
				RAISE EXCEPTION 'turn %: caps % foretold, % came', turn, caps, detail;
			END IF;
		END IF;
		INSERT INTO outcome VALUES (coalesce(came || CASE WHEN came IN ('23S71', '23S72') AND detail <> '' THEN ' by caps' ELSE '' END, 'booked'));
	END LOOP;
END
$$;
SELECT kind, count(*) > 5 AS often FROM outcome GROUP BY kind ORDER BY kind;
-- Usage, for a set that passes.
TRUNCATE staging;
INSERT INTO staging (product, town, day, net, pieces)
SELECT 'dry.ict.phone', 'dry.town', date '2026-01-01' + number, -round((random() * 5)::numeric, 5), -1 FROM generate_series(1, 300) AS number;
CREATE TABLE foretold AS SELECT cap, after FROM dry_run();
INSERT INTO line SELECT product, town, day, net, pieces FROM staging;
SELECT cap, after = used AS equal FROM foretold JOIN steering.cap_status ON cap_id = cap ORDER BY cap;
SELECT * FROM steering.verify();

SELECT steering.reopen_period('2025-11', 'test') > 0 AS reopened;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service ^@ 'dry.';
SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA check_bookings_test CASCADE;
UPDATE steering.participant SET reader = NULL WHERE code = 'dry.town';
DROP ROLE dry_town, dry_nobody;
DELETE FROM steering.service WHERE code ^@ 'dry.';
DELETE FROM steering.participant WHERE code ^@ 'dry.';
