-- Cost against means, agreements and results over random bookings: the figures are those of plain SQL with numeric, and everything adds up.
\set VERBOSITY terse
CREATE SCHEMA adds_up_test;
SET search_path = adds_up_test;
SET datestyle = ISO;
-- Another seed each time; what is wrong is shown with it. SEED=... repeats it.
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT setseed(:seed / 1000000.0) IS NOT NULL AS seeded;

-- 13 services and 10 participants, in three levels; 4,000 bookings in three years.
INSERT INTO steering.service (code, parent, name, unit)
    SELECT 'add.s' || i, CASE WHEN i > 3 THEN 'add.s' || (i - 1) / 3 END, 'Service', (ARRAY['piece', 'hour', NULL])[1 + floor(random() * 3)::integer] FROM generate_series(1, 13) AS i;
INSERT INTO steering.participant (code, parent, name, inhabitants)
    SELECT 'add.p' || i, CASE WHEN i > 1 THEN 'add.p' || (i + 1) / 3 END, 'Participant', CASE WHEN random() < 0.6 THEN floor(random() * 1000)::integer END FROM generate_series(1, 10) AS i;
CREATE FUNCTION any_service() RETURNS text LANGUAGE sql VOLATILE AS $$SELECT 'add.s' || 1 + floor(random() * 13)::integer$$;
CREATE FUNCTION any_participant() RETURNS text LANGUAGE sql VOLATILE AS $$SELECT 'add.p' || 1 + floor(random() * 10)::integer$$;
CREATE TABLE line (product text, town text, day date, net numeric, pieces numeric);
CREATE TABLE purchase (product text, town text, day date, net numeric, pieces numeric);
INSERT INTO line SELECT any_service(), any_participant(), date '2025-01-01' + floor(random() * 1095)::integer, (random() * 2000 - 300)::numeric(12,4), (random() * 20 - 2)::numeric(12,4)
    FROM generate_series(1, 3500);
