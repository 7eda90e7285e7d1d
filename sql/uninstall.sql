--
-- The extension goes without CASCADE and leaves nothing behind, but the finance tables and their rows.
--
\set VERBOSITY terse
CREATE SCHEMA uninstall;
CREATE TABLE uninstall.invoice (service text, participant text, day date, amount numeric(12,2));
CREATE TABLE uninstall.purchase (service text, participant text, day date, amount numeric(12,2))
	PARTITION BY RANGE (day);
CREATE TABLE uninstall.purchase_2026 PARTITION OF uninstall.purchase
	FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO steering.participant (code, name) VALUES ('uninstall', 'Last to leave');
INSERT INTO steering.service (code, name) VALUES ('uninstall', 'Lights');
SELECT steering.attach('uninstall.invoice', service => 'service', participant => 'participant',
	booked_on => 'day', amount => 'amount') IS NOT NULL AS attached;
SELECT steering.attach('uninstall.purchase', service => 'service', participant => 'participant',
	booked_on => 'day', amount => 'amount') IS NOT NULL AS attached;
SELECT steering.set_cap('uninstall', 'uninstall', 'budget', '[2026-01-01,2027-01-01)', 10) IS NOT NULL AS capped;
INSERT INTO uninstall.invoice VALUES ('uninstall', 'uninstall', '2026-01-01', 4);
INSERT INTO uninstall.purchase VALUES ('uninstall', 'uninstall', '2026-01-01', 6);

-- The cap holds until the extension goes, and not a moment longer.
BEGIN;
SAVEPOINT full_cap;
INSERT INTO uninstall.invoice VALUES ('uninstall', 'uninstall', '2026-01-01', 1);
ROLLBACK TO full_cap;
DELETE FROM uninstall.invoice;
INSERT INTO uninstall.purchase VALUES ('uninstall', 'uninstall', '2026-01-01', 4);
DROP EXTENSION sp71_steering;
INSERT INTO uninstall.invoice VALUES ('uninstall', 'uninstall', '2026-01-01', 1);
COMMIT;

SELECT * FROM uninstall.invoice;
SELECT * FROM uninstall.purchase ORDER BY amount;
INSERT INTO uninstall.purchase VALUES ('nowhere', 'nobody', '2026-02-02', 1);
UPDATE uninstall.purchase SET amount = amount + 1;
TRUNCATE uninstall.purchase;

-- Nothing is left.
SELECT nspname FROM pg_namespace WHERE nspname = 'steering';
SELECT proname FROM pg_proc WHERE probin LIKE '%sp71\_steering%';
SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgname LIKE 'sp71%';
SELECT evtname FROM pg_event_trigger WHERE evtname LIKE 'sp71%';
SELECT typname FROM pg_type WHERE typname IN ('amount', 'fiscal_period', 'ladder', 'cost_result');

-- A function of the library that somebody kept says so, also when the schema's name has been taken.
CREATE FUNCTION uninstall.compact() RETURNS bigint LANGUAGE c AS '$libdir/sp71_steering', 'steering_compact';
SELECT uninstall.compact();
CREATE SCHEMA steering;
SELECT uninstall.compact();
DROP SCHEMA steering;

-- It can be installed again, and starts empty.
CREATE EXTENSION sp71_steering;
SELECT uninstall.compact();
SELECT count(*) FROM steering.source;
SELECT count(*) FROM steering.participant;
SELECT * FROM steering.health();

-- Without one of its tables, which only a superuser can rename, it is not installed either.
SET allow_system_table_mods = on;
ALTER TABLE steering.cap_counter RENAME TO gone;
SELECT uninstall.compact();
ALTER TABLE steering.gone RENAME TO cap_counter;
RESET allow_system_table_mods;
SELECT uninstall.compact();
DROP EXTENSION sp71_steering;
DROP SCHEMA uninstall CASCADE;
