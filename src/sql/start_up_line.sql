-- start_up_line.sql
-- What settlements say of start-ups: an advance is owed, and given back as it is repaid, so all of it together is what is not recovered. It is
-- a claim, and no part of the supplier's result. Here is how all settlement lines are computed and proved, since these are among them.

CREATE FUNCTION steering.start_up_moved(first_day date, end_day date)
RETURNS TABLE (line text, participant_id integer, key text, quantity numeric, price numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH moved AS MATERIALIZED (
	SELECT start_up.settled_in AS month, start_up.key, start_up.amount::numeric AS whole, share.participant_id, share.advance::numeric AS amount
	FROM steering.start_up
	JOIN steering.start_up_share AS share ON share.start_up_id = start_up.start_up_id
	UNION ALL
	SELECT repayment.settled_in, start_up.key, - repayment.amount::numeric, line.participant_id, - line.amount::numeric
	FROM steering.start_up_repayment AS repayment
	JOIN steering.start_up ON start_up.start_up_id = repayment.start_up_id
	JOIN steering.start_up_repayment_line AS line ON line.repayment_id = repayment.repayment_id
), due AS MATERIALIZED (
	SELECT moved.*
	FROM moved
	WHERE moved.month >= start_up_moved.first_day AND moved.month < start_up_moved.end_day
		AND NOT EXISTS (SELECT FROM steering.billed_closing AS billed
			WHERE billed.during <@ daterange(start_up_moved.first_day, start_up_moved.end_day) AND billed.during @> moved.month)
)
SELECT 'start_up', due.participant_id, due.key, round(100 * due.amount / due.whole, 4), due.whole, due.amount
FROM due
WHERE due.amount <> 0
UNION ALL
SELECT 'start_up_claim', NULL, NULL, NULL, NULL, sum(due.amount)
FROM due
HAVING count(*) > 0;
END;
REVOKE ALL ON FUNCTION steering.start_up_moved(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.start_up_moved(date, date) IS
'the settlement lines of start-ups that these months bring, beyond what was billed in them by closings: for each advance (positive) and repayment (negative) the shares of participants, with the percentage and the whole; and their sum';

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
SELECT moved.line, NULL, moved.participant_id, NULL, moved.key, moved.quantity, moved.price, moved.amount, NULL
FROM steering.start_up_moved(compute_settlement.first_day, compute_settlement.end_day) AS moved
UNION ALL
SELECT 'result', NULL, NULL, NULL, NULL, NULL, NULL, total.amount, NULL FROM total
UNION ALL
SELECT 'kept_result', NULL, NULL, NULL, NULL, NULL, NULL, total.amount - total.shared, NULL FROM total
UNION ALL
SELECT 'unowed_result', NULL, NULL, NULL, NULL, NULL, NULL, total.unowed, NULL FROM total;
END;
COMMENT ON FUNCTION steering.compute_settlement(date, date) IS
'the settlement lines that the months between first_day and before end_day bring beyond what was billed in them by closings. Those of participants: see settle(). Those of the proof: booked_cost, the actual cost; where it belongs: agreed_cost to an agreement, shared_cost to those who share the cost of a service, other_cost to no agreement; divided_cost, what a key divides, undivided_cost, what of it cannot be divided since a weight is not known, and unowed_cost, what of it nobody owes: shares of those without an agreement, and parts of cents; result, the supplier''s: what participants owe for the period less the actual cost; kept_result, what it does not share, and unowed_result, what it shares with nobody; start_up_claim, by how much what participants have advanced for start-ups and not got back changes. An amount is null where a weight is not known';

COMMENT ON FUNCTION steering.settle(text) IS
'what each participant owes (positive) or gets (negative) for a period, in whole cents. By agreement: agreed, excess and unused as agreement_charge() says for the actual volume that the agreement covers; share of the actual cost of a service by an allocation key, divided by the largest remainder; incentive, the sum of the percentages of the service''s indicators of the agreed money (of what is owed, where none was agreed beforehand), bonus or malus, limited to incentive_maximum; advance, paid before. Terms are judged over all months of an agreement until the end of the period, with their exact share of what was agreed; what was due until the start of the period, or was billed for it, is taken off. result_share: the participant''s part of the supplier''s gain (negative) or loss, judged so for the years of set_result_share(). correction of an earlier settlement (corrects). start_up: the participant''s share of what is advanced for a start-up with the month of that day, and (negative) of what is repaid; no part of the supplier''s result; where the month was closed already, with the first one after it that was open. Lines of closed periods (closing_id) are as they were billed. Where other lines are given too, these are for the whole period, and with corrects they take back what the closing of that number billed in it: so the sum is what is owed, whatever was closed meanwhile. Amount null: a weight is not known, see settlement_problem(). It shows all participants; each can read its own closed ones in steering.settlement. Errors: those of period_range(), 55000 the period has only a part of a closed one, 22003 an amount does not fit';

-- OR REPLACE: earlier versions have it, without start-ups.
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
	SELECT 8, 'start_up_claim', NULL, NULL, coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'start_up_claim'), 0),
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'start_up'), 0)
	FROM settled
	WHERE settled.line IN ('start_up_claim', 'start_up')
	HAVING count(*) > 0
	UNION ALL
	SELECT 9, 'to_pay', NULL, NULL,
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
COMMENT ON FUNCTION steering.settlement_proof(text) IS
'proves that the lines of settle() add up: each difference is 0. booked_cost: the actual cost of the period, and its parts under agreements, shared, and under none; divided_cost of a service: what a key divides, and its shares with what nobody owes; then what is under no agreement (other_cost), what nobody owes (unowed_cost) and what cannot be divided since a weight is not known (undivided_cost, see settlement_problem()), per service; what depends on that is null; the sum of each kind of line; result: the supplier''s, as shared and as what is owed less the actual cost; shared_result: what of it is shared, and the shares; kept_result and unowed_result: what is not; start_up_claim, where there are start-ups: what of them was advanced less what was repaid, and the shares; to_pay: all lines, and all lines in whole cents. Errors: those of settle()';
