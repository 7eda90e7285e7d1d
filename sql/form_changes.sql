--
-- An arrangement goes on in another form: a joint body becomes the host's. Bookings, caps and agreements stay, the reserve goes over, and what is
-- still to be decided is said.
--
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET datestyle = ISO;
SET client_min_messages = error;
INSERT INTO steering.participant (code, name) VALUES ('fc.a', 'City'), ('fc.b', 'Town'), ('fc.c', 'Village'), ('fc.z', 'Neighbour'), ('fc.n', 'Newcomer'), ('fc.o', 'Other');
INSERT INTO steering.service (code, name) VALUES ('fc.ict', 'ICT');
CREATE TABLE fc_line (participant text, day date, amount numeric);
SELECT steering.attach('fc_line', '''fc.ict''', 'participant', 'day', 'amount') > 0 AS attached;
SELECT steering.set_arrangement('fc.body', 'Servicepunt', 'joint body', '[2011-05-01,)') > 0 AS made;
SELECT count(*) FROM unnest('{fc.a,fc.b,fc.c}'::text[]) AS code, LATERAL steering.set_arrangement_member('fc.body', code, 'member', '[2011-05-01,)');
SELECT steering.set_arrangement_member('fc.body', 'fc.z', 'customer', '[2020-01-01,)'), steering.set_arrangement_member('fc.body', 'fc.n', 'member', '[2024-01-01,)');
SELECT steering.set_cap('fc.ict', 'fc.b', 'budget', '2022', 1000) > 0 AS cap, steering.set_cap('fc.ict', 'fc.b', 'budget', '2023', 1000) > 0 AS next_cap;
SELECT steering.set_agreement('fc.ict', 'fc.b', '[2022-01-01,2024-01-01)', 'lump_sum', base => 1800) > 0 AS goes_on, steering.set_agreement('fc.ict', 'fc.c', '2022', 'lump_sum', base => 10) > 0 AS ends;
INSERT INTO fc_line VALUES ('fc.b', '2022-06-01', 900), ('fc.b', '2023-06-01', 800);
SELECT steering.book_reserve('2021-12-31', 4321, 'Results until 2021') AS movement, steering.book_reserve('2022-12-31', -6000, 'Result of 2022') AS loss \gset
SELECT steering.assign_reserve(:movement, 'fc.body'), steering.assign_reserve(:loss, 'fc.body');
CREATE TABLE fc_before AS SELECT cap_id, amount, used FROM steering.cap_status WHERE service = 'fc.ict';
SELECT sum(amount::numeric) AS reserve_before FROM steering.reserve \gset
RESET client_min_messages;

-- What was booked before is closed with it where that may be done: not by who may not, not what cannot be closed, nor before that day.
CREATE ROLE regress_sp71_fc_board;
GRANT EXECUTE ON FUNCTION steering.change_form TO regress_sp71_fc_board;
\set VERBOSITY default
BEGIN;
SET LOCAL SESSION AUTHORIZATION regress_sp71_fc_board;
SELECT steering.change_form('fc.body', 'fc.centre', 'Centre municipality', 'host', '2023-01-01', 'Decided by the four', host => 'fc.a') > 0 AS changed;
RESET SESSION AUTHORIZATION;
SELECT task, act FROM steering.form_change_open('fc.body') WHERE act = 'close_period';
ROLLBACK;
BEGIN;
SELECT steering.set_rule(ARRAY['close_period'], 'mandate') > 0 AS rule;
GRANT EXECUTE ON FUNCTION steering.close_period TO regress_sp71_fc_board;
SET LOCAL SESSION AUTHORIZATION regress_sp71_fc_board;
SELECT steering.change_form('fc.body', 'fc.centre', 'Centre municipality', 'host', '2023-01-01', 'Decided by the four', host => 'fc.a') > 0 AS changed;
RESET SESSION AUTHORIZATION;
SELECT task, act, method FROM steering.form_change_open('fc.body') WHERE act = 'close_period';
ROLLBACK;
BEGIN;
SELECT steering.set_rule(ARRAY['close_period'], 'mandate') > 0 AS rule, steering.set_mandate('regress_sp71_fc_board', ARRAY['close_period'], NULL, NULL, '(,)', 'infinity') > 0 AS mandate;
GRANT EXECUTE ON FUNCTION steering.close_period TO regress_sp71_fc_board;
SET LOCAL SESSION AUTHORIZATION regress_sp71_fc_board;
SELECT steering.change_form('fc.body', 'fc.centre', 'Centre municipality', 'host', '2023-01-01', 'Decided by the four', host => 'fc.a') > 0 AS changed;
RESET SESSION AUTHORIZATION;
SELECT period, reason, closed_by FROM steering.closed_period WHERE first_day = '2022-01-01';
SELECT task, act, method FROM steering.form_change_open('fc.body') WHERE act = 'close_period';
SELECT act, arguments ->> 'period' AS period, in_mandate FROM steering.decision WHERE act = 'close_period' AND proposed_by = 'regress_sp71_fc_board';
ROLLBACK;
BEGIN;
SELECT steering.close_period('[2022-05-01,2023-02-01)') > 0 AS closed;
INSERT INTO fc_line VALUES ('fc.b', '2022-04-01', 1);
SELECT steering.change_form('fc.body', 'fc.centre', 'Centre municipality', 'host', '2023-01-01', 'Decided by the four', host => 'fc.a') > 0 AS changed;
SELECT task, act FROM steering.form_change_open('fc.body') WHERE act = 'close_period';
ROLLBACK;
BEGIN;
SELECT steering.change_form('fc.body', 'fc.centre', 'Centre municipality', 'host', '2999-01-01', 'Decided by the four', host => 'fc.a') > 0 AS changed;
SELECT task, act FROM steering.form_change_open('fc.body') WHERE act = 'close_period';
ROLLBACK;
-- of the year of the change it is the months before it
BEGIN;
INSERT INTO fc_line VALUES ('fc.c', '2023-06-01', 1);
SELECT steering.change_form('fc.body', 'fc.centre', 'Centre municipality', 'host', '2023-07-01', 'Decided by the four', host => 'fc.a') > 0 AS changed;
SELECT period, reason FROM steering.closed_period WHERE first_day BETWEEN '2022-01-01' AND '2023-12-31' ORDER BY first_day;
INSERT INTO fc_line VALUES ('fc.c', '2023-07-01', 1);
SELECT steering.close_period('2023') > 0 AS whole_year;
ROLLBACK;
\set VERBOSITY terse

