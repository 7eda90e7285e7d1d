-- What 0.4.0 changes in the objects of 0.3.0. Its new topics follow in the upgrade script.

-- --- what is not written yet: a function for counters and one for cells, instead of one for both

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_counter() RETURNS TABLE (cap_id integer, used steering.amount)
AS 'MODULE_PATHNAME', 'steering_unwritten_counter'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_counter() IS
'what this transaction has booked and will add to the counters of caps when it commits, as far as the role may read it; a counter may have several rows';

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_cell() RETURNS TABLE (source_id integer, service_id integer,
	participant_id integer, month date, amount steering.amount, volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_unwritten_cell'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_cell() IS
'what this transaction has booked and will add to usage cells when it commits, as far as the role may read it; a cell may have several rows';

CREATE OR REPLACE VIEW steering.cap_usage AS
SELECT counted.cap_id, steering.sum(counted.used) AS used, min(counted.revision) AS revision
FROM (SELECT cap_counter.cap_id, cap_counter.used, cap_counter.revision FROM steering.cap_counter
      UNION ALL
      SELECT unwritten.cap_id, unwritten.used, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
GROUP BY counted.cap_id;

CREATE OR REPLACE VIEW steering.usage_now AS
SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
	usage_cell.amount, usage_cell.volume, usage_cell.bookings
FROM steering.usage_cell
UNION ALL
SELECT unwritten.source_id, unwritten.service_id, unwritten.participant_id, unwritten.month,
	unwritten.amount, unwritten.volume, unwritten.bookings
FROM steering.unwritten_cell() AS unwritten;

CREATE OR REPLACE VIEW steering.difference AS
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
	FROM steering.usage_now AS stored
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
	FROM steering.usage_now AS usage_cell
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
		coalesce(sum(CASE cap.metric WHEN 'budget' THEN charged.amount ELSE charged.volume END), 0) AS used,
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
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;

DROP FUNCTION steering.unwritten_change();
