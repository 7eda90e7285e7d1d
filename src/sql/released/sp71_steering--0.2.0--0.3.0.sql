\echo Use "ALTER EXTENSION sp71_steering UPDATE" to load this file. \quit
-- reference.sql
-- The types steering.table_number and steering.role_reference, by which the registers refer to tables and roles. In a
-- dump both are names; what is missing where it is restored does not keep the others from being read.

-- The bytes, comparison and binary I/O are those of regclass; so are the casts, and the operators come with them.

CREATE TYPE steering.table_number;

CREATE FUNCTION steering.table_number_in(cstring) RETURNS steering.table_number
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'steering_table_number_in';
COMMENT ON FUNCTION steering.table_number_in(cstring) IS 'I/O: reads the name of a table; digits are no name';

CREATE FUNCTION steering.table_number_out(steering.table_number) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'steering_table_number_out';
COMMENT ON FUNCTION steering.table_number_out(steering.table_number) IS 'I/O: as regclass does';

CREATE FUNCTION steering.table_number_recv(internal) RETURNS steering.table_number
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'oidrecv';
COMMENT ON FUNCTION steering.table_number_recv(internal) IS 'I/O: the number, as regclass does';

CREATE FUNCTION steering.table_number_send(steering.table_number) RETURNS bytea
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'oidsend';
COMMENT ON FUNCTION steering.table_number_send(steering.table_number) IS 'I/O: the number, as regclass does';

CREATE TYPE steering.table_number (
	INPUT = steering.table_number_in,
	OUTPUT = steering.table_number_out,
	RECEIVE = steering.table_number_recv,
	SEND = steering.table_number_send,
	LIKE = pg_catalog.oid,
	CATEGORY = 'N'
);
COMMENT ON TYPE steering.table_number IS
	'a table, as regclass; but a name that no table has is no error: it becomes a number that is no table''s';

CREATE CAST (regclass AS steering.table_number) WITHOUT FUNCTION AS ASSIGNMENT;
COMMENT ON CAST (regclass AS steering.table_number) IS 'the same number';

CREATE CAST (oid AS steering.table_number) WITHOUT FUNCTION AS ASSIGNMENT;
COMMENT ON CAST (oid AS steering.table_number) IS 'the same number';

CREATE CAST (steering.table_number AS regclass) WITHOUT FUNCTION AS IMPLICIT;
COMMENT ON CAST (steering.table_number AS regclass) IS 'the same number';

CREATE CAST (steering.table_number AS oid) WITHOUT FUNCTION AS IMPLICIT;
COMMENT ON CAST (steering.table_number AS oid) IS 'the same number';

-- Of category N, as regrole is, so that comparisons and joins with that and with oid go on working.

CREATE TYPE steering.role_reference;

CREATE FUNCTION steering.role_reference_in(cstring) RETURNS steering.role_reference
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_in';
COMMENT ON FUNCTION steering.role_reference_in(cstring) IS 'I/O: reads the name of a role; if there is none, the name is kept';

CREATE FUNCTION steering.role_reference_out(steering.role_reference) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_out';
COMMENT ON FUNCTION steering.role_reference_out(steering.role_reference) IS 'I/O: writes the present name of the role, or the one that was kept';

CREATE FUNCTION steering.role_reference_recv(internal) RETURNS steering.role_reference
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_recv';
COMMENT ON FUNCTION steering.role_reference_recv(internal) IS 'I/O: the text';

CREATE FUNCTION steering.role_reference_send(steering.role_reference) RETURNS bytea
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_send';
COMMENT ON FUNCTION steering.role_reference_send(steering.role_reference) IS 'I/O: the text';

CREATE TYPE steering.role_reference (
	INPUT = steering.role_reference_in,
	OUTPUT = steering.role_reference_out,
	RECEIVE = steering.role_reference_recv,
	SEND = steering.role_reference_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended,
	CATEGORY = 'N'
);
COMMENT ON TYPE steering.role_reference IS
	'a role: the one that was meant, under whatever name; when it is gone, or was missing from the start, the one that has the name now. Input never fails: what names no role is kept as text, and digits are no name';

CREATE FUNCTION steering.role_reference_from_regrole(regrole) RETURNS steering.role_reference
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_from_oid';
COMMENT ON FUNCTION steering.role_reference_from_regrole(regrole) IS 'implementation of the cast from regrole to role_reference';

CREATE CAST (regrole AS steering.role_reference) WITH FUNCTION steering.role_reference_from_regrole(regrole) AS ASSIGNMENT;
COMMENT ON CAST (regrole AS steering.role_reference) IS 'of a role that is gone the number stays, as a text that names nobody';

CREATE FUNCTION steering.role_reference_from_oid(oid) RETURNS steering.role_reference
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_from_oid';
COMMENT ON FUNCTION steering.role_reference_from_oid(oid) IS 'implementation of the cast from oid to role_reference';

CREATE CAST (oid AS steering.role_reference) WITH FUNCTION steering.role_reference_from_oid(oid) AS ASSIGNMENT;
COMMENT ON CAST (oid AS steering.role_reference) IS 'of a role that is gone the number stays, as a text that names nobody';

CREATE CAST (text AS steering.role_reference) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (text AS steering.role_reference) IS 'by its name';

CREATE FUNCTION steering.role_reference_to_regrole(steering.role_reference) RETURNS regrole
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_to_oid';
COMMENT ON FUNCTION steering.role_reference_to_regrole(steering.role_reference) IS 'implementation of the cast from role_reference to regrole';

CREATE CAST (steering.role_reference AS regrole) WITH FUNCTION steering.role_reference_to_regrole(steering.role_reference) AS IMPLICIT;
COMMENT ON CAST (steering.role_reference AS regrole) IS '0: there is no such role';

CREATE FUNCTION steering.role_reference_to_oid(steering.role_reference) RETURNS oid
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_to_oid';
COMMENT ON FUNCTION steering.role_reference_to_oid(steering.role_reference) IS 'implementation of the cast from role_reference to oid';

CREATE CAST (steering.role_reference AS oid) WITH FUNCTION steering.role_reference_to_oid(steering.role_reference) AS IMPLICIT;
COMMENT ON CAST (steering.role_reference AS oid) IS '0: there is no such role';

CREATE FUNCTION steering.role_reference_equal(steering.role_reference, steering.role_reference) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_equal';
COMMENT ON FUNCTION steering.role_reference_equal(steering.role_reference, steering.role_reference) IS 'implementation of = operator';

