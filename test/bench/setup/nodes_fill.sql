-- One line, of a participant for whom nobody books else.
--
-- Variables: amount.
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount) VALUES ('1', '40', '2026-01-01', :amount);
