-- Caps: set, revised, dropped, spread over the year; what is counted when one is set.
\set VERBOSITY terse
CREATE SCHEMA caps_test;
SET search_path = caps_test;
SET datestyle = ISO;

INSERT INTO steering.participant (code, parent, name) VALUES
    ('caps.region', NULL, 'Region'), ('caps.town', 'caps.region', 'Town'), ('caps.village', 'caps.region', 'Village');
INSERT INTO steering.service (code, parent, name) VALUES
    ('caps.ict', NULL, 'ICT'), ('caps.desk', 'caps.ict', 'Desk'), ('caps.hr', NULL, 'HR');

CREATE VIEW status AS
    SELECT service, participant, metric, valid_from, valid_to, amount, used, used_percent AS "%", blocks_at, headroom, step, ladder
    FROM steering.cap_status WHERE service LIKE 'caps.%'
    ORDER BY service, participant, metric, valid_from, valid_to;
CREATE VIEW event AS
    SELECT kind, service, participant, metric, amount, ladder, threshold, used, role_name = session_user AS by_me, reason
    FROM steering.event WHERE service LIKE 'caps.%' ORDER BY event_id;
-- Runs a statement and shows what its error says; a cap's id is shown as N.
CREATE FUNCTION refusal(statement text) RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE
    code text; message text; detail text; hint text; schema text; relation text; cap text;
BEGIN
    EXECUTE statement;
    RETURN QUERY SELECT 'not refused', NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT, schema = SCHEMA_NAME, relation = TABLE_NAME, cap = CONSTRAINT_NAME;
    RETURN QUERY VALUES ('sqlstate', code), ('message', message), ('detail', detail), ('hint', hint),
        ('schema', schema), ('table', relation), ('constraint', regexp_replace(cap, '\d+', 'N'));
END
$$;

-- A new cap; by default it blocks at its limit.
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
TABLE status;
TABLE event;
-- The same scope: the same cap, revised. Other spellings of the range are the same days.
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2026-12-31]', 1200.000100) = :cap AS same_cap;
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '(2025-12-31,2027-01-01)', 1200.0001, '80% notify, 105% block', 'spring revision') = :cap AS same_cap;
-- without a ladder it keeps its own
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1250) = :cap AS same_cap;
-- nothing changes, so nothing is recorded
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1250) = :cap AS same_cap;
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1250.00000, '105.0 % block,  80% notify', 'unread') = :cap AS same_cap;
TABLE status;
TABLE event;
SELECT cap.revision, cap_counter.revision FROM steering.cap JOIN steering.cap_counter USING (cap_id) WHERE cap_id = :cap;
-- Another metric, service, participant or range is another cap.
SELECT count(DISTINCT set_cap) FROM (VALUES
    (steering.set_cap('caps.ict', 'caps.town', 'volume', '[2026-01-01,2027-01-01)', 10, '100% warn')),
    (steering.set_cap('caps.desk', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 0)),
    (steering.set_cap('caps.ict', 'caps.region', 'budget', '[2026-01-01,2027-01-01)', 5000, '100% warn, +40 block')),
    (steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2026-07-01)', 600))) AS cap (set_cap);
TABLE status;

-- What is wrong with a call is named, and nothing changes.
SELECT * FROM refusal($$SELECT steering.set_cap(NULL, 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1)$$);
SELECT steering.set_cap('caps.ict', NULL, 'budget', '[2026-01-01,2027-01-01)', 1);
SELECT steering.set_cap('caps.ict', 'caps.town', NULL, '[2026-01-01,2027-01-01)', 1);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', NULL, 1);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', NULL);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1, accept_overrun => NULL);
SELECT * FROM refusal($$SELECT steering.set_cap('caps.tci', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1)$$);
SELECT * FROM refusal($$SELECT steering.set_cap('caps.ict', 'caps.twon', 'budget', '[2026-01-01,2027-01-01)', 1)$$);
SELECT steering.set_cap('caps.ict', 'caps.town', 'money', '[2026-01-01,2027-01-01)', 1);
SELECT steering.set_cap('caps.ict', 'caps.town', 'Budget', '[2026-01-01,2027-01-01)', 1);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', 'empty', 1);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '(,)', 1);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,)', 1);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[-infinity,2027-01-01)', 1);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', -0.0001);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 'NaN');
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 'Infinity');
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 922337203685477.58075);
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1, '');
SELECT steering.set_cap('caps.ict', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1, '100% explode');
SELECT count(*) FROM status;
SELECT count(*) FROM event;
-- the largest limit that there is, and ranges at the ends of what a date can be
BEGIN;
SELECT steering.set_cap('caps.hr', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 922337203685477.5807, '200% warn') > 0 AS largest;
SELECT steering.set_cap('caps.hr', 'caps.town', 'budget', '[5874897-01-01,5874897-12-31)', 1) > 0 AS last_year,
    steering.set_cap('caps.hr', 'caps.town', 'budget', '[294276-12-01,300001-01-01)', 1) > 0 AS beyond_timestamps,
    steering.set_cap('caps.hr', 'caps.town', 'budget', '[4713-01-02 BC,4713-02-01 BC)', 1) > 0 AS first_year;
