-- The caps that follow from agreements: listed first, then set; which follow from which form.
\set VERBOSITY terse
CREATE SCHEMA agreement_caps_test;
SET search_path = agreement_caps_test;
SET datestyle = ISO;
SET jit = off;

INSERT INTO steering.participant (code, parent, name) VALUES
    ('agc.region', NULL, 'Region'), ('agc.town', 'agc.region', 'Town'), ('agc.village', 'agc.region', 'Village');
INSERT INTO steering.service (code, parent, name) VALUES
    ('agc.ict', NULL, 'ICT'), ('agc.desk', 'agc.ict', 'Desk'), ('agc.net', 'agc.ict', 'Network'), ('agc.hr', NULL, 'HR');
SELECT steering.set_allocation_key('agc.people', 'Inhabitants', 'inhabitants') > 0 AS key_made;
CREATE FUNCTION planned(period text) RETURNS TABLE (service text, participant text, metric text, during daterange, amount numeric,
    ladder text, present numeric, used numeric, action text, obstacle text) LANGUAGE sql AS $$
    SELECT * FROM steering.planned_cap(period) AS planned WHERE planned.service LIKE 'agc.%'
$$;
CREATE VIEW cap AS
    SELECT service, participant, metric, valid_from, valid_to, amount, ladder FROM steering.cap_status
    WHERE service LIKE 'agc.%' ORDER BY service, participant, metric, valid_from;

-- Of a lump sum its base, of price and volume their product, of a base its base, of shared cost its estimate; and the volumes.
SELECT steering.set_agreement('agc.hr', 'agc.town', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1000) > 0 AS made;
SELECT steering.set_agreement('agc.desk', 'agc.town', '[2026-01-01,2027-01-01)', 'price_volume', volume => 700, price => 0.3333) > 0 AS made;
SELECT steering.set_agreement('agc.desk', 'agc.village', '[2026-01-01,2027-01-01)', 'price_volume', price => 3) > 0 AS made;
SELECT steering.set_agreement('agc.net', 'agc.town', '[2026-04-01,2027-04-01)', 'base_plus', base => 500, volume => 10, price => 40) > 0 AS made;
SELECT steering.set_agreement('agc.hr', 'agc.village', '[2025-01-01,2029-01-01)', 'key_share', base => 4000, allocation_key => 'agc.people') > 0 AS made;
SELECT steering.set_agreement('agc.net', 'agc.village', '[2025-01-01,2029-01-01)', 'key_share', allocation_key => 'agc.people') > 0 AS made;
SELECT * FROM planned('2026');
-- for a part of the months their exact share
SELECT service, participant, metric, during, amount FROM planned('2026-Q2') WHERE obstacle IS NULL;
SELECT metric, count(*), sum(amount) FROM generate_series('2026-01-01'::timestamp, '2026-12-01', '1 month') AS month
CROSS JOIN LATERAL planned(to_char(month, 'YYYY-MM')) WHERE service = 'agc.desk' AND participant = 'agc.town' GROUP BY metric;
-- the list has changed nothing
TABLE cap;

-- They are set as listed; again nothing is to be done, and what has changed is revised.
SELECT service, participant, metric, during, amount, action FROM steering.caps_from_agreements('2026', reason => 'contracts 2026') WHERE service LIKE 'agc.%' ORDER BY 1, 2, 3;
TABLE cap;
SELECT kind, service, metric, reason FROM steering.event WHERE service = 'agc.desk' ORDER BY event_id;
SELECT action, count(*) FROM planned('2026') WHERE amount IS NOT NULL GROUP BY 1;
SELECT steering.set_agreement('agc.hr', 'agc.town', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1100) > 0 AS revised;
SELECT * FROM planned('2026') WHERE action = 'revise';
SELECT cap_id = (SELECT cap_id FROM steering.cap_status WHERE service = caps.service AND participant = caps.participant AND cap_status.metric = caps.metric) AS the_cap, service, action
FROM steering.caps_from_agreements('2026') AS caps WHERE service LIKE 'agc.%' ORDER BY 2, 3;
-- a ladder is for all; without one a cap keeps its own
SELECT count(*) FROM steering.caps_from_agreements('2026', '90% warn, 110% block') WHERE service LIKE 'agc.%';
SELECT count(*) FROM steering.caps_from_agreements('2026') WHERE service LIKE 'agc.%';
SELECT DISTINCT ladder FROM cap;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'agc.%';

