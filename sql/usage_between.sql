-- What was booked between two months, per service and participant, from stored usage.
CREATE SCHEMA between_test;
SET search_path = between_test;
SET datestyle = ISO;
CREATE ROLE regress_sp71_town;
CREATE ROLE regress_sp71_region;
CREATE ROLE regress_sp71_auditor;
CREATE ROLE regress_sp71_stranger;
GRANT SELECT ON steering.cap TO regress_sp71_auditor;
INSERT INTO steering.participant (code, parent, name, reader) VALUES
    ('between.region', NULL, 'Region', 'regress_sp71_region'), ('between.town', 'between.region', 'Town', 'regress_sp71_town'),
    ('between.village', 'between.region', 'Village', NULL);
INSERT INTO steering.service (code, parent, name) VALUES
    ('between.ict', NULL, 'ICT'), ('between.desk', 'between.ict', 'Desk'), ('between.phone', 'between.ict', 'Phone');
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY, product text DEFAULT 'between.desk', town text DEFAULT 'between.town', day date, net numeric, pieces numeric);
CREATE TABLE purchase (product text DEFAULT 'between.desk', town text DEFAULT 'between.town', day date, net numeric, pieces numeric);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces', unknown => 'ignore') > 0 AS line,
    steering.attach('purchase', 'product', 'town', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS purchase;
-- Shown with codes; the function knows numbers.
CREATE TABLE name AS
    SELECT 'service' AS what, service_id AS id, code FROM steering.service WHERE code LIKE 'between.%'
    UNION ALL SELECT 'participant', participant_id, code FROM steering.participant WHERE code LIKE 'between.%';
CREATE FUNCTION booked(first_month date, end_month date)
RETURNS TABLE (service text, participant text, actual numeric, committed numeric, volume numeric, committed_volume numeric, bookings bigint)
LANGUAGE sql SECURITY INVOKER AS $$
    SELECT service.code, participant.code, usage.actual, usage.committed, usage.volume, usage.committed_volume, usage.bookings
    FROM steering.usage_between($1, $2) AS usage JOIN name AS service ON service.id = usage.service_id JOIN name AS participant ON participant.id = usage.participant_id
    WHERE service.what = 'service' AND participant.what = 'participant'
    ORDER BY service.code COLLATE "C", participant.code COLLATE "C"
$$;
GRANT USAGE ON SCHEMA between_test TO PUBLIC;
GRANT SELECT ON name TO PUBLIC;

INSERT INTO line (day, net, pieces) VALUES ('2026-01-31', 100.0001, 1), ('2026-02-01', 20, 2), ('2026-02-28', 3, 4), ('2026-03-01', 0.5, NULL);
INSERT INTO line (product, town, day, net) VALUES ('between.ict', 'between.region', '2026-02-10', 7), ('between.desk', 'between.village', '2025-12-31', 9);
INSERT INTO purchase (day, net, pieces) VALUES ('2026-02-15', 50, 10);
INSERT INTO purchase (product, town, day, net) VALUES ('between.phone', 'between.village', '2026-02-15', 60);

-- By service and month alone: what usage_by_month has of stage actual, of the participants that the role may read together.
CREATE FUNCTION of_services() RETURNS TABLE (service text, month date, actual numeric, by_month numeric)
LANGUAGE sql SECURITY INVOKER AS $$
    SELECT * FROM steering.usage_of_services('2025-12-01', '2026-03-01') AS together
    FULL JOIN (SELECT service, month, sum(amount) AS by_month FROM steering.usage_by_month WHERE stage = 'actual' AND month >= '2025-12-01' AND month < '2026-03-01'
               GROUP BY service, month) AS one USING (service, month)
    WHERE service LIKE 'between.%'
    ORDER BY service COLLATE "C", month
$$;
SELECT * FROM of_services();
SET ROLE regress_sp71_town;
SELECT * FROM of_services();
SET ROLE regress_sp71_stranger;
SELECT * FROM of_services();
RESET ROLE;

-- The two stages have columns of their own. From the first month on, until before the second; null: without bound.
SELECT * FROM booked('2026-01-01', '2027-01-01');
SELECT * FROM booked('2026-02-01', '2026-03-01');
SELECT * FROM booked(NULL, '2026-02-01');
SELECT * FROM booked('2026-03-01', NULL);
SELECT * FROM booked('2026-04-01', '2026-04-01');
-- What is not the first of a month lies after the beginning of that month.
SELECT * FROM booked('2026-02-02', '2026-03-02');

-- Ignored rows are on no service and for no participant.
INSERT INTO line (town, day, net) VALUES ('between.nowhere', '2026-02-01', 1000), ('between.town', NULL, 1000);
SELECT sum(bookings) AS all_cells FROM steering.usage_cell JOIN steering.source USING (source_id) WHERE relation = 'line'::regclass;
SELECT sum(bookings) AS all_pairs FROM booked(NULL, NULL);

-- What was booked and taken back is not there.
BEGIN;
INSERT INTO line (product, day, net) VALUES ('between.phone', '2026-02-01', 5);
SELECT service, participant, actual, bookings FROM booked('2026-02-01', '2026-03-01') WHERE service = 'between.phone';
DELETE FROM line WHERE product = 'between.phone';
SELECT service, participant, actual, committed, bookings FROM booked('2026-02-01', '2026-03-01') WHERE service = 'between.phone';
-- What this transaction has booked counts, written or not, and counts no more when it is rolled back.
INSERT INTO line (day, net, pieces) VALUES ('2026-02-01', 1000, 1);
INSERT INTO line (day, net, pieces) VALUES ('2026-02-02', 2000, 1);
SELECT count(*) > 0 AS unwritten FROM steering.unwritten_cell();
SELECT service, participant, actual, volume, bookings FROM booked('2026-02-01', '2026-03-01') WHERE participant = 'between.town';
SAVEPOINT s;
UPDATE line SET net = net + 1 WHERE net = 2000;
INSERT INTO purchase (day, net, pieces) VALUES ('2026-02-02', 1, 0.0001);
SELECT service, participant, actual, committed, committed_volume, bookings FROM booked('2026-02-01', '2026-03-01') WHERE participant = 'between.town';
ROLLBACK TO s;
SELECT service, participant, actual, committed, committed_volume, bookings FROM booked('2026-02-01', '2026-03-01') WHERE participant = 'between.town';
ROLLBACK;
SELECT service, participant, actual, bookings FROM booked('2026-02-01', '2026-03-01') WHERE participant = 'between.town';

-- A cell may be in several rows.
SET sp71_steering.min_stripes = 4;
BEGIN;
INSERT INTO line (day, net) VALUES ('2026-07-01', 1);
INSERT INTO line (day, net) VALUES ('2026-07-02', 2);
COMMIT;
INSERT INTO line (day, net) VALUES ('2026-07-03', 4);
RESET sp71_steering.min_stripes;
SELECT count(*) AS rows FROM steering.usage_cell JOIN steering.source USING (source_id) WHERE relation = 'line'::regclass AND month = '2026-07-01';
SELECT service, participant, actual, bookings FROM booked('2026-07-01', '2026-08-01');

-- A sum on the way may be anything; one that does not fit is an error.
INSERT INTO line (day, net) VALUES ('2026-08-01', 900000000000000), ('2026-09-01', 900000000000000);
SELECT service, participant, actual FROM booked('2026-08-01', '2026-10-01');
INSERT INTO line (day, net) VALUES ('2026-10-01', -900000000000000);
SELECT service, participant, actual FROM booked('2026-08-01', '2026-11-01');
DELETE FROM line WHERE abs(net) = 900000000000000;

-- Each role sees its participant and those below it, whatever the function it is called by.
SET ROLE regress_sp71_town;
SELECT service, participant, actual, committed FROM booked('2026-01-01', '2027-01-01');
SELECT count(*) FROM steering.usage_between(NULL, NULL);
BEGIN;
RESET ROLE;
INSERT INTO line (town, day, net) VALUES ('between.village', '2026-02-03', 1), ('between.town', '2026-02-03', 1);
INSERT INTO line (town, day, net) VALUES ('between.village', '2026-02-03', 1), ('between.town', '2026-02-03', 1);
SET ROLE regress_sp71_town;
SELECT participant, sum(bookings) FROM booked('2026-02-01', '2026-03-01') GROUP BY participant;
ROLLBACK;
SET ROLE regress_sp71_region;
SELECT service, participant, actual, committed FROM booked('2026-01-01', '2027-01-01');
SET ROLE regress_sp71_auditor;
SELECT service, participant, actual, committed FROM booked('2026-01-01', '2027-01-01');
SET ROLE regress_sp71_stranger;
SELECT count(*) FROM steering.usage_between(NULL, NULL);
CREATE FUNCTION pg_temp.tell(integer) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    RAISE NOTICE '%', $1;
    RETURN true;
END
$$;
SELECT * FROM steering.usage_between(NULL, NULL) WHERE pg_temp.tell(participant_id);
SELECT count(*) FROM steering.usage_cell;
RESET ROLE;

-- Under SERIALIZABLE it locks what it reads, as a query of the table does.
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) > 0 AS seen FROM steering.usage_between(NULL, NULL);
SELECT DISTINCT relation::regclass FROM pg_locks WHERE mode = 'SIReadLock' AND relation = 'steering.usage_cell'::regclass AND page IS NULL;
COMMIT;

