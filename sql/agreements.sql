-- Agreements: made, revised, ended; refused when wrong; their shares of months; what they cover and charge.
\set VERBOSITY terse
CREATE SCHEMA agreements_test;
SET search_path = agreements_test;
SET datestyle = ISO;
SET jit = off;

INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
    ('agr.region', NULL, 'Region', NULL), ('agr.town', 'agr.region', 'Town', 3000), ('agr.village', 'agr.region', 'Village', 1000),
    ('agr.other', NULL, 'Other', 500);
INSERT INTO steering.service (code, parent, name, unit) VALUES
    ('agr.ict', NULL, 'ICT', NULL), ('agr.desk', 'agr.ict', 'Desk', 'workplace'), ('agr.net', 'agr.ict', 'Network', 'port'),
    ('agr.hr', NULL, 'HR', NULL);
SELECT steering.set_allocation_key('agr.people', 'Inhabitants', 'inhabitants') > 0 AS key_made;

CREATE VIEW status AS
    SELECT service, participant, valid_from, valid_to, form, base, volume, unit, price, key, unused_percent AS "unused %",
        advance, incentive_maximum AS incentive, agreed_cost
    FROM steering.agreement_status WHERE service LIKE 'agr.%'
    ORDER BY service, participant, valid_from;
CREATE VIEW event AS
    SELECT revision, kind, service, participant, valid_from, form, base, volume, price, key, role_name = session_user AS by_me, reason
    FROM steering.agreement_event WHERE service LIKE 'agr.%' ORDER BY agreement_id, revision;

-- Each form has its own terms.
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2026-01-01,2027-01-01)', 'lump_sum', base => 100000) AS hr \gset
SELECT steering.set_agreement('agr.desk', 'agr.town', '[2026-01-01,2027-01-01)', 'price_volume', volume => 1200, price => 83.3333,
    unused_percent => 60, advance => 8000, incentive_maximum => 2500, reason => 'contract 2026') > 0 AS made;
SELECT steering.set_agreement('agr.desk', 'agr.village', '[2026-01-01,2026-07-01)', 'price_volume', price => 90) > 0 AS made;
SELECT steering.set_agreement('agr.net', 'agr.town', '[2026-01-01,2027-01-01)', 'base_plus', base => 30000, volume => 600, price => 55) > 0 AS made;
SELECT steering.set_agreement('agr.ict', 'agr.region', '[2025-01-01,2029-01-01)', 'key_share', allocation_key => 'agr.people') > 0 AS made;
SELECT steering.set_agreement('agr.hr', 'agr.village', '[2026-01-01,2027-01-01)', 'lump_sum', base => 0, volume => 40) > 0 AS made;
SELECT steering.set_agreement('agr.hr', 'agr.other', '[2026-01-01,2027-01-01)', 'key_share', base => 5000, allocation_key => 'agr.people') > 0 AS made;
TABLE status;

-- The same service, participant and range: the same agreement, with other terms in place of all it had.
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2026-01-01,2026-12-31]', 'base_plus', 90000, 10, 1000, reason => 'spring') = :hr AS same;
SELECT steering.set_agreement('agr.hr', 'agr.town', '(2025-12-31,2027-01-01)', 'lump_sum', 95000, advance => 7000) = :hr AS same;
-- nothing changes, so nothing is recorded; decimals after the fourth are rounded first
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2026-01-01,2027-01-01)', 'lump_sum', 95000.00004, advance => 7000, reason => 'unread') = :hr AS same;
SELECT * FROM status WHERE service = 'agr.hr' AND participant = 'agr.town';
SELECT * FROM event WHERE service = 'agr.hr' AND participant = 'agr.town';

