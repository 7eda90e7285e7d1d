-- Commitments in closed periods. What was spent is fixed there; what is still open is to be released, or to
-- be carried to a day that is open, and until then it is told.

-- A release may be a row of its own, in another month or source: what it leaves open is the sum. Sums are of
-- numeric: they may be more than one amount holds. Stored usage is read once, however many periods are asked for.
CREATE FUNCTION steering.open_commitment_in(periods daterange[])
RETURNS TABLE (during daterange, service_id integer, participant_id integer, sources text, bookings numeric, amount numeric, volume numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH committed AS MATERIALIZED (
	SELECT usage_cell.service_id, usage_cell.participant_id, usage_cell.month, source_name.name AS source,
		sum(usage_cell.bookings) AS bookings, sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume
	FROM steering.usage_cell
	JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id AND source.stage = 'commitment'
	JOIN steering.source_name ON source_name.source_id = source.source_id
	WHERE usage_cell.service_id <> 0
	GROUP BY usage_cell.service_id, usage_cell.participant_id, usage_cell.month, source_name.name
	HAVING sum(usage_cell.amount::numeric) <> 0 OR sum(usage_cell.volume::numeric) <> 0
)
SELECT period.during, committed.service_id, committed.participant_id,
	string_agg(DISTINCT committed.source, ', ' ORDER BY committed.source),
	sum(committed.bookings), sum(committed.amount), sum(committed.volume)
FROM unnest(open_commitment_in.periods) AS period (during)
JOIN committed ON period.during @> committed.month
GROUP BY period.during, committed.service_id, committed.participant_id
HAVING sum(committed.amount) <> 0 OR sum(committed.volume) <> 0;
END;
REVOKE ALL ON FUNCTION steering.open_commitment_in(daterange[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.open_commitment_in(daterange[]) IS
'what is still committed in periods of whole months, per service and participant: the tables that have it, in how many bookings (what still counts with nothing left of it included, if the rest of its month has not come to nothing), and sums of their amounts and volumes';

-- A day may lie in several closed periods, a year over its months: it is told for the longest.
CREATE VIEW steering.commitment_problem AS
SELECT format('period %s', steering.name_period(open.during)) AS subject, 'open commitments' AS problem,
	format('Service "%s", participant "%s": %s in %s, amount %s, volume %s, committed and not spent. They count as usage of a period in which nothing can be spent any more.',
		   service.code, participant.code,
		   CASE open.bookings WHEN 1 THEN '1 booking' ELSE concat(open.bookings, ' bookings') END, open.sources,
		   round(open.amount, greatest(min_scale(open.amount), 2)), round(open.volume, greatest(min_scale(open.volume), 2))) AS detail,
	'release them, lower them to what is still expected, or carry them to a day that is open' AS hint
FROM steering.open_commitment_in((
	SELECT array_agg(closing.during)
	FROM steering.closing
	WHERE closing.reopened_at IS NULL
		AND NOT EXISTS (SELECT FROM steering.closing AS longer
						WHERE longer.reopened_at IS NULL AND longer.during @> closing.during AND longer.during <> closing.during))) AS open
JOIN steering.service ON service.service_id = open.service_id
JOIN steering.participant ON participant.participant_id = open.participant_id;
REVOKE ALL ON steering.commitment_problem FROM PUBLIC;
COMMENT ON VIEW steering.commitment_problem IS 'health(): commitments that are open in closed periods';
COMMENT ON COLUMN steering.commitment_problem.subject IS 'a closed period';
COMMENT ON COLUMN steering.commitment_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.commitment_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.commitment_problem.hint IS 'what to do';
