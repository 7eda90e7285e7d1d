-- Extremes: sums that fit nowhere but in the rows, trees that are deep, plans that are parallel.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA extremes;
SET search_path = extremes;
INSERT INTO steering.participant (code, parent, name) VALUES
    ('extremes.top', NULL, 'Top'), ('extremes.a', 'extremes.top', 'A'), ('extremes.b', 'extremes.top', 'B');
INSERT INTO steering.service (code, name) VALUES ('extremes.it', 'IT');
CREATE TABLE line (town text, day date DEFAULT '2026-02-02', net numeric);
SELECT FROM steering.attach('line', $$'extremes.it'$$, 'town', 'day', 'net');

-- No cap stands where these two meet, so nothing has to hold their sum.
INSERT INTO line (town, net) VALUES ('extremes.a', 900000000000000);
INSERT INTO line (town, net) VALUES ('extremes.b', 900000000000000);
SELECT * FROM steering.verify();
SELECT * FROM steering.repair();
SELECT steering.set_cap('extremes.it', 'extremes.top', 'budget', '[2026-01-01,2027-01-01)', 1);
TRUNCATE line;

-- A tree of many levels: a cap at its root holds for its last leaf.
INSERT INTO steering.participant (code, parent, name)
SELECT 'extremes.' || n, 'extremes.' || coalesce(nullif((n - 1)::text, '0'), 'top'), 'Level ' || n FROM generate_series(1, 200) AS n;
SELECT FROM steering.set_cap('extremes.it', 'extremes.top', 'budget', '[2026-01-01,2027-01-01)', 10);
INSERT INTO line (town, net) VALUES ('extremes.200', 10);
INSERT INTO line (town, net) VALUES ('extremes.200', 0.0001);
DELETE FROM line;

-- Views and verify() where the planner likes to be parallel.
INSERT INTO line (town, net) VALUES ('extremes.a', 7);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT participant, amount FROM steering.booking WHERE service = 'extremes.it';
SELECT participant, amount FROM steering.usage_by_month WHERE service = 'extremes.it';
SELECT used FROM steering.cap_status WHERE service = 'extremes.it';
SELECT * FROM steering.verify();

SELECT FROM steering.detach('line');
SELECT FROM steering.drop_cap((SELECT cap_id FROM steering.cap_status WHERE service = 'extremes.it'));
DELETE FROM steering.service WHERE code = 'extremes.it';
DELETE FROM steering.participant WHERE code LIKE 'extremes.%';
DROP SCHEMA extremes CASCADE;
SELECT * FROM steering.verify();
