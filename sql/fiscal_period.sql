-- fiscal_period: years, quarters and months as a type.

SET search_path = public, steering;		-- for the operators alone: names below are qualified

-- What a cast of a text says: the value, or the SQLSTATE and the message.
CREATE FUNCTION pg_temp.reading(input text, OUT value text, OUT state text, OUT message text, OUT detail text)
	LANGUAGE plpgsql AS $$
BEGIN
	value := input::steering.fiscal_period;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
END $$;

CREATE TEMPORARY TABLE period AS
SELECT (to_char(year, 'FM0000') || part)::steering.fiscal_period AS p
FROM unnest(ARRAY[1, 2, 1582, 1899, 1900, 1999, 2000, 2023, 2024, 2025, 9998, 9999]) AS year,
	unnest(ARRAY['', '-Q1', '-Q2', '-Q3', '-Q4', '-01', '-02', '-03', '-04', '-05', '-06', '-07', '-08', '-09',
		'-10', '-11', '-12']) AS part;

-- A year, a quarter and a month are read and printed in one form.
SELECT steering.fiscal_period '2026', steering.fiscal_period '2026-Q1', steering.fiscal_period '2026-03';
SELECT steering.fiscal_period ' 2026-q4 ', steering.fiscal_period E'\t\n0001-12\r', steering.fiscal_period '9999';
SELECT count(*), count(*) FILTER (WHERE p::text::steering.fiscal_period = p) AS as_printed FROM period;

-- It takes four bytes.
SELECT pg_column_size(steering.fiscal_period '2026-Q1');

-- What is no period is refused, and the message says what was written.
SELECT steering.fiscal_period '2026-13';
SELECT steering.fiscal_period '2026-Q5';
SELECT steering.fiscal_period '26-03';
SELECT steering.fiscal_period '10000-Q1';
SELECT r.state, r.message, r.detail
FROM unnest(ARRAY['', ' ', '-', '2026-', '2026-Q', '2026-Q11', '2026-Q0', '2026-QQ', '2026-00', '2026-1', '2026-011',
	'2026-3 ', '2026 -03', '2026- 03', '2026-03-01', '2026Q1', '2026/03', '2026-W1', '-2026', '+2026', '2 026', '202',
	'NaN', 'infinity', '0x7e', '2e3', '2026.0', 'null', '0000', '0000-Q1', '00002026', '99999999999999999999-01',
	'99999-13', E'2026-\x01', '%s%n', '2026;']) AS input,
	pg_temp.reading(input) AS r;
SELECT r.state, r.message LIKE '%"' || input || '"%' AS says
FROM unnest(ARRAY[repeat('9', 100000), repeat('x', 100000), repeat(' ', 100000)]) AS input, pg_temp.reading(input) AS r;

-- Letters and spaces outside ASCII are no digits, no Q and no white space.
SELECT hex, r.state, r.message LIKE '%"' || input || '"%' AS says
FROM unnest(ARRAY['32303236c2a0', 'c2b2303236', '32303236c2ad3033', 'c3a9', '32303236c3a9']) AS hex, convert_from(decode(hex, 'hex'), 'UTF8') AS input,
	pg_temp.reading(input) AS r;

-- The order: by first day, and of the same first day the longer first.
SELECT string_agg(p::text, ' ' ORDER BY p) FROM period WHERE steering.fiscal_period '2024' @> p;
SELECT count(*) AS wrong FROM period a, period b
WHERE (a.p < b.p) <> ((lower(a.p::daterange), upper(b.p::daterange)) < (lower(b.p::daterange), upper(a.p::daterange)))
	OR (a.p <= b.p) <> (a.p < b.p OR a.p = b.p)
	OR (a.p > b.p) <> (b.p < a.p)
	OR (a.p >= b.p) <> NOT (a.p < b.p)
	OR (a.p = b.p) <> (a.p::text = b.p::text)
	OR (a.p <> b.p) <> NOT (a.p = b.p);
SELECT steering.min(p), steering.max(p), steering.min(p) FILTER (WHERE false) AS none FROM period;

