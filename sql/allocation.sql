-- Allocation keys, their weights and rules: what may be set, what weighs how much in a period.
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA allocation_test;
SET search_path = allocation_test;
SET datestyle = ISO;

INSERT INTO steering.participant (code, parent, name, inhabitants, during) VALUES
    ('alloc.region', NULL, 'Region', 160000, '(,)'),
    ('alloc.city', 'alloc.region', 'City', 120000, '(,)'),
    ('alloc.town', 'alloc.region', 'Town', 30000, '(,)'),
    ('alloc.harbour', 'alloc.city', 'Harbour', NULL, '(,)'),
    ('alloc.village', 'alloc.region', 'Village', 10000, '[2026-07-01,)'),
    ('alloc.gone', 'alloc.region', 'Gone', 5000, '(,2026-01-01)');
INSERT INTO steering.service (code, parent, name, unit) VALUES
    ('alloc.ict', NULL, 'ICT', NULL), ('alloc.desk', 'alloc.ict', 'Desk', 'desk'), ('alloc.phone', 'alloc.ict', 'Phone', 'phone'),
    ('alloc.hr', NULL, 'HR', NULL);

-- Keys: made, changed, and what they must be.
SELECT steering.set_allocation_key('alloc.people', 'Inhabitants', 'inhabitants') > 0 AS made;
SELECT steering.set_allocation_key('alloc.used', 'Desks and phones', 'volume', 'alloc.ict') > 0 AS made;
SELECT steering.set_allocation_key('alloc.bought', 'Bought', 'agreed', 'alloc.ict') > 0 AS made;
SELECT steering.set_allocation_key('alloc.staff', 'Staff', 'fixed') AS staff \gset
SELECT steering.set_allocation_key('alloc.staff', 'Staff in full time', 'fixed') = :staff AS changed;
SELECT steering.set_allocation_key('', 'x', 'fixed');
SELECT steering.set_allocation_key(NULL, 'x', 'fixed');
SELECT steering.set_allocation_key('alloc.x', NULL, 'fixed');
SELECT steering.set_allocation_key('alloc.x', 'x', 'area');
SELECT steering.set_allocation_key('alloc.x', 'x', 'volume');
SELECT steering.set_allocation_key('alloc.x', 'x', 'fixed', 'alloc.ict');
SELECT steering.set_allocation_key('alloc.x', 'x', 'volume', 'alloc.nowhere');

-- Weights of fixed keys: for participants and services, one at a time for each.
SELECT steering.set_key_weight('alloc.staff', 40, '[2026-01-01,2026-07-01)', 'alloc.city');
SELECT steering.set_key_weight('alloc.staff', 60, '[2026-07-01,)', 'alloc.city');
SELECT steering.set_key_weight('alloc.staff', 12.5, '(,)', service => 'alloc.hr');
SELECT steering.set_key_weight('alloc.staff', 99, '[2026-01-01,)', 'alloc.town');
SELECT steering.set_key_weight('alloc.staff', 7, '[2026-01-01,)', 'alloc.town');
SELECT steering.set_key_weight('alloc.staff', 1, '[2026-06-30,2026-08-01)', 'alloc.city');
SELECT steering.set_key_weight('alloc.staff', -0.01, '[2027-01-01,)', 'alloc.harbour');
SELECT steering.set_key_weight('alloc.staff', 'NaN', '[2027-01-01,)', 'alloc.harbour');
SELECT steering.set_key_weight('alloc.staff', 'Infinity', '[2027-01-01,)', 'alloc.harbour');
SELECT steering.set_key_weight('alloc.staff', NULL, '[2027-01-01,)', 'alloc.harbour');
SELECT steering.set_key_weight('alloc.staff', 1, NULL, 'alloc.harbour');
SELECT steering.set_key_weight('alloc.staff', 1, 'empty', 'alloc.harbour');
SELECT steering.set_key_weight('alloc.staff', 1, '[2027-01-01,)');
SELECT steering.set_key_weight('alloc.staff', 1, '[2027-01-01,)', 'alloc.harbour', 'alloc.hr');
SELECT steering.set_key_weight('alloc.staff', 1, '[2027-01-01,)', 'alloc.nowhere');
SELECT steering.set_key_weight('alloc.staff', 1, '[2027-01-01,)', service => 'alloc.nowhere');
SELECT steering.set_key_weight('alloc.nowhere', 1, '[2027-01-01,)', 'alloc.harbour');
SELECT steering.set_key_weight(NULL, 1, '[2027-01-01,)', 'alloc.harbour');
SELECT steering.set_key_weight('alloc.people', 1, '[2027-01-01,)', 'alloc.harbour');
SELECT steering.drop_key_weight('alloc.staff', '[2027-01-01,)', 'alloc.harbour');
SELECT steering.drop_key_weight('alloc.staff', '[2026-01-01,)', 'alloc.nowhere');
-- a basis that would leave the weights without use
SELECT steering.set_allocation_key('alloc.staff', 'Staff', 'inhabitants');

