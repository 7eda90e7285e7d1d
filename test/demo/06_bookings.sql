\echo '6. December: single bookings, a notification, a warning'
\echo '-------------------------------------------------------'
\echo
\echo 'Finance in Zoeterwoude stands just below its 80% step. The next booking passes and crosses the step: who'
\echo 'listens on the channel sp71_steering hears of it when the transaction commits.'
\echo
SELECT used AS used_before FROM steering.cap_status WHERE (service, participant) = ('finance', 'GM0638') \gset
:show
LISTEN sp71_steering;
\echo

INSERT INTO finance.invoice
VALUES ('D-1', 'finance.invoice', 'GM0638', '2026-12-03', 1496.00, 220, 'approved');
:hide
UNLISTEN sp71_steering;
INSERT INTO demo.expectation
SELECT 'the booking that crosses 80% makes one event', '80% notify / 1', step || ' / ' ||
  (SELECT count(*) FROM steering.event e
   WHERE (e.service, e.participant, e.kind) = ('finance', 'GM0638', 'notify') AND e.threshold > :used_before)
FROM steering.cap_status WHERE (service, participant) = ('finance', 'GM0638');
\echo
\echo 'ICT in Leiderdorp goes over 100% of its cap. That still passes, and the client is warned:'
\echo
:show
INSERT INTO finance.invoice
VALUES ('D-2', 'ict.application', 'GM0547', '2026-12-07', 32000.00, 50, 'approved');
:hide
INSERT INTO demo.expectation
SELECT 'the booking that crosses 100% makes one event', '1', count(*)
FROM steering.event WHERE (service, participant, kind) = ('ict', 'GM0547', 'warn');
\echo
\echo 'How much room is left? check_booking is a dry run: it gives every cap that would apply, and stores nothing.'
\echo
:show
SELECT cap_id, service, participant, round(used, 2) AS used, round(after, 2) AS after,
       round(blocks_at, 2) AS blocks_at, verdict
FROM steering.check_booking('ict.application', 'GM0547', '2026-12-10', amount => 64000, volume => 100);
:hide
SELECT verdict AS dry_verdict FROM steering.check_booking('ict.application', 'GM0547', '2026-12-10', 64000, 100)
WHERE (service, participant) = ('ict', 'GM0547') \gset
INSERT INTO demo.expectation VALUES ('the dry run says that 64,000 would be refused', 'block', :'dry_verdict');
