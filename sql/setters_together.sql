-- Several setters in one query: each sees what those before it have made, on every release of PostgreSQL.
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET datestyle = ISO;
BEGIN;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('tog', NULL, 'Region', NULL), ('tog.a', 'tog', 'City', 1000), ('tog.b', 'tog', 'Town', 500);
INSERT INTO steering.service (code, name, kind) VALUES ('tog.it', 'IT', 'standard'), ('tog.desk', 'Desk', 'standard');

-- allocation keys
SELECT steering.set_allocation_key('tog.key', 'Key', 'fixed') > 0 AS key,
	steering.set_key_weight('tog.key', 3, '[2026-01-01,2027-01-01)', participant => 'tog.a') AS weight_a,
	steering.set_key_weight('tog.key', 1, '[2026-01-01,2027-01-01)', participant => 'tog.b') AS weight_b,
	steering.set_allocation_rule('tog.it', 'tog.key', '[2026-01-01,2027-01-01)', 1) > 0 AS rule,
	steering.set_result_share('tog.key', 50, '[2026-01-01,2027-01-01)') AS percent,
	steering.set_agreement('tog.desk', 'tog.a', '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'tog.key') > 0 AS agreement;
SELECT weight.weight, participant.code
FROM steering.allocation_weight AS weight JOIN steering.participant USING (participant_id) WHERE participant.code LIKE 'tog.%' ORDER BY 2;
SELECT steering.set_allocation_key('tog.gone', 'Gone', 'fixed') > 0 AS key,
	steering.set_key_weight('tog.gone', 3, '[2026-01-01,2027-01-01)', participant => 'tog.a') AS weight,
	steering.drop_key_weight('tog.gone', '[2026-01-01,2027-01-01)', participant => 'tog.a') AS weight_dropped,
	steering.drop_allocation_key('tog.gone') AS key_dropped;

-- indicators
SELECT steering.set_indicator('tog.calls', 'tog.desk', 'Calls', '%', 'higher', 'outcome', additive => false) > 0 AS indicator,
	steering.set_target('tog.calls', 'tog.a', '2026', 90) AS target,
	steering.set_measurement('tog.calls', 'tog.a', '2026-01', 80) AS measurement,
	steering.set_incentive('tog.calls', '{"(,90)","[90,)"}', '{-1,1}') AS bands,
	steering.set_scorecard_indicator('tog.calls') AS listed;
SELECT steering.set_indicator('tog.gone', 'tog.desk', 'Gone', '%', 'higher', 'outcome') > 0 AS indicator,
	steering.set_incentive('tog.gone', '{"(,)"}', '{1}') AS bands, steering.drop_incentive('tog.gone') AS incentive_dropped,
	steering.set_scorecard_indicator('tog.gone') AS listed, steering.drop_scorecard_indicator('tog.gone') AS not_listed;

-- arrangements
SELECT steering.set_arrangement('tog.body', 'Body', 'joint body', '[2026-01-01,)') > 0 AS arrangement,
	steering.set_arrangement_member('tog.body', 'tog.a', 'member', '[2026-01-01,)') AS member_a,
	steering.set_arrangement_member('tog.body', 'tog.b', 'member', '[2026-01-01,)') AS member_b,
	steering.drop_arrangement_member('tog.body', 'tog.b', '[2026-01-01,)') AS b_dropped,
	steering.change_form('tog.body', 'tog.host', 'Host', 'host', '2028-01-01', 'cheaper', host => 'tog.a') > 0 AS changed;
SELECT arrangement, participant, role, valid_from, valid_to FROM steering.arrangement_part WHERE arrangement LIKE 'tog.%' ORDER BY 1, 2;

-- savings and start-ups
SELECT steering.set_saving('tog.saving', 'tog.it', 'tog', '2026', 100, false, 'Clerk') > 0 AS saving,
	steering.record_saving('tog.saving', 'realise', 40, '2026-03-01', 'licences') > 0 AS realised;
SELECT steering.set_allocation_key('tog.start', 'Start', 'inhabitants') > 0 AS key,
	steering.set_start_up('tog.start', 'Start', 100, 'tog.start', '2026-01-01') > 0 AS start_up,
	steering.set_saving('tog.saves', 'tog.it', 'tog', '2026', 100, false, 'Clerk', 'tog.start') > 0 AS saving,
	steering.record_saving('tog.saves', 'realise', 40, '2026-03-01', 'licences') > 0 AS realised,
	steering.repay_start_up('tog.start', 10, '2026-04-01', 'saved') > 0 AS repaid;
ROLLBACK;
