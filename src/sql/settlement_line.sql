-- Settlement lines: computed for an open period, stored for a closed one, proved for both.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it; and who
-- was needs no right on the tables.

-- Shared cost is divided for spans of months in which the same agreements share the cost of a service.
-- Each key of a service divides all of its shared cost. A share is owed by whoever has the nearest of
-- these agreements: the receiver itself, or a group that it belongs to.
CREATE FUNCTION steering.settlement_charge(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH agreed AS MATERIALIZED (
	SELECT agreed.*, allocation_key.code AS key
	FROM steering.agreed_in(settlement_charge.first_day, settlement_charge.end_day) AS agreed
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = agreed.key_id
), cost AS MATERIALIZED (
	SELECT cost.* FROM steering.settled_cost(settlement_charge.first_day, settlement_charge.end_day) AS cost
), charged AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.form, agreed.price::numeric AS price,
		agreed.unused_percent, charge.*
	FROM agreed
	LEFT JOIN cost AS used ON used.agreement_id = agreed.agreement_id
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, coalesce(used.volume, 0), agreed.unused_percent) AS charge
	WHERE agreed.form <> 'key_share'
), edge AS (
	SELECT agreed.service_id, edge.day
	FROM agreed
	CROSS JOIN LATERAL (VALUES (settlement_charge.first_day), (lower(agreed.during)), (upper(agreed.during))) AS edge (day)
	WHERE agreed.form = 'key_share' AND edge.day < settlement_charge.end_day
	GROUP BY agreed.service_id, edge.day
), span AS MATERIALIZED (
	SELECT edge.service_id, edge.day AS first_day,
		lead(edge.day, 1, settlement_charge.end_day) OVER (PARTITION BY edge.service_id ORDER BY edge.day) AS end_day
	FROM edge
), pool AS MATERIALIZED (
	SELECT span.service_id, span.first_day, span.end_day, coalesce(sum(cost.amount), 0) AS amount
	FROM span
	LEFT JOIN cost ON cost.line = 'shared_cost' AND cost.service_id = span.service_id
		AND cost.first_month >= span.first_day AND cost.first_month < span.end_day
	GROUP BY span.service_id, span.first_day, span.end_day
), holder AS MATERIALIZED (
	SELECT pool.service_id, pool.first_day, pool.end_day, pool.amount AS pool, agreed.agreement_id, agreed.participant_id,
		agreed.key_id, agreed.key
	FROM pool
	JOIN agreed ON agreed.service_id = pool.service_id AND agreed.form = 'key_share' AND agreed.during @> pool.first_day
), keyed AS MATERIALIZED (
	SELECT DISTINCT holder.service_id, holder.first_day, holder.end_day, holder.pool, holder.key_id, holder.key FROM holder
), divided AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.key_id, keyed.key, weighed.participant_id,
		steering.allocated(round(keyed.pool, 2), weighed.weight, 0.01, 'unallocated') OVER (
			PARTITION BY keyed.service_id, keyed.first_day, keyed.key_id
			ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.service_id) AS share,
		sum(weighed.weight) OVER (PARTITION BY keyed.service_id, keyed.first_day, keyed.key_id) > 0 AS is_divided
	FROM (SELECT DISTINCT keyed.first_day, keyed.end_day FROM keyed) AS days
	CROSS JOIN LATERAL steering.key_weight_in(days.first_day, days.end_day) AS weighed
	JOIN keyed ON keyed.first_day = days.first_day AND keyed.end_day = days.end_day AND keyed.key_id = weighed.key_id
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
), scope AS MATERIALIZED (
	SELECT divided.service_id, divided.first_day, divided.key_id, divided.participant_id, participant_below.top_id, participant_below.depth
	FROM divided
	JOIN steering.participant_below ON participant_below.participant_id = divided.participant_id
), nearest AS (
	SELECT DISTINCT ON (scope.service_id, scope.first_day, scope.key_id, scope.participant_id)
		scope.service_id, scope.first_day, scope.key_id, scope.participant_id, holder.agreement_id,
		holder.key_id = scope.key_id AS by_this_key
	FROM scope
	JOIN holder ON holder.service_id = scope.service_id AND holder.first_day = scope.first_day
		AND holder.participant_id = scope.top_id
	ORDER BY scope.service_id, scope.first_day, scope.key_id, scope.participant_id, scope.depth
), shared AS MATERIALIZED (
	SELECT divided.service_id, divided.key, divided.share,
		CASE WHEN nearest.by_this_key THEN nearest.agreement_id END AS agreement_id
	FROM divided
	LEFT JOIN nearest ON nearest.service_id = divided.service_id AND nearest.first_day = divided.first_day
		AND nearest.key_id = divided.key_id AND nearest.participant_id = divided.participant_id
)
SELECT 'agreed', charged.service_id, charged.participant_id, charged.agreement_id, NULL::text,
	CASE WHEN charged.form IN ('price_volume', 'base_plus') THEN charged.agreed_volume END,
	CASE WHEN charged.form = 'price_volume' THEN charged.price END, charged.agreed
