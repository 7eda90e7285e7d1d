-- compare_services.sql
-- Participants side by side, on each service at the top of the tree, from one reading.

-- Not STRICT, and without settings of its own, so that the planner inlines it.
CREATE FUNCTION steering.compare_services(period text)
RETURNS TABLE (service text, participant text, actual numeric, inhabitants bigint, cost_per_inhabitant numeric, rank_per_inhabitant bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.actual::numeric, scan.inhabitants,
	round(scan.actual::numeric / nullif(scan.inhabitants, 0), 4),
	CASE WHEN NOT scan.is_group AND scan.inhabitants <> 0 THEN
		rank() OVER (PARTITION BY scan.service, scan.is_group, scan.inhabitants <> 0
			ORDER BY scan.actual::numeric / nullif(scan.inhabitants, 0)) END
FROM steering.comparison_scan(lower(steering.period_range(compare_services.period)),
	upper(steering.period_range(compare_services.period)), true) AS scan
WHERE scan.service_level = 0;
END;
COMMENT ON FUNCTION steering.compare_services(text) IS
'the cost per inhabitant that compare_participants() has, of each service at the top of the tree at once: a row per service and participant, with all below both, that the role may read and that has anything to show. rank_per_inhabitant: of each service, 1 is the cheapest of the participants that the role may read; null: no inhabitants, or a group without a number of its own. Errors: those of cost_versus_result()';
