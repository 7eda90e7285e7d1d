-- Settlement lines: computed for an open period, stored for a closed one, proved for both.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it; and who
-- was needs no right on the tables.

-- The result is shared for years (see result_year()): what is due until the last day less what was shared before. What a
-- closing shared of whole years stays as it is.
CREATE OR REPLACE FUNCTION steering.compute_settlement(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH run AS MATERIALIZED (
	SELECT steering.billed_run(compute_settlement.first_day, compute_settlement.end_day) AS during
), billed AS MATERIALIZED (
	SELECT billed.* FROM steering.billed_around(compute_settlement.first_day, compute_settlement.end_day) AS billed
), owed AS MATERIALIZED (
	SELECT owed.* FROM steering.settlement_owed(compute_settlement.first_day, compute_settlement.end_day) AS owed
), stored AS MATERIALIZED (
	SELECT billed.place, billed.during, stored.line, stored.participant_id, stored.key, stored.quantity, stored.price,
		stored.amount::numeric AS amount, stored.closing_id
	FROM billed
	JOIN steering.settlement_line AS stored ON stored.closing_id = billed.closing_id
	WHERE stored.line IN ('result', 'result_share', 'unowed_result')
), result AS MATERIALIZED (
	SELECT CASE WHEN bool_and(owed.amount IS NOT NULL) THEN
		coalesce(sum(owed.amount) FILTER (WHERE owed.line <> 'booked_cost'), 0)
			- coalesce(sum(owed.amount) FILTER (WHERE owed.line = 'booked_cost'), 0) END AS amount
	FROM owed
	WHERE owed.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
), year AS MATERIALIZED (
	SELECT year.during, year.key_id, year.percent, allocation_key.code AS key, least(upper(year.during), upper(run.during)) AS end_day,
		lower(year.during) < compute_settlement.first_day AND (lower(year.during) < lower(run.during) OR EXISTS (
			SELECT FROM billed WHERE billed.place = 'before' AND billed.during @> lower(year.during)
				AND lower(billed.during) < lower(year.during))) AS open_before
	FROM run
	CROSS JOIN LATERAL steering.result_year(compute_settlement.first_day, compute_settlement.end_day) AS year
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = year.key_id
), whole AS MATERIALIZED (
	SELECT billed.closing_id, billed.during
	FROM billed
	WHERE billed.place = 'inside'
		AND NOT EXISTS (SELECT FROM year WHERE year.during && billed.during AND NOT year.during <@ billed.during)
), shared_year AS MATERIALIZED (
	SELECT year.*
	FROM year
	WHERE NOT EXISTS (SELECT FROM whole WHERE whole.during @> year.during)
), due AS MATERIALIZED (
	SELECT 1 AS sign, year.during, year.end_day, year.key_id, year.key, year.percent FROM shared_year AS year WHERE year.percent > 0
	UNION ALL
	SELECT -1, year.during, compute_settlement.first_day, year.key_id, year.key, year.percent
	FROM shared_year AS year
	WHERE year.percent > 0 AND year.open_before
), due_result AS MATERIALIZED (
	SELECT due.*, result.amount + (
		SELECT coalesce(sum(stored.amount), 0) FROM stored WHERE stored.line = 'result' AND stored.place = 'inside') AS amount
	FROM due
	CROSS JOIN result
	WHERE lower(due.during) = compute_settlement.first_day AND due.end_day = compute_settlement.end_day
	UNION ALL
	SELECT other.*, total.amount + (
		SELECT coalesce(sum(line.amount::numeric), 0)
		FROM steering.billed_closing AS inside
		JOIN steering.settlement_line AS line ON line.closing_id = inside.closing_id
		WHERE line.line = 'result' AND inside.during <@ daterange(lower(other.during), other.end_day))
	FROM (SELECT due.* FROM due
		  WHERE lower(due.during) <> compute_settlement.first_day OR due.end_day <> compute_settlement.end_day OFFSET 0) AS other
	CROSS JOIN LATERAL (
		SELECT CASE WHEN bool_and(owed.amount IS NOT NULL) THEN
			coalesce(sum(owed.amount) FILTER (WHERE owed.line <> 'booked_cost'), 0)
				- coalesce(sum(owed.amount) FILTER (WHERE owed.line = 'booked_cost'), 0) END AS amount
		FROM steering.settlement_owed(lower(other.during), other.end_day) AS owed
		WHERE owed.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
	) AS total
), shared AS MATERIALIZED (
	SELECT due_result.*, round(due_result.amount * due_result.percent * 0.01, 2) AS shared
	FROM due_result
), weighed AS MATERIALIZED (
	SELECT shared.sign, shared.during, shared.end_day, shared.key, shared.shared, weight.participant_id, weight.service_id,
		weight.weight, bool_and(weight.weight IS NOT NULL) OVER each_year OR shared.shared = 0 AS is_known
	FROM shared
	CROSS JOIN LATERAL steering.result_weight(lower(shared.during), shared.end_day, shared.key_id) AS weight
	WINDOW each_year AS (PARTITION BY shared.sign, shared.during)
), divided AS MATERIALIZED (
	SELECT weighed.sign, weighed.during, weighed.participant_id, weighed.key, weighed.shared, weighed.is_known,
		100 * greatest(coalesce(weighed.weight, 0), 0) / nullif(sum(greatest(coalesce(weighed.weight, 0), 0)) OVER each_year, 0) AS percent,
		steering.allocated(weighed.shared, greatest(coalesce(weighed.weight, 0), 0), 0.01, 'unallocated') OVER (
			PARTITION BY weighed.sign, weighed.during ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.service_id) AS share
	FROM weighed
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
	WINDOW each_year AS (PARTITION BY weighed.sign, weighed.during)
), returned AS MATERIALIZED (
	SELECT stored.line, stored.participant_id, stored.key, stored.quantity, stored.price, stored.amount,
		CASE WHEN stored.place = 'inside' THEN stored.closing_id END AS corrects
	FROM stored
	WHERE stored.line IN ('result_share', 'unowed_result')
		AND CASE stored.place
			WHEN 'inside' THEN NOT EXISTS (SELECT FROM whole WHERE whole.during @> stored.during)
			ELSE EXISTS (SELECT FROM shared_year AS year
				WHERE year.during @> stored.during AND NOT (stored.place = 'before' AND year.open_before)) END
), share_entry AS (
	SELECT divided.sign, divided.participant_id, divided.key, round(divided.percent, 4) AS quantity, - divided.shared AS price,
		CASE WHEN divided.is_known THEN - divided.share END AS amount, NULL::integer AS corrects
	FROM divided
	WHERE divided.participant_id IS NOT NULL
	UNION ALL
	SELECT -1, returned.participant_id, returned.key, returned.quantity, returned.price, returned.amount, returned.corrects
	FROM returned
	WHERE returned.line = 'result_share'
), total AS MATERIALIZED (
	SELECT result.amount,
		CASE WHEN EXISTS (SELECT FROM shared WHERE shared.shared IS NULL) THEN NULL ELSE
			coalesce((SELECT sum(shared.sign * shared.shared) FROM shared), 0)
				- coalesce((SELECT sum(CASE returned.line WHEN 'result_share' THEN - returned.amount ELSE returned.amount END)
					FROM returned), 0) END AS shared,
		CASE WHEN EXISTS (SELECT FROM shared WHERE shared.shared IS NULL)
				OR EXISTS (SELECT FROM divided WHERE NOT divided.is_known) THEN NULL ELSE
			coalesce((SELECT sum(divided.sign * divided.share) FROM divided WHERE divided.participant_id IS NULL), 0)
				+ coalesce((SELECT sum(shared.sign * shared.shared) FROM shared WHERE NOT EXISTS (
					SELECT FROM divided
					WHERE divided.sign = shared.sign AND divided.during = shared.during AND divided.percent IS NOT NULL)), 0)
				- coalesce((SELECT sum(returned.amount) FROM returned WHERE returned.line = 'unowed_result'), 0) END AS unowed
	FROM result
)
SELECT owed.line, owed.service_id, owed.participant_id, owed.agreement_id, owed.key, owed.quantity, owed.price, owed.amount,
	owed.corrects
FROM owed
UNION ALL
SELECT 'result_share', NULL, share_entry.participant_id, NULL, share_entry.key,
	CASE WHEN count(*) = 1 THEN max(share_entry.quantity) END, CASE WHEN count(*) = 1 THEN max(share_entry.sign * share_entry.price) END,
	CASE WHEN bool_and(share_entry.amount IS NOT NULL) THEN sum(share_entry.sign * share_entry.amount) END, share_entry.corrects
FROM share_entry
GROUP BY share_entry.participant_id, share_entry.key, share_entry.corrects
HAVING coalesce(sum(share_entry.sign * share_entry.amount) <> 0, true) OR NOT bool_and(share_entry.amount IS NOT NULL)
	OR count(*) = 1 AND share_entry.corrects IS NULL AND bool_or(share_entry.sign > 0)
UNION ALL
SELECT 'correction', correction.service_id, correction.participant_id, NULL, NULL, NULL, NULL, correction.amount::numeric,
	correction.closing_id
FROM steering.settlement_correction AS correction
WHERE correction.month >= compute_settlement.first_day AND correction.month < compute_settlement.end_day
	AND NOT EXISTS (SELECT FROM billed WHERE billed.place = 'inside' AND billed.during @> correction.month)
UNION ALL
SELECT 'result', NULL, NULL, NULL, NULL, NULL, NULL, total.amount, NULL FROM total
UNION ALL
SELECT 'kept_result', NULL, NULL, NULL, NULL, NULL, NULL, total.amount - total.shared, NULL FROM total
UNION ALL
SELECT 'unowed_result', NULL, NULL, NULL, NULL, NULL, NULL, total.unowed, NULL FROM total;
END;
REVOKE ALL ON FUNCTION steering.compute_settlement(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.compute_settlement(date, date) IS
'the settlement lines that the months between first_day and before end_day bring beyond what was billed in them by closings. Those of participants: see settle(). Those of the proof: booked_cost, the actual cost; where it belongs: agreed_cost to an agreement, shared_cost to those who share the cost of a service, other_cost to no agreement; divided_cost, what a key divides, undivided_cost, what of it cannot be divided since a weight is not known, and unowed_cost, what of it nobody owes: shares of those without an agreement, and parts of cents; result, the supplier''s: what participants owe for the period less the actual cost; kept_result, what it does not share, and unowed_result, what it shares with nobody. An amount is null where a weight is not known';

CREATE OR REPLACE FUNCTION steering.close_period(period text, reason text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.store_settlement(steering.close_bookings(close_period.period, close_period.reason));
END;
REVOKE ALL ON FUNCTION steering.close_period(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_period(text, text) IS
'closes a period and stores its settlement; returns the number of the closing. What was spent in it is fixed from then on (23S74), and settle() gives what was stored, whatever changes. It may have closed periods in it, such as the months of a year: these stay, and it bills what is due for all of it less what they billed. What is only committed in it is told by a NOTICE, and may be released, lowered and carried to a day that is open. Waits for running bookings. Errors: those of close_bookings() and settle(), 55000 an amount cannot be computed since a weight is not known';

CREATE OR REPLACE FUNCTION steering.reopen_period(period text, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.reopen_bookings(reopen_period.period, reopen_period.reason);
END;
REVOKE ALL ON FUNCTION steering.reopen_period(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reopen_period(text, text) IS
'opens a closed period to bookings again, as it was closed; returns the number of the closing that ends. Of periods in each other the longest is reopened first, and those in it are closed still. Its settlement holds no more, and stays readable in steering.settlement. What corrected it is taken back with it: each of its corrections gets a reversing line in the open period that it is settled in, told by a NOTICE. Waits for running bookings. Errors: those of reopen_bookings(), 55000 a correction of it was settled in a period that is closed';

CREATE OR REPLACE FUNCTION steering.correct_settlement(period text, participant text, service text, amount numeric, reason text, into_period text)
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

-- A period that was closed is as it was billed, with all that was billed in it. So is one that was billed piece by piece
-- before a longer one was closed. Any other is what was billed in it, and what its months bring beyond that.
CREATE OR REPLACE FUNCTION steering.settlement_in(during daterange)
RETURNS TABLE (piece daterange, closing_id integer, line text, service_id integer, participant_id integer,
	agreement_id integer, key text, quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT billed.during, billed.closing_id, stored.line, stored.service_id, stored.participant_id, stored.agreement_id,
	stored.key, stored.quantity, stored.price, stored.amount::numeric, stored.corrects
FROM steering.billed_closing AS billed
JOIN steering.settlement_line AS stored ON stored.closing_id = billed.closing_id
WHERE billed.during <@ settlement_in.during
UNION ALL
SELECT settlement_in.during, NULL, computed.*
FROM (SELECT EXISTS (SELECT FROM steering.billed_closing AS billed WHERE billed.during @> settlement_in.during)
		AND datemultirange(settlement_in.during) <@ coalesce((
			SELECT range_agg(billed.during) FROM steering.billed_closing AS billed
			WHERE billed.during <@ settlement_in.during), '{}'::datemultirange) AS is_fixed) AS state
CROSS JOIN LATERAL steering.compute_settlement(lower(settlement_in.during), upper(settlement_in.during)) AS computed
WHERE NOT state.is_fixed;
END;
REVOKE ALL ON FUNCTION steering.settlement_in(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_in(daterange) IS
'all settlement lines of a range of whole months: stored ones of the closed periods in it, and unless it is closed itself those that it brings beyond them';

-- What lies in a closed period that is not closed piece by piece was not settled by itself.
CREATE FUNCTION steering.require_settled(period daterange) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.refuse_part(require_settled.period, longest.during)
FROM (
	SELECT billed.during
	FROM steering.billed_closing AS billed
	WHERE billed.during && require_settled.period
		AND NOT billed.during <@ require_settled.period
		AND NOT (billed.during @> require_settled.period AND datemultirange(require_settled.period) <@ coalesce((
			SELECT range_agg(inside.during) FROM steering.billed_closing AS inside
			WHERE inside.during <@ require_settled.period), '{}'::datemultirange))
	ORDER BY upper(billed.during) - lower(billed.during) DESC, billed.during
	LIMIT 1
) AS longest;
END;
REVOKE ALL ON FUNCTION steering.require_settled(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_settled(daterange) IS
'checks that a period has no closed one of which it has only a part of the days, unless all of its own were closed in it. Error: 55000';

CREATE OR REPLACE FUNCTION steering.settle(period text)
RETURNS TABLE (participant text, service text, agreement_id integer, line text, quantity numeric, price numeric,
	amount numeric, valid_from date, valid_to date, closing_id integer, corrects integer)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.require_settled(steering.period_range(settle.period));
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
'what each participant owes (positive) or gets (negative) for a period, in whole cents. By agreement: agreed, excess and unused as agreement_charge() says for the actual volume that the agreement covers; share of the actual cost of a service by an allocation key, divided by the largest remainder; incentive, the sum of the percentages of the service''s indicators of the agreed money (of what is owed, where none was agreed beforehand), bonus or malus, limited to incentive_maximum; advance, paid before. Terms are judged over all months of an agreement until the end of the period, with their exact share of what was agreed; what was due until the start of the period, or was billed for it, is taken off. result_share: the participant''s part of the supplier''s gain (negative) or loss, judged so for the years of set_result_share(). correction of an earlier settlement (corrects). Lines of closed periods (closing_id) are as they were billed. Where other lines are given too, these are for the whole period, and with corrects they take back what the closing of that number billed in it: so the sum is what is owed, whatever was closed meanwhile. Amount null: a weight is not known, see settlement_problem(). It shows all participants; each can read its own closed ones in steering.settlement. Errors: those of period_range(), 55000 the period has only a part of a closed one, 22003 an amount does not fit';

CREATE OR REPLACE FUNCTION steering.settlement_proof(period text)
RETURNS TABLE (item text, service text, key text, total numeric, parts numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.require_settled(steering.period_range(settlement_proof.period));
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
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('share', 'unowed_cost')), 0) END
	FROM settled
	WHERE settled.line IN ('divided_cost', 'share', 'unowed_cost')
	GROUP BY settled.service_id, settled.key
	UNION ALL
	SELECT 3, settled.line, settled.service_id, settled.key, sum(settled.amount), NULL
	FROM settled
	WHERE settled.line IN ('other_cost', 'unowed_cost', 'undivided_cost')
	GROUP BY settled.line, settled.service_id, settled.key
	HAVING sum(settled.amount) <> 0
	UNION ALL
	SELECT 4, settled.line, NULL, NULL, CASE WHEN bool_and(settled.amount IS NOT NULL) THEN sum(settled.amount) END, NULL
	FROM settled
	WHERE settled.participant_id IS NOT NULL
	GROUP BY settled.line
	UNION ALL
	SELECT 5, 'result', NULL, NULL,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0) END,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed', 'excess', 'unused', 'share', 'incentive')), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) END
	FROM settled
	WHERE settled.line IN ('result', 'agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
	UNION ALL
	SELECT 6, 'shared_result', NULL, NULL,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'kept_result'), 0) END,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'unowed_result'), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result_share'), 0) END
	FROM settled
	WHERE settled.line IN ('result', 'kept_result', 'unowed_result', 'result_share')
	UNION ALL
	SELECT 7, settled.line, NULL, NULL, CASE WHEN bool_and(settled.amount IS NOT NULL) THEN sum(settled.amount) END, NULL
	FROM settled
	WHERE settled.line IN ('kept_result', 'unowed_result')
	GROUP BY settled.line
	UNION ALL
	SELECT 8, 'to_pay', NULL, NULL,
		CASE WHEN coalesce(bool_and(settled.amount IS NOT NULL), true) THEN coalesce(sum(settled.amount), 0) END,
		CASE WHEN coalesce(bool_and(settled.amount IS NOT NULL), true) THEN coalesce(sum(round(settled.amount, 2)), 0) END
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
'proves that the lines of settle() add up: each difference is 0. booked_cost: the actual cost of the period, and its parts under agreements, shared, and under none; divided_cost of a service: what a key divides, and its shares with what nobody owes; then what is under no agreement (other_cost), what nobody owes (unowed_cost) and what cannot be divided since a weight is not known (undivided_cost, see settlement_problem()), per service; what depends on that is null; the sum of each kind of line; result: the supplier''s, as shared and as what is owed less the actual cost; shared_result: what of it is shared, and the shares; kept_result and unowed_result: what is not; to_pay: all lines, and all lines in whole cents. Errors: those of settle()';
