-- What 0.5.0 changes in the objects of 0.4.0. Its new topics follow in the upgrade script.

-- What a statement writes that ends before all its rows are returned, is counted. First of all, since it waits for
-- transactions that book.
CREATE FUNCTION steering.watch() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_watch'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.watch() FROM PUBLIC;
COMMENT ON FUNCTION steering.watch() IS
'trigger of attached tables, before a statement: has the library loaded, so that what a statement writes is counted even where whoever runs it stops before all its rows are returned';
CREATE FUNCTION steering.watch_sources() RETURNS void
	AS 'MODULE_PATHNAME', 'steering_watch_sources' LANGUAGE C VOLATILE PARALLEL UNSAFE;
SELECT steering.watch_sources();
DROP FUNCTION steering.watch_sources();

-- By what the triggers do: one with another name, which could be given until 0.3.0, counts all the same.
CREATE OR REPLACE VIEW steering.trigger_problem AS
SELECT source_tree.relation::text AS subject,
    CASE WHEN other.oid IS NOT NULL THEN 'trigger replaced'
         WHEN pg_trigger.oid IS NULL THEN 'trigger missing'
         WHEN pg_trigger.tgenabled = 'D' THEN 'trigger disabled'
         ELSE 'trigger fires for replication only' END AS problem,
    format('%s on this table is not counted, for want of trigger %I.', wanted.event, coalesce(pg_trigger.tgname::text COLLATE "default", wanted.name)) AS detail,
    CASE WHEN other.oid IS NOT NULL
         THEN format('DROP TRIGGER %I ON %s, which calls %s; then SELECT steering.reattach(%L)', wanted.name,
                     source_tree.relation, other.tgfoid::regproc, source.relation)
         WHEN pg_trigger.oid IS NULL
         THEN format('SELECT steering.reattach(%L)', source.relation)
         ELSE format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT steering.repair()', source_tree.relation, pg_trigger.tgname::text COLLATE "default")
    END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_insert', 'steering.book'::regproc, 4), ('UPDATE', 'sp71_steering_update', 'steering.book', 16),
                   ('DELETE', 'sp71_steering_delete', 'steering.book', 8), ('TRUNCATE', 'sp71_steering_truncate', 'steering.book', 32),
                   ('INSERT, UPDATE or DELETE that ends before all its rows are returned', 'sp71_steering_watch', 'steering.watch', 4)
    ) AS wanted (event, name, function, bit)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source_tree.relation
    AND pg_trigger.tgfoid = wanted.function AND pg_trigger.tgtype & wanted.bit <> 0
LEFT JOIN pg_catalog.pg_trigger AS other ON other.tgrelid = source_tree.relation AND other.tgname = wanted.name
    AND other.tgfoid <> wanted.function AND pg_trigger.oid IS NULL
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book() and steering.watch()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid IN ('steering.book'::regproc, 'steering.watch'::regproc)
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);

