-- Room under a cap is lent to nodes that ask, and taken back. Here one database is three nodes, which it asks over connections to itself.
\set VERBOSITY terse
CREATE SCHEMA lending_test;
SET search_path = lending_test;
INSERT INTO steering.participant (code, name) VALUES ('lend.region', 'Region');
INSERT INTO steering.service (code, name) VALUES ('lend.ict', 'ICT');
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount numeric);
SELECT steering.attach('line', $$'lend.ict'$$, $$'lend.region'$$, $$date '2026-03-01'$$, 'amount') > 0 AS attached;
SELECT steering.set_cap('lend.ict', 'lend.region', 'budget', '2026', 1000, '80% notify, 100% block') AS cap \gset

-- no nodes, no dblink
SELECT * FROM steering.node_query('SELECT 1');
SELECT 'host=' || split_part(current_setting('unix_socket_directories'), ',', 1) || ' port=' || current_setting('port')
	|| ' user=' || current_user || ' dbname=' || current_database() AS here \gset
INSERT INTO steering.node VALUES (0, 'hub', :'here'), (1, 'north', :'here'), (2, 'south', :'here');
SELECT * FROM steering.node_query('SELECT 1');
SELECT * FROM steering.request_allotment(:cap, 1, 0, 10);
CREATE SCHEMA links;
CREATE EXTENSION dblink SCHEMA links;

-- one query on all nodes, in the order of their numbers; a name is what it is in pg_catalog
CREATE TABLE lending_test.name (n integer);
SELECT * FROM steering.node_query($$SELECT n, n / 2.0 AS half FROM generate_series(1, 2) AS n$$);
SELECT * FROM steering.node_query($$SELECT count(*) FROM name$$, '{1}');
SELECT * FROM steering.node_query($$INSERT INTO lending_test.name SELECT 7 RETURNING n -- and no more$$, '{2}');
SELECT * FROM steering.node_query($$SELECT FROM lending_test.name$$, '{1,2}');
SELECT * FROM steering.node_query($$SELECT WHERE false$$);
SELECT * FROM steering.node_query($$SELECT 1 / (n - 2) AS n FROM generate_series(1, 3) AS n$$, '{0,1}');
SELECT node_id, result, error LIKE 'could not establish connection%' AS gone FROM steering.node_query('SELECT 1', '{0,9}');
INSERT INTO steering.node VALUES (9, 'gone', 'host=/nowhere'), (10, 'address', 'postgresql://localhost/db');
SELECT node_id, result, error LIKE 'could not establish connection%' AS gone FROM steering.node_query('SELECT 1', '{0,9}');
SELECT * FROM steering.node_query('SELECT 1', '{10}');
SELECT * FROM steering.node_query('SELECT 1', '{0,NULL}');
SELECT * FROM steering.node_query(NULL);
SELECT * FROM steering.node_query('SELECT 1', '{}');
SELECT * FROM steering.node_query('SELECT 1', timeout => -1);
SELECT node_id, result, error IS NOT NULL AS late FROM steering.node_query('SELECT pg_sleep(5)', '{0,1}', 100);
DELETE FROM steering.node WHERE node_id IN (9, 10);

-- a connection stays open only where nobody else could use it: in a superuser's session, too, runs code of others
SELECT links.dblink_get_connections();
CREATE ROLE regress_lending_user;
GRANT USAGE ON SCHEMA steering, links TO regress_lending_user;
GRANT EXECUTE ON FUNCTION steering.node_query TO regress_lending_user;
\c
SET SESSION AUTHORIZATION regress_lending_user;
SELECT * FROM steering.node_query('SELECT 1', '{1}');
SELECT links.dblink_get_connections();
RESET SESSION AUTHORIZATION;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA links FROM PUBLIC;
SET SESSION AUTHORIZATION regress_lending_user;
SELECT * FROM steering.node_query('SELECT 1', '{1}');
SELECT links.dblink_get_connections();
RESET SESSION AUTHORIZATION;
SELECT links.dblink_get_connections();
\c
SET search_path = lending_test;
SET datestyle = ISO;

CREATE VIEW ledger AS
	SELECT node, ceiling FROM steering.allotment_status WHERE cap_id IN (SELECT cap_id FROM steering.cap_status WHERE service = 'lend.ict') ORDER BY node_id;
CREATE VIEW allotment AS
	SELECT ceiling::numeric, elsewhere::numeric FROM steering.allotment WHERE cap_id IN (SELECT cap_id FROM steering.cap_status WHERE service = 'lend.ict');
CREATE FUNCTION ask(node integer, used numeric, wanted numeric) RETURNS TABLE (ceiling numeric, elsewhere numeric, unanswered text)
LANGUAGE sql AS $$
	SELECT asked.ceiling, asked.elsewhere, asked.unanswered
	FROM steering.request_allotment((SELECT cap_id FROM steering.cap_status WHERE service = 'lend.ict'), node, used, wanted) AS asked $$;

