-- Partitions that are detached concurrently: refused before anything is done, and reported while pending.

CREATE FUNCTION steering.guard_detach() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_guard_detach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_detach() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_detach() IS
'refuses DETACH PARTITION CONCURRENTLY, which is two transactions, before it begins: 23S71, 23S72 where negative bookings leave and a cap would be exceeded without them, 23S74 where bookings in a closed period leave';

CREATE EVENT TRIGGER sp71_steering_detach ON ddl_command_start WHEN TAG IN ('ALTER TABLE')
	EXECUTE FUNCTION steering.guard_detach();
COMMENT ON EVENT TRIGGER sp71_steering_detach IS 'has steering judge DETACH PARTITION CONCURRENTLY before it begins';

CREATE VIEW steering.detach_problem AS
SELECT pg_inherits.inhrelid::regclass::text AS subject, 'detach pending' AS problem,
	format('DETACH PARTITION CONCURRENTLY has begun and not ended: queries on %s do not see its rows, and they are still counted.',
		   pg_inherits.inhparent::regclass) AS detail,
	format('ALTER TABLE %s DETACH PARTITION %s FINALIZE; where a closed period or a cap refuses that, attach it again in the same transaction, with sp71_steering.check_at = ''commit''',
		   pg_inherits.inhparent::regclass, pg_inherits.inhrelid::regclass) AS hint
FROM steering.source_tree
JOIN pg_catalog.pg_inherits ON pg_inherits.inhrelid = source_tree.relation
WHERE pg_inherits.inhdetachpending AND source_tree.is_in_tree;
REVOKE ALL ON steering.detach_problem FROM PUBLIC;
COMMENT ON VIEW steering.detach_problem IS 'health(): partitions of sources whose detaching has begun and not ended';
COMMENT ON COLUMN steering.detach_problem.subject IS 'a partition';
COMMENT ON COLUMN steering.detach_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.detach_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.detach_problem.hint IS 'what to do';
