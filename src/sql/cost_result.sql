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
