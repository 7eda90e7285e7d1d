-- A cap applies to the bookings of its service and all below it, of its participant and all below it,
-- on the days of its range. All applicable caps must hold, each by itself.
\set VERBOSITY terse
CREATE SCHEMA levels_test;
SET search_path = levels_test;

INSERT INTO steering.participant (code, parent, name, during) VALUES
    ('levels.region', NULL, 'Region', DEFAULT),
    ('levels.ring', 'levels.region', 'Ring', DEFAULT),
    ('levels.city', 'levels.region', 'City', DEFAULT),
    ('levels.town', 'levels.ring', 'Town', DEFAULT),
    ('levels.guest', 'levels.ring', 'Guest', '[2026-03-01,2026-07-01)');
INSERT INTO steering.service (code, parent, name, during) VALUES
    ('levels.it', NULL, 'IT', DEFAULT),
    ('levels.it.work', 'levels.it', 'Workplace', DEFAULT),
    ('levels.it.work.phone', 'levels.it.work', 'Phone', '[2026-02-01,)'),
    ('levels.it.net', 'levels.it', 'Network', DEFAULT),
    ('levels.hr', NULL, 'HR', DEFAULT);
CREATE TABLE line (id integer PRIMARY KEY, product text, town text, day date DEFAULT '2026-05-01', net numeric, pieces integer);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS attached;
CREATE TABLE cap (name text PRIMARY KEY, service text, participant text, metric text, during daterange, amount numeric, id integer);
INSERT INTO cap VALUES
    ('it of region', 'levels.it', 'levels.region', 'budget', '[2026-01-01,2027-01-01)', 1000),
    ('it of ring', 'levels.it', 'levels.ring', 'budget', '[2026-01-01,2027-01-01)', 600),
    ('work of town', 'levels.it.work', 'levels.town', 'budget', '[2026-01-01,2027-01-01)', 400),
    ('work of town, spring', 'levels.it.work', 'levels.town', 'budget', '[2026-03-15,2026-06-15)', 200),
    ('pieces of region', 'levels.it.work', 'levels.region', 'volume', '[2026-01-01,2027-01-01)', 20),
    ('pieces of town', 'levels.it.work.phone', 'levels.town', 'volume', '[2026-01-01,2027-01-01)', 5);
UPDATE cap SET id = steering.set_cap(service, participant, metric, during, amount);
CREATE VIEW usage AS SELECT name, used, headroom FROM cap JOIN steering.cap_status ON cap_id = id ORDER BY name COLLATE "C";
-- Tries a statement in a transaction of its own; tells which cap refused.
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    cap_id text;
BEGIN
    EXECUTE statement;
    RETURN 'booked';
EXCEPTION WHEN SQLSTATE '23S71' OR SQLSTATE '23S72' THEN
    GET STACKED DIAGNOSTICS cap_id = CONSTRAINT_NAME;
    RETURN (SELECT 'refused by ' || name || ', ' || SQLSTATE FROM cap WHERE id = cap_id::integer);
END
$$;

-- 100 on the phone of the town counts at every level; the network of the city at one
INSERT INTO line VALUES (1, 'levels.it.work.phone', 'levels.town', '2026-05-01', 100, 1);
INSERT INTO line VALUES (2, 'levels.it.net', 'levels.city', '2026-05-01', 100, 1);
INSERT INTO line VALUES (3, 'levels.hr', 'levels.city', '2026-05-01', 9999, 99);
-- a booking may stand at an inner entry of either tree
INSERT INTO line VALUES (4, 'levels.it', 'levels.region', '2026-05-01', 10, 1), (5, 'levels.it.work', 'levels.ring', '2026-05-01', 10, 1);
TABLE usage;
-- each cap refuses what exceeds it, though the others have room
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.work', 'levels.town', '2026-05-01', 100.0001)$$);
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.work', 'levels.town', '2026-07-01', 300.0001)$$);
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.net', 'levels.town', '2026-07-01', 490.0001)$$);
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.net', 'levels.guest', '2026-05-01', 490.0001)$$);
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.net', 'levels.city', '2026-07-01', 780.0001)$$);
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.work.phone', 'levels.town', '2026-07-01', 0, 5)$$);
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.work.phone', 'levels.city', '2026-07-01', 0, 19)$$);
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.work', 'levels.town', '2026-07-01', 0, 19)$$);
-- nothing of these is left
TABLE usage;
-- exactly up to each
SELECT try($$INSERT INTO line VALUES (10, 'levels.it.work', 'levels.town', '2026-05-01', 100, 0)$$);
SELECT try($$INSERT INTO line VALUES (11, 'levels.it.work', 'levels.town', '2026-07-01', 200, 0)$$);
SELECT try($$INSERT INTO line VALUES (12, 'levels.it.net', 'levels.guest', '2026-05-01', 190, 0)$$);
SELECT try($$INSERT INTO line VALUES (13, 'levels.it', 'levels.region', '2026-05-01', 290, 0)$$);
SELECT try($$INSERT INTO line VALUES (14, 'levels.it.work.phone', 'levels.town', '2026-05-01', 0, 4)$$);
SELECT try($$INSERT INTO line VALUES (15, 'levels.it.work', 'levels.ring', '2026-05-01', 0, 14)$$);
TABLE usage;
-- one statement for several leaves: moved from the network of the city to the town, the region does
-- not change but the ring would be exceeded
SELECT try($$UPDATE line SET town = 'levels.town' WHERE id = 2$$);
SELECT try($$UPDATE line SET town = 'levels.city' WHERE id = 12$$);
SELECT try($$UPDATE line SET town = 'levels.town' WHERE id = 2$$);
TABLE usage;
DELETE FROM line;
TABLE usage;

