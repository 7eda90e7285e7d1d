-- The ladder: notify and warn act when usage reaches their step, block refuses what would exceed it.
-- Crossing a notify or warn step upwards writes one event and sends one NOTIFY; standing at a warn
-- step warns at each statement that raises usage.
\set VERBOSITY terse
CREATE SCHEMA steps_test;
SET search_path = steps_test;

INSERT INTO steering.participant (code, name) VALUES ('steps.town', 'Town');
INSERT INTO steering.service (code, parent, name) VALUES
    ('steps.ict', NULL, 'ICT'), ('steps.ict.phone', 'steps.ict', 'Phone'), ('steps.zero', NULL, 'Nothing'),
    ('steps.advice', NULL, 'Advice'), ('steps.cent', NULL, 'Cents'), ('steps.mixed', NULL, 'Mixed');
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY, product text DEFAULT 'steps.ict', day date DEFAULT '2026-05-01', net numeric, pieces integer);
SELECT steering.attach('line', 'product', $$'steps.town'$$, 'day', 'net', 'pieces') > 0 AS attached;
CREATE VIEW usage AS
    SELECT service, metric, amount, used, used_percent, blocks_at, headroom, step FROM steering.cap_status
    WHERE service LIKE 'steps.%' ORDER BY service, metric;
-- the events of this test that were not shown yet
CREATE TABLE shown (event_id bigint);
CREATE FUNCTION news() RETURNS TABLE (kind text, service text, metric text, threshold numeric, used numeric) LANGUAGE sql AS $$
    WITH new AS (INSERT INTO shown SELECT event_id FROM steering.event
                 WHERE service LIKE 'steps.%' AND event_id NOT IN (SELECT event_id FROM shown) RETURNING event_id)
    SELECT event.kind, event.service, event.metric, event.threshold::numeric, event.used::numeric
    FROM steering.event JOIN new USING (event_id) ORDER BY event_id
$$;

SELECT steering.set_cap('steps.ict', 'steps.town', 'budget', '[2026-01-01,2027-01-01)', 1000, '80% notify, 100% warn, +40 block', 'council, 5 November') AS ict_cap \gset
SELECT kind, service, participant, metric, during, amount::numeric, ladder, threshold, used, role_name = session_user AS mine, reason
    FROM steering.event WHERE cap_id = :ict_cap;
SELECT count(*) FROM news();

-- 799.9999: below every step; then one unit more: 80% is reached
INSERT INTO line (net) VALUES (799.9999);
SELECT * FROM news();
INSERT INTO line (net) VALUES (0.0001);
SELECT * FROM news();
-- beyond the step: nothing new
INSERT INTO line (net) VALUES (50);
SELECT * FROM news();
-- down and up again: a new crossing
UPDATE line SET net = 799 WHERE net = 799.9999;
UPDATE line SET net = 749 WHERE net = 799;
SELECT * FROM news();
UPDATE line SET net = 750 WHERE net = 749;
SELECT * FROM news();
-- 100%: an event once, a warning each time usage is raised there, none when it is lowered
INSERT INTO line (net) VALUES (199.9998);
INSERT INTO line (net) VALUES (0.0001);
SELECT * FROM news();
INSERT INTO line (net) VALUES (10);
INSERT INTO line (net) VALUES (30);
SELECT * FROM news();
TABLE usage;
INSERT INTO line (net) VALUES (-20);
UPDATE line SET net = 0 WHERE net = 10;
UPDATE line SET product = product;
INSERT INTO line (net) VALUES (5), (-5);
INSERT INTO line (net) VALUES (30);
-- +40: refused, with no warning and no event
INSERT INTO line (net) VALUES (0.0001);
SELECT * FROM news();
TABLE usage;
-- two steps at once, then rolled back, then refused: no event is left of these
TRUNCATE line;
INSERT INTO line (net) VALUES (1000);
SELECT * FROM news();
TRUNCATE line;
BEGIN;
INSERT INTO line (net) VALUES (1000);
ROLLBACK;
BEGIN;
SAVEPOINT s;
INSERT INTO line (net) VALUES (1000);
ROLLBACK TO s;
INSERT INTO line (net) VALUES (900);
COMMIT;
INSERT INTO line (net) VALUES (1000);
SELECT * FROM news();
TRUNCATE line;
-- one statement of many rows is one crossing
INSERT INTO line (net) SELECT 100 FROM generate_series(1, 10);
SELECT * FROM news();
-- one statement in two parts, one up and one down: from 900 to 950 nothing is crossed
TRUNCATE line;
INSERT INTO line (net) VALUES (900);
SELECT * FROM news();
WITH gone AS (DELETE FROM line) INSERT INTO line (net) VALUES (950);
WITH come AS (INSERT INTO line (net) VALUES (960)) DELETE FROM line;
WITH come AS (INSERT INTO line (net) VALUES (5000)) DELETE FROM line;
SELECT * FROM news();
TRUNCATE line;
INSERT INTO line (net) VALUES (1);
WITH come AS (INSERT INTO line (net) VALUES (799)) UPDATE line SET net = 2;
SELECT * FROM news();
-- in one transaction: each statement is judged
TRUNCATE line;
BEGIN;
INSERT INTO line (net) VALUES (900);
UPDATE line SET net = 700;
INSERT INTO line (net) VALUES (300);
COMMIT;
SELECT * FROM news();
-- with check_at = commit, the transaction is
TRUNCATE line;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO line (net) VALUES (900);
UPDATE line SET net = 700;
INSERT INTO line (net) VALUES (300);
UPDATE line SET net = 500;
DELETE FROM line WHERE id IN (SELECT id FROM line LIMIT 1);
COMMIT;
SELECT * FROM news();
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO line (net) VALUES (300);
INSERT INTO line (net) VALUES (300);
UPDATE line SET net = net - 20;
COMMIT;
SELECT * FROM news();
TRUNCATE line;

