\echo '21. Eight years of the four municipalities: cost per inhabitant, budget and account, overhead'
\echo '---------------------------------------------------------------------------------------------'
\echo
\echo 'Budgets and accounts of 2017 to 2024 (Bron: CBS, Iv3), in a database of their own. Services are again the'
\echo 'policy fields under their main fields (hoofdtaakvelden: the code before the point), now under one total.'
\echo
-- The file as it is. Codes are text: 0.1 and 0.10 differ, as do 6.6 and 6.60.
CREATE SCHEMA iv3;
CREATE TABLE iv3.line (
  municipality_code text, municipality text, year integer, kind text, policy_field text, title text, cost numeric,
  inhabitants integer);
CREATE TABLE iv3.file_line (LIKE iv3.line);
\copy iv3.file_line from 'nl/iv3_leidseregio_lasten_2017_2026.csv' with (format csv, header)

-- In euro, of the years that have an account. Movements of reserves and the result are no spending.
CREATE VIEW iv3.spending AS
SELECT municipality, year, kind, policy_field AS code, split_part(policy_field, '.', 1) AS main_field, cost * 1000 AS cost,
  inhabitants
FROM iv3.file_line WHERE year BETWEEN 2017 AND 2024 AND policy_field NOT IN ('0.10', '0.11');

CREATE EXTENSION sp71_steering;
INSERT INTO steering.service (code, name) VALUES ('total', 'Totaal');
INSERT INTO steering.service (code, parent, name) VALUES
  ('0', 'total', 'Bestuur en ondersteuning'), ('1', 'total', 'Veiligheid'), ('2', 'total', 'Verkeer en vervoer'),
  ('3', 'total', 'Economie'), ('4', 'total', 'Onderwijs'), ('5', 'total', 'Sport, cultuur, recreatie'),
  ('6', 'total', 'Sociaal domein'), ('7', 'total', 'Volksgezondheid en milieu'), ('8', 'total', 'Wonen en ruimte');
INSERT INTO steering.service (code, parent, name)
SELECT code, main_field, (SELECT max(title) FROM iv3.file_line WHERE policy_field = code)
FROM iv3.spending GROUP BY code, main_field;
INSERT INTO steering.participant (code, name) VALUES ('regio', 'Leidse regio');
INSERT INTO steering.participant (code, parent, name, inhabitants)
SELECT municipality, 'regio', municipality, inhabitants FROM iv3.spending
WHERE year = 2024 GROUP BY municipality, inhabitants;

\echo 'The budget of each main field, and of the whole, is an advisory cap of its year. The file is booked by one'
\echo 'COPY.'
\echo
:show
SELECT count(steering.set_cap(service, participant, 'budget',
                              daterange(make_date(year, 1, 1), make_date(year + 1, 1, 1)),
                              budget, '100% notify')) AS caps
FROM (SELECT coalesce(main_field, 'total') AS service, coalesce(municipality, 'regio') AS participant, year,
        sum(cost) AS budget
      FROM iv3.spending WHERE kind = 'begroting' GROUP BY year, CUBE (main_field, municipality)) AS b;

SELECT steering.attach('iv3.line',
         service     => 'policy_field',
         participant => 'municipality',
         booked_on   => 'make_date(year, 12, 31)',
         amount      => 'cost * 1000',
         counts_when => $$kind = 'jaarrekening' AND policy_field NOT IN ('0.10', '0.11')$$) AS source;
:hide
\copy iv3.line from 'nl/iv3_leidseregio_lasten_2017_2026.csv' with (format csv, header)

\echo 'Each year is divided by its own number of inhabitants. So that number is kept as what was measured, for the'
\echo 'whole and for each main field: cost per result is then cost per inhabitant.'
\echo
:show
SELECT count(steering.set_indicator('inhabitants ' || code, code, 'Inhabitants served', 'inhabitant',
                                    'higher', 'outcome', main => true)) AS indicators
FROM steering.service WHERE code NOT LIKE '%.%';

SELECT count(steering.set_measurement('inhabitants ' || code, municipality, year::text, inhabitants)) AS measurements
FROM (SELECT DISTINCT municipality, year, inhabitants FROM iv3.spending) AS i
  CROSS JOIN (SELECT code FROM steering.service WHERE code NOT LIKE '%.%') AS s;
:hide
CREATE TABLE iv3.figure AS
SELECT year, service, participant, budget, actual, measured, cost_per_result
FROM generate_series(2017, 2024) AS year, LATERAL steering.cost_versus_result_below(year::text)
WHERE service_level < 2;
\echo 'Cost per inhabitant and main field, in euro:'
\echo
SELECT participant AS municipality, CASE code WHEN 'total' THEN name ELSE code || ' ' || name END AS main_field,
  y17 AS "2017", y18 AS "2018", y19 AS "2019", y20 AS "2020", y21 AS "2021", y22 AS "2022", y23 AS "2023", y24 AS "2024"
