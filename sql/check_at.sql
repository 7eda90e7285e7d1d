-- sp71_steering.check_at: each statement is judged by itself, or the transaction by its net effect
-- when it commits.
\set VERBOSITY terse
CREATE SCHEMA check_at_test;
SET search_path = check_at_test;

INSERT INTO steering.participant (code, name) VALUES ('check.town', 'Town');
INSERT INTO steering.service (code, parent, name) VALUES ('check.ict', NULL, 'ICT'), ('check.ict.phone', 'check.ict', 'Phone');
CREATE TABLE invoice_line (id integer PRIMARY KEY, product text DEFAULT 'check.ict', day date DEFAULT '2026-05-01', net numeric, pieces integer);
CREATE TABLE order_line (LIKE invoice_line INCLUDING ALL);
SELECT steering.set_cap('check.ict', 'check.town', 'budget', '[2026-01-01,2027-01-01)', 1000, '80% notify, 100% block') AS ict_cap \gset
SELECT steering.set_cap('check.ict.phone', 'check.town', 'volume', '[2026-01-01,2027-01-01)', 10) AS phone_cap \gset
SELECT steering.attach('invoice_line', 'product', $$'check.town'$$, 'day', 'net', 'pieces') > 0 AS attached;
SELECT steering.attach('order_line', 'product', $$'check.town'$$, 'day', 'net', 'pieces', stage => 'commitment') > 0 AS attached;
CREATE VIEW usage AS
    SELECT service, used, headroom FROM steering.cap_status WHERE service LIKE 'check.%' ORDER BY service;

-- the setting
SHOW sp71_steering.check_at;
SET sp71_steering.check_at = 'never';
SET sp71_steering.check_at = '';
SELECT vartype, enumvals, context, boot_val FROM pg_settings WHERE name = 'sp71_steering.check_at';

-- statement: the invoice before the release of its order is too much, after it is not
INSERT INTO order_line (id, net) VALUES (1, 900);
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (1, 950);
DELETE FROM order_line WHERE id = 1;
COMMIT;
TABLE usage;
BEGIN;
DELETE FROM order_line WHERE id = 1;
INSERT INTO invoice_line (id, net) VALUES (1, 900);
COMMIT;
TABLE usage;

-- commit: any order, as long as the whole fits
SET sp71_steering.check_at = 'commit';
BEGIN;
INSERT INTO order_line (id, net) VALUES (1, 1000);
TABLE usage;
DELETE FROM invoice_line WHERE id = 1;
COMMIT;
TABLE usage;
-- one unit too much in all: refused at COMMIT, whole
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (1, 1000.0001);
DELETE FROM order_line WHERE id = 1;
COMMIT;
TABLE usage;
SELECT count(*) FROM invoice_line;
-- a statement by itself is a transaction by itself
INSERT INTO invoice_line (id, net) VALUES (1, 0.0001);
DO $$
BEGIN
    INSERT INTO invoice_line (id, net) VALUES (1, 500);
    UPDATE order_line SET net = 500;
END
$$;
TABLE usage;
-- up and down again: there is nothing to refuse
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (2, 5000);
UPDATE invoice_line SET net = 6000 WHERE id = 2;
DELETE FROM invoice_line WHERE id = 2;
COMMIT;
-- up, and down by a savepoint
BEGIN;
SAVEPOINT s;
INSERT INTO invoice_line (id, net) VALUES (2, 5000);
ROLLBACK TO s;
COMMIT;
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (2, 100);
SAVEPOINT s;
DELETE FROM order_line;
ROLLBACK TO s;
COMMIT;
BEGIN;
SAVEPOINT s;
INSERT INTO invoice_line (id, net) VALUES (2, 5000);
RELEASE s;
COMMIT;
TABLE usage;
-- both metrics; a volume that is too much
BEGIN;
INSERT INTO invoice_line (id, product, net, pieces) VALUES (3, 'check.ict.phone', 1, 11);
DELETE FROM order_line;
COMMIT;
BEGIN;
INSERT INTO invoice_line (id, product, net, pieces) VALUES (3, 'check.ict.phone', 1, 11);
DELETE FROM order_line;
INSERT INTO order_line (id, product, net, pieces) VALUES (2, 'check.ict.phone', 0, -1);
COMMIT;
TABLE usage;
-- an unknown key is refused at once, whenever the rest is judged
BEGIN;
INSERT INTO invoice_line (id, product, net) VALUES (4, 'check.hr', 1);
ROLLBACK;
-- TRUNCATE
BEGIN;
INSERT INTO order_line (id, net) VALUES (5, 1000);
TRUNCATE invoice_line;
COMMIT;
TABLE usage;
BEGIN;
TRUNCATE order_line;
INSERT INTO order_line (id, net) VALUES (5, 1001);
COMMIT;
TABLE usage;
DELETE FROM order_line WHERE id = 2;
-- the error that COMMIT gives is the one that the statement would have given
BEGIN;
INSERT INTO order_line (id, net) VALUES (6, 30);
COMMIT;
\echo :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE

