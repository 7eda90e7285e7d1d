-- cost_behaviour.sql
-- How the cost of services behaves when less is bought: what part of it is fixed and within how many months it can be avoided,
-- and what is stranded of a cost that falls away.

CREATE TABLE steering.cost_behaviour (
	behaviour_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT cost_behaviour_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	during daterange NOT NULL CONSTRAINT cost_behaviour_during_not_empty CHECK (NOT isempty(during)),
	fixed_share numeric NOT NULL CONSTRAINT cost_behaviour_share_in_range CHECK (fixed_share BETWEEN 0 AND 1),
	avoidable_after integer NOT NULL CONSTRAINT cost_behaviour_months_in_range CHECK (avoidable_after BETWEEN 0 AND 1200),
	CONSTRAINT cost_behaviour_key UNIQUE (service_id, during),
	CONSTRAINT cost_behaviour_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.cost_behaviour FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.cost_behaviour', '');
SELECT pg_catalog.pg_extension_config_dump('steering.cost_behaviour_behaviour_id_seq', '');
COMMENT ON TABLE steering.cost_behaviour IS 'how the cost of services behaves, written by set_cost_behaviour() and drop_cost_behaviour() alone; one at a time for each service, and for those below it that have none';
COMMENT ON COLUMN steering.cost_behaviour.behaviour_id IS 'number of the row';
COMMENT ON COLUMN steering.cost_behaviour.service_id IS 'the service';
COMMENT ON COLUMN steering.cost_behaviour.during IS 'the days on which it is so';
COMMENT ON COLUMN steering.cost_behaviour.fixed_share IS 'the part of the cost that stays when less is bought: 0 to 1';
COMMENT ON COLUMN steering.cost_behaviour.avoidable_after IS 'within how many months the fixed part can be avoided; 0: at once';

CREATE FUNCTION steering.set_cost_behaviour(service text, during steering.day_range, fixed_share numeric, avoidable_after integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(set_cost_behaviour.service), steering.require_finite(set_cost_behaviour.during::daterange),
	steering.require_given(set_cost_behaviour.fixed_share IS NOT NULL, 'fixed_share'),
	steering.require_given(set_cost_behaviour.avoidable_after IS NOT NULL, 'avoidable_after');
SELECT steering.require_that(set_cost_behaviour.fixed_share BETWEEN 0 AND 1, '22023',
		format('fixed_share must be between 0 and 1: %s', set_cost_behaviour.fixed_share)),
	steering.require_that(set_cost_behaviour.avoidable_after BETWEEN 0 AND 1200, '22023',
		format('avoidable_after must be between 0 and 1200 months: %s', set_cost_behaviour.avoidable_after));
SELECT steering.refuse_standing(
	concat('service "', set_cost_behaviour.service, '" has a cost behaviour on some of these days'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.cost_behaviour AS standing
WHERE standing.service_id = (SELECT steering.service_number(set_cost_behaviour.service))
	AND NOT isempty(standing.during * set_cost_behaviour.during::daterange) AND standing.during <> set_cost_behaviour.during::daterange
LIMIT 1;
INSERT INTO steering.cost_behaviour (service_id, during, fixed_share, avoidable_after)
VALUES (steering.service_number(set_cost_behaviour.service), set_cost_behaviour.during::daterange, set_cost_behaviour.fixed_share,
	set_cost_behaviour.avoidable_after)
ON CONFLICT ON CONSTRAINT cost_behaviour_key DO UPDATE
	SET fixed_share = excluded.fixed_share, avoidable_after = excluded.avoidable_after
RETURNING behaviour_id;
END;
REVOKE ALL ON FUNCTION steering.set_cost_behaviour(text, steering.day_range, numeric, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_cost_behaviour(text, steering.day_range, numeric, integer) IS
'says what part of the cost of a service (0 to 1), and of those below it that have no behaviour of their own, is fixed on these days, and within how many months that can be avoided; what was said of the same days is replaced. Returns the number of the row. Errors: 22004 null, 22023 unknown service, empty range, a share outside 0 to 1, months below 0 or above 1200, 23P01 overlap with another range of the service';

CREATE FUNCTION steering.drop_cost_behaviour(service text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(drop_cost_behaviour.service), steering.require_given(drop_cost_behaviour.during IS NOT NULL, 'during');
WITH gone AS (
	DELETE FROM steering.cost_behaviour
	WHERE cost_behaviour.service_id = steering.service_number(drop_cost_behaviour.service)
		AND cost_behaviour.during = drop_cost_behaviour.during::daterange
	RETURNING cost_behaviour.behaviour_id
)
SELECT steering.require_found(count(*),
	concat('cost behaviour of service "', drop_cost_behaviour.service, '" during ', drop_cost_behaviour.during::daterange))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_cost_behaviour(text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_cost_behaviour(text, steering.day_range) IS
'takes back what was said of the cost of a service on these days. Errors: 22004 service is null, 22023 unknown service, 42704 nothing was said of just these days';

CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.cost_behaviour
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_cost_behaviour', 'drop_cost_behaviour');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.cost_behaviour FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE VIEW steering.cost_behaviour_status WITH (security_barrier) AS
SELECT service.code AS service,
	lower(behaviour.during) AS valid_from,
	upper(behaviour.during) - 1 AS valid_to,
	behaviour.fixed_share,
	behaviour.avoidable_after
FROM steering.cost_behaviour AS behaviour
JOIN steering.service ON service.service_id = behaviour.service_id
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.cost_behaviour_status TO PUBLIC;
COMMENT ON VIEW steering.cost_behaviour_status IS 'how the cost of services behaves, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.cost_behaviour_status.service IS 'code of the service; it is so too for those below it that have no row of their own';
COMMENT ON COLUMN steering.cost_behaviour_status.valid_from IS 'first day on which it is so; null: none';
COMMENT ON COLUMN steering.cost_behaviour_status.valid_to IS 'last day on which it is so; null: none';
COMMENT ON COLUMN steering.cost_behaviour_status.fixed_share IS 'the part of the cost that stays when less is bought: 0 to 1';
COMMENT ON COLUMN steering.cost_behaviour_status.avoidable_after IS 'within how many months the fixed part can be avoided; 0: at once';

CREATE FUNCTION steering.cost_behaviour_on(service text, day date, OUT said_of text, OUT fixed_share numeric, OUT avoidable_after integer)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT above.code, behaviour.fixed_share, behaviour.avoidable_after
FROM steering.service_above(cost_behaviour_on.service) AS above
JOIN steering.service AS entry ON entry.code = above.code
JOIN steering.cost_behaviour AS behaviour ON behaviour.service_id = entry.service_id AND behaviour.during @> cost_behaviour_on.day
ORDER BY above.depth
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.cost_behaviour_on(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_behaviour_on(text, date) IS
'how the cost of a service behaves on a day: as was said of it, else of the nearest service above it (said_of); null: of none';

CREATE FUNCTION steering.exact_part(amount numeric, parts numeric, whole numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sign(exact_part.amount)
	* div(20000 * abs(exact_part.amount) * exact_part.parts + exact_part.whole, 2 * exact_part.whole) * 0.0001;
REVOKE ALL ON FUNCTION steering.exact_part(numeric, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.exact_part(numeric, numeric, numeric) IS
'amount * parts / whole, the last two not negative, to four decimals: rounded once, half away from zero, from the exact quotient';

-- What is stranded is summed over months of which each counts with what is still held of avoidable_after, so that nothing is
-- divided before the end.
CREATE FUNCTION steering.held_months(avoidable_after integer, months integer, absorption text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
	SELECT CASE held_months.absorption
		WHEN 'monthly' THEN last.month * held_months.avoidable_after - last.month * (last.month + 1) / 2
		WHEN 'yearly' THEN 12 * (last.month / 12 * held_months.avoidable_after - 6 * (last.month / 12) * (last.month / 12 + 1))
			+ last.month % 12 * greatest(held_months.avoidable_after - 12 * (last.month / 12 + 1), 0)
		WHEN 'at_end' THEN last.month * held_months.avoidable_after END
	FROM (SELECT least(held_months.months, held_months.avoidable_after)::bigint) AS last (month));
REVOKE ALL ON FUNCTION steering.held_months(integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.held_months(integer, integer, text) IS
'what is not absorbed of avoidable_after months, summed over the first months after a cost fell away; null: an unknown absorption';

-- Of a month by itself this is what the months until its end come to, less those before it: so months add up to years.
CREATE FUNCTION steering.stranded_through(yearly_amount numeric, fixed_share numeric, avoidable_after integer, months integer,
	absorption text DEFAULT 'monthly') RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN stranded_through.avoidable_after = 0 OR stranded_through.months = 0
		THEN 0 * stranded_through.yearly_amount * stranded_through.fixed_share
	ELSE steering.exact_part(stranded_through.yearly_amount * stranded_through.fixed_share,
		steering.held_months(stranded_through.avoidable_after, stranded_through.months, stranded_through.absorption),
		12::numeric * stranded_through.avoidable_after) END;
REVOKE ALL ON FUNCTION steering.stranded_through(numeric, numeric, integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.stranded_through(numeric, numeric, integer, integer, text) IS
'what is stranded in the first months after a cost of so much a year fell away, of which this share is fixed and can be avoided within avoidable_after months; to four decimals, rounded once. Of months in between: the difference of two. Null: something is not known';

CREATE FUNCTION steering.require_absorption(absorption text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_absorption.absorption IS NOT NULL, 'absorption'),
	steering.require_that(require_absorption.absorption IN ('monthly', 'yearly', 'at_end'), '22023',
		format('absorption must be "monthly", "yearly" or "at_end": "%s"', require_absorption.absorption));
END;
REVOKE ALL ON FUNCTION steering.require_absorption(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_absorption(text) IS 'Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.require_first_day(day date, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_first_day.day IS NOT NULL, require_first_day.argument),
	steering.require_near(require_first_day.day, require_first_day.argument);
SELECT steering.require_that(isfinite(require_first_day.day) AND extract(day FROM require_first_day.day) = 1, '22023',
		format('%s must be the first day of a month: %s', require_first_day.argument,
			coalesce(to_char(require_first_day.day::timestamp, 'YYYY-MM-DD'), require_first_day.day::text)));
END;
REVOKE ALL ON FUNCTION steering.require_first_day(date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_first_day(date, text) IS 'Errors: 22004 null, 22023 not the first day of a month, or of no year from 1 to 9999';

CREATE FUNCTION steering.require_amount(amount numeric, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_amount.amount IS NOT NULL, require_amount.argument),
	steering.require_that(require_amount.amount >= 0 AND require_amount.amount < 'Infinity'
			AND require_amount.amount = round(require_amount.amount, 4), '22023',
		format('%s must be a number of four decimals at most that is not negative: %s', require_amount.argument, require_amount.amount));
-- What an amount cannot hold is refused here (22003).
SELECT require_amount.amount::steering.amount;
END;
REVOKE ALL ON FUNCTION steering.require_amount(numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_amount(numeric, text) IS 'Errors: 22004 null, 22023 negative, NaN, infinite or finer than four decimals, 22003 too large';

CREATE FUNCTION steering.stranded_cost(service text, yearly_amount numeric, falls_away date, per text DEFAULT 'year',
	absorption text DEFAULT 'monthly')
RETURNS TABLE (step integer, valid_from date, valid_to date, amount numeric, fixed numeric, stranded numeric, avoided numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(stranded_cost.service), steering.require_amount(stranded_cost.yearly_amount, 'yearly_amount'),
	steering.require_first_day(stranded_cost.falls_away, 'falls_away'), steering.require_absorption(stranded_cost.absorption),
	steering.require_given(stranded_cost.per IS NOT NULL, 'per');
SELECT steering.require_that(stranded_cost.per IN ('month', 'year'), '22023',
		format('per must be "month" or "year": "%s"', stranded_cost.per)),
	steering.require_that(behaviour.said_of IS NOT NULL, '55000',
		format('service "%s" has no cost behaviour on %s', stranded_cost.service, to_char(stranded_cost.falls_away::timestamp, 'YYYY-MM-DD')),
		'Say it with steering.set_cost_behaviour(), of this service or of one above it.')
FROM steering.cost_behaviour_on(stranded_cost.service, stranded_cost.falls_away) AS behaviour;
WITH behaviour AS (
	SELECT behaviour.fixed_share, behaviour.avoidable_after,
		CASE stranded_cost.per WHEN 'year' THEN 12 ELSE 1 END AS months
	FROM steering.cost_behaviour_on(stranded_cost.service, stranded_cost.falls_away) AS behaviour
), through AS (
	SELECT step.number AS step, (step.number * behaviour.months)::integer AS months, behaviour.months AS length,
		steering.exact_part(stranded_cost.yearly_amount, step.number * behaviour.months, 12) AS amount,
		steering.exact_part(stranded_cost.yearly_amount * behaviour.fixed_share, step.number * behaviour.months, 12) AS fixed,
		steering.stranded_through(stranded_cost.yearly_amount, behaviour.fixed_share, behaviour.avoidable_after,
			step.number * behaviour.months, stranded_cost.absorption) AS stranded
	FROM behaviour
	CROSS JOIN LATERAL generate_series(0, greatest(1, (behaviour.avoidable_after + behaviour.months - 1) / behaviour.months)) AS step (number)
), part AS (
	SELECT through.step, through.months, through.length, through.amount - lag(through.amount) OVER in_order AS amount,
		through.fixed - lag(through.fixed) OVER in_order AS fixed, through.stranded - lag(through.stranded) OVER in_order AS stranded
	FROM through
	WINDOW in_order AS (ORDER BY through.step)
)
SELECT part.step, (stranded_cost.falls_away + make_interval(months => part.months - part.length))::date,
	(stranded_cost.falls_away + make_interval(months => part.months))::date - 1,
	part.amount, part.fixed, part.stranded, part.amount - part.stranded
FROM part
WHERE part.step > 0
ORDER BY part.step;
END;
REVOKE ALL ON FUNCTION steering.stranded_cost(text, numeric, date, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.stranded_cost(text, numeric, date, text, text) IS
'what part of a cost of so much a year that falls away on the first day of a month (somebody leaves, less is bought) is stranded, by how the cost of the service behaves on that day: a row for each month, or year of twelve months from that day, until all of it can be avoided. amount: what falls away; fixed: what of it is fixed; stranded: what of that is not absorbed yet; avoided: the rest of amount. absorption: monthly, in equal parts at the beginning of each month of avoidable_after (the first at once, so that nothing is stranded in the last); yearly, so at the beginning of each year (five years: 20, 40, 60, 80, 100 percent); at_end, nothing before these months are over. To four decimals, rounded from the first day on, so that months add up to years. Errors: 22004 null, 22023 unknown code, amount that is negative or has more than four decimals, not the first day of a month, unknown per or absorption, 55000 nothing was said of the service or those above it on that day';
