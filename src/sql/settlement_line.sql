-- Settlement lines: computed for an open period, stored for a closed one. How they are computed, and proved, is in start_up_line.sql.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it; and who
-- was needs no right on the tables.

-- Start-ups have lines too, and a later topic: see start_up_line.sql.
CREATE OR REPLACE FUNCTION steering.compute_settlement(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT owed.line, owed.service_id, owed.participant_id, owed.agreement_id, owed.key, owed.quantity, owed.price, owed.amount, owed.corrects
FROM steering.settlement_owed(compute_settlement.first_day, compute_settlement.end_day) AS owed;
END;
REVOKE ALL ON FUNCTION steering.compute_settlement(date, date) FROM PUBLIC;

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
