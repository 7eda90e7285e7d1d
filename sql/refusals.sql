-- A refusal names every cap that stands in the way, in the order of their ids, with figures for who may read them; and
-- says so where sp71_steering.check_at can be the answer.
CREATE SCHEMA refusals_test;
SET search_path = refusals_test;
SELECT setval('steering.cap_cap_id_seq', 7000) AS numbered \gset

INSERT INTO steering.participant (code, parent, name) VALUES
	('refusals.region', NULL, 'Region'), ('refusals.town', 'refusals.region', 'Town'), ('refusals.city', 'refusals.region', 'City');
INSERT INTO steering.service (code, parent, name, unit) VALUES
	('refusals.ict', NULL, 'ICT', 'piece'), ('refusals.ict.phone', 'refusals.ict', 'Phone', 'piece');
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY, product text DEFAULT 'refusals.ict.phone', town text DEFAULT 'refusals.town',
	day date DEFAULT '2026-03-01', net numeric, pieces numeric DEFAULT 0);
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AS attached;
CREATE TABLE cap AS
SELECT row_number() OVER () AS number,
	steering.set_cap(service, participant, metric, '[2026-01-01,2027-01-01)', amount, ladder) AS id
FROM (VALUES ('refusals.ict', 'refusals.region', 'volume', 5, NULL),
	('refusals.ict', 'refusals.region', 'budget', 100, '50% notify, 60% warn, 100% block'),
	('refusals.ict.phone', 'refusals.town', 'budget', 90, NULL),
	('refusals.ict.phone', 'refusals.region', 'budget', 10, '100% warn'),
	('refusals.ict.phone', 'refusals.city', 'budget', 30, NULL)) AS cap (service, participant, metric, amount, ladder);

-- Two of the budgets, not the one that does not block; the first of them warns nobody any more.
INSERT INTO line (net) VALUES (101);
-- Volume comes first by its id, and gives SQLSTATE and constraint.
INSERT INTO line (town, net, pieces) VALUES ('refusals.city', 95, 2), ('refusals.town', 10, 4), ('refusals.town', 90.0001, 0);
SELECT line.net FROM line;
SELECT cap_id, used FROM steering.cap_status WHERE service ^@ 'refusals.' AND used <> 0;
SELECT count(*) FROM steering.event WHERE kind IN ('warn', 'notify') AND service ^@ 'refusals.';

-- What nets out under a cap is no matter of it.
INSERT INTO line (town, net) VALUES ('refusals.city', -80), ('refusals.town', 100);
-- With what the statement's own transaction holds already, be it written or not.
BEGIN;
INSERT INTO line (net) VALUES (9);
INSERT INTO line (town, net) VALUES ('refusals.city', 1), ('refusals.city', 1);
INSERT INTO line (net, pieces) VALUES (40, 1);
INSERT INTO line (town, net, pieces) VALUES ('refusals.city', 50, 5);
ROLLBACK;

-- More than ten.
SELECT count(steering.set_cap('refusals.ict', 'refusals.town', 'budget', daterange('2026-01-01', day), 50)) AS caps
FROM unnest(ARRAY['2026-04-01', '2026-05-01', '2026-06-01', '2026-07-01', '2026-08-01', '2026-09-01', '2026-10-01', '2026-11-01']::date[]) AS day;
INSERT INTO line (net, pieces) VALUES (200, 6);
SELECT count(steering.set_cap('refusals.ict', 'refusals.town', 'budget', daterange('2026-01-01', day), 50)) AS caps
FROM unnest(ARRAY['2026-12-01', '2027-02-01']::date[]) AS day;
INSERT INTO line (net, pieces) VALUES (200, 6);
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service ^@ 'refusals.' AND amount = 50;

-- Who may read one cap sees its figures, and that the others are exceeded too.
CREATE ROLE refusals_clerk;
CREATE ROLE refusals_region;
GRANT USAGE ON SCHEMA refusals_test TO refusals_clerk, refusals_region;
GRANT INSERT ON line TO refusals_clerk, refusals_region;
UPDATE steering.participant SET reader = 'refusals_clerk' WHERE code = 'refusals.town';
SET ROLE refusals_clerk;
INSERT INTO line (net, pieces) VALUES (101, 6);
SET ROLE refusals_region;
INSERT INTO line (net, pieces) VALUES (101, 6);
INSERT INTO line (net, pieces) VALUES (1, 6);
RESET ROLE;

-- At commit: all caps of the transaction, in the same order, whichever was booked on first.
BEGIN;
SET LOCAL sp71_steering.check_at = commit;
INSERT INTO line (town, net) VALUES ('refusals.city', 31);
INSERT INTO line (net) VALUES (91);
INSERT INTO line (net, pieces) VALUES (0, 6);
INSERT INTO line (net) VALUES (-0.5);
COMMIT;
SELECT * FROM line;

