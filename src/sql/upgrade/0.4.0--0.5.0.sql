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
    AND source_tree.relation NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass)
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book() and steering.watch()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid IN ('steering.book'::regproc, 'steering.watch'::regproc)
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);

-- What a metric counts is asked in one place.
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
SELECT 'query', NULL, query.source_id, NULL, NULL, NULL, CASE WHEN found.differences IS NULL THEN 'unreadable' ELSE 'differences' END,
	CASE WHEN found.differences > 0 THEN 0 END, found.differences
FROM steering.query CROSS JOIN LATERAL (SELECT steering.query_differences(query.source_id)) AS found (differences)
WHERE found.differences IS DISTINCT FROM 0
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
ALTER TABLE steering.decision_record ADD COLUMN vote_from date;
COMMENT ON COLUMN steering.decision_record.vote_from IS 'the day on which the second round of a vote began; null: there is none';
ALTER TABLE steering.decision_record ADD COLUMN proposed_table steering.table_number;
COMMENT ON COLUMN steering.decision_record.proposed_table IS 'the table that an argument named when it was proposed: the act is done to no other; null: no argument named one';
COMMENT ON COLUMN steering.signature_record.round IS '0: who was heard; 1 and 2: who decided; 3: the chair, of a tie';
-- Some releases do not alter a table whose rows a function takes.
DROP FUNCTION steering.question_of_body(steering.body, steering.body);
ALTER TABLE steering.body ADD COLUMN vote_days integer NOT NULL DEFAULT 122 CONSTRAINT body_vote_days_in_range CHECK (vote_days BETWEEN 1 AND 10000);
COMMENT ON COLUMN steering.body.vote_days IS 'days that a vote is open; a body that meets three times a year has one within 122';
COMMENT ON COLUMN steering.decision_problem.subject IS 'a mandate, deputy, body, decision or rule';

CREATE OR REPLACE VIEW steering.act WITH (security_barrier) AS
SELECT listed.act, coalesce(listed.asked_as, listed.act) AS asked_as, listed.amount
FROM (VALUES
	('set_cap', NULL, 'money by which the limit, or what its ladder lets through, goes up; of a volume cap none'),
	('drop_cap', NULL, NULL),
	('spread_cap', 'set_cap', NULL),
	('caps_from_agreements', 'set_cap', NULL),
	('grant_override', NULL, 'money that may be drawn; of a volume cap none'),
	('revoke_override', NULL, NULL),
	('amend', NULL, 'the sum of its mutations of budget caps, each without its sign'),
	('transfer', NULL, 'money that is transferred; of volume caps none'),
	('set_carry_rule', NULL, NULL),
	('drop_carry_rule', NULL, NULL),
	('carry_forward', NULL, 'the sum of what is carried, each cap''s without its sign'),
	('set_agreement', NULL, 'value over all of its months; without end where price or share have no volume or estimate'),
	('drop_agreement', NULL, NULL),
	('close_period', NULL, NULL),
	('close_bookings', 'close_period', NULL),
	('reopen_period', NULL, NULL),
	('reopen_bookings', 'reopen_period', NULL),
	('correct_settlement', NULL, 'the sum, without its sign'),
	('reverse_correction', NULL, 'the sum, without its sign'),
	('book_reserve', NULL, 'the sum, without its sign'),
	('set_risk', NULL, NULL),
	('drop_risk', NULL, NULL),
	('set_allocation_key', NULL, NULL),
	('drop_allocation_key', NULL, NULL),
	('set_key_weight', NULL, NULL),
	('drop_key_weight', NULL, NULL),
	('set_allocation_rule', NULL, NULL),
	('drop_allocation_rule', NULL, NULL),
	('set_result_share', NULL, NULL),
	('drop_result_share', NULL, NULL),
	('set_indicator', NULL, NULL),
	('drop_indicator', NULL, NULL),
	('set_target', NULL, NULL),
	('set_measurement', NULL, NULL),
	('set_incentive', NULL, NULL),
	('drop_incentive', NULL, NULL),
	('set_participant', NULL, NULL),
	('drop_participant', NULL, NULL),
	('set_service', NULL, NULL),
	('drop_service', NULL, NULL),
	('set_alias', NULL, NULL),
	('drop_alias', NULL, NULL),
	('attach', NULL, NULL),
	('reattach', 'attach', NULL),
	('detach', NULL, NULL),
	('detach_missing', 'detach', NULL),
	('set_mandate', NULL, NULL),
	('revoke_mandate', NULL, NULL),
	('consent_mandate', NULL, NULL),
	('set_deputy', NULL, NULL),
	('set_body', NULL, NULL),
	('set_body_member', NULL, NULL),
	('set_vote_days', 'set_body', NULL),
	('set_rule', NULL, NULL),
	('drop_rule', NULL, NULL)
) AS listed (act, asked_as, amount);
COMMENT ON VIEW steering.act IS 'the acts: functions that change what may be spent, is agreed, is owed, who takes part or who decides. Rules and mandates name them';
COMMENT ON COLUMN steering.act.act IS 'name of the function';
COMMENT ON COLUMN steering.act.asked_as IS 'the act that rules and mandates name for it: what it does is asked about piece by piece';
COMMENT ON COLUMN steering.act.amount IS 'what its amount is; null: it has none, and any mandate for it will do, whatever its limit';

CREATE FUNCTION steering.require_given(given boolean, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(require_given.given, '22004', format('%s must not be null', require_given.argument));
END;
REVOKE ALL ON FUNCTION steering.require_given(boolean, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_given(boolean, text) IS 'Error: 22004 an argument is null';

CREATE OR REPLACE FUNCTION steering.require_acts(acts text[]) RETURNS text[]
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_acts.acts IS NOT NULL, 'acts'), steering.require_that(array_position(require_acts.acts, NULL) IS NULL, '22004', 'acts must not hold a null'),
	steering.require_that(cardinality(require_acts.acts) > 0, '22023', 'acts must name at least one act', 'They are listed in steering.act.');
SELECT steering.require_that(known.act IS NOT NULL, '22023', format('act "%s" is unknown', named.act), 'They are listed in steering.act.'),
	steering.require_that(known.act = known.asked_as, '22023', format('act "%s" is asked about as "%s"', named.act, known.asked_as),
		format('Name "%s".', known.asked_as))
FROM unnest(require_acts.acts) AS named (act)
LEFT JOIN steering.act AS known ON known.act = named.act;
SELECT array_agg(DISTINCT named.act ORDER BY named.act) FROM unnest(require_acts.acts) AS named (act);
END;
COMMENT ON FUNCTION steering.require_acts(text[]) IS 'the acts in order, each once. Errors: 22004 null, 22023 none, an unknown one, or one that is asked about as another';

CREATE OR REPLACE FUNCTION steering.set_body(code text, name text, participant text DEFAULT NULL, quorum_percent numeric DEFAULT 50,
	tie text DEFAULT 'reject', chair text DEFAULT NULL, max_share_percent numeric DEFAULT 50) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_body.code IS NOT NULL, 'code'), steering.require_given(set_body.name IS NOT NULL, 'name'),
	steering.require_given(set_body.tie IS NOT NULL, 'tie'),
	steering.require_that(set_body.quorum_percent BETWEEN 0 AND 100, '22023',
		format('quorum_percent of body "%s" must be between 0 and 100: %s', set_body.code, coalesce(set_body.quorum_percent::text, 'null'))),
	steering.require_that(set_body.max_share_percent > 0 AND set_body.max_share_percent <= 100, '22023',
		format('max_share_percent of body "%s" must be above 0 and at most 100: %s', set_body.code,
			coalesce(set_body.max_share_percent::text, 'null'))),
	steering.require_that(set_body.tie IN ('reject', 'chair'), '22023', format('tie must be "reject" or "chair": "%s"', set_body.tie)),
	steering.require_that(set_body.tie <> 'chair' OR set_body.chair IS NOT NULL, '22023',
		format('body "%s" has no chair who could decide a tie', set_body.code)),
	CASE WHEN set_body.chair IS NOT NULL THEN steering.require_role(set_body.chair, 'chair') END,
	steering.require_scope(NULL, set_body.participant);
INSERT INTO steering.body (code, name, participant, quorum_percent, tie, chair, max_share_percent)
VALUES (set_body.code, set_body.name, set_body.participant, set_body.quorum_percent, set_body.tie, set_body.chair,
	set_body.max_share_percent)
ON CONFLICT ON CONSTRAINT body_pkey DO UPDATE
	SET name = excluded.name, participant = excluded.participant, quorum_percent = excluded.quorum_percent, tie = excluded.tie,
		chair = excluded.chair, max_share_percent = excluded.max_share_percent
RETURNING code;
END;
COMMENT ON FUNCTION steering.set_body(text, text, text, numeric, text, text, numeric) IS
'makes a body that decides by votes, or changes the one with this code; returns the code. Its members follow in the same transaction (set_body_member()). Errors: 22004 code is null, 22023 a quorum or share over 100 or below 0, unknown tie or participant, a tie that a chair decides who is not there, 42704 the chair is no role; at the end of the transaction 23514 a participant has a larger share of the votes than one may have';

CREATE OR REPLACE FUNCTION steering.set_body_member(body text, participant text, representative text, during steering.day_range,
	votes numeric DEFAULT 1, votes_per text DEFAULT NULL, step integer DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_body_member.body IS NOT NULL, 'body'), steering.require_given(set_body_member.participant IS NOT NULL, 'participant'),
	steering.require_that(EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_body_member.body), '22023',
		format('body "%s" is unknown', set_body_member.body), 'Bodies are made by steering.set_body().'),
	steering.participant_number(set_body_member.participant),
	steering.require_role(set_body_member.representative, 'representative'),
	steering.require_days(set_body_member.during::daterange),
	steering.require_that(set_body_member.votes >= 0 AND set_body_member.votes < 'Infinity', '22023',
		format('votes of participant "%s" must be a number of votes: %s', set_body_member.participant,
			coalesce(set_body_member.votes::text, 'null'))),
	steering.require_that(coalesce(set_body_member.votes_per, 'inhabitants') = 'inhabitants', '22023',
		format('votes_per must be "inhabitants": "%s"', set_body_member.votes_per)),
	steering.require_that((set_body_member.votes_per IS NULL) = (set_body_member.step IS NULL)
		AND coalesce(set_body_member.step, 1) > 0, '22023', 'votes_per goes with a step above zero, and a step with votes_per');
INSERT INTO steering.body_member (body, participant, representative, during, votes, votes_per, step)
VALUES (set_body_member.body, set_body_member.participant, set_body_member.representative, set_body_member.during::daterange,
	set_body_member.votes, set_body_member.votes_per, set_body_member.step)
