-- What 0.3.0 changes in the objects of 0.2.0. Its new topics follow in the upgrade script.

-- --- registers: participant, service, register

-- --- caps and events: cap, event, usage, view, verify

-- --- sources and what follows their ALTER and DROP: source, problem, merge_problem

-- --- periods: closing, usage_between
ALTER TABLE steering.closing ADD COLUMN committed_bookings numeric, ADD COLUMN committed_amount numeric,
	ADD COLUMN committed_volume numeric;
COMMENT ON COLUMN steering.closing.committed_bookings IS 'number of those that were commitments, which may still be released; null: unknown, it was closed by a version before 0.3.0';
COMMENT ON COLUMN steering.closing.committed_amount IS 'sum of the amounts of commitments; null: unknown';
COMMENT ON COLUMN steering.closing.committed_volume IS 'sum of the volumes of commitments; null: unknown';
-- Until now commitments in closed periods did not change: what they are is what they were.
UPDATE steering.closing
SET committed_bookings = committed.bookings, committed_amount = committed.amount, committed_volume = committed.volume
FROM steering.closing AS closed
CROSS JOIN LATERAL (
	SELECT coalesce(sum(usage_cell.bookings), 0) AS bookings, coalesce(sum(usage_cell.amount::numeric), 0) AS amount,
		coalesce(sum(usage_cell.volume::numeric), 0) AS volume
	FROM steering.usage_cell
	WHERE usage_cell.service_id <> 0
		AND usage_cell.month >= lower(closed.during) AND usage_cell.month < upper(closed.during)
		AND usage_cell.source_id IN (SELECT source.source_id FROM steering.source WHERE source.stage = 'commitment')) AS committed
WHERE closed.closing_id = closing.closing_id AND closing.reopened_at IS NULL;

-- Of closings by a version before 0.3.0 nobody knows what was committed: they are held against all of it.
CREATE OR REPLACE VIEW steering.closing_problem AS
SELECT format('period %s', steering.name_period(closing.during)) AS subject, 'changed after closing' AS problem,
	format('When it was closed it had %s bookings, amount %s, volume %s%s; now %s, %s, %s. A table was dropped, or repair() has mended what triggers had not seen%s.',
		   closed.bookings, closed.amount, closed.volume,
		   CASE WHEN closing.committed_bookings IS NULL THEN ', commitments included' ELSE ' without commitments' END,
		   stored.bookings, stored.amount, stored.volume,
		   CASE WHEN closing.committed_bookings IS NULL THEN ', or commitments were released' END) AS detail,
	'reopen it, see to its bookings, and close it again' AS hint
FROM steering.closing
CROSS JOIN LATERAL (
	SELECT closing.bookings - coalesce(closing.committed_bookings, 0) AS bookings,
		closing.amount - coalesce(closing.committed_amount, 0) AS amount,
		closing.volume - coalesce(closing.committed_volume, 0) AS volume) AS closed
CROSS JOIN LATERAL (
	SELECT coalesce(sum(usage_cell.bookings), 0) AS bookings, coalesce(sum(usage_cell.amount::numeric), 0) AS amount,
		coalesce(sum(usage_cell.volume::numeric), 0) AS volume
	FROM steering.usage_cell
	WHERE usage_cell.service_id <> 0
		AND usage_cell.month >= lower(closing.during) AND usage_cell.month < upper(closing.during)
		AND (closing.committed_bookings IS NULL
			OR usage_cell.source_id NOT IN (SELECT source.source_id FROM steering.source WHERE source.stage = 'commitment'))) AS stored
WHERE closing.reopened_at IS NULL
	AND (stored.bookings <> closed.bookings OR stored.amount <> closed.amount OR stored.volume <> closed.volume);
COMMENT ON FUNCTION steering.close_bookings(text, text) IS
'closes a period to bookings and returns the number of the closing: what changes bookings in it is refused from now on (23S74), by this transaction too, except that commitments may be released, lowered and carried to an open day. Says how many are open (a NOTICE). Waits for running bookings, and new ones wait until it is committed: what is read after it, with a new snapshot, is what the period has. Errors: those of period_range(), 55000 the period is closed already or overlaps a closed one';
COMMENT ON FUNCTION steering.reopen_bookings(text, text) IS
'opens a closed period to bookings again, as it was closed, and returns the number of the closing that ends. Waits for running bookings. Errors: those of period_range(), 22004 no reason, 22023 an empty one, 55000 the period is not closed, or a correction of it was settled in a period that is closed (see reopen_period()), 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- --- agreements, allocation and settlement: allocate, allocation, allocation_cost, agreement, settlement, settlement_line, supplier
ALTER TABLE steering.settlement_correction
	ADD COLUMN reverses integer CONSTRAINT settlement_correction_reverses_key UNIQUE;
COMMENT ON TABLE steering.settlement_correction IS 'what settlements of closed periods are corrected by, written by correct_settlement(), reverse_correction() and the reopening of a period alone; rows are only added';
COMMENT ON COLUMN steering.settlement_correction.reverses IS 'the correction that it takes back; null: it takes none back';
CREATE OR REPLACE VIEW steering.correction WITH (security_barrier) AS
SELECT correction.correction_id, correction.closing_id AS corrects,
	lower(closing.during) AS valid_from, upper(closing.during) - 1 AS valid_to,
	participant.code AS participant, service.code AS service, round(correction.amount::numeric, 2) AS amount,
	correction.month AS settled_in, correction.reason, correction.recorded_at, correction.role_name, correction.reverses
FROM steering.settlement_correction AS correction
JOIN steering.closing ON closing.closing_id = correction.closing_id
JOIN steering.participant ON participant.participant_id = correction.participant_id
JOIN steering.service ON service.service_id = correction.service_id
WHERE correction.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
COMMENT ON COLUMN steering.correction.reverses IS 'number of the correction that it takes back, since the period that was corrected has been reopened, or by reverse_correction(); null: it takes none back';
COMMENT ON FUNCTION steering.close_period(text, text) IS
'closes a period and stores its settlement; returns the number of the closing. What was spent in it is fixed from then on (23S74), and settle() gives what was stored, whatever changes. What is only committed in it is told by a NOTICE, and may be released, lowered and carried to a day that is open. Waits for running bookings. Errors: those of close_bookings() and settle()';
COMMENT ON FUNCTION steering.reopen_period(text, text) IS
'opens a closed period to bookings again, as it was closed; returns the number of the closing that ends. Its settlement holds no more, and stays readable in steering.settlement. What corrected it is taken back with it: each of its corrections gets a reversing line in the open period that it is settled in, told by a NOTICE. Waits for running bookings. Errors: those of reopen_bookings(), 55000 a correction of it was settled in a period that is closed';
COMMENT ON FUNCTION steering.correct_settlement(text, text, text, numeric, text, text) IS
'corrects the settlement of a closed period by an amount (positive: owed, negative: given back) that becomes a line in the settlement of an open one, with the last month of into_period; returns the number of the correction. What was wrong is corrected by a correction of that, or taken back by reverse_correction(). Errors: 22004 null, those of period_range(), 55000 period is not closed or into_period not open, 22023 unknown code, 23502 amount or reason is null, 23514 amount zero or not in whole cents, reason empty';

-- --- results, comparison and outlook: indicator, comparison, outlook
