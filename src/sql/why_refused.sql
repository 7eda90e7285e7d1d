-- Why a booking is refused.

-- What a role that may book anything is told when it is refused, it may be told here.
CREATE FUNCTION steering.may_book(role oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM steering.source_table JOIN pg_catalog.pg_class ON pg_class.oid = source_table.relation
	WHERE has_any_column_privilege(may_book.role, pg_class.oid, 'INSERT, UPDATE'));
END;
REVOKE ALL ON FUNCTION steering.may_book(oid) FROM PUBLIC;
COMMENT ON FUNCTION steering.may_book(oid) IS 'whether a role may write a column of an attached table itself';

CREATE FUNCTION steering.cap_raisers() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(DISTINCT coalesce(pg_roles.rolname::text, 'PUBLIC')), '{}')
FROM pg_catalog.pg_proc
CROSS JOIN LATERAL aclexplode(coalesce(pg_proc.proacl, acldefault('f', pg_proc.proowner))) AS granted
LEFT JOIN pg_catalog.pg_roles ON pg_roles.oid = granted.grantee
WHERE pg_proc.oid = 'steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean)'::regprocedure
	AND granted.privilege_type = 'EXECUTE' AND pg_roles.rolsuper IS NOT TRUE;
END;
REVOKE ALL ON FUNCTION steering.cap_raisers() FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_raisers() IS 'the roles that set_cap() is granted to, superusers left out; members of these may raise a cap as well';

-- The parts of usage come from the months' sums. Of months that a cap covers in part these cannot say what is its.
CREATE FUNCTION steering.cap_part(caps integer[])
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
REVOKE ALL ON FUNCTION steering.cap_part(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_part(integer[]) IS
'what usage of these caps is made of: as it is stored, that and what the present transaction has not written yet, what of that is commitments, and what the months'' sums come to; these two null where a cap covers a month with such bookings in part';

CREATE FUNCTION steering.why_refused(service text, participant text, booked_on date,
	amount numeric DEFAULT 0, volume numeric DEFAULT 0)
RETURNS TABLE (reason text, sqlstate text, cap_id integer, service text, participant text, metric text, valid_from date,
	valid_to date, amount numeric, blocks_at numeric, stored numeric, unwritten numeric, own numeric, commitments numeric,
	after numeric, missing numeric, verdict text, stripes integer, held integer, held_by integer[], raised_by text[],
	explanation text)
AS 'MODULE_PATHNAME', 'steering_why_refused'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.why_refused(text, text, date, numeric, numeric) IS
'everything that speaks for or against a booking, one row each, without booking; a row with a SQLSTATE is a reason to refuse it, and the first of them is what a statement would be told, as far as the role may know. Reason: unknown_service, unknown_participant, date_not_finite, service_not_valid, participant_not_valid (23S73), cap_required (23S71), closed_period (23S74), cap (23S71, 23S72 where the verdict is block), hidden_cap (applies, and the role may not read its figures), hidden_caps (the role may not know whether there are any), no_cap, stale_snapshot (40001), drift (stored usage is not what the months'' sums come to: verify()). Of a cap: its limit, the threshold above which it blocks (null: never), usage as stored, what the present transaction has not written yet, what that has booked in all (own), what of usage is commitments (null: not known, the cap covers a month in part), usage after the booking, how much that is too much (missing), the verdict (ok, notify, warn, block), into how many stripes its counter is divided, how many of them other transactions hold, and by which processes (as far as the role may know: who may select from steering.cap, and whose role it is), and the roles that may raise it. Error: 22004 null, 22003 an amount that is none';
