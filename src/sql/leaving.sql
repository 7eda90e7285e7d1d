-- leaving.sql
-- What leaving and joining cost at once: the sum that a leaver pays, by the two methods that are accepted where nothing was agreed; what who joins
-- contributes; and how the shares of the others change. Nothing of it is recorded or decided here.

-- The month before the day is the last one as it was; of volume the year before it. A customer has no part in what is the arrangement's.
CREATE FUNCTION steering.weight_before(key text, day date, arrangement text)
RETURNS TABLE (participant text, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
SELECT participant.code, CASE WHEN weighed.weight < 0 THEN 0 ELSE weighed.weight END
FROM steering.allocation_key
CROSS JOIN LATERAL (SELECT (weight_before.day - CASE WHEN allocation_key.basis = 'volume' THEN interval '1 year' ELSE interval '1 month' END)::date AS first_day) AS since
CROSS JOIN LATERAL steering.key_weight_in(since.first_day, weight_before.day) AS weighed
JOIN steering.participant ON participant.participant_id = weighed.participant_id
WHERE allocation_key.key_id = steering.key_number(weight_before.key) AND weighed.key_id = allocation_key.key_id
	AND (weight_before.arrangement IS NULL OR weighed.participant_id IN (SELECT below.participant_id
		FROM steering.arrangement_member AS member
		JOIN steering.participant_below AS below ON below.top_id = member.participant_id
		WHERE member.arrangement_id = steering.arrangement_number(weight_before.arrangement) AND member.role <> 'customer'
			AND member.during @> (weight_before.day - 1)));
END;
REVOKE ALL ON FUNCTION steering.weight_before(text, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.weight_before(text, date, text) IS 'weights of participants in an allocation key just before a day: of all, or of who takes part in an arrangement, other than as a customer';

CREATE FUNCTION steering.share_change(key text, as_of date, amount numeric, leaver text DEFAULT NULL, joiner text DEFAULT NULL,
	weight numeric DEFAULT NULL, arrangement text DEFAULT NULL)
RETURNS TABLE (participant text, weight numeric, before numeric, after numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.key_number(share_change.key), steering.require_first_day(share_change.as_of, 'as_of'),
	steering.require_given(share_change.amount IS NOT NULL, 'amount'),
	steering.require_that(abs(share_change.amount) < 'Infinity' AND share_change.amount = round(share_change.amount, 4), '22023',
		format('amount must be a number of four decimals at most: %s', share_change.amount)),
	CASE WHEN share_change.leaver IS NOT NULL THEN steering.participant_number(share_change.leaver) END,
	CASE WHEN share_change.joiner IS NOT NULL THEN steering.require_text(share_change.joiner, 'joiner') END,
	steering.require_that(share_change.joiner IS NULL OR coalesce(share_change.weight >= 0 AND share_change.weight < 'Infinity', false), '22023',
		format('who joins needs a weight that is not negative: %s', coalesce(share_change.weight::text, 'null'))),
	CASE WHEN share_change.arrangement IS NOT NULL THEN steering.arrangement_number(share_change.arrangement) END;
WITH standing AS MATERIALIZED (
	SELECT standing.participant, standing.weight FROM steering.weight_before(share_change.key, share_change.as_of, share_change.arrangement) AS standing
), checked AS MATERIALIZED (
	SELECT steering.require_that(share_change.leaver IS NULL OR EXISTS (SELECT FROM standing WHERE standing.participant = share_change.leaver), '22023',
			format('participant "%s" has no weight in key "%s"', share_change.leaver, share_change.key)) AS leaver,
		steering.require_that(NOT EXISTS (SELECT FROM standing WHERE standing.participant = share_change.joiner), '22023',
			format('participant "%s" has a weight in key "%s" already', share_change.joiner, share_change.key)) AS joiner
), listed AS MATERIALIZED (
	SELECT standing.participant, standing.weight, standing.weight AS before, CASE WHEN standing.participant = share_change.leaver THEN 0 ELSE standing.weight END AS after
	FROM standing
	UNION ALL
	SELECT share_change.joiner, share_change.weight, 0, share_change.weight FROM checked WHERE share_change.joiner IS NOT NULL
), known AS (
	SELECT bool_and(listed.weight IS NOT NULL) AS is_known FROM listed
), divided AS (
	SELECT listed.participant, listed.weight,
		steering.allocated(share_change.amount, coalesce(listed.before, 0), 0.0001, 'unallocated') OVER in_order AS before,
		steering.allocated(share_change.amount, coalesce(listed.after, 0), 0.0001, 'unallocated') OVER in_order AS after
	FROM listed
	WINDOW in_order AS (ORDER BY listed.participant COLLATE "C")
)
SELECT divided.participant, divided.weight, CASE WHEN known.is_known THEN divided.before END, CASE WHEN known.is_known THEN divided.after END,
	CASE WHEN known.is_known THEN divided.after - divided.before END
FROM divided
CROSS JOIN known
CROSS JOIN checked
ORDER BY divided.participant COLLATE "C";
END;
REVOKE ALL ON FUNCTION steering.share_change(text, date, numeric, text, text, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.share_change(text, date, numeric, text, text, numeric, text) IS
'the shares of an amount by an allocation key before and after the first day of a month (as_of), on which a participant leaves, another one joins with a weight, or both: of all who have a weight just before it, or who take part in an arrangement then, other than as a customer. To four decimals, by the largest remainder, so both add up to the amount. Null: a weight is not known. Errors: 22004 null, 22023 unknown code, not the first day of a month, who leaves has no weight, who joins has one, a weight or amount that is none';

CREATE FUNCTION steering.borne_before(participant text, day date)
RETURNS TABLE (service text, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH figure AS MATERIALIZED (
	SELECT figure.kind, figure.service, figure.amount
	FROM steering.scenario_cost(daterange((borne_before.day - interval '1 year')::date, borne_before.day)) AS figure
	WHERE figure.participant IN (SELECT member.code
		FROM steering.participant AS top
		JOIN steering.participant_below AS below ON below.top_id = top.participant_id
		JOIN steering.participant AS member ON member.participant_id = below.participant_id
		WHERE top.code = borne_before.participant)
)
SELECT figure.service, CASE WHEN bool_and(figure.amount IS NOT NULL) THEN sum(figure.amount) END
FROM figure
WHERE figure.kind = 'owed' OR figure.service NOT IN (SELECT owed.service FROM figure AS owed WHERE owed.kind = 'owed')
GROUP BY figure.service
HAVING coalesce(sum(figure.amount) <> 0, true);
END;
REVOKE ALL ON FUNCTION steering.borne_before(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.borne_before(text, date) IS
'what a participant, with all below it, bore of each service in the twelve months before a day: by agreements, else by rules of allocation';

CREATE FUNCTION steering.arrangement_left(participant text, day date, arrangement text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT CASE WHEN arrangement_left.arrangement IS NOT NULL THEN steering.arrangement_number(arrangement_left.arrangement) END;
WITH part AS MATERIALIZED (
	SELECT DISTINCT entry.code
	FROM steering.participant AS leaver
	JOIN steering.participant_below AS below ON below.participant_id = leaver.participant_id
	JOIN steering.arrangement_member AS member ON member.participant_id = below.top_id AND member.role <> 'customer' AND member.during @> (arrangement_left.day - 1)
	JOIN steering.arrangement AS entry ON entry.arrangement_id = member.arrangement_id
	WHERE leaver.code = arrangement_left.participant
), checked AS (
	SELECT count(*) AS parts, coalesce(bool_or(part.code = arrangement_left.arrangement), false) AS is_part, min(part.code) AS code,
		string_agg(part.code, ', ' ORDER BY part.code COLLATE "C") AS codes
	FROM part
), refused AS MATERIALIZED (
	SELECT steering.require_that(arrangement_left.arrangement IS NULL OR checked.is_part, '22023',
			format('participant "%s" has no part in arrangement "%s" before %s', arrangement_left.participant, arrangement_left.arrangement,
				to_char(arrangement_left.day::timestamp, 'YYYY-MM-DD'))) AS part,
		steering.require_that(arrangement_left.arrangement IS NOT NULL OR checked.parts <= 1, '22023',
			format('participant "%s" takes part in several arrangements', arrangement_left.participant),
			format('Name the one that it leaves: %s.', checked.codes)) AS several
	FROM checked
)
SELECT coalesce(arrangement_left.arrangement, checked.code) FROM checked CROSS JOIN refused;
END;
REVOKE ALL ON FUNCTION steering.arrangement_left(text, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_left(text, date, text) IS
'the arrangement that a participant leaves on a day: the one that is named, else the only one in which it takes part before, itself or in a group, and not as a customer; null: none. Errors: 22023 unknown, it has no part in that, or takes part in several';

CREATE FUNCTION steering.exit_sum(participant text, leaves date, method text, contribution numeric DEFAULT NULL, first_percent numeric DEFAULT 100,
	step_percent numeric DEFAULT 20, horizon integer DEFAULT 5, absorption text DEFAULT 'yearly', fixed_share numeric DEFAULT NULL,
	avoidable_after integer DEFAULT NULL, lines jsonb DEFAULT '[]', reserve_key text DEFAULT NULL, arrangement text DEFAULT NULL)
RETURNS TABLE (year integer, valid_from date, valid_to date, line text, service text, amount numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.participant_number(exit_sum.participant), steering.require_first_day(exit_sum.leaves, 'leaves'),
	steering.require_given(exit_sum.method IS NOT NULL, 'method'),
	steering.require_that(exit_sum.method IN ('phase_out', 'damage'), '22023', format('method must be "phase_out" or "damage": "%s"', exit_sum.method)),
	steering.require_that(exit_sum.contribution IS NULL OR exit_sum.contribution >= 0 AND exit_sum.contribution < 'Infinity', '22023',
		format('contribution must be a number that is not negative: %s', exit_sum.contribution)),
	steering.require_that(coalesce(exit_sum.first_percent BETWEEN 0 AND 100, false), '22023',
		format('first_percent must be between 0 and 100: %s', coalesce(exit_sum.first_percent::text, 'null'))),
	steering.require_that(coalesce(exit_sum.step_percent BETWEEN 1 AND 100, false), '22023',
		format('step_percent must be between 1 and 100: %s', coalesce(exit_sum.step_percent::text, 'null'))),
	steering.require_that(coalesce(exit_sum.horizon BETWEEN 1 AND 100, false), '22023',
		format('horizon must be between 1 and 100 years: %s', coalesce(exit_sum.horizon::text, 'null'))),
	steering.require_absorption(exit_sum.absorption),
	steering.require_that(exit_sum.fixed_share IS NULL OR exit_sum.fixed_share BETWEEN 0 AND 1, '22023', format('fixed_share must be between 0 and 1: %s', exit_sum.fixed_share)),
	steering.require_that(exit_sum.avoidable_after IS NULL OR exit_sum.avoidable_after BETWEEN 0 AND 1200, '22023',
		format('avoidable_after must be between 0 and 1200 months: %s', exit_sum.avoidable_after)),
	steering.require_that(coalesce(jsonb_typeof(exit_sum.lines) = 'array', false), '22023', 'lines must be a list'),
	CASE WHEN exit_sum.reserve_key IS NOT NULL THEN steering.key_number(exit_sum.reserve_key) END;
SELECT steering.require_that(coalesce(jsonb_typeof(entry.value) = 'object' AND entry.value ->> 'kind' IN ('friction', 'disintegration', 'avoided', 'taken_over')
		AND jsonb_typeof(entry.value -> 'year') = 'number' AND jsonb_typeof(entry.value -> 'amount') = 'number', false), '22023',
	format('a line must have a kind (friction, disintegration, avoided, taken_over), a year and an amount: %s', entry.value))
FROM jsonb_array_elements(exit_sum.lines) AS entry (value);
SELECT steering.require_that((entry.value ->> 'year')::numeric BETWEEN 1 AND exit_sum.horizon AND (entry.value ->> 'year')::numeric % 1 = 0, '22023',
		format('the year of a line must be from 1 to %s: %s', exit_sum.horizon, entry.value)),
	steering.require_that((entry.value ->> 'amount')::numeric >= 0, '22023', format('the amount of a line must not be negative: %s', entry.value))
FROM jsonb_array_elements(exit_sum.lines) AS entry (value);
WITH borne AS MATERIALIZED (
	SELECT borne.service, borne.amount FROM steering.borne_before(exit_sum.participant, exit_sum.leaves) AS borne
	WHERE exit_sum.contribution IS NULL OR exit_sum.method = 'damage'
), paid AS (
	SELECT coalesce(exit_sum.contribution, CASE WHEN bool_and(borne.amount IS NOT NULL) IS NOT FALSE THEN coalesce(sum(borne.amount), 0) END) AS amount FROM borne
), behaviour AS MATERIALIZED (
	SELECT borne.service, borne.amount,
		CASE WHEN behaviour.said_of IS NULL THEN exit_sum.fixed_share ELSE behaviour.fixed_share END AS fixed_share,
		CASE WHEN behaviour.said_of IS NULL THEN exit_sum.avoidable_after ELSE behaviour.avoidable_after END AS avoidable_after
	FROM borne CROSS JOIN LATERAL steering.cost_behaviour_on(borne.service, exit_sum.leaves) AS behaviour
	WHERE exit_sum.method = 'damage'
), piece AS (
	SELECT number AS year, 'contribution' AS line, NULL::text AS service,
		steering.exact_part(paid.amount, exit_sum.first_percent - exit_sum.step_percent * (number - 1), 100) AS amount
	FROM paid CROSS JOIN generate_series(1, 100) AS number
	WHERE exit_sum.method = 'phase_out' AND exit_sum.first_percent - exit_sum.step_percent * (number - 1) > 0
	UNION ALL
	SELECT number, 'disintegration', behaviour.service,
		steering.stranded_through(behaviour.amount, behaviour.fixed_share, behaviour.avoidable_after, 12 * number, exit_sum.absorption)
			- steering.stranded_through(behaviour.amount, behaviour.fixed_share, behaviour.avoidable_after, 12 * (number - 1), exit_sum.absorption)
	FROM behaviour CROSS JOIN generate_series(1, exit_sum.horizon) AS number
	UNION ALL
	SELECT (entry.value ->> 'year')::integer, entry.value ->> 'kind', entry.value ->> 'service',
		CASE WHEN entry.value ->> 'kind' IN ('avoided', 'taken_over') THEN -1 ELSE 1 END * (entry.value ->> 'amount')::numeric
	FROM jsonb_array_elements(exit_sum.lines) AS entry (value)
	WHERE exit_sum.method = 'damage'
	UNION ALL
	SELECT 1, 'reserve', NULL, - change.before
	FROM (SELECT steering.arrangement_left(exit_sum.participant, exit_sum.leaves, exit_sum.arrangement) AS arrangement
		WHERE exit_sum.method = 'damage' AND exit_sum.reserve_key IS NOT NULL) AS body
	CROSS JOIN LATERAL (SELECT CASE WHEN body.arrangement IS NOT NULL THEN steering.arrangement_reserve_before(body.arrangement, exit_sum.leaves)
		ELSE (SELECT coalesce(sum(booked.amount::numeric), 0) FROM steering.reserve AS booked WHERE booked.booked_on < exit_sum.leaves) END AS amount) AS reserve
	CROSS JOIN LATERAL steering.share_change(exit_sum.reserve_key, exit_sum.leaves, reserve.amount, leaver => exit_sum.participant, arrangement => body.arrangement) AS change
	WHERE exit_sum.method = 'damage' AND exit_sum.reserve_key IS NOT NULL AND change.participant = exit_sum.participant
)
SELECT piece.year, (exit_sum.leaves + make_interval(years => piece.year - 1))::date, (exit_sum.leaves + make_interval(years => piece.year))::date - 1,
	piece.line, piece.service, round(piece.amount, 4)
FROM piece
WHERE coalesce(piece.amount <> 0, true)
ORDER BY piece.year, array_position(ARRAY['contribution', 'disintegration', 'friction', 'avoided', 'taken_over', 'reserve'], piece.line),
	piece.service COLLATE "C" NULLS LAST, piece.amount;
END;
REVOKE ALL ON FUNCTION steering.exit_sum(text, date, text, numeric, numeric, numeric, integer, text, numeric, integer, jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.exit_sum(text, date, text, numeric, numeric, numeric, integer, text, numeric, integer, jsonb, text, text) IS
'what a participant pays that leaves on the first day of a month, per year after it, in lines; the sum is that of all. phase_out: its contribution goes on, first_percent in the first year and step_percent less in each that follows (KB 14-5-1985); contribution null: what it bore in the twelve months before. damage: direct damage within horizon years (ABRvS 15-4-2015, ECLI:NL:RVS:2015:1198): disintegration, what is stranded of what it bore of each service in those months, as cost_behaviour says, or fixed_share and avoidable_after for services that have none, absorbed as stranded_cost() does; lines that are given, [{"kind": "friction", "year": 1, "amount": 25000, "service": code}, ...], of which avoided and taken_over are taken off; with reserve_key its share by that key in the reserve of that day is taken off (of a deficit: added): of the arrangement that it leaves, among those who take part in that, which is the one that is named, or the only one in which it takes part other than as a customer; who takes part in none, in the supplier''s whole reserve. Null: a weight or a behaviour is not known. A regulation that says otherwise comes first. Errors: 22004 null, 22023 unknown code or method, not the first day of a month, parameters out of range, a line that is none, an arrangement that it has no part in, or several of which none is named';

CREATE FUNCTION steering.unrecovered_before(day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(moved.amount), 0)
FROM (
	SELECT start_up.amount::numeric AS amount FROM steering.start_up WHERE start_up.advanced_on < unrecovered_before.day
	UNION ALL
	SELECT - repayment.amount::numeric FROM steering.start_up_repayment AS repayment WHERE repayment.repaid_on < unrecovered_before.day
) AS moved;
END;
REVOKE ALL ON FUNCTION steering.unrecovered_before(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.unrecovered_before(date) IS 'what was advanced for start-ups before a day, less what of it was repaid before it';

CREATE FUNCTION steering.entry_contribution(participant text, joins date, key text, weight numeric, unrecovered numeric DEFAULT NULL,
	arrangement text DEFAULT NULL)
RETURNS TABLE (line text, whole numeric, percent numeric, amount numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 2 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_text(entry_contribution.participant, 'participant'), steering.require_first_day(entry_contribution.joins, 'joins'),
	CASE WHEN entry_contribution.unrecovered IS NOT NULL THEN steering.require_amount(entry_contribution.unrecovered, 'unrecovered') END;
WITH whole AS (
	SELECT 1 AS place, 'reserve' AS line, CASE WHEN entry_contribution.arrangement IS NULL THEN coalesce(sum(reserve.amount::numeric), 0)
		ELSE steering.arrangement_reserve_before(entry_contribution.arrangement, entry_contribution.joins) END AS amount
	FROM steering.reserve
	WHERE reserve.booked_on < entry_contribution.joins
	UNION ALL
	SELECT 2, 'start_up', coalesce(entry_contribution.unrecovered, steering.unrecovered_before(entry_contribution.joins))
)
SELECT whole.line, round(whole.amount, 4), round(100 * change.weight / nullif(change.weights, 0), 4), change.after
FROM whole
CROSS JOIN LATERAL (
	SELECT listed.participant, listed.weight, listed.after, sum(listed.weight) OVER () AS weights
	FROM steering.share_change(entry_contribution.key, entry_contribution.joins, whole.amount, joiner => entry_contribution.participant,
		weight => entry_contribution.weight, arrangement => entry_contribution.arrangement) AS listed
) AS change
WHERE change.participant = entry_contribution.participant
ORDER BY whole.place;
END;
REVOKE ALL ON FUNCTION steering.entry_contribution(text, date, text, numeric, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.entry_contribution(text, date, text, numeric, numeric, text) IS
'what a participant contributes that joins on the first day of a month, by its share in an allocation key in which it gets a weight: of the reserve (of an arrangement, where one is named; negative: a deficit), and of start-up cost that is not recovered yet (unrecovered null: what was advanced for all start-ups before that day, less what was repaid); with the whole and the percentage. Null: a weight is not known. Errors: those of share_change(), 22004 null, 22023 unrecovered is negative or no amount';

CREATE FUNCTION steering.exit_calendar(requested date)
RETURNS TABLE (step text, due date)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
SELECT steering.require_given(exit_calendar.requested IS NOT NULL, 'requested'),
	steering.require_that(isfinite(exit_calendar.requested), '22023', 'requested must be a day'),
	steering.require_near(exit_calendar.requested, 'requested');
SELECT listed.step, (exit_calendar.requested + make_interval(months => listed.months))::date
FROM (VALUES ('board decides on the consequences', 5), ('the same, extended', 8)) AS listed (step, months);
END;
REVOKE ALL ON FUNCTION steering.exit_calendar(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.exit_calendar(date) IS
'by when the consequences of a request to leave are decided by the guideline of the region Arnhem-Nijmegen (CVDR662152): within five months, extended by three. Errors: 22004 null, 22023 infinite';