FROM (SELECT participant, service,
        round(sum(cost_per_result) FILTER (WHERE year = 2017)) AS y17, round(sum(cost_per_result) FILTER (WHERE year = 2018)) AS y18,
        round(sum(cost_per_result) FILTER (WHERE year = 2019)) AS y19, round(sum(cost_per_result) FILTER (WHERE year = 2020)) AS y20,
        round(sum(cost_per_result) FILTER (WHERE year = 2021)) AS y21, round(sum(cost_per_result) FILTER (WHERE year = 2022)) AS y22,
        round(sum(cost_per_result) FILTER (WHERE year = 2023)) AS y23, round(sum(cost_per_result) FILTER (WHERE year = 2024)) AS y24
      FROM iv3.figure WHERE participant <> 'regio' GROUP BY participant, service) AS f
  JOIN steering.service s ON s.code = f.service
ORDER BY participant, code;
-- The same by plain SQL, for all services, municipalities and years at once.
CREATE VIEW iv3.plain AS
SELECT year, coalesce(main_field, 'total') AS service, municipality AS participant,
  sum(cost) FILTER (WHERE kind = 'begroting') AS budget, sum(cost) FILTER (WHERE kind = 'jaarrekening') AS actual,
  round(sum(cost) FILTER (WHERE kind = 'jaarrekening') / max(inhabitants), 4) AS per_inhabitant
FROM iv3.spending GROUP BY year, municipality, ROLLUP (main_field);
INSERT INTO demo.expectation
SELECT 'costs per inhabitant, of 8 years, 4 municipalities, 9 main fields and their total', '320 of 320',
  format('%s of %s', count(*) FILTER (WHERE per_inhabitant = cost_per_result), count(*))
FROM iv3.plain FULL JOIN (SELECT * FROM iv3.figure WHERE participant <> 'regio') AS f USING (year, service, participant);
INSERT INTO demo.expectation
SELECT 'budgets and accounts that agree with plain SQL', '320 of 320',
  format('%s of %s', count(*) FILTER (WHERE (p.budget, p.actual) = (f.budget, f.actual)), count(*))
FROM iv3.plain p FULL JOIN (SELECT * FROM iv3.figure WHERE participant <> 'regio') AS f USING (year, service, participant);
INSERT INTO demo.expectation
SELECT 'accounts of 2023 (data note)', '644318 75069 74828 29172', string_agg(round(actual / 1000)::text, ' ' ORDER BY actual DESC)
FROM iv3.figure WHERE service = 'total' AND year = 2023 AND participant <> 'regio';
INSERT INTO demo.expectation
SELECT 'side by side, 2024 by inhabitants of the register', string_agg(cost_per_result::text, ' ' ORDER BY participant),
  (SELECT string_agg(cost_per_inhabitant::text, ' ' ORDER BY participant) FROM steering.compare_participants('2024', 'total'))
FROM iv3.figure WHERE service = 'total' AND year = 2024;
\echo 'Budget against account per year, in millions of euro, and the variance in percent of the budget (above zero:'
\echo 'more was spent than budgeted):'
\echo
SELECT year::text, participant, round(budget / 1000000, 1) AS budget, round(actual / 1000000, 1) AS account,
  round((actual - budget) / 1000000, 1) AS variance, round(100 * (actual / budget - 1), 1) AS percent
FROM iv3.figure WHERE service = 'total' AND participant = 'regio' ORDER BY year;
\echo 'The same for each municipality, budget and account in millions:'
\echo
SELECT participant || ' ' || item AS item, year::text, to_char(value, '9990.0') AS value
FROM iv3.figure CROSS JOIN LATERAL (VALUES
  (1, 'budget', budget / 1000000), (2, 'account', actual / 1000000), (3, 'variance %', 100 * (actual / budget - 1)))
    AS i (place, item, value)
WHERE service = 'total' AND participant <> 'regio' ORDER BY participant, place, year
\crosstabview
\echo
\echo 'The last account by main field, with the signal that the extension gives:'
\echo
:show
SELECT service, participant, round(budget / 1000000, 1) AS budget, round(actual / 1000000, 1) AS account,
       round((actual - budget) / 1000000, 1) AS variance, round(100 * (actual / budget - 1), 1) AS percent,
       signal
FROM steering.cost_versus_result_below('2024')
WHERE participant = 'regio' AND service_level < 2
ORDER BY service;
:hide
\echo 'Overhead (policy field 0.4) holds the support services. What would each bear of that of all four together?'
\echo 'First by inhabitants: a key whose weights are valid for a year each, and a rule that divides the field by it.'
\echo
:show
SELECT steering.set_allocation_key('inhabitants of the year', 'Inhabitants of the year', 'fixed') AS first,
       steering.set_allocation_key('own spending', 'Own spending but for overhead', 'fixed') AS second;

