-- UPDATE books the difference: of the amount, of the key columns, of the date, and of a column
-- that decides whether the row counts.
\set VERBOSITY terse
CREATE SCHEMA update_test;
SET search_path = update_test;

INSERT INTO steering.participant (code, name) VALUES ('update.town', 'Town'), ('update.village', 'Village');
INSERT INTO steering.service (code, name) VALUES ('update.ict', 'ICT'), ('update.hr', 'HR');
CREATE TABLE line (
    id integer PRIMARY KEY,
    product text NOT NULL DEFAULT 'update.ict',
    town text NOT NULL DEFAULT 'update.town',
    day date NOT NULL DEFAULT '2026-05-01',
    net numeric,
    pieces integer,
    status text DEFAULT 'approved',
    remark text
);
CREATE TABLE cap AS
    SELECT steering.set_cap(service, participant, metric, during::daterange, amount) AS id
    FROM (VALUES ('update.ict', 'update.town', 'budget', '[2026-01-01,2027-01-01)', 1000),
                 ('update.ict', 'update.town', 'budget', '[2027-01-01,2028-01-01)', 500),
                 ('update.hr', 'update.town', 'budget', '[2026-01-01,2027-01-01)', 300),
                 ('update.ict', 'update.village', 'budget', '[2026-01-01,2027-01-01)', 100),
                 ('update.ict', 'update.town', 'volume', '[2026-01-01,2027-01-01)', 10))
         AS wanted (service, participant, metric, during, amount);
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net', volume => 'pieces',
                       counts_when => $$status <> 'draft' AND status <> 'cancelled'$$) > 0 AS attached;
CREATE VIEW usage AS
    SELECT service, participant, metric, valid_from, used, headroom FROM steering.cap_status
    WHERE service LIKE 'update.%' ORDER BY service, participant, metric, valid_from;

INSERT INTO line (id, net, pieces) VALUES (1, 400, 4), (2, 300, 3), (3, 200, 2);
TABLE usage;

-- of the amount: 900 + 100 is all, one unit more is refused, lowering gives room
UPDATE line SET net = net + 100.0001 WHERE id = 1;
UPDATE line SET net = net + 100 WHERE id = 1;
UPDATE line SET net = 250 WHERE id = 2;
UPDATE line SET net = net + 50 WHERE id = 3;
UPDATE line SET net = net + 50 WHERE id = 3;
SELECT id, net FROM line ORDER BY id;
TABLE usage;
-- of several rows, up and down: only the sum matters
UPDATE line SET net = CASE id WHEN 1 THEN 0 WHEN 2 THEN 999 ELSE 1 END;
UPDATE line SET net = CASE id WHEN 1 THEN 0 WHEN 2 THEN 999 ELSE 1.0001 END;
-- from and to null
UPDATE line SET net = NULL WHERE id = 2;
UPDATE line SET net = 1000 WHERE id = 2;
UPDATE line SET net = 999 WHERE id = 2;
-- of the volume: 9 + 1 is all
UPDATE line SET pieces = pieces + 1 WHERE id = 1;
UPDATE line SET pieces = pieces + 1 WHERE id = 1;
-- of nothing that is mapped, of nothing at all, of no row: at a full cap
UPDATE line SET remark = 'seen';
UPDATE line SET net = net, pieces = pieces, day = day, product = product, town = town;
UPDATE line SET net = 5000 WHERE id = 4;
UPDATE line SET id = id + 10;
UPDATE line SET id = id - 10;
TABLE usage;

-- of the service: 999 does not fit into 300 of HR; 299 does, and frees as much of ICT
UPDATE line SET product = 'update.hr' WHERE id = 2;
UPDATE line SET product = 'update.hr', net = 299 WHERE id = 2;
TABLE usage;
-- of the participant: 1 fits, 299 more do not
UPDATE line SET town = 'update.village' WHERE id = 3;
UPDATE line SET town = 'update.village', product = 'update.ict' WHERE id = 2;
-- back, all at once
UPDATE line SET town = 'update.town', product = 'update.ict' WHERE id IN (2, 3);
TABLE usage;

-- of the date: to a month of the same cap, to the next year's cap, out of every cap and back
UPDATE line SET net = 450 WHERE id = 2;
UPDATE line SET day = '2026-12-31' WHERE id = 2;
UPDATE line SET day = '2027-01-01' WHERE id = 2;
TABLE usage;
SELECT month, amount, volume, bookings FROM steering.usage_by_month
    WHERE service = 'update.ict' AND bookings <> 0 ORDER BY month;
UPDATE line SET day = '2027-06-01', net = 51 WHERE id = 1;
UPDATE line SET day = '2027-06-01', net = 50 WHERE id = 1;
UPDATE line SET day = '2028-01-01', net = 5000 WHERE id = 1;
TABLE usage;
UPDATE line SET day = '2026-01-01' WHERE id = 1;
UPDATE line SET day = '2026-01-01', net = 999 WHERE id = 1;
TABLE usage;
-- two rows change places between full caps
UPDATE line SET net = 1000 - 1 WHERE id = 1;
UPDATE line SET net = 500 WHERE id = 2;
UPDATE line SET day = CASE id WHEN 1 THEN date '2027-01-01' ELSE date '2026-01-01' END,
                net = CASE id WHEN 1 THEN 500 ELSE 999 END WHERE id IN (1, 2);
TABLE usage;

-- of what decides that a row counts: a draft, an unknown status and a cancelled one do not
UPDATE line SET status = 'draft' WHERE id = 2;
TABLE usage;
INSERT INTO line (id, net, pieces, status) VALUES (4, 999, 5, 'draft'), (5, 999, 5, NULL);
UPDATE line SET net = 5000 WHERE status = 'draft';
UPDATE line SET net = 999 WHERE status = 'draft';
UPDATE line SET status = 'approved' WHERE id IN (2, 4);
UPDATE line SET status = 'approved' WHERE id = 4;
UPDATE line SET status = 'approved' WHERE id = 2;
UPDATE line SET status = 'approved' WHERE id = 5;
UPDATE line SET status = 'cancelled' WHERE id = 4;
UPDATE line SET status = NULL WHERE id = 3;
UPDATE line SET status = 'approved', net = 1000 WHERE id = 5;
-- one in, one out
UPDATE line SET status = CASE id WHEN 5 THEN 'cancelled' ELSE 'approved' END WHERE id IN (2, 3, 5);
SELECT id, product, day, net, pieces, status FROM line ORDER BY id;
TABLE usage;

-- UPDATE ... FROM, a cursor's row, and RETURNING
UPDATE line SET net = line.net - other.net FROM line AS other WHERE line.id = 2 AND other.id = 3 RETURNING line.net;
BEGIN;
DECLARE first_line CURSOR FOR SELECT * FROM line WHERE id = 2 FOR UPDATE;
FETCH NEXT FROM first_line;
UPDATE line SET net = net + 1 WHERE CURRENT OF first_line;
UPDATE line SET net = net + 1 WHERE CURRENT OF first_line;
COMMIT;
BEGIN;
UPDATE line SET net = net + 0.5 WHERE id = 2;
UPDATE line SET net = net + 0.5 WHERE id = 2;
UPDATE line SET net = net - 10 WHERE id = 2;
UPDATE line SET net = net + 10 WHERE id = 2;
COMMIT;
TABLE usage;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT count(steering.drop_cap(id)) FROM cap;
SET client_min_messages = warning;
DROP SCHEMA update_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'update.%';
DELETE FROM steering.participant WHERE code LIKE 'update.%';
SELECT * FROM steering.verify();
