--
-- A scenario says what a change would cost whom, by the functions that settle and allocate, and changes nothing.
--
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET datestyle = ISO;
SET client_min_messages = error;
-- The inhabitants of the region alone.
CREATE TABLE sc_others AS SELECT code, inhabitants FROM steering.participant WHERE inhabitants IS NOT NULL;
UPDATE steering.participant SET inhabitants = NULL WHERE inhabitants IS NOT NULL;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('sc', NULL, 'Region', NULL),
	('sc.a', 'sc', 'City', 127089), ('sc.b', 'sc', 'Town', 27657), ('sc.c', 'sc', 'Borough', 25000), ('sc.d', 'sc', 'Village', 9000);
INSERT INTO steering.service (code, name, unit, kind) VALUES ('sc.base', 'Overhead', NULL, 'standard'), ('sc.desk', 'Desk', 'workplace', 'standard'),
	('sc.hr', 'HR', NULL, 'standard'), ('sc.house', 'Housing', NULL, 'standard');
CREATE TABLE sc_line (service text, participant text, day date, amount numeric, pieces numeric);
SELECT steering.attach('sc_line', 'service', 'participant', 'day', 'amount', 'pieces') > 0 AS attached;
SELECT steering.set_allocation_key('sc.people', 'Inhabitants', 'inhabitants') > 0 AS people, steering.set_allocation_key('sc.fixed', 'Fixed', 'fixed') > 0 AS fixed;
SELECT count(steering.set_agreement('sc.base', code, '2047', 'key_share', allocation_key => 'sc.people')) FROM unnest('{sc.a,sc.b,sc.c,sc.d}'::text[]) AS code;
INSERT INTO sc_line VALUES ('sc.base', 'sc', '2047-01-31', 10000000, 0);
RESET client_min_messages;
CREATE VIEW sc_registers AS
	SELECT 'participant' AS what, to_jsonb(entry) AS entry, xmin::text AS version FROM steering.participant AS entry
	UNION ALL SELECT 'agreement', to_jsonb(entry), xmin::text FROM steering.agreement AS entry
	UNION ALL SELECT 'weight', to_jsonb(entry), xmin::text FROM steering.allocation_weight AS entry
	UNION ALL SELECT 'rule', to_jsonb(entry), xmin::text FROM steering.allocation_rule AS entry
	UNION ALL SELECT 'cell', to_jsonb(entry), xmin::text FROM steering.usage_cell AS entry
	UNION ALL SELECT 'counter', to_jsonb(entry), xmin::text FROM steering.cap_counter AS entry
	UNION ALL SELECT 'missing', to_jsonb(entry), xmin::text FROM steering.missing_table AS entry
	UNION ALL SELECT 'decision', to_jsonb(entry), xmin::text FROM steering.decision_record AS entry;
CREATE TABLE sc_before AS SELECT * FROM sc_registers;

-- The village leaves (AC-55, in cents): what it paid, the others pay, and all of that is stranded.
SELECT kind, participant, service, before, after, difference, stranded
FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2047-01-01"}', '2047');
-- by plain SQL, in the fourth decimal
SELECT steering.allocate(10000000, ARRAY[127089, 27657, 25000, 9000], 0.0001) AS before, steering.allocate(10000000, ARRAY[127089, 27657, 25000], 0.0001) AS after;
SELECT round(10000000.0 * 127089 / 188746, 2) AS city, round(10000000.0 * 127089 / 179746, 2) AS city_after, round(10000000.0 * 9000 / 188746, 2) AS village;
-- half way: the months that are left are divided by all, and the others by who stays. All was booked in January.
SELECT participant, before, after, difference, stranded FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2047-07-01"}', '2047');
INSERT INTO sc_line VALUES ('sc.base', 'sc', '2047-09-30', 1000000, 0);
SELECT participant, before, after, difference, stranded FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2047-07-01"}', '2047');
SELECT round(10000000.0 * 9000 / 188746, 2) AS village_after, round(1000000.0 * 9000 / 188746, 2) AS stranded;
DELETE FROM sc_line WHERE day = '2047-09-30';

