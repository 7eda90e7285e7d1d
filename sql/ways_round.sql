--
-- What is done to registers, aliases and sources is asked about whatever statement does it, whoever's rights it has, and
-- whatever names, operators and tables the session has put in the way.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_maintainer;
CREATE ROLE regress_mandated;
CREATE ROLE regress_definer;
RESET client_min_messages;
SELECT setval('steering.decision_record_decision_id_seq', 9000000) AS first;
INSERT INTO steering.participant (code, name) VALUES ('wr', 'Town'), ('wr.own', 'Own');
INSERT INTO steering.service (code, name) VALUES ('wr', 'ICT');
INSERT INTO steering.alias (kind, value, code) VALUES ('service', 'wr-7', 'wr');
GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER, REFERENCES ON steering.participant, steering.service, steering.alias TO regress_maintainer, regress_definer;
GRANT EXECUTE ON FUNCTION steering.set_cap, steering.set_participant, steering.set_alias, steering.attach, steering.attach_query, steering.detach, steering.book_reserve
	TO regress_maintainer, regress_definer, regress_mandated;
CREATE SCHEMA mine AUTHORIZATION regress_maintainer;
CREATE TABLE mine.invoice (product text, town text, booked_on date, amount numeric);
ALTER TABLE mine.invoice OWNER TO regress_maintainer;
SELECT steering.attach('mine.invoice', 'product', 'town', 'booked_on', 'amount') > 0 AS attached;
SELECT steering.set_rule(ARRAY['set_participant', 'drop_participant', 'set_service', 'drop_service', 'set_alias', 'drop_alias', 'attach', 'detach', 'set_cap',
	'book_reserve', 'set_mandate', 'set_rule', 'drop_rule'], 'mandate') > 0 AS ruled;
SELECT steering.set_mandate('regress_mandated', ARRAY['set_participant', 'set_cap', 'set_service', 'set_alias', 'book_reserve'], NULL, NULL, '(,)', 'infinity') > 0 AS given;
SELECT steering.set_mandate('regress_maintainer', ARRAY['set_participant'], NULL, 'wr.own', '(,)', 'infinity') > 0 AS given;

-- What a statement does for a maintainer of the registers: done, or its SQLSTATE.
CREATE FUNCTION mine.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SET SESSION AUTHORIZATION regress_maintainer;
CREATE VIEW mine.participant_view AS SELECT * FROM steering.participant;
CREATE TABLE mine.ruled (code text);
CREATE RULE divert AS ON INSERT TO mine.ruled DO INSTEAD INSERT INTO steering.participant (code, name) VALUES (NEW.code, 'x');
CREATE TABLE mine.queue (code text);
CREATE FUNCTION mine.forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO steering.participant (code, name) VALUES (NEW.code, 'x');
	RETURN NEW;