-- A cap limits what nearer agreements cover too, so it has room for them: for as long as they last.
SELECT steering.set_agreement('agc.ict', 'agc.region', '[2026-01-01,2027-01-01)', 'lump_sum', base => 10000) > 0 AS made;
SELECT service, participant, metric, amount, ladder, obstacle FROM planned('2026') WHERE service = 'agc.ict';
SELECT steering.set_agreement('agc.desk', 'agc.village', '[2026-01-01,2027-01-01)', 'price_volume', price => 3, volume => 20) > 0 AS revised;
SELECT service, participant, metric, amount, ladder, obstacle FROM planned('2026') WHERE service = 'agc.ict';
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service = 'agc.net' AND participant = 'agc.village';
-- 10000 + 0.3333 * 700 + 3 * 20 + 9 months of 12 of 500; more than that is agreed at a price, so it warns
SELECT service, participant, metric, amount, ladder, obstacle FROM planned('2026') WHERE service = 'agc.ict';
SELECT service, participant, metric, amount, ladder, obstacle FROM planned('2026-01') WHERE service = 'agc.ict';
-- an agreement with a group for a nearer service covers a part of what a member has
SELECT steering.set_agreement('agc.ict', 'agc.town', '[2026-01-01,2027-01-01)', 'lump_sum', base => 3000) > 0 AS made;
SELECT service, participant, amount, obstacle FROM planned('2026') WHERE participant = 'agc.town' AND metric = 'budget';
SELECT steering.set_agreement('agc.desk', 'agc.region', '[2026-07-01,2027-01-01)', 'lump_sum', base => 6000) > 0 AS made;
SELECT service, participant, during, amount, obstacle FROM planned('2026') WHERE service IN ('agc.ict', 'agc.desk') AND metric = 'budget';
SELECT service, participant, during, amount, obstacle FROM planned('2026-Q2') WHERE service = 'agc.ict' AND participant = 'agc.town';

-- A limit below usage is refused, and then none is set; unless the overrun is accepted.
CREATE TABLE line (service text, participant text, day date, net numeric, pieces numeric);
SELECT steering.attach('line', 'service', 'participant', 'day', 'net', 'pieces') > 0 AS attached;
INSERT INTO line VALUES ('agc.hr', 'agc.town', '2026-05-05', 1500, 1);
SELECT metric, amount, used, action FROM planned('2026') WHERE service = 'agc.hr' AND participant = 'agc.town';
SELECT count(*) FROM steering.caps_from_agreements('2026');
TABLE cap;
SELECT count(*) FROM steering.caps_from_agreements('2026', accept_overrun => true) WHERE service = 'agc.hr';
SELECT metric, amount, used, headroom FROM steering.cap_status WHERE service = 'agc.hr' AND participant = 'agc.town';
INSERT INTO line VALUES ('agc.hr', 'agc.town', '2026-05-05', 1, 1);

-- What is wrong with a call is named.
SELECT * FROM steering.planned_cap(NULL);
SELECT * FROM steering.planned_cap('2026-13');
SELECT * FROM steering.planned_cap('[2026-01-02,2026-02-01)');
SELECT * FROM steering.caps_from_agreements('year');
SELECT * FROM steering.caps_from_agreements('2026', '100% explode');

-- It takes the right to set caps, and the right to see what would be set.
CREATE ROLE regress_sp71_steward;
SET ROLE regress_sp71_steward;
SELECT * FROM steering.planned_cap('2026');
SELECT * FROM steering.caps_from_agreements('2026');
RESET ROLE;
GRANT EXECUTE ON FUNCTION steering.caps_from_agreements TO regress_sp71_steward;
SET ROLE regress_sp71_steward;
SELECT * FROM steering.caps_from_agreements('2026');
RESET ROLE;
GRANT EXECUTE ON FUNCTION steering.planned_cap TO regress_sp71_steward;
SET ROLE regress_sp71_steward;
SELECT count(*) > 0 AS listed FROM steering.planned_cap('2026');
SELECT * FROM steering.caps_from_agreements('2026');
RESET ROLE;
GRANT EXECUTE ON FUNCTION steering.set_cap TO regress_sp71_steward;
SET ROLE regress_sp71_steward;
SELECT count(*) > 0 AS set FROM steering.caps_from_agreements('2026', accept_overrun => true);
RESET ROLE;
REVOKE ALL ON FUNCTION steering.caps_from_agreements, steering.planned_cap, steering.set_cap FROM regress_sp71_steward;
DROP ROLE regress_sp71_steward;

-- Random agreements in trees: each cap is the sum of what the agreements in its scope have in its months.
SELECT count(steering.drop_cap(cap_id)) > 0 AS dropped FROM steering.cap_status WHERE service LIKE 'agc.%';
SELECT count(*) > 0 AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE service LIKE 'agc.%';
INSERT INTO steering.participant (code, parent, name) SELECT 'agc.p' || n, CASE WHEN n > 1 THEN 'agc.p' || n / 2 END, 'p' FROM generate_series(1, 9) AS n;
INSERT INTO steering.service (code, parent, name) SELECT 'agc.s' || n, CASE WHEN n > 2 THEN 'agc.s' || n / 3 + 1 END, 's' FROM generate_series(1, 12) AS n;
\set seed 0.4
\echo seed :seed
SELECT setseed(:seed) IS NOT NULL AS seeded;
CREATE TABLE random_agreement AS
SELECT service, participant, during, CASE kind WHEN 1 THEN base WHEN 2 THEN round(volume * price, 2) END AS cost, volume, kind,
    steering.set_agreement(service, participant, during, CASE kind WHEN 1 THEN 'lump_sum' ELSE 'price_volume' END,
        base => CASE kind WHEN 1 THEN base END, volume => volume, price => CASE kind WHEN 1 THEN NULL ELSE price END) AS agreement_id