-- Somebody joins: one who is not in the register, one who is; with cost, or not.
SELECT participant, before, after, difference, stranded
FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "parent": "sc", "inhabitants": 26000}', '2047');
SELECT participant, after FROM steering.scenario('[{"change": "join", "participant": "sc.new", "on": "2047-01-01", "inhabitants": 26000},
	{"change": "cost", "participant": "sc", "service": "sc.base", "amount": 1000000}]', '2047');
SELECT round(11000000.0 * 26000 / 214746, 2) AS joiner;
-- One who has no inhabitants: nobody's share is known.
SELECT participant, before, after, difference, stranded FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01"}', '2047');

-- Prices, volumes, forms: what is not owed is the supplier's.
SELECT steering.set_agreement('sc.desk', code, '2047', 'price_volume', price => 80, volume => 100, unused_percent => 50) > 0 AS made FROM unnest('{sc.a,sc.d}'::text[]) AS code;
SELECT steering.set_agreement('sc.hr', 'sc.b', '2047', 'lump_sum', base => 500) > 0 AS made, steering.set_agreement('sc.hr', 'sc.d', '2047', 'lump_sum', base => 1200) > 0 AS made;
INSERT INTO sc_line VALUES ('sc.desk', 'sc.a', '2047-02-01', 9000, 120), ('sc.desk', 'sc.d', '2047-02-01', 4000, 50), ('sc.desk', 'sc.d', '2047-08-01', 3000, 40),
	('sc.hr', 'sc.b', '2047-02-01', 450, 0), ('sc.hr', 'sc.d', '2047-03-01', 1300, 0);
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2047-07-01"}', '2047') WHERE service <> 'sc.base';
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "volume", "participant": "sc.a", "service": "sc.desk", "volume": 70}', '2047') WHERE difference <> 0;
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "terms", "participant": "sc.a", "service": "sc.desk", "price": 85.5}', '2047') WHERE difference <> 0;
SELECT participant, service, before, after, difference FROM steering.scenario('[{"change": "terms", "participant": "sc.d", "service": "sc.hr", "form": "key_share", "key": "sc.people"},
	{"change": "terms", "participant": "sc.c", "service": "sc.hr", "form": "key_share", "key": "sc.people"}]', '2047') WHERE difference <> 0;
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "end", "service": "sc.hr", "on": "2047-07-01"}', '2047') WHERE difference <> 0;

-- Volumes of a group and of a member with an agreement of its own, of a service and one below it: each with all below, as settle() says when it is booked so.
BEGIN;
INSERT INTO steering.service (code, parent, name, unit) VALUES ('sc.nest', NULL, 'Nest', 'call'), ('sc.nest.in', 'sc.nest', 'In it', 'call');
SELECT count(steering.set_agreement('sc.nest', code, '2047', 'price_volume', price => 2)) AS made FROM unnest('{sc,sc.a}'::text[]) AS code;
SELECT steering.set_agreement('sc.nest.in', 'sc.a', '2047', 'price_volume', price => 3) > 0 AS inner;
INSERT INTO sc_line VALUES ('sc.nest', 'sc', '2047-01-01', 10, 10), ('sc.nest', 'sc.b', '2047-01-01', 20, 20), ('sc.nest', 'sc.a', '2047-01-01', 30, 30), ('sc.nest.in', 'sc.a', '2047-01-01', 40, 40);
CREATE TEMP TABLE sc_asked AS SELECT participant, service, before, after FROM steering.scenario('[{"change": "volume", "participant": "sc", "service": "sc.nest", "volume": 130},
	{"change": "volume", "participant": "sc.a", "service": "sc.nest", "volume": 75}, {"change": "volume", "participant": "sc.a", "service": "sc.nest.in", "volume": 25}]', '2047') WHERE service ~ 'nest' AND participant IS NOT NULL;
