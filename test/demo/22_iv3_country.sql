\echo '20. The same for all municipalities of the country'
\echo '--------------------------------------------------'
\echo
\echo 'Participants are now in three levels: the country, its provinces, their municipalities. One cap for each'
\echo 'municipality and policy field, and one for each main field of the country, from the total that the file has.'
\echo
INSERT INTO steering.participant (code, parent, name) VALUES ('Nederland', NULL, 'Nederland');
INSERT INTO steering.participant (code, parent, name)
SELECT DISTINCT 'provincie ' || province, 'Nederland', province FROM iv3.field;
INSERT INTO steering.participant (code, parent, name, inhabitants)
SELECT DISTINCT municipality, 'provincie ' || province, municipality, inhabitants FROM iv3.field;

\pset tuples_only on
\pset format unaligned
SELECT format($statement$
  SELECT format('  caps of %%-15s %%4s municipalities %%7s caps %%7s s', %1$L, count(DISTINCT municipality),
           count(steering.set_cap(code, municipality, 'budget', '[2023-01-01,2024-01-01)',
                                  greatest(budget, 0), '100%% notify')),
           round(extract(epoch FROM clock_timestamp() - statement_timestamp()), 1))
  FROM iv3.field WHERE province = %1$L
  $statement$, province)
FROM (SELECT DISTINCT province FROM iv3.field) AS province ORDER BY province
\gexec
SELECT format('  caps of %-15s %4s                %7s caps', 'Nederland', '',
         count(steering.set_cap(main_field, 'Nederland', 'budget', '[2023-01-01,2024-01-01)', budget, '100% notify')))
FROM (SELECT left(policy_field, 1) AS main_field, sum(cost) * 1000 AS budget FROM iv3.budget
      WHERE municipality = 'Nederland' AND split_part(policy_field, ' ', 1) NOT IN ('0.10', '0.11')
      GROUP BY left(policy_field, 1)) AS b;
\pset tuples_only off
\pset format aligned
SELECT steering.attach('iv3.booked', service => $$split_part(policy_field, ' ', 1)$$,
  participant => 'municipality', booked_on => $$date '2023-12-31'$$, amount => 'cost * 1000',
  counts_when => $$province IS NOT NULL AND split_part(policy_field, ' ', 1) NOT IN ('0.10', '0.11')$$) AS source \gset
\echo
\echo 'The account of the country is booked by one COPY into the attached table:'
\echo
\timing on
\echo '\\copy iv3.booked from ''nl/iv3_2023_jaarrekening.csv'' with (format csv, header, delimiter '';'')'
\set QUIET off
\copy iv3.booked from 'nl/iv3_2023_jaarrekening.csv' with (format csv, header, delimiter ';')
\set QUIET on
\timing off
\echo
\echo 'Policy fields over their cap, by the caps and by plain SQL over the same files (millions of euro):'
\echo
CREATE TEMP VIEW comparison AS
SELECT municipality, province, fields, caps.budget, caps.account, caps.over AS over_by_caps,
  plain.account AS plain_account, plain.over AS over_by_plain_sql
FROM (SELECT participant AS municipality, count(*) AS fields, sum(amount) AS budget, sum(used) AS account,
        count(*) FILTER (WHERE used > amount) AS over
      FROM steering.cap_status WHERE service LIKE '%.%' GROUP BY participant) AS caps
  FULL JOIN (SELECT municipality, min(province) AS province, sum(account) AS account,
               count(*) FILTER (WHERE account > greatest(budget, 0)) AS over
             FROM iv3.field GROUP BY municipality) AS plain USING (municipality);
SELECT coalesce(province, 'all') AS province, count(*) AS municipalities, sum(fields) AS caps,
  round(sum(budget) / 1000000, 1) AS caps_amount, round(sum(account) / 1000000, 1) AS account,
  sum(over_by_caps) AS over_by_caps, sum(over_by_plain_sql) AS over_by_plain_sql
FROM comparison GROUP BY ROLLUP (province) ORDER BY comparison.province NULLS LAST;
INSERT INTO demo.expectation SELECT 'municipalities (data note)', '342', count(*) FROM comparison;
INSERT INTO demo.expectation
SELECT 'municipalities where caps and plain SQL differ', '0', count(*)
FROM comparison
WHERE over_by_caps IS DISTINCT FROM over_by_plain_sql OR account IS DISTINCT FROM plain_account;
INSERT INTO demo.expectation
SELECT 'usage of the country and the total in the file', sum(cost * 1000)::numeric(20,4),
  (SELECT sum(used)::numeric(20,4) FROM steering.cap_status WHERE participant = 'Nederland')
FROM iv3.account
WHERE municipality = 'Nederland' AND split_part(policy_field, ' ', 1) NOT IN ('0.10', '0.11');
INSERT INTO demo.expectation
SELECT 'each cap that was reached made one event (country)', count(*) FILTER (WHERE account >= cap AND account > 0),
  (SELECT count(*) FROM steering.event WHERE kind = 'notify')
FROM (SELECT greatest(budget, 0) AS cap, account FROM iv3.field
      UNION ALL
      SELECT sum(budget), sum(account) FROM iv3.field GROUP BY main_field) AS c;
SELECT count(*) FILTER (WHERE budget < 0) AS negative,
  count(*) FILTER (WHERE budget < 0 AND account > budget) AS over_negative,
  count(*) FILTER (WHERE budget < 0 AND account > 0) AS over_zero
FROM iv3.field \gset
\echo 'Budgets below zero:' :negative', each of them a cap of zero. Of these fields' :over_negative 'are over their budget, and' :over_zero
\echo 'over zero; the latter count above. The main fields of the country, against the total in the file (millions):'
\echo
SELECT s.code || ' ' || s.name AS main_field, round(c.amount / 1000000, 1) AS budget,
  round(c.used / 1000000, 1) AS account, round(f.account / 1000000, 1) AS in_file, c.used_percent, c.step
FROM steering.cap_status c JOIN steering.service s ON s.code = c.service
  JOIN (SELECT left(policy_field, 1) AS main_field, sum(cost) * 1000 AS account FROM iv3.account
        WHERE municipality = 'Nederland' AND split_part(policy_field, ' ', 1) NOT IN ('0.10', '0.11')
        GROUP BY left(policy_field, 1)) AS f ON f.main_field = s.code
WHERE c.participant = 'Nederland' ORDER BY c.service;
\echo 'verify() counts all bookings of the country anew:'
\echo
\pset footer on
\timing on
:show
SELECT * FROM steering.verify();
:hide
\timing off
\pset footer off
INSERT INTO demo.expectation SELECT 'verify() finds no difference (country)', '0', count(*) FROM steering.verify();
