\ir start.sql
DELETE FROM finance.invoice_line;
\ir stop.sql
