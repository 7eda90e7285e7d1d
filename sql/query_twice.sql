-- A table that stands in a query more than once: an account that a line debits and one that it credits, an account and the
-- one above it. A change of it is one of all its places, judged as one.
CREATE SCHEMA query_twice;
SET search_path = query_twice;
SET datestyle = iso;
\set SHOW_CONTEXT never

INSERT INTO steering.participant (code, name) VALUES ('qt.town', 'Town'), ('qt.city', 'City');
INSERT INTO steering.service (code, name) VALUES ('qt.ict', 'ICT'), ('qt.hr', 'HR');
CREATE TABLE account (id integer PRIMARY KEY, number text UNIQUE, code text, town text, above integer, active boolean DEFAULT true, remark text);
CREATE TABLE header (id integer PRIMARY KEY, day date, state text);
CREATE TABLE line (id integer PRIMARY KEY, header_id integer, debit integer, credit integer, contra text, net numeric);
CREATE INDEX ON line (header_id);
CREATE INDEX ON line (debit);
CREATE INDEX ON line (credit);
CREATE INDEX ON line (contra);
CREATE INDEX ON account (above);
INSERT INTO account VALUES (1, 'a', 'qt.ict', 'qt.town', NULL), (2, 'b', 'qt.hr', 'qt.city', NULL), (3, 'c', 'qt.ict', 'qt.city', 1), (4, 'd', 'qt.hr', 'qt.town', 2);
INSERT INTO header VALUES (1, '2026-05-01', 'approved'), (2, '2026-05-01', 'draft');
INSERT INTO line VALUES (1, 1, 1, 2, 'b', 100), (2, 1, 2, 1, 'a', 60), (3, 1, 3, 3, 'c', 30), (4, 2, 1, 1, 'a', 5), (5, 1, 4, NULL, NULL, 9);
SELECT setval('steering.cap_cap_id_seq', 1180) AS numbered \gset
SELECT steering.set_cap('qt.ict', 'qt.town', 'budget', '[2026-01-01,2027-01-01)', 100) AS ict \gset
SELECT steering.set_cap('qt.hr', 'qt.town', 'budget', '[2026-01-01,2027-01-01)', 100) AS hr \gset
CREATE VIEW used AS SELECT service, used FROM steering.cap_status WHERE cap_id BETWEEN 1180 AND 1189 ORDER BY 1;
CREATE VIEW wrong AS SELECT what, source, measure, stored, actual FROM steering.verify();

-- both accounts of a line: what is booked, on which day, under which cap
SELECT steering.attach_query($$
    SELECT coalesce(d.code, 'qt.hr') AS service, coalesce(c.town, 'qt.city') AS participant, h.day AS booked_on, l.net AS amount
    FROM line l JOIN header h ON h.id = l.header_id LEFT JOIN account d ON d.id = l.debit LEFT JOIN account c ON c.id = l.credit
    WHERE h.state = 'approved'$$) > 0 AS attached;
