-- attach_query(): the rows of a join become a source. What a query can be, what the error says where it cannot, and
-- that an attach that fails changes nothing.
CREATE SCHEMA query_attach;
SET search_path = query_attach;
SET datestyle = iso;

INSERT INTO steering.participant (code, name) VALUES ('qa.town', 'Town'), ('qa.city', 'City');
INSERT INTO steering.service (code, name) VALUES ('qa.ict', 'ICT'), ('qa.hr', 'HR');
CREATE TYPE state AS ENUM ('draft', 'approved');
CREATE TABLE product (id integer PRIMARY KEY, code text, "Old code" text, remark text);
CREATE TABLE header (id bigint PRIMARY KEY, town varchar(20), day timestamp, state state DEFAULT 'draft', kind text DEFAULT 'actual', remark text);
CREATE TABLE line (id integer PRIMARY KEY, header_id integer, product_id integer, net numeric(14,2), pieces integer);
CREATE TABLE entry (number integer PRIMARY KEY, origin text, code text);
CREATE INDEX ON line (header_id);
CREATE INDEX ON line (product_id);
INSERT INTO product VALUES (1, 'qa.ict'), (2, 'qa.hr'), (3, 'none');
INSERT INTO header VALUES (1, 'qa.town', '2026-05-01', 'approved', 'actual'), (2, 'qa.city', '2026-06-01', 'draft', 'actual'), (3, 'qa.town', '2026-06-30 23:59', 'approved', 'commitment');
INSERT INTO line VALUES (1, 1, 1, 100, 1), (2, 1, 2, 50.5, 2), (3, 2, 1, 70, 3), (4, 3, 2, 9, NULL), (5, NULL, 1, 8, 1);
SELECT setval('steering.cap_cap_id_seq', 1100) AS numbered \gset
SELECT steering.set_cap('qa.ict', 'qa.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
CREATE VIEW usage AS
    SELECT service, participant, month, stage, amount, volume, bookings FROM steering.usage_by_month
    WHERE service LIKE 'qa.%' ORDER BY 1, 2, 3, 4;
-- attached: the rows that count do, and what they come to stands in a table beside the first
SELECT steering.attach_query($$
    SELECT p.code AS service, h.town AS participant, h.day AS booked_on, l.net AS amount, l.pieces AS volume
    FROM line l JOIN header h ON h.id = l.header_id LEFT JOIN product p ON p.id = l.product_id
    WHERE h.state = 'approved'$$) > 0 AS attached;
TABLE line_booking ORDER BY 1;
TABLE usage;
SELECT * FROM steering.verify();
SELECT used FROM steering.cap_status WHERE cap_id = :cap;
SELECT service, participant, booked_on, amount, volume, counts_when, stage, unknown FROM steering.source
    WHERE relation = 'line_booking'::regclass;
SELECT query FROM steering.query JOIN steering.source USING (source_id) WHERE relation = 'line_booking'::regclass;
SELECT position, query_table.relation, is_header, is_promised FROM steering.query_table JOIN steering.source USING (source_id)
    WHERE source.relation = 'line_booking'::regclass ORDER BY 1;
-- it belongs to the owner of the first table, and nobody else has a right on it
SELECT pg_get_userbyid(relowner) = current_user AS owner, relacl, obj_description(oid, 'pg_class') FROM pg_class WHERE oid = 'line_booking'::regclass;
SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = 'line_booking' AND table_schema = 'query_attach' ORDER BY ordinal_position;
SELECT tgrelid::regclass, tgname, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgfoid = 'steering.follow_query'::regproc AND tgrelid IN ('line'::regclass, 'header'::regclass) ORDER BY 1, 2;
SELECT classid::regclass, refclassid::regclass, deptype FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND objid = 'line_booking'::regclass AND refobjid IN ('line'::regclass, 'state'::regtype) ORDER BY 2;
-- what the extension writes for one query is not to be read by another, as its first table or behind it
SELECT steering.attach_query('SELECT service, participant, booked_on, amount FROM line_booking', name => 'again');
SELECT steering.attach_query('SELECT b.service, b.participant, b.booked_on, l.net AS amount FROM line l JOIN line_booking b ON b.id = l.id', name => 'again');
SELECT problem, argument, sqlstate FROM steering.attach_query_problems('SELECT service, participant, booked_on, amount FROM line_booking');
-- the name is taken; another source of the same join needs another one
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.hr'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.id = l.header_id',
    stage => 'commitment', unknown => 'ignore', name => 'Other lines') > 0 AS attached;
