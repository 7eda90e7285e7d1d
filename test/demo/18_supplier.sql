\echo '18. The organisation itself: does it stay healthy?'
\echo '--------------------------------------------------'
\echo
\echo 'It needs a reserve for bad luck. Of what it began the year with (see 17) nothing was taken out.'
SELECT round(total, 2) AS kept FROM steering.settlement_proof('2026') WHERE item = 'kept_result' \gset
SELECT steering.book_reserve('2027-01-01', :kept, 'kept of the result of 2026') AS movement \gset
\echo 'Kept of the result of 2026 and added to it:' :kept'. What the year brought, by quarter:'
\echo
:show
SELECT step, round(revenue) AS revenue, round(cost) AS cost, round(result) AS result,
       coverage AS coverage_percent, round(kept) AS kept
FROM steering.supplier_health('2026', per => 'quarter');
:hide
INSERT INTO demo.expectation
SELECT 'the result of the year is that of its settlement', total::numeric(20,2),
  (SELECT result::numeric(20,2) FROM steering.supplier_health('2026') WHERE is_total)
FROM steering.settlement_proof('2026') WHERE item = 'result';
INSERT INTO demo.expectation
SELECT 'the quarters add up to the year', sum(result) FILTER (WHERE is_total), sum(result) FILTER (WHERE NOT is_total)
FROM steering.supplier_health('2026', per => 'quarter');
\echo 'What may happen stands in a register of risks: how probable it is, and what it would cost at least, most'
\echo 'likely and at most. This one is invented as well.'
\echo
:show
SELECT count(steering.set_risk(code, name, probability, low, likely, high)) AS risks
FROM (VALUES
  ('outage',   'Long outage of systems',           0.15,  80000, 150000, 400000),
  ('staff',    'Scarce staff, hired at a premium', 0.50,  60000, 120000, 260000),
  ('contract', 'A supplier of ours goes bankrupt', 0.05, 100000, 250000, 600000),
  ('privacy',  'Claims after a data leak',         0.10,  20000,  90000, 500000),
  ('leaver',   'A participant buys less',          0.20, 100000, 200000, 350000))
  AS r (code, name, probability, low, likely, high);

SELECT round(available) AS reserve, risks, round(required) AS required, ratio, class, round(mean) AS mean,
       round(highest) AS highest, round(covered_percent, 1) AS covered_percent
FROM steering.resilience('2027-01-01', certainty => 0.90, draws => 100000, seed => 71);
:hide
\echo 'In 90 of 100 simulated years the risks together stay within what is required. The ratio of the reserve to that'
\echo 'is the resilience ratio (weerstandsratio): below 1 it is too small, and class B is more than sufficient. The'
\echo 'same seed gives the same answer.'
\echo
INSERT INTO demo.expectation
SELECT 'the same seed gives the same answer', a::text, b::text
FROM steering.resilience('2027-01-01', 0.90, 100000, 71) AS a, steering.resilience('2027-01-01', 0.90, 100000, 71) AS b;
INSERT INTO demo.expectation
SELECT 'the mean of the draws is that of the register, within two percent', 'true',
  (abs(r.mean / m.mean - 1) < 0.02)::text
FROM steering.resilience('2027-01-01', 0.90, 100000, 71) AS r,
  (SELECT sum(probability * (low + likely + high)::numeric / 3) AS mean FROM steering.risk) AS m;
INSERT INTO demo.expectation SELECT 'verify() finds no difference at the end of the year', '0', count(*) FROM steering.verify();
INSERT INTO demo.expectation SELECT 'health() has no complaint at the end of the year, but that other years have no caps', '0', count(*)
FROM steering.health() WHERE problem <> 'bookings outside caps';