TABLE line_booking ORDER BY 1;
SELECT query FROM steering.query JOIN steering.source USING (source_id) WHERE relation = 'line_booking'::regclass;
SELECT position, query_table.relation, is_header, is_promised FROM steering.query_table JOIN steering.source USING (source_id)
    WHERE source.relation = 'line_booking'::regclass ORDER BY 1;
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc GROUP BY 1 ORDER BY tgrelid::regclass::text;
SELECT subject, problem FROM steering.health() WHERE subject LIKE '%account%' OR subject LIKE '%line%';
TABLE used;
-- by the one place, by the other, by both, and by neither
UPDATE account SET code = 'qt.hr' WHERE id = 3;
UPDATE account SET town = 'qt.town' WHERE id = 3;
UPDATE account SET code = 'qt.ict', town = 'qt.city' WHERE id = 3;
UPDATE account SET remark = 'read by nobody', number = number || '1';
UPDATE account SET number = left(number, 1);
TABLE line_booking ORDER BY 1;
TABLE wrong;
-- too much by the second place, and by both together; nothing is stored of it
UPDATE account SET town = 'qt.town' WHERE id = 2;
UPDATE account SET code = 'qt.ict', town = 'qt.town' WHERE id IN (2, 3);
TABLE line_booking ORDER BY 1;
TABLE used;
TABLE wrong;
-- lines, keys, rows that come later
UPDATE line SET debit = credit, credit = debit;
INSERT INTO line VALUES (6, 1, 9, 8, NULL, 1);
UPDATE line SET debit = 1, credit = 8 WHERE id = 6;
INSERT INTO account VALUES (8, 'h', 'qt.ict', 'qt.city');
UPDATE account SET id = 18 WHERE id = 8;
UPDATE line SET credit = 18 WHERE id = 6;
TABLE line_booking ORDER BY 1;
DELETE FROM line WHERE id = 6;
DELETE FROM account WHERE id = 18;
UPDATE line SET debit = credit, credit = debit;
TABLE wrong;
-- gone, and back, in one statement and in several
BEGIN;
DELETE FROM account WHERE id = 3;
TABLE line_booking ORDER BY 1;
INSERT INTO account VALUES (3, 'c', 'qt.hr', 'qt.town', 1);
TABLE line_booking ORDER BY 1;
TABLE wrong;
ROLLBACK;
BEGIN;
TRUNCATE account;
TABLE line_booking ORDER BY 1;
TABLE wrong;
ROLLBACK;
TABLE wrong;
-- no part of the two places can be dropped or altered unseen
ALTER TABLE account DROP COLUMN town;
ALTER TABLE account DROP CONSTRAINT account_pkey;
ALTER TABLE account RENAME town TO municipality;
ALTER TABLE account RENAME TO ledger;
SELECT query FROM steering.query JOIN steering.source USING (source_id) WHERE relation = 'line_booking'::regclass;
UPDATE ledger SET municipality = 'qt.town' WHERE id = 3;
ALTER TABLE ledger ALTER code TYPE varchar(20);
ALTER TABLE ledger ALTER municipality TYPE varchar(20) USING replace(municipality, 'town', 'city');
TABLE line_booking ORDER BY 1;
TABLE wrong;
UPDATE ledger SET municipality = CASE WHEN id IN (1, 4) THEN 'qt.town' ELSE 'qt.city' END;
ALTER TABLE ledger RENAME TO account;
ALTER TABLE account RENAME municipality TO town;
SELECT steering.reattach('line_booking');
TABLE line_booking ORDER BY 1;
TABLE wrong;
SELECT steering.detach('line');
SELECT count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc;

-- one net effect: what one place raises, the other lowers, in whichever order they stand
DELETE FROM line;
INSERT INTO line (id, header_id, debit, credit, net) VALUES (1, 1, 1, NULL, 100), (2, 1, NULL, 2, 100);
SELECT steering.attach_query($$
    SELECT coalesce(d.code, c.code) AS service, 'qt.town' AS participant, h.day AS booked_on, l.net AS amount
    FROM line l JOIN header h ON h.id = l.header_id LEFT JOIN account d ON d.id = l.debit LEFT JOIN account c ON c.id = l.credit$$) > 0 AS attached;
TABLE used;
UPDATE account SET code = CASE id WHEN 1 THEN 'qt.hr' ELSE 'qt.ict' END WHERE id IN (1, 2);
UPDATE account SET code = CASE id WHEN 1 THEN 'qt.ict' ELSE 'qt.hr' END WHERE id IN (1, 2);
TABLE line_booking ORDER BY 1;
TABLE used;
-- but not more than that
UPDATE account SET code = 'qt.ict' WHERE id = 2;
WITH more AS (UPDATE line SET net = 100.01 WHERE id = 1)
    UPDATE account SET code = CASE code WHEN 'qt.ict' THEN 'qt.hr' ELSE 'qt.ict' END WHERE id IN (1, 2);
WITH less AS (UPDATE line SET net = 99 WHERE id = 1)
    UPDATE account SET code = CASE code WHEN 'qt.ict' THEN 'qt.hr' ELSE 'qt.ict' END WHERE id IN (1, 2);