INSERT INTO purchase SELECT any_service(), any_participant(), date '2025-01-01' + floor(random() * 1095)::integer, (random() * 2000 - 300)::numeric(12,4), (random() * 20 - 2)::numeric(12,4)
    FROM generate_series(1, 500);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS line,
    steering.attach('purchase', 'product', 'town', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS purchase;
-- Ranges of months: years, halves, quarters, others.
CREATE TABLE range_of_months AS
    SELECT row_number() OVER () AS id, daterange(first_day::date, (first_day + months * interval '1 month')::date) AS during
    FROM (SELECT timestamp '2025-01-01' + floor(random() * 36)::integer * interval '1 month' AS first_day, (ARRAY[1, 3, 6, 12, 17])[1 + floor(random() * 5)::integer] AS months FROM generate_series(1, 60)
          UNION ALL SELECT timestamp '2025-01-01' + n * interval '1 year', 12 FROM generate_series(0, 2) AS n, generate_series(1, 15)) AS r;
CREATE FUNCTION any_range() RETURNS daterange LANGUAGE sql VOLATILE AS $$SELECT during FROM range_of_months ORDER BY random() LIMIT 1$$;
SELECT count(steering.set_cap(any_service(), any_participant(), 'budget', any_range(), (random() * 20000)::numeric(12,2), (ARRAY['100% block', '90% warn', '110% block', '+100 block'])[1 + floor(random() * 4)::integer], accept_overrun => true)) AS caps
    FROM generate_series(1, 250);
-- Agreements of every form; those that would overlap are left out.
SELECT steering.set_allocation_key('add.key', 'Inhabitants', 'inhabitants') > 0 AS key_made;
CREATE TABLE wanted AS
    SELECT row_number() OVER () AS id, any_service() AS service, any_participant() AS participant, any_range() AS during, (ARRAY['lump_sum', 'price_volume', 'base_plus', 'key_share'])[1 + floor(random() ^ 1.5 * 4)::integer] AS form,
        (random() * 9000)::numeric(12,2) AS base, (random() * 90)::numeric(12,4) AS volume, (random() * 200)::numeric(12,4) AS price FROM generate_series(1, 180);
DELETE FROM wanted AS later USING wanted AS w WHERE w.service = later.service AND w.participant = later.participant AND w.during && later.during AND w.id < later.id;
SELECT count(steering.set_agreement(service, participant, during, form,
        base => CASE WHEN form IN ('lump_sum', 'base_plus') OR form = 'key_share' AND id % 2 = 0 THEN base END,
        volume => CASE WHEN form = 'base_plus' OR form IN ('lump_sum', 'price_volume') AND id % 3 > 0 THEN volume END,
        price => CASE WHEN form IN ('price_volume', 'base_plus') THEN price END,
        allocation_key => CASE form WHEN 'key_share' THEN 'add.key' END)) > 60 AS agreements FROM wanted;
-- Indicators for most services; targets of years, measurements of months.
SELECT count(steering.set_indicator('add.i' || i, 'add.s' || i, 'Indicator', (ARRAY['ticket', 'ticket', 'call'])[1 + floor(random() * 3)::integer], CASE WHEN random() < 0.8 THEN 'higher' ELSE 'lower' END, 'outcome', random() < 0.7, i <> 7))
    FROM generate_series(1, 13) AS i WHERE i NOT IN (1, 4, 9);
WITH made AS MATERIALIZED (SELECT steering.set_target(code, 'add.p' || p, year::text, (random() * 300 - 20)::numeric(12,4)) FROM steering.indicator, generate_series(1, 10) AS p, generate_series(2025, 2027) AS year
                           WHERE code LIKE 'add.%' AND random() < 0.5) SELECT count(*) > 50 AS targets FROM made;
WITH made AS MATERIALIZED (SELECT steering.set_measurement(code, 'add.p' || p, year || '-' || lpad(month::text, 2, '0'), (random() * 30 - 2)::numeric(12,4)) FROM steering.indicator, generate_series(1, 10) AS p, generate_series(2025, 2027) AS year, generate_series(1, 12) AS month
                           WHERE code LIKE 'add.%' AND random() < 0.3) SELECT count(*) > 300 AS measurements FROM made;

-- The same from the bookings, in plain SQL with numeric.
CREATE VIEW service_above AS
    WITH RECURSIVE above AS (SELECT code, code AS top, parent, 0 AS depth FROM steering.service WHERE code LIKE 'add.%'
                             UNION ALL SELECT above.code, service.code, service.parent, depth + 1 FROM above JOIN steering.service ON service.code = above.parent) SELECT code, top, depth FROM above;
CREATE VIEW participant_above AS
    WITH RECURSIVE above AS (SELECT code, code AS top, parent, 0 AS depth FROM steering.participant WHERE code LIKE 'add.%'
                             UNION ALL SELECT above.code, participant.code, participant.parent, depth + 1 FROM above JOIN steering.participant ON participant.code = above.parent) SELECT code, top, depth FROM above;
CREATE FUNCTION months(first_day date, end_day date) RETURNS integer LANGUAGE sql AS $$SELECT (extract(year FROM age(end_day, first_day)) * 12 + extract(month FROM age(end_day, first_day)))::integer$$;
-- what part of a total over the months "during" is of those "within"
CREATE FUNCTION share(total numeric, during daterange, within daterange, decimals integer) RETURNS numeric LANGUAGE sql AS $$
    SELECT CASE WHEN k2 = n THEN total ELSE round(total * k2 / n, decimals) END - round(total * k1 / n, decimals)
    FROM (SELECT months(lower(during), upper(during)) AS n, months(lower(during), greatest(lower(during), lower(within))) AS k1, months(lower(during), least(upper(during), upper(within))) AS k2) AS v
$$;
CREATE TABLE booked AS SELECT row_number() OVER () AS id, * FROM steering.booking WHERE service LIKE 'add.%';
CREATE TABLE agreed AS SELECT agreement_status.*, daterange(valid_from, valid_to, '[]') AS during FROM steering.agreement_status WHERE service LIKE 'add.%';
CREATE TABLE budget AS SELECT cap_status.*, daterange(valid_from, valid_to, '[]') AS during FROM steering.cap_status WHERE service LIKE 'add.%' AND metric = 'budget';
-- the agreement that covers each booking, if one does
CREATE TABLE covered AS
    SELECT booked.*, nearest.agreement_id FROM booked LEFT JOIN LATERAL (
        SELECT agreement_id, s.depth AS s_depth, p.depth AS p_depth FROM agreed JOIN service_above AS s ON s.top = agreed.service JOIN participant_above AS p ON p.top = agreed.participant
        WHERE s.code = booked.service AND p.code = booked.participant AND booked.booked_on <@ agreed.during
        UNION ALL
        SELECT NULL, s.depth, NULL FROM agreed JOIN service_above AS s ON s.top = agreed.service JOIN participant_above AS p ON p.code = agreed.participant
        WHERE s.code = booked.service AND p.top = booked.participant AND p.depth > 0 AND booked.booked_on <@ agreed.during AND form = 'key_share'
        ORDER BY s_depth, p_depth NULLS LAST LIMIT 1) AS nearest ON true
    WHERE stage = 'actual';
SELECT count(*) FILTER (WHERE agreement_id IS NOT NULL) > 300 AS covered, count(*) FILTER (WHERE agreement_id IS NULL) > 300 AS not_covered FROM covered;
CREATE FUNCTION agreed_in(within daterange) RETURNS TABLE (service text, participant text, agreements bigint, agreed_volume numeric, lowest numeric, highest numeric, mean numeric, agreed_cost numeric, covered numeric, covered_volume numeric, flexible numeric) LANGUAGE sql AS $$
    WITH one AS (
        SELECT agreed.service, agreed.participant, form, price, share(agreed.volume, during, within, 4) AS volume, share(agreed_cost, during, within, 2) AS cost,
            coalesce(sum(covered.amount), 0) AS covered, coalesce(sum(covered.volume), 0) AS covered_volume
        FROM agreed LEFT JOIN covered ON covered.agreement_id = agreed.agreement_id AND booked_on <@ within
        WHERE during && within GROUP BY agreed.agreement_id, agreed.service, agreed.participant, form, price, agreed.volume, during, agreed_cost
    ), flexed AS (
        SELECT one.*, CASE form WHEN 'lump_sum' THEN cost WHEN 'price_volume' THEN round(price * covered_volume, 2) WHEN 'base_plus' THEN cost + round(price * greatest(covered_volume - volume, 0), 2) END AS flexible FROM one
    )
    SELECT service, participant, count(*), sum(volume) FILTER (WHERE form <> 'key_share'), min(price), max(price),
        round(sum(cost) FILTER (WHERE form = 'price_volume' AND volume IS NOT NULL) / nullif(sum(volume) FILTER (WHERE form = 'price_volume'), 0), 4),
        sum(coalesce(cost, flexible)) FILTER (WHERE form <> 'key_share'), sum(covered) FILTER (WHERE form <> 'key_share'), sum(covered_volume) FILTER (WHERE form <> 'key_share'), sum(flexible)
    FROM flexed GROUP BY service, participant
$$;
CREATE FUNCTION budget_in(within daterange) RETURNS TABLE (service text, participant text, amount numeric, used numeric, headroom numeric) LANGUAGE sql AS $$
    WITH RECURSIVE containing AS (
        SELECT DISTINCT ON (service, participant) * FROM budget WHERE during @> within ORDER BY service, participant, upper(during) - lower(during), lower(during)
    ), chain AS (
        SELECT service, participant, lower(within) AS day, 0::numeric AS amount, 0::numeric AS used, 0 AS caps FROM (SELECT DISTINCT service, participant FROM budget EXCEPT SELECT service, participant FROM containing) AS pair
        UNION ALL
        SELECT chain.service, chain.participant, upper(next.during), chain.amount + next.amount, chain.used + next.used, caps + 1 FROM chain CROSS JOIN LATERAL (
            SELECT * FROM budget WHERE budget.service = chain.service AND budget.participant = chain.participant AND during <@ within AND lower(during) >= chain.day
            ORDER BY lower(during), upper(during) DESC LIMIT 1) AS next
    )
    SELECT service, participant, amount, used, CASE WHEN during = within THEN headroom END FROM containing
    UNION ALL
    SELECT service, participant, max(amount) FILTER (WHERE last), max(used) FILTER (WHERE last), NULL
    FROM (SELECT *, caps > 0 AND caps = max(caps) OVER (PARTITION BY service, participant) AS last FROM chain) AS c GROUP BY service, participant HAVING bool_or(last)
$$;
CREATE FUNCTION expected(period text) RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric, volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric,
    price_variance numeric, volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric, cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric) LANGUAGE sql AS $$
    WITH within AS (SELECT steering.period_range($1) AS days), used AS (
        SELECT service, participant, sum(amount) FILTER (WHERE stage = 'actual') AS actual, sum(amount) FILTER (WHERE stage = 'commitment') AS committed, sum(volume) FILTER (WHERE stage = 'actual') AS volume, count(*) FILTER (WHERE stage = 'actual') AS bookings
        FROM booked, within WHERE booked_on <@ days GROUP BY service, participant
    ), used_below AS (
        SELECT DISTINCT s.top AS service, participant, true AS used_below FROM within, booked JOIN service_above AS s ON s.code = booked.service AND s.depth > 0 WHERE stage = 'actual' AND booked_on <@ days)
    SELECT service, participant, b.amount, coalesce(u.actual, 0), coalesce(u.committed, 0), b.headroom, coalesce(u.volume, 0), a.agreed_volume, round(u.actual / nullif(u.volume, 0), 4), CASE WHEN lowest = highest THEN lowest ELSE mean END,
        a.covered - flexible, flexible - a.agreed_cost, a.covered - a.agreed_cost, r.target, r.measured, r.attainment, CASE WHEN u.bookings > 0 AND used_below IS NULL AND additive THEN round(u.actual / nullif(r.measured, 0), 4) END,
        CASE WHEN b.used > b.amount OR r.attainment < 90 THEN 'red' WHEN 100 * b.used >= 90 * b.amount AND (b.amount <> 0 OR b.used <> 0) OR r.attainment < 100 THEN 'amber' WHEN r.attainment IS NOT NULL OR b.amount <> 0 THEN 'green' END,
        a.agreed_cost, a.covered, a.covered_volume
    FROM used AS u FULL JOIN (SELECT agreed_in.* FROM within, agreed_in(days)) AS a USING (service, participant) FULL JOIN (SELECT budget_in.* FROM within, budget_in(days)) AS b USING (service, participant)
        FULL JOIN (SELECT r.*, additive FROM steering.period_result($1) AS r JOIN steering.indicator ON indicator.code = r.indicator WHERE r.main AND service LIKE 'add.%') AS r USING (service, participant)
        LEFT JOIN used_below USING (service, participant)