-- 4,000 random bookings, changed and deleted, in three years: the same sums as from the bookings with numeric.
SELECT floor(random() * 1000000) AS seed \gset
\getenv seed SEED
SELECT setseed(:seed / 1000000.0) IS NOT NULL AS seeded;
INSERT INTO line (product, town, day, net, pieces)
SELECT (ARRAY['between.ict', 'between.desk', 'between.phone', 'between.unknown'])[1 + floor(random() * 4)::integer],
    (ARRAY['between.region', 'between.town', 'between.village'])[1 + floor(random() * 3)::integer],
    date '2025-01-01' + floor(random() * 1095)::integer, (random() * 2000 - 500)::numeric(12,4), (random() * 20)::numeric(12,4)
FROM generate_series(1, 3000);
INSERT INTO purchase
SELECT (ARRAY['between.ict', 'between.desk', 'between.phone'])[1 + floor(random() * 3)::integer],
    (ARRAY['between.region', 'between.town', 'between.village'])[1 + floor(random() * 3)::integer],
    date '2025-01-01' + floor(random() * 1095)::integer, (random() * 2000 - 500)::numeric(12,4), (random() * 20)::numeric(12,4)
FROM generate_series(1, 1000);
UPDATE line SET net = net * 2, day = day + 31 WHERE random() < 0.2;
DELETE FROM line WHERE random() < 0.2;
CREATE VIEW range_of_months AS
    SELECT first_month::date, end_month::date
    FROM generate_series(timestamp '2024-12-01', '2028-03-01', '1 month') AS first_month, generate_series(first_month, '2028-03-01', '3 months') AS end_month;
