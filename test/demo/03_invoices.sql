\echo '3. A finance table, as a finance application would have it'
\echo '----------------------------------------------------------'
\echo
\echo 'It knows nothing of the extension. Its application has a role that may write to it, and to nothing else.'
\echo
:script
CREATE SCHEMA finance;
\echo
CREATE TABLE finance.invoice (
  invoice       text PRIMARY KEY,
  product       text NOT NULL,
  municipality  text NOT NULL,
  invoice_date  date NOT NULL,
  net_amount    numeric(12,2) NOT NULL,
  quantity      numeric(12,2) NOT NULL,
  status        text NOT NULL CHECK (status IN ('draft', 'approved', 'cancelled')));
\echo
CREATE ROLE finance_application;
GRANT USAGE ON SCHEMA finance TO finance_application;
GRANT SELECT, INSERT, UPDATE ON finance.invoice TO finance_application;
:hide

-- The generator. A number in [0, 1) that depends on the key only: the same on every machine.
CREATE FUNCTION demo.pseudo_random(key text) RETURNS numeric LANGUAGE sql IMMUTABLE
RETURN ('x0' || substr(md5(key), 1, 7))::bit(32)::integer / 268435456.0;

-- How a service's budget divides over the services below it, and what a unit costs.
CREATE TABLE demo.product (service text PRIMARY KEY, part numeric NOT NULL, unit_price numeric NOT NULL);
INSERT INTO demo.product VALUES
  ('ict.workplace', 0.45, 95), ('ict.application', 0.35, 640), ('ict.telephony', 0.20, 12),
  ('hr.payroll', 0.55, 14.50), ('hr.recruitment', 0.25, 2400), ('hr.advice', 0.20, 92),
  ('finance.invoice', 0.50, 6.80), ('finance.accounting', 0.50, 88),
  ('procurement.tender', 0.60, 9500), ('procurement.contract', 0.40, 350),
  ('legal.advice', 0.60, 105), ('legal.objection', 0.40, 98),
  ('facility.cleaning', 0.40, 31), ('facility.building', 0.45, 14), ('facility.reception', 0.15, 36),
  ('management.control', 0.60, 98), ('management.project', 0.40, 112);

-- Four invoices a month for each municipality and product, each about a quarter of the month's budget. Two
-- pairs run ahead of their budget in 2026, so that there is something to steer on. Buildings and cleaning
-- cost more in winter, other services in autumn. The three years before were alike, each four percent cheaper.
CREATE TABLE demo.generated AS
SELECT to_char(month, 'YYYYMM') || '-' || municipality || '-' || product || '-' || n AS invoice,
  product, municipality,
  (month + floor(demo.pseudo_random(key || 'day') * 28)::integer)::date AS invoice_date,
  round(amount, 2) AS net_amount,
  greatest(1, round(amount / unit_price)) AS quantity,
  CASE WHEN demo.pseudo_random(key || 'status') < 0.90 THEN 'approved'
       WHEN demo.pseudo_random(key || 'status') < 0.96 THEN 'draft'
       ELSE 'cancelled' END AS status
FROM (SELECT month::date, participant AS municipality, product.service AS product, n, unit_price, key,
        budget.amount * part / 12 / 4 * (0.85 + 0.35 * demo.pseudo_random(key || 'amount'))
          * CASE WHEN month < '2026-01-01' THEN 1
                 WHEN (participant, budget.service) = ('GM0547', 'ict') THEN 1.15
                 WHEN (participant, budget.service) = ('GM0579', 'legal') THEN 1.12
                 ELSE 1 END
          * (CASE WHEN budget.service = 'facility'
                  THEN '{1.70,1.50,1.20,0.85,0.60,0.40,0.35,0.40,0.60,1.20,1.50,1.70}'
                  WHEN budget.service IN ('hr', 'procurement', 'management')
                  THEN '{0.92,0.92,0.92,0.92,0.92,0.92,0.92,0.92,1.16,1.16,1.16,1.16}'
                  ELSE '{1,1,1,1,1,1,1,1,1,1,1,1}' END::numeric[])[extract(month FROM month)]
          * 0.96 ^ (2026 - extract(year FROM month)) AS amount
      FROM demo.budget
        JOIN demo.product ON split_part(product.service, '.', 1) = budget.service,
        generate_series(timestamp '2023-01-01', timestamp '2026-12-01', interval '1 month') AS month,
        generate_series(1, 4) AS n,
        LATERAL (SELECT concat_ws('/', to_char(month, 'YYYY-MM'), participant, product.service, n, '')) AS k (key)
     ) AS invoice;

\echo
\echo 'The first half of the year is there already, when nobody thought of caps. These invoices, and those to come,'
\echo 'are invented: a generator makes them from the budgets, the same ones on every machine.'
\echo
INSERT INTO finance.invoice SELECT * FROM demo.generated WHERE invoice_date >= '2026-01-01' AND invoice_date < '2026-07-01';
:show
SELECT status, count(*) AS invoices, sum(net_amount) AS net_amount, min(invoice_date), max(invoice_date)
FROM finance.invoice GROUP BY status ORDER BY status;
:hide
