\echo '19a. Lawfulness: which overruns a council would have to account for'
\echo '-------------------------------------------------------------------'
\echo
\echo 'The main fields are the programmes that councils authorise. Limits and decision table are INVENTED here, as are the facts:'
\echo 'a statement limit of 1 percent, and deviations of more than 200,000 are explained. Overruns are found by themselves.'
\echo
:show
SELECT steering.set_lawfulness_frame('2023', 1, 200000, steering.lawfulness_model(2023, 50000)) > 0 AS framed;

SELECT count(steering.set_lawfulness_base('2023', participant, NULL, 0)) AS bases
FROM (VALUES ('Leiden'), ('Leiderdorp'), ('Oegstgeest'), ('Zoeterwoude')) AS town (participant);

SELECT steering.set_deviation('2023', 'Oegstgeest', 'costs', '6', facts => '{"open_ended": true}',
                              explanation => 'youth care and benefits are open-ended') > 0 AS explained;

SELECT participant, subject AS field, round(deviation / 1000) AS over, rule_name, acceptable, is_reported
FROM steering.lawfulness_deviation WHERE participant IN ('Oegstgeest', 'Zoeterwoude') ORDER BY participant, subject;

SELECT participant, round(costs / 1000) AS costs, round(statement_limit / 1000) AS "limit", round(irregular / 1000) AS irregular,
       round(not_acceptable / 1000) AS not_acceptable, unexplained, conclusion
FROM steering.lawfulness WHERE participant <> 'regio' ORDER BY participant;
:hide
INSERT INTO demo.expectation
SELECT 'overruns of ' || participant || ' are not struck against what was left: caps and plain SQL', plain.over, irregular
FROM steering.lawfulness
  JOIN (SELECT municipality AS participant, sum(greatest(account - budget, 0))::numeric(20,4) AS over
        FROM (SELECT municipality, main_field, sum(account) AS account, sum(budget) AS budget FROM iv3.region GROUP BY 1, 2) AS field
        GROUP BY municipality) AS plain USING (participant);
INSERT INTO demo.expectation
SELECT 'costs of ' || participant || ': lawfulness and plain SQL', plain.account, costs
FROM steering.lawfulness
  JOIN (SELECT municipality AS participant, sum(account)::numeric(20,4) AS account FROM iv3.region GROUP BY municipality) AS plain USING (participant);
\echo 'And the accounts of Leiden as a file for Iv3: mapped to one category, since the file of figures has none.'
\echo
:show
SELECT steering.set_iv3_deliverer('Gemeente', '0546', 'Leiden', 'A. Controller', '0710000000', 'a@example.org', 'Leiden') > 0 AS deliverer;

SELECT count(steering.set_iv3_mapping(code, 'bookings', 'lasten', code, '3.8', 'Leiden')) AS mapped
FROM steering.service WHERE parent IS NOT NULL;

SELECT jsonb_array_length(file #> '{data,lasten}') AS lines, file #> '{data,lasten,0}' AS first_line,
       (SELECT sum((line ->> 'bedrag')::numeric) FROM jsonb_array_elements(file #> '{data,lasten}') AS line) AS costs
FROM steering.iv3_export(2023, 5, 'Leiden') AS file;
:hide
INSERT INTO demo.expectation
SELECT 'costs of Leiden: the file for Iv3 and plain SQL', sum(account)::numeric(20,0),
  (SELECT sum((line ->> 'bedrag')::numeric) FROM jsonb_array_elements(steering.iv3_export(2023, 5, 'Leiden') #> '{data,lasten}') AS line)
FROM iv3.region WHERE municipality = 'Leiden';