-- What is wrong with a call is named, and nothing changes.
SELECT count(*) AS events FROM event \gset
SELECT steering.set_agreement(NULL, 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', NULL, '[2027-01-01,2028-01-01)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', NULL, 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', NULL, 1);
SELECT steering.set_agreement('agr.rh', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.twon', '[2027-01-01,2028-01-01)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'key_share', allocation_key => 'agr.poeple');
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'barter', 1);
-- whole months, from a first to a last
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-02,2028-01-01)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2027-12-31)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', 'empty', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '(,2028-01-01)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,infinity)', 'lump_sum', 1);
-- terms that a form needs, or does not have
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum');
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1, price => 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1, allocation_key => 'agr.people');
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1, 1, unused_percent => 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'price_volume', volume => 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'price_volume', 1, 1, 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'price_volume', price => 1, unused_percent => 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'base_plus', 1, 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'base_plus', 1, price => 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'base_plus', volume => 1, price => 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'base_plus', 1, 1, 1, unused_percent => 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'key_share', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'key_share', volume => 1, allocation_key => 'agr.people');
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'key_share', price => 1, allocation_key => 'agr.people');
-- figures that make no sense, or do not fit
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', -0.01);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 0.001);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 'NaN');
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1, -1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'price_volume', price => -0.0001);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'price_volume', volume => 1, price => 1, unused_percent => 100.01);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'price_volume', volume => 1, price => 1, unused_percent => -1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'price_volume', volume => 1, price => 1, unused_percent => 'NaN');
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'price_volume', volume => 900719925474, price => 900719925474);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1, advance => -1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1, advance => 0.005);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1, incentive_maximum => -1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1, incentive_maximum => 0.999);
-- months that another agreement of the service and participant has already
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2026-12-01,2027-12-01)', 'lump_sum', 1);
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2025-01-01,2028-01-01)', 'lump_sum', 1);
SELECT count(*) = :events AS nothing_recorded FROM event;
-- those next to it, and those of others, are free
BEGIN;
SELECT count(steering.set_agreement(service, participant, during, 'lump_sum', 1)) FROM (VALUES
    ('agr.hr', 'agr.town', '[2027-01-01,2027-02-01)'::daterange), ('agr.hr', 'agr.town', '[2025-12-01,2026-01-01)'),
    ('agr.hr', 'agr.region', '[2026-01-01,2027-01-01)'), ('agr.ict', 'agr.town', '[2026-03-01,2026-04-01)')) AS free (service, participant, during);
ROLLBACK;

-- An agreement ends; what it was stays on record.
SELECT steering.drop_agreement(:hr, 'merged');
SELECT * FROM event WHERE service = 'agr.hr' AND participant = 'agr.town';
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2026-01-01,2027-01-01)', 'lump_sum', base => 100000) <> :hr AS another;
SELECT steering.drop_agreement(0);
SELECT steering.drop_agreement(NULL);

-- What an agreement refers to stays.
DELETE FROM steering.participant WHERE code = 'agr.other';
DELETE FROM steering.service WHERE code = 'agr.hr';
SELECT steering.drop_allocation_key('agr.people');

-- The share of some months in a total is exact however the months are cut.
SELECT month, steering.agreement_share(100::steering.amount, '[2026-01-01,2027-01-01)', daterange(month, (month + interval '1 month')::date)) AS share,
    sum(steering.agreement_share(100::steering.amount, '[2026-01-01,2027-01-01)', daterange(month, (month + interval '1 month')::date))) OVER (ORDER BY month) AS so_far
FROM (SELECT generate_series('2026-01-01'::timestamp, '2026-12-01', '1 month')::date AS month) AS month;
SELECT within, steering.agreement_share('-0.05', '[2026-01-01,2026-08-01)', within) AS share,
    steering.agreement_share('922337203685477.5807', '[2026-01-01,2026-08-01)', within, 4) AS largest,
    steering.agreement_share('922337203685477.5807', '[2026-01-01,2026-08-01)', within, 0) AS whole
FROM unnest('{"[2020-01-01,2040-01-01)", "[2025-01-01,2026-01-01)", "[2026-08-01,2026-09-01)", empty, "[2025-12-01,2026-02-01)",
    "[2026-02-01,2026-08-01)", "[2026-07-01,2027-08-01)"}'::daterange[]) AS within;
SELECT steering.agreement_share(1, '[2026-01-01,2026-08-01)', NULL) IS NULL AS of_nothing;
SELECT steering.agreement_share(1, '[2026-01-01,2026-08-02)', '[2026-01-01,2026-08-01)');
SELECT steering.agreement_share(1, '[2026-01-01,2026-08-01)', '(,2026-08-01)');
SELECT steering.agreement_share(1, '[2026-01-01,2026-08-01)', '[2026-01-01,2026-08-01)', 5);
-- random totals of either sign over random ranges, cut at random places into months or groups of them: the
-- shares add up, and each is what numeric makes of it
\set seed 0.71
\echo seed :seed
SELECT setseed(:seed) IS NOT NULL AS seeded;
CREATE TABLE random_share AS
SELECT case_number, months, decimals, first_day,
    (first_day + months * interval '1 month')::date AS end_day,
    CASE case_number % 10 WHEN 0 THEN 9223372036854.7758 * (random() - 0.5)::numeric ELSE round((1e6 * (random() - 0.5))::numeric, 4) END::steering.amount AS total
