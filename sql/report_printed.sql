-- The report against pages that councils have printed: counts of lights with their percentages, and deviations that add up to those of their
-- programmes.
\set VERBOSITY terse
BEGIN;
CREATE SCHEMA report_printed_test;
SET search_path = report_printed_test;
CREATE FUNCTION tree(html text) RETURNS xml LANGUAGE sql AS $$ SELECT xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', '')) $$;
INSERT INTO steering.participant (code, name) VALUES ('pr.one', 'First of 2023'), ('pr.two', 'Second of 2021'), ('pr.three', 'Of 2022'), ('pr.none', 'Without caps'), ('pr.leiden', 'Leiden');
INSERT INTO steering.service (code, name) SELECT 'pr.' || i, 'Achievement ' || i FROM generate_series(1, 206) AS i;
CREATE TABLE line (service text, participant text, day date, amount numeric);
SELECT steering.attach('line', 'service', 'participant', 'day', 'amount') > 0 AS attached;

-- AC-65. Leiden: 186 + 14 + 0 = 200, and 178 + 28 + 0 = 206; Leidschendam-Voorburg: 10 of 23 are 43 %, 13 are 57 %.
CREATE TEMPORARY TABLE light (participant text, nth integer, used numeric);
INSERT INTO light SELECT participant, nth, CASE WHEN nth <= green THEN 10 ELSE 95 END
FROM (VALUES ('pr.one', 186, 14), ('pr.two', 178, 28), ('pr.three', 10, 13)) AS printed (participant, green, amber), generate_series(1, green + amber) AS nth;
SELECT count(steering.set_cap('pr.' || nth, participant, 'budget', '2021', 100, '80% notify, 90% warn, 110% block')) AS caps FROM light;
SET client_min_messages = error;
INSERT INTO line SELECT 'pr.' || nth, participant, '2021-02-01', used FROM light;
RESET client_min_messages;
CREATE FUNCTION lights(html text, tile integer) RETURNS TABLE (said text) LANGUAGE sql AS $$
SELECT trim(regexp_replace((xpath('string(.)', item))[1]::text, '\s+', ' ', 'g')) FROM unnest(xpath(format('//section[@id="summary"]//div[@class="tile"][%s]/*[self::ul or self::p]', tile), tree(html))) AS item $$;
SELECT participant, said FROM unnest(ARRAY['pr.none', 'pr.one', 'pr.three', 'pr.two']) AS participant, lights(steering.report('2021', participant), 1);
SELECT said FROM lights(steering.report('2021', 'pr.three', 'nl'), 1);
-- Nothing was booked after February: the course goes on as far as the period is past, and is no gap.
SELECT (xpath('string((//svg[@class="course"]/path[@class="line"])[1]/@d)', tree(steering.report('2021', 'pr.three'))))[1]::text ~ 'L384\.0 [0-9.]+$' AS to_the_end;

-- What is asked for first stands there too: what all comes to at the end, as the outlooks of the whole have it, and how many decisions wait.
SELECT (xpath('string(//section[@id="summary"]//dl//data/@value)', tree(html)))[1]::text::numeric = (SELECT sum(advised) FROM steering.outlook_by_method('2021-12-31', '2021') WHERE participant = 'pr.one') AS expected,
	xpath('//section[@id="summary"]//dl//a/@href', tree(html))::text AS links, (xpath('string((//section[@id="summary"]//dl/dd)[2])', tree(html)))[1]::text = (SELECT count(DISTINCT decision)::text FROM steering.proposal WHERE participant = 'pr.one' OR participant IS NULL) AS decisions
FROM steering.report('2021', 'pr.one') AS html;

-- AC-67. Leiden 2021, in thousands: 305 + 240 + 278 + 630 + 80 - 2,040 + 705 = 198, each programme the sum of its own.
CREATE TEMPORARY TABLE printed (programme text, description text, amount numeric);
INSERT INTO printed VALUES ('1', 'a', 200), ('1', 'b', 105), ('3', 'a', 50), ('3', 'b', 190), ('5', 'a', 36), ('5', 'b', 32), ('5', 'c', 60), ('5', 'd', 150), ('8', 'a', 70), ('8', 'b', -85), ('8', 'c', 645),
	('9', 'a', 80), ('10', 'a', -2040), ('overhead', 'a', 200), ('overhead', 'b', 66), ('overhead', 'c', -175), ('overhead', 'd', 614);
INSERT INTO steering.service (code, name) VALUES ('pr.all', 'All');
INSERT INTO steering.service (code, parent, name) SELECT DISTINCT 'pr.p.' || programme, 'pr.all', 'Programme ' || programme FROM printed;
INSERT INTO steering.service (code, parent, name) SELECT format('pr.p.%s.%s', programme, description), 'pr.p.' || programme, 'Description ' || description FROM printed;
SELECT count(steering.set_cap(format('pr.p.%s.%s', programme, description), 'pr.leiden', 'budget', '2021', 5000000, '100% warn')) AS descriptions FROM printed;
SELECT count(steering.set_cap('pr.p.' || programme, 'pr.leiden', 'budget', '2021', parts * 5000000, '100% warn')) AS programmes FROM (SELECT programme, count(*) AS parts FROM printed GROUP BY programme) AS programme;
SELECT steering.set_cap('pr.all', 'pr.leiden', 'budget', '2021', 17 * 5000000, '100% warn') > 0 AS whole;
SET client_min_messages = error;
INSERT INTO line SELECT format('pr.p.%s.%s', programme, description), 'pr.leiden', '2021-06-30', 5000000 - amount * 1000 FROM printed;
RESET client_min_messages;
CREATE VIEW deviates AS SELECT service, difference, light FROM steering.deviation('2021', 25000, '2021-12-31') WHERE participant = 'pr.leiden';
SELECT count(*) AS deviations, count(*) FILTER (WHERE service LIKE 'pr.p.%.%') AS descriptions FROM deviates;
SELECT programme.service, trim_scale(programme.difference / 1000) AS printed, trim_scale(sum(part.difference) / 1000) AS of_its_parts, programme.light
FROM deviates AS programme LEFT JOIN deviates AS part ON part.service LIKE programme.service || '._'
WHERE programme.service ~ '^pr\.p\.[^.]+$' GROUP BY programme.service, programme.difference, programme.light ORDER BY programme.service COLLATE "C";
SELECT trim_scale(difference / 1000) AS printed, (SELECT trim_scale(sum(difference) / 1000) FROM deviates WHERE service ~ '^pr\.p\.[^.]+$') AS of_programmes FROM deviates WHERE service = 'pr.all';
-- The page has the same, of each.
SELECT count(*) AS on_the_page, count(*) FILTER (WHERE due.difference IS NULL OR shown.difference IS NULL) AS others
FROM (SELECT (xpath('string((.//data)[1]/@value)', article))[1]::text::numeric AS difference, row_number() OVER (PARTITION BY (xpath('string((.//data)[1]/@value)', article))[1]::text::numeric) AS nth
	FROM unnest(xpath('//section[@id="deviations"]//article', tree(steering.report('2021', 'pr.leiden')))) AS article) AS shown
FULL JOIN (SELECT difference, row_number() OVER (PARTITION BY difference) AS nth FROM deviates) AS due USING (difference, nth);
ROLLBACK;
