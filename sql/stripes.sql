-- A counter that is divided: what each stripe may do alone, what has all of them gathered, and that
-- neither usage nor the answer depends on how it is divided. Here one session divides them; what
-- many sessions make of them is tested in test/t.
\set VERBOSITY terse
CREATE SCHEMA stripes_test;
SET search_path = stripes_test;

INSERT INTO steering.participant (code, name) VALUES ('stripes.town', 'Town');
INSERT INTO steering.service (code, parent, name) VALUES
    ('stripes.ict', NULL, 'ICT'), ('stripes.hr', NULL, 'HR'), ('stripes.advice', NULL, 'Advice'), ('stripes.over', NULL, 'Overrun');
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY, product text DEFAULT 'stripes.ict', day date DEFAULT '2026-05-01', net numeric, pieces integer);
SELECT steering.attach('line', 'product', $$'stripes.town'$$, 'day', 'net', 'pieces') > 0 AS attached;
-- usage as it is shown and as the stripes hold it, both against the rows; what all stripes together
-- may reach without a look at one another, if a step bounds it
CREATE VIEW divided AS
    SELECT service, cap.used, cap.used = stripe.used AS stored, cap.used = booked AS booked, stripes, floor, ceiling, outside
    FROM steering.cap_status AS cap,
        LATERAL (SELECT sum(used::numeric) AS used, count(*) AS stripes,
                CASE WHEN min(depth) > 0 AND sum(floor::numeric) > -4e14 THEN sum(floor::numeric) END AS floor,
                CASE WHEN min(depth) > 0 AND sum(ceiling::numeric) < 4e14 THEN sum(ceiling::numeric) END AS ceiling,
                bool_or(depth > 0 AND used NOT BETWEEN floor AND ceiling) AS outside
            FROM steering.cap_counter WHERE cap_id = cap.cap_id) AS stripe,
        LATERAL (SELECT coalesce(sum(CASE cap.metric WHEN 'budget' THEN net ELSE pieces END), 0) AS booked
            FROM line WHERE product = cap.service) AS line
    WHERE service LIKE 'stripes.%' ORDER BY service;
CREATE VIEW news AS
    SELECT kind, threshold::numeric, used::numeric FROM steering.event
    WHERE service LIKE 'stripes.%' AND kind IN ('notify', 'warn') ORDER BY event_id;
-- the figures of a refusal
CREATE FUNCTION book(net numeric, product text DEFAULT 'stripes.ict') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    INSERT INTO line (net, product) VALUES (net, product);
    RETURN 'booked';
EXCEPTION WHEN SQLSTATE '23S71' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN regexp_replace(detail, '^Cap \d+', 'Cap N', 'gn');
END $$;

SELECT steering.set_cap('stripes.ict', 'stripes.town', 'budget', '[2026-01-01,2027-01-01)', 1000, '80% notify, 100% block') AS ict_cap \gset

-- the settings
SHOW sp71_steering.max_stripes;
SHOW sp71_steering.min_stripes;
SET sp71_steering.max_stripes = 0;
SET sp71_steering.min_stripes = 1025;

-- a cap that nobody fights over has one row
INSERT INTO line (net) SELECT 1 FROM generate_series(1, 10);
INSERT INTO line (net) VALUES (1);
INSERT INTO line (net) VALUES (-1);
TABLE divided;

-- divided: the shares add up to the zone, which ends one unit below the step of 80%
SET sp71_steering.min_stripes = 4;
INSERT INTO line (net) VALUES (10);
TABLE divided;
-- each booking that fits in a share, up and down
INSERT INTO line (net) VALUES (100);
INSERT INTO line (net) VALUES (-50);
DELETE FROM line WHERE net = 100;
TABLE divided;
-- one that fits in no share, but in the room: all are gathered
INSERT INTO line (net) VALUES (600);
TABLE divided;
-- to one unit below the step, in one go; then to the step
INSERT INTO line (net) VALUES (229.9999);
TABLE divided;
TABLE news;
INSERT INTO line (net) VALUES (0.0001);
TABLE divided;
TABLE news;
-- beyond the step the zone has a floor; going below it is found, and coming back is told again
INSERT INTO line (net) VALUES (100);
INSERT INTO line (net) VALUES (-1);
TABLE divided;
INSERT INTO line (net) VALUES (-60);
INSERT INTO line (net) VALUES (-0.01);
TABLE divided;
INSERT INTO line (net) VALUES (-38.99);
INSERT INTO line (net) VALUES (50);
INSERT INTO line (net) VALUES (-50);
TABLE divided;
TABLE news;
INSERT INTO line (net) VALUES (-0.0001);
INSERT INTO line (net) VALUES (0.0001);
TABLE news;
INSERT INTO line (net) VALUES (199.9999);
-- the exact limit passes, one unit more does not; the figures are those of the whole counter
SELECT book(0.0002);
SELECT book(0.0001);
TABLE divided;
SELECT book(0.0001);
-- the same where the counter is divided: 10 of 1000 are used in some share
DELETE FROM line;
INSERT INTO line (net) VALUES (10);
TABLE divided;
SELECT book(990.0001);
TABLE divided;
SELECT book(990);
SELECT book(0.0001);
TABLE divided;
DELETE FROM line;
TABLE divided;
TABLE news;

