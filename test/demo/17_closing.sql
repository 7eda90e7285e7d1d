\echo '17. The year is closed'
\echo '----------------------'
\echo
\echo 'What the organisation had in reserve when the year began is recorded while that can be (an invented fact, see 18):'
\echo
:show
SELECT steering.book_reserve('2026-01-01', 300000, 'opening reserve') AS opening;
:hide
\echo 'Closing fixes the settlement, and from then on no booking may come into the year, leave it, or change in it:'
\echo
SELECT sum(amount) AS to_pay_before, count(*) AS lines_before FROM steering.settle('2026') \gset
:show
SELECT steering.close_period('2026', reason => 'annual accounts adopted') AS closing;

SELECT period, closing_id, closed_by, reason FROM steering.closed_period;
:hide
\echo 'A late invoice for December, and the cancellation of an old one. The errors are expected:'
\echo
\set VERBOSITY verbose
:try
INSERT INTO finance.invoice
VALUES ('L-1', 'legal.advice', 'GM0547', '2026-12-30', 1260.00, 12, 'approved');
:tried
\set VERBOSITY default
INSERT INTO demo.expectation VALUES ('a booking into the closed year is refused', '23S74', :'sqlstate');
\echo
:try
UPDATE finance.invoice SET status = 'cancelled' WHERE invoice = 'D-4';
:tried
INSERT INTO demo.expectation VALUES ('a cancellation in the closed year is refused', '23S74', :'sqlstate');
\echo
\echo 'Refused as expected (SQLSTATE' :sqlstate'). The invoice is booked in the new year. What Leiderdorp owes for it,'
\echo 'twelve hours at the agreed price, is a correction of the old settlement: a line of its own in the new one.'
\echo
:show
INSERT INTO finance.invoice
VALUES ('L-1', 'legal.advice', 'GM0547', '2027-01-08', 1260.00, 12, 'approved');

SELECT steering.correct_settlement('2026', 'GM0547', 'legal', 12 * 104.00,
         'advice in December that was invoiced late', into_period => '2027-01') AS correction;

SELECT participant, service, line, amount, valid_from, valid_to, corrects AS corrects_closing
FROM steering.settle('2027-01');
:hide
\echo 'The settlement of 2026 stays what it was. The controller of Leiderdorp (see 8) reads that of Leiderdorp only:'
\echo
INSERT INTO demo.expectation
SELECT 'the closed settlement did not change', :lines_before || ' / ' || :to_pay_before, count(*) || ' / ' || sum(amount)
FROM steering.settle('2026');
:script
SET ROLE leiderdorp_controller;
SELECT participant, count(*) AS lines, sum(amount) AS to_pay FROM steering.settlement GROUP BY participant;
:hide
SELECT string_agg(DISTINCT participant, ' ') AS seen FROM steering.settlement \gset
\echo
\set VERBOSITY terse
:try
SELECT * FROM steering.settle('2026');
:tried
\set VERBOSITY default
RESET ROLE;
INSERT INTO demo.expectation VALUES ('the reader sees its own settlement only', 'GM0547', :'seen');
INSERT INTO demo.expectation VALUES ('the reader may not settle', '42501', :'sqlstate');
\echo
