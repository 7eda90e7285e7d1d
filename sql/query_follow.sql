-- Queries: every change of every table of the join is a change of bookings, judged as the statement's net effect.
CREATE SCHEMA query_follow;
SET search_path = query_follow;
SET datestyle = iso;
\set SHOW_CONTEXT never

INSERT INTO steering.participant (code, name) VALUES ('qf.town', 'Town'), ('qf.city', 'City');
INSERT INTO steering.service (code, name) VALUES ('qf.ict', 'ICT'), ('qf.hr', 'HR');
CREATE TABLE category (id integer PRIMARY KEY, code text);
CREATE TABLE product (id integer PRIMARY KEY, category_id integer, remark text);
CREATE TABLE header (id integer PRIMARY KEY, town text, day date, state text DEFAULT 'draft', remark text);
CREATE TABLE line (id integer PRIMARY KEY, header_id integer REFERENCES header ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE,
    product_id integer, net numeric, pieces integer, remark text);
CREATE INDEX ON line (header_id);
CREATE INDEX ON line (product_id);
CREATE INDEX ON product (category_id);
SELECT setval('steering.cap_cap_id_seq', 1200) AS numbered \gset
SELECT steering.set_cap('qf.ict', 'qf.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
INSERT INTO category VALUES (1, 'qf.ict'), (2, 'qf.hr');
INSERT INTO product VALUES (1, 1), (2, 2);
INSERT INTO header VALUES (1, 'qf.town', '2026-05-01', 'approved'), (2, 'qf.city', '2026-06-01', 'draft');
SELECT steering.attach_query($$
    SELECT c.code AS service, h.town AS participant, h.day AS booked_on, l.net AS amount, l.pieces AS volume
    FROM line l JOIN header h ON h.id = l.header_id LEFT JOIN product p ON p.id = l.product_id LEFT JOIN category c ON c.id = p.category_id
    WHERE h.state = 'approved'$$) > 0 AS attached;
-- what all of it comes to, by plain SQL
CREATE VIEW booked AS
    SELECT l.id, c.code, h.town, h.day, l.net, l.pieces
    FROM line l JOIN header h ON h.id = l.header_id LEFT JOIN product p ON p.id = l.product_id LEFT JOIN category c ON c.id = p.category_id
    WHERE h.state = 'approved';
-- everything at once: the booking table, usage, and whether all of it agrees; no row of the last two is right
CREATE VIEW state AS SELECT service, participant, sum(amount) AS amount, count(*) AS bookings FROM line_booking GROUP BY 1, 2 ORDER BY 1, 2;
CREATE VIEW wrong AS
    (SELECT * FROM booked EXCEPT SELECT * FROM line_booking) UNION ALL (SELECT * FROM line_booking EXCEPT SELECT * FROM booked);
CREATE FUNCTION checked() RETURNS TABLE (service text, participant text, amount numeric, bookings bigint) LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM wrong) OR EXISTS (SELECT FROM steering.verify()) THEN
        RAISE EXCEPTION 'differences';
    END IF;
    RETURN QUERY SELECT * FROM state;
END $$;

-- lines
INSERT INTO line VALUES (1, 1, 1, 100, 1), (2, 1, 2, 200, 2), (3, 2, 1, 300, 3);
SELECT * FROM checked();
INSERT INTO line VALUES (4, 1, 1, 900.0001, 1);
INSERT INTO line VALUES (4, 1, 1, 900, 1);
UPDATE line SET net = net + 0.0001 WHERE id = 1;
UPDATE line SET net = net - 50 WHERE id = 1;
SELECT * FROM checked();
-- net of the statement: raising before lowering, negative lines
UPDATE line SET net = CASE id WHEN 1 THEN 950 ELSE 0 END WHERE id IN (1, 4);
INSERT INTO line VALUES (5, 1, 1, 100, 1), (6, 1, 1, -50, 1);
SELECT * FROM checked();
DELETE FROM line WHERE id = 6;
DELETE FROM line WHERE id IN (5, 6);
SELECT * FROM checked();
-- moved to another header and back, to another product
UPDATE line SET header_id = 2 WHERE id = 1;
SELECT * FROM checked();
UPDATE line SET header_id = 1, net = 10 WHERE id = 1;
UPDATE line SET product_id = 2 WHERE id = 1;
SELECT * FROM checked();
UPDATE line SET product_id = 1 WHERE id = 1;
-- keys: changed, swapped
UPDATE line SET id = 7 WHERE id = 1;
UPDATE line SET id = CASE id WHEN 7 THEN 8 ELSE 7 END WHERE id IN (7, 8);
SELECT * FROM checked();
TABLE line_booking ORDER BY 1;

