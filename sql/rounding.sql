-- health() counts the rows that are not zero and count as zero, since they round to it.
CREATE SCHEMA rounding_test;
SET search_path = rounding_test;
INSERT INTO steering.participant (code, name) VALUES ('rounding.town', 'Town');
INSERT INTO steering.service (code, name, unit) VALUES ('rounding.ict', 'ICT', 'piece');
CREATE DOMAIN cents AS numeric(12,2);
CREATE DOMAIN precise AS numeric(20,8);
CREATE TABLE line (town text DEFAULT 'rounding.town', day date DEFAULT '2026-03-01', net numeric, pieces numeric(16,6), status text DEFAULT 'approved');
CREATE TABLE typed (town text DEFAULT 'rounding.town', day date DEFAULT '2026-03-01', net cents, pieces numeric(16,4));
CREATE TABLE part (town text DEFAULT 'rounding.town', day date, net precise) PARTITION BY RANGE (day);
CREATE TABLE part_2 (net precise, day date, town text DEFAULT 'rounding.town');
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT steering.attach('line', '''rounding.ict''', 'town', 'day', 'net', 'pieces', counts_when => $$status = 'approved'$$) > 0 AS attached;
SELECT steering.attach('typed', '''rounding.ict''', 'town', 'day', 'net', 'pieces') > 0 AS attached;
SELECT steering.attach('part', '''rounding.ict''', 'town', 'day', 'net * 0.001') > 0 AS attached;
CREATE VIEW problem AS SELECT subject, problem, detail, hint FROM steering.health() WHERE subject ^@ 'rounding_test.' OR subject IN ('line', 'typed', 'part') ORDER BY subject;

INSERT INTO line (net, pieces) VALUES (0, 0), (1, 1), (NULL, NULL), (0.00005, 0), (-0.00005, 0), (0, 0.0001), (1000000.00001, 0);
INSERT INTO typed (net, pieces) VALUES (0.001, 0.00004), (0.01, 0);
INSERT INTO part (day, net) VALUES ('2026-05-01', 0.1), ('2026-05-01', 0);
TABLE problem;
INSERT INTO line (net, pieces) VALUES (0.00004999999, 0), (-0.00001, 5), (7, 0.000001), (1e-30, 0.00001);
INSERT INTO line (net, status) VALUES (0.00001, 'draft'), ('NaN', 'draft');
INSERT INTO part (day, net) VALUES ('2026-05-01', 0.04);
TABLE problem;
-- A source that cannot be read to its end is left out, and keeps none of the others from being told.
BEGIN;
CREATE FUNCTION fail(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF $1 = 13 THEN RAISE division_by_zero; END IF; RETURN $1; END $$;
CREATE TABLE failing (LIKE line INCLUDING DEFAULTS);
SELECT steering.attach('failing', '''rounding.ict''', 'town', 'day', 'rounding_test.fail(net)') > 0 AS attached;
INSERT INTO failing (net) VALUES (0.00001);
SELECT source.relation, bookings FROM steering.rounded_rows() JOIN steering.source USING (source_id) ORDER BY source_id;
ALTER TABLE failing DISABLE TRIGGER USER;
INSERT INTO failing (net) VALUES (13);
SELECT source.relation, bookings FROM steering.rounded_rows() JOIN steering.source USING (source_id) ORDER BY source_id;
ROLLBACK;
DELETE FROM line WHERE net < 0.00005 AND net > -0.00005 AND net <> 0 OR pieces = 0.000001;
TABLE problem;
SELECT * FROM steering.verify();

SELECT count(steering.detach(source)) FROM unnest(ARRAY['line', 'typed', 'part']::regclass[]) AS source;
SET client_min_messages = warning;
DROP SCHEMA rounding_test CASCADE;
DELETE FROM steering.service WHERE code ^@ 'rounding.';
DELETE FROM steering.participant WHERE code ^@ 'rounding.';