-- several caps: the child's volume, the child's budget and the parent's budget act each by itself
SELECT steering.set_cap('steps.ict.phone', 'steps.town', 'budget', '[2026-01-01,2027-01-01)', 500, '50% notify, 90% warn, 100% block') AS phone_cap \gset
SELECT steering.set_cap('steps.ict.phone', 'steps.town', 'volume', '[2026-01-01,2027-01-01)', 10, '100% warn') AS phones_cap \gset
INSERT INTO line (product, net, pieces) VALUES ('steps.ict.phone', 250, 5);
SELECT * FROM news() WHERE kind <> 'created';
INSERT INTO line (product, net, pieces) VALUES ('steps.ict.phone', 200, 5);
SELECT * FROM news();
INSERT INTO line (net) VALUES (550);
SELECT * FROM news();
INSERT INTO line (product, net, pieces) VALUES ('steps.ict.phone', 1, 1);
SELECT * FROM news();
INSERT INTO line (product, net, pieces) VALUES ('steps.ict.phone', 39, -1);
INSERT INTO line (product, net, pieces) VALUES ('steps.ict.phone', 1, 1);
SELECT * FROM news();
TABLE usage;
TRUNCATE line;

-- refused by two caps at once under a savepoint: nothing of it is left to be judged when the rest commits
BEGIN;
SAVEPOINT s;
INSERT INTO line (product, net, pieces) VALUES ('steps.ict.phone', 1100, 1);
ROLLBACK TO s;
INSERT INTO line (product, net, pieces) VALUES ('steps.ict.phone', 300, 1);
COMMIT;
SELECT * FROM news();
TRUNCATE line;
-- check_booking() says beforehand what each cap will do: of ict, of phone, of phone's volume
CREATE FUNCTION foretold(amount numeric, volume numeric) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(verdict, ', ' ORDER BY cap_id) FROM steering.check_booking('steps.ict.phone', 'steps.town', '2026-05-01', amount, volume)
$$;
-- Books, tells which events that made, and takes it back.
CREATE FUNCTION done(amount numeric, volume numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    last_event bigint := (SELECT max(event_id) FROM steering.event);
BEGIN
    INSERT INTO line (product, net, pieces) VALUES ('steps.ict.phone', amount, volume);
    RAISE EXCEPTION USING ERRCODE = 'P0OK0', MESSAGE = coalesce((SELECT string_agg(event.kind || ' at ' || event.threshold, ', ' ORDER BY event_id)
                                                                 FROM steering.event WHERE event_id > last_event), 'no event');
EXCEPTION
    WHEN SQLSTATE 'P0OK0' THEN
        RETURN SQLERRM;
    WHEN OTHERS THEN
        RETURN SQLSTATE;
END
$$;
SET client_min_messages = error;
SELECT amount, volume, foretold(amount, volume), done(amount, volume)
    FROM (VALUES (100, 1), (250, 1), (450, 1), (500, 10), (500.0001, 0), (0, 10), (0, 1000), (-5, -5), (0, 0), (900, 0)) AS asked (amount, volume);
RESET client_min_messages;
SELECT count(*) FROM news();
-- NOTIFY goes out at COMMIT, one for each event, as JSON
LISTEN sp71_steering;
\o |tail -n 100 | sed -e 's/PID [0-9]*/PID n/' -e 's/"cap_id": *[0-9]*/"cap_id": N/' -e 's/"event_id": *[0-9]*/"event_id": N/'
BEGIN;
INSERT INTO line (net) VALUES (1000);
ROLLBACK;
INSERT INTO line (net) VALUES (100);
\qecho nothing yet
BEGIN;
INSERT INTO line (net) VALUES (750);
\qecho not before COMMIT
COMMIT;
\qecho none for what a savepoint took back
TRUNCATE line;
BEGIN;
SAVEPOINT s;
INSERT INTO line (net) VALUES (810);
ROLLBACK TO s;
INSERT INTO line (net) VALUES (820);
COMMIT;
\qecho both steps of phone
INSERT INTO line (product, net) VALUES ('steps.ict.phone', 100);
TRUNCATE line;
INSERT INTO line (product, net) VALUES ('steps.ict.phone', 500);
\o
UNLISTEN sp71_steering;
SELECT count(*) FROM news();
TRUNCATE line;

-- a limit of zero: every step is at zero, and reached by the first unit
SELECT steering.set_cap('steps.zero', 'steps.town', 'budget', '[2026-01-01,2027-01-01)', 0, '80% notify, 100% warn, +10 block') AS zero_cap \gset
SELECT steering.set_cap('steps.zero', 'steps.town', 'volume', '[2026-01-01,2027-01-01)', 0) AS nothing_cap \gset
SELECT count(*) FROM news();
INSERT INTO line (product, net, pieces) VALUES ('steps.zero', 0, 0);
INSERT INTO line (product, net, pieces) VALUES ('steps.zero', -1, -1);
INSERT INTO line (product, net, pieces) VALUES ('steps.zero', 1, 1);
SELECT * FROM news();
TABLE usage;
INSERT INTO line (product, pieces) VALUES ('steps.zero', 1);
INSERT INTO line (product, net) VALUES ('steps.zero', 0.0001);
SELECT * FROM news();
INSERT INTO line (product, net) VALUES ('steps.zero', 9.9999);
INSERT INTO line (product, net) VALUES ('steps.zero', 0.0001);
SELECT * FROM news();

-- advisory: warns, and never refuses
SELECT steering.set_cap('steps.advice', 'steps.town', 'budget', '[2026-01-01,2027-01-01)', 100, '50% warn, 100% warn, +900 notify') AS advice_cap \gset
INSERT INTO line (product, net) VALUES ('steps.advice', 75);
INSERT INTO line (product, net) VALUES ('steps.advice', 30);
INSERT INTO line (product, net) VALUES ('steps.advice', 100000);
SELECT * FROM news() WHERE kind <> 'created';

-- percents of small limits: notify and warn at the exact threshold rounded up, block rounded down.
-- 50% of 0.0003 is 0.00015: warned at 0.0002, and 0.0002 is more than half
SELECT steering.set_cap('steps.cent', 'steps.town', 'budget', '[2026-01-01,2027-01-01)', 0.0003, '50% block') AS cent_cap \gset
SELECT steering.set_cap('steps.cent', 'steps.town', 'volume', '[2026-01-01,2027-01-01)', 0.0003, '50% warn') AS cents_cap \gset
CREATE TABLE cent (net numeric, pieces numeric);
SELECT steering.attach('cent', $$'steps.cent'$$, $$'steps.town'$$, $$date '2026-01-01'$$, 'net', 'pieces') > 0 AS attached;
INSERT INTO cent VALUES (0.0001, 0.0001);
INSERT INTO cent VALUES (0.0001, 0);
INSERT INTO cent VALUES (0, 0.0001);
SELECT * FROM news() WHERE kind <> 'created';

-- percent and absolute mixed: the first one reached acts. 110% of 100 is 110, +5 is 105
SELECT steering.set_cap('steps.mixed', 'steps.town', 'budget', '[2026-01-01,2027-01-01)', 100, '110% block, +5 block, +2 warn, 101% notify') AS mixed_cap \gset
SELECT ladder, blocks_at FROM steering.cap_status WHERE cap_id = :mixed_cap;
INSERT INTO line (product, net) VALUES ('steps.mixed', 101);
INSERT INTO line (product, net) VALUES ('steps.mixed', 4.0001);
INSERT INTO line (product, net) VALUES ('steps.mixed', 4);
SELECT * FROM news() WHERE kind <> 'created';
TABLE usage;
-- a revision keeps the ladder unless it is given a new one
SELECT steering.set_cap('steps.mixed', 'steps.town', 'budget', '[2026-01-01,2027-01-01)', 1000, reason => 'raised') = :mixed_cap AS revised;
SELECT steering.set_cap('steps.mixed', 'steps.town', 'budget', '[2026-01-01,2027-01-01)', 1000, '100% block') = :mixed_cap AS revised;
SELECT steering.drop_cap(:mixed_cap, 'no longer needed');
SELECT kind, amount::numeric, ladder, used::numeric, reason FROM steering.event
    WHERE cap_id = :mixed_cap AND kind IN ('created', 'revised', 'dropped') ORDER BY event_id;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT steering.detach('cent');
SELECT count(steering.drop_cap(cap_id)) FROM (SELECT cap_id FROM steering.cap_status WHERE service LIKE 'steps.%') AS cap;
SET client_min_messages = warning;
DROP SCHEMA steps_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'steps.%';
DELETE FROM steering.participant WHERE code LIKE 'steps.%';
SELECT * FROM steering.verify();
