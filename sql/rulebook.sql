-- What a session remembers of caps and registers: a new cap makes it forget what the cap applies to, and
-- no more; a change of a register, or the end of a cap, makes it forget all.
CREATE SCHEMA rulebook_test;
SET search_path = rulebook_test;
\set VERBOSITY terse

INSERT INTO steering.participant (code, name) VALUES ('rulebook.town', 'Town'), ('rulebook.village', 'Village');
INSERT INTO steering.service (code, name) SELECT format('rulebook.%s', n), format('Service %s', n) FROM generate_series(1, 400) AS n;
-- Now, so that autovacuum does not do it later: it would make all sessions forget.
VACUUM (ANALYZE) steering.service;
CREATE TABLE line (product text, town text DEFAULT 'rulebook.town', day date DEFAULT '2026-05-01', net numeric DEFAULT 1);
SELECT steering.attach('line', 'product', 'town', 'day', 'net') > 0 AS attached;

-- How many lists of caps the session remembers cannot be seen; how much memory they take can.
CREATE FUNCTION remembers() RETURNS bigint LANGUAGE sql AS
    $$ SELECT used_bytes FROM pg_backend_memory_contexts WHERE name = 'sp71_steering rulebook' $$;
CREATE FUNCTION set_cap(participant text, day date) RETURNS void LANGUAGE sql AS
    $$ SELECT steering.set_cap('rulebook.1', participant, 'budget', daterange(day, '2027-01-01'), 1000) $$;

-- One booking needs little, one for each service much.
INSERT INTO line (product) VALUES ('rulebook.1');
SELECT remembers() AS little \gset
INSERT INTO line (product) SELECT format('rulebook.%s', n) FROM generate_series(1, 400) AS n;
SELECT remembers() AS much \gset
SELECT :much > 2 * :little AS remembers_more;

-- A cap of this session, and one of another session, over one service: the others are still known.
SELECT set_cap('rulebook.town', '2026-01-01');
INSERT INTO line (product) VALUES ('rulebook.1');
SELECT remembers() > 0.9 * :much AS still_remembers;
\setenv DATABASE :DBNAME
\! psql -X -q -At -d "$DATABASE" -c "SELECT rulebook_test.set_cap('rulebook.town', '2026-02-01')"
INSERT INTO line (product) VALUES ('rulebook.1');
SELECT remembers() > 0.9 * :much AS still_remembers;

-- Both caps hold, and so does one that this transaction makes and takes back.
INSERT INTO line (product, net) VALUES ('rulebook.1', 997);
BEGIN;
SELECT steering.set_cap('rulebook.2', 'rulebook.town', 'budget', '[2026-01-01,2027-01-01)', 5) > 0 AS set;
INSERT INTO line (product, net) VALUES ('rulebook.2', 5);
ROLLBACK;
INSERT INTO line (product, net) VALUES ('rulebook.2', 5);
SELECT service, used FROM steering.cap_status WHERE participant = 'rulebook.town' ORDER BY cap_id;

-- A register that another session changes makes it forget all.
\! psql -X -q -At -d "$DATABASE" -c "UPDATE steering.service SET parent = 'rulebook.2' WHERE code = 'rulebook.3'"
INSERT INTO line (product) VALUES ('rulebook.1');
SELECT remembers() < :much / 2 AS forgot;

-- A cap of another session over an entry above others holds for what this one has booked on before, and for what it has not.
UPDATE steering.service SET parent = 'rulebook.2' WHERE code = 'rulebook.4';
INSERT INTO line (product) VALUES ('rulebook.3');
\! psql -X -q -At -d "$DATABASE" -c "SELECT steering.set_cap('rulebook.2', 'rulebook.town', 'budget', '[2026-01-01,2027-01-01)', 60) > 0"
INSERT INTO line (product, net) VALUES ('rulebook.4', 60);
INSERT INTO line (product, net) VALUES ('rulebook.3', 60);
INSERT INTO line (product, net) VALUES ('rulebook.4', 10);
SELECT service, used FROM steering.cap_status WHERE participant = 'rulebook.town' ORDER BY cap_id;

-- So does one whose number is below those of others, since the sequence was set back.
SELECT steering.set_cap('rulebook.4', 'rulebook.town', 'volume', '[2026-01-01,2027-01-01)', 5) AS low \gset
SELECT steering.set_cap('rulebook.2', 'rulebook.town', 'volume', '[2026-01-01,2027-01-01)', 5) AS high \gset
SELECT steering.drop_cap(:low);
INSERT INTO line (product) VALUES ('rulebook.3'), ('rulebook.1');
SELECT setval('steering.cap_cap_id_seq', :low, false) = :low AS set_back;
\! psql -X -q -At -d "$DATABASE" -c "SELECT steering.set_cap('rulebook.1', 'rulebook.town', 'budget', '[2026-01-01,2026-12-01)', 20) > 0"
SELECT setval('steering.cap_cap_id_seq', :high) = :high AS set_forth;
INSERT INTO line (product, net) VALUES ('rulebook.1', 30);
SELECT * FROM steering.verify();

SELECT steering.detach('line');
DROP TABLE line;
SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE participant = 'rulebook.town';
UPDATE steering.service SET parent = NULL WHERE code = 'rulebook.3';
DELETE FROM steering.service WHERE code LIKE 'rulebook.%';
DELETE FROM steering.participant WHERE code LIKE 'rulebook.%';
DROP SCHEMA rulebook_test CASCADE;
