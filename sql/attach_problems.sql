-- What attach() would refuse, all of it at once, counted by kind; without doing anything.
SET client_min_messages = warning;
CREATE ROLE regress_problems_owner;
CREATE SCHEMA problems AUTHORIZATION regress_problems_owner;
GRANT EXECUTE ON FUNCTION steering.attach, steering.attach_problems, steering.detach TO regress_problems_owner;
SET search_path = problems, public;
INSERT INTO steering.participant (code, name, during) VALUES
	('problems.town', 'Town', '(,)'), ('problems.late', 'Late', '[2026-06-01,)'), ('problems.gone', 'Gone', '(,2026-01-01)');
INSERT INTO steering.service (code, name) VALUES ('problems.it', 'IT');
INSERT INTO steering.service (code, name, require_cap) VALUES ('problems.strict', 'Strict', true);
INSERT INTO steering.service (code, name, during) VALUES ('problems.old', 'Old', '[2020-01-01,2025-01-01)');

SET ROLE regress_problems_owner;
CREATE TABLE line (id integer PRIMARY KEY, service text DEFAULT 'problems.it', town text DEFAULT 'problems.town',
	day date DEFAULT '2026-02-02', net text DEFAULT '10', pieces numeric DEFAULT 1, final boolean DEFAULT true);
INSERT INTO line (id) VALUES (1), (2);
RESET ROLE;

-- Nothing wrong: no row, also for a table without rows.
SELECT * FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', 'pieces', 'final');
CREATE TABLE empty (LIKE line);
SELECT * FROM steering.attach_problems('empty', 'service', 'town', 'day', 'net::numeric');

-- Many kinds at once, several of them in one row; a row that does not count is none.
INSERT INTO line (id, service, town, day, net, pieces, final) VALUES
	(10, 'problems.none', 'problems.town', '2026-02-02', '1', 1, true),
	(11, 'problems.none', 'GM9999', '2026-02-02', '1', 1, true),
	(12, 'problems.it', 'GM9999', NULL, '1', 1, true),
	(13, NULL, NULL, 'infinity', '1', 1, true),
	(14, 'problems.old', 'problems.late', '2026-02-02', '1', 1, true),
	(15, 'problems.it', 'problems.gone', '2026-02-02', '1', 1, true),
	(16, 'problems.it', 'problems.town', '2026-02-02', 'ten', 'NaN', true),
	(17, 'problems.it', 'problems.town', '2026-02-02', 'ten', 1, true),
	(18, 'problems.it', 'GM9999', '2026-02-02', '1e30', 1, true),
	(19, 'problems.it', 'problems.town', '2026-02-02', 'Infinity', 1e20, true),
	(20, 'problems.strict', 'problems.town', '2026-02-02', '5', 1, true),
	(21, 'problems.strict', 'problems.town', '2026-02-03', '5', 1, true),
	(22, 'problems.none', NULL, NULL, 'ten', 'NaN', false);
SELECT problem, argument, value, rows, first_row, sqlstate
FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', 'pieces', 'final');
SELECT DISTINCT problem, detail, hint
FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', 'pieces', 'final') ORDER BY 1, 2;
-- Ignored rows are told of, and do not stand in the way.
SELECT problem, argument, value, rows, first_row, sqlstate
FROM steering.attach_problems('line', 'service', 'town', 'day', $$CASE WHEN id < 16 THEN 1 ELSE 0 END$$,
	counts_when => 'final AND id < 20', unknown => 'ignore');

-- attach() stops at the first, as it always did, and tells of all.
SELECT steering.attach('line', 'service', 'town', 'day', 'net::numeric', 'pieces', 'final');
\echo :LAST_ERROR_SQLSTATE

-- Nothing of it is left: not attached, not counted, no lock but for reading; and it may be asked where nothing may be written.
SELECT count(*) FROM steering.source WHERE relation::text = 'line';
BEGIN TRANSACTION READ ONLY;
SELECT count(*) FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', 'pieces', 'final');
SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation';
COMMIT;

