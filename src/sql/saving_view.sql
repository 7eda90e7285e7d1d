-- saving_view.sql
-- Savings as they are read: where each stands, the ledger of a period as councils print it, and what of them is a risk.

CREATE VIEW steering.saving_status WITH (security_barrier) AS
SELECT saving.code AS saving,
	saving.owner,
	CASE WHEN part.cap_id = 0 THEN 'central' ELSE 'allocated' END AS state,
	nullif(part.cap_id, 0) AS cap_id,
	service.code AS service,
	participant.code AS participant,
	lower(saving.during) AS valid_from,
	upper(saving.during) - 1 AS valid_to,
	saving.structural,
	saving.start_up,
	part.amount,
	part.realised,
	part.written_off,
	part.postponed,
	part.remaining
FROM steering.saving
JOIN steering.saving_part AS part ON part.saving_id = saving.saving_id
LEFT JOIN steering.cap ON cap.cap_id = part.cap_id
LEFT JOIN steering.service ON service.service_id = coalesce(cap.service_id, saving.service_id)
LEFT JOIN steering.participant ON participant.participant_id = coalesce(cap.participant_id, saving.participant_id)
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR saving.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.saving_status TO PUBLIC;
COMMENT ON VIEW steering.saving_status IS 'the savings of participants that the role may read, part by part: what of each is allocated to no cap, and to each cap; those of no participant are for who may read all. amount = realised + written_off + postponed + remaining';
COMMENT ON COLUMN steering.saving_status.saving IS 'code of the saving';
COMMENT ON COLUMN steering.saving_status.owner IS 'who has to find it';
COMMENT ON COLUMN steering.saving_status.state IS 'central: allocated to no cap; allocated: the cap was lowered by it';
COMMENT ON COLUMN steering.saving_status.cap_id IS 'the cap, which may be gone; null: none';
COMMENT ON COLUMN steering.saving_status.service IS 'code of the service of the cap, else of the saving; null: of none';
COMMENT ON COLUMN steering.saving_status.participant IS 'code of the participant of the cap, else of the saving; null: of none';
COMMENT ON COLUMN steering.saving_status.valid_from IS 'first day of the period in which it is to be found';
COMMENT ON COLUMN steering.saving_status.valid_to IS 'last day of the period';
COMMENT ON COLUMN steering.saving_status.structural IS 'true: it stays so in the years after';
COMMENT ON COLUMN steering.saving_status.start_up IS 'code of the start-up that it repays; null: none';
COMMENT ON COLUMN steering.saving_status.amount IS 'how much is to be found of this part';
COMMENT ON COLUMN steering.saving_status.realised IS 'what of it was found';
COMMENT ON COLUMN steering.saving_status.written_off IS 'what of it will not be found';
COMMENT ON COLUMN steering.saving_status.postponed IS 'what of it is to be found later, as a saving of its own';
COMMENT ON COLUMN steering.saving_status.remaining IS 'what of it is still to be found';

CREATE VIEW steering.saving_event WITH (security_barrier) AS
SELECT saving.code AS saving,
	entry.position,
	entry.step,
	entry.amount::numeric AS amount,
	entry.booked_on,
	nullif(entry.cap_id, 0) AS cap_id,
	record.number AS amendment,
	(SELECT later.code FROM steering.saving AS later WHERE later.saving_id = entry.into_saving_id) AS into_saving,
	entry.reason,
	entry.document,
	entry.recorded_at,
	entry.role_name