-- as many small bookings as there is room for; then all room is used, wherever it was
SELECT count(*) FROM generate_series(1, 1010) AS n, LATERAL (SELECT book(1 + 0 * n)) AS booked (text) WHERE text = 'booked';
TABLE divided;
DELETE FROM line WHERE id % 2 = 0;
TABLE divided;
SELECT count(*) FROM generate_series(1, 600) AS n, LATERAL (SELECT book(1 + 0 * n)) AS booked (text) WHERE text = 'booked';
TABLE divided;
DELETE FROM line;

-- no room for shares that are worth it: eight such bookings in each
INSERT INTO line (net) VALUES (25);
TABLE divided;
DELETE FROM line;
INSERT INTO line (net) VALUES (24);
TABLE divided;
DELETE FROM line;

-- no more than max_stripes, also where there were more before
SET sp71_steering.max_stripes = 1;
INSERT INTO line (net) VALUES (5);
TABLE divided;
INSERT INTO line (net) VALUES (700);
TABLE divided;
SET sp71_steering.max_stripes = 2;
INSERT INTO line (net) VALUES (-700);
INSERT INTO line (net) VALUES (5);
TABLE divided;
SET sp71_steering.max_stripes = 64;
SET sp71_steering.min_stripes = 64;
INSERT INTO line (net) SELECT 1 FROM generate_series(1, 20);
INSERT INTO line (net) VALUES (0.5);
INSERT INTO line (net) VALUES (0.5);
INSERT INTO line (net) VALUES (0.5);
INSERT INTO line (net) VALUES (0.5);
SELECT service, used, stored, booked, stripes BETWEEN 5 AND 64 AS many, ceiling, outside FROM divided;
SELECT book(1000);
SELECT book(968);
TABLE divided;
DELETE FROM line;
SELECT stripes BETWEEN 1 AND 64 AS some, used, stored, booked FROM divided;

-- revising a cap makes it one row, which is divided anew by its new steps
INSERT INTO line (net) VALUES (100);
INSERT INTO line (net) VALUES (1);
SELECT stripes > 1 AS more, ceiling FROM divided;
SELECT steering.set_cap('stripes.ict', 'stripes.town', 'budget', '[2026-01-01,2027-01-01)', 500, '50% notify, 60% notify, 100% block') = :ict_cap AS revised;
TABLE divided;
INSERT INTO line (net) VALUES (1);
SELECT stripes > 1 AS more, ceiling FROM divided;
SELECT steering.set_cap('stripes.ict', 'stripes.town', 'budget', '[2026-01-01,2027-01-01)', 101);
SELECT steering.set_cap('stripes.ict', 'stripes.town', 'budget', '[2026-01-01,2027-01-01)', 102) = :ict_cap AS revised;
SELECT book(0.0001);
TABLE divided;
SELECT * FROM steering.verify();

