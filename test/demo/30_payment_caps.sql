-- The files as they are, in plain tables; the number of a line is its place in the file.
CREATE SCHEMA hyndburn;
CREATE TABLE hyndburn.file_line (
  ons_code text, council text, source_file text, payment_date date, department text, service text,
  transaction_no text, line_no integer, amount_gbp numeric, line integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE hyndburn.file_budget (
  ons_code text, council text, financial_year text, department text, net_revenue_budget_gbp numeric, source text);
\copy hyndburn.file_line (ons_code, council, source_file, payment_date, department, service, transaction_no, line_no, amount_gbp) from 'uk/tx_hyndburn_fy2024-25.csv' with (format csv, header)
\copy hyndburn.file_budget from 'uk/budget_hyndburn_departments.csv' with (format csv, header)

-- A department or service is its code before ' - '. One line has a department without a code (Waste
-- Removal, for service FAD of REGN), one a service without the spaces (FAC-Haworth Art Gallery).
CREATE VIEW hyndburn.line AS
SELECT *, department_code || '.' || left(service, 3) AS service_code
FROM (SELECT *, CASE department WHEN 'Waste Removal' THEN 'REGN' ELSE split_part(department, ' - ', 1) END AS department_code
      FROM hyndburn.file_line) AS line;

\echo '23. Caps on money and on lines, for departments and for services'
\echo '----------------------------------------------------------------'
\echo
\echo 'Payments and budgets of Hyndburn Borough Council: public sector information licensed under the Open'
\echo 'Government Licence. The budgets are net and the payments gross, so departments reach their caps early: good'
\echo 'for seeing caps work, no statement about the council. One line paid is one unit of volume.'
\echo
SELECT count(*) AS lines, count(*) FILTER (WHERE amount_gbp < 0) AS negative, sum(amount_gbp) AS amount,
  min(payment_date) AS first, max(payment_date) AS last, count(DISTINCT department_code) AS departments,
  count(DISTINCT service_code) AS services
FROM hyndburn.line;
INSERT INTO demo.expectation SELECT 'lines of the year (data note)', '8988', count(*) FROM hyndburn.line;
INSERT INTO demo.expectation
SELECT 'negative lines of the year (data note)', '163', count(*) FROM hyndburn.line WHERE amount_gbp < 0;

-- The caps as this demo chooses them.
CREATE TABLE hyndburn.chosen (service text PRIMARY KEY, department text NOT NULL, budget numeric NOT NULL, lines integer NOT NULL);
INSERT INTO hyndburn.chosen
SELECT department_code, department_code, net_revenue_budget_gbp, floor(count(*) * 0.95)
FROM (SELECT DISTINCT department_code, replace(split_part(department, ' - ', 2), ' & ', ' and ') AS department
      FROM hyndburn.line WHERE department LIKE '% - %') AS d
  JOIN hyndburn.file_budget b USING (department) JOIN hyndburn.line USING (department_code)
WHERE financial_year = '2024/25'
GROUP BY department_code, net_revenue_budget_gbp;
INSERT INTO hyndburn.chosen
SELECT service_code, department_code, floor(d.budget * 1.1 * sum(amount_gbp) / paid), greatest(1, floor(count(*) * 0.98))
FROM hyndburn.line
  JOIN (SELECT department_code, sum(amount_gbp) AS paid FROM hyndburn.line GROUP BY department_code) AS p USING (department_code)
  JOIN hyndburn.chosen d ON d.service = department_code
GROUP BY service_code, department_code, d.budget, paid;
SELECT string_agg(department, '; ') AS not_paid_from FROM hyndburn.file_budget
WHERE financial_year = '2024/25'
  AND department NOT IN (SELECT replace(split_part(department, ' - ', 2), ' & ', ' and ') FROM hyndburn.line) \gset
INSERT INTO demo.expectation
SELECT 'every line has a department and a service with caps', '0', count(*)
FROM hyndburn.line
WHERE department_code NOT IN (SELECT service FROM hyndburn.chosen)
  OR service_code NOT IN (SELECT service FROM hyndburn.chosen);

CREATE EXTENSION sp71_steering;
INSERT INTO steering.participant (code, name) SELECT DISTINCT ons_code, 'Hyndburn Borough Council' FROM hyndburn.file_line;
INSERT INTO steering.service (code, name, unit)
SELECT DISTINCT department_code, split_part(department, ' - ', 2), 'line' FROM hyndburn.line WHERE department LIKE '% - %';
INSERT INTO steering.service (code, parent, name, unit)
SELECT service_code, department_code, max(trim(substr(service, 4), ' -')), 'line' FROM hyndburn.line
GROUP BY service_code, department_code;
\echo 'The caps block at 100%. CHOSEN FOR THIS DEMO, except the budgets of the departments, which are the council''s:'
\echo '  department, money   its net revenue budget 2024/25'
\echo '  department, lines   95% of its lines of the year, rounded down'
\echo '  service, money      its part in what the department paid, of 110% of the department''s budget'
\echo '  service, lines      98% of its lines of the year, rounded down, at least 1'
\echo 'Left out, without payments:' :not_paid_from'.'
\echo
:script
SELECT count(steering.set_cap(service, 'E07000120', 'budget', '[2024-04-01,2025-04-01)', budget,
                              '90% notify, 100% block')) AS caps_on_money,
       count(steering.set_cap(service, 'E07000120', 'volume', '[2024-04-01,2025-04-01)', lines,
                              '90% notify, 100% block')) AS caps_on_lines
FROM hyndburn.chosen;

CREATE TABLE hyndburn.payment (
  line integer PRIMARY KEY, council text NOT NULL, department text NOT NULL, service text NOT NULL,
  payment_date date NOT NULL, amount numeric(14,2) NOT NULL);
\echo

SELECT steering.attach('hyndburn.payment',
         service     => $$CASE department WHEN 'Waste Removal' THEN 'REGN'
                          ELSE split_part(department, ' - ', 1) END || '.' || left(service, 3)$$,
         participant => 'council',
         booked_on   => 'payment_date',
         amount      => 'amount',
         volume      => '1') AS source;
:hide
