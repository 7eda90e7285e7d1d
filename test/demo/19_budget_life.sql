\echo
\echo '20. How a budget changes, and what is left of it'
\echo '------------------------------------------------'
\echo
\echo 'A council changes its budget as a whole, by an amendment with a number. Each line says by how much a cap changes and'
\echo 'what it is then. Leiden moves 40,000 from finance to HR; the first draft has a slip of the pen:'
\echo
-- A period that is over cannot be amended: so it is this year, or 2027.
SELECT greatest(2027, extract(year FROM steering.decision_day())) AS year \gset
SELECT steering.drop_rule(rule_id) FROM steering.rule \g /dev/null
SELECT steering.set_cap('hr', 'GM0546', 'budget', :'year', 1950000, reason => 'budget') AS hr,
       steering.set_cap('finance', 'GM0546', 'budget', :'year', 2150000, reason => 'budget') AS finance \gset
\set VERBOSITY terse
:try
SELECT steering.amend(:'year', '1', 'neutral', jsonb_build_array(
         jsonb_build_object('cap', :hr, 'mutation', 40000, 'new_amount', 1999000),
         jsonb_build_object('cap', :finance, 'mutation', -40000, 'new_amount', 2110000)), 'payroll');
:tried
\set VERBOSITY default
INSERT INTO demo.expectation VALUES ('an amendment that does not add up is refused', '22023', :'sqlstate');
\echo
:show
SELECT steering.amend(:'year', '1', 'neutral', jsonb_build_array(
         jsonb_build_object('cap', :hr, 'mutation', 40000, 'new_amount', 1990000),
         jsonb_build_object('cap', :finance, 'mutation', -40000, 'new_amount', 2110000)), 'payroll') > 0 AS amended;
SELECT steering.transfer(:hr, :finance, 5000, 'an audit of the payroll') > 0 AS transferred;
:hide
\echo 'What was left of 2026 goes to the next year by rule: in ICT all of it, and what was overspent is first call on the next'
\echo 'budget; in management only what is still committed. Who plans it sees each cap with its reason; nothing is done yet:'
\echo
:show
SELECT steering.set_carry_rule('ict', 'GM0546', open_commitments => true, positive => true, negative => true, minimum => 1000) > 0 AS ict,
       steering.set_carry_rule('management', 'GM0546', open_commitments => true, positive => false, negative => false) > 0 AS management;

SELECT service, round(amount) AS amount, round(actual) AS actual, round(available) AS available, round(open_commitments) AS committed,
       round(carried) AS carried, round(reverted) AS reverted, why, action
FROM steering.planned_carry_forward('2026') WHERE participant = 'GM0546' AND why <> 'no rule is for it';

SELECT steering.carry_forward('2026', 'accounts of 2026') > 0 AS carried;

SELECT service, round(available, 2) AS available, round(carried, 2) AS carried, round(reverted, 2) AS reverted, round(taken, 2) AS taken,
       round(given, 2) AS given, holds
FROM steering.carry_forward_proof ORDER BY service;
:hide
\echo 'Where each budget of the new year stands, and how one came there:'
\echo
:script
SELECT service, round(primitive) AS primitive, round(amendments) AS amended_by, round(transfers) AS transfers, round(revisions) AS revisions,
       round(carried_in) AS carried_in, round(amended) AS amended, round(actual) AS actual, round(free) AS free
FROM steering.budget_status
WHERE participant = 'GM0546' AND metric = 'budget' AND (service IN ('hr', 'finance') AND valid_from = make_date(:year, 1, 1) OR service = 'ict' AND valid_from = '2027-01-01')
ORDER BY service;

SELECT kind, number, round(mutation) AS mutation, round(amount) AS amount, reason
FROM steering.budget_history WHERE cap_id = :hr ORDER BY event_id;
:hide
INSERT INTO demo.expectation SELECT 'nothing was lost or made by carrying it', '0', count(*) FROM steering.carry_forward_proof WHERE NOT holds;
INSERT INTO demo.expectation SELECT 'every history adds up to its budget', '0', count(*)
FROM steering.budget_status WHERE amended <> (SELECT sum(mutation) FROM steering.budget_history AS history WHERE history.cap_id = budget_status.cap_id);
INSERT INTO demo.expectation SELECT 'every budget adds up', '0', count(*)
FROM steering.budget_status WHERE primitive + amendments + transfers + revisions + carried_in - carried_out <> amended;
INSERT INTO demo.expectation SELECT 'what is free is what is left', '0', count(*)
FROM steering.budget_status JOIN steering.cap_status USING (cap_id) WHERE budget_status.free <> cap_status.amount - cap_status.used;
INSERT INTO demo.expectation SELECT 'stored usage is that of the bookings', '0', count(*) FROM steering.verify();
