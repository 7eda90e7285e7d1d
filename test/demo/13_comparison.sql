\echo '13. Cost versus results'
\echo '-----------------------'
\echo
\echo 'One function puts beside each other what was spent, what was agreed and what was achieved. Its time does not'
\echo 'grow with the number of bookings. First the money of workplaces:'
\echo
:show
SELECT participant, round(actual) AS actual, round(volume) AS volume, round(agreed_volume) AS agreed,
       round(unit_cost, 2) AS unit_cost, round(agreed_price, 2) AS agreed_price,
       round(price_variance) AS by_price, round(volume_variance) AS by_volume,
       round(total_variance) AS variance
FROM steering.cost_versus_result('2026')
WHERE service = 'ict.workplace'
ORDER BY participant;
:hide
\echo 'A variance above zero is dearer than agreed. What follows from the price and what from the volume add up to'
\echo 'the whole of it, exactly. Now the results, with a signal:'
\echo
:show
SELECT service, participant, round(actual) AS actual, round(target) AS target, round(measured, 1) AS measured,
       attainment, round(cost_per_result, 2) AS per_result, signal
FROM steering.cost_versus_result('2026')
WHERE service IN ('hr.payroll', 'ict.workplace')
ORDER BY service, participant;
:hide
INSERT INTO demo.expectation
SELECT 'cost, variances and results of workplaces agree with plain SQL', string_agg(line, '; ' ORDER BY line),
  (SELECT string_agg(concat_ws(' ', participant, actual::numeric(20,2), volume::numeric(20,2), total_variance::numeric(20,2),
            measured::numeric(20,2), attainment), '; ' ORDER BY participant)
   FROM steering.cost_versus_result('2026') WHERE service = 'ict.workplace')
FROM (SELECT concat_ws(' ', municipality, sum(net_amount), sum(quantity),
        (sum(net_amount) - min(a.price * a.volume))::numeric(20,2),
        min(m.value)::numeric(20,2), round(100 * min(m.value) / min(g.target), 2)) AS line
      FROM finance.invoice i
        JOIN steering.agreement_status a ON (a.service, a.participant) = ('ict.workplace', municipality)
        JOIN demo.goal g ON (g.indicator, g.participant) = ('solved', municipality)
        JOIN (SELECT participant, sum(value) AS value FROM demo.measured WHERE indicator = 'solved' GROUP BY participant)
          AS m ON m.participant = municipality
      WHERE status = 'approved' AND product = 'ict.workplace' AND invoice_date >= '2026-01-01'
      GROUP BY municipality) AS plain;
INSERT INTO demo.expectation
SELECT 'price and volume variance add up', '0', count(*) FROM steering.cost_versus_result('2026')
WHERE price_variance + volume_variance <> total_variance;
\echo 'Green, amber and red are the worse of two answers: is the money within its budget (amber from 90%, red above'
\echo '100%), is the target met (amber below 100%, red below 90%)? The limits are yours to set. At the end of a year'
\echo '97% of the budget is still fine:'
\echo
\o /dev/null
:script
SELECT steering.set_signal_limit('budget', amber => 97, red => 100);
SELECT steering.set_signal_limit('attainment', amber => 98, red => 85);
:hide
\o
\echo
\echo 'Budgets are on the upper level of the catalogue here, so the signals of money show in the roll-up: each'
\echo 'service and participant with all below it.'
\echo
:show
SELECT service, participant, round(budget) AS budget, round(actual) AS actual,
       round(100 * actual / budget, 1) AS percent, attainment, signal
FROM steering.cost_versus_result_below('2026')
WHERE service IN ('ict', 'facility', 'legal', 'procurement') AND budget IS NOT NULL
ORDER BY service, participant;
:hide
\echo 'All signals together, one letter each (green, amber, red):'
\echo
SELECT service, coalesce(name, participant) AS participant, left(signal, 1) AS signal
FROM steering.cost_versus_result_below('2026') JOIN steering.participant p ON p.code = participant
WHERE service_level = 0 AND signal IS NOT NULL
ORDER BY service, p.code
\crosstabview
INSERT INTO demo.expectation
SELECT 'the roll-up of ICT is the sum of its approved invoices', sum(net_amount)::numeric(20,4),
  (SELECT actual::numeric(20,4) FROM steering.cost_versus_result_below('2026') WHERE (service, participant) = ('ict', 'sp71'))
FROM finance.invoice WHERE status = 'approved' AND product LIKE 'ict%' AND invoice_date >= '2026-01-01';
INSERT INTO demo.expectation
SELECT 'signals that follow from budget and results by the limits', count(*), count(*) FILTER (WHERE signal =
  CASE WHEN actual > budget OR attainment < 85 THEN 'red' WHEN actual >= 0.97 * budget OR attainment < 98 THEN 'amber' ELSE 'green' END)
FROM steering.cost_versus_result_below('2026') WHERE budget IS NOT NULL;
\echo 'The roll-up of a ratio is the ratio of the sums. The mean of four ratios would say something else:'
\echo
:show
SELECT participant, round(actual) AS actual, round(measured) AS calls,
       round(cost_per_result, 2) AS cost_per_call,
       (SELECT round(avg(cost_per_result), 2) FROM steering.cost_versus_result('2026')
        WHERE service = 'ict.workplace') AS mean_of_four
FROM steering.cost_versus_result_below('2026')
WHERE service = 'ict.workplace' AND participant = 'sp71';
:hide
INSERT INTO demo.expectation
SELECT 'cost per call of the region', round(sum(actual) / sum(measured), 4),
  (SELECT cost_per_result FROM steering.cost_versus_result_below('2026') WHERE (service, participant) = ('ict.workplace', 'sp71'))
FROM steering.cost_versus_result('2026') WHERE service = 'ict.workplace';
\echo 'The same service side by side. Rank 1 is the cheapest; a ranking is a question to ask, not an answer:'
\echo
:show
SELECT participant, round(actual) AS actual, inhabitants, round(cost_per_inhabitant, 2) AS per_inhabitant,
       rank_per_inhabitant AS rank, round(cost_per_unit, 2) AS per_month,
       round(cost_per_result, 2) AS per_call, attainment
FROM steering.compare_participants('2026', 'ict.workplace')
ORDER BY rank_per_inhabitant;
:hide
INSERT INTO demo.expectation
SELECT 'workplace cost per inhabitant', string_agg(round(cost / p.inhabitants, 4)::text, ' ' ORDER BY cost / p.inhabitants),
  (SELECT string_agg(cost_per_inhabitant::text, ' ' ORDER BY rank_per_inhabitant)
   FROM steering.compare_participants('2026', 'ict.workplace') WHERE rank_per_inhabitant IS NOT NULL)
FROM (SELECT municipality, sum(net_amount) AS cost FROM finance.invoice
      WHERE status = 'approved' AND product = 'ict.workplace' AND invoice_date >= '2026-01-01' GROUP BY 1) AS i
  JOIN steering.participant p ON p.code = municipality;