CREATE OPERATOR steering.= (
	LEFTARG = steering.role_reference, RIGHTARG = steering.role_reference, FUNCTION = steering.role_reference_equal,
	COMMUTATOR = OPERATOR(steering.=), NEGATOR = OPERATOR(steering.<>), MERGES,
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR steering.= (steering.role_reference, steering.role_reference) IS 'equal: the same number, or without one the same name';

CREATE FUNCTION steering.role_reference_not_equal(steering.role_reference, steering.role_reference) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_not_equal';
COMMENT ON FUNCTION steering.role_reference_not_equal(steering.role_reference, steering.role_reference) IS 'implementation of <> operator';

CREATE OPERATOR steering.<> (
	LEFTARG = steering.role_reference, RIGHTARG = steering.role_reference, FUNCTION = steering.role_reference_not_equal,
	COMMUTATOR = OPERATOR(steering.<>), NEGATOR = OPERATOR(steering.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR steering.<> (steering.role_reference, steering.role_reference) IS 'not equal';

CREATE FUNCTION steering.role_reference_less(steering.role_reference, steering.role_reference) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_less';
COMMENT ON FUNCTION steering.role_reference_less(steering.role_reference, steering.role_reference) IS 'implementation of < operator';

CREATE OPERATOR steering.< (
	LEFTARG = steering.role_reference, RIGHTARG = steering.role_reference, FUNCTION = steering.role_reference_less,
	COMMUTATOR = OPERATOR(steering.>), NEGATOR = OPERATOR(steering.>=),
	RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR steering.< (steering.role_reference, steering.role_reference) IS 'less than';

CREATE FUNCTION steering.role_reference_less_equal(steering.role_reference, steering.role_reference) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_less_equal';
COMMENT ON FUNCTION steering.role_reference_less_equal(steering.role_reference, steering.role_reference) IS 'implementation of <= operator';

CREATE OPERATOR steering.<= (
	LEFTARG = steering.role_reference, RIGHTARG = steering.role_reference, FUNCTION = steering.role_reference_less_equal,
	COMMUTATOR = OPERATOR(steering.>=), NEGATOR = OPERATOR(steering.>),
	RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR steering.<= (steering.role_reference, steering.role_reference) IS 'less than or equal';

CREATE FUNCTION steering.role_reference_greater_equal(steering.role_reference, steering.role_reference) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_greater_equal';
COMMENT ON FUNCTION steering.role_reference_greater_equal(steering.role_reference, steering.role_reference) IS 'implementation of >= operator';

CREATE OPERATOR steering.>= (
	LEFTARG = steering.role_reference, RIGHTARG = steering.role_reference, FUNCTION = steering.role_reference_greater_equal,
	COMMUTATOR = OPERATOR(steering.<=), NEGATOR = OPERATOR(steering.<),
	RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR steering.>= (steering.role_reference, steering.role_reference) IS 'greater than or equal';

CREATE FUNCTION steering.role_reference_greater(steering.role_reference, steering.role_reference) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_greater';
COMMENT ON FUNCTION steering.role_reference_greater(steering.role_reference, steering.role_reference) IS 'implementation of > operator';

CREATE OPERATOR steering.> (
	LEFTARG = steering.role_reference, RIGHTARG = steering.role_reference, FUNCTION = steering.role_reference_greater,
	COMMUTATOR = OPERATOR(steering.<), NEGATOR = OPERATOR(steering.<=),
	RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR steering.> (steering.role_reference, steering.role_reference) IS 'greater than';

CREATE FUNCTION steering.role_reference_compare(steering.role_reference, steering.role_reference) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_compare';
COMMENT ON FUNCTION steering.role_reference_compare(steering.role_reference, steering.role_reference) IS 'less-equal-greater';

CREATE OPERATOR CLASS steering.role_reference_ops DEFAULT FOR TYPE steering.role_reference USING btree AS
	OPERATOR 1 steering.<,
	OPERATOR 2 steering.<=,
	OPERATOR 3 steering.=,
	OPERATOR 4 steering.>=,
	OPERATOR 5 steering.>,
	FUNCTION 1 steering.role_reference_compare(steering.role_reference, steering.role_reference);
COMMENT ON OPERATOR CLASS steering.role_reference_ops USING btree IS 'orders roles by number, and those without one by name';
-- Tables that a dump was restored without: what it said of them as parts of sources.

-- An entry of steering.source or steering.source_table comes here in its place, by a trigger, when no table has its
-- name. reattach() takes it from here, detach_missing() ends it.
CREATE TABLE steering.missing_table (
	source_id integer NOT NULL,
	relation text NOT NULL,
	is_source boolean NOT NULL,
	entry jsonb,
	CONSTRAINT missing_table_pkey PRIMARY KEY (source_id, relation, is_source),
	CONSTRAINT missing_table_entry CHECK ((entry IS NOT NULL) = is_source)
);
REVOKE ALL ON steering.missing_table FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.missing_table', '');
COMMENT ON TABLE steering.missing_table IS 'tables that belong to sources, and were not there when the database was restored; their bookings stay counted';
COMMENT ON COLUMN steering.missing_table.source_id IS 'the source that the table belongs to';
COMMENT ON COLUMN steering.missing_table.relation IS 'name of the table, qualified, quoted where needed';
COMMENT ON COLUMN steering.missing_table.is_source IS 'the attached table itself; false: its entry as one of the tables whose rows are counted';
COMMENT ON COLUMN steering.missing_table.entry IS 'the row of steering.source; null: of steering.source_table';

CREATE FUNCTION steering.keep_missing() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_keep_missing'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.keep_missing() FROM PUBLIC;
COMMENT ON FUNCTION steering.keep_missing() IS 'before an entry of a table that is not there: stores it in steering.missing_table in its place';

CREATE TRIGGER keep_missing
	BEFORE INSERT ON steering.source
	FOR EACH ROW EXECUTE FUNCTION steering.keep_missing();
ALTER TABLE steering.source ENABLE ALWAYS TRIGGER keep_missing;
CREATE TRIGGER keep_missing
	BEFORE INSERT ON steering.source_table
	FOR EACH ROW EXECUTE FUNCTION steering.keep_missing();
ALTER TABLE steering.source_table ENABLE ALWAYS TRIGGER keep_missing;

CREATE VIEW steering.source_stage AS
SELECT source.source_id, source.stage
FROM steering.source
UNION ALL
SELECT missing_table.source_id, missing_table.entry ->> 'stage'
FROM steering.missing_table
WHERE missing_table.is_source;
REVOKE ALL ON steering.source_stage FROM PUBLIC;
COMMENT ON VIEW steering.source_stage IS 'the stage of each source that has usage, also of those whose table is missing';
COMMENT ON COLUMN steering.source_stage.source_id IS 'number of the source';
COMMENT ON COLUMN steering.source_stage.stage IS 'actual (spent) or commitment (obligation not yet spent)';
-- What 0.3.0 changes in the objects of 0.2.0. Its new topics follow in the upgrade script.

-- --- ranges of days: day_range, and the functions that take one

CREATE TYPE steering.day_range;

-- Not IMMUTABLE, as input of daterange is not: what is a day in a text depends on DateStyle.
CREATE FUNCTION steering.day_range_in(cstring) RETURNS steering.day_range
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_in';
COMMENT ON FUNCTION steering.day_range_in(cstring) IS 'I/O';

CREATE FUNCTION steering.day_range_out(steering.day_range) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_out';
COMMENT ON FUNCTION steering.day_range_out(steering.day_range) IS 'I/O';

CREATE FUNCTION steering.day_range_recv(internal) RETURNS steering.day_range
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_recv';
COMMENT ON FUNCTION steering.day_range_recv(internal) IS 'I/O';

CREATE FUNCTION steering.day_range_send(steering.day_range) RETURNS bytea
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_send';
COMMENT ON FUNCTION steering.day_range_send(steering.day_range) IS 'I/O';

CREATE TYPE steering.day_range (
	INPUT = steering.day_range_in,
	OUTPUT = steering.day_range_out,
	RECEIVE = steering.day_range_recv,
	SEND = steering.day_range_send,
	LIKE = pg_catalog.daterange
);
COMMENT ON TYPE steering.day_range IS
	'range of days as an argument of functions: whatever daterange reads, as [2026-01-01,2027-01-01), or a fiscal period, as 2026, 2026-Q1, 2026-03; ranges of type daterange, fiscal periods and texts are taken as they are; other text is 22P02';

CREATE FUNCTION steering.day_range(days daterange) RETURNS steering.day_range
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_same';
COMMENT ON FUNCTION steering.day_range(daterange) IS 'the same days';

CREATE FUNCTION steering.day_range(period steering.fiscal_period) RETURNS steering.day_range
	LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN steering.day_range(steering.daterange(period));
COMMENT ON FUNCTION steering.day_range(steering.fiscal_period) IS
	'days of a period: from its first day to before the first day of the next';

-- Not named as its result is: steering.daterange() of an unknown literal is about fiscal periods.
CREATE FUNCTION steering.day_range_to_daterange(days steering.day_range) RETURNS daterange
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_same';
COMMENT ON FUNCTION steering.day_range_to_daterange(steering.day_range) IS 'the same days';

CREATE CAST (daterange AS steering.day_range) WITH FUNCTION steering.day_range(daterange) AS IMPLICIT;
COMMENT ON CAST (daterange AS steering.day_range) IS 'the same days';
CREATE CAST (steering.fiscal_period AS steering.day_range) WITH FUNCTION steering.day_range(steering.fiscal_period) AS IMPLICIT;
COMMENT ON CAST (steering.fiscal_period AS steering.day_range) IS 'days of the period';
CREATE CAST (steering.day_range AS daterange) WITH FUNCTION steering.day_range_to_daterange(steering.day_range) AS ASSIGNMENT;
COMMENT ON CAST (steering.day_range AS daterange) IS 'the same days';

-- Some drivers send every text with its type.
CREATE CAST (text AS steering.day_range) WITH INOUT AS IMPLICIT;
COMMENT ON CAST (text AS steering.day_range) IS 'days that the text says';
CREATE CAST (character varying AS steering.day_range) WITH INOUT AS IMPLICIT;
COMMENT ON CAST (character varying AS steering.day_range) IS 'days that the text says';

-- Each of these functions stays the one that it is, with the privileges that it has and with whatever calls it: only
-- the type of an argument becomes another one, whose values are the same. DROP would be refused where a view or
-- function calls it, and CREATE would make a second one, so that its name alone would say nothing any more.
UPDATE pg_catalog.pg_proc
SET proargtypes = pg_catalog.array_to_string(pg_catalog.array_replace(proargtypes::oid[], 'daterange'::pg_catalog.regtype::oid,
		'steering.day_range'::pg_catalog.regtype::oid), ' ')::oidvector,
	pronargdefaults = 0, proargdefaults = NULL
WHERE oid IN (
	'steering.set_cap(text, text, text, daterange, numeric, text, text, boolean)'::pg_catalog.regprocedure,
	'steering.set_agreement(text, text, daterange, text, numeric, numeric, numeric, text, numeric, numeric, numeric, text)'::pg_catalog.regprocedure,
	'steering.set_key_weight(text, numeric, daterange, text, text)'::pg_catalog.regprocedure,
	'steering.drop_key_weight(text, daterange, text, text)'::pg_catalog.regprocedure,
	'steering.set_allocation_rule(text, text, daterange, integer, text)'::pg_catalog.regprocedure,
	'steering.drop_allocation_rule(text, daterange)'::pg_catalog.regprocedure,
	'steering.set_result_share(text, numeric, daterange)'::pg_catalog.regprocedure,
	'steering.drop_result_share(daterange)'::pg_catalog.regprocedure,
	'steering.set_risk(text, text, numeric, numeric, numeric, numeric, daterange)'::pg_catalog.regprocedure);

CREATE OR REPLACE FUNCTION steering.set_cap(service text, participant text, metric text, during steering.day_range,
	amount numeric, ladder text DEFAULT NULL, reason text DEFAULT NULL, accept_overrun boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_set_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE OR REPLACE FUNCTION steering.set_agreement(service text, participant text, during steering.day_range, form text,
	base numeric DEFAULT NULL, volume numeric DEFAULT NULL, price numeric DEFAULT NULL, allocation_key text DEFAULT NULL,
	unused_percent numeric DEFAULT NULL, advance numeric DEFAULT NULL, incentive_maximum numeric DEFAULT NULL,
	reason text DEFAULT NULL)
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_agreement.allocation_key) WHERE set_agreement.allocation_key IS NOT NULL;
SELECT steering.refuse_overlap(standing.agreement_id, standing.during, set_agreement.service, set_agreement.participant)
FROM (
	SELECT agreement.agreement_id, agreement.during
	FROM steering.agreement
	WHERE agreement.service_id = steering.service_number(set_agreement.service)
		AND agreement.participant_id = steering.participant_number(set_agreement.participant)
		AND agreement.during && set_agreement.during::daterange AND agreement.during <> set_agreement.during::daterange
		AND NOT lower_inf(set_agreement.during::daterange) AND NOT upper_inf(set_agreement.during::daterange)
	FOR KEY SHARE
) AS standing
LIMIT 1;
WITH written AS (
	INSERT INTO steering.agreement AS present (service_id, participant_id, during, form, base, volume, price, key_id,
		unused_percent, advance, incentive_maximum)
	VALUES (steering.service_number(set_agreement.service), steering.participant_number(set_agreement.participant),
		set_agreement.during::daterange, set_agreement.form, set_agreement.base, set_agreement.volume, set_agreement.price,
		CASE WHEN set_agreement.allocation_key IS NOT NULL THEN (SELECT allocation_key.key_id FROM steering.allocation_key
			WHERE allocation_key.key_id = steering.key_number(set_agreement.allocation_key) FOR SHARE) END,
		set_agreement.unused_percent, set_agreement.advance, set_agreement.incentive_maximum)
	ON CONFLICT ON CONSTRAINT agreement_scope_key DO UPDATE
		SET form = excluded.form, base = excluded.base, volume = excluded.volume, price = excluded.price,
			key_id = excluded.key_id, unused_percent = excluded.unused_percent, advance = excluded.advance,
			incentive_maximum = excluded.incentive_maximum, revision = present.revision + 1
		WHERE (present.form, present.base::numeric, present.volume::numeric, present.price::numeric, present.key_id,
				present.unused_percent, present.advance::numeric, present.incentive_maximum::numeric)
			IS DISTINCT FROM (excluded.form, excluded.base::numeric, excluded.volume::numeric, excluded.price::numeric,
				excluded.key_id, excluded.unused_percent, excluded.advance::numeric, excluded.incentive_maximum::numeric)
	RETURNING *
)
INSERT INTO steering.agreement_revision (agreement_id, revision, kind, service, participant, participant_id, during, form,
	base, volume, price, key, unused_percent, advance, incentive_maximum, reason)
SELECT written.agreement_id, written.revision, CASE written.revision WHEN 1 THEN 'created' ELSE 'revised' END,
	set_agreement.service, set_agreement.participant, written.participant_id, written.during, written.form,
	written.base, written.volume, written.price, set_agreement.allocation_key, written.unused_percent, written.advance,
	written.incentive_maximum, set_agreement.reason
FROM written;
SELECT agreement.agreement_id
FROM steering.agreement
WHERE agreement.service_id = steering.service_number(set_agreement.service)
	AND agreement.participant_id = steering.participant_number(set_agreement.participant)
	AND agreement.during = set_agreement.during::daterange;
END;

CREATE OR REPLACE FUNCTION steering.set_key_weight(key text, weight numeric, during steering.day_range,
	participant text DEFAULT NULL, service text DEFAULT NULL) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(set_key_weight.key, 'fixed');
SELECT steering.refuse_standing(concat('allocation key "', set_key_weight.key, '" has a weight of "',
		coalesce(set_key_weight.participant, set_key_weight.service), '" on some of these days'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.allocation_weight AS standing
WHERE standing.key_id = (SELECT steering.key_number(set_key_weight.key, 'fixed'))
	AND num_nulls(set_key_weight.participant, set_key_weight.service) = 1
	AND CASE WHEN set_key_weight.service IS NULL
		THEN standing.participant_id = (SELECT steering.participant_number(set_key_weight.participant))
		ELSE standing.service_id = (SELECT steering.service_number(set_key_weight.service)) END
	-- not &&, for which the planner would read all that overlaps, of every key
	AND NOT isempty(standing.during * set_key_weight.during::daterange) AND standing.during <> set_key_weight.during::daterange
LIMIT 1;
INSERT INTO steering.allocation_weight (key_id, participant_id, service_id, during, weight)
VALUES ((SELECT key_id FROM steering.allocation_key
			WHERE key_id = steering.key_number(set_key_weight.key, 'fixed') AND basis = 'fixed' FOR SHARE),
	CASE WHEN set_key_weight.participant IS NOT NULL THEN steering.participant_number(set_key_weight.participant) END,
	CASE WHEN set_key_weight.service IS NOT NULL THEN steering.service_number(set_key_weight.service) END,
	set_key_weight.during::daterange, set_key_weight.weight)
ON CONFLICT ON CONSTRAINT allocation_weight_key DO UPDATE SET weight = excluded.weight
RETURNING weight;
END;

CREATE OR REPLACE FUNCTION steering.drop_key_weight(key text, during steering.day_range,
	participant text DEFAULT NULL, service text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(drop_key_weight.key),
	CASE WHEN drop_key_weight.participant IS NOT NULL THEN steering.participant_number(drop_key_weight.participant) END,
	CASE WHEN drop_key_weight.service IS NOT NULL THEN steering.service_number(drop_key_weight.service) END;
WITH gone AS (
	DELETE FROM steering.allocation_weight
	WHERE key_id = steering.key_number(drop_key_weight.key) AND allocation_weight.during = drop_key_weight.during::daterange
		AND participant_id IS NOT DISTINCT FROM
			CASE WHEN drop_key_weight.participant IS NOT NULL THEN steering.participant_number(drop_key_weight.participant) END
		AND service_id IS NOT DISTINCT FROM
			CASE WHEN drop_key_weight.service IS NOT NULL THEN steering.service_number(drop_key_weight.service) END
	RETURNING key_id
)
SELECT steering.require_found(count(*),
	concat('weight of "', coalesce(drop_key_weight.participant, drop_key_weight.service), '" in key "', drop_key_weight.key,
		'" during ', drop_key_weight.during::daterange))
FROM gone;
END;

CREATE OR REPLACE FUNCTION steering.set_allocation_rule(service text, key text, during steering.day_range, step integer,
	all_zero text DEFAULT 'error') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(set_allocation_rule.key);
SELECT steering.refuse_standing(
	concat('service "', set_allocation_rule.service, '" has an allocation rule in some of these months'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.allocation_rule AS standing
WHERE standing.service_id = (SELECT steering.service_number(set_allocation_rule.service))
	AND NOT isempty(standing.during * set_allocation_rule.during::daterange) AND standing.during <> set_allocation_rule.during::daterange
LIMIT 1;
INSERT INTO steering.allocation_rule (service_id, key_id, during, step, all_zero)
VALUES (steering.service_number(set_allocation_rule.service),
	(SELECT key_id FROM steering.allocation_key WHERE key_id = steering.key_number(set_allocation_rule.key) FOR SHARE),
	set_allocation_rule.during::daterange, set_allocation_rule.step, set_allocation_rule.all_zero)
ON CONFLICT ON CONSTRAINT allocation_rule_key DO UPDATE
	SET key_id = excluded.key_id, step = excluded.step, all_zero = excluded.all_zero
RETURNING rule_id;
END;

CREATE OR REPLACE FUNCTION steering.drop_allocation_rule(service text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(drop_allocation_rule.service);
WITH gone AS (
	DELETE FROM steering.allocation_rule
	WHERE service_id = steering.service_number(drop_allocation_rule.service)
		AND allocation_rule.during = drop_allocation_rule.during::daterange
	RETURNING rule_id
)
SELECT steering.require_found(count(*),
	concat('allocation rule of service "', drop_allocation_rule.service, '" during ', drop_allocation_rule.during::daterange))
FROM gone;
END;

CREATE OR REPLACE FUNCTION steering.set_result_share(key text, percent numeric, during steering.day_range) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_result_share.key);
INSERT INTO steering.result_share (during, key_id, percent)
VALUES (set_result_share.during::daterange, (SELECT allocation_key.key_id FROM steering.allocation_key
		WHERE allocation_key.key_id = steering.key_number(set_result_share.key) FOR SHARE), set_result_share.percent)
ON CONFLICT ON CONSTRAINT result_share_pkey DO UPDATE SET key_id = excluded.key_id, percent = excluded.percent
RETURNING percent;
END;

CREATE OR REPLACE FUNCTION steering.drop_result_share(during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.result_share WHERE result_share.during = drop_result_share.during::daterange RETURNING key_id
)
SELECT steering.require_found(count(*), concat('result share during ', drop_result_share.during::daterange)) FROM gone;
END;

CREATE OR REPLACE FUNCTION steering.set_risk(code text, name text, probability numeric, low numeric, likely numeric, high numeric,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.risk (code, name, probability, low, likely, high, during)
VALUES (set_risk.code, set_risk.name, set_risk.probability, set_risk.low::steering.amount,
	set_risk.likely::steering.amount, set_risk.high::steering.amount, set_risk.during::daterange)
ON CONFLICT ON CONSTRAINT risk_code_key DO UPDATE
	SET name = excluded.name, probability = excluded.probability, low = excluded.low, likely = excluded.likely,
		high = excluded.high, during = excluded.during
RETURNING risk_id;
END;

-- It calls one of them.
CREATE OR REPLACE FUNCTION steering.caps_from_agreements(period text, ladder text DEFAULT NULL, reason text DEFAULT NULL,
	accept_overrun boolean DEFAULT false)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, during daterange, amount numeric, action text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH planned AS MATERIALIZED (
	SELECT planned_cap.*
	FROM steering.planned_cap(caps_from_agreements.period)
	WHERE planned_cap.action <> 'none'
	ORDER BY planned_cap.action <> 'create', planned_cap.service, planned_cap.participant, planned_cap.during, planned_cap.metric
)
SELECT steering.set_cap(planned.service, planned.participant, planned.metric, planned.during, planned.amount,
		coalesce(caps_from_agreements.ladder, planned.ladder), caps_from_agreements.reason,
		caps_from_agreements.accept_overrun),
	planned.service, planned.participant, planned.metric, planned.during, planned.amount, planned.action
FROM planned;
END;

-- --- registers: participant, service, register

-- Tables and roles by name. A column that views read cannot take another type, so ours do without it meanwhile. The
-- number of a role that is gone becomes a text that names nobody.
CREATE OR REPLACE VIEW steering.readable_participant AS
SELECT participant.participant_id, participant.code FROM steering.participant WHERE false;
CREATE OR REPLACE VIEW steering.source_name AS
SELECT source.source_id, NULL::text COLLATE "C" AS name FROM steering.source WHERE false;
CREATE OR REPLACE VIEW steering.source_tree AS
SELECT source.source_id, 0::regclass AS relation, false AS is_in_tree, false AS is_taken_in FROM steering.source WHERE false;
CREATE OR REPLACE VIEW steering.trigger_problem AS
SELECT NULL::text AS subject, NULL::text AS problem, NULL::text AS detail, NULL::text AS hint WHERE false;
CREATE OR REPLACE VIEW steering.merge_problem AS
SELECT NULL::text AS subject, NULL::text AS problem, NULL::text AS detail, NULL::text AS hint WHERE false;
CREATE OR REPLACE VIEW steering.source_problem AS
SELECT NULL::text AS subject, NULL::text AS problem, NULL::text COLLATE "C" AS detail, NULL::text AS hint WHERE false;
ALTER TABLE steering.participant ALTER COLUMN reader TYPE steering.role_reference;
ALTER TABLE steering.source ALTER COLUMN relation TYPE steering.table_number;
ALTER TABLE steering.source_table ALTER COLUMN relation TYPE steering.table_number;
COMMENT ON COLUMN steering.participant.reader IS 'role that may read the figures of this participant and of all below it, and so may every role that has its privileges; null: none; what names no role gives nobody a right. Only who may grant SELECT on steering.cap sets it (42501)';
CREATE OR REPLACE VIEW steering.readable_participant WITH (security_barrier) AS
WITH RECURSIVE readable (participant_id, code) AS (
	SELECT participant.participant_id, participant.code
	FROM steering.participant
	WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR pg_has_role(participant.reader::oid, 'USAGE')
	UNION
	SELECT participant.participant_id, participant.code
	FROM readable JOIN steering.participant ON participant.parent = readable.code
)
SELECT readable.participant_id, readable.code FROM readable;
CREATE OR REPLACE VIEW steering.source_name AS
SELECT source.source_id, format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name
FROM steering.source
JOIN pg_catalog.pg_class ON pg_class.oid = source.relation
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
UNION ALL
SELECT missing_table.source_id, missing_table.relation COLLATE "C"
FROM steering.missing_table
WHERE missing_table.is_source;
CREATE OR REPLACE VIEW steering.source_tree AS
WITH RECURSIVE tree (source_id, relation) AS (
    SELECT source.source_id, source.relation::oid
    FROM steering.source
    WHERE EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = source.relation)
    UNION
    SELECT tree.source_id, pg_inherits.inhrelid
    FROM tree JOIN pg_catalog.pg_inherits ON pg_inherits.inhparent = tree.relation
)
SELECT coalesce(tree.source_id, source_table.source_id) AS source_id,
    coalesce(tree.relation, source_table.relation)::regclass AS relation,
    tree.relation IS NOT NULL AS is_in_tree,
    source_table.relation IS NOT NULL AS is_taken_in
FROM tree
FULL JOIN steering.source_table
    ON source_table.source_id = tree.source_id AND source_table.relation = tree.relation;
CREATE OR REPLACE VIEW steering.trigger_problem AS
SELECT source_tree.relation::text AS subject,
    CASE WHEN pg_trigger.oid IS NULL THEN 'trigger missing'
         WHEN pg_trigger.tgenabled = 'D' THEN 'trigger disabled'
         ELSE 'trigger fires for replication only' END AS problem,
    format('%s on this table is not counted, for want of trigger %I.', wanted.event, wanted.name) AS detail,
    CASE WHEN pg_trigger.oid IS NULL
         THEN format('SELECT steering.reattach(%L)', source.relation)
         ELSE format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT steering.repair()', source_tree.relation, wanted.name)
    END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_insert'), ('UPDATE', 'sp71_steering_update'),
                   ('DELETE', 'sp71_steering_delete'), ('TRUNCATE', 'sp71_steering_truncate')) AS wanted (event, name)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source_tree.relation AND pg_trigger.tgname = wanted.name
    AND pg_trigger.tgfoid = 'steering.book'::regproc
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid = 'steering.book'::regproc
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);
CREATE OR REPLACE VIEW steering.merge_problem AS
SELECT source_tree.relation::text AS subject,
	CASE WHEN pg_rewrite.oid IS NULL THEN 'rule missing'
		WHEN pg_rewrite.ev_enabled = 'D' THEN 'rule disabled'
		ELSE 'rule holds for replication only' END AS problem,
	'MERGE into this table is not refused, for want of rule sp71_steering_no_merge, and PostgreSQL does not tell triggers all it changes.' AS detail,
	CASE WHEN pg_rewrite.oid IS NULL
		THEN format('SELECT steering.reattach(%L)', source.relation)
		ELSE format('ALTER TABLE %s ENABLE RULE sp71_steering_no_merge; then SELECT steering.repair()', source_tree.relation)
	END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
JOIN pg_catalog.pg_class ON pg_class.oid = source_tree.relation AND pg_class.relkind = 'p'
LEFT JOIN pg_catalog.pg_rewrite ON pg_rewrite.ev_class = source_tree.relation AND pg_rewrite.rulename = 'sp71_steering_no_merge'
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
	AND (pg_rewrite.oid IS NULL OR pg_rewrite.ev_enabled NOT IN ('O', 'A'))
UNION ALL
SELECT pg_rewrite.ev_class::regclass::text, 'rule without source', 'It belongs to no source, and MERGE into it is refused.',
	format('attach it again, or DROP RULE sp71_steering_no_merge ON %s', pg_rewrite.ev_class::regclass)
FROM pg_catalog.pg_rewrite
WHERE pg_rewrite.rulename = 'sp71_steering_no_merge'
	AND pg_rewrite.ev_class NOT IN (SELECT source_tree.relation FROM steering.source_tree);
CREATE OR REPLACE VIEW steering.source_problem AS
SELECT source_tree.relation::text AS subject, 'not taken in' AS problem,
    format('It became a part of source %s unseen: what is written to it directly is not counted.', source.relation) AS detail,
    format('SELECT steering.reattach(%L)', source.relation) AS hint
FROM steering.source_tree JOIN steering.source ON source.source_id = source_tree.source_id
WHERE NOT source_tree.is_taken_in
UNION ALL
SELECT source_tree.relation::text, 'not let go',
    format('It ceased to be a part of source %s unseen, and is still counted.', source.relation),
    format('SELECT steering.reattach(%L)', source.relation)
FROM steering.source_tree JOIN steering.source ON source.source_id = source_tree.source_id
WHERE NOT source_tree.is_in_tree AND source_tree.relation <> source.relation
UNION ALL
SELECT source.relation::text, 'table gone', 'It was dropped unseen, and its bookings are still counted.',
    format('SELECT steering.detach(%L)', source.relation)
FROM steering.source
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = source.relation)
UNION ALL
SELECT source_tree.relation::text, 'part of another table',
    format('Statements on %s change its rows and do not fire its triggers.', pg_inherits.inhparent::regclass),
    format('SELECT steering.detach(%L); then attach the other table', source.relation)
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
JOIN pg_catalog.pg_inherits ON pg_inherits.inhrelid = source_tree.relation
WHERE source_tree.is_in_tree
    AND NOT EXISTS (SELECT FROM steering.source_tree AS parent
                    WHERE parent.source_id = source_tree.source_id AND parent.relation = pg_inherits.inhparent
                        AND parent.is_in_tree)
UNION ALL
SELECT source_tree.relation::text, 'unlogged', 'A crash would empty it, and the usage of its rows would stay.',
    format('ALTER TABLE %s SET LOGGED', source_tree.relation)
FROM steering.source_tree JOIN pg_catalog.pg_class ON pg_class.oid = source_tree.relation
WHERE pg_class.relpersistence = 'u' AND pg_class.relkind <> 'p'
UNION ALL
SELECT source_tree.relation::text, 'subscribed',
    format('What subscription %I applies to it fires no statement trigger, and is not counted.', pg_subscription.subname),
    'attach the table where it is written, or SELECT steering.repair() from time to time'
FROM steering.source_tree
JOIN pg_catalog.pg_subscription_rel ON pg_subscription_rel.srrelid = source_tree.relation
JOIN pg_catalog.pg_subscription ON pg_subscription.oid = pg_subscription_rel.srsubid
UNION ALL
SELECT source.relation::text, 'mapping invalid', mapping.problem || '.',
    format('SELECT steering.detach(%L); then attach it with a mapping that fits', source.relation)
FROM steering.source
CROSS JOIN LATERAL (SELECT steering.mapping_problem(source.relation) AS problem) AS mapping
WHERE mapping.problem IS NOT NULL
    AND EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = source.relation)
UNION ALL
SELECT source.relation::text, 'rows ignored',
    format('Rows that count nowhere, since their service, participant or day is unknown: %s; amount %s, volume %s.',
           sum(usage_cell.bookings), sum(usage_cell.amount::numeric), sum(usage_cell.volume::numeric)),
    'correct the rows, or the registers'
FROM steering.usage_cell JOIN steering.source ON source.source_id = usage_cell.source_id
WHERE usage_cell.service_id = 0
GROUP BY source.relation
HAVING sum(usage_cell.bookings) <> 0;

-- --- caps and events: cap, event, usage, view, verify

-- The view steering.event takes the name.
ALTER TABLE steering.event RENAME TO event_log;
REVOKE ALL ON steering.event_log FROM PUBLIC;
COMMENT ON TABLE steering.event_log IS 'what happened to caps: decisions, and steps crossed by bookings; steering.event shows each role those that it may read';

-- Also bookings of sources that were restored without their table.
CREATE OR REPLACE VIEW steering.usage_by_month WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	usage_cell.month,
	source.stage,
	sum(usage_cell.amount::numeric) AS amount,
	sum(usage_cell.volume::numeric) AS volume,
	sum(usage_cell.bookings)::bigint AS bookings
FROM steering.usage_now AS usage_cell
LEFT JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id
LEFT JOIN steering.service ON service.service_id = usage_cell.service_id
LEFT JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
WHERE usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
	AND (source.source_id IS NULL OR service.service_id IS NULL) IS NOT TRUE
GROUP BY service.service_id, service.code, participant.participant_id, participant.code, usage_cell.month, source.stage
HAVING sum(usage_cell.bookings) <> 0;
COMMENT ON FUNCTION steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean) IS
'creates a cap, or revises the one with the same service, participant, metric and range; returns its number. Without a ladder a new cap blocks at 100% and another keeps its own. A limit below usage is refused (23S71, 23S72) if the ladder blocks, unless accept_overrun. Other errors: 22004 null, 22023 unknown code, metric or range, more than four decimals, 22003 amount, 22P02 ladder, 40001 concurrent change. A notice says so where the range is not whole months';
COMMENT ON FUNCTION steering.check_booking(text, text, date, numeric, numeric) IS
'what a booking would do to the caps over it that the role may read, without booking: usage before and after, the threshold above which the cap blocks and the room under it (null: it never blocks), and the verdict: ok, notify, warn or block. Errors: 23S73, 23S74, and 23S71 where a cap is required and none stands, as that booking would have';

-- --- sources and what follows their ALTER and DROP: source, problem, merge_problem

-- One source that cannot be read does not keep the others from being read.
COMMENT ON FUNCTION steering.booking_scan(date, date, integer, boolean) IS
'reads the bookings from first_day until before end_day (null: without bound), of one source or of all (null), from the rows of the attached tables, as far as the role may read them; sources of which it may read nothing are not touched. A row that a mapping fails at is an error. Rows that are ignored because a key of them is unknown have service and participant 0, and no day if theirs is unusable; only who may read everything sees them. With refuse_unknown a row that its source would refuse now is an error (23S73), else it is left out';

CREATE FUNCTION steering.booking_read(first_day date, end_day date, source integer DEFAULT NULL)
RETURNS TABLE (source_id integer, service_id integer, participant_id integer, booked_on date,
    amount steering.amount, volume steering.amount, unreadable boolean)
AS 'MODULE_PATHNAME', 'steering_booking_read'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION steering.booking_read(date, date, integer) IS
'reads bookings as booking_scan() does, but one source that cannot be read does not keep the others from being read: instead of its bookings it has one row, in which only source_id is not null and unreadable is true, and there is a warning';

CREATE FUNCTION steering.unreadable_source() RETURNS TABLE (relation regclass, message text, context text)
AS 'MODULE_PATHNAME', 'steering_unreadable_source'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1;
REVOKE ALL ON FUNCTION steering.unreadable_source() FROM PUBLIC;
COMMENT ON FUNCTION steering.unreadable_source() IS
'the sources whose rows cannot be read, with the error of the first row that cannot be; reads the rows of all sources';

CREATE OR REPLACE VIEW steering.booking WITH (security_barrier) AS
SELECT source_name.name AS source,
	service.code AS service,
	participant.code AS participant,
	booked.booked_on,
	booked.amount::numeric AS amount,
	booked.volume::numeric AS volume,
	source.stage
FROM steering.booking_read(NULL, NULL) AS booked
JOIN steering.source ON source.source_id = booked.source_id
JOIN steering.source_name ON source_name.source_id = source.source_id
JOIN steering.service ON service.service_id = booked.service_id
JOIN steering.participant ON participant.participant_id = booked.participant_id
WHERE booked.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
COMMENT ON VIEW steering.booking IS 'all bookings of all sources that the role may read; reads the attached tables as a whole, but for those that have nothing for the role. A source that cannot be read is left out, with a warning';

DROP FUNCTION steering.cap_tally(integer[]);
CREATE FUNCTION steering.cap_tally(caps integer[]) RETURNS TABLE (cap_id integer, used steering.amount, estimated boolean)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric = 'budget' AS of_budget,
		lower(cap.during) AS first_day, upper(cap.during) AS end_day,
		steering.month_of(lower(cap.during)) AS first_month,
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
), cell_usage AS MATERIALIZED (
	SELECT wanted.cap_id,
		steering.sum(CASE WHEN wanted.of_budget THEN usage_cell.amount ELSE usage_cell.volume END)
			FILTER (WHERE month >= whole_from AND month < whole_to) AS used,
		array_agg(usage_cell.source_id) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_sources,
		min(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_from,
		max(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_to
	FROM steering.usage_cell
	JOIN service_below ON service_below.service_id = usage_cell.service_id
	JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND month >= first_month AND month < end_day
	GROUP BY wanted.cap_id
), partly AS (
	SELECT source.id AS source_id, min(cell_usage.partly_from) AS first_day, max(cell_usage.partly_to) + 31 AS end_day
	FROM cell_usage CROSS JOIN LATERAL unnest(cell_usage.partly_sources) AS source (id)
	GROUP BY source.id
), row_read AS MATERIALIZED (
	SELECT booked.source_id, booked.service_id, booked.participant_id, booked.booked_on, booked.amount, booked.volume,
		booked.unreadable
	FROM partly CROSS JOIN LATERAL steering.booking_read(partly.first_day, partly.end_day, partly.source_id) AS booked
), row_usage AS (
	SELECT wanted.cap_id, steering.sum(CASE WHEN wanted.of_budget THEN booked.amount ELSE booked.volume END) AS used
	FROM row_read AS booked
	JOIN service_below ON service_below.service_id = booked.service_id
	JOIN participant_below ON participant_below.participant_id = booked.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND booked.booked_on >= wanted.first_day AND booked.booked_on < wanted.end_day
		AND NOT (booked.booked_on >= whole_from AND booked.booked_on < whole_to)
	GROUP BY wanted.cap_id
), month_usage AS (
	SELECT month.cap_id, steering.sum(greatest(month.used, 0::steering.amount)) AS used
	FROM (SELECT row_read.source_id FROM row_read WHERE row_read.unreadable
		  UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source) AS unread
	CROSS JOIN LATERAL (
		SELECT wanted.cap_id, steering.sum(CASE WHEN wanted.of_budget THEN usage_cell.amount ELSE usage_cell.volume END) AS used
		FROM steering.usage_cell
		JOIN service_below ON service_below.service_id = usage_cell.service_id
		JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
		JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
			AND month >= first_month AND month < end_day AND NOT (month >= whole_from AND month < whole_to)
		WHERE usage_cell.source_id = unread.source_id
		GROUP BY wanted.cap_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month
	) AS month
	GROUP BY month.cap_id
)
SELECT wanted.cap_id,
	coalesce(cell_usage.used, 0::steering.amount) OPERATOR(steering.+) coalesce(row_usage.used, 0::steering.amount)
		OPERATOR(steering.+) coalesce(month_usage.used, 0::steering.amount),
	month_usage.cap_id IS NOT NULL
FROM wanted
LEFT JOIN cell_usage ON cell_usage.cap_id = wanted.cap_id
LEFT JOIN row_usage ON row_usage.cap_id = wanted.cap_id
LEFT JOIN month_usage ON month_usage.cap_id = wanted.cap_id;
END;
REVOKE ALL ON FUNCTION steering.cap_tally(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_tally(integer[]) IS 'usage of these caps, counted anew from the months'' sums and the bookings; estimated: some of these could not be read';

CREATE OR REPLACE VIEW steering.difference AS
WITH RECURSIVE read AS MATERIALIZED (
	SELECT scan.source_id, scan.service_id, scan.participant_id, scan.booked_on,
		sum(scan.amount::numeric) AS amount, sum(scan.volume::numeric) AS volume, count(*) AS bookings, scan.unreadable
	FROM steering.booking_read(NULL, NULL) AS scan
	GROUP BY scan.source_id, scan.service_id, scan.participant_id, scan.booked_on, scan.unreadable
), booked AS MATERIALIZED (
	SELECT read.source_id, read.service_id, read.participant_id, read.booked_on, read.amount, read.volume, read.bookings,
		false AS is_month
	FROM read
	WHERE NOT read.unreadable
	UNION ALL
	SELECT stored.source_id, stored.service_id, stored.participant_id, nullif(stored.month, '-infinity'), stored.amount::numeric,
		stored.volume::numeric, stored.bookings, true
	FROM steering.usage_now AS stored
	WHERE stored.source_id IN (
		SELECT read.source_id FROM read WHERE read.unreadable
		UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source)
), actual_cell AS (
	SELECT booked.source_id, booked.service_id, booked.participant_id,
		coalesce(steering.month_of(booked.booked_on), '-infinity') AS month,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, sum(booked.bookings) AS bookings
	FROM booked
	GROUP BY 1, 2, 3, 4
), stored_cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
		sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume, sum(usage_cell.bookings) AS bookings
	FROM steering.usage_now AS usage_cell
	GROUP BY 1, 2, 3, 4
), service_above (service_id, top, parent) AS (
	SELECT service.service_id, service.service_id, service.parent
	FROM steering.service
	UNION
	SELECT service_above.service_id, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (participant_id, top, parent) AS (
	SELECT participant.participant_id, participant.participant_id, participant.parent
	FROM steering.participant
	UNION
	SELECT participant_above.participant_id, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
), charged AS (
	SELECT service_above.top AS service_id, participant_above.top AS participant_id, booked.booked_on,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, booked.is_month
	FROM booked
	JOIN service_above ON service_above.service_id = booked.service_id
	JOIN participant_above ON participant_above.participant_id = booked.participant_id
	GROUP BY 1, 2, 3, booked.is_month
), actual_cap AS (
	SELECT cap.cap_id,
		coalesce(sum(CASE cap.metric WHEN 'budget' THEN charged.amount ELSE charged.volume END), 0) AS used,
		bool_or(charged.is_month AND NOT (charged.booked_on >= lower(cap.during)
			AND steering.month_of(charged.booked_on + 31) <= upper(cap.during))) AS unknown
	FROM steering.cap
	LEFT JOIN charged ON charged.service_id = cap.service_id AND charged.participant_id = cap.participant_id
		AND (charged.booked_on >= lower(cap.during)
			OR charged.is_month AND steering.month_of(charged.booked_on + 31) > lower(cap.during))
		AND charged.booked_on < upper(cap.during)
	GROUP BY cap.cap_id
), stored_cap AS (
	SELECT counted.cap_id, sum(counted.used) AS used, min(counted.revision) AS revision
	FROM (SELECT cap_counter.cap_id, cap_counter.used::numeric, cap_counter.revision FROM steering.cap_counter
	      UNION ALL
	      SELECT unwritten.service_id, unwritten.amount::numeric, NULL FROM steering.unwritten_change() AS unwritten
	      WHERE unwritten.source_id = 0) AS counted
	GROUP BY counted.cap_id
)
SELECT 'cap' AS what, cap_id, NULL::integer AS source_id, cap.service_id, cap.participant_id, NULL::date AS month,
	measure.name AS measure, measure.stored, measure.actual
FROM steering.cap
FULL JOIN stored_cap USING (cap_id)
LEFT JOIN actual_cap USING (cap_id)
CROSS JOIN LATERAL (VALUES
	('used', stored_cap.used, coalesce(CASE WHEN actual_cap.unknown THEN stored_cap.used END, actual_cap.used)),
	('revision', stored_cap.revision, cap.revision)) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual
	OR (measure.name = 'used' AND measure.stored IS DISTINCT FROM measure.actual)
UNION ALL
SELECT 'source', NULL, read.source_id, NULL, NULL, NULL, 'unreadable', NULL, NULL
FROM read
WHERE read.unreadable
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;
COMMENT ON COLUMN steering.difference.what IS 'cap, usage, or source';
COMMENT ON COLUMN steering.difference.measure IS 'used, revision; amount, volume, bookings; unreadable';

CREATE OR REPLACE FUNCTION steering.verify()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT named.*
FROM (SELECT steering.find_differences() AS list OFFSET 0) AS found
CROSS JOIN LATERAL steering.name_differences(found.list) AS named;
END;
COMMENT ON FUNCTION steering.verify() IS
'where stored usage differs from the bookings, which it counts row by row; no row is right. What: cap (used: usage; revision: does the counter belong to the cap as it is) or usage (amount, volume, bookings of a month; no service: rows that are ignored), or source (unreadable: health() says why; what is stored of it is taken as it is, and nothing is said of caps over a part of a month with bookings of it). A null under stored is a cap without counter, under actual a counter without cap. Difference is actual minus stored: what repair() adds';
COMMENT ON FUNCTION steering.repair() IS 'mends what verify() finds, with bookings going on, and returns it. What is stored of a source that cannot be read stays as it is. No cap refuses that. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE VIEW steering.reading_problem AS
SELECT unreadable.relation::text AS subject, 'rows unreadable' AS problem,
    concat_ws(' ', unreadable.message || '.', regexp_replace(unreadable.context, '\s*\n\s*', '; ', 'g') || '.') AS detail,
    'correct the row, or what the mapping calls; until then verify() and repair() leave the source alone' AS hint
FROM steering.unreadable_source() AS unreadable
WHERE steering.mapping_problem(unreadable.relation) IS NULL;
REVOKE ALL ON steering.reading_problem FROM PUBLIC;
COMMENT ON VIEW steering.reading_problem IS 'health(): sources of which a row cannot be read, though their mapping is in order';
COMMENT ON COLUMN steering.reading_problem.subject IS 'a table';
COMMENT ON COLUMN steering.reading_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.reading_problem.detail IS 'the error, and where it came about';
COMMENT ON COLUMN steering.reading_problem.hint IS 'what to do';

-- Usage cells of which nothing is left can go.
COMMENT ON FUNCTION steering.compact() IS
'makes one row again of the counters and usage cells that were divided and that nobody is changing now, and takes away cells of which nothing is left; returns how many rows went. Their room is given back by VACUUM. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- Commands that count sources anew queue up.
CREATE FUNCTION steering.order_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_order_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.order_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.order_ddl() IS
'has commands after which a source is counted anew wait for each other where that reads rows of other sources, since a cap covers a month in part: so they do not deadlock';
CREATE EVENT TRIGGER sp71_steering_order ON ddl_command_start EXECUTE FUNCTION steering.order_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_order IS 'keeps commands that have sources of steering counted anew from deadlocking';

CREATE OR REPLACE VIEW steering.event_trigger_problem AS
SELECT wanted.name AS subject,
    CASE WHEN pg_event_trigger.oid IS NULL THEN 'event trigger missing'
         WHEN pg_event_trigger.evtenabled = 'D' THEN 'event trigger disabled'
         ELSE 'event trigger fires for replication only' END AS problem,
    wanted.detail,
    CASE WHEN pg_event_trigger.oid IS NULL
         THEN format('CREATE EVENT TRIGGER %I ON %s EXECUTE FUNCTION %s; then reattach every source',
                     wanted.name, wanted.event, wanted.function)
         ELSE format('ALTER EVENT TRIGGER %I ENABLE; then reattach every source', wanted.name) END AS hint
FROM (VALUES
    ('sp71_steering_follow', 'ddl_command_end', 'steering.follow_ddl()', 'Partitions that come and go are not counted.'),
    ('sp71_steering_rewrite', 'table_rewrite', 'steering.follow_rewrite()', 'Values that ALTER TABLE rewrites are not counted.'),
    ('sp71_steering_drop', 'sql_drop', 'steering.follow_drop()', 'Dropped tables stay counted.'),
    ('sp71_steering_order', 'ddl_command_start', 'steering.order_ddl()', 'Commands that count sources anew may deadlock.'),
    ('sp71_steering_detach', 'ddl_command_start', 'steering.guard_detach()', 'DETACH PARTITION CONCURRENTLY is refused when it is half done.')
) AS wanted (name, event, function, detail)
LEFT JOIN pg_catalog.pg_event_trigger ON pg_event_trigger.evtname = wanted.name
    AND pg_event_trigger.evtfoid = wanted.function::regprocedure
WHERE pg_event_trigger.oid IS NULL OR pg_event_trigger.evtenabled NOT IN ('O', 'A');
-- A trigger that was replaced is told apart from one that is missing.
CREATE OR REPLACE VIEW steering.trigger_problem AS
SELECT source_tree.relation::text AS subject,
    CASE WHEN other.oid IS NOT NULL THEN 'trigger replaced'
         WHEN pg_trigger.oid IS NULL THEN 'trigger missing'
         WHEN pg_trigger.tgenabled = 'D' THEN 'trigger disabled'
         ELSE 'trigger fires for replication only' END AS problem,
    format('%s on this table is not counted, for want of trigger %I.', wanted.event, coalesce(pg_trigger.tgname::text COLLATE "default", wanted.name)) AS detail,
    CASE WHEN other.oid IS NOT NULL
         THEN format('DROP TRIGGER %I ON %s, which calls %s; then SELECT steering.reattach(%L)', wanted.name,
                     source_tree.relation, other.tgfoid::regproc, source.relation)
         WHEN pg_trigger.oid IS NULL
         THEN format('SELECT steering.reattach(%L)', source.relation)
         ELSE format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT steering.repair()', source_tree.relation, pg_trigger.tgname::text COLLATE "default")
    END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_insert', 4), ('UPDATE', 'sp71_steering_update', 16),
                   ('DELETE', 'sp71_steering_delete', 8), ('TRUNCATE', 'sp71_steering_truncate', 32)) AS wanted (event, name, bit)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source_tree.relation
    AND pg_trigger.tgfoid = 'steering.book'::regproc AND pg_trigger.tgtype & wanted.bit <> 0
LEFT JOIN pg_catalog.pg_trigger AS other ON other.tgrelid = source_tree.relation AND other.tgname = wanted.name
    AND other.tgfoid <> 'steering.book'::regproc AND pg_trigger.oid IS NULL
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid = 'steering.book'::regproc
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);

-- --- periods: closing, usage_between
-- A longer period can be closed over shorter ones.
ALTER TABLE steering.closing DROP CONSTRAINT closing_no_overlap,
	ADD CONSTRAINT closing_once EXCLUDE USING gist (during WITH =) WHERE (reopened_at IS NULL);
ALTER TABLE steering.closing ADD COLUMN committed_bookings numeric, ADD COLUMN committed_amount numeric,
	ADD COLUMN committed_volume numeric;
COMMENT ON COLUMN steering.closing.committed_bookings IS 'number of those that were commitments, which may still be released; null: unknown, it was closed by a version before 0.3.0';
COMMENT ON COLUMN steering.closing.committed_amount IS 'sum of the amounts of commitments; null: unknown';
COMMENT ON COLUMN steering.closing.committed_volume IS 'sum of the volumes of commitments; null: unknown';
-- Until now commitments in closed periods did not change: what they are is what they were.
UPDATE steering.closing
SET committed_bookings = committed.bookings, committed_amount = committed.amount, committed_volume = committed.volume
FROM steering.closing AS closed
CROSS JOIN LATERAL (
	SELECT coalesce(sum(usage_cell.bookings), 0) AS bookings, coalesce(sum(usage_cell.amount::numeric), 0) AS amount,
		coalesce(sum(usage_cell.volume::numeric), 0) AS volume
	FROM steering.usage_cell
	WHERE usage_cell.service_id <> 0
		AND usage_cell.month >= lower(closed.during) AND usage_cell.month < upper(closed.during)
		AND usage_cell.source_id IN (SELECT source.source_id FROM steering.source WHERE source.stage = 'commitment')) AS committed
WHERE closed.closing_id = closing.closing_id AND closing.reopened_at IS NULL;

-- Of closings by a version before 0.3.0 nobody knows what was committed: they are held against all of it.
CREATE OR REPLACE VIEW steering.closing_problem AS
SELECT format('period %s', steering.name_period(closing.during)) AS subject, 'changed after closing' AS problem,
	format('When it was closed it had %s bookings, amount %s, volume %s%s; now %s, %s, %s. A table was dropped, or repair() has mended what triggers had not seen%s.',
		   closed.bookings, closed.amount, closed.volume,
		   CASE WHEN closing.committed_bookings IS NULL THEN ', commitments included' ELSE ' without commitments' END,
		   stored.bookings, stored.amount, stored.volume,
		   CASE WHEN closing.committed_bookings IS NULL THEN ', or commitments were released' END) AS detail,
	'reopen it, see to its bookings, and close it again' AS hint
FROM steering.closing
CROSS JOIN LATERAL (
	SELECT closing.bookings - coalesce(closing.committed_bookings, 0) AS bookings,
		closing.amount - coalesce(closing.committed_amount, 0) AS amount,
		closing.volume - coalesce(closing.committed_volume, 0) AS volume) AS closed
CROSS JOIN LATERAL (
	SELECT coalesce(sum(usage_cell.bookings), 0) AS bookings, coalesce(sum(usage_cell.amount::numeric), 0) AS amount,
		coalesce(sum(usage_cell.volume::numeric), 0) AS volume
	FROM steering.usage_cell
	WHERE usage_cell.service_id <> 0
		AND usage_cell.month >= lower(closing.during) AND usage_cell.month < upper(closing.during)
		AND (closing.committed_bookings IS NULL
			OR usage_cell.source_id NOT IN (SELECT source.source_id FROM steering.source_stage AS source WHERE source.stage = 'commitment'))) AS stored
WHERE closing.reopened_at IS NULL
	AND (stored.bookings <> closed.bookings OR stored.amount <> closed.amount OR stored.volume <> closed.volume);
COMMENT ON FUNCTION steering.close_bookings(text, text) IS
'closes a period to bookings and returns the number of the closing: what changes bookings in it is refused from now on (23S74), by this transaction too, except that commitments may be released, lowered and carried to an open day. Says how many are open (a NOTICE). Waits for running bookings, and new ones wait until it is committed: what is read after it, with a new snapshot, is what the period has. Errors: those of period_range(), 55000 the period is closed already, also as a part of a longer one, or overlaps a closed one that is not a part of it';
COMMENT ON FUNCTION steering.reopen_bookings(text, text) IS
'opens a closed period to bookings again, as it was closed, and returns the number of the closing that ends. Waits for running bookings. Errors: those of period_range(), 22004 no reason, 22023 an empty one, 55000 the period is not closed, or is a part of a longer one that is, or a correction of it was settled in a period that is closed (see reopen_period()), 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- --- agreements, allocation and settlement: allocate, allocation, allocation_cost, agreement, settlement, settlement_line, supplier
COMMENT ON COLUMN steering.result_share.during IS 'whole months; their result is shared for each twelve of them, counted from the first (calendar years, if there is no first), and for what is left';
COMMENT ON FUNCTION steering.set_result_share(text, numeric, steering.day_range) IS
'says that the participants share this percentage of the supplier''s result, gain or loss, of these months, by this allocation key: for each twelve of them as a whole, counted from the first (calendar years, if there is no first); the one for the same months is replaced; returns the percentage. Errors: 22004 key is null, 22023 unknown key, 23502 null, 23514 not 0 to 100, not whole months, 23P01 overlap with another';
COMMENT ON COLUMN steering.settlement_line.corrects IS 'the closing that a correction is about, or that billed what this line takes back; null: another line';
COMMENT ON COLUMN steering.settlement.corrects IS 'number of the closing that a correction is about, or that billed what this line takes back; null: another line';
COMMENT ON FUNCTION steering.drop_agreement(integer, text) IS
'ends an agreement as if it had not been made: a closed period that had all of its months keeps what it came to, and what other closed periods billed for it is given back with the next settlement of its months. Error: 42704 no such agreement';
ALTER TABLE steering.settlement_correction
	ADD COLUMN reverses integer CONSTRAINT settlement_correction_reverses_key UNIQUE;
COMMENT ON TABLE steering.settlement_correction IS 'what settlements of closed periods are corrected by, written by correct_settlement(), reverse_correction() and the reopening of a period alone; rows are only added';
COMMENT ON COLUMN steering.settlement_correction.reverses IS 'the correction that it takes back; null: it takes none back';
CREATE OR REPLACE VIEW steering.correction WITH (security_barrier) AS
SELECT correction.correction_id, correction.closing_id AS corrects,
	lower(closing.during) AS valid_from, upper(closing.during) - 1 AS valid_to,
	participant.code AS participant, service.code AS service, round(correction.amount::numeric, 2) AS amount,
	correction.month AS settled_in, correction.reason, correction.recorded_at, correction.role_name, correction.reverses
FROM steering.settlement_correction AS correction
JOIN steering.closing ON closing.closing_id = correction.closing_id
JOIN steering.participant ON participant.participant_id = correction.participant_id
JOIN steering.service ON service.service_id = correction.service_id
WHERE correction.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
COMMENT ON COLUMN steering.correction.reverses IS 'number of the correction that it takes back, since the period that was corrected has been reopened, or by reverse_correction(); null: it takes none back';

ALTER TABLE steering.allocation_weight REPLICA IDENTITY FULL;

-- --- results, comparison and outlook: indicator, comparison, outlook

ALTER FUNCTION steering.outlook_error_scan(text, date, date) ROWS 84;
ALTER FUNCTION steering.outlook_error(text, date, date) ROWS 84;
COMMENT ON FUNCTION steering.outlook(date, text, text) IS
'the actual cost that the end of a period is expected to bring, from what was booked on days up to as_of and including it: one row for each service and participant that the role may read and that has a booking in the period by then, a budget, agreed cost, or bookings in the ten years before (these no more once the service or the participant has ended). period: a year, a quarter, a month or a range of whole months such as [2026-04-01,2027-04-01), of ten years at most. Null: the one around as_of that caps and agreements have which the role may read: of twelve months before others, of budget caps before volume caps and these before agreements (of which it is the year around as_of), then the one that the most have, the calendar year, the longest; and the calendar year if there is none. If that is another than the calendar year, reason says which and whose.
Earlier years are the same months of years before, ten years back at most, and only as far as they follow each other: a year in which nothing was booked on the service and participant ends them.
actual, committed: money of the period booked by then on exactly this service and participant (stage actual; stage commitment, what was released taken off). expected: by the method, what is computed rounded to cents. budget: the budget cap on exactly the two over just the period; null: none. expected_headroom: what that cap blocks at minus expected; null: no such cap, it never blocks, or expected is null. A cap holds for all below service and participant as well, and actual and expected do not: where others below were booked on, or have a budget or agreed cost, expected_headroom is null, and cap_outlook() has the outlook of the cap.
Methods. run_rate: actual / elapsed days * days of the period.
seasonal (multiplicative pickup): actual / share, where share = R / H of the earlier whole years together: H their actual cost, R that of their months that were over at as_of, plus the elapsed days'' part of the month of as_of. A year is whole if the service and participant were booked on in its first month or in the year before; and in the very first year of all bookings, if these begin in its first month, every one is. Where actual is not positive, H is not, or R is less than 1 percent of it, nothing can be said by multiplying, and it is as additive. Where there are no whole years, actual is completed by the profile of the service for all participants that the role may read, else that of everything it may read, else that of the days, as run_rate.
additive (additive pickup; Weatherford and Kimes, A comparison of forecasting methods for hotel revenue management, International Journal of Forecasting 19, 2003; with one year it is the seasonal naive method of Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.2): actual + (H - R) / number of years: what those months brought in earlier years, on average. A single year that is not whole will do. Where there is no earlier year, but a plan (budget, else agreed cost; of no others below): actual + plan * (1 - share), by the first share of the service, of everything, of the days (Bornhuetter and Ferguson, The actuary and IBNR, 1972). Where there is neither: as seasonal if actual is positive, else actual.
basis says which: own years (actual multiplied); own years, added; service years, all years, run_rate (actual multiplied); budget or agreed cost, with one of these (a part of the plan added); actual (nothing added, also once nothing can be booked any more).
committed: actual + committed + what remains of the profile when commitments are taken off: greatest(actual + committed, expected of seasonal). For commitments are a part of what is still to come, not on top of it.
Earned value (Project Management Institute, Practice Standard for Earned Value Management): eac_budget = AC + (BAC - EV), eac_cpi = BAC / CPI, eac_spi_cpi = AC + (BAC - EV) / (CPI * SPI), with CPI = EV / AC and SPI = EV / PV. BAC is budget, else the cost that was agreed for the period with exactly this participant on exactly this service (basis says which). EV = BAC * measured / target, at most BAC, of the main indicator of the service, if that is additive and higher is better. All three stand at the end of the last month of the period, not after as_of, up to which everything was measured since its first month: AC is actual cost by then, PV = BAC * share by then, the share that of seasonal where it multiplies. expected is null where BAC, a positive target or a measurement is missing, where others below service and participant were booked on (so that AC is a part of what the work cost), and for the last two also where BAC, EV or AC is not positive.
On the last day of the period each method gives actual, but for committed: what is committed then is still expected to be spent, so it gives actual + committed where that is more.
Without a method, it is the one that was least off over the earlier years, as outlook_error() says, at the end of as many months as are over at as_of (in the first month: at its end). Methods without a figure where others had one do not compete; of equal ones the first is taken of run_rate, seasonal, additive, committed, eac_budget, eac_cpi, eac_spi_cpi, and where it has no figure for a row the next best one; run_rate then has none where actual is not positive. reason says how far the method was off, and over how many years that was seen; null: it was asked for.
From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, as_of is not in the period, too long a period, those of period_range(), 22003 an amount does not fit';
COMMENT ON FUNCTION steering.outlook_error(text, date, date) IS
'how far a method (null: each of them) was off in the years of twelve months from first, the first day of a month, that end on last or before, ten at most. At the end of each of the first eleven months of a year, the outlook by what was booked on days up to then is held against the actual cost that the year became, for each service and participant that the role may read and that was booked on then or in the year before, or had a plan. Years count that follow each other up to the last one with bookings; one without bookings, and what is before it, is left out, and so is the first if it began before the first booking of all.
months: how many were over; null: all of these together. years: how many were tested. outlooks: number of comparisons; those without a figure are left out. error: the weighted absolute percentage error, 100 * sum(|expected - became|) / sum(|became|), to two decimals; bias: 100 * sum(expected - became) / sum(|became|), positive: too high. Both are null if nothing was booked. Methods compare fairly only where outlooks is equal.
Budgets, agreements, targets and measurements are those of now: of their earlier values nothing is known. Errors: 22004 null, 22023 unknown method, first is not the first day of a month, no whole year, more than ten years, 22003 an amount does not fit';
COMMENT ON FUNCTION steering.cap_outlook(date, text) IS
'what the caps in force on as_of will be used for at their end, and in which month they are reached: one row for each that the role may read. used: what was booked on days of the cap up to as_of and including it, actual and committed, with all below service and participant. expected: greatest(used, expected of its actual part), as in outlook() over the days of the cap, but that no part of a plan is added: a cap is a limit. method: run_rate, seasonal, additive or committed (as seasonal, for commitments count in any case). basis: own years (of the cap''s service and participant with all below); own years, added; service years (the service with all below, for all participants that the role may read), all years (everything that it may read; not for volumes, which have different units), run_rate, actual.
limit_month: first day of the month in which usage has reached amount, or is expected to; block_month: in which it has come above blocks_at, or is expected to, so that bookings are refused; null: not within the cap''s days. Between as_of and the end, expected minus used comes as the profile does. For caps that are not of whole months, or of more than ten years, there is no outlook. From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, or one of earned value, 22003 an amount does not fit';
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

-- Not functions of PostgreSQL and of extensions, nor temporary ones.
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
WHERE text_function.function = ANY (mentioned_function.functions)
	AND NOT EXISTS (
		SELECT FROM pg_catalog.pg_depend
		WHERE pg_depend.classid = 'pg_catalog.pg_proc'::regclass AND pg_depend.objid = mentioned.oid AND pg_depend.deptype = 'e');
END;
REVOKE ALL ON FUNCTION steering.mentioned_function(oid[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.mentioned_function(oid[]) IS 'functions whose names stand in the text of others, and in which: those of PostgreSQL and of extensions apart';

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

-- From what the trigger of the attached table and the columns that are computed depend on downwards. Languages are no
-- part of what a function does, nor are schemas.
CREATE FUNCTION steering.mapping_need_certain(source_id integer) RETURNS TABLE (classid oid, objid oid, stored boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH RECURSIVE need (classid, objid, stored) AS (
	SELECT pg_depend.refclassid, pg_depend.refobjid, top.stored
	FROM (
		SELECT 'pg_catalog.pg_trigger'::regclass::oid, pg_trigger.oid, pg_trigger.tgfoid, false
		FROM steering.source
		JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source.relation::oid AND pg_trigger.tgname = 'sp71_steering_insert'
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
-- Weights of allocation keys in a period, and the cost of services divided by them.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it; and who
-- was needs no right on the tables. The planner knows little of how many rows there will be: the settings of
-- functions keep it from nested loops over 100,000 shares, and these from being sorted on disk.

-- Missing is not zero: who should weigh and whose weight is not known comes with a weight of null. That is of basis
-- inhabitants a participant without a number, and with none below it, that shares a cost by the key, itself or in a
-- group, or next to which in its group others have a number; of basis agreed one with an agreement in which neither
-- volume nor money was agreed; of basis fixed one that shares a cost by the key and has no weight.
CREATE OR REPLACE FUNCTION steering.key_weight_in(first_day date, end_day date)
RETURNS TABLE (key_id integer, participant_id integer, service_id integer, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH present AS MATERIALIZED (
	SELECT participant.participant_id, participant.code, participant.parent, participant.inhabitants, participant.during
	FROM steering.participant
	WHERE participant.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
), below AS MATERIALIZED (
	SELECT below.top_id, below.participant_id
	FROM steering.participant_below AS below
	WHERE below.depth > 0
), resident AS MATERIALIZED (
	SELECT present.participant_id,
		trim_scale(present.inhabitants::numeric
				   * (least(upper(present.during), key_weight_in.end_day) - greatest(lower(present.during), key_weight_in.first_day))
				   / (key_weight_in.end_day - key_weight_in.first_day)) AS weight
	FROM present
	WHERE present.inhabitants IS NOT NULL
		AND present.participant_id NOT IN (
			SELECT below.top_id
			FROM below
			JOIN present AS member ON member.participant_id = below.participant_id
			WHERE member.inhabitants IS NOT NULL)
), uncounted AS MATERIALIZED (
	SELECT present.participant_id, present.code, present.parent
	FROM present
	WHERE present.inhabitants IS NULL
		AND present.participant_id NOT IN (
			SELECT below.top_id FROM below JOIN present AS member ON member.participant_id = below.participant_id)
), sharer AS MATERIALIZED (
	SELECT DISTINCT agreement.key_id, agreement.participant_id
	FROM steering.agreement
	WHERE agreement.form = 'key_share'
		AND agreement.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
), sharing AS MATERIALIZED (
	SELECT sharer.key_id, sharer.participant_id, sharer.participant_id AS member_id FROM sharer
	UNION ALL
	SELECT sharer.key_id, sharer.participant_id, below.participant_id
	FROM sharer JOIN below ON below.top_id = sharer.participant_id
), counted AS MATERIALIZED (
	SELECT uncounted.participant_id, below.top_id AS resident_id
	FROM uncounted
	JOIN below ON below.participant_id = uncounted.participant_id
	JOIN resident ON resident.participant_id = below.top_id
), fixed AS MATERIALIZED (
	SELECT allocation_weight.key_id, allocation_weight.participant_id, allocation_weight.service_id,
		trim_scale(sum(allocation_weight.weight
					   * (least(upper(allocation_weight.during), key_weight_in.end_day)
						  - greatest(lower(allocation_weight.during), key_weight_in.first_day)))
				   / (key_weight_in.end_day - key_weight_in.first_day)) AS weight
	FROM steering.allocation_weight
	WHERE allocation_weight.during && daterange(key_weight_in.first_day, key_weight_in.end_day)
	GROUP BY allocation_weight.key_id, allocation_weight.participant_id, allocation_weight.service_id
)
SELECT allocation_key.key_id, resident.participant_id, NULL::integer, resident.weight
FROM steering.allocation_key
CROSS JOIN resident
WHERE allocation_key.basis = 'inhabitants'
UNION ALL
SELECT allocation_key.key_id, unknown.participant_id, NULL, NULL
FROM steering.allocation_key
CROSS JOIN LATERAL (
	SELECT uncounted.participant_id
	FROM uncounted
	JOIN sharing ON sharing.key_id = allocation_key.key_id AND sharing.member_id = uncounted.participant_id
	WHERE NOT EXISTS (
		SELECT FROM counted
		JOIN sharing AS whole ON whole.key_id = allocation_key.key_id AND whole.participant_id = sharing.participant_id
			AND whole.member_id = counted.resident_id
		WHERE counted.participant_id = uncounted.participant_id)
	UNION
	SELECT uncounted.participant_id
	FROM uncounted
	JOIN present AS other ON other.parent = uncounted.parent AND other.inhabitants IS NOT NULL
	WHERE uncounted.participant_id NOT IN (SELECT counted.participant_id FROM counted)
) AS unknown
WHERE allocation_key.basis = 'inhabitants'
UNION ALL
SELECT allocation_key.key_id, usage.participant_id, NULL, trim_scale(sum(usage.volume::numeric))
FROM steering.allocation_key
JOIN steering.service_below AS below ON below.top_id = allocation_key.service_id
JOIN steering.usage_between(key_weight_in.first_day, key_weight_in.end_day) AS usage ON usage.service_id = below.service_id
WHERE allocation_key.basis = 'volume'
GROUP BY allocation_key.key_id, usage.participant_id
UNION ALL
SELECT bought.key_id, bought.participant_id, NULL,
	CASE WHEN bought.is_known THEN trim_scale(CASE WHEN bought.in_volume THEN bought.volume ELSE bought.amount END) END
FROM (
	SELECT allocation_key.key_id, agreed.participant_id,
		coalesce(sum(agreed.volume::numeric), 0) AS volume, coalesce(sum(agreed.agreed_cost::numeric), 0) AS amount,
		bool_and(bool_and(agreed.volume IS NOT NULL) FILTER (WHERE agreed.volume IS NOT NULL OR agreed.agreed_cost IS NOT NULL))
			OVER (PARTITION BY allocation_key.key_id) AS in_volume,
		bool_and(agreed.volume IS NOT NULL OR agreed.agreed_cost IS NOT NULL) AS is_known
	FROM steering.allocation_key
	JOIN steering.service_below AS below ON below.top_id = allocation_key.service_id
	JOIN steering.agreed_in(key_weight_in.first_day, key_weight_in.end_day) AS agreed ON agreed.service_id = below.service_id
	WHERE allocation_key.basis = 'agreed'
	GROUP BY allocation_key.key_id, agreed.participant_id
) AS bought
UNION ALL
SELECT fixed.key_id, fixed.participant_id, fixed.service_id, fixed.weight FROM fixed
UNION ALL
SELECT allocation_key.key_id, sharer.participant_id, NULL, NULL
FROM steering.allocation_key
JOIN sharer ON sharer.key_id = allocation_key.key_id
WHERE allocation_key.basis = 'fixed'
	AND NOT EXISTS (
		SELECT FROM sharing
		JOIN fixed ON fixed.key_id = sharing.key_id AND fixed.participant_id = sharing.member_id
		WHERE sharing.key_id = sharer.key_id AND sharing.participant_id = sharer.participant_id);
END;
REVOKE ALL ON FUNCTION steering.key_weight_in(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_weight_in(date, date) IS
'weights of all allocation keys from first_day until before end_day (first days of months); see key_weight(). Null: the weight is not known. Below zero: more volume was given back than taken, which weighs nothing';

CREATE OR REPLACE FUNCTION steering.key_weight(key text, period text) RETURNS TABLE (participant text, service text, weight numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.key_number(key_weight.key), steering.period_range(key_weight.period);
SELECT participant.code, service.code, CASE WHEN weighed.weight < 0 THEN 0 ELSE weighed.weight END
FROM steering.period_range(key_weight.period) AS during
CROSS JOIN LATERAL steering.key_weight_in(lower(during), upper(during)) AS weighed
LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
LEFT JOIN steering.service ON service.service_id = weighed.service_id
WHERE weighed.key_id = steering.key_number(key_weight.key)
ORDER BY service.code COLLATE "C" NULLS LAST, participant.code COLLATE "C";
END;
REVOKE ALL ON FUNCTION steering.key_weight(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_weight(text, text) IS
'the receivers of an allocation key in a period and their weights. inhabitants: of the participants that take part and have inhabitants, but no groups of such; volume: actual volume of the key''s service and all below it; agreed: volume that agreements on these services have in the period, or, if one of them has no volume, the money agreed beforehand; fixed: as set. Inhabitants and fixed weights that hold for a part of the period count for that part of its days. Null: the weight is not known, and nothing is divided by the key until it is: a participant that shares a cost by the key, or next to which in its group others have a number, has no inhabitants (0 says that it has none); an agreement has neither volume nor money; one that shares a cost by the key has no fixed weight. 0 for a participant that has given back more volume than it took: it gets no share, and settlement_problem() lists it. Errors: 22004 null, 22023 unknown key, 22P02 and 22023 no period';

CREATE OR REPLACE FUNCTION steering.divide_costs(method text, code text[], direct numeric[], all_zero text[], covered boolean[],
	giver integer[], receiver integer[], weight numeric[])
RETURNS TABLE (giver integer, received steering.amount, receiver integer, weight numeric, percent numeric, amount steering.amount)
AS 'MODULE_PATHNAME', 'steering_divide_costs'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.divide_costs(text, text[], numeric[], text[], boolean[], integer[], integer[], numeric[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.divide_costs(text, text[], numeric[], text[], boolean[], integer[], integer[], numeric[]) IS
'the arithmetic of allocate_costs(), which reads no table. code names the services whose cost is divided, in their order, and then the final receivers; direct, all_zero and covered are of the services; giver, receiver (places in code) and weight say who receives from whom, giver by giver. Returns who gets what, receiver null: it stays unallocated; received is what the giver got of other services. Errors: those of allocate_costs()';

CREATE OR REPLACE FUNCTION steering.allocate_costs(period text, method text DEFAULT 'step_down')
RETURNS TABLE (step integer, service text, direct numeric, received numeric,
	receiving_service text, receiving_participant text, weight numeric, percent numeric, amount numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH span AS MATERIALIZED (
	SELECT during, lower(during) AS first_day, upper(during) AS end_day
	FROM steering.period_range(allocate_costs.period) AS during
), used AS MATERIALIZED (
	SELECT usage.service_id, sum(usage.actual::numeric) AS amount
	FROM span CROSS JOIN LATERAL steering.usage_between(span.first_day, span.end_day) AS usage
	GROUP BY usage.service_id
), giver AS MATERIALIZED (
	SELECT (row_number() OVER (ORDER BY rule.step, service.code COLLATE "C", rule.during))::integer AS place,
		service.service_id, service.code, rule.key_id, rule.step, rule.all_zero,
		coalesce(used.amount, 0.0000) AS direct,
		rule.during @> span.during OR NOT EXISTS (
			SELECT FROM steering.usage_now AS usage
			WHERE usage.service_id = rule.service_id AND usage.month <@ span.during AND NOT usage.month <@ rule.during
				AND usage.amount OPERATOR(steering.<>) 0::steering.amount
				AND usage.source_id IN (SELECT source.source_id FROM steering.source WHERE source.stage = 'actual')) AS covered
	FROM span
	JOIN steering.allocation_rule AS rule ON rule.during && span.during
	JOIN steering.service ON service.service_id = rule.service_id
	LEFT JOIN used ON used.service_id = rule.service_id
), weighed AS MATERIALIZED (
	SELECT giver.place AS giver, coalesce(weighed.participant_id, 0) AS participant_id, coalesce(weighed.service_id, 0) AS service_id,
		CASE WHEN weighed.weight < 0 THEN 0 ELSE weighed.weight END AS weight, taker.place AS taker
	FROM span
	CROSS JOIN LATERAL steering.key_weight_in(span.first_day, span.end_day) AS weighed
	JOIN giver ON giver.key_id = weighed.key_id
	LEFT JOIN giver AS taker ON taker.service_id = weighed.service_id
), unknown AS MATERIALIZED (
	SELECT DISTINCT weighed.giver FROM weighed WHERE weighed.weight IS NULL
), final AS MATERIALIZED (
	SELECT named.participant_id, named.service_id, named.code,
		((SELECT count(*) FROM giver) + row_number() OVER (ORDER BY named.participant_id <> 0, named.code COLLATE "C"))::integer AS place
	FROM (
		SELECT DISTINCT weighed.participant_id, weighed.service_id, coalesce(participant.code, service.code) AS code
		FROM weighed
		LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
		LEFT JOIN steering.service ON service.service_id = weighed.service_id
		WHERE weighed.taker IS NULL
	) AS named
), share AS MATERIALIZED (
	SELECT weighed.giver, coalesce(weighed.taker, final.place) AS receiver, weighed.weight
	FROM weighed
	LEFT JOIN final ON final.participant_id = weighed.participant_id AND final.service_id = weighed.service_id
	WHERE weighed.giver NOT IN (SELECT unknown.giver FROM unknown)
), divided AS MATERIALIZED (
	SELECT divided.*
	FROM (SELECT array_agg(giver.direct ORDER BY giver.place) AS direct,
			array_agg(CASE WHEN giver.place IN (SELECT unknown.giver FROM unknown) THEN 'unallocated' ELSE giver.all_zero END
				ORDER BY giver.place) AS all_zero,
			array_agg(giver.covered ORDER BY giver.place) AS covered
		  FROM giver) AS givers,
		(SELECT array_agg(receiver.code ORDER BY receiver.place) AS code
		 FROM (SELECT giver.code, giver.place FROM giver UNION ALL SELECT final.code, final.place FROM final) AS receiver) AS receivers,
		(SELECT array_agg(share.giver) AS giver, array_agg(share.receiver) AS receiver, array_agg(share.weight) AS weight
		 FROM (SELECT share.* FROM share ORDER BY share.giver, share.receiver) AS share) AS shares,
		LATERAL steering.divide_costs(allocate_costs.method, receivers.code, givers.direct, givers.all_zero, givers.covered,
			shares.giver, shares.receiver, shares.weight) AS divided
)
SELECT listed.step, listed.code, listed.direct, listed.received, listed.receiving_service, listed.receiving_participant,
	listed.weight, listed.percent, listed.amount
FROM (
	SELECT giver.place, divided.receiver, giver.step, giver.code, giver.direct, divided.received::numeric AS received,
		CASE WHEN final.service_id <> 0 THEN final.code ELSE taker.code END AS receiving_service,
		CASE WHEN final.participant_id <> 0 THEN final.code END AS receiving_participant,
		divided.weight, divided.percent, divided.amount::numeric AS amount
	FROM divided
	JOIN giver ON giver.place = divided.giver
	LEFT JOIN giver AS taker ON taker.place = divided.receiver
	LEFT JOIN final ON final.place = divided.receiver
	UNION ALL
	SELECT giver.place, final.place, giver.step, giver.code, giver.direct, whole.received::numeric, NULL, final.code,
		NULL, NULL, NULL
	FROM weighed
	JOIN giver ON giver.place = weighed.giver
	JOIN final ON final.participant_id = weighed.participant_id AND final.service_id = weighed.service_id
	JOIN (SELECT divided.giver, min(divided.received) AS received FROM divided GROUP BY divided.giver) AS whole
		ON whole.giver = weighed.giver
	WHERE weighed.weight IS NULL
) AS listed
ORDER BY listed.place, listed.receiver;
END;
REVOKE ALL ON FUNCTION steering.allocate_costs(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_costs(text, text) IS
'divides the actual cost booked in a period on each service with an allocation rule: one row per service, in the order of their steps, and receiver, with what the service has (direct: booked on it; received: of others), the weight and its percentage, and the amount; both receivers null: it stays unallocated. A receiver whose weight is not known (see key_weight()) is listed with weight and amount null, and the whole cost of the service stays unallocated; one with a weight below zero gets nothing. The amounts of a service add up to direct plus received, and those of participants, of services without a rule and of nobody to the whole cost, by every method. A service gives nothing to itself. direct: services with a rule receive nothing; step_down: each receives of earlier steps; reciprocal: each of each, by simultaneous equations. The methods are those of support-department cost allocation in Horngren, Datar and Rajan, Cost Accounting. Amounts are rounded to cents, or to 0.0001 if cost is booked in parts of a cent: direct and step_down by the largest remainder (Hamilton), reciprocal up or down so that every service balances. Weights of a part of the period: see key_weight(). Errors: 22004 null, 22P02 and 22023 no period, 22023 unknown method, a service with two rules in the period or cost in months without one, a cost without receivers or with all weights zero (if its rule does not say otherwise), services that serve only each other (reciprocal), 22003 an amount does not fit';

CREATE OR REPLACE FUNCTION steering.allocated_cost(period text, method text DEFAULT 'step_down')
RETURNS TABLE (service text, participant text, direct numeric, allocated numeric, cost numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH allocation AS MATERIALIZED (
	SELECT * FROM steering.allocate_costs(allocated_cost.period, allocated_cost.method)
), bearing AS (
	SELECT allocation.receiving_service AS service, allocation.receiving_participant AS participant,
		0.0000 AS direct, allocation.amount AS allocated
	FROM allocation
	WHERE allocation.receiving_service IS NULL
		OR allocation.receiving_service NOT IN (SELECT allocation.service FROM allocation)
	UNION ALL
	SELECT service.code, NULL, usage.actual::numeric, 0.0000
	FROM steering.period_range(allocated_cost.period) AS during
	CROSS JOIN LATERAL steering.usage_between(lower(during), upper(during)) AS usage
	JOIN steering.service ON service.service_id = usage.service_id
	WHERE usage.actual OPERATOR(steering.<>) 0::steering.amount
		AND service.code NOT IN (SELECT allocation.service FROM allocation)
)
SELECT bearing.service, bearing.participant, sum(bearing.direct),
	CASE WHEN bool_and(bearing.allocated IS NOT NULL) THEN sum(bearing.allocated) END,
	CASE WHEN bool_and(bearing.allocated IS NOT NULL) THEN sum(bearing.direct + bearing.allocated) END
FROM bearing
GROUP BY bearing.service, bearing.participant
ORDER BY bearing.service COLLATE "C" NULLS LAST, bearing.participant COLLATE "C" NULLS LAST;
END;
REVOKE ALL ON FUNCTION steering.allocated_cost(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocated_cost(text, text) IS
'who bears the actual cost of a period after allocate_costs(): services without an allocation rule, with what was booked on them (direct) and what they were allocated, participants, and nobody (both null: unallocated). Null where a weight is not known: see allocate_costs(). The costs add up to all that was booked in the period. Errors: those of allocate_costs()';

CREATE OR REPLACE FUNCTION steering.allocation_proof(period text, method text DEFAULT NULL)
RETURNS TABLE (method text, booked numeric, to_participants numeric, to_services numeric, unallocated numeric,
	difference numeric, unbalanced bigint, not_divided numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 3 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH chosen (method, place) AS (
	SELECT wanted.method, wanted.place
	FROM unnest(CASE WHEN allocation_proof.method IS NULL THEN ARRAY['direct', 'step_down', 'reciprocal']
					 ELSE ARRAY[allocation_proof.method] END) WITH ORDINALITY AS wanted (method, place)
), allocation AS MATERIALIZED (
	SELECT chosen.method, allocated.*
	FROM chosen CROSS JOIN LATERAL steering.allocate_costs(allocation_proof.period, chosen.method) AS allocated
), service_total AS (
	SELECT allocation.method, allocation.service,
		min(allocation.direct) + min(allocation.received) - sum(allocation.amount) AS kept
	FROM allocation
	GROUP BY allocation.method, allocation.service
), final AS (
	SELECT allocation.method,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_participant IS NOT NULL), 0.0000) AS to_participants,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_service IS NOT NULL), 0.0000) AS to_services,
		coalesce(sum(allocation.amount) FILTER (WHERE allocation.receiving_service IS NULL
			AND allocation.receiving_participant IS NULL), 0.0000) AS unallocated
	FROM allocation
	WHERE allocation.receiving_service IS NULL OR (allocation.method, allocation.receiving_service) NOT IN (
		SELECT service_total.method, service_total.service FROM service_total)
	GROUP BY allocation.method
), ruled AS MATERIALIZED (
	SELECT rule.service_id
	FROM steering.allocation_rule AS rule
	WHERE rule.during && steering.period_range(allocation_proof.period)
), booked AS (
	SELECT coalesce(sum(usage.actual::numeric) FILTER (WHERE usage.service_id IN (SELECT ruled.service_id FROM ruled)),
			0.0000) AS amount,
		coalesce(sum(usage.actual::numeric) FILTER (WHERE usage.service_id NOT IN (SELECT ruled.service_id FROM ruled)
			AND usage.service_id IN (SELECT below.service_id FROM ruled
				JOIN steering.service_below AS below ON below.top_id = ruled.service_id)), 0.0000) AS not_divided
	FROM steering.period_range(allocation_proof.period) AS during
	CROSS JOIN LATERAL steering.usage_between(lower(during), upper(during)) AS usage
)
SELECT chosen.method, booked.amount, coalesce(final.to_participants, 0.0000), coalesce(final.to_services, 0.0000),
	coalesce(final.unallocated, 0.0000),
	booked.amount - coalesce(final.to_participants + final.to_services + final.unallocated, 0.0000),
	(SELECT count(*) FROM service_total WHERE service_total.method = chosen.method AND service_total.kept <> 0),
	booked.not_divided
FROM chosen
CROSS JOIN booked
LEFT JOIN final ON final.method = chosen.method
ORDER BY chosen.place;
END;
REVOKE ALL ON FUNCTION steering.allocation_proof(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocation_proof(text, text) IS
'proves that allocate_costs() loses nothing: per method (null: all three) the actual cost booked in a period on services with an allocation rule, where it went, the difference (0 is right), and the number of services that did not give just what they had (0 is right). not_divided: actual cost booked below these services on services that have no rule themselves, which stays where it is (0, unless that is what is meant). Errors: those of allocate_costs()';
-- What a bill is made of. Terms are for all months of an agreement, so they are judged over all of its months that
-- have passed: what is due until a day is computed from its first month on, and a bill is what is due until its
-- last day less what was billed before. So closing months or quarters, in any order, changes when something is
-- billed, and not what.
--
-- Of one agreement these are: its own terms, its share of cost (divided for the spans in which the same agreements
-- share the cost of a service), and its incentive. The supplier's result is shared for years: see result_year().
-- What one closing has billed as a whole, such as an agreement of a closed year, is not computed again.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it.

CREATE VIEW steering.billed_closing AS
SELECT closing.closing_id, closing.during
FROM steering.closing
WHERE closing.reopened_at IS NULL
	AND EXISTS (SELECT FROM steering.settlement_line WHERE settlement_line.closing_id = closing.closing_id);
REVOKE ALL ON steering.billed_closing FROM PUBLIC;
COMMENT ON VIEW steering.billed_closing IS 'closings that hold and whose settlement was stored: what they billed is not billed again';
COMMENT ON COLUMN steering.billed_closing.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.billed_closing.during IS 'its period';

CREATE FUNCTION steering.billed_run(first_day date, end_day date) RETURNS daterange
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT run.during
FROM unnest(datemultirange(daterange(billed_run.first_day, billed_run.end_day)) + coalesce((
	SELECT range_agg(billed.during)
	FROM steering.billed_closing AS billed
	WHERE billed.during <@ daterange(billed_run.first_day, billed_run.end_day)
		OR NOT billed.during && daterange(billed_run.first_day, billed_run.end_day)), '{}'::datemultirange)) AS run (during)
WHERE run.during @> daterange(billed_run.first_day, billed_run.end_day);
END;
REVOKE ALL ON FUNCTION steering.billed_run(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.billed_run(date, date) IS
'the months from first_day until before end_day together with the months before and after them that were billed without a gap';

CREATE FUNCTION steering.billed_around(first_day date, end_day date)
RETURNS TABLE (closing_id integer, during daterange, place text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
SELECT billed.closing_id, billed.during,
	CASE WHEN upper(billed.during) <= billed_around.first_day THEN 'before'
		WHEN lower(billed.during) >= billed_around.end_day THEN 'after' ELSE 'inside' END
FROM (SELECT steering.billed_run(billed_around.first_day, billed_around.end_day) AS during) AS run
JOIN steering.billed_closing AS billed ON billed.during <@ run.during
WHERE billed.during <@ daterange(billed_around.first_day, billed_around.end_day)
	OR NOT billed.during && daterange(billed_around.first_day, billed_around.end_day);
END;
REVOKE ALL ON FUNCTION steering.billed_around(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.billed_around(date, date) IS
'the closings that billed_run() is made of, and whether they lie before, inside or after the months asked for; those that have only a part of these, or more than these, are left out';

CREATE FUNCTION steering.share_span(first_day date, end_day date)
RETURNS TABLE (service_id integer, first_day date, end_day date, agreement_id integer, participant_id integer, key_id integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH sharing AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.key_id, agreement.during
	FROM steering.agreement
	WHERE agreement.form = 'key_share' AND agreement.during && daterange(share_span.first_day, share_span.end_day)
), edge AS (
	SELECT sharing.service_id, edge.day
	FROM sharing
	CROSS JOIN LATERAL (VALUES (share_span.first_day), (lower(sharing.during)), (upper(sharing.during))) AS edge (day)
	WHERE edge.day >= share_span.first_day AND edge.day < share_span.end_day
	GROUP BY sharing.service_id, edge.day
), span AS (
	SELECT edge.service_id, edge.day AS first_day,
		lead(edge.day, 1, share_span.end_day) OVER (PARTITION BY edge.service_id ORDER BY edge.day) AS end_day
	FROM edge
)
SELECT span.service_id, span.first_day, span.end_day, sharing.agreement_id, sharing.participant_id, sharing.key_id
FROM span
JOIN sharing ON sharing.service_id = span.service_id AND sharing.during @> span.first_day;
END;
REVOKE ALL ON FUNCTION steering.share_span(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.share_span(date, date) IS
'the months from first_day until before end_day, per service cut into spans in which the same agreements share its cost by a key, each with these agreements';

-- A share is owed by whoever has the nearest of the agreements that share the cost: the receiver itself, or a group
-- that it belongs to. An unknown weight matters where it would be owed by an agreement with this key.
CREATE FUNCTION steering.share_weight(first_day date, end_day date)
RETURNS TABLE (service_id integer, first_day date, end_day date, key_id integer, participant_id integer,
	receiving_service_id integer, weight numeric, agreement_id integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH holder AS MATERIALIZED (
	SELECT span.* FROM steering.share_span(share_weight.first_day, share_weight.end_day) AS span
), keyed AS MATERIALIZED (
	SELECT DISTINCT holder.service_id, holder.first_day, holder.end_day, holder.key_id FROM holder
), weighed AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.end_day, keyed.key_id, weighed.participant_id,
		weighed.service_id AS receiving_service_id, weighed.weight
	FROM (SELECT DISTINCT keyed.first_day, keyed.end_day FROM keyed) AS days
	CROSS JOIN LATERAL steering.key_weight_in(days.first_day, days.end_day) AS weighed
	JOIN keyed ON keyed.first_day = days.first_day AND keyed.end_day = days.end_day AND keyed.key_id = weighed.key_id
), scope AS MATERIALIZED (
	SELECT weighed.service_id, weighed.first_day, weighed.key_id, weighed.participant_id, participant_below.top_id, participant_below.depth
	FROM weighed
	JOIN steering.participant_below ON participant_below.participant_id = weighed.participant_id
), nearest AS MATERIALIZED (
	SELECT DISTINCT ON (scope.service_id, scope.first_day, scope.key_id, scope.participant_id)
		scope.service_id, scope.first_day, scope.key_id, scope.participant_id, holder.agreement_id,
		holder.key_id = scope.key_id AS by_this_key
	FROM scope
	JOIN holder ON holder.service_id = scope.service_id AND holder.first_day = scope.first_day
		AND holder.participant_id = scope.top_id
	ORDER BY scope.service_id, scope.first_day, scope.key_id, scope.participant_id, scope.depth
)
SELECT weighed.*, CASE WHEN nearest.by_this_key THEN nearest.agreement_id END
FROM weighed
LEFT JOIN nearest ON nearest.service_id = weighed.service_id AND nearest.first_day = weighed.first_day
	AND nearest.key_id = weighed.key_id AND nearest.participant_id = weighed.participant_id
WHERE weighed.weight IS NOT NULL OR nearest.by_this_key;
END;
REVOKE ALL ON FUNCTION steering.share_weight(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.share_weight(date, date) IS
'by which weights the cost of services is divided, for each span of share_span() and each key in it, with the agreement that owes the share (null: nobody does). Null: the weight is not known, so that the cost cannot be divided; below zero: it weighs nothing';

CREATE FUNCTION steering.result_year(first_day date, end_day date)
RETURNS TABLE (during daterange, key_id integer, percent numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 2
BEGIN ATOMIC
SELECT year.during, rule.key_id, rule.percent
FROM steering.result_share AS rule
CROSS JOIN LATERAL (
	SELECT daterange(begins::date, (begins + interval '1 year')::date) * rule.during AS during
	FROM generate_series(coalesce(lower(rule.during)::timestamp, date_trunc('year', result_year.first_day::timestamp)),
		result_year.end_day - interval '1 day', interval '1 year') AS begins
) AS year
WHERE rule.during && daterange(result_year.first_day, result_year.end_day)
	AND year.during && daterange(result_year.first_day, result_year.end_day)
UNION ALL
SELECT free.during, NULL, 0
FROM generate_series(date_trunc('year', result_year.first_day::timestamp), result_year.end_day - interval '1 day',
	interval '1 year') AS begins
CROSS JOIN LATERAL unnest(datemultirange(daterange(begins::date, (begins + interval '1 year')::date)) - coalesce((
	SELECT range_agg(rule.during) FROM steering.result_share AS rule), '{}'::datemultirange)) AS free (during)
WHERE free.during && daterange(result_year.first_day, result_year.end_day);
END;
REVOKE ALL ON FUNCTION steering.result_year(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.result_year(date, date) IS
'the years with months from first_day until before end_day that the supplier''s result is shared for: twelve months each, counted from the first month of the rule (calendar years, if it has none), the last one until its end. Months without a rule are in calendar years, of whose result nothing is shared';

CREATE FUNCTION steering.result_weight(first_day date, end_day date, key_id integer)
RETURNS TABLE (participant_id integer, service_id integer, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT weighed.participant_id, weighed.service_id, weighed.weight
FROM steering.key_weight_in(result_weight.first_day, result_weight.end_day) AS weighed
WHERE weighed.key_id = result_weight.key_id
	AND (weighed.weight IS NOT NULL OR EXISTS (
		SELECT FROM steering.participant_below AS below
		JOIN steering.agreement ON agreement.participant_id = below.top_id
		WHERE below.participant_id = weighed.participant_id
			AND agreement.during && daterange(result_weight.first_day, result_weight.end_day)));
END;
REVOKE ALL ON FUNCTION steering.result_weight(date, date, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.result_weight(date, date, integer) IS
'by which weights the supplier''s result of these months is shared by a key. Null: the weight of a participant with an agreement is not known';

-- Before any of it was billed: what was billed is taken off by settlement_owed().
CREATE OR REPLACE FUNCTION steering.settlement_charge(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH since AS MATERIALIZED (
	SELECT least(min(lower(agreement.during)), settlement_charge.first_day) AS day
	FROM steering.agreement
	WHERE lower(agreement.during) < settlement_charge.end_day AND upper(agreement.during) > settlement_charge.first_day
), agreed AS MATERIALIZED (
	SELECT agreed.*, allocation_key.code AS key
	FROM since
	CROSS JOIN LATERAL steering.agreed_in(since.day, settlement_charge.end_day) AS agreed
	JOIN steering.agreement AS standing ON standing.agreement_id = agreed.agreement_id
		AND upper(standing.during) > settlement_charge.first_day
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = agreed.key_id
), cost AS MATERIALIZED (
	SELECT cost.* FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, settlement_charge.end_day) AS cost
), charged AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.form, agreed.price::numeric AS price,
		agreed.unused_percent, charge.*
	FROM agreed
	LEFT JOIN cost AS used ON used.agreement_id = agreed.agreement_id
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, coalesce(used.volume, 0), agreed.unused_percent) AS charge
	WHERE agreed.form <> 'key_share'
), holder AS MATERIALIZED (
	SELECT span.* FROM since CROSS JOIN LATERAL steering.share_span(since.day, settlement_charge.end_day) AS span
), pool AS MATERIALIZED (
	SELECT span.service_id, span.first_day, coalesce(sum(cost.amount), 0) AS amount
	FROM (SELECT DISTINCT holder.service_id, holder.first_day, holder.end_day FROM holder) AS span
	LEFT JOIN cost ON cost.line = 'shared_cost' AND cost.service_id = span.service_id
		AND cost.first_month >= span.first_day AND cost.first_month < span.end_day
	GROUP BY span.service_id, span.first_day
), weighed AS MATERIALIZED (
	SELECT weighed.*
	FROM since
	CROSS JOIN LATERAL steering.share_weight(since.day, settlement_charge.end_day) AS weighed
	WHERE EXISTS (SELECT FROM holder)
), weight AS MATERIALIZED (
	SELECT weighed.service_id, weighed.first_day, weighed.key_id, bool_and(weighed.weight IS NOT NULL) AS is_known,
		max(weighed.weight) > 0 AS is_divided
	FROM weighed
	GROUP BY weighed.service_id, weighed.first_day, weighed.key_id
), keyed AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.key_id, allocation_key.code AS key, pool.amount AS pool,
		coalesce(weight.is_known, true) OR round(pool.amount, 2) = 0 AS is_known,
		coalesce(weight.is_known AND weight.is_divided, false) AS is_divided
	FROM (SELECT DISTINCT holder.service_id, holder.first_day, holder.key_id FROM holder) AS keyed
	JOIN pool ON pool.service_id = keyed.service_id AND pool.first_day = keyed.first_day
	JOIN steering.allocation_key ON allocation_key.key_id = keyed.key_id
	LEFT JOIN weight ON weight.service_id = keyed.service_id AND weight.first_day = keyed.first_day
		AND weight.key_id = keyed.key_id
), shared AS MATERIALIZED (
	SELECT keyed.service_id, keyed.key, weighed.agreement_id,
		steering.allocated(round(keyed.pool, 2), greatest(weighed.weight, 0), 0.01, 'unallocated') OVER (
			PARTITION BY keyed.service_id, keyed.first_day, keyed.key_id
			ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.receiving_service_id) AS amount
	FROM keyed
	JOIN weighed ON weighed.service_id = keyed.service_id AND weighed.first_day = keyed.first_day
		AND weighed.key_id = keyed.key_id
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
	WHERE keyed.is_divided
), holding AS MATERIALIZED (
	SELECT holder.agreement_id, sum(keyed.pool) AS pool, bool_and(keyed.is_known) AS is_known
	FROM holder
	JOIN keyed ON keyed.service_id = holder.service_id AND keyed.first_day = holder.first_day AND keyed.key_id = holder.key_id
	GROUP BY holder.agreement_id
), share AS MATERIALIZED (
	SELECT agreed.service_id, agreed.participant_id, agreed.agreement_id, agreed.key, holding.pool,
		CASE WHEN holding.is_known THEN coalesce(owed.amount, 0) END AS amount
	FROM agreed
	JOIN holding ON holding.agreement_id = agreed.agreement_id
	LEFT JOIN (SELECT shared.agreement_id, sum(shared.amount) AS amount
		  FROM shared
		  GROUP BY shared.agreement_id) AS owed ON owed.agreement_id = agreed.agreement_id
), rewarded AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.during,
		agreed.incentive_maximum::numeric AS maximum,
		coalesce(agreed.agreed_cost::numeric, charged.agreed, share.amount) AS agreed
	FROM agreed
	LEFT JOIN charged ON charged.agreement_id = agreed.agreement_id
	LEFT JOIN share ON share.agreement_id = agreed.agreement_id
	WHERE agreed.incentive_maximum IS NOT NULL
), attained AS MATERIALIZED (
	SELECT days.during, result.service_id, result.participant_id, sum(result.incentive_percent) AS percent
	FROM (SELECT DISTINCT rewarded.during FROM rewarded) AS days
	CROSS JOIN LATERAL steering.result_in(lower(days.during), upper(days.during)) AS result
	WHERE result.incentive_percent IS NOT NULL
	GROUP BY days.during, result.service_id, result.participant_id
)
SELECT 'agreed', charged.service_id, charged.participant_id, charged.agreement_id, NULL::text,
	CASE WHEN charged.form IN ('price_volume', 'base_plus') THEN charged.agreed_volume END,
	CASE WHEN charged.form = 'price_volume' THEN charged.price END, charged.agreed
FROM charged
UNION ALL
SELECT 'excess', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.excess_volume, charged.price, charged.excess
FROM charged
WHERE charged.form <> 'lump_sum' AND charged.excess_volume <> 0
UNION ALL
SELECT 'unused', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.unused_volume, trim_scale(charged.price * charged.unused_percent * 0.01), charged.unused
FROM charged
WHERE charged.unused_percent IS NOT NULL AND charged.unused_volume <> 0
UNION ALL
SELECT 'share', share.service_id, share.participant_id, share.agreement_id, share.key,
	round(100 * share.amount / nullif(share.pool, 0), 4), share.pool, share.amount
FROM share
UNION ALL
SELECT 'incentive', rewarded.service_id, rewarded.participant_id, rewarded.agreement_id, NULL, attained.percent, rewarded.agreed,
	CASE WHEN rewarded.agreed IS NOT NULL THEN
		least(greatest(round(rewarded.agreed * attained.percent * 0.01, 2), - rewarded.maximum), rewarded.maximum) END
FROM rewarded
JOIN attained ON attained.during = rewarded.during AND attained.service_id = rewarded.service_id
	AND attained.participant_id = rewarded.participant_id
UNION ALL
SELECT 'advance', agreed.service_id, agreed.participant_id, agreed.agreement_id, NULL,
	agreed.months, agreed.advance::numeric, - agreed.months * agreed.advance::numeric
FROM agreed
WHERE agreed.advance IS NOT NULL
UNION ALL
SELECT cost.line, cost.service_id, NULL, cost.agreement_id, NULL, NULL, NULL, cost.amount
FROM cost
WHERE cost.line <> 'shared_cost'
UNION ALL
SELECT 'shared_cost', cost.service_id, NULL, NULL, NULL, NULL, NULL, sum(cost.amount)
FROM cost
WHERE cost.line = 'shared_cost'
GROUP BY cost.service_id
UNION ALL
SELECT 'divided_cost', keyed.service_id, NULL, NULL, keyed.key, NULL, NULL, sum(keyed.pool)
FROM keyed
GROUP BY keyed.service_id, keyed.key
UNION ALL
SELECT 'undivided_cost', keyed.service_id, NULL, NULL, keyed.key, NULL, NULL, sum(keyed.pool)
FROM keyed
WHERE NOT keyed.is_known
GROUP BY keyed.service_id, keyed.key
UNION ALL
SELECT 'unowed_cost', left_over.service_id, NULL, NULL, left_over.key, NULL, NULL, sum(left_over.amount)
FROM (
	SELECT shared.service_id, shared.key, shared.amount FROM shared WHERE shared.agreement_id IS NULL
	UNION ALL
	SELECT keyed.service_id, keyed.key, keyed.pool - CASE WHEN keyed.is_divided THEN round(keyed.pool, 2) ELSE 0 END
	FROM keyed
	WHERE keyed.is_known
) AS left_over
GROUP BY left_over.service_id, left_over.key;
END;
REVOKE ALL ON FUNCTION steering.settlement_charge(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_charge(date, date) IS
'what is due until before end_day by the agreements that have months before it and on or after first_day, since each of them began, in the lines of settle(); and where cost belongs, in the lines of compute_settlement(), since the first of them began. An amount is null where a weight is not known. All that are months are the first days of months';

-- Lines of the months themselves are settled anew for all of them, and what was billed in them is taken back, each
-- closing for itself (corrects). What was billed before and after is taken off at once.
CREATE FUNCTION steering.settlement_owed(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH run AS MATERIALIZED (
	SELECT steering.billed_run(settlement_owed.first_day, settlement_owed.end_day) AS during
), billed AS MATERIALIZED (
	SELECT billed.* FROM steering.billed_around(settlement_owed.first_day, settlement_owed.end_day) AS billed
), charge AS MATERIALIZED (
	SELECT days.day, charge.*
	FROM (SELECT settlement_owed.first_day AS day UNION SELECT settlement_owed.end_day UNION SELECT upper(run.during) FROM run) AS days
	CROSS JOIN LATERAL steering.settlement_charge(settlement_owed.first_day, days.day) AS charge
), term AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.during
	FROM steering.agreement
	WHERE agreement.during && daterange(settlement_owed.first_day, settlement_owed.end_day)
	UNION ALL
	SELECT revision.agreement_id, revision.during
	FROM steering.agreement_revision AS revision
	WHERE revision.kind = 'dropped' AND revision.during && daterange(settlement_owed.first_day, settlement_owed.end_day)
), judged AS MATERIALIZED (
	SELECT months.during, lower(months.during) < lower(run.during) AS open_before
	FROM (SELECT DISTINCT term.during FROM term) AS months
	CROSS JOIN run
	WHERE NOT EXISTS (SELECT FROM billed WHERE billed.during @> months.during)
), unit AS MATERIALIZED (
	SELECT term.agreement_id, judged.open_before
	FROM term
	JOIN judged ON judged.during = term.during
), stored AS MATERIALIZED (
	SELECT billed.place, stored.*
	FROM billed
	JOIN steering.settlement_line AS stored ON stored.closing_id = billed.closing_id
), entry AS MATERIALIZED (
	SELECT 1 AS sign, charge.line, charge.service_id, charge.participant_id, charge.agreement_id, charge.key, charge.quantity,
		charge.price, charge.amount, NULL::integer AS corrects
	FROM run
	JOIN charge ON charge.day = upper(run.during)
	JOIN unit ON unit.agreement_id = charge.agreement_id
	WHERE charge.participant_id IS NOT NULL
	UNION ALL
	SELECT -1, charge.line, charge.service_id, charge.participant_id, charge.agreement_id, charge.key, charge.quantity,
		charge.price, charge.amount, NULL
	FROM charge
	JOIN unit ON unit.agreement_id = charge.agreement_id
	WHERE charge.participant_id IS NOT NULL AND charge.day = settlement_owed.first_day AND unit.open_before
	UNION ALL
	SELECT -1, stored.line, stored.service_id, stored.participant_id, stored.agreement_id, stored.key, stored.quantity,
		stored.price, stored.amount::numeric, CASE WHEN stored.place = 'inside' THEN stored.closing_id END
	FROM stored
	JOIN unit ON unit.agreement_id = stored.agreement_id
	WHERE stored.participant_id IS NOT NULL AND NOT (stored.place = 'before' AND unit.open_before)
), month_cost AS MATERIALIZED (
	SELECT 1 AS sign, charge.line, charge.service_id, charge.participant_id, charge.agreement_id, charge.key, charge.amount
	FROM charge
	WHERE charge.day = settlement_owed.end_day
	UNION ALL
	SELECT -1, charge.line, charge.service_id, charge.participant_id, charge.agreement_id, charge.key, charge.amount
	FROM charge
	WHERE charge.day = settlement_owed.first_day
), unowed AS (
	SELECT month_cost.sign, month_cost.service_id, month_cost.key, month_cost.amount
	FROM month_cost
	WHERE month_cost.line IN ('unowed_cost', 'share')
	UNION ALL
	SELECT -1, stored.service_id, stored.key, stored.amount::numeric
	FROM stored
	WHERE stored.place = 'inside' AND (stored.line = 'unowed_cost'
		OR stored.line = 'share' AND stored.agreement_id NOT IN (SELECT unit.agreement_id FROM unit))
	UNION ALL
	SELECT - entry.sign, entry.service_id, entry.key, entry.amount
	FROM entry
	WHERE entry.line = 'share' AND entry.corrects IS NULL
)
SELECT entry.line, entry.service_id, entry.participant_id, entry.agreement_id, entry.key,
	CASE WHEN entry.line = 'share' THEN round(100 * sum(entry.sign * entry.amount) / nullif(sum(entry.sign * entry.price), 0), 4)
		WHEN entry.line <> 'incentive' THEN sum(entry.sign * entry.quantity)
		WHEN count(*) = 1 THEN max(entry.quantity) END,
	CASE WHEN entry.line = 'share' THEN sum(entry.sign * entry.price)
		WHEN entry.line <> 'incentive' THEN CASE WHEN min(entry.price) = max(entry.price) THEN max(entry.price) END
		WHEN count(*) = 1 THEN max(entry.sign * entry.price) END,
	CASE WHEN bool_and(entry.amount IS NOT NULL) THEN sum(entry.sign * entry.amount) END,
	entry.corrects
FROM entry
GROUP BY entry.line, entry.service_id, entry.participant_id, entry.agreement_id, entry.key, entry.corrects
HAVING coalesce(sum(entry.sign * entry.amount) <> 0, true) OR NOT bool_and(entry.amount IS NOT NULL)
	OR entry.line IN ('agreed', 'excess', 'unused', 'advance') AND sum(entry.sign * entry.quantity) <> 0
	OR count(*) = 1 AND entry.corrects IS NULL AND entry.line NOT IN ('excess', 'unused') AND bool_or(entry.sign > 0)
UNION ALL
SELECT cost.line, cost.service_id, NULL, cost.agreement_id, cost.key, NULL, NULL, sum(cost.sign * cost.amount), NULL
FROM (
	SELECT month_cost.sign, month_cost.line, month_cost.service_id, month_cost.agreement_id, month_cost.key, month_cost.amount
	FROM month_cost
	UNION ALL
	SELECT -1, stored.line, stored.service_id, stored.agreement_id, stored.key, stored.amount::numeric
	FROM stored
	WHERE stored.place = 'inside'
) AS cost
WHERE cost.line IN ('booked_cost', 'agreed_cost', 'shared_cost', 'other_cost', 'divided_cost', 'undivided_cost')
GROUP BY cost.line, cost.service_id, cost.agreement_id, cost.key
HAVING sum(cost.sign * cost.amount) <> 0 OR cost.line IN ('booked_cost', 'divided_cost')
UNION ALL
SELECT 'unowed_cost', unowed.service_id, NULL, NULL, unowed.key, NULL, NULL, sum(unowed.sign * unowed.amount), NULL
FROM unowed
GROUP BY unowed.service_id, unowed.key
HAVING sum(unowed.sign * unowed.amount) <> 0;
END;
REVOKE ALL ON FUNCTION steering.settlement_owed(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_owed(date, date) IS
'the lines of compute_settlement() that agreements and cost decide: what settlement_charge() says is due until the end of these months (and of the billed ones right after them), less what is due until their start, or was billed if all of the months of the agreement until then were';
-- Weights that a bill cannot be divided by: what is not known is never taken as zero. What cannot be computed is null
-- in settle(), stops closing, and is listed here, as is what weighs nothing since more was given back than taken.

CREATE FUNCTION steering.settlement_problem_in(first_day date, end_day date)
RETURNS TABLE (service_id integer, key_id integer, participant_id integer, months daterange, problem text, weight numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT least(settlement_problem_in.first_day, min(lower(year.during)) FILTER (WHERE year.percent > 0)) AS first_day
	FROM steering.result_year(settlement_problem_in.first_day, settlement_problem_in.end_day) AS year
), since AS MATERIALIZED (
	SELECT asked.first_day, min(lower(agreement.during)) AS day
	FROM asked
	JOIN steering.agreement ON agreement.form = 'key_share' AND lower(agreement.during) < settlement_problem_in.end_day
		AND upper(agreement.during) > asked.first_day
	GROUP BY asked.first_day
), keyed AS MATERIALIZED (
	SELECT DISTINCT span.service_id, span.first_day, span.end_day, span.key_id
	FROM since
	CROSS JOIN LATERAL steering.share_span(since.day, settlement_problem_in.end_day) AS span
	JOIN steering.agreement ON agreement.agreement_id = span.agreement_id AND upper(agreement.during) > since.first_day
), cost AS MATERIALIZED (
	SELECT cost.service_id, cost.first_month, cost.amount
	FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, settlement_problem_in.end_day) AS cost
	WHERE cost.line = 'shared_cost'
), pool AS MATERIALIZED (
	SELECT keyed.service_id, keyed.first_day, keyed.end_day, keyed.key_id, sum(cost.amount) AS amount
	FROM keyed
	JOIN cost ON cost.service_id = keyed.service_id AND cost.first_month >= keyed.first_day AND cost.first_month < keyed.end_day
	GROUP BY keyed.service_id, keyed.first_day, keyed.end_day, keyed.key_id
	HAVING round(sum(cost.amount), 2) <> 0
), weighed AS MATERIALIZED (
	SELECT pool.service_id, pool.key_id, daterange(pool.first_day, pool.end_day) AS months, pool.amount, weight.participant_id,
		weight.receiving_service_id, weight.weight
	FROM since
	CROSS JOIN LATERAL steering.share_weight(since.day, settlement_problem_in.end_day) AS weight
	JOIN pool ON pool.service_id = weight.service_id AND pool.first_day = weight.first_day AND pool.key_id = weight.key_id
	UNION ALL
	SELECT NULL, year.key_id, months.during, NULL, weight.participant_id, weight.service_id, weight.weight
	FROM steering.result_year(settlement_problem_in.first_day, settlement_problem_in.end_day) AS year
	CROSS JOIN LATERAL (
		SELECT daterange(lower(year.during), least(upper(year.during), settlement_problem_in.end_day)) AS during
	) AS months
	CROSS JOIN LATERAL steering.result_weight(lower(months.during), upper(months.during), year.key_id) AS weight
	WHERE year.percent > 0
)
SELECT weighed.service_id, weighed.key_id, weighed.participant_id, weighed.months, 'weight unknown', NULL::numeric, weighed.amount
FROM weighed
WHERE weighed.weight IS NULL
UNION ALL
SELECT weighed.service_id, weighed.key_id, weighed.participant_id, weighed.months, 'weight below zero', weighed.weight, weighed.amount
FROM weighed
WHERE weighed.weight < 0
UNION ALL
SELECT pool.service_id, pool.key_id, NULL, daterange(pool.first_day, pool.end_day), 'no weights', NULL, pool.amount
FROM pool
WHERE NOT EXISTS (
	SELECT FROM weighed
	WHERE weighed.service_id = pool.service_id AND weighed.key_id = pool.key_id AND lower(weighed.months) = pool.first_day
		AND (weighed.weight > 0 OR weighed.weight IS NULL));
END;
REVOKE ALL ON FUNCTION steering.settlement_problem_in(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_problem_in(date, date) IS
'what settlement_problem() tells, with numbers: by service (null: the supplier''s result) and key, months in which the same agreements share the cost, and the amount that is to be divided';

CREATE FUNCTION steering.describe_settlement_problem(first_day date, end_day date)
RETURNS TABLE (service text, key text, participant text, problem text, detail text, hint text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT service.code, allocation_key.code, participant.code, found.problem,
	CASE found.problem
		WHEN 'weight unknown' THEN format('The weight of participant "%s" in allocation key "%s" is not known, so %s of %s cannot be divided.',
			participant.code, allocation_key.code, what.divided, steering.name_period(found.months))
		WHEN 'weight below zero' THEN format('The weight of participant "%s" in allocation key "%s" is %s, since more was given back than taken: it has no share in %s of %s.',
			participant.code, allocation_key.code, trim_scale(found.weight), what.divided, steering.name_period(found.months))
		ELSE format('Nobody has a weight above zero in allocation key "%s", so nobody owes %s of %s.',
			allocation_key.code, what.divided, steering.name_period(found.months))
	END,
	CASE WHEN found.problem = 'weight below zero' THEN 'see whether its bookings are right'
		WHEN found.problem = 'no weights' THEN 'see to the weights, or divide by another key'
		WHEN allocation_key.basis = 'inhabitants' THEN 'fill in its inhabitants in steering.participant; 0 says that it has none'
		WHEN allocation_key.basis = 'fixed' THEN 'SELECT steering.set_key_weight(...); 0 says that it has no share'
		ELSE 'agree on a volume or an amount with steering.set_agreement()' END
FROM steering.settlement_problem_in(describe_settlement_problem.first_day, describe_settlement_problem.end_day) AS found
JOIN steering.allocation_key ON allocation_key.key_id = found.key_id
LEFT JOIN steering.service ON service.service_id = found.service_id
LEFT JOIN steering.participant ON participant.participant_id = found.participant_id
CROSS JOIN LATERAL (
	SELECT CASE WHEN found.service_id IS NULL THEN 'the supplier''s result'
		ELSE format('cost %s of service "%s"', round(found.amount, 2), service.code) END AS divided
) AS what
ORDER BY found.problem DESC, service.code COLLATE "C", allocation_key.code COLLATE "C", participant.code COLLATE "C", found.months;
END;
REVOKE ALL ON FUNCTION steering.describe_settlement_problem(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.describe_settlement_problem(date, date) IS
'settlement_problem() of the months from first_day until before end_day';

CREATE FUNCTION steering.settlement_problem(period text)
RETURNS TABLE (service text, key text, participant text, problem text, detail text, hint text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT found.service, found.key, found.participant, found.problem, found.detail, found.hint
FROM steering.period_range(settlement_problem.period) AS during
CROSS JOIN LATERAL steering.describe_settlement_problem(lower(during), upper(during)) AS found;
END;
REVOKE ALL ON FUNCTION steering.settlement_problem(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_problem(text) IS
'what stands in the way of dividing the shared cost of a period, and the supplier''s result (service null). weight unknown: a participant that has to share has no inhabitants, no fixed weight, or an agreement with neither volume nor money; until it is known settle() gives null for the shares of that service by that key, and for what depends on them, the proof shows undivided_cost, and the period cannot be closed. weight below zero: a participant gave back more volume than it took; it weighs 0, so the others share the cost. no weights: nobody has a weight above zero, so nobody owes the cost, which the proof shows as unowed_cost. No row is right. Errors: those of period_range()';

CREATE VIEW steering.weight_problem AS
SELECT CASE WHEN found.service IS NULL THEN 'the supplier''s result' ELSE format('service %s', found.service) END AS subject,
	found.problem, found.detail, found.hint
FROM (
	SELECT min(open.first_day) AS first_day, (date_trunc('month', CURRENT_DATE::timestamp) + interval '1 month')::date AS end_day
	FROM (
		SELECT lower(agreement.during) AS first_day
		FROM (SELECT DISTINCT agreement.during FROM steering.agreement WHERE agreement.form = 'key_share') AS agreement
		WHERE NOT EXISTS (SELECT FROM steering.billed_closing AS billed WHERE billed.during @> agreement.during)
		UNION ALL
		SELECT lower(year.during)
		FROM steering.result_year(date_trunc('year', CURRENT_DATE::timestamp)::date, CURRENT_DATE + 1) AS year
		WHERE year.percent > 0
	) AS open
	WHERE open.first_day <= CURRENT_DATE
) AS asked
CROSS JOIN LATERAL steering.describe_settlement_problem(asked.first_day, asked.end_day) AS found
WHERE asked.first_day IS NOT NULL;
REVOKE ALL ON steering.weight_problem FROM PUBLIC;
COMMENT ON VIEW steering.weight_problem IS 'health(): weights that shared cost cannot be divided by until today, see settlement_problem()';
COMMENT ON COLUMN steering.weight_problem.subject IS 'a service';
COMMENT ON COLUMN steering.weight_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.weight_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.weight_problem.hint IS 'what to do';
-- Settlement lines: computed for an open period, stored for a closed one, proved for both.
--
-- All of this is about the organisation as a whole, so it is for nobody who was not granted it; and who
-- was needs no right on the tables.

-- The result is shared for years (see result_year()): what is due until the last day less what was shared before. What a
-- closing shared of whole years stays as it is.
CREATE OR REPLACE FUNCTION steering.compute_settlement(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH run AS MATERIALIZED (
	SELECT steering.billed_run(compute_settlement.first_day, compute_settlement.end_day) AS during
), billed AS MATERIALIZED (
	SELECT billed.* FROM steering.billed_around(compute_settlement.first_day, compute_settlement.end_day) AS billed
), owed AS MATERIALIZED (
	SELECT owed.* FROM steering.settlement_owed(compute_settlement.first_day, compute_settlement.end_day) AS owed
), stored AS MATERIALIZED (
	SELECT billed.place, billed.during, stored.line, stored.participant_id, stored.key, stored.quantity, stored.price,
		stored.amount::numeric AS amount, stored.closing_id
	FROM billed
	JOIN steering.settlement_line AS stored ON stored.closing_id = billed.closing_id
	WHERE stored.line IN ('result', 'result_share', 'unowed_result')
), result AS MATERIALIZED (
	SELECT CASE WHEN bool_and(owed.amount IS NOT NULL) THEN
		coalesce(sum(owed.amount) FILTER (WHERE owed.line <> 'booked_cost'), 0)
			- coalesce(sum(owed.amount) FILTER (WHERE owed.line = 'booked_cost'), 0) END AS amount
	FROM owed
	WHERE owed.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
), year AS MATERIALIZED (
	SELECT year.during, year.key_id, year.percent, allocation_key.code AS key, least(upper(year.during), upper(run.during)) AS end_day,
		lower(year.during) < compute_settlement.first_day AND (lower(year.during) < lower(run.during) OR EXISTS (
			SELECT FROM billed WHERE billed.place = 'before' AND billed.during @> lower(year.during)
				AND lower(billed.during) < lower(year.during))) AS open_before
	FROM run
	CROSS JOIN LATERAL steering.result_year(compute_settlement.first_day, compute_settlement.end_day) AS year
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = year.key_id
), whole AS MATERIALIZED (
	SELECT billed.closing_id, billed.during
	FROM billed
	WHERE billed.place = 'inside'
		AND NOT EXISTS (SELECT FROM year WHERE year.during && billed.during AND NOT year.during <@ billed.during)
), shared_year AS MATERIALIZED (
	SELECT year.*
	FROM year
	WHERE NOT EXISTS (SELECT FROM whole WHERE whole.during @> year.during)
), due AS MATERIALIZED (
	SELECT 1 AS sign, year.during, year.end_day, year.key_id, year.key, year.percent FROM shared_year AS year WHERE year.percent > 0
	UNION ALL
	SELECT -1, year.during, compute_settlement.first_day, year.key_id, year.key, year.percent
	FROM shared_year AS year
	WHERE year.percent > 0 AND year.open_before
), due_result AS MATERIALIZED (
	SELECT due.*, result.amount + (
		SELECT coalesce(sum(stored.amount), 0) FROM stored WHERE stored.line = 'result' AND stored.place = 'inside') AS amount
	FROM due
	CROSS JOIN result
	WHERE lower(due.during) = compute_settlement.first_day AND due.end_day = compute_settlement.end_day
	UNION ALL
	SELECT other.*, total.amount + (
		SELECT coalesce(sum(line.amount::numeric), 0)
		FROM steering.billed_closing AS inside
		JOIN steering.settlement_line AS line ON line.closing_id = inside.closing_id
		WHERE line.line = 'result' AND inside.during <@ daterange(lower(other.during), other.end_day))
	FROM (SELECT due.* FROM due
		  WHERE lower(due.during) <> compute_settlement.first_day OR due.end_day <> compute_settlement.end_day OFFSET 0) AS other
	CROSS JOIN LATERAL (
		SELECT CASE WHEN bool_and(owed.amount IS NOT NULL) THEN
			coalesce(sum(owed.amount) FILTER (WHERE owed.line <> 'booked_cost'), 0)
				- coalesce(sum(owed.amount) FILTER (WHERE owed.line = 'booked_cost'), 0) END AS amount
		FROM steering.settlement_owed(lower(other.during), other.end_day) AS owed
		WHERE owed.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
	) AS total
), shared AS MATERIALIZED (
	SELECT due_result.*, round(due_result.amount * due_result.percent * 0.01, 2) AS shared
	FROM due_result
), weighed AS MATERIALIZED (
	SELECT shared.sign, shared.during, shared.end_day, shared.key, shared.shared, weight.participant_id, weight.service_id,
		weight.weight, bool_and(weight.weight IS NOT NULL) OVER each_year OR shared.shared = 0 AS is_known
	FROM shared
	CROSS JOIN LATERAL steering.result_weight(lower(shared.during), shared.end_day, shared.key_id) AS weight
	WINDOW each_year AS (PARTITION BY shared.sign, shared.during)
), divided AS MATERIALIZED (
	SELECT weighed.sign, weighed.during, weighed.participant_id, weighed.key, weighed.shared, weighed.is_known,
		100 * greatest(coalesce(weighed.weight, 0), 0) / nullif(sum(greatest(coalesce(weighed.weight, 0), 0)) OVER each_year, 0) AS percent,
		steering.allocated(weighed.shared, greatest(coalesce(weighed.weight, 0), 0), 0.01, 'unallocated') OVER (
			PARTITION BY weighed.sign, weighed.during ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.service_id) AS share
	FROM weighed
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
	WINDOW each_year AS (PARTITION BY weighed.sign, weighed.during)
), returned AS MATERIALIZED (
	SELECT stored.line, stored.participant_id, stored.key, stored.quantity, stored.price, stored.amount,
		CASE WHEN stored.place = 'inside' THEN stored.closing_id END AS corrects
	FROM stored
	WHERE stored.line IN ('result_share', 'unowed_result')
		AND CASE stored.place
			WHEN 'inside' THEN NOT EXISTS (SELECT FROM whole WHERE whole.during @> stored.during)
			ELSE EXISTS (SELECT FROM shared_year AS year
				WHERE year.during @> stored.during AND NOT (stored.place = 'before' AND year.open_before)) END
), share_entry AS (
	SELECT divided.sign, divided.participant_id, divided.key, round(divided.percent, 4) AS quantity, - divided.shared AS price,
		CASE WHEN divided.is_known THEN - divided.share END AS amount, NULL::integer AS corrects
	FROM divided
	WHERE divided.participant_id IS NOT NULL
	UNION ALL
	SELECT -1, returned.participant_id, returned.key, returned.quantity, returned.price, returned.amount, returned.corrects
	FROM returned
	WHERE returned.line = 'result_share'
), total AS MATERIALIZED (
	SELECT result.amount,
		CASE WHEN EXISTS (SELECT FROM shared WHERE shared.shared IS NULL) THEN NULL ELSE
			coalesce((SELECT sum(shared.sign * shared.shared) FROM shared), 0)
				- coalesce((SELECT sum(CASE returned.line WHEN 'result_share' THEN - returned.amount ELSE returned.amount END)
					FROM returned), 0) END AS shared,
		CASE WHEN EXISTS (SELECT FROM shared WHERE shared.shared IS NULL)
				OR EXISTS (SELECT FROM divided WHERE NOT divided.is_known) THEN NULL ELSE
			coalesce((SELECT sum(divided.sign * divided.share) FROM divided WHERE divided.participant_id IS NULL), 0)
				+ coalesce((SELECT sum(shared.sign * shared.shared) FROM shared WHERE NOT EXISTS (
					SELECT FROM divided
					WHERE divided.sign = shared.sign AND divided.during = shared.during AND divided.percent IS NOT NULL)), 0)
				- coalesce((SELECT sum(returned.amount) FROM returned WHERE returned.line = 'unowed_result'), 0) END AS unowed
	FROM result
)
SELECT owed.line, owed.service_id, owed.participant_id, owed.agreement_id, owed.key, owed.quantity, owed.price, owed.amount,
	owed.corrects
FROM owed
UNION ALL
SELECT 'result_share', NULL, share_entry.participant_id, NULL, share_entry.key,
	CASE WHEN count(*) = 1 THEN max(share_entry.quantity) END, CASE WHEN count(*) = 1 THEN max(share_entry.sign * share_entry.price) END,
	CASE WHEN bool_and(share_entry.amount IS NOT NULL) THEN sum(share_entry.sign * share_entry.amount) END, share_entry.corrects
FROM share_entry
GROUP BY share_entry.participant_id, share_entry.key, share_entry.corrects
HAVING coalesce(sum(share_entry.sign * share_entry.amount) <> 0, true) OR NOT bool_and(share_entry.amount IS NOT NULL)
	OR count(*) = 1 AND share_entry.corrects IS NULL AND bool_or(share_entry.sign > 0)
UNION ALL
SELECT 'correction', correction.service_id, correction.participant_id, NULL, NULL, NULL, NULL, correction.amount::numeric,
	correction.closing_id
FROM steering.settlement_correction AS correction
WHERE correction.month >= compute_settlement.first_day AND correction.month < compute_settlement.end_day
	AND NOT EXISTS (SELECT FROM billed WHERE billed.place = 'inside' AND billed.during @> correction.month)
UNION ALL
SELECT 'result', NULL, NULL, NULL, NULL, NULL, NULL, total.amount, NULL FROM total
UNION ALL
SELECT 'kept_result', NULL, NULL, NULL, NULL, NULL, NULL, total.amount - total.shared, NULL FROM total
UNION ALL
SELECT 'unowed_result', NULL, NULL, NULL, NULL, NULL, NULL, total.unowed, NULL FROM total;
END;
REVOKE ALL ON FUNCTION steering.compute_settlement(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.compute_settlement(date, date) IS
'the settlement lines that the months between first_day and before end_day bring beyond what was billed in them by closings. Those of participants: see settle(). Those of the proof: booked_cost, the actual cost; where it belongs: agreed_cost to an agreement, shared_cost to those who share the cost of a service, other_cost to no agreement; divided_cost, what a key divides, undivided_cost, what of it cannot be divided since a weight is not known, and unowed_cost, what of it nobody owes: shares of those without an agreement, and parts of cents; result, the supplier''s: what participants owe for the period less the actual cost; kept_result, what it does not share, and unowed_result, what it shares with nobody. An amount is null where a weight is not known';

CREATE OR REPLACE FUNCTION steering.close_period(period text, reason text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.store_settlement(steering.close_bookings(close_period.period, close_period.reason));
END;
REVOKE ALL ON FUNCTION steering.close_period(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_period(text, text) IS
'closes a period and stores its settlement; returns the number of the closing. What was spent in it is fixed from then on (23S74), and settle() gives what was stored, whatever changes. It may have closed periods in it, such as the months of a year: these stay, and it bills what is due for all of it less what they billed. What is only committed in it is told by a NOTICE, and may be released, lowered and carried to a day that is open. Waits for running bookings. Errors: those of close_bookings() and settle(), 55000 an amount cannot be computed since a weight is not known';

CREATE OR REPLACE FUNCTION steering.reopen_period(period text, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.reopen_bookings(reopen_period.period, reopen_period.reason);
END;
REVOKE ALL ON FUNCTION steering.reopen_period(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reopen_period(text, text) IS
'opens a closed period to bookings again, as it was closed; returns the number of the closing that ends. Of periods in each other the longest is reopened first, and those in it are closed still. Its settlement holds no more, and stays readable in steering.settlement. What corrected it is taken back with it: each of its corrections gets a reversing line in the open period that it is settled in, told by a NOTICE. Waits for running bookings. Errors: those of reopen_bookings(), 55000 a correction of it was settled in a period that is closed';

CREATE OR REPLACE FUNCTION steering.correct_settlement(period text, participant text, service text, amount numeric, reason text, into_period text)
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(steering.period_range(correct_settlement.into_period));
INSERT INTO steering.settlement_correction (closing_id, participant_id, service_id, amount, month, reason)
VALUES (steering.require_closed(steering.period_range(correct_settlement.period)),
	steering.participant_number(correct_settlement.participant), steering.service_number(correct_settlement.service),
	correct_settlement.amount, steering.month_of(upper(steering.period_range(correct_settlement.into_period)) - 1),
	correct_settlement.reason)
RETURNING correction_id;
END;
REVOKE ALL ON FUNCTION steering.correct_settlement(text, text, text, numeric, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.correct_settlement(text, text, text, numeric, text, text) IS
'corrects the settlement of a closed period by an amount (positive: owed, negative: given back) that becomes a line in the settlement of an open one, with the last month of into_period; returns the number of the correction. What was wrong is corrected by a correction of that, or taken back by reverse_correction(). Errors: 22004 null, those of period_range(), 55000 period is not closed or into_period not open, 22023 unknown code, 23502 amount or reason is null, 23514 amount zero or not in whole cents, reason empty';

-- A period that was closed is as it was billed, with all that was billed in it. So is one that was billed piece by piece
-- before a longer one was closed. Any other is what was billed in it, and what its months bring beyond that.
CREATE OR REPLACE FUNCTION steering.settlement_in(during daterange)
RETURNS TABLE (piece daterange, closing_id integer, line text, service_id integer, participant_id integer,
	agreement_id integer, key text, quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT billed.during, billed.closing_id, stored.line, stored.service_id, stored.participant_id, stored.agreement_id,
	stored.key, stored.quantity, stored.price, stored.amount::numeric, stored.corrects
FROM steering.billed_closing AS billed
JOIN steering.settlement_line AS stored ON stored.closing_id = billed.closing_id
WHERE billed.during <@ settlement_in.during
UNION ALL
SELECT settlement_in.during, NULL, computed.*
FROM (SELECT EXISTS (SELECT FROM steering.billed_closing AS billed WHERE billed.during @> settlement_in.during)
		AND datemultirange(settlement_in.during) <@ coalesce((
			SELECT range_agg(billed.during) FROM steering.billed_closing AS billed
			WHERE billed.during <@ settlement_in.during), '{}'::datemultirange) AS is_fixed) AS state
CROSS JOIN LATERAL steering.compute_settlement(lower(settlement_in.during), upper(settlement_in.during)) AS computed
WHERE NOT state.is_fixed;
END;
REVOKE ALL ON FUNCTION steering.settlement_in(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_in(daterange) IS
'all settlement lines of a range of whole months: stored ones of the closed periods in it, and unless it is closed itself those that it brings beyond them';

-- What lies in a closed period that is not closed piece by piece was not settled by itself.
CREATE FUNCTION steering.require_settled(period daterange) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.refuse_part(require_settled.period, longest.during)
FROM (
	SELECT billed.during
	FROM steering.billed_closing AS billed
	WHERE billed.during && require_settled.period
		AND NOT billed.during <@ require_settled.period
		AND NOT (billed.during @> require_settled.period AND datemultirange(require_settled.period) <@ coalesce((
			SELECT range_agg(inside.during) FROM steering.billed_closing AS inside
			WHERE inside.during <@ require_settled.period), '{}'::datemultirange))
	ORDER BY upper(billed.during) - lower(billed.during) DESC, billed.during
	LIMIT 1
) AS longest;
END;
REVOKE ALL ON FUNCTION steering.require_settled(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_settled(daterange) IS
'checks that a period has no closed one of which it has only a part of the days, unless all of its own were closed in it. Error: 55000';

CREATE OR REPLACE FUNCTION steering.settle(period text)
RETURNS TABLE (participant text, service text, agreement_id integer, line text, quantity numeric, price numeric,
	amount numeric, valid_from date, valid_to date, closing_id integer, corrects integer)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.require_settled(steering.period_range(settle.period));
SELECT participant.code, service.code, settled.agreement_id, settled.line, settled.quantity, settled.price, round(settled.amount, 2),
	lower(settled.piece), upper(settled.piece) - 1, settled.closing_id, settled.corrects
FROM steering.settlement_in(steering.period_range(settle.period)) AS settled
JOIN steering.participant ON participant.participant_id = settled.participant_id
LEFT JOIN steering.service ON service.service_id = settled.service_id
ORDER BY participant.code COLLATE "C", service.code COLLATE "C" NULLS LAST, settled.piece, settled.agreement_id,
	array_position(ARRAY['agreed', 'excess', 'unused', 'share', 'incentive', 'advance', 'result_share', 'correction'], settled.line),
	settled.corrects, settled.amount;
END;
REVOKE ALL ON FUNCTION steering.settle(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.settle(text) IS
'what each participant owes (positive) or gets (negative) for a period, in whole cents. By agreement: agreed, excess and unused as agreement_charge() says for the actual volume that the agreement covers; share of the actual cost of a service by an allocation key, divided by the largest remainder; incentive, the sum of the percentages of the service''s indicators of the agreed money (of what is owed, where none was agreed beforehand), bonus or malus, limited to incentive_maximum; advance, paid before. Terms are judged over all months of an agreement until the end of the period, with their exact share of what was agreed; what was due until the start of the period, or was billed for it, is taken off. result_share: the participant''s part of the supplier''s gain (negative) or loss, judged so for the years of set_result_share(). correction of an earlier settlement (corrects). Lines of closed periods (closing_id) are as they were billed. Where other lines are given too, these are for the whole period, and with corrects they take back what the closing of that number billed in it: so the sum is what is owed, whatever was closed meanwhile. Amount null: a weight is not known, see settlement_problem(). It shows all participants; each can read its own closed ones in steering.settlement. Errors: those of period_range(), 55000 the period has only a part of a closed one, 22003 an amount does not fit';

CREATE OR REPLACE FUNCTION steering.settlement_proof(period text)
RETURNS TABLE (item text, service text, key text, total numeric, parts numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.require_settled(steering.period_range(settlement_proof.period));
WITH settled AS MATERIALIZED (
	SELECT settled.* FROM steering.settlement_in(steering.period_range(settlement_proof.period)) AS settled
), proof AS (
	SELECT 1 AS step, 'booked_cost' AS item, NULL::integer AS service_id, NULL::text AS key,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) AS total,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed_cost', 'shared_cost', 'other_cost')), 0) AS parts
	FROM settled
	UNION ALL
	SELECT 2, 'divided_cost', settled.service_id, settled.key,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'divided_cost'), 0),
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('share', 'unowed_cost')), 0) END
	FROM settled
	WHERE settled.line IN ('divided_cost', 'share', 'unowed_cost')
	GROUP BY settled.service_id, settled.key
	UNION ALL
	SELECT 3, settled.line, settled.service_id, settled.key, sum(settled.amount), NULL
	FROM settled
	WHERE settled.line IN ('other_cost', 'unowed_cost', 'undivided_cost')
	GROUP BY settled.line, settled.service_id, settled.key
	HAVING sum(settled.amount) <> 0
	UNION ALL
	SELECT 4, settled.line, NULL, NULL, CASE WHEN bool_and(settled.amount IS NOT NULL) THEN sum(settled.amount) END, NULL
	FROM settled
	WHERE settled.participant_id IS NOT NULL
	GROUP BY settled.line
	UNION ALL
	SELECT 5, 'result', NULL, NULL,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0) END,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed', 'excess', 'unused', 'share', 'incentive')), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) END
	FROM settled
	WHERE settled.line IN ('result', 'agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
	UNION ALL
	SELECT 6, 'shared_result', NULL, NULL,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'kept_result'), 0) END,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'unowed_result'), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result_share'), 0) END
	FROM settled
	WHERE settled.line IN ('result', 'kept_result', 'unowed_result', 'result_share')
	UNION ALL
	SELECT 7, settled.line, NULL, NULL, CASE WHEN bool_and(settled.amount IS NOT NULL) THEN sum(settled.amount) END, NULL
	FROM settled
	WHERE settled.line IN ('kept_result', 'unowed_result')
	GROUP BY settled.line
	UNION ALL
	SELECT 8, 'to_pay', NULL, NULL,
		CASE WHEN coalesce(bool_and(settled.amount IS NOT NULL), true) THEN coalesce(sum(settled.amount), 0) END,
		CASE WHEN coalesce(bool_and(settled.amount IS NOT NULL), true) THEN coalesce(sum(round(settled.amount, 2)), 0) END
	FROM settled
	WHERE settled.participant_id IS NOT NULL
)
SELECT proof.item, service.code, proof.key, proof.total, proof.parts, proof.total - proof.parts
FROM proof
LEFT JOIN steering.service ON service.service_id = proof.service_id
ORDER BY proof.step, proof.item, service.code COLLATE "C", proof.key COLLATE "C";
END;
REVOKE ALL ON FUNCTION steering.settlement_proof(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.settlement_proof(text) IS
'proves that the lines of settle() add up: each difference is 0. booked_cost: the actual cost of the period, and its parts under agreements, shared, and under none; divided_cost of a service: what a key divides, and its shares with what nobody owes; then what is under no agreement (other_cost), what nobody owes (unowed_cost) and what cannot be divided since a weight is not known (undivided_cost, see settlement_problem()), per service; what depends on that is null; the sum of each kind of line; result: the supplier''s, as shared and as what is owed less the actual cost; shared_result: what of it is shared, and the shares; kept_result and unowed_result: what is not; to_pay: all lines, and all lines in whole cents. Errors: those of settle()';
-- What is still to come follows outlook(): each service and participant is expected to bring more cost, as
-- much volume per money as it brought in the open months, and what these bring by the agreements that
-- covered it.
CREATE OR REPLACE FUNCTION steering.expected_growth(period text, open_during daterange, as_of date, method text)
RETURNS TABLE (cost numeric, revenue numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
WITH more AS MATERIALIZED (
	SELECT service.service_id, participant.participant_id, coalesce(outlook.expected, outlook.actual) AS expected
	FROM steering.outlook(expected_growth.as_of, expected_growth.method, expected_growth.period) AS outlook
	JOIN steering.service ON service.code = outlook.service
	JOIN steering.participant ON participant.code = outlook.participant
), growth AS MATERIALIZED (
	SELECT service_id, participant_id, coalesce(more.expected, 0) - coalesce(usage.actual::numeric, 0) AS cost
	FROM more
	FULL JOIN steering.usage_between(lower(steering.period_range(expected_growth.period)),
		upper(steering.period_range(expected_growth.period))) AS usage USING (service_id, participant_id)
), cover AS MATERIALIZED (
	SELECT cover.agreement_id, cover.form, cover.amount::numeric AS amount, cover.volume::numeric AS volume,
		growth.cost AS growth,
		nullif(sum(cover.amount::numeric) OVER (PARTITION BY cover.service_id, cover.participant_id), 0) AS whole
	FROM steering.agreement_cover(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS cover
	JOIN growth ON growth.service_id = cover.service_id AND growth.participant_id = cover.participant_id
), grown AS MATERIALIZED (
	SELECT cover.agreement_id, coalesce(sum(cover.volume * cover.growth / cover.whole), 0) AS growth
	FROM cover
	WHERE cover.form IN ('price_volume', 'base_plus')
	GROUP BY cover.agreement_id
), since AS MATERIALIZED (
	SELECT min(lower(agreement.during)) AS day
	FROM grown
	JOIN steering.agreement ON agreement.agreement_id = grown.agreement_id
), charged AS (
	SELECT after.agreed + after.excess + after.unused - before.agreed - before.excess - before.unused AS amount
	FROM since
	CROSS JOIN LATERAL steering.agreed_in(since.day, upper(expected_growth.open_during)) AS agreed
	JOIN grown ON grown.agreement_id = agreed.agreement_id
	JOIN (SELECT cost.agreement_id, cost.volume
		  FROM since CROSS JOIN LATERAL steering.settled_cost(since.day, upper(expected_growth.open_during)) AS cost
		  WHERE cost.line = 'agreed_cost') AS used ON used.agreement_id = agreed.agreement_id
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume, agreed.unused_percent) AS before
	CROSS JOIN LATERAL steering.agreement_charge(agreed.form, agreed.base::numeric, agreed.volume::numeric,
		agreed.price::numeric, used.volume + grown.growth, agreed.unused_percent) AS after
), shared AS (
	SELECT CASE WHEN count(*) = 0 THEN 0 ELSE coalesce(sum(cover.amount * cover.growth / cover.whole), 0) * (
		SELECT CASE WHEN coalesce(sum(line.amount) FILTER (WHERE line.line = 'shared_cost'), 0) = 0 THEN 0
			WHEN bool_and(line.amount IS NOT NULL) FILTER (WHERE line.line = 'share') IS NOT FALSE THEN
				coalesce(sum(line.amount) FILTER (WHERE line.line = 'share'), 0)
					/ sum(line.amount) FILTER (WHERE line.line = 'shared_cost') END
		FROM steering.settlement_charge(lower(expected_growth.open_during), upper(expected_growth.open_during)) AS line) END AS amount
	FROM cover
	WHERE cover.form = 'key_share'
)
SELECT (SELECT coalesce(sum(growth.cost), 0) FROM growth),
	round((SELECT coalesce(sum(charged.amount), 0) FROM charged) + shared.amount, 2)
FROM shared;
END;
REVOKE ALL ON FUNCTION steering.expected_growth(text, daterange, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.expected_growth(text, daterange, date, text) IS
'what a period is expected to bring beyond what has been booked in it: cost, by outlook(), and what participants will owe for that, by the agreements of the months that are open: prices for volume that grows as cost does, and shared cost in the part that is owed of it now';

-- What is owed follows from the volumes of all months together, so what a step brings is what is owed for
-- all months until its end less what was until its start: the steps add up to the total. A closed period
-- keeps what was billed; what it had brought before its end is computed.
CREATE OR REPLACE FUNCTION steering.supplier_health(period text, per text DEFAULT 'month', as_of date DEFAULT NULL, method text DEFAULT NULL)
RETURNS TABLE (step text, valid_from date, valid_to date, is_total boolean, revenue numeric, cost numeric, result numeric,
	coverage numeric, kept numeric, reserve_change numeric, reserve numeric, expected_revenue numeric, expected_cost numeric,
	expected_result numeric, expected_coverage numeric, expected_reserve numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 13 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.require_settled(steering.period_range(supplier_health.period));
WITH asked AS MATERIALIZED (
	SELECT steering.period_range(supplier_health.period) AS during, '{agreed,excess,unused,share,incentive,correction}'::text[] AS owed,
		CASE steering.granularity(steering.fiscal_period(lower(steering.period_range(supplier_health.period)), supplier_health.per))
			WHEN 'month' THEN interval '1 month' WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END AS length
), step AS MATERIALIZED (
	SELECT first_day::date AS first_day, least((first_day + asked.length)::date, upper(asked.during)) AS end_day, false AS is_total
	FROM asked
	CROSS JOIN LATERAL generate_series(lower(asked.during)::timestamp, upper(asked.during) - interval '1 day', asked.length) AS first_day
	UNION ALL
	SELECT lower(asked.during), upper(asked.during), true FROM asked
), piece AS MATERIALIZED (
	SELECT unnest(datemultirange(asked.during) - coalesce((
		SELECT range_agg(billed.during) FROM steering.billed_closing AS billed
		WHERE billed.during <@ asked.during), '{}'::datemultirange)) AS during
	FROM asked
), to_date AS MATERIALIZED (
	SELECT edge.day,
		CASE WHEN bool_and(settled.amount IS NOT NULL) FILTER (WHERE settled.line = ANY (asked.owed)) IS NOT FALSE THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = ANY (asked.owed)), 0) END AS revenue,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) AS cost,
		CASE WHEN bool_and(settled.amount IS NOT NULL) FILTER (WHERE settled.line = 'result_share') IS NOT FALSE THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result_share'), 0) END AS given
	FROM asked
	CROSS JOIN (SELECT DISTINCT step.end_day AS day FROM step) AS edge
	CROSS JOIN LATERAL steering.settlement_in(daterange(lower(asked.during), edge.day)) AS settled
	GROUP BY edge.day
), growth AS MATERIALIZED (
	SELECT growth.cost, growth.revenue,
		growth.revenue - growth.cost - round((growth.revenue - growth.cost) * coalesce(shared.percent, 0) * 0.01, 2) AS kept
	FROM (SELECT piece.during, least(coalesce(supplier_health.as_of, CURRENT_DATE), upper(piece.during) - 1) AS day, asked.during AS asked
		  FROM asked CROSS JOIN piece
		  WHERE upper(piece.during) = (SELECT max(upper(piece.during)) FROM piece)) AS last
	CROSS JOIN LATERAL steering.expected_growth(supplier_health.period, last.during, last.day, supplier_health.method) AS growth
	LEFT JOIN steering.result_share AS shared ON shared.during @> (upper(last.during) - 1)
	WHERE last.asked @> last.day
), brought AS (
	SELECT step.*, after.revenue - CASE WHEN before.day IS NULL THEN 0 ELSE before.revenue END AS revenue,
		after.cost - coalesce(before.cost, 0) AS cost, after.given - CASE WHEN before.day IS NULL THEN 0 ELSE before.given END AS given
	FROM step
	JOIN to_date AS after ON after.day = step.end_day
	LEFT JOIN to_date AS before ON before.day = step.first_day
)
SELECT steering.name_period(daterange(brought.first_day, brought.end_day)), brought.first_day, brought.end_day - 1, brought.is_total,
	round(brought.revenue, 4), round(brought.cost, 4), round(brought.revenue - brought.cost, 4),
	round(100 * brought.revenue / nullif(brought.cost, 0), 2),
	round(brought.revenue - brought.cost + brought.given, 4),
	round(coalesce(moved.within, 0), 4), round(coalesce(moved.until, 0), 4),
	round(brought.revenue + growth.revenue, 4), round(brought.cost + growth.cost, 4),
	round(brought.revenue + growth.revenue - brought.cost - growth.cost, 4),
	round(100 * (brought.revenue + growth.revenue) / nullif(brought.cost + growth.cost, 0), 2),
	round(coalesce(moved.until, 0) + brought.revenue - brought.cost + brought.given + growth.kept, 4)
FROM brought
LEFT JOIN growth ON brought.is_total
CROSS JOIN LATERAL (
	SELECT sum(reserve.amount::numeric) FILTER (WHERE reserve.booked_on >= brought.first_day) AS within,
		sum(reserve.amount::numeric) AS until
	FROM steering.reserve
	WHERE reserve.booked_on < brought.end_day
) AS moved
ORDER BY brought.is_total, brought.first_day;
END;
REVOKE ALL ON FUNCTION steering.supplier_health(text, text, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.supplier_health(text, text, date, text) IS
'how the supplier does in a period: for each month, quarter or year (per; null: none) of it, counted from its first day, and in total. revenue: what participants owe by their agreements, incentives and corrections included, see settle(); cost: what was booked as actual; result: the one less the other; coverage: the one as a percentage of the other; kept: the result less what participants share of it; reserve_change: movements of the reserve, and reserve: what it is at the end. A step brings what is owed for all months until its end, less what was until its start, so the steps add up to the total.
In the total also what is expected at the end of the period, by what was booked until as_of (null: today) and outlook() with this method (null: the best): expected_cost; expected_revenue, what is owed now for the whole period and what the cost to come will bring, see expected_growth(); expected_result and expected_coverage; expected_reserve, the reserve when what the supplier then keeps is added to it. They are null before the period, and in periods that are closed as a whole. Errors: those of settle() and outlook(), 22023 another per';
-- Commitments in closed periods. What was spent is fixed there; what is still open is to be released, or to
-- be carried to a day that is open, and until then it is told.

-- A release may be a row of its own, in another month or source: what it leaves open is the sum. Sums are of
-- numeric: they may be more than one amount holds. Stored usage is read once, however many periods are asked for.
CREATE FUNCTION steering.open_commitment_in(periods daterange[])
RETURNS TABLE (during daterange, service_id integer, participant_id integer, sources text, bookings numeric, amount numeric, volume numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH committed AS MATERIALIZED (
	SELECT usage_cell.service_id, usage_cell.participant_id, usage_cell.month, source_name.name AS source,
		sum(usage_cell.bookings) AS bookings, sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume
	FROM steering.usage_cell
	JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id AND source.stage = 'commitment'
	JOIN steering.source_name ON source_name.source_id = source.source_id
	WHERE usage_cell.service_id <> 0
	GROUP BY usage_cell.service_id, usage_cell.participant_id, usage_cell.month, source_name.name
	HAVING sum(usage_cell.amount::numeric) <> 0 OR sum(usage_cell.volume::numeric) <> 0
)
SELECT period.during, committed.service_id, committed.participant_id,
	string_agg(DISTINCT committed.source, ', ' ORDER BY committed.source),
	sum(committed.bookings), sum(committed.amount), sum(committed.volume)
FROM unnest(open_commitment_in.periods) AS period (during)
JOIN committed ON period.during @> committed.month
GROUP BY period.during, committed.service_id, committed.participant_id
HAVING sum(committed.amount) <> 0 OR sum(committed.volume) <> 0;
END;
REVOKE ALL ON FUNCTION steering.open_commitment_in(daterange[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.open_commitment_in(daterange[]) IS
'what is still committed in periods of whole months, per service and participant: the tables that have it, in how many bookings (what still counts with nothing left of it included, if the rest of its month has not come to nothing), and sums of their amounts and volumes';

-- A day may lie in several closed periods, a year over its months: it is told for the longest.
CREATE VIEW steering.commitment_problem AS
SELECT format('period %s', steering.name_period(open.during)) AS subject, 'open commitments' AS problem,
	format('Service "%s", participant "%s": %s in %s, amount %s, volume %s, committed and not spent. They count as usage of a period in which nothing can be spent any more.',
		   service.code, participant.code,
		   CASE open.bookings WHEN 1 THEN '1 booking' ELSE concat(open.bookings, ' bookings') END, open.sources,
		   round(open.amount, greatest(min_scale(open.amount), 2)), round(open.volume, greatest(min_scale(open.volume), 2))) AS detail,
	'release them, lower them to what is still expected, or carry them to a day that is open' AS hint
FROM steering.open_commitment_in((
	SELECT array_agg(closing.during)
	FROM steering.closing
	WHERE closing.reopened_at IS NULL
		AND NOT EXISTS (SELECT FROM steering.closing AS longer
						WHERE longer.reopened_at IS NULL AND longer.during @> closing.during AND longer.during <> closing.during))) AS open
JOIN steering.service ON service.service_id = open.service_id
JOIN steering.participant ON participant.participant_id = open.participant_id;
REVOKE ALL ON steering.commitment_problem FROM PUBLIC;
COMMENT ON VIEW steering.commitment_problem IS 'health(): commitments that are open in closed periods';
COMMENT ON COLUMN steering.commitment_problem.subject IS 'a closed period';
COMMENT ON COLUMN steering.commitment_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.commitment_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.commitment_problem.hint IS 'what to do';
-- Corrections that are taken back: all of a closing when its period is reopened, since it will be settled
-- anew, and single ones by hand. What takes one back is a line of its own.

CREATE VIEW steering.standing_correction AS
SELECT correction.correction_id, correction.closing_id, correction.participant_id, correction.service_id, correction.amount,
	correction.month
FROM steering.settlement_correction AS correction
WHERE correction.reverses IS NULL
	AND NOT EXISTS (SELECT FROM steering.settlement_correction AS reversing WHERE reversing.reverses = correction.correction_id);
REVOKE ALL ON steering.standing_correction FROM PUBLIC;
COMMENT ON VIEW steering.standing_correction IS 'corrections that were not taken back';
COMMENT ON COLUMN steering.standing_correction.correction_id IS 'number of the correction';
COMMENT ON COLUMN steering.standing_correction.closing_id IS 'the closing whose settlement is corrected';
COMMENT ON COLUMN steering.standing_correction.participant_id IS 'the participant';
COMMENT ON COLUMN steering.standing_correction.service_id IS 'the service';
COMMENT ON COLUMN steering.standing_correction.amount IS 'money: positive is owed, negative is given back';
COMMENT ON COLUMN steering.standing_correction.month IS 'first day of the month with which it is settled';

CREATE FUNCTION steering.reverse_corrections() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_reverse_corrections'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reverse_corrections() FROM PUBLIC;
COMMENT ON FUNCTION steering.reverse_corrections() IS
'takes the corrections of a closing back when its period is reopened; 55000 where one was settled in a period that is closed';

CREATE TRIGGER reverse_corrections
	AFTER UPDATE OF reopened_at ON steering.closing
	FOR EACH ROW WHEN (OLD.reopened_at IS NULL AND NEW.reopened_at IS NOT NULL)
	EXECUTE FUNCTION steering.reverse_corrections();

-- The month is open, and stays so; the unique constraint is for two who take back the same one at once.
CREATE FUNCTION steering.reverse_correction(correction integer, reason text, into_period text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(CASE WHEN reverse_correction.into_period IS NOT NULL THEN steering.period_range(reverse_correction.into_period)
	ELSE daterange(settled.month, steering.month_of(settled.month + 31)) END)
FROM steering.settlement_correction AS settled
WHERE settled.correction_id = reverse_correction.correction;
SELECT steering.require_found(count(*), concat('standing correction ', coalesce(reverse_correction.correction::text, 'null')))
FROM steering.standing_correction
WHERE standing_correction.correction_id = reverse_correction.correction;
INSERT INTO steering.settlement_correction (closing_id, participant_id, service_id, amount, month, reason, reverses)
SELECT settled.closing_id, settled.participant_id, settled.service_id, (- settled.amount::numeric)::steering.amount,
	CASE WHEN reverse_correction.into_period IS NOT NULL
		THEN steering.month_of(upper(steering.period_range(reverse_correction.into_period)) - 1) ELSE settled.month END,
	reverse_correction.reason, settled.correction_id
FROM steering.settlement_correction AS settled
WHERE settled.correction_id = reverse_correction.correction
RETURNING correction_id;
END;
REVOKE ALL ON FUNCTION steering.reverse_correction(integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reverse_correction(integer, text, text) IS
'takes a correction back by a line that reverses it, in the month that it is settled in, or, where that is closed, with the last month of into_period; returns the number of the line. Errors: 42704 there is no such correction, it was taken back already, or takes one back itself, those of period_range(), 55000 the month, or into_period, is not open, 23502 reason is null, 23514 reason empty, 23505 somebody else takes it back';

CREATE VIEW steering.correction_problem AS
SELECT format('correction %s', standing.correction_id) AS subject, 'corrects a reopened period' AS problem,
	format('It adds %s for service "%s" to what participant "%s" owes in %s, and corrects closing %s of period %s, which was reopened: what that forgot is, or will be, in its new settlement.',
		   round(standing.amount::numeric, 2), service.code, participant.code,
		   steering.name_period(daterange(standing.month, steering.month_of(standing.month + 31))),
		   closing.closing_id, steering.name_period(closing.during)) AS detail,
	format('SELECT steering.reverse_correction(%s, ''the period was reopened''%s)', standing.correction_id,
		   CASE WHEN EXISTS (SELECT FROM steering.closing AS closed
							 WHERE closed.reopened_at IS NULL AND closed.during @> standing.month)
				THEN ', into_period => an open period' END) AS hint
FROM steering.standing_correction AS standing
JOIN steering.closing ON closing.closing_id = standing.closing_id
JOIN steering.participant ON participant.participant_id = standing.participant_id
JOIN steering.service ON service.service_id = standing.service_id
WHERE closing.reopened_at IS NOT NULL;
REVOKE ALL ON steering.correction_problem FROM PUBLIC;
COMMENT ON VIEW steering.correction_problem IS 'health(): corrections of closings that ended, as versions before 0.3.0 left them';
COMMENT ON COLUMN steering.correction_problem.subject IS 'a correction';
COMMENT ON COLUMN steering.correction_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.correction_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.correction_problem.hint IS 'what to do';
-- Agreements and caps for months in which nobody is there to use them: their participant has left or has not
-- joined yet, or their service is not delivered.
--
-- What begins or ends within a month is there for all of that month, since agreements are of whole months.
-- What lies in a closed period as a whole is settled, and is left out.
CREATE VIEW steering.tenure_problem AS
WITH entry AS MATERIALIZED (
	SELECT entry.*, datemultirange(daterange(
			CASE WHEN lower(entry.during) > '0001-01-01' AND isfinite(lower(entry.during)) THEN steering.month_of(lower(entry.during)) END,
			CASE WHEN upper(entry.during) < '9999-01-01' AND isfinite(upper(entry.during))
				THEN steering.month_of(steering.month_of(upper(entry.during) - 1) + 31) END)) AS months
	FROM (SELECT 'participant' AS register, participant.participant_id AS id, participant.code, participant.during
		  FROM steering.participant
		  UNION ALL
		  SELECT 'service', service.service_id, service.code, service.during
		  FROM steering.service) AS entry
), tree AS MATERIALIZED (
	SELECT 'participant' AS register, participant_below.top_id AS id, range_agg(entry.months) AS months
	FROM steering.participant_below
	JOIN entry ON entry.register = 'participant' AND entry.id = participant_below.participant_id
	GROUP BY participant_below.top_id
	UNION ALL
	SELECT 'service', service_below.top_id, range_agg(entry.months)
	FROM steering.service_below
	JOIN entry ON entry.register = 'service' AND entry.id = service_below.service_id
	GROUP BY service_below.top_id
), kept AS (
	SELECT format('agreement %s', agreement.agreement_id) AS subject, 'participant' AS register, agreement.participant_id AS id,
		agreement.during, entry.months,
		format('The %s agreement on service "%s" with participant "%s"', agreement.form, service.code, entry.code) AS name,
		format('drop it with steering.drop_agreement(%s), and set one for the months in which it is needed', agreement.agreement_id) AS hint
	FROM steering.agreement
	JOIN entry ON entry.register = 'participant' AND entry.id = agreement.participant_id
	JOIN steering.service ON service.service_id = agreement.service_id
	UNION ALL
	SELECT format('agreement %s', agreement.agreement_id), 'service', agreement.service_id, agreement.during, tree.months,
		format('The %s agreement on service "%s" with participant "%s"', agreement.form, service.code, participant.code),
		format('drop it with steering.drop_agreement(%s), and set one for the months in which it is needed', agreement.agreement_id)
	FROM steering.agreement
	JOIN tree ON tree.register = 'service' AND tree.id = agreement.service_id
	JOIN steering.service ON service.service_id = agreement.service_id
	JOIN steering.participant ON participant.participant_id = agreement.participant_id
	UNION ALL
	SELECT format('cap %s', cap.cap_id), tree.register, tree.id, cap.during, tree.months,
		format('The %s cap of service "%s" for participant "%s"', cap.metric, service.code, participant.code),
		format('drop it with steering.drop_cap(%s), and set one for the days on which it is needed', cap.cap_id)
	FROM steering.cap
	JOIN tree ON tree.register = 'participant' AND tree.id = cap.participant_id
		OR tree.register = 'service' AND tree.id = cap.service_id
	JOIN steering.service ON service.service_id = cap.service_id
	JOIN steering.participant ON participant.participant_id = cap.participant_id
)
SELECT kept.subject,
	CASE WHEN upper(kept.months) < upper(vacant.days)
		THEN CASE kept.register WHEN 'participant' THEN 'participant left' ELSE 'service ended' END
		ELSE CASE kept.register WHEN 'participant' THEN 'participant not joined yet' ELSE 'service not offered yet' END
	END AS problem,
	format('%s is for %s to %s, and its %s is not there in %s.', kept.name, lower(kept.during), upper(kept.during) - 1, kept.register,
		   (SELECT string_agg(format('%s to %s', lower(days), upper(days) - 1), ', ' ORDER BY days) FROM unnest(vacant.days) AS days)) AS detail,
	kept.hint
FROM kept
CROSS JOIN LATERAL (SELECT datemultirange(kept.during) - kept.months AS days) AS vacant
WHERE NOT isempty(vacant.days)
	AND NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> kept.during);
REVOKE ALL ON steering.tenure_problem FROM PUBLIC;
COMMENT ON VIEW steering.tenure_problem IS 'health(): agreements and caps for months in which their participant, or their service, is not there';
COMMENT ON COLUMN steering.tenure_problem.subject IS 'an agreement or a cap';
COMMENT ON COLUMN steering.tenure_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.tenure_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.tenure_problem.hint IS 'what to do';
-- The events as people and BI tools read them, by way of a view that tells nobody more than it shows.

-- Columns with figures are expressions, though they say the same, because comparisons of amounts and ladders
-- are leakproof: of a plain column, the planner would estimate them by all rows, those included that a role
-- may not read. The types are those of the table, since people have built views on it.
CREATE VIEW steering.event WITH (security_barrier) AS
SELECT event_log.event_id,
	event_log.recorded_at,
	event_log.kind,
	event_log.cap_id,
	event_log.service,
	event_log.participant,
	event_log.participant_id,
	event_log.metric,
	event_log.during,
	event_log.amount OPERATOR(steering.+) 0::steering.amount AS amount,
	event_log.ladder::text::steering.ladder AS ladder,
	event_log.threshold OPERATOR(steering.+) 0::steering.amount AS threshold,
	event_log.used OPERATOR(steering.+) 0::steering.amount AS used,
	event_log.role_name,
	event_log.reason
FROM steering.event_log
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR event_log.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
REVOKE ALL ON steering.event FROM PUBLIC;
GRANT SELECT ON steering.event TO PUBLIC;
COMMENT ON VIEW steering.event IS 'what happened to caps: decisions, and steps crossed by bookings; each role sees those that it may read';
COMMENT ON COLUMN steering.event.event_id IS 'number of the event';
COMMENT ON COLUMN steering.event.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.event.kind IS 'created, revised, dropped: a decision on a cap; notify, warn: a step of its ladder was crossed upwards';
COMMENT ON COLUMN steering.event.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.event.service IS 'code of its service';
COMMENT ON COLUMN steering.event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.event.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.event.metric IS 'budget or volume';
COMMENT ON COLUMN steering.event.during IS 'the days that it limits';
COMMENT ON COLUMN steering.event.amount IS 'the limit at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.ladder IS 'the ladder at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.threshold IS 'usage at which the crossed step acts; null for decisions';
COMMENT ON COLUMN steering.event.used IS 'usage after what happened';
COMMENT ON COLUMN steering.event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.event.reason IS 'the reason that was given for a decision';

CREATE FUNCTION steering.restore_event() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_restore_event'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.restore_event() FROM PUBLIC;
COMMENT ON FUNCTION steering.restore_event() IS
'writes a row of steering.event, as dumps of older versions hold them, into steering.event_log';

-- A dump of 0.2.0 holds the rows of a table of this name.
CREATE TRIGGER restore_event INSTEAD OF INSERT ON steering.event
	FOR EACH ROW EXECUTE FUNCTION steering.restore_event();

CREATE VIEW steering.event_problem AS
SELECT reader.name AS subject, 'reads event_log' AS problem,
	'It reads the table steering.event_log, which was steering.event before 0.3.0 and is granted to nobody any more.' AS detail,
	'make it anew, to read the view steering.event' AS hint
FROM (SELECT pg_rewrite.ev_class::regclass::text AS name
	FROM pg_catalog.pg_rewrite JOIN pg_catalog.pg_depend
		ON pg_depend.classid = 'pg_catalog.pg_rewrite'::regclass AND pg_depend.objid = pg_rewrite.oid
	WHERE pg_depend.refclassid = 'pg_catalog.pg_class'::regclass AND pg_depend.refobjid = 'steering.event_log'::regclass
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS member
			WHERE member.classid = 'pg_catalog.pg_class'::regclass AND member.objid = pg_rewrite.ev_class
				AND member.deptype = 'e')
	UNION
	SELECT pg_depend.objid::regprocedure::text
	FROM pg_catalog.pg_depend
	WHERE pg_depend.classid = 'pg_catalog.pg_proc'::regclass
		AND pg_depend.refclassid = 'pg_catalog.pg_class'::regclass AND pg_depend.refobjid = 'steering.event_log'::regclass) AS reader
UNION ALL
SELECT DISTINCT concat('role ', CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END),
	'may read event_log',
	'What the planner expects of queries on that table tells figures that it may not read.',
	format('REVOKE ALL ON steering.event_log FROM %s; steering.event shows what it may read',
		   CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END)
FROM pg_catalog.pg_class
CROSS JOIN LATERAL aclexplode(pg_class.relacl) AS granted
WHERE pg_class.oid = 'steering.event_log'::regclass AND granted.grantee <> pg_class.relowner
	AND granted.privilege_type = 'SELECT';
REVOKE ALL ON steering.event_problem FROM PUBLIC;
COMMENT ON VIEW steering.event_problem IS 'health(): who reads the table of events instead of the view';
COMMENT ON COLUMN steering.event_problem.subject IS 'a view, a function or a role';
COMMENT ON COLUMN steering.event_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.event_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.event_problem.hint IS 'what to do';
-- Codes that people cannot tell apart: refused where they are made, and told by health() where they are.

CREATE FUNCTION steering.code_fault(code text) RETURNS text
AS 'MODULE_PATHNAME', 'steering_code_fault'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.code_fault(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.code_fault(text) IS
'what makes a code hard to tell from another, as the end of a sentence about it: blanks at its ends, characters that cannot be seen or look like a blank; null: nothing';

CREATE FUNCTION steering.code_spelling(code text) RETURNS bytea
AS 'MODULE_PATHNAME', 'steering_code_spelling'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.code_spelling(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.code_spelling(text) IS
'the same for all spellings of a code that look alike: its Unicode normalization form C, in UTF-8; the code as it is where characters are not known (SQL_ASCII)';

CREATE FUNCTION steering.show_code(code text) RETURNS text
AS 'MODULE_PATHNAME', 'steering_show_code'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.show_code(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.show_code(text) IS
'a code as messages show it: as <U+00A0> what cannot be seen or looks like a blank, and blanks at its ends; all that is not ASCII where it is not in Unicode normalization form C';

CREATE FUNCTION steering.refuse_odd_code() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_odd_code'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_odd_code() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_odd_code() IS
'refuses a code that looks like another: with a fault (23514), or in a second spelling (23505). Not while a dump is restored, which sets check_function_bodies off';

CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.participant REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();
CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.service REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();
CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.indicator REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();
CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.allocation_key REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();
CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.risk REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();

CREATE VIEW steering.code_problem AS
WITH entry (noun, code) AS (
	SELECT 'participant', participant.code FROM steering.participant
	UNION ALL
	SELECT 'service', service.code FROM steering.service
	UNION ALL
	SELECT 'indicator', indicator.code FROM steering.indicator
	UNION ALL
	SELECT 'allocation key', allocation_key.code FROM steering.allocation_key
	UNION ALL
	SELECT 'risk', risk.code FROM steering.risk
)
SELECT concat(entry.noun, ' "', steering.show_code(entry.code), '"') AS subject, 'odd code' AS problem,
	format('Its code %s, so that people take it for another, or none.', steering.code_fault(entry.code)) AS detail,
	'add an entry with a code without, and use that from now on' AS hint
FROM entry
WHERE steering.code_fault(entry.code) IS NOT NULL
UNION ALL
SELECT concat(entry.noun, ' "', min(steering.show_code(entry.code)), '"'), 'codes look alike',
	format('These are spellings of one code: %s.',
		   string_agg(concat('"', steering.show_code(entry.code), '"'), ', ' ORDER BY entry.code)),
	'use one of them from now on'
FROM entry
GROUP BY entry.noun, steering.code_spelling(entry.code)
HAVING count(*) > 1;
REVOKE ALL ON steering.code_problem FROM PUBLIC;
COMMENT ON VIEW steering.code_problem IS 'health(): codes that people cannot tell apart, made before 0.3.0 or restored from a dump';
COMMENT ON COLUMN steering.code_problem.subject IS 'an entry, by its code as messages show it';
COMMENT ON COLUMN steering.code_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.code_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.code_problem.hint IS 'what to do';
-- Partitions that are detached concurrently: refused before anything is done, and reported while pending.

CREATE FUNCTION steering.guard_detach() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_guard_detach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_detach() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_detach() IS
'refuses DETACH PARTITION CONCURRENTLY, which is two transactions, before it begins: 23S71, 23S72 where negative bookings leave and a cap would be exceeded without them, 23S74 where bookings in a closed period leave';

CREATE EVENT TRIGGER sp71_steering_detach ON ddl_command_start WHEN TAG IN ('ALTER TABLE')
	EXECUTE FUNCTION steering.guard_detach();
COMMENT ON EVENT TRIGGER sp71_steering_detach IS 'has steering judge DETACH PARTITION CONCURRENTLY before it begins';

CREATE VIEW steering.detach_problem AS
SELECT pg_inherits.inhrelid::regclass::text AS subject, 'detach pending' AS problem,
	format('DETACH PARTITION CONCURRENTLY has begun and not ended: queries on %s do not see its rows, and they are still counted.',
		   pg_inherits.inhparent::regclass) AS detail,
	format('ALTER TABLE %s DETACH PARTITION %s FINALIZE; where a closed period or a cap refuses that, attach it again in the same transaction, with sp71_steering.check_at = ''commit''',
		   pg_inherits.inhparent::regclass, pg_inherits.inhrelid::regclass) AS hint
FROM steering.source_tree
JOIN pg_catalog.pg_inherits ON pg_inherits.inhrelid = source_tree.relation
WHERE pg_inherits.inhdetachpending AND source_tree.is_in_tree;
REVOKE ALL ON steering.detach_problem FROM PUBLIC;
COMMENT ON VIEW steering.detach_problem IS 'health(): partitions of sources whose detaching has begun and not ended';
COMMENT ON COLUMN steering.detach_problem.subject IS 'a partition';
COMMENT ON COLUMN steering.detach_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.detach_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.detach_problem.hint IS 'what to do';
-- Readers of participants: who may name one, and what becomes of those whose role is gone.

CREATE FUNCTION steering.guard_reader() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_guard_reader'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_reader() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_reader() IS
'after a change of the register of participants: refuses a reader, and a parent with readers that did not read before, to whom may not grant SELECT on steering.cap (42501), and an UPDATE to a reader that is no role (42704); an INSERT of one gives a warning';

CREATE TRIGGER guard_reader_insert
	AFTER INSERT ON steering.participant REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_reader();
CREATE TRIGGER guard_reader_update
	AFTER UPDATE ON steering.participant REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_reader();

CREATE VIEW steering.reader_problem AS
SELECT format('participant "%s"', participant.code) AS subject, 'reader missing' AS problem,
	format('Its reader %s is no role: nobody has the right to read its figures by that.', participant.reader) AS detail,
	format('create the role, or UPDATE steering.participant SET reader = ... WHERE code = %L', participant.code) AS hint
FROM steering.participant
WHERE participant.reader IS NOT NULL AND participant.reader::oid = 0::oid;
REVOKE ALL ON steering.reader_problem FROM PUBLIC;
COMMENT ON VIEW steering.reader_problem IS 'health(): participants whose reader is no role';
COMMENT ON COLUMN steering.reader_problem.subject IS 'a participant';
COMMENT ON COLUMN steering.reader_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.reader_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.reader_problem.hint IS 'what to do';
-- What a dump was restored without: tables of sources, and entries of registers. One costs what is about it, and
-- no more; health() says so.

CREATE FUNCTION steering.detach_missing(source text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_detach_missing'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.detach_missing(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.detach_missing(text) IS
'ends a source whose table was missing where a dump was restored, by the name that health() gives: its bookings count no more. Waits for all bookings. Errors: 22004 null, 42704 no such source, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 40001 concurrent change';

CREATE VIEW steering.missing_problem AS
WITH present AS (
	SELECT format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name
	FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
	WHERE pg_class.relkind IN ('r', 'p')
), cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, sum(usage_cell.bookings) AS bookings
	FROM steering.usage_cell
	GROUP BY 1, 2, 3
	HAVING sum(usage_cell.bookings) <> 0
), used (register, number, rows, what) AS (
	SELECT 'participant', cap.participant_id, count(*), 'caps' FROM steering.cap GROUP BY 2
	UNION ALL SELECT 'service', cap.service_id, count(*), 'caps' FROM steering.cap GROUP BY 2
	UNION ALL SELECT 'participant', cell.participant_id, sum(cell.bookings), 'bookings' FROM cell WHERE cell.participant_id <> 0 GROUP BY 2
	UNION ALL SELECT 'service', cell.service_id, sum(cell.bookings), 'bookings' FROM cell WHERE cell.service_id <> 0 GROUP BY 2
	UNION ALL SELECT 'participant', agreement.participant_id, count(*), 'agreements' FROM steering.agreement GROUP BY 2
	UNION ALL SELECT 'service', agreement.service_id, count(*), 'agreements' FROM steering.agreement GROUP BY 2
	UNION ALL SELECT 'participant', allocation_weight.participant_id, count(*), 'weights' FROM steering.allocation_weight
	WHERE allocation_weight.participant_id IS NOT NULL GROUP BY 2
	UNION ALL SELECT 'service', allocation_weight.service_id, count(*), 'weights' FROM steering.allocation_weight
	WHERE allocation_weight.service_id IS NOT NULL GROUP BY 2
	UNION ALL SELECT 'service', allocation_rule.service_id, count(*), 'allocation rules' FROM steering.allocation_rule GROUP BY 2
	UNION ALL SELECT 'service', indicator.service_id, count(*), 'indicators' FROM steering.indicator GROUP BY 2
)
SELECT missing_table.relation AS subject, 'table missing' AS problem,
	format('Source %s was restored without it; its bookings, of which there are %s, are still counted.', missing_table.source_id,
		   coalesce((SELECT sum(cell.bookings) FROM cell WHERE cell.source_id = missing_table.source_id), 0)) AS detail,
	CASE WHEN missing_table.relation IN (SELECT present.name FROM present)
		THEN format('SELECT steering.reattach(%L)', missing_table.relation)
		ELSE format('restore or create the table and SELECT steering.reattach(%1$L), or end the source: SELECT steering.detach_missing(%1$L)', missing_table.relation)
	END AS hint
FROM steering.missing_table
WHERE missing_table.is_source
UNION ALL
SELECT missing_table.relation, 'table missing',
	format('Source %s was restored without this part of it; its bookings are still counted.', source.relation),
	format('restore the part, or leave it; then SELECT steering.reattach(%L)', source.relation)
FROM steering.missing_table
JOIN steering.source ON source.source_id = missing_table.source_id
WHERE NOT missing_table.is_source
UNION ALL
SELECT format('source %s', cell.source_id), 'missing from steering.source',
	format('Its bookings, of which there are %s, are still counted.', sum(cell.bookings)),
	'restore its row, or SELECT steering.repair()'
FROM cell
WHERE cell.source_id NOT IN (SELECT source_stage.source_id FROM steering.source_stage)
GROUP BY cell.source_id
UNION ALL
SELECT format('%s %s', used.register, used.number), format('missing from steering.%s', used.register),
	format('To this number belong: %s.', string_agg(format('%s %s', used.rows, used.what), ', ' ORDER BY used.what)),
	format('restore its row of steering.%s with the same number (OVERRIDING SYSTEM VALUE)', used.register)
FROM used
WHERE (used.register = 'participant' AND used.number NOT IN (SELECT participant.participant_id FROM steering.participant))
	OR (used.register = 'service' AND used.number NOT IN (SELECT service.service_id FROM steering.service))
GROUP BY used.register, used.number
UNION ALL
SELECT format('participant "%s"', participant.code), 'parent missing',
	format('The participant "%s" to which it belongs is not there: caps of that one and of those above it do not hold for it.', participant.parent),
	'restore the row of its parent, or give it another'
FROM steering.participant
WHERE participant.parent IS NOT NULL AND participant.parent NOT IN (SELECT above.code FROM steering.participant AS above)
UNION ALL
SELECT format('service "%s"', service.code), 'parent missing',
	format('The service "%s" to which it belongs is not there: caps of that one and of those above it do not hold for it.', service.parent),
	'restore the row of its parent, or give it another'
FROM steering.service
WHERE service.parent IS NOT NULL AND service.parent NOT IN (SELECT above.code FROM steering.service AS above);
REVOKE ALL ON steering.missing_problem FROM PUBLIC;
COMMENT ON VIEW steering.missing_problem IS 'health(): tables of sources and entries of registers that others refer to and that are not there, as after a restore of a part of a dump';
COMMENT ON COLUMN steering.missing_problem.subject IS 'what is missing, or what it is missing for';
COMMENT ON COLUMN steering.missing_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.missing_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.missing_problem.hint IS 'what to do';
-- The dry run of a set of bookings.

-- Not STABLE: the query may call functions that are not.
CREATE FUNCTION steering.check_bookings(bookings text)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, amount numeric, used numeric,
	after numeric, blocks_at numeric, headroom numeric, verdict text, bookings bigint, sqlstate text, problem text,
	first_row bigint)
AS 'MODULE_PATHNAME', 'steering_check_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.check_bookings(text) IS
'what one statement that books all rows of a query would be told, without booking. The query gives service, participant, booked_on, amount and volume, in this order; it runs as the caller, may not write, and what it sets is undone. One row per cap over the rows that the role may read: usage before and after, threshold, room and verdict as of check_booking(), with how many rows and the first of them; and one per reason for which rows would be refused: verdict refuse, SQLSTATE 23S71 (a cap is required), 23S73 or 23S74, and the message. Refusals come in the order in which the statement would meet them; no SQLSTATE at all: it would pass. Errors: 22004 null, 22023 no query that gives rows, 42804 columns that do not serve, 25006 the query writes, those of the query';

CREATE FUNCTION steering.check_bookings(bookings jsonb)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, amount numeric, used numeric,
	after numeric, blocks_at numeric, headroom numeric, verdict text, bookings bigint, sqlstate text, problem text,
	first_row bigint)
AS 'MODULE_PATHNAME', 'steering_check_bookings_json'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.check_bookings(jsonb) IS
'the same of an array of objects with the keys service, participant, booked_on, amount and volume. Errors: 22004 null, 22023 another key, those of a wrong date or number';
-- Bookings that no cap holds, though their service and participant have caps on other days.

-- Whole months are told from the usage cells. Of months that the caps hold in part the bookings are read, as cap_tally()
-- does, and only if there are any. A closed period is fixed, and lets nothing slip by.
CREATE VIEW steering.outside_problem AS
WITH RECURSIVE service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	UNION ALL
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	UNION ALL
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
), pair AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, min(usage_now.month) AS first_month, max(usage_now.month) AS last_month
	FROM steering.usage_now
	WHERE usage_now.service_id <> 0
	GROUP BY usage_now.service_id, usage_now.participant_id
), covering (service_id, participant_id, during) AS (
	SELECT service_below.service_id, participant_below.participant_id, cap.during
	FROM steering.cap
	JOIN service_below ON service_below.top = cap.service_id
	JOIN participant_below ON participant_below.top = cap.participant_id
), suspect AS MATERIALIZED (
	-- Of most pairs one cap holds all months. (A month of 31 days is taken for any; dates are subtracted, which always goes well.)
	SELECT pair.service_id, pair.participant_id
	FROM pair JOIN covering ON covering.service_id = pair.service_id AND covering.participant_id = pair.participant_id
	GROUP BY pair.service_id, pair.participant_id
	HAVING NOT bool_or(lower(covering.during) <= pair.first_month AND upper(covering.during) - pair.last_month >= 31)
), capped AS MATERIALIZED (
	SELECT suspect.service_id, suspect.participant_id, range_agg(covering.during) AS days
	FROM suspect
	JOIN covering ON covering.service_id = suspect.service_id AND covering.participant_id = suspect.participant_id
	GROUP BY suspect.service_id, suspect.participant_id
), held AS MATERIALIZED (
	-- The months of which every day is held.
	SELECT capped.service_id, capped.participant_id, capped.days, (
		SELECT range_agg(daterange(whole.first_day, whole.end_day))
		FROM unnest(capped.days) AS part
		CROSS JOIN LATERAL (SELECT CASE WHEN steering.month_of(lower(part)) = lower(part) THEN lower(part)
				ELSE steering.month_of(steering.month_of(lower(part)) + 31) END AS first_day,
			steering.month_of(upper(part)) AS end_day) AS whole
		WHERE whole.first_day < whole.end_day) AS months
	FROM capped
), booked (service_id, participant_id, month, capped_days, bookings, amount, volume) AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, usage_now.month, held.days, sum(usage_now.bookings),
		sum(usage_now.amount::numeric), sum(usage_now.volume::numeric)
	FROM held
	JOIN steering.usage_now ON usage_now.service_id = held.service_id AND usage_now.participant_id = held.participant_id
	WHERE (held.months @> usage_now.month) IS NOT TRUE
	GROUP BY usage_now.service_id, usage_now.participant_id, usage_now.month, held.days
	HAVING sum(usage_now.bookings) <> 0
), beside AS MATERIALIZED (
	SELECT booked.service_id, booked.participant_id, booked.month, month.days, booked.bookings, booked.amount, booked.volume,
		booked.capped_days, booked.capped_days && month.days AS is_partly
	FROM booked
	-- The last month of all has no day after it.
	CROSS JOIN LATERAL (SELECT daterange(booked.month, CASE WHEN booked.month < '5874897-12-01'
		THEN steering.month_of(booked.month + 31) ELSE 'infinity' END) AS days) AS month
	WHERE NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> month.days)
), span AS (
	SELECT min(lower(beside.days)) AS first_day, max(upper(beside.days)) AS end_day
	FROM beside
	WHERE beside.is_partly
	HAVING count(*) > 0
), outside (service_id, participant_id, days, bookings, amount, volume) AS (
	SELECT beside.service_id, beside.participant_id, beside.days, beside.bookings, beside.amount, beside.volume
	FROM beside
	WHERE NOT beside.is_partly
	UNION ALL
	SELECT beside.service_id, beside.participant_id, daterange(read.booked_on, read.booked_on, '[]'), count(*),
		sum(read.amount::numeric), sum(read.volume::numeric)
	FROM span
	CROSS JOIN LATERAL steering.booking_read(span.first_day, span.end_day) AS read
	JOIN beside ON beside.service_id = read.service_id AND beside.participant_id = read.participant_id
		AND beside.month = steering.month_of(read.booked_on) AND beside.is_partly
		AND NOT beside.capped_days @> read.booked_on
	GROUP BY beside.service_id, beside.participant_id, read.booked_on
)
SELECT format('service "%s"', service.code) AS subject, 'bookings outside caps' AS problem,
	format('Bookings on days that none of its caps holds: %s; amount %s, volume %s. They are for %s%s: %s.',
		sum(outside.bookings), sum(outside.amount), sum(outside.volume),
		array_to_string((array_agg(DISTINCT participant.code ORDER BY participant.code))[1:3], ', '),
		' and ' || nullif(greatest(count(DISTINCT participant.code) - 3, 0), 0) || ' more',
		(SELECT CASE WHEN split_part(name, ' to ', 1) = split_part(name, ' to ', 2) THEN split_part(name, ' to ', 1) ELSE name END
		FROM steering.name_period(daterange(min(lower(outside.days)), least(max(upper(outside.days)), '5874897-12-31'))) AS name)) AS detail,
	format('correct their days, or set caps that hold them; SELECT * FROM steering.booking WHERE service = %L shows them', service.code) AS hint
FROM outside
JOIN steering.service ON service.service_id = outside.service_id
JOIN steering.participant ON participant.participant_id = outside.participant_id
GROUP BY service.service_id, service.code;
REVOKE ALL ON steering.outside_problem FROM PUBLIC;
COMMENT ON VIEW steering.outside_problem IS 'health(): services with bookings on days that none of the caps over them holds, though caps over their participant hold other days; those in closed periods apart';
COMMENT ON COLUMN steering.outside_problem.subject IS 'a service';
COMMENT ON COLUMN steering.outside_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.outside_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.outside_problem.hint IS 'what to do';
-- Rows that count, and come to nothing, since what they have rounds to zero.

CREATE FUNCTION steering.rounded_rows() RETURNS TABLE (source_id integer, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_rounded_rows'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
REVOKE ALL ON FUNCTION steering.rounded_rows() FROM PUBLIC;
COMMENT ON FUNCTION steering.rounded_rows() IS
'how many rows of a source have an amount or a volume that is not zero and less than 0.00005, so that it counts as zero. Reads the sources whose mapping can give more than four decimals; leaves out tables that cannot be read, or not now';

CREATE VIEW steering.rounding_problem AS
SELECT source.relation::text AS subject, 'rows round to zero' AS problem,
	format('Rows with an amount or a volume that is less than 0.00005, and so counts as zero: %s.', rounded.bookings) AS detail,
	'correct the rows, or attach the table with a mapping that counts in a smaller unit' AS hint
FROM steering.rounded_rows() AS rounded
JOIN steering.source ON source.source_id = rounded.source_id;
REVOKE ALL ON steering.rounding_problem FROM PUBLIC;
COMMENT ON VIEW steering.rounding_problem IS 'health(): sources with rows that are not zero and count as zero';
COMMENT ON COLUMN steering.rounding_problem.subject IS 'a table';
COMMENT ON COLUMN steering.rounding_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.rounding_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.rounding_problem.hint IS 'what to do';
-- The dry run of attach().

CREATE FUNCTION steering.attach_problems(relation regclass, service text, participant text, booked_on text,
    amount text DEFAULT NULL, volume text DEFAULT NULL, counts_when text DEFAULT NULL,
    stage text DEFAULT 'actual', unknown text DEFAULT 'refuse', accept_overrun boolean DEFAULT false)
RETURNS TABLE (problem text, argument text, value text, "rows" bigint, first_row text, sqlstate text, detail text, hint text,
    amount numeric, used numeric, after numeric, blocks_at numeric)
AS 'MODULE_PATHNAME', 'steering_attach_problems'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
REVOKE ALL ON FUNCTION steering.attach_problems(regclass, text, text, text, text, text, text, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach_problems(regclass, text, text, text, text, text, text, text, text, boolean) IS
'the dry run of attach() with the same arguments, or for a source of another mapping: one row per kind of problem and value, those that attach() refuses first. Of a kind at most 1000 values are told apart. rows: how many of the table; first_row: names the first of them; sqlstate: of the error, null where attach() would pass; amount, used, after, blocks_at: of a cap that the caller may read. Rows with which something is wrong are not counted in caps. Changes nothing and locks no more than reading does; what the mapping calls runs as the owner of the table. Only the owner may. Errors: 42501 not the owner, 22004 null, 22023 wrong stage or unknown';
-- What is not being enforced now, and why: the problems that all topics have views of.

-- OR REPLACE: earlier versions have it, without what later topics know of. Compiling the query would take longer than
-- running it.
CREATE OR REPLACE FUNCTION steering.health() RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT * FROM steering.session_problem
UNION ALL
SELECT * FROM steering.event_trigger_problem
UNION ALL
SELECT * FROM steering.trigger_problem
UNION ALL
SELECT * FROM steering.merge_problem
UNION ALL
SELECT * FROM steering.source_problem
UNION ALL
SELECT * FROM steering.mapping_problem
UNION ALL
SELECT * FROM steering.reading_problem
UNION ALL
SELECT * FROM steering.cap_problem
UNION ALL
SELECT * FROM steering.outside_problem
UNION ALL
SELECT * FROM steering.rounding_problem
UNION ALL
SELECT * FROM steering.closing_problem
UNION ALL
SELECT * FROM steering.commitment_problem
UNION ALL
SELECT * FROM steering.correction_problem
UNION ALL
SELECT * FROM steering.tenure_problem
UNION ALL
SELECT * FROM steering.weight_problem
UNION ALL
SELECT * FROM steering.event_problem
UNION ALL
SELECT * FROM steering.code_problem
UNION ALL
SELECT * FROM steering.detach_problem
UNION ALL
SELECT * FROM steering.reader_problem
UNION ALL
SELECT * FROM steering.missing_problem
ORDER BY 2, 1, 3;
END;
REVOKE ALL ON FUNCTION steering.health() FROM PUBLIC;
COMMENT ON FUNCTION steering.health() IS 'what is not being enforced now, and why; no row is right. It looks at settings, triggers, rules, sources, caps, agreements, weights of shared cost and closed periods; and reads the rows of each source until one cannot be read. What they come to is for verify()';
