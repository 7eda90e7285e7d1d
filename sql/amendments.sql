--
-- A budget is amended as a whole, and parts of it are transferred; its history adds up.
--
\set SHOW_CONTEXT never
INSERT INTO steering.participant (code, parent, name) VALUES ('am', NULL, 'Region'), ('am.gouda', 'am', 'Gouda'), ('am.leiden', 'am', 'Leiden');
INSERT INTO steering.service (code, parent, name, unit) VALUES ('am', NULL, 'All', NULL), ('am.ict', 'am', 'ICT', NULL), ('am.ict.desk', 'am.ict', 'Desks', 'desk'),
	('am.hr', 'am', 'HR', NULL), ('am.hr.pay', 'am.hr', 'Pay', 'slip');
CREATE TABLE am_invoice (service text, participant text, day date, amount numeric, volume numeric);
CREATE TABLE am_order (service text, participant text, day date, amount numeric);
SELECT steering.attach('am_invoice', 'service', 'participant', 'day', 'amount', 'volume') > 0 AS attached;
SELECT steering.attach('am_order', 'service', 'participant', 'day', 'amount', stage => 'commitment') > 0 AS attached;
SELECT steering.set_cap('am.ict', 'am.gouda', 'budget', '2999', 2900) AS ict \gset
SELECT steering.set_cap('am.hr', 'am.gouda', 'budget', '2999', 1000) AS hr \gset
SELECT steering.set_cap('am.hr.pay', 'am.leiden', 'budget', '2999', 500) AS pay \gset
SELECT steering.set_cap('am.ict.desk', 'am.gouda', 'volume', '2999', 40) AS desks \gset
SELECT steering.set_cap('am.ict.desk', 'am.leiden', 'volume', '2999', 10) AS desks_leiden \gset
SELECT steering.set_cap('am.hr.pay', 'am.gouda', 'volume', '2999', 10) AS slips \gset
CREATE FUNCTION am_lines(VARIADIC numeric[]) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(jsonb_build_object('cap', $1[3 * i + 1], 'mutation', $1[3 * i + 2], 'new_amount', $1[3 * i + 3]))
	FROM generate_series(0, cardinality($1) / 3 - 1) AS i
$$;

-- What an error says, without the numbers of caps.
CREATE FUNCTION am_refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	code text; message text; detail text;
BEGIN
	EXECUTE statement;
	RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN regexp_replace(concat_ws(' ', code, message, detail), '(ap|aps|and|Cap) [0-9]+', '\1 N', 'g');
END
$$;
-- The new amount is the present one with the mutation (AC-20).
SELECT am_refusal(format($$SELECT steering.amend('2999', '1', 'policy', am_lines(%s, 18, 2919), 'growth')$$, :ict));
SELECT steering.amend('2999', '1', 'policy', am_lines(:ict, 18, 2918), 'growth', 'council 2999/12') > 0 AS amended;
SELECT am_refusal(format($$SELECT steering.amend('2999', '1', 'policy', am_lines(%s, 1, 2919), 'growth')$$, :ict));
-- A neutral one comes to nothing, to the last unit (AC-21).
SELECT steering.amend('2999', '2', 'neutral', am_lines(:ict, 100, 3018, :hr, -99.9999, 900.0001), 'shift');
SELECT steering.amend('2999', '2', 'neutral', am_lines(:ict, 100, 3018, :hr, -100, 900), 'shift') > 0 AS amended;
SELECT steering.amend('2999', '3', 'neutral', am_lines(:ict, 100, 3118, :hr, -100, 800, :desks, 1, 41), 'shift');
-- It is done as a whole, or not at all.
INSERT INTO am_invoice VALUES ('am.hr', 'am.gouda', '2999-05-05', 850, 0);
SELECT steering.amend('2999', '3', 'technical', am_lines(:ict, -18, 3000, :hr, -50.0001, 849.9999), 'cut');
SELECT steering.amend('2999', '3', 'technical', am_lines(:hr, -50, 850, :ict, -18, 3000), 'cut') > 0 AS amended;
-- A limit that was exceeded before is raised all the same, and is not lowered.
SELECT steering.set_cap('am.hr', 'am.gouda', 'budget', '2999', 800, accept_overrun => true) = :hr AS overrun;
SELECT steering.amend('2999', '4', 'technical', am_lines(:hr, -1, 799), 'cut');
SELECT steering.amend('2999', '4', 'reserve', am_lines(:hr, 10, 810), 'repair') > 0 AS amended;
-- Whatever is not as it should be is named.
SELECT steering.amend(NULL, '5', 'policy', '[]', 'x');
SELECT steering.amend('2999', NULL, 'policy', '[]', 'x');
SELECT steering.amend('2999', '5', NULL, '[]', 'x');
SELECT steering.amend('2999', '5', 'policy', NULL, 'x');
SELECT steering.amend('2999', '5', 'policy', '[]', NULL);
SELECT steering.amend('2999', ' ', 'policy', '[]', 'x');
SELECT steering.amend('2999', '5', 'other', '[]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[]', '');
SELECT steering.amend('2999', '5', 'policy', '[]', 'x', '');
SELECT steering.amend('2999-13', '5', 'policy', '[]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[]', 'x');
SELECT steering.amend('2999', '5', 'policy', '{}', 'x');
SELECT steering.amend('2999', '5', 'policy', '7', 'x');
SELECT steering.amend('2999', '5', 'policy', '[7]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 1, "mutation": 1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 1, "mutation": null, "new_amount": 1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 1.5, "mutation": 1, "new_amount": 1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 99999999999, "mutation": 1, "new_amount": 1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 1, "mutation": 0.00001, "new_amount": 1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 1, "mutation": 1e30, "new_amount": 1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 1, "mutation": 1, "new_amount": 1, "why": 1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 1, "mutation": 0, "new_amount": 1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', '[{"cap": 1, "mutation": -2, "new_amount": -1}]', 'x');
SELECT steering.amend('2999', '5', 'policy', am_lines(7, 1, 1, 7, 1, 2), 'x');
SELECT steering.amend('2999', '5', 'policy', am_lines(2147483647, 1, 1), 'x');
SELECT am_refusal(format($$SELECT steering.amend('2998', '5', 'policy', am_lines(%s, 1, 811), 'x')$$, :hr));
-- Up to the last day of the period.
SELECT steering.amend('1999', '1', 'policy', am_lines(:hr, 1, 811), 'late');
SELECT steering.require_amendable('[2026-01-01,2027-01-01)', '2026-12-31');
SELECT steering.require_amendable('[2026-01-01,2027-01-01)', '2027-01-01');

