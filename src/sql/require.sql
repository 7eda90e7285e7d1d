-- What functions require of their arguments, and say in words of their own when it does not hold: a constraint of the table that they
-- write holds all the same, but names itself, and no remedy.

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

CREATE FUNCTION steering.require_one_of(value text, argument text, choices text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(require_one_of.value = ANY (string_to_array(require_one_of.choices, ', ')) IS NOT FALSE, '23514',
	format('%s must be one of %s: "%s"', require_one_of.argument, require_one_of.choices, require_one_of.value));
END;
REVOKE ALL ON FUNCTION steering.require_one_of(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_one_of(text, text, text) IS 'choices: words with ", " between them. Null is left to the column. Error: 23514 a value is none of them';

CREATE FUNCTION steering.require_months(during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that((extract(day FROM lower(require_months.during)) = 1 AND extract(day FROM upper(require_months.during)) = 1) IS NOT FALSE,
	'23514', format('during must be made of whole months: %s', require_months.during),
	'It begins on the first day of a month and ends before the first day of another: 2026, 2026-Q1, 2026-03 or [2026-04-01,2027-04-01).');
END;
REVOKE ALL ON FUNCTION steering.require_months(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_months(daterange) IS 'What has no first or no last day, and null, is left to the column. Error: 23514 parts of months';
