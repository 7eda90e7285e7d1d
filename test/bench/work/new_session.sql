-- What the statements of a new session take: the first; five more on the same pair of service and participant; five
-- on pairs that it has not booked on. Their usage cells are there. Variables: leaf, participant.

\timing on
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (:leaf, :participant, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (:leaf, :participant, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (:leaf, :participant, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (:leaf, :participant, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (:leaf, :participant, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (:leaf, :participant, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (1 + (:leaf + 3) % 20, 1 + (:participant + 7) % 40, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (1 + (:leaf + 6) % 20, 1 + (:participant + 14) % 40, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (1 + (:leaf + 9) % 20, 1 + (:participant + 21) % 40, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (1 + (:leaf + 12) % 20, 1 + (:participant + 28) % 40, '2026-01-15', 10);
INSERT INTO finance.invoice_line (product_code, municipality, invoice_date, net_amount)
VALUES (1 + (:leaf + 15) % 20, 1 + (:participant + 35) % 40, '2026-01-15', 10);
