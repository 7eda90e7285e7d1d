-- Readers of participants: who may name one, and what becomes of those whose role is gone.

CREATE FUNCTION steering.guard_reader() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_guard_reader'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_reader() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_reader() IS
'after a change of the register of participants: refuses a reader, and a parent with readers that did not read before, to whom may not grant SELECT on steering.cap (42501), and an UPDATE to a reader that is no role (42704); an INSERT of one gives a warning';

CREATE TRIGGER guard_reader_insert
	AFTER INSERT ON steering.participant REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_reader();
CREATE TRIGGER guard_reader_update
	AFTER UPDATE ON steering.participant REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_reader();

CREATE VIEW steering.reader_problem AS
SELECT format('participant "%s"', participant.code) AS subject, 'reader missing' AS problem,
	format('Its reader %s is no role: nobody has the right to read its figures by that.', participant.reader) AS detail,
	format('create the role, or UPDATE steering.participant SET reader = ... WHERE code = %L', participant.code) AS hint
FROM steering.participant
WHERE participant.reader IS NOT NULL AND participant.reader::oid = 0::oid;
REVOKE ALL ON steering.reader_problem FROM PUBLIC;
COMMENT ON VIEW steering.reader_problem IS 'health(): participants whose reader is no role';
COMMENT ON COLUMN steering.reader_problem.subject IS 'a participant';
COMMENT ON COLUMN steering.reader_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.reader_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.reader_problem.hint IS 'what to do';
