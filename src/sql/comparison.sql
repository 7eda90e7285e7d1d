-- Cost versus results: what was spent, agreed and achieved, per service and participant.

CREATE TABLE steering.signal_limit (
	measure text NOT NULL CONSTRAINT signal_limit_pkey PRIMARY KEY
		CONSTRAINT signal_limit_measure_known CHECK (measure IN ('budget', 'attainment')),
	amber steering.amount NOT NULL,
	red steering.amount NOT NULL,
	CONSTRAINT signal_limit_order CHECK (CASE measure
		WHEN 'budget' THEN amber OPERATOR(steering.<=) red ELSE amber OPERATOR(steering.>=) red END)
);
REVOKE ALL ON steering.signal_limit FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.signal_limit', '');
COMMENT ON TABLE steering.signal_limit IS 'from where on signals are amber or red, written by set_signal_limit() and drop_signal_limit() alone; a measure that is not here has its default';
COMMENT ON COLUMN steering.signal_limit.measure IS 'budget: usage of the cap as a percentage of its amount; attainment: what was measured as a percentage of the target';
COMMENT ON COLUMN steering.signal_limit.amber IS 'percentage; budget: amber from here on (default 90); attainment: amber below it (default 100)';
COMMENT ON COLUMN steering.signal_limit.red IS 'percentage; budget: red above it (default 100); attainment: red below it (default 90)';

CREATE FUNCTION steering.set_signal_limit(measure text, amber numeric, red numeric) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_one_of(set_signal_limit.measure, 'measure', 'budget, attainment');
SELECT steering.require_that((CASE set_signal_limit.measure
			WHEN 'budget' THEN set_signal_limit.amber::steering.amount OPERATOR(steering.<=) set_signal_limit.red::steering.amount
			WHEN 'attainment' THEN set_signal_limit.amber::steering.amount OPERATOR(steering.>=) set_signal_limit.red::steering.amount END) IS NOT FALSE, '23514',
	format('amber must come before red: %s, %s', set_signal_limit.amber, set_signal_limit.red),
	'Usage of a budget goes up to red, attainment of a target down.');
