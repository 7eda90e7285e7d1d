-- A publication FOR ALL TABLES, as logical replication of a whole database makes it, breaks nothing: tables
-- without a replica identity could not be changed any more.
\set VERBOSITY terse
CREATE SCHEMA publication_test;
SET search_path = publication_test;
SET datestyle = iso;
SET client_min_messages = error;    -- of the server's wal_level
CREATE PUBLICATION regress_sp71_all FOR ALL TABLES;
RESET client_min_messages;

INSERT INTO steering.participant (code, name, inhabitants) VALUES ('pub.town', 'Town', 10), ('pub.city', 'City', 20);
INSERT INTO steering.service (code, name) VALUES ('pub.ict', 'ICT'), ('pub.staff', 'Staff');
CREATE TABLE line (product text, town text, day date, net numeric, PRIMARY KEY (day, net));
SELECT steering.attach('line', 'product', 'town', 'day', amount => 'net') > 0 AS attached;
SELECT steering.set_cap('pub.ict', 'pub.town', 'budget', '[2026-01-01,2027-01-01)', 100) AS cap \gset
INSERT INTO line VALUES ('pub.ict', 'pub.town', '2026-03-01', 60);
UPDATE line SET net = 70;
DELETE FROM line;
INSERT INTO line VALUES ('pub.ict', 'pub.town', '2026-03-01', 60);

SELECT steering.set_allocation_key('pub.key', 'Staff', 'fixed') > 0 AS key;
SELECT steering.set_key_weight('pub.key', 40, '[2026-01-01,)', 'pub.town');
SELECT steering.set_key_weight('pub.key', 60, '[2026-01-01,)', 'pub.town');
SELECT steering.set_key_weight('pub.key', 10, '[2026-07-01,)', 'pub.city');
SELECT steering.drop_key_weight('pub.key', '[2026-07-01,)', 'pub.city');
SELECT steering.set_allocation_rule('pub.staff', 'pub.key', '[2026-01-01,2027-01-01)', 1) > 0 AS rule;
SELECT steering.drop_allocation_rule('pub.staff', '[2026-01-01,2027-01-01)');
SELECT steering.drop_allocation_key('pub.key');

-- whatever there is in the tables, each can be updated and each of its rows deleted
BEGIN;
SET LOCAL session_replication_role = replica;
DO $$
DECLARE
    name text;
    col text;
BEGIN
    FOR name, col IN SELECT pg_class.oid::regclass, quote_ident(min(attname)) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'steering'::regnamespace AND relkind = 'r' AND attnum > 0 AND attidentity = '' AND attgenerated = ''
        GROUP BY pg_class.oid LOOP
        EXECUTE format('UPDATE %s SET %s = %2$s', name, col);
        EXECUTE format('DELETE FROM %s', name);
    END LOOP;
END
$$;
ROLLBACK;

SELECT steering.drop_cap(:cap);
SELECT steering.detach('line');
SELECT * FROM steering.verify();
DROP PUBLICATION regress_sp71_all;
DROP SCHEMA publication_test CASCADE;
DELETE FROM steering.participant WHERE code LIKE 'pub.%';
DELETE FROM steering.service WHERE code LIKE 'pub.%';
