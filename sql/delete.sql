-- DELETE releases what the row had booked. Deleting a refund raises usage, and is judged like any
-- other raise.
\set VERBOSITY terse
CREATE SCHEMA delete_test;
SET search_path = delete_test;

INSERT INTO steering.participant (code, name) VALUES ('delete.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('delete.ict', 'ICT');
CREATE TABLE line (id integer PRIMARY KEY, day date DEFAULT '2026-05-01', net numeric, pieces integer DEFAULT 1, draft boolean DEFAULT false);
SELECT steering.set_cap('delete.ict', 'delete.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS budget_cap \gset
SELECT steering.set_cap('delete.ict', 'delete.town', 'volume', '[2026-01-01,2027-01-01)', 10) AS volume_cap \gset
SELECT steering.attach('line', $$'delete.ict'$$, $$'delete.town'$$, 'day', 'net', 'pieces', 'NOT draft') > 0 AS attached;
CREATE VIEW usage AS
    SELECT metric, used, headroom FROM steering.cap_status WHERE service = 'delete.ict' ORDER BY metric;

INSERT INTO line (id, net) SELECT i, 100 FROM generate_series(1, 9) AS i;
INSERT INTO line (id, net, draft) VALUES (10, 5000, true);
TABLE usage;
-- one, several, none, with USING, with RETURNING
DELETE FROM line WHERE id = 1;
TABLE usage;
DELETE FROM line WHERE id IN (2, 3);
DELETE FROM line WHERE id = 99;
DELETE FROM line USING (VALUES (4), (4)) AS gone (id) WHERE line.id = gone.id;
DELETE FROM line WHERE id = 5 RETURNING id, net;
TABLE usage;
-- a row that does not count releases nothing
DELETE FROM line WHERE id = 10;
TABLE usage;
-- inserted and deleted in one transaction; deleted and rolled back
BEGIN;
INSERT INTO line (id, net) VALUES (11, 600);
DELETE FROM line WHERE id = 11;
INSERT INTO line (id, net) VALUES (12, 600);
TABLE usage;
COMMIT;
BEGIN;
DELETE FROM line;
TABLE usage;
ROLLBACK;
TABLE usage;
-- changed and deleted in one transaction
BEGIN;
UPDATE line SET net = 1 WHERE id = 12;
DELETE FROM line WHERE id = 12;
TABLE usage;
COMMIT;
-- a refund of 500 made room, which was used: without the refund 1500 would stand against 1000
INSERT INTO line (id, net) VALUES (20, -500);
INSERT INTO line (id, net) VALUES (21, 1100);
TABLE usage;
DELETE FROM line WHERE id = 20;
DELETE FROM line WHERE id IN (6, 20);
DELETE FROM line WHERE id IN (20, 21);
TABLE usage;
-- everything
DELETE FROM line;
TABLE usage;
DELETE FROM line;
SELECT count(*) FROM line;
SELECT coalesce(sum(bookings), 0) AS bookings FROM steering.usage_by_month WHERE service = 'delete.ict';

-- amounts that do not fit together, but their sum does
SELECT steering.drop_cap(:budget_cap);
INSERT INTO line (id, net, pieces) VALUES (31, 900000000000000, 0);
INSERT INTO line (id, net, pieces) VALUES (32, -900000000000000, 0);
INSERT INTO line (id, net, pieces) VALUES (33, 900000000000000, 0);
SET enable_hashjoin = off;
SET enable_mergejoin = off;
DELETE FROM line USING (SELECT id FROM line ORDER BY net DESC) AS gone WHERE gone.id = line.id;
RESET enable_hashjoin;
RESET enable_mergejoin;
SELECT steering.set_cap('delete.ict', 'delete.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS budget_cap \gset

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:budget_cap, :volume_cap]) AS cap;
SET client_min_messages = warning;
DROP SCHEMA delete_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'delete.%';
DELETE FROM steering.participant WHERE code LIKE 'delete.%';
SELECT * FROM steering.verify();
