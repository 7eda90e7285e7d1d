\echo Use "CREATE EXTENSION sp71_steering" to load this file. \quit
-- The schema of the extension. It must not exist yet: whoever owned it could put things into it.

CREATE SCHEMA steering;
COMMENT ON SCHEMA steering IS 'caps on the budget and volume of shared services (extension sp71_steering)';
GRANT USAGE ON SCHEMA steering TO PUBLIC;
-- amount.sql
-- The type steering.amount: money and volumes as 64-bit fixed point with four decimals.
--
-- An amount is stored as the number of its units of 1/10000, so binary I/O, comparison, hashing and
-- index support are those of bigint: core's own functions, declared for amount (LANGUAGE internal).

CREATE TYPE steering.amount;

CREATE FUNCTION steering.amount_in(cstring) RETURNS steering.amount
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_in';
COMMENT ON FUNCTION steering.amount_in(cstring) IS 'I/O';

CREATE FUNCTION steering.amount_out(steering.amount) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_out';
COMMENT ON FUNCTION steering.amount_out(steering.amount) IS 'I/O';

CREATE FUNCTION steering.amount_recv(internal) RETURNS steering.amount
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8recv';
COMMENT ON FUNCTION steering.amount_recv(internal) IS
	'I/O: the number of 1/10000 units, as bigint does';

CREATE FUNCTION steering.amount_send(steering.amount) RETURNS bytea
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8send';
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

CREATE FUNCTION steering.amount_to_smallint(steering.amount) RETURNS smallint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1::numeric::smallint;
COMMENT ON FUNCTION steering.amount_to_smallint(steering.amount) IS
	'implementation of the cast from amount to smallint';

CREATE CAST (steering.amount AS smallint)
	WITH FUNCTION steering.amount_to_smallint(steering.amount);
COMMENT ON CAST (steering.amount AS smallint) IS
	'rounds half away from zero to a whole number; overflow is 22003';

CREATE FUNCTION steering.amount_to_integer(steering.amount) RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1::numeric::integer;
COMMENT ON FUNCTION steering.amount_to_integer(steering.amount) IS
	'implementation of the cast from amount to integer';

CREATE CAST (steering.amount AS integer) WITH FUNCTION steering.amount_to_integer(steering.amount);
COMMENT ON CAST (steering.amount AS integer) IS
	'rounds half away from zero to a whole number; overflow is 22003';

CREATE FUNCTION steering.amount_to_bigint(steering.amount) RETURNS bigint
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1::numeric::bigint;
COMMENT ON FUNCTION steering.amount_to_bigint(steering.amount) IS
	'implementation of the cast from amount to bigint';

CREATE CAST (steering.amount AS bigint) WITH FUNCTION steering.amount_to_bigint(steering.amount);
COMMENT ON CAST (steering.amount AS bigint) IS 'rounds half away from zero to a whole number';

CREATE FUNCTION steering.amount_to_double_precision(steering.amount) RETURNS double precision
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1::numeric::double precision;
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
COMMENT ON FUNCTION steering.amount_accumulate(internal, steering.amount) IS
	'aggregate transition function';

CREATE FUNCTION steering.amount_discard(internal, steering.amount) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_discard';
COMMENT ON FUNCTION steering.amount_discard(internal, steering.amount) IS
	'aggregate inverse transition function';

CREATE FUNCTION steering.amount_combine(internal, internal) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_combine';
COMMENT ON FUNCTION steering.amount_combine(internal, internal) IS 'aggregate combine function';

CREATE FUNCTION steering.amount_serialize(internal) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_serialize';
COMMENT ON FUNCTION steering.amount_serialize(internal) IS 'aggregate serial function';

CREATE FUNCTION steering.amount_deserialize(bytea, internal) RETURNS internal
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_deserialize';
COMMENT ON FUNCTION steering.amount_deserialize(bytea, internal) IS 'aggregate deserial function';

CREATE FUNCTION steering.amount_sum(internal) RETURNS steering.amount
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_sum';
COMMENT ON FUNCTION steering.amount_sum(internal) IS 'aggregate final function';