-- the edges of a range: its first and its last day are in, the days before and after are not
CREATE FUNCTION spring(day date) RETURNS text LANGUAGE sql AS $$
    SELECT try(format('INSERT INTO line VALUES (20, ''levels.it.work'', ''levels.town'', %L, 300)', day))
$$;
BEGIN;
SELECT day, spring(day) FROM (VALUES (date '2026-03-15'), ('2026-06-14')) AS edge (day);
SELECT spring('2026-03-14');
ROLLBACK;
SELECT spring('2026-06-15');
DELETE FROM line;
-- 400 of the year are the other cap's, from 1 January to 31 December
SELECT try($$INSERT INTO line VALUES (20, 'levels.it.work', 'levels.town', '2026-01-01', 400.0001)$$);
SELECT try($$INSERT INTO line VALUES (20, 'levels.it.work', 'levels.town', '2026-12-31', 400.0001)$$);
SELECT try($$INSERT INTO line VALUES (20, 'levels.it.work', 'levels.town', '2025-12-31', 400.0001)$$);
SELECT try($$INSERT INTO line VALUES (21, 'levels.it.work', 'levels.town', '2027-01-01', 400.0001)$$);
-- the first day that a date can be, and days far away
SELECT try($$INSERT INTO line VALUES (22, 'levels.it.work', 'levels.town', '4714-11-24 BC', 400.0001)$$);
SELECT * FROM steering.verify();
DELETE FROM line WHERE id = 22;
SELECT try($$INSERT INTO line VALUES (22, 'levels.it.work', 'levels.town', '4713-01-01 BC', 400.0001)$$);
SELECT try($$INSERT INTO line VALUES (23, 'levels.it.work', 'levels.town', '5874897-12-31', 400.0001)$$);
TABLE usage;
SELECT count(*), sum(amount) FROM steering.booking WHERE service LIKE 'levels.%';
SELECT month, amount FROM steering.usage_by_month WHERE service = 'levels.it.work' AND bookings <> 0 ORDER BY month;

-- ranges written with other bounds are the same range; a cap may be for one day; caps may overlap
DELETE FROM line;
SELECT steering.set_cap('levels.it.work', 'levels.town', 'budget', '[2026-03-15,2026-06-14]', 250) = id AS same_cap FROM cap WHERE name = 'work of town, spring';
INSERT INTO cap VALUES ('work of town, one day', 'levels.it.work', 'levels.town', 'budget', '[2026-04-01,2026-04-01]', 50);
UPDATE cap SET id = steering.set_cap(service, participant, metric, during, amount) WHERE id IS NULL;
SELECT valid_from, valid_to, cap_status.amount FROM steering.cap_status JOIN cap ON id = cap_id WHERE name LIKE 'work of town%' ORDER BY cap_id;
SELECT try($$INSERT INTO line VALUES (30, 'levels.it.work', 'levels.town', '2026-04-01', 50.0001)$$);
SELECT try($$INSERT INTO line VALUES (30, 'levels.it.work', 'levels.town', '2026-04-01', 50)$$);
SELECT try($$INSERT INTO line VALUES (31, 'levels.it.work', 'levels.town', '2026-04-02', 200.0001)$$);
SELECT try($$INSERT INTO line VALUES (31, 'levels.it.work', 'levels.town', '2026-03-31', 200)$$);
SELECT try($$INSERT INTO line VALUES (32, 'levels.it.work', 'levels.town', '2026-04-01', 0.0001)$$);
SELECT try($$INSERT INTO line VALUES (32, 'levels.it.work', 'levels.town', '2026-07-01', 0.0001)$$);
TABLE usage;