-- Servicepunt71 becomes Leiden's on 1 January 2023 (AC-54, thousands): what both had of each other is in neither.
SELECT steering.change_form('fc.body', 'fc.centre', 'Centre municipality', 'host', '2023-01-01', 'Decided by the four', host => 'fc.a', document => 'gmb-2022-523192',
	lines => '[{"line": "investments with economic use", "side": "assets", "own": 642981, "taken_over": 5535},
		{"line": "tangible fixed assets", "side": "assets", "own": 910789, "taken_over": 5535}, {"line": "fixed assets", "side": "assets", "own": 947227, "taken_over": 5535},
		{"line": "receivables", "side": "assets", "own": 72149, "taken_over": 6177, "eliminated": 4341}, {"line": "debts", "side": "liabilities", "own": 100, "taken_over": 7371, "eliminated": 4341}]') AS change \gset
SELECT side, line, trim_scale(own) AS own, trim_scale(taken_over) AS taken_over, trim_scale(eliminated) AS eliminated, trim_scale(opening) AS opening
FROM steering.opening_balance WHERE change_id = :change ORDER BY position;
SELECT 642981 + 5535 AS investments, 910789 + 5535 AS tangible, 947227 + 5535 AS fixed, 72149 + 6177 - 4341 AS receivables;
SELECT sum(CASE side WHEN 'assets' THEN eliminated ELSE - eliminated END) AS eliminated FROM steering.opening_balance WHERE change_id = :change;
SELECT arrangement, form, host, participant, role, valid_from, valid_to FROM steering.arrangement_part WHERE arrangement IN ('fc.body', 'fc.centre') ORDER BY 1, 4;
-- bookings, caps and results stay where they are; the reserve is what it was, and the new one's from that day on
SELECT * FROM fc_before EXCEPT SELECT cap_id, amount, used FROM steering.cap_status;
SELECT sum(amount::numeric) - :reserve_before AS changed FROM steering.reserve;
SELECT arrangement, period, trim_scale(reserve) AS reserve FROM unnest('{fc.body,fc.centre}'::text[]) AS arrangement, unnest('{2021,2022,2023}'::text[]) AS period,
	LATERAL steering.arrangement_health(arrangement, period) ORDER BY 1, 2;
SELECT 4321 - 6000 AS reserve;
SELECT period, participants, trim_scale(revenue) AS revenue, trim_scale(cost) AS cost FROM unnest('{2022,2023}'::text[]) AS period, LATERAL steering.arrangement_health('fc.centre', period);
SELECT trim_scale(revenue) AS revenue, trim_scale(cost) AS cost FROM steering.arrangement_health('fc.body', '2022');

-- What is still to be decided, and by whom.
SELECT task, act, service, participant, method, body, functionaries FROM steering.form_change_open('fc.body');
SELECT steering.set_rule(ARRAY['set_agreement'], 'mandate', service => 'fc.ict') AS rule \gset
SELECT steering.set_mandate('regress_sp71_fc_board', ARRAY['set_agreement'], NULL, NULL, '(,)', 'infinity') > 0 AS given;
SELECT task, act, method, functionaries FROM steering.form_change_open('fc.body');
SELECT steering.drop_rule(:rule);
SELECT period, reason FROM steering.closed_period WHERE first_day = '2022-01-01';
SELECT steering.reopen_period('2022', 'a bill came late') > 0 AS reopened;
SELECT task FROM steering.form_change_open('fc.body');
SELECT steering.close_period('2022') > 0 AS closed;
SELECT task FROM steering.form_change_open('fc.body');
SELECT * FROM steering.form_change_open('fc.centre');
SELECT * FROM steering.form_change_open('fc.none');

