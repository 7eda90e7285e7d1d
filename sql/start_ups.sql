--
-- Start-ups: advanced by a key, repaid out of what they save; and what a business case says of them.
--
\set SHOW_CONTEXT never
INSERT INTO steering.participant (code, name) VALUES ('su', 'Region');
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('su.leiden', 'su', 'Leiden', 127089), ('su.leiderdorp', 'su', 'Leiderdorp', 27657),
	('su.oegstgeest', 'su', 'Oegstgeest', 25000), ('su.zoeterwoude', 'su', 'Zoeterwoude', 9000);
INSERT INTO steering.service (code, name) VALUES ('su', 'Support');
SELECT steering.set_allocation_key('su.fixed', 'By agreement', 'fixed') > 0 AS key;
SELECT count(steering.set_key_weight('su.fixed', weight, '2026', participant => code)) AS weights
FROM (VALUES ('su.leiden', 127089), ('su.leiderdorp', 27657), ('su.oegstgeest', 25000), ('su.zoeterwoude', 9000)) AS w (code, weight);
SELECT steering.set_start_up('su', 'Shared service centre', 3000000.01, 'su.fixed', '2026-02-15') AS start_up \gset
SELECT participant, advanced_on, trim_scale(advance) AS advance, trim_scale(repaid) AS repaid, trim_scale(remaining) AS remaining FROM steering.start_up_status WHERE start_up = 'su' ORDER BY participant;
-- To the last cent, by the largest remainder, in plain SQL.
WITH quota AS (
	SELECT code, inhabitants * 300000001.0 / sum(inhabitants) OVER () AS cents FROM steering.participant WHERE code LIKE 'su.%'
), place AS (
	SELECT code, floor(cents) AS cents, row_number() OVER (ORDER BY cents - floor(cents) DESC, code) AS place, 300000001 - sum(floor(cents)) OVER () AS left_over FROM quota
)
SELECT count(*) AS compared, count(*) FILTER (WHERE advance <> (cents + CASE WHEN place <= left_over THEN 1 ELSE 0 END) / 100) AS different, sum(advance) = 3000000.01 AS adds_up
FROM place JOIN steering.start_up_status ON participant = code;

-- Nothing is repaid that was not saved.
SELECT steering.set_saving('su.halls', 'su', 'su', '2026', 900000, true, 'director', 'su') > 0 AS halls, steering.set_saving('su.other', 'su', 'su', '2026', 500000, true, 'director') > 0 AS other;
SELECT steering.record_saving('su.halls', 'realise', 400000.005, '2026-11-01', 'a hall less'), steering.record_saving('su.other', 'realise', 500000, '2026-11-01', 'repays nothing'),
	steering.record_saving('su.halls', 'realise', 100000, '2027-02-01', 'another');
SELECT steering.repay_start_up('su', 400000.01, '2026-12-31', 'too much');
SELECT steering.repay_start_up('su', 100000.01, '2026-12-31', 'first') > 0 AS first, steering.repay_start_up('su', 299999.99, '2026-12-31', 'second') > 0 AS second;
SELECT steering.repay_start_up('su', 0.01, '2026-12-31', 'nothing is left');
SELECT steering.repay_start_up('su', 100000.01, '2027-02-01', 'a cent too much');
SELECT steering.repay_start_up('su', 100000, '2027-02-01', 'third') > 0 AS third, steering.repay_start_up('su', -33333.33, '2027-02-02', 'that was too much') > 0 AS taken_back;
SELECT participant, advance, repaid, remaining FROM steering.start_up_status WHERE start_up = 'su' ORDER BY participant;
-- Each repayment, and all of them, to the last cent; nobody gets more than was advanced.
SELECT repaid_on, amount::numeric = (SELECT sum(line.amount::numeric) FROM steering.start_up_repayment_line AS line WHERE line.repayment_id = repayment.repayment_id) AS adds_up
FROM steering.start_up_repayment AS repayment ORDER BY repayment_id;
SELECT steering.set_saving('su.halls', 'su', 'su', '2026', 4000000, true, 'director', 'su') > 0 AS more;
SELECT steering.record_saving('su.halls', 'realise', 3000000, '2028-01-01', 'all the rest') AS position;
SELECT steering.repay_start_up('su', 3000000.01 - (SELECT sum(repaid) FROM steering.start_up_status WHERE start_up = 'su'), '2028-12-31', 'all') > 0 AS last;
SELECT participant, advance = repaid AS whole, remaining FROM steering.start_up_status WHERE start_up = 'su' ORDER BY participant;
SELECT steering.repay_start_up('su', 0.01, '2028-12-31', 'more than all');
SELECT steering.repay_start_up('su', -3000000.02, '2028-12-31', 'more than was repaid');

