-- What 0.4.0 changes in the objects of 0.3.0. Its new topics follow in the upgrade script.

-- --- what is not written yet: a function for counters and one for cells, instead of one for both

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_counter() RETURNS TABLE (cap_id integer, used steering.amount)
AS 'MODULE_PATHNAME', 'steering_unwritten_counter'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_counter() IS
'what this transaction has booked and will add to the counters of caps when it commits, as far as the role may read it; a counter may have several rows';

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_cell() RETURNS TABLE (source_id integer, service_id integer,
	participant_id integer, month date, amount steering.amount, volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_unwritten_cell'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_cell() IS
'what this transaction has booked and will add to usage cells when it commits, as far as the role may read it; a cell may have several rows';

CREATE OR REPLACE VIEW steering.cap_usage AS
SELECT counted.cap_id, steering.sum(counted.used) AS used, min(counted.revision) AS revision
FROM (SELECT cap_counter.cap_id, cap_counter.used, cap_counter.revision FROM steering.cap_counter
      UNION ALL
      SELECT unwritten.cap_id, unwritten.used, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
GROUP BY counted.cap_id;

CREATE OR REPLACE VIEW steering.usage_now AS
SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
	usage_cell.amount, usage_cell.volume, usage_cell.bookings
FROM steering.usage_cell
UNION ALL
SELECT unwritten.source_id, unwritten.service_id, unwritten.participant_id, unwritten.month,
	unwritten.amount, unwritten.volume, unwritten.bookings
FROM steering.unwritten_cell() AS unwritten;

CREATE OR REPLACE VIEW steering.difference AS
WITH RECURSIVE read AS MATERIALIZED (
	SELECT scan.source_id, scan.service_id, scan.participant_id, scan.booked_on,
		sum(scan.amount::numeric) AS amount, sum(scan.volume::numeric) AS volume, count(*) AS bookings, scan.unreadable
	FROM steering.booking_read(NULL, NULL) AS scan
	GROUP BY scan.source_id, scan.service_id, scan.participant_id, scan.booked_on, scan.unreadable
), booked AS MATERIALIZED (
	SELECT read.source_id, read.service_id, read.participant_id, read.booked_on, read.amount, read.volume, read.bookings,
		false AS is_month
	FROM read
	WHERE NOT read.unreadable
	UNION ALL
	SELECT stored.source_id, stored.service_id, stored.participant_id, nullif(stored.month, '-infinity'), stored.amount::numeric,
		stored.volume::numeric, stored.bookings, true
	FROM steering.usage_now AS stored
	WHERE stored.source_id IN (
		SELECT read.source_id FROM read WHERE read.unreadable
		UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source)
), actual_cell AS (
	SELECT booked.source_id, booked.service_id, booked.participant_id,
		coalesce(steering.month_of(booked.booked_on), '-infinity') AS month,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, sum(booked.bookings) AS bookings
	FROM booked
	GROUP BY 1, 2, 3, 4
), stored_cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
		sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume, sum(usage_cell.bookings) AS bookings
	FROM steering.usage_now AS usage_cell
	GROUP BY 1, 2, 3, 4
), service_above (service_id, top, parent) AS (
	SELECT service.service_id, service.service_id, service.parent
	FROM steering.service
	UNION
	SELECT service_above.service_id, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (participant_id, top, parent) AS (
	SELECT participant.participant_id, participant.participant_id, participant.parent
	FROM steering.participant
	UNION
	SELECT participant_above.participant_id, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
), charged AS (
	SELECT service_above.top AS service_id, participant_above.top AS participant_id, booked.booked_on,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, booked.is_month
	FROM booked
	JOIN service_above ON service_above.service_id = booked.service_id
	JOIN participant_above ON participant_above.participant_id = booked.participant_id
	GROUP BY 1, 2, 3, booked.is_month
), actual_cap AS (
	SELECT cap.cap_id,
		coalesce(sum(CASE cap.metric WHEN 'budget' THEN charged.amount ELSE charged.volume END), 0) AS used,
		bool_or(charged.is_month AND NOT (charged.booked_on >= lower(cap.during)
			AND steering.month_of(charged.booked_on + 31) <= upper(cap.during))) AS unknown
	FROM steering.cap
	LEFT JOIN charged ON charged.service_id = cap.service_id AND charged.participant_id = cap.participant_id
		AND (charged.booked_on >= lower(cap.during)
			OR charged.is_month AND steering.month_of(charged.booked_on + 31) > lower(cap.during))
		AND charged.booked_on < upper(cap.during)
	GROUP BY cap.cap_id
), stored_cap AS (
	SELECT counted.cap_id, sum(counted.used) AS used, min(counted.revision) AS revision
	FROM (SELECT cap_counter.cap_id, cap_counter.used::numeric, cap_counter.revision FROM steering.cap_counter
	      UNION ALL
	      SELECT unwritten.cap_id, unwritten.used::numeric, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
	GROUP BY counted.cap_id
)
SELECT 'cap' AS what, cap_id, NULL::integer AS source_id, cap.service_id, cap.participant_id, NULL::date AS month,
	measure.name AS measure, measure.stored, measure.actual
FROM steering.cap
FULL JOIN stored_cap USING (cap_id)
LEFT JOIN actual_cap USING (cap_id)
CROSS JOIN LATERAL (VALUES
	('used', stored_cap.used, coalesce(CASE WHEN actual_cap.unknown THEN stored_cap.used END, actual_cap.used)),
	('revision', stored_cap.revision, cap.revision)) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual
	OR (measure.name = 'used' AND measure.stored IS DISTINCT FROM measure.actual)
UNION ALL
SELECT 'source', NULL, read.source_id, NULL, NULL, NULL, 'unreadable', NULL, NULL
FROM read
WHERE read.unreadable
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;

DROP FUNCTION steering.unwritten_change();

-- --- what an agreement charges is said by C, and what is asked of its form by its terms or by agreement_form()

-- Not STRICT: the planner inlines it only so.
CREATE OR REPLACE FUNCTION steering.agreement_charge(form text, base numeric, volume numeric, price numeric, actual_volume numeric,
	unused_percent numeric DEFAULT NULL)
RETURNS TABLE (agreed numeric, excess numeric, unused numeric, agreed_volume numeric, excess_volume numeric, unused_volume numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT round(charge.agreed::numeric, 2), round(charge.excess::numeric, 2), round(charge.unused::numeric, 2),
	charge.agreed_volume::numeric, charge.excess_volume::numeric, charge.unused_volume::numeric
FROM steering.charge_of_terms(agreement_charge.form, agreement_charge.base::steering.amount,
	agreement_charge.volume::steering.amount, agreement_charge.price::steering.amount,
	agreement_charge.actual_volume::steering.amount, agreement_charge.unused_percent) AS charge;
END;
COMMENT ON FUNCTION steering.agreement_charge(text, numeric, numeric, numeric, numeric, numeric) IS
'what is owed for an actual volume, rounded to cents. lump_sum: agreed = base. price_volume: price times actual volume, of which agreed up to the contracted volume and excess beyond; unused = price * unused_percent / 100 for each contracted unit that was not used (take or pay). base_plus: agreed = base, excess = price times the volume beyond the contracted. key_share: agreed is null, for that is a share of actual cost. And the volume up to the contracted one, beyond it, and contracted but not used. A negative actual volume is a refund. Amounts are rounded to four decimals; all is null where form or actual volume is. Errors: 22023 unknown form, 22003 an amount does not fit';

CREATE OR REPLACE FUNCTION steering.planned_cap(period text)
RETURNS TABLE (service text, participant text, metric text, during daterange, amount numeric, ladder text,
	present_amount numeric, used numeric, action text, obstacle text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp
	SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
WITH agreed AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.form, agreement.during,
		agreement.agreed_cost, agreement.volume, agreement.during * steering.period_range(planned_cap.period) AS days
	FROM steering.agreement
	WHERE agreement.during && steering.period_range(planned_cap.period)
), scope AS MATERIALIZED (
	SELECT agreed.*, service_below.top_id AS top_service_id, participant_below.top_id AS top_participant_id
	FROM agreed
	JOIN steering.service_below ON service_below.service_id = agreed.service_id
	JOIN steering.participant_below ON participant_below.participant_id = agreed.participant_id
), spent AS MATERIALIZED (
	SELECT days.days, service_below.top_id AS service_id, participant_below.top_id AS participant_id,
		sum(usage.actual::numeric + usage.committed::numeric) AS budget,
		sum(usage.volume::numeric + usage.committed_volume::numeric) AS volume
	FROM (SELECT DISTINCT agreed.days FROM agreed) AS days
	CROSS JOIN LATERAL steering.usage_between(lower(days.days), upper(days.days)) AS usage
	JOIN steering.service_below ON service_below.service_id = usage.service_id
	JOIN steering.participant_below ON participant_below.participant_id = usage.participant_id
	GROUP BY days.days, service_below.top_id, participant_below.top_id
), figure AS (
	SELECT top.agreement_id, metric.name AS metric, metric.amount, scope.form,
		scope.agreement_id = top.agreement_id AS is_own
	FROM agreed AS top
	JOIN scope ON scope.top_service_id = top.service_id AND scope.top_participant_id = top.participant_id
		AND scope.days && top.days
	CROSS JOIN LATERAL (VALUES
		('budget', steering.agreement_share(scope.agreed_cost, scope.during, top.days)),
		('volume', steering.agreement_share(scope.volume, scope.during, top.days, 4))) AS metric (name, amount)
	WHERE metric.name = 'budget' OR top.volume IS NOT NULL
), across AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.days, participant_below.top_id AS group_id
	FROM agreed
	JOIN steering.participant_below ON participant_below.participant_id = agreed.participant_id AND participant_below.depth > 0
), crossed AS (
	SELECT DISTINCT across.agreement_id
	FROM across
	JOIN scope ON scope.top_service_id = across.service_id AND scope.service_id <> across.service_id
		AND scope.participant_id = across.group_id AND scope.top_participant_id = across.group_id AND scope.days && across.days
), planned AS (
	SELECT figure.agreement_id, figure.metric, steering.sum(figure.amount) AS amount,
		CASE WHEN bool_and(form.cap_blocks) THEN '100% block' ELSE '100% warn' END AS ladder,
		CASE WHEN bool_or(figure.is_own AND figure.amount IS NULL) THEN 'it sets no limit'
			WHEN bool_or(figure.amount IS NULL) THEN 'an agreement within it sets no limit'
			WHEN figure.agreement_id IN (SELECT crossed.agreement_id FROM crossed)
				THEN 'an agreement with a group of participants covers a part of it'
		END AS obstacle
	FROM figure
	JOIN steering.agreement_form() AS form ON form.form = figure.form
	GROUP BY figure.agreement_id, figure.metric
)
SELECT service.code, participant.code, planned.metric, agreed.days,
	CASE WHEN planned.obstacle IS NULL THEN planned.amount::numeric END,
	coalesce(cap.ladder::text, CASE WHEN planned.obstacle IS NULL THEN planned.ladder END),
	cap.amount::numeric,
	coalesce(CASE planned.metric WHEN 'budget' THEN spent.budget ELSE spent.volume END, 0),
	CASE WHEN planned.obstacle IS NOT NULL THEN 'none'
		WHEN cap.cap_id IS NULL THEN 'create'
		WHEN cap.amount OPERATOR(steering.=) planned.amount THEN 'keep'
		ELSE 'revise' END,
	planned.obstacle
FROM planned
JOIN agreed ON agreed.agreement_id = planned.agreement_id
JOIN steering.service ON service.service_id = agreed.service_id
JOIN steering.participant ON participant.participant_id = agreed.participant_id
LEFT JOIN steering.cap ON cap.service_id = agreed.service_id AND cap.participant_id = agreed.participant_id
	AND cap.metric = planned.metric AND cap.during = agreed.days
LEFT JOIN spent ON spent.days = agreed.days AND spent.service_id = agreed.service_id
	AND spent.participant_id = agreed.participant_id
ORDER BY service.code, participant.code, agreed.days, planned.metric;
END;

-- Missing is not zero: who should weigh and whose weight is not known comes with a weight of null. That is of basis
-- inhabitants a participant without a number, and with none below it, that shares a cost by the key, itself or in a
-- group, or next to which in its group others have a number; of basis agreed one with an agreement in which neither
-- volume nor money was agreed; of basis fixed one that shares a cost by the key and has no weight.
CREATE OR REPLACE FUNCTION steering.key_weight_in(first_day date, end_day date)
RETURNS TABLE (key_id integer, participant_id integer, service_id integer, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH present AS MATERIALIZED (
	SELECT participant.participant_id, participant.code, participant.parent, participant.inhabitants, participant.during
	FROM steering.participant
	WHERE participant.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
), below AS MATERIALIZED (
	SELECT below.top_id, below.participant_id
	FROM steering.participant_below AS below
	WHERE below.depth > 0
), resident AS MATERIALIZED (
	SELECT present.participant_id,
		trim_scale(present.inhabitants::numeric
				   * (least(upper(present.during), key_weight_in.end_day) - greatest(lower(present.during), key_weight_in.first_day))
				   / (key_weight_in.end_day - key_weight_in.first_day)) AS weight
	FROM present
	WHERE present.inhabitants IS NOT NULL
		AND present.participant_id NOT IN (
			SELECT below.top_id
			FROM below
			JOIN present AS member ON member.participant_id = below.participant_id
			WHERE member.inhabitants IS NOT NULL)
), uncounted AS MATERIALIZED (
	SELECT present.participant_id, present.code, present.parent
	FROM present
	WHERE present.inhabitants IS NULL
		AND present.participant_id NOT IN (
			SELECT below.top_id FROM below JOIN present AS member ON member.participant_id = below.participant_id)
), sharer AS MATERIALIZED (
	SELECT DISTINCT agreement.key_id, agreement.participant_id
	FROM steering.agreement
	WHERE agreement.key_id IS NOT NULL
		AND agreement.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
), sharing AS MATERIALIZED (
	SELECT sharer.key_id, sharer.participant_id, sharer.participant_id AS member_id FROM sharer
	UNION ALL
	SELECT sharer.key_id, sharer.participant_id, below.participant_id
	FROM sharer JOIN below ON below.top_id = sharer.participant_id
), counted AS MATERIALIZED (
	SELECT uncounted.participant_id, below.top_id AS resident_id
	FROM uncounted
	JOIN below ON below.participant_id = uncounted.participant_id
	JOIN resident ON resident.participant_id = below.top_id
), fixed AS MATERIALIZED (
	SELECT allocation_weight.key_id, allocation_weight.participant_id, allocation_weight.service_id,
		trim_scale(sum(allocation_weight.weight
					   * (least(upper(allocation_weight.during), key_weight_in.end_day)
						  - greatest(lower(allocation_weight.during), key_weight_in.first_day)))
				   / (key_weight_in.end_day - key_weight_in.first_day)) AS weight
	FROM steering.allocation_weight
	WHERE allocation_weight.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
	GROUP BY allocation_weight.key_id, allocation_weight.participant_id, allocation_weight.service_id
)
SELECT allocation_key.key_id, resident.participant_id, NULL::integer, resident.weight
FROM steering.allocation_key
CROSS JOIN resident
WHERE allocation_key.basis = 'inhabitants'
UNION ALL
SELECT allocation_key.key_id, unknown.participant_id, NULL, NULL
FROM steering.allocation_key
CROSS JOIN LATERAL (
	SELECT uncounted.participant_id
	FROM uncounted
	JOIN sharing ON sharing.key_id = allocation_key.key_id AND sharing.member_id = uncounted.participant_id
	WHERE NOT EXISTS (
		SELECT FROM counted
		JOIN sharing AS whole ON whole.key_id = allocation_key.key_id AND whole.participant_id = sharing.participant_id
			AND whole.member_id = counted.resident_id
		WHERE counted.participant_id = uncounted.participant_id)
	UNION
	SELECT uncounted.participant_id
	FROM uncounted
	JOIN present AS other ON other.parent = uncounted.parent AND other.inhabitants IS NOT NULL
	WHERE uncounted.participant_id NOT IN (SELECT counted.participant_id FROM counted)
) AS unknown
WHERE allocation_key.basis = 'inhabitants'
UNION ALL
SELECT allocation_key.key_id, usage.participant_id, NULL, trim_scale(sum(usage.volume::numeric))
FROM steering.allocation_key
JOIN steering.service_below AS below ON below.top_id = allocation_key.service_id
JOIN steering.usage_between(key_weight_in.first_day, key_weight_in.end_day) AS usage ON usage.service_id = below.service_id
WHERE allocation_key.basis = 'volume'
GROUP BY allocation_key.key_id, usage.participant_id
UNION ALL
SELECT bought.key_id, bought.participant_id, NULL,
	CASE WHEN bought.is_known THEN trim_scale(CASE WHEN bought.in_volume THEN bought.volume ELSE bought.amount END) END
FROM (
	SELECT allocation_key.key_id, agreed.participant_id,
		coalesce(sum(agreed.volume::numeric), 0) AS volume, coalesce(sum(agreed.agreed_cost::numeric), 0) AS amount,
		bool_and(bool_and(agreed.volume IS NOT NULL) FILTER (WHERE agreed.volume IS NOT NULL OR agreed.agreed_cost IS NOT NULL))
			OVER (PARTITION BY allocation_key.key_id) AS in_volume,
		bool_and(agreed.volume IS NOT NULL OR agreed.agreed_cost IS NOT NULL) AS is_known
	FROM steering.allocation_key
	JOIN steering.service_below AS below ON below.top_id = allocation_key.service_id
	JOIN steering.agreed_in(key_weight_in.first_day, key_weight_in.end_day) AS agreed ON agreed.service_id = below.service_id
	WHERE allocation_key.basis = 'agreed'
	GROUP BY allocation_key.key_id, agreed.participant_id
) AS bought
UNION ALL
SELECT fixed.key_id, fixed.participant_id, fixed.service_id, fixed.weight FROM fixed
UNION ALL
SELECT allocation_key.key_id, sharer.participant_id, NULL, NULL
FROM steering.allocation_key
JOIN sharer ON sharer.key_id = allocation_key.key_id
WHERE allocation_key.basis = 'fixed'
	AND NOT EXISTS (
		SELECT FROM sharing
		JOIN fixed ON fixed.key_id = sharing.key_id AND fixed.participant_id = sharing.member_id
		WHERE sharing.key_id = sharer.key_id AND sharing.participant_id = sharer.participant_id);
END;

CREATE OR REPLACE FUNCTION steering.share_span(first_day date, end_day date)
RETURNS TABLE (service_id integer, first_day date, end_day date, agreement_id integer, participant_id integer, key_id integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH sharing AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.key_id, agreement.during
	FROM steering.agreement
	WHERE agreement.key_id IS NOT NULL AND agreement.during && daterange(share_span.first_day, share_span.end_day)
), edge AS (
	SELECT sharing.service_id, edge.day
	FROM sharing
	CROSS JOIN LATERAL (VALUES (share_span.first_day), (lower(sharing.during)), (upper(sharing.during))) AS edge (day)
	WHERE edge.day >= share_span.first_day AND edge.day < share_span.end_day
	GROUP BY sharing.service_id, edge.day
), span AS (
	SELECT edge.service_id, edge.day AS first_day,
		lead(edge.day, 1, share_span.end_day) OVER (PARTITION BY edge.service_id ORDER BY edge.day) AS end_day
	FROM edge
)
SELECT span.service_id, span.first_day, span.end_day, sharing.agreement_id, sharing.participant_id, sharing.key_id
FROM span
JOIN sharing ON sharing.service_id = span.service_id AND sharing.during @> span.first_day;
END;

-- Before any of it was billed: what was billed is taken off by settlement_owed().
CREATE OR REPLACE FUNCTION steering.settlement_charge(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH since AS MATERIALIZED (
	SELECT least(min(lower(agreement.during)), settlement_charge.first_day) AS day
	FROM steering.agreement
	WHERE lower(agreement.during) < settlement_charge.end_day AND upper(agreement.during) > settlement_charge.first_day
), agreed AS MATERIALIZED (
	SELECT agreed.*, allocation_key.code AS key
	FROM since
	CROSS JOIN LATERAL steering.agreed_in(since.day, settlement_charge.end_day) AS agreed
	JOIN steering.agreement AS standing ON standing.agreement_id = agreed.agreement_id
		AND upper(standing.during) > settlement_charge.first_day
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = agreed.key_id
), cost AS MATERIALIZED (
	SELECT cost.* FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, settlement_charge.end_day) AS cost
), charged AS MATERIALIZED (
	SELECT owed.agreement_id, owed.service_id, owed.participant_id, owed.price, owed.has_base, owed.unused_percent,
		(owed.charge).*
	FROM (
		SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.price, agreed.base IS NOT NULL AS has_base,
			agreed.unused_percent,
			steering.charge_of_terms(agreed.form, agreed.base, agreed.volume, agreed.price,
				coalesce(used.volume, 0)::steering.amount, agreed.unused_percent) AS charge
		FROM agreed
		LEFT JOIN cost AS used ON used.agreement_id = agreed.agreement_id
		WHERE agreed.key_id IS NULL
	) AS owed
), holder AS MATERIALIZED (
	SELECT span.* FROM since CROSS JOIN LATERAL steering.share_span(since.day, settlement_charge.end_day) AS span
), pool AS MATERIALIZED (
	SELECT span.service_id, span.first_day, coalesce(sum(cost.amount), 0) AS amount
	FROM (SELECT DISTINCT holder.service_id, holder.first_day, holder.end_day FROM holder) AS span
	LEFT JOIN cost ON cost.line = 'shared_cost' AND cost.service_id = span.service_id
		AND cost.first_month >= span.first_day AND cost.first_month < span.end_day
	GROUP BY span.service_id, span.first_day
), weighed AS MATERIALIZED (
	SELECT weighed.*
	FROM since
	CROSS JOIN LATERAL steering.share_weight(since.day, settlement_charge.end_day) AS weighed
	WHERE EXISTS (SELECT FROM holder)
), weight AS MATERIALIZED (
	SELECT weighed.service_id, weighed.first_day, weighed.key_id, bool_and(weighed.weight IS NOT NULL) AS is_known,
		max(weighed.weight) > 0 AS is_divided
	FROM weighed
	GROUP BY weighed.service_id, weighed.first_day, weighed.key_id
), keyed AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.key_id, allocation_key.code AS key, pool.amount AS pool,
		coalesce(weight.is_known, true) OR round(pool.amount, 2) = 0 AS is_known,
		coalesce(weight.is_known AND weight.is_divided, false) AS is_divided
	FROM (SELECT DISTINCT holder.service_id, holder.first_day, holder.key_id FROM holder) AS keyed
	JOIN pool ON pool.service_id = keyed.service_id AND pool.first_day = keyed.first_day
	JOIN steering.allocation_key ON allocation_key.key_id = keyed.key_id
	LEFT JOIN weight ON weight.service_id = keyed.service_id AND weight.first_day = keyed.first_day
		AND weight.key_id = keyed.key_id
), shared AS MATERIALIZED (
	SELECT keyed.service_id, keyed.key, weighed.agreement_id,
		steering.allocated(round(keyed.pool, 2), greatest(weighed.weight, 0), 0.01, 'unallocated') OVER (
			PARTITION BY keyed.service_id, keyed.first_day, keyed.key_id
			ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.receiving_service_id) AS amount
	FROM keyed
	JOIN weighed ON weighed.service_id = keyed.service_id AND weighed.first_day = keyed.first_day
		AND weighed.key_id = keyed.key_id
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
	WHERE keyed.is_divided
), holding AS MATERIALIZED (
	SELECT holder.agreement_id, sum(keyed.pool) AS pool, bool_and(keyed.is_known) AS is_known
	FROM holder
	JOIN keyed ON keyed.service_id = holder.service_id AND keyed.first_day = holder.first_day AND keyed.key_id = holder.key_id
	GROUP BY holder.agreement_id
), share AS MATERIALIZED (
	SELECT agreed.service_id, agreed.participant_id, agreed.agreement_id, agreed.key, holding.pool,
		CASE WHEN holding.is_known THEN coalesce(owed.amount, 0) END AS amount
	FROM agreed
	JOIN holding ON holding.agreement_id = agreed.agreement_id
	LEFT JOIN (SELECT shared.agreement_id, sum(shared.amount) AS amount
		  FROM shared
		  GROUP BY shared.agreement_id) AS owed ON owed.agreement_id = agreed.agreement_id
), rewarded AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.during,
		agreed.incentive_maximum::numeric AS maximum,
		coalesce(agreed.agreed_cost::numeric, round(charged.agreed::numeric, 2), share.amount) AS agreed
	FROM agreed
	LEFT JOIN charged ON charged.agreement_id = agreed.agreement_id
	LEFT JOIN share ON share.agreement_id = agreed.agreement_id
	WHERE agreed.incentive_maximum IS NOT NULL
), attained AS MATERIALIZED (
	SELECT days.during, result.service_id, result.participant_id, sum(result.incentive_percent) AS percent
	FROM (SELECT DISTINCT rewarded.during FROM rewarded) AS days
	CROSS JOIN LATERAL steering.result_in(lower(days.during), upper(days.during)) AS result
	WHERE result.incentive_percent IS NOT NULL
	GROUP BY days.during, result.service_id, result.participant_id
)
SELECT 'agreed', charged.service_id, charged.participant_id, charged.agreement_id, NULL::text,
	CASE WHEN charged.price IS NOT NULL THEN charged.agreed_volume::numeric END,
	CASE WHEN NOT charged.has_base THEN charged.price::numeric END, charged.agreed::numeric
FROM charged
UNION ALL
SELECT 'excess', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.excess_volume::numeric, charged.price::numeric, charged.excess::numeric
FROM charged
WHERE charged.price IS NOT NULL AND charged.excess_volume OPERATOR(steering.<>) 0::steering.amount
UNION ALL
SELECT 'unused', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.unused_volume::numeric, trim_scale(charged.price::numeric * charged.unused_percent * 0.01), charged.unused::numeric
FROM charged
WHERE charged.unused_percent IS NOT NULL AND charged.unused_volume OPERATOR(steering.<>) 0::steering.amount
UNION ALL
SELECT 'share', share.service_id, share.participant_id, share.agreement_id, share.key,
	round(100 * share.amount / nullif(share.pool, 0), 4), share.pool, share.amount
FROM share
UNION ALL
SELECT 'incentive', rewarded.service_id, rewarded.participant_id, rewarded.agreement_id, NULL, attained.percent, rewarded.agreed,
	CASE WHEN rewarded.agreed IS NOT NULL THEN
		least(greatest(round(rewarded.agreed * attained.percent * 0.01, 2), - rewarded.maximum), rewarded.maximum) END
FROM rewarded
JOIN attained ON attained.during = rewarded.during AND attained.service_id = rewarded.service_id
	AND attained.participant_id = rewarded.participant_id
UNION ALL
SELECT 'advance', agreed.service_id, agreed.participant_id, agreed.agreement_id, NULL,
	agreed.months, agreed.advance::numeric, - agreed.months * agreed.advance::numeric
FROM agreed
WHERE agreed.advance IS NOT NULL
UNION ALL
SELECT cost.line, cost.service_id, NULL, cost.agreement_id, NULL, NULL, NULL, cost.amount
FROM cost
WHERE cost.line <> 'shared_cost'
UNION ALL
SELECT 'shared_cost', cost.service_id, NULL, NULL, NULL, NULL, NULL, sum(cost.amount)
FROM cost
WHERE cost.line = 'shared_cost'
GROUP BY cost.service_id
UNION ALL
SELECT 'divided_cost', keyed.service_id, NULL, NULL, keyed.key, NULL, NULL, sum(keyed.pool)
FROM keyed
GROUP BY keyed.service_id, keyed.key
UNION ALL
SELECT 'undivided_cost', keyed.service_id, NULL, NULL, keyed.key, NULL, NULL, sum(keyed.pool)
FROM keyed
WHERE NOT keyed.is_known
GROUP BY keyed.service_id, keyed.key
UNION ALL
SELECT 'unowed_cost', left_over.service_id, NULL, NULL, left_over.key, NULL, NULL, sum(left_over.amount)
FROM (
	SELECT shared.service_id, shared.key, shared.amount FROM shared WHERE shared.agreement_id IS NULL
	UNION ALL
	SELECT keyed.service_id, keyed.key, keyed.pool - CASE WHEN keyed.is_divided THEN round(keyed.pool, 2) ELSE 0 END
	FROM keyed
	WHERE keyed.is_known
) AS left_over
GROUP BY left_over.service_id, left_over.key;
END;

CREATE OR REPLACE FUNCTION steering.settlement_problem_in(first_day date, end_day date)
RETURNS TABLE (service_id integer, key_id integer, participant_id integer, months daterange, problem text, weight numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT least(settlement_problem_in.first_day, min(lower(year.during)) FILTER (WHERE year.percent > 0)) AS first_day
	FROM steering.result_year(settlement_problem_in.first_day, settlement_problem_in.end_day) AS year
), since AS MATERIALIZED (
	SELECT asked.first_day, min(lower(agreement.during)) AS day
	FROM asked
	JOIN steering.agreement ON agreement.key_id IS NOT NULL AND lower(agreement.during) < settlement_problem_in.end_day
		AND upper(agreement.during) > asked.first_day
	GROUP BY asked.first_day
), keyed AS MATERIALIZED (
	SELECT DISTINCT span.service_id, span.first_day, span.end_day, span.key_id
	FROM since
	CROSS JOIN LATERAL steering.share_span(since.day, settlement_problem_in.end_day) AS span
	JOIN steering.agreement ON agreement.agreement_id = span.agreement_id AND upper(agreement.during) > since.first_day
), cost AS MATERIALIZED (
	SELECT cost.service_id, cost.first_month, cost.amount
	FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, settlement_problem_in.end_day) AS cost
	WHERE cost.line = 'shared_cost'
), pool AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.end_day, keyed.key_id, sum(cost.amount) AS amount
	FROM keyed
	JOIN cost ON cost.service_id = keyed.service_id AND cost.first_month >= keyed.first_day AND cost.first_month < keyed.end_day
	GROUP BY keyed.service_id, keyed.first_day, keyed.end_day, keyed.key_id
	HAVING round(sum(cost.amount), 2) <> 0
), weighed AS MATERIALIZED (
	SELECT pool.service_id, pool.key_id, daterange(pool.first_day, pool.end_day) AS months, pool.amount, weight.participant_id,
		weight.receiving_service_id, weight.weight
	FROM since
	CROSS JOIN LATERAL steering.share_weight(since.day, settlement_problem_in.end_day) AS weight
	JOIN pool ON pool.service_id = weight.service_id AND pool.first_day = weight.first_day AND pool.key_id = weight.key_id
	UNION ALL
	SELECT NULL, year.key_id, months.during, NULL, weight.participant_id, weight.service_id, weight.weight
	FROM steering.result_year(settlement_problem_in.first_day, settlement_problem_in.end_day) AS year
	CROSS JOIN LATERAL (
		SELECT daterange(lower(year.during), least(upper(year.during), settlement_problem_in.end_day)) AS during
	) AS months
	CROSS JOIN LATERAL steering.result_weight(lower(months.during), upper(months.during), year.key_id) AS weight
	WHERE year.percent > 0
)
SELECT weighed.service_id, weighed.key_id, weighed.participant_id, weighed.months, 'weight unknown', NULL::numeric, weighed.amount
FROM weighed
WHERE weighed.weight IS NULL
UNION ALL
SELECT weighed.service_id, weighed.key_id, weighed.participant_id, weighed.months, 'weight below zero', weighed.weight, weighed.amount
FROM weighed
WHERE weighed.weight < 0
UNION ALL
SELECT pool.service_id, pool.key_id, NULL, daterange(pool.first_day, pool.end_day), 'no weights', NULL, pool.amount
FROM pool
WHERE NOT EXISTS (
	SELECT FROM weighed
	WHERE weighed.service_id = pool.service_id AND weighed.key_id = pool.key_id AND lower(weighed.months) = pool.first_day
		AND (weighed.weight > 0 OR weighed.weight IS NULL));
