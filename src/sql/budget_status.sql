-- budget_status.sql
-- Where each budget stands and how it came there: what it was at first, every change with its kind, what is used and what is free.

-- The decisions about a cap are few among its events.
CREATE INDEX event_log_decision_idx ON steering.event_log (cap_id, event_id) WHERE kind IN ('created', 'revised', 'dropped');

-- Of the events themselves: a change is the difference to the event before it, so the changes add up to the limit.
CREATE VIEW steering.cap_change AS
SELECT event.event_id, event.cap_id, event.recorded_at, event.service, event.participant, event.participant_id, event.metric, event.during,
	CASE WHEN record.kind = 'carry_forward' THEN CASE WHEN record.during = event.during THEN 'carried out' ELSE 'carried in' END
		WHEN record.kind IS NOT NULL THEN record.kind
		WHEN event.place = 1 THEN 'primitive'
		WHEN event.kind = 'dropped' THEN 'dropped'
		ELSE 'revision' END AS kind,
	event.amount - event.before AS mutation, event.amount, record.amendment_id, record.number, event.reason, record.document, event.role_name
FROM (
	SELECT recorded.*, coalesce(lag(recorded.amount) OVER of_cap, 0) AS before, row_number() OVER of_cap AS place
	FROM (
		SELECT event_log.event_id, event_log.cap_id, event_log.recorded_at, event_log.kind, event_log.service, event_log.participant,
			event_log.participant_id, event_log.metric, event_log.during, event_log.reason, event_log.role_name,
			CASE event_log.kind WHEN 'dropped' THEN 0 ELSE event_log.amount::numeric END AS amount
		FROM steering.event_log
		WHERE event_log.kind IN ('created', 'revised', 'dropped') AND steering.is_wanted(event_log.participant_id)
	) AS recorded
	WINDOW of_cap AS (PARTITION BY recorded.cap_id ORDER BY recorded.event_id)
) AS event
LEFT JOIN steering.amendment_line AS line ON line.event_id = event.event_id
LEFT JOIN steering.amendment_record AS record ON record.amendment_id = line.amendment_id;
REVOKE ALL ON steering.cap_change FROM PUBLIC;
COMMENT ON VIEW steering.cap_change IS 'changes of the limits of all caps, in the order of their events';
COMMENT ON COLUMN steering.cap_change.event_id IS 'number of the event';
COMMENT ON COLUMN steering.cap_change.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.cap_change.recorded_at IS 'when';
COMMENT ON COLUMN steering.cap_change.service IS 'code of its service';
COMMENT ON COLUMN steering.cap_change.participant IS 'code of its participant';
COMMENT ON COLUMN steering.cap_change.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.cap_change.metric IS 'budget or volume';
COMMENT ON COLUMN steering.cap_change.during IS 'the days that it limits';
COMMENT ON COLUMN steering.cap_change.kind IS 'primitive, policy, neutral, reserve, technical, transfer, carried in, carried out, revision or dropped';
COMMENT ON COLUMN steering.cap_change.mutation IS 'by how much the limit changed';
COMMENT ON COLUMN steering.cap_change.amount IS 'the limit after it';
COMMENT ON COLUMN steering.cap_change.amendment_id IS 'number of the act; null: it was none of several caps';
COMMENT ON COLUMN steering.cap_change.number IS 'what the amendment is called in its period; null: it is none';
COMMENT ON COLUMN steering.cap_change.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.cap_change.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.cap_change.role_name IS 'who had logged in';

CREATE VIEW steering.budget_history WITH (security_barrier) AS
SELECT change.cap_id,
	change.service,
	change.participant,
	change.metric,
	lower(change.during) AS valid_from,
	upper(change.during) - 1 AS valid_to,
	change.event_id,
	change.kind,
	change.number,
	change.mutation,
	change.amount,
	change.reason,
	change.document,
	change.recorded_at,
	change.role_name,
	change.amendment_id
FROM steering.cap_change AS change
WHERE (change.mutation <> 0 OR change.kind = 'primitive')
	AND ((SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR change.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant));
GRANT SELECT ON steering.budget_history TO PUBLIC;
COMMENT ON VIEW steering.budget_history IS 'how the limit of each cap came about; the mutations of a cap add up to its limit. Each role sees the caps that it may read';
COMMENT ON COLUMN steering.budget_history.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.budget_history.service IS 'code of its service';
COMMENT ON COLUMN steering.budget_history.participant IS 'code of its participant';
COMMENT ON COLUMN steering.budget_history.metric IS 'budget or volume';
COMMENT ON COLUMN steering.budget_history.valid_from IS 'first day of the cap';
COMMENT ON COLUMN steering.budget_history.valid_to IS 'last day of the cap';
COMMENT ON COLUMN steering.budget_history.event_id IS 'number in steering.event: changes of a cap are in this order';
COMMENT ON COLUMN steering.budget_history.kind IS 'primitive: what it was at first; policy, neutral, reserve, technical: an amendment; transfer; carried in, carried out; revision: set_cap() or spread_cap(); dropped';
COMMENT ON COLUMN steering.budget_history.number IS 'what the amendment is called in its period; null: it is none';
COMMENT ON COLUMN steering.budget_history.mutation IS 'by how much the limit changed';
COMMENT ON COLUMN steering.budget_history.amount IS 'the limit after it; 0 of a cap that was dropped';
COMMENT ON COLUMN steering.budget_history.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.budget_history.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.budget_history.recorded_at IS 'when';
COMMENT ON COLUMN steering.budget_history.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.budget_history.amendment_id IS 'number in steering.amendment; null: it changed one cap alone';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it. Whole months of a cap come from stored usage, others from the bookings, which are read only where there are such.
CREATE FUNCTION steering.cap_stage_scan() RETURNS TABLE (cap_id integer, actual steering.amount, committed steering.amount, is_unknown boolean)
AS 'MODULE_PATHNAME', 'steering_cap_stage_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.cap_stage_scan() IS
'what is spent and what is committed under each cap that the role may read. Error: 22003 a sum does not fit';