SELECT participant, service, before, after FROM sc_asked ORDER BY participant, service;
SELECT participant, after FROM steering.scenario('{"change": "volume", "participant": "sc", "service": "sc.nest", "volume": 130}', '2047') WHERE service = 'sc.nest' ORDER BY participant;
SAVEPOINT asked;
SELECT count(*) FROM steering.scenario('[{"change": "volume", "participant": "sc", "service": "sc.nest", "volume": 74}, {"change": "volume", "participant": "sc.a", "service": "sc.nest", "volume": 75}]', '2047');
ROLLBACK TO asked;
SELECT count(*) FROM steering.scenario('[{"change": "volume", "participant": "sc", "service": "sc.nest.in", "volume": 30}, {"change": "volume", "participant": "sc.a", "service": "sc.nest", "volume": 75}]', '2047');
ROLLBACK TO asked;
-- booked so
INSERT INTO sc_line VALUES ('sc.nest', 'sc.b', '2047-12-01', 0, 25), ('sc.nest', 'sc.a', '2047-12-01', 0, 20), ('sc.nest.in', 'sc.a', '2047-12-01', 0, -15);
SELECT count(*) AS compared, count(*) FILTER (WHERE asked.after <> settled.amount) AS different
FROM sc_asked AS asked JOIN (SELECT participant, service, sum(amount) AS amount FROM steering.settle('2047') WHERE line <> 'advance' GROUP BY participant, service) AS settled USING (participant, service);
DROP TABLE sc_asked;
ROLLBACK;

-- Other keys and weights, of agreements and of rules.
SELECT steering.set_key_weight('sc.fixed', 1, '2047', participant => code) FROM unnest('{sc.a,sc.b,sc.c,sc.d}'::text[]) AS code;
SELECT steering.set_allocation_rule('sc.house', 'sc.fixed', '2047', 1) > 0 AS rule;
INSERT INTO sc_line VALUES ('sc.house', 'sc', '2047-05-05', 1000.01, 0);
SELECT kind, participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "leave", "participant": "sc.b", "on": "2047-01-01"}', '2047') WHERE service = 'sc.house';
SELECT kind, participant, service, before, after, difference FROM steering.scenario('{"change": "weight", "participant": "sc.b", "key": "sc.fixed", "weight": 5}', '2047') WHERE difference <> 0;
SELECT kind, participant, service, before, after FROM steering.scenario('{"change": "key", "service": "sc.base", "key": "sc.fixed"}', '2047') WHERE difference <> 0;
SELECT kind, participant, service, before, after FROM steering.scenario('{"change": "key", "service": "sc.house", "key": "sc.people"}', '2047') WHERE difference <> 0;

-- Where it is known how cost behaves, it falls by what can be avoided: of half a year that is fixed for ten months the first six hold 9 + 8 + ... + 4
-- tenths; what varies falls at once.
SELECT steering.set_cost_behaviour('sc.base', '(,)', 0.8, 10) > 0 AS behaves, steering.set_cost_behaviour('sc.desk', '(,)', 0, 0) > 0 AS varies,
	steering.set_cost_behaviour('sc.house', '(,)', 1, 24) > 0 AS fixed;
INSERT INTO sc_line VALUES ('sc.base', 'sc', '2047-10-01', 1887460, 0);
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2047-07-01"}', '2047') WHERE service IN ('sc.base', 'sc.desk');
SELECT 90000 AS fallen, round(90000 * 0.8 * (9 + 8 + 7 + 6 + 5 + 4) / 60, 2) AS stranded, 3000 AS booked_and_avoided;
SELECT kind, service, sum(before) AS before, sum(after) AS after, sum(stranded) AS stranded FROM steering.scenario('{"change": "leave", "participant": "sc.b", "on": "2047-01-01"}', '2047')
WHERE service IN ('sc.base', 'sc.house') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT (10000000.0 + 1887460) * 27657 / 188746 AS fallen, (10000000.0 + 1887460) * 27657 / 188746 * 0.8 * (9 + 8 + 7 + 6 + 5 + 4 + 3 + 2 + 1) / 120 AS stranded,
	250 * (23 + 22 + 21 + 20 + 19 + 18 + 17 + 16 + 15 + 14 + 13 + 12) / (12 * 24.0) AS stranded_house;
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "volume", "participant": "sc.a", "service": "sc.desk", "volume": 60}', '2047') WHERE difference <> 0;
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "volume", "participant": "sc.a", "service": "sc.desk", "volume": 180}', '2047') WHERE difference <> 0;
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "end", "service": "sc.desk", "on": "2047-07-01"}', '2047') WHERE difference <> 0;
DELETE FROM sc_line WHERE day = '2047-10-01';
SELECT steering.drop_cost_behaviour(code, '(,)') FROM unnest('{sc.base,sc.desk,sc.house}'::text[]) AS code;

