-- A change that does not raise a cap's usage is never refused by that cap, whatever its state: refunds,
-- cancels, deletes, re-posts and net-zero statements pass on a cap that is overrun.
\set VERBOSITY terse
CREATE SCHEMA lower_test;
SET search_path = lower_test;

INSERT INTO steering.participant (code, parent, name) VALUES ('lower.region', NULL, 'Region'), ('lower.town', 'lower.region', 'Town');
INSERT INTO steering.service (code, parent, name) VALUES ('lower.it', NULL, 'IT'), ('lower.it.phone', 'lower.it', 'Phone');
CREATE TABLE line (id integer PRIMARY KEY, product text DEFAULT 'lower.it', day date DEFAULT '2026-05-01', net numeric, pieces integer DEFAULT 1, status text DEFAULT 'approved');
SELECT steering.set_cap('lower.it', 'lower.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
-- what was booked before the table was attached is over the cap
INSERT INTO line (id, net) SELECT i, 150 FROM generate_series(1, 8) AS i;
SELECT steering.attach('line', 'product', $$'lower.town'$$, 'day', 'net', 'pieces', $$status = 'approved'$$) > 0 AS attached;
SELECT count(*) AS sources FROM steering.source WHERE relation = 'line'::regclass;
SELECT steering.attach('line', 'product', $$'lower.town'$$, 'day', 'net', 'pieces', $$status = 'approved'$$, accept_overrun => true) > 0 AS attached;
CREATE VIEW usage AS SELECT amount, used, headroom, step FROM steering.cap_status WHERE cap_id = (SELECT min(cap_id) FROM steering.cap_status WHERE service = 'lower.it');
TABLE usage;
-- a lower limit for what is there is refused unless it is known to be an overrun; a higher one that is
-- still too low likewise
SELECT steering.set_cap('lower.it', 'lower.town', 'budget', '[2026-01-01,2027-01-01)', 500) = :cap AS revised;
SELECT steering.set_cap('lower.it', 'lower.town', 'budget', '[2026-01-01,2027-01-01)', 500, accept_overrun => true) = :cap AS revised;
SELECT steering.set_cap('lower.it', 'lower.town', 'budget', '[2026-01-01,2027-01-01)', 600, accept_overrun => true) = :cap AS revised;
TABLE usage;

-- 1200 stand against 600. Not one unit more
INSERT INTO line (id, net) VALUES (10, 0.0001);
UPDATE line SET net = 150.0001 WHERE id = 1;
-- refund, lower, cancel, delete
INSERT INTO line (id, net) VALUES (10, -50);
UPDATE line SET net = 100 WHERE id = 1;
UPDATE line SET status = 'cancelled' WHERE id = 2;
DELETE FROM line WHERE id = 3;
TABLE usage;
-- nothing at all, null, zero
INSERT INTO line (id, net) VALUES (11, 0), (12, NULL);
INSERT INTO line (id, net, status) VALUES (13, 9999, 'draft');
UPDATE line SET net = net, status = status, day = day;
UPDATE line SET day = day + 30;
UPDATE line SET pieces = pieces + 1000;
-- to and fro within the cap: a part of the service, another date
UPDATE line SET product = 'lower.it.phone' WHERE id = 1;
-- re-posted in one statement: same amount, less, more
WITH gone AS (DELETE FROM line WHERE id = 4 RETURNING net) INSERT INTO line (id, net) SELECT 14, net FROM gone;
WITH gone AS (DELETE FROM line WHERE id = 14 RETURNING net) INSERT INTO line (id, net) SELECT 4, net - 1 FROM gone;
WITH gone AS (DELETE FROM line WHERE id = 4 RETURNING net) INSERT INTO line (id, net) SELECT 14, net + 1 FROM gone;
INSERT INTO line (id, net) VALUES (4, 100), (15, 49) ON CONFLICT (id) DO UPDATE SET net = excluded.net;
MERGE INTO line USING (VALUES (4, 50), (16, 50)) AS load (id, net) ON line.id = load.id
    WHEN MATCHED THEN UPDATE SET net = load.net WHEN NOT MATCHED THEN INSERT (id, net) VALUES (load.id, load.net);
TABLE usage;
-- re-posted in two statements: the second raises usage, so the transaction has to be judged as a whole
BEGIN;
DELETE FROM line WHERE id = 5;
INSERT INTO line (id, net) VALUES (5, 150);
ROLLBACK;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
DELETE FROM line WHERE id = 5;
INSERT INTO line (id, net) VALUES (5, 150);
COMMIT;
TABLE usage;
-- one row up, another down
UPDATE line SET net = CASE id WHEN 5 THEN 250 ELSE 50 END WHERE id IN (5, 6);
UPDATE line SET net = CASE id WHEN 5 THEN 250.0001 ELSE 50 END WHERE id IN (5, 6);
-- taking a refund back raises
DELETE FROM line WHERE id = 10;
DELETE FROM line WHERE id IN (10, 6);
TABLE usage;

-- a cap above or below that has room or none: a change is refused by the caps that it raises, and no other
SELECT steering.set_cap('lower.it.phone', 'lower.region', 'budget', '[2026-01-01,2027-01-01)', 120) AS phone_cap \gset
SELECT steering.set_cap('lower.it', 'lower.region', 'volume', '[2026-01-01,2027-01-01)', 10, accept_overrun => true) AS pieces_cap \gset
UPDATE line SET product = 'lower.it.phone', net = 20 WHERE id = 5;
UPDATE line SET product = 'lower.it.phone', net = 20.0001 WHERE id = 4;
UPDATE line SET net = 0, pieces = pieces + 1 WHERE id = 7;
UPDATE line SET net = 0, pieces = pieces - 1 WHERE id = 7;
TABLE usage;
-- down to the limit and below: there the cap is itself again
UPDATE line SET net = 0 WHERE id IN (8, 15, 16, 4);
TABLE usage;
UPDATE line SET net = net + 480.0001 WHERE id = 8;
UPDATE line SET net = net + 480 WHERE id = 8;
TABLE usage;
INSERT INTO line (id, net, pieces) VALUES (20, 100, -1);
SELECT id, product, net, status FROM line WHERE status = 'approved' ORDER BY id;
TABLE usage;
-- TRUNCATE and detach do not raise either
SELECT steering.set_cap('lower.it', 'lower.town', 'budget', '[2026-01-01,2027-01-01)', 0, accept_overrun => true) = :cap AS revised;
BEGIN;
TRUNCATE line;
TABLE usage;
ROLLBACK;
BEGIN;
SELECT steering.detach('line');
TABLE usage;
ROLLBACK;
TABLE usage;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT count(steering.drop_cap(c)) FROM unnest(ARRAY[:cap, :phone_cap, :pieces_cap]) AS c;
SET client_min_messages = warning;
DROP SCHEMA lower_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'lower.%';
DELETE FROM steering.participant WHERE code LIKE 'lower.%';
SELECT * FROM steering.verify();