FROM (SELECT case_number, 1 + floor(random() * 40)::integer AS months, floor(random() * 5)::integer AS decimals,
        ('2000-01-01'::date + floor(random() * 600) * interval '1 month')::date AS first_day
      FROM generate_series(1, 4000) AS case_number) AS drawn;
CREATE TABLE random_part AS
SELECT case_number, from_month, to_month,
    steering.agreement_share(total, daterange(first_day, end_day),
        daterange((first_day + from_month * interval '1 month')::date, (first_day + to_month * interval '1 month')::date), decimals) AS share
FROM random_share CROSS JOIN LATERAL (
    SELECT coalesce(lag(cut) OVER (ORDER BY cut), 0) AS from_month, cut AS to_month
    FROM generate_series(1, months) AS cut
    WHERE cut = months OR hashint8(case_number * 1000 + cut) % 3 <> 0) AS part;
CREATE FUNCTION grown(total numeric, months integer, of_months integer, decimals integer) RETURNS numeric LANGUAGE sql AS $$
    SELECT CASE WHEN months = of_months THEN total
        ELSE sign(total) * div(2 * abs(total) * unit * months + of_months, 2 * of_months) / unit END
    FROM (SELECT ('1e' || decimals)::numeric AS unit) AS unit
$$;
ANALYZE random_share, random_part;
SELECT count(*) > 40000 AS many,
    count(*) FILTER (WHERE share <> grown(total, to_month, months, decimals) - grown(total, from_month, months, decimals)) AS wrong_shares
FROM random_part JOIN random_share USING (case_number);
SELECT count(*) AS cases, count(*) FILTER (WHERE total::numeric IS DISTINCT FROM parts) AS wrong_sums
FROM random_share LEFT JOIN (SELECT case_number, sum(share::numeric) AS parts FROM random_part GROUP BY case_number) AS part USING (case_number);

-- What agreements have in a range of months.
SELECT service.code AS service, participant.code AS participant, form, agreed.during, months, base, volume, price, agreed_cost, unused_percent AS "unused %", advance, incentive_maximum AS incentive
FROM steering.agreed_in('2026-06-01', '2026-08-01') AS agreed
JOIN steering.service USING (service_id) JOIN steering.participant USING (participant_id)
ORDER BY 1, 2;
SELECT count(*) FROM steering.agreed_in('2029-01-01', '2030-01-01') AS agreed JOIN steering.service USING (service_id) WHERE code LIKE 'agr.%';

