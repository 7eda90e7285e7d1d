-- Rows that are no bookings, which no statement on the rows brings but one on the structure: each is refused in the words
-- in which the booking would have been.
\set VERBOSITY terse
CREATE SCHEMA no_bookings_test;
SET search_path = no_bookings_test;

INSERT INTO steering.participant (code, name, during) VALUES ('none.town', 'Town', '(,)'), ('none.old', 'Merged', '(,2026-01-01)');
INSERT INTO steering.service (code, name, during) VALUES ('none.hr', 'HR', '(,)'),
	('none.fax', 'Fax', '(,2020-01-01)');
CREATE TABLE line (service text, participant text, day date, net numeric(12,2), book integer DEFAULT 1) PARTITION BY LIST (book);
CREATE TABLE line_1 PARTITION OF line FOR VALUES IN (1);
SELECT steering.attach('line', 'service', 'participant', 'day', 'net') > 0 AS attached;
SELECT steering.set_cap('none.hr', 'none.town', 'budget', '[2026-01-01,2027-01-01)', 100) > 0 AS capped;

-- A partition that comes with such rows.
CREATE TABLE line_2 (LIKE line);
INSERT INTO line_2 VALUES ('none.hr', 'none.village', '2026-05-01', 1, 2);
ALTER TABLE line ATTACH PARTITION line_2 FOR VALUES IN (2);
UPDATE line_2 SET participant = 'none.old';
ALTER TABLE line ATTACH PARTITION line_2 FOR VALUES IN (2);
UPDATE line_2 SET participant = 'none.town', service = 'none.fax';
ALTER TABLE line ATTACH PARTITION line_2 FOR VALUES IN (2);
UPDATE line_2 SET service = 'none.gsm';
ALTER TABLE line ATTACH PARTITION line_2 FOR VALUES IN (2);
UPDATE line_2 SET service = 'none.hr', day = 'infinity';
ALTER TABLE line ATTACH PARTITION line_2 FOR VALUES IN (2);
UPDATE line_2 SET day = '2026-05-01';
ALTER TABLE line ATTACH PARTITION line_2 FOR VALUES IN (2);
SELECT used FROM steering.cap_status WHERE service = 'none.hr';

-- A column that gets such values. What the table says stays as it was.
ALTER TABLE line ALTER participant TYPE varchar USING 'none.village';
ALTER TABLE line ALTER participant TYPE varchar USING 'none.old';
ALTER TABLE line ALTER participant TYPE varchar USING NULL;
ALTER TABLE line ALTER service TYPE varchar USING 'none.gsm';
ALTER TABLE line ALTER service TYPE varchar USING 'none.fax';
ALTER TABLE line ALTER day TYPE timestamp USING 'infinity';
ALTER TABLE line ALTER day TYPE timestamp USING NULL;
ALTER TABLE line ALTER net TYPE numeric USING net + 99.01;
ALTER TABLE line ALTER net TYPE numeric USING net + 99;
SELECT used FROM steering.cap_status WHERE service = 'none.hr';
SELECT * FROM line;
SELECT * FROM steering.verify();

SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'none.%';
SELECT steering.detach('line');
DROP SCHEMA no_bookings_test CASCADE;
DELETE FROM steering.service WHERE code LIKE 'none.%';
DELETE FROM steering.participant WHERE code LIKE 'none.%';