$$;
CREATE TABLE period (period text PRIMARY KEY);
INSERT INTO period VALUES ('2025'), ('2026'), ('2027'), ('2028'), ('2026-Q2'), ('2026-Q4'), ('2025-01'), ('2026-11'), ('[2025-07-01,2026-07-01)'), ('[2025-01-01,2028-01-01)'), ('[2024-01-01,2030-01-01)');
CREATE TABLE answer AS SELECT period, c.* FROM period CROSS JOIN LATERAL steering.cost_versus_result(period) AS c WHERE service LIKE 'add.%';
ALTER TABLE answer DROP COLUMN service_kind;
CREATE TABLE expectation AS SELECT period, e.* FROM period CROSS JOIN LATERAL expected(period) AS e;
SELECT count(*) > 500 AS rows, count(total_variance) > 100 AS variances, count(budget) > 100 AS budgets, count(headroom) > 10 AS headrooms, count(attainment) > 50 AS attainments, count(DISTINCT signal) AS signals,
    count(agreed_price) > 50 AS prices, count(cost_per_result) > 50 AS costs_per_result, count(*) FILTER (WHERE cost_per_result IS NULL AND measured <> 0) > 50 AS no_costs_per_result FROM answer;
SELECT :seed AS seed, 'answer' AS what, * FROM (TABLE answer EXCEPT TABLE expectation LIMIT 3) AS v
UNION ALL SELECT :seed, 'expected', * FROM (TABLE expectation EXCEPT TABLE answer LIMIT 3) AS v;

