-- A database as it is before pg_upgrade: registers, caps, an attached partitioned table, a query in which a table stands
-- twice, usage in stripes.
CREATE EXTENSION sp71_steering;
INSERT INTO steering.participant (code, name) VALUES ('town', 'Town'), ('village', 'Village');
INSERT INTO steering.service (code, parent, name) VALUES ('ict', NULL, 'ICT'), ('ict.phone', 'ict', 'Phone');
CREATE TABLE line (product text, town text, day date, net numeric, pieces integer) PARTITION BY RANGE (day);
CREATE TABLE line_2025 PARTITION OF line FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE line_2026 PARTITION OF line FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT steering.set_cap('ict', 'town', 'budget', '[2026-01-01,2027-01-01)', 100000, '80% notify, 100% block');
SELECT steering.set_cap('ict.phone', 'village', 'volume', '[2026-01-01,2027-01-01)', 5000);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces');
SET sp71_steering.min_stripes = 8;
INSERT INTO line
	SELECT CASE n % 2 WHEN 0 THEN 'ict' ELSE 'ict.phone' END, CASE n % 3 WHEN 0 THEN 'town' ELSE 'village' END,
		date '2025-06-01' + n % 500, n, 1
	FROM generate_series(1, 400) AS n;
RESET sp71_steering.min_stripes;
CREATE TABLE account (id integer PRIMARY KEY, code text, town text);
CREATE TABLE document (id integer PRIMARY KEY, day date, state text) PARTITION BY RANGE (id);
CREATE TABLE document_1 PARTITION OF document FOR VALUES FROM (1) TO (10);
CREATE TABLE entry (id integer PRIMARY KEY, document_id integer, debit integer, credit integer, net numeric);
CREATE INDEX ON entry (document_id);
CREATE INDEX ON entry (debit);
CREATE INDEX ON entry (credit);
SELECT steering.attach_query($$SELECT d.code AS service, c.town AS participant, h.day AS booked_on, e.net AS amount
	FROM entry e JOIN document h ON h.id = e.document_id LEFT JOIN account d ON d.id = e.debit LEFT JOIN account c ON c.id = e.credit
	WHERE h.state = 'posted'$$);
INSERT INTO account VALUES (1, 'ict', 'town'), (2, 'ict.phone', 'village');
INSERT INTO document VALUES (1, '2026-03-01', 'posted'), (2, '2026-03-01', 'draft');
INSERT INTO entry VALUES (1, 1, 1, 2, 40), (2, 1, 2, 1, 7), (3, 2, 1, 1, 100000);
CREATE TABLE status_before AS SELECT * FROM steering.cap_status;
CREATE TABLE usage_before AS SELECT * FROM steering.usage_by_month;
