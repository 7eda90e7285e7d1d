-- The tables at the end: medians over the rounds, of figures and of ratios within a round, and the bars
-- beside them. Titles and bars stand here and nowhere else. Variables: those of run.sh.

\pset tuples_only off
\pset format aligned
\pset border 0
\pset footer off
SELECT to_char(:bulk, 'FM999,999,999') AS bulk, to_char(:some, 'FM999,999,999') AS some,
	to_char(:few_bookings, 'FM999,999,999') AS few, to_char(:many_bookings, 'FM999,999,999') AS many,
	to_char(:caps, 'FM999,999,999') AS caps
\gset

CREATE VIEW median AS
SELECT scenario, layout, contender, percentile_cont(0.5) WITHIN GROUP (ORDER BY figure)::numeric AS figure,
	max(factor) > 1 AS is_lower_bound
FROM figure
GROUP BY scenario, layout, contender;

CREATE FUNCTION median(scenario text, layout text, contender text) RETURNS numeric
LANGUAGE sql
RETURN (SELECT figure FROM median WHERE (median.scenario, median.layout, median.contender) = ($1, $2, $3));

-- How one figure of a round compares with another one of it. Those that were not measured in the same
-- rounds are compared by their medians.
CREATE FUNCTION ratio(scenario text, layout text, contender text, to_layout text, to_contender text) RETURNS numeric
LANGUAGE sql
RETURN coalesce((
	SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY figure.figure / other.figure)
	FROM figure
	JOIN figure AS other ON (other.scenario, other.layout, other.contender, other.round) = ($1, $4, $5, figure.round)
	WHERE (figure.scenario, figure.layout, figure.contender) = ($1, $2, $3)
	HAVING count(*) = (SELECT max(count) FROM (
		SELECT count(*) FROM figure
		WHERE (figure.scenario, figure.layout, figure.contender) IN (($1, $2, $3), ($1, $4, $5))
		GROUP BY figure.layout, figure.contender) AS rounds)
)::numeric, median($1, $2, $3) / median($1, $4, $5));

-- Three digits that matter.
CREATE FUNCTION shown(figure numeric, is_lower_bound boolean DEFAULT false, width integer DEFAULT 8) RETURNS text
LANGUAGE sql
RETURN lpad(CASE WHEN is_lower_bound THEN '>' ELSE '' END || CASE
	WHEN abs(figure) >= 100 THEN to_char(figure, 'FM999,999,990')
	WHEN abs(figure) >= 10 THEN to_char(figure, 'FM90.0')
	WHEN abs(figure) >= 0.1 THEN to_char(figure, 'FM0.00')
	ELSE to_char(figure, 'FM0.000')
END, width);

-- The least and the greatest of these ratios: how far to trust the median.
CREATE FUNCTION spread(scenario text, layout text, contender text, to_layout text, to_contender text) RETURNS text
LANGUAGE sql
RETURN (
	SELECT ltrim(shown(min(figure.figure / other.figure))) || '-' || ltrim(shown(max(figure.figure / other.figure)))
	FROM figure
	JOIN figure AS other ON (other.scenario, other.layout, other.contender, other.round) = ($1, $4, $5, figure.round)
	WHERE (figure.scenario, figure.layout, figure.contender) = ($1, $2, $3)
	HAVING count(*) > 1
);

-- A bar is a comparison and a number. The margin is 1 on the bar, and above 1 on its good side.
CREATE FUNCTION margin(ratio numeric, bar text) RETURNS numeric
LANGUAGE sql
RETURN CASE
	WHEN bar LIKE '>%' THEN ratio / split_part(bar, ' ', 2)::numeric
	ELSE split_part(bar, ' ', 2)::numeric / ratio
END;
CREATE FUNCTION is_met(ratio numeric, bar text) RETURNS boolean
LANGUAGE sql
RETURN CASE split_part(bar, ' ', 1) WHEN '<' THEN margin(ratio, bar) > 1 ELSE margin(ratio, bar) >= 1 END;
CREATE FUNCTION met(VARIADIC is_met boolean[]) RETURNS text
LANGUAGE sql
RETURN CASE WHEN false = ANY (is_met) THEN 'NO' WHEN true = ANY (is_met) THEN 'yes' END;

CREATE TABLE judged (title text, ratio numeric, bar text);

