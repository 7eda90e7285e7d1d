-- The bookings of a statement are netted before they are charged: per month where all days of it are alike,
-- per day where a cap begins or ends within it. Random rows, against plain SQL over them.
\set VERBOSITY terse
CREATE SCHEMA netting_test;
SET search_path = netting_test;
SET datestyle = ISO;
SELECT setseed(0.71), 'seed 0.71' AS seed;

INSERT INTO steering.participant (code, parent, name) VALUES
    ('netting.region', NULL, 'Region'), ('netting.town', 'netting.region', 'Town'), ('netting.city', 'netting.region', 'City');
INSERT INTO steering.service (code, parent, name) VALUES
    ('netting.ict', NULL, 'ICT'), ('netting.phone', 'netting.ict', 'Phone'), ('netting.hr', NULL, 'HR');
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product text, town text, day date, net numeric, pieces integer);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS attached;

-- whole months; from and to within a month; one day; the first and the last day of a month
CREATE TABLE cap AS
SELECT steering.set_cap(service, participant, metric, during::daterange, 1e9::numeric, '50% notify, 100% block') AS cap_id,
    service, participant, metric, during::daterange
FROM (VALUES ('netting.ict', 'netting.region', 'budget', '[2026-01-01,2027-01-01)'),
    ('netting.ict', 'netting.town', 'budget', '[2026-02-10,2026-04-20)'),
    ('netting.phone', 'netting.town', 'budget', '[2026-03-15,2026-03-16)'),
    ('netting.phone', 'netting.region', 'volume', '[2026-01-31,2026-03-31)'),
    ('netting.hr', 'netting.city', 'volume', '[2026-05-01,2026-05-02)'),
    ('netting.hr', 'netting.region', 'budget', '[2026-05-31,2028-01-01)')) AS wanted (service, participant, metric, during);

CREATE VIEW wrong AS
    SELECT cap_id, used, counted
    FROM (SELECT cap.cap_id, cap_status.used, (SELECT coalesce(sum(CASE cap.metric WHEN 'budget' THEN round(net, 4) ELSE pieces END), 0)
            FROM line WHERE (product = cap.service OR cap.service = 'netting.ict' AND product = 'netting.phone')
                AND (town = cap.participant OR cap.participant = 'netting.region') AND day <@ cap.during) AS counted
        FROM cap JOIN steering.cap_status USING (cap_id)) AS compared
    WHERE used <> counted;
CREATE VIEW wrong_month AS
    SELECT service, participant, month, booked.amount, counted.amount AS counted, booked.bookings, counted.bookings AS counted_bookings
    FROM (SELECT * FROM steering.usage_by_month WHERE service LIKE 'netting.%' AND bookings <> 0) AS booked
    FULL JOIN (SELECT product AS service, town AS participant, date_trunc('month', day)::date AS month, sum(round(net, 4)) AS amount, count(*) AS bookings
        FROM line GROUP BY 1, 2, 3) AS counted USING (service, participant, month)
    WHERE (booked.amount, booked.bookings) IS DISTINCT FROM (counted.amount, counted.bookings);
CREATE FUNCTION random_lines(count integer) RETURNS TABLE (product text, town text, day date, net numeric, pieces integer) LANGUAGE sql AS
    $$ SELECT ('{netting.ict,netting.phone,netting.hr}'::text[])[1 + floor(random() * 3)::integer],
        ('{netting.town,netting.city}'::text[])[1 + floor(random() * 2)::integer],
        '2026-01-01'::date + floor(random() * 180)::integer,
        round((random() * 10 ^ (random() * 16 - 10))::numeric, floor(random() * 12)::integer) * sign(random() - 0.3)::integer,
        floor(random() * 20)::integer
    FROM generate_series(1, count) $$;

-- 6,000 rows in one statement, with amounts of all sizes; then other days, other amounts, other places; and half of it gone
INSERT INTO line (product, town, day, net, pieces) SELECT * FROM random_lines(6000);
TABLE wrong;
TABLE wrong_month;
UPDATE line SET day = day + floor(random() * 40)::integer - 20, net = net / 3;
TABLE wrong;
TABLE wrong_month;
UPDATE line SET product = 'netting.phone', town = 'netting.town' WHERE random() < 0.3;
DELETE FROM line WHERE random() < 0.5;
TABLE wrong;
TABLE wrong_month;

