-- Usage per month, and counting caps from it.

-- The order of the columns is known to C, and so is that they are all of fixed width.
CREATE TABLE steering.usage_cell (
	amount steering.amount NOT NULL,
	volume steering.amount NOT NULL,
	bookings bigint NOT NULL,
	source_id integer NOT NULL,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	month date NOT NULL,
	stripe integer NOT NULL,
	CONSTRAINT usage_cell_pkey PRIMARY KEY (service_id, participant_id, month, source_id, stripe)
) WITH (fillfactor = 50);
REVOKE ALL ON steering.usage_cell FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.usage_cell', '');
COMMENT ON TABLE steering.usage_cell IS 'sums of the bookings per source, service, participant and month';
COMMENT ON COLUMN steering.usage_cell.amount IS 'sum of the amounts';
COMMENT ON COLUMN steering.usage_cell.volume IS 'sum of the volumes';
COMMENT ON COLUMN steering.usage_cell.bookings IS 'number of bookings';
COMMENT ON COLUMN steering.usage_cell.source_id IS 'the source of the bookings';
COMMENT ON COLUMN steering.usage_cell.service_id IS 'the service booked on; 0: rows that are ignored because a key of them is unknown';
COMMENT ON COLUMN steering.usage_cell.participant_id IS 'the participant booked for; 0: ignored rows';
COMMENT ON COLUMN steering.usage_cell.month IS 'first day of the month; -infinity: ignored rows without a usable date';
COMMENT ON COLUMN steering.usage_cell.stripe IS 'number of the stripe; a cell is the sum over its stripes';

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_cell() RETURNS TABLE (source_id integer, service_id integer,
	participant_id integer, month date, amount steering.amount, volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_unwritten_cell'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_cell() IS
'what this transaction has booked and will add to usage cells when it commits, as far as the role may read it; a cell may have several rows';

CREATE VIEW steering.usage_here AS
SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
	usage_cell.amount, usage_cell.volume, usage_cell.bookings
FROM steering.usage_cell
UNION ALL
SELECT unwritten.source_id, unwritten.service_id, unwritten.participant_id, unwritten.month,
	unwritten.amount, unwritten.volume, unwritten.bookings
FROM steering.unwritten_cell() AS unwritten;
REVOKE ALL ON steering.usage_here FROM PUBLIC;
COMMENT ON VIEW steering.usage_here IS 'usage cells of this node, with what the present transaction has not written yet; a cell may have several rows';
COMMENT ON COLUMN steering.usage_here.source_id IS 'the source of the bookings';
COMMENT ON COLUMN steering.usage_here.service_id IS 'the service booked on; 0: ignored rows';
COMMENT ON COLUMN steering.usage_here.participant_id IS 'the participant booked for; 0: ignored rows';
COMMENT ON COLUMN steering.usage_here.month IS 'first day of the month';
COMMENT ON COLUMN steering.usage_here.amount IS 'sum of the amounts';
COMMENT ON COLUMN steering.usage_here.volume IS 'sum of the volumes';
COMMENT ON COLUMN steering.usage_here.bookings IS 'number of bookings';

CREATE VIEW steering.usage_now AS
SELECT usage_here.source_id, usage_here.service_id, usage_here.participant_id, usage_here.month,
	usage_here.amount, usage_here.volume, usage_here.bookings
FROM steering.usage_here
UNION ALL
SELECT elsewhere.source_id, elsewhere.service_id, elsewhere.participant_id, elsewhere.month,
	elsewhere.amount, elsewhere.volume, elsewhere.bookings
FROM steering.cell_elsewhere() AS elsewhere;
REVOKE ALL ON steering.usage_now FROM PUBLIC;
COMMENT ON VIEW steering.usage_now IS 'usage cells, on the coordinator those of all nodes, with what the present transaction has not written yet; a cell may have several rows';
COMMENT ON COLUMN steering.usage_now.source_id IS 'the source of the bookings; negative: sources of other nodes';
COMMENT ON COLUMN steering.usage_now.service_id IS 'the service booked on; 0: ignored rows';
COMMENT ON COLUMN steering.usage_now.participant_id IS 'the participant booked for; 0: ignored rows';
COMMENT ON COLUMN steering.usage_now.month IS 'first day of the month';
COMMENT ON COLUMN steering.usage_now.amount IS 'sum of the amounts';
COMMENT ON COLUMN steering.usage_now.volume IS 'sum of the volumes';
COMMENT ON COLUMN steering.usage_now.bookings IS 'number of bookings';

-- In plain date arithmetic, because date_trunc() depends on the time zone or ends in the year 294276.
CREATE FUNCTION steering.month_of(day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN day < '4714-12-01 BC' THEN '4714-11-24 BC' ELSE day - (extract(day FROM day)::integer - 1) END;
REVOKE ALL ON FUNCTION steering.month_of(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.month_of(date) IS 'first day of the month of a finite date; of the first month of all, which type date has lost the beginning of, its first day that there is';

-- Whole months of a cap come from the cells. Months that it covers in part are read from the finance
-- tables, in one pass for all caps, and only of sources that have bookings in them at all. Of a source that
-- cannot be read, or that was restored without its table, nobody knows on which days of the month its bookings are:
-- it counts with the sum of the month of each service and participant that is above zero. Where that is the sum of
-- several bookings, even more may count, since others of them may be negative and on other days: then the cap counts as
-- full, and not less than before. Compiling the query would take longer than running it.
CREATE FUNCTION steering.cap_tally(caps integer[])
RETURNS TABLE (cap_id integer, used steering.amount, estimated boolean, unknown_of integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric,
		lower(cap.during) AS first_day, upper(cap.during) AS end_day, steering.blocks_at(cap.ladder, cap.amount) AS blocks_at,
		steering.month_of(lower(cap.during)) AS first_month,
		steering.month_of(steering.month_of(lower(cap.during) - 1) + 31) AS whole_from,
		steering.month_of(upper(cap.during)) AS whole_to
	FROM steering.cap
	WHERE cap.cap_id = ANY (caps)
), service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	WHERE service.service_id IN (SELECT wanted.service_id FROM wanted)
	UNION
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	WHERE participant.participant_id IN (SELECT wanted.participant_id FROM wanted)
	UNION
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
), cell_usage AS MATERIALIZED (
	SELECT wanted.cap_id,
		steering.sum(steering.metric_part(wanted.metric, usage_cell.amount, usage_cell.volume))
			FILTER (WHERE month >= whole_from AND month < whole_to) AS used,
		array_agg(usage_cell.source_id) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_sources,
		min(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_from,
		max(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_to
	FROM steering.usage_cell
	JOIN service_below ON service_below.service_id = usage_cell.service_id
	JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND month >= first_month AND month < end_day
	GROUP BY wanted.cap_id
), partly AS (
	SELECT source.id AS source_id, min(cell_usage.partly_from) AS first_day, max(cell_usage.partly_to) + 31 AS end_day
	FROM cell_usage CROSS JOIN LATERAL unnest(cell_usage.partly_sources) AS source (id)
	GROUP BY source.id
), row_read AS MATERIALIZED (
	SELECT booked.source_id, booked.service_id, booked.participant_id, booked.booked_on, booked.amount, booked.volume,
		booked.unreadable
	FROM partly CROSS JOIN LATERAL steering.booking_read(partly.first_day, partly.end_day, partly.source_id) AS booked
), row_usage AS (
	SELECT wanted.cap_id, steering.sum(steering.metric_part(wanted.metric, booked.amount, booked.volume)) AS used
	FROM row_read AS booked
	JOIN service_below ON service_below.service_id = booked.service_id
	JOIN participant_below ON participant_below.participant_id = booked.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND booked.booked_on >= wanted.first_day AND booked.booked_on < wanted.end_day
		AND NOT (booked.booked_on >= whole_from AND booked.booked_on < whole_to)
	GROUP BY wanted.cap_id
), month_usage AS (
	SELECT month.cap_id, steering.sum(greatest(month.used, 0::steering.amount)) AS used,
		min(month.source_id) FILTER (WHERE month.bookings > 1) AS unknown_of
	FROM (SELECT row_read.source_id FROM row_read WHERE row_read.unreadable
		  UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source) AS unread
	CROSS JOIN LATERAL (
		SELECT wanted.cap_id, unread.source_id, sum(usage_cell.bookings) AS bookings,
			steering.sum(steering.metric_part(wanted.metric, usage_cell.amount, usage_cell.volume)) AS used
		FROM steering.usage_cell
		JOIN service_below ON service_below.service_id = usage_cell.service_id
		JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
		JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
			AND month >= first_month AND month < end_day AND NOT (month >= whole_from AND month < whole_to)
		WHERE usage_cell.source_id = unread.source_id
		GROUP BY wanted.cap_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month
	) AS month
	GROUP BY month.cap_id
)
SELECT wanted.cap_id,
	CASE WHEN month_usage.unknown_of IS NULL THEN sums.used
		ELSE greatest(sums.used, wanted.blocks_at, (
			SELECT steering.sum(cap_counter.used) FROM steering.cap_counter WHERE cap_counter.cap_id = wanted.cap_id)) END,
	month_usage.cap_id IS NOT NULL, month_usage.unknown_of
FROM wanted
LEFT JOIN cell_usage ON cell_usage.cap_id = wanted.cap_id
LEFT JOIN row_usage ON row_usage.cap_id = wanted.cap_id
LEFT JOIN month_usage ON month_usage.cap_id = wanted.cap_id
CROSS JOIN LATERAL (
	SELECT coalesce(cell_usage.used, 0::steering.amount) OPERATOR(steering.+) coalesce(row_usage.used, 0::steering.amount)
		OPERATOR(steering.+) coalesce(month_usage.used, 0::steering.amount) AS used
) AS sums;
END;
REVOKE ALL ON FUNCTION steering.cap_tally(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_tally(integer[]) IS 'usage of these caps, counted anew from the months'' sums and the bookings; estimated: some of these could not be read; unknown_of: number of a source because of which nobody knows how much is used, so that the cap counts as full (null: none)';