TABLE "Other lines" ORDER BY 1;
TABLE usage;
SELECT * FROM steering.verify();
SELECT steering.detach('"Other lines"');
SELECT to_regclass('"Other lines"');
SELECT * FROM steering.verify();
-- gone, with its table and its triggers
SELECT steering.detach('line');
SELECT to_regclass('line_booking'), count(*) FROM steering.query_table;
SELECT count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc;
TABLE usage;
SELECT * FROM steering.verify();

-- stage as a column: a table and a source for each
SELECT steering.attach_query($$
    SELECT p.code AS service, h.town AS participant, h.day AS booked_on, l.net AS amount, h.kind AS stage
    FROM line l JOIN header h ON h.id = l.header_id JOIN product p ON p.id = l.product_id$$, unknown => 'ignore') > 0 AS attached;
TABLE line_booking ORDER BY 1;
TABLE line_commitment ORDER BY 1;
SELECT relation, stage FROM steering.source WHERE relation::text LIKE 'line%' ORDER BY 1;
TABLE usage;
SELECT steering.detach('line');
SELECT steering.detach('line_booking');
SELECT steering.detach('line_commitment');

-- computed keys, keys of several columns, names that need quotes, columns called like those of a booking
CREATE UNIQUE INDEX ON entry (origin);
CREATE TABLE "Line" (amount integer, "No" text, "Entry" integer, PRIMARY KEY ("No", amount));
INSERT INTO "Line" VALUES (1, 'a', 7), (2, 'a', 8);
INSERT INTO entry VALUES (1, 'line,7', 'qa.ict');
SELECT steering.attach_query($$
    SELECT e.code AS service, 'qa.town' AS participant, date '2026-01-01' AS booked_on, q.amount AS amount
    FROM "Line" q JOIN entry e ON e.origin = 'line,' || q."Entry"$$) > 0 AS attached;
TABLE "Line_booking" ORDER BY 1;
INSERT INTO entry VALUES (2, 'line,8', 'qa.hr');
TABLE "Line_booking" ORDER BY 1;
SELECT * FROM steering.verify();
DROP TABLE "Line";
SELECT to_regclass('"Line_booking"');
SELECT count(*) FROM steering.query;
SELECT count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc;
SELECT * FROM steering.verify();

-- a second query, with tables of its own and some of the first: bookings of both are judged
CREATE TABLE "order" (id integer PRIMARY KEY, town text, day date, state state);
CREATE TABLE order_line (id integer PRIMARY KEY, order_id integer, line_id integer, net numeric);
CREATE INDEX ON order_line (order_id);
CREATE INDEX ON order_line (line_id);
SELECT steering.attach_query($$
    SELECT 'qa.ict' AS service, h.town AS participant, h.day AS booked_on, l.net AS amount
    FROM line l JOIN header h ON h.id = l.header_id LEFT JOIN product p ON p.id = l.product_id WHERE h.state = 'approved'$$) > 0 AS attached;
SELECT steering.attach_query($$
    SELECT 'qa.ict' AS service, o.town AS participant, o.day AS booked_on, ol.net AS amount
    FROM order_line ol JOIN "order" o ON o.id = ol.order_id LEFT JOIN line l ON l.id = ol.line_id LEFT JOIN product p ON p.id = ol.id
    WHERE o.state = 'approved' AND l.id IS NULL$$, stage => 'commitment') > 0 AS attached;
CREATE VIEW followed AS
    SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc GROUP BY 1 ORDER BY tgrelid::regclass::text;
