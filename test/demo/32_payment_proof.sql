\echo
\echo '24. The proof, by plain SQL over the file and the payments that were stored'
\echo '---------------------------------------------------------------------------'
\echo
CREATE TABLE hyndburn.refusal (sqlstate text NOT NULL, cap integer NOT NULL);
\copy hyndburn.refusal from 'refusal.csv' with (format csv)

\echo 'Booked and refused together are all lines; each refusal was an error of its own:'
\echo
CREATE TEMP VIEW outcome AS
SELECT (SELECT count(*) FROM hyndburn.line) AS lines, (SELECT count(*) FROM hyndburn.payment) AS booked,
  (SELECT count(*) FROM hyndburn.refusal WHERE sqlstate = '23S71') AS refused_for_money,
  (SELECT count(*) FROM hyndburn.refusal WHERE sqlstate = '23S72') AS refused_for_lines;
SELECT lines, booked, refused_for_money, refused_for_lines, booked + refused_for_money + refused_for_lines AS together
FROM outcome;
INSERT INTO demo.expectation
SELECT 'booked and refused lines are all lines', lines, booked + refused_for_money + refused_for_lines FROM outcome;
INSERT INTO demo.expectation
SELECT 'lines were booked, and refused for both reasons', 'true',
  (booked > 0 AND refused_for_money > 0 AND refused_for_lines > 0)::text FROM outcome;
INSERT INTO demo.expectation
SELECT 'stored payments that differ from their line in the file', '0', count(*)
FROM hyndburn.payment p LEFT JOIN hyndburn.line l USING (line)
WHERE (p.council, p.department, p.service, p.payment_date, p.amount)
  IS DISTINCT FROM (l.ons_code, l.department, l.service, l.payment_date, l.amount_gbp);
\echo 'Every department ends at or under its caps (sums over the stored payments, not the extension''s counters):'
\echo
CREATE TEMP VIEW department AS
SELECT c.service AS department, count(*) AS offered, count(p.line) AS lines, c.lines AS lines_cap,
  sum(p.amount) AS paid, c.budget AS paid_cap, c.budget - sum(p.amount) AS room,
  count(p.line) <= c.lines AND sum(p.amount) <= c.budget AS at_or_under
FROM hyndburn.chosen c JOIN hyndburn.line l ON l.department_code = c.service LEFT JOIN hyndburn.payment p ON p.line = l.line
GROUP BY c.service, c.lines, c.budget;
SELECT * FROM department ORDER BY department;
INSERT INTO demo.expectation SELECT 'departments at or under both caps', count(*), count(*) FILTER (WHERE at_or_under) FROM department;

CREATE TEMP VIEW service AS
SELECT c.service, count(p.line) AS lines, c.lines AS lines_cap, coalesce(sum(p.amount), 0) AS paid, c.budget AS paid_cap
FROM hyndburn.chosen c JOIN hyndburn.line l ON l.service_code = c.service LEFT JOIN hyndburn.payment p ON p.line = l.line
GROUP BY c.service, c.lines, c.budget;
SELECT count(*) AS services, count(*) FILTER (WHERE lines <= lines_cap AND paid <= paid_cap) AS services_held FROM service \gset
INSERT INTO demo.expectation VALUES ('services at or under both caps', :services, :services_held);
\echo 'Where a department keeps room for money, its lines ran out, or the caps of its services refused first.'
\echo 'Services at or under both of their caps:' :services_held 'of' :services'. Caps that refused, by level and metric:'
\echo
SELECT CASE WHEN c.service LIKE '%.%' THEN 'service' ELSE 'department' END AS level, c.metric,
  count(DISTINCT c.cap_id) AS caps_that_refused, count(*) AS refusals
FROM hyndburn.refusal r JOIN steering.cap_status c ON c.cap_id = r.cap
GROUP BY 1, 2 ORDER BY 1, 2;

-- A decision depends only on what was booked before. So each can be judged by itself: the sums of the
-- booked lines before it, and whether its own raise fits on them.
CREATE TEMP VIEW judged AS
WITH line AS (
  SELECT l.line, l.payment_date, l.service_code, l.department_code, l.amount_gbp AS amount, p.line IS NOT NULL AS booked,
    coalesce(sum(p.amount) OVER department, 0) AS department_paid, count(p.line) OVER department AS department_lines,
    coalesce(sum(p.amount) OVER service, 0) AS service_paid, count(p.line) OVER service AS service_lines
  FROM hyndburn.line l LEFT JOIN hyndburn.payment p USING (line)
  WINDOW department AS (PARTITION BY department_code ORDER BY l.payment_date, l.line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    service AS (PARTITION BY service_code ORDER BY l.payment_date, l.line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
SELECT line.line, booked,
  (amount <= 0 OR (department_paid + amount <= d.budget AND service_paid + amount <= s.budget))
    AND department_lines + 1 <= d.lines AND service_lines + 1 <= s.lines AS fits
FROM line JOIN hyndburn.chosen d ON d.service = department_code JOIN hyndburn.chosen s ON s.service = service_code;
SELECT count(*) AS judged, count(*) FILTER (WHERE booked = fits) AS right FROM judged \gset
INSERT INTO demo.expectation SELECT 'lines judged rightly', count(*), :right FROM hyndburn.line;
INSERT INTO demo.expectation
SELECT 'usage of the departments and the sum of stored payments', sum(amount)::numeric(20,4),
  (SELECT sum(used)::numeric(20,4) FROM steering.cap_status WHERE metric = 'budget' AND service NOT LIKE '%.%')
FROM hyndburn.payment;
INSERT INTO demo.expectation SELECT 'verify() finds no difference (payments)', '0', count(*) FROM steering.verify();
\echo 'Each decision judged again by plain SQL (did the line fit on what was booked before it?):' :right 'of' :judged 'right.'
\echo 'verify() finds no difference.'