-- A transfer takes nothing that is used.
SELECT steering.transfer(:ict, :hr, 100, 'more pay') > 0 AS transferred;
SELECT steering.transfer(:hr, :ict, 60.0001, 'back');
SELECT steering.transfer(:hr, :ict, 60, 'back') > 0 AS transferred;
SELECT steering.transfer(:desks, :desks_leiden, 4, 'desks') > 0 AS transferred;
-- What is above the receiving cap alone must have room; what is above both is untouched.
SELECT steering.set_cap('am', 'am', 'budget', '2999', 893) AS whole \gset
SELECT steering.set_cap('am.hr', 'am', 'budget', '2999', 900) AS hr_all \gset
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 51, 'too much for what is above')$$, :ict, :pay));
SELECT steering.reserve('am.hr', 'am', '2999-03-01', 10, expires => clock_timestamp() + '50 ms') > 0 AS reserved;
DO $$ BEGIN PERFORM pg_sleep(0.1); END $$;
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 51, 'what has expired is no usage')$$, :ict, :pay));
SELECT steering.transfer(:ict, :pay, 50, 'just enough') > 0 AS transferred;
SELECT steering.release_expired();
SELECT steering.transfer(:hr, :pay, 0.0001, 'used');
SELECT steering.set_cap('am.hr', 'am', 'budget', '2999', 900, '100% warn') = :hr_all AS advisory;
SELECT steering.transfer(:ict, :pay, 51, 'nothing blocks') > 0 AS transferred;
SELECT steering.transfer(:ict, :hr_all, 1, 'to what does not stand over it') > 0 AS transferred;
-- What is no transfer.
SELECT steering.transfer(NULL, :hr, 1, 'x');
SELECT steering.transfer(:ict, NULL, 1, 'x');
SELECT steering.transfer(:ict, :hr, NULL, 'x');
SELECT steering.transfer(:ict, :hr, 1, NULL);
SELECT steering.transfer(:ict, :hr, 1, ' ');
SELECT steering.transfer(:ict, :hr, 0, 'x');
SELECT steering.transfer(:ict, :hr, 0.00001, 'x');
SELECT steering.transfer(:ict, :ict, 1, 'x');
SELECT steering.transfer(:ict, 2147483647, 1, 'x');
SELECT steering.transfer(2147483647, :ict, 1, 'x');
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 602, 'x')$$, :pay, :ict));
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 1, 'x')$$, :ict, :desks));
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 1, 'x')$$, :desks, :slips));
SELECT steering.set_cap('am.hr', 'am.gouda', 'budget', '2998', 5) AS before \gset
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 1, 'x')$$, :before, :ict));
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 1, 'x')$$, :hr_all, :hr));
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 1, 'x')$$, :hr, :hr_all));