-- the first question: nothing is known of anybody, all others are asked; the asker goes on by itself until it is asked
SELECT * FROM ask(1, 0, 10);
TABLE ledger;
TABLE allotment;
SELECT node_id, lent, used FROM steering.recover_allotments(:cap) ORDER BY node_id;
-- of which usage is known gets what it wants, and a share of what remains
SELECT * FROM ask(1, 0, 10);
TABLE ledger;
-- then from what is known
SELECT * FROM ask(2, 0, 10);
-- the same once more, as after a rollback: it has that already
SELECT * FROM ask(2, 0, 10);
SELECT * FROM ask(2, 0, 155);
TABLE ledger;
-- more than is free: room is taken back from others
SELECT * FROM ask(0, 0, 600);
TABLE ledger;
-- at the step: alone; the others have given back all
SELECT * FROM ask(0, 600, 800);
TABLE ledger;
-- exactly up to it, the last unit
SELECT * FROM ask(1, 0, 799.9999);
SELECT * FROM ask(1, 799.9999, 800);
-- beyond it in the next zone, when it was asked
SELECT * FROM ask(2, 0, 10);
SELECT * FROM ask(1, 810, 820);
-- above the block, and far beyond
SELECT * FROM ask(1, 999, 1001);
SELECT * FROM ask(1, 0, 922337203685477.5807);
-- lower than nothing
SELECT count(*) FROM steering.recover_allotments(:cap);
SELECT * FROM ask(1, -50, -20);
SELECT * FROM ask(2, 0, 820);
TABLE ledger;

-- what nodes use counts, as they say it
INSERT INTO line (amount) VALUES (100);
SELECT steering.return_allotment(:cap);
TABLE allotment;
SELECT * FROM ask(1, 100, 110);
TABLE ledger;
INSERT INTO line (amount) VALUES (-350);
SELECT * FROM ask(1, -250, 1000);
SELECT node_id, lent, used FROM steering.recover_allotments(:cap) ORDER BY node_id;
TABLE ledger;
TABLE allotment;
-- room is missing: lent, and not used
UPDATE steering.lent SET ceiling = 700 WHERE cap_id = :cap AND node_id = 2;
SELECT node_id, lent, used FROM steering.recover_allotments() ORDER BY node_id;
TRUNCATE line;

-- another limit: what was lent by the old one is asked back first
SELECT * FROM ask(1, 0, 10);
SELECT steering.set_cap('lend.ict', 'lend.region', 'budget', '2026', 100, '100% block') > 0;
SELECT * FROM ask(2, 0, 10);
TABLE ledger;
-- no step above: half of what an amount holds
SELECT steering.set_cap('lend.ict', 'lend.region', 'budget', '2026', 100, '50% notify') > 0;
SELECT * FROM ask(2, 60, 70);
SELECT * FROM ask(1, 60, 70);
SELECT * FROM ask(1, 0, 461168601842738.7903);
SELECT * FROM ask(1, 0, 461168601842738.7904);
-- a step at nothing that warns: every raise is judged by a node that is alone
SELECT steering.set_cap('lend.ict', 'lend.region', 'budget', '2026', 0, '100% warn') > 0;
SELECT * FROM ask(1, 0, 1);
SELECT * FROM ask(1, 1, 2);
SELECT * FROM ask(2, 0, 1);
TABLE ledger;

-- a node that does not answer keeps what it has: there may be enough without it
SELECT steering.set_cap('lend.ict', 'lend.region', 'budget', '2026', 1000, '100% block') > 0;
SELECT * FROM ask(1, 0, 10);
SELECT * FROM ask(2, 0, 10);
UPDATE steering.node SET connection = 'host=/nowhere' WHERE node_id = 2;
TABLE ledger;
SELECT * FROM ask(0, 0, 800);
TABLE ledger;
SELECT ceiling, elsewhere, unanswered FROM ask(0, 0, 900);
SET client_min_messages = error;
SELECT node_id, lent, used FROM steering.recover_allotments(:cap) ORDER BY node_id;
RESET client_min_messages;
-- and one of which nothing is known is needed
DELETE FROM steering.lent WHERE node_id = 2;
SELECT ceiling, elsewhere, unanswered FROM ask(0, 0, 10);
UPDATE steering.node SET connection = :'here' WHERE node_id = 2;
SELECT * FROM ask(0, 0, 10);

-- a node of itself alone
DELETE FROM steering.node WHERE node_id > 0;
SELECT * FROM ask(0, 0, 900);
SELECT * FROM ask(0, 0, 1001);

-- what is no question
SELECT * FROM ask(1, 0, 10);
SELECT * FROM ask(NULL, 0, 10);
SELECT * FROM ask(0, NULL, 10);
SELECT * FROM ask(0, 0, NULL);
SELECT * FROM ask(0, 0, 'NaN');
SELECT * FROM ask(0, 0, 0.00001);
SELECT * FROM steering.request_allotment(0, 0, 0, 10);
SELECT steering.return_allotment(0);
SELECT steering.return_allotment(NULL);
SELECT * FROM steering.recover_allotments(0);

-- others see nothing, and do nothing
SET ROLE regress_lending_user;
SELECT count(*) FROM steering.allotment_status;
SELECT steering.return_allotment(1);
SELECT * FROM steering.request_allotment(1, 0, 0, 1);
SELECT * FROM steering.recover_allotments();
RESET ROLE;

-- what is left of a cap that is dropped goes
SELECT count(*) > 0 AS has FROM steering.lent WHERE cap_id = :cap;
SELECT steering.drop_cap(:cap);
DELETE FROM steering.allotment WHERE cap_id = :cap;
\set VERBOSITY sqlstate
SELECT * FROM steering.request_allotment(:cap, 0, 0, 10);
\set VERBOSITY terse
SELECT * FROM steering.recover_allotments();
SELECT count(*) FROM steering.lent WHERE cap_id = :cap;

DELETE FROM steering.node;
SELECT steering.detach('line');
SET client_min_messages = warning;
DROP EXTENSION dblink;
DROP OWNED BY regress_lending_user;
DROP ROLE regress_lending_user;
DROP SCHEMA lending_test, links CASCADE;
DELETE FROM steering.service WHERE code = 'lend.ict';
DELETE FROM steering.participant WHERE code = 'lend.region';
