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
