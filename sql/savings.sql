--
-- Savings: set, allocated, realised, written off, postponed; the ledger of a period; what is a risk.
--
\set SHOW_CONTEXT never
INSERT INTO steering.participant (code, name) VALUES ('sv', 'Region');
INSERT INTO steering.participant (code, parent, name) VALUES ('sv.town', 'sv', 'Town'), ('sv.village', 'sv', 'Village');
INSERT INTO steering.service (code, parent, name) VALUES ('sv', NULL, 'All'), ('sv.sport', 'sv', 'Sport'), ('sv.ict', 'sv', 'ICT'), ('sv.apps', 'sv.ict', 'Applications');
CREATE TABLE sv_invoice (service text, town text, day date, amount numeric);
SELECT steering.attach('sv_invoice', 'service', 'town', 'day', 'amount') > 0 AS attached;
SELECT steering.set_cap('sv.sport', 'sv.town', 'budget', '2999', 1000000) AS sport, steering.set_cap('sv.ict', 'sv.town', 'budget', '2999', 5000000) AS ict,
	steering.set_cap('sv.apps', 'sv.village', 'budget', '2999', 300000) AS apps, steering.set_cap('sv.sport', 'sv.town', 'volume', '2999', 5) AS volume \gset

-- The ledger of a city: of 822,984 a part was central, and written off; of what was allocated 286,020 remained.
SELECT steering.set_saving('central', NULL, NULL, '2999', 173376, true, 'director') > 0 AS central;
SELECT steering.set_saving('sport', 'sv.sport', 'sv.town', '2999', 469898, true, 'head of sport') > 0 AS sport,
	steering.set_saving('ict', 'sv.ict', 'sv.town', '2999', 78510, true, 'head of ICT') > 0 AS ict,
	steering.set_saving('apps', 'sv.apps', 'sv.village', '2999', 101200, false, 'head of ICT') > 0 AS apps;
SELECT steering.record_saving('sport', 'allocate', 469898, '2998-11-01', 'budget 2999'), steering.record_saving('ict', 'allocate', 78510, '2998-11-01', 'budget 2999'),
	steering.record_saving('apps', 'allocate', 101200, '2998-11-01', 'budget 2999', document => 'council 12');
SELECT cap_id = :sport AS sport, trim_scale(amount) AS amount FROM steering.cap_status WHERE cap_id IN (:sport, :ict, :apps) ORDER BY cap_id;
SELECT number, kind, service, trim_scale(mutation) AS mutation, trim_scale(new_amount) AS new_amount, reason, document FROM steering.amendment WHERE service LIKE 'sv%' ORDER BY amendment_id;
SELECT steering.record_saving('sport', 'realise', 183878, '2999-03-01', 'fewer halls') AS position, steering.record_saving('ict', 'realise', 78510, '2999-05-01', 'one system less') AS position,
	steering.record_saving('apps', 'realise', 101200, '2999-09-01', 'licences') AS position, steering.record_saving('central', 'write_off', 173376, '2999-09-02', 'it was not to be found') AS position;
SELECT saving, owner, state, service, participant, structural, trim_scale(at_begin) AS at_begin, trim_scale(to_first_report) AS first, trim_scale(to_second_report) AS second,
	trim_scale(to_end) AS to_end, trim_scale(remaining) AS remaining, trim_scale(realised) AS realised, trim_scale(written_off) AS written_off
FROM steering.saving_ledger('2999', '2999-04-30', '2999-09-01');
SELECT state, trim_scale(sum(at_begin)) AS at_begin, trim_scale(sum(to_first_report + to_second_report + to_end)) AS events, trim_scale(sum(remaining)) AS remaining,
	trim_scale(sum(realised)) AS realised, trim_scale(sum(written_off)) AS written_off
FROM steering.saving_ledger('2999') GROUP BY ROLLUP (state) ORDER BY state DESC NULLS LAST;
-- Without reports all is in the last column; with the second one alone in two.
SELECT trim_scale(sum(to_first_report)) AS first, trim_scale(sum(to_second_report)) AS second, trim_scale(sum(to_end)) AS to_end FROM steering.saving_ledger('2999')
UNION ALL
SELECT trim_scale(sum(to_first_report)), trim_scale(sum(to_second_report)), trim_scale(sum(to_end)) FROM steering.saving_ledger('2999', NULL, '2999-06-30');

