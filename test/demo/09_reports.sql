\echo '9. What the BI tool reads, and what the DBA checks'
\echo '--------------------------------------------------'
\echo
\echo 'Usage per month comes from stored counters, not from the invoices. Here in thousands of euro (December has'
\echo 'only the single bookings of above):'
\echo
:show
SELECT split_part(service, '.', 1) AS service, to_char(month, 'Mon') AS month, round(sum(amount) / 1000)
FROM steering.usage_by_month
GROUP BY 1, 2, date_trunc('month', month)
ORDER BY 1, date_trunc('month', month)
\crosstabview
:hide
\echo 'health() tells what is not being enforced at this moment. Nothing, as it should be:'
\echo
\pset footer on
:show
SELECT * FROM steering.health();
:hide
\pset footer off
INSERT INTO demo.expectation SELECT 'health() has no complaint', '0', count(*) FROM steering.health();
\echo 'If someone with the right to do so switches a trigger off, it does tell:'
\echo
:script
BEGIN;
ALTER TABLE finance.invoice DISABLE TRIGGER sp71_steering_insert;
\echo
\x on
SELECT * FROM steering.health();
\x off
:hide
INSERT INTO demo.expectation SELECT 'health() tells of a disabled trigger', 'true', (count(*) > 0)::text FROM steering.health();
\set ECHO queries
ROLLBACK;
:hide
\echo
\echo 'Usage in percent of each budget cap, by participant (the switched-off trigger is on again):'
\echo
SELECT service, coalesce(p.name, participant) AS participant, s.used_percent
FROM steering.cap_status s JOIN steering.participant p ON p.code = s.participant
WHERE metric = 'budget'
ORDER BY service, p.code
\crosstabview
\echo 'All caps as they stand at that moment, rounded to whole euros and units:'
\echo
:show
SELECT cap_id AS cap, service, participant, metric, round(amount) AS amount, round(used) AS used,
       used_percent AS percent, round(headroom) AS headroom, step
FROM steering.cap_status
ORDER BY metric, service, participant;
:hide
INSERT INTO demo.expectation
SELECT 'no cap is over its block threshold', '0', count(*) FROM steering.cap_status WHERE used > blocks_at;
\echo 'verify() counts every booking anew and compares. It returns what differs, which is nothing:'
\echo
\pset footer on
:show
SELECT * FROM steering.verify();
:hide
\pset footer off
INSERT INTO demo.expectation SELECT 'verify() finds no difference', '0', count(*) FROM steering.verify();
