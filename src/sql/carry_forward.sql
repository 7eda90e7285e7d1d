-- carry_forward.sql
-- What is left of a period, or was overspent, and what of it goes to the next one: by rules of three switches, of which the
-- codes of other systems are combinations. Only money is carried.

CREATE TABLE steering.carry_rule (
	carry_rule_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT carry_rule_pkey PRIMARY KEY,
	service_id integer,
	participant_id integer,
	open_commitments boolean NOT NULL,
	positive boolean NOT NULL,
	negative boolean NOT NULL,
	minimum steering.amount NOT NULL CONSTRAINT carry_rule_minimum_not_negative CHECK (minimum OPERATOR(steering.>=) 0::steering.amount),
	CONSTRAINT carry_rule_key UNIQUE NULLS NOT DISTINCT (service_id, participant_id)
);
REVOKE ALL ON steering.carry_rule FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.carry_rule', '');
SELECT pg_catalog.pg_extension_config_dump('steering.carry_rule_carry_rule_id_seq', '');
COMMENT ON TABLE steering.carry_rule IS 'what of a budget cap is carried to the next period, written by set_carry_rule() and drop_carry_rule() alone; the nearest rule holds: by service, then by participant';
COMMENT ON COLUMN steering.carry_rule.carry_rule_id IS 'number of the rule';
COMMENT ON COLUMN steering.carry_rule.service_id IS 'for caps of this service and all below it; null: of all';
COMMENT ON COLUMN steering.carry_rule.participant_id IS 'for caps of this participant and all below it; null: of all';
COMMENT ON COLUMN steering.carry_rule.open_commitments IS 'what is committed and not spent is carried, as far as it is left';
COMMENT ON COLUMN steering.carry_rule.positive IS 'all that is left is carried';
COMMENT ON COLUMN steering.carry_rule.negative IS 'what was overspent is first call on the next period';
COMMENT ON COLUMN steering.carry_rule.minimum IS 'less than this is not carried';

CREATE FUNCTION steering.set_carry_rule(service text, participant text, open_commitments boolean, positive boolean, negative boolean,
	minimum numeric DEFAULT 0) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_that(given.value IS NOT NULL, '22004', format('%s must not be null', given.name))
FROM (VALUES (set_carry_rule.open_commitments::text, 'open_commitments'), (set_carry_rule.positive::text, 'positive'),
	(set_carry_rule.negative::text, 'negative'), (set_carry_rule.minimum::text, 'minimum')) AS given (value, name);
SELECT steering.require_that(set_carry_rule.minimum >= 0 AND set_carry_rule.minimum < 'Infinity'
		AND set_carry_rule.minimum = round(set_carry_rule.minimum, 4), '22023',
	format('minimum must be a number of four decimals at most that is not negative: %s', set_carry_rule.minimum));
INSERT INTO steering.carry_rule (service_id, participant_id, open_commitments, positive, negative, minimum)
VALUES (CASE WHEN set_carry_rule.service IS NOT NULL THEN steering.service_number(set_carry_rule.service) END,
	CASE WHEN set_carry_rule.participant IS NOT NULL THEN steering.participant_number(set_carry_rule.participant) END,
	set_carry_rule.open_commitments, set_carry_rule.positive, set_carry_rule.negative, set_carry_rule.minimum::steering.amount)
ON CONFLICT ON CONSTRAINT carry_rule_key DO UPDATE
	SET open_commitments = excluded.open_commitments, positive = excluded.positive, negative = excluded.negative, minimum = excluded.minimum
