-- Who asks in the tests of BI, beside the reader that README makes; and what the year of the demo has nothing of.

-- May also execute health(); may read nothing; books, as the finance application does.
CREATE ROLE bi_health LOGIN IN ROLE region_reader;
ALTER ROLE bi_health SET default_transaction_read_only = on;
ALTER ROLE bi_health SET jit = off;
GRANT EXECUTE ON FUNCTION steering.health() TO bi_health;
CREATE ROLE bi_nobody LOGIN;
ALTER ROLE bi_nobody SET jit = off;
ALTER ROLE leiderdorp_controller LOGIN;
ALTER ROLE leiderdorp_controller SET jit = off;
SELECT count(*) = 0 AS missing FROM pg_roles WHERE rolname = 'app' \gset
\if :missing
	CREATE ROLE app LOGIN PASSWORD 'app';
\endif
GRANT finance_application TO app;

-- A decision that waits.
BEGIN;
SELECT steering.drop_rule(rule_id) FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'dual');
COMMIT;
SET SESSION AUTHORIZATION director;
SELECT steering.propose('set_cap', '{"service": "ict", "participant": "GM0546", "metric": "budget", "during": "2027", "amount": 3240000}', 'more workplaces');
RESET SESSION AUTHORIZATION;
