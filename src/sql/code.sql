-- Codes that people cannot tell apart: refused where they are made, and told by health() where they are.

CREATE FUNCTION steering.code_fault(code text) RETURNS text
AS 'MODULE_PATHNAME', 'steering_code_fault'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.code_fault(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.code_fault(text) IS
'what makes a code hard to tell from another, as the end of a sentence about it: blanks at its ends, characters that cannot be seen or look like a blank; null: nothing';

CREATE FUNCTION steering.code_spelling(code text) RETURNS bytea
AS 'MODULE_PATHNAME', 'steering_code_spelling'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.code_spelling(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.code_spelling(text) IS
'the same for all spellings of a code that look alike: its Unicode normalization form C, in UTF-8; the code as it is where characters are not known (SQL_ASCII)';

CREATE FUNCTION steering.show_code(code text) RETURNS text
AS 'MODULE_PATHNAME', 'steering_show_code'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.show_code(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.show_code(text) IS
'a code as messages show it: as <U+00A0> what cannot be seen or looks like a blank, and blanks at its ends; all that is not ASCII where it is not in Unicode normalization form C';

CREATE FUNCTION steering.refuse_odd_code() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_odd_code'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_odd_code() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_odd_code() IS
'refuses a code that looks like another: with a fault (23514), or in a second spelling (23505). Not while a dump is restored, which sets check_function_bodies off';

CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.participant REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();
CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.service REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();
CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.indicator REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();
CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.allocation_key REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();
CREATE TRIGGER refuse_odd_code
	AFTER INSERT ON steering.risk REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_odd_code();

CREATE VIEW steering.code_problem AS
WITH entry (noun, code) AS (
	SELECT 'participant', participant.code FROM steering.participant
	UNION ALL
	SELECT 'service', service.code FROM steering.service
	UNION ALL
	SELECT 'indicator', indicator.code FROM steering.indicator
	UNION ALL
	SELECT 'allocation key', allocation_key.code FROM steering.allocation_key
	UNION ALL
	SELECT 'risk', risk.code FROM steering.risk
)
SELECT concat(entry.noun, ' "', steering.show_code(entry.code), '"') AS subject, 'odd code' AS problem,
	format('Its code %s, so that people take it for another, or none.', steering.code_fault(entry.code)) AS detail,
	'add an entry with a code without, and use that from now on' AS hint
FROM entry
WHERE steering.code_fault(entry.code) IS NOT NULL
UNION ALL
SELECT concat(entry.noun, ' "', min(steering.show_code(entry.code)), '"'), 'codes look alike',
	format('These are spellings of one code: %s.',
		   string_agg(concat('"', steering.show_code(entry.code), '"'), ', ' ORDER BY entry.code)),
	'use one of them from now on'
FROM entry
GROUP BY entry.noun, steering.code_spelling(entry.code)
HAVING count(*) > 1;
REVOKE ALL ON steering.code_problem FROM PUBLIC;
COMMENT ON VIEW steering.code_problem IS 'health(): codes that people cannot tell apart, made before 0.3.0 or restored from a dump';
COMMENT ON COLUMN steering.code_problem.subject IS 'an entry, by its code as messages show it';
COMMENT ON COLUMN steering.code_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.code_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.code_problem.hint IS 'what to do';
