\ir start.sql
INSERT INTO finance.line (header_id, product_code, municipality, invoice_date, status, net_amount)
SELECT 1 + line % 40, (1 + line % 10)::text, (1 + line % 40)::text, '2026-06-01', 'approved', line % 1000 + 0.5
FROM generate_series(1, :lines) AS line;
\ir stop.sql