-- 1. Bookings, beside the other contenders.
CREATE TABLE booking (
	place integer GENERATED ALWAYS AS IDENTITY, title text, scenario text, layout text, unit text, bar text, plpgsql_bar text
);
INSERT INTO booking (title, scenario, layout, unit, bar, plpgsql_bar) VALUES
	('1 client, own caps', 'inserts_1', 'spread', 'tps', '>= 0.85', NULL),
	('4 clients, own caps', 'inserts_4', 'spread', 'tps', NULL, NULL),
	('16 clients, own caps', 'inserts_16', 'spread', 'tps', NULL, NULL),
	('32 clients, own caps', 'inserts_32', 'spread', 'tps', NULL, NULL),
	('1 client, shared cap', 'inserts_1', 'shared', 'tps', '>= 0.85', NULL),
	('4 clients, shared cap', 'inserts_4', 'shared', 'tps', NULL, NULL),
	('16 clients, shared cap', 'inserts_16', 'shared', 'tps', '>= 0.80', '>= 8'),
	('32 clients, shared cap', 'inserts_32', 'shared', 'tps', NULL, NULL),
	('32 clients, 5 ms, shared', 'hold', 'shared', 'tps', '>= 0.80', '>= 20'),
	('connect, book, disconnect', 'connect', 'sessions', 'tps', '>= 0.90', NULL),
	('32 new clients, 2nd second', 'warm_up', 'sessions', 'tps', '>= 0.80', NULL),
	('1,000 first bookings', 'first_booking', 'sessions', 's', '<= 1.80', NULL),
	('INSERT SELECT ' || :'bulk', 'insert_select', 'shared', 's', '<= 1.25', NULL),
	('COPY ' || :'bulk', 'copy', 'shared', 's', '<= 1.25', NULL),
	(:'some' || ' INSERTs, client', 'one_by_one_client', 'shared', 's', '<= 1.30', NULL),
	(:'some' || ' INSERTs, loop', 'one_by_one_server', 'shared', 's', '<= 1.30', NULL),
	('UPDATE ' || :'some', 'update', 'shared', 's', '<= 1.35', NULL),
	('DELETE ' || :'some', 'delete', 'shared', 's', '<= 1.35', NULL),
	('3 nodes x 1, own caps', 'nodes_own_1', 'nodes_own', 'tps', '>= 0.85', NULL),
	('3 nodes x 4, own caps', 'nodes_own_4', 'nodes_own', 'tps', '>= 0.85', NULL),
	('3 nodes x 1, a cap over all', 'nodes_far_1', 'nodes', 'tps', '>= 0.80', NULL),
	('3 nodes x 4, a cap over all', 'nodes_far_4', 'nodes', 'tps', '>= 0.80', NULL),
	('3 nodes x 4, its last percent', 'nodes_near', 'nodes', 'tps', NULL, NULL),
	('Citus, 1 client, own caps', 'citus_own_1', 'citus_own', 'tps', '>= 0.85', NULL),
	('Citus, 4 clients, own caps', 'citus_own_4', 'citus_own', 'tps', '>= 0.85', NULL),
	('Citus, 1 client, a cap over all', 'citus_far_1', 'citus', 'tps', '>= 0.80', NULL),
	('Citus, 4 clients, a cap over all', 'citus_far_4', 'citus', 'tps', '>= 0.80', NULL);


CREATE VIEW booking_ratio AS
SELECT booking.*,
	ratio(scenario, layout, 'steering', layout, 'bare') AS ratio,
	spread(scenario, layout, 'steering', layout, 'bare') AS spread,
	CASE unit
		WHEN 's' THEN least(median(scenario, layout, 'sum'), median(scenario, layout, 'row'), median(scenario, layout, 'statement'))
			/ median(scenario, layout, 'steering')
		ELSE median(scenario, layout, 'steering')
			/ greatest(median(scenario, layout, 'sum'), median(scenario, layout, 'row'), median(scenario, layout, 'statement'))
	END AS plpgsql_ratio
FROM booking
WHERE EXISTS (SELECT FROM median WHERE (median.scenario, median.layout) = (booking.scenario, booking.layout));
INSERT INTO judged
SELECT title || ': of bare', ratio, bar FROM booking_ratio
UNION ALL
SELECT title || ': times the best PL/pgSQL', plpgsql_ratio, plpgsql_bar FROM booking_ratio;

