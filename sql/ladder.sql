-- ladder: the steps of a cap as a type.

SET search_path = public, steering;		-- for the operators alone: names below are qualified

-- What a cast of a text says: the value, or the SQLSTATE and the message.
CREATE FUNCTION pg_temp.reading(input text, OUT value text, OUT state text, OUT message text, OUT detail text)
	LANGUAGE plpgsql AS $$
BEGIN
	value := input::steering.ladder;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
END $$;

-- Percentages and amounts above the limit, with an action each.
SELECT steering.ladder '80% notify, 100% warn, 105% block';
SELECT steering.ladder '100% warn, +40 block';

-- Case and white space are free; what comes out is lower case, and numbers as short as they go.
SELECT input, input::steering.ladder AS ladder
FROM unnest(ARRAY['80%NOTIFY', '  80 %  Notify ,100%warn,  105.00 % BLOCK  ', E'+\t40\n block', '+0.5 warn', '+.5 warn', '+5. warn',
	'0080.5000% notify', '0.0001% warn', '10000% block', '99.9999% warn', '+0.0001 block', '+922337203685477.5807 block']) AS input;

-- The order of writing does not matter: percentages come first, then amounts, each from low to high, then by action.
SELECT steering.ladder '+40 block, 105% block, 80% warn, +0.5 warn, 80% notify, 100% notify';

-- +0 is 100%.
SELECT steering.ladder '+0 block, 90% warn';

-- As many as sixteen steps.
SELECT string_agg(n || '% warn', ',')::steering.ladder FROM generate_series(1, 16) AS n;
SELECT string_agg(n || '% warn', ',')::steering.ladder FROM generate_series(1, 17) AS n;

-- What is no ladder is refused, and the message says which step, and why.
SELECT steering.ladder '80% shout';
SELECT steering.ladder '80% notify, 100 warn';
SELECT steering.ladder '80% notify, 120% block, 80.0% Notify';
SELECT steering.ladder '10000.0001% block';
SELECT steering.ladder '';
SELECT r.state, r.message, r.detail
FROM unnest(ARRAY[' ', ',', '80% notify,', ',80% notify', '80% notify,,100% block', '80% notify; 100% block', '80%', '%', 'block',
	'% block', '80 % block block', '80% blocks', '80% bloc', '80% notify warn', '0% warn', '0.0000% warn', '-5% warn', '+-5 warn',
	'--5% warn', '+ +5 warn', '+ warn', '+5% block', '105 block', '8 0% warn', '80.12345% warn', '80.00000% warn', '+0.00001 warn',
	'80,5% warn', '80.5.1% warn', '.% warn', '1e2% warn', '0x50% warn', 'NaN% warn', 'Infinity% warn', '+infinity warn', '1_0% warn',
	'+922337203685477.5808 block', '+99999999999999999999999999999999999999 block', '99999999999999999999% warn', '10001% warn',
	'+0 warn, 100% warn', '100% block, 100% warn, 100.0% block', '80% notify, 80% notify', '80%% notify', '80% n', E'80% \x01warn', '%s%n%d warn', '80% ''warn''', '"80% warn"', '{80% warn}',
	'80% notify, 100% warn' || repeat(' ', 30) || 'x']) AS input,
	pg_temp.reading(input) AS r;
SELECT r.state, r.message LIKE '%"' || input || '"%' AS says, r.detail
FROM unnest(ARRAY[repeat('9', 100000) || '% warn', '+' || repeat('0', 100000) || '7 blocked', repeat('x', 100000), repeat(' ', 100000), repeat(',', 100000)]) AS input,
	pg_temp.reading(input) AS r;
-- Letters and spaces outside ASCII are no digits, no action and no white space; a long step is cut between two characters.
SELECT hex, r.state, r.message LIKE '%"' || input || '"%' AS says
FROM unnest(ARRAY['383025c2a07761726e', 'c2b225207761726e', '383025207761c3a96e', '383025205741524e', '383025205741524ec2a0']) AS hex,
	convert_from(decode(hex, 'hex'), 'UTF8') AS input, pg_temp.reading(input) AS r;
SELECT length(r.detail) < 130 AS short, r.detail ~ '[.]{3}": its action' AS cut, strpos(input, substr(r.detail, 10, 30)) AS begins_at
FROM repeat(convert_from('\xc3a9', 'UTF8'), 100) AS letters, concat('100% warn', letters) AS input, pg_temp.reading(input) AS r;

