-- The table that the fuzz target expression parses its inputs for, and what expressions may find beside it.
CREATE EXTENSION sp71_steering;
CREATE SCHEMA finance;
CREATE TYPE pair AS (net numeric(12,2), tax numeric);
CREATE TYPE level AS ENUM ('low', 'high');
CREATE DOMAIN positive AS numeric CHECK (VALUE > 0);
CREATE FUNCTION twice(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION many(n numeric) RETURNS SETOF numeric LANGUAGE sql IMMUTABLE AS 'SELECT n';
CREATE FUNCTION vary(n numeric) RETURNS numeric LANGUAGE sql VOLATILE AS 'SELECT n';
CREATE FUNCTION defaulted(a numeric, b numeric DEFAULT 2, VARIADIC c numeric[] DEFAULT '{}') RETURNS numeric
	LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE OPERATOR @+@ (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = numeric_add);
CREATE TABLE finance.line (gone text, ser text, par text, day date, at timestamp, amt numeric, qty integer, whole bigint,
	cents steering.amount, f double precision, b boolean, p pair, l level, d positive, j jsonb, a integer[],
	"Pé""r" text, v varbit, i interval, r daterange, made timestamptz,
	twice numeric GENERATED ALWAYS AS (amt * 2) STORED);
ALTER TABLE finance.line DROP COLUMN gone;
CREATE FUNCTION fuzz_expression(options text) RETURNS integer LANGUAGE C STRICT AS '$libdir/sp71_steering';