-- Of one kind alone, attach() tells how many rows; of a cap alone its own words say it all.
DELETE FROM line WHERE id NOT IN (1, 2, 20);
SELECT steering.attach('line', 'service', $$'GM9999'$$, 'day', 'net::numeric');
\echo :LAST_ERROR_SQLSTATE
SELECT steering.attach('line', 'service', 'town', 'day', 'net::numeric');
\echo :LAST_ERROR_SQLSTATE

-- Caps: those that would be exceeded, each with its figures for who may read it, and those of which a step is reached.
SELECT steering.set_cap('problems.it', 'problems.town', 'budget', '[2026-01-01,2027-01-01)', 15, '50% notify, 100% block') AS budget,
	steering.set_cap('problems.it', 'problems.town', 'volume', '[2026-01-01,2027-01-01)', 1) AS volume,
	steering.set_cap('problems.it', 'problems.town', 'budget', '[2026-02-01,2026-03-01)', 30, '50% warn, 100% block') AS month \gset
SELECT problem, value = ANY (ARRAY[:'budget', :'volume', :'month']) AS is_one_of_them, rows, first_row, sqlstate, detail, hint, amount, used, after, blocks_at
FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', 'pieces', 'id < 20');
SELECT problem, rows, sqlstate, hint FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', 'pieces', 'id < 20', accept_overrun => true);
SET ROLE regress_problems_owner;
SELECT problem, rows, sqlstate, amount, used, after, blocks_at
FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', 'pieces', 'id < 20');
RESET ROLE;
-- Rows with which something else is wrong do not count in them; those that lower usage are no problem.
SELECT problem, argument, rows, after FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric / (id - 1)', counts_when => 'id < 20');
SELECT problem, rows FROM steering.attach_problems('line', 'service', 'town', 'day', '-(net::numeric)', '-pieces', 'id < 20');
-- A sum that nothing holds.
SELECT problem, value = :'month' OR value = 'problems.it' OR value ~ '^cap ' AS is_known, rows, sqlstate
FROM steering.attach_problems('line', 'service', 'town', 'day', '900000000000000', counts_when => 'id < 20', accept_overrun => true)
WHERE problem = 'sum is too large';

-- Another mapping of a table that is attached: its present bookings leave.
SELECT steering.attach('line', 'service', 'town', 'day', '7', counts_when => 'id = 1') > 0 AS attached;
SELECT problem, rows, sqlstate, used, after, blocks_at
FROM steering.attach_problems('line', 'service', 'town', 'day', '16', counts_when => 'id = 1') WHERE value = :'budget';
SELECT problem, rows, sqlstate, used, after FROM steering.attach_problems('line', 'service', 'town', 'day', '7', counts_when => 'id = 1');
SELECT steering.detach('line');

-- Closed periods; of commitments only what is raised.
SELECT steering.close_period('1999-11', 'accounts') > 0 AS closed, steering.close_period('1999-12', 'accounts') > 0 AS closed;
INSERT INTO line (id, day, net) VALUES (30, '1999-12-31', 1), (31, '1999-12-01', -1), (32, '1999-12-01', -1), (33, '1999-11-05', 0);
SELECT problem, value, rows, first_row, sqlstate, split_part(detail, ' ', 3) AS detail, hint
FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', counts_when => 'id >= 30');
SELECT problem, value, rows, first_row, sqlstate, hint
FROM steering.attach_problems('line', 'service', 'town', 'day', 'net::numeric', counts_when => 'id >= 30', stage => 'commitment');
SELECT problem, value, rows
FROM steering.attach_problems('line', 'service', 'town', $$DATE '1999-12-01'$$, 'net::numeric', counts_when => 'id >= 30', stage => 'commitment');
SELECT steering.reopen_period('1999-11', 'done') > 0 AS open, steering.reopen_period('1999-12', 'done') > 0 AS open;