-- Weights in a period. Fixed: for the part of its days that they hold.
SELECT * FROM steering.key_weight('alloc.staff', '2026-Q1');
SELECT participant, service, round(weight, 6) AS weight FROM steering.key_weight('alloc.staff', '2026');
SELECT (184 * 60 + 181 * 40) / 365.0 AS city;
SELECT * FROM steering.key_weight('alloc.staff', '[2026-01-01,2026-03-01)');
SELECT * FROM steering.key_weight('alloc.staff', '2025');
SELECT steering.drop_key_weight('alloc.staff', '[2026-01-01,)', 'alloc.town');
SELECT steering.drop_key_weight('alloc.staff', '(,)', service => 'alloc.hr');
SELECT * FROM steering.key_weight('alloc.staff', '2026-Q1');

-- Inhabitants: of those that take part, for the part of the days; no groups of those.
SELECT * FROM steering.key_weight('alloc.people', '2025-12') WHERE participant LIKE 'alloc.%';
SELECT * FROM steering.key_weight('alloc.people', '2026-Q1') WHERE participant LIKE 'alloc.%';
SELECT participant, round(weight, 4) AS weight FROM steering.key_weight('alloc.people', '2026') WHERE participant LIKE 'alloc.%';
SELECT * FROM steering.key_weight('alloc.people', '2027') WHERE participant LIKE 'alloc.%';

-- Volume: what is booked as actual on the service and below it. Agreed: the volume of agreements, or their money.
CREATE TABLE line (service text, town text, day date, pieces numeric);
CREATE TABLE ordered (LIKE line);
SELECT FROM steering.attach('line', 'service', 'town', 'day', volume => 'pieces');
SELECT FROM steering.attach('ordered', 'service', 'town', 'day', volume => 'pieces', stage => 'commitment');
INSERT INTO line VALUES ('alloc.desk', 'alloc.city', '2026-02-01', 100), ('alloc.phone', 'alloc.city', '2026-03-01', 20.5),
    ('alloc.desk', 'alloc.town', '2026-03-31', 30), ('alloc.desk', 'alloc.town', '2026-04-01', 1000), ('alloc.hr', 'alloc.town', '2026-02-01', 5);
