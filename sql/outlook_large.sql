-- An outlook of large figures, whose products are beyond 128 bits on the way: to the cent what numeric says.
\set VERBOSITY terse
CREATE SCHEMA outlook_large_test;
SET search_path = outlook_large_test;
SET datestyle = ISO;
INSERT INTO steering.participant (code, name) VALUES ('large.country', 'Country');
INSERT INTO steering.service (code, name) VALUES ('large.grid', 'Grid');
CREATE TABLE line (product text DEFAULT 'large.grid', town text DEFAULT 'large.country', day date, net numeric);
SELECT steering.attach('line', 'product', 'town', 'day', 'net') > 0 AS attached;

-- A fifth of the years before was spent by the end of May, in round figures and in others.
INSERT INTO line (day, net) VALUES ('2023-01-10', 1e12), ('2023-12-10', 4e12), ('2024-01-10', 1e12), ('2024-12-10', 4e12);
INSERT INTO line (day, net) VALUES ('2025-01-10', 150e9), ('2025-05-10', 0.37);
SELECT steering.set_cap('large.grid', 'large.country', 'budget', '[2025-01-01,2026-01-01)', 900e9, '100% warn') > 0 AS budget;
SELECT steering.set_indicator('large.watt', 'large.grid', 'Power delivered', 'kWh', 'higher', 'outcome', true, true) > 0 AS indicator;
SELECT steering.set_target('large.watt', 'large.country', '2025', 12e12) \g /dev/null
SELECT steering.set_measurement('large.watt', 'large.country', '2025-Q1', 2e12),
	steering.set_measurement('large.watt', 'large.country', '2025-04', 1e12), steering.set_measurement('large.watt', 'large.country', '2025-05', 1e12) \g /dev/null
CREATE VIEW expected AS SELECT m AS method, o.actual, o.expected
FROM unnest(ARRAY['eac_budget', 'eac_cpi', 'eac_spi_cpi']) AS m CROSS JOIN steering.outlook('2025-06-30', m) AS o
WHERE o.service = 'large.grid' ORDER BY m;
-- A third is there. AC + 600e9; 3 AC; AC + 2 AC / SPI, where SPI is a third by a fifth.
TABLE expected;
UPDATE line SET net = -150e9 WHERE day = '2025-01-10';
TABLE expected;

-- Figures without round ratios: AC + AC (target - measured) target reached / (measured measured whole).
UPDATE line SET net = 123456789012.34 WHERE day = '2025-01-10';
UPDATE line SET net = 987654321098.76 WHERE day = '2023-01-10';
SELECT steering.set_measurement('large.watt', 'large.country', '2025-05', 333333333333.33) \g /dev/null
SELECT expected, expected = round(ac + ac * (12e12 - measured) * 12e12 * reached / (measured * measured * whole), 2) AS right
FROM expected, (VALUES (123456789012.71, 3333333333333.33, 1987654321098.76, 9987654321098.76)) AS v (ac, measured, reached, whole)
WHERE method = 'eac_spi_cpi';
-- One that is too large to be told.
UPDATE line SET net = 123456789012345.67 WHERE day = '2025-01-10';
SELECT steering.set_measurement('large.watt', 'large.country', '2025-Q1', 0.01), steering.set_measurement('large.watt', 'large.country', '2025-04', 0),
	steering.set_measurement('large.watt', 'large.country', '2025-05', 0) \g /dev/null
TABLE expected;

SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'large.%';
SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA outlook_large_test CASCADE;
RESET datestyle;
