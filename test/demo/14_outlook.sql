\echo '14. The outlook: what did 30 September promise, and what did the year become?'
\echo '-----------------------------------------------------------------------------'
\echo
\echo 'An outlook uses only what was booked on days up to its date, so it can be asked for again later. The evidence'
\echo 'first: how far was each method off in the three years before, when nine months were over? (Methods of earned'
\echo 'value, eac, need budgets or agreements, and results. Those years had none.)'
\echo
:show
SELECT method, months, years, outlooks, error AS error_percent, bias AS bias_percent
FROM steering.outlook_error(NULL, '2023-01-01', '2025-12-31')
WHERE months = 9
ORDER BY error;
:hide
-- The two methods in plain SQL, at the end of September 2025: the profile is that of 2023 and 2024.
CREATE TEMP VIEW year_total AS
SELECT product, municipality, extract(year FROM invoice_date) AS year, sum(net_amount) AS whole,
  coalesce(sum(net_amount) FILTER (WHERE extract(month FROM invoice_date) <= 9), 0) AS nine_months
FROM finance.invoice WHERE status = 'approved' GROUP BY 1, 2, 3;
INSERT INTO demo.expectation
SELECT 'error and bias of two methods in 2025 agree with plain SQL',
  string_agg(format('%s %s %s', method, round(100 * error / whole, 2), round(100 * bias / whole, 2)), ', ' ORDER BY method),
  (SELECT string_agg(concat_ws(' ', method, error, bias), ', ' ORDER BY method)
   FROM steering.outlook_error(NULL, '2025-01-01', '2025-12-31') WHERE months = 9 AND method IN ('run_rate', 'seasonal'))
FROM (SELECT method, sum(abs(expected - whole)) AS error, sum(expected - whole) AS bias, sum(whole) AS whole
      FROM year_total
        JOIN (SELECT product, municipality, sum(nine_months) / sum(whole) AS share FROM year_total
              WHERE year < 2025 GROUP BY 1, 2) AS profile USING (product, municipality)
        CROSS JOIN LATERAL (VALUES ('run_rate', round(nine_months * 365 / 273, 2)), ('seasonal', round(nine_months / share, 2)))
          AS outlook (method, expected)
      WHERE year = 2025 GROUP BY method) AS plain;
\echo 'When no method is asked for, the one that was least off is taken, and the answer says so. Buildings cost more'
\echo 'in winter, which the profile of earlier years knows:'
\echo
:show
SELECT participant, method, basis, round(actual) AS actual, round(expected) AS expected, reason
FROM steering.outlook('2026-09-30')
WHERE service = 'facility.building'
ORDER BY participant;
:hide
\echo 'What was expected and what the year became, by main service (euro):'
\echo
CREATE TEMP VIEW promise AS
SELECT split_part(service, '.', 1) AS service, sum(o.expected) AS expected, sum(y.whole) AS became,
  sum(o.actual) AS september
FROM steering.outlook('2026-09-30') o
  JOIN year_total y ON (y.product, y.municipality, y.year) = (service, participant, 2026)
GROUP BY 1;
SELECT coalesce(service, 'all') AS service, round(sum(september)) AS until_september, round(sum(expected)) AS expected,
  round(sum(became)) AS became, round(100 * (sum(expected) / sum(became) - 1), 1) AS percent_off
FROM promise GROUP BY ROLLUP (service) ORDER BY promise.service;
INSERT INTO demo.expectation
SELECT 'the outlook of facilities comes within three percent', 'true', (abs(expected / became - 1) < 0.03)::text
FROM promise WHERE service = 'facility';
INSERT INTO demo.expectation
SELECT 'outlooks that agree with plain SQL: actual by the profile of three years', count(*),
  count(*) FILTER (WHERE o.actual = y.nine_months AND o.expected = round(y.nine_months / p.share, 2))
FROM steering.outlook('2026-09-30', 'seasonal') o
  JOIN year_total y ON (y.product, y.municipality, y.year) = (service, participant, 2026)
  JOIN (SELECT product, municipality, sum(nine_months) / sum(whole) AS share FROM year_total WHERE year < 2026 GROUP BY 1, 2)
    AS p USING (product, municipality)
WHERE y.nine_months > 0;
\echo 'Where results are counted, earned value looks at the work done for the money. Workplaces, by every method:'
\echo
:show
SELECT participant, method, to_char(expected, '9,999,990') AS expected
FROM unnest('{run_rate,seasonal,eac_budget,eac_cpi,eac_spi_cpi}'::text[]) AS m (asked),
  LATERAL steering.outlook('2026-09-30', asked)
WHERE service = 'ict.workplace'
ORDER BY participant, method
\crosstabview
:hide
INSERT INTO demo.expectation
SELECT 'earned value agrees with plain SQL', string_agg(round(bac * actual / earned, 2)::text, ' ' ORDER BY municipality),
  (SELECT string_agg(round(expected, 2)::text, ' ' ORDER BY participant) FROM steering.outlook('2026-09-30', 'eac_cpi')
   WHERE service = 'ict.workplace')
FROM (SELECT municipality, nine_months AS actual, price * volume AS bac, price * volume * least(1, done / target) AS earned
      FROM year_total y
        JOIN steering.agreement_status a ON (a.service, a.participant) = (product, municipality)
        JOIN demo.goal g ON (g.indicator, g.participant) = ('solved', municipality)
        JOIN (SELECT participant, sum(value) AS done FROM demo.measured WHERE indicator = 'solved' AND period <= '2026-09'
              GROUP BY participant) AS m ON m.participant = municipality
      WHERE product = 'ict.workplace' AND year = 2026) AS plain;
\echo 'And the caps: which would be reached, and when?'
\echo
:show
SELECT service, participant, metric, round(amount) AS amount, round(used) AS used,
       round(expected) AS expected,
       to_char(limit_month, 'FMMonth') AS reaches_its_limit, to_char(block_month, 'FMMonth') AS blocks
FROM steering.cap_outlook('2026-09-30')
WHERE limit_month IS NOT NULL
ORDER BY service, participant;
:hide
INSERT INTO demo.expectation
SELECT 'the outlook of the volume of payslips agrees with plain SQL',
  round(sum(quantity) FILTER (WHERE invoice_date BETWEEN '2026-01-01' AND '2026-09-30')
    * sum(quantity) FILTER (WHERE invoice_date < '2026-01-01')
    / sum(quantity) FILTER (WHERE invoice_date < '2026-01-01' AND extract(month FROM invoice_date) <= 9), 2),
  (SELECT expected::numeric(20,2) FROM steering.cap_outlook('2026-09-30')
   WHERE (service, participant, metric) = ('hr.payroll', 'GM0547', 'volume'))
FROM finance.invoice WHERE status = 'approved' AND (product, municipality) = ('hr.payroll', 'GM0547');
