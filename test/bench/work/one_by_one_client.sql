-- As an application does it: a statement and its answer for each line.
\ir start.sql
BEGIN;
SELECT format('INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount) VALUES (%L, %L, %L, %s)',
	product_code, municipality, invoice_date, net_amount)
FROM bench.feed LIMIT :lines
\gexec
COMMIT;
\ir stop.sql