END;

CREATE OR REPLACE VIEW steering.weight_problem AS
SELECT CASE WHEN found.service IS NULL THEN 'the supplier''s result' ELSE format('service %s', found.service) END AS subject,
	found.problem, found.detail, found.hint
FROM (
	SELECT min(open.first_day) AS first_day, (date_trunc('month', CURRENT_DATE::timestamp) + interval '1 month')::date AS end_day
	FROM (
		SELECT lower(agreement.during) AS first_day
		FROM (SELECT DISTINCT agreement.during FROM steering.agreement WHERE agreement.key_id IS NOT NULL) AS agreement
		WHERE NOT EXISTS (SELECT FROM steering.billed_closing AS billed WHERE billed.during @> agreement.during)
		UNION ALL
		SELECT lower(year.during)
		FROM steering.result_year(date_trunc('year', CURRENT_DATE::timestamp)::date, CURRENT_DATE + 1) AS year
		WHERE year.percent > 0
	) AS open
	WHERE open.first_day <= CURRENT_DATE
) AS asked
CROSS JOIN LATERAL steering.describe_settlement_problem(asked.first_day, asked.end_day) AS found
WHERE asked.first_day IS NOT NULL;

-- What is still to come follows outlook(): each service and participant is expected to bring more cost, as
-- much volume per money as it brought in the open months, and what these bring by the agreements that
-- covered it.
CREATE OR REPLACE FUNCTION steering.expected_growth(period text, open_during daterange, as_of date, method text)
RETURNS TABLE (cost numeric, revenue numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
WITH more AS MATERIALIZED (
	SELECT service.service_id, participant.participant_id, coalesce(outlook.expected, outlook.actual) AS expected
	FROM steering.outlook(expected_growth.as_of, expected_growth.method, expected_growth.period) AS outlook
	JOIN steering.service ON service.code = outlook.service
	JOIN steering.participant ON participant.code = outlook.participant
), growth AS MATERIALIZED (
	SELECT service_id, participant_id, coalesce(more.expected, 0) - coalesce(usage.actual::numeric, 0) AS cost
	FROM more
	FULL JOIN steering.usage_between(lower(steering.period_range(expected_growth.period)),
		upper(steering.period_range(expected_growth.period))) AS usage USING (service_id, participant_id)
), cover AS MATERIALIZED (
	SELECT cover.agreement_id, cover.form, cover.amount::numeric AS amount, cover.volume::numeric AS volume,
		growth.cost AS growth,
		nullif(sum(cover.amount::numeric) OVER (PARTITION BY cover.service_id, cover.participant_id), 0) AS whole
	FROM steering.agreement_cover(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS cover
	JOIN growth ON growth.service_id = cover.service_id AND growth.participant_id = cover.participant_id
), grown AS MATERIALIZED (
	SELECT cover.agreement_id, coalesce(sum(cover.volume * cover.growth / cover.whole), 0) AS growth
	FROM cover
	JOIN steering.agreement ON agreement.agreement_id = cover.agreement_id AND agreement.price IS NOT NULL
	GROUP BY cover.agreement_id
), since AS MATERIALIZED (
	SELECT min(lower(agreement.during)) AS day
	FROM grown
	JOIN steering.agreement ON agreement.agreement_id = grown.agreement_id
), charged AS (
	SELECT after.agreed + after.excess + after.unused - before.agreed - before.excess - before.unused AS amount
	FROM since
	CROSS JOIN LATERAL steering.agreed_in(since.day, upper(expected_growth.open_during)) AS agreed
	JOIN grown ON grown.agreement_id = agreed.agreement_id
	JOIN (SELECT cost.agreement_id, cost.volume
		  FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, upper(expected_growth.open_during)) AS cost
		  WHERE cost.line = 'agreed_cost') AS used ON used.agreement_id = agreed.agreement_id
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume, agreed.unused_percent) AS before
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume + grown.growth, agreed.unused_percent) AS after
), shared AS (
	SELECT CASE WHEN count(*) = 0 THEN 0 ELSE coalesce(sum(cover.amount * cover.growth / cover.whole), 0) * (
		SELECT CASE WHEN coalesce(sum(line.amount) FILTER (WHERE line.line = 'shared_cost'), 0) = 0 THEN 0
			WHEN bool_and(line.amount IS NOT NULL) FILTER (WHERE line.line = 'share') IS NOT FALSE THEN
				coalesce(sum(line.amount) FILTER (WHERE line.line = 'share'), 0)
					/ sum(line.amount) FILTER (WHERE line.line = 'shared_cost') END
		FROM steering.settlement_charge(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS line) END AS amount
	FROM cover
	JOIN steering.agreement_form() AS form ON form.form = cover.form AND form.shares_cost
)
SELECT (SELECT coalesce(sum(growth.cost), 0) FROM growth),
	round((SELECT coalesce(sum(charged.amount), 0) FROM charged) + shared.amount, 2)
FROM shared;
END;
-- --- events in types that every client knows

-- Views of somebody's on it stand in the way, and are named: their columns would have other types.
DROP VIEW steering.event;

CREATE VIEW steering.event WITH (security_barrier) AS
SELECT event_log.event_id,
	event_log.recorded_at,
	event_log.kind,
	event_log.cap_id,
	event_log.service,
	event_log.participant,
	event_log.participant_id,
	event_log.metric,
	event_log.during,
	event_log.amount::numeric AS amount,
	event_log.ladder::text AS ladder,
	event_log.threshold::numeric AS threshold,
	event_log.used::numeric AS used,
	event_log.role_name,
	event_log.reason
FROM steering.event_log
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR event_log.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
REVOKE ALL ON steering.event FROM PUBLIC;
GRANT SELECT ON steering.event TO PUBLIC;
COMMENT ON VIEW steering.event IS 'what happened to caps: decisions, and steps crossed by bookings; each role sees those that it may read';
COMMENT ON COLUMN steering.event.event_id IS 'number of the event';
COMMENT ON COLUMN steering.event.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.event.kind IS 'created, revised, dropped: a decision on a cap; notify, warn: a step of its ladder was crossed upwards';
COMMENT ON COLUMN steering.event.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.event.service IS 'code of its service';
COMMENT ON COLUMN steering.event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.event.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.event.metric IS 'budget or volume';
COMMENT ON COLUMN steering.event.during IS 'the days that it limits';
COMMENT ON COLUMN steering.event.amount IS 'the limit at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.ladder IS 'the ladder at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.threshold IS 'usage at which the crossed step acts; null for decisions';
COMMENT ON COLUMN steering.event.used IS 'usage after what happened';
COMMENT ON COLUMN steering.event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.event.reason IS 'the reason that was given for a decision';

-- A dump of 0.2.0 holds the rows of a table of this name.
CREATE TRIGGER restore_event INSTEAD OF INSERT ON steering.event
	FOR EACH ROW EXECUTE FUNCTION steering.restore_event();

-- --- whoever may read the tables can dump them

-- Roles that saw their own rows of the table have the view for that.
CREATE FUNCTION steering.revoke_events() RETURNS void
AS 'MODULE_PATHNAME', 'steering_revoke_events'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
SELECT steering.revoke_events();
DROP FUNCTION steering.revoke_events();

DROP POLICY readable ON steering.event_log;
ALTER TABLE steering.event_log DISABLE ROW LEVEL SECURITY;

CREATE OR REPLACE VIEW steering.event_problem AS
SELECT reader.name AS subject, 'reads event_log' AS problem,
	'It reads the table steering.event_log, which was steering.event before 0.3.0 and is granted to nobody any more.' AS detail,
	'make it anew, to read the view steering.event' AS hint
FROM (SELECT pg_rewrite.ev_class::regclass::text AS name
	FROM pg_catalog.pg_rewrite JOIN pg_catalog.pg_depend
		ON pg_depend.classid = 'pg_catalog.pg_rewrite'::regclass AND pg_depend.objid = pg_rewrite.oid
	WHERE pg_depend.refclassid = 'pg_catalog.pg_class'::regclass AND pg_depend.refobjid = 'steering.event_log'::regclass
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS member
			WHERE member.classid = 'pg_catalog.pg_class'::regclass AND member.objid = pg_rewrite.ev_class
				AND member.deptype = 'e')
	UNION
	SELECT pg_depend.objid::regprocedure::text
	FROM pg_catalog.pg_depend
	WHERE pg_depend.classid = 'pg_catalog.pg_proc'::regclass
		AND pg_depend.refclassid = 'pg_catalog.pg_class'::regclass AND pg_depend.refobjid = 'steering.event_log'::regclass) AS reader
