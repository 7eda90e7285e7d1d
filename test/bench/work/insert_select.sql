\ir start.sql
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
SELECT * FROM bench.feed LIMIT :lines;
\ir stop.sql
