\echo '19. The four municipalities: their budgets are the caps'
\echo '-------------------------------------------------------'
\echo
\echo 'Services are the policy fields (taakvelden) of the national accounting scheme, under their main fields;'
\echo 'participants are the four municipalities under one root. Amounts are in euro (the file: thousands).'
\echo 'Every field and every main field gets its budget as an advisory cap: it notifies, and blocks nothing.'
\echo
INSERT INTO steering.participant (code, parent, name) VALUES ('regio', NULL, 'Leidse regio');
INSERT INTO steering.participant (code, parent, name, inhabitants)
SELECT DISTINCT municipality, 'regio', municipality, inhabitants FROM iv3.field
WHERE municipality IN ('Leiden', 'Leiderdorp', 'Oegstgeest', 'Zoeterwoude');
CREATE VIEW iv3.region AS
SELECT field.* FROM iv3.field JOIN steering.participant ON participant.code = municipality;
:show
SELECT count(steering.set_cap(code, municipality, 'budget', '[2023-01-01,2024-01-01)',
                              greatest(budget, 0), '100% notify')) AS caps_on_policy_fields
FROM iv3.region;

SELECT count(steering.set_cap(main_field, participant, 'budget', '[2023-01-01,2024-01-01)',
                              budget, '100% notify')) AS caps_on_main_fields
FROM (SELECT main_field, coalesce(municipality, 'regio') AS participant, sum(budget) AS budget
      FROM iv3.region GROUP BY main_field, ROLLUP (municipality)) AS b;
:hide
SELECT string_agg(format('%s %s (%s)', municipality, code, to_char(budget, 'FM999,999,999')), ', '
                  ORDER BY municipality, code) AS negative
FROM iv3.region WHERE budget < 0 \gset
\echo 'A budget below zero is a cap of zero:'
\echo :negative'.'
\echo
\echo 'A finance table is attached as it came: its columns are those of the file, the mapping does the rest.'
\echo
:show
SELECT steering.attach('iv3.booked',
         service     => $$split_part(policy_field, ' ', 1)$$,
         participant => 'municipality',
         booked_on   => $$date '2023-12-31'$$,
         amount      => 'cost * 1000',
         counts_when => $$municipality IN ('Leiden', 'Leiderdorp', 'Oegstgeest', 'Zoeterwoude')
                          AND split_part(policy_field, ' ', 1) NOT IN ('0.10', '0.11')$$) AS source;
:hide
\echo 'Booking the account is one COPY of the whole file (all municipalities of the country; only these count):'
\echo
\echo '\\copy iv3.booked from ''nl/iv3_2023_jaarrekening.csv'' with (format csv, header, delimiter '';'')'
\set QUIET off
\copy iv3.booked from 'nl/iv3_2023_jaarrekening.csv' with (format csv, header, delimiter ';')
\set QUIET on
\echo
\echo 'Policy fields over their budget, by the caps, by plain SQL over the same files, and as the note with the data'
\echo 'says (amounts in thousands of euro):'
\echo
CREATE TEMP VIEW comparison AS
SELECT participant, p.inhabitants, fields, caps.budget, caps.account, caps.over AS over_by_caps,
  plain.over AS over_by_plain_sql, note.over AS over_by_note,
  plain.budget AS plain_budget, plain.account AS plain_account, note.budget AS note_budget, note.account AS note_account
FROM (SELECT participant, count(*) AS fields, sum(amount) / 1000 AS budget, sum(used) / 1000 AS account,
        count(*) FILTER (WHERE used > amount) AS over
      FROM steering.cap_status WHERE service LIKE '%.%' GROUP BY participant) AS caps
  JOIN (SELECT municipality AS participant, sum(budget) / 1000 AS budget, sum(account) / 1000 AS account,
          count(*) FILTER (WHERE account > budget) AS over
        FROM iv3.region GROUP BY municipality) AS plain USING (participant)
  JOIN (VALUES ('Leiden', 590177, 644318, 37), ('Leiderdorp', 71531, 75069, 41),
               ('Oegstgeest', 69123, 74828, 36), ('Zoeterwoude', 25094, 29172, 35))
    AS note (participant, budget, account, over) USING (participant)
  JOIN steering.participant p ON p.code = participant;
SELECT participant, inhabitants, fields, round(plain_budget) AS budget, round(account) AS account,
  over_by_caps, over_by_plain_sql, over_by_note
FROM comparison ORDER BY participant;
INSERT INTO demo.expectation SELECT 'municipalities of the region', '4', count(*) FROM comparison;
INSERT INTO demo.expectation
SELECT 'fields over budget in ' || participant || ': plain SQL and the data note', over_by_note, over_by_plain_sql
FROM comparison;
INSERT INTO demo.expectation
SELECT 'fields over budget in ' || participant || ': caps and plain SQL', over_by_plain_sql, over_by_caps
FROM comparison;
INSERT INTO demo.expectation
SELECT 'account of ' || participant || ': usage and the data note', note_account, round(account)
FROM comparison;
INSERT INTO demo.expectation
SELECT 'budget of ' || participant || ': plain SQL and the data note', note_budget, round(plain_budget)
FROM comparison;
\echo 'The same on the level above, for the region as a whole, in thousands of euro:'
\echo
SELECT s.code || ' ' || s.name AS main_field, round(c.amount / 1000) AS budget, round(c.used / 1000) AS account,
  c.used_percent, c.step
FROM steering.cap_status c JOIN steering.service s ON s.code = c.service
WHERE c.participant = 'regio' ORDER BY c.service;
INSERT INTO demo.expectation
SELECT 'main fields of the region: caps and plain SQL', string_agg(plain.account::numeric(20,4)::text, ' ' ORDER BY main_field),
  (SELECT string_agg(used::numeric(20,4)::text, ' ' ORDER BY service) FROM steering.cap_status WHERE participant = 'regio')
FROM (SELECT main_field, sum(account) AS account FROM iv3.region GROUP BY main_field) AS plain;
\echo 'The support services are in field 0.4, Overhead (thousands of euro):'
\echo
SELECT participant, round(amount / 1000) AS budget, round(used / 1000) AS account, used_percent, step
FROM steering.cap_status WHERE service = '0.4' ORDER BY participant;
SELECT count(*) AS events FROM steering.event WHERE kind = 'notify' \gset
INSERT INTO demo.expectation
SELECT 'each cap that was reached made one event', count(*) FILTER (WHERE account >= cap AND account > 0), :events
FROM (SELECT greatest(budget, 0) AS cap, account FROM iv3.region
      UNION ALL
      SELECT sum(budget), sum(account) FROM iv3.region GROUP BY main_field, ROLLUP (municipality)) AS c;
INSERT INTO demo.expectation SELECT 'verify() finds no difference (region)', '0', count(*) FROM steering.verify();
\echo 'Every cap that was reached made one event:' :events'. verify() finds no difference.'
\echo