-- An agreement covers what is booked on its service and below, for its participant and below, unless a nearer
-- one does: of the nearest service, then of the nearest participant. Commitments are not actual usage.
CREATE TABLE line (service text, participant text, day date, net numeric, pieces numeric);
CREATE TABLE order_line (LIKE line);
SELECT steering.attach('line', 'service', 'participant', 'day', 'net', 'pieces') > 0 AS attached,
    steering.attach('order_line', 'service', 'participant', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS ordered;
INSERT INTO line VALUES
    ('agr.desk', 'agr.town', '2026-01-31', 1, 1), ('agr.desk', 'agr.town', '2026-12-31', 10, 1),
    ('agr.desk', 'agr.village', '2026-06-30', 100, 2), ('agr.desk', 'agr.village', '2026-07-01', 1000, 3),
    ('agr.ict', 'agr.town', '2026-02-01', 10000, 0), ('agr.net', 'agr.region', '2026-02-01', 100000, 5),
    ('agr.hr', 'agr.region', '2026-02-01', 1000000, 7), ('agr.hr', 'agr.village', '2026-02-01', 0, 11),
    ('agr.hr', 'agr.village', '2025-12-31', 5, 13), ('agr.desk', 'agr.other', '2026-03-01', 17, 19),
    ('agr.desk', 'agr.town', '2027-01-01', 23, 29);
INSERT INTO order_line VALUES ('agr.desk', 'agr.town', '2026-01-31', 31, 37);
CREATE FUNCTION covered(first_day date, end_day date)
RETURNS TABLE (service text, participant text, first_month date, end_month date, by_service text, by_participant text, form text, amount numeric, volume numeric)
LANGUAGE sql AS $$
    SELECT service.code, participant.code, cover.first_month, cover.end_month, agreed.service, agreed.participant, cover.form, cover.amount, cover.volume
    FROM steering.agreement_cover($1, $2) AS cover
    JOIN steering.service ON service.service_id = cover.service_id
    JOIN steering.participant ON participant.participant_id = cover.participant_id
    LEFT JOIN steering.agreement_status AS agreed ON agreed.agreement_id = cover.agreement_id
    WHERE service.code LIKE 'agr.%'
    ORDER BY 1, 2, 3
$$;
SELECT * FROM covered('2026-01-01', '2027-01-01');
-- what is booked on a group is shared cost if one of its members shares cost by a key, and nothing else covers it
BEGIN;
SELECT steering.set_agreement('agr.hr', 'agr.town', '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'agr.people') > 0 AS revised;
SELECT * FROM covered('2026-02-01', '2026-03-01') WHERE service = 'agr.hr';
SELECT steering.set_agreement('agr.hr', 'agr.region', '[2026-02-01,2026-03-01)', 'lump_sum', 1) > 0 AS made;
SELECT * FROM covered('2026-02-01', '2026-03-01') WHERE service = 'agr.hr';
ROLLBACK;
-- random agreements and bookings in trees of three levels, against a search for each single booking
INSERT INTO steering.participant (code, name) VALUES ('agr.p1', 'p');
INSERT INTO steering.participant (code, parent, name) SELECT 'agr.p' || n, 'agr.p1', 'p' FROM generate_series(2, 4) AS n;
INSERT INTO steering.participant (code, parent, name) SELECT 'agr.p' || n, 'agr.p' || 2 + n % 3, 'p' FROM generate_series(5, 10) AS n;
INSERT INTO steering.service (code, parent, name) SELECT 'agr.s' || n, NULL, 's' FROM generate_series(1, 2) AS n;
INSERT INTO steering.service (code, parent, name) SELECT 'agr.s' || n, 'agr.s' || 1 + n % 2, 's' FROM generate_series(3, 6) AS n;
INSERT INTO steering.service (code, parent, name) SELECT 'agr.s' || n, 'agr.s' || 3 + n % 4, 's' FROM generate_series(7, 14) AS n;
CREATE TABLE random_agreement AS
SELECT agreement_id, service, participant, during, form
FROM (SELECT DISTINCT ON (service, participant, quarter) service, participant,
        daterange(quarter, (quarter + (1 + floor(random() * 3)) * interval '1 month')::date) AS during,
        CASE WHEN random() < 0.3 THEN 'key_share' ELSE 'lump_sum' END AS form
      FROM (SELECT 'agr.s' || 1 + floor(random() * 14) AS service, 'agr.p' || 1 + floor(random() * 10) AS participant,
                ('2030-01-01'::date + floor(random() * 4) * interval '3 months')::date AS quarter
            FROM generate_series(1, 150)) AS drawn) AS made,
    LATERAL steering.set_agreement(service, participant, during, form,
        base => CASE form WHEN 'lump_sum' THEN 1 END, allocation_key => CASE form WHEN 'key_share' THEN 'agr.people' END) AS agreement_id;
CREATE TABLE random_line (service text, participant text, day date, net numeric, pieces numeric);
INSERT INTO random_line SELECT 'agr.s' || 1 + floor(random() * 14), 'agr.p' || 1 + floor(random() * 10), '2029-12-01'::date + floor(random() * 440)::integer,
    round((random() * 1000)::numeric - 200, 4), floor(random() * 10) FROM generate_series(1, 5000);
INSERT INTO line SELECT * FROM random_line;
CREATE VIEW service_path AS
    WITH RECURSIVE path AS (
        SELECT code AS entry, code AS above, parent, 0 AS steps FROM steering.service
        UNION ALL SELECT entry, code, service.parent, steps + 1 FROM path JOIN steering.service ON code = path.parent)
    SELECT * FROM path;
CREATE VIEW participant_path AS
    WITH RECURSIVE path AS (
        SELECT code AS entry, code AS above, parent, 0 AS steps FROM steering.participant
        UNION ALL SELECT entry, code, participant.parent, steps + 1 FROM path JOIN steering.participant ON code = path.parent)
    SELECT * FROM path;
CREATE TABLE searched AS
SELECT line.*, found.service AS agreed_service, found.form, CASE WHEN found.shared THEN NULL ELSE found.agreement_id END AS agreement_id
FROM (SELECT row_number() OVER () AS number, random_line.* FROM random_line WHERE day >= '2030-01-01' AND day < '2031-01-01') AS line
LEFT JOIN LATERAL (
    SELECT agreement.*, up.above IS NULL AS shared
    FROM random_agreement AS agreement
    JOIN service_path ON service_path.entry = line.service AND service_path.above = agreement.service
    LEFT JOIN participant_path AS up ON up.entry = line.participant AND up.above = agreement.participant
    LEFT JOIN participant_path AS down ON down.entry = agreement.participant AND down.above = line.participant AND down.steps > 0
    WHERE line.day <@ agreement.during AND (up.above IS NOT NULL OR down.above IS NOT NULL AND form = 'key_share')
    ORDER BY service_path.steps, up.steps NULLS LAST
    LIMIT 1) AS found ON true;
WITH expected AS (
    SELECT service, participant, agreement_id, agreed_service, form, sum(net) AS amount, sum(pieces) AS volume
    FROM searched GROUP BY 1, 2, 3, 4, 5
), answer AS (
    SELECT service.code AS service, participant.code AS participant, agreement_id, agreed.code AS agreed_service, form, sum(amount) AS amount, sum(volume) AS volume
    FROM steering.agreement_cover('2030-01-01', '2031-01-01') AS cover
    JOIN steering.service ON service.service_id = cover.service_id
    JOIN steering.participant ON participant.participant_id = cover.participant_id
    LEFT JOIN steering.service AS agreed ON agreed.service_id = cover.agreed_service_id
    GROUP BY 1, 2, 3, 4, 5
)
SELECT (SELECT count(*) FROM searched) > 4000 AS many_bookings,
    (SELECT count(DISTINCT coalesce(form, 'none') || (agreement_id IS NULL)) FROM expected) AS kinds,
    (SELECT count(*) FROM (TABLE expected EXCEPT TABLE answer) AS x) AS missing,
    (SELECT count(*) FROM (TABLE answer EXCEPT TABLE expected) AS x WHERE amount <> 0 OR volume <> 0) AS wrong;
-- and in the sums that a settlement is made of, with all of it once more by itself
WITH expected AS (
    SELECT CASE form WHEN 'key_share' THEN 'shared_cost' ELSE CASE WHEN form IS NULL THEN 'other_cost' ELSE 'agreed_cost' END END AS line,
        coalesce(agreed_service, service) AS service, CASE WHEN form <> 'key_share' THEN agreement_id END AS agreement_id, sum(net) AS amount, sum(pieces) AS volume
    FROM searched GROUP BY 1, 2, 3
    UNION ALL
    SELECT 'booked_cost', NULL, NULL, sum(net), NULL FROM searched
), answer AS (
    SELECT line, code AS service, agreement_id, sum(amount) AS amount, sum(volume) AS volume
    FROM steering.settled_cost('2030-01-01', '2031-01-01') LEFT JOIN steering.service USING (service_id)
    GROUP BY 1, 2, 3
)
SELECT (SELECT count(*) FROM expected) > 80 AS many_sums, (SELECT count(DISTINCT line) FROM expected) AS kinds,
    (SELECT count(*) FROM (TABLE expected EXCEPT TABLE answer) AS x) AS missing,
    (SELECT count(*) FROM (TABLE answer EXCEPT TABLE expected) AS x WHERE amount <> 0 OR volume <> 0) AS wrong;
-- also where sums are more than an amount can hold
BEGIN;
INSERT INTO line VALUES ('agr.hr', 'agr.town', '2035-05-05', 900000000000000.0001, 600000000000000), ('agr.hr', 'agr.village', '2035-05-05', 900000000000000.0001, 600000000000000);
SELECT line, amount, volume FROM steering.settled_cost('2035-01-01', '2036-01-01') ORDER BY line;
DELETE FROM line WHERE day = '2035-05-05';
INSERT INTO line VALUES ('agr.hr', 'agr.town', '2035-05-05', -900000000000000, 0), ('agr.hr', 'agr.village', '2035-05-05', -900000000000000, 0);
SELECT line, amount, volume FROM steering.settled_cost('2035-01-01', '2036-01-01') ORDER BY line;
ROLLBACK;

-- What is owed for a volume: of each form, below, at and beyond the contracted volume, and for a refund.
SELECT form, volume, actual, charge.*
FROM (VALUES ('lump_sum', 1000, NULL, NULL, NULL), ('lump_sum', 1000, 10, NULL, NULL), ('price_volume', NULL, NULL, 12.345, NULL),
    ('price_volume', NULL, 10, 12.345, NULL), ('price_volume', NULL, 10, 12.345, 60), ('base_plus', 1000, 10, 12.345, NULL),
    ('key_share', 1000, NULL, NULL, NULL)) AS agreed (form, base, volume, price, unused_percent)
CROSS JOIN (VALUES (0.0), (7.5), (10), (12.5), (-3)) AS used (actual)
CROSS JOIN LATERAL steering.agreement_charge(form, base, volume, price, actual, unused_percent) AS charge
ORDER BY form, volume NULLS FIRST, unused_percent NULLS FIRST, actual;
-- random terms and volumes: all that is owed is what the form says, to the cent
SELECT setseed(:seed) IS NOT NULL AS seeded;
WITH drawn AS (
    SELECT round((random() * 1e6)::numeric, 2) AS base, CASE WHEN random() < 0.9 THEN round((random() * 1e4)::numeric, 4) END AS volume,
        round((random() * 100)::numeric, 4) AS price, round((random() * 2e4 - 1000)::numeric, 4) AS actual,
        CASE WHEN random() < 0.7 THEN round((random() * 100)::numeric, 3) END AS percent
    FROM generate_series(1, 5000))
SELECT count(*) AS cases,
    count(*) FILTER (WHERE pq.agreed + pq.excess <> round(price * actual, 2)) AS wrong_price_volume,
    count(*) FILTER (WHERE pq.excess <> 0 AND actual <= volume OR pq.excess < 0) AS wrong_excess,
    count(*) FILTER (WHERE pq.unused <> coalesce(round(greatest(volume - greatest(actual, 0), 0) * price * percent * 0.01, 2), 0)) AS wrong_unused,
    count(*) FILTER (WHERE bp.agreed <> base OR bp.excess <> coalesce(round(greatest(actual - volume, 0) * price, 2), 0) OR bp.unused <> 0) AS wrong_base_plus,
    count(*) FILTER (WHERE ls.agreed <> base OR ls.excess <> 0 OR ls.unused <> 0) AS wrong_lump_sum,
    count(*) FILTER (WHERE ks.agreed IS NOT NULL OR ks.excess <> 0 OR ks.unused <> 0) AS wrong_key_share
FROM drawn
CROSS JOIN LATERAL steering.agreement_charge('price_volume', NULL, volume, price, actual, percent) AS pq
CROSS JOIN LATERAL steering.agreement_charge('base_plus', base, volume, price, actual) AS bp
CROSS JOIN LATERAL steering.agreement_charge('lump_sum', base, volume, NULL, actual) AS ls
CROSS JOIN LATERAL steering.agreement_charge('key_share', base, NULL, NULL, actual) AS ks;

-- by a form that there is, and of what is known
SELECT * FROM steering.agreement_charge('lump', 1000, 10, 5, 12);
SELECT * FROM steering.agreement_charge(NULL, 1000, 10, 5, 12);
SELECT * FROM steering.agreement_charge('price_volume', NULL, 10, 5, NULL, 50);
SELECT agreed, excess, unused FROM steering.agreement_charge('price_volume', NULL, 10, NULL, 12, 50);
SELECT agreed, excess FROM steering.agreement_charge('price_volume', NULL, NULL, 5, 1e15);

-- The forms: the table takes of each just the terms that agreement_form() lists.
SELECT * FROM steering.agreement_form();
CREATE TABLE tried (LIKE steering.agreement INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY);
CREATE FUNCTION accepts(form text, terms text[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tried (service_id, participant_id, during, form, base, volume, price, key_id, unused_percent)
    VALUES (1, 1, '[2026-01-01,2027-01-01)', form, CASE WHEN 'base' = ANY (terms) THEN 1 END, CASE WHEN 'volume' = ANY (terms) THEN 1 END,
        CASE WHEN 'price' = ANY (terms) THEN 1 END, CASE WHEN 'key' = ANY (terms) THEN 1 END, CASE WHEN 'unused_percent' = ANY (terms) THEN 1 END);
    RETURN true;
EXCEPTION WHEN check_violation THEN
    RETURN false;
END $$;
WITH tried AS (
    SELECT form.*, terms, accepts(form.form, terms) AS accepted
    FROM steering.agreement_form() AS form, generate_series(0, 31) AS members
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(term), '{}') AS terms FROM unnest('{base,volume,price,key,unused_percent}'::text[]) WITH ORDINALITY AS t (term, place)
        WHERE members & (1 << (place::integer - 1)) <> 0) AS given)
SELECT form, count(*) AS sets_of_terms, count(*) FILTER (WHERE accepted) AS accepted,
    count(*) FILTER (WHERE accepted <> (needs <@ terms AND terms <@ (needs || may_have) AND ('unused_percent' <> ALL (terms) OR 'volume' = ANY (terms)))) AS differently
FROM tried GROUP BY form ORDER BY form;
-- and none that is not there
SELECT name[1] AS unknown_form
FROM pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''([^'']*)''', 'g') AS name
WHERE conname = 'agreement_form_known' AND conrelid = 'steering.agreement'::regclass
EXCEPT SELECT form FROM steering.agreement_form();
-- and what follows from terms in SQL is what C says: who shares cost has a key
SELECT form, shares_cost = ('key' = ANY (needs)) AS as_said FROM steering.agreement_form();
DROP TABLE tried;

-- Who reads what: a participant's role its own and those below, and nobody the tables.
CREATE ROLE regress_sp71_town;
CREATE ROLE regress_sp71_reader;
CREATE ROLE regress_sp71_buyer;
UPDATE steering.participant SET reader = 'regress_sp71_town' WHERE code = 'agr.town';
GRANT SELECT ON steering.cap TO regress_sp71_reader;
GRANT USAGE ON SCHEMA agreements_test TO regress_sp71_town, regress_sp71_reader, regress_sp71_buyer;
GRANT EXECUTE ON FUNCTION steering.set_agreement TO regress_sp71_buyer;
SET ROLE regress_sp71_town;
SELECT service, participant, form FROM steering.agreement_status ORDER BY 1, 2;
SELECT DISTINCT participant FROM steering.agreement_event;
SELECT * FROM steering.agreement;
SELECT * FROM steering.agreement_revision;
SELECT steering.set_agreement('agr.net', 'agr.town', '[2027-01-01,2028-01-01)', 'lump_sum', 1);
SELECT steering.drop_agreement(1);
SELECT * FROM steering.agreed_in('2026-01-01', '2027-01-01');
SELECT * FROM steering.agreement_cover('2026-01-01', '2027-01-01');
SELECT * FROM steering.settled_cost('2026-01-01', '2027-01-01');
SELECT agreed, excess FROM steering.agreement_charge('base_plus', 1000, 10, 5, 12);
RESET ROLE;
SET ROLE regress_sp71_reader;
SELECT count(DISTINCT participant) FROM steering.agreement_status WHERE service = 'agr.hr';
RESET ROLE;
-- who may make agreements need not read them
SET ROLE regress_sp71_buyer;
SELECT steering.set_agreement('agr.net', 'agr.village', '[2026-01-01,2027-01-01)', 'lump_sum', 100, reason => 'by a buyer') > 0 AS made;
SELECT count(*) FROM steering.agreement_status;
RESET ROLE;
SELECT participant, kind, reason FROM steering.agreement_event WHERE reason = 'by a buyer';

SELECT count(*) > 0 AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE service LIKE 'agr.%';
SELECT steering.drop_allocation_key('agr.people');
SELECT steering.detach('line'), steering.detach('order_line');
REVOKE ALL ON FUNCTION steering.set_agreement FROM regress_sp71_buyer;
REVOKE ALL ON steering.cap FROM regress_sp71_reader;
SET client_min_messages = warning;
DROP SCHEMA agreements_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'agr.%';
DELETE FROM steering.participant WHERE code LIKE 'agr.%';
DROP ROLE regress_sp71_town, regress_sp71_reader, regress_sp71_buyer;
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
-- decisions outlive those they were about, for who may read all
SELECT kind, service, participant FROM steering.agreement_event WHERE service = 'agr.net' AND participant = 'agr.village';