FROM steering.saving_entry AS entry
JOIN steering.saving ON saving.saving_id = entry.saving_id
LEFT JOIN steering.amendment_record AS record ON record.amendment_id = entry.amendment_id
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR saving.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.saving_event TO PUBLIC;
COMMENT ON VIEW steering.saving_event IS 'what became of savings, of participants that the role may read';
COMMENT ON COLUMN steering.saving_event.saving IS 'code of the saving';
COMMENT ON COLUMN steering.saving_event.position IS '1 for the first of the saving';
COMMENT ON COLUMN steering.saving_event.step IS 'allocate, realise, write_off or postpone';
COMMENT ON COLUMN steering.saving_event.amount IS 'money; negative: so much of that step was taken back';
COMMENT ON COLUMN steering.saving_event.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.saving_event.cap_id IS 'the cap to which the part is, or was, allocated; null: none';
COMMENT ON COLUMN steering.saving_event.amendment IS 'number of the amendment by which that cap was changed; null: none was';
COMMENT ON COLUMN steering.saving_event.into_saving IS 'code of the saving that it became in a later period; null: it was not postponed';
COMMENT ON COLUMN steering.saving_event.reason IS 'why';
COMMENT ON COLUMN steering.saving_event.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.saving_event.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.saving_event.role_name IS 'who had logged in';

-- What is still to be found is negative, as on a line of a budget that it waits on; what was found, written off or postponed is
-- positive. What is allocated leaves the central part and comes to that of the cap.
CREATE VIEW steering.saving_move WITH (security_barrier) AS
SELECT status.saving, NULL::integer AS cap_id, NULL::date AS booked_on, 'target' AS step, - sum(status.amount) AS amount
FROM steering.saving_status AS status
GROUP BY status.saving
UNION ALL
SELECT event.saving, CASE event.step WHEN 'allocate' THEN NULL ELSE event.cap_id END, event.booked_on, event.step, event.amount
FROM steering.saving_event AS event
UNION ALL
SELECT event.saving, event.cap_id, event.booked_on, event.step, - event.amount
FROM steering.saving_event AS event
WHERE event.step = 'allocate';
GRANT SELECT ON steering.saving_move TO PUBLIC;
COMMENT ON VIEW steering.saving_move IS 'what saving_ledger() adds up, of savings that the role may read: as on lines of a budget, negative is still to be found';
COMMENT ON COLUMN steering.saving_move.saving IS 'code of the saving';
COMMENT ON COLUMN steering.saving_move.cap_id IS 'the cap of the part; null: what is allocated to none';
COMMENT ON COLUMN steering.saving_move.booked_on IS 'the day from which it counts; null: from the beginning';
COMMENT ON COLUMN steering.saving_move.step IS 'target, allocate, realise, write_off or postpone';
COMMENT ON COLUMN steering.saving_move.amount IS 'money';

CREATE FUNCTION steering.saving_ledger(period text, first_report date DEFAULT NULL, second_report date DEFAULT NULL)
RETURNS TABLE (saving text, owner text, state text, cap_id integer, service text, participant text, structural boolean, at_begin numeric,
	to_first_report numeric, to_second_report numeric, to_end numeric, remaining numeric, allocated numeric, realised numeric,
	written_off numeric, postponed numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH asked AS (
	SELECT lower(days.during) AS first_day, upper(days.during) AS end_day,
		greatest(coalesce(days.first_report + 1, lower(days.during)), lower(days.during)) AS second_part,
		greatest(coalesce(days.second_report + 1, days.first_report + 1, lower(days.during)),
			coalesce(days.first_report + 1, lower(days.during)), lower(days.during)) AS third_part
	FROM (SELECT steering.period_range(saving_ledger.period) AS during, CASE WHEN saving_ledger.first_report <= '9999-12-31' THEN saving_ledger.first_report
			WHEN saving_ledger.first_report IS NOT NULL THEN '9999-12-31' END AS first_report,
		CASE WHEN saving_ledger.second_report <= '9999-12-31' THEN saving_ledger.second_report
			WHEN saving_ledger.second_report IS NOT NULL THEN '9999-12-31' END AS second_report) AS days
), summed AS (
	SELECT status.saving, status.owner, status.state, status.cap_id, status.service, status.participant, status.structural,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on IS NULL OR move.booked_on < asked.first_day), 0) AS at_begin,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.booked_on < asked.second_part), 0) AS to_first_report,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.second_part AND move.booked_on < asked.third_part), 0) AS to_second_report,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.third_part), 0) AS to_end,
		sum(move.amount) AS remaining,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.step = 'allocate'), 0) AS allocated,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.step = 'realise'), 0) AS realised,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.step = 'write_off'), 0) AS written_off,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.step = 'postpone'), 0) AS postponed,
		bool_or(move.booked_on >= asked.first_day) IS TRUE AS has_moved
	FROM asked
	JOIN steering.saving_status AS status ON status.valid_from < asked.end_day
	JOIN steering.saving_move AS move ON move.saving = status.saving AND coalesce(move.cap_id, 0) = coalesce(status.cap_id, 0)
		AND (move.booked_on IS NULL OR move.booked_on < asked.end_day)
	GROUP BY status.saving, status.owner, status.state, status.cap_id, status.service, status.participant, status.structural
)
SELECT summed.saving, summed.owner, summed.state, summed.cap_id, summed.service, summed.participant, summed.structural, summed.at_begin,
	summed.to_first_report, summed.to_second_report, summed.to_end, summed.remaining, summed.allocated, summed.realised,
	summed.written_off, summed.postponed
