\echo '15. Allocation: who bears the overhead, when support services serve each other?'
\echo '-------------------------------------------------------------------------------'
\echo
\echo 'allocate() divides an amount by weights and loses no cent (largest remainder):'
\echo
:show
SELECT steering.allocate(100, '{1,1,1}') AS thirds, steering.allocate(-0.05, '{3,2,2}') AS refund;
:hide
\echo 'The three parts of the overhead serve the municipalities, and each other: offices house the staff, who need'
\echo 'systems, which stand in the offices. Each is divided by a key of its own, with (invented) weights:'
\echo
CREATE TABLE demo.weight (service text, receiver text, weight numeric, PRIMARY KEY (service, receiver));
INSERT INTO demo.weight
SELECT service, receiver, weight
FROM (VALUES
  ('overhead.housing', NULL, 260, 340, 1900, 410, 380, 150),
  ('overhead.staff',     6, NULL,   9,   48,  11,  10,   4),
  ('overhead.systems',  12,  38, NULL,  520, 118, 101,  42))
    AS w (service, housing, staff, systems, leiden, leiderdorp, oegstgeest, zoeterwoude)
  CROSS JOIN LATERAL (VALUES
    ('overhead.housing', housing), ('overhead.staff', staff), ('overhead.systems', systems),
    ('GM0546', leiden), ('GM0547', leiderdorp), ('GM0579', oegstgeest), ('GM0638', zoeterwoude)) AS r (receiver, weight)
WHERE weight IS NOT NULL;
:show
SELECT steering.set_allocation_key('square metres', 'Square metres in use', 'fixed') AS housing,
       steering.set_allocation_key('staff', 'Staff that is looked after', 'fixed') AS staff,
       steering.set_allocation_key('devices', 'Devices in use', 'fixed') AS systems;

SELECT count(steering.set_allocation_rule(service, key, '[2026-01-01,2027-01-01)', step)) AS rules
FROM (VALUES (1, 'overhead.housing', 'square metres'), (2, 'overhead.staff', 'staff'),
             (3, 'overhead.systems', 'devices')) AS r (step, service, key);
:hide
\echo 'The weights of the keys, for the municipalities and for the services themselves:'
\echo
SELECT count(steering.set_key_weight(key, weight, '[2026-01-01,2027-01-01)',
  participant => CASE WHEN receiver LIKE 'GM%' THEN receiver END,
  service => CASE WHEN receiver LIKE 'overhead%' THEN receiver END)) AS weights
FROM demo.weight JOIN steering.allocation_step USING (service) \gset
SELECT key, coalesce(w.service, w.participant) AS receiver, w.weight
FROM steering.allocation_step, LATERAL steering.key_weight(key, '2026') AS w
ORDER BY step, w.service, w.participant
\crosstabview
\echo 'Method step_down goes by the order of the steps: who has given receives no more. Its first two steps:'
\echo
:show
SELECT step, service, round(direct + received, 2) AS has,
       coalesce(receiving_service, receiving_participant) AS receiver,
       weight, round(percent, 2) AS percent, round(amount, 2) AS amount
FROM steering.allocate_costs('2026', 'step_down')
WHERE step < 3
ORDER BY step, receiving_service, receiving_participant;
:hide
\echo 'Three methods give three answers. direct lets support services give to municipalities only, reciprocal solves'
\echo 'what they owe each other as equations. The last column is the agreement: by inhabitants.'
\echo
CREATE VIEW demo.overhead AS
SELECT method, participant, cost
FROM unnest('{direct,step_down,reciprocal}'::text[]) AS m (method), LATERAL steering.allocated_cost('2026', method)
WHERE participant IS NOT NULL
UNION ALL
SELECT 'inhabitants', participant, steering.allocated(total, inhabitants) OVER (ORDER BY participant)
FROM (SELECT code AS participant, inhabitants, (SELECT sum(net_amount) FROM finance.invoice
        WHERE product LIKE 'overhead.%' AND status = 'approved' AND invoice_date >= '2026-01-01') AS total
      FROM steering.participant WHERE inhabitants IS NOT NULL) AS p;
SELECT coalesce(participant, 'together') AS participant, sum(cost) FILTER (WHERE method = 'direct')::numeric(20,2) AS direct,
  sum(cost) FILTER (WHERE method = 'step_down')::numeric(20,2) AS step_down,
  sum(cost) FILTER (WHERE method = 'reciprocal')::numeric(20,2) AS reciprocal,
  sum(cost) FILTER (WHERE method = 'inhabitants')::numeric(20,2) AS by_inhabitants
