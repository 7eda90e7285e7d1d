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