SELECT count(*) AS ranges FROM range_of_months;
WITH expected AS (
    SELECT first_month, end_month, service, participant, sum(amount) FILTER (WHERE stage = 'actual') AS actual, sum(amount) FILTER (WHERE stage = 'commitment') AS committed,
        sum(volume) FILTER (WHERE stage = 'actual') AS volume, sum(volume) FILTER (WHERE stage = 'commitment') AS committed_volume, count(*) AS bookings
    FROM range_of_months JOIN steering.booking ON booked_on >= first_month AND booked_on < end_month
    WHERE service LIKE 'between.%'
    GROUP BY first_month, end_month, service, participant
), answer AS (
    SELECT first_month, end_month, booked.* FROM range_of_months CROSS JOIN LATERAL booked(first_month, end_month)
)
SELECT :seed AS seed, * FROM expected FULL JOIN answer USING (first_month, end_month, service, participant)
WHERE (coalesce(expected.actual, 0), coalesce(expected.committed, 0), coalesce(expected.volume, 0), coalesce(expected.committed_volume, 0), expected.bookings)
    IS DISTINCT FROM (answer.actual, answer.committed, answer.volume, answer.committed_volume, answer.bookings)
LIMIT 5;

SELECT steering.detach('line');
SELECT count(*) AS of_line FROM booked(NULL, NULL) WHERE actual <> 0;
SELECT steering.detach('purchase');
SET client_min_messages = warning;
DROP SCHEMA between_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'between.%';
DELETE FROM steering.participant WHERE code LIKE 'between.%';
DROP OWNED BY regress_sp71_town, regress_sp71_region, regress_sp71_auditor, regress_sp71_stranger;
DROP ROLE regress_sp71_town, regress_sp71_region, regress_sp71_auditor, regress_sp71_stranger;
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
