\echo Use "CREATE EXTENSION sp71_steering" to load this file. \quit
-- The schema of the extension. It must not exist yet: whoever owned it could put things into it.

CREATE SCHEMA steering;
COMMENT ON SCHEMA steering IS 'caps on the budget and volume of shared services (extension sp71_steering)';
GRANT USAGE ON SCHEMA steering TO PUBLIC;
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
-- amount.sql
-- The type steering.amount: money and volumes as 64-bit fixed point with four decimals.
--
-- An amount is stored as the number of its units of 1/10000, so binary I/O, comparison, hashing and
-- index support are those of bigint: core's own functions, declared for amount (LANGUAGE internal).

CREATE TYPE steering.amount;

CREATE FUNCTION steering.amount_in(cstring) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_in';
REVOKE ALL ON FUNCTION steering.amount_in(cstring) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_in(cstring) IS 'I/O';

CREATE FUNCTION steering.amount_out(steering.amount) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_out';
REVOKE ALL ON FUNCTION steering.amount_out(steering.amount) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_out(steering.amount) IS 'I/O';

CREATE FUNCTION steering.amount_recv(internal) RETURNS steering.amount
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8recv';
REVOKE ALL ON FUNCTION steering.amount_recv(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_recv(internal) IS
	'I/O: the number of 1/10000 units, as bigint does';

CREATE FUNCTION steering.amount_send(steering.amount) RETURNS bytea
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8send';
REVOKE ALL ON FUNCTION steering.amount_send(steering.amount) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_send(steering.amount) IS
	'I/O: the number of 1/10000 units, as bigint does';

-- Of category N, so that literals of unknown type resolve as they would without this type.
CREATE TYPE steering.amount (
	INPUT = steering.amount_in,
	OUTPUT = steering.amount_out,
	RECEIVE = steering.amount_recv,
	SEND = steering.amount_send,
	LIKE = pg_catalog.int8,
	CATEGORY = 'N'
);
COMMENT ON TYPE steering.amount IS
	'money or a volume: exact, four decimals, -922337203685477.5808 to 922337203685477.5807. '
	'Further decimals are rounded half away from zero. What does not fit is 22003, no number 22P02.';

-- Casts. Those that never fail nor lose anything are implicit: small whole numbers to amount, so
-- that coalesce(amount, 0) is an amount and amount > 100 can use an index; amount to numeric, so
-- that every function over numeric takes it. Those that may fail or round need an assignment, and
-- those that lose decimals must be asked for. There is none from double precision.

CREATE FUNCTION steering.amount_from_smallint(smallint) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_from_smallint';
COMMENT ON FUNCTION steering.amount_from_smallint(smallint) IS
	'implementation of the cast from smallint to amount';

CREATE CAST (smallint AS steering.amount)
	WITH FUNCTION steering.amount_from_smallint(smallint) AS IMPLICIT;
COMMENT ON CAST (smallint AS steering.amount) IS 'exact';

CREATE FUNCTION steering.amount_from_integer(integer) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_from_integer';
COMMENT ON FUNCTION steering.amount_from_integer(integer) IS
	'implementation of the cast from integer to amount';

CREATE CAST (integer AS steering.amount)
	WITH FUNCTION steering.amount_from_integer(integer) AS IMPLICIT;
COMMENT ON CAST (integer AS steering.amount) IS 'exact';

CREATE FUNCTION steering.amount_from_bigint(bigint) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_from_bigint';
COMMENT ON FUNCTION steering.amount_from_bigint(bigint) IS
	'implementation of the cast from bigint to amount';

CREATE CAST (bigint AS steering.amount)
	WITH FUNCTION steering.amount_from_bigint(bigint) AS ASSIGNMENT;
COMMENT ON CAST (bigint AS steering.amount) IS 'exact; overflow is 22003';

CREATE FUNCTION steering.amount_from_numeric(numeric) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_from_numeric';
COMMENT ON FUNCTION steering.amount_from_numeric(numeric) IS
	'implementation of the cast from numeric to amount';

CREATE CAST (numeric AS steering.amount)
	WITH FUNCTION steering.amount_from_numeric(numeric) AS ASSIGNMENT;
COMMENT ON CAST (numeric AS steering.amount) IS
	'rounds half away from zero to four decimals; NaN, infinity and overflow are 22003';

CREATE FUNCTION steering.amount_to_numeric(steering.amount) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_to_numeric';
COMMENT ON FUNCTION steering.amount_to_numeric(steering.amount) IS
	'implementation of the cast from amount to numeric';

CREATE CAST (steering.amount AS numeric)
	WITH FUNCTION steering.amount_to_numeric(steering.amount) AS IMPLICIT;
COMMENT ON CAST (steering.amount AS numeric) IS 'exact, with four decimals';

-- By the function, not $1::numeric: pg_upgrade makes casts in an order of its own, and would not know that the
-- other cast comes first.
CREATE FUNCTION steering.amount_to_smallint(steering.amount) RETURNS smallint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::smallint;
COMMENT ON FUNCTION steering.amount_to_smallint(steering.amount) IS
	'implementation of the cast from amount to smallint';

CREATE CAST (steering.amount AS smallint)
	WITH FUNCTION steering.amount_to_smallint(steering.amount);
COMMENT ON CAST (steering.amount AS smallint) IS
	'rounds half away from zero to a whole number; overflow is 22003';

CREATE FUNCTION steering.amount_to_integer(steering.amount) RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::integer;
COMMENT ON FUNCTION steering.amount_to_integer(steering.amount) IS
	'implementation of the cast from amount to integer';

CREATE CAST (steering.amount AS integer) WITH FUNCTION steering.amount_to_integer(steering.amount);
COMMENT ON CAST (steering.amount AS integer) IS
	'rounds half away from zero to a whole number; overflow is 22003';

CREATE FUNCTION steering.amount_to_bigint(steering.amount) RETURNS bigint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::bigint;
COMMENT ON FUNCTION steering.amount_to_bigint(steering.amount) IS
	'implementation of the cast from amount to bigint';

CREATE CAST (steering.amount AS bigint) WITH FUNCTION steering.amount_to_bigint(steering.amount);
COMMENT ON CAST (steering.amount AS bigint) IS 'rounds half away from zero to a whole number';

CREATE FUNCTION steering.amount_to_double_precision(steering.amount) RETURNS double precision
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.amount_to_numeric($1)::double precision;
COMMENT ON FUNCTION steering.amount_to_double_precision(steering.amount) IS
	'implementation of the cast from amount to double precision';

CREATE CAST (steering.amount AS double precision)
	WITH FUNCTION steering.amount_to_double_precision(steering.amount);
COMMENT ON CAST (steering.amount AS double precision) IS 'inexact: as numeric does it';

-- Comparison. Leakproof as for bigint, so that conditions can use indexes under row level security.

CREATE FUNCTION steering.amount_equal(steering.amount, steering.amount) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION steering.amount_equal(steering.amount, steering.amount) IS
	'implementation of = operator';

CREATE OPERATOR steering.= (
	LEFTARG = steering.amount, RIGHTARG = steering.amount, FUNCTION = steering.amount_equal,
	COMMUTATOR = OPERATOR(steering.=), NEGATOR = OPERATOR(steering.<>), HASHES, MERGES,
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR steering.= (steering.amount, steering.amount) IS 'equal';

CREATE FUNCTION steering.amount_not_equal(steering.amount, steering.amount) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION steering.amount_not_equal(steering.amount, steering.amount) IS
	'implementation of <> operator';

CREATE OPERATOR steering.<> (
	LEFTARG = steering.amount, RIGHTARG = steering.amount, FUNCTION = steering.amount_not_equal,
	COMMUTATOR = OPERATOR(steering.<>), NEGATOR = OPERATOR(steering.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR steering.<> (steering.amount, steering.amount) IS 'not equal';

CREATE FUNCTION steering.amount_less(steering.amount, steering.amount) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION steering.amount_less(steering.amount, steering.amount) IS
	'implementation of < operator';

CREATE OPERATOR steering.< (
	LEFTARG = steering.amount, RIGHTARG = steering.amount, FUNCTION = steering.amount_less,
	COMMUTATOR = OPERATOR(steering.>), NEGATOR = OPERATOR(steering.>=),
	RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR steering.< (steering.amount, steering.amount) IS 'less than';

CREATE FUNCTION steering.amount_less_equal(steering.amount, steering.amount) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION steering.amount_less_equal(steering.amount, steering.amount) IS
	'implementation of <= operator';

CREATE OPERATOR steering.<= (
	LEFTARG = steering.amount, RIGHTARG = steering.amount, FUNCTION = steering.amount_less_equal,
	COMMUTATOR = OPERATOR(steering.>=), NEGATOR = OPERATOR(steering.>),
	RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR steering.<= (steering.amount, steering.amount) IS 'less than or equal';

CREATE FUNCTION steering.amount_greater_equal(steering.amount, steering.amount) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION steering.amount_greater_equal(steering.amount, steering.amount) IS
	'implementation of >= operator';

CREATE OPERATOR steering.>= (
	LEFTARG = steering.amount, RIGHTARG = steering.amount, FUNCTION = steering.amount_greater_equal,
	COMMUTATOR = OPERATOR(steering.<=), NEGATOR = OPERATOR(steering.<),
	RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR steering.>= (steering.amount, steering.amount) IS 'greater than or equal';

CREATE FUNCTION steering.amount_greater(steering.amount, steering.amount) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION steering.amount_greater(steering.amount, steering.amount) IS
	'implementation of > operator';

CREATE OPERATOR steering.> (
	LEFTARG = steering.amount, RIGHTARG = steering.amount, FUNCTION = steering.amount_greater,
	COMMUTATOR = OPERATOR(steering.<), NEGATOR = OPERATOR(steering.<=),
	RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR steering.> (steering.amount, steering.amount) IS 'greater than';

-- Operator classes.

CREATE FUNCTION steering.amount_compare(steering.amount, steering.amount) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION steering.amount_compare(steering.amount, steering.amount) IS
	'less-equal-greater';

CREATE FUNCTION steering.amount_in_range(
	steering.amount, steering.amount, steering.amount, boolean, boolean
) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'in_range_int8_int8';
COMMENT ON FUNCTION steering.amount_in_range(
	steering.amount, steering.amount, steering.amount, boolean, boolean
) IS
	'window RANGE support';

CREATE OPERATOR CLASS steering.amount_ops DEFAULT FOR TYPE steering.amount USING btree AS
	OPERATOR 1 steering.<,
	OPERATOR 2 steering.<=,
	OPERATOR 3 steering.=,
	OPERATOR 4 steering.>=,
	OPERATOR 5 steering.>,
	FUNCTION 1 steering.amount_compare(steering.amount, steering.amount),
	FUNCTION 2 pg_catalog.btint8sortsupport(internal),
	FUNCTION 3 steering.amount_in_range(
		steering.amount, steering.amount, steering.amount, boolean, boolean
	),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS steering.amount_ops USING btree IS 'orders amounts';

CREATE FUNCTION steering.amount_hash(steering.amount) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION steering.amount_hash(steering.amount) IS 'hash';

CREATE FUNCTION steering.amount_hash_extended(steering.amount, bigint) RETURNS bigint
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION steering.amount_hash_extended(steering.amount, bigint) IS 'hash with a seed';

CREATE OPERATOR CLASS steering.amount_ops DEFAULT FOR TYPE steering.amount USING hash AS
	OPERATOR 1 steering.=,
	FUNCTION 1 steering.amount_hash(steering.amount),
	FUNCTION 2 steering.amount_hash_extended(steering.amount, bigint);
COMMENT ON OPERATOR CLASS steering.amount_ops USING hash IS 'hashes amounts';

CREATE OPERATOR CLASS steering.amount_minmax_ops DEFAULT FOR TYPE steering.amount USING brin AS
	OPERATOR 1 steering.<,
	OPERATOR 2 steering.<=,
	OPERATOR 3 steering.=,
	OPERATOR 4 steering.>=,
	OPERATOR 5 steering.>,
	FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
	FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
	FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
	FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS steering.amount_minmax_ops USING brin IS
	'keeps the least and the greatest amount of each block range';

-- Arithmetic: amount with amount, and with whole numbers. All else is numeric by the implicit cast,
-- as amount * 1.21. So is the ratio amount / amount: an operator would make amount / 3 ambiguous.

CREATE FUNCTION steering.amount_add(steering.amount, steering.amount) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_add';
COMMENT ON FUNCTION steering.amount_add(steering.amount, steering.amount) IS
	'implementation of + operator';

CREATE OPERATOR steering.+ (
	LEFTARG = steering.amount, RIGHTARG = steering.amount, FUNCTION = steering.amount_add,
	COMMUTATOR = OPERATOR(steering.+)
);
COMMENT ON OPERATOR steering.+ (steering.amount, steering.amount) IS 'add; overflow is 22003';

CREATE FUNCTION steering.amount_subtract(steering.amount, steering.amount) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_subtract';
COMMENT ON FUNCTION steering.amount_subtract(steering.amount, steering.amount) IS
	'implementation of - operator';

CREATE OPERATOR steering.- (
	LEFTARG = steering.amount, RIGHTARG = steering.amount, FUNCTION = steering.amount_subtract
);
COMMENT ON OPERATOR steering.- (steering.amount, steering.amount) IS 'subtract; overflow is 22003';

CREATE FUNCTION steering.amount_negate(steering.amount) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_negate';
COMMENT ON FUNCTION steering.amount_negate(steering.amount) IS 'implementation of - operator';

CREATE OPERATOR steering.- (RIGHTARG = steering.amount, FUNCTION = steering.amount_negate);
COMMENT ON OPERATOR steering.- (NONE, steering.amount) IS 'negate; overflow is 22003';

CREATE FUNCTION steering.abs(steering.amount) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_absolute';
COMMENT ON FUNCTION steering.abs(steering.amount) IS 'absolute value; overflow is 22003';

CREATE FUNCTION steering.amount_multiply(steering.amount, bigint) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_multiply';
COMMENT ON FUNCTION steering.amount_multiply(steering.amount, bigint) IS
	'implementation of * operator';

CREATE FUNCTION steering.amount_multiply(bigint, steering.amount) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_multiplied';
COMMENT ON FUNCTION steering.amount_multiply(bigint, steering.amount) IS
	'implementation of * operator';

CREATE OPERATOR steering.* (
	LEFTARG = steering.amount, RIGHTARG = bigint, FUNCTION = steering.amount_multiply,
	COMMUTATOR = OPERATOR(steering.*)
);
COMMENT ON OPERATOR steering.* (steering.amount, bigint) IS 'multiply; overflow is 22003';

CREATE OPERATOR steering.* (
	LEFTARG = bigint, RIGHTARG = steering.amount, FUNCTION = steering.amount_multiply,
	COMMUTATOR = OPERATOR(steering.*)
);
COMMENT ON OPERATOR steering.* (bigint, steering.amount) IS 'multiply; overflow is 22003';

CREATE FUNCTION steering.amount_divide(steering.amount, bigint) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_divide';
COMMENT ON FUNCTION steering.amount_divide(steering.amount, bigint) IS
	'implementation of / operator';

CREATE OPERATOR steering./ (
	LEFTARG = steering.amount, RIGHTARG = bigint, FUNCTION = steering.amount_divide
);
COMMENT ON OPERATOR steering./ (steering.amount, bigint) IS
	'divide, rounded half away from zero to four decimals; by zero is 22012';

-- Aggregates. Without schema steering in the search_path an unqualified sum() or max() is the one
-- over numeric: the same figure, but slower.

CREATE FUNCTION steering.amount_accumulate(internal, steering.amount) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_accumulate';
REVOKE ALL ON FUNCTION steering.amount_accumulate(internal, steering.amount) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_accumulate(internal, steering.amount) IS
	'aggregate transition function';

CREATE FUNCTION steering.amount_discard(internal, steering.amount) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_discard';
REVOKE ALL ON FUNCTION steering.amount_discard(internal, steering.amount) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_discard(internal, steering.amount) IS
	'aggregate inverse transition function';

CREATE FUNCTION steering.amount_combine(internal, internal) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_combine';
REVOKE ALL ON FUNCTION steering.amount_combine(internal, internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_combine(internal, internal) IS 'aggregate combine function';

CREATE FUNCTION steering.amount_serialize(internal) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_serialize';
REVOKE ALL ON FUNCTION steering.amount_serialize(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_serialize(internal) IS 'aggregate serial function';

CREATE FUNCTION steering.amount_deserialize(bytea, internal) RETURNS internal
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_deserialize';
REVOKE ALL ON FUNCTION steering.amount_deserialize(bytea, internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_deserialize(bytea, internal) IS 'aggregate deserial function';

CREATE FUNCTION steering.amount_sum(internal) RETURNS steering.amount
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_sum';
REVOKE ALL ON FUNCTION steering.amount_sum(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_sum(internal) IS 'aggregate final function';

CREATE FUNCTION steering.amount_average(internal) RETURNS numeric
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_average';
REVOKE ALL ON FUNCTION steering.amount_average(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_average(internal) IS 'aggregate final function';

CREATE AGGREGATE steering.sum(steering.amount) (
	SFUNC = steering.amount_accumulate, STYPE = internal, SSPACE = 48,
	FINALFUNC = steering.amount_sum,
	COMBINEFUNC = steering.amount_combine,
	SERIALFUNC = steering.amount_serialize, DESERIALFUNC = steering.amount_deserialize,
	MSFUNC = steering.amount_accumulate, MINVFUNC = steering.amount_discard,
	MSTYPE = internal, MSSPACE = 48,
	MFINALFUNC = steering.amount_sum,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.sum(steering.amount) IS
	'sum; null if there is no amount; 22003 only if the result itself does not fit, not on the way';

CREATE AGGREGATE steering.avg(steering.amount) (
	SFUNC = steering.amount_accumulate, STYPE = internal, SSPACE = 48,
	FINALFUNC = steering.amount_average,
	COMBINEFUNC = steering.amount_combine,
	SERIALFUNC = steering.amount_serialize, DESERIALFUNC = steering.amount_deserialize,
	MSFUNC = steering.amount_accumulate, MINVFUNC = steering.amount_discard,
	MSTYPE = internal, MSSPACE = 48,
	MFINALFUNC = steering.amount_average,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.avg(steering.amount) IS
	'average as numeric, with the digits that avg(numeric) gives; null if there is no amount';

CREATE FUNCTION steering.amount_smaller(steering.amount, steering.amount) RETURNS steering.amount
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8smaller';
REVOKE ALL ON FUNCTION steering.amount_smaller(steering.amount, steering.amount) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_smaller(steering.amount, steering.amount) IS 'smaller of two';

CREATE AGGREGATE steering.min(steering.amount) (
	SFUNC = steering.amount_smaller, STYPE = steering.amount, COMBINEFUNC = steering.amount_smaller,
	SORTOP = OPERATOR(steering.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.min(steering.amount) IS 'least amount; null if there is none';

CREATE FUNCTION steering.amount_larger(steering.amount, steering.amount) RETURNS steering.amount
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8larger';
REVOKE ALL ON FUNCTION steering.amount_larger(steering.amount, steering.amount) FROM PUBLIC;
COMMENT ON FUNCTION steering.amount_larger(steering.amount, steering.amount) IS 'larger of two';

CREATE AGGREGATE steering.max(steering.amount) (
	SFUNC = steering.amount_larger, STYPE = steering.amount, COMBINEFUNC = steering.amount_larger,
	SORTOP = OPERATOR(steering.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.max(steering.amount) IS 'greatest amount; null if there is none';
-- What a cap can limit.

-- PUBLIC may execute it: it tells nothing.
CREATE FUNCTION steering.metric_part(metric text, amount anyelement, volume anyelement) RETURNS anyelement
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_metric_part';
COMMENT ON FUNCTION steering.metric_part(text, anyelement, anyelement) IS
'what a cap on this metric counts of what was booked: one of these. Error: 22023 there is no such metric';
-- fiscal_period.sql
-- The type steering.fiscal_period: a calendar year, quarter or month.
--
-- A period is stored as an integer that sorts as periods do, so comparison, hashing and index support
-- are those of integer: functions of core (LANGUAGE internal), declared here for fiscal_period.

CREATE TYPE steering.fiscal_period;

CREATE FUNCTION steering.fiscal_period_in(cstring) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_in';
REVOKE ALL ON FUNCTION steering.fiscal_period_in(cstring) FROM PUBLIC;
COMMENT ON FUNCTION steering.fiscal_period_in(cstring) IS 'I/O';

CREATE FUNCTION steering.fiscal_period_out(steering.fiscal_period) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_out';
REVOKE ALL ON FUNCTION steering.fiscal_period_out(steering.fiscal_period) FROM PUBLIC;
COMMENT ON FUNCTION steering.fiscal_period_out(steering.fiscal_period) IS 'I/O';

CREATE FUNCTION steering.fiscal_period_recv(internal) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_recv';
REVOKE ALL ON FUNCTION steering.fiscal_period_recv(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.fiscal_period_recv(internal) IS 'I/O';

CREATE FUNCTION steering.fiscal_period_send(steering.fiscal_period) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_send';
REVOKE ALL ON FUNCTION steering.fiscal_period_send(steering.fiscal_period) FROM PUBLIC;
COMMENT ON FUNCTION steering.fiscal_period_send(steering.fiscal_period) IS 'I/O';

CREATE TYPE steering.fiscal_period (
	INPUT = steering.fiscal_period_in,
	OUTPUT = steering.fiscal_period_out,
	RECEIVE = steering.fiscal_period_recv,
	SEND = steering.fiscal_period_send,
	LIKE = pg_catalog.int4
);
COMMENT ON TYPE steering.fiscal_period IS
	'calendar year, quarter or month, as 2026, 2026-Q1, 2026-03, of the years 0001 to 9999; ordered by first day, of the same first day the longer first; other text is 22P02, other years are 22003';

-- Comparison. Leakproof as for integer, so that row level security need not come before an index.

CREATE FUNCTION steering.fiscal_period_equal(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int4eq';
COMMENT ON FUNCTION steering.fiscal_period_equal(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of = operator';

CREATE OPERATOR steering.= (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_equal,
	COMMUTATOR = OPERATOR(steering.=), NEGATOR = OPERATOR(steering.<>), HASHES, MERGES,
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR steering.= (steering.fiscal_period, steering.fiscal_period) IS 'equal';

CREATE FUNCTION steering.fiscal_period_not_equal(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int4ne';
COMMENT ON FUNCTION steering.fiscal_period_not_equal(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of <> operator';

CREATE OPERATOR steering.<> (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_not_equal,
	COMMUTATOR = OPERATOR(steering.<>), NEGATOR = OPERATOR(steering.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR steering.<> (steering.fiscal_period, steering.fiscal_period) IS 'not equal';

CREATE FUNCTION steering.fiscal_period_less(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int4lt';
COMMENT ON FUNCTION steering.fiscal_period_less(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of < operator';

CREATE OPERATOR steering.< (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_less,
	COMMUTATOR = OPERATOR(steering.>), NEGATOR = OPERATOR(steering.>=),
	RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR steering.< (steering.fiscal_period, steering.fiscal_period) IS 'starts earlier, or starts with it and is longer';

CREATE FUNCTION steering.fiscal_period_less_equal(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int4le';
COMMENT ON FUNCTION steering.fiscal_period_less_equal(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of <= operator';

CREATE OPERATOR steering.<= (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_less_equal,
	COMMUTATOR = OPERATOR(steering.>=), NEGATOR = OPERATOR(steering.>),
	RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR steering.<= (steering.fiscal_period, steering.fiscal_period) IS 'less than or equal';

CREATE FUNCTION steering.fiscal_period_greater_equal(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int4ge';
COMMENT ON FUNCTION steering.fiscal_period_greater_equal(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of >= operator';

CREATE OPERATOR steering.>= (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_greater_equal,
	COMMUTATOR = OPERATOR(steering.<=), NEGATOR = OPERATOR(steering.<),
	RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR steering.>= (steering.fiscal_period, steering.fiscal_period) IS 'greater than or equal';

CREATE FUNCTION steering.fiscal_period_greater(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int4gt';
COMMENT ON FUNCTION steering.fiscal_period_greater(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of > operator';

CREATE OPERATOR steering.> (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_greater,
	COMMUTATOR = OPERATOR(steering.<), NEGATOR = OPERATOR(steering.<=),
	RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR steering.> (steering.fiscal_period, steering.fiscal_period) IS 'starts later, or starts with it and is shorter';

-- Operator classes.

CREATE FUNCTION steering.fiscal_period_compare(steering.fiscal_period, steering.fiscal_period) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint4cmp';
COMMENT ON FUNCTION steering.fiscal_period_compare(steering.fiscal_period, steering.fiscal_period) IS
	'less-equal-greater';

CREATE OPERATOR CLASS steering.fiscal_period_ops DEFAULT FOR TYPE steering.fiscal_period USING btree AS
	OPERATOR 1 steering.<,
	OPERATOR 2 steering.<=,
	OPERATOR 3 steering.=,
	OPERATOR 4 steering.>=,
	OPERATOR 5 steering.>,
	FUNCTION 1 steering.fiscal_period_compare(steering.fiscal_period, steering.fiscal_period),
	FUNCTION 2 pg_catalog.btint4sortsupport(internal),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS steering.fiscal_period_ops USING btree IS 'orders periods by first day, then the longer first';

CREATE FUNCTION steering.fiscal_period_hash(steering.fiscal_period) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashint4';
COMMENT ON FUNCTION steering.fiscal_period_hash(steering.fiscal_period) IS 'hash';

CREATE FUNCTION steering.fiscal_period_hash_extended(steering.fiscal_period, bigint) RETURNS bigint
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashint4extended';
COMMENT ON FUNCTION steering.fiscal_period_hash_extended(steering.fiscal_period, bigint) IS 'hash with a seed';

CREATE OPERATOR CLASS steering.fiscal_period_ops DEFAULT FOR TYPE steering.fiscal_period USING hash AS
	OPERATOR 1 steering.=,
	FUNCTION 1 steering.fiscal_period_hash(steering.fiscal_period),
	FUNCTION 2 steering.fiscal_period_hash_extended(steering.fiscal_period, bigint);
COMMENT ON OPERATOR CLASS steering.fiscal_period_ops USING hash IS 'hashes periods';

-- Aggregates.

CREATE FUNCTION steering.fiscal_period_smaller(steering.fiscal_period, steering.fiscal_period) RETURNS steering.fiscal_period
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4smaller';
REVOKE ALL ON FUNCTION steering.fiscal_period_smaller(steering.fiscal_period, steering.fiscal_period) FROM PUBLIC;
COMMENT ON FUNCTION steering.fiscal_period_smaller(steering.fiscal_period, steering.fiscal_period) IS
	'smaller of two';

CREATE AGGREGATE steering.min(steering.fiscal_period) (
	SFUNC = steering.fiscal_period_smaller, STYPE = steering.fiscal_period, COMBINEFUNC = steering.fiscal_period_smaller,
	SORTOP = OPERATOR(steering.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.min(steering.fiscal_period) IS 'first period in the order of periods; null if there is none';

CREATE FUNCTION steering.fiscal_period_larger(steering.fiscal_period, steering.fiscal_period) RETURNS steering.fiscal_period
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4larger';
REVOKE ALL ON FUNCTION steering.fiscal_period_larger(steering.fiscal_period, steering.fiscal_period) FROM PUBLIC;
COMMENT ON FUNCTION steering.fiscal_period_larger(steering.fiscal_period, steering.fiscal_period) IS
	'larger of two';

CREATE AGGREGATE steering.max(steering.fiscal_period) (
	SFUNC = steering.fiscal_period_larger, STYPE = steering.fiscal_period, COMBINEFUNC = steering.fiscal_period_larger,
	SORTOP = OPERATOR(steering.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.max(steering.fiscal_period) IS 'last period in the order of periods; null if there is none';

-- What lies in what. A day that is infinite lies in no period.

CREATE FUNCTION steering.fiscal_period_contains(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_contains';
COMMENT ON FUNCTION steering.fiscal_period_contains(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of @> operator';

CREATE OPERATOR steering.@> (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_contains,
	COMMUTATOR = OPERATOR(steering.<@), RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR steering.@> (steering.fiscal_period, steering.fiscal_period) IS 'contains';

CREATE FUNCTION steering.fiscal_period_contained(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_contained';
COMMENT ON FUNCTION steering.fiscal_period_contained(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of <@ operator';

CREATE OPERATOR steering.<@ (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_contained,
	COMMUTATOR = OPERATOR(steering.@>), RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR steering.<@ (steering.fiscal_period, steering.fiscal_period) IS 'is contained by';

CREATE FUNCTION steering.fiscal_period_contains_date(steering.fiscal_period, date) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_contains_date';
COMMENT ON FUNCTION steering.fiscal_period_contains_date(steering.fiscal_period, date) IS
	'implementation of @> operator';

CREATE OPERATOR steering.@> (
	LEFTARG = steering.fiscal_period, RIGHTARG = date, FUNCTION = steering.fiscal_period_contains_date,
	COMMUTATOR = OPERATOR(steering.<@), RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR steering.@> (steering.fiscal_period, date) IS 'contains the day';

CREATE FUNCTION steering.fiscal_period_contained_date(date, steering.fiscal_period) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_contained_date';
COMMENT ON FUNCTION steering.fiscal_period_contained_date(date, steering.fiscal_period) IS
	'implementation of <@ operator';

CREATE OPERATOR steering.<@ (
	LEFTARG = date, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_contained_date,
	COMMUTATOR = OPERATOR(steering.@>), RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR steering.<@ (date, steering.fiscal_period) IS 'the day is contained by';

CREATE FUNCTION steering.fiscal_period_overlaps(steering.fiscal_period, steering.fiscal_period) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_overlaps';
COMMENT ON FUNCTION steering.fiscal_period_overlaps(steering.fiscal_period, steering.fiscal_period) IS
	'implementation of && operator';

CREATE OPERATOR steering.&& (
	LEFTARG = steering.fiscal_period, RIGHTARG = steering.fiscal_period, FUNCTION = steering.fiscal_period_overlaps,
	COMMUTATOR = OPERATOR(steering.&&), RESTRICT = pg_catalog.contsel, JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR steering.&& (steering.fiscal_period, steering.fiscal_period) IS 'has a day in common with';

-- Moving, by periods of the same granularity.

CREATE FUNCTION steering.fiscal_period_plus(steering.fiscal_period, integer) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_plus';
COMMENT ON FUNCTION steering.fiscal_period_plus(steering.fiscal_period, integer) IS
	'implementation of + operator';

CREATE OPERATOR steering.+ (LEFTARG = steering.fiscal_period, RIGHTARG = integer, FUNCTION = steering.fiscal_period_plus);
COMMENT ON OPERATOR steering.+ (steering.fiscal_period, integer) IS
	'so many periods of the same granularity later; 22003 outside the years 0001 to 9999';

CREATE FUNCTION steering.fiscal_period_minus(steering.fiscal_period, integer) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_minus';
COMMENT ON FUNCTION steering.fiscal_period_minus(steering.fiscal_period, integer) IS
	'implementation of - operator';

CREATE OPERATOR steering.- (LEFTARG = steering.fiscal_period, RIGHTARG = integer, FUNCTION = steering.fiscal_period_minus);
COMMENT ON OPERATOR steering.- (steering.fiscal_period, integer) IS
	'so many periods of the same granularity earlier; 22003 outside the years 0001 to 9999';

CREATE FUNCTION steering.next_period(period steering.fiscal_period) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_next_period';
COMMENT ON FUNCTION steering.next_period(steering.fiscal_period) IS
	'next period of the same granularity; 22003 after the year 9999';

CREATE FUNCTION steering.previous_period(period steering.fiscal_period) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_previous_period';
COMMENT ON FUNCTION steering.previous_period(steering.fiscal_period) IS
	'previous period of the same granularity; 22003 before the year 0001';

CREATE FUNCTION steering.parent_period(period steering.fiscal_period) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_parent_period';
COMMENT ON FUNCTION steering.parent_period(steering.fiscal_period) IS
	'quarter of a month, year of a quarter; null for a year';

CREATE FUNCTION steering.granularity(period steering.fiscal_period) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_granularity';
COMMENT ON FUNCTION steering.granularity(steering.fiscal_period) IS 'year, quarter or month';

-- Periods and days.

CREATE FUNCTION steering.fiscal_period(day date, granularity text) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_of_date';
COMMENT ON FUNCTION steering.fiscal_period(date, text) IS
	'year, quarter or month (granularity) that a day lies in; another granularity is 22023, a day outside the years 0001 to 9999 is 22003';

CREATE FUNCTION steering.first_day(period steering.fiscal_period) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_first_day';
COMMENT ON FUNCTION steering.first_day(steering.fiscal_period) IS 'first day of a period';

CREATE FUNCTION steering.last_day(period steering.fiscal_period) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_last_day';
COMMENT ON FUNCTION steering.last_day(steering.fiscal_period) IS 'last day of a period';

-- Not STRICT: the planner inlines it only so, for to the constructor of ranges a null bound is no bound.
CREATE FUNCTION steering.daterange(period steering.fiscal_period) RETURNS daterange
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN period IS NOT NULL
		THEN pg_catalog.daterange(steering.first_day(period), steering.last_day(period), '[]') END;
COMMENT ON FUNCTION steering.daterange(steering.fiscal_period) IS
	'days of a period: from its first day to before the first day of the next';

CREATE CAST (steering.fiscal_period AS daterange) WITH FUNCTION steering.daterange(steering.fiscal_period) AS ASSIGNMENT;
COMMENT ON CAST (steering.fiscal_period AS daterange) IS 'days of the period';

-- Not STRICT: the planner inlines it only so. A null first or last period gives no month.
CREATE FUNCTION steering.generate_months(first steering.fiscal_period, last steering.fiscal_period) RETURNS SETOF steering.fiscal_period
	LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 12
BEGIN ATOMIC
	SELECT steering.fiscal_period(month::date, 'month')
	FROM pg_catalog.generate_series(steering.first_day(first)::timestamp,
		steering.last_day(last)::timestamp, interval '1 month') AS month;
END;
COMMENT ON FUNCTION steering.generate_months(steering.fiscal_period, steering.fiscal_period) IS
	'months from the first one of a period to the last one of another, or of the same, in order; none if that ends before this starts';
-- day_range.sql
-- The type steering.day_range: what functions take that ask for a range of days. Its values are those of
-- daterange, which it can be made of without more ado; written out, it can be a fiscal period too.

CREATE TYPE steering.day_range;

-- Not IMMUTABLE, as input of daterange is not: what is a day in a text depends on DateStyle.
CREATE FUNCTION steering.day_range_in(cstring) RETURNS steering.day_range
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_in';
REVOKE ALL ON FUNCTION steering.day_range_in(cstring) FROM PUBLIC;
COMMENT ON FUNCTION steering.day_range_in(cstring) IS 'I/O';

CREATE FUNCTION steering.day_range_out(steering.day_range) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_out';
REVOKE ALL ON FUNCTION steering.day_range_out(steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.day_range_out(steering.day_range) IS 'I/O';

CREATE FUNCTION steering.day_range_recv(internal) RETURNS steering.day_range
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_recv';
REVOKE ALL ON FUNCTION steering.day_range_recv(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.day_range_recv(internal) IS 'I/O';

CREATE FUNCTION steering.day_range_send(steering.day_range) RETURNS bytea
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_send';
REVOKE ALL ON FUNCTION steering.day_range_send(steering.day_range) FROM PUBLIC;
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
-- ladder.sql
-- The type steering.ladder: the steps of a cap. And what a ladder means for given figures.
--
-- A ladder is stored in canonical order, so equal ladders are equal bytes, and comparison, hashing and
-- index support are those of bytea: functions of core (LANGUAGE internal), declared here for ladder.

CREATE TYPE steering.ladder;

CREATE FUNCTION steering.ladder_in(cstring) RETURNS steering.ladder
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_ladder_in';
REVOKE ALL ON FUNCTION steering.ladder_in(cstring) FROM PUBLIC;
COMMENT ON FUNCTION steering.ladder_in(cstring) IS 'I/O';

CREATE FUNCTION steering.ladder_out(steering.ladder) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_ladder_out';
REVOKE ALL ON FUNCTION steering.ladder_out(steering.ladder) FROM PUBLIC;
COMMENT ON FUNCTION steering.ladder_out(steering.ladder) IS 'I/O';

CREATE FUNCTION steering.ladder_recv(internal) RETURNS steering.ladder
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_ladder_recv';
REVOKE ALL ON FUNCTION steering.ladder_recv(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.ladder_recv(internal) IS 'I/O';

CREATE FUNCTION steering.ladder_send(steering.ladder) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_ladder_send';
REVOKE ALL ON FUNCTION steering.ladder_send(steering.ladder) FROM PUBLIC;
COMMENT ON FUNCTION steering.ladder_send(steering.ladder) IS 'I/O';

-- Plain: never compressed, out of line, or with a short header. The engine reads it in place.
CREATE TYPE steering.ladder (
	INPUT = steering.ladder_in,
	OUTPUT = steering.ladder_out,
	RECEIVE = steering.ladder_recv,
	SEND = steering.ladder_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE steering.ladder IS
	'steps of a cap, as ''80% notify, 100% warn, 105% block'' or ''100% warn, +40 block'': 1 to 16 thresholds (percent of the limit up to 10000, or an amount above it; at most four decimals), each with notify, warn or block; without block it is advisory; other text is 22P02, too large a threshold is 22003';

-- Comparison. The order has no meaning; it serves DISTINCT, GROUP BY and indexes.

CREATE FUNCTION steering.ladder_equal(steering.ladder, steering.ladder) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteaeq';
COMMENT ON FUNCTION steering.ladder_equal(steering.ladder, steering.ladder) IS 'implementation of = operator';

CREATE OPERATOR steering.= (
	LEFTARG = steering.ladder, RIGHTARG = steering.ladder, FUNCTION = steering.ladder_equal,
	COMMUTATOR = OPERATOR(steering.=), NEGATOR = OPERATOR(steering.<>), HASHES, MERGES,
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR steering.= (steering.ladder, steering.ladder) IS 'equal: the same steps, in whatever order they were written';

CREATE FUNCTION steering.ladder_not_equal(steering.ladder, steering.ladder) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteane';
COMMENT ON FUNCTION steering.ladder_not_equal(steering.ladder, steering.ladder) IS
	'implementation of <> operator';

CREATE OPERATOR steering.<> (
	LEFTARG = steering.ladder, RIGHTARG = steering.ladder, FUNCTION = steering.ladder_not_equal,
	COMMUTATOR = OPERATOR(steering.<>), NEGATOR = OPERATOR(steering.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR steering.<> (steering.ladder, steering.ladder) IS 'not equal';

CREATE FUNCTION steering.ladder_less(steering.ladder, steering.ladder) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'bytealt';
COMMENT ON FUNCTION steering.ladder_less(steering.ladder, steering.ladder) IS 'implementation of < operator';

CREATE OPERATOR steering.< (
	LEFTARG = steering.ladder, RIGHTARG = steering.ladder, FUNCTION = steering.ladder_less,
	COMMUTATOR = OPERATOR(steering.>), NEGATOR = OPERATOR(steering.>=),
	RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR steering.< (steering.ladder, steering.ladder) IS 'less than, in an order without meaning';

CREATE FUNCTION steering.ladder_less_equal(steering.ladder, steering.ladder) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteale';
COMMENT ON FUNCTION steering.ladder_less_equal(steering.ladder, steering.ladder) IS
	'implementation of <= operator';

CREATE OPERATOR steering.<= (
	LEFTARG = steering.ladder, RIGHTARG = steering.ladder, FUNCTION = steering.ladder_less_equal,
	COMMUTATOR = OPERATOR(steering.>=), NEGATOR = OPERATOR(steering.>),
	RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR steering.<= (steering.ladder, steering.ladder) IS 'less than or equal, in an order without meaning';

CREATE FUNCTION steering.ladder_greater_equal(steering.ladder, steering.ladder) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteage';
COMMENT ON FUNCTION steering.ladder_greater_equal(steering.ladder, steering.ladder) IS
	'implementation of >= operator';

CREATE OPERATOR steering.>= (
	LEFTARG = steering.ladder, RIGHTARG = steering.ladder, FUNCTION = steering.ladder_greater_equal,
	COMMUTATOR = OPERATOR(steering.<=), NEGATOR = OPERATOR(steering.<),
	RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR steering.>= (steering.ladder, steering.ladder) IS 'greater than or equal, in an order without meaning';

CREATE FUNCTION steering.ladder_greater(steering.ladder, steering.ladder) RETURNS boolean
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteagt';
COMMENT ON FUNCTION steering.ladder_greater(steering.ladder, steering.ladder) IS 'implementation of > operator';

CREATE OPERATOR steering.> (
	LEFTARG = steering.ladder, RIGHTARG = steering.ladder, FUNCTION = steering.ladder_greater,
	COMMUTATOR = OPERATOR(steering.<), NEGATOR = OPERATOR(steering.<=),
	RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR steering.> (steering.ladder, steering.ladder) IS 'greater than, in an order without meaning';

-- Operator classes.

CREATE FUNCTION steering.ladder_compare(steering.ladder, steering.ladder) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'byteacmp';
COMMENT ON FUNCTION steering.ladder_compare(steering.ladder, steering.ladder) IS 'less-equal-greater';

CREATE OPERATOR CLASS steering.ladder_ops DEFAULT FOR TYPE steering.ladder USING btree AS
	OPERATOR 1 steering.<,
	OPERATOR 2 steering.<=,
	OPERATOR 3 steering.=,
	OPERATOR 4 steering.>=,
	OPERATOR 5 steering.>,
	FUNCTION 1 steering.ladder_compare(steering.ladder, steering.ladder),
	FUNCTION 2 pg_catalog.bytea_sortsupport(internal),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS steering.ladder_ops USING btree IS 'orders ladders, without meaning';

CREATE FUNCTION steering.ladder_hash(steering.ladder) RETURNS integer
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
COMMENT ON FUNCTION steering.ladder_hash(steering.ladder) IS 'hash';

CREATE FUNCTION steering.ladder_hash_extended(steering.ladder, bigint) RETURNS bigint
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlenaextended';
COMMENT ON FUNCTION steering.ladder_hash_extended(steering.ladder, bigint) IS 'hash with a seed';

CREATE OPERATOR CLASS steering.ladder_ops DEFAULT FOR TYPE steering.ladder USING hash AS
	OPERATOR 1 steering.=,
	FUNCTION 1 steering.ladder_hash(steering.ladder),
	FUNCTION 2 steering.ladder_hash_extended(steering.ladder, bigint);
COMMENT ON OPERATOR CLASS steering.ladder_ops USING hash IS 'hashes ladders';

-- What a ladder means for given figures. No cap is looked at.

CREATE FUNCTION steering.blocks_at(ladder steering.ladder, amount steering.amount) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_blocks_at';
COMMENT ON FUNCTION steering.blocks_at(steering.ladder, steering.amount) IS
	'lowest block threshold under a limit (amount), rounded down: usage above it is refused; null if the ladder is advisory; saturates at the largest amount; a negative limit is 22023';

CREATE FUNCTION steering.step_at(ladder steering.ladder, amount steering.amount, used steering.amount) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_step_at';
COMMENT ON FUNCTION steering.step_at(steering.ladder, steering.amount, steering.amount) IS
	'highest step that usage stands at under a limit (amount), as 80% notify; null if none; a negative limit is 22023';

CREATE FUNCTION steering.judge_change(ladder steering.ladder, amount numeric, before numeric, after numeric) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_judge_change';
COMMENT ON FUNCTION steering.judge_change(steering.ladder, numeric, numeric, numeric) IS
	'dry verdict: what a ladder says, under a limit (amount), of usage that goes from before to after: ok, notify, warn or block; a negative limit is 22023, a figure outside amount is 22003';
-- The register of participants, and the trigger functions that both registers share.

-- The triggers below look after parents, in place of a foreign key: that would have every pg_dump of
-- the database warn of circular constraints.
CREATE TABLE steering.participant (
	participant_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (participant_id > 0),
	code text NOT NULL CONSTRAINT participant_code_key UNIQUE CHECK (code <> ''),
	parent text,
	name text NOT NULL,
	inhabitants integer CHECK (inhabitants >= 0),
	during daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(during)),
	reader steering.role_reference
);
REVOKE ALL ON steering.participant FROM PUBLIC;
CREATE INDEX participant_parent_idx ON steering.participant (parent);
SELECT pg_catalog.pg_extension_config_dump('steering.participant', '');
SELECT pg_catalog.pg_extension_config_dump('steering.participant_participant_id_seq', '');
COMMENT ON TABLE steering.participant IS 'who takes part: municipalities and groups of them, as a tree';
COMMENT ON COLUMN steering.participant.participant_id IS 'number of the participant; it never changes';
COMMENT ON COLUMN steering.participant.code IS 'what finance tables call the participant; it never changes';
COMMENT ON COLUMN steering.participant.parent IS 'code of the group that the participant belongs to; null: of none';
COMMENT ON COLUMN steering.participant.name IS 'name for people';
COMMENT ON COLUMN steering.participant.inhabitants IS 'number of inhabitants; null: unknown or not applicable';
COMMENT ON COLUMN steering.participant.during IS 'when it takes part: bookings on other days are refused, or ignored if their source says so';
COMMENT ON COLUMN steering.participant.reader IS 'role that may read the figures of this participant and of all below it, and so may every role that has its privileges; null: none; what names no role gives nobody a right. Only who may grant SELECT on steering.cap sets it (42501)';

CREATE FUNCTION steering.exclude_bookings() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_exclude_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.exclude_bookings() FROM PUBLIC;
COMMENT ON FUNCTION steering.exclude_bookings() IS 'before a change of who a cap applies to: waits for running bookings, and holds new ones until commit';

CREATE FUNCTION steering.refuse_key_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_key_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_key_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_key_change() IS 'refuses another code or number for an entry of a register (0A000)';

CREATE FUNCTION steering.refuse_truncate() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_truncate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_truncate() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_truncate() IS 'refuses TRUNCATE of a register (0A000)';

CREATE FUNCTION steering.follow_register() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_follow_register'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_register() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_register() IS 'after a change of a register: checks it as a whole, and recounts the caps that it touches';

-- The columns named here are those that decide which caps apply to a booking. Names, numbers of
-- inhabitants and readers may be changed while bookings go on.
CREATE TRIGGER exclude_bookings
	BEFORE INSERT OR DELETE OR UPDATE OF code, parent, during ON steering.participant
	FOR EACH STATEMENT EXECUTE FUNCTION steering.exclude_bookings();
CREATE TRIGGER refuse_key_change
	BEFORE UPDATE ON steering.participant
	FOR EACH ROW WHEN (OLD.code IS DISTINCT FROM NEW.code OR OLD.participant_id IS DISTINCT FROM NEW.participant_id)
	EXECUTE FUNCTION steering.refuse_key_change();
CREATE TRIGGER refuse_truncate
	BEFORE TRUNCATE ON steering.participant
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_truncate();
CREATE TRIGGER follow_insert
	AFTER INSERT ON steering.participant REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
CREATE TRIGGER follow_update
	AFTER UPDATE ON steering.participant REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
CREATE TRIGGER follow_delete
	AFTER DELETE ON steering.participant REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
-- The register of services: the catalogue. Its trigger functions are in participant.sql.

CREATE TABLE steering.service (
	service_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (service_id > 0),
	code text NOT NULL CONSTRAINT service_code_key UNIQUE CHECK (code <> ''),
	parent text,
	name text NOT NULL,
	kind text NOT NULL DEFAULT 'standard' CHECK (kind IN ('standard', 'development')),
	unit text,
	require_cap boolean NOT NULL DEFAULT false,
	during daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(during))
);
REVOKE ALL ON steering.service FROM PUBLIC;
CREATE INDEX service_parent_idx ON steering.service (parent);
SELECT pg_catalog.pg_extension_config_dump('steering.service', '');
SELECT pg_catalog.pg_extension_config_dump('steering.service_service_id_seq', '');
COMMENT ON TABLE steering.service IS 'the catalogue: what can be delivered, as a tree';
COMMENT ON COLUMN steering.service.service_id IS 'number of the service; it never changes';
COMMENT ON COLUMN steering.service.code IS 'what finance tables call the service; it never changes';
COMMENT ON COLUMN steering.service.parent IS 'code of the service that this one is a part of; null: of none';
COMMENT ON COLUMN steering.service.name IS 'name for people';
COMMENT ON COLUMN steering.service.kind IS 'standard: contracted and reviewed in outline; development: led by one participant, others follow';
COMMENT ON COLUMN steering.service.unit IS 'what volume is counted in; null: no volume';
COMMENT ON COLUMN steering.service.require_cap IS 'true: a booking that no budget cap covers is refused (23S71)';
COMMENT ON COLUMN steering.service.during IS 'when it is delivered: bookings on other days are refused, or ignored if their source says so';

-- The columns named here are those that decide which caps apply to a booking.
CREATE TRIGGER exclude_bookings
	BEFORE INSERT OR DELETE OR UPDATE OF code, parent, during, require_cap ON steering.service
	FOR EACH STATEMENT EXECUTE FUNCTION steering.exclude_bookings();
CREATE TRIGGER refuse_key_change
	BEFORE UPDATE ON steering.service
	FOR EACH ROW WHEN (OLD.code IS DISTINCT FROM NEW.code OR OLD.service_id IS DISTINCT FROM NEW.service_id)
	EXECUTE FUNCTION steering.refuse_key_change();
CREATE TRIGGER refuse_truncate
	BEFORE TRUNCATE ON steering.service
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_truncate();
CREATE TRIGGER follow_insert
	AFTER INSERT ON steering.service REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
CREATE TRIGGER follow_update
	AFTER UPDATE ON steering.service REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
CREATE TRIGGER follow_delete
	AFTER DELETE ON steering.service REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
-- Caps, their counters, and the functions that set them.

-- No foreign keys to the registers: pg_restore --jobs knows of no order among the tables of an
-- extension. Caps are written by C alone, and the registers look for caps before they let an entry go.
CREATE TABLE steering.cap (
	cap_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT cap_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	metric text NOT NULL CHECK (metric IN ('budget', 'volume')),
	during daterange NOT NULL CHECK (isfinite(lower(during)) AND isfinite(upper(during))
									 AND lower(during) IS NOT NULL AND upper(during) IS NOT NULL),
	amount steering.amount NOT NULL CHECK (amount OPERATOR(steering.>=) 0::steering.amount),
	ladder steering.ladder NOT NULL,
	revision integer NOT NULL DEFAULT 1,
	CONSTRAINT cap_scope_key UNIQUE (service_id, participant_id, metric, during)
);
REVOKE ALL ON steering.cap FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.cap', '');
SELECT pg_catalog.pg_extension_config_dump('steering.cap_cap_id_seq', '');
COMMENT ON TABLE steering.cap IS 'limits, written by set_cap(), drop_cap() and spread_cap() alone; who may select from it may read every figure';
COMMENT ON COLUMN steering.cap.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.cap.service_id IS 'it limits this service and all below it';
COMMENT ON COLUMN steering.cap.participant_id IS 'it limits this participant and all below it';
COMMENT ON COLUMN steering.cap.metric IS 'budget: limits amounts; volume: limits volumes';
COMMENT ON COLUMN steering.cap.during IS 'it limits bookings on these days';
COMMENT ON COLUMN steering.cap.amount IS 'the limit';
COMMENT ON COLUMN steering.cap.ladder IS 'what happens at which usage';
COMMENT ON COLUMN steering.cap.revision IS 'goes up by one when amount or ladder change';

-- The order of the columns is known to C, and so is that they are all of fixed width. No foreign key
-- and no trigger of others: bookings write this table where deferred triggers would not fire.
CREATE TABLE steering.cap_counter (
	used steering.amount NOT NULL,
	floor steering.amount NOT NULL DEFAULT 0,
	ceiling steering.amount NOT NULL DEFAULT 0,
	cap_id integer NOT NULL,
	stripe integer NOT NULL,
	depth integer NOT NULL DEFAULT 0,
	revision integer NOT NULL,
	CONSTRAINT cap_counter_pkey PRIMARY KEY (cap_id, stripe)
) WITH (fillfactor = 50);
REVOKE ALL ON steering.cap_counter FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.cap_counter', '');
COMMENT ON TABLE steering.cap_counter IS 'what the bookings use of each cap';
COMMENT ON COLUMN steering.cap_counter.used IS 'usage counted in this stripe; the sum over the stripes is the usage of the cap';
COMMENT ON COLUMN steering.cap_counter.floor IS 'how low this stripe may go without a look at the others; means nothing at depth 0';
COMMENT ON COLUMN steering.cap_counter.ceiling IS 'how high this stripe may go without a look at the others; means nothing at depth 0';
COMMENT ON COLUMN steering.cap_counter.cap_id IS 'the cap';
COMMENT ON COLUMN steering.cap_counter.depth IS 'how often this stripe was divided; 0: it is the whole counter';
COMMENT ON COLUMN steering.cap_counter.stripe IS 'number of the stripe: 0 is always there';
COMMENT ON COLUMN steering.cap_counter.revision IS 'that of the cap';

CREATE FUNCTION steering.judge() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_judge'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.judge() FROM PUBLIC;
COMMENT ON FUNCTION steering.judge() IS 'writes and judges what a statement has booked when all its triggers have run; they queue it';

CREATE TRIGGER judge AFTER INSERT ON steering.cap_counter
	FOR EACH STATEMENT EXECUTE FUNCTION steering.judge();

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_counter() RETURNS TABLE (cap_id integer, used steering.amount)
AS 'MODULE_PATHNAME', 'steering_unwritten_counter'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_counter() IS
'what this transaction has booked and will add to the counters of caps when it commits, as far as the role may read it; a counter may have several rows';

CREATE VIEW steering.cap_usage AS
SELECT counted.cap_id, steering.sum(counted.used) AS used, min(counted.revision) AS revision
FROM (SELECT cap_counter.cap_id, cap_counter.used, cap_counter.revision FROM steering.cap_counter
      UNION ALL
      SELECT unwritten.cap_id, unwritten.used, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
GROUP BY counted.cap_id;
REVOKE ALL ON steering.cap_usage FROM PUBLIC;
COMMENT ON VIEW steering.cap_usage IS 'counters of the caps, with what the present transaction has not written yet';
COMMENT ON COLUMN steering.cap_usage.cap_id IS 'the cap';
COMMENT ON COLUMN steering.cap_usage.used IS 'usage of the cap';
COMMENT ON COLUMN steering.cap_usage.revision IS 'that of the cap';

CREATE FUNCTION steering.compact() RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_compact'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.compact() FROM PUBLIC;
COMMENT ON FUNCTION steering.compact() IS
'makes one row again of the counters and usage cells that were divided and that nobody is changing now, and takes away cells of which nothing is left; returns how many rows went. Their room is given back by VACUUM. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE FUNCTION steering.set_cap(service text, participant text, metric text, during steering.day_range,
	amount numeric, ladder text DEFAULT NULL, reason text DEFAULT NULL, accept_overrun boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_set_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean) IS
'creates a cap, or revises the one with the same service, participant, metric and range; returns its number. Without a ladder a new cap blocks at 100% and another keeps its own. A limit below usage is refused (23S71, 23S72) if the ladder blocks, unless accept_overrun. Other errors: 22004 null, 22023 unknown code, metric or range, more than four decimals, 22003 amount, 22P02 ladder, 55000 bookings cannot be read that the range holds a month of in part, unless accept_overrun, 40001 concurrent change. A notice says so where the range is not whole months';

CREATE FUNCTION steering.drop_cap(cap integer, reason text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'steering_drop_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.drop_cap(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_cap(integer, text) IS 'ends a cap. Waits for running bookings. Errors: 22004 null, 42704 no such cap';

CREATE FUNCTION steering.spread_cap(cap integer, per text DEFAULT 'month', profile numeric[] DEFAULT NULL,
	ladder text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS SETOF integer
AS 'MODULE_PATHNAME', 'steering_spread_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 12;
REVOKE ALL ON FUNCTION steering.spread_cap(integer, text, numeric[], text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.spread_cap(integer, text, numeric[], text, text) IS
'sets a cap from the first day of the given one to the end of each month or quarter in it, the limits growing by the profile (one weight per step; null: equal steps); returns the numbers, the given cap last. Without a ladder all take that of the given cap. Errors: those of set_cap(), 42704 no such cap';

CREATE FUNCTION steering.check_booking(service text, participant text, booked_on date,
	amount numeric DEFAULT 0, volume numeric DEFAULT 0)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, amount numeric, used numeric,
	after numeric, blocks_at numeric, headroom numeric, verdict text)
AS 'MODULE_PATHNAME', 'steering_check_booking'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.check_booking(text, text, date, numeric, numeric) IS
'what a booking would do to the caps over it that the role may read, without booking: usage before and after, the threshold above which the cap blocks and the room under it (null: it never blocks), and the verdict: ok, notify, warn or block. Errors: 23S73, 23S74, and 23S71 where a cap is required and none stands, as that booking would have';
-- Sources: attached finance tables, their triggers, and what follows their ALTER and DROP.

-- The order of the columns is known to C.
CREATE TABLE steering.source (
    source_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT source_pkey PRIMARY KEY,
    relation steering.table_number NOT NULL CONSTRAINT source_relation_key UNIQUE,
    service text NOT NULL,
    participant text NOT NULL,
    booked_on text NOT NULL,
    amount text,
    volume text,
    counts_when text,
    stage text NOT NULL CHECK (stage IN ('actual', 'commitment')),
    unknown text NOT NULL CHECK (unknown IN ('refuse', 'ignore'))
);
REVOKE ALL ON steering.source FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.source', '');
SELECT pg_catalog.pg_extension_config_dump('steering.source_source_id_seq', '');
COMMENT ON TABLE steering.source IS 'attached finance tables, written by attach() and detach() alone; the expressions have every name in them qualified';
COMMENT ON COLUMN steering.source.source_id IS 'number of the source';
COMMENT ON COLUMN steering.source.relation IS 'the table; its partitions and inheritance children belong to it';
COMMENT ON COLUMN steering.source.service IS 'expression over a row: code of the service';
COMMENT ON COLUMN steering.source.participant IS 'expression over a row: code of the participant';
COMMENT ON COLUMN steering.source.booked_on IS 'expression over a row: the day that decides which caps apply';
COMMENT ON COLUMN steering.source.amount IS 'expression over a row: money; null: none';
COMMENT ON COLUMN steering.source.volume IS 'expression over a row: units of the service; null: none';
COMMENT ON COLUMN steering.source.counts_when IS 'condition over a row: whether it counts; null: each does';
COMMENT ON COLUMN steering.source.stage IS 'actual (spent) or commitment (obligation not yet spent)';
COMMENT ON COLUMN steering.source.unknown IS 'refuse or ignore a row whose service, participant or day is unknown';

-- What was taken in, as opposed to what hangs together now: the difference is what an ALTER TABLE did
-- that is to be followed. It cannot be told from the triggers, which pg_restore makes last and one by
-- one, nor from the tables' trees, where a dropped partition is not to be found any more. Without a
-- foreign key: pg_restore with several jobs loads the tables of an extension in any order.
CREATE TABLE steering.source_table (
    relation steering.table_number NOT NULL CONSTRAINT source_table_pkey PRIMARY KEY,
    source_id integer NOT NULL
);
REVOKE ALL ON steering.source_table FROM PUBLIC;
CREATE INDEX source_table_source_id_idx ON steering.source_table (source_id);
SELECT pg_catalog.pg_extension_config_dump('steering.source_table', '');
COMMENT ON TABLE steering.source_table IS 'the tables of each source whose rows are counted: the attached one, its partitions of every level, its inheritance children';
COMMENT ON COLUMN steering.source_table.relation IS 'the table';
COMMENT ON COLUMN steering.source_table.source_id IS 'the source whose bookings its rows are';

-- Nobody but the extension creates triggers with it.
CREATE FUNCTION steering.book() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_book'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.book() FROM PUBLIC;
COMMENT ON FUNCTION steering.book() IS
'trigger of attached tables: books what a statement changes. Errors: 23S71, 23S72 a cap would be exceeded, 23S73 a row''s service, participant or day is unknown, 23S74 a booking in a closed period would change, 22003 an amount or a sum does not fit, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE FUNCTION steering.watch() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_watch'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.watch() FROM PUBLIC;
COMMENT ON FUNCTION steering.watch() IS
'trigger of attached tables, before a statement: has the library loaded, so that what a statement writes is counted even where whoever runs it stops before all its rows are returned';

CREATE FUNCTION steering.attach(relation regclass, service text, participant text, booked_on text,
    amount text DEFAULT NULL, volume text DEFAULT NULL, counts_when text DEFAULT NULL,
    stage text DEFAULT 'actual', unknown text DEFAULT 'refuse', accept_overrun boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_attach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.attach(regclass, text, text, text, text, text, text, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach(regclass, text, text, text, text, text, text, text, text, boolean) IS
'makes a table a source of bookings: its rows count from now on, those in it included; returns the number of the source. The arguments are immutable SQL expressions over one row of the table. Only its owner may. Waits for transactions that write the table. MERGE into a partitioned one is refused from then on (0A000). Errors: 42501 not the owner, 42809 not such a table, 0A000 a function merges into it, 42710 attached already, 22004 null, 22023 wrong stage or unknown, those of SQL for a wrong expression, those of book() for the rows in it; accept_overrun lets these exceed caps';

CREATE FUNCTION steering.reattach(source regclass) RETURNS void
AS 'MODULE_PATHNAME', 'steering_reattach_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reattach(regclass) FROM PUBLIC;
COMMENT ON FUNCTION steering.reattach(regclass) IS
'puts a source in order after what its triggers and event triggers could not see: takes in and lets go tables, makes triggers and rules that are missing, counts all rows anew. Attaches a table that has the name of a source which was dropped, by the mapping that it had. No cap refuses that. Only the owner of the table may. Waits for all bookings. Errors: 42501 not the owner, or the table that was dropped had another, 42704 no source, 0A000 a function merges into a partitioned table of it, 22004 null, 23S74 bookings in a closed period would change, 40001 concurrent change; those of attach() for a table that was dropped';

CREATE FUNCTION steering.detach(source regclass) RETURNS void
AS 'MODULE_PATHNAME', 'steering_detach_source'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.detach(regclass) FROM PUBLIC;
COMMENT ON FUNCTION steering.detach(regclass) IS
'ends a source: its rows count no more, and the table is as it was before attach(). Only its owner may. Waits for all bookings. Errors: 42501 not the owner, 42704 no source, 22004 null, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 23S74 it has bookings in a closed period, 40001 concurrent change';

-- PUBLIC may execute it because the view steering.booking does, in the name of whoever reads it.
CREATE FUNCTION steering.booking_scan(first_day date, end_day date, source integer DEFAULT NULL,
    refuse_unknown boolean DEFAULT false)
RETURNS TABLE (source_id integer, service_id integer, participant_id integer, booked_on date,
    amount steering.amount, volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_booking_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.booking_scan(date, date, integer, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.booking_scan(date, date, integer, boolean) IS
'reads the bookings from first_day until before end_day (null: without bound), of one source or of all (null), from the rows of the attached tables, as far as the role may read them; sources of which it may read nothing are not touched. A row that a mapping fails at is an error. Rows that are ignored because a key of them is unknown have service and participant 0, and no day if theirs is unusable; only who may read everything sees them. With refuse_unknown a row that its source would refuse now is an error (23S73), else it is left out';

-- PUBLIC may execute it for the same reason.
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

CREATE FUNCTION steering.follow_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_ddl() IS
'takes in tables that became part of a source and lets go those that ceased to be, counting their rows; recounts a source whose values were rewritten; refuses what would break a mapping (2BP01); with sp71_steering.attach_again attaches tables that have got the name of a source which was dropped';

CREATE FUNCTION steering.follow_rewrite() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_rewrite'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_rewrite() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_rewrite() IS 'notes for follow_ddl() which tables an ALTER TABLE rewrites';

CREATE FUNCTION steering.follow_drop() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_drop() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_drop() IS
'ends sources whose table was dropped, keeps their mapping as an event and warns (01S71), and recounts those of which a part was dropped, by reading what is left: DETACH PARTITION before DROP TABLE reads only what goes. Refuses what would break a mapping (2BP01)';

CREATE FUNCTION steering.order_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_order_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.order_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.order_ddl() IS
'has commands after which a source is counted anew wait for each other where that reads rows of other sources, since a cap covers a month in part: so they do not deadlock';

-- Without a list of tags: ALTER VIEW can rename the column of a table, CREATE SCHEMA can hold a CREATE
-- TABLE ... PARTITION OF. The functions look at the command first and return at once from most.
CREATE EVENT TRIGGER sp71_steering_follow ON ddl_command_end EXECUTE FUNCTION steering.follow_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_follow IS 'keeps the sources of steering in step with ALTER TABLE and CREATE TABLE';
CREATE EVENT TRIGGER sp71_steering_rewrite ON table_rewrite EXECUTE FUNCTION steering.follow_rewrite();
COMMENT ON EVENT TRIGGER sp71_steering_rewrite IS 'tells steering which tables ALTER TABLE rewrites';
CREATE EVENT TRIGGER sp71_steering_drop ON sql_drop EXECUTE FUNCTION steering.follow_drop();
COMMENT ON EVENT TRIGGER sp71_steering_drop IS 'keeps the sources of steering in step with DROP';
CREATE EVENT TRIGGER sp71_steering_order ON ddl_command_start EXECUTE FUNCTION steering.order_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_order IS 'keeps commands that have sources of steering counted anew from deadlocking';
-- Bookings that stand in several tables: a query says what each row of its first table comes to, and triggers on all its
-- tables keep a booking table equal to that, which is a source like any other.

CREATE TABLE steering.query (
	source_id integer CONSTRAINT query_pkey PRIMARY KEY,
	query text NOT NULL
);
REVOKE ALL ON steering.query FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.query', '');
COMMENT ON TABLE steering.query IS 'sources that were made by attach_query(), which writes this alone; the table of such a source is its booking table';
COMMENT ON COLUMN steering.query.source_id IS 'number of the source';
COMMENT ON COLUMN steering.query.query IS 'what the rows of the booking table come from, with every name in it qualified';

CREATE TABLE steering.query_table (
	source_id integer NOT NULL,
	position integer NOT NULL,
	relation steering.table_number NOT NULL,
	is_header boolean NOT NULL,
	is_promised boolean NOT NULL,
	CONSTRAINT query_table_pkey PRIMARY KEY (source_id, position)
);
REVOKE ALL ON steering.query_table FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.query_table', '');
COMMENT ON TABLE steering.query_table IS 'the tables of each query, in their order; their partitions and inheritance children belong to them';
COMMENT ON COLUMN steering.query_table.source_id IS 'number of the source';
COMMENT ON COLUMN steering.query_table.position IS 'place in the join; 1: the table each row of which is a booking at most';
COMMENT ON COLUMN steering.query_table.relation IS 'the table';
COMMENT ON COLUMN steering.query_table.is_header IS 'its rows change together with rows of the first table, which lock them';
COMMENT ON COLUMN steering.query_table.is_promised IS 'no unique key says that a row of the first table joins one row of it: it was promised';

-- Names objects by number, so it is not dumped: as steering.mapping.
CREATE TABLE steering.query_tree (
	source_id integer CONSTRAINT query_tree_pkey PRIMARY KEY,
	tree pg_node_tree NOT NULL,
	catalog_version integer NOT NULL,
	system_identifier bigint NOT NULL
);
REVOKE ALL ON steering.query_tree FROM PUBLIC;
COMMENT ON TABLE steering.query_tree IS 'what each query was resolved to when it was attached; not in dumps, which hold its text';
COMMENT ON COLUMN steering.query_tree.source_id IS 'number of the source';
COMMENT ON COLUMN steering.query_tree.tree IS 'the query';
COMMENT ON COLUMN steering.query_tree.catalog_version IS 'version of the catalogs of the server that resolved it; on another the text counts until fix_mappings()';
COMMENT ON COLUMN steering.query_tree.system_identifier IS 'the database cluster that resolved it; in one that pg_upgrade made the text counts until fix_mappings()';

-- Nobody but the extension creates triggers with it.
CREATE FUNCTION steering.follow_query() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_follow_query'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_query() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_query() IS
'trigger of the tables of queries: books what a statement changes of the bookings that they come to. Errors: those of book(), 21000 a row has a second match that was promised not to come, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- Nobody but the extension creates triggers with it.
CREATE FUNCTION steering.guard_booking_table() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_guard_booking_table'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_booking_table() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_booking_table() IS
'trigger of booking tables: refuses whatever writes them (55000), since the extension does that without SQL';

CREATE FUNCTION steering.attach_query(query text, stage text DEFAULT 'actual', unknown text DEFAULT 'refuse',
	accept_overrun boolean DEFAULT false, name text DEFAULT NULL, headers regclass[] DEFAULT '{}', promise_unique regclass[] DEFAULT '{}')
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_attach_query'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.attach_query(text, text, text, boolean, text, regclass[], regclass[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach_query(text, text, text, boolean, text, regclass[], regclass[]) IS
'makes the rows of a join a source of bookings: SELECT of service, participant, booked_on, amount and volume FROM the table each row of which is a booking at most, JOIN or LEFT JOIN of others by unique keys of theirs, WHERE it counts. Makes a booking table beside the first one (name: default that of the first table and _booking), which holds what each row comes to and is the source; triggers on all tables keep it. Returns its number; where stage is a column of the query, that of actual bookings, and commitments have a table and a source of their own. headers: tables whose rows change together with rows of the first one, beyond those that it finds; promise_unique: tables that have one match at most though no unique key says so. Only the owner of the first table may, with the privilege TRIGGER on the others. Waits for transactions that write the tables. Errors: 42501 not allowed, 0A000, 42601, 42703, 42704, 42809 and 42830 what a query cannot be, 42P07 the name is taken, 22004 null, 22023 wrong stage or unknown, those of attach() for its expressions and for the bookings in it';

CREATE FUNCTION steering.attach_query_problems(query text, stage text DEFAULT 'actual', unknown text DEFAULT 'refuse',
	accept_overrun boolean DEFAULT false, name text DEFAULT NULL, headers regclass[] DEFAULT '{}', promise_unique regclass[] DEFAULT '{}')
RETURNS TABLE (problem text, argument text, value text, "rows" bigint, first_row text, sqlstate text, detail text, hint text,
	amount numeric, used numeric, after numeric, blocks_at numeric)
AS 'MODULE_PATHNAME', 'steering_attach_query_problems'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
REVOKE ALL ON FUNCTION steering.attach_query_problems(text, text, text, boolean, text, regclass[], regclass[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach_query_problems(text, text, text, boolean, text, regclass[], regclass[]) IS
'the dry run of attach_query() with the same arguments: one row per kind of problem and value, as attach_problems() has them. A query that is wrong, and a row that it cannot be evaluated for, is one row, and the last one. first_row: names the first by the key of the first table. Makes a booking table and leaves nothing of it; locks the tables no more than reading does. Only the owner of the first table may, with the privilege TRIGGER on the others. Errors: 42501 not allowed, 22004 null, 22023 wrong stage or unknown, 25006 read-only transaction';

CREATE FUNCTION steering.query_differences(source_id integer) RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_query_differences'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.query_differences(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.query_differences(integer) IS
'how many rows of the booking table of a source are not what its query says, or are missing; 0: none, or it has no query; null: it cannot be read';

CREATE FUNCTION steering.follow_query_drop() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_query_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_query_drop() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_query_drop() IS
'forgets queries whose first table was dropped; refuses to drop what a query reads or joins by (2BP01, 42830) and what guards its booking table (55000); compares all rows of queries of which a partition or child was dropped';

CREATE EVENT TRIGGER sp71_steering_query_drop ON sql_drop EXECUTE FUNCTION steering.follow_query_drop();
COMMENT ON EVENT TRIGGER sp71_steering_query_drop IS 'keeps the queries of steering in step with DROP';

CREATE FUNCTION steering.follow_query_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_query_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_query_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_query_ddl() IS
'takes in tables that became part of one of a query and lets go those that ceased to be; compares all rows where values or functions are others; refuses what a query could not work with, and what would run or be checked when a booking table is written (55000)';

CREATE EVENT TRIGGER sp71_steering_query_follow ON ddl_command_end EXECUTE FUNCTION steering.follow_query_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_query_follow IS 'keeps the queries of steering in step with ALTER TABLE and CREATE TABLE';

CREATE FUNCTION steering.guard_query_detach() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_guard_query_detach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_query_detach() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_query_detach() IS
'judges what could be refused only when half of it is committed, before it begins: DETACH PARTITION CONCURRENTLY of a table of a query, CREATE INDEX CONCURRENTLY on a booking table';

CREATE EVENT TRIGGER sp71_steering_query_detach ON ddl_command_start EXECUTE FUNCTION steering.guard_query_detach();
COMMENT ON EVENT TRIGGER sp71_steering_query_detach IS 'judges commands of several transactions for the queries of steering before they begin';
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
-- Usage per month, and counting caps from it.

-- The order of the columns is known to C, and so is that they are all of fixed width.
CREATE TABLE steering.usage_cell (
	amount steering.amount NOT NULL,
	volume steering.amount NOT NULL,
	bookings bigint NOT NULL,
	source_id integer NOT NULL,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	month date NOT NULL,
	stripe integer NOT NULL,
	CONSTRAINT usage_cell_pkey PRIMARY KEY (service_id, participant_id, month, source_id, stripe)
) WITH (fillfactor = 50);
REVOKE ALL ON steering.usage_cell FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.usage_cell', '');
COMMENT ON TABLE steering.usage_cell IS 'sums of the bookings per source, service, participant and month';
COMMENT ON COLUMN steering.usage_cell.amount IS 'sum of the amounts';
COMMENT ON COLUMN steering.usage_cell.volume IS 'sum of the volumes';
COMMENT ON COLUMN steering.usage_cell.bookings IS 'number of bookings';
COMMENT ON COLUMN steering.usage_cell.source_id IS 'the source of the bookings';
COMMENT ON COLUMN steering.usage_cell.service_id IS 'the service booked on; 0: rows that are ignored because a key of them is unknown';
COMMENT ON COLUMN steering.usage_cell.participant_id IS 'the participant booked for; 0: ignored rows';
COMMENT ON COLUMN steering.usage_cell.month IS 'first day of the month; -infinity: ignored rows without a usable date';
COMMENT ON COLUMN steering.usage_cell.stripe IS 'number of the stripe; a cell is the sum over its stripes';

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.unwritten_cell() RETURNS TABLE (source_id integer, service_id integer,
	participant_id integer, month date, amount steering.amount, volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_unwritten_cell'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_cell() IS
'what this transaction has booked and will add to usage cells when it commits, as far as the role may read it; a cell may have several rows';

CREATE VIEW steering.usage_now AS
SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
	usage_cell.amount, usage_cell.volume, usage_cell.bookings
FROM steering.usage_cell
UNION ALL
SELECT unwritten.source_id, unwritten.service_id, unwritten.participant_id, unwritten.month,
	unwritten.amount, unwritten.volume, unwritten.bookings
FROM steering.unwritten_cell() AS unwritten;
REVOKE ALL ON steering.usage_now FROM PUBLIC;
COMMENT ON VIEW steering.usage_now IS 'usage cells, with what the present transaction has not written yet; a cell may have several rows';
COMMENT ON COLUMN steering.usage_now.source_id IS 'the source of the bookings';
COMMENT ON COLUMN steering.usage_now.service_id IS 'the service booked on; 0: ignored rows';
COMMENT ON COLUMN steering.usage_now.participant_id IS 'the participant booked for; 0: ignored rows';
COMMENT ON COLUMN steering.usage_now.month IS 'first day of the month';
COMMENT ON COLUMN steering.usage_now.amount IS 'sum of the amounts';
COMMENT ON COLUMN steering.usage_now.volume IS 'sum of the volumes';
COMMENT ON COLUMN steering.usage_now.bookings IS 'number of bookings';

-- In plain date arithmetic, because date_trunc() depends on the time zone or ends in the year 294276.
CREATE FUNCTION steering.month_of(day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN day < '4714-12-01 BC' THEN '4714-11-24 BC' ELSE day - (extract(day FROM day)::integer - 1) END;
REVOKE ALL ON FUNCTION steering.month_of(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.month_of(date) IS 'first day of the month of a finite date; of the first month of all, which type date has lost the beginning of, its first day that there is';

-- Whole months of a cap come from the cells. Months that it covers in part are read from the finance
-- tables, in one pass for all caps, and only of sources that have bookings in them at all. Of a source that
-- cannot be read, or that was restored without its table, nobody knows on which days of the month its bookings are:
-- it counts with the sum of the month of each service and participant that is above zero. Where that is the sum of
-- several bookings, even more may count, since others of them may be negative and on other days: then the cap counts as
-- full, and not less than before. Compiling the query would take longer than running it.
CREATE FUNCTION steering.cap_tally(caps integer[])
RETURNS TABLE (cap_id integer, used steering.amount, estimated boolean, unknown_of integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric,
		lower(cap.during) AS first_day, upper(cap.during) AS end_day, steering.blocks_at(cap.ladder, cap.amount) AS blocks_at,
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
		steering.sum(steering.metric_part(wanted.metric, usage_cell.amount, usage_cell.volume))
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
	SELECT wanted.cap_id, steering.sum(steering.metric_part(wanted.metric, booked.amount, booked.volume)) AS used
	FROM row_read AS booked
	JOIN service_below ON service_below.service_id = booked.service_id
	JOIN participant_below ON participant_below.participant_id = booked.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND booked.booked_on >= wanted.first_day AND booked.booked_on < wanted.end_day
		AND NOT (booked.booked_on >= whole_from AND booked.booked_on < whole_to)
	GROUP BY wanted.cap_id
), month_usage AS (
	SELECT month.cap_id, steering.sum(greatest(month.used, 0::steering.amount)) AS used,
		min(month.source_id) FILTER (WHERE month.bookings > 1) AS unknown_of
	FROM (SELECT row_read.source_id FROM row_read WHERE row_read.unreadable
		  UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source) AS unread
	CROSS JOIN LATERAL (
		SELECT wanted.cap_id, unread.source_id, sum(usage_cell.bookings) AS bookings,
			steering.sum(steering.metric_part(wanted.metric, usage_cell.amount, usage_cell.volume)) AS used
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
	CASE WHEN month_usage.unknown_of IS NULL THEN sums.used
		ELSE greatest(sums.used, wanted.blocks_at, (
			SELECT steering.sum(cap_counter.used) FROM steering.cap_counter WHERE cap_counter.cap_id = wanted.cap_id)) END,
	month_usage.cap_id IS NOT NULL, month_usage.unknown_of
FROM wanted
LEFT JOIN cell_usage ON cell_usage.cap_id = wanted.cap_id
LEFT JOIN row_usage ON row_usage.cap_id = wanted.cap_id
LEFT JOIN month_usage ON month_usage.cap_id = wanted.cap_id
CROSS JOIN LATERAL (
	SELECT coalesce(cell_usage.used, 0::steering.amount) OPERATOR(steering.+) coalesce(row_usage.used, 0::steering.amount)
		OPERATOR(steering.+) coalesce(month_usage.used, 0::steering.amount) AS used
) AS sums;
END;
REVOKE ALL ON FUNCTION steering.cap_tally(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_tally(integer[]) IS 'usage of these caps, counted anew from the months'' sums and the bookings; estimated: some of these could not be read; unknown_of: number of a source because of which nobody knows how much is used, so that the cap counts as full (null: none)';
-- What happened to caps: one row per decision and per step crossed. Written by C alone. It is read by way
-- of the view steering.event: with a right on the table comes what the planner knows of all its rows, and
-- EXPLAIN tells. There is no row security, with which a role that may read the table could not dump it.

-- Until 0.3.0 the table had the name of the view, and what belongs to it still is called after that.
CREATE TABLE steering.event (
	event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('created', 'revised', 'dropped', 'granted', 'revoked', 'notify', 'warn', 'drawn')),
	cap_id integer NOT NULL,
	service text NOT NULL,
	participant text NOT NULL,
	participant_id integer NOT NULL,
	metric text NOT NULL,
	during daterange NOT NULL,
	amount steering.amount,
	ladder steering.ladder,
	threshold steering.amount,
	used steering.amount,
	role_name name NOT NULL DEFAULT session_user,
	reason text
);
ALTER TABLE steering.event RENAME TO event_log;
REVOKE ALL ON steering.event_log FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.event_log', '');
SELECT pg_catalog.pg_extension_config_dump('steering.event_event_id_seq', '');
COMMENT ON TABLE steering.event_log IS 'what happened to caps: decisions, and steps crossed by bookings; steering.event shows each role those that it may read';
COMMENT ON COLUMN steering.event_log.event_id IS 'number of the event';
COMMENT ON COLUMN steering.event_log.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.event_log.kind IS 'created, revised, dropped: a decision on a cap; granted, revoked: on an override of it; notify, warn: a step of its ladder was crossed upwards; drawn: a booking drew of an override';
COMMENT ON COLUMN steering.event_log.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.event_log.service IS 'code of its service';
COMMENT ON COLUMN steering.event_log.participant IS 'code of its participant';
COMMENT ON COLUMN steering.event_log.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.event_log.metric IS 'budget or volume';
COMMENT ON COLUMN steering.event_log.during IS 'the days that it limits';
COMMENT ON COLUMN steering.event_log.amount IS 'the limit at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event_log.ladder IS 'the ladder at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event_log.threshold IS 'usage at which the crossed step acts, or above which an override was drawn; null for decisions';
COMMENT ON COLUMN steering.event_log.used IS 'usage after what happened';
COMMENT ON COLUMN steering.event_log.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.event_log.reason IS 'the reason that was given for a decision; of overrides which one, and how much';
-- Overrides: room above the threshold at which one cap blocks, for the bookings that need it.

-- What an override has left is counted from its uses, which are never changed: so there is nothing that could differ from
-- them. Rows of both tables are written by who holds the counter of the cap as a whole, and by nobody else.
CREATE TABLE steering.override_grant (
	override_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT override_grant_pkey PRIMARY KEY,
	cap_id integer NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT override_grant_amount CHECK (amount OPERATOR(steering.>) 0::steering.amount),
	until timestamptz NOT NULL CONSTRAINT override_grant_until CHECK (isfinite(until)),
	uses integer NOT NULL CONSTRAINT override_grant_uses CHECK (uses > 0),
	reason text NOT NULL,
	granted_by text NOT NULL DEFAULT session_user,
	granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	revoked_by text,
	revoked_at timestamptz,
	revoke_reason text
);
REVOKE ALL ON steering.override_grant FROM PUBLIC;
CREATE INDEX override_grant_cap_id_idx ON steering.override_grant (cap_id);
SELECT pg_catalog.pg_extension_config_dump('steering.override_grant', '');
SELECT pg_catalog.pg_extension_config_dump('steering.override_grant_override_id_seq', '');
COMMENT ON TABLE steering.override_grant IS 'overrides, written by grant_override() and revoke_override() alone; steering.override_status shows each role those that it may read';
COMMENT ON COLUMN steering.override_grant.override_id IS 'number of the override';
COMMENT ON COLUMN steering.override_grant.cap_id IS 'the cap; it may be gone';
COMMENT ON COLUMN steering.override_grant.amount IS 'how much bookings may draw above the threshold at which the cap blocks, in all';
COMMENT ON COLUMN steering.override_grant.until IS 'statements that begin at this moment or later draw nothing any more';
COMMENT ON COLUMN steering.override_grant.uses IS 'how many transactions may draw of it';
COMMENT ON COLUMN steering.override_grant.reason IS 'why';
COMMENT ON COLUMN steering.override_grant.granted_by IS 'who had logged in and granted it';
COMMENT ON COLUMN steering.override_grant.granted_at IS 'when';
COMMENT ON COLUMN steering.override_grant.revoked_by IS 'who had logged in and revoked it; null: it was not revoked';
COMMENT ON COLUMN steering.override_grant.revoked_at IS 'when; null: it was not revoked';
COMMENT ON COLUMN steering.override_grant.revoke_reason IS 'why; null: it was not revoked, or it was not said';

CREATE TABLE steering.override_use (
	use_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT override_use_pkey PRIMARY KEY,
	override_id integer NOT NULL,
	use_number integer NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT override_use_amount CHECK (amount OPERATOR(steering.>) 0::steering.amount),
	used steering.amount NOT NULL,
	relation text NOT NULL,
	statement_at timestamptz NOT NULL,
	transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
	role_name text NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.override_use FROM PUBLIC;
CREATE INDEX override_use_override_id_idx ON steering.override_use (override_id, use_number);
SELECT pg_catalog.pg_extension_config_dump('steering.override_use', '');
SELECT pg_catalog.pg_extension_config_dump('steering.override_use_use_id_seq', '');
COMMENT ON TABLE steering.override_use IS 'what bookings have drawn of overrides, written by C alone; steering.override_draw shows each role what it may read';
COMMENT ON COLUMN steering.override_use.use_id IS 'number of the use';
COMMENT ON COLUMN steering.override_use.override_id IS 'the override';
COMMENT ON COLUMN steering.override_use.use_number IS 'the how manieth transaction that drew of it';
COMMENT ON COLUMN steering.override_use.amount IS 'how much';
COMMENT ON COLUMN steering.override_use.used IS 'usage of the cap after the statement, or the transaction';
COMMENT ON COLUMN steering.override_use.relation IS 'name of the table that was written, qualified, quoted where needed';
COMMENT ON COLUMN steering.override_use.statement_at IS 'when the statement began, or the COMMIT where that is what judged it';
COMMENT ON COLUMN steering.override_use.transaction IS 'number of the transaction, in the server that it ran on';
COMMENT ON COLUMN steering.override_use.role_name IS 'who had logged in';

CREATE VIEW steering.override_left AS
SELECT override_grant.override_id, override_grant.cap_id,
	coalesce(used.amount, 0) AS drawn,
	override_grant.amount::numeric - coalesce(used.amount, 0) AS remaining,
	coalesce(used.transactions, 0) AS transactions,
	CASE WHEN override_grant.revoked_at IS NOT NULL THEN 'revoked'
		WHEN override_grant.until <= statement_timestamp() THEN 'lapsed'
		WHEN used.amount >= override_grant.amount::numeric OR used.transactions >= override_grant.uses THEN 'used'
		ELSE 'open' END AS state
FROM steering.override_grant
LEFT JOIN (SELECT override_use.override_id, sum(override_use.amount::numeric) AS amount, max(override_use.use_number) AS transactions
	FROM steering.override_use GROUP BY override_use.override_id) AS used ON used.override_id = override_grant.override_id;
REVOKE ALL ON steering.override_left FROM PUBLIC;
COMMENT ON VIEW steering.override_left IS 'what overrides have left now';
COMMENT ON COLUMN steering.override_left.override_id IS 'the override';
COMMENT ON COLUMN steering.override_left.cap_id IS 'its cap';
COMMENT ON COLUMN steering.override_left.drawn IS 'what bookings have drawn of it';
COMMENT ON COLUMN steering.override_left.remaining IS 'its amount without that';
COMMENT ON COLUMN steering.override_left.transactions IS 'how many transactions have drawn of it';
COMMENT ON COLUMN steering.override_left.state IS 'open, used (up), lapsed or revoked';

CREATE VIEW steering.override_by_cap AS
SELECT override_left.cap_id, sum(override_left.drawn) AS drawn,
	coalesce(sum(override_left.remaining) FILTER (WHERE override_left.state = 'open'), 0) AS room
FROM steering.override_left
GROUP BY override_left.cap_id;
REVOKE ALL ON steering.override_by_cap FROM PUBLIC;
COMMENT ON VIEW steering.override_by_cap IS 'overrides of each cap that has some, taken together';
COMMENT ON COLUMN steering.override_by_cap.cap_id IS 'the cap';
COMMENT ON COLUMN steering.override_by_cap.drawn IS 'what bookings have drawn of them';
COMMENT ON COLUMN steering.override_by_cap.room IS 'what they still let through now above the threshold, or above usage where that is more';
-- Reservations: what is held for a while before it is spent. A booking in two steps.

-- The first step and the second are rows of tables of ours that are sources of bookings like any other: they become that with the
-- first reservation, with expressions over their columns. They have no triggers, since a dump makes the tables before their
-- rows: who writes them books as well. What was reserved stays as it was; what became of it is said by state.
CREATE TABLE steering.reservation (
	reservation_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT reservation_pkey PRIMARY KEY,
	service text NOT NULL,
	participant text NOT NULL,
	booked_on date NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT reservation_amount CHECK (amount OPERATOR(steering.>=) 0::steering.amount),
	volume steering.amount NOT NULL CONSTRAINT reservation_volume CHECK (volume OPERATOR(steering.>=) 0::steering.amount),
	expires timestamptz CONSTRAINT reservation_expires CHECK (isfinite(expires)),
	reference text,
	state text NOT NULL DEFAULT 'open' CONSTRAINT reservation_state CHECK (state IN ('open', 'posted', 'voided', 'expired')),
	made_by text NOT NULL DEFAULT session_user,
	made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	resolved_by text,
	resolved_at timestamptz
);
REVOKE ALL ON steering.reservation FROM PUBLIC;
CREATE INDEX reservation_expires_idx ON steering.reservation (expires) WHERE state = 'open';
SELECT pg_catalog.pg_extension_config_dump('steering.reservation', '');
SELECT pg_catalog.pg_extension_config_dump('steering.reservation_reservation_id_seq', '');
COMMENT ON TABLE steering.reservation IS 'reservations, written by reserve(), post_reservation(), void_reservation() and release_expired() alone; those that are open are commitments';
COMMENT ON COLUMN steering.reservation.reservation_id IS 'number of the reservation';
COMMENT ON COLUMN steering.reservation.service IS 'code of the service';
COMMENT ON COLUMN steering.reservation.participant IS 'code of the participant';
COMMENT ON COLUMN steering.reservation.booked_on IS 'the day that decides which caps apply';
COMMENT ON COLUMN steering.reservation.amount IS 'money';
COMMENT ON COLUMN steering.reservation.volume IS 'units of the service';
COMMENT ON COLUMN steering.reservation.expires IS 'from this moment on it counts for nothing; null: it does not expire';
COMMENT ON COLUMN steering.reservation.reference IS 'what it is for, in the words of who reserved; null: not said';
COMMENT ON COLUMN steering.reservation.state IS 'open, posted, voided or expired (and released); an open one whose moment is past counts for nothing as well';
COMMENT ON COLUMN steering.reservation.made_by IS 'who had logged in and reserved';
COMMENT ON COLUMN steering.reservation.made_at IS 'when';
COMMENT ON COLUMN steering.reservation.resolved_by IS 'who had logged in and posted, voided or released it; null: nobody yet';
COMMENT ON COLUMN steering.reservation.resolved_at IS 'when; null: not yet';

CREATE TABLE steering.reservation_post (
	reservation_id integer CONSTRAINT reservation_post_pkey PRIMARY KEY,
	service text NOT NULL,
	participant text NOT NULL,
	booked_on date NOT NULL,
	amount steering.amount NOT NULL,
	volume steering.amount NOT NULL
);
REVOKE ALL ON steering.reservation_post FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.reservation_post', '');
COMMENT ON TABLE steering.reservation_post IS 'what was posted of reservations, written by post_reservation() alone: it is spent';
COMMENT ON COLUMN steering.reservation_post.reservation_id IS 'the reservation';
COMMENT ON COLUMN steering.reservation_post.service IS 'code of the service';
COMMENT ON COLUMN steering.reservation_post.participant IS 'code of the participant';
COMMENT ON COLUMN steering.reservation_post.booked_on IS 'the day of the reservation';
COMMENT ON COLUMN steering.reservation_post.amount IS 'money that was spent';
COMMENT ON COLUMN steering.reservation_post.volume IS 'units of the service that were';

CREATE VIEW steering.reserved_by_cap AS
WITH RECURSIVE held AS MATERIALIZED (
	SELECT reservation.service, reservation.participant, reservation.booked_on, sum(reservation.amount::numeric) AS amount,
		sum(reservation.volume::numeric) AS volume
	FROM steering.reservation
	WHERE reservation.state = 'open' AND (reservation.expires IS NULL OR reservation.expires > statement_timestamp())
	GROUP BY reservation.service, reservation.participant, reservation.booked_on
), service_above (code, service_id, parent) AS (
	SELECT service.code, service.service_id, service.parent FROM steering.service WHERE service.code IN (SELECT held.service FROM held)
	UNION
	SELECT service_above.code, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (code, participant_id, parent) AS (
	SELECT participant.code, participant.participant_id, participant.parent FROM steering.participant
	WHERE participant.code IN (SELECT held.participant FROM held)
	UNION
	SELECT participant_above.code, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
)
SELECT cap.cap_id, sum(steering.metric_part(cap.metric, held.amount, held.volume)) AS reserved
FROM held
JOIN service_above ON service_above.code = held.service
JOIN participant_above ON participant_above.code = held.participant
JOIN steering.cap ON cap.service_id = service_above.service_id AND cap.participant_id = participant_above.participant_id
	AND cap.during @> held.booked_on
GROUP BY cap.cap_id
HAVING sum(steering.metric_part(cap.metric, held.amount, held.volume)) <> 0;
REVOKE ALL ON steering.reserved_by_cap FROM PUBLIC;
COMMENT ON VIEW steering.reserved_by_cap IS 'what of the usage of caps is reserved: of those under which something is';
COMMENT ON COLUMN steering.reserved_by_cap.cap_id IS 'the cap';
COMMENT ON COLUMN steering.reserved_by_cap.reserved IS 'reservations that are open and have not expired';

CREATE VIEW steering.expired_by_cap AS
WITH RECURSIVE held AS MATERIALIZED (
	SELECT reservation.service, reservation.participant, reservation.booked_on, sum(reservation.amount::numeric) AS amount,
		sum(reservation.volume::numeric) AS volume
	FROM steering.reservation
	WHERE reservation.state = 'open' AND reservation.expires <= statement_timestamp()
	GROUP BY reservation.service, reservation.participant, reservation.booked_on
), service_above (code, service_id, parent) AS (
	SELECT service.code, service.service_id, service.parent FROM steering.service WHERE service.code IN (SELECT held.service FROM held)
	UNION
	SELECT service_above.code, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (code, participant_id, parent) AS (
	SELECT participant.code, participant.participant_id, participant.parent FROM steering.participant
	WHERE participant.code IN (SELECT held.participant FROM held)
	UNION
	SELECT participant_above.code, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
)
SELECT cap.cap_id, sum(steering.metric_part(cap.metric, held.amount, held.volume)) AS expired
FROM held
JOIN service_above ON service_above.code = held.service
JOIN participant_above ON participant_above.code = held.participant
JOIN steering.cap ON cap.service_id = service_above.service_id AND cap.participant_id = participant_above.participant_id
	AND cap.during @> held.booked_on
GROUP BY cap.cap_id;
REVOKE ALL ON steering.expired_by_cap FROM PUBLIC;
COMMENT ON VIEW steering.expired_by_cap IS 'what of the stored usage of caps is reserved, expired, and not released yet: it counts for nothing';
COMMENT ON COLUMN steering.expired_by_cap.cap_id IS 'the cap';
COMMENT ON COLUMN steering.expired_by_cap.expired IS 'reservations that have expired and stand in the counter';
-- What BI tools read. Each view shows a role what it may read, whatever else it may do: they are
-- security barriers, and the tables below them are granted to nobody.

CREATE VIEW steering.readable_participant WITH (security_barrier) AS
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
GRANT SELECT ON steering.readable_participant TO PUBLIC;
COMMENT ON VIEW steering.readable_participant IS 'the participants whose figures the present role may read: all if it may select from steering.cap, else those that it is reader of, and all below them';
COMMENT ON COLUMN steering.readable_participant.participant_id IS 'number of the participant';
COMMENT ON COLUMN steering.readable_participant.code IS 'code of the participant';

CREATE VIEW steering.source_name AS
SELECT source.source_id, format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name
FROM steering.source
JOIN pg_catalog.pg_class ON pg_class.oid = source.relation
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
UNION ALL
SELECT missing_table.source_id, missing_table.relation COLLATE "C"
FROM steering.missing_table
WHERE missing_table.is_source;
REVOKE ALL ON steering.source_name FROM PUBLIC;
COMMENT ON VIEW steering.source_name IS 'names of the attached tables, the same under any search_path';
COMMENT ON COLUMN steering.source_name.source_id IS 'number of the source';
COMMENT ON COLUMN steering.source_name.name IS 'schema and table, quoted where needed';

CREATE VIEW steering.cap_status WITH (security_barrier) AS
SELECT cap.cap_id,
	service.code AS service,
	participant.code AS participant,
	cap.metric,
	lower(cap.during) AS valid_from,
	upper(cap.during) - 1 AS valid_to,
	cap.amount::numeric AS amount,
	counter.used::numeric - coalesce(expired_by_cap.expired, 0) AS used,
	round(100 * (counter.used::numeric - coalesce(expired_by_cap.expired, 0)) / nullif(cap.amount::numeric, 0), 2) AS used_percent,
	steering.blocks_at(cap.ladder, cap.amount)::numeric AS blocks_at,
	steering.blocks_at(cap.ladder, cap.amount)::numeric - counter.used::numeric + coalesce(expired_by_cap.expired, 0) AS headroom,
	CASE WHEN expired_by_cap.expired IS NULL THEN steering.step_at(cap.ladder, cap.amount, counter.used)
		ELSE steering.step_at(cap.ladder, cap.amount, (counter.used::numeric - expired_by_cap.expired)::steering.amount) END AS step,
	cap.ladder::text AS ladder,
	coalesce(override_by_cap.room, 0) AS override_room
FROM steering.cap
JOIN steering.service ON service.service_id = cap.service_id
JOIN steering.participant ON participant.participant_id = cap.participant_id
LEFT JOIN steering.cap_usage AS counter ON counter.cap_id = cap.cap_id
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap.cap_id
LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = cap.cap_id
WHERE cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.cap_status TO PUBLIC;
COMMENT ON VIEW steering.cap_status IS 'every cap that the role may read, with its usage';
COMMENT ON COLUMN steering.cap_status.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.cap_status.service IS 'code: it limits this service and all below it';
COMMENT ON COLUMN steering.cap_status.participant IS 'code: it limits this participant and all below it';
COMMENT ON COLUMN steering.cap_status.metric IS 'budget (money) or volume (units of the service)';
COMMENT ON COLUMN steering.cap_status.valid_from IS 'first day on which bookings count';
COMMENT ON COLUMN steering.cap_status.valid_to IS 'last day on which bookings count';
COMMENT ON COLUMN steering.cap_status.amount IS 'the limit';
COMMENT ON COLUMN steering.cap_status.used IS 'what the bookings use of it, without reservations that have expired';
COMMENT ON COLUMN steering.cap_status.used_percent IS 'used as a percentage of the limit, to two decimals; null if the limit is 0';
COMMENT ON COLUMN steering.cap_status.blocks_at IS 'usage above this is refused; null: the ladder never blocks';
COMMENT ON COLUMN steering.cap_status.headroom IS 'blocks_at minus used, negative after an accepted overrun; null: the ladder never blocks';
COMMENT ON COLUMN steering.cap_status.step IS 'the highest step that usage stands at; null: none';
COMMENT ON COLUMN steering.cap_status.ladder IS 'all steps';
COMMENT ON COLUMN steering.cap_status.override_room IS 'what overrides let bookings draw now above blocks_at, or above used where that is more';

CREATE VIEW steering.booking WITH (security_barrier) AS
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
GRANT SELECT ON steering.booking TO PUBLIC;
COMMENT ON VIEW steering.booking IS 'all bookings of all sources that the role may read; reads the attached tables as a whole, but for those that have nothing for the role. A source that cannot be read is left out, with a warning';
COMMENT ON COLUMN steering.booking.source IS 'the attached table';
COMMENT ON COLUMN steering.booking.service IS 'code of the service';
COMMENT ON COLUMN steering.booking.participant IS 'code of the participant';
COMMENT ON COLUMN steering.booking.booked_on IS 'the day that decides which caps apply';
COMMENT ON COLUMN steering.booking.amount IS 'money, rounded to four decimals';
COMMENT ON COLUMN steering.booking.volume IS 'units of the service, rounded to four decimals';
COMMENT ON COLUMN steering.booking.stage IS 'actual (spent) or commitment (obligation not yet spent)';

-- With the primary keys in GROUP BY the planner groups by numbers alone, since codes compare slowly under
-- most collations; conditions on codes still reach the rows. Of the columns of a UNION ALL it knows nothing,
-- and expects that inner joins leave next to none of its rows. Outer joins leave all; the odd condition
-- takes out, hidden from the planner, what inner joins would: ignored rows, and those of a source that is gone.
-- A cell fits an amount, but those of several sources together need not: hence sums of numeric.
CREATE VIEW steering.usage_by_month WITH (security_barrier) AS
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
GRANT SELECT ON steering.usage_by_month TO PUBLIC;
COMMENT ON VIEW steering.usage_by_month IS 'sums of the bookings that the role may read, from stored counters: its time does not grow with the number of bookings';
COMMENT ON COLUMN steering.usage_by_month.service IS 'code of the service booked on; those below it are not included';
COMMENT ON COLUMN steering.usage_by_month.participant IS 'code of the participant booked for; those below it are not included';
COMMENT ON COLUMN steering.usage_by_month.month IS 'first day of the month';
COMMENT ON COLUMN steering.usage_by_month.stage IS 'actual (spent) or commitment (obligation not yet spent)';
COMMENT ON COLUMN steering.usage_by_month.amount IS 'sum of the amounts';
COMMENT ON COLUMN steering.usage_by_month.volume IS 'sum of the volumes';
COMMENT ON COLUMN steering.usage_by_month.bookings IS 'number of bookings';
-- Stored usage against the bookings themselves.

-- An oracle: it counts the rows of the finance tables and nothing else, upwards from the bookings,
-- where cap_tally() goes downwards from the caps over stored sums. It adds as numeric, so that no amounts,
-- however large and however wrong, keep it from telling. A source that cannot be read is said to be unreadable, and
-- taken as it is stored: by months, so that nothing is known of caps over a part of one of these. So is one that was
-- restored without its table, of which health() tells.
CREATE VIEW steering.difference AS
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
		coalesce(sum(steering.metric_part(cap.metric, charged.amount, charged.volume)), 0) AS used,
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
	      SELECT unwritten.cap_id, unwritten.used::numeric, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
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
SELECT 'query', NULL, query.source_id, NULL, NULL, NULL, CASE WHEN found.differences IS NULL THEN 'unreadable' ELSE 'differences' END,
	CASE WHEN found.differences > 0 THEN 0 END, found.differences
FROM steering.query CROSS JOIN LATERAL (SELECT steering.query_differences(query.source_id)) AS found (differences)
WHERE found.differences IS DISTINCT FROM 0
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;
REVOKE ALL ON steering.difference FROM PUBLIC;
COMMENT ON VIEW steering.difference IS 'verify() by numbers instead of names';
COMMENT ON COLUMN steering.difference.what IS 'cap, usage, source, or query';
COMMENT ON COLUMN steering.difference.cap_id IS 'number of the cap; null: not of a cap';
COMMENT ON COLUMN steering.difference.source_id IS 'number of the source; null: of a cap';
COMMENT ON COLUMN steering.difference.service_id IS 'number of the service; 0: ignored rows';
COMMENT ON COLUMN steering.difference.participant_id IS 'number of the participant; 0: ignored rows';
COMMENT ON COLUMN steering.difference.month IS 'first day of the month; -infinity: ignored rows without a usable date; null: of a cap';
COMMENT ON COLUMN steering.difference.measure IS 'used, revision; amount, volume, bookings; unreadable; differences';
COMMENT ON COLUMN steering.difference.stored IS 'what is stored; null: a cap without counter';
COMMENT ON COLUMN steering.difference.actual IS 'what the bookings say; null: a counter without cap';

CREATE FUNCTION steering.find_differences() RETURNS steering.difference[]
LANGUAGE sql STABLE PARALLEL UNSAFE SET jit = off
BEGIN ATOMIC
SELECT array_agg(found) FROM steering.difference AS found;
END;
REVOKE ALL ON FUNCTION steering.find_differences() FROM PUBLIC;
COMMENT ON FUNCTION steering.find_differences() IS 'all rows of steering.difference; null: there are none. Compiling the query would take longer than running it';

CREATE FUNCTION steering.name_differences(differences steering.difference[])
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT found.what, found.cap_id, coalesce(source_name.name, found.source_id::text), service.code, participant.code,
	found.month, found.measure, found.stored, found.actual, found.actual - found.stored
FROM unnest(differences) AS found
LEFT JOIN steering.source_name ON source_name.source_id = found.source_id
LEFT JOIN steering.service ON service.service_id = found.service_id
LEFT JOIN steering.participant ON participant.participant_id = found.participant_id
ORDER BY found.what, found.cap_id, 3, 4, 5, found.month, found.measure;
END;
REVOKE ALL ON FUNCTION steering.name_differences(steering.difference[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.name_differences(steering.difference[]) IS 'gives names to the rows of steering.difference';

-- OFFSET 0: else the planner would find all differences to estimate how many they are, before they are found.
CREATE FUNCTION steering.verify()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT named.*
FROM (SELECT steering.find_differences() AS list OFFSET 0) AS found
CROSS JOIN LATERAL steering.name_differences(found.list) AS named;
END;
REVOKE ALL ON FUNCTION steering.verify() FROM PUBLIC;
COMMENT ON FUNCTION steering.verify() IS
'where stored usage differs from the bookings, which it counts row by row; no row is right. What: cap (used: usage; revision: does the counter belong to the cap as it is) or usage (amount, volume, bookings of a month; no service: rows that are ignored), or source (unreadable: health() says why; what is stored of it is taken as it is, and nothing is said of caps over a part of a month with bookings of it), or query (differences: rows of a booking table that are not what its query says; unreadable: it cannot be told). A null under stored is a cap without counter, under actual a counter without cap. Difference is actual minus stored: what repair() adds';

CREATE FUNCTION steering.repair()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
AS 'MODULE_PATHNAME', 'steering_repair'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.repair() FROM PUBLIC;
COMMENT ON FUNCTION steering.repair() IS 'mends what verify() finds, with bookings going on, and returns it. What is stored of a source that cannot be read stays as it is. No cap refuses that. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';
-- What is not being enforced now, and why: one view for each kind of cause. health() is over all.

CREATE FUNCTION steering.mapping_problem(source regclass) RETURNS text
AS 'MODULE_PATHNAME', 'steering_mapping_problem'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.mapping_problem(regclass) FROM PUBLIC;
COMMENT ON FUNCTION steering.mapping_problem(regclass) IS 'what is wrong with the mapping of a source; null: nothing';

-- The tables that belong to each source now, by the catalogs, and those that were taken in.
CREATE VIEW steering.source_tree AS
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
REVOKE ALL ON steering.source_tree FROM PUBLIC;
COMMENT ON VIEW steering.source_tree IS 'the tables of each source, as they hang together and as they were taken in';
COMMENT ON COLUMN steering.source_tree.source_id IS 'number of the source';
COMMENT ON COLUMN steering.source_tree.relation IS 'a table';
COMMENT ON COLUMN steering.source_tree.is_in_tree IS 'it is the attached table, a partition of it or an inheritance child';
COMMENT ON COLUMN steering.source_tree.is_taken_in IS 'it has been taken in, and its rows are counted';

-- By what the triggers do: one with another name, which could be given until 0.3.0, counts all the same. Tables of ours
-- that are sources have none.
CREATE VIEW steering.trigger_problem AS
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
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_insert', 'steering.book'::regproc, 4), ('UPDATE', 'sp71_steering_update', 'steering.book', 16),
                   ('DELETE', 'sp71_steering_delete', 'steering.book', 8), ('TRUNCATE', 'sp71_steering_truncate', 'steering.book', 32),
                   ('INSERT, UPDATE or DELETE that ends before all its rows are returned', 'sp71_steering_watch', 'steering.watch', 4)
    ) AS wanted (event, name, function, bit)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source_tree.relation
    AND pg_trigger.tgfoid = wanted.function AND pg_trigger.tgtype & wanted.bit <> 0
LEFT JOIN pg_catalog.pg_trigger AS other ON other.tgrelid = source_tree.relation AND other.tgname = wanted.name
    AND other.tgfoid <> wanted.function AND pg_trigger.oid IS NULL
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
    AND source_tree.relation NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass)
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book() and steering.watch()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid IN ('steering.book'::regproc, 'steering.watch'::regproc)
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);
REVOKE ALL ON steering.trigger_problem FROM PUBLIC;
COMMENT ON VIEW steering.trigger_problem IS 'health(): triggers of sources that do not fire';
COMMENT ON COLUMN steering.trigger_problem.subject IS 'a table';
COMMENT ON COLUMN steering.trigger_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.trigger_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.trigger_problem.hint IS 'what to do';

CREATE VIEW steering.event_trigger_problem AS
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
REVOKE ALL ON steering.event_trigger_problem FROM PUBLIC;
COMMENT ON VIEW steering.event_trigger_problem IS 'health(): event triggers of the extension that do not fire';
COMMENT ON COLUMN steering.event_trigger_problem.subject IS 'an event trigger';
COMMENT ON COLUMN steering.event_trigger_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.event_trigger_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.event_trigger_problem.hint IS 'what to do';

CREATE VIEW steering.session_problem AS
SELECT 'this session' AS subject, 'replica role' AS problem,
    'No trigger fires while session_replication_role is "replica".' AS detail,
    'SET session_replication_role = origin; then SELECT steering.repair()' AS hint
WHERE pg_catalog.current_setting('session_replication_role') = 'replica'
UNION ALL
SELECT concat_ws(' in ', 'role ' || coalesce(pg_roles.rolname, 'ALL'), 'database ' || pg_database.datname), 'replica role',
    'No trigger fires in sessions for which session_replication_role is set to "replica".',
    concat_ws(' ', 'ALTER ROLE', coalesce(quote_ident(pg_roles.rolname), 'ALL'),
              'IN DATABASE ' || quote_ident(pg_database.datname), 'RESET session_replication_role')
FROM pg_catalog.pg_db_role_setting
CROSS JOIN LATERAL unnest(pg_db_role_setting.setconfig) AS setting
LEFT JOIN pg_catalog.pg_roles ON pg_roles.oid = pg_db_role_setting.setrole
LEFT JOIN pg_catalog.pg_database ON pg_database.oid = pg_db_role_setting.setdatabase
WHERE setting ILIKE 'session_replication_role=replica'
    AND (pg_db_role_setting.setdatabase = 0 OR pg_database.datname = pg_catalog.current_database());
REVOKE ALL ON steering.session_problem FROM PUBLIC;
COMMENT ON VIEW steering.session_problem IS 'health(): sessions in which no trigger fires';
COMMENT ON COLUMN steering.session_problem.subject IS 'whose sessions';
COMMENT ON COLUMN steering.session_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.session_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.session_problem.hint IS 'what to do';

CREATE VIEW steering.source_problem AS
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
REVOKE ALL ON steering.source_problem FROM PUBLIC;
COMMENT ON VIEW steering.source_problem IS 'health(): sources whose rows are not all counted, or counted wrongly';
COMMENT ON COLUMN steering.source_problem.subject IS 'a table';
COMMENT ON COLUMN steering.source_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.source_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.source_problem.hint IS 'what to do';

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

CREATE VIEW steering.cap_problem AS
SELECT format('cap %s', cap_status.cap_id) AS subject, 'overrun' AS problem,
    format('The %s cap of service "%s" for participant "%s" blocks above %s, and %s is used.', cap_status.metric,
           cap_status.service, cap_status.participant, cap_status.blocks_at, cap_status.used) AS detail,
    'raise it with steering.set_cap(), or lower its bookings' AS hint
FROM steering.cap_status
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap_status.cap_id
WHERE cap_status.used > cap_status.blocks_at + coalesce(override_by_cap.drawn, 0);
REVOKE ALL ON steering.cap_problem FROM PUBLIC;
COMMENT ON VIEW steering.cap_problem IS 'health(): caps of which more is used than they allow, since someone accepted that';
COMMENT ON COLUMN steering.cap_problem.subject IS 'a cap';
COMMENT ON COLUMN steering.cap_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.cap_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.cap_problem.hint IS 'what to do';
-- register.sql
-- The registers as later topics use them: numbers by code, all that is below an entry, periods, and the
-- trigger that keeps entries which their tables refer to.

-- PUBLIC may execute these because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.service_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_service_number'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.service_number(text) IS
'number of the service with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.participant_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_participant_number'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.participant_number(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.participant_number(text) IS
'number of the participant with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.period_range(period text) RETURNS daterange
AS 'MODULE_PATHNAME', 'steering_period_range'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.period_range(text) IS
'days of a period: a year 2026, a quarter 2026-Q1, a month 2026-03, or a range of whole months [2026-04-01,2027-04-01), whatever the DateStyle. Errors: 22004 null, 22P02 no period, 22023 a range that is empty, has no first or last day, or is not of whole months';

CREATE VIEW steering.service_below AS
WITH RECURSIVE below (top_id, service_id, code, depth) AS (
	SELECT service.service_id, service.service_id, service.code, 0
	FROM steering.service
	UNION ALL
	SELECT below.top_id, service.service_id, service.code, below.depth + 1
	FROM below JOIN steering.service ON service.parent = below.code
)
SELECT below.top_id, below.service_id, below.depth FROM below;
REVOKE ALL ON steering.service_below FROM PUBLIC;
COMMENT ON VIEW steering.service_below IS 'every service with itself and each service below it';
COMMENT ON COLUMN steering.service_below.top_id IS 'number of the service';
COMMENT ON COLUMN steering.service_below.service_id IS 'number of a service that is it, or below it';
COMMENT ON COLUMN steering.service_below.depth IS 'how many levels below: 0 is the service itself';

CREATE VIEW steering.participant_below AS
WITH RECURSIVE below (top_id, participant_id, code, depth) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code, 0
	FROM steering.participant
	UNION ALL
	SELECT below.top_id, participant.participant_id, participant.code, below.depth + 1
	FROM below JOIN steering.participant ON participant.parent = below.code
)
SELECT below.top_id, below.participant_id, below.depth FROM below;
REVOKE ALL ON steering.participant_below FROM PUBLIC;
COMMENT ON VIEW steering.participant_below IS 'every participant with itself and each participant below it';
COMMENT ON COLUMN steering.participant_below.top_id IS 'number of the participant';
COMMENT ON COLUMN steering.participant_below.participant_id IS 'number of a participant that is it, or below it';
COMMENT ON COLUMN steering.participant_below.depth IS 'how many levels below: 0 is the participant itself';

CREATE FUNCTION steering.refuse_used() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_used'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_used() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_used() IS
'refuses to delete an entry of a register that agreements, results or allocation keys refer to (23503)';

-- After follow_delete, by their names.
CREATE TRIGGER refuse_used
	AFTER DELETE ON steering.participant REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_used();
CREATE TRIGGER refuse_used
	AFTER DELETE ON steering.service REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_used();
-- What was booked in a range of months, for the reports on cost and results.

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.usage_between(first_month date, end_month date)
RETURNS TABLE (service_id integer, participant_id integer, actual steering.amount, committed steering.amount,
	volume steering.amount, committed_volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_usage_between'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.usage_between(date, date) IS
'what was booked from first_month until before end_month (first days of months; null: without bound) per service and participant, as far as the role may read it: amounts of sources of stage actual and commitment, volumes likewise, number of bookings of both. From stored usage in one pass, so its time does not grow with the number of bookings. Error: 22003 a sum does not fit';
-- Closed periods: what was spent in them is fixed, and what is committed in them is not raised any more. close_period() and reopen_period(), which also
-- see to the settlement of the period, build on this.

-- The order of the columns is known to C. Written by C alone, with bookings excluded.
CREATE TABLE steering.closing (
	closing_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT closing_pkey PRIMARY KEY,
	during daterange NOT NULL,
	closed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	closed_by name NOT NULL DEFAULT session_user,
	reason text,
	reopened_at timestamptz,
	reopened_by name,
	reopen_reason text,
	bookings bigint NOT NULL,
	amount numeric NOT NULL,
	volume numeric NOT NULL,
	committed_bookings numeric,
	committed_amount numeric,
	committed_volume numeric,
	CONSTRAINT closing_whole_months CHECK (lower(during) IS NOT NULL AND upper(during) IS NOT NULL
		AND isfinite(lower(during)) AND isfinite(upper(during))
		AND extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1),
	CONSTRAINT closing_reopening CHECK (num_nulls(reopened_at, reopened_by, reopen_reason) IN (0, 3)),
	CONSTRAINT closing_once EXCLUDE USING gist (during WITH =) WHERE (reopened_at IS NULL)
);
REVOKE ALL ON steering.closing FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.closing', '');
SELECT pg_catalog.pg_extension_config_dump('steering.closing_closing_id_seq', '');
COMMENT ON TABLE steering.closing IS 'periods that were closed, and which of them were reopened; written by close_bookings() and reopen_bookings() alone';
COMMENT ON COLUMN steering.closing.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.closing.during IS 'the period: whole months';
COMMENT ON COLUMN steering.closing.closed_at IS 'when it was closed, by the clock: every booking in it was committed before';
COMMENT ON COLUMN steering.closing.closed_by IS 'who had logged in and closed it';
COMMENT ON COLUMN steering.closing.reason IS 'the reason that was given; null: none';
COMMENT ON COLUMN steering.closing.reopened_at IS 'when it was reopened, by the clock; null: it is closed';
COMMENT ON COLUMN steering.closing.reopened_by IS 'who had logged in and reopened it; null: it is closed';
COMMENT ON COLUMN steering.closing.reopen_reason IS 'the reason that was given; null: it is closed';
COMMENT ON COLUMN steering.closing.bookings IS 'number of bookings in it when it was closed, for health()';
COMMENT ON COLUMN steering.closing.amount IS 'sum of their amounts (money), of both stages';
COMMENT ON COLUMN steering.closing.volume IS 'sum of their volumes, whatever their units, of both stages';
COMMENT ON COLUMN steering.closing.committed_bookings IS 'number of those that were commitments, which may still be released; null: unknown, it was closed by a version before 0.3.0';
COMMENT ON COLUMN steering.closing.committed_amount IS 'sum of the amounts of commitments; null: unknown';
COMMENT ON COLUMN steering.closing.committed_volume IS 'sum of the volumes of commitments; null: unknown';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.name_period(during daterange) RETURNS text
AS 'MODULE_PATHNAME', 'steering_name_period'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION steering.name_period(daterange) IS
'how messages call a range of days: 2026, 2026-Q1 or 2026-03 where it is one of these, else its first and last day; null: it has no first or last day';

CREATE FUNCTION steering.close_bookings(period text, reason text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_close_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.close_bookings(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_bookings(text, text) IS
'closes a period to bookings and returns the number of the closing: what changes bookings in it is refused from now on (23S74), by this transaction too, except that commitments may be released, lowered and carried to an open day. Says how many are open (a NOTICE). Waits for running bookings, and new ones wait until it is committed: what is read after it, with a new snapshot, is what the period has. Errors: those of period_range(), 55000 the period is closed already, also as a part of a longer one, or overlaps a closed one that is not a part of it';

CREATE FUNCTION steering.reopen_bookings(period text, reason text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_reopen_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reopen_bookings(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reopen_bookings(text, text) IS
'opens a closed period to bookings again, as it was closed, and returns the number of the closing that ends. Waits for running bookings. Errors: those of period_range(), 22004 no reason, 22023 an empty one, 55000 the period is not closed, or is a part of a longer one that is, or a correction of it was settled in a period that is closed (see reopen_period()), 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE VIEW steering.closed_period WITH (security_barrier) AS
SELECT steering.name_period(closing.during) AS period,
	lower(closing.during) AS first_day,
	upper(closing.during) - 1 AS last_day,
	closing.closing_id,
	closing.closed_at,
	closing.closed_by,
	closing.reason
FROM steering.closing
WHERE closing.reopened_at IS NULL;
GRANT SELECT ON steering.closed_period TO PUBLIC;
COMMENT ON VIEW steering.closed_period IS 'periods that are closed to bookings now';
COMMENT ON COLUMN steering.closed_period.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.closed_period.first_day IS 'its first day';
COMMENT ON COLUMN steering.closed_period.last_day IS 'its last day';
COMMENT ON COLUMN steering.closed_period.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.closed_period.closed_at IS 'when it was closed';
COMMENT ON COLUMN steering.closed_period.closed_by IS 'who had logged in and closed it';
COMMENT ON COLUMN steering.closed_period.reason IS 'the reason that was given; null: none';

-- Of closings by a version before 0.3.0 nobody knows what was committed: they are held against all of it.
CREATE VIEW steering.closing_problem AS
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
REVOKE ALL ON steering.closing_problem FROM PUBLIC;
COMMENT ON VIEW steering.closing_problem IS 'health(): closed periods whose bookings are not those that were closed in';
COMMENT ON COLUMN steering.closing_problem.subject IS 'a closed period';
COMMENT ON COLUMN steering.closing_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.closing_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.closing_problem.hint IS 'what to do';
-- cost_result.sql
-- The type steering.cost_result: what something cost and what was achieved for it, as a pair. Its sum
-- adds up both sides, so that a ratio rolled up is the ratio of the sums.

CREATE TYPE steering.cost_result;

CREATE FUNCTION steering.cost_result_in(cstring) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_in';
REVOKE ALL ON FUNCTION steering.cost_result_in(cstring) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_in(cstring) IS
	'I/O';

CREATE FUNCTION steering.cost_result_out(steering.cost_result) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_out';
REVOKE ALL ON FUNCTION steering.cost_result_out(steering.cost_result) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_out(steering.cost_result) IS
	'I/O';

CREATE FUNCTION steering.cost_result_recv(internal) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_recv';
REVOKE ALL ON FUNCTION steering.cost_result_recv(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_recv(internal) IS
	'I/O: the numbers of 1/10000 units of cost and result';

CREATE FUNCTION steering.cost_result_send(steering.cost_result) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_send';
REVOKE ALL ON FUNCTION steering.cost_result_send(steering.cost_result) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_send(steering.cost_result) IS
	'I/O: the numbers of 1/10000 units of cost and result';

CREATE TYPE steering.cost_result (
	INPUT = steering.cost_result_in,
	OUTPUT = steering.cost_result_out,
	RECEIVE = steering.cost_result_recv,
	SEND = steering.cost_result_send,
	INTERNALLENGTH = 16,
	ALIGNMENT = double
);
COMMENT ON TYPE steering.cost_result IS
	'a cost and what was achieved for it, two amounts: 1255100.00 / 1000.00. Sorts by cost per result, exactly; without result (zero) last; of the same ratio by cost and then result, so that only equal pairs are equal. '
	'What does not fit is 22003, no pair 22P02.';

-- A pair and its parts.

CREATE FUNCTION steering.cost_result(cost numeric, result numeric) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_make';
COMMENT ON FUNCTION steering.cost_result(numeric, numeric) IS
	'a cost and a result, each rounded half away from zero to four decimals; NaN, infinity and overflow are 22003; null if one is null, for what is missing is not zero';

CREATE FUNCTION steering.cost(steering.cost_result) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_cost';
COMMENT ON FUNCTION steering.cost(steering.cost_result) IS
	'the cost, with four decimals';

CREATE FUNCTION steering.result(steering.cost_result) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_result';
COMMENT ON FUNCTION steering.result(steering.cost_result) IS
	'the result, with four decimals';

CREATE FUNCTION steering.per_result(steering.cost_result) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_per_result';
COMMENT ON FUNCTION steering.per_result(steering.cost_result) IS
	'cost divided by result, with the digits that numeric / numeric gives; null if the result is zero';

CREATE FUNCTION steering.cost_result_to_double_precision(steering.cost_result) RETURNS double precision
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN steering.per_result($1)::double precision;
COMMENT ON FUNCTION steering.cost_result_to_double_precision(steering.cost_result) IS
	'implementation of the cast from cost_result to double precision';

-- They lose the parts, so they must be asked for.
CREATE CAST (steering.cost_result AS numeric) WITH FUNCTION steering.per_result(steering.cost_result);
COMMENT ON CAST (steering.cost_result AS numeric) IS 'cost per result; null if the result is zero';

CREATE CAST (steering.cost_result AS double precision) WITH FUNCTION steering.cost_result_to_double_precision(steering.cost_result);
COMMENT ON CAST (steering.cost_result AS double precision) IS 'cost per result; null if the result is zero; inexact: as numeric does it';

-- Comparison. Leakproof, as that of amounts.

CREATE FUNCTION steering.cost_result_equal(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_equal';
COMMENT ON FUNCTION steering.cost_result_equal(steering.cost_result, steering.cost_result) IS
	'implementation of = operator';

CREATE OPERATOR steering.= (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_equal,
	COMMUTATOR = OPERATOR(steering.=), NEGATOR = OPERATOR(steering.<>), HASHES, MERGES,
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR steering.= (steering.cost_result, steering.cost_result) IS 'equal: the same cost and the same result';

CREATE FUNCTION steering.cost_result_not_equal(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_not_equal';
COMMENT ON FUNCTION steering.cost_result_not_equal(steering.cost_result, steering.cost_result) IS
	'implementation of <> operator';

CREATE OPERATOR steering.<> (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_not_equal,
	COMMUTATOR = OPERATOR(steering.<>), NEGATOR = OPERATOR(steering.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR steering.<> (steering.cost_result, steering.cost_result) IS 'not equal';

CREATE FUNCTION steering.cost_result_less(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_less';
COMMENT ON FUNCTION steering.cost_result_less(steering.cost_result, steering.cost_result) IS
	'implementation of < operator';

CREATE OPERATOR steering.< (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_less,
	COMMUTATOR = OPERATOR(steering.>), NEGATOR = OPERATOR(steering.>=),
	RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR steering.< (steering.cost_result, steering.cost_result) IS 'a result costs less; of the same ratio, the lower cost, then the lower result';

CREATE FUNCTION steering.cost_result_less_equal(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_less_equal';
COMMENT ON FUNCTION steering.cost_result_less_equal(steering.cost_result, steering.cost_result) IS
	'implementation of <= operator';

CREATE OPERATOR steering.<= (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_less_equal,
	COMMUTATOR = OPERATOR(steering.>=), NEGATOR = OPERATOR(steering.>),
	RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR steering.<= (steering.cost_result, steering.cost_result) IS 'less than or equal';

CREATE FUNCTION steering.cost_result_greater_equal(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_greater_equal';
COMMENT ON FUNCTION steering.cost_result_greater_equal(steering.cost_result, steering.cost_result) IS
	'implementation of >= operator';

CREATE OPERATOR steering.>= (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_greater_equal,
	COMMUTATOR = OPERATOR(steering.<=), NEGATOR = OPERATOR(steering.<),
	RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR steering.>= (steering.cost_result, steering.cost_result) IS 'greater than or equal';

CREATE FUNCTION steering.cost_result_greater(steering.cost_result, steering.cost_result) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_greater';
COMMENT ON FUNCTION steering.cost_result_greater(steering.cost_result, steering.cost_result) IS
	'implementation of > operator';

CREATE OPERATOR steering.> (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_greater,
	COMMUTATOR = OPERATOR(steering.<), NEGATOR = OPERATOR(steering.<=),
	RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR steering.> (steering.cost_result, steering.cost_result) IS 'a result costs more; of the same ratio, the higher cost, then the higher result';

-- Operator classes.

CREATE FUNCTION steering.cost_result_compare(steering.cost_result, steering.cost_result) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_compare';
COMMENT ON FUNCTION steering.cost_result_compare(steering.cost_result, steering.cost_result) IS
	'less-equal-greater';

CREATE OPERATOR CLASS steering.cost_result_ops DEFAULT FOR TYPE steering.cost_result USING btree AS
	OPERATOR 1 steering.<,
	OPERATOR 2 steering.<=,
	OPERATOR 3 steering.=,
	OPERATOR 4 steering.>=,
	OPERATOR 5 steering.>,
	FUNCTION 1 steering.cost_result_compare(steering.cost_result, steering.cost_result),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS steering.cost_result_ops USING btree IS
	'orders by cost per result, then cost, then result; without result last';

CREATE FUNCTION steering.cost_result_hash(steering.cost_result) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_hash';
COMMENT ON FUNCTION steering.cost_result_hash(steering.cost_result) IS
	'hash';

CREATE FUNCTION steering.cost_result_hash_extended(steering.cost_result, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_hash_extended';
COMMENT ON FUNCTION steering.cost_result_hash_extended(steering.cost_result, bigint) IS
	'hash with a seed';

CREATE OPERATOR CLASS steering.cost_result_ops DEFAULT FOR TYPE steering.cost_result USING hash AS
	OPERATOR 1 steering.=,
	FUNCTION 1 steering.cost_result_hash(steering.cost_result),
	FUNCTION 2 steering.cost_result_hash_extended(steering.cost_result, bigint);
COMMENT ON OPERATOR CLASS steering.cost_result_ops USING hash IS 'hashes pairs';

-- Arithmetic, side by side.

CREATE FUNCTION steering.cost_result_add(steering.cost_result, steering.cost_result) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_add';
COMMENT ON FUNCTION steering.cost_result_add(steering.cost_result, steering.cost_result) IS
	'implementation of + operator';

CREATE OPERATOR steering.+ (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_add,
	COMMUTATOR = OPERATOR(steering.+)
);
COMMENT ON OPERATOR steering.+ (steering.cost_result, steering.cost_result) IS 'add costs, and results; overflow is 22003';

CREATE FUNCTION steering.cost_result_subtract(steering.cost_result, steering.cost_result) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_subtract';
COMMENT ON FUNCTION steering.cost_result_subtract(steering.cost_result, steering.cost_result) IS
	'implementation of - operator';

CREATE OPERATOR steering.- (
	LEFTARG = steering.cost_result, RIGHTARG = steering.cost_result, FUNCTION = steering.cost_result_subtract
);
COMMENT ON OPERATOR steering.- (steering.cost_result, steering.cost_result) IS 'subtract costs, and results; overflow is 22003';

-- Aggregates. There is no avg(): an average of ratios says nothing about their sum.

CREATE FUNCTION steering.cost_result_accumulate(internal, steering.cost_result) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_accumulate';
REVOKE ALL ON FUNCTION steering.cost_result_accumulate(internal, steering.cost_result) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_accumulate(internal, steering.cost_result) IS
	'aggregate transition function';

CREATE FUNCTION steering.cost_result_discard(internal, steering.cost_result) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_discard';
REVOKE ALL ON FUNCTION steering.cost_result_discard(internal, steering.cost_result) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_discard(internal, steering.cost_result) IS
	'aggregate inverse transition function';

CREATE FUNCTION steering.cost_result_combine(internal, internal) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_combine';
REVOKE ALL ON FUNCTION steering.cost_result_combine(internal, internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_combine(internal, internal) IS
	'aggregate combine function';

CREATE FUNCTION steering.cost_result_serialize(internal) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_serialize';
REVOKE ALL ON FUNCTION steering.cost_result_serialize(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_serialize(internal) IS
	'aggregate serial function';

CREATE FUNCTION steering.cost_result_deserialize(bytea, internal) RETURNS internal
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_deserialize';
REVOKE ALL ON FUNCTION steering.cost_result_deserialize(bytea, internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_deserialize(bytea, internal) IS
	'aggregate deserial function';

CREATE FUNCTION steering.cost_result_sum(internal) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_sum';
REVOKE ALL ON FUNCTION steering.cost_result_sum(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_sum(internal) IS
	'aggregate final function';

CREATE AGGREGATE steering.sum(steering.cost_result) (
	SFUNC = steering.cost_result_accumulate, STYPE = internal, SSPACE = 64,
	FINALFUNC = steering.cost_result_sum,
	COMBINEFUNC = steering.cost_result_combine,
	SERIALFUNC = steering.cost_result_serialize, DESERIALFUNC = steering.cost_result_deserialize,
	MSFUNC = steering.cost_result_accumulate, MINVFUNC = steering.cost_result_discard,
	MSTYPE = internal, MSSPACE = 64,
	MFINALFUNC = steering.cost_result_sum,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.sum(steering.cost_result) IS
	'sum of the costs and sum of the results; null if there is no pair; 22003 only if a sum itself does not fit, not on the way';

CREATE FUNCTION steering.cost_result_smaller(steering.cost_result, steering.cost_result) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_smaller';
REVOKE ALL ON FUNCTION steering.cost_result_smaller(steering.cost_result, steering.cost_result) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_smaller(steering.cost_result, steering.cost_result) IS
	'smaller of two';

CREATE AGGREGATE steering.min(steering.cost_result) (
	SFUNC = steering.cost_result_smaller, STYPE = steering.cost_result, COMBINEFUNC = steering.cost_result_smaller,
	SORTOP = OPERATOR(steering.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.min(steering.cost_result) IS 'first pair in their order; null if there is none';

CREATE FUNCTION steering.cost_result_larger(steering.cost_result, steering.cost_result) RETURNS steering.cost_result
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_cost_result_larger';
REVOKE ALL ON FUNCTION steering.cost_result_larger(steering.cost_result, steering.cost_result) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_result_larger(steering.cost_result, steering.cost_result) IS
	'larger of two';

CREATE AGGREGATE steering.max(steering.cost_result) (
	SFUNC = steering.cost_result_larger, STYPE = steering.cost_result, COMBINEFUNC = steering.cost_result_larger,
	SORTOP = OPERATOR(steering.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.max(steering.cost_result) IS 'last pair in their order; null if there is none';
-- allocate.sql
-- Dividing an amount by weights so that the shares add up to it, to the smallest unit.

CREATE FUNCTION steering.allocate(amount numeric, weights numeric[], unit numeric DEFAULT 0.01, all_zero text DEFAULT 'error')
RETURNS numeric[]
AS 'MODULE_PATHNAME', 'steering_allocate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocate(numeric, numeric[], numeric, text) IS
'shares of an amount by weights, which add up to it exactly: the largest remainder method (Hamilton 1792, Hare-Niemeyer; M. L. Balinski and H. P. Young, Fair Representation, 1982). Each share is the whole units of its quota amount * weight / sum(weights); the units that are left go to the largest remainders, compared exactly, of equal ones to the first. What is finer in the amount than the unit goes to the place whose turn is next. So no share is a unit or more from its quota. A negative amount is divided like its opposite. If all weights are zero: error, equal (shares), or unallocated (shares of zero: the amount less their sum is what nobody bears). Null if the amount is null. Errors: 22004 null weights, unit or all_zero; 22023 weights that are none, negative, NaN, infinite, of several dimensions, or all zero; a unit that is not above zero, an amount that is not finite, another all_zero; 22003 overflow';

-- Aggregates take no defaults: the form with two arguments has those of allocate().
CREATE FUNCTION steering.allocate_accumulate(internal, numeric, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'steering_allocate_accumulate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric) IS 'aggregate transition function';

CREATE FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) RETURNS internal
AS 'MODULE_PATHNAME', 'steering_allocate_accumulate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) IS 'aggregate transition function';

CREATE FUNCTION steering.allocate_rows(internal) RETURNS numeric[]
AS 'MODULE_PATHNAME', 'steering_allocate_rows'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.allocate_rows(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_rows(internal) IS 'aggregate final function';

CREATE AGGREGATE steering.allocate_agg(amount numeric, weight numeric) (
	SFUNC = steering.allocate_accumulate, STYPE = internal, SSPACE = 1024,
	FINALFUNC = steering.allocate_rows, PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.allocate_agg(numeric, numeric) IS
'allocate() over the rows of a group, in cents: the shares in the order of the rows, so write allocate_agg(amount, weight ORDER BY ...). The amount must be the same in all rows (22023), a weight not null (22004). Null without rows';

CREATE AGGREGATE steering.allocate_agg(amount numeric, weight numeric, unit numeric, all_zero text) (
	SFUNC = steering.allocate_accumulate, STYPE = internal, SSPACE = 1024,
	FINALFUNC = steering.allocate_rows, PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.allocate_agg(numeric, numeric, numeric, text) IS
'allocate() over the rows of a group: the shares in the order of the rows, so write allocate_agg(amount, weight, unit, all_zero ORDER BY ...). The amount must be the same in all rows (22023), a weight not null (22004); unit and all_zero are those of the first row. Null without rows';

CREATE FUNCTION steering.allocated(amount numeric, weight numeric, unit numeric DEFAULT 0.01, all_zero text DEFAULT 'error')
RETURNS numeric
AS 'MODULE_PATHNAME', 'steering_allocated'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocated(numeric, numeric, numeric, text) IS
'window function: the share of this row when the amount is divided among all rows of the partition, as allocate() does it. Of equal remainders the first row in the order of the window gets the unit, so let ORDER BY decide. The amount must be the same in all rows (22023), a weight not null (22004); unit and all_zero are those of the first row';
-- risk.sql
-- What risks may cost together, by simulation.

CREATE FUNCTION steering.simulate_risk(probability double precision[], low numeric[], likely numeric[], high numeric[],
	certainty double precision, draws integer DEFAULT 100000, seed bigint DEFAULT 1, available numeric DEFAULT NULL,
	OUT required numeric, OUT mean numeric, OUT median numeric, OUT highest numeric, OUT covered numeric)
AS 'MODULE_PATHNAME', 'steering_simulate_risk'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000000;
COMMENT ON FUNCTION steering.simulate_risk(double precision[], numeric[], numeric[], numeric[], double precision, integer, bigint, numeric) IS
'what independent risks cost together, by Monte Carlo simulation: in every draw each risk occurs with its probability, and then costs an amount of a triangular distribution from low to high, densest at likely (drawn as W. E. Stein and M. F. Keblis do, A new method to simulate the triangular distribution, 2009, in whole numbers). required: the least total that this part of the draws (certainty, as 0.90) does not exceed; mean, median, highest: of all totals; covered: the part of the draws, to six decimals, whose total is not above the available amount. The same seed gives the same answer on every machine. Errors: 22004 null, 22023 a probability outside 0 to 1, low, likely and high out of order, arrays of different lengths, a certainty not between 0 and 1, fewer than 1 or more than 10,000,000 draws; 22003 amounts that could add up to more than an amount';
-- Allocation keys, their fixed weights, and the rules by which the cost of services is divided.
--
-- Like caps, they hold numbers and no foreign keys, and are written by the functions below alone.

CREATE TABLE steering.allocation_key (
	key_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT allocation_key_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT allocation_key_code_key UNIQUE
		CONSTRAINT allocation_key_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	basis text NOT NULL
		CONSTRAINT allocation_key_basis_known CHECK (basis IN ('inhabitants', 'volume', 'agreed', 'fixed')),
	service_id integer,
	CONSTRAINT allocation_key_service_fits_basis CHECK ((service_id IS NOT NULL) = (basis IN ('volume', 'agreed')))
);
REVOKE ALL ON steering.allocation_key FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_key', '');
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_key_key_id_seq', '');
COMMENT ON TABLE steering.allocation_key IS 'by what shared cost is divided; written by set_allocation_key() and drop_allocation_key() alone';
COMMENT ON COLUMN steering.allocation_key.key_id IS 'number of the key';
COMMENT ON COLUMN steering.allocation_key.code IS 'what people call the key by; it never changes';
COMMENT ON COLUMN steering.allocation_key.name IS 'name for people';
COMMENT ON COLUMN steering.allocation_key.basis IS 'where the weights come from: inhabitants of participants, actual volume or agreed volume of a service, or fixed: what set_key_weight() has set';
COMMENT ON COLUMN steering.allocation_key.service_id IS 'of volume and agreed: of this service and all below it; null: another basis';

CREATE TABLE steering.allocation_weight (
	key_id integer NOT NULL,
	participant_id integer,
	service_id integer,
	during daterange NOT NULL CONSTRAINT allocation_weight_during_not_empty CHECK (NOT isempty(during)),
	weight numeric NOT NULL CONSTRAINT allocation_weight_not_negative CHECK (weight >= 0 AND weight < 'Infinity'),
	CONSTRAINT allocation_weight_one_receiver CHECK ((participant_id IS NULL) <> (service_id IS NULL)),
	CONSTRAINT allocation_weight_key UNIQUE NULLS NOT DISTINCT (key_id, participant_id, service_id, during),
	CONSTRAINT allocation_weight_no_overlap EXCLUDE USING gist (int4range(key_id, key_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, int4range(service_id, service_id, '[]') WITH =, during WITH &&)
);
-- Its key may hold nulls. A publication of all tables would let no row of it be changed or deleted else.
ALTER TABLE steering.allocation_weight REPLICA IDENTITY FULL;
REVOKE ALL ON steering.allocation_weight FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_weight', '');
COMMENT ON TABLE steering.allocation_weight IS 'weights of keys with basis fixed, written by set_key_weight() and drop_key_weight() alone; one at a time for each receiver';
COMMENT ON COLUMN steering.allocation_weight.key_id IS 'the key';
COMMENT ON COLUMN steering.allocation_weight.participant_id IS 'the participant that receives; null: a service does';
COMMENT ON COLUMN steering.allocation_weight.service_id IS 'the service that receives; null: a participant does';
COMMENT ON COLUMN steering.allocation_weight.during IS 'the days on which the weight is valid';
COMMENT ON COLUMN steering.allocation_weight.weight IS 'the weight; what counts is its proportion to the others of the key';

CREATE TABLE steering.allocation_rule (
	rule_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT allocation_rule_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	key_id integer NOT NULL,
	step integer NOT NULL CONSTRAINT allocation_rule_step_positive CHECK (step > 0),
	during daterange NOT NULL CONSTRAINT allocation_rule_during_not_empty CHECK (NOT isempty(during))
		CONSTRAINT allocation_rule_whole_months
			CHECK (extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1),
	all_zero text NOT NULL
		CONSTRAINT allocation_rule_all_zero_known CHECK (all_zero IN ('error', 'equal', 'unallocated')),
	CONSTRAINT allocation_rule_key UNIQUE (service_id, during),
	CONSTRAINT allocation_rule_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.allocation_rule FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_rule', '');
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_rule_rule_id_seq', '');
COMMENT ON TABLE steering.allocation_rule IS 'whose cost is divided, by which key and in which order; written by set_allocation_rule() and drop_allocation_rule() alone; one at a time for each service';
COMMENT ON COLUMN steering.allocation_rule.rule_id IS 'number of the rule';
COMMENT ON COLUMN steering.allocation_rule.service_id IS 'the support service: cost booked on it, not on those below it, is divided';
COMMENT ON COLUMN steering.allocation_rule.key_id IS 'the key that divides it';
COMMENT ON COLUMN steering.allocation_rule.step IS 'place in the order of method step_down; services with the same step go by their codes';
COMMENT ON COLUMN steering.allocation_rule.during IS 'the whole months in which the rule is valid';
COMMENT ON COLUMN steering.allocation_rule.all_zero IS 'what is done when no receiver has a weight above zero: error, equal (the receivers get the same), unallocated (the cost stays where it is, and is shown)';

CREATE FUNCTION steering.key_number(key text, basis text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_key_number'
LANGUAGE C STABLE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.key_number(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_number(text, text) IS
'number of the allocation key with this code, and, if one is given, this basis. Errors: 22004 key is null, 22023 unknown code or another basis';

CREATE FUNCTION steering.require_found(found bigint, what text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_found'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.require_found(bigint, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_found(bigint, text) IS 'raises 42704, that this does not exist, when none was found';

CREATE FUNCTION steering.refuse_standing(what text, during text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_standing'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_standing(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_standing(text, text) IS 'raises 23P01, that this stands already, for these days';

CREATE FUNCTION steering.refuse_used_key() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_used_key'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_used_key() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_used_key() IS
'after a change of a key: refuses that it goes while rules or agreements divide by it, and another basis while it has weights (23503)';

CREATE TRIGGER refuse_used_key
	AFTER UPDATE OF basis OR DELETE ON steering.allocation_key
	FOR EACH ROW EXECUTE FUNCTION steering.refuse_used_key();

CREATE FUNCTION steering.set_allocation_key(code text, name text, basis text, service text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.allocation_key (code, name, basis, service_id)
VALUES (set_allocation_key.code, set_allocation_key.name, set_allocation_key.basis,
	CASE WHEN set_allocation_key.service IS NOT NULL THEN steering.service_number(set_allocation_key.service) END)
ON CONFLICT ON CONSTRAINT allocation_key_code_key DO UPDATE
	SET name = excluded.name, basis = excluded.basis, service_id = excluded.service_id
RETURNING key_id;
END;
REVOKE ALL ON FUNCTION steering.set_allocation_key(text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_allocation_key(text, text, text, text) IS
'creates an allocation key, or changes the one with this code; returns its number. basis: inhabitants, volume or agreed (of a service), or fixed. Errors: 23502 null, 23514 unknown basis, a service that the basis does not have or has not got, 22023 unknown service, 23503 another basis while it has fixed weights';

CREATE FUNCTION steering.drop_allocation_key(key text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(drop_allocation_key.key);
DELETE FROM steering.allocation_key WHERE key_id = steering.key_number(key);
DELETE FROM steering.allocation_weight
	WHERE NOT EXISTS (SELECT FROM steering.allocation_key WHERE allocation_key.key_id = allocation_weight.key_id);
END;
REVOKE ALL ON FUNCTION steering.drop_allocation_key(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_allocation_key(text) IS
'ends an allocation key and its weights. Errors: 22004 null, 22023 unknown key, 23503 rules or agreements divide by it';

CREATE FUNCTION steering.set_key_weight(key text, weight numeric, during steering.day_range,
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
REVOKE ALL ON FUNCTION steering.set_key_weight(text, numeric, steering.day_range, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_key_weight(text, numeric, steering.day_range, text, text) IS
'sets the weight of a participant or a service in a key with basis fixed, on these days; the one with the same receiver and days is replaced; returns the weight. Errors: 22004 key is null, 22023 unknown code or a key with another basis, 23502 null, 23514 negative weight, empty range, not just one receiver, 23P01 overlap with another weight of the receiver';

CREATE FUNCTION steering.drop_key_weight(key text, during steering.day_range,
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
REVOKE ALL ON FUNCTION steering.drop_key_weight(text, steering.day_range, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_key_weight(text, steering.day_range, text, text) IS
'ends the weight of a participant or a service in a key that was set for these days. Errors: 22004 key is null, 22023 unknown code, 42704 no such weight';

CREATE FUNCTION steering.set_allocation_rule(service text, key text, during steering.day_range, step integer,
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
REVOKE ALL ON FUNCTION steering.set_allocation_rule(text, text, steering.day_range, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_allocation_rule(text, text, steering.day_range, integer, text) IS
'says that the cost booked on a service is divided (on itself: those below it need rules of their own, see not_divided of allocation_proof()), by which key, and at which step of method step_down; the rule with the same service and months is replaced; returns its number. all_zero: error, equal or unallocated, when no receiver has a weight above zero. Errors: 22004 service or key is null, 22023 unknown code, 23502 null, 23514 not whole months, step not above zero, unknown all_zero, 23P01 overlap with another rule of the service';

CREATE FUNCTION steering.drop_allocation_rule(service text, during steering.day_range) RETURNS void
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
REVOKE ALL ON FUNCTION steering.drop_allocation_rule(text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_allocation_rule(text, steering.day_range) IS
'ends the rule of a service that was set for these months. Errors: 22004 service is null, 22023 unknown service, 42704 no such rule';

CREATE VIEW steering.allocation_step AS
SELECT service.code AS service,
	lower(rule.during) AS valid_from,
	upper(rule.during) - 1 AS valid_to,
	rule.step,
	allocation_key.code AS key,
	allocation_key.name AS key_name,
	allocation_key.basis,
	basis_service.code AS basis_service,
	rule.all_zero
FROM steering.allocation_rule AS rule
JOIN steering.service ON service.service_id = rule.service_id
JOIN steering.allocation_key ON allocation_key.key_id = rule.key_id
LEFT JOIN steering.service AS basis_service ON basis_service.service_id = allocation_key.service_id;
REVOKE ALL ON steering.allocation_step FROM PUBLIC;
COMMENT ON VIEW steering.allocation_step IS 'the rules of allocation, with codes; for who may read about the organisation as a whole';
COMMENT ON COLUMN steering.allocation_step.service IS 'code of the service whose cost is divided';
COMMENT ON COLUMN steering.allocation_step.valid_from IS 'first day of the rule; null: none';
COMMENT ON COLUMN steering.allocation_step.valid_to IS 'last day of the rule; null: none';
COMMENT ON COLUMN steering.allocation_step.step IS 'place in the order of method step_down; the same step goes by code';
COMMENT ON COLUMN steering.allocation_step.key IS 'code of the key that divides the cost';
COMMENT ON COLUMN steering.allocation_step.key_name IS 'name of the key';
COMMENT ON COLUMN steering.allocation_step.basis IS 'where the weights come from: inhabitants, volume, agreed, fixed';
COMMENT ON COLUMN steering.allocation_step.basis_service IS 'of volume and agreed: code of the service whose volume weighs';
COMMENT ON COLUMN steering.allocation_step.all_zero IS 'what is done when no receiver has a weight above zero: error, equal, unallocated';
-- The forms that agreements have, as C knows them. What is asked of a form is asked here, or of the terms that it has.

CREATE FUNCTION steering.agreement_form()
RETURNS TABLE (form text, needs text[], may_have text[], shares_cost boolean, cap_blocks boolean)
AS 'MODULE_PATHNAME', 'steering_agreement_form'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 4;
COMMENT ON FUNCTION steering.agreement_form() IS
'the forms of agreements. needs, may_have: the terms that an agreement of the form must and may have besides, of base, volume, price, key and unused_percent (this only with a volume); each may have an advance and an incentive_maximum. shares_cost: what is owed is a share of actual cost by a key, and does not follow from terms. cap_blocks: the cap that follows from it blocks, since no more is to be spent than what was agreed beforehand; see planned_cap()';

-- PUBLIC may execute it because agreement_charge() does, in the name of whoever calls that.
CREATE FUNCTION steering.charge_of_terms(form text, base steering.amount, volume steering.amount, price steering.amount,
	actual_volume steering.amount, unused_percent numeric)
RETURNS TABLE (agreed steering.amount, excess steering.amount, unused steering.amount, agreed_volume steering.amount,
	excess_volume steering.amount, unused_volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_charge_of_terms'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION steering.charge_of_terms(text, steering.amount, steering.amount, steering.amount, steering.amount, numeric) IS
'agreement_charge() in amounts';
-- Agreements: what a participant buys of a service, in which form, and the caps that follow.
--
-- Like caps they hold numbers and no foreign keys, and are written by the functions below alone. An
-- agreement covers the bookings of its service and all below it, for its participant and all below it,
-- except those that a nearer agreement covers: of the nearest service, and then of the nearest
-- participant. Terms are for all of its months; parts of them get exact shares.

CREATE TABLE steering.agreement (
	agreement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT agreement_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	during daterange NOT NULL
		CONSTRAINT agreement_during_whole_months
			CHECK (coalesce(extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1, false)),
	form text NOT NULL
		CONSTRAINT agreement_form_known CHECK (form IN ('lump_sum', 'price_volume', 'base_plus', 'key_share')),
	base steering.amount
		CONSTRAINT agreement_base_not_negative CHECK (base OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_base_in_cents CHECK (base::numeric = round(base::numeric, 2)),
	volume steering.amount
		CONSTRAINT agreement_volume_not_negative CHECK (volume OPERATOR(steering.>=) 0::steering.amount),
	price steering.amount
		CONSTRAINT agreement_price_not_negative CHECK (price OPERATOR(steering.>=) 0::steering.amount),
	key_id integer,
	unused_percent numeric
		CONSTRAINT agreement_unused_percent_in_range CHECK (unused_percent BETWEEN 0 AND 100),
	advance steering.amount
		CONSTRAINT agreement_advance_not_negative CHECK (advance OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_advance_in_cents CHECK (advance::numeric = round(advance::numeric, 2)),
	incentive_maximum steering.amount
		CONSTRAINT agreement_incentive_maximum_not_negative
			CHECK (incentive_maximum OPERATOR(steering.>=) 0::steering.amount)
		CONSTRAINT agreement_incentive_maximum_in_cents
			CHECK (incentive_maximum::numeric = round(incentive_maximum::numeric, 2)),
	agreed_cost steering.amount GENERATED ALWAYS AS (
		CASE form WHEN 'price_volume' THEN round(price::numeric * volume::numeric, 2)::steering.amount ELSE base END) STORED,
	revision integer NOT NULL DEFAULT 1,
	CONSTRAINT agreement_lump_sum_terms CHECK (form <> 'lump_sum'
		OR base IS NOT NULL AND price IS NULL AND key_id IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_price_volume_terms CHECK (form <> 'price_volume'
		OR price IS NOT NULL AND base IS NULL AND key_id IS NULL AND (unused_percent IS NULL OR volume IS NOT NULL)),
	CONSTRAINT agreement_base_plus_terms CHECK (form <> 'base_plus'
		OR base IS NOT NULL AND volume IS NOT NULL AND price IS NOT NULL AND key_id IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_key_share_terms CHECK (form <> 'key_share'
		OR key_id IS NOT NULL AND volume IS NULL AND price IS NULL AND unused_percent IS NULL),
	CONSTRAINT agreement_scope_key UNIQUE (service_id, participant_id, during),
	CONSTRAINT agreement_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.agreement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.agreement', '');
SELECT pg_catalog.pg_extension_config_dump('steering.agreement_agreement_id_seq', '');
COMMENT ON TABLE steering.agreement IS 'what participants buy, written by set_agreement() and drop_agreement() alone; one at a time for each service and participant';
COMMENT ON COLUMN steering.agreement.agreement_id IS 'number of the agreement';
COMMENT ON COLUMN steering.agreement.service_id IS 'it covers this service and all below it';
COMMENT ON COLUMN steering.agreement.participant_id IS 'it is with this participant, and covers all below it';
COMMENT ON COLUMN steering.agreement.during IS 'its days: whole months';
COMMENT ON COLUMN steering.agreement.form IS 'lump_sum: base, whatever the volume; price_volume: price times actual volume; base_plus: base for the contracted volume, price for what goes beyond; key_share: a share of actual cost by an allocation key';
COMMENT ON COLUMN steering.agreement.base IS 'money for all months, in whole cents; of key_share: an estimate of the share, null: none';
COMMENT ON COLUMN steering.agreement.volume IS 'contracted volume for all months; null: none';
COMMENT ON COLUMN steering.agreement.price IS 'money per unit of volume; null: none';
COMMENT ON COLUMN steering.agreement.key_id IS 'of key_share: the allocation key; null: another form';
COMMENT ON COLUMN steering.agreement.unused_percent IS 'of price_volume (take or pay): percentage of the price that is charged for contracted volume that was not used; null: nothing is charged';
COMMENT ON COLUMN steering.agreement.advance IS 'money paid in advance each month, in whole cents; null: none';
COMMENT ON COLUMN steering.agreement.incentive_maximum IS 'the most that bonus or malus may come to over all months, in whole cents; null: no incentive was agreed';
COMMENT ON COLUMN steering.agreement.agreed_cost IS 'money that was agreed beforehand for all months: price times volume, rounded to cents, or base; null: none';
COMMENT ON COLUMN steering.agreement.revision IS 'goes up by one when terms change';

-- With codes, which outlive what they name.
CREATE TABLE steering.agreement_revision (
	agreement_id integer NOT NULL,
	revision integer NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('created', 'revised', 'dropped')),
	service text NOT NULL,
	participant text NOT NULL,
	participant_id integer NOT NULL,
	during daterange NOT NULL,
	form text NOT NULL,
	base steering.amount,
	volume steering.amount,
	price steering.amount,
	key text,
	unused_percent numeric,
	advance steering.amount,
	incentive_maximum steering.amount,
	role_name name NOT NULL DEFAULT session_user,
	reason text,
	CONSTRAINT agreement_revision_pkey PRIMARY KEY (agreement_id, revision)
);
REVOKE ALL ON steering.agreement_revision FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.agreement_revision', '');
COMMENT ON TABLE steering.agreement_revision IS 'every decision on an agreement; rows are only added';
COMMENT ON COLUMN steering.agreement_revision.agreement_id IS 'number of the agreement; it may be gone';
COMMENT ON COLUMN steering.agreement_revision.revision IS 'counts the decisions on the agreement, from 1';
COMMENT ON COLUMN steering.agreement_revision.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.agreement_revision.kind IS 'created, revised, dropped';
COMMENT ON COLUMN steering.agreement_revision.service IS 'code of its service';
COMMENT ON COLUMN steering.agreement_revision.participant IS 'code of its participant';
COMMENT ON COLUMN steering.agreement_revision.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.agreement_revision.during IS 'its days';
COMMENT ON COLUMN steering.agreement_revision.form IS 'form after the decision; of dropped: the last one, as in the columns that follow';
COMMENT ON COLUMN steering.agreement_revision.base IS 'money for all months';
COMMENT ON COLUMN steering.agreement_revision.volume IS 'contracted volume';
COMMENT ON COLUMN steering.agreement_revision.price IS 'money per unit';
COMMENT ON COLUMN steering.agreement_revision.key IS 'code of the allocation key';
COMMENT ON COLUMN steering.agreement_revision.unused_percent IS 'percentage of the price for volume not used';
COMMENT ON COLUMN steering.agreement_revision.advance IS 'money in advance each month';
COMMENT ON COLUMN steering.agreement_revision.incentive_maximum IS 'the most of bonus or malus';
COMMENT ON COLUMN steering.agreement_revision.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.agreement_revision.reason IS 'the reason that was given';

CREATE VIEW steering.agreement_status WITH (security_barrier) AS
SELECT agreement.agreement_id,
	service.code AS service,
	participant.code AS participant,
	lower(agreement.during) AS valid_from,
	upper(agreement.during) - 1 AS valid_to,
	agreement.form,
	agreement.base::numeric AS base,
	agreement.volume::numeric AS volume,
	service.unit,
	agreement.price::numeric AS price,
	allocation_key.code AS key,
	agreement.unused_percent,
	agreement.advance::numeric AS advance,
	agreement.incentive_maximum::numeric AS incentive_maximum,
	agreement.agreed_cost::numeric AS agreed_cost
FROM steering.agreement
JOIN steering.service ON service.service_id = agreement.service_id
JOIN steering.participant ON participant.participant_id = agreement.participant_id
LEFT JOIN steering.allocation_key ON allocation_key.key_id = agreement.key_id
WHERE agreement.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.agreement_status TO PUBLIC;
COMMENT ON VIEW steering.agreement_status IS 'every agreement that the role may read, with its terms for all of its months';
COMMENT ON COLUMN steering.agreement_status.agreement_id IS 'number of the agreement';
COMMENT ON COLUMN steering.agreement_status.service IS 'code: it covers this service and all below it';
COMMENT ON COLUMN steering.agreement_status.participant IS 'code: it is with this participant, and covers all below it';
COMMENT ON COLUMN steering.agreement_status.valid_from IS 'first day';
COMMENT ON COLUMN steering.agreement_status.valid_to IS 'last day';
COMMENT ON COLUMN steering.agreement_status.form IS 'lump_sum, price_volume, base_plus, key_share';
COMMENT ON COLUMN steering.agreement_status.base IS 'money; of key_share: an estimate; null: none';
COMMENT ON COLUMN steering.agreement_status.volume IS 'contracted volume; null: none';
COMMENT ON COLUMN steering.agreement_status.unit IS 'what volume is counted in; null: the service has no unit';
COMMENT ON COLUMN steering.agreement_status.price IS 'money per unit; null: none';
COMMENT ON COLUMN steering.agreement_status.key IS 'code of the allocation key; null: another form than key_share';
COMMENT ON COLUMN steering.agreement_status.unused_percent IS 'percentage of the price that is charged for contracted volume that was not used; null: nothing is charged';
COMMENT ON COLUMN steering.agreement_status.advance IS 'money paid in advance each month; null: none';
COMMENT ON COLUMN steering.agreement_status.incentive_maximum IS 'the most that bonus or malus may come to; null: no incentive was agreed';
COMMENT ON COLUMN steering.agreement_status.agreed_cost IS 'money that was agreed beforehand: price times volume, or base; null: none';

CREATE VIEW steering.agreement_event WITH (security_barrier) AS
SELECT revision.agreement_id, revision.revision, revision.recorded_at, revision.kind, revision.service, revision.participant,
	lower(revision.during) AS valid_from, upper(revision.during) - 1 AS valid_to, revision.form,
	revision.base::numeric AS base, revision.volume::numeric AS volume, revision.price::numeric AS price, revision.key,
	revision.unused_percent, revision.advance::numeric AS advance,
	revision.incentive_maximum::numeric AS incentive_maximum, revision.role_name, revision.reason
FROM steering.agreement_revision AS revision
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR revision.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.agreement_event TO PUBLIC;
COMMENT ON VIEW steering.agreement_event IS 'every decision on an agreement that the role may read; those of participants that are gone are for who may read all';
COMMENT ON COLUMN steering.agreement_event.agreement_id IS 'number of the agreement; it may be gone';
COMMENT ON COLUMN steering.agreement_event.revision IS 'counts the decisions on the agreement, from 1';
COMMENT ON COLUMN steering.agreement_event.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.agreement_event.kind IS 'created, revised, dropped';
COMMENT ON COLUMN steering.agreement_event.service IS 'code of its service';
COMMENT ON COLUMN steering.agreement_event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.agreement_event.valid_from IS 'its first day';
COMMENT ON COLUMN steering.agreement_event.valid_to IS 'its last day';
COMMENT ON COLUMN steering.agreement_event.form IS 'form after the decision; of dropped: the last one, as in the columns that follow';
COMMENT ON COLUMN steering.agreement_event.base IS 'money for all months';
COMMENT ON COLUMN steering.agreement_event.volume IS 'contracted volume';
COMMENT ON COLUMN steering.agreement_event.price IS 'money per unit';
COMMENT ON COLUMN steering.agreement_event.key IS 'code of the allocation key';
COMMENT ON COLUMN steering.agreement_event.unused_percent IS 'percentage of the price for volume not used';
COMMENT ON COLUMN steering.agreement_event.advance IS 'money in advance each month';
COMMENT ON COLUMN steering.agreement_event.incentive_maximum IS 'the most of bonus or malus';
COMMENT ON COLUMN steering.agreement_event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.agreement_event.reason IS 'the reason that was given';

CREATE FUNCTION steering.refuse_overlap(agreement integer, during daterange, service text, participant text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_overlap'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_overlap(integer, daterange, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_overlap(integer, daterange, text, text) IS
'raises that this agreement has months in common with one that is to be made (23P01)';

-- The constraint holds also against agreements that are being made; the look beforehand gives a message
-- with codes, once it is clear whether one that is being ended goes. The key is locked against whoever would drop it.
CREATE FUNCTION steering.set_agreement(service text, participant text, during steering.day_range, form text,
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
REVOKE ALL ON FUNCTION steering.set_agreement(text, text, steering.day_range, text, numeric, numeric, numeric, text, numeric, numeric, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_agreement(text, text, steering.day_range, text, numeric, numeric, numeric, text, numeric, numeric, numeric, text) IS
'makes an agreement, or revises the one with the same service, participant and range, all of whose terms are replaced; returns its number. lump_sum has a base, and may have a volume; price_volume a price, and may have a volume, and with that an unused_percent; base_plus has base, volume and price; key_share an allocation_key, and may have a base as estimate. Each may have an advance per month and an incentive_maximum. Nothing happens and nothing is recorded if it is so already. Errors: 22004 service or participant is null, 22023 unknown service, participant or key, 23502 form or range is null, 23514 unknown form, terms that the form needs or does not have, negative terms, parts of months, parts of cents, 23P01 overlap with another agreement of the service and participant, 22003 amount or price times volume does not fit, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE FUNCTION steering.drop_agreement(agreement integer, reason text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.agreement WHERE agreement_id = drop_agreement.agreement
	RETURNING *
), recorded AS (
	INSERT INTO steering.agreement_revision (agreement_id, revision, kind, service, participant, participant_id, during, form,
		base, volume, price, key, unused_percent, advance, incentive_maximum, reason)
	SELECT gone.agreement_id, gone.revision + 1, 'dropped', service.code, participant.code, gone.participant_id, gone.during,
		gone.form, gone.base, gone.volume, gone.price, allocation_key.code, gone.unused_percent, gone.advance,
		gone.incentive_maximum, drop_agreement.reason
	FROM gone
	JOIN steering.service ON service.service_id = gone.service_id
	JOIN steering.participant ON participant.participant_id = gone.participant_id
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = gone.key_id
	RETURNING agreement_id
)
SELECT steering.require_found(count(*), concat('agreement ', coalesce(drop_agreement.agreement::text, 'null')))
FROM recorded;
END;
REVOKE ALL ON FUNCTION steering.drop_agreement(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_agreement(integer, text) IS
'ends an agreement as if it had not been made: a closed period that had all of its months keeps what it came to, and what other closed periods billed for it is given back with the next settlement of its months. Error: 42704 no such agreement';

CREATE FUNCTION steering.agreement_share(total steering.amount, during daterange, within daterange, decimals integer DEFAULT 2)
RETURNS steering.amount
AS 'MODULE_PATHNAME', 'steering_agreement_share'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.agreement_share(steering.amount, daterange, daterange, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreement_share(steering.amount, daterange, daterange, integer) IS
'the part of a total for the months during that the months within have in it. After k of n months the total stands at total * k / n, rounded half away from zero to so many decimals, after the last one at itself; a share is the difference of two such values, so that the shares of any months that a range is cut into sum exactly to the total. Errors: 22023 not whole months, decimals not 0 to 4';

CREATE FUNCTION steering.count_months(during daterange) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_count_months'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.count_months(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.count_months(daterange) IS 'number of months in a range of whole months. Error: 22023 parts of months';

-- Inlined, so that what a query does not use of it is not computed.
CREATE FUNCTION steering.agreed_in(first_day date, end_day date)
RETURNS TABLE (agreement_id integer, service_id integer, participant_id integer, form text, during daterange, months integer,
	base steering.amount, volume steering.amount, price steering.amount, agreed_cost steering.amount, key_id integer,
	unused_percent numeric, advance steering.amount, incentive_maximum steering.amount)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.form,
	agreement.during * daterange(agreed_in.first_day, agreed_in.end_day),
	steering.count_months(agreement.during * daterange(agreed_in.first_day, agreed_in.end_day)),
	steering.agreement_share(agreement.base, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day)),
	steering.agreement_share(agreement.volume, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day), 4),
	agreement.price,
	steering.agreement_share(agreement.agreed_cost, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day)),
	agreement.key_id,
	agreement.unused_percent,
	agreement.advance,
	steering.agreement_share(agreement.incentive_maximum, agreement.during, daterange(agreed_in.first_day, agreed_in.end_day))
FROM steering.agreement
WHERE agreement.during && daterange(agreed_in.first_day, agreed_in.end_day);
END;
REVOKE ALL ON FUNCTION steering.agreed_in(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreed_in(date, date) IS
'the agreements with months between first_day and before end_day (both the first of a month), each with the range and the number of those months, and their exact share of base, volume, agreed_cost (money agreed beforehand; of key_share an estimate) and incentive_maximum; price is per unit, advance per month';

CREATE FUNCTION steering.agreement_cover(first_day date, end_day date)
RETURNS TABLE (service_id integer, participant_id integer, first_month date, end_month date, agreement_id integer,
	agreed_service_id integer, form text, amount steering.amount, volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_agreement_cover'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 10000;
REVOKE ALL ON FUNCTION steering.agreement_cover(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.agreement_cover(date, date) IS
'actual usage of the months between first_day and before end_day per service and participant booked on, each with the agreement that covers it: of the nearest service, and then of the nearest participant. What is booked on a group of participants that has no agreement for the service, while one below it shares its cost by a key, has form key_share and no agreement: it is shared cost too. No form: under no agreement. The months are cut where an agreement begins or ends: first_month, end_month (exclusive)';

CREATE FUNCTION steering.settled_cost(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, agreement_id integer, first_month date, amount numeric, volume numeric)
AS 'MODULE_PATHNAME', 'steering_settled_cost'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 10000;
REVOKE ALL ON FUNCTION steering.settled_cost(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settled_cost(date, date) IS
'agreement_cover() in sums, each a line of a settlement. agreed_cost: by agreement, with its service; shared_cost: by service whose cost is shared by a key, and by the first of the months in which the same agreements hold; other_cost: what is under no agreement, by the service booked on; booked_cost: all of it, added up by itself before any agreement was looked up, without volume';

-- Not STRICT: the planner inlines it only so.
CREATE FUNCTION steering.agreement_charge(form text, base numeric, volume numeric, price numeric, actual_volume numeric,
	unused_percent numeric DEFAULT NULL)
RETURNS TABLE (agreed numeric, excess numeric, unused numeric, agreed_volume numeric, excess_volume numeric, unused_volume numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT round(charge.agreed::numeric, 2), round(charge.excess::numeric, 2), round(charge.unused::numeric, 2),
	charge.agreed_volume::numeric, charge.excess_volume::numeric, charge.unused_volume::numeric
FROM steering.charge_of_terms(agreement_charge.form, agreement_charge.base::steering.amount,
	agreement_charge.volume::steering.amount, agreement_charge.price::steering.amount,
	agreement_charge.actual_volume::steering.amount, agreement_charge.unused_percent) AS charge;
END;
COMMENT ON FUNCTION steering.agreement_charge(text, numeric, numeric, numeric, numeric, numeric) IS
'what is owed for an actual volume, rounded to cents. lump_sum: agreed = base. price_volume: price times actual volume, of which agreed up to the contracted volume and excess beyond; unused = price * unused_percent / 100 for each contracted unit that was not used (take or pay). base_plus: agreed = base, excess = price times the volume beyond the contracted. key_share: agreed is null, for that is a share of actual cost. And the volume up to the contracted one, beyond it, and contracted but not used. A negative actual volume is a refund. Amounts are rounded to four decimals; all is null where form or actual volume is. Errors: 22023 unknown form, 22003 an amount does not fit';
-- The caps that follow from agreements.
--
-- A cap limits all that is booked below its service and participant, also what nearer agreements cover.
-- So the cap of an agreement is the sum over it and all agreements within its scope. Where one of these
-- sets no limit, or one that reaches beyond the scope covers a part of it, no cap follows.

CREATE FUNCTION steering.planned_cap(period text)
RETURNS TABLE (service text, participant text, metric text, during daterange, amount numeric, ladder text,
	present_amount numeric, used numeric, action text, obstacle text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp
	SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
WITH agreed AS MATERIALIZED (
	SELECT agreement.agreement_id, agreement.service_id, agreement.participant_id, agreement.form, agreement.during,
		agreement.agreed_cost, agreement.volume, agreement.during * steering.period_range(planned_cap.period) AS days
	FROM steering.agreement
	WHERE agreement.during && steering.period_range(planned_cap.period)
), scope AS MATERIALIZED (
	SELECT agreed.*, service_below.top_id AS top_service_id, participant_below.top_id AS top_participant_id
	FROM agreed
	JOIN steering.service_below ON service_below.service_id = agreed.service_id
	JOIN steering.participant_below ON participant_below.participant_id = agreed.participant_id
), spent AS MATERIALIZED (
	SELECT days.days, service_below.top_id AS service_id, participant_below.top_id AS participant_id,
		sum(usage.actual::numeric + usage.committed::numeric) AS budget,
		sum(usage.volume::numeric + usage.committed_volume::numeric) AS volume
	FROM (SELECT DISTINCT agreed.days FROM agreed) AS days
	CROSS JOIN LATERAL steering.usage_between(lower(days.days), upper(days.days)) AS usage
	JOIN steering.service_below ON service_below.service_id = usage.service_id
	JOIN steering.participant_below ON participant_below.participant_id = usage.participant_id
	GROUP BY days.days, service_below.top_id, participant_below.top_id
), figure AS (
	SELECT top.agreement_id, metric.name AS metric, metric.amount, scope.form,
		scope.agreement_id = top.agreement_id AS is_own
	FROM agreed AS top
	JOIN scope ON scope.top_service_id = top.service_id AND scope.top_participant_id = top.participant_id
		AND scope.days && top.days
	CROSS JOIN LATERAL (VALUES
		('budget', steering.agreement_share(scope.agreed_cost, scope.during, top.days)),
		('volume', steering.agreement_share(scope.volume, scope.during, top.days, 4))) AS metric (name, amount)
	WHERE metric.name = 'budget' OR top.volume IS NOT NULL
), across AS MATERIALIZED (
	SELECT agreed.agreement_id, agreed.service_id, agreed.days, participant_below.top_id AS group_id
	FROM agreed
	JOIN steering.participant_below ON participant_below.participant_id = agreed.participant_id AND participant_below.depth > 0
), crossed AS (
	SELECT DISTINCT across.agreement_id
	FROM across
	JOIN scope ON scope.top_service_id = across.service_id AND scope.service_id <> across.service_id
		AND scope.participant_id = across.group_id AND scope.top_participant_id = across.group_id AND scope.days && across.days
), planned AS (
	SELECT figure.agreement_id, figure.metric, steering.sum(figure.amount) AS amount,
		CASE WHEN bool_and(form.cap_blocks) THEN '100% block' ELSE '100% warn' END AS ladder,
		CASE WHEN bool_or(figure.is_own AND figure.amount IS NULL) THEN 'it sets no limit'
			WHEN bool_or(figure.amount IS NULL) THEN 'an agreement within it sets no limit'
			WHEN figure.agreement_id IN (SELECT crossed.agreement_id FROM crossed)
				THEN 'an agreement with a group of participants covers a part of it'
		END AS obstacle
	FROM figure
	JOIN steering.agreement_form() AS form ON form.form = figure.form
	GROUP BY figure.agreement_id, figure.metric
)
SELECT service.code, participant.code, planned.metric, agreed.days,
	CASE WHEN planned.obstacle IS NULL THEN planned.amount::numeric END,
	coalesce(cap.ladder::text, CASE WHEN planned.obstacle IS NULL THEN planned.ladder END),
	cap.amount::numeric,
	coalesce(steering.metric_part(planned.metric, spent.budget, spent.volume), 0),
	CASE WHEN planned.obstacle IS NOT NULL THEN 'none'
		WHEN cap.cap_id IS NULL THEN 'create'
		WHEN cap.amount OPERATOR(steering.=) planned.amount THEN 'keep'
		ELSE 'revise' END,
	planned.obstacle
FROM planned
JOIN agreed ON agreed.agreement_id = planned.agreement_id
JOIN steering.service ON service.service_id = agreed.service_id
JOIN steering.participant ON participant.participant_id = agreed.participant_id
LEFT JOIN steering.cap ON cap.service_id = agreed.service_id AND cap.participant_id = agreed.participant_id
	AND cap.metric = planned.metric AND cap.during = agreed.days
LEFT JOIN spent ON spent.days = agreed.days AND spent.service_id = agreed.service_id
	AND spent.participant_id = agreed.participant_id
ORDER BY service.code, participant.code, agreed.days, planned.metric;
END;
REVOKE ALL ON FUNCTION steering.planned_cap(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.planned_cap(text) IS
'what caps_from_agreements() would do: for each agreement with months in the period the budget cap, and where it has a volume the volume cap, of its service and participant for those months. The amount is the exact share of the money that was agreed beforehand (lump_sum, base_plus: base; price_volume: price times volume; key_share: the estimate) or of the contracted volume, with that of all agreements below its service and participant. The ladder of a new cap blocks at 100% if all of these are lump_sum or price_volume, else it warns, since more is agreed at a price (base_plus) or only estimated (key_share); a cap that is there keeps its own. used: what is booked below service and participant in those months, actual and committed; where that is above what the ladder allows, set_cap() refuses the amount unless the overrun is accepted. action: create, revise, keep (amount and ladder are so already), none (the obstacle says why). It shows all participants: for who sets caps. Errors: those of period_range(), 22003 a sum does not fit';

-- With the rights of the caller, who needs those on set_cap() and planned_cap() too. New caps come
-- first: they exclude bookings, and revisions lock what these want.
CREATE FUNCTION steering.caps_from_agreements(period text, ladder text DEFAULT NULL, reason text DEFAULT NULL,
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
REVOKE ALL ON FUNCTION steering.caps_from_agreements(text, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.caps_from_agreements(text, text, text, boolean) IS
'sets the caps that planned_cap() lists for a period, with set_cap(): all or none. A ladder is for all of them; without one new caps get that of the list, and others keep theirs. Who calls it needs the right to execute set_cap() and planned_cap(). Errors: those of planned_cap() and set_cap()';
-- Indicators of what services must achieve: targets, measurements, attainment, incentives.
--
-- Like caps, they hold numbers and no foreign keys, and are written by the functions below alone. These
-- lock the indicator, so that it is not dropped meanwhile.

CREATE TABLE steering.indicator (
	indicator_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT indicator_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT indicator_code_key UNIQUE
		CONSTRAINT indicator_code_not_empty CHECK (code <> ''),
	service_id integer NOT NULL,
	name text NOT NULL,
	unit text NOT NULL,
	direction text NOT NULL
		CONSTRAINT indicator_direction_known CHECK (direction IN ('higher', 'lower')),
	dimension text NOT NULL
		CONSTRAINT indicator_dimension_known CHECK (dimension IN ('outcome', 'legitimacy', 'operational capacity')),
	additive boolean NOT NULL,
	main boolean NOT NULL
);
CREATE UNIQUE INDEX indicator_one_main_key ON steering.indicator (service_id) WHERE main;
REVOKE ALL ON steering.indicator FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.indicator', '');
SELECT pg_catalog.pg_extension_config_dump('steering.indicator_indicator_id_seq', '');
COMMENT ON TABLE steering.indicator IS 'by what the results of a service are known; written by set_indicator() and drop_indicator() alone';
COMMENT ON COLUMN steering.indicator.indicator_id IS 'number of the indicator';
COMMENT ON COLUMN steering.indicator.code IS 'what people call the indicator by; it never changes';
COMMENT ON COLUMN steering.indicator.service_id IS 'the service that it is about';
COMMENT ON COLUMN steering.indicator.name IS 'name for people';
COMMENT ON COLUMN steering.indicator.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.indicator.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.indicator.dimension IS 'the public value that it serves: outcome (what is achieved for society), legitimacy (the support for it) or operational capacity (the means to do it). After M. H. Moore, Creating Public Value, 1995: the strategic triangle';
COMMENT ON COLUMN steering.indicator.additive IS 'true: the values of months add up to that of the year (numbers); false: a year is as its last month (levels, percentages, scores)';
COMMENT ON COLUMN steering.indicator.main IS 'true: it stands for the result of the service where cost is compared with results; one for a service at most';

-- The order of the columns of both tables is known to C, and so is that they are of fixed width.
CREATE TABLE steering.target (
	value steering.amount NOT NULL,
	indicator_id integer NOT NULL,
	participant_id integer NOT NULL,
	first_day date NOT NULL,
	end_day date NOT NULL,
	CONSTRAINT target_pkey PRIMARY KEY (indicator_id, participant_id, first_day, end_day),
	CONSTRAINT target_whole_months CHECK (isfinite(first_day) AND isfinite(end_day) AND first_day < end_day
		AND extract(day FROM first_day) = 1 AND extract(day FROM end_day) = 1),
	CONSTRAINT target_no_overlap EXCLUDE USING gist (int4range(indicator_id, indicator_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, daterange(first_day, end_day) WITH &&)
);
REVOKE ALL ON steering.target FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.target', '');
COMMENT ON TABLE steering.target IS 'what is to be achieved; written by set_target() and drop_indicator() alone; one at a time for each participant';
COMMENT ON COLUMN steering.target.value IS 'the target, in the unit of the indicator: of all the months if it is additive, else of each of them';
COMMENT ON COLUMN steering.target.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.target.participant_id IS 'the participant';
COMMENT ON COLUMN steering.target.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.target.end_day IS 'first day after the last month';

CREATE TABLE steering.measurement (
	value steering.amount NOT NULL,
	indicator_id integer NOT NULL,
	participant_id integer NOT NULL,
	first_day date NOT NULL,
	end_day date NOT NULL,
	CONSTRAINT measurement_pkey PRIMARY KEY (indicator_id, participant_id, first_day, end_day),
	CONSTRAINT measurement_whole_months CHECK (isfinite(first_day) AND isfinite(end_day) AND first_day < end_day
		AND extract(day FROM first_day) = 1 AND extract(day FROM end_day) = 1),
	CONSTRAINT measurement_no_overlap EXCLUDE USING gist (int4range(indicator_id, indicator_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, daterange(first_day, end_day) WITH &&)
);
REVOKE ALL ON steering.measurement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.measurement', '');
COMMENT ON TABLE steering.measurement IS 'what was achieved; written by set_measurement() and drop_indicator() alone; one at a time for each participant. Months without a row are missing, not zero';
COMMENT ON COLUMN steering.measurement.value IS 'what was measured, in the unit of the indicator: in all the months if it is additive, else at the end of them';
COMMENT ON COLUMN steering.measurement.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.measurement.participant_id IS 'the participant';
COMMENT ON COLUMN steering.measurement.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.measurement.end_day IS 'first day after the last month';

CREATE FUNCTION steering.indicator_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_indicator_number'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.indicator_number(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.indicator_number(text) IS
'number of the indicator with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.set_indicator(code text, service text, name text, unit text, direction text, dimension text,
	additive boolean DEFAULT true, main boolean DEFAULT false) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.indicator (code, service_id, name, unit, direction, dimension, additive, main)
VALUES (set_indicator.code, steering.service_number(set_indicator.service), set_indicator.name, set_indicator.unit,
	set_indicator.direction, set_indicator.dimension, set_indicator.additive, set_indicator.main)
ON CONFLICT ON CONSTRAINT indicator_code_key DO UPDATE
	SET service_id = excluded.service_id, name = excluded.name, unit = excluded.unit, direction = excluded.direction,
		dimension = excluded.dimension, additive = excluded.additive, main = excluded.main
RETURNING indicator_id;
END;
REVOKE ALL ON FUNCTION steering.set_indicator(text, text, text, text, text, text, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_indicator(text, text, text, text, text, text, boolean, boolean) IS
'creates an indicator of a service, or changes the one with this code; returns its number. direction: higher or lower is better; dimension: outcome, legitimacy or operational capacity; additive: the values of months add up; main: it stands for the result of the service. Errors: 22004 service is null, 22023 unknown service, 23502 null, 23514 unknown direction or dimension, 23505 the service has a main indicator';

CREATE FUNCTION steering.set_target(indicator text, participant text, period text, value numeric) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.indicator_number(set_target.indicator);
SELECT steering.refuse_standing(concat('indicator "', set_target.indicator, '" has a target for participant "',
		set_target.participant, '" in some of these months'),
	steering.name_period(daterange(standing.first_day, standing.end_day)))
FROM steering.target AS standing
WHERE set_target.value IS NOT NULL
	AND standing.indicator_id = (SELECT steering.indicator_number(set_target.indicator))
	AND standing.participant_id = (SELECT steering.participant_number(set_target.participant))
	AND standing.first_day < (SELECT upper(steering.period_range(set_target.period)))
	AND standing.end_day > (SELECT lower(steering.period_range(set_target.period)))
	AND daterange(standing.first_day, standing.end_day) <> (SELECT steering.period_range(set_target.period))
LIMIT 1;
WITH scope AS MATERIALIZED (
	SELECT (SELECT indicator.indicator_id FROM steering.indicator
			WHERE indicator.indicator_id = steering.indicator_number(set_target.indicator) FOR KEY SHARE) AS indicator_id,
		steering.participant_number(set_target.participant) AS participant_id,
		lower(steering.period_range(set_target.period)) AS first_day,
		upper(steering.period_range(set_target.period)) AS end_day
), removed AS (
	DELETE FROM steering.target USING scope
	WHERE set_target.value IS NULL
		AND target.indicator_id = scope.indicator_id AND target.participant_id = scope.participant_id
		AND target.first_day = scope.first_day AND target.end_day = scope.end_day
), stored AS (
	INSERT INTO steering.target (indicator_id, participant_id, first_day, end_day, value)
	SELECT scope.indicator_id, scope.participant_id, scope.first_day, scope.end_day, set_target.value::steering.amount
	FROM scope
	WHERE set_target.value IS NOT NULL
	ON CONFLICT ON CONSTRAINT target_pkey DO UPDATE SET value = excluded.value
	RETURNING target.value
)
SELECT stored.value::numeric FROM stored;
END;
REVOKE ALL ON FUNCTION steering.set_target(text, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_target(text, text, text, numeric) IS
'sets what is to be achieved in a period, in the unit of the indicator to four decimals; the one of the same period is replaced; null removes it. Returns what is set. Errors: 22004 another null, 22023 unknown code or not whole months, 22P02 no period, 22003 no number that fits, 23P01 overlap with another target of the indicator for the participant';

CREATE FUNCTION steering.set_measurement(indicator text, participant text, period text, value numeric) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_measurement.indicator);
SELECT steering.refuse_standing(concat('indicator "', set_measurement.indicator, '" has a measurement for participant "',
		set_measurement.participant, '" in some of these months'),
	steering.name_period(daterange(standing.first_day, standing.end_day)))
FROM steering.measurement AS standing
WHERE set_measurement.value IS NOT NULL
	AND standing.indicator_id = (SELECT steering.indicator_number(set_measurement.indicator))
	AND standing.participant_id = (SELECT steering.participant_number(set_measurement.participant))
	AND standing.first_day < (SELECT upper(steering.period_range(set_measurement.period)))
	AND standing.end_day > (SELECT lower(steering.period_range(set_measurement.period)))
	AND daterange(standing.first_day, standing.end_day) <> (SELECT steering.period_range(set_measurement.period))
LIMIT 1;
WITH scope AS MATERIALIZED (
	SELECT (SELECT indicator.indicator_id FROM steering.indicator
			WHERE indicator.indicator_id = steering.indicator_number(set_measurement.indicator) FOR KEY SHARE) AS indicator_id,
		steering.participant_number(set_measurement.participant) AS participant_id,
		lower(steering.period_range(set_measurement.period)) AS first_day,
		upper(steering.period_range(set_measurement.period)) AS end_day
), removed AS (
	DELETE FROM steering.measurement USING scope
	WHERE set_measurement.value IS NULL
		AND measurement.indicator_id = scope.indicator_id AND measurement.participant_id = scope.participant_id
		AND measurement.first_day = scope.first_day AND measurement.end_day = scope.end_day
), stored AS (
	INSERT INTO steering.measurement (indicator_id, participant_id, first_day, end_day, value)
	SELECT scope.indicator_id, scope.participant_id, scope.first_day, scope.end_day, set_measurement.value::steering.amount
	FROM scope
	WHERE set_measurement.value IS NOT NULL
	ON CONFLICT ON CONSTRAINT measurement_pkey DO UPDATE SET value = excluded.value
	RETURNING measurement.value
)
SELECT stored.value::numeric FROM stored;
END;
REVOKE ALL ON FUNCTION steering.set_measurement(text, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_measurement(text, text, text, numeric) IS
'sets what was achieved in a period, in the unit of the indicator to four decimals; the one of the same period is replaced; null removes it: then it is missing, which is not zero. Returns what is set. Errors: 22004 another null, 22023 unknown code or not whole months, 22P02 no period, 22003 no number that fits, 23P01 overlap with another measurement of the indicator for the participant';

CREATE FUNCTION steering.attainment(measured numeric, target numeric, direction text) RETURNS numeric
AS 'MODULE_PATHNAME', 'steering_attainment'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.attainment(numeric, numeric, text) IS
'how far a target is attained, as a percentage to two decimals: 100 * (1 + (measured - target) / |target|) where higher is better, 100 * (1 - (measured - target) / |target|) where lower is better; below 0 when it is missed by more than itself. Of a target of zero: 100 when measured is at least as good, else 0. Null when measured or target is missing. Both count to four decimals. Errors: 22004 no direction, 22023 another direction than higher or lower, 22003 no number that fits';

-- Incentives.

CREATE FUNCTION steering.band_gap(attainment numrange[]) RETURNS nummultirange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{(,)}'::nummultirange - (SELECT coalesce(range_agg(band), '{}') FROM unnest(attainment) AS band);
REVOKE ALL ON FUNCTION steering.band_gap(numrange[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.band_gap(numrange[]) IS 'what no band holds';

CREATE FUNCTION steering.band_overlap(attainment numrange[]) RETURNS nummultirange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(range_agg(a.band * b.band), '{}')
	FROM unnest(attainment) WITH ORDINALITY AS a (band, place)
	JOIN unnest(attainment) WITH ORDINALITY AS b (band, place) ON a.place < b.place);
REVOKE ALL ON FUNCTION steering.band_overlap(numrange[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.band_overlap(numrange[]) IS 'what more than one band holds';

CREATE FUNCTION steering.refuse_bands(indicator text, gap nummultirange, overlap nummultirange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_bands'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_bands(text, nummultirange, nummultirange) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_bands(text, nummultirange, nummultirange) IS
'raises which gap the bands of an indicator leave, or where they overlap (23514), unless both are empty';

CREATE TABLE steering.incentive (
	indicator_id integer CONSTRAINT incentive_pkey PRIMARY KEY,
	attainment numrange[] NOT NULL,
	percent numeric[] NOT NULL,
	CONSTRAINT incentive_bands_match_percents
		CHECK (array_ndims(attainment) = 1 AND array_ndims(percent) = 1 AND cardinality(attainment) = cardinality(percent)),
	CONSTRAINT incentive_no_empty_band
		CHECK (array_position(attainment, NULL) IS NULL AND array_position(attainment, 'empty') IS NULL),
	CONSTRAINT incentive_percent_is_number CHECK (array_position(percent, NULL) IS NULL
		AND '-Infinity' < ALL (percent) AND 'Infinity' > ALL (percent)),
	CONSTRAINT incentive_no_gap CHECK (isempty(steering.band_gap(attainment))),
	CONSTRAINT incentive_no_overlap CHECK (isempty(steering.band_overlap(attainment)))
);
REVOKE ALL ON steering.incentive FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.incentive', '');
COMMENT ON TABLE steering.incentive IS 'which bonus or malus an attainment gives; written by set_incentive(), drop_incentive() and drop_indicator() alone';
COMMENT ON COLUMN steering.incentive.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.incentive.attainment IS 'bands of attainment, in percents, which together hold every number once';
COMMENT ON COLUMN steering.incentive.percent IS 'for each band the percentage of the agreed amount: above zero a bonus, below zero a malus';

CREATE FUNCTION steering.set_incentive(indicator text, attainment numrange[], percent numeric[]) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_incentive.indicator);
SELECT steering.refuse_bands(set_incentive.indicator, steering.band_gap(set_incentive.attainment),
	steering.band_overlap(set_incentive.attainment))
WHERE set_incentive.attainment IS NOT NULL;
INSERT INTO steering.incentive (indicator_id, attainment, percent)
VALUES ((SELECT indicator.indicator_id FROM steering.indicator
		WHERE indicator.indicator_id = steering.indicator_number(set_incentive.indicator) FOR KEY SHARE),
	set_incentive.attainment, set_incentive.percent)
ON CONFLICT ON CONSTRAINT incentive_pkey DO UPDATE SET attainment = excluded.attainment, percent = excluded.percent
RETURNING cardinality(incentive.percent);
END;
REVOKE ALL ON FUNCTION steering.set_incentive(text, numrange[], numeric[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_incentive(text, numrange[], numeric[]) IS
'says which percentage of the agreed amount an attainment gives, in bands such as (,90) [90,100) [100,) with a percentage each: above zero a bonus, below zero a malus. Replaces what was set; returns the number of bands. Errors: 22004 indicator is null, 22023 unknown indicator, 23502 null, 23514 bands with a gap or an overlap (the message says where), an empty band, not one number for each band';

CREATE FUNCTION steering.drop_incentive(indicator text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(drop_incentive.indicator);
WITH gone AS (
	DELETE FROM steering.incentive WHERE indicator_id = steering.indicator_number(drop_incentive.indicator)
	RETURNING indicator_id
)
SELECT steering.require_found(count(*), concat('incentive of indicator "', drop_incentive.indicator, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_incentive(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_incentive(text) IS
'ends the incentive of an indicator. Errors: 22004 null, 22023 unknown indicator, 42704 it has none';

CREATE FUNCTION steering.drop_indicator(indicator text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_drop_indicator'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.drop_indicator(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_indicator(text) IS
'removes an indicator with its targets, measurements and incentive. Waits for whoever is setting one. Errors: 22004 null, 22023 unknown indicator, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- Results.

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.result_in(first_day date, end_day date)
RETURNS TABLE (indicator_id integer, service_id integer, participant_id integer, main boolean, additive boolean,
	direction text, target steering.amount, measured steering.amount, months_measured integer,
	target_measured steering.amount, compared steering.amount, attainment numeric, incentive_percent numeric)
AS 'MODULE_PATHNAME', 'steering_result_in'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10000;
COMMENT ON FUNCTION steering.result_in(date, date) IS
'results from first_day until before end_day (first days of months) per indicator and participant, as far as the role may read them. target: that of the range, of an additive indicator by months, else the last one; measured: what was measured within the range, in sum or at the end; months_measured: how many months that is of; compared: what of it was measured in months that all have a target, target_measured: the target of those months; attainment: of the one by the other; incentive_percent: of its band. What is missing is null. From two passes through stored figures. Errors: 22023 not whole months, 22003 a sum does not fit';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.target_share(target steering.amount, first_day date, end_day date, from_day date, to_day date)
RETURNS steering.amount
AS 'MODULE_PATHNAME', 'steering_target_share'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION steering.target_share(steering.amount, date, date, date, date) IS
'what of a target that holds from first_day until before end_day is for the months from from_day until before to_day, to four decimals: so that the shares of all months add up to the target. Error: 22023 not the first day of a month';

CREATE VIEW steering.measured_target AS
SELECT measurement.indicator_id, measurement.participant_id, measurement.first_day, measurement.end_day,
	measurement.value,
	CASE WHEN NOT indicator.additive THEN goal.last_value
		WHEN goal.days = measurement.end_day - measurement.first_day THEN goal.share END AS target
FROM steering.measurement
JOIN steering.indicator ON indicator.indicator_id = measurement.indicator_id
CROSS JOIN LATERAL (
	SELECT steering.sum(steering.target_share(target.value, target.first_day, target.end_day,
			measurement.first_day, measurement.end_day)) AS share,
		sum(least(target.end_day, measurement.end_day) - greatest(target.first_day, measurement.first_day)) AS days,
		steering.min(target.value) FILTER (WHERE target.end_day >= measurement.end_day) AS last_value
	FROM steering.target
	WHERE target.indicator_id = measurement.indicator_id AND target.participant_id = measurement.participant_id
		AND target.first_day < measurement.end_day AND target.end_day > measurement.first_day
) AS goal;
REVOKE ALL ON steering.measured_target FROM PUBLIC;
COMMENT ON VIEW steering.measured_target IS 'measurements with the target of their months';
COMMENT ON COLUMN steering.measured_target.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.measured_target.participant_id IS 'the participant';
COMMENT ON COLUMN steering.measured_target.first_day IS 'first day of the first month';
COMMENT ON COLUMN steering.measured_target.end_day IS 'first day after the last month';
COMMENT ON COLUMN steering.measured_target.value IS 'what was measured';
COMMENT ON COLUMN steering.measured_target.target IS 'target of these months, of a level that of the last one; null: there is none, or not for all of them';

CREATE VIEW steering.result WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	indicator.code AS indicator,
	steering.name_period(daterange(period.first_day, period.end_day)) AS period,
	period.first_day AS valid_from,
	period.end_day - 1 AS valid_to,
	CASE WHEN indicator.additive THEN goal.total ELSE goal.last_value END::numeric AS target,
	CASE WHEN indicator.additive THEN achieved.total ELSE achieved.last_value END::numeric AS measured,
	CASE WHEN indicator.additive
		THEN steering.attainment(achieved.compared::numeric, achieved.target::numeric, indicator.direction)
		ELSE steering.attainment(achieved.last_compared::numeric, achieved.last_target::numeric, indicator.direction)
		END AS attainment,
	indicator.unit,
	indicator.direction,
	indicator.dimension
FROM steering.indicator
JOIN steering.service ON service.service_id = indicator.service_id
CROSS JOIN steering.participant
JOIN steering.readable_participant AS readable ON readable.participant_id = participant.participant_id
CROSS JOIN LATERAL (
	SELECT target.first_day, target.end_day
	FROM steering.target
	WHERE target.indicator_id = indicator.indicator_id AND target.participant_id = participant.participant_id
	UNION
	SELECT measurement.first_day, measurement.end_day
	FROM steering.measurement
	WHERE measurement.indicator_id = indicator.indicator_id AND measurement.participant_id = participant.participant_id
) AS period
CROSS JOIN LATERAL (
	SELECT steering.sum(steering.target_share(target.value, target.first_day, target.end_day,
			period.first_day, period.end_day)) AS total,
		(array_agg(target.value ORDER BY target.first_day DESC))[1] AS last_value
	FROM steering.target
	WHERE target.indicator_id = indicator.indicator_id AND target.participant_id = participant.participant_id
		AND target.first_day < period.end_day AND target.end_day > period.first_day
) AS goal
CROSS JOIN LATERAL (
	SELECT steering.sum(measured.value) AS total,
		steering.sum(measured.value) FILTER (WHERE measured.target IS NOT NULL) AS compared,
		steering.sum(measured.target) AS target,
		(array_agg(measured.value ORDER BY measured.first_day DESC))[1] AS last_value,
		(array_agg(measured.value ORDER BY measured.first_day DESC) FILTER (WHERE measured.target IS NOT NULL))[1] AS last_compared,
		(array_agg(measured.target ORDER BY measured.first_day DESC) FILTER (WHERE measured.target IS NOT NULL))[1] AS last_target
	FROM steering.measured_target AS measured
	WHERE measured.indicator_id = indicator.indicator_id AND measured.participant_id = participant.participant_id
		AND measured.first_day >= period.first_day AND measured.end_day <= period.end_day
) AS achieved;
GRANT SELECT ON steering.result TO PUBLIC;
COMMENT ON VIEW steering.result IS 'targets and what was measured, for each period that a target or a measurement was set for, of participants whose figures the role may read. Periods may lie in each other: add up those of one kind';
COMMENT ON COLUMN steering.result.service IS 'code of the service';
COMMENT ON COLUMN steering.result.participant IS 'code of the participant';
COMMENT ON COLUMN steering.result.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.result.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.result.valid_from IS 'first day of the period';
COMMENT ON COLUMN steering.result.valid_to IS 'last day of the period';
COMMENT ON COLUMN steering.result.target IS 'what is to be achieved in the period: if the indicator is additive, the target of its months by their number, else the last one; null: none is set';
COMMENT ON COLUMN steering.result.measured IS 'what was measured within the period, in sum or at the end; null: nothing was';
COMMENT ON COLUMN steering.result.attainment IS 'percentage of the target of those months that were measured, see attainment(); null: nothing to compare';
COMMENT ON COLUMN steering.result.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.result.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.result.dimension IS 'the public value that it serves: outcome, legitimacy or operational capacity';

CREATE VIEW steering.indicator_status WITH (security_barrier) AS
SELECT indicator.indicator_id, service.code AS service, indicator.code AS indicator, indicator.name, indicator.unit,
	indicator.direction, indicator.dimension, indicator.additive, indicator.main
FROM steering.indicator
JOIN steering.service ON service.service_id = indicator.service_id
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.indicator_status TO PUBLIC;
COMMENT ON VIEW steering.indicator_status IS 'the indicators, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.indicator_status.indicator_id IS 'number of the indicator';
COMMENT ON COLUMN steering.indicator_status.service IS 'code of the service';
COMMENT ON COLUMN steering.indicator_status.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.indicator_status.name IS 'name for people';
COMMENT ON COLUMN steering.indicator_status.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.indicator_status.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.indicator_status.dimension IS 'the public value that it serves: outcome, legitimacy or operational capacity';
COMMENT ON COLUMN steering.indicator_status.additive IS 'true: the values of months add up; false: a year is as its last month';
COMMENT ON COLUMN steering.indicator_status.main IS 'true: it stands for the result of the service where cost is compared with results';

-- Not STRICT, and without settings of its own, so that the planner inlines it.
CREATE FUNCTION steering.period_result(period text)
RETURNS TABLE (service text, participant text, indicator text, target numeric, measured numeric, months_measured integer,
	target_measured numeric, compared numeric, attainment numeric, incentive_percent numeric, unit text, direction text,
	dimension text, main boolean)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT indicator.service, readable.code, indicator.indicator, result.target::numeric, result.measured::numeric,
	result.months_measured, result.target_measured::numeric, result.compared::numeric, result.attainment,
	result.incentive_percent, indicator.unit, indicator.direction, indicator.dimension, indicator.main
FROM steering.result_in(lower(steering.period_range(period_result.period)),
	upper(steering.period_range(period_result.period))) AS result
JOIN steering.indicator_status AS indicator ON indicator.indicator_id = result.indicator_id
JOIN steering.readable_participant AS readable ON readable.participant_id = result.participant_id;
END;
COMMENT ON FUNCTION steering.period_result(text) IS
'results of a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), one row for each indicator and participant that the role may read and that has a target in the period or a measurement within it. target: of an additive indicator what the targets come to for these months, else the last one; measured: what was measured within the period, in sum or at the end, months_measured: in how many months; compared: what of it was measured in months that all have a target, target_measured: the target of those months; attainment: of the one by the other, see attainment(); incentive_percent: of the band that it lies in. What is missing is null, never zero. Errors: 22004 null, those of period_range(), 22003 a sum does not fit';

CREATE VIEW steering.incentive_band WITH (security_barrier) AS
SELECT service.code AS service,
	indicator.code AS indicator,
	lower(band.attainment) AS attainment_from,
	upper(band.attainment) AS attainment_to,
	band.attainment,
	band.percent
FROM steering.incentive
JOIN steering.indicator ON indicator.indicator_id = incentive.indicator_id
JOIN steering.service ON service.service_id = indicator.service_id
CROSS JOIN LATERAL unnest(incentive.attainment, incentive.percent) AS band (attainment, percent)
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.incentive_band TO PUBLIC;
COMMENT ON VIEW steering.incentive_band IS 'bands of the incentives, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.incentive_band.service IS 'code of the service';
COMMENT ON COLUMN steering.incentive_band.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.incentive_band.attainment_from IS 'where the band starts, as a percentage; null: it has no start';
COMMENT ON COLUMN steering.incentive_band.attainment_to IS 'where the band ends; null: it has no end';
COMMENT ON COLUMN steering.incentive_band.attainment IS 'the band, which says whether it holds its bounds';
COMMENT ON COLUMN steering.incentive_band.percent IS 'percentage of the agreed amount: above zero a bonus, below zero a malus';
-- Cost versus results: what was spent, agreed and achieved, per service and participant.

CREATE TABLE steering.signal_limit (
	measure text NOT NULL CONSTRAINT signal_limit_pkey PRIMARY KEY
		CONSTRAINT signal_limit_measure_known CHECK (measure IN ('budget', 'attainment')),
	amber steering.amount NOT NULL,
	red steering.amount NOT NULL,
	CONSTRAINT signal_limit_order CHECK (CASE measure
		WHEN 'budget' THEN amber OPERATOR(steering.<=) red ELSE amber OPERATOR(steering.>=) red END)
);
REVOKE ALL ON steering.signal_limit FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.signal_limit', '');
COMMENT ON TABLE steering.signal_limit IS 'from where on signals are amber or red, written by set_signal_limit() and drop_signal_limit() alone; a measure that is not here has its default';
COMMENT ON COLUMN steering.signal_limit.measure IS 'budget: usage of the cap as a percentage of its amount; attainment: what was measured as a percentage of the target';
COMMENT ON COLUMN steering.signal_limit.amber IS 'percentage; budget: amber from here on (default 90); attainment: amber below it (default 100)';
COMMENT ON COLUMN steering.signal_limit.red IS 'percentage; budget: red above it (default 100); attainment: red below it (default 90)';

CREATE FUNCTION steering.set_signal_limit(measure text, amber numeric, red numeric) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.signal_limit (measure, amber, red)
VALUES (set_signal_limit.measure, set_signal_limit.amber, set_signal_limit.red)
ON CONFLICT ON CONSTRAINT signal_limit_pkey DO UPDATE SET amber = excluded.amber, red = excluded.red
RETURNING signal_limit.measure;
END;
REVOKE ALL ON FUNCTION steering.set_signal_limit(text, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_signal_limit(text, numeric, numeric) IS
'sets from which percentages on the signal of a measure is amber and red: budget (usage of the cap: amber from, red above) or attainment (of the target: amber below, red below); returns the measure. Errors: 23502 null, 23514 unknown measure, or amber beyond red, 22003 percentage';

CREATE FUNCTION steering.drop_signal_limit(measure text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.signal_limit WHERE signal_limit.measure = drop_signal_limit.measure
	RETURNING signal_limit.measure
)
SELECT steering.require_found(count(*), concat('signal limit of measure "', drop_signal_limit.measure, '"'))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_signal_limit(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_signal_limit(text) IS 'gives a measure its default limits again: budget 90 and 100, attainment 100 and 90. Error: 42704 none was set';

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.comparison_scan(first_day date, end_day date, below boolean DEFAULT false,
	only_service integer DEFAULT NULL)
RETURNS TABLE (service text, participant text, budget steering.amount, actual steering.amount, committed steering.amount,
	headroom steering.amount, volume steering.amount, agreed_volume steering.amount, unit_cost steering.amount,
	agreed_price steering.amount, price_variance steering.amount, volume_variance steering.amount,
	total_variance steering.amount, target steering.amount, measured steering.amount, attainment numeric,
	cost_per_result steering.amount, signal text, agreed_cost steering.amount, covered steering.amount,
	covered_volume steering.amount, unit text, result_unit text, inhabitants bigint, is_group boolean,
	service_level integer, participant_level integer)
AS 'MODULE_PATHNAME', 'steering_comparison_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.comparison_scan(date, date, boolean, integer) IS
'what cost_versus_result(), cost_versus_result_below() (below) and compare_participants() (below, only_service: number of a service) show, as far as the role may read it, of the months from first_day until before end_day. What follows covered_volume is of below alone: inhabitants are those of the participant, or of a group all that are known below it; is_group: others are below it, and it has no number of its own; levels count from 0 at the top of a tree. Errors: 22004 null, 22023 not first days of months, or none between them, 22003 a sum does not fit';

-- Not STRICT, and without settings of its own, so that the planner inlines it: what a query does not use is not made numeric.
CREATE FUNCTION steering.cost_versus_result(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.budget::numeric, scan.actual::numeric, scan.committed::numeric,
	scan.headroom::numeric, scan.volume::numeric, scan.agreed_volume::numeric, scan.unit_cost::numeric,
	scan.agreed_price::numeric, scan.price_variance::numeric, scan.volume_variance::numeric,
	scan.total_variance::numeric, scan.target::numeric, scan.measured::numeric, scan.attainment,
	scan.cost_per_result::numeric, scan.signal, scan.agreed_cost::numeric, scan.covered::numeric,
	scan.covered_volume::numeric
FROM steering.comparison_scan(lower(steering.period_range(cost_versus_result.period)),
	upper(steering.period_range(cost_versus_result.period))) AS scan;
END;
COMMENT ON FUNCTION steering.cost_versus_result(text) IS
'cost against means, agreements and results of a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), one row per service and participant that the role may read and that has bookings, a budget, an agreement or a result in it.
actual, committed (money) and volume: what was booked on exactly this service and participant, without those below: these are in cost_versus_result_below(). unit_cost: actual / volume.
budget: the budget cap on exactly the two over the period; else the shortest one that contains the period, of two as long the one that begins first; else the sum of those within it that follow one another, from the first day on the longest. headroom: what the cap has left before it blocks; null if it is not over just the period or never blocks. A cap holds for all below as well: budget, headroom and signal include it, while actual does not.
agreed_volume, agreed_price (per unit; of several prices the mean by volume) and agreed_cost: the share of these months in what was agreed. covered, covered_volume: actual bookings under the agreement, those below included unless a nearer agreement covers them. Variances by the flexible budget, which is what the agreement says of covered_volume (Horngren, Datar, Rajan: Cost Accounting, chapters on flexible budgets): price_variance = covered - flexible budget, volume_variance = flexible budget - agreed_cost, total_variance = covered - agreed_cost, the sum of the two. The flexible budget of price_volume is price * covered_volume rounded to cents, of base_plus the base and the price of what goes beyond, of lump_sum the base. Where a price was agreed without a volume, agreed_cost is the flexible budget. Positive is dearer than agreed. Of key_share nothing is compared.
target, measured, attainment (percent): of the main indicator of the service; what is missing is null and never zero. cost_per_result: actual / measured; null where nothing was booked on the service itself, where something was booked below it for the participant (so that actual is not what the result cost), and for a level (additive = false), of which no number was made.
signal: red, amber or green, the worse of what usage of the budget and attainment say by the limits of set_signal_limit(); null if neither is known.
Ratios are rounded to four decimals, and null by zero. From stored usage: its time does not grow with the number of bookings. Errors: 22004 null, 22P02 no period, 22023 not whole months, 22003 a sum does not fit';

CREATE FUNCTION steering.cost_versus_result_below(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, unit text,
	result_unit text, service_level integer, participant_level integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.budget::numeric, scan.actual::numeric, scan.committed::numeric,
	scan.headroom::numeric, scan.volume::numeric, scan.agreed_volume::numeric, scan.unit_cost::numeric,
	scan.agreed_price::numeric, scan.price_variance::numeric, scan.volume_variance::numeric,
	scan.total_variance::numeric, scan.target::numeric, scan.measured::numeric, scan.attainment,
	scan.cost_per_result::numeric, scan.signal, scan.agreed_cost::numeric, scan.covered::numeric,
	scan.covered_volume::numeric, scan.unit, scan.result_unit, scan.service_level, scan.participant_level
FROM steering.comparison_scan(lower(steering.period_range(cost_versus_result_below.period)),
	upper(steering.period_range(cost_versus_result_below.period)), true) AS scan;
END;
COMMENT ON FUNCTION steering.cost_versus_result_below(text) IS
'cost_versus_result() rolled up: one row per service and participant with all below both, as far as the role may read it. Costs, volumes, agreements and variances are sums of the rows of cost_versus_result(); unit_cost, cost_per_result and attainment are ratios of such sums; cost_per_result is null while a measurement is missing in the sum, where nothing was booked, and for a level (additive = false); the cost in it is all that is below, also of who has no result. budget and headroom are those of the cap on the two themselves, which holds for all below them. Results are those of the service''s own main indicator: summed over the participants, or if it is not additive (a level) that of the participant itself; a service without one gets the sum of the results below it, if all are additive with one unit and direction; else null. unit: what volume is counted in; null: nothing, or in several units, and then volume and unit_cost mix them. result_unit: likewise of the results. service_level, participant_level: 0 at the top of the tree. Rows overlap: sum over one level of each only. Errors: those of cost_versus_result()';

CREATE FUNCTION steering.compare_participants(period text, service text)
RETURNS TABLE (participant text, actual numeric, volume numeric, unit text, cost_per_unit numeric, inhabitants bigint,
	cost_per_inhabitant numeric, measured numeric, result_unit text, attainment numeric, cost_per_result numeric,
	rank_per_inhabitant bigint, rank_per_unit bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT scan.participant, scan.actual::numeric, scan.volume::numeric, scan.unit, scan.unit_cost::numeric, scan.inhabitants,
	round(scan.actual::numeric / nullif(scan.inhabitants, 0), 4),
	scan.measured::numeric, scan.result_unit, scan.attainment, scan.cost_per_result::numeric,
	CASE WHEN NOT scan.is_group AND scan.inhabitants <> 0 THEN
		rank() OVER (PARTITION BY scan.is_group, scan.inhabitants <> 0
			ORDER BY scan.actual::numeric / nullif(scan.inhabitants, 0)) END,
	CASE WHEN NOT scan.is_group AND scan.volume::numeric > 0 THEN
		rank() OVER (PARTITION BY scan.is_group, scan.volume::numeric > 0 ORDER BY scan.unit_cost::numeric) END
FROM steering.comparison_scan(lower(steering.period_range(compare_participants.period)),
	upper(steering.period_range(compare_participants.period)), true,
	steering.service_number(compare_participants.service)) AS scan;
END;
COMMENT ON FUNCTION steering.compare_participants(text, text) IS
'one service, with all below it, side by side: a row per participant, with all below it, that the role may read and that has anything to show. actual: money spent; volume: in unit (null: none, or several); cost_per_unit: actual / volume; cost_per_inhabitant: actual / inhabitants (of a group all that are known below it), of a past period too by the number that the register has now, since it keeps no earlier ones: where these matter, keep inhabitants per year as the additive main indicator of a service, and cost_per_result is cost per inhabitant of the period; measured (in result_unit), attainment (percent), cost_per_result: as in cost_versus_result_below(). rank_per_inhabitant, rank_per_unit: 1 is the cheapest of the participants that the role may read; null: no inhabitants or volume, or a group without a number of inhabitants of its own. Ratios are rounded to four decimals. Errors: 22004 null, 22023 unknown service, and those of cost_versus_result()';
-- Outlook: what the end of a period will bring, how far that was off in earlier years, and when caps
-- are reached.

-- PUBLIC may execute the three scans because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.outlook_scan(as_of date, method text, period text)
RETURNS TABLE (service text, participant text, method text, basis text, reason text, actual steering.amount,
	committed steering.amount, expected steering.amount, budget steering.amount, expected_headroom steering.amount)
AS 'MODULE_PATHNAME', 'steering_outlook_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.outlook_scan(date, text, text) IS
'what outlook() shows, as far as the role may read it. Errors: those of outlook()';

CREATE FUNCTION steering.outlook_error_scan(method text, first date, last date)
RETURNS TABLE (method text, months integer, years integer, outlooks bigint, error steering.amount, bias steering.amount)
AS 'MODULE_PATHNAME', 'steering_outlook_error_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 84;
COMMENT ON FUNCTION steering.outlook_error_scan(text, date, date) IS
'what outlook_error() shows, as far as the role may read it. Errors: those of outlook_error()';

CREATE FUNCTION steering.cap_outlook_scan(as_of date, method text)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, valid_from date, valid_to date,
	amount steering.amount, blocks_at steering.amount, basis text, used steering.amount, expected steering.amount,
	limit_month date, block_month date)
AS 'MODULE_PATHNAME', 'steering_cap_outlook_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.cap_outlook_scan(date, text) IS
'what cap_outlook() shows, as far as the role may read it. Errors: those of cap_outlook()';

-- Not STRICT, and without settings of their own, so that the planner inlines them.
CREATE FUNCTION steering.outlook(as_of date, method text DEFAULT NULL, period text DEFAULT NULL)
RETURNS TABLE (service text, participant text, method text, basis text, reason text, actual numeric, committed numeric,
	expected numeric, budget numeric, expected_headroom numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.method, scan.basis, scan.reason, scan.actual::numeric,
	scan.committed::numeric, scan.expected::numeric, scan.budget::numeric, scan.expected_headroom::numeric
FROM steering.outlook_scan(outlook.as_of, outlook.method, outlook.period) AS scan;
END;
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

CREATE FUNCTION steering.outlook_error(method text, first date, last date)
RETURNS TABLE (method text, months integer, years integer, outlooks bigint, error numeric, bias numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 84
BEGIN ATOMIC
SELECT scan.method, scan.months, scan.years, scan.outlooks, round(scan.error::numeric, 2), round(scan.bias::numeric, 2)
FROM steering.outlook_error_scan(outlook_error.method, outlook_error.first, outlook_error.last) AS scan;
END;
COMMENT ON FUNCTION steering.outlook_error(text, date, date) IS
'how far a method (null: each of them) was off in the years of twelve months from first, the first day of a month, that end on last or before, ten at most. At the end of each of the first eleven months of a year, the outlook by what was booked on days up to then is held against the actual cost that the year became, for each service and participant that the role may read and that was booked on then or in the year before, or had a plan. Years count that follow each other up to the last one with bookings; one without bookings, and what is before it, is left out, and so is the first if it began before the first booking of all.
months: how many were over; null: all of these together. years: how many were tested. outlooks: number of comparisons; those without a figure are left out. error: the weighted absolute percentage error, 100 * sum(|expected - became|) / sum(|became|), to two decimals; bias: 100 * sum(expected - became) / sum(|became|), positive: too high. Both are null if nothing was booked. Methods compare fairly only where outlooks is equal.
Budgets, agreements, targets and measurements are those of now: of their earlier values nothing is known. Errors: 22004 null, 22023 unknown method, first is not the first day of a month, no whole year, more than ten years, 22003 an amount does not fit';

CREATE FUNCTION steering.cap_outlook(as_of date, method text DEFAULT 'seasonal')
RETURNS TABLE (cap_id integer, service text, participant text, metric text, valid_from date, valid_to date, amount numeric,
	blocks_at numeric, basis text, used numeric, expected numeric, limit_month date, block_month date)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.cap_id, scan.service, scan.participant, scan.metric, scan.valid_from, scan.valid_to, scan.amount::numeric,
	scan.blocks_at::numeric, scan.basis, scan.used::numeric, scan.expected::numeric, scan.limit_month, scan.block_month
FROM steering.cap_outlook_scan(cap_outlook.as_of, cap_outlook.method) AS scan;
END;
COMMENT ON FUNCTION steering.cap_outlook(date, text) IS
'what the caps in force on as_of will be used for at their end, and in which month they are reached: one row for each that the role may read. used: what was booked on days of the cap up to as_of and including it, actual and committed, with all below service and participant. expected: greatest(used, expected of its actual part), as in outlook() over the days of the cap, but that no part of a plan is added: a cap is a limit. method: run_rate, seasonal, additive or committed (as seasonal, for commitments count in any case). basis: own years (of the cap''s service and participant with all below); own years, added; service years (the service with all below, for all participants that the role may read), all years (everything that it may read; not for volumes, which have different units), run_rate, actual.
limit_month: first day of the month in which usage has reached amount, or is expected to; block_month: in which it has come above blocks_at, or is expected to, so that bookings are refused; null: not within the cap''s days. Between as_of and the end, expected minus used comes as the profile does. For caps that are not of whole months, or of more than ten years, there is no outlook. From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, or one of earned value, 22003 an amount does not fit';
-- Settlement: what participants owe for a period by their agreements, with a proof that the lines add up;
-- closing a period fixes them, and what has to be put right later is a line of its own.
--
-- Lines with a participant are what it owes (positive) or gets. Those without prove that nothing is lost:
-- the cost that was settled, and what of shared cost and of the supplier's result nobody owes or gets.

CREATE TABLE steering.result_share (
	during daterange NOT NULL
		CONSTRAINT result_share_pkey PRIMARY KEY
		CONSTRAINT result_share_whole_months CHECK (NOT isempty(during)
			AND coalesce(extract(day FROM lower(during)) = 1, lower_inf(during))
			AND coalesce(extract(day FROM upper(during)) = 1, upper_inf(during))),
	key_id integer NOT NULL,
	percent numeric NOT NULL CONSTRAINT result_share_percent_in_range CHECK (percent BETWEEN 0 AND 100),
	CONSTRAINT result_share_no_overlap EXCLUDE USING gist (during WITH &&)
);
REVOKE ALL ON steering.result_share FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.result_share', '');
COMMENT ON TABLE steering.result_share IS 'what part of the supplier''s result the participants share, written by set_result_share() and drop_result_share() alone; one at a time';
COMMENT ON COLUMN steering.result_share.during IS 'whole months; their result is shared for each twelve of them, counted from the first (calendar years, if there is no first), and for what is left';
COMMENT ON COLUMN steering.result_share.key_id IS 'the allocation key that divides it';
COMMENT ON COLUMN steering.result_share.percent IS 'percentage of the result, whether gain or loss';

-- The key is locked against whoever would drop it.
CREATE FUNCTION steering.set_result_share(key text, percent numeric, during steering.day_range) RETURNS numeric
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
REVOKE ALL ON FUNCTION steering.set_result_share(text, numeric, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_result_share(text, numeric, steering.day_range) IS
'says that the participants share this percentage of the supplier''s result, gain or loss, of these months, by this allocation key: for each twelve of them as a whole, counted from the first (calendar years, if there is no first); the one for the same months is replaced; returns the percentage. Errors: 22004 key is null, 22023 unknown key, 23502 null, 23514 not 0 to 100, not whole months, 23P01 overlap with another';

CREATE FUNCTION steering.drop_result_share(during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.result_share WHERE result_share.during = drop_result_share.during::daterange RETURNING key_id
)
SELECT steering.require_found(count(*), concat('result share during ', drop_result_share.during::daterange)) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_result_share(steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_result_share(steering.day_range) IS
'ends the sharing of the supplier''s result that was set for these months. Error: 42704 there is none';

CREATE FUNCTION steering.refuse_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_change() IS 'refuses to change or remove rows that are only ever added (0A000)';

CREATE TABLE steering.settlement_correction (
	correction_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT settlement_correction_pkey PRIMARY KEY,
	closing_id integer NOT NULL,
	participant_id integer NOT NULL,
	service_id integer NOT NULL,
	amount steering.amount NOT NULL
		CONSTRAINT settlement_correction_amount_in_cents CHECK (amount::numeric = round(amount::numeric, 2))
		CONSTRAINT settlement_correction_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	month date NOT NULL,
	reason text NOT NULL CONSTRAINT settlement_correction_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	reverses integer CONSTRAINT settlement_correction_reverses_key UNIQUE
);
REVOKE ALL ON steering.settlement_correction FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_correction', '');
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_correction_correction_id_seq', '');
COMMENT ON TABLE steering.settlement_correction IS 'what settlements of closed periods are corrected by, written by correct_settlement(), reverse_correction() and the reopening of a period alone; rows are only added';
COMMENT ON COLUMN steering.settlement_correction.correction_id IS 'number of the correction';
COMMENT ON COLUMN steering.settlement_correction.closing_id IS 'the closing whose settlement is corrected';
COMMENT ON COLUMN steering.settlement_correction.participant_id IS 'the participant';
COMMENT ON COLUMN steering.settlement_correction.service_id IS 'the service';
COMMENT ON COLUMN steering.settlement_correction.amount IS 'money in whole cents: positive is owed, negative is given back';
COMMENT ON COLUMN steering.settlement_correction.month IS 'first day of the month with which it is settled: the last one of the open period that was given';
COMMENT ON COLUMN steering.settlement_correction.reason IS 'why';
COMMENT ON COLUMN steering.settlement_correction.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.settlement_correction.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.settlement_correction.reverses IS 'the correction that it takes back; null: it takes none back';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.settlement_correction
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE TABLE steering.settlement_line (
	closing_id integer NOT NULL,
	position integer NOT NULL,
	line text NOT NULL,
	service_id integer,
	participant_id integer,
	agreement_id integer,
	key text,
	quantity numeric,
	price numeric,
	amount steering.amount NOT NULL,
	corrects integer,
	CONSTRAINT settlement_line_pkey PRIMARY KEY (closing_id, position)
);
REVOKE ALL ON steering.settlement_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_line', '');
COMMENT ON TABLE steering.settlement_line IS 'settlements of periods as they were closed, written by close_period() alone; rows are only added, and stay when the period is reopened';
COMMENT ON COLUMN steering.settlement_line.closing_id IS 'the closing';
COMMENT ON COLUMN steering.settlement_line.position IS 'place in it, from 1';
COMMENT ON COLUMN steering.settlement_line.line IS 'what the amount is, see compute_settlement()';
COMMENT ON COLUMN steering.settlement_line.service_id IS 'the service; null: of no single one';
COMMENT ON COLUMN steering.settlement_line.participant_id IS 'the participant who owes it, or gets it; null: a line of the proof';
COMMENT ON COLUMN steering.settlement_line.agreement_id IS 'the agreement; null: of no single one';
COMMENT ON COLUMN steering.settlement_line.key IS 'code of the allocation key that divided it; null: none';
COMMENT ON COLUMN steering.settlement_line.quantity IS 'units of the service; months of an advance; percentage of an incentive or a share; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement_line.price IS 'money per unit or month; the money that a percentage is of; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement_line.amount IS 'money: positive is owed, negative is given back or was paid before';
COMMENT ON COLUMN steering.settlement_line.corrects IS 'the closing that a correction is about, or that billed what this line takes back; null: another line';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.settlement_line
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE VIEW steering.closing_event WITH (security_barrier) AS
SELECT closing.closing_id, event.kind, steering.name_period(closing.during) AS period,
	lower(closing.during) AS first_day, upper(closing.during) - 1 AS last_day, event.recorded_at, event.role_name, event.reason
FROM steering.closing
CROSS JOIN LATERAL (VALUES
	('closed', closing.closed_at, closing.closed_by, closing.reason),
	('reopened', closing.reopened_at, closing.reopened_by, closing.reopen_reason)) AS event (kind, recorded_at, role_name, reason)
WHERE event.recorded_at IS NOT NULL;
GRANT SELECT ON steering.closing_event TO PUBLIC;
COMMENT ON VIEW steering.closing_event IS 'every closing and reopening of a period';
COMMENT ON COLUMN steering.closing_event.closing_id IS 'number of the closing; a reopening has that of the closing that it ended';
COMMENT ON COLUMN steering.closing_event.kind IS 'closed, reopened';
COMMENT ON COLUMN steering.closing_event.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.closing_event.first_day IS 'its first day';
COMMENT ON COLUMN steering.closing_event.last_day IS 'its last day';
COMMENT ON COLUMN steering.closing_event.recorded_at IS 'when, by the clock';
COMMENT ON COLUMN steering.closing_event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.closing_event.reason IS 'the reason that was given; null: none';

CREATE VIEW steering.settlement WITH (security_barrier) AS
SELECT settled.closing_id,
	lower(closing.during) AS valid_from,
	upper(closing.during) - 1 AS valid_to,
	closing.closed_at,
	closing.reopened_at,
	participant.code AS participant,
	service.code AS service,
	settled.agreement_id,
	settled.line,
	settled.quantity,
	settled.price,
	round(settled.amount::numeric, 2) AS amount,
	settled.corrects
FROM steering.settlement_line AS settled
JOIN steering.closing ON closing.closing_id = settled.closing_id
JOIN steering.participant ON participant.participant_id = settled.participant_id
LEFT JOIN steering.service ON service.service_id = settled.service_id
WHERE settled.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.settlement TO PUBLIC;
COMMENT ON VIEW steering.settlement IS 'settlements of closed periods as far as the role may read them, those included that were reopened since';
COMMENT ON COLUMN steering.settlement.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.settlement.valid_from IS 'first day of the period';
COMMENT ON COLUMN steering.settlement.valid_to IS 'last day of the period';
COMMENT ON COLUMN steering.settlement.closed_at IS 'when it was closed';
COMMENT ON COLUMN steering.settlement.reopened_at IS 'when it was reopened: then this settlement holds no more; null: it holds';
COMMENT ON COLUMN steering.settlement.participant IS 'code of who owes it, or gets it';
COMMENT ON COLUMN steering.settlement.service IS 'code of the service; null: of no single one';
COMMENT ON COLUMN steering.settlement.agreement_id IS 'number of the agreement; null: of no single one';
COMMENT ON COLUMN steering.settlement.line IS 'agreed, excess, unused, share, incentive, advance, result_share, correction: see settle()';
COMMENT ON COLUMN steering.settlement.quantity IS 'units of the service; months of an advance; percentage of an incentive or a share; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement.price IS 'money per unit or month; the money that a percentage is of; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement.amount IS 'money: positive is owed, negative is given back or was paid before';
COMMENT ON COLUMN steering.settlement.corrects IS 'number of the closing that a correction is about, or that billed what this line takes back; null: another line';

CREATE VIEW steering.correction WITH (security_barrier) AS
SELECT correction.correction_id, correction.closing_id AS corrects,
	lower(closing.during) AS valid_from, upper(closing.during) - 1 AS valid_to,
	participant.code AS participant, service.code AS service, round(correction.amount::numeric, 2) AS amount,
	correction.month AS settled_in, correction.reason, correction.recorded_at, correction.role_name, correction.reverses
FROM steering.settlement_correction AS correction
JOIN steering.closing ON closing.closing_id = correction.closing_id
JOIN steering.participant ON participant.participant_id = correction.participant_id
JOIN steering.service ON service.service_id = correction.service_id
WHERE correction.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.correction TO PUBLIC;
COMMENT ON VIEW steering.correction IS 'corrections of settlements that the role may read, from the moment that they are recorded';
COMMENT ON COLUMN steering.correction.correction_id IS 'number of the correction';
COMMENT ON COLUMN steering.correction.corrects IS 'number of the closing whose settlement is corrected';
COMMENT ON COLUMN steering.correction.valid_from IS 'first day of the period that is corrected';
COMMENT ON COLUMN steering.correction.valid_to IS 'last day of the period that is corrected';
COMMENT ON COLUMN steering.correction.participant IS 'code of who owes it, or gets it';
COMMENT ON COLUMN steering.correction.service IS 'code of the service';
COMMENT ON COLUMN steering.correction.amount IS 'money: positive is owed, negative is given back';
COMMENT ON COLUMN steering.correction.settled_in IS 'first day of the month with which it is settled';
COMMENT ON COLUMN steering.correction.reason IS 'why';
COMMENT ON COLUMN steering.correction.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.correction.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.correction.reverses IS 'number of the correction that it takes back, since the period that was corrected has been reopened, or by reverse_correction(); null: it takes none back';

CREATE FUNCTION steering.store_settlement(closing integer) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_store_settlement'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.store_settlement(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.store_settlement(integer) IS
'stores the settlement of a closing, read with the latest snapshot, and returns its number';

CREATE FUNCTION steering.require_closed(period daterange) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_require_closed'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.require_closed(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_closed(daterange) IS
'number of the closing of a period, which cannot be reopened until commit. Error: 55000 it is not closed';

CREATE FUNCTION steering.require_open(period daterange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_open'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.require_open(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_open(daterange) IS
'checks that no day of a period is closed, and that none can be until commit. Error: 55000';

CREATE FUNCTION steering.refuse_part(period daterange, closed daterange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_part'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_part(daterange, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_part(daterange, daterange) IS
'raises that a period has only a part of the days of a closed one (55000)';
-- The supplier's health: reserve, risks, and what a period brings. The supplier is the organisation that
-- delivers; all of this is about the organisation as a whole, so it is for nobody who was not granted it.

CREATE TABLE steering.reserve (
	movement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT reserve_pkey PRIMARY KEY,
	booked_on date NOT NULL CONSTRAINT reserve_booked_on_finite CHECK (isfinite(booked_on)),
	amount steering.amount NOT NULL
		CONSTRAINT reserve_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	reason text NOT NULL CONSTRAINT reserve_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.reserve FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.reserve', '');
SELECT pg_catalog.pg_extension_config_dump('steering.reserve_movement_id_seq', '');
COMMENT ON TABLE steering.reserve IS 'movements of the supplier''s reserve, written by book_reserve() alone; rows are only added, and their sum is the reserve';
COMMENT ON COLUMN steering.reserve.movement_id IS 'number of the movement';
COMMENT ON COLUMN steering.reserve.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.reserve.amount IS 'money: positive is added, negative is taken out';
COMMENT ON COLUMN steering.reserve.reason IS 'why';
COMMENT ON COLUMN steering.reserve.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.reserve.role_name IS 'who had logged in';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.reserve
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE FUNCTION steering.book_reserve(booked_on date, amount numeric, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(daterange(book_reserve.booked_on, book_reserve.booked_on, '[]'))
WHERE book_reserve.booked_on IS NOT NULL;
INSERT INTO steering.reserve (booked_on, amount, reason)
VALUES (book_reserve.booked_on, book_reserve.amount::steering.amount, book_reserve.reason)
RETURNING movement_id;
END;
REVOKE ALL ON FUNCTION steering.book_reserve(date, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.book_reserve(date, numeric, text) IS
'adds an amount of money to the supplier''s reserve, or takes it out (negative), from a day on; returns the number of the movement. A wrong one is undone by its opposite. Errors: 23502 null, 23514 amount zero, reason empty or day infinite, 55000 the day is in a closed period, 22003 no amount';

CREATE TABLE steering.risk (
	risk_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT risk_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT risk_code_key UNIQUE CONSTRAINT risk_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	probability numeric NOT NULL CONSTRAINT risk_probability_in_range CHECK (probability BETWEEN 0 AND 1),
	low steering.amount NOT NULL,
	likely steering.amount NOT NULL,
	high steering.amount NOT NULL,
	during daterange NOT NULL CONSTRAINT risk_during_not_empty CHECK (NOT isempty(during)),
	CONSTRAINT risk_amounts_in_order CHECK (0::steering.amount OPERATOR(steering.<=) low
		AND low OPERATOR(steering.<=) likely AND likely OPERATOR(steering.<=) high)
);
REVOKE ALL ON steering.risk FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.risk', '');
SELECT pg_catalog.pg_extension_config_dump('steering.risk_risk_id_seq', '');
COMMENT ON TABLE steering.risk IS 'what may cost the supplier money, each by itself; written by set_risk() and drop_risk() alone';
COMMENT ON COLUMN steering.risk.risk_id IS 'number of the risk';
COMMENT ON COLUMN steering.risk.code IS 'what people call the risk by; it never changes';
COMMENT ON COLUMN steering.risk.name IS 'name for people';
COMMENT ON COLUMN steering.risk.probability IS 'how probable it is that it occurs: 0 to 1';
COMMENT ON COLUMN steering.risk.low IS 'the least that it then costs';
COMMENT ON COLUMN steering.risk.likely IS 'what it then most likely costs';
COMMENT ON COLUMN steering.risk.high IS 'the most that it then costs';
COMMENT ON COLUMN steering.risk.during IS 'the days on which there is this risk';

CREATE FUNCTION steering.set_risk(code text, name text, probability numeric, low numeric, likely numeric, high numeric,
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
REVOKE ALL ON FUNCTION steering.set_risk(text, text, numeric, numeric, numeric, numeric, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_risk(text, text, numeric, numeric, numeric, numeric, steering.day_range) IS
'adds a risk to the register, or changes the one with this code; returns its number. It occurs with this probability (0 to 1), and then costs at least low, most likely likely, and at most high. Errors: 23502 null, 23514 probability outside 0 to 1, amounts negative or out of order, empty range, 22003 no amount';

CREATE FUNCTION steering.drop_risk(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.risk WHERE risk.code = drop_risk.code RETURNING risk_id
)
SELECT steering.require_found(count(*), concat('risk "', drop_risk.code, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_risk(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_risk(text) IS 'removes a risk from the register. Error: 42704 there is none with this code';

CREATE FUNCTION steering.resilience(as_of date DEFAULT NULL, certainty numeric DEFAULT 0.9,
	draws integer DEFAULT 100000, seed bigint DEFAULT 1)
RETURNS TABLE (available numeric, risks integer, required numeric, ratio numeric, class text,
	mean numeric, median numeric, highest numeric, covered_percent numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH asked AS (
	SELECT coalesce(resilience.as_of, CURRENT_DATE) AS day
), reserve AS (
	SELECT coalesce(sum(reserve.amount::numeric), 0) AS available
	FROM asked JOIN steering.reserve ON reserve.booked_on <= asked.day
), risk AS (
	SELECT count(*)::integer AS risks,
		coalesce(array_agg(risk.probability::double precision ORDER BY risk.risk_id), '{}') AS probability,
		coalesce(array_agg(risk.low::numeric ORDER BY risk.risk_id), '{}') AS low,
		coalesce(array_agg(risk.likely::numeric ORDER BY risk.risk_id), '{}') AS likely,
		coalesce(array_agg(risk.high::numeric ORDER BY risk.risk_id), '{}') AS high
	FROM asked JOIN steering.risk ON risk.during @> asked.day
)
SELECT reserve.available, risk.risks, drawn.required,
	round(reserve.available / nullif(drawn.required, 0), 2),
	CASE WHEN drawn.required = 0 THEN NULL
		WHEN reserve.available > 2.0 * drawn.required THEN 'A'
		WHEN reserve.available >= 1.4 * drawn.required THEN 'B'
		WHEN reserve.available >= 1.0 * drawn.required THEN 'C'
		WHEN reserve.available >= 0.8 * drawn.required THEN 'D'
		WHEN reserve.available >= 0.6 * drawn.required THEN 'E'
		ELSE 'F' END,
	drawn.mean, drawn.median, drawn.highest, 100 * drawn.covered
FROM reserve
CROSS JOIN risk
CROSS JOIN LATERAL steering.simulate_risk(risk.probability, risk.low, risk.likely, risk.high,
	resilience.certainty::double precision, resilience.draws, resilience.seed, reserve.available) AS drawn;
END;
REVOKE ALL ON FUNCTION steering.resilience(date, numeric, integer, bigint) FROM PUBLIC;
COMMENT ON FUNCTION steering.resilience(date, numeric, integer, bigint) IS
'whether the supplier''s reserve on a day (null: today) bears the risks of that day: the reserve (available), how many risks, the capacity that covers them in this part (certainty) of all draws (required, see simulate_risk()), ratio: available over required (in Dutch weerstandsratio; null: nothing is required), and its class in the norm table of the Nederlands Adviesbureau voor Risicomanagement and the University of Twente, which Dutch municipalities use: A above 2.0 excellent, B from 1.4 more than sufficient, C from 1.0 sufficient, D from 0.8 moderate, E from 0.6 insufficient, F quite insufficient; mean, median and highest of the draws, and the percentage of them that the reserve covers. The same seed gives the same answer. Errors: those of simulate_risk()';
-- Partitioned sources that let MERGE in: health() tells of them.

-- The rule that merge_rule.h tells of. Until 16 a disabled one refuses MERGE as well, but servers are upgraded.
CREATE VIEW steering.merge_problem AS
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
SELECT pg_class.oid::regclass::text, CASE WHEN pg_rewrite.oid IS NULL THEN 'rule missing' ELSE 'rule disabled' END,
	'A query reads it. MERGE into it is not refused, for want of rule sp71_steering_no_merge, and PostgreSQL does not tell triggers all it changes.',
	CASE WHEN pg_rewrite.oid IS NULL THEN 'SELECT steering.reattach() of the booking table of the query'
		ELSE format('ALTER TABLE %s ENABLE RULE sp71_steering_no_merge; then SELECT steering.repair()', pg_class.oid::regclass) END
FROM pg_catalog.pg_class
LEFT JOIN pg_catalog.pg_rewrite ON pg_rewrite.ev_class = pg_class.oid AND pg_rewrite.rulename = 'sp71_steering_no_merge'
WHERE pg_class.relkind = 'p'
	AND pg_class.oid IN (SELECT pg_trigger.tgrelid FROM pg_catalog.pg_trigger WHERE pg_trigger.tgfoid = to_regproc('steering.follow_query'))
	AND pg_class.oid NOT IN (SELECT source_tree.relation FROM steering.source_tree)
	AND (pg_rewrite.oid IS NULL OR pg_rewrite.ev_enabled NOT IN ('O', 'A'))
UNION ALL
SELECT pg_rewrite.ev_class::regclass::text, 'rule without source', 'It belongs to no source, and MERGE into it is refused.',
	format('attach it again, or DROP RULE sp71_steering_no_merge ON %s', pg_rewrite.ev_class::regclass)
FROM pg_catalog.pg_rewrite
WHERE pg_rewrite.rulename = 'sp71_steering_no_merge'
	AND pg_rewrite.ev_class NOT IN (SELECT source_tree.relation FROM steering.source_tree)
	AND pg_rewrite.ev_class NOT IN (SELECT pg_trigger.tgrelid FROM pg_catalog.pg_trigger
		WHERE pg_trigger.tgfoid = to_regproc('steering.follow_query'));
REVOKE ALL ON steering.merge_problem FROM PUBLIC;
COMMENT ON VIEW steering.merge_problem IS 'health(): partitioned tables of sources and of queries that let MERGE in';
COMMENT ON COLUMN steering.merge_problem.subject IS 'a table';
COMMENT ON COLUMN steering.merge_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.merge_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.merge_problem.hint IS 'what to do';
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
WHERE source.relation::oid NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass)
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
	WHERE agreement.key_id IS NOT NULL
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
	WHERE agreement.key_id IS NOT NULL AND agreement.during && daterange(share_span.first_day, share_span.end_day)
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
	SELECT owed.agreement_id, owed.service_id, owed.participant_id, owed.price, owed.has_base, owed.unused_percent,
		(owed.charge).*
	FROM (
		SELECT agreed.agreement_id, agreed.service_id, agreed.participant_id, agreed.price, agreed.base IS NOT NULL AS has_base,
			agreed.unused_percent,
			steering.charge_of_terms(agreed.form, agreed.base, agreed.volume, agreed.price,
				coalesce(used.volume, 0)::steering.amount, agreed.unused_percent) AS charge
		FROM agreed
		LEFT JOIN cost AS used ON used.agreement_id = agreed.agreement_id
		WHERE agreed.key_id IS NULL
	) AS owed
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
		coalesce(agreed.agreed_cost::numeric, round(charged.agreed::numeric, 2), share.amount) AS agreed
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
	CASE WHEN charged.price IS NOT NULL THEN charged.agreed_volume::numeric END,
	CASE WHEN NOT charged.has_base THEN charged.price::numeric END, charged.agreed::numeric
FROM charged
UNION ALL
SELECT 'excess', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.excess_volume::numeric, charged.price::numeric, charged.excess::numeric
FROM charged
WHERE charged.price IS NOT NULL AND charged.excess_volume OPERATOR(steering.<>) 0::steering.amount
UNION ALL
SELECT 'unused', charged.service_id, charged.participant_id, charged.agreement_id, NULL,
	charged.unused_volume::numeric, trim_scale(charged.price::numeric * charged.unused_percent * 0.01), charged.unused::numeric
FROM charged
WHERE charged.unused_percent IS NOT NULL AND charged.unused_volume OPERATOR(steering.<>) 0::steering.amount
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
	JOIN steering.agreement ON agreement.key_id IS NOT NULL AND lower(agreement.during) < settlement_problem_in.end_day
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
		FROM (SELECT DISTINCT agreement.during FROM steering.agreement WHERE agreement.key_id IS NOT NULL) AS agreement
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
	JOIN steering.agreement ON agreement.agreement_id = cover.agreement_id AND agreement.price IS NOT NULL
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
	JOIN steering.agreement_form() AS form ON form.form = cover.form AND form.shares_cost
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
-- may not read. Their types are built in, so that who reads them needs nothing of ours, and drivers know them.
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
	event_log.amount::numeric AS amount,
	event_log.ladder::text AS ladder,
	event_log.threshold::numeric AS threshold,
	event_log.used::numeric AS used,
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
COMMENT ON COLUMN steering.event.kind IS 'created, revised, dropped: a decision on a cap; granted, revoked: on an override of it; notify, warn: a step of its ladder was crossed upwards; drawn: a booking drew of an override';
COMMENT ON COLUMN steering.event.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.event.service IS 'code of its service';
COMMENT ON COLUMN steering.event.participant IS 'code of its participant';
COMMENT ON COLUMN steering.event.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.event.metric IS 'budget or volume';
COMMENT ON COLUMN steering.event.during IS 'the days that it limits';
COMMENT ON COLUMN steering.event.amount IS 'the limit at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.ladder IS 'the ladder at that time; after the decision if it was one';
COMMENT ON COLUMN steering.event.threshold IS 'usage at which the crossed step acts, or above which an override was drawn; null for decisions';
COMMENT ON COLUMN steering.event.used IS 'usage after what happened';
COMMENT ON COLUMN steering.event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.event.reason IS 'the reason that was given for a decision; of overrides which one, and how much';

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
	'That table has the events of all participants, and it may not read every figure.',
	format('REVOKE ALL ON steering.event_log FROM %s; steering.event shows what it may read',
		   CASE WHEN granted.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END)
FROM pg_catalog.pg_class
CROSS JOIN LATERAL aclexplode(pg_class.relacl) AS granted
WHERE pg_class.oid = 'steering.event_log'::regclass AND granted.grantee <> pg_class.relowner
	AND granted.privilege_type = 'SELECT'
	AND (granted.grantee = 0 OR NOT has_table_privilege(granted.grantee, 'steering.cap'::regclass, 'SELECT'));
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
'ends a source whose table was missing where a dump was restored, by the name that health() gives: its bookings count no more. Waits for all bookings. Of one whose table was dropped it forgets the mapping, so that a table of its name is a plain one. Errors: 22004 null, 42704 no such source, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 40001 concurrent change';

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
-- act.sql
-- Acts: what changes what may be spent, is agreed, is owed or who takes part, each named as its function; and what the
-- topics of decisions have in common.

CREATE VIEW steering.act WITH (security_barrier) AS
SELECT listed.act, coalesce(listed.asked_as, listed.act) AS asked_as, listed.amount
FROM (VALUES
	('set_cap', NULL, 'money by which the limit, or what its ladder lets through, goes up; of a volume cap none'),
	('drop_cap', NULL, NULL),
	('spread_cap', 'set_cap', NULL),
	('caps_from_agreements', 'set_cap', NULL),
	('grant_override', NULL, 'money that may be drawn; of a volume cap none'),
	('revoke_override', NULL, NULL),
	('amend', NULL, 'the sum of its mutations of budget caps, each without its sign'),
	('transfer', NULL, 'money that is transferred; of volume caps none'),
	('set_carry_rule', NULL, NULL),
	('drop_carry_rule', NULL, NULL),
	('carry_forward', NULL, 'the sum of what is carried, each cap''s without its sign'),
	('set_agreement', NULL, 'value over all of its months; without end where price or share have no volume or estimate'),
	('drop_agreement', NULL, NULL),
	('close_period', NULL, NULL),
	('close_bookings', 'close_period', NULL),
	('reopen_period', NULL, NULL),
	('reopen_bookings', 'reopen_period', NULL),
	('correct_settlement', NULL, 'the sum, without its sign'),
	('reverse_correction', NULL, 'the sum, without its sign'),
	('book_reserve', NULL, 'the sum, without its sign'),
	('set_risk', NULL, NULL),
	('drop_risk', NULL, NULL),
	('set_allocation_key', NULL, NULL),
	('drop_allocation_key', NULL, NULL),
	('set_key_weight', NULL, NULL),
	('drop_key_weight', NULL, NULL),
	('set_allocation_rule', NULL, NULL),
	('drop_allocation_rule', NULL, NULL),
	('set_result_share', NULL, NULL),
	('drop_result_share', NULL, NULL),
	('set_indicator', NULL, NULL),
	('drop_indicator', NULL, NULL),
	('set_target', NULL, NULL),
	('set_measurement', NULL, NULL),
	('set_incentive', NULL, NULL),
	('drop_incentive', NULL, NULL),
	('set_participant', NULL, NULL),
	('drop_participant', NULL, NULL),
	('set_service', NULL, NULL),
	('drop_service', NULL, NULL),
	('set_alias', NULL, NULL),
	('drop_alias', NULL, NULL),
	('attach', NULL, NULL),
	('reattach', 'attach', NULL),
	('detach', NULL, NULL),
	('detach_missing', 'detach', NULL),
	('set_mandate', NULL, NULL),
	('revoke_mandate', NULL, NULL),
	('consent_mandate', NULL, NULL),
	('set_deputy', NULL, NULL),
	('set_body', NULL, NULL),
	('set_body_member', NULL, NULL),
	('set_vote_days', 'set_body', NULL),
	('set_rule', NULL, NULL),
	('drop_rule', NULL, NULL)
) AS listed (act, asked_as, amount);
GRANT SELECT ON steering.act TO PUBLIC;
COMMENT ON VIEW steering.act IS 'the acts: functions that change what may be spent, is agreed, is owed, who takes part or who decides. Rules and mandates name them';
COMMENT ON COLUMN steering.act.act IS 'name of the function';
COMMENT ON COLUMN steering.act.asked_as IS 'the act that rules and mandates name for it: what it does is asked about piece by piece';
COMMENT ON COLUMN steering.act.amount IS 'what its amount is; null: it has none, and any mandate for it will do, whatever its limit';

CREATE TYPE steering.act_question AS (
	act text,
	service text,
	participant text,
	amount numeric,
	arguments jsonb
);
COMMENT ON TYPE steering.act_question IS 'may this act be done? Its scope by codes (null: all), its amount (null: it has none), and what it does';

CREATE FUNCTION steering.require_that(holds boolean, state text, message text, hint text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_that'
LANGUAGE C VOLATILE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.require_that(boolean, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_that(boolean, text, text, text) IS 'raises an error with this SQLSTATE, message and hint unless something holds; null does not';

CREATE FUNCTION steering.require_given(given boolean, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(require_given.given, '22004', format('%s must not be null', require_given.argument));
END;
REVOKE ALL ON FUNCTION steering.require_given(boolean, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_given(boolean, text) IS 'Error: 22004 an argument is null';

CREATE FUNCTION steering.lock_rules() RETURNS void
AS 'MODULE_PATHNAME', 'steering_lock_rules'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.lock_rules() FROM PUBLIC;
COMMENT ON FUNCTION steering.lock_rules() IS 'waits for decisions that are being made, and holds new ones until commit: before a change of who may decide';

CREATE FUNCTION steering.decision_day() RETURNS date
AS 'MODULE_PATHNAME', 'steering_decision_day'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.decision_day() FROM PUBLIC;
COMMENT ON FUNCTION steering.decision_day() IS 'today, by the clock and the time zone of the server''s log, which no session can change';

CREATE FUNCTION steering.is_deciding() RETURNS boolean
AS 'MODULE_PATHNAME', 'steering_is_deciding'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.is_deciding() FROM PUBLIC;
COMMENT ON FUNCTION steering.is_deciding() IS 'a proposal is being executed, or tried';

CREATE FUNCTION steering.may_administer(function text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.is_deciding() OR EXISTS (
	SELECT FROM pg_catalog.pg_proc JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
	WHERE pg_namespace.nspname = 'steering' AND pg_proc.proname = may_administer.function
		AND has_function_privilege(session_user, pg_proc.oid, 'EXECUTE WITH GRANT OPTION'));
END;
REVOKE ALL ON FUNCTION steering.may_administer(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.may_administer(text) IS 'who has logged in may grant this function to others, or it is called by a proposal that was decided';

CREATE FUNCTION steering.is_role(name text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE pg_roles.rolname = is_role.name);
END;
REVOKE ALL ON FUNCTION steering.is_role(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.is_role(text) IS 'there is a role of this name now';

CREATE FUNCTION steering.show_limit(amount numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN show_limit.amount = 'Infinity' THEN 'any amount'
	WHEN show_limit.amount = round(show_limit.amount, 2) THEN round(show_limit.amount, 2)::text
	ELSE trim_scale(show_limit.amount)::text END;
END;
REVOKE ALL ON FUNCTION steering.show_limit(numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.show_limit(numeric) IS 'an amount as messages show it';

-- What is above an entry of a register, itself first.
CREATE FUNCTION steering.service_above(service text) RETURNS TABLE (code text, depth integer)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH RECURSIVE above (code, parent, depth) AS (
	SELECT entry.code, entry.parent, 0 FROM steering.service AS entry WHERE entry.code = service_above.service
	UNION ALL
	SELECT entry.code, entry.parent, above.depth + 1
	FROM above JOIN steering.service AS entry ON entry.code = above.parent
)
SELECT above.code, above.depth FROM above;
END;
REVOKE ALL ON FUNCTION steering.service_above(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.service_above(text) IS 'a service and those that it is a part of';

CREATE FUNCTION steering.participant_above(participant text) RETURNS TABLE (code text, depth integer)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH RECURSIVE above (code, parent, depth) AS (
	SELECT entry.code, entry.parent, 0 FROM steering.participant AS entry WHERE entry.code = participant_above.participant
	UNION ALL
	SELECT entry.code, entry.parent, above.depth + 1
	FROM above JOIN steering.participant AS entry ON entry.code = above.parent
)
SELECT above.code, above.depth FROM above;
END;
REVOKE ALL ON FUNCTION steering.participant_above(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.participant_above(text) IS 'a participant and the groups that it belongs to';

CREATE FUNCTION steering.require_acts(acts text[]) RETURNS text[]
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_acts.acts IS NOT NULL, 'acts'), steering.require_that(array_position(require_acts.acts, NULL) IS NULL, '22004', 'acts must not hold a null'),
	steering.require_that(cardinality(require_acts.acts) > 0, '22023', 'acts must name at least one act', 'They are listed in steering.act.');
SELECT steering.require_that(known.act IS NOT NULL, '22023', format('act "%s" is unknown', named.act), 'They are listed in steering.act.'),
	steering.require_that(known.act = known.asked_as, '22023', format('act "%s" is asked about as "%s"', named.act, known.asked_as),
		format('Name "%s".', known.asked_as))
FROM unnest(require_acts.acts) AS named (act)
LEFT JOIN steering.act AS known ON known.act = named.act;
SELECT array_agg(DISTINCT named.act ORDER BY named.act) FROM unnest(require_acts.acts) AS named (act);
END;
REVOKE ALL ON FUNCTION steering.require_acts(text[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_acts(text[]) IS 'the acts in order, each once. Errors: 22004 null, 22023 none, an unknown one, or one that is asked about as another';

CREATE FUNCTION steering.require_days(days daterange) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(require_days.days IS NOT NULL, '22004', 'during must not be null'),
	steering.require_that(NOT isempty(require_days.days), '22023', 'during must not be empty');
END;
REVOKE ALL ON FUNCTION steering.require_days(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_days(daterange) IS 'Errors: 22004 null, 22023 empty';

CREATE FUNCTION steering.require_role(name text, what text) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(require_role.name IS NOT NULL, '22004', format('%s must not be null', require_role.what)),
	steering.require_that(steering.is_role(require_role.name), '42704', format('role "%s" does not exist', require_role.name));
END;
REVOKE ALL ON FUNCTION steering.require_role(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_role(text, text) IS 'Errors: 22004 null, 42704 no such role';

CREATE FUNCTION steering.require_scope(service text, participant text) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT CASE WHEN require_scope.service IS NOT NULL THEN steering.service_number(require_scope.service) END,
	CASE WHEN require_scope.participant IS NOT NULL THEN steering.participant_number(require_scope.participant) END;
END;
REVOKE ALL ON FUNCTION steering.require_scope(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_scope(text, text) IS 'Error: 22023 unknown code';

CREATE FUNCTION steering.check_consistent() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_check_consistent'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.check_consistent() FROM PUBLIC;
COMMENT ON FUNCTION steering.check_consistent() IS 'at the end of a transaction: refuses what the view that the trigger names finds (23514)';
-- act_part.sql
-- Acts that change several caps are asked about as a whole, and not cap by cap.

CREATE FUNCTION steering.is_part_of_act() RETURNS boolean
AS 'MODULE_PATHNAME', 'steering_is_part_of_act'
LANGUAGE C STABLE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.is_part_of_act() FROM PUBLIC;
COMMENT ON FUNCTION steering.is_part_of_act() IS 'the cap that is being written is a part of an amendment, a transfer or what is carried forward, which is asked about as a whole';
-- body.sql
-- Bodies that decide by votes: boards, councils, circles. A body is made with its members in one transaction: how the votes
-- are divided is judged at its end.

CREATE TABLE steering.body (
	code text NOT NULL CONSTRAINT body_pkey PRIMARY KEY CONSTRAINT body_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	participant text,
	quorum_percent numeric NOT NULL CONSTRAINT body_quorum_percent_in_range CHECK (quorum_percent >= 0 AND quorum_percent <= 100),
	tie text NOT NULL CONSTRAINT body_tie_known CHECK (tie IN ('reject', 'chair')),
	chair text,
	max_share_percent numeric NOT NULL
		CONSTRAINT body_max_share_percent_in_range CHECK (max_share_percent > 0 AND max_share_percent <= 100),
	vote_days integer NOT NULL DEFAULT 122 CONSTRAINT body_vote_days_in_range CHECK (vote_days BETWEEN 1 AND 10000),
	CONSTRAINT body_tie_has_chair CHECK (tie <> 'chair' OR chair IS NOT NULL)
);
REVOKE ALL ON steering.body FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.body', '');
COMMENT ON TABLE steering.body IS 'bodies that decide by votes, written by set_body() alone';
COMMENT ON COLUMN steering.body.code IS 'what people call the body by; it never changes';
COMMENT ON COLUMN steering.body.name IS 'name for people';
COMMENT ON COLUMN steering.body.participant IS 'code of the participant that it belongs to; null: of none';
COMMENT ON COLUMN steering.body.quorum_percent IS 'part of all votes that must have been given, abstentions among them, for a decision';
COMMENT ON COLUMN steering.body.tie IS 'reject: as many votes for as against reject; chair: they vote again, and if that is a tie too the chair decides';
COMMENT ON COLUMN steering.body.chair IS 'role of who presides; null: nobody';
COMMENT ON COLUMN steering.body.max_share_percent IS 'the most that one participant may have of all votes';
COMMENT ON COLUMN steering.body.vote_days IS 'days that a vote is open; a body that meets three times a year has one within 122';

CREATE TABLE steering.body_member (
	member_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT body_member_pkey PRIMARY KEY,
	body text NOT NULL,
	participant text NOT NULL,
	representative text NOT NULL,
	during daterange NOT NULL CONSTRAINT body_member_during_not_empty CHECK (NOT isempty(during)),
	votes numeric NOT NULL CONSTRAINT body_member_votes_not_negative CHECK (votes >= 0 AND votes < 'Infinity'),
	votes_per text CONSTRAINT body_member_votes_per_known CHECK (votes_per IN ('inhabitants')),
	step integer CONSTRAINT body_member_step_above_zero CHECK (step > 0),
	CONSTRAINT body_member_step_of_votes_per CHECK ((votes_per IS NULL) = (step IS NULL)),
	CONSTRAINT body_member_key UNIQUE (body, participant, during)
);
REVOKE ALL ON steering.body_member FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.body_member', '');
SELECT pg_catalog.pg_extension_config_dump('steering.body_member_member_id_seq', '');
COMMENT ON TABLE steering.body_member IS 'who has votes in a body, written by set_body_member() alone';
COMMENT ON COLUMN steering.body_member.member_id IS 'number of the row';
COMMENT ON COLUMN steering.body_member.body IS 'code of the body';
COMMENT ON COLUMN steering.body_member.participant IS 'code of the participant';
COMMENT ON COLUMN steering.body_member.representative IS 'role that votes for it';
COMMENT ON COLUMN steering.body_member.during IS 'the days';
COMMENT ON COLUMN steering.body_member.votes IS 'number of its votes, or of its votes for each step of inhabitants that was begun';
COMMENT ON COLUMN steering.body_member.votes_per IS 'inhabitants: the votes go by their number; null: they are fixed';
COMMENT ON COLUMN steering.body_member.step IS 'number of inhabitants in a step; null: the votes are fixed';

CREATE FUNCTION steering.body_vote(body text, day date) RETURNS TABLE (participant text, representative text, votes numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT member.participant, member.representative,
	CASE WHEN member.votes_per IS NULL THEN member.votes
		ELSE member.votes * coalesce(div(participant.inhabitants + member.step - 1, member.step), 0) END
FROM steering.body_member AS member
JOIN steering.participant ON participant.code = member.participant
WHERE member.body = body_vote.body AND member.during @> body_vote.day;
END;
REVOKE ALL ON FUNCTION steering.body_vote(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.body_vote(text, date) IS 'the votes in a body on a day; a participant whose inhabitants are unknown has none that go by them';

CREATE VIEW steering.body_conflict AS
WITH point AS (
	SELECT DISTINCT member.body, CASE WHEN lower_inf(member.during) THEN '-infinity'::date ELSE lower(member.during) END AS day
	FROM steering.body_member AS member
	UNION
	SELECT member.body, upper(member.during) FROM steering.body_member AS member WHERE NOT upper_inf(member.during)
	UNION
	SELECT body.code, steering.decision_day() FROM steering.body
), share AS (
	SELECT point.body, point.day, vote.participant, vote.votes, sum(vote.votes) OVER (PARTITION BY point.body, point.day) AS total,
		body.max_share_percent
	FROM point
	JOIN steering.body ON body.code = point.body
	CROSS JOIN LATERAL steering.body_vote(point.body, point.day) AS vote
), twice AS (
	SELECT a.body, a.representative, a.participant, b.participant AS other
	FROM steering.body_member AS a
	JOIN steering.body_member AS b ON b.body = a.body AND b.member_id > a.member_id AND b.during && a.during
	WHERE b.participant = a.participant OR b.representative = a.representative
)
SELECT share.body,
	format('participant "%s" would have too many votes of body "%s"', share.participant, share.body) AS message,
	format('It has %s of %s votes%s; the most is %s percent.', trim_scale(share.votes), trim_scale(share.total),
		CASE WHEN isfinite(share.day) THEN format(' on %s', share.day) END, trim_scale(share.max_share_percent)) AS detail,
	'Make a body with all of its members in one transaction, or set another max_share_percent.' AS hint
FROM share
WHERE 100 * share.votes > share.max_share_percent * share.total
UNION ALL
SELECT twice.body,
	CASE WHEN twice.other = twice.participant THEN format('participant "%s" would be in body "%s" twice', twice.participant, twice.body)
		ELSE format('role "%s" would vote for two participants in body "%s"', twice.representative, twice.body) END,
	CASE WHEN twice.other = twice.participant THEN 'It is a member on some of these days already.'
		ELSE format('They are "%s" and "%s".', twice.participant, twice.other) END,
	'A vote is of one participant and of one person: end the other membership first.'
FROM twice;
REVOKE ALL ON steering.body_conflict FROM PUBLIC;
COMMENT ON VIEW steering.body_conflict IS 'members with too many votes, and members that are two';
COMMENT ON COLUMN steering.body_conflict.body IS 'code of the body';
COMMENT ON COLUMN steering.body_conflict.message IS 'what is wrong';
COMMENT ON COLUMN steering.body_conflict.detail IS 'with whom';
COMMENT ON COLUMN steering.body_conflict.hint IS 'what to do';

CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE ON steering.body DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('body_conflict', 'body', 'code');
CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE ON steering.body_member DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('body_conflict', 'body', 'body');

CREATE FUNCTION steering.set_body(code text, name text, participant text DEFAULT NULL, quorum_percent numeric DEFAULT 50,
	tie text DEFAULT 'reject', chair text DEFAULT NULL, max_share_percent numeric DEFAULT 50) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_body.code IS NOT NULL, 'code'), steering.require_given(set_body.name IS NOT NULL, 'name'),
	steering.require_given(set_body.tie IS NOT NULL, 'tie'),
	steering.require_that(set_body.quorum_percent BETWEEN 0 AND 100, '22023',
		format('quorum_percent of body "%s" must be between 0 and 100: %s', set_body.code, coalesce(set_body.quorum_percent::text, 'null'))),
	steering.require_that(set_body.max_share_percent > 0 AND set_body.max_share_percent <= 100, '22023',
		format('max_share_percent of body "%s" must be above 0 and at most 100: %s', set_body.code,
			coalesce(set_body.max_share_percent::text, 'null'))),
	steering.require_that(set_body.tie IN ('reject', 'chair'), '22023', format('tie must be "reject" or "chair": "%s"', set_body.tie)),
	steering.require_that(set_body.tie <> 'chair' OR set_body.chair IS NOT NULL, '22023',
		format('body "%s" has no chair who could decide a tie', set_body.code)),
	CASE WHEN set_body.chair IS NOT NULL THEN steering.require_role(set_body.chair, 'chair') END,
	steering.require_scope(NULL, set_body.participant);
INSERT INTO steering.body (code, name, participant, quorum_percent, tie, chair, max_share_percent)
VALUES (set_body.code, set_body.name, set_body.participant, set_body.quorum_percent, set_body.tie, set_body.chair,
	set_body.max_share_percent)
ON CONFLICT ON CONSTRAINT body_pkey DO UPDATE
	SET name = excluded.name, participant = excluded.participant, quorum_percent = excluded.quorum_percent, tie = excluded.tie,
		chair = excluded.chair, max_share_percent = excluded.max_share_percent
RETURNING code;
END;
REVOKE ALL ON FUNCTION steering.set_body(text, text, text, numeric, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_body(text, text, text, numeric, text, text, numeric) IS
'makes a body that decides by votes, or changes the one with this code; returns the code. Its members follow in the same transaction (set_body_member()). Errors: 22004 code is null, 22023 a quorum or share over 100 or below 0, unknown tie or participant, a tie that a chair decides who is not there, 42704 the chair is no role; at the end of the transaction 23514 a participant has a larger share of the votes than one may have';

CREATE FUNCTION steering.set_body_member(body text, participant text, representative text, during steering.day_range,
	votes numeric DEFAULT 1, votes_per text DEFAULT NULL, step integer DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_body_member.body IS NOT NULL, 'body'), steering.require_given(set_body_member.participant IS NOT NULL, 'participant'),
	steering.require_that(EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_body_member.body), '22023',
		format('body "%s" is unknown', set_body_member.body), 'Bodies are made by steering.set_body().'),
	steering.participant_number(set_body_member.participant),
	steering.require_role(set_body_member.representative, 'representative'),
	steering.require_days(set_body_member.during::daterange),
	steering.require_that(set_body_member.votes >= 0 AND set_body_member.votes < 'Infinity', '22023',
		format('votes of participant "%s" must be a number of votes: %s', set_body_member.participant,
			coalesce(set_body_member.votes::text, 'null'))),
	steering.require_that(coalesce(set_body_member.votes_per, 'inhabitants') = 'inhabitants', '22023',
		format('votes_per must be "inhabitants": "%s"', set_body_member.votes_per)),
	steering.require_that((set_body_member.votes_per IS NULL) = (set_body_member.step IS NULL)
		AND coalesce(set_body_member.step, 1) > 0, '22023', 'votes_per goes with a step above zero, and a step with votes_per');
INSERT INTO steering.body_member (body, participant, representative, during, votes, votes_per, step)
VALUES (set_body_member.body, set_body_member.participant, set_body_member.representative, set_body_member.during::daterange,
	set_body_member.votes, set_body_member.votes_per, set_body_member.step)
ON CONFLICT ON CONSTRAINT body_member_key DO UPDATE
	SET representative = excluded.representative, votes = excluded.votes, votes_per = excluded.votes_per, step = excluded.step
RETURNING member_id;
END;
REVOKE ALL ON FUNCTION steering.set_body_member(text, text, text, steering.day_range, numeric, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_body_member(text, text, text, steering.day_range, numeric, text, integer) IS
'gives a participant votes in a body on these days, and names the role that votes for it; the membership of the same days is replaced; returns its number. With votes_per ''inhabitants'' it has so many votes for each step of inhabitants that was begun. Errors: 22004 null, 22023 unknown body or participant, empty range, no number of votes, votes_per without a step, 42704 the representative is no role; at the end of the transaction 23514 a participant has too many votes, is a member twice, or a role votes for two';

CREATE FUNCTION steering.set_vote_days(body text, days integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_vote_days.body IS NOT NULL, 'body'), steering.require_given(set_vote_days.days IS NOT NULL, 'days'),
	steering.require_that(set_vote_days.days BETWEEN 1 AND 10000, '22023', format('days must be between 1 and 10000: %s', set_vote_days.days)),
	steering.require_that(EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_vote_days.body), '22023',
		format('body "%s" is unknown', set_vote_days.body), 'Bodies are made by steering.set_body().');
UPDATE steering.body AS standing SET vote_days = set_vote_days.days WHERE standing.code = set_vote_days.body;
END;
REVOKE ALL ON FUNCTION steering.set_vote_days(text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_vote_days(text, integer) IS
'says for how many days a vote of a body is open (122 unless said), after the day on which it was proposed, on which its members had been heard, or on which a tie was found. After that who has not voted is absent, and close_decision() counts. Errors: 22004 null, 22023 unknown body, no number of days';
-- rule.sql
-- Rules: which acts need which method of deciding, in which scope and for which amounts. The rules of one act and scope are a
-- table without gaps and overlaps, which is made in one transaction: it is judged at its end.

CREATE TABLE steering.rule (
	rule_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT rule_pkey PRIMARY KEY,
	acts text[] NOT NULL CONSTRAINT rule_acts_not_empty CHECK (cardinality(acts) > 0),
	method text NOT NULL CONSTRAINT rule_method_known CHECK (method IN ('mandate', 'dual', 'vote', 'host', 'record')),
	service text,
	service_kind text CONSTRAINT rule_service_kind_known CHECK (service_kind IN ('standard', 'development')),
	participant text,
	amounts numrange NOT NULL CONSTRAINT rule_amounts_not_negative
		CHECK (NOT isempty(amounts) AND coalesce(lower(amounts) >= 0 AND lower(amounts) < 'Infinity', false)),
	body text,
	majority text NOT NULL CONSTRAINT rule_majority_known
		CHECK (majority IN ('simple', 'absolute', 'unanimous') OR majority ~ '^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$'),
	views_days integer NOT NULL CONSTRAINT rule_views_days_not_negative CHECK (views_days BETWEEN 0 AND 10000),
	during daterange NOT NULL CONSTRAINT rule_during_not_empty CHECK (NOT isempty(during)),
	window_days integer NOT NULL CONSTRAINT rule_window_days_not_negative CHECK (window_days BETWEEN 0 AND 10000),
	needs text NOT NULL CONSTRAINT rule_needs_known CHECK (needs IN ('view', 'consent')),
	CONSTRAINT rule_scope_key UNIQUE NULLS NOT DISTINCT (acts, service, service_kind, participant, amounts, during)
);
REVOKE ALL ON steering.rule FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.rule', '');
SELECT pg_catalog.pg_extension_config_dump('steering.rule_rule_id_seq', '');
COMMENT ON TABLE steering.rule IS 'which acts need which method of deciding, written by set_rule() and drop_rule() alone';
COMMENT ON COLUMN steering.rule.rule_id IS 'number of the rule';
COMMENT ON COLUMN steering.rule.acts IS 'the acts, in order';
COMMENT ON COLUMN steering.rule.method IS 'mandate: a functionary who holds one; dual: two of them; vote: a body; host: a functionary, after others were heard; record: decided elsewhere';
COMMENT ON COLUMN steering.rule.service IS 'code: it is for this service and all below it; null: for all';
COMMENT ON COLUMN steering.rule.service_kind IS 'standard or development: it is for services of this kind; null: for both';
COMMENT ON COLUMN steering.rule.participant IS 'code: it is for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.rule.amounts IS 'it is for acts of these amounts of money; those without an amount count as 0';
COMMENT ON COLUMN steering.rule.body IS 'code of the body that votes, or whose members are heard; null: none';
COMMENT ON COLUMN steering.rule.majority IS 'of a vote: simple (more for than against), absolute (more than half of all votes), unanimous (all members), or a part of the votes for and against, such as 2/3';
COMMENT ON COLUMN steering.rule.views_days IS 'days that the members of the body have to be heard, before it is decided; 0: they are not';
COMMENT ON COLUMN steering.rule.during IS 'the days on which it is in force';
COMMENT ON COLUMN steering.rule.window_days IS 'what one functionary decides for the same service and participant within so many days, by whatever acts, is one act; 0: each is one';
COMMENT ON COLUMN steering.rule.needs IS 'view: members are heard, and do not bind; consent: each must consent';

CREATE VIEW steering.rule_conflict AS
WITH one AS (
	SELECT rule.rule_id, named.act, rule.service, rule.service_kind, rule.participant, rule.amounts, rule.during
	FROM steering.rule CROSS JOIN LATERAL unnest(rule.acts) AS named (act)
), point AS (
	SELECT one.act, one.service, one.service_kind, one.participant,
		CASE WHEN lower_inf(one.during) THEN '-infinity'::date ELSE lower(one.during) END AS day
	FROM one
	UNION
	SELECT one.act, one.service, one.service_kind, one.participant, upper(one.during) FROM one WHERE NOT upper_inf(one.during)
), gap AS (
	SELECT point.act, point.service, point.service_kind, point.participant, point.day,
		'{[0,)}'::nummultirange - range_agg(one.amounts) AS amounts
	FROM point
	JOIN one ON one.act = point.act AND one.service IS NOT DISTINCT FROM point.service
		AND one.service_kind IS NOT DISTINCT FROM point.service_kind AND one.participant IS NOT DISTINCT FROM point.participant
		AND one.during @> point.day
	GROUP BY point.act, point.service, point.service_kind, point.participant, point.day
), overlap AS (
	SELECT a.act, a.service, a.service_kind, a.participant, a.rule_id AS first_rule, b.rule_id AS second_rule, a.amounts * b.amounts AS amounts
	FROM one AS a
	JOIN one AS b ON b.act = a.act AND b.service IS NOT DISTINCT FROM a.service
		AND b.service_kind IS NOT DISTINCT FROM a.service_kind AND b.participant IS NOT DISTINCT FROM a.participant
		AND b.rule_id > a.rule_id AND b.amounts && a.amounts AND b.during && a.during
), conflict AS (
	SELECT gap.act, gap.service, gap.service_kind, gap.participant, format('leave a gap in the amounts: %s', gap.amounts) AS problem,
		CASE WHEN isfinite(gap.day) THEN format('On %s no rule of them says who decides these.', gap.day)
			ELSE 'No rule of them says who decides these.' END AS detail
	FROM gap WHERE NOT isempty(gap.amounts)
	UNION ALL
	SELECT overlap.act, overlap.service, overlap.service_kind, overlap.participant,
		format('overlap in the amounts: %s', overlap.amounts),
		format('Both rule %s and rule %s are for these.', overlap.first_rule, overlap.second_rule)
	FROM overlap
)
SELECT format('rules for act "%s"%s%s%s %s', conflict.act, ' on service "' || conflict.service || '"',
		' on ' || conflict.service_kind || ' services', ' for participant "' || conflict.participant || '"', conflict.problem) AS message,
	conflict.detail,
	'Make and drop the rules of an act and scope in one transaction, so that they hold every amount from 0 on just once.' AS hint
FROM conflict
ORDER BY 1;
REVOKE ALL ON steering.rule_conflict FROM PUBLIC;
COMMENT ON VIEW steering.rule_conflict IS 'rules of one act and scope that leave a gap in the amounts, or overlap';
COMMENT ON COLUMN steering.rule_conflict.message IS 'what is wrong';
COMMENT ON COLUMN steering.rule_conflict.detail IS 'where';
COMMENT ON COLUMN steering.rule_conflict.hint IS 'what to do';

CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE OR DELETE ON steering.rule DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('rule_conflict');

-- The nearest rules win: by service, its kind, then by participant. They hold every amount from 0 on, but within a
-- transaction that makes them: then no rule is found, and the question is answered with no.
CREATE FUNCTION steering.rule_for(act text, service text, participant text, amount numeric, day date)
RETURNS TABLE (is_ruled boolean, rule_id integer, method text, body text, majority text, views_days integer, window_days integer, needs text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH candidate AS MATERIALIZED (
	SELECT rule.*, rank() OVER (ORDER BY service_above.depth NULLS LAST, rule.service_kind IS NULL,
		participant_above.depth NULLS LAST) AS place
	FROM steering.rule
	LEFT JOIN steering.service_above(rule_for.service) ON service_above.code = rule.service
	LEFT JOIN steering.participant_above(rule_for.participant) ON participant_above.code = rule.participant
	WHERE rule_for.act = ANY (rule.acts) AND rule.during @> rule_for.day
		AND (rule.service IS NULL OR service_above.code IS NOT NULL)
		AND (rule.participant IS NULL OR participant_above.code IS NOT NULL)
		AND (rule.service_kind IS NULL OR rule.service_kind = (SELECT entry.kind FROM steering.service AS entry WHERE entry.code = rule_for.service))
), nearest AS (
	SELECT candidate.*, max(candidate.window_days) OVER () AS longest_window FROM candidate WHERE candidate.place = 1
)
SELECT EXISTS (SELECT FROM nearest), ruling.rule_id, ruling.method, ruling.body, ruling.majority, ruling.views_days,
	(SELECT max(nearest.longest_window) FROM nearest), ruling.needs
FROM (SELECT) AS one
LEFT JOIN nearest AS ruling ON ruling.amounts @> coalesce(rule_for.amount, 0);
END;
REVOKE ALL ON FUNCTION steering.rule_for(text, text, text, numeric, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_for(text, text, text, numeric, date) IS
'the rule that says how an act is decided on a day; is_ruled: there are rules for it at all. window_days is the longest of all rules of its scope';

CREATE FUNCTION steering.rule_amounts(amounts numrange) RETURNS numrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN upper(rule_amounts.amounts) = 'Infinity'
	THEN numrange(lower(rule_amounts.amounts), NULL, CASE WHEN lower_inc(rule_amounts.amounts) THEN '[)' ELSE '()' END)
	ELSE rule_amounts.amounts END;
END;
REVOKE ALL ON FUNCTION steering.rule_amounts(numrange) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_amounts(numrange) IS 'a range of amounts; one to infinity has no end';

CREATE FUNCTION steering.rule_number(acts text[], service text, service_kind text, participant text, amounts numrange, during daterange)
RETURNS integer
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT rule.rule_id
FROM steering.rule
WHERE rule.acts = steering.require_acts(rule_number.acts) AND rule.service IS NOT DISTINCT FROM rule_number.service
	AND rule.service_kind IS NOT DISTINCT FROM rule_number.service_kind AND rule.participant IS NOT DISTINCT FROM rule_number.participant
	AND rule.amounts = steering.rule_amounts(rule_number.amounts) AND rule.during = rule_number.during;
END;
REVOKE ALL ON FUNCTION steering.rule_number(text[], text, text, text, numrange, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_number(text[], text, text, text, numrange, daterange) IS
'number of the rule of these acts, this scope, these amounts and days; null: there is none';

CREATE FUNCTION steering.set_rule(acts text[], method text, service text DEFAULT NULL, service_kind text DEFAULT NULL,
	participant text DEFAULT NULL, amounts numrange DEFAULT '[0,)', body text DEFAULT NULL, majority text DEFAULT 'simple',
	views_days integer DEFAULT 0, during steering.day_range DEFAULT '(,)', window_days integer DEFAULT 0, needs text DEFAULT 'view')
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_acts(set_rule.acts), steering.require_given(set_rule.method IS NOT NULL, 'method'),
	steering.require_given(set_rule.majority IS NOT NULL, 'majority'), steering.require_given(set_rule.needs IS NOT NULL, 'needs'),
	steering.require_that(set_rule.method IN ('mandate', 'dual', 'vote', 'host', 'record'), '22023',
		format('method must be mandate, dual, vote, host or record: "%s"', set_rule.method)),
	steering.require_scope(set_rule.service, set_rule.participant),
	steering.require_that(coalesce(set_rule.service_kind, 'standard') IN ('standard', 'development'), '22023',
		format('service_kind must be standard or development: "%s"', set_rule.service_kind)),
	steering.require_that(set_rule.amounts IS NOT NULL, '22004', 'amounts must not be null'),
	steering.require_that(NOT isempty(set_rule.amounts), '22023', 'amounts must not be empty'),
	steering.require_that(coalesce(lower(set_rule.amounts) >= 0 AND lower(set_rule.amounts) < 'Infinity', false), '22023',
		format('amounts must begin at 0 or above: %s', set_rule.amounts)),
	steering.require_days(set_rule.during::daterange),
	steering.require_that(set_rule.views_days BETWEEN 0 AND 10000, '22023',
		format('views_days must be a number of days: %s', coalesce(set_rule.views_days::text, 'null'))),
	steering.require_that(set_rule.window_days BETWEEN 0 AND 10000, '22023',
		format('window_days must be a number of days: %s', coalesce(set_rule.window_days::text, 'null'))),
	steering.require_that(set_rule.needs IN ('view', 'consent'), '22023', format('needs must be view or consent: "%s"', set_rule.needs)),
	steering.require_that(set_rule.majority IN ('simple', 'absolute', 'unanimous')
		OR CASE WHEN set_rule.majority ~ '^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$'
			THEN split_part(set_rule.majority, '/', 1)::integer <= split_part(set_rule.majority, '/', 2)::integer ELSE false END, '22023',
		format('majority must be simple, absolute, unanimous or a fraction such as 2/3: "%s"', set_rule.majority)),
	steering.require_that(set_rule.method = 'vote' OR set_rule.majority = 'simple', '22023',
		format('method "%s" has no majority', set_rule.method), 'Only votes have one.'),
	steering.require_that(set_rule.method <> 'vote' OR set_rule.body IS NOT NULL, '22023', 'a vote needs a body',
		'Bodies are made by steering.set_body().'),
	steering.require_that(set_rule.body IS NOT NULL OR set_rule.views_days = 0 AND set_rule.needs = 'view', '22023',
		'who is to be heard is not said', 'Name a body: its members are heard.'),
	steering.require_that(set_rule.body IS NULL OR EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_rule.body), '22023',
		format('body "%s" is unknown', set_rule.body), 'Bodies are made by steering.set_body().'),
	steering.require_that(set_rule.body IS NULL
			OR EXISTS (SELECT FROM steering.body_member AS member WHERE member.body = set_rule.body AND member.during && set_rule.during::daterange),
		'22023', format('body "%s" has no members on these days', set_rule.body), 'They are named by steering.set_body_member().');
UPDATE steering.rule AS standing
SET method = set_rule.method, body = set_rule.body, majority = set_rule.majority, views_days = set_rule.views_days,
	window_days = set_rule.window_days, needs = set_rule.needs
WHERE standing.rule_id = (SELECT steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant,
	set_rule.amounts, set_rule.during::daterange));
INSERT INTO steering.rule (acts, method, service, service_kind, participant, amounts, body, majority, views_days, during, window_days, needs)
SELECT steering.require_acts(set_rule.acts), set_rule.method, set_rule.service, set_rule.service_kind, set_rule.participant,
	steering.rule_amounts(set_rule.amounts), set_rule.body, set_rule.majority, set_rule.views_days, set_rule.during::daterange,
	set_rule.window_days, set_rule.needs
WHERE steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant, set_rule.amounts,
	set_rule.during::daterange) IS NULL;
SELECT steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant, set_rule.amounts,
	set_rule.during::daterange);
END;
REVOKE ALL ON FUNCTION steering.set_rule(text[], text, text, text, text, numrange, text, text, integer, steering.day_range, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_rule(text[], text, text, text, text, numrange, text, text, integer, steering.day_range, integer, text) IS
'says by which method acts are decided, in a scope and for amounts; the rule of the same acts, scope, amounts and days is replaced; returns its number. The nearest rules win: of the nearest service, then of its kind, then of the nearest participant. views_days: the members of the body are heard first, and have so many days; needs ''consent'': each must consent. window_days: what one functionary decides for the same service and participant within so many days, by whatever acts, is one act. Errors: 22004 null, 22023 unknown act, method, service, participant, body or majority, amounts that are empty or below 0, a body without members; at the end of the transaction 23514 the rules of an act and scope leave a gap in the amounts, or overlap (the message says where)';

CREATE FUNCTION steering.drop_rule(rule integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
WITH gone AS (
	DELETE FROM steering.rule AS standing WHERE standing.rule_id = drop_rule.rule RETURNING standing.rule_id
)
SELECT steering.require_found(count(*), concat('rule ', coalesce(drop_rule.rule::text, 'null'))) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_rule(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_rule(integer) IS
'ends a rule. Errors: 42704 there is no such rule; at the end of the transaction 23514 the others of its act and scope leave a gap in the amounts';
-- mandate.sql
-- Mandates: the right of a functionary to take acts, in a scope, up to an amount, on some days; and deputies. Roles stand in
-- it by name, and are looked up when they are used: what names no role gives nobody a right.

CREATE TABLE steering.mandate (
	mandate_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT mandate_pkey PRIMARY KEY,
	functionary text NOT NULL,
	acts text[] NOT NULL CONSTRAINT mandate_acts_not_empty CHECK (cardinality(acts) > 0),
	service text,
	participant text,
	during daterange NOT NULL CONSTRAINT mandate_during_not_empty CHECK (NOT isempty(during)),
	amount_limit numeric NOT NULL CONSTRAINT mandate_amount_limit_not_negative CHECK (amount_limit >= 0 AND amount_limit <> 'NaN'),
	year_limit numeric NOT NULL CONSTRAINT mandate_year_limit_not_negative CHECK (year_limit >= 0 AND year_limit <> 'NaN'),
	may_submandate boolean NOT NULL,
	parent integer CONSTRAINT mandate_parent_is_earlier CHECK (parent < mandate_id),
	employer text,
	document text,
	given_by text NOT NULL DEFAULT session_user,
	given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	consented_by text,
	consented_at timestamptz,
	employer_consented_by text,
	employer_consented_at timestamptz,
	revoked_on date,
	revoked_by text,
	revoke_reason text,
	CONSTRAINT mandate_revocation CHECK (num_nulls(revoked_on, revoked_by, revoke_reason) IN (0, 3)),
	CONSTRAINT mandate_consent CHECK (num_nulls(consented_by, consented_at) IN (0, 2)
		AND num_nulls(employer_consented_by, employer_consented_at) IN (0, 2))
);
REVOKE ALL ON steering.mandate FROM PUBLIC;
CREATE INDEX mandate_parent_idx ON steering.mandate (parent);
SELECT pg_catalog.pg_extension_config_dump('steering.mandate', '');
SELECT pg_catalog.pg_extension_config_dump('steering.mandate_mandate_id_seq', '');
COMMENT ON TABLE steering.mandate IS 'who may take which acts, written by set_mandate(), consent_mandate() and revoke_mandate() alone';
COMMENT ON COLUMN steering.mandate.mandate_id IS 'number of the mandate';
COMMENT ON COLUMN steering.mandate.functionary IS 'name of the role that holds it';
COMMENT ON COLUMN steering.mandate.acts IS 'the acts, in order';
COMMENT ON COLUMN steering.mandate.service IS 'code: it is for this service and all below it; null: for all';
COMMENT ON COLUMN steering.mandate.participant IS 'code: it is for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.mandate.during IS 'its days';
COMMENT ON COLUMN steering.mandate.amount_limit IS 'the most that one act may come to; Infinity: any amount';
COMMENT ON COLUMN steering.mandate.year_limit IS 'the most that all acts of a calendar year may come to; Infinity: any amount';
COMMENT ON COLUMN steering.mandate.may_submandate IS 'others may be given a part of it';
COMMENT ON COLUMN steering.mandate.parent IS 'number of the mandate that it is a part of; null: of none';
COMMENT ON COLUMN steering.mandate.employer IS 'code of the participant that the functionary works under, where that is another than who gives the mandate: both must consent; null: nobody need';
COMMENT ON COLUMN steering.mandate.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.mandate.given_by IS 'who had logged in and gave it';
COMMENT ON COLUMN steering.mandate.given_at IS 'when';
COMMENT ON COLUMN steering.mandate.consented_by IS 'who had logged in and consented: the functionary; null: nobody yet';
COMMENT ON COLUMN steering.mandate.consented_at IS 'when; null: not yet';
COMMENT ON COLUMN steering.mandate.employer_consented_by IS 'who had logged in and consented for the employer; null: nobody yet';
COMMENT ON COLUMN steering.mandate.employer_consented_at IS 'when; null: not yet';
COMMENT ON COLUMN steering.mandate.revoked_on IS 'the first day on which it is not in force any more; null: it was not revoked';
COMMENT ON COLUMN steering.mandate.revoked_by IS 'who had logged in and revoked it; null: it was not revoked';
COMMENT ON COLUMN steering.mandate.revoke_reason IS 'why; null: it was not revoked';

CREATE TABLE steering.deputy (
	functionary text NOT NULL,
	deputy text NOT NULL,
	during daterange NOT NULL CONSTRAINT deputy_during_not_empty CHECK (NOT isempty(during)),
	CONSTRAINT deputy_pkey PRIMARY KEY (functionary, deputy),
	CONSTRAINT deputy_is_another CHECK (functionary <> deputy)
);
REVOKE ALL ON steering.deputy FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.deputy', '');
COMMENT ON TABLE steering.deputy IS 'who signs for whom, written by set_deputy() alone';
COMMENT ON COLUMN steering.deputy.functionary IS 'name of the role that is absent';
COMMENT ON COLUMN steering.deputy.deputy IS 'name of the role that signs for it';
COMMENT ON COLUMN steering.deputy.during IS 'the days';

CREATE FUNCTION steering.signatory(person text, day date) RETURNS TABLE (principal text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
SELECT signatory.person WHERE steering.is_role(signatory.person)
UNION ALL
SELECT deputy.functionary FROM steering.deputy
WHERE deputy.deputy = signatory.person AND deputy.during @> signatory.day AND steering.is_role(signatory.person)
	AND steering.is_role(deputy.functionary);
END;
REVOKE ALL ON FUNCTION steering.signatory(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.signatory(text, date) IS 'whose signature a person may give: his own, and on these days that of those whose deputy he is';

-- Each mandate with those that it is a part of.
CREATE VIEW steering.mandate_link AS
WITH RECURSIVE link (mandate_id, link_id, parent, depth) AS (
	SELECT mandate.mandate_id, mandate.mandate_id, mandate.parent, 0 FROM steering.mandate
	UNION ALL
	SELECT link.mandate_id, mandate.mandate_id, mandate.parent, link.depth + 1
	FROM link JOIN steering.mandate ON mandate.mandate_id = link.parent AND link.parent < link.link_id
)
SELECT link.mandate_id, link.depth, link.parent IS NULL AS is_last, mandate.mandate_id AS link_id, mandate.functionary, mandate.acts,
	mandate.service, mandate.participant, mandate.amount_limit, mandate.year_limit, mandate.during, mandate.revoked_on,
	(mandate.employer IS NULL OR mandate.consented_by IS NOT NULL AND mandate.employer_consented_by IS NOT NULL)
		AND (link.depth = 0 OR mandate.may_submandate) AND steering.is_role(mandate.functionary) AS is_good
FROM link JOIN steering.mandate ON mandate.mandate_id = link.link_id;
REVOKE ALL ON steering.mandate_link FROM PUBLIC;
COMMENT ON VIEW steering.mandate_link IS 'each mandate, and those that it is a part of';
COMMENT ON COLUMN steering.mandate_link.mandate_id IS 'number of the mandate';
COMMENT ON COLUMN steering.mandate_link.depth IS 'how many mandates away: 0 is itself';
COMMENT ON COLUMN steering.mandate_link.is_last IS 'it is a part of no other';
COMMENT ON COLUMN steering.mandate_link.link_id IS 'number of the one that it is a part of, or itself';
COMMENT ON COLUMN steering.mandate_link.functionary IS 'name of the role that holds that';
COMMENT ON COLUMN steering.mandate_link.acts IS 'acts of that';
COMMENT ON COLUMN steering.mandate_link.service IS 'code: service of that; null: all';
COMMENT ON COLUMN steering.mandate_link.participant IS 'code: participant of that; null: all';
COMMENT ON COLUMN steering.mandate_link.amount_limit IS 'limit of that for an act';
COMMENT ON COLUMN steering.mandate_link.year_limit IS 'limit of that for a year';
COMMENT ON COLUMN steering.mandate_link.during IS 'days of that';
COMMENT ON COLUMN steering.mandate_link.revoked_on IS 'first day on which that is revoked';
COMMENT ON COLUMN steering.mandate_link.is_good IS 'that was consented to where it has to be, may be given on where it is, and its role exists';

CREATE FUNCTION steering.mandate_on(day date)
RETURNS TABLE (mandate_id integer, holder text, acts text[], service text, participant text, amount_limit numeric, year_limit numeric, path text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT mandate.mandate_id, mandate.functionary, mandate.acts, mandate.service, mandate.participant, link.amount_limit, link.year_limit, link.path
FROM (
	SELECT mandate_link.mandate_id, min(mandate_link.amount_limit) AS amount_limit, min(mandate_link.year_limit) AS year_limit,
		string_agg(mandate_link.functionary, ' > ' ORDER BY mandate_link.depth DESC) AS path
	FROM steering.mandate_link
	GROUP BY mandate_link.mandate_id
	HAVING bool_and(mandate_link.is_good AND mandate_link.during @> mandate_on.day
			AND (mandate_link.revoked_on IS NULL OR mandate_link.revoked_on > mandate_on.day))
		AND bool_or(mandate_link.is_last)
) AS link
JOIN steering.mandate ON mandate.mandate_id = link.mandate_id;
END;
REVOKE ALL ON FUNCTION steering.mandate_on(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.mandate_on(date) IS 'the mandates in force on a day, with the least limits along the chain of mandates that each is a part of';

CREATE FUNCTION steering.mandate_for(act text, service text, participant text, day date)
RETURNS TABLE (mandate_id integer, holder text, acts text[], service_scope text, participant_scope text, amount_limit numeric,
	year_limit numeric, path text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT standing.mandate_id, standing.holder, standing.acts, standing.service, standing.participant, standing.amount_limit,
	standing.year_limit, standing.path
FROM steering.mandate_on(mandate_for.day) AS standing
WHERE mandate_for.act = ANY (standing.acts) AND NOT EXISTS (
	SELECT FROM steering.mandate_link AS link
	WHERE link.mandate_id = standing.mandate_id AND NOT (mandate_for.act = ANY (link.acts)
		AND (link.service IS NULL OR EXISTS (SELECT FROM steering.service_above(mandate_for.service) AS above WHERE above.code = link.service))
		AND (link.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(mandate_for.participant) AS above WHERE above.code = link.participant))));
END;
REVOKE ALL ON FUNCTION steering.mandate_for(text, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.mandate_for(text, text, text, date) IS 'the mandates that hold an act in a scope on a day, each link of their chains';

-- Who holds the mandate that another is to be a part of; or an administrator; or a proposal that was decided.
CREATE FUNCTION steering.set_mandate(functionary text, acts text[], service text, participant text, during steering.day_range,
	amount_limit numeric, year_limit numeric DEFAULT 'infinity', may_submandate boolean DEFAULT false, parent integer DEFAULT NULL,
	document text DEFAULT NULL, employer text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_role(set_mandate.functionary, 'functionary'),
	steering.require_acts(set_mandate.acts),
	steering.require_scope(set_mandate.service, set_mandate.participant),
	steering.require_scope(NULL, set_mandate.employer),
	steering.require_days(set_mandate.during::daterange),
	steering.require_that(set_mandate.amount_limit IS NOT NULL AND set_mandate.year_limit IS NOT NULL, '22004',
		format('%s must not be null', CASE WHEN set_mandate.amount_limit IS NULL THEN 'amount_limit' ELSE 'year_limit' END),
		'Without a limit it is ''infinity''.'),
	steering.require_that(set_mandate.amount_limit >= 0 AND set_mandate.amount_limit <> 'NaN', '22023',
		format('amount_limit must not be negative: %s', set_mandate.amount_limit)),
	steering.require_that(set_mandate.year_limit >= 0 AND set_mandate.year_limit <> 'NaN', '22023',
		format('year_limit must not be negative: %s', set_mandate.year_limit)),
	steering.require_that(set_mandate.may_submandate IS NOT NULL, '22004', 'may_submandate must not be null');
SELECT steering.require_that(false, '23S75',
	format('act "%s" needs the majority "%s", and cannot be mandated', ruled.act, ruled.majority),
	'Only the body itself can decide it: leave it out, or let the limit end below.')
FROM (
	SELECT named.act, rule.majority
	FROM steering.rule
	JOIN unnest(set_mandate.acts) AS named (act) ON named.act = ANY (rule.acts)
	WHERE rule.method = 'vote' AND rule.majority NOT IN ('simple', 'absolute') AND rule.during && set_mandate.during::daterange
		AND rule.amounts && numrange(0, CASE WHEN set_mandate.amount_limit < 'Infinity' THEN set_mandate.amount_limit END, '[]')
		AND (rule.service_kind IS NULL
			OR rule.service_kind = (SELECT entry.kind FROM steering.service AS entry WHERE entry.code = set_mandate.service))
		AND (rule.service IS NULL OR EXISTS (SELECT FROM steering.service_above(set_mandate.service) AS above WHERE above.code = rule.service))
		AND (rule.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(set_mandate.participant) AS above WHERE above.code = rule.participant))
	ORDER BY named.act LIMIT 1
) AS ruled;
SELECT steering.require_that(set_mandate.parent IS NULL
		OR EXISTS (SELECT FROM steering.mandate AS above WHERE above.mandate_id = set_mandate.parent), '42704',
		format('mandate %s does not exist', set_mandate.parent)),
	steering.require_that(set_mandate.parent IS NOT NULL OR steering.may_administer('set_mandate'), '23S75',
		format('role "%s" may give no mandate that is not a part of its own', session_user),
		'Name the mandate that it is a part of (parent), or propose it. Who may grant EXECUTE on steering.set_mandate() gives the first ones.');
SELECT steering.require_that(above.functionary = session_user OR steering.may_administer('set_mandate'), '23S75',
		format('mandate %s is not held by role "%s"', above.mandate_id, session_user), 'Who holds a mandate gives a part of it to others.'),
	steering.require_that(above.may_submandate, '23S75', format('mandate %s may not be given on', above.mandate_id),
		'It was given without may_submandate.'),
	steering.require_that(above.revoked_on IS NULL, '23S75', format('mandate %s was revoked', above.mandate_id)),
	steering.require_that((SELECT count(*) FROM steering.mandate_link AS link WHERE link.mandate_id = above.mandate_id) < 10, '22023',
		format('mandate %s is the tenth of a chain', above.mandate_id), 'A chain has at most ten mandates: each act looks along all of it.'),
	steering.require_that(above.during && set_mandate.during::daterange, '22023',
		format('mandate %s is not in force on these days', above.mandate_id)),
	steering.require_that(above.acts @> set_mandate.acts, '22023', format('mandate %s does not hold all of these acts', above.mandate_id),
		format('It holds: %s.', array_to_string(above.acts, ', '))),
	steering.require_that(above.service IS NULL
			OR EXISTS (SELECT FROM steering.service_above(set_mandate.service) AS up WHERE up.code = above.service), '22023',
		format('mandate %s is for service "%s" and what is below it', above.mandate_id, above.service)),
	steering.require_that(above.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(set_mandate.participant) AS up WHERE up.code = above.participant), '22023',
		format('mandate %s is for participant "%s" and what is below it', above.mandate_id, above.participant))
FROM steering.mandate AS above
WHERE above.mandate_id = set_mandate.parent;
INSERT INTO steering.mandate (functionary, acts, service, participant, during, amount_limit, year_limit, may_submandate, parent, employer, document)
VALUES (set_mandate.functionary, steering.require_acts(set_mandate.acts), set_mandate.service, set_mandate.participant,
	set_mandate.during::daterange, set_mandate.amount_limit, set_mandate.year_limit, set_mandate.may_submandate, set_mandate.parent,
	set_mandate.employer, set_mandate.document)
RETURNING mandate_id;
END;
REVOKE ALL ON FUNCTION steering.set_mandate(text, text[], text, text, steering.day_range, numeric, numeric, boolean, integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_mandate(text, text[], text, text, steering.day_range, numeric, numeric, boolean, integer, text, text) IS
'gives a functionary the right to take acts, for a service and a participant and all below them (null: all), on these days, up to amount_limit for each and year_limit for those of a calendar year; returns its number. parent: it is a part of that mandate, whose holder gives it; of the limits along the chain the least holds. employer: the functionary works under that participant, and both must consent (consent_mandate()) before it is in force. Errors: 22004 null, 22023 unknown act or code, empty range, a negative limit, more than the parent holds, a chain of more than ten mandates, 42704 no such role or parent, 23S75 the parent is not held by who calls, or may not be given on; an act that needs a qualified majority; without a parent by who may not grant EXECUTE on this function';

CREATE FUNCTION steering.speaks_for(person text, participant text, day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM steering.body_member AS member
		WHERE member.participant = speaks_for.participant AND member.representative = speaks_for.person AND member.during @> speaks_for.day)
	OR EXISTS (SELECT FROM steering.mandate_for('consent_mandate', NULL, speaks_for.participant, speaks_for.day) AS held
		WHERE held.holder = speaks_for.person);
END;
REVOKE ALL ON FUNCTION steering.speaks_for(text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.speaks_for(text, text, date) IS 'a person votes for a participant in a body, or holds a mandate to consent for it';

CREATE FUNCTION steering.consent_mandate(mandate integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_found(count(*), concat('mandate ', coalesce(consent_mandate.mandate::text, 'null')))
FROM steering.mandate AS standing WHERE standing.mandate_id = consent_mandate.mandate;
SELECT steering.require_that(standing.employer IS NOT NULL, '55000', format('mandate %s needs no consent', standing.mandate_id)),
	steering.require_that(standing.functionary = session_user OR speaks.for_employer, '23S75',
		format('role "%s" may not consent to mandate %s', session_user, standing.mandate_id),
		format('The functionary consents, and for "%s" who votes for it in a body, or has a mandate for consent_mandate.', standing.employer))
FROM steering.mandate AS standing
CROSS JOIN LATERAL (SELECT steering.speaks_for(session_user, standing.employer, steering.decision_day()) AS for_employer) AS speaks
WHERE standing.mandate_id = consent_mandate.mandate;
UPDATE steering.mandate AS standing
SET consented_by = CASE WHEN standing.functionary = session_user THEN session_user ELSE standing.consented_by END,
	consented_at = CASE WHEN standing.functionary = session_user THEN clock_timestamp() ELSE standing.consented_at END,
	employer_consented_by = CASE WHEN standing.functionary <> session_user THEN session_user ELSE standing.employer_consented_by END,
	employer_consented_at = CASE WHEN standing.functionary <> session_user THEN clock_timestamp() ELSE standing.employer_consented_at END
WHERE standing.mandate_id = consent_mandate.mandate;
END;
REVOKE ALL ON FUNCTION steering.consent_mandate(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.consent_mandate(integer) IS
'consents to a mandate from another organisation: the functionary does, and somebody for the participant that he works under. It is in force when both have. Errors: 42704 no such mandate, 55000 it needs no consent, 23S75 whose consent is not needed';

CREATE FUNCTION steering.revoke_mandate(mandate integer, reason text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_found(count(*), concat('mandate ', coalesce(revoke_mandate.mandate::text, 'null')))
FROM steering.mandate AS standing WHERE standing.mandate_id = revoke_mandate.mandate;
SELECT steering.require_that(revoke_mandate.reason IS NOT NULL, '22004', 'reason must not be null'),
	steering.require_that(btrim(revoke_mandate.reason) <> '', '22023', 'reason must not be empty'),
	steering.require_that(standing.revoked_on IS NULL, '55000', format('mandate %s was revoked already', standing.mandate_id)),
	steering.require_that(session_user IN (standing.given_by, standing.functionary) OR steering.may_administer('revoke_mandate')
		OR EXISTS (SELECT FROM steering.mandate_link AS link
			WHERE link.mandate_id = standing.mandate_id AND link.depth > 0 AND link.functionary = session_user), '23S75',
		format('role "%s" may not revoke mandate %s', session_user, standing.mandate_id),
		'Who gave it does, who holds what it is a part of, and who gives it back.')
FROM steering.mandate AS standing
WHERE standing.mandate_id = revoke_mandate.mandate;
UPDATE steering.mandate AS standing
SET revoked_on = steering.decision_day(), revoked_by = session_user, revoke_reason = revoke_mandate.reason
WHERE standing.mandate_id = revoke_mandate.mandate;
END;
REVOKE ALL ON FUNCTION steering.revoke_mandate(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.revoke_mandate(integer, text) IS
'ends a mandate, from today on, and all that are a part of it. What was proposed and not decided yet cannot be signed by it any more. Errors: 42704 no such mandate, 22004 and 22023 no reason, 55000 it was revoked already, 23S75 by who did not give it';

CREATE FUNCTION steering.set_deputy(functionary text, deputy text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_role(set_deputy.functionary, 'functionary'),
	steering.require_role(set_deputy.deputy, 'deputy'),
	steering.require_days(set_deputy.during::daterange),
	steering.require_that(set_deputy.functionary <> set_deputy.deputy, '22023',
		format('role "%s" cannot be its own deputy', set_deputy.functionary)),
	steering.require_that(set_deputy.functionary = session_user OR steering.may_administer('set_deputy'), '23S75',
		format('role "%s" may not name a deputy of "%s"', session_user, set_deputy.functionary),
		'A functionary names his own. Who may grant EXECUTE on steering.set_deputy() names those of others.');
INSERT INTO steering.deputy AS standing (functionary, deputy, during)
VALUES (set_deputy.functionary, set_deputy.deputy, set_deputy.during::daterange)
ON CONFLICT ON CONSTRAINT deputy_pkey DO UPDATE SET during = excluded.during;
END;
REVOKE ALL ON FUNCTION steering.set_deputy(text, text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_deputy(text, text, steering.day_range) IS
'names who signs for a functionary on these days; those of the same two are replaced. A signature of a deputy is that of his principal. Errors: 22004 null, 22023 empty range, the same role, 42704 no such role, 23S75 for somebody else by who may not grant EXECUTE on this function';
-- decision.sql
-- Decisions: acts that were proposed or done, with what they ask, who signed them, and what came of it. Whether somebody may
-- do an act, and what a proposal comes to, is answered by the functions here and by them alone.
--
-- Who acts is who has logged in (session_user): neither SET ROLE nor a function with the rights of somebody else changes that.

CREATE TABLE steering.decision_record (
	decision_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT decision_record_pkey PRIMARY KEY,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	arguments jsonb NOT NULL,
	reason text,
	document text,
	method text,
	rule_id integer,
	body text,
	round integer NOT NULL DEFAULT 1,
	hear_through date,
	state text NOT NULL CONSTRAINT decision_record_state_known CHECK (state IN ('open', 'executed', 'rejected', 'withdrawn')),
	proposed_by text NOT NULL DEFAULT session_user,
	proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	decided_at timestamptz,
	executed_at timestamptz,
	executed_on date,
	executed_by text,
	in_mandate boolean,
	outcome text,
	vote_from date,
	proposed_table steering.table_number,
	CONSTRAINT decision_record_decided CHECK ((state = 'open') = (decided_at IS NULL)),
	CONSTRAINT decision_record_executed CHECK (num_nulls(executed_at, executed_on, executed_by) = CASE state WHEN 'executed' THEN 0 ELSE 3 END)
);
REVOKE ALL ON steering.decision_record FROM PUBLIC;
CREATE INDEX decision_record_open_idx ON steering.decision_record (decision_id) WHERE state = 'open';
CREATE INDEX decision_record_executed_on_idx ON steering.decision_record (executed_on);
SELECT pg_catalog.pg_extension_config_dump('steering.decision_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.decision_record_decision_id_seq', '');
COMMENT ON TABLE steering.decision_record IS 'acts that were proposed or done; read as steering.decision';
COMMENT ON COLUMN steering.decision_record.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_record.act IS 'the act';
COMMENT ON COLUMN steering.decision_record.service IS 'code; null: it is of none, or of several';
COMMENT ON COLUMN steering.decision_record.participant IS 'code; null: it is of none, or of several';
COMMENT ON COLUMN steering.decision_record.amount IS 'money; of several the largest; null: it has none';
COMMENT ON COLUMN steering.decision_record.arguments IS 'arguments of the function by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision_record.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision_record.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision_record.method IS 'method of its rule; null: no rule was for it';
COMMENT ON COLUMN steering.decision_record.rule_id IS 'number of the rule, which may be gone; null: no rule was for it';
COMMENT ON COLUMN steering.decision_record.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.decision_record.round IS '1, or 2: a vote that was a tie is held again';
COMMENT ON COLUMN steering.decision_record.hear_through IS 'last day for those who are to be heard; null: nobody is';
COMMENT ON COLUMN steering.decision_record.state IS 'open, executed, rejected or withdrawn';
COMMENT ON COLUMN steering.decision_record.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision_record.proposed_at IS 'when';
COMMENT ON COLUMN steering.decision_record.decided_at IS 'when it was decided; null: it is open';
COMMENT ON COLUMN steering.decision_record.executed_at IS 'when it took effect; null: it did not';
COMMENT ON COLUMN steering.decision_record.executed_on IS 'the day of that; null: it did not';
COMMENT ON COLUMN steering.decision_record.executed_by IS 'who had logged in and gave the last signature; null: it did not';
COMMENT ON COLUMN steering.decision_record.in_mandate IS 'it was decided as its rule says; false: a superuser, or the owner of the extension, did it without; null: no rule was for it, or it is not executed';
COMMENT ON COLUMN steering.decision_record.outcome IS 'what the function returned, or why it was rejected or withdrawn';
COMMENT ON COLUMN steering.decision_record.vote_from IS 'the day on which the second round of a vote began; null: there is none';
COMMENT ON COLUMN steering.decision_record.proposed_table IS 'the table that an argument named when it was proposed: the act is done to no other; null: no argument named one';

CREATE TABLE steering.decision_question (
	decision_id integer NOT NULL,
	position integer NOT NULL,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	CONSTRAINT decision_question_pkey PRIMARY KEY (decision_id, position)
);
REVOKE ALL ON steering.decision_question FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.decision_question', '');
COMMENT ON TABLE steering.decision_question IS 'what a decision asks, piece by piece: once executed what was done, before what it would do when it was proposed';
COMMENT ON COLUMN steering.decision_question.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_question.position IS 'number of the piece';
COMMENT ON COLUMN steering.decision_question.act IS 'the act, as rules name it';
COMMENT ON COLUMN steering.decision_question.service IS 'code; null: of none';
COMMENT ON COLUMN steering.decision_question.participant IS 'code; null: of none';
COMMENT ON COLUMN steering.decision_question.amount IS 'money; null: it has none';

CREATE TABLE steering.signature_record (
	decision_id integer NOT NULL,
	round integer NOT NULL,
	functionary text NOT NULL,
	signed_for text NOT NULL,
	choice text NOT NULL CONSTRAINT signature_record_choice_known
		CHECK (choice IN ('approve', 'reject', 'for', 'against', 'abstain', 'consent', 'view')),
	participant text,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	remark text,
	fingerprint bytea NOT NULL,
	CONSTRAINT signature_record_pkey PRIMARY KEY (decision_id, round, functionary),
	CONSTRAINT signature_record_of_one UNIQUE (decision_id, round, signed_for)
);
REVOKE ALL ON steering.signature_record FROM PUBLIC;
CREATE INDEX signature_record_signed_for_idx ON steering.signature_record (signed_for);
SELECT pg_catalog.pg_extension_config_dump('steering.signature_record', '');
COMMENT ON TABLE steering.signature_record IS 'who signed what; read as steering.signature';
COMMENT ON COLUMN steering.signature_record.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.signature_record.round IS '0: who was heard; 1 and 2: who decided; 3: the chair, of a tie';
COMMENT ON COLUMN steering.signature_record.functionary IS 'who had logged in';
COMMENT ON COLUMN steering.signature_record.signed_for IS 'whose signature it is: the same, or whose deputy that is';
COMMENT ON COLUMN steering.signature_record.choice IS 'approve, reject, for, against, abstain, consent or view';
COMMENT ON COLUMN steering.signature_record.participant IS 'code of the participant that it is a vote or view of; null: of none';
COMMENT ON COLUMN steering.signature_record.at IS 'when';
COMMENT ON COLUMN steering.signature_record.remark IS 'what was said with it; null: nothing';
COMMENT ON COLUMN steering.signature_record.fingerprint IS 'of the act and its arguments: what was signed';

CREATE FUNCTION steering.chain_hash(previous bytea, fields text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT sha256(chain_hash.previous || string_agg(
	int4send(coalesce(octet_length(convert_to(field.value, 'UTF8')), -1)) || coalesce(convert_to(field.value, 'UTF8'), ''), '' ORDER BY field.place))
FROM unnest(chain_hash.fields) WITH ORDINALITY AS field (value, place);
END;
REVOKE ALL ON FUNCTION steering.chain_hash(bytea, text[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.chain_hash(bytea, text[]) IS
'SHA-256 of a hash and of fields, each with its length in bytes (four, the highest first) and then itself as UTF-8; null has the length -1';

CREATE FUNCTION steering.fingerprint(act text, arguments jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.chain_hash('', ARRAY[fingerprint.act, fingerprint.arguments::text]);
END;
REVOKE ALL ON FUNCTION steering.fingerprint(text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.fingerprint(text, jsonb) IS 'hash of an act and its arguments';

CREATE FUNCTION steering.read_questions(questions jsonb) RETURNS steering.act_question[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(ROW(asked.question ->> 'act', asked.question ->> 'service', asked.question ->> 'participant',
		(asked.question ->> 'amount')::numeric, asked.question -> 'arguments')::steering.act_question ORDER BY asked.place), '{}')
FROM jsonb_array_elements(read_questions.questions) WITH ORDINALITY AS asked (question, place);
END;
REVOKE ALL ON FUNCTION steering.read_questions(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.read_questions(jsonb) IS 'questions from their JSON';

CREATE FUNCTION steering.questions_of(decision integer) RETURNS steering.act_question[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(ROW(asked.act, asked.service, asked.participant, asked.amount, NULL)::steering.act_question
	ORDER BY asked.position), '{}')
FROM steering.decision_question AS asked WHERE asked.decision_id = questions_of.decision;
END;
REVOKE ALL ON FUNCTION steering.questions_of(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.questions_of(integer) IS 'what a decision asks';

CREATE FUNCTION steering.rules_of(questions steering.act_question[], day date)
RETURNS TABLE (rule_id integer, method text, body text, majority text, views_days integer, needs text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT DISTINCT ruling.rule_id, ruling.method, ruling.body, ruling.majority, ruling.views_days, ruling.needs
FROM unnest(rules_of.questions) AS asked
CROSS JOIN LATERAL steering.rule_for(asked.act, asked.service, asked.participant, asked.amount, rules_of.day) AS ruling
WHERE ruling.is_ruled;
END;
REVOKE ALL ON FUNCTION steering.rules_of(steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.rules_of(steering.act_question[], date) IS 'the rules that questions fall under; of a decision it must be one';

-- What a functionary decided, by his own signature, his deputy's, or as a deputy himself: whatever act it was, since a large one can be
-- split over acts and capacities too.
CREATE FUNCTION steering.decided_lately(functionary text, service text, participant text, day date, days integer) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(asked.amount), 0)
FROM steering.decision_record AS entry
JOIN steering.decision_question AS asked ON asked.decision_id = entry.decision_id
WHERE entry.executed_on > decided_lately.day - decided_lately.days
	AND asked.service IS NOT DISTINCT FROM decided_lately.service
	AND asked.participant IS NOT DISTINCT FROM decided_lately.participant
	AND EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.choice = 'approve'
			AND decided_lately.functionary IN (signed.signed_for, signed.functionary));
END;
REVOKE ALL ON FUNCTION steering.decided_lately(text, text, text, date, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.decided_lately(text, text, text, date, integer) IS
'what a functionary decided for a service and a participant in so many days up to a day, by all acts together';

CREATE FUNCTION steering.decided_in_year(principal text, acts text[], service text, participant text, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(asked.amount), 0)
FROM steering.decision_record AS entry
JOIN steering.decision_question AS asked ON asked.decision_id = entry.decision_id
WHERE entry.executed_on >= make_date(extract(year FROM decided_in_year.day)::integer, 1, 1)
	AND entry.executed_on < make_date(extract(year FROM decided_in_year.day)::integer + 1, 1, 1)
	AND asked.act = ANY (decided_in_year.acts)
	AND (decided_in_year.service IS NULL OR asked.service = decided_in_year.service
		OR EXISTS (SELECT FROM steering.service_above(asked.service) AS above WHERE above.code = decided_in_year.service))
	AND (decided_in_year.participant IS NULL OR asked.participant = decided_in_year.participant
		OR EXISTS (SELECT FROM steering.participant_above(asked.participant) AS above WHERE above.code = decided_in_year.participant))
	AND EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.signed_for = decided_in_year.principal AND signed.choice = 'approve');
END;
REVOKE ALL ON FUNCTION steering.decided_in_year(text, text[], text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.decided_in_year(text, text[], text, text, date) IS
'what a functionary decided of acts in a scope in the calendar year of a day';

-- Each mandate of a chain counts what he decided of its own acts and scope: two parts of one do not make it twice as much.
CREATE FUNCTION steering.year_room(mandate integer, principal text, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(min(link.year_limit
	- steering.decided_in_year(year_room.principal, link.acts, link.service, link.participant, year_room.day)), 'Infinity')
FROM steering.mandate_link AS link
WHERE link.mandate_id = year_room.mandate AND link.year_limit < 'Infinity';
END;
REVOKE ALL ON FUNCTION steering.year_room(integer, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.year_room(integer, text, date) IS
'what the limits of a year leave to a functionary, of a mandate and of those that it is a part of; below 0: nothing';

-- All questions of a decision count together towards the limit of a year, and where splitting is watched those of the same
-- scope are one act. What was decided lately may put it under another rule: then it cannot be signed by this one.
CREATE FUNCTION steering.capacity(person text, questions steering.act_question[], day date) RETURNS TABLE (principal text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT asked.act, asked.service, asked.participant, asked.amount, ruling.method, ruling.body, ruling.views_days, ruling.needs,
		ruling.window_days, sum(asked.amount) OVER () AS all_amounts,
		sum(asked.amount) OVER (PARTITION BY asked.service, asked.participant) AS amounts_alike
	FROM unnest(capacity.questions) AS asked
	CROSS JOIN LATERAL steering.rule_for(asked.act, asked.service, asked.participant, asked.amount, capacity.day) AS ruling
	WHERE ruling.is_ruled
), held AS MATERIALIZED (
	SELECT asked.*, signatory.principal,
		CASE WHEN asked.window_days > 0 THEN asked.amounts_alike + greatest(
			steering.decided_lately(signatory.principal, asked.service, asked.participant, capacity.day, asked.window_days),
			steering.decided_lately(capacity.person, asked.service, asked.participant, capacity.day, asked.window_days))
			ELSE asked.amount END AS whole_amount
	FROM asked CROSS JOIN steering.signatory(capacity.person, capacity.day) AS signatory
)
SELECT held.principal
FROM held
GROUP BY held.principal
HAVING bool_and(
	EXISTS (
		SELECT FROM steering.mandate_for(held.act, held.service, held.participant, capacity.day) AS mandate
		WHERE mandate.holder = held.principal AND (held.amount IS NULL
			OR held.whole_amount <= mandate.amount_limit
				AND (mandate.year_limit = 'Infinity' OR held.all_amounts <= steering.year_room(mandate.mandate_id, held.principal, capacity.day))))
	AND CASE WHEN held.whole_amount > held.amount
		THEN EXISTS (SELECT FROM steering.rule_for(held.act, held.service, held.participant, held.whole_amount, capacity.day) AS ruling
			WHERE (ruling.method, ruling.body, ruling.views_days, ruling.needs)
				IS NOT DISTINCT FROM (held.method, held.body, held.views_days, held.needs))
		ELSE true END)
ORDER BY held.principal <> capacity.person, held.principal;
END;
REVOKE ALL ON FUNCTION steering.capacity(text, steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.capacity(text, steering.act_question[], date) IS
'whose mandate a person may use for all that is asked: his own first, and that of those whose deputy he is';

CREATE FUNCTION steering.may_read_of(reader name, participant text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT has_table_privilege(may_read_of.reader, 'steering.cap'::regclass, 'SELECT') OR EXISTS (
	SELECT FROM steering.participant_above(may_read_of.participant) AS above
	JOIN steering.participant ON participant.code = above.code
	WHERE pg_has_role(may_read_of.reader, participant.reader::oid, 'USAGE'));
END;
REVOKE ALL ON FUNCTION steering.may_read_of(name, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.may_read_of(name, text) IS 'a role may read the figures of a participant';

CREATE FUNCTION steering.deciding_hint(question steering.act_question, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH ruling AS (
	SELECT * FROM steering.rule_for((deciding_hint.question).act, (deciding_hint.question).service, (deciding_hint.question).participant,
		(deciding_hint.question).amount, deciding_hint.day)
), held AS (
	SELECT mandate.holder, max(CASE WHEN mandate.holder = session_user THEN greatest(0, least(
			mandate.amount_limit - steering.decided_lately(mandate.holder, (deciding_hint.question).service,
				(deciding_hint.question).participant, deciding_hint.day, (SELECT coalesce(ruling.window_days, 0) FROM ruling)),
			steering.year_room(mandate.mandate_id, mandate.holder, deciding_hint.day)))
		ELSE least(mandate.amount_limit, mandate.year_limit) END) AS most
	FROM steering.mandate_for((deciding_hint.question).act, (deciding_hint.question).service, (deciding_hint.question).participant,
		deciding_hint.day) AS mandate
	GROUP BY mandate.holder
)
SELECT concat(
	CASE ruling.method
		WHEN 'mandate' THEN 'It takes a mandate'
		WHEN 'dual' THEN 'It takes the signatures of two who hold a mandate'
		WHEN 'vote' THEN format('Body "%s" decides it by vote', ruling.body)
		WHEN 'host' THEN 'It takes a mandate'
		WHEN 'record' THEN 'It is decided elsewhere, and recorded with its document by who holds a mandate'
		ELSE 'Rules for this amount are missing' END,
	CASE WHEN ruling.method <> 'vote' AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		THEN format(', after the members of body "%s" were heard', ruling.body) END,
	CASE WHEN ruling.method <> 'vote' THEN coalesce((SELECT CASE WHEN (deciding_hint.question).amount IS NULL THEN '. You have one'
			WHEN held.most = 0 THEN '. You have one, of which nothing is left'
			ELSE '. You have one, up to ' || steering.show_limit(held.most) END FROM held WHERE held.holder = session_user),
		'. You have none') END,
	CASE WHEN ruling.method <> 'vote' AND steering.may_read_of(session_user, (deciding_hint.question).participant)
		THEN (SELECT CASE WHEN (deciding_hint.question).amount IS NULL
				THEN format('; %s %s one', string_agg(top.holder, ', ' ORDER BY top.holder), CASE count(*) WHEN 1 THEN 'has' ELSE 'have' END)
				ELSE '; ' || string_agg(format('%s up to %s', top.holder, steering.show_limit(top.most)), ', ' ORDER BY top.most, top.holder) END
			FROM (SELECT held.holder, held.most FROM held
				WHERE held.holder <> session_user AND held.most >= coalesce((deciding_hint.question).amount, 0)
				ORDER BY held.most, held.holder LIMIT 5) AS top HAVING count(*) > 0) END, '.')
FROM ruling;
END;
REVOKE ALL ON FUNCTION steering.deciding_hint(steering.act_question, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.deciding_hint(steering.act_question, date) IS
'how an act can be decided, for who has logged in: up to what he may, and up to what others may if he may know';

-- A body without members has not answered: its views wait for the last day, and its consents do not come.
CREATE FUNCTION steering.is_being_heard(decision integer, day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (
	SELECT FROM steering.decision_record AS entry
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), is_being_heard.day) AS ruling
	LEFT JOIN LATERAL steering.body_vote(ruling.body, is_being_heard.day) AS vote ON true
	WHERE entry.decision_id = is_being_heard.decision AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		AND (ruling.needs = 'consent' OR is_being_heard.day <= coalesce(entry.hear_through, 'infinity'))
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = vote.participant
				AND (ruling.needs = 'view' OR signed.choice IN ('consent', 'abstain'))));
END;
REVOKE ALL ON FUNCTION steering.is_being_heard(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.is_being_heard(integer, date) IS 'somebody who is to be heard has not answered, and has time still, or nobody is there to be heard';

CREATE FUNCTION steering.vote_end(decision integer, round integer, body text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT body.vote_days * CASE vote_end.round WHEN 3 THEN 2 ELSE 1 END
	+ greatest((entry.proposed_at AT TIME ZONE current_setting('log_timezone'))::date, entry.hear_through,
		CASE WHEN vote_end.round > 1 THEN entry.vote_from END,
		(SELECT max((signed.at AT TIME ZONE current_setting('log_timezone'))::date) FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.round = 0))
FROM steering.decision_record AS entry JOIN steering.body ON body.code = vote_end.body
WHERE entry.decision_id = vote_end.decision;
END;
REVOKE ALL ON FUNCTION steering.vote_end(integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_end(integer, integer, text) IS
'the last day of a round of a vote: so many days after it was proposed, its members were heard, and a tie was found; the chair has as many more (round 3)';

-- Each member is counted once: as what he said, or silent.
CREATE FUNCTION steering.vote_tally(decision integer, round integer, body text, day date)
RETURNS TABLE (favour numeric, against numeric, abstained numeric, silent numeric, total numeric, is_over boolean, has_quorum boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH counted AS (
	SELECT coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'for'), 0) AS favour,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'against'), 0) AS against,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'abstain'), 0) AS abstained,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice IS NULL), 0) AS silent,
		coalesce(sum(vote.votes), 0) AS total
	FROM steering.body_vote(vote_tally.body, vote_tally.day) AS vote
	LEFT JOIN steering.signature_record AS signed ON signed.decision_id = vote_tally.decision AND signed.round = vote_tally.round
		AND signed.participant = vote.participant AND signed.signed_for = vote.representative
)
SELECT counted.favour, counted.against, counted.abstained, counted.silent, counted.total,
	vote_tally.day > steering.vote_end(vote_tally.decision, vote_tally.round, vote_tally.body),
	100 * (counted.total - counted.silent) >= body.quorum_percent * counted.total
FROM counted JOIN steering.body ON body.code = vote_tally.body;
END;
REVOKE ALL ON FUNCTION steering.vote_tally(integer, integer, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_tally(integer, integer, text, date) IS
'the votes of a round, whether its last day is over, and whether enough were given, abstentions among them';

-- What is outstanding may go either way, or not come at all; when the round is over it is absent. Fractions are compared by
-- multiplying. A tie of an absolute majority is half of all votes.
CREATE FUNCTION steering.vote_outcome(decision integer, round integer, body text, majority text, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH tally AS MATERIALIZED (
	SELECT counted.*, CASE WHEN counted.is_over THEN 0 ELSE counted.silent END AS outstanding
	FROM steering.vote_tally(vote_outcome.decision, vote_outcome.round, vote_outcome.body, vote_outcome.day) AS counted
), part AS (
	SELECT CASE WHEN vote_outcome.majority LIKE '%/%' THEN split_part(vote_outcome.majority, '/', 1)::numeric END AS numerator,
		CASE WHEN vote_outcome.majority LIKE '%/%' THEN split_part(vote_outcome.majority, '/', 2)::numeric END AS denominator
)
SELECT CASE
	WHEN tally.has_quorum AND tally.favour > 0 AND CASE vote_outcome.majority
		WHEN 'simple' THEN tally.favour > tally.against + tally.outstanding
		WHEN 'absolute' THEN 2 * tally.favour > tally.total
		WHEN 'unanimous' THEN tally.favour = tally.total
		ELSE part.denominator * tally.favour >= part.numerator * (tally.favour + tally.against + tally.outstanding) END
		THEN 'adopted'
	WHEN tally.has_quorum AND body.tie = 'chair' AND tally.outstanding = 0 AND tally.favour = tally.against AND tally.favour > 0
		AND (vote_outcome.majority = 'simple' OR vote_outcome.majority = 'absolute' AND 2 * tally.favour = tally.total)
		THEN CASE WHEN vote_outcome.round = 1 THEN 'tie' ELSE CASE chair.choice WHEN 'for' THEN 'adopted' WHEN 'against' THEN 'rejected'
			ELSE CASE WHEN vote_outcome.day > steering.vote_end(vote_outcome.decision, 3, vote_outcome.body) THEN 'rejected' ELSE 'chair' END END END
	WHEN CASE vote_outcome.majority
		WHEN 'simple' THEN tally.favour + tally.outstanding < tally.against OR tally.outstanding = 0
		WHEN 'absolute' THEN 2 * (tally.favour + tally.outstanding) < tally.total OR tally.outstanding = 0
		WHEN 'unanimous' THEN tally.against + tally.abstained > 0 OR tally.outstanding = 0
		ELSE part.denominator * (tally.favour + tally.outstanding) < part.numerator * (tally.favour + tally.outstanding + tally.against)
			OR tally.outstanding = 0 END
		THEN 'rejected'
	ELSE 'open' END
FROM tally CROSS JOIN part
JOIN steering.body ON body.code = vote_outcome.body
LEFT JOIN LATERAL (SELECT signed.choice FROM steering.signature_record AS signed
	WHERE signed.decision_id = vote_outcome.decision AND signed.signed_for = body.chair AND signed.choice IN ('for', 'against')
		AND signed.round IN (vote_outcome.round, 3)
	ORDER BY signed.round DESC LIMIT 1) AS chair ON true;
END;
REVOKE ALL ON FUNCTION steering.vote_outcome(integer, integer, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_outcome(integer, integer, text, text, date) IS
'what a vote comes to: adopted or rejected, whatever is outstanding; tie, to be voted again; chair, who is to decide; or open';

CREATE FUNCTION steering.decision_outcome(decision integer, questions steering.act_question[], day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH ruling AS MATERIALIZED (
	SELECT * FROM steering.rules_of(decision_outcome.questions, decision_outcome.day)
), approval AS (
	SELECT count(DISTINCT signed.functionary) AS persons, count(DISTINCT signed.signed_for) AS principals
	FROM steering.signature_record AS signed
	WHERE signed.decision_id = decision_outcome.decision AND signed.choice = 'approve'
		AND signed.signed_for IN (SELECT capacity.principal
			FROM steering.capacity(signed.functionary, decision_outcome.questions, decision_outcome.day))
)
SELECT CASE
	WHEN (SELECT count(*) FROM ruling) <> 1 OR EXISTS (SELECT FROM ruling WHERE ruling.rule_id IS NULL) THEN 'unruled'
	WHEN (SELECT ruling.method FROM ruling) = 'record' AND EXISTS (SELECT FROM steering.decision_record AS entry
		WHERE entry.decision_id = decision_outcome.decision AND entry.document IS NULL) THEN 'unruled'
	WHEN EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = decision_outcome.decision AND signed.choice = 'reject') THEN 'rejected'
	WHEN (SELECT ruling.method FROM ruling) = 'vote'
		THEN (SELECT steering.vote_outcome(entry.decision_id, entry.round, ruling.body, ruling.majority, decision_outcome.day)
			FROM steering.decision_record AS entry CROSS JOIN ruling WHERE entry.decision_id = decision_outcome.decision)
	WHEN steering.is_being_heard(decision_outcome.decision, decision_outcome.day) THEN 'open'
	WHEN (SELECT least(approval.persons, approval.principals) FROM approval) >= CASE (SELECT ruling.method FROM ruling) WHEN 'dual' THEN 2 ELSE 1 END
		THEN 'adopted'
	ELSE 'open' END;
END;
REVOKE ALL ON FUNCTION steering.decision_outcome(integer, steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.decision_outcome(integer, steering.act_question[], date) IS
'what the signatures of a decision come to, for what it asks, by the rules, mandates and bodies of a day';

-- First what is wrong, and null if nothing is.
CREATE FUNCTION steering.weigh_signature(decision integer, choice text, participant text, day date)
RETURNS TABLE (state text, message text, hint text, signed_for text, round integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.*, ruling.method AS present_method, ruling.body AS present_body, ruling.needs, ruling.views_days, ruling.majority,
		CASE WHEN ruling.method = 'vote' AND coalesce(weigh_signature.choice NOT IN ('view', 'consent', 'reject'), false)
				AND NOT (weigh_signature.choice = 'abstain' AND steering.is_being_heard(record.decision_id, weigh_signature.day))
			THEN CASE WHEN weigh_signature.participant IS NULL THEN 'chair' ELSE 'vote' END
			WHEN weigh_signature.participant IS NULL AND ruling.method <> 'vote' THEN 'approval' ELSE 'hearing' END AS capacity
	FROM steering.decision_record AS record
	LEFT JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), weigh_signature.day) AS ruling ON true
	WHERE record.decision_id = weigh_signature.decision
	LIMIT 1
), turn AS MATERIALIZED (
	SELECT CASE entry.capacity WHEN 'hearing' THEN 0 WHEN 'chair' THEN 3 ELSE entry.round END AS round FROM entry
), member AS MATERIALIZED (
	SELECT vote.representative
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.present_body, weigh_signature.day) AS vote
	WHERE vote.participant = weigh_signature.participant
), principal AS MATERIALIZED (
	SELECT able.principal, row_number() OVER () AS place
	FROM entry CROSS JOIN LATERAL steering.capacity(session_user, steering.questions_of(entry.decision_id), weigh_signature.day) AS able
	WHERE entry.capacity = 'approval'
	UNION ALL
	SELECT member.representative, 1
	FROM entry CROSS JOIN member
	WHERE entry.capacity IN ('vote', 'hearing') AND member.representative IN (SELECT signatory.principal FROM steering.signatory(session_user, weigh_signature.day))
	UNION ALL
	SELECT body.chair, 1
	FROM entry JOIN steering.body ON body.code = entry.present_body
	WHERE entry.capacity = 'chair' AND body.chair IN (SELECT signatory.principal FROM steering.signatory(session_user, weigh_signature.day))
), free AS (
	SELECT principal.principal
	FROM entry CROSS JOIN principal
	WHERE NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.signed_for = principal.principal
			AND (entry.present_method <> 'vote' OR signed.round = (SELECT turn.round FROM turn)))
	ORDER BY principal.place LIMIT 1
), problem AS (
	SELECT CASE
		WHEN (SELECT count(*) FROM steering.rules_of(steering.questions_of(entry.decision_id), weigh_signature.day)) <> 1
			OR entry.present_method IS NULL
			THEN ARRAY['55000', format('no one rule says how decision %s is decided now', entry.decision_id), 'Withdraw it, and propose it anew.']
		WHEN EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.fingerprint <> steering.fingerprint(entry.act, entry.arguments))
			THEN ARRAY['55000', format('decision %s is not what was signed any more', entry.decision_id), 'Withdraw it, and propose it anew.']
		WHEN entry.present_method = 'record' AND entry.document IS NULL
			THEN ARRAY['55000', format('decision %s was decided elsewhere, and has no document', entry.decision_id),
				'Withdraw it, and propose it anew.']
		WHEN weigh_signature.choice IS NULL
			OR NOT weigh_signature.choice = ANY (CASE entry.capacity WHEN 'approval' THEN ARRAY['approve', 'reject']
				WHEN 'vote' THEN ARRAY['for', 'against', 'abstain'] WHEN 'chair' THEN ARRAY['for', 'against']
				ELSE CASE entry.needs WHEN 'consent' THEN ARRAY['consent', 'view', 'abstain', 'reject'] ELSE ARRAY['view', 'consent', 'abstain'] END END)
			THEN ARRAY['22023', format('choice "%s" does not fit decision %s', coalesce(weigh_signature.choice, 'null'), entry.decision_id),
				CASE entry.capacity WHEN 'approval' THEN 'Who holds a mandate says approve or reject.'
					WHEN 'chair' THEN 'Who votes names his participant, and says for, against or abstain.'
					WHEN 'vote' THEN 'A vote is for, against or abstain.'
					ELSE 'Who is heard names his participant, and gives a view, consents, or abstains.' END]
		WHEN entry.capacity = 'hearing' AND (entry.present_body IS NULL OR entry.views_days = 0 AND entry.needs = 'view')
			THEN ARRAY['22023', format('nobody is heard before decision %s', entry.decision_id), NULL]
		WHEN entry.capacity IN ('vote', 'hearing') AND NOT EXISTS (SELECT FROM member)
			THEN ARRAY['22023', format('participant "%s" is not a member of body "%s"', coalesce(weigh_signature.participant, 'null'), entry.present_body), NULL]
		WHEN entry.capacity = 'chair'
			AND steering.vote_outcome(entry.decision_id, entry.round, entry.present_body, entry.majority, weigh_signature.day) <> 'chair'
			THEN ARRAY['55000', format('decision %s is not a tie that the chair decides', entry.decision_id), 'Who votes names his participant.']
		WHEN EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.functionary = session_user
				AND (entry.present_method <> 'vote' OR signed.round = (SELECT turn.round FROM turn)))
			THEN ARRAY['23S75', format('role "%s" has signed decision %s already', session_user, entry.decision_id),
				'Nobody signs twice, in whatever capacity.']
		WHEN entry.capacity IN ('vote', 'approval') AND steering.is_being_heard(entry.decision_id, weigh_signature.day)
			THEN ARRAY['55000', format('decision %s waits for %s', entry.decision_id, CASE entry.needs WHEN 'consent' THEN 'consents'
					ELSE concat('views', ' through ' || entry.hear_through) END),
				format('The members of body "%s" are heard first: each gives a view, or says by abstain that it has none.', entry.present_body)]
		WHEN entry.capacity IN ('vote', 'chair')
			AND weigh_signature.day > steering.vote_end(entry.decision_id, (SELECT turn.round FROM turn), entry.present_body)
			THEN ARRAY['55000', format('the vote on decision %s was open through %s', entry.decision_id,
					steering.vote_end(entry.decision_id, (SELECT turn.round FROM turn), entry.present_body)),
				'steering.close_decision() counts the votes that were given.']
		WHEN NOT EXISTS (SELECT FROM principal)
			THEN ARRAY['23S75', format('role "%s" may not sign decision %s%s', session_user, entry.decision_id,
					CASE entry.capacity WHEN 'approval' THEN '' WHEN 'chair' THEN ' as chair' ELSE format(' for participant "%s"', weigh_signature.participant) END),
				CASE entry.capacity WHEN 'approval' THEN (SELECT steering.deciding_hint(asked, weigh_signature.day)
						FROM unnest(steering.questions_of(entry.decision_id)) AS asked LIMIT 1)
					ELSE 'Its representative signs, or who is deputy of that.' END]
		WHEN NOT EXISTS (SELECT FROM free)
			THEN ARRAY['23S75', format('the signature of "%s" under decision %s is given already', (SELECT principal.principal FROM principal ORDER BY principal.place LIMIT 1),
					entry.decision_id), 'A signature of a deputy is that of his principal.']
		END AS told
	FROM entry
)
SELECT problem.told[1], problem.told[2], problem.told[3], (SELECT free.principal FROM free), (SELECT turn.round FROM turn)
FROM problem;
END;
REVOKE ALL ON FUNCTION steering.weigh_signature(integer, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.weigh_signature(integer, text, text, date) IS
'may who has logged in sign a decision so? state, message and hint: he may not; else for whom it is, and in which round';

-- A consent binds: who says nothing by the last day has not given it, nor has who gave a view alone.
CREATE FUNCTION steering.closing_outcome(decision integer, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN ruling.needs = 'consent' AND steering.is_being_heard(entry.decision_id, closing_outcome.day)
		AND (entry.hear_through < closing_outcome.day OR (
			SELECT bool_and(EXISTS (SELECT FROM steering.signature_record AS signed
				WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = vote.participant))
			FROM steering.body_vote(ruling.body, closing_outcome.day) AS vote))
	THEN 'rejected' ELSE (SELECT now.outcome
		FROM (SELECT steering.decision_outcome(entry.decision_id, steering.questions_of(entry.decision_id), closing_outcome.day) AS outcome) AS now
		WHERE now.outcome IN ('rejected', 'tie') OR now.outcome = 'adopted' AND ruling.method = 'vote') END
FROM steering.decision_record AS entry
LEFT JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), closing_outcome.day) AS ruling ON true
WHERE entry.decision_id = closing_outcome.decision
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.closing_outcome(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.closing_outcome(integer, date) IS
'what a decision comes to on a day without another signature: rejected, also where a consent is missing that has no days left or that a view was given for, adopted (a vote alone), or a tie; null: it is open';

CREATE FUNCTION steering.why_rejected(decision integer, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE
	WHEN signed.choice = 'reject' THEN format('rejected by %s', quote_ident(signed.functionary))
	WHEN ruling.needs = 'consent' AND steering.is_being_heard(entry.decision_id, why_rejected.day) THEN 'a consent is missing'
	WHEN ruling.method = 'vote' THEN concat(CASE WHEN NOT tally.has_quorum THEN format('no quorum of %s percent: ', trim_scale(body.quorum_percent)) END,
		format('%s for, %s against, %s abstained, %s not given', trim_scale(tally.favour), trim_scale(tally.against), trim_scale(tally.abstained),
			trim_scale(tally.silent)), CASE WHEN tally.has_quorum THEN format('; majority %s', ruling.majority) END) END
FROM steering.decision_record AS entry
LEFT JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), why_rejected.day) AS ruling ON true
LEFT JOIN steering.body ON body.code = ruling.body
LEFT JOIN LATERAL steering.vote_tally(entry.decision_id, entry.round, ruling.body, why_rejected.day) AS tally ON ruling.method = 'vote'
LEFT JOIN LATERAL (SELECT given.choice, given.functionary FROM steering.signature_record AS given
	WHERE given.decision_id = entry.decision_id AND given.choice = 'reject' LIMIT 1) AS signed ON true
WHERE entry.decision_id = why_rejected.decision
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.why_rejected(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.why_rejected(integer, date) IS 'why a decision is rejected: by whom, what consent is missing, or how the votes went';

CREATE FUNCTION steering.propose(act text, arguments jsonb, reason text, document text DEFAULT NULL, hear_through date DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_propose'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.propose(text, jsonb, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.propose(text, jsonb, text, text, date) IS
'proposes an act of steering.act with arguments by name, and returns the number of the decision. It is tried, with the rights of the caller, and taken back: what could not be done is refused with the act''s own error. Where two must sign, a proposer in mandate is the first. hear_through: a later last day for those who are to be heard. Errors: 22004 null, 22023 unknown act or argument, an argument of another type, or missing, 55000 no rule is for it, or several are, or it would change nothing, 22023 a document is missing that the method needs, those of the act';

CREATE FUNCTION steering.sign(decision integer, choice text, participant text DEFAULT NULL, remark text DEFAULT NULL) RETURNS text
AS 'MODULE_PATHNAME', 'steering_sign'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.sign(integer, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.sign(integer, text, text, text) IS
'signs a decision that is open, and returns its state: approve or reject by mandate, for, against or abstain for a participant in a vote (the chair, of a tie, without one), view or consent of a participant that is heard. With the signature that completes it the act is done as it was proposed, by the database: if that fails so does the signature. Errors: 22004 null, 42704 no such decision, 55000 it is not open, or others are heard first, 22023 another choice, 23S75 who may not sign, or has signed, those of the act';

CREATE FUNCTION steering.close_decision(decision integer) RETURNS text
AS 'MODULE_PATHNAME', 'steering_close_decision'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.close_decision(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_decision(integer) IS
'ends a decision whose days are over, and returns its state: of a vote, who has not voted is absent, and what was given counts: without a quorum it is rejected, a first tie is voted again, and what is adopted is done; where a consent is missing it is rejected. The decision says how it went (outcome). Errors: 22004 null, 42704 no such decision, 55000 it is not open, or its days are not over, those of the act';

CREATE FUNCTION steering.withdraw(decision integer, reason text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_withdraw'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.withdraw(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.withdraw(integer, text) IS
'takes back a proposal that is open: its proposer does, or who may grant EXECUTE on this function. Errors: 22004 null, 42704 no such decision, 55000 it is not open, 23S75 who did not propose it';

CREATE FUNCTION steering.guard_act() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_guard_act'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_act() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_act() IS
'asks for a row that an act has written whether it may be done, and records it: 23S75 it may not. The trigger names the function that makes questions of the row';

-- Of the increase of a cap follows what it was: the amount is for who may read that, and for who has signed.
CREATE VIEW steering.decision WITH (security_barrier) AS
SELECT entry.decision_id AS id, entry.act, entry.service, entry.participant, CASE WHEN reader.has_figures OR reader.has_signed THEN entry.amount END AS amount,
	entry.arguments, entry.reason, entry.document, entry.method, entry.state, entry.proposed_by, entry.proposed_at, entry.decided_at, entry.executed_at,
	entry.in_mandate, entry.outcome, entry.body, entry.hear_through
FROM steering.decision_record AS entry
CROSS JOIN LATERAL (SELECT (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR coalesce(entry.participant IN (SELECT readable_participant.code FROM steering.readable_participant), false) AS has_figures,
	EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND session_user IN (signed.functionary, signed.signed_for)) AS has_signed) AS reader
WHERE reader.has_figures OR reader.has_signed OR entry.proposed_by = session_user;
GRANT SELECT ON steering.decision TO PUBLIC;
COMMENT ON VIEW steering.decision IS 'acts that were proposed or done: those of participants whose figures the role may read, and those that who has logged in proposed or signed';
COMMENT ON COLUMN steering.decision.id IS 'number of the decision';
COMMENT ON COLUMN steering.decision.act IS 'the act';
COMMENT ON COLUMN steering.decision.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision.amount IS 'money; of several the largest; null: it has none, or who proposed it may not read it';
COMMENT ON COLUMN steering.decision.arguments IS 'arguments by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision.method IS 'mandate, dual, vote, host or record; null: no rule was for it';
COMMENT ON COLUMN steering.decision.state IS 'open, executed, rejected or withdrawn';
COMMENT ON COLUMN steering.decision.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision.proposed_at IS 'when';
COMMENT ON COLUMN steering.decision.decided_at IS 'when it was decided; null: it is open';
COMMENT ON COLUMN steering.decision.executed_at IS 'when it took effect; null: it did not';
COMMENT ON COLUMN steering.decision.in_mandate IS 'decided as its rule says; false: a superuser or the owner did it without; null: no rule was for it, or not executed';
COMMENT ON COLUMN steering.decision.outcome IS 'what the function returned, or why it was rejected or withdrawn';
COMMENT ON COLUMN steering.decision.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.decision.hear_through IS 'last day for those who are heard; null: nobody is';

CREATE VIEW steering.signature WITH (security_barrier) AS
SELECT signed.decision_id AS decision, signed.functionary, signed.signed_for, signed.choice, signed.participant, signed.at, signed.remark
FROM steering.signature_record AS signed
WHERE signed.decision_id IN (SELECT decision.id FROM steering.decision);
GRANT SELECT ON steering.signature TO PUBLIC;
COMMENT ON VIEW steering.signature IS 'signatures of the decisions that the role sees';
COMMENT ON COLUMN steering.signature.decision IS 'number of the decision';
COMMENT ON COLUMN steering.signature.functionary IS 'who had logged in';
COMMENT ON COLUMN steering.signature.signed_for IS 'whose signature it is: the same, or whose deputy that is';
COMMENT ON COLUMN steering.signature.choice IS 'approve, reject, for, against, abstain, consent or view';
COMMENT ON COLUMN steering.signature.participant IS 'code of the participant whose vote or view it is; null: of none';
COMMENT ON COLUMN steering.signature.at IS 'when';
COMMENT ON COLUMN steering.signature.remark IS 'what was said with it; null: nothing';
-- decision_log.sql
-- The log of decisions that took effect, in the order in which they did: each row holds the hash of the one before it, so that
-- nobody can change, remove or insert one unseen who does not know which head was printed.

CREATE TABLE steering.decision_log (
	position bigint NOT NULL CONSTRAINT decision_log_pkey PRIMARY KEY,
	recipe integer NOT NULL,
	decision_id integer NOT NULL CONSTRAINT decision_log_decision_id_key UNIQUE,
	executed_at timestamptz NOT NULL,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	arguments text NOT NULL,
	reason text,
	document text,
	method text,
	in_mandate boolean,
	proposed_by text NOT NULL,
	executed_by text NOT NULL,
	signatures text NOT NULL,
	outcome text,
	previous bytea NOT NULL,
	hash bytea NOT NULL,
	details text
);
REVOKE ALL ON steering.decision_log FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.decision_log', '');
COMMENT ON TABLE steering.decision_log IS 'decisions that took effect, each with the hash of the one before it; only ever added to';
COMMENT ON COLUMN steering.decision_log.position IS 'number of the row, without gaps';
COMMENT ON COLUMN steering.decision_log.recipe IS 'how its hash is made: see log_hash()';
COMMENT ON COLUMN steering.decision_log.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_log.executed_at IS 'when it took effect';
COMMENT ON COLUMN steering.decision_log.act IS 'the act';
COMMENT ON COLUMN steering.decision_log.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision_log.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision_log.amount IS 'money; null: none';
COMMENT ON COLUMN steering.decision_log.arguments IS 'arguments by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision_log.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision_log.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision_log.method IS 'method of its rule; null: no rule was for it';
COMMENT ON COLUMN steering.decision_log.in_mandate IS 'false: a superuser or the owner of the extension did it without; null: no rule was for it';
COMMENT ON COLUMN steering.decision_log.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision_log.executed_by IS 'who had logged in and gave the last signature';
COMMENT ON COLUMN steering.decision_log.signatures IS 'all signatures, as JSON';
COMMENT ON COLUMN steering.decision_log.outcome IS 'what the function returned; null: nothing';
COMMENT ON COLUMN steering.decision_log.previous IS 'hash of the row before; of the first 32 zero bytes';
COMMENT ON COLUMN steering.decision_log.hash IS 'hash of this row';
COMMENT ON COLUMN steering.decision_log.details IS 'what else the decision says, and what it asks, as JSON; null: written by recipe 1';

CREATE FUNCTION steering.utc_text(at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT to_char(utc_text.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
END;
REVOKE ALL ON FUNCTION steering.utc_text(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION steering.utc_text(timestamptz) IS 'a moment as text, whatever the session''s settings';

CREATE FUNCTION steering.log_hash(line steering.decision_log) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN (log_hash.line).recipe IN (1, 2) THEN steering.chain_hash((log_hash.line).previous, ARRAY[(log_hash.line).position::text,
	(log_hash.line).act, (log_hash.line).arguments, (log_hash.line).recipe::text, (log_hash.line).decision_id::text,
	steering.utc_text((log_hash.line).executed_at), (log_hash.line).service, (log_hash.line).participant, (log_hash.line).amount::text,
	(log_hash.line).reason, (log_hash.line).document, (log_hash.line).method, (log_hash.line).in_mandate::text,
	(log_hash.line).proposed_by, (log_hash.line).executed_by, (log_hash.line).signatures, (log_hash.line).outcome]
	|| CASE (log_hash.line).recipe WHEN 2 THEN ARRAY[(log_hash.line).details] END) END;
END;
REVOKE ALL ON FUNCTION steering.log_hash(steering.decision_log) FROM PUBLIC;
COMMENT ON FUNCTION steering.log_hash(steering.decision_log) IS
'hash of a row of the log. Recipe 1: chain_hash() of the hash before and of position, act, arguments, recipe, decision_id, executed_at (UTC, with microseconds), service, participant, amount, reason, document, method, in_mandate, proposed_by, executed_by, signatures, outcome, as texts; recipe 2: and of details; null: the recipe is unknown';

-- Recipe 1 knew nothing of what is in details.
CREATE FUNCTION steering.log_line(decision integer, recipe integer) RETURNS SETOF steering.decision_log
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT NULL::bigint, log_line.recipe, entry.decision_id, entry.executed_at, entry.act, entry.service, entry.participant, entry.amount,
	entry.arguments::text, entry.reason, entry.document, entry.method, entry.in_mandate, entry.proposed_by, entry.executed_by,
	coalesce((SELECT jsonb_agg(jsonb_build_object('functionary', signed.functionary, 'signed_for', signed.signed_for,
			'choice', signed.choice, 'participant', signed.participant, 'round', signed.round, 'at', steering.utc_text(signed.at),
			'remark', signed.remark, 'fingerprint', encode(signed.fingerprint, 'hex')) ORDER BY signed.at, signed.functionary)
		FROM steering.signature_record AS signed WHERE signed.decision_id = entry.decision_id), '[]')::text,
	entry.outcome, NULL::bytea, NULL::bytea,
	CASE WHEN log_line.recipe > 1 THEN jsonb_build_object('rule', entry.rule_id, 'body', entry.body, 'round', entry.round,
		'hear_through', entry.hear_through, 'vote_from', entry.vote_from, 'proposed_at', steering.utc_text(entry.proposed_at),
		'decided_at', steering.utc_text(entry.decided_at), 'executed_on', entry.executed_on,
		'questions', coalesce((SELECT jsonb_agg(to_jsonb(asked) - 'decision_id' ORDER BY asked.position)
			FROM steering.decision_question AS asked WHERE asked.decision_id = entry.decision_id), '[]'))::text END
FROM steering.decision_record AS entry
WHERE entry.decision_id = log_line.decision AND entry.state = 'executed';
END;
REVOKE ALL ON FUNCTION steering.log_line(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.log_line(integer, integer) IS
'what the log has to say, by a recipe, of a decision that took effect, as its tables have it now; without its place in the chain';

CREATE FUNCTION steering.next_log_line(decision integer) RETURNS SETOF steering.decision_log
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH head AS (
	SELECT log.position, log.hash FROM steering.decision_log AS log ORDER BY log.position DESC LIMIT 1
), line AS (
	SELECT coalesce(head.position, 0) + 1 AS position, said.recipe, said.decision_id, said.executed_at, said.act, said.service,
		said.participant, said.amount, said.arguments, said.reason, said.document, said.method, said.in_mandate, said.proposed_by,
		said.executed_by, said.signatures, said.outcome, coalesce(head.hash, decode(repeat('0', 64), 'hex')) AS previous, '\x'::bytea AS hash,
		said.details
	FROM steering.log_line(next_log_line.decision, 2) AS said LEFT JOIN head ON true
	WHERE NOT EXISTS (SELECT FROM steering.decision_log AS log WHERE log.decision_id = next_log_line.decision)
)
SELECT line.position, line.recipe, line.decision_id, line.executed_at, line.act, line.service, line.participant, line.amount, line.arguments,
	line.reason, line.document, line.method, line.in_mandate, line.proposed_by, line.executed_by, line.signatures, line.outcome, line.previous,
	steering.log_hash(ROW(line.*)::steering.decision_log), line.details
FROM line;
END;
REVOKE ALL ON FUNCTION steering.next_log_line(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.next_log_line(integer) IS
'the row that the log gets for a decision that took effect; none where it has one, as after a restore';

CREATE FUNCTION steering.append_decision() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_append_decision'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.append_decision() FROM PUBLIC;
COMMENT ON FUNCTION steering.append_decision() IS 'at the end of a transaction: appends a decision that took effect to the log, after those of all others';

CREATE CONSTRAINT TRIGGER append_decision
	AFTER INSERT OR UPDATE OF state ON steering.decision_record DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW WHEN (NEW.state = 'executed') EXECUTE FUNCTION steering.append_decision();

CREATE FUNCTION steering.log_head() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT coalesce((SELECT concat(log.position, ':', encode(log.hash, 'hex')) FROM steering.decision_log AS log ORDER BY log.position DESC LIMIT 1),
	concat('0:', repeat('0', 64)));
END;
REVOKE ALL ON FUNCTION steering.log_head() FROM PUBLIC;
COMMENT ON FUNCTION steering.log_head() IS
'the last row of the log of decisions, as its number and its hash: what to print in reports, since nobody can then change the log up to it unseen. verify_log() takes it';

CREATE FUNCTION steering.verify_log(head text DEFAULT NULL) RETURNS TABLE (log_position bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_that(verify_log.head IS NULL OR verify_log.head ~ '^[0-9]{1,18}:[0-9a-f]{64}$', '22023',
	format('"%s" is no head of the log', verify_log.head), 'steering.log_head() gives one.');
WITH line AS (
	SELECT log.position, log.decision_id, log.previous, log.hash, log.recipe, steering.log_hash(log) AS right_hash, to_jsonb(log) AS said,
		lag(log.position, 1, 0::bigint) OVER w AS position_before,
		lag(log.hash, 1, decode(repeat('0', 64), 'hex')) OVER w AS hash_before
	FROM steering.decision_log AS log
	WINDOW w AS (ORDER BY log.position)
), given AS (
	SELECT split_part(verify_log.head, ':', 1)::bigint AS position, decode(split_part(verify_log.head, ':', 2), 'hex') AS hash
	WHERE verify_log.head IS NOT NULL
), broken AS (
	SELECT line.position, 1 AS kind, line.decision_id,
		CASE WHEN line.right_hash IS NULL THEN format('recipe %s is unknown', line.recipe)
			WHEN line.right_hash <> line.hash THEN 'changed'
			WHEN line.position <> line.position_before + 1 THEN 'a row before it is missing'
			ELSE 'it does not follow the row before it: that was changed, or this one inserted' END AS problem
	FROM line
	WHERE line.right_hash IS DISTINCT FROM line.hash OR line.position <> line.position_before + 1 OR line.previous <> line.hash_before
	UNION ALL
	SELECT given.position, 1, line.decision_id,
		CASE WHEN line.position IS NULL THEN 'the log ends before the head that was given' ELSE 'it is not the head that was given' END
	FROM given LEFT JOIN line ON line.position = given.position
	WHERE given.position > 0 AND line.hash IS DISTINCT FROM given.hash
	UNION ALL
	SELECT line.position, 2, line.decision_id,
		CASE WHEN entry.decision_id IS NULL THEN format('decision %s is not there any more', line.decision_id)
			WHEN entry.state <> 'executed' THEN format('decision %s is said to be %s', line.decision_id, entry.state)
			ELSE format('decision %s says something else of %s', line.decision_id, differing.fields) END
	FROM line
	LEFT JOIN steering.decision_record AS entry ON entry.decision_id = line.decision_id
	LEFT JOIN steering.log_line(line.decision_id, line.recipe) AS present ON true
	LEFT JOIN LATERAL (
		SELECT string_agg(CASE WHEN field.key = 'details' THEN coalesce((SELECT string_agg(detail.key, ', ' ORDER BY detail.key)
				FROM jsonb_each((line.said ->> 'details')::jsonb) AS detail
				WHERE detail.value IS DISTINCT FROM present.details::jsonb -> detail.key), 'details') ELSE field.key END, ', ' ORDER BY field.key) AS fields
		FROM jsonb_each(to_jsonb(present) - '{position, previous, hash}'::text[]) AS field
		WHERE field.value IS DISTINCT FROM line.said -> field.key
	) AS differing ON true
	WHERE line.right_hash = line.hash AND (entry.decision_id IS NULL OR entry.state <> 'executed' OR differing.fields IS NOT NULL)
	UNION ALL
	-- What this transaction has done gets its row at its end.
	SELECT NULL, 3, entry.decision_id, format('decision %s took effect, and is not in the log', entry.decision_id)
	FROM steering.decision_record AS entry
	WHERE entry.state = 'executed' AND NOT entry.executed_at BETWEEN now() AND clock_timestamp()
		AND NOT EXISTS (SELECT FROM steering.decision_log AS log WHERE log.decision_id = entry.decision_id)
)
SELECT broken.position, broken.problem FROM broken ORDER BY broken.position, broken.kind, broken.decision_id LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.verify_log(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.verify_log(text) IS
'the first row of the log of decisions that is not as it was written: changed, missing, inserted, or cut off before a head that log_head() once gave; or that the tables of decisions, signatures and what was asked differ from, with the decision and the fields that do (position null: a decision that took effect and is not in the log); no row is right. Error: 22023 that is no head';
-- act_question.sql
-- Which act a changed row is, with its scope and its amount: asked by a trigger on every table that acts write, so that no way
-- around the question leads through another function. Nothing of it is on the path of a booking.

CREATE FUNCTION steering.service_code(service_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT service.code FROM steering.service WHERE service.service_id = service_code.service_id;
END;
REVOKE ALL ON FUNCTION steering.service_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.service_code(integer) IS 'code of a service; null: there is none';

CREATE FUNCTION steering.participant_code(participant_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT participant.code FROM steering.participant WHERE participant.participant_id = participant_code.participant_id;
END;
REVOKE ALL ON FUNCTION steering.participant_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.participant_code(integer) IS 'code of a participant; null: there is none';

CREATE FUNCTION steering.key_code(key_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT allocation_key.code FROM steering.allocation_key WHERE allocation_key.key_id = key_code.key_id;
END;
REVOKE ALL ON FUNCTION steering.key_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_code(integer) IS 'code of an allocation key; null: there is none';

CREATE FUNCTION steering.indicator_scope(indicator_id integer, OUT code text, OUT service text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT indicator.code, steering.service_code(indicator.service_id)
FROM steering.indicator WHERE indicator.indicator_id = indicator_scope.indicator_id;
END;
REVOKE ALL ON FUNCTION steering.indicator_scope(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.indicator_scope(integer) IS 'code and service of an indicator; null: there is none';

-- Of most tables each row is one act, without an amount. Columns that number something are told by code, or not at all. What is a part
-- of an indicator or a key goes with it, and is not asked about then.
CREATE FUNCTION steering.plain_question(was jsonb, becomes jsonb, set_act text, drop_act text) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN plain_question.becomes IS NULL THEN plain_question.drop_act ELSE plain_question.set_act END,
	coalesce(steering.service_code((line.entry ->> 'service_id')::integer), indicator.service),
	coalesce(steering.participant_code((line.entry ->> 'participant_id')::integer), line.entry ->> 'participant'), NULL::numeric,
	(SELECT jsonb_object_agg(field.key, field.value) FROM jsonb_each(line.entry) AS field WHERE field.key !~ '_id$|^(first|end)_day$')
		|| CASE WHEN line.entry ? 'end_day' THEN jsonb_build_object('period', steering.name_period(daterange((line.entry ->> 'first_day')::date,
			(line.entry ->> 'end_day')::date))) ELSE '{}' END
		|| CASE WHEN indicator.code IS NULL THEN '{}' ELSE jsonb_build_object('indicator', indicator.code) END
		|| CASE WHEN key.code IS NULL THEN '{}' ELSE jsonb_build_object('key', key.code) END
FROM (SELECT coalesce(plain_question.becomes, plain_question.was) AS entry) AS line
CROSS JOIN LATERAL (SELECT NOT line.entry ? 'code' AND line.entry ? 'indicator_id' AS of_indicator, NOT line.entry ? 'code' AND line.entry ? 'key_id' AS of_key) AS part
LEFT JOIN LATERAL steering.indicator_scope((line.entry ->> 'indicator_id')::integer) AS indicator ON part.of_indicator
LEFT JOIN LATERAL (SELECT steering.key_code((line.entry ->> 'key_id')::integer) AS code) AS key ON part.of_key
WHERE plain_question.was IS DISTINCT FROM plain_question.becomes
	AND (indicator.code IS NOT NULL OR NOT part.of_indicator) AND (key.code IS NOT NULL OR NOT part.of_key);
END;
REVOKE ALL ON FUNCTION steering.plain_question(jsonb, jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.plain_question(jsonb, jsonb, text, text) IS
'the act that a change of a row is, of a table whose acts have no amount: set_act, or drop_act where the row is gone';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.risk
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_risk', 'drop_risk');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_key
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_allocation_key', 'drop_allocation_key');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_weight
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_key_weight', 'drop_key_weight');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_allocation_rule', 'drop_allocation_rule');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.result_share
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_result_share', 'drop_result_share');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.indicator
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_indicator', 'drop_indicator');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.target
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_target', 'set_target');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.measurement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_measurement', 'set_measurement');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.incentive
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_incentive', 'drop_incentive');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.deputy
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_deputy', 'set_deputy');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.body
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_body', 'set_body');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.body_member
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_body_member', 'set_body_member');

CREATE FUNCTION steering.question_of_cap(was steering.cap, becomes steering.cap) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
-- What a ladder lets through above the limit counts as well, and one that does not block has no end. A new cap lets through
-- what was not there: a booking may need a cap.
SELECT 'set_cap', steering.service_code(becomes.service_id), steering.participant_code(becomes.participant_id),
	CASE WHEN becomes.metric = 'budget' THEN greatest(0, becomes.amount::numeric - coalesce(was.amount::numeric, 0),
		CASE WHEN was.cap_id IS NULL OR steering.blocks_at(was.ladder, was.amount) IS NOT NULL
			THEN coalesce(steering.blocks_at(becomes.ladder, becomes.amount)::numeric, 'Infinity')
				- coalesce(steering.blocks_at(was.ladder, was.amount)::numeric, 0) END) END,
	jsonb_build_object('cap', becomes.cap_id, 'metric', becomes.metric, 'during', becomes.during::text, 'amount', becomes.amount::numeric,
		'ladder', becomes.ladder::text)
WHERE becomes.cap_id IS NOT NULL AND NOT steering.is_part_of_act()
	AND (was.cap_id IS NULL OR (was.amount::numeric, was.ladder::text) IS DISTINCT FROM (becomes.amount::numeric, becomes.ladder::text))
UNION ALL
SELECT 'drop_cap', steering.service_code(was.service_id), steering.participant_code(was.participant_id), NULL::numeric,
	jsonb_build_object('cap', was.cap_id, 'metric', was.metric, 'during', was.during::text, 'amount', was.amount::numeric)
WHERE becomes.cap_id IS NULL;
END;
REVOKE ALL ON FUNCTION steering.question_of_cap(steering.cap, steering.cap) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_cap(steering.cap, steering.cap) IS 'set_cap: by how much the limit, or what the ladder lets through, goes up; drop_cap; nothing of a part of another act';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.cap
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_cap');

CREATE FUNCTION steering.question_of_agreement(was steering.agreement, becomes steering.agreement) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.agreement_id IS NULL THEN 'drop_agreement' ELSE 'set_agreement' END,
	steering.service_code(line.service_id), steering.participant_code(line.participant_id),
	CASE WHEN becomes.agreement_id IS NOT NULL THEN coalesce(becomes.agreed_cost::numeric, 'Infinity') END,
	jsonb_build_object('agreement', line.agreement_id, 'during', line.during::text, 'form', line.form, 'base', line.base::numeric,
		'volume', line.volume::numeric, 'price', line.price::numeric, 'allocation_key', steering.key_code(line.key_id),
		'unused_percent', line.unused_percent, 'advance', line.advance::numeric, 'incentive_maximum', line.incentive_maximum::numeric)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.agreement_id IS NOT NULL
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_agreement(steering.agreement, steering.agreement) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_agreement(steering.agreement, steering.agreement) IS 'set_agreement: its value, without end where that is not agreed beforehand; drop_agreement';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.agreement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_agreement');

CREATE FUNCTION steering.question_of_closing(was steering.closing, becomes steering.closing) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.reopened_at IS NULL THEN 'close_period' ELSE 'reopen_period' END, NULL, NULL, NULL::numeric,
	jsonb_build_object('period', steering.name_period(becomes.during))
WHERE was.closing_id IS NULL OR was.reopened_at IS DISTINCT FROM becomes.reopened_at;
END;
REVOKE ALL ON FUNCTION steering.question_of_closing(steering.closing, steering.closing) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_closing(steering.closing, steering.closing) IS 'close_period, reopen_period';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OF reopened_at ON steering.closing
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_closing');

CREATE FUNCTION steering.question_of_settlement_correction(was steering.settlement_correction, becomes steering.settlement_correction) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- Those that reopening takes back are a part of that.
SELECT CASE WHEN becomes.reverses IS NULL THEN 'correct_settlement' ELSE 'reverse_correction' END,
	steering.service_code(becomes.service_id), steering.participant_code(becomes.participant_id), abs(becomes.amount::numeric),
	jsonb_build_object('correction', becomes.correction_id, 'closing', becomes.closing_id, 'amount', becomes.amount::numeric,
		'month', becomes.month, 'reverses', becomes.reverses)
WHERE becomes.reverses IS NULL OR NOT EXISTS (SELECT FROM steering.closing
	WHERE closing.closing_id = becomes.closing_id AND closing.reopened_at >= now());
END;
REVOKE ALL ON FUNCTION steering.question_of_settlement_correction(steering.settlement_correction, steering.settlement_correction) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_settlement_correction(steering.settlement_correction, steering.settlement_correction) IS 'correct_settlement, reverse_correction';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.settlement_correction
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_settlement_correction');

CREATE FUNCTION steering.question_of_reserve(was steering.reserve, becomes steering.reserve) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'book_reserve', NULL, NULL, abs(becomes.amount::numeric),
	jsonb_build_object('booked_on', becomes.booked_on, 'amount', becomes.amount::numeric);
END;
REVOKE ALL ON FUNCTION steering.question_of_reserve(steering.reserve, steering.reserve) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_reserve(steering.reserve, steering.reserve) IS 'book_reserve';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.reserve
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_reserve');

CREATE FUNCTION steering.question_of_participant(was steering.participant, becomes steering.participant) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- A name, and who may read, decide nothing. Of one that moves both places are asked about.
SELECT 'set_participant', NULL, becomes.code, NULL::numeric, to_jsonb(becomes) - 'participant_id' - 'reader'
WHERE (was.code, was.parent, was.inhabitants, was.during) IS DISTINCT FROM (becomes.code, becomes.parent, becomes.inhabitants, becomes.during)
UNION ALL
SELECT 'set_participant', NULL, was.parent, NULL::numeric, to_jsonb(becomes) - 'participant_id' - 'reader'
WHERE was.code IS NOT NULL AND was.parent IS DISTINCT FROM becomes.parent;
END;
REVOKE ALL ON FUNCTION steering.question_of_participant(steering.participant, steering.participant) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_participant(steering.participant, steering.participant) IS 'set_participant';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.participant
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_participant');

CREATE FUNCTION steering.question_before_participant(was steering.participant, becomes steering.participant) RETURNS SETOF steering.act_question
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'drop_participant', NULL, was.code, NULL::numeric, jsonb_build_object('code', was.code);
END;
REVOKE ALL ON FUNCTION steering.question_before_participant(steering.participant, steering.participant) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_before_participant(steering.participant, steering.participant) IS
'drop_participant, by the rules for it, which are for nothing once it is gone';
CREATE TRIGGER guard_act_before
	BEFORE DELETE ON steering.participant
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_before_participant');

CREATE FUNCTION steering.question_of_service(was steering.service, becomes steering.service) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- A name and a unit decide nothing. Of one that moves both places are asked about.
SELECT 'set_service', becomes.code, NULL, NULL::numeric, to_jsonb(becomes) - 'service_id'
WHERE (was.code, was.parent, was.kind, was.require_cap, was.during)
	IS DISTINCT FROM (becomes.code, becomes.parent, becomes.kind, becomes.require_cap, becomes.during)
UNION ALL
SELECT 'set_service', was.parent, NULL, NULL::numeric, to_jsonb(becomes) - 'service_id'
WHERE was.code IS NOT NULL AND was.parent IS DISTINCT FROM becomes.parent;
END;
REVOKE ALL ON FUNCTION steering.question_of_service(steering.service, steering.service) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_service(steering.service, steering.service) IS 'set_service';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.service
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_service');

CREATE FUNCTION steering.question_before_service(was steering.service, becomes steering.service) RETURNS SETOF steering.act_question
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.code IS NULL THEN 'drop_service' ELSE 'set_service' END, was.code, NULL, NULL::numeric,
	CASE WHEN becomes.code IS NULL THEN jsonb_build_object('code', was.code) ELSE to_jsonb(becomes) - 'service_id' END
WHERE becomes.code IS NULL OR was.kind IS DISTINCT FROM becomes.kind;
END;
REVOKE ALL ON FUNCTION steering.question_before_service(steering.service, steering.service) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_before_service(steering.service, steering.service) IS
'drop_service, and set_service of one that changes its kind, by the rules for what it is until then';
CREATE TRIGGER guard_act_before
	BEFORE UPDATE OF kind OR DELETE ON steering.service
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_before_service');

CREATE FUNCTION steering.question_of_mandate(was steering.mandate, becomes steering.mandate) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN was.mandate_id IS NULL THEN 'set_mandate' WHEN was.revoked_on IS DISTINCT FROM becomes.revoked_on THEN 'revoke_mandate'
		ELSE 'consent_mandate' END, becomes.service, becomes.participant, NULL::numeric,
	jsonb_strip_nulls(to_jsonb(becomes) - 'given_at' - 'consented_at' - 'employer_consented_at')
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes);
END;
REVOKE ALL ON FUNCTION steering.question_of_mandate(steering.mandate, steering.mandate) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_mandate(steering.mandate, steering.mandate) IS 'set_mandate, consent_mandate, revoke_mandate';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.mandate
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_mandate');

CREATE FUNCTION steering.question_of_rule(was steering.rule, becomes steering.rule) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.rule_id IS NULL THEN 'drop_rule' ELSE 'set_rule' END, line.service, line.participant, NULL::numeric, to_jsonb(line)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.rule_id IS NOT NULL AND to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes)
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_rule(steering.rule, steering.rule) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_rule(steering.rule, steering.rule) IS 'set_rule, drop_rule';
-- Before: judged by the rules as they were.
CREATE TRIGGER guard_act
	BEFORE INSERT OR UPDATE OR DELETE ON steering.rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_rule');

CREATE FUNCTION steering.question_of_source(was steering.source, becomes steering.source) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- One that was restored without its table, and now has it, was attached before. How a mapping is written decides nothing.
-- Tables of ours become sources with the first reservation.
SELECT CASE WHEN becomes.source_id IS NULL THEN 'detach' ELSE 'attach' END, NULL, NULL, NULL::numeric,
	jsonb_strip_nulls(to_jsonb(line) - 'source_id')
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.source_id IS NOT NULL
	AND NOT EXISTS (SELECT FROM steering.missing_table WHERE missing_table.is_source AND missing_table.source_id = becomes.source_id)
	AND line.relation::oid NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass);
END;
REVOKE ALL ON FUNCTION steering.question_of_source(steering.source, steering.source) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_source(steering.source, steering.source) IS 'attach, detach: also where its table is dropped';
CREATE TRIGGER guard_act
	AFTER INSERT OR DELETE ON steering.source
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_source');

CREATE FUNCTION steering.question_of_missing_table(was steering.missing_table, becomes steering.missing_table) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'detach', NULL, NULL, NULL::numeric, jsonb_build_object('relation', was.relation)
WHERE was.is_source AND NOT EXISTS (SELECT FROM steering.source WHERE source.source_id = was.source_id);
END;
REVOKE ALL ON FUNCTION steering.question_of_missing_table(steering.missing_table, steering.missing_table) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_missing_table(steering.missing_table, steering.missing_table) IS 'detach, of a source that was restored without its table';
CREATE TRIGGER guard_act
	AFTER DELETE ON steering.missing_table
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_missing_table');
-- register_act.sql
-- Acts on the registers: what an INSERT, UPDATE or DELETE of them does as well, by a function that can be proposed. Who calls
-- them needs the right to execute them and none on the registers.

CREATE FUNCTION steering.set_participant(code text, name text, parent text DEFAULT NULL, inhabitants integer DEFAULT NULL,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
INSERT INTO steering.participant (code, name, parent, inhabitants, during)
VALUES (set_participant.code, set_participant.name, set_participant.parent, set_participant.inhabitants, set_participant.during::daterange)
ON CONFLICT (code) DO UPDATE
	SET name = excluded.name, parent = excluded.parent, inhabitants = excluded.inhabitants, during = excluded.during
RETURNING participant_id;
END;
REVOKE ALL ON FUNCTION steering.set_participant(text, text, text, integer, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_participant(text, text, text, integer, steering.day_range) IS
'adds a participant to the register, or changes the one with this code but for who reads it; returns its number. Errors: those of the register: 23502 null, 23503 unknown parent, 23514 above itself, negative inhabitants, empty range, bookings outside of it';

CREATE FUNCTION steering.drop_participant(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.participant_number(drop_participant.code);
DELETE FROM steering.participant WHERE participant.code = drop_participant.code;
END;
REVOKE ALL ON FUNCTION steering.drop_participant(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_participant(text) IS
'removes a participant from the register. Errors: 22004 null, 22023 unknown, 23503 something refers to it';

CREATE FUNCTION steering.set_service(code text, name text, parent text DEFAULT NULL, kind text DEFAULT 'standard', unit text DEFAULT NULL,
	require_cap boolean DEFAULT false, during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
INSERT INTO steering.service (code, name, parent, kind, unit, require_cap, during)
VALUES (set_service.code, set_service.name, set_service.parent, set_service.kind, set_service.unit, set_service.require_cap,
	set_service.during::daterange)
ON CONFLICT (code) DO UPDATE
	SET name = excluded.name, parent = excluded.parent, kind = excluded.kind, unit = excluded.unit, require_cap = excluded.require_cap,
		during = excluded.during
RETURNING service_id;
END;
REVOKE ALL ON FUNCTION steering.set_service(text, text, text, text, text, boolean, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_service(text, text, text, text, text, boolean, steering.day_range) IS
'adds a service to the catalogue, or changes the one with this code; returns its number. Errors: those of the register: 23502 null, 23503 unknown parent, 23514 above itself, unknown kind, empty range, bookings outside of it';

CREATE FUNCTION steering.drop_service(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.service_number(drop_service.code);
DELETE FROM steering.service WHERE service.code = drop_service.code;
END;
REVOKE ALL ON FUNCTION steering.drop_service(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_service(text) IS
'removes a service from the catalogue. Errors: 22004 null, 22023 unknown, 23503 something refers to it';
-- authority.sql
-- Who may decide what, for reading: the table of authority, what waits for whom, and what stands in the way of deciding.
--
-- The functions below give a role what it may read, and refuse to speak of a role that who has logged in cannot be.

CREATE FUNCTION steering.who_may(act text, service text, participant text, amount numeric, as_of date DEFAULT NULL)
RETURNS TABLE (functionary text, path text, amount_limit numeric, year_limit numeric, method text, needs text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_acts(ARRAY[who_may.act]), steering.require_scope(who_may.service, who_may.participant);
WITH ruling AS MATERIALIZED (
	SELECT ruling.*, coalesce(who_may.as_of, steering.decision_day()) AS day
	FROM steering.rule_for(who_may.act, who_may.service, who_may.participant, who_may.amount,
		coalesce(who_may.as_of, steering.decision_day())) AS ruling
), heard AS (
	SELECT CASE WHEN ruling.body IS NOT NULL AND ruling.method <> 'vote' AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		THEN format('%s of the members of body "%s"%s', ruling.needs, ruling.body,
			CASE WHEN ruling.needs = 'view' THEN format(' within %s days', ruling.views_days) END) END AS needs
	FROM ruling
)
SELECT held.holder, held.path, held.amount_limit, held.year_limit, ruling.method,
	concat_ws('; ', CASE ruling.method WHEN 'dual' THEN 'a second signature' WHEN 'record' THEN 'the document of the decision' END, heard.needs)
FROM ruling CROSS JOIN heard
CROSS JOIN LATERAL steering.mandate_for(who_may.act, who_may.service, who_may.participant, ruling.day) AS held
WHERE ruling.method IS DISTINCT FROM 'vote' AND (who_may.amount IS NULL OR who_may.amount <= least(held.amount_limit, held.year_limit))
UNION ALL
SELECT vote.representative, format('%s of body "%s"', vote.participant, ruling.body), NULL, NULL, ruling.method,
	format('%s of %s votes, majority %s', trim_scale(vote.votes), trim_scale(sum(vote.votes) OVER ()), ruling.majority)
FROM ruling CROSS JOIN LATERAL steering.body_vote(ruling.body, ruling.day) AS vote
WHERE ruling.method = 'vote'
ORDER BY 3, 1, 2;
END;
REVOKE ALL ON FUNCTION steering.who_may(text, text, text, numeric, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.who_may(text, text, text, numeric, date) IS
'who may do an act of an amount on a day (null: today), by which chain of mandates and with which limits, and what else it needs; in a vote, who votes. Without a rule (method null) whoever may EXECUTE the function may do it as well. What was decided in the year is not looked at. Errors: 22023 unknown act or code';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.authority_of(reader name)
RETURNS TABLE (functionary text, act text, service text, participant text, amount_limit numeric, year_limit numeric, path text,
	valid_from date, valid_to date, may_submandate boolean, mandate integer, document text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT standing.holder, named.act, standing.service, standing.participant, standing.amount_limit, standing.year_limit, standing.path,
	lower(mandate.during), upper(mandate.during) - 1, mandate.may_submandate, mandate.mandate_id, mandate.document
FROM steering.mandate_on(steering.decision_day()) AS standing
JOIN steering.mandate ON mandate.mandate_id = standing.mandate_id
CROSS JOIN LATERAL unnest(standing.acts) AS named (act)
WHERE pg_has_role(session_user, authority_of.reader, 'MEMBER')
	AND (standing.holder = authority_of.reader OR steering.may_read_of(authority_of.reader, standing.participant))
ORDER BY standing.holder, named.act, standing.service NULLS FIRST, standing.participant NULLS FIRST, mandate.mandate_id;
END;
COMMENT ON FUNCTION steering.authority_of(name) IS 'what steering.authority gives a role that who has logged in is, or may become';

CREATE VIEW steering.authority WITH (security_barrier) AS
SELECT * FROM steering.authority_of(current_user);
GRANT SELECT ON steering.authority TO PUBLIC;
COMMENT ON VIEW steering.authority IS 'the table of authority: what each functionary may do today, with the least limits along the chain of mandates; those for participants whose figures the role may read, and its own';
COMMENT ON COLUMN steering.authority.functionary IS 'name of the role that holds the mandate';
COMMENT ON COLUMN steering.authority.act IS 'the act';
COMMENT ON COLUMN steering.authority.service IS 'code: for this service and all below it; null: for all';
COMMENT ON COLUMN steering.authority.participant IS 'code: for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.authority.amount_limit IS 'money, the most for one act; Infinity: any amount';
COMMENT ON COLUMN steering.authority.year_limit IS 'money, the most for a calendar year; Infinity: any amount';
COMMENT ON COLUMN steering.authority.path IS 'chain of mandates, from the first holder on';
COMMENT ON COLUMN steering.authority.valid_from IS 'first day; null: always';
COMMENT ON COLUMN steering.authority.valid_to IS 'last day; null: without end';
COMMENT ON COLUMN steering.authority.may_submandate IS 'others may be given a part of it';
COMMENT ON COLUMN steering.authority.mandate IS 'number of the mandate';
COMMENT ON COLUMN steering.authority.document IS 'where it is written; null: not said';

CREATE FUNCTION steering.waiting_for(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.decision_id, record.round, record.participant, steering.decision_day() AS day,
		steering.is_being_heard(record.decision_id, steering.decision_day()) AS is_being_heard, ruling.*
	FROM steering.decision_record AS record
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), steering.decision_day()) AS ruling
	WHERE record.state = 'open'
), vote AS MATERIALIZED (
	SELECT entry.*, steering.vote_outcome(entry.decision_id, entry.round, entry.body, entry.majority, entry.day) AS outcome
	FROM entry WHERE entry.method = 'vote' AND NOT entry.is_being_heard
), wanted AS (
	SELECT entry.decision_id, entry.day, member.representative AS principal, entry.needs AS choice, member.participant, entry.participant AS about,
		0 AS turn
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.body, entry.day) AS member
	WHERE entry.is_being_heard AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = member.participant)
	UNION ALL
	SELECT vote.decision_id, vote.day, member.representative, 'for, against or abstain', member.participant, vote.participant, vote.round
	FROM vote CROSS JOIN LATERAL steering.body_vote(vote.body, vote.day) AS member
	WHERE vote.day <= steering.vote_end(vote.decision_id, vote.round, vote.body) AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = vote.decision_id AND signed.round = vote.round AND signed.participant = member.participant)
	UNION ALL
	SELECT vote.decision_id, vote.day, body.chair, 'for or against, as chair', NULL, vote.participant, 3
	FROM vote JOIN steering.body ON body.code = vote.body
	WHERE vote.outcome = 'chair'
	UNION ALL
	SELECT entry.decision_id, entry.day, able.principal, 'approve or reject', NULL, entry.participant, NULL
	FROM entry
	CROSS JOIN (SELECT DISTINCT mandate.functionary FROM steering.mandate) AS holder
	CROSS JOIN LATERAL steering.capacity(holder.functionary, steering.questions_of(entry.decision_id), entry.day) AS able
	WHERE entry.method <> 'vote' AND NOT entry.is_being_heard AND able.principal = holder.functionary
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.signed_for = able.principal)
)
SELECT wanted.decision_id, person.functionary, wanted.principal, wanted.choice, wanted.participant
FROM wanted
CROSS JOIN LATERAL (SELECT wanted.principal AS functionary
	UNION ALL SELECT deputy.deputy FROM steering.deputy WHERE deputy.functionary = wanted.principal AND deputy.during @> wanted.day) AS person
WHERE pg_has_role(session_user, waiting_for.reader, 'MEMBER')
	AND (person.functionary = waiting_for.reader OR steering.may_read_of(waiting_for.reader, wanted.about))
	AND NOT EXISTS (SELECT FROM steering.signature_record AS signed JOIN entry ON entry.decision_id = signed.decision_id
		WHERE signed.decision_id = wanted.decision_id AND signed.functionary = person.functionary
			AND (entry.method <> 'vote' OR signed.round = wanted.turn));
END;
REVOKE ALL ON FUNCTION steering.waiting_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.waiting_for(name) IS 'whose signatures are wanted, as far as a role may know that who has logged in is, or may become';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.proposal_of(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text, act text, service text, participant text,
	amount numeric, arguments jsonb, reason text, document text, method text, body text, hear_through date, proposed_by text,
	proposed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT waiting.decision, waiting.functionary, waiting.signs_for, waiting.choice, waiting.waiting_participant, entry.act, entry.service,
	entry.participant, entry.amount, entry.arguments, entry.reason, entry.document, entry.method, entry.body, entry.hear_through,
	entry.proposed_by, entry.proposed_at
FROM steering.waiting_for(proposal_of.reader) AS waiting
JOIN steering.decision_record AS entry ON entry.decision_id = waiting.decision
ORDER BY waiting.decision, waiting.functionary, waiting.signs_for;
END;
COMMENT ON FUNCTION steering.proposal_of(name) IS 'what steering.proposal gives a role that who has logged in is, or may become';

CREATE VIEW steering.proposal WITH (security_barrier) AS
SELECT * FROM steering.proposal_of(current_user);
GRANT SELECT ON steering.proposal TO PUBLIC;
COMMENT ON VIEW steering.proposal IS 'what waits for whom: open decisions, one row for each signature that could be given now; those that wait for the role, and those of participants whose figures it may read';
COMMENT ON COLUMN steering.proposal.decision IS 'number of the decision, for steering.sign()';
COMMENT ON COLUMN steering.proposal.functionary IS 'who can sign';
COMMENT ON COLUMN steering.proposal.signs_for IS 'whose signature that is: his own, or his principal''s';
COMMENT ON COLUMN steering.proposal.choice IS 'what he can say';
COMMENT ON COLUMN steering.proposal.waiting_participant IS 'code of the participant that he names in it; null: none';
COMMENT ON COLUMN steering.proposal.act IS 'the act';
COMMENT ON COLUMN steering.proposal.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.proposal.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.proposal.amount IS 'money; null: none';
COMMENT ON COLUMN steering.proposal.arguments IS 'arguments by name: what is signed';
COMMENT ON COLUMN steering.proposal.reason IS 'why';
COMMENT ON COLUMN steering.proposal.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.proposal.method IS 'method when it was proposed';
COMMENT ON COLUMN steering.proposal.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.proposal.hear_through IS 'last day for those who are heard; null: nobody is';
COMMENT ON COLUMN steering.proposal.proposed_by IS 'who proposed it';
COMMENT ON COLUMN steering.proposal.proposed_at IS 'when';

CREATE VIEW steering.decision_problem AS
SELECT named.subject, 'role missing' AS problem,
	format('%s is no role: it gives nobody a right.', quote_ident(named.role)) AS detail, named.hint
FROM (
	SELECT format('mandate %s', mandate.mandate_id) AS subject, mandate.functionary AS role,
		format('create the role, or SELECT steering.revoke_mandate(%s, ''...'')', mandate.mandate_id) AS hint
	FROM steering.mandate
	WHERE mandate.revoked_on IS NULL AND (upper_inf(mandate.during) OR upper(mandate.during) > steering.decision_day())
	UNION ALL
	SELECT format('deputy of %s', quote_ident(deputy.functionary)), role.name, 'create the role, or name another with steering.set_deputy()'
	FROM steering.deputy CROSS JOIN LATERAL (VALUES (deputy.functionary), (deputy.deputy)) AS role (name)
	WHERE upper_inf(deputy.during) OR upper(deputy.during) > steering.decision_day()
	UNION ALL
	SELECT format('body "%s"', body.code), body.chair, 'create the role, or name another chair with steering.set_body()'
	FROM steering.body WHERE body.chair IS NOT NULL
	UNION ALL
	SELECT format('body "%s"', member.body), member.representative, 'create the role, or name another with steering.set_body_member()'
	FROM steering.body_member AS member
	WHERE upper_inf(member.during) OR upper(member.during) > steering.decision_day()
) AS named
WHERE NOT steering.is_role(named.role)
UNION ALL
SELECT format('body "%s"', conflict.body), 'votes out of proportion', format('%s. %s', conflict.message, conflict.detail), conflict.hint
FROM steering.body_conflict AS conflict
UNION ALL
SELECT format('body "%s"', member.body), 'participant missing',
	format('Its member "%s" is not in the register: it has no votes.', member.participant), 'add it to steering.participant'
FROM steering.body_member AS member
WHERE NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = member.participant)
UNION ALL
SELECT format('decision %s', entry.decision_id), 'days are over', 'It waits for nobody any more, and is still open.',
	format('SELECT steering.close_decision(%s)', entry.decision_id)
FROM steering.decision_record AS entry
WHERE entry.state = 'open' AND steering.closing_outcome(entry.decision_id, steering.decision_day()) IS NOT NULL
UNION ALL
SELECT format('rule %s', rule.rule_id), 'nobody can decide',
	format('Act "%s" cannot be decided by it now: %s.', named.act, CASE WHEN rule.method = 'vote' THEN format('body "%s" has no votes', rule.body)
		WHEN rule.method = 'dual' THEN 'it takes two holders of a mandate for it' ELSE 'it takes a holder of a mandate for it' END),
	CASE WHEN rule.method = 'vote' THEN 'name members with steering.set_body_member()' ELSE 'give mandates with steering.set_mandate(), or set another rule' END
FROM steering.rule CROSS JOIN LATERAL unnest(rule.acts) AS named (act)
WHERE rule.during @> steering.decision_day()
	AND CASE rule.method
		WHEN 'vote' THEN NOT EXISTS (SELECT FROM steering.body_vote(rule.body, steering.decision_day()) AS vote
			WHERE vote.votes > 0 AND steering.is_role(vote.representative))
		ELSE (SELECT count(DISTINCT held.holder)
			FROM steering.mandate_on(steering.decision_day()) AS held
			WHERE named.act = ANY (held.acts) AND held.amount_limit >= lower(rule.amounts)) < CASE rule.method WHEN 'dual' THEN 2 ELSE 1 END END
UNION ALL
SELECT format('rule %s', rule.rule_id), 'nobody to be heard',
	format('Body "%s" has no members now: %s.', rule.body, CASE rule.needs WHEN 'consent' THEN 'nobody can give the consents that it takes'
		ELSE 'nobody can give or waive a view, and decisions wait for their last day' END),
	'name members with steering.set_body_member(), or set another rule'
FROM steering.rule
WHERE rule.during @> steering.decision_day() AND rule.method <> 'vote' AND (rule.views_days > 0 OR rule.needs = 'consent')
	AND NOT EXISTS (SELECT FROM steering.body_vote(rule.body, steering.decision_day()))
UNION ALL
SELECT format('rule %s', rule.rule_id), 'scope missing',
	format('It is for %s, which the register does not have: it is for nothing.', missing.what), format('SELECT steering.drop_rule(%s)', rule.rule_id)
FROM steering.rule
CROSS JOIN LATERAL (
	SELECT format('service "%s"', rule.service) WHERE rule.service IS NOT NULL
		AND NOT EXISTS (SELECT FROM steering.service WHERE service.code = rule.service)
	UNION ALL
	SELECT format('participant "%s"', rule.participant) WHERE rule.participant IS NOT NULL
		AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = rule.participant)) AS missing (what)
UNION ALL
SELECT pg_trigger.tgrelid::regclass::text, 'acts not asked about', format('Trigger %I does not fire: what is changed here needs no mandate, and is not recorded.', pg_trigger.tgname),
	format('ALTER TABLE %s ENABLE TRIGGER %I', pg_trigger.tgrelid::regclass, pg_trigger.tgname)
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid = 'steering.guard_act'::regproc AND pg_trigger.tgenabled NOT IN ('O', 'A') AND EXISTS (SELECT FROM steering.rule);
REVOKE ALL ON steering.decision_problem FROM PUBLIC;
COMMENT ON VIEW steering.decision_problem IS 'health(): roles of mandates and bodies that are gone, votes out of proportion, rules by which nobody can decide or be heard, and decisions whose days are over';
COMMENT ON COLUMN steering.decision_problem.subject IS 'a mandate, deputy, body, decision or rule';
COMMENT ON COLUMN steering.decision_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.decision_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.decision_problem.hint IS 'what to do';
-- Who holds the stripes of the counters.

-- PUBLIC may execute it because the view below does, in the name of whoever reads it.
CREATE FUNCTION steering.cap_stripe_scan()
RETURNS TABLE (cap_id integer, stripe integer, used steering.amount, floor steering.amount, ceiling steering.amount,
	depth integer, holder xid, held_by integer)
AS 'MODULE_PATHNAME', 'steering_cap_stripe_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION steering.cap_stripe_scan() IS
'the stripes of all counters as they are now, for who may select from steering.cap; others get no rows. Holder: the transaction that has changed or locked the stripe and is not over; held_by: its process, null where it has none, being prepared or on the primary of this standby';

CREATE VIEW steering.cap_stripe WITH (security_barrier) AS
SELECT stripe.cap_id,
	stripe.stripe,
	stripe.used::numeric AS used,
	CASE WHEN stripe.depth > 0 THEN stripe.floor::numeric END AS floor,
	CASE WHEN stripe.depth > 0 THEN stripe.ceiling::numeric END AS ceiling,
	CASE WHEN stripe.depth > 0 THEN stripe.ceiling::numeric - stripe.used::numeric END AS room,
	stripe.depth,
	stripe.holder IS NOT NULL AS held,
	stripe.held_by,
	prepared.gid AS prepared
FROM steering.cap_stripe_scan() AS stripe
LEFT JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = stripe.holder;
GRANT SELECT ON steering.cap_stripe TO PUBLIC;
COMMENT ON VIEW steering.cap_stripe IS 'the rows that the counter of each cap is divided into, and who holds them now, for who may select from steering.cap; others see no rows';
COMMENT ON COLUMN steering.cap_stripe.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.cap_stripe.stripe IS 'number of the stripe; 0 is always there';
COMMENT ON COLUMN steering.cap_stripe.used IS 'usage counted in it, without what the present transaction has not written yet; the sum over the stripes is the usage of the cap';
COMMENT ON COLUMN steering.cap_stripe.floor IS 'how low it may go without a look at the others; null at depth 0';
COMMENT ON COLUMN steering.cap_stripe.ceiling IS 'how high it may go without a look at the others; null at depth 0';
COMMENT ON COLUMN steering.cap_stripe.room IS 'ceiling minus used; null at depth 0: see headroom of steering.cap_status';
COMMENT ON COLUMN steering.cap_stripe.depth IS 'how often it was divided; 0: it is the whole counter';
COMMENT ON COLUMN steering.cap_stripe.held IS 'whether a transaction that is not over has changed or locked it';
COMMENT ON COLUMN steering.cap_stripe.held_by IS 'pid of the process whose transaction that is; null: nobody, or one without a process';
COMMENT ON COLUMN steering.cap_stripe.prepared IS 'identifier of the prepared transaction that holds it; null: none does';
-- Why a booking is refused.

-- What a role that may book anything is told when it is refused, it may be told here.
CREATE FUNCTION steering.may_book(role oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM steering.source_table JOIN pg_catalog.pg_class ON pg_class.oid = source_table.relation
	WHERE has_any_column_privilege(may_book.role, pg_class.oid, 'INSERT, UPDATE'));
END;
REVOKE ALL ON FUNCTION steering.may_book(oid) FROM PUBLIC;
COMMENT ON FUNCTION steering.may_book(oid) IS 'whether a role may write a column of an attached table itself';

CREATE FUNCTION steering.cap_raisers() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(DISTINCT coalesce(pg_roles.rolname::text, 'PUBLIC')), '{}')
FROM pg_catalog.pg_proc
CROSS JOIN LATERAL aclexplode(coalesce(pg_proc.proacl, acldefault('f', pg_proc.proowner))) AS granted
LEFT JOIN pg_catalog.pg_roles ON pg_roles.oid = granted.grantee
WHERE pg_proc.oid = 'steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean)'::regprocedure
	AND granted.privilege_type = 'EXECUTE' AND pg_roles.rolsuper IS NOT TRUE;
END;
REVOKE ALL ON FUNCTION steering.cap_raisers() FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_raisers() IS 'the roles that set_cap() is granted to, superusers left out; members of these may raise a cap as well';

-- The parts of usage come from the months' sums. Of months that a cap covers in part these cannot say what is its.
CREATE FUNCTION steering.cap_part(caps integer[])
RETURNS TABLE (cap_id integer, stored steering.amount, used steering.amount, commitments steering.amount, counted steering.amount)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric,
		steering.month_of(lower(cap.during)) AS first_month, upper(cap.during) AS end_day,
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
), cell AS (
	SELECT wanted.cap_id, usage_now.amount::numeric AS amount, usage_now.volume::numeric AS volume,
		source.stage = 'commitment' AS is_commitment,
		usage_now.bookings <> 0 AND NOT (usage_now.month >= wanted.whole_from AND usage_now.month < wanted.whole_to) AS is_partly
	FROM wanted
	JOIN service_below ON service_below.top = wanted.service_id
	JOIN participant_below ON participant_below.top = wanted.participant_id
	JOIN steering.usage_now ON usage_now.service_id = service_below.service_id
		AND usage_now.participant_id = participant_below.participant_id
		AND usage_now.month >= wanted.first_month AND usage_now.month < wanted.end_day
	LEFT JOIN steering.source_stage AS source ON source.source_id = usage_now.source_id
), cap_cells AS (
	SELECT cell.cap_id, sum(cell.amount) AS amount, sum(cell.volume) AS volume, bool_or(cell.is_partly) AS is_partly,
		sum(cell.amount) FILTER (WHERE cell.is_commitment) AS committed_amount,
		sum(cell.volume) FILTER (WHERE cell.is_commitment) AS committed_volume,
		bool_or(cell.is_partly) FILTER (WHERE cell.is_commitment) AS is_committed_partly
	FROM cell
	GROUP BY cell.cap_id
), summed AS (
	SELECT wanted.cap_id, cap_cells.is_partly, cap_cells.is_committed_partly,
		coalesce(steering.metric_part(wanted.metric, cap_cells.amount, cap_cells.volume), 0) AS counted,
		coalesce(steering.metric_part(wanted.metric, cap_cells.committed_amount, cap_cells.committed_volume), 0) AS commitments
	FROM wanted
	LEFT JOIN cap_cells ON cap_cells.cap_id = wanted.cap_id
), written AS (
	SELECT cap_counter.cap_id, steering.sum(cap_counter.used) AS used
	FROM steering.cap_counter
	WHERE cap_counter.cap_id = ANY (caps)
	GROUP BY cap_counter.cap_id
)
-- A sum that fits no amount is as good as not known.
SELECT summed.cap_id, written.used, cap_usage.used,
	CASE WHEN summed.is_committed_partly IS NOT TRUE AND abs(summed.commitments) < 922337203685477
		THEN summed.commitments::steering.amount END,
	CASE WHEN summed.is_partly IS NOT TRUE AND abs(summed.counted) < 922337203685477
		THEN summed.counted::steering.amount END
FROM summed
JOIN written ON written.cap_id = summed.cap_id
JOIN steering.cap_usage ON cap_usage.cap_id = summed.cap_id AND cap_usage.cap_id = ANY (caps);
END;
REVOKE ALL ON FUNCTION steering.cap_part(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_part(integer[]) IS
'what usage of these caps is made of: as it is stored, that and what the present transaction has not written yet, what of that is commitments, and what the months'' sums come to; these two null where a cap covers a month with such bookings in part';

CREATE FUNCTION steering.why_refused(service text, participant text, booked_on date,
	amount numeric DEFAULT 0, volume numeric DEFAULT 0)
RETURNS TABLE (reason text, sqlstate text, cap_id integer, service text, participant text, metric text, valid_from date,
	valid_to date, amount numeric, blocks_at numeric, stored numeric, unwritten numeric, own numeric, commitments numeric,
	after numeric, missing numeric, verdict text, stripes integer, held integer, held_by integer[], raised_by text[],
	explanation text)
AS 'MODULE_PATHNAME', 'steering_why_refused'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.why_refused(text, text, date, numeric, numeric) IS
'everything that speaks for or against a booking, one row each, without booking; a row with a SQLSTATE is a reason to refuse it, and the first of them is what a statement would be told, as far as the role may know. Reason: unknown_service, unknown_participant, date_not_finite, service_not_valid, participant_not_valid (23S73), cap_required (23S71), closed_period (23S74), cap (23S71, 23S72 where the verdict is block), hidden_cap (applies, and the role may not read its figures), hidden_caps (the role may not know whether there are any), no_cap, stale_snapshot (40001), drift (stored usage is not what the months'' sums come to: verify()). Of a cap: its limit, the threshold above which it blocks (null: never), usage as stored, what the present transaction has not written yet, what that has booked in all (own), what of usage is commitments (null: not known, the cap covers a month in part), usage after the booking, how much that is too much (missing), the verdict (ok, notify, warn, block), into how many stripes its counter is divided, how many of them other transactions hold, and by which processes (as far as the role may know: who may select from steering.cap, and whose role it is), and the roles that may raise it. Error: 22004 null, 22003 an amount that is none';
-- What a role needs to make a dump.

CREATE FUNCTION steering.grant_backup(role regrole) RETURNS void
AS 'MODULE_PATHNAME', 'steering_grant_backup'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.grant_backup(regrole) FROM PUBLIC;
COMMENT ON FUNCTION steering.grant_backup(regrole) IS
'grants a role SELECT on all tables and sequences of the extension, which pg_dump reads; so it may read every figure. To be called again after ALTER EXTENSION UPDATE. Roles with pg_read_all_data need nothing. Taken back by REVOKE SELECT ON ALL TABLES IN SCHEMA steering and ON ALL SEQUENCES IN SCHEMA steering. Errors: 22004 null';
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
	steering.require_given(set_alias.code IS NOT NULL, 'code'), steering.require_days(set_alias.during::daterange);
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
-- What happened to sources: a table was attached, detached, lost with its table, and found again. Written by C alone,
-- and read by way of the view steering.source_event.

-- Names of tables and roles, not numbers: they are to be found again after a restore.
CREATE TABLE steering.source_event_log (
	event_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT source_event_log_pkey PRIMARY KEY,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('attached', 'detached', 'lost', 'found')),
	source_id integer NOT NULL,
	relation text NOT NULL,
	owner steering.role_reference,
	mapping jsonb NOT NULL,
	closed jsonb,
	role_name name NOT NULL DEFAULT session_user,
	acted_as name NOT NULL
);
REVOKE ALL ON steering.source_event_log FROM PUBLIC;
CREATE INDEX source_event_log_relation_idx ON steering.source_event_log (relation, event_id);
CREATE INDEX source_event_log_source_id_idx ON steering.source_event_log (source_id, event_id);
SELECT pg_catalog.pg_extension_config_dump('steering.source_event_log', '');
SELECT pg_catalog.pg_extension_config_dump('steering.source_event_log_event_id_seq', '');
COMMENT ON TABLE steering.source_event_log IS 'what happened to sources; steering.source_event shows each role those that it may read';
COMMENT ON COLUMN steering.source_event_log.event_id IS 'number of the event';
COMMENT ON COLUMN steering.source_event_log.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.source_event_log.kind IS 'attached: by attach(); detached: by detach() or detach_missing(), or its booking table was dropped with its query; lost: its table was dropped; found: a table of its name was attached again by this mapping';
COMMENT ON COLUMN steering.source_event_log.source_id IS 'number of the source; it may be gone';
COMMENT ON COLUMN steering.source_event_log.relation IS 'name of its table then, qualified, quoted where needed';
COMMENT ON COLUMN steering.source_event_log.owner IS 'who owned the table then; null: nobody knows';
COMMENT ON COLUMN steering.source_event_log.mapping IS 'the arguments of attach(), as steering.source had them';
COMMENT ON COLUMN steering.source_event_log.closed IS 'of what was lost: its usage in periods that were closed then, by service, participant and month; null: none';
COMMENT ON COLUMN steering.source_event_log.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.source_event_log.acted_as IS 'the role that he acted as';

CREATE VIEW steering.source_event WITH (security_barrier) AS
SELECT source_event_log.event_id,
	source_event_log.recorded_at,
	source_event_log.kind,
	source_event_log.source_id,
	source_event_log.relation,
	source_event_log.owner::text AS owner,
	source_event_log.mapping,
	source_event_log.role_name,
	source_event_log.acted_as
FROM steering.source_event_log
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR pg_has_role(source_event_log.owner::oid, 'USAGE');
REVOKE ALL ON steering.source_event FROM PUBLIC;
GRANT SELECT ON steering.source_event TO PUBLIC;
COMMENT ON VIEW steering.source_event IS 'what happened to sources: attached, detached, lost with their table, found again. Who may read every figure sees all, others those of tables whose owner they are';
COMMENT ON COLUMN steering.source_event.event_id IS 'number of the event';
COMMENT ON COLUMN steering.source_event.recorded_at IS 'when it was recorded; it counts from the commit of its transaction';
COMMENT ON COLUMN steering.source_event.kind IS 'attached: by attach(); detached: by detach() or detach_missing(), or its booking table was dropped with its query; lost: its table was dropped; found: a table of its name was attached again by this mapping';
COMMENT ON COLUMN steering.source_event.source_id IS 'number of the source; it may be gone';
COMMENT ON COLUMN steering.source_event.relation IS 'name of its table then, qualified, quoted where needed';
COMMENT ON COLUMN steering.source_event.owner IS 'who owned the table then; null: nobody knows';
COMMENT ON COLUMN steering.source_event.mapping IS 'the arguments of attach()';
COMMENT ON COLUMN steering.source_event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.source_event.acted_as IS 'the role that he acted as';

-- Of each name the last event counts: who attaches another table under it has found what he wants.
CREATE VIEW steering.lost_source AS
SELECT last.event_id, last.source_id, last.relation, last.owner, last.mapping,
	(SELECT max(closed.event_id)
	 FROM steering.source_event_log AS closed
	 WHERE closed.relation = last.relation AND closed.closed IS NOT NULL) AS closed_event
FROM (SELECT DISTINCT ON (source_event_log.relation) source_event_log.*
	FROM steering.source_event_log
	ORDER BY source_event_log.relation, source_event_log.event_id DESC) AS last
WHERE last.kind = 'lost';
REVOKE ALL ON steering.lost_source FROM PUBLIC;
COMMENT ON VIEW steering.lost_source IS 'sources whose table was dropped, as they were';
COMMENT ON COLUMN steering.lost_source.event_id IS 'number of the event';
COMMENT ON COLUMN steering.lost_source.source_id IS 'number that the source had';
COMMENT ON COLUMN steering.lost_source.relation IS 'name of its table';
COMMENT ON COLUMN steering.lost_source.owner IS 'who owned the table; null: nobody knows';
COMMENT ON COLUMN steering.lost_source.mapping IS 'the arguments of attach()';
COMMENT ON COLUMN steering.lost_source.closed_event IS 'the event that has its usage in closed periods, which it may have lost earlier; null: none';

-- Tables that belong to no source, as events call them.
CREATE VIEW steering.unattached_table AS
SELECT pg_class.oid AS relation, format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name, pg_class.relowner AS owner,
	pg_class.relnamespace AS schema
FROM pg_catalog.pg_class
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_class.relkind IN ('r', 'p')
	AND NOT EXISTS (SELECT FROM steering.source_table WHERE source_table.relation = pg_class.oid);
REVOKE ALL ON steering.unattached_table FROM PUBLIC;
COMMENT ON VIEW steering.unattached_table IS 'tables that belong to no source';
COMMENT ON COLUMN steering.unattached_table.relation IS 'number of the table';
COMMENT ON COLUMN steering.unattached_table.name IS 'its name, qualified, quoted where needed';
COMMENT ON COLUMN steering.unattached_table.owner IS 'who owns it';
COMMENT ON COLUMN steering.unattached_table.schema IS 'number of its schema';

CREATE VIEW steering.lost_problem AS
SELECT unattached_table.name AS subject, 'not attached' AS problem,
	'The source of this name was dropped with its table, and this table was made since: its rows count nowhere.' AS detail,
	concat(CASE WHEN lost_source.owner::oid = unattached_table.owner
				THEN format('SELECT steering.reattach(%L), or attach() it otherwise', unattached_table.name)
				ELSE format('attach() it: it is owned by %I, and the table that was dropped by %s', pg_get_userbyid(unattached_table.owner),
							coalesce(lost_source.owner::text, 'somebody unknown')) END,
		   format('; if it is to be no source, SELECT steering.detach_missing(%L)', unattached_table.name)) AS hint
FROM steering.lost_source
JOIN steering.unattached_table ON unattached_table.name = lost_source.relation
UNION ALL
SELECT unattached_table.name, 'not attached',
	format('Source %s had this name when it was attached. The table that has it now was made or renamed since: its rows count nowhere.', source.relation),
	format('DROP TABLE %1$s, then SELECT steering.reattach(%2$L); or SELECT steering.detach(%3$L) and attach() this one', source.relation,
		   unattached_table.name, source.relation)
FROM steering.source
JOIN LATERAL (
	SELECT source_event_log.relation
	FROM steering.source_event_log
	WHERE source_event_log.source_id = source.source_id AND source_event_log.kind IN ('attached', 'found')
	ORDER BY source_event_log.event_id DESC
	LIMIT 1) AS named ON true
JOIN steering.unattached_table ON unattached_table.name = named.relation;
REVOKE ALL ON steering.lost_problem FROM PUBLIC;
COMMENT ON VIEW steering.lost_problem IS 'health(): tables that stand where a source was, and are none';
COMMENT ON COLUMN steering.lost_problem.subject IS 'a table';
COMMENT ON COLUMN steering.lost_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.lost_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.lost_problem.hint IS 'what to do';
-- Refusals of bookings, kept although their transactions were rolled back.

-- A worker writes it, sp71_steering.record_refusals = 'table'. The figures are for who may read them: hence the view.
CREATE TABLE steering.refusal_log (
    refusal_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT refusal_log_pkey PRIMARY KEY,
    refused_at timestamptz NOT NULL,
    kind text NOT NULL,
    sqlstate text NOT NULL,
    cap_id integer,
    metric text,
    source text,
    service text,
    participant text,
    booked_on date,
    asked steering.amount,
    too_much steering.amount,
    session_name text,
    role_name text,
    application_name text
);
REVOKE ALL ON steering.refusal_log FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.refusal_log', '');
SELECT pg_catalog.pg_extension_config_dump('steering.refusal_log_refusal_id_seq', '');
COMMENT ON TABLE steering.refusal_log IS 'bookings that were refused, as a background worker wrote them; the view refusal shows them';
COMMENT ON COLUMN steering.refusal_log.refusal_id IS 'number of the refusal';
COMMENT ON COLUMN steering.refusal_log.refused_at IS 'when it was refused';
COMMENT ON COLUMN steering.refusal_log.kind IS 'cap: one would be exceeded; no cap: the service requires one; unknown key: service, participant or day; closed period';
COMMENT ON COLUMN steering.refusal_log.sqlstate IS 'of the error';
COMMENT ON COLUMN steering.refusal_log.cap_id IS 'number of the cap; null: none refused; it may be gone';
COMMENT ON COLUMN steering.refusal_log.metric IS 'budget or volume, of the cap';
COMMENT ON COLUMN steering.refusal_log.source IS 'the finance table, as it was called then';
COMMENT ON COLUMN steering.refusal_log.service IS 'code of the service: that of the cap; else as the row has it';
COMMENT ON COLUMN steering.refusal_log.participant IS 'code of the participant: that of the cap; else as the row has it';
COMMENT ON COLUMN steering.refusal_log.booked_on IS 'day of the booking, where one day was refused';
COMMENT ON COLUMN steering.refusal_log.asked IS 'what the statement, or the transaction at its commit, would have added to the usage of the cap';
COMMENT ON COLUMN steering.refusal_log.too_much IS 'by how much the cap would have been exceeded';
COMMENT ON COLUMN steering.refusal_log.session_name IS 'who had logged in';
COMMENT ON COLUMN steering.refusal_log.role_name IS 'in whose name the statement ran';
COMMENT ON COLUMN steering.refusal_log.application_name IS 'as the client called itself';

-- The handle of the shared memory in which sessions find the worker's queue; 0: there is none. A sequence, since
-- what it says does not depend on transactions, and leaves no dead rows.
CREATE SEQUENCE steering.refusal_queue AS bigint MINVALUE 0 START WITH 0 NO CYCLE;
REVOKE ALL ON SEQUENCE steering.refusal_queue FROM PUBLIC;
COMMENT ON SEQUENCE steering.refusal_queue IS 'where the worker that writes refusals is to be found';

-- A sequence, since it is counted by transactions that are rolled back.
CREATE SEQUENCE steering.refusal_lost AS bigint;
REVOKE ALL ON SEQUENCE steering.refusal_lost FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.refusal_lost', '');
COMMENT ON SEQUENCE steering.refusal_lost IS 'how many refusals are not in the table, since they came faster than they could be written, or no worker could be started; after a crash up to 32 more';

-- Columns with figures are expressions, as those of the view event, so that the planner tells nobody of others'.
CREATE VIEW steering.refusal WITH (security_barrier) AS
SELECT refusal_log.refusal_id,
	refusal_log.refused_at,
	refusal_log.kind,
	refusal_log.sqlstate,
	refusal_log.cap_id,
	refusal_log.metric,
	refusal_log.source,
	refusal_log.service,
	refusal_log.participant,
	refusal_log.booked_on,
	CASE WHEN shown.is_readable THEN refusal_log.asked::numeric END AS asked,
	CASE WHEN shown.is_readable THEN refusal_log.too_much::numeric END AS too_much,
	refusal_log.session_name,
	refusal_log.role_name,
	refusal_log.application_name
FROM steering.refusal_log
CROSS JOIN LATERAL (
	SELECT (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR coalesce(refusal_log.participant IN (SELECT readable_participant.code FROM steering.readable_participant), false)
		AS is_readable) AS shown
WHERE shown.is_readable OR refusal_log.session_name = session_user;
REVOKE ALL ON steering.refusal FROM PUBLIC;
GRANT SELECT ON steering.refusal TO PUBLIC;
COMMENT ON VIEW steering.refusal IS 'bookings that were refused, where sp71_steering.record_refusals is table: each role sees its own, and those of participants whose figures it may read';
COMMENT ON COLUMN steering.refusal.refusal_id IS 'number of the refusal; one that several caps refused has a row for each, up to ten';
COMMENT ON COLUMN steering.refusal.refused_at IS 'when it was refused';
COMMENT ON COLUMN steering.refusal.kind IS 'cap: one would be exceeded; no cap: the service requires one; unknown key: service, participant or day; closed period';
COMMENT ON COLUMN steering.refusal.sqlstate IS 'of the error';
COMMENT ON COLUMN steering.refusal.cap_id IS 'number of the cap; null: none refused; it may be gone';
COMMENT ON COLUMN steering.refusal.metric IS 'budget or volume, of the cap';
COMMENT ON COLUMN steering.refusal.source IS 'the finance table, as it was called then';
COMMENT ON COLUMN steering.refusal.service IS 'code of the service: that of the cap; else as the row has it';
COMMENT ON COLUMN steering.refusal.participant IS 'code of the participant: that of the cap; else as the row has it';
COMMENT ON COLUMN steering.refusal.booked_on IS 'day of the booking, where one day was refused';
COMMENT ON COLUMN steering.refusal.asked IS 'what the statement, or the transaction at its commit, would have added to the usage of the cap; null for who may not read it';
COMMENT ON COLUMN steering.refusal.too_much IS 'by how much the cap would have been exceeded; null for who may not read it';
COMMENT ON COLUMN steering.refusal.session_name IS 'who had logged in';
COMMENT ON COLUMN steering.refusal.role_name IS 'in whose name the statement ran';
COMMENT ON COLUMN steering.refusal.application_name IS 'as the client called itself';

CREATE FUNCTION steering.forget_refusals(before timestamptz DEFAULT 'infinity') RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_forget_refusals'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.forget_refusals(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION steering.forget_refusals(timestamptz) IS
'deletes the refusals that were kept before a moment (default: all) and returns how many; counts those that did not come into the table anew. Errors: 22004 null';

CREATE VIEW steering.refusal_problem AS
SELECT 'refusals' AS subject, 'not in the table' AS problem,
	format('%s refusals came faster than they could be written, or while no worker could be started.', refusal_lost.last_value) AS detail,
	'the server''s log has the errors, and lines with "sp71_steering refusal"; raise max_worker_processes if no worker could be started; SELECT steering.forget_refusals() counts anew' AS hint
FROM steering.refusal_lost
WHERE refusal_lost.is_called;
REVOKE ALL ON steering.refusal_problem FROM PUBLIC;
COMMENT ON VIEW steering.refusal_problem IS 'health(): refusals that were not kept in the table';
COMMENT ON COLUMN steering.refusal_problem.subject IS 'refusals';
COMMENT ON COLUMN steering.refusal_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.refusal_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.refusal_problem.hint IS 'what to do';
-- Granting and revoking overrides; who granted them, and what was drawn of them.

CREATE FUNCTION steering.grant_override(cap integer, amount numeric, until timestamptz, reason text, uses integer DEFAULT 1)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_grant_override'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.grant_override(integer, numeric, timestamptz, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.grant_override(integer, numeric, timestamptz, text, integer) IS
'lets bookings go above the threshold at which a cap blocks: by this amount in all, in statements that begin before a moment, in so many transactions; returns the number of the override. Only what needs it draws of it, and what was drawn stays drawn; what is left lapses. The cap itself stays as it is. Errors: 22004 null, 42704 no such cap, 22023 amount or uses not positive, more than four decimals, a moment that is past or none, a cap that never blocks, 40001 concurrent change';

CREATE FUNCTION steering.revoke_override(override integer, reason text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_revoke_override'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.revoke_override(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.revoke_override(integer, text) IS
'ends an override: what is left of it cannot be drawn any more, what was drawn stays. Waits for bookings that draw of it. Errors: 22004 null, 42704 no such override, 55000 it was revoked already, 40001 concurrent change';

CREATE VIEW steering.override_status WITH (security_barrier) AS
SELECT override_grant.override_id AS id,
	override_grant.cap_id,
	service.code AS service,
	participant.code AS participant,
	cap.metric,
	override_grant.amount::numeric AS amount,
	override_left.drawn,
	CASE override_left.state WHEN 'open' THEN override_left.remaining ELSE 0 END AS room,
	override_grant.until,
	override_grant.uses,
	override_left.transactions,
	override_left.state,
	override_grant.reason,
	override_grant.granted_by,
	override_grant.granted_at,
	override_grant.revoked_by,
	override_grant.revoked_at,
	override_grant.revoke_reason
FROM steering.override_grant
JOIN steering.override_left ON override_left.override_id = override_grant.override_id
JOIN steering.cap ON cap.cap_id = override_grant.cap_id
JOIN steering.service ON service.service_id = cap.service_id
JOIN steering.participant ON participant.participant_id = cap.participant_id
WHERE cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.override_status TO PUBLIC;
COMMENT ON VIEW steering.override_status IS 'overrides of the caps that the role may read';
COMMENT ON COLUMN steering.override_status.id IS 'number of the override';
COMMENT ON COLUMN steering.override_status.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.override_status.service IS 'code of its service';
COMMENT ON COLUMN steering.override_status.participant IS 'code of its participant';
COMMENT ON COLUMN steering.override_status.metric IS 'budget (money) or volume (units of the service)';
COMMENT ON COLUMN steering.override_status.amount IS 'how much may be drawn in all';
COMMENT ON COLUMN steering.override_status.drawn IS 'how much was drawn';
COMMENT ON COLUMN steering.override_status.room IS 'how much can still be drawn now';
COMMENT ON COLUMN steering.override_status.until IS 'statements that begin at this moment or later draw nothing any more';
COMMENT ON COLUMN steering.override_status.uses IS 'how many transactions may draw of it';
COMMENT ON COLUMN steering.override_status.transactions IS 'how many have';
COMMENT ON COLUMN steering.override_status.state IS 'open, used (up), lapsed or revoked';
COMMENT ON COLUMN steering.override_status.reason IS 'why it was granted';
COMMENT ON COLUMN steering.override_status.granted_by IS 'who had logged in and granted it';
COMMENT ON COLUMN steering.override_status.granted_at IS 'when';
COMMENT ON COLUMN steering.override_status.revoked_by IS 'who had logged in and revoked it; null: it was not revoked';
COMMENT ON COLUMN steering.override_status.revoked_at IS 'when; null: it was not revoked';
COMMENT ON COLUMN steering.override_status.revoke_reason IS 'why; null: it was not revoked, or not said';

CREATE VIEW steering.override_draw WITH (security_barrier) AS
SELECT override_use.override_id AS override,
	override_status.cap_id,
	override_use.use_number,
	override_use.amount::numeric AS amount,
	override_use.used::numeric AS used,
	override_use.relation AS source,
	override_use.statement_at,
	override_use.transaction,
	override_use.role_name
FROM steering.override_use
JOIN steering.override_status ON override_status.id = override_use.override_id;
GRANT SELECT ON steering.override_draw TO PUBLIC;
COMMENT ON VIEW steering.override_draw IS 'what bookings have drawn of the overrides that the role may read';
COMMENT ON COLUMN steering.override_draw.override IS 'number of the override';
COMMENT ON COLUMN steering.override_draw.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.override_draw.use_number IS 'the how manieth transaction that drew of it';
COMMENT ON COLUMN steering.override_draw.amount IS 'how much';
COMMENT ON COLUMN steering.override_draw.used IS 'usage of the cap after the statement, or the transaction';
COMMENT ON COLUMN steering.override_draw.source IS 'the table that was written';
COMMENT ON COLUMN steering.override_draw.statement_at IS 'when the statement began, or the COMMIT where that is what judged it';
COMMENT ON COLUMN steering.override_draw.transaction IS 'number of the transaction, in the server that it ran on';
COMMENT ON COLUMN steering.override_draw.role_name IS 'who had logged in';

CREATE FUNCTION steering.question_of_override(was steering.override_grant, becomes steering.override_grant) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN was.override_id IS NULL THEN 'grant_override' ELSE 'revoke_override' END,
	steering.service_code(cap.service_id), steering.participant_code(cap.participant_id),
	CASE WHEN was.override_id IS NULL AND cap.metric = 'budget' THEN becomes.amount::numeric END,
	CASE WHEN was.override_id IS NULL
		THEN jsonb_build_object('cap', becomes.cap_id, 'amount', becomes.amount::numeric, 'until', becomes.until, 'reason', becomes.reason,
			'uses', becomes.uses)
		ELSE jsonb_build_object('override', becomes.override_id, 'reason', becomes.revoke_reason) END
FROM steering.cap
WHERE cap.cap_id = becomes.cap_id;
END;
REVOKE ALL ON FUNCTION steering.question_of_override(steering.override_grant, steering.override_grant) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_override(steering.override_grant, steering.override_grant) IS 'grant_override: by its amount; revoke_override';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.override_grant
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_override');
-- Reserving, posting, voiding; what became of reservations, and those that nobody cares for.

CREATE FUNCTION steering.reserve(service text, participant text, booked_on date, amount numeric, volume numeric DEFAULT 0,
	expires timestamptz DEFAULT NULL, reference text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_reserve'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reserve(text, text, date, numeric, numeric, timestamptz, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reserve(text, text, date, numeric, numeric, timestamptz, text) IS
'holds an amount and a volume under the caps over a booking on that day, until it is posted, voided, or has expired; returns the number of the reservation. It is a booking, a commitment, and refused as one. Errors: 22004 null, 22023 unknown code, negative or nothing, more than four decimals, a moment that is past or none, those of steering.book()';

CREATE FUNCTION steering.post_reservation(reservation integer, amount numeric DEFAULT NULL, volume numeric DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'steering_post_reservation'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.post_reservation(integer, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.post_reservation(integer, numeric, numeric) IS
'spends what was reserved, or a part of it (null: all): the rest is released, and there is no second time. It needs no room. Errors, the first that applies: 22004 null, 42704 no such reservation, 22023 more than was reserved, or negative, 55000 it was posted, was voided, or has expired, 23S74 its day is in a closed period, 40001 concurrent change';

CREATE FUNCTION steering.void_reservation(reservation integer) RETURNS void
AS 'MODULE_PATHNAME', 'steering_void_reservation'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.void_reservation(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.void_reservation(integer) IS
'releases a reservation. Errors, the first that applies: 22004 null, 42704 no such reservation, 55000 it was posted, was voided, or has expired, 40001 concurrent change';

CREATE FUNCTION steering.release_expired(most integer DEFAULT 10000) RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_release_expired'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.release_expired(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.release_expired(integer) IS
'takes reservations that have expired out of stored usage, those first that expired first, and returns how many: leaves out those that somebody else is changing. They count for nothing without it; it is for a schedule, so that they are not looked at again. Errors: 22004 null, 22023 not positive, 40001 concurrent change';

CREATE VIEW steering.reservation_status WITH (security_barrier) AS
SELECT reservation.reservation_id AS id,
	reservation.service,
	reservation.participant,
	reservation.booked_on,
	reservation.amount::numeric AS amount,
	reservation.volume::numeric AS volume,
	CASE WHEN reservation.state = 'open' AND reservation.expires <= statement_timestamp() THEN 'expired' ELSE reservation.state END AS state,
	reservation.expires,
	reservation_post.amount::numeric AS posted_amount,
	reservation_post.volume::numeric AS posted_volume,
	reservation.reference,
	reservation.made_by,
	reservation.made_at,
	reservation.resolved_by,
	reservation.resolved_at
FROM steering.reservation
LEFT JOIN steering.reservation_post ON reservation_post.reservation_id = reservation.reservation_id
WHERE reservation.made_by = session_user
	OR reservation.participant IN (SELECT readable_participant.code FROM steering.readable_participant);
GRANT SELECT ON steering.reservation_status TO PUBLIC;
COMMENT ON VIEW steering.reservation_status IS 'reservations: those of participants whose figures the role may read, and those that who has logged in made';
COMMENT ON COLUMN steering.reservation_status.id IS 'number of the reservation';
COMMENT ON COLUMN steering.reservation_status.service IS 'code of the service';
COMMENT ON COLUMN steering.reservation_status.participant IS 'code of the participant';
COMMENT ON COLUMN steering.reservation_status.booked_on IS 'the day that decides which caps apply';
COMMENT ON COLUMN steering.reservation_status.amount IS 'money that was reserved';
COMMENT ON COLUMN steering.reservation_status.volume IS 'units of the service that were reserved';
COMMENT ON COLUMN steering.reservation_status.state IS 'open, posted, voided or expired';
COMMENT ON COLUMN steering.reservation_status.expires IS 'from this moment on it counts for nothing; null: it does not expire';
COMMENT ON COLUMN steering.reservation_status.posted_amount IS 'money that was spent of it; null: it was not posted';
COMMENT ON COLUMN steering.reservation_status.posted_volume IS 'units that were spent of it; null: it was not posted';
COMMENT ON COLUMN steering.reservation_status.reference IS 'what it is for; null: not said';
COMMENT ON COLUMN steering.reservation_status.made_by IS 'who had logged in and reserved';
COMMENT ON COLUMN steering.reservation_status.made_at IS 'when';
COMMENT ON COLUMN steering.reservation_status.resolved_by IS 'who had logged in and posted, voided or released it; null: nobody yet';
COMMENT ON COLUMN steering.reservation_status.resolved_at IS 'when; null: not yet';

CREATE VIEW steering.reservation_problem AS
SELECT format('reservation %s', reservation.reservation_id) AS subject, 'orphaned' AS problem,
	format('It holds amount %s, volume %s of service "%s" for participant "%s" on %s, does not expire, and the month of that day is over.',
		reservation.amount::numeric, reservation.volume::numeric, reservation.service, reservation.participant, reservation.booked_on) AS detail,
	format('SELECT steering.post_reservation(%1$s), or SELECT steering.void_reservation(%1$s)', reservation.reservation_id) AS hint
FROM steering.reservation
WHERE reservation.state = 'open' AND reservation.expires IS NULL
	AND steering.month_of(reservation.booked_on) < steering.month_of(steering.decision_day())
UNION ALL
SELECT 'reservations', 'expired and not released',
	format('%s that expired more than a day ago count for nothing, but are looked at again by each booking that needs their room.', count(*)),
	'SELECT steering.release_expired(), by a schedule'
FROM steering.reservation
WHERE reservation.state = 'open' AND reservation.expires < statement_timestamp() - interval '1 day'
HAVING count(*) > 0;
REVOKE ALL ON steering.reservation_problem FROM PUBLIC;
COMMENT ON VIEW steering.reservation_problem IS 'health(): reservations that nobody cares for';
COMMENT ON COLUMN steering.reservation_problem.subject IS 'a reservation, or all';
COMMENT ON COLUMN steering.reservation_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.reservation_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.reservation_problem.hint IS 'what to do';
-- amendment.sql
-- Amendments: a budget is changed as a whole, and what it was, by how much it changed and why stays on record. Transfers, and
-- what is carried to another period, are recorded here as well.

CREATE TABLE steering.amendment_record (
	amendment_id integer GENERATED BY DEFAULT AS IDENTITY CONSTRAINT amendment_record_pkey PRIMARY KEY,
	kind text NOT NULL CONSTRAINT amendment_kind_known
		CHECK (kind IN ('policy', 'neutral', 'reserve', 'technical', 'transfer', 'carry_forward')),
	during daterange NOT NULL CONSTRAINT amendment_during_not_empty CHECK (NOT isempty(during)),
	number text,
	reason text NOT NULL,
	document text,
	service text,
	participant text,
	amount numeric,
	decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	CONSTRAINT amendment_number_key UNIQUE (during, number),
	CONSTRAINT amendment_has_number CHECK ((number IS NULL) = (kind IN ('transfer', 'carry_forward')))
);
REVOKE ALL ON steering.amendment_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.amendment_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.amendment_record_amendment_id_seq', '');
COMMENT ON TABLE steering.amendment_record IS 'acts that changed the limits of several caps, written by amend(), transfer() and carry_forward() alone; who may select from it may read all';
COMMENT ON COLUMN steering.amendment_record.amendment_id IS 'number of the act';
COMMENT ON COLUMN steering.amendment_record.kind IS 'of an amendment: policy, neutral, reserve or technical; or transfer, or carry_forward';
COMMENT ON COLUMN steering.amendment_record.during IS 'the period; of a transfer the days that both caps have in common; of a carry-forward the old period';
COMMENT ON COLUMN steering.amendment_record.number IS 'what the amendment is called in its period; null: it is none';
COMMENT ON COLUMN steering.amendment_record.reason IS 'why';
COMMENT ON COLUMN steering.amendment_record.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.amendment_record.service IS 'code of the nearest service above all of its caps; null: there is none';
COMMENT ON COLUMN steering.amendment_record.participant IS 'code of the nearest participant above all of its caps; null: there is none';
COMMENT ON COLUMN steering.amendment_record.amount IS 'money by which limits changed, without signs: of an amendment all, of what goes from one cap to another once; null: only volumes changed';
COMMENT ON COLUMN steering.amendment_record.decided_at IS 'when';
COMMENT ON COLUMN steering.amendment_record.role_name IS 'who had logged in';

CREATE TABLE steering.amendment_line (
	event_id bigint CONSTRAINT amendment_line_pkey PRIMARY KEY,
	amendment_id integer NOT NULL,
	cap_id integer NOT NULL,
	mutation steering.amount NOT NULL,
	CONSTRAINT amendment_line_once UNIQUE (amendment_id, cap_id)
);
REVOKE ALL ON steering.amendment_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.amendment_line', '');
COMMENT ON TABLE steering.amendment_line IS 'what these acts did to each cap, written with them; who may select from it may read all';
COMMENT ON COLUMN steering.amendment_line.event_id IS 'the event of the cap, which has its limit after it';
COMMENT ON COLUMN steering.amendment_line.amendment_id IS 'number of the act';
COMMENT ON COLUMN steering.amendment_line.cap_id IS 'the cap';
COMMENT ON COLUMN steering.amendment_line.mutation IS 'by how much its limit changed';

-- What spans several services or participants is a matter of what is above all of them. What goes from one cap to another has
-- two lines, and counts once.
CREATE FUNCTION steering.amendment_scope(amendment integer, kind text) RETURNS TABLE (service text, participant text, amount numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH line AS MATERIALIZED (
	SELECT cap.service_id, cap.participant_id, cap.metric, amendment_line.mutation::numeric AS mutation
	FROM steering.amendment_line JOIN steering.cap ON cap.cap_id = amendment_line.cap_id
	WHERE amendment_line.amendment_id = amendment_scope.amendment
), service_line AS (
	SELECT DISTINCT line.service_id FROM line
), participant_line AS (
	SELECT DISTINCT line.participant_id FROM line
)
SELECT (SELECT above.code
		FROM service_line CROSS JOIN LATERAL steering.service_above(steering.service_code(service_line.service_id)) AS above
		GROUP BY above.code HAVING count(*) = (SELECT count(*) FROM service_line)
		ORDER BY sum(above.depth) LIMIT 1),
	(SELECT above.code
		FROM participant_line CROSS JOIN LATERAL steering.participant_above(steering.participant_code(participant_line.participant_id)) AS above
		GROUP BY above.code HAVING count(*) = (SELECT count(*) FROM participant_line)
		ORDER BY sum(above.depth) LIMIT 1),
	(SELECT sum(abs(line.mutation)) / CASE WHEN amendment_scope.kind IN ('transfer', 'carry_forward') THEN 2 ELSE 1 END
		FROM line WHERE line.metric = 'budget');
END;
REVOKE ALL ON FUNCTION steering.amendment_scope(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.amendment_scope(integer, text) IS 'the nearest service and participant above all caps of an act, and its amount; null: none';

CREATE FUNCTION steering.question_of_amendment(was steering.amendment_record, becomes steering.amendment_record) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.kind IN ('transfer', 'carry_forward') THEN becomes.kind ELSE 'amend' END, becomes.service, becomes.participant,
	becomes.amount,
	jsonb_strip_nulls(jsonb_build_object('amendment', becomes.amendment_id, 'kind', becomes.kind, 'number', becomes.number,
		'during', becomes.during::text, 'document', becomes.document,
		'lines', (SELECT jsonb_agg(jsonb_build_object('cap', line.cap_id, 'mutation', line.mutation::numeric) ORDER BY line.cap_id)
			FROM steering.amendment_line AS line WHERE line.amendment_id = becomes.amendment_id)));
END;
REVOKE ALL ON FUNCTION steering.question_of_amendment(steering.amendment_record, steering.amendment_record) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_amendment(steering.amendment_record, steering.amendment_record) IS
'amend, transfer, carry_forward: as one act, of the nearest service and participant above all of its caps';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.amendment_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_amendment');

CREATE FUNCTION steering.require_amendable(during daterange, day date) RETURNS void
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(require_amendable.day < upper(require_amendable.during), '55000',
	format('period %s is over', steering.name_period(require_amendable.during)),
	format('It could be amended up to its last day, %s. What is left of it is carried with steering.carry_forward().',
		to_char((upper(require_amendable.during) - 1)::timestamp, 'YYYY-MM-DD')));
END;
REVOKE ALL ON FUNCTION steering.require_amendable(daterange, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_amendable(daterange, date) IS 'Error: 55000 that day is after the last one of the period';

CREATE FUNCTION steering.amend(period text, number text, kind text, lines jsonb, reason text, document text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_amend'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.amend(text, text, text, jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.amend(text, text, text, jsonb, text, text) IS
'changes the limits of caps within a period as one amendment, all or none, and returns its number. lines: [{"cap": 12, "mutation": 18, "new_amount": 2918}, ...], where the new amount is the present one with the mutation. kind: policy, neutral (the mutations add up to nothing, to the last unit, per metric), reserve or technical. Up to the last day of the period. Errors: 22004 null, 22023 lines that are not so, an unknown kind, an empty text, a cap with days outside the period, 22P02 no period, 22003 amount, 42704 no such cap, 55000 the period is over, 23505 its number is taken, 23S71 or 23S72 a limit below usage, 23S75 who may not decide it, 40001 concurrent change';

CREATE VIEW steering.amendment WITH (security_barrier) AS
SELECT record.amendment_id,
	record.kind,
	record.number,
	steering.name_period(record.during) AS period,
	line.cap_id,
	event.service,
	event.participant,
	event.metric,
	lower(event.during) AS valid_from,
	upper(event.during) - 1 AS valid_to,
	event.amount::numeric - line.mutation::numeric AS previous,
	line.mutation::numeric AS mutation,
	event.amount::numeric AS new_amount,
	record.reason,
	record.document,
	record.decided_at,
	record.role_name
FROM steering.amendment_record AS record
JOIN steering.amendment_line AS line ON line.amendment_id = record.amendment_id
JOIN steering.event_log AS event ON event.event_id = line.event_id
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR event.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.amendment TO PUBLIC;
COMMENT ON VIEW steering.amendment IS 'amendments, transfers and what was carried forward, line by line; each role sees the lines of caps that it may read';
COMMENT ON COLUMN steering.amendment.amendment_id IS 'number of the act';
COMMENT ON COLUMN steering.amendment.kind IS 'of an amendment: policy, neutral, reserve or technical; or transfer, or carry_forward';
COMMENT ON COLUMN steering.amendment.number IS 'what the amendment is called in its period; null: it is none';
COMMENT ON COLUMN steering.amendment.period IS 'the period; of a transfer the days that both caps have in common; of a carry-forward the old period';
COMMENT ON COLUMN steering.amendment.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.amendment.service IS 'code of its service';
COMMENT ON COLUMN steering.amendment.participant IS 'code of its participant';
COMMENT ON COLUMN steering.amendment.metric IS 'budget or volume';
COMMENT ON COLUMN steering.amendment.valid_from IS 'first day of the cap';
COMMENT ON COLUMN steering.amendment.valid_to IS 'last day of the cap';
COMMENT ON COLUMN steering.amendment.previous IS 'its limit before';
COMMENT ON COLUMN steering.amendment.mutation IS 'by how much it changed';
COMMENT ON COLUMN steering.amendment.new_amount IS 'its limit after it: previous plus mutation';
COMMENT ON COLUMN steering.amendment.reason IS 'why';
COMMENT ON COLUMN steering.amendment.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.amendment.decided_at IS 'when';
COMMENT ON COLUMN steering.amendment.role_name IS 'who had logged in';
-- transfer.sql
-- Transfers: a part of the limit of one cap goes to another.

CREATE FUNCTION steering.cap_above(cap integer) RETURNS SETOF integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT above.cap_id
FROM steering.cap AS below
CROSS JOIN LATERAL steering.service_above(steering.service_code(below.service_id)) AS service_above
JOIN steering.service ON service.code = service_above.code
CROSS JOIN LATERAL steering.participant_above(steering.participant_code(below.participant_id)) AS participant_above
JOIN steering.participant ON participant.code = participant_above.code
JOIN steering.cap AS above ON above.service_id = service.service_id AND above.participant_id = participant.participant_id
WHERE below.cap_id = cap_above.cap AND above.metric = below.metric AND above.during @> below.during AND above.cap_id <> below.cap_id;
END;
REVOKE ALL ON FUNCTION steering.cap_above(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_above(integer) IS 'the caps under which all of a cap falls: of its metric, over its service, its participant and all of its days';

-- The caps are locked.
CREATE FUNCTION steering.require_transferable(from_cap integer, to_cap integer) RETURNS daterange
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(giving.metric = receiving.metric, '22023',
		format('cap %s limits %s and cap %s %s', giving.cap_id, giving.metric, receiving.cap_id, receiving.metric)),
	steering.require_that(giving.during && receiving.during, '22023',
		format('caps %s and %s have no day in common', giving.cap_id, receiving.cap_id),
		'What is left of a period is carried with steering.carry_forward().'),
	steering.require_that(giving.metric = 'budget' OR giving_service.unit IS NOT DISTINCT FROM receiving_service.unit, '22023',
		format('caps %s and %s limit volumes of different units', giving.cap_id, receiving.cap_id)),
	steering.require_that(giving.cap_id NOT IN (SELECT steering.cap_above(receiving.cap_id))
			AND receiving.cap_id NOT IN (SELECT steering.cap_above(giving.cap_id)), '22023',
		format('one of caps %s and %s stands over the other', giving.cap_id, receiving.cap_id),
		'What the one allows the other limits as well: amend the budget instead.')
FROM steering.cap AS giving
JOIN steering.service AS giving_service ON giving_service.service_id = giving.service_id
CROSS JOIN steering.cap AS receiving
JOIN steering.service AS receiving_service ON receiving_service.service_id = receiving.service_id
WHERE giving.cap_id = require_transferable.from_cap AND receiving.cap_id = require_transferable.to_cap;
SELECT giving.during * receiving.during
FROM steering.cap AS giving CROSS JOIN steering.cap AS receiving
WHERE giving.cap_id = require_transferable.from_cap AND receiving.cap_id = require_transferable.to_cap;
END;
REVOKE ALL ON FUNCTION steering.require_transferable(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_transferable(integer, integer) IS
'the days that two caps have in common. Error: 22023 other metrics, other units, no common day, or one stands over the other';

CREATE FUNCTION steering.transfer(from_cap integer, to_cap integer, amount numeric, reason text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_transfer'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.transfer(integer, integer, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.transfer(integer, integer, numeric, text) IS
'takes an amount from the limit of one cap and adds it to that of another, of the same metric; returns the number that it has in steering.amendment. What is used is not taken. Caps above both, and above the first alone, stay as they are; those above the second alone must have room for it. Errors: 22004 null, 22023 an amount that is not positive or more than there is, an empty reason, caps of another metric or unit, without a common day, or of which one stands over the other, 42704 no such cap, 23S71 or 23S72 it is used, or a cap above has no room, 23S75 who may not decide it, 40001 concurrent change';
-- carry_forward.sql
-- What is left of a period, or was overspent, and what of it goes to the next one: by rules of three switches, of which the
-- codes of other systems are combinations. Only money is carried.

CREATE TABLE steering.carry_rule (
	carry_rule_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT carry_rule_pkey PRIMARY KEY,
	service_id integer,
	participant_id integer,
	open_commitments boolean NOT NULL,
	positive boolean NOT NULL,
	negative boolean NOT NULL,
	minimum steering.amount NOT NULL CONSTRAINT carry_rule_minimum_not_negative CHECK (minimum OPERATOR(steering.>=) 0::steering.amount),
	CONSTRAINT carry_rule_key UNIQUE NULLS NOT DISTINCT (service_id, participant_id)
);
REVOKE ALL ON steering.carry_rule FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.carry_rule', '');
SELECT pg_catalog.pg_extension_config_dump('steering.carry_rule_carry_rule_id_seq', '');
COMMENT ON TABLE steering.carry_rule IS 'what of a budget cap is carried to the next period, written by set_carry_rule() and drop_carry_rule() alone; the nearest rule holds: by service, then by participant';
COMMENT ON COLUMN steering.carry_rule.carry_rule_id IS 'number of the rule';
COMMENT ON COLUMN steering.carry_rule.service_id IS 'for caps of this service and all below it; null: of all';
COMMENT ON COLUMN steering.carry_rule.participant_id IS 'for caps of this participant and all below it; null: of all';
COMMENT ON COLUMN steering.carry_rule.open_commitments IS 'what is committed and not spent is carried, as far as it is left';
COMMENT ON COLUMN steering.carry_rule.positive IS 'all that is left is carried';
COMMENT ON COLUMN steering.carry_rule.negative IS 'what was overspent is first call on the next period';
COMMENT ON COLUMN steering.carry_rule.minimum IS 'less than this is not carried';

CREATE FUNCTION steering.set_carry_rule(service text, participant text, open_commitments boolean, positive boolean, negative boolean,
	minimum numeric DEFAULT 0) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_that(given.value IS NOT NULL, '22004', format('%s must not be null', given.name))
FROM (VALUES (set_carry_rule.open_commitments::text, 'open_commitments'), (set_carry_rule.positive::text, 'positive'),
	(set_carry_rule.negative::text, 'negative'), (set_carry_rule.minimum::text, 'minimum')) AS given (value, name);
SELECT steering.require_that(set_carry_rule.minimum >= 0 AND set_carry_rule.minimum < 'Infinity'
		AND set_carry_rule.minimum = round(set_carry_rule.minimum, 4), '22023',
	format('minimum must be a number of four decimals at most that is not negative: %s', set_carry_rule.minimum));
INSERT INTO steering.carry_rule (service_id, participant_id, open_commitments, positive, negative, minimum)
VALUES (CASE WHEN set_carry_rule.service IS NOT NULL THEN steering.service_number(set_carry_rule.service) END,
	CASE WHEN set_carry_rule.participant IS NOT NULL THEN steering.participant_number(set_carry_rule.participant) END,
	set_carry_rule.open_commitments, set_carry_rule.positive, set_carry_rule.negative, set_carry_rule.minimum::steering.amount)
ON CONFLICT ON CONSTRAINT carry_rule_key DO UPDATE
	SET open_commitments = excluded.open_commitments, positive = excluded.positive, negative = excluded.negative, minimum = excluded.minimum
RETURNING carry_rule_id;
END;
REVOKE ALL ON FUNCTION steering.set_carry_rule(text, text, boolean, boolean, boolean, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_carry_rule(text, text, boolean, boolean, boolean, numeric) IS
'says what of the budget caps of a service and a participant, and of all below them (null: of all), is carried to the next period; the rule for the same scope is replaced. positive: all that is left; else open_commitments: as much of it as is committed and not spent; negative: what was overspent, as first call on the next period; what is less than the minimum is not carried. Returns its number. Errors: 22004 null, 22023 unknown code, or a minimum that is negative or has more than four decimals, 22003 a minimum that is too large';

CREATE FUNCTION steering.drop_carry_rule(service text, participant text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_scope(drop_carry_rule.service, drop_carry_rule.participant);
WITH dropped AS (
	DELETE FROM steering.carry_rule
	WHERE carry_rule.service_id IS NOT DISTINCT FROM
			CASE WHEN drop_carry_rule.service IS NOT NULL THEN steering.service_number(drop_carry_rule.service) END
		AND carry_rule.participant_id IS NOT DISTINCT FROM
			CASE WHEN drop_carry_rule.participant IS NOT NULL THEN steering.participant_number(drop_carry_rule.participant) END
	RETURNING carry_rule_id
)
SELECT steering.require_found(count(*), 'carry-forward rule for just this service and participant') FROM dropped;
END;
REVOKE ALL ON FUNCTION steering.drop_carry_rule(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_carry_rule(text, text) IS
'takes back what was said of a service and a participant (null: of all). Errors: 22023 unknown code, 42704 there is no such rule';

CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.carry_rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_carry_rule', 'drop_carry_rule');

-- A cap is carried once: it is the key.
CREATE TABLE steering.carried_cap (
	cap_id integer CONSTRAINT carried_cap_pkey PRIMARY KEY,
	amendment_id integer NOT NULL,
	next_cap_id integer,
	available steering.amount NOT NULL,
	open_commitments steering.amount NOT NULL,
	carried steering.amount NOT NULL,
	reverted steering.amount NOT NULL,
	why text NOT NULL,
	service text NOT NULL,
	participant text NOT NULL,
	participant_id integer NOT NULL,
	CONSTRAINT carried_cap_adds_up CHECK (carried OPERATOR(steering.+) reverted OPERATOR(steering.=) available)
);
REVOKE ALL ON steering.carried_cap FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.carried_cap', '');
COMMENT ON TABLE steering.carried_cap IS 'what became of caps of a period at its end, written by carry_forward() alone; who may select from it may read all';
COMMENT ON COLUMN steering.carried_cap.cap_id IS 'the cap; it may be gone';
COMMENT ON COLUMN steering.carried_cap.amendment_id IS 'number of the carry-forward in steering.amendment_record';
COMMENT ON COLUMN steering.carried_cap.next_cap_id IS 'the cap of the next period; null: nothing was carried';
COMMENT ON COLUMN steering.carried_cap.available IS 'its limit minus what was spent; negative: overspent';
COMMENT ON COLUMN steering.carried_cap.open_commitments IS 'what was committed and not spent';
COMMENT ON COLUMN steering.carried_cap.carried IS 'what went to the next period; negative: first call on it';
COMMENT ON COLUMN steering.carried_cap.reverted IS 'what did not: carried plus reverted is what was available';
COMMENT ON COLUMN steering.carried_cap.why IS 'why so much';
COMMENT ON COLUMN steering.carried_cap.service IS 'code of its service';
COMMENT ON COLUMN steering.carried_cap.participant IS 'code of its participant';
COMMENT ON COLUMN steering.carried_cap.participant_id IS 'number of its participant';

CREATE FUNCTION steering.following_period(during daterange) RETURNS daterange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN daterange(upper(during), (upper(during) + make_interval(
	months => 12 * (extract(year FROM upper(during)) - extract(year FROM lower(during)))::integer
		+ (extract(month FROM upper(during)) - extract(month FROM lower(during)))::integer))::date);
REVOKE ALL ON FUNCTION steering.following_period(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.following_period(daterange) IS 'as many months, right after this range of whole months';

-- Whole months, so that stored usage has it all. A rule without a service or a participant is farther than any with one.
CREATE FUNCTION steering.carry_plan(period daterange)
RETURNS TABLE (cap_id integer, service_id integer, participant_id integer, ladder steering.ladder, amount steering.amount,
	actual steering.amount, available steering.amount, open_commitments steering.amount, carried steering.amount,
	reverted steering.amount, why text, carry_rule_id integer, is_done boolean, next_during daterange, next_cap_id integer,
	next_amount steering.amount, obstacle text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 SET jit = off
BEGIN ATOMIC
WITH standing AS MATERIALIZED (
	SELECT cap.* FROM steering.cap WHERE cap.metric = 'budget' AND cap.during = carry_plan.period
), service_above AS MATERIALIZED (
	SELECT service_below.service_id, service_below.top_id, service_below.depth FROM steering.service_below
), participant_above AS MATERIALIZED (
	SELECT participant_below.participant_id, participant_below.top_id, participant_below.depth FROM steering.participant_below
), spent AS (
	SELECT standing.cap_id,
		coalesce(sum(usage_now.amount::numeric) FILTER (WHERE source.stage = 'actual'), 0) AS actual,
		coalesce(sum(usage_now.amount::numeric) FILTER (WHERE source.stage = 'commitment'), 0) AS committed
	FROM standing
	JOIN service_above ON service_above.top_id = standing.service_id
	JOIN participant_above ON participant_above.top_id = standing.participant_id
	JOIN steering.usage_now ON usage_now.service_id = service_above.service_id AND usage_now.participant_id = participant_above.participant_id
		AND usage_now.month >= lower(carry_plan.period) AND usage_now.month < upper(carry_plan.period)
	JOIN steering.source_stage AS source ON source.source_id = usage_now.source_id
	GROUP BY standing.cap_id
), ruled AS (
	SELECT DISTINCT ON (standing.cap_id) standing.cap_id, rule.*
	FROM standing
	CROSS JOIN steering.carry_rule AS rule
	LEFT JOIN service_above ON service_above.service_id = standing.service_id AND service_above.top_id = rule.service_id
	LEFT JOIN participant_above ON participant_above.participant_id = standing.participant_id AND participant_above.top_id = rule.participant_id
	WHERE (rule.service_id IS NULL OR service_above.top_id IS NOT NULL)
		AND (rule.participant_id IS NULL OR participant_above.top_id IS NOT NULL)
	ORDER BY standing.cap_id, service_above.depth NULLS LAST, participant_above.depth NULLS LAST
), left_over AS (
	SELECT standing.*, ruled.carry_rule_id, ruled.open_commitments AS carries_committed, ruled.positive, ruled.negative,
		ruled.minimum::numeric AS minimum, coalesce(spent.actual, 0) AS actual,
		greatest(coalesce(spent.committed, 0) - coalesce(expired_by_cap.expired, 0), 0) AS committed,
		standing.amount::numeric - coalesce(spent.actual, 0) AS available
	FROM standing
	LEFT JOIN spent ON spent.cap_id = standing.cap_id
	LEFT JOIN ruled ON ruled.cap_id = standing.cap_id
	LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = standing.cap_id
), claimed AS (
	SELECT left_over.*,
		CASE WHEN left_over.available > 0 AND left_over.positive THEN left_over.available
			WHEN left_over.available > 0 AND left_over.carries_committed THEN least(left_over.committed, left_over.available)
			WHEN left_over.available < 0 AND left_over.negative THEN left_over.available
			ELSE 0 END AS claim
	FROM left_over
), decided AS (
	SELECT claimed.*,
		CASE WHEN abs(claimed.claim) < claimed.minimum THEN 0 ELSE claimed.claim END AS carried,
		CASE WHEN claimed.carry_rule_id IS NULL THEN 'no rule is for it'
			WHEN claimed.available = 0 THEN 'nothing is left'
			WHEN claimed.claim <> 0 AND abs(claimed.claim) < claimed.minimum THEN 'less than the minimum'
			WHEN claimed.available < 0 THEN CASE WHEN claimed.negative THEN 'a deficit is first call' ELSE 'a deficit is not carried' END
			WHEN claimed.positive THEN 'all that is left is carried'
			WHEN NOT claimed.carries_committed THEN 'what is left reverts'
			WHEN claimed.claim = 0 THEN 'nothing is committed'
			ELSE 'open commitments are carried' END AS why
	FROM claimed
)
SELECT decided.cap_id, decided.service_id, decided.participant_id, decided.ladder, decided.amount, decided.actual::steering.amount,
	coalesce(done.available, decided.available::steering.amount),
	coalesce(done.open_commitments, decided.committed::steering.amount),
	coalesce(done.carried, decided.carried::steering.amount),
	coalesce(done.reverted, (decided.available - decided.carried)::steering.amount),
	coalesce(done.why, decided.why), decided.carry_rule_id, done.cap_id IS NOT NULL, steering.following_period(decided.during),
	next_cap.cap_id, next_cap.amount,
	CASE WHEN done.cap_id IS NULL AND decided.carried < 0 AND next_cap.cap_id IS NULL
			THEN 'the next period has no cap that could bear its deficit'
		WHEN done.cap_id IS NULL AND next_cap.amount::numeric + decided.carried < 0
			THEN 'its deficit is more than the cap of the next period has' END
FROM decided
LEFT JOIN steering.carried_cap AS done ON done.cap_id = decided.cap_id
LEFT JOIN steering.cap AS next_cap ON next_cap.service_id = decided.service_id AND next_cap.participant_id = decided.participant_id
	AND next_cap.metric = decided.metric AND next_cap.during = steering.following_period(decided.during);
END;
REVOKE ALL ON FUNCTION steering.carry_plan(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.carry_plan(daterange) IS 'what carry_forward() does, or has done, to each budget cap of a period of whole months';

CREATE FUNCTION steering.planned_carry_forward(period text)
RETURNS TABLE (cap_id integer, service text, participant text, amount numeric, actual numeric, available numeric, open_commitments numeric,
	carried numeric, reverted numeric, why text, action text, obstacle text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT plan.cap_id, service.code, participant.code, plan.amount::numeric, plan.actual::numeric, plan.available::numeric,
	plan.open_commitments::numeric, plan.carried::numeric, plan.reverted::numeric, plan.why,
	CASE WHEN plan.is_done THEN 'done' WHEN plan.obstacle IS NOT NULL OR plan.carried OPERATOR(steering.=) 0::steering.amount THEN 'none'
		WHEN plan.next_cap_id IS NULL THEN 'create' ELSE 'revise' END,
	plan.obstacle
FROM steering.carry_plan(steering.period_range(planned_carry_forward.period)) AS plan
JOIN steering.service ON service.service_id = plan.service_id
JOIN steering.participant ON participant.participant_id = plan.participant_id
ORDER BY service.code, participant.code;
END;
REVOKE ALL ON FUNCTION steering.planned_carry_forward(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.planned_carry_forward(text) IS
'what carry_forward() would do to each budget cap of exactly this period: available (limit minus what was spent), commitments that are open, what is carried (negative: first call on the next period), what reverts (both together are what is available), and why; action: create or revise the cap of the next period, none, or done, as it was then. An obstacle keeps carry_forward() from doing anything. It shows all participants: for who steers. Errors: those of period_range()';

CREATE FUNCTION steering.carry_forward(period text, reason text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_carry_forward'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.carry_forward(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.carry_forward(text, text) IS
'carries what planned_carry_forward() says from the budget caps of a period to those of the next one, as long, which are made where there are none; returns the number that it has in steering.amendment. The old limit is lowered by what the new one is raised, or the other way where a deficit is first call. Each cap with a rule is done once; called again it does the others. All or none. Waits for running bookings. Errors: those of period_range(), 22004 null, 22023 an empty reason, 55000 nothing is left to be done, or an obstacle, 23S71 the next period has used what a deficit would take, 23S75 who may not decide it, 40001 concurrent change';

CREATE VIEW steering.carry_forward_proof WITH (security_barrier) AS
SELECT carried_cap.cap_id,
	carried_cap.service,
	carried_cap.participant,
	steering.name_period(record.during) AS period,
	carried_cap.amendment_id,
	carried_cap.next_cap_id,
	carried_cap.available::numeric AS available,
	carried_cap.open_commitments::numeric AS open_commitments,
	carried_cap.carried::numeric AS carried,
	carried_cap.reverted::numeric AS reverted,
	carried_cap.why,
	coalesce(- taken.mutation::numeric, 0) AS taken,
	coalesce(given.mutation::numeric, 0) AS given,
	carried_cap.carried::numeric + carried_cap.reverted::numeric = carried_cap.available::numeric
		AND coalesce(- taken.mutation::numeric, 0) = carried_cap.carried::numeric
		AND coalesce(given.mutation::numeric, 0) = carried_cap.carried::numeric AS holds
FROM steering.carried_cap
JOIN steering.amendment_record AS record ON record.amendment_id = carried_cap.amendment_id
LEFT JOIN steering.amendment_line AS taken ON taken.amendment_id = carried_cap.amendment_id AND taken.cap_id = carried_cap.cap_id
LEFT JOIN steering.amendment_line AS given ON given.amendment_id = carried_cap.amendment_id AND given.cap_id = carried_cap.next_cap_id
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR carried_cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.carry_forward_proof TO PUBLIC;
COMMENT ON VIEW steering.carry_forward_proof IS 'what was carried forward, and that nothing was lost or made by it; each role sees the caps that it may read';
COMMENT ON COLUMN steering.carry_forward_proof.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.carry_forward_proof.service IS 'code of its service';
COMMENT ON COLUMN steering.carry_forward_proof.participant IS 'code of its participant';
COMMENT ON COLUMN steering.carry_forward_proof.period IS 'the period that it was carried from';
COMMENT ON COLUMN steering.carry_forward_proof.amendment_id IS 'number of the carry-forward in steering.amendment';
COMMENT ON COLUMN steering.carry_forward_proof.next_cap_id IS 'the cap of the next period; null: nothing was carried';
COMMENT ON COLUMN steering.carry_forward_proof.available IS 'its limit minus what was spent; negative: overspent';
COMMENT ON COLUMN steering.carry_forward_proof.open_commitments IS 'what was committed and not spent';
COMMENT ON COLUMN steering.carry_forward_proof.carried IS 'what went to the next period; negative: first call on it';
COMMENT ON COLUMN steering.carry_forward_proof.reverted IS 'what did not';
COMMENT ON COLUMN steering.carry_forward_proof.why IS 'why so much';
COMMENT ON COLUMN steering.carry_forward_proof.taken IS 'by how much its limit was lowered';
COMMENT ON COLUMN steering.carry_forward_proof.given IS 'by how much that of the next period was raised';
COMMENT ON COLUMN steering.carry_forward_proof.holds IS 'carried plus reverted is available, and taken and given are what was carried';
-- budget_status.sql
-- Where each budget stands and how it came there: what it was at first, every change with its kind, what is used and what is free.

-- The decisions about a cap are few among its events.
CREATE INDEX event_log_decision_idx ON steering.event_log (cap_id, event_id) WHERE kind IN ('created', 'revised', 'dropped');

-- Of the events themselves: a change is the difference to the event before it, so the changes add up to the limit.
CREATE VIEW steering.cap_change AS
SELECT event.event_id, event.cap_id, event.recorded_at, event.service, event.participant, event.participant_id, event.metric, event.during,
	CASE WHEN record.kind = 'carry_forward' THEN CASE WHEN record.during = event.during THEN 'carried out' ELSE 'carried in' END
		WHEN record.kind IS NOT NULL THEN record.kind
		WHEN event.place = 1 THEN 'primitive'
		WHEN event.kind = 'dropped' THEN 'dropped'
		ELSE 'revision' END AS kind,
	event.amount - event.before AS mutation, event.amount, record.amendment_id, record.number, event.reason, record.document, event.role_name
FROM (
	SELECT recorded.*, coalesce(lag(recorded.amount) OVER of_cap, 0) AS before, row_number() OVER of_cap AS place
	FROM (
		SELECT event_log.event_id, event_log.cap_id, event_log.recorded_at, event_log.kind, event_log.service, event_log.participant,
			event_log.participant_id, event_log.metric, event_log.during, event_log.reason, event_log.role_name,
			CASE event_log.kind WHEN 'dropped' THEN 0 ELSE event_log.amount::numeric END AS amount
		FROM steering.event_log
		WHERE event_log.kind IN ('created', 'revised', 'dropped')
	) AS recorded
	WINDOW of_cap AS (PARTITION BY recorded.cap_id ORDER BY recorded.event_id)
) AS event
LEFT JOIN steering.amendment_line AS line ON line.event_id = event.event_id
LEFT JOIN steering.amendment_record AS record ON record.amendment_id = line.amendment_id;
REVOKE ALL ON steering.cap_change FROM PUBLIC;
COMMENT ON VIEW steering.cap_change IS 'changes of the limits of all caps, in the order of their events';
COMMENT ON COLUMN steering.cap_change.event_id IS 'number of the event';
COMMENT ON COLUMN steering.cap_change.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.cap_change.recorded_at IS 'when';
COMMENT ON COLUMN steering.cap_change.service IS 'code of its service';
COMMENT ON COLUMN steering.cap_change.participant IS 'code of its participant';
COMMENT ON COLUMN steering.cap_change.participant_id IS 'number of its participant';
COMMENT ON COLUMN steering.cap_change.metric IS 'budget or volume';
COMMENT ON COLUMN steering.cap_change.during IS 'the days that it limits';
COMMENT ON COLUMN steering.cap_change.kind IS 'primitive, policy, neutral, reserve, technical, transfer, carried in, carried out, revision or dropped';
COMMENT ON COLUMN steering.cap_change.mutation IS 'by how much the limit changed';
COMMENT ON COLUMN steering.cap_change.amount IS 'the limit after it';
COMMENT ON COLUMN steering.cap_change.amendment_id IS 'number of the act; null: it was none of several caps';
COMMENT ON COLUMN steering.cap_change.number IS 'what the amendment is called in its period; null: it is none';
COMMENT ON COLUMN steering.cap_change.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.cap_change.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.cap_change.role_name IS 'who had logged in';

CREATE VIEW steering.budget_history WITH (security_barrier) AS
SELECT change.cap_id,
	change.service,
	change.participant,
	change.metric,
	lower(change.during) AS valid_from,
	upper(change.during) - 1 AS valid_to,
	change.event_id,
	change.kind,
	change.number,
	change.mutation,
	change.amount,
	change.reason,
	change.document,
	change.recorded_at,
	change.role_name,
	change.amendment_id
FROM steering.cap_change AS change
WHERE (change.mutation <> 0 OR change.kind = 'primitive')
	AND ((SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR change.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant));
GRANT SELECT ON steering.budget_history TO PUBLIC;
COMMENT ON VIEW steering.budget_history IS 'how the limit of each cap came about; the mutations of a cap add up to its limit. Each role sees the caps that it may read';
COMMENT ON COLUMN steering.budget_history.cap_id IS 'number of the cap; it may be gone';
COMMENT ON COLUMN steering.budget_history.service IS 'code of its service';
COMMENT ON COLUMN steering.budget_history.participant IS 'code of its participant';
COMMENT ON COLUMN steering.budget_history.metric IS 'budget or volume';
COMMENT ON COLUMN steering.budget_history.valid_from IS 'first day of the cap';
COMMENT ON COLUMN steering.budget_history.valid_to IS 'last day of the cap';
COMMENT ON COLUMN steering.budget_history.event_id IS 'number in steering.event: changes of a cap are in this order';
COMMENT ON COLUMN steering.budget_history.kind IS 'primitive: what it was at first; policy, neutral, reserve, technical: an amendment; transfer; carried in, carried out; revision: set_cap() or spread_cap(); dropped';
COMMENT ON COLUMN steering.budget_history.number IS 'what the amendment is called in its period; null: it is none';
COMMENT ON COLUMN steering.budget_history.mutation IS 'by how much the limit changed';
COMMENT ON COLUMN steering.budget_history.amount IS 'the limit after it; 0 of a cap that was dropped';
COMMENT ON COLUMN steering.budget_history.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.budget_history.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.budget_history.recorded_at IS 'when';
COMMENT ON COLUMN steering.budget_history.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.budget_history.amendment_id IS 'number in steering.amendment; null: it changed one cap alone';

-- Whole months of a cap come from stored usage, others from the bookings, which are read only where there are such. What the
-- bookings of a source are that cannot be read nobody knows: null.
CREATE VIEW steering.cap_stage AS
WITH scope AS MATERIALIZED (
	SELECT cap.cap_id, cap.metric, service_below.service_id, participant_below.participant_id,
		lower(cap.during) AS first_day, upper(cap.during) AS end_day,
		steering.month_of(lower(cap.during)) AS first_month,
		steering.month_of(steering.month_of(lower(cap.during) - 1) + 31) AS whole_from,
		steering.month_of(upper(cap.during)) AS whole_to
	FROM steering.cap
	JOIN steering.service_below ON service_below.top_id = cap.service_id
	JOIN steering.participant_below ON participant_below.top_id = cap.participant_id
), stored AS MATERIALIZED (
	SELECT scope.cap_id, source.source_id, source.stage,
		steering.metric_part(scope.metric, usage_now.amount::numeric, usage_now.volume::numeric) AS used,
		usage_now.month >= scope.whole_from AND usage_now.month < scope.whole_to AS is_whole, usage_now.month
	FROM scope
	JOIN steering.usage_now ON usage_now.service_id = scope.service_id AND usage_now.participant_id = scope.participant_id
		AND usage_now.month >= scope.first_month AND usage_now.month < scope.end_day
	JOIN steering.source_stage AS source ON source.source_id = usage_now.source_id
), partly AS (
	SELECT stored.source_id, stored.stage, min(stored.month) AS first_day, max(stored.month) + 31 AS end_day
	FROM stored WHERE NOT stored.is_whole
	GROUP BY stored.source_id, stored.stage
), row_read AS MATERIALIZED (
	SELECT partly.stage, booked.source_id, booked.service_id, booked.participant_id, booked.booked_on, booked.amount, booked.volume,
		booked.unreadable
	FROM partly CROSS JOIN LATERAL steering.booking_read(partly.first_day, partly.end_day, partly.source_id) AS booked
), piece AS (
	SELECT stored.cap_id, stored.stage, stored.used FROM stored WHERE stored.is_whole
	UNION ALL
	SELECT scope.cap_id, row_read.stage, steering.metric_part(scope.metric, row_read.amount::numeric, row_read.volume::numeric)
	FROM row_read
	JOIN scope ON scope.service_id = row_read.service_id AND scope.participant_id = row_read.participant_id
		AND row_read.booked_on >= scope.first_day AND row_read.booked_on < scope.end_day
		AND NOT (row_read.booked_on >= scope.whole_from AND row_read.booked_on < scope.whole_to)
)
SELECT piece.cap_id,
	coalesce(sum(piece.used) FILTER (WHERE piece.stage = 'actual'), 0) AS actual,
	coalesce(sum(piece.used) FILTER (WHERE piece.stage = 'commitment'), 0) AS committed,
	EXISTS (SELECT FROM stored WHERE stored.cap_id = piece.cap_id AND NOT stored.is_whole
		AND (stored.source_id IN (SELECT row_read.source_id FROM row_read WHERE row_read.unreadable)
			OR stored.source_id IN (SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source))) AS is_unknown
FROM piece
GROUP BY piece.cap_id;
REVOKE ALL ON steering.cap_stage FROM PUBLIC;
COMMENT ON VIEW steering.cap_stage IS 'what is spent and what is committed under each cap that has bookings';
COMMENT ON COLUMN steering.cap_stage.cap_id IS 'the cap';
COMMENT ON COLUMN steering.cap_stage.actual IS 'sum of what is spent, in the metric of the cap';
COMMENT ON COLUMN steering.cap_stage.committed IS 'sum of what is committed and not spent, with reservations';
COMMENT ON COLUMN steering.cap_stage.is_unknown IS 'bookings of a month that the cap holds in part cannot be read, so the sums are not all';

-- Reservations are stored as commitments, and those that have expired until they are released; they are told apart here.
CREATE VIEW steering.budget_status WITH (security_barrier) AS
SELECT cap.cap_id,
	service.code AS service,
	participant.code AS participant,
	cap.metric,
	lower(cap.during) AS valid_from,
	upper(cap.during) - 1 AS valid_to,
	history.primitive,
	history.amendments,
	history.transfers,
	history.revisions,
	history.carried_in,
	history.carried_out,
	cap.amount::numeric AS amended,
	stage.committed,
	stage.actual,
	stage.reserved,
	cap.amount::numeric - stage.committed - stage.actual - stage.reserved AS free,
	coalesce(override_by_cap.room, 0) AS overrides
FROM steering.cap
JOIN steering.service ON service.service_id = cap.service_id
JOIN steering.participant ON participant.participant_id = cap.participant_id
LEFT JOIN (
	SELECT change.cap_id,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind = 'primitive'), 0) AS primitive,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind IN ('policy', 'neutral', 'reserve', 'technical')), 0) AS amendments,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind = 'transfer'), 0) AS transfers,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind = 'revision'), 0) AS revisions,
		coalesce(sum(change.mutation) FILTER (WHERE change.kind = 'carried in'), 0) AS carried_in,
		coalesce(- sum(change.mutation) FILTER (WHERE change.kind = 'carried out'), 0) AS carried_out
	FROM steering.cap_change AS change
	GROUP BY change.cap_id
) AS history ON history.cap_id = cap.cap_id
LEFT JOIN steering.cap_stage AS booked ON booked.cap_id = cap.cap_id
LEFT JOIN steering.reserved_by_cap ON reserved_by_cap.cap_id = cap.cap_id
LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = cap.cap_id
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap.cap_id
CROSS JOIN LATERAL (
	SELECT CASE WHEN booked.is_unknown IS NOT TRUE
			THEN coalesce(booked.committed, 0) - coalesce(reserved_by_cap.reserved, 0) - coalesce(expired_by_cap.expired, 0) END AS committed,
		CASE WHEN booked.is_unknown IS NOT TRUE THEN coalesce(booked.actual, 0) END AS actual,
		coalesce(reserved_by_cap.reserved, 0) AS reserved) AS stage
WHERE cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.budget_status TO PUBLIC;
COMMENT ON VIEW steering.budget_status IS 'every cap that the role may read: what it was at first, what changed it, what is used of it and what is free. primitive + amendments + transfers + revisions + carried_in - carried_out = amended';
COMMENT ON COLUMN steering.budget_status.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.budget_status.service IS 'code: it limits this service and all below it';
COMMENT ON COLUMN steering.budget_status.participant IS 'code: it limits this participant and all below it';
COMMENT ON COLUMN steering.budget_status.metric IS 'budget (money) or volume (units of the service)';
COMMENT ON COLUMN steering.budget_status.valid_from IS 'first day on which bookings count';
COMMENT ON COLUMN steering.budget_status.valid_to IS 'last day on which bookings count';
COMMENT ON COLUMN steering.budget_status.primitive IS 'the limit as it was set at first; 0: what was carried forward has made the cap; null: no event of the cap is recorded';
COMMENT ON COLUMN steering.budget_status.amendments IS 'what amendments have added to it';
COMMENT ON COLUMN steering.budget_status.transfers IS 'what transfers have added to it';
COMMENT ON COLUMN steering.budget_status.revisions IS 'what set_cap() and spread_cap() have added to it';
COMMENT ON COLUMN steering.budget_status.carried_in IS 'what was carried in from the period before; negative: its deficit was first call';
COMMENT ON COLUMN steering.budget_status.carried_out IS 'what was carried out to the next period; negative: a deficit';
COMMENT ON COLUMN steering.budget_status.amended IS 'the limit as it is';
COMMENT ON COLUMN steering.budget_status.committed IS 'what is committed and not spent; null: bookings of a month that the cap holds in part cannot be read';
COMMENT ON COLUMN steering.budget_status.actual IS 'what is spent; null: as committed';
COMMENT ON COLUMN steering.budget_status.reserved IS 'what is reserved, has not expired and is not spent';
COMMENT ON COLUMN steering.budget_status.free IS 'amended minus committed, actual and reserved; null: as committed';
COMMENT ON COLUMN steering.budget_status.overrides IS 'what overrides let bookings draw now';
-- Booking tables that are not as they were made: what guards them, and what others have put on them. Read by C too.

CREATE VIEW steering.booking_table_problem AS
WITH booking_table AS (
	SELECT pg_class.* FROM steering.query
	JOIN steering.source ON source.source_id = query.source_id
	JOIN pg_catalog.pg_class ON pg_class.oid = source.relation
), guard (name, type) AS (
	VALUES ('sp71_steering_guard', 31), ('sp71_steering_guard_truncate', 34)
), guard_trigger AS (
	SELECT pg_trigger.oid, pg_trigger.tgrelid, pg_trigger.tgname, pg_trigger.tgenabled, guard.name
	FROM pg_catalog.pg_trigger JOIN guard ON guard.type = pg_trigger.tgtype
	WHERE pg_trigger.tgfoid = 'steering.guard_booking_table'::regproc AND pg_trigger.tgqual IS NULL AND pg_trigger.tgattr::text = ''
), foreign_object (relation, classid, objid, objsubid) AS (
	SELECT tgrelid, 'pg_catalog.pg_trigger'::regclass, oid, 0 FROM pg_catalog.pg_trigger
	WHERE NOT tgisinternal AND tgfoid NOT IN ('steering.book'::regproc, 'steering.watch'::regproc)
		AND NOT EXISTS (SELECT FROM guard_trigger WHERE guard_trigger.oid = pg_trigger.oid)
	UNION ALL
	SELECT ev_class, 'pg_catalog.pg_rewrite'::regclass, oid, 0 FROM pg_catalog.pg_rewrite
	UNION ALL
	SELECT polrelid, 'pg_catalog.pg_policy'::regclass, oid, 0 FROM pg_catalog.pg_policy
	UNION ALL
	SELECT adrelid, 'pg_catalog.pg_class'::regclass, adrelid, adnum FROM pg_catalog.pg_attrdef
	UNION ALL
	SELECT conrelid, 'pg_catalog.pg_constraint'::regclass, oid, 0 FROM pg_catalog.pg_constraint
	WHERE contype NOT IN ('p', 'u', 'n') OR condeferrable
	UNION ALL
	SELECT confrelid, 'pg_catalog.pg_constraint'::regclass, oid, 0 FROM pg_catalog.pg_constraint WHERE contype = 'f'
	UNION ALL
	SELECT indrelid, 'pg_catalog.pg_class'::regclass, indexrelid, 0 FROM pg_catalog.pg_index
	WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
	UNION ALL
	SELECT stxrelid, 'pg_catalog.pg_statistic_ext'::regclass, oid, 0 FROM pg_catalog.pg_statistic_ext WHERE stxexprs IS NOT NULL
	UNION ALL
	SELECT inhparent, 'pg_catalog.pg_class'::regclass, inhrelid, 0 FROM pg_catalog.pg_inherits
	UNION ALL
	SELECT inhrelid, 'pg_catalog.pg_class'::regclass, inhparent, 0 FROM pg_catalog.pg_inherits
	UNION ALL
	SELECT attrelid, 'pg_catalog.pg_class'::regclass, attrelid, attnum FROM pg_catalog.pg_attribute
	WHERE attnum > 0 AND NOT attisdropped AND NOT atthasdef
		AND (attidentity <> ''
			OR NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY (indkey))
				AND (attnotnull OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE pg_type.oid = atttypid AND typtype = 'd')))
)
SELECT booking_table.oid AS relation, 'trigger missing' AS problem, format('trigger %I', guard.name) AS object, guard.name AS name
FROM booking_table CROSS JOIN guard
WHERE NOT EXISTS (SELECT FROM guard_trigger WHERE guard_trigger.tgrelid = booking_table.oid AND guard_trigger.name = guard.name)
UNION ALL
SELECT booking_table.oid, CASE WHEN guard_trigger.tgenabled = 'O' THEN 'trigger not for replication' ELSE 'trigger disabled' END,
	format('trigger %I', guard_trigger.tgname), guard_trigger.tgname::text COLLATE "default"
FROM booking_table JOIN guard_trigger ON guard_trigger.tgrelid = booking_table.oid
WHERE guard_trigger.tgenabled <> 'A'
UNION ALL
SELECT booking_table.oid, 'primary key missing', 'the primary key', NULL FROM booking_table
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = booking_table.oid AND indisprimary)
UNION ALL
SELECT booking_table.oid, 'booking table altered', pg_describe_object(foreign_object.classid, foreign_object.objid, foreign_object.objsubid), NULL
FROM booking_table JOIN foreign_object ON foreign_object.relation = booking_table.oid
UNION ALL
SELECT booking_table.oid, 'booking table altered', altered.what, NULL
FROM booking_table
CROSS JOIN LATERAL (VALUES (booking_table.relrowsecurity OR booking_table.relforcerowsecurity, 'row security'),
	(booking_table.relpersistence <> 'p', 'that it is not logged'),
	(booking_table.relam <> (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'heap'), 'another access method'),
	(booking_table.reloftype <> 0, 'that it is of a type')) AS altered (is_so, what)
WHERE altered.is_so;
REVOKE ALL ON steering.booking_table_problem FROM PUBLIC;
COMMENT ON VIEW steering.booking_table_problem IS 'booking tables that could be written by hand, or on which stands what would run, or be passed over, when the extension writes them';
COMMENT ON COLUMN steering.booking_table_problem.relation IS 'the booking table';
COMMENT ON COLUMN steering.booking_table_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.booking_table_problem.object IS 'what is missing, or what somebody has made';
COMMENT ON COLUMN steering.booking_table_problem.name IS 'of a trigger';

-- Queries that are not followed, for health().

CREATE VIEW steering.query_problem AS
WITH RECURSIVE followed (source_id, relation) AS (
	SELECT query_table.source_id, query_table.relation::oid
	FROM steering.query_table JOIN steering.source ON source.source_id = query_table.source_id
	UNION
	SELECT followed.source_id, pg_inherits.inhrelid
	FROM followed JOIN pg_catalog.pg_inherits ON pg_inherits.inhparent = followed.relation
)
SELECT followed.relation::regclass::text AS subject,
	CASE WHEN pg_trigger.oid IS NULL THEN 'trigger missing'
		WHEN pg_trigger.tgenabled = 'D' THEN 'trigger disabled'
		ELSE 'trigger fires for replication only' END AS problem,
	format('%s on this table is not counted in %s, for want of trigger %I.', wanted.event, source.relation,
		coalesce(pg_trigger.tgname::text COLLATE "default", wanted.name)) AS detail,
	CASE WHEN pg_trigger.oid IS NULL THEN format('SELECT steering.reattach(%L)', source.relation)
		ELSE format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT steering.repair()', followed.relation::regclass,
			pg_trigger.tgname::text COLLATE "default") END AS hint
FROM followed
JOIN steering.source ON source.source_id = followed.source_id
JOIN pg_catalog.pg_class ON pg_class.oid = followed.relation
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_follow_insert', 4), ('UPDATE', 'sp71_steering_follow_update', 16),
	('DELETE', 'sp71_steering_follow_delete', 8), ('TRUNCATE', 'sp71_steering_follow_truncate', 32),
	('INSERT, UPDATE or DELETE that ends before all its rows are returned', 'sp71_steering_follow_watch', 30)) AS wanted (event, name, type)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = followed.relation
	AND pg_trigger.tgfoid = 'steering.follow_query'::regproc AND pg_trigger.tgtype = wanted.type
WHERE pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A')
UNION ALL
SELECT relation::regclass::text, problem,
	CASE problem WHEN 'booking table altered' THEN format('Somebody has made or altered %s: it would run, or be passed over, when the extension writes the booking table.', object)
		WHEN 'trigger not for replication' THEN format('A subscription, or a session that is set like one, can write the booking table, for want of %s.', object)
		ELSE format('The booking table is not kept as it is, for want of %s.', object) END,
	CASE problem WHEN 'booking table altered' THEN 'Drop it, or alter the table back; then SELECT steering.repair()'
		WHEN 'primary key missing' THEN format('SELECT steering.detach(%L), and attach the query anew', relation::regclass::text)
		WHEN 'trigger missing' THEN format('SELECT steering.reattach(%L)', relation::regclass::text)
		ELSE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I; then SELECT steering.repair()', relation::regclass, name) END
FROM steering.booking_table_problem
UNION ALL
SELECT source.relation::text, 'query not fixed',
	'What it means is looked up anew in each session: since pg_upgrade or a restore, or because it has no meaning any more.',
	format('SELECT steering.fix_mappings(), and where that is not enough SELECT steering.reattach(%L)', source.relation::text)
FROM steering.query JOIN steering.source ON source.source_id = query.source_id
WHERE NOT EXISTS (
	SELECT FROM steering.query_tree
	WHERE query_tree.source_id = query.source_id
		AND (query_tree.catalog_version, query_tree.system_identifier) IN (
			SELECT control.catalog_version_no, control.system_identifier FROM pg_catalog.pg_control_system() AS control))
UNION ALL
SELECT source.relation::text,
	CASE WHEN found.differences IS NULL THEN 'query unreadable' ELSE 'booking table differs' END,
	CASE WHEN found.differences IS NULL THEN 'It cannot be told whether the booking table is what its query says.'
		ELSE format('%s rows of the booking table are not what its query says, or are missing.', found.differences) END,
	CASE WHEN found.differences IS NULL THEN format('Run the query as the owner of %s, and mend what it says', source.relation)
		ELSE 'SELECT steering.repair()' END
FROM steering.query
JOIN steering.source ON source.source_id = query.source_id
CROSS JOIN LATERAL (SELECT steering.query_differences(query.source_id)) AS found (differences)
WHERE found.differences IS DISTINCT FROM 0
UNION ALL
SELECT wanted.name,
	CASE WHEN pg_event_trigger.oid IS NULL THEN 'event trigger missing'
		WHEN pg_event_trigger.evtenabled = 'D' THEN 'event trigger disabled'
		ELSE 'event trigger fires for replication only' END,
	'What DDL does to the tables of queries is not followed.',
	CASE WHEN pg_event_trigger.oid IS NULL
		THEN format('CREATE EVENT TRIGGER %I ON %s EXECUTE FUNCTION %s; then reattach every query', wanted.name, wanted.event, wanted.function)
		ELSE format('ALTER EVENT TRIGGER %I ENABLE; then reattach every query', wanted.name) END
FROM (VALUES ('sp71_steering_query_drop', 'sql_drop', 'steering.follow_query_drop()'),
	('sp71_steering_query_follow', 'ddl_command_end', 'steering.follow_query_ddl()'),
	('sp71_steering_query_detach', 'ddl_command_start', 'steering.guard_query_detach()')) AS wanted (name, event, function)
LEFT JOIN pg_catalog.pg_event_trigger ON pg_event_trigger.evtname = wanted.name
	AND pg_event_trigger.evtfoid = wanted.function::regprocedure
WHERE pg_event_trigger.oid IS NULL OR pg_event_trigger.evtenabled NOT IN ('O', 'A');
REVOKE ALL ON steering.query_problem FROM PUBLIC;
COMMENT ON VIEW steering.query_problem IS 'health(): queries that are not followed, or not what stands in their booking tables; reads all rows of queries';
COMMENT ON COLUMN steering.query_problem.subject IS 'a table, or an event trigger';
COMMENT ON COLUMN steering.query_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.query_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.query_problem.hint IS 'what to do';
-- The report: a page to look at, of what its reader may read.

CREATE VIEW steering.named_participant WITH (security_barrier) AS
SELECT participant.code,
	above.code AS parent,
	participant.name,
	participant.inhabitants
FROM steering.readable_participant AS readable
JOIN steering.participant ON participant.participant_id = readable.participant_id
LEFT JOIN steering.readable_participant AS above ON above.code = participant.parent;
GRANT SELECT ON steering.named_participant TO PUBLIC;
COMMENT ON VIEW steering.named_participant IS 'the participants whose figures the role may read, with their names';
COMMENT ON COLUMN steering.named_participant.code IS 'code of the participant';
COMMENT ON COLUMN steering.named_participant.parent IS 'code of the participant that it belongs to; null: to none that the role may read';
COMMENT ON COLUMN steering.named_participant.name IS 'name for people';
COMMENT ON COLUMN steering.named_participant.inhabitants IS 'how many; null: not known';

CREATE VIEW steering.named_service WITH (security_barrier) AS
SELECT service.code,
	service.parent,
	service.name,
	service.unit
FROM steering.service
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.named_service TO PUBLIC;
COMMENT ON VIEW steering.named_service IS 'the services with their names, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.named_service.code IS 'code of the service';
COMMENT ON COLUMN steering.named_service.parent IS 'code of the service that it is a part of; null: of none';
COMMENT ON COLUMN steering.named_service.name IS 'name for people';
COMMENT ON COLUMN steering.named_service.unit IS 'what volume is counted in; null: no volume';

CREATE FUNCTION steering.report(period text, participant text DEFAULT NULL, language text DEFAULT 'en') RETURNS text
AS 'MODULE_PATHNAME', 'steering_report'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION steering.report(text, text, text) IS
'a page of HTML on a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), of a participant and all below it, or of all (null) that the role may read: lights, caps and what is used of them, results, the course of the year and its outlook, participants side by side, settlement, allocation, decisions that wait, closed periods, refusals and events, and how each figure was computed. It needs no script and loads nothing; write it to a file with psql''s \o, in UTF-8. language: en or nl. Each figure is that of a public view or function, read as the role. Errors: 22004 null, 22P02 no period, 22023 not whole months, unknown participant or language, 22003 a sum does not fit';
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
UNION ALL
SELECT * FROM steering.alias_problem
UNION ALL
SELECT * FROM steering.lost_problem
UNION ALL
SELECT * FROM steering.decision_problem
UNION ALL
SELECT * FROM steering.refusal_problem
UNION ALL
SELECT * FROM steering.reservation_problem
UNION ALL
SELECT * FROM steering.query_problem
ORDER BY 2, 1, 3;
END;
REVOKE ALL ON FUNCTION steering.health() FROM PUBLIC;
COMMENT ON FUNCTION steering.health() IS 'what is not being enforced now, and why; no row is right. It looks at settings, triggers, rules, sources, caps, aliases, agreements, reservations, weights of shared cost, closed periods, mandates, bodies and rules, refusals that were not kept; and reads the rows of each source until one cannot be read. What they come to is for verify()';
-- What asks for somebody's attention now: steps reached, outlooks above caps, decisions that wait, what is not enforced.

CREATE TABLE steering.alert_seen (
	alert text CONSTRAINT alert_seen_pkey PRIMARY KEY,
	seen_at timestamptz NOT NULL DEFAULT now()
);
REVOKE ALL ON steering.alert_seen FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.alert_seen', '');
COMMENT ON TABLE steering.alert_seen IS 'alerts that notify_alerts() has told of, and that were still there when it last looked';
COMMENT ON COLUMN steering.alert_seen.alert IS 'the alert, as in steering.alert';
COMMENT ON COLUMN steering.alert_seen.seen_at IS 'when notify_alerts() first saw it';

-- Of caps that are not over. A step that blocks has no event of its own: it is never crossed, only reached.
CREATE VIEW steering.cap_alert AS
SELECT format('cap %s: %s', status.cap_id, status.step) AS alert,
	CASE WHEN status.used >= status.blocks_at THEN 'critical' WHEN status.step LIKE '% notify' THEN 'info' ELSE 'warning' END AS severity,
	'step' AS kind,
	(SELECT max(event.recorded_at) FROM steering.event_log AS event
		WHERE event.cap_id = status.cap_id AND event.kind IN ('created', 'revised', 'notify', 'warn')) AS since,
	status.cap_id,
	NULL::integer AS decision,
	status.service,
	status.participant,
	format('%s cap stands at %s', status.metric, status.step) AS problem,
	format('used %s of %s, %s to %s', status.used, status.amount, status.valid_from, status.valid_to) AS detail,
	CASE WHEN status.used >= status.blocks_at THEN 'amend the budget, grant an override, or lower what is booked' END AS hint
FROM steering.cap_status AS status
WHERE status.step IS NOT NULL AND status.valid_to >= current_date
UNION ALL
SELECT format('cap %s: outlook', outlook.cap_id),
	CASE WHEN outlook.expected > outlook.blocks_at THEN 'warning' ELSE 'info' END,
	'outlook',
	NULL,
	outlook.cap_id,
	NULL,
	outlook.service,
	outlook.participant,
	CASE WHEN outlook.expected > outlook.blocks_at THEN format('bookings are expected to be refused from %s on', to_char(outlook.block_month, 'YYYY-MM'))
		ELSE format('%s cap is expected to be exceeded in %s', outlook.metric, to_char(outlook.limit_month, 'YYYY-MM')) END,
	format('used %s of %s, expected %s by %s (%s)', outlook.used, outlook.amount, outlook.expected, outlook.valid_to, outlook.basis),
	'look at steering.cap_outlook(), steering.outlook_error() says how far such outlooks were off'
FROM steering.cap_outlook(current_date) AS outlook
WHERE outlook.expected > outlook.amount AND outlook.used <= outlook.amount;
REVOKE ALL ON steering.cap_alert FROM PUBLIC;
COMMENT ON VIEW steering.cap_alert IS 'alerts of the caps that the role may read';
COMMENT ON COLUMN steering.cap_alert.alert IS 'as in steering.alert, and so the others';
COMMENT ON COLUMN steering.cap_alert.severity IS 'critical, warning or info';
COMMENT ON COLUMN steering.cap_alert.kind IS 'step or outlook';
COMMENT ON COLUMN steering.cap_alert.since IS 'when the cap last crossed a step, or was set; null: an outlook';
COMMENT ON COLUMN steering.cap_alert.cap_id IS 'the cap';
COMMENT ON COLUMN steering.cap_alert.decision IS 'null';
COMMENT ON COLUMN steering.cap_alert.service IS 'code of its service';
COMMENT ON COLUMN steering.cap_alert.participant IS 'code of its participant';
COMMENT ON COLUMN steering.cap_alert.problem IS 'what is the matter';
COMMENT ON COLUMN steering.cap_alert.detail IS 'the figures';
COMMENT ON COLUMN steering.cap_alert.hint IS 'what to do';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.health_of(reader name) RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT health.subject, health.problem, health.detail, health.hint
FROM (SELECT WHERE pg_has_role(session_user, health_of.reader, 'MEMBER')
	AND has_function_privilege(health_of.reader, 'steering.health()', 'EXECUTE')) AS allowed
CROSS JOIN LATERAL steering.health() AS health;
END;
COMMENT ON FUNCTION steering.health_of(name) IS 'health(), for a role that may execute that and that who has logged in is, or may become; for others no row';

CREATE VIEW steering.alert WITH (security_barrier) AS
SELECT found.alert,
	found.severity,
	found.kind,
	coalesce(found.since, seen.seen_at) AS since,
	found.cap_id,
	found.decision,
	found.service,
	found.participant,
	found.problem,
	found.detail,
	found.hint
FROM (SELECT * FROM steering.cap_alert
	UNION ALL
	SELECT format('decision %s', proposal.decision), 'info', 'decision', min(proposal.proposed_at), NULL, proposal.decision,
		min(proposal.service), min(proposal.participant),
		format('%s waits for a decision', min(proposal.act)),
		format('for %s', string_agg(DISTINCT proposal.functionary, ', ' ORDER BY proposal.functionary)),
		format('look at steering.proposal; SELECT steering.sign(%s, ...)', proposal.decision)
	FROM steering.proposal
	GROUP BY proposal.decision
	UNION ALL
	SELECT format('%s: %s', health.subject, health.problem), 'critical', 'health', NULL, NULL, NULL, NULL, NULL,
		format('%s: %s', health.subject, health.problem), health.detail, health.hint
	FROM steering.health_of(current_user) AS health) AS found
LEFT JOIN steering.alert_seen AS seen ON seen.alert = found.alert;
REVOKE ALL ON steering.alert FROM PUBLIC;
GRANT SELECT ON steering.alert TO PUBLIC;
COMMENT ON VIEW steering.alert IS 'what asks for attention now, as far as the role may read it: steps that caps stand at and outlooks above their limits (of caps that are not over), decisions that wait, and what health() says to who may execute that. health() reads sources: ask WHERE kind <> ''health'' where it need not. What is not asked for by kind is not computed';
COMMENT ON COLUMN steering.alert.alert IS 'what it is called as long as it is there';
COMMENT ON COLUMN steering.alert.severity IS 'critical: refused now, or not enforced; warning: warned of, or expected to be refused; info: to be known';
COMMENT ON COLUMN steering.alert.kind IS 'step: of a cap, reached by usage; outlook: a cap is expected to be exceeded; decision: somebody''s signature is wanted; health: something is not enforced';
COMMENT ON COLUMN steering.alert.since IS 'step: when the cap last crossed one, or was set; decision: when it was proposed; others: when notify_alerts() first saw it, null: it has not';
COMMENT ON COLUMN steering.alert.cap_id IS 'the cap; null: of none';
COMMENT ON COLUMN steering.alert.decision IS 'the decision; null: of none';
COMMENT ON COLUMN steering.alert.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.alert.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.alert.problem IS 'what is the matter';
COMMENT ON COLUMN steering.alert.detail IS 'more of it: figures, or who is to sign';
COMMENT ON COLUMN steering.alert.hint IS 'what to do; null: nothing';

-- Anybody can listen, so no figure is sent.
CREATE FUNCTION steering.notify_alerts() RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH found AS MATERIALIZED (
	SELECT cap_alert.alert, cap_alert.severity, cap_alert.kind, cap_alert.cap_id, cap_alert.decision FROM steering.cap_alert
	UNION
	SELECT format('decision %s', entry.decision_id), 'info', 'decision', NULL, entry.decision_id
	FROM steering.decision_record AS entry WHERE entry.state = 'open'
	UNION
	SELECT format('%s: %s', health.subject, health.problem), 'critical', 'health', NULL, NULL FROM steering.health() AS health
), gone AS (
	DELETE FROM steering.alert_seen WHERE alert_seen.alert NOT IN (SELECT found.alert FROM found)
), added AS (
	INSERT INTO steering.alert_seen (alert) SELECT found.alert FROM found ON CONFLICT (alert) DO NOTHING RETURNING alert_seen.alert
)
SELECT count(pg_notify('sp71_steering', json_build_object('kind', 'alert', 'alert', found.kind, 'severity', found.severity,
	'cap_id', found.cap_id, 'decision', found.decision)::text))::integer
FROM added JOIN found ON found.alert = added.alert;
END;
REVOKE ALL ON FUNCTION steering.notify_alerts() FROM PUBLIC;
COMMENT ON FUNCTION steering.notify_alerts() IS
'tells of alerts that are new since the last call, of all participants, by NOTIFY on the channel sp71_steering: {"kind": "alert", "alert": what kind, "severity", "cap_id", "decision"}, when the transaction commits; returns how many they were. For a job: pg_cron, or whatever runs every few minutes. Two at once: each alert is told of once';
