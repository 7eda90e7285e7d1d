-- Bookings that no cap holds, though their service and participant have caps on other days.

-- Whole months are told from the usage cells. Of months that the caps hold in part the bookings are read, as cap_tally()
-- does, and only if there are any. A closed period is fixed, and lets nothing slip by.
CREATE VIEW steering.outside_problem AS
WITH RECURSIVE service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	UNION ALL
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	UNION ALL
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
), pair AS MATERIALIZED (
	SELECT usage_here.service_id, usage_here.participant_id, min(usage_here.month) AS first_month, max(usage_here.month) AS last_month
	FROM steering.usage_here
	WHERE usage_here.service_id <> 0
	GROUP BY usage_here.service_id, usage_here.participant_id
), covering (service_id, participant_id, during) AS (
	SELECT service_below.service_id, participant_below.participant_id, cap.during
	FROM steering.cap
	JOIN service_below ON service_below.top = cap.service_id
	JOIN participant_below ON participant_below.top = cap.participant_id
), suspect AS MATERIALIZED (
	-- Of most pairs one cap holds all months. (A month of 31 days is taken for any; dates are subtracted, which always goes well.)
	SELECT pair.service_id, pair.participant_id
	FROM pair JOIN covering ON covering.service_id = pair.service_id AND covering.participant_id = pair.participant_id
	GROUP BY pair.service_id, pair.participant_id
	HAVING NOT bool_or(lower(covering.during) <= pair.first_month AND upper(covering.during) - pair.last_month >= 31)
), capped AS MATERIALIZED (
	SELECT suspect.service_id, suspect.participant_id, range_agg(covering.during) AS days
	FROM suspect
	JOIN covering ON covering.service_id = suspect.service_id AND covering.participant_id = suspect.participant_id
	GROUP BY suspect.service_id, suspect.participant_id
), held AS MATERIALIZED (
	-- The months of which every day is held.
	SELECT capped.service_id, capped.participant_id, capped.days, (
		SELECT range_agg(daterange(whole.first_day, whole.end_day))
		FROM unnest(capped.days) AS part
		CROSS JOIN LATERAL (SELECT CASE WHEN steering.month_of(lower(part)) = lower(part) THEN lower(part)
				ELSE steering.month_of(steering.month_of(lower(part)) + 31) END AS first_day,
			steering.month_of(upper(part)) AS end_day) AS whole
		WHERE whole.first_day < whole.end_day) AS months
	FROM capped
), booked (service_id, participant_id, month, capped_days, bookings, amount, volume) AS MATERIALIZED (
	SELECT usage_here.service_id, usage_here.participant_id, usage_here.month, held.days, sum(usage_here.bookings),
		sum(usage_here.amount::numeric), sum(usage_here.volume::numeric)
	FROM held
	JOIN steering.usage_here ON usage_here.service_id = held.service_id AND usage_here.participant_id = held.participant_id
	WHERE (held.months @> usage_here.month) IS NOT TRUE
	GROUP BY usage_here.service_id, usage_here.participant_id, usage_here.month, held.days
	HAVING sum(usage_here.bookings) <> 0
), beside AS MATERIALIZED (
	SELECT booked.service_id, booked.participant_id, booked.month, month.days, booked.bookings, booked.amount, booked.volume,
		booked.capped_days, booked.capped_days && month.days AS is_partly
	FROM booked
	-- The last month of all has no day after it.
	CROSS JOIN LATERAL (SELECT daterange(booked.month, CASE WHEN booked.month < '5874897-12-01'
		THEN steering.month_of(booked.month + 31) ELSE 'infinity' END) AS days) AS month
	WHERE NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> month.days)
), span AS (
	SELECT min(lower(beside.days)) AS first_day, max(upper(beside.days)) AS end_day
	FROM beside
	WHERE beside.is_partly
	HAVING count(*) > 0
), outside (service_id, participant_id, days, bookings, amount, volume) AS (
	SELECT beside.service_id, beside.participant_id, beside.days, beside.bookings, beside.amount, beside.volume
	FROM beside
	WHERE NOT beside.is_partly
	UNION ALL
	SELECT beside.service_id, beside.participant_id, daterange(read.booked_on, read.booked_on, '[]'), count(*),
		sum(read.amount::numeric), sum(read.volume::numeric)
	FROM span
	CROSS JOIN LATERAL steering.booking_read(span.first_day, span.end_day) AS read
	JOIN beside ON beside.service_id = read.service_id AND beside.participant_id = read.participant_id
		AND beside.month = steering.month_of(read.booked_on) AND beside.is_partly
		AND NOT beside.capped_days @> read.booked_on
	GROUP BY beside.service_id, beside.participant_id, read.booked_on
)
SELECT format('service "%s"', service.code) AS subject, 'bookings outside caps' AS problem,
	format('Bookings on days that none of its caps holds: %s; amount %s, volume %s. They are for %s%s: %s.',
		sum(outside.bookings), sum(outside.amount), sum(outside.volume),
		array_to_string((array_agg(DISTINCT participant.code ORDER BY participant.code))[1:3], ', '),
		' and ' || nullif(greatest(count(DISTINCT participant.code) - 3, 0), 0) || ' more',
		(SELECT CASE WHEN split_part(name, ' to ', 1) = split_part(name, ' to ', 2) THEN split_part(name, ' to ', 1) ELSE name END
		FROM steering.name_period(daterange(min(lower(outside.days)), least(max(upper(outside.days)), '5874897-12-31'))) AS name)) AS detail,
	format('correct their days, or set caps that hold them; SELECT * FROM steering.booking WHERE service = %L shows them', service.code) AS hint
FROM outside
JOIN steering.service ON service.service_id = outside.service_id
JOIN steering.participant ON participant.participant_id = outside.participant_id
GROUP BY service.service_id, service.code;
REVOKE ALL ON steering.outside_problem FROM PUBLIC;
COMMENT ON VIEW steering.outside_problem IS 'health(): services with bookings on days that none of the caps over them holds, though caps over their participant hold other days; those in closed periods apart';
COMMENT ON COLUMN steering.outside_problem.subject IS 'a service';
COMMENT ON COLUMN steering.outside_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.outside_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.outside_problem.hint IS 'what to do';