ROLLBACK;

SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'caps.%';

-- What is there already counts from the start: below the service and participant, in the range, half
-- months by the day.
CREATE TABLE line (
    id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    product text DEFAULT 'caps.desk', town text DEFAULT 'caps.village', day date, net numeric, pieces integer DEFAULT 1
);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS attached;
INSERT INTO line (day, net) VALUES
    ('2026-01-09', 1), ('2026-01-10', 10), ('2026-01-31', 100), ('2026-02-28', 1000),
    ('2026-03-01', 10000), ('2026-03-15', 100000), ('2026-03-16', 1000000);
CREATE FUNCTION used(service text, participant text, during daterange, metric text DEFAULT 'budget') RETURNS numeric LANGUAGE sql AS $$
    SELECT steering.set_cap(service, participant, metric, during, 0, '100% notify');
    SELECT cap_status.used FROM steering.cap_status
    WHERE cap_status.service = $1 AND cap_status.participant = $2 AND cap_status.metric = $4
        AND valid_from = lower($3) AND valid_to = upper($3) - 1;
$$;
SELECT during, used('caps.desk', 'caps.village', during)
FROM unnest('{"[2026-01-01,2026-04-01)", "[2026-01-10,2026-04-01)", "[2026-01-01,2026-03-16)", "[2026-01-10,2026-03-16)",
    "[2026-02-01,2026-03-01)", "[2026-01-10,2026-01-31)", "[2026-01-31,2026-02-01)", "[2026-01-31,2026-03-02)",
    "[2025-12-15,2026-01-10)", "[2026-03-16,2026-03-17)", "[2026-03-17,2028-01-01)", "[2025-01-01,2026-01-01)"}'::daterange[]) AS during;
SELECT used('caps.ict', 'caps.region', '[2026-01-10,2026-03-16)') AS above,
    used('caps.ict', 'caps.region', '[2026-01-10,2026-03-16)', 'volume') AS pieces,
    used('caps.ict', 'caps.town', '[2026-01-10,2026-03-16)') AS beside,
    used('caps.hr', 'caps.region', '[2026-01-10,2026-03-16)') AS other_service;
SELECT * FROM steering.verify();
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'caps.%' AND ladder = '100% notify';