-- the same in a procedure that commits
CREATE PROCEDURE post(net numeric, released numeric) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO invoice_line (id, net) VALUES (7, post.net);
    UPDATE order_line SET net = order_line.net - released;
    COMMIT;
    RAISE NOTICE 'posted';
END
$$;
CALL post(400, 399);
CALL post(400, 400);
TABLE usage;

-- SET LOCAL, and a change of mind in the middle
RESET sp71_steering.check_at;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO invoice_line (id, net) VALUES (8, 100);
UPDATE order_line SET net = net - 100;
COMMIT;
SHOW sp71_steering.check_at;
TABLE usage;
-- what was booked under 'commit' is judged at COMMIT, though statements are now judged at once
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO invoice_line (id, net) VALUES (9, 50);
SET LOCAL sp71_steering.check_at = 'statement';
UPDATE order_line SET net = net - 10;
COMMIT;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO invoice_line (id, net) VALUES (9, 50);
SET LOCAL sp71_steering.check_at = 'statement';
UPDATE order_line SET net = net - 50;
INSERT INTO invoice_line (id, net) VALUES (10, 1);
ROLLBACK;
BEGIN;
UPDATE invoice_line SET net = net - 1 WHERE id = 8;
SET LOCAL sp71_steering.check_at = 'commit';
INSERT INTO invoice_line (id, net) VALUES (9, 50);
UPDATE order_line SET net = net - 49;
COMMIT;
TABLE usage;

-- an overrun cap: the transaction may raise on its way, if it lowers in all
SELECT steering.set_cap('check.ict', 'check.town', 'budget', '[2026-01-01,2027-01-01)', 500, accept_overrun => true) = :ict_cap AS revised;
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (11, 100);
ROLLBACK;
SET sp71_steering.check_at = 'commit';
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (11, 100);
UPDATE order_line SET net = net - 150;
COMMIT;
TABLE usage;
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (12, 100);
UPDATE order_line SET net = net - 100;
COMMIT;
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (13, 100);
UPDATE order_line SET net = net - 99.9999;
COMMIT;
TABLE usage;
-- the cap is raised, or made, in the transaction that needs it
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (13, 1000);
SELECT steering.set_cap('check.ict', 'check.town', 'budget', '[2026-01-01,2027-01-01)', 3000) = :ict_cap AS revised;
COMMIT;
TABLE usage;
-- the cap goes away in the transaction that would exceed it
BEGIN;
INSERT INTO invoice_line (id, product, net, pieces) VALUES (14, 'check.ict.phone', 0, 50);
SELECT steering.drop_cap(:phone_cap);
COMMIT;
TABLE usage;

-- bookings of deferred triggers are part of the transaction
CREATE FUNCTION release_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE order_line SET net = net - NEW.net;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER release_order AFTER INSERT ON invoice_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION release_order();
INSERT INTO order_line (id, net) VALUES (20, 0);
DELETE FROM order_line WHERE id <> 20;
DELETE FROM invoice_line WHERE id <> 13;
UPDATE order_line SET net = 950;
SELECT steering.set_cap('check.ict', 'check.town', 'budget', '[2026-01-01,2027-01-01)', 1950) = :ict_cap AS revised;
TABLE usage;
INSERT INTO invoice_line (id, net) VALUES (21, 900);
TABLE usage;
RESET sp71_steering.check_at;
INSERT INTO invoice_line (id, net) VALUES (22, 10);
TABLE usage;
-- a deferred constraint that fails takes the bookings with it
ALTER TABLE invoice_line ADD CONSTRAINT one_per_amount UNIQUE (net) DEFERRABLE INITIALLY DEFERRED;
SET sp71_steering.check_at = 'commit';
BEGIN;
INSERT INTO invoice_line (id, net) VALUES (23, 900);
DELETE FROM invoice_line WHERE id = 13;
COMMIT;
TABLE usage;

-- events tell of what was judged: what went up and down under 'commit' has crossed nothing
SELECT kind, threshold, used FROM steering.event WHERE service = 'check.ict' AND kind IN ('notify', 'warn') ORDER BY event_id;

SELECT * FROM steering.verify();
RESET sp71_steering.check_at;
SELECT steering.detach('invoice_line');
SELECT steering.detach('order_line');
SELECT steering.drop_cap(:ict_cap);
SET client_min_messages = warning;
DROP SCHEMA check_at_test CASCADE;
RESET client_min_messages;
DELETE FROM steering.service WHERE code LIKE 'check.%';
DELETE FROM steering.participant WHERE code LIKE 'check.%';
SELECT * FROM steering.verify();