-- Allocated: the budget is less. So it is enforced.
INSERT INTO sv_invoice VALUES ('sv.sport', 'sv.town', '2999-06-01', 530102);
\set VERBOSITY terse
INSERT INTO sv_invoice VALUES ('sv.sport', 'sv.town', '2999-06-01', 0.01);
SELECT steering.set_saving('more sport', 'sv.sport', 'sv.town', '2999', 1000, true, 'head of sport') > 0 AS more;
SELECT steering.record_saving('more sport', 'allocate', 1000, '2999-06-02', 'what is spent is not saved');
\set VERBOSITY default
SELECT steering.drop_saving('more sport');
-- What is not allocated is a risk that no budget knows of.
SELECT steering.set_saving('sport 2', 'sv.sport', 'sv.town', '2999', 23853, true, 'head of sport') > 0 AS sport,
	steering.set_saving('rationalise', 'sv.ict', 'sv.town', '2999', 230000, true, 'head of ICT') > 0 AS rationalise;
SELECT trim_scale(sum(at_begin)) AS at_begin FROM steering.saving_ledger('2999') WHERE saving IN ('sport 2', 'rationalise');
SELECT steering.record_saving('sport 2', 'realise', 23853, '2999-12-31', 'found') AS found;
SELECT service, participant, trim_scale(actual) AS actual, trim_scale(budget) AS budget, trim_scale(expected_headroom) AS headroom, trim_scale(saving_at_risk) AS at_risk, trim_scale(headroom_at_risk) AS headroom_at_risk
FROM steering.outlook_risk('2999-12-30') WHERE service LIKE 'sv%' OR service IS NULL;
SELECT service, participant, trim_scale(saving_at_risk) AS at_risk FROM steering.outlook_risk('2999-12-31', '2999') WHERE saving_at_risk <> 0;
SELECT steering.record_saving('rationalise', 'allocate', 230000, '2999-12-31', 'allocated') AS allocated;
SELECT count(*) FROM steering.outlook_risk('2999-12-31', '2999') WHERE saving_at_risk <> 0;
SELECT trim_scale(amount) AS lowered FROM steering.cap_status WHERE cap_id = :ict;

-- Written off or postponed: the cap gets its room back, and the rest is of a later year. A part may be one of several.
SELECT steering.record_saving('rationalise', 'postpone', 100000, '2999-12-31', 'next year', into_period => '3000') AS postponed,
	steering.record_saving('rationalise', 'postpone', 50000.0001, '2999-12-31', 'next year', into_period => '3000') AS postponed;
SELECT steering.record_saving('rationalise', 'write_off', 29999.9999, '2999-12-31', 'a third') AS written_off, steering.record_saving('rationalise', 'write_off', -9999.9999, '2999-12-31', 'less') AS taken_back;
SELECT saving, state, service, valid_from, trim_scale(amount) AS amount, trim_scale(realised) AS realised, trim_scale(written_off) AS written_off, trim_scale(postponed) AS postponed,
	trim_scale(remaining) AS remaining FROM steering.saving_status WHERE saving LIKE 'rationalise%' ORDER BY saving, state DESC;
SELECT trim_scale(amount) AS amount FROM steering.cap_status WHERE cap_id = :ict;
SELECT saving, trim_scale(at_begin) AS at_begin, trim_scale(remaining) AS remaining FROM steering.saving_ledger('3000') WHERE saving LIKE 'rationalise%';
SELECT steering.record_saving('rationalise 3000', 'realise', 150000.0001, '3000-01-01', 'found', 0) AS found;
SELECT steering.record_saving('rationalise', 'postpone', -1, '2999-12-31', 'too late', into_period => '3000');
SELECT steering.record_saving('rationalise 3000', 'realise', -1, '3000-01-01', 'not all') AS taken_back;
SELECT steering.record_saving('rationalise 3000', 'postpone', 1, '3000-01-01', 'again', into_period => '3001') AS postponed;
SELECT saving, trim_scale(amount) AS amount, trim_scale(remaining) AS remaining FROM steering.saving_status WHERE saving LIKE 'rationalise 3%' ORDER BY saving;
-- One target for several caps, of which one gets it all back.
SELECT steering.set_saving('purchasing', 'sv', 'sv', '2999', 90000, false, 'buyer') > 0 AS purchasing;
SELECT steering.record_saving('purchasing', 'allocate', 50000, '2999-01-01', 'ICT', :ict) AS ict, steering.record_saving('purchasing', 'allocate', 30000, '2999-01-01', 'apps', :apps) AS apps;
SELECT steering.record_saving('purchasing', 'realise', 10, '2999-02-01', 'which?');
SELECT steering.record_saving('purchasing', 'realise', 10, '2999-02-01', 'apps', :apps) AS apps, steering.record_saving('purchasing', 'realise', 5, '2999-02-01', 'central', 0) AS central;
SELECT steering.record_saving('purchasing', 'allocate', -50000, '2999-02-01', 'not ICT', :ict) AS not_ict;
SELECT state, service, participant, trim_scale(amount) AS amount, trim_scale(realised) AS realised, trim_scale(remaining) AS remaining FROM steering.saving_status WHERE saving = 'purchasing' ORDER BY state DESC, service;
SELECT saving, state, service, trim_scale(at_begin) AS at_begin, trim_scale(allocated) AS allocated, trim_scale(realised) AS realised, trim_scale(to_end) AS to_end, trim_scale(remaining) AS remaining
FROM steering.saving_ledger('2999') WHERE saving = 'purchasing';
SELECT saving, position, step, trim_scale(amount) AS amount, booked_on, amendment, into_saving, reason FROM steering.saving_event WHERE saving IN ('purchasing', 'rationalise') ORDER BY saving, position;

