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
), booked AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, usage_now.month,
		-- The last month of all has no day after it.
		daterange(usage_now.month, CASE WHEN usage_now.month < '5874897-12-01' THEN steering.month_of(usage_now.month + 31)
			ELSE 'infinity' END) AS days,
		sum(usage_now.bookings) AS bookings, sum(usage_now.amount::numeric) AS amount, sum(usage_now.volume::numeric) AS volume
	FROM steering.usage_now
	WHERE usage_now.service_id <> 0
	GROUP BY usage_now.service_id, usage_now.participant_id, usage_now.month
	HAVING sum(usage_now.bookings) <> 0
), capped AS MATERIALIZED (
	SELECT pair.service_id, pair.participant_id, range_agg(cap.during) AS days
	FROM (SELECT DISTINCT booked.service_id, booked.participant_id FROM booked) AS pair
	JOIN service_below ON service_below.service_id = pair.service_id
	JOIN participant_below ON participant_below.participant_id = pair.participant_id
	JOIN steering.cap ON cap.service_id = service_below.top AND cap.participant_id = participant_below.top
	GROUP BY pair.service_id, pair.participant_id
), beside AS MATERIALIZED (
	SELECT booked.service_id, booked.participant_id, booked.month, booked.days, booked.bookings, booked.amount, booked.volume,
		capped.days AS capped_days, capped.days && booked.days AS is_partly
	FROM booked
	JOIN capped ON capped.service_id = booked.service_id AND capped.participant_id = booked.participant_id
	WHERE NOT capped.days @> booked.days
		AND NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> booked.days)
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
	CROSS JOIN LATERAL steering.booking_scan(span.first_day, span.end_day) AS read
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
