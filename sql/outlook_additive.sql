-- What zero and negative figures become, which years are evidence, and which period an outlook without one is for.
CREATE SCHEMA outlook_additive_test;
SET search_path = outlook_additive_test;
SET datestyle = ISO;
INSERT INTO steering.participant (code, parent, name) VALUES ('add.region', NULL, 'Region'), ('add.town', 'add.region', 'Town'), ('add.village', 'add.region', 'Village');
INSERT INTO steering.service (code, parent, name) VALUES ('add.all', NULL, 'All'), ('add.insurance', 'add.all', 'Insurance'), ('add.rent', 'add.all', 'Rent'), ('add.snow', 'add.all', 'Snow'), ('add.new', NULL, 'New');
CREATE TABLE line (product text, town text DEFAULT 'add.town', day date, net numeric, pieces numeric);
CREATE TABLE purchase (LIKE line INCLUDING DEFAULTS);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS line, steering.attach('purchase', 'product', 'town', 'day', 'net', stage => 'commitment') > 0 AS purchase;
CREATE VIEW says AS SELECT * FROM (VALUES ('run_rate'), ('seasonal'), ('additive'), ('committed'), (NULL)) AS v (asked);

-- Paid once a year, in December; rent of 100 a month, of which 150 that was expected in January comes back then.
INSERT INTO line (product, day, net) SELECT 'add.insurance', make_date(year, 12, 5), 900 + 100 * (year - 2022) FROM generate_series(2022, 2024) AS year;
INSERT INTO line (product, day, net) SELECT 'add.rent', make_date(year, month, 20), CASE month WHEN 1 THEN -50 ELSE 100 END FROM generate_series(2022, 2024) AS year, generate_series(1, 12) AS month;
INSERT INTO line (product, day, net) VALUES ('add.rent', '2025-01-20', -50);
-- In November nothing was paid, and the average of 900, 1000 and 1100 is to come; so it is in January of the rent, -50 + 1100. Nobody books this year on insurance, and it has a row.
SELECT service, coalesce(asked, '(none)') AS asked, method, basis, actual, expected FROM says CROSS JOIN steering.outlook('2025-01-31', asked) ORDER BY service, asked;
SELECT service, method, basis, actual, expected FROM steering.outlook('2025-11-30') WHERE service = 'add.insurance';
-- Within the month: half of December's days are over, and half of its insurance is still to come.
SELECT actual, expected FROM steering.outlook('2025-12-15', 'additive') WHERE service = 'add.insurance';
SELECT actual, expected FROM steering.outlook('2025-12-31', 'additive') ORDER BY service;
-- A figure that is positive is multiplied by seasonal and added to by additive: in February 50 of 1050 per year were there. In January -50 were, by which nothing can be multiplied.
UPDATE line SET net = 45 WHERE day = '2025-01-20';
SELECT method, basis, actual, expected FROM says CROSS JOIN steering.outlook('2025-01-31', asked) WHERE service = 'add.rent' AND asked IS NOT NULL ORDER BY method;
INSERT INTO line (product, day, net) VALUES ('add.rent', '2025-02-20', 55);
SELECT method, basis, actual, expected FROM says CROSS JOIN steering.outlook('2025-02-28', asked) WHERE service = 'add.rent' AND asked IS NOT NULL ORDER BY method;
DELETE FROM line WHERE day = '2025-02-20';
UPDATE line SET net = -50 WHERE day = '2025-01-20';
-- What is committed is a part of what is to come.
INSERT INTO purchase (product, day, net) VALUES ('add.insurance', '2025-02-01', 1250), ('add.rent', '2025-01-05', 30);
SELECT service, actual, committed, expected FROM steering.outlook('2025-11-30', 'committed') ORDER BY service;
DELETE FROM purchase;

-- Caps: of the insurance none is used, and all of it in December; the rent is expected at 1050 in December, at 950 in November.
SELECT steering.set_cap('add.insurance', 'add.town', 'budget', '2025', 1000, '100% warn') > 0 AS just, steering.set_cap('add.rent', 'add.town', 'budget', '2025', 950, '100% warn, 110% block') > 0 AS november,
	steering.set_cap('add.all', 'add.region', 'budget', '2025', 1900, '100% warn') > 0 AS of_all;
SELECT service, basis, used, expected, limit_month, block_month FROM steering.cap_outlook('2025-01-31') ORDER BY service;
SELECT service, basis, used, expected, limit_month FROM steering.cap_outlook('2025-11-30', 'additive') ORDER BY service;
SELECT service, basis, used, expected, limit_month FROM steering.cap_outlook('2025-11-30', 'run_rate') ORDER BY service;
-- The headroom of all is not told by its row, which is no sum.
SELECT service, expected, budget, expected_headroom FROM steering.outlook('2025-01-31', 'seasonal') ORDER BY service;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'add.%';

