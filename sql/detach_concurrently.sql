-- DETACH PARTITION CONCURRENTLY is two transactions. What is to be refused is refused before the first; where
-- the second did not come, the partition counts on, other commands on the table work, and health() says how to end it.
\set VERBOSITY terse
CREATE SCHEMA detach_concurrently_test;
SET search_path = detach_concurrently_test;
SET datestyle = iso;

INSERT INTO steering.participant (code, name) VALUES ('detc.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('detc.ict', 'ICT'), ('detc.hr', 'HR');
SELECT setval('steering.cap_cap_id_seq', 5000) AS numbered \gset
SELECT steering.set_cap('detc.hr', 'detc.town', 'budget', '[2024-01-01,2028-01-01)', 100, '50% warn, 100% block') AS cap;
CREATE VIEW usage AS
    SELECT service, month, amount, bookings FROM steering.usage_by_month WHERE service LIKE 'detc.%' ORDER BY 1, 2;
CREATE VIEW pending AS
    SELECT inhrelid::regclass AS partition FROM pg_inherits WHERE inhdetachpending ORDER BY inhrelid::regclass::text;
CREATE VIEW problem AS
    SELECT subject, problem, detail, hint FROM steering.health() WHERE subject LIKE 'detach_concurrently_test.%';

CREATE TABLE line (product text DEFAULT 'detc.ict', town text DEFAULT 'detc.town', day date NOT NULL, net numeric)
    PARTITION BY RANGE (day);
CREATE TABLE line_2024 PARTITION OF line FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE line_2025 PARTITION OF line FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY RANGE (day);
CREATE TABLE line_2025_1 PARTITION OF line_2025 FOR VALUES FROM ('2025-01-01') TO ('2025-07-01');
CREATE TABLE line_2025_2 PARTITION OF line_2025 FOR VALUES FROM ('2025-07-01') TO ('2026-01-01');
CREATE TABLE line_2026 PARTITION OF line FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
INSERT INTO line (day, net) VALUES ('2024-06-01', 10), ('2025-03-01', 40), ('2025-09-01', 2), ('2026-01-01', 40);
SELECT steering.close_bookings('2025') > 0 AS closed;

-- a closed period: nothing has been done, however the tables are named, and whatever is below the partition
ALTER TABLE line DETACH PARTITION line_2025 CONCURRENTLY;
ALTER TABLE detach_concurrently_test.line DETACH PARTITION detach_concurrently_test.line_2025 CONCURRENTLY;
ALTER TABLE ONLY line DETACH PARTITION line_2025 CONCURRENTLY;
ALTER TABLE IF EXISTS line_2025 DETACH PARTITION line_2025_2 CONCURRENTLY;
SET sp71_steering.check_at = 'commit';
ALTER TABLE line DETACH PARTITION line_2025 CONCURRENTLY;
RESET sp71_steering.check_at;
TABLE pending;
SELECT count(*), sum(net) FROM line;
SELECT * FROM steering.verify();

-- a partition with refunds, without which a cap would be exceeded; and one that takes a cap over a step that warns
INSERT INTO line VALUES ('detc.hr', 'detc.town', '2024-02-01', -30), ('detc.hr', 'detc.town', '2026-02-01', 120);
ALTER TABLE line DETACH PARTITION line_2024 CONCURRENTLY;
TABLE pending;
UPDATE line SET net = 90 WHERE net = 120;
ALTER TABLE line DETACH PARTITION line_2024 CONCURRENTLY;
TABLE pending;
SELECT kind, used FROM steering.event WHERE service = 'detc.hr' AND kind = 'warn' ORDER BY event_id;
TABLE usage;
SELECT * FROM steering.verify();

-- what PostgreSQL refuses by itself, it refuses as ever
ALTER TABLE line DETACH PARTITION line_2024 CONCURRENTLY;
ALTER TABLE line DETACH PARTITION line_1999 CONCURRENTLY;
ALTER TABLE line_1999 DETACH PARTITION line_2026 CONCURRENTLY;
BEGIN;
ALTER TABLE line DETACH PARTITION line_2026 CONCURRENTLY;
ROLLBACK;
CREATE ROLE regress_sp71_passer_by;
GRANT USAGE ON SCHEMA detach_concurrently_test TO regress_sp71_passer_by;
SET ROLE regress_sp71_passer_by;
ALTER TABLE line DETACH PARTITION line_2025 CONCURRENTLY;
RESET ROLE;
REVOKE USAGE ON SCHEMA detach_concurrently_test FROM regress_sp71_passer_by;
DROP ROLE regress_sp71_passer_by;

-- Half done all the same, as a crash or a booking between the two transactions can leave it: here for want of
-- the event trigger, as under 0.2.0.
ALTER EVENT TRIGGER sp71_steering_detach DISABLE;
SELECT subject, problem, detail FROM steering.health() WHERE subject = 'sp71_steering_detach';
ALTER TABLE line DETACH PARTITION line_2025 CONCURRENTLY;
ALTER EVENT TRIGGER sp71_steering_detach ENABLE;
TABLE pending;
\x
TABLE problem;
\x
SELECT sum(net) FROM line;
TABLE usage;
SELECT * FROM steering.verify();
-- booking goes on, into the partition by its own name too, where it is closed
INSERT INTO line (day, net) VALUES ('2026-05-05', 3);
INSERT INTO line_2025_1 (day, net) VALUES ('2025-03-02', 1);
-- other commands on the table go on
ALTER TABLE line ADD COLUMN note text;
CREATE TABLE line_2027 PARTITION OF line FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
INSERT INTO line (day, net) VALUES ('2027-01-01', 7);
ALTER TABLE line ALTER COLUMN net SET DEFAULT 0;
ALTER TABLE line RENAME COLUMN note TO remark;
-- PostgreSQL 18 ends what was begun only where the table has no column that the part lacks
ALTER TABLE line DROP COLUMN remark;
SELECT steering.reattach('line');
SELECT subject, problem FROM problem;
SELECT * FROM steering.verify();
-- the end is judged as the whole would be
ALTER TABLE line DETACH PARTITION line_2025 FINALIZE;
TABLE pending;
TABLE usage;
-- what comes to nothing passes at commit
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE line DETACH PARTITION line_2025 FINALIZE;
ALTER TABLE line ATTACH PARTITION line_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMIT;
TABLE pending;
TABLE problem;
TABLE usage;
SELECT * FROM steering.verify();

-- DETACH and ATTACH of a closed year, too, at any level; not what is another year afterwards
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE line DETACH PARTITION line_2025;
ALTER TABLE line_2025 DETACH PARTITION line_2025_2;
ALTER TABLE line_2025 ATTACH PARTITION line_2025_2 FOR VALUES FROM ('2025-07-01') TO ('2026-01-01');
ALTER TABLE line ATTACH PARTITION line_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMIT;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE line DETACH PARTITION line_2025;
COMMIT;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE line DETACH PARTITION line_2025;
UPDATE line_2025_1 SET day = '2025-03-03' WHERE day = '2025-03-01';
ALTER TABLE line ATTACH PARTITION line_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMIT;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE line DETACH PARTITION line_2025;
SAVEPOINT back;
ALTER TABLE line ATTACH PARTITION line_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
ROLLBACK TO back;
COMMIT;
-- judged at each statement, it is refused
BEGIN;
ALTER TABLE line DETACH PARTITION line_2025;
ROLLBACK;
-- a cap is judged by what comes of it as well
ALTER TABLE line ATTACH PARTITION line_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
UPDATE line SET net = 120 WHERE net = 90;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE line DETACH PARTITION line_2024;
ALTER TABLE line ATTACH PARTITION line_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
COMMIT;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
ALTER TABLE line DETACH PARTITION line_2024;
COMMIT;
TABLE usage;
SELECT * FROM steering.verify();
TABLE problem;

-- a source that is made anew while a detaching is pending: the partition counts until it is gone
ALTER EVENT TRIGGER sp71_steering_detach DISABLE;
ALTER TABLE line DETACH PARTITION line_2025 CONCURRENTLY;
ALTER EVENT TRIGGER sp71_steering_detach ENABLE;
SELECT steering.reopen_bookings('2025', 'the test is over') > 0 AS reopened;
SELECT steering.detach('line');
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
SELECT sum(amount) FROM usage;
SELECT subject, problem FROM problem;
ALTER TABLE line DETACH PARTITION line_2025 FINALIZE;
SELECT sum(amount) FROM usage;
SELECT * FROM steering.verify();
TABLE problem;
SELECT steering.detach('line');
DROP TABLE line, line_2025;
DROP SCHEMA detach_concurrently_test CASCADE;
SELECT steering.drop_cap(5001);
DELETE FROM steering.participant WHERE code LIKE 'detc.%';
DELETE FROM steering.service WHERE code LIKE 'detc.%';
