-- What a mapping means: the trees that its expressions were resolved to, and what these are made of.

-- Trees name objects by number, so neither table is dumped: a dump holds the text of the expressions
-- (steering.source), and when it has been restored the trees are made of that.
CREATE TABLE steering.mapping (
	source_id integer CONSTRAINT mapping_pkey PRIMARY KEY,
	expressions pg_node_tree NOT NULL,
	catalog_version integer NOT NULL,
	system_identifier bigint NOT NULL
);
REVOKE ALL ON steering.mapping FROM PUBLIC;
COMMENT ON TABLE steering.mapping IS 'what the expressions of each source were resolved to when it was attached; not in dumps, which hold their text';
COMMENT ON COLUMN steering.mapping.source_id IS 'number of the source';
COMMENT ON COLUMN steering.mapping.expressions IS 'the expressions in the order of the arguments of attach(), over the columns of the attached table';
COMMENT ON COLUMN steering.mapping.catalog_version IS 'version of the catalogs of the server that resolved them; on another the text counts until fix_mappings()';
COMMENT ON COLUMN steering.mapping.system_identifier IS 'the database cluster that resolved them; in one that pg_upgrade made the text counts until fix_mappings()';

CREATE TABLE steering.mapping_need (
	source_id integer NOT NULL,
	classid oid NOT NULL,
	objid oid NOT NULL,
	objsubid integer NOT NULL,
	fingerprint text NOT NULL,
	certain boolean NOT NULL,
	object text NOT NULL,
	CONSTRAINT mapping_need_pkey PRIMARY KEY (source_id, classid, objid, objsubid)
);
REVOKE ALL ON steering.mapping_need FROM PUBLIC;
CREATE INDEX mapping_need_objid_idx ON steering.mapping_need (objid);
COMMENT ON TABLE steering.mapping_need IS 'what each mapping is made of: functions, operators, types, collations and so on, those that came with PostgreSQL apart; not in dumps';
COMMENT ON COLUMN steering.mapping_need.source_id IS 'number of the source';
COMMENT ON COLUMN steering.mapping_need.classid IS 'the catalog that the object is in, as in pg_depend';
COMMENT ON COLUMN steering.mapping_need.objid IS 'the object';
COMMENT ON COLUMN steering.mapping_need.objsubid IS 'of a table the column whose value is computed when the mapping reads it, else 0';
COMMENT ON COLUMN steering.mapping_need.fingerprint IS 'of what the object was when the source was counted last';
COMMENT ON COLUMN steering.mapping_need.certain IS 'PostgreSQL knows that the mapping needs it; false: a function whose name stands in the text of one that it calls, and what that one needs';
COMMENT ON COLUMN steering.mapping_need.object IS 'what the object was called then';

