\echo '4. The attach: from that moment the caps hold'
\echo '---------------------------------------------'
\echo
\echo 'The mapping says, in SQL expressions over the columns, how a row is a booking. A draft or a cancelled'
\echo 'invoice does not count. Rows that are there already count at once.'
\echo
:show
SELECT steering.attach('finance.invoice',
         service     => 'product',
         participant => 'municipality',
         booked_on   => 'invoice_date',
         amount      => 'net_amount',
         volume      => 'quantity',
         counts_when => $$status = 'approved'$$) AS source;

SELECT service, participant, round(amount, 2) AS amount, round(used, 2) AS used, used_percent,
       round(headroom, 2) AS headroom
FROM steering.cap_status
WHERE service = 'ict' AND metric = 'budget'
ORDER BY participant;
:hide
INSERT INTO demo.expectation
SELECT 'usage after the attach is the approved half-year', sum(net_amount)::numeric(20,4),
  (SELECT sum(used)::numeric(20,4) FROM steering.cap_status WHERE participant = 'sp71')
FROM finance.invoice WHERE status = 'approved';
\echo 'Programs that write to the table need not change: the caps are watched from inside the database.'
