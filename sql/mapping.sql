-- Mappings: expressions that call functions, and numbers that they are booked under.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA mapping;
SET search_path = mapping;
INSERT INTO steering.participant (code, name) VALUES ('mapping.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('mapping.it', 'IT');
SELECT FROM steering.set_cap('mapping.it', 'mapping.town', 'budget', '[2026-01-01,2027-01-01)', 1000);
CREATE TABLE line (id integer, day date DEFAULT '2026-02-02', net numeric);

-- Not to be inlined, because of its SET clause.
CREATE FUNCTION share_of(numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog AS 'SELECT 100 / $1';
SELECT FROM steering.attach('line', $$'mapping.it'$$, $$'mapping.town'$$, 'day', 'share_of(net)');

-- A function that failed in the middle of its work is begun anew.
BEGIN;
INSERT INTO line (id, net) VALUES (1, 1);
SAVEPOINT failing;
INSERT INTO line (id, net) VALUES (2, 0);
ROLLBACK TO failing;
INSERT INTO line (id, net) VALUES (3, 1);
COMMIT;
SELECT used FROM steering.cap_status WHERE service = 'mapping.it';
SELECT * FROM steering.verify();
SELECT FROM steering.detach('line');

-- A function that books in the same table while it is evaluated (it only says that it is immutable) is refused,
-- whether a row is booked or counted.
CREATE FUNCTION add_line(integer) RETURNS numeric LANGUAGE plpgsql SET search_path = mapping AS
$$BEGIN INSERT INTO line (id, net) SELECT n, 2 FROM generate_series(100, 149) AS n; RETURN 3; END$$;
CREATE FUNCTION net_of(id integer, net numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE SET search_path = mapping AS
$$BEGIN RETURN CASE id WHEN 50 THEN add_line(id) ELSE net END; END$$;
TRUNCATE line;
SELECT FROM steering.attach('line', $$'mapping.it'$$, $$'mapping.town'$$, 'day', 'net_of(id, net)');
INSERT INTO line (id, net) VALUES (50, 3);
SELECT count(*) FROM line;
SELECT used FROM steering.cap_status WHERE service = 'mapping.it';
SELECT FROM steering.detach('line');
INSERT INTO line (id, net) VALUES (50, 3);
SELECT FROM steering.attach('line', $$'mapping.it'$$, $$'mapping.town'$$, 'day', 'net_of(id, net)');

-- A function of the owner's runs in the same way when a row is booked and when it is counted: with names
-- found in pg_catalog alone. So what verify() could not read is not booked.
TRUNCATE line;
CREATE FUNCTION half(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN $1 / 2; END$$;
CREATE FUNCTION half_of(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN half($1); END$$;
SELECT FROM steering.attach('line', $$'mapping.it'$$, $$'mapping.town'$$, 'day', 'half_of(net)');
INSERT INTO line (id, net) VALUES (1, 2);
ALTER FUNCTION half_of(numeric) SET search_path = mapping;
INSERT INTO line (id, net) VALUES (1, 2);
SELECT used FROM steering.cap_status WHERE service = 'mapping.it';
SELECT * FROM steering.verify();

-- Numbers that stand for something else are not to be had.
INSERT INTO steering.service (service_id, code, name) OVERRIDING SYSTEM VALUE VALUES (0, 'mapping.zero', 'Zero');
INSERT INTO steering.participant (participant_id, code, name) OVERRIDING SYSTEM VALUE VALUES (-1, 'mapping.less', 'Less');

SELECT FROM steering.detach('line');
SELECT FROM steering.drop_cap((SELECT cap_id FROM steering.cap_status WHERE service = 'mapping.it'));
DELETE FROM steering.service WHERE code = 'mapping.it';
DELETE FROM steering.participant WHERE code = 'mapping.town';
DROP SCHEMA mapping CASCADE;
SELECT * FROM steering.verify();
