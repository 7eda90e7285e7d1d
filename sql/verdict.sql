-- verdict: what a ladder says of a change of usage, by judge_change(), without any cap.

-- Block refuses what would exceed its threshold; exactly equal is allowed, the smallest unit more is not.
SELECT before, after, steering.judge_change('80% notify, 100% warn, 105% block', 1000, before, after)
FROM (VALUES (0, 799.9999), (0, 800), (800, 999.9999), (0, 1000), (1000, 1000.0001), (1000, 1050), (1050, 1050.0001),
	(0, 1050.0001), (1050, 2000)) AS change (before, after);

-- A change that does not raise usage is never anything but ok, whatever the state.
SELECT before, after, steering.judge_change('80% notify, 100% warn, 105% block', 1000, before, after)
FROM (VALUES (0, 0), (900, 900), (1000, 1000), (1050, 1050), (5000, 5000), (5000, 4999.9999), (5000, 1050.0001), (5000, 0), (0, -5)) AS change (before, after);

-- From an overrun only lowering passes.
SELECT steering.judge_change('100% block', 1000, 1500, 1500.0001) AS up, steering.judge_change('100% block', 1000, 1500, 1499.9999) AS down;

-- notify acts when its step is crossed, warn as long as usage is there.
SELECT before, after, steering.judge_change('50% notify, 80% notify', 100, before, after) AS notify,
	steering.judge_change('50% warn, 80% warn', 100, before, after) AS warn
FROM (VALUES (0, 49.9999), (49.9999, 50), (50, 50.0001), (79, 80), (80, 81), (0, 90)) AS change (before, after);

-- A notify step above a warn step leaves it at warn; a warn step not yet reached does not count.
SELECT steering.judge_change('50% warn, 80% notify', 100, 70, 80) AS both, steering.judge_change('50% notify, 80% warn', 100, 40, 60) AS notify_only;

-- A ladder without block never blocks.
SELECT steering.judge_change('100% warn', 0, 0, 922337203685477.5807);

-- A limit of 0 is a limit of zero: the first unit is too much. Usage below zero and at zero stands at no step.
SELECT before, after, steering.judge_change('80% notify, 100% block', 0, before, after) AS blocking,
	steering.judge_change('80% notify', 0, before, after) AS advisory
FROM (VALUES (-5, -1), (-1, 0), (0, 0.0001), (-5, 0.0001), (1, 2)) AS change (before, after);

-- Percent and amounts mixed: the first one reached acts.
SELECT amount, steering.judge_change('105% block, +40 block', amount, 0, amount + 40) AS plus_40,
	steering.judge_change('105% block, +40 block', amount, 0, amount * 1.05) AS plus_5_percent,
	steering.judge_change('105% block, +40 block', amount, 0, amount + 40.0001) AS more_than_40
FROM unnest(ARRAY[400, 800, 1600]) AS amount;

-- Thresholds between two units: 33.3333% of 0.0100 is 0.00333333. One unit below it is not there, one above it is.
SELECT after, steering.judge_change('33.3333% warn', 0.01, 0, after) AS warn, steering.judge_change('33.3333% block', 0.01, 0, after) AS block
FROM unnest(ARRAY[0.0033, 0.0034]) AS after;

-- At the ends of the range nothing overflows.
SELECT amount, before, after, steering.judge_change('1% notify, 100% warn, 10000% block, +922337203685477.5807 block', amount, before, after)
FROM unnest(ARRAY[0, 922337203685477.5807]) AS amount,
	(VALUES (-922337203685477.5808, 922337203685477.5807), (922337203685477.5807, -922337203685477.5808),
		(922337203685477.5806, 922337203685477.5807), (-922337203685477.5808, -922337203685477.5807)) AS change (before, after);

-- What makes no sense is refused.
SELECT steering.judge_change('100% block', -1, 0, 1);
SELECT steering.judge_change('100% block', 'NaN', 0, 1);
SELECT steering.judge_change('100% block', 1, 0, 1e15);
SELECT steering.judge_change('100% block', 1, '-Infinity', 1);
SELECT steering.judge_change('100% shout', 1, 0, 1);
SELECT steering.judge_change(NULL, 1, 0, 1) IS NULL AND steering.judge_change('100% block', NULL, 0, 1) IS NULL AS null_is_null;

-- All of it against the definition, in numeric and with thresholds that are not rounded: each pair of steps, each change.
WITH step (text, percent, above, action) AS (
	SELECT coalesce(percent || '% ', '+' || above || ' ') || action, percent, above, action
	FROM (VALUES (50, NULL), (99.9999, NULL), (100, NULL), (105.0001, NULL), (NULL, 0.0001), (NULL, 7)) AS t (percent, above),
		unnest(ARRAY['notify', 'warn', 'block']) AS action
), threshold AS (
	SELECT text, action, amount, coalesce(amount * percent / 100, amount + above) AS t
	FROM step, unnest(ARRAY[0, 0.0001, 0.0003, 10, 140.0000, 333.3333]) AS amount
), change AS (
	SELECT amount, before, after
	FROM (SELECT DISTINCT amount, greatest(trunc(t, 4) + n * 0.0001, -0.0001) FROM threshold, generate_series(-1, 2) AS n) AS b (amount, before)
		JOIN (SELECT DISTINCT amount, trunc(t, 4) + n * 0.0001 FROM threshold, generate_series(-1, 2) AS n) AS a (amount, after) USING (amount)
), judged AS (
	SELECT steering.judge_change((x.text || ', ' || y.text)::steering.ladder, amount, before, after) AS verdict,
		CASE WHEN after <= before THEN 'ok'
			WHEN x.action = 'block' AND after > x.t OR y.action = 'block' AND after > y.t THEN 'block'
			WHEN x.action = 'warn' AND x_after OR y.action = 'warn' AND y_after THEN 'warn'
			WHEN x.action = 'notify' AND x_after AND NOT x_before OR y.action = 'notify' AND y_after AND NOT y_before THEN 'notify'
			ELSE 'ok' END AS expected
	FROM threshold x JOIN threshold y USING (amount) JOIN change USING (amount),
		LATERAL (SELECT before >= x.t AND before > 0, after >= x.t AND after > 0, before >= y.t AND before > 0, after >= y.t AND after > 0)
			AS reached (x_before, x_after, y_before, y_after)
	WHERE x.text < y.text
)
SELECT expected, count(*) > 1000 AS many, count(*) FILTER (WHERE verdict <> expected) AS wrong FROM judged GROUP BY expected ORDER BY expected;
