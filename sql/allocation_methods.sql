-- allocate_costs(): the cost of support services by the direct, the step-down and the reciprocal method.
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA methods_test;
SET search_path = methods_test;
CREATE TABLE cost (service text, town text DEFAULT 'meth.city', day date DEFAULT '2026-02-03', net numeric, pieces numeric);
INSERT INTO steering.participant (code, name) VALUES ('meth.city', 'City'), ('meth.town', 'Town'), ('meth.village', 'Village');
INSERT INTO steering.service (code, name) VALUES ('meth.maintenance', 'Maintenance'), ('meth.systems', 'Information systems'),
    ('meth.machining', 'Machining'), ('meth.assembly', 'Assembly');
SELECT FROM steering.attach('cost', 'service', 'town', 'day', 'net', 'pieces');

-- The example of Horngren, Datar and Rajan, Cost Accounting: two departments that serve each other and two others.
SELECT steering.set_allocation_key('meth.labour', 'Hours of labour', 'fixed') > 0 AS made;
SELECT steering.set_allocation_key('meth.computer', 'Hours of computer time', 'fixed') > 0 AS made;
SELECT FROM (VALUES ('meth.labour', 'meth.systems', 1600), ('meth.labour', 'meth.machining', 2400), ('meth.labour', 'meth.assembly', 4000),
    ('meth.computer', 'meth.maintenance', 200), ('meth.computer', 'meth.machining', 1600), ('meth.computer', 'meth.assembly', 200)) AS used (key, service, hours),
    LATERAL steering.set_key_weight(key, hours, '[2026-01-01,)', service => service);
SELECT steering.set_allocation_rule('meth.maintenance', 'meth.labour', '[2026-01-01,)', 10) > 0 AS made;
SELECT steering.set_allocation_rule('meth.systems', 'meth.computer', '[2026-01-01,)', 20) > 0 AS made;
INSERT INTO cost (service, net) VALUES ('meth.maintenance', 6300000), ('meth.systems', 1452150), ('meth.machining', 4000000), ('meth.assembly', 2000000);
SELECT * FROM steering.allocate_costs('2026', 'direct');
SELECT * FROM steering.allocate_costs('2026');
SELECT * FROM steering.allocate_costs('2026', 'reciprocal');
SELECT * FROM steering.allocated_cost('2026', 'direct');
SELECT * FROM steering.allocated_cost('2026');
SELECT * FROM steering.allocated_cost('2026', 'reciprocal');
SELECT * FROM steering.allocation_proof('2026');
SELECT * FROM steering.allocation_proof('2026', 'direct');

-- The order of step-down is data. The same step goes by code.
SELECT steering.set_allocation_rule('meth.systems', 'meth.computer', '[2026-01-01,)', 5) > 0 AS replaced;
SELECT step, service, direct, received, receiving_service, amount FROM steering.allocate_costs('2026', 'step_down');
SELECT steering.set_allocation_rule('meth.systems', 'meth.computer', '[2026-01-01,)', 10) > 0 AS replaced;
SELECT step, service, direct, received, receiving_service, amount FROM steering.allocate_costs('2026', 'step_down');

