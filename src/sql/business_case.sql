-- business_case.sql
-- What is expected of something new: benefits and one-off costs by year, and whether they are worth it.

CREATE TABLE steering.case_line (
	business_case text NOT NULL CONSTRAINT case_line_business_case_not_empty CHECK (business_case ~ '[^[:space:]]'),
	line text NOT NULL CONSTRAINT case_line_line_not_empty CHECK (line ~ '[^[:space:]]'),
	year integer NOT NULL CONSTRAINT case_line_year_in_range CHECK (year BETWEEN 1900 AND 9999),
	benefit steering.amount NOT NULL,
	cost steering.amount NOT NULL,
	CONSTRAINT case_line_pkey PRIMARY KEY (business_case, line, year)
);
REVOKE ALL ON steering.case_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.case_line', '');
COMMENT ON TABLE steering.case_line IS 'business cases, line by line and year by year, written by set_case_line() and drop_case_line() alone; for who may read about the organisation as a whole';
COMMENT ON COLUMN steering.case_line.business_case IS 'code of the business case: that of its start-up, where there is one';
COMMENT ON COLUMN steering.case_line.line IS 'what it is about';
COMMENT ON COLUMN steering.case_line.year IS 'the calendar year';
COMMENT ON COLUMN steering.case_line.benefit IS 'what it brings in that year: money; 0 is said, not left out';
COMMENT ON COLUMN steering.case_line.cost IS 'what it costs in that year: money';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.case_line
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_case_line', 'drop_case_line');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.case_line FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.set_case_line(business_case text, line text, year integer, benefit numeric, cost numeric) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_text(set_case_line.business_case, 'business_case'), steering.require_text(set_case_line.line, 'line'),
	steering.require_given(set_case_line.year IS NOT NULL, 'year'),
	steering.require_amount(set_case_line.benefit, 'benefit'), steering.require_amount(set_case_line.cost, 'cost');
SELECT steering.require_that(set_case_line.year BETWEEN 1900 AND 9999, '22023', format('year must be between 1900 and 9999: %s', set_case_line.year));
INSERT INTO steering.case_line (business_case, line, year, benefit, cost)
VALUES (set_case_line.business_case, set_case_line.line, set_case_line.year, set_case_line.benefit::steering.amount,
	set_case_line.cost::steering.amount)