-- The operator classes are valid, and indexes, joins, grouping and sorting use them.
SELECT amname, opcname, amvalidate(c.oid) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
WHERE opcintype = 'steering.fiscal_period'::regtype ORDER BY 1;
CREATE TEMPORARY TABLE figure AS SELECT p, n FROM period, generate_series(1, 20) AS n;
CREATE INDEX figure_btree ON figure (p);
ANALYZE figure;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT p FROM figure WHERE p >= '2024' AND p < '2024-02' ORDER BY p;
SELECT p, count(*) FROM figure WHERE p >= '2024' AND p < '2024-02' GROUP BY p ORDER BY p;
SELECT steering.max(p) FROM figure;
SELECT aggfnoid, aggsortop::regoperator, aggcombinefn FROM pg_aggregate
WHERE aggtranstype = 'steering.fiscal_period'::regtype ORDER BY aggfnoid::text;
DROP INDEX figure_btree;
CREATE INDEX figure_hash ON figure USING hash (p);
EXPLAIN (COSTS OFF) SELECT n FROM figure WHERE p = '2024-Q3';
SELECT count(n) FROM figure WHERE p = '2024-Q3';
RESET enable_seqscan;
RESET enable_bitmapscan;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SELECT count(*) FROM figure a JOIN period b ON a.p = b.p;
SET enable_hashjoin = off;
SET enable_mergejoin = on;
SELECT count(*) FROM figure a JOIN period b ON a.p = b.p;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_nestloop;

-- Contains, is contained by, overlaps: as the ranges of days do.
SELECT steering.fiscal_period '2026' @> steering.fiscal_period '2026-Q1' AS year_quarter,
	steering.fiscal_period '2026-Q1' @> steering.fiscal_period '2026-04' AS quarter_other_month,
	steering.fiscal_period '2026-03' <@ steering.fiscal_period '2026-Q1' AS month_in_quarter,
	steering.fiscal_period '2026-Q1' && steering.fiscal_period '2026-03' AS quarter_month;
SELECT count(*) AS pairs, count(*) FILTER (WHERE a.p @> b.p) AS contain, count(*) FILTER (WHERE a.p && b.p) AS overlap,
	count(*) FILTER (WHERE (a.p @> b.p) <> (a.p::daterange @> b.p::daterange)
		OR (a.p <@ b.p) <> (a.p::daterange <@ b.p::daterange)
		OR (a.p && b.p) <> (a.p::daterange && b.p::daterange)) AS wrong
FROM period a, period b;

-- A day lies in a period as it lies in its range; an infinite one lies in none.
SELECT count(*) AS pairs, count(*) FILTER (WHERE p @> day) AS contain,
	count(*) FILTER (WHERE (p @> day) <> (p::daterange @> day) OR (day <@ p) <> (day <@ p::daterange)) AS wrong
FROM period, (SELECT date '2023-12-01' + n FROM generate_series(0, 430) AS n
	UNION ALL SELECT unnest(ARRAY['0001-01-01', '0001-12-31', '1582-10-15', '1900-02-28', '1900-03-01', '9999-12-31',
		'10000-01-01', '0001-12-31 BC', '4713-01-01 BC', '5874897-12-31', '-infinity', 'infinity']::date[])) AS days (day);
SELECT steering.fiscal_period '0001' @> date '-infinity' AS before_all,
	steering.fiscal_period '9999' @> date 'infinity' AS after_all;

-- The period that a day lies in.
SELECT day, steering.fiscal_period(day, 'year') AS year, steering.fiscal_period(day, 'quarter') AS quarter,
	steering.fiscal_period(day, 'month') AS month
FROM unnest(ARRAY['0001-01-01', '2024-02-29', '2026-03-31', '2026-04-01', '9999-12-31']::date[]) AS day;
SELECT count(*) AS wrong
FROM generate_series(timestamp '1999-12-01', '2005-01-31', '1 day') AS d, unnest(ARRAY['year', 'quarter', 'month']) AS g
WHERE steering.first_day(steering.fiscal_period(d::date, g)) <> date_trunc(g, d)::date
	OR NOT steering.fiscal_period(d::date, g) @> d::date
	OR steering.granularity(steering.fiscal_period(d::date, g)) <> g;
SELECT steering.fiscal_period(date '2026-03-31', 'Quarter');
SELECT steering.fiscal_period(date '2026-03-31', 'week');
SELECT steering.fiscal_period(date '2026-03-31', '');
SELECT steering.fiscal_period(date '2026-03-31', 'months');
SELECT steering.fiscal_period(date 'infinity', 'month');
SELECT steering.fiscal_period(date '0001-12-31 BC', 'month');
SELECT steering.fiscal_period(date '10000-01-01', 'year');
SELECT steering.fiscal_period(NULL, 'month') IS NULL AS no_day, steering.fiscal_period(date '2026-03-31', NULL) IS NULL AS no_granularity;

