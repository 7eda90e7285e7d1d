--
-- The registers as others use them: numbers by code, all that is below an entry; an entry that is used stays.
--
\set VERBOSITY terse
INSERT INTO steering.participant (code, name) VALUES ('use.region', 'Region');
INSERT INTO steering.participant (code, parent, name) VALUES ('use.north', 'use.region', 'North'), ('use.south', 'use.region', 'South');
INSERT INTO steering.participant (code, parent, name) VALUES ('use.village', 'use.north', 'Village');
INSERT INTO steering.service (code, name) VALUES ('use.ict', 'ICT'), ('use.hr', 'HR');
INSERT INTO steering.service (code, parent, name) VALUES ('use.workplace', 'use.ict', 'Workplace'), ('use.network', 'use.ict', 'Network');

-- Numbers by code.
SELECT steering.service_number(code) = service_id AS found, code FROM steering.service WHERE code LIKE 'use.%' ORDER BY code;
SELECT steering.participant_number(code) = participant_id AS found, code FROM steering.participant WHERE code LIKE 'use.%' ORDER BY code;
\set VERBOSITY default
SELECT steering.service_number('use.tci');
SELECT steering.participant_number('use.ict');
\set VERBOSITY terse
SELECT steering.service_number('');
SELECT steering.service_number(NULL);
SELECT steering.participant_number(NULL);
-- One statement sees what the one before it wrote; a worker sees what its leader sees.
BEGIN;
INSERT INTO steering.service (code, name) VALUES ('use.new', 'New');
SELECT steering.service_number('use.new') > 0 AS seen;
ROLLBACK;
SELECT steering.service_number('use.new');
SELECT set_config(name, 'on', false) AS parallel FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT steering.service_number('use.hr') > 0 AS seen, steering.participant_number('use.south') > 0 AS seen_too;
SELECT set_config(name, 'off', false) AS parallel FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');

-- Every entry with itself and all below it.
SELECT top.code AS top, service.code, depth
FROM steering.service_below JOIN steering.service AS top ON top.service_id = top_id JOIN steering.service ON service.service_id = service_below.service_id
WHERE top.code LIKE 'use.%' ORDER BY top.code, depth, service.code;
SELECT top.code AS top, participant.code, depth
FROM steering.participant_below JOIN steering.participant AS top ON top.participant_id = top_id
	JOIN steering.participant ON participant.participant_id = participant_below.participant_id
WHERE top.code LIKE 'use.%' ORDER BY top.code, depth, participant.code;
SELECT relation, has_table_privilege('public', relation, 'SELECT') AS for_public
FROM unnest('{steering.service_below,steering.participant_below}'::regclass[]) AS relation;

-- An entry that something refers to cannot be deleted.
SELECT steering.set_allocation_key('use.key', 'Fixed', 'fixed') > 0 AS set;
SELECT steering.set_key_weight('use.key', 3, '[2026-01-01,2027-01-01)', participant => 'use.village');
SELECT steering.set_key_weight('use.key', 3, '[2027-01-01,2028-01-01)', participant => 'use.village');
SELECT steering.set_key_weight('use.key', 4, '[2026-01-01,2027-01-01)', service => 'use.hr');
\set VERBOSITY default
DELETE FROM steering.participant WHERE code = 'use.village';
DELETE FROM steering.service WHERE code LIKE 'use.hr';
\set VERBOSITY terse
-- Nor together with others; and what refers to no entry does not keep one.
DELETE FROM steering.participant WHERE code LIKE 'use.%';
DELETE FROM steering.participant WHERE code = 'use.south';
DELETE FROM steering.service WHERE code = 'use.network';
-- When it is not used any more, it can.
SELECT steering.drop_allocation_key('use.key');
DELETE FROM steering.participant WHERE code LIKE 'use.%';
DELETE FROM steering.service WHERE code LIKE 'use.%';

-- The trigger looks into every table that has such numbers, having locked it against writers: all but those of
-- caps and bookings, which another trigger looks after, and of what has happened, which outlives the entry.
CREATE VIEW pg_temp.holder AS
	SELECT attname, relname::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
	WHERE relnamespace = 'steering'::regnamespace AND relkind IN ('r', 'p') AND attname IN ('service_id', 'participant_id')
		AND relname NOT IN ('service', 'participant', 'cap', 'usage_cell', 'event_log', 'agreement_revision', 'carried_cap');
CREATE VIEW pg_temp.locked AS
	SELECT relname::text FROM pg_locks JOIN pg_class ON pg_class.oid = relation
	WHERE pid = pg_backend_pid() AND mode = 'ShareLock' AND relnamespace = 'steering'::regnamespace;
BEGIN;
INSERT INTO steering.service (code, name) VALUES ('use.new', 'New');
DELETE FROM steering.service WHERE code = 'use.new';
SELECT relname AS not_looked_into FROM pg_temp.holder WHERE attname = 'service_id' EXCEPT TABLE pg_temp.locked;
ROLLBACK;
BEGIN;
INSERT INTO steering.participant (code, name) VALUES ('use.new', 'New');
DELETE FROM steering.participant WHERE code = 'use.new';
SELECT relname AS not_looked_into FROM pg_temp.holder WHERE attname = 'participant_id' EXCEPT TABLE pg_temp.locked;
SELECT count(*) > 0 AS locks FROM pg_temp.locked;
ROLLBACK;

-- It is for registers only.
CREATE TABLE not_a_register (service_id integer);
CREATE TRIGGER refuse_used AFTER DELETE ON not_a_register REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_used();
DELETE FROM not_a_register;
DROP TABLE not_a_register;
SELECT steering.refuse_used();