-- Where each stands and how it came there.
INSERT INTO am_order VALUES ('am.ict.desk', 'am.gouda', '2999-06-06', 10.5);
INSERT INTO am_invoice VALUES ('am.ict.desk', 'am.gouda', '2999-06-07', 30, 3);
SELECT * FROM steering.spread_cap(:ict, 'quarter', reason => 'quarters') AS cap \gset quarter_
SELECT steering.set_cap('am.ict', 'am.gouda', 'budget', '2999', 3000, reason => 'set anew') = :ict AS revised;
SELECT kind, number, trim_scale(mutation) AS mutation, trim_scale(amount) AS amount, reason, document
FROM steering.budget_history WHERE cap_id = :ict ORDER BY event_id;
SELECT service, participant, metric, trim_scale(primitive) AS primitive, trim_scale(amendments) AS amendments, trim_scale(transfers) AS transfers,
	trim_scale(revisions) AS revisions, trim_scale(amended) AS amended, trim_scale(committed) AS committed, trim_scale(actual) AS actual,
	trim_scale(reserved) AS reserved, trim_scale(free) AS free, overrides
FROM steering.budget_status WHERE service ^@ 'am' AND valid_from = '2999-01-01' ORDER BY valid_to, 1, 2, 3;
SELECT dense_rank() OVER (ORDER BY amendment_id) AS amendment, kind, number, period, service, participant, trim_scale(previous) AS previous, trim_scale(mutation) AS mutation,
	trim_scale(new_amount) AS new_amount, reason, document
FROM steering.amendment WHERE service ^@ 'am' ORDER BY amendment_id, cap_id;
-- Histories add up, of every cap in this database.
SELECT cap_id FROM steering.budget_status
WHERE primitive + amendments + transfers + revisions + carried_in - carried_out <> amended;
SELECT cap_id FROM steering.budget_status
WHERE amended IS DISTINCT FROM (SELECT sum(mutation) FROM steering.budget_history AS history WHERE history.cap_id = budget_status.cap_id);
SELECT cap_id FROM (SELECT cap_id, amount, sum(mutation) OVER (PARTITION BY cap_id ORDER BY event_id) AS so_far FROM steering.budget_history) AS history
WHERE so_far <> amount;
SELECT cap_id, committed + actual AS split, used FROM steering.budget_status JOIN steering.cap_status USING (cap_id) WHERE committed + actual <> used;
-- Caps of parts of months know what is spent and what is committed as well.
SET client_min_messages = warning;
SELECT steering.set_cap('am.ict', 'am.gouda', 'budget', '[2999-06-07,2999-06-08)', 100) AS day \gset
RESET client_min_messages;
SELECT trim_scale(committed) AS committed, trim_scale(actual) AS actual, trim_scale(free) AS free FROM steering.budget_status WHERE cap_id = :day;
-- So does what the transaction has not written yet.
BEGIN;
INSERT INTO am_order VALUES ('am.ict.desk', 'am.gouda', '2999-06-06', 1);
INSERT INTO am_order VALUES ('am.ict.desk', 'am.gouda', '2999-06-06', 1);
SELECT trim_scale(committed) AS committed, trim_scale(free) AS free FROM steering.budget_status WHERE cap_id = :ict;
ROLLBACK;
-- What is reserved stands apart from what is committed, until it has expired; overrides are what they let through.
BEGIN;
SELECT steering.reserve('am.ict.desk', 'am.gouda', '2999-06-08', 1.5) > 0 AS reserved, steering.grant_override(:ict, 5, '3000-01-01', 'x') > 0 AS granted;
SELECT trim_scale(committed) AS committed, trim_scale(reserved) AS reserved, trim_scale(free) AS free, trim_scale(overrides) AS overrides
FROM steering.budget_status WHERE cap_id = :ict;
UPDATE steering.reservation SET expires = '2000-01-01';
SELECT trim_scale(committed) AS committed, trim_scale(reserved) AS reserved, trim_scale(free) AS free FROM steering.budget_status WHERE cap_id = :ict;
ROLLBACK;
SELECT steering.drop_cap(:day, 'gone');
SELECT kind, trim_scale(mutation) AS mutation, trim_scale(amount) AS amount, reason FROM steering.budget_history WHERE cap_id = :day ORDER BY event_id;

