-- Indicators of what services must achieve: targets, measurements, attainment, incentives.
--
-- Like caps, they hold numbers and no foreign keys, and are written by the functions below alone. These
-- lock the indicator, so that it is not dropped meanwhile.

CREATE TABLE steering.indicator (
	indicator_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT indicator_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT indicator_code_key UNIQUE
		CONSTRAINT indicator_code_not_empty CHECK (code <> ''),
	service_id integer NOT NULL,
	name text NOT NULL,
	unit text NOT NULL,
	direction text NOT NULL
		CONSTRAINT indicator_direction_known CHECK (direction IN ('higher', 'lower')),
	dimension text NOT NULL
		CONSTRAINT indicator_dimension_known CHECK (dimension IN ('outcome', 'legitimacy', 'operational capacity')),
	additive boolean NOT NULL,
	main boolean NOT NULL
);
CREATE UNIQUE INDEX indicator_one_main_key ON steering.indicator (service_id) WHERE main;
REVOKE ALL ON steering.indicator FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.indicator', '');
SELECT pg_catalog.pg_extension_config_dump('steering.indicator_indicator_id_seq', '');
COMMENT ON TABLE steering.indicator IS 'by what the results of a service are known; written by set_indicator() and drop_indicator() alone';
COMMENT ON COLUMN steering.indicator.indicator_id IS 'number of the indicator';
COMMENT ON COLUMN steering.indicator.code IS 'what people call the indicator by; it never changes';
COMMENT ON COLUMN steering.indicator.service_id IS 'the service that it is about';
COMMENT ON COLUMN steering.indicator.name IS 'name for people';
COMMENT ON COLUMN steering.indicator.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.indicator.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.indicator.dimension IS 'the public value that it serves: outcome (what is achieved for society), legitimacy (the support for it) or operational capacity (the means to do it). After M. H. Moore, Creating Public Value, 1995: the strategic triangle';
COMMENT ON COLUMN steering.indicator.additive IS 'true: the values of months add up to that of the year (numbers); false: a year is as its last month (levels, percentages, scores)';
COMMENT ON COLUMN steering.indicator.main IS 'true: it stands for the result of the service where cost is compared with results; one for a service at most';