-- A budget or an agreement without a past: the part of it that is still to come, by the year as others had it; 2050 of 6150 followed November.
SELECT steering.set_cap('add.new', 'add.town', 'budget', '2025', 600) > 0 AS budget, steering.set_agreement('add.snow', 'add.town', '2025', 'lump_sum', base => 1200) > 0 AS agreement;
SELECT service, asked, method, basis, actual, expected, expected_headroom FROM says CROSS JOIN steering.outlook('2025-11-30', asked) WHERE service IN ('add.new', 'add.snow') ORDER BY service, asked;
INSERT INTO line (product, day, net) VALUES ('add.new', '2025-06-01', 41), ('add.snow', '2025-06-01', -41);
SELECT service, asked, method, basis, actual, expected FROM says CROSS JOIN steering.outlook('2025-11-30', asked) WHERE service IN ('add.new', 'add.snow') ORDER BY service, asked;
-- A plan is for all below as well: where others there have one, or are booked on, no part of it is expected of the row itself.
SELECT steering.set_cap('add.new', 'add.region', 'budget', '2025', 600) > 0 AS above, steering.set_agreement('add.snow', 'add.village', '2025', 'lump_sum', base => 1200) > 0 AS beside, steering.set_agreement('add.snow', 'add.region', '2025', 'lump_sum', base => 9) > 0 AS above_too;
SELECT service, participant, basis, expected, expected_headroom FROM steering.outlook('2025-11-30', 'additive') WHERE service IN ('add.new', 'add.snow') ORDER BY service, participant;
-- Neither past nor plan: what was reversed stays what it is, and what was booked goes on as others did.
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'add.%';
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'add.%' \g /dev/null
SELECT service, asked, method, basis, actual, expected FROM says CROSS JOIN steering.outlook('2025-11-30', asked) WHERE service IN ('add.new', 'add.snow') ORDER BY service, asked;
DELETE FROM line WHERE day = '2025-06-01';

-- A booking of a mistyped year adds no years, wherever it is; nor does one that lies in front of a gap. Two years before, that follow each other, do.
SELECT DISTINCT reason, years FROM steering.outlook('2025-11-30'), steering.outlook_error('additive', '2016-01-01', '2024-12-31');
INSERT INTO line (product, day, net) VALUES ('add.insurance', '0202-12-05', 0.01), ('add.rent', '2017-01-20', 100000), ('add.new', '2019-03-03', 77);
SELECT DISTINCT reason, years FROM steering.outlook('2025-11-30'), steering.outlook_error('additive', '2016-01-01', '2024-12-31');
SELECT service, basis, actual, expected FROM steering.outlook('2025-11-30', 'additive') ORDER BY service;
INSERT INTO line (product, day, net) VALUES ('add.rent', '2021-01-20', 0.01), ('add.rent', '2020-06-20', 0.01);
SELECT DISTINCT reason, years FROM steering.outlook('2025-11-30'), steering.outlook_error('additive', '2016-01-01', '2024-12-31');
DELETE FROM line WHERE day < '2022-01-01';
-- A pair that begins within a year: only what followed is known of that year. The second year is whole.
INSERT INTO line (product, day, net) VALUES ('add.snow', '2024-12-01', 400), ('add.snow', '2024-03-01', 100);
SELECT method, basis, actual, expected FROM says CROSS JOIN steering.outlook('2025-11-30', asked) WHERE service = 'add.snow' AND asked IS NOT NULL ORDER BY method;
INSERT INTO line (product, day, net) VALUES ('add.snow', '2023-12-01', 200);
SELECT basis, expected FROM steering.outlook('2025-11-30', 'additive') WHERE service = 'add.snow';
-- Its last year was empty: nothing says that there will be more. Nor is anything expected of whoever has left.
DELETE FROM line WHERE product = 'add.snow' AND day >= '2024-01-01';
SELECT method, basis, actual, expected FROM steering.outlook('2025-11-30') WHERE service = 'add.snow';
DELETE FROM line WHERE product = 'add.snow';
INSERT INTO line (product, town, day, net) VALUES ('add.rent', 'add.village', '2024-01-05', 10), ('add.rent', 'add.village', '2024-12-05', 110);
SELECT participant, expected FROM steering.outlook('2025-11-30', 'additive') WHERE service = 'add.rent' ORDER BY participant;
UPDATE steering.participant SET during = '[,2025-01-01)' WHERE code = 'add.village';
SELECT participant, expected FROM steering.outlook('2025-11-30', 'additive') WHERE service = 'add.rent' ORDER BY participant;
UPDATE steering.participant SET during = '[,2025-07-01)' WHERE code = 'add.village';
INSERT INTO line (product, town, day, net) VALUES ('add.rent', 'add.village', '2025-01-05', 60);
SELECT asked, method, basis, expected FROM says CROSS JOIN steering.outlook('2025-06-30', asked) WHERE participant = 'add.village' ORDER BY asked;
SELECT basis, expected FROM steering.outlook('2025-05-31', 'seasonal') WHERE participant = 'add.village';
DELETE FROM line WHERE town = 'add.village';

