-- Weights that a bill cannot be divided by: what is not known is never taken as zero. What cannot be computed is null
-- in settle(), stops closing, and is listed here, as is what weighs nothing since more was given back than taken.

CREATE FUNCTION steering.settlement_problem_in(first_day date, end_day date)
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
REVOKE ALL ON FUNCTION steering.settlement_problem_in(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_problem_in(date, date) IS
'what settlement_problem() tells, with numbers: by service (null: the supplier''s result) and key, months in which the same agreements share the cost, and the amount that is to be divided';

CREATE FUNCTION steering.describe_settlement_problem(first_day date, end_day date)
RETURNS TABLE (service text, key text, participant text, problem text, detail text, hint text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT service.code, allocation_key.code, participant.code, found.problem,
	CASE found.problem
		WHEN 'weight unknown' THEN format('The weight of participant "%s" in allocation key "%s" is not known, so %s of %s cannot be divided.',
			participant.code, allocation_key.code, what.divided, steering.name_period(found.months))
		WHEN 'weight below zero' THEN format('The weight of participant "%s" in allocation key "%s" is %s, since more was given back than taken: it has no share in %s of %s.',
			participant.code, allocation_key.code, trim_scale(found.weight), what.divided, steering.name_period(found.months))
		ELSE format('Nobody has a weight above zero in allocation key "%s", so nobody owes %s of %s.',
			allocation_key.code, what.divided, steering.name_period(found.months))
	END,
	CASE WHEN found.problem = 'weight below zero' THEN 'see whether its bookings are right'
		WHEN found.problem = 'no weights' THEN 'see to the weights, or divide by another key'
		WHEN allocation_key.basis = 'inhabitants' THEN 'fill in its inhabitants in steering.participant; 0 says that it has none'
		WHEN allocation_key.basis = 'fixed' THEN 'SELECT steering.set_key_weight(...); 0 says that it has no share'
		ELSE 'agree on a volume or an amount with steering.set_agreement()' END
FROM steering.settlement_problem_in(describe_settlement_problem.first_day, describe_settlement_problem.end_day) AS found
JOIN steering.allocation_key ON allocation_key.key_id = found.key_id
LEFT JOIN steering.service ON service.service_id = found.service_id
LEFT JOIN steering.participant ON participant.participant_id = found.participant_id
CROSS JOIN LATERAL (
	SELECT CASE WHEN found.service_id IS NULL THEN 'the supplier''s result'
		ELSE format('cost %s of service "%s"', round(found.amount, 2), service.code) END AS divided
) AS what
ORDER BY found.problem DESC, service.code COLLATE "C", allocation_key.code COLLATE "C", participant.code COLLATE "C", found.months;
END;
REVOKE ALL ON FUNCTION steering.describe_settlement_problem(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.describe_settlement_problem(date, date) IS
'settlement_problem() of the months from first_day until before end_day';

CREATE FUNCTION steering.settlement_problem(period text)
RETURNS TABLE (service text, key text, participant text, problem text, detail text, hint text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT found.service, found.key, found.participant, found.problem, found.detail, found.hint
FROM steering.period_range(settlement_problem.period) AS during
CROSS JOIN LATERAL steering.describe_settlement_problem(lower(during), upper(during)) AS found;
END;
REVOKE ALL ON FUNCTION steering.settlement_problem(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_problem(text) IS
'what stands in the way of dividing the shared cost of a period, and the supplier''s result (service null). weight unknown: a participant that has to share has no inhabitants, no fixed weight, or an agreement with neither volume nor money; until it is known settle() gives null for the shares of that service by that key, and for what depends on them, the proof shows undivided_cost, and the period cannot be closed. weight below zero: a participant gave back more volume than it took; it weighs 0, so the others share the cost. no weights: nobody has a weight above zero, so nobody owes the cost, which the proof shows as unowed_cost. No row is right. Errors: those of period_range()';

CREATE VIEW steering.weight_problem AS
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
REVOKE ALL ON steering.weight_problem FROM PUBLIC;
COMMENT ON VIEW steering.weight_problem IS 'health(): weights that shared cost cannot be divided by until today, see settlement_problem()';
COMMENT ON COLUMN steering.weight_problem.subject IS 'a service';
COMMENT ON COLUMN steering.weight_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.weight_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.weight_problem.hint IS 'what to do';