-- To the last unit: every part, and every saving, and every cap, by plain SQL over what was recorded.
SELECT count(*) AS parts, count(*) FILTER (WHERE amount <> realised + written_off + postponed + remaining) AS off FROM steering.saving_status;
SELECT count(*) AS savings, count(*) FILTER (WHERE saving.amount::numeric <> (SELECT sum(amount) FROM steering.saving_status WHERE saving = saving.code)) AS off FROM steering.saving;
SELECT period, count(*) AS rows, count(*) FILTER (WHERE at_begin + to_first_report + to_second_report + to_end <> remaining OR allocated + realised + written_off + postponed <> remaining - at_begin) AS off,
	trim_scale(sum(allocated)) AS allocated
FROM (VALUES ('2998'), ('2999'), ('3000'), ('2999-Q1')) AS asked (period), steering.saving_ledger(period, '2999-02-15', '2999-08-01') GROUP BY period ORDER BY period;
SELECT ledger.remaining = - (SELECT sum(saving.amount::numeric) FROM steering.saving WHERE lower(during) < '3000-01-01') + (
	SELECT sum(entry.amount::numeric) FROM steering.saving_entry AS entry JOIN steering.saving USING (saving_id) WHERE step <> 'allocate' AND booked_on < '3000-01-01' AND lower(during) < '3000-01-01') AS same
FROM (SELECT sum(remaining) AS remaining FROM steering.saving_ledger('2999')) AS ledger;
SELECT count(*) AS caps, count(*) FILTER (WHERE amendments <> (
	SELECT sum(CASE step WHEN 'allocate' THEN - entry.amount::numeric WHEN 'realise' THEN 0 ELSE entry.amount::numeric END) FROM steering.saving_entry AS entry WHERE entry.cap_id = status.cap_id)) AS off
FROM steering.budget_status AS status WHERE amendments <> 0 AND service LIKE 'sv%';