-- So does what is counted at once: rows that are attached, and a participant that joins another group.
CREATE TABLE lot (LIKE line);
INSERT INTO lot VALUES (1, 'refusals.ict.phone', 'refusals.town', '2026-03-01', 101, 6);
SELECT steering.attach('lot', 'product', 'town', 'day', 'net', 'pieces');
INSERT INTO steering.participant (code, name) VALUES ('refusals.group', 'Group');
SELECT metric, steering.set_cap('refusals.ict', 'refusals.group', metric, '[2026-01-01,2027-01-01)', 1) - 7000 AS cap
FROM unnest(ARRAY['budget', 'volume']) AS metric;
INSERT INTO line (net, pieces) VALUES (2, 2);
UPDATE steering.participant SET parent = 'refusals.group' WHERE code = 'refusals.town';
DELETE FROM line;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE participant = 'refusals.group';

-- check_at is the answer of a trigger that inserts before it deletes, in a block that catches errors.
CREATE VIEW entry AS SELECT * FROM line;
CREATE FUNCTION replace_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		INSERT INTO line (town, day, net) VALUES (new.town, new.day, new.net);
	EXCEPTION WHEN division_by_zero THEN NULL;
	END;
	DELETE FROM line WHERE id = old.id;
	RETURN new;
END
$$;
CREATE TRIGGER replace_line INSTEAD OF UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION replace_line();
INSERT INTO line (net) VALUES (59);
UPDATE entry SET net = 58;
BEGIN;
SET LOCAL sp71_steering.check_at = commit;
UPDATE entry SET net = 58;
COMMIT;
-- Of an overrun that somebody accepted the transaction has taken off more than it adds.
SELECT steering.set_cap('refusals.ict.phone', 'refusals.town', 'budget', '[2026-01-01,2027-01-01)', 20, accept_overrun => true) - 7000 AS cap;
BEGIN;
UPDATE line SET net = net - 10;
INSERT INTO line (net) VALUES (10);
ROLLBACK;
BEGIN;
SET LOCAL sp71_steering.check_at = commit;
UPDATE line SET net = net - 10;
INSERT INTO line (net) VALUES (10);
COMMIT;
-- It is not where the statement is all there is, nor where it adds more than was taken off.
INSERT INTO line (net) VALUES (1);
BEGIN;
UPDATE line SET net = net - 10;
INSERT INTO line (net) VALUES (21);
ROLLBACK;
DELETE FROM line;

-- Rows that are moved between parts one by one, by statements of a client or by a function.
CREATE TABLE part (town text DEFAULT 'refusals.town', day date, net numeric) PARTITION BY RANGE (day);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
SELECT steering.attach('part', '''refusals.ict.phone''', 'town', 'day', 'net') > 0 AS attached;
INSERT INTO part_1 VALUES ('refusals.town', '2026-02-01', 20);
BEGIN;
INSERT INTO part_2 VALUES ('refusals.town', '2026-08-01', 20);
ROLLBACK;
CREATE FUNCTION move_rows() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO part_2 SELECT town, '2026-08-01', net FROM part_1;
	DELETE FROM part_1;
END
$$;
SELECT move_rows();
INSERT INTO part_2 VALUES ('refusals.town', '2026-08-01', 20);
BEGIN;
SET LOCAL sp71_steering.check_at = commit;
SELECT move_rows();
COMMIT;
SELECT tableoid::regclass, day, net FROM part;

-- A closed period refuses a trigger that inserts before it deletes for the same reason.
BEGIN;
INSERT INTO line (day, net) VALUES ('2020-03-01', 4);
SELECT steering.close_period('2020') > 0 AS closed;
DO $$
DECLARE
	hint text;
BEGIN
	UPDATE entry SET net = 4 WHERE day = '2020-03-01';
EXCEPTION WHEN SQLSTATE '23S74' THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RAISE NOTICE '%', hint;
END
$$;
SET LOCAL sp71_steering.check_at = commit;
UPDATE entry SET net = 4 WHERE day = '2020-03-01';
ROLLBACK;
SELECT * FROM steering.verify();

SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service ^@ 'refusals.';
SELECT count(steering.detach(source)) FROM unnest(ARRAY['line', 'part']::regclass[]) AS source;
SET client_min_messages = warning;
DROP SCHEMA refusals_test CASCADE;
UPDATE steering.participant SET reader = NULL WHERE code = 'refusals.town';
DROP ROLE refusals_clerk, refusals_region;
DELETE FROM steering.service WHERE code ^@ 'refusals.';
DELETE FROM steering.participant WHERE code ^@ 'refusals.';
