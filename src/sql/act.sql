-- act.sql
-- Acts: what changes what may be spent, is agreed, is owed or who takes part, each named as its function; and what the
-- topics of decisions have in common.

CREATE VIEW steering.act WITH (security_barrier) AS
SELECT listed.act, coalesce(listed.asked_as, listed.act) AS asked_as, listed.amount
FROM (VALUES
	('set_cap', NULL, 'money by which the limit, or what its ladder lets through, goes up; of a volume cap none'),
	('drop_cap', NULL, NULL),
	('spread_cap', 'set_cap', NULL),
	('caps_from_agreements', 'set_cap', NULL),
	('grant_override', NULL, 'money that may be drawn; of a volume cap none'),
	('revoke_override', NULL, NULL),
	('amend', NULL, 'the sum of its mutations of budget caps, each without its sign'),
	('transfer', NULL, 'money that is transferred; of volume caps none'),
	('set_carry_rule', NULL, NULL),
	('drop_carry_rule', NULL, NULL),
	('carry_forward', NULL, 'the sum of what is carried, each cap''s without its sign'),
	('set_agreement', NULL, 'value over all of its months; without end where price or share have no volume or estimate'),
	('drop_agreement', NULL, NULL),
	('close_period', NULL, NULL),
	('close_bookings', 'close_period', NULL),
	('reopen_period', NULL, NULL),
	('reopen_bookings', 'reopen_period', NULL),
	('correct_settlement', NULL, 'the sum, without its sign'),
	('reverse_correction', NULL, 'the sum, without its sign'),
	('book_reserve', NULL, 'the sum, without its sign'),
	('set_explanation', NULL, NULL),
	('drop_explanation', NULL, NULL),
	('set_risk', NULL, NULL),
	('drop_risk', NULL, NULL),
	('set_cost_behaviour', NULL, NULL),
	('drop_cost_behaviour', NULL, NULL),
	('set_start_up', NULL, 'what is advanced'),
	('drop_start_up', NULL, NULL),
	('repay_start_up', NULL, 'the sum, without its sign'),
	('set_saving', NULL, NULL),
	('drop_saving', NULL, NULL),
	('record_saving', NULL, 'the sum, without its sign; what it changes of a cap is an amendment besides'),
	('set_case_line', NULL, NULL),
	('drop_case_line', NULL, NULL),
	('set_scorecard_indicator', NULL, NULL),
	('drop_scorecard_indicator', NULL, NULL),
	('set_allocation_key', NULL, NULL),
	('drop_allocation_key', NULL, NULL),
	('set_key_weight', NULL, NULL),
	('drop_key_weight', NULL, NULL),
	('set_allocation_rule', NULL, NULL),
	('drop_allocation_rule', NULL, NULL),
	('set_result_share', NULL, NULL),
	('drop_result_share', NULL, NULL),
	('set_indicator', NULL, NULL),
	('drop_indicator', NULL, NULL),
	('set_target', NULL, NULL),
	('set_measurement', NULL, NULL),
	('set_incentive', NULL, NULL),
	('drop_incentive', NULL, NULL),
	('set_participant', NULL, NULL),
	('drop_participant', NULL, NULL),
	('set_service', NULL, NULL),
	('drop_service', NULL, NULL),
	('set_arrangement', NULL, NULL),
	('drop_arrangement', NULL, NULL),
	('set_arrangement_member', NULL, NULL),
	('drop_arrangement_member', NULL, NULL),
	('change_form', NULL, 'the reserve that goes over, without its sign'),
	('set_lead', 'set_service', NULL),
	('follow', NULL, 'value over all months; without end where price or share have no volume or estimate, or the lead has not agreed on all of them yet'),
	('unfollow', NULL, NULL),
	('assign_reserve', NULL, 'the sum, without its sign'),
	('set_alias', NULL, NULL),
	('drop_alias', NULL, NULL),
	('attach', NULL, NULL),
	('reattach', 'attach', NULL),
	('detach', NULL, NULL),
	('detach_missing', 'detach', NULL),
	('set_mandate', NULL, NULL),
	('revoke_mandate', NULL, NULL),
	('consent_mandate', NULL, NULL),
	('set_deputy', NULL, NULL),
	('set_body', NULL, NULL),
	('set_body_member', NULL, NULL),
	('set_vote_days', 'set_body', NULL),
	('set_rule', NULL, NULL),
	('drop_rule', NULL, NULL),
	('iv3_load', NULL, NULL),
	('set_iv3_deliverer', NULL, NULL),
	('drop_iv3_deliverer', NULL, NULL),
	('set_iv3_mapping', NULL, NULL),
	('drop_iv3_mapping', NULL, NULL),
	('set_lawfulness_frame', NULL, NULL),
	('drop_lawfulness_frame', NULL, NULL),
	('set_lawfulness_base', NULL, NULL),
	('set_deviation', NULL, NULL),
	('drop_deviation', NULL, NULL)
) AS listed (act, asked_as, amount);
GRANT SELECT ON steering.act TO PUBLIC;
COMMENT ON VIEW steering.act IS 'the acts: functions that change what may be spent, is agreed, is owed, who takes part or who decides. Rules and mandates name them';
COMMENT ON COLUMN steering.act.act IS 'name of the function';
COMMENT ON COLUMN steering.act.asked_as IS 'the act that rules and mandates name for it: what it does is asked about piece by piece';
COMMENT ON COLUMN steering.act.amount IS 'what its amount is; null: it has none, and any mandate for it will do, whatever its limit';

