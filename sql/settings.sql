-- The settings are defined when the library is loaded: by the first booking of a session, or by any function of ours.

\c
SELECT name FROM pg_settings WHERE name LIKE 'sp71\_steering.%' ORDER BY name;
LOAD 'sp71_steering';
SELECT name, setting, context, vartype, min_val, max_val, enumvals
FROM pg_settings WHERE name LIKE 'sp71\_steering.%' ORDER BY name;

-- those of PostgreSQL are where they were: each is found by its name, and there is one of each
SELECT count(*) AS missing FROM pg_settings WHERE current_setting(name, true) IS NULL;
SELECT count(*) - count(DISTINCT name) AS twice FROM pg_settings;
SET statement_timeout = '1h';
SHOW statement_timeout;
RESET statement_timeout;
SHOW search_path;
SHOW zero_damaged_pages;

-- what is set is judged at once
SET sp71_steering.check_at = 'never';
SET sp71_steering.min_stripes = 5000;
SET sp71_steering.no_such_setting = 1;
SET sp71_steering.MAX_Stripes = 5;
SHOW sp71_steering.max_stripes;

-- what was set before is taken over
\c
SET sp71_steering.check_at = 'commit';
LOAD 'sp71_steering';
SHOW sp71_steering.check_at;
SELECT count(*) AS ours FROM pg_settings WHERE name LIKE 'sp71\_steering.%';
RESET sp71_steering.check_at;
SHOW sp71_steering.check_at;

-- in a transaction too, with which it ends
\c
BEGIN;
SET LOCAL sp71_steering.max_stripes = 7;
LOAD 'sp71_steering';
SHOW sp71_steering.max_stripes;
COMMIT;
SHOW sp71_steering.max_stripes;

-- unless it cannot be taken, or there is no such setting
\c
SET sp71_steering.check_at = 'never';
SET sp71_steering.zzz = 1;
SET sp71_stefring.other = 1;
LOAD 'sp71_steering';
SHOW sp71_steering.check_at;
SHOW sp71_steering.zzz;
SHOW sp71_stefring.other;
SELECT count(*) AS missing FROM pg_settings WHERE current_setting(name, true) IS NULL;
SELECT count(*) - count(DISTINCT name) AS twice FROM pg_settings;

-- who may not set a setting had set it before
CREATE ROLE settings_clerk;
\c
SET SESSION AUTHORIZATION settings_clerk;
SET sp71_steering.max_stripes = 3;
SET sp71_steering.check_at = 'commit';
SELECT 'EUR 1'::steering.amount IS NULL;
SELECT '1'::steering.amount;
SHOW sp71_steering.max_stripes;
SHOW sp71_steering.check_at;
SET sp71_steering.max_stripes = 3;
RESET SESSION AUTHORIZATION;
DROP ROLE settings_clerk;

-- for a database
ALTER DATABASE :"DBNAME" SET sp71_steering.check_at = 'commit';
\c
SHOW sp71_steering.check_at;
LOAD 'sp71_steering';
SHOW sp71_steering.check_at;
ALTER DATABASE :"DBNAME" SET sp71_steering.check_at = 'never';
ALTER DATABASE :"DBNAME" RESET sp71_steering.check_at;
