-- What is not being enforced now, and why: the problems that all topics have views of.

-- OR REPLACE: earlier versions have it, without what later topics know of. Compiling the query would take longer than
-- running it.
CREATE OR REPLACE FUNCTION steering.health() RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT * FROM steering.session_problem
UNION ALL
SELECT * FROM steering.event_trigger_problem
UNION ALL
SELECT * FROM steering.trigger_problem
UNION ALL
SELECT * FROM steering.merge_problem
UNION ALL
SELECT * FROM steering.source_problem
UNION ALL
SELECT * FROM steering.mapping_problem
UNION ALL
SELECT * FROM steering.reading_problem
UNION ALL
SELECT * FROM steering.cap_problem
UNION ALL
SELECT * FROM steering.outside_problem
UNION ALL
SELECT * FROM steering.rounding_problem
UNION ALL
SELECT * FROM steering.closing_problem
UNION ALL
SELECT * FROM steering.commitment_problem
UNION ALL
SELECT * FROM steering.correction_problem
UNION ALL
SELECT * FROM steering.tenure_problem
UNION ALL
SELECT * FROM steering.weight_problem
UNION ALL
SELECT * FROM steering.event_problem
UNION ALL
SELECT * FROM steering.code_problem
UNION ALL
SELECT * FROM steering.detach_problem
UNION ALL
SELECT * FROM steering.reader_problem
UNION ALL
SELECT * FROM steering.missing_problem
UNION ALL
SELECT * FROM steering.alias_problem
UNION ALL
SELECT * FROM steering.lost_problem
UNION ALL
SELECT * FROM steering.decision_problem
UNION ALL
SELECT * FROM steering.refusal_problem
UNION ALL
SELECT * FROM steering.reservation_problem
UNION ALL
SELECT * FROM steering.query_problem
UNION ALL
SELECT * FROM steering.order_problem
UNION ALL
SELECT * FROM steering.lead_problem
UNION ALL
SELECT * FROM steering.node_problem
UNION ALL
SELECT * FROM steering.node_answer_problem
ORDER BY 2, 1, 3;
END;
COMMENT ON FUNCTION steering.health() IS 'what is not being enforced now, and why; no row is right. It looks at settings, triggers, rules, sources, caps, aliases, agreements, reservations, leads of development services, weights of shared cost, closed periods, mandates, bodies and rules, refusals that were not kept; and reads the rows of each source until one cannot be read. What they come to is for verify(). On the coordinator of a scaled-out installation it asks all nodes, and names those that do not answer';