-- What a metric counts is asked in one place.
CREATE OR REPLACE FUNCTION steering.cap_tally(caps integer[]) RETURNS TABLE (cap_id integer, used steering.amount, estimated boolean)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric,
		lower(cap.during) AS first_day, upper(cap.during) AS end_day,
		steering.month_of(lower(cap.during)) AS first_month,
		steering.month_of(steering.month_of(lower(cap.during) - 1) + 31) AS whole_from,
		steering.month_of(upper(cap.during)) AS whole_to
	FROM steering.cap
	WHERE cap.cap_id = ANY (caps)
), service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	WHERE service.service_id IN (SELECT wanted.service_id FROM wanted)
	UNION
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	WHERE participant.participant_id IN (SELECT wanted.participant_id FROM wanted)
	UNION
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
), cell_usage AS MATERIALIZED (
	SELECT wanted.cap_id,
		steering.sum(steering.metric_part(wanted.metric, usage_cell.amount, usage_cell.volume))
			FILTER (WHERE month >= whole_from AND month < whole_to) AS used,
		array_agg(usage_cell.source_id) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_sources,
		min(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_from,
		max(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_to
	FROM steering.usage_cell
	JOIN service_below ON service_below.service_id = usage_cell.service_id
	JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND month >= first_month AND month < end_day
	GROUP BY wanted.cap_id
), partly AS (
	SELECT source.id AS source_id, min(cell_usage.partly_from) AS first_day, max(cell_usage.partly_to) + 31 AS end_day
	FROM cell_usage CROSS JOIN LATERAL unnest(cell_usage.partly_sources) AS source (id)
	GROUP BY source.id
), row_read AS MATERIALIZED (
	SELECT booked.source_id, booked.service_id, booked.participant_id, booked.booked_on, booked.amount, booked.volume,
		booked.unreadable
	FROM partly CROSS JOIN LATERAL steering.booking_read(partly.first_day, partly.end_day, partly.source_id) AS booked
), row_usage AS (
	SELECT wanted.cap_id, steering.sum(steering.metric_part(wanted.metric, booked.amount, booked.volume)) AS used
	FROM row_read AS booked
	JOIN service_below ON service_below.service_id = booked.service_id
	JOIN participant_below ON participant_below.participant_id = booked.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND booked.booked_on >= wanted.first_day AND booked.booked_on < wanted.end_day
		AND NOT (booked.booked_on >= whole_from AND booked.booked_on < whole_to)
	GROUP BY wanted.cap_id
), month_usage AS (
	SELECT month.cap_id, steering.sum(greatest(month.used, 0::steering.amount)) AS used
	FROM (SELECT row_read.source_id FROM row_read WHERE row_read.unreadable
		  UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source) AS unread
	CROSS JOIN LATERAL (
		SELECT wanted.cap_id, steering.sum(steering.metric_part(wanted.metric, usage_cell.amount, usage_cell.volume)) AS used
		FROM steering.usage_cell
		JOIN service_below ON service_below.service_id = usage_cell.service_id
		JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
		JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
			AND month >= first_month AND month < end_day AND NOT (month >= whole_from AND month < whole_to)
		WHERE usage_cell.source_id = unread.source_id
		GROUP BY wanted.cap_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month
	) AS month
	GROUP BY month.cap_id
)
SELECT wanted.cap_id,
	coalesce(cell_usage.used, 0::steering.amount) OPERATOR(steering.+) coalesce(row_usage.used, 0::steering.amount)
		OPERATOR(steering.+) coalesce(month_usage.used, 0::steering.amount),
	month_usage.cap_id IS NOT NULL
FROM wanted
LEFT JOIN cell_usage ON cell_usage.cap_id = wanted.cap_id
LEFT JOIN row_usage ON row_usage.cap_id = wanted.cap_id
LEFT JOIN month_usage ON month_usage.cap_id = wanted.cap_id;
END;

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
		coalesce(sum(steering.metric_part(cap.metric, charged.amount, charged.volume)), 0) AS used,
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

CREATE OR REPLACE FUNCTION steering.cap_part(caps integer[])
RETURNS TABLE (cap_id integer, stored steering.amount, used steering.amount, commitments steering.amount, counted steering.amount)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric,
		steering.month_of(lower(cap.during)) AS first_month, upper(cap.during) AS end_day,
		steering.month_of(steering.month_of(lower(cap.during) - 1) + 31) AS whole_from,
		steering.month_of(upper(cap.during)) AS whole_to
	FROM steering.cap
	WHERE cap.cap_id = ANY (caps)
), service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	WHERE service.service_id IN (SELECT wanted.service_id FROM wanted)
	UNION
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	WHERE participant.participant_id IN (SELECT wanted.participant_id FROM wanted)
	UNION
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
), cell AS (
	SELECT wanted.cap_id, usage_now.amount::numeric AS amount, usage_now.volume::numeric AS volume,
		source.stage = 'commitment' AS is_commitment,
		usage_now.bookings <> 0 AND NOT (usage_now.month >= wanted.whole_from AND usage_now.month < wanted.whole_to) AS is_partly
	FROM wanted
	JOIN service_below ON service_below.top = wanted.service_id
	JOIN participant_below ON participant_below.top = wanted.participant_id
	JOIN steering.usage_now ON usage_now.service_id = service_below.service_id
		AND usage_now.participant_id = participant_below.participant_id
		AND usage_now.month >= wanted.first_month AND usage_now.month < wanted.end_day
	LEFT JOIN steering.source_stage AS source ON source.source_id = usage_now.source_id
), cap_cells AS (
	SELECT cell.cap_id, sum(cell.amount) AS amount, sum(cell.volume) AS volume, bool_or(cell.is_partly) AS is_partly,
		sum(cell.amount) FILTER (WHERE cell.is_commitment) AS committed_amount,
		sum(cell.volume) FILTER (WHERE cell.is_commitment) AS committed_volume,
		bool_or(cell.is_partly) FILTER (WHERE cell.is_commitment) AS is_committed_partly
	FROM cell
	GROUP BY cell.cap_id
), summed AS (
	SELECT wanted.cap_id, cap_cells.is_partly, cap_cells.is_committed_partly,
		coalesce(steering.metric_part(wanted.metric, cap_cells.amount, cap_cells.volume), 0) AS counted,
		coalesce(steering.metric_part(wanted.metric, cap_cells.committed_amount, cap_cells.committed_volume), 0) AS commitments
	FROM wanted
	LEFT JOIN cap_cells ON cap_cells.cap_id = wanted.cap_id
), written AS (
	SELECT cap_counter.cap_id, steering.sum(cap_counter.used) AS used
	FROM steering.cap_counter
	WHERE cap_counter.cap_id = ANY (caps)
	GROUP BY cap_counter.cap_id
)
-- A sum that fits no amount is as good as not known.
SELECT summed.cap_id, written.used, cap_usage.used,
	CASE WHEN summed.is_committed_partly IS NOT TRUE AND abs(summed.commitments) < 922337203685477
		THEN summed.commitments::steering.amount END,
	CASE WHEN summed.is_partly IS NOT TRUE AND abs(summed.counted) < 922337203685477
		THEN summed.counted::steering.amount END
