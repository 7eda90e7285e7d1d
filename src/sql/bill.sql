-- What a bill is made of. Terms are for all months of an agreement, so they are judged over all of its months that
-- have passed: what is due until a day is computed from its first month on, and a bill is what is due until its
-- last day less what was billed before. So closing months or quarters, in any order, changes when something is
-- billed, and not what.
--
-- Of one agreement these are: its own terms, its share of cost (divided for the spans in which the same agreements
-- share the cost of a service), and its incentive. The supplier's result is shared for years: see result_year().
-- What one closing has billed as a whole, such as an agreement of a closed year, is not computed again.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it.

CREATE VIEW steering.billed_closing AS
SELECT closing.closing_id, closing.during
FROM steering.closing
WHERE closing.reopened_at IS NULL
	AND EXISTS (SELECT FROM steering.settlement_line WHERE settlement_line.closing_id = closing.closing_id);
REVOKE ALL ON steering.billed_closing FROM PUBLIC;
COMMENT ON VIEW steering.billed_closing IS 'closings that hold and whose settlement was stored: what they billed is not billed again';
COMMENT ON COLUMN steering.billed_closing.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.billed_closing.during IS 'its period';

CREATE FUNCTION steering.billed_run(first_day date, end_day date) RETURNS daterange
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT run.during
FROM unnest(datemultirange(daterange(billed_run.first_day, billed_run.end_day)) + coalesce((
	SELECT range_agg(billed.during)
	FROM steering.billed_closing AS billed
	WHERE billed.during <@ daterange(billed_run.first_day, billed_run.end_day)
		OR NOT billed.during && daterange(billed_run.first_day, billed_run.end_day)), '{}'::datemultirange)) AS run (during)