ON CONFLICT ON CONSTRAINT body_member_key DO UPDATE
	SET representative = excluded.representative, votes = excluded.votes, votes_per = excluded.votes_per, step = excluded.step
RETURNING member_id;
END;
COMMENT ON FUNCTION steering.set_body_member(text, text, text, steering.day_range, numeric, text, integer) IS
'gives a participant votes in a body on these days, and names the role that votes for it; the membership of the same days is replaced; returns its number. With votes_per ''inhabitants'' it has so many votes for each step of inhabitants that was begun. Errors: 22004 null, 22023 unknown body or participant, empty range, no number of votes, votes_per without a step, 42704 the representative is no role; at the end of the transaction 23514 a participant has too many votes, is a member twice, or a role votes for two';

CREATE OR REPLACE FUNCTION steering.set_rule(acts text[], method text, service text DEFAULT NULL, service_kind text DEFAULT NULL,
	participant text DEFAULT NULL, amounts numrange DEFAULT '[0,)', body text DEFAULT NULL, majority text DEFAULT 'simple',
	views_days integer DEFAULT 0, during steering.day_range DEFAULT '(,)', window_days integer DEFAULT 0, needs text DEFAULT 'view')
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_acts(set_rule.acts), steering.require_given(set_rule.method IS NOT NULL, 'method'),
	steering.require_given(set_rule.majority IS NOT NULL, 'majority'), steering.require_given(set_rule.needs IS NOT NULL, 'needs'),
	steering.require_that(set_rule.method IN ('mandate', 'dual', 'vote', 'host', 'record'), '22023',
		format('method must be mandate, dual, vote, host or record: "%s"', set_rule.method)),
	steering.require_scope(set_rule.service, set_rule.participant),
	steering.require_that(coalesce(set_rule.service_kind, 'standard') IN ('standard', 'development'), '22023',
		format('service_kind must be standard or development: "%s"', set_rule.service_kind)),
	steering.require_that(set_rule.amounts IS NOT NULL, '22004', 'amounts must not be null'),
	steering.require_that(NOT isempty(set_rule.amounts), '22023', 'amounts must not be empty'),
	steering.require_that(coalesce(lower(set_rule.amounts) >= 0 AND lower(set_rule.amounts) < 'Infinity', false), '22023',
		format('amounts must begin at 0 or above: %s', set_rule.amounts)),
	steering.require_days(set_rule.during::daterange),
	steering.require_that(set_rule.views_days BETWEEN 0 AND 10000, '22023',
		format('views_days must be a number of days: %s', coalesce(set_rule.views_days::text, 'null'))),
	steering.require_that(set_rule.window_days BETWEEN 0 AND 10000, '22023',
		format('window_days must be a number of days: %s', coalesce(set_rule.window_days::text, 'null'))),
	steering.require_that(set_rule.needs IN ('view', 'consent'), '22023', format('needs must be view or consent: "%s"', set_rule.needs)),
	steering.require_that(set_rule.majority IN ('simple', 'absolute', 'unanimous')
		OR CASE WHEN set_rule.majority ~ '^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$'
			THEN split_part(set_rule.majority, '/', 1)::integer <= split_part(set_rule.majority, '/', 2)::integer ELSE false END, '22023',
		format('majority must be simple, absolute, unanimous or a fraction such as 2/3: "%s"', set_rule.majority)),
	steering.require_that(set_rule.method = 'vote' OR set_rule.majority = 'simple', '22023',
		format('method "%s" has no majority', set_rule.method), 'Only votes have one.'),
	steering.require_that(set_rule.method <> 'vote' OR set_rule.body IS NOT NULL, '22023', 'a vote needs a body',
		'Bodies are made by steering.set_body().'),
	steering.require_that(set_rule.body IS NOT NULL OR set_rule.views_days = 0 AND set_rule.needs = 'view', '22023',
		'who is to be heard is not said', 'Name a body: its members are heard.'),
	steering.require_that(set_rule.body IS NULL OR EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_rule.body), '22023',
		format('body "%s" is unknown', set_rule.body), 'Bodies are made by steering.set_body().'),
	steering.require_that(set_rule.body IS NULL
			OR EXISTS (SELECT FROM steering.body_member AS member WHERE member.body = set_rule.body AND member.during && set_rule.during::daterange),
		'22023', format('body "%s" has no members on these days', set_rule.body), 'They are named by steering.set_body_member().');
UPDATE steering.rule AS standing
SET method = set_rule.method, body = set_rule.body, majority = set_rule.majority, views_days = set_rule.views_days,
	window_days = set_rule.window_days, needs = set_rule.needs
WHERE standing.rule_id = (SELECT steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant,
	set_rule.amounts, set_rule.during::daterange));
INSERT INTO steering.rule (acts, method, service, service_kind, participant, amounts, body, majority, views_days, during, window_days, needs)
SELECT steering.require_acts(set_rule.acts), set_rule.method, set_rule.service, set_rule.service_kind, set_rule.participant,
	steering.rule_amounts(set_rule.amounts), set_rule.body, set_rule.majority, set_rule.views_days, set_rule.during::daterange,
	set_rule.window_days, set_rule.needs
WHERE steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant, set_rule.amounts,
	set_rule.during::daterange) IS NULL;
SELECT steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant, set_rule.amounts,
	set_rule.during::daterange);
END;
COMMENT ON FUNCTION steering.set_rule(text[], text, text, text, text, numrange, text, text, integer, steering.day_range, integer, text) IS
'says by which method acts are decided, in a scope and for amounts; the rule of the same acts, scope, amounts and days is replaced; returns its number. The nearest rules win: of the nearest service, then of its kind, then of the nearest participant. views_days: the members of the body are heard first, and have so many days; needs ''consent'': each must consent. window_days: what one functionary decides for the same service and participant within so many days, by whatever acts, is one act. Errors: 22004 null, 22023 unknown act, method, service, participant, body or majority, amounts that are empty or below 0, a body without members; at the end of the transaction 23514 the rules of an act and scope leave a gap in the amounts, or overlap (the message says where)';

-- Who holds the mandate that another is to be a part of; or an administrator; or a proposal that was decided.
CREATE OR REPLACE FUNCTION steering.set_mandate(functionary text, acts text[], service text, participant text, during steering.day_range,
	amount_limit numeric, year_limit numeric DEFAULT 'infinity', may_submandate boolean DEFAULT false, parent integer DEFAULT NULL,
	document text DEFAULT NULL, employer text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_role(set_mandate.functionary, 'functionary'),
	steering.require_acts(set_mandate.acts),
	steering.require_scope(set_mandate.service, set_mandate.participant),
	steering.require_scope(NULL, set_mandate.employer),
	steering.require_days(set_mandate.during::daterange),
	steering.require_that(set_mandate.amount_limit IS NOT NULL AND set_mandate.year_limit IS NOT NULL, '22004',
		format('%s must not be null', CASE WHEN set_mandate.amount_limit IS NULL THEN 'amount_limit' ELSE 'year_limit' END),
		'Without a limit it is ''infinity''.'),
	steering.require_that(set_mandate.amount_limit >= 0 AND set_mandate.amount_limit <> 'NaN', '22023',
		format('amount_limit must not be negative: %s', set_mandate.amount_limit)),
	steering.require_that(set_mandate.year_limit >= 0 AND set_mandate.year_limit <> 'NaN', '22023',
		format('year_limit must not be negative: %s', set_mandate.year_limit)),
	steering.require_that(set_mandate.may_submandate IS NOT NULL, '22004', 'may_submandate must not be null');
SELECT steering.require_that(false, '23S75',
	format('act "%s" needs the majority "%s", and cannot be mandated', ruled.act, ruled.majority),
	'Only the body itself can decide it: leave it out, or let the limit end below.')
FROM (
	SELECT named.act, rule.majority
	FROM steering.rule
	JOIN unnest(set_mandate.acts) AS named (act) ON named.act = ANY (rule.acts)
	WHERE rule.method = 'vote' AND rule.majority NOT IN ('simple', 'absolute') AND rule.during && set_mandate.during::daterange
		AND rule.amounts && numrange(0, CASE WHEN set_mandate.amount_limit < 'Infinity' THEN set_mandate.amount_limit END, '[]')
		AND (rule.service_kind IS NULL
			OR rule.service_kind = (SELECT entry.kind FROM steering.service AS entry WHERE entry.code = set_mandate.service))
		AND (rule.service IS NULL OR EXISTS (SELECT FROM steering.service_above(set_mandate.service) AS above WHERE above.code = rule.service))
		AND (rule.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(set_mandate.participant) AS above WHERE above.code = rule.participant))
	ORDER BY named.act LIMIT 1
) AS ruled;
SELECT steering.require_that(set_mandate.parent IS NULL
		OR EXISTS (SELECT FROM steering.mandate AS above WHERE above.mandate_id = set_mandate.parent), '42704',
		format('mandate %s does not exist', set_mandate.parent)),
	steering.require_that(set_mandate.parent IS NOT NULL OR steering.may_administer('set_mandate'), '23S75',
		format('role "%s" may give no mandate that is not a part of its own', session_user),
		'Name the mandate that it is a part of (parent), or propose it. Who may grant EXECUTE on steering.set_mandate() gives the first ones.');
SELECT steering.require_that(above.functionary = session_user OR steering.may_administer('set_mandate'), '23S75',
		format('mandate %s is not held by role "%s"', above.mandate_id, session_user), 'Who holds a mandate gives a part of it to others.'),
	steering.require_that(above.may_submandate, '23S75', format('mandate %s may not be given on', above.mandate_id),
		'It was given without may_submandate.'),
	steering.require_that(above.revoked_on IS NULL, '23S75', format('mandate %s was revoked', above.mandate_id)),
	steering.require_that((SELECT count(*) FROM steering.mandate_link AS link WHERE link.mandate_id = above.mandate_id) < 10, '22023',
		format('mandate %s is the tenth of a chain', above.mandate_id), 'A chain has at most ten mandates: each act looks along all of it.'),
	steering.require_that(above.during && set_mandate.during::daterange, '22023',
		format('mandate %s is not in force on these days', above.mandate_id)),
	steering.require_that(above.acts @> set_mandate.acts, '22023', format('mandate %s does not hold all of these acts', above.mandate_id),
		format('It holds: %s.', array_to_string(above.acts, ', '))),
	steering.require_that(above.service IS NULL
			OR EXISTS (SELECT FROM steering.service_above(set_mandate.service) AS up WHERE up.code = above.service), '22023',
		format('mandate %s is for service "%s" and what is below it', above.mandate_id, above.service)),
	steering.require_that(above.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(set_mandate.participant) AS up WHERE up.code = above.participant), '22023',
		format('mandate %s is for participant "%s" and what is below it', above.mandate_id, above.participant))
