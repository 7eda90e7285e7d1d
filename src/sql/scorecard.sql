-- scorecard.sql
-- The public value scorecard: per service what is used up, money and authority, against what it achieves, the support for it and the
-- capacity to do it. After M. H. Moore, The Public Value Scorecard, 2003, and Recognizing Public Value, 2013.

CREATE TABLE steering.scorecard_indicator (
	indicator_id integer CONSTRAINT scorecard_indicator_pkey PRIMARY KEY,
	is_authority boolean NOT NULL
);
REVOKE ALL ON steering.scorecard_indicator FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.scorecard_indicator', '');
COMMENT ON TABLE steering.scorecard_indicator IS 'which indicators stand for a dimension of their service on the scorecard, written by set_scorecard_indicator() and drop_scorecard_indicator() alone';
COMMENT ON COLUMN steering.scorecard_indicator.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.scorecard_indicator.is_authority IS 'true: it counts the use of authority, on the side of the costs; false: it stands for the dimension that it has';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.scorecard_indicator
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_scorecard_indicator', 'drop_scorecard_indicator');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.scorecard_indicator FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

-- Who was named comes before the service's main indicator, which stands for its own dimension else. Whose service or dimension was
-- changed since may meet another one there: the first by code stands for both.
CREATE VIEW steering.scorecard_main WITH (security_barrier) AS
SELECT DISTINCT ON (standing.service, standing.dimension) standing.service, standing.dimension, standing.indicator, standing.name,
	standing.unit, standing.direction, standing.additive
FROM (
	SELECT indicator.service, CASE WHEN named.is_authority THEN 'authority' ELSE indicator.dimension END AS dimension, indicator.indicator,
		indicator.name, indicator.unit, indicator.direction, indicator.additive, named.indicator_id IS NULL AS is_last
	FROM steering.indicator_status AS indicator
	LEFT JOIN steering.scorecard_indicator AS named ON named.indicator_id = indicator.indicator_id
	WHERE named.indicator_id IS NOT NULL OR indicator.main
) AS standing
ORDER BY standing.service, standing.dimension, standing.is_last, standing.indicator COLLATE "C";
GRANT SELECT ON steering.scorecard_main TO PUBLIC;
COMMENT ON VIEW steering.scorecard_main IS 'the indicator that stands for each dimension of each service on the scorecard, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.scorecard_main.service IS 'code of the service';
COMMENT ON COLUMN steering.scorecard_main.dimension IS 'authority (its use, which is a cost), outcome, legitimacy or operational capacity';
COMMENT ON COLUMN steering.scorecard_main.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.scorecard_main.name IS 'its name';
COMMENT ON COLUMN steering.scorecard_main.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.scorecard_main.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.scorecard_main.additive IS 'true: the values of months, and of participants, add up';

CREATE FUNCTION steering.set_scorecard_indicator(indicator text, is_authority boolean DEFAULT false) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_scorecard_indicator.indicator),
	steering.require_given(set_scorecard_indicator.is_authority IS NOT NULL, 'is_authority');
-- Who drops the indicator is waited for, and waits.
SELECT indicator.indicator_id FROM steering.indicator WHERE indicator.code = set_scorecard_indicator.indicator FOR KEY SHARE;
DELETE FROM steering.scorecard_indicator AS named
USING steering.indicator AS other, steering.indicator AS wanted
WHERE named.indicator_id = other.indicator_id AND wanted.code = set_scorecard_indicator.indicator AND other.service_id = wanted.service_id
	AND other.indicator_id <> wanted.indicator_id AND named.is_authority = set_scorecard_indicator.is_authority
	AND (named.is_authority OR other.dimension = wanted.dimension);
