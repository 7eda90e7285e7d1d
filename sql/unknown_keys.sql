-- A booking whose service, participant or date is unknown, null or outside a membership is refused,
-- unless the source ignores such rows: then they wait, visible in health(), until they can be booked.
\set VERBOSITY terse
CREATE SCHEMA unknown_keys_test;
SET search_path = unknown_keys_test;

INSERT INTO steering.participant (code, name, during) VALUES ('unknown.town', 'Town', '(,)'), ('unknown.guest', 'Guest', '[2026-03-01,2026-07-01)');
INSERT INTO steering.service (code, name, during) VALUES ('unknown.ict', 'ICT', '(,)'), ('unknown.old', 'Old', '(,2026-07-01)');
CREATE TABLE line (id integer PRIMARY KEY, product text, town text, day date, net numeric, status text DEFAULT 'approved');
SELECT steering.set_cap('unknown.ict', 'unknown.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE VIEW usage AS SELECT used FROM steering.cap_status WHERE service = 'unknown.ict';
CREATE FUNCTION refusal(statement text) RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE
    code text;
    message text;
    detail text;
    hint text;
    schema_name text;
    table_name text;
    constraint_name text;
    column_name text;
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT 'not refused', NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT, schema_name = SCHEMA_NAME, table_name = TABLE_NAME,
        constraint_name = CONSTRAINT_NAME, column_name = COLUMN_NAME;
    RETURN QUERY VALUES ('sqlstate', code), ('message', message), ('detail', detail),
        ('hint', hint), ('schema', schema_name), ('table', table_name),
        ('constraint', constraint_name), ('column', column_name);
END
$$;

-- refuse, which is the default
SELECT steering.attach('line', 'product', 'town', 'day', 'net', counts_when => $$status = 'approved'$$) > 0 AS attached;
SELECT unknown FROM steering.source WHERE relation = 'line'::regclass;
INSERT INTO line VALUES (1, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (1, NULL, 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (1, '', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.city', '2026-05-01', 1);
INSERT INTO line VALUES (1, 'unknown.ict', NULL, '2026-05-01', 1);
INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.town', NULL, 1);
INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.town', 'infinity', 1);
INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.town', '-infinity', 1);
INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.guest', '2026-07-01', 1);
INSERT INTO line VALUES (1, 'unknown.old', 'unknown.town', '2026-07-01', 1);
-- codes are compared as they are: no folding of case, no trimming
INSERT INTO line VALUES (1, 'Unknown.ICT', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (1, 'unknown.ict ', 'unknown.town', '2026-05-01', 1);
-- a booking of nothing, or a refund, has to be known as well
INSERT INTO line VALUES (1, 'unknown.tci', 'unknown.town', '2026-05-01', 0);
INSERT INTO line VALUES (1, 'unknown.tci', 'unknown.town', '2026-05-01', NULL);
INSERT INTO line VALUES (1, 'unknown.tci', 'unknown.town', '2026-05-01', -1);
-- one unknown row refuses the statement
INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.town', '2026-05-01', 1), (2, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
SELECT count(*) FROM line;
-- all that the refusals say
SELECT * FROM refusal($$INSERT INTO line VALUES (1, 'unknown.tci', 'unknown.town', '2026-05-01', 1)$$);
SELECT * FROM refusal($$INSERT INTO line VALUES (1, 'unknown.ict', NULL, '2026-05-01', 1)$$);
SELECT * FROM refusal($$INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.town', NULL, 1)$$);
SELECT * FROM refusal($$INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.guest', '2026-07-01', 1)$$);
SELECT * FROM refusal($$INSERT INTO line VALUES (1, 'unknown.old', 'unknown.town', '2026-07-01', 1)$$);
-- a row that does not count may say anything, until it counts
INSERT INTO line VALUES (3, 'unknown.tci', NULL, NULL, 1, 'draft');
UPDATE line SET status = 'approved' WHERE id = 3;
UPDATE line SET product = 'unknown.ict', town = 'unknown.town', day = '2026-05-01', status = 'approved' WHERE id = 3;
-- a known row cannot become unknown, but it can stop to count
UPDATE line SET product = 'unknown.tci' WHERE id = 3;
UPDATE line SET day = NULL WHERE id = 3;
UPDATE line SET product = NULL, town = NULL, day = NULL, status = 'cancelled' WHERE id = 3;
DELETE FROM line WHERE id = 3;
-- a code that becomes known in the same transaction
BEGIN;
INSERT INTO steering.service (code, name) VALUES ('unknown.tci', 'TCI');
INSERT INTO line VALUES (4, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
ROLLBACK;
INSERT INTO line VALUES (4, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (4, 'unknown.ict', 'unknown.town', '2026-05-01', 4);
TABLE usage;
SELECT steering.detach('line');

-- ignore
SELECT steering.attach('line', 'product', 'town', 'day', 'net', counts_when => $$status = 'approved'$$, unknown => 'ignore') > 0 AS attached;
INSERT INTO line (id, product, town, day, net) VALUES
    (11, 'unknown.tci', 'unknown.town', '2026-05-01', 1), (12, NULL, 'unknown.town', '2026-05-01', 2),
    (13, 'unknown.ict', 'unknown.city', '2026-05-01', 4), (14, 'unknown.ict', NULL, '2026-05-01', 8),
    (15, 'unknown.ict', 'unknown.town', NULL, 16), (16, 'unknown.ict', 'unknown.town', 'infinity', 32),
    (17, 'unknown.ict', 'unknown.town', '-infinity', 64), (18, 'unknown.ict', 'unknown.guest', '2026-07-01', 128),
    (19, 'unknown.old', 'unknown.town', '2026-07-01', 256), (21, 'unknown.ict', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (20, 'unknown.tci', NULL, NULL, 512, 'draft');
TABLE usage;
SELECT id, status FROM line ORDER BY id;
SELECT count(*), sum(amount) FROM steering.booking WHERE source = 'unknown_keys_test.line';
SELECT service, participant, sum(amount) AS amount, sum(bookings) AS bookings FROM steering.usage_by_month
    WHERE service LIKE 'unknown.%' AND bookings <> 0 GROUP BY service, participant;
SELECT subject, problem, detail FROM steering.health() WHERE subject LIKE '%unknown_keys_test.line%';
SELECT * FROM steering.verify();
-- the known ones of a statement are judged as ever
INSERT INTO line VALUES (22, 'unknown.tci', 'unknown.town', '2026-05-01', 1), (23, 'unknown.ict', 'unknown.town', '2026-05-01', 995.0001);
-- mended, spoilt, deleted
UPDATE line SET product = 'unknown.ict' WHERE id = 11;
UPDATE line SET day = '2026-12-31' WHERE id IN (15, 16, 17);
TABLE usage;
UPDATE line SET town = 'unknown.nowhere' WHERE id = 11;
UPDATE line SET day = 'infinity' WHERE id = 17;
DELETE FROM line WHERE id = 12;
TABLE usage;
SELECT * FROM steering.verify();
-- mended into a cap without room
UPDATE line SET net = 2000 WHERE id = 13;
UPDATE line SET town = 'unknown.town' WHERE id = 13;
-- in and out under a savepoint
BEGIN;
SAVEPOINT s;
UPDATE line SET day = '2026-12-31' WHERE id = 17;
TABLE usage;
ROLLBACK TO s;
COMMIT;
TABLE usage;
SELECT * FROM steering.verify();
-- a register entry that comes later makes its rows known, and going away makes them unknown again
INSERT INTO steering.participant (code, name) VALUES ('unknown.city', 'City');
SELECT participant, sum(amount) AS amount FROM steering.booking WHERE source = 'unknown_keys_test.line' GROUP BY participant ORDER BY participant;
SELECT participant, amount, bookings FROM steering.usage_by_month WHERE participant = 'unknown.city';
SELECT * FROM steering.verify();
UPDATE line SET town = 'unknown.town', net = 3 WHERE id = 13;
DELETE FROM steering.participant WHERE code = 'unknown.city';
TABLE usage;
SELECT * FROM steering.verify();
-- when the last one is gone, there is nothing to report
DELETE FROM line WHERE id IN (11, 14, 17, 18, 19);
SELECT subject, problem FROM steering.health() WHERE subject LIKE '%unknown_keys_test.line%';
INSERT INTO line VALUES (30, NULL, NULL, NULL, NULL);
TRUNCATE line;
SELECT subject, problem FROM steering.health() WHERE subject LIKE '%unknown_keys_test.line%';
TABLE usage;
SELECT steering.detach('line');

-- which rows, and all that is wrong with them, each once
\set VERBOSITY default
SELECT steering.attach('line', 'product', 'town', 'day', 'net') > 0 AS attached;
INSERT INTO line VALUES (40, 'unknown.ict', 'unknown.town', '2026-05-01', 1), (41, 'unknown.tci', 'unknown.town', '2026-05-01', 1),
    (42, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (40, 'unknown.tci', 'unknown.nowhere', '2026-05-01', 1), (41, NULL, 'unknown.town', '2026-05-01', 1),
    (42, 'unknown.ict', 'unknown.town', NULL, 1), (43, 'unknown.ict', 'unknown.guest', '2026-07-01', 1), (44, 'unknown.tci', NULL, 'infinity', 1);
INSERT INTO line SELECT n, 'unknown.' || n % 12, 'unknown.town', '2026-05-01', 1 FROM generate_series(40, 99) AS n;
-- both triggers of an upsert, and of a MERGE
INSERT INTO line VALUES (40, 'unknown.ict', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (40, 'unknown.one', 'unknown.town', '2026-05-01', 1), (41, 'unknown.two', 'unknown.town', '2026-05-01', 1)
    ON CONFLICT (id) DO UPDATE SET product = excluded.product;
MERGE INTO line USING (VALUES (40, 'unknown.one'), (41, 'unknown.two')) AS new (id, product) ON new.id = line.id
    WHEN MATCHED THEN UPDATE SET product = new.product
    WHEN NOT MATCHED THEN INSERT VALUES (new.id, new.product, 'unknown.town', '2026-05-01', 1);
-- a role is shown the columns that it may read
CREATE ROLE regress_unknown_keys;
GRANT USAGE ON SCHEMA unknown_keys_test TO regress_unknown_keys;
GRANT INSERT ON line TO regress_unknown_keys;
SET ROLE regress_unknown_keys;
INSERT INTO line VALUES (41, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (41, 'unknown.tci', 'unknown.town', '2026-05-01', 1), (42, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
INSERT INTO line VALUES (41, 'unknown.tci', 'unknown.nowhere', '2026-05-01', 1);
RESET ROLE;
GRANT SELECT (id) ON line TO regress_unknown_keys;
SET ROLE regress_unknown_keys;
INSERT INTO line VALUES (41, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
RESET ROLE;
-- and the statement left nothing behind
INSERT INTO line VALUES (41, 'unknown.ict', 'unknown.town', '2026-05-01', 1);
SELECT * FROM steering.verify();
SELECT steering.detach('line');
TRUNCATE line;
DROP OWNED BY regress_unknown_keys;
DROP ROLE regress_unknown_keys;
\set VERBOSITY terse

-- rows that are there when the table is attached
INSERT INTO line VALUES (1, 'unknown.ict', 'unknown.town', '2026-05-01', 1), (2, 'unknown.tci', 'unknown.town', '2026-05-01', 1);
SELECT steering.attach('line', 'product', 'town', 'day', 'net') > 0 AS attached;
SELECT steering.attach('line', 'product', 'town', 'day', 'net', unknown => 'ignore') > 0 AS attached;
TABLE usage;
SELECT * FROM steering.verify();

SELECT steering.detach('line');
SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA unknown_keys_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'unknown.%';
DELETE FROM steering.participant WHERE code LIKE 'unknown.%';
SELECT * FROM steering.verify();
