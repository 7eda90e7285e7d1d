-- Stored usage against the bookings themselves.

-- An oracle: it counts the rows of the finance tables and nothing else, upwards from the bookings,
-- where cap_tally() goes downwards from the caps over stored sums. It adds as numeric, so that no amounts,
-- however large and however wrong, keep it from telling. A source that cannot be read is said to be unreadable, and
-- taken as it is stored: by months, so that nothing is known of caps over a part of one of these. So is one that was
-- restored without its table, of which health() tells.
CREATE VIEW steering.difference AS
WITH RECURSIVE read AS MATERIALIZED (
	SELECT scan.source_id, scan.service_id, scan.participant_id, scan.booked_on,
		sum(scan.amount::numeric) AS amount, sum(scan.volume::numeric) AS volume, count(*) AS bookings, scan.unreadable
	FROM steering.booking_read(NULL, NULL) AS scan
	GROUP BY scan.source_id, scan.service_id, scan.participant_id, scan.booked_on, scan.unreadable
), booked AS MATERIALIZED (
	SELECT read.source_id, read.service_id, read.participant_id, read.booked_on, read.amount, read.volume, read.bookings,
		false AS is_month
	FROM read
	WHERE NOT read.unreadable
	UNION ALL
	SELECT stored.source_id, stored.service_id, stored.participant_id, nullif(stored.month, '-infinity'), stored.amount::numeric,
		stored.volume::numeric, stored.bookings, true
	FROM steering.usage_here AS stored
	WHERE stored.source_id IN (
		SELECT read.source_id FROM read WHERE read.unreadable
		UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source)
), actual_cell AS (
	SELECT booked.source_id, booked.service_id, booked.participant_id,
		coalesce(steering.month_of(booked.booked_on), '-infinity') AS month,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, sum(booked.bookings) AS bookings
	FROM booked
	GROUP BY 1, 2, 3, 4
), stored_cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
		sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume, sum(usage_cell.bookings) AS bookings
	FROM steering.usage_here AS usage_cell
	GROUP BY 1, 2, 3, 4
), service_above (service_id, top, parent) AS (
	SELECT service.service_id, service.service_id, service.parent
	FROM steering.service
	UNION
	SELECT service_above.service_id, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (participant_id, top, parent) AS (
	SELECT participant.participant_id, participant.participant_id, participant.parent
	FROM steering.participant
	UNION
	SELECT participant_above.participant_id, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
), charged AS (
	SELECT service_above.top AS service_id, participant_above.top AS participant_id, booked.booked_on,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, booked.is_month
	FROM booked
	JOIN service_above ON service_above.service_id = booked.service_id
	JOIN participant_above ON participant_above.participant_id = booked.participant_id
	GROUP BY 1, 2, 3, booked.is_month
), actual_cap AS (
	SELECT cap.cap_id,
		coalesce(sum(steering.metric_part(cap.metric, charged.amount, charged.volume)), 0) AS used,
		bool_or(charged.is_month AND NOT (charged.booked_on >= lower(cap.during)
			AND steering.month_of(charged.booked_on + 31) <= upper(cap.during))) AS unknown
	FROM steering.cap
	LEFT JOIN charged ON charged.service_id = cap.service_id AND charged.participant_id = cap.participant_id
		AND (charged.booked_on >= lower(cap.during)
			OR charged.is_month AND steering.month_of(charged.booked_on + 31) > lower(cap.during))
		AND charged.booked_on < upper(cap.during)
	GROUP BY cap.cap_id
), stored_cap AS (
	SELECT counted.cap_id, sum(counted.used) AS used, min(counted.revision) AS revision
	FROM (SELECT cap_counter.cap_id, cap_counter.used::numeric, cap_counter.revision FROM steering.cap_counter
	      UNION ALL
	      SELECT unwritten.cap_id, unwritten.used::numeric, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
	GROUP BY counted.cap_id
)
SELECT 'cap' AS what, cap_id, NULL::integer AS source_id, cap.service_id, cap.participant_id, NULL::date AS month,
	measure.name AS measure, measure.stored, measure.actual
FROM steering.cap
FULL JOIN stored_cap USING (cap_id)
LEFT JOIN actual_cap USING (cap_id)
CROSS JOIN LATERAL (VALUES
	('used', stored_cap.used, coalesce(CASE WHEN actual_cap.unknown THEN stored_cap.used END, actual_cap.used)),
	('revision', stored_cap.revision, cap.revision)) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual
	OR (measure.name = 'used' AND measure.stored IS DISTINCT FROM measure.actual)
UNION ALL
SELECT 'source', NULL, read.source_id, NULL, NULL, NULL, 'unreadable', NULL, NULL
FROM read
WHERE read.unreadable
UNION ALL
SELECT 'query', NULL, query.source_id, NULL, NULL, NULL, CASE WHEN found.differences IS NULL THEN 'unreadable' ELSE 'differences' END,
	CASE WHEN found.differences > 0 THEN 0 END, found.differences
FROM steering.query CROSS JOIN LATERAL (SELECT steering.query_differences(query.source_id)) AS found (differences)
WHERE found.differences IS DISTINCT FROM 0
UNION ALL
SELECT 'orders', NULL, min(source.source_id), NULL, NULL, NULL, 'differences', 0, count(DISTINCT order_difference.reference)
FROM steering.order_difference
LEFT JOIN steering.source ON source.relation::oid = 'steering.order_line'::regclass
HAVING count(*) > 0
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;
REVOKE ALL ON steering.difference FROM PUBLIC;
COMMENT ON VIEW steering.difference IS 'verify() by numbers instead of names';
COMMENT ON COLUMN steering.difference.what IS 'cap, usage, source, query, or orders';
COMMENT ON COLUMN steering.difference.cap_id IS 'number of the cap; null: not of a cap';
COMMENT ON COLUMN steering.difference.source_id IS 'number of the source; null: of a cap';
COMMENT ON COLUMN steering.difference.service_id IS 'number of the service; 0: ignored rows';
COMMENT ON COLUMN steering.difference.participant_id IS 'number of the participant; 0: ignored rows';
COMMENT ON COLUMN steering.difference.month IS 'first day of the month; -infinity: ignored rows without a usable date; null: of a cap';
COMMENT ON COLUMN steering.difference.measure IS 'used, revision; amount, volume, bookings; unreadable; differences';
COMMENT ON COLUMN steering.difference.stored IS 'what is stored; null: a cap without counter';
COMMENT ON COLUMN steering.difference.actual IS 'what the bookings say; null: a counter without cap';

CREATE FUNCTION steering.find_differences() RETURNS steering.difference[]
LANGUAGE sql STABLE PARALLEL UNSAFE SET jit = off
BEGIN ATOMIC
SELECT array_agg(found) FROM steering.difference AS found;
END;
REVOKE ALL ON FUNCTION steering.find_differences() FROM PUBLIC;
COMMENT ON FUNCTION steering.find_differences() IS 'all rows of steering.difference; null: there are none. Compiling the query would take longer than running it';

CREATE FUNCTION steering.name_differences(differences steering.difference[])
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT found.what, found.cap_id, coalesce(source_name.name, found.source_id::text), service.code, participant.code,
	found.month, found.measure, found.stored, found.actual, found.actual - found.stored
FROM unnest(differences) AS found
LEFT JOIN steering.source_name ON source_name.source_id = found.source_id
LEFT JOIN steering.service ON service.service_id = found.service_id
LEFT JOIN steering.participant ON participant.participant_id = found.participant_id
ORDER BY found.what, found.cap_id, 3, 4, 5, found.month, found.measure;
END;
REVOKE ALL ON FUNCTION steering.name_differences(steering.difference[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.name_differences(steering.difference[]) IS 'gives names to the rows of steering.difference';

-- OFFSET 0: else the planner would find all differences to estimate how many they are, before they are found.
CREATE FUNCTION steering.verify()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT named.*
FROM (SELECT steering.find_differences() AS list OFFSET 0) AS found
CROSS JOIN LATERAL steering.name_differences(found.list) AS named
UNION ALL
SELECT * FROM steering.differences_elsewhere('verify');
END;
REVOKE ALL ON FUNCTION steering.verify() FROM PUBLIC;
COMMENT ON FUNCTION steering.verify() IS
'where stored usage differs from the bookings, which it counts row by row; no row is right. What: cap (used: usage; revision: does the counter belong to the cap as it is) or usage (amount, volume, bookings of a month; no service: rows that are ignored), or source (unreadable: health() says why; what is stored of it is taken as it is, and nothing is said of caps over a part of a month with bookings of it), or query (differences: rows of a booking table that are not what its query says; unreadable: it cannot be told), or orders (differences: keys of which what is ordered, invoiced or released is not what the rows of the sources say; steering.order_difference has them). A null under stored is a cap without counter, under actual a counter without cap. Difference is actual minus stored: what repair() adds. On the coordinator of a scaled-out installation all nodes verify themselves; source then names the node; what is node (unreadable): it does not answer, and nothing is known of it';

CREATE FUNCTION steering.repair()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
AS 'MODULE_PATHNAME', 'steering_repair'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.repair() FROM PUBLIC;
COMMENT ON FUNCTION steering.repair() IS 'mends what verify() finds, with bookings going on, and returns it. What is stored of a source that cannot be read stays as it is. No cap refuses that. On the coordinator of a scaled-out installation all nodes mend themselves as well, which no rollback here undoes; one that does not answer is returned as unreadable. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';
