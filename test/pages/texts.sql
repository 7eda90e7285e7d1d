-- Pages of a database whose texts are as hard to show as people make them: markup, no blanks, control characters, many digits.
\set ON_ERROR_STOP on
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS sp71_steering;
\set bad '<script>alert("x" & ''y'')</script>'
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('region', NULL, :'bad', NULL), ('a', 'region', repeat('Llanfair', 12), 1000),
	('b', 'region', E'Ærø \u202E & Ǻland', 123456);
INSERT INTO steering.service (code, parent, name, unit) VALUES ('care', NULL, 'Care ' || :'bad', 'hour'), ('youth', 'care', repeat('Jeugdzorg', 9), 'hour'),
	('help', 'youth', E'Control \u0001\u0002 characters \uFFFF \u200F and right to left', NULL), ('lead', NULL, E'Turned \u202E round', NULL);
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
SELECT steering.set_saving(repeat('bezuiniging', 9), NULL, NULL, '2025', 912345678901.25, true, :'bad'), steering.set_saving('short', 'help', 'b', '2025', 10, false, repeat('Llanfair', 12)) \g /dev/null
SELECT steering.record_saving('short', 'realise', 3, '2025-03-01', :'bad'), steering.record_saving(repeat('bezuiniging', 9), 'write_off', 5, '2025-03-01', :'bad') \g /dev/null
SELECT steering.book_reserve('2025-01-01', 912345678901.25, :'bad'), steering.set_risk(:'bad', :'bad', 0.5, 1, 912345678901, 912345678902),
	steering.set_arrangement('long', repeat('Samenwerking', 9), 'joint body', '(,)') \g /dev/null
SELECT steering.set_arrangement_member('long', participant, 'member', '(,)') FROM unnest(ARRAY['a', 'b']) AS participant \g /dev/null
SELECT steering.set_lawfulness_frame('2025', 1, 100, (SELECT jsonb_agg(rule || jsonb_build_object('name', repeat('grond', 20))) FROM jsonb_array_elements(steering.lawfulness_model(2025, 0)) AS rule), 'b'),
	steering.set_lawfulness_base('2025', 'b', 912345678901, 0), steering.set_deviation('2025', 'b', 'income', repeat('onderwerp', 15), 912345678901, 10, '{"foreseeable": false}', repeat('toelichting', 15)) \g /dev/null
SELECT steering.set_rule(ARRAY['set_cap'], 'dual'), steering.set_mandate(current_user::text, ARRAY['set_cap'], NULL, NULL, '(,)', 1000000) \g /dev/null
SELECT steering.propose('set_cap', '{"service": "help", "participant": "b", "metric": "budget", "during": "2025", "amount": 10}', repeat('omdat', 40)) \g /dev/null
\pset format unaligned
\pset tuples_only on
\getenv pages PAGES
\o :pages/texts.html
SELECT steering.report('2025', 'region');
\o :pages/texts_all.html
SELECT steering.report('2025', NULL, 'nl');
\o :pages/texts_nl.html
SELECT steering.report('2025', 'b', 'nl', 'council');