FROM summed
WHERE summed.at_begin <> 0 OR summed.has_moved
ORDER BY summed.state DESC, summed.saving COLLATE "C", summed.cap_id NULLS FIRST;
END;
COMMENT ON FUNCTION steering.saving_ledger(text, date, date) IS
'the ledger of savings of a period, with the columns that councils print: a row for each part (central, or allocated to a cap) of savings of this period, and of earlier ones, that the role may read and of which something was still to be found at its beginning, or something was recorded in it. Negative is still to be found, positive fills it: at_begin + to_first_report + to_second_report + to_end = remaining; the days of the two reports are the last ones of their columns (null: there is no such report). What was recorded in the period, by step: allocated (out of the central part into that of the cap, so it adds up to nothing), realised, written_off, postponed. Errors: those of period_range()';

CREATE FUNCTION steering.outlook_risk(as_of date, period text DEFAULT NULL)
RETURNS TABLE (service text, participant text, actual numeric, expected numeric, budget numeric, expected_headroom numeric,
	saving_at_risk numeric, headroom_at_risk numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH asked AS (
	SELECT coalesce(outlook_risk.period, extract(year FROM outlook_risk.as_of)::text) AS period
), known AS (
	SELECT outlook.service, outlook.participant, outlook.actual, outlook.expected, outlook.budget, outlook.expected_headroom,
		0::numeric AS saving_at_risk
	FROM asked
	CROSS JOIN LATERAL steering.outlook(outlook_risk.as_of, NULL, asked.period) AS outlook
	UNION ALL
	SELECT status.service, status.participant, NULL, NULL, NULL, NULL, - sum(move.amount)
	FROM asked
	JOIN steering.saving_status AS status ON status.state = 'central' AND status.valid_from < upper(steering.period_range(asked.period))
	JOIN steering.saving_move AS move ON move.saving = status.saving AND move.cap_id IS NULL
		AND (move.booked_on IS NULL OR move.booked_on <= outlook_risk.as_of)
	GROUP BY status.service, status.participant
)
SELECT known.service, known.participant, sum(known.actual), sum(known.expected), sum(known.budget), sum(known.expected_headroom),
	sum(known.saving_at_risk), sum(known.expected_headroom) - sum(known.saving_at_risk)
FROM known
GROUP BY known.service, known.participant
HAVING bool_or(known.actual IS NOT NULL) OR sum(known.saving_at_risk) <> 0
ORDER BY known.service COLLATE "C" NULLS LAST, known.participant COLLATE "C" NULLS LAST;
END;
COMMENT ON FUNCTION steering.outlook_risk(date, text) IS
'outlook() of a period (null: the calendar year of as_of) with what of savings of it, or of earlier ones, is allocated to no cap and was still to be found on as_of (saving_at_risk): of that no budget knows, so what is expected to be left is less by it (headroom_at_risk). What is allocated has lowered its cap, and is enforced. A row for each service and participant of either, that the role may read; null: a saving of no service, or of no participant. Errors: those of outlook()';
