-- Nonsense given to the public functions: each time an error that names the culprit, and nothing changed.
\set VERBOSITY terse
CREATE SCHEMA bad_input_test;
SET search_path = bad_input_test;

INSERT INTO steering.participant (code, name) VALUES ('bad.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('bad.ict', 'ICT');
CREATE TABLE line (id integer, product text, town text, day date, net numeric, pieces integer, gone text, day_time timestamptz, rate double precision, paid boolean, tags text[]);
ALTER TABLE line DROP COLUMN gone;
SELECT steering.set_cap('bad.ict', 'bad.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS cap \gset
-- Runs a call, takes back what it did, and shows its answer or its error in one line.
CREATE FUNCTION says(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    hint text;
    place text;
BEGIN
    EXECUTE 'SELECT (' || call || ')::text' INTO answer;
    RAISE EXCEPTION USING ERRCODE = 'P0OK0', MESSAGE = 'answers ' || coalesce(answer, 'null');
EXCEPTION
    WHEN SQLSTATE 'P0OK0' THEN
        RETURN SQLERRM;
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, place = PG_EXCEPTION_CONTEXT;
        place := substring(place FROM '(?:^|\n)(mapping of [^\n]*)');
        RETURN SQLSTATE || ' ' || regexp_replace(regexp_replace(SQLERRM, 'cap \d+', 'cap N'), 'pg_temp_\d+', 'pg_temp_N')
            || coalesce('; ' || place, '') || CASE WHEN hint <> '' THEN ' (' || hint || ')' ELSE '' END;
END
$$;
\pset tuples_only on
\pset format unaligned

-- set_cap: nulls
SELECT says($$steering.set_cap(NULL, 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', NULL, 'budget', '[2027-01-01,2028-01-01)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', NULL, '[2027-01-01,2028-01-01)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', NULL, 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', NULL)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1, accept_overrun => NULL)$$);
-- set_cap: unknown codes and metrics
SELECT says($$steering.set_cap('bad.tci', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.city', 'budget', '[2027-01-01,2028-01-01)', 1)$$);
SELECT says($$steering.set_cap('', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'money', '[2027-01-01,2028-01-01)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'Budget', '[2027-01-01,2028-01-01)', 1)$$);
-- set_cap: ranges
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', 'empty', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '(,2028-01-01)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '(,)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,infinity)', 1)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[-infinity,2028-01-01)', 1)$$);
-- set_cap: amounts
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', -0.0001)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 'NaN')$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 'Infinity')$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 922337203685477.5808)$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1e30)$$);
-- set_cap: ladders
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1, '')$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1, 'block')$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1, '100% stop')$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1, '-5% block')$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1, '100% block,')$$);
SELECT says($$steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 1, '100.00001% block')$$);
-- a limit as high as an amount can be is a limit
BEGIN;
SELECT steering.set_cap('bad.ict', 'bad.town', 'budget', '[2027-01-01,2028-01-01)', 922337203685477.5807, '200% block') > 0;
SELECT amount, blocks_at, headroom FROM steering.cap_status WHERE service = 'bad.ict' AND valid_from = '2027-01-01';
ROLLBACK;

-- drop_cap, spread_cap
SELECT says($$steering.drop_cap(NULL)$$);
SELECT says($$steering.drop_cap(0)$$);
SELECT says($$steering.drop_cap(-1)$$);
SELECT says($$steering.drop_cap(2147483647)$$);
CREATE FUNCTION spread(arguments text) RETURNS text LANGUAGE sql AS $$
    SELECT says(format('SELECT count(*) FROM steering.spread_cap(%s) AS step', arguments))