INSERT INTO ordered VALUES ('alloc.desk', 'alloc.city', '2026-02-01', 7);
SELECT * FROM steering.key_weight('alloc.used', '2026-Q1');
SELECT * FROM steering.key_weight('alloc.bought', '2026');
SELECT FROM steering.set_agreement('alloc.desk', 'alloc.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 120, price => 10);
SELECT FROM steering.set_agreement('alloc.phone', 'alloc.city', '[2026-01-01,2027-01-01)', 'price_volume', volume => 12, price => 1);
SELECT FROM steering.set_agreement('alloc.desk', 'alloc.town', '[2026-04-01,2026-05-01)', 'price_volume', volume => 5, price => 10);
SELECT * FROM steering.key_weight('alloc.bought', '2026');
SELECT * FROM steering.key_weight('alloc.bought', '2026-Q1');
SELECT FROM steering.set_agreement('alloc.ict', 'alloc.village', '[2026-07-01,2027-01-01)', 'lump_sum', base => 600);
SELECT * FROM steering.key_weight('alloc.bought', '2026');

-- What is no key and no period.
SELECT * FROM steering.key_weight('alloc.nowhere', '2026');
SELECT * FROM steering.key_weight(NULL, '2026');
SELECT * FROM steering.key_weight('alloc.used', 'last year');
SELECT * FROM steering.key_weight('alloc.used', NULL);
SELECT * FROM steering.key_weight('alloc.used', '[2026-01-15,2026-03-01)');

-- Rules: one at a time for a service, in whole months.
SELECT steering.set_allocation_rule('alloc.ict', 'alloc.people', '[2026-01-01,2027-01-01)', 2) AS rule \gset
SELECT steering.set_allocation_rule('alloc.ict', 'alloc.used', '[2026-01-01,2027-01-01)', 1, 'unallocated') = :rule AS replaced;
SELECT steering.set_allocation_rule('alloc.ict', 'alloc.staff', '[2027-01-01,)', 1) > :rule AS made;
SELECT * FROM steering.allocation_step WHERE service = 'alloc.ict' ORDER BY valid_from;
SELECT steering.set_allocation_rule('alloc.ict', 'alloc.used', '[2026-12-01,2027-02-01)', 1);
SELECT steering.set_allocation_rule('alloc.hr', 'alloc.used', '[2026-01-02,2027-01-01)', 1);
SELECT steering.set_allocation_rule('alloc.hr', 'alloc.used', '[2026-01-01,2027-01-01)', 0);
SELECT steering.set_allocation_rule('alloc.hr', 'alloc.used', '[2026-01-01,2027-01-01)', NULL);
SELECT steering.set_allocation_rule('alloc.hr', 'alloc.used', '[2026-01-01,2027-01-01)', 1, 'ignore');
SELECT steering.set_allocation_rule('alloc.hr', 'alloc.used', 'empty', 1);
SELECT steering.set_allocation_rule('alloc.hr', 'alloc.used', NULL, 1);
SELECT steering.set_allocation_rule('alloc.hr', 'alloc.nowhere', '[2026-01-01,2027-01-01)', 1);
SELECT steering.set_allocation_rule('alloc.nowhere', 'alloc.used', '[2026-01-01,2027-01-01)', 1);
SELECT steering.set_allocation_rule(NULL, 'alloc.used', '[2026-01-01,2027-01-01)', 1);
SELECT steering.drop_allocation_rule('alloc.ict', '[2026-01-01,2026-12-01)');
SELECT steering.drop_allocation_rule('alloc.nowhere', '[2026-01-01,2027-01-01)');

-- What is in use stays: keys of rules and agreements, entries of the registers.
\set VERBOSITY default
SELECT steering.drop_allocation_key('alloc.used');
SELECT steering.set_agreement('alloc.hr', 'alloc.town', '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'alloc.people') > 0 AS agreed;
\set VERBOSITY terse
SELECT steering.drop_allocation_key('alloc.people');
SELECT steering.drop_allocation_key('alloc.nowhere');

-- Who was not granted it sets and reads nothing.
CREATE ROLE regress_sp71_alloc;
SET ROLE regress_sp71_alloc;
SELECT steering.set_allocation_key('alloc.mine', 'Mine', 'fixed');
SELECT steering.set_key_weight('alloc.staff', 1, '[2027-01-01,)', 'alloc.harbour');
SELECT steering.set_allocation_rule('alloc.hr', 'alloc.used', '[2026-01-01,2027-01-01)', 1);
SELECT steering.drop_allocation_rule('alloc.ict', '[2026-01-01,2027-01-01)');
SELECT * FROM steering.key_weight('alloc.staff', '2026');
SELECT * FROM steering.allocate_costs('2026');
SELECT * FROM steering.allocated_cost('2026');
SELECT * FROM steering.allocation_proof('2026');
SELECT * FROM steering.allocation_key;
SELECT * FROM steering.allocation_weight;
SELECT * FROM steering.allocation_rule;
SELECT * FROM steering.allocation_step;
RESET ROLE;
-- who was needs nothing else
GRANT EXECUTE ON FUNCTION steering.set_key_weight, steering.key_weight TO regress_sp71_alloc;
SET ROLE regress_sp71_alloc;
SELECT steering.set_key_weight('alloc.staff', 3, '[2026-01-01,)', 'alloc.harbour');
SELECT * FROM steering.key_weight('alloc.staff', '2026-Q1');
RESET ROLE;
-- a participant with a weight stays
DELETE FROM steering.participant WHERE code = 'alloc.harbour';
REVOKE EXECUTE ON FUNCTION steering.set_key_weight, steering.key_weight FROM regress_sp71_alloc;
DROP ROLE regress_sp71_alloc;

-- A key goes with its weights.
SELECT steering.drop_allocation_rule('alloc.ict', '[2026-01-01,2027-01-01)');
SELECT steering.drop_allocation_rule('alloc.ict', '[2027-01-01,)');
SELECT steering.drop_agreement(agreement_id) FROM steering.agreement_status WHERE service LIKE 'alloc.%';
SELECT steering.drop_allocation_key(key) FROM unnest(ARRAY['alloc.people', 'alloc.used', 'alloc.bought', 'alloc.staff']) AS key;
SELECT * FROM steering.allocation_weight;
SELECT FROM steering.detach('line');
SELECT FROM steering.detach('ordered');
DELETE FROM steering.service WHERE code LIKE 'alloc.%';
DELETE FROM steering.participant WHERE code LIKE 'alloc.%';
DROP SCHEMA allocation_test CASCADE;