-- What cannot be.
-- eliminations that add up until each is rounded
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', 'x', lines => '[{"line": "a", "side": "assets", "own": 1, "taken_over": 1, "eliminated": 0.00014},
	{"line": "b", "side": "liabilities", "own": 1, "taken_over": 1, "eliminated": 0.00007}, {"line": "c", "side": "liabilities", "own": 1, "taken_over": 1, "eliminated": 0.00007}]');
SELECT steering.change_form('fc.none', 'fc.x', 'X', 'cooperative', '2023-01-01', 'x');
SELECT steering.change_form('fc.centre', NULL, 'X', 'cooperative', '2025-01-01', 'x');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', NULL);
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', ' ');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-02', 'x');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2023-01-01', 'x');
SELECT steering.change_form('fc.body', 'fc.x', 'X', 'cooperative', '2023-01-01', 'x');
SELECT steering.change_form('fc.centre', 'fc.body', 'X', 'cooperative', '2025-01-01', 'x');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'host', '2025-01-01', 'x');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'club', '2025-01-01', 'x');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'host', '2025-01-01', 'x', host => 'fc.nobody');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', 'x', lines => '{}');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', 'x', lines => '[{"line": 1, "side": "assets", "own": 1, "taken_over": 1}]');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', 'x', lines => '[{"line": "cash", "side": "assets", "own": 1, "taken_over": 1, "eliminates": 1}]');
SELECT steering.change_form('fc.centre', 'fc.x', ' ', 'cooperative', '2025-01-01', 'x');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', NULL, '2025-01-01', 'x');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', 'x', document => '');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', 'x', lines => '[{"line": "cash", "side": "left", "own": 1, "taken_over": 1}]');
SELECT steering.change_form('fc.centre', 'fc.x', 'X', 'cooperative', '2025-01-01', 'x', lines => '[{"line": "cash", "side": "assets", "own": 1, "taken_over": 1, "eliminated": 0.0001}]');
SELECT arrangement, count(*) FROM steering.arrangement_part WHERE arrangement ^@ 'fc.' GROUP BY 1 ORDER BY 1;

-- It is one act, whatever it changes; what else is done beside it is another.
SELECT steering.set_rule(ARRAY['change_form'], 'record') AS rule, steering.set_mandate('regress_sp71_fc_board', ARRAY['change_form'], NULL, NULL, '(,)', 2000) AS mandate \gset
GRANT EXECUTE ON FUNCTION steering.propose, steering.sign, steering.change_form, steering.set_arrangement_member TO regress_sp71_fc_board;
SET SESSION AUTHORIZATION regress_sp71_fc_board;
SELECT steering.change_form('fc.centre', 'fc.coop', 'Cooperative', 'cooperative', '2025-01-01', 'The councils decided');
SELECT steering.propose('change_form', '{"arrangement": "fc.centre", "successor": "fc.coop", "name": "Cooperative", "form": "cooperative", "changed_on": "2025-01-01", "reason": "The councils decided"}', 'Recorded');
SELECT steering.propose('change_form', '{"arrangement": "fc.centre", "successor": "fc.coop", "name": "Cooperative", "form": "cooperative", "changed_on": "2025-01-01", "reason": "The councils decided"}', 'Recorded', document => 'Council 12') AS decision \gset
SELECT steering.sign(:decision, 'approve');
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT steering.change_form('fc.coop', 'fc.again', 'Again', 'cooperative', '2026-01-01', 'x') > 0 AS changed;
SELECT steering.set_arrangement_member('fc.again', 'fc.z', 'member', '2024');
ROLLBACK;
BEGIN;
SELECT steering.change_form('fc.coop', 'fc.again', 'Again', 'cooperative', '2026-01-01', 'x') > 0 AS changed;
SELECT steering.set_arrangement_member('fc.again', 'fc.o', 'member', '2027');
SELECT act, participant FROM steering.decision WHERE act ~ 'form|arrangement' ORDER BY id DESC LIMIT 2;
ROLLBACK;
SELECT steering.drop_rule(:rule);
SELECT act, amount, arguments, document, in_mandate FROM steering.decision WHERE act ~ 'form|arrangement' AND arguments ->> 'arrangement' ^@ 'fc.' ORDER BY id;
SELECT arrangement, participant, role, valid_from, valid_to FROM steering.arrangement_part WHERE arrangement IN ('fc.centre', 'fc.coop') ORDER BY 1, 2, 4;
SET client_min_messages = error;
SELECT steering.revoke_mandate(:mandate, 'test');
