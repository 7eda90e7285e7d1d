\echo
\echo '5. A bulk load: July to November in one statement'
\echo '-------------------------------------------------'
\echo
:show
INSERT INTO finance.invoice
SELECT * FROM demo.generated WHERE invoice_date BETWEEN '2026-07-01' AND '2026-11-30';
:hide
\echo
\echo 'The statement was judged as a whole: all rows passed. Steps that it crossed upwards are in the log of'
\echo 'events, one row for each step.'
\echo
:show
SELECT kind, metric, count(*) AS caps
FROM steering.event WHERE kind IN ('notify', 'warn') GROUP BY kind, metric ORDER BY kind, metric;

SELECT service, participant, round(used, 2) AS used, used_percent, step
FROM steering.cap_status
WHERE service = 'ict' AND metric = 'budget'
ORDER BY participant;
:hide
INSERT INTO demo.expectation
SELECT 'usage after the bulk load is what is approved', sum(net_amount)::numeric(20,4),
  (SELECT sum(used)::numeric(20,4) FROM steering.cap_status WHERE participant = 'sp71')
FROM finance.invoice WHERE status = 'approved';
