--
-- A period in a call is a fiscal period or a range of whole months: period_range().
--
SET datestyle = 'ISO';
\set VERBOSITY terse

SELECT period, steering.period_range(period) AS days
FROM unnest(ARRAY['2026', '2026-Q1', '2026-q4', '2026-03', ' 2026 ', '0001', '9999', '[2024-04-01,2025-04-01)', '[2024-04-01,2025-03-31]',
	'(2024-03-31,2025-04-01)', '(2024-03-31,2025-03-31]', E'\t[ 2024-04-01 , 2025-04-01 ) ', '[2024-02-01,2024-02-29]', '[2023-02-01,2023-02-28]',
	'[1900-02-01,1900-02-28]', '[2000-02-01,2000-02-29]', '[0001-01-01,10000-01-01)', '[9999-12-01,9999-12-31]']) AS period;

-- What is neither is 22P02, with what is wrong and what would be right.
\set VERBOSITY default
SELECT steering.period_range('next year');
SELECT steering.period_range('2026-13');
SELECT steering.period_range('2026-Q5');
SELECT steering.period_range('0000');
SELECT steering.period_range('[2023-02-01,2023-02-29]');
SELECT steering.period_range('[9999-12-01,10001-01-01)');
-- A range that is not of whole months, or without end, is 22023.
SELECT steering.period_range('[2026-01-02,2027-01-01)');
SELECT steering.period_range('[2026-01-01,)');
SELECT steering.period_range('empty');
-- Null is 22004: all years is a period nobody means.
SELECT steering.period_range(NULL);
\set VERBOSITY terse

CREATE FUNCTION pg_temp.refusal(period text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN steering.period_range(period);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT period, pg_temp.refusal(period)
FROM unnest(ARRAY['', ' ', '26', '20260', '2026-', '2026-1', '2026-001', '2026-00', '2026-Q0', '2026-Q', '2026-03-01', '2026 2027',
	'[2024-04-01', '[2024-04-01]', '[2024-04-01,2025-04-01', '2024-04-01,2025-04-01', '{2024-04-01,2025-04-01}', '[2024-04-01,2025-04-01)x', '[2024-04-01;2025-04-01)',
	'[2024-04-01,2025-04-01,2026-04-01)', '["2024-04-01","2025-04-01")', '[01-04-2024,01-04-2025)', '[2024-4-1,2025-4-1)', '[today,tomorrow)', '[2024-04-01 BC,2025-04-01)',
	'[2024-13-01,2025-04-01)', '[2024-00-01,2025-04-01)', '[2024-04-00,2025-04-01)', '[2024-04-31,2025-04-01)', '[1900-02-29,2025-04-01)', '[0000-01-01,2025-01-01)',
	'(2024-04-01,2025-04-01)', '[2024-04-01,2025-04-01]', '[2024-04-30,2025-04-01)', '[2024-04-01,2025-03-31)', '(2024-02-28,2025-04-01)',
	'(,)', '[,2025-04-01)', '[2024-04-01,]', '[-infinity,2025-04-01)', '[2024-04-01,infinity)', 'empty ', 'empty range',
	'[2024-04-01,2024-04-01)', '[2025-04-01,2024-04-01)', '(2024-03-31,2024-03-31]']) AS period;

-- It means the same under every DateStyle, and is known when a query is planned.
SET datestyle = 'SQL, DMY';
SELECT steering.period_range('[2024-04-01,2025-04-01)') = daterange(make_date(2024, 4, 1), make_date(2025, 4, 1)) AS same;
SET datestyle = 'ISO';
EXPLAIN (COSTS OFF, VERBOSE) SELECT steering.period_range('2026-Q1');

-- All fiscal periods of 60 years; all ranges of up to 30 months in 10 years in four spellings.
SELECT count(*), count(*) FILTER (WHERE steering.period_range(period::text) = steering.daterange(period)) AS right
FROM generate_series(date '1980-01-01', date '2039-12-01', '1 month') AS month, unnest(ARRAY['year', 'quarter', 'month']) AS granularity,
	LATERAL (SELECT steering.fiscal_period(month::date, granularity) AS period) AS period;
SELECT count(*), count(*) FILTER (WHERE steering.period_range(period) = daterange(first::date, last::date)) AS right
FROM generate_series(date '1996-01-01', date '2005-12-01', '1 month') AS first, generate_series(1, 30) AS months,
	LATERAL (SELECT first + months * interval '1 month' AS last) AS last,
	unnest(ARRAY[format('[%s,%s)', first::date, last::date), format('[%s,%s]', first::date, last::date - 1),
		format('(%s,%s)', first::date - 1, last::date), format('(%s,%s]', first::date - 1, last::date - 1)]) AS period;
-- Each day but the first of a month is refused as a bound.
SELECT count(*), count(*) FILTER (WHERE pg_temp.refusal(format('[%s,2010-01-01)', day::date)) LIKE '22023 period must be made of whole months%'
	AND pg_temp.refusal(format('[1990-01-01,%s)', day::date)) LIKE '22023 period must be made of whole months%') AS refused
FROM generate_series(date '1999-01-01', date '2001-12-31', '1 day') AS day WHERE extract(day FROM day) > 1;
