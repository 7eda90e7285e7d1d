-- Contender "query" of the scenario "join": a booking is a row of the join.

\ir steering.sql
SELECT steering.attach_query($$
	SELECT l.product_code AS service, h.municipality AS participant, h.invoice_date AS booked_on, l.net_amount AS amount
	FROM finance.line AS l JOIN finance.header AS h ON h.id = l.header_id
	WHERE h.status = 'approved'$$);

CREATE PROCEDURE bench.approve(draft integer) LANGUAGE sql
BEGIN ATOMIC
UPDATE finance.header SET status = 'approved' WHERE id = draft;
END;