FROM demo.overhead GROUP BY ROLLUP (participant) ORDER BY overhead.participant;
\echo 'Every method ends with the same total, to the cent, and can prove it. What is booked below a service that is'
\echo 'divided, and has no rule itself, would stay where it is and show as not divided:'
\echo
:show
SELECT method, round(booked, 2) AS booked, round(to_participants, 2) AS to_participants,
       round(unallocated, 2) AS unallocated, difference, unbalanced, round(not_divided, 2) AS not_divided
FROM steering.allocation_proof('2026');
:hide
INSERT INTO demo.expectation
SELECT 'all methods divide the overhead of the year', repeat(sum(net_amount)::text || ' ', 4),
  (SELECT string_agg(total || ' ', '' ORDER BY method)
   FROM (SELECT method, sum(cost)::numeric(20,2)::text AS total FROM demo.overhead GROUP BY method) AS t)
FROM finance.invoice WHERE product LIKE 'overhead.%' AND status = 'approved' AND invoice_date >= '2026-01-01';
INSERT INTO demo.expectation
SELECT 'allocation proves itself', '0 / 0', sum(abs(difference))::numeric(20) || ' / ' || sum(unbalanced)
FROM steering.allocation_proof('2026');
-- Reciprocal by another way: let the services give to each other until nothing is left to give.
CREATE TEMP VIEW share AS
SELECT service, receiver, weight / sum(weight) OVER (PARTITION BY service) AS part FROM demo.weight;
INSERT INTO demo.expectation
WITH RECURSIVE flow (round, service, amount) AS (
  SELECT 1, product, sum(net_amount) FROM finance.invoice
  WHERE product LIKE 'overhead.%' AND status = 'approved' AND invoice_date >= '2026-01-01' GROUP BY product
  UNION ALL
  SELECT round + 1, receiver, amount * part FROM flow JOIN share USING (service)
  WHERE receiver LIKE 'overhead.%' AND round < 12)
SELECT 'reciprocal agrees with giving round after round, within a cent', '4', count(*) FILTER (WHERE abs(cost - given) < 0.02)
FROM (SELECT receiver AS participant, sum(amount * part) AS given FROM flow JOIN share USING (service)
      WHERE receiver LIKE 'GM%' GROUP BY receiver) AS given
  JOIN demo.overhead USING (participant)
WHERE method = 'reciprocal';
-- The two other methods: what a service gives to whom it may still give to, one service after the other.
INSERT INTO demo.expectation
WITH part AS (
  SELECT method, service, receiver, weight / sum(weight) OVER (PARTITION BY method, service) AS part
  FROM demo.weight CROSS JOIN (VALUES ('direct'), ('step_down')) AS m (method)
  WHERE receiver LIKE 'GM%' OR (method = 'step_down' AND receiver > service)
), cost AS (
  SELECT product AS service, sum(net_amount) AS amount FROM finance.invoice
  WHERE product LIKE 'overhead.%' AND status = 'approved' AND invoice_date >= '2026-01-01' GROUP BY product
), housing AS (
  SELECT method, receiver, amount * part AS amount FROM part JOIN cost USING (service) WHERE service = 'overhead.housing'
), staff AS (
  SELECT p.method, p.receiver, (c.amount + coalesce(h.amount, 0)) * part AS amount
  FROM part p JOIN cost c USING (service) LEFT JOIN housing h ON (h.method, h.receiver) = (p.method, p.service)
  WHERE service = 'overhead.staff'
), systems AS (
  SELECT p.method, p.receiver, (c.amount + coalesce(h.amount, 0) + coalesce(s.amount, 0)) * part AS amount
  FROM part p JOIN cost c USING (service)
    LEFT JOIN housing h ON (h.method, h.receiver) = (p.method, p.service)
    LEFT JOIN staff s ON (s.method, s.receiver) = (p.method, p.service)
  WHERE service = 'overhead.systems'
)
SELECT 'direct and step_down agree with plain SQL, within a cent for each service', '8', count(*) FILTER (WHERE abs(cost - amount) < 0.03)
FROM (SELECT method, receiver AS participant, sum(amount) AS amount
      FROM (TABLE housing UNION ALL TABLE staff UNION ALL TABLE systems) AS given
      WHERE receiver LIKE 'GM%' GROUP BY method, receiver) AS given
  JOIN demo.overhead USING (method, participant);
