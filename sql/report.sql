-- The report: a page of HTML that is well-formed, escapes every text, and shows a reader no figure of another.
\set VERBOSITY terse
CREATE SCHEMA report_test;
SET search_path = report_test;
SET datestyle = ISO;

-- What is wrong with a call is named.
SELECT steering.report(NULL);
SELECT steering.report('2026', NULL, NULL);
SELECT steering.report('2026', 'rp.none');
SELECT steering.report('2026', NULL, 'fr');
SELECT steering.report('2026', NULL, 'en', NULL);
SELECT steering.report('2026', level => 'all');
SELECT steering.report('so');
SELECT steering.report('[2026-01-02,2026-02-01)');

-- Texts that would be markup, in all that people can write.
\set bad '<script>alert("x" & ''y'')</script>'
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('rp.region', NULL, :'bad', NULL),
	('rp.<b>&"town''', 'rp.region', 'Town ' || :'bad', 1000), ('rp.city', 'rp.region', 'City', 4000);
INSERT INTO steering.service (code, parent, name, unit) VALUES ('rp.<i>&"care''', NULL, 'Care ' || :'bad', :'bad'), ('rp.youth', 'rp.<i>&"care''', 'Youth', 'hour');
CREATE TABLE line (service text, participant text, booked_on date, amount numeric);
SELECT steering.attach('line', 'service', 'participant', 'booked_on', 'amount') > 0 AS attached;
SELECT steering.set_cap('rp.<i>&"care''', 'rp.<b>&"town''', 'budget', '2026', 1000, '80% notify, 100% warn, 110% block', :'bad') > 0 AS town;
SELECT steering.set_cap('rp.youth', 'rp.city', 'budget', '2026', 7654321, reason => :'bad') > 0 AS city;
SET client_min_messages = error;
INSERT INTO line VALUES ('rp.youth', 'rp.<b>&"town''', '2026-02-01', 1050.25), ('rp.youth', 'rp.city', '2026-03-01', 1234567.89);
RESET client_min_messages;
SELECT steering.set_indicator('helped', 'rp.youth', :'bad', 'child', 'higher', 'outcome', main => true) > 0 AS indicator;
SELECT steering.set_target('helped', 'rp.city', '2026', 20) > 0 AS target;

CREATE TABLE page AS SELECT language, steering.report('2026', 'rp.region', language) AS html FROM unnest(ARRAY['en', 'nl']) AS language;
-- It is XML too: what does not end, or is not escaped, would be an error. Nothing in it is run or loaded.
SELECT language, xmlparse(DOCUMENT html) IS NOT NULL AS well_formed, html LIKE '<!DOCTYPE html>%' AS html, html ~* '<script' AS script,
	html ~* '(src|srcset)=|@import|https?://|javascript:' AS loads, html ~ '<[a-z]+[^>]* on[a-z]+=' AS handlers
FROM page ORDER BY language;
SELECT language, html LIKE '%&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;%' AS escaped,
	html LIKE '%rp.&lt;i&gt;&amp;&quot;care&#39;%' AS code FROM page ORDER BY language;
