-- Allocation of random networks of services: every service and every method adds up, and the reciprocal method
-- is the solution of its equations. Others in each run; what is wrong is shown with the seed: SEED=... repeats it.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA adds_up_test;
SET search_path = adds_up_test;
\getenv seed SEED
\if :{?seed}
\else
SELECT floor(random() * 1000000) AS seed \gset
\endif
SELECT FROM setseed(:seed / 1000000.0);
CREATE FUNCTION below(numbers integer) RETURNS integer LANGUAGE sql VOLATILE RETURN floor(random() * numbers);

-- 1,000 networks of 1 to 6 services and 1 to 4 final receivers. Each service gives to the next one, and the last to the
-- first final receiver, so that all have a way out; and to any of the others. Cost in cents or parts of them, some negative.
CREATE TABLE network AS
SELECT id, 1 + below(6) AS services, 1 + below(4) AS finals, (ARRAY[0, 1, 1000, 1000000, 1000000000])[1 + below(5)] AS scale,
    id % 4 = 0 AS fine, id % 3 = 0 AS refunds
FROM generate_series(1, 1000) AS id;
CREATE TABLE giver AS
SELECT id, place, round(((random() - CASE WHEN refunds THEN 0.3 ELSE 0 END) * scale)::numeric, CASE WHEN fine THEN 4 ELSE 2 END) AS direct
FROM network, generate_series(1, services) AS place;
-- the unit is a cent, unless cost is booked in parts of one
UPDATE network SET fine = EXISTS (SELECT FROM giver WHERE giver.id = network.id AND direct <> round(direct, 2));
CREATE TABLE share AS
SELECT * FROM (
    SELECT id, giver, receiver,
        CASE WHEN receiver = giver + 1 THEN 5 + below(5) WHEN below(3) = 0 THEN 0
             WHEN below(3) = 0 THEN round(random()::numeric * 10, 12) ELSE below(10) END::numeric AS weight
    FROM network, generate_series(1, services) AS giver, generate_series(1, services + finals) AS receiver) AS drawn
WHERE weight > 0 OR id % 2 = 0;
SELECT count(*) FROM network;

-- What divide_costs() makes of them.
CREATE TABLE divided AS
SELECT network.id, method, d.giver, coalesce(d.receiver, services + finals + 1) AS receiver, d.weight, d.amount::numeric AS amount
FROM network CROSS JOIN unnest(ARRAY['direct', 'step_down', 'reciprocal']) AS method,
    LATERAL (SELECT array_agg(direct ORDER BY place) AS direct, array_agg('unallocated'::text) AS all_zero, array_agg(true) AS covered
             FROM giver WHERE giver.id = network.id) AS givers,
    LATERAL (SELECT array_agg(giver ORDER BY giver, receiver) AS giver, array_agg(receiver ORDER BY giver, receiver) AS receiver,
                 array_agg(weight ORDER BY giver, receiver) AS weight
             FROM share WHERE share.id = network.id) AS shares,
    LATERAL steering.divide_costs(method, ARRAY(SELECT i::text FROM generate_series(1, services + finals) AS i),
        direct, all_zero, covered, shares.giver, shares.receiver, shares.weight) AS d;
ANALYZE;
SELECT method, count(DISTINCT id), bool_or(receiver > services + finals) AS some_unallocated
FROM divided JOIN network USING (id) GROUP BY method ORDER BY method;

-- Every service gives what was booked on it and what it received, by every method.
CREATE TABLE service_cost AS
SELECT id, method, place, direct, coalesce(received, 0) AS received, coalesce(given, 0) AS given
FROM giver CROSS JOIN unnest(ARRAY['direct', 'step_down', 'reciprocal']) AS method
LEFT JOIN (SELECT id, method, receiver AS place, sum(amount) AS received FROM divided GROUP BY 1, 2, 3) AS r USING (id, method, place)
LEFT JOIN (SELECT id, method, giver AS place, sum(amount) AS given FROM divided GROUP BY 1, 2, 3) AS g USING (id, method, place);
SELECT :seed AS seed, * FROM service_cost WHERE direct + received <> given LIMIT 5;
-- All of it ends with final receivers, or with nobody.
SELECT :seed AS seed, id, method, booked, ended
FROM (SELECT id, sum(direct) AS booked FROM giver GROUP BY id) AS b
JOIN (SELECT id, method, sum(amount) AS ended FROM divided JOIN network USING (id) WHERE receiver > services GROUP BY id, method) AS e USING (id)
WHERE booked <> ended LIMIT 5;
-- In whole cents where cost is; below zero only where cost is; nothing to oneself or against the order.
SELECT :seed AS seed, d.* FROM divided AS d JOIN network USING (id)
WHERE NOT fine AND amount <> round(amount, 2) OR amount < 0 AND NOT refunds OR giver = receiver
    OR method = 'direct' AND receiver <= services OR method = 'step_down' AND receiver < giver LIMIT 5;