RETURNING carry_rule_id;
END;
REVOKE ALL ON FUNCTION steering.set_carry_rule(text, text, boolean, boolean, boolean, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_carry_rule(text, text, boolean, boolean, boolean, numeric) IS
'says what of the budget caps of a service and a participant, and of all below them (null: of all), is carried to the next period; the rule for the same scope is replaced. positive: all that is left; else open_commitments: as much of it as is committed and not spent; negative: what was overspent, as first call on the next period; what is less than the minimum is not carried. Returns its number. Errors: 22004 null, 22023 unknown code, or a minimum that is negative or has more than four decimals, 22003 a minimum that is too large';

CREATE FUNCTION steering.drop_carry_rule(service text, participant text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_scope(drop_carry_rule.service, drop_carry_rule.participant);
WITH dropped AS (
	DELETE FROM steering.carry_rule
	WHERE carry_rule.service_id IS NOT DISTINCT FROM
			CASE WHEN drop_carry_rule.service IS NOT NULL THEN steering.service_number(drop_carry_rule.service) END
		AND carry_rule.participant_id IS NOT DISTINCT FROM
			CASE WHEN drop_carry_rule.participant IS NOT NULL THEN steering.participant_number(drop_carry_rule.participant) END
	RETURNING carry_rule_id
)
SELECT steering.require_found(count(*), 'carry-forward rule for just this service and participant') FROM dropped;
END;
REVOKE ALL ON FUNCTION steering.drop_carry_rule(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_carry_rule(text, text) IS
'takes back what was said of a service and a participant (null: of all). Errors: 22023 unknown code, 42704 there is no such rule';

CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.carry_rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_carry_rule', 'drop_carry_rule');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.carry_rule FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

-- A cap is carried once: it is the key.
CREATE TABLE steering.carried_cap (
	cap_id integer CONSTRAINT carried_cap_pkey PRIMARY KEY,
	amendment_id integer NOT NULL,
	next_cap_id integer,
	available steering.amount NOT NULL,
	open_commitments steering.amount NOT NULL,
	carried steering.amount NOT NULL,
	reverted steering.amount NOT NULL,
	why text NOT NULL,
	service text NOT NULL,
	participant text NOT NULL,
	participant_id integer NOT NULL,
	CONSTRAINT carried_cap_adds_up CHECK (carried OPERATOR(steering.+) reverted OPERATOR(steering.=) available)
);
REVOKE ALL ON steering.carried_cap FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.carried_cap', '');
COMMENT ON TABLE steering.carried_cap IS 'what became of caps of a period at its end, written by carry_forward() alone; who may select from it may read all';
COMMENT ON COLUMN steering.carried_cap.cap_id IS 'the cap; it may be gone';
COMMENT ON COLUMN steering.carried_cap.amendment_id IS 'number of the carry-forward in steering.amendment_record';
COMMENT ON COLUMN steering.carried_cap.next_cap_id IS 'the cap of the next period; null: nothing was carried';
COMMENT ON COLUMN steering.carried_cap.available IS 'its limit minus what was spent; negative: overspent';
COMMENT ON COLUMN steering.carried_cap.open_commitments IS 'what was committed and not spent';
COMMENT ON COLUMN steering.carried_cap.carried IS 'what went to the next period; negative: first call on it';
COMMENT ON COLUMN steering.carried_cap.reverted IS 'what did not: carried plus reverted is what was available';
COMMENT ON COLUMN steering.carried_cap.why IS 'why so much';
COMMENT ON COLUMN steering.carried_cap.service IS 'code of its service';
COMMENT ON COLUMN steering.carried_cap.participant IS 'code of its participant';
COMMENT ON COLUMN steering.carried_cap.participant_id IS 'number of its participant';

CREATE FUNCTION steering.following_period(during daterange) RETURNS daterange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN daterange(upper(during), (upper(during) + make_interval(
	months => 12 * (extract(year FROM upper(during)) - extract(year FROM lower(during)))::integer
		+ (extract(month FROM upper(during)) - extract(month FROM lower(during)))::integer))::date);
REVOKE ALL ON FUNCTION steering.following_period(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.following_period(daterange) IS 'as many months, right after this range of whole months';

-- Whole months, so that stored usage has it all. Where more was credited than spent, more is left than the limit: a cap gives no
-- more than that. A rule without a service or a participant is farther than any with one.
CREATE FUNCTION steering.carry_plan(period daterange)
RETURNS TABLE (cap_id integer, service_id integer, participant_id integer, ladder steering.ladder, amount steering.amount,
	actual steering.amount, available steering.amount, open_commitments steering.amount, carried steering.amount,
	reverted steering.amount, why text, carry_rule_id integer, is_done boolean, next_during daterange, next_cap_id integer,
	next_amount steering.amount, obstacle text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 SET jit = off
BEGIN ATOMIC
WITH standing AS MATERIALIZED (
	SELECT cap.* FROM steering.cap WHERE cap.metric = 'budget' AND cap.during = carry_plan.period
), service_above AS MATERIALIZED (
	SELECT service_below.service_id, service_below.top_id, service_below.depth FROM steering.service_below
), participant_above AS MATERIALIZED (
	SELECT participant_below.participant_id, participant_below.top_id, participant_below.depth FROM steering.participant_below
), spent AS (
	SELECT standing.cap_id,
		coalesce(sum(usage_now.amount::numeric) FILTER (WHERE source.stage = 'actual'), 0) AS actual,
		coalesce(sum(usage_now.amount::numeric) FILTER (WHERE source.stage = 'commitment'), 0) AS committed
	FROM standing
	JOIN service_above ON service_above.top_id = standing.service_id
	JOIN participant_above ON participant_above.top_id = standing.participant_id
	JOIN steering.usage_now ON usage_now.service_id = service_above.service_id AND usage_now.participant_id = participant_above.participant_id
		AND usage_now.month >= lower(carry_plan.period) AND usage_now.month < upper(carry_plan.period)
	JOIN steering.source_stage AS source ON source.source_id = usage_now.source_id
	GROUP BY standing.cap_id
), ruled AS (
	SELECT DISTINCT ON (standing.cap_id) standing.cap_id, rule.*
	FROM standing
	CROSS JOIN steering.carry_rule AS rule
	LEFT JOIN service_above ON service_above.service_id = standing.service_id AND service_above.top_id = rule.service_id
	LEFT JOIN participant_above ON participant_above.participant_id = standing.participant_id AND participant_above.top_id = rule.participant_id
	WHERE (rule.service_id IS NULL OR service_above.top_id IS NOT NULL)
		AND (rule.participant_id IS NULL OR participant_above.top_id IS NOT NULL)
	ORDER BY standing.cap_id, service_above.depth NULLS LAST, participant_above.depth NULLS LAST
), left_over AS (
	SELECT standing.*, ruled.carry_rule_id, ruled.open_commitments AS carries_committed, ruled.positive, ruled.negative,
		ruled.minimum::numeric AS minimum, coalesce(spent.actual, 0) AS actual,
		greatest(coalesce(spent.committed, 0) - coalesce(expired_by_cap.expired, 0), 0) AS committed,
		standing.amount::numeric - coalesce(spent.actual, 0) AS available
	FROM standing
	LEFT JOIN spent ON spent.cap_id = standing.cap_id
	LEFT JOIN ruled ON ruled.cap_id = standing.cap_id
	LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = standing.cap_id
), claimed AS (
	SELECT left_over.*,
		CASE WHEN left_over.available > 0 AND left_over.positive THEN least(left_over.available, left_over.amount::numeric)
			WHEN left_over.available > 0 AND left_over.carries_committed
				THEN least(left_over.committed, left_over.available, left_over.amount::numeric)
			WHEN left_over.available < 0 AND left_over.negative THEN left_over.available
			ELSE 0 END AS claim
	FROM left_over
), decided AS (
	SELECT claimed.*,
		CASE WHEN abs(claimed.claim) < claimed.minimum THEN 0 ELSE claimed.claim END AS carried,
		CASE WHEN claimed.carry_rule_id IS NULL THEN 'no rule is for it'
			WHEN claimed.available = 0 THEN 'nothing is left'
			WHEN claimed.claim <> 0 AND abs(claimed.claim) < claimed.minimum THEN 'less than the minimum'
			WHEN claimed.available < 0 THEN CASE WHEN claimed.negative THEN 'a deficit is first call' ELSE 'a deficit is not carried' END
			WHEN claimed.positive AND claimed.available > claimed.amount::numeric THEN 'no more than its limit is carried'
			WHEN claimed.positive THEN 'all that is left is carried'
			WHEN NOT claimed.carries_committed THEN 'what is left reverts'
			WHEN claimed.claim = 0 THEN 'nothing is committed'
			ELSE 'open commitments are carried' END AS why
	FROM claimed
)
SELECT decided.cap_id, decided.service_id, decided.participant_id, decided.ladder, decided.amount, decided.actual::steering.amount,
	coalesce(done.available, decided.available::steering.amount),
	coalesce(done.open_commitments, decided.committed::steering.amount),
	coalesce(done.carried, decided.carried::steering.amount),
	coalesce(done.reverted, (decided.available - decided.carried)::steering.amount),
	coalesce(done.why, decided.why), decided.carry_rule_id, done.cap_id IS NOT NULL, steering.following_period(decided.during),
	next_cap.cap_id, next_cap.amount,
	CASE WHEN done.cap_id IS NULL AND decided.carried < 0 AND next_cap.cap_id IS NULL
			THEN 'the next period has no cap that could bear its deficit'
		WHEN done.cap_id IS NULL AND next_cap.amount::numeric + decided.carried < 0
			THEN 'its deficit is more than the cap of the next period has' END
FROM decided
LEFT JOIN steering.carried_cap AS done ON done.cap_id = decided.cap_id
LEFT JOIN steering.cap AS next_cap ON next_cap.service_id = decided.service_id AND next_cap.participant_id = decided.participant_id
	AND next_cap.metric = decided.metric AND next_cap.during = steering.following_period(decided.during);
END;
REVOKE ALL ON FUNCTION steering.carry_plan(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.carry_plan(daterange) IS 'what carry_forward() does, or has done, to each budget cap of a period of whole months';

CREATE FUNCTION steering.planned_carry_forward(period text)
RETURNS TABLE (cap_id integer, service text, participant text, amount numeric, actual numeric, available numeric, open_commitments numeric,
	carried numeric, reverted numeric, why text, action text, obstacle text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT plan.cap_id, service.code, participant.code, plan.amount::numeric, plan.actual::numeric, plan.available::numeric,
	plan.open_commitments::numeric, plan.carried::numeric, plan.reverted::numeric, plan.why,
	CASE WHEN plan.is_done THEN 'done' WHEN plan.obstacle IS NOT NULL OR plan.carried OPERATOR(steering.=) 0::steering.amount THEN 'none'
		WHEN plan.next_cap_id IS NULL THEN 'create' ELSE 'revise' END,
	plan.obstacle
FROM steering.carry_plan(steering.period_range(planned_carry_forward.period)) AS plan
JOIN steering.service ON service.service_id = plan.service_id
JOIN steering.participant ON participant.participant_id = plan.participant_id
ORDER BY service.code, participant.code;
END;
REVOKE ALL ON FUNCTION steering.planned_carry_forward(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.planned_carry_forward(text) IS
'what carry_forward() would do to each budget cap of exactly this period: available (limit minus what was spent), commitments that are open, what is carried (negative: first call on the next period), what reverts (both together are what is available), and why; action: create or revise the cap of the next period, none, or done, as it was then. An obstacle keeps carry_forward() from doing anything. It shows all participants: for who steers. Errors: those of period_range()';

CREATE FUNCTION steering.carry_forward(period text, reason text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_carry_forward'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.carry_forward(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.carry_forward(text, text) IS
'carries what planned_carry_forward() says from the budget caps of a period to those of the next one, as long, which are made where there are none; returns the number that it has in steering.amendment. The old limit is lowered by what the new one is raised, or the other way where a deficit is first call. Each cap with a rule is done once; called again it does the others. All or none. Waits for running bookings. Errors: those of period_range(), 22004 null, 22023 an empty reason, 55000 nothing is left to be done, or an obstacle, 23S71 the next period has used what a deficit would take, 23S75 who may not decide it, 40001 concurrent change';

CREATE VIEW steering.carry_forward_proof WITH (security_barrier) AS
SELECT carried_cap.cap_id,
	carried_cap.service,
	carried_cap.participant,
	steering.name_period(record.during) AS period,
	carried_cap.amendment_id,
	carried_cap.next_cap_id,
	carried_cap.available::numeric AS available,
	carried_cap.open_commitments::numeric AS open_commitments,
	carried_cap.carried::numeric AS carried,
	carried_cap.reverted::numeric AS reverted,
	carried_cap.why,
	coalesce(- taken.mutation::numeric, 0) AS taken,
	coalesce(given.mutation::numeric, 0) AS given,
	carried_cap.carried::numeric + carried_cap.reverted::numeric = carried_cap.available::numeric
		AND coalesce(- taken.mutation::numeric, 0) = carried_cap.carried::numeric
		AND coalesce(given.mutation::numeric, 0) = carried_cap.carried::numeric AS holds
FROM steering.carried_cap
JOIN steering.amendment_record AS record ON record.amendment_id = carried_cap.amendment_id
LEFT JOIN steering.amendment_line AS taken ON taken.amendment_id = carried_cap.amendment_id AND taken.cap_id = carried_cap.cap_id
LEFT JOIN steering.amendment_line AS given ON given.amendment_id = carried_cap.amendment_id AND given.cap_id = carried_cap.next_cap_id
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR carried_cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.carry_forward_proof TO PUBLIC;
COMMENT ON VIEW steering.carry_forward_proof IS 'what was carried forward, and that nothing was lost or made by it; each role sees the caps that it may read';
COMMENT ON COLUMN steering.carry_forward_proof.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.carry_forward_proof.service IS 'code of its service';
COMMENT ON COLUMN steering.carry_forward_proof.participant IS 'code of its participant';
COMMENT ON COLUMN steering.carry_forward_proof.period IS 'the period that it was carried from';
COMMENT ON COLUMN steering.carry_forward_proof.amendment_id IS 'number of the carry-forward in steering.amendment';
COMMENT ON COLUMN steering.carry_forward_proof.next_cap_id IS 'the cap of the next period; null: nothing was carried';
COMMENT ON COLUMN steering.carry_forward_proof.available IS 'its limit minus what was spent; negative: overspent';
COMMENT ON COLUMN steering.carry_forward_proof.open_commitments IS 'what was committed and not spent';
COMMENT ON COLUMN steering.carry_forward_proof.carried IS 'what went to the next period; negative: first call on it';
COMMENT ON COLUMN steering.carry_forward_proof.reverted IS 'what did not';
COMMENT ON COLUMN steering.carry_forward_proof.why IS 'why so much';
COMMENT ON COLUMN steering.carry_forward_proof.taken IS 'by how much its limit was lowered';
COMMENT ON COLUMN steering.carry_forward_proof.given IS 'by how much that of the next period was raised';
COMMENT ON COLUMN steering.carry_forward_proof.holds IS 'carried plus reverted is available, and taken and given are what was carried';