TABLE followed;
INSERT INTO "order" VALUES (1, 'qa.town', '2026-07-01', 'approved');
INSERT INTO order_line VALUES (1, 1, NULL, 600);
SELECT used FROM steering.cap_status WHERE cap_id = :cap;
INSERT INTO order_line VALUES (2, 1, NULL, 600);
INSERT INTO line VALUES (6, 1, 1, 600, 1);
SELECT * FROM steering.verify();
SELECT subject, problem FROM steering.health() WHERE subject LIKE '%rder%' OR subject LIKE '%line%';
-- a table without any trigger is told
ALTER TABLE "order" DISABLE TRIGGER ALL;
SELECT subject, problem, detail, hint FROM steering.health() WHERE subject LIKE '%rder%' OR subject LIKE '%line%';
DO $$
DECLARE name name;
BEGIN
    FOR name IN SELECT tgname FROM pg_trigger WHERE tgrelid = '"order"'::regclass LOOP
        EXECUTE format('DROP TRIGGER %I ON "order"', name);
    END LOOP;
END $$;
SELECT subject, problem, detail, hint FROM steering.health() WHERE subject LIKE '%rder%' OR subject LIKE '%line%';
SELECT steering.reattach('order_line');
TABLE followed;
SELECT subject, problem FROM steering.health() WHERE subject LIKE '%rder%' OR subject LIKE '%line%';
-- the end of one leaves the triggers of the other
SELECT steering.detach('line_booking');
TABLE followed;
SELECT steering.detach('order_line_booking');
TABLE followed;
DROP VIEW followed;
DROP TABLE order_line, "order";

-- all that would be refused, without doing anything
INSERT INTO line VALUES (20, 1, 3, 7, 1), (21, 1, 3, 8, 1), (22, 1, NULL, 9, 1), (23, 1, 1, 5000, 1);
\set joined 'SELECT p.code AS service, h.town AS participant, h.day AS booked_on, l.net AS amount FROM line l JOIN header h ON h.id = l.header_id LEFT JOIN product p ON p.id = l.product_id WHERE h.state = ''approved'''
SELECT problem, argument, value, rows, first_row, sqlstate, amount, used, after FROM steering.attach_query_problems(:'joined');
SELECT problem, value, rows, sqlstate, hint FROM steering.attach_query_problems(:'joined', unknown => 'ignore', accept_overrun => true);
SELECT steering.attach_query(:'joined');
SELECT to_regclass('line_booking'), count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc;
-- stages, each of its own; a name that is taken; what a row cannot be evaluated for; a second match
CREATE TABLE line_commitment ();
SELECT problem, argument, value, rows, first_row, sqlstate FROM steering.attach_query_problems($$
    SELECT p.code AS service, h.town AS participant, h.day AS booked_on, l.net AS amount, h.kind AS stage
    FROM line l JOIN header h ON h.id = l.header_id JOIN product p ON p.id = l.product_id$$);
SELECT problem, argument, value, rows, first_row, sqlstate, detail FROM steering.attach_query_problems($$
    SELECT 'qa.ict' AS service, 'qa.town' AS participant, date '2026-01-01' AS booked_on, l.net / (l.id - 20) AS amount FROM line l$$);
INSERT INTO entry VALUES (3, 'x', '1'), (4, 'y', '1');
SELECT problem, argument, value, rows, first_row, sqlstate, detail FROM steering.attach_query_problems($$
    SELECT 'qa.ict' AS service, 'qa.town' AS participant, date '2026-01-01' AS booked_on, l.net AS amount FROM line l JOIN entry e ON e.code = l.id::text$$,
    promise_unique => '{entry}');
DELETE FROM entry WHERE number > 2;
-- wrong queries
SELECT problem, argument, sqlstate, detail, hint FROM steering.attach_query_problems('SELECT');
SELECT problem, argument, sqlstate, detail, hint FROM steering.attach_query_problems('SELECT 1 AS service FROM line');
SELECT problem, argument, sqlstate, detail, hint FROM steering.attach_query_problems('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.id > l.header_id');
SELECT steering.attach_query_problems(NULL);
SELECT steering.attach_query_problems('', stage => 'planned');
BEGIN READ ONLY;
SELECT steering.attach_query_problems(:'joined');
ROLLBACK;
DROP TABLE line_commitment;
DELETE FROM line WHERE id >= 20;
-- it waits for nobody and nobody for it, and a query of the same statement may use the tables
BEGIN;
SELECT count(*) FROM line CROSS JOIN steering.attach_query_problems(:'joined') WHERE line.id = 1;
SELECT relation::regclass, mode FROM pg_locks WHERE relation IN ('line'::regclass, 'header'::regclass) ORDER BY 1, 2;
ROLLBACK;
-- which of attach_query() it may not
SELECT steering.attach_query(:'joined' || ' AND h.id <> ' || line.id) FROM line WHERE id = 1;

