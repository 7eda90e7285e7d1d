-- Order lines: what is ordered under a key, what is invoiced, and what of the order that releases.

-- A source of commitments like reservations: its rows count for what was released, with its sign turned, on the place of the
-- order, so that the order and this row together are what is still open. Written by the statement that orders or invoices,
-- with its bookings. It has no triggers: who writes it books as well.
CREATE TABLE steering.order_line (
	reference text COLLATE "C" CONSTRAINT order_line_pkey PRIMARY KEY,
	source_id integer,
	service text,
	participant text,
	booked_on date,
	orders bigint NOT NULL,
	ordered_amount steering.amount NOT NULL,
	ordered_volume steering.amount NOT NULL,
	invoices bigint NOT NULL,
	invoiced_amount steering.amount NOT NULL,
	invoiced_volume steering.amount NOT NULL,
	finals bigint NOT NULL,
	amount steering.amount NOT NULL,
	volume steering.amount NOT NULL,
	is_released boolean NOT NULL
) WITH (fillfactor = 70);
REVOKE ALL ON steering.order_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.order_line', '');
COMMENT ON TABLE steering.order_line IS 'order lines, and what is released of them; written with the bookings of sources that say reference or releases, and by repair()';
COMMENT ON COLUMN steering.order_line.reference IS 'key of the order line, one for all sources';
COMMENT ON COLUMN steering.order_line.source_id IS 'the source of the order; null: there is none, or not any more';
COMMENT ON COLUMN steering.order_line.service IS 'code of the service that was ordered';
COMMENT ON COLUMN steering.order_line.participant IS 'code of the participant who ordered';
COMMENT ON COLUMN steering.order_line.booked_on IS 'the day of the order, which decides which caps apply';
COMMENT ON COLUMN steering.order_line.orders IS 'rows that count and have this key as their reference';
COMMENT ON COLUMN steering.order_line.ordered_amount IS 'money that they come to';
COMMENT ON COLUMN steering.order_line.ordered_volume IS 'units of the service that they come to';
COMMENT ON COLUMN steering.order_line.invoices IS 'rows that count and release this key';
COMMENT ON COLUMN steering.order_line.invoiced_amount IS 'money that they come to';
COMMENT ON COLUMN steering.order_line.invoiced_volume IS 'units of the service that they come to';
COMMENT ON COLUMN steering.order_line.finals IS 'how many of these release all that is left';
COMMENT ON COLUMN steering.order_line.amount IS 'what is released of the money that was ordered, with its sign turned: what the row counts for';
COMMENT ON COLUMN steering.order_line.volume IS 'the same of the units';
COMMENT ON COLUMN steering.order_line.is_released IS 'whether anything is: then the row counts';

CREATE FUNCTION steering.order_scan() RETURNS TABLE (reference text, is_order boolean, source_id integer, service_id integer,
	participant_id integer, booked_on date, amount steering.amount, volume steering.amount, is_final boolean)
AS 'MODULE_PATHNAME', 'steering_order_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.order_scan() FROM PUBLIC;
COMMENT ON FUNCTION steering.order_scan() IS 'reads the rows of all sources that are order lines or release one; a source that cannot be read is a row of nulls, with a warning';

CREATE FUNCTION steering.released_part(ordered numeric, invoiced numeric, is_final boolean) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN released_part.is_final THEN released_part.ordered
	WHEN released_part.ordered >= 0 THEN greatest(0, least(released_part.invoiced, released_part.ordered))
	ELSE least(0, greatest(released_part.invoiced, released_part.ordered)) END;
