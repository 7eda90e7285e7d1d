-- A database as it is before pg_upgrade: registers, caps, an attached partitioned table, usage in stripes.
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
CREATE TABLE status_before AS SELECT * FROM steering.cap_status;
CREATE TABLE usage_before AS SELECT * FROM steering.usage_by_month;
