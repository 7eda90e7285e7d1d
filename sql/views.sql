-- What BI tools read, and who may read what.
\set VERBOSITY terse
CREATE SCHEMA views_test;
SET search_path = views_test;
SET datestyle = ISO;

-- A region with two towns; one town has a district. The town's readers are a role and its members.
CREATE ROLE regress_analyst;
CREATE ROLE regress_region;
CREATE ROLE regress_town;
CREATE ROLE regress_clerk IN ROLE regress_town;
CREATE ROLE regress_stranger;
INSERT INTO steering.participant (code, parent, name, reader) VALUES
    ('views.region', NULL, 'Region', 'regress_region'), ('views.town', 'views.region', 'Town', 'regress_town'),
    ('views.district', 'views.town', 'District', NULL), ('views.village', 'views.region', 'Village', NULL);
INSERT INTO steering.service (code, parent, name) VALUES ('views.ict', NULL, 'ICT'), ('views.desk', 'views.ict', 'Desk');
CREATE TABLE line (product text, town text, day date, net numeric, pieces integer);
CREATE TABLE "Purchase order" (product text, town text, day date, net numeric, open boolean DEFAULT true);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS line,
    steering.attach('"Purchase order"', 'product', 'town', 'day', 'net', counts_when => 'open', stage => 'commitment', unknown => 'ignore') > 0 AS purchase_order;
SELECT count(steering.set_cap('views.ict', participant, 'budget', '[2026-01-01,2027-01-01)', 1000, ladder))
FROM (VALUES ('views.region', '100% warn'), ('views.town', '50% notify, 80% warn, 110% block'), ('views.district', '0.5% notify, +1 block'), ('views.village', '100% block')) AS cap (participant, ladder);
SELECT steering.set_cap('views.desk', 'views.town', 'volume', '[2026-03-01,2026-04-01)', 0, '100% notify, +10 block') > 0 AS volume;
INSERT INTO line VALUES
    ('views.desk', 'views.town', '2026-03-01', 100.12345, 1), ('views.desk', 'views.town', '2026-03-31', 200, 2),
    ('views.ict', 'views.town', '2026-04-01', 50, NULL), ('views.desk', 'views.district', '2026-03-01', 4.9999, 4),
    ('views.desk', 'views.village', '2026-03-01', 1000, 0), ('views.desk', 'views.village', '2026-12-31', NULL, 1),
    ('views.desk', 'views.region', '2027-01-01', -10, 1);
INSERT INTO "Purchase order" VALUES
    ('views.desk', 'views.town', '2026-03-15', 500, true), ('views.desk', 'views.town', '2026-03-15', 500, false),
    ('views.desk', 'views.nowhere', '2026-03-15', 500, true), ('views.ict', 'views.village', '2026-01-02', 0, true);
-- booked and taken back: a cell without bookings is not shown
INSERT INTO line VALUES ('views.ict', 'views.district', '2026-08-01', 1, 1);
DELETE FROM line WHERE day = '2026-08-01';

-- Who may select from steering.cap reads all.
GRANT SELECT ON steering.cap TO regress_analyst;
SET ROLE regress_analyst;
SELECT service, participant, metric, valid_from, valid_to, amount, used, used_percent, blocks_at, headroom, step, ladder
FROM steering.cap_status WHERE service LIKE 'views.%' ORDER BY service, participant, metric;
SELECT * FROM steering.booking WHERE service LIKE 'views.%' ORDER BY source COLLATE "C", booked_on, participant, amount;
SELECT * FROM steering.usage_by_month WHERE service LIKE 'views.%' ORDER BY service, participant, month, stage;
SELECT kind, service, participant, threshold, used FROM steering.event WHERE service LIKE 'views.%' ORDER BY event_id;
SELECT count(*) FROM steering.readable_participant JOIN steering.cap USING (participant_id) JOIN steering.cap_status USING (cap_id) WHERE cap_status.service LIKE 'views.%';
RESET ROLE;

-- The sums agree with each other.
SELECT service, participant, sum(amount), sum(volume), sum(bookings) FROM steering.usage_by_month WHERE service LIKE 'views.%' GROUP BY service, participant
EXCEPT
SELECT service, participant, sum(amount), sum(volume), count(*) FROM steering.booking WHERE service LIKE 'views.%' GROUP BY service, participant;

