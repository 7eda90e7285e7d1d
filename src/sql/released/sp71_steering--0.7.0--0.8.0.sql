\echo Use "ALTER EXTENSION sp71_steering UPDATE" to load this file. \quit
-- What 0.8.0 changes in the objects of 0.7.0. Its new topics follow in the upgrade script.

-- Room that is lent above a step that warns.
ALTER TABLE steering.allotment ADD COLUMN others steering.amount;
ALTER TABLE steering.lending ADD COLUMN doubted timestamptz;
COMMENT ON COLUMN steering.lending.doubted IS 'when all had given back that were busy with what the asker was, for the second time: for a while nobody is lent more than is wanted, so that a transaction over several nodes finds room when it is repeated. The first time it is noted as so long ago that this is over; null: never';
COMMENT ON COLUMN steering.allotment.ceiling IS 'so high usage of this node may go, while no step of the ladder can be reached that is not yet; null: this node judges by the ladder';
COMMENT ON COLUMN steering.allotment.others IS 'where usage stands at a step that warns: what all other nodes used at most when the ceiling was lent; null: it does not, or this node judges by the ladder';

-- Nodes tell their version.

CREATE OR REPLACE VIEW steering.node_status AS
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
COMMENT ON COLUMN steering.node_status.version IS 'version of the extension there; null: it does not answer';

CREATE OR REPLACE VIEW steering.node_problem AS
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
COMMENT ON VIEW steering.node_problem IS 'for health(): on a node that it has missed changes, or has some that the coordinator does not know, or that the coordinator does not answer; on the coordinator that a node is another one, and that statements over several shards book in parallel; on both that the other has an older version of the extension';
COMMENT ON COLUMN steering.node_problem.subject IS 'the node, or the database';

COMMENT ON FUNCTION steering.compact() IS
'makes one row again of the counters and usage cells that were divided and that nobody is changing now, and takes away cells of which nothing is left; returns how many rows went. Their room is given back by VACUUM. On the coordinator of a scaled-out installation on all nodes, which no rollback here undoes, with a warning for each that does not answer; and where all answer it takes away the changes in steering.outbox that all have applied, but for the last, as each node does with its own. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

COMMENT ON FUNCTION steering.catch_up() IS
'on a node: fetches what it has missed of steering.outbox from the coordinator, and applies it in order; returns the number of the last change it has applied now. Errors: 55000 this is no node of a coordinator, the coordinator does not have what comes next, or not what was applied here last, as one of both was restored to an earlier state, or is of a later version and tells what is not known here; those of the connection, those of apply_change()';

COMMENT ON FUNCTION steering.apply_change() IS
'trigger of steering.outbox: on a node makes registers, aliases, caps and closings be as the row says, if its number is the next one; one that was applied already it skips. Errors: 55000 numbers in between are missing, or the row tells what this version does not know, and what is wrong with the bookings here that a change does not allow, as that of an entry that is gone';

-- Overrides over several nodes.
CREATE FUNCTION steering.override_use_elsewhere()
RETURNS TABLE (override_id integer, use_number integer, amount steering.amount, used steering.amount, relation text,
	statement_at timestamptz, transaction xid8, role_name text)
AS 'MODULE_PATHNAME', 'steering_override_use_elsewhere'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.override_use_elsewhere() IS
'on the coordinator of a scaled-out installation: what bookings on all other nodes have drawn of overrides, as far as the role may read their caps, committed when they were asked; relation is the table and the node. Elsewhere, and where no override was granted: no rows. Error: 55000 a node does not answer';

CREATE OR REPLACE VIEW steering.override_left AS
SELECT override_grant.override_id, override_grant.cap_id,
	coalesce(used.amount, 0) AS drawn,
	override_grant.amount::numeric - coalesce(used.amount, 0) AS remaining,
	coalesce(used.transactions, 0) AS transactions,
	CASE WHEN override_grant.revoked_at IS NOT NULL THEN 'revoked'
		WHEN override_grant.until <= statement_timestamp() THEN 'lapsed'
		WHEN used.amount >= override_grant.amount::numeric OR used.transactions >= override_grant.uses THEN 'used'
		ELSE 'open' END AS state
