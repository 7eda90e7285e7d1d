\echo '22. What if one left, or one joined? And what when the joint body becomes the host''s?'
\echo '--------------------------------------------------------------------------------------'
\echo
\echo 'The overhead (taakveld 0.4) that the four municipalities have in their budgets of 2026 (Bron: CBS, Iv3), as if it were one'
\echo 'organisation''s and divided by inhabitants. Voorschoten, with the inhabitants and the overhead of its budget of 2023.'
\echo
CREATE SCHEMA iv3;
CREATE TABLE iv3.line (
  municipality_code text, municipality text, year integer, kind text, policy_field text, title text, cost numeric,
  inhabitants integer);
\copy iv3.line from 'nl/iv3_leidseregio_lasten_2017_2026.csv' with (format csv, header)
CREATE TABLE iv3.budget_2023 (
  municipality text, policy_field text, salaries numeric, income numeric, cost numeric, province text, size text, density text,
  inhabitants integer, centre text, structure text);
\copy iv3.budget_2023 from 'nl/iv3_2023_begroting.csv' with (format csv, header, delimiter ';')
SELECT cost * 1000 AS joiner_cost, inhabitants AS joiner_inhabitants FROM iv3.budget_2023
WHERE municipality = 'Voorschoten' AND policy_field = '0.4 Overhead' \gset
CREATE TABLE iv3.overhead AS
SELECT municipality, cost * 1000 AS amount, inhabitants FROM iv3.line WHERE year = 2026 AND kind = 'begroting' AND policy_field = '0.4';

CREATE EXTENSION sp71_steering;
INSERT INTO steering.service (code, name) VALUES ('overhead', 'Overhead');
INSERT INTO steering.participant (code, name) VALUES ('regio', 'Leidse regio');
INSERT INTO steering.participant (code, parent, name, inhabitants) SELECT municipality, 'regio', municipality, inhabitants FROM iv3.overhead;
CREATE TABLE iv3.booked (amount numeric);
:show
SELECT steering.attach('iv3.booked', service => $$'overhead'$$, participant => $$'regio'$$, booked_on => $$date '2026-01-01'$$,
                       amount => 'amount') AS source;
INSERT INTO iv3.booked SELECT amount FROM iv3.overhead;
SELECT steering.set_allocation_key('inhabitants', 'By inhabitants', 'inhabitants') AS key;
SELECT count(steering.set_agreement('overhead', municipality, '2026', 'key_share', allocation_key => 'inhabitants')) AS agreements
FROM iv3.overhead;
:hide
\echo 'If Zoeterwoude left on 1 January 2026, all of the cost stays, and so is stranded: the others bear it.'
\echo
:show
SELECT participant, before, after, difference, stranded
FROM steering.scenario('{"change": "leave", "participant": "Zoeterwoude", "on": "2026-01-01"}', '2026');
:hide
\echo 'If Voorschoten joined, and brought no cost; and if it brought its own overhead:'
\echo
SELECT json_build_object('change', 'join', 'participant', 'Voorschoten', 'on', '2026-01-01', 'inhabitants', :joiner_inhabitants) AS join_alone,
  json_build_object('change', 'cost', 'participant', 'regio', 'service', 'overhead', 'amount', :joiner_cost) AS with_cost \gset
:show
SELECT alone.participant, alone.before, alone.after, alone.difference, brought.after AS with_its_cost, brought.difference AS difference_then
FROM steering.scenario(:'join_alone', '2026') AS alone
JOIN steering.scenario(jsonb_build_array(:'join_alone'::jsonb, :'with_cost'::jsonb), '2026') AS brought USING (participant)
ORDER BY participant;
:hide
-- The largest remainder by plain SQL over the files.
CREATE TABLE iv3.scenario AS
SELECT 'left' AS what, participant, after FROM steering.scenario('{"change": "leave", "participant": "Zoeterwoude", "on": "2026-01-01"}', '2026')
UNION ALL SELECT 'now', participant, before FROM steering.scenario('{"change": "leave", "participant": "Zoeterwoude", "on": "2026-01-01"}', '2026')
UNION ALL SELECT 'joined', participant, after FROM steering.scenario(:'join_alone', '2026')
UNION ALL SELECT 'joined with cost', participant, after FROM steering.scenario(jsonb_build_array(:'join_alone'::jsonb, :'with_cost'::jsonb), '2026');
CREATE VIEW iv3.plain AS
WITH sharer AS (
  SELECT what, municipality AS participant, inhabitants::numeric AS weight
  FROM iv3.overhead CROSS JOIN (VALUES ('now'), ('left'), ('joined'), ('joined with cost')) AS w (what)
  WHERE what <> 'left' OR municipality <> 'Zoeterwoude'
  UNION ALL
  SELECT what, 'Voorschoten', inhabitants FROM iv3.budget_2023 CROSS JOIN (VALUES ('joined'), ('joined with cost')) AS w (what)
  WHERE municipality = 'Voorschoten' AND policy_field = '0.4 Overhead'
), total AS (
  SELECT what, (SELECT sum(amount) FROM iv3.overhead) + CASE what WHEN 'joined with cost' THEN (
    SELECT cost * 1000 FROM iv3.budget_2023 WHERE municipality = 'Voorschoten' AND policy_field = '0.4 Overhead') ELSE 0 END AS cents
  FROM (VALUES ('now'), ('left'), ('joined'), ('joined with cost')) AS w (what)
), quota AS (
  SELECT what, participant, cents * 100 AS total, cents * 100 * weight / sum(weight) OVER (PARTITION BY what) AS quota
  FROM sharer JOIN total USING (what)
)
SELECT what, participant,
  (floor(quota) + CASE WHEN row_number() OVER (PARTITION BY what ORDER BY quota - floor(quota) DESC, participant)
      <= total - sum(floor(quota)) OVER (PARTITION BY what) THEN 1 ELSE 0 END) / 100 AS amount
