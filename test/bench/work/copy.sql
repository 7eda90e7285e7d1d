\ir start.sql
COPY finance.invoice_line (product_code, municipality, invoice_date, net_amount) FROM :'file';
\ir stop.sql
