-- Outlook: what the end of a period will bring, how far that was off in earlier years, and when caps
-- are reached.

-- PUBLIC may execute the three scans because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.outlook_scan(as_of date, method text, period text)
RETURNS TABLE (service text, participant text, method text, basis text, reason text, actual steering.amount,
	committed steering.amount, expected steering.amount, budget steering.amount, expected_headroom steering.amount)
AS 'MODULE_PATHNAME', 'steering_outlook_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.outlook_scan(date, text, text) IS
'what outlook() shows, as far as the role may read it. Errors: those of outlook()';

CREATE FUNCTION steering.outlook_error_scan(method text, first date, last date)
RETURNS TABLE (method text, months integer, years integer, outlooks bigint, error steering.amount, bias steering.amount)
AS 'MODULE_PATHNAME', 'steering_outlook_error_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 84;
COMMENT ON FUNCTION steering.outlook_error_scan(text, date, date) IS
'what outlook_error() shows, as far as the role may read it. Errors: those of outlook_error()';

CREATE FUNCTION steering.cap_outlook_scan(as_of date, method text)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, valid_from date, valid_to date,
	amount steering.amount, blocks_at steering.amount, basis text, used steering.amount, expected steering.amount,
	limit_month date, block_month date)
AS 'MODULE_PATHNAME', 'steering_cap_outlook_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.cap_outlook_scan(date, text) IS
'what cap_outlook() shows, as far as the role may read it. Errors: those of cap_outlook()';