-- Expressions: each by itself, and the rows as far as they can be read all the same.
SELECT problem, argument, value, rows, sqlstate, detail, hint
FROM steering.attach_problems('line', 'servise', $$'GM9999'$$, 'now()::date', 'net::float8', '(SELECT 1)', 'id < 20');
SELECT problem, argument, value, rows, sqlstate, detail
FROM steering.attach_problems('line', 'service', $$'GM9999'$$, 'day', $$'ten'::numeric$$, NULL, 'id <');
SELECT * FROM steering.attach_problems('line', 'service', NULL, 'day', 'net');
SELECT * FROM steering.attach_problems('line', 'service', 'town', 'day', 'pieces', stage => 'spent');
SELECT * FROM steering.attach_problems('line', 'service', 'town', 'day');

-- Tables that cannot be attached; what would be wrong with the rows is told as well.
CREATE VIEW seen AS SELECT * FROM line;
CREATE UNLOGGED TABLE fleeting (LIKE line INCLUDING DEFAULTS);
CREATE SEQUENCE counted;
CREATE TEMPORARY TABLE passing (LIKE line INCLUDING DEFAULTS);
INSERT INTO fleeting (id, town) VALUES (1, 'GM9999');
SELECT problem, argument, value, rows, sqlstate, detail FROM steering.attach_problems('seen', 'service', 'town', 'day', 'nett');
SELECT problem, argument, value, rows, sqlstate, detail FROM steering.attach_problems('fleeting', 'service', 'town', 'day', 'pieces');
SELECT problem, argument, value, rows, sqlstate, detail FROM steering.attach_problems('counted', 'service', 'town', 'day', 'pieces');
SELECT problem, argument, rows, sqlstate, detail FROM steering.attach_problems('passing', 'service', 'town', 'day', 'pieces');
SELECT problem, argument, value, sqlstate, detail FROM steering.attach_problems('steering.participant', 'code', 'code', 'during', '1');

-- Partitions: each is looked at, whatever the order of its columns; rows are named by the keys of theirs.
CREATE TABLE parted (id integer, day date, town text, net numeric) PARTITION BY LIST (id);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE part_2 (gone integer, net numeric, town text, day date, id integer PRIMARY KEY);
ALTER TABLE part_2 DROP COLUMN gone;
ALTER TABLE parted ATTACH PARTITION part_2 FOR VALUES IN (2);
CREATE UNLOGGED TABLE part_3 (net numeric, town text, day date, id integer);
ALTER TABLE parted ATTACH PARTITION part_3 FOR VALUES IN (3);
INSERT INTO parted VALUES (1, '2026-02-02', 'GM1', 1), (2, '2026-02-02', 'GM2', 'NaN'), (3, '2026-02-02', 'problems.town', 'Infinity');
SELECT problem, argument, value, rows, first_row, sqlstate FROM steering.attach_problems('parted', $$'problems.it'$$, 'town', 'day', 'net');
SELECT problem, argument, value, rows, sqlstate, detail FROM steering.attach_problems('part_1', $$'problems.it'$$, 'town', 'day', 'net');
CREATE FUNCTION merging() RETURNS void LANGUAGE sql
BEGIN ATOMIC
MERGE INTO problems.parted USING (SELECT 1 AS id) AS s ON s.id = parted.id WHEN MATCHED THEN DO NOTHING;
END;
SELECT problem, argument, value, sqlstate FROM steering.attach_problems('parted', $$'problems.it'$$, $$'problems.town'$$, 'day', '1');