-- Many small repayments make each whole as well.
SELECT steering.set_start_up('su.small', 'Small', 10, 'su.fixed', '2026-01-01') > 0 AS start_up, steering.set_saving('su.small', 'su', 'su', '2026', 10, false, 'x', 'su.small') > 0 AS saving;
SELECT steering.record_saving('su.small', 'realise', 10, '2026-01-01', 'x');
SELECT count(steering.repay_start_up('su.small', 0.07, '2026-01-01', n::text)) AS repayments FROM generate_series(1, 142) AS n;
SELECT participant, advance, repaid, remaining FROM steering.start_up_status WHERE start_up = 'su.small' ORDER BY participant;
SELECT steering.repay_start_up('su.small', 0.06, '2026-01-01', 'last') > 0 AS last;
SELECT bool_and(remaining = 0) AS whole FROM steering.start_up_status WHERE start_up = 'su.small';
SELECT count(*) AS lines, count(*) FILTER (WHERE line.amount::numeric < 0) AS negative FROM steering.start_up_repayment_line AS line JOIN steering.start_up_repayment USING (repayment_id) JOIN steering.start_up USING (start_up_id) WHERE code = 'su.small';

-- What it was repaid out of stays realised, on each day: 60 by March and 110 by June, of which 60 was repaid in April and 30 in July.
SELECT steering.set_start_up('su.kept', 'Kept', 100, 'su.fixed', '2026-01-01') > 0 AS start_up, steering.set_saving('su.kept', 'su', 'su', '2026', 100, false, 'x', 'su.kept') > 0 AS kept,
	steering.set_saving('su.kept too', 'su', 'su', '2026', 50, false, 'x', 'su.kept') > 0 AS too;
SELECT steering.record_saving('su.kept', 'realise', 60, '2026-03-01', 'x'), steering.record_saving('su.kept too', 'realise', 50, '2026-06-01', 'x');
SELECT steering.repay_start_up('su.kept', 60, '2026-04-01', 'x') > 0 AS first, steering.repay_start_up('su.kept', 30, '2026-07-01', 'x') > 0 AS second;
SELECT steering.record_saving('su.kept', 'realise', -1, '2026-05-01', 'not found after all');
\echo :LAST_ERROR_SQLSTATE
SELECT steering.record_saving('su.kept', 'realise', -20.0001, '2026-07-01', 'x');
SELECT steering.record_saving('su.kept too', 'realise', -20.0001, '2026-06-01', 'x');
SELECT steering.record_saving('su.kept', 'realise', -20, '2026-06-01', 'just what was not repaid') AS position;
SELECT steering.set_saving('su.kept', 'su', 'su', '2026', 100, false, 'x');
SELECT steering.set_saving('su.kept too', 'su', 'su', '2026', 50, false, 'x', 'su.small');
-- What is not realised yet can be written off and postponed, but not dropped; of the repayment can be taken back.
SELECT steering.record_saving('su.kept', 'write_off', 10, '2026-06-01', 'x') AS written_off, steering.record_saving('su.kept', 'postpone', 5, '2026-06-01', 'x', into_period => '2027') AS postponed,
	steering.record_saving('su.kept', 'write_off', -10, '2026-06-01', 'x') AS written_back;
SELECT steering.drop_saving('su.kept');
SELECT steering.repay_start_up('su.kept', -30, '2026-08-01', 'x') > 0 AS taken_back;
SELECT steering.record_saving('su.kept', 'realise', -30, '2026-07-15', 'repaid on that day');
SELECT steering.record_saving('su.kept', 'realise', -30, '2026-08-01', 'not repaid any more') AS position;
SELECT steering.repay_start_up('su.kept', 0.01, '2026-06-15', 'all is repaid of what stays');
-- Before anything is repaid, anything can be corrected; what was taken back by now repays nothing, as of an earlier day either.
SELECT steering.set_start_up('su.back', 'Back', 100, 'su.fixed', '2026-01-01') > 0 AS start_up, steering.set_saving('su.back', 'su', 'su', '2026', 100, false, 'x', 'su.back') > 0 AS saving;
SELECT steering.record_saving('su.back', 'realise', 10, '2026-11-01', 'x'), steering.record_saving('su.back', 'realise', -10, '2026-10-01', 'x'), steering.record_saving('su.back', 'realise', 10, '2026-01-01', 'x'),
	steering.record_saving('su.back', 'realise', -7, '2026-12-01', 'x');
