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
