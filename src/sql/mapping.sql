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
	CONSTRAINT mapping_need_pkey PRIMARY KEY (source_id, classid, objid, objsubid)
);
REVOKE ALL ON steering.mapping_need FROM PUBLIC;
CREATE INDEX mapping_need_objid_idx ON steering.mapping_need (objid);
COMMENT ON TABLE steering.mapping_need IS 'what each mapping is made of: functions, operators, types, collations and so on, those that came with PostgreSQL apart; not in dumps';
COMMENT ON COLUMN steering.mapping_need.source_id IS 'number of the source';
COMMENT ON COLUMN steering.mapping_need.classid IS 'the catalog that the object is in, as in pg_depend';
COMMENT ON COLUMN steering.mapping_need.objid IS 'the object';
COMMENT ON COLUMN steering.mapping_need.objsubid IS 'of a table the column that is generated when it is read, else 0';
COMMENT ON COLUMN steering.mapping_need.fingerprint IS 'of what the object was when the source was counted last';

-- What an object may be called, whose it is, who may use it and what it costs does not change what it does.
CREATE FUNCTION steering.object_fingerprint(classid oid, objid oid, objsubid integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT md5(CASE object_fingerprint.classid
	WHEN 'pg_catalog.pg_proc'::regclass THEN (
		SELECT (to_jsonb(pg_proc) - '{oid,proname,pronamespace,proowner,proacl,procost,prorows,prosupport,proparallel}'::text[])::text
		FROM pg_catalog.pg_proc WHERE pg_proc.oid = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_operator'::regclass THEN (
		SELECT pg_operator.oprcode::oid::text
		FROM pg_catalog.pg_operator WHERE pg_operator.oid = object_fingerprint.objid)
	WHEN 'pg_catalog.pg_type'::regclass THEN (
		SELECT jsonb_build_array(pg_type.typtype, pg_type.typbasetype, pg_type.typtypmod, pg_type.typnotnull, pg_type.typcollation,
			(SELECT jsonb_agg(jsonb_build_array(pg_attribute.attnum, pg_attribute.atttypid, pg_attribute.attcollation) ORDER BY pg_attribute.attnum)
			 FROM pg_catalog.pg_attribute
			 WHERE pg_attribute.attrelid = pg_type.typrelid AND pg_attribute.attnum > 0 AND NOT pg_attribute.attisdropped))::text
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
REVOKE ALL ON FUNCTION steering.object_fingerprint(oid, oid, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.object_fingerprint(oid, oid, integer) IS
'a fingerprint of what an object does, by its number in the catalogs; null: it is not there, or nothing is known of its kind';

-- The functions that another mentions. A body in SQL that was parsed has its dependencies in the catalogs; in other
-- languages it is text, and each function of a name that stands in it counts: too many rather than too few.
CREATE FUNCTION steering.mentioned_function(function oid) RETURNS SETOF oid
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT other.oid
FROM pg_catalog.pg_proc
JOIN pg_catalog.pg_language ON pg_language.oid = pg_proc.prolang
	AND pg_language.lanname NOT IN ('internal', 'c') AND pg_proc.prosqlbody IS NULL
JOIN pg_catalog.pg_proc AS other ON other.oid <> pg_proc.oid AND other.oid >= 16384 AND other.proname IN (
	SELECT unnest(ARRAY[word.found[1], lower(word.found[1])])
	FROM regexp_matches(pg_proc.prosrc, '[[:alpha:]_][[:alnum:]_$]*', 'g') AS word (found))
WHERE pg_proc.oid = mentioned_function.function;
END;
REVOKE ALL ON FUNCTION steering.mentioned_function(oid) FROM PUBLIC;
COMMENT ON FUNCTION steering.mentioned_function(oid) IS 'functions whose names stand in the text of a function, those of PostgreSQL apart';

-- From what the trigger of the attached table depends on downwards. What belongs to this extension changes with it
-- alone. Columns that are generated when they are read are those that were recorded.
CREATE FUNCTION steering.mapping_need_now(source_id integer)
RETURNS TABLE (classid oid, objid oid, objsubid integer, fingerprint text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH RECURSIVE need (classid, objid) AS (
	SELECT pg_depend.refclassid, pg_depend.refobjid
	FROM steering.source
	JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source.relation::oid AND pg_trigger.tgname = 'sp71_steering_insert'
	JOIN pg_catalog.pg_depend ON pg_depend.classid = 'pg_catalog.pg_trigger'::regclass AND pg_depend.objid = pg_trigger.oid
		AND pg_depend.deptype = 'n' AND pg_depend.refobjid <> pg_trigger.tgfoid
	WHERE source.source_id = mapping_need_now.source_id
	UNION
	SELECT below.classid, below.objid
	FROM need CROSS JOIN LATERAL (
		SELECT pg_depend.refclassid, pg_depend.refobjid
		FROM pg_catalog.pg_depend
		WHERE pg_depend.classid = need.classid AND pg_depend.objid = need.objid AND pg_depend.deptype = 'n'
		UNION ALL
		SELECT 'pg_catalog.pg_constraint'::regclass::oid, pg_constraint.oid
		FROM pg_catalog.pg_constraint
		WHERE need.classid = 'pg_catalog.pg_type'::regclass AND pg_constraint.contypid = need.objid
		UNION ALL
		SELECT 'pg_catalog.pg_proc'::regclass::oid, mentioned.oid
		FROM steering.mentioned_function(need.objid) AS mentioned (oid)
		WHERE need.classid = 'pg_catalog.pg_proc'::regclass
	) AS below (classid, objid)
)
SELECT need.classid, need.objid, 0, fingerprint.value
FROM need
CROSS JOIN LATERAL (SELECT steering.object_fingerprint(need.classid, need.objid, 0)) AS fingerprint (value)
WHERE fingerprint.value IS NOT NULL
	AND NOT EXISTS (
		SELECT FROM pg_catalog.pg_depend JOIN pg_catalog.pg_extension ON pg_extension.oid = pg_depend.refobjid
		WHERE pg_depend.classid = need.classid AND pg_depend.objid = need.objid AND pg_depend.deptype = 'e'
			AND pg_depend.refclassid = 'pg_catalog.pg_extension'::regclass AND pg_extension.extname = 'sp71_steering')
UNION ALL
SELECT generated.classid, generated.objid, generated.objsubid,
	coalesce(steering.object_fingerprint(generated.classid, generated.objid, generated.objsubid), '')
FROM steering.mapping_need AS generated
WHERE generated.source_id = mapping_need_now.source_id AND generated.objsubid <> 0;
END;
REVOKE ALL ON FUNCTION steering.mapping_need_now(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.mapping_need_now(integer) IS 'what the mapping of a source is made of now';

CREATE VIEW steering.mapping_change AS
SELECT coalesce(before.source_id, now.source_id) AS source_id,
	coalesce(before.classid, now.classid) AS classid,
	coalesce(before.objid, now.objid) AS objid,
	coalesce(before.objsubid, now.objsubid) AS objsubid
FROM steering.mapping_need AS before
FULL JOIN (
	SELECT mapping.source_id, need.classid, need.objid, need.objsubid, need.fingerprint
	FROM steering.mapping CROSS JOIN LATERAL steering.mapping_need_now(mapping.source_id) AS need
) AS now ON (now.source_id, now.classid, now.objid, now.objsubid) = (before.source_id, before.classid, before.objid, before.objsubid)
WHERE before.fingerprint IS DISTINCT FROM now.fingerprint;
REVOKE ALL ON steering.mapping_change FROM PUBLIC;
COMMENT ON VIEW steering.mapping_change IS 'what mappings are made of that is not what it was when their sources were counted last';
COMMENT ON COLUMN steering.mapping_change.source_id IS 'number of the source';
COMMENT ON COLUMN steering.mapping_change.classid IS 'the catalog that the object is in, as in pg_depend';
COMMENT ON COLUMN steering.mapping_change.objid IS 'the object';
COMMENT ON COLUMN steering.mapping_change.objsubid IS 'of a table the column, else 0';

CREATE FUNCTION steering.fix_mappings() RETURNS integer
AS 'MODULE_PATHNAME', 'steering_fix_mappings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.fix_mappings() FROM PUBLIC;
COMMENT ON FUNCTION steering.fix_mappings() IS
'fixes the meaning of every mapping that has none fixed, as its text has it now: after pg_upgrade, or where event triggers did not fire when a dump was restored. Calls no function of a mapping and counts no row. Returns how many could not be fixed, of which health() tells';

CREATE VIEW steering.mapping_problem AS
SELECT source.relation::text AS subject, 'mapping not fixed' AS problem,
	'What its expressions mean is looked up anew in each session: since pg_upgrade or a restore, or because they have no meaning any more.' AS detail,
	format('SELECT steering.fix_mappings(), and where that is not enough SELECT steering.reattach(%L)', source.relation::text) AS hint
FROM steering.source
WHERE NOT EXISTS (
	SELECT FROM steering.mapping
	WHERE mapping.source_id = source.source_id
		AND (mapping.catalog_version, mapping.system_identifier) IN (
			SELECT control.catalog_version_no, control.system_identifier FROM pg_catalog.pg_control_system() AS control))
UNION ALL
SELECT source.relation::text, 'mapping changed',
	format('It was counted by another %s than there is now, unseen.',
		coalesce(pg_catalog.pg_describe_object(mapping_change.classid, mapping_change.objid, mapping_change.objsubid),
			format('object %s of %s', mapping_change.objid, mapping_change.classid::regclass))),
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
