-- The dry run of a set of bookings.

-- Not STABLE: the query may call functions that are not.
CREATE FUNCTION steering.check_bookings(bookings text)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, amount numeric, used numeric,
	after numeric, blocks_at numeric, headroom numeric, verdict text, bookings bigint, sqlstate text, problem text,
	first_row bigint)
AS 'MODULE_PATHNAME', 'steering_check_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.check_bookings(text) IS
'what one statement that books all rows of a query would be told, without booking. The query gives service, participant, booked_on, amount, volume, the order line that the row releases and whether it is the last of it, in this order, the last four if wanted; it runs as the caller, may not write, and what it sets is undone. One row per cap over the rows that the role may read: usage before and after, threshold, room and verdict as of check_booking(), with how many rows and the first of them (none: a cap of which is only released); and one per reason for which rows would be refused: verdict refuse, SQLSTATE 23S71 (a cap is required), 23S73 or 23S74, and the message. Refusals come in the order in which the statement would meet them; no SQLSTATE at all: it would pass. Errors: 22004 null, 22023 no query that gives rows, 42804 columns that do not serve, 25006 the query writes, those of the query';

CREATE FUNCTION steering.check_bookings(bookings jsonb)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, amount numeric, used numeric,
	after numeric, blocks_at numeric, headroom numeric, verdict text, bookings bigint, sqlstate text, problem text,
	first_row bigint)
AS 'MODULE_PATHNAME', 'steering_check_bookings_json'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.check_bookings(jsonb) IS
'the same of an array of objects with the keys service, participant, booked_on, amount, volume, releases and final. Errors: 22004 null, 22023 another key, those of a wrong date or number';