TABLE used;
TABLE wrong;
-- where the commit is to judge, all of it may stand in between
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
UPDATE account SET code = 'qt.ict' WHERE id IN (1, 2);
UPDATE account SET code = 'qt.hr' WHERE id = 1;
COMMIT;
TABLE used;
TABLE wrong;
SELECT steering.detach('line');

-- two levels: the account, and the one above it, which are rows of one table
DELETE FROM line;
UPDATE account SET code = CASE WHEN id IN (1, 3) THEN 'qt.ict' ELSE 'qt.hr' END;
INSERT INTO line (id, header_id, debit, net) VALUES (1, 1, 1, 1), (2, 1, 3, 2), (3, 1, 4, 3);
SELECT steering.attach_query($$
    SELECT coalesce(u.code, d.code) AS service, 'qt.town' AS participant, h.day AS booked_on, l.net AS amount
    FROM line l JOIN header h ON h.id = l.header_id JOIN account d ON d.id = l.debit LEFT JOIN account u ON u.id = d.above$$) > 0 AS attached;
TABLE line_booking ORDER BY 1;
UPDATE account SET code = 'qt.hr' WHERE id = 1;
TABLE line_booking ORDER BY 1;
UPDATE account SET above = CASE id WHEN 3 THEN 2 WHEN 4 THEN 1 END WHERE id IN (3, 4);
UPDATE account SET code = 'qt.ict' WHERE id = 1;
TABLE line_booking ORDER BY 1;
-- above itself, and above each other
UPDATE account SET above = id;
UPDATE account SET above = 7 - id WHERE id IN (3, 4);
TABLE line_booking ORDER BY 1;
-- both levels at once: the account gets another above it, whose code is another one too
UPDATE account SET above = CASE id WHEN 3 THEN 2 END, code = CASE code WHEN 'qt.ict' THEN 'qt.hr' ELSE 'qt.ict' END;
TABLE line_booking ORDER BY 1;
DELETE FROM account WHERE id IN (2, 3);
TABLE line_booking ORDER BY 1;
TABLE wrong;
SELECT steering.detach('line');

-- headers in one place are headers in all: found, or named; promised in all
INSERT INTO account (id, number, code, town, above) VALUES (2, 'b', 'qt.hr', 'qt.city', NULL), (3, 'c', 'qt.ict', 'qt.city', 1);
CREATE VIEW places AS SELECT position, query_table.relation, is_header, is_promised FROM steering.query_table JOIN steering.source USING (source_id)
    WHERE source.relation = to_regclass('line_booking') ORDER BY 1;
SELECT steering.attach_query($$
    SELECT d.code AS service, 'qt.town' AS participant, h.day AS booked_on, l.net AS amount
    FROM line l JOIN account c ON c.id = l.debit LEFT JOIN header h ON h.id = c.above LEFT JOIN account d ON d.number = l.contra
    WHERE c.active$$, unknown => 'ignore') > 0 AS attached;
TABLE places;
SELECT steering.detach('line');
SELECT steering.attach_query($$
    SELECT d.code AS service, 'qt.town' AS participant, date '2026-01-01' AS booked_on, l.net AS amount
    FROM line l LEFT JOIN account d ON d.id = l.debit LEFT JOIN account c ON c.code = l.contra$$, headers => '{account}', promise_unique => '{account}') > 0 AS attached;
TABLE places;
UPDATE line SET contra = 'qt.hr' WHERE id = 1;
SELECT count(*) FROM account WHERE code = 'qt.hr';
UPDATE account SET code = 'qt.ict' WHERE id <> 2;
UPDATE line SET contra = 'qt.ict' WHERE id = 2;
UPDATE line SET contra = 'qt.hr' WHERE id = 2;
UPDATE account SET code = 'qt.hr' WHERE id = 1;
TABLE wrong;
SELECT steering.detach('line');

