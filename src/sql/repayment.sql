-- repayment.sql
-- Start-ups are repaid out of what they have saved, until all is recovered.

CREATE FUNCTION steering.start_up_balance(code text, day date, OUT advanced numeric, OUT repaid numeric, OUT realised numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT start_up.amount::numeric,
	(SELECT coalesce(sum(repayment.amount::numeric), 0)
		FROM steering.start_up_repayment AS repayment WHERE repayment.start_up_id = start_up.start_up_id),
	(SELECT min(course.realised)
		FROM (
			SELECT sum(event.amount) OVER (ORDER BY event.day) AS realised
			FROM (
				SELECT greatest(entry.booked_on, start_up_balance.day) AS day, entry.amount::numeric AS amount
				FROM steering.saving_entry AS entry
				JOIN steering.saving ON saving.saving_id = entry.saving_id
				WHERE saving.start_up = start_up.code AND entry.step = 'realise'
				UNION ALL
				SELECT start_up_balance.day, 0
			) AS event
		) AS course)
FROM steering.start_up
WHERE start_up.code = start_up_balance.code;
END;
REVOKE ALL ON FUNCTION steering.start_up_balance(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.start_up_balance(text, date) IS 'what of a start-up was advanced, repaid (ever), and realised of the savings that repay it, until a day and including it, and not taken back on a later one';

CREATE FUNCTION steering.repay_start_up(code text, amount numeric, repaid_on date, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_start_up(repay_start_up.code), steering.require_positive(abs(repay_start_up.amount), 'amount', 2),
	steering.require_day(repay_start_up.repaid_on, 'repaid_on'), steering.require_text(repay_start_up.reason, 'reason');
UPDATE steering.start_up SET repayments = start_up.repayments + 1 WHERE start_up.code = repay_start_up.code;
SELECT steering.require_open_month(steering.settling_month(repay_start_up.repaid_on));
SELECT steering.require_that(repay_start_up.amount <= balance.advanced - balance.repaid, '55000',
		format('of start-up "%s" only %s is not repaid, not %s', repay_start_up.code, steering.show_limit(balance.advanced - balance.repaid),
			steering.show_limit(repay_start_up.amount))),
	steering.require_that(repay_start_up.amount < 0 OR repay_start_up.amount <= balance.realised - balance.repaid, '55000',
		format('start-up "%s" has saved %s that is not repaid yet, not %s', repay_start_up.code,
			steering.show_limit(greatest(balance.realised - balance.repaid, 0)), steering.show_limit(repay_start_up.amount)),
		format('Realised of its savings by %s: %s, repaid: %s.', to_char(repay_start_up.repaid_on::timestamp, 'YYYY-MM-DD'),
			steering.show_limit(balance.realised), steering.show_limit(balance.repaid))),
	steering.require_that(- repay_start_up.amount <= balance.repaid, '55000',
		format('of start-up "%s" only %s was repaid, not %s', repay_start_up.code, steering.show_limit(balance.repaid),
			steering.show_limit(- repay_start_up.amount)))
FROM steering.start_up_balance(repay_start_up.code, repay_start_up.repaid_on) AS balance;
WITH share AS (
	SELECT share.participant_id, share.advance::numeric - coalesce(sum(line.amount::numeric), 0) AS remaining,
		coalesce(sum(line.amount::numeric), 0) AS repaid
	FROM steering.start_up
	JOIN steering.start_up_share AS share ON share.start_up_id = start_up.start_up_id
	LEFT JOIN steering.start_up_repayment AS repayment ON repayment.start_up_id = start_up.start_up_id
	LEFT JOIN steering.start_up_repayment_line AS line ON line.repayment_id = repayment.repayment_id
		AND line.participant_id = share.participant_id
	WHERE start_up.code = repay_start_up.code
	GROUP BY share.participant_id, share.advance::numeric
), divided AS (
	SELECT share.participant_id, steering.allocated(repay_start_up.amount,
		CASE WHEN repay_start_up.amount > 0 THEN share.remaining ELSE share.repaid END, 0.01, 'error') OVER (
			ORDER BY participant.code COLLATE "C") AS amount
	FROM share
	JOIN steering.participant ON participant.participant_id = share.participant_id
), made AS (
	INSERT INTO steering.start_up_repayment (start_up_id, amount, repaid_on, reason, settled_in)
	SELECT start_up.start_up_id, repay_start_up.amount::steering.amount, repay_start_up.repaid_on, repay_start_up.reason,
		steering.settling_month(repay_start_up.repaid_on)
	FROM steering.start_up
	WHERE start_up.code = repay_start_up.code
	RETURNING repayment_id
), lines AS (
	INSERT INTO steering.start_up_repayment_line (repayment_id, participant_id, amount)
	SELECT made.repayment_id, divided.participant_id, divided.amount::steering.amount FROM made CROSS JOIN divided
)
SELECT made.repayment_id FROM made;
END;
REVOKE ALL ON FUNCTION steering.repay_start_up(text, numeric, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.repay_start_up(text, numeric, date, text) IS
'repays a start-up out of what the savings that name it have realised by that day and that is not repaid yet; returns the number of the repayment. It is divided by what each participant has still to get, by the largest remainder, in whole cents: so shares add up to it, and what is repaid last makes each whole. A negative amount takes back so much of what was repaid, by what each has got. It is settled with the month of the day, or the first open one after it. Errors: 22004 null, 22023 unknown start-up, an amount that is zero or not in whole cents, no day, an empty reason, 55000 more than is not repaid, than was saved, or than was repaid, 40001 concurrent change';

CREATE FUNCTION steering.drop_start_up(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_start_up(drop_start_up.code);
SELECT steering.require_open_month(start_up.settled_in) FROM steering.start_up WHERE start_up.code = drop_start_up.code;
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.start_up_repayment AS repayment WHERE repayment.start_up_id = start_up.start_up_id),
		'55000', format('of start-up "%s" something was repaid', start_up.code)),
	steering.require_that(NOT EXISTS (SELECT FROM steering.saving WHERE saving.start_up = start_up.code),
		'55000', format('savings repay start-up "%s"', start_up.code), 'They name it: see steering.saving_status.')
FROM steering.start_up
WHERE start_up.code = drop_start_up.code;
DELETE FROM steering.start_up_share USING steering.start_up
WHERE start_up.code = drop_start_up.code AND start_up_share.start_up_id = start_up.start_up_id;
DELETE FROM steering.start_up WHERE start_up.code = drop_start_up.code;
END;
REVOKE ALL ON FUNCTION steering.drop_start_up(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_start_up(text) IS
'removes a start-up of which nothing was repaid, which was not settled in a period that is closed, and which no saving names. Errors: 22004 null, 22023 unknown, 55000 something was repaid, it was settled, or savings repay it';
