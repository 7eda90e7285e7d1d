-- What the contenders of the scenario "join" start from, beside setup/schema.sql: lines whose date and state stand in
-- a header. They stand in the line as well, so that an ordinary source has a table of the same layout, with the same
-- keys, and only what is read differs. Headers 1 to 40 are approved, one for each participant.

CREATE TABLE finance.header (
	id integer PRIMARY KEY,
	municipality text NOT NULL,
	invoice_date date NOT NULL,
	status text NOT NULL
);
CREATE TABLE finance.line (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	header_id integer NOT NULL REFERENCES finance.header,
	product_code text NOT NULL,
	municipality text NOT NULL,
	invoice_date date NOT NULL,
	status text NOT NULL,
	net_amount numeric(12, 2) NOT NULL
);
CREATE INDEX ON finance.line (header_id);
INSERT INTO finance.header
SELECT id, id::text, make_date(2026, 1 + id % 12, 1), 'approved' FROM generate_series(1, 40) AS id;

-- Drafts from header 41 on, of so many lines each.
CREATE PROCEDURE bench.draft(headers integer, lines integer)
LANGUAGE sql
BEGIN ATOMIC
INSERT INTO finance.header
SELECT 40 + id, (1 + id % 40)::text, make_date(2026, 1 + id % 12, 1), 'draft' FROM generate_series(1, headers) AS id;
INSERT INTO finance.line (header_id, product_code, municipality, invoice_date, status, net_amount)
SELECT header.id, (1 + line % 10)::text, municipality, invoice_date, status, (1000 + line * 7919::bigint % 99000) / 100.0
FROM finance.header CROSS JOIN generate_series(1, lines) AS line
WHERE header.id > 40;
END;