-- Cents that cannot be divided: nothing is lost and every service balances.
TRUNCATE cost;
INSERT INTO cost (service, net) VALUES ('meth.maintenance', 0.05), ('meth.systems', 0.02);
SELECT FROM (VALUES ('meth.city'), ('meth.town'), ('meth.village')) AS towns (town), steering.set_key_weight('meth.labour', 1, '[2026-01-01,)', town);
SELECT FROM (VALUES ('meth.city'), ('meth.town'), ('meth.village')) AS towns (town), steering.set_key_weight('meth.computer', 1, '[2026-01-01,)', town);
SELECT steering.drop_key_weight(key, '[2026-01-01,)', service => service)
FROM (VALUES ('meth.labour', 'meth.machining'), ('meth.labour', 'meth.assembly'), ('meth.computer', 'meth.machining'), ('meth.computer', 'meth.assembly')) AS used (key, service);
SELECT steering.set_key_weight('meth.labour', 1, '[2026-01-01,)', service => 'meth.systems');
SELECT steering.set_key_weight('meth.computer', 1, '[2026-01-01,)', service => 'meth.maintenance');
SELECT service, direct, received, receiving_service, receiving_participant, percent, amount FROM steering.allocate_costs('2026', 'step_down');
SELECT service, direct, received, receiving_service, receiving_participant, percent, amount FROM steering.allocate_costs('2026', 'reciprocal');
SELECT * FROM steering.allocation_proof('2026');
-- parts of a cent are not lost either
INSERT INTO cost (service, net) VALUES ('meth.systems', 0.0001);
SELECT service, direct, received, receiving_service, receiving_participant, amount FROM steering.allocate_costs('2026', 'reciprocal');
SELECT * FROM steering.allocation_proof('2026');
-- a refund is divided as a cost is
TRUNCATE cost;
INSERT INTO cost (service, net) VALUES ('meth.maintenance', -100), ('meth.systems', 10.01);
SELECT service, direct, received, receiving_service, receiving_participant, amount FROM steering.allocate_costs('2026', 'step_down');
SELECT service, direct, received, receiving_service, receiving_participant, amount FROM steering.allocate_costs('2026', 'reciprocal');
SELECT * FROM steering.allocation_proof('2026');
-- no cost at all, and commitments, are no cost
TRUNCATE cost;
CREATE TABLE ordered (LIKE cost INCLUDING ALL);
SELECT FROM steering.attach('ordered', 'service', 'town', 'day', 'net', stage => 'commitment');
INSERT INTO ordered (service, net) VALUES ('meth.systems', 1000);
SELECT * FROM steering.allocation_proof('2026');

-- Only the period counts, and only what is booked on the service itself.
INSERT INTO steering.service (code, parent, name) VALUES ('meth.network', 'meth.systems', 'Network');
INSERT INTO cost (service, day, net) VALUES ('meth.systems', '2026-01-01', 90), ('meth.systems', '2026-03-31', 9), ('meth.systems', '2026-04-01', 500),
    ('meth.network', '2026-02-01', 7);
SELECT service, direct, receiving_participant, amount FROM steering.allocate_costs('2026-Q1', 'direct') WHERE direct <> 0;
SELECT * FROM steering.allocated_cost('[2026-03-01,2026-05-01)', 'direct');
SELECT * FROM steering.allocate_costs('2025');
SELECT * FROM steering.allocation_proof('2025');
-- What is booked below and has no rule is not divided, and the proof says how much that is.
SELECT booked, difference, not_divided FROM steering.allocation_proof('2026-Q1', 'direct');
INSERT INTO ordered (service, net) VALUES ('meth.network', 1000);
SELECT booked, difference, not_divided FROM steering.allocation_proof('2026', 'step_down');
SELECT steering.set_allocation_rule('meth.network', 'meth.labour', '[2026-01-01,)', 1) > 0 AS made;
SELECT booked, difference, not_divided FROM steering.allocation_proof('2026-Q1', 'direct');
SELECT steering.drop_allocation_rule('meth.network', '[2026-01-01,)');

