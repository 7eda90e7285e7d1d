-- A closed period is fixed: what would change its bookings is refused, up or down, in whole statements,
-- until the period is reopened. What leaves them as they are passes.
\set VERBOSITY terse
CREATE SCHEMA closed_test;
SET search_path = closed_test;
SET datestyle = iso;

INSERT INTO steering.participant (code, parent, name) VALUES
    ('closed.region', NULL, 'Region'), ('closed.town', 'closed.region', 'Town'), ('closed.city', 'closed.region', 'City');
INSERT INTO steering.service (code, parent, name) VALUES
    ('closed.ict', NULL, 'ICT'), ('closed.desk', 'closed.ict', 'Desk'), ('closed.hr', NULL, 'HR');
CREATE TABLE line (
    id integer PRIMARY KEY,
    service text DEFAULT 'closed.desk',
    town text DEFAULT 'closed.town',
    day date DEFAULT '2024-03-01',
    net numeric DEFAULT 100,
    pieces numeric DEFAULT 1,
    status text DEFAULT 'approved',
    remark text);
SELECT steering.attach('line', 'service', 'town', 'day', 'net', 'pieces', $$status <> 'draft'$$) > 0 AS attached;
INSERT INTO line (id, day) VALUES (1, '2023-12-31'), (2, '2024-01-01'), (3, '2024-12-31'), (4, '2025-01-01');
INSERT INTO line (id, status) VALUES (5, 'draft');
-- a statement, and what its error says; the number and time of a closing are left out
CREATE FUNCTION refusal(statement text) RETURNS TABLE (code text, message text, detail text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT '00000', 'not refused', '';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    detail := regexp_replace(detail, 'Closing \d+ closed it at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[-+:0-9]+\.', 'Closing N closed it at T.');
    RETURN NEXT;
END
$$;
CREATE VIEW usage AS
    SELECT service, participant, month, stage, trim_scale(amount) AS amount, trim_scale(volume) AS volume, bookings
    FROM steering.usage_by_month WHERE service LIKE 'closed.%' ORDER BY month, service, participant, stage;

-- who closed it, when and why
TABLE steering.closed_period;
BEGIN;
SELECT steering.close_bookings('2024', 'accounts approved') > 0 AS closed;
SELECT period, first_day, last_day, closed_at BETWEEN now() AND clock_timestamp() AS now, closed_by = session_user AS me, reason
    FROM steering.closed_period;
-- taken back: everything is as before
ROLLBACK;
TABLE steering.closed_period;
INSERT INTO line (id) VALUES (6);
DELETE FROM line WHERE id = 6;
BEGIN;
SAVEPOINT before;
SELECT steering.close_bookings('2024') > 0 AS closed;
SAVEPOINT closed;
INSERT INTO line (id) VALUES (6);
ROLLBACK TO closed;
INSERT INTO line (id, day) VALUES (6, '2025-02-01');
ROLLBACK TO before;
INSERT INTO line (id) VALUES (6);
ROLLBACK;
SELECT steering.close_bookings('2024', 'accounts approved') > 0 AS closed;

-- in, into and out of it, up and down; from the first day to the last
INSERT INTO line (id, day) VALUES (7, '2024-01-01');
INSERT INTO line (id, day) VALUES (7, '2024-12-31');
INSERT INTO line (id, net, pieces) VALUES (7, -1, 0);
INSERT INTO line (id, net, pieces) VALUES (7, 0, 0);
UPDATE line SET net = net + 0.0001 WHERE id = 2;
UPDATE line SET net = net - 0.0001 WHERE id = 2;
UPDATE line SET pieces = 2 WHERE id = 2;
UPDATE line SET town = 'closed.city' WHERE id = 2;
UPDATE line SET service = 'closed.ict' WHERE id = 2;
UPDATE line SET day = '2024-01-02' WHERE id = 2;
UPDATE line SET day = '2025-01-02' WHERE id = 2;
UPDATE line SET day = '2024-01-02' WHERE id = 4;
UPDATE line SET status = 'draft' WHERE id = 2;
UPDATE line SET status = 'approved' WHERE id = 5;
DELETE FROM line WHERE id = 3;
COPY line (id) FROM stdin;
7
\.
MERGE INTO line USING (VALUES (2, 1), (7, 1)) AS new (id, net) ON line.id = new.id
    WHEN MATCHED THEN UPDATE SET net = new.net WHEN NOT MATCHED THEN INSERT (id) VALUES (new.id);
INSERT INTO line (id) VALUES (2) ON CONFLICT (id) DO UPDATE SET net = 101;
TRUNCATE line;
SELECT * FROM refusal('UPDATE line SET net = 90.5, pieces = 3 WHERE id = 2');
SELECT * FROM refusal('INSERT INTO line (id) VALUES (7), (8)');
-- the day before and the day after are open
UPDATE line SET net = 101 WHERE id IN (1, 4);
-- a refused statement stores nothing, of other periods neither
INSERT INTO line (id, day) VALUES (7, '2025-03-01'), (8, '2024-03-01');
UPDATE line SET net = 0;
TABLE usage;
SELECT * FROM steering.verify();

-- what is not booked may change, and what is booked may be written anew, in one statement
UPDATE line SET remark = 'checked', net = net + 0.00001;
INSERT INTO line (id, day) VALUES (2, '2024-01-01') ON CONFLICT (id) DO UPDATE SET remark = 'seen', net = 100;
MERGE INTO line USING (VALUES (2), (3)) AS new (id) ON line.id = new.id WHEN MATCHED THEN UPDATE SET remark = 'merged';
WITH gone AS (DELETE FROM line WHERE id IN (2, 3) RETURNING *)
    INSERT INTO line SELECT id + 10, service, town, day, net, pieces, status, remark FROM gone;
-- one row's amount for another's, on the same service, participant and day
INSERT INTO line (id, status) VALUES (20, 'draft');
UPDATE line SET net = 60 WHERE id = 5;
UPDATE line SET status = CASE id WHEN 12 THEN 'draft' ELSE 'approved' END, day = '2024-01-01', net = 100 WHERE id IN (12, 20);
DELETE FROM line WHERE id = 12;
-- in two parts of another number it is not the same
WITH gone AS (DELETE FROM line WHERE id = 20 RETURNING *)
    INSERT INTO line (id, day, net, pieces) SELECT id + part, day, net / 2, pieces / 2 FROM gone, generate_series(1, 2) AS part;
-- drafts do not count
INSERT INTO line (id, status) VALUES (9, 'draft');
DELETE FROM line WHERE id IN (5, 9);
TABLE usage;

-- to another source: of the same stage, in one statement
CREATE TABLE archive (LIKE line);
CREATE TABLE ordered (LIKE line);
SELECT steering.attach('archive', 'service', 'town', 'day', 'net', 'pieces') > 0 AS attached;
SELECT steering.attach('ordered', 'service', 'town', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS attached;
WITH gone AS (DELETE FROM line WHERE id = 13 RETURNING *) INSERT INTO archive SELECT * FROM gone;
WITH gone AS (DELETE FROM line WHERE id = 20 RETURNING *) INSERT INTO ordered SELECT * FROM gone;
BEGIN;
DELETE FROM archive;
ROLLBACK;
WITH gone AS (DELETE FROM archive RETURNING *) INSERT INTO line SELECT * FROM gone;
SELECT steering.detach('archive');
SELECT steering.detach('ordered');

-- with check_at = commit, in one transaction; also over savepoints
SET sp71_steering.check_at = 'commit';
BEGIN;
CREATE TEMPORARY TABLE kept ON COMMIT DROP AS TABLE line;
TRUNCATE line;
INSERT INTO line TABLE kept;
COMMIT;
BEGIN;
DELETE FROM line WHERE id = 13;
COMMIT;
BEGIN;
UPDATE line SET net = 0;
SAVEPOINT a;
UPDATE line SET net = 100;
SAVEPOINT b;
UPDATE line SET day = '2025-01-01' WHERE id = 20;
ROLLBACK TO a;
UPDATE line SET net = 101 WHERE id IN (1, 4);
UPDATE line SET net = 100 WHERE id IN (13, 20);
RELEASE a;
COMMIT;
BEGIN;
SAVEPOINT a;
INSERT INTO line (id) VALUES (7);
RELEASE a;
SAVEPOINT b;
DELETE FROM line WHERE id = 7;
ROLLBACK TO b;
COMMIT;
BEGIN;
INSERT INTO line (id) VALUES (7);
PREPARE TRANSACTION 'regress_sp71_closed';
-- the transaction reopens the period itself
BEGIN;
INSERT INTO line (id) VALUES (7);
SELECT steering.reopen_bookings('2024', 'one more') > 0 AS reopened;
DELETE FROM line WHERE id = 7;
INSERT INTO line (id) VALUES (8);
SELECT steering.close_bookings('2024') > 0 AS closed;
TABLE usage;
ROLLBACK;
RESET sp71_steering.check_at;
TABLE usage;
SELECT * FROM steering.verify();

-- the dry run says what the booking would meet
SELECT * FROM refusal($$SELECT * FROM steering.check_booking('closed.desk', 'closed.town', '2024-02-29', 1)$$);
SELECT * FROM steering.check_booking('closed.desk', 'closed.town', '2025-03-01', 1);

-- cascades
CREATE TABLE bill (id integer PRIMARY KEY);
INSERT INTO bill VALUES (1), (2);
CREATE TABLE bill_line (bill integer REFERENCES bill ON DELETE CASCADE ON UPDATE CASCADE, day date, net numeric);
SELECT steering.reopen_bookings('2024', 'for bills') > 0 AS reopened;
SELECT steering.attach('bill_line', $$'closed.hr'$$, $$'closed.town'$$, 'day', 'net') > 0 AS attached;
INSERT INTO bill_line VALUES (1, '2024-05-05', 5), (2, '2025-05-05', 5);
SELECT steering.close_bookings('2024') > 0 AS closed;
DELETE FROM bill;
TRUNCATE bill CASCADE;
DELETE FROM bill WHERE id = 2;
UPDATE bill SET id = 3;

-- partitions that come and go with rows, and tables as a whole
CREATE TABLE part (service text DEFAULT 'closed.hr', town text DEFAULT 'closed.city', day date, net numeric) PARTITION BY RANGE (day);
CREATE TABLE part_2023 PARTITION OF part FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE part_2024 (LIKE part INCLUDING DEFAULTS);
INSERT INTO part (day, net) VALUES ('2023-06-01', 1);
SELECT steering.attach('part', 'service', 'town', 'day', 'net') > 0 AS attached;
ALTER TABLE part ATTACH PARTITION part_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
ALTER TABLE part DETACH PARTITION part_2024;
INSERT INTO part_2024 (day, net) VALUES ('2024-06-01', 1);
ALTER TABLE part ATTACH PARTITION part_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
SELECT steering.attach('part_2024', 'service', 'town', 'day', 'net');
SELECT steering.attach('part_2024', 'service', 'town', 'day', 'net', accept_overrun => true);
SELECT steering.reopen_bookings('2024', 'for partitions') > 0 AS reopened;
ALTER TABLE part ATTACH PARTITION part_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
SELECT steering.close_bookings('2024') > 0 AS closed;
ALTER TABLE part DETACH PARTITION part_2024;
INSERT INTO part_2024 (day, net) VALUES ('2024-06-01', 1);
SELECT * FROM refusal($$SELECT steering.detach('part')$$);
SELECT * FROM refusal('ALTER TABLE part ALTER net TYPE numeric USING net * 2');
ALTER TABLE part ALTER net TYPE numeric(12,2);
-- at commit, by the days of what goes
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE part DETACH PARTITION part_2024;
COMMIT;
ALTER TABLE part DETACH PARTITION part_2023;
SELECT steering.reattach('part');
TABLE usage;
SELECT * FROM steering.verify();

-- registers: what is above a service or participant is no matter of closed periods
UPDATE steering.service SET parent = 'closed.hr' WHERE code = 'closed.desk';
UPDATE steering.participant SET parent = NULL WHERE code = 'closed.city';
-- rows that count nowhere may come and go; an entry that would make bookings of them may not come
CREATE TABLE loose (service text, day date, net numeric);
SELECT steering.attach('loose', 'service', $$'closed.town'$$, 'day', 'net', unknown => 'ignore') > 0 AS attached;
INSERT INTO loose VALUES ('closed.new', '2024-04-01', 7), ('closed.other', '2024-04-01', 7), ('closed.new', '2025-04-01', 7);
DELETE FROM loose WHERE service = 'closed.other';
UPDATE loose SET service = 'closed.hr' WHERE day = '2024-04-01';
INSERT INTO steering.service (code, name) VALUES ('closed.new', 'New');
INSERT INTO steering.service (code, name, during) VALUES ('closed.new', 'New', '[2025-01-01,)');
UPDATE steering.service SET during = '(,)' WHERE code = 'closed.new';
SELECT count(*) AS ignored FROM steering.health() WHERE subject LIKE '%loose';
TABLE usage;
SELECT * FROM steering.verify();

-- figures are for those who may read them; what is closed is for all
CREATE ROLE regress_sp71_bookkeeper;
GRANT USAGE ON SCHEMA closed_test TO regress_sp71_bookkeeper;
GRANT ALL ON line TO regress_sp71_bookkeeper;
SET ROLE regress_sp71_bookkeeper;
SELECT * FROM refusal('UPDATE line SET net = 0');
SELECT period, reason FROM steering.closed_period;
SELECT * FROM steering.closing;
SELECT steering.close_bookings('2023');
SELECT steering.reopen_bookings('2024', 'mine');
RESET ROLE;
DROP OWNED BY regress_sp71_bookkeeper;
DROP ROLE regress_sp71_bookkeeper;

-- other periods: side by side, adjacent, one over another's part never
SELECT * FROM refusal($$SELECT steering.close_bookings('2024')$$);
SELECT * FROM refusal($$SELECT steering.close_bookings('2024-Q1')$$);
SELECT * FROM refusal($$SELECT steering.close_bookings('[2023-07-01,2024-02-01)')$$);
SELECT steering.close_bookings('[2023-04-01,2024-01-01)') > 0 AS closed;
SELECT steering.close_bookings('2025-Q2') > 0 AS closed;
SELECT steering.close_bookings('2025-08') > 0 AS closed;
SELECT period, first_day, last_day FROM steering.closed_period ORDER BY first_day;
SELECT day, (SELECT code FROM refusal(format('INSERT INTO line (id, day) VALUES (%s, %L)', 100 + n, day))) AS code
    FROM unnest('{2023-03-31,2023-04-01,2023-12-31,2024-01-01,2024-12-31,2025-01-01,2025-03-31,2025-04-01,2025-06-30,2025-07-01,2025-07-31,2025-08-01,2025-08-31,2025-09-01}'::date[]) WITH ORDINALITY AS d (day, n);
INSERT INTO line (id, day) VALUES (200, '2023-04-01'), (201, '2025-04-01');
DELETE FROM line WHERE id > 100;
SELECT * FROM refusal($$SELECT steering.close_bookings(NULL)$$);
SELECT * FROM refusal($$SELECT steering.close_bookings('20-24')$$);
SELECT * FROM refusal($$SELECT steering.close_bookings('[2024-01-15,2025-01-01)')$$);
-- nobody writes the table by hand either
INSERT INTO steering.closing (during, bookings, amount, volume) VALUES ('[2030-01-15,2031-01-01)', 0, 0, 0);
INSERT INTO steering.closing (during, bookings, amount, volume) VALUES ('[2030-01-01,)', 0, 0, 0);
INSERT INTO steering.closing (during, bookings, amount, volume) VALUES ('empty', 0, 0, 0);
INSERT INTO steering.closing (during, bookings, amount, volume) VALUES ('[2024-01-01,2025-01-01)', 0, 0, 0);

-- reopening: as it was closed, with a reason; recorded
SELECT * FROM refusal($$SELECT steering.reopen_bookings('2024-Q1', 'part of it')$$);
SELECT * FROM refusal($$SELECT steering.reopen_bookings('2022', 'never closed')$$);
SELECT * FROM refusal($$SELECT steering.reopen_bookings('2024', NULL)$$);
SELECT * FROM refusal($$SELECT steering.reopen_bookings('2024', '  ')$$);
SELECT steering.reopen_bookings('2025-Q2', 'done') > 0 AS reopened;
SELECT steering.reopen_bookings('2025-08', 'done') > 0 AS reopened;
SELECT steering.reopen_bookings('[2023-04-01,2024-01-01)', 'done') > 0 AS reopened;
SELECT during, closed_by = session_user AS closed_by_me, reason, reopened_at > closed_at AS later, reopened_by = session_user AS reopened_by_me, reopen_reason
    FROM steering.closing WHERE lower(during) BETWEEN '2023-01-01' AND '2025-12-31' ORDER BY closing_id;

-- what cannot be refused: a table that goes, and what repair() finds. It shows in health() while the
-- period is closed
TABLE steering.closing_problem;
SET session_replication_role = replica;
INSERT INTO line (id, net) VALUES (300, 3);
RESET session_replication_role;
SELECT service, month, measure, difference FROM steering.verify();
SELECT * FROM refusal($$SELECT steering.reattach('line')$$);
SELECT count(*) AS repaired FROM steering.repair();
SELECT subject, problem, substr(detail, 1, strpos(detail, '. A')) AS detail FROM steering.closing_problem;
DELETE FROM line WHERE id = 300;
SET session_replication_role = replica;
DELETE FROM line WHERE id = 300;
RESET session_replication_role;
SELECT count(*) AS repaired FROM steering.repair();
TABLE steering.closing_problem;
DROP TABLE part_2024;
SELECT subject, problem, substr(detail, 1, strpos(detail, '. A')) AS detail FROM steering.closing_problem;
SELECT * FROM steering.verify();
SELECT steering.reopen_bookings('2024', 'the end') > 0 AS reopened;
TABLE steering.closing_problem;

SELECT steering.detach('line');
SELECT steering.detach('loose');
SELECT steering.detach('bill_line');
SET client_min_messages = warning;
DROP SCHEMA closed_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'closed.%';
DELETE FROM steering.participant WHERE code LIKE 'closed.%';
SELECT * FROM steering.verify();