-- 2. What may grow.
CREATE TABLE growth (
	place integer GENERATED ALWAYS AS IDENTITY, title text, scenario text, layout text, from_layout text, bar text
);
INSERT INTO growth (title, scenario, layout, from_layout, bar) VALUES
	('speed after ' || :'snapshot_seconds' || ' s under an old snapshot', 'old_snapshot', 'shared', NULL, '>= 0.85'),
	('first booking on a pair / others', 'next_pair', 'sessions', NULL, '<= 1.30'),
	('speed beside refusals that are kept / not', 'refusals', 'shared', NULL, '>= 0.95'),
	('speed under overrides that nobody draws / none', 'overrides', 'shared', NULL, '>= 0.95'),
	('time: a booking that releases its order / others', 'orders_1', 'orders', NULL, '<= 1.50'),
	('the same of 4 clients', 'orders_4', 'orders', NULL, '<= 1.50'),
	('seconds: a page of ' || :'caps' || ' caps', 'page_all', 'whole_year', NULL, '<= 5.00'),
	('seconds: a page of one participant among them', 'page_one', 'whole_year', NULL, '<= 1.00'),
	('time: ' || :'caps' || ' caps / 100', 'cap_count', 'many_caps', 'few_caps', '<= 1.10'),
	('same, booking on 90 of the caps', 'cap_count_same', 'many_caps', 'few_caps', '<= 1.10'),
	('time: ' || :'many' || ' bookings / ' || :'few', 'booking_count', 'many_bookings', 'few_bookings', NULL),
	('3 nodes: repetitions per booking, last percent', 'nodes_repeated', 'nodes', NULL, NULL),
	('3 nodes: messages per booking, 0 to 99%', 'nodes_messages', 'nodes', NULL, '< 0.01');

CREATE VIEW growth_ratio AS
SELECT growth.place, growth.title, contender, bar,
	CASE WHEN from_layout IS NULL THEN figure ELSE ratio(scenario, from_layout, contender, layout, contender) END AS ratio,
	spread(scenario, from_layout, contender, layout, contender) AS spread
FROM growth JOIN median USING (scenario, layout);
INSERT INTO judged
SELECT title, ratio, bar FROM growth_ratio WHERE contender = 'steering';

-- 3. Reading. The bare table's report is plain SQL over its rows; how much faster ours is grows with them,
-- and the bar is for 5,000,000.
SELECT CASE WHEN :many_bookings >= 5000000 THEN '>= 100' ELSE '>= 1' END AS faster
\gset
CREATE TABLE reading (
	place integer GENERATED ALWAYS AS IDENTITY, title text, against text, scenario text,
	layout text, contender text, against_layout text, against_contender text, is_speed boolean, bar text
);
INSERT INTO reading (title, against, scenario, layout, contender, against_layout, against_contender, is_speed, bar) VALUES
	('cap_status, ' || :'many' || ' bookings', 'plain SQL', 'cap_status', 'many_bookings', 'steering', 'many_bookings', 'bare', true, :'faster'),
	('cap_status, ' || :'many' || ' bookings', 'at ' || :'few', 'cap_status', 'many_bookings', 'steering', 'few_bookings', 'steering', false, '<= 1.20'),
	('usage_by_month, ' || :'many' || ' bookings', 'plain SQL', 'usage_by_month', 'many_bookings', 'steering', 'many_bookings', 'bare', true, :'faster'),
	('usage_by_month, ' || :'many' || ' bookings', 'at ' || :'few', 'usage_by_month', 'many_bookings', 'steering', 'few_bookings', 'steering', false, '<= 1.20'),
	('sum(amount), ' || :'many' || ' rows', 'sum(bigint)', 'sum', 'money', 'amount', 'money', 'bigint', false, '<= 1.10'),
	('sum(amount), ' || :'many' || ' rows', 'sum(numeric)', 'sum', 'money', 'amount', 'money', 'numeric', false, '< 1.00');

CREATE VIEW reading_ratio AS
SELECT place, title, against, bar, own, other, is_speed, CASE WHEN is_speed THEN 1 / ratio ELSE ratio END AS ratio
FROM (
	SELECT *, median(scenario, layout, contender) AS own, median(scenario, against_layout, against_contender) AS other,
		ratio(scenario, layout, contender, against_layout, against_contender) AS ratio
	FROM reading
) AS measured
WHERE own IS NOT NULL AND other IS NOT NULL;
INSERT INTO judged
SELECT title || ' / ' || against, ratio, bar FROM reading_ratio;

-- 4. Rows of a join.
CREATE TABLE joined (place integer GENERATED ALWAYS AS IDENTITY, title text, scenario text, unit text, bar text);
INSERT INTO joined (title, scenario, unit, bar) VALUES
	('1 client, a line', 'join_insert', 'tps', '<= 1.50'),
	('INSERT SELECT ' || :'some', 'join_bulk', 's', '<= 1.50'),
	('approve 20 of 1,000 lines', 'join_approve', 's', '<= 2.00'),
	('approve ' || :'bulk' || ' / a tenth', 'join_linear', 'per line', '<= 1.30');

CREATE VIEW joined_ratio AS
SELECT joined.*,
	CASE unit
		WHEN 'tps' THEN ratio(scenario, 'join', 'attached', 'join', 'query')
		WHEN 's' THEN ratio(scenario, 'join', 'query', 'join', 'attached')
		ELSE median(scenario, 'join', 'query')
	END AS ratio,
	CASE unit
		WHEN 'tps' THEN spread(scenario, 'join', 'attached', 'join', 'query')
		WHEN 's' THEN spread(scenario, 'join', 'query', 'join', 'attached')
	END AS spread