FROM steering.mandate AS above
WHERE above.mandate_id = set_mandate.parent;
INSERT INTO steering.mandate (functionary, acts, service, participant, during, amount_limit, year_limit, may_submandate, parent, employer, document)
VALUES (set_mandate.functionary, steering.require_acts(set_mandate.acts), set_mandate.service, set_mandate.participant,
	set_mandate.during::daterange, set_mandate.amount_limit, set_mandate.year_limit, set_mandate.may_submandate, set_mandate.parent,
	set_mandate.employer, set_mandate.document)
RETURNING mandate_id;
END;
COMMENT ON FUNCTION steering.set_mandate(text, text[], text, text, steering.day_range, numeric, numeric, boolean, integer, text, text) IS
'gives a functionary the right to take acts, for a service and a participant and all below them (null: all), on these days, up to amount_limit for each and year_limit for those of a calendar year; returns its number. parent: it is a part of that mandate, whose holder gives it; of the limits along the chain the least holds. employer: the functionary works under that participant, and both must consent (consent_mandate()) before it is in force. Errors: 22004 null, 22023 unknown act or code, empty range, a negative limit, more than the parent holds, a chain of more than ten mandates, 42704 no such role or parent, 23S75 the parent is not held by who calls, or may not be given on; an act that needs a qualified majority; without a parent by who may not grant EXECUTE on this function';

CREATE FUNCTION steering.set_vote_days(body text, days integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_vote_days.body IS NOT NULL, 'body'), steering.require_given(set_vote_days.days IS NOT NULL, 'days'),
	steering.require_that(set_vote_days.days BETWEEN 1 AND 10000, '22023', format('days must be between 1 and 10000: %s', set_vote_days.days)),
	steering.require_that(EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_vote_days.body), '22023',
		format('body "%s" is unknown', set_vote_days.body), 'Bodies are made by steering.set_body().');
UPDATE steering.body AS standing SET vote_days = set_vote_days.days WHERE standing.code = set_vote_days.body;
END;
REVOKE ALL ON FUNCTION steering.set_vote_days(text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_vote_days(text, integer) IS
'says for how many days a vote of a body is open (122 unless said), after the day on which it was proposed, on which its members had been heard, or on which a tie was found. After that who has not voted is absent, and close_decision() counts. Errors: 22004 null, 22023 unknown body, no number of days';

-- What a functionary decided, by his own signature, his deputy's, or as a deputy himself: whatever act it was, since a large one can be
-- split over acts and capacities too.
CREATE FUNCTION steering.decided_lately(functionary text, service text, participant text, day date, days integer) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(asked.amount), 0)
FROM steering.decision_record AS entry
JOIN steering.decision_question AS asked ON asked.decision_id = entry.decision_id
WHERE entry.executed_on > decided_lately.day - decided_lately.days
	AND asked.service IS NOT DISTINCT FROM decided_lately.service
	AND asked.participant IS NOT DISTINCT FROM decided_lately.participant
	AND EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.choice = 'approve'
			AND decided_lately.functionary IN (signed.signed_for, signed.functionary));
END;
REVOKE ALL ON FUNCTION steering.decided_lately(text, text, text, date, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.decided_lately(text, text, text, date, integer) IS
'what a functionary decided for a service and a participant in so many days up to a day, by all acts together';

-- Each mandate of a chain counts what he decided of its own acts and scope: two parts of one do not make it twice as much.
CREATE FUNCTION steering.year_room(mandate integer, principal text, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(min(link.year_limit
	- steering.decided_in_year(year_room.principal, link.acts, link.service, link.participant, year_room.day)), 'Infinity')
FROM steering.mandate_link AS link
WHERE link.mandate_id = year_room.mandate AND link.year_limit < 'Infinity';
END;
REVOKE ALL ON FUNCTION steering.year_room(integer, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.year_room(integer, text, date) IS
'what the limits of a year leave to a functionary, of a mandate and of those that it is a part of; below 0: nothing';

-- All questions of a decision count together towards the limit of a year, and where splitting is watched those of the same
-- scope are one act. What was decided lately may put it under another rule: then it cannot be signed by this one.
CREATE OR REPLACE FUNCTION steering.capacity(person text, questions steering.act_question[], day date) RETURNS TABLE (principal text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT asked.act, asked.service, asked.participant, asked.amount, ruling.method, ruling.body, ruling.views_days, ruling.needs,
		ruling.window_days, sum(asked.amount) OVER () AS all_amounts,
		sum(asked.amount) OVER (PARTITION BY asked.service, asked.participant) AS amounts_alike
	FROM unnest(capacity.questions) AS asked
	CROSS JOIN LATERAL steering.rule_for(asked.act, asked.service, asked.participant, asked.amount, capacity.day) AS ruling
	WHERE ruling.is_ruled
), held AS MATERIALIZED (
	SELECT asked.*, signatory.principal,
		CASE WHEN asked.window_days > 0 THEN asked.amounts_alike + greatest(
			steering.decided_lately(signatory.principal, asked.service, asked.participant, capacity.day, asked.window_days),
			steering.decided_lately(capacity.person, asked.service, asked.participant, capacity.day, asked.window_days))
			ELSE asked.amount END AS whole_amount
	FROM asked CROSS JOIN steering.signatory(capacity.person, capacity.day) AS signatory
)
SELECT held.principal
FROM held
GROUP BY held.principal
HAVING bool_and(
	EXISTS (
		SELECT FROM steering.mandate_for(held.act, held.service, held.participant, capacity.day) AS mandate
		WHERE mandate.holder = held.principal AND (held.amount IS NULL
			OR held.whole_amount <= mandate.amount_limit
				AND (mandate.year_limit = 'Infinity' OR held.all_amounts <= steering.year_room(mandate.mandate_id, held.principal, capacity.day))))
	AND CASE WHEN held.whole_amount > held.amount
		THEN EXISTS (SELECT FROM steering.rule_for(held.act, held.service, held.participant, held.whole_amount, capacity.day) AS ruling
			WHERE (ruling.method, ruling.body, ruling.views_days, ruling.needs)
				IS NOT DISTINCT FROM (held.method, held.body, held.views_days, held.needs))
		ELSE true END)
ORDER BY held.principal <> capacity.person, held.principal;
END;
COMMENT ON FUNCTION steering.capacity(text, steering.act_question[], date) IS
'whose mandate a person may use for all that is asked: his own first, and that of those whose deputy he is';

-- A body without members has not answered: its views wait for the last day, and its consents do not come.
CREATE OR REPLACE FUNCTION steering.is_being_heard(decision integer, day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (
	SELECT FROM steering.decision_record AS entry
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), is_being_heard.day) AS ruling
	LEFT JOIN LATERAL steering.body_vote(ruling.body, is_being_heard.day) AS vote ON true
	WHERE entry.decision_id = is_being_heard.decision AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		AND (ruling.needs = 'consent' OR is_being_heard.day <= coalesce(entry.hear_through, 'infinity'))
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = vote.participant
				AND (ruling.needs = 'view' OR signed.choice IN ('consent', 'abstain'))));
END;
COMMENT ON FUNCTION steering.is_being_heard(integer, date) IS 'somebody who is to be heard has not answered, and has time still, or nobody is there to be heard';

CREATE OR REPLACE FUNCTION steering.deciding_hint(question steering.act_question, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH ruling AS (
	SELECT * FROM steering.rule_for((deciding_hint.question).act, (deciding_hint.question).service, (deciding_hint.question).participant,
		(deciding_hint.question).amount, deciding_hint.day)
), held AS (
	SELECT mandate.holder, max(CASE WHEN mandate.holder = session_user THEN greatest(0, least(
			mandate.amount_limit - steering.decided_lately(mandate.holder, (deciding_hint.question).service,
				(deciding_hint.question).participant, deciding_hint.day, (SELECT coalesce(ruling.window_days, 0) FROM ruling)),
			steering.year_room(mandate.mandate_id, mandate.holder, deciding_hint.day)))
		ELSE least(mandate.amount_limit, mandate.year_limit) END) AS most
	FROM steering.mandate_for((deciding_hint.question).act, (deciding_hint.question).service, (deciding_hint.question).participant,
		deciding_hint.day) AS mandate
	GROUP BY mandate.holder
)
SELECT concat(
	CASE ruling.method
		WHEN 'mandate' THEN 'It takes a mandate'
		WHEN 'dual' THEN 'It takes the signatures of two who hold a mandate'
		WHEN 'vote' THEN format('Body "%s" decides it by vote', ruling.body)
		WHEN 'host' THEN 'It takes a mandate'
		WHEN 'record' THEN 'It is decided elsewhere, and recorded with its document by who holds a mandate'
		ELSE 'Rules for this amount are missing' END,
	CASE WHEN ruling.method <> 'vote' AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		THEN format(', after the members of body "%s" were heard', ruling.body) END,
	CASE WHEN ruling.method <> 'vote' THEN coalesce((SELECT CASE WHEN (deciding_hint.question).amount IS NULL THEN '. You have one'
			WHEN held.most = 0 THEN '. You have one, of which nothing is left'
			ELSE '. You have one, up to ' || steering.show_limit(held.most) END FROM held WHERE held.holder = session_user),
		'. You have none') END,
	CASE WHEN ruling.method <> 'vote' AND steering.may_read_of(session_user, (deciding_hint.question).participant)
		THEN (SELECT CASE WHEN (deciding_hint.question).amount IS NULL
				THEN format('; %s %s one', string_agg(top.holder, ', ' ORDER BY top.holder), CASE count(*) WHEN 1 THEN 'has' ELSE 'have' END)
				ELSE '; ' || string_agg(format('%s up to %s', top.holder, steering.show_limit(top.most)), ', ' ORDER BY top.most, top.holder) END
			FROM (SELECT held.holder, held.most FROM held
				WHERE held.holder <> session_user AND held.most >= coalesce((deciding_hint.question).amount, 0)
				ORDER BY held.most, held.holder LIMIT 5) AS top HAVING count(*) > 0) END, '.')
FROM ruling;
END;
COMMENT ON FUNCTION steering.deciding_hint(steering.act_question, date) IS
'how an act can be decided, for who has logged in: up to what he may, and up to what others may if he may know';

-- Of the increase of a cap follows what it was: the amount is for who may read that, and for who has signed.
CREATE OR REPLACE VIEW steering.decision WITH (security_barrier) AS
SELECT entry.decision_id AS id, entry.act, entry.service, entry.participant, CASE WHEN reader.has_figures OR reader.has_signed THEN entry.amount END AS amount,
	entry.arguments, entry.reason, entry.document, entry.method, entry.state, entry.proposed_by, entry.proposed_at, entry.decided_at, entry.executed_at,
	entry.in_mandate, entry.outcome, entry.body, entry.hear_through
FROM steering.decision_record AS entry
CROSS JOIN LATERAL (SELECT (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR coalesce(entry.participant IN (SELECT readable_participant.code FROM steering.readable_participant), false) AS has_figures,
	EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND session_user IN (signed.functionary, signed.signed_for)) AS has_signed) AS reader
WHERE reader.has_figures OR reader.has_signed OR entry.proposed_by = session_user;
COMMENT ON VIEW steering.decision IS 'acts that were proposed or done: those of participants whose figures the role may read, and those that who has logged in proposed or signed';
COMMENT ON COLUMN steering.decision.id IS 'number of the decision';
COMMENT ON COLUMN steering.decision.act IS 'the act';
COMMENT ON COLUMN steering.decision.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision.amount IS 'money; of several the largest; null: it has none, or who proposed it may not read it';
COMMENT ON COLUMN steering.decision.arguments IS 'arguments by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision.method IS 'mandate, dual, vote, host or record; null: no rule was for it';
COMMENT ON COLUMN steering.decision.state IS 'open, executed, rejected or withdrawn';
COMMENT ON COLUMN steering.decision.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision.proposed_at IS 'when';
COMMENT ON COLUMN steering.decision.decided_at IS 'when it was decided; null: it is open';
COMMENT ON COLUMN steering.decision.executed_at IS 'when it took effect; null: it did not';
COMMENT ON COLUMN steering.decision.in_mandate IS 'decided as its rule says; false: a superuser or the owner did it without; null: no rule was for it, or not executed';
COMMENT ON COLUMN steering.decision.outcome IS 'what the function returned, or why it was rejected or withdrawn';
COMMENT ON COLUMN steering.decision.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.decision.hear_through IS 'last day for those who are heard; null: nobody is';

CREATE FUNCTION steering.vote_end(decision integer, round integer, body text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT body.vote_days * CASE vote_end.round WHEN 3 THEN 2 ELSE 1 END
	+ greatest((entry.proposed_at AT TIME ZONE current_setting('log_timezone'))::date, entry.hear_through,
		CASE WHEN vote_end.round > 1 THEN entry.vote_from END,
		(SELECT max((signed.at AT TIME ZONE current_setting('log_timezone'))::date) FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.round = 0))
FROM steering.decision_record AS entry JOIN steering.body ON body.code = vote_end.body
WHERE entry.decision_id = vote_end.decision;
END;
REVOKE ALL ON FUNCTION steering.vote_end(integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_end(integer, integer, text) IS
'the last day of a round of a vote: so many days after it was proposed, its members were heard, and a tie was found; the chair has as many more (round 3)';

-- Each member is counted once: as what he said, or silent.
CREATE FUNCTION steering.vote_tally(decision integer, round integer, body text, day date)
RETURNS TABLE (favour numeric, against numeric, abstained numeric, silent numeric, total numeric, is_over boolean, has_quorum boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH counted AS (
	SELECT coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'for'), 0) AS favour,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'against'), 0) AS against,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'abstain'), 0) AS abstained,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice IS NULL), 0) AS silent,
		coalesce(sum(vote.votes), 0) AS total
	FROM steering.body_vote(vote_tally.body, vote_tally.day) AS vote
	LEFT JOIN steering.signature_record AS signed ON signed.decision_id = vote_tally.decision AND signed.round = vote_tally.round
		AND signed.participant = vote.participant AND signed.signed_for = vote.representative
)
SELECT counted.favour, counted.against, counted.abstained, counted.silent, counted.total,
	vote_tally.day > steering.vote_end(vote_tally.decision, vote_tally.round, vote_tally.body),
	100 * (counted.total - counted.silent) >= body.quorum_percent * counted.total