FROM summed
JOIN written ON written.cap_id = summed.cap_id
JOIN steering.cap_usage ON cap_usage.cap_id = summed.cap_id AND cap_usage.cap_id = ANY (caps);
END;

ALTER TABLE steering.decision_log ADD COLUMN details text;
COMMENT ON COLUMN steering.decision_log.details IS 'what else the decision says, and what it asks, as JSON; null: written by recipe 1';

CREATE OR REPLACE FUNCTION steering.log_hash(line steering.decision_log) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN (log_hash.line).recipe IN (1, 2) THEN steering.chain_hash((log_hash.line).previous, ARRAY[(log_hash.line).position::text,
	(log_hash.line).act, (log_hash.line).arguments, (log_hash.line).recipe::text, (log_hash.line).decision_id::text,
	steering.utc_text((log_hash.line).executed_at), (log_hash.line).service, (log_hash.line).participant, (log_hash.line).amount::text,
	(log_hash.line).reason, (log_hash.line).document, (log_hash.line).method, (log_hash.line).in_mandate::text,
	(log_hash.line).proposed_by, (log_hash.line).executed_by, (log_hash.line).signatures, (log_hash.line).outcome]
	|| CASE (log_hash.line).recipe WHEN 2 THEN ARRAY[(log_hash.line).details] END) END;
END;
COMMENT ON FUNCTION steering.log_hash(steering.decision_log) IS
'hash of a row of the log. Recipe 1: chain_hash() of the hash before and of position, act, arguments, recipe, decision_id, executed_at (UTC, with microseconds), service, participant, amount, reason, document, method, in_mandate, proposed_by, executed_by, signatures, outcome, as texts; recipe 2: and of details; null: the recipe is unknown';