FROM steering.override_grant
LEFT JOIN (SELECT part.override_id, sum(part.amount::numeric) AS amount, max(part.use_number) AS transactions
	FROM (SELECT override_use.override_id, override_use.amount, override_use.use_number FROM steering.override_use
		UNION ALL
		SELECT elsewhere.override_id, elsewhere.amount, elsewhere.use_number FROM steering.override_use_elsewhere() AS elsewhere) AS part
	GROUP BY part.override_id) AS used ON used.override_id = override_grant.override_id;

CREATE OR REPLACE VIEW steering.override_draw WITH (security_barrier) AS
SELECT drawn.override_id AS override,
	override_status.cap_id,
	drawn.use_number,
	drawn.amount::numeric AS amount,
	drawn.used::numeric AS used,
	drawn.relation AS source,
	drawn.statement_at,
	drawn.transaction,
	drawn.role_name
FROM (SELECT override_use.override_id, override_use.use_number, override_use.amount, override_use.used, override_use.relation,
		override_use.statement_at, override_use.transaction, override_use.role_name
	FROM steering.override_use
	UNION ALL
	SELECT elsewhere.override_id, elsewhere.use_number, elsewhere.amount, elsewhere.used, elsewhere.relation,
		elsewhere.statement_at, elsewhere.transaction, elsewhere.role_name
	FROM steering.override_use_elsewhere() AS elsewhere) AS drawn
JOIN steering.override_status ON override_status.id = drawn.override_id;
COMMENT ON FUNCTION steering.revoke_override(integer, text) IS
'ends an override: what is left of it cannot be drawn any more, what was drawn stays. Waits for bookings that draw of it. Errors: 22004 null, 42704 no such override, 55000 it was revoked already, 40001 concurrent change, or a node that may draw of it does not answer in time, 55P03 room of its cap is being lent';
COMMENT ON FUNCTION steering.drop_node(text) IS
'on the coordinator: takes a node out, which has no bookings under caps any more. One that does not answer may go if it was lent nothing when it was asked last. Waits for bookings and acts. Errors: 22004 null, 42704 no such node, 22023 the coordinator itself, 55000 this is no coordinator, the node has bookings, or does not answer and may have, or may have drawn of an override that is open';

-- What a node was granted and drew before it was one is of caps that are gone, and its numbers may be those of the coordinator.
DELETE FROM steering.override_use WHERE EXISTS (SELECT FROM steering.this_node WHERE this_node.node_id > 0);
DELETE FROM steering.override_grant WHERE EXISTS (SELECT FROM steering.this_node WHERE this_node.node_id > 0);

-- Names are looked for in texts of a bounded size.
CREATE OR REPLACE FUNCTION steering.mentioned_function(functions oid[]) RETURNS TABLE (function oid, owner oid, mentioned_by oid)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT DISTINCT mentioned.oid, mentioned.proowner, text_function.function
FROM steering.text_function
CROSS JOIN LATERAL steering.named_in(text_function.body) AS word (name)
JOIN pg_catalog.pg_proc AS mentioned ON mentioned.proname = word.name
	AND mentioned.oid <> text_function.function AND mentioned.oid >= 16384
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = mentioned.pronamespace
	AND pg_namespace.nspname <> 'pg_catalog' AND pg_namespace.nspname !~ '^pg_temp_'
WHERE text_function.function = ANY (mentioned_function.functions) AND octet_length(text_function.body) <= 100000
	AND NOT EXISTS (
		SELECT FROM pg_catalog.pg_depend
		WHERE pg_depend.classid = 'pg_catalog.pg_proc'::regclass AND pg_depend.objid = mentioned.oid AND pg_depend.deptype = 'e');
END;
COMMENT ON FUNCTION steering.mentioned_function(oid[]) IS 'functions whose names stand in the text of others, and in which: those of PostgreSQL and of extensions apart; not in texts of more than 100,000 bytes';