-- Each drawing says what it is, each table has headings of columns and rows.
CREATE FUNCTION found(html text, path text) RETURNS integer LANGUAGE sql AS $$
SELECT cardinality(xpath(path, xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', '')))) $$;
SELECT language, found(html, '//svg[@role="img"]') > 0 AS drawings, found(html, '//svg[not(@aria-hidden) and not(title and desc and @role="img")]') AS without,
	found(html, '//table') > 0 AS tables, found(html, '//table[not(thead//th[@scope="col"]) or not(caption)]') AS without_columns,
	found(html, '//tbody/tr[not(th[@scope="row"])]') AS without_rows, found(html, '//h1') AS h1, found(html, '//html/@lang') AS lang
FROM page ORDER BY language;
-- Where refusals are not kept, the page does not say that there were none.
SELECT language, (xpath('string(//section[@id="refusals"])', xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', ''))))[1] AS refusals FROM page ORDER BY language;
SET sp71_steering.record_refusals = 'table';
SELECT steering.report('2026', 'rp.region') LIKE '%record_refusals%' AS not_kept;
RESET sp71_steering.record_refusals;
-- Words, numbers and days are those of the language.
SELECT language, (xpath('//h2/text()', xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', ''))))[1:3] AS headings,
	html LIKE '%>7,654,321<%' AS english, html LIKE '%>7.654.321<%' AS dutch, html LIKE '%>1 Jan 2026<%' AS day, html LIKE '%>1 jan 2026<%' AS dag
FROM page ORDER BY language;

SELECT language, html LIKE '%: 105.03 \%<%' AS title, html LIKE '%: 105,03 \%<%' AS titel,
	html ~ '<th scope="row">\d+ [A-Z][a-z]{2} \d{4} \d\d:\d\d</th>' AS moment, html ~ '<th scope="row">\d+ [a-z]{3} \d{4} \d\d:\d\d</th>' AS moment_nl
FROM page ORDER BY language;

-- Each figure is that of the public view or function.
CREATE VIEW figure AS SELECT DISTINCT value::text AS value FROM page,
	unnest(xpath('//data/@value', xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', '')))) AS value WHERE language = 'en';
SELECT metric, primitive, amended, committed, actual, reserved, free FROM steering.budget_status WHERE participant LIKE 'rp.%' ORDER BY cap_id;
SELECT count(*) AS figures, count(*) FILTER (WHERE shown.figure::text IN (SELECT value FROM figure)) AS on_the_page
FROM steering.budget_status JOIN steering.cap_status USING (cap_id)
CROSS JOIN LATERAL (VALUES (primitive), (amended), (committed), (actual), (reserved), (free), (used_percent)) AS shown (figure)
WHERE budget_status.participant LIKE 'rp.%' AND shown.figure IS NOT NULL;
SELECT count(*) AS figures, count(*) FILTER (WHERE shown.figure::text IN (SELECT value FROM figure)) AS on_the_page
FROM steering.deviation('2026') CROSS JOIN LATERAL (VALUES (amended), (expected), (difference), (attainment)) AS shown (figure)
WHERE participant LIKE 'rp.%' AND shown.figure IS NOT NULL;
SELECT count(*) AS figures, count(*) FILTER (WHERE shown.figure::text IN (SELECT value FROM figure)) AS on_the_page
FROM steering.cost_versus_result_below('2026') CROSS JOIN LATERAL (VALUES (actual), (committed), (unit_cost), (target), (measured), (attainment)) AS shown (figure)
WHERE participant = 'rp.region' AND shown.figure IS NOT NULL;
SELECT count(*) AS figures, count(*) FILTER (WHERE cost_per_inhabitant::text IN (SELECT value FROM figure)) AS on_the_page
FROM steering.compare_participants('2026', 'rp.<i>&"care''') WHERE rank_per_inhabitant IS NOT NULL;
-- And of no other: each number that is printed as a figure is one of these.
SELECT value FROM figure WHERE NOT EXISTS (
	SELECT FROM steering.budget_status JOIN steering.cap_status USING (cap_id)
		CROSS JOIN LATERAL (VALUES (primitive), (amended), (committed), (budget_status.actual), (reserved), (free), (used_percent)) AS shown (figure) WHERE shown.figure::text = value
	UNION ALL SELECT FROM steering.cap_outlook(least(greatest(current_date, '2026-01-01'), '2026-12-31')) WHERE (amount - expected)::text = value
	UNION ALL SELECT FROM steering.deviation('2026') CROSS JOIN LATERAL (VALUES (amended), (expected), (difference), (attainment)) AS shown (figure) WHERE shown.figure::text = value
	UNION ALL SELECT FROM steering.cap_outlook(least(greatest(current_date, '2026-01-01'), '2026-12-31')) WHERE expected::text = value
	UNION ALL SELECT FROM steering.outlook(least(greatest(current_date, '2026-01-01'), '2026-12-31'), NULL, '2026') HAVING sum(expected) FILTER (WHERE participant LIKE 'rp.%')::text = value
	UNION ALL SELECT FROM steering.usage_by_month WHERE participant LIKE 'rp.%' HAVING sum(amount)::text = value
	UNION ALL SELECT FROM steering.cost_versus_result_below('2026') CROSS JOIN LATERAL (VALUES (budget), (actual), (committed), (unit_cost), (target), (measured), (attainment)) AS shown (figure) WHERE shown.figure::text = value
	UNION ALL SELECT FROM steering.compare_participants('2026', 'rp.<i>&"care''') WHERE cost_per_inhabitant::text = value
	UNION ALL SELECT FROM steering.event CROSS JOIN LATERAL (VALUES (amount), (used)) AS shown (figure) WHERE shown.figure::text = value
	UNION ALL SELECT FROM steering.result CROSS JOIN LATERAL (VALUES (target), (measured), (attainment)) AS shown (figure) WHERE shown.figure::text = value);

-- A page of one has the figures that it has on the page of all: what is read for it is narrowed, what is computed is not.
SELECT count(*) > 10 AS figures, count(*) FILTER (WHERE NOT value::text IN (SELECT value FROM figure)) AS others
FROM unnest(xpath('//*[@id="cost" or @id="deviations"]//data/@value', xmlparse(DOCUMENT regexp_replace(steering.report('2026', 'rp.city'), '^<!DOCTYPE html>', '')))) AS value;
-- The deviations are those of the public function. Of side by side too.
SELECT (SELECT count(*) FROM steering.deviation('2026') WHERE participant LIKE 'rp.%') = found(html, '//article') AS deviations FROM page;
SELECT count(*) AS compared, count(*) FILTER (WHERE (one.actual, one.inhabitants, one.cost_per_inhabitant, one.rank_per_inhabitant)
	IS DISTINCT FROM (beside.actual, beside.inhabitants, beside.cost_per_inhabitant, beside.rank_per_inhabitant)) AS other
FROM steering.compare_services('2026') AS beside FULL JOIN steering.compare_participants('2026', 'rp.<i>&"care''') AS one USING (participant)
WHERE beside.service = 'rp.<i>&"care''' OR beside.service IS NULL;
SELECT count(*) AS outlooks, count(*) FILTER (WHERE (side.advised, side.advised_method) IS DISTINCT FROM (one.expected, one.method)) AS other
FROM steering.outlook_by_method('2026-12-31') AS side FULL JOIN steering.outlook('2026-12-31') AS one USING (service, participant)
WHERE participant LIKE 'rp.%';
-- The council has programmes alone; a budget holder what there is a mandate for.
SELECT level, html LIKE '%rp.youth%' AS youth, found(html, '//section[@id="refusals" or @id="events"]') AS bookings, xmlparse(DOCUMENT html) IS NOT NULL AS well_formed
FROM unnest(ARRAY['organisation', 'council', 'holder']) AS level CROSS JOIN LATERAL steering.report('2026', 'rp.region', level => level) AS html;
SELECT steering.set_mandate(current_user::text, ARRAY['set_cap'], 'rp.youth', 'rp.city', '(,)', 1) > 0 AS mandate;
SELECT html ~ 'Town' AS town, html LIKE '%7,654,321%' AS city FROM steering.report('2026', 'rp.region', level => 'holder') AS html;
DELETE FROM steering.mandate;

-- A reader sees its own, and nothing of another: no name, no code, no figure, and none that both together come to.
CREATE ROLE regress_sp71_report;
GRANT USAGE ON SCHEMA report_test TO regress_sp71_report;
UPDATE steering.participant SET reader = 'regress_sp71_report' WHERE code = 'rp.<b>&"town''';
SET ROLE regress_sp71_report;
SELECT html LIKE '%1,050%' AS own, html ~ 'City|rp\.city|rp\.region|7,654,321|1,234,568|1,235,618|7654321|1234567\.89|1235618\.14' AS other, xmlparse(DOCUMENT html) IS NOT NULL AS well_formed
FROM steering.report('2026') AS html;
SELECT html LIKE '%1.050%' AS own FROM steering.report('2026', 'rp.<b>&"town''', 'nl') AS html;
SELECT steering.report('2026', 'rp.city');
SELECT code FROM steering.named_participant;
RESET ROLE;
-- Who may read nothing gets a page with nothing.
UPDATE steering.participant SET reader = NULL WHERE code = 'rp.<b>&"town''';
SET ROLE regress_sp71_report;
SELECT xmlparse(DOCUMENT html) IS NOT NULL AS well_formed, html LIKE '%<data%' AS figures, (SELECT count(*) FROM steering.named_service) AS services FROM steering.report('2026') AS html;
RESET ROLE;
-- It reads, and that is all it needs: a transaction that may only read can have it.
BEGIN READ ONLY;
SELECT length(steering.report('2026', 'rp.city')) > 0 AS written;
COMMIT;

SET client_min_messages = error;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE participant LIKE 'rp.%';
UPDATE steering.participant SET inhabitants = NULL WHERE code LIKE 'rp.%';
DROP SCHEMA report_test CASCADE;
RESET client_min_messages;
DROP ROLE regress_sp71_report;
