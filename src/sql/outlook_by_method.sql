-- outlook_by_method.sql
-- The outlook of several methods side by side, from one reading: a band, and how far it was off before.

-- PUBLIC may execute it because a function of ours does, in the name of whoever calls it.
CREATE FUNCTION steering.outlook_by_method_scan(as_of date, period text)
RETURNS TABLE (service text, participant text, advised_method text, advised steering.amount, advised_error steering.amount,
	advised_years integer, run_rate steering.amount, seasonal steering.amount, additive steering.amount, committed steering.amount)
AS 'MODULE_PATHNAME', 'steering_outlook_by_method_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.outlook_by_method_scan(date, text) IS
'what outlook_by_method() shows, as far as the role may read it. Errors: those of outlook()';

-- Not STRICT, and without settings of its own, so that the planner inlines it.
CREATE FUNCTION steering.outlook_by_method(as_of date, period text DEFAULT NULL)
RETURNS TABLE (service text, participant text, advised_method text, advised numeric, advised_error numeric, advised_years integer,
	run_rate numeric, seasonal numeric, additive numeric, committed numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.advised_method, scan.advised::numeric, round(scan.advised_error::numeric, 2), scan.advised_years,
	scan.run_rate::numeric, scan.seasonal::numeric, scan.additive::numeric, scan.committed::numeric
FROM steering.outlook_by_method_scan(outlook_by_method.as_of, outlook_by_method.period) AS scan;
END;
COMMENT ON FUNCTION steering.outlook_by_method(date, text) IS
'what outlook() expects of a period by each method that needs no results, and by the one that it advises, side by side and from one reading: a row for each row of outlook(as_of, NULL, period). advised_method, advised: as there. run_rate, seasonal, additive, committed: expected by that method. advised_error: how far the advised method was off in earlier years, in percent, at the end of as many months as are known now, as in outlook_error(); advised_years: over how many years that was seen; null: it was not. Errors: those of outlook()';