SELECT steering.repay_start_up('su.back', 5, '2026-03-01', 'x');
SELECT steering.set_saving('su.back', 'su', 'su', '2026', 100, false, 'x', 'su.kept') > 0 AS repays_another;

-- What settlements say of it: each advance is owed with its month, and given back as it is repaid. It is no part of the result.
BEGIN;
SELECT steering.set_allocation_key('su.three', 'Three', 'fixed') > 0 AS key;
SELECT count(steering.set_key_weight('su.three', 1, '[2071-01-01,2073-01-01)', participant => code)) AS weights
FROM unnest('{su.leiden,su.leiderdorp,su.zoeterwoude}'::text[]) AS code;
SELECT steering.set_start_up('su.line', 'Line', 100, 'su.three', '2071-03-15') > 0 AS start_up, steering.set_saving('su.line', 'su', 'su', '2071', 100, false, 'x', 'su.line') > 0 AS saving;
SELECT steering.record_saving('su.line', 'realise', 100, '2071-03-01', 'x');
SELECT steering.repay_start_up('su.line', 40, '2071-05-01', 'first') > 0 AS first, steering.repay_start_up('su.line', -10, '2071-06-30', 'too much') > 0 AS taken_back,
	steering.repay_start_up('su.line', 70, '2072-02-01', 'last') > 0 AS last;
SELECT participant, service, line, quantity, trim_scale(price) AS price, amount, valid_from, closing_id FROM steering.settle('2071') ORDER BY participant, price DESC, amount;
SELECT item, trim_scale(total) AS total, trim_scale(parts) AS parts, trim_scale(difference) AS difference FROM steering.settlement_proof('2071') WHERE total <> 0 OR difference <> 0;
SELECT count(*) AS differences FROM steering.settlement_proof('2071') WHERE difference <> 0;
-- pieces add up to the whole, which is what was not repaid
SELECT participant, (SELECT sum(amount) FROM steering.settle('2071') AS year WHERE year.participant = month.participant) = sum(amount) AS same, sum(amount) AS amount
FROM generate_series(1, 12) AS n, LATERAL steering.settle(format('2071-%s', to_char(n, 'FM00'))) AS month GROUP BY participant ORDER BY participant;
SELECT sum(amount) AS all_repaid FROM steering.settle('[2071-01-01,2073-01-01)') WHERE line = 'start_up';
-- what is closed keeps its figures; a year over closed months has the rest
SELECT steering.close_period('2071-03') > 0 AS march;
SELECT participant, line, amount FROM steering.settlement WHERE valid_from = '2071-03-01' AND participant LIKE 'su.%' ORDER BY 1;
SAVEPOINT settled;
SELECT steering.set_start_up('su.line', 'Line', 200, 'su.three', '2071-03-15');
ROLLBACK TO settled;
SELECT steering.set_start_up('su.free', 'Free', 9, 'su.three', '2071-03-31') > 0 AS late, steering.set_start_up('su.open', 'Open', 3, 'su.three', '2071-04-30') > 0 AS in_april;
SELECT start_up.code, settled_in FROM steering.start_up WHERE code LIKE 'su.%' AND settled_in > '2071-01-01' ORDER BY 1;
SELECT price, sum(amount) AS amount FROM steering.settle('2071-03') GROUP BY 1 ORDER BY 1;
SELECT price, sum(amount) AS amount FROM steering.settle('2071-04') GROUP BY 1 ORDER BY 1;
SELECT closing_id IS NULL AS computed, sum(amount) AS amount FROM steering.settle('2071') GROUP BY 1 ORDER BY 1;
SELECT steering.close_period('2071') > 0 AS year;
SELECT sum(amount) AS amount, count(*) FILTER (WHERE closing_id IS NULL) AS computed FROM steering.settle('2071');
SELECT count(*) AS differences FROM steering.settlement_proof('2071') WHERE difference <> 0;
SELECT sum(amount) AS of_the_year_alone, count(*) FILTER (WHERE line <> 'start_up') AS others FROM steering.settlement WHERE valid_from = '2071-01-01';
-- a repayment of a day that is closed is settled with the first month that is open; a correction is a line beside it
SELECT steering.repay_start_up('su.line', -20, '2071-12-31', 'after the year was closed') > 0 AS late;
SAVEPOINT settled;
SELECT steering.drop_start_up('su.free');
ROLLBACK TO settled;
SELECT steering.correct_settlement('2071', 'su.leiden', 'su', 5, 'of a start-up', '2072-01') > 0 AS corrected;
SELECT participant, line, trim_scale(price) AS price, amount FROM steering.settle('2072-01') ORDER BY 1, 2, 3;
-- reopened, it is open: what was settled later stays there
SELECT steering.reopen_period('2071', 'the test goes on') > 0 AS reopened, steering.reopen_period('2071-03', 'the test goes on') > 0 AS march;
SELECT price, sum(amount) AS amount FROM steering.settle('2071') GROUP BY 1 ORDER BY 1;
SELECT price, sum(amount) AS amount FROM steering.settle('2072-01') WHERE line = 'start_up' GROUP BY 1 ORDER BY 1;
SELECT steering.drop_start_up('su.free'), steering.drop_start_up('su.open');
ROLLBACK;