-- Several at once: sums are kept, and what is owed now is what settle() says.
CREATE TABLE sc_all AS SELECT * FROM steering.scenario('[{"change": "leave", "participant": "sc.d", "on": "2047-07-01"},
	{"change": "join", "participant": "sc.new", "on": "2047-04-01", "like": "sc.a", "inhabitants": 1000}, {"change": "volume", "participant": "sc.new", "service": "sc.desk", "volume": 12},
	{"change": "terms", "participant": "sc.b", "service": "sc.hr", "base": 600}, {"change": "weight", "participant": "sc.a", "key": "sc.fixed", "weight": 2.5}]', '2047');
SELECT kind, service, sum(before) AS before, sum(after) AS after, sum(difference) AS difference FROM sc_all GROUP BY 1, 2 ORDER BY 1, 2;
SELECT service, sum(amount) FROM sc_line GROUP BY service ORDER BY service;
SELECT participant, service, before FROM sc_all WHERE kind = 'owed' AND participant IS NOT NULL AND before <> 0
EXCEPT SELECT participant, service, sum(amount) FROM steering.settle('2047') WHERE line <> 'advance' GROUP BY 1, 2;
SELECT participant, service, before FROM sc_all WHERE kind = 'allocated' EXCEPT SELECT receiving_participant, service, amount FROM steering.allocate_costs('2047');
-- what it says is what the same changes, made, come to
BEGIN;
UPDATE steering.agreement SET price = 90 WHERE service_id = steering.service_number('sc.desk') AND participant_id = steering.participant_number('sc.a');
SELECT participant, service, sum(amount) FROM steering.settle('2047') WHERE line <> 'advance' AND service = 'sc.desk' GROUP BY 1, 2 ORDER BY 1;
ROLLBACK;
SELECT participant, service, after FROM steering.scenario('{"change": "terms", "participant": "sc.a", "service": "sc.desk", "price": 90}', '2047') WHERE service = 'sc.desk' AND participant IS NOT NULL;
-- a closed period too
SELECT steering.close_period('2047') > 0 AS closed;
SELECT participant, service, after FROM steering.scenario('{"change": "terms", "participant": "sc.a", "service": "sc.desk", "price": 90}', '2047') WHERE service = 'sc.desk' AND participant IS NOT NULL;
SELECT steering.reopen_period('2047', 'the test goes on') > 0 AS reopened;

-- It changed nothing, whether it came to its end or not; also within a transaction that has booked.
TRUNCATE sc_before;
INSERT INTO sc_before SELECT * FROM sc_registers;
SELECT count(*) > 0 AS done FROM steering.scenario('[{"change": "leave", "participant": "sc.d", "on": "2047-07-01"}, {"change": "join", "participant": "sc.new", "on": "2047-04-01", "inhabitants": 1000}]', '2047');
SELECT count(*) FROM steering.scenario('[{"change": "leave", "participant": "sc.d", "on": "2047-07-01"}, {"change": "join", "participant": "sc.a", "on": "2047-04-01"}]', '2047');
SELECT what, count(*) FROM (TABLE sc_before EXCEPT TABLE sc_registers UNION ALL (TABLE sc_registers EXCEPT TABLE sc_before)) AS changed GROUP BY what;
BEGIN;
INSERT INTO sc_line VALUES ('sc.base', 'sc', '2047-02-01', 188746, 0);
SELECT participant, before, after FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2047-01-01"}', '2047') WHERE service = 'sc.base';
INSERT INTO sc_line VALUES ('sc.base', 'sc', '2047-02-01', 1, 0);
SELECT current_setting('session_replication_role'), (SELECT count(*) FROM steering.verify()) AS wrong;
ROLLBACK;
SELECT count(*) AS wrong FROM steering.verify();
SELECT what, count(*) FROM (TABLE sc_before EXCEPT TABLE sc_registers UNION ALL (TABLE sc_registers EXCEPT TABLE sc_before)) AS changed GROUP BY what;