END $$;
CREATE TRIGGER forward AFTER INSERT ON mine.queue FOR EACH ROW EXECUTE FUNCTION mine.forward();
RESET SESSION AUTHORIZATION;
CREATE TEMPORARY TABLE way (place serial, statement text);
GRANT SELECT ON way TO PUBLIC;
INSERT INTO way (statement) VALUES
	('INSERT INTO steering.participant (code, name) VALUES (''wr.new'', ''x'')'),
	('INSERT INTO steering.participant (code, name, inhabitants) VALUES (''wr'', ''x'', 3) ON CONFLICT (code) DO UPDATE SET inhabitants = excluded.inhabitants'),
	('UPDATE steering.participant SET inhabitants = 3 WHERE code = ''wr'''),
	('DELETE FROM steering.participant WHERE code = ''wr'''),
	('TRUNCATE steering.participant'),
	('MERGE INTO steering.participant AS p USING (VALUES (''wr.new'')) AS s (code) ON p.code = s.code WHEN NOT MATCHED THEN INSERT (code, name) VALUES (s.code, ''x'')'),
	('MERGE INTO steering.participant AS p USING (VALUES (''wr'')) AS s (code) ON p.code = s.code WHEN MATCHED THEN UPDATE SET inhabitants = 4'),
	('MERGE INTO steering.participant AS p USING (VALUES (''wr'')) AS s (code) ON p.code = s.code WHEN MATCHED THEN DELETE'),
	('WITH gone AS (DELETE FROM steering.participant WHERE code = ''wr'' RETURNING code) SELECT count(*) FROM gone'),
	('WITH more AS (UPDATE steering.participant SET inhabitants = 5 WHERE code = ''wr'' RETURNING code) SELECT count(*) FROM more'),
	('DO $d$ DECLARE c CURSOR FOR SELECT * FROM steering.participant WHERE code = ''wr'' FOR UPDATE; BEGIN OPEN c; MOVE c; UPDATE steering.participant SET inhabitants = 6 WHERE CURRENT OF c; END $d$'),
	('INSERT INTO mine.participant_view (code, name) VALUES (''wr.new'', ''x'')'),
	('UPDATE mine.participant_view SET inhabitants = 3 WHERE code = ''wr'''),
	('INSERT INTO mine.ruled VALUES (''wr.new'')'),
	('INSERT INTO mine.queue VALUES (''wr.new'')'),
	('INSERT INTO steering.service (code, name) VALUES (''wr.new'', ''x'')'),
	('UPDATE steering.service SET require_cap = true WHERE code = ''wr'''),
	('UPDATE steering.service SET kind = ''development'' WHERE code = ''wr'''),
	('MERGE INTO steering.service AS p USING (VALUES (''wr'')) AS s (code) ON p.code = s.code WHEN MATCHED THEN UPDATE SET require_cap = true'),
	('DELETE FROM steering.service WHERE code = ''wr'''),
	('INSERT INTO steering.alias (kind, value, code) VALUES (''service'', ''wr-8'', ''wr'')'),
	('UPDATE steering.alias SET value = ''wr-9'' WHERE value = ''wr-7'''),
	('UPDATE steering.alias SET missing = ''mine.invoice'' WHERE value = ''wr-7'''),
	('MERGE INTO steering.alias AS a USING (VALUES (''wr-7'')) AS s (value) ON a.value = s.value WHEN MATCHED THEN DELETE'),
	('DELETE FROM steering.alias WHERE value = ''wr-7'''),
	('SELECT steering.set_alias(''service'', ''wr-8'', ''wr'')'),
	('SELECT steering.set_participant(''wr'', ''x'', NULL, 9)'),
	('SELECT steering.set_cap(''wr'', ''wr'', ''budget'', ''2026'', 5)'),
	('SELECT steering.book_reserve(''2026-01-01'', 5, ''x'')'),
	('SELECT steering.detach(''mine.invoice'')'),
	('DROP TABLE mine.invoice'),
	('ALTER TABLE steering.participant DISABLE TRIGGER guard_act'),
	('DROP TRIGGER guard_act ON steering.participant'),
	('CREATE RULE nothing AS ON UPDATE TO steering.participant DO INSTEAD NOTHING'),
	('CREATE TABLE mine.child () INHERITS (steering.participant)'),
	('ALTER TABLE mine.queue INHERIT steering.participant'),
	('CREATE POLICY mine ON steering.participant'),
	('ALTER TABLE steering.participant RENAME TO other'),
	('SET session_replication_role = replica'),
	('SET log_timezone = ''Pacific/Kiritimati'''),
	('SELECT steering.is_deciding()'),
	('SELECT steering.guard_act()'),
	('SELECT steering.lock_rules()'),
	('INSERT INTO steering.rule (acts, method, amounts, majority, views_days, during, window_days, needs) VALUES (''{set_cap}'', ''mandate'', ''[0,)'', ''simple'', 0, ''(,)'', 0, ''view'')'),
	('DELETE FROM steering.rule'),
	('INSERT INTO steering.mandate (functionary, acts, during, amount_limit, year_limit, may_submandate) VALUES (''regress_maintainer'', ''{set_cap}'', ''(,)'', 1, 1, false)'),
	('DELETE FROM steering.source'),
	('COPY steering.rule TO STDOUT');
