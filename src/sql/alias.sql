-- Aliases: what finance tables call a service or a participant that is not its code in the register.

-- The order of the columns is known to C. Without foreign keys, as the registers have none.
CREATE TABLE steering.alias (
	alias_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT alias_pkey PRIMARY KEY,
	source steering.table_number,
	kind text NOT NULL CHECK (kind IN ('service', 'participant')),
	value text NOT NULL,
	code text NOT NULL,
	during daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(during)),
	missing text
);
REVOKE ALL ON steering.alias FROM PUBLIC;
CREATE INDEX alias_value_idx ON steering.alias (source, kind, value);
CREATE INDEX alias_code_idx ON steering.alias (code);
SELECT pg_catalog.pg_extension_config_dump('steering.alias', '');
SELECT pg_catalog.pg_extension_config_dump('steering.alias_alias_id_seq', '');
COMMENT ON TABLE steering.alias IS 'what finance tables call a service or participant that is not its code: numbers of an application, old codes. Of those that hold on the day of a booking, the alias of its own source comes first, then that of all sources, then the code itself';
COMMENT ON COLUMN steering.alias.alias_id IS 'number of the alias';
COMMENT ON COLUMN steering.alias.source IS 'the attached table, or one that is to be, for whose rows it holds; null: for those of all sources';
COMMENT ON COLUMN steering.alias.kind IS 'whose alias it is: of a service or of a participant';
COMMENT ON COLUMN steering.alias.value IS 'what the mapping of a source makes of a row';
COMMENT ON COLUMN steering.alias.code IS 'code of the service or participant that it means';
COMMENT ON COLUMN steering.alias.during IS 'days of bookings for which it holds; those of one source, kind and value do not overlap (23P01)';
COMMENT ON COLUMN steering.alias.missing IS 'name of a table that was not there when the alias was written, as after a restore without it: it holds for that from when it is attached or reattached; null: none is missing';

CREATE FUNCTION steering.keep_alias_table() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_keep_alias_table'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.keep_alias_table() FROM PUBLIC;
COMMENT ON FUNCTION steering.keep_alias_table() IS 'keeps the name of a table that is not there with the alias for its rows';

CREATE FUNCTION steering.follow_alias() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_follow_alias'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_alias() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_alias() IS
'after a change of aliases: refuses those that overlap (23P01) or mean nothing (23503), and counts anew the sources with bookings or ignored rows whose meaning it may change';

-- What rows mean changes with bookings excluded only.
CREATE TRIGGER exclude_bookings
	BEFORE INSERT OR DELETE OR UPDATE ON steering.alias
	FOR EACH STATEMENT EXECUTE FUNCTION steering.exclude_bookings();
CREATE TRIGGER keep_alias_table
	BEFORE INSERT OR UPDATE ON steering.alias
	FOR EACH ROW EXECUTE FUNCTION steering.keep_alias_table();
CREATE TRIGGER refuse_truncate
	BEFORE TRUNCATE ON steering.alias
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_truncate();
CREATE TRIGGER follow_insert
	AFTER INSERT ON steering.alias REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_alias();
CREATE TRIGGER follow_update
	AFTER UPDATE ON steering.alias REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_alias();
CREATE TRIGGER follow_delete
	AFTER DELETE ON steering.alias REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_alias();

CREATE VIEW steering.alias_problem AS
SELECT format('alias "%s" of a %s', steering.show_code(alias.value), alias.kind) AS subject,
	'alias without entry' AS problem,
	format('It means "%s", which is not in steering.%I: rows with it are refused, or ignored.', steering.show_code(alias.code), alias.kind) AS detail,
	format('add the entry, or DELETE FROM steering.alias WHERE alias_id = %s', alias.alias_id) AS hint
FROM steering.alias
WHERE CASE alias.kind
	WHEN 'service' THEN NOT EXISTS (SELECT FROM steering.service WHERE service.code = alias.code)
	ELSE NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = alias.code) END
