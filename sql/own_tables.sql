-- The extension's own tables stay as it made them: ALTER TABLE is refused as far as it matters, and where it
-- was possible all the same, or catalogs were written by hand, there is an error that says so.
\set VERBOSITY terse
CREATE SCHEMA own_test;
SET search_path = own_test;
INSERT INTO steering.participant (code, name) VALUES ('own.town', 'Town');
INSERT INTO steering.service (code, name, unit) VALUES ('own.ict', 'ICT', 'desk');
SELECT steering.set_cap('own.ict', 'own.town', 'budget', '[2026-01-01,2027-01-01)', 100) AS cap \gset
CREATE TABLE line (id integer, day date DEFAULT '2026-03-01', net numeric);
SELECT steering.attach('line', $$'own.ict'$$, $$'own.town'$$, 'day', 'net') > 0 AS attached;
INSERT INTO line (net) VALUES (1);

-- refused, for superusers too
ALTER TABLE steering.cap_counter ADD COLUMN remark text;
ALTER TABLE steering.agreement ADD COLUMN remark text;
ALTER TABLE steering.cap DROP COLUMN revision;
ALTER TABLE steering.usage_cell ALTER COLUMN stripe TYPE bigint;
ALTER TABLE steering.participant ALTER COLUMN code DROP NOT NULL;
ALTER TABLE steering.service DROP CONSTRAINT service_code_key;
ALTER TABLE steering.service DROP CONSTRAINT service_code_check, ADD COLUMN remark text;
ALTER TABLE steering.event_log ALTER COLUMN recorded_at DROP DEFAULT;
ALTER TABLE steering.usage_cell SET UNLOGGED;
ALTER TABLE steering.cap RENAME TO limit_of_cost;
ALTER TABLE steering.cap RENAME COLUMN amount TO limit_of_cost;
ALTER TABLE steering.cap RENAME CONSTRAINT cap_pkey TO cap_key;
ALTER INDEX steering.cap_pkey RENAME TO cap_key;
ALTER TABLE steering.cap SET SCHEMA own_test;
ALTER VIEW steering.cap_status RENAME COLUMN used TO usage;
CREATE FUNCTION alter_own() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE steering.cap ADD COLUMN remark text; END $$;
SELECT alter_own();

-- allowed: how it is stored, and for whom
ALTER TABLE steering.cap_counter SET (fillfactor = 60);
ALTER TABLE steering.cap_counter SET (fillfactor = 50);
ALTER TABLE steering.cap ALTER COLUMN metric SET STATISTICS 200;
ALTER TABLE steering.cap ALTER COLUMN metric SET STATISTICS -1;
ALTER TABLE steering.usage_cell CLUSTER ON usage_cell_pkey;
ALTER TABLE steering.usage_cell SET WITHOUT CLUSTER;
ALTER TABLE steering.service ADD CONSTRAINT short_code CHECK (length(code) < 100) NOT VALID;
ALTER TABLE steering.service VALIDATE CONSTRAINT short_code;
CREATE INDEX cap_amount_idx ON steering.cap (amount);
DROP INDEX steering.cap_amount_idx;
ALTER TABLE steering.participant DISABLE TRIGGER USER;
ALTER TABLE steering.participant ENABLE TRIGGER USER;
ALTER TABLE line ADD COLUMN remark text;
ALTER TABLE line RENAME COLUMN remark TO note;

-- A superuser who says so can do more; what C reads is looked at when it is opened.
SET allow_system_table_mods = on;
ALTER TABLE steering.service DROP CONSTRAINT short_code;
-- Undoes the change, which the statement is to be told of.
CREATE PROCEDURE try(change text, statement text) LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
BEGIN
    EXECUTE change;
    EXECUTE statement;
    RAISE EXCEPTION 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RAISE NOTICE '% %: % %', SQLSTATE, change, message, detail;