-- headers: approved, moved to another day and town, withdrawn
UPDATE header SET state = 'approved' WHERE id = 2;
SELECT * FROM checked();
UPDATE header SET town = 'qf.town', day = '2026-07-01' WHERE id = 2;
SELECT * FROM checked();
UPDATE line SET net = 990 WHERE id = 4;
UPDATE header SET state = CASE id WHEN 1 THEN 'draft' ELSE 'approved' END;
UPDATE line SET net = 900 WHERE id = 3;
-- refused: both together are too much
UPDATE header SET state = 'approved';
SELECT * FROM checked();
UPDATE line SET net = 10 WHERE id = 3;
UPDATE header SET state = 'approved';
UPDATE header SET town = 'qf.nowhere' WHERE id = 2;
UPDATE header SET day = NULL WHERE id = 2;
SELECT * FROM checked();
-- what the query does not read is no change
UPDATE header SET remark = 'seen';
UPDATE line SET remark = 'seen';
UPDATE product SET remark = 'seen';
SELECT count(*) FROM line_booking WHERE xmin::text::bigint >= txid_current() - 4;
-- keys: by cascade to the lines
UPDATE header SET id = 20 WHERE id = 2;
SELECT * FROM checked();
DELETE FROM header WHERE id = 20;
SELECT * FROM checked();

-- third tables, on the line and beyond
INSERT INTO line VALUES (1, 1, 2, 500, 1);
UPDATE product SET category_id = 1 WHERE id = 2;
DELETE FROM line WHERE id = 4;
UPDATE product SET category_id = 1 WHERE id = 2;
SELECT * FROM checked();
UPDATE category SET code = 'qf.hr' WHERE id = 1;
SELECT * FROM checked();
UPDATE category SET code = 'qf.ict';
SELECT * FROM checked();
UPDATE category SET id = id + 10;
UPDATE product SET category_id = category_id + 10;
SELECT * FROM checked();
-- in one statement each, in any order
WITH c AS (UPDATE category SET id = id + 10), p AS (UPDATE product SET category_id = category_id + 10) SELECT;
WITH p AS (UPDATE product SET category_id = category_id - 10), c AS (UPDATE category SET id = id - 10) SELECT;
WITH h AS (INSERT INTO header VALUES (3, 'qf.city', '2026-02-02', 'approved')), l AS (INSERT INTO line VALUES (10, 3, 1, 1, 1)) SELECT;
SELECT * FROM checked();
WITH l AS (DELETE FROM line WHERE id = 10 RETURNING header_id) DELETE FROM header USING l WHERE header.id = header_id;
SELECT * FROM checked();
-- keys that are written after the line
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO line VALUES (11, 4, 9, 11, 1);
INSERT INTO header VALUES (4, 'qf.city', '2026-02-02', 'approved');
ROLLBACK;
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO line VALUES (11, 4, 9, 11, 1);
SELECT * FROM checked();
INSERT INTO product VALUES (9, 2);
INSERT INTO header VALUES (4, 'qf.city', '2026-02-02', 'approved');
COMMIT;
SELECT * FROM checked();

-- upsert, MERGE
INSERT INTO line VALUES (11, 4, 9, 12, 1), (12, 1, 1, 100, 1) ON CONFLICT (id) DO UPDATE SET net = excluded.net + 1, header_id = 1;
SELECT * FROM checked();
INSERT INTO header VALUES (4, NULL, NULL, 'draft'), (5, 'qf.city', '2026-02-02', 'draft') ON CONFLICT (id) DO UPDATE SET state = excluded.state;
MERGE INTO line USING (VALUES (11, 1000), (12, 0), (13, 10)) AS new (id, net) ON line.id = new.id
    WHEN MATCHED AND new.net = 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET net = new.net
    WHEN NOT MATCHED THEN INSERT VALUES (new.id, 1, 1, new.net, 1);
MERGE INTO line USING (VALUES (11, 5), (12, 0), (13, 10)) AS new (id, net) ON line.id = new.id
    WHEN MATCHED AND new.net = 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET net = new.net
    WHEN NOT MATCHED THEN INSERT VALUES (new.id, 1, 1, new.net, 1);
