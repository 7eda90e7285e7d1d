-- What BI tools read. Each view shows a role what it may read, whatever else it may do: they are
-- security barriers, and the tables below them are granted to nobody.

CREATE VIEW steering.readable_participant WITH (security_barrier) AS
WITH RECURSIVE readable (participant_id, code) AS (
	SELECT participant.participant_id, participant.code
	FROM steering.participant
	WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR pg_has_role(participant.reader::oid, 'USAGE')
	UNION
	SELECT participant.participant_id, participant.code
	FROM readable JOIN steering.participant ON participant.parent = readable.code
)
SELECT readable.participant_id, readable.code FROM readable;
GRANT SELECT ON steering.readable_participant TO PUBLIC;
COMMENT ON VIEW steering.readable_participant IS 'the participants whose figures the present role may read: all if it may select from steering.cap, else those that it is reader of, and all below them';
COMMENT ON COLUMN steering.readable_participant.participant_id IS 'number of the participant';
COMMENT ON COLUMN steering.readable_participant.code IS 'code of the participant';

-- Not by way of pg_class, in which Citus hides its shards.
CREATE VIEW steering.source_name AS
SELECT source.source_id, found.identity AS name
FROM steering.source
CROSS JOIN LATERAL pg_catalog.pg_identify_object('pg_catalog.pg_class'::regclass, source.relation, 0) AS found
WHERE found.identity IS NOT NULL
UNION ALL
SELECT missing_table.source_id, missing_table.relation COLLATE "C"
FROM steering.missing_table
WHERE missing_table.is_source;
REVOKE ALL ON steering.source_name FROM PUBLIC;
COMMENT ON VIEW steering.source_name IS 'names of the attached tables, the same under any search_path';
COMMENT ON COLUMN steering.source_name.source_id IS 'number of the source';
COMMENT ON COLUMN steering.source_name.name IS 'schema and table, quoted where needed';

-- Of most caps the first stripe is all. That is looked up for the caps that are asked for; to add up all stripes takes as long as to read all caps.
CREATE VIEW steering.cap_status WITH (security_barrier) AS
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
GRANT SELECT ON steering.cap_status TO PUBLIC;
COMMENT ON VIEW steering.cap_status IS 'every cap that the role may read, with its usage; on the coordinator of a scaled-out installation over all nodes, each as it was committed when it was asked. Error: 55000 a node does not answer';
COMMENT ON COLUMN steering.cap_status.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.cap_status.service IS 'code: it limits this service and all below it';
COMMENT ON COLUMN steering.cap_status.participant IS 'code: it limits this participant and all below it';
COMMENT ON COLUMN steering.cap_status.metric IS 'budget (money) or volume (units of the service)';
COMMENT ON COLUMN steering.cap_status.valid_from IS 'first day on which bookings count';
COMMENT ON COLUMN steering.cap_status.valid_to IS 'last day on which bookings count';
COMMENT ON COLUMN steering.cap_status.amount IS 'the limit';
COMMENT ON COLUMN steering.cap_status.used IS 'what the bookings use of it, without reservations that have expired';
COMMENT ON COLUMN steering.cap_status.used_percent IS 'used as a percentage of the limit, to two decimals; null if the limit is 0';
COMMENT ON COLUMN steering.cap_status.blocks_at IS 'usage above this is refused; null: the ladder never blocks';
COMMENT ON COLUMN steering.cap_status.headroom IS 'blocks_at minus used, negative after an accepted overrun; null: the ladder never blocks';
COMMENT ON COLUMN steering.cap_status.step IS 'the highest step that usage stands at; null: none';
COMMENT ON COLUMN steering.cap_status.ladder IS 'all steps';
COMMENT ON COLUMN steering.cap_status.override_room IS 'what overrides let bookings draw now above blocks_at, or above used where that is more';

-- In a subquery: of a UNION ALL that is all of a view, PostgreSQL forgets that the view is a security barrier.
CREATE VIEW steering.booking WITH (security_barrier) AS
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
GRANT SELECT ON steering.booking TO PUBLIC;
COMMENT ON VIEW steering.booking IS 'all bookings of all sources that the role may read; reads the attached tables as a whole, but for those that have nothing for the role. A source that cannot be read is left out, with a warning. On the coordinator of a scaled-out installation over all nodes. Error: 55000 a node does not answer, or cannot read a source';
COMMENT ON COLUMN steering.booking.source IS 'the attached table; of another node with its name';
COMMENT ON COLUMN steering.booking.service IS 'code of the service';
COMMENT ON COLUMN steering.booking.participant IS 'code of the participant';
COMMENT ON COLUMN steering.booking.booked_on IS 'the day that decides which caps apply';
COMMENT ON COLUMN steering.booking.amount IS 'money, rounded to four decimals';
COMMENT ON COLUMN steering.booking.volume IS 'units of the service, rounded to four decimals';
COMMENT ON COLUMN steering.booking.stage IS 'actual (spent) or commitment (obligation not yet spent)';

-- With the primary keys in GROUP BY the planner groups by numbers alone, since codes compare slowly under
-- most collations; conditions on codes still reach the rows. Of the columns of a UNION ALL it knows nothing,
-- and expects that inner joins leave next to none of its rows. Outer joins leave all; the odd condition
-- takes out, hidden from the planner, what inner joins would: ignored rows, and those of a source that is gone.
-- A cell fits an amount, but those of several sources together need not: hence sums of numeric.
CREATE VIEW steering.usage_by_month WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	usage_cell.month,
	source.stage,
	sum(usage_cell.amount::numeric) AS amount,
	sum(usage_cell.volume::numeric) AS volume,
	sum(usage_cell.bookings)::bigint AS bookings
FROM steering.usage_now AS usage_cell
LEFT JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id
LEFT JOIN steering.service ON service.service_id = usage_cell.service_id
LEFT JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
WHERE usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
	AND (source.source_id IS NULL OR service.service_id IS NULL) IS NOT TRUE
GROUP BY service.service_id, service.code, participant.participant_id, participant.code, usage_cell.month, source.stage
HAVING sum(usage_cell.bookings) <> 0;
GRANT SELECT ON steering.usage_by_month TO PUBLIC;
COMMENT ON VIEW steering.usage_by_month IS 'sums of the bookings that the role may read, from stored counters: its time does not grow with the number of bookings; on the coordinator of a scaled-out installation over all nodes. Error: 55000 a node does not answer';
COMMENT ON COLUMN steering.usage_by_month.service IS 'code of the service booked on; those below it are not included';
COMMENT ON COLUMN steering.usage_by_month.participant IS 'code of the participant booked for; those below it are not included';
COMMENT ON COLUMN steering.usage_by_month.month IS 'first day of the month';
COMMENT ON COLUMN steering.usage_by_month.stage IS 'actual (spent) or commitment (obligation not yet spent)';
COMMENT ON COLUMN steering.usage_by_month.amount IS 'sum of the amounts';
COMMENT ON COLUMN steering.usage_by_month.volume IS 'sum of the volumes';
COMMENT ON COLUMN steering.usage_by_month.bookings IS 'number of bookings';
