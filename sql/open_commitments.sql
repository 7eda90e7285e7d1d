-- Commitments in a closed period: what was spent is fixed, and what is committed may be released, lowered and
-- carried to a day that is open. It is never raised.
\set VERBOSITY terse
CREATE SCHEMA open_test;
SET search_path = open_test;
SET datestyle = iso;

INSERT INTO steering.participant (code, parent, name) VALUES
    ('open.region', NULL, 'Region'), ('open.town', 'open.region', 'Town'), ('open.city', 'open.region', 'City');
INSERT INTO steering.service (code, parent, name, unit) VALUES
    ('open.ict', NULL, 'ICT', NULL), ('open.desk', 'open.ict', 'Desk', 'hour'), ('open.net', 'open.ict', 'Net', 'port');
CREATE TABLE invoice (id integer PRIMARY KEY, day date, net numeric, hours numeric DEFAULT 0);
CREATE TABLE ordered (
    id integer PRIMARY KEY,
    service text DEFAULT 'open.desk',
    town text DEFAULT 'open.town',
    day date DEFAULT '2024-11-15',
    net numeric DEFAULT 100,
    hours numeric DEFAULT 10,
    billed numeric DEFAULT 0,
    status text DEFAULT 'open',
    remark text);
CREATE TABLE framework (LIKE ordered INCLUDING DEFAULTS);
SELECT steering.attach('invoice', $$'open.desk'$$, $$'open.town'$$, 'day', 'net', 'hours') > 0 AS attached,
    steering.attach('ordered', 'service', 'town', 'day', 'net - billed', 'hours', $$status = 'open'$$, stage => 'commitment') > 0 AS ordered,
    steering.attach('framework', 'service', 'town', 'day', 'net', 'hours', stage => 'commitment') > 0 AS framework;
SELECT steering.set_cap('open.ict', 'open.region', 'budget', '[2024-01-01,2025-01-01)', 10000) > 0 AS capped,
    steering.set_cap('open.ict', 'open.region', 'budget', '[2025-01-01,2026-01-01)', 1000) > 0 AS capped_too;
