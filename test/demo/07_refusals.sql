\echo '7. Refusals, and what to do then'
\echo '--------------------------------'
\echo
\echo 'The same booking for real. The error is expected: the finance application gets an integrity error, with'
\echo 'the figures in the text and the cap in fields that a program can read.'
\echo
\set VERBOSITY verbose
:try
INSERT INTO finance.invoice
VALUES ('D-3', 'ict.application', 'GM0547', '2026-12-10', 64000.00, 100, 'approved');
:tried
\set VERBOSITY default
INSERT INTO demo.expectation VALUES ('64,000 over the ICT cap of Leiderdorp is refused', '23S71', :'sqlstate');
INSERT INTO demo.expectation
SELECT 'a refused booking is not stored', '0', count(*) FROM finance.invoice WHERE invoice = 'D-3';
\echo
\echo 'Refused as expected, and nothing of it was stored. The amount was a typing error; 46,000 fits:'
\echo
:show
INSERT INTO finance.invoice
VALUES ('D-3', 'ict.application', 'GM0547', '2026-12-10', 46000.00, 72, 'approved');
:hide
\echo
\echo 'A draft does not count, so it may be written at any time. To approve it is to book it:'
\echo
:show
INSERT INTO finance.invoice
VALUES ('D-4', 'ict.telephony', 'GM0547', '2026-12-14', 18000.00, 1500, 'draft');

:hide
\echo
:try
UPDATE finance.invoice SET status = 'approved' WHERE invoice = 'D-4';
:tried
INSERT INTO demo.expectation VALUES ('approving a draft that does not fit is refused', '23S71', :'sqlstate');
\echo
\echo 'Refused as expected (SQLSTATE' :sqlstate'). Invoice D-2 turns out to be wrong: its cancellation releases room,'
\echo 'and what lowers usage is never refused. Now the draft can be approved.'
\echo
:show
UPDATE finance.invoice SET status = 'cancelled' WHERE invoice = 'D-2';
\echo
UPDATE finance.invoice SET status = 'approved' WHERE invoice = 'D-4';
\echo

SELECT service, participant, round(used, 2) AS used, used_percent, round(blocks_at, 2) AS blocks_at,
       round(headroom, 2) AS headroom, step
FROM steering.cap_status WHERE (service, participant, metric) = ('ict', 'GM0547', 'budget');
:hide
INSERT INTO demo.expectation
SELECT 'draft and cancellation are in the usage', sum(net_amount)::numeric(20,4),
  (SELECT used::numeric(20,4) FROM steering.cap_status
   WHERE (service, participant, metric) = ('ict', 'GM0547', 'budget'))
FROM finance.invoice
WHERE status = 'approved' AND product LIKE 'ict.%' AND municipality = 'GM0547';
\echo 'When a replacement is written before what it replaces is cancelled, only the net effect of the transaction'
\echo 'matters. A transaction can ask to be judged at its end:'
\echo
:script
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO finance.invoice
VALUES ('D-5', 'ict.application', 'GM0547', '2026-12-15', 45500.00, 71, 'approved');
UPDATE finance.invoice SET status = 'cancelled' WHERE invoice = 'D-3';
COMMIT;
:hide
INSERT INTO demo.expectation
SELECT 'the transaction judged at its end is stored', 'D-3 cancelled, D-5 approved',
  string_agg(invoice || ' ' || status, ', ' ORDER BY invoice)
FROM finance.invoice WHERE invoice IN ('D-3', 'D-5');
\echo
\echo 'Volume is limited in the same way, by a cap on the lower level of the catalogue:'
\echo
:try
INSERT INTO finance.invoice
VALUES ('D-6', 'ict.workplace', 'GM0579', '2026-12-16', 66500.00, 700, 'approved');
:tried
INSERT INTO demo.expectation VALUES ('700 workplaces too many are refused', '23S72', :'sqlstate');
\echo
\echo 'Refused as expected (SQLSTATE' :sqlstate'). So is a booking whose key nobody knows: it cannot slip past the caps.'
\echo
:try
INSERT INTO finance.invoice
VALUES ('D-7', 'ict.workplaec', 'GM0579', '2026-12-16', 950.00, 10, 'approved');
:tried
INSERT INTO demo.expectation VALUES ('an unknown service is refused', '23S73', :'sqlstate');
\echo
\echo 'Refused as expected (SQLSTATE' :sqlstate').'
\echo
\echo 'A burst pipe cannot wait for the council. Who may let it pass lets it pass once: an override is room above the'
\echo 'threshold, for one transaction and until tomorrow. The cap itself stays as it is.'
\echo
SELECT cap_id AS override_cap, headroom + 900 AS override_bill FROM steering.cap_status
WHERE (service, participant, metric) = ('ict', 'GM0547', 'budget') \gset
:try
INSERT INTO finance.invoice
VALUES ('D-20', 'ict.application', 'GM0547', '2026-12-17', :override_bill, 0, 'approved');
:tried
INSERT INTO demo.expectation VALUES ('without an override it is refused', '23S71', :'sqlstate');
\echo
:show
SELECT steering.grant_override(:override_cap, 1000, now() + interval '1 day', 'burst pipe') AS override;
INSERT INTO finance.invoice
VALUES ('D-20', 'ict.application', 'GM0547', '2026-12-17', :override_bill, 0, 'approved');
SELECT round(amount, 2) AS granted, round(drawn, 2) AS drawn, transactions, state FROM steering.override_status;
:hide
\echo
\echo 'What was drawn is in the events; what is left lapses. From then on only what lowers passes:'
\echo
:try
INSERT INTO finance.invoice
VALUES ('D-21', 'ict.application', 'GM0547', '2026-12-17', 1.00, 0, 'approved');
:tried
INSERT INTO demo.expectation VALUES ('an override is for one transaction', '23S71', :'sqlstate');
INSERT INTO demo.expectation
SELECT 'an override is drawn as far as it was needed', '900', trim_scale(drawn) FROM steering.override_status;
:show
UPDATE finance.invoice SET status = 'cancelled' WHERE invoice = 'D-20';
:hide
\echo
\echo 'A course is held in reserve until the participants have enrolled. It counts at once; what is spent of it is posted,'
\echo 'and the rest is released. Here nobody enrolls:'
\echo
:show
SELECT steering.reserve('finance.invoice', 'GM0638', '2026-12-18', 1000, 10, reference => 'course') AS reservation;
SELECT service, participant, round(amount, 2) AS amount, state, reference FROM steering.reservation_status;
:hide
SELECT max(id) AS reservation FROM steering.reservation_status \gset
:script
BEGIN;
SELECT steering.post_reservation(:reservation, 400);
SELECT state, round(posted_amount, 2) AS posted FROM steering.reservation_status;
ROLLBACK;
SELECT steering.void_reservation(:reservation);
:hide
INSERT INTO demo.expectation
SELECT 'a reservation that was voided holds nothing', 'voided', state FROM steering.reservation_status;