-- A business case: a line that saves nothing is listed.
SELECT steering.set_case_line('merger', 'housing of the two', 2013, 0, 0), steering.set_case_line('merger', 'project', 2013, 0, 911000), steering.set_case_line('merger', 'staff', 2014, 250000.25, 100000),
	steering.set_case_line('merger', 'staff', 2015, 500000, 0), steering.set_case_line('merger', 'staff', 2017, 500000, 0.5);
SELECT * FROM steering.case_line WHERE business_case = 'merger' ORDER BY line, year;
SELECT step, year, benefit, cost, net, cumulative, present_value, net_present_value, payback FROM steering.business_case('merger');
SELECT step, year, net, cumulative, present_value, net_present_value, payback FROM steering.business_case('merger', 0.035);
SELECT step, year, present_value, net_present_value, payback FROM steering.business_case('merger', 0.035, 2012);
-- By plain SQL, with power(); where that is not exact any more, by what it is the reciprocal of.
SELECT count(*) AS compared, count(*) FILTER (WHERE present_value <> round(net / power(1 + rate, year - base_year), 4)
	OR net_present_value <> round((SELECT sum((benefit::numeric - cost::numeric) / power(1 + rate, line.year - base_year)) FROM steering.case_line AS line
		WHERE line.business_case = 'merger' AND line.year <= business.year), 4)) AS different
FROM unnest(ARRAY[-0.25, -0.000001, 0, 0.000001, 0.02, 0.035, 0.123456, 1]) AS rate CROSS JOIN unnest(ARRAY[2013, 2010]) AS base_year
CROSS JOIN LATERAL steering.business_case('merger', rate, base_year) AS business;
SELECT count(*) FILTER (WHERE present_value <> net * power(2::numeric, year - 2000)) AS different FROM steering.business_case('merger', -0.5, 2000);
-- Recovered within the fifth year; at once; never; just at the end of a year, and not again.
SELECT payback, payback = round(4 + (911000 - 150000.25 - 500000) / 499999.5, 4) AS as_the_formula_says FROM steering.business_case('merger') WHERE payback IS NOT NULL;
SELECT steering.set_case_line('at once', 'x', 2020, 5, 5), steering.set_case_line('never', 'x', 2020, 0, 10), steering.set_case_line('never', 'x', 2021, 9.9999, 0),
	steering.set_case_line('just', 'x', 2020, 0, 10), steering.set_case_line('just', 'x', 2021, 10, 0), steering.set_case_line('just', 'x', 2022, 0, 30), steering.set_case_line('just', 'x', 2023, 30, 0);