-- Not STRICT, and without settings of their own, so that the planner inlines them.
CREATE FUNCTION steering.outlook(as_of date, method text DEFAULT NULL, period text DEFAULT NULL)
RETURNS TABLE (service text, participant text, method text, basis text, reason text, actual numeric, committed numeric,
	expected numeric, budget numeric, expected_headroom numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.method, scan.basis, scan.reason, scan.actual::numeric,
	scan.committed::numeric, scan.expected::numeric, scan.budget::numeric, scan.expected_headroom::numeric
FROM steering.outlook_scan(outlook.as_of, outlook.method, outlook.period) AS scan;
END;
COMMENT ON FUNCTION steering.outlook(date, text, text) IS
'the actual cost that the end of a period is expected to bring, from what was booked on days up to as_of and including it: one row for each service and participant that the role may read and that has a booking in the period by then, a budget, agreed cost, or bookings in the ten years before (these no more once the service or the participant has ended). period: a year, a quarter, a month or a range of whole months such as [2026-04-01,2027-04-01), of ten years at most. Null: the one around as_of that caps and agreements have which the role may read: of twelve months before others, of budget caps before volume caps and these before agreements (of which it is the year around as_of), then the one that the most have, the calendar year, the longest; and the calendar year if there is none. If that is another than the calendar year, reason says which and whose.
Earlier years are the same months of years before, ten years back at most, and only as far as they follow each other: a year in which nothing was booked on the service and participant ends them.
actual, committed: money of the period booked by then on exactly this service and participant (stage actual; stage commitment, what was released taken off). expected: by the method, what is computed rounded to cents. budget: the budget cap on exactly the two over just the period; null: none. expected_headroom: what that cap blocks at minus expected; null: no such cap, it never blocks, or expected is null. A cap holds for all below service and participant as well, and actual and expected do not: where others below were booked on, or have a budget or agreed cost, expected_headroom is null, and cap_outlook() has the outlook of the cap.
Methods. run_rate: actual / elapsed days * days of the period.
seasonal (multiplicative pickup): actual / share, where share = R / H of the earlier whole years together: H their actual cost, R that of their months that were over at as_of, plus the elapsed days'' part of the month of as_of. A year is whole if the service and participant were booked on in its first month or in the year before; and in the very first year of all bookings, if these begin in its first month, every one is. Where actual is not positive, H is not, or R is less than 1 percent of it, nothing can be said by multiplying, and it is as additive. Where there are no whole years, actual is completed by the profile of the service for all participants that the role may read, else that of everything it may read, else that of the days, as run_rate.
additive (additive pickup; Weatherford and Kimes, A comparison of forecasting methods for hotel revenue management, International Journal of Forecasting 19, 2003; with one year it is the seasonal naive method of Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.2): actual + (H - R) / number of years: what those months brought in earlier years, on average. A single year that is not whole will do. Where there is no earlier year, but a plan (budget, else agreed cost; of no others below): actual + plan * (1 - share), by the first share of the service, of everything, of the days (Bornhuetter and Ferguson, The actuary and IBNR, 1972). Where there is neither: as seasonal if actual is positive, else actual.
basis says which: own years (actual multiplied); own years, added; service years, all years, run_rate (actual multiplied); budget or agreed cost, with one of these (a part of the plan added); actual (nothing added, also once nothing can be booked any more).
committed: actual + committed + what remains of the profile when commitments are taken off: greatest(actual + committed, expected of seasonal). For commitments are a part of what is still to come, not on top of it.
Earned value (Project Management Institute, Practice Standard for Earned Value Management): eac_budget = AC + (BAC - EV), eac_cpi = BAC / CPI, eac_spi_cpi = AC + (BAC - EV) / (CPI * SPI), with CPI = EV / AC and SPI = EV / PV. BAC is budget, else the cost that was agreed for the period with exactly this participant on exactly this service (basis says which). EV = BAC * measured / target, at most BAC, of the main indicator of the service, if that is additive and higher is better. All three stand at the end of the last month of the period, not after as_of, up to which everything was measured since its first month: AC is actual cost by then, PV = BAC * share by then, the share that of seasonal where it multiplies. expected is null where BAC, a positive target or a measurement is missing, where others below service and participant were booked on (so that AC is a part of what the work cost), and for the last two also where BAC, EV or AC is not positive.
On the last day of the period each method gives actual, but for committed: what is committed then is still expected to be spent, so it gives actual + committed where that is more.
Without a method, it is the one that was least off over the earlier years, as outlook_error() says, at the end of as many months as are over at as_of (in the first month: at its end). Methods without a figure where others had one do not compete; of equal ones the first is taken of run_rate, seasonal, additive, committed, eac_budget, eac_cpi, eac_spi_cpi, and where it has no figure for a row the next best one; run_rate then has none where actual is not positive. reason says how far the method was off, and over how many years that was seen; null: it was asked for.
From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, as_of is not in the period, too long a period, those of period_range(), 22003 an amount does not fit';

CREATE FUNCTION steering.outlook_error(method text, first date, last date)
RETURNS TABLE (method text, months integer, years integer, outlooks bigint, error numeric, bias numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 84
BEGIN ATOMIC
SELECT scan.method, scan.months, scan.years, scan.outlooks, round(scan.error::numeric, 2), round(scan.bias::numeric, 2)
FROM steering.outlook_error_scan(outlook_error.method, outlook_error.first, outlook_error.last) AS scan;
END;
COMMENT ON FUNCTION steering.outlook_error(text, date, date) IS
'how far a method (null: each of them) was off in the years of twelve months from first, the first day of a month, that end on last or before, ten at most. At the end of each of the first eleven months of a year, the outlook by what was booked on days up to then is held against the actual cost that the year became, for each service and participant that the role may read and that was booked on then or in the year before, or had a plan. Years count that follow each other up to the last one with bookings; one without bookings, and what is before it, is left out, and so is the first if it began before the first booking of all.
months: how many were over; null: all of these together. years: how many were tested. outlooks: number of comparisons; those without a figure are left out. error: the weighted absolute percentage error, 100 * sum(|expected - became|) / sum(|became|), to two decimals; bias: 100 * sum(expected - became) / sum(|became|), positive: too high. Both are null if nothing was booked. Methods compare fairly only where outlooks is equal.
Budgets, agreements, targets and measurements are those of now: of their earlier values nothing is known. Errors: 22004 null, 22023 unknown method, first is not the first day of a month, no whole year, more than ten years, 22003 an amount does not fit';

CREATE FUNCTION steering.cap_outlook(as_of date, method text DEFAULT 'seasonal')
RETURNS TABLE (cap_id integer, service text, participant text, metric text, valid_from date, valid_to date, amount numeric,
	blocks_at numeric, basis text, used numeric, expected numeric, limit_month date, block_month date)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.cap_id, scan.service, scan.participant, scan.metric, scan.valid_from, scan.valid_to, scan.amount::numeric,
	scan.blocks_at::numeric, scan.basis, scan.used::numeric, scan.expected::numeric, scan.limit_month, scan.block_month
FROM steering.cap_outlook_scan(cap_outlook.as_of, cap_outlook.method) AS scan;
END;
COMMENT ON FUNCTION steering.cap_outlook(date, text) IS
'what the caps in force on as_of will be used for at their end, and in which month they are reached: one row for each that the role may read. used: what was booked on days of the cap up to as_of and including it, actual and committed, with all below service and participant. expected: greatest(used, expected of its actual part), as in outlook() over the days of the cap, but that no part of a plan is added: a cap is a limit. method: run_rate, seasonal, additive or committed (as seasonal, for commitments count in any case). basis: own years (of the cap''s service and participant with all below); own years, added; service years (the service with all below, for all participants that the role may read), all years (everything that it may read; not for volumes, which have different units), run_rate, actual.
limit_month: first day of the month in which usage has reached amount, or is expected to; block_month: in which it has come above blocks_at, or is expected to, so that bookings are refused; null: not within the cap''s days. Between as_of and the end, expected minus used comes as the profile does. For caps that are not of whole months, or of more than ten years, there is no outlook. From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, or one of earned value, 22003 an amount does not fit';
