-- The report: what is asked for first is answered first. Names of what will be exceeded, how sure an outlook is, whether the reserve is enough; signs that differ,
-- groups as totals of their members, deviations that ask for an explanation before those that do not, and the currency.
\set VERBOSITY terse
BEGIN;
DELETE FROM steering.risk;
CREATE SCHEMA report_summary_test;
SET search_path = report_summary_test;
SET client_min_messages = error;
CREATE FUNCTION tree(html text) RETURNS xml LANGUAGE sql AS $$ SELECT xmlparse(DOCUMENT regexp_replace(html, '^<!DOCTYPE html>', '')) $$;
-- what elements say, without the currency, which need not be in the encoding of the database
CREATE FUNCTION said(html text, path text) RETURNS SETOF text LANGUAGE sql AS $$
SELECT trim(regexp_replace(regexp_replace((xpath('string(.)', element))[1]::text, '[^ -~]+', ' ', 'g'), ' +', ' ', 'g')) FROM unnest(xpath(path, tree(html))) AS element $$;
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES ('rs', NULL, 'Region', NULL), ('rs.a', 'rs', 'Town', 1000), ('rs.b', 'rs', 'City', 2000);
INSERT INTO steering.service (code, parent, name, unit) VALUES ('rs', NULL, 'All', NULL);
INSERT INTO steering.service (code, parent, name, unit) SELECT 'rs.' || i, 'rs', 'Service ' || i, 'hour' FROM generate_series(1, 8) AS i;
CREATE TABLE line (service text, participant text, day date, amount numeric, volume numeric);
SELECT steering.attach('line', 'service', 'participant', 'day', 'amount', volume => 'volume') > 0 AS attached;
-- Seven caps of the town end above their amount, one of the city at a step that only notifies, one of the region far below.
SELECT count(steering.set_cap('rs.' || i, 'rs.a', 'budget', '1995', 1000, '80% notify, 100% warn, 150% block')) AS town FROM generate_series(1, 7) AS i;
SELECT steering.set_cap('rs.1', 'rs.b', 'budget', '1995', 1000, '80% notify, 100% warn') > 0 AS city, steering.set_cap('rs.1', 'rs', 'budget', '1995', 90000, '80% notify') > 0 AS region,
	steering.set_cap('rs.8', 'rs.a', 'volume', '1995', 10, '80% notify, 100% warn') > 0 AS volume, steering.set_cap('rs', 'rs', 'budget', '1995', 200000) > 0 AS whole;
INSERT INTO line SELECT 'rs.' || i, 'rs.a', '1995-02-01', 1000 + 10.25 * i, 0 FROM generate_series(1, 7) AS i;
INSERT INTO line VALUES ('rs.1', 'rs.b', '1995-03-01', 850, 0), ('rs.8', 'rs.a', '1995-03-01', 0.5, 12);
SELECT steering.set_indicator('rs.helped', 'rs.1', 'Helped', 'child', 'higher', 'outcome', main => true) > 0 AS indicator;
SELECT steering.set_target('rs.helped', participant, '1995', 20), steering.set_measurement('rs.helped', participant, '1995', measured) FROM (VALUES ('rs.a', 12), ('rs.b', 19), ('rs', 16)) AS m (participant, measured);
CREATE TABLE page AS SELECT language, steering.report('1995', 'rs', language, minimum => 100) AS html FROM unnest(ARRAY['en', 'nl']) AS language;

