\echo
\echo '8. Who sees what'
\echo '----------------'
\echo
\echo 'The finance application needs no right on anything of ours. It is refused like everyone else, but is not'
\echo 'told the figures of a cap that it may not read:'
\echo
:script
SET ROLE finance_application;
:hide
\echo
:try
INSERT INTO finance.invoice
VALUES ('D-8', 'ict.application', 'GM0547', '2026-12-17', 64000.00, 100, 'approved');
:tried
\set booking_state :sqlstate
\echo
:try
SELECT * FROM steering.cap;
:tried
RESET ROLE;
INSERT INTO demo.expectation VALUES ('the role of the application is refused', '23S71', :'booking_state');
INSERT INTO demo.expectation VALUES ('the role of the application may not read caps', '42501', :'sqlstate');
\echo
\echo 'Both as expected. A participant can be given a reader: a role that sees the figures of that participant and'
\echo 'those below it, through the same views as everyone.'
\echo
:script
CREATE ROLE leiderdorp_controller;
UPDATE steering.participant SET reader = 'leiderdorp_controller' WHERE code = 'GM0547';
\echo
SELECT count(*) AS caps, count(DISTINCT participant) AS participants FROM steering.cap_status;

SET ROLE leiderdorp_controller;
SELECT count(*) AS caps, count(DISTINCT participant) AS participants FROM steering.cap_status;
:hide
SELECT coalesce(string_agg(DISTINCT participant, ' '), 'none') AS seen FROM steering.cap_status \gset
RESET ROLE;
INSERT INTO demo.expectation VALUES ('the reader sees its own participant only', 'GM0547', :'seen');