FROM joined
WHERE EXISTS (SELECT FROM median WHERE median.scenario = joined.scenario);
INSERT INTO judged
SELECT title || ' of a join', ratio, bar FROM joined_ratio;

-- The tables, as far as there are figures.

SELECT EXISTS (SELECT FROM booking_ratio) AS has_booking, EXISTS (SELECT FROM growth_ratio) AS has_growth,
	EXISTS (SELECT FROM reading_ratio) AS has_reading, EXISTS (SELECT FROM joined_ratio) AS has_joined
\gset

\if :has_booking
\echo 'BOOKING: transactions per second (more is better) or seconds (less is better)'
SELECT title AS scenario, unit AS " ",
	max(shown(figure, is_lower_bound)) FILTER (WHERE contender = 'bare') AS bare,
	max(shown(figure, is_lower_bound)) FILTER (WHERE contender = 'sum') AS sum,
	max(shown(figure, is_lower_bound)) FILTER (WHERE contender = 'row') AS row,
	max(shown(figure, is_lower_bound)) FILTER (WHERE contender = 'statement') AS statement,
	max(shown(figure, is_lower_bound)) FILTER (WHERE contender = 'steering') AS steering,
	shown(ratio, width => 7) AS "of bare", spread AS "(rounds)", bar, shown(plpgsql_ratio, width => 6) AS "x best", plpgsql_bar AS bar,
	met(is_met(ratio, bar), is_met(plpgsql_ratio, plpgsql_bar))
FROM booking_ratio JOIN median USING (scenario, layout)
GROUP BY place, title, unit, ratio, spread, bar, plpgsql_ratio, plpgsql_bar
ORDER BY place;
\echo '"of bare", "x best": this extension against the bare table, and how many times better than the best of'
\echo 'the PL/pgSQL triggers sum, row and statement. ">": at least; measured on fewer rows, and it grows faster.'
\echo '"(rounds)": the least and the greatest of the ratios, each made within a round, of which "of bare" is the median.'
\echo
\endif

\if :has_growth
\echo 'GROWTH: each contender against itself'
SELECT title AS scenario,
	max(shown(ratio)) FILTER (WHERE contender = 'bare') AS bare,
	max(shown(ratio)) FILTER (WHERE contender = 'sum') AS sum,
	max(shown(ratio)) FILTER (WHERE contender = 'row') AS row,
	max(shown(ratio)) FILTER (WHERE contender = 'statement') AS statement,
	max(shown(ratio)) FILTER (WHERE contender = 'steering') AS steering,
	max(spread) FILTER (WHERE contender = 'steering') AS "(rounds)", bar, met(is_met(max(ratio) FILTER (WHERE contender = 'steering'), bar))
FROM growth_ratio
GROUP BY place, title, bar
ORDER BY place;
\echo
\endif

\if :has_reading
\echo 'READING: milliseconds'
SELECT title AS scenario, shown(own) AS ms, against, shown(other) AS ms,
	shown(ratio) || CASE WHEN is_speed THEN ' x faster' ELSE ' x the time' END AS ratio, bar, met(is_met(ratio, bar))
FROM reading_ratio
ORDER BY place;
\echo
\endif

\if :has_joined
\echo 'JOINS: lines whose header says whether they count'
SELECT title AS scenario, unit AS " ",
	max(shown(figure)) FILTER (WHERE contender = 'triggers') AS triggers,
	max(shown(figure)) FILTER (WHERE contender = 'attached') AS attached,
	max(shown(figure)) FILTER (WHERE contender = 'query') AS query,
	shown(ratio, width => 7) AS "x time", spread AS "(rounds)", bar, met(is_met(ratio, bar))
FROM joined_ratio JOIN median USING (scenario)
GROUP BY place, title, unit, ratio, spread, bar
ORDER BY place;
\echo '"x time": the time of a source that is a query against that of an ordinary one, whose lines hold all that is read.'
\echo
\endif

\pset tuples_only on
\pset format unaligned
SELECT format('%s of %s bars are met. Worst against its bar: %s, %s where the bar is %s.',
	count(*) FILTER (WHERE is_met(judged.ratio, judged.bar)), count(*), worst.title, ltrim(shown(worst.ratio)), worst.bar)
FROM judged
CROSS JOIN (SELECT * FROM judged WHERE ratio IS NOT NULL AND bar IS NOT NULL ORDER BY margin(ratio, bar) LIMIT 1) AS worst
WHERE judged.ratio IS NOT NULL AND judged.bar IS NOT NULL
GROUP BY worst.title, worst.ratio, worst.bar;
