-- What 0.2.0 changes in the objects of 0.1.0. Its new topics follow in the upgrade script.

-- Gives the partitioned sources that there are the rule by which PostgreSQL refuses MERGE into them. First of all,
-- since it waits for transactions that book in them, while others should not have to wait for it.
CREATE FUNCTION steering.refuse_merge() RETURNS void
	AS 'MODULE_PATHNAME', 'steering_refuse_merge' LANGUAGE C VOLATILE PARALLEL UNSAFE;
SELECT steering.refuse_merge();
DROP FUNCTION steering.refuse_merge();

-- For reasons that stand in amount.sql.
CREATE OR REPLACE FUNCTION steering.amount_to_smallint(steering.amount) RETURNS smallint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::smallint;
CREATE OR REPLACE FUNCTION steering.amount_to_integer(steering.amount) RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::integer;
CREATE OR REPLACE FUNCTION steering.amount_to_bigint(steering.amount) RETURNS bigint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::bigint;
CREATE OR REPLACE FUNCTION steering.amount_to_double_precision(steering.amount) RETURNS double precision
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::double precision;

-- Shows codes too.
CREATE OR REPLACE VIEW steering.readable_participant WITH (security_barrier) AS
WITH RECURSIVE readable (participant_id, code) AS (
	SELECT participant.participant_id, participant.code
	FROM steering.participant
	WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR pg_has_role(participant.reader, 'USAGE')
	UNION
	SELECT participant.participant_id, participant.code
	FROM readable JOIN steering.participant ON participant.parent = readable.code
)
SELECT readable.participant_id, readable.code FROM readable;
COMMENT ON COLUMN steering.readable_participant.code IS 'code of the participant';

-- For reasons that stand in view.sql.
CREATE OR REPLACE VIEW steering.usage_by_month WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	usage_cell.month,
	source.stage,
	steering.sum(usage_cell.amount)::numeric AS amount,
	steering.sum(usage_cell.volume)::numeric AS volume,
	sum(usage_cell.bookings)::bigint AS bookings
FROM steering.usage_now AS usage_cell
LEFT JOIN steering.source ON source.source_id = usage_cell.source_id
LEFT JOIN steering.service ON service.service_id = usage_cell.service_id
LEFT JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
WHERE usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
	AND (source.source_id IS NULL OR service.service_id IS NULL) IS NOT TRUE
GROUP BY service.service_id, service.code, participant.participant_id, participant.code, usage_cell.month, source.stage
HAVING sum(usage_cell.bookings) <> 0;

-- What was said of them, and closed periods.
COMMENT ON FUNCTION steering.book() IS
'trigger of attached tables: books what a statement changes. Errors: 23S71, 23S72 a cap would be exceeded, 23S73 a row''s service, participant or day is unknown, 23S74 a booking in a closed period would change, 22003 an amount or a sum does not fit, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';
COMMENT ON FUNCTION steering.reattach(regclass) IS
'puts a source in order after what its triggers and event triggers could not see: takes in and lets go tables, makes triggers that are missing, counts all rows anew. No cap refuses that. Only the owner of the table may. Waits for all bookings. Errors: 42501 not the owner, 42704 no source, 22004 null, 23S74 bookings in a closed period would change, 40001 concurrent change';
COMMENT ON FUNCTION steering.detach(regclass) IS
'ends a source: its rows count no more, and the table is as it was before attach(). Only its owner may. Waits for all bookings. Errors: 42501 not the owner, 42704 no source, 22004 null, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 23S74 it has bookings in a closed period, 40001 concurrent change';
COMMENT ON FUNCTION steering.check_booking(text, text, date, numeric, numeric) IS
'what a booking would do to the caps over it that the role may read, without booking: usage before and after, the threshold above which the cap blocks and the room under it (null: it never blocks), and the verdict: ok, notify, warn or block. Errors: 23S73, 23S74 as that booking would have';
