\echo
\echo '2. The caps: how much, for whom, and what happens on the way up'
\echo '----------------------------------------------------------------'
\echo
\echo 'A cap limits one metric for a service and all below it, a participant and all below it, and a range'
\echo 'of dates. Its ladder says what happens at which step. Leiderdorp may spend 1,250,000 euro on ICT in'
\echo '2026: from 80% on the steerers are notified, from 100% on every booking warns, above 105% none passes.'
\echo
:show
SELECT steering.set_cap('ict', 'GM0547', 'budget', '[2026-01-01,2027-01-01)', 1250000,
                        ladder => '80% notify, 100% warn, 105% block', reason => 'budget 2026') AS cap;
:hide
\echo 'Without a ladder a new cap blocks at 100%. Here on the level below, and on volume:'
\echo
:show
SELECT steering.set_cap('ict.workplace', 'GM0547', 'volume', '[2026-01-01,2027-01-01)', 5800) AS cap;
:hide
\echo 'The other caps come from a table of (invented) budgets. All applicable caps hold at the same time.'
\echo
CREATE TABLE demo.budget (service text, participant text, amount numeric, PRIMARY KEY (service, participant));
INSERT INTO demo.budget
SELECT service, participant, amount
FROM (VALUES
  ('ict',         6200000, 1250000, 1150000, 420000),
  ('hr',          1900000,  390000,  360000, 130000),
  ('finance',     2100000,  430000,  400000, 150000),
  ('procurement',  800000,  170000,  150000,  60000),
  ('legal',       1100000,  240000,  220000,  80000),
  ('facility',    4300000,  860000,  800000, 300000),
  ('management',   900000,  190000,  170000,  65000)) AS b (service, leiden, leiderdorp, oegstgeest, zoeterwoude),
  LATERAL (VALUES ('GM0546', leiden), ('GM0547', leiderdorp), ('GM0579', oegstgeest), ('GM0638', zoeterwoude))
    AS p (participant, amount);
CREATE TABLE demo.volume_limit (service text, participant text, volume numeric, PRIMARY KEY (service, participant));
INSERT INTO demo.volume_limit
SELECT service, participant, volume
FROM (VALUES
  ('ict.workplace', 29000, NULL,  5500,  1950),
  ('hr.payroll',    71000, 14600, 13500,  4900),
  ('legal',         11000,  2300,  2300,   770)) AS b (service, leiden, leiderdorp, oegstgeest, zoeterwoude),
  LATERAL (VALUES ('GM0546', leiden), ('GM0547', leiderdorp), ('GM0579', oegstgeest), ('GM0638', zoeterwoude))
    AS p (participant, volume)
WHERE volume IS NOT NULL;
:show
SELECT count(steering.set_cap(service, participant, 'budget', '[2026-01-01,2027-01-01)', amount,
                              '80% notify, 100% warn, 105% block', 'budget 2026')) AS caps_on_money
FROM demo.budget
WHERE (service, participant) <> ('ict', 'GM0547');

SELECT count(steering.set_cap(service, participant, 'volume', '[2026-01-01,2027-01-01)', volume,
                              '90% notify, 100% block', 'agreements 2026')) AS caps_on_volume
FROM demo.volume_limit;
:hide
\echo 'One service of the lower level has a budget of its own: projects, that Leiden leads. And for the region'
\echo 'as a whole each service has an advisory cap: it notifies, and blocks nothing.'
\echo
:show
SELECT steering.set_cap('management.project', 'GM0546', 'budget', '[2026-01-01,2027-01-01)', 360000,
                        '90% warn, +5000 block', 'project portfolio 2026') AS cap;

SELECT count(steering.set_cap(service, 'sp71', 'budget', '[2026-01-01,2027-01-01)', amount,
                              '90% notify')) AS advisory_caps
FROM (SELECT service, sum(amount) AS amount FROM demo.budget GROUP BY service) AS region;
:hide