SELECT count(steering.set_key_weight('inhabitants of the year', measured,
         daterange(make_date(year, 1, 1), make_date(year + 1, 1, 1)), participant => participant)) AS weights
FROM iv3.figure
WHERE service = 'total' AND participant <> 'regio';

SELECT steering.set_allocation_rule('0.4', 'inhabitants of the year', '[2017-01-01,2025-01-01)', 1) AS rule;
:hide
CREATE TABLE iv3.overhead AS
SELECT year, 'inhabitants' AS key, receiving_participant AS participant, weight, amount
FROM generate_series(2017, 2024) AS year, LATERAL steering.allocate_costs(year::text, 'direct');
\echo 'Then by own spending: what each spent on all other fields. The rule gets the other key.'
\echo
CREATE VIEW iv3.own AS
SELECT year, t.participant, o.actual AS overhead, t.actual - o.actual AS other
FROM iv3.figure t
  JOIN (SELECT year, participant, actual FROM generate_series(2017, 2024) AS year, LATERAL steering.cost_versus_result(year::text)
        WHERE service = '0.4') AS o USING (year, participant)
WHERE service = 'total';
SELECT count(steering.set_key_weight('own spending', other,
  daterange(make_date(year, 1, 1), make_date(year + 1, 1, 1)), participant => participant)) AS weights
FROM iv3.own \gset
:show
SELECT steering.set_allocation_rule('0.4', 'own spending', '[2017-01-01,2025-01-01)', 1) AS rule;

SELECT receiving_participant AS participant, round(weight / 1000) AS own_spending,
       round(percent, 2) AS percent, round(amount / 1000) AS bears
FROM steering.allocate_costs('2024', 'direct');
:hide
INSERT INTO iv3.overhead
SELECT year, 'own spending', receiving_participant, weight, amount
FROM generate_series(2017, 2024) AS year, LATERAL steering.allocate_costs(year::text, 'direct');
\echo 'Own overhead beside what each would bear, in thousands of euro, for all years:'
\echo
SELECT year::text, participant, round(o.overhead / 1000) AS own_overhead, round(i.amount / 1000) AS by_inhabitants,
  round((i.amount - o.overhead) / 1000) AS difference, round(s.amount / 1000) AS by_own_spending,
  round((s.amount - o.overhead) / 1000) AS difference
FROM iv3.own o
  JOIN iv3.overhead i USING (year, participant) JOIN iv3.overhead s USING (year, participant)
WHERE i.key = 'inhabitants' AND s.key = 'own spending'
ORDER BY year, participant;
-- The largest remainder by plain SQL over the file: whole cents first, then a cent each to the largest rests.
CREATE VIEW iv3.share AS
WITH base AS (
  SELECT year, municipality, max(inhabitants)::numeric AS inhabitants,
    sum(cost) FILTER (WHERE code <> '0.4') AS other, sum(cost) FILTER (WHERE code = '0.4') AS overhead
  FROM iv3.spending WHERE kind = 'jaarrekening' GROUP BY year, municipality
), quota AS (
  SELECT year, municipality, key, sum(overhead) OVER (PARTITION BY year, key) * 100 AS total,
    sum(overhead) OVER (PARTITION BY year, key) * 100 * weight / sum(weight) OVER (PARTITION BY year, key) AS quota
  FROM base CROSS JOIN LATERAL (VALUES ('inhabitants', inhabitants), ('own spending', other)) AS k (key, weight)
)
SELECT year, key, municipality AS participant,
  (floor(quota) + CASE WHEN row_number() OVER (PARTITION BY year, key ORDER BY quota - floor(quota) DESC, municipality)
      <= total - sum(floor(quota)) OVER (PARTITION BY year, key) THEN 1 ELSE 0 END) / 100 AS amount
FROM quota;
INSERT INTO demo.expectation
SELECT 'shares of the overhead, to the cent, of 8 years, 2 keys and 4 municipalities', '64 of 64',
  format('%s of %s', count(*) FILTER (WHERE s.amount = o.amount), count(*))
FROM iv3.share s FULL JOIN iv3.overhead o USING (year, key, participant);
INSERT INTO demo.expectation
SELECT 'allocation proves itself for each year', '8',
  count(*) FILTER (WHERE difference = 0 AND unbalanced = 0 AND unallocated = 0)
FROM generate_series(2017, 2024) AS year, LATERAL steering.allocation_proof(year::text, 'direct');
INSERT INTO demo.expectation SELECT 'verify() finds no difference (years)', '0', count(*) FROM steering.verify();
SELECT count(*) AS met FROM demo.expectation \gset
\echo 'Every figure above was compared with plain SQL over the same file: 320 costs per inhabitant, 320 budgets and'
\echo 'accounts, and 64 shares of overhead to the cent. No difference.'