-- what a savepoint takes back, gathered or not
SELECT steering.set_cap('stripes.ict', 'stripes.town', 'budget', '[2026-01-01,2027-01-01)', 1000, '80% notify, 100% block') = :ict_cap AS revised;
SET sp71_steering.min_stripes = 4;
DELETE FROM line;
INSERT INTO line (net) VALUES (1);
TABLE divided;
BEGIN;
INSERT INTO line (net) VALUES (2);
INSERT INTO line (net) VALUES (2);
SAVEPOINT gathered;
INSERT INTO line (net) VALUES (700);
SELECT used, booked FROM divided;
ROLLBACK TO gathered;
SELECT used, booked FROM divided;
INSERT INTO line (net) VALUES (3);
SAVEPOINT crossed;
INSERT INTO line (net) VALUES (900);
INSERT INTO line (net) VALUES (-1);
ROLLBACK TO crossed;
SELECT used, booked FROM divided;
SELECT book(992.0001);
INSERT INTO line (net) VALUES (4);
SAVEPOINT outer_one;
SAVEPOINT inner_one;
INSERT INTO line (net) VALUES (750);
RELEASE inner_one;
INSERT INTO line (net) VALUES (5);
ROLLBACK TO outer_one;
INSERT INTO line (net) VALUES (5);
COMMIT;
TABLE divided;
BEGIN;
SAVEPOINT first_touch;
INSERT INTO line (net) VALUES (790);
ROLLBACK TO first_touch;
INSERT INTO line (net) VALUES (1);
SAVEPOINT whole;
INSERT INTO line (net) VALUES (770);
RELEASE whole;
INSERT INTO line (net) VALUES (11.9999);
SELECT book(200.0002);
COMMIT;
TABLE divided;
SELECT count(*) FROM news WHERE used > 900;
SELECT book(200.0001);
SELECT book(0.0001);
SELECT * FROM steering.verify();
DELETE FROM line;