-- What is no change.
SELECT * FROM steering.scenario(NULL, '2047');
SELECT * FROM steering.scenario('[]', NULL);
SELECT * FROM steering.scenario('[]', 'x');
SELECT * FROM steering.scenario('[1]', '2047');
SELECT * FROM steering.scenario('{"participant": "sc.d"}', '2047');
SELECT * FROM steering.scenario('{"change": "marry", "participant": "sc.d"}', '2047');
SELECT * FROM steering.scenario('{"change": "leave", "participant": "sc.d"}', '2047');
SELECT * FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2047-01-01", "speed": 3}', '2047');
SELECT * FROM steering.scenario('{"change": "leave", "participant": "sc.nobody", "on": "2047-01-01"}', '2047');
SELECT * FROM steering.scenario('{"change": "leave", "participant": 7, "on": "2047-01-01"}', '2047');
SELECT * FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2048-01-01"}', '2047');
SELECT * FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "2047-01-02"}', '2047');
SELECT * FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "soon"}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "like": "sc.nobody"}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "services": "sc.base"}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "services": ["sc.none"]}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "inhabitants": -1}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "inhabitants": 1e20}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "inhabitants": 1.5}', '2047');
SELECT count(*) > 0 AS whole FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "inhabitants": 26000.0}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": " ", "on": "2047-01-01"}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-01-01", "services": [null]}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "2047-02-30"}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.new", "on": "0000-01-01"}', '2047');
SELECT * FROM steering.scenario('{"change": "join", "participant": "sc.a", "on": "2047-01-01"}', '2047');
SELECT * FROM steering.scenario('{"change": "volume", "participant": "sc.a", "service": "sc.desk", "volume": "NaN"}', '2047');
SELECT * FROM steering.scenario('{"change": "cost", "participant": "sc.a", "service": "sc.desk", "amount": 1e18}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.c", "service": "sc.desk", "price": 1}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.c", "service": "sc.desk", "form": "club"}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.c", "service": "sc.desk", "form": "base_plus", "base": 5, "price": 1}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.c", "service": "sc.desk", "form": "lump_sum", "base": 5, "key": "sc.fixed"}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.c", "service": "sc.desk", "form": "price_volume", "price": 5, "unused_percent": 5}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.a", "service": "sc.desk", "base": 5}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.a", "service": "sc.desk", "unused_percent": 100.1}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.a", "service": "sc.desk", "price": 1e20}', '2047');
SELECT * FROM steering.scenario('{"change": "terms", "participant": "sc.a", "service": "", "price": 1}', '2047');
SELECT * FROM steering.scenario('{"change": "weight", "participant": "sc.c", "key": "sc.people", "weight": 1}', '2047');
SELECT * FROM steering.scenario('{"change": "key", "service": "sc.base", "key": "sc.none"}', '2047');
-- A circle, which no trigger would see; what is there twice; days that are none, terms from a day within an agreement, a key of what none divides.
SELECT count(*) FROM steering.scenario('{"change": "join", "participant": "sc", "on": "2047-01-01", "parent": "sc.d"}', '2047');
SELECT count(*) FROM steering.scenario('[{"change": "join", "participant": "sc.new", "on": "2047-01-01"}, {"change": "join", "participant": "sc.new", "on": "2047-02-01"}]', '2047');
SELECT count(*) FROM steering.scenario('[{"change": "volume", "participant": "sc.a", "service": "sc.desk", "volume": 130}, {"change": "volume", "participant": "sc.a", "service": "sc.desk", "volume": 140}]', '2047');
SELECT count(*) FROM steering.scenario('[{"change": "weight", "participant": "sc.b", "key": "sc.fixed", "weight": 5}, {"change": "weight", "participant": "sc.b", "key": "sc.fixed", "weight": 7}]', '2047');
SELECT count(*) FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "infinity"}', '2047');
SELECT count(*) FROM steering.scenario('{"change": "leave", "participant": "sc.d", "on": "today"}', '2047');
SELECT count(*) FROM steering.scenario('{"change": "terms", "participant": "sc.a", "service": "sc.desk", "price": 90, "on": "2047-07-01"}', '2047');
SELECT count(*) FROM steering.scenario('{"change": "key", "service": "sc.hr", "key": "sc.fixed"}', '2047');
-- A service begins, costs something else, stands elsewhere, is led: what is said is what the same, done, comes to. No row: they do not differ.
CREATE TABLE sc_said (kind text, participant text, service text, amount numeric);
CREATE FUNCTION sc_say(change text) RETURNS bigint LANGUAGE sql AS $$
	DELETE FROM sc_said;
	INSERT INTO sc_said SELECT kind, participant, service, after FROM steering.scenario(change::jsonb, '2047') WHERE after <> 0;
	SELECT count(*) FROM sc_said;
