-- The report: savings, the reserve and risks, each figure that of its function, and for one participant nothing of another.
\set VERBOSITY terse
BEGIN;
DELETE FROM steering.risk;
CREATE SCHEMA report_reserves_test;
SET search_path = report_reserves_test;
CREATE FUNCTION tree(html text) RETURNS xml LANGUAGE sql AS $$ SELECT xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', '')) $$;
CREATE FUNCTION section(html text, id text) RETURNS text LANGUAGE sql AS $$ SELECT (xpath(format('//section[@id="%s"]', id), tree(html)))[1]::text $$;
CREATE FUNCTION figures(html text, id text) RETURNS SETOF numeric LANGUAGE sql AS $$
SELECT value::text::numeric FROM unnest(xpath(format('//section[@id="%s"]//data/@value', id), tree(html))) AS value $$;
INSERT INTO steering.participant (code, parent, name) VALUES ('rr', NULL, 'Region'), ('rr.town', 'rr', 'Town'), ('rr.city', 'rr', 'City');
INSERT INTO steering.service (code, parent, name) VALUES ('rr', NULL, 'All'), ('rr.sport', 'rr', 'Sport'), ('rr.ict', 'rr', 'ICT');
CREATE TABLE line (service text, town text, day date, amount numeric);
SELECT steering.attach('line', 'service', 'town', 'day', 'amount') > 0 AS attached;
SELECT steering.set_cap('rr.sport', 'rr.town', 'budget', '2999', 1000000) AS town, steering.set_cap('rr.ict', 'rr.city', 'budget', '2999', 3000000) AS city \gset

-- Where there is nothing, the sections say so; links lead to what is there, and to all of it.
CREATE VIEW page AS SELECT level, language, steering.report('2999', 'rr', language, level) AS html
FROM unnest(ARRAY['organisation', 'council', 'holder']) AS level, unnest(ARRAY['en', 'nl']) AS language;
SELECT level, section(html, 'savings') ~ 'Nothing to show' AS savings, section(html, 'risk') ~ 'Nothing to show' AS risk FROM page WHERE language = 'en' ORDER BY level;
SELECT bool_and(links::text = ids::text) AS links_are_sections FROM page,
	LATERAL (SELECT array_agg(substr(href::text, 2)) AS links FROM unnest(xpath('//nav/a/@href', tree(html))) AS href) AS link,
	LATERAL (SELECT array_agg(id::text) AS ids FROM unnest(xpath('//section/@id', tree(html))) AS id) AS target;

-- Savings: of the whole, of both, allocated and not.
SELECT steering.set_saving('rr central', NULL, NULL, '2999', 90001, true, 'director') > 0 AS central, steering.set_saving('rr sport', 'rr.sport', 'rr.town', '2999', 70002, false, 'head of sport') > 0 AS sport,
	steering.set_saving('rr ict', 'rr.ict', 'rr.city', '2999', 50003, true, 'head of ICT') > 0 AS ict, steering.set_saving('rr more', 'rr.ict', 'rr.city', '2999', 30004, true, 'head of ICT') > 0 AS more;
SELECT steering.record_saving('rr sport', 'allocate', 70002, '2998-11-01', 'budget'), steering.record_saving('rr ict', 'allocate', 50003, '2998-11-01', 'budget');
SELECT steering.record_saving('rr sport', 'realise', 20000.25, '2999-03-01', 'found'), steering.record_saving('rr sport', 'postpone', 1000, '2999-04-01', 'later', into_period => '3000'),
	steering.record_saving('rr central', 'write_off', 9001.5, '2999-05-01', 'not to be found'), steering.record_saving('rr more', 'allocate', 4, '2999-06-01', 'a part') \g /dev/null