INSERT INTO steering.scorecard_indicator (indicator_id, is_authority)
VALUES (steering.indicator_number(set_scorecard_indicator.indicator), set_scorecard_indicator.is_authority)
ON CONFLICT ON CONSTRAINT scorecard_indicator_pkey DO UPDATE SET is_authority = excluded.is_authority;
END;
REVOKE ALL ON FUNCTION steering.set_scorecard_indicator(text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_scorecard_indicator(text, boolean) IS
'says that an indicator is the main one of its service in its dimension on the scorecard; or, with is_authority, that it counts the use of authority (compulsory decisions, sanctions), which stands beside the money on the side of the costs. Another one of the service that stood there does no more. Without that, the main indicator of a service stands for its own dimension. Errors: 22004 null, 22023 unknown indicator';

CREATE FUNCTION steering.drop_scorecard_indicator(indicator text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(drop_scorecard_indicator.indicator);
WITH gone AS (
	DELETE FROM steering.scorecard_indicator
	WHERE scorecard_indicator.indicator_id = (SELECT steering.indicator_number(drop_scorecard_indicator.indicator))
	RETURNING scorecard_indicator.indicator_id
)
SELECT steering.require_found(count(*), concat('indicator "', drop_scorecard_indicator.indicator, '" on the scorecard'))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_scorecard_indicator(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_scorecard_indicator(text) IS
'takes back that an indicator stands for something on the scorecard. Errors: 22004 null, 22023 unknown indicator, 42704 it does not';

-- Of a level no sum is made: it is that of the only participant, and how far it is attained is the mean of the participants.
CREATE FUNCTION steering.scorecard_results(period text)
RETURNS TABLE (service text, dimension text, indicator text, unit text, measured numeric, attainment numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT main.service, main.dimension, main.indicator, main.unit,
	CASE WHEN main.additive OR count(result.measured) = 1 THEN sum(result.measured) END,
	CASE WHEN main.additive THEN steering.attainment(sum(result.compared), sum(result.target_measured), main.direction)
		ELSE round(avg(result.attainment), 2) END
FROM steering.scorecard_main AS main
LEFT JOIN steering.period_result(scorecard_results.period) AS result ON result.indicator = main.indicator
GROUP BY main.service, main.dimension, main.indicator, main.unit, main.direction, main.additive;
END;
COMMENT ON FUNCTION steering.scorecard_results(text) IS
'what scorecard() shows of the indicators that stand for each dimension of each service, as far as the role may read it: over its participants measured (of an additive indicator the sum, of a level that of the only one who has it), and attainment (of sums; of a level the mean of the participants, to two decimals). What is missing is null. Errors: those of period_result()';

CREATE FUNCTION steering.scorecard(period text)
RETURNS TABLE (service text, actual numeric, committed numeric, agreed_cost numeric, authority text, authority_used numeric,
	authority_unit text, authority_attainment numeric, outcome text, outcome_measured numeric, outcome_unit text, outcome_attainment numeric,
	legitimacy text, legitimacy_measured numeric, legitimacy_unit text, legitimacy_attainment numeric, capacity text,
	capacity_measured numeric, capacity_unit text, capacity_attainment numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH RECURSIVE below (top, code) AS (
	SELECT named.code, named.code FROM steering.named_service AS named
	UNION ALL
	SELECT below.top, named.code FROM below JOIN steering.named_service AS named ON named.parent = below.code
), booked AS MATERIALIZED (
	SELECT booked.service, sum(booked.actual) AS actual, sum(booked.committed) AS committed, sum(booked.agreed_cost) AS agreed_cost
	FROM steering.cost_versus_result(scorecard.period) AS booked
	GROUP BY booked.service
), cost AS MATERIALIZED (
	SELECT below.top AS service, sum(booked.actual) AS actual, sum(booked.committed) AS committed, sum(booked.agreed_cost) AS agreed_cost
	FROM booked
	JOIN below ON below.code = booked.service
	GROUP BY below.top
), result AS MATERIALIZED (
	SELECT result.service, result.dimension, result.indicator, result.unit, result.measured, result.attainment
	FROM steering.scorecard_results(scorecard.period) AS result
), listed AS (
	SELECT cost.service FROM cost UNION SELECT result.service FROM result
)
SELECT listed.service, cost.actual, cost.committed, cost.agreed_cost,
	used.indicator, used.measured, used.unit, used.attainment,
	outcome.indicator, outcome.measured, outcome.unit, outcome.attainment,
	legitimacy.indicator, legitimacy.measured, legitimacy.unit, legitimacy.attainment,
	capacity.indicator, capacity.measured, capacity.unit, capacity.attainment
FROM listed
LEFT JOIN cost ON cost.service = listed.service
LEFT JOIN result AS used ON used.service = listed.service AND used.dimension = 'authority'
LEFT JOIN result AS outcome ON outcome.service = listed.service AND outcome.dimension = 'outcome'
LEFT JOIN result AS legitimacy ON legitimacy.service = listed.service AND legitimacy.dimension = 'legitimacy'
LEFT JOIN result AS capacity ON capacity.service = listed.service AND capacity.dimension = 'operational capacity'
ORDER BY listed.service COLLATE "C";
END;
COMMENT ON FUNCTION steering.scorecard(text) IS
'the public value scorecard of a period: a row for each service that has cost, itself or below it, or an indicator that stands for a dimension, over the participants that the role may read. Left what is used up: actual, committed, agreed_cost (as in cost_versus_result(), of the service and all below it, so rows overlap: sum over one level only), and the use of authority by the indicator that counts it; right the outcome, the legitimacy and the operational capacity, each by the indicator that stands for it (set_scorecard_indicator()), with what was measured of it and how far that attains the target, in percent. What is missing is null, never zero. After M. H. Moore, The Public Value Scorecard, 2003. Errors: those of cost_versus_result()';

CREATE FUNCTION steering.scorecard_gaps() RETURNS TABLE (service text, name text, dimension text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT named.code, named.name, wanted.dimension
FROM steering.named_service AS named
CROSS JOIN (VALUES (1, 'outcome'), (2, 'legitimacy'), (3, 'operational capacity')) AS wanted (place, dimension)
WHERE NOT EXISTS (SELECT FROM steering.scorecard_main AS main WHERE main.service = named.code AND main.dimension = wanted.dimension)
ORDER BY named.code COLLATE "C", wanted.place;
END;
COMMENT ON FUNCTION steering.scorecard_gaps() IS
'the services that have no main indicator in a dimension of public value: a row for each of outcome, legitimacy and operational capacity that is missing. For roles that may read the figures of any participant. See set_scorecard_indicator()';
