-- Pages of a database whose texts are as hard to show as people make them: markup, no blanks, control characters, many digits.
\set ON_ERROR_STOP on
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
\set bad '<script>alert("x" & ''y'')</script>'
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('region', NULL, :'bad', NULL), ('a', 'region', repeat('Llanfair', 12), 1000),
	('b', 'region', 'Ærø & Ǻland', 123456);
INSERT INTO steering.service (code, parent, name, unit) VALUES ('care', NULL, 'Care ' || :'bad', 'hour'), ('youth', 'care', repeat('Jeugdzorg', 9), 'hour'),
	('help', 'youth', E'Control \u0001\u0002 characters \u200F and right to left', NULL);
CREATE TABLE line (service text, participant text, booked_on date, amount numeric);
SELECT steering.attach('line', 'service', 'participant', 'booked_on', 'amount') \g /dev/null
SELECT steering.set_cap('care', 'a', 'budget', '2025', 912345678901.25, '80% notify, 100% warn, 110% block', :'bad') \g /dev/null
SELECT steering.set_cap('youth', 'b', 'budget', '2025', 1000, '80% notify, 100% warn') \g /dev/null
SELECT steering.set_cap('help', 'b', 'budget', '2025', 0, '100% warn') \g /dev/null
INSERT INTO line SELECT service, participant, make_date(2025, month, 3), amount * month
FROM (VALUES ('youth', 'a', 9876543210.75), ('youth', 'b', 300), ('care', 'b', 0.01)) AS booked (service, participant, amount), generate_series(1, 12) AS month;
SELECT steering.set_indicator('helped', 'youth', repeat('Geholpen', 20), 'child', 'higher', 'outcome', main => true) \g /dev/null
SELECT steering.set_target('helped', 'b', '2025', 20), steering.set_measurement('helped', 'b', '2025', 11) \g /dev/null
SELECT steering.set_explanation('2025', 'youth', 'b', :'bad', repeat('because', 60), E'line\none\ttwo "three" & four') \g /dev/null
\pset format unaligned
\pset tuples_only on
\getenv pages PAGES
\o :pages/texts.html
SELECT steering.report('2025', 'region');
\o :pages/texts_nl.html
SELECT steering.report('2025', 'b', 'nl', 'council');