-- Each amount is less than a unit from the part of the cost that its weight stands for.
SELECT :seed AS seed, d.*, quota
FROM (SELECT *, weight / sum(weight) OVER (PARTITION BY id, method, giver) AS part FROM divided) AS d
JOIN service_cost AS c ON (c.id, c.method, c.place) = (d.id, d.method, d.giver)
JOIN network ON network.id = d.id,
LATERAL (SELECT (direct + received) * part AS quota) AS q
WHERE d.method <> 'reciprocal' AND abs(amount - quota) >= CASE WHEN fine THEN 0.0001 ELSE 0.01 END + 0.000001 LIMIT 5;

-- The equations x = d + A' x, by the sum of d + A' d + A'^2 d + ..., in numeric: doubled 30 times, to 2^30 terms.
CREATE TABLE x AS SELECT id, place, direct AS cost FROM giver;
CREATE TABLE power AS
SELECT id, giver, receiver, round(part, 40) AS part
FROM (SELECT id, giver, receiver, weight / sum(weight) OVER (PARTITION BY id, giver) AS part
      FROM share WHERE giver <> receiver) AS parts
JOIN network USING (id) WHERE receiver <= services AND part > 0;
CREATE PROCEDURE double_terms() LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE x2 AS
        SELECT id, place, cost + coalesce(round((SELECT sum(part * x.cost) FROM x JOIN power ON (power.id, power.giver) = (x.id, x.place)
            WHERE (power.id, power.receiver) = (old.id, old.place)), 40), 0) AS cost FROM x AS old;
    CREATE TABLE power2 AS
        SELECT a.id, a.giver, b.receiver, round(sum(a.part * b.part), 40) AS part
        FROM power AS a JOIN power AS b ON b.id = a.id AND b.giver = a.receiver GROUP BY 1, 2, 3 HAVING round(sum(a.part * b.part), 40) > 0;
    DROP TABLE x, power;
    ALTER TABLE x2 RENAME TO x;
    ALTER TABLE power2 RENAME TO power;
    CREATE INDEX ON x (id, place);
    CREATE INDEX ON power (id, receiver);
    ANALYZE x, power;
END
$$;
CREATE INDEX ON x (id, place);
CREATE INDEX ON power (id, receiver);
ANALYZE;
SELECT 'CALL double_terms()' FROM generate_series(1, 30) \gexec
SELECT max(part) < 1e-20 AS converged FROM (SELECT max(part) AS part FROM power UNION ALL SELECT 0) AS p;
-- The cost of each service, each transfer, and the cost of each final receiver are less than a unit from the solution.
CREATE TABLE solved AS
SELECT id, giver, receiver, amount, x.cost * weight / sum(weight) OVER (PARTITION BY id, giver) AS exact,
    CASE WHEN fine THEN 0.0001 ELSE 0.01 END + 0.000001 AS unit
FROM divided JOIN network USING (id) JOIN x USING (id) WHERE method = 'reciprocal' AND x.place = giver;
SELECT :seed AS seed, id, giver, sum(amount), sum(exact) FROM solved GROUP BY id, giver HAVING abs(sum(amount) - sum(exact)) >= min(unit) LIMIT 5;
SELECT :seed AS seed, * FROM solved WHERE abs(amount - exact) >= unit LIMIT 5;
SELECT :seed AS seed, id, receiver, sum(amount), sum(exact) FROM solved JOIN network USING (id)
WHERE receiver > services GROUP BY id, receiver HAVING abs(sum(amount) - sum(exact)) >= min(unit) LIMIT 5;
-- which says something: rounding each transfer by itself would leave services that do not balance
SELECT count(*) > 100 AS rounded_apart
FROM (SELECT id, giver AS place, sum(round(exact, 2)) AS given FROM solved GROUP BY 1, 2) AS g
JOIN (SELECT id, place, direct + coalesce(received, 0) AS had
      FROM giver LEFT JOIN (SELECT id, receiver AS place, sum(round(exact, 2)) AS received FROM solved GROUP BY 1, 2) AS r USING (id, place)) AS h USING (id, place)