FROM counted JOIN steering.body ON body.code = vote_tally.body;
END;
REVOKE ALL ON FUNCTION steering.vote_tally(integer, integer, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_tally(integer, integer, text, date) IS
'the votes of a round, whether its last day is over, and whether enough were given, abstentions among them';

-- What is outstanding may go either way, or not come at all; when the round is over it is absent. Fractions are compared by
-- multiplying. A tie of an absolute majority is half of all votes.
CREATE OR REPLACE FUNCTION steering.vote_outcome(decision integer, round integer, body text, majority text, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH tally AS MATERIALIZED (
	SELECT counted.*, CASE WHEN counted.is_over THEN 0 ELSE counted.silent END AS outstanding
	FROM steering.vote_tally(vote_outcome.decision, vote_outcome.round, vote_outcome.body, vote_outcome.day) AS counted
), part AS (
	SELECT CASE WHEN vote_outcome.majority LIKE '%/%' THEN split_part(vote_outcome.majority, '/', 1)::numeric END AS numerator,
		CASE WHEN vote_outcome.majority LIKE '%/%' THEN split_part(vote_outcome.majority, '/', 2)::numeric END AS denominator
)
SELECT CASE
	WHEN tally.has_quorum AND tally.favour > 0 AND CASE vote_outcome.majority
		WHEN 'simple' THEN tally.favour > tally.against + tally.outstanding
		WHEN 'absolute' THEN 2 * tally.favour > tally.total
		WHEN 'unanimous' THEN tally.favour = tally.total
		ELSE part.denominator * tally.favour >= part.numerator * (tally.favour + tally.against + tally.outstanding) END
		THEN 'adopted'
	WHEN tally.has_quorum AND body.tie = 'chair' AND tally.outstanding = 0 AND tally.favour = tally.against AND tally.favour > 0
		AND (vote_outcome.majority = 'simple' OR vote_outcome.majority = 'absolute' AND 2 * tally.favour = tally.total)
		THEN CASE WHEN vote_outcome.round = 1 THEN 'tie' ELSE CASE chair.choice WHEN 'for' THEN 'adopted' WHEN 'against' THEN 'rejected'
			ELSE CASE WHEN vote_outcome.day > steering.vote_end(vote_outcome.decision, 3, vote_outcome.body) THEN 'rejected' ELSE 'chair' END END END
	WHEN CASE vote_outcome.majority
		WHEN 'simple' THEN tally.favour + tally.outstanding < tally.against OR tally.outstanding = 0
		WHEN 'absolute' THEN 2 * (tally.favour + tally.outstanding) < tally.total OR tally.outstanding = 0
		WHEN 'unanimous' THEN tally.against + tally.abstained > 0 OR tally.outstanding = 0
		ELSE part.denominator * (tally.favour + tally.outstanding) < part.numerator * (tally.favour + tally.outstanding + tally.against)
			OR tally.outstanding = 0 END
		THEN 'rejected'
	ELSE 'open' END
FROM tally CROSS JOIN part
JOIN steering.body ON body.code = vote_outcome.body
LEFT JOIN LATERAL (SELECT signed.choice FROM steering.signature_record AS signed
	WHERE signed.decision_id = vote_outcome.decision AND signed.signed_for = body.chair AND signed.choice IN ('for', 'against')
		AND signed.round IN (vote_outcome.round, 3)
	ORDER BY signed.round DESC LIMIT 1) AS chair ON true;
END;
COMMENT ON FUNCTION steering.vote_outcome(integer, integer, text, text, date) IS
'what a vote comes to: adopted or rejected, whatever is outstanding; tie, to be voted again; chair, who is to decide; or open';

-- First what is wrong, and null if nothing is.
CREATE OR REPLACE FUNCTION steering.weigh_signature(decision integer, choice text, participant text, day date)
RETURNS TABLE (state text, message text, hint text, signed_for text, round integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.*, ruling.method AS present_method, ruling.body AS present_body, ruling.needs, ruling.views_days, ruling.majority,
		CASE WHEN ruling.method = 'vote' AND coalesce(weigh_signature.choice NOT IN ('view', 'consent', 'reject'), false)
				AND NOT (weigh_signature.choice = 'abstain' AND steering.is_being_heard(record.decision_id, weigh_signature.day))
			THEN CASE WHEN weigh_signature.participant IS NULL THEN 'chair' ELSE 'vote' END
			WHEN weigh_signature.participant IS NULL AND ruling.method <> 'vote' THEN 'approval' ELSE 'hearing' END AS capacity
	FROM steering.decision_record AS record
	LEFT JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), weigh_signature.day) AS ruling ON true
	WHERE record.decision_id = weigh_signature.decision
	LIMIT 1
), turn AS MATERIALIZED (
	SELECT CASE entry.capacity WHEN 'hearing' THEN 0 WHEN 'chair' THEN 3 ELSE entry.round END AS round FROM entry
), member AS MATERIALIZED (
	SELECT vote.representative
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.present_body, weigh_signature.day) AS vote
	WHERE vote.participant = weigh_signature.participant
), principal AS MATERIALIZED (
	SELECT able.principal, row_number() OVER () AS place
	FROM entry CROSS JOIN LATERAL steering.capacity(session_user, steering.questions_of(entry.decision_id), weigh_signature.day) AS able
	WHERE entry.capacity = 'approval'
	UNION ALL
	SELECT member.representative, 1
	FROM entry CROSS JOIN member
	WHERE entry.capacity IN ('vote', 'hearing') AND member.representative IN (SELECT signatory.principal FROM steering.signatory(session_user, weigh_signature.day))
	UNION ALL
	SELECT body.chair, 1
	FROM entry JOIN steering.body ON body.code = entry.present_body
	WHERE entry.capacity = 'chair' AND body.chair IN (SELECT signatory.principal FROM steering.signatory(session_user, weigh_signature.day))
), free AS (
	SELECT principal.principal
	FROM entry CROSS JOIN principal
	WHERE NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.signed_for = principal.principal
			AND (entry.present_method <> 'vote' OR signed.round = (SELECT turn.round FROM turn)))
	ORDER BY principal.place LIMIT 1
), problem AS (
	SELECT CASE
		WHEN (SELECT count(*) FROM steering.rules_of(steering.questions_of(entry.decision_id), weigh_signature.day)) <> 1
			OR entry.present_method IS NULL
			THEN ARRAY['55000', format('no one rule says how decision %s is decided now', entry.decision_id), 'Withdraw it, and propose it anew.']
		WHEN EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.fingerprint <> steering.fingerprint(entry.act, entry.arguments))
			THEN ARRAY['55000', format('decision %s is not what was signed any more', entry.decision_id), 'Withdraw it, and propose it anew.']
		WHEN entry.present_method = 'record' AND entry.document IS NULL
			THEN ARRAY['55000', format('decision %s was decided elsewhere, and has no document', entry.decision_id),
				'Withdraw it, and propose it anew.']
		WHEN weigh_signature.choice IS NULL
			OR NOT weigh_signature.choice = ANY (CASE entry.capacity WHEN 'approval' THEN ARRAY['approve', 'reject']
				WHEN 'vote' THEN ARRAY['for', 'against', 'abstain'] WHEN 'chair' THEN ARRAY['for', 'against']
				ELSE CASE entry.needs WHEN 'consent' THEN ARRAY['consent', 'view', 'abstain', 'reject'] ELSE ARRAY['view', 'consent', 'abstain'] END END)
			THEN ARRAY['22023', format('choice "%s" does not fit decision %s', coalesce(weigh_signature.choice, 'null'), entry.decision_id),
				CASE entry.capacity WHEN 'approval' THEN 'Who holds a mandate says approve or reject.'
					WHEN 'chair' THEN 'Who votes names his participant, and says for, against or abstain.'
					WHEN 'vote' THEN 'A vote is for, against or abstain.'
					ELSE 'Who is heard names his participant, and gives a view, consents, or abstains.' END]
		WHEN entry.capacity = 'hearing' AND (entry.present_body IS NULL OR entry.views_days = 0 AND entry.needs = 'view')
			THEN ARRAY['22023', format('nobody is heard before decision %s', entry.decision_id), NULL]
		WHEN entry.capacity IN ('vote', 'hearing') AND NOT EXISTS (SELECT FROM member)
			THEN ARRAY['22023', format('participant "%s" is not a member of body "%s"', coalesce(weigh_signature.participant, 'null'), entry.present_body), NULL]
		WHEN entry.capacity = 'chair'
			AND steering.vote_outcome(entry.decision_id, entry.round, entry.present_body, entry.majority, weigh_signature.day) <> 'chair'
			THEN ARRAY['55000', format('decision %s is not a tie that the chair decides', entry.decision_id), 'Who votes names his participant.']
		WHEN EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.functionary = session_user
				AND (entry.present_method <> 'vote' OR signed.round = (SELECT turn.round FROM turn)))
			THEN ARRAY['23S75', format('role "%s" has signed decision %s already', session_user, entry.decision_id),
				'Nobody signs twice, in whatever capacity.']
		WHEN entry.capacity IN ('vote', 'approval') AND steering.is_being_heard(entry.decision_id, weigh_signature.day)
			THEN ARRAY['55000', format('decision %s waits for %s', entry.decision_id, CASE entry.needs WHEN 'consent' THEN 'consents'
					ELSE concat('views', ' through ' || entry.hear_through) END),
				format('The members of body "%s" are heard first: each gives a view, or says by abstain that it has none.', entry.present_body)]
		WHEN entry.capacity IN ('vote', 'chair')
			AND weigh_signature.day > steering.vote_end(entry.decision_id, (SELECT turn.round FROM turn), entry.present_body)
			THEN ARRAY['55000', format('the vote on decision %s was open through %s', entry.decision_id,
					steering.vote_end(entry.decision_id, (SELECT turn.round FROM turn), entry.present_body)),
				'steering.close_decision() counts the votes that were given.']
		WHEN NOT EXISTS (SELECT FROM principal)
			THEN ARRAY['23S75', format('role "%s" may not sign decision %s%s', session_user, entry.decision_id,
					CASE entry.capacity WHEN 'approval' THEN '' WHEN 'chair' THEN ' as chair' ELSE format(' for participant "%s"', weigh_signature.participant) END),
				CASE entry.capacity WHEN 'approval' THEN (SELECT steering.deciding_hint(asked, weigh_signature.day)
						FROM unnest(steering.questions_of(entry.decision_id)) AS asked LIMIT 1)
					ELSE 'Its representative signs, or who is deputy of that.' END]
		WHEN NOT EXISTS (SELECT FROM free)
			THEN ARRAY['23S75', format('the signature of "%s" under decision %s is given already', (SELECT principal.principal FROM principal ORDER BY principal.place LIMIT 1),
					entry.decision_id), 'A signature of a deputy is that of his principal.']
		END AS told
	FROM entry
)
SELECT problem.told[1], problem.told[2], problem.told[3], (SELECT free.principal FROM free), (SELECT turn.round FROM turn)
FROM problem;
END;
COMMENT ON FUNCTION steering.weigh_signature(integer, text, text, date) IS
'may who has logged in sign a decision so? state, message and hint: he may not; else for whom it is, and in which round';

