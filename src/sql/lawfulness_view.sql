-- lawfulness_view.sql
-- Lawfulness of the budget: each deviation with what the decision table makes of it, and what follows for the statement. Nothing is
-- struck against anything else.

CREATE FUNCTION steering.lawfulness_rule(rules jsonb, facts jsonb) RETURNS TABLE (rule integer, name text, irregular boolean, acceptable boolean, counts boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT found.rule, coalesce(found.name, 'none of the rules'), coalesce(found.irregular, true),
	CASE WHEN found.rule IS NULL THEN false ELSE found.acceptable END, coalesce(found.counts, found.rule IS NULL)
FROM (SELECT) AS one
LEFT JOIN LATERAL (
	SELECT rule.ordinality::integer AS rule, rule.value ->> 'name' AS name, (rule.value -> 'irregular')::boolean AS irregular,
		(CASE rule.value -> 'irregular' WHEN 'true' THEN rule.value -> 'acceptable' END)::boolean AS acceptable,
		(CASE rule.value -> 'irregular' WHEN 'true' THEN rule.value -> 'counts' ELSE 'false' END)::boolean AS counts
	FROM jsonb_array_elements(lawfulness_rule.rules) WITH ORDINALITY AS rule
	WHERE NOT EXISTS (SELECT FROM jsonb_each(rule.value -> 'when') AS asked
		WHERE CASE asked.key WHEN 'up_to' THEN (lawfulness_rule.facts -> 'amount')::numeric <= asked.value::numeric
			WHEN 'object' THEN asked.value @> (lawfulness_rule.facts -> 'object')
			WHEN 'offset' THEN asked.value @> (lawfulness_rule.facts -> 'offset')
			ELSE asked.value = lawfulness_rule.facts -> asked.key END IS NOT TRUE)
	ORDER BY rule.ordinality
	LIMIT 1) AS found ON true;
END;
REVOKE ALL ON FUNCTION steering.lawfulness_rule(jsonb, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.lawfulness_rule(jsonb, jsonb) IS 'what the first row of a decision table says whose conditions are all met; what is not known meets none; of no row irregular, not acceptable, and it counts';

-- The views below read in the name of who asks, and need more of ours than he may execute; so they are functions, which also keeps
-- them from being compiled each time.
CREATE FUNCTION steering.readable_by(reader name) RETURNS TABLE (participant_id integer, code text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH RECURSIVE readable (participant_id, code) AS (
	SELECT participant.participant_id, participant.code
	FROM steering.participant
	WHERE pg_has_role(session_user, readable_by.reader, 'MEMBER')
		AND (has_table_privilege(readable_by.reader, 'steering.cap'::regclass, 'SELECT') OR pg_has_role(readable_by.reader, participant.reader::oid, 'USAGE'))
	UNION
	SELECT participant.participant_id, participant.code
	FROM readable JOIN steering.participant ON participant.parent = readable.code
)
SELECT readable.participant_id, readable.code FROM readable WHERE steering.is_wanted(readable.participant_id);
END;
REVOKE ALL ON FUNCTION steering.readable_by(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.readable_by(name) IS 'the participants that a role may read, which who has logged in is, or may become, as far as they are wanted; else none';

-- What a council authorises: programmes, and what is large enough right below one, which is then no part of it any more. Of two equations
-- for whole years the planner would expect that they leave no cap, and compare each cap with each service; of CASE it expects nothing.
CREATE FUNCTION steering.authorised_budget(reader name)
RETURNS TABLE (participant text, during daterange, service text, authorised numeric, actual numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20
BEGIN ATOMIC
WITH service_depth AS MATERIALIZED (
	SELECT service_below.service_id, max(service_below.depth) AS depth FROM steering.service_below GROUP BY service_below.service_id
), standing AS MATERIALIZED (
	SELECT cap.cap_id, readable.code AS participant, service.code AS service, cap.service_id, cap.during, cap.amount::numeric AS amended,
		CASE WHEN booked.is_unknown IS NOT TRUE THEN coalesce(booked.actual, 0) END AS actual,
		service_depth.depth - frame.level AS level, frame.separate_percent
	FROM steering.cap
	JOIN steering.readable_by(authorised_budget.reader) AS readable ON readable.participant_id = cap.participant_id
	JOIN steering.service ON service.service_id = cap.service_id
	JOIN service_depth ON service_depth.service_id = cap.service_id
	CROSS JOIN LATERAL (
		SELECT record.level, record.separate_percent FROM steering.lawfulness_frame_record AS record
		WHERE (record.participant_id IS NULL OR record.participant_id = cap.participant_id) AND record.during @> (upper(cap.during) - 1)
		ORDER BY record.participant_id LIMIT 1) AS frame
	LEFT JOIN steering.cap_stage AS booked ON booked.cap_id = cap.cap_id
	WHERE (SELECT EXISTS (SELECT FROM steering.lawfulness_frame_record))
		AND cap.metric = 'budget' AND CASE WHEN lower(cap.during) = date_trunc('year', lower(cap.during)) THEN upper(cap.during) = lower(cap.during) + interval '1 year' END
), programme AS (
	SELECT standing.*, sum(standing.amended) OVER (PARTITION BY standing.participant, standing.during) AS all_budgets
	FROM standing WHERE standing.level = 0
), apart AS MATERIALIZED (
	SELECT goal.*, programme.cap_id AS programme_id
	FROM standing AS goal
	JOIN programme ON programme.participant = goal.participant AND programme.during = goal.during
	JOIN steering.service_below ON service_below.top_id = programme.service_id AND service_below.service_id = goal.service_id
	WHERE goal.level = 1 AND goal.amended > goal.separate_percent * programme.all_budgets / 100
)
SELECT programme.participant, programme.during, programme.service, programme.amended - coalesce(sum(apart.amended), 0),
	CASE WHEN bool_or(apart.cap_id IS NOT NULL AND apart.actual IS NULL) THEN NULL ELSE programme.actual - coalesce(sum(apart.actual), 0) END
FROM programme
LEFT JOIN apart ON apart.programme_id = programme.cap_id
GROUP BY programme.cap_id, programme.participant, programme.during, programme.service, programme.amended, programme.actual
UNION ALL
SELECT apart.participant, apart.during, apart.service, apart.amended, apart.actual FROM apart;
END;
REVOKE ALL ON FUNCTION steering.authorised_budget(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.authorised_budget(name) IS 'budgets of calendar years as councils authorise them, where something is laid down about their lawfulness, of participants that a role may read, which who has logged in is, or may become: the limit of the cap, and what was spent of it (null: bookings cannot be read), without what is authorised apart';

CREATE FUNCTION steering.lawfulness_base_for(reader name) RETURNS TABLE (participant text, during daterange, costs numeric, additions numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH base AS MATERIALIZED (
	SELECT readable.code, known.base_id, known.participant_id, known.during, known.costs::numeric AS costs, known.additions::numeric AS additions
	FROM steering.lawfulness_base AS known
	JOIN steering.readable_by(lawfulness_base_for.reader) AS readable ON readable.participant_id = known.participant_id
), span AS MATERIALIZED (
	SELECT DISTINCT base.during FROM base WHERE base.costs IS NULL
), booked AS MATERIALIZED (
	SELECT span.during, usage.participant_id, sum(usage.actual::numeric) AS amount
	FROM span CROSS JOIN LATERAL steering.usage_between(lower(span.during), upper(span.during)) AS usage
	GROUP BY span.during, usage.participant_id
), spent AS (
	SELECT base.base_id, sum(booked.amount) AS amount
	FROM base
	JOIN steering.participant_below ON participant_below.top_id = base.participant_id
	JOIN booked ON booked.participant_id = participant_below.participant_id AND booked.during = base.during
	WHERE base.costs IS NULL
	GROUP BY base.base_id
)
SELECT base.code, base.during, coalesce(base.costs, spent.amount, 0), base.additions
FROM base LEFT JOIN spent ON spent.base_id = base.base_id;
END;
REVOKE ALL ON FUNCTION steering.lawfulness_base_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.lawfulness_base_for(name) IS 'what limits are percentages of, of participants that a role may read, which who has logged in is, or may become';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.lawfulness_base_of(reader name) RETURNS TABLE (participant text, during daterange, costs numeric, additions numeric)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.lawfulness_base_of(name) IS 'the same as lawfulness_base_for(), for a role that the caller is, or may become; for others no row';

CREATE FUNCTION steering.lawfulness_deviation_for(reader name)
RETURNS TABLE (participant text, period text, valid_from date, valid_to date, deviation_id integer, object text, subject text,
	authorised numeric, actual numeric, deviation numeric, offset_by text, amount numeric, rule integer, rule_name text,
	irregular boolean, acceptable boolean, counts boolean, is_reported boolean, explanation text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH known AS MATERIALIZED (
	SELECT readable.code AS participant, record.*
	FROM steering.deviation_record AS record
	JOIN steering.readable_by(lawfulness_deviation_for.reader) AS readable ON readable.participant_id = record.participant_id
), line AS (
	SELECT coalesce(budget.participant, record.participant) AS participant, coalesce(budget.during, record.during) AS during,
		'costs' AS object, coalesce(budget.service, record.subject) AS subject,
		CASE WHEN record.authorised IS NULL THEN budget.authorised ELSE record.authorised::numeric END AS authorised,
		CASE WHEN record.authorised IS NULL THEN budget.actual ELSE record.actual::numeric END AS actual,
		record.direct, record.unrelated, record.elsewhere, record.facts, record.explanation, record.deviation_id
	FROM steering.authorised_budget(lawfulness_deviation_for.reader) AS budget
	FULL JOIN (SELECT known.* FROM known WHERE known.object = 'costs') AS record
		ON record.participant = budget.participant AND record.during = budget.during AND record.subject = budget.service
	WHERE record.deviation_id IS NOT NULL OR (budget.actual <= budget.authorised) IS NOT TRUE
	UNION ALL
	SELECT record.participant, record.during, record.object, record.subject, record.authorised::numeric, record.actual::numeric,
		record.direct, record.unrelated, record.elsewhere, record.facts, record.explanation, record.deviation_id
	FROM known AS record WHERE record.object <> 'costs'
)
SELECT line.participant,
	steering.name_period(line.during) AS period,
	lower(line.during) AS valid_from,
	upper(line.during) - 1 AS valid_to,
	line.deviation_id,
	line.object || CASE WHEN line.actual < line.authorised THEN ' under' ELSE ' over' END AS object,
	line.subject,
	line.authorised,
	line.actual,
	line.actual - line.authorised AS deviation,
	piece.offset_by,
	piece.amount,
	judged.rule,
	judged.name AS rule_name,
	judged.irregular,
	judged.acceptable,
	judged.counts,
	abs(line.actual - line.authorised) > frame.reporting_limit::numeric AS is_reported,
	line.explanation
FROM line
JOIN steering.participant ON participant.code = line.participant
LEFT JOIN LATERAL (
	SELECT record.rules, record.reporting_limit FROM steering.lawfulness_frame_record AS record
	WHERE (record.participant_id IS NULL OR record.participant_id = participant.participant_id) AND record.during @> (upper(line.during) - 1)
	ORDER BY record.participant_id LIMIT 1) AS frame ON true
CROSS JOIN LATERAL (
	SELECT CASE WHEN line.actual > line.authorised THEN line.actual - line.authorised ELSE 0 END AS over,
		coalesce(line.direct::numeric, 0) AS direct, coalesce(line.unrelated::numeric, 0) AS unrelated, coalesce(line.elsewhere::numeric, 0) AS elsewhere) AS given
CROSS JOIN LATERAL (VALUES
	(1, 'direct', least(given.direct, given.over)),
	(2, 'unrelated', least(given.unrelated, greatest(given.over - given.direct, 0))),
	(3, 'elsewhere', least(given.elsewhere, greatest(given.over - given.direct - given.unrelated, 0))),
	(4, 'none', CASE WHEN given.over > 0 THEN greatest(given.over - given.direct - given.unrelated - given.elsewhere, 0)
		ELSE line.authorised - line.actual END)) AS piece (place, offset_by, amount)
LEFT JOIN LATERAL steering.lawfulness_rule(coalesce(frame.rules, '[]'), coalesce(line.facts, '{}') || jsonb_build_object(
	'object', line.object || CASE WHEN line.actual < line.authorised THEN ' under' ELSE ' over' END, 'offset', piece.offset_by,
	'amount', abs(line.actual - line.authorised), 'explained', line.explanation IS NOT NULL)) AS judged ON piece.amount IS NOT NULL
WHERE piece.amount > 0 OR (piece.amount IS NULL AND piece.place = 4);
END;
REVOKE ALL ON FUNCTION steering.lawfulness_deviation_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.lawfulness_deviation_for(name) IS 'steering.lawfulness_deviation, for a role that who has logged in is, or may become';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.lawfulness_deviation_of(reader name)
RETURNS TABLE (participant text, period text, valid_from date, valid_to date, deviation_id integer, object text, subject text,
	authorised numeric, actual numeric, deviation numeric, offset_by text, amount numeric, rule integer, rule_name text,
	irregular boolean, acceptable boolean, counts boolean, is_reported boolean, explanation text)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION steering.lawfulness_deviation_of(name) IS 'the same as lawfulness_deviation_for(), for a role that the caller is, or may become; for others no row';

CREATE VIEW steering.lawfulness_deviation WITH (security_barrier) AS
SELECT found.participant,
	found.period,
	found.valid_from,
	found.valid_to,
	found.deviation_id,
	found.object,
	found.subject,
	found.authorised,
	found.actual,
	found.deviation,
	found.offset_by,
	found.amount,
	found.rule,
	found.rule_name,
	found.irregular,
	found.acceptable,
	found.counts,
	found.is_reported,
	found.explanation
FROM steering.lawfulness_deviation_of(current_user) AS found;
GRANT SELECT ON steering.lawfulness_deviation TO PUBLIC;
COMMENT ON VIEW steering.lawfulness_deviation IS 'deviations from budgets that the role may read, and what the decision table of their last day makes of them: costs above the caps over a calendar year of programmes, where something is laid down (set_lawfulness_frame()), and what set_deviation() has said. One that is offset in part is several rows. Nothing is struck against anything else';
COMMENT ON COLUMN steering.lawfulness_deviation.participant IS 'code of the participant';
COMMENT ON COLUMN steering.lawfulness_deviation.period IS 'the period';
COMMENT ON COLUMN steering.lawfulness_deviation.valid_from IS 'its first day';
COMMENT ON COLUMN steering.lawfulness_deviation.valid_to IS 'its last day';
COMMENT ON COLUMN steering.lawfulness_deviation.deviation_id IS 'number of what set_deviation() has said of it; null: nothing';
COMMENT ON COLUMN steering.lawfulness_deviation.object IS 'costs, income, investment or reserve, over or under';
COMMENT ON COLUMN steering.lawfulness_deviation.subject IS 'of costs the code of the service, else a name';
COMMENT ON COLUMN steering.lawfulness_deviation.authorised IS 'what the council has authorised; null: there is no cap, and nobody has said';
COMMENT ON COLUMN steering.lawfulness_deviation.actual IS 'what it came to; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.deviation IS 'actual minus authorised, of the whole; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.offset_by IS 'by what this part of it is offset: direct (directly related income), unrelated (other income), elsewhere (under-spending), none';
COMMENT ON COLUMN steering.lawfulness_deviation.amount IS 'this part of it, without sign; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.rule IS 'the row of the decision table, from 1; null: none is for it';
COMMENT ON COLUMN steering.lawfulness_deviation.rule_name IS 'what that is called';
COMMENT ON COLUMN steering.lawfulness_deviation.irregular IS 'it is irregular; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.acceptable IS 'and acceptable; null: not irregular, or not known';
COMMENT ON COLUMN steering.lawfulness_deviation.counts IS 'the council lets it count for the statement';
COMMENT ON COLUMN steering.lawfulness_deviation.is_reported IS 'the deviation is above the reporting limit, and is to be explained; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.explanation IS 'why; null: nobody has said';

CREATE VIEW steering.lawfulness WITH (security_barrier) AS
WITH deviation AS (
	SELECT deviation.participant, daterange(deviation.valid_from, deviation.valid_to, '[]') AS during,
		coalesce(sum(deviation.amount) FILTER (WHERE deviation.irregular), 0) AS irregular,
		coalesce(sum(deviation.amount) FILTER (WHERE deviation.irregular AND deviation.acceptable), 0) AS acceptable,
		coalesce(sum(deviation.amount) FILTER (WHERE deviation.irregular AND NOT deviation.acceptable), 0) AS not_acceptable,
		coalesce(sum(deviation.amount) FILTER (WHERE deviation.counts), 0) AS counted,
		count(*) FILTER (WHERE deviation.amount IS NULL) AS unknown,
		count(DISTINCT deviation.object || deviation.subject) FILTER (WHERE deviation.is_reported AND deviation.explanation IS NULL) AS unexplained
	FROM steering.lawfulness_deviation AS deviation
	GROUP BY deviation.participant, deviation.valid_from, deviation.valid_to
)
SELECT coalesce(base.participant, deviation.participant) AS participant,
	steering.name_period(coalesce(base.during, deviation.during)) AS period,
	lower(coalesce(base.during, deviation.during)) AS valid_from,
	upper(coalesce(base.during, deviation.during)) - 1 AS valid_to,
	base.costs,
	base.additions,
	bounds.statement_limit,
	frame.reporting_limit::numeric AS reporting_limit,
	coalesce(deviation.irregular, 0) AS irregular,
	coalesce(deviation.acceptable, 0) AS acceptable,
	coalesce(deviation.not_acceptable, 0) AS not_acceptable,
	coalesce(deviation.counted, 0) AS counted,
	coalesce(deviation.unknown, 0) AS unknown,
	coalesce(deviation.unexplained, 0) AS unexplained,
	CASE WHEN deviation.irregular > bounds.statement_limit AND deviation.not_acceptable > 0 THEN 'not all lawful'
		WHEN deviation.unknown > 0 OR bounds.statement_limit IS NULL THEN NULL
		WHEN deviation.irregular > bounds.statement_limit THEN 'irregular but acceptable'
		ELSE 'nothing to report' END AS conclusion,
	(base.costs + base.additions) * frame.errors_percent / 100 AS errors_limit,
	(base.costs + base.additions) * frame.uncertainties_percent / 100 AS uncertainties_limit
FROM steering.lawfulness_base_of(current_user) AS base
FULL JOIN deviation ON deviation.participant = base.participant AND deviation.during = base.during
LEFT JOIN LATERAL (
	SELECT record.statement_percent, record.reporting_limit, record.errors_percent, record.uncertainties_percent
	FROM steering.lawfulness_frame_record AS record
	LEFT JOIN steering.participant AS owner ON owner.participant_id = record.participant_id
	WHERE (record.participant_id IS NULL OR owner.code = coalesce(base.participant, deviation.participant))
		AND record.during @> (upper(coalesce(base.during, deviation.during)) - 1)
	ORDER BY record.participant_id LIMIT 1) AS frame ON true
CROSS JOIN LATERAL (SELECT (base.costs + base.additions) * frame.statement_percent / 100 AS statement_limit) AS bounds;
GRANT SELECT ON steering.lawfulness TO PUBLIC;
COMMENT ON VIEW steering.lawfulness IS 'the statement on lawfulness of each participant and period that the role may read: limits, sums of deviations without netting, and what it has to say';
COMMENT ON COLUMN steering.lawfulness.participant IS 'code of the participant';
COMMENT ON COLUMN steering.lawfulness.period IS 'the period';
COMMENT ON COLUMN steering.lawfulness.valid_from IS 'its first day';
COMMENT ON COLUMN steering.lawfulness.valid_to IS 'its last day';
COMMENT ON COLUMN steering.lawfulness.costs IS 'all of its costs; null: nobody has said of what limits are percentages (set_lawfulness_base())';
COMMENT ON COLUMN steering.lawfulness.additions IS 'what was added to its reserves; null: likewise';
COMMENT ON COLUMN steering.lawfulness.statement_limit IS 'limit of the statement: a percentage of costs and additions; null: not known';
COMMENT ON COLUMN steering.lawfulness.reporting_limit IS 'deviations of more than this are explained; null: nothing is laid down';
COMMENT ON COLUMN steering.lawfulness.irregular IS 'sum of what is irregular, without signs';
COMMENT ON COLUMN steering.lawfulness.acceptable IS 'of it what is acceptable';
COMMENT ON COLUMN steering.lawfulness.not_acceptable IS 'of it what is not';
COMMENT ON COLUMN steering.lawfulness.counted IS 'sum of what the council lets count';
COMMENT ON COLUMN steering.lawfulness.unknown IS 'number of deviations whose amount is not known';
COMMENT ON COLUMN steering.lawfulness.unexplained IS 'number of deviations above the reporting limit that nobody has explained';
COMMENT ON COLUMN steering.lawfulness.conclusion IS 'nothing to report: irregular is not above the limit; irregular but acceptable: it is, and all of it is acceptable; not all lawful; null: not known';
COMMENT ON COLUMN steering.lawfulness.errors_limit IS 'what the auditor allows of errors; null: not known';
COMMENT ON COLUMN steering.lawfulness.uncertainties_limit IS 'what he allows of uncertainties; null: not known, or they have no limit of their own';

CREATE VIEW steering.lawfulness_frame WITH (security_barrier) AS
SELECT record.frame_id,
	participant.code AS participant,
	record.during,
	record.level,
	record.separate_percent,
	record.statement_percent,
	record.reporting_limit::numeric AS reporting_limit,
	record.errors_percent,
	record.uncertainties_percent,
	record.rules,
	record.document
FROM steering.lawfulness_frame_record AS record
LEFT JOIN steering.participant ON participant.participant_id = record.participant_id
WHERE CASE WHEN record.participant_id IS NULL THEN EXISTS (SELECT FROM steering.readable_participant)
	ELSE record.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant) END;
GRANT SELECT ON steering.lawfulness_frame TO PUBLIC;
COMMENT ON VIEW steering.lawfulness_frame IS 'what councils have laid down about lawfulness, of participants that the role may read, and what holds for all';
COMMENT ON COLUMN steering.lawfulness_frame.frame_id IS 'number of the frame';
COMMENT ON COLUMN steering.lawfulness_frame.participant IS 'code of the participant; null: for all that have none of their own';
COMMENT ON COLUMN steering.lawfulness_frame.during IS 'the days that it holds on';
COMMENT ON COLUMN steering.lawfulness_frame.level IS 'how far below the top of the catalogue programmes stand';
COMMENT ON COLUMN steering.lawfulness_frame.separate_percent IS 'what right below a programme has more than this of all budgets is authorised apart; null: nothing is';
COMMENT ON COLUMN steering.lawfulness_frame.statement_percent IS 'limit of the statement, in percent';
COMMENT ON COLUMN steering.lawfulness_frame.reporting_limit IS 'deviations of more than this are explained';
COMMENT ON COLUMN steering.lawfulness_frame.errors_percent IS 'what the auditor allows of errors, in percent; null: not said';
COMMENT ON COLUMN steering.lawfulness_frame.uncertainties_percent IS 'what he allows of uncertainties; null: they have no limit of their own';
COMMENT ON COLUMN steering.lawfulness_frame.rules IS 'the decision table, in its order';
COMMENT ON COLUMN steering.lawfulness_frame.document IS 'where it is written; null: not said';
