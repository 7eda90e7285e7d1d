-- INSERT ... ON CONFLICT: its inserts and its updates are judged together, when the statement is done.
\set VERBOSITY terse
CREATE SCHEMA upsert_test;
SET search_path = upsert_test;

INSERT INTO steering.participant (code, name) VALUES ('upsert.town', 'Town'), ('upsert.village', 'Village');
INSERT INTO steering.service (code, name) VALUES ('upsert.ict', 'ICT');
CREATE TABLE line (number text PRIMARY KEY, town text DEFAULT 'upsert.town', day date DEFAULT '2026-05-01', net numeric, draft boolean DEFAULT false);
SELECT steering.set_cap('upsert.ict', 'upsert.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
SELECT steering.attach('line', $$'upsert.ict'$$, 'town', 'day', 'net', counts_when => 'NOT draft') > 0 AS attached;
CREATE VIEW usage AS SELECT used, headroom FROM steering.cap_status WHERE service = 'upsert.ict';

-- inserted, updated, skipped
INSERT INTO line (number, net) VALUES ('a', 400) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
INSERT INTO line (number, net) VALUES ('a', 500) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
INSERT INTO line (number, net) VALUES ('a', 9999) ON CONFLICT (number) DO NOTHING;
INSERT INTO line (number, net) VALUES ('a', 9999) ON CONFLICT (number) DO UPDATE SET net = excluded.net WHERE line.draft;
TABLE usage;
-- updated above the threshold, exactly to it
INSERT INTO line (number, net) VALUES ('a', 1000.0001) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
INSERT INTO line (number, net) VALUES ('a', 500) ON CONFLICT (number) DO UPDATE SET net = line.net + excluded.net RETURNING net;
TABLE usage;
-- one statement that updates one row and inserts another: at the full cap, both orders
INSERT INTO line (number, net) VALUES ('a', 300), ('b', 700) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
TABLE usage;
INSERT INTO line (number, net) VALUES ('c', 200), ('a', 100) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
TABLE usage;
INSERT INTO line (number, net) VALUES ('d', 100), ('a', 0.0001) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
SELECT number, net FROM line ORDER BY number;
TABLE usage;
-- a row moves to another participant while another takes its place
INSERT INTO line (number, town, net) VALUES ('e', 'upsert.town', 700), ('b', 'upsert.village', 5000)
    ON CONFLICT (number) DO UPDATE SET town = excluded.town, net = excluded.net;
TABLE usage;
-- a row that starts and stops to count
INSERT INTO line (number, net, draft) VALUES ('e', 700, true), ('f', 700, false)
    ON CONFLICT (number) DO UPDATE SET draft = excluded.draft;
INSERT INTO line (number, net, draft) VALUES ('e', 700, false) ON CONFLICT (number) DO UPDATE SET draft = excluded.draft;
TABLE usage;
-- no row
INSERT INTO line (number, net) SELECT 'z', 9999 WHERE false ON CONFLICT (number) DO UPDATE SET net = excluded.net;
-- a row that a rolled back savepoint had brought
BEGIN;
SAVEPOINT one;
INSERT INTO line (number, net) VALUES ('f', 0) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
INSERT INTO line (number, net) VALUES ('g', 700) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
ROLLBACK TO one;
INSERT INTO line (number, net) VALUES ('f', 1) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
INSERT INTO line (number, net) VALUES ('g', 699) ON CONFLICT (number) DO UPDATE SET net = excluded.net;
COMMIT;
SELECT number, town, net, draft FROM line ORDER BY number;
TABLE usage;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA upsert_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'upsert.%';
DELETE FROM steering.participant WHERE code LIKE 'upsert.%';
SELECT * FROM steering.verify();