UNION ALL
SELECT DISTINCT concat('role ', CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END),
	'may read event_log',
	'That table has the events of all participants, and it may not read every figure.',
	format('REVOKE ALL ON steering.event_log FROM %s; steering.event shows what it may read',
		   CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END)
FROM pg_catalog.pg_class
CROSS JOIN LATERAL aclexplode(pg_class.relacl) AS granted
WHERE pg_class.oid = 'steering.event_log'::regclass AND granted.grantee <> pg_class.relowner
	AND granted.privilege_type = 'SELECT'
	AND (granted.grantee = 0 OR NOT has_table_privilege(granted.grantee, 'steering.cap'::regclass, 'SELECT'));

-- --- functions that are called by PostgreSQL or by functions of ours alone

REVOKE ALL ON FUNCTION steering.amount_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_out(steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_send(steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_out(steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_send(steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_out(steering.fiscal_period) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_send(steering.fiscal_period) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.day_range_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.day_range_out(steering.day_range) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.day_range_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.day_range_send(steering.day_range) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.ladder_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.ladder_out(steering.ladder) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.ladder_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.ladder_send(steering.ladder) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.table_number_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.table_number_out(steering.table_number) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.table_number_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.table_number_send(steering.table_number) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.role_reference_in(cstring) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.role_reference_out(steering.role_reference) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.role_reference_recv(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.role_reference_send(steering.role_reference) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_accumulate(internal, steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_combine(internal, internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_serialize(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_deserialize(bytea, internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_discard(internal, steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_sum(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_average(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_smaller(steering.amount, steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.amount_larger(steering.amount, steering.amount) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_accumulate(internal, steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_combine(internal, internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_serialize(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_deserialize(bytea, internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_discard(internal, steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_sum(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_smaller(steering.cost_result, steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.cost_result_larger(steering.cost_result, steering.cost_result) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_smaller(steering.fiscal_period, steering.fiscal_period) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.fiscal_period_larger(steering.fiscal_period, steering.fiscal_period) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.allocate_rows(internal) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.participant_number(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION steering.booking_scan(date, date, integer, boolean) FROM PUBLIC;
