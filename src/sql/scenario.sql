-- scenario.sql
-- What would it cost whom if somebody joined or left, if terms, volumes, weights or keys were others? The registers are changed, the very
-- functions that settle and allocate compute over them, and all of it is taken back: scenario() in C does that, and calls these.
--
-- While it does, no trigger fires (as on a replica), so that nothing is asked, nothing is recorded and no booking waits. What would have been
-- booked are usage cells of a source that is not there, number 0: by how much the cost of services is another in stripe 2, all else in others.

CREATE TYPE steering.scenario_figure AS (
	kind text,
	participant text,
	service text,
	amount numeric
);
COMMENT ON TYPE steering.scenario_figure IS 'what a participant (null: nobody) bears of the cost of a service: owed by agreement, or allocated by rule';

CREATE FUNCTION steering.scenario_kind() RETURNS TABLE (change text, needs text[], may_have text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 13
BEGIN ATOMIC
SELECT listed.change, listed.needs::text[], listed.may_have::text[]
FROM (VALUES
	('leave', '{participant,on}', '{}'),
	('follow', '{participant,service,on}', '{volume,share}'),
	('join', '{participant,on}', '{name,parent,inhabitants,like,services}'),
	('terms', '{participant,service}', '{form,base,volume,price,key,unused_percent,on}'),
	('volume', '{participant,service,volume}', '{}'),
	('weight', '{participant,key,weight}', '{}'),
	('key', '{service,key}', '{}'),
	('cost', '{participant,service,amount}', '{}'),
	('end', '{service,on}', '{}'),
	('begin', '{service,on}', '{name,parent,kind,key,participants}'),
	('level', '{service}', '{percent,amount,per,on}'),
	('move', '{service}', '{parent}'),
	('lead', '{service,participant}', '{}')
) AS listed (change, needs, may_have);
END;
REVOKE ALL ON FUNCTION steering.scenario_kind() FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_kind() IS 'the changes that scenario() knows, with the fields that each needs and may have';

CREATE FUNCTION steering.scenario_entry(change jsonb) RETURNS TABLE (place bigint, entry jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
SELECT item.place, item.entry
FROM jsonb_array_elements(CASE WHEN jsonb_typeof(scenario_entry.change) = 'array' THEN scenario_entry.change
	ELSE jsonb_build_array(scenario_entry.change) END) WITH ORDINALITY AS item (entry, place);
END;
REVOKE ALL ON FUNCTION steering.scenario_entry(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_entry(jsonb) IS 'the changes of a scenario, one by one';

CREATE FUNCTION steering.require_scenario_service(change jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(item.entry ->> 'change' <> 'level' OR (item.entry ? 'percent') <> (item.entry ? 'amount'), '22023',
		'change "level" needs either "percent" or "amount"'),
	steering.require_that(item.entry ->> 'change' <> 'level' OR coalesce((item.entry ->> 'percent')::numeric >= -100, true), '22023',
		format('"percent" of change "level" must be -100 or more: %s', item.entry ->> 'percent')),
	steering.require_that(item.entry ->> 'change' <> 'level' OR coalesce((item.entry ->> 'amount')::numeric >= 0, true), '22023',
		format('"amount" of change "level" must not be negative: %s', item.entry ->> 'amount')),
	steering.require_that(item.entry ->> 'change' <> 'level' OR NOT item.entry ? 'per' OR item.entry ? 'amount' AND item.entry ->> 'per' IN ('year', 'period'), '22023',
		format('"per" of change "level" says of an amount that it is per "year" or per "period": %s', item.entry -> 'per')),
	steering.require_that(coalesce(item.entry ->> 'kind', 'standard') IN ('standard', 'development'), '22023',
		format('"kind" of change "begin" must be "standard" or "development": %s', item.entry -> 'kind')),
	steering.require_that(item.entry ->> 'change' <> 'move' OR item.entry ? 'parent', '22023', 'change "move" needs "parent"', 'Null is at the top.'),
	steering.require_that(NOT item.entry ? 'participants' OR item.entry ? 'key', '22023', '"participants" of change "begin" need a "key"')
FROM steering.scenario_entry(require_scenario_service.change) AS item
ORDER BY item.place;
END;
REVOKE ALL ON FUNCTION steering.require_scenario_service(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_scenario_service(jsonb) IS 'Error: 22023 what cannot be asked of a service';

CREATE FUNCTION steering.require_scenario(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(jsonb_typeof(item.entry) = 'object', '22023', format('a change must be an object: %s', item.entry)),
	steering.require_that(jsonb_typeof(item.entry) <> 'object' OR kind.change IS NOT NULL, '22023',
		format('change %s is unknown', coalesce(item.entry ->> 'change', 'null')),
		(SELECT format('It is one of %s.', string_agg(known.change, ', ')) FROM steering.scenario_kind() AS known))
FROM steering.scenario_entry(require_scenario.change) AS item
LEFT JOIN steering.scenario_kind() AS kind ON kind.change = item.entry ->> 'change'
ORDER BY item.place;
SELECT steering.require_that(item.entry ->> field.name IS NOT NULL, '22023', format('change "%s" needs "%s"', kind.change, field.name))
FROM steering.scenario_entry(require_scenario.change) AS item
JOIN steering.scenario_kind() AS kind ON kind.change = item.entry ->> 'change'
CROSS JOIN LATERAL unnest(kind.needs) AS field (name)
ORDER BY item.place;
SELECT steering.require_that(field.name = 'change' OR field.name = ANY (kind.needs || kind.may_have), '22023',
		format('change "%s" has no "%s"', kind.change, field.name),
		format('Its fields are %s.', array_to_string(kind.needs || kind.may_have, ', '))),
	steering.require_that(field.name NOT IN ('volume', 'share', 'weight', 'amount', 'base', 'price', 'unused_percent', 'inhabitants', 'percent')
		OR jsonb_typeof(field.value) = 'number', '22023', format('"%s" of change "%s" must be a number: %s', field.name, kind.change, field.value)),
	steering.require_that(field.name NOT IN ('volume', 'share', 'weight', 'base', 'price', 'unused_percent', 'inhabitants')
		OR field.value::text !~ '^-', '22023', format('"%s" of change "%s" must not be negative: %s', field.name, kind.change, field.value)),
	steering.require_that(field.name NOT IN ('participant', 'service', 'key', 'on', 'name', 'parent', 'like', 'form', 'kind', 'per')
		OR jsonb_typeof(field.value) = 'string' OR kind.change = 'move' AND field.name = 'parent' AND jsonb_typeof(field.value) = 'null', '22023', format('"%s" of change "%s" must be a text: %s', field.name, kind.change, field.value)),
	steering.require_that(jsonb_typeof(field.value) <> 'string' OR field.value #>> '{}' ~ '[^[:space:]]', '22023',
		format('"%s" of change "%s" must not be empty', field.name, kind.change)),
	steering.require_that(field.name <> 'on' OR field.value #>> '{}' ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}$', '22023',
		format('"on" of change "%s" must be a day, as 2026-01-01: %s', kind.change, field.value)),
	steering.require_that(field.name <> 'on' OR field.value #>> '{}' ~ '-01$', '22023',
		format('a change must be on the first day of a month of the period: %s', field.value #>> '{}')),
	steering.require_that(number.value = trunc(number.value) AND number.value <= 2147483647 OR field.name <> 'inhabitants', '22023',
		format('"%s" of change "%s" must be a whole number: %s', field.name, kind.change, field.value)),
	steering.require_that(number.value > 0 AND number.value <= 100 OR field.name <> 'share', '22023',
		format('"%s" of change "%s" must be above 0 and at most 100: %s', field.name, kind.change, field.value)),
	steering.require_that(number.value <= 100 OR field.name <> 'unused_percent', '22023',
		format('"%s" of change "%s" must be at most 100: %s', field.name, kind.change, field.value)),
	steering.require_that(abs(number.value) < 900000000000000 OR field.name NOT IN ('volume', 'amount', 'base', 'price', 'percent'), '22003',
		format('"%s" of change "%s" is too large: %s', field.name, kind.change, field.value)),
	steering.require_one_of(CASE WHEN field.name = 'form' THEN field.value #>> '{}' END, 'form',
		(SELECT string_agg(known.form, ', ') FROM steering.agreement_form() AS known)),
	steering.require_that(field.name NOT IN ('services', 'participants') OR jsonb_typeof(field.value) = 'array', '22023',
		format('"%s" of change "%s" must be a list: %s', field.name, kind.change, field.value))
FROM steering.scenario_entry(require_scenario.change) AS item
JOIN steering.scenario_kind() AS kind ON kind.change = item.entry ->> 'change'
CROSS JOIN LATERAL jsonb_each(item.entry) AS field (name, value)
CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(field.value) WHEN 'number' THEN (field.value)::numeric END AS value) AS number
ORDER BY item.place, field.name;
SELECT steering.require_that(listed.code ~ '[^[:space:]]', '22023', format('"%s" of change "%s" must be codes: %s', field.name, item.entry ->> 'change', field.value))
FROM steering.scenario_entry(require_scenario.change) AS item
CROSS JOIN LATERAL jsonb_each(item.entry) AS field (name, value)
CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(field.value) WHEN 'array' THEN field.value ELSE '[]' END) AS listed (code)
ORDER BY item.place;
SELECT steering.require_scenario_service(require_scenario.change);
-- Cost adds up; of all else there is one that it becomes.
SELECT steering.require_that(count(*) = 1, '22023', format('change "%s" is there twice for %s', same.change, concat_ws(' and ', same.participant, same.service, same.key)))
FROM (
	SELECT item.place, item.entry ->> 'change' AS change, CASE WHEN item.entry ->> 'change' <> 'lead' THEN item.entry ->> 'participant' END AS participant,
		item.entry ->> 'service' AS service, CASE item.entry ->> 'change' WHEN 'weight' THEN item.entry ->> 'key' END AS key
	FROM steering.scenario_entry(require_scenario.change) AS item
	WHERE item.entry ->> 'change' <> 'cost'
) AS same
GROUP BY same.change, same.participant, same.service, same.key
ORDER BY min(same.place);
-- Codes, and days.
WITH item AS MATERIALIZED (
	SELECT item.place, item.entry FROM steering.scenario_entry(require_scenario.change) AS item
)
SELECT steering.participant_number(named.code)
FROM item
CROSS JOIN LATERAL (SELECT item.entry ->> 'participant' AS code
	UNION ALL SELECT listed.code FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(item.entry -> 'participants') = 'array' THEN item.entry -> 'participants'
		ELSE '[]' END) AS listed (code)) AS named
WHERE named.code IS NOT NULL AND named.code NOT IN (SELECT other.entry ->> 'participant' FROM item AS other WHERE other.entry ->> 'change' = 'join')
ORDER BY item.place;
SELECT steering.participant_number(named.code)
FROM steering.scenario_entry(require_scenario.change) AS item
CROSS JOIN LATERAL (VALUES (item.entry ->> 'parent'), (item.entry ->> 'like')) AS named (code)
WHERE named.code IS NOT NULL AND item.entry ->> 'change' = 'join' ORDER BY item.place;
WITH item AS MATERIALIZED (
	SELECT item.place, item.entry FROM steering.scenario_entry(require_scenario.change) AS item
)
SELECT steering.service_number(named.code)
FROM item
CROSS JOIN LATERAL (SELECT item.entry ->> 'service' AS code
	UNION ALL SELECT item.entry ->> 'parent' WHERE item.entry ->> 'change' IN ('begin', 'move')
	UNION ALL SELECT listed.code FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(item.entry -> 'services') = 'array' THEN item.entry -> 'services'
		ELSE '[]' END) AS listed (code)) AS named
WHERE named.code IS NOT NULL AND named.code NOT IN (SELECT other.entry ->> 'service' FROM item AS other WHERE other.entry ->> 'change' = 'begin')
ORDER BY item.place;
SELECT steering.key_number(item.entry ->> 'key', CASE WHEN item.entry ->> 'change' = 'weight' THEN 'fixed' END)
FROM steering.scenario_entry(require_scenario.change) AS item WHERE item.entry ? 'key' ORDER BY item.place;
SELECT steering.require_that(asked.day <@ require_scenario.during AND extract(day FROM asked.day) = 1, '22023',
	format('a change must be on the first day of a month of the period: %s', to_char(asked.day::timestamp, 'YYYY-MM-DD')))
FROM steering.scenario_entry(require_scenario.change) AS item
CROSS JOIN LATERAL (SELECT (item.entry ->> 'on')::date AS day) AS asked
WHERE item.entry ? 'on' ORDER BY item.place;
END;
REVOKE ALL ON FUNCTION steering.require_scenario(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_scenario(jsonb, daterange) IS 'Errors: 22023 no such change, a field that it needs, does not have or that is of another kind, one that is there twice, an unknown code, no day, a day outside of the period or within a month, 22003 a number that is too large';

-- Before anything was billed, so that it is the same whatever was closed. What nobody owes is the supplier's: negative where it gains.
CREATE FUNCTION steering.scenario_cost(during daterange) RETURNS SETOF steering.scenario_figure
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH charge AS MATERIALIZED (
	SELECT 1 AS sign, charge.line, charge.service_id, charge.participant_id, charge.amount
	FROM steering.settlement_charge(lower(scenario_cost.during), upper(scenario_cost.during)) AS charge
	UNION ALL
	SELECT -1, charge.line, charge.service_id, charge.participant_id, charge.amount
	FROM steering.settlement_charge(lower(scenario_cost.during), lower(scenario_cost.during)) AS charge
), ruled AS MATERIALIZED (
	SELECT rule.service_id FROM steering.allocation_rule AS rule WHERE rule.during && scenario_cost.during
), owed AS MATERIALIZED (
	SELECT charge.participant_id, charge.service_id, CASE WHEN bool_and(charge.amount IS NOT NULL) THEN sum(charge.sign * charge.amount) END AS amount
	FROM charge
	WHERE charge.participant_id IS NOT NULL AND charge.line <> 'advance'
	GROUP BY charge.participant_id, charge.service_id
), unowed AS (
	SELECT cost.service_id, CASE WHEN bool_and(cost.amount IS NOT NULL) THEN sum(cost.amount) END AS amount
	FROM (
		SELECT charge.service_id, charge.sign * charge.amount AS amount
		FROM charge
		WHERE charge.line IN ('agreed_cost', 'shared_cost') OR charge.line = 'other_cost' AND charge.service_id NOT IN (SELECT ruled.service_id FROM ruled)
		UNION ALL
		SELECT owed.service_id, - owed.amount FROM owed
	) AS cost
	GROUP BY cost.service_id
), allocation AS MATERIALIZED (
	SELECT allocated.service, allocated.receiving_service, allocated.receiving_participant, allocated.amount
	FROM steering.allocate_costs(format('[%s,%s)', to_char(lower(scenario_cost.during)::timestamp, 'YYYY-MM-DD'),
		to_char(upper(scenario_cost.during)::timestamp, 'YYYY-MM-DD'))) AS allocated
)
SELECT 'owed', participant.code, service.code, owed.amount
FROM owed
JOIN steering.participant ON participant.participant_id = owed.participant_id
JOIN steering.service ON service.service_id = owed.service_id
UNION ALL
SELECT 'owed', NULL, service.code, unowed.amount
FROM unowed JOIN steering.service ON service.service_id = unowed.service_id
UNION ALL
SELECT 'allocated', allocation.receiving_participant, allocation.service,
	CASE WHEN bool_and(allocation.amount IS NOT NULL) THEN sum(allocation.amount) END
FROM allocation
WHERE allocation.receiving_service IS NULL OR allocation.receiving_service NOT IN (SELECT giver.service FROM allocation AS giver)
GROUP BY allocation.receiving_participant, allocation.service;
END;
REVOKE ALL ON FUNCTION steering.scenario_cost(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_cost(daterange) IS
'who bears the actual cost of services in a range of whole months. owed: by agreements, see settle(), without advances and shares of the result; participant null: actual cost of the service under agreements, and under none unless a rule divides it, less what is owed for it. allocated: by rules, see allocate_costs(); participant null: it stays with nobody, or with a service. Null amount: a weight is not known';

-- Those who leave, with all below them.
CREATE FUNCTION steering.scenario_leaver(change jsonb) RETURNS TABLE (participant_id integer, code text, day date, group_id integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
SELECT below.participant_id, participant.code, min((item.entry ->> 'on')::date), min(above.participant_id)
FROM steering.scenario_entry(scenario_leaver.change) AS item
JOIN steering.participant AS top ON top.code = item.entry ->> 'participant'
JOIN steering.participant_below AS below ON below.top_id = top.participant_id
JOIN steering.participant ON participant.participant_id = below.participant_id
LEFT JOIN steering.participant AS above ON above.code = top.parent
WHERE item.entry ->> 'change' = 'leave'
GROUP BY below.participant_id, participant.code;
END;
REVOKE ALL ON FUNCTION steering.scenario_leaver(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_leaver(jsonb) IS 'who leaves in a scenario, on which day, and the group that is left (null: none)';

-- What goes on as it was until the day: terms are for all months of an agreement, so the months that are left have their share.
CREATE FUNCTION steering.scenario_end_agreements(change jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
WITH ended AS (
	SELECT agreement.agreement_id, leaver.day
	FROM steering.scenario_leaver(scenario_end_agreements.change) AS leaver
	JOIN steering.agreement ON agreement.participant_id = leaver.participant_id
	UNION ALL
	SELECT agreement.agreement_id, (item.entry ->> 'on')::date
	FROM steering.scenario_entry(scenario_end_agreements.change) AS item
	JOIN steering.service AS top ON top.code = item.entry ->> 'service'
	JOIN steering.service_below AS below ON below.top_id = top.service_id
	JOIN steering.agreement ON agreement.service_id = below.service_id
	WHERE item.entry ->> 'change' = 'end'
), cut AS (
	SELECT ended.agreement_id, min(ended.day) AS day FROM ended GROUP BY ended.agreement_id
), gone AS (
	DELETE FROM steering.agreement USING cut WHERE cut.agreement_id = agreement.agreement_id AND lower(agreement.during) >= cut.day
)
UPDATE steering.agreement
SET base = steering.agreement_share(agreement.base, agreement.during, daterange(lower(agreement.during), cut.day)),
	volume = steering.agreement_share(agreement.volume, agreement.during, daterange(lower(agreement.during), cut.day), 4),
	incentive_maximum = steering.agreement_share(agreement.incentive_maximum, agreement.during, daterange(lower(agreement.during), cut.day)),
	during = daterange(lower(agreement.during), cut.day)
FROM cut
WHERE cut.agreement_id = agreement.agreement_id AND lower(agreement.during) < cut.day AND upper(agreement.during) > cut.day;
END;
REVOKE ALL ON FUNCTION steering.scenario_end_agreements(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_end_agreements(jsonb) IS 'of a scenario, to be taken back: ends the agreements of who leaves, and of services that end';

CREATE FUNCTION steering.scenario_leave(change jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.scenario_end_agreements(scenario_leave.change);
SELECT steering.require_that(NOT lower(participant.during) >= leaver.day, '22023',
	format('participant "%s" cannot leave on %s: it takes part from %s', leaver.code, to_char(leaver.day::timestamp, 'YYYY-MM-DD'),
		to_char(lower(participant.during)::timestamp, 'YYYY-MM-DD')))
FROM steering.scenario_leaver(scenario_leave.change) AS leaver
JOIN steering.participant ON participant.participant_id = leaver.participant_id
WHERE NOT lower_inf(participant.during);
WITH leaver AS (
	SELECT leaver.participant_id, leaver.day FROM steering.scenario_leaver(scenario_leave.change) AS leaver
), gone AS (
	DELETE FROM steering.allocation_weight USING leaver
	WHERE allocation_weight.participant_id = leaver.participant_id AND lower(allocation_weight.during) >= leaver.day
), cut AS (
	UPDATE steering.allocation_weight SET during = allocation_weight.during * daterange(NULL, leaver.day)
	FROM leaver
	WHERE allocation_weight.participant_id = leaver.participant_id AND NOT coalesce(lower(allocation_weight.during) >= leaver.day, false)
)
UPDATE steering.participant SET during = participant.during * daterange(NULL, leaver.day)
FROM leaver
WHERE participant.participant_id = leaver.participant_id;
WITH leaver AS (
	SELECT leaver.participant_id, leaver.day FROM steering.scenario_leaver(scenario_leave.change) AS leaver
), gone AS (
	DELETE FROM steering.follower USING leaver WHERE follower.participant_id = leaver.participant_id AND lower(follower.during) >= leaver.day
)
UPDATE steering.follower SET during = daterange(lower(follower.during), leaver.day)
FROM leaver
WHERE follower.participant_id = leaver.participant_id AND follower.during @> leaver.day AND lower(follower.during) < leaver.day;
WITH ended AS (
	SELECT below.service_id, min((item.entry ->> 'on')::date) AS day
	FROM steering.scenario_entry(scenario_leave.change) AS item
	JOIN steering.service AS top ON top.code = item.entry ->> 'service'
	JOIN steering.service_below AS below ON below.top_id = top.service_id
	WHERE item.entry ->> 'change' = 'end'
	GROUP BY below.service_id
)
DELETE FROM steering.allocation_weight USING ended
WHERE allocation_weight.service_id = ended.service_id AND lower(allocation_weight.during) >= ended.day;
END;
REVOKE ALL ON FUNCTION steering.scenario_leave(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_leave(jsonb) IS 'of a scenario, to be taken back: participants leave, and services end. Error: 22023 one leaves before it takes part';

-- Whoever joins shares the cost of services as its example does, and buys at its prices; else as those who share any.
CREATE FUNCTION steering.scenario_join(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
INSERT INTO steering.participant (code, parent, name, inhabitants, during)
SELECT item.entry ->> 'participant', item.entry ->> 'parent', coalesce(item.entry ->> 'name', item.entry ->> 'participant'),
	(item.entry ->> 'inhabitants')::numeric::integer, daterange((item.entry ->> 'on')::date, NULL)
FROM steering.scenario_entry(scenario_join.change) AS item
WHERE item.entry ->> 'change' = 'join'
	AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = item.entry ->> 'participant')
ORDER BY item.place;
UPDATE steering.participant
SET inhabitants = coalesce((item.entry ->> 'inhabitants')::numeric::integer, participant.inhabitants), parent = coalesce(item.entry ->> 'parent', participant.parent),
	during = CASE WHEN participant.during @> (item.entry ->> 'on')::date THEN participant.during ELSE daterange((item.entry ->> 'on')::date, NULL) END
FROM steering.scenario_entry(scenario_join.change) AS item
WHERE item.entry ->> 'change' = 'join' AND participant.code = item.entry ->> 'participant';
-- No trigger looks. Rows that are there already end the search.
WITH RECURSIVE above (code, parent) AS (
	SELECT participant.code, participant.parent
	FROM steering.scenario_entry(scenario_join.change) AS item
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	WHERE item.entry ->> 'change' = 'join'
	UNION
	SELECT above.code, participant.parent FROM above JOIN steering.participant ON participant.code = above.parent
)
SELECT steering.require_that(above.parent IS DISTINCT FROM above.code, '22023', format('participant "%s" would be above itself', above.code))
FROM above
ORDER BY above.code COLLATE "C";
WITH wanted AS MATERIALIZED (
	SELECT DISTINCT ON (item.place, agreement.service_id) joiner.participant_id, joiner.code, agreement.service_id, agreement.form, agreement.price, agreement.key_id,
		daterange(greatest((item.entry ->> 'on')::date, lower(agreement.during)), upper(agreement.during)) AS during
	FROM steering.scenario_entry(scenario_join.change) AS item
	JOIN steering.participant AS joiner ON joiner.code = item.entry ->> 'participant'
	JOIN steering.agreement ON agreement.during && daterange((item.entry ->> 'on')::date, upper(scenario_join.during)) AND agreement.participant_id <> joiner.participant_id
	JOIN steering.service ON service.service_id = agreement.service_id
	JOIN steering.participant AS example ON example.participant_id = agreement.participant_id
	WHERE item.entry ->> 'change' = 'join'
		AND (item.entry -> 'services' IS NULL OR item.entry -> 'services' ? service.code)
		AND CASE WHEN item.entry ? 'like' THEN example.code = item.entry ->> 'like' AND agreement.form IN ('key_share', 'price_volume')
			ELSE agreement.form = 'key_share' END
	ORDER BY item.place, agreement.service_id, lower(agreement.during), example.code COLLATE "C"
), taken AS MATERIALIZED (
	SELECT DISTINCT wanted.participant_id, wanted.service_id
	FROM wanted
	JOIN steering.agreement AS standing ON standing.participant_id = wanted.participant_id AND standing.service_id = wanted.service_id
		AND standing.during && wanted.during
), checked AS MATERIALIZED (
	SELECT wanted.*, steering.require_that(taken.service_id IS NULL, '22023',
		format('participant "%s" takes part already: it has an agreement on service "%s"', wanted.code, steering.service_code(wanted.service_id))) AS nothing
	FROM wanted
	LEFT JOIN taken ON taken.participant_id = wanted.participant_id AND taken.service_id = wanted.service_id
)
INSERT INTO steering.agreement (service_id, participant_id, during, form, price, key_id)
SELECT checked.service_id, checked.participant_id, checked.during, checked.form, checked.price, checked.key_id
FROM checked
WHERE checked.nothing IS NULL OR true;
END;
REVOKE ALL ON FUNCTION steering.scenario_join(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_join(jsonb, daterange) IS 'of a scenario, to be taken back: participants join. Errors: 22023 one has agreements on these services already, or would be above itself';

-- What begins was not used before: so nothing of it is taken away from anybody.
CREATE FUNCTION steering.scenario_begin(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.agreement WHERE agreement.service_id = service.service_id AND agreement.during && scenario_begin.during)
		AND NOT EXISTS (SELECT FROM steering.allocation_rule AS rule WHERE rule.service_id = service.service_id AND rule.during && scenario_begin.during)
		AND NOT EXISTS (SELECT FROM steering.usage_now WHERE usage_now.service_id = service.service_id AND usage_now.month <@ scenario_begin.during), '22023',
	format('service "%s" is there already: it has agreements, a rule or bookings in the period', service.code))
FROM steering.scenario_entry(scenario_begin.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'begin'
ORDER BY item.place;
INSERT INTO steering.service (code, parent, name, kind, during)
SELECT item.entry ->> 'service', item.entry ->> 'parent', coalesce(item.entry ->> 'name', item.entry ->> 'service'), coalesce(item.entry ->> 'kind', 'standard'),
	daterange((item.entry ->> 'on')::date, NULL)
FROM steering.scenario_entry(scenario_begin.change) AS item
WHERE item.entry ->> 'change' = 'begin'
ORDER BY item.place
ON CONFLICT (code) DO UPDATE SET parent = coalesce(excluded.parent, service.parent), during = excluded.during;
INSERT INTO steering.agreement (service_id, participant_id, during, form, key_id)
SELECT DISTINCT service.service_id, participant.participant_id, daterange((item.entry ->> 'on')::date, upper(scenario_begin.during)), 'key_share',
	steering.key_number(item.entry ->> 'key')
FROM steering.scenario_entry(scenario_begin.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
CROSS JOIN LATERAL jsonb_array_elements_text(item.entry -> 'participants') AS listed (code)
JOIN steering.participant ON participant.code = listed.code
WHERE item.entry ->> 'change' = 'begin';
INSERT INTO steering.allocation_rule (service_id, key_id, step, during, all_zero)
SELECT service.service_id, steering.key_number(item.entry ->> 'key'), 1, daterange((item.entry ->> 'on')::date, upper(scenario_begin.during)), 'error'
FROM steering.scenario_entry(scenario_begin.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'begin' AND item.entry ? 'key' AND NOT item.entry ? 'participants'
ORDER BY item.place;
END;
REVOKE ALL ON FUNCTION steering.scenario_begin(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_begin(jsonb, daterange) IS 'of a scenario, to be taken back: services begin. Error: 22023 one is there already';

CREATE FUNCTION steering.scenario_catalogue(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.scenario_begin(scenario_catalogue.change, scenario_catalogue.during);
UPDATE steering.service SET parent = item.entry ->> 'parent'
FROM steering.scenario_entry(scenario_catalogue.change) AS item
WHERE item.entry ->> 'change' = 'move' AND service.code = item.entry ->> 'service';
-- No trigger looks. Rows that are there already end the search.
WITH RECURSIVE above (code, parent) AS (
	SELECT service.code, service.parent
	FROM steering.scenario_entry(scenario_catalogue.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	WHERE item.entry ->> 'change' IN ('begin', 'move')
	UNION
	SELECT above.code, service.parent FROM above JOIN steering.service ON service.code = above.parent
)
SELECT steering.require_that(above.parent IS DISTINCT FROM above.code, '22023', format('service "%s" would be above itself', above.code))
FROM above
ORDER BY above.code COLLATE "C";
SELECT steering.require_that(service.lead IS NOT DISTINCT FROM item.entry ->> 'participant'
		OR NOT EXISTS (SELECT FROM steering.follower WHERE follower.service_id = service.service_id AND follower.during && scenario_catalogue.during), '22023',
	format('others follow the lead of service "%s"', service.code))
FROM steering.scenario_entry(scenario_catalogue.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'lead'
ORDER BY item.place;
UPDATE steering.service SET kind = 'development', lead = item.entry ->> 'participant'
FROM steering.scenario_entry(scenario_catalogue.change) AS item
WHERE item.entry ->> 'change' = 'lead' AND service.code = item.entry ->> 'service';
END;
REVOKE ALL ON FUNCTION steering.scenario_catalogue(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_catalogue(jsonb, daterange) IS
'of a scenario, to be taken back: services begin, are moved, or become development services with a lead. Errors: 22023 one is there already, would be above itself, or has another lead whom others follow';

CREATE FUNCTION steering.scenario_level_scope(change jsonb, during daterange)
RETURNS TABLE (place bigint, top_id integer, service_id integer, day date, percent numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
SELECT item.place, below.top_id, below.service_id, since.day, (item.entry ->> 'percent')::numeric,
	round((item.entry ->> 'amount')::numeric * CASE WHEN item.entry ->> 'per' = 'year' THEN steering.count_months(daterange(since.day, upper(scenario_level_scope.during))) ELSE 12 END / 12, 2)
FROM steering.scenario_entry(scenario_level_scope.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
JOIN steering.service_below AS below ON below.top_id = service.service_id
CROSS JOIN LATERAL (SELECT coalesce((item.entry ->> 'on')::date, lower(scenario_level_scope.during)) AS day) AS since
WHERE item.entry ->> 'change' = 'level';
END;
REVOKE ALL ON FUNCTION steering.scenario_level_scope(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_level_scope(jsonb, daterange) IS
'the services whose cost becomes another in a scenario, with all below them, from which day on, and by how many percent or what it becomes from then on; an amount per year is for twelve months';

CREATE FUNCTION steering.scenario_level_booked(change jsonb, during daterange)
RETURNS TABLE (place bigint, service_id integer, participant_id integer, month date, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT scope.place, usage_now.service_id, usage_now.participant_id, usage_now.month, sum(usage_now.amount::numeric)
FROM steering.scenario_level_scope(scenario_level_booked.change, scenario_level_booked.during) AS scope
JOIN steering.usage_now ON usage_now.service_id = scope.service_id AND usage_now.month >= scope.day AND usage_now.month < upper(scenario_level_booked.during)
JOIN steering.source_stage ON source_stage.source_id = usage_now.source_id AND source_stage.stage = 'actual'
GROUP BY scope.place, usage_now.service_id, usage_now.participant_id, usage_now.month;
END;
REVOKE ALL ON FUNCTION steering.scenario_level_booked(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_level_booked(jsonb, daterange) IS 'what is booked of the cost that becomes another in a scenario';

-- In proportion to what is booked. What is in whole cents stays so.
CREATE FUNCTION steering.scenario_level(change jsonb, during daterange)
RETURNS TABLE (service_id integer, participant_id integer, month date, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH booked AS MATERIALIZED (
	SELECT booked.*, sum(booked.amount) OVER (PARTITION BY booked.place) AS whole
	FROM steering.scenario_level_booked(scenario_level.change, scenario_level.during) AS booked
), changed AS (
	SELECT booked.*, coalesce(round(booked.whole * asked.percent * 0.01, 2), asked.amount - booked.whole) AS added
	FROM booked
	JOIN (SELECT DISTINCT scope.place, scope.percent, scope.amount
		FROM steering.scenario_level_scope(scenario_level.change, scenario_level.during) AS scope) AS asked ON asked.place = booked.place
), divided AS (
	SELECT changed.service_id, changed.participant_id, changed.month, steering.allocated(changed.added, greatest(changed.amount, 0),
		CASE WHEN changed.added = round(changed.added, 2) THEN 0.01 ELSE 0.0001 END, 'unallocated') OVER (
			PARTITION BY changed.place ORDER BY changed.month, changed.service_id, changed.participant_id) AS amount
	FROM changed
)
SELECT divided.service_id, divided.participant_id, divided.month, divided.amount
FROM divided
WHERE divided.amount <> 0;
END;
REVOKE ALL ON FUNCTION steering.scenario_level(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_level(jsonb, daterange) IS 'by how much the cost of services is another in a scenario than what was booked, as bookings';

-- As the constraints of agreements have it, which tell no names.
CREATE FUNCTION steering.require_terms(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
WITH asked AS (
	SELECT item.place, item.entry, agreement.agreement_id, coalesce(item.entry ->> 'form', agreement.form) AS form, term.name,
		CASE WHEN item.entry ? term.name OR item.entry ? 'form' THEN item.entry ? term.name
			ELSE to_jsonb(agreement) ->> CASE term.name WHEN 'key' THEN 'key_id' ELSE term.name END IS NOT NULL END AS is_there
	FROM steering.scenario_entry(require_terms.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	LEFT JOIN steering.agreement ON agreement.service_id = service.service_id AND agreement.participant_id = participant.participant_id
		AND agreement.during && require_terms.during
	CROSS JOIN unnest('{base,volume,price,key,unused_percent}'::text[]) AS term (name)
	WHERE item.entry ->> 'change' = 'terms'
), known AS (
	SELECT asked.*, form.needs, form.may_have,
		bool_or(asked.name = 'volume' AND asked.is_there) OVER (PARTITION BY asked.place, asked.agreement_id) AS has_volume
	FROM asked
	JOIN steering.agreement_form() AS form ON form.form = asked.form
)
SELECT steering.require_that(known.is_there OR known.name <> ALL (known.needs), '23514',
		format('an agreement of form "%s" needs "%s": that of participant "%s" on service "%s"', known.form, known.name, known.entry ->> 'participant', known.entry ->> 'service')),
	steering.require_that(NOT known.is_there OR known.name = ANY (known.needs || known.may_have), '23514',
		format('an agreement of form "%s" has no "%s": that of participant "%s" on service "%s"', known.form, known.name, known.entry ->> 'participant', known.entry ->> 'service')),
	steering.require_that(NOT known.is_there OR known.name <> 'unused_percent' OR known.has_volume, '23514',
		format('an agreement has "unused_percent" with a volume only: that of participant "%s" on service "%s"', known.entry ->> 'participant', known.entry ->> 'service'))
FROM known
ORDER BY known.place;
END;
REVOKE ALL ON FUNCTION steering.require_terms(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_terms(jsonb, daterange) IS 'of a scenario. Error: 23514 terms that do not go together in the form of the agreement';

CREATE FUNCTION steering.scenario_terms(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
WITH item AS MATERIALIZED (
	SELECT item.place, item.entry, (service.service_id, participant.participant_id) IN (SELECT agreement.service_id, agreement.participant_id
			FROM steering.agreement WHERE agreement.during && scenario_terms.during) AS stands
	FROM steering.scenario_entry(scenario_terms.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	WHERE item.entry ->> 'change' = 'terms'
)
SELECT steering.require_that(item.entry ? 'form' OR item.stands, '22023',
		format('participant "%s" has no agreement on service "%s" in the period', item.entry ->> 'participant', item.entry ->> 'service'),
		'Give the form of a new one.'),
	steering.require_that(NOT item.entry ? 'on' OR NOT item.stands, '22023',
		format('participant "%s" has an agreement on service "%s" in the period', item.entry ->> 'participant', item.entry ->> 'service'),
		'Terms are those of all its months: "on" is for a new one.')
FROM item
ORDER BY item.place;
SELECT steering.require_terms(scenario_terms.change, scenario_terms.during);
UPDATE steering.agreement
SET form = coalesce(item.entry ->> 'form', agreement.form),
	base = CASE WHEN item.entry ? 'form' OR item.entry ? 'base' THEN (item.entry ->> 'base')::steering.amount ELSE agreement.base END,
	volume = CASE WHEN item.entry ? 'form' OR item.entry ? 'volume' THEN (item.entry ->> 'volume')::steering.amount ELSE agreement.volume END,
	price = CASE WHEN item.entry ? 'form' OR item.entry ? 'price' THEN (item.entry ->> 'price')::steering.amount ELSE agreement.price END,
	unused_percent = CASE WHEN item.entry ? 'form' OR item.entry ? 'unused_percent' THEN (item.entry ->> 'unused_percent')::numeric ELSE agreement.unused_percent END,
	key_id = CASE WHEN item.entry ? 'key' THEN steering.key_number(item.entry ->> 'key') WHEN item.entry ? 'form' THEN NULL ELSE agreement.key_id END
FROM steering.scenario_entry(scenario_terms.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
WHERE item.entry ->> 'change' = 'terms' AND agreement.service_id = service.service_id AND agreement.participant_id = participant.participant_id
	AND agreement.during && scenario_terms.during;
INSERT INTO steering.agreement (service_id, participant_id, during, form, base, volume, price, unused_percent, key_id)
SELECT service.service_id, participant.participant_id, daterange(coalesce((item.entry ->> 'on')::date, lower(scenario_terms.during)), upper(scenario_terms.during)),
	item.entry ->> 'form', (item.entry ->> 'base')::steering.amount, (item.entry ->> 'volume')::steering.amount, (item.entry ->> 'price')::steering.amount,
	(item.entry ->> 'unused_percent')::numeric, CASE WHEN item.entry ? 'key' THEN steering.key_number(item.entry ->> 'key') END
FROM steering.scenario_entry(scenario_terms.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
WHERE item.entry ->> 'change' = 'terms' AND item.entry ? 'form'
	AND NOT EXISTS (SELECT FROM steering.agreement WHERE agreement.service_id = service.service_id
		AND agreement.participant_id = participant.participant_id AND agreement.during && scenario_terms.during);
END;
REVOKE ALL ON FUNCTION steering.scenario_terms(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_terms(jsonb, daterange) IS
'of a scenario, to be taken back: agreements have other terms in all of their months, or are made. Errors: 22023 there is none, those of set_agreement() for terms that do not go together';

-- Whoever leaves, and whatever terms of a lead change, those who follow follow.
CREATE FUNCTION steering.scenario_follow(change jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(service.lead IS NOT NULL, '22023', format('nobody leads service "%s"', service.code)),
	steering.require_that(service.lead IS DISTINCT FROM item.entry ->> 'participant', '22023',
		format('participant "%s" leads service "%s", and cannot follow itself', item.entry ->> 'participant', service.code)),
	steering.require_that(standing.end_day IS NULL OR standing.end_day <= (item.entry ->> 'on')::date, '22023',
		format('participant "%s" takes part already: it has an agreement on service "%s"', item.entry ->> 'participant', service.code))
FROM steering.scenario_entry(scenario_follow.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
LEFT JOIN steering.participant ON participant.code = item.entry ->> 'participant'
LEFT JOIN (SELECT agreement.service_id, agreement.participant_id, max(upper(agreement.during)) AS end_day
	FROM steering.agreement
	GROUP BY agreement.service_id, agreement.participant_id) AS standing
	ON standing.service_id = service.service_id AND standing.participant_id = participant.participant_id
WHERE item.entry ->> 'change' = 'follow'
ORDER BY item.place;
INSERT INTO steering.follower (service_id, participant_id, during, volume, share)
SELECT service.service_id, participant.participant_id, daterange((item.entry ->> 'on')::date, NULL), (item.entry ->> 'volume')::steering.amount,
	(item.entry ->> 'share')::numeric
FROM steering.scenario_entry(scenario_follow.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
WHERE item.entry ->> 'change' = 'follow';
SELECT steering.follow_lead(led.service_id) FROM (SELECT DISTINCT follower.service_id FROM steering.follower) AS led;
END;
REVOKE ALL ON FUNCTION steering.scenario_follow(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_follow(jsonb) IS 'of a scenario, to be taken back: participants follow leads. Errors: 22023 nobody leads, one leads himself, or has an agreement, those of follow()';

CREATE FUNCTION steering.scenario_keys(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(service.service_id IN (SELECT rule.service_id FROM steering.allocation_rule AS rule WHERE rule.during && scenario_keys.during)
		OR service.service_id IN (SELECT agreement.service_id FROM steering.agreement WHERE agreement.key_id IS NOT NULL AND agreement.during && scenario_keys.during), '22023',
	format('the cost of service "%s" is divided by no key in the period', service.code))
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'key'
ORDER BY item.place;
UPDATE steering.allocation_rule SET key_id = steering.key_number(item.entry ->> 'key')
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'key' AND allocation_rule.service_id = service.service_id
	AND allocation_rule.during && scenario_keys.during;
UPDATE steering.agreement SET key_id = steering.key_number(item.entry ->> 'key')
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'key' AND agreement.service_id = service.service_id
	AND agreement.key_id IS NOT NULL AND agreement.during && scenario_keys.during;
UPDATE steering.allocation_weight SET weight = (item.entry ->> 'weight')::numeric
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
JOIN steering.allocation_key ON allocation_key.code = item.entry ->> 'key'
WHERE item.entry ->> 'change' = 'weight' AND allocation_weight.key_id = allocation_key.key_id
	AND allocation_weight.participant_id = participant.participant_id AND allocation_weight.during && scenario_keys.during;
INSERT INTO steering.allocation_weight (key_id, participant_id, during, weight)
SELECT allocation_key.key_id, participant.participant_id, scenario_keys.during * participant.during, (item.entry ->> 'weight')::numeric
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
JOIN steering.allocation_key ON allocation_key.code = item.entry ->> 'key'
WHERE item.entry ->> 'change' = 'weight'
	AND NOT EXISTS (SELECT FROM steering.allocation_weight AS standing WHERE standing.key_id = allocation_key.key_id
		AND standing.participant_id = participant.participant_id AND standing.during && scenario_keys.during);
END;
REVOKE ALL ON FUNCTION steering.scenario_keys(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_keys(jsonb, daterange) IS 'of a scenario, to be taken back: the cost of services is divided by other keys, or other weights. Error: 22023 it is divided by none';

CREATE FUNCTION steering.scenario_prepare(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_scenario(scenario_prepare.change, scenario_prepare.during);
SELECT steering.require_that(count(*) = 1, '22023', format('the cost of service "%s" would change twice', steering.service_code(scope.service_id)))
FROM steering.scenario_level_scope(scenario_prepare.change, scenario_prepare.during) AS scope
GROUP BY scope.service_id
ORDER BY steering.service_code(scope.service_id) COLLATE "C";
SELECT steering.require_that(EXISTS (SELECT FROM steering.scenario_level_booked(scenario_prepare.change, scenario_prepare.during) AS booked
		WHERE booked.place = scope.place AND booked.amount > 0) OR coalesce(scope.percent, scope.amount) = 0, '22023',
	format('nothing is booked on service "%s" from %s on', steering.service_code(scope.service_id), to_char(scope.day::timestamp, 'YYYY-MM-DD')),
	'Change "cost" says of whom there is cost.')
FROM steering.scenario_level_scope(scenario_prepare.change, scenario_prepare.during) AS scope
WHERE scope.service_id = scope.top_id
ORDER BY scope.place;
INSERT INTO steering.missing_table (source_id, relation, is_source, entry)
VALUES (0, 'a scenario', true, '{"stage": "actual"}');
END;
REVOKE ALL ON FUNCTION steering.scenario_prepare(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_prepare(jsonb, daterange) IS 'of a scenario, to be taken back: its source is there. Error: 22023 what is no change';

CREATE FUNCTION steering.scenario_apply(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.scenario_leave(scenario_apply.change);
SELECT steering.scenario_join(scenario_apply.change, scenario_apply.during);
SELECT steering.scenario_catalogue(scenario_apply.change, scenario_apply.during);
SELECT steering.scenario_terms(scenario_apply.change, scenario_apply.during);
SELECT steering.scenario_follow(scenario_apply.change);
SELECT steering.scenario_keys(scenario_apply.change, scenario_apply.during);
END;
REVOKE ALL ON FUNCTION steering.scenario_apply(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_apply(jsonb, daterange) IS 'of a scenario, to be taken back: changes the registers. Errors: 22023 what cannot be, and those of the registers';

-- What one gives up is told from what services cost then.
CREATE FUNCTION steering.scenario_gives_up(change jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM steering.scenario_entry(scenario_gives_up.change) AS item WHERE item.entry ->> 'change' IN ('leave', 'volume', 'end'));
END;
REVOKE ALL ON FUNCTION steering.scenario_gives_up(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_gives_up(jsonb) IS 'whether somebody leaves in a scenario, or takes less';

-- Of a group and its members, or a service and those below it: each volume is with all below, so that the inner one is a part of the outer.
CREATE FUNCTION steering.scenario_volume_item(change jsonb)
RETURNS TABLE (service_id integer, participant_id integer, service text, participant text, volume numeric, depth bigint, crosses text[])
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH item AS MATERIALIZED (
	SELECT service.service_id, participant.participant_id, service.code AS service, participant.code AS participant, (item.entry ->> 'volume')::numeric AS volume
	FROM steering.scenario_entry(scenario_volume_item.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	WHERE item.entry ->> 'change' = 'volume'
), pair AS (
	SELECT item.service_id, item.participant_id, count(*) FILTER (WHERE outer_service.depth IS NOT NULL AND outer_participant.depth IS NOT NULL) - 1 AS depth,
		min(ARRAY[other.participant, other.service]) FILTER (WHERE outer_service.depth > 0 AND inner_participant.depth > 0) AS crosses
	FROM item
	CROSS JOIN item AS other
	LEFT JOIN steering.service_below AS outer_service ON outer_service.top_id = other.service_id AND outer_service.service_id = item.service_id
	LEFT JOIN steering.participant_below AS outer_participant ON outer_participant.top_id = other.participant_id
		AND outer_participant.participant_id = item.participant_id
	LEFT JOIN steering.participant_below AS inner_participant ON inner_participant.top_id = item.participant_id
		AND inner_participant.participant_id = other.participant_id
	GROUP BY item.service_id, item.participant_id
)
SELECT item.service_id, item.participant_id, item.service, item.participant, item.volume, pair.depth, pair.crosses
FROM item
JOIN pair ON pair.service_id = item.service_id AND pair.participant_id = item.participant_id;
END;
REVOKE ALL ON FUNCTION steering.scenario_volume_item(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_volume_item(jsonb) IS
'the volumes that a scenario asks for, with how many others each is within; crosses: participant and service of one that it is within by service alone, while that is within it by participant; null: none';

-- As booked, with what services cost then.
CREATE FUNCTION steering.scenario_volume(change jsonb, during daterange)
RETURNS TABLE (service_id integer, participant_id integer, volume numeric, booked_amount numeric, booked_volume numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH item AS MATERIALIZED (
	SELECT item.* FROM steering.scenario_volume_item(scenario_volume.change) AS item
), own AS MATERIALIZED (
	SELECT item.service_id, item.participant_id, item.depth, item.volume - coalesce((
			SELECT sum(inner_item.volume)
			FROM item AS inner_item
			JOIN steering.service_below AS below ON below.top_id = item.service_id AND below.service_id = inner_item.service_id
			JOIN steering.participant_below AS member ON member.top_id = item.participant_id AND member.participant_id = inner_item.participant_id
			WHERE inner_item.depth = item.depth + 1), 0) AS volume,
		steering.require_that(item.crosses IS NULL, '22023', format('change "volume" of participant "%s" and service "%s" is partly that of participant "%s" and service "%s"', item.participant,
			item.service, item.crosses[1], item.crosses[2]), 'One of the two must be within the other.') AS nothing
	FROM item
), checked AS MATERIALIZED (
	SELECT own.service_id, own.participant_id, own.depth, own.volume,
		steering.require_that(own.volume >= 0, '22023', format('change "volume" of participant "%s" and service "%s" is less than those within it together',
			steering.participant_code(own.participant_id), steering.service_code(own.service_id))) AS nothing
	FROM own
	WHERE own.nothing IS NULL OR true
), used AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, sum(usage_now.amount::numeric) AS amount, sum(usage_now.volume::numeric) AS volume
	FROM steering.usage_now
	JOIN steering.source_stage ON source_stage.source_id = usage_now.source_id AND source_stage.stage = 'actual'
	WHERE usage_now.month >= lower(scenario_volume.during) AND usage_now.month < upper(scenario_volume.during) AND usage_now.source_id <> 0
		AND EXISTS (SELECT FROM item)
	GROUP BY usage_now.service_id, usage_now.participant_id
	UNION ALL
	SELECT usage_cell.service_id, usage_cell.participant_id, usage_cell.amount::numeric, 0
	FROM steering.usage_cell
	WHERE usage_cell.source_id = 0 AND usage_cell.stripe = 2
), nearest AS (
	SELECT checked.service_id, checked.participant_id, used.amount, used.volume, checked.depth,
		max(checked.depth) OVER (PARTITION BY used.service_id, used.participant_id) AS deepest
	FROM checked
	JOIN steering.service_below AS below ON below.top_id = checked.service_id
	JOIN steering.participant_below AS member ON member.top_id = checked.participant_id
	JOIN used ON used.service_id = below.service_id AND used.participant_id = member.participant_id
), booked AS MATERIALIZED (
	SELECT nearest.service_id, nearest.participant_id, sum(nearest.amount) AS amount, sum(nearest.volume) AS volume
	FROM nearest
	WHERE nearest.depth = nearest.deepest
	GROUP BY nearest.service_id, nearest.participant_id
)
SELECT checked.service_id, checked.participant_id, checked.volume, booked.amount, booked.volume
FROM checked
LEFT JOIN booked ON booked.service_id = checked.service_id AND booked.participant_id = checked.participant_id
WHERE checked.nothing IS NULL OR true;
END;
REVOKE ALL ON FUNCTION steering.scenario_volume(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_volume(jsonb, daterange) IS
'the volumes that participants have of services in a scenario, with all below both but what others of the scenario are of, and what is booked of the same. Error: 22023 two that cross, or one that is less than those within it';

-- What a leaver has booked stays as cost, and is the group's; its volume goes.
CREATE FUNCTION steering.scenario_usage(change jsonb, during daterange)
RETURNS TABLE (service_id integer, participant_id integer, month date, amount numeric, volume numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH used AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, usage_now.month, sum(usage_now.amount::numeric) AS amount, sum(usage_now.volume::numeric) AS volume
	FROM steering.usage_now
	JOIN steering.source_stage ON source_stage.source_id = usage_now.source_id AND source_stage.stage = 'actual'
	WHERE usage_now.month >= lower(scenario_usage.during) AND usage_now.month < upper(scenario_usage.during)
	GROUP BY usage_now.service_id, usage_now.participant_id, usage_now.month
), leaver AS MATERIALIZED (
	SELECT leaver.participant_id, leaver.day, coalesce(leaver.group_id, leaver.participant_id) AS group_id
	FROM steering.scenario_leaver(scenario_usage.change) AS leaver
), moved AS (
	SELECT used.service_id, used.participant_id, used.month, - used.amount AS amount, - used.volume AS volume
	FROM leaver JOIN used ON used.participant_id = leaver.participant_id AND used.month >= leaver.day
	UNION ALL
	SELECT used.service_id, leaver.group_id, used.month, used.amount, 0
	FROM leaver JOIN used ON used.participant_id = leaver.participant_id AND used.month >= leaver.day
	UNION ALL
	SELECT used.service_id, used.participant_id, used.month, 0, - used.volume
	FROM steering.scenario_entry(scenario_usage.change) AS item
	JOIN steering.service AS top ON top.code = item.entry ->> 'service'
	JOIN steering.service_below AS below ON below.top_id = top.service_id
	JOIN used ON used.service_id = below.service_id AND used.month >= (item.entry ->> 'on')::date
	WHERE item.entry ->> 'change' = 'end' AND used.participant_id NOT IN (SELECT leaver.participant_id FROM leaver)
	UNION ALL
	SELECT service.service_id, participant.participant_id, (upper(scenario_usage.during) - interval '1 month')::date, (item.entry ->> 'amount')::numeric, 0
	FROM steering.scenario_entry(scenario_usage.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	WHERE item.entry ->> 'change' = 'cost'
	UNION ALL
	SELECT asked.service_id, asked.participant_id, (upper(scenario_usage.during) - interval '1 month')::date, 0, asked.volume - coalesce(asked.booked_volume, 0)
	FROM steering.scenario_volume(scenario_usage.change, scenario_usage.during) AS asked
)
SELECT moved.service_id, moved.participant_id, moved.month, sum(moved.amount), sum(moved.volume)
FROM moved
GROUP BY moved.service_id, moved.participant_id, moved.month
HAVING sum(moved.amount) <> 0 OR sum(moved.volume) <> 0;
END;
REVOKE ALL ON FUNCTION steering.scenario_usage(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_usage(jsonb, daterange) IS 'what a scenario adds to what was booked';

-- What falls away by and by is told by the behaviour of the cost, and of nothing that has none. Of what is shared that is what the leaver paid
-- of it, of all else what was booked.
CREATE FUNCTION steering.scenario_lost(change jsonb, during daterange, before steering.scenario_figure[], tried steering.scenario_figure[])
RETURNS TABLE (service_id integer, participant_id integer, day date, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH sharer AS MATERIALIZED (
	SELECT agreement.service_id, min(agreement.participant_id) AS participant_id
	FROM steering.agreement
	WHERE agreement.key_id IS NOT NULL AND agreement.during && scenario_lost.during
	GROUP BY agreement.service_id
), ruled AS MATERIALIZED (
	SELECT DISTINCT rule.service_id FROM steering.allocation_rule AS rule WHERE rule.during && scenario_lost.during
), leaver AS MATERIALIZED (
	SELECT leaver.participant_id, leaver.code, leaver.day, coalesce(leaver.group_id, leaver.participant_id) AS group_id
	FROM steering.scenario_leaver(scenario_lost.change) AS leaver
), fallen AS MATERIALIZED (
	SELECT listed.kind, service.service_id, leaver.group_id, leaver.day, sum(listed.amount) AS amount
	FROM (SELECT was.kind, was.participant, was.service, was.amount FROM unnest(scenario_lost.before) AS was
		UNION ALL SELECT becomes.kind, becomes.participant, becomes.service, - becomes.amount FROM unnest(scenario_lost.tried) AS becomes) AS listed
	JOIN leaver ON leaver.code = listed.participant
	JOIN steering.service ON service.code = listed.service
	GROUP BY listed.kind, service.service_id, leaver.group_id, leaver.day
	HAVING sum(listed.amount) > 0
), used AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, usage_now.month, usage_now.amount::numeric AS amount, usage_now.volume::numeric AS volume
	FROM steering.usage_now
	JOIN steering.source_stage ON source_stage.source_id = usage_now.source_id AND source_stage.stage = 'actual'
	WHERE usage_now.month >= lower(scenario_lost.during) AND usage_now.month < upper(scenario_lost.during) AND usage_now.source_id <> 0
	UNION ALL
	SELECT usage_cell.service_id, usage_cell.participant_id, usage_cell.month, usage_cell.amount::numeric, 0
	FROM steering.usage_cell
	WHERE usage_cell.source_id = 0 AND usage_cell.stripe = 2
), ended AS (
	SELECT below.service_id, min((item.entry ->> 'on')::date) AS day
	FROM steering.scenario_entry(scenario_lost.change) AS item
	JOIN steering.service AS top ON top.code = item.entry ->> 'service'
	JOIN steering.service_below AS below ON below.top_id = top.service_id
	WHERE item.entry ->> 'change' = 'end'
	GROUP BY below.service_id
)
SELECT fallen.service_id, sharer.participant_id, fallen.day, fallen.amount
FROM fallen JOIN sharer ON sharer.service_id = fallen.service_id
WHERE fallen.kind = 'owed'
UNION ALL
SELECT fallen.service_id, fallen.group_id, fallen.day, fallen.amount
FROM fallen JOIN ruled ON ruled.service_id = fallen.service_id
WHERE fallen.kind = 'allocated' AND fallen.service_id NOT IN (SELECT sharer.service_id FROM sharer)
UNION ALL
SELECT used.service_id, leaver.group_id, leaver.day, sum(used.amount)
FROM leaver
JOIN used ON used.participant_id = leaver.participant_id AND used.month >= leaver.day
WHERE used.service_id NOT IN (SELECT below.service_id FROM steering.service_below AS below
		WHERE below.top_id IN (SELECT sharer.service_id FROM sharer UNION ALL SELECT ruled.service_id FROM ruled))
	AND used.service_id NOT IN (SELECT ended.service_id FROM ended)
GROUP BY used.service_id, leaver.group_id, leaver.day
UNION ALL
SELECT used.service_id, used.participant_id, ended.day, sum(used.amount)
FROM ended JOIN used ON used.service_id = ended.service_id AND used.month >= ended.day
GROUP BY used.service_id, used.participant_id, ended.day
UNION ALL
SELECT asked.service_id, asked.participant_id, lower(scenario_lost.during),
	asked.booked_amount * (asked.booked_volume - asked.volume) / asked.booked_volume
FROM steering.scenario_volume(scenario_lost.change, scenario_lost.during) AS asked
WHERE asked.booked_volume > 0;
END;
REVOKE ALL ON FUNCTION steering.scenario_lost(jsonb, daterange, steering.scenario_figure[], steering.scenario_figure[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_lost(jsonb, daterange, steering.scenario_figure[], steering.scenario_figure[]) IS
'of a scenario, the cost that nobody needs any more from a day on, as if all of it could be avoided; negative: more is needed. tried: who bears what while no cost falls';

CREATE FUNCTION steering.scenario_avoided(change jsonb, during daterange, before steering.scenario_figure[], tried steering.scenario_figure[])
RETURNS TABLE (service_id integer, participant_id integer, month date, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT part.service_id, part.participant_id, (upper(scenario_avoided.during) - interval '1 month')::date, round(- sum(part.avoided), 2)
FROM (
	SELECT lost.service_id, lost.participant_id,
		CASE WHEN lost.amount < 0 THEN lost.amount * (1 - behaviour.fixed_share)
			WHEN behaviour.avoidable_after = 0 THEN lost.amount
			ELSE lost.amount - steering.exact_part(lost.amount * behaviour.fixed_share,
				steering.held_months(behaviour.avoidable_after, months.count, 'monthly'), months.count * behaviour.avoidable_after) END AS avoided
	FROM steering.scenario_lost(scenario_avoided.change, scenario_avoided.during, scenario_avoided.before, scenario_avoided.tried) AS lost
	CROSS JOIN LATERAL (SELECT steering.count_months(daterange(lost.day, upper(scenario_avoided.during))) AS count) AS months
	CROSS JOIN LATERAL steering.cost_behaviour_on(steering.service_code(lost.service_id), lost.day) AS behaviour
	WHERE behaviour.said_of IS NOT NULL
) AS part
GROUP BY part.service_id, part.participant_id
HAVING round(sum(part.avoided), 2) <> 0;
END;
REVOKE ALL ON FUNCTION steering.scenario_avoided(jsonb, daterange, steering.scenario_figure[], steering.scenario_figure[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_avoided(jsonb, daterange, steering.scenario_figure[], steering.scenario_figure[]) IS
'by how much cost falls in a scenario, in cents, as bookings: what is lost less what of it is stranded, by how the cost of the service behaves, absorbed in equal parts each month; nothing of services of which that was not said';

CREATE FUNCTION steering.scenario_difference(change jsonb, before steering.scenario_figure[], levelled steering.scenario_figure[], after steering.scenario_figure[])
RETURNS TABLE (kind text, participant text, service text, before numeric, after numeric, difference numeric, stranded numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH figure AS MATERIALIZED (
	SELECT listed.kind, listed.participant, listed.service,
		CASE WHEN bool_and(listed.amount IS NOT NULL) FILTER (WHERE listed.state = 1) IS NOT FALSE
			THEN round(coalesce(sum(listed.amount) FILTER (WHERE listed.state = 1), 0), 4) END AS before,
		CASE WHEN bool_and(listed.amount IS NOT NULL) FILTER (WHERE listed.state = 2) IS NOT FALSE
			THEN round(coalesce(sum(listed.amount) FILTER (WHERE listed.state = 2), 0), 4) END AS levelled,
		CASE WHEN bool_and(listed.amount IS NOT NULL) FILTER (WHERE listed.state = 3) IS NOT FALSE
			THEN round(coalesce(sum(listed.amount) FILTER (WHERE listed.state = 3), 0), 4) END AS after
	FROM (SELECT was.kind, was.participant, was.service, was.amount, 1 AS state FROM unnest(scenario_difference.before) AS was
		UNION ALL SELECT costs.kind, costs.participant, costs.service, costs.amount, 2 FROM unnest(scenario_difference.levelled) AS costs
		UNION ALL SELECT becomes.kind, becomes.participant, becomes.service, becomes.amount, 3 FROM unnest(scenario_difference.after) AS becomes) AS listed
	GROUP BY listed.kind, listed.participant, listed.service
), entry AS MATERIALIZED (
	SELECT item.entry ->> 'change' AS change, item.entry ->> 'participant' AS participant, item.entry ->> 'service' AS service, item.entry ->> 'amount' AS amount
	FROM steering.scenario_entry(scenario_difference.change) AS item
), added AS MATERIALIZED (
	SELECT DISTINCT ON (scope.kind, cell.service_id) scope.kind, scope.service, cell.amount
	FROM (SELECT service.service_id, sum(entry.amount::numeric) AS amount
		FROM entry JOIN steering.service ON service.code = entry.service
		WHERE entry.change = 'cost'
		GROUP BY service.service_id) AS cell
	JOIN steering.service_below AS below ON below.service_id = cell.service_id
	JOIN steering.service AS top ON top.service_id = below.top_id
	JOIN (SELECT DISTINCT figure.kind, figure.service FROM figure) AS scope ON scope.service = top.code
	ORDER BY scope.kind, cell.service_id, below.depth
), marked AS MATERIALIZED (
	SELECT figure.*, figure.after - figure.before AS difference,
		figure.after - CASE WHEN cardinality(scenario_difference.levelled) = 0 THEN figure.before ELSE figure.levelled END AS moved,
		figure.participant IN (SELECT leaver.code FROM steering.scenario_leaver(scenario_difference.change) AS leaver)
			OR figure.participant IS NOT NULL AND figure.service IN (SELECT entry.service FROM entry WHERE entry.change = 'end')
			OR (figure.participant, figure.service) IN (SELECT entry.participant, entry.service FROM entry WHERE entry.change = 'volume') AS gives_up
	FROM figure
), lost AS MATERIALIZED (
	SELECT marked.kind, marked.service,
		coalesce(- sum(marked.moved) FILTER (WHERE marked.gives_up AND marked.moved < 0), 0)
			- greatest(- sum(marked.moved) + coalesce((SELECT sum(added.amount) FROM added WHERE added.kind = marked.kind AND added.service = marked.service), 0), 0) AS amount,
		sum(marked.moved) FILTER (WHERE marked.moved > 0) AS rise
	FROM marked
	GROUP BY marked.kind, marked.service
)
SELECT marked.kind, marked.participant, marked.service, marked.before, marked.after, marked.difference,
	steering.allocated(greatest(least(lost.amount, lost.rise), 0), greatest(marked.moved, 0), 0.0001, 'unallocated') OVER (
		PARTITION BY marked.kind, marked.service ORDER BY marked.participant COLLATE "C" NULLS LAST)
FROM marked
JOIN lost ON lost.kind = marked.kind AND lost.service = marked.service
WHERE marked.difference IS NOT NULL AND marked.moved IS NOT NULL AND (marked.before <> 0 OR marked.after <> 0)
UNION ALL
SELECT marked.kind, marked.participant, marked.service, marked.before, marked.after, marked.difference, NULL
FROM marked
WHERE marked.difference IS NULL OR marked.moved IS NULL
ORDER BY 1, 3, 2 NULLS LAST;
END;
REVOKE ALL ON FUNCTION steering.scenario_difference(jsonb, steering.scenario_figure[], steering.scenario_figure[], steering.scenario_figure[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_difference(jsonb, steering.scenario_figure[], steering.scenario_figure[], steering.scenario_figure[]) IS
'what scenario() gives. levelled: before, with the cost that services have then (empty: as before). Stranded, from that: what those who leave, or take less, no longer bear of a service and its cost does not fall by, as far as others bear more of it, in proportion to that';

CREATE FUNCTION steering.scenario(change jsonb, period text)
RETURNS TABLE (kind text, participant text, service text, before numeric, after numeric, difference numeric, stranded numeric)
AS 'MODULE_PATHNAME', 'steering_scenario'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.scenario(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario(jsonb, text) IS
'what a period would cost whom if something changed, and changes nothing. change: one or a list of {"change": "leave", "participant": code, "on": day}; {"change": "join", "participant", "on", and if wanted "name", "parent", "inhabitants", "like": whose keys and prices it takes, "services": only these}; {"change": "follow", "participant", "service", "on", and "volume" or "share"}; {"change": "terms", "participant", "service", and "form", "base", "volume", "price", "key", "unused_percent", and of a new one "on"}; {"change": "volume", "participant", "service", "volume"}: that is its actual volume, with all below both; {"change": "weight", "participant", "key", "weight"}; {"change": "key", "service", "key"}; {"change": "cost", "participant", "service", "amount"}: so much more is booked; {"change": "end", "service", "on"}; {"change": "begin", "service", "on", and if wanted "name", "parent", "kind", "key": a rule divides its cost, or with "participants" these share it by agreement}; {"change": "level", "service", and "percent": its cost with all below it is that much more, or "amount": it becomes this, "per" year or period (what is left of it), and "on"}; {"change": "move", "service", "parent"}; {"change": "lead", "service", "participant"}: it is a development service that this one leads. Days are the first of a month of the period.
A row per participant and service: kind owed, by agreements, as settle() computes it for a period of which nothing was billed, without advances and shares of the result; or allocated, by rules, as allocate_costs() does with its usual method. participant null: nobody bears it, so it is the supplier''s (negative: a gain). The rows of a service add up to its cost, before and after. stranded: the part of a rise that others no longer bear while the cost stays. It falls by what can be avoided in the period, by set_cost_behaviour(); of a service that has none all of it stays. Null: a weight is not known. Bookings go on meanwhile; who would change registers, agreements or keys waits. It shows all participants. Errors: 22004 null, those of period_range(), 22023 what is no change or cannot be, 25006 on a standby, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';