-- What the mappings of shards need is written down.
CREATE OR REPLACE FUNCTION steering.mapping_need_certain(source_id integer) RETURNS TABLE (classid oid, objid oid, stored boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH RECURSIVE need (classid, objid, stored) AS (
	SELECT pg_depend.refclassid, pg_depend.refobjid, top.stored
	FROM (
		SELECT 'pg_catalog.pg_trigger'::regclass::oid, pg_trigger.oid, pg_trigger.tgfoid, false
		FROM steering.source
		JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source.relation::oid AND pg_trigger.tgfoid = 'steering.book'::regproc
			AND starts_with(pg_trigger.tgname::text, 'sp71_steering_insert')
		WHERE source.source_id = mapping_need_certain.source_id
		UNION ALL
		SELECT 'pg_catalog.pg_attrdef'::regclass::oid, pg_attrdef.oid, 0::oid, pg_attribute.attgenerated = 's'
		FROM steering.mapping_need AS generated
		JOIN pg_catalog.pg_attribute ON pg_attribute.attrelid = generated.objid AND pg_attribute.attnum = generated.objsubid
		JOIN pg_catalog.pg_attrdef ON pg_attrdef.adrelid = generated.objid AND pg_attrdef.adnum = generated.objsubid
		WHERE generated.source_id = mapping_need_certain.source_id AND generated.objsubid <> 0
			AND generated.classid = 'pg_catalog.pg_class'::regclass
	) AS top (classid, objid, our_function, stored)
	JOIN pg_catalog.pg_depend ON pg_depend.classid = top.classid AND pg_depend.objid = top.objid AND pg_depend.deptype = 'n'
		AND pg_depend.refobjid <> top.our_function AND pg_depend.refclassid <> 'pg_catalog.pg_class'::regclass
	UNION
	SELECT below.classid, below.objid, need.stored
	FROM need CROSS JOIN LATERAL (
		SELECT pg_depend.refclassid, pg_depend.refobjid
		FROM pg_catalog.pg_depend
		WHERE pg_depend.classid = need.classid AND pg_depend.objid = need.objid AND pg_depend.deptype = 'n'
			AND pg_depend.refclassid NOT IN ('pg_catalog.pg_language'::regclass, 'pg_catalog.pg_namespace'::regclass)
		UNION ALL
		SELECT 'pg_catalog.pg_constraint'::regclass::oid, pg_constraint.oid
		FROM pg_catalog.pg_constraint
		WHERE need.classid = 'pg_catalog.pg_type'::regclass AND pg_constraint.contypid = need.objid
		UNION ALL
		SELECT 'pg_catalog.pg_type'::regclass::oid, part.oid
		FROM pg_catalog.pg_type
		CROSS JOIN LATERAL (
			SELECT pg_type.typelem
			UNION ALL
			SELECT pg_attribute.atttypid FROM pg_catalog.pg_attribute
			WHERE pg_type.typrelid <> 0 AND pg_attribute.attrelid = pg_type.typrelid AND pg_attribute.attnum > 0
		) AS part (oid)
		WHERE need.classid = 'pg_catalog.pg_type'::regclass AND pg_type.oid = need.objid AND part.oid >= 16384
	) AS below (classid, objid)
)
SELECT need.classid, need.objid, bool_or(need.stored) FROM need GROUP BY need.classid, need.objid;
END;
INSERT INTO steering.mapping_need (source_id, classid, objid, objsubid, fingerprint, certain, object)
SELECT mapping.source_id, now.classid, now.objid, now.objsubid, now.fingerprint, now.certain,
	pg_catalog.pg_describe_object(now.classid, now.objid, now.objsubid)
FROM steering.mapping
CROSS JOIN LATERAL steering.mapping_need_now(mapping.source_id) AS now
WHERE EXISTS (
	SELECT FROM steering.source
	JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source.relation::oid AND pg_trigger.tgfoid = 'steering.book'::regproc
		AND starts_with(pg_trigger.tgname::text, 'sp71_steering_insert_')
	WHERE source.source_id = mapping.source_id)
ON CONFLICT ON CONSTRAINT mapping_need_pkey DO NOTHING;
-- What the coordinator holds a node to, from when the node has said what it uses under a cap that is new, or that entries have joined,
-- until the node has that cap, or those entries, itself: under it nothing is raised here meanwhile.

CREATE TABLE steering.held_scope (
	held_scope_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT held_scope_pkey PRIMARY KEY,
	act bigint NOT NULL,
	metric text NOT NULL,
	services integer[] NOT NULL,
	participants integer[] NOT NULL,
	first_day date NOT NULL,
	end_day date NOT NULL
);
REVOKE ALL ON steering.held_scope FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.held_scope', '');
SELECT pg_catalog.pg_extension_config_dump('steering.held_scope_held_scope_id_seq', '');
COMMENT ON TABLE steering.held_scope IS 'on a node: what raises usage here has to ask the coordinator whether the act is over that wants to know what is used, and is refused (40001) until it is, and applied here';
COMMENT ON COLUMN steering.held_scope.held_scope_id IS 'number of the row';
COMMENT ON COLUMN steering.held_scope.act IS 'number of the act''s transaction on the coordinator';
COMMENT ON COLUMN steering.held_scope.metric IS 'of the cap: what of the bookings is held';
COMMENT ON COLUMN steering.held_scope.services IS 'the services of the bookings';
COMMENT ON COLUMN steering.held_scope.participants IS 'the participants of the bookings';
COMMENT ON COLUMN steering.held_scope.first_day IS 'their first day';
COMMENT ON COLUMN steering.held_scope.end_day IS 'the day after their last';

CREATE FUNCTION steering.cap_scopes(caps integer[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE SET jit = off
BEGIN ATOMIC
WITH RECURSIVE service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	WHERE service.service_id IN (SELECT cap.service_id FROM steering.cap WHERE cap.cap_id = ANY (caps))
	UNION
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	WHERE participant.participant_id IN (SELECT cap.participant_id FROM steering.cap WHERE cap.cap_id = ANY (caps))
	UNION
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
)
SELECT coalesce(jsonb_agg(jsonb_build_object('cap_id', cap.cap_id, 'metric', cap.metric,
	'first_day', lower(cap.during), 'end_day', upper(cap.during),
	'services', (SELECT jsonb_agg(service_below.service_id) FROM service_below WHERE service_below.top = cap.service_id),
	'participants', (SELECT jsonb_agg(participant_below.participant_id) FROM participant_below WHERE participant_below.top = cap.participant_id))
	ORDER BY cap.cap_id), '[]')
FROM steering.cap
WHERE cap.cap_id = ANY (caps);
END;
REVOKE ALL ON FUNCTION steering.cap_scopes(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_scopes(integer[]) IS 'which bookings these caps are over: an array with cap_id, metric, first_day, end_day, and the numbers of services and participants';

-- As cap_tally() counts, but by entries that the coordinator has told: this node may not know yet that they belong there.
CREATE FUNCTION steering.scope_usage(scopes jsonb)
RETURNS TABLE (cap_id integer, before numeric, after numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 SET jit = off
BEGIN ATOMIC
WITH scope AS MATERIALIZED (
	SELECT told.cap_id, told.metric, told.services, told.participants, told.first_day, told.end_day,
		steering.month_of(steering.month_of(told.first_day - 1) + 31) AS whole_from, steering.month_of(told.end_day) AS whole_to
	FROM jsonb_to_recordset(scope_usage.scopes)
		AS told (cap_id integer, metric text, services integer[], participants integer[], first_day date, end_day date)
), edge AS (
	SELECT scope.cap_id, scope.first_day AS from_day, least(scope.whole_from, scope.end_day) AS until_day
	FROM scope
	WHERE scope.first_day < scope.whole_from
	UNION ALL
	SELECT scope.cap_id, scope.whole_to, scope.end_day
	FROM scope
	WHERE scope.whole_to >= scope.whole_from AND scope.whole_to < scope.end_day
), booked AS MATERIALIZED (
	SELECT edge.cap_id, read.service_id, read.participant_id, read.amount, read.volume,
		steering.require_that(NOT read.unreadable, '55000', 'bookings of a source cannot be read') AS is_required
	FROM edge CROSS JOIN LATERAL steering.booking_read(edge.from_day, edge.until_day) AS read
	WHERE read.unreadable OR (read.booked_on >= edge.from_day AND read.booked_on < edge.until_day)
), part AS (
	SELECT scope.cap_id, steering.metric_part(scope.metric, cell.amount, cell.volume)::numeric AS used
	FROM scope
	JOIN steering.usage_cell AS cell ON cell.month >= scope.whole_from AND cell.month < scope.whole_to
		AND cell.service_id = ANY (scope.services) AND cell.participant_id = ANY (scope.participants)
	UNION ALL
	SELECT scope.cap_id, steering.metric_part(scope.metric, booked.amount, booked.volume)::numeric
	FROM booked
	JOIN scope ON scope.cap_id = booked.cap_id
		AND booked.service_id = ANY (scope.services) AND booked.participant_id = ANY (scope.participants)
)
SELECT scope.cap_id,
	coalesce((SELECT sum(counter.used::numeric) FROM steering.cap_counter AS counter WHERE counter.cap_id = scope.cap_id), 0),
	coalesce((SELECT sum(part.used) FROM part WHERE part.cap_id = scope.cap_id), 0)
FROM scope
ORDER BY scope.cap_id;
END;
REVOKE ALL ON FUNCTION steering.scope_usage(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scope_usage(jsonb) IS 'what this node uses under caps of the coordinator: as far as it has counted by now (before), and of the bookings that cap_scopes() says there (after). Error: 55000 a source cannot be read';

CREATE FUNCTION steering.hold_scopes(act bigint, scopes jsonb)
RETURNS TABLE (cap_id integer, before numeric, after numeric)
AS 'MODULE_PATHNAME', 'steering_hold_scopes'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE ROWS 10;
REVOKE ALL ON FUNCTION steering.hold_scopes(bigint, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.hold_scopes(bigint, jsonb) IS
'on a node: what is used of these bookings, see scope_usage(), and not raised from now on before the act is over that asks, and applied here. The coordinator calls it, as a transaction of its own. Errors: 55000 it is no node, a source cannot be read, 55P03 bookings that run take too long';

CREATE FUNCTION steering.settled_change() RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_settled_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.settled_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.settled_change() IS 'on the coordinator: the number of its last change, while no act is under way that makes caps or moves entries; null: one is. Nodes call it';
-- Sources that Citus distributes.

CREATE FUNCTION steering.distribute(source regclass, distribution_column text, colocate_with text DEFAULT 'default',
	shard_count integer DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'steering_distribute'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.distribute(regclass, text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.distribute(regclass, text, text, integer) IS
'on the coordinator of Citus: has Citus distribute a table that is a source, and stays it, by the same mapping; create_distributed_table() refuses that. Of the first table of queries, or their booking table, all tables that they join: each by the column that is equal to the given one, or as a reference table where none is; and the queries are attached again as they were. Bookings go to the nodes where their rows are, in one transaction, and are judged there from now on. colocate_with and shard_count are those of create_distributed_table(). The rows that Citus leaves behind are removed. Waits for transactions that use the table, and for all bookings of this node. Errors: 42501 not a superuser, 42704 no source, 42703 no such column, 42P01 no such table to colocate with, 22004 null, 0A000 it cannot be judged on the nodes: the column does not decide the participant, it has partitions, orders or triggers of others, or Citus manages it already; a table of a query is a source too, or in a query that begins with another, 55000 there is no Citus, or another node steers, 55P03 room under its caps is just being lent, 23S73 a node does not know a code, and those of create_distributed_table()';
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