-- A consent binds: who says nothing by the last day has not given it, nor has who gave a view alone.
CREATE FUNCTION steering.closing_outcome(decision integer, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN ruling.needs = 'consent' AND steering.is_being_heard(entry.decision_id, closing_outcome.day)
		AND (entry.hear_through < closing_outcome.day OR (
			SELECT bool_and(EXISTS (SELECT FROM steering.signature_record AS signed
				WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = vote.participant))
			FROM steering.body_vote(ruling.body, closing_outcome.day) AS vote))
	THEN 'rejected' ELSE (SELECT now.outcome
		FROM (SELECT steering.decision_outcome(entry.decision_id, steering.questions_of(entry.decision_id), closing_outcome.day) AS outcome) AS now
		WHERE now.outcome IN ('rejected', 'tie') OR now.outcome = 'adopted' AND ruling.method = 'vote') END
FROM steering.decision_record AS entry
LEFT JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), closing_outcome.day) AS ruling ON true
WHERE entry.decision_id = closing_outcome.decision
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.closing_outcome(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.closing_outcome(integer, date) IS
'what a decision comes to on a day without another signature: rejected, also where a consent is missing that has no days left or that a view was given for, adopted (a vote alone), or a tie; null: it is open';

CREATE FUNCTION steering.why_rejected(decision integer, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE
	WHEN signed.choice = 'reject' THEN format('rejected by %s', quote_ident(signed.functionary))
	WHEN ruling.needs = 'consent' AND steering.is_being_heard(entry.decision_id, why_rejected.day) THEN 'a consent is missing'
	WHEN ruling.method = 'vote' THEN concat(CASE WHEN NOT tally.has_quorum THEN format('no quorum of %s percent: ', trim_scale(body.quorum_percent)) END,
		format('%s for, %s against, %s abstained, %s not given', trim_scale(tally.favour), trim_scale(tally.against), trim_scale(tally.abstained),
			trim_scale(tally.silent)), CASE WHEN tally.has_quorum THEN format('; majority %s', ruling.majority) END) END
FROM steering.decision_record AS entry
LEFT JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), why_rejected.day) AS ruling ON true
LEFT JOIN steering.body ON body.code = ruling.body
LEFT JOIN LATERAL steering.vote_tally(entry.decision_id, entry.round, ruling.body, why_rejected.day) AS tally ON ruling.method = 'vote'
LEFT JOIN LATERAL (SELECT given.choice, given.functionary FROM steering.signature_record AS given
	WHERE given.decision_id = entry.decision_id AND given.choice = 'reject' LIMIT 1) AS signed ON true
WHERE entry.decision_id = why_rejected.decision
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.why_rejected(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.why_rejected(integer, date) IS 'why a decision is rejected: by whom, what consent is missing, or how the votes went';

CREATE FUNCTION steering.close_decision(decision integer) RETURNS text
AS 'MODULE_PATHNAME', 'steering_close_decision'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.close_decision(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_decision(integer) IS
'ends a decision whose days are over, and returns its state: of a vote, who has not voted is absent, and what was given counts: without a quorum it is rejected, a first tie is voted again, and what is adopted is done; where a consent is missing it is rejected. The decision says how it went (outcome). Errors: 22004 null, 42704 no such decision, 55000 it is not open, or its days are not over, those of the act';

CREATE OR REPLACE FUNCTION steering.waiting_for(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.decision_id, record.round, record.participant, steering.decision_day() AS day,
		steering.is_being_heard(record.decision_id, steering.decision_day()) AS is_being_heard, ruling.*
	FROM steering.decision_record AS record
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), steering.decision_day()) AS ruling
	WHERE record.state = 'open'
), vote AS MATERIALIZED (
	SELECT entry.*, steering.vote_outcome(entry.decision_id, entry.round, entry.body, entry.majority, entry.day) AS outcome
	FROM entry WHERE entry.method = 'vote' AND NOT entry.is_being_heard
), wanted AS (
	SELECT entry.decision_id, entry.day, member.representative AS principal, entry.needs AS choice, member.participant, entry.participant AS about,
		0 AS turn
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.body, entry.day) AS member
	WHERE entry.is_being_heard AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = member.participant)
	UNION ALL
	SELECT vote.decision_id, vote.day, member.representative, 'for, against or abstain', member.participant, vote.participant, vote.round
	FROM vote CROSS JOIN LATERAL steering.body_vote(vote.body, vote.day) AS member
	WHERE vote.day <= steering.vote_end(vote.decision_id, vote.round, vote.body) AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = vote.decision_id AND signed.round = vote.round AND signed.participant = member.participant)
	UNION ALL
	SELECT vote.decision_id, vote.day, body.chair, 'for or against, as chair', NULL, vote.participant, 3
	FROM vote JOIN steering.body ON body.code = vote.body
	WHERE vote.outcome = 'chair'
	UNION ALL
	SELECT entry.decision_id, entry.day, able.principal, 'approve or reject', NULL, entry.participant, NULL
	FROM entry
	CROSS JOIN (SELECT DISTINCT mandate.functionary FROM steering.mandate) AS holder
	CROSS JOIN LATERAL steering.capacity(holder.functionary, steering.questions_of(entry.decision_id), entry.day) AS able
	WHERE entry.method <> 'vote' AND NOT entry.is_being_heard AND able.principal = holder.functionary
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.signed_for = able.principal)
)
SELECT wanted.decision_id, person.functionary, wanted.principal, wanted.choice, wanted.participant
FROM wanted
CROSS JOIN LATERAL (SELECT wanted.principal AS functionary
	UNION ALL SELECT deputy.deputy FROM steering.deputy WHERE deputy.functionary = wanted.principal AND deputy.during @> wanted.day) AS person
WHERE pg_has_role(session_user, waiting_for.reader, 'MEMBER')
	AND (person.functionary = waiting_for.reader OR steering.may_read_of(waiting_for.reader, wanted.about))
	AND NOT EXISTS (SELECT FROM steering.signature_record AS signed JOIN entry ON entry.decision_id = signed.decision_id
		WHERE signed.decision_id = wanted.decision_id AND signed.functionary = person.functionary
			AND (entry.method <> 'vote' OR signed.round = wanted.turn));
