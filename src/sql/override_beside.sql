-- The overrides of a cap over several nodes, for a node that would refuse a booking.

-- Stable, so that it sees what the query sees that calls it: also in a transaction that has a snapshot of its own.
CREATE FUNCTION steering.overrides_beside(cap integer, asker integer) RETURNS TABLE (overrides jsonb, unanswered text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
WITH granted AS MATERIALIZED (
	SELECT override_grant.override_id, override_grant.amount, override_grant.uses, override_grant.until
	FROM steering.override_grant
	WHERE override_grant.cap_id = overrides_beside.cap AND override_grant.revoked_at IS NULL
), answer AS MATERIALIZED (
	SELECT node.name, answers.result -> 'answer' AS drawn, answers.error
	FROM steering.node_query(format(
		'SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(drawn)), ''[]'') AS answer FROM steering.override_use AS drawn '
		'WHERE drawn.override_id OPERATOR(pg_catalog.=) ANY (%L::pg_catalog.int4[]) AND NOT EXISTS (SELECT FROM steering.override_grant '
		'WHERE override_grant.override_id OPERATOR(pg_catalog.=) drawn.override_id)', ARRAY(SELECT granted.override_id FROM granted)),
		ARRAY(SELECT other.node_id FROM steering.node AS other
			WHERE other.node_id NOT IN (0, overrides_beside.asker) AND EXISTS (SELECT FROM granted))) AS answers
	JOIN steering.node ON node.node_id = answers.node_id
), drawn AS (
	SELECT part.override_id, sum(part.amount::numeric) AS amount, max(part.use_number) AS number
	FROM (SELECT override_use.override_id, override_use.amount, override_use.use_number
		FROM steering.override_use
		WHERE overrides_beside.asker <> 0
		UNION ALL
		SELECT told.override_id, told.amount, told.use_number
		FROM answer
		CROSS JOIN LATERAL jsonb_to_recordset(answer.drawn) AS told (override_id integer, amount steering.amount, use_number integer)) AS part
	GROUP BY part.override_id
)
SELECT
	(SELECT jsonb_agg(jsonb_build_object('override_id', granted.override_id, 'amount', granted.amount, 'uses', granted.uses,
		'until', granted.until, 'drawn', coalesce(drawn.amount, 0), 'number', coalesce(drawn.number, 0)))
	FROM granted LEFT JOIN drawn ON drawn.override_id = granted.override_id),
	(SELECT string_agg(format('node "%s": %s', answer.name, answer.error), '; ' ORDER BY answer.name) FROM answer WHERE answer.error IS NOT NULL);
END;
REVOKE ALL ON FUNCTION steering.overrides_beside(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.overrides_beside(integer, integer) IS
'on the coordinator, for the node that asks: the overrides of a cap that were not revoked, with what all other nodes have drawn of each and the highest number of a use there; null: none. And which nodes did not answer in time, if any';
