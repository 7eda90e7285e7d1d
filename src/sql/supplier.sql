-- The supplier's health: reserve, risks, and what a period brings. The supplier is the organisation that
-- delivers; all of this is about the organisation as a whole, so it is for nobody who was not granted it.

CREATE TABLE steering.reserve (
	movement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT reserve_pkey PRIMARY KEY,
	booked_on date NOT NULL CONSTRAINT reserve_booked_on_finite CHECK (isfinite(booked_on)),
	amount steering.amount NOT NULL
		CONSTRAINT reserve_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	reason text NOT NULL CONSTRAINT reserve_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.reserve FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.reserve', '');
SELECT pg_catalog.pg_extension_config_dump('steering.reserve_movement_id_seq', '');
COMMENT ON TABLE steering.reserve IS 'movements of the supplier''s reserve, written by book_reserve() alone; rows are only added, and their sum is the reserve';
COMMENT ON COLUMN steering.reserve.movement_id IS 'number of the movement';
COMMENT ON COLUMN steering.reserve.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.reserve.amount IS 'money: positive is added, negative is taken out';
COMMENT ON COLUMN steering.reserve.reason IS 'why';
COMMENT ON COLUMN steering.reserve.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.reserve.role_name IS 'who had logged in';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.reserve
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE FUNCTION steering.book_reserve(booked_on date, amount numeric, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(daterange(book_reserve.booked_on, book_reserve.booked_on, '[]'))
WHERE book_reserve.booked_on IS NOT NULL;
INSERT INTO steering.reserve (booked_on, amount, reason)
VALUES (book_reserve.booked_on, book_reserve.amount::steering.amount, book_reserve.reason)
RETURNING movement_id;
END;
REVOKE ALL ON FUNCTION steering.book_reserve(date, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.book_reserve(date, numeric, text) IS
'adds an amount of money to the supplier''s reserve, or takes it out (negative), from a day on; returns the number of the movement. A wrong one is undone by its opposite. Errors: 23502 null, 23514 amount zero, reason empty or day infinite, 55000 the day is in a closed period, 22003 no amount';

CREATE TABLE steering.risk (
	risk_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT risk_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT risk_code_key UNIQUE CONSTRAINT risk_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	probability numeric NOT NULL CONSTRAINT risk_probability_in_range CHECK (probability BETWEEN 0 AND 1),
	low steering.amount NOT NULL,
	likely steering.amount NOT NULL,
	high steering.amount NOT NULL,
	during daterange NOT NULL CONSTRAINT risk_during_not_empty CHECK (NOT isempty(during)),
	CONSTRAINT risk_amounts_in_order CHECK (0::steering.amount OPERATOR(steering.<=) low
		AND low OPERATOR(steering.<=) likely AND likely OPERATOR(steering.<=) high)
);
REVOKE ALL ON steering.risk FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.risk', '');
SELECT pg_catalog.pg_extension_config_dump('steering.risk_risk_id_seq', '');
COMMENT ON TABLE steering.risk IS 'what may cost the supplier money, each by itself; written by set_risk() and drop_risk() alone';
COMMENT ON COLUMN steering.risk.risk_id IS 'number of the risk';
COMMENT ON COLUMN steering.risk.code IS 'what people call the risk by; it never changes';
COMMENT ON COLUMN steering.risk.name IS 'name for people';
COMMENT ON COLUMN steering.risk.probability IS 'how probable it is that it occurs: 0 to 1';
COMMENT ON COLUMN steering.risk.low IS 'the least that it then costs';
COMMENT ON COLUMN steering.risk.likely IS 'what it then most likely costs';
COMMENT ON COLUMN steering.risk.high IS 'the most that it then costs';
COMMENT ON COLUMN steering.risk.during IS 'the days on which there is this risk';

CREATE FUNCTION steering.set_risk(code text, name text, probability numeric, low numeric, likely numeric, high numeric,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.risk (code, name, probability, low, likely, high, during)
VALUES (set_risk.code, set_risk.name, set_risk.probability, set_risk.low::steering.amount,
	set_risk.likely::steering.amount, set_risk.high::steering.amount, set_risk.during::daterange)
ON CONFLICT ON CONSTRAINT risk_code_key DO UPDATE
	SET name = excluded.name, probability = excluded.probability, low = excluded.low, likely = excluded.likely,
		high = excluded.high, during = excluded.during
RETURNING risk_id;
END;
REVOKE ALL ON FUNCTION steering.set_risk(text, text, numeric, numeric, numeric, numeric, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_risk(text, text, numeric, numeric, numeric, numeric, steering.day_range) IS
'adds a risk to the register, or changes the one with this code; returns its number. It occurs with this probability (0 to 1), and then costs at least low, most likely likely, and at most high. Errors: 23502 null, 23514 probability outside 0 to 1, amounts negative or out of order, empty range, 22003 no amount';

CREATE FUNCTION steering.drop_risk(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.risk WHERE risk.code = drop_risk.code RETURNING risk_id
)
SELECT steering.require_found(count(*), concat('risk "', drop_risk.code, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_risk(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_risk(text) IS 'removes a risk from the register. Error: 42704 there is none with this code';

CREATE FUNCTION steering.resilience(as_of date DEFAULT NULL, certainty numeric DEFAULT 0.9,
	draws integer DEFAULT 100000, seed bigint DEFAULT 1)
RETURNS TABLE (available numeric, risks integer, required numeric, ratio numeric, class text,
	mean numeric, median numeric, highest numeric, covered_percent numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH asked AS (
	SELECT coalesce(resilience.as_of, CURRENT_DATE) AS day
), reserve AS (
	SELECT coalesce(sum(reserve.amount::numeric), 0) AS available
	FROM asked JOIN steering.reserve ON reserve.booked_on <= asked.day
), risk AS (
	SELECT count(*)::integer AS risks,
		coalesce(array_agg(risk.probability::double precision ORDER BY risk.risk_id), '{}') AS probability,
		coalesce(array_agg(risk.low::numeric ORDER BY risk.risk_id), '{}') AS low,
		coalesce(array_agg(risk.likely::numeric ORDER BY risk.risk_id), '{}') AS likely,
		coalesce(array_agg(risk.high::numeric ORDER BY risk.risk_id), '{}') AS high
	FROM asked JOIN steering.risk ON risk.during @> asked.day
)
SELECT reserve.available, risk.risks, drawn.required,
	round(reserve.available / nullif(drawn.required, 0), 2),
	CASE WHEN drawn.required = 0 THEN NULL
		WHEN reserve.available > 2.0 * drawn.required THEN 'A'
		WHEN reserve.available >= 1.4 * drawn.required THEN 'B'
		WHEN reserve.available >= 1.0 * drawn.required THEN 'C'
		WHEN reserve.available >= 0.8 * drawn.required THEN 'D'
		WHEN reserve.available >= 0.6 * drawn.required THEN 'E'
		ELSE 'F' END,
	drawn.mean, drawn.median, drawn.highest, 100 * drawn.covered
FROM reserve
CROSS JOIN risk
CROSS JOIN LATERAL steering.simulate_risk(risk.probability, risk.low, risk.likely, risk.high,
	resilience.certainty::double precision, resilience.draws, resilience.seed, reserve.available) AS drawn;
END;
REVOKE ALL ON FUNCTION steering.resilience(date, numeric, integer, bigint) FROM PUBLIC;
COMMENT ON FUNCTION steering.resilience(date, numeric, integer, bigint) IS
'whether the supplier''s reserve on a day (null: today) bears the risks of that day: the reserve (available), how many risks, the capacity that covers them in this part (certainty) of all draws (required, see simulate_risk()), ratio: available over required (in Dutch weerstandsratio; null: nothing is required), and its class in the norm table of the Nederlands Adviesbureau voor Risicomanagement and the University of Twente, which Dutch municipalities use: A above 2.0 excellent, B from 1.4 more than sufficient, C from 1.0 sufficient, D from 0.8 moderate, E from 0.6 insufficient, F quite insufficient; mean, median and highest of the draws, and the percentage of them that the reserve covers. The same seed gives the same answer. Errors: those of simulate_risk()';

-- What is still to come follows outlook(): each service and participant is expected to bring more cost, as
-- much volume per money as it brought in the open months, and what these bring by the agreements that
-- covered it.
CREATE FUNCTION steering.expected_growth(period text, open_during daterange, as_of date, method text)
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
), used AS MATERIALIZED (
	SELECT cover.agreement_id, sum(cover.volume) AS volume, coalesce(sum(cover.volume * cover.growth / cover.whole), 0) AS growth
	FROM cover
	WHERE cover.form IN ('price_volume', 'base_plus')
	GROUP BY cover.agreement_id
), charged AS (
	SELECT after.agreed + after.excess + after.unused - before.agreed - before.excess - before.unused AS amount
	FROM used
	JOIN steering.agreed_in(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS agreed
		ON agreed.agreement_id = used.agreement_id
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume, agreed.unused_percent) AS before
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume + used.growth, agreed.unused_percent) AS after
), shared AS (
	SELECT CASE WHEN count(*) = 0 THEN 0 ELSE coalesce(sum(cover.amount * cover.growth / cover.whole), 0) * coalesce((
		SELECT sum(line.amount) FILTER (WHERE line.line = 'share') / nullif(sum(line.amount) FILTER (WHERE line.line = 'shared_cost'), 0)
		FROM steering.compute_settlement(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS line), 0) END AS amount
	FROM cover
	WHERE cover.form = 'key_share'
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
-- keeps what was stored; what it had brought before its end is computed.
CREATE FUNCTION steering.supplier_health(period text, per text DEFAULT 'month', as_of date DEFAULT NULL, method text DEFAULT NULL)
RETURNS TABLE (step text, valid_from date, valid_to date, is_total boolean, revenue numeric, cost numeric, result numeric,
	coverage numeric, kept numeric, reserve_change numeric, reserve numeric, expected_revenue numeric, expected_cost numeric,
	expected_result numeric, expected_coverage numeric, expected_reserve numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 13 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.refuse_part(steering.period_range(supplier_health.period), closing.during)
FROM steering.closing
WHERE closing.reopened_at IS NULL AND closing.during && steering.period_range(supplier_health.period)
	AND NOT closing.during <@ steering.period_range(supplier_health.period);
WITH asked AS MATERIALIZED (
	SELECT steering.period_range(supplier_health.period) AS during,
		CASE steering.granularity(steering.fiscal_period(lower(steering.period_range(supplier_health.period)), supplier_health.per))
			WHEN 'month' THEN interval '1 month' WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END AS length
), step AS MATERIALIZED (
	SELECT first_day::date AS first_day, least((first_day + asked.length)::date, upper(asked.during)) AS end_day, false AS is_total
	FROM asked
	CROSS JOIN LATERAL generate_series(lower(asked.during)::timestamp, upper(asked.during) - interval '1 day', asked.length) AS first_day
	UNION ALL
	SELECT lower(asked.during), upper(asked.during), true FROM asked
), piece AS MATERIALIZED (
	SELECT closing.during, closing.closing_id
	FROM asked
	JOIN steering.closing ON closing.reopened_at IS NULL AND closing.during <@ asked.during
	UNION ALL
	SELECT unnest(datemultirange(asked.during) - coalesce((
		SELECT range_agg(closing.during) FROM steering.closing
		WHERE closing.reopened_at IS NULL AND closing.during <@ asked.during), '{}'::datemultirange)), NULL
	FROM asked
), part AS MATERIALIZED (
	SELECT DISTINCT piece.during, piece.closing_id, least(upper(piece.during), step.end_day) AS end_day
	FROM piece
	JOIN step ON step.end_day > lower(piece.during)
), line AS (
	SELECT part.during, part.end_day, stored.line, stored.amount::numeric AS amount
	FROM part
	JOIN steering.settlement_line AS stored ON stored.closing_id = part.closing_id
	WHERE part.end_day = upper(part.during)
	UNION ALL
	SELECT part.during, part.end_day, computed.line, computed.amount
	FROM part
	CROSS JOIN LATERAL steering.compute_settlement(lower(part.during), part.end_day) AS computed
	WHERE part.closing_id IS NULL OR part.end_day < upper(part.during)
), settled AS MATERIALIZED (
	SELECT line.during, line.end_day,
		coalesce(sum(line.amount) FILTER (WHERE line.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'correction')), 0) AS revenue,
		coalesce(sum(line.amount) FILTER (WHERE line.line = 'booked_cost'), 0) AS cost,
		coalesce(sum(line.amount) FILTER (WHERE line.line = 'result_share'), 0) AS given
	FROM line
	GROUP BY line.during, line.end_day
), to_date AS MATERIALIZED (
	SELECT edge.day, sum(settled.revenue) AS revenue, sum(settled.cost) AS cost, sum(settled.given) AS given
	FROM (SELECT step.end_day AS day FROM step GROUP BY step.end_day) AS edge
	JOIN settled ON settled.end_day = least(upper(settled.during), edge.day)
	GROUP BY edge.day
), growth AS MATERIALIZED (
	SELECT growth.cost, growth.revenue,
		growth.revenue - growth.cost - round((growth.revenue - growth.cost) * coalesce(shared.percent, 0) * 0.01, 2) AS kept
	FROM (SELECT piece.during, least(coalesce(supplier_health.as_of, CURRENT_DATE), upper(piece.during) - 1) AS day, asked.during AS asked
		  FROM asked CROSS JOIN piece
		  WHERE piece.closing_id IS NULL AND upper(piece.during) = (SELECT max(upper(piece.during)) FROM piece WHERE piece.closing_id IS NULL)) AS last
	CROSS JOIN LATERAL steering.expected_growth(supplier_health.period, last.during, last.day, supplier_health.method) AS growth
	LEFT JOIN steering.result_share AS shared ON shared.during @> (upper(last.during) - 1)
	WHERE last.asked @> last.day
), brought AS (
	SELECT step.*, after.revenue - coalesce(before.revenue, 0) AS revenue, after.cost - coalesce(before.cost, 0) AS cost,
		after.given - coalesce(before.given, 0) AS given
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