-- Volumes, which have no sum over services.
INSERT INTO line (product, day, net, pieces) SELECT 'add.snow', make_date(year, 12, 1), 0, 12 FROM generate_series(2022, 2024) AS year;
SELECT steering.set_cap('add.snow', 'add.town', 'volume', '2025', 12) > 0 AS snow, steering.set_cap('add.new', 'add.town', 'volume', '2025', 12) > 0 AS new;
SELECT service, basis, used, expected, limit_month, block_month FROM steering.cap_outlook('2025-11-30') ORDER BY service;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'add.%';

-- Without a period it is the one around the day that budget caps have, by the most of them; then volume caps, then agreements; then the calendar year.
CREATE FUNCTION period(day date, method text DEFAULT 'run_rate') RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' / ', count(*), string_agg(DISTINCT reason, ' | ')) FROM steering.outlook(day, method) $$;
INSERT INTO line (product, day, net) VALUES ('add.rent', '2025-08-20', 100);
SELECT period('2025-08-31'), period('2025-08-31', NULL);
SELECT steering.set_agreement('add.rent', 'add.town', '[2023-04-01,2027-04-01)', 'lump_sum', base => 4800) > 0 AS agreement;
SELECT period('2025-08-31'), period('2025-03-31'), period('2028-01-31');
SELECT steering.set_cap('add.rent', 'add.town', 'volume', '[2025-05-01,2026-05-01)', 12) > 0 AS volume;
SELECT period('2025-08-31');
SELECT steering.set_cap('add.rent', 'add.town', 'budget', '[2025-07-01,2026-07-01)', 1200) AS july \gset
SELECT count(*) AS months FROM steering.spread_cap(:july);
SELECT period('2025-08-31'), period('2025-08-31', NULL), period('2025-06-30');
SELECT budget, expected, expected_headroom FROM steering.outlook('2025-08-31', 'run_rate') WHERE service = 'add.rent';
SELECT (SELECT array_agg(row(o.*)) FROM steering.outlook('2025-08-31', 'additive') AS o) = (SELECT array_agg(row(service, participant, method, basis, 'period [2025-07-01,2026-07-01) of budget caps'::text, actual, committed, expected, budget, expected_headroom))
	FROM steering.outlook('2025-08-31', 'additive', '[2025-07-01,2026-07-01)')) AS the_same;
-- The calendar year where as many have it; and no figure, nor period, of a cap that may not be read.
SELECT steering.set_cap('add.snow', 'add.town', 'budget', '2025', 1200) > 0 AS calendar;
SELECT period('2025-08-31');
SELECT steering.set_cap('add.new', 'add.town', 'budget', '[2025-07-01,2026-07-01)', 1200) > 0 AS july_too;
SELECT period('2025-08-31');
CREATE ROLE regress_sp71_hamlet;
UPDATE steering.participant SET during = '(,)', reader = 'regress_sp71_hamlet' WHERE code = 'add.village';
INSERT INTO line (product, town, day, net) VALUES ('add.rent', 'add.village', '2025-02-05', 59);
GRANT USAGE ON SCHEMA outlook_additive_test TO regress_sp71_hamlet;
SET ROLE regress_sp71_hamlet;
SELECT period('2025-08-31'), period('2025-08-31', NULL);
RESET ROLE;
-- Caps of part of a month are no period; others than of twelve months are, if there is none of these.
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'add.%';
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'add.%' \g /dev/null
SELECT steering.set_cap('add.rent', 'add.town', 'budget', '[2025-08-03,2026-08-03)', 1200) > 0 AS part, steering.set_cap('add.rent', 'add.town', 'budget', '[2010-01-01,2030-01-01)', 99999) > 0 AS too_long;
SELECT period('2025-08-31');
SELECT steering.set_cap('add.rent', 'add.town', 'budget', '[2025-07-01,2027-01-01)', 1200) > 0 AS longer, steering.set_cap('add.rent', 'add.town', 'budget', '2025-Q3', 1200) > 0 AS shorter;
SELECT period('2025-08-31'), period('2025-10-31');

SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'add.%';
DROP TABLE line, purchase;
DELETE FROM steering.participant WHERE code LIKE 'add.%';
DELETE FROM steering.service WHERE code LIKE 'add.%';
DROP OWNED BY regress_sp71_hamlet;
DROP ROLE regress_sp71_hamlet;
\set VERBOSITY terse
DROP SCHEMA outlook_additive_test CASCADE;