$$;
CREATE VIEW sc_done AS
	SELECT 'owed' AS kind, participant, service, sum(amount) AS amount FROM steering.settle('2047') WHERE line <> 'advance' GROUP BY participant, service HAVING sum(amount) <> 0
	UNION ALL SELECT 'allocated', receiving_participant, service, amount FROM steering.allocate_costs('2047') WHERE amount <> 0;
CREATE VIEW sc_differ AS
	(SELECT 'said' AS what, said.* FROM sc_said AS said WHERE participant IS NOT NULL EXCEPT SELECT 'said', done.* FROM sc_done AS done)
	UNION ALL (SELECT 'done', done.* FROM sc_done AS done WHERE participant IS NOT NULL EXCEPT SELECT 'done', said.* FROM sc_said AS said)
	UNION ALL SELECT 'cost', NULL, NULL, NULL, (SELECT sum(amount) FROM sc_line) - (SELECT sum(amount) FROM sc_said)
		WHERE (SELECT sum(amount) FROM sc_line) <> (SELECT sum(amount) FROM sc_said)
	ORDER BY 1, 2, 3, 4;
-- one begins that two share,
SELECT sc_say('[{"change": "begin", "service": "sc.ai", "on": "2047-04-01", "parent": "sc.desk", "key": "sc.people", "participants": ["sc.a", "sc.b"]},
	{"change": "cost", "participant": "sc", "service": "sc.ai", "amount": 1000.01}]') AS rows;
BEGIN;
SELECT steering.set_service('sc.ai', 'AI', 'sc.desk') > 0 AS made;
SELECT count(steering.set_agreement('sc.ai', code, '[2047-04-01,2048-01-01)', 'key_share', allocation_key => 'sc.people')) FROM unnest('{sc.a,sc.b}'::text[]) AS code;
INSERT INTO sc_line VALUES ('sc.ai', 'sc', '2047-12-01', 1000.01, 0);
TABLE sc_differ;
SELECT participant, amount FROM sc_said WHERE service = 'sc.ai' ORDER BY 1;
ROLLBACK;
-- or that a rule divides,
SELECT sc_say('[{"change": "begin", "service": "sc.ai", "on": "2047-04-01", "key": "sc.fixed"}, {"change": "cost", "participant": "sc", "service": "sc.ai", "amount": 1000.01}]') AS rows;
BEGIN;
SELECT steering.set_service('sc.ai', 'AI') > 0 AS made, steering.set_allocation_rule('sc.ai', 'sc.fixed', '[2047-04-01,2048-01-01)', 1) > 0 AS rule;
INSERT INTO sc_line VALUES ('sc.ai', 'sc', '2047-12-01', 1000.01, 0);
TABLE sc_differ;
SELECT kind, participant, amount FROM sc_said WHERE service = 'sc.ai' ORDER BY 2;
ROLLBACK;
-- or that one leads, and others follow;
SELECT sc_say('[{"change": "begin", "service": "sc.ai", "on": "2047-04-01", "kind": "development"}, {"change": "lead", "service": "sc.ai", "participant": "sc.a"},
	{"change": "terms", "participant": "sc.a", "service": "sc.ai", "form": "price_volume", "price": 12.5, "volume": 10, "on": "2047-04-01"},
	{"change": "volume", "participant": "sc.a", "service": "sc.ai", "volume": 12}, {"change": "follow", "participant": "sc.b", "service": "sc.ai", "on": "2047-07-01", "volume": 3},
	{"change": "volume", "participant": "sc.b", "service": "sc.ai", "volume": 2}]') AS rows;
