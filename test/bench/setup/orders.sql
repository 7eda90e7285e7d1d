-- What the scenario "orders" has beside setup/steering.sql: 10,000 order lines, 25 for each leaf and participant, far from being
-- used up; invoices that release them; and a table of the same layout that is an ordinary source.

CREATE TABLE finance.order_line (
	id integer PRIMARY KEY,
	product_code text NOT NULL,
	municipality text NOT NULL,
	order_date date NOT NULL,
	net_amount numeric(12, 2) NOT NULL
);
CREATE TABLE finance.ordinary_invoice (LIKE finance.invoice_line INCLUDING ALL, order_line integer NOT NULL);
CREATE TABLE finance.order_invoice (LIKE finance.ordinary_invoice INCLUDING ALL);
INSERT INTO finance.order_line
SELECT id, (1 + (id - 1) % 10)::text, (1 + (id - 1) / 10 % 40)::text, '2026-01-01'::date + id % 365, 5000000 FROM generate_series(1, 10000) AS id;

SELECT steering.attach('finance.order_line', service => 'product_code', participant => 'municipality', booked_on => 'order_date',
	amount => 'net_amount', stage => 'commitment', reference => 'id');
SELECT steering.attach('finance.order_invoice', service => 'product_code', participant => 'municipality', booked_on => 'invoice_date',
	amount => 'net_amount', releases => 'order_line');
SELECT steering.attach('finance.ordinary_invoice', service => 'product_code', participant => 'municipality', booked_on => 'invoice_date',
	amount => 'net_amount');
