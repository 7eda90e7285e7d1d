\echo '10. Agreements: what each municipality buys, and in which form'
\echo '--------------------------------------------------------------'
\echo
\echo 'Caps say what may be spent. From here on the question is what it cost, what was achieved for it, and who'
\echo 'pays. That begins with agreements, of four forms. Leiderdorp buys ICT for a lump sum:'
\echo
:show
SELECT steering.set_agreement('ict', 'GM0547', '[2026-01-01,2027-01-01)', 'lump_sum',
         base => 760000) AS agreement;
:hide
\echo 'Workplaces within it go by price times volume. What was contracted and not used costs 40% all the same'
\echo '(take or pay), an advance is paid each month, and a bonus or malus may come to 15,000 euro:'
\echo
:show
SELECT steering.set_agreement('ict.workplace', 'GM0547', '[2026-01-01,2027-01-01)', 'price_volume',
         volume => 5500, price => 97.50, unused_percent => 40, advance => 44000,
         incentive_maximum => 15000) AS agreement;
:hide
\echo 'Payroll has a base for a contracted number of payslips, and a price for those beyond it:'
\echo
:show
SELECT steering.set_agreement('hr.payroll', 'GM0547', '[2026-01-01,2027-01-01)', 'base_plus',
         base => 200000, volume => 13500, price => 12.50) AS agreement;
:hide
\echo 'The fourth form is a share of actual cost by an allocation key. It suits the overhead of the organisation'
\echo 'itself, which is new here: a service with three parts, booked on the region as a whole.'
\echo
:show
INSERT INTO steering.service (code, parent, name) VALUES
  ('overhead',         NULL,       'Overhead of the organisation'),
  ('overhead.housing', 'overhead', 'Own offices'),
  ('overhead.staff',   'overhead', 'Own staff office'),
  ('overhead.systems', 'overhead', 'Own systems');

SELECT steering.set_allocation_key('inhabitants', 'Number of inhabitants', 'inhabitants') AS key;

SELECT steering.set_agreement('overhead', 'GM0547', '[2026-01-01,2027-01-01)', 'key_share',
         allocation_key => 'inhabitants', base => 118000, advance => 9000) AS agreement;
:hide
\echo 'The others come from a table of (invented) terms. An agreement covers its service and all below it, except'
\echo 'what a nearer agreement covers: workplaces are not paid for twice.'
\echo
CREATE TABLE demo.terms (
  service text, participant text, form text, base numeric, volume numeric, price numeric, key text,
  unused_percent numeric, advance numeric, incentive_maximum numeric, PRIMARY KEY (service, participant));
-- What the generator will book in a year is about 0.92 of the budget, and 0.95 in this table's lump sums.
INSERT INTO demo.terms
SELECT t.service, b.participant, t.form, round(t.base * b.amount, -3), round(t.volume * b.amount, -1), t.price, NULL,
  t.unused_percent, round(t.advance * b.amount, -2), round(t.incentive * b.amount, -2)
FROM (VALUES
  ('ict',           'ict',         'lump_sum',     0.52,  NULL,          NULL,   NULL, 0.040, NULL),
  ('ict.workplace', 'ict',         'price_volume', NULL,  0.44 / 97.50,  97.50,  40,   0.033, 0.012),
  ('hr',            'hr',          'lump_sum',     0.43,  NULL,          NULL,   NULL, 0.030, NULL),
  ('hr.payroll',    'hr',          'base_plus',    0.515, 0.50 / 14.50,  12.50,  NULL, NULL,  0.010),
  ('finance',       'finance',     'lump_sum',     0.95,  NULL,          NULL,   NULL, 0.075, 0.020),
  ('procurement',   'procurement', 'lump_sum',     0.95,  NULL,          NULL,   NULL, 0.075, NULL),
  ('legal',         'legal',       'price_volume', NULL,  0.90 / 104.00, 104.00, NULL, 0.075, 0.020),
  ('facility',      'facility',    'lump_sum',     0.93,  NULL,          NULL,   NULL, 0.075, NULL),
  ('management',    'management',  'lump_sum',     0.95,  NULL,          NULL,   NULL, NULL,  NULL))
    AS t (service, budget, form, base, volume, price, unused_percent, advance, incentive)
  JOIN demo.budget b ON b.service = t.budget;
INSERT INTO demo.terms
SELECT 'overhead', code, 'key_share', round(inhabitants * 4.25, -3), NULL, NULL, 'inhabitants', NULL,
  round(inhabitants * 0.33, -2), NULL
FROM steering.participant WHERE inhabitants IS NOT NULL;
DELETE FROM demo.terms USING steering.agreement_status a
WHERE (terms.service, terms.participant) = (a.service, a.participant);
:show
SELECT count(steering.set_agreement(service, participant, '[2026-01-01,2027-01-01)', form, base, volume,
                                    price, key, unused_percent, advance, incentive_maximum)) AS agreements
FROM demo.terms;
:hide
INSERT INTO demo.expectation
SELECT 'every participant has ten agreements', '40 / 4', count(*) || ' / ' || count(DISTINCT participant)
FROM steering.agreement_status;
\echo 'All that Leiderdorp agreed:'
\echo
:show
SELECT service, form, round(base) AS base, round(volume) AS volume, round(price, 2) AS price, key,
       unused_percent AS unused, round(advance) AS advance, round(incentive_maximum) AS incentive
FROM steering.agreement_status WHERE participant = 'GM0547'
ORDER BY service;
:hide
\echo 'The same service cannot be agreed twice over the same days. The error is expected:'
\echo
\set VERBOSITY terse
:try
SELECT steering.set_agreement('ict', 'GM0547', '[2026-07-01,2027-07-01)', 'lump_sum', base => 800000);
:tried
\set VERBOSITY default
INSERT INTO demo.expectation VALUES ('an overlapping agreement is refused', '23P01', :'sqlstate');
\echo
\echo 'Which caps would follow from the agreements? This is a dry run: it only lists what caps_from_agreements()'
\echo 'would set. The caps of this year stay as they are.'
\echo
:show
SELECT service, metric, round(amount) AS amount, ladder, round(present_amount) AS present, action
FROM steering.planned_cap('2026') WHERE participant = 'GM0547';
:hide
INSERT INTO demo.expectation
SELECT 'a planned budget is what is agreed for the service and all below it', string_agg(a.agreed, ' ' ORDER BY service),
  (SELECT string_agg(amount::numeric(20,2)::text, ' ' ORDER BY service) FROM steering.planned_cap('2026')
   WHERE participant = 'GM0547' AND metric = 'budget')
FROM (SELECT top.service, sum(part.agreed_cost)::numeric(20,2)::text AS agreed
      FROM steering.agreement_status top
        JOIN steering.agreement_status part ON part.participant = top.participant
          AND part.service || '.' LIKE top.service || '.%'
      WHERE top.participant = 'GM0547' GROUP BY top.service) AS a;
