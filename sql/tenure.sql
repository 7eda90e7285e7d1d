-- Agreements and caps for months in which their participant, or their service, is not there: told by health().
\set VERBOSITY terse
SET datestyle = iso;
INSERT INTO steering.participant (code, parent, name, during) VALUES
    ('tenure.region', NULL, 'Region', '(,)'), ('tenure.stays', 'tenure.region', 'Stays', '(,)'),
    ('tenure.left', 'tenure.region', 'Left', '[2020-01-01,2026-06-16)'), ('tenure.joins', 'tenure.region', 'Joins', '[2026-04-01,)'),
    ('tenure.group', NULL, 'Group', '(,2026-04-01)'), ('tenure.member', 'tenure.group', 'Member', '(,)'), ('tenure.odd', NULL, 'Odd', '[-infinity,infinity]');
INSERT INTO steering.service (code, parent, name, unit, during) VALUES
    ('tenure.ict', NULL, 'ICT', NULL, '(,)'), ('tenure.old', 'tenure.ict', 'Old', 'hour', '(,2026-10-01)'), ('tenure.new', 'tenure.ict', 'New', 'hour', '[2026-02-15,)'),
    ('tenure.past', NULL, 'Past', NULL, '(,2026-03-01)'), ('tenure.heir', 'tenure.past', 'Heir', NULL, '[2026-02-01,2027-01-01)');
CREATE VIEW problem AS SELECT regexp_replace(subject, '\d+', 'N') AS subject, problem, detail, regexp_replace(hint, '\(\d+\)', '(N)') AS hint
    FROM steering.health() WHERE detail LIKE '%tenure.%' ORDER BY detail COLLATE "C", problem;

-- Who is there for all of the months, or begins or ends within the first or last of them.
SELECT steering.set_agreement('tenure.ict', 'tenure.stays', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1200) > 0 AS agreed,
    steering.set_agreement('tenure.ict', 'tenure.left', '[2026-01-01,2026-07-01)', 'lump_sum', base => 600) > 0 AS left,
    steering.set_agreement('tenure.ict', 'tenure.joins', '[2026-04-01,2027-01-01)', 'lump_sum', base => 900) > 0 AS joins,
    steering.set_agreement('tenure.new', 'tenure.stays', '[2026-02-01,2027-01-01)', 'price_volume', price => 1) > 0 AS new,
    steering.set_agreement('tenure.ict', 'tenure.odd', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1) > 0 AS odd;
SELECT steering.set_cap('tenure.ict', 'tenure.region', 'budget', '[2026-01-01,2027-01-01)', 100) > 0 AS capped,
    steering.set_cap('tenure.ict', 'tenure.left', 'budget', '[2026-01-01,2026-06-16)', 100) > 0 AS left,
    -- others below are there
    steering.set_cap('tenure.ict', 'tenure.group', 'budget', '[2026-01-01,2027-01-01)', 100) > 0 AS of_group,
    steering.set_cap('tenure.past', 'tenure.stays', 'budget', '[2026-01-01,2027-01-01)', 100) > 0 AS of_heir;
TABLE problem;

-- Left, not joined yet, both; ended, not offered yet.
SELECT steering.set_agreement('tenure.old', 'tenure.left', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1200) > 0 AS left_and_ended,
    steering.set_agreement('tenure.old', 'tenure.joins', '[2026-01-01,2026-09-01)', 'base_plus', base => 1200, volume => 1, price => 1) > 0 AS joins,
    steering.set_agreement('tenure.new', 'tenure.stays', '[2026-01-01,2026-02-01)', 'price_volume', price => 1) > 0 AS too_early,
    steering.set_agreement('tenure.ict', 'tenure.group', '[2026-01-01,2027-01-01)', 'lump_sum', base => 1) > 0 AS of_group;
SELECT steering.set_cap('tenure.old', 'tenure.left', 'volume', '[2026-01-01,2026-08-01)', 100) > 0 AS left,
    steering.set_cap('tenure.past', 'tenure.stays', 'budget', '[2027-01-01,2028-01-01)', 100) > 0 AS ended,
    steering.set_cap('tenure.ict', 'tenure.joins', 'budget', '[2026-01-15,2026-05-05)', 100) > 0 AS joins;
TABLE problem;
-- what is settled as a whole is not to be changed any more
SELECT steering.close_period('[2026-01-01,2026-09-01)') > 0 AS closed;
SELECT subject, problem, detail FROM problem;
SELECT steering.reopen_period('[2026-01-01,2026-09-01)', 'test') > 0 AS reopened;

-- who comes back, and what ends in time, is told no more
UPDATE steering.participant SET during = '(,)' WHERE code LIKE 'tenure.%';
UPDATE steering.service SET during = '(,)' WHERE code LIKE 'tenure.%';
TABLE problem;

DROP VIEW problem;
SELECT count(*) AS dropped FROM steering.agreement_status CROSS JOIN LATERAL steering.drop_agreement(agreement_id) WHERE participant LIKE 'tenure.%';
SELECT count(*) AS dropped FROM steering.cap_status CROSS JOIN LATERAL steering.drop_cap(cap_id) WHERE service LIKE 'tenure.%';
ALTER TABLE steering.settlement_line DISABLE TRIGGER refuse_change;
DELETE FROM steering.settlement_line;
ALTER TABLE steering.settlement_line ENABLE TRIGGER refuse_change;
DELETE FROM steering.service WHERE code LIKE 'tenure.%';
DELETE FROM steering.participant WHERE code LIKE 'tenure.%';
