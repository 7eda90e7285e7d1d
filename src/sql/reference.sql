-- reference.sql
-- The types steering.table_number and steering.role_reference, by which the registers refer to tables and roles. In a
-- dump both are names; what is missing where it is restored does not keep the others from being read.

-- The bytes, comparison and binary I/O are those of regclass; so are the casts, and the operators come with them.

CREATE TYPE steering.table_number;

CREATE FUNCTION steering.table_number_in(cstring) RETURNS steering.table_number
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'steering_table_number_in';
REVOKE ALL ON FUNCTION steering.table_number_in(cstring) FROM PUBLIC;
COMMENT ON FUNCTION steering.table_number_in(cstring) IS 'I/O: reads the name of a table; digits are no name';

CREATE FUNCTION steering.table_number_out(steering.table_number) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'steering_table_number_out';
REVOKE ALL ON FUNCTION steering.table_number_out(steering.table_number) FROM PUBLIC;
COMMENT ON FUNCTION steering.table_number_out(steering.table_number) IS 'I/O: as regclass does';

CREATE FUNCTION steering.table_number_recv(internal) RETURNS steering.table_number
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'oidrecv';
REVOKE ALL ON FUNCTION steering.table_number_recv(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.table_number_recv(internal) IS 'I/O: the number, as regclass does';

CREATE FUNCTION steering.table_number_send(steering.table_number) RETURNS bytea
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'oidsend';
REVOKE ALL ON FUNCTION steering.table_number_send(steering.table_number) FROM PUBLIC;
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
REVOKE ALL ON FUNCTION steering.role_reference_in(cstring) FROM PUBLIC;
COMMENT ON FUNCTION steering.role_reference_in(cstring) IS 'I/O: reads the name of a role; if there is none, the name is kept';

CREATE FUNCTION steering.role_reference_out(steering.role_reference) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_out';
REVOKE ALL ON FUNCTION steering.role_reference_out(steering.role_reference) FROM PUBLIC;
COMMENT ON FUNCTION steering.role_reference_out(steering.role_reference) IS 'I/O: writes the present name of the role, or the one that was kept';

CREATE FUNCTION steering.role_reference_recv(internal) RETURNS steering.role_reference
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_recv';
REVOKE ALL ON FUNCTION steering.role_reference_recv(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.role_reference_recv(internal) IS 'I/O: the text';

CREATE FUNCTION steering.role_reference_send(steering.role_reference) RETURNS bytea
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_role_reference_send';
REVOKE ALL ON FUNCTION steering.role_reference_send(steering.role_reference) FROM PUBLIC;
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
