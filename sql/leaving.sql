--
-- What a leaver pays by the accepted methods, what who joins contributes, and how the shares of the others change.
--
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET datestyle = ISO;
SET client_min_messages = error;
-- The inhabitants of the region alone.
CREATE TABLE lv_others AS SELECT code, inhabitants FROM steering.participant WHERE inhabitants IS NOT NULL;
UPDATE steering.participant SET inhabitants = NULL WHERE inhabitants IS NOT NULL;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('lv', NULL, 'Region', NULL),
	('lv.a', 'lv', 'City', 127089), ('lv.b', 'lv', 'Town', 27657), ('lv.c', 'lv', 'Borough', 25000), ('lv.d', 'lv', 'Village', 9000);
INSERT INTO steering.service (code, name, unit) VALUES ('lv.base', 'Overhead', NULL), ('lv.desk', 'Desk', 'workplace'), ('lv.house', 'Housing', NULL);
CREATE TABLE lv_line (service text, participant text, day date, amount numeric, pieces numeric);
SELECT steering.attach('lv_line', 'service', 'participant', 'day', 'amount', 'pieces') > 0 AS attached;
SELECT steering.set_allocation_key('lv.people', 'Inhabitants', 'inhabitants') > 0 AS key;
SELECT count(steering.set_agreement('lv.base', code, '[2025-01-01,2027-01-01)', 'key_share', allocation_key => 'lv.people')) FROM unnest('{lv.a,lv.b,lv.c,lv.d}'::text[]) AS code;
SELECT steering.set_agreement('lv.desk', 'lv.d', '[2025-01-01,2027-01-01)', 'price_volume', price => 80) > 0 AS made;
INSERT INTO lv_line VALUES ('lv.base', 'lv', '2025-03-01', 10000000, 0), ('lv.desk', 'lv.d', '2025-03-01', 9000, 100), ('lv.desk', 'lv.d', '2026-03-01', 1000, 10);
RESET client_min_messages;
CREATE FUNCTION pg_temp.lv_sign(decision integer, who text, choice text, participant text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
	EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', who);
	state := steering.sign(decision, choice, participant);
	RESET SESSION AUTHORIZATION;
	RETURN state;
EXCEPTION WHEN OTHERS THEN
	RETURN concat(SQLSTATE, ' ', SQLERRM);
END $$;

-- Shares before and after (AC-55), to the last unit.
SELECT participant, weight, before, after, difference FROM steering.share_change('lv.people', '2026-01-01', 10000000, leaver => 'lv.d');
SELECT sum(before) AS before, sum(after) AS after, sum(difference) AS difference FROM steering.share_change('lv.people', '2026-01-01', 10000000, leaver => 'lv.d');
SELECT steering.allocate(10000000, ARRAY[127089, 27657, 25000, 9000], 0.0001) AS before, steering.allocate(10000000, ARRAY[127089, 27657, 25000], 0.0001) AS after;
SELECT participant, before, after FROM steering.share_change('lv.people', '2026-01-01', 10000000, leaver => 'lv.d', joiner => 'lv.new', weight => 26000);
-- of who takes part in an arrangement alone
SELECT steering.set_arrangement('lv.body', 'Body', 'joint body', '[2025-01-01,)') > 0 AS made;
SELECT count(*) FROM unnest('{lv.a,lv.b}'::text[]) AS code, LATERAL steering.set_arrangement_member('lv.body', code, 'member', '[2025-01-01,)');
SELECT participant, before, after FROM steering.share_change('lv.people', '2026-01-01', 1000, joiner => 'lv.c', weight => 25000, arrangement => 'lv.body');

-- The contribution goes on, and falls (AC-53).
SELECT year, valid_from, valid_to, line, amount FROM steering.exit_sum('lv.d', '2026-01-01', 'phase_out', contribution => 1000000);
SELECT sum(amount) FROM steering.exit_sum('lv.d', '2026-01-01', 'phase_out', contribution => 1000000);
SELECT array_agg(amount ORDER BY year) AS amounts, sum(amount) FROM steering.exit_sum('lv.d', '2026-01-01', 'phase_out', contribution => 1000000, first_percent => 80);
SELECT array_agg(amount ORDER BY year) AS amounts FROM steering.exit_sum('lv.d', '2026-01-01', 'phase_out', contribution => 0.01, step_percent => 33);
-- what it bore in the twelve months before: a share by inhabitants, and a hundred desks
SELECT year, amount FROM steering.exit_sum('lv.d', '2026-01-01', 'phase_out');
SELECT round(10000000.0 * 9000 / 188746, 2) + 100 * 80 AS contribution, (round(10000000.0 * 9000 / 188746, 2) + 100 * 80) * 3 AS sum;

-- Damage: what is stranded of what it bore, absorbed by a fifth each year (AC-55).
SELECT steering.set_cost_behaviour('lv.base', '(,)', 1, 60) > 0 AS behaves;
SELECT year, line, service, amount FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', fixed_share => 0, avoidable_after => 0);
SELECT year, round(476831.30 * (5 - year) / 5, 2) AS stranded FROM generate_series(1, 5) AS year;
-- what is not known is not zero
SELECT year, line, service, amount FROM steering.exit_sum('lv.d', '2026-01-01', 'damage') WHERE service = 'lv.desk';
-- of desks half is fixed for eighteen months; friction, staff that is taken over, and a share in the reserve
SELECT steering.book_reserve('2025-12-31', 188746, 'Result') > 0 AS booked;
SELECT year, line, service, CASE WHEN line <> 'reserve' THEN amount END AS amount FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', fixed_share => 0.5, avoidable_after => 18, absorption => 'monthly', reserve_key => 'lv.people',
	lines => '[{"kind": "friction", "year": 1, "amount": 25000}, {"kind": "taken_over", "year": 1, "amount": 40000.50}, {"kind": "avoided", "year": 3, "amount": 7, "service": "lv.desk"}]');
