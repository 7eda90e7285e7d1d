-- What would fall beside the caps without a word: a range of days that is not whole months, bookings on days that no cap
-- holds, a limit with more decimals than there are.
CREATE SCHEMA outside_caps_test;
SET search_path = outside_caps_test;
SELECT setval('steering.cap_cap_id_seq', 9000) AS numbered \gset

INSERT INTO steering.participant (code, parent, name) VALUES
	('outside.region', NULL, 'Region'), ('outside.town', 'outside.region', 'Town'), ('outside.city', 'outside.region', 'City'),
	('outside.isle', 'outside.region', 'Isle'), ('outside.lake', 'outside.region', 'Lake'), ('outside.other', NULL, 'Other');
INSERT INTO steering.service (code, parent, name, unit) VALUES
	('outside.ict', NULL, 'ICT', 'piece'), ('outside.ict.phone', 'outside.ict', 'Phone', 'piece'), ('outside.hr', NULL, 'HR', 'hour');
CREATE TABLE line (product text DEFAULT 'outside.ict.phone', town text DEFAULT 'outside.town', day date, net numeric DEFAULT 1, pieces numeric DEFAULT 0);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS attached;
CREATE VIEW outside AS SELECT subject, problem, detail, hint FROM steering.health() WHERE subject ^@ 'service "outside.' ORDER BY subject;

-- A notice says which days a range leaves out, when the cap is made and when it is revised.
SELECT steering.set_cap('outside.ict', 'outside.region', 'budget', '[2026-01-01,2026-12-31)', 100) AS cap;
SELECT steering.set_cap('outside.ict', 'outside.region', 'budget', '[2026-01-01,2026-12-31)', 200) AS cap;
SELECT steering.set_cap('outside.ict', 'outside.region', 'budget', '[2025-01-02,2025-12-31]', 100) AS cap;
SELECT steering.set_cap('outside.ict', 'outside.region', 'budget', '[2024-02-10,2024-02-20]', 100) AS cap;
SELECT steering.drop_cap(cap) FROM generate_series(9002, 9003) AS cap;
-- Whole months, however they are written.
SELECT steering.set_cap('outside.hr', 'outside.region', 'budget', during, 100) AS cap
FROM unnest(ARRAY['[2026-01-01,2027-01-01)', '[2027-02-01,2027-02-28]', '(2027-12-31,2028-02-29]']::daterange[]) AS during;
SELECT steering.drop_cap(cap) FROM generate_series(9005, 9006) AS cap;

-- A pair without any cap has none to fall beside.
INSERT INTO line (product, day) VALUES ('outside.hr', '2026-05-01');
INSERT INTO line (town, day) VALUES ('outside.other', '2026-05-01');
INSERT INTO line (day) VALUES ('2026-01-01'), ('2026-12-01'), ('2026-12-30');
TABLE outside;
-- On the day that the range leaves out; in a year that was mistyped; before and after all caps.
INSERT INTO line (day, net, pieces) VALUES ('2026-12-31', 10, 2);
TABLE outside;
INSERT INTO line (town, day, net) VALUES ('outside.city', '0202-03-01', 5);
TABLE outside;
INSERT INTO line (product, town, day, net) VALUES ('outside.ict', 'outside.isle', '2027-01-01', 0), ('outside.ict', 'outside.isle', '2026-01-01', 3);
INSERT INTO line (town, day, net) VALUES ('outside.isle', '5874897-12-31', 0.0001), ('outside.lake', '4714-11-24 BC', -1), ('outside.region', '2027-03-01', 2);
TABLE outside;
DELETE FROM line WHERE town IN ('outside.isle', 'outside.lake', 'outside.region');
-- Any cap over the booking will do, of any metric, at any level; two of them may hold a month together.
SELECT steering.set_cap('outside.ict.phone', 'outside.town', 'volume', '[2026-12-31,2027-01-01)', 100) AS cap;
TABLE outside;
-- Bookings of this very transaction count.
BEGIN;
DELETE FROM line WHERE day = '0202-03-01';
TABLE outside;
INSERT INTO line (town, day) VALUES ('outside.city', '2026-12-31');
TABLE outside;
SELECT steering.close_period('2026-12') > 0 AS closed;
TABLE outside;
ROLLBACK;
TABLE outside;
-- Some other style of dates makes no difference, nor who asks.
SET datestyle = 'SQL, DMY';
TABLE outside;
RESET datestyle;

-- A limit that would have to be rounded is another than was meant.
\set VERBOSITY terse
SELECT steering.set_cap('outside.hr', 'outside.region', 'budget', '[2026-01-01,2027-01-01)', 99.99995);
SELECT steering.set_cap('outside.hr', 'outside.region', 'budget', '[2026-01-01,2027-01-01)', 0.00001);
SELECT steering.set_cap('outside.hr', 'outside.region', 'volume', '[2026-01-01,2027-01-01)', 10 / 3.0);
SELECT steering.set_cap('outside.hr', 'outside.region', 'budget', '[2026-01-01,2027-01-01)', -0.00001);
SELECT steering.set_cap('outside.hr', 'outside.region', 'budget', '[2026-01-01,2027-01-01)', 'NaN');
SELECT steering.set_cap('outside.hr', 'outside.region', 'budget', '[2026-01-01,2027-01-01)', 1.23450000) AS cap;
SELECT amount FROM steering.cap_status WHERE cap_id = 9004;

SELECT * FROM steering.verify();
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service ^@ 'outside.';
TABLE outside;
SELECT steering.detach('line');
SET client_min_messages = warning;
DROP SCHEMA outside_caps_test CASCADE;
DELETE FROM steering.service WHERE code ^@ 'outside.';
DELETE FROM steering.participant WHERE code ^@ 'outside.';
