-- On Citus: the finance table is distributed by participant.
ALTER TABLE finance.invoice_line DROP CONSTRAINT invoice_line_pkey, ADD PRIMARY KEY (id, municipality);
SELECT create_distributed_table('finance.invoice_line', 'municipality');
