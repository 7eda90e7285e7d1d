-- The contender "steering" on a node, which has registers and caps from the coordinator.
SELECT steering.attach('finance.invoice_line', service => 'product_code', participant => 'municipality',
	booked_on => 'invoice_date', amount => 'net_amount');