-- by other columns in each place; more than twice; with partitions, of which one leaves
CREATE TABLE chart (id integer PRIMARY KEY, code text) PARTITION BY RANGE (id);
CREATE TABLE chart_1 PARTITION OF chart FOR VALUES FROM (1) TO (3);
CREATE TABLE chart_2 PARTITION OF chart FOR VALUES FROM (3) TO (9);
INSERT INTO chart VALUES (1, 'qt.ict'), (2, 'qt.hr'), (3, 'qt.ict'), (4, 'qt.hr');
UPDATE line SET debit = id, credit = id + 1, contra = 'c', header_id = id - 1;
SELECT steering.attach_query($$
    SELECT coalesce(p.code, q.code, r.code, 'qt.hr') AS service, 'qt.town' AS participant, date '2026-01-01' AS booked_on, l.net + coalesce(a.id, 0) + coalesce(b.id, 0) AS amount
    FROM line l LEFT JOIN chart p ON p.id = l.header_id LEFT JOIN chart q ON q.id = l.credit LEFT JOIN chart r ON r.id = l.id + 99
        LEFT JOIN account a ON a.id = l.debit LEFT JOIN account b ON b.number = l.contra$$) > 0 AS attached;
TABLE line_booking ORDER BY 1;
UPDATE chart SET id = 8 WHERE id = 1;
UPDATE chart SET code = 'qt.ict' WHERE id = 2;
UPDATE account SET number = 'x' || number;
UPDATE account SET number = 'c' WHERE id = 1;
TABLE line_booking ORDER BY 1;
TABLE wrong;
-- refused before it begins, by what it would do to the second place
UPDATE line SET header_id = 2, credit = NULL WHERE id = 1;
UPDATE line SET header_id = NULL, credit = 3 WHERE id = 2;
SELECT steering.set_cap('qt.hr', 'qt.town', 'budget', '[2026-01-01,2027-01-01)', 4) = :hr AS lowered;
ALTER TABLE chart DETACH PARTITION chart_2 CONCURRENTLY;
SELECT inhrelid::regclass FROM pg_inherits WHERE inhdetachpending;
SELECT steering.set_cap('qt.hr', 'qt.town', 'budget', '[2026-01-01,2027-01-01)', 100) = :hr AS raised;
ALTER TABLE chart DETACH PARTITION chart_2 CONCURRENTLY;
TABLE line_booking ORDER BY 1;
ALTER TABLE chart ATTACH PARTITION chart_2 FOR VALUES FROM (3) TO (9);
TABLE line_booking ORDER BY 1;
DROP TABLE chart_1;
TABLE line_booking ORDER BY 1;
TABLE wrong;
SELECT steering.detach('line');

-- the dry run
SELECT problem, argument, value, rows, first_row, sqlstate FROM steering.attach_query_problems($$
    SELECT d.code AS service, c.town AS participant, date '2026-01-01' AS booked_on, l.net AS amount
    FROM line l JOIN account d ON d.id = l.debit JOIN account c ON c.id = l.credit$$);

-- refused: the first table again, itself or in part; a joined table beside a part of it; by what is no unique key of it
SELECT steering.attach_query($$SELECT o.contra AS service, 'qt.town' AS participant, date '2026-01-01' AS booked_on, l.net AS amount
    FROM line l LEFT JOIN line o ON o.id = l.debit$$);
SELECT steering.attach_query($$SELECT p.code AS service, 'qt.town' AS participant, date '2026-01-01' AS booked_on, 1 AS volume
    FROM chart_2 l LEFT JOIN chart p ON p.id = l.id$$);
SELECT steering.attach_query($$SELECT p.code AS service, 'qt.town' AS participant, date '2026-01-01' AS booked_on, 1 AS volume
    FROM line l LEFT JOIN chart p ON p.id = l.debit LEFT JOIN chart_2 q ON q.id = l.credit$$);
SELECT steering.attach_query($$SELECT p.code AS service, 'qt.town' AS participant, date '2026-01-01' AS booked_on, 1 AS volume
    FROM line l LEFT JOIN chart p ON p.id = l.debit LEFT JOIN chart q ON q.code = l.contra$$);

SELECT steering.drop_cap(:ict);
SELECT steering.drop_cap(:hr);
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA query_twice CASCADE;
DELETE FROM steering.service WHERE code LIKE 'qt.%';
DELETE FROM steering.participant WHERE code LIKE 'qt.%';
SELECT * FROM steering.verify();
