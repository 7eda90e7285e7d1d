\echo Use "ALTER EXTENSION sp71_steering UPDATE" to load this file. \quit
-- The forms that agreements have, as C knows them. What is asked of a form is asked here, or of the terms that it has.

CREATE FUNCTION steering.agreement_form()
RETURNS TABLE (form text, needs text[], may_have text[], shares_cost boolean, cap_blocks boolean)
AS 'MODULE_PATHNAME', 'steering_agreement_form'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 4;
COMMENT ON FUNCTION steering.agreement_form() IS
'the forms of agreements. needs, may_have: the terms that an agreement of the form must and may have besides, of base, volume, price, key and unused_percent (this only with a volume); each may have an advance and an incentive_maximum. shares_cost: what is owed is a share of actual cost by a key, and does not follow from terms. cap_blocks: the cap that follows from it blocks, since no more is to be spent than what was agreed beforehand; see planned_cap()';

-- PUBLIC may execute it because agreement_charge() does, in the name of whoever calls that.
CREATE FUNCTION steering.charge_of_terms(form text, base steering.amount, volume steering.amount, price steering.amount,
	actual_volume steering.amount, unused_percent numeric)
RETURNS TABLE (agreed steering.amount, excess steering.amount, unused steering.amount, agreed_volume steering.amount,
	excess_volume steering.amount, unused_volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_charge_of_terms'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION steering.charge_of_terms(text, steering.amount, steering.amount, steering.amount, steering.amount, numeric) IS
'agreement_charge() in amounts';
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
	('set_agreement', NULL, 'value over all of its months; without end where price or share have no volume or estimate'),
	('drop_agreement', NULL, NULL),
	('close_period', NULL, NULL),
	('close_bookings', 'close_period', NULL),
	('reopen_period', NULL, NULL),
	('reopen_bookings', 'reopen_period', NULL),
	('correct_settlement', NULL, 'the sum, without its sign'),
	('reverse_correction', NULL, 'the sum, without its sign'),
	('book_reserve', NULL, 'the sum, without its sign'),
	('set_risk', NULL, NULL),
	('drop_risk', NULL, NULL),
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
	('set_mandate', NULL, NULL),
	('revoke_mandate', NULL, NULL),
	('consent_mandate', NULL, NULL),
	('set_deputy', NULL, NULL),
	('set_body', NULL, NULL),
	('set_body_member', NULL, NULL),
	('set_rule', NULL, NULL),
	('drop_rule', NULL, NULL)
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

CREATE FUNCTION steering.require_that(holds boolean, state text, message text, hint text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_that'
LANGUAGE C VOLATILE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.require_that(boolean, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_that(boolean, text, text, text) IS 'raises an error with this SQLSTATE, message and hint unless something holds; null does not';

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
SELECT steering.require_that(cardinality(require_acts.acts) > 0, '22023', 'acts must name at least one act', 'They are listed in steering.act.');
SELECT steering.require_that(known.act IS NOT NULL, '22023', format('act "%s" is unknown', named.act), 'They are listed in steering.act.'),
	steering.require_that(known.act = known.asked_as, '22023', format('act "%s" is asked about as "%s"', named.act, known.asked_as),
		format('Name "%s".', known.asked_as))
FROM unnest(require_acts.acts) AS named (act)
LEFT JOIN steering.act AS known ON known.act = named.act;
SELECT array_agg(DISTINCT named.act ORDER BY named.act) FROM unnest(require_acts.acts) AS named (act);
END;
REVOKE ALL ON FUNCTION steering.require_acts(text[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_acts(text[]) IS 'the acts in order, each once. Error: 22023 none, an unknown one, or one that is asked about as another';

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
-- body.sql
-- Bodies that decide by votes: boards, councils, circles. A body is made with its members in one transaction: how the votes
-- are divided is judged at its end.

CREATE TABLE steering.body (
	code text NOT NULL CONSTRAINT body_pkey PRIMARY KEY CONSTRAINT body_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	participant text,
	quorum_percent numeric NOT NULL CONSTRAINT body_quorum_percent_in_range CHECK (quorum_percent >= 0 AND quorum_percent <= 100),
	tie text NOT NULL CONSTRAINT body_tie_known CHECK (tie IN ('reject', 'chair')),
	chair text,
	max_share_percent numeric NOT NULL
		CONSTRAINT body_max_share_percent_in_range CHECK (max_share_percent > 0 AND max_share_percent <= 100),
	CONSTRAINT body_tie_has_chair CHECK (tie <> 'chair' OR chair IS NOT NULL)
);
REVOKE ALL ON steering.body FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.body', '');
COMMENT ON TABLE steering.body IS 'bodies that decide by votes, written by set_body() alone';
COMMENT ON COLUMN steering.body.code IS 'what people call the body by; it never changes';
COMMENT ON COLUMN steering.body.name IS 'name for people';
COMMENT ON COLUMN steering.body.participant IS 'code of the participant that it belongs to; null: of none';
COMMENT ON COLUMN steering.body.quorum_percent IS 'part of all votes that must have been given, abstentions among them, for a decision';
COMMENT ON COLUMN steering.body.tie IS 'reject: as many votes for as against reject; chair: they vote again, and if that is a tie too the chair decides';
COMMENT ON COLUMN steering.body.chair IS 'role of who presides; null: nobody';
COMMENT ON COLUMN steering.body.max_share_percent IS 'the most that one participant may have of all votes';

CREATE TABLE steering.body_member (
	member_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT body_member_pkey PRIMARY KEY,
	body text NOT NULL,
	participant text NOT NULL,
	representative text NOT NULL,
	during daterange NOT NULL CONSTRAINT body_member_during_not_empty CHECK (NOT isempty(during)),
	votes numeric NOT NULL CONSTRAINT body_member_votes_not_negative CHECK (votes >= 0 AND votes < 'Infinity'),
	votes_per text CONSTRAINT body_member_votes_per_known CHECK (votes_per IN ('inhabitants')),
	step integer CONSTRAINT body_member_step_above_zero CHECK (step > 0),
	CONSTRAINT body_member_step_of_votes_per CHECK ((votes_per IS NULL) = (step IS NULL)),
	CONSTRAINT body_member_key UNIQUE (body, participant, during)
);
REVOKE ALL ON steering.body_member FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.body_member', '');
SELECT pg_catalog.pg_extension_config_dump('steering.body_member_member_id_seq', '');
COMMENT ON TABLE steering.body_member IS 'who has votes in a body, written by set_body_member() alone';
COMMENT ON COLUMN steering.body_member.member_id IS 'number of the row';
COMMENT ON COLUMN steering.body_member.body IS 'code of the body';
COMMENT ON COLUMN steering.body_member.participant IS 'code of the participant';
COMMENT ON COLUMN steering.body_member.representative IS 'role that votes for it';
COMMENT ON COLUMN steering.body_member.during IS 'the days';
COMMENT ON COLUMN steering.body_member.votes IS 'number of its votes, or of its votes for each step of inhabitants that was begun';
COMMENT ON COLUMN steering.body_member.votes_per IS 'inhabitants: the votes go by their number; null: they are fixed';
COMMENT ON COLUMN steering.body_member.step IS 'number of inhabitants in a step; null: the votes are fixed';

CREATE FUNCTION steering.body_vote(body text, day date) RETURNS TABLE (participant text, representative text, votes numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT member.participant, member.representative,
	CASE WHEN member.votes_per IS NULL THEN member.votes
		ELSE member.votes * coalesce(div(participant.inhabitants + member.step - 1, member.step), 0) END
FROM steering.body_member AS member
JOIN steering.participant ON participant.code = member.participant
WHERE member.body = body_vote.body AND member.during @> body_vote.day;
END;
REVOKE ALL ON FUNCTION steering.body_vote(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.body_vote(text, date) IS 'the votes in a body on a day; a participant whose inhabitants are unknown has none that go by them';

CREATE VIEW steering.body_conflict AS
WITH point AS (
	SELECT DISTINCT member.body, CASE WHEN lower_inf(member.during) THEN '-infinity'::date ELSE lower(member.during) END AS day
	FROM steering.body_member AS member
	UNION
	SELECT member.body, upper(member.during) FROM steering.body_member AS member WHERE NOT upper_inf(member.during)
	UNION
	SELECT body.code, steering.decision_day() FROM steering.body
), share AS (
	SELECT point.body, point.day, vote.participant, vote.votes, sum(vote.votes) OVER (PARTITION BY point.body, point.day) AS total,
		body.max_share_percent
	FROM point
	JOIN steering.body ON body.code = point.body
	CROSS JOIN LATERAL steering.body_vote(point.body, point.day) AS vote
), twice AS (
	SELECT a.body, a.representative, a.participant, b.participant AS other
	FROM steering.body_member AS a
	JOIN steering.body_member AS b ON b.body = a.body AND b.member_id > a.member_id AND b.during && a.during
	WHERE b.participant = a.participant OR b.representative = a.representative
)
SELECT share.body,
	format('participant "%s" would have too many votes of body "%s"', share.participant, share.body) AS message,
	format('It has %s of %s votes%s; the most is %s percent.', trim_scale(share.votes), trim_scale(share.total),
		CASE WHEN isfinite(share.day) THEN format(' on %s', share.day) END, trim_scale(share.max_share_percent)) AS detail,
	'Make a body with all of its members in one transaction, or set another max_share_percent.' AS hint
FROM share
WHERE 100 * share.votes > share.max_share_percent * share.total
UNION ALL
SELECT twice.body,
	CASE WHEN twice.other = twice.participant THEN format('participant "%s" would be in body "%s" twice', twice.participant, twice.body)
		ELSE format('role "%s" would vote for two participants in body "%s"', twice.representative, twice.body) END,
	CASE WHEN twice.other = twice.participant THEN 'It is a member on some of these days already.'
		ELSE format('They are "%s" and "%s".', twice.participant, twice.other) END,
	'A vote is of one participant and of one person: end the other membership first.'
FROM twice;
REVOKE ALL ON steering.body_conflict FROM PUBLIC;
COMMENT ON VIEW steering.body_conflict IS 'members with too many votes, and members that are two';
COMMENT ON COLUMN steering.body_conflict.body IS 'code of the body';
COMMENT ON COLUMN steering.body_conflict.message IS 'what is wrong';
COMMENT ON COLUMN steering.body_conflict.detail IS 'with whom';
COMMENT ON COLUMN steering.body_conflict.hint IS 'what to do';

CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE ON steering.body DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('body_conflict', 'body', 'code');
CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE ON steering.body_member DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('body_conflict', 'body', 'body');

CREATE FUNCTION steering.set_body(code text, name text, participant text DEFAULT NULL, quorum_percent numeric DEFAULT 50,
	tie text DEFAULT 'reject', chair text DEFAULT NULL, max_share_percent numeric DEFAULT 50) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_that(set_body.code IS NOT NULL, '22004', 'code must not be null'),
	steering.require_that(set_body.quorum_percent BETWEEN 0 AND 100, '22023',
		format('quorum_percent of body "%s" must be between 0 and 100: %s', set_body.code, coalesce(set_body.quorum_percent::text, 'null'))),
	steering.require_that(set_body.max_share_percent > 0 AND set_body.max_share_percent <= 100, '22023',
		format('max_share_percent of body "%s" must be above 0 and at most 100: %s', set_body.code,
			coalesce(set_body.max_share_percent::text, 'null'))),
	steering.require_that(set_body.tie IN ('reject', 'chair'), '22023', format('tie must be "reject" or "chair": "%s"', set_body.tie)),
	steering.require_that(set_body.tie <> 'chair' OR set_body.chair IS NOT NULL, '22023',
		format('body "%s" has no chair who could decide a tie', set_body.code)),
	CASE WHEN set_body.chair IS NOT NULL THEN steering.require_role(set_body.chair, 'chair') END,
	steering.require_scope(NULL, set_body.participant);
INSERT INTO steering.body (code, name, participant, quorum_percent, tie, chair, max_share_percent)
VALUES (set_body.code, set_body.name, set_body.participant, set_body.quorum_percent, set_body.tie, set_body.chair,
	set_body.max_share_percent)
ON CONFLICT ON CONSTRAINT body_pkey DO UPDATE
	SET name = excluded.name, participant = excluded.participant, quorum_percent = excluded.quorum_percent, tie = excluded.tie,
		chair = excluded.chair, max_share_percent = excluded.max_share_percent
RETURNING code;
END;
REVOKE ALL ON FUNCTION steering.set_body(text, text, text, numeric, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_body(text, text, text, numeric, text, text, numeric) IS
'makes a body that decides by votes, or changes the one with this code; returns the code. Its members follow in the same transaction (set_body_member()). Errors: 22004 code is null, 22023 a quorum or share over 100 or below 0, unknown tie or participant, a tie that a chair decides who is not there, 42704 the chair is no role; at the end of the transaction 23514 a participant has a larger share of the votes than one may have';

CREATE FUNCTION steering.set_body_member(body text, participant text, representative text, during steering.day_range,
	votes numeric DEFAULT 1, votes_per text DEFAULT NULL, step integer DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_that(EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_body_member.body), '22023',
		format('body "%s" is unknown', set_body_member.body), 'Bodies are made by steering.set_body().'),
	steering.participant_number(set_body_member.participant),
	steering.require_role(set_body_member.representative, 'representative'),
	steering.require_days(set_body_member.during::daterange),
	steering.require_that(set_body_member.votes >= 0 AND set_body_member.votes < 'Infinity', '22023',
		format('votes of participant "%s" must be a number of votes: %s', set_body_member.participant,
			coalesce(set_body_member.votes::text, 'null'))),
	steering.require_that(coalesce(set_body_member.votes_per, 'inhabitants') = 'inhabitants', '22023',
		format('votes_per must be "inhabitants": "%s"', set_body_member.votes_per)),
	steering.require_that((set_body_member.votes_per IS NULL) = (set_body_member.step IS NULL)
		AND coalesce(set_body_member.step, 1) > 0, '22023', 'votes_per goes with a step above zero, and a step with votes_per');
INSERT INTO steering.body_member (body, participant, representative, during, votes, votes_per, step)
VALUES (set_body_member.body, set_body_member.participant, set_body_member.representative, set_body_member.during::daterange,
	set_body_member.votes, set_body_member.votes_per, set_body_member.step)
ON CONFLICT ON CONSTRAINT body_member_key DO UPDATE
	SET representative = excluded.representative, votes = excluded.votes, votes_per = excluded.votes_per, step = excluded.step
RETURNING member_id;
END;
REVOKE ALL ON FUNCTION steering.set_body_member(text, text, text, steering.day_range, numeric, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_body_member(text, text, text, steering.day_range, numeric, text, integer) IS
'gives a participant votes in a body on these days, and names the role that votes for it; the membership of the same days is replaced; returns its number. With votes_per ''inhabitants'' it has so many votes for each step of inhabitants that was begun. Errors: 22004 null, 22023 unknown body or participant, empty range, no number of votes, votes_per without a step, 42704 the representative is no role; at the end of the transaction 23514 a participant has too many votes, is a member twice, or a role votes for two';
-- rule.sql
-- Rules: which acts need which method of deciding, in which scope and for which amounts. The rules of one act and scope are a
-- table without gaps and overlaps, which is made in one transaction: it is judged at its end.

CREATE TABLE steering.rule (
	rule_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT rule_pkey PRIMARY KEY,
	acts text[] NOT NULL CONSTRAINT rule_acts_not_empty CHECK (cardinality(acts) > 0),
	method text NOT NULL CONSTRAINT rule_method_known CHECK (method IN ('mandate', 'dual', 'vote', 'host', 'record')),
	service text,
	service_kind text CONSTRAINT rule_service_kind_known CHECK (service_kind IN ('standard', 'development')),
	participant text,
	amounts numrange NOT NULL CONSTRAINT rule_amounts_not_negative
		CHECK (NOT isempty(amounts) AND coalesce(lower(amounts) >= 0 AND lower(amounts) < 'Infinity', false)),
	body text,
	majority text NOT NULL CONSTRAINT rule_majority_known
		CHECK (majority IN ('simple', 'absolute', 'unanimous') OR majority ~ '^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$'),
	views_days integer NOT NULL CONSTRAINT rule_views_days_not_negative CHECK (views_days BETWEEN 0 AND 10000),
	during daterange NOT NULL CONSTRAINT rule_during_not_empty CHECK (NOT isempty(during)),
	window_days integer NOT NULL CONSTRAINT rule_window_days_not_negative CHECK (window_days BETWEEN 0 AND 10000),
	needs text NOT NULL CONSTRAINT rule_needs_known CHECK (needs IN ('view', 'consent')),
	CONSTRAINT rule_scope_key UNIQUE NULLS NOT DISTINCT (acts, service, service_kind, participant, amounts, during)
);
REVOKE ALL ON steering.rule FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.rule', '');
SELECT pg_catalog.pg_extension_config_dump('steering.rule_rule_id_seq', '');
COMMENT ON TABLE steering.rule IS 'which acts need which method of deciding, written by set_rule() and drop_rule() alone';
COMMENT ON COLUMN steering.rule.rule_id IS 'number of the rule';
COMMENT ON COLUMN steering.rule.acts IS 'the acts, in order';
COMMENT ON COLUMN steering.rule.method IS 'mandate: a functionary who holds one; dual: two of them; vote: a body; host: a functionary, after others were heard; record: decided elsewhere';
COMMENT ON COLUMN steering.rule.service IS 'code: it is for this service and all below it; null: for all';
COMMENT ON COLUMN steering.rule.service_kind IS 'standard or development: it is for services of this kind; null: for both';
COMMENT ON COLUMN steering.rule.participant IS 'code: it is for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.rule.amounts IS 'it is for acts of these amounts of money; those without an amount count as 0';
COMMENT ON COLUMN steering.rule.body IS 'code of the body that votes, or whose members are heard; null: none';
COMMENT ON COLUMN steering.rule.majority IS 'of a vote: simple (more for than against), absolute (more than half of all votes), unanimous (all members), or a part of the votes for and against, such as 2/3';
COMMENT ON COLUMN steering.rule.views_days IS 'days that the members of the body have to be heard, before it is decided; 0: they are not';
COMMENT ON COLUMN steering.rule.during IS 'the days on which it is in force';
COMMENT ON COLUMN steering.rule.window_days IS 'what one functionary decides of an act for the same service and participant within so many days is one act; 0: each is one';
COMMENT ON COLUMN steering.rule.needs IS 'view: members are heard, and do not bind; consent: each must consent';

CREATE VIEW steering.rule_conflict AS
WITH one AS (
	SELECT rule.rule_id, named.act, rule.service, rule.service_kind, rule.participant, rule.amounts, rule.during
	FROM steering.rule CROSS JOIN LATERAL unnest(rule.acts) AS named (act)
), point AS (
	SELECT one.act, one.service, one.service_kind, one.participant,
		CASE WHEN lower_inf(one.during) THEN '-infinity'::date ELSE lower(one.during) END AS day
	FROM one
	UNION
	SELECT one.act, one.service, one.service_kind, one.participant, upper(one.during) FROM one WHERE NOT upper_inf(one.during)
), gap AS (
	SELECT point.act, point.service, point.service_kind, point.participant, point.day,
		'{[0,)}'::nummultirange - range_agg(one.amounts) AS amounts
	FROM point
	JOIN one ON one.act = point.act AND one.service IS NOT DISTINCT FROM point.service
		AND one.service_kind IS NOT DISTINCT FROM point.service_kind AND one.participant IS NOT DISTINCT FROM point.participant
		AND one.during @> point.day
	GROUP BY point.act, point.service, point.service_kind, point.participant, point.day
), overlap AS (
	SELECT a.act, a.service, a.service_kind, a.participant, a.rule_id AS first_rule, b.rule_id AS second_rule, a.amounts * b.amounts AS amounts
	FROM one AS a
	JOIN one AS b ON b.act = a.act AND b.service IS NOT DISTINCT FROM a.service
		AND b.service_kind IS NOT DISTINCT FROM a.service_kind AND b.participant IS NOT DISTINCT FROM a.participant
		AND b.rule_id > a.rule_id AND b.amounts && a.amounts AND b.during && a.during
), conflict AS (
	SELECT gap.act, gap.service, gap.service_kind, gap.participant, format('leave a gap in the amounts: %s', gap.amounts) AS problem,
		CASE WHEN isfinite(gap.day) THEN format('On %s no rule of them says who decides these.', gap.day)
			ELSE 'No rule of them says who decides these.' END AS detail
	FROM gap WHERE NOT isempty(gap.amounts)
	UNION ALL
	SELECT overlap.act, overlap.service, overlap.service_kind, overlap.participant,
		format('overlap in the amounts: %s', overlap.amounts),
		format('Both rule %s and rule %s are for these.', overlap.first_rule, overlap.second_rule)
	FROM overlap
)
SELECT format('rules for act "%s"%s%s%s %s', conflict.act, ' on service "' || conflict.service || '"',
		' on ' || conflict.service_kind || ' services', ' for participant "' || conflict.participant || '"', conflict.problem) AS message,
	conflict.detail,
	'Make and drop the rules of an act and scope in one transaction, so that they hold every amount from 0 on just once.' AS hint
FROM conflict
ORDER BY 1;
REVOKE ALL ON steering.rule_conflict FROM PUBLIC;
COMMENT ON VIEW steering.rule_conflict IS 'rules of one act and scope that leave a gap in the amounts, or overlap';
COMMENT ON COLUMN steering.rule_conflict.message IS 'what is wrong';
COMMENT ON COLUMN steering.rule_conflict.detail IS 'where';
COMMENT ON COLUMN steering.rule_conflict.hint IS 'what to do';

CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE OR DELETE ON steering.rule DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('rule_conflict');

-- The nearest rules win: by service, its kind, then by participant. They hold every amount from 0 on, but within a
-- transaction that makes them: then no rule is found, and the question is answered with no.
CREATE FUNCTION steering.rule_for(act text, service text, participant text, amount numeric, day date)
RETURNS TABLE (is_ruled boolean, rule_id integer, method text, body text, majority text, views_days integer, window_days integer, needs text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH candidate AS MATERIALIZED (
	SELECT rule.*, rank() OVER (ORDER BY service_above.depth NULLS LAST, rule.service_kind IS NULL,
		participant_above.depth NULLS LAST) AS place
	FROM steering.rule
	LEFT JOIN steering.service_above(rule_for.service) ON service_above.code = rule.service
	LEFT JOIN steering.participant_above(rule_for.participant) ON participant_above.code = rule.participant
	WHERE rule_for.act = ANY (rule.acts) AND rule.during @> rule_for.day
		AND (rule.service IS NULL OR service_above.code IS NOT NULL)
		AND (rule.participant IS NULL OR participant_above.code IS NOT NULL)
		AND (rule.service_kind IS NULL OR rule.service_kind = (SELECT entry.kind FROM steering.service AS entry WHERE entry.code = rule_for.service))
), nearest AS (
	SELECT candidate.*, max(candidate.window_days) OVER () AS longest_window FROM candidate WHERE candidate.place = 1
)
SELECT EXISTS (SELECT FROM nearest), ruling.rule_id, ruling.method, ruling.body, ruling.majority, ruling.views_days,
	(SELECT max(nearest.longest_window) FROM nearest), ruling.needs
FROM (SELECT) AS one
LEFT JOIN nearest AS ruling ON ruling.amounts @> coalesce(rule_for.amount, 0);
END;
REVOKE ALL ON FUNCTION steering.rule_for(text, text, text, numeric, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_for(text, text, text, numeric, date) IS
'the rule that says how an act is decided on a day; is_ruled: there are rules for it at all. window_days is the longest of all rules of its scope';

CREATE FUNCTION steering.rule_amounts(amounts numrange) RETURNS numrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN upper(rule_amounts.amounts) = 'Infinity'
	THEN numrange(lower(rule_amounts.amounts), NULL, CASE WHEN lower_inc(rule_amounts.amounts) THEN '[)' ELSE '()' END)
	ELSE rule_amounts.amounts END;
END;
REVOKE ALL ON FUNCTION steering.rule_amounts(numrange) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_amounts(numrange) IS 'a range of amounts; one to infinity has no end';

CREATE FUNCTION steering.rule_number(acts text[], service text, service_kind text, participant text, amounts numrange, during daterange)
RETURNS integer
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT rule.rule_id
FROM steering.rule
WHERE rule.acts = steering.require_acts(rule_number.acts) AND rule.service IS NOT DISTINCT FROM rule_number.service
	AND rule.service_kind IS NOT DISTINCT FROM rule_number.service_kind AND rule.participant IS NOT DISTINCT FROM rule_number.participant
	AND rule.amounts = steering.rule_amounts(rule_number.amounts) AND rule.during = rule_number.during;
END;
REVOKE ALL ON FUNCTION steering.rule_number(text[], text, text, text, numrange, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_number(text[], text, text, text, numrange, daterange) IS
'number of the rule of these acts, this scope, these amounts and days; null: there is none';

CREATE FUNCTION steering.set_rule(acts text[], method text, service text DEFAULT NULL, service_kind text DEFAULT NULL,
	participant text DEFAULT NULL, amounts numrange DEFAULT '[0,)', body text DEFAULT NULL, majority text DEFAULT 'simple',
	views_days integer DEFAULT 0, during steering.day_range DEFAULT '(,)', window_days integer DEFAULT 0, needs text DEFAULT 'view')
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_acts(set_rule.acts),
	steering.require_that(set_rule.method IN ('mandate', 'dual', 'vote', 'host', 'record'), '22023',
		format('method must be mandate, dual, vote, host or record: "%s"', set_rule.method)),
	steering.require_scope(set_rule.service, set_rule.participant),
	steering.require_that(coalesce(set_rule.service_kind, 'standard') IN ('standard', 'development'), '22023',
		format('service_kind must be standard or development: "%s"', set_rule.service_kind)),
	steering.require_that(set_rule.amounts IS NOT NULL, '22004', 'amounts must not be null'),
	steering.require_that(NOT isempty(set_rule.amounts), '22023', 'amounts must not be empty'),
	steering.require_that(coalesce(lower(set_rule.amounts) >= 0 AND lower(set_rule.amounts) < 'Infinity', false), '22023',
		format('amounts must begin at 0 or above: %s', set_rule.amounts)),
	steering.require_days(set_rule.during::daterange),
	steering.require_that(set_rule.views_days BETWEEN 0 AND 10000, '22023',
		format('views_days must be a number of days: %s', coalesce(set_rule.views_days::text, 'null'))),
	steering.require_that(set_rule.window_days BETWEEN 0 AND 10000, '22023',
		format('window_days must be a number of days: %s', coalesce(set_rule.window_days::text, 'null'))),
	steering.require_that(set_rule.needs IN ('view', 'consent'), '22023', format('needs must be view or consent: "%s"', set_rule.needs)),
	steering.require_that(set_rule.majority IN ('simple', 'absolute', 'unanimous')
		OR CASE WHEN set_rule.majority ~ '^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$'
			THEN split_part(set_rule.majority, '/', 1)::integer <= split_part(set_rule.majority, '/', 2)::integer ELSE false END, '22023',
		format('majority must be simple, absolute, unanimous or a fraction such as 2/3: "%s"', set_rule.majority)),
	steering.require_that(set_rule.method = 'vote' OR set_rule.majority = 'simple', '22023',
		format('method "%s" has no majority', set_rule.method), 'Only votes have one.'),
	steering.require_that(set_rule.method <> 'vote' OR set_rule.body IS NOT NULL, '22023', 'a vote needs a body',
		'Bodies are made by steering.set_body().'),
	steering.require_that(set_rule.body IS NOT NULL OR set_rule.views_days = 0 AND set_rule.needs = 'view', '22023',
		'who is to be heard is not said', 'Name a body: its members are heard.'),
	steering.require_that(set_rule.body IS NULL OR EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_rule.body), '22023',
		format('body "%s" is unknown', set_rule.body), 'Bodies are made by steering.set_body().'),
	steering.require_that(set_rule.body IS NULL
			OR EXISTS (SELECT FROM steering.body_member AS member WHERE member.body = set_rule.body AND member.during && set_rule.during::daterange),
		'22023', format('body "%s" has no members on these days', set_rule.body), 'They are named by steering.set_body_member().');
UPDATE steering.rule AS standing
SET method = set_rule.method, body = set_rule.body, majority = set_rule.majority, views_days = set_rule.views_days,
	window_days = set_rule.window_days, needs = set_rule.needs
WHERE standing.rule_id = (SELECT steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant,
	set_rule.amounts, set_rule.during::daterange));
INSERT INTO steering.rule (acts, method, service, service_kind, participant, amounts, body, majority, views_days, during, window_days, needs)
SELECT steering.require_acts(set_rule.acts), set_rule.method, set_rule.service, set_rule.service_kind, set_rule.participant,
	steering.rule_amounts(set_rule.amounts), set_rule.body, set_rule.majority, set_rule.views_days, set_rule.during::daterange,
	set_rule.window_days, set_rule.needs
WHERE steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant, set_rule.amounts,
	set_rule.during::daterange) IS NULL;
SELECT steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant, set_rule.amounts,
	set_rule.during::daterange);
END;
REVOKE ALL ON FUNCTION steering.set_rule(text[], text, text, text, text, numrange, text, text, integer, steering.day_range, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_rule(text[], text, text, text, text, numrange, text, text, integer, steering.day_range, integer, text) IS
'says by which method acts are decided, in a scope and for amounts; the rule of the same acts, scope, amounts and days is replaced; returns its number. The nearest rules win: of the nearest service, then of its kind, then of the nearest participant. views_days: the members of the body are heard first, and have so many days; needs ''consent'': each must consent. window_days: what one functionary decides of an act for the same service and participant within so many days is one act. Errors: 22004 null, 22023 unknown act, method, service, participant, body or majority, amounts that are empty or below 0, a body without members; at the end of the transaction 23514 the rules of an act and scope leave a gap in the amounts, or overlap (the message says where)';

CREATE FUNCTION steering.drop_rule(rule integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
WITH gone AS (
	DELETE FROM steering.rule AS standing WHERE standing.rule_id = drop_rule.rule RETURNING standing.rule_id
)
SELECT steering.require_found(count(*), concat('rule ', coalesce(drop_rule.rule::text, 'null'))) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_rule(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_rule(integer) IS
'ends a rule. Errors: 42704 there is no such rule; at the end of the transaction 23514 the others of its act and scope leave a gap in the amounts';
-- mandate.sql
-- Mandates: the right of a functionary to take acts, in a scope, up to an amount, on some days; and deputies. Roles stand in
-- it by name, and are looked up when they are used: what names no role gives nobody a right.

CREATE TABLE steering.mandate (
	mandate_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT mandate_pkey PRIMARY KEY,
	functionary text NOT NULL,
	acts text[] NOT NULL CONSTRAINT mandate_acts_not_empty CHECK (cardinality(acts) > 0),
	service text,
	participant text,
	during daterange NOT NULL CONSTRAINT mandate_during_not_empty CHECK (NOT isempty(during)),
	amount_limit numeric NOT NULL CONSTRAINT mandate_amount_limit_not_negative CHECK (amount_limit >= 0 AND amount_limit <> 'NaN'),
	year_limit numeric NOT NULL CONSTRAINT mandate_year_limit_not_negative CHECK (year_limit >= 0 AND year_limit <> 'NaN'),
	may_submandate boolean NOT NULL,
	parent integer CONSTRAINT mandate_parent_is_earlier CHECK (parent < mandate_id),
	employer text,
	document text,
	given_by text NOT NULL DEFAULT session_user,
	given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	consented_by text,
	consented_at timestamptz,
	employer_consented_by text,
	employer_consented_at timestamptz,
	revoked_on date,
	revoked_by text,
	revoke_reason text,
	CONSTRAINT mandate_revocation CHECK (num_nulls(revoked_on, revoked_by, revoke_reason) IN (0, 3)),
	CONSTRAINT mandate_consent CHECK (num_nulls(consented_by, consented_at) IN (0, 2)
		AND num_nulls(employer_consented_by, employer_consented_at) IN (0, 2))
);
REVOKE ALL ON steering.mandate FROM PUBLIC;
CREATE INDEX mandate_parent_idx ON steering.mandate (parent);
SELECT pg_catalog.pg_extension_config_dump('steering.mandate', '');
SELECT pg_catalog.pg_extension_config_dump('steering.mandate_mandate_id_seq', '');
COMMENT ON TABLE steering.mandate IS 'who may take which acts, written by set_mandate(), consent_mandate() and revoke_mandate() alone';
COMMENT ON COLUMN steering.mandate.mandate_id IS 'number of the mandate';
COMMENT ON COLUMN steering.mandate.functionary IS 'name of the role that holds it';
COMMENT ON COLUMN steering.mandate.acts IS 'the acts, in order';
COMMENT ON COLUMN steering.mandate.service IS 'code: it is for this service and all below it; null: for all';
COMMENT ON COLUMN steering.mandate.participant IS 'code: it is for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.mandate.during IS 'its days';
COMMENT ON COLUMN steering.mandate.amount_limit IS 'the most that one act may come to; Infinity: any amount';
COMMENT ON COLUMN steering.mandate.year_limit IS 'the most that all acts of a calendar year may come to; Infinity: any amount';
COMMENT ON COLUMN steering.mandate.may_submandate IS 'others may be given a part of it';
COMMENT ON COLUMN steering.mandate.parent IS 'number of the mandate that it is a part of; null: of none';
COMMENT ON COLUMN steering.mandate.employer IS 'code of the participant that the functionary works under, where that is another than who gives the mandate: both must consent; null: nobody need';
COMMENT ON COLUMN steering.mandate.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.mandate.given_by IS 'who had logged in and gave it';
COMMENT ON COLUMN steering.mandate.given_at IS 'when';
COMMENT ON COLUMN steering.mandate.consented_by IS 'who had logged in and consented: the functionary; null: nobody yet';
COMMENT ON COLUMN steering.mandate.consented_at IS 'when; null: not yet';
COMMENT ON COLUMN steering.mandate.employer_consented_by IS 'who had logged in and consented for the employer; null: nobody yet';
COMMENT ON COLUMN steering.mandate.employer_consented_at IS 'when; null: not yet';
COMMENT ON COLUMN steering.mandate.revoked_on IS 'the first day on which it is not in force any more; null: it was not revoked';
COMMENT ON COLUMN steering.mandate.revoked_by IS 'who had logged in and revoked it; null: it was not revoked';
COMMENT ON COLUMN steering.mandate.revoke_reason IS 'why; null: it was not revoked';

CREATE TABLE steering.deputy (
	functionary text NOT NULL,
	deputy text NOT NULL,
	during daterange NOT NULL CONSTRAINT deputy_during_not_empty CHECK (NOT isempty(during)),
	CONSTRAINT deputy_pkey PRIMARY KEY (functionary, deputy),
	CONSTRAINT deputy_is_another CHECK (functionary <> deputy)
);
REVOKE ALL ON steering.deputy FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.deputy', '');
COMMENT ON TABLE steering.deputy IS 'who signs for whom, written by set_deputy() alone';
COMMENT ON COLUMN steering.deputy.functionary IS 'name of the role that is absent';
COMMENT ON COLUMN steering.deputy.deputy IS 'name of the role that signs for it';
COMMENT ON COLUMN steering.deputy.during IS 'the days';

CREATE FUNCTION steering.signatory(person text, day date) RETURNS TABLE (principal text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
SELECT signatory.person WHERE steering.is_role(signatory.person)
UNION ALL
SELECT deputy.functionary FROM steering.deputy
WHERE deputy.deputy = signatory.person AND deputy.during @> signatory.day AND steering.is_role(signatory.person)
	AND steering.is_role(deputy.functionary);
END;
REVOKE ALL ON FUNCTION steering.signatory(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.signatory(text, date) IS 'whose signature a person may give: his own, and on these days that of those whose deputy he is';

-- Each mandate with those that it is a part of.
CREATE VIEW steering.mandate_link AS
WITH RECURSIVE link (mandate_id, link_id, parent, depth) AS (
	SELECT mandate.mandate_id, mandate.mandate_id, mandate.parent, 0 FROM steering.mandate
	UNION ALL
	SELECT link.mandate_id, mandate.mandate_id, mandate.parent, link.depth + 1
	FROM link JOIN steering.mandate ON mandate.mandate_id = link.parent AND link.parent < link.link_id
)
SELECT link.mandate_id, link.depth, link.parent IS NULL AS is_last, mandate.mandate_id AS link_id, mandate.functionary, mandate.acts,
	mandate.service, mandate.participant, mandate.amount_limit, mandate.year_limit, mandate.during, mandate.revoked_on,
	(mandate.employer IS NULL OR mandate.consented_by IS NOT NULL AND mandate.employer_consented_by IS NOT NULL)
		AND (link.depth = 0 OR mandate.may_submandate) AND steering.is_role(mandate.functionary) AS is_good
FROM link JOIN steering.mandate ON mandate.mandate_id = link.link_id;
REVOKE ALL ON steering.mandate_link FROM PUBLIC;
COMMENT ON VIEW steering.mandate_link IS 'each mandate, and those that it is a part of';
COMMENT ON COLUMN steering.mandate_link.mandate_id IS 'number of the mandate';
COMMENT ON COLUMN steering.mandate_link.depth IS 'how many mandates away: 0 is itself';
COMMENT ON COLUMN steering.mandate_link.is_last IS 'it is a part of no other';
COMMENT ON COLUMN steering.mandate_link.link_id IS 'number of the one that it is a part of, or itself';
COMMENT ON COLUMN steering.mandate_link.functionary IS 'name of the role that holds that';
COMMENT ON COLUMN steering.mandate_link.acts IS 'acts of that';
COMMENT ON COLUMN steering.mandate_link.service IS 'code: service of that; null: all';
COMMENT ON COLUMN steering.mandate_link.participant IS 'code: participant of that; null: all';
COMMENT ON COLUMN steering.mandate_link.amount_limit IS 'limit of that for an act';
COMMENT ON COLUMN steering.mandate_link.year_limit IS 'limit of that for a year';
COMMENT ON COLUMN steering.mandate_link.during IS 'days of that';
COMMENT ON COLUMN steering.mandate_link.revoked_on IS 'first day on which that is revoked';
COMMENT ON COLUMN steering.mandate_link.is_good IS 'that was consented to where it has to be, may be given on where it is, and its role exists';

CREATE FUNCTION steering.mandate_on(day date)
RETURNS TABLE (mandate_id integer, holder text, acts text[], service text, participant text, amount_limit numeric, year_limit numeric, path text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT mandate.mandate_id, mandate.functionary, mandate.acts, mandate.service, mandate.participant, link.amount_limit, link.year_limit, link.path
FROM (
	SELECT mandate_link.mandate_id, min(mandate_link.amount_limit) AS amount_limit, min(mandate_link.year_limit) AS year_limit,
		string_agg(mandate_link.functionary, ' > ' ORDER BY mandate_link.depth DESC) AS path
	FROM steering.mandate_link
	GROUP BY mandate_link.mandate_id
	HAVING bool_and(mandate_link.is_good AND mandate_link.during @> mandate_on.day
			AND (mandate_link.revoked_on IS NULL OR mandate_link.revoked_on > mandate_on.day))
		AND bool_or(mandate_link.is_last)
) AS link
JOIN steering.mandate ON mandate.mandate_id = link.mandate_id;
END;
REVOKE ALL ON FUNCTION steering.mandate_on(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.mandate_on(date) IS 'the mandates in force on a day, with the least limits along the chain of mandates that each is a part of';

CREATE FUNCTION steering.mandate_for(act text, service text, participant text, day date)
RETURNS TABLE (mandate_id integer, holder text, acts text[], service_scope text, participant_scope text, amount_limit numeric,
	year_limit numeric, path text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT standing.mandate_id, standing.holder, standing.acts, standing.service, standing.participant, standing.amount_limit,
	standing.year_limit, standing.path
FROM steering.mandate_on(mandate_for.day) AS standing
WHERE mandate_for.act = ANY (standing.acts) AND NOT EXISTS (
	SELECT FROM steering.mandate_link AS link
	WHERE link.mandate_id = standing.mandate_id AND NOT (mandate_for.act = ANY (link.acts)
		AND (link.service IS NULL OR EXISTS (SELECT FROM steering.service_above(mandate_for.service) AS above WHERE above.code = link.service))
		AND (link.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(mandate_for.participant) AS above WHERE above.code = link.participant))));
END;
REVOKE ALL ON FUNCTION steering.mandate_for(text, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.mandate_for(text, text, text, date) IS 'the mandates that hold an act in a scope on a day, each link of their chains';

-- Who holds the mandate that another is to be a part of; or an administrator; or a proposal that was decided.
CREATE FUNCTION steering.set_mandate(functionary text, acts text[], service text, participant text, during steering.day_range,
	amount_limit numeric, year_limit numeric DEFAULT 'infinity', may_submandate boolean DEFAULT false, parent integer DEFAULT NULL,
	document text DEFAULT NULL, employer text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_role(set_mandate.functionary, 'functionary'),
	steering.require_acts(set_mandate.acts),
	steering.require_scope(set_mandate.service, set_mandate.participant),
	steering.require_scope(NULL, set_mandate.employer),
	steering.require_days(set_mandate.during::daterange),
	steering.require_that(set_mandate.amount_limit IS NOT NULL AND set_mandate.year_limit IS NOT NULL, '22004',
		format('%s must not be null', CASE WHEN set_mandate.amount_limit IS NULL THEN 'amount_limit' ELSE 'year_limit' END),
		'Without a limit it is ''infinity''.'),
	steering.require_that(set_mandate.amount_limit >= 0 AND set_mandate.amount_limit <> 'NaN', '22023',
		format('amount_limit must not be negative: %s', set_mandate.amount_limit)),
	steering.require_that(set_mandate.year_limit >= 0 AND set_mandate.year_limit <> 'NaN', '22023',
		format('year_limit must not be negative: %s', set_mandate.year_limit)),
	steering.require_that(set_mandate.may_submandate IS NOT NULL, '22004', 'may_submandate must not be null');
SELECT steering.require_that(false, '23S75',
	format('act "%s" needs the majority "%s", and cannot be mandated', ruled.act, ruled.majority),
	'Only the body itself can decide it: leave it out, or let the limit end below.')
FROM (
	SELECT named.act, rule.majority
	FROM steering.rule
	JOIN unnest(set_mandate.acts) AS named (act) ON named.act = ANY (rule.acts)
	WHERE rule.method = 'vote' AND rule.majority NOT IN ('simple', 'absolute') AND rule.during && set_mandate.during::daterange
		AND rule.amounts && numrange(0, CASE WHEN set_mandate.amount_limit < 'Infinity' THEN set_mandate.amount_limit END, '[]')
		AND rule.service_kind IS NULL
		AND (rule.service IS NULL OR EXISTS (SELECT FROM steering.service_above(set_mandate.service) AS above WHERE above.code = rule.service))
		AND (rule.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(set_mandate.participant) AS above WHERE above.code = rule.participant))
	ORDER BY named.act LIMIT 1
) AS ruled;
SELECT steering.require_that(set_mandate.parent IS NULL
		OR EXISTS (SELECT FROM steering.mandate AS above WHERE above.mandate_id = set_mandate.parent), '42704',
		format('mandate %s does not exist', set_mandate.parent)),
	steering.require_that(set_mandate.parent IS NOT NULL OR steering.may_administer('set_mandate'), '23S75',
		format('role "%s" may give no mandate that is not a part of its own', session_user),
		'Name the mandate that it is a part of (parent), or propose it. Who may grant EXECUTE on steering.set_mandate() gives the first ones.');
SELECT steering.require_that(above.functionary = session_user OR steering.may_administer('set_mandate'), '23S75',
		format('mandate %s is not held by role "%s"', above.mandate_id, session_user), 'Who holds a mandate gives a part of it to others.'),
	steering.require_that(above.may_submandate, '23S75', format('mandate %s may not be given on', above.mandate_id),
		'It was given without may_submandate.'),
	steering.require_that(above.revoked_on IS NULL, '23S75', format('mandate %s was revoked', above.mandate_id)),
	steering.require_that((SELECT count(*) FROM steering.mandate_link AS link WHERE link.mandate_id = above.mandate_id) < 10, '22023',
		format('mandate %s is the tenth of a chain', above.mandate_id), 'A chain has at most ten mandates: each act looks along all of it.'),
	steering.require_that(above.during && set_mandate.during::daterange, '22023',
		format('mandate %s is not in force on these days', above.mandate_id)),
	steering.require_that(above.acts @> set_mandate.acts, '22023', format('mandate %s does not hold all of these acts', above.mandate_id),
		format('It holds: %s.', array_to_string(above.acts, ', '))),
	steering.require_that(above.service IS NULL
			OR EXISTS (SELECT FROM steering.service_above(set_mandate.service) AS up WHERE up.code = above.service), '22023',
		format('mandate %s is for service "%s" and what is below it', above.mandate_id, above.service)),
	steering.require_that(above.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(set_mandate.participant) AS up WHERE up.code = above.participant), '22023',
		format('mandate %s is for participant "%s" and what is below it', above.mandate_id, above.participant))
FROM steering.mandate AS above
WHERE above.mandate_id = set_mandate.parent;
INSERT INTO steering.mandate (functionary, acts, service, participant, during, amount_limit, year_limit, may_submandate, parent, employer, document)
VALUES (set_mandate.functionary, steering.require_acts(set_mandate.acts), set_mandate.service, set_mandate.participant,
	set_mandate.during::daterange, set_mandate.amount_limit, set_mandate.year_limit, set_mandate.may_submandate, set_mandate.parent,
	set_mandate.employer, set_mandate.document)
RETURNING mandate_id;
END;
REVOKE ALL ON FUNCTION steering.set_mandate(text, text[], text, text, steering.day_range, numeric, numeric, boolean, integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_mandate(text, text[], text, text, steering.day_range, numeric, numeric, boolean, integer, text, text) IS
'gives a functionary the right to take acts, for a service and a participant and all below them (null: all), on these days, up to amount_limit for each and year_limit for those of a calendar year; returns its number. parent: it is a part of that mandate, whose holder gives it; of the limits along the chain the least holds. employer: the functionary works under that participant, and both must consent (consent_mandate()) before it is in force. Errors: 22004 null, 22023 unknown act or code, empty range, a negative limit, more than the parent holds, a chain of more than ten mandates, 42704 no such role or parent, 23S75 the parent is not held by who calls, or may not be given on; an act that needs a qualified majority; without a parent by who may not grant EXECUTE on this function';

CREATE FUNCTION steering.speaks_for(person text, participant text, day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM steering.body_member AS member
		WHERE member.participant = speaks_for.participant AND member.representative = speaks_for.person AND member.during @> speaks_for.day)
	OR EXISTS (SELECT FROM steering.mandate_for('consent_mandate', NULL, speaks_for.participant, speaks_for.day) AS held
		WHERE held.holder = speaks_for.person);
END;
REVOKE ALL ON FUNCTION steering.speaks_for(text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.speaks_for(text, text, date) IS 'a person votes for a participant in a body, or holds a mandate to consent for it';

CREATE FUNCTION steering.consent_mandate(mandate integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_found(count(*), concat('mandate ', coalesce(consent_mandate.mandate::text, 'null')))
FROM steering.mandate AS standing WHERE standing.mandate_id = consent_mandate.mandate;
SELECT steering.require_that(standing.employer IS NOT NULL, '55000', format('mandate %s needs no consent', standing.mandate_id)),
	steering.require_that(standing.functionary = session_user OR speaks.for_employer, '23S75',
		format('role "%s" may not consent to mandate %s', session_user, standing.mandate_id),
		format('The functionary consents, and for "%s" who votes for it in a body, or has a mandate for consent_mandate.', standing.employer))
FROM steering.mandate AS standing
CROSS JOIN LATERAL (SELECT steering.speaks_for(session_user, standing.employer, steering.decision_day()) AS for_employer) AS speaks
WHERE standing.mandate_id = consent_mandate.mandate;
UPDATE steering.mandate AS standing
SET consented_by = CASE WHEN standing.functionary = session_user THEN session_user ELSE standing.consented_by END,
	consented_at = CASE WHEN standing.functionary = session_user THEN clock_timestamp() ELSE standing.consented_at END,
	employer_consented_by = CASE WHEN standing.functionary <> session_user THEN session_user ELSE standing.employer_consented_by END,
	employer_consented_at = CASE WHEN standing.functionary <> session_user THEN clock_timestamp() ELSE standing.employer_consented_at END
WHERE standing.mandate_id = consent_mandate.mandate;
END;
REVOKE ALL ON FUNCTION steering.consent_mandate(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.consent_mandate(integer) IS
'consents to a mandate from another organisation: the functionary does, and somebody for the participant that he works under. It is in force when both have. Errors: 42704 no such mandate, 55000 it needs no consent, 23S75 whose consent is not needed';

CREATE FUNCTION steering.revoke_mandate(mandate integer, reason text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_found(count(*), concat('mandate ', coalesce(revoke_mandate.mandate::text, 'null')))
FROM steering.mandate AS standing WHERE standing.mandate_id = revoke_mandate.mandate;
SELECT steering.require_that(revoke_mandate.reason IS NOT NULL, '22004', 'reason must not be null'),
	steering.require_that(btrim(revoke_mandate.reason) <> '', '22023', 'reason must not be empty'),
	steering.require_that(standing.revoked_on IS NULL, '55000', format('mandate %s was revoked already', standing.mandate_id)),
	steering.require_that(session_user IN (standing.given_by, standing.functionary) OR steering.may_administer('revoke_mandate')
		OR EXISTS (SELECT FROM steering.mandate_link AS link
			WHERE link.mandate_id = standing.mandate_id AND link.depth > 0 AND link.functionary = session_user), '23S75',
		format('role "%s" may not revoke mandate %s', session_user, standing.mandate_id),
		'Who gave it does, who holds what it is a part of, and who gives it back.')
FROM steering.mandate AS standing
WHERE standing.mandate_id = revoke_mandate.mandate;
UPDATE steering.mandate AS standing
SET revoked_on = steering.decision_day(), revoked_by = session_user, revoke_reason = revoke_mandate.reason
WHERE standing.mandate_id = revoke_mandate.mandate;
END;
REVOKE ALL ON FUNCTION steering.revoke_mandate(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.revoke_mandate(integer, text) IS
'ends a mandate, from today on, and all that are a part of it. What was proposed and not decided yet cannot be signed by it any more. Errors: 42704 no such mandate, 22004 and 22023 no reason, 55000 it was revoked already, 23S75 by who did not give it';

CREATE FUNCTION steering.set_deputy(functionary text, deputy text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_role(set_deputy.functionary, 'functionary'),
	steering.require_role(set_deputy.deputy, 'deputy'),
	steering.require_days(set_deputy.during::daterange),
	steering.require_that(set_deputy.functionary <> set_deputy.deputy, '22023',
		format('role "%s" cannot be its own deputy', set_deputy.functionary)),
	steering.require_that(set_deputy.functionary = session_user OR steering.may_administer('set_deputy'), '23S75',
		format('role "%s" may not name a deputy of "%s"', session_user, set_deputy.functionary),
		'A functionary names his own. Who may grant EXECUTE on steering.set_deputy() names those of others.');
INSERT INTO steering.deputy AS standing (functionary, deputy, during)
VALUES (set_deputy.functionary, set_deputy.deputy, set_deputy.during::daterange)
ON CONFLICT ON CONSTRAINT deputy_pkey DO UPDATE SET during = excluded.during;
END;
REVOKE ALL ON FUNCTION steering.set_deputy(text, text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_deputy(text, text, steering.day_range) IS
'names who signs for a functionary on these days; those of the same two are replaced. A signature of a deputy is that of his principal. Errors: 22004 null, 22023 empty range, the same role, 42704 no such role, 23S75 for somebody else by who may not grant EXECUTE on this function';
-- decision.sql
-- Decisions: acts that were proposed or done, with what they ask, who signed them, and what came of it. Whether somebody may
-- do an act, and what a proposal comes to, is answered by the functions here and by them alone.
--
-- Who acts is who has logged in (session_user): neither SET ROLE nor a function with the rights of somebody else changes that.

CREATE TABLE steering.decision_record (
	decision_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT decision_record_pkey PRIMARY KEY,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	arguments jsonb NOT NULL,
	reason text,
	document text,
	method text,
	rule_id integer,
	body text,
	round integer NOT NULL DEFAULT 1,
	hear_through date,
	state text NOT NULL CONSTRAINT decision_record_state_known CHECK (state IN ('open', 'executed', 'rejected', 'withdrawn')),
	proposed_by text NOT NULL DEFAULT session_user,
	proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	decided_at timestamptz,
	executed_at timestamptz,
	executed_on date,
	executed_by text,
	in_mandate boolean,
	outcome text,
	CONSTRAINT decision_record_decided CHECK ((state = 'open') = (decided_at IS NULL)),
	CONSTRAINT decision_record_executed CHECK (num_nulls(executed_at, executed_on, executed_by) = CASE state WHEN 'executed' THEN 0 ELSE 3 END)
);
REVOKE ALL ON steering.decision_record FROM PUBLIC;
CREATE INDEX decision_record_open_idx ON steering.decision_record (decision_id) WHERE state = 'open';
CREATE INDEX decision_record_executed_on_idx ON steering.decision_record (executed_on);
SELECT pg_catalog.pg_extension_config_dump('steering.decision_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.decision_record_decision_id_seq', '');
COMMENT ON TABLE steering.decision_record IS 'acts that were proposed or done; read as steering.decision';
COMMENT ON COLUMN steering.decision_record.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_record.act IS 'the act';
COMMENT ON COLUMN steering.decision_record.service IS 'code; null: it is of none, or of several';
COMMENT ON COLUMN steering.decision_record.participant IS 'code; null: it is of none, or of several';
COMMENT ON COLUMN steering.decision_record.amount IS 'money; of several the largest; null: it has none';
COMMENT ON COLUMN steering.decision_record.arguments IS 'arguments of the function by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision_record.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision_record.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision_record.method IS 'method of its rule; null: no rule was for it';
COMMENT ON COLUMN steering.decision_record.rule_id IS 'number of the rule, which may be gone; null: no rule was for it';
COMMENT ON COLUMN steering.decision_record.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.decision_record.round IS '1, or 2: a vote that was a tie is held again';
COMMENT ON COLUMN steering.decision_record.hear_through IS 'last day for those who are to be heard; null: nobody is';
COMMENT ON COLUMN steering.decision_record.state IS 'open, executed, rejected or withdrawn';
COMMENT ON COLUMN steering.decision_record.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision_record.proposed_at IS 'when';
COMMENT ON COLUMN steering.decision_record.decided_at IS 'when it was decided; null: it is open';
COMMENT ON COLUMN steering.decision_record.executed_at IS 'when it took effect; null: it did not';
COMMENT ON COLUMN steering.decision_record.executed_on IS 'the day of that; null: it did not';
COMMENT ON COLUMN steering.decision_record.executed_by IS 'who had logged in and gave the last signature; null: it did not';
COMMENT ON COLUMN steering.decision_record.in_mandate IS 'it was decided as its rule says; false: a superuser, or the owner of the extension, did it without; null: no rule was for it, or it is not executed';
COMMENT ON COLUMN steering.decision_record.outcome IS 'what the function returned, or why it was rejected or withdrawn';

CREATE TABLE steering.decision_question (
	decision_id integer NOT NULL,
	position integer NOT NULL,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	CONSTRAINT decision_question_pkey PRIMARY KEY (decision_id, position)
);
REVOKE ALL ON steering.decision_question FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.decision_question', '');
COMMENT ON TABLE steering.decision_question IS 'what a decision asks, piece by piece: once executed what was done, before what it would do when it was proposed';
COMMENT ON COLUMN steering.decision_question.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_question.position IS 'number of the piece';
COMMENT ON COLUMN steering.decision_question.act IS 'the act, as rules name it';
COMMENT ON COLUMN steering.decision_question.service IS 'code; null: of none';
COMMENT ON COLUMN steering.decision_question.participant IS 'code; null: of none';
COMMENT ON COLUMN steering.decision_question.amount IS 'money; null: it has none';

CREATE TABLE steering.signature_record (
	decision_id integer NOT NULL,
	round integer NOT NULL,
	functionary text NOT NULL,
	signed_for text NOT NULL,
	choice text NOT NULL CONSTRAINT signature_record_choice_known
		CHECK (choice IN ('approve', 'reject', 'for', 'against', 'abstain', 'consent', 'view')),
	participant text,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	remark text,
	fingerprint bytea NOT NULL,
	CONSTRAINT signature_record_pkey PRIMARY KEY (decision_id, round, functionary),
	CONSTRAINT signature_record_of_one UNIQUE (decision_id, round, signed_for)
);
REVOKE ALL ON steering.signature_record FROM PUBLIC;
CREATE INDEX signature_record_signed_for_idx ON steering.signature_record (signed_for);
SELECT pg_catalog.pg_extension_config_dump('steering.signature_record', '');
COMMENT ON TABLE steering.signature_record IS 'who signed what; read as steering.signature';
COMMENT ON COLUMN steering.signature_record.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.signature_record.round IS '0: who was heard; 1 and 2: who decided';
COMMENT ON COLUMN steering.signature_record.functionary IS 'who had logged in';
COMMENT ON COLUMN steering.signature_record.signed_for IS 'whose signature it is: the same, or whose deputy that is';
COMMENT ON COLUMN steering.signature_record.choice IS 'approve, reject, for, against, abstain, consent or view';
COMMENT ON COLUMN steering.signature_record.participant IS 'code of the participant that it is a vote or view of; null: of none';
COMMENT ON COLUMN steering.signature_record.at IS 'when';
COMMENT ON COLUMN steering.signature_record.remark IS 'what was said with it; null: nothing';
COMMENT ON COLUMN steering.signature_record.fingerprint IS 'of the act and its arguments: what was signed';

CREATE FUNCTION steering.chain_hash(previous bytea, fields text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT sha256(chain_hash.previous || string_agg(
	int4send(coalesce(octet_length(convert_to(field.value, 'UTF8')), -1)) || coalesce(convert_to(field.value, 'UTF8'), ''), '' ORDER BY field.place))
FROM unnest(chain_hash.fields) WITH ORDINALITY AS field (value, place);
END;
REVOKE ALL ON FUNCTION steering.chain_hash(bytea, text[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.chain_hash(bytea, text[]) IS
'SHA-256 of a hash and of fields, each with its length in bytes (four, the highest first) and then itself as UTF-8; null has the length -1';

CREATE FUNCTION steering.fingerprint(act text, arguments jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.chain_hash('', ARRAY[fingerprint.act, fingerprint.arguments::text]);
END;
REVOKE ALL ON FUNCTION steering.fingerprint(text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.fingerprint(text, jsonb) IS 'hash of an act and its arguments';

CREATE FUNCTION steering.read_questions(questions jsonb) RETURNS steering.act_question[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(ROW(asked.question ->> 'act', asked.question ->> 'service', asked.question ->> 'participant',
		(asked.question ->> 'amount')::numeric, asked.question -> 'arguments')::steering.act_question ORDER BY asked.place), '{}')
FROM jsonb_array_elements(read_questions.questions) WITH ORDINALITY AS asked (question, place);
END;
REVOKE ALL ON FUNCTION steering.read_questions(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.read_questions(jsonb) IS 'questions from their JSON';

CREATE FUNCTION steering.questions_of(decision integer) RETURNS steering.act_question[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(ROW(asked.act, asked.service, asked.participant, asked.amount, NULL)::steering.act_question
	ORDER BY asked.position), '{}')
FROM steering.decision_question AS asked WHERE asked.decision_id = questions_of.decision;
END;
REVOKE ALL ON FUNCTION steering.questions_of(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.questions_of(integer) IS 'what a decision asks';

CREATE FUNCTION steering.rules_of(questions steering.act_question[], day date)
RETURNS TABLE (rule_id integer, method text, body text, majority text, views_days integer, needs text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT DISTINCT ruling.rule_id, ruling.method, ruling.body, ruling.majority, ruling.views_days, ruling.needs
FROM unnest(rules_of.questions) AS asked
CROSS JOIN LATERAL steering.rule_for(asked.act, asked.service, asked.participant, asked.amount, rules_of.day) AS ruling
WHERE ruling.is_ruled;
END;
REVOKE ALL ON FUNCTION steering.rules_of(steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.rules_of(steering.act_question[], date) IS 'the rules that questions fall under; of a decision it must be one';

-- What a functionary decided, by his own signature or his deputy's.
CREATE FUNCTION steering.decided_lately(principal text, act text, service text, participant text, day date, days integer) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(asked.amount), 0)
FROM steering.decision_record AS entry
JOIN steering.decision_question AS asked ON asked.decision_id = entry.decision_id
WHERE entry.executed_on > decided_lately.day - decided_lately.days AND asked.act = decided_lately.act
	AND asked.service IS NOT DISTINCT FROM decided_lately.service
	AND asked.participant IS NOT DISTINCT FROM decided_lately.participant
	AND EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.signed_for = decided_lately.principal AND signed.choice = 'approve');
END;
REVOKE ALL ON FUNCTION steering.decided_lately(text, text, text, text, date, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.decided_lately(text, text, text, text, date, integer) IS
'what a functionary decided of an act for a service and a participant in so many days up to a day';

CREATE FUNCTION steering.decided_in_year(principal text, acts text[], service text, participant text, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(asked.amount), 0)
FROM steering.decision_record AS entry
JOIN steering.decision_question AS asked ON asked.decision_id = entry.decision_id
WHERE entry.executed_on >= make_date(extract(year FROM decided_in_year.day)::integer, 1, 1)
	AND entry.executed_on < make_date(extract(year FROM decided_in_year.day)::integer + 1, 1, 1)
	AND asked.act = ANY (decided_in_year.acts)
	AND (decided_in_year.service IS NULL OR asked.service = decided_in_year.service
		OR EXISTS (SELECT FROM steering.service_above(asked.service) AS above WHERE above.code = decided_in_year.service))
	AND (decided_in_year.participant IS NULL OR asked.participant = decided_in_year.participant
		OR EXISTS (SELECT FROM steering.participant_above(asked.participant) AS above WHERE above.code = decided_in_year.participant))
	AND EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.signed_for = decided_in_year.principal AND signed.choice = 'approve');
END;
REVOKE ALL ON FUNCTION steering.decided_in_year(text, text[], text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.decided_in_year(text, text[], text, text, date) IS
'what a functionary decided of acts in a scope in the calendar year of a day';

-- All questions of a decision count together towards the limit of a year, and where splitting is watched those of the same
-- scope are one act. What was decided lately may put it under another rule: then it cannot be signed by this one.
CREATE FUNCTION steering.capacity(person text, questions steering.act_question[], day date) RETURNS TABLE (principal text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT asked.act, asked.service, asked.participant, asked.amount, ruling.method, ruling.body, ruling.views_days, ruling.needs,
		ruling.window_days, sum(asked.amount) OVER () AS all_amounts,
		sum(asked.amount) OVER (PARTITION BY asked.act, asked.service, asked.participant) AS amounts_alike
	FROM unnest(capacity.questions) AS asked
	CROSS JOIN LATERAL steering.rule_for(asked.act, asked.service, asked.participant, asked.amount, capacity.day) AS ruling
	WHERE ruling.is_ruled
), held AS MATERIALIZED (
	SELECT asked.*, signatory.principal,
		CASE WHEN asked.window_days > 0 THEN asked.amounts_alike + steering.decided_lately(signatory.principal, asked.act, asked.service,
			asked.participant, capacity.day, asked.window_days) ELSE asked.amount END AS whole_amount
	FROM asked CROSS JOIN steering.signatory(capacity.person, capacity.day) AS signatory
)
SELECT held.principal
FROM held
GROUP BY held.principal
HAVING bool_and(
	EXISTS (
		SELECT FROM steering.mandate_for(held.act, held.service, held.participant, capacity.day) AS mandate
		WHERE mandate.holder = held.principal AND (held.amount IS NULL
			OR held.whole_amount <= mandate.amount_limit
				AND CASE WHEN mandate.year_limit < 'Infinity' THEN held.all_amounts + steering.decided_in_year(held.principal, mandate.acts,
					mandate.service_scope, mandate.participant_scope, capacity.day) <= mandate.year_limit ELSE true END))
	AND CASE WHEN held.whole_amount > held.amount
		THEN EXISTS (SELECT FROM steering.rule_for(held.act, held.service, held.participant, held.whole_amount, capacity.day) AS ruling
			WHERE (ruling.method, ruling.body, ruling.views_days, ruling.needs)
				IS NOT DISTINCT FROM (held.method, held.body, held.views_days, held.needs))
		ELSE true END)
ORDER BY held.principal <> capacity.person, held.principal;
END;
REVOKE ALL ON FUNCTION steering.capacity(text, steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.capacity(text, steering.act_question[], date) IS
'whose mandate a person may use for all that is asked: his own first, and that of those whose deputy he is';

CREATE FUNCTION steering.may_read_of(reader name, participant text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT has_table_privilege(may_read_of.reader, 'steering.cap'::regclass, 'SELECT') OR EXISTS (
	SELECT FROM steering.participant_above(may_read_of.participant) AS above
	JOIN steering.participant ON participant.code = above.code
	WHERE pg_has_role(may_read_of.reader, participant.reader::oid, 'USAGE'));
END;
REVOKE ALL ON FUNCTION steering.may_read_of(name, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.may_read_of(name, text) IS 'a role may read the figures of a participant';

CREATE FUNCTION steering.deciding_hint(question steering.act_question, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH ruling AS (
	SELECT * FROM steering.rule_for((deciding_hint.question).act, (deciding_hint.question).service, (deciding_hint.question).participant,
		(deciding_hint.question).amount, deciding_hint.day)
), held AS (
	SELECT mandate.holder, max(CASE WHEN mandate.holder = session_user THEN greatest(0, least(
			mandate.amount_limit - steering.decided_lately(mandate.holder, (deciding_hint.question).act, (deciding_hint.question).service,
				(deciding_hint.question).participant, deciding_hint.day, (SELECT coalesce(ruling.window_days, 0) FROM ruling)),
			mandate.year_limit - steering.decided_in_year(mandate.holder, mandate.acts, mandate.service_scope, mandate.participant_scope,
				deciding_hint.day)))
		ELSE least(mandate.amount_limit, mandate.year_limit) END) AS most
	FROM steering.mandate_for((deciding_hint.question).act, (deciding_hint.question).service, (deciding_hint.question).participant,
		deciding_hint.day) AS mandate
	GROUP BY mandate.holder
)
SELECT concat(
	CASE ruling.method
		WHEN 'mandate' THEN 'It takes a mandate'
		WHEN 'dual' THEN 'It takes the signatures of two who hold a mandate'
		WHEN 'vote' THEN format('Body "%s" decides it by vote', ruling.body)
		WHEN 'host' THEN concat('It takes a mandate', format(', after the members of body "%s" were heard', ruling.body))
		WHEN 'record' THEN 'It is decided elsewhere, and recorded with its document by who holds a mandate'
		ELSE 'Rules for this amount are missing' END,
	CASE WHEN ruling.method <> 'vote' THEN coalesce((SELECT '. You have one, up to ' || steering.show_limit(held.most) FROM held WHERE held.holder = session_user),
		'. You have none') END,
	CASE WHEN ruling.method <> 'vote' AND steering.may_read_of(session_user, (deciding_hint.question).participant)
		THEN (SELECT '; ' || string_agg(format('%s up to %s', top.holder, steering.show_limit(top.most)), ', ' ORDER BY top.most, top.holder)
			FROM (SELECT held.holder, held.most FROM held
				WHERE held.holder <> session_user AND held.most >= coalesce((deciding_hint.question).amount, 0)
				ORDER BY held.most, held.holder LIMIT 5) AS top) END, '.')
FROM ruling;
END;
REVOKE ALL ON FUNCTION steering.deciding_hint(steering.act_question, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.deciding_hint(steering.act_question, date) IS
'how an act can be decided, for who has logged in: up to what he may, and up to what others may if he may know';

CREATE FUNCTION steering.weigh_act(question steering.act_question, day date)
RETURNS TABLE (is_ruled boolean, rule_id integer, method text, body text, principal text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT ruling.is_ruled, ruling.rule_id, ruling.method, ruling.body,
	CASE WHEN ruling.method = 'mandate' OR ruling.method = 'host' AND ruling.views_days = 0 AND ruling.needs = 'view'
		THEN (SELECT capacity.principal FROM steering.capacity(session_user, ARRAY[weigh_act.question], weigh_act.day) LIMIT 1) END
FROM steering.rule_for((weigh_act.question).act, (weigh_act.question).service, (weigh_act.question).participant,
	(weigh_act.question).amount, weigh_act.day) AS ruling;
END;
REVOKE ALL ON FUNCTION steering.weigh_act(steering.act_question, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.weigh_act(steering.act_question, date) IS
'may who has logged in do this act by himself? principal: by whose mandate; null: he may not';

CREATE FUNCTION steering.is_being_heard(decision integer, day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (
	SELECT FROM steering.decision_record AS entry
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), is_being_heard.day) AS ruling
	CROSS JOIN LATERAL steering.body_vote(ruling.body, is_being_heard.day) AS vote
	WHERE entry.decision_id = is_being_heard.decision AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		AND (ruling.needs = 'consent' OR is_being_heard.day <= coalesce(entry.hear_through, 'infinity'))
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = vote.participant
				AND (ruling.needs = 'view' OR signed.choice IN ('consent', 'abstain'))));
END;
REVOKE ALL ON FUNCTION steering.is_being_heard(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.is_being_heard(integer, date) IS 'somebody who is to be heard has not answered, and has time still';

-- What is outstanding may go either way, or not come at all. Fractions are compared by multiplying.
CREATE FUNCTION steering.vote_outcome(decision integer, round integer, body text, majority text, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH tally AS (
	SELECT coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'for'), 0) AS favour,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'against'), 0) AS against,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'abstain'), 0) AS abstained,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice IS NULL), 0) AS outstanding,
		coalesce(sum(vote.votes), 0) AS total
	FROM steering.body_vote(vote_outcome.body, vote_outcome.day) AS vote
	LEFT JOIN steering.signature_record AS signed ON signed.decision_id = vote_outcome.decision AND signed.round = vote_outcome.round
		AND signed.participant = vote.participant AND signed.signed_for = vote.representative
), part AS (
	SELECT CASE WHEN vote_outcome.majority LIKE '%/%' THEN split_part(vote_outcome.majority, '/', 1)::numeric END AS numerator,
		CASE WHEN vote_outcome.majority LIKE '%/%' THEN split_part(vote_outcome.majority, '/', 2)::numeric END AS denominator
)
SELECT CASE
	WHEN 100 * (tally.total - tally.outstanding) >= body.quorum_percent * tally.total AND tally.favour > 0 AND CASE vote_outcome.majority
		WHEN 'simple' THEN tally.favour > tally.against + tally.outstanding
		WHEN 'absolute' THEN 2 * tally.favour > tally.total
		WHEN 'unanimous' THEN tally.favour = tally.total
		ELSE part.denominator * tally.favour >= part.numerator * (tally.favour + tally.against + tally.outstanding) END
		THEN 'adopted'
	WHEN vote_outcome.majority IN ('simple', 'absolute') AND tally.favour = tally.against AND tally.favour > 0 AND tally.outstanding = 0
		AND body.tie = 'chair'
		THEN CASE WHEN vote_outcome.round = 1 THEN 'tie' ELSE CASE chair.choice WHEN 'for' THEN 'adopted' WHEN 'against' THEN 'rejected' ELSE 'chair' END END
	WHEN CASE vote_outcome.majority
		WHEN 'simple' THEN tally.favour + tally.outstanding < tally.against OR tally.outstanding = 0
		WHEN 'absolute' THEN 2 * (tally.favour + tally.outstanding) < tally.total OR tally.outstanding = 0
		WHEN 'unanimous' THEN tally.against + tally.abstained > 0
		ELSE part.denominator * (tally.favour + tally.outstanding) < part.numerator * (tally.favour + tally.outstanding + tally.against)
			OR tally.outstanding = 0 END
		THEN 'rejected'
	ELSE 'open' END
FROM tally CROSS JOIN part
JOIN steering.body ON body.code = vote_outcome.body
LEFT JOIN steering.signature_record AS chair ON chair.decision_id = vote_outcome.decision AND chair.round = vote_outcome.round
	AND chair.signed_for = body.chair;
END;
REVOKE ALL ON FUNCTION steering.vote_outcome(integer, integer, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_outcome(integer, integer, text, text, date) IS
'what a vote comes to: adopted or rejected, whatever is outstanding; tie, to be voted again; chair, who is to decide; or open';

CREATE FUNCTION steering.decision_outcome(decision integer, questions steering.act_question[], day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH ruling AS MATERIALIZED (
	SELECT * FROM steering.rules_of(decision_outcome.questions, decision_outcome.day)
), approval AS (
	SELECT count(DISTINCT signed.functionary) AS persons, count(DISTINCT signed.signed_for) AS principals
	FROM steering.signature_record AS signed
	WHERE signed.decision_id = decision_outcome.decision AND signed.choice = 'approve'
		AND signed.signed_for IN (SELECT capacity.principal
			FROM steering.capacity(signed.functionary, decision_outcome.questions, decision_outcome.day))
)
SELECT CASE
	WHEN (SELECT count(*) FROM ruling) <> 1 OR EXISTS (SELECT FROM ruling WHERE ruling.rule_id IS NULL) THEN 'unruled'
	WHEN (SELECT ruling.method FROM ruling) = 'record' AND EXISTS (SELECT FROM steering.decision_record AS entry
		WHERE entry.decision_id = decision_outcome.decision AND entry.document IS NULL) THEN 'unruled'
	WHEN EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = decision_outcome.decision AND signed.choice = 'reject') THEN 'rejected'
	WHEN (SELECT ruling.method FROM ruling) = 'vote'
		THEN (SELECT steering.vote_outcome(entry.decision_id, entry.round, ruling.body, ruling.majority, decision_outcome.day)
			FROM steering.decision_record AS entry CROSS JOIN ruling WHERE entry.decision_id = decision_outcome.decision)
	WHEN steering.is_being_heard(decision_outcome.decision, decision_outcome.day) THEN 'open'
	WHEN (SELECT least(approval.persons, approval.principals) FROM approval) >= CASE (SELECT ruling.method FROM ruling) WHEN 'dual' THEN 2 ELSE 1 END
		THEN 'adopted'
	ELSE 'open' END;
END;
REVOKE ALL ON FUNCTION steering.decision_outcome(integer, steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.decision_outcome(integer, steering.act_question[], date) IS
'what the signatures of a decision come to, for what it asks, by the rules, mandates and bodies of a day';

-- First what is wrong, and null if nothing is.
CREATE FUNCTION steering.weigh_signature(decision integer, choice text, participant text, day date)
RETURNS TABLE (state text, message text, hint text, signed_for text, round integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.*, ruling.method AS present_method, ruling.body AS present_body, ruling.needs, ruling.views_days, ruling.majority,
		CASE WHEN ruling.method = 'vote' AND coalesce(weigh_signature.choice NOT IN ('view', 'consent'), false)
			THEN CASE WHEN weigh_signature.participant IS NULL THEN 'chair' ELSE 'vote' END
			WHEN weigh_signature.participant IS NULL AND ruling.method <> 'vote' THEN 'approval' ELSE 'hearing' END AS capacity
	FROM steering.decision_record AS record
	LEFT JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), weigh_signature.day) AS ruling ON true
	WHERE record.decision_id = weigh_signature.decision
	LIMIT 1
), member AS MATERIALIZED (
	SELECT vote.representative
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.present_body, weigh_signature.day) AS vote
	WHERE vote.participant = weigh_signature.participant
), principal AS MATERIALIZED (
	SELECT able.principal, row_number() OVER () AS place
	FROM entry CROSS JOIN LATERAL steering.capacity(session_user, steering.questions_of(entry.decision_id), weigh_signature.day) AS able
	WHERE entry.capacity = 'approval'
	UNION ALL
	SELECT member.representative, 1
	FROM entry CROSS JOIN member
	WHERE entry.capacity IN ('vote', 'hearing') AND member.representative IN (SELECT signatory.principal FROM steering.signatory(session_user, weigh_signature.day))
	UNION ALL
	SELECT body.chair, 1
	FROM entry JOIN steering.body ON body.code = entry.present_body
	WHERE entry.capacity = 'chair' AND body.chair IN (SELECT signatory.principal FROM steering.signatory(session_user, weigh_signature.day))
), free AS (
	SELECT principal.principal
	FROM entry CROSS JOIN principal
	WHERE NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.signed_for = principal.principal
			AND (entry.present_method <> 'vote' OR signed.round = CASE entry.capacity WHEN 'hearing' THEN 0 ELSE entry.round END))
	ORDER BY principal.place LIMIT 1
), problem AS (
	SELECT CASE
		WHEN (SELECT count(*) FROM steering.rules_of(steering.questions_of(entry.decision_id), weigh_signature.day)) <> 1
			OR entry.present_method IS NULL
			THEN ARRAY['55000', format('no one rule says how decision %s is decided now', entry.decision_id), 'Withdraw it, and propose it anew.']
		WHEN EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.fingerprint <> steering.fingerprint(entry.act, entry.arguments))
			THEN ARRAY['55000', format('decision %s is not what was signed any more', entry.decision_id), 'Withdraw it, and propose it anew.']
		WHEN entry.present_method = 'record' AND entry.document IS NULL
			THEN ARRAY['55000', format('decision %s was decided elsewhere, and has no document', entry.decision_id),
				'Withdraw it, and propose it anew.']
		WHEN weigh_signature.choice IS NULL
			OR NOT weigh_signature.choice = ANY (CASE entry.capacity WHEN 'approval' THEN ARRAY['approve', 'reject']
				WHEN 'vote' THEN ARRAY['for', 'against', 'abstain'] WHEN 'chair' THEN ARRAY['for', 'against']
				ELSE CASE entry.needs WHEN 'consent' THEN ARRAY['consent', 'view', 'abstain', 'reject'] ELSE ARRAY['view', 'consent', 'abstain'] END END)
			THEN ARRAY['22023', format('choice "%s" does not fit decision %s', coalesce(weigh_signature.choice, 'null'), entry.decision_id),
				CASE entry.capacity WHEN 'approval' THEN 'Who holds a mandate says approve or reject.'
					WHEN 'chair' THEN 'Who votes names his participant, and says for, against or abstain.'
					WHEN 'vote' THEN 'A vote is for, against or abstain.'
					ELSE 'Who is heard names his participant, and gives a view, consents, or abstains.' END]
		WHEN entry.capacity = 'hearing' AND (entry.present_body IS NULL OR entry.views_days = 0 AND entry.needs = 'view')
			THEN ARRAY['22023', format('nobody is heard before decision %s', entry.decision_id), NULL]
		WHEN entry.capacity IN ('vote', 'hearing') AND NOT EXISTS (SELECT FROM member)
			THEN ARRAY['22023', format('participant "%s" is not a member of body "%s"', coalesce(weigh_signature.participant, 'null'), entry.present_body), NULL]
		WHEN entry.capacity = 'chair'
			AND steering.vote_outcome(entry.decision_id, entry.round, entry.present_body, entry.majority, weigh_signature.day) <> 'chair'
			THEN ARRAY['55000', format('decision %s is not a tie that the chair decides', entry.decision_id), 'Who votes names his participant.']
		WHEN EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.functionary = session_user
				AND (entry.present_method <> 'vote' OR signed.round = CASE entry.capacity WHEN 'hearing' THEN 0 ELSE entry.round END))
			THEN ARRAY['23S75', format('role "%s" has signed decision %s already', session_user, entry.decision_id),
				'Nobody signs twice, in whatever capacity.']
		WHEN entry.capacity IN ('vote', 'approval') AND steering.is_being_heard(entry.decision_id, weigh_signature.day)
			THEN ARRAY['55000', format('decision %s waits for %s', entry.decision_id, CASE entry.needs WHEN 'consent' THEN 'consents'
					ELSE concat('views', ' through ' || entry.hear_through) END),
				format('The members of body "%s" are heard first: each gives a view, or says by abstain that it has none.', entry.present_body)]
		WHEN NOT EXISTS (SELECT FROM principal)
			THEN ARRAY['23S75', format('role "%s" may not sign decision %s%s', session_user, entry.decision_id,
					CASE entry.capacity WHEN 'approval' THEN '' WHEN 'chair' THEN ' as chair' ELSE format(' for participant "%s"', weigh_signature.participant) END),
				CASE entry.capacity WHEN 'approval' THEN (SELECT steering.deciding_hint(asked, weigh_signature.day)
						FROM unnest(steering.questions_of(entry.decision_id)) AS asked LIMIT 1)
					ELSE 'Its representative signs, or who is deputy of that.' END]
		WHEN NOT EXISTS (SELECT FROM free)
			THEN ARRAY['23S75', format('the signature of "%s" under decision %s is given already', (SELECT principal.principal FROM principal ORDER BY principal.place LIMIT 1),
					entry.decision_id), 'A signature of a deputy is that of his principal.']
		END AS told, entry.capacity, entry.round
	FROM entry
)
SELECT problem.told[1], problem.told[2], problem.told[3], (SELECT free.principal FROM free), CASE problem.capacity WHEN 'hearing' THEN 0 ELSE problem.round END
FROM problem;
END;
REVOKE ALL ON FUNCTION steering.weigh_signature(integer, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.weigh_signature(integer, text, text, date) IS
'may who has logged in sign a decision so? state, message and hint: he may not; else for whom it is, and in which round';

CREATE FUNCTION steering.propose(act text, arguments jsonb, reason text, document text DEFAULT NULL, hear_through date DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_propose'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.propose(text, jsonb, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.propose(text, jsonb, text, text, date) IS
'proposes an act of steering.act with arguments by name, and returns the number of the decision. It is tried, with the rights of the caller, and taken back: what could not be done is refused with the act''s own error. Where two must sign, a proposer in mandate is the first. hear_through: a later last day for those who are to be heard. Errors: 22004 null, 22023 unknown act or argument, an argument of another type, or missing, 55000 no rule is for it, or several are, or it would change nothing, 22023 a document is missing that the method needs, those of the act';

CREATE FUNCTION steering.sign(decision integer, choice text, participant text DEFAULT NULL, remark text DEFAULT NULL) RETURNS text
AS 'MODULE_PATHNAME', 'steering_sign'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.sign(integer, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.sign(integer, text, text, text) IS
'signs a decision that is open, and returns its state: approve or reject by mandate, for, against or abstain for a participant in a vote (the chair, of a tie, without one), view or consent of a participant that is heard. With the signature that completes it the act is done as it was proposed, by the database: if that fails so does the signature. Errors: 22004 null, 42704 no such decision, 55000 it is not open, or others are heard first, 22023 another choice, 23S75 who may not sign, or has signed, those of the act';

CREATE FUNCTION steering.withdraw(decision integer, reason text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_withdraw'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.withdraw(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.withdraw(integer, text) IS
'takes back a proposal that is open: its proposer does, or who may grant EXECUTE on this function. Errors: 22004 null, 42704 no such decision, 55000 it is not open, 23S75 who did not propose it';

CREATE FUNCTION steering.guard_act() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_guard_act'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_act() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_act() IS
'asks for a row that an act has written whether it may be done, and records it: 23S75 it may not. The trigger names the function that makes questions of the row';

CREATE VIEW steering.decision WITH (security_barrier) AS
SELECT entry.decision_id AS id, entry.act, entry.service, entry.participant, entry.amount, entry.arguments, entry.reason, entry.document,
	entry.method, entry.state, entry.proposed_by, entry.proposed_at, entry.decided_at, entry.executed_at, entry.in_mandate, entry.outcome,
	entry.body, entry.hear_through
FROM steering.decision_record AS entry
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR entry.participant IN (SELECT readable_participant.code FROM steering.readable_participant)
	OR entry.proposed_by = session_user
	OR EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND session_user IN (signed.functionary, signed.signed_for));
GRANT SELECT ON steering.decision TO PUBLIC;
COMMENT ON VIEW steering.decision IS 'acts that were proposed or done: those of participants whose figures the role may read, and those that who has logged in proposed or signed';
COMMENT ON COLUMN steering.decision.id IS 'number of the decision';
COMMENT ON COLUMN steering.decision.act IS 'the act';
COMMENT ON COLUMN steering.decision.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision.amount IS 'money; of several the largest; null: none';
COMMENT ON COLUMN steering.decision.arguments IS 'arguments by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision.method IS 'mandate, dual, vote, host or record; null: no rule was for it';
COMMENT ON COLUMN steering.decision.state IS 'open, executed, rejected or withdrawn';
COMMENT ON COLUMN steering.decision.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision.proposed_at IS 'when';
COMMENT ON COLUMN steering.decision.decided_at IS 'when it was decided; null: it is open';
COMMENT ON COLUMN steering.decision.executed_at IS 'when it took effect; null: it did not';
COMMENT ON COLUMN steering.decision.in_mandate IS 'decided as its rule says; false: a superuser or the owner did it without; null: no rule was for it, or not executed';
COMMENT ON COLUMN steering.decision.outcome IS 'what the function returned, or why it was rejected or withdrawn';
COMMENT ON COLUMN steering.decision.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.decision.hear_through IS 'last day for those who are heard; null: nobody is';

CREATE VIEW steering.signature WITH (security_barrier) AS
SELECT signed.decision_id AS decision, signed.functionary, signed.signed_for, signed.choice, signed.participant, signed.at, signed.remark
FROM steering.signature_record AS signed
WHERE signed.decision_id IN (SELECT decision.id FROM steering.decision);
GRANT SELECT ON steering.signature TO PUBLIC;
COMMENT ON VIEW steering.signature IS 'signatures of the decisions that the role sees';
COMMENT ON COLUMN steering.signature.decision IS 'number of the decision';
COMMENT ON COLUMN steering.signature.functionary IS 'who had logged in';
COMMENT ON COLUMN steering.signature.signed_for IS 'whose signature it is: the same, or whose deputy that is';
COMMENT ON COLUMN steering.signature.choice IS 'approve, reject, for, against, abstain, consent or view';
COMMENT ON COLUMN steering.signature.participant IS 'code of the participant whose vote or view it is; null: of none';
COMMENT ON COLUMN steering.signature.at IS 'when';
COMMENT ON COLUMN steering.signature.remark IS 'what was said with it; null: nothing';
-- decision_log.sql
-- The log of decisions that took effect, in the order in which they did: each row holds the hash of the one before it, so that
-- nobody can change, remove or insert one unseen who does not know which head was printed.

CREATE TABLE steering.decision_log (
	position bigint NOT NULL CONSTRAINT decision_log_pkey PRIMARY KEY,
	recipe integer NOT NULL,
	decision_id integer NOT NULL CONSTRAINT decision_log_decision_id_key UNIQUE,
	executed_at timestamptz NOT NULL,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	arguments text NOT NULL,
	reason text,
	document text,
	method text,
	in_mandate boolean,
	proposed_by text NOT NULL,
	executed_by text NOT NULL,
	signatures text NOT NULL,
	outcome text,
	previous bytea NOT NULL,
	hash bytea NOT NULL
);
REVOKE ALL ON steering.decision_log FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.decision_log', '');
COMMENT ON TABLE steering.decision_log IS 'decisions that took effect, each with the hash of the one before it; only ever added to';
COMMENT ON COLUMN steering.decision_log.position IS 'number of the row, without gaps';
COMMENT ON COLUMN steering.decision_log.recipe IS 'how its hash is made: see log_hash()';
COMMENT ON COLUMN steering.decision_log.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_log.executed_at IS 'when it took effect';
COMMENT ON COLUMN steering.decision_log.act IS 'the act';
COMMENT ON COLUMN steering.decision_log.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision_log.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision_log.amount IS 'money; null: none';
COMMENT ON COLUMN steering.decision_log.arguments IS 'arguments by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision_log.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision_log.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision_log.method IS 'method of its rule; null: no rule was for it';
COMMENT ON COLUMN steering.decision_log.in_mandate IS 'false: a superuser or the owner of the extension did it without; null: no rule was for it';
COMMENT ON COLUMN steering.decision_log.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision_log.executed_by IS 'who had logged in and gave the last signature';
COMMENT ON COLUMN steering.decision_log.signatures IS 'all signatures, as JSON';
COMMENT ON COLUMN steering.decision_log.outcome IS 'what the function returned; null: nothing';
COMMENT ON COLUMN steering.decision_log.previous IS 'hash of the row before; of the first 32 zero bytes';
COMMENT ON COLUMN steering.decision_log.hash IS 'hash of this row';

CREATE FUNCTION steering.utc_text(at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT to_char(utc_text.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
END;
REVOKE ALL ON FUNCTION steering.utc_text(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION steering.utc_text(timestamptz) IS 'a moment as text, whatever the session''s settings';

CREATE FUNCTION steering.log_hash(line steering.decision_log) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE (log_hash.line).recipe WHEN 1 THEN steering.chain_hash((log_hash.line).previous, ARRAY[(log_hash.line).position::text,
	(log_hash.line).act, (log_hash.line).arguments, (log_hash.line).recipe::text, (log_hash.line).decision_id::text,
	steering.utc_text((log_hash.line).executed_at), (log_hash.line).service, (log_hash.line).participant, (log_hash.line).amount::text,
	(log_hash.line).reason, (log_hash.line).document, (log_hash.line).method, (log_hash.line).in_mandate::text,
	(log_hash.line).proposed_by, (log_hash.line).executed_by, (log_hash.line).signatures, (log_hash.line).outcome]) END;
END;
REVOKE ALL ON FUNCTION steering.log_hash(steering.decision_log) FROM PUBLIC;
COMMENT ON FUNCTION steering.log_hash(steering.decision_log) IS
'hash of a row of the log. Recipe 1: chain_hash() of the hash before and of position, act, arguments, recipe, decision_id, executed_at (UTC, with microseconds), service, participant, amount, reason, document, method, in_mandate, proposed_by, executed_by, signatures, outcome, as texts; null: the recipe is unknown';

CREATE FUNCTION steering.append_decision() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_append_decision'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.append_decision() FROM PUBLIC;
COMMENT ON FUNCTION steering.append_decision() IS 'at the end of a transaction: appends a decision that took effect to the log, after those of all others';

CREATE CONSTRAINT TRIGGER append_decision
	AFTER INSERT OR UPDATE OF state ON steering.decision_record DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW WHEN (NEW.state = 'executed') EXECUTE FUNCTION steering.append_decision();

CREATE FUNCTION steering.log_head() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT coalesce((SELECT concat(log.position, ':', encode(log.hash, 'hex')) FROM steering.decision_log AS log ORDER BY log.position DESC LIMIT 1),
	concat('0:', repeat('0', 64)));
END;
REVOKE ALL ON FUNCTION steering.log_head() FROM PUBLIC;
COMMENT ON FUNCTION steering.log_head() IS
'the last row of the log of decisions, as its number and its hash: what to print in reports, since nobody can then change the log up to it unseen. verify_log() takes it';

CREATE FUNCTION steering.verify_log(head text DEFAULT NULL) RETURNS TABLE (log_position bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_that(verify_log.head IS NULL OR verify_log.head ~ '^[0-9]{1,18}:[0-9a-f]{64}$', '22023',
	format('"%s" is no head of the log', verify_log.head), 'steering.log_head() gives one.');
WITH line AS (
	SELECT log.position, log.previous, log.hash, log.recipe, steering.log_hash(log) AS right_hash,
		lag(log.position, 1, 0::bigint) OVER w AS position_before,
		lag(log.hash, 1, decode(repeat('0', 64), 'hex')) OVER w AS hash_before
	FROM steering.decision_log AS log
	WINDOW w AS (ORDER BY log.position)
), given AS (
	SELECT split_part(verify_log.head, ':', 1)::bigint AS position, decode(split_part(verify_log.head, ':', 2), 'hex') AS hash
	WHERE verify_log.head IS NOT NULL
), broken AS (
	SELECT line.position,
		CASE WHEN line.right_hash IS NULL THEN format('recipe %s is unknown', line.recipe)
			WHEN line.right_hash <> line.hash THEN 'changed'
			WHEN line.position <> line.position_before + 1 THEN 'a row before it is missing'
			ELSE 'it does not follow the row before it: that was changed, or this one inserted' END AS problem
	FROM line
	WHERE line.right_hash IS DISTINCT FROM line.hash OR line.position <> line.position_before + 1 OR line.previous <> line.hash_before
	UNION ALL
	SELECT given.position, CASE WHEN line.position IS NULL THEN 'the log ends before the head that was given' ELSE 'it is not the head that was given' END
	FROM given LEFT JOIN line ON line.position = given.position
	WHERE given.position > 0 AND line.hash IS DISTINCT FROM given.hash
)
SELECT broken.position, broken.problem FROM broken ORDER BY broken.position LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.verify_log(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.verify_log(text) IS
'the first row of the log of decisions that is not as it was written: changed, missing, inserted, or cut off before a head that log_head() once gave; no row is right. Error: 22023 that is no head';
-- act_question.sql
-- Which act a changed row is, with its scope and its amount: asked by a trigger on every table that acts write, so that no way
-- around the question leads through another function. Nothing of it is on the path of a booking.

CREATE FUNCTION steering.service_code(service_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT service.code FROM steering.service WHERE service.service_id = service_code.service_id;
END;
REVOKE ALL ON FUNCTION steering.service_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.service_code(integer) IS 'code of a service; null: there is none';

CREATE FUNCTION steering.participant_code(participant_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT participant.code FROM steering.participant WHERE participant.participant_id = participant_code.participant_id;
END;
REVOKE ALL ON FUNCTION steering.participant_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.participant_code(integer) IS 'code of a participant; null: there is none';

CREATE FUNCTION steering.key_code(key_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT allocation_key.code FROM steering.allocation_key WHERE allocation_key.key_id = key_code.key_id;
END;
REVOKE ALL ON FUNCTION steering.key_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_code(integer) IS 'code of an allocation key; null: there is none';

CREATE FUNCTION steering.indicator_scope(indicator_id integer, OUT code text, OUT service text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT indicator.code, steering.service_code(indicator.service_id)
FROM steering.indicator WHERE indicator.indicator_id = indicator_scope.indicator_id;
END;
REVOKE ALL ON FUNCTION steering.indicator_scope(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.indicator_scope(integer) IS 'code and service of an indicator; null: there is none';

CREATE FUNCTION steering.question_of_cap(was steering.cap, becomes steering.cap) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- What a ladder lets through above the limit counts as well, and one that does not block has no end. A new cap lets through
-- what was not there: a booking may need a cap.
SELECT 'set_cap', steering.service_code(becomes.service_id), steering.participant_code(becomes.participant_id),
	CASE WHEN becomes.metric = 'budget' THEN greatest(0, becomes.amount::numeric - coalesce(was.amount::numeric, 0),
		CASE WHEN was.cap_id IS NULL OR steering.blocks_at(was.ladder, was.amount) IS NOT NULL
			THEN coalesce(steering.blocks_at(becomes.ladder, becomes.amount)::numeric, 'Infinity')
				- coalesce(steering.blocks_at(was.ladder, was.amount)::numeric, 0) END) END,
	jsonb_build_object('cap', becomes.cap_id, 'metric', becomes.metric, 'during', becomes.during::text, 'amount', becomes.amount::numeric,
		'ladder', becomes.ladder::text)
WHERE becomes.cap_id IS NOT NULL
	AND (was.cap_id IS NULL OR (was.amount::numeric, was.ladder::text) IS DISTINCT FROM (becomes.amount::numeric, becomes.ladder::text))
UNION ALL
SELECT 'drop_cap', steering.service_code(was.service_id), steering.participant_code(was.participant_id), NULL::numeric,
	jsonb_build_object('cap', was.cap_id, 'metric', was.metric, 'during', was.during::text, 'amount', was.amount::numeric)
WHERE becomes.cap_id IS NULL;
END;
REVOKE ALL ON FUNCTION steering.question_of_cap(steering.cap, steering.cap) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_cap(steering.cap, steering.cap) IS 'set_cap: by how much the limit, or what the ladder lets through, goes up; drop_cap';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.cap
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_cap');

CREATE FUNCTION steering.question_of_agreement(was steering.agreement, becomes steering.agreement) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.agreement_id IS NULL THEN 'drop_agreement' ELSE 'set_agreement' END,
	steering.service_code(line.service_id), steering.participant_code(line.participant_id),
	CASE WHEN becomes.agreement_id IS NOT NULL THEN coalesce(becomes.agreed_cost::numeric, 'Infinity') END,
	jsonb_build_object('agreement', line.agreement_id, 'during', line.during::text, 'form', line.form, 'base', line.base::numeric,
		'volume', line.volume::numeric, 'price', line.price::numeric, 'allocation_key', steering.key_code(line.key_id),
		'unused_percent', line.unused_percent, 'advance', line.advance::numeric, 'incentive_maximum', line.incentive_maximum::numeric)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.agreement_id IS NOT NULL
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_agreement(steering.agreement, steering.agreement) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_agreement(steering.agreement, steering.agreement) IS 'set_agreement: its value, without end where that is not agreed beforehand; drop_agreement';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.agreement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_agreement');

CREATE FUNCTION steering.question_of_closing(was steering.closing, becomes steering.closing) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.reopened_at IS NULL THEN 'close_period' ELSE 'reopen_period' END, NULL, NULL, NULL::numeric,
	jsonb_build_object('period', steering.name_period(becomes.during))
WHERE was.closing_id IS NULL OR was.reopened_at IS DISTINCT FROM becomes.reopened_at;
END;
REVOKE ALL ON FUNCTION steering.question_of_closing(steering.closing, steering.closing) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_closing(steering.closing, steering.closing) IS 'close_period, reopen_period';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OF reopened_at ON steering.closing
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_closing');

CREATE FUNCTION steering.question_of_settlement_correction(was steering.settlement_correction, becomes steering.settlement_correction) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- Those that reopening takes back are a part of that.
SELECT CASE WHEN becomes.reverses IS NULL THEN 'correct_settlement' ELSE 'reverse_correction' END,
	steering.service_code(becomes.service_id), steering.participant_code(becomes.participant_id), abs(becomes.amount::numeric),
	jsonb_build_object('correction', becomes.correction_id, 'closing', becomes.closing_id, 'amount', becomes.amount::numeric,
		'month', becomes.month, 'reverses', becomes.reverses)
WHERE becomes.reverses IS NULL OR NOT EXISTS (SELECT FROM steering.closing
	WHERE closing.closing_id = becomes.closing_id AND closing.reopened_at >= now());
END;
REVOKE ALL ON FUNCTION steering.question_of_settlement_correction(steering.settlement_correction, steering.settlement_correction) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_settlement_correction(steering.settlement_correction, steering.settlement_correction) IS 'correct_settlement, reverse_correction';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.settlement_correction
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_settlement_correction');

CREATE FUNCTION steering.question_of_reserve(was steering.reserve, becomes steering.reserve) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'book_reserve', NULL, NULL, abs(becomes.amount::numeric),
	jsonb_build_object('booked_on', becomes.booked_on, 'amount', becomes.amount::numeric);
END;
REVOKE ALL ON FUNCTION steering.question_of_reserve(steering.reserve, steering.reserve) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_reserve(steering.reserve, steering.reserve) IS 'book_reserve';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.reserve
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_reserve');

CREATE FUNCTION steering.question_of_risk(was steering.risk, becomes steering.risk) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.risk_id IS NULL THEN 'drop_risk' ELSE 'set_risk' END, NULL, NULL, NULL::numeric,
	CASE WHEN becomes.risk_id IS NULL THEN jsonb_build_object('code', was.code) ELSE to_jsonb(becomes) - 'risk_id' END
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_risk(steering.risk, steering.risk) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_risk(steering.risk, steering.risk) IS 'set_risk, drop_risk';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.risk
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_risk');

CREATE FUNCTION steering.question_of_allocation_key(was steering.allocation_key, becomes steering.allocation_key) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.key_id IS NULL THEN 'drop_allocation_key' ELSE 'set_allocation_key' END,
	steering.service_code(coalesce(becomes.service_id, was.service_id)), NULL, NULL::numeric,
	jsonb_build_object('code', coalesce(becomes.code, was.code), 'name', becomes.name, 'basis', becomes.basis)
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_allocation_key(steering.allocation_key, steering.allocation_key) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_allocation_key(steering.allocation_key, steering.allocation_key) IS 'set_allocation_key, drop_allocation_key';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_key
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_allocation_key');

CREATE FUNCTION steering.question_of_allocation_weight(was steering.allocation_weight, becomes steering.allocation_weight) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- Those of a key that is gone went with it.
SELECT CASE WHEN becomes.key_id IS NULL THEN 'drop_key_weight' ELSE 'set_key_weight' END,
	steering.service_code(coalesce(becomes.service_id, was.service_id)),
	steering.participant_code(coalesce(becomes.participant_id, was.participant_id)), NULL::numeric,
	jsonb_build_object('key', steering.key_code(coalesce(becomes.key_id, was.key_id)), 'during', coalesce(becomes.during, was.during)::text,
		'weight', becomes.weight)
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes) AND steering.key_code(coalesce(becomes.key_id, was.key_id)) IS NOT NULL;
END;
REVOKE ALL ON FUNCTION steering.question_of_allocation_weight(steering.allocation_weight, steering.allocation_weight) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_allocation_weight(steering.allocation_weight, steering.allocation_weight) IS 'set_key_weight, drop_key_weight';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_weight
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_allocation_weight');

CREATE FUNCTION steering.question_of_allocation_rule(was steering.allocation_rule, becomes steering.allocation_rule) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.rule_id IS NULL THEN 'drop_allocation_rule' ELSE 'set_allocation_rule' END,
	steering.service_code(coalesce(becomes.service_id, was.service_id)), NULL, NULL::numeric,
	jsonb_build_object('key', steering.key_code(coalesce(becomes.key_id, was.key_id)), 'during', coalesce(becomes.during, was.during)::text,
		'step', becomes.step, 'all_zero', becomes.all_zero)
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_allocation_rule(steering.allocation_rule, steering.allocation_rule) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_allocation_rule(steering.allocation_rule, steering.allocation_rule) IS 'set_allocation_rule, drop_allocation_rule';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_allocation_rule');

CREATE FUNCTION steering.question_of_result_share(was steering.result_share, becomes steering.result_share) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.key_id IS NULL THEN 'drop_result_share' ELSE 'set_result_share' END, NULL, NULL, NULL::numeric,
	jsonb_build_object('key', steering.key_code(coalesce(becomes.key_id, was.key_id)), 'during', coalesce(becomes.during, was.during)::text,
		'percent', becomes.percent)
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_result_share(steering.result_share, steering.result_share) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_result_share(steering.result_share, steering.result_share) IS 'set_result_share, drop_result_share';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.result_share
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_result_share');

CREATE FUNCTION steering.question_of_indicator(was steering.indicator, becomes steering.indicator) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.indicator_id IS NULL THEN 'drop_indicator' ELSE 'set_indicator' END,
	steering.service_code(coalesce(becomes.service_id, was.service_id)), NULL, NULL::numeric,
	CASE WHEN becomes.indicator_id IS NULL THEN jsonb_build_object('indicator', was.code)
		ELSE to_jsonb(becomes) - 'indicator_id' - 'service_id' END
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_indicator(steering.indicator, steering.indicator) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_indicator(steering.indicator, steering.indicator) IS 'set_indicator, drop_indicator';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.indicator
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_indicator');

CREATE FUNCTION steering.question_of_target(was steering.target, becomes steering.target) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- Who drops an indicator drops those first, and is asked about them as well.
SELECT 'set_target', scope.service, steering.participant_code(coalesce(becomes.participant_id, was.participant_id)), NULL::numeric,
	jsonb_build_object('indicator', scope.code, 'period', steering.name_period(daterange(coalesce(becomes.first_day, was.first_day),
		coalesce(becomes.end_day, was.end_day))), 'value', becomes.value::numeric)
FROM steering.indicator_scope(coalesce(becomes.indicator_id, was.indicator_id)) AS scope
WHERE scope.code IS NOT NULL AND to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_target(steering.target, steering.target) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_target(steering.target, steering.target) IS 'set_target';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.target
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_target');

CREATE FUNCTION steering.question_of_measurement(was steering.measurement, becomes steering.measurement) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- Who drops an indicator drops those first, and is asked about them as well.
SELECT 'set_measurement', scope.service, steering.participant_code(coalesce(becomes.participant_id, was.participant_id)), NULL::numeric,
	jsonb_build_object('indicator', scope.code, 'period', steering.name_period(daterange(coalesce(becomes.first_day, was.first_day),
		coalesce(becomes.end_day, was.end_day))), 'value', becomes.value::numeric)
FROM steering.indicator_scope(coalesce(becomes.indicator_id, was.indicator_id)) AS scope
WHERE scope.code IS NOT NULL AND to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_measurement(steering.measurement, steering.measurement) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_measurement(steering.measurement, steering.measurement) IS 'set_measurement';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.measurement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_measurement');

CREATE FUNCTION steering.question_of_incentive(was steering.incentive, becomes steering.incentive) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- That of an indicator that is gone went with it.
SELECT CASE WHEN becomes.indicator_id IS NULL THEN 'drop_incentive' ELSE 'set_incentive' END, scope.service, NULL, NULL::numeric,
	jsonb_build_object('indicator', scope.code, 'attainment', becomes.attainment, 'percent', becomes.percent)
FROM steering.indicator_scope(coalesce(becomes.indicator_id, was.indicator_id)) AS scope
WHERE scope.code IS NOT NULL AND to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_incentive(steering.incentive, steering.incentive) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_incentive(steering.incentive, steering.incentive) IS 'set_incentive, drop_incentive';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.incentive
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_incentive');

CREATE FUNCTION steering.question_of_participant(was steering.participant, becomes steering.participant) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- A name, and who may read, decide nothing. Of one that moves both places are asked about.
SELECT 'set_participant', NULL, becomes.code, NULL::numeric, to_jsonb(becomes) - 'participant_id' - 'reader'
WHERE (was.code, was.parent, was.inhabitants, was.during) IS DISTINCT FROM (becomes.code, becomes.parent, becomes.inhabitants, becomes.during)
UNION ALL
SELECT 'set_participant', NULL, was.parent, NULL::numeric, to_jsonb(becomes) - 'participant_id' - 'reader'
WHERE was.code IS NOT NULL AND was.parent IS DISTINCT FROM becomes.parent;
END;
REVOKE ALL ON FUNCTION steering.question_of_participant(steering.participant, steering.participant) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_participant(steering.participant, steering.participant) IS 'set_participant';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.participant
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_participant');

CREATE FUNCTION steering.question_before_participant(was steering.participant, becomes steering.participant) RETURNS SETOF steering.act_question
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'drop_participant', NULL, was.code, NULL::numeric, jsonb_build_object('code', was.code);
END;
REVOKE ALL ON FUNCTION steering.question_before_participant(steering.participant, steering.participant) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_before_participant(steering.participant, steering.participant) IS
'drop_participant, by the rules for it, which are for nothing once it is gone';
CREATE TRIGGER guard_act_before
	BEFORE DELETE ON steering.participant
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_before_participant');

CREATE FUNCTION steering.question_of_service(was steering.service, becomes steering.service) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- A name and a unit decide nothing. Of one that moves both places are asked about.
SELECT 'set_service', becomes.code, NULL, NULL::numeric, to_jsonb(becomes) - 'service_id'
WHERE (was.code, was.parent, was.kind, was.require_cap, was.during)
	IS DISTINCT FROM (becomes.code, becomes.parent, becomes.kind, becomes.require_cap, becomes.during)
UNION ALL
SELECT 'set_service', was.parent, NULL, NULL::numeric, to_jsonb(becomes) - 'service_id'
WHERE was.code IS NOT NULL AND was.parent IS DISTINCT FROM becomes.parent;
END;
REVOKE ALL ON FUNCTION steering.question_of_service(steering.service, steering.service) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_service(steering.service, steering.service) IS 'set_service';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.service
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_service');

CREATE FUNCTION steering.question_before_service(was steering.service, becomes steering.service) RETURNS SETOF steering.act_question
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.code IS NULL THEN 'drop_service' ELSE 'set_service' END, was.code, NULL, NULL::numeric,
	CASE WHEN becomes.code IS NULL THEN jsonb_build_object('code', was.code) ELSE to_jsonb(becomes) - 'service_id' END
WHERE becomes.code IS NULL OR was.kind IS DISTINCT FROM becomes.kind;
END;
REVOKE ALL ON FUNCTION steering.question_before_service(steering.service, steering.service) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_before_service(steering.service, steering.service) IS
'drop_service, and set_service of one that changes its kind, by the rules for what it is until then';
CREATE TRIGGER guard_act_before
	BEFORE UPDATE OF kind OR DELETE ON steering.service
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_before_service');

CREATE FUNCTION steering.question_of_mandate(was steering.mandate, becomes steering.mandate) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN was.mandate_id IS NULL THEN 'set_mandate' WHEN was.revoked_on IS DISTINCT FROM becomes.revoked_on THEN 'revoke_mandate'
		ELSE 'consent_mandate' END, becomes.service, becomes.participant, NULL::numeric,
	jsonb_strip_nulls(to_jsonb(becomes) - 'given_at' - 'consented_at' - 'employer_consented_at')
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_mandate(steering.mandate, steering.mandate) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_mandate(steering.mandate, steering.mandate) IS 'set_mandate, consent_mandate, revoke_mandate';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.mandate
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_mandate');

CREATE FUNCTION steering.question_of_deputy(was steering.deputy, becomes steering.deputy) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'set_deputy', NULL, NULL, NULL::numeric, to_jsonb(becomes) WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_deputy(steering.deputy, steering.deputy) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_deputy(steering.deputy, steering.deputy) IS 'set_deputy';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.deputy
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_deputy');

CREATE FUNCTION steering.question_of_body(was steering.body, becomes steering.body) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'set_body', NULL, becomes.participant, NULL::numeric, to_jsonb(becomes) WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_body(steering.body, steering.body) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_body(steering.body, steering.body) IS 'set_body';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.body
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_body');

CREATE FUNCTION steering.question_of_body_member(was steering.body_member, becomes steering.body_member) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'set_body_member', NULL, becomes.participant, NULL::numeric, to_jsonb(becomes) - 'member_id' WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_body_member(steering.body_member, steering.body_member) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_body_member(steering.body_member, steering.body_member) IS 'set_body_member';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.body_member
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_body_member');

CREATE FUNCTION steering.question_of_rule(was steering.rule, becomes steering.rule) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.rule_id IS NULL THEN 'drop_rule' ELSE 'set_rule' END, line.service, line.participant, NULL::numeric, to_jsonb(line)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.rule_id IS NOT NULL AND to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes)
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_rule(steering.rule, steering.rule) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_rule(steering.rule, steering.rule) IS 'set_rule, drop_rule';
-- Before: judged by the rules as they were.
CREATE TRIGGER guard_act
	BEFORE INSERT OR UPDATE OR DELETE ON steering.rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_rule');
-- register_act.sql
-- Acts on the registers: what an INSERT, UPDATE or DELETE of them does as well, by a function that can be proposed. Who calls
-- them needs the right to execute them and none on the registers.

CREATE FUNCTION steering.set_participant(code text, name text, parent text DEFAULT NULL, inhabitants integer DEFAULT NULL,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
INSERT INTO steering.participant (code, name, parent, inhabitants, during)
VALUES (set_participant.code, set_participant.name, set_participant.parent, set_participant.inhabitants, set_participant.during::daterange)
ON CONFLICT (code) DO UPDATE
	SET name = excluded.name, parent = excluded.parent, inhabitants = excluded.inhabitants, during = excluded.during
RETURNING participant_id;
END;
REVOKE ALL ON FUNCTION steering.set_participant(text, text, text, integer, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_participant(text, text, text, integer, steering.day_range) IS
'adds a participant to the register, or changes the one with this code but for who reads it; returns its number. Errors: those of the register: 23502 null, 23503 unknown parent, 23514 above itself, negative inhabitants, empty range, bookings outside of it';

CREATE FUNCTION steering.drop_participant(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.participant_number(drop_participant.code);
DELETE FROM steering.participant WHERE participant.code = drop_participant.code;
END;
REVOKE ALL ON FUNCTION steering.drop_participant(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_participant(text) IS
'removes a participant from the register. Errors: 22004 null, 22023 unknown, 23503 something refers to it';

CREATE FUNCTION steering.set_service(code text, name text, parent text DEFAULT NULL, kind text DEFAULT 'standard', unit text DEFAULT NULL,
	require_cap boolean DEFAULT false, during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
INSERT INTO steering.service (code, name, parent, kind, unit, require_cap, during)
VALUES (set_service.code, set_service.name, set_service.parent, set_service.kind, set_service.unit, set_service.require_cap,
	set_service.during::daterange)
ON CONFLICT (code) DO UPDATE
	SET name = excluded.name, parent = excluded.parent, kind = excluded.kind, unit = excluded.unit, require_cap = excluded.require_cap,
		during = excluded.during
RETURNING service_id;
END;
REVOKE ALL ON FUNCTION steering.set_service(text, text, text, text, text, boolean, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_service(text, text, text, text, text, boolean, steering.day_range) IS
'adds a service to the catalogue, or changes the one with this code; returns its number. Errors: those of the register: 23502 null, 23503 unknown parent, 23514 above itself, unknown kind, empty range, bookings outside of it';

CREATE FUNCTION steering.drop_service(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.service_number(drop_service.code);
DELETE FROM steering.service WHERE service.code = drop_service.code;
END;
REVOKE ALL ON FUNCTION steering.drop_service(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_service(text) IS
'removes a service from the catalogue. Errors: 22004 null, 22023 unknown, 23503 something refers to it';
-- authority.sql
-- Who may decide what, for reading: the table of authority, what waits for whom, and what stands in the way of deciding.
--
-- The functions below give a role what it may read, and refuse to speak of a role that who has logged in cannot be.

CREATE FUNCTION steering.who_may(act text, service text, participant text, amount numeric, as_of date DEFAULT NULL)
RETURNS TABLE (functionary text, path text, amount_limit numeric, year_limit numeric, method text, needs text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_acts(ARRAY[who_may.act]), steering.require_scope(who_may.service, who_may.participant);
WITH ruling AS MATERIALIZED (
	SELECT ruling.*, coalesce(who_may.as_of, steering.decision_day()) AS day
	FROM steering.rule_for(who_may.act, who_may.service, who_may.participant, who_may.amount,
		coalesce(who_may.as_of, steering.decision_day())) AS ruling
), heard AS (
	SELECT CASE WHEN ruling.body IS NOT NULL AND ruling.method <> 'vote' AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		THEN format('%s of the members of body "%s"%s', ruling.needs, ruling.body,
			CASE WHEN ruling.needs = 'view' THEN format(' within %s days', ruling.views_days) END) END AS needs
	FROM ruling
)
SELECT held.holder, held.path, held.amount_limit, held.year_limit, ruling.method,
	concat_ws('; ', CASE ruling.method WHEN 'dual' THEN 'a second signature' WHEN 'record' THEN 'the document of the decision' END, heard.needs)
FROM ruling CROSS JOIN heard
CROSS JOIN LATERAL steering.mandate_for(who_may.act, who_may.service, who_may.participant, ruling.day) AS held
WHERE ruling.method IS DISTINCT FROM 'vote' AND (who_may.amount IS NULL OR who_may.amount <= least(held.amount_limit, held.year_limit))
UNION ALL
SELECT vote.representative, format('%s of body "%s"', vote.participant, ruling.body), NULL, NULL, ruling.method,
	format('%s of %s votes, majority %s', trim_scale(vote.votes), trim_scale(sum(vote.votes) OVER ()), ruling.majority)
FROM ruling CROSS JOIN LATERAL steering.body_vote(ruling.body, ruling.day) AS vote
WHERE ruling.method = 'vote'
ORDER BY 3, 1, 2;
END;
REVOKE ALL ON FUNCTION steering.who_may(text, text, text, numeric, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.who_may(text, text, text, numeric, date) IS
'who may do an act of an amount on a day (null: today), by which chain of mandates and with which limits, and what else it needs; in a vote, who votes. Without a rule (method null) whoever may EXECUTE the function may do it as well. What was decided in the year is not looked at. Errors: 22023 unknown act or code';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.authority_of(reader name)
RETURNS TABLE (functionary text, act text, service text, participant text, amount_limit numeric, year_limit numeric, path text,
	valid_from date, valid_to date, may_submandate boolean, mandate integer, document text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT standing.holder, named.act, standing.service, standing.participant, standing.amount_limit, standing.year_limit, standing.path,
	lower(mandate.during), upper(mandate.during) - 1, mandate.may_submandate, mandate.mandate_id, mandate.document
FROM steering.mandate_on(steering.decision_day()) AS standing
JOIN steering.mandate ON mandate.mandate_id = standing.mandate_id
CROSS JOIN LATERAL unnest(standing.acts) AS named (act)
WHERE pg_has_role(session_user, authority_of.reader, 'MEMBER')
	AND (standing.holder = authority_of.reader OR steering.may_read_of(authority_of.reader, standing.participant))
ORDER BY standing.holder, named.act, standing.service NULLS FIRST, standing.participant NULLS FIRST, mandate.mandate_id;
END;
COMMENT ON FUNCTION steering.authority_of(name) IS 'what steering.authority gives a role that who has logged in is, or may become';

CREATE VIEW steering.authority WITH (security_barrier) AS
SELECT * FROM steering.authority_of(current_user);
GRANT SELECT ON steering.authority TO PUBLIC;
COMMENT ON VIEW steering.authority IS 'the table of authority: what each functionary may do today, with the least limits along the chain of mandates; those for participants whose figures the role may read, and its own';
COMMENT ON COLUMN steering.authority.functionary IS 'name of the role that holds the mandate';
COMMENT ON COLUMN steering.authority.act IS 'the act';
COMMENT ON COLUMN steering.authority.service IS 'code: for this service and all below it; null: for all';
COMMENT ON COLUMN steering.authority.participant IS 'code: for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.authority.amount_limit IS 'money, the most for one act; Infinity: any amount';
COMMENT ON COLUMN steering.authority.year_limit IS 'money, the most for a calendar year; Infinity: any amount';
COMMENT ON COLUMN steering.authority.path IS 'chain of mandates, from the first holder on';
COMMENT ON COLUMN steering.authority.valid_from IS 'first day; null: always';
COMMENT ON COLUMN steering.authority.valid_to IS 'last day; null: without end';
COMMENT ON COLUMN steering.authority.may_submandate IS 'others may be given a part of it';
COMMENT ON COLUMN steering.authority.mandate IS 'number of the mandate';
COMMENT ON COLUMN steering.authority.document IS 'where it is written; null: not said';

CREATE FUNCTION steering.waiting_for(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.decision_id, record.round, record.participant, steering.decision_day() AS day,
		steering.is_being_heard(record.decision_id, steering.decision_day()) AS is_being_heard, ruling.*
	FROM steering.decision_record AS record
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), steering.decision_day()) AS ruling
	WHERE record.state = 'open'
), wanted AS (
	SELECT entry.decision_id, entry.day, vote.representative AS principal, entry.needs AS choice, vote.participant, entry.participant AS about
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.body, entry.day) AS vote
	WHERE entry.is_being_heard AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = vote.participant)
	UNION ALL
	SELECT entry.decision_id, entry.day, vote.representative, 'for, against or abstain', vote.participant, entry.participant
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.body, entry.day) AS vote
	WHERE entry.method = 'vote' AND NOT entry.is_being_heard AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.round = entry.round AND signed.participant = vote.participant)
	UNION ALL
	SELECT entry.decision_id, entry.day, body.chair, 'for or against, as chair', NULL, entry.participant
	FROM entry JOIN steering.body ON body.code = entry.body
	WHERE entry.method = 'vote' AND steering.vote_outcome(entry.decision_id, entry.round, entry.body, entry.majority, entry.day) = 'chair'
	UNION ALL
	SELECT entry.decision_id, entry.day, able.principal, 'approve or reject', NULL, entry.participant
	FROM entry
	CROSS JOIN (SELECT DISTINCT mandate.functionary FROM steering.mandate) AS holder
	CROSS JOIN LATERAL steering.capacity(holder.functionary, steering.questions_of(entry.decision_id), entry.day) AS able
	WHERE entry.method <> 'vote' AND NOT entry.is_being_heard AND able.principal = holder.functionary
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.signed_for = able.principal)
)
SELECT wanted.decision_id, person.functionary, wanted.principal, wanted.choice, wanted.participant
FROM wanted
CROSS JOIN LATERAL (SELECT wanted.principal AS functionary
	UNION ALL SELECT deputy.deputy FROM steering.deputy WHERE deputy.functionary = wanted.principal AND deputy.during @> wanted.day) AS person
WHERE pg_has_role(session_user, waiting_for.reader, 'MEMBER')
	AND (person.functionary = waiting_for.reader OR steering.may_read_of(waiting_for.reader, wanted.about))
	AND NOT EXISTS (SELECT FROM steering.signature_record AS signed JOIN entry ON entry.decision_id = signed.decision_id
		WHERE signed.decision_id = wanted.decision_id AND signed.functionary = person.functionary
			AND (entry.method <> 'vote' OR signed.round = CASE WHEN entry.is_being_heard THEN 0 ELSE entry.round END));
END;
REVOKE ALL ON FUNCTION steering.waiting_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.waiting_for(name) IS 'whose signatures are wanted, as far as a role may know that who has logged in is, or may become';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.proposal_of(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text, act text, service text, participant text,
	amount numeric, arguments jsonb, reason text, document text, method text, body text, hear_through date, proposed_by text,
	proposed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT waiting.decision, waiting.functionary, waiting.signs_for, waiting.choice, waiting.waiting_participant, entry.act, entry.service,
	entry.participant, entry.amount, entry.arguments, entry.reason, entry.document, entry.method, entry.body, entry.hear_through,
	entry.proposed_by, entry.proposed_at
FROM steering.waiting_for(proposal_of.reader) AS waiting
JOIN steering.decision_record AS entry ON entry.decision_id = waiting.decision
ORDER BY waiting.decision, waiting.functionary, waiting.signs_for;
END;
COMMENT ON FUNCTION steering.proposal_of(name) IS 'what steering.proposal gives a role that who has logged in is, or may become';

CREATE VIEW steering.proposal WITH (security_barrier) AS
SELECT * FROM steering.proposal_of(current_user);
GRANT SELECT ON steering.proposal TO PUBLIC;
COMMENT ON VIEW steering.proposal IS 'what waits for whom: open decisions, one row for each signature that could be given now; those that wait for the role, and those of participants whose figures it may read';
COMMENT ON COLUMN steering.proposal.decision IS 'number of the decision, for steering.sign()';
COMMENT ON COLUMN steering.proposal.functionary IS 'who can sign';
COMMENT ON COLUMN steering.proposal.signs_for IS 'whose signature that is: his own, or his principal''s';
COMMENT ON COLUMN steering.proposal.choice IS 'what he can say';
COMMENT ON COLUMN steering.proposal.waiting_participant IS 'code of the participant that he names in it; null: none';
COMMENT ON COLUMN steering.proposal.act IS 'the act';
COMMENT ON COLUMN steering.proposal.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.proposal.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.proposal.amount IS 'money; null: none';
COMMENT ON COLUMN steering.proposal.arguments IS 'arguments by name: what is signed';
COMMENT ON COLUMN steering.proposal.reason IS 'why';
COMMENT ON COLUMN steering.proposal.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.proposal.method IS 'method when it was proposed';
COMMENT ON COLUMN steering.proposal.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.proposal.hear_through IS 'last day for those who are heard; null: nobody is';
COMMENT ON COLUMN steering.proposal.proposed_by IS 'who proposed it';
COMMENT ON COLUMN steering.proposal.proposed_at IS 'when';

CREATE VIEW steering.decision_problem AS
SELECT named.subject, 'role missing' AS problem,
	format('%s is no role: it gives nobody a right.', quote_ident(named.role)) AS detail, named.hint
FROM (
	SELECT format('mandate %s', mandate.mandate_id) AS subject, mandate.functionary AS role,
		format('create the role, or SELECT steering.revoke_mandate(%s, ''...'')', mandate.mandate_id) AS hint
	FROM steering.mandate
	WHERE mandate.revoked_on IS NULL AND (upper_inf(mandate.during) OR upper(mandate.during) > steering.decision_day())
	UNION ALL
	SELECT format('deputy of %s', quote_ident(deputy.functionary)), role.name, 'create the role, or name another with steering.set_deputy()'
	FROM steering.deputy CROSS JOIN LATERAL (VALUES (deputy.functionary), (deputy.deputy)) AS role (name)
	WHERE upper_inf(deputy.during) OR upper(deputy.during) > steering.decision_day()
	UNION ALL
	SELECT format('body "%s"', body.code), body.chair, 'create the role, or name another chair with steering.set_body()'
	FROM steering.body WHERE body.chair IS NOT NULL
	UNION ALL
	SELECT format('body "%s"', member.body), member.representative, 'create the role, or name another with steering.set_body_member()'
	FROM steering.body_member AS member
	WHERE upper_inf(member.during) OR upper(member.during) > steering.decision_day()
) AS named
WHERE NOT steering.is_role(named.role)
UNION ALL
SELECT format('body "%s"', conflict.body), 'votes out of proportion', format('%s. %s', conflict.message, conflict.detail), conflict.hint
FROM steering.body_conflict AS conflict
UNION ALL
SELECT format('body "%s"', member.body), 'participant missing',
	format('Its member "%s" is not in the register: it has no votes.', member.participant), 'add it to steering.participant'
FROM steering.body_member AS member
WHERE NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = member.participant)
UNION ALL
SELECT format('rule %s', rule.rule_id), 'nobody can decide',
	format('Act "%s" cannot be decided by it now: %s.', named.act, CASE WHEN rule.method = 'vote' THEN format('body "%s" has no votes', rule.body)
		WHEN rule.method = 'dual' THEN 'it takes two holders of a mandate for it' ELSE 'it takes a holder of a mandate for it' END),
	CASE WHEN rule.method = 'vote' THEN 'name members with steering.set_body_member()' ELSE 'give mandates with steering.set_mandate(), or set another rule' END
FROM steering.rule CROSS JOIN LATERAL unnest(rule.acts) AS named (act)
WHERE rule.during @> steering.decision_day()
	AND CASE rule.method
		WHEN 'vote' THEN NOT EXISTS (SELECT FROM steering.body_vote(rule.body, steering.decision_day()) AS vote
			WHERE vote.votes > 0 AND steering.is_role(vote.representative))
		ELSE (SELECT count(DISTINCT held.holder)
			FROM steering.mandate_on(steering.decision_day()) AS held
			WHERE named.act = ANY (held.acts) AND held.amount_limit >= lower(rule.amounts)) < CASE rule.method WHEN 'dual' THEN 2 ELSE 1 END END
UNION ALL
SELECT format('rule %s', rule.rule_id), 'scope missing',
	format('It is for %s, which the register does not have: it is for nothing.', missing.what), format('SELECT steering.drop_rule(%s)', rule.rule_id)
FROM steering.rule
CROSS JOIN LATERAL (
	SELECT format('service "%s"', rule.service) WHERE rule.service IS NOT NULL
		AND NOT EXISTS (SELECT FROM steering.service WHERE service.code = rule.service)
	UNION ALL
	SELECT format('participant "%s"', rule.participant) WHERE rule.participant IS NOT NULL
		AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = rule.participant)) AS missing (what)
UNION ALL
SELECT pg_trigger.tgrelid::regclass::text, 'acts not asked about', format('Trigger %I does not fire: what is changed here needs no mandate, and is not recorded.', pg_trigger.tgname),
	format('ALTER TABLE %s ENABLE TRIGGER %I', pg_trigger.tgrelid::regclass, pg_trigger.tgname)
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid = 'steering.guard_act'::regproc AND pg_trigger.tgenabled NOT IN ('O', 'A') AND EXISTS (SELECT FROM steering.rule);
REVOKE ALL ON steering.decision_problem FROM PUBLIC;
COMMENT ON VIEW steering.decision_problem IS 'health(): roles of mandates and bodies that are gone, votes out of proportion, and rules by which nobody can decide';
COMMENT ON COLUMN steering.decision_problem.subject IS 'a mandate, deputy, body or rule';
COMMENT ON COLUMN steering.decision_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.decision_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.decision_problem.hint IS 'what to do';
-- What 0.4.0 changes in the objects of 0.3.0. Its new topics follow in the upgrade script.

-- --- what is not written yet: a function for counters and one for cells, instead of one for both

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_counter() RETURNS TABLE (cap_id integer, used steering.amount)
AS 'MODULE_PATHNAME', 'steering_unwritten_counter'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_counter() IS
'what this transaction has booked and will add to the counters of caps when it commits, as far as the role may read it; a counter may have several rows';

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_cell() RETURNS TABLE (source_id integer, service_id integer,
	participant_id integer, month date, amount steering.amount, volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_unwritten_cell'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_cell() IS
'what this transaction has booked and will add to usage cells when it commits, as far as the role may read it; a cell may have several rows';

CREATE OR REPLACE VIEW steering.cap_usage AS
SELECT counted.cap_id, steering.sum(counted.used) AS used, min(counted.revision) AS revision
FROM (SELECT cap_counter.cap_id, cap_counter.used, cap_counter.revision FROM steering.cap_counter
      UNION ALL
      SELECT unwritten.cap_id, unwritten.used, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
GROUP BY counted.cap_id;

CREATE OR REPLACE VIEW steering.usage_now AS
SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
	usage_cell.amount, usage_cell.volume, usage_cell.bookings
FROM steering.usage_cell
UNION ALL
SELECT unwritten.source_id, unwritten.service_id, unwritten.participant_id, unwritten.month,
	unwritten.amount, unwritten.volume, unwritten.bookings
FROM steering.unwritten_cell() AS unwritten;

CREATE OR REPLACE VIEW steering.difference AS
WITH RECURSIVE read AS MATERIALIZED (
	SELECT scan.source_id, scan.service_id, scan.participant_id, scan.booked_on,
		sum(scan.amount::numeric) AS amount, sum(scan.volume::numeric) AS volume, count(*) AS bookings, scan.unreadable
	FROM steering.booking_read(NULL, NULL) AS scan
	GROUP BY scan.source_id, scan.service_id, scan.participant_id, scan.booked_on, scan.unreadable
), booked AS MATERIALIZED (
	SELECT read.source_id, read.service_id, read.participant_id, read.booked_on, read.amount, read.volume, read.bookings,
		false AS is_month
	FROM read
	WHERE NOT read.unreadable
	UNION ALL
	SELECT stored.source_id, stored.service_id, stored.participant_id, nullif(stored.month, '-infinity'), stored.amount::numeric,
		stored.volume::numeric, stored.bookings, true
	FROM steering.usage_now AS stored
	WHERE stored.source_id IN (
		SELECT read.source_id FROM read WHERE read.unreadable
		UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source)
), actual_cell AS (
	SELECT booked.source_id, booked.service_id, booked.participant_id,
		coalesce(steering.month_of(booked.booked_on), '-infinity') AS month,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, sum(booked.bookings) AS bookings
	FROM booked
	GROUP BY 1, 2, 3, 4
), stored_cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
		sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume, sum(usage_cell.bookings) AS bookings
	FROM steering.usage_now AS usage_cell
	GROUP BY 1, 2, 3, 4
), service_above (service_id, top, parent) AS (
	SELECT service.service_id, service.service_id, service.parent
	FROM steering.service
	UNION
	SELECT service_above.service_id, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (participant_id, top, parent) AS (
	SELECT participant.participant_id, participant.participant_id, participant.parent
	FROM steering.participant
	UNION
	SELECT participant_above.participant_id, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
), charged AS (
	SELECT service_above.top AS service_id, participant_above.top AS participant_id, booked.booked_on,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, booked.is_month
	FROM booked
	JOIN service_above ON service_above.service_id = booked.service_id
	JOIN participant_above ON participant_above.participant_id = booked.participant_id
	GROUP BY 1, 2, 3, booked.is_month
), actual_cap AS (
	SELECT cap.cap_id,
		coalesce(sum(CASE cap.metric WHEN 'budget' THEN charged.amount ELSE charged.volume END), 0) AS used,
		bool_or(charged.is_month AND NOT (charged.booked_on >= lower(cap.during)
			AND steering.month_of(charged.booked_on + 31) <= upper(cap.during))) AS unknown
	FROM steering.cap
	LEFT JOIN charged ON charged.service_id = cap.service_id AND charged.participant_id = cap.participant_id
		AND (charged.booked_on >= lower(cap.during)
			OR charged.is_month AND steering.month_of(charged.booked_on + 31) > lower(cap.during))
		AND charged.booked_on < upper(cap.during)
	GROUP BY cap.cap_id
), stored_cap AS (
	SELECT counted.cap_id, sum(counted.used) AS used, min(counted.revision) AS revision
	FROM (SELECT cap_counter.cap_id, cap_counter.used::numeric, cap_counter.revision FROM steering.cap_counter
	      UNION ALL
	      SELECT unwritten.cap_id, unwritten.used::numeric, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
	GROUP BY counted.cap_id
)
SELECT 'cap' AS what, cap_id, NULL::integer AS source_id, cap.service_id, cap.participant_id, NULL::date AS month,
	measure.name AS measure, measure.stored, measure.actual
FROM steering.cap
FULL JOIN stored_cap USING (cap_id)
LEFT JOIN actual_cap USING (cap_id)
CROSS JOIN LATERAL (VALUES
	('used', stored_cap.used, coalesce(CASE WHEN actual_cap.unknown THEN stored_cap.used END, actual_cap.used)),
	('revision', stored_cap.revision, cap.revision)) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual
	OR (measure.name = 'used' AND measure.stored IS DISTINCT FROM measure.actual)
UNION ALL
SELECT 'source', NULL, read.source_id, NULL, NULL, NULL, 'unreadable', NULL, NULL
FROM read
WHERE read.unreadable
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;

DROP FUNCTION steering.unwritten_change();

-- --- what an agreement charges is said by C, and what is asked of its form by its terms or by agreement_form()

-- Not STRICT: the planner inlines it only so.
CREATE OR REPLACE FUNCTION steering.agreement_charge(form text, base numeric, volume numeric, price numeric, actual_volume numeric,
	unused_percent numeric DEFAULT NULL)
RETURNS TABLE (agreed numeric, excess numeric, unused numeric, agreed_volume numeric, excess_volume numeric, unused_volume numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT round(charge.agreed::numeric, 2), round(charge.excess::numeric, 2), round(charge.unused::numeric, 2),
	charge.agreed_volume::numeric, charge.excess_volume::numeric, charge.unused_volume::numeric
FROM steering.charge_of_terms(agreement_charge.form, agreement_charge.base::steering.amount,
	agreement_charge.volume::steering.amount, agreement_charge.price::steering.amount,
	agreement_charge.actual_volume::steering.amount, agreement_charge.unused_percent) AS charge;
END;
COMMENT ON FUNCTION steering.agreement_charge(text, numeric, numeric, numeric, numeric, numeric) IS
'what is owed for an actual volume, rounded to cents. lump_sum: agreed = base. price_volume: price times actual volume, of which agreed up to the contracted volume and excess beyond; unused = price * unused_percent / 100 for each contracted unit that was not used (take or pay). base_plus: agreed = base, excess = price times the volume beyond the contracted. key_share: agreed is null, for that is a share of actual cost. And the volume up to the contracted one, beyond it, and contracted but not used. A negative actual volume is a refund. Amounts are rounded to four decimals; all is null where form or actual volume is. Errors: 22023 unknown form, 22003 an amount does not fit';

CREATE OR REPLACE FUNCTION steering.planned_cap(period text)
RETURNS TABLE (service text, participant text, metric text, during daterange, amount numeric, ladder text,
	present_amount numeric, used numeric, action text, obstacle text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp
	SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
WITH agreed AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.form, agreement.during,
		agreement.agreed_cost, agreement.volume, agreement.during * steering.period_range(planned_cap.period) AS days
	FROM steering.agreement
	WHERE agreement.during && steering.period_range(planned_cap.period)
), scope AS MATERIALIZED (
	SELECT agreed.*, service_below.top_id AS top_service_id, participant_below.top_id AS top_participant_id
	FROM agreed
	JOIN steering.service_below ON service_below.service_id = agreed.service_id
	JOIN steering.participant_below ON participant_below.participant_id = agreed.participant_id
), spent AS MATERIALIZED (
	SELECT days.days, service_below.top_id AS service_id, participant_below.top_id AS participant_id,
		sum(usage.actual::numeric + usage.committed::numeric) AS budget,
		sum(usage.volume::numeric + usage.committed_volume::numeric) AS volume
	FROM (SELECT DISTINCT agreed.days FROM agreed) AS days
	CROSS JOIN LATERAL steering.usage_between(lower(days.days), upper(days.days)) AS usage
	JOIN steering.service_below ON service_below.service_id = usage.service_id
	JOIN steering.participant_below ON participant_below.participant_id = usage.participant_id
	GROUP BY days.days, service_below.top_id, participant_below.top_id
), figure AS (
	SELECT top.agreement_id, metric.name AS metric, metric.amount, scope.form,
		scope.agreement_id = top.agreement_id AS is_own
	FROM agreed AS top
	JOIN scope ON scope.top_service_id = top.service_id AND scope.top_participant_id = top.participant_id
		AND scope.days && top.days
	CROSS JOIN LATERAL (VALUES
		('budget', steering.agreement_share(scope.agreed_cost, scope.during, top.days)),
		('volume', steering.agreement_share(scope.volume, scope.during, top.days, 4))) AS metric (name, amount)
	WHERE metric.name = 'budget' OR top.volume IS NOT NULL
), across AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.days, participant_below.top_id AS group_id
	FROM agreed
	JOIN steering.participant_below ON participant_below.participant_id = agreed.participant_id AND participant_below.depth > 0
), crossed AS (
	SELECT DISTINCT across.agreement_id
	FROM across
	JOIN scope ON scope.top_service_id = across.service_id AND scope.service_id <> across.service_id
		AND scope.participant_id = across.group_id AND scope.top_participant_id = across.group_id AND scope.days && across.days
), planned AS (
	SELECT figure.agreement_id, figure.metric, steering.sum(figure.amount) AS amount,
		CASE WHEN bool_and(form.cap_blocks) THEN '100% block' ELSE '100% warn' END AS ladder,
		CASE WHEN bool_or(figure.is_own AND figure.amount IS NULL) THEN 'it sets no limit'
			WHEN bool_or(figure.amount IS NULL) THEN 'an agreement within it sets no limit'
			WHEN figure.agreement_id IN (SELECT crossed.agreement_id FROM crossed)
				THEN 'an agreement with a group of participants covers a part of it'
		END AS obstacle
	FROM figure
	JOIN steering.agreement_form() AS form ON form.form = figure.form
	GROUP BY figure.agreement_id, figure.metric
)
SELECT service.code, participant.code, planned.metric, agreed.days,
	CASE WHEN planned.obstacle IS NULL THEN planned.amount::numeric END,
	coalesce(cap.ladder::text, CASE WHEN planned.obstacle IS NULL THEN planned.ladder END),
	cap.amount::numeric,
	coalesce(CASE planned.metric WHEN 'budget' THEN spent.budget ELSE spent.volume END, 0),
	CASE WHEN planned.obstacle IS NOT NULL THEN 'none'
		WHEN cap.cap_id IS NULL THEN 'create'
		WHEN cap.amount OPERATOR(steering.=) planned.amount THEN 'keep'
		ELSE 'revise' END,
	planned.obstacle
FROM planned
JOIN agreed ON agreed.agreement_id = planned.agreement_id
JOIN steering.service ON service.service_id = agreed.service_id
JOIN steering.participant ON participant.participant_id = agreed.participant_id
LEFT JOIN steering.cap ON cap.service_id = agreed.service_id AND cap.participant_id = agreed.participant_id
	AND cap.metric = planned.metric AND cap.during = agreed.days
LEFT JOIN spent ON spent.days = agreed.days AND spent.service_id = agreed.service_id
	AND spent.participant_id = agreed.participant_id
ORDER BY service.code, participant.code, agreed.days, planned.metric;
END;

-- Missing is not zero: who should weigh and whose weight is not known comes with a weight of null. That is of basis
-- inhabitants a participant without a number, and with none below it, that shares a cost by the key, itself or in a
-- group, or next to which in its group others have a number; of basis agreed one with an agreement in which neither
-- volume nor money was agreed; of basis fixed one that shares a cost by the key and has no weight.
CREATE OR REPLACE FUNCTION steering.key_weight_in(first_day date, end_day date)
RETURNS TABLE (key_id integer, participant_id integer, service_id integer, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH present AS MATERIALIZED (
	SELECT participant.participant_id, participant.code, participant.parent, participant.inhabitants, participant.during
	FROM steering.participant
	WHERE participant.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
), below AS MATERIALIZED (
	SELECT below.top_id, below.participant_id
	FROM steering.participant_below AS below
	WHERE below.depth > 0
), resident AS MATERIALIZED (
	SELECT present.participant_id,
		trim_scale(present.inhabitants::numeric
				   * (least(upper(present.during), key_weight_in.end_day) - greatest(lower(present.during), key_weight_in.first_day))
				   / (key_weight_in.end_day - key_weight_in.first_day)) AS weight
	FROM present
	WHERE present.inhabitants IS NOT NULL
		AND present.participant_id NOT IN (
			SELECT below.top_id
			FROM below
			JOIN present AS member ON member.participant_id = below.participant_id
			WHERE member.inhabitants IS NOT NULL)
), uncounted AS MATERIALIZED (
	SELECT present.participant_id, present.code, present.parent
	FROM present
	WHERE present.inhabitants IS NULL
		AND present.participant_id NOT IN (
			SELECT below.top_id FROM below JOIN present AS member ON member.participant_id = below.participant_id)
), sharer AS MATERIALIZED (
	SELECT DISTINCT agreement.key_id, agreement.participant_id
	FROM steering.agreement
	WHERE agreement.key_id IS NOT NULL
		AND agreement.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
), sharing AS MATERIALIZED (
	SELECT sharer.key_id, sharer.participant_id, sharer.participant_id AS member_id FROM sharer
	UNION ALL
	SELECT sharer.key_id, sharer.participant_id, below.participant_id
	FROM sharer JOIN below ON below.top_id = sharer.participant_id
), counted AS MATERIALIZED (
	SELECT uncounted.participant_id, below.top_id AS resident_id
	FROM uncounted
	JOIN below ON below.participant_id = uncounted.participant_id
	JOIN resident ON resident.participant_id = below.top_id
), fixed AS MATERIALIZED (
	SELECT allocation_weight.key_id, allocation_weight.participant_id, allocation_weight.service_id,
		trim_scale(sum(allocation_weight.weight
					   * (least(upper(allocation_weight.during), key_weight_in.end_day)
						  - greatest(lower(allocation_weight.during), key_weight_in.first_day)))
				   / (key_weight_in.end_day - key_weight_in.first_day)) AS weight
	FROM steering.allocation_weight
	WHERE allocation_weight.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
	GROUP BY allocation_weight.key_id, allocation_weight.participant_id, allocation_weight.service_id
)
SELECT allocation_key.key_id, resident.participant_id, NULL::integer, resident.weight
FROM steering.allocation_key
CROSS JOIN resident
WHERE allocation_key.basis = 'inhabitants'
UNION ALL
SELECT allocation_key.key_id, unknown.participant_id, NULL, NULL
FROM steering.allocation_key
CROSS JOIN LATERAL (
	SELECT uncounted.participant_id
	FROM uncounted
	JOIN sharing ON sharing.key_id = allocation_key.key_id AND sharing.member_id = uncounted.participant_id
	WHERE NOT EXISTS (
		SELECT FROM counted
		JOIN sharing AS whole ON whole.key_id = allocation_key.key_id AND whole.participant_id = sharing.participant_id
			AND whole.member_id = counted.resident_id
		WHERE counted.participant_id = uncounted.participant_id)
	UNION
	SELECT uncounted.participant_id
	FROM uncounted
	JOIN present AS other ON other.parent = uncounted.parent AND other.inhabitants IS NOT NULL
	WHERE uncounted.participant_id NOT IN (SELECT counted.participant_id FROM counted)
) AS unknown
WHERE allocation_key.basis = 'inhabitants'
UNION ALL
SELECT allocation_key.key_id, usage.participant_id, NULL, trim_scale(sum(usage.volume::numeric))
FROM steering.allocation_key
JOIN steering.service_below AS below ON below.top_id = allocation_key.service_id
JOIN steering.usage_between(key_weight_in.first_day, key_weight_in.end_day) AS usage ON usage.service_id = below.service_id
WHERE allocation_key.basis = 'volume'
GROUP BY allocation_key.key_id, usage.participant_id
UNION ALL
SELECT bought.key_id, bought.participant_id, NULL,
	CASE WHEN bought.is_known THEN trim_scale(CASE WHEN bought.in_volume THEN bought.volume ELSE bought.amount END) END
FROM (
	SELECT allocation_key.key_id, agreed.participant_id,
		coalesce(sum(agreed.volume::numeric), 0) AS volume, coalesce(sum(agreed.agreed_cost::numeric), 0) AS amount,
		bool_and(bool_and(agreed.volume IS NOT NULL) FILTER (WHERE agreed.volume IS NOT NULL OR agreed.agreed_cost IS NOT NULL))
			OVER (PARTITION BY allocation_key.key_id) AS in_volume,
		bool_and(agreed.volume IS NOT NULL OR agreed.agreed_cost IS NOT NULL) AS is_known
	FROM steering.allocation_key
	JOIN steering.service_below AS below ON below.top_id = allocation_key.service_id
	JOIN steering.agreed_in(key_weight_in.first_day, key_weight_in.end_day) AS agreed ON agreed.service_id = below.service_id
	WHERE allocation_key.basis = 'agreed'
	GROUP BY allocation_key.key_id, agreed.participant_id
) AS bought
UNION ALL
SELECT fixed.key_id, fixed.participant_id, fixed.service_id, fixed.weight FROM fixed
UNION ALL
SELECT allocation_key.key_id, sharer.participant_id, NULL, NULL
FROM steering.allocation_key
JOIN sharer ON sharer.key_id = allocation_key.key_id
WHERE allocation_key.basis = 'fixed'
	AND NOT EXISTS (
		SELECT FROM sharing
		JOIN fixed ON fixed.key_id = sharing.key_id AND fixed.participant_id = sharing.member_id
		WHERE sharing.key_id = sharer.key_id AND sharing.participant_id = sharer.participant_id);
END;

CREATE OR REPLACE FUNCTION steering.share_span(first_day date, end_day date)
RETURNS TABLE (service_id integer, first_day date, end_day date, agreement_id integer, participant_id integer, key_id integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH sharing AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.key_id, agreement.during
	FROM steering.agreement
	WHERE agreement.key_id IS NOT NULL AND agreement.during && daterange(share_span.first_day, share_span.end_day)
), edge AS (
	SELECT sharing.service_id, edge.day
	FROM sharing
	CROSS JOIN LATERAL (VALUES (share_span.first_day), (lower(sharing.during)), (upper(sharing.during))) AS edge (day)
	WHERE edge.day >= share_span.first_day AND edge.day < share_span.end_day
	GROUP BY sharing.service_id, edge.day
), span AS (
	SELECT edge.service_id, edge.day AS first_day,
		lead(edge.day, 1, share_span.end_day) OVER (PARTITION BY edge.service_id ORDER BY edge.day) AS end_day
	FROM edge
)
SELECT span.service_id, span.first_day, span.end_day, sharing.agreement_id, sharing.participant_id, sharing.key_id
FROM span
JOIN sharing ON sharing.service_id = span.service_id AND sharing.during @> span.first_day;
END;

-- Before any of it was billed: what was billed is taken off by settlement_owed().
CREATE OR REPLACE FUNCTION steering.settlement_charge(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH since AS MATERIALIZED (
	SELECT least(min(lower(agreement.during)), settlement_charge.first_day) AS day
	FROM steering.agreement
	WHERE lower(agreement.during) < settlement_charge.end_day AND upper(agreement.during) > settlement_charge.first_day
), agreed AS MATERIALIZED (
	SELECT agreed.*, allocation_key.code AS key
	FROM since
	CROSS JOIN LATERAL steering.agreed_in(since.day, settlement_charge.end_day) AS agreed
	JOIN steering.agreement AS standing ON standing.agreement_id = agreed.agreement_id
		AND upper(standing.during) > settlement_charge.first_day
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = agreed.key_id
), cost AS MATERIALIZED (
	SELECT cost.* FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, settlement_charge.end_day) AS cost
), charged AS MATERIALIZED (
	SELECT owed.agreement_id, owed.service_id, owed.participant_id, owed.price, owed.has_base, owed.unused_percent,
		(owed.charge).*
	FROM (
		SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.price, agreed.base IS NOT NULL AS has_base,
			agreed.unused_percent,
			steering.charge_of_terms(agreed.form, agreed.base, agreed.volume, agreed.price,
				coalesce(used.volume, 0)::steering.amount, agreed.unused_percent) AS charge
		FROM agreed
		LEFT JOIN cost AS used ON used.agreement_id = agreed.agreement_id
		WHERE agreed.key_id IS NULL
	) AS owed
), holder AS MATERIALIZED (
	SELECT span.* FROM since CROSS JOIN LATERAL steering.share_span(since.day, settlement_charge.end_day) AS span
), pool AS MATERIALIZED (
	SELECT span.service_id, span.first_day, coalesce(sum(cost.amount), 0) AS amount
	FROM (SELECT DISTINCT holder.service_id, holder.first_day, holder.end_day FROM holder) AS span
	LEFT JOIN cost ON cost.line = 'shared_cost' AND cost.service_id = span.service_id
		AND cost.first_month >= span.first_day AND cost.first_month < span.end_day
	GROUP BY span.service_id, span.first_day
), weighed AS MATERIALIZED (
	SELECT weighed.*
	FROM since
	CROSS JOIN LATERAL steering.share_weight(since.day, settlement_charge.end_day) AS weighed
	WHERE EXISTS (SELECT FROM holder)
), weight AS MATERIALIZED (
	SELECT weighed.service_id, weighed.first_day, weighed.key_id, bool_and(weighed.weight IS NOT NULL) AS is_known,
		max(weighed.weight) > 0 AS is_divided
	FROM weighed
	GROUP BY weighed.service_id, weighed.first_day, weighed.key_id
), keyed AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.key_id, allocation_key.code AS key, pool.amount AS pool,
		coalesce(weight.is_known, true) OR round(pool.amount, 2) = 0 AS is_known,
		coalesce(weight.is_known AND weight.is_divided, false) AS is_divided
	FROM (SELECT DISTINCT holder.service_id, holder.first_day, holder.key_id FROM holder) AS keyed
	JOIN pool ON pool.service_id = keyed.service_id AND pool.first_day = keyed.first_day
	JOIN steering.allocation_key ON allocation_key.key_id = keyed.key_id
	LEFT JOIN weight ON weight.service_id = keyed.service_id AND weight.first_day = keyed.first_day
		AND weight.key_id = keyed.key_id
), shared AS MATERIALIZED (
	SELECT keyed.service_id, keyed.key, weighed.agreement_id,
		steering.allocated(round(keyed.pool, 2), greatest(weighed.weight, 0), 0.01, 'unallocated') OVER (
			PARTITION BY keyed.service_id, keyed.first_day, keyed.key_id
			ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.receiving_service_id) AS amount
	FROM keyed
	JOIN weighed ON weighed.service_id = keyed.service_id AND weighed.first_day = keyed.first_day
		AND weighed.key_id = keyed.key_id
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
	WHERE keyed.is_divided
), holding AS MATERIALIZED (
	SELECT holder.agreement_id, sum(keyed.pool) AS pool, bool_and(keyed.is_known) AS is_known
	FROM holder
	JOIN keyed ON keyed.service_id = holder.service_id AND keyed.first_day = holder.first_day AND keyed.key_id = holder.key_id
	GROUP BY holder.agreement_id
), share AS MATERIALIZED (
	SELECT agreed.service_id, agreed.participant_id, agreed.agreement_id, agreed.key, holding.pool,
		CASE WHEN holding.is_known THEN coalesce(owed.amount, 0) END AS amount
	FROM agreed
	JOIN holding ON holding.agreement_id = agreed.agreement_id
	LEFT JOIN (SELECT shared.agreement_id, sum(shared.amount) AS amount
		  FROM shared
		  GROUP BY shared.agreement_id) AS owed ON owed.agreement_id = agreed.agreement_id
), rewarded AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.during,
		agreed.incentive_maximum::numeric AS maximum,
		coalesce(agreed.agreed_cost::numeric, round(charged.agreed::numeric, 2), share.amount) AS agreed
	FROM agreed
	LEFT JOIN charged ON charged.agreement_id = agreed.agreement_id
	LEFT JOIN share ON share.agreement_id = agreed.agreement_id
	WHERE agreed.incentive_maximum IS NOT NULL
), attained AS MATERIALIZED (
	SELECT days.during, result.service_id, result.participant_id, sum(result.incentive_percent) AS percent
	FROM (SELECT DISTINCT rewarded.during FROM rewarded) AS days
	CROSS JOIN LATERAL steering.result_in(lower(days.during), upper(days.during)) AS result
	WHERE result.incentive_percent IS NOT NULL
	GROUP BY days.during, result.service_id, result.participant_id
)
SELECT 'agreed', charged.service_id, charged.participant_id, charged.agreement_id, NULL::text,
	CASE WHEN charged.price IS NOT NULL THEN charged.agreed_volume::numeric END,
	CASE WHEN NOT charged.has_base THEN charged.price::numeric END, charged.agreed::numeric
FROM charged
UNION ALL
SELECT 'excess', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.excess_volume::numeric, charged.price::numeric, charged.excess::numeric
FROM charged
WHERE charged.price IS NOT NULL AND charged.excess_volume OPERATOR(steering.<>) 0::steering.amount
UNION ALL
SELECT 'unused', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.unused_volume::numeric, trim_scale(charged.price::numeric * charged.unused_percent * 0.01), charged.unused::numeric
FROM charged
WHERE charged.unused_percent IS NOT NULL AND charged.unused_volume OPERATOR(steering.<>) 0::steering.amount
UNION ALL
SELECT 'share', share.service_id, share.participant_id, share.agreement_id, share.key,
	round(100 * share.amount / nullif(share.pool, 0), 4), share.pool, share.amount
FROM share
UNION ALL
SELECT 'incentive', rewarded.service_id, rewarded.participant_id, rewarded.agreement_id, NULL, attained.percent, rewarded.agreed,
	CASE WHEN rewarded.agreed IS NOT NULL THEN
		least(greatest(round(rewarded.agreed * attained.percent * 0.01, 2), - rewarded.maximum), rewarded.maximum) END
FROM rewarded
JOIN attained ON attained.during = rewarded.during AND attained.service_id = rewarded.service_id
	AND attained.participant_id = rewarded.participant_id
UNION ALL
SELECT 'advance', agreed.service_id, agreed.participant_id, agreed.agreement_id, NULL,
	agreed.months, agreed.advance::numeric, - agreed.months * agreed.advance::numeric
FROM agreed
WHERE agreed.advance IS NOT NULL
UNION ALL
SELECT cost.line, cost.service_id, NULL, cost.agreement_id, NULL, NULL, NULL, cost.amount
FROM cost
WHERE cost.line <> 'shared_cost'
UNION ALL
SELECT 'shared_cost', cost.service_id, NULL, NULL, NULL, NULL, NULL, sum(cost.amount)
FROM cost
WHERE cost.line = 'shared_cost'
GROUP BY cost.service_id
UNION ALL
SELECT 'divided_cost', keyed.service_id, NULL, NULL, keyed.key, NULL, NULL, sum(keyed.pool)
FROM keyed
GROUP BY keyed.service_id, keyed.key
UNION ALL
SELECT 'undivided_cost', keyed.service_id, NULL, NULL, keyed.key, NULL, NULL, sum(keyed.pool)
FROM keyed
WHERE NOT keyed.is_known
GROUP BY keyed.service_id, keyed.key
UNION ALL
SELECT 'unowed_cost', left_over.service_id, NULL, NULL, left_over.key, NULL, NULL, sum(left_over.amount)
FROM (
	SELECT shared.service_id, shared.key, shared.amount FROM shared WHERE shared.agreement_id IS NULL
	UNION ALL
	SELECT keyed.service_id, keyed.key, keyed.pool - CASE WHEN keyed.is_divided THEN round(keyed.pool, 2) ELSE 0 END
	FROM keyed
	WHERE keyed.is_known
) AS left_over
GROUP BY left_over.service_id, left_over.key;
END;

CREATE OR REPLACE FUNCTION steering.settlement_problem_in(first_day date, end_day date)
RETURNS TABLE (service_id integer, key_id integer, participant_id integer, months daterange, problem text, weight numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT least(settlement_problem_in.first_day, min(lower(year.during)) FILTER (WHERE year.percent > 0)) AS first_day
	FROM steering.result_year(settlement_problem_in.first_day, settlement_problem_in.end_day) AS year
), since AS MATERIALIZED (
	SELECT asked.first_day, min(lower(agreement.during)) AS day
	FROM asked
	JOIN steering.agreement ON agreement.key_id IS NOT NULL AND lower(agreement.during) < settlement_problem_in.end_day
		AND upper(agreement.during) > asked.first_day
	GROUP BY asked.first_day
), keyed AS MATERIALIZED (
	SELECT DISTINCT span.service_id, span.first_day, span.end_day, span.key_id
	FROM since
	CROSS JOIN LATERAL steering.share_span(since.day, settlement_problem_in.end_day) AS span
	JOIN steering.agreement ON agreement.agreement_id = span.agreement_id AND upper(agreement.during) > since.first_day
), cost AS MATERIALIZED (
	SELECT cost.service_id, cost.first_month, cost.amount
	FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, settlement_problem_in.end_day) AS cost
	WHERE cost.line = 'shared_cost'
), pool AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.end_day, keyed.key_id, sum(cost.amount) AS amount
	FROM keyed
	JOIN cost ON cost.service_id = keyed.service_id AND cost.first_month >= keyed.first_day AND cost.first_month < keyed.end_day
	GROUP BY keyed.service_id, keyed.first_day, keyed.end_day, keyed.key_id
	HAVING round(sum(cost.amount), 2) <> 0
), weighed AS MATERIALIZED (
	SELECT pool.service_id, pool.key_id, daterange(pool.first_day, pool.end_day) AS months, pool.amount, weight.participant_id,
		weight.receiving_service_id, weight.weight
	FROM since
	CROSS JOIN LATERAL steering.share_weight(since.day, settlement_problem_in.end_day) AS weight
	JOIN pool ON pool.service_id = weight.service_id AND pool.first_day = weight.first_day AND pool.key_id = weight.key_id
	UNION ALL
	SELECT NULL, year.key_id, months.during, NULL, weight.participant_id, weight.service_id, weight.weight
	FROM steering.result_year(settlement_problem_in.first_day, settlement_problem_in.end_day) AS year
	CROSS JOIN LATERAL (
		SELECT daterange(lower(year.during), least(upper(year.during), settlement_problem_in.end_day)) AS during
	) AS months
	CROSS JOIN LATERAL steering.result_weight(lower(months.during), upper(months.during), year.key_id) AS weight
	WHERE year.percent > 0
)
SELECT weighed.service_id, weighed.key_id, weighed.participant_id, weighed.months, 'weight unknown', NULL::numeric, weighed.amount
FROM weighed
WHERE weighed.weight IS NULL
UNION ALL
SELECT weighed.service_id, weighed.key_id, weighed.participant_id, weighed.months, 'weight below zero', weighed.weight, weighed.amount
FROM weighed
WHERE weighed.weight < 0
UNION ALL
SELECT pool.service_id, pool.key_id, NULL, daterange(pool.first_day, pool.end_day), 'no weights', NULL, pool.amount
FROM pool
WHERE NOT EXISTS (
	SELECT FROM weighed
	WHERE weighed.service_id = pool.service_id AND weighed.key_id = pool.key_id AND lower(weighed.months) = pool.first_day
		AND (weighed.weight > 0 OR weighed.weight IS NULL));
END;

CREATE OR REPLACE VIEW steering.weight_problem AS
SELECT CASE WHEN found.service IS NULL THEN 'the supplier''s result' ELSE format('service %s', found.service) END AS subject,
	found.problem, found.detail, found.hint
FROM (
	SELECT min(open.first_day) AS first_day, (date_trunc('month', CURRENT_DATE::timestamp) + interval '1 month')::date AS end_day
	FROM (
		SELECT lower(agreement.during) AS first_day
		FROM (SELECT DISTINCT agreement.during FROM steering.agreement WHERE agreement.key_id IS NOT NULL) AS agreement
		WHERE NOT EXISTS (SELECT FROM steering.billed_closing AS billed WHERE billed.during @> agreement.during)
		UNION ALL
		SELECT lower(year.during)
		FROM steering.result_year(date_trunc('year', CURRENT_DATE::timestamp)::date, CURRENT_DATE + 1) AS year
		WHERE year.percent > 0
	) AS open
	WHERE open.first_day <= CURRENT_DATE
) AS asked
CROSS JOIN LATERAL steering.describe_settlement_problem(asked.first_day, asked.end_day) AS found
WHERE asked.first_day IS NOT NULL;

-- What is still to come follows outlook(): each service and participant is expected to bring more cost, as
-- much volume per money as it brought in the open months, and what these bring by the agreements that
-- covered it.
CREATE OR REPLACE FUNCTION steering.expected_growth(period text, open_during daterange, as_of date, method text)
RETURNS TABLE (cost numeric, revenue numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
WITH more AS MATERIALIZED (
	SELECT service.service_id, participant.participant_id, coalesce(outlook.expected, outlook.actual) AS expected
	FROM steering.outlook(expected_growth.as_of, expected_growth.method, expected_growth.period) AS outlook
	JOIN steering.service ON service.code = outlook.service
	JOIN steering.participant ON participant.code = outlook.participant
), growth AS MATERIALIZED (
	SELECT service_id, participant_id, coalesce(more.expected, 0) - coalesce(usage.actual::numeric, 0) AS cost
	FROM more
	FULL JOIN steering.usage_between(lower(steering.period_range(expected_growth.period)),
		upper(steering.period_range(expected_growth.period))) AS usage USING (service_id, participant_id)
), cover AS MATERIALIZED (
	SELECT cover.agreement_id, cover.form, cover.amount::numeric AS amount, cover.volume::numeric AS volume,
		growth.cost AS growth,
		nullif(sum(cover.amount::numeric) OVER (PARTITION BY cover.service_id, cover.participant_id), 0) AS whole
	FROM steering.agreement_cover(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS cover
	JOIN growth ON growth.service_id = cover.service_id AND growth.participant_id = cover.participant_id
), grown AS MATERIALIZED (
	SELECT cover.agreement_id, coalesce(sum(cover.volume * cover.growth / cover.whole), 0) AS growth
	FROM cover
	JOIN steering.agreement ON agreement.agreement_id = cover.agreement_id AND agreement.price IS NOT NULL
	GROUP BY cover.agreement_id
), since AS MATERIALIZED (
	SELECT min(lower(agreement.during)) AS day
	FROM grown
	JOIN steering.agreement ON agreement.agreement_id = grown.agreement_id
), charged AS (
	SELECT after.agreed + after.excess + after.unused - before.agreed - before.excess - before.unused AS amount
	FROM since
	CROSS JOIN LATERAL steering.agreed_in(since.day, upper(expected_growth.open_during)) AS agreed
	JOIN grown ON grown.agreement_id = agreed.agreement_id
	JOIN (SELECT cost.agreement_id, cost.volume
		  FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, upper(expected_growth.open_during)) AS cost
		  WHERE cost.line = 'agreed_cost') AS used ON used.agreement_id = agreed.agreement_id
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume, agreed.unused_percent) AS before
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume + grown.growth, agreed.unused_percent) AS after
), shared AS (
	SELECT CASE WHEN count(*) = 0 THEN 0 ELSE coalesce(sum(cover.amount * cover.growth / cover.whole), 0) * (
		SELECT CASE WHEN coalesce(sum(line.amount) FILTER (WHERE line.line = 'shared_cost'), 0) = 0 THEN 0
			WHEN bool_and(line.amount IS NOT NULL) FILTER (WHERE line.line = 'share') IS NOT FALSE THEN
				coalesce(sum(line.amount) FILTER (WHERE line.line = 'share'), 0)
					/ sum(line.amount) FILTER (WHERE line.line = 'shared_cost') END
		FROM steering.settlement_charge(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS line) END AS amount
	FROM cover
	JOIN steering.agreement_form() AS form ON form.form = cover.form AND form.shares_cost
)
SELECT (SELECT coalesce(sum(growth.cost), 0) FROM growth),
	round((SELECT coalesce(sum(charged.amount), 0) FROM charged) + shared.amount, 2)
FROM shared;
END;
-- --- events in types that every client knows

-- Views of somebody's on it stand in the way, and are named: their columns would have other types.
DROP VIEW steering.event;

CREATE VIEW steering.event WITH (security_barrier) AS
SELECT event_log.event_id,
	event_log.recorded_at,
	event_log.kind,
	event_log.cap_id,
	event_log.service,
	event_log.participant,
	event_log.participant_id,
	event_log.metric,
	event_log.during,
	event_log.amount::numeric AS amount,
	event_log.ladder::text AS ladder,
	event_log.threshold::numeric AS threshold,
	event_log.used::numeric AS used,
	event_log.role_name,
	event_log.reason
FROM steering.event_log
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR event_log.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
REVOKE ALL ON steering.event FROM PUBLIC;
GRANT SELECT ON steering.event TO PUBLIC;
COMMENT ON VIEW steering.event IS 'what happened to caps: decisions, and steps crossed by bookings; each role sees those that it may read';
COMMENT ON COLUMN steering.event.event_id IS 'number of the event';
COMMENT ON COLUMN steering.event.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.event.kind IS 'created, revised, dropped: a decision on a cap; notify, warn: a step of its ladder was crossed upwards';
COMMENT ON COLUMN steering.event.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.event.service IS 'code of its service';
COMMENT ON COLUMN steering.event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.event.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.event.metric IS 'budget or volume';
COMMENT ON COLUMN steering.event.during IS 'the days that it limits';
COMMENT ON COLUMN steering.event.amount IS 'the limit at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.ladder IS 'the ladder at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.threshold IS 'usage at which the crossed step acts; null for decisions';
COMMENT ON COLUMN steering.event.used IS 'usage after what happened';
COMMENT ON COLUMN steering.event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.event.reason IS 'the reason that was given for a decision';

-- A dump of 0.2.0 holds the rows of a table of this name.
CREATE TRIGGER restore_event INSTEAD OF INSERT ON steering.event
	FOR EACH ROW EXECUTE FUNCTION steering.restore_event();

-- --- whoever may read the tables can dump them

-- Roles that saw their own rows of the table have the view for that.
CREATE FUNCTION steering.revoke_events() RETURNS void
AS 'MODULE_PATHNAME', 'steering_revoke_events'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
SELECT steering.revoke_events();
DROP FUNCTION steering.revoke_events();

DROP POLICY readable ON steering.event_log;
ALTER TABLE steering.event_log DISABLE ROW LEVEL SECURITY;

CREATE OR REPLACE VIEW steering.event_problem AS
SELECT reader.name AS subject, 'reads event_log' AS problem,
	'It reads the table steering.event_log, which was steering.event before 0.3.0 and is granted to nobody any more.' AS detail,
	'make it anew, to read the view steering.event' AS hint
FROM (SELECT pg_rewrite.ev_class::regclass::text AS name
	FROM pg_catalog.pg_rewrite JOIN pg_catalog.pg_depend
		ON pg_depend.classid = 'pg_catalog.pg_rewrite'::regclass AND pg_depend.objid = pg_rewrite.oid
	WHERE pg_depend.refclassid = 'pg_catalog.pg_class'::regclass AND pg_depend.refobjid = 'steering.event_log'::regclass
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS member
			WHERE member.classid = 'pg_catalog.pg_class'::regclass AND member.objid = pg_rewrite.ev_class
				AND member.deptype = 'e')
	UNION
	SELECT pg_depend.objid::regprocedure::text
	FROM pg_catalog.pg_depend
	WHERE pg_depend.classid = 'pg_catalog.pg_proc'::regclass
		AND pg_depend.refclassid = 'pg_catalog.pg_class'::regclass AND pg_depend.refobjid = 'steering.event_log'::regclass) AS reader
UNION ALL
SELECT DISTINCT concat('role ', CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END),
	'may read event_log',
	'That table has the events of all participants, and it may not read every figure.',
	format('REVOKE ALL ON steering.event_log FROM %s; steering.event shows what it may read',
		   CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END)
FROM pg_catalog.pg_class
CROSS JOIN LATERAL aclexplode(pg_class.relacl) AS granted
WHERE pg_class.oid = 'steering.event_log'::regclass AND granted.grantee <> pg_class.relowner
	AND granted.privilege_type = 'SELECT'
	AND (granted.grantee = 0 OR NOT has_table_privilege(granted.grantee, 'steering.cap'::regclass, 'SELECT'));

-- --- functions that are called by PostgreSQL or by functions of ours alone

REVOKE ALL ON FUNCTION steering.amount_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_out(steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_send(steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_out(steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_send(steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_out(steering.fiscal_period) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_send(steering.fiscal_period) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.day_range_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.day_range_out(steering.day_range) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.day_range_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.day_range_send(steering.day_range) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.ladder_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.ladder_out(steering.ladder) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.ladder_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.ladder_send(steering.ladder) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.table_number_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.table_number_out(steering.table_number) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.table_number_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.table_number_send(steering.table_number) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.role_reference_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.role_reference_out(steering.role_reference) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.role_reference_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.role_reference_send(steering.role_reference) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_accumulate(internal, steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_combine(internal, internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_serialize(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_deserialize(bytea, internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_discard(internal, steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_sum(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_average(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_smaller(steering.amount, steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_larger(steering.amount, steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_accumulate(internal, steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_combine(internal, internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_serialize(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_deserialize(bytea, internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_discard(internal, steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_sum(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_smaller(steering.cost_result, steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_larger(steering.cost_result, steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_smaller(steering.fiscal_period, steering.fiscal_period) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_larger(steering.fiscal_period, steering.fiscal_period) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.allocate_rows(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.participant_number(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.booking_scan(date, date, integer, boolean) FROM PUBLIC;
-- Who holds the stripes of the counters.

-- PUBLIC may execute it because the view below does, in the name of whoever reads it.
CREATE FUNCTION steering.cap_stripe_scan()
RETURNS TABLE (cap_id integer, stripe integer, used steering.amount, floor steering.amount, ceiling steering.amount,
	depth integer, holder xid, held_by integer)
AS 'MODULE_PATHNAME', 'steering_cap_stripe_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION steering.cap_stripe_scan() IS
'the stripes of all counters as they are now, for who may select from steering.cap; others get no rows. Holder: the transaction that has changed or locked the stripe and is not over; held_by: its process, null where it has none, being prepared or on the primary of this standby';

CREATE VIEW steering.cap_stripe WITH (security_barrier) AS
SELECT stripe.cap_id,
	stripe.stripe,
	stripe.used::numeric AS used,
	CASE WHEN stripe.depth > 0 THEN stripe.floor::numeric END AS floor,
	CASE WHEN stripe.depth > 0 THEN stripe.ceiling::numeric END AS ceiling,
	CASE WHEN stripe.depth > 0 THEN stripe.ceiling::numeric - stripe.used::numeric END AS room,
	stripe.depth,
	stripe.holder IS NOT NULL AS held,
	stripe.held_by,
	prepared.gid AS prepared
FROM steering.cap_stripe_scan() AS stripe
LEFT JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = stripe.holder;
GRANT SELECT ON steering.cap_stripe TO PUBLIC;
COMMENT ON VIEW steering.cap_stripe IS 'the rows that the counter of each cap is divided into, and who holds them now, for who may select from steering.cap; others see no rows';
COMMENT ON COLUMN steering.cap_stripe.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.cap_stripe.stripe IS 'number of the stripe; 0 is always there';
COMMENT ON COLUMN steering.cap_stripe.used IS 'usage counted in it, without what the present transaction has not written yet; the sum over the stripes is the usage of the cap';
COMMENT ON COLUMN steering.cap_stripe.floor IS 'how low it may go without a look at the others; null at depth 0';
COMMENT ON COLUMN steering.cap_stripe.ceiling IS 'how high it may go without a look at the others; null at depth 0';
COMMENT ON COLUMN steering.cap_stripe.room IS 'ceiling minus used; null at depth 0: see headroom of steering.cap_status';
COMMENT ON COLUMN steering.cap_stripe.depth IS 'how often it was divided; 0: it is the whole counter';
COMMENT ON COLUMN steering.cap_stripe.held IS 'whether a transaction that is not over has changed or locked it';
COMMENT ON COLUMN steering.cap_stripe.held_by IS 'pid of the process whose transaction that is; null: nobody, or one without a process';
COMMENT ON COLUMN steering.cap_stripe.prepared IS 'identifier of the prepared transaction that holds it; null: none does';
-- Why a booking is refused.

-- What a role that may book anything is told when it is refused, it may be told here.
CREATE FUNCTION steering.may_book(role oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM steering.source_table JOIN pg_catalog.pg_class ON pg_class.oid = source_table.relation
	WHERE has_any_column_privilege(may_book.role, pg_class.oid, 'INSERT, UPDATE'));
END;
REVOKE ALL ON FUNCTION steering.may_book(oid) FROM PUBLIC;
COMMENT ON FUNCTION steering.may_book(oid) IS 'whether a role may write a column of an attached table itself';

CREATE FUNCTION steering.cap_raisers() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(DISTINCT coalesce(pg_roles.rolname::text, 'PUBLIC')), '{}')
FROM pg_catalog.pg_proc
CROSS JOIN LATERAL aclexplode(coalesce(pg_proc.proacl, acldefault('f', pg_proc.proowner))) AS granted
LEFT JOIN pg_catalog.pg_roles ON pg_roles.oid = granted.grantee
WHERE pg_proc.oid = 'steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean)'::regprocedure
	AND granted.privilege_type = 'EXECUTE' AND pg_roles.rolsuper IS NOT TRUE;
END;
REVOKE ALL ON FUNCTION steering.cap_raisers() FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_raisers() IS 'the roles that set_cap() is granted to, superusers left out; members of these may raise a cap as well';

-- The parts of usage come from the months' sums. Of months that a cap covers in part these cannot say what is its.
CREATE FUNCTION steering.cap_part(caps integer[])
RETURNS TABLE (cap_id integer, stored steering.amount, used steering.amount, commitments steering.amount, counted steering.amount)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric = 'budget' AS of_budget,
		steering.month_of(lower(cap.during)) AS first_month, upper(cap.during) AS end_day,
		steering.month_of(steering.month_of(lower(cap.during) - 1) + 31) AS whole_from,
		steering.month_of(upper(cap.during)) AS whole_to
	FROM steering.cap
	WHERE cap.cap_id = ANY (caps)
), service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	WHERE service.service_id IN (SELECT wanted.service_id FROM wanted)
	UNION
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	WHERE participant.participant_id IN (SELECT wanted.participant_id FROM wanted)
	UNION
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
), cell AS (
	SELECT wanted.cap_id, CASE WHEN wanted.of_budget THEN usage_now.amount::numeric ELSE usage_now.volume::numeric END AS used,
		source.stage = 'commitment' AS is_commitment,
		usage_now.bookings <> 0 AND NOT (usage_now.month >= wanted.whole_from AND usage_now.month < wanted.whole_to) AS is_partly
	FROM wanted
	JOIN service_below ON service_below.top = wanted.service_id
	JOIN participant_below ON participant_below.top = wanted.participant_id
	JOIN steering.usage_now ON usage_now.service_id = service_below.service_id
		AND usage_now.participant_id = participant_below.participant_id
		AND usage_now.month >= wanted.first_month AND usage_now.month < wanted.end_day
	LEFT JOIN steering.source_stage AS source ON source.source_id = usage_now.source_id
), summed AS (
	SELECT cell.cap_id, sum(cell.used) AS counted, bool_or(cell.is_partly) AS is_partly,
		coalesce(sum(cell.used) FILTER (WHERE cell.is_commitment), 0) AS commitments,
		coalesce(bool_or(cell.is_partly) FILTER (WHERE cell.is_commitment), false) AS is_committed_partly
	FROM cell
	GROUP BY cell.cap_id
), written AS (
	SELECT cap_counter.cap_id, steering.sum(cap_counter.used) AS used
	FROM steering.cap_counter
	WHERE cap_counter.cap_id = ANY (caps)
	GROUP BY cap_counter.cap_id
)
-- A sum that fits no amount is as good as not known.
SELECT wanted.cap_id, written.used, cap_usage.used,
	CASE WHEN summed.is_committed_partly IS NOT TRUE AND abs(coalesce(summed.commitments, 0)) < 922337203685477
		THEN coalesce(summed.commitments, 0)::steering.amount END,
	CASE WHEN summed.is_partly IS NOT TRUE AND abs(coalesce(summed.counted, 0)) < 922337203685477
		THEN coalesce(summed.counted, 0)::steering.amount END
FROM wanted
JOIN written ON written.cap_id = wanted.cap_id
JOIN steering.cap_usage ON cap_usage.cap_id = wanted.cap_id AND cap_usage.cap_id = ANY (caps)
LEFT JOIN summed ON summed.cap_id = wanted.cap_id;
END;
REVOKE ALL ON FUNCTION steering.cap_part(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_part(integer[]) IS
'what usage of these caps is made of: as it is stored, that and what the present transaction has not written yet, what of that is commitments, and what the months'' sums come to; these two null where a cap covers a month with such bookings in part';

CREATE FUNCTION steering.why_refused(service text, participant text, booked_on date,
	amount numeric DEFAULT 0, volume numeric DEFAULT 0)
RETURNS TABLE (reason text, sqlstate text, cap_id integer, service text, participant text, metric text, valid_from date,
	valid_to date, amount numeric, blocks_at numeric, stored numeric, unwritten numeric, own numeric, commitments numeric,
	after numeric, missing numeric, verdict text, stripes integer, held integer, held_by integer[], raised_by text[],
	explanation text)
AS 'MODULE_PATHNAME', 'steering_why_refused'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.why_refused(text, text, date, numeric, numeric) IS
'everything that speaks for or against a booking, one row each, without booking; a row with a SQLSTATE is a reason to refuse it, and the first of them is what a statement would be told, as far as the role may know. Reason: unknown_service, unknown_participant, date_not_finite, service_not_valid, participant_not_valid (23S73), cap_required (23S71), closed_period (23S74), cap (23S71, 23S72 where the verdict is block), hidden_cap (applies, and the role may not read its figures), hidden_caps (the role may not know whether there are any), no_cap, stale_snapshot (40001), drift (stored usage is not what the months'' sums come to: verify()). Of a cap: its limit, the threshold above which it blocks (null: never), usage as stored, what the present transaction has not written yet, what that has booked in all (own), what of usage is commitments (null: not known, the cap covers a month in part), usage after the booking, how much that is too much (missing), the verdict (ok, notify, warn, block), into how many stripes its counter is divided, how many of them other transactions hold, and by which processes (as far as the role may know: who may select from steering.cap, and whose role it is), and the roles that may raise it. Error: 22004 null, 22003 an amount that is none';
-- What a role needs to make a dump.

CREATE FUNCTION steering.grant_backup(role regrole) RETURNS void
AS 'MODULE_PATHNAME', 'steering_grant_backup'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.grant_backup(regrole) FROM PUBLIC;
COMMENT ON FUNCTION steering.grant_backup(regrole) IS
'grants a role SELECT on all tables and sequences of the extension, which pg_dump reads; so it may read every figure. To be called again after ALTER EXTENSION UPDATE. Roles with pg_read_all_data need nothing. Taken back by REVOKE SELECT ON ALL TABLES IN SCHEMA steering and ON ALL SEQUENCES IN SCHEMA steering. Errors: 22004 null';
-- Aliases: what finance tables call a service or a participant that is not its code in the register.

-- The order of the columns is known to C. Without foreign keys, as the registers have none.
CREATE TABLE steering.alias (
	alias_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT alias_pkey PRIMARY KEY,
	source steering.table_number,
	kind text NOT NULL CHECK (kind IN ('service', 'participant')),
	value text NOT NULL,
	code text NOT NULL,
	during daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(during)),
	missing text
);
REVOKE ALL ON steering.alias FROM PUBLIC;
CREATE INDEX alias_value_idx ON steering.alias (source, kind, value);
CREATE INDEX alias_code_idx ON steering.alias (code);
SELECT pg_catalog.pg_extension_config_dump('steering.alias', '');
SELECT pg_catalog.pg_extension_config_dump('steering.alias_alias_id_seq', '');
COMMENT ON TABLE steering.alias IS 'what finance tables call a service or participant that is not its code: numbers of an application, old codes. Of those that hold on the day of a booking, the alias of its own source comes first, then that of all sources, then the code itself';
COMMENT ON COLUMN steering.alias.alias_id IS 'number of the alias';
COMMENT ON COLUMN steering.alias.source IS 'the attached table, or one that is to be, for whose rows it holds; null: for those of all sources';
COMMENT ON COLUMN steering.alias.kind IS 'whose alias it is: of a service or of a participant';
COMMENT ON COLUMN steering.alias.value IS 'what the mapping of a source makes of a row';
COMMENT ON COLUMN steering.alias.code IS 'code of the service or participant that it means';
COMMENT ON COLUMN steering.alias.during IS 'days of bookings for which it holds; those of one source, kind and value do not overlap (23P01)';
COMMENT ON COLUMN steering.alias.missing IS 'name of a table that was not there when the alias was written, as after a restore without it: it holds for that from when it is attached or reattached; null: none is missing';

CREATE FUNCTION steering.keep_alias_table() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_keep_alias_table'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.keep_alias_table() FROM PUBLIC;
COMMENT ON FUNCTION steering.keep_alias_table() IS 'keeps the name of a table that is not there with the alias for its rows';

CREATE FUNCTION steering.follow_alias() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_follow_alias'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_alias() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_alias() IS
'after a change of aliases: refuses those that overlap (23P01) or mean nothing (23503), and counts anew the sources with bookings or ignored rows whose meaning it may change';

-- What rows mean changes with bookings excluded only.
CREATE TRIGGER exclude_bookings
	BEFORE INSERT OR DELETE OR UPDATE ON steering.alias
	FOR EACH STATEMENT EXECUTE FUNCTION steering.exclude_bookings();
CREATE TRIGGER keep_alias_table
	BEFORE INSERT OR UPDATE ON steering.alias
	FOR EACH ROW EXECUTE FUNCTION steering.keep_alias_table();
CREATE TRIGGER refuse_truncate
	BEFORE TRUNCATE ON steering.alias
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_truncate();
CREATE TRIGGER follow_insert
	AFTER INSERT ON steering.alias REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_alias();
CREATE TRIGGER follow_update
	AFTER UPDATE ON steering.alias REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_alias();
CREATE TRIGGER follow_delete
	AFTER DELETE ON steering.alias REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_alias();

CREATE VIEW steering.alias_problem AS
SELECT format('alias "%s" of a %s', steering.show_code(alias.value), alias.kind) AS subject,
	'alias without entry' AS problem,
	format('It means "%s", which is not in steering.%I: rows with it are refused, or ignored.', steering.show_code(alias.code), alias.kind) AS detail,
	format('add the entry, or DELETE FROM steering.alias WHERE alias_id = %s', alias.alias_id) AS hint
FROM steering.alias
WHERE CASE alias.kind
	WHEN 'service' THEN NOT EXISTS (SELECT FROM steering.service WHERE service.code = alias.code)
	ELSE NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = alias.code) END
UNION ALL
SELECT format('alias "%s" of a %s', steering.show_code(alias.value), alias.kind),
	'alias without table',
	concat('It is for the rows of a table that is not there', ': ' || alias.missing, '.'),
	format('%sUPDATE steering.alias SET source = ... WHERE alias_id = %s, or delete it',
		   CASE WHEN alias.missing IS NOT NULL THEN 'attach() or reattach() that table, or ' ELSE '' END, alias.alias_id)
FROM steering.alias
WHERE alias.source IS NOT NULL
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = alias.source);
REVOKE ALL ON steering.alias_problem FROM PUBLIC;
COMMENT ON VIEW steering.alias_problem IS 'health(): aliases that mean nothing';
COMMENT ON COLUMN steering.alias_problem.subject IS 'an alias, by its value as messages show codes';
COMMENT ON COLUMN steering.alias_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.alias_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.alias_problem.hint IS 'what to do';
-- What is not being enforced now, and why: the problems that all topics have views of.

-- OR REPLACE: earlier versions have it, without what later topics know of. Compiling the query would take longer than
-- running it.
CREATE OR REPLACE FUNCTION steering.health() RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT * FROM steering.session_problem
UNION ALL
SELECT * FROM steering.event_trigger_problem
UNION ALL
SELECT * FROM steering.trigger_problem
UNION ALL
SELECT * FROM steering.merge_problem
UNION ALL
SELECT * FROM steering.source_problem
UNION ALL
SELECT * FROM steering.mapping_problem
UNION ALL
SELECT * FROM steering.reading_problem
UNION ALL
SELECT * FROM steering.cap_problem
UNION ALL
SELECT * FROM steering.outside_problem
UNION ALL
SELECT * FROM steering.rounding_problem
UNION ALL
SELECT * FROM steering.closing_problem
UNION ALL
SELECT * FROM steering.commitment_problem
UNION ALL
SELECT * FROM steering.correction_problem
UNION ALL
SELECT * FROM steering.tenure_problem
UNION ALL
SELECT * FROM steering.weight_problem
UNION ALL
SELECT * FROM steering.event_problem
UNION ALL
SELECT * FROM steering.code_problem
UNION ALL
SELECT * FROM steering.detach_problem
UNION ALL
SELECT * FROM steering.reader_problem
UNION ALL
SELECT * FROM steering.missing_problem
UNION ALL
SELECT * FROM steering.alias_problem
UNION ALL
SELECT * FROM steering.decision_problem
ORDER BY 2, 1, 3;
END;
REVOKE ALL ON FUNCTION steering.health() FROM PUBLIC;
COMMENT ON FUNCTION steering.health() IS 'what is not being enforced now, and why; no row is right. It looks at settings, triggers, rules, sources, caps, aliases, agreements, weights of shared cost, closed periods, mandates, bodies and rules; and reads the rows of each source until one cannot be read. What they come to is for verify()';