-- Refused
SELECT steering.set_saving('x', 'sv.nowhere', NULL, '2999', 1, true, 'x');
SELECT steering.set_saving('x', NULL, 'sv.nowhere', '2999', 1, true, 'x');
SELECT steering.set_saving(NULL, NULL, NULL, '2999', 1, true, 'x');
SELECT steering.set_saving(' ', NULL, NULL, '2999', 1, true, 'x');
SELECT steering.set_saving('x', NULL, NULL, NULL, 1, true, 'x');
SELECT steering.set_saving('x', NULL, NULL, 'some day', 1, true, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', NULL, true, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', 0, true, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', -1, true, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', 'NaN', true, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', 'Infinity', true, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', 0.00001, true, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', 1e30, true, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', 1, NULL, 'x');
SELECT steering.set_saving('x', NULL, NULL, '2999', 1, true, '');
SELECT steering.set_saving('x', NULL, NULL, '2999', 1, true, 'x', 'no start-up');
SELECT steering.set_saving('sport', 'sv.sport', 'sv.town', '2999', 469897, true, 'head of sport');
SELECT steering.set_saving('sport', 'sv.sport', 'sv.town', '3000', 469898, true, 'head of sport');
SELECT steering.set_saving('sport', 'sv.sport', 'sv.town', '2999', 469899, true, 'alderman of sport') > 0 AS more_of_another;
SELECT steering.drop_saving('sport');
SELECT steering.drop_saving('nothing');
SELECT steering.record_saving('nothing', 'realise', 1, '2999-01-01', 'x');
SELECT steering.record_saving(NULL, 'realise', 1, '2999-01-01', 'x');
SELECT steering.record_saving('sport', NULL, 1, '2999-01-01', 'x');
SELECT steering.record_saving('sport', 'find', 1, '2999-01-01', 'x');
SELECT steering.record_saving('sport', 'realise', NULL, '2999-01-01', 'x');
SELECT steering.record_saving('sport', 'realise', 0, '2999-01-01', 'x');
SELECT steering.record_saving('sport', 'realise', 'NaN', '2999-01-01', 'x');
SELECT steering.record_saving('sport', 'realise', '-Infinity', '2999-01-01', 'x');
SELECT steering.record_saving('sport', 'realise', 0.00001, '2999-01-01', 'x');
SELECT steering.record_saving('sport', 'realise', 1, NULL, 'x');
SELECT steering.record_saving('sport', 'realise', 1, 'infinity', 'x');
SELECT steering.record_saving('sport', 'realise', 1, '2999-01-01', '');
SELECT steering.record_saving('sport', 'realise', 1, '2999-01-01', 'x', document => ' ');
SELECT steering.record_saving('sport', 'realise', 286021.0001, '2999-01-01', 'x', :sport);
\set VERBOSITY sqlstate
SELECT steering.record_saving('sport', 'realise', 1, '2999-01-01', 'x', :apps);
\set VERBOSITY default
SELECT steering.record_saving('sport', 'realise', 1, '2999-01-01', 'x', into_period => '3000');
SELECT steering.record_saving('sport', 'write_off', -1, '2999-01-01', 'x', :sport);
SELECT steering.record_saving('sport', 'allocate', 2, '2999-01-01', 'more than there is');
\set VERBOSITY sqlstate
SELECT steering.record_saving('sport', 'allocate', 1, '2999-01-01', 'x', :apps);
SELECT steering.record_saving('sport', 'allocate', 1, '2999-01-01', 'x', :volume);
\set VERBOSITY default
SELECT steering.record_saving('sport', 'allocate', 1, '2999-01-01', 'x', 0);
SELECT steering.record_saving('central', 'allocate', 1, '2999-01-01', 'x');
SELECT steering.record_saving('sport', 'postpone', 1, '2999-01-01', 'x', :sport);
SELECT steering.record_saving('sport', 'postpone', 1, '2999-01-01', 'x', :sport, '2999');
SELECT steering.record_saving('sport', 'postpone', 1, '2999-01-01', 'x', :sport, 'later');
SELECT steering.set_saving('huge', 'sv', 'sv', '2999', 9000000, false, 'buyer') > 0 AS huge;
SELECT steering.record_saving('huge', 'allocate', 9000000, '2999-01-01', 'more than the cap', :ict);
SELECT steering.set_saving('past', 'sv.ict', 'sv.town', '2020', 5, false, 'x') > 0 AS past, steering.set_cap('sv.ict', 'sv.town', 'budget', '2020', 10) AS past_cap \gset
SELECT steering.record_saving('past', 'allocate', 5, '2020-01-01', 'the period is over');
SELECT steering.record_saving('past', 'realise', 5, '2020-01-01', 'which may be recorded') AS recorded;
UPDATE steering.saving_entry SET amount = 1;
DELETE FROM steering.saving_entry;
TRUNCATE steering.saving_entry;

