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
'on the coordinator: takes a node out, which has no bookings under caps any more. One that does not answer may go if it was lent nothing when it was asked last. Waits for bookings and acts. Errors: 22004 null, 42704 no such node, 22023 the coordinator itself, 55000 this is no coordinator, the node has bookings, or does not answer and may have, or may have drawn of an override that is open';

CREATE FUNCTION steering.catch_up() RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_catch_up'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.catch_up() FROM PUBLIC;
COMMENT ON FUNCTION steering.catch_up() IS
'on a node: fetches what it has missed of steering.outbox from the coordinator, and applies it in order; returns the number of the last change it has applied now. Errors: 55000 this is no node of a coordinator, the coordinator does not have what comes next, or not what was applied here last, as one of both was restored to an earlier state, or is of a later version and tells what is not known here; those of the connection, those of apply_change()';

CREATE FUNCTION steering.last_change() RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_last_change'
LANGUAGE C STABLE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.last_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.last_change() IS 'number of the last row of steering.outbox here; 0: there is none';

-- The others are asked all at once. Not scaled out, nobody is: the function stands behind a row of steering.this_node.
CREATE VIEW steering.node_status AS
WITH answer AS MATERIALIZED (
	SELECT asked.node_id, (asked.result -> 'node_id')::integer AS answers_as, (asked.result -> 'applied')::bigint AS applied,
		(asked.result -> 'last_change')::bigint AS last_change, asked.result ->> 'version' AS version, asked.error
	FROM steering.this_node
	CROSS JOIN LATERAL steering.node_query('SELECT this_node.node_id, this_node.applied, steering.last_change() AS last_change, pg_extension.extversion AS version
		FROM steering.this_node LEFT JOIN pg_extension ON pg_extension.extname = ''sp71_steering''',
		ARRAY(SELECT node.node_id FROM steering.node WHERE node.node_id <> this_node.node_id AND (this_node.node_id = 0 OR node.node_id = 0))) AS asked
	UNION ALL
	SELECT this_node.node_id, this_node.node_id, this_node.applied, steering.last_change(), pg_extension.extversion COLLATE "default", NULL
	FROM steering.this_node
	JOIN pg_extension ON pg_extension.extname = 'sp71_steering'
), head AS (
	SELECT answer.last_change FROM answer WHERE answer.node_id = 0
)
SELECT node.node_id, node.name,
	CASE WHEN node.node_id = 0 THEN head.last_change ELSE answer.applied END AS applied,
	CASE WHEN node.node_id = 0 THEN head.last_change - head.last_change ELSE head.last_change - answer.applied END AS behind,
	answer.error IS NULL AS is_reachable,
	CASE WHEN answer.error IS NOT NULL THEN answer.error
		WHEN answer.answers_as IS DISTINCT FROM node.node_id THEN concat('It is ', coalesce('node ' || answer.answers_as, 'no node'), '.') END AS problem,
	answer.version
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
COMMENT ON COLUMN steering.node_status.version IS 'version of the extension there; null: it does not answer';

-- Which nodes do not answer the coordinator is told with what they answer.
CREATE VIEW steering.node_problem AS
WITH status AS MATERIALIZED (
	SELECT found.node_id, found.name, found.applied, found.behind, found.is_reachable, found.problem, found.version, this_node.node_id AS here
	FROM steering.this_node
	CROSS JOIN steering.node_status AS found
)
SELECT format('node "%s"', status.name) AS subject,
	CASE WHEN NOT status.is_reachable THEN 'node unreadable' WHEN status.problem IS NOT NULL THEN 'another node'
		WHEN status.behind < 0 THEN 'node ahead' ELSE 'node behind' END AS problem,
	CASE WHEN NOT status.is_reachable THEN format('It does not answer: %s. Bookings that need room under a cap fail until it does.', rtrim(status.problem, E'.\n'))
		WHEN status.problem IS NOT NULL THEN status.problem
		WHEN status.behind < 0 THEN format('It has applied changes up to number %s, and the coordinator knows of none after %s: that was restored to an earlier state. What it does now would not reach this node.',
			status.applied, status.applied + status.behind)
		ELSE format('It has applied changes up to number %s, and not the %s after it. Limits and registers are as they were then.',
			status.applied, status.behind) END AS detail,
	CASE WHEN status.problem IS NOT NULL THEN 'start it, or correct its connection in steering.node'
		WHEN status.behind < 0 THEN 'restore the coordinator to its last state, or have this node leave and join again: steering.drop_node(), steering.add_node()'
		ELSE 'call steering.catch_up() there' END AS hint
FROM status
WHERE CASE WHEN status.here = 0 THEN status.is_reachable AND status.problem IS NOT NULL
	WHEN status.node_id = 0 THEN status.problem IS NOT NULL ELSE status.node_id = status.here AND status.behind <> 0 END
UNION ALL
-- The newer of two servers tells it, since the older one may not know how.
SELECT format('node "%s"', status.name), 'older version',
	format('It has version %s of the extension, and node "%s" version %s.%s', status.version, newer.name, newer.version,
		CASE WHEN status.node_id <> 0 THEN ' A change that it does not know is refused there, and then it is lent no room under caps.' END),
	format('install version %s there, and run ALTER EXTENSION sp71_steering UPDATE', newer.version)
FROM status
JOIN status AS newer ON newer.node_id = newer.here
WHERE string_to_array(status.version, '.')::integer[] < string_to_array(newer.version, '.')::integer[]
UNION ALL
-- Citus, and distributed tables that are sources: those have a trigger that tells the shards.
SELECT format('database "%s"', current_database() COLLATE "default"), 'parallel statements',
	'By citus.multi_shard_modify_mode a statement over several shards, as COPY, books them in several sessions of a node at once. Under a cap that spans them these wait for each other, until Citus ends the statement (40P01).',
	format('ALTER DATABASE %I SET citus.multi_shard_modify_mode = sequential', current_database() COLLATE "default")
FROM steering.this_node
WHERE this_node.node_id = 0 AND current_setting('citus.multi_shard_modify_mode', true) = 'parallel'
	AND EXISTS (
		SELECT FROM pg_catalog.pg_trigger
		WHERE pg_trigger.tgfoid IN ('steering.watch'::regproc, 'steering.follow_query'::regproc) AND pg_trigger.tgnargs = 1);
REVOKE ALL ON steering.node_problem FROM PUBLIC;
COMMENT ON VIEW steering.node_problem IS 'for health(): on a node that it has missed changes, or has some that the coordinator does not know, or that the coordinator does not answer; on the coordinator that a node is another one, and that statements over several shards book in parallel; on both that the other has an older version of the extension';
COMMENT ON COLUMN steering.node_problem.subject IS 'the node, or the database';
COMMENT ON COLUMN steering.node_problem.problem IS 'what is wrong with it';
COMMENT ON COLUMN steering.node_problem.detail IS 'more of it';
COMMENT ON COLUMN steering.node_problem.hint IS 'what to do';