FROM (SELECT DISTINCT ON (service, participant, half) service, participant,
        daterange(half, (half + (1 + floor(random() * 6)) * interval '1 month')::date) AS during,
        CASE WHEN random() < 0.6 THEN 1 WHEN random() < 0.9 THEN 2 ELSE 3 END AS kind,
        round((random() * 1e5)::numeric, 2) AS base, round((random() * 1e3)::numeric, 4) AS some_volume, round((random() * 100)::numeric, 4) AS price
      FROM (SELECT 'agc.s' || 1 + floor(random() * 12) AS service, 'agc.p' || 1 + floor(random() * 9) AS participant,
                ('2030-01-01'::date + floor(random() * 4) * interval '6 months')::date AS half
            FROM generate_series(1, 160)) AS drawn) AS drawn
CROSS JOIN LATERAL (SELECT CASE WHEN kind = 2 OR kind = 1 AND some_volume > 300 THEN some_volume END AS volume) AS contracted;
CREATE FUNCTION is_below(noun text, code text, top text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    WHILE code IS NOT NULL LOOP
        IF code = top THEN RETURN true; END IF;
        EXECUTE format('SELECT parent FROM steering.%I WHERE code = $1', noun) INTO code USING code;
    END LOOP;
    RETURN false;
END $$;
CREATE FUNCTION share(total numeric, during daterange, days daterange) RETURNS numeric LANGUAGE sql AS $$
    SELECT steering.agreement_share(total::steering.amount, during, days)
$$;
WITH period (name) AS (VALUES ('2030'), ('2030-Q3'), ('2031-02'), ('[2030-06-01,2031-09-01)')
), expected AS (
    SELECT period.name, top.service, top.participant, top.during * steering.period_range(period.name) AS days, metric,
        CASE metric WHEN 'budget' THEN sum(share(part.cost, part.during, top.during * steering.period_range(period.name)))
            ELSE sum(steering.agreement_share(part.volume::steering.amount, part.during, top.during * steering.period_range(period.name), 4)::numeric) END AS amount,
        bool_or(CASE metric WHEN 'budget' THEN part.cost ELSE part.volume END IS NULL) OR EXISTS (
            SELECT FROM random_agreement AS across
            WHERE across.during && (top.during * steering.period_range(period.name)) AND across.service <> top.service AND across.participant <> top.participant
                AND is_below('service', across.service, top.service) AND is_below('participant', top.participant, across.participant)) AS none
    FROM period CROSS JOIN (VALUES ('budget'), ('volume')) AS kinds (metric)
    JOIN random_agreement AS top ON top.during && steering.period_range(period.name)
    JOIN random_agreement AS part ON part.during && (top.during * steering.period_range(period.name))
        AND is_below('service', part.service, top.service) AND is_below('participant', part.participant, top.participant)
    WHERE metric = 'budget' OR top.volume IS NOT NULL
    GROUP BY period.name, top.service, top.participant, top.during, metric
), answer AS (
    SELECT period.name, service, participant, during AS days, metric, amount, obstacle IS NOT NULL AS none
    FROM period CROSS JOIN LATERAL planned(period.name)
)
SELECT (SELECT count(*) FROM expected) > 200 AS many, (SELECT count(*) FILTER (WHERE none) BETWEEN 30 AND 0.9 * count(*) FROM expected) AS some_without,
    count(*) FILTER (WHERE expected.none IS DISTINCT FROM answer.none) AS wrong_obstacles,
    count(*) FILTER (WHERE NOT expected.none AND expected.amount IS DISTINCT FROM answer.amount) AS wrong_amounts
FROM expected FULL JOIN answer USING (name, service, participant, days, metric);
CREATE TABLE set_cap AS SELECT * FROM steering.caps_from_agreements('2030') WHERE service LIKE 'agc.%';
SELECT count(*) > 20 AS many, count(*) FILTER (WHERE cap_status.amount IS DISTINCT FROM set_cap.amount) AS wrong
FROM set_cap LEFT JOIN steering.cap_status USING (cap_id);

SELECT count(steering.drop_cap(cap_id)) > 0 AS dropped FROM steering.cap_status WHERE service LIKE 'agc.%';
SELECT count(*) > 0 AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE service LIKE 'agc.%';
SELECT steering.drop_allocation_key('agc.people');
SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA agreement_caps_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'agc.%';
DELETE FROM steering.participant WHERE code LIKE 'agc.%';
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