-- 2,000 single statements in one transaction, some of which are taken back
CREATE FUNCTION change_one(salt integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF salt % 3 < 2 THEN
        INSERT INTO line (product, town, day, net, pieces) SELECT * FROM random_lines(1);
    ELSIF salt % 2 = 0 THEN
        UPDATE line SET net = net + 1, pieces = pieces + 1, day = day + 1 WHERE id = (SELECT min(id) FROM line WHERE id > random() * 6000);
    ELSE
        DELETE FROM line WHERE id = (SELECT min(id) FROM line WHERE id > random() * 6000);
    END IF;
    IF salt % 7 = 0 THEN
        RAISE EXCEPTION 'taken back';
    END IF;
EXCEPTION WHEN raise_exception THEN
    NULL;
END $$;
BEGIN;
SELECT count(change_one(salt)) FROM generate_series(1, 2000) AS salt;
TABLE wrong;
TABLE wrong_month;
COMMIT;
TABLE wrong;
TABLE wrong_month;
SELECT * FROM steering.verify();

-- Within a transaction steps act where they are reached: on what it adds in memory as well.
SELECT steering.set_cap('netting.hr', 'netting.town', 'volume', '[2027-07-01,2027-08-01)', 10, '50% notify, 80% warn, 100% block') > 0 AS set;
BEGIN;
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-03', 0, 1);
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-04', 0, 1);
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-05', 0, 1);
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-06', 0, 2);
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-07', 0, 1);
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-08', 0, 1);
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-08', 0, 2);
SAVEPOINT before_refusal;
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-09', 0, 2);
ROLLBACK TO before_refusal;
DELETE FROM line WHERE day = '2027-07-08';
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-09', 0, 4);
SAVEPOINT before_refusal;
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.hr', 'netting.town', '2027-07-10', 0, 1);
ROLLBACK TO before_refusal;
COMMIT;
SELECT kind, threshold, used FROM steering.event WHERE service = 'netting.hr' AND kind <> 'created' ORDER BY event_id;
SELECT * FROM steering.verify();

-- Somebody's trigger sets caps in the middle of the statement: they count what it has booked, once.
CREATE FUNCTION set_caps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM steering.set_cap('netting.ict', 'netting.city', 'volume', during, 1000)
    FROM unnest('{"[2027-09-01,2027-10-01)","[2027-09-01,2027-09-20)","[2027-09-10,2027-09-20)","[2027-09-20,2027-11-01)"}'::daterange[]) AS during;
    RETURN NULL;
END $$;
CREATE TRIGGER z AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION set_caps();
INSERT INTO line (product, town, day, pieces) VALUES ('netting.ict', 'netting.city', '2027-09-05', 1), ('netting.ict', 'netting.city', '2027-09-12', 10), ('netting.phone', 'netting.city', '2027-09-25', 100);
SELECT valid_from, valid_to, used FROM steering.cap_status WHERE participant = 'netting.city' AND valid_from > '2027-01-01' ORDER BY valid_from, valid_to;
SELECT * FROM steering.verify();
DROP TRIGGER z ON line;

-- no amount: neither NaN nor what does not fit
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.ict', 'netting.town', '2026-01-01', 'NaN', 1);
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.ict', 'netting.town', '2026-01-01', '-Infinity', 1);
INSERT INTO line (product, town, day, net, pieces) VALUES ('netting.ict', 'netting.town', '2026-01-01', 1e15, 1);

DROP VIEW wrong, wrong_month;
DROP TABLE line;
SELECT count(steering.drop_cap(cap_id, 'done')) FROM steering.cap_status WHERE service LIKE 'netting.%';
DELETE FROM steering.service WHERE code IN ('netting.phone');
DELETE FROM steering.service WHERE code LIKE 'netting.%';
DELETE FROM steering.participant WHERE code IN ('netting.town', 'netting.city');
DELETE FROM steering.participant WHERE code LIKE 'netting.%';
DROP SCHEMA netting_test CASCADE;