SELECT language, regexp_replace(array_to_string(xpath('//section[@id="savings"]//thead//th/text()', tree(html)), ' | '), '\s+', ' ', 'g') AS headings
FROM page WHERE level = 'organisation' ORDER BY language;
-- Each figure is that of saving_ledger(), or the sum of one column of those on the page, and none is missing.
CREATE VIEW ledger AS SELECT * FROM steering.saving_ledger('2999') WHERE saving LIKE 'rr %';
SELECT saving, state, trim_scale(at_begin) AS at_begin, trim_scale(allocated) AS allocated, trim_scale(realised) AS realised, trim_scale(written_off) AS written_off, trim_scale(postponed) AS postponed, trim_scale(remaining) AS remaining FROM ledger;
CREATE FUNCTION expected_savings(participants text[]) RETURNS TABLE (figure numeric) LANGUAGE sql AS $$
WITH shown AS (SELECT * FROM ledger WHERE participant = ANY (participants) OR participant IS NULL AND 'rr' = ANY (participants)),
	row AS (SELECT at_begin, allocated, realised, written_off, postponed, remaining FROM shown
		UNION ALL SELECT sum(at_begin), sum(allocated), sum(realised), sum(written_off), sum(postponed), sum(remaining) FROM shown)
SELECT value FROM row, LATERAL unnest(ARRAY[at_begin, allocated, realised, written_off, postponed, remaining]) AS value $$;
SELECT asked.participant, count(*) AS figures, count(*) FILTER (WHERE shown IS NULL OR due IS NULL) AS others
FROM (VALUES ('rr.town'), ('rr.city')) AS asked (participant), LATERAL (SELECT shown.figure AS shown, due.figure AS due
	FROM (SELECT figure, row_number() OVER (PARTITION BY figure) AS nth FROM figures(steering.report('2999', asked.participant), 'savings') AS figure) AS shown
	FULL JOIN (SELECT figure, row_number() OVER (PARTITION BY figure) AS nth FROM expected_savings(ARRAY[asked.participant])) AS due USING (figure, nth)) AS both_sides
GROUP BY asked.participant ORDER BY asked.participant;
SELECT count(*) AS figures, count(*) FILTER (WHERE shown.figure IS NULL OR due.figure IS NULL) AS others
FROM (SELECT figure, row_number() OVER (PARTITION BY figure) AS nth FROM figures(steering.report('2999'), 'savings') AS figure) AS shown
FULL JOIN (SELECT figure, row_number() OVER (PARTITION BY figure) AS nth FROM expected_savings(ARRAY['rr', 'rr.town', 'rr.city'])) AS due USING (figure, nth);
-- A council reads programmes, a budget holder what there is a mandate for.
SELECT level, section(html, 'savings') ~ 'Sport, Town' AS service, section(html, 'savings') ~ 'All, Town' AS programme FROM page WHERE language = 'en' ORDER BY level;
SELECT steering.set_mandate(current_user::text, ARRAY['set_cap'], 'rr.ict', 'rr.city', '(,)', 1) > 0 AS mandate;
SELECT section(html, 'savings') ~ 'ICT' AS own, section(html, 'savings') ~ 'Sport|rr central' AS other FROM steering.report('2999', level => 'holder') AS html;
DELETE FROM steering.mandate;

-- Risk: of what is central and not found yet no budget knows.
SELECT service, participant, trim_scale(expected_headroom) AS headroom, trim_scale(saving_at_risk) AS at_risk FROM steering.outlook_risk('2999-01-01', '2999') WHERE saving_at_risk <> 0;
SELECT count(*) AS figures, count(*) FILTER (WHERE NOT figure IN (SELECT value FROM steering.outlook_risk('2999-01-01', '2999'), LATERAL unnest(ARRAY[expected_headroom, saving_at_risk, headroom_at_risk]) AS value
	WHERE saving_at_risk <> 0 AND value IS NOT NULL)) AS others FROM figures(steering.report('2999'), 'risk') AS figure;
SELECT participant, array_agg(DISTINCT trim_scale(figure)) AS at_risk FROM unnest(ARRAY['rr.town', 'rr.city']) AS participant LEFT JOIN LATERAL figures(steering.report('2999', participant), 'risk') AS figure ON true GROUP BY participant ORDER BY participant;