-- The caps that are expected to be exceeded: those by most of each first, five by name, and how many more.
SELECT language, said FROM page, said(html, '//section[@id="summary"]//div[@class="tile"][2]/ol/li | //section[@id="summary"]//div[@class="tile"][2]/p[2]') WITH ORDINALITY AS s (said, nth) ORDER BY language, nth;
SELECT count(*) AS named, count(*) FILTER (WHERE outlook.cap_id IS NULL) AS others
FROM page, unnest(xpath('//section[@id="summary"]//div[@class="tile"][2]//ol/li', tree(html))) AS item
LEFT JOIN steering.cap_outlook('1995-12-31') AS outlook ON (xpath('//data/@value', item))::text[] = ARRAY[(amount - expected)::text, expected::text, amount::text]
WHERE language = 'en';
-- The fullest, of which as much is free or over as budget_status says; and results that are not reached, groups behind their members.
SELECT said FROM page, said(html, '//section[@id="summary"]//div[@class="tile"][1]//ol/li') WHERE language = 'en';
SELECT count(*) AS named, count(*) FILTER (WHERE status.cap_id IS NULL) AS others
FROM page, unnest(xpath('//section[@id="summary"]//div[@class="tile"][1]//ol/li', tree(html))) AS item
LEFT JOIN (SELECT cap_id, used_percent, free FROM steering.budget_status JOIN steering.cap_status USING (cap_id)) AS status
	ON (xpath('//data/@value', item))::text[] = ARRAY[used_percent::text, free::text]
WHERE language = 'en';
SELECT said FROM page, said(html, '//section[@id="summary"]//div[@class="tile"][3]/ol[1]/li') WHERE language = 'en';

-- One sign means one thing: ten, none of them like another, each with its words.
SELECT count(*) AS signs, count(DISTINCT class::text) AS classes FROM page, unnest(xpath('//dl[@class="legend"]//span/@class', tree(html))) AS class WHERE language = 'en';
SELECT language, string_agg(said, ' | ') AS legend FROM page, said(html, '//dl[@class="legend"]//span') GROUP BY language ORDER BY language;
SELECT DISTINCT class::text, said FROM page, unnest(xpath('//section[@id="cost"]//span', tree(html))) AS sign, LATERAL (SELECT (xpath('/span/@class', sign))[1] AS class, (xpath('string(.)', sign))[1]::text AS said) AS s
WHERE language = 'en' AND class IS NOT NULL ORDER BY class::text;

-- What is of a group is the total of its members, behind them.
SELECT language, said FROM page, said(html, '//section[@id="cost"]//tr[@class="total"]/th') ORDER BY language, said COLLATE "C";
SELECT count(*) AS groups_before_members FROM page, unnest(xpath('//section[@id="cost"]//tr[@class="total"]/following-sibling::tr[not(@class)]', tree(html)));
SELECT said FROM page, said(html, '//section[@id="results"]//table[caption/span="Indicators"]/tbody/tr') WHERE language = 'en';

-- Deviations: those that ask for an explanation first, and of these those of which nobody has said enough; green ones are folded.
SELECT steering.set_explanation('1995', 'rs.1', 'rs.a', 'More children', 'Others wait', 'Two teams more') > 0 AS explained;
CREATE VIEW deviation_page AS SELECT steering.report('1995', 'rs', minimum => 100) AS html;
SELECT said FROM deviation_page, said(html, '//section[@id="deviations"]/p[2] | //section[@id="deviations"]//summary');
SELECT said FROM deviation_page, said(html, '//section[@id="deviations"]/article');
SELECT count(*) AS folded, count(*) FILTER (WHERE said !~ 'green') AS others FROM deviation_page, said(html, '//section[@id="deviations"]/details/article') AS said;
SELECT count(*) AS all_of_them, (SELECT count(*) FROM steering.deviation('1995', 100) WHERE participant LIKE 'rs%') AS due FROM deviation_page, unnest(xpath('//section[@id="deviations"]//article', tree(html)));

