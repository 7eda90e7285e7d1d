\echo Use "ALTER EXTENSION sp71_steering UPDATE" to load this file. \quit
-- What other nodes hold, for reports over all nodes. Each node answers a question by one value of JSON, with its columns as
-- arrays: that is short, and any release of ours can read more or fewer of them.

CREATE FUNCTION steering.node_answers(question text, patient boolean)
RETURNS TABLE (node text, result jsonb, error text)
AS 'MODULE_PATHNAME', 'steering_node_answers'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 3;
REVOKE ALL ON FUNCTION steering.node_answers(text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.node_answers(text, boolean) IS
'on the coordinator: runs a query on all other nodes, at once, in transactions of their own there, which gives one row with a column named answer; returns what each answers, or why it does not. Patient: nodes that are there may take any time, others as long as sp71_steering.node_timeout. On other nodes, and where there are none: no rows';

CREATE FUNCTION steering.read_counters(answer jsonb) RETURNS TABLE (cap_id integer, used steering.amount)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
SELECT figure.cap_id::integer, figure.used::numeric::steering.amount
FROM ROWS FROM (jsonb_array_elements_text(answer -> 'cap_id'), jsonb_array_elements_text(answer -> 'used')) AS figure (cap_id, used);
END;
REVOKE ALL ON FUNCTION steering.read_counters(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.read_counters(jsonb) IS 'what a node has answered by counters_here()';

CREATE FUNCTION steering.read_cells(answer jsonb)
RETURNS TABLE (is_commitment boolean, service_id integer, participant_id integer, month date, amount steering.amount,
	volume steering.amount, bookings bigint, source text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
BEGIN ATOMIC
SELECT figure.is_commitment::boolean, figure.service_id::integer, figure.participant_id::integer, figure.month::date,
	figure.amount::numeric::steering.amount, figure.volume::numeric::steering.amount, figure.bookings::bigint, figure.source
FROM ROWS FROM (jsonb_array_elements_text(answer -> 'is_commitment'), jsonb_array_elements_text(answer -> 'service_id'),
	jsonb_array_elements_text(answer -> 'participant_id'), jsonb_array_elements_text(answer -> 'month'),
	jsonb_array_elements_text(answer -> 'amount'), jsonb_array_elements_text(answer -> 'volume'),
	jsonb_array_elements_text(answer -> 'bookings'), jsonb_array_elements_text(answer -> 'source'))
	AS figure (is_commitment, service_id, participant_id, month, amount, volume, bookings, source);
END;
REVOKE ALL ON FUNCTION steering.read_cells(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.read_cells(jsonb) IS 'what a node has answered by cells_here()';

CREATE FUNCTION steering.read_bookings(answer jsonb)
RETURNS TABLE (source text, stage text, service_id integer, participant_id integer, booked_on date, amount steering.amount,
	volume steering.amount)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
BEGIN ATOMIC
SELECT figure.source, figure.stage, figure.service_id::integer, figure.participant_id::integer, figure.booked_on::date,
	figure.amount::numeric::steering.amount, figure.volume::numeric::steering.amount
FROM ROWS FROM (jsonb_array_elements_text(answer -> 'source'), jsonb_array_elements_text(answer -> 'stage'),
	jsonb_array_elements_text(answer -> 'service_id'), jsonb_array_elements_text(answer -> 'participant_id'),
	jsonb_array_elements_text(answer -> 'booked_on'), jsonb_array_elements_text(answer -> 'amount'),
	jsonb_array_elements_text(answer -> 'volume'))
	AS figure (source, stage, service_id, participant_id, booked_on, amount, volume);
END;
REVOKE ALL ON FUNCTION steering.read_bookings(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.read_bookings(jsonb) IS 'what a node has answered by a row of bookings_here()';

-- PUBLIC may execute these because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.counter_elsewhere() RETURNS TABLE (cap_id integer, used steering.amount)
AS 'MODULE_PATHNAME', 'steering_counter_elsewhere'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.counter_elsewhere() IS
'on the coordinator of a scaled-out installation: what all other nodes have counted under caps, as far as the role may read it, committed when they were asked; one row per node and cap. Elsewhere: no rows. Error: 55000 a node does not answer';

CREATE FUNCTION steering.cell_elsewhere() RETURNS TABLE (source_id integer, service_id integer,
	participant_id integer, month date, amount steering.amount, volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_cell_elsewhere'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.cell_elsewhere() IS
'on the coordinator of a scaled-out installation: what was booked on all other nodes, as far as the role may read it, committed when they were asked; a cell may have several rows. Source: -1 for all sources of stage actual, -2 for those of stage commitment. Elsewhere: no rows. Error: 55000 a node does not answer';

CREATE FUNCTION steering.source_elsewhere() RETURNS TABLE (source text, is_commitment boolean, service_id integer,
	participant_id integer, month date, amount steering.amount)
AS 'MODULE_PATHNAME', 'steering_source_elsewhere'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.source_elsewhere() IS
'on the coordinator of a scaled-out installation: what was booked on all other nodes, as cell_elsewhere(), in each source by itself, by its name there. Elsewhere: no rows. Error: 55000 a node does not answer';

CREATE FUNCTION steering.booking_elsewhere() RETURNS TABLE (source text, stage text, service_id integer,
	participant_id integer, booked_on date, amount steering.amount, volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_booking_elsewhere'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION steering.booking_elsewhere() IS
'on the coordinator of a scaled-out installation: the bookings on all other nodes, as far as the role may read them, committed when they were asked; source is the table and the node. Elsewhere: no rows. Error: 55000 a node does not answer, or cannot read a source';

CREATE FUNCTION steering.all_nodes_answer() RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT NOT EXISTS (SELECT FROM steering.node_answers('SELECT true AS answer', false) AS answers WHERE answers.error IS NOT NULL);
END;
REVOKE ALL ON FUNCTION steering.all_nodes_answer() FROM PUBLIC;
COMMENT ON FUNCTION steering.all_nodes_answer() IS 'whether figures over all nodes can be had now; true where there are no others, and on nodes that are not the coordinator';

CREATE FUNCTION steering.differences_elsewhere(care text)
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH answer AS MATERIALIZED (
	SELECT answers.node, answers.result, answers.error
	FROM steering.node_answers(format(
		'SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(found)), ''[]'') AS answer FROM steering.%I() AS found', care), true) AS answers
)
SELECT found.what, found.cap_id, concat_ws(' on ', found.source, format('node "%s"', answer.node)), found.service, found.participant,
	found.month, found.measure, found.stored, found.actual, found.difference
FROM answer
CROSS JOIN LATERAL jsonb_to_recordset(answer.result) AS found (what text, cap_id integer, source text, service text, participant text,
	month date, measure text, stored numeric, actual numeric, difference numeric)
WHERE answer.error IS NULL
UNION ALL
SELECT 'node', NULL, format('node "%s"', answer.node), NULL, NULL, NULL, 'unreadable', NULL, NULL, NULL
FROM answer
WHERE answer.error IS NOT NULL;
END;
REVOKE ALL ON FUNCTION steering.differences_elsewhere(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.differences_elsewhere(text) IS 'on the coordinator: what verify() or repair(), which care says, finds on all other nodes, with the node in source; and nodes that do not answer, of which nothing is known';
-- What 0.7.0 changes in the objects of 0.6.0. Its new topics follow in the upgrade script.

-- Caps that are judged over several nodes. The column comes without a default first: functions have the row's type, and with one
-- PostgreSQL refuses. Triggers would ask, and this is no act.
ALTER TABLE steering.cap ADD COLUMN spans boolean;
ALTER TABLE steering.cap ALTER COLUMN spans SET DEFAULT false;
ALTER TABLE steering.cap DISABLE TRIGGER USER;
UPDATE steering.cap SET spans = false;
ALTER TABLE steering.cap ENABLE TRIGGER USER;
ALTER TABLE steering.cap ALTER COLUMN spans SET NOT NULL;
COMMENT ON COLUMN steering.cap.spans IS 'usage of other nodes counts too: this one asks for room';

-- Its query names all columns of caps.
CREATE OR REPLACE FUNCTION steering.carry_plan(period daterange)
RETURNS TABLE (cap_id integer, service_id integer, participant_id integer, ladder steering.ladder, amount steering.amount,
	actual steering.amount, available steering.amount, open_commitments steering.amount, carried steering.amount,
	reverted steering.amount, why text, carry_rule_id integer, is_done boolean, next_during daterange, next_cap_id integer,
	next_amount steering.amount, obstacle text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 SET jit = off
BEGIN ATOMIC
WITH standing AS MATERIALIZED (
	SELECT cap.* FROM steering.cap WHERE cap.metric = 'budget' AND cap.during = carry_plan.period
), service_above AS MATERIALIZED (
	SELECT service_below.service_id, service_below.top_id, service_below.depth FROM steering.service_below
), participant_above AS MATERIALIZED (
	SELECT participant_below.participant_id, participant_below.top_id, participant_below.depth FROM steering.participant_below
), spent AS (
	SELECT standing.cap_id,
		coalesce(sum(usage_now.amount::numeric) FILTER (WHERE source.stage = 'actual'), 0) AS actual,
		coalesce(sum(usage_now.amount::numeric) FILTER (WHERE source.stage = 'commitment'), 0) AS committed
	FROM standing
	JOIN service_above ON service_above.top_id = standing.service_id
	JOIN participant_above ON participant_above.top_id = standing.participant_id
	JOIN steering.usage_now ON usage_now.service_id = service_above.service_id AND usage_now.participant_id = participant_above.participant_id
		AND usage_now.month >= lower(carry_plan.period) AND usage_now.month < upper(carry_plan.period)
	JOIN steering.source_stage AS source ON source.source_id = usage_now.source_id
	GROUP BY standing.cap_id
), ruled AS (
	SELECT DISTINCT ON (standing.cap_id) standing.cap_id, rule.*
	FROM standing
	CROSS JOIN steering.carry_rule AS rule
	LEFT JOIN service_above ON service_above.service_id = standing.service_id AND service_above.top_id = rule.service_id
	LEFT JOIN participant_above ON participant_above.participant_id = standing.participant_id AND participant_above.top_id = rule.participant_id
	WHERE (rule.service_id IS NULL OR service_above.top_id IS NOT NULL)
		AND (rule.participant_id IS NULL OR participant_above.top_id IS NOT NULL)
	ORDER BY standing.cap_id, service_above.depth NULLS LAST, participant_above.depth NULLS LAST
), left_over AS (
	SELECT standing.*, ruled.carry_rule_id, ruled.open_commitments AS carries_committed, ruled.positive, ruled.negative,
		ruled.minimum::numeric AS minimum, coalesce(spent.actual, 0) AS actual,
		greatest(coalesce(spent.committed, 0) - coalesce(expired_by_cap.expired, 0), 0) AS committed,
		standing.amount::numeric - coalesce(spent.actual, 0) AS available
	FROM standing
	LEFT JOIN spent ON spent.cap_id = standing.cap_id
	LEFT JOIN ruled ON ruled.cap_id = standing.cap_id
	LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = standing.cap_id
), claimed AS (
	SELECT left_over.*,
		CASE WHEN left_over.available > 0 AND left_over.positive THEN least(left_over.available, left_over.amount::numeric)
			WHEN left_over.available > 0 AND left_over.carries_committed
				THEN least(left_over.committed, left_over.available, left_over.amount::numeric)
			WHEN left_over.available < 0 AND left_over.negative THEN left_over.available
			ELSE 0 END AS claim
	FROM left_over
), decided AS (
	SELECT claimed.*,
		CASE WHEN abs(claimed.claim) < claimed.minimum THEN 0 ELSE claimed.claim END AS carried,
		CASE WHEN claimed.carry_rule_id IS NULL THEN 'no rule is for it'
			WHEN claimed.available = 0 THEN 'nothing is left'
			WHEN claimed.claim <> 0 AND abs(claimed.claim) < claimed.minimum THEN 'less than the minimum'
			WHEN claimed.available < 0 THEN CASE WHEN claimed.negative THEN 'a deficit is first call' ELSE 'a deficit is not carried' END
			WHEN claimed.positive AND claimed.available > claimed.amount::numeric THEN 'no more than its limit is carried'
			WHEN claimed.positive THEN 'all that is left is carried'
			WHEN NOT claimed.carries_committed THEN 'what is left reverts'
			WHEN claimed.claim = 0 THEN 'nothing is committed'
			ELSE 'open commitments are carried' END AS why
	FROM claimed
)
SELECT decided.cap_id, decided.service_id, decided.participant_id, decided.ladder, decided.amount, decided.actual::steering.amount,
	coalesce(done.available, decided.available::steering.amount),
	coalesce(done.open_commitments, decided.committed::steering.amount),
	coalesce(done.carried, decided.carried::steering.amount),
	coalesce(done.reverted, (decided.available - decided.carried)::steering.amount),
	coalesce(done.why, decided.why), decided.carry_rule_id, done.cap_id IS NOT NULL, steering.following_period(decided.during),
	next_cap.cap_id, next_cap.amount,
	CASE WHEN done.cap_id IS NULL AND decided.carried < 0 AND next_cap.cap_id IS NULL
			THEN 'the next period has no cap that could bear its deficit'
		WHEN done.cap_id IS NULL AND next_cap.amount::numeric + decided.carried < 0
			THEN 'its deficit is more than the cap of the next period has' END
FROM decided
LEFT JOIN steering.carried_cap AS done ON done.cap_id = decided.cap_id
LEFT JOIN steering.cap AS next_cap ON next_cap.service_id = decided.service_id AND next_cap.participant_id = decided.participant_id
	AND next_cap.metric = decided.metric AND next_cap.during = steering.following_period(decided.during);
END;

-- Reports over all nodes: what other nodes hold is added where reports read, and left out where this node is cared for.
CREATE OR REPLACE VIEW steering.source_stage AS
SELECT source.source_id, source.stage
FROM steering.source
UNION ALL
SELECT missing_table.source_id, missing_table.entry ->> 'stage'
FROM steering.missing_table
WHERE missing_table.is_source
UNION ALL
VALUES (-1, 'actual'), (-2, 'commitment');
COMMENT ON VIEW steering.source_stage IS 'the stage of each source that has usage, also of those whose table is missing, and of what stands for those of other nodes';
COMMENT ON COLUMN steering.source_stage.source_id IS 'number of the source; negative: all sources of other nodes';
COMMENT ON COLUMN steering.source_stage.stage IS 'actual (spent) or commitment (obligation not yet spent)';

CREATE VIEW steering.usage_here AS
SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
	usage_cell.amount, usage_cell.volume, usage_cell.bookings
FROM steering.usage_cell
UNION ALL
SELECT unwritten.source_id, unwritten.service_id, unwritten.participant_id, unwritten.month,
	unwritten.amount, unwritten.volume, unwritten.bookings
FROM steering.unwritten_cell() AS unwritten;
REVOKE ALL ON steering.usage_here FROM PUBLIC;
COMMENT ON VIEW steering.usage_here IS 'usage cells of this node, with what the present transaction has not written yet; a cell may have several rows';
COMMENT ON COLUMN steering.usage_here.source_id IS 'the source of the bookings';
COMMENT ON COLUMN steering.usage_here.service_id IS 'the service booked on; 0: ignored rows';
COMMENT ON COLUMN steering.usage_here.participant_id IS 'the participant booked for; 0: ignored rows';
COMMENT ON COLUMN steering.usage_here.month IS 'first day of the month';
COMMENT ON COLUMN steering.usage_here.amount IS 'sum of the amounts';
COMMENT ON COLUMN steering.usage_here.volume IS 'sum of the volumes';
COMMENT ON COLUMN steering.usage_here.bookings IS 'number of bookings';

CREATE OR REPLACE VIEW steering.usage_now AS
SELECT usage_here.source_id, usage_here.service_id, usage_here.participant_id, usage_here.month,
	usage_here.amount, usage_here.volume, usage_here.bookings
FROM steering.usage_here
UNION ALL
SELECT elsewhere.source_id, elsewhere.service_id, elsewhere.participant_id, elsewhere.month,
	elsewhere.amount, elsewhere.volume, elsewhere.bookings
FROM steering.cell_elsewhere() AS elsewhere;
COMMENT ON VIEW steering.usage_now IS 'usage cells, on the coordinator those of all nodes, with what the present transaction has not written yet; a cell may have several rows';
COMMENT ON COLUMN steering.usage_now.source_id IS 'the source of the bookings; negative: sources of other nodes';

COMMENT ON VIEW steering.cap_usage IS 'counters of the caps on this node, with what the present transaction has not written yet';
COMMENT ON FUNCTION steering.compact() IS
'makes one row again of the counters and usage cells that were divided and that nobody is changing now, and takes away cells of which nothing is left; returns how many rows went. Their room is given back by VACUUM. On the coordinator of a scaled-out installation on all nodes, which no rollback here undoes, with a warning for each that does not answer. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

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
LEFT JOIN steering.cap_counter AS first_stripe ON first_stripe.cap_id = cap.cap_id AND first_stripe.stripe = 0
LEFT JOIN (
	SELECT counted.cap_id, sum(counted.used::numeric) AS used
	FROM (SELECT cap_counter.cap_id, cap_counter.used FROM steering.cap_counter WHERE cap_counter.stripe <> 0
		UNION ALL
		SELECT unwritten.cap_id, unwritten.used FROM steering.unwritten_counter() AS unwritten
		UNION ALL
		SELECT elsewhere.cap_id, elsewhere.used FROM steering.counter_elsewhere() AS elsewhere) AS counted
	GROUP BY counted.cap_id
) AS other_stripe ON other_stripe.cap_id = cap.cap_id
CROSS JOIN LATERAL (
	SELECT CASE WHEN other_stripe.cap_id IS NULL THEN first_stripe.used
		ELSE (coalesce(first_stripe.used::numeric, 0) + other_stripe.used)::steering.amount END AS used) AS counter
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap.cap_id
LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = cap.cap_id
WHERE cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
COMMENT ON VIEW steering.cap_status IS 'every cap that the role may read, with its usage; on the coordinator of a scaled-out installation over all nodes, each as it was committed when it was asked. Error: 55000 a node does not answer';
COMMENT ON VIEW steering.usage_by_month IS 'sums of the bookings that the role may read, from stored counters: its time does not grow with the number of bookings; on the coordinator of a scaled-out installation over all nodes. Error: 55000 a node does not answer';

-- In a subquery: of a UNION ALL that is all of a view, PostgreSQL forgets that the view is a security barrier.
CREATE OR REPLACE VIEW steering.booking WITH (security_barrier) AS
SELECT whole.*
FROM (
	SELECT source_name.name AS source,
		service.code AS service,
		participant.code AS participant,
		booked.booked_on,
		booked.amount::numeric AS amount,
		booked.volume::numeric AS volume,
		source.stage
	FROM steering.booking_read(NULL, NULL) AS booked
	JOIN steering.source ON source.source_id = booked.source_id
	JOIN steering.source_name ON source_name.source_id = source.source_id
	JOIN steering.service ON service.service_id = booked.service_id
	JOIN steering.participant ON participant.participant_id = booked.participant_id
	WHERE booked.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
	UNION ALL
	SELECT elsewhere.source, service.code, participant.code, elsewhere.booked_on, elsewhere.amount::numeric, elsewhere.volume::numeric,
		elsewhere.stage
	FROM steering.booking_elsewhere() AS elsewhere
	JOIN steering.service ON service.service_id = elsewhere.service_id
	JOIN steering.participant ON participant.participant_id = elsewhere.participant_id
) AS whole;
COMMENT ON VIEW steering.booking IS 'all bookings of all sources that the role may read; reads the attached tables as a whole, but for those that have nothing for the role. A source that cannot be read is left out, with a warning. On the coordinator of a scaled-out installation over all nodes. Error: 55000 a node does not answer, or cannot read a source';
COMMENT ON COLUMN steering.booking.source IS 'the attached table; of another node with its name';

-- In a subquery: of a UNION ALL that is all of a view, PostgreSQL forgets that the view is a security barrier.
CREATE OR REPLACE VIEW steering.spent_by_source WITH (security_barrier) AS
SELECT whole.*
FROM (
	SELECT source_name.name AS source,
		service.code AS service,
		participant.code AS participant,
		usage_cell.month,
		usage_cell.amount::numeric AS amount
	FROM steering.usage_here AS usage_cell
	JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id
	LEFT JOIN steering.source_name ON source_name.source_id = usage_cell.source_id
	JOIN steering.service ON service.service_id = usage_cell.service_id
	JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
	WHERE source.stage = 'actual'
		AND usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
	UNION ALL
	SELECT elsewhere.source, service.code, participant.code, elsewhere.month, elsewhere.amount::numeric
	FROM steering.source_elsewhere() AS elsewhere
	JOIN steering.service ON service.service_id = elsewhere.service_id
	JOIN steering.participant ON participant.participant_id = elsewhere.participant_id
	WHERE NOT elsewhere.is_commitment
) AS whole;
COMMENT ON VIEW steering.spent_by_source IS 'what was spent, month by month, in each source, as far as the role may read it; from stored usage, on the coordinator of a scaled-out installation of all nodes';
COMMENT ON COLUMN steering.spent_by_source.source IS 'the attached table; that of another node by its name there';

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
	FROM steering.usage_here AS stored
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
	FROM steering.usage_here AS usage_cell
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
SELECT 'orders', NULL, min(source.source_id), NULL, NULL, NULL, 'differences', 0, count(DISTINCT order_difference.reference)
FROM steering.order_difference
LEFT JOIN steering.source ON source.relation::oid = 'steering.order_line'::regclass
HAVING count(*) > 0
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;

CREATE OR REPLACE FUNCTION steering.verify()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT named.*
FROM (SELECT steering.find_differences() AS list OFFSET 0) AS found
CROSS JOIN LATERAL steering.name_differences(found.list) AS named
UNION ALL
SELECT * FROM steering.differences_elsewhere('verify');
END;
COMMENT ON FUNCTION steering.verify() IS
'where stored usage differs from the bookings, which it counts row by row; no row is right. What: cap (used: usage; revision: does the counter belong to the cap as it is) or usage (amount, volume, bookings of a month; no service: rows that are ignored), or source (unreadable: health() says why; what is stored of it is taken as it is, and nothing is said of caps over a part of a month with bookings of it), or query (differences: rows of a booking table that are not what its query says; unreadable: it cannot be told), or orders (differences: keys of which what is ordered, invoiced or released is not what the rows of the sources say; steering.order_difference has them). A null under stored is a cap without counter, under actual a counter without cap. Difference is actual minus stored: what repair() adds. On the coordinator of a scaled-out installation all nodes verify themselves; source then names the node; what is node (unreadable): it does not answer, and nothing is known of it';
COMMENT ON FUNCTION steering.repair() IS 'mends what verify() finds, with bookings going on, and returns it. What is stored of a source that cannot be read stays as it is. No cap refuses that. On the coordinator of a scaled-out installation all nodes mend themselves as well, which no rollback here undoes; one that does not answer is returned as unreadable. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE OR REPLACE VIEW steering.cap_problem AS
SELECT format('cap %s', cap_status.cap_id) AS subject, 'overrun' AS problem,
    format('The %s cap of service "%s" for participant "%s" blocks above %s, and %s is used.', cap_status.metric,
           cap_status.service, cap_status.participant, cap_status.blocks_at, cap_status.used) AS detail,
    'raise it with steering.set_cap(), or lower its bookings' AS hint
FROM steering.cap_status
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap_status.cap_id
WHERE steering.all_nodes_answer() AND cap_status.used > cap_status.blocks_at + coalesce(override_by_cap.drawn, 0);

CREATE OR REPLACE VIEW steering.outside_problem AS
WITH RECURSIVE service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	UNION ALL
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	UNION ALL
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
), pair AS MATERIALIZED (
	SELECT usage_here.service_id, usage_here.participant_id, min(usage_here.month) AS first_month, max(usage_here.month) AS last_month
	FROM steering.usage_here
	WHERE usage_here.service_id <> 0
	GROUP BY usage_here.service_id, usage_here.participant_id
), covering (service_id, participant_id, during) AS (
	SELECT service_below.service_id, participant_below.participant_id, cap.during
	FROM steering.cap
	JOIN service_below ON service_below.top = cap.service_id
	JOIN participant_below ON participant_below.top = cap.participant_id
), suspect AS MATERIALIZED (
	-- Of most pairs one cap holds all months. (A month of 31 days is taken for any; dates are subtracted, which always goes well.)
	SELECT pair.service_id, pair.participant_id
	FROM pair JOIN covering ON covering.service_id = pair.service_id AND covering.participant_id = pair.participant_id
	GROUP BY pair.service_id, pair.participant_id
	HAVING NOT bool_or(lower(covering.during) <= pair.first_month AND upper(covering.during) - pair.last_month >= 31)
), capped AS MATERIALIZED (
	SELECT suspect.service_id, suspect.participant_id, range_agg(covering.during) AS days
	FROM suspect
	JOIN covering ON covering.service_id = suspect.service_id AND covering.participant_id = suspect.participant_id
	GROUP BY suspect.service_id, suspect.participant_id
), held AS MATERIALIZED (
	-- The months of which every day is held.
	SELECT capped.service_id, capped.participant_id, capped.days, (
		SELECT range_agg(daterange(whole.first_day, whole.end_day))
		FROM unnest(capped.days) AS part
		CROSS JOIN LATERAL (SELECT CASE WHEN steering.month_of(lower(part)) = lower(part) THEN lower(part)
				ELSE steering.month_of(steering.month_of(lower(part)) + 31) END AS first_day,
			steering.month_of(upper(part)) AS end_day) AS whole
		WHERE whole.first_day < whole.end_day) AS months
	FROM capped
), booked (service_id, participant_id, month, capped_days, bookings, amount, volume) AS MATERIALIZED (
	SELECT usage_here.service_id, usage_here.participant_id, usage_here.month, held.days, sum(usage_here.bookings),
		sum(usage_here.amount::numeric), sum(usage_here.volume::numeric)
	FROM held
	JOIN steering.usage_here ON usage_here.service_id = held.service_id AND usage_here.participant_id = held.participant_id
	WHERE (held.months @> usage_here.month) IS NOT TRUE
	GROUP BY usage_here.service_id, usage_here.participant_id, usage_here.month, held.days
	HAVING sum(usage_here.bookings) <> 0
), beside AS MATERIALIZED (
	SELECT booked.service_id, booked.participant_id, booked.month, month.days, booked.bookings, booked.amount, booked.volume,
		booked.capped_days, booked.capped_days && month.days AS is_partly
	FROM booked
	-- The last month of all has no day after it.
	CROSS JOIN LATERAL (SELECT daterange(booked.month, CASE WHEN booked.month < '5874897-12-01'
		THEN steering.month_of(booked.month + 31) ELSE 'infinity' END) AS days) AS month
	WHERE NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> month.days)
), span AS (
	SELECT min(lower(beside.days)) AS first_day, max(upper(beside.days)) AS end_day
	FROM beside
	WHERE beside.is_partly
	HAVING count(*) > 0
), outside (service_id, participant_id, days, bookings, amount, volume) AS (
	SELECT beside.service_id, beside.participant_id, beside.days, beside.bookings, beside.amount, beside.volume
	FROM beside
	WHERE NOT beside.is_partly
	UNION ALL
	SELECT beside.service_id, beside.participant_id, daterange(read.booked_on, read.booked_on, '[]'), count(*),
		sum(read.amount::numeric), sum(read.volume::numeric)
	FROM span
	CROSS JOIN LATERAL steering.booking_read(span.first_day, span.end_day) AS read
	JOIN beside ON beside.service_id = read.service_id AND beside.participant_id = read.participant_id
		AND beside.month = steering.month_of(read.booked_on) AND beside.is_partly
		AND NOT beside.capped_days @> read.booked_on
	GROUP BY beside.service_id, beside.participant_id, read.booked_on
)
SELECT format('service "%s"', service.code) AS subject, 'bookings outside caps' AS problem,
	format('Bookings on days that none of its caps holds: %s; amount %s, volume %s. They are for %s%s: %s.',
		sum(outside.bookings), sum(outside.amount), sum(outside.volume),
		array_to_string((array_agg(DISTINCT participant.code ORDER BY participant.code))[1:3], ', '),
		' and ' || nullif(greatest(count(DISTINCT participant.code) - 3, 0), 0) || ' more',
		(SELECT CASE WHEN split_part(name, ' to ', 1) = split_part(name, ' to ', 2) THEN split_part(name, ' to ', 1) ELSE name END
		FROM steering.name_period(daterange(min(lower(outside.days)), least(max(upper(outside.days)), '5874897-12-31'))) AS name)) AS detail,
	format('correct their days, or set caps that hold them; SELECT * FROM steering.booking WHERE service = %L shows them', service.code) AS hint
FROM outside
JOIN steering.service ON service.service_id = outside.service_id
JOIN steering.participant ON participant.participant_id = outside.participant_id
GROUP BY service.service_id, service.code;

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
	SELECT wanted.cap_id, usage_here.amount::numeric AS amount, usage_here.volume::numeric AS volume,
		source.stage = 'commitment' AS is_commitment,
		usage_here.bookings <> 0 AND NOT (usage_here.month >= wanted.whole_from AND usage_here.month < wanted.whole_to) AS is_partly
	FROM wanted
	JOIN service_below ON service_below.top = wanted.service_id
	JOIN participant_below ON participant_below.top = wanted.participant_id
	JOIN steering.usage_here ON usage_here.service_id = service_below.service_id
		AND usage_here.participant_id = participant_below.participant_id
		AND usage_here.month >= wanted.first_month AND usage_here.month < wanted.end_day
	LEFT JOIN steering.source_stage AS source ON source.source_id = usage_here.source_id
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
COMMENT ON FUNCTION steering.cap_part(integer[]) IS
'what usage of these caps is made of: as it is stored, that and what the present transaction has not written yet, what of that is commitments, and what the months'' sums come to; these two null where a cap covers a month with such bookings in part';

-- Sources whose tables Citus hides in pg_class are looked for otherwise; and distributed ones have triggers where they are no
-- sources.
CREATE OR REPLACE VIEW steering.source_name AS
SELECT source.source_id, found.identity AS name
FROM steering.source
CROSS JOIN LATERAL pg_catalog.pg_identify_object('pg_catalog.pg_class'::regclass, source.relation, 0) AS found
WHERE found.identity IS NOT NULL
UNION ALL
SELECT missing_table.source_id, missing_table.relation COLLATE "C"
FROM steering.missing_table
WHERE missing_table.is_source;
CREATE OR REPLACE VIEW steering.source_tree AS
WITH RECURSIVE tree (source_id, relation) AS (
    SELECT source.source_id, source.relation::oid
    FROM steering.source
    WHERE has_table_privilege(source.relation::oid, 'SELECT') IS NOT NULL
    UNION
    SELECT tree.source_id, pg_inherits.inhrelid
    FROM tree JOIN pg_catalog.pg_inherits ON pg_inherits.inhparent = tree.relation
)
SELECT coalesce(tree.source_id, source_table.source_id) AS source_id,
    coalesce(tree.relation, source_table.relation)::regclass AS relation,
    tree.relation IS NOT NULL AS is_in_tree,
    source_table.relation IS NOT NULL AS is_taken_in
FROM tree
FULL JOIN steering.source_table
    ON source_table.source_id = tree.source_id AND source_table.relation = tree.relation;
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
    AND source_tree.relation NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass, 'steering.order_line'::regclass)
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book() and steering.watch()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid IN ('steering.book'::regproc, 'steering.watch'::regproc)
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS shell WHERE shell.tgrelid = pg_trigger.tgrelid
        AND shell.tgname = 'sp71_steering_watch' AND shell.tgfoid = 'steering.watch'::regproc AND shell.tgnargs = 1);
CREATE OR REPLACE VIEW steering.source_problem AS
SELECT source_tree.relation::text AS subject, 'not taken in' AS problem,
    format('It became a part of source %s unseen: what is written to it directly is not counted.', source.relation) AS detail,
    format('SELECT steering.reattach(%L)', source.relation) AS hint
FROM steering.source_tree JOIN steering.source ON source.source_id = source_tree.source_id
WHERE NOT source_tree.is_taken_in
UNION ALL
SELECT source_tree.relation::text, 'not let go',
    format('It ceased to be a part of source %s unseen, and is still counted.', source.relation),
    format('SELECT steering.reattach(%L)', source.relation)
FROM steering.source_tree JOIN steering.source ON source.source_id = source_tree.source_id
WHERE NOT source_tree.is_in_tree AND source_tree.relation <> source.relation
UNION ALL
SELECT source.relation::text, 'table gone', 'It was dropped unseen, and its bookings are still counted.',
    format('SELECT steering.detach(%L)', source.relation)
FROM steering.source
WHERE has_table_privilege(source.relation::oid, 'SELECT') IS NULL
UNION ALL
SELECT source_tree.relation::text, 'part of another table',
    format('Statements on %s change its rows and do not fire its triggers.', pg_inherits.inhparent::regclass),
    format('SELECT steering.detach(%L); then attach the other table', source.relation)
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
JOIN pg_catalog.pg_inherits ON pg_inherits.inhrelid = source_tree.relation
WHERE source_tree.is_in_tree
    AND NOT EXISTS (SELECT FROM steering.source_tree AS parent
                    WHERE parent.source_id = source_tree.source_id AND parent.relation = pg_inherits.inhparent
                        AND parent.is_in_tree)
UNION ALL
SELECT source_tree.relation::text, 'unlogged', 'A crash would empty it, and the usage of its rows would stay.',
    format('ALTER TABLE %s SET LOGGED', source_tree.relation)
FROM steering.source_tree JOIN pg_catalog.pg_class ON pg_class.oid = source_tree.relation
WHERE pg_class.relpersistence = 'u' AND pg_class.relkind <> 'p'
UNION ALL
SELECT source_tree.relation::text, 'subscribed',
    format('What subscription %I applies to it fires no statement trigger, and is not counted.', pg_subscription.subname),
    'attach the table where it is written, or SELECT steering.repair() from time to time'
FROM steering.source_tree
JOIN pg_catalog.pg_subscription_rel ON pg_subscription_rel.srrelid = source_tree.relation
JOIN pg_catalog.pg_subscription ON pg_subscription.oid = pg_subscription_rel.srsubid
UNION ALL
SELECT source.relation::text, 'mapping invalid', mapping.problem || '.',
    format('SELECT steering.detach(%L); then attach it with a mapping that fits', source.relation)
FROM steering.source
CROSS JOIN LATERAL (SELECT steering.mapping_problem(source.relation) AS problem) AS mapping
WHERE mapping.problem IS NOT NULL
    AND has_table_privilege(source.relation::oid, 'SELECT') IS NOT NULL
UNION ALL
SELECT source.relation::text, 'rows ignored',
    format('Rows that count nowhere, since their service, participant or day is unknown: %s; amount %s, volume %s.',
           sum(usage_cell.bookings), sum(usage_cell.amount::numeric), sum(usage_cell.volume::numeric)),
    'correct the rows, or the registers'
FROM steering.usage_cell JOIN steering.source ON source.source_id = usage_cell.source_id
WHERE usage_cell.service_id = 0
GROUP BY source.relation
HAVING sum(usage_cell.bookings) <> 0;
-- Nodes: the servers that a scaled-out installation consists of.

CREATE TABLE steering.node (
	node_id integer GENERATED BY DEFAULT AS IDENTITY CONSTRAINT node_pkey PRIMARY KEY CHECK (node_id >= 0),
	name text NOT NULL CONSTRAINT node_name_key UNIQUE,
	connection text NOT NULL
);
REVOKE ALL ON steering.node FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.node', '');
SELECT pg_catalog.pg_extension_config_dump('steering.node_node_id_seq', '');
COMMENT ON TABLE steering.node IS 'the nodes of a scaled-out installation: on the coordinator all of them, on each other node the coordinator at least';
COMMENT ON COLUMN steering.node.node_id IS 'number of the node, given once only; 0: the coordinator';
COMMENT ON COLUMN steering.node.name IS 'name of the node';
COMMENT ON COLUMN steering.node.connection IS 'how other nodes connect to it: a connection string of libpq, without a password';

CREATE TABLE steering.this_node (
	is_only boolean CONSTRAINT this_node_pkey PRIMARY KEY DEFAULT true CHECK (is_only),
	node_id integer NOT NULL CHECK (node_id >= 0),
	applied bigint NOT NULL DEFAULT 0
);
REVOKE ALL ON steering.this_node FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.this_node', '');
COMMENT ON TABLE steering.this_node IS 'which node this database is; no row: it is not scaled out';
COMMENT ON COLUMN steering.this_node.is_only IS 'always true: there is one row at most';
COMMENT ON COLUMN steering.this_node.node_id IS 'number of this node';
COMMENT ON COLUMN steering.this_node.applied IS 'number of the last change that the coordinator has told and this node has applied';
-- Allotments: what each node may use of a cap that is judged over several nodes.

-- Neither table is in dumps: when one is restored, others may have been lent since what it would say. Nothing is known then, and
-- nodes ask anew.

-- Written by who holds the counter of the cap on this node as a whole, and by nobody else: so who holds it reads what is
-- true. Raised only after the coordinator has written that down in steering.lent, lowered before it does.
CREATE TABLE steering.allotment (
	cap_id integer CONSTRAINT allotment_pkey PRIMARY KEY,
	ceiling steering.amount,
	elsewhere steering.amount,
	CONSTRAINT allotment_is_one_of_two CHECK ((ceiling IS NULL) OPERATOR(pg_catalog.<>) (elsewhere IS NULL))
) WITH (fillfactor = 70);
REVOKE ALL ON steering.allotment FROM PUBLIC;
COMMENT ON TABLE steering.allotment IS 'what this node may use of caps that span nodes; a cap without a row: nothing without asking the coordinator';
COMMENT ON COLUMN steering.allotment.cap_id IS 'the cap';
COMMENT ON COLUMN steering.allotment.ceiling IS 'so high usage of this node may go, while no step of the ladder can be reached; null: this node judges by the ladder';
COMMENT ON COLUMN steering.allotment.elsewhere IS 'what all other nodes use at most, none of which may raise that now; null: others may have room too';

-- The ledger of the coordinator. Rows of steering.lending are locked by who lends.
CREATE TABLE steering.lending (
	cap_id integer CONSTRAINT lending_pkey PRIMARY KEY,
	revision integer,
	changed bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
REVOKE ALL ON steering.lending FROM PUBLIC;
COMMENT ON TABLE steering.lending IS 'the caps of which the coordinator lends room to nodes; who lends locks the row of the cap';
COMMENT ON COLUMN steering.lending.cap_id IS 'the cap';
COMMENT ON COLUMN steering.lending.revision IS 'of limit and ladder when all nodes had answered what they use, and by which was lent since; null: never';
COMMENT ON COLUMN steering.lending.changed IS 'number of the last change by which entries moved: what a node uses that has not applied it is not what it will use';

CREATE TABLE steering.lent (
	cap_id integer NOT NULL,
	node_id integer NOT NULL,
	ceiling steering.amount,
	CONSTRAINT lent_pkey PRIMARY KEY (cap_id, node_id)
) WITH (fillfactor = 70);
REVOKE ALL ON steering.lent FROM PUBLIC;
COMMENT ON TABLE steering.lent IS 'how high the coordinator lets usage of each node go under each cap: never less than what the node believes';
COMMENT ON COLUMN steering.lent.cap_id IS 'the cap';
COMMENT ON COLUMN steering.lent.node_id IS 'the node';
COMMENT ON COLUMN steering.lent.ceiling IS 'so high its usage may be; null: any, as far as the coordinator knows, so that it must be asked first';
-- Asking several nodes at once.

CREATE FUNCTION steering.node_query(query text, nodes integer[] DEFAULT NULL, timeout integer DEFAULT NULL)
RETURNS TABLE (node_id integer, result jsonb, error text)
AS 'MODULE_PATHNAME', 'steering_node_query'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;
REVOKE ALL ON FUNCTION steering.node_query(text, integer[], integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.node_query(text, integer[], integer) IS
'runs one query on all nodes (or these) at once and returns its rows as JSON: each node by the connection in steering.node, in a transaction of its own. Names are resolved in pg_catalog alone. A node that fails, or does not answer within so many milliseconds (sp71_steering.node_timeout; 0: waits for ever), gives one row with the error. 42704: there is no such node';
-- Lending: how room under caps that span nodes comes to where it is needed.

CREATE FUNCTION steering.request_allotment(cap integer, node integer, used numeric, wanted numeric)
RETURNS TABLE (ceiling numeric, elsewhere numeric, change_number bigint, unanswered text)
AS 'MODULE_PATHNAME', 'steering_request_allotment'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
REVOKE ALL ON FUNCTION steering.request_allotment(integer, integer, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.request_allotment(integer, integer, numeric, numeric) IS
'on the coordinator: lends room under a cap to a node whose usage is to rise and has no allotment for that, and takes it back from other nodes where it is needed. Returns a ceiling up to which no step acts; or elsewhere, what all other nodes use together while this one alone may raise usage; or neither, and which nodes did not answer in time. Nodes call it, each time as a transaction of its own';

CREATE FUNCTION steering.return_allotment(cap integer) RETURNS numeric
AS 'MODULE_PATHNAME', 'steering_return_allotment'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.return_allotment(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.return_allotment(integer) IS
'on a node: gives back what it may use of a cap and does not use, and returns what it uses; to raise that it has to ask then. The coordinator calls it, as a transaction of its own. Errors: 42704 there is no such cap, 55P03 bookings that run take too long';

CREATE FUNCTION steering.recover_allotments(cap integer DEFAULT NULL)
RETURNS TABLE (cap_id integer, node_id integer, lent numeric, used numeric)
AS 'MODULE_PATHNAME', 'steering_recover_allotments'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;
REVOKE ALL ON FUNCTION steering.recover_allotments(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.recover_allotments(integer) IS
'on the coordinator: has all nodes give back what they may use of a cap (null: of each) and do not use, also what was lent to transactions that a crash or an error has ended. Returns what each was lent (null: any usage) and what it uses (null: it has not answered in time, and keeps what it has). Room is lent anew when it is asked for. Errors: 42704 there is no such cap, 55P03 room of it is being lent';

CREATE VIEW steering.allotment_status WITH (security_barrier) AS
SELECT lent.cap_id,
	lent.node_id,
	node.name AS node,
	lent.ceiling::numeric AS ceiling
FROM steering.lent
JOIN steering.node ON node.node_id = lent.node_id
JOIN steering.cap ON cap.cap_id = lent.cap_id
WHERE has_table_privilege('steering.cap'::regclass, 'SELECT');
GRANT SELECT ON steering.allotment_status TO PUBLIC;
COMMENT ON VIEW steering.allotment_status IS 'on the coordinator: how high it lets usage of each node go under caps that span nodes, for who may select from steering.cap; others see no rows';
COMMENT ON COLUMN steering.allotment_status.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.allotment_status.node_id IS 'number of the node';
COMMENT ON COLUMN steering.allotment_status.node IS 'name of the node';
COMMENT ON COLUMN steering.allotment_status.ceiling IS 'usage of the node is not above this; null: any usage, since it judges by the ladder while no other may raise, or was not asked yet';
-- The outbox: what acts on the coordinator change of what bookings need reaches the other nodes by it. scale_out() makes the table
-- steering.outbox, which is no member of the extension: how its rows are carried to the nodes is not ours.

-- Rows stand here from an act to the end of its transaction, when they become one row of the outbox: so nobody waits for
-- the head of the outbox but who is about to commit, and what several acts of a transaction come to arrives at once.
CREATE TABLE steering.untold_change (
	change_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT untold_change_pkey PRIMARY KEY,
	noun text NOT NULL,
	row_id integer NOT NULL
);
REVOKE ALL ON steering.untold_change FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.untold_change', '');
SELECT pg_catalog.pg_extension_config_dump('steering.untold_change_change_id_seq', '');
COMMENT ON TABLE steering.untold_change IS 'rows that the present transaction has changed and not yet put into the outbox; none is ever committed';
COMMENT ON COLUMN steering.untold_change.change_id IS 'number of the change';
COMMENT ON COLUMN steering.untold_change.noun IS 'the table: participant, service, alias, cap or closing; lending: what is lent is to be forgotten';
COMMENT ON COLUMN steering.untold_change.row_id IS 'number of the row';

CREATE FUNCTION steering.change_body(complete boolean) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
WITH told AS (
	SELECT 'participants' AS part, jsonb_agg(to_jsonb(entry) ORDER BY entry.participant_id) AS content
	FROM steering.participant AS entry
	WHERE change_body.complete OR entry.participant_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'participant')
	UNION ALL
	SELECT 'services', jsonb_agg(to_jsonb(entry) ORDER BY entry.service_id)
	FROM steering.service AS entry
	WHERE change_body.complete OR entry.service_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'service')
	UNION ALL
	-- Whether its table is there each node finds out by the name.
	SELECT 'aliases', jsonb_agg(to_jsonb(entry) || jsonb_build_object('source', coalesce(entry.missing, entry.source::text), 'missing', NULL)
		ORDER BY entry.alias_id)
	FROM steering.alias AS entry
	WHERE change_body.complete OR entry.alias_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'alias')
	UNION ALL
	SELECT 'caps', jsonb_agg(to_jsonb(entry) ORDER BY entry.cap_id)
	FROM steering.cap AS entry
	WHERE change_body.complete OR entry.cap_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'cap')
	UNION ALL
	SELECT 'closings', jsonb_agg(to_jsonb(entry) ORDER BY entry.reopened_at IS NULL, entry.closing_id)
	FROM steering.closing AS entry
	WHERE change_body.complete OR entry.closing_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'closing')
	UNION ALL
	SELECT 'gone', jsonb_object_agg(gone.noun, gone.numbers)
	FROM (SELECT untold.noun, jsonb_agg(DISTINCT untold.row_id) AS numbers
		FROM steering.untold_change AS untold
		WHERE CASE untold.noun
			WHEN 'participant' THEN NOT EXISTS (SELECT FROM steering.participant WHERE participant.participant_id = untold.row_id)
			WHEN 'service' THEN NOT EXISTS (SELECT FROM steering.service WHERE service.service_id = untold.row_id)
			WHEN 'alias' THEN NOT EXISTS (SELECT FROM steering.alias WHERE alias.alias_id = untold.row_id)
			WHEN 'cap' THEN NOT EXISTS (SELECT FROM steering.cap WHERE cap.cap_id = untold.row_id)
			WHEN 'closing' THEN NOT EXISTS (SELECT FROM steering.closing WHERE closing.closing_id = untold.row_id) END
		GROUP BY untold.noun) AS gone
	WHERE NOT change_body.complete
)
SELECT coalesce(jsonb_object_agg(told.part, told.content) FILTER (WHERE told.content IS NOT NULL), '{}') FROM told;
END;
REVOKE ALL ON FUNCTION steering.change_body(boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.change_body(boolean) IS
'what a node is told: the rows of registers, aliases, caps and closings as they are now, and the numbers of those that are gone: of what the present transaction has changed, or (complete) all rows';

CREATE FUNCTION steering.note_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_note_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.note_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.note_change() IS 'trigger: on the coordinator notes which row a transaction has changed that other nodes are to be told';

CREATE FUNCTION steering.tell_changes() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_tell_changes'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.tell_changes() FROM PUBLIC;
COMMENT ON FUNCTION steering.tell_changes() IS 'trigger at the end of a transaction: puts what it has changed into the outbox, as one row with the next number';

CREATE FUNCTION steering.apply_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_apply_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.apply_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.apply_change() IS
'trigger of steering.outbox: on a node makes registers, aliases, caps and closings be as the row says, if its number is the next one; one that was applied already it skips. Errors: 55000 numbers in between are missing, and what is wrong with the bookings here that a change does not allow, as that of an entry that is gone';

CREATE CONSTRAINT TRIGGER tell_changes
	AFTER INSERT ON steering.untold_change DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.tell_changes();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.participant
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.service
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.alias
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.cap
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.closing
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();

CREATE FUNCTION steering.scale_out(connection text, name text DEFAULT 'coordinator') RETURNS void
AS 'MODULE_PATHNAME', 'steering_scale_out'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.scale_out(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.scale_out(text, text) IS
'makes this database the coordinator of a scaled-out installation: others can be added with add_node(), and acts that are called here reach them by the table steering.outbox, which it makes. connection: how they connect to this database, as its owner of the extension: a connection string of libpq without a password. Waits for bookings and acts. Errors: 22004 null, 22023 an empty text, a password, 55000 it is a node already';

CREATE FUNCTION steering.scale_in() RETURNS void
AS 'MODULE_PATHNAME', 'steering_scale_in'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.scale_in() FROM PUBLIC;
COMMENT ON FUNCTION steering.scale_in() IS
'undoes scale_out(), and drops steering.outbox. Waits for bookings and acts. Errors: 55000 it is no coordinator, or has other nodes';

CREATE FUNCTION steering.join_node(node integer, name text, connection text, coordinator text, coordinator_connection text,
	version text, applied bigint, body jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'steering_join_node'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.join_node(integer, text, text, text, text, text, bigint, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.join_node(integer, text, text, text, text, text, bigint, jsonb) IS
'called by the coordinator: makes this database a node of it, with registers, aliases, caps and closings as in the body (see change_body()). May be repeated. Errors: 22004 null, 55000 another version of the extension, a coordinator, a node of another one, registers or caps of its own, bookings under caps';

CREATE FUNCTION steering.leave_node() RETURNS void
AS 'MODULE_PATHNAME', 'steering_leave_node'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.leave_node() FROM PUBLIC;
COMMENT ON FUNCTION steering.leave_node() IS
'called by the coordinator: this database is no node any more, and keeps registers and caps as its own. Errors: 55000 it is no node, or has bookings under caps';
-- Nodes that join and leave, and what each has applied.

CREATE FUNCTION steering.add_node(name text, connection text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_add_node'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.add_node(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.add_node(text, text) IS
'on the coordinator: makes another database a node, and returns its number: connects by a connection string of libpq (keywords and values, without a password) as a role that may execute join_node() there, and sends registers, aliases, caps and closings. That database has the extension in the same version, and no registers, caps or bookings under caps of its own. May be repeated after a failure. Waits for bookings and acts. Errors: 22004 null, 22023 an empty text, a password, an address, 42710 there is a node of this name, 55000 this is no coordinator, or the other database cannot join, those of the connection';

CREATE FUNCTION steering.drop_node(name text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_drop_node'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.drop_node(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_node(text) IS
'on the coordinator: takes a node out, which has no bookings under caps any more. One that does not answer may go if it was lent nothing when it was asked last. Waits for bookings and acts. Errors: 22004 null, 42704 no such node, 22023 the coordinator itself, 55000 this is no coordinator, the node has bookings, or does not answer and may have';

CREATE FUNCTION steering.catch_up() RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_catch_up'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.catch_up() FROM PUBLIC;
COMMENT ON FUNCTION steering.catch_up() IS
'on a node: fetches what it has missed of steering.outbox from the coordinator, and applies it in order; returns the number of the last change it has applied now. Errors: 55000 this is no node of a coordinator, those of the connection, those of apply_change()';

CREATE FUNCTION steering.last_change() RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_last_change'
LANGUAGE C STABLE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.last_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.last_change() IS 'number of the last row of steering.outbox here; 0: there is none';

-- The others are asked all at once. Not scaled out, nobody is: the function stands behind a row of steering.this_node.
CREATE VIEW steering.node_status AS
WITH answer AS MATERIALIZED (
	SELECT asked.node_id, (asked.result -> 'node_id')::integer AS answers_as, (asked.result -> 'applied')::bigint AS applied,
		(asked.result -> 'last_change')::bigint AS last_change, asked.error
	FROM steering.this_node
	CROSS JOIN LATERAL steering.node_query('SELECT node_id, applied, steering.last_change() AS last_change FROM steering.this_node',
		ARRAY(SELECT node.node_id FROM steering.node WHERE node.node_id <> this_node.node_id AND (this_node.node_id = 0 OR node.node_id = 0))) AS asked
	UNION ALL
	SELECT this_node.node_id, this_node.node_id, this_node.applied, steering.last_change(), NULL FROM steering.this_node
), head AS (
	SELECT answer.last_change FROM answer WHERE answer.node_id = 0
)
SELECT node.node_id, node.name,
	CASE WHEN node.node_id = 0 THEN head.last_change ELSE answer.applied END AS applied,
	CASE WHEN node.node_id = 0 THEN head.last_change - head.last_change ELSE head.last_change - answer.applied END AS behind,
	answer.error IS NULL AS is_reachable,
	CASE WHEN answer.error IS NOT NULL THEN answer.error
		WHEN answer.answers_as IS DISTINCT FROM node.node_id THEN concat('It is ', coalesce('node ' || answer.answers_as, 'no node'), '.') END AS problem
FROM steering.node
LEFT JOIN answer ON answer.node_id = node.node_id
LEFT JOIN head ON true;
REVOKE ALL ON steering.node_status FROM PUBLIC;
COMMENT ON VIEW steering.node_status IS 'the nodes that this one knows, asked now: on the coordinator all, elsewhere the coordinator and itself. It waits for one that does not answer as long as sp71_steering.node_timeout says';
COMMENT ON COLUMN steering.node_status.node_id IS 'number of the node; 0: the coordinator';
COMMENT ON COLUMN steering.node_status.name IS 'its name';
COMMENT ON COLUMN steering.node_status.applied IS 'number of the last change that it has applied; null: it does not answer';
COMMENT ON COLUMN steering.node_status.behind IS 'how many changes it has not applied yet; null: it, or the coordinator, does not answer';
COMMENT ON COLUMN steering.node_status.is_reachable IS 'whether it has answered';
COMMENT ON COLUMN steering.node_status.problem IS 'why not, or that it is not the node that it should be; null: nothing is wrong';

-- Which nodes do not answer the coordinator is told with what they answer.
CREATE VIEW steering.node_problem AS
SELECT format('node "%s"', status.name) AS subject,
	CASE WHEN NOT status.is_reachable THEN 'node unreadable' WHEN status.problem IS NOT NULL THEN 'another node' ELSE 'node behind' END AS problem,
	CASE WHEN NOT status.is_reachable THEN format('It does not answer: %s. Bookings that need room under a cap fail until it does.', rtrim(status.problem, E'.\n'))
		WHEN status.problem IS NOT NULL THEN status.problem
		ELSE format('It has applied changes up to number %s, and not the %s after it. Limits and registers are as they were then.',
			status.applied, status.behind) END AS detail,
	CASE WHEN status.problem IS NULL THEN 'call steering.catch_up() there' ELSE 'start it, or correct its connection in steering.node' END AS hint
FROM steering.this_node
JOIN steering.node_status AS status ON CASE WHEN this_node.node_id = 0 THEN status.is_reachable AND status.problem IS NOT NULL
	WHEN status.node_id = 0 THEN status.problem IS NOT NULL ELSE status.node_id = this_node.node_id AND status.behind > 0 END;
REVOKE ALL ON steering.node_problem FROM PUBLIC;
COMMENT ON VIEW steering.node_problem IS 'for health(): on a node that it has missed changes, or that the coordinator does not answer; on the coordinator that a node is another one';
COMMENT ON COLUMN steering.node_problem.subject IS 'the node';
COMMENT ON COLUMN steering.node_problem.problem IS 'what is wrong with it';
COMMENT ON COLUMN steering.node_problem.detail IS 'more of it';
COMMENT ON COLUMN steering.node_problem.hint IS 'what to do';
-- What this node answers to the coordinator: columns as arrays, which read_counters() and read_cells() take apart.

CREATE FUNCTION steering.table_of_shard(relation oid) RETURNS text
AS 'MODULE_PATHNAME', 'steering_table_of_shard'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.table_of_shard(oid) FROM PUBLIC;
COMMENT ON FUNCTION steering.table_of_shard(oid) IS 'the distributed table of which a table is a shard, where Citus is there; null: it is none';

CREATE VIEW steering.told_source AS
SELECT source_name.source_id, coalesce(steering.table_of_shard(source.relation::oid), source_name.name) AS name
FROM steering.source_name
LEFT JOIN steering.source ON source.source_id = source_name.source_id;
REVOKE ALL ON steering.told_source FROM PUBLIC;
COMMENT ON VIEW steering.told_source IS 'names of sources as other nodes know them: of a shard that of its table';
COMMENT ON COLUMN steering.told_source.source_id IS 'number of the source';
COMMENT ON COLUMN steering.told_source.name IS 'schema and table, quoted where needed';

CREATE FUNCTION steering.counters_here(caps integer[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT jsonb_build_object('cap_id', coalesce(jsonb_agg(counter.cap_id), '[]'), 'used', coalesce(jsonb_agg(counter.used), '[]'))
FROM (
	SELECT cap_counter.cap_id, sum(cap_counter.used::numeric) AS used
	FROM steering.cap_counter
	WHERE caps IS NULL OR cap_counter.cap_id = ANY (caps)
	GROUP BY cap_counter.cap_id
	HAVING sum(cap_counter.used::numeric) <> 0
) AS counter;
END;
REVOKE ALL ON FUNCTION steering.counters_here(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.counters_here(integer[]) IS 'what is counted on this node under these caps (null: all): numbers of caps with usage, and their usage, in two arrays';

CREATE FUNCTION steering.counters_beside(caps integer[], asker integer) RETURNS jsonb
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
WITH answer AS MATERIALIZED (
	SELECT answers.result -> 'answer' AS result,
		steering.require_that(answers.error IS NULL, '55000', format('node "%s" cannot be read', node.name), answers.error) AS is_required
	FROM steering.node_query(format('SELECT steering.counters_here(%L) AS answer', caps),
		ARRAY(SELECT other.node_id FROM steering.node AS other WHERE other.node_id <> 0 AND other.node_id <> asker)) AS answers
	JOIN steering.node ON node.node_id = answers.node_id
)
SELECT jsonb_build_object('cap_id', coalesce(jsonb_agg(counter.cap_id), '[]'), 'used', coalesce(jsonb_agg(counter.used::numeric), '[]'))
FROM (
	SELECT here.cap_id, here.used FROM steering.read_counters(steering.counters_here(caps)) AS here
	UNION ALL
	SELECT figure.cap_id, figure.used FROM answer CROSS JOIN LATERAL steering.read_counters(answer.result) AS figure
) AS counter;
END;
REVOKE ALL ON FUNCTION steering.counters_beside(integer[], integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.counters_beside(integer[], integer) IS 'on the coordinator, which another node asks: what is counted under these caps on all nodes but that one, as counters_here() says it, of each node by itself. Error: 55000 a node does not answer';

CREATE FUNCTION steering.cells_here(first_month date, end_month date, by_source boolean) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE SET jit = off
BEGIN ATOMIC
WITH cell AS MATERIALIZED (
	SELECT source.stage = 'commitment' AS is_commitment, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
		sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume, sum(usage_cell.bookings) AS bookings,
		told_source.name AS source
	FROM steering.usage_cell
	JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id
	LEFT JOIN steering.told_source ON by_source AND told_source.source_id = usage_cell.source_id
	WHERE usage_cell.service_id <> 0 AND usage_cell.month >= first_month AND usage_cell.month < end_month
	GROUP BY 1, 2, 3, 4, told_source.name
	HAVING sum(usage_cell.bookings) <> 0 OR sum(usage_cell.amount::numeric) <> 0 OR sum(usage_cell.volume::numeric) <> 0
)
SELECT jsonb_build_object('is_commitment', coalesce(jsonb_agg(cell.is_commitment), '[]'),
	'service_id', coalesce(jsonb_agg(cell.service_id), '[]'), 'participant_id', coalesce(jsonb_agg(cell.participant_id), '[]'),
	'month', coalesce(jsonb_agg(cell.month), '[]'), 'amount', coalesce(jsonb_agg(cell.amount), '[]'),
	'volume', coalesce(jsonb_agg(cell.volume), '[]'), 'bookings', coalesce(jsonb_agg(cell.bookings), '[]'),
	'source', CASE WHEN by_source THEN coalesce(jsonb_agg(cell.source), '[]') ELSE '[]' END)
FROM cell;
END;
REVOKE ALL ON FUNCTION steering.cells_here(date, date, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.cells_here(date, date, boolean) IS 'what was booked on this node in months from first_month until before end_month, in an array for each column of read_cells(); by_source: of each source by itself';

CREATE FUNCTION steering.days_here(first_day date, end_day date) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE SET jit = off
BEGIN ATOMIC
WITH row_read AS MATERIALIZED (
	SELECT read.source_id, read.service_id, read.participant_id, read.booked_on, read.amount, read.volume,
		steering.require_that(NOT read.unreadable, '55000', 'bookings of a source cannot be read') AS is_required
	FROM steering.booking_read(first_day, end_day) AS read
), cell AS MATERIALIZED (
	SELECT source.stage = 'commitment' AS is_commitment, row_read.service_id, row_read.participant_id, row_read.booked_on,
		sum(row_read.amount::numeric) AS amount, sum(row_read.volume::numeric) AS volume, count(*) AS bookings
	FROM row_read
	JOIN steering.source ON source.source_id = row_read.source_id
	WHERE row_read.service_id <> 0
	GROUP BY 1, 2, 3, 4
)
SELECT jsonb_build_object('is_commitment', coalesce(jsonb_agg(cell.is_commitment), '[]'),
	'service_id', coalesce(jsonb_agg(cell.service_id), '[]'), 'participant_id', coalesce(jsonb_agg(cell.participant_id), '[]'),
	'month', coalesce(jsonb_agg(cell.booked_on), '[]'), 'amount', coalesce(jsonb_agg(cell.amount), '[]'),
	'volume', coalesce(jsonb_agg(cell.volume), '[]'), 'bookings', coalesce(jsonb_agg(cell.bookings), '[]'), 'source', '[]'::jsonb)
FROM cell;
END;
REVOKE ALL ON FUNCTION steering.days_here(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.days_here(date, date) IS 'what was booked on this node on days from first_day until before end_day, read from its tables, in an array for each column of read_cells(), with days as months. Error: 55000 a source cannot be read';

-- In pieces, since there may be more bookings than fit in one value; one piece at least, of none.
CREATE FUNCTION steering.bookings_here() RETURNS SETOF jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE SET jit = off
BEGIN ATOMIC
WITH told_source AS MATERIALIZED (
	SELECT told.source_id, told.name FROM steering.told_source AS told
), row_read AS (
	SELECT told_source.name, source.stage, read.service_id, read.participant_id, read.booked_on, read.amount, read.volume,
		steering.require_that(NOT read.unreadable, '55000', 'bookings of a source cannot be read') AS is_required,
		row_number() OVER () / 10000 AS piece
	FROM steering.booking_read(NULL, NULL) AS read
	JOIN steering.source ON source.source_id = read.source_id
	JOIN told_source ON told_source.source_id = read.source_id
	WHERE read.service_id <> 0 OR read.unreadable
)
SELECT jsonb_build_object('source', jsonb_agg(row_read.name), 'stage', jsonb_agg(row_read.stage),
	'service_id', jsonb_agg(row_read.service_id), 'participant_id', jsonb_agg(row_read.participant_id),
	'booked_on', jsonb_agg(row_read.booked_on), 'amount', jsonb_agg(row_read.amount::numeric),
	'volume', jsonb_agg(row_read.volume::numeric))
FROM row_read
GROUP BY row_read.piece
UNION ALL
SELECT jsonb_build_object('source', '[]'::jsonb);
END;
REVOKE ALL ON FUNCTION steering.bookings_here() FROM PUBLIC;
COMMENT ON FUNCTION steering.bookings_here() IS 'the bookings on this node, read from its tables: objects with an array for each column of read_bookings(). Error: 55000 a source cannot be read';

CREATE VIEW steering.node_answer_problem AS
WITH answer AS MATERIALIZED (
	SELECT answers.node, answers.result, answers.error
	FROM steering.node_answers(
		'SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(found)), ''[]'') AS answer FROM steering.health() AS found', true) AS answers
)
SELECT format('%s on node "%s"', found.subject, answer.node) AS subject, found.problem, found.detail, found.hint
FROM answer
CROSS JOIN LATERAL jsonb_to_recordset(answer.result) AS found (subject text, problem text, detail text, hint text)
WHERE answer.error IS NULL
UNION ALL
SELECT format('node "%s"', answer.node), 'node unreadable',
	format('It does not answer: %s. Reports over all nodes fail until it does, and what was lent to it of caps stays with it.',
		rtrim(answer.error, E'.\n')),
	'start it, or correct its connection in steering.node'
FROM answer
WHERE answer.error IS NOT NULL;
REVOKE ALL ON steering.node_answer_problem FROM PUBLIC;
COMMENT ON VIEW steering.node_answer_problem IS 'health() on the coordinator: what it is on other nodes, and the nodes that do not answer';
COMMENT ON COLUMN steering.node_answer_problem.subject IS 'what it is about, and the node';
COMMENT ON COLUMN steering.node_answer_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.node_answer_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.node_answer_problem.hint IS 'what to do, on that node';
-- What is not being enforced now, and why: the problems that all topics have views of.

-- OR REPLACE: earlier versions have it, without what later topics know of. Compiling the query would take longer than
-- running it.
CREATE OR REPLACE FUNCTION steering.health() RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT * FROM steering.session_problem
UNION ALL
SELECT * FROM steering.event_trigger_problem
UNION ALL
SELECT * FROM steering.trigger_problem
UNION ALL
SELECT * FROM steering.merge_problem
UNION ALL
SELECT * FROM steering.source_problem
UNION ALL
SELECT * FROM steering.mapping_problem
UNION ALL
SELECT * FROM steering.reading_problem
UNION ALL
SELECT * FROM steering.cap_problem
UNION ALL
SELECT * FROM steering.outside_problem
UNION ALL
SELECT * FROM steering.rounding_problem
UNION ALL
SELECT * FROM steering.closing_problem
UNION ALL
SELECT * FROM steering.commitment_problem
UNION ALL
SELECT * FROM steering.correction_problem
UNION ALL
SELECT * FROM steering.tenure_problem
UNION ALL
SELECT * FROM steering.weight_problem
UNION ALL
SELECT * FROM steering.event_problem
UNION ALL
SELECT * FROM steering.code_problem
UNION ALL
SELECT * FROM steering.detach_problem
UNION ALL
SELECT * FROM steering.reader_problem
UNION ALL
SELECT * FROM steering.missing_problem
UNION ALL
SELECT * FROM steering.alias_problem
UNION ALL
SELECT * FROM steering.lost_problem
UNION ALL
SELECT * FROM steering.decision_problem
UNION ALL
SELECT * FROM steering.refusal_problem
UNION ALL
SELECT * FROM steering.reservation_problem
UNION ALL
SELECT * FROM steering.query_problem
UNION ALL
SELECT * FROM steering.order_problem
UNION ALL
SELECT * FROM steering.lead_problem
UNION ALL
SELECT * FROM steering.node_problem
UNION ALL
SELECT * FROM steering.node_answer_problem
ORDER BY 2, 1, 3;
END;
COMMENT ON FUNCTION steering.health() IS 'what is not being enforced now, and why; no row is right. It looks at settings, triggers, rules, sources, caps, aliases, agreements, reservations, leads of development services, weights of shared cost, closed periods, mandates, bodies and rules, refusals that were not kept; and reads the rows of each source until one cannot be read. What they come to is for verify(). On the coordinator of a scaled-out installation it asks all nodes, and names those that do not answer';