-- Recipe 1 knew nothing of what is in details.
CREATE FUNCTION steering.log_line(decision integer, recipe integer) RETURNS SETOF steering.decision_log
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT NULL::bigint, log_line.recipe, entry.decision_id, entry.executed_at, entry.act, entry.service, entry.participant, entry.amount,
	entry.arguments::text, entry.reason, entry.document, entry.method, entry.in_mandate, entry.proposed_by, entry.executed_by,
	coalesce((SELECT jsonb_agg(jsonb_build_object('functionary', signed.functionary, 'signed_for', signed.signed_for,
			'choice', signed.choice, 'participant', signed.participant, 'round', signed.round, 'at', steering.utc_text(signed.at),
			'remark', signed.remark, 'fingerprint', encode(signed.fingerprint, 'hex')) ORDER BY signed.at, signed.functionary)
		FROM steering.signature_record AS signed WHERE signed.decision_id = entry.decision_id), '[]')::text,
	entry.outcome, NULL::bytea, NULL::bytea,
	CASE WHEN log_line.recipe > 1 THEN jsonb_build_object('rule', entry.rule_id, 'body', entry.body, 'round', entry.round,
		'hear_through', entry.hear_through, 'proposed_at', steering.utc_text(entry.proposed_at),
		'decided_at', steering.utc_text(entry.decided_at), 'executed_on', entry.executed_on,
		'questions', coalesce((SELECT jsonb_agg(to_jsonb(asked) - 'decision_id' ORDER BY asked.position)
			FROM steering.decision_question AS asked WHERE asked.decision_id = entry.decision_id), '[]'))::text END