-- Zeros and white space in front are no matter.
SELECT (repeat('0', 100000) || '7% warn')::steering.ladder, (repeat(' ', 100000) || '7% warn')::steering.ladder;

-- Equal ladders are those with the same steps.
SELECT steering.ladder '80% notify, 100% block' = steering.ladder '100.0% BLOCK,80% notify' AS same,
	steering.ladder '80% notify' = steering.ladder '80% warn' AS other_action,
	steering.ladder '80% notify' <> steering.ladder '80.0001% notify' AS other_threshold,
	steering.ladder '100% block' IS DISTINCT FROM steering.ladder '+0 block' AS another_way_to_write_it;

-- The operator classes are valid: ladders can be grouped, sorted, joined and indexed.
SELECT amname, opcname, amvalidate(c.oid) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
WHERE opcintype = 'steering.ladder'::regtype ORDER BY 1;
CREATE TEMPORARY TABLE plan AS
SELECT (n % 7 + 1 || '% warn, +' || n % 3 || ' block')::steering.ladder AS ladder FROM generate_series(1, 420) AS n;
SELECT count(*) FROM (SELECT ladder FROM plan GROUP BY ladder) AS g;
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT ladder FROM plan GROUP BY ladder) AS g;
RESET enable_hashagg;
CREATE INDEX ON plan (ladder);
CREATE INDEX ON plan USING hash (ladder);
ANALYZE plan;
SET enable_seqscan = off;
SELECT count(*) FROM plan WHERE ladder = '3% warn, +2 block';
SELECT count(*) AS wrong FROM plan a, plan b
WHERE (a.ladder < b.ladder)::int + (a.ladder = b.ladder)::int + (a.ladder > b.ladder)::int <> 1
	OR (a.ladder <= b.ladder) <> (a.ladder < b.ladder OR a.ladder = b.ladder)
	OR (a.ladder >= b.ladder) <> (b.ladder <= a.ladder)
	OR (a.ladder = b.ladder) <> (a.ladder::text = b.ladder::text);
RESET enable_seqscan;

-- Stored plain: what is read is what lies there.
SELECT typstorage, typalign FROM pg_type WHERE oid = 'steering.ladder'::regtype;
SELECT pg_column_size(ladder) FROM plan LIMIT 1;

-- Text in, text out: the same ladder.
CREATE TEMPORARY TABLE sample AS
SELECT string_agg(CASE WHEN n % 3 = 0 THEN '+' || n * k * 0.0001 ELSE n * k * 0.0101 || '%' END
	|| (ARRAY[' notify', ' warn', ' block'])[1 + n % 3], ', ')::steering.ladder AS ladder
FROM generate_series(1, 50) AS k, generate_series(1, 16) AS n WHERE n <= 1 + k % 16 GROUP BY k;
SELECT count(*), count(*) FILTER (WHERE ladder::text::steering.ladder = ladder) AS same FROM sample;

-- Binary output comes back as it was.
\copy sample to program 'cat >"$PG_ABS_BUILDDIR/results/ladder.data"' (format binary)
CREATE TEMPORARY TABLE arrived (ladder steering.ladder);
\copy arrived from program 'cat "$PG_ABS_BUILDDIR/results/ladder.data"' (format binary)
SELECT (SELECT count(*) FROM arrived), (SELECT count(*) FROM (TABLE sample EXCEPT TABLE arrived) AS d) AS missing;
SELECT steering.ladder_send('100% warn, +40 block');

-- Binary input in any order is put in order, as text is.
TRUNCATE arrived;
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\025\002\001\002\000\000\000\000\000\000\000\000\000\001\000\000\000\000\000\015\273\240\377\377"' (format binary)
SELECT ladder, ladder = '90% warn, 100% block' AS as_text FROM arrived;

-- Binary input is checked like text: no step, 17 steps, 0%, above 10000%, below the limit, no such unit, no such action, twice, cut off, too long.
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\001\000\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\001\021\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\013\001\000\001\000\000\000\000\000\000\000\000\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\013\001\000\001\000\000\000\000\005\365\341\001\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\013\001\001\001\377\377\377\377\377\377\377\377\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\013\001\002\001\000\000\000\000\000\000\000\001\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\013\001\000\003\000\000\000\000\000\000\000\001\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\025\002\000\001\000\000\000\000\000\000\000\001\000\001\000\000\000\000\000\000\000\001\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\012\001\000\001\000\000\000\000\000\000\000\377\377"' (format binary)
\copy arrived from program 'printf "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\014\001\000\001\000\000\000\000\000\000\000\001\000\377\377"' (format binary)