SET SESSION AUTHORIZATION regress_maintainer;
SELECT mine.try(statement) AS result, left(statement, 110) AS statement FROM way ORDER BY place;
-- COPY is a statement of its own.
COPY steering.participant (code, name) FROM STDIN;
wr.new	x
\.
COPY steering.alias (kind, value, code) FROM STDIN;
service	wr-8	wr
\.
COPY steering.service (code, name) FROM STDIN;
wr.new	x
\.
-- A name only, and what is within the mandate.
SELECT mine.try('UPDATE steering.participant SET name = ''Name'' WHERE code = ''wr'''), mine.try('UPDATE steering.participant SET inhabitants = 1 WHERE code = ''wr.own''');

-- Another role of his makes him nobody else: what counts is who has logged in.
RESET SESSION AUTHORIZATION;
GRANT regress_mandated, regress_definer TO regress_maintainer;
SET SESSION AUTHORIZATION regress_maintainer;
SET ROLE regress_mandated;
SELECT steering.set_cap('wr', 'wr', 'budget', '2026', 5);
RESET ROLE;
-- Nor does a function with the rights of somebody else, a superuser's too, or one that sets a role.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION mine.as_superuser() RETURNS integer LANGUAGE sql SECURITY DEFINER AS $$ SELECT steering.set_cap('wr', 'wr', 'budget', '2026', 5) $$;
CREATE FUNCTION mine.as_definer() RETURNS integer LANGUAGE sql SECURITY DEFINER AS $$ SELECT steering.set_cap('wr', 'wr', 'budget', '2026', 5) $$;
ALTER FUNCTION mine.as_definer() OWNER TO regress_mandated;
CREATE FUNCTION mine.direct() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ INSERT INTO steering.participant (code, name) VALUES ('wr.new', 'x') $$;
CREATE FUNCTION mine.sets_role() RETURNS integer LANGUAGE sql SET role = regress_mandated AS $$ SELECT steering.set_cap('wr', 'wr', 'budget', '2026', 5) $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mine TO regress_maintainer;
SET SESSION AUTHORIZATION regress_maintainer;
SELECT mine.try('SELECT mine.as_superuser()') AS as_superuser, mine.try('SELECT mine.as_definer()') AS as_definer,
	mine.try('SELECT mine.direct()') AS direct, mine.try('SELECT mine.sets_role()') AS sets_role;