-- Who may, and who sees
SET client_min_messages = warning;
CREATE ROLE regress_one;
CREATE ROLE regress_reader;
RESET client_min_messages;
UPDATE steering.participant SET reader = 'regress_reader' WHERE code = 'sv.village';
GRANT EXECUTE ON FUNCTION steering.set_saving, steering.record_saving TO regress_one;
SELECT steering.set_saving('theirs', 'sv.sport', 'sv.town', '2999', 30, true, 'director') > 0 AS theirs, steering.record_saving('theirs', 'postpone', 10, '2999-01-01', 'x', into_period => '3000') AS postponed;
SELECT steering.set_rule(ARRAY['set_saving', 'record_saving', 'amend'], 'mandate') AS rule \gset
SELECT steering.set_mandate('regress_one', ARRAY['set_saving', 'record_saving'], 'sv.ict', 'sv.town', '(,)', 1000) AS mandate \gset
SET SESSION AUTHORIZATION regress_one;
SELECT count(*) FROM steering.saving_status;
SELECT steering.set_saving('mine', 'sv.ict', 'sv.town', '2999', 5000, false, 'me') > 0 AS within_mandate;
SELECT steering.record_saving('mine', 'realise', 1000, '2999-01-01', 'within') AS within_mandate;
SELECT steering.record_saving('mine', 'postpone', 10, '2999-01-01', 'within', into_period => '3000') AS within_mandate;
\set VERBOSITY sqlstate
SELECT steering.record_saving('mine', 'realise', 1000.01, '2999-01-01', 'beyond');
SELECT steering.set_saving('yours', 'sv.sport', 'sv.town', '2999', 2000, false, 'me');
SELECT steering.set_saving('theirs 3000', 'sv.sport', 'sv.town', '3000', 10, false, 'me');
SELECT steering.record_saving('mine', 'allocate', 1, '2999-01-01', 'an amendment too');
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
SELECT steering.set_mandate('regress_one', ARRAY['amend'], 'sv.ict', 'sv.town', '(,)', 1) AS amend \gset
SET SESSION AUTHORIZATION regress_one;
SELECT steering.record_saving('mine', 'allocate', 1, '2999-01-01', 'an amendment too') AS within_mandates;
RESET SESSION AUTHORIZATION;
SELECT act, service, participant, trim_scale(amount) AS amount, in_mandate FROM steering.decision WHERE proposed_by = 'regress_one' AND act IN ('set_saving', 'record_saving', 'amend') AND service LIKE 'sv%' ORDER BY id;
-- As a proposal: both pieces are asked.
GRANT EXECUTE ON FUNCTION steering.propose, steering.sign TO regress_one;
SET SESSION AUTHORIZATION regress_one;
SELECT steering.propose('record_saving', '{"code": "mine", "step": "allocate", "amount": 1, "booked_on": "2999-02-01", "reason": "proposed"}', 'x') AS proposal \gset
SELECT steering.sign(:proposal, 'approve');
RESET SESSION AUTHORIZATION;
SELECT position, step, trim_scale(amount) AS amount, amendment FROM steering.saving_event WHERE saving = 'mine' ORDER BY position;
SELECT steering.drop_rule(:rule);
SET SESSION AUTHORIZATION regress_reader;
SELECT saving, trim_scale(amount) AS amount FROM steering.saving_status;
SELECT DISTINCT saving FROM steering.saving_event;
SELECT saving FROM steering.saving_ledger('2999');
SELECT saving FROM steering.saving_ledger('2999', '5874897-12-31');
SELECT service, participant, saving_at_risk FROM steering.outlook_risk('2999-12-31');
RESET SESSION AUTHORIZATION;

-- A part of a restored or dropped cap can still be filled.
SELECT steering.set_saving('gone', 'sv.apps', 'sv.village', '3000', 5, false, 'x') > 0 AS gone, steering.set_cap('sv.apps', 'sv.village', 'budget', '3000', 10) AS gone_cap \gset
SELECT steering.record_saving('gone', 'allocate', 5, '2999-01-01', 'allocated') AS allocated;
SELECT steering.drop_cap(:gone_cap);
SELECT steering.record_saving('gone', 'realise', 2, '3000-01-01', 'x') AS realised, steering.record_saving('gone', 'write_off', 3, '3000-01-01', 'x') AS written_off;
SELECT state, cap_id = :gone_cap AS of_cap, service, trim_scale(amount) AS amount, trim_scale(remaining) AS remaining FROM steering.saving_status WHERE saving = 'gone' ORDER BY state DESC;
SELECT count(steering.drop_cap(cap_id)) > 0 AS dropped FROM steering.cap_status WHERE service LIKE 'sv%';
DELETE FROM steering.participant WHERE code = 'sv.village';
DELETE FROM steering.service WHERE code = 'sv.apps';

SELECT what, measure FROM steering.verify();
ALTER TABLE steering.saving_entry DISABLE TRIGGER USER;
DELETE FROM steering.saving_entry;
ALTER TABLE steering.saving_entry ENABLE TRIGGER USER;
DELETE FROM steering.saving;
SELECT steering.detach('sv_invoice');
DROP TABLE sv_invoice;
DELETE FROM steering.mandate;
UPDATE steering.participant SET reader = NULL WHERE code = 'sv.village';
DELETE FROM steering.service WHERE code ^@ 'sv';
DELETE FROM steering.participant WHERE code ^@ 'sv';
DROP OWNED BY regress_one, regress_reader;
DROP ROLE regress_one, regress_reader;
