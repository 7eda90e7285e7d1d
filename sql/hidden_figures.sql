-- What a role may not read, it does not learn from what the planner expects either.
\set VERBOSITY terse
CREATE SCHEMA hidden_test;
SET search_path = hidden_test;
CREATE ROLE regress_sp71_hidden_town;
CREATE ROLE regress_sp71_hidden_audit;
GRANT USAGE ON SCHEMA hidden_test TO PUBLIC;
GRANT SELECT ON steering.cap TO regress_sp71_hidden_audit;
INSERT INTO steering.participant (code, name, reader) VALUES
    ('hidden.town', 'Town', 'regress_sp71_hidden_town'), ('hidden.city', 'City', NULL);
INSERT INTO steering.service (code, name) VALUES ('hidden.ict', 'ICT');
SELECT steering.set_cap('hidden.ict', 'hidden.town', 'budget', '[2026-01-01,2027-01-01)', 100) AS town_cap \gset
SELECT count(steering.set_cap('hidden.ict', 'hidden.city', 'budget', '[2026-01-01,2027-01-01)', 70000 + amount, amount + 1 || '% notify, 500% block'))
FROM generate_series(1, 200) AS amount;
SELECT steering.set_cap('hidden.ict', 'hidden.city', 'budget', '[2026-01-01,2027-01-01)', 70000) AS city_cap \gset
ANALYZE steering.event_log;
CREATE FUNCTION expected_rows(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan->0->'Plan'->'Plan Rows';
END
$$;

-- With columns as they are, a view would tell, though it shows no row of the city.
CREATE VIEW plain WITH (security_barrier) AS SELECT * FROM steering.event_log
WHERE participant_id IN (SELECT participant_id FROM steering.readable_participant);
GRANT SELECT ON plain TO regress_sp71_hidden_town;
SET ROLE regress_sp71_hidden_town;
SELECT count(DISTINCT expected_rows(format('SELECT * FROM plain WHERE amount OPERATOR(steering.<) %L', amount))) > 2 AS told
FROM generate_series(69900, 70300, 50) AS amount;
RESET ROLE;
DROP VIEW plain;

-- Of the city's figures, the town learns nothing: the same is expected whatever it asks for.
SET ROLE regress_sp71_hidden_town;
SELECT count(DISTINCT expected_rows(format('SELECT * FROM steering.event WHERE amount < %L', amount)))
FROM generate_series(69900, 70300, 50) AS amount;
SELECT count(DISTINCT expected_rows(format('SELECT * FROM steering.event WHERE used = %L', used)))
FROM generate_series(0, 2) AS used;
SELECT count(DISTINCT expected_rows(format('SELECT * FROM steering.event WHERE ladder = %L', ladder)))
FROM unnest(ARRAY['100% block', '500% block', '7% notify, 500% block']) AS ladder;
SELECT kind, participant, amount, ladder, used FROM steering.event WHERE service = 'hidden.ict';
SELECT * FROM steering.event_log;
EXPLAIN SELECT * FROM steering.event_log WHERE amount < '70100';
SELECT count(*) FROM pg_stats WHERE schemaname = 'steering';
INSERT INTO steering.event (kind) VALUES ('notify');
SET ROLE regress_sp71_hidden_audit;
SELECT participant, count(*) FROM steering.event WHERE service = 'hidden.ict' GROUP BY 1 ORDER BY 1;
RESET ROLE;

-- By the catalog: tables are granted to nobody, but for the definitions of Iv3, which are published; views for everybody are security barriers, and no column of
-- theirs is of a type whose comparisons are estimated before rows are picked out.
SELECT oid::regclass FROM pg_class
WHERE relnamespace = 'steering'::regnamespace AND relkind NOT IN ('v', 'c', 'i') AND relacl IS NOT NULL
    AND relname NOT IN ('iv3_definition', 'iv3_code', 'iv3_forbidden', 'iv3_control')
    AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 0);
SELECT oid::regclass FROM pg_class
WHERE relnamespace = 'steering'::regnamespace AND relkind = 'v' AND reloptions::text IS DISTINCT FROM '{security_barrier=true}'
    AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 0);
SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'steering'::regnamespace AND relkind = 'v' AND attnum > 0
    AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 0)
    AND atttypid IN ('steering.amount'::regtype, 'steering.ladder'::regtype, 'steering.cost_result'::regtype)
ORDER BY attrelid::regclass::text, attnum;
SELECT DISTINCT oprleft::regtype, oprcode FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode
WHERE oprleft = 'numeric'::regtype AND oprright = 'numeric'::regtype AND proleakproof;

-- Whoever reads the table, by a right of before 0.3.0, is told by health().
CREATE VIEW of_mine AS SELECT event_id, used FROM steering.event_log;
CREATE FUNCTION counting() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM steering.event_log; END;
GRANT SELECT ON steering.event_log TO regress_sp71_hidden_town;
SELECT subject, problem, hint FROM steering.health();
DROP VIEW of_mine;
CREATE VIEW of_mine AS SELECT event_id, used FROM steering.event;
DROP FUNCTION counting();
REVOKE ALL ON steering.event_log FROM regress_sp71_hidden_town;
-- Whoever may read every figure may read the table.
GRANT SELECT ON steering.event_log TO regress_sp71_hidden_audit;
SELECT * FROM steering.health();

-- A dump of 0.2.0 holds the rows of a table "event".
BEGIN;
COPY steering.event (event_id, recorded_at, kind, cap_id, service, participant, participant_id, metric, during, amount, ladder, threshold, used, role_name, reason) FROM stdin;
900000001	2025-01-02 03:04:05+00	warn	7	gone	hidden.town	7	budget	[2025-01-01,2026-01-01)	1000.00	80% notify, +40 block	800.00	850.1234	someone	\N
\.
SELECT event_id, recorded_at = '2025-01-02 03:04:05+00' AS then, kind, cap_id, service, during, amount, ladder, threshold, used, role_name, reason
FROM steering.event_log WHERE event_id = 900000001;
ROLLBACK;

SELECT steering.drop_cap(:town_cap), steering.drop_cap(:city_cap);
DROP SCHEMA hidden_test CASCADE;
REVOKE ALL ON steering.cap, steering.event_log FROM regress_sp71_hidden_audit;
UPDATE steering.participant SET reader = NULL WHERE code = 'hidden.town';
DROP ROLE regress_sp71_hidden_town, regress_sp71_hidden_audit;