-- a cap made later counts what is there, whole months and parts of months alike
INSERT INTO cap VALUES
    ('z: april', 'levels.it', 'levels.ring', 'budget', '[2026-04-01,2026-05-01)', 1000),
    ('z: from 31 march', 'levels.it', 'levels.ring', 'budget', '[2026-03-31,2026-08-01)', 1000),
    ('z: until 31 march', 'levels.it', 'levels.ring', 'budget', '[2026-01-01,2026-04-01)', 1000),
    ('z: after 1 april', 'levels.it', 'levels.ring', 'budget', '[2026-04-02,2026-12-31)', 1000),
    ('z: long', 'levels.it', 'levels.region', 'budget', '[1900-01-17,2100-01-17)', 1000);
UPDATE cap SET id = steering.set_cap(service, participant, metric, during, amount) WHERE id IS NULL;
SELECT * FROM usage WHERE name LIKE 'z:%';
DELETE FROM line WHERE id = 31;
SELECT * FROM usage WHERE name LIKE 'z:%';

-- without a date, or on a date that is none, there is no telling which cap applies
INSERT INTO line VALUES (40, 'levels.hr', 'levels.town', NULL, 1);
INSERT INTO line VALUES (40, 'levels.hr', 'levels.town', 'infinity', 1);
INSERT INTO line VALUES (40, 'levels.hr', 'levels.town', '-infinity', 1);

-- membership: the guest came on 1 March and left on 1 July, phones exist since February
INSERT INTO line VALUES (41, 'levels.hr', 'levels.guest', '2026-02-28', 1);
INSERT INTO line VALUES (41, 'levels.hr', 'levels.guest', '2026-03-01', 1);
INSERT INTO line VALUES (42, 'levels.hr', 'levels.guest', '2026-06-30', 1);
INSERT INTO line VALUES (43, 'levels.hr', 'levels.guest', '2026-07-01', 1);
INSERT INTO line VALUES (43, 'levels.it.work.phone', 'levels.town', '2026-01-31', 1);
INSERT INTO line VALUES (43, 'levels.it.work.phone', 'levels.town', '2026-02-01', 1);
UPDATE line SET day = '2026-07-01' WHERE id = 42;
UPDATE line SET town = 'levels.city', day = '2026-07-01' WHERE id = 42;
DELETE FROM line WHERE id IN (41, 42, 43);

-- require_cap: a booking that no budget cap covers is refused
INSERT INTO steering.service (code, parent, name, require_cap) VALUES ('levels.law', NULL, 'Law', false), ('levels.law.advice', 'levels.law', 'Advice', true);
INSERT INTO line VALUES (50, 'levels.law.advice', 'levels.town', '2026-05-01', 1, 1);
INSERT INTO line VALUES (50, 'levels.law', 'levels.town', '2026-05-01', 1, 1);
UPDATE line SET product = 'levels.law.advice' WHERE id = 50;
INSERT INTO line VALUES (51, 'levels.law.advice', 'levels.town', '2026-05-01', NULL, 1), (52, 'levels.law.advice', 'levels.town', '2026-05-01', 0, 1),
    (53, 'levels.law.advice', 'levels.town', '2026-05-01', -1, 1);
-- a volume cap is no budget cap; one of the parents' is
INSERT INTO cap VALUES ('law pieces', 'levels.law.advice', 'levels.town', 'volume', '[2026-01-01,2027-01-01)', 100);
UPDATE cap SET id = steering.set_cap(service, participant, metric, during, amount) WHERE id IS NULL;
INSERT INTO line VALUES (54, 'levels.law.advice', 'levels.town', '2026-05-01', 2, 1);
INSERT INTO cap VALUES ('law', 'levels.law', 'levels.region', 'budget', '[2026-01-01,2026-07-01)', 100);
UPDATE cap SET id = steering.set_cap(service, participant, metric, during, amount) WHERE id IS NULL;
INSERT INTO line VALUES (54, 'levels.law.advice', 'levels.town', '2026-05-01', 3, 1);
INSERT INTO line VALUES (55, 'levels.law.advice', 'levels.town', '2026-07-01', 2, 1);
UPDATE line SET day = '2026-07-01' WHERE id = 54;
SELECT * FROM usage WHERE name LIKE 'law%';
-- without the cap, what is there may be lowered and deleted, not raised
SELECT steering.drop_cap(id) FROM cap WHERE name = 'law';
DELETE FROM cap WHERE name = 'law';
UPDATE line SET net = 2 WHERE id = 54;
UPDATE line SET net = 3 WHERE id = 54;
UPDATE line SET net = 2, pieces = 9 WHERE id = 54;
DELETE FROM line WHERE id = 54;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT count(steering.drop_cap(id)) FROM cap;
SET client_min_messages = warning;
DROP SCHEMA levels_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'levels.%';
DELETE FROM steering.participant WHERE code LIKE 'levels.%';
SELECT * FROM steering.verify();
