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