ON CONFLICT ON CONSTRAINT case_line_pkey DO UPDATE SET benefit = excluded.benefit, cost = excluded.cost;
END;
REVOKE ALL ON FUNCTION steering.set_case_line(text, text, integer, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_case_line(text, text, integer, numeric, numeric) IS
'says what a line of a business case brings and costs in a year; what was said of it is replaced. A line that brings nothing is said to bring 0, and listed. Errors: 22004 null, 22023 an empty text, a year outside 1900 to 9999, an amount that is negative or has more than four decimals, 22003 amount';

CREATE FUNCTION steering.drop_case_line(business_case text, line text, year integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_given(drop_case_line.business_case IS NOT NULL, 'business_case'),
	steering.require_given(drop_case_line.line IS NOT NULL, 'line'), steering.require_given(drop_case_line.year IS NOT NULL, 'year');
WITH gone AS (
	DELETE FROM steering.case_line
	WHERE case_line.business_case = drop_case_line.business_case AND case_line.line = drop_case_line.line AND case_line.year = drop_case_line.year
	RETURNING case_line.year
)
SELECT steering.require_found(count(*),
	format('line "%s" of business case "%s" in %s', drop_case_line.line, drop_case_line.business_case, drop_case_line.year))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_case_line(text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_case_line(text, text, integer) IS 'removes what a line of a business case says of a year. Errors: 22004 null, 42704 there is no such line';

-- All by the power of (1 + rate) up to a year, which is exact: so what is rounded is a quotient of two numbers that are.
CREATE FUNCTION steering.business_case(business_case text, rate numeric DEFAULT 0, base_year integer DEFAULT NULL)
RETURNS TABLE (step integer, year integer, benefit numeric, cost numeric, net numeric, cumulative numeric, present_value numeric,
	net_present_value numeric, payback numeric, realised numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_text(business_case.business_case, 'business_case'), steering.require_given(business_case.rate IS NOT NULL, 'rate');
SELECT steering.require_that(count(*) > 0, '22023', format('business case "%s" is unknown', business_case.business_case),
		'Its lines are set with steering.set_case_line().'),
	steering.require_that(max(case_line.year) - min(case_line.year) < 100, '22023',
		format('business case "%s" is of more than 100 years', business_case.business_case)),
	steering.require_that(coalesce(business_case.base_year <= min(case_line.year) AND business_case.base_year > max(case_line.year) - 200, true), '22023',
		format('base_year must be %s or a year before it: %s', min(case_line.year), business_case.base_year)),
	steering.require_that(business_case.rate > -1 AND business_case.rate <= 1 AND business_case.rate = round(business_case.rate, 6), '22023',
		format('rate must be above -1, at most 1, and have six decimals at most: %s', business_case.rate))
FROM steering.case_line
WHERE case_line.business_case = business_case.business_case;
WITH RECURSIVE span AS (
	SELECT coalesce(business_case.base_year, min(case_line.year)) AS base, min(case_line.year) AS first, max(case_line.year) AS last
	FROM steering.case_line
	WHERE case_line.business_case = business_case.business_case
), each AS MATERIALIZED (
	SELECT years.year, coalesce(sum(case_line.benefit::numeric), 0) AS benefit, coalesce(sum(case_line.cost::numeric), 0) AS cost,
		coalesce(sum(case_line.benefit::numeric - case_line.cost::numeric), 0) AS net
	FROM span
	CROSS JOIN LATERAL generate_series(span.base, span.last) AS years (year)
	LEFT JOIN steering.case_line ON case_line.business_case = business_case.business_case AND case_line.year = years.year
	GROUP BY years.year
), walked (year, benefit, cost, net, before, cumulative, factor, value) AS (
	SELECT each.year, each.benefit, each.cost, each.net, 0::numeric, each.net, 1::numeric, each.net
	FROM span
	JOIN each ON each.year = span.base
	UNION ALL
	SELECT each.year, each.benefit, each.cost, each.net, walked.cumulative, walked.cumulative + each.net,
		walked.factor * (1 + business_case.rate), walked.value * (1 + business_case.rate) + each.net
	FROM walked
	JOIN each ON each.year = walked.year + 1
), placed AS (
	SELECT walked.*, walked.year - span.first + 1 AS step,
		count(*) FILTER (WHERE walked.cumulative >= 0) OVER (ORDER BY walked.year) AS recovered
	FROM walked
	JOIN span ON walked.year >= span.first
), found AS (
	SELECT extract(year FROM entry.booked_on) AS year, sum(entry.amount::numeric) AS amount
	FROM steering.saving
	JOIN steering.saving_entry AS entry ON entry.saving_id = saving.saving_id
	WHERE saving.start_up = business_case.business_case AND entry.step = 'realise'
	GROUP BY extract(year FROM entry.booked_on)
)
SELECT placed.step, placed.year, placed.benefit, placed.cost, placed.net, placed.cumulative,
	steering.exact_part(placed.net, 1, placed.factor), steering.exact_part(placed.value, 1, placed.factor),
	CASE WHEN placed.cumulative >= 0 AND placed.recovered = 1
		THEN placed.step - 1 + CASE WHEN placed.before < 0 THEN steering.exact_part(- placed.before, 1, placed.net) ELSE 0 END END,
	found.amount
FROM placed
LEFT JOIN found ON found.year = placed.year
ORDER BY placed.year;
END;
REVOKE ALL ON FUNCTION steering.business_case(text, numeric, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.business_case(text, numeric, integer) IS
'a business case year by year, from its first year to its last: benefit, cost and net (benefit - cost) of its lines, nominal; cumulative: net summed to the end of the year; present_value: net / (1 + rate)^(year - base_year); net_present_value: the sum of these to the end of the year; payback, in the first year in which cumulative is not below zero: after how many years from the beginning of the first one it is recovered, within the year by proportion, (step - 1) + (-cumulative of the year before) / net. Formulas: R. A. Brealey, S. C. Myers and F. Allen, Principles of Corporate Finance, chapters on net present value and on the payback rule. base_year: the year that is not discounted, the first one by default. realised: what of savings that repay the start-up of this code was realised in the year; null: nothing was recorded. Computed exactly, and rounded once, to four decimals. Errors: 22004 null, 22023 unknown code, more than 100 years, a base_year after the first year, a rate that is not above -1 and at most 1 or has more than six decimals';