WHERE given <> had;

-- Networks with groups of services that serve only each other are refused, with all of a group: a ring of 1 to 5, and what leads to it.
CREATE FUNCTION refusal(ring integer, before integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM (SELECT array_agg(giver) AS giver, array_agg(receiver) AS receiver, array_agg(1::numeric) AS weight
                  FROM (SELECT i AS giver, i % ring + 1 AS receiver FROM generate_series(1, ring) AS i
                        UNION ALL SELECT ring + i, 1 + (random() * (ring + i - 2))::integer FROM generate_series(1, before) AS i ORDER BY 1) AS gives) AS g,
        steering.divide_costs('reciprocal', ARRAY(SELECT 's' || i FROM generate_series(1, ring + before + 1) AS i),
            array_fill(1::numeric, ARRAY[ring + before]), array_fill('error'::text, ARRAY[ring + before]), array_fill(true, ARRAY[ring + before]),
            giver, receiver, weight);
    RETURN 'not refused';
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN sqlerrm;
END
$$;
SELECT :seed AS seed, ring, before, refusal
FROM generate_series(2, 5) AS ring, generate_series(0, 50) AS before, LATERAL refusal(ring, before)
WHERE refusal <> 'services ' || (SELECT string_agg('"s' || i || '"', ', ' ORDER BY i) FROM generate_series(1, ring) AS i) || ' serve only each other';

-- Through the tables: 40 services that serve each other and 25 participants, by keys of all kinds.
INSERT INTO steering.participant (code, name, inhabitants) SELECT 'adds.p' || i, 'P', 100 + below(100000) FROM generate_series(1, 25) AS i;
INSERT INTO steering.service (code, name) SELECT 'adds.s' || i, 'S' FROM generate_series(1, 45) AS i;
CREATE TABLE cost (service text, town text, day date, net numeric(20, 2), pieces numeric);
SELECT FROM steering.attach('cost', 'service', 'town', 'day', 'net', 'pieces');
INSERT INTO cost SELECT 'adds.s' || 1 + below(45), 'adds.p' || 1 + below(25), '2026-01-01'::date + below(365), random() * 1000000, below(100)
FROM generate_series(1, 3000);
SELECT count(steering.set_allocation_key('adds.k' || i, 'K', CASE i % 4 WHEN 1 THEN 'inhabitants' WHEN 2 THEN 'volume' ELSE 'fixed' END,
    CASE i % 4 WHEN 2 THEN 'adds.s' || 41 END)) FROM generate_series(1, 40) AS i;
SELECT count(*) FROM generate_series(3, 40, 4) AS i, generate_series(0, 1) AS j, generate_series(1, 45) AS s,
    LATERAL steering.set_key_weight('adds.k' || least(i + j, 40), below(100), '[2026-01-01,2027-01-01)', service => 'adds.s' || s);
SELECT count(*) FROM generate_series(4, 40, 4) AS i, generate_series(1, 25) AS p,
    LATERAL steering.set_key_weight('adds.k' || i, random()::numeric, '[2026-01-01,)', 'adds.p' || p);
SELECT count(steering.set_allocation_rule('adds.s' || i, 'adds.k' || i, '[2026-01-01,)', 41 - i)) FROM generate_series(1, 40) AS i;
SELECT method, booked = (SELECT sum(net) FROM cost WHERE substr(service, 7)::integer <= 40) AS all_booked, to_participants + to_services = booked AS all_there,
    unallocated, difference, unbalanced FROM steering.allocation_proof('2026');
SELECT method, sum(cost) = (SELECT sum(amount) FROM steering.usage_by_month WHERE stage = 'actual' AND month <@ '[2026-01-01,2027-01-01)'::daterange) AS all_cost
FROM unnest(ARRAY['direct', 'step_down', 'reciprocal']) AS method,
    steering.allocated_cost('2026', method) GROUP BY method ORDER BY method;

SELECT FROM steering.detach('cost');
SELECT count(*) FROM generate_series(1, 40) AS i, LATERAL steering.drop_allocation_rule('adds.s' || i, '[2026-01-01,)');
SELECT count(*) FROM generate_series(1, 40) AS i, LATERAL steering.drop_allocation_key('adds.k' || i);
DELETE FROM steering.service WHERE code LIKE 'adds.%';
DELETE FROM steering.participant WHERE code LIKE 'adds.%';
DROP SCHEMA adds_up_test CASCADE;
