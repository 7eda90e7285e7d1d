-- What a dump was restored without: tables of sources, and entries of registers. One costs what is about it, and
-- no more; health() says so.

CREATE FUNCTION steering.detach_missing(source text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_detach_missing'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.detach_missing(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.detach_missing(text) IS
'ends a source whose table was missing where a dump was restored, by the name that health() gives: its bookings count no more. Waits for all bookings. Of one whose table was dropped it forgets the mapping, so that a table of its name is a plain one. Errors: 22004 null, 42704 no such source, 23S71 and 23S72 where negative bookings leave and a cap would be exceeded without them, 40001 concurrent change';

CREATE VIEW steering.missing_problem AS
WITH present AS (
	SELECT format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name
	FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
	WHERE pg_class.relkind IN ('r', 'p')
), cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, sum(usage_cell.bookings) AS bookings
	FROM steering.usage_cell
	GROUP BY 1, 2, 3
	HAVING sum(usage_cell.bookings) <> 0
), used (register, number, rows, what) AS (
	SELECT 'participant', cap.participant_id, count(*), 'caps' FROM steering.cap GROUP BY 2
	UNION ALL SELECT 'service', cap.service_id, count(*), 'caps' FROM steering.cap GROUP BY 2
	UNION ALL SELECT 'participant', cell.participant_id, sum(cell.bookings), 'bookings' FROM cell WHERE cell.participant_id <> 0 GROUP BY 2
	UNION ALL SELECT 'service', cell.service_id, sum(cell.bookings), 'bookings' FROM cell WHERE cell.service_id <> 0 GROUP BY 2
	UNION ALL SELECT 'participant', agreement.participant_id, count(*), 'agreements' FROM steering.agreement GROUP BY 2
	UNION ALL SELECT 'service', agreement.service_id, count(*), 'agreements' FROM steering.agreement GROUP BY 2
	UNION ALL SELECT 'participant', allocation_weight.participant_id, count(*), 'weights' FROM steering.allocation_weight
	WHERE allocation_weight.participant_id IS NOT NULL GROUP BY 2
	UNION ALL SELECT 'service', allocation_weight.service_id, count(*), 'weights' FROM steering.allocation_weight
	WHERE allocation_weight.service_id IS NOT NULL GROUP BY 2
	UNION ALL SELECT 'service', allocation_rule.service_id, count(*), 'allocation rules' FROM steering.allocation_rule GROUP BY 2
	UNION ALL SELECT 'service', indicator.service_id, count(*), 'indicators' FROM steering.indicator GROUP BY 2
)
SELECT missing_table.relation AS subject, 'table missing' AS problem,
	format('Source %s was restored without it; its bookings, of which there are %s, are still counted.', missing_table.source_id,
		   coalesce((SELECT sum(cell.bookings) FROM cell WHERE cell.source_id = missing_table.source_id), 0)) AS detail,
	CASE WHEN missing_table.relation IN (SELECT present.name FROM present)
		THEN format('SELECT steering.reattach(%L)', missing_table.relation)
		ELSE format('restore or create the table and SELECT steering.reattach(%1$L), or end the source: SELECT steering.detach_missing(%1$L)', missing_table.relation)
	END AS hint
FROM steering.missing_table
WHERE missing_table.is_source
UNION ALL
SELECT missing_table.relation, 'table missing',
	format('Source %s was restored without this part of it; its bookings are still counted.', source.relation),
	format('restore the part, or leave it; then SELECT steering.reattach(%L)', source.relation)
FROM steering.missing_table
JOIN steering.source ON source.source_id = missing_table.source_id
WHERE NOT missing_table.is_source
UNION ALL
SELECT format('source %s', cell.source_id), 'missing from steering.source',
	format('Its bookings, of which there are %s, are still counted.', sum(cell.bookings)),
	'restore its row, or SELECT steering.repair()'
FROM cell
WHERE cell.source_id NOT IN (SELECT source_stage.source_id FROM steering.source_stage)
GROUP BY cell.source_id
UNION ALL
SELECT format('%s %s', used.register, used.number), format('missing from steering.%s', used.register),
	format('To this number belong: %s.', string_agg(format('%s %s', used.rows, used.what), ', ' ORDER BY used.what)),
	format('restore its row of steering.%s with the same number (OVERRIDING SYSTEM VALUE)', used.register)
FROM used
WHERE (used.register = 'participant' AND used.number NOT IN (SELECT participant.participant_id FROM steering.participant))
	OR (used.register = 'service' AND used.number NOT IN (SELECT service.service_id FROM steering.service))
GROUP BY used.register, used.number
UNION ALL
SELECT format('participant "%s"', participant.code), 'parent missing',
	format('The participant "%s" to which it belongs is not there: caps of that one and of those above it do not hold for it.', participant.parent),
	'restore the row of its parent, or give it another'
FROM steering.participant
WHERE participant.parent IS NOT NULL AND participant.parent NOT IN (SELECT above.code FROM steering.participant AS above)
UNION ALL
SELECT format('service "%s"', service.code), 'parent missing',
	format('The service "%s" to which it belongs is not there: caps of that one and of those above it do not hold for it.', service.parent),
	'restore the row of its parent, or give it another'
FROM steering.service
WHERE service.parent IS NOT NULL AND service.parent NOT IN (SELECT above.code FROM steering.service AS above);
REVOKE ALL ON steering.missing_problem FROM PUBLIC;
COMMENT ON VIEW steering.missing_problem IS 'health(): tables of sources and entries of registers that others refer to and that are not there, as after a restore of a part of a dump';
COMMENT ON COLUMN steering.missing_problem.subject IS 'what is missing, or what it is missing for';
COMMENT ON COLUMN steering.missing_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.missing_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.missing_problem.hint IS 'what to do';