-- A limit below usage: refused where the ladder blocks, unless the overrun is accepted.
DELETE FROM line WHERE net <> 1000;
SELECT * FROM refusal($$SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 999.9999)$$);
SELECT * FROM refusal($$SELECT steering.set_cap('caps.desk', 'caps.village', 'volume', '[2026-01-01,2027-01-01)', 0)$$);
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 900, '100% warn, +99.9999 block');
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 900, '100% warn, +100 block') AS cap \gset
TABLE status;
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 899);
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 900, '110% block');
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 10, '100% warn') = :cap AS advisory;
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 999, '100% block');
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 500, '100% block', accept_overrun => true) = :cap AS overrun;
-- then bookings may only lower usage; and the limit may be raised towards it, not lowered further
INSERT INTO line (day, net) VALUES ('2026-05-05', 0.0001);
INSERT INTO line (day, net) VALUES ('2026-05-05', -100);
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 600) = :cap AS raised;
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 600, '90% warn, 100% block') = :cap AS ladder_with_the_same_block;
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 599.9999);
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 1000) = :cap AS enough;
INSERT INTO line (day, net) VALUES ('2026-05-05', 100);
INSERT INTO line (day, net) VALUES ('2026-05-05', 0.0001);
-- a revision that is rolled back was not there
BEGIN;
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 2000) = :cap AS higher;
INSERT INTO line (day, net) VALUES ('2026-05-05', 500);
ROLLBACK;
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 1001) = :cap AS a_little_higher;
INSERT INTO line (day, net) VALUES ('2026-05-05', 500);
BEGIN;
SAVEPOINT before;
SELECT steering.set_cap('caps.desk', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 2000) = :cap AS higher;
INSERT INTO line (day, net) VALUES ('2026-05-05', 500);
ROLLBACK TO before;
INSERT INTO line (day, net) VALUES ('2026-05-05', 500);
COMMIT;
TABLE status;
SELECT kind, amount, ladder, threshold, used FROM event WHERE service = 'caps.desk' AND participant = 'caps.village' AND amount > 0;
SELECT * FROM steering.verify();

-- A cap ends.
SELECT steering.drop_cap(:cap, 'not needed');
SELECT kind, service, participant, metric, amount, ladder, used, reason FROM event WHERE kind = 'dropped' AND amount > 0;
INSERT INTO line (day, net) VALUES ('2026-05-05', 500);
SELECT count(*) FROM steering.cap_counter WHERE cap_id = :cap;
SELECT steering.drop_cap(NULL);
SELECT * FROM refusal('SELECT steering.drop_cap(0)');
DELETE FROM line;

