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
REVOKE ALL ON FUNCTION steering.expected_growth(text, daterange, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.expected_growth(text, daterange, date, text) IS
'what a period is expected to bring beyond what has been booked in it: cost, by outlook(), and what participants will owe for that, by the agreements of the months that are open: prices for volume that grows as cost does, and shared cost in the part that is owed of it now';

-- What is owed follows from the volumes of all months together, so what a step brings is what is owed for
-- all months until its end less what was until its start: the steps add up to the total. A closed period
-- keeps what was billed; what it had brought before its end is computed.
CREATE OR REPLACE FUNCTION steering.supplier_health(period text, per text DEFAULT 'month', as_of date DEFAULT NULL, method text DEFAULT NULL)
RETURNS TABLE (step text, valid_from date, valid_to date, is_total boolean, revenue numeric, cost numeric, result numeric,
	coverage numeric, kept numeric, reserve_change numeric, reserve numeric, expected_revenue numeric, expected_cost numeric,
	expected_result numeric, expected_coverage numeric, expected_reserve numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 13 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.require_settled(steering.period_range(supplier_health.period));
WITH asked AS MATERIALIZED (
	SELECT steering.period_range(supplier_health.period) AS during, '{agreed,excess,unused,share,incentive,correction}'::text[] AS owed,
		CASE steering.granularity(steering.fiscal_period(lower(steering.period_range(supplier_health.period)), supplier_health.per))
			WHEN 'month' THEN interval '1 month' WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END AS length
), step AS MATERIALIZED (
	SELECT first_day::date AS first_day, least((first_day + asked.length)::date, upper(asked.during)) AS end_day, false AS is_total
	FROM asked
	CROSS JOIN LATERAL generate_series(lower(asked.during)::timestamp, upper(asked.during) - interval '1 day', asked.length) AS first_day
	UNION ALL
	SELECT lower(asked.during), upper(asked.during), true FROM asked
), piece AS MATERIALIZED (
	SELECT unnest(datemultirange(asked.during) - coalesce((
		SELECT range_agg(billed.during) FROM steering.billed_closing AS billed
		WHERE billed.during <@ asked.during), '{}'::datemultirange)) AS during
	FROM asked
), to_date AS MATERIALIZED (
	SELECT edge.day,
		CASE WHEN bool_and(settled.amount IS NOT NULL) FILTER (WHERE settled.line = ANY (asked.owed)) IS NOT FALSE THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = ANY (asked.owed)), 0) END AS revenue,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) AS cost,
		CASE WHEN bool_and(settled.amount IS NOT NULL) FILTER (WHERE settled.line = 'result_share') IS NOT FALSE THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result_share'), 0) END AS given
	FROM asked
	CROSS JOIN (SELECT DISTINCT step.end_day AS day FROM step) AS edge
	CROSS JOIN LATERAL steering.settlement_in(daterange(lower(asked.during), edge.day)) AS settled
	GROUP BY edge.day
), growth AS MATERIALIZED (
	SELECT growth.cost, growth.revenue,
		growth.revenue - growth.cost - round((growth.revenue - growth.cost) * coalesce(shared.percent, 0) * 0.01, 2) AS kept
	FROM (SELECT piece.during, least(coalesce(supplier_health.as_of, CURRENT_DATE), upper(piece.during) - 1) AS day, asked.during AS asked
		  FROM asked CROSS JOIN piece
		  WHERE upper(piece.during) = (SELECT max(upper(piece.during)) FROM piece)) AS last
	CROSS JOIN LATERAL steering.expected_growth(supplier_health.period, last.during, last.day, supplier_health.method) AS growth
	LEFT JOIN steering.result_share AS shared ON shared.during @> (upper(last.during) - 1)
	WHERE last.asked @> last.day
), brought AS (
	SELECT step.*, after.revenue - CASE WHEN before.day IS NULL THEN 0 ELSE before.revenue END AS revenue,
		after.cost - coalesce(before.cost, 0) AS cost, after.given - CASE WHEN before.day IS NULL THEN 0 ELSE before.given END AS given
	FROM step
	JOIN to_date AS after ON after.day = step.end_day
	LEFT JOIN to_date AS before ON before.day = step.first_day
)
SELECT steering.name_period(daterange(brought.first_day, brought.end_day)), brought.first_day, brought.end_day - 1, brought.is_total,
	round(brought.revenue, 4), round(brought.cost, 4), round(brought.revenue - brought.cost, 4),
	round(100 * brought.revenue / nullif(brought.cost, 0), 2),
	round(brought.revenue - brought.cost + brought.given, 4),
	round(coalesce(moved.within, 0), 4), round(coalesce(moved.until, 0), 4),
	round(brought.revenue + growth.revenue, 4), round(brought.cost + growth.cost, 4),
	round(brought.revenue + growth.revenue - brought.cost - growth.cost, 4),
	round(100 * (brought.revenue + growth.revenue) / nullif(brought.cost + growth.cost, 0), 2),
	round(coalesce(moved.until, 0) + brought.revenue - brought.cost + brought.given + growth.kept, 4)
FROM brought
LEFT JOIN growth ON brought.is_total
CROSS JOIN LATERAL (
	SELECT sum(reserve.amount::numeric) FILTER (WHERE reserve.booked_on >= brought.first_day) AS within,
		sum(reserve.amount::numeric) AS until
	FROM steering.reserve
	WHERE reserve.booked_on < brought.end_day
) AS moved
ORDER BY brought.is_total, brought.first_day;
END;
REVOKE ALL ON FUNCTION steering.supplier_health(text, text, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.supplier_health(text, text, date, text) IS
'how the supplier does in a period: for each month, quarter or year (per; null: none) of it, counted from its first day, and in total. revenue: what participants owe by their agreements, incentives and corrections included, see settle(); cost: what was booked as actual; result: the one less the other; coverage: the one as a percentage of the other; kept: the result less what participants share of it; reserve_change: movements of the reserve, and reserve: what it is at the end. A step brings what is owed for all months until its end, less what was until its start, so the steps add up to the total.
In the total also what is expected at the end of the period, by what was booked until as_of (null: today) and outlook() with this method (null: the best): expected_cost; expected_revenue, what is owed now for the whole period and what the cost to come will bring, see expected_growth(); expected_result and expected_coverage; expected_reserve, the reserve when what the supplier then keeps is added to it. They are null before the period, and in periods that are closed as a whole. Errors: those of settle() and outlook(), 22023 another per';
