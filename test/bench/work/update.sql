\ir start.sql
UPDATE finance.invoice_line SET net_amount = net_amount + 1;
\ir stop.sql
