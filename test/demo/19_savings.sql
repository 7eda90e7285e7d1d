\echo
\echo '22. What it saves, what it costs to begin, and what stays when somebody leaves'
\echo '-----------------------------------------------------------------------------'
\echo
\echo 'A council that puts a saving into its budget keeps a ledger of it: central, allocated, realised, written off. Here'
\echo 'allocating is an amendment: the cap goes down, so the saving is enforced. These are the figures that Leiden printed'
\echo 'in 2017 (taakstellingen), on caps of a year to come:'
\echo
-- A period that is over cannot be amended: so it is this year, or 2027.
SELECT greatest(2027, extract(year FROM steering.decision_day())) AS year \gset
SELECT steering.set_cap('legal', 'GM0546', 'budget', :'year', 2000000, reason => 'budget') AS legal \gset
\o /dev/null
:script
SELECT steering.set_saving('central', NULL, NULL, :'year', 173376, true, 'director'),
       steering.set_saving('legal costs', 'legal', 'GM0546', :'year', 469898, true, 'head of legal'),
       steering.set_saving('payroll', 'hr', 'GM0546', :'year', 78510, true, 'head of HR'),
       steering.set_saving('audit', 'finance', 'GM0546', :'year', 101200, false, 'controller');

SELECT steering.record_saving(saving, 'allocate', amount, make_date(:year - 1, 11, 10), 'budget')
FROM steering.saving_status WHERE service IS NOT NULL;

SELECT steering.record_saving('legal costs', 'realise', 183878, make_date(:year, 3, 31), 'fewer appeals'),
       steering.record_saving('payroll', 'realise', 78510, make_date(:year, 6, 30), 'one system less'),
       steering.record_saving('audit', 'realise', 101200, make_date(:year, 9, 30), 'another accountant'),
       steering.record_saving('central', 'write_off', 173376, make_date(:year, 9, 30), 'not to be found');
:hide
\o
\echo
:script
SELECT saving, state, round(at_begin) AS at_begin, round(to_first_report) AS to_april, round(to_second_report) AS to_august,
       round(to_end) AS to_end, round(remaining) AS remaining
FROM steering.saving_ledger(:'year', make_date(:year, 4, 30), make_date(:year, 8, 31));

SELECT service, round(primitive) AS primitive, round(amendments) AS amended_by, round(amended) AS amended
FROM steering.budget_status WHERE participant = 'GM0546' AND metric = 'budget' AND valid_from = make_date(:year, 1, 1)
  AND service IN ('legal', 'hr', 'finance') ORDER BY service;
:hide
INSERT INTO demo.expectation
SELECT 'the ledger of savings is that which Leiden printed', '-822984 536964 -286020 363588 173376',
  concat_ws(' ', round(sum(at_begin)), round(sum(to_first_report + to_second_report + to_end)), round(sum(remaining)), round(sum(realised)), round(sum(written_off)))
FROM steering.saving_ledger(:'year');
INSERT INTO demo.expectation
SELECT 'what is allocated has lowered the caps', sum(status.amount)::numeric(20,2),
  (SELECT - sum(mutation) FROM steering.amendment WHERE number LIKE 'saving %')::numeric(20,2)
FROM steering.saving_status AS status WHERE state = 'allocated';
\echo 'To begin with a service centre costs money, advanced by key and repaid out of what it saves; a business case says'
\echo 'whether it is worth it (the amounts are invented):'
\echo
\o /dev/null
:script
SELECT steering.set_start_up('centre', 'Shared service centre', 3000000, 'inhabitants', '2026-01-01');

SELECT steering.set_case_line('centre', 'projects and moving', 2026, 0, 3000000),
       steering.set_case_line('centre', 'buildings', 2027, 0, 0),
       steering.set_case_line('centre', 'less overhead', 2027, 1900000, 100000),
       steering.set_case_line('centre', 'less overhead', 2028, 1900000, 100000);

SELECT steering.set_saving('overhead', NULL, NULL, '2026', 1900000, true, 'director', start_up => 'centre'),
       steering.record_saving('overhead', 'realise', 950000, '2026-12-31', 'the first half'),
       steering.repay_start_up('centre', 950000, '2026-12-31', 'of what was saved');
:hide
\o
\echo
:script
SELECT participant, advance, repaid, remaining FROM steering.start_up_status WHERE start_up = 'centre' ORDER BY participant;

SELECT year::text, round(net) AS net, round(cumulative) AS cumulative, net_present_value, payback
FROM steering.business_case('centre', rate => 0.03);
:hide
INSERT INTO demo.expectation
SELECT 'advances add up to the cent', 3000000.00, sum(advance)::numeric(20,2) FROM steering.start_up_status WHERE start_up = 'centre';
INSERT INTO demo.expectation
SELECT 'the net present value is that of the formula', round(-3000000 + 1800000 / 1.03 + 1800000 / (1.03 * 1.03), 4), net_present_value
FROM steering.business_case('centre', rate => 0.03) WHERE year = 2028;
\echo 'And who leaves takes his money along, but not what is fixed. Of fixed overhead of 10,000,000 Zoeterwoude bears its part'
\echo 'by inhabitants; the others can avoid it within five years, a fifth each year:'
\echo
SELECT round(10000000.0 * weight / sum(weight) OVER (), 2) AS share, participant
FROM steering.key_weight('inhabitants', '2026') ORDER BY weight LIMIT 1 \gset
:script
SELECT steering.set_cost_behaviour('management', '(,)', fixed_share => 1, avoidable_after => 60) > 0 AS said;

SELECT step, valid_from, valid_to, amount, stranded, avoided
FROM steering.stranded_cost('management', :share, '2027-01-01', absorption => 'yearly');
:hide
INSERT INTO demo.expectation
SELECT 'of the fifth year nothing is stranded, of the first four fifths', round(:share * 0.8, 4)::text || ' 0.0000',
  concat_ws(' ', min(stranded) FILTER (WHERE step = 1), min(stranded) FILTER (WHERE step = 5))
FROM steering.stranded_cost('management', :share, '2027-01-01', absorption => 'yearly');
\echo 'What is it all for? The scorecard puts what each service uses up, money and authority, against what it achieves, the'
\echo 'support for it and the capacity to do it; and tells where nobody measures:'
\echo
\o /dev/null
:script
SELECT steering.set_scorecard_indicator('satisfied');
:hide
\o
:script
SELECT service, round(actual) AS cost, outcome, outcome_attainment AS percent, legitimacy, legitimacy_attainment AS percent,
       capacity, capacity_attainment AS percent
FROM steering.scorecard('2026') WHERE coalesce(outcome, legitimacy, capacity) IS NOT NULL;

SELECT dimension, count(*) AS services_without FROM steering.scorecard_gaps() GROUP BY dimension ORDER BY dimension;
:hide
INSERT INTO demo.expectation
SELECT 'the scorecard has the cost that was booked', sum(actual)::numeric(20,2), (SELECT sum(actual) FROM steering.scorecard('2026') JOIN steering.named_service ON code = service WHERE parent IS NULL)::numeric(20,2)
FROM steering.cost_versus_result('2026');
INSERT INTO demo.expectation SELECT 'stored usage is that of the bookings', '0', count(*) FROM steering.verify();
