-- The table's own triggers: what BEFORE triggers make of a row is what is booked; AFTER triggers, also
-- those with transition tables of their own, see what they always saw, whatever their name sorts to.
\set VERBOSITY terse
CREATE SCHEMA other_triggers_test;
SET search_path = other_triggers_test;

INSERT INTO steering.participant (code, name) VALUES ('other.town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('other.ict', 'ICT');
CREATE TABLE line (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product text,
    day date DEFAULT '2026-05-01',
    price numeric NOT NULL,
    pieces integer NOT NULL DEFAULT 1,
    net numeric GENERATED ALWAYS AS (price * pieces) STORED
);
SELECT steering.set_cap('other.ict', 'other.town', 'budget', '[2026-01-01,2027-01-01)', 1000) AS budget_cap \gset
SELECT steering.attach('line', 'product', $$'other.town'$$, 'day', 'net', 'pieces') > 0 AS attached;
CREATE VIEW usage AS SELECT used, headroom FROM steering.cap_status WHERE service = 'other.ict';

-- BEFORE triggers: they fill in the service, add VAT above 100, skip rows and forbid changes of the price
CREATE FUNCTION line_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RETURN CASE WHEN OLD.price > 0 THEN OLD END;
    END IF;
    NEW.product := coalesce(NEW.product, 'other.ict');
    IF TG_OP = 'UPDATE' THEN
        NEW.price := OLD.price;
    ELSIF NEW.price > 100 THEN
        NEW.price := NEW.price * 1.2;
    END IF;
    RETURN CASE WHEN NEW.pieces > 0 THEN NEW END;
END
$$;
CREATE TRIGGER a_before BEFORE INSERT OR UPDATE OR DELETE ON line FOR EACH ROW EXECUTE FUNCTION line_before();
INSERT INTO line (price, pieces) VALUES (100, 2), (500, 1), (9999, 0);
SELECT id, product, price, pieces, net FROM line ORDER BY id;
TABLE usage;
UPDATE line SET price = 9999;
TABLE usage;
-- the generated column follows: 4 x 100 + 600 is all
UPDATE line SET pieces = 4 WHERE id = 1;
TABLE usage;
UPDATE line SET pieces = 5 WHERE id = 1;
UPDATE line SET pieces = 0 WHERE id = 2;
TABLE usage;
-- a delete that the trigger skips
INSERT INTO line (price) VALUES (0);
INSERT INTO line (price, pieces) VALUES (-50, 1);
DELETE FROM line WHERE price <= 0;
DELETE FROM line WHERE id = 2;
TABLE usage;
INSERT INTO line (id, price) OVERRIDING SYSTEM VALUE VALUES (100, 100);
INSERT INTO line (id, price) VALUES (101, 100);
SELECT id, price, pieces, net FROM line ORDER BY id;
TABLE usage;
DROP TRIGGER a_before ON line;
TRUNCATE line RESTART IDENTITY;

-- AFTER triggers with transition tables, one sorted before the extension's and one after
CREATE TABLE seen (n integer GENERATED ALWAYS AS IDENTITY, teller text, operation text, old_rows bigint, old_net numeric, new_rows bigint, new_net numeric);
CREATE FUNCTION tell_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO seen (teller, operation, new_rows, new_net) SELECT TG_NAME, TG_OP, count(*), sum(net) FROM new_line;
    RETURN NULL;
END
$$;
CREATE FUNCTION tell_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO seen (teller, operation, old_rows, old_net, new_rows, new_net)
        SELECT TG_NAME, TG_OP, (SELECT count(*) FROM old_line), (SELECT sum(net) FROM old_line), count(*), sum(net) FROM new_line;
    RETURN NULL;
END
$$;
CREATE FUNCTION tell_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO seen (teller, operation, old_rows, old_net) SELECT TG_NAME, TG_OP, count(*), sum(net) FROM old_line;
    RETURN NULL;
END
$$;
CREATE TRIGGER a_insert AFTER INSERT ON line REFERENCING NEW TABLE AS new_line FOR EACH STATEMENT EXECUTE FUNCTION tell_insert();
CREATE TRIGGER z_insert AFTER INSERT ON line REFERENCING NEW TABLE AS new_line FOR EACH STATEMENT EXECUTE FUNCTION tell_insert();
CREATE TRIGGER z_insert_row AFTER INSERT ON line REFERENCING NEW TABLE AS new_line FOR EACH ROW WHEN (NEW.pieces = 2) EXECUTE FUNCTION tell_insert();
CREATE TRIGGER a_update AFTER UPDATE ON line REFERENCING OLD TABLE AS old_line NEW TABLE AS new_line FOR EACH STATEMENT EXECUTE FUNCTION tell_update();
CREATE TRIGGER z_update AFTER UPDATE ON line REFERENCING OLD TABLE AS old_line NEW TABLE AS new_line FOR EACH STATEMENT EXECUTE FUNCTION tell_update();
CREATE TRIGGER a_delete AFTER DELETE ON line REFERENCING OLD TABLE AS old_line FOR EACH STATEMENT EXECUTE FUNCTION tell_delete();
CREATE TRIGGER z_delete AFTER DELETE ON line REFERENCING OLD TABLE AS old_line FOR EACH STATEMENT EXECUTE FUNCTION tell_delete();
INSERT INTO line (product, price, pieces) VALUES ('other.ict', 100, 1), ('other.ict', 100, 2), ('other.ict', 100, 3);
TABLE usage;
UPDATE line SET price = 150 WHERE pieces > 1;
TABLE usage;
DELETE FROM line WHERE pieces = 3;
TABLE usage;
UPDATE line SET price = 1 WHERE false;
TABLE usage;
SELECT * FROM seen ORDER BY n;
DROP TRIGGER a_insert ON line;
DROP TRIGGER z_insert ON line;
DROP TRIGGER z_insert_row ON line;
DROP TRIGGER a_update ON line;
DROP TRIGGER z_update ON line;
DROP TRIGGER a_delete ON line;
DROP TRIGGER z_delete ON line;
TRUNCATE line RESTART IDENTITY;

-- AFTER ROW triggers that write the table again: each line above 100 gets a line of 10 percent costs,
-- and is then itself lowered by 1
CREATE FUNCTION line_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.price > 100 THEN
        INSERT INTO line (product, price) VALUES (NEW.product, NEW.price / 10);
        UPDATE line SET price = price - 1 WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER line_after AFTER INSERT ON line FOR EACH ROW EXECUTE FUNCTION line_after();
INSERT INTO line (product, price) VALUES ('other.ict', 400), ('other.ict', 500);
SELECT id, net FROM line ORDER BY id;
TABLE usage;
INSERT INTO line (product, price) VALUES ('other.ict', 5);
INSERT INTO line (product, price) VALUES ('other.ict', 110);
TABLE usage;
DROP TRIGGER line_after ON line;
TRUNCATE line RESTART IDENTITY;

-- a statement trigger that takes away what the statement brought, one that brings more, and one that fails
CREATE FUNCTION take_away() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM line WHERE price = 666;
    RETURN NULL;
END
$$;
CREATE TRIGGER a_take_away AFTER INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION take_away();
INSERT INTO line (product, price) VALUES ('other.ict', 666), ('other.ict', 1000);
TABLE usage;
ALTER TRIGGER a_take_away ON line RENAME TO z_take_away;
INSERT INTO line (product, price) VALUES ('other.ict', 666);
TABLE usage;
DROP TRIGGER z_take_away ON line;
CREATE FUNCTION bring_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        INSERT INTO line (product, price) VALUES ('other.ict', 1);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER z_bring_more AFTER DELETE OR UPDATE OR INSERT ON line FOR EACH STATEMENT EXECUTE FUNCTION bring_more();
UPDATE line SET price = 999;
UPDATE line SET price = price;
INSERT INTO line (product, price) VALUES ('other.ict', 0);
DELETE FROM line WHERE price = 0;
SELECT price, count(*) FROM line GROUP BY price ORDER BY price;
TABLE usage;
DROP TRIGGER z_bring_more ON line;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'not today';
END
$$;
CREATE TRIGGER z_fail AFTER INSERT OR UPDATE OR DELETE ON line FOR EACH STATEMENT EXECUTE FUNCTION fail();
DELETE FROM line;
UPDATE line SET price = 0;
INSERT INTO line (product, price) VALUES ('other.ict', 1);
TABLE usage;
DROP TRIGGER z_fail ON line;

-- a deferred trigger that books at COMMIT
UPDATE line SET price = 992 WHERE price = 999;
CREATE FUNCTION bring_later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.price <> 3 THEN
        INSERT INTO line (product, price) VALUES ('other.ict', 3);
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER bring_later AFTER INSERT ON line DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bring_later();
BEGIN;
INSERT INTO line (product, price) VALUES ('other.ict', 1);
TABLE usage;
COMMIT;
TABLE usage;
BEGIN;
INSERT INTO line (product, price) VALUES ('other.ict', 1);
INSERT INTO line (product, price) VALUES ('other.ict', 1);
COMMIT;
TABLE usage;
DROP TRIGGER bring_later ON line;

-- INSTEAD OF: an application that writes a view
CREATE VIEW form AS SELECT id, price AS asked FROM line;
CREATE FUNCTION form_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        DELETE FROM line WHERE id = OLD.id;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO line (product, price) VALUES ('other.ict', NEW.asked);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER form_write INSTEAD OF INSERT OR UPDATE OR DELETE ON form FOR EACH ROW EXECUTE FUNCTION form_write();
DELETE FROM line;
INSERT INTO form (asked) VALUES (600), (500);
INSERT INTO form (asked) VALUES (600), (400);
UPDATE form SET asked = asked - 100;
TABLE usage;
DELETE FROM line;
-- and a rule
CREATE RULE copy_to_line AS ON INSERT TO seen DO ALSO INSERT INTO line (product, price) VALUES ('other.ict', NEW.new_net);
INSERT INTO seen (new_net) VALUES (1001);
INSERT INTO seen (new_net) VALUES (1000);
TABLE usage;

SELECT * FROM steering.verify();
SELECT steering.detach('line');
SELECT steering.drop_cap(:budget_cap);
SET client_min_messages = warning;
DROP SCHEMA other_triggers_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'other.%';
DELETE FROM steering.participant WHERE code LIKE 'other.%';
SELECT * FROM steering.verify();
