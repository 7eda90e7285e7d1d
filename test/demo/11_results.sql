\echo '11. Indicators: what must be achieved, what was, and what that earns'
\echo '--------------------------------------------------------------------'
\echo
\echo 'An indicator belongs to a service and says whether higher or lower is better, and which kind of public value'
\echo 'it serves. One per service is its main one: against that the cost is compared.'
\echo
:show
SELECT steering.set_indicator('solved', 'ict.workplace', 'Calls solved within a day', 'call', 'higher',
                              'operational capacity', main => true) AS indicator;

SELECT steering.set_indicator('satisfied', 'ict.workplace', 'Satisfaction of users', 'mark', 'higher',
                              'legitimacy', additive => false) AS indicator;

SELECT steering.set_indicator('days to pay', 'finance', 'Days until an invoice is paid', 'day', 'lower',
                              'outcome', additive => false, main => true) AS indicator;
:hide
\echo 'Calls of months add up to those of the year. A mark or a number of days does not: there the last one counts.'
\echo
SELECT count(steering.set_indicator(code, service, name, unit, 'higher', dimension, main => true)) AS more
FROM (VALUES ('correct payslips', 'hr.payroll', 'Payslips that were right at once', 'payslip', 'operational capacity'),
             ('decided in time', 'legal', 'Objections decided in time', 'objection', 'outcome'))
  AS i (code, service, name, unit, dimension) \gset
\echo 'A target and what was measured, for each municipality and period:'
\echo
\o /dev/null
:script
SELECT steering.set_target('solved', 'GM0547', '2026', 720);

SELECT steering.set_measurement('solved', 'GM0547', '2026-01', 51);
:hide
\o
-- The targets of the year, and measurements by month or quarter: the target, well met in Leiden and less so
-- in Leiderdorp and Zoeterwoude, with some chance.
CREATE TABLE demo.goal (indicator text, participant text, target numeric, met numeric, PRIMARY KEY (indicator, participant));
INSERT INTO demo.goal
SELECT indicator, p.code, t.target, m.met
FROM (VALUES
  ('solved',           3600, 720, 680, 250, true),
  ('satisfied',        7.5,  7.5, 7.5, 7.5, true),
  ('days to pay',      30,   30,  30,  30,  false),
  ('correct payslips', 63000, 13200, 12200, 4400, true),
  ('decided in time',  420,  96,  84,  36,  true)) AS g (indicator, leiden, leiderdorp, oegstgeest, zoeterwoude, higher)
  CROSS JOIN LATERAL (VALUES
    ('GM0546', leiden, 1.07), ('GM0547', leiderdorp, 0.91), ('GM0579', oegstgeest, 1.00), ('GM0638', zoeterwoude, 0.83))
    AS t (participant, target, met)
  JOIN steering.participant p ON p.code = t.participant
  CROSS JOIN LATERAL (SELECT CASE WHEN indicator = 'correct payslips' THEN 0.985 WHEN higher THEN t.met ELSE 2 - t.met END) AS m (met);
CREATE TABLE demo.measured (indicator text, participant text, period text, value numeric, PRIMARY KEY (indicator, participant, period));
INSERT INTO demo.measured
SELECT indicator, participant, to_char(month, 'YYYY-MM'),
  round(target / 12 * met * (0.94 + 0.12 * demo.pseudo_random(concat_ws('/', indicator, participant, month::date))))
FROM demo.goal, generate_series(timestamp '2026-01-01', timestamp '2026-12-01', interval '1 month') AS month
WHERE indicator NOT IN ('satisfied', 'days to pay')
UNION ALL
SELECT indicator, participant, to_char(quarter, 'YYYY-"Q"Q'),
  round(target * met * (0.97 + 0.06 * demo.pseudo_random(concat_ws('/', indicator, participant, quarter::date))), 1)
FROM demo.goal, generate_series(timestamp '2026-01-01', timestamp '2026-10-01', interval '3 months') AS quarter
WHERE indicator IN ('satisfied', 'days to pay');
-- Nobody counted in Zoeterwoude in the last two months: that is missing, not zero.
DELETE FROM demo.measured WHERE (indicator, participant) = ('decided in time', 'GM0638') AND period IN ('2026-11', '2026-12');
SELECT count(steering.set_target(indicator, participant, '2026', target)) AS targets FROM demo.goal \gset
SELECT count(steering.set_measurement(indicator, participant, period, value)) AS measurements FROM demo.measured \gset
\echo
\echo 'The others are (invented) figures again:' :targets 'targets and' :measurements 'measurements. In Zoeterwoude nobody'
\echo 'counted the objections of November and December. That is missing, which is not zero: ten months are compared'
\echo 'with ten months of target.'
\echo
:show
SELECT indicator, participant, round(target) AS target, round(measured, 1) AS measured, attainment,
       direction, unit
FROM steering.result
WHERE period = '2026' AND indicator IN ('decided in time', 'days to pay')
ORDER BY indicator, participant;
:hide
INSERT INTO demo.expectation
SELECT 'what is missing is not zero: ten months against ten months of target',
  round(100 * (SELECT sum(value) FROM demo.measured WHERE (indicator, participant) = ('decided in time', 'GM0638'))
    / (target * 10 / 12), 2),
  (SELECT attainment FROM steering.result
   WHERE (period, indicator, participant) = ('2026', 'decided in time', 'GM0638'))
FROM demo.goal WHERE (indicator, participant) = ('decided in time', 'GM0638');
INSERT INTO demo.expectation
SELECT 'fewer days than the target is better', round(100 * (1 - (m.value - g.target) / g.target), 2), r.attainment
FROM demo.goal g JOIN demo.measured m USING (indicator, participant) JOIN steering.result r USING (indicator, participant)
WHERE indicator = 'days to pay' AND m.period = '2026-Q4' AND r.period = '2026';
\echo 'Results can earn a bonus or cost a malus, as a percentage of the agreed amount, by bands of attainment. Bands'
\echo 'hold every number exactly once; those with a gap are refused. The error is expected:'
\echo
\set VERBOSITY terse
:try
SELECT steering.set_incentive('solved', '{"(,85)","[90,105)","[105,)"}', '{-3,0,2}');
:tried
\set VERBOSITY default
INSERT INTO demo.expectation VALUES ('bands with a gap are refused', '23514', :'sqlstate');
\echo
\o /dev/null
:script
SELECT steering.set_incentive('solved', '{"(,85)","[85,95)","[95,105)","[105,)"}', '{-3,-1,0,2}');

SELECT steering.set_incentive('days to pay', '{"(,90)","[90,102)","[102,)"}', '{-1.5,0,1}');
:hide
\o
\echo
