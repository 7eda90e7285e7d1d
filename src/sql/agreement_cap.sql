-- The caps that follow from agreements.
--
-- A cap limits all that is booked below its service and participant, also what nearer agreements cover.
-- So the cap of an agreement is the sum over it and all agreements within its scope. Where one of these
-- sets no limit, or one that reaches beyond the scope covers a part of it, no cap follows.

CREATE FUNCTION steering.planned_cap(period text)
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
	coalesce(steering.metric_part(planned.metric, spent.budget, spent.volume), 0),
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
REVOKE ALL ON FUNCTION steering.planned_cap(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.planned_cap(text) IS
'what caps_from_agreements() would do: for each agreement with months in the period the budget cap, and where it has a volume the volume cap, of its service and participant for those months. The amount is the exact share of the money that was agreed beforehand (lump_sum, base_plus: base; price_volume: price times volume; key_share: the estimate) or of the contracted volume, with that of all agreements below its service and participant. The ladder of a new cap blocks at 100% if all of these are lump_sum or price_volume, else it warns, since more is agreed at a price (base_plus) or only estimated (key_share); a cap that is there keeps its own. used: what is booked below service and participant in those months, actual and committed; where that is above what the ladder allows, set_cap() refuses the amount unless the overrun is accepted. action: create, revise, keep (amount and ladder are so already), none (the obstacle says why). It shows all participants: for who sets caps. Errors: those of period_range(), 22003 a sum does not fit';

-- With the rights of the caller, who needs those on set_cap() and planned_cap() too. New caps come
-- first: they exclude bookings, and revisions lock what these want.
CREATE FUNCTION steering.caps_from_agreements(period text, ladder text DEFAULT NULL, reason text DEFAULT NULL,
	accept_overrun boolean DEFAULT false)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, during daterange, amount numeric, action text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH planned AS MATERIALIZED (
	SELECT planned_cap.*
	FROM steering.planned_cap(caps_from_agreements.period)
	WHERE planned_cap.action <> 'none'
	ORDER BY planned_cap.action <> 'create', planned_cap.service, planned_cap.participant, planned_cap.during, planned_cap.metric
)
SELECT steering.set_cap(planned.service, planned.participant, planned.metric, planned.during, planned.amount,
		coalesce(caps_from_agreements.ladder, planned.ladder), caps_from_agreements.reason,
		caps_from_agreements.accept_overrun),
	planned.service, planned.participant, planned.metric, planned.during, planned.amount, planned.action
FROM planned;
END;
REVOKE ALL ON FUNCTION steering.caps_from_agreements(text, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.caps_from_agreements(text, text, text, boolean) IS
'sets the caps that planned_cap() lists for a period, with set_cap(): all or none. A ladder is for all of them; without one new caps get that of the list, and others keep theirs. Who calls it needs the right to execute set_cap() and planned_cap(). Errors: those of planned_cap() and set_cap()';
