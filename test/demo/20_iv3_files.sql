-- The two files as they are, in plain tables, and the figures computed from them by plain SQL.
CREATE SCHEMA iv3;

CREATE TABLE iv3.budget (
  municipality text, policy_field text, salaries numeric, income numeric, cost numeric, province text,
  size_class text, urbanity text, inhabitants integer, centre text, social text);
CREATE TABLE iv3.account (LIKE iv3.budget);

\copy iv3.budget from 'nl/iv3_2023_begroting.csv' with (format csv, header, delimiter ';')
\copy iv3.account from 'nl/iv3_2023_jaarrekening.csv' with (format csv, header, delimiter ';')

-- One row per municipality and policy field, in euro. Left out are what is no spending (movements of
-- reserves, the result) and the total 'Nederland', which has no province.
CREATE VIEW iv3.field AS
SELECT municipality, b.province, split_part(policy_field, ' ', 1) AS code,
  trim(substr(policy_field, strpos(policy_field, ' '))) AS name,
  left(policy_field, 1) AS main_field, b.inhabitants, b.cost * 1000 AS budget, a.cost * 1000 AS account
FROM iv3.budget b JOIN iv3.account a USING (municipality, policy_field)
WHERE b.province IS NOT NULL AND split_part(policy_field, ' ', 1) NOT IN ('0.10', '0.11');

CREATE TABLE iv3.main_field (code text PRIMARY KEY, name text NOT NULL);
INSERT INTO iv3.main_field VALUES
  ('0', 'Bestuur en ondersteuning'), ('1', 'Veiligheid'), ('2', 'Verkeer, vervoer en waterstaat'),
  ('3', 'Economie'), ('4', 'Onderwijs'), ('5', 'Sport, cultuur en recreatie'), ('6', 'Sociaal domein'),
  ('7', 'Volksgezondheid en milieu'), ('8', 'Wonen, ruimte en stedelijke vernieuwing');

-- The extension: the catalogue is the list of policy fields (taakvelden) under their main fields.
CREATE EXTENSION sp71_steering;
INSERT INTO steering.service (code, name) SELECT code, name FROM iv3.main_field;
INSERT INTO steering.service (code, parent, name) SELECT DISTINCT code, main_field, name FROM iv3.field;

-- The finance table of this job: the account as the file has it, attached while it is empty.
CREATE TABLE iv3.booked (LIKE iv3.account);