FROM charged
UNION ALL
SELECT 'excess', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.excess_volume, charged.price, charged.excess
FROM charged
WHERE charged.form <> 'lump_sum' AND charged.excess_volume <> 0
UNION ALL
SELECT 'unused', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.unused_volume, trim_scale(charged.price * charged.unused_percent * 0.01), charged.unused
FROM charged
WHERE charged.unused_percent IS NOT NULL AND charged.unused_volume <> 0
UNION ALL
SELECT 'share', holding.service_id, holding.participant_id, holding.agreement_id, holding.key,
	round(100 * owed.amount / nullif(holding.pool, 0), 4), holding.pool, coalesce(owed.amount, 0)
FROM (SELECT holder.service_id, holder.participant_id, holder.agreement_id, holder.key, sum(holder.pool) AS pool
	  FROM holder
	  GROUP BY holder.service_id, holder.participant_id, holder.agreement_id, holder.key) AS holding
LEFT JOIN (SELECT shared.agreement_id, sum(shared.share) AS amount
	  FROM shared
	  GROUP BY shared.agreement_id) AS owed ON owed.agreement_id = holding.agreement_id
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
SELECT 'unowed_cost', left_over.service_id, NULL, NULL, left_over.key, NULL, NULL, sum(left_over.amount)
FROM (
	SELECT shared.service_id, shared.key, shared.share AS amount FROM shared WHERE shared.agreement_id IS NULL
	UNION ALL
	SELECT keyed.service_id, keyed.key, keyed.pool - CASE WHEN whole.is_divided THEN round(keyed.pool, 2) ELSE 0 END
	FROM keyed
	LEFT JOIN (SELECT DISTINCT divided.service_id, divided.first_day, divided.key_id, divided.is_divided FROM divided) AS whole
		ON whole.service_id = keyed.service_id AND whole.first_day = keyed.first_day AND whole.key_id = keyed.key_id
) AS left_over
GROUP BY left_over.service_id, left_over.key;
END;
REVOKE ALL ON FUNCTION steering.settlement_charge(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_charge(date, date) IS
'the lines of compute_settlement() that agreements alone decide, for the months between first_day and before end_day';

CREATE FUNCTION steering.compute_settlement(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH charge AS MATERIALIZED (
	SELECT charge.* FROM steering.settlement_charge(compute_settlement.first_day, compute_settlement.end_day) AS charge
), rewarded AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.during,
		agreed.incentive_maximum::numeric AS maximum, coalesce(agreed.agreed_cost::numeric, charge.amount) AS agreed
	FROM steering.agreed_in(compute_settlement.first_day, compute_settlement.end_day) AS agreed
	JOIN charge ON charge.agreement_id = agreed.agreement_id AND charge.line IN ('agreed', 'share')
	WHERE agreed.incentive_maximum IS NOT NULL
), attained AS MATERIALIZED (
	SELECT days.during, result.service_id, result.participant_id, sum(result.incentive_percent) AS percent
	FROM (SELECT DISTINCT rewarded.during FROM rewarded) AS days
	CROSS JOIN LATERAL steering.result_in(lower(days.during), upper(days.during)) AS result
	WHERE result.incentive_percent IS NOT NULL
	GROUP BY days.during, result.service_id, result.participant_id
), incentive AS MATERIALIZED (
	SELECT rewarded.service_id, rewarded.participant_id, rewarded.agreement_id, attained.percent, rewarded.agreed,
		least(greatest(round(rewarded.agreed * attained.percent * 0.01, 2), - rewarded.maximum), rewarded.maximum) AS amount
	FROM rewarded
	JOIN attained ON attained.during = rewarded.during AND attained.service_id = rewarded.service_id
		AND attained.participant_id = rewarded.participant_id
), result AS MATERIALIZED (
	SELECT total.amount, coalesce(round(total.amount * rule.percent * 0.01, 2), 0) AS shared, rule.key_id, allocation_key.code AS key
	FROM (SELECT coalesce(sum(charge.amount) FILTER (WHERE charge.line IN ('agreed', 'excess', 'unused', 'share')), 0)
			+ (SELECT coalesce(sum(incentive.amount), 0) FROM incentive)
			- sum(charge.amount) FILTER (WHERE charge.line = 'booked_cost') AS amount
		  FROM charge) AS total
	LEFT JOIN steering.result_share AS rule ON rule.during @> (compute_settlement.end_day - 1)
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = rule.key_id
), divided AS MATERIALIZED (
	SELECT weighed.participant_id, result.key, result.shared,
		100 * weighed.weight / nullif(sum(weighed.weight) OVER (), 0) AS percent,
		steering.allocated(result.shared, weighed.weight, 0.01, 'unallocated') OVER (
			ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.service_id) AS share
	FROM result
	JOIN steering.key_weight_in(compute_settlement.first_day, compute_settlement.end_day) AS weighed
		ON weighed.key_id = result.key_id
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
)
SELECT charge.*, NULL::integer FROM charge
UNION ALL
SELECT 'incentive', incentive.service_id, incentive.participant_id, incentive.agreement_id, NULL,
	incentive.percent, incentive.agreed, incentive.amount, NULL
FROM incentive
UNION ALL
SELECT 'result_share', NULL, divided.participant_id, NULL, divided.key, round(divided.percent, 4), - divided.shared,
	- divided.share, NULL
FROM divided
WHERE divided.participant_id IS NOT NULL
UNION ALL
SELECT 'correction', correction.service_id, correction.participant_id, NULL, NULL, NULL, NULL, correction.amount::numeric,
	correction.closing_id
FROM steering.settlement_correction AS correction
WHERE correction.month >= compute_settlement.first_day AND correction.month < compute_settlement.end_day
UNION ALL
SELECT 'result', NULL, NULL, NULL, NULL, NULL, NULL, result.amount, NULL FROM result
UNION ALL
SELECT 'kept_result', NULL, NULL, NULL, result.key, NULL, NULL, result.amount - result.shared, NULL FROM result
UNION ALL
SELECT 'unowed_result', NULL, NULL, NULL, result.key, NULL, NULL,
	coalesce((SELECT sum(divided.share) FROM divided WHERE divided.participant_id IS NULL), 0)
		+ CASE WHEN EXISTS (SELECT FROM divided WHERE divided.percent IS NOT NULL) THEN 0 ELSE result.shared END, NULL
FROM result;
END;
REVOKE ALL ON FUNCTION steering.compute_settlement(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.compute_settlement(date, date) IS
'all settlement lines of the months between first_day and before end_day, as they are now. Those of participants: see settle(). Those of the proof: booked_cost, the actual cost; where it belongs: agreed_cost to an agreement, shared_cost to those who share the cost of a service, other_cost to no agreement; divided_cost, what a key divides, and unowed_cost, what of that nobody owes: shares of those without an agreement, and parts of cents; result, the supplier''s: what participants owe for the period less the actual cost; kept_result, what it does not share, and unowed_result, what it shares with nobody';

CREATE FUNCTION steering.store_settlement(closing integer) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_store_settlement'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.store_settlement(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.store_settlement(integer) IS
'stores the settlement of a closing, read with the latest snapshot, and returns its number';

CREATE FUNCTION steering.require_closed(period daterange) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_require_closed'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.require_closed(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_closed(daterange) IS
'number of the closing of a period, which cannot be reopened until commit. Error: 55000 it is not closed';

CREATE FUNCTION steering.require_open(period daterange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_open'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.require_open(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_open(daterange) IS
'checks that no day of a period is closed, and that none can be until commit. Error: 55000';

CREATE FUNCTION steering.refuse_part(period daterange, closed daterange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_part'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_part(daterange, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_part(daterange, daterange) IS
'raises that a period has only a part of the days of a closed one (55000)';

CREATE FUNCTION steering.close_period(period text, reason text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.store_settlement(steering.close_bookings(close_period.period, close_period.reason));
END;
REVOKE ALL ON FUNCTION steering.close_period(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_period(text, text) IS
'closes a period and stores its settlement; returns the number of the closing. What was spent in it is fixed from then on (23S74), and settle() gives what was stored, whatever changes. What is only committed in it is told by a NOTICE, and may be released, lowered and carried to a day that is open. Waits for running bookings. Errors: those of close_bookings() and settle()';

CREATE FUNCTION steering.reopen_period(period text, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.reopen_bookings(reopen_period.period, reopen_period.reason);
END;
REVOKE ALL ON FUNCTION steering.reopen_period(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reopen_period(text, text) IS
'opens a closed period to bookings again, as it was closed; returns the number of the closing that ends. Its settlement holds no more, and stays readable in steering.settlement. What corrected it is taken back with it: each of its corrections gets a reversing line in the open period that it is settled in, told by a NOTICE. Waits for running bookings. Errors: those of reopen_bookings(), 55000 a correction of it was settled in a period that is closed';

CREATE FUNCTION steering.correct_settlement(period text, participant text, service text, amount numeric, reason text, into_period text)
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(steering.period_range(correct_settlement.into_period));
INSERT INTO steering.settlement_correction (closing_id, participant_id, service_id, amount, month, reason)
VALUES (steering.require_closed(steering.period_range(correct_settlement.period)),
	steering.participant_number(correct_settlement.participant), steering.service_number(correct_settlement.service),
	correct_settlement.amount, steering.month_of(upper(steering.period_range(correct_settlement.into_period)) - 1),
	correct_settlement.reason)
RETURNING correction_id;
END;
REVOKE ALL ON FUNCTION steering.correct_settlement(text, text, text, numeric, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.correct_settlement(text, text, text, numeric, text, text) IS
'corrects the settlement of a closed period by an amount (positive: owed, negative: given back) that becomes a line in the settlement of an open one, with the last month of into_period; returns the number of the correction. What was wrong is corrected by a correction of that, or taken back by reverse_correction(). Errors: 22004 null, those of period_range(), 55000 period is not closed or into_period not open, 22023 unknown code, 23502 amount or reason is null, 23514 amount zero or not in whole cents, reason empty';

-- A period may have closed periods in it: each was settled by itself, and so is each range between them.
CREATE FUNCTION steering.settlement_in(during daterange)
RETURNS TABLE (piece daterange, closing_id integer, line text, service_id integer, participant_id integer,
	agreement_id integer, key text, quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT closing.during, closing.closing_id, stored.line, stored.service_id, stored.participant_id, stored.agreement_id,
	stored.key, stored.quantity, stored.price, stored.amount::numeric, stored.corrects
FROM steering.closing
JOIN steering.settlement_line AS stored ON stored.closing_id = closing.closing_id
WHERE closing.reopened_at IS NULL AND closing.during <@ settlement_in.during
UNION ALL
SELECT piece.during, NULL, computed.*
FROM (SELECT unnest(datemultirange(settlement_in.during) - coalesce(range_agg(closing.during), '{}'::datemultirange)) AS during
	  FROM steering.closing
	  WHERE closing.reopened_at IS NULL AND closing.during <@ settlement_in.during) AS piece
CROSS JOIN LATERAL steering.compute_settlement(lower(piece.during), upper(piece.during)) AS computed;
END;
REVOKE ALL ON FUNCTION steering.settlement_in(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_in(daterange) IS
'all settlement lines of a range of whole months: stored ones of the closed periods in it, and computed ones of each range of months between them';

CREATE FUNCTION steering.settle(period text)
RETURNS TABLE (participant text, service text, agreement_id integer, line text, quantity numeric, price numeric,
	amount numeric, valid_from date, valid_to date, closing_id integer, corrects integer)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.refuse_part(steering.period_range(settle.period), closing.during)
FROM steering.closing
WHERE closing.reopened_at IS NULL AND closing.during && steering.period_range(settle.period)
	AND NOT closing.during <@ steering.period_range(settle.period);
SELECT participant.code, service.code, settled.agreement_id, settled.line, settled.quantity, settled.price, round(settled.amount, 2),
	lower(settled.piece), upper(settled.piece) - 1, settled.closing_id, settled.corrects
FROM steering.settlement_in(steering.period_range(settle.period)) AS settled
JOIN steering.participant ON participant.participant_id = settled.participant_id
LEFT JOIN steering.service ON service.service_id = settled.service_id
ORDER BY participant.code COLLATE "C", service.code COLLATE "C" NULLS LAST, settled.piece, settled.agreement_id,
	array_position(ARRAY['agreed', 'excess', 'unused', 'share', 'incentive', 'advance', 'result_share', 'correction'], settled.line),
	settled.corrects, settled.amount;
END;
REVOKE ALL ON FUNCTION steering.settle(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.settle(text) IS
'what each participant owes (positive) or gets (negative) for a period, in whole cents. By agreement, with its exact share of the months: agreed, excess and unused as agreement_charge() says for the actual volume that the agreement covers; share of the actual cost of a service by an allocation key, divided by the largest remainder; incentive, the sum of the percentages of the service''s indicators of the agreed money (of what is owed, where none was agreed beforehand), bonus or malus, limited to incentive_maximum; advance, paid before. result_share: the participant''s part of the supplier''s gain (negative) or loss, see set_result_share(). correction of an earlier settlement. A closed period gives what was stored when it was closed; months that are not closed (closing_id is null) are computed and may change. It shows all participants; each can read its own closed ones in steering.settlement. Errors: those of period_range(), 55000 the period has only a part of a closed one, 22003 an amount does not fit';

CREATE FUNCTION steering.settlement_proof(period text)
RETURNS TABLE (item text, service text, key text, total numeric, parts numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.refuse_part(steering.period_range(settlement_proof.period), closing.during)
FROM steering.closing
WHERE closing.reopened_at IS NULL AND closing.during && steering.period_range(settlement_proof.period)
	AND NOT closing.during <@ steering.period_range(settlement_proof.period);
WITH settled AS MATERIALIZED (
	SELECT settled.* FROM steering.settlement_in(steering.period_range(settlement_proof.period)) AS settled
), proof AS (
	SELECT 1 AS step, 'booked_cost' AS item, NULL::integer AS service_id, NULL::text AS key,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) AS total,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed_cost', 'shared_cost', 'other_cost')), 0) AS parts
	FROM settled
	UNION ALL
	SELECT 2, 'divided_cost', settled.service_id, settled.key,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'divided_cost'), 0),
		coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('share', 'unowed_cost')), 0)
	FROM settled
	WHERE settled.line IN ('divided_cost', 'share', 'unowed_cost')
	GROUP BY settled.service_id, settled.key
	UNION ALL
	SELECT 3, settled.line, settled.service_id, settled.key, sum(settled.amount), NULL
	FROM settled
	WHERE settled.line IN ('other_cost', 'unowed_cost') AND settled.amount <> 0
	GROUP BY settled.line, settled.service_id, settled.key
	UNION ALL
	SELECT 4, settled.line, NULL, NULL, sum(settled.amount), NULL
	FROM settled
	WHERE settled.participant_id IS NOT NULL
	GROUP BY settled.line
	UNION ALL
	SELECT 5, 'result', NULL, NULL,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0),
		coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed', 'excess', 'unused', 'share', 'incentive')), 0)
			- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0)
	FROM settled
	UNION ALL
	SELECT 6, 'shared_result', NULL, NULL,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0)
			- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'kept_result'), 0),
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'unowed_result'), 0)
			- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result_share'), 0)
	FROM settled
	UNION ALL
	SELECT 7, settled.line, NULL, NULL, sum(settled.amount), NULL
	FROM settled
	WHERE settled.line IN ('kept_result', 'unowed_result')
	GROUP BY settled.line
	UNION ALL
	SELECT 8, 'to_pay', NULL, NULL, coalesce(sum(settled.amount), 0), coalesce(sum(round(settled.amount, 2)), 0)
	FROM settled
	WHERE settled.participant_id IS NOT NULL
)
SELECT proof.item, service.code, proof.key, proof.total, proof.parts, proof.total - proof.parts
FROM proof
LEFT JOIN steering.service ON service.service_id = proof.service_id
ORDER BY proof.step, proof.item, service.code COLLATE "C", proof.key COLLATE "C";
END;
REVOKE ALL ON FUNCTION steering.settlement_proof(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_proof(text) IS
'proves that the lines of settle() add up: each difference is 0. booked_cost: the actual cost of the period, and its parts under agreements, shared, and under none; divided_cost of a service: what a key divides, and its shares with what nobody owes; then what is under no agreement (other_cost) and what nobody owes (unowed_cost), per service; the sum of each kind of line; result: the supplier''s, as shared and as what is owed less the actual cost; shared_result: what of it is shared, and the shares; kept_result and unowed_result: what is not; to_pay: all lines, and all lines in whole cents. Errors: those of settle()';