END;
COMMENT ON FUNCTION steering.waiting_for(name) IS 'whose signatures are wanted, as far as a role may know that who has logged in is, or may become';

CREATE OR REPLACE VIEW steering.decision_problem AS
SELECT named.subject, 'role missing' AS problem,
	format('%s is no role: it gives nobody a right.', quote_ident(named.role)) AS detail, named.hint
FROM (
	SELECT format('mandate %s', mandate.mandate_id) AS subject, mandate.functionary AS role,
		format('create the role, or SELECT steering.revoke_mandate(%s, ''...'')', mandate.mandate_id) AS hint
	FROM steering.mandate
	WHERE mandate.revoked_on IS NULL AND (upper_inf(mandate.during) OR upper(mandate.during) > steering.decision_day())
	UNION ALL
	SELECT format('deputy of %s', quote_ident(deputy.functionary)), role.name, 'create the role, or name another with steering.set_deputy()'
	FROM steering.deputy CROSS JOIN LATERAL (VALUES (deputy.functionary), (deputy.deputy)) AS role (name)
	WHERE upper_inf(deputy.during) OR upper(deputy.during) > steering.decision_day()
	UNION ALL
	SELECT format('body "%s"', body.code), body.chair, 'create the role, or name another chair with steering.set_body()'
	FROM steering.body WHERE body.chair IS NOT NULL
	UNION ALL
	SELECT format('body "%s"', member.body), member.representative, 'create the role, or name another with steering.set_body_member()'
	FROM steering.body_member AS member
	WHERE upper_inf(member.during) OR upper(member.during) > steering.decision_day()
) AS named
WHERE NOT steering.is_role(named.role)
UNION ALL
SELECT format('body "%s"', conflict.body), 'votes out of proportion', format('%s. %s', conflict.message, conflict.detail), conflict.hint
FROM steering.body_conflict AS conflict
UNION ALL
SELECT format('body "%s"', member.body), 'participant missing',
	format('Its member "%s" is not in the register: it has no votes.', member.participant), 'add it to steering.participant'
FROM steering.body_member AS member
WHERE NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = member.participant)
UNION ALL
SELECT format('decision %s', entry.decision_id), 'days are over', 'It waits for nobody any more, and is still open.',
	format('SELECT steering.close_decision(%s)', entry.decision_id)
FROM steering.decision_record AS entry
WHERE entry.state = 'open' AND steering.closing_outcome(entry.decision_id, steering.decision_day()) IS NOT NULL
UNION ALL
SELECT format('rule %s', rule.rule_id), 'nobody can decide',
	format('Act "%s" cannot be decided by it now: %s.', named.act, CASE WHEN rule.method = 'vote' THEN format('body "%s" has no votes', rule.body)
		WHEN rule.method = 'dual' THEN 'it takes two holders of a mandate for it' ELSE 'it takes a holder of a mandate for it' END),
	CASE WHEN rule.method = 'vote' THEN 'name members with steering.set_body_member()' ELSE 'give mandates with steering.set_mandate(), or set another rule' END
FROM steering.rule CROSS JOIN LATERAL unnest(rule.acts) AS named (act)
WHERE rule.during @> steering.decision_day()
	AND CASE rule.method
		WHEN 'vote' THEN NOT EXISTS (SELECT FROM steering.body_vote(rule.body, steering.decision_day()) AS vote
			WHERE vote.votes > 0 AND steering.is_role(vote.representative))
		ELSE (SELECT count(DISTINCT held.holder)
			FROM steering.mandate_on(steering.decision_day()) AS held
			WHERE named.act = ANY (held.acts) AND held.amount_limit >= lower(rule.amounts)) < CASE rule.method WHEN 'dual' THEN 2 ELSE 1 END END
UNION ALL
SELECT format('rule %s', rule.rule_id), 'nobody to be heard',
	format('Body "%s" has no members now: %s.', rule.body, CASE rule.needs WHEN 'consent' THEN 'nobody can give the consents that it takes'
		ELSE 'nobody can give or waive a view, and decisions wait for their last day' END),
	'name members with steering.set_body_member(), or set another rule'
FROM steering.rule
WHERE rule.during @> steering.decision_day() AND rule.method <> 'vote' AND (rule.views_days > 0 OR rule.needs = 'consent')
	AND NOT EXISTS (SELECT FROM steering.body_vote(rule.body, steering.decision_day()))
UNION ALL
SELECT format('rule %s', rule.rule_id), 'scope missing',
	format('It is for %s, which the register does not have: it is for nothing.', missing.what), format('SELECT steering.drop_rule(%s)', rule.rule_id)
FROM steering.rule
CROSS JOIN LATERAL (
	SELECT format('service "%s"', rule.service) WHERE rule.service IS NOT NULL
		AND NOT EXISTS (SELECT FROM steering.service WHERE service.code = rule.service)
	UNION ALL
	SELECT format('participant "%s"', rule.participant) WHERE rule.participant IS NOT NULL
		AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = rule.participant)) AS missing (what)
UNION ALL
SELECT pg_trigger.tgrelid::regclass::text, 'acts not asked about', format('Trigger %I does not fire: what is changed here needs no mandate, and is not recorded.', pg_trigger.tgname),
	format('ALTER TABLE %s ENABLE TRIGGER %I', pg_trigger.tgrelid::regclass, pg_trigger.tgname)
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid = 'steering.guard_act'::regproc AND pg_trigger.tgenabled NOT IN ('O', 'A') AND EXISTS (SELECT FROM steering.rule);
COMMENT ON VIEW steering.decision_problem IS 'health(): roles of mandates and bodies that are gone, votes out of proportion, rules by which nobody can decide or be heard, and decisions whose days are over';
COMMENT ON COLUMN steering.decision_problem.subject IS 'a mandate, deputy, body, decision or rule';
COMMENT ON COLUMN steering.decision_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.decision_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.decision_problem.hint IS 'what to do';

CREATE FUNCTION steering.question_of_source(was steering.source, becomes steering.source) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- One that was restored without its table, and now has it, was attached before. How a mapping is written decides nothing.
-- Tables of ours become sources with the first reservation.
SELECT CASE WHEN becomes.source_id IS NULL THEN 'detach' ELSE 'attach' END, NULL, NULL, NULL::numeric,
	jsonb_strip_nulls(to_jsonb(line) - 'source_id')
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.source_id IS NOT NULL
	AND NOT EXISTS (SELECT FROM steering.missing_table WHERE missing_table.is_source AND missing_table.source_id = becomes.source_id)
	AND line.relation::oid NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass);
END;
REVOKE ALL ON FUNCTION steering.question_of_source(steering.source, steering.source) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_source(steering.source, steering.source) IS 'attach, detach: also where its table is dropped';
CREATE TRIGGER guard_act
	AFTER INSERT OR DELETE ON steering.source
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_source');

CREATE FUNCTION steering.question_of_missing_table(was steering.missing_table, becomes steering.missing_table) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'detach', NULL, NULL, NULL::numeric, jsonb_build_object('relation', was.relation)
WHERE was.is_source AND NOT EXISTS (SELECT FROM steering.source WHERE source.source_id = was.source_id);
END;
REVOKE ALL ON FUNCTION steering.question_of_missing_table(steering.missing_table, steering.missing_table) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_missing_table(steering.missing_table, steering.missing_table) IS 'detach, of a source that was restored without its table';
CREATE TRIGGER guard_act
	AFTER DELETE ON steering.missing_table
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_missing_table');

CREATE FUNCTION steering.set_alias(kind text, value text, code text, source regclass DEFAULT NULL, during steering.day_range DEFAULT '(,)')
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(set_alias.kind IS NOT NULL, 'kind'), steering.require_given(set_alias.value IS NOT NULL, 'value'),
	steering.require_given(set_alias.code IS NOT NULL, 'code'), steering.require_days(set_alias.during::daterange);
UPDATE steering.alias AS standing SET code = set_alias.code
WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
	AND standing.during = set_alias.during::daterange;
INSERT INTO steering.alias (source, kind, value, code, during)
SELECT set_alias.source, set_alias.kind, set_alias.value, set_alias.code, set_alias.during::daterange
WHERE NOT EXISTS (SELECT FROM steering.alias AS standing
	WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
		AND standing.during = set_alias.during::daterange);
SELECT standing.alias_id FROM steering.alias AS standing
WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
	AND standing.during = set_alias.during::daterange;
