-- What a savepoint takes back, no cap has used: ROLLBACK TO, RELEASE, exception blocks, hundreds of
-- them and nested hundreds deep.
\set VERBOSITY terse
CREATE SCHEMA savepoints_test;
SET search_path = savepoints_test;

INSERT INTO steering.participant (code, name) VALUES ('savepoint.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('savepoint.ict', 'ICT'), ('savepoint.hr', 'HR');
CREATE TABLE line (id integer PRIMARY KEY, product text DEFAULT 'savepoint.ict', day date DEFAULT '2026-05-01', net numeric);
SELECT steering.set_cap('savepoint.ict', 'savepoint.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS ict_cap \gset
SELECT steering.set_cap('savepoint.hr', 'savepoint.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS hr_cap \gset
SELECT steering.attach('line', 'product', $$'savepoint.town'$$, 'day', 'net') > 0 AS attached;
CREATE VIEW usage AS
    SELECT service, used, (SELECT sum(net) FROM line WHERE product = service) AS booked
    FROM steering.cap_status WHERE service LIKE 'savepoint.%' ORDER BY service;

-- a refusal after a savepoint costs what came after it, and no more
BEGIN;
INSERT INTO line (id, net) VALUES (1, 600);
SAVEPOINT one;
INSERT INTO line (id, net) VALUES (2, 300);
INSERT INTO line (id, net) VALUES (3, 300);
ROLLBACK TO one;
TABLE usage;
INSERT INTO line (id, net) VALUES (4, 400);
TABLE usage;
COMMIT;
TABLE usage;

-- released, then rolled back by the outer one
BEGIN;
SAVEPOINT outer_one;
UPDATE line SET net = 100 WHERE id = 1;
SAVEPOINT inner_one;
UPDATE line SET net = 0 WHERE id = 4;
RELEASE inner_one;
TABLE usage;
INSERT INTO line (id, net) VALUES (5, 900);
ROLLBACK TO outer_one;
TABLE usage;
INSERT INTO line (id, net) VALUES (5, 0.0001);
ROLLBACK TO outer_one;
DELETE FROM line WHERE id = 4;
RELEASE outer_one;
TABLE usage;
COMMIT;
TABLE usage;

-- the same row, again and again, inside and outside
BEGIN;
UPDATE line SET net = 700 WHERE id = 1;
SAVEPOINT a;
UPDATE line SET net = 800 WHERE id = 1;
SAVEPOINT b;
UPDATE line SET net = 900 WHERE id = 1;
SAVEPOINT c;
UPDATE line SET net = 1000, product = 'savepoint.hr' WHERE id = 1;
SAVEPOINT d;
DELETE FROM line WHERE id = 1;
TABLE usage;
ROLLBACK TO d;
TABLE usage;
ROLLBACK TO c;
TABLE usage;
RELEASE b;
TABLE usage;
ROLLBACK TO a;
TABLE usage;
ROLLBACK;
TABLE usage;

-- a savepoint of the same name; a rolled back transaction that had savepoints
BEGIN;
SAVEPOINT s;
INSERT INTO line (id, net) VALUES (6, 100);
SAVEPOINT s;
INSERT INTO line (id, net) VALUES (7, 200);
ROLLBACK TO s;
RELEASE s;
ROLLBACK TO s;
TABLE usage;
INSERT INTO line (id, net) VALUES (6, 50);
ROLLBACK;
TABLE usage;

-- TRUNCATE in a savepoint
BEGIN;
INSERT INTO line (id, product, net) VALUES (8, 'savepoint.hr', 5);
SAVEPOINT s;
TRUNCATE line;
INSERT INTO line (id, product, net) VALUES (8, 'savepoint.hr', 1000);
TABLE usage;
ROLLBACK TO s;
TABLE usage;
COMMIT;

-- an exception block: each booking that fits is kept, each one that does not is skipped.
-- 130 fits three times into the 400 that are left
DO $$
DECLARE
    refused integer := 0;
BEGIN
    FOR i IN 1..10 LOOP
        BEGIN
            INSERT INTO line (id, net) VALUES (100 + i, 130);
        EXCEPTION WHEN SQLSTATE '23S71' THEN
            refused := refused + 1;
        END;
    END LOOP;
    RAISE NOTICE '% refused', refused;
END
$$;
TABLE usage;
-- class 23 as a whole is what drivers and programs catch
DO $$
BEGIN
    INSERT INTO line (id, net) VALUES (200, 130);
EXCEPTION WHEN integrity_constraint_violation THEN
    RAISE NOTICE 'refused with %', SQLSTATE;
END
$$;
-- an unknown key in an exception block
DO $$
BEGIN
    INSERT INTO line (id, product, net) VALUES (200, 'savepoint.rh', -1);
EXCEPTION WHEN SQLSTATE '23S73' THEN
    INSERT INTO line (id, product, net) VALUES (200, 'savepoint.hr', -1);
END
$$;
TABLE usage;
DELETE FROM line;

-- 600 savepoints one after another; each third is rolled back: 400 bookings of 2 stay
DO $$
BEGIN
    FOR i IN 1..600 LOOP
        BEGIN
            INSERT INTO line (id, product, net) VALUES (i, CASE i % 2 WHEN 0 THEN 'savepoint.ict' ELSE 'savepoint.hr' END, 2);
            IF i % 3 = 0 THEN
                RAISE EXCEPTION USING ERRCODE = 'P0SKP';
            END IF;
        EXCEPTION WHEN SQLSTATE 'P0SKP' THEN
            NULL;
        END;
    END LOOP;
END
$$;
TABLE usage;
DELETE FROM line;
-- 300 deep: the 100th level fails and takes with it the 200 below
CREATE FUNCTION nest(depth integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO line (id, net) VALUES (depth, 3);
    BEGIN
        IF depth < 300 THEN
            PERFORM nest(depth + 1);
        END IF;
        IF depth = 100 THEN
            RAISE EXCEPTION USING ERRCODE = 'P0SKP';
        END IF;
    EXCEPTION WHEN SQLSTATE 'P0SKP' THEN
        INSERT INTO line (id, net) VALUES (1000 + depth, 3);
    END;
END
$$;
SELECT nest(1);
SELECT count(*), max(id) FROM line;
TABLE usage;
DELETE FROM line;
-- deeper and deeper, until the cap refuses the 201st, which the 200th catches
CREATE FUNCTION nest_until_full(depth integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    deepest integer;
BEGIN
    INSERT INTO line (id, net) VALUES (depth, 5);
    deepest := depth;
    BEGIN
        IF depth < 300 THEN
            deepest := nest_until_full(depth + 1);
        END IF;
    EXCEPTION WHEN SQLSTATE '23S71' THEN
        NULL;
    END;
    RETURN deepest;
END
$$;
SELECT nest_until_full(1);
TABLE usage;
INSERT INTO line (id, net) VALUES (999, 0.0001);
-- many savepoints, then everything rolled back
BEGIN;
DELETE FROM line;
SELECT nest_until_full(1);
TABLE usage;
ROLLBACK;
TABLE usage;

-- a procedure that commits as it goes
DELETE FROM line;
CREATE PROCEDURE load() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..5 LOOP
        INSERT INTO line (id, net) VALUES (i, 150);
        IF i = 3 THEN
            ROLLBACK;
        ELSE
            COMMIT;
        END IF;
    END LOOP;
    INSERT INTO line (id, net) VALUES (6, 500);
END
$$;
CALL load();
TABLE usage;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT count(steering.drop_cap(cap)) FROM unnest(ARRAY[:ict_cap, :hr_cap]) AS cap;
SET client_min_messages = warning;
DROP SCHEMA savepoints_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'savepoint.%';
DELETE FROM steering.participant WHERE code LIKE 'savepoint.%';
SELECT * FROM steering.verify();