-- A function that fails for each row, one that says something else each time, and one that writes.
SET ROLE regress_problems_owner;
CREATE TABLE many (id integer PRIMARY KEY);
INSERT INTO many SELECT generate_series(1, 3000);
CREATE TABLE trace (id integer);
CREATE FUNCTION failing(id integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'ZZ001', HINT = 'None.'; END $$;
CREATE FUNCTION telling(id integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE EXCEPTION 'no %', id; END $$;
CREATE FUNCTION half(id integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$SELECT CASE WHEN $1 % 2 = 0 THEN 1 ELSE 1 / ($1 - $1) END$$;
CREATE FUNCTION write(id integer) RETURNS void LANGUAGE plpgsql AS $$BEGIN INSERT INTO problems.trace VALUES (id); END $$;
CREATE FUNCTION writing(id integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS
	$$BEGIN PERFORM problems.write(id), set_config('problems.mark', current_user, false); RETURN id / (id % 2); END $$;
RESET ROLE;
SELECT problem, argument, value, rows, first_row, sqlstate, detail, hint
FROM steering.attach_problems('many', $$'problems.it'$$, $$'GM9999'$$, $$DATE '2026-02-02'$$, 'failing(id)', 'failing(id)');
SELECT problem, argument, value, rows, sqlstate, detail
FROM steering.attach_problems('many', $$'problems.it'$$, $$'problems.town'$$, $$DATE '2026-02-02'$$, 'telling(id)')
ORDER BY rows DESC, first_row LIMIT 2;
SELECT count(*), sum(rows) FROM steering.attach_problems('many', $$'problems.it'$$, $$'problems.town'$$, $$DATE '2026-02-02'$$, 'telling(id)');
SELECT steering.attach('many', $$'problems.it'$$, $$'GM9999'$$, $$DATE '2026-02-02'$$, 'telling(id)');
SELECT count(*), sum(rows), count(DISTINCT sqlstate) FROM steering.attach_problems('many', $$'problems.it'$$, 'repeat(id::text, 400)', $$DATE '2026-02-02'$$, '1');
SELECT problem, argument, rows, first_row, sqlstate
FROM steering.attach_problems('many', $$'problems.it'$$, $$'problems.town'$$, $$DATE '2026-02-02'$$, 'half(id)', accept_overrun => true);
SELECT problem, argument, rows, first_row, sqlstate
FROM steering.attach_problems('many', $$'problems.it'$$, $$'problems.town'$$, $$DATE '2026-02-02'$$, 'writing(id)', counts_when => 'id < 4', accept_overrun => true);
SELECT count(*) FROM trace;
SELECT nullif(current_setting('problems.mark', true), '') AS mark;
-- A source whose present mapping fails by now: another one for it can be tried all the same.
TRUNCATE trace;
CREATE FUNCTION moody(id integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS
	$$BEGIN IF (SELECT count(*) FROM problems.trace) > 0 THEN RAISE 'moody'; END IF; RETURN 0; END $$;
GRANT SELECT ON trace TO regress_problems_owner;
SELECT steering.attach('many', $$'problems.it'$$, $$'problems.town'$$, $$DATE '2026-02-02'$$, 'moody(id)') > 0 AS attached;
INSERT INTO trace VALUES (1);
SELECT problem, argument, value, rows, sqlstate, detail, hint
FROM steering.attach_problems('many', $$'problems.it'$$, $$'GM9999'$$, $$DATE '2026-02-02'$$, '1');
TRUNCATE trace;
SELECT steering.detach('many');
-- A condition that fails: it is not known what else counts.
SELECT problem, argument, rows, first_row, sqlstate
FROM steering.attach_problems('many', $$'problems.it'$$, $$'GM9999'$$, $$DATE '2026-02-02'$$, '1', counts_when => '1 / (id % 2) > 0');
-- A statement that is to stop stops.
CREATE FUNCTION sleeping(id integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM pg_sleep(60); RETURN 1; EXCEPTION WHEN division_by_zero THEN RETURN 1; END $$;
SET statement_timeout = '200ms';
SELECT * FROM steering.attach_problems('many', $$'problems.it'$$, $$'problems.town'$$, $$DATE '2026-02-02'$$, 'sleeping(id)');
RESET statement_timeout;

-- What attach() does is the judge of it: with any rows it refuses exactly if a problem has a SQLSTATE, and with one of these.
SELECT steering.close_period('1999-12', 'accounts') > 0 AS closed;
CREATE TABLE any_row (id integer, service text, town text, day date, net text);
CREATE FUNCTION compare_with_attach(seed integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	stage text := (ARRAY['actual', 'commitment'])[1 + seed % 2];
	unknown text := (ARRAY['refuse', 'refuse', 'ignore'])[1 + seed % 3];
	overrun boolean := seed % 5 = 0;
	told text[];
	code text := 'passed';
BEGIN
	TRUNCATE problems.any_row;
	INSERT INTO problems.any_row
	SELECT id, (ARRAY['problems.it', 'problems.it', 'problems.it', 'problems.it', 'problems.strict', 'problems.old', 'no', NULL])[1 + pick[1] % 8],
		(ARRAY['problems.town', 'problems.town', 'problems.town', 'problems.town', 'problems.late', 'problems.gone', 'no', NULL])[1 + pick[2] % 8],
		(ARRAY['2026-02-02', '2026-07-01', '2026-02-02', '2026-07-01', '2026-02-03', '1999-12-31', 'infinity', NULL]::date[])[1 + pick[3] % 8],
		(ARRAY['5', '-5', '0', '9', NULL, '4', 'ten', '1e30'])[1 + pick[4] % 8]
	FROM generate_series(1, 1 + seed % 3) AS id
	CROSS JOIN LATERAL (SELECT array_agg(abs(hashint4(seed * 100 + id * 10 + n) % 1000)) FROM generate_series(1, 4) AS n) AS random (pick);
	SELECT coalesce(array_agg(DISTINCT sqlstate) FILTER (WHERE sqlstate IS NOT NULL), '{}') INTO told
	FROM steering.attach_problems('problems.any_row', 'service', 'town', 'day', 'net::numeric', NULL, NULL, stage, unknown, overrun);
	BEGIN
		PERFORM steering.attach('problems.any_row', 'service', 'town', 'day', 'net::numeric', NULL, NULL, stage, unknown, overrun);
		RAISE EXCEPTION USING ERRCODE = 'ZZ999';
	EXCEPTION WHEN OTHERS THEN
		code := replace(SQLSTATE, 'ZZ999', 'passed');
	END;
	IF (code = 'passed') <> (told = '{}') OR code <> 'passed' AND code <> ALL (told) THEN
		RETURN format('seed %s: attach() says %s, attach_problems() %s', seed, code, told);
	END IF;
	RETURN code;
END $$;
SELECT result, count(*) > 5 AS often FROM generate_series(1, 400) AS seed, compare_with_attach(seed) AS result GROUP BY 1 ORDER BY 1;
SELECT steering.reopen_period('1999-12', 'done') > 0 AS open;

-- Only who may attach.
CREATE ROLE regress_problems_other;
GRANT USAGE ON SCHEMA problems TO regress_problems_other;
GRANT SELECT ON line TO regress_problems_other;
SET ROLE regress_problems_other;
SELECT * FROM steering.attach_problems('problems.line', 'service', 'town', 'day', 'pieces');
RESET ROLE;
GRANT EXECUTE ON FUNCTION steering.attach_problems TO regress_problems_other;
SET ROLE regress_problems_other;
SELECT * FROM steering.attach_problems('problems.line', 'service', 'town', 'day', 'pieces');
RESET ROLE;

SELECT * FROM steering.verify();
SELECT steering.drop_cap(:budget), steering.drop_cap(:volume), steering.drop_cap(:month);
SET client_min_messages = error;
DROP SCHEMA problems CASCADE;
DROP OWNED BY regress_problems_owner, regress_problems_other;
DROP ROLE regress_problems_owner, regress_problems_other;