SELECT asked, step, cumulative, payback FROM unnest(ARRAY['at once', 'never', 'just']) AS asked CROSS JOIN LATERAL steering.business_case(asked) AS business;
-- Savings of 5 to 10 percent of 38 million.
SELECT steering.set_case_line('range', 'five percent', 2027, 0.05 * 38000000, 0), steering.set_case_line('range', 'ten percent', 2028, 0.10 * 38000000, 0);
SELECT year, trim_scale(benefit) AS benefit FROM steering.business_case('range');
-- What was realised of the savings that repay it, beside what was planned.
SELECT count(*) AS lines FROM generate_series(2026, 2029) AS year CROSS JOIN LATERAL steering.set_case_line('su', 'halls', year, 500000, CASE year WHEN 2026 THEN 3000000.01 ELSE 0 END);
SELECT year, net, cumulative, realised FROM steering.business_case('su');
SELECT steering.drop_case_line('just', 'x', 2023);

-- Refused
SELECT steering.set_start_up('x', 'x', 1, 'su.nowhere', '2026-01-01');
SELECT steering.set_start_up(NULL, 'x', 1, 'su.fixed', '2026-01-01');
SELECT steering.set_start_up(' ', 'x', 1, 'su.fixed', '2026-01-01');
SELECT steering.set_start_up('x', NULL, 1, 'su.fixed', '2026-01-01');
SELECT steering.set_start_up('x', 'x', NULL, 'su.fixed', '2026-01-01');
SELECT steering.set_start_up('x', 'x', 0, 'su.fixed', '2026-01-01');
SELECT steering.set_start_up('x', 'x', -1, 'su.fixed', '2026-01-01');
SELECT steering.set_start_up('x', 'x', 0.001, 'su.fixed', '2026-01-01');
SELECT steering.set_start_up('x', 'x', 'NaN', 'su.fixed', '2026-01-01');
SELECT steering.set_start_up('x', 'x', 'Infinity', 'su.fixed', '2026-01-01');
SELECT steering.set_start_up('x', 'x', 1, NULL, '2026-01-01');
SELECT steering.set_start_up('x', 'x', 1, 'su.fixed', NULL);
SELECT steering.set_start_up('x', 'x', 1, 'su.fixed', 'infinity');
SELECT steering.set_start_up('x', 'x', 1, 'su.fixed', '5874897-12-31');
SELECT steering.set_start_up('x', 'x', 1, 'su.fixed', '2025-01-01');
SELECT steering.set_start_up('su', 'x', 1, 'su.fixed', '2026-01-01');
-- A weight that is not known is not zero.
INSERT INTO steering.participant (code, parent, name) VALUES ('su.voorschoten', 'su', 'Voorschoten');
SELECT steering.set_allocation_key('su.inhabitants', 'Inhabitants', 'inhabitants') > 0 AS key;
SELECT steering.set_start_up('x', 'x', 1, 'su.inhabitants', '2026-01-01');
SELECT steering.repay_start_up('x', 1, '2026-01-01', 'x');
SELECT steering.repay_start_up(NULL, 1, '2026-01-01', 'x');
SELECT steering.repay_start_up('su', NULL, '2026-01-01', 'x');
SELECT steering.repay_start_up('su', 0, '2026-01-01', 'x');
SELECT steering.repay_start_up('su', 0.001, '2026-01-01', 'x');
SELECT steering.repay_start_up('su', 'NaN', '2026-01-01', 'x');
SELECT steering.repay_start_up('su', 1, NULL, 'x');
SELECT steering.repay_start_up('su', 1, '-infinity', 'x');
SELECT steering.repay_start_up('su', 1, '2026-01-01', NULL);
SELECT steering.drop_start_up('x');
SELECT steering.drop_start_up('su');
SELECT steering.set_start_up('su.unused', 'Unused', 1, 'su.fixed', '2026-01-01') > 0 AS unused, steering.set_saving('su.unused', 'su', 'su', '2026', 1, false, 'x', 'su.unused') > 0 AS saving;
SELECT steering.drop_start_up('su.unused');
SELECT steering.drop_saving('su.unused');
SELECT steering.drop_start_up('su.unused');
SELECT steering.set_case_line(NULL, 'x', 2026, 1, 1);
SELECT steering.set_case_line('x', ' ', 2026, 1, 1);
SELECT steering.set_case_line('x', 'x', NULL, 1, 1);
SELECT steering.set_case_line('x', 'x', 26, 1, 1);
SELECT steering.set_case_line('x', 'x', 2026, NULL, 1);
SELECT steering.set_case_line('x', 'x', 2026, 1, -1);
SELECT steering.set_case_line('x', 'x', 2026, 'NaN', 1);
SELECT steering.set_case_line('x', 'x', 2026, 1, 'Infinity');
SELECT steering.drop_case_line('x', 'x', 2026);
SELECT steering.drop_case_line('x', NULL, 2026);
SELECT steering.drop_case_line('x', 'x', NULL);
SELECT * FROM steering.business_case('x');
SELECT * FROM steering.business_case(NULL);
SELECT * FROM steering.business_case('merger', NULL);
SELECT * FROM steering.business_case('merger', -1);
SELECT * FROM steering.business_case('merger', 1.5);
SELECT * FROM steering.business_case('merger', 'NaN');
SELECT * FROM steering.business_case('merger', 0.0000001);
SELECT * FROM steering.business_case('merger', 0, 2014);
SELECT steering.set_case_line('merger', 'far', 2113, 1, 1);
SELECT * FROM steering.business_case('merger');
UPDATE steering.start_up_repayment SET amount = 1;