SELECT * FROM checked();
MERGE INTO header USING (VALUES (5), (1)) AS new (id) ON header.id = new.id
    WHEN MATCHED AND state = 'approved' THEN DELETE
    WHEN MATCHED THEN UPDATE SET state = 'approved';
SELECT * FROM checked();

-- nested: a trigger on lines that writes headers, and one on headers that writes lines
INSERT INTO header VALUES (1, 'qf.town', '2026-05-01', 'draft');
CREATE FUNCTION approve() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE header SET state = 'approved' WHERE id = NEW.header_id AND state = 'draft';
    RETURN NEW;
END $$;
CREATE TRIGGER approve_before BEFORE INSERT ON line FOR EACH ROW EXECUTE FUNCTION approve();
INSERT INTO line VALUES (20, 1, 1, 20, 1), (21, 1, 2, 21, 1);
SELECT * FROM checked();
DROP TRIGGER approve_before ON line;
UPDATE header SET state = 'draft' WHERE id = 1;
CREATE TRIGGER approve_after AFTER INSERT OR UPDATE ON line FOR EACH ROW EXECUTE FUNCTION approve();
INSERT INTO line VALUES (22, 1, 1, 22, 1), (23, 1, 2, 23, 1);
SELECT * FROM checked();
UPDATE header SET state = 'draft' WHERE id = 1;
UPDATE line SET net = 1001 WHERE id = 22;
SELECT * FROM checked();
DROP TRIGGER approve_after ON line;
CREATE FUNCTION clear() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM line WHERE header_id = NEW.id AND net > 21;
    RETURN NULL;
END $$;
CREATE TRIGGER clear AFTER UPDATE ON header FOR EACH ROW EXECUTE FUNCTION clear();
UPDATE header SET state = 'approved' WHERE id = 1;
SELECT * FROM checked();
DROP TRIGGER clear ON header;
-- savepoints
BEGIN;
INSERT INTO line VALUES (30, 1, 1, 30, 1);
SAVEPOINT a;
UPDATE header SET town = 'qf.city' WHERE id = 1;
UPDATE category SET code = 'qf.hr';
ROLLBACK TO a;
INSERT INTO line VALUES (31, 1, 1, 31, 1);
RELEASE a;
COMMIT;
SELECT * FROM checked();
-- isolation levels
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE line SET net = net + 1;
UPDATE header SET state = 'draft';
UPDATE header SET state = 'approved';
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE line SET net = net + 1;
UPDATE header SET state = 'draft';
UPDATE header SET state = 'approved';
COMMIT;
SELECT * FROM checked();
-- COPY, many rows
COPY line FROM stdin;
40	1	1	40	1	\N
41	9	1	41	1	\N
\.
COPY line FROM stdin;
40	1	1	40	1	\N
41	1	1	41	1	\N
\.
SELECT * FROM checked();
INSERT INTO line SELECT g, 1 + g % 2, 1 + g % 3, 0.01, 1 FROM generate_series(1001, 3000) AS g WHERE g % 2 = 0;
INSERT INTO header SELECT g, 'qf.city', '2026-08-01' FROM generate_series(1001, 3000) AS g;
UPDATE line SET header_id = id WHERE id > 1000;
SELECT * FROM checked();
UPDATE header SET state = 'approved' WHERE id > 1000;
-- line of a product that is in no category
INSERT INTO product VALUES (3, 2);
UPDATE header SET state = 'approved' WHERE id > 1000;
SELECT * FROM checked();
DELETE FROM header WHERE id > 1000;
SELECT * FROM checked();

-- TRUNCATE of each table
BEGIN;
TRUNCATE line;
SELECT * FROM checked();
ROLLBACK;
BEGIN;
TRUNCATE header CASCADE;
SELECT * FROM checked();
ROLLBACK;
BEGIN;
TRUNCATE category;
ROLLBACK;
BEGIN;
UPDATE header SET state = 'draft';
TRUNCATE category, product;
SELECT * FROM checked();
ROLLBACK;
SELECT * FROM checked();

