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