-- The reserve against what risks ask for: for who may call its functions, and on pages of all.
SELECT section(steering.report('1990'), 'reserve') ~ 'Nothing to show' AS nothing;
SELECT steering.book_reserve('2998-01-01', 300001, 'opening') > 0 AS opening, steering.book_reserve('2999-07-01', -20002.5, 'moved') AS movement \gset
SELECT count(steering.set_risk(code, code, probability, low, likely, high, '[2999-01-01,3000-01-01)')) AS risks
FROM (VALUES ('rr outage', 0.15, 80000, 150000, 400000), ('rr staff', 0.50, 60000, 120000, 260000)) AS r (code, probability, low, likely, high);
SELECT steering.set_arrangement('rr.joint', 'Joint <body>', 'joint body', '[2000-01-01,)') > 0 AS made, steering.set_arrangement_member('rr.joint', participant, 'member', '[2000-01-01,)') FROM unnest(ARRAY['rr.town', 'rr.city']) AS participant;
SELECT steering.assign_reserve(:movement, 'rr.joint');
CREATE VIEW reserve_figure AS
SELECT before.available AS before, after.available AS after, now.* FROM steering.resilience('2998-12-31') AS before, steering.resilience('2999-12-31') AS after, steering.resilience('2999-01-01') AS now;
SELECT trim_scale(after - before) AS change, risks, required > 0 AS required FROM reserve_figure;
SELECT count(*) > 30 AS figures, count(*) FILTER (WHERE NOT figure IN (SELECT value FROM reserve_figure, LATERAL unnest(ARRAY[before, after, required, ratio]) AS value
	UNION ALL SELECT value FROM steering.supplier_health('2999', 'quarter', '2999-01-01'), LATERAL unnest(ARRAY[revenue, cost, result, coverage, kept, reserve_change, reserve, expected_reserve]) AS value WHERE value IS NOT NULL
	UNION ALL SELECT value FROM (SELECT arrangement FROM steering.arrangement_part GROUP BY arrangement
			HAVING bool_and(coalesce(valid_from, '-infinity') <= '2999-01-01' AND coalesce(valid_to, 'infinity') >= '2999-12-31')) AS whole,
		LATERAL steering.arrangement_health(whole.arrangement, '2999'), LATERAL unnest(ARRAY[revenue, cost, result, coverage, reserve]) AS value WHERE value IS NOT NULL)) AS others
FROM figures(steering.report('2999'), 'reserve') AS figure;
SELECT value IN (SELECT figure FROM figures(steering.report('2999'), 'risk') AS figure) AS is_shown, name
FROM reserve_figure, LATERAL (VALUES ('risks', risks::numeric), ('mean', mean), ('median', median), ('required', required), ('highest', highest), ('covered', covered_percent)) AS shown (name, value) ORDER BY name;
SELECT language, section(html, 'reserve') ~ 'Joint &lt;body&gt;' AS arrangement, section(html, 'reserve') ~ (SELECT format('>%s, [a-z ]+<', class) FROM reserve_figure) AS class,
	cardinality(xpath('//section[@id="reserve"]//svg[title and desc and @role="img"]', tree(html))) AS drawing
FROM unnest(ARRAY['en', 'nl']) AS language, steering.report('2999', NULL, language) AS html ORDER BY language;
-- Of one participant there is none of it: it is of all together.
SELECT participant, section(html, 'reserve') IS NULL AS no_reserve, section(html, 'risk') !~ 'register' AS no_risks FROM unnest(ARRAY['rr.town', 'rr.city']) AS participant, steering.report('2999', participant) AS html ORDER BY participant;
-- What is closed is not settled in part: of a month of a closed quarter the page has the reserve, and nothing that it brought.
SELECT steering.close_period('2999-Q4', reason => 'closed') > 0 AS closed;
SELECT period, section(steering.report(period), 'reserve') ~ 'brought in' AS brought FROM unnest(ARRAY['2999', '2999-12', '2999-Q4', '2999-06']) AS period ORDER BY period;

-- A reader gets what is his own, not what belongs to all, and no figure of another that together with his comes to a total.
CREATE ROLE regress_sp71_reserves;
GRANT USAGE ON SCHEMA report_reserves_test TO regress_sp71_reserves;
UPDATE steering.participant SET reader = 'regress_sp71_reserves' WHERE code = 'rr.town';
SET ROLE regress_sp71_reserves;
SELECT section(html, 'savings') ~ 'rr sport' AS own, html ~ 'rr central|rr ict|rr more|90,001|81,000|50,003|30,004|240,010|City|director|300,001|279,99' AS other, section(html, 'reserve') IS NULL AS no_reserve,
	section(html, 'risk') ~ 'register' AS risks FROM steering.report('2999') AS html;
RESET ROLE;
ROLLBACK;
