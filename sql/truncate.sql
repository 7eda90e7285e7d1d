-- TRUNCATE releases all that the table had booked, and is refused where that would raise usage.
\set VERBOSITY terse
CREATE SCHEMA truncate_test;
SET search_path = truncate_test;

INSERT INTO steering.participant (code, name) VALUES ('truncate.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('truncate.ict', 'ICT');
CREATE TABLE invoice (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, remark text);
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY, invoice integer REFERENCES invoice, day date DEFAULT '2026-05-01', net numeric);
CREATE TABLE refund (day date DEFAULT '2026-06-01', net numeric);
SELECT steering.set_cap('truncate.ict', 'truncate.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS year_cap \gset
SELECT steering.set_cap('truncate.ict', 'truncate.town', 'budget', '[2026-05-01,2026-06-01)', 1200) AS may_cap \gset
SELECT steering.attach('line', $$'truncate.ict'$$, $$'truncate.town'$$, 'day', 'net') > 0 AS attached;
SELECT steering.attach('refund', $$'truncate.ict'$$, $$'truncate.town'$$, 'day', 'net') > 0 AS attached;
CREATE VIEW usage AS
    SELECT valid_from, used, headroom FROM steering.cap_status WHERE service = 'truncate.ict' ORDER BY valid_from;

-- an empty table, a filled one, and rolled back
TRUNCATE line;
INSERT INTO line (net) SELECT 100 FROM generate_series(1, 8);
TABLE usage;
BEGIN;
TRUNCATE line;
TABLE usage;
INSERT INTO line (net) VALUES (1000);
ROLLBACK;
TABLE usage;
TRUNCATE line RESTART IDENTITY;
TABLE usage;
INSERT INTO line (net) VALUES (900) RETURNING id;
-- filled, emptied and filled again in one transaction
BEGIN;
INSERT INTO line (net) VALUES (50);
TRUNCATE line;
INSERT INTO line (net) VALUES (700);
TRUNCATE line;
INSERT INTO line (net) VALUES (300);
TABLE usage;
COMMIT;
-- rolled back to a savepoint
BEGIN;
INSERT INTO line (net) VALUES (1);
SAVEPOINT filled;
TRUNCATE line;
INSERT INTO line (net) VALUES (999);
ROLLBACK TO filled;
TABLE usage;
COMMIT;
TABLE usage;
-- with the tables that refer to it
INSERT INTO invoice (remark) VALUES ('first');
INSERT INTO line (invoice, net) VALUES (1, 99);
TRUNCATE invoice;
TABLE usage;
TRUNCATE invoice RESTART IDENTITY CASCADE;
TABLE usage;
SELECT count(*) FROM line;

-- refunds made room that was used: 1200 - 300
INSERT INTO refund (net) VALUES (-100), (-200);
INSERT INTO line (net) VALUES (1200);
TRUNCATE refund;
SELECT count(*) FROM refund;
TABLE usage;
-- the statement as a whole is judged, in whatever order it names the tables
BEGIN;
TRUNCATE line, refund;
TABLE usage;
ROLLBACK;
TRUNCATE refund, line;
TABLE usage;
-- and so is the transaction
INSERT INTO refund (net) VALUES (-300);
INSERT INTO line (net) VALUES (1200);
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
TRUNCATE refund;
UPDATE line SET net = 1000;
COMMIT;
TABLE usage;
INSERT INTO refund (net) VALUES (-1);
INSERT INTO line (net) VALUES (1);
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
TRUNCATE refund;
COMMIT;
TABLE usage;
TRUNCATE refund, line;
-- refunds only, below the threshold
INSERT INTO refund (net) VALUES (-100);
INSERT INTO line (net) VALUES (1000);
TRUNCATE refund;
TABLE usage;
TRUNCATE line;
TABLE usage;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT steering.detach('refund');
SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:year_cap, :may_cap]) AS cap;
SET client_min_messages = warning;
DROP SCHEMA truncate_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'truncate.%';
DELETE FROM steering.participant WHERE code LIKE 'truncate.%';
SELECT * FROM steering.verify();