-- The order of the columns of both tables is known to C, and so is that they are of fixed width.
CREATE TABLE steering.target (
	value steering.amount NOT NULL,
	indicator_id integer NOT NULL,
	participant_id integer NOT NULL,
	first_day date NOT NULL,
	end_day date NOT NULL,
	CONSTRAINT target_pkey PRIMARY KEY (indicator_id, participant_id, first_day, end_day),
	CONSTRAINT target_whole_months CHECK (isfinite(first_day) AND isfinite(end_day) AND first_day < end_day
		AND extract(day FROM first_day) = 1 AND extract(day FROM end_day) = 1),
	CONSTRAINT target_no_overlap EXCLUDE USING gist (int4range(indicator_id, indicator_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, daterange(first_day, end_day) WITH &&)
);
REVOKE ALL ON steering.target FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.target', '');
COMMENT ON TABLE steering.target IS 'what is to be achieved; written by set_target() and drop_indicator() alone; one at a time for each participant';
COMMENT ON COLUMN steering.target.value IS 'the target, in the unit of the indicator: of all the months if it is additive, else of each of them';
COMMENT ON COLUMN steering.target.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.target.participant_id IS 'the participant';
COMMENT ON COLUMN steering.target.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.target.end_day IS 'first day after the last month';

CREATE TABLE steering.measurement (
	value steering.amount NOT NULL,
	indicator_id integer NOT NULL,
	participant_id integer NOT NULL,
	first_day date NOT NULL,
	end_day date NOT NULL,
	CONSTRAINT measurement_pkey PRIMARY KEY (indicator_id, participant_id, first_day, end_day),
	CONSTRAINT measurement_whole_months CHECK (isfinite(first_day) AND isfinite(end_day) AND first_day < end_day
		AND extract(day FROM first_day) = 1 AND extract(day FROM end_day) = 1),
	CONSTRAINT measurement_no_overlap EXCLUDE USING gist (int4range(indicator_id, indicator_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, daterange(first_day, end_day) WITH &&)
);
REVOKE ALL ON steering.measurement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.measurement', '');
COMMENT ON TABLE steering.measurement IS 'what was achieved; written by set_measurement() and drop_indicator() alone; one at a time for each participant. Months without a row are missing, not zero';
COMMENT ON COLUMN steering.measurement.value IS 'what was measured, in the unit of the indicator: in all the months if it is additive, else at the end of them';
COMMENT ON COLUMN steering.measurement.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.measurement.participant_id IS 'the participant';
COMMENT ON COLUMN steering.measurement.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.measurement.end_day IS 'first day after the last month';

CREATE FUNCTION steering.indicator_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_indicator_number'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.indicator_number(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.indicator_number(text) IS
'number of the indicator with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.set_indicator(code text, service text, name text, unit text, direction text, dimension text,
	additive boolean DEFAULT true, main boolean DEFAULT false) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_one_of(set_indicator.direction, 'direction', 'higher, lower'),
	steering.require_one_of(set_indicator.dimension, 'dimension', 'outcome, legitimacy, operational capacity'),
	steering.service_number(set_indicator.service);
SELECT steering.require_that(false, '23505',
	format('service "%s" has a main indicator already: "%s"', set_indicator.service, standing.code), 'Set that one with main => false first.')
FROM steering.indicator AS standing
WHERE set_indicator.main AND standing.main AND standing.service_id = steering.service_number(set_indicator.service)
	AND standing.code <> set_indicator.code;
INSERT INTO steering.indicator (code, service_id, name, unit, direction, dimension, additive, main)
VALUES (set_indicator.code, steering.service_number(set_indicator.service), set_indicator.name, set_indicator.unit,
	set_indicator.direction, set_indicator.dimension, set_indicator.additive, set_indicator.main)
ON CONFLICT ON CONSTRAINT indicator_code_key DO UPDATE
	SET service_id = excluded.service_id, name = excluded.name, unit = excluded.unit, direction = excluded.direction,
		dimension = excluded.dimension, additive = excluded.additive, main = excluded.main
RETURNING indicator_id;
END;
REVOKE ALL ON FUNCTION steering.set_indicator(text, text, text, text, text, text, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_indicator(text, text, text, text, text, text, boolean, boolean) IS
'creates an indicator of a service, or changes the one with this code; returns its number. direction: higher or lower is better; dimension: outcome, legitimacy or operational capacity; additive: the values of months add up; main: it stands for the result of the service. Errors: 22004 service is null, 22023 unknown service, 23502 null, 23514 unknown direction or dimension, 23505 the service has a main indicator';

CREATE FUNCTION steering.set_target(indicator text, participant text, period text, value numeric) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.indicator_number(set_target.indicator);
SELECT steering.refuse_standing(concat('indicator "', set_target.indicator, '" has a target for participant "',
		set_target.participant, '" in some of these months'),
	steering.name_period(daterange(standing.first_day, standing.end_day)))
FROM steering.target AS standing
WHERE set_target.value IS NOT NULL
	AND standing.indicator_id = (SELECT steering.indicator_number(set_target.indicator))
	AND standing.participant_id = (SELECT steering.participant_number(set_target.participant))
	AND standing.first_day < (SELECT upper(steering.period_range(set_target.period)))
	AND standing.end_day > (SELECT lower(steering.period_range(set_target.period)))
	AND daterange(standing.first_day, standing.end_day) <> (SELECT steering.period_range(set_target.period))
LIMIT 1;
WITH scope AS MATERIALIZED (
	SELECT (SELECT indicator.indicator_id FROM steering.indicator
			WHERE indicator.indicator_id = (SELECT steering.indicator_number(set_target.indicator)) FOR KEY SHARE) AS indicator_id,
		steering.participant_number(set_target.participant) AS participant_id,
		lower(steering.period_range(set_target.period)) AS first_day,
		upper(steering.period_range(set_target.period)) AS end_day
), removed AS (
	DELETE FROM steering.target USING scope
	WHERE set_target.value IS NULL
		AND target.indicator_id = scope.indicator_id AND target.participant_id = scope.participant_id
		AND target.first_day = scope.first_day AND target.end_day = scope.end_day
), stored AS (
	INSERT INTO steering.target (indicator_id, participant_id, first_day, end_day, value)
	SELECT scope.indicator_id, scope.participant_id, scope.first_day, scope.end_day, set_target.value::steering.amount
	FROM scope
	WHERE set_target.value IS NOT NULL
	ON CONFLICT ON CONSTRAINT target_pkey DO UPDATE SET value = excluded.value
	RETURNING target.value
)
SELECT stored.value::numeric FROM stored;
END;
REVOKE ALL ON FUNCTION steering.set_target(text, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_target(text, text, text, numeric) IS
'sets what is to be achieved in a period, in the unit of the indicator to four decimals; the one of the same period is replaced; null removes it. Returns what is set. Errors: 22004 another null, 22023 unknown code or not whole months, 22P02 no period, 22003 no number that fits, 23P01 overlap with another target of the indicator for the participant';

CREATE FUNCTION steering.set_measurement(indicator text, participant text, period text, value numeric) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_measurement.indicator);
SELECT steering.refuse_standing(concat('indicator "', set_measurement.indicator, '" has a measurement for participant "',
		set_measurement.participant, '" in some of these months'),
	steering.name_period(daterange(standing.first_day, standing.end_day)))
FROM steering.measurement AS standing
WHERE set_measurement.value IS NOT NULL
	AND standing.indicator_id = (SELECT steering.indicator_number(set_measurement.indicator))
	AND standing.participant_id = (SELECT steering.participant_number(set_measurement.participant))
	AND standing.first_day < (SELECT upper(steering.period_range(set_measurement.period)))
	AND standing.end_day > (SELECT lower(steering.period_range(set_measurement.period)))
	AND daterange(standing.first_day, standing.end_day) <> (SELECT steering.period_range(set_measurement.period))
LIMIT 1;
WITH scope AS MATERIALIZED (
	SELECT (SELECT indicator.indicator_id FROM steering.indicator
			WHERE indicator.indicator_id = (SELECT steering.indicator_number(set_measurement.indicator)) FOR KEY SHARE) AS indicator_id,
		steering.participant_number(set_measurement.participant) AS participant_id,
		lower(steering.period_range(set_measurement.period)) AS first_day,
		upper(steering.period_range(set_measurement.period)) AS end_day
), removed AS (
	DELETE FROM steering.measurement USING scope
	WHERE set_measurement.value IS NULL
		AND measurement.indicator_id = scope.indicator_id AND measurement.participant_id = scope.participant_id
		AND measurement.first_day = scope.first_day AND measurement.end_day = scope.end_day
), stored AS (
	INSERT INTO steering.measurement (indicator_id, participant_id, first_day, end_day, value)
	SELECT scope.indicator_id, scope.participant_id, scope.first_day, scope.end_day, set_measurement.value::steering.amount
	FROM scope
	WHERE set_measurement.value IS NOT NULL
	ON CONFLICT ON CONSTRAINT measurement_pkey DO UPDATE SET value = excluded.value
	RETURNING measurement.value
)
SELECT stored.value::numeric FROM stored;
END;
REVOKE ALL ON FUNCTION steering.set_measurement(text, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_measurement(text, text, text, numeric) IS
'sets what was achieved in a period, in the unit of the indicator to four decimals; the one of the same period is replaced; null removes it: then it is missing, which is not zero. Returns what is set. Errors: 22004 another null, 22023 unknown code or not whole months, 22P02 no period, 22003 no number that fits, 23P01 overlap with another measurement of the indicator for the participant';

CREATE FUNCTION steering.attainment(measured numeric, target numeric, direction text) RETURNS numeric
AS 'MODULE_PATHNAME', 'steering_attainment'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.attainment(numeric, numeric, text) IS
'how far a target is attained, as a percentage to two decimals: 100 * (1 + (measured - target) / |target|) where higher is better, 100 * (1 - (measured - target) / |target|) where lower is better; below 0 when it is missed by more than itself. Of a target of zero: 100 when measured is at least as good, else 0. Null when measured or target is missing. Both count to four decimals. Errors: 22004 no direction, 22023 another direction than higher or lower, 22003 no number that fits';

-- Incentives.

CREATE FUNCTION steering.band_gap(attainment numrange[]) RETURNS nummultirange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{(,)}'::nummultirange - (SELECT coalesce(range_agg(band), '{}') FROM unnest(attainment) AS band);
REVOKE ALL ON FUNCTION steering.band_gap(numrange[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.band_gap(numrange[]) IS 'what no band holds';

CREATE FUNCTION steering.band_overlap(attainment numrange[]) RETURNS nummultirange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(range_agg(a.band * b.band), '{}')
	FROM unnest(attainment) WITH ORDINALITY AS a (band, place)
	JOIN unnest(attainment) WITH ORDINALITY AS b (band, place) ON a.place < b.place);
REVOKE ALL ON FUNCTION steering.band_overlap(numrange[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.band_overlap(numrange[]) IS 'what more than one band holds';

CREATE FUNCTION steering.refuse_bands(indicator text, gap nummultirange, overlap nummultirange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_bands'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_bands(text, nummultirange, nummultirange) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_bands(text, nummultirange, nummultirange) IS
'raises which gap the bands of an indicator leave, or where they overlap (23514), unless both are empty';

CREATE TABLE steering.incentive (
	indicator_id integer CONSTRAINT incentive_pkey PRIMARY KEY,
	attainment numrange[] NOT NULL,
	percent numeric[] NOT NULL,
	CONSTRAINT incentive_bands_match_percents
		CHECK (array_ndims(attainment) = 1 AND array_ndims(percent) = 1 AND cardinality(attainment) = cardinality(percent)),
	CONSTRAINT incentive_no_empty_band
		CHECK (array_position(attainment, NULL) IS NULL AND array_position(attainment, 'empty') IS NULL),
	CONSTRAINT incentive_percent_is_number CHECK (array_position(percent, NULL) IS NULL
		AND '-Infinity' < ALL (percent) AND 'Infinity' > ALL (percent)),
	CONSTRAINT incentive_no_gap CHECK (isempty(steering.band_gap(attainment))),
	CONSTRAINT incentive_no_overlap CHECK (isempty(steering.band_overlap(attainment)))
);
REVOKE ALL ON steering.incentive FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.incentive', '');
COMMENT ON TABLE steering.incentive IS 'which bonus or malus an attainment gives; written by set_incentive(), drop_incentive() and drop_indicator() alone';
COMMENT ON COLUMN steering.incentive.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.incentive.attainment IS 'bands of attainment, in percents, which together hold every number once';
COMMENT ON COLUMN steering.incentive.percent IS 'for each band the percentage of the agreed amount: above zero a bonus, below zero a malus';

CREATE FUNCTION steering.set_incentive(indicator text, attainment numrange[], percent numeric[]) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_incentive.indicator);
SELECT steering.refuse_bands(set_incentive.indicator, steering.band_gap(set_incentive.attainment),
	steering.band_overlap(set_incentive.attainment))
WHERE set_incentive.attainment IS NOT NULL;
SELECT steering.require_that(array_ndims(set_incentive.attainment) = 1 AND array_ndims(set_incentive.percent) = 1
			AND cardinality(set_incentive.attainment) = cardinality(set_incentive.percent), '23514',
		'attainment and percent must be arrays of one dimension, with as many bands as percentages'),
	steering.require_that(array_position(set_incentive.attainment, NULL) IS NULL
			AND array_position(set_incentive.attainment, 'empty') IS NULL, '23514',
		format('bands of indicator "%s" must not be empty', set_incentive.indicator)),
	steering.require_that(NOT EXISTS (SELECT FROM unnest(set_incentive.percent) AS given (percent)
			WHERE given.percent IS NULL OR given.percent IN ('NaN', 'Infinity', '-Infinity')), '23514',
		format('percentages of indicator "%s" must be numbers: %s', set_incentive.indicator, set_incentive.percent))
WHERE num_nulls(set_incentive.attainment, set_incentive.percent) = 0;
INSERT INTO steering.incentive (indicator_id, attainment, percent)
VALUES ((SELECT indicator.indicator_id FROM steering.indicator
		WHERE indicator.indicator_id = (SELECT steering.indicator_number(set_incentive.indicator)) FOR KEY SHARE),
	set_incentive.attainment, set_incentive.percent)
ON CONFLICT ON CONSTRAINT incentive_pkey DO UPDATE SET attainment = excluded.attainment, percent = excluded.percent
RETURNING cardinality(incentive.percent);
END;
REVOKE ALL ON FUNCTION steering.set_incentive(text, numrange[], numeric[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_incentive(text, numrange[], numeric[]) IS
'says which percentage of the agreed amount an attainment gives, in bands such as (,90) [90,100) [100,) with a percentage each: above zero a bonus, below zero a malus. Replaces what was set; returns the number of bands. Errors: 22004 indicator is null, 22023 unknown indicator, 23502 null, 23514 bands with a gap or an overlap (the message says where), an empty band, not one number for each band';

CREATE FUNCTION steering.drop_incentive(indicator text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(drop_incentive.indicator);
WITH gone AS (
	DELETE FROM steering.incentive WHERE indicator_id = (SELECT steering.indicator_number(drop_incentive.indicator))
	RETURNING indicator_id
)
SELECT steering.require_found(count(*), concat('incentive of indicator "', drop_incentive.indicator, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_incentive(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_incentive(text) IS
'ends the incentive of an indicator. Errors: 22004 null, 22023 unknown indicator, 42704 it has none';

CREATE FUNCTION steering.drop_indicator(indicator text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_drop_indicator'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.drop_indicator(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_indicator(text) IS
'removes an indicator with its targets, measurements and incentive. Waits for whoever is setting one. Errors: 22004 null, 22023 unknown indicator, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- Results.

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.result_in(first_day date, end_day date)
RETURNS TABLE (indicator_id integer, service_id integer, participant_id integer, main boolean, additive boolean,
	direction text, target steering.amount, measured steering.amount, months_measured integer,
	target_measured steering.amount, compared steering.amount, attainment numeric, incentive_percent numeric)
AS 'MODULE_PATHNAME', 'steering_result_in'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10000;
COMMENT ON FUNCTION steering.result_in(date, date) IS
'results from first_day until before end_day (first days of months) per indicator and participant, as far as the role may read them. target: that of the range, of an additive indicator by months, else the last one; measured: what was measured within the range, in sum or at the end; months_measured: how many months that is of; compared: what of it was measured in months that all have a target, target_measured: the target of those months; attainment: of the one by the other; incentive_percent: of its band. What is missing is null. From two passes through stored figures. Errors: 22023 not whole months, 22003 a sum does not fit';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.target_share(target steering.amount, first_day date, end_day date, from_day date, to_day date)
RETURNS steering.amount
AS 'MODULE_PATHNAME', 'steering_target_share'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION steering.target_share(steering.amount, date, date, date, date) IS
'what of a target that holds from first_day until before end_day is for the months from from_day until before to_day, to four decimals: so that the shares of all months add up to the target. Error: 22023 not the first day of a month';

CREATE VIEW steering.measured_target AS
SELECT measurement.indicator_id, measurement.participant_id, measurement.first_day, measurement.end_day,
	measurement.value,
	CASE WHEN NOT indicator.additive THEN goal.last_value
		WHEN goal.days = measurement.end_day - measurement.first_day THEN goal.share END AS target
FROM steering.measurement
JOIN steering.indicator ON indicator.indicator_id = measurement.indicator_id
CROSS JOIN LATERAL (
	SELECT steering.sum(steering.target_share(target.value, target.first_day, target.end_day,
			measurement.first_day, measurement.end_day)) AS share,
		sum(least(target.end_day, measurement.end_day) - greatest(target.first_day, measurement.first_day)) AS days,
		steering.min(target.value) FILTER (WHERE target.end_day >= measurement.end_day) AS last_value
	FROM steering.target
	WHERE target.indicator_id = measurement.indicator_id AND target.participant_id = measurement.participant_id
		AND target.first_day < measurement.end_day AND target.end_day > measurement.first_day
) AS goal;
REVOKE ALL ON steering.measured_target FROM PUBLIC;
COMMENT ON VIEW steering.measured_target IS 'measurements with the target of their months';
COMMENT ON COLUMN steering.measured_target.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.measured_target.participant_id IS 'the participant';
COMMENT ON COLUMN steering.measured_target.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.measured_target.end_day IS 'first day after the last month';
COMMENT ON COLUMN steering.measured_target.value IS 'what was measured';
COMMENT ON COLUMN steering.measured_target.target IS 'target of these months, of a level that of the last one; null: there is none, or not for all of them';

CREATE VIEW steering.result WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	indicator.code AS indicator,
	steering.name_period(daterange(period.first_day, period.end_day)) AS period,
	period.first_day AS valid_from,
	period.end_day - 1 AS valid_to,
	CASE WHEN indicator.additive THEN goal.total ELSE goal.last_value END::numeric AS target,
	CASE WHEN indicator.additive THEN achieved.total ELSE achieved.last_value END::numeric AS measured,
	CASE WHEN indicator.additive
		THEN steering.attainment(achieved.compared::numeric, achieved.target::numeric, indicator.direction)
		ELSE steering.attainment(achieved.last_compared::numeric, achieved.last_target::numeric, indicator.direction)
		END AS attainment,
	indicator.unit,
	indicator.direction,
	indicator.dimension
FROM steering.indicator
JOIN steering.service ON service.service_id = indicator.service_id
CROSS JOIN steering.participant
JOIN steering.readable_participant AS readable ON readable.participant_id = participant.participant_id
CROSS JOIN LATERAL (
	SELECT target.first_day, target.end_day
	FROM steering.target
	WHERE target.indicator_id = indicator.indicator_id AND target.participant_id = participant.participant_id
	UNION
	SELECT measurement.first_day, measurement.end_day
	FROM steering.measurement
	WHERE measurement.indicator_id = indicator.indicator_id AND measurement.participant_id = participant.participant_id
) AS period
CROSS JOIN LATERAL (
	SELECT steering.sum(steering.target_share(target.value, target.first_day, target.end_day,
			period.first_day, period.end_day)) AS total,
		(array_agg(target.value ORDER BY target.first_day DESC))[1] AS last_value
	FROM steering.target
	WHERE target.indicator_id = indicator.indicator_id AND target.participant_id = participant.participant_id
		AND target.first_day < period.end_day AND target.end_day > period.first_day
) AS goal
CROSS JOIN LATERAL (
	SELECT steering.sum(measured.value) AS total,
		steering.sum(measured.value) FILTER (WHERE measured.target IS NOT NULL) AS compared,
		steering.sum(measured.target) AS target,
		(array_agg(measured.value ORDER BY measured.first_day DESC))[1] AS last_value,
		(array_agg(measured.value ORDER BY measured.first_day DESC) FILTER (WHERE measured.target IS NOT NULL))[1] AS last_compared,
		(array_agg(measured.target ORDER BY measured.first_day DESC) FILTER (WHERE measured.target IS NOT NULL))[1] AS last_target
	FROM steering.measured_target AS measured
	WHERE measured.indicator_id = indicator.indicator_id AND measured.participant_id = participant.participant_id
		AND measured.first_day >= period.first_day AND measured.end_day <= period.end_day
) AS achieved;
GRANT SELECT ON steering.result TO PUBLIC;
COMMENT ON VIEW steering.result IS 'targets and what was measured, for each period that a target or a measurement was set for, of participants whose figures the role may read. Periods may lie in each other: add up those of one kind';
COMMENT ON COLUMN steering.result.service IS 'code of the service';
COMMENT ON COLUMN steering.result.participant IS 'code of the participant';
COMMENT ON COLUMN steering.result.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.result.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.result.valid_from IS 'first day of the period';
COMMENT ON COLUMN steering.result.valid_to IS 'last day of the period';
COMMENT ON COLUMN steering.result.target IS 'what is to be achieved in the period: if the indicator is additive, the target of its months by their number, else the last one; null: none is set';
COMMENT ON COLUMN steering.result.measured IS 'what was measured within the period, in sum or at the end; null: nothing was';
COMMENT ON COLUMN steering.result.attainment IS 'percentage of the target of those months that were measured, see attainment(); null: nothing to compare';
COMMENT ON COLUMN steering.result.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.result.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.result.dimension IS 'the public value that it serves: outcome, legitimacy or operational capacity';

CREATE VIEW steering.indicator_status WITH (security_barrier) AS
SELECT indicator.indicator_id, service.code AS service, indicator.code AS indicator, indicator.name, indicator.unit,
	indicator.direction, indicator.dimension, indicator.additive, indicator.main
FROM steering.indicator
JOIN steering.service ON service.service_id = indicator.service_id
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.indicator_status TO PUBLIC;
COMMENT ON VIEW steering.indicator_status IS 'the indicators, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.indicator_status.indicator_id IS 'number of the indicator';
COMMENT ON COLUMN steering.indicator_status.service IS 'code of the service';
COMMENT ON COLUMN steering.indicator_status.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.indicator_status.name IS 'name for people';
COMMENT ON COLUMN steering.indicator_status.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.indicator_status.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.indicator_status.dimension IS 'the public value that it serves: outcome, legitimacy or operational capacity';
COMMENT ON COLUMN steering.indicator_status.additive IS 'true: the values of months add up; false: a year is as its last month';
COMMENT ON COLUMN steering.indicator_status.main IS 'true: it stands for the result of the service where cost is compared with results';

-- Not STRICT, and without settings of its own, so that the planner inlines it.
CREATE FUNCTION steering.period_result(period text)
RETURNS TABLE (service text, participant text, indicator text, target numeric, measured numeric, months_measured integer,
	target_measured numeric, compared numeric, attainment numeric, incentive_percent numeric, unit text, direction text,
	dimension text, main boolean)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT indicator.service, readable.code, indicator.indicator, result.target::numeric, result.measured::numeric,
	result.months_measured, result.target_measured::numeric, result.compared::numeric, result.attainment,
	result.incentive_percent, indicator.unit, indicator.direction, indicator.dimension, indicator.main
FROM steering.result_in(lower(steering.period_range(period_result.period)),
	upper(steering.period_range(period_result.period))) AS result
JOIN steering.indicator_status AS indicator ON indicator.indicator_id = result.indicator_id
JOIN steering.readable_participant AS readable ON readable.participant_id = result.participant_id;
END;
COMMENT ON FUNCTION steering.period_result(text) IS
'results of a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), one row for each indicator and participant that the role may read and that has a target in the period or a measurement within it. target: of an additive indicator what the targets come to for these months, else the last one; measured: what was measured within the period, in sum or at the end, months_measured: in how many months; compared: what of it was measured in months that all have a target, target_measured: the target of those months; attainment: of the one by the other, see attainment(); incentive_percent: of the band that it lies in. What is missing is null, never zero. Errors: 22004 null, those of period_range(), 22003 a sum does not fit';

CREATE VIEW steering.incentive_band WITH (security_barrier) AS
SELECT service.code AS service,
	indicator.code AS indicator,
	lower(band.attainment) AS attainment_from,
	upper(band.attainment) AS attainment_to,
	band.attainment,
	band.percent
FROM steering.incentive
JOIN steering.indicator ON indicator.indicator_id = incentive.indicator_id
JOIN steering.service ON service.service_id = indicator.service_id
CROSS JOIN LATERAL unnest(incentive.attainment, incentive.percent) AS band (attainment, percent)
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.incentive_band TO PUBLIC;
COMMENT ON VIEW steering.incentive_band IS 'bands of the incentives, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.incentive_band.service IS 'code of the service';
COMMENT ON COLUMN steering.incentive_band.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.incentive_band.attainment_from IS 'where the band starts, as a percentage; null: it has no start';
COMMENT ON COLUMN steering.incentive_band.attainment_to IS 'where the band ends; null: it has no end';
COMMENT ON COLUMN steering.incentive_band.attainment IS 'the band, which says whether it holds its bounds';
COMMENT ON COLUMN steering.incentive_band.percent IS 'percentage of the agreed amount: above zero a bonus, below zero a malus';