-- a cap over its limit, divided: lowering always passes, raising never
SELECT steering.set_cap('stripes.over', 'stripes.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS over_cap \gset
INSERT INTO line (product, net) VALUES ('stripes.over', 30), ('stripes.over', 470), ('stripes.over', 400);
INSERT INTO line (product, net) VALUES ('stripes.over', 0.1);
SELECT service, stripes, ceiling FROM divided WHERE service = 'stripes.over';
SELECT steering.set_cap('stripes.over', 'stripes.town', 'budget', '[2026-01-01,2027-01-01)', 400, accept_overrun => true) = :over_cap AS accepted;
INSERT INTO line (product, net) VALUES ('stripes.over', -0.1);
SELECT book(0.0001, 'stripes.over');
DELETE FROM line WHERE net = 30;
INSERT INTO line (product, net) VALUES ('stripes.over', -470);
SELECT book(0.0001, 'stripes.over');
UPDATE line SET net = 3 WHERE net = 470;
TABLE divided;
SELECT book(470.0001, 'stripes.over');
DELETE FROM line;

-- advice only: no step bounds the last zone. A step that warns: nothing is divided above it
SELECT steering.set_cap('stripes.advice', 'stripes.town', 'budget', '[2026-01-01,2027-01-01)', 100, '50% notify') AS advice_cap \gset
SELECT steering.set_cap('stripes.hr', 'stripes.town', 'volume', '[2026-01-01,2027-01-01)', 100, '50% warn, 90% block') AS hr_cap \gset
INSERT INTO line (product, net, pieces) VALUES ('stripes.advice', 1, 1), ('stripes.hr', 1, 1);
SELECT * FROM divided WHERE service <> 'stripes.ict';
INSERT INTO line (product, net, pieces) VALUES ('stripes.advice', 10000, 1), ('stripes.hr', 1, 48);
INSERT INTO line (product, net, pieces) VALUES ('stripes.advice', 10, 1), ('stripes.hr', 1, 1);
SELECT * FROM divided WHERE service <> 'stripes.ict';
INSERT INTO line (product, net, pieces) VALUES ('stripes.hr', 1, 40);
INSERT INTO line (product, net, pieces) VALUES ('stripes.hr', 1, 1);
DELETE FROM line WHERE product = 'stripes.hr' AND pieces > 1;
INSERT INTO line (product, net, pieces) VALUES ('stripes.advice', -9000, 1), ('stripes.hr', 1, 1);
SELECT * FROM divided WHERE service <> 'stripes.ict';
SELECT * FROM steering.verify();

-- usage cells have stripes too, which reports add up
SELECT count(*) > 1 AS several FROM steering.usage_cell JOIN steering.service USING (service_id) WHERE code = 'stripes.hr';
SELECT service, month, amount, volume, bookings FROM steering.usage_by_month WHERE service LIKE 'stripes.%' ORDER BY service;

-- compact() makes one row of each; then there is nothing left to do
INSERT INTO line (net) VALUES (1);
SELECT bool_or(stripes > 1) AS some_divided FROM divided;
SELECT steering.compact() > 0 AS folded;
SELECT steering.compact();
TABLE divided;
SELECT max(count) FROM (SELECT count(*) FROM steering.usage_cell GROUP BY service_id, participant_id, month, source_id) AS cell;
SELECT service, month, amount, volume, bookings FROM steering.usage_by_month WHERE service LIKE 'stripes.%' ORDER BY service;
SELECT * FROM steering.verify();
-- in a transaction that has bookings to write, and rolled back
INSERT INTO line (net) VALUES (2);
BEGIN;
INSERT INTO line (net) VALUES (3);
INSERT INTO line (net) VALUES (4);
SELECT steering.compact() > 0 AS folded;
SELECT * FROM divided WHERE service = 'stripes.ict';
INSERT INTO line (net) VALUES (5);
SELECT * FROM steering.verify();
SAVEPOINT s;
SELECT steering.compact() >= 0 AS folded;
INSERT INTO line (net) VALUES (6);
ROLLBACK TO s;
SELECT used, booked FROM divided WHERE service = 'stripes.ict';
ROLLBACK;
SELECT * FROM divided WHERE service = 'stripes.ict';
SELECT * FROM steering.verify();

-- and leaves no usage cell of which nothing is left, be it one row or several; one of bookings of 0 stays
SELECT steering.compact() >= 0 AS folded;
CREATE VIEW cells AS SELECT month, count(*) > 1 AS several FROM steering.usage_cell JOIN steering.service USING (service_id)
    WHERE code = 'stripes.hr' AND month >= '2031-01-01' GROUP BY month ORDER BY month;
INSERT INTO line (product, day, net) VALUES ('stripes.hr', '2031-01-01', 1), ('stripes.hr', '2031-02-01', 1), ('stripes.hr', '2031-03-01', 1);
UPDATE line SET net = 0 WHERE day = '2031-02-01';
DELETE FROM line WHERE day = '2031-01-01';
INSERT INTO line (product, day, net) VALUES ('stripes.hr', '2031-01-01', 1);
DELETE FROM line WHERE day = '2031-01-01';
TABLE cells;
SELECT steering.compact() >= 1 AS folded;
TABLE cells;
SELECT steering.compact();
INSERT INTO line (product, day, net) VALUES ('stripes.hr', '2031-01-01', 1);
DELETE FROM line WHERE day >= '2031-01-01';
BEGIN;
INSERT INTO line (product, day, net) VALUES ('stripes.hr', '2031-01-01', 1);
SELECT steering.compact() >= 2 AS folded;
INSERT INTO line (product, day, net) VALUES ('stripes.hr', '2031-01-01', 1), ('stripes.hr', '2031-02-01', 1);
SELECT steering.compact() >= 0 AS folded;
TABLE cells;
ROLLBACK;
SELECT steering.compact() >= 3 AS folded;
TABLE cells;
SELECT * FROM steering.verify();

-- a session that goes on alone makes one row of a counter after a while
CREATE PROCEDURE book_on(times integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..times LOOP
        INSERT INTO line (net) VALUES (0.01);
        COMMIT;
    END LOOP;
END $$;
SELECT steering.compact() >= 0 AS folded;
INSERT INTO line (net) VALUES (1);
RESET sp71_steering.min_stripes;
SELECT stripes > 1 AS divided FROM divided WHERE service = 'stripes.ict';
CALL book_on(10);
SELECT stripes > 1 AS divided FROM divided WHERE service = 'stripes.ict';
CALL book_on(1200);
SELECT * FROM divided WHERE service = 'stripes.ict';
SELECT * FROM steering.verify();

-- dropping a cap takes all its stripes
SET sp71_steering.min_stripes = 4;
INSERT INTO line (net) VALUES (1);
SELECT stripes FROM divided WHERE service = 'stripes.ict';
SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:ict_cap, :over_cap, :advice_cap, :hr_cap]) AS cap;
SELECT count(*) FROM steering.cap_counter WHERE cap_id IN (:ict_cap, :over_cap, :advice_cap, :hr_cap);
RESET sp71_steering.min_stripes;
RESET sp71_steering.max_stripes;

SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA stripes_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'stripes.%';
DELETE FROM steering.participant WHERE code LIKE 'stripes.%';
SELECT * FROM steering.verify();