-- How sure an outlook is, and what it does not know: what is booked for later months.
SELECT count(*) FILTER (WHERE html ~ 'Booked ahead|Vooruit geboekt') AS ahead FROM page;
INSERT INTO line SELECT 'rs.1', 'rs.a', make_date(year, month, 1), 100 + month + year % 7, 1 FROM generate_series(2994, 2998) AS year, generate_series(1, 12) AS month;
INSERT INTO line VALUES ('rs.2', 'rs.b', '2999-03-01', 77.25, 0), ('rs.2', 'rs.b', '2999-01-01', 50, 0);
CREATE VIEW ahead_page AS SELECT participant, language, steering.report('2999', participant, language) AS html FROM unnest(ARRAY['rs', 'rs.b']) AS participant, unnest(ARRAY['en', 'nl']) AS language;
SELECT participant, language, (xpath('string((//header//dt[.="Booked ahead" or .="Vooruit geboekt"]/following-sibling::dd)[1]/data/@value)', tree(html)))[1]::text::numeric AS ahead,
	(SELECT sum(amount) FROM steering.usage_by_month WHERE participant LIKE 'rs%' AND stage = 'actual' AND month > '2999-01-01') AS due FROM ahead_page ORDER BY participant COLLATE "C", language;
SELECT participant, language, regexp_replace(said, '\d', '9', 'g') AS said FROM ahead_page, said(html, '//section[@id="summary"]/dl[1]/*') WHERE said ~ 'outlooks|verwachtingen' ORDER BY participant COLLATE "C", language;
SELECT (xpath('//section[@id="summary"]/dl[1]/dd[1]//data/@value', tree(html)))::text[] = ARRAY[sum(advised)::text, max(advised_error)::text] AS figures, max(advised_years) AS years
FROM ahead_page, steering.outlook_by_method('2999-01-01', '2999') AS outlook WHERE ahead_page.participant = 'rs' AND language = 'en' AND outlook.participant LIKE 'rs%' AND advised IS NOT NULL GROUP BY html;

-- The reserve in a sentence, with a link: enough, not enough, nothing asked; and on pages of a part of the participants none.
CREATE VIEW reserve_page AS SELECT language, said(steering.report('2999', NULL, language), '//section[@id="summary"]/dl[1]/dd[position() > 1]') AS said FROM unnest(ARRAY['en', 'nl']) AS language;
SELECT steering.book_reserve('2998-01-01', 300000 - available, 'opening') > 0 AS opening FROM steering.resilience('2999-12-31', draws => 1);
SELECT language, said FROM reserve_page WHERE said ~ '300' ORDER BY language;
SELECT steering.set_risk('rs.outage', 'Outage', 1, 400000, 400000, 400000, '[2999-01-01,3000-01-01)') > 0 AS risk;
SELECT language, said FROM reserve_page WHERE said ~ '300' ORDER BY language;
SELECT (xpath('//section[@id="summary"]/dl[1]/dd[2]//data/@value', tree(steering.report('2999'))))::text[] = ARRAY[available::text, required::text, ratio::text] AS figures, xpath('//section[@id="summary"]/dl[1]//a/@href', tree(steering.report('2999')))::text AS links
FROM steering.resilience('2999-01-01');
SELECT steering.book_reserve('2998-01-02', 500000, 'more') > 0 AS more;
SELECT language, said FROM reserve_page WHERE said ~ '800' ORDER BY language;
SELECT count(*) FILTER (WHERE said ~ '800') AS of_a_participant FROM said(steering.report('2999', 'rs.a'), '//section[@id="summary"]/dl[1]/dd') AS said;

-- The currency: said once for a table, before an amount in a sentence, as the language writes it.
CREATE FUNCTION with_currency(currency text, language text) RETURNS text LANGUAGE sql AS $$
SELECT set_config('sp71_steering.currency', currency, true); SELECT steering.report('1995', 'rs', language) $$;
SELECT currency, language, substring(html, '<span class="unit">([^/]*)</span>') AS of_a_table, substring(html, '>([^<>]*72)</data>') AS of_an_amount
FROM (VALUES ('EUR', 'en'), ('EUR', 'nl'), ('GBP', 'en'), ('CHF', 'en'), ('<b>', 'en'), ('', 'en')) AS asked (currency, language), LATERAL with_currency(currency, language) AS html;
ROLLBACK;