-- a statement, and what its error says; numbers, and the time of a closing, are left out
CREATE FUNCTION refusal(statement text) RETURNS TABLE (code text, message text, detail text, hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT '00000', 'not refused', '', '';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    detail := regexp_replace(detail, 'Closing \d+ closed it at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[-+:0-9]+\.', 'Closing N closed it at T.');
    detail := regexp_replace(detail, '^Cap \d+', 'Cap N');
    hint := regexp_replace(hint, 'cap \d+', 'cap N');
    RETURN NEXT;
END
$$;
CREATE VIEW committed AS
    SELECT service, participant, month, trim_scale(amount) AS amount, trim_scale(volume) AS volume, bookings
    FROM steering.usage_by_month WHERE service LIKE 'open.%' AND stage = 'commitment' AND (amount <> 0 OR volume <> 0) ORDER BY month, service, participant;
CREATE VIEW headroom AS SELECT valid_from, trim_scale(used) AS used, trim_scale(headroom) AS headroom FROM steering.cap_status WHERE service = 'open.ict' ORDER BY 1;
CREATE VIEW problem AS SELECT subject, problem, detail FROM steering.health() WHERE subject LIKE 'period 20%' ORDER BY detail COLLATE "C";

-- Closing says what stays open: nothing of what was billed, released by a row of its own, or never committed.
INSERT INTO invoice VALUES (1, '2024-10-10', 500, 50);
INSERT INTO ordered (id, net, billed, hours) VALUES (1, 100, 100, 0);
INSERT INTO framework (id, day, net, hours) VALUES (2, '2024-03-01', 250, 0), (3, '2024-09-01', -250, 0);
BEGIN;
SELECT steering.close_period('2024') > 0 AS closed;
ROLLBACK;
INSERT INTO ordered (id, service, town) SELECT n, 'open.desk', 'open.town' FROM generate_series(11, 19) AS n;
INSERT INTO ordered (id, service, town, net, hours) VALUES (21, 'open.net', 'open.city', 0.1234, 0), (22, 'open.net', 'open.region', 0, 3);
INSERT INTO framework (id, day, net, hours) VALUES (31, '2024-11-15', -40, -4);
\set VERBOSITY default
SELECT steering.close_period('2024', 'accounts adopted') > 0 AS closed;
\set VERBOSITY terse
SELECT bookings, amount, volume, committed_bookings, committed_amount, committed_volume FROM steering.closing WHERE during = '[2024-01-01,2025-01-01)' AND reopened_at IS NULL;
TABLE problem;

-- The invoice of January takes the place of its order; at once or when the transaction commits.
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO invoice VALUES (2, '2025-01-20', 100, 10);
UPDATE ordered SET billed = 100, hours = 0 WHERE id = 11;
COMMIT;
UPDATE ordered SET status = 'billed' WHERE id = 12;
INSERT INTO invoice VALUES (3, '2025-01-21', 100, 10);
TABLE headroom;
-- released, deleted, lowered in money, in volume, in both
UPDATE ordered SET status = 'cancelled' WHERE id = 13;
DELETE FROM ordered WHERE id = 14;
UPDATE ordered SET net = 60 WHERE id = 15;
UPDATE ordered SET hours = 2 WHERE id = 15;
UPDATE ordered SET net = 50, hours = 1, remark = 'less' WHERE id = 15;
-- released by a row of its own, in another source
INSERT INTO framework (id, net, hours) VALUES (32, -100, -10);
-- carried to a day that is open, where its caps judge it
UPDATE ordered SET day = '2025-01-01' WHERE id = 17;
SELECT * FROM refusal($$UPDATE ordered SET day = '2025-01-01', net = 1000 WHERE id = 18$$);
WITH gone AS (DELETE FROM ordered WHERE id = 18 RETURNING *)
    INSERT INTO ordered SELECT id, service, town, '2025-02-01', net, hours, billed, status, remark FROM gone;
TABLE committed;
TABLE headroom;
SELECT * FROM steering.verify();

-- Never raised: in money or volume, by what is new, by what comes from another day, service or participant.
SELECT * FROM refusal($$UPDATE ordered SET net = 100.0001 WHERE id = 19$$);
SELECT * FROM refusal($$UPDATE ordered SET hours = 11 WHERE id = 19$$);
UPDATE ordered SET net = 0, hours = 11 WHERE id = 19;
UPDATE ordered SET net = 101, hours = 0 WHERE id = 19;
INSERT INTO ordered (id) VALUES (41);
UPDATE ordered SET status = 'open' WHERE id = 12;
UPDATE ordered SET billed = 99 WHERE id = 11;
UPDATE ordered SET day = '2024-11-16' WHERE id = 19;
UPDATE ordered SET day = '2024-11-14' WHERE id = 19;
UPDATE ordered SET day = '2024-12-31' WHERE id = 17;
UPDATE ordered SET town = 'open.city' WHERE id = 19;
UPDATE ordered SET service = 'open.net' WHERE id = 19;
-- a release does not make room for an order
UPDATE ordered SET net = CASE id WHEN 15 THEN 0 ELSE 140 END, day = CASE id WHEN 15 THEN '2024-11-15'::date ELSE '2024-11-16' END WHERE id IN (15, 19);
-- an order that lowers what is committed holds room, so that it may not go
DELETE FROM framework WHERE id = 31;
UPDATE framework SET net = -39 WHERE id = 31;
UPDATE framework SET net = -41 WHERE id = 31;
-- what was spent does not take the place of an order, nor an order that of what was spent
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO invoice VALUES (4, '2024-11-15', 100, 10);
UPDATE ordered SET status = 'billed' WHERE id = 19;
COMMIT;
WITH billed AS (UPDATE ordered SET status = 'billed' WHERE id = 19) INSERT INTO invoice VALUES (4, '2024-11-15', 100, 10);
WITH gone AS (DELETE FROM invoice WHERE id = 1) INSERT INTO ordered (id, day, net, hours) VALUES (42, '2024-10-10', 500, 50);
-- what the hints propose makes no room that is not there
SELECT * FROM refusal('DELETE FROM invoice WHERE id = 1');
SELECT * FROM refusal('UPDATE invoice SET hours = 49 WHERE id = 1');
SELECT * FROM refusal($$INSERT INTO invoice VALUES (4, '2024-10-10', 1, 0)$$);
SELECT * FROM refusal($$SELECT steering.check_booking('open.desk', 'open.town', '2024-10-10', 1)$$);
SELECT * FROM refusal($$SELECT steering.check_booking('open.desk', 'open.town', '2024-10-10', -1)$$);
TABLE committed;
TABLE headroom;

-- Netted per day: one for another, in one statement, in one source or two, in other numbers.
BEGIN;
UPDATE ordered SET net = CASE id WHEN 15 THEN 20 ELSE 130 END WHERE id IN (15, 19);
WITH less AS (UPDATE ordered SET net = 0, hours = 0 WHERE id = 19)
    INSERT INTO framework (id, net, hours) SELECT 50 + n, 65, 5 FROM generate_series(1, 2) AS n;
INSERT INTO ordered (id, net, hours) VALUES (43, 0, 0);
ROLLBACK;
-- and per transaction, where it is judged at commit; also over savepoints
SET sp71_steering.check_at = 'commit';
BEGIN;
UPDATE ordered SET net = 500 WHERE id = 15;
SAVEPOINT a;
UPDATE ordered SET net = 5000 WHERE id = 15;
ROLLBACK TO a;
UPDATE ordered SET net = 50 WHERE id = 15;
COMMIT;
BEGIN;
SAVEPOINT a;
UPDATE ordered SET net = 49 WHERE id = 15;
RELEASE a;
SAVEPOINT b;
UPDATE ordered SET net = 51 WHERE id = 15;
RELEASE b;
COMMIT;
BEGIN;
UPDATE ordered SET net = 49 WHERE id = 15;
SAVEPOINT b;
UPDATE ordered SET net = 99 WHERE id = 15;
ROLLBACK TO b;
INSERT INTO ordered (id, net, hours) VALUES (44, 1, 0);
COMMIT;
DELETE FROM ordered WHERE id = 44;
-- a day for another is a raise there
BEGIN;
UPDATE ordered SET day = '2024-11-16' WHERE id = 15;
COMMIT;
BEGIN;
UPDATE ordered SET day = '2024-11-16' WHERE id = 15;
UPDATE ordered SET day = '2025-11-16' WHERE id = 15;
ROLLBACK;
RESET sp71_steering.check_at;
-- what was judged by the statement counts at commit as well: the transaction raises nothing
BEGIN;
UPDATE ordered SET net = 20 WHERE id = 15;
UPDATE ordered SET net = 21 WHERE id = 15;
ROLLBACK;
BEGIN;
UPDATE ordered SET net = 20 WHERE id = 15;
SET LOCAL sp71_steering.check_at = 'commit';
UPDATE ordered SET net = 49 WHERE id = 15;
COMMIT;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
UPDATE ordered SET net = 490 WHERE id = 15;
SET LOCAL sp71_steering.check_at = 'statement';
UPDATE ordered SET net = 49 WHERE id = 15;
COMMIT;
SELECT * FROM steering.verify();

-- Tables as a whole: what raises is refused, by the month where no day is known.
CREATE TABLE late (LIKE ordered INCLUDING DEFAULTS);
INSERT INTO late (id) VALUES (1);
SELECT * FROM refusal($$SELECT steering.attach('late', 'service', 'town', 'day', 'net', 'hours', stage => 'commitment')$$);
UPDATE late SET net = -1, hours = 0;
SELECT steering.attach('late', 'service', 'town', 'day', 'net', 'hours', stage => 'commitment') > 0 AS attached;
SELECT steering.detach('late');
BEGIN;
ALTER TABLE ordered ALTER net TYPE numeric USING net + 1;
ROLLBACK;
BEGIN;
ALTER TABLE ordered ALTER net TYPE numeric USING net / 2;
SELECT service, participant, amount FROM committed WHERE month < '2025-01-01';
TRUNCATE ordered;
SELECT * FROM steering.verify();
ROLLBACK;
TRUNCATE framework;
BEGIN;
SELECT steering.detach('ordered');
ROLLBACK;
CREATE TABLE part (service text DEFAULT 'open.net', town text DEFAULT 'open.city', day date, net numeric) PARTITION BY RANGE (day);
CREATE TABLE part_2024 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
SELECT steering.reopen_period('2024', 'for partitions') > 0 AS reopened;
SELECT steering.attach('part', 'service', 'town', 'day', 'net', stage => 'commitment') > 0 AS attached;
INSERT INTO part (day, net) VALUES ('2024-06-01', 7);
SELECT steering.close_period('2024') > 0 AS closed;
ALTER TABLE part DETACH PARTITION part_2024;
ALTER TABLE part ATTACH PARTITION part_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
DELETE FROM part_2024;
ALTER TABLE part ATTACH PARTITION part_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
SELECT steering.detach('part');

-- A settlement knows only what was spent, before and after; and what was released is not reported as a change.
SELECT steering.set_agreement('open.desk', 'open.town', '[2024-01-01,2025-01-01)', 'price_volume', price => 10) > 0 AS agreed;
SELECT item, trim_scale(total) AS total FROM steering.settlement_proof('2024') WHERE item = 'booked_cost';
UPDATE ordered SET status = 'cancelled' WHERE day < '2025-01-01' AND service = 'open.desk';
TABLE problem;
-- of a closing by an earlier version it is not known what was committed
UPDATE steering.closing SET committed_bookings = NULL, committed_amount = NULL, committed_volume = NULL WHERE reopened_at IS NULL AND during = '[2024-01-01,2025-01-01)';
SELECT problem, detail FROM problem WHERE problem = 'changed after closing';
SELECT steering.reopen_period('2024', 'to be counted anew') > 0 AS reopened, steering.close_period('2024') > 0 AS closed;
SELECT problem, count(*) FROM problem GROUP BY problem;

-- Figures are for those who may read them; that it is closed is for all.
CREATE ROLE regress_sp71_buyer;
GRANT USAGE ON SCHEMA open_test TO regress_sp71_buyer;
GRANT ALL ON ordered TO regress_sp71_buyer;
SET ROLE regress_sp71_buyer;
SELECT * FROM refusal('UPDATE ordered SET hours = 30 WHERE id = 22');
UPDATE ordered SET hours = 1 WHERE id = 22;
SELECT * FROM steering.commitment_problem;
SELECT * FROM steering.open_commitment_in('{"[2024-01-01,2025-01-01)"}');
RESET ROLE;
DROP OWNED BY regress_sp71_buyer;
DROP ROLE regress_sp71_buyer;
-- a table that is dropped takes its orders along
DROP TABLE ordered;
SELECT problem, count(*) FROM problem GROUP BY problem;
SELECT * FROM steering.verify();

SELECT steering.reopen_period('2024', 'end of the test') > 0 AS reopened;
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'open.%';
SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service LIKE 'open.%';
SELECT steering.detach('invoice'), steering.detach('framework');
SET client_min_messages = warning;
DROP SCHEMA open_test CASCADE;
RESET client_min_messages;
ALTER TABLE steering.settlement_line DISABLE TRIGGER refuse_change;
DELETE FROM steering.settlement_line;
ALTER TABLE steering.settlement_line ENABLE TRIGGER refuse_change;
DELETE FROM steering.service WHERE code LIKE 'open.%';
DELETE FROM steering.participant WHERE code LIKE 'open.%';
SELECT * FROM steering.verify();