CREATE FUNCTION steering.amount_average(internal) RETURNS numeric
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'steering_amount_average';
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
COMMENT ON FUNCTION steering.amount_smaller(steering.amount, steering.amount) IS 'smaller of two';

CREATE AGGREGATE steering.min(steering.amount) (
	SFUNC = steering.amount_smaller, STYPE = steering.amount, COMBINEFUNC = steering.amount_smaller,
	SORTOP = OPERATOR(steering.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.min(steering.amount) IS 'least amount; null if there is none';

CREATE FUNCTION steering.amount_larger(steering.amount, steering.amount) RETURNS steering.amount
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8larger';
COMMENT ON FUNCTION steering.amount_larger(steering.amount, steering.amount) IS 'larger of two';

CREATE AGGREGATE steering.max(steering.amount) (
	SFUNC = steering.amount_larger, STYPE = steering.amount, COMBINEFUNC = steering.amount_larger,
	SORTOP = OPERATOR(steering.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.max(steering.amount) IS 'greatest amount; null if there is none';
-- fiscal_period.sql
-- The type steering.fiscal_period: a calendar year, quarter or month.
--
-- A period is stored as an integer that sorts as periods do, so comparison, hashing and index support
-- are those of integer: functions of core (LANGUAGE internal), declared here for fiscal_period.

CREATE TYPE steering.fiscal_period;

CREATE FUNCTION steering.fiscal_period_in(cstring) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_in';
COMMENT ON FUNCTION steering.fiscal_period_in(cstring) IS 'I/O';

CREATE FUNCTION steering.fiscal_period_out(steering.fiscal_period) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_out';
COMMENT ON FUNCTION steering.fiscal_period_out(steering.fiscal_period) IS 'I/O';

CREATE FUNCTION steering.fiscal_period_recv(internal) RETURNS steering.fiscal_period
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_recv';
COMMENT ON FUNCTION steering.fiscal_period_recv(internal) IS 'I/O';

CREATE FUNCTION steering.fiscal_period_send(steering.fiscal_period) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_fiscal_period_send';
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
COMMENT ON FUNCTION steering.fiscal_period_smaller(steering.fiscal_period, steering.fiscal_period) IS
	'smaller of two';

CREATE AGGREGATE steering.min(steering.fiscal_period) (
	SFUNC = steering.fiscal_period_smaller, STYPE = steering.fiscal_period, COMBINEFUNC = steering.fiscal_period_smaller,
	SORTOP = OPERATOR(steering.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.min(steering.fiscal_period) IS 'first period in the order of periods; null if there is none';

CREATE FUNCTION steering.fiscal_period_larger(steering.fiscal_period, steering.fiscal_period) RETURNS steering.fiscal_period
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4larger';
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
-- ladder.sql
-- The type steering.ladder: the steps of a cap. And what a ladder means for given figures.
--
-- A ladder is stored in canonical order, so equal ladders are equal bytes, and comparison, hashing and
-- index support are those of bytea: functions of core (LANGUAGE internal), declared here for ladder.

CREATE TYPE steering.ladder;

CREATE FUNCTION steering.ladder_in(cstring) RETURNS steering.ladder
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_ladder_in';
COMMENT ON FUNCTION steering.ladder_in(cstring) IS 'I/O';

CREATE FUNCTION steering.ladder_out(steering.ladder) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_ladder_out';
COMMENT ON FUNCTION steering.ladder_out(steering.ladder) IS 'I/O';

CREATE FUNCTION steering.ladder_recv(internal) RETURNS steering.ladder
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_ladder_recv';
COMMENT ON FUNCTION steering.ladder_recv(internal) IS 'I/O';

CREATE FUNCTION steering.ladder_send(steering.ladder) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_ladder_send';
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
	reader regrole
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
COMMENT ON COLUMN steering.participant.reader IS 'role that may read the figures of this participant and of all below it, and so may every role that has its privileges; null: none';

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
CREATE FUNCTION steering.unwritten_change()
RETURNS TABLE (source_id integer, service_id integer, participant_id integer, month date,
    amount steering.amount, volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_unwritten_change'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.unwritten_change() IS
'what this transaction has booked and will write when it commits, as far as the role may read it: to usage cells, or to the counter of cap number service_id where source_id is 0';

CREATE VIEW steering.cap_usage AS
SELECT counted.cap_id, steering.sum(counted.used) AS used, min(counted.revision) AS revision
FROM (SELECT cap_counter.cap_id, cap_counter.used, cap_counter.revision FROM steering.cap_counter
      UNION ALL
      SELECT unwritten.service_id, unwritten.amount, NULL FROM steering.unwritten_change() AS unwritten
      WHERE unwritten.source_id = 0) AS counted
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
'makes one row again of the counters and usage cells that were divided and that nobody is changing now; returns how many rows went. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE FUNCTION steering.set_cap(service text, participant text, metric text, during daterange,
	amount numeric, ladder text DEFAULT NULL, reason text DEFAULT NULL, accept_overrun boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_set_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.set_cap(text, text, text, daterange, numeric, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_cap(text, text, text, daterange, numeric, text, text, boolean) IS
'creates a cap, or revises the one with the same service, participant, metric and range; returns its number. Without a ladder a new cap blocks at 100% and another keeps its own. A limit below usage is refused (23S71, 23S72) if the ladder blocks, unless accept_overrun. Other errors: 22004 null, 22023 unknown code, metric or range, 22003 amount, 22P02 ladder, 40001 concurrent change';

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
'what a booking would do to the caps over it that the role may read, without booking: usage before and after, the threshold above which the cap blocks and the room under it (null: it never blocks), and the verdict: ok, notify, warn or block';
-- Sources: attached finance tables, their triggers, and what follows their ALTER and DROP.

-- The order of the columns is known to C.
CREATE TABLE steering.source (
    source_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT source_pkey PRIMARY KEY,
    relation regclass NOT NULL CONSTRAINT source_relation_key UNIQUE,
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
    relation regclass NOT NULL CONSTRAINT source_table_pkey PRIMARY KEY,
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
'trigger of attached tables: books what a statement changes. Errors: 23S71, 23S72 a cap would be exceeded, 23S73 a row''s service, participant or day is unknown, 22003 an amount or a sum does not fit, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE FUNCTION steering.attach(relation regclass, service text, participant text, booked_on text,
    amount text DEFAULT NULL, volume text DEFAULT NULL, counts_when text DEFAULT NULL,
    stage text DEFAULT 'actual', unknown text DEFAULT 'refuse', accept_overrun boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_attach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.attach(regclass, text, text, text, text, text, text, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach(regclass, text, text, text, text, text, text, text, text, boolean) IS
'makes a table a source of bookings: its rows count from now on, those in it included; returns the number of the source. The arguments are immutable SQL expressions over one row of the table. Only its owner may. Waits for transactions that write the table. Errors: 42501 not the owner, 42809 not such a table, 42710 attached already, 22004 null, 22023 wrong stage or unknown, those of SQL for a wrong expression, those of book() for the rows in it; accept_overrun lets these exceed caps';

CREATE FUNCTION steering.reattach(source regclass) RETURNS void
AS 'MODULE_PATHNAME', 'steering_reattach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reattach(regclass) FROM PUBLIC;
COMMENT ON FUNCTION steering.reattach(regclass) IS
'puts a source in order after what its triggers and event triggers could not see: takes in and lets go tables, makes triggers that are missing, counts all rows anew. No cap refuses that. Only the owner of the table may. Waits for all bookings. Errors: 42501 not the owner, 42704 no source, 22004 null, 40001 concurrent change';

CREATE FUNCTION steering.detach(source regclass) RETURNS void
AS 'MODULE_PATHNAME', 'steering_detach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.detach(regclass) FROM PUBLIC;
COMMENT ON FUNCTION steering.detach(regclass) IS
'ends a source: its rows count no more, and the table is as it was before attach(). Only its owner may. Waits for all bookings. Errors: 42501 not the owner, 42704 no source, 22004 null, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 40001 concurrent change';

-- PUBLIC may execute it because the view steering.booking does, in the name of whoever reads it.
CREATE FUNCTION steering.booking_scan(first_day date, end_day date, source integer DEFAULT NULL,
    refuse_unknown boolean DEFAULT false)
RETURNS TABLE (source_id integer, service_id integer, participant_id integer, booked_on date,
    amount steering.amount, volume steering.amount)
AS 'MODULE_PATHNAME', 'steering_booking_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION steering.booking_scan(date, date, integer, boolean) IS
'reads the bookings from first_day until before end_day (null: without bound), of one source or of all (null), from the rows of the attached tables, as far as the role may read them. Rows that are ignored because a key of them is unknown have service and participant 0, and no day if theirs is unusable; only who may read everything sees them. With refuse_unknown a row that its source would refuse now is an error (23S73), else it is left out';

CREATE FUNCTION steering.follow_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_follow_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_ddl() IS
'takes in tables that became part of a source and lets go those that ceased to be, counting their rows; recounts a source whose values were rewritten; refuses what would break a mapping (2BP01)';

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
'forgets sources whose table was dropped, and recounts those of which a part was dropped, by reading what is left: DETACH PARTITION before DROP TABLE reads only what goes. Refuses what would break a mapping (2BP01)';

-- Without a list of tags: ALTER VIEW can rename the column of a table, CREATE SCHEMA can hold a CREATE
-- TABLE ... PARTITION OF. The functions look at the command first and return at once from most.
CREATE EVENT TRIGGER sp71_steering_follow ON ddl_command_end EXECUTE FUNCTION steering.follow_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_follow IS 'keeps the sources of steering in step with ALTER TABLE and CREATE TABLE';
CREATE EVENT TRIGGER sp71_steering_rewrite ON table_rewrite EXECUTE FUNCTION steering.follow_rewrite();
COMMENT ON EVENT TRIGGER sp71_steering_rewrite IS 'tells steering which tables ALTER TABLE rewrites';
CREATE EVENT TRIGGER sp71_steering_drop ON sql_drop EXECUTE FUNCTION steering.follow_drop();
COMMENT ON EVENT TRIGGER sp71_steering_drop IS 'keeps the sources of steering in step with DROP';
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

CREATE VIEW steering.usage_now AS
SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
	usage_cell.amount, usage_cell.volume, usage_cell.bookings
FROM steering.usage_cell
UNION ALL
SELECT unwritten.source_id, unwritten.service_id, unwritten.participant_id, unwritten.month,
	unwritten.amount, unwritten.volume, unwritten.bookings
FROM steering.unwritten_change() AS unwritten
WHERE unwritten.source_id <> 0;
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
-- tables, in one pass for all caps, and only if there are bookings in them at all: the lateral join
-- has no row to call booking_scan() for otherwise. Compiling the query would take longer than running it.
CREATE FUNCTION steering.cap_tally(caps integer[]) RETURNS TABLE (cap_id integer, used steering.amount)
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
		min(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_from,
		max(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_to
	FROM steering.usage_cell
	JOIN service_below ON service_below.service_id = usage_cell.service_id
	JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND month >= first_month AND month < end_day
	GROUP BY wanted.cap_id
), partly AS (
	SELECT min(partly_from) AS first_day, max(partly_to) + 31 AS end_day
	FROM cell_usage
	HAVING min(partly_from) IS NOT NULL
), row_usage AS (
	SELECT wanted.cap_id, steering.sum(CASE WHEN wanted.of_budget THEN booked.amount ELSE booked.volume END) AS used
	FROM partly
	CROSS JOIN LATERAL steering.booking_scan(partly.first_day, partly.end_day) AS booked
	JOIN service_below ON service_below.service_id = booked.service_id
	JOIN participant_below ON participant_below.participant_id = booked.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND booked.booked_on >= wanted.first_day AND booked.booked_on < wanted.end_day
		AND NOT (booked.booked_on >= whole_from AND booked.booked_on < whole_to)
	GROUP BY wanted.cap_id
)
SELECT wanted.cap_id,
	coalesce(cell_usage.used, 0::steering.amount) OPERATOR(steering.+) coalesce(row_usage.used, 0::steering.amount)
FROM wanted
LEFT JOIN cell_usage ON cell_usage.cap_id = wanted.cap_id
LEFT JOIN row_usage ON row_usage.cap_id = wanted.cap_id;
END;
REVOKE ALL ON FUNCTION steering.cap_tally(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_tally(integer[]) IS 'usage of these caps, counted anew from the months'' sums and the bookings';
-- What happened to caps: one row per decision and per step crossed. Written by C alone. Who may read a
-- participant's figures reads its events; the policy comes with the view that decides it.

CREATE TABLE steering.event (
	event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	kind text NOT NULL CHECK (kind IN ('created', 'revised', 'dropped', 'notify', 'warn')),
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
REVOKE ALL ON steering.event FROM PUBLIC;
GRANT SELECT ON steering.event TO PUBLIC;
ALTER TABLE steering.event ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('steering.event', '');
SELECT pg_catalog.pg_extension_config_dump('steering.event_event_id_seq', '');
COMMENT ON TABLE steering.event IS 'what happened to caps: decisions, and steps crossed by bookings; each role sees those that it may read';
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
-- What BI tools read. Each view shows a role what it may read, whatever else it may do: they are
-- security barriers, and the tables below them are granted to nobody.

CREATE VIEW steering.readable_participant WITH (security_barrier) AS
WITH RECURSIVE readable (participant_id, code) AS (
	SELECT participant.participant_id, participant.code
	FROM steering.participant
	WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR pg_has_role(participant.reader, 'USAGE')
	UNION
	SELECT participant.participant_id, participant.code
	FROM readable JOIN steering.participant ON participant.parent = readable.code
)
SELECT readable.participant_id FROM readable;
GRANT SELECT ON steering.readable_participant TO PUBLIC;
COMMENT ON VIEW steering.readable_participant IS 'the participants whose figures the present role may read: all if it may select from steering.cap, else those that it is reader of, and all below them';
COMMENT ON COLUMN steering.readable_participant.participant_id IS 'number of the participant';

CREATE POLICY readable ON steering.event FOR SELECT TO PUBLIC
	USING ((SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		   OR participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant));
COMMENT ON POLICY readable ON steering.event IS 'events of participants whose figures the role may read; those of participants that are gone go to who may read all';

CREATE VIEW steering.source_name AS
SELECT source.source_id, format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name
FROM steering.source
JOIN pg_catalog.pg_class ON pg_class.oid = source.relation
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace;
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
	counter.used::numeric AS used,
	round(100 * counter.used::numeric / nullif(cap.amount::numeric, 0), 2) AS used_percent,
	steering.blocks_at(cap.ladder, cap.amount)::numeric AS blocks_at,
	steering.blocks_at(cap.ladder, cap.amount)::numeric - counter.used::numeric AS headroom,
	steering.step_at(cap.ladder, cap.amount, counter.used) AS step,
	cap.ladder::text AS ladder
FROM steering.cap
JOIN steering.service ON service.service_id = cap.service_id
JOIN steering.participant ON participant.participant_id = cap.participant_id
LEFT JOIN steering.cap_usage AS counter ON counter.cap_id = cap.cap_id
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
COMMENT ON COLUMN steering.cap_status.used IS 'what the bookings use of it';
COMMENT ON COLUMN steering.cap_status.used_percent IS 'used as a percentage of the limit, to two decimals; null if the limit is 0';
COMMENT ON COLUMN steering.cap_status.blocks_at IS 'usage above this is refused; null: the ladder never blocks';
COMMENT ON COLUMN steering.cap_status.headroom IS 'blocks_at minus used, negative after an accepted overrun; null: the ladder never blocks';
COMMENT ON COLUMN steering.cap_status.step IS 'the highest step that usage stands at; null: none';
COMMENT ON COLUMN steering.cap_status.ladder IS 'all steps';

CREATE VIEW steering.booking WITH (security_barrier) AS
SELECT source_name.name AS source,
	service.code AS service,
	participant.code AS participant,
	booked.booked_on,
	booked.amount::numeric AS amount,
	booked.volume::numeric AS volume,
	source.stage
FROM steering.booking_scan(NULL, NULL) AS booked
JOIN steering.source ON source.source_id = booked.source_id
JOIN steering.source_name ON source_name.source_id = source.source_id
JOIN steering.service ON service.service_id = booked.service_id
JOIN steering.participant ON participant.participant_id = booked.participant_id
WHERE booked.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.booking TO PUBLIC;
COMMENT ON VIEW steering.booking IS 'all bookings of all sources that the role may read; reads the attached tables as a whole';
COMMENT ON COLUMN steering.booking.source IS 'the attached table';
COMMENT ON COLUMN steering.booking.service IS 'code of the service';
COMMENT ON COLUMN steering.booking.participant IS 'code of the participant';
COMMENT ON COLUMN steering.booking.booked_on IS 'the day that decides which caps apply';
COMMENT ON COLUMN steering.booking.amount IS 'money, rounded to four decimals';
COMMENT ON COLUMN steering.booking.volume IS 'units of the service, rounded to four decimals';
COMMENT ON COLUMN steering.booking.stage IS 'actual (spent) or commitment (obligation not yet spent)';

CREATE VIEW steering.usage_by_month WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	usage_cell.month,
	source.stage,
	steering.sum(usage_cell.amount)::numeric AS amount,
	steering.sum(usage_cell.volume)::numeric AS volume,
	sum(usage_cell.bookings)::bigint AS bookings
FROM steering.usage_now AS usage_cell
JOIN steering.source ON source.source_id = usage_cell.source_id
JOIN steering.service ON service.service_id = usage_cell.service_id
JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
WHERE usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
GROUP BY service.code, participant.code, usage_cell.month, source.stage
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
-- where cap_tally() goes downwards from the caps over stored sums.
CREATE VIEW steering.difference AS
WITH RECURSIVE booked AS MATERIALIZED (
	SELECT scan.source_id, scan.service_id, scan.participant_id, scan.booked_on,
		steering.sum(scan.amount) AS amount, steering.sum(scan.volume) AS volume, count(*) AS bookings
	FROM steering.booking_scan(NULL, NULL) AS scan
	GROUP BY scan.source_id, scan.service_id, scan.participant_id, scan.booked_on
), actual_cell AS (
	SELECT booked.source_id, booked.service_id, booked.participant_id,
		coalesce(steering.month_of(booked.booked_on), '-infinity') AS month,
		steering.sum(booked.amount) AS amount, steering.sum(booked.volume) AS volume, sum(booked.bookings) AS bookings
	FROM booked
	GROUP BY 1, 2, 3, 4
), stored_cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
		steering.sum(usage_cell.amount) AS amount, steering.sum(usage_cell.volume) AS volume, sum(usage_cell.bookings) AS bookings
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
		sum(booked.amount::numeric) AS amount, sum(booked.volume::numeric) AS volume
	FROM booked
	JOIN service_above ON service_above.service_id = booked.service_id
	JOIN participant_above ON participant_above.participant_id = booked.participant_id
	GROUP BY 1, 2, 3
), actual_cap AS (
	SELECT cap.cap_id,
		coalesce(sum(CASE cap.metric WHEN 'budget' THEN charged.amount ELSE charged.volume END), 0) AS used
	FROM steering.cap
	LEFT JOIN charged ON charged.service_id = cap.service_id AND charged.participant_id = cap.participant_id
		AND charged.booked_on >= lower(cap.during) AND charged.booked_on < upper(cap.during)
	GROUP BY cap.cap_id
), stored_cap AS (
	SELECT cap_usage.cap_id, cap_usage.used, cap_usage.revision
	FROM steering.cap_usage
)
SELECT 'cap' AS what, cap_id, NULL::integer AS source_id, cap.service_id, cap.participant_id, NULL::date AS month,
	measure.name AS measure, measure.stored, measure.actual
FROM steering.cap
FULL JOIN stored_cap USING (cap_id)
LEFT JOIN actual_cap USING (cap_id)
CROSS JOIN LATERAL (VALUES
	('used', stored_cap.used::numeric, actual_cap.used),
	('revision', stored_cap.revision, cap.revision)) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual
	OR (measure.name = 'used' AND measure.stored IS DISTINCT FROM measure.actual)
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount::numeric, 0), coalesce(actual_cell.amount::numeric, 0)),
	('volume', coalesce(stored_cell.volume::numeric, 0), coalesce(actual_cell.volume::numeric, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;
REVOKE ALL ON steering.difference FROM PUBLIC;
COMMENT ON VIEW steering.difference IS 'verify() by numbers instead of names';
COMMENT ON COLUMN steering.difference.what IS 'cap or usage';
COMMENT ON COLUMN steering.difference.cap_id IS 'number of the cap; null: not of a cap';
COMMENT ON COLUMN steering.difference.source_id IS 'number of the source; null: of a cap';
COMMENT ON COLUMN steering.difference.service_id IS 'number of the service; 0: ignored rows';
COMMENT ON COLUMN steering.difference.participant_id IS 'number of the participant; 0: ignored rows';
COMMENT ON COLUMN steering.difference.month IS 'first day of the month; -infinity: ignored rows without a usable date; null: of a cap';
COMMENT ON COLUMN steering.difference.measure IS 'used, revision; amount, volume, bookings';
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

CREATE FUNCTION steering.verify()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT named.*
FROM steering.name_differences(steering.find_differences()) AS named;
END;
REVOKE ALL ON FUNCTION steering.verify() FROM PUBLIC;
COMMENT ON FUNCTION steering.verify() IS
'where stored usage differs from the bookings, which it counts row by row; no row is right. What: cap (used: usage; revision: does the counter belong to the cap as it is) or usage (amount, volume, bookings of a month; no service: rows that are ignored). A null under stored is a cap without counter, under actual a counter without cap. Difference is actual minus stored: what repair() adds';

CREATE FUNCTION steering.repair()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
AS 'MODULE_PATHNAME', 'steering_repair'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.repair() FROM PUBLIC;
COMMENT ON FUNCTION steering.repair() IS 'mends what verify() finds, with bookings going on, and returns it. No cap refuses that. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';
-- What is not being enforced now, and why. One view for each kind of cause, and a function over all.

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

CREATE VIEW steering.trigger_problem AS
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
    ('sp71_steering_drop', 'sql_drop', 'steering.follow_drop()', 'Dropped tables stay counted.')
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
           sum(usage_cell.bookings), sum(usage_cell.amount)::numeric, sum(usage_cell.volume)::numeric),
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

CREATE VIEW steering.cap_problem AS
SELECT format('cap %s', cap_status.cap_id) AS subject, 'overrun' AS problem,
    format('The %s cap of service "%s" for participant "%s" blocks above %s, and %s is used.', cap_status.metric,
           cap_status.service, cap_status.participant, cap_status.blocks_at, cap_status.used) AS detail,
    'raise it with steering.set_cap(), or lower its bookings' AS hint
FROM steering.cap_status
WHERE cap_status.used > cap_status.blocks_at;
REVOKE ALL ON steering.cap_problem FROM PUBLIC;
COMMENT ON VIEW steering.cap_problem IS 'health(): caps of which more is used than they allow, since someone accepted that';
COMMENT ON COLUMN steering.cap_problem.subject IS 'a cap';
COMMENT ON COLUMN steering.cap_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.cap_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.cap_problem.hint IS 'what to do';

-- Compiling the query would take longer than running it.
CREATE FUNCTION steering.health() RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT * FROM steering.session_problem
UNION ALL
SELECT * FROM steering.event_trigger_problem
UNION ALL
SELECT * FROM steering.trigger_problem
UNION ALL
SELECT * FROM steering.source_problem
UNION ALL
SELECT * FROM steering.cap_problem
ORDER BY 2, 1, 3;
END;
REVOKE ALL ON FUNCTION steering.health() FROM PUBLIC;
COMMENT ON FUNCTION steering.health() IS 'what is not being enforced now, and why; no row is right. It looks at settings, triggers, sources and caps, not at the rows: verify() does';