BEGIN;
SELECT steering.set_service('sc.ai', 'AI', kind => 'development') > 0 AS made, steering.set_lead('sc.ai', 'sc.a');
SELECT steering.set_agreement('sc.ai', 'sc.a', '[2047-04-01,2048-01-01)', 'price_volume', price => 12.5, volume => 10) > 0 AS agreed;
SELECT steering.follow('sc.ai', 'sc.b', '[2047-07-01,)', volume => 3);
INSERT INTO sc_line VALUES ('sc.ai', 'sc.a', '2047-12-01', 0, 12), ('sc.ai', 'sc.b', '2047-12-01', 0, 2);
TABLE sc_differ;
SELECT participant, amount FROM sc_said WHERE service = 'sc.ai' ORDER BY 1;
ROLLBACK;
-- cost is so much higher, or becomes so much a year, or nothing;
SELECT sc_say('{"change": "level", "service": "sc.base", "percent": 3.3}') AS rows;
BEGIN;
INSERT INTO sc_line VALUES ('sc.base', 'sc', '2047-01-31', 330000, 0);
TABLE sc_differ;
ROLLBACK;
SELECT sc_say('{"change": "level", "service": "sc.hr", "amount": 3000.5, "per": "year", "on": "2047-03-01"}') AS rows;
BEGIN;
INSERT INTO sc_line VALUES ('sc.hr', 'sc.d', '2047-03-01', round(3000.5 * 10 / 12, 2) - 1300, 0);
TABLE sc_differ;
ROLLBACK;
SELECT sc_say('[{"change": "level", "service": "sc.house", "amount": 0}, {"change": "level", "service": "sc.desk", "percent": -50}]') AS rows;
BEGIN;
DELETE FROM sc_line WHERE service = 'sc.house';
UPDATE sc_line SET amount = amount / 2 WHERE service = 'sc.desk';
TABLE sc_differ;
ROLLBACK;
-- of what several are booked on, in cents, in proportion; one who leaves does so from what it costs then;
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "level", "service": "sc.desk", "amount": 17000.01}', '2047') WHERE difference <> 0;
SELECT steering.set_cost_behaviour('sc.base', '(,)', 0.8, 10) > 0 AS behaves;
SELECT sum(after) AS cost, sum(stranded) AS stranded
FROM steering.scenario('[{"change": "leave", "participant": "sc.d", "on": "2047-01-01"}, {"change": "level", "service": "sc.base", "percent": -50}]', '2047') WHERE service = 'sc.base';
SELECT 5000000 - round(share - held, 2) AS cost, share - round(share - held, 2) AS stranded
FROM (SELECT round(5000000.0 * 9000 / 188746, 2) AS share, round(5000000.0 * 9000 / 188746, 2) * 0.8 * (9 + 8 + 7 + 6 + 5 + 4 + 3 + 2 + 1) / 120 AS held) AS plain;
SELECT steering.drop_cost_behaviour('sc.base', '(,)');
-- it is a part of another one;
BEGIN;
SELECT steering.set_service('sc.gas', 'Gas', 'sc.hr') > 0 AS made;
INSERT INTO sc_line VALUES ('sc.gas', 'sc', '2047-05-05', 300.03, 0);
SELECT sc_say('[{"change": "move", "service": "sc.gas", "parent": "sc.base"}, {"change": "level", "service": "sc.gas", "percent": 10}]') AS rows;
SELECT participant, service, before, after, difference, stranded FROM steering.scenario('{"change": "move", "service": "sc.gas", "parent": "sc.base"}', '2047') WHERE difference <> 0;
SAVEPOINT twice;
SELECT * FROM steering.scenario('[{"change": "level", "service": "sc.gas", "percent": 10}, {"change": "level", "service": "sc.hr", "percent": 10}]', '2047');
ROLLBACK TO twice;
SELECT steering.set_service('sc.gas', 'Gas', 'sc.base') > 0 AS moved;
INSERT INTO sc_line VALUES ('sc.gas', 'sc', '2047-05-05', 30, 0);
TABLE sc_differ;
ROLLBACK;
-- one that stands leads, and another has terms by following.
SELECT sc_say('[{"change": "lead", "service": "sc.hr", "participant": "sc.b"}, {"change": "follow", "participant": "sc.a", "service": "sc.hr", "on": "2047-01-01", "share": 40}]') AS rows;
BEGIN;
SELECT steering.set_service('sc.hr', 'HR', kind => 'development') > 0 AS made, steering.set_lead('sc.hr', 'sc.b');
SELECT steering.follow('sc.hr', 'sc.a', '2047', share => 40);
TABLE sc_differ;
SELECT participant, amount FROM sc_said WHERE service = 'sc.hr' ORDER BY 1;
ROLLBACK;
SELECT what, count(*) FROM (TABLE sc_before EXCEPT TABLE sc_registers UNION ALL (TABLE sc_registers EXCEPT TABLE sc_before)) AS changed WHERE what NOT IN ('cell', 'counter') GROUP BY what;
-- What cannot be asked of a service.
\set VERBOSITY default
SELECT * FROM steering.scenario('{"change": "stop", "service": "sc.hr"}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai", "on": "2047-01-01", "cost": 3}', '2047');
\set VERBOSITY terse
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai"}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.hr", "on": "2047-01-01"}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai", "on": "2047-01-01", "kind": "rare"}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai", "on": "2047-01-01", "parent": "sc.none"}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai", "on": "2047-01-01", "parent": "sc.ai"}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai", "on": "2047-01-01", "participants": ["sc.a"]}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai", "on": "2047-01-01", "key": "sc.people", "participants": "sc.a"}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai", "on": "2047-01-01", "key": "sc.people", "participants": ["sc.none"]}', '2047');
SELECT * FROM steering.scenario('{"change": "begin", "service": "sc.ai", "on": "2047-01-01", "key": "sc.none"}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.none", "percent": 3}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base"}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base", "percent": 3, "amount": 3}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base", "percent": "3"}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base", "percent": -100.1}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base", "percent": 1e30}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base", "amount": -1}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base", "amount": 1, "per": "week"}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base", "percent": 1, "per": "year"}', '2047');
SELECT * FROM steering.scenario('{"change": "level", "service": "sc.base", "percent": 1, "on": "2047-06-01"}', '2047');
SELECT * FROM steering.scenario('[{"change": "level", "service": "sc.base", "percent": 1}, {"change": "level", "service": "sc.base", "percent": 2}]', '2047');
SELECT * FROM steering.scenario('{"change": "move", "service": "sc.hr"}', '2047');
SELECT * FROM steering.scenario('{"change": "move", "service": "sc.hr", "parent": "sc.hr"}', '2047');
SELECT * FROM steering.scenario('[{"change": "move", "service": "sc.hr", "parent": "sc.desk"}, {"change": "move", "service": "sc.desk", "parent": "sc.hr"}]', '2047');
SELECT count(*) > 0 AS at_the_top FROM steering.scenario('{"change": "move", "service": "sc.hr", "parent": null}', '2047');
SELECT * FROM steering.scenario('[{"change": "lead", "service": "sc.hr", "participant": "sc.b"}, {"change": "lead", "service": "sc.hr", "participant": "sc.a"}]', '2047');
SELECT * FROM steering.scenario('{"change": "lead", "service": "sc.hr", "participant": null}', '2047');
DROP VIEW sc_differ, sc_done;
DROP FUNCTION sc_say(text);
DROP VIEW sc_registers;
UPDATE steering.participant SET inhabitants = sc_others.inhabitants FROM sc_others WHERE participant.code = sc_others.code;