-- Variances add up, and over months and years cost and what was agreed beforehand do.
SELECT :seed AS seed, * FROM answer WHERE price_variance + volume_variance <> total_variance OR total_variance <> covered - agreed_cost LIMIT 3;
SELECT :seed AS seed, service, participant FROM answer GROUP BY service, participant
HAVING sum(actual) FILTER (WHERE period LIKE '____') <> sum(actual) FILTER (WHERE period = '[2025-01-01,2028-01-01)')
    OR sum(covered) FILTER (WHERE period LIKE '____') <> sum(covered) FILTER (WHERE period = '[2025-01-01,2028-01-01)') LIMIT 3;

-- Rolled up: sums of the rows, ratios of the sums, along both trees.
CREATE TABLE rolled AS SELECT period, c.* FROM period CROSS JOIN LATERAL steering.cost_versus_result_below(period) AS c WHERE service LIKE 'add.%';
CREATE TABLE summed AS
    SELECT period, s.top AS service, p.top AS participant, sum(actual) AS actual, sum(committed) AS committed, sum(volume) AS volume, sum(agreed_volume) AS agreed_volume, round(sum(actual) / nullif(sum(volume), 0), 4) AS unit_cost,
        sum(price_variance) AS price_variance, sum(volume_variance) AS volume_variance, sum(total_variance) AS total_variance, sum(agreed_cost) AS agreed_cost, sum(covered) AS covered, sum(covered_volume) AS covered_volume,
        max(budget) FILTER (WHERE s.depth = 0 AND p.depth = 0) AS budget, max(headroom) FILTER (WHERE s.depth = 0 AND p.depth = 0) AS headroom,
        CASE WHEN count(DISTINCT coalesce(unit, '')) FILTER (WHERE volume <> 0) = 1 THEN max(unit) FILTER (WHERE volume <> 0) END AS unit
    FROM answer JOIN service_above AS s ON s.code = service JOIN participant_above AS p ON p.code = participant JOIN steering.service AS entry ON entry.code = service GROUP BY period, s.top, p.top;
