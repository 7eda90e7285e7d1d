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

CREATE FUNCTION steering.override_use_elsewhere()
RETURNS TABLE (override_id integer, use_number integer, amount steering.amount, used steering.amount, relation text,
	statement_at timestamptz, transaction xid8, role_name text)
AS 'MODULE_PATHNAME', 'steering_override_use_elsewhere'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.override_use_elsewhere() IS
'on the coordinator of a scaled-out installation: what bookings on all other nodes have drawn of overrides, as far as the role may read their caps, committed when they were asked; relation is the table and the node. Elsewhere, and where no override was granted: no rows. Error: 55000 a node does not answer';

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