INSERT INTO steering.signal_limit (measure, amber, red)
VALUES (set_signal_limit.measure, set_signal_limit.amber, set_signal_limit.red)
ON CONFLICT ON CONSTRAINT signal_limit_pkey DO UPDATE SET amber = excluded.amber, red = excluded.red
RETURNING signal_limit.measure;
END;
REVOKE ALL ON FUNCTION steering.set_signal_limit(text, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_signal_limit(text, numeric, numeric) IS
'sets from which percentages on the signal of a measure is amber and red: budget (usage of the cap: amber from, red above) or attainment (of the target: amber below, red below); returns the measure. Errors: 23502 null, 23514 unknown measure, or amber beyond red, 22003 percentage';

CREATE FUNCTION steering.drop_signal_limit(measure text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.signal_limit WHERE signal_limit.measure = drop_signal_limit.measure
	RETURNING signal_limit.measure
)
SELECT steering.require_found(count(*), concat('signal limit of measure "', drop_signal_limit.measure, '"'))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_signal_limit(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_signal_limit(text) IS 'gives a measure its default limits again: budget 90 and 100, attainment 100 and 90. Error: 42704 none was set';

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.comparison_scan(first_day date, end_day date, below boolean DEFAULT false,
	only_service integer DEFAULT NULL)
RETURNS TABLE (service text, participant text, budget steering.amount, actual steering.amount, committed steering.amount,
	headroom steering.amount, volume steering.amount, agreed_volume steering.amount, unit_cost steering.amount,
	agreed_price steering.amount, price_variance steering.amount, volume_variance steering.amount,
	total_variance steering.amount, target steering.amount, measured steering.amount, attainment numeric,
	cost_per_result steering.amount, signal text, agreed_cost steering.amount, covered steering.amount,
	covered_volume steering.amount, unit text, result_unit text, inhabitants bigint, is_group boolean,
	service_level integer, participant_level integer, service_kind text)
AS 'MODULE_PATHNAME', 'steering_comparison_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.comparison_scan(date, date, boolean, integer) IS
'what cost_versus_result(), cost_versus_result_below() (below) and compare_participants() (below, only_service: number of a service) show, as far as the role may read it, of the months from first_day until before end_day. What follows covered_volume, but for service_kind, is of below alone: inhabitants are those of the participant, or of a group all that are known below it; is_group: others are below it, and it has no number of its own; levels count from 0 at the top of a tree. Errors: 22004 null, 22023 not first days of months, or none between them, 22003 a sum does not fit';

-- Not STRICT, and without settings of its own, so that the planner inlines it: what a query does not use is not made numeric.
CREATE FUNCTION steering.cost_versus_result(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, service_kind text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.budget::numeric, scan.actual::numeric, scan.committed::numeric,
	scan.headroom::numeric, scan.volume::numeric, scan.agreed_volume::numeric, scan.unit_cost::numeric,
	scan.agreed_price::numeric, scan.price_variance::numeric, scan.volume_variance::numeric,
	scan.total_variance::numeric, scan.target::numeric, scan.measured::numeric, scan.attainment,
	scan.cost_per_result::numeric, scan.signal, scan.agreed_cost::numeric, scan.covered::numeric,
	scan.covered_volume::numeric, scan.service_kind
FROM steering.comparison_scan(lower(steering.period_range(cost_versus_result.period)),
	upper(steering.period_range(cost_versus_result.period))) AS scan;
END;
COMMENT ON FUNCTION steering.cost_versus_result(text) IS
'cost against means, agreements and results of a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), one row per service and participant that the role may read and that has bookings, a budget, an agreement or a result in it.
actual, committed (money) and volume: what was booked on exactly this service and participant, without those below: these are in cost_versus_result_below(). unit_cost: actual / volume.
budget: the budget cap on exactly the two over the period; else the shortest one that contains the period, of two as long the one that begins first; else the sum of those within it that follow one another, from the first day on the longest. headroom: what the cap has left before it blocks; null if it is not over just the period or never blocks. A cap holds for all below as well: budget, headroom and signal include it, while actual does not.
agreed_volume, agreed_price (per unit; of several prices the mean by volume) and agreed_cost: the share of these months in what was agreed. covered, covered_volume: actual bookings under the agreement, those below included unless a nearer agreement covers them. Variances by the flexible budget, which is what the agreement says of covered_volume (Horngren, Datar, Rajan: Cost Accounting, chapters on flexible budgets): price_variance = covered - flexible budget, volume_variance = flexible budget - agreed_cost, total_variance = covered - agreed_cost, the sum of the two. The flexible budget of price_volume is price * covered_volume rounded to cents, of base_plus the base and the price of what goes beyond, of lump_sum the base. Where a price was agreed without a volume, agreed_cost is the flexible budget. Positive is dearer than agreed. Of key_share nothing is compared.
target, measured, attainment (percent): of the main indicator of the service; what is missing is null and never zero. cost_per_result: actual / measured; null where nothing was booked on the service itself, where something was booked below it for the participant (so that actual is not what the result cost), and for a level (additive = false), of which no number was made.
signal: red, amber or green, the worse of what usage of the budget and attainment say by the limits of set_signal_limit(); null if neither is known. service_kind: standard, or development (led by one participant, others follow).
Ratios are rounded to four decimals, and null by zero. From stored usage: its time does not grow with the number of bookings. Errors: 22004 null, 22P02 no period, 22023 not whole months, 22003 a sum does not fit';

CREATE FUNCTION steering.cost_versus_result_below(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, unit text,
	result_unit text, service_level integer, participant_level integer, service_kind text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.budget::numeric, scan.actual::numeric, scan.committed::numeric,
	scan.headroom::numeric, scan.volume::numeric, scan.agreed_volume::numeric, scan.unit_cost::numeric,
	scan.agreed_price::numeric, scan.price_variance::numeric, scan.volume_variance::numeric,
	scan.total_variance::numeric, scan.target::numeric, scan.measured::numeric, scan.attainment,
	scan.cost_per_result::numeric, scan.signal, scan.agreed_cost::numeric, scan.covered::numeric,
	scan.covered_volume::numeric, scan.unit, scan.result_unit, scan.service_level, scan.participant_level,
	scan.service_kind
FROM steering.comparison_scan(lower(steering.period_range(cost_versus_result_below.period)),
	upper(steering.period_range(cost_versus_result_below.period)), true) AS scan;
END;
COMMENT ON FUNCTION steering.cost_versus_result_below(text) IS
'cost_versus_result() rolled up: one row per service and participant with all below both, as far as the role may read it. Costs, volumes, agreements and variances are sums of the rows of cost_versus_result(); unit_cost, cost_per_result and attainment are ratios of such sums; cost_per_result is null while a measurement is missing in the sum, where nothing was booked, and for a level (additive = false); the cost in it is all that is below, also of who has no result. budget and headroom are those of the cap on the two themselves, which holds for all below them. Results are those of the service''s own main indicator: summed over the participants, or if it is not additive (a level) that of the participant itself; a service without one gets the sum of the results below it, if all are additive with one unit and direction; else null. unit: what volume is counted in; null: nothing, or in several units, and then volume and unit_cost mix them. result_unit: likewise of the results. service_level, participant_level: 0 at the top of the tree. service_kind: that of the service itself; below it the other kind may be. Rows overlap: sum over one level of each only. Errors: those of cost_versus_result()';

CREATE FUNCTION steering.compare_participants(period text, service text)
RETURNS TABLE (participant text, actual numeric, volume numeric, unit text, cost_per_unit numeric, inhabitants bigint,
	cost_per_inhabitant numeric, measured numeric, result_unit text, attainment numeric, cost_per_result numeric,
	rank_per_inhabitant bigint, rank_per_unit bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT scan.participant, scan.actual::numeric, scan.volume::numeric, scan.unit, scan.unit_cost::numeric, scan.inhabitants,
	round(scan.actual::numeric / nullif(scan.inhabitants, 0), 4),
	scan.measured::numeric, scan.result_unit, scan.attainment, scan.cost_per_result::numeric,
	CASE WHEN NOT scan.is_group AND scan.inhabitants <> 0 THEN
		rank() OVER (PARTITION BY scan.is_group, scan.inhabitants <> 0
			ORDER BY scan.actual::numeric / nullif(scan.inhabitants, 0)) END,
	CASE WHEN NOT scan.is_group AND scan.volume::numeric > 0 THEN
		rank() OVER (PARTITION BY scan.is_group, scan.volume::numeric > 0 ORDER BY scan.unit_cost::numeric) END
FROM steering.comparison_scan(lower(steering.period_range(compare_participants.period)),
	upper(steering.period_range(compare_participants.period)), true,
	steering.service_number(compare_participants.service)) AS scan;
END;
COMMENT ON FUNCTION steering.compare_participants(text, text) IS
'one service, with all below it, side by side: a row per participant, with all below it, that the role may read and that has anything to show. actual: money spent; volume: in unit (null: none, or several); cost_per_unit: actual / volume; cost_per_inhabitant: actual / inhabitants (of a group all that are known below it), of a past period too by the number that the register has now, since it keeps no earlier ones: where these matter, keep inhabitants per year as the additive main indicator of a service, and cost_per_result is cost per inhabitant of the period; measured (in result_unit), attainment (percent), cost_per_result: as in cost_versus_result_below(). rank_per_inhabitant, rank_per_unit: 1 is the cheapest of the participants that the role may read; null: no inhabitants or volume, or a group without a number of inhabitants of its own. Ratios are rounded to four decimals. Errors: 22004 null, 22023 unknown service, and those of cost_versus_result()';