-- the second year is what both come to, less the first
SELECT year, round(8000 * 0.5 * held / (12 * 18), 4) AS desks FROM (VALUES (1, (SELECT sum(18 - m) FROM generate_series(1, 12) AS m)), (2, (SELECT sum(18 - m) FROM generate_series(1, 18) AS m))) AS part (year, held);
SELECT (steering.allocate(sum(amount::numeric), ARRAY[127089, 27657, 25000, 9000], 0.0001))[4] = (SELECT - amount FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', horizon => 1, reserve_key => 'lv.people') WHERE line = 'reserve') AS share_in_reserve
FROM steering.reserve WHERE booked_on < '2026-01-01';
SELECT year, line, amount FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', horizon => 2, fixed_share => 0, avoidable_after => 0);
-- the reserve is that of the arrangement that is left, by the key among those who take part in it; of several one is named
BEGIN;
SELECT steering.assign_reserve(steering.book_reserve('2025-12-30', 900.01, 'Of the body'), 'lv.body');
CREATE FUNCTION pg_temp.reserve(participant text, arrangement text) RETURNS numeric LANGUAGE sql AS
	$$SELECT amount FROM steering.exit_sum($1, '2026-01-01', 'damage', reserve_key => 'lv.people', arrangement => $2, fixed_share => 0, avoidable_after => 0) WHERE line = 'reserve'$$;
SELECT pg_temp.reserve('lv.b', NULL) AS only_one, pg_temp.reserve('lv.b', 'lv.body') AS named, - (steering.allocate(900.01, ARRAY[127089, 27657], 0.0001))[2] AS plain;
SELECT steering.set_arrangement('lv.other', 'Other', 'joint body', '[2025-01-01,)') > 0 AS made;
SELECT count(*) FROM unnest('{lv.b,lv.c}'::text[]) AS code, LATERAL steering.set_arrangement_member('lv.other', code, 'member', '[2025-01-01,)');
SELECT steering.assign_reserve(steering.book_reserve('2025-12-30', -300, 'Of the other'), 'lv.other');
SELECT pg_temp.reserve('lv.b', 'lv.body') AS body, pg_temp.reserve('lv.b', 'lv.other') AS deficit, - (steering.allocate(-300, ARRAY[27657, 25000], 0.0001))[1] AS plain;
SAVEPOINT before;
\set VERBOSITY default
SELECT pg_temp.reserve('lv.b', NULL);
ROLLBACK TO before;
SELECT pg_temp.reserve('lv.a', 'lv.other');
ROLLBACK TO before;
SELECT pg_temp.reserve('lv.b', 'lv.none');
ROLLBACK TO before;
\set VERBOSITY terse
-- a customer has no part in it; other methods and keys ask for none
SELECT steering.set_arrangement_member('lv.other', 'lv.a', 'customer', '[2025-01-01,)');
SELECT pg_temp.reserve('lv.a', NULL) = pg_temp.reserve('lv.a', 'lv.body') AS only_as_member;
SELECT pg_temp.reserve('lv.b', 'lv.other') AS among_members, - (steering.allocate(-300, ARRAY[27657, 25000], 0.0001))[1] AS plain;
SELECT count(*) AS rows FROM steering.exit_sum('lv.b', '2026-01-01', 'phase_out', contribution => 10);
ROLLBACK;
-- a leaver who bore nothing
SELECT * FROM steering.exit_sum('lv', '2024-01-01', 'phase_out');

-- Joining: a share in the reserve, and in what was advanced and is not recovered.
SELECT steering.book_reserve('2025-12-30', 1000, 'Of the body') AS movement \gset
SELECT steering.assign_reserve(:movement, 'lv.body');
SELECT * FROM steering.entry_contribution('lv.c', '2026-01-01', 'lv.people', 25000, unrecovered => 300000, arrangement => 'lv.body');
SELECT round(1000.0 * 25000 / 179746, 4) AS reserve, round(300000.0 * 25000 / 179746, 4) AS start_up;

-- without that: what is not repaid of start-ups by then
SELECT steering.set_allocation_key('lv.start', 'Start', 'fixed') > 0 AS key;
SELECT count(steering.set_key_weight('lv.start', 1, '(,)', participant => code)) AS weights FROM unnest('{lv.a,lv.b}'::text[]) AS code;
SELECT steering.set_start_up('lv', 'Start', 5000, 'lv.start', '2025-06-01') > 0 AS start_up, steering.set_start_up('lv.late', 'Later', 700, 'lv.start', '2026-01-01') > 0 AS later;
SELECT steering.set_saving('lv', 'lv.base', NULL, '2025', 2000, true, 'director', 'lv') > 0 AS saving;
SELECT steering.record_saving('lv', 'realise', 2000, '2025-10-01', 'found') AS position;
SELECT steering.repay_start_up('lv', 1500, '2025-12-31', 'first') > 0 AS repaid, steering.repay_start_up('lv', 250, '2026-01-01', 'second') > 0 AS repaid_later;
SELECT entry.whole = (SELECT sum(advance) FROM steering.start_up_status WHERE advanced_on < '2026-01-01')
	- (SELECT sum(amount::numeric) FROM steering.start_up_repayment WHERE repaid_on < '2026-01-01') AS whole, entry.whole >= 3500 AS has_this
FROM steering.entry_contribution('lv.new', '2026-01-01', 'lv.people', 25000) AS entry WHERE line = 'start_up';
-- the reserve goes on with the arrangement that goes on, and is not there any more in the old one
SELECT steering.change_form('lv.body', 'lv.centre', 'Centre', 'host', '2026-01-01', 'Decided', host => 'lv.a') > 0 AS changed;
SELECT arrangement, entry.line, trim_scale(entry.whole) AS whole FROM (VALUES ('lv.body', date '2026-01-01'), ('lv.centre', '2026-02-01')) AS asked (arrangement, joins),
	LATERAL steering.entry_contribution('lv.c', joins, 'lv.people', 25000, unrecovered => 0, arrangement => arrangement) AS entry WHERE line = 'reserve';

-- Leaving is decided by the college with the consent of its council (AC-56). Nobody else is asked: no board approves.
SET client_min_messages = error;
CREATE ROLE regress_lv_college;
CREATE ROLE regress_lv_council;
CREATE ROLE regress_lv_board;
RESET client_min_messages;
GRANT EXECUTE ON FUNCTION steering.propose, steering.sign, steering.close_decision, steering.drop_arrangement_member TO regress_lv_college, regress_lv_council, regress_lv_board;
SELECT steering.set_arrangement('lv.region', 'Region', 'joint body', '[2025-01-01,)') > 0 AS made;
SELECT count(*) FROM unnest('{lv.a,lv.b,lv.d}'::text[]) AS code,
	unnest('{[2025-01-01\,2026-01-01),[2026-01-01\,)}'::steering.day_range[]) AS during, LATERAL steering.set_arrangement_member('lv.region', code, 'member', during);
BEGIN;
SELECT steering.set_body('lv.council', 'Council of the village', max_share_percent => 100), steering.set_body('lv.board', 'Board', max_share_percent => 100);
SELECT steering.set_body_member('lv.council', 'lv.d', 'regress_lv_council', '(,)') > 0 AS council, steering.set_body_member('lv.board', 'lv.a', 'regress_lv_board', '(,)') > 0 AS board;
SELECT steering.set_rule(ARRAY['drop_arrangement_member'], 'host', participant => 'lv.d', body => 'lv.council', needs => 'consent') AS rule \gset
SELECT steering.set_mandate('regress_lv_college', ARRAY['drop_arrangement_member'], NULL, 'lv.d', '(,)', 'infinity') AS mandate \gset
COMMIT;
SET SESSION AUTHORIZATION regress_lv_college;
SELECT steering.drop_arrangement_member('lv.region', 'lv.d', '[2026-01-01,)');
SELECT steering.propose('drop_arrangement_member', '{"arrangement": "lv.region", "participant": "lv.d", "during": "[2026-01-01,)"}', 'The village goes its own way') AS leaving \gset
RESET SESSION AUTHORIZATION;
SELECT functionary, choice, waiting_participant FROM steering.proposal WHERE decision = :leaving ORDER BY 1;
-- without the council it is not recorded, and what the board says is not asked
SELECT regexp_replace(message, 'decision [0-9]+', 'decision N') AS message FROM (VALUES ('regress_lv_board', 'approve', 'lv.a'), ('regress_lv_college', 'approve', NULL)) AS signed (who, choice, participant),
	LATERAL pg_temp.lv_sign(:leaving, who, choice, participant) AS message;
SELECT count(*) AS still_takes_part FROM steering.arrangement_part WHERE arrangement = 'lv.region' AND participant = 'lv.d' AND valid_from = '2026-01-01';
SELECT pg_temp.lv_sign(:leaving, 'regress_lv_council', 'consent', 'lv.d') AS council, pg_temp.lv_sign(:leaving, 'regress_lv_college', 'approve', NULL) AS college;
SELECT count(*) AS takes_part FROM steering.arrangement_part WHERE arrangement = 'lv.region' AND participant = 'lv.d' AND valid_from = '2026-01-01';
SELECT functionary, choice, participant FROM steering.signature WHERE decision = :leaving ORDER BY at;
SELECT steering.drop_rule(:rule), steering.revoke_mandate(:mandate, 'done');
DROP OWNED BY regress_lv_college, regress_lv_council, regress_lv_board;
DROP ROLE regress_lv_college, regress_lv_council, regress_lv_board;

-- The guideline's calendar (AC-57).
SELECT * FROM steering.exit_calendar('2026-01-15');

-- What cannot be.
SELECT * FROM steering.share_change('lv.none', '2026-01-01', 1);
SELECT * FROM steering.share_change('lv.people', '2026-01-02', 1);
SELECT * FROM steering.share_change('lv.people', NULL, 1);
SELECT * FROM steering.share_change('lv.people', '2026-01-01', NULL);
SELECT * FROM steering.share_change('lv.people', '2026-01-01', 'NaN');
SELECT * FROM steering.share_change('lv.people', '2026-01-01', 1, leaver => 'lv.nobody');
SELECT * FROM steering.share_change('lv.people', '2026-01-01', 1, leaver => 'lv');
SELECT * FROM steering.share_change('lv.people', '2026-01-01', 1, joiner => 'lv.a', weight => 3);
SELECT * FROM steering.share_change('lv.people', '2026-01-01', 1, joiner => 'lv.new');
SELECT * FROM steering.share_change('lv.people', '2026-01-01', 1, joiner => '', weight => 1);
SELECT * FROM steering.share_change('lv.people', '5874897-12-01', 1);
SELECT * FROM steering.share_change('lv.people', '2026-01-01', 1, joiner => 'lv.new', weight => -1);
SELECT * FROM steering.share_change('lv.people', '2026-01-01', 1, arrangement => 'lv.none');
SELECT * FROM steering.exit_sum('lv.nobody', '2026-01-01', 'damage');
SELECT * FROM steering.exit_sum('lv.d', '2026-01-15', 'damage');
SELECT * FROM steering.exit_sum('lv.d', 'infinity', 'damage');
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'quarrel');
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'phase_out', contribution => -1);
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'phase_out', first_percent => 101);
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'phase_out', step_percent => 0);
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', horizon => 0);
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', fixed_share => 1.01);
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', lines => '{}');
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', lines => '[{"kind": "gift", "year": 1, "amount": 1}]');
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', lines => '[{"kind": "friction", "year": 6, "amount": 1}]');
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', lines => '[{"kind": "friction", "year": 1, "amount": -1}]');
SELECT * FROM steering.exit_sum('lv.d', '2026-01-01', 'damage', reserve_key => 'lv.none');
SELECT * FROM steering.entry_contribution('lv.new', '2026-01-01', 'lv.people', NULL);
SELECT * FROM steering.entry_contribution('lv.new', '2026-01-01', 'lv.people', 1, unrecovered => -1);
SELECT * FROM steering.entry_contribution(NULL, '2026-01-01', 'lv.people', 1);
SELECT * FROM steering.entry_contribution(' ', '2026-01-01', 'lv.people', 1);
SELECT * FROM steering.entry_contribution('lv.new', NULL, 'lv.people', 1);
SELECT * FROM steering.exit_calendar('5874897-12-31');
SELECT * FROM steering.exit_calendar(NULL);
SELECT steering.drop_cost_behaviour('lv.base', '(,)');
UPDATE steering.participant SET inhabitants = lv_others.inhabitants FROM lv_others WHERE participant.code = lv_others.code;