-- All weights zero: an error, equal shares, or unallocated and visible, as the rule says. Cents show the order.
SELECT steering.set_allocation_key('meth.zero', 'Nothing', 'fixed') > 0 AS made;
SELECT FROM (VALUES ('meth.city'), ('meth.town')) AS towns (town), steering.set_key_weight('meth.zero', 0, '[2026-01-01,)', town);
INSERT INTO steering.service (code, name) VALUES ('meth.legal', 'Legal');
INSERT INTO cost (service, net) VALUES ('meth.legal', 10.01);
SELECT steering.set_allocation_rule('meth.legal', 'meth.zero', '[2026-01-01,)', 1) > 0 AS made;
\set VERBOSITY default
SELECT * FROM steering.allocate_costs('2026-02', 'direct');
\set VERBOSITY terse
SELECT * FROM steering.allocation_proof('2026-02');
SELECT steering.set_allocation_rule('meth.legal', 'meth.zero', '[2026-01-01,)', 1, 'equal') > 0 AS replaced;
SELECT * FROM steering.allocate_costs('2026-02', 'reciprocal') WHERE service = 'meth.legal';
SELECT steering.set_allocation_rule('meth.legal', 'meth.zero', '[2026-01-01,)', 1, 'unallocated') > 0 AS replaced;
SELECT * FROM steering.allocate_costs('2026-02', 'step_down') WHERE service = 'meth.legal';
SELECT * FROM steering.allocated_cost('2026-02', 'reciprocal');
SELECT * FROM steering.allocation_proof('2026-02');
-- a key without receivers cannot give equal shares
SELECT steering.set_allocation_key('meth.pieces', 'Pieces', 'volume', 'meth.network') > 0 AS made;
SELECT steering.set_allocation_rule('meth.legal', 'meth.pieces', '[2026-01-01,)', 1, 'equal') > 0 AS replaced;
SELECT * FROM steering.allocate_costs('2026-03');
SELECT steering.set_allocation_rule('meth.legal', 'meth.pieces', '[2026-01-01,)', 1, 'unallocated') > 0 AS replaced;
SELECT * FROM steering.allocation_proof('2026-03');
-- more was returned than was used
INSERT INTO cost (service, town, net, pieces) VALUES ('meth.network', 'meth.town', 0, -3), ('meth.network', 'meth.city', 0, 30);
SELECT * FROM steering.allocate_costs('2026-02');
SELECT steering.drop_allocation_rule('meth.legal', '[2026-01-01,)');
-- the last step serves only earlier ones: direct and step-down can give its cost to nobody
SELECT steering.set_allocation_key('meth.inside', 'Inside', 'fixed') > 0 AS made;
SELECT steering.set_key_weight('meth.inside', 1, '[2026-01-01,)', service => 'meth.systems');
SELECT steering.set_allocation_rule('meth.legal', 'meth.inside', '[2026-01-01,)', 99) > 0 AS made;
SELECT * FROM steering.allocate_costs('2026-02', 'direct');
SELECT * FROM steering.allocate_costs('2026-02', 'step_down');
SELECT service, direct, received, receiving_service, receiving_participant, amount FROM steering.allocate_costs('2026-02', 'reciprocal');

-- A rule holds for the period as a whole.
SELECT steering.drop_allocation_rule('meth.legal', '[2026-01-01,)');
SELECT steering.set_allocation_rule('meth.legal', 'meth.labour', '[2026-02-01,2026-06-01)', 1) > 0 AS made;
SELECT count(*) FROM steering.allocate_costs('2026') WHERE service = 'meth.legal';
INSERT INTO cost (service, day, net) VALUES ('meth.legal', '2026-06-01', 1);
\set VERBOSITY default
SELECT * FROM steering.allocate_costs('2026');
\set VERBOSITY terse
SELECT steering.set_allocation_rule('meth.legal', 'meth.computer', '[2026-06-01,)', 1) > 0 AS made;
SELECT * FROM steering.allocate_costs('2026');
SELECT sum(amount) FROM steering.allocate_costs('[2026-02-01,2026-06-01)') WHERE service = 'meth.legal';
SELECT sum(amount) FROM steering.allocate_costs('[2026-06-01,2027-01-01)') WHERE service = 'meth.legal';
SELECT steering.drop_allocation_rule('meth.legal', '[2026-02-01,2026-06-01)');
SELECT steering.drop_allocation_rule('meth.legal', '[2026-06-01,)');

-- Services that serve only each other: named, whoever leads to them and whatever else balances.
SELECT steering.set_allocation_key('meth.to.' || service, 'To ' || service, 'fixed') > 0 AS made
FROM unnest(ARRAY['a', 'b', 'c', 'd']) AS service;
INSERT INTO steering.service (code, name) VALUES ('meth.a', 'A'), ('meth.b', 'B'), ('meth.c', 'C'), ('meth.d', 'D');
SELECT FROM (VALUES ('a', 'b'), ('b', 'c'), ('c', 'a'), ('d', 'a'), ('d', 'd')) AS gives (service, receiver),
    steering.set_key_weight('meth.to.' || gives.service, 1, '[2026-01-01,)', service => 'meth.' || receiver);