SELECT count(*) > 900 AS rows, count(unit) > 100 AS units FROM rolled;
CREATE VIEW rolled_sums AS SELECT period, service, participant, actual, committed, volume, agreed_volume, unit_cost, price_variance, volume_variance, total_variance, agreed_cost, covered, covered_volume, budget, headroom, unit FROM rolled;
SELECT :seed AS seed, 'rolled up' AS what, * FROM (TABLE rolled_sums EXCEPT TABLE summed LIMIT 3) AS v
UNION ALL SELECT :seed, 'summed', * FROM (TABLE summed EXCEPT TABLE rolled_sums LIMIT 3) AS v;
-- results: of the service's own indicator, or of those below that are of one kind
CREATE TABLE result AS SELECT period, r.*, additive FROM period CROSS JOIN LATERAL steering.period_result(period) AS r JOIN steering.indicator ON indicator.code = r.indicator WHERE r.main AND service LIKE 'add.%';
CREATE TABLE result_sum AS
    WITH part AS (
        SELECT result.*, s.top, p.top AS p_top, s.depth AS s_depth, p.depth AS p_depth, own.code IS NOT NULL AS has_own
        FROM result JOIN service_above AS s ON s.code = service JOIN participant_above AS p ON p.code = participant
            LEFT JOIN (SELECT service.code FROM steering.service JOIN steering.indicator USING (service_id) WHERE main) AS own ON own.code = s.top
    )
    SELECT period, top AS service, p_top AS participant, sum(target) AS target, sum(measured) AS measured, min(unit) AS result_unit, steering.attainment(sum(compared), sum(target_measured), min(direction)) AS attainment, count(*) = count(measured) AS complete, bool_and(additive) AS additive
    FROM part WHERE CASE WHEN has_own THEN s_depth = 0 AND (additive OR p_depth = 0) ELSE true END
    GROUP BY period, top, p_top HAVING bool_and(has_own) OR bool_and(additive) AND count(DISTINCT unit) = 1 AND count(DISTINCT direction) = 1;