-- Spread over months: cumulative, the last one is the cap itself.
SELECT steering.set_cap('caps.hr', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 1000, '90% notify, 100% block') AS cap \gset
SELECT count(*), max(cap) = :cap OR :cap = (array_agg(cap))[12] AS cap_itself_last FROM steering.spread_cap(:cap) AS cap;
SELECT valid_to, amount, ladder FROM status WHERE service = 'caps.hr';
-- again, by another profile: the same caps, revised; weights of any size, zeros among them
SELECT count(*) FROM steering.spread_cap(:cap, 'month', '{1,0,0,2,2,2,0,0,1,1,1,0.5}', '100% warn', 'seasonal');
SELECT valid_to, amount, ladder FROM status WHERE service = 'caps.hr';
SELECT count(*) FROM steering.cap_status WHERE service = 'caps.hr';
SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'caps.hr' AND cap_id <> :cap;
-- over quarters; a third is rounded half away from zero, and the last one is exact
SELECT count(*) FROM steering.spread_cap(:cap, per => 'quarter', profile => '{1,1,1,0}');
SELECT valid_from, valid_to, amount, ladder FROM status WHERE service = 'caps.hr';
SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'caps.hr';
-- sums that a double could not hold, ranges of less and of more than a year
SELECT steering.set_cap('caps.hr', 'caps.town', 'volume', '[2026-02-01,2027-04-01)', 922337203685477.5807, '100% warn') AS cap \gset
SELECT count(*) FROM steering.spread_cap(:cap, 'quarter', '{0.1,0.2,0.3,0.4,0.5}');
SELECT valid_to, amount, ladder FROM status WHERE service = 'caps.hr';
SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'caps.hr';
SELECT steering.set_cap('caps.hr', 'caps.town', 'budget', '[2026-02-01,2026-03-01)', 1) AS cap \gset
SELECT spread_cap = :cap AS itself FROM steering.spread_cap(:cap);
-- what is wrong is named
SELECT steering.set_cap('caps.hr', 'caps.town', 'budget', '[2026-02-01,2026-06-01)', 1) AS until_may \gset
SELECT steering.set_cap('caps.hr', 'caps.town', 'budget', '[2026-01-02,2026-07-01)', 1) AS from_second \gset
SELECT * FROM steering.spread_cap(NULL);
SELECT * FROM steering.spread_cap(0);
SELECT * FROM steering.spread_cap(:cap, NULL);
SELECT * FROM steering.spread_cap(:cap, 'week');
SELECT field, regexp_replace(value, 'cap \d+', 'cap N') AS value FROM refusal(format('SELECT * FROM steering.spread_cap(%s, %L)', :until_may, 'quarter'));
SELECT field, regexp_replace(value, 'cap \d+', 'cap N') AS value FROM refusal(format('SELECT * FROM steering.spread_cap(%s)', :from_second));
SELECT field, regexp_replace(value, 'cap \d+', 'cap N') AS value FROM refusal(format('SELECT * FROM steering.spread_cap(%s, profile => %L)', :until_may, '{1,2,3}'));
SELECT field, regexp_replace(value, 'cap \d+', 'cap N') AS value FROM refusal(format('SELECT * FROM steering.spread_cap(%s, profile => %L)', :until_may, '{}')) WHERE field = 'message';
SELECT * FROM steering.spread_cap(:until_may, profile => '{0,0,0,0}');
SELECT * FROM steering.spread_cap(:until_may, profile => '{1,NULL,1,1}');
SELECT * FROM steering.spread_cap(:until_may, profile => '{1,-1,1,1}');
SELECT * FROM steering.spread_cap(:until_may, profile => '{1,NaN,1,1}');
SELECT * FROM steering.spread_cap(:until_may, profile => '{1,Infinity,1,1}');
SELECT * FROM steering.spread_cap(:until_may, profile => '{{1,1},{1,1}}');
SELECT * FROM steering.spread_cap(:until_may, ladder => '100%');
-- usage that a step has no room for
INSERT INTO line (product, town, day, net) VALUES ('caps.hr', 'caps.town', '2026-03-03', 0.5);
SELECT * FROM steering.spread_cap(:until_may, profile => '{1,0.9,1,1}');
SELECT count(*) FROM steering.spread_cap(:until_may, profile => '{1,1,1,1}');
SELECT valid_from, valid_to, amount, used FROM status WHERE service = 'caps.hr';

-- A controller needs the right to call the functions, and none on the tables.
CREATE ROLE regress_controller;
SET ROLE regress_controller;
SELECT steering.set_cap('caps.hr', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 1000);
SELECT steering.drop_cap(:cap);
SELECT * FROM steering.spread_cap(:cap);
RESET ROLE;
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.drop_cap, steering.spread_cap TO regress_controller;
GRANT USAGE ON SCHEMA caps_test TO regress_controller;
SET ROLE regress_controller;
SELECT steering.set_cap('caps.hr', 'caps.village', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
SELECT count(*) FROM steering.spread_cap(:cap, 'quarter');
-- no figures of bookings for who may not read them
SELECT * FROM refusal($$SELECT steering.set_cap('caps.hr', 'caps.town', 'budget', '[2026-01-01,2027-01-01)', 0)$$);
SELECT steering.drop_cap(:cap);
SELECT count(*) FROM steering.cap;
SELECT count(*) FROM steering.cap_status WHERE service LIKE 'caps.%';
RESET ROLE;
DROP OWNED BY regress_controller;
DROP ROLE regress_controller;

SELECT steering.detach('line');
SELECT * FROM steering.verify();
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'caps.%';
DROP SCHEMA caps_test CASCADE;
DELETE FROM steering.service WHERE code LIKE 'caps.%';
DELETE FROM steering.participant WHERE code LIKE 'caps.%';
