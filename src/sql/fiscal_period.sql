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