-- What an object may be called, whose it is, who may use it and what it costs does not change what it does. Names count
-- where a function whose body is text can look something up by them: labels, attributes, the schema of a function.
CREATE FUNCTION steering.object_fingerprint(classid oid, objid oid, objsubid integer, by_name boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT md5(CASE object_fingerprint.classid
	WHEN 'pg_catalog.pg_proc'::regclass THEN (
		SELECT concat(
			to_jsonb(pg_proc) - '{oid,proname,pronamespace,proowner,proacl,procost,prorows,prosupport,proparallel}'::text[],
			(SELECT jsonb_build_array(aggkind, aggnumdirectargs, aggtransfn::oid, aggfinalfn::oid, aggcombinefn::oid, aggserialfn::oid,
				aggdeserialfn::oid, aggmtransfn::oid, aggminvtransfn::oid, aggmfinalfn::oid, aggfinalextra, aggmfinalextra,
				aggfinalmodify, aggmfinalmodify, aggsortop, aggtranstype, aggmtranstype, agginitval, aggminitval)
			 FROM pg_catalog.pg_aggregate WHERE pg_aggregate.aggfnoid = pg_proc.oid),
			CASE WHEN object_fingerprint.by_name THEN (
				SELECT jsonb_build_array(pg_namespace.nspname, pg_proc.proname)
				FROM pg_catalog.pg_namespace WHERE pg_namespace.oid = pg_proc.pronamespace) END)
		FROM pg_catalog.pg_proc WHERE pg_proc.oid = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_operator'::regclass THEN (
		SELECT pg_operator.oprcode::oid::text
		FROM pg_catalog.pg_operator WHERE pg_operator.oid = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_type'::regclass THEN (
		SELECT jsonb_build_array(pg_type.typtype, pg_type.typbasetype, pg_type.typtypmod, pg_type.typnotnull, pg_type.typcollation,
			(SELECT jsonb_agg(jsonb_build_array(pg_attribute.attnum, pg_attribute.atttypid, pg_attribute.attcollation,
				CASE WHEN object_fingerprint.by_name THEN pg_attribute.attname END) ORDER BY pg_attribute.attnum)
			 FROM pg_catalog.pg_attribute
			 WHERE pg_attribute.attrelid = pg_type.typrelid AND pg_attribute.attnum > 0 AND NOT pg_attribute.attisdropped),
			(SELECT jsonb_agg(jsonb_build_array(pg_enum.oid, pg_enum.enumlabel) ORDER BY pg_enum.oid)
			 FROM pg_catalog.pg_enum
			 WHERE pg_enum.enumtypid = pg_type.oid AND object_fingerprint.by_name))::text
		FROM pg_catalog.pg_type WHERE pg_type.oid = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_constraint'::regclass THEN (
		SELECT pg_constraint.conbin::text
		FROM pg_catalog.pg_constraint WHERE pg_constraint.oid = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_collation'::regclass THEN (
		SELECT (to_jsonb(pg_collation) - '{oid,collname,collnamespace,collowner}'::text[])::text
			|| coalesce(pg_catalog.pg_collation_actual_version(pg_collation.oid), '')
		FROM pg_catalog.pg_collation WHERE pg_collation.oid = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_ts_config'::regclass THEN (
		SELECT jsonb_agg(to_jsonb(pg_ts_config_map) ORDER BY pg_ts_config_map.maptokentype, pg_ts_config_map.mapseqno)::text
		FROM pg_catalog.pg_ts_config_map WHERE pg_ts_config_map.mapcfg = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_ts_dict'::regclass THEN (
		SELECT concat(pg_ts_dict.dicttemplate, pg_ts_dict.dictinitoption)
		FROM pg_catalog.pg_ts_dict WHERE pg_ts_dict.oid = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_class'::regclass THEN (
		SELECT pg_catalog.pg_get_expr(pg_attrdef.adbin, pg_attrdef.adrelid)
		FROM pg_catalog.pg_attrdef
		WHERE pg_attrdef.adrelid = object_fingerprint.objid AND pg_attrdef.adnum = object_fingerprint.objsubid)
	END);
END;
REVOKE ALL ON FUNCTION steering.object_fingerprint(oid, oid, integer, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.object_fingerprint(oid, oid, integer, boolean) IS
'a fingerprint of what an object does, by its number in the catalogs, with or without the names in it; null: it is not there, or nothing is known of its kind';

-- Functions whose body is text. A body in SQL that was parsed has its dependencies in the catalogs; in other languages
-- that are no code of the server it is text.
CREATE VIEW steering.text_function AS
SELECT pg_proc.oid AS function, pg_proc.proowner AS owner, pg_proc.prosrc AS body
FROM pg_catalog.pg_proc
JOIN pg_catalog.pg_language ON pg_language.oid = pg_proc.prolang
WHERE pg_language.lanname NOT IN ('internal', 'c') AND pg_proc.prosqlbody IS NULL;
REVOKE ALL ON steering.text_function FROM PUBLIC;
COMMENT ON VIEW steering.text_function IS 'functions whose body is text, which PostgreSQL does not look into';
COMMENT ON COLUMN steering.text_function.function IS 'number of the function';
COMMENT ON COLUMN steering.text_function.owner IS 'whose it is';
COMMENT ON COLUMN steering.text_function.body IS 'its text';

-- Too many rather than too few: words in comments and strings as well, with and without dollar signs, as they are
-- written and in small letters; and what stands between two double quotes, wherever these begin. What is no sign of
-- ASCII is a letter, whatever the locale.
CREATE FUNCTION steering.named_in(body text) RETURNS SETOF name
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT DISTINCT unnest(ARRAY[part.word::name, lower(part.word)::name])
FROM (
	SELECT regexp_split_to_table(named_in.body, '[\u0001-\u0023\u0025-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007f]+')
	UNION
	SELECT regexp_split_to_table(named_in.body, '[\u0001-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007f]+')
	UNION
	SELECT replace(quoted.word, chr(1), '"')
	FROM unnest(string_to_array(replace(named_in.body, '""', chr(1)), '"')) AS quoted (word)
) AS part (word)
WHERE part.word <> '';
END;
REVOKE ALL ON FUNCTION steering.named_in(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.named_in(text) IS 'all that may be a name in the text of a function';

-- Not functions of PostgreSQL and of extensions, nor temporary ones; and not in texts of a size with which somebody could keep
-- others waiting, or have them run out of memory.
CREATE FUNCTION steering.mentioned_function(functions oid[]) RETURNS TABLE (function oid, owner oid, mentioned_by oid)
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
REVOKE ALL ON FUNCTION steering.mentioned_function(oid[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.mentioned_function(oid[]) IS 'functions whose names stand in the text of others, and in which: those of PostgreSQL and of extensions apart; not in texts of more than 100,000 bytes';

-- A superuser may act as everybody, which gives nobody a say in what he does.
CREATE FUNCTION steering.stands_for(role oid, owner oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT stands_for.role = stands_for.owner
	OR pg_catalog.pg_has_role(stands_for.role, stands_for.owner, 'USAGE')
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE pg_roles.oid = stands_for.role AND pg_roles.rolsuper);
END;
REVOKE ALL ON FUNCTION steering.stands_for(oid, oid) FROM PUBLIC;
COMMENT ON FUNCTION steering.stands_for(oid, oid) IS 'whether a role is another, or was given its privileges';

-- From what the trigger of the attached table and the columns that are computed depend on downwards. The name of that of a
-- shard ends with the number of the shard. Languages are no part of what a function does, nor are schemas.
CREATE FUNCTION steering.mapping_need_certain(source_id integer) RETURNS TABLE (classid oid, objid oid, stored boolean)
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
REVOKE ALL ON FUNCTION steering.mapping_need_certain(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.mapping_need_certain(integer) IS 'what PostgreSQL knows that the mapping of a source needs now; stored: values that the table holds were computed by it';

-- What belongs to this extension changes with it alone. Columns that are computed are those that were recorded.
--
-- The names in a text are followed twice, from what is certain and from what that mentions, and to 1,000 objects each
-- time, those that were made first. Whoever writes a name has no say in what others do with a function of that name:
-- one that is only mentioned is followed where it is the table owner's, or of whoever owns the function that mentions
-- it, if that one is followed. Else health() tells of it.
CREATE FUNCTION steering.mapping_need_now(source_id integer)
RETURNS TABLE (classid oid, objid oid, objsubid integer, fingerprint text, certain boolean, followed boolean, stored boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH certain AS MATERIALIZED (
	SELECT need.classid, need.objid, need.stored FROM steering.mapping_need_certain(mapping_need_now.source_id) AS need
),
by_name AS MATERIALIZED (
	SELECT EXISTS (
		SELECT FROM certain JOIN steering.text_function ON text_function.function = certain.objid
		WHERE certain.classid = 'pg_catalog.pg_proc'::regclass) AS value
),
table_owner AS MATERIALIZED (
	SELECT pg_class.relowner AS owner
	FROM steering.source JOIN pg_catalog.pg_class ON pg_class.oid = source.relation::oid
	WHERE source.source_id = mapping_need_now.source_id
),
mentioned AS MATERIALIZED (
	SELECT other.function, bool_or(steering.stands_for(other.owner, table_owner.owner)
		OR steering.stands_for(other.owner, caller.proowner)) AS followed, bool_or(certain.stored) AS stored
	FROM steering.mentioned_function(ARRAY(
		SELECT certain.objid FROM certain WHERE certain.classid = 'pg_catalog.pg_proc'::regclass)) AS other
	JOIN pg_catalog.pg_proc AS caller ON caller.oid = other.mentioned_by
	JOIN certain ON certain.classid = 'pg_catalog.pg_proc'::regclass AND certain.objid = caller.oid
	CROSS JOIN table_owner
	GROUP BY other.function
	ORDER BY other.function
	LIMIT 1000
),
mentioned_below (classid, objid, followed, stored) AS MATERIALIZED (
	SELECT below.classid, below.objid, bool_or(below.followed), bool_or(below.stored)
	FROM (
		SELECT 'pg_catalog.pg_proc'::regclass::oid, other.function, mentioned.followed
			AND (steering.stands_for(other.owner, table_owner.owner) OR steering.stands_for(other.owner, caller.proowner)), mentioned.stored
		FROM steering.mentioned_function(ARRAY(SELECT mentioned.function FROM mentioned)) AS other
		JOIN pg_catalog.pg_proc AS caller ON caller.oid = other.mentioned_by
		JOIN mentioned ON mentioned.function = other.mentioned_by
		CROSS JOIN table_owner
		UNION ALL
		SELECT pg_depend.refclassid, pg_depend.refobjid, mentioned.followed
			AND (steering.stands_for(other.proowner, table_owner.owner) OR steering.stands_for(other.proowner, caller.proowner)), mentioned.stored
		FROM mentioned
		JOIN pg_catalog.pg_proc AS caller ON caller.oid = mentioned.function
		JOIN pg_catalog.pg_depend ON pg_depend.classid = 'pg_catalog.pg_proc'::regclass AND pg_depend.objid = mentioned.function
			AND pg_depend.deptype = 'n'
			AND pg_depend.refclassid NOT IN ('pg_catalog.pg_language'::regclass, 'pg_catalog.pg_namespace'::regclass)
		LEFT JOIN pg_catalog.pg_proc AS other ON other.oid = pg_depend.refobjid AND pg_depend.refclassid = 'pg_catalog.pg_proc'::regclass
		CROSS JOIN table_owner
	) AS below (classid, objid, followed, stored)
	GROUP BY below.classid, below.objid
	ORDER BY below.objid, below.classid
	LIMIT 1000
),
need AS (
	SELECT any_need.classid, any_need.objid, bool_or(any_need.certain) AS certain, coalesce(bool_or(any_need.followed), false) AS followed,
		bool_or(any_need.stored) AS stored
	FROM (
		SELECT certain.classid, certain.objid, true, true, certain.stored FROM certain
		UNION ALL
		SELECT 'pg_catalog.pg_proc'::regclass::oid, mentioned.function, false, mentioned.followed, mentioned.stored FROM mentioned
		UNION ALL
		SELECT mentioned_below.classid, mentioned_below.objid, false, mentioned_below.followed, mentioned_below.stored FROM mentioned_below
	) AS any_need (classid, objid, certain, followed, stored)
	GROUP BY any_need.classid, any_need.objid
)
SELECT need.classid, need.objid, 0, fingerprint.value, need.certain, need.followed, need.stored
FROM need
CROSS JOIN by_name
CROSS JOIN LATERAL (
	SELECT steering.object_fingerprint(need.classid, need.objid, 0,
		CASE need.classid WHEN 'pg_catalog.pg_proc'::regclass THEN NOT need.certain ELSE by_name.value END)
) AS fingerprint (value)
WHERE fingerprint.value IS NOT NULL
	AND NOT EXISTS (
		SELECT FROM pg_catalog.pg_depend JOIN pg_catalog.pg_extension ON pg_extension.oid = pg_depend.refobjid
		WHERE pg_depend.classid = need.classid AND pg_depend.objid = need.objid AND pg_depend.deptype = 'e'
			AND pg_depend.refclassid = 'pg_catalog.pg_extension'::regclass AND pg_extension.extname = 'sp71_steering')
UNION ALL
SELECT generated.classid, generated.objid, generated.objsubid,
	coalesce(steering.object_fingerprint(generated.classid, generated.objid, generated.objsubid, false), ''), true, true, false
FROM steering.mapping_need AS generated
WHERE generated.source_id = mapping_need_now.source_id AND generated.objsubid <> 0;
END;
REVOKE ALL ON FUNCTION steering.mapping_need_now(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.mapping_need_now(integer) IS
'what the mapping of a source is made of now; followed: a change of it is judged; stored: values that the table holds were computed by it';

CREATE VIEW steering.mapping_change AS
SELECT coalesce(before.source_id, now.source_id) AS source_id,
	coalesce(before.classid, now.classid) AS classid,
	coalesce(before.objid, now.objid) AS objid,
	coalesce(before.objsubid, now.objsubid) AS objsubid,
	coalesce(pg_catalog.pg_describe_object(now.classid, now.objid, now.objsubid), before.object) AS object,
	coalesce(before.certain, now.certain) AS certain
FROM steering.mapping_need AS before
FULL JOIN (
	SELECT mapping.source_id, need.classid, need.objid, need.objsubid, need.fingerprint, need.certain
	FROM steering.mapping CROSS JOIN LATERAL steering.mapping_need_now(mapping.source_id) AS need
) AS now ON (now.source_id, now.classid, now.objid, now.objsubid) = (before.source_id, before.classid, before.objid, before.objsubid)
WHERE before.fingerprint IS DISTINCT FROM now.fingerprint;
REVOKE ALL ON steering.mapping_change FROM PUBLIC;
COMMENT ON VIEW steering.mapping_change IS 'what mappings are made of that is not what it was when their sources were counted last';
COMMENT ON COLUMN steering.mapping_change.source_id IS 'number of the source';
COMMENT ON COLUMN steering.mapping_change.classid IS 'the catalog that the object is in, as in pg_depend';
COMMENT ON COLUMN steering.mapping_change.objid IS 'the object';
COMMENT ON COLUMN steering.mapping_change.objsubid IS 'of a table the column, else 0';
COMMENT ON COLUMN steering.mapping_change.object IS 'what it is called, or was';
COMMENT ON COLUMN steering.mapping_change.certain IS 'PostgreSQL knows that the mapping needs it; false: its name stands in the text of a function, or below one of which it does';

CREATE FUNCTION steering.fix_mappings() RETURNS integer
AS 'MODULE_PATHNAME', 'steering_fix_meanings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.fix_mappings() FROM PUBLIC;
COMMENT ON FUNCTION steering.fix_mappings() IS
'fixes the meaning of every mapping and query that has none fixed, as its text has it now: after pg_upgrade, or where event triggers did not fire when a dump was restored. Calls no function of a mapping and counts no row. Returns how many could not be fixed, of which health() tells';

-- That of a table of ours is fixed again with the next reservation.
CREATE VIEW steering.mapping_problem AS
SELECT source.relation::text AS subject, 'mapping not fixed' AS problem,
	'What its expressions mean is looked up anew in each session: since pg_upgrade or a restore, or because they have no meaning any more.' AS detail,
	format('SELECT steering.fix_mappings(), and where that is not enough SELECT steering.reattach(%L)', source.relation::text) AS hint
FROM steering.source
WHERE source.relation::oid NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass, 'steering.order_line'::regclass)
	AND NOT EXISTS (
	SELECT FROM steering.mapping
	WHERE mapping.source_id = source.source_id
		AND (mapping.catalog_version, mapping.system_identifier) IN (
			SELECT control.catalog_version_no, control.system_identifier FROM pg_catalog.pg_control_system() AS control))
UNION ALL
SELECT source.relation::text, 'mapping changed',
	format(CASE WHEN mapping_change.certain THEN 'It was counted by another %s than there is now, unseen.'
		ELSE 'The text of a function that it calls may name %s, which is not what it was when it was counted.' END,
		mapping_change.object),
	format('SELECT steering.reattach(%L)', source.relation::text)
FROM steering.mapping_change JOIN steering.source ON source.source_id = mapping_change.source_id;
REVOKE ALL ON steering.mapping_problem FROM PUBLIC;
COMMENT ON VIEW steering.mapping_problem IS 'health(): mappings that may not mean what they meant when they were attached';
COMMENT ON COLUMN steering.mapping_problem.subject IS 'a table';
COMMENT ON COLUMN steering.mapping_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.mapping_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.mapping_problem.hint IS 'what to do';

-- Sources that an earlier version attached.
SELECT steering.fix_mappings();