SELECT count(*) > 100 AS results, count(*) FILTER (WHERE complete) > 30 AS complete FROM result_sum;
CREATE TABLE booked_below AS
    SELECT DISTINCT period, s.top AS service, p.top AS participant, true AS is_booked FROM period JOIN booked ON stage = 'actual' AND booked_on <@ steering.period_range(period)
        JOIN service_above AS s ON s.code = booked.service JOIN participant_above AS p ON p.code = booked.participant;
SELECT :seed AS seed, * FROM rolled FULL JOIN result_sum AS r USING (period, service, participant) LEFT JOIN booked_below USING (period, service, participant)
WHERE (rolled.target, rolled.measured, rolled.result_unit, rolled.attainment, rolled.cost_per_result) IS DISTINCT FROM (r.target, r.measured, r.result_unit, r.attainment, CASE WHEN complete AND additive AND is_booked THEN round(actual / nullif(r.measured, 0), 4) END) LIMIT 3;

-- Side by side is the roll-up of one service.
SELECT :seed AS seed, * FROM (SELECT DISTINCT period, service FROM rolled WHERE period IN ('2026', '2026-Q2')) AS v CROSS JOIN LATERAL steering.compare_participants(period, service) AS c FULL JOIN (SELECT * FROM rolled WHERE period IN ('2026', '2026-Q2')) AS rolled USING (period, service, participant)
WHERE (rolled.actual, rolled.volume, rolled.unit, rolled.unit_cost, rolled.measured, rolled.result_unit, rolled.attainment, rolled.cost_per_result) IS DISTINCT FROM (c.actual, c.volume, c.unit, c.cost_per_unit, c.measured, c.result_unit, c.attainment, c.cost_per_result) LIMIT 3;
WITH RECURSIVE known AS (
    SELECT code AS top, code, inhabitants FROM steering.participant WHERE code LIKE 'add.%'
    UNION ALL SELECT known.top, participant.code, participant.inhabitants FROM known JOIN steering.participant ON participant.parent = known.code WHERE known.inhabitants IS NULL
), number AS (SELECT top, sum(inhabitants) AS inhabitants FROM known GROUP BY top)
SELECT :seed AS seed, c.participant, c.inhabitants, number.inhabitants FROM steering.compare_participants('[2025-01-01,2028-01-01)', 'add.s1') AS c JOIN number ON top = participant
WHERE (c.inhabitants, c.cost_per_inhabitant) IS DISTINCT FROM (number.inhabitants, round(actual / nullif(number.inhabitants, 0), 4)) LIMIT 3;

WITH gone AS MATERIALIZED (SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'add.%') SELECT count(*) > 0 AS dropped FROM gone;
WITH gone AS MATERIALIZED (SELECT steering.drop_indicator(code) FROM steering.indicator WHERE code LIKE 'add.%') SELECT count(*) > 0 AS dropped FROM gone;
SELECT count(steering.drop_cap(cap_id)) > 0 AS dropped FROM steering.cap_status WHERE service LIKE 'add.%';
SELECT steering.drop_allocation_key('add.key');
SELECT steering.detach('line'), steering.detach('purchase');
SET client_min_messages = warning;
DROP SCHEMA adds_up_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'add.%';
DELETE FROM steering.participant WHERE code LIKE 'add.%';
SET search_path = pg_catalog;
SELECT * FROM steering.verify();