-- two sources on one table, and one of its own
SELECT steering.attach_query($$
    SELECT c.code AS service, h.town AS participant, h.day AS booked_on, l.pieces AS volume
    FROM line l JOIN header h ON h.id = l.header_id LEFT JOIN product p ON p.id = l.product_id LEFT JOIN category c ON c.id = p.category_id
    WHERE h.state = 'draft'$$, stage => 'commitment', name => 'line_order') > 0 AS attached;
SELECT steering.attach('line', service => $$'qf.hr'$$, participant => $$'qf.city'$$, booked_on => $$date '2026-01-01'$$, amount => 'net') > 0 AS attached;
UPDATE header SET state = 'draft' WHERE id = 1;
INSERT INTO line VALUES (50, 1, 1, 50, 5);
UPDATE line SET net = net * 2;
SELECT * FROM checked();
SELECT service, participant, stage, sum(amount) AS amount, sum(volume) AS volume, sum(bookings) AS bookings
    FROM steering.usage_by_month WHERE service LIKE 'qf.%' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT steering.detach('line');
SELECT steering.detach('line_order');
-- a view on the booking table is in the way, as of any table that is dropped
SELECT steering.detach('line');
DROP VIEW wrong, state;
SELECT steering.detach('line');
SELECT * FROM steering.verify();

-- stage as a column: what moves from one to the other leaves the one and comes into the other
SELECT steering.attach_query($$
    SELECT 'qf.ict' AS service, h.town AS participant, h.day AS booked_on, l.net AS amount,
        CASE h.state WHEN 'approved' THEN 'actual' WHEN 'draft' THEN 'commitment' END AS stage
    FROM line l JOIN header h ON h.id = l.header_id WHERE l.id < 100$$, unknown => 'ignore', accept_overrun => true) > 0 AS attached;
CREATE VIEW stages AS SELECT stage, sum(amount) AS amount, sum(bookings) AS bookings FROM steering.usage_by_month WHERE service LIKE 'qf.%' GROUP BY 1 ORDER BY 1;
TABLE stages;
UPDATE header SET state = 'approved' WHERE id = 1;
TABLE stages;
UPDATE header SET state = 'void' WHERE id = 1;
TABLE stages;
SELECT * FROM steering.verify();
SELECT steering.detach('line_booking'), steering.detach('line_commitment');

-- promised: a second match is refused when it comes, whether it counts or not
CREATE TABLE entry (id integer PRIMARY KEY, origin text, code text, state text);
INSERT INTO entry VALUES (1, 'line.20', 'qf.ict', 'ok'), (2, 'line.21', 'qf.hr', 'ok'), (3, 'line.21', 'qf.hr', 'void');
SELECT steering.attach_query($$
    SELECT e.code AS service, 'qf.city' AS participant, date '2026-03-01' AS booked_on, l.net AS amount
    FROM line l JOIN entry e ON e.origin = 'line.' || l.id WHERE e.state = 'ok'$$, promise_unique => '{entry}') > 0 AS attached;
DELETE FROM entry WHERE id = 3;
SELECT steering.attach_query($$
    SELECT e.code AS service, 'qf.city' AS participant, date '2026-03-01' AS booked_on, l.net AS amount
    FROM line l JOIN entry e ON e.origin = 'line.' || l.id WHERE e.state = 'ok'$$, promise_unique => '{entry}') > 0 AS attached;
TABLE line_booking ORDER BY 1;
INSERT INTO entry VALUES (4, 'line.20', 'qf.hr', 'ok');
INSERT INTO entry VALUES (4, 'line.20', 'qf.ict', 'void');
UPDATE entry SET origin = 'line.20' WHERE id = 2;
INSERT INTO entry VALUES (4, 'line.31', 'qf.ict', 'ok'), (5, 'line.99', 'qf.ict', 'ok'), (6, 'line.99', 'qf.ict', 'ok');
INSERT INTO line VALUES (99, 1, 1, 1, 1);
UPDATE line SET id = 99 WHERE id = 20;
UPDATE entry SET origin = CASE id WHEN 1 THEN 'line.21' ELSE 'line.20' END WHERE id IN (1, 2);
TABLE line_booking ORDER BY 1;
SELECT * FROM steering.verify();
SELECT steering.detach('line');

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA query_follow CASCADE;
SELECT * FROM steering.verify();
SELECT steering.drop_cap(:cap, 'test');
DELETE FROM steering.service WHERE code LIKE 'qf.%';
DELETE FROM steering.participant WHERE code LIKE 'qf.%';