UNION ALL
SELECT format('alias "%s" of a %s', steering.show_code(alias.value), alias.kind),
	'alias without table',
	concat('It is for the rows of a table that is not there', ': ' || alias.missing, '.'),
	format('%sUPDATE steering.alias SET source = ... WHERE alias_id = %s, or delete it',
		   CASE WHEN alias.missing IS NOT NULL THEN 'attach() or reattach() that table, or ' ELSE '' END, alias.alias_id)
FROM steering.alias
WHERE alias.source IS NOT NULL
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = alias.source);
REVOKE ALL ON steering.alias_problem FROM PUBLIC;
COMMENT ON VIEW steering.alias_problem IS 'health(): aliases that mean nothing';
COMMENT ON COLUMN steering.alias_problem.subject IS 'an alias, by its value as messages show codes';
COMMENT ON COLUMN steering.alias_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.alias_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.alias_problem.hint IS 'what to do';

CREATE FUNCTION steering.set_alias(kind text, value text, code text, source regclass DEFAULT NULL, during steering.day_range DEFAULT '(,)')
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(set_alias.kind IS NOT NULL, 'kind'), steering.require_given(set_alias.value IS NOT NULL, 'value'),
	steering.require_given(set_alias.code IS NOT NULL, 'code'), steering.require_days(set_alias.during::daterange),
	steering.require_one_of(set_alias.kind, 'kind', 'service, participant');
UPDATE steering.alias AS standing SET code = set_alias.code
WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
	AND standing.during = set_alias.during::daterange;
INSERT INTO steering.alias (source, kind, value, code, during)
SELECT set_alias.source, set_alias.kind, set_alias.value, set_alias.code, set_alias.during::daterange
WHERE NOT EXISTS (SELECT FROM steering.alias AS standing
	WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
		AND standing.during = set_alias.during::daterange);
SELECT standing.alias_id FROM steering.alias AS standing
WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
	AND standing.during = set_alias.during::daterange;
END;
REVOKE ALL ON FUNCTION steering.set_alias(text, text, text, regclass, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_alias(text, text, text, regclass, steering.day_range) IS
'says what a value of finance tables means, of one source or of all (null), on these days; that of the same value, source and days is replaced; returns its number. Errors: 22004 null, 22023 empty range; those of the table: 23514 unknown kind, 23503 unknown code, 23P01 another one holds on some of these days';

CREATE FUNCTION steering.drop_alias(alias integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.alias AS standing WHERE standing.alias_id = drop_alias.alias RETURNING standing.alias_id
)
SELECT steering.require_found(count(*), concat('alias ', coalesce(drop_alias.alias::text, 'null'))) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_alias(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_alias(integer) IS 'ends an alias. Errors: 42704 there is no such alias, 23S71 to 23S74 of the bookings that then mean something else';

-- Both what it meant and what it means are asked about. That its table is dropped, and another of that name is attached, changes neither.
CREATE FUNCTION steering.question_of_alias(was steering.alias, becomes steering.alias) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT DISTINCT CASE WHEN becomes.alias_id IS NULL THEN 'drop_alias' ELSE 'set_alias' END,
	CASE line.kind WHEN 'service' THEN line.code END, CASE line.kind WHEN 'participant' THEN line.code END, NULL::numeric,
	to_jsonb(CASE WHEN becomes.alias_id IS NULL THEN was ELSE becomes END) - 'alias_id'
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.alias_id IS NOT NULL
	AND (to_jsonb(was) - '{source,missing}'::text[] IS DISTINCT FROM to_jsonb(becomes) - '{source,missing}'::text[]
		OR coalesce(was.missing, was.source::text) IS DISTINCT FROM coalesce(becomes.missing, becomes.source::text)
		AND NOT (was.missing IS NULL AND was.source::oid IS NOT DISTINCT FROM becomes.source::oid));
END;
REVOKE ALL ON FUNCTION steering.question_of_alias(steering.alias, steering.alias) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_alias(steering.alias, steering.alias) IS 'set_alias, drop_alias';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.alias
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_alias');