END
$$;
CALL try('ALTER TABLE steering.cap_counter ADD COLUMN remark text', 'INSERT INTO line (net) VALUES (1)');
CALL try('ALTER TABLE steering.usage_cell ADD COLUMN remark integer DEFAULT 1', 'INSERT INTO line (net) VALUES (1); SET CONSTRAINTS ALL IMMEDIATE; SELECT steering.compact()');
CALL try('ALTER TABLE steering.cap_counter DROP COLUMN depth', 'INSERT INTO line (net) VALUES (1)');
CALL try('ALTER TABLE steering.cap_counter ALTER used DROP NOT NULL', 'INSERT INTO line (net) VALUES (1)');
CALL try('ALTER TABLE steering.cap_counter ALTER depth TYPE bigint', 'INSERT INTO line (net) VALUES (1)');
CALL try('ALTER TABLE steering.participant RENAME during TO valid', 'SELECT steering.participant_number(''own.town'')');
CALL try('ALTER TABLE steering.participant ALTER code DROP NOT NULL', 'SELECT steering.participant_number(''own.town'')');
CALL try('ALTER TABLE steering.service RENAME kind TO other', 'SELECT steering.service_number(''own.ict'')');
CALL try('ALTER TABLE steering.cap RENAME revision TO other', 'SELECT steering.set_cap(''own.ict'', ''own.town'', ''budget'', ''[2026-01-01,2027-01-01)'', 90)');
CALL try('ALTER TABLE steering.source RENAME stage TO other', 'SELECT count(*) FROM steering.booking');
CALL try('ALTER TABLE steering.mapping RENAME catalog_version TO other', 'SELECT count(*) FROM steering.booking');
CALL try('ALTER TABLE steering.closing RENAME reason TO other', 'SELECT steering.close_bookings(''2020'')');
CALL try('ALTER TABLE steering.indicator RENAME unit TO other', 'SELECT steering.indicator_number(''none'')');
CALL try('ALTER TABLE steering.target RENAME value TO other', 'SELECT count(*) FROM steering.period_result(''2026'')');
CALL try('ALTER TABLE steering.measurement ALTER value DROP NOT NULL', 'SELECT count(*) FROM steering.period_result(''2026'')');

-- A cap on a metric of another version is no cap on one of these.
CALL try('ALTER TABLE steering.cap DROP CONSTRAINT cap_metric_check; UPDATE steering.cap SET metric = ''bounty''', 'INSERT INTO line (net) VALUES (1)');
CALL try('ALTER TABLE steering.cap DROP CONSTRAINT cap_metric_check; UPDATE steering.cap SET metric = ''hours''', 'SELECT count(*) FROM steering.cap_outlook(''2026-06-30'')');

-- Where C only reads, a column more is nothing to it.
BEGIN;
ALTER TABLE steering.participant ADD COLUMN remark text;
ALTER TABLE steering.service ADD COLUMN remark text;
ALTER TABLE steering.cap ADD COLUMN remark text;
ALTER TABLE steering.source ADD COLUMN remark text;
ALTER TABLE steering.closing ADD COLUMN remark text;
ALTER TABLE steering.target ADD COLUMN remark text;
INSERT INTO line (net) VALUES (1);
SELECT steering.set_cap('own.ict', 'own.town', 'budget', '[2026-01-01,2027-01-01)', 90) = :cap AS revised;
SELECT steering.close_bookings('2020') > 0 AS closed;
SELECT steering.set_indicator('own.ready', 'own.ict', 'x', 'x', 'higher', 'outcome') > 0 AS made;
SELECT steering.set_target('own.ready', 'own.town', '2026', 12);
SELECT indicator, target FROM steering.period_result('2026') WHERE indicator = 'own.ready';
SELECT count(*) FROM steering.booking WHERE source = 'own_test.line';
SELECT * FROM steering.verify();
ROLLBACK;