CREATE TYPE steering.act_question AS (
	act text,
	service text,
	participant text,
	amount numeric,
	arguments jsonb
);
COMMENT ON TYPE steering.act_question IS 'may this act be done? Its scope by codes (null: all), its amount (null: it has none), and what it does';

CREATE FUNCTION steering.lock_rules() RETURNS void
AS 'MODULE_PATHNAME', 'steering_lock_rules'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.lock_rules() FROM PUBLIC;
COMMENT ON FUNCTION steering.lock_rules() IS 'waits for decisions that are being made, and holds new ones until commit: before a change of who may decide';

CREATE FUNCTION steering.decision_day() RETURNS date
AS 'MODULE_PATHNAME', 'steering_decision_day'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.decision_day() FROM PUBLIC;
COMMENT ON FUNCTION steering.decision_day() IS 'today, by the clock and the time zone of the server''s log, which no session can change';

CREATE FUNCTION steering.is_deciding() RETURNS boolean
AS 'MODULE_PATHNAME', 'steering_is_deciding'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.is_deciding() FROM PUBLIC;
COMMENT ON FUNCTION steering.is_deciding() IS 'a proposal is being executed, or tried';

CREATE FUNCTION steering.may_administer(function text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.is_deciding() OR EXISTS (
	SELECT FROM pg_catalog.pg_proc JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
	WHERE pg_namespace.nspname = 'steering' AND pg_proc.proname = may_administer.function
		AND has_function_privilege(session_user, pg_proc.oid, 'EXECUTE WITH GRANT OPTION'));
END;
REVOKE ALL ON FUNCTION steering.may_administer(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.may_administer(text) IS 'who has logged in may grant this function to others, or it is called by a proposal that was decided';

CREATE FUNCTION steering.is_role(name text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE pg_roles.rolname = is_role.name);
END;
REVOKE ALL ON FUNCTION steering.is_role(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.is_role(text) IS 'there is a role of this name now';

CREATE FUNCTION steering.show_limit(amount numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN show_limit.amount = 'Infinity' THEN 'any amount'
	WHEN show_limit.amount = round(show_limit.amount, 2) THEN round(show_limit.amount, 2)::text
	ELSE trim_scale(show_limit.amount)::text END;
END;
REVOKE ALL ON FUNCTION steering.show_limit(numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.show_limit(numeric) IS 'an amount as messages show it';

-- What is above an entry of a register, itself first.
CREATE FUNCTION steering.service_above(service text) RETURNS TABLE (code text, depth integer)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH RECURSIVE above (code, parent, depth) AS (
	SELECT entry.code, entry.parent, 0 FROM steering.service AS entry WHERE entry.code = service_above.service
	UNION ALL
	SELECT entry.code, entry.parent, above.depth + 1
	FROM above JOIN steering.service AS entry ON entry.code = above.parent
)
SELECT above.code, above.depth FROM above;
END;
REVOKE ALL ON FUNCTION steering.service_above(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.service_above(text) IS 'a service and those that it is a part of';

CREATE FUNCTION steering.participant_above(participant text) RETURNS TABLE (code text, depth integer)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH RECURSIVE above (code, parent, depth) AS (
	SELECT entry.code, entry.parent, 0 FROM steering.participant AS entry WHERE entry.code = participant_above.participant
	UNION ALL
	SELECT entry.code, entry.parent, above.depth + 1
	FROM above JOIN steering.participant AS entry ON entry.code = above.parent
)
SELECT above.code, above.depth FROM above;
END;
REVOKE ALL ON FUNCTION steering.participant_above(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.participant_above(text) IS 'a participant and the groups that it belongs to';

CREATE FUNCTION steering.require_acts(acts text[]) RETURNS text[]
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_acts.acts IS NOT NULL, 'acts'), steering.require_that(array_position(require_acts.acts, NULL) IS NULL, '22004', 'acts must not hold a null'),
	steering.require_that(cardinality(require_acts.acts) > 0, '22023', 'acts must name at least one act', 'They are listed in steering.act.');
SELECT steering.require_that(known.act IS NOT NULL, '22023', format('act "%s" is unknown', named.act), 'They are listed in steering.act.'),
	steering.require_that(known.act = known.asked_as, '22023', format('act "%s" is asked about as "%s"', named.act, known.asked_as),
		format('Name "%s".', known.asked_as))
FROM unnest(require_acts.acts) AS named (act)
LEFT JOIN steering.act AS known ON known.act = named.act;
SELECT array_agg(DISTINCT named.act ORDER BY named.act) FROM unnest(require_acts.acts) AS named (act);
END;
REVOKE ALL ON FUNCTION steering.require_acts(text[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_acts(text[]) IS 'the acts in order, each once. Errors: 22004 null, 22023 none, an unknown one, or one that is asked about as another';

CREATE FUNCTION steering.require_days(days daterange) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(require_days.days IS NOT NULL, '22004', 'during must not be null'),
	steering.require_that(NOT isempty(require_days.days), '22023', 'during must not be empty');
END;
REVOKE ALL ON FUNCTION steering.require_days(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_days(daterange) IS 'Errors: 22004 null, 22023 empty';

CREATE FUNCTION steering.require_role(name text, what text) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(require_role.name IS NOT NULL, '22004', format('%s must not be null', require_role.what)),
	steering.require_that(steering.is_role(require_role.name), '42704', format('role "%s" does not exist', require_role.name));
END;
REVOKE ALL ON FUNCTION steering.require_role(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_role(text, text) IS 'Errors: 22004 null, 42704 no such role';

CREATE FUNCTION steering.require_scope(service text, participant text) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT CASE WHEN require_scope.service IS NOT NULL THEN steering.service_number(require_scope.service) END,
	CASE WHEN require_scope.participant IS NOT NULL THEN steering.participant_number(require_scope.participant) END;
END;
REVOKE ALL ON FUNCTION steering.require_scope(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_scope(text, text) IS 'Error: 22023 unknown code';

CREATE FUNCTION steering.check_consistent() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_check_consistent'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.check_consistent() FROM PUBLIC;
COMMENT ON FUNCTION steering.check_consistent() IS 'at the end of a transaction: refuses what the view that the trigger names finds (23514)';
