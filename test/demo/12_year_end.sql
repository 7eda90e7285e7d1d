\echo '12. The year becomes complete'
\echo '-----------------------------'
\echo
\echo 'The rest of December comes in. One load is too much for Leiderdorp, and refused as a whole:'
\echo
:try
INSERT INTO finance.invoice SELECT * FROM demo.generated WHERE invoice_date >= '2026-12-01';
:tried
INSERT INTO demo.expectation VALUES ('December as planned is refused', '23S71', :'sqlstate');
\echo
\echo 'Leiderdorp decides to raise both caps for the last month. That is a revision, with its reason on record:'
\echo
:show
SELECT steering.set_cap('ict', 'GM0547', 'budget', '[2026-01-01,2027-01-01)', 1340000,
                        reason => 'revision in December: more workplaces than planned') AS cap;

SELECT steering.set_cap('ict.workplace', 'GM0547', 'volume', '[2026-01-01,2027-01-01)', 6200,
                        reason => 'revision in December: more workplaces than planned') AS cap;
\echo

INSERT INTO finance.invoice SELECT * FROM demo.generated WHERE invoice_date >= '2026-12-01';
:hide
\echo
\echo 'It passes now, with a warning where a step is reached.'
-- The overhead of the organisation, a bill a month for each part.
INSERT INTO finance.invoice
SELECT to_char(month, 'YYYYMM') || '-' || part, part, 'sp71', month::date + 20,
  round(amount * (0.95 + 0.10 * demo.pseudo_random(concat_ws('/', part, month::date))), 2), 1, 'approved'
FROM (VALUES ('overhead.housing', 26000), ('overhead.staff', 14500), ('overhead.systems', 19500)) AS o (part, amount),
  generate_series(timestamp '2023-01-01', timestamp '2026-12-01', interval '1 month') AS month;
-- The years before, which nobody capped.
INSERT INTO finance.invoice SELECT * FROM demo.generated WHERE invoice_date < '2026-01-01';
\echo
\echo 'So do the monthly bills of the overhead and, to have a past that outlooks can learn from, the invoices of'
\echo 'three earlier years (invented, by the same generator). Caps of 2026 do not apply to them.'
\echo
:show
SELECT to_char(month, 'YYYY') AS year, sum(bookings) AS bookings, round(sum(amount)) AS amount
FROM steering.usage_by_month GROUP BY 1 ORDER BY 1;
:hide
INSERT INTO demo.expectation
SELECT 'usage per year is what is approved', string_agg(amount, ' ' ORDER BY year),
  (SELECT string_agg(amount::numeric(20,2)::text, ' ' ORDER BY year)
   FROM (SELECT date_part('year', month) AS year, sum(amount) AS amount FROM steering.usage_by_month GROUP BY 1) AS u)
FROM (SELECT date_part('year', invoice_date) AS year, sum(net_amount)::numeric(20,2)::text AS amount
      FROM finance.invoice WHERE status = 'approved' GROUP BY 1) AS i;