-- Added and dropped again, it is as good as before: each kind of row can be written and read.
ALTER TABLE steering.cap_counter ADD COLUMN remark text DEFAULT 'x', ADD COLUMN another bigint;
ALTER TABLE steering.usage_cell ADD COLUMN remark text DEFAULT 'x';
ALTER TABLE steering.cap_counter DROP COLUMN remark, DROP COLUMN another;
ALTER TABLE steering.usage_cell DROP COLUMN remark;
SET sp71_steering.min_stripes = 4;
SELECT steering.set_cap('own.ict', 'own.town', 'volume', '[2026-01-01,2027-01-01)', 100) AS volume_cap \gset
INSERT INTO line (day, net) VALUES ('2026-03-01', 1), ('2026-04-01', 2);
INSERT INTO line (net) VALUES (200);
UPDATE line SET net = 5;
SELECT cap_id = :cap AS budget, count(*), sum(used::numeric) FROM steering.cap_counter WHERE cap_id IN (:cap, :volume_cap) GROUP BY cap_id ORDER BY cap_id;
SELECT month, count(*) > 0 AS written, sum(amount::numeric) FROM steering.usage_cell JOIN steering.service USING (service_id) WHERE code = 'own.ict' GROUP BY month ORDER BY month;
SELECT month, amount, bookings FROM steering.usage_by_month WHERE service = 'own.ict' ORDER BY month;
SELECT steering.compact() > 0 AS folded;
SELECT count(*) FROM steering.booking WHERE source = 'own_test.line';
SELECT * FROM steering.verify();
RESET sp71_steering.min_stripes;

-- nulls, forced in behind the back of NOT NULL
CREATE PROCEDURE force_null(target regclass, column_name text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', target);
    UPDATE pg_attribute SET attnotnull = false WHERE attrelid = target AND attname = column_name;
    EXECUTE format('UPDATE %s SET %I = NULL', target, column_name);
    UPDATE pg_attribute SET attnotnull = true WHERE attrelid = target AND attname = column_name;
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', target);
END
$$;
CREATE PROCEDURE try_null(target regclass, column_name text, statement text) LANGUAGE plpgsql AS $$
DECLARE
    message text;
BEGIN
    CALL force_null(target, column_name);
    EXECUTE statement;
    RAISE EXCEPTION 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
    RAISE NOTICE '% %.%: %', SQLSTATE, target, column_name, message;
END
$$;
SET search_path = own_test, pg_catalog;
SET statement_timeout = '20s';
CALL try_null('steering.cap_counter', 'used', 'INSERT INTO line (net) VALUES (1)');
CALL try_null('steering.cap_counter', 'revision', 'INSERT INTO line (net) VALUES (1)');
CALL try_null('steering.usage_cell', 'amount', 'SELECT count(*) FROM steering.usage_between(NULL, NULL)');
CALL try_null('steering.cap', 'ladder', 'INSERT INTO line (net) VALUES (1)');
CALL try_null('steering.cap', 'metric', 'INSERT INTO line (net) VALUES (1)');
CALL try_null('steering.cap', 'ladder', 'SELECT count(*) FROM steering.cost_versus_result(''2026'')');
CALL try_null('steering.cap', 'ladder', 'SELECT count(*) FROM steering.cap_outlook(''2026-06-30'')');
CALL try_null('steering.participant', 'during', 'INSERT INTO line (net) VALUES (1)');
CALL try_null('steering.service', 'require_cap', 'INSERT INTO line (net) VALUES (1)');
CALL try_null('steering.service', 'code', 'SELECT count(*) FROM steering.booking');
CALL try_null('steering.service', 'code', 'SELECT count(*) FROM steering.cost_versus_result(''2026'')');
CALL try_null('steering.source', 'stage', 'SELECT count(*) FROM steering.booking');
CALL try_null('steering.source', 'relation', 'SELECT count(*) FROM steering.booking');
-- a cell is written when the transaction commits
BEGIN;
CALL force_null('steering.usage_cell', 'bookings');
INSERT INTO line (day, net) VALUES ('2026-03-01', 1);
COMMIT;
RESET statement_timeout;
SELECT * FROM steering.verify();

RESET allow_system_table_mods;
DROP TABLE line;
SELECT steering.drop_cap(:cap), steering.drop_cap(:volume_cap);
DROP SCHEMA own_test CASCADE;