FROM steering.decision_record AS entry
WHERE entry.decision_id = log_line.decision AND entry.state = 'executed';
END;
REVOKE ALL ON FUNCTION steering.log_line(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.log_line(integer, integer) IS
'what the log has to say, by a recipe, of a decision that took effect, as its tables have it now; without its place in the chain';

CREATE FUNCTION steering.next_log_line(decision integer) RETURNS SETOF steering.decision_log
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH head AS (
	SELECT log.position, log.hash FROM steering.decision_log AS log ORDER BY log.position DESC LIMIT 1
), line AS (
	SELECT coalesce(head.position, 0) + 1 AS position, said.recipe, said.decision_id, said.executed_at, said.act, said.service,
		said.participant, said.amount, said.arguments, said.reason, said.document, said.method, said.in_mandate, said.proposed_by,
		said.executed_by, said.signatures, said.outcome, coalesce(head.hash, decode(repeat('0', 64), 'hex')) AS previous, '\x'::bytea AS hash,
		said.details
	FROM steering.log_line(next_log_line.decision, 2) AS said LEFT JOIN head ON true
	WHERE NOT EXISTS (SELECT FROM steering.decision_log AS log WHERE log.decision_id = next_log_line.decision)
)
SELECT line.position, line.recipe, line.decision_id, line.executed_at, line.act, line.service, line.participant, line.amount, line.arguments,
	line.reason, line.document, line.method, line.in_mandate, line.proposed_by, line.executed_by, line.signatures, line.outcome, line.previous,
	steering.log_hash(ROW(line.*)::steering.decision_log), line.details
FROM line;
END;
REVOKE ALL ON FUNCTION steering.next_log_line(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.next_log_line(integer) IS
'the row that the log gets for a decision that took effect; none where it has one, as after a restore';

CREATE OR REPLACE FUNCTION steering.verify_log(head text DEFAULT NULL) RETURNS TABLE (log_position bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_that(verify_log.head IS NULL OR verify_log.head ~ '^[0-9]{1,18}:[0-9a-f]{64}$', '22023',
	format('"%s" is no head of the log', verify_log.head), 'steering.log_head() gives one.');
WITH line AS (
	SELECT log.position, log.decision_id, log.previous, log.hash, log.recipe, steering.log_hash(log) AS right_hash, to_jsonb(log) AS said,
		lag(log.position, 1, 0::bigint) OVER w AS position_before,
		lag(log.hash, 1, decode(repeat('0', 64), 'hex')) OVER w AS hash_before
	FROM steering.decision_log AS log
	WINDOW w AS (ORDER BY log.position)
), given AS (
	SELECT split_part(verify_log.head, ':', 1)::bigint AS position, decode(split_part(verify_log.head, ':', 2), 'hex') AS hash
	WHERE verify_log.head IS NOT NULL
), broken AS (
	SELECT line.position, 1 AS kind, line.decision_id,
		CASE WHEN line.right_hash IS NULL THEN format('recipe %s is unknown', line.recipe)
			WHEN line.right_hash <> line.hash THEN 'changed'
			WHEN line.position <> line.position_before + 1 THEN 'a row before it is missing'
			ELSE 'it does not follow the row before it: that was changed, or this one inserted' END AS problem
	FROM line
	WHERE line.right_hash IS DISTINCT FROM line.hash OR line.position <> line.position_before + 1 OR line.previous <> line.hash_before
	UNION ALL
	SELECT given.position, 1, line.decision_id,
		CASE WHEN line.position IS NULL THEN 'the log ends before the head that was given' ELSE 'it is not the head that was given' END
	FROM given LEFT JOIN line ON line.position = given.position
	WHERE given.position > 0 AND line.hash IS DISTINCT FROM given.hash
	UNION ALL
	SELECT line.position, 2, line.decision_id,
		CASE WHEN entry.decision_id IS NULL THEN format('decision %s is not there any more', line.decision_id)
			WHEN entry.state <> 'executed' THEN format('decision %s is said to be %s', line.decision_id, entry.state)
			ELSE format('decision %s says something else of %s', line.decision_id, differing.fields) END
	FROM line
	LEFT JOIN steering.decision_record AS entry ON entry.decision_id = line.decision_id
	LEFT JOIN steering.log_line(line.decision_id, line.recipe) AS present ON true
	LEFT JOIN LATERAL (
		SELECT string_agg(CASE WHEN field.key = 'details' THEN coalesce((SELECT string_agg(detail.key, ', ' ORDER BY detail.key)
				FROM jsonb_each((line.said ->> 'details')::jsonb) AS detail
				WHERE detail.value IS DISTINCT FROM present.details::jsonb -> detail.key), 'details') ELSE field.key END, ', ' ORDER BY field.key) AS fields
		FROM jsonb_each(to_jsonb(present) - '{position, previous, hash}'::text[]) AS field
		WHERE field.value IS DISTINCT FROM line.said -> field.key
	) AS differing ON true
	WHERE line.right_hash = line.hash AND (entry.decision_id IS NULL OR entry.state <> 'executed' OR differing.fields IS NOT NULL)
	UNION ALL
	-- What this transaction has done gets its row at its end.
	SELECT NULL, 3, entry.decision_id, format('decision %s took effect, and is not in the log', entry.decision_id)
	FROM steering.decision_record AS entry
	WHERE entry.state = 'executed' AND NOT entry.executed_at BETWEEN now() AND clock_timestamp()
		AND NOT EXISTS (SELECT FROM steering.decision_log AS log WHERE log.decision_id = entry.decision_id)
)
SELECT broken.position, broken.problem FROM broken ORDER BY broken.position, broken.kind, broken.decision_id LIMIT 1;
END;
COMMENT ON FUNCTION steering.verify_log(text) IS
'the first row of the log of decisions that is not as it was written: changed, missing, inserted, or cut off before a head that log_head() once gave; or that the tables of decisions, signatures and what was asked differ from, with the decision and the fields that do (position null: a decision that took effect and is not in the log); no row is right. Error: 22023 that is no head';

