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