FROM quota;
INSERT INTO demo.expectation
SELECT 'what each would bear in four cases, to the cent', '17 of 17', format('%s of %s', count(*) FILTER (WHERE s.after = p.amount), count(*))
FROM iv3.plain p FULL JOIN (SELECT * FROM iv3.scenario WHERE after <> 0) s USING (what, participant);
INSERT INTO demo.expectation
SELECT 'sums are kept in case ' || what, round(min(CASE what WHEN 'joined with cost' THEN (SELECT sum(amount) FROM iv3.overhead) + :joiner_cost
  ELSE (SELECT sum(amount) FROM iv3.overhead) END), 2), round(sum(after), 2)
FROM iv3.scenario GROUP BY what;
\echo 'What would Zoeterwoude pay that leaves? By the two methods that are accepted where nothing was agreed, of its share; in the'
\echo 'second one all is fixed, and absorbed by a fifth each year.'
\echo
SELECT before AS share FROM steering.scenario('{"change": "leave", "participant": "Zoeterwoude", "on": "2026-01-01"}', '2026') WHERE participant = 'Zoeterwoude' \gset
SELECT steering.set_cost_behaviour('overhead', '(,)', 1, 60) AS behaviour \gset
:show
SELECT year, sum(amount) FILTER (WHERE line = 'contribution') AS phase_out, sum(amount) FILTER (WHERE line = 'disintegration') AS damage
FROM (SELECT * FROM steering.exit_sum('Zoeterwoude', '2027-01-01', 'phase_out')
      UNION ALL SELECT * FROM steering.exit_sum('Zoeterwoude', '2027-01-01', 'damage')) AS line GROUP BY year ORDER BY year;
:hide
INSERT INTO demo.expectation
SELECT 'exit sum by phasing out: three times the share', round(3 * :share, 2), round(sum(amount), 2) FROM steering.exit_sum('Zoeterwoude', '2027-01-01', 'phase_out');
INSERT INTO demo.expectation
SELECT 'exit sum by damage: twice the share', round(2 * :share, 2), round(sum(amount), 2) FROM steering.exit_sum('Zoeterwoude', '2027-01-01', 'damage');
\echo 'And the form: on 1 January 2023 the joint body became the centre municipality''s (thousands of euro; accounts of Leiden 2023).'
\echo
SELECT steering.set_arrangement('servicepunt', 'Servicepunt71', 'joint body', '[2011-05-01,)') AS made \gset
:show
SELECT count(*) AS members FROM iv3.overhead, LATERAL steering.set_arrangement_member('servicepunt', municipality, 'member', '[2011-05-01,)');
SELECT steering.change_form('servicepunt', 'centrum', 'Centrumregeling Leidse regio', 'host', '2023-01-01', 'decided by the four', host => 'Leiden',
  lines => '[{"line": "fixed assets", "side": "assets", "own": 947227, "taken_over": 5535},
             {"line": "receivables", "side": "assets", "own": 72149, "taken_over": 6177, "eliminated": 4341},
             {"line": "mutual debts", "side": "liabilities", "own": 0, "taken_over": 4341, "eliminated": 4341}]') AS change;
SELECT arrangement, form, participant, role, valid_from, valid_to FROM steering.arrangement_part ORDER BY valid_from, participant;
SELECT side, line, own, taken_over, eliminated, opening FROM steering.opening_balance ORDER BY position;
:hide
INSERT INTO demo.expectation SELECT 'opening balance: receivables', '73985', round(opening) FROM steering.opening_balance WHERE line = 'receivables';
INSERT INTO demo.expectation SELECT 'eliminations cancel out', '0', round(sum(CASE side WHEN 'assets' THEN eliminated ELSE - eliminated END)) FROM steering.opening_balance;
INSERT INTO demo.expectation SELECT 'scenarios have left nothing: verify()', '0', count(*) FROM steering.verify();
INSERT INTO demo.expectation SELECT 'scenarios have left nothing: participants', '5', count(*) FROM steering.participant;