END;
REVOKE ALL ON FUNCTION steering.released_part(numeric, numeric, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.released_part(numeric, numeric, boolean) IS 'what of an order is released by what was invoiced: that, but no more than was ordered; all of it where an invoice was the last';

-- Where a source cannot be read, or was restored without its table, nothing can be told.
CREATE VIEW steering.order_difference AS
WITH scan AS MATERIALIZED (
	SELECT * FROM steering.order_scan()
)
SELECT counted.reference, counted.is_order, counted.source_id, counted.service, counted.participant, counted.booked_on,
	sum(counted.rows)::bigint AS "rows", sum(counted.amount) AS amount, sum(counted.volume) AS volume,
	sum(counted.finals)::bigint AS finals
FROM (
	SELECT scan.reference, true AS is_order, scan.source_id, service.code AS service, participant.code AS participant,
		scan.booked_on, 1 AS "rows", scan.amount::numeric AS amount, scan.volume::numeric AS volume, 0 AS finals
	FROM scan
	JOIN steering.service ON service.service_id = scan.service_id
	JOIN steering.participant ON participant.participant_id = scan.participant_id
	WHERE scan.is_order
	UNION ALL
	SELECT scan.reference, false, NULL, NULL, NULL, NULL, 1, scan.amount::numeric, scan.volume::numeric, scan.is_final::integer
	FROM scan
	WHERE NOT scan.is_order
	UNION ALL
	SELECT order_line.reference, true, order_line.source_id, order_line.service, order_line.participant, order_line.booked_on,
		-order_line.orders, -order_line.ordered_amount::numeric, -order_line.ordered_volume::numeric, 0
	FROM steering.order_line
	WHERE order_line.orders > 0
	UNION ALL
	SELECT order_line.reference, false, NULL, NULL, NULL, NULL, -order_line.invoices, -order_line.invoiced_amount::numeric,
		-order_line.invoiced_volume::numeric, -order_line.finals
	FROM steering.order_line) AS counted
WHERE NOT EXISTS (SELECT FROM scan WHERE scan.reference IS NULL)
	AND NOT EXISTS (SELECT FROM steering.missing_table WHERE missing_table.is_source
		AND (missing_table.entry ->> 'reference' IS NOT NULL OR missing_table.entry ->> 'releases' IS NOT NULL))
GROUP BY counted.reference, counted.is_order, counted.source_id, counted.service, counted.participant, counted.booked_on
HAVING sum(counted.rows) <> 0 OR sum(counted.amount) <> 0 OR sum(counted.volume) <> 0 OR sum(counted.finals) <> 0
UNION ALL
SELECT order_line.reference, false, NULL, NULL, NULL, NULL, 0, 0, 0, 0
FROM steering.order_line
WHERE order_line.amount::numeric
		<> -steering.released_part(order_line.ordered_amount::numeric, order_line.invoiced_amount::numeric, order_line.finals > 0)
	OR order_line.volume::numeric
		<> -steering.released_part(order_line.ordered_volume::numeric, order_line.invoiced_volume::numeric, order_line.finals > 0)
	OR order_line.is_released <> (order_line.amount::numeric <> 0 OR order_line.volume::numeric <> 0);
REVOKE ALL ON steering.order_difference FROM PUBLIC;
COMMENT ON VIEW steering.order_difference IS 'what the rows of sources say of order lines and steering.order_line does not: what is missing there, in rows, amount, volume and final rows; with zeros where only what is released is wrong';
COMMENT ON COLUMN steering.order_difference.reference IS 'key of the order line';
COMMENT ON COLUMN steering.order_difference.is_order IS 'whether it is of what is ordered; false: of what is invoiced';
COMMENT ON COLUMN steering.order_difference.source_id IS 'the source of the order';
COMMENT ON COLUMN steering.order_difference.service IS 'code of the service that was ordered';
COMMENT ON COLUMN steering.order_difference.participant IS 'code of the participant who ordered';
COMMENT ON COLUMN steering.order_difference.booked_on IS 'the day of the order';
COMMENT ON COLUMN steering.order_difference."rows" IS 'how many rows are missing';
COMMENT ON COLUMN steering.order_difference.amount IS 'money that is';
COMMENT ON COLUMN steering.order_difference.volume IS 'units of the service that are';
COMMENT ON COLUMN steering.order_difference.finals IS 'rows that release all that is left, and are missing';
