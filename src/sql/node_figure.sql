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
