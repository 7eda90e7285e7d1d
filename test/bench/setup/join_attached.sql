-- Contender "attached" of the scenario "join": the same lines as an ordinary source, which reads no header.

\ir steering.sql
SELECT steering.attach('finance.line', service => 'product_code', participant => 'municipality',
	booked_on => 'invoice_date', amount => 'net_amount', counts_when => $$status = 'approved'$$);

-- To approve drafts is to update their lines.
CREATE PROCEDURE bench.approve(draft integer) LANGUAGE sql
BEGIN ATOMIC
UPDATE finance.line SET status = 'approved' WHERE header_id = draft;
END;