-- A reader sees its participant and what is below it; so does a member of the role.
CREATE VIEW visible AS
    SELECT 'cap_status' AS view, participant, count(*) FROM steering.cap_status WHERE service LIKE 'views.%' GROUP BY participant
    UNION ALL SELECT 'booking', participant, count(*) FROM steering.booking WHERE service LIKE 'views.%' GROUP BY participant
    UNION ALL SELECT 'usage_by_month', participant, count(*) FROM steering.usage_by_month WHERE service LIKE 'views.%' GROUP BY participant
    UNION ALL SELECT 'event', participant, count(*) FROM steering.event WHERE service LIKE 'views.%' GROUP BY participant;
ALTER VIEW visible SET (security_invoker = true);
GRANT USAGE ON SCHEMA views_test TO PUBLIC;
GRANT SELECT ON visible TO PUBLIC;
SET ROLE regress_clerk;
SELECT * FROM visible ORDER BY 1, 2;
SELECT count(*) AS participants FROM steering.readable_participant;
SET ROLE regress_region;
SELECT * FROM visible ORDER BY 1, 2;
SET ROLE regress_stranger;
SELECT * FROM visible ORDER BY 1, 2;
SELECT count(*) AS participants FROM steering.readable_participant;
RESET ROLE;
-- a reader is appointed and dismissed; a role that is gone reads nothing
UPDATE steering.participant SET reader = 'regress_stranger' WHERE code = 'views.village';
UPDATE steering.participant SET reader = NULL WHERE code = 'views.town';
SET ROLE regress_stranger;
SELECT DISTINCT participant FROM visible ORDER BY 1;
SET ROLE regress_clerk;
SELECT * FROM visible;
RESET ROLE;
DROP ROLE regress_stranger;
SELECT count(*) FROM steering.cap_status WHERE service LIKE 'views.%';

-- Nobody reads the tables below, or other rows by a function that tells what it is given.
UPDATE steering.participant SET reader = 'regress_town' WHERE code = 'views.town';
SET ROLE regress_clerk;
CREATE FUNCTION pg_temp.tell(text, numeric) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    IF $1 NOT IN ('views.town', 'views.district') THEN
        RAISE NOTICE '% %', $1, $2;
    END IF;
    RETURN false;
END
$$;
SELECT participant FROM steering.cap_status WHERE pg_temp.tell(participant, used) ORDER BY 1;
SELECT participant FROM steering.usage_by_month WHERE pg_temp.tell(participant, amount) AND month = '2026-03-01' AND stage = 'commitment';
SELECT participant FROM steering.booking WHERE pg_temp.tell(participant, amount) AND amount > 400;
SELECT participant FROM steering.event WHERE pg_temp.tell(participant, used) AND kind = 'warn';
SELECT * FROM steering.participant;
SELECT * FROM steering.service;
SELECT * FROM steering.cap;
SELECT * FROM steering.cap_counter;
SELECT * FROM steering.usage_cell;
SELECT * FROM steering.source;
SELECT * FROM steering.source_name;
SELECT * FROM steering.difference;
SELECT * FROM steering.verify();
SELECT * FROM steering.cap_tally('{1}');
INSERT INTO steering.event (kind, cap_id, service, participant, participant_id, metric, during) VALUES ('notify', 1, 'x', 'x', 1, 'budget', '(,)');
DELETE FROM steering.event;
UPDATE steering.cap_status SET amount = 0;
DELETE FROM steering.readable_participant;
RESET ROLE;

-- Views do not hold on to what they show: an attached table can be dropped.
DROP TABLE "Purchase order";
SELECT DISTINCT source FROM steering.booking WHERE service LIKE 'views.%';
SELECT service, participant, sum(amount) FROM steering.usage_by_month WHERE stage = 'commitment' GROUP BY service, participant;

-- Everything has a comment.
SELECT c.relname, a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'steering'::regnamespace AND c.relkind IN ('r', 'v') AND col_description(c.oid, a.attnum) IS NULL
UNION ALL
SELECT c.relname, NULL FROM pg_class c
WHERE c.relnamespace = 'steering'::regnamespace AND c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL
UNION ALL
SELECT p.oid::regprocedure::text, NULL FROM pg_proc p
WHERE p.pronamespace = 'steering'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL;

SELECT steering.detach('line');
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'views.%';
DROP SCHEMA views_test CASCADE;
DELETE FROM steering.service WHERE code LIKE 'views.%';
DELETE FROM steering.participant WHERE code LIKE 'views.%';
DROP OWNED BY regress_analyst, regress_region, regress_town, regress_clerk;
DROP ROLE regress_analyst, regress_region, regress_town, regress_clerk;
SELECT * FROM steering.verify();