WHERE run.during @> daterange(billed_run.first_day, billed_run.end_day);
END;
REVOKE ALL ON FUNCTION steering.billed_run(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.billed_run(date, date) IS
'the months from first_day until before end_day together with the months before and after them that were billed without a gap';

CREATE FUNCTION steering.billed_around(first_day date, end_day date)
RETURNS TABLE (closing_id integer, during daterange, place text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
SELECT billed.closing_id, billed.during,
	CASE WHEN upper(billed.during) <= billed_around.first_day THEN 'before'
		WHEN lower(billed.during) >= billed_around.end_day THEN 'after' ELSE 'inside' END
FROM (SELECT steering.billed_run(billed_around.first_day, billed_around.end_day) AS during) AS run
JOIN steering.billed_closing AS billed ON billed.during <@ run.during
WHERE billed.during <@ daterange(billed_around.first_day, billed_around.end_day)
	OR NOT billed.during && daterange(billed_around.first_day, billed_around.end_day);
END;
REVOKE ALL ON FUNCTION steering.billed_around(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.billed_around(date, date) IS
'the closings that billed_run() is made of, and whether they lie before, inside or after the months asked for; those that have only a part of these, or more than these, are left out';

CREATE FUNCTION steering.share_span(first_day date, end_day date)
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
REVOKE ALL ON FUNCTION steering.share_span(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.share_span(date, date) IS
'the months from first_day until before end_day, per service cut into spans in which the same agreements share its cost by a key, each with these agreements';

-- A share is owed by whoever has the nearest of the agreements that share the cost: the receiver itself, or a group
-- that it belongs to. An unknown weight matters where it would be owed by an agreement with this key.
CREATE FUNCTION steering.share_weight(first_day date, end_day date)
RETURNS TABLE (service_id integer, first_day date, end_day date, key_id integer, participant_id integer,
	receiving_service_id integer, weight numeric, agreement_id integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH holder AS MATERIALIZED (
	SELECT span.* FROM steering.share_span(share_weight.first_day, share_weight.end_day) AS span
), keyed AS MATERIALIZED (
	SELECT DISTINCT holder.service_id, holder.first_day, holder.end_day, holder.key_id FROM holder
), weighed AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.end_day, keyed.key_id, weighed.participant_id,
		weighed.service_id AS receiving_service_id, weighed.weight
	FROM (SELECT DISTINCT keyed.first_day, keyed.end_day FROM keyed) AS days
	CROSS JOIN LATERAL steering.key_weight_in(days.first_day, days.end_day) AS weighed
	JOIN keyed ON keyed.first_day = days.first_day AND keyed.end_day = days.end_day AND keyed.key_id = weighed.key_id
), scope AS MATERIALIZED (
	SELECT weighed.service_id, weighed.first_day, weighed.key_id, weighed.participant_id, participant_below.top_id, participant_below.depth
	FROM weighed
	JOIN steering.participant_below ON participant_below.participant_id = weighed.participant_id
), nearest AS MATERIALIZED (
	SELECT DISTINCT ON (scope.service_id, scope.first_day, scope.key_id, scope.participant_id)
		scope.service_id, scope.first_day, scope.key_id, scope.participant_id, holder.agreement_id,
		holder.key_id = scope.key_id AS by_this_key
	FROM scope
	JOIN holder ON holder.service_id = scope.service_id AND holder.first_day = scope.first_day
		AND holder.participant_id = scope.top_id
	ORDER BY scope.service_id, scope.first_day, scope.key_id, scope.participant_id, scope.depth
)
SELECT weighed.*, CASE WHEN nearest.by_this_key THEN nearest.agreement_id END
FROM weighed
LEFT JOIN nearest ON nearest.service_id = weighed.service_id AND nearest.first_day = weighed.first_day
	AND nearest.key_id = weighed.key_id AND nearest.participant_id = weighed.participant_id
WHERE weighed.weight IS NOT NULL OR nearest.by_this_key;
END;
REVOKE ALL ON FUNCTION steering.share_weight(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.share_weight(date, date) IS
'by which weights the cost of services is divided, for each span of share_span() and each key in it, with the agreement that owes the share (null: nobody does). Null: the weight is not known, so that the cost cannot be divided; below zero: it weighs nothing';

CREATE FUNCTION steering.result_year(first_day date, end_day date)
RETURNS TABLE (during daterange, key_id integer, percent numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 2
BEGIN ATOMIC
SELECT year.during, rule.key_id, rule.percent
FROM steering.result_share AS rule
CROSS JOIN LATERAL (
	SELECT daterange(begins::date, (begins + interval '1 year')::date) * rule.during AS during
	FROM generate_series(coalesce(lower(rule.during)::timestamp, date_trunc('year', result_year.first_day::timestamp)),
		result_year.end_day - interval '1 day', interval '1 year') AS begins
) AS year
WHERE rule.during && daterange(result_year.first_day, result_year.end_day)
	AND year.during && daterange(result_year.first_day, result_year.end_day)
UNION ALL
SELECT free.during, NULL, 0
FROM generate_series(date_trunc('year', result_year.first_day::timestamp), result_year.end_day - interval '1 day',
	interval '1 year') AS begins
CROSS JOIN LATERAL unnest(datemultirange(daterange(begins::date, (begins + interval '1 year')::date)) - coalesce((
	SELECT range_agg(rule.during) FROM steering.result_share AS rule), '{}'::datemultirange)) AS free (during)
WHERE free.during && daterange(result_year.first_day, result_year.end_day);
END;
REVOKE ALL ON FUNCTION steering.result_year(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.result_year(date, date) IS
'the years with months from first_day until before end_day that the supplier''s result is shared for: twelve months each, counted from the first month of the rule (calendar years, if it has none), the last one until its end. Months without a rule are in calendar years, of whose result nothing is shared';

CREATE FUNCTION steering.result_weight(first_day date, end_day date, key_id integer)
RETURNS TABLE (participant_id integer, service_id integer, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT weighed.participant_id, weighed.service_id, weighed.weight
FROM steering.key_weight_in(result_weight.first_day, result_weight.end_day) AS weighed
WHERE weighed.key_id = result_weight.key_id
	AND (weighed.weight IS NOT NULL OR EXISTS (
		SELECT FROM steering.participant_below AS below
		JOIN steering.agreement ON agreement.participant_id = below.top_id
		WHERE below.participant_id = weighed.participant_id
			AND agreement.during && daterange(result_weight.first_day, result_weight.end_day)));
END;
REVOKE ALL ON FUNCTION steering.result_weight(date, date, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.result_weight(date, date, integer) IS
'by which weights the supplier''s result of these months is shared by a key. Null: the weight of a participant with an agreement is not known';

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
REVOKE ALL ON FUNCTION steering.settlement_charge(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_charge(date, date) IS
'what is due until before end_day by the agreements that have months before it and on or after first_day, since each of them began, in the lines of settle(); and where cost belongs, in the lines of compute_settlement(), since the first of them began. An amount is null where a weight is not known. All that are months are the first days of months';

-- Lines of the months themselves are settled anew for all of them, and what was billed in them is taken back, each
-- closing for itself (corrects). What was billed before and after is taken off at once.
CREATE FUNCTION steering.settlement_owed(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH run AS MATERIALIZED (
	SELECT steering.billed_run(settlement_owed.first_day, settlement_owed.end_day) AS during
), billed AS MATERIALIZED (
	SELECT billed.* FROM steering.billed_around(settlement_owed.first_day, settlement_owed.end_day) AS billed
), charge AS MATERIALIZED (
	SELECT days.day, charge.*
	FROM (SELECT settlement_owed.first_day AS day UNION SELECT settlement_owed.end_day UNION SELECT upper(run.during) FROM run) AS days
	CROSS JOIN LATERAL steering.settlement_charge(settlement_owed.first_day, days.day) AS charge
), term AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.during
	FROM steering.agreement
	WHERE agreement.during && daterange(settlement_owed.first_day, settlement_owed.end_day)
	UNION ALL
	SELECT revision.agreement_id, revision.during
	FROM steering.agreement_revision AS revision
	WHERE revision.kind = 'dropped' AND revision.during && daterange(settlement_owed.first_day, settlement_owed.end_day)
), judged AS MATERIALIZED (
	SELECT months.during, lower(months.during) < lower(run.during) AS open_before
	FROM (SELECT DISTINCT term.during FROM term) AS months
	CROSS JOIN run
	WHERE NOT EXISTS (SELECT FROM billed WHERE billed.during @> months.during)
), unit AS MATERIALIZED (
	SELECT term.agreement_id, judged.open_before
	FROM term
	JOIN judged ON judged.during = term.during
), stored AS MATERIALIZED (
	SELECT billed.place, stored.*
	FROM billed
	JOIN steering.settlement_line AS stored ON stored.closing_id = billed.closing_id
), entry AS MATERIALIZED (
	SELECT 1 AS sign, charge.line, charge.service_id, charge.participant_id, charge.agreement_id, charge.key, charge.quantity,
		charge.price, charge.amount, NULL::integer AS corrects
	FROM run
	JOIN charge ON charge.day = upper(run.during)
	JOIN unit ON unit.agreement_id = charge.agreement_id
	WHERE charge.participant_id IS NOT NULL
	UNION ALL
	SELECT -1, charge.line, charge.service_id, charge.participant_id, charge.agreement_id, charge.key, charge.quantity,
		charge.price, charge.amount, NULL
	FROM charge
	JOIN unit ON unit.agreement_id = charge.agreement_id
	WHERE charge.participant_id IS NOT NULL AND charge.day = settlement_owed.first_day AND unit.open_before
	UNION ALL
	SELECT -1, stored.line, stored.service_id, stored.participant_id, stored.agreement_id, stored.key, stored.quantity,
		stored.price, stored.amount::numeric, CASE WHEN stored.place = 'inside' THEN stored.closing_id END
	FROM stored
	JOIN unit ON unit.agreement_id = stored.agreement_id
	WHERE stored.participant_id IS NOT NULL AND NOT (stored.place = 'before' AND unit.open_before)
), month_cost AS MATERIALIZED (
	SELECT 1 AS sign, charge.line, charge.service_id, charge.participant_id, charge.agreement_id, charge.key, charge.amount
	FROM charge
	WHERE charge.day = settlement_owed.end_day
	UNION ALL
	SELECT -1, charge.line, charge.service_id, charge.participant_id, charge.agreement_id, charge.key, charge.amount
	FROM charge
	WHERE charge.day = settlement_owed.first_day
), unowed AS (
	SELECT month_cost.sign, month_cost.service_id, month_cost.key, month_cost.amount
	FROM month_cost
	WHERE month_cost.line IN ('unowed_cost', 'share')
	UNION ALL
	SELECT -1, stored.service_id, stored.key, stored.amount::numeric
	FROM stored
	WHERE stored.place = 'inside' AND (stored.line = 'unowed_cost'
		OR stored.line = 'share' AND stored.agreement_id NOT IN (SELECT unit.agreement_id FROM unit))
	UNION ALL
	SELECT - entry.sign, entry.service_id, entry.key, entry.amount
	FROM entry
	WHERE entry.line = 'share' AND entry.corrects IS NULL
)
SELECT entry.line, entry.service_id, entry.participant_id, entry.agreement_id, entry.key,
	CASE WHEN entry.line = 'share' THEN round(100 * sum(entry.sign * entry.amount) / nullif(sum(entry.sign * entry.price), 0), 4)
		WHEN entry.line <> 'incentive' THEN sum(entry.sign * entry.quantity)
		WHEN count(*) = 1 THEN max(entry.quantity) END,
	CASE WHEN entry.line = 'share' THEN sum(entry.sign * entry.price)
		WHEN entry.line <> 'incentive' THEN CASE WHEN min(entry.price) = max(entry.price) THEN max(entry.price) END
		WHEN count(*) = 1 THEN max(entry.sign * entry.price) END,
	CASE WHEN bool_and(entry.amount IS NOT NULL) THEN sum(entry.sign * entry.amount) END,
	entry.corrects
FROM entry
GROUP BY entry.line, entry.service_id, entry.participant_id, entry.agreement_id, entry.key, entry.corrects
HAVING coalesce(sum(entry.sign * entry.amount) <> 0, true) OR NOT bool_and(entry.amount IS NOT NULL)
	OR entry.line IN ('agreed', 'excess', 'unused', 'advance') AND sum(entry.sign * entry.quantity) <> 0
	OR count(*) = 1 AND entry.corrects IS NULL AND entry.line NOT IN ('excess', 'unused') AND bool_or(entry.sign > 0)
UNION ALL
SELECT cost.line, cost.service_id, NULL, cost.agreement_id, cost.key, NULL, NULL, sum(cost.sign * cost.amount), NULL
FROM (
	SELECT month_cost.sign, month_cost.line, month_cost.service_id, month_cost.agreement_id, month_cost.key, month_cost.amount
	FROM month_cost
	UNION ALL
	SELECT -1, stored.line, stored.service_id, stored.agreement_id, stored.key, stored.amount::numeric
	FROM stored
	WHERE stored.place = 'inside'
) AS cost
WHERE cost.line IN ('booked_cost', 'agreed_cost', 'shared_cost', 'other_cost', 'divided_cost', 'undivided_cost')
GROUP BY cost.line, cost.service_id, cost.agreement_id, cost.key
HAVING sum(cost.sign * cost.amount) <> 0 OR cost.line IN ('booked_cost', 'divided_cost')
UNION ALL
SELECT 'unowed_cost', unowed.service_id, NULL, NULL, unowed.key, NULL, NULL, sum(unowed.sign * unowed.amount), NULL
FROM unowed
GROUP BY unowed.service_id, unowed.key
HAVING sum(unowed.sign * unowed.amount) <> 0;
END;
REVOKE ALL ON FUNCTION steering.settlement_owed(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_owed(date, date) IS
'the lines of compute_settlement() that agreements and cost decide: what settlement_charge() says is due until the end of these months (and of the billed ones right after them), less what is due until their start, or was billed if all of the months of the agreement until then were';