-- Temporary tables and functions named like ours, operators before PostgreSQL's, a path that a restore has.
CREATE TEMPORARY TABLE rule (LIKE steering.act);
CREATE TEMPORARY TABLE mandate (LIKE steering.act);
CREATE TEMPORARY TABLE participant (code text, name text);
CREATE TEMPORARY TABLE decision_record (LIKE steering.decision);
CREATE FUNCTION mine.session_user() RETURNS name LANGUAGE sql AS $$ SELECT 'postgres'::name $$;
CREATE FUNCTION mine.yes(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT true $$;
CREATE FUNCTION mine.no(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT false $$;
CREATE FUNCTION mine.yes(numeric, numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT true $$;
CREATE OPERATOR mine.= (LEFTARG = text, RIGHTARG = text, FUNCTION = mine.yes);
CREATE OPERATOR mine.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = mine.no);
CREATE OPERATOR mine.<= (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = mine.yes);
SET search_path = mine, pg_temp, steering, pg_catalog;
SELECT mine.try('SELECT steering.set_cap(''wr'', ''wr'', ''budget'', ''2026'', 5)') AS cap, mine.try('INSERT INTO steering.participant (code, name) VALUES (''wr.new'', ''x'')') AS participant,
	mine.try('UPDATE steering.participant SET inhabitants = 7 WHERE code OPERATOR(pg_catalog.=) ''wr''') AS inhabitants, mine.try('SELECT steering.set_participant(''wr'', ''x'', NULL, 9)') AS by_function;
SET search_path = '';
SET check_function_bodies = off;
SELECT mine.try('SELECT steering.set_cap(''wr'', ''wr'', ''budget'', ''2026'', 5)') AS as_restore;
RESET check_function_bodies;
RESET search_path;
DROP TABLE pg_temp.rule, pg_temp.mandate, pg_temp.participant, pg_temp.decision_record;

-- A trigger of his on a register changes what is written, and what is written is what is asked about.
CREATE FUNCTION mine.change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.code = 'wr.own.x' THEN
		NEW.code := 'wr.new';
		NEW.parent := NULL;
	END IF;
	RETURN NEW;
END $$;
CREATE FUNCTION mine.after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE steering.participant SET parent = NULL WHERE code = NEW.code AND parent IS NOT NULL;
	RETURN NULL;
END $$;
CREATE TRIGGER aaa BEFORE INSERT ON steering.participant FOR EACH ROW EXECUTE FUNCTION mine.change();
SELECT mine.try('INSERT INTO steering.participant (code, parent, name) VALUES (''wr.own.x'', ''wr.own'', ''x'')') AS changed;
CREATE TRIGGER zzz AFTER INSERT ON steering.participant FOR EACH ROW EXECUTE FUNCTION mine.after();
SELECT mine.try('INSERT INTO steering.participant (code, parent, name) VALUES (''wr.own.y'', ''wr.own'', ''x'')') AS changed_after;
RESET SESSION AUTHORIZATION;
DROP TRIGGER aaa ON steering.participant;
DROP TRIGGER zzz ON steering.participant;

-- The end of a source is asked about, whoever owns its table, however it goes.
SET SESSION AUTHORIZATION regress_maintainer;
SET client_min_messages = error;
SELECT mine.try('DROP SCHEMA mine CASCADE') AS schema, mine.try('DROP OWNED BY regress_maintainer CASCADE') AS owned;
RESET client_min_messages;
CREATE TABLE mine.other (id integer PRIMARY KEY, product text, town text, booked_on date, amount numeric);
SELECT mine.try('SELECT steering.attach(''mine.other'', ''product'', ''town'', ''booked_on'', ''amount'')') AS attach,
	mine.try('SELECT steering.attach_query(''SELECT product AS service, town AS participant, booked_on, amount FROM mine.other'')') AS attach_query;
DROP TABLE mine.other;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM steering.source WHERE relation = 'mine.invoice'::regclass;
SELECT steering.set_mandate('regress_maintainer', ARRAY['attach', 'detach'], NULL, NULL, '(,)', 0) > 0 AS given;
SET SESSION AUTHORIZATION regress_maintainer;
SET client_min_messages = error;
SELECT mine.try('DROP TABLE mine.invoice') AS dropped;
RESET client_min_messages;
RESET SESSION AUTHORIZATION;

-- What was proposed for a table is done to that table, and to no other one that has got its name meanwhile.
GRANT EXECUTE ON FUNCTION steering.propose, steering.sign, steering.reattach TO regress_maintainer, regress_mandated;
SELECT steering.set_mandate('regress_mandated', ARRAY['attach', 'detach'], NULL, NULL, '(,)', 0) > 0 AS given;
SET SESSION AUTHORIZATION regress_maintainer;
SET client_min_messages = error;
CREATE TABLE mine.ledger (product text, town text, booked_on date, amount numeric);
SELECT steering.propose('attach', '{"relation": "mine.ledger", "service": "product", "participant": "town", "booked_on": "booked_on", "amount": "amount"}', 'x') AS attach \gset
ALTER TABLE mine.ledger RENAME TO ledger_before;
CREATE TABLE mine.ledger (LIKE mine.ledger_before);
SET SESSION AUTHORIZATION regress_mandated;
SELECT steering.sign(:attach, 'approve');
SET SESSION AUTHORIZATION regress_maintainer;
DROP TABLE mine.ledger;
ALTER TABLE mine.ledger_before RENAME TO ledger;
SET SESSION AUTHORIZATION regress_mandated;
SELECT steering.sign(:attach, 'approve');
SET SESSION AUTHORIZATION regress_maintainer;
SELECT steering.propose('set_alias', '{"kind": "service", "value": "wr-9", "code": "wr", "source": "mine.ledger"}', 'x') AS alias \gset
SELECT steering.propose('detach', '{"source": "mine.ledger"}', 'x') AS detach \gset
ALTER TABLE mine.ledger RENAME TO ledger_before;
CREATE TABLE mine.ledger (LIKE mine.ledger_before);
SET SESSION AUTHORIZATION regress_mandated;
SELECT steering.sign(:alias, 'approve');
SELECT steering.sign(:detach, 'approve');
-- Where no table has the name any more it cannot be done, but it can be rejected.
SET SESSION AUTHORIZATION regress_maintainer;
DROP TABLE mine.ledger;
SET SESSION AUTHORIZATION regress_mandated;
SELECT steering.sign(:detach, 'approve');
SELECT steering.sign(:detach, 'reject');
SET SESSION AUTHORIZATION regress_maintainer;
ALTER TABLE mine.ledger_before RENAME TO ledger;
SET SESSION AUTHORIZATION regress_mandated;
SELECT steering.sign(:alias, 'approve');
-- One that was dropped and made anew is another.
SET SESSION AUTHORIZATION regress_maintainer;
DROP TABLE mine.ledger;
CREATE TABLE mine.ledger (product text, town text, booked_on date, amount numeric);
SELECT steering.propose('reattach', '{"source": "mine.ledger"}', 'x') AS reattach \gset
DROP TABLE mine.ledger;
CREATE TABLE mine.ledger (product text, town text, booked_on date, amount numeric);
SET SESSION AUTHORIZATION regress_mandated;
SELECT steering.sign(:reattach, 'approve');
RESET client_min_messages;
RESET SESSION AUTHORIZATION;
-- So is one that has the name of a table which was missing where a dump was restored.
CREATE TABLE mine.missed (product text, town text, booked_on date, amount numeric);
ALTER TABLE mine.missed OWNER TO regress_definer;
GRANT USAGE ON SCHEMA mine TO regress_definer;
GRANT EXECUTE ON FUNCTION steering.reattach TO regress_definer;
BEGIN;
INSERT INTO steering.missing_table (source_id, relation, is_source, entry) VALUES (900000, 'mine.missed', true,
	'{"source_id": 900000, "stage": "actual", "service": "product", "participant": "town", "booked_on": "booked_on", "amount": "amount", "unknown": "refuse"}');
SAVEPOINT restored;
SET SESSION AUTHORIZATION regress_definer;
SELECT steering.reattach('mine.missed');
ROLLBACK TO restored;
RESET SESSION AUTHORIZATION;
SELECT steering.set_mandate('regress_definer', ARRAY['attach'], NULL, NULL, '(,)', 0) > 0 AS given;
SET SESSION AUTHORIZATION regress_definer;
SELECT steering.reattach('mine.missed');
RESET SESSION AUTHORIZATION;
SELECT act, in_mandate, proposed_by FROM steering.decision ORDER BY id DESC LIMIT 1;
ROLLBACK;

-- What was done is what was in mandate; nothing else came to stand.
SELECT act, participant, in_mandate, proposed_by, count(*) FROM steering.decision WHERE id > 9000000 AND state = 'executed' AND proposed_by <> session_user GROUP BY 1, 2, 3, 4 ORDER BY 1, 2;
SELECT code, name, inhabitants, parent FROM steering.participant WHERE code LIKE 'wr%' ORDER BY 1;
SELECT kind, value, code FROM steering.alias WHERE value LIKE 'wr%';
SELECT count(*) FROM steering.cap_status WHERE service = 'wr';
DELETE FROM steering.rule;
DELETE FROM steering.mandate;
DELETE FROM steering.alias WHERE value LIKE 'wr%';
DELETE FROM steering.service WHERE code = 'wr';
DELETE FROM steering.participant WHERE code LIKE 'wr%';
SET client_min_messages = warning;
DROP SCHEMA mine CASCADE;
DROP OWNED BY regress_maintainer, regress_mandated, regress_definer CASCADE;
DROP ROLE regress_maintainer, regress_mandated, regress_definer;
