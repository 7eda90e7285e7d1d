-- Weights of allocation keys in a period, and the cost of services divided by them.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it; and who
-- was needs no right on the tables. The planner knows little of how many rows there will be: the settings of
-- functions keep it from nested loops over 100,000 shares, and these from being sorted on disk.

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
REVOKE ALL ON FUNCTION steering.key_weight_in(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_weight_in(date, date) IS
'weights of all allocation keys from first_day until before end_day (first days of months); see key_weight(). Null: the weight is not known. Below zero: more volume was given back than taken, which weighs nothing';

CREATE OR REPLACE FUNCTION steering.key_weight(key text, period text) RETURNS TABLE (participant text, service text, weight numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.key_number(key_weight.key), steering.period_range(key_weight.period);
SELECT participant.code, service.code, CASE WHEN weighed.weight < 0 THEN 0 ELSE weighed.weight END
FROM steering.period_range(key_weight.period) AS during
CROSS JOIN LATERAL steering.key_weight_in(lower(during), upper(during)) AS weighed
LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
LEFT JOIN steering.service ON service.service_id = weighed.service_id
WHERE weighed.key_id = steering.key_number(key_weight.key)
ORDER BY service.code COLLATE "C" NULLS LAST, participant.code COLLATE "C";
END;
REVOKE ALL ON FUNCTION steering.key_weight(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_weight(text, text) IS
'the receivers of an allocation key in a period and their weights. inhabitants: of the participants that take part and have inhabitants, but no groups of such; volume: actual volume of the key''s service and all below it; agreed: volume that agreements on these services have in the period, or, if one of them has no volume, the money agreed beforehand; fixed: as set. Inhabitants and fixed weights that hold for a part of the period count for that part of its days. Null: the weight is not known, and nothing is divided by the key until it is: a participant that shares a cost by the key, or next to which in its group others have a number, has no inhabitants (0 says that it has none); an agreement has neither volume nor money; one that shares a cost by the key has no fixed weight. 0 for a participant that has given back more volume than it took: it gets no share, and settlement_problem() lists it. Errors: 22004 null, 22023 unknown key, 22P02 and 22023 no period';

CREATE OR REPLACE FUNCTION steering.divide_costs(method text, code text[], direct numeric[], all_zero text[], covered boolean[],
	giver integer[], receiver integer[], weight numeric[])
RETURNS TABLE (giver integer, received steering.amount, receiver integer, weight numeric, percent numeric, amount steering.amount)
AS 'MODULE_PATHNAME', 'steering_divide_costs'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.divide_costs(text, text[], numeric[], text[], boolean[], integer[], integer[], numeric[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.divide_costs(text, text[], numeric[], text[], boolean[], integer[], integer[], numeric[]) IS
'the arithmetic of allocate_costs(), which reads no table. code names the services whose cost is divided, in their order, and then the final receivers; direct, all_zero and covered are of the services; giver, receiver (places in code) and weight say who receives from whom, giver by giver. Returns who gets what, receiver null: it stays unallocated; received is what the giver got of other services. Errors: those of allocate_costs()';

CREATE OR REPLACE FUNCTION steering.allocate_costs(period text, method text DEFAULT 'step_down')
RETURNS TABLE (step integer, service text, direct numeric, received numeric,
	receiving_service text, receiving_participant text, weight numeric, percent numeric, amount numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH span AS MATERIALIZED (
	SELECT during, lower(during) AS first_day, upper(during) AS end_day
	FROM steering.period_range(allocate_costs.period) AS during
), used AS MATERIALIZED (
	SELECT usage.service_id, sum(usage.actual::numeric) AS amount
	FROM span CROSS JOIN LATERAL steering.usage_between(span.first_day, span.end_day) AS usage
	GROUP BY usage.service_id
), giver AS MATERIALIZED (
	SELECT (row_number() OVER (ORDER BY rule.step, service.code COLLATE "C", rule.during))::integer AS place,
		service.service_id, service.code, rule.key_id, rule.step, rule.all_zero,
		coalesce(used.amount, 0.0000) AS direct,
		rule.during @> span.during OR NOT EXISTS (
			SELECT FROM steering.usage_now AS usage
			WHERE usage.service_id = rule.service_id AND usage.month <@ span.during AND NOT usage.month <@ rule.during
				AND usage.amount OPERATOR(steering.<>) 0::steering.amount
				AND usage.source_id IN (SELECT source.source_id FROM steering.source WHERE source.stage = 'actual')) AS covered
	FROM span
	JOIN steering.allocation_rule AS rule ON rule.during && span.during
	JOIN steering.service ON service.service_id = rule.service_id
	LEFT JOIN used ON used.service_id = rule.service_id
), weighed AS MATERIALIZED (
	SELECT giver.place AS giver, coalesce(weighed.participant_id, 0) AS participant_id, coalesce(weighed.service_id, 0) AS service_id,
		CASE WHEN weighed.weight < 0 THEN 0 ELSE weighed.weight END AS weight, taker.place AS taker
	FROM span
	CROSS JOIN LATERAL steering.key_weight_in(span.first_day, span.end_day) AS weighed
	JOIN giver ON giver.key_id = weighed.key_id
	LEFT JOIN giver AS taker ON taker.service_id = weighed.service_id
), unknown AS MATERIALIZED (
	SELECT DISTINCT weighed.giver FROM weighed WHERE weighed.weight IS NULL
), final AS MATERIALIZED (
	SELECT named.participant_id, named.service_id, named.code,
		((SELECT count(*) FROM giver) + row_number() OVER (ORDER BY named.participant_id <> 0, named.code COLLATE "C"))::integer AS place
	FROM (
		SELECT DISTINCT weighed.participant_id, weighed.service_id, coalesce(participant.code, service.code) AS code
		FROM weighed
		LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
		LEFT JOIN steering.service ON service.service_id = weighed.service_id
		WHERE weighed.taker IS NULL
	) AS named
), share AS MATERIALIZED (
	SELECT weighed.giver, coalesce(weighed.taker, final.place) AS receiver, weighed.weight
	FROM weighed
	LEFT JOIN final ON final.participant_id = weighed.participant_id AND final.service_id = weighed.service_id
	WHERE weighed.giver NOT IN (SELECT unknown.giver FROM unknown)
), divided AS MATERIALIZED (
	SELECT divided.*
	FROM (SELECT array_agg(giver.direct ORDER BY giver.place) AS direct,
			array_agg(CASE WHEN giver.place IN (SELECT unknown.giver FROM unknown) THEN 'unallocated' ELSE giver.all_zero END
				ORDER BY giver.place) AS all_zero,
			array_agg(giver.covered ORDER BY giver.place) AS covered
		  FROM giver) AS givers,
		(SELECT array_agg(receiver.code ORDER BY receiver.place) AS code
		 FROM (SELECT giver.code, giver.place FROM giver UNION ALL SELECT final.code, final.place FROM final) AS receiver) AS receivers,
		(SELECT array_agg(share.giver) AS giver, array_agg(share.receiver) AS receiver, array_agg(share.weight) AS weight
		 FROM (SELECT share.* FROM share ORDER BY share.giver, share.receiver) AS share) AS shares,
		LATERAL steering.divide_costs(allocate_costs.method, receivers.code, givers.direct, givers.all_zero, givers.covered,
			shares.giver, shares.receiver, shares.weight) AS divided
)
SELECT listed.step, listed.code, listed.direct, listed.received, listed.receiving_service, listed.receiving_participant,
	listed.weight, listed.percent, listed.amount
FROM (
	SELECT giver.place, divided.receiver, giver.step, giver.code, giver.direct, divided.received::numeric AS received,
		CASE WHEN final.service_id <> 0 THEN final.code ELSE taker.code END AS receiving_service,
		CASE WHEN final.participant_id <> 0 THEN final.code END AS receiving_participant,
		divided.weight, divided.percent, divided.amount::numeric AS amount
	FROM divided
	JOIN giver ON giver.place = divided.giver
	LEFT JOIN giver AS taker ON taker.place = divided.receiver
	LEFT JOIN final ON final.place = divided.receiver
	UNION ALL
	SELECT giver.place, final.place, giver.step, giver.code, giver.direct, whole.received::numeric, NULL, final.code,
		NULL, NULL, NULL
	FROM weighed
	JOIN giver ON giver.place = weighed.giver
	JOIN final ON final.participant_id = weighed.participant_id AND final.service_id = weighed.service_id
	JOIN (SELECT divided.giver, min(divided.received) AS received FROM divided GROUP BY divided.giver) AS whole
		ON whole.giver = weighed.giver
	WHERE weighed.weight IS NULL
) AS listed
ORDER BY listed.place, listed.receiver;
END;
REVOKE ALL ON FUNCTION steering.allocate_costs(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_costs(text, text) IS
'divides the actual cost booked in a period on each service with an allocation rule: one row per service, in the order of their steps, and receiver, with what the service has (direct: booked on it; received: of others), the weight and its percentage, and the amount; both receivers null: it stays unallocated. A receiver whose weight is not known (see key_weight()) is listed with weight and amount null, and the whole cost of the service stays unallocated; one with a weight below zero gets nothing. The amounts of a service add up to direct plus received, and those of participants, of services without a rule and of nobody to the whole cost, by every method. A service gives nothing to itself. direct: services with a rule receive nothing; step_down: each receives of earlier steps; reciprocal: each of each, by simultaneous equations. The methods are those of support-department cost allocation in Horngren, Datar and Rajan, Cost Accounting. Amounts are rounded to cents, or to 0.0001 if cost is booked in parts of a cent: direct and step_down by the largest remainder (Hamilton), reciprocal up or down so that every service balances. Weights of a part of the period: see key_weight(). Errors: 22004 null, 22P02 and 22023 no period, 22023 unknown method, a service with two rules in the period or cost in months without one, a cost without receivers or with all weights zero (if its rule does not say otherwise), services that serve only each other (reciprocal), 22003 an amount does not fit';

CREATE OR REPLACE FUNCTION steering.allocated_cost(period text, method text DEFAULT 'step_down')
RETURNS TABLE (service text, participant text, direct numeric, allocated numeric, cost numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH allocation AS MATERIALIZED (
	SELECT * FROM steering.allocate_costs(allocated_cost.period, allocated_cost.method)
), bearing AS (
	SELECT allocation.receiving_service AS service, allocation.receiving_participant AS participant,
		0.0000 AS direct, allocation.amount AS allocated
	FROM allocation
	WHERE allocation.receiving_service IS NULL
		OR allocation.receiving_service NOT IN (SELECT allocation.service FROM allocation)
	UNION ALL
	SELECT service.code, NULL, booked.actual, 0.0000
	FROM (
		SELECT usage.service_id, sum(usage.actual::numeric) AS actual
		FROM steering.period_range(allocated_cost.period) AS during
		CROSS JOIN LATERAL steering.usage_between(lower(during), upper(during)) AS usage
		WHERE usage.actual OPERATOR(steering.<>) 0::steering.amount
		GROUP BY usage.service_id
	) AS booked
	JOIN steering.service ON service.service_id = booked.service_id
	WHERE service.code NOT IN (SELECT allocation.service FROM allocation)
)
SELECT bearing.service, bearing.participant, sum(bearing.direct),
	CASE WHEN bool_and(bearing.allocated IS NOT NULL) THEN sum(bearing.allocated) END,
	CASE WHEN bool_and(bearing.allocated IS NOT NULL) THEN sum(bearing.direct + bearing.allocated) END
FROM bearing
GROUP BY bearing.service, bearing.participant
ORDER BY bearing.service COLLATE "C" NULLS LAST, bearing.participant COLLATE "C" NULLS LAST;
END;
REVOKE ALL ON FUNCTION steering.allocated_cost(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocated_cost(text, text) IS
'who bears the actual cost of a period after allocate_costs(): services without an allocation rule, with what was booked on them (direct) and what they were allocated, participants, and nobody (both null: unallocated). Null where a weight is not known: see allocate_costs(). The costs add up to all that was booked in the period. Errors: those of allocate_costs()';

CREATE OR REPLACE FUNCTION steering.allocation_proof(period text, method text DEFAULT NULL)
RETURNS TABLE (method text, booked numeric, to_participants numeric, to_services numeric, unallocated numeric,
	difference numeric, unbalanced bigint, not_divided numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 3 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH chosen (method, place) AS (
	SELECT wanted.method, wanted.place
	FROM unnest(CASE WHEN allocation_proof.method IS NULL THEN ARRAY['direct', 'step_down', 'reciprocal']
					 ELSE ARRAY[allocation_proof.method] END) WITH ORDINALITY AS wanted (method, place)
), allocation AS MATERIALIZED (
	SELECT chosen.method, allocated.*
	FROM chosen CROSS JOIN LATERAL steering.allocate_costs(allocation_proof.period, chosen.method) AS allocated
), service_total AS (
	SELECT allocation.method, allocation.service,
		min(allocation.direct) + min(allocation.received) - sum(allocation.amount) AS kept
	FROM allocation
	GROUP BY allocation.method, allocation.service
), final AS (
	SELECT allocation.method,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_participant IS NOT NULL), 0.0000) AS to_participants,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_service IS NOT NULL), 0.0000) AS to_services,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_service IS NULL
			AND allocation.receiving_participant IS NULL), 0.0000) AS unallocated
	FROM allocation
	WHERE allocation.receiving_service IS NULL OR (allocation.method, allocation.receiving_service) NOT IN (
		SELECT service_total.method, service_total.service FROM service_total)
	GROUP BY allocation.method
), ruled AS MATERIALIZED (
	SELECT rule.service_id
	FROM steering.allocation_rule AS rule
	WHERE rule.during && steering.period_range(allocation_proof.period)
), booked AS (
	SELECT coalesce(sum(usage.actual::numeric) FILTER (WHERE usage.service_id IN (SELECT ruled.service_id FROM ruled)),
			0.0000) AS amount,
		coalesce(sum(usage.actual::numeric) FILTER (WHERE usage.service_id NOT IN (SELECT ruled.service_id FROM ruled)
			AND usage.service_id IN (SELECT below.service_id FROM ruled
				JOIN steering.service_below AS below ON below.top_id = ruled.service_id)), 0.0000) AS not_divided
	FROM steering.period_range(allocation_proof.period) AS during
	CROSS JOIN LATERAL steering.usage_between(lower(during), upper(during)) AS usage
)
SELECT chosen.method, booked.amount, coalesce(final.to_participants, 0.0000), coalesce(final.to_services, 0.0000),
	coalesce(final.unallocated, 0.0000),
	booked.amount - coalesce(final.to_participants + final.to_services + final.unallocated, 0.0000),
	(SELECT count(*) FROM service_total WHERE service_total.method = chosen.method AND service_total.kept <> 0),
	booked.not_divided
FROM chosen
CROSS JOIN booked
LEFT JOIN final ON final.method = chosen.method
ORDER BY chosen.place;
END;
REVOKE ALL ON FUNCTION steering.allocation_proof(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocation_proof(text, text) IS
'proves that allocate_costs() loses nothing: per method (null: all three) the actual cost booked in a period on services with an allocation rule, where it went, the difference (0 is right), and the number of services that did not give just what they had (0 is right). not_divided: actual cost booked below these services on services that have no rule themselves, which stays where it is (0, unless that is what is meant). Errors: those of allocate_costs()';
