-- What is still open of order lines, for who may read the figures of who ordered.

CREATE VIEW steering.order_status WITH (security_barrier) AS
SELECT order_line.reference,
	source_name.name AS source,
	order_line.service,
	order_line.participant,
	order_line.booked_on,
	order_line.ordered_amount::numeric AS ordered_amount,
	order_line.ordered_volume::numeric AS ordered_volume,
	order_line.invoiced_amount::numeric AS invoiced_amount,
	order_line.invoiced_volume::numeric AS invoiced_volume,
	order_line.finals > 0 AS is_final,
	order_line.ordered_amount::numeric + order_line.amount::numeric AS open_amount,
	order_line.ordered_volume::numeric + order_line.volume::numeric AS open_volume
FROM steering.order_line
JOIN steering.source_name ON source_name.source_id = order_line.source_id
WHERE order_line.participant IN (SELECT readable_participant.code FROM steering.readable_participant);
GRANT SELECT ON steering.order_status TO PUBLIC;
COMMENT ON VIEW steering.order_status IS 'order lines of participants whose figures the role may read: ordered, invoiced, open';
COMMENT ON COLUMN steering.order_status.reference IS 'key of the order line';
COMMENT ON COLUMN steering.order_status.source IS 'the table of the order';
COMMENT ON COLUMN steering.order_status.service IS 'code of the service that was ordered';
COMMENT ON COLUMN steering.order_status.participant IS 'code of the participant who ordered';
COMMENT ON COLUMN steering.order_status.booked_on IS 'the day of the order';
COMMENT ON COLUMN steering.order_status.ordered_amount IS 'money that was ordered';
COMMENT ON COLUMN steering.order_status.ordered_volume IS 'units of the service that were ordered';
COMMENT ON COLUMN steering.order_status.invoiced_amount IS 'money that was invoiced on it, more than was ordered included';
COMMENT ON COLUMN steering.order_status.invoiced_volume IS 'units of the service that were';
COMMENT ON COLUMN steering.order_status.is_final IS 'whether an invoice was the last, so that nothing is open';
COMMENT ON COLUMN steering.order_status.open_amount IS 'money that is still committed';
COMMENT ON COLUMN steering.order_status.open_volume IS 'units of the service that still are';

CREATE VIEW steering.order_problem AS
SELECT format('order line %s', order_line.reference) AS subject, 'invoiced without order' AS problem,
	format('%s to amount %s, volume %s and release nothing: there is no order line of that key, or not any more.',
		CASE order_line.invoices WHEN 1 THEN '1 row comes' ELSE format('%s rows come', order_line.invoices) END,
		order_line.invoiced_amount::numeric, order_line.invoiced_volume::numeric) AS detail,
	'book the order, or name another in these rows' AS hint
FROM steering.order_line
WHERE order_line.orders = 0 AND order_line.invoices > 0;
REVOKE ALL ON steering.order_problem FROM PUBLIC;
COMMENT ON VIEW steering.order_problem IS 'health(): rows that release order lines which are not there';
COMMENT ON COLUMN steering.order_problem.subject IS 'the key';
COMMENT ON COLUMN steering.order_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.order_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.order_problem.hint IS 'what to do';
