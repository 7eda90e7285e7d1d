-- One statement that books on many usage cells, in a session that knows none of them: those that are there
-- are found by one scan of the table, those that are not are made, and neither is made twice.
\set VERBOSITY terse
CREATE SCHEMA many_test;
ALTER DATABASE :DBNAME SET search_path = many_test;
\c
INSERT INTO steering.participant (code, name) SELECT 'many.p' || i, 'P' || i FROM generate_series(1, 10) AS i;
INSERT INTO steering.service (code, name) SELECT 'many.s' || i, 'S' || i FROM generate_series(1, 10) AS i;
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product text, town text, day date, net numeric);
SELECT steering.attach('line', 'product', 'town', 'day', 'net') AS source \gset
CREATE FUNCTION book(services integer, months integer, net numeric) RETURNS text LANGUAGE sql AS $$
    INSERT INTO line (product, town, day, net)
    SELECT 'many.s' || service, 'many.p' || town, make_date(2026, month, 3), net
    FROM generate_series(1, services) AS service, generate_series(1, 10) AS town, generate_series(1, months) AS month;
    SELECT count(*) || ' lines' FROM line;
$$;
CREATE VIEW cells AS
    SELECT count(*) AS rows, count(DISTINCT (service_id, participant_id, month)) AS cells, sum(bookings) AS bookings,
        sum(amount) = (SELECT sum(net) FROM line)::steering.amount AS right_amount
    FROM steering.usage_cell WHERE source_id = (SELECT max(source_id) FROM steering.source);

-- all new; then half of them new, in a session that has seen none
SELECT book(5, 6, 1);
SELECT * FROM cells;
\c
SELECT book(10, 6, 2);
SELECT * FROM cells;

-- at other levels of isolation, too
\c
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT book(10, 7, 3);
COMMIT;
\c
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO line (product, town, day, net)
    SELECT 'many.s' || 1 + i % 10, 'many.p' || 1 + i / 10, '2026-01-03', 4 FROM generate_series(0, 99) AS i;
COMMIT;
SELECT * FROM cells;

-- divided cells: all stripes are found, and no more are made than were
\c
SET sp71_steering.min_stripes = 3;
SELECT book(10, 7, 5);
SELECT book(10, 7, 5);
SELECT * FROM cells;
\c
SELECT book(10, 7, -3);
SELECT * FROM cells;

-- what is scanned has been changed often, and a transaction that made some of it was rolled back
BEGIN;
SELECT book(10, 8, 6);
ROLLBACK;
DELETE FROM line WHERE net > 1;
\c
SELECT book(10, 8, 7);
SELECT * FROM cells;

-- an index that somebody has added, on an expression and on some rows, has what is written
CREATE INDEX many_test_index ON steering.usage_cell ((bookings * 2)) WHERE month >= '2026-09-01';
\c
SELECT book(10, 9, 8);
SET enable_seqscan = off;
SELECT count(*) FROM steering.usage_cell WHERE bookings * 2 = 2 AND month >= '2026-09-01';
RESET enable_seqscan;
DROP INDEX steering.many_test_index;

-- of few participants each service is looked up, of many all cells are read: both find the same, and what is not written yet
INSERT INTO line (product, town, day, net)
    SELECT 'many.s' || service, 'many.p' || town, month, service * town
    FROM generate_series(1, 10) AS service, generate_series(1, 10) AS town, generate_series(timestamp '2027-01-01', '2029-12-01', '1 month') AS month;
CREATE FUNCTION spent(OUT rows bigint, OUT actual steering.amount, OUT bookings numeric) LANGUAGE sql AS $$
    SELECT count(*), steering.sum(usage.actual), sum(usage.bookings) FROM steering.usage_between('2026-01-01', '2029-07-01') AS usage
    WHERE usage.participant_id IN (SELECT participant_id FROM steering.readable_participant WHERE code IN ('many.p3', 'many.p4'))
$$;
CREATE ROLE regress_sp71_few;
GRANT USAGE ON SCHEMA many_test TO regress_sp71_few;
GRANT INSERT ON line TO regress_sp71_few;
UPDATE steering.participant SET reader = 'regress_sp71_few' WHERE code IN ('many.p3', 'many.p4');
SELECT pg_relation_size('steering.usage_cell') / 8192 > 2 * 2 * count(*) AS many FROM steering.service;
BEGIN;
INSERT INTO line (product, town, day, net) VALUES ('many.s1', 'many.p3', '2026-01-04', 1000);
INSERT INTO line (product, town, day, net) VALUES ('many.s1', 'many.p4', '2030-01-04', 1000), ('many.s2', 'many.p4', '2026-01-04', 500);
SELECT * FROM spent();
SET ROLE regress_sp71_few;
SELECT * FROM spent();
RESET ROLE;
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SET LOCAL ROLE regress_sp71_few;
SELECT * FROM spent();
COMMIT;
SELECT * FROM spent();
UPDATE steering.participant SET reader = NULL WHERE code IN ('many.p3', 'many.p4');
DROP OWNED BY regress_sp71_few;
DROP ROLE regress_sp71_few;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA many_test CASCADE;
RESET client_min_messages;
ALTER DATABASE :DBNAME RESET search_path;
DELETE FROM steering.service WHERE code LIKE 'many.%';
DELETE FROM steering.participant WHERE code LIKE 'many.%';
SELECT * FROM steering.verify();