-- First day, last day, range: [) and exact, leap years too.
SELECT p, steering.first_day(p), steering.last_day(p), p::daterange
FROM unnest(ARRAY['2026', '2026-Q1', '2026-12', '2024-02', '1900-02', '2000-02', '0001', '9999', '9999-12']::steering.fiscal_period[]) AS p;
SELECT count(*) AS wrong FROM period
WHERE lower(p::daterange) <> steering.first_day(p) OR upper(p::daterange) <> steering.last_day(p) + 1
	OR NOT lower_inc(p::daterange) OR upper_inc(p::daterange)
	OR upper(p::daterange) <> steering.first_day(p)
		+ CASE steering.granularity(p) WHEN 'year' THEN interval '1 year' WHEN 'quarter' THEN '3 months' ELSE '1 month' END;
CREATE TEMPORARY TABLE ranged (during daterange);
INSERT INTO ranged SELECT steering.fiscal_period '2026-Q2';
SELECT * FROM ranged;
SELECT NULL::steering.fiscal_period::daterange IS NULL AS null_stays_null;

-- Next, previous, further on: periods of the same granularity.
SELECT p, steering.previous_period(p), steering.next_period(p), p + 5 AS plus_5, p - 5 AS minus_5, p + 0 AS plus_0
FROM unnest(ARRAY['2026', '2026-Q1', '2026-01', '2026-Q4', '2026-12']::steering.fiscal_period[]) AS p;
SELECT count(*) AS wrong FROM period, generate_series(-30, 30) AS n
WHERE p BETWEEN '0100' AND '9000' AND (p + n - n <> p OR p - n <> p + (-n) OR (p + n < p) <> (n < 0)
	OR steering.granularity(p + n) <> steering.granularity(p)
	OR n > 0 AND upper((p + n - 1)::daterange) <> lower((p + n)::daterange));
SELECT steering.next_period('9999');
SELECT steering.next_period('9999-Q4');
SELECT steering.previous_period('0001-01');
SELECT steering.fiscal_period '2026-03' + 2147483647;
SELECT steering.fiscal_period '2026' + (-2147483648);
SELECT steering.fiscal_period '2026' - (-2147483648);
SELECT steering.fiscal_period '0001' + 9998, steering.fiscal_period '9999-12' - 119987;

-- A month lies in a quarter, a quarter in a year, a year in nothing.
SELECT p, steering.granularity(p), steering.parent_period(p), steering.parent_period(steering.parent_period(p)) AS grandparent
FROM unnest(ARRAY['2026-03', '2026-04', '2026-12', '2026-Q4', '2026']::steering.fiscal_period[]) AS p;
SELECT count(*) AS wrong FROM period WHERE NOT steering.parent_period(p) @> p OR (steering.parent_period(p) IS NULL) <> (steering.granularity(p) = 'year');

-- The months of a period, and from one period to another.
SELECT string_agg(m::text, ' ') FROM steering.generate_months('2026-Q2', '2026-Q2') AS m;
SELECT string_agg(m::text, ' ') FROM steering.generate_months('2025-11', '2026-Q1') AS m;
SELECT count(*), steering.min(m), steering.max(m) FROM steering.generate_months('0001', '9999') AS m;
SELECT count(*) FROM steering.generate_months('2026', '2025') AS m;
SELECT count(*) FROM steering.generate_months('2026', NULL) AS m;

-- Binary output comes back as it was.
\copy period to program 'cat >"$PG_ABS_BUILDDIR/results/fiscal_period.data"' (format binary)
CREATE TEMPORARY TABLE arrived (p steering.fiscal_period);
\copy arrived from program 'cat "$PG_ABS_BUILDDIR/results/fiscal_period.data"' (format binary)
SELECT (SELECT count(*) FROM arrived), (SELECT count(*) FROM (TABLE period EXCEPT TABLE arrived) AS d) AS missing;
SELECT steering.fiscal_period_send('2026-Q2'), to_hex((2026 * 12 + 3) * 4 + 1) AS month_and_unit;

-- Binary input is checked like text: unit 3, a quarter from February, the year 0, the year 10000, below zero, three bytes.
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\004\000\001\173\343\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\004\000\001\173\345\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\004\000\000\000\000\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\004\000\007\123\000\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\004\377\377\377\375\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\003\000\001\173\377\377"' (format binary)

-- Every function says of itself that it is immutable and parallel safe; nothing is without a comment.
SELECT count(*) > 30 AS there_are, count(*) FILTER (WHERE provolatile <> 'i' OR proparallel <> 's') AS wrong,
	count(*) FILTER (WHERE obj_description(oid, 'pg_proc') IS NULL) AS without_comment
FROM pg_proc WHERE pronamespace = 'steering'::regnamespace
	AND ('steering.fiscal_period'::regtype = ANY (proargtypes::oid[]) OR prorettype = 'steering.fiscal_period'::regtype);

DROP TABLE period, figure, ranged, arrived;