-- blocks_at: the lowest block threshold, percent and amounts mixed; null if nothing blocks.
SELECT ladder, amount, steering.blocks_at(ladder, amount)
FROM unnest(ARRAY['100% block', '80% notify, 105% block', '100% warn, +40 block', '105% block, +40 block', '80% notify, 100% warn',
	'33.3333% block']::steering.ladder[]) AS ladder, unnest(ARRAY[0, 0.0001, 100, 1000]::steering.amount[]) AS amount;

-- It is exact, rounded down, and ends at the largest amount.
SELECT count(*), count(*) FILTER (WHERE steering.blocks_at((percent || '% block')::steering.ladder, amount::steering.amount)
	IS DISTINCT FROM least(trunc(amount * percent * 0.01, 4), 922337203685477.5807)::steering.amount) AS wrong
FROM unnest(ARRAY[0, 0.0001, 0.0002, 0.0003, 0.0099, 0.0100, 0.0101, 1, 3, 33.3333, 99.9999, 100, 100.0001, 1234567.8901, 98765432109876.5432,
		461168601842738.7903, 922337203685477.5806, 922337203685477.5807]) AS amount,
	unnest(ARRAY[0.0001, 0.0003, 0.3333, 1, 33.3333, 50, 66.6667, 99.9999, 100, 100.0001, 105, 199.9999, 200, 200.0001, 9999.9999, 10000]) AS percent;
SELECT steering.blocks_at('+922337203685477.5807 block', 1::bigint::steering.amount);
SELECT steering.blocks_at('100% block', '-0.0001');
SELECT steering.blocks_at(NULL, '1') IS NULL AS no_ladder, steering.blocks_at('100% block', NULL) IS NULL AS no_amount;

-- step_at: the highest step that usage stands at. No usage stands at none, also under a limit of 0.
SELECT used, steering.step_at('80% notify, 100% warn, 105% block', '1000', used)
FROM unnest(ARRAY[-5, 0, 0.0001, 799.9999, 800, 999.9999, 1000, 1049.9999, 1050, 5000]::steering.amount[]) AS used;
SELECT used, steering.step_at('80% notify, 100% warn, +0 block', '0', used) FROM unnest(ARRAY[-1, 0, 0.0001]::steering.amount[]) AS used;
SELECT amount, steering.step_at('104% warn, +40 block', amount, amount + '50') FROM unnest(ARRAY[100, 1000, 1250, 2000]::steering.amount[]) AS amount;
SELECT steering.step_at('100% notify, 100% block, 100% warn', '10', '10') AS severest_of_equals;
SELECT steering.step_at('100% block', '-1', '0');

-- A notify or warn threshold is exact, rounded up: below it no step, at it the step.
SELECT count(*), count(*) FILTER (WHERE steering.step_at(ladder, amount, threshold) IS DISTINCT FROM ladder::text
	OR threshold > '0.0001' AND steering.step_at(ladder, amount, threshold - '0.0001') IS NOT NULL) AS wrong
FROM (SELECT (percent || '% warn')::steering.ladder, amount::steering.amount,
		greatest(ceil(amount * percent * 100) / 10000, 0.0001)::steering.amount
	FROM unnest(ARRAY[0, 0.0001, 0.0003, 0.0101, 1, 33.3333, 100, 1234567.8901, 9223372036854.7758]) AS amount,
		unnest(ARRAY[0.0001, 0.3333, 33.3333, 66.6667, 99.9999, 100, 105, 10000]) AS percent) AS t (ladder, amount, threshold);

-- Every function says of itself that it is immutable and parallel safe; nothing is without a comment.
SELECT count(*) > 15 AS there_are, count(*) FILTER (WHERE provolatile <> 'i' OR proparallel <> 's' OR NOT proisstrict) AS wrong,
	count(*) FILTER (WHERE obj_description(oid, 'pg_proc') IS NULL) AS without_comment
FROM pg_proc WHERE pronamespace = 'steering'::regnamespace
	AND (proname LIKE 'ladder\_%' OR proname IN ('blocks_at', 'step_at', 'judge_change'));

DROP TABLE plan, sample, arrived;