-- What the bookings of a source are that cannot be read nobody knows: null in budget_status.
CREATE VIEW steering.cap_stage AS
SELECT scan.cap_id, scan.actual::numeric AS actual, scan.committed::numeric AS committed, scan.is_unknown
FROM steering.cap_stage_scan() AS scan;
REVOKE ALL ON steering.cap_stage FROM PUBLIC;
COMMENT ON VIEW steering.cap_stage IS 'what is spent and what is committed under each cap that the role may read';
COMMENT ON COLUMN steering.cap_stage.cap_id IS 'the cap';
COMMENT ON COLUMN steering.cap_stage.actual IS 'sum of what is spent, in the metric of the cap';
COMMENT ON COLUMN steering.cap_stage.committed IS 'sum of what is committed and not spent, with reservations';
COMMENT ON COLUMN steering.cap_stage.is_unknown IS 'bookings of a month that the cap holds in part cannot be read, so the sums are not all';

-- Reservations are stored as commitments, and those that have expired until they are released; they are told apart here.
CREATE VIEW steering.budget_status WITH (security_barrier) AS
SELECT cap.cap_id,
	service.code AS service,
	participant.code AS participant,
	cap.metric,
	lower(cap.during) AS valid_from,
	upper(cap.during) - 1 AS valid_to,
	history.primitive,
	history.amendments,
	history.transfers,
	history.revisions,
	history.carried_in,
	history.carried_out,
	cap.amount::numeric AS amended,
	stage.committed,
	stage.actual,
	stage.reserved,
	cap.amount::numeric - stage.committed - stage.actual - stage.reserved AS free,
	coalesce(override_by_cap.room, 0) AS overrides
FROM steering.cap
JOIN steering.service ON service.service_id = cap.service_id
JOIN steering.participant ON participant.participant_id = cap.participant_id
LEFT JOIN (
	SELECT change.cap_id,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind = 'primitive'), 0) AS primitive,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind IN ('policy', 'neutral', 'reserve', 'technical')), 0) AS amendments,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind = 'transfer'), 0) AS transfers,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind = 'revision'), 0) AS revisions,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind = 'carried in'), 0) AS carried_in,
		coalesce(- sum(change.mutation) FILTER (WHERE change.kind = 'carried out'), 0) AS carried_out
	FROM steering.cap_change AS change
	GROUP BY change.cap_id
) AS history ON history.cap_id = cap.cap_id
LEFT JOIN steering.cap_stage AS booked ON booked.cap_id = cap.cap_id
LEFT JOIN steering.reserved_by_cap ON reserved_by_cap.cap_id = cap.cap_id
LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = cap.cap_id
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap.cap_id
CROSS JOIN LATERAL (
	SELECT CASE WHEN booked.is_unknown IS NOT TRUE
			THEN coalesce(booked.committed, 0) - coalesce(reserved_by_cap.reserved, 0) - coalesce(expired_by_cap.expired, 0) END AS committed,
		CASE WHEN booked.is_unknown IS NOT TRUE THEN coalesce(booked.actual, 0) END AS actual,
		coalesce(reserved_by_cap.reserved, 0) AS reserved) AS stage
WHERE cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.budget_status TO PUBLIC;
COMMENT ON VIEW steering.budget_status IS 'every cap that the role may read: what it was at first, what changed it, what is used of it and what is free. primitive + amendments + transfers + revisions + carried_in - carried_out = amended';
COMMENT ON COLUMN steering.budget_status.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.budget_status.service IS 'code: it limits this service and all below it';
COMMENT ON COLUMN steering.budget_status.participant IS 'code: it limits this participant and all below it';
COMMENT ON COLUMN steering.budget_status.metric IS 'budget (money) or volume (units of the service)';
COMMENT ON COLUMN steering.budget_status.valid_from IS 'first day on which bookings count';
COMMENT ON COLUMN steering.budget_status.valid_to IS 'last day on which bookings count';
COMMENT ON COLUMN steering.budget_status.primitive IS 'the limit as it was set at first; 0: what was carried forward has made the cap; null: no event of the cap is recorded';
COMMENT ON COLUMN steering.budget_status.amendments IS 'what amendments have added to it';
COMMENT ON COLUMN steering.budget_status.transfers IS 'what transfers have added to it';
COMMENT ON COLUMN steering.budget_status.revisions IS 'what set_cap() and spread_cap() have added to it';
COMMENT ON COLUMN steering.budget_status.carried_in IS 'what was carried in from the period before; negative: its deficit was first call';
COMMENT ON COLUMN steering.budget_status.carried_out IS 'what was carried out to the next period; negative: a deficit';
COMMENT ON COLUMN steering.budget_status.amended IS 'the limit as it is';
COMMENT ON COLUMN steering.budget_status.committed IS 'what is committed and not spent; null: bookings of a month that the cap holds in part cannot be read';
COMMENT ON COLUMN steering.budget_status.actual IS 'what is spent; null: as committed';
COMMENT ON COLUMN steering.budget_status.reserved IS 'what is reserved, has not expired and is not spent';
COMMENT ON COLUMN steering.budget_status.free IS 'amended minus committed, actual and reserved; null: as committed';
COMMENT ON COLUMN steering.budget_status.overrides IS 'what overrides let bookings draw now';