SELECT count(steering.set_allocation_rule('meth.' || service, 'meth.to.' || service, '[2026-01-01,)', 50, 'unallocated')) AS made
FROM unnest(ARRAY['a', 'b', 'c', 'd']) AS service;
\set VERBOSITY default
SELECT * FROM steering.allocate_costs('2026-02', 'reciprocal');
\set VERBOSITY terse
SELECT * FROM steering.allocation_proof('2026-02', 'step_down');
-- a way out for one of them is a way out for all; too narrow a one is none
SELECT steering.set_key_weight('meth.to.b', 0, '[2026-01-01,)', 'meth.town');
SELECT count(*) FROM steering.allocate_costs('2026-02', 'reciprocal');
INSERT INTO cost (service, net) VALUES ('meth.a', 0.07);
SELECT steering.set_key_weight('meth.to.b', 1e-25, '[2026-01-01,)', 'meth.town');
SELECT count(*) FROM steering.allocate_costs('2026-02', 'reciprocal');
SELECT steering.set_key_weight('meth.to.b', 1e-17, '[2026-01-01,)', 'meth.town');
SELECT count(*) FROM steering.allocate_costs('2026-02', 'reciprocal');
SELECT steering.set_key_weight('meth.to.b', 0.0001, '[2026-01-01,)', 'meth.town');
SELECT service, direct, received, receiving_service, receiving_participant, amount FROM steering.allocate_costs('2026-02', 'reciprocal') WHERE service ~ '^meth..$';
SELECT * FROM steering.allocation_proof('2026-02', 'reciprocal');

-- What is no method and no period.
SELECT * FROM steering.allocate_costs('2026', 'fair');
SELECT * FROM steering.allocate_costs('2026', NULL);
SELECT * FROM steering.allocate_costs('2026-13');
SELECT * FROM steering.allocate_costs(NULL);
SELECT * FROM steering.allocated_cost('2026', 'fair');
SELECT * FROM steering.allocation_proof('2026', 'fair');
SELECT * FROM steering.allocate_costs('1926', 'fair');

-- What does not fit.
SELECT * FROM steering.divide_costs('step_down', '{a,b,c}', '{900000000000000,900000000000000}', '{error,error}', '{t,t}', '{1,2}', '{2,3}', '{1,1}');
SELECT * FROM steering.divide_costs('reciprocal', '{a,b,c}', '{900000000000000,900000000000000}', '{error,error}', '{t,t}', '{1,2}', '{2,3}', '{1,1}');
SELECT * FROM steering.divide_costs('reciprocal', '{a,b,c}', '{900000000000000.01,0.02}', '{error,error}', '{t,t}', '{1,1,2}', '{2,3,3}', '{1,2,1}');
SELECT * FROM steering.divide_costs('direct', '{a,b}', '{1}', '{error}', '{t}', '{1}', '{2}', ARRAY['1e5000'::numeric]);
SELECT * FROM steering.divide_costs('direct', '{a,b}', '{1}', '{error}', '{t}', '{1}', '{3}', '{1}');
SELECT * FROM steering.divide_costs('direct', '{a,b}', '{1}', '{error}', '{t}', '{1}', '{2}', '{null}');

SELECT FROM steering.detach('cost');
SELECT FROM steering.detach('ordered');
SELECT FROM (SELECT service, valid_from FROM steering.allocation_step WHERE service LIKE 'meth.%') AS step,
    LATERAL steering.drop_allocation_rule(service, daterange(valid_from, NULL));
SELECT count(*) FROM unnest(ARRAY['labour', 'computer', 'zero', 'pieces', 'inside', 'to.a', 'to.b', 'to.c', 'to.d']) AS key,
    LATERAL steering.drop_allocation_key('meth.' || key);
DELETE FROM steering.service WHERE code LIKE 'meth.%';
DELETE FROM steering.participant WHERE code LIKE 'meth.%';
DROP SCHEMA methods_test CASCADE;