-- refused: what a query cannot be
\set SHOW_CONTEXT never
\set good 'SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.id = l.header_id'
SELECT steering.attach_query(NULL);
SELECT steering.attach_query('SELECT');
SELECT steering.attach_query('DELETE FROM line');
SELECT steering.attach_query(:'good' || '; SELECT 1');
SELECT steering.attach_query('SELECT 1 AS service');
SELECT steering.attach_query('SELECT nothing FROM nothing');
SELECT steering.attach_query('SELECT nothing FROM line');
SELECT steering.attach_query('SELECT id AS service FROM line');
SELECT steering.attach_query('SELECT ''a'' AS service, ''b'' AS participant, date ''2026-01-01'' AS booked_on FROM line');
SELECT steering.attach_query('SELECT ''a'' AS service, ''b'' AS participant, net AS amount FROM line');
SELECT steering.attach_query('SELECT ''a'' AS service, ''b'' AS service FROM line');
SELECT steering.attach_query('SELECT id AS number FROM line');
SELECT steering.attach_query(:'good', stage => 'planned');
SELECT steering.attach_query(:'good', unknown => 'warn');
SELECT steering.attach_query(:'good', headers => '{product}');
SELECT steering.attach_query(:'good', promise_unique => '{line}');
SELECT steering.attach_query(:'good' || ' UNION ' || :'good');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, sum(net) AS amount FROM line l JOIN header h ON h.id = l.header_id GROUP BY 1, 2, 3');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, sum(net) OVER () AS amount FROM line');
SELECT steering.attach_query('SELECT DISTINCT ''qa.ict'' AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, net AS amount FROM line');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, generate_series(1, 2) AS amount FROM line');
SELECT steering.attach_query('SELECT (SELECT min(code) FROM product) AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, net AS amount FROM line');
SELECT steering.attach_query('WITH h AS (SELECT * FROM header) SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN (SELECT * FROM header) h ON h.id = l.header_id');
SELECT steering.attach_query(:'good' || ' ORDER BY 1');
SELECT steering.attach_query(:'good' || ' FOR UPDATE');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l, header h WHERE h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l CROSS JOIN header h');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l RIGHT JOIN header h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l FULL JOIN header h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN (header h JOIN product p ON p.id = h.id) ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM ONLY line l JOIN header h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, 1 AS volume FROM generate_series(1, 2) AS line');
SELECT steering.attach_query('SELECT l.*::text AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, 1 AS volume FROM line l');
SELECT steering.attach_query('SELECT ctid::text AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, 1 AS volume FROM line l');
-- types and functions, as of attach()
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, net::float AS amount FROM line l');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, ''qa.town'' AS participant, now() AS booked_on, net AS amount FROM line l');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, ''qa.town'' AS participant, current_date AS booked_on, net AS amount FROM line l');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, net * random()::numeric AS amount FROM line l');
SELECT steering.attach_query(:'good' || ' WHERE h.state::text = ''approved''');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.id = l.header_id AND h.day < now()');
-- self joins, joins on inequality, joins that may match more than once
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, m.net AS amount FROM line l JOIN line m ON m.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.id > l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.town = ''qa.town''');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.id = h.id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN header h ON h.id = l.header_id OR h.id = l.product_id');
CREATE UNIQUE INDEX part ON product (code) WHERE code <> 'none';
CREATE UNIQUE INDEX expr ON product (lower("Old code"));
SELECT steering.attach_query('SELECT p.code AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, 1 AS volume FROM line l JOIN product p ON p.code = ''qa.'' || l.id AND p."Old code" = ''x''');
ALTER TABLE product ADD CONSTRAINT late UNIQUE (code) DEFERRABLE;
SELECT steering.attach_query('SELECT p.code AS service, ''qa.town'' AS participant, date ''2026-01-01'' AS booked_on, 1 AS volume FROM line l JOIN product p ON p.code = ''qa.'' || l.id');
-- no primary key, or none that holds at once
CREATE TABLE keyless (id integer, header_id integer);
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM keyless l JOIN header h ON h.id = l.header_id');
ALTER TABLE keyless ADD PRIMARY KEY (id) DEFERRABLE;
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM keyless l JOIN header h ON h.id = l.header_id');
-- what is no table
CREATE VIEW viewed AS TABLE header;
CREATE TEMP TABLE passing (id bigint PRIMARY KEY, town text, day date);
CREATE TABLE parent (id bigint, town text, day date);
CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN viewed h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN passing h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN child h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, h.town AS participant, h.day AS booked_on, 1 AS volume FROM line l JOIN parent h ON h.id = l.header_id');
SELECT steering.attach_query('SELECT ''qa.ict'' AS service, town AS participant, day AS booked_on, 1 AS volume FROM viewed');
-- row security that binds who reads
CREATE ROLE qa_owner;
CREATE ROLE qa_clerk;
GRANT USAGE, CREATE ON SCHEMA query_attach TO qa_owner, qa_clerk;
GRANT USAGE ON SCHEMA steering TO qa_owner, qa_clerk;
GRANT EXECUTE ON FUNCTION steering.attach_query, steering.attach_query_problems TO qa_owner, qa_clerk;
ALTER TABLE line OWNER TO qa_owner;
GRANT SELECT, TRIGGER ON header, product TO qa_owner;
ALTER TABLE header ENABLE ROW LEVEL SECURITY;
SELECT steering.attach_query(:'good');
ALTER TABLE header DISABLE ROW LEVEL SECURITY;
-- who may: the owner of the first table, with TRIGGER on the others, and only where that owner may read
SET ROLE qa_clerk;
SELECT steering.attach_query(:'good');
SELECT steering.attach_query_problems(:'good');
SET ROLE qa_owner;
SELECT * FROM steering.attach_query_problems(:'good');
SELECT steering.attach_query(:'good') > 0 AS attached;
SELECT pg_get_userbyid(relowner), relacl FROM pg_class WHERE oid = 'line_booking'::regclass;
RESET ROLE;
SELECT steering.detach('line');
REVOKE TRIGGER ON header FROM qa_owner;
SET ROLE qa_owner;
SELECT steering.attach_query(:'good');
RESET ROLE;
GRANT TRIGGER ON header TO qa_owner;
REVOKE SELECT ON header FROM qa_owner;
SET ROLE qa_owner;
SELECT steering.attach_query(:'good');
RESET ROLE;
GRANT SELECT ON header TO qa_owner;
-- rows that are refused, and caps
SELECT steering.attach_query('SELECT p.code AS service, h.town AS participant, h.day AS booked_on, 2000 AS amount FROM line l JOIN header h ON h.id = l.header_id JOIN product p ON p.id = l.product_id');
SELECT steering.attach_query('SELECT p.code AS service, h.town AS participant, h.day AS booked_on, 2000 AS amount FROM line l JOIN header h ON h.id = l.header_id JOIN product p ON p.id = l.product_id', accept_overrun => true) > 0 AS attached;
SELECT used FROM steering.cap_status WHERE cap_id = :cap;
SELECT steering.detach('line');
UPDATE line SET product_id = 3 WHERE id = 3;
SELECT steering.attach_query('SELECT p.code AS service, h.town AS participant, h.day AS booked_on, net AS amount FROM line l JOIN header h ON h.id = l.header_id JOIN product p ON p.id = l.product_id');
-- nothing is left of what failed
SELECT to_regclass('line_booking'), (SELECT count(*) FROM steering.query), (SELECT count(*) FROM steering.query_table), (SELECT count(*) FROM steering.query_tree);
SELECT count(*) FROM pg_trigger WHERE tgfoid = 'steering.follow_query'::regproc;
SELECT * FROM steering.verify();

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA query_attach CASCADE;
SELECT * FROM steering.verify();
SELECT steering.drop_cap(:cap, 'test');
DROP OWNED BY qa_owner, qa_clerk;
DROP ROLE qa_owner, qa_clerk;
DELETE FROM steering.service WHERE code LIKE 'qa.%';
DELETE FROM steering.participant WHERE code LIKE 'qa.%';