$$;
SELECT spread('NULL');
SELECT spread('2147483647');
SELECT spread(:'cap' || ', NULL');
SELECT spread(:'cap' || $$, 'week'$$);
SELECT spread(:'cap' || $$, ''$$);
SELECT spread(:'cap' || $$, 'quarter', '{}'$$);
SELECT spread(:'cap' || $$, 'quarter', '{1,2,3}'$$);
SELECT spread(:'cap' || $$, 'quarter', '{1,2,3,4,5}'$$);
SELECT spread(:'cap' || $$, 'quarter', '{1,2,NULL,4}'$$);
SELECT spread(:'cap' || $$, 'quarter', '{1,2,-3,4}'$$);
SELECT spread(:'cap' || $$, 'quarter', '{0,0,0,0}'$$);
SELECT spread(:'cap' || $$, 'quarter', '{1,2,NaN,4}'$$);
SELECT spread(:'cap' || $$, 'quarter', '{1,2,Infinity,4}'$$);
SELECT spread(:'cap' || $$, 'quarter', '{{1,2},{3,4}}'$$);
SELECT spread(:'cap' || $$, 'quarter', NULL, 'soon'$$);

-- attach: nulls and words
SELECT says($$steering.attach(NULL, 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('line', NULL, 'town', 'day', 'net')$$);
SELECT says($$steering.attach('line', 'product', NULL, 'day', 'net')$$);
SELECT says($$steering.attach('line', 'product', 'town', NULL, 'net')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', stage => NULL)$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', stage => 'spent')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', unknown => NULL)$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', unknown => 'skip')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', accept_overrun => NULL)$$);
SELECT says($$steering.attach('no_such_table', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach(0, 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach(4294967295, 'product', 'town', 'day', 'net')$$);
-- attach: expressions that are none
SELECT says($$steering.attach('line', '', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', ' ')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net +')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net)')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net, pieces')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net FROM line')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net; DROP TABLE line')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net) FROM line; --')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net -- all of it') > 0$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net AS amount')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', '*')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'price')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'gone')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'other.net')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net::no_such_type')$$);
-- attach: expressions of a wrong kind
SELECT says($$steering.attach('line', 'product', 'town', 'day', '(SELECT 1)')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', counts_when => 'EXISTS (SELECT 1)')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'sum(net)')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'sum(net) OVER ()')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'generate_series(1, 2)')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', '$1')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'random()::numeric')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'current_date', 'net')$$);
SELECT says($$steering.attach('line', 'product', 'current_user::text', 'day', 'net')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', counts_when => 'now() > day_time')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', counts_when => 'day_time::text > product')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'DEFAULT')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'xmin::text::numeric')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', counts_when => 'tableoid = 1')$$);
-- attach: expressions of a wrong type
SELECT says($$steering.attach('line', 'id', 'town', 'day', 'net') > 0$$);
SELECT says($$steering.attach('line', 'product', 'tags', 'day', 'net')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'product', 'net')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day_time', 'net')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'rate')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', volume => 'rate')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'product')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', counts_when => 'net')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net', counts_when => 'tags')$$);
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'line')$$);
-- attach: what is no table, or not one to attach
CREATE VIEW some_view AS SELECT * FROM line;
CREATE MATERIALIZED VIEW some_matview AS SELECT * FROM line;
CREATE SEQUENCE some_sequence;
CREATE TYPE some_type AS (product text, town text, day date, net numeric);
CREATE INDEX some_index ON line (id);
CREATE TEMPORARY TABLE some_temporary (LIKE line);
CREATE UNLOGGED TABLE some_unlogged (LIKE line);
CREATE FOREIGN DATA WRAPPER bad_input_wrapper;
CREATE SERVER bad_input_server FOREIGN DATA WRAPPER bad_input_wrapper;
CREATE FOREIGN TABLE some_foreign (product text, town text, day date, net numeric) SERVER bad_input_server;
CREATE TABLE with_foreign (product text, town text, day date, net numeric) PARTITION BY RANGE (day);
CREATE FOREIGN TABLE its_foreign PARTITION OF with_foreign DEFAULT SERVER bad_input_server;
SELECT says($$steering.attach('some_view', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('some_matview', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('some_sequence', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('some_type', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('some_index', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('some_temporary', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('some_unlogged', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('some_foreign', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('with_foreign', 'product', 'town', 'day', 'net')$$);
SELECT says($$steering.attach('pg_catalog.pg_class', 'relname::text', 'relname::text', $d$date '2026-01-01'$d$, '1')$$);
SELECT says($$steering.attach('information_schema.sql_features', 'feature_id', 'feature_id', $d$date '2026-01-01'$d$, '1')$$);
SELECT says($$steering.attach('steering.cap', 'metric', 'metric', $d$date '2026-01-01'$d$, '1')$$);
SELECT says($$steering.attach('steering.participant', 'code', 'code', $d$date '2026-01-01'$d$, '1')$$);
SELECT says($$steering.attach('steering.event_log', 'service', 'participant', $d$date '2026-01-01'$d$, '1')$$);
SELECT steering.attach('line', 'product', 'town', 'day', 'net') > 0;
SELECT says($$steering.attach('line', 'product', 'town', 'day', 'net')$$);
-- detach
SELECT says($$steering.detach(NULL)$$);
SELECT says($$steering.detach('some_view')$$);
SELECT says($$steering.detach('some_unlogged')$$);
SELECT says($$steering.detach(4294967295)$$);
SELECT steering.detach('line');
SELECT says($$steering.detach('line')$$);

-- check_booking
CREATE FUNCTION ask(arguments text) RETURNS text LANGUAGE sql AS $$
    SELECT says(format('SELECT count(*) FROM steering.check_booking(%s)', arguments))
$$;
SELECT ask($$NULL, 'bad.town', '2026-05-01'$$);
SELECT ask($$'bad.ict', NULL, '2026-05-01'$$);
SELECT ask($$'bad.ict', 'bad.town', NULL$$);
SELECT ask($$'bad.tci', 'bad.town', '2026-05-01'$$);
SELECT ask($$'bad.ict', 'bad.city', '2026-05-01'$$);
SELECT ask($$'bad.ict', 'bad.town', 'infinity'$$);
SELECT ask($$'bad.ict', 'bad.town', '2026-05-01', 'NaN'$$);
SELECT ask($$'bad.ict', 'bad.town', '2026-05-01', 1e30$$);
SELECT ask($$'bad.ict', 'bad.town', '2026-05-01', NULL, NULL$$);
SELECT ask($$'bad.ict', 'bad.town', '2026-05-01', -1e9, -5$$);

-- the trigger functions are for the extension's own triggers
SELECT says($$steering.book()$$);
SELECT says($$steering.judge()$$);
CREATE TRIGGER own_idea AFTER INSERT ON line FOR EACH ROW EXECUTE FUNCTION steering.book();
INSERT INTO line (id) VALUES (1);
DROP TRIGGER own_idea ON line;
CREATE TRIGGER own_idea BEFORE UPDATE ON line FOR EACH STATEMENT EXECUTE FUNCTION steering.book();
UPDATE line SET id = 1;
DROP TRIGGER own_idea ON line;
CREATE TRIGGER own_idea AFTER INSERT ON line REFERENCING NEW TABLE AS new_line FOR EACH STATEMENT EXECUTE FUNCTION steering.book();
INSERT INTO line (id) VALUES (1);
DROP TRIGGER own_idea ON line;
CREATE TRIGGER own_idea AFTER INSERT ON line FOR EACH ROW EXECUTE FUNCTION steering.judge();
INSERT INTO line (id) VALUES (1);
DROP TRIGGER own_idea ON line;

-- nothing of all this has left a trace
SELECT count(*) FROM steering.source WHERE relation::text LIKE 'bad_input_test.%' OR relation = 'line'::regclass;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'line'::regclass;
SELECT valid_from, amount, used, ladder FROM steering.cap_status WHERE service = 'bad.ict';
SELECT kind, reason FROM steering.event WHERE service = 'bad.ict' AND cap_id = :cap;
\pset tuples_only off
\pset format aligned

SELECT steering.drop_cap(:cap);
SET client_min_messages = warning;
DROP SCHEMA bad_input_test CASCADE;
RESET client_min_messages;
DROP SERVER bad_input_server;
DROP FOREIGN DATA WRAPPER bad_input_wrapper;
DROP TABLE some_temporary;
DELETE FROM steering.service WHERE code LIKE 'bad.%';
DELETE FROM steering.participant WHERE code LIKE 'bad.%';
SELECT * FROM steering.verify();