-- Who may, and who sees: its own share and nothing that tells of others.
SET client_min_messages = warning;
CREATE ROLE regress_one;
CREATE ROLE regress_reader;
RESET client_min_messages;
UPDATE steering.participant SET reader = 'regress_reader' WHERE code = 'su.zoeterwoude';
GRANT EXECUTE ON FUNCTION steering.set_start_up, steering.repay_start_up, steering.set_case_line TO regress_one;
SELECT steering.set_rule(ARRAY['set_start_up', 'repay_start_up', 'set_case_line'], 'mandate') AS rule \gset
SELECT steering.set_mandate('regress_one', ARRAY['set_start_up', 'repay_start_up'], NULL, NULL, '(,)', 100) AS mandate \gset
SET SESSION AUTHORIZATION regress_one;
SELECT steering.set_start_up('su.mine', 'Mine', 100, 'su.fixed', '2026-01-01') > 0 AS within_mandate;
SELECT steering.repay_start_up('su', -100, '2029-01-01', 'within') > 0 AS within_mandate;
\set VERBOSITY sqlstate
SELECT steering.set_start_up('su.mine', 'Mine', 100.01, 'su.fixed', '2026-01-01');
SELECT steering.repay_start_up('su', -100.01, '2029-01-01', 'beyond');
SELECT steering.set_case_line('su', 'x', 2026, 1, 1);
SELECT * FROM steering.business_case('su');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
SELECT act, trim_scale(amount) AS amount, in_mandate FROM steering.decision WHERE proposed_by = 'regress_one' AND act ~ 'start_up|case' ORDER BY id;
SELECT steering.drop_rule(:rule);
SET SESSION AUTHORIZATION regress_reader;
SELECT start_up, participant, trim_scale(advance) AS advance, trim_scale(repaid) AS repaid FROM steering.start_up_status ORDER BY start_up;
RESET SESSION AUTHORIZATION;

SELECT count(*) AS dropped FROM steering.participant CROSS JOIN LATERAL steering.drop_key_weight('su.fixed', '2026', code) WHERE code LIKE 'su.%' AND inhabitants IS NOT NULL;
DELETE FROM steering.participant WHERE code = 'su.zoeterwoude';
ALTER TABLE steering.start_up_repayment DISABLE TRIGGER USER;
ALTER TABLE steering.start_up_repayment_line DISABLE TRIGGER USER;
ALTER TABLE steering.saving_entry DISABLE TRIGGER USER;
DELETE FROM steering.start_up_repayment_line;
DELETE FROM steering.start_up_repayment;
DELETE FROM steering.saving_entry;
ALTER TABLE steering.start_up_repayment ENABLE TRIGGER USER;
ALTER TABLE steering.start_up_repayment_line ENABLE TRIGGER USER;
ALTER TABLE steering.saving_entry ENABLE TRIGGER USER;
DELETE FROM steering.saving;
DELETE FROM steering.start_up_share;
DELETE FROM steering.start_up;
DELETE FROM steering.case_line;
DELETE FROM steering.mandate;
SELECT steering.drop_allocation_key('su.fixed'), steering.drop_allocation_key('su.inhabitants');
UPDATE steering.participant SET reader = NULL WHERE code = 'su.zoeterwoude';
DELETE FROM steering.service WHERE code = 'su';
DELETE FROM steering.participant WHERE code ^@ 'su.' OR code = 'su';
DROP OWNED BY regress_one, regress_reader;
DROP ROLE regress_one, regress_reader;