END;
REVOKE ALL ON FUNCTION steering.set_alias(text, text, text, regclass, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_alias(text, text, text, regclass, steering.day_range) IS
'says what a value of finance tables means, of one source or of all (null), on these days; that of the same value, source and days is replaced; returns its number. Errors: 22004 null, 22023 empty range; those of the table: 23514 unknown kind, 23503 unknown code, 23P01 another one holds on some of these days';

CREATE FUNCTION steering.drop_alias(alias integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.alias AS standing WHERE standing.alias_id = drop_alias.alias RETURNING standing.alias_id
)
SELECT steering.require_found(count(*), concat('alias ', coalesce(drop_alias.alias::text, 'null'))) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_alias(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_alias(integer) IS 'ends an alias. Errors: 42704 there is no such alias, 23S71 to 23S74 of the bookings that then mean something else';

-- Both what it meant and what it means are asked about. That its table is dropped, and another of that name is attached, changes neither.
CREATE FUNCTION steering.question_of_alias(was steering.alias, becomes steering.alias) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT DISTINCT CASE WHEN becomes.alias_id IS NULL THEN 'drop_alias' ELSE 'set_alias' END,
	CASE line.kind WHEN 'service' THEN line.code END, CASE line.kind WHEN 'participant' THEN line.code END, NULL::numeric,
	to_jsonb(CASE WHEN becomes.alias_id IS NULL THEN was ELSE becomes END) - 'alias_id'
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.alias_id IS NOT NULL
	AND (to_jsonb(was) - '{source,missing}'::text[] IS DISTINCT FROM to_jsonb(becomes) - '{source,missing}'::text[]
		OR coalesce(was.missing, was.source::text) IS DISTINCT FROM coalesce(becomes.missing, becomes.source::text)
		AND NOT (was.missing IS NULL AND was.source::oid IS NOT DISTINCT FROM becomes.source::oid));
END;
REVOKE ALL ON FUNCTION steering.question_of_alias(steering.alias, steering.alias) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_alias(steering.alias, steering.alias) IS 'set_alias, drop_alias';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.alias
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_alias');

-- Of most tables each row is one act, without an amount. Columns that number something are told by code, or not at all. What is a part
-- of an indicator or a key goes with it, and is not asked about then.
CREATE FUNCTION steering.plain_question(was jsonb, becomes jsonb, set_act text, drop_act text) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN plain_question.becomes IS NULL THEN plain_question.drop_act ELSE plain_question.set_act END,
	coalesce(steering.service_code((line.entry ->> 'service_id')::integer), indicator.service),
	coalesce(steering.participant_code((line.entry ->> 'participant_id')::integer), line.entry ->> 'participant'), NULL::numeric,
	(SELECT jsonb_object_agg(field.key, field.value) FROM jsonb_each(line.entry) AS field WHERE field.key !~ '_id$|^(first|end)_day$')
		|| CASE WHEN line.entry ? 'end_day' THEN jsonb_build_object('period', steering.name_period(daterange((line.entry ->> 'first_day')::date,
			(line.entry ->> 'end_day')::date))) ELSE '{}' END
		|| CASE WHEN indicator.code IS NULL THEN '{}' ELSE jsonb_build_object('indicator', indicator.code) END
		|| CASE WHEN key.code IS NULL THEN '{}' ELSE jsonb_build_object('key', key.code) END
FROM (SELECT coalesce(plain_question.becomes, plain_question.was) AS entry) AS line
CROSS JOIN LATERAL (SELECT NOT line.entry ? 'code' AND line.entry ? 'indicator_id' AS of_indicator, NOT line.entry ? 'code' AND line.entry ? 'key_id' AS of_key) AS part
LEFT JOIN LATERAL steering.indicator_scope((line.entry ->> 'indicator_id')::integer) AS indicator ON part.of_indicator
LEFT JOIN LATERAL (SELECT steering.key_code((line.entry ->> 'key_id')::integer) AS code) AS key ON part.of_key
WHERE plain_question.was IS DISTINCT FROM plain_question.becomes
	AND (indicator.code IS NOT NULL OR NOT part.of_indicator) AND (key.code IS NOT NULL OR NOT part.of_key);
END;
REVOKE ALL ON FUNCTION steering.plain_question(jsonb, jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.plain_question(jsonb, jsonb, text, text) IS
'the act that a change of a row is, of a table whose acts have no amount: set_act, or drop_act where the row is gone';

DROP TRIGGER guard_act ON steering.risk;
DROP FUNCTION steering.question_of_risk(steering.risk, steering.risk);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.risk
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_risk', 'drop_risk');

DROP TRIGGER guard_act ON steering.allocation_key;
DROP FUNCTION steering.question_of_allocation_key(steering.allocation_key, steering.allocation_key);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_key
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_allocation_key', 'drop_allocation_key');

DROP TRIGGER guard_act ON steering.allocation_weight;
DROP FUNCTION steering.question_of_allocation_weight(steering.allocation_weight, steering.allocation_weight);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_weight
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_key_weight', 'drop_key_weight');

DROP TRIGGER guard_act ON steering.allocation_rule;
DROP FUNCTION steering.question_of_allocation_rule(steering.allocation_rule, steering.allocation_rule);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_allocation_rule', 'drop_allocation_rule');

DROP TRIGGER guard_act ON steering.result_share;
DROP FUNCTION steering.question_of_result_share(steering.result_share, steering.result_share);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.result_share
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_result_share', 'drop_result_share');

DROP TRIGGER guard_act ON steering.indicator;
DROP FUNCTION steering.question_of_indicator(steering.indicator, steering.indicator);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.indicator
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_indicator', 'drop_indicator');

DROP TRIGGER guard_act ON steering.target;
DROP FUNCTION steering.question_of_target(steering.target, steering.target);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.target
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_target', 'set_target');

DROP TRIGGER guard_act ON steering.measurement;
DROP FUNCTION steering.question_of_measurement(steering.measurement, steering.measurement);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.measurement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_measurement', 'set_measurement');

DROP TRIGGER guard_act ON steering.incentive;
DROP FUNCTION steering.question_of_incentive(steering.incentive, steering.incentive);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.incentive
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_incentive', 'drop_incentive');

DROP TRIGGER guard_act ON steering.deputy;
DROP FUNCTION steering.question_of_deputy(steering.deputy, steering.deputy);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.deputy
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_deputy', 'set_deputy');

DROP TRIGGER guard_act ON steering.body;
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.body
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_body', 'set_body');

DROP TRIGGER guard_act ON steering.body_member;
DROP FUNCTION steering.question_of_body_member(steering.body_member, steering.body_member);
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.body_member
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_body_member', 'set_body_member');

DROP FUNCTION steering.decided_lately(text, text, text, text, date, integer);
DROP FUNCTION steering.weigh_act(steering.act_question, date);
COMMENT ON COLUMN steering.rule.window_days IS 'what one functionary decides for the same service and participant within so many days, by whatever acts, is one act; 0: each is one';
COMMENT ON COLUMN steering.decision.amount IS 'money; of several the largest; null: it has none, or who proposed it may not read it';

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
		'hear_through', entry.hear_through, 'vote_from', entry.vote_from, 'proposed_at', steering.utc_text(entry.proposed_at),
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


-- Where bookings cannot be read, a cap over a part of a month counts as full.
DROP FUNCTION steering.cap_tally(integer[]);
-- Whole months of a cap come from the cells. Months that it covers in part are read from the finance
-- tables, in one pass for all caps, and only of sources that have bookings in them at all. Of a source that
-- cannot be read, or that was restored without its table, nobody knows on which days of the month its bookings are:
-- it counts with the sum of the month of each service and participant that is above zero. Where that is the sum of
-- several bookings, even more may count, since others of them may be negative and on other days: then the cap counts as
-- full, and not less than before. Compiling the query would take longer than running it.
CREATE FUNCTION steering.cap_tally(caps integer[])
RETURNS TABLE (cap_id integer, used steering.amount, estimated boolean, unknown_of integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric,
		lower(cap.during) AS first_day, upper(cap.during) AS end_day, steering.blocks_at(cap.ladder, cap.amount) AS blocks_at,
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
	SELECT month.cap_id, steering.sum(greatest(month.used, 0::steering.amount)) AS used,
		min(month.source_id) FILTER (WHERE month.bookings > 1) AS unknown_of
	FROM (SELECT row_read.source_id FROM row_read WHERE row_read.unreadable
		  UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source) AS unread
	CROSS JOIN LATERAL (
		SELECT wanted.cap_id, unread.source_id, sum(usage_cell.bookings) AS bookings,
			steering.sum(steering.metric_part(wanted.metric, usage_cell.amount, usage_cell.volume)) AS used
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
	CASE WHEN month_usage.unknown_of IS NULL THEN sums.used
		ELSE greatest(sums.used, wanted.blocks_at, (
			SELECT steering.sum(cap_counter.used) FROM steering.cap_counter WHERE cap_counter.cap_id = wanted.cap_id)) END,
	month_usage.cap_id IS NOT NULL, month_usage.unknown_of
FROM wanted
LEFT JOIN cell_usage ON cell_usage.cap_id = wanted.cap_id
LEFT JOIN row_usage ON row_usage.cap_id = wanted.cap_id
LEFT JOIN month_usage ON month_usage.cap_id = wanted.cap_id
CROSS JOIN LATERAL (
	SELECT coalesce(cell_usage.used, 0::steering.amount) OPERATOR(steering.+) coalesce(row_usage.used, 0::steering.amount)
		OPERATOR(steering.+) coalesce(month_usage.used, 0::steering.amount) AS used
) AS sums;
END;
REVOKE ALL ON FUNCTION steering.cap_tally(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_tally(integer[]) IS 'usage of these caps, counted anew from the months'' sums and the bookings; estimated: some of these could not be read; unknown_of: number of a source because of which nobody knows how much is used, so that the cap counts as full (null: none)';
COMMENT ON FUNCTION steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean) IS
'creates a cap, or revises the one with the same service, participant, metric and range; returns its number. Without a ladder a new cap blocks at 100% and another keeps its own. A limit below usage is refused (23S71, 23S72) if the ladder blocks, unless accept_overrun. Other errors: 22004 null, 22023 unknown code, metric or range, more than four decimals, 22003 amount, 22P02 ladder, 55000 bookings cannot be read that the range holds a month of in part, unless accept_overrun, 40001 concurrent change. A notice says so where the range is not whole months';

COMMENT ON FUNCTION steering.reattach(regclass) IS
'puts a source in order after what its triggers and event triggers could not see: takes in and lets go tables, makes triggers and rules that are missing, counts all rows anew. Attaches a table that has the name of a source which was dropped, by the mapping that it had. No cap refuses that. Only the owner of the table may. Waits for all bookings. Errors: 42501 not the owner, or the table that was dropped had another, 42704 no source, 0A000 a function merges into a partitioned table of it, 22004 null, 23S74 bookings in a closed period would change, 40001 concurrent change; those of attach() for a table that was dropped';

COMMENT ON FUNCTION steering.follow_drop() IS
'ends sources whose table was dropped, keeps their mapping as an event and warns (01S71), and recounts those of which a part was dropped, by reading what is left: DETACH PARTITION before DROP TABLE reads only what goes. Refuses what would break a mapping (2BP01)';

COMMENT ON FUNCTION steering.detach_missing(text) IS
'ends a source whose table was missing where a dump was restored, by the name that health() gives: its bookings count no more. Waits for all bookings. Of one whose table was dropped it forgets the mapping, so that a table of its name is a plain one. Errors: 22004 null, 42704 no such source, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 40001 concurrent change';

COMMENT ON FUNCTION steering.follow_ddl() IS
'takes in tables that became part of a source and lets go those that ceased to be, counting their rows; recounts a source whose values were rewritten; refuses what would break a mapping (2BP01); with sp71_steering.attach_again attaches tables that have got the name of a source which was dropped';

CREATE OR REPLACE VIEW steering.cap_status WITH (security_barrier) AS
SELECT cap.cap_id,
	service.code AS service,
	participant.code AS participant,
	cap.metric,
	lower(cap.during) AS valid_from,
	upper(cap.during) - 1 AS valid_to,
	cap.amount::numeric AS amount,
	counter.used::numeric - coalesce(expired_by_cap.expired, 0) AS used,
	round(100 * (counter.used::numeric - coalesce(expired_by_cap.expired, 0)) / nullif(cap.amount::numeric, 0), 2) AS used_percent,
	steering.blocks_at(cap.ladder, cap.amount)::numeric AS blocks_at,
	steering.blocks_at(cap.ladder, cap.amount)::numeric - counter.used::numeric + coalesce(expired_by_cap.expired, 0) AS headroom,
	CASE WHEN expired_by_cap.expired IS NULL THEN steering.step_at(cap.ladder, cap.amount, counter.used)
		ELSE steering.step_at(cap.ladder, cap.amount, (counter.used::numeric - expired_by_cap.expired)::steering.amount) END AS step,
	cap.ladder::text AS ladder,
	coalesce(override_by_cap.room, 0) AS override_room
FROM steering.cap
JOIN steering.service ON service.service_id = cap.service_id
JOIN steering.participant ON participant.participant_id = cap.participant_id
LEFT JOIN steering.cap_usage AS counter ON counter.cap_id = cap.cap_id
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap.cap_id
LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = cap.cap_id
WHERE cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
COMMENT ON COLUMN steering.cap_status.used IS 'what the bookings use of it, without reservations that have expired';
COMMENT ON COLUMN steering.cap_status.override_room IS 'what overrides let bookings draw now above blocks_at, or above used where that is more';
COMMENT ON COLUMN steering.cap_status.override_room IS 'what overrides let bookings draw now above blocks_at, or above used where that is more';

CREATE OR REPLACE VIEW steering.cap_problem AS
SELECT format('cap %s', cap_status.cap_id) AS subject, 'overrun' AS problem,
    format('The %s cap of service "%s" for participant "%s" blocks above %s, and %s is used.', cap_status.metric,
           cap_status.service, cap_status.participant, cap_status.blocks_at, cap_status.used) AS detail,
    'raise it with steering.set_cap(), or lower its bookings' AS hint
FROM steering.cap_status
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap_status.cap_id
WHERE cap_status.used > cap_status.blocks_at + coalesce(override_by_cap.drawn, 0);

-- What happens to overrides is an event.
ALTER TABLE steering.event_log DROP CONSTRAINT event_kind_check;
ALTER TABLE steering.event_log ADD CONSTRAINT event_kind_check
	CHECK (kind IN ('created', 'revised', 'dropped', 'granted', 'revoked', 'notify', 'warn', 'drawn'));
COMMENT ON COLUMN steering.event_log.kind IS 'created, revised, dropped: a decision on a cap; granted, revoked: on an override of it; notify, warn: a step of its ladder was crossed upwards; drawn: a booking drew of an override';
COMMENT ON COLUMN steering.event.kind IS 'created, revised, dropped: a decision on a cap; granted, revoked: on an override of it; notify, warn: a step of its ladder was crossed upwards; drawn: a booking drew of an override';
COMMENT ON COLUMN steering.event_log.threshold IS 'usage at which the crossed step acts, or above which an override was drawn; null for decisions';
COMMENT ON COLUMN steering.event.threshold IS 'usage at which the crossed step acts, or above which an override was drawn; null for decisions';
COMMENT ON COLUMN steering.event_log.reason IS 'the reason that was given for a decision; of overrides which one, and how much';
COMMENT ON COLUMN steering.event.reason IS 'the reason that was given for a decision; of overrides which one, and how much';

CREATE OR REPLACE VIEW steering.mapping_problem AS
SELECT source.relation::text AS subject, 'mapping not fixed' AS problem,
	'What its expressions mean is looked up anew in each session: since pg_upgrade or a restore, or because they have no meaning any more.' AS detail,
	format('SELECT steering.fix_mappings(), and where that is not enough SELECT steering.reattach(%L)', source.relation::text) AS hint
FROM steering.source
WHERE source.relation::oid NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass)
	AND NOT EXISTS (
	SELECT FROM steering.mapping
	WHERE mapping.source_id = source.source_id
		AND (mapping.catalog_version, mapping.system_identifier) IN (
			SELECT control.catalog_version_no, control.system_identifier FROM pg_catalog.pg_control_system() AS control))
UNION ALL
SELECT source.relation::text, 'mapping changed',
	format(CASE WHEN mapping_change.certain THEN 'It was counted by another %s than there is now, unseen.'
		ELSE 'The text of a function that it calls may name %s, which is not what it was when it was counted.' END,
		mapping_change.object),
	format('SELECT steering.reattach(%L)', source.relation::text)
FROM steering.mapping_change JOIN steering.source ON source.source_id = mapping_change.source_id;

-- Parts of an act that changes several caps are not asked about one by one.
CREATE OR REPLACE FUNCTION steering.question_of_cap(was steering.cap, becomes steering.cap) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
-- What a ladder lets through above the limit counts as well, and one that does not block has no end. A new cap lets through
-- what was not there: a booking may need a cap.
SELECT 'set_cap', steering.service_code(becomes.service_id), steering.participant_code(becomes.participant_id),
	CASE WHEN becomes.metric = 'budget' THEN greatest(0, becomes.amount::numeric - coalesce(was.amount::numeric, 0),
		CASE WHEN was.cap_id IS NULL OR steering.blocks_at(was.ladder, was.amount) IS NOT NULL
			THEN coalesce(steering.blocks_at(becomes.ladder, becomes.amount)::numeric, 'Infinity')
				- coalesce(steering.blocks_at(was.ladder, was.amount)::numeric, 0) END) END,
	jsonb_build_object('cap', becomes.cap_id, 'metric', becomes.metric, 'during', becomes.during::text, 'amount', becomes.amount::numeric,
		'ladder', becomes.ladder::text)
WHERE becomes.cap_id IS NOT NULL AND NOT steering.is_part_of_act()
	AND (was.cap_id IS NULL OR (was.amount::numeric, was.ladder::text) IS DISTINCT FROM (becomes.amount::numeric, becomes.ladder::text))
UNION ALL
SELECT 'drop_cap', steering.service_code(was.service_id), steering.participant_code(was.participant_id), NULL::numeric,
	jsonb_build_object('cap', was.cap_id, 'metric', was.metric, 'during', was.during::text, 'amount', was.amount::numeric)
WHERE becomes.cap_id IS NULL;
END;
COMMENT ON FUNCTION steering.question_of_cap(steering.cap, steering.cap) IS 'set_cap: by how much the limit, or what the ladder lets through, goes up; drop_cap; nothing of a part of another act';

-- verify() compares booking tables with their queries.
COMMENT ON COLUMN steering.difference.what IS 'cap, usage, source, or query';
COMMENT ON COLUMN steering.difference.measure IS 'used, revision; amount, volume, bookings; unreadable; differences';
COMMENT ON FUNCTION steering.verify() IS
'where stored usage differs from the bookings, which it counts row by row; no row is right. What: cap (used: usage; revision: does the counter belong to the cap as it is) or usage (amount, volume, bookings of a month; no service: rows that are ignored), or source (unreadable: health() says why; what is stored of it is taken as it is, and nothing is said of caps over a part of a month with bookings of it), or query (differences: rows of a booking table that are not what its query says; unreadable: it cannot be told). A null under stored is a cap without counter, under actual a counter without cap. Difference is actual minus stored: what repair() adds';

-- detach() and reattach() know queries, and fix_mappings() fixes them too.
CREATE OR REPLACE FUNCTION steering.reattach(source regclass) RETURNS void
AS 'MODULE_PATHNAME', 'steering_reattach_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE OR REPLACE FUNCTION steering.detach(source regclass) RETURNS void
AS 'MODULE_PATHNAME', 'steering_detach_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE OR REPLACE FUNCTION steering.fix_mappings() RETURNS integer
AS 'MODULE_PATHNAME', 'steering_fix_meanings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION steering.fix_mappings() IS
'fixes the meaning of every mapping and query that has none fixed, as its text has it now: after pg_upgrade, or where event triggers did not fire when a dump was restored. Calls no function of a mapping and counts no row. Returns how many could not be fixed, of which health() tells';

-- Partitioned tables that a query reads keep MERGE away too.
CREATE OR REPLACE VIEW steering.merge_problem AS
SELECT source_tree.relation::text AS subject,
	CASE WHEN pg_rewrite.oid IS NULL THEN 'rule missing'
		WHEN pg_rewrite.ev_enabled = 'D' THEN 'rule disabled'
		ELSE 'rule holds for replication only' END AS problem,
	'MERGE into this table is not refused, for want of rule sp71_steering_no_merge, and PostgreSQL does not tell triggers all it changes.' AS detail,
	CASE WHEN pg_rewrite.oid IS NULL
		THEN format('SELECT steering.reattach(%L)', source.relation)
		ELSE format('ALTER TABLE %s ENABLE RULE sp71_steering_no_merge; then SELECT steering.repair()', source_tree.relation)
	END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
JOIN pg_catalog.pg_class ON pg_class.oid = source_tree.relation AND pg_class.relkind = 'p'
LEFT JOIN pg_catalog.pg_rewrite ON pg_rewrite.ev_class = source_tree.relation AND pg_rewrite.rulename = 'sp71_steering_no_merge'
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
	AND (pg_rewrite.oid IS NULL OR pg_rewrite.ev_enabled NOT IN ('O', 'A'))
UNION ALL
SELECT pg_class.oid::regclass::text, CASE WHEN pg_rewrite.oid IS NULL THEN 'rule missing' ELSE 'rule disabled' END,
	'A query reads it. MERGE into it is not refused, for want of rule sp71_steering_no_merge, and PostgreSQL does not tell triggers all it changes.',
	CASE WHEN pg_rewrite.oid IS NULL THEN 'SELECT steering.reattach() of the booking table of the query'
		ELSE format('ALTER TABLE %s ENABLE RULE sp71_steering_no_merge; then SELECT steering.repair()', pg_class.oid::regclass) END
FROM pg_catalog.pg_class
LEFT JOIN pg_catalog.pg_rewrite ON pg_rewrite.ev_class = pg_class.oid AND pg_rewrite.rulename = 'sp71_steering_no_merge'
WHERE pg_class.relkind = 'p'
	AND pg_class.oid IN (SELECT pg_trigger.tgrelid FROM pg_catalog.pg_trigger WHERE pg_trigger.tgfoid = to_regproc('steering.follow_query'))
	AND pg_class.oid NOT IN (SELECT source_tree.relation FROM steering.source_tree)
	AND (pg_rewrite.oid IS NULL OR pg_rewrite.ev_enabled NOT IN ('O', 'A'))
UNION ALL
SELECT pg_rewrite.ev_class::regclass::text, 'rule without source', 'It belongs to no source, and MERGE into it is refused.',
	format('attach it again, or DROP RULE sp71_steering_no_merge ON %s', pg_rewrite.ev_class::regclass)
FROM pg_catalog.pg_rewrite
WHERE pg_rewrite.rulename = 'sp71_steering_no_merge'
	AND pg_rewrite.ev_class NOT IN (SELECT source_tree.relation FROM steering.source_tree)
	AND pg_rewrite.ev_class NOT IN (SELECT pg_trigger.tgrelid FROM pg_catalog.pg_trigger
		WHERE pg_trigger.tgfoid = to_regproc('steering.follow_query'));
COMMENT ON VIEW steering.merge_problem IS 'health(): partitioned tables of sources and of queries that let MERGE in';
