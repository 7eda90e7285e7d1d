-- Empties the invoices, and then whatever this leaves to do.
TRUNCATE finance.order_invoice, finance.ordinary_invoice RESTART IDENTITY;
\ir settle.sql
