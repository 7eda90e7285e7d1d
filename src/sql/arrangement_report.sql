-- arrangement_report.sql
-- Reports, settlement and the supplier's health of one arrangement: those of its participants, in the months in which they take part.

-- A participant may take part itself and in a group: each of its months counts once.
CREATE FUNCTION steering.arrangement_span(arrangement text, period daterange)
RETURNS TABLE (participant_id integer, during daterange)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
SELECT span.participant_id, part.during
FROM (
	SELECT below.participant_id, range_agg(taking.during * arrangement_span.period) AS months
	FROM steering.arrangement_member AS taking
	JOIN steering.participant_below AS below ON below.top_id = taking.participant_id
	WHERE taking.arrangement_id = steering.arrangement_number(arrangement_span.arrangement) AND taking.during && arrangement_span.period
	GROUP BY below.participant_id
) AS span
CROSS JOIN LATERAL unnest(span.months) AS part (during);
END;
REVOKE ALL ON FUNCTION steering.arrangement_span(text, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_span(text, daterange) IS
'who takes part in an arrangement, itself or in a group, in which months of a period. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.arrangement_report(arrangement text, period text)
RETURNS TABLE (valid_from date, valid_to date, service text, participant text, budget numeric, actual numeric, committed numeric,
	volume numeric, agreed_cost numeric, total_variance numeric, target numeric, measured numeric, attainment numeric, signal text,
	service_kind text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.arrangement_number(arrangement_report.arrangement);
WITH span AS MATERIALIZED (
	SELECT span.during, participant.code
	FROM steering.arrangement_span(arrangement_report.arrangement, steering.period_range(arrangement_report.period)) AS span
	JOIN steering.participant ON participant.participant_id = span.participant_id
)
SELECT lower(days.during), upper(days.during) - 1, report.service, report.participant, report.budget, report.actual, report.committed,
	report.volume, report.agreed_cost, report.total_variance, report.target, report.measured, report.attainment, report.signal,
	report.service_kind
FROM (SELECT DISTINCT span.during FROM span) AS days
CROSS JOIN LATERAL steering.cost_versus_result(format('[%s,%s)', to_char(lower(days.during)::timestamp, 'YYYY-MM-DD'),
	to_char(upper(days.during)::timestamp, 'YYYY-MM-DD'))) AS report
JOIN span ON span.during = days.during AND span.code = report.participant
ORDER BY report.service COLLATE "C", report.participant COLLATE "C", days.during;
END;
REVOKE ALL ON FUNCTION steering.arrangement_report(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_report(text, text) IS
'cost_versus_result() of who takes part in an arrangement, for the months of the period in which it does (valid_from, valid_to). It shows all participants: for who reports on the arrangement as a whole. Errors: 22004 null, 22023 unknown, those of cost_versus_result()';

CREATE FUNCTION steering.arrangement_settlement(arrangement text, period text)
RETURNS TABLE (participant text, service text, agreement_id integer, line text, quantity numeric, price numeric,
	amount numeric, valid_from date, valid_to date, closing_id integer, corrects integer)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.arrangement_number(arrangement_settlement.arrangement);
SELECT steering.require_settled(days.during)
FROM (SELECT DISTINCT span.during
	FROM steering.arrangement_span(arrangement_settlement.arrangement, steering.period_range(arrangement_settlement.period)) AS span) AS days;
WITH span AS MATERIALIZED (
	SELECT span.* FROM steering.arrangement_span(arrangement_settlement.arrangement, steering.period_range(arrangement_settlement.period)) AS span
)
SELECT participant.code, service.code, settled.agreement_id, settled.line, settled.quantity, settled.price, round(settled.amount, 2),
	lower(settled.piece), upper(settled.piece) - 1, settled.closing_id, settled.corrects
FROM (SELECT DISTINCT span.during FROM span) AS days
CROSS JOIN LATERAL steering.settlement_in(days.during) AS settled
JOIN span ON span.during = days.during AND span.participant_id = settled.participant_id
JOIN steering.participant ON participant.participant_id = settled.participant_id
LEFT JOIN steering.service ON service.service_id = settled.service_id
ORDER BY participant.code COLLATE "C", service.code COLLATE "C" NULLS LAST, settled.piece, settled.agreement_id, settled.line, settled.amount;
END;
REVOKE ALL ON FUNCTION steering.arrangement_settlement(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_settlement(text, text) IS
'settle() for who takes part in an arrangement, and for the months of the period in which it does. It shows all participants of it. Errors: 22004 null, 22023 unknown, those of settle()';

-- What is shared by a key is no agreement's cost: it is the cost of who bears it.
CREATE FUNCTION steering.arrangement_health(arrangement text, period text)
RETURNS TABLE (participants bigint, revenue numeric, cost numeric, result numeric, coverage numeric, reserve numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.arrangement_number(arrangement_health.arrangement);
SELECT steering.require_settled(days.during)
FROM (SELECT DISTINCT span.during
	FROM steering.arrangement_span(arrangement_health.arrangement, steering.period_range(arrangement_health.period)) AS span) AS days;
WITH span AS MATERIALIZED (
	SELECT span.* FROM steering.arrangement_span(arrangement_health.arrangement, steering.period_range(arrangement_health.period)) AS span
), settled AS MATERIALIZED (
	SELECT settled.line, settled.amount
	FROM (SELECT DISTINCT span.during FROM span) AS days
	CROSS JOIN LATERAL steering.settlement_in(days.during) AS settled
	LEFT JOIN steering.agreement_revision AS made ON made.agreement_id = settled.agreement_id AND made.revision = 1
	JOIN span ON span.during = days.during AND span.participant_id = coalesce(settled.participant_id, made.participant_id)
), total AS (
	SELECT CASE WHEN bool_and(settled.amount IS NOT NULL) FILTER (WHERE settled.line <> 'agreed_cost') IS NOT FALSE THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'correction')), 0) END AS revenue,
		CASE WHEN bool_and(settled.amount IS NOT NULL) FILTER (WHERE settled.line = 'share') IS NOT FALSE THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed_cost', 'share')), 0) END AS cost
	FROM settled
)
SELECT (SELECT count(DISTINCT span.participant_id) FROM span), round(total.revenue, 4), round(total.cost, 4), round(total.revenue - total.cost, 4),
	round(100 * total.revenue / nullif(total.cost, 0), 2),
	steering.arrangement_reserve_before(arrangement_health.arrangement, upper(steering.period_range(arrangement_health.period)))
FROM total;
END;
REVOKE ALL ON FUNCTION steering.arrangement_health(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_health(text, text) IS
'how the supplier does with one arrangement in a period: how many participants take part; revenue: what they owe by their agreements, incentives and corrections included, for the months in which they do; cost: the actual cost under their agreements, and their shares of shared cost; result: the one less the other; coverage: the one as a percentage of the other; reserve: what the arrangement has at the end of the period. Cost that is under no agreement, or that nobody owes, is of no arrangement: see settlement_proof(). Errors: 22004 null, 22023 unknown, those of settle()';