-- Who reads a participant reads its budget, and no other.
SET client_min_messages = warning;
CREATE ROLE regress_gouda;
CREATE ROLE regress_other;
RESET client_min_messages;
UPDATE steering.participant SET reader = 'regress_gouda' WHERE code = 'am.gouda';
SET ROLE regress_gouda;
SELECT DISTINCT participant FROM steering.budget_status;
SELECT DISTINCT participant FROM steering.budget_history;
SELECT DISTINCT participant FROM steering.amendment;
SELECT steering.amend('2999', '9', 'policy', '[]', 'x');
SELECT steering.transfer(1, 2, 3, 'x');
SELECT count(*) FROM steering.amendment_record;
SELECT count(*) FROM steering.amendment_line;
SET ROLE regress_other;
SELECT (SELECT count(*) FROM steering.budget_status) + (SELECT count(*) FROM steering.budget_history) + (SELECT count(*) FROM steering.amendment) AS nothing;
RESET ROLE;
-- Who may amend and may not read is told no figures.
GRANT EXECUTE ON FUNCTION steering.amend, steering.transfer TO regress_other;
SET ROLE regress_other;
SELECT am_refusal(format($$SELECT steering.amend('2999', '9', 'policy', am_lines(%s, 1, 1), 'x')$$, :ict));
SELECT am_refusal(format($$SELECT steering.amend('2999', '9', 'policy', am_lines(%s, -100, 750), 'x')$$, :hr));
SELECT am_refusal(format($$SELECT steering.transfer(%s, %s, 700, 'x')$$, :pay, :ict));
RESET ROLE;

-- Acts, asked about as a whole: by what stands above all of their caps, and by the sum without signs.
SELECT steering.set_rule(ARRAY['amend', 'transfer'], 'mandate') AS rule \gset
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate') AS cap_rule \gset
SELECT steering.set_mandate('regress_other', ARRAY['amend', 'transfer'], 'am.ict', 'am', '(,)', 150) > 0 AS mandate;
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.propose TO regress_other;
SET SESSION AUTHORIZATION regress_other;
\set VERBOSITY terse
SELECT steering.amend('2999', '10', 'technical', am_lines(:ict, 150.0001, 3150.0001), 'too much');
SELECT steering.amend('2999', '10', 'technical', am_lines(:ict, 150, 3150), 'just enough') > 0 AS amended;
SELECT steering.transfer(:ict, :hr, 1, 'not of ICT alone');
SELECT steering.transfer(:desks, :desks_leiden, 1, 'within ICT') > 0 AS transferred;
SELECT steering.set_cap('am.ict', 'am.gouda', 'budget', '2999', 3151);
RESET SESSION AUTHORIZATION;
\set VERBOSITY default
SELECT act, service, participant, trim_scale(amount) AS amount, method, in_mandate, arguments - 'amendment' #- '{lines,0,cap}' #- '{lines,1,cap}' AS arguments
FROM steering.decision WHERE act IN ('amend', 'transfer', 'set_cap') AND proposed_by = 'regress_other' ORDER BY id;
-- A proposal has lines as any argument.
SELECT steering.set_rule(ARRAY['amend'], 'dual', 'am.hr') AS dual \gset
GRANT EXECUTE ON FUNCTION steering.sign TO regress_other;
SELECT steering.set_mandate('regress_other', ARRAY['amend'], 'am.hr', 'am', '(,)', 150) > 0 AS mandate;
SELECT steering.set_mandate('regress_gouda', ARRAY['amend'], 'am.hr', 'am', '(,)', 150) > 0 AS mandate;
GRANT EXECUTE ON FUNCTION steering.sign TO regress_gouda;
SET SESSION AUTHORIZATION regress_other;
SELECT am_refusal(format($$SELECT steering.propose('amend', jsonb_build_object('period', '2999', 'number', '11', 'kind', 'policy', 'lines', am_lines(%s, 40, 890.0001), 'reason', 'pay'), 'pay')$$, :hr));
SELECT steering.propose('amend', jsonb_build_object('period', '2999', 'number', '11', 'kind', 'policy', 'lines', am_lines(:hr, 40, 890), 'reason', 'pay'), 'pay') AS decision \gset
SELECT steering.propose('amend', '{"period": "2999", "number": "11", "kind": "policy", "lines": "none", "reason": "pay"}', 'pay');
SET SESSION AUTHORIZATION regress_gouda;
SELECT steering.sign(:decision, 'approve');
RESET SESSION AUTHORIZATION;
SELECT trim_scale(amount) AS amount FROM steering.cap_status WHERE cap_id = :hr;
SELECT log_position FROM steering.verify_log();
SELECT steering.drop_rule(rule) FROM unnest(ARRAY[:dual, :rule, :cap_rule]) AS rule;

SELECT what, measure FROM steering.verify();
SELECT steering.detach('am_invoice'), steering.detach('am_order');
DROP TABLE am_invoice, am_order;
SELECT count(steering.drop_cap(cap_id)) > 0 AS dropped FROM steering.cap_status WHERE service ^@ 'am';
DELETE FROM steering.mandate;
DROP FUNCTION am_lines, am_refusal;
UPDATE steering.participant SET reader = NULL WHERE code = 'am.gouda';
DROP OWNED BY regress_gouda, regress_other;
DROP ROLE regress_gouda, regress_other;
DELETE FROM steering.service WHERE code ^@ 'am';
DELETE FROM steering.participant WHERE code ^@ 'am';
