-- Reservations: what is held for a while before it is spent; posted, voided, expired.
\set VERBOSITY terse
CREATE SCHEMA reservation_test;
SET search_path = reservation_test;
SET datestyle = ISO;

INSERT INTO steering.participant (code, parent, name) VALUES ('rs.region', NULL, 'Region'), ('rs.town', 'rs.region', 'Town');
INSERT INTO steering.service (code, parent, name, unit) VALUES ('rs.care', NULL, 'Care', 'hour'), ('rs.youth', 'rs.care', 'Youth', 'hour');
CREATE TABLE invoice (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, service text, participant text, booked_on date, amount numeric);
SELECT steering.attach('invoice', 'service', 'participant', 'booked_on', 'amount') > 0 AS attached;
SELECT steering.set_cap('rs.care', 'rs.region', 'budget', '2026', 100) AS cap \gset
SELECT steering.set_cap('rs.youth', 'rs.town', 'volume', '2026', 10) AS hours \gset

CREATE VIEW status AS SELECT metric, used, headroom, (SELECT reserved FROM steering.reserved_by_cap WHERE reserved_by_cap.cap_id = cap_status.cap_id)
	FROM steering.cap_status WHERE service LIKE 'rs.%' ORDER BY cap_id;
CREATE VIEW reservation AS SELECT amount, volume, state, posted_amount, posted_volume, reference, made_by = session_user AS made_by_me, resolved_by = session_user AS resolved_by_me
	FROM steering.reservation_status WHERE service LIKE 'rs.%' ORDER BY id;
-- Calls, and tells what was refused.
CREATE FUNCTION try(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; result text;
BEGIN
	EXECUTE call INTO result;
	RETURN CASE WHEN result > '' THEN 'done' ELSE 'done, void' END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(': ', SQLSTATE, regexp_replace(SQLERRM, 'reservation \d+', 'reservation N'), nullif(regexp_replace(detail, 'Cap \d+', 'Cap N', 'g'), ''));
END $$;
CREATE FUNCTION book(amount numeric, service text DEFAULT 'rs.care') RETURNS text LANGUAGE sql AS $$
SELECT try(format('INSERT INTO reservation_test.invoice (service, participant, booked_on, amount) VALUES (%L, ''rs.town'', ''2026-03-01'', %s) RETURNING id', service, amount)) $$;

-- What is wrong with a call is named.
SELECT steering.reserve(NULL, 'rs.town', '2026-03-01', 1);
SELECT steering.reserve('rs.care', NULL, '2026-03-01', 1);
SELECT steering.reserve('rs.care', 'rs.town', NULL, 1);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', NULL);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 1, NULL);
SELECT steering.reserve('rs.none', 'rs.town', '2026-03-01', 1);
SELECT steering.reserve('rs.care', 'rs.none', '2026-03-01', 1);
SELECT steering.reserve('rs.care', 'rs.town', 'infinity', 1);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', -1);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 1, -1);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 0);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 1.00001);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 1, expires => 'infinity');
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 1, expires => '2020-01-01 UTC');
SELECT steering.post_reservation(NULL);
SELECT steering.post_reservation(0);
SELECT steering.void_reservation(NULL);
SELECT steering.void_reservation(0);
SELECT steering.release_expired(NULL);
SELECT steering.release_expired(0);

-- Held: it counts, and is refused as a booking is.
SELECT steering.reserve('rs.youth', 'rs.town', '2026-03-01', 60, 4, reference => 'beds') AS beds \gset
TABLE status;
SELECT try($$SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 41)$$);
SELECT try($$SELECT steering.reserve('rs.youth', 'rs.town', '2026-03-01', 1, 7)$$);
SELECT book(41), book(40);
SELECT source, service, booked_on, amount, volume, stage FROM steering.booking WHERE service LIKE 'rs.%' ORDER BY amount;
SELECT * FROM steering.verify();
-- The order of errors: not there, more than was reserved, posted, voided, expired.
SELECT try(format('SELECT steering.post_reservation(%s, 61)', :beds)), try(format('SELECT steering.post_reservation(%s, volume => 4.0001)', :beds)),
	try(format('SELECT steering.post_reservation(%s, -1)', :beds));
-- A part is posted, the rest is released; there is no second time.
SELECT steering.post_reservation(:beds, 50);
TABLE status;
SELECT try(format('SELECT steering.post_reservation(%s, 61)', :beds)), try(format('SELECT steering.post_reservation(%s, 1)', :beds)),
	try(format('SELECT steering.void_reservation(%s)', :beds));
SELECT source, service, booked_on, amount, volume, stage FROM steering.booking WHERE service LIKE 'rs.%' ORDER BY amount;
-- Posting needs no room, also where a cap was lowered below usage knowingly.
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 10) AS all \gset
SELECT steering.set_cap('rs.care', 'rs.region', 'budget', '2026', 50, accept_overrun => true) = :cap AS same;
SELECT steering.post_reservation(:all);
SELECT steering.set_cap('rs.care', 'rs.region', 'budget', '2026', 100) = :cap AS same;
-- Voided.
DELETE FROM invoice;
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 40, reference => 'car') AS car \gset
SELECT steering.void_reservation(:car);
SELECT try(format('SELECT steering.void_reservation(%s)', :car)), try(format('SELECT steering.post_reservation(%s)', :car)),
	try(format('SELECT steering.post_reservation(%s, 41)', :car));
TABLE reservation;
TABLE status;
SELECT * FROM steering.verify();

-- Expiry, by the clock of the statement: from then on it counts for nothing, and cannot be resolved.
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 40, expires => clock_timestamp() + '50 ms') AS short \gset
SELECT steering.reserve('rs.care', 'rs.region', '2026-03-01', 0, 3, expires => clock_timestamp() + '1 day') AS other \gset
SELECT book(1);
DO $$ BEGIN PERFORM pg_sleep(0.1); END $$;
TABLE status;
SELECT try(format('SELECT steering.post_reservation(%s)', :short)), try(format('SELECT steering.void_reservation(%s)', :short));
SELECT verdict, used, after FROM steering.check_booking('rs.care', 'rs.town', '2026-03-01', 40);
SELECT verdict, after, explanation FROM steering.why_refused('rs.care', 'rs.town', '2026-03-01', 40);
SELECT steering.set_cap('rs.care', 'rs.region', 'budget', '2026', 61) = :cap AS lowered;
SELECT steering.set_cap('rs.care', 'rs.region', 'budget', '2026', 100) = :cap AS raised;
-- A booking that would be refused releases it, and is not refused; one that is too much all the same is.
SELECT book(41);
SELECT count(*) FROM steering.reservation WHERE reservation_id = :short AND state = 'open';
SELECT book(40);
SELECT state FROM steering.reservation WHERE reservation_id = :short;
TABLE status;
SELECT * FROM steering.verify();
-- ... where nobody has to be waited for: a cap that the booking does not touch is left alone, and it counts for nothing all the same.
SELECT steering.set_cap('rs.youth', 'rs.town', 'budget', '2026', 1000) AS youth \gset
DELETE FROM invoice;
SELECT steering.reserve('rs.youth', 'rs.town', '2026-03-01', 40, expires => clock_timestamp() + '50 ms') AS short \gset
DO $$ BEGIN PERFORM pg_sleep(0.1); END $$;
SELECT book(40);
SELECT state FROM steering.reservation WHERE reservation_id = :short;
TABLE status;
SELECT book(1), book(-1), book(1);
SELECT steering.release_expired();
SELECT steering.release_expired();
TABLE status;
SELECT * FROM steering.verify();
-- At commit, too.
SELECT book(-1);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 1, expires => clock_timestamp() + '50 ms') AS brim \gset
SELECT book(1);
DO $$ BEGIN PERFORM pg_sleep(0.1); END $$;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
SELECT book(1);
COMMIT;
SELECT state FROM steering.reservation WHERE reservation_id = :brim;
SELECT book(1);
SELECT steering.release_expired();
-- What had expired makes no room when it is released: neither for the transaction that releases it, nor where it stood above the threshold.
DELETE FROM invoice;
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 40, expires => clock_timestamp() + '50 ms') AS brim \gset
DO $$ BEGIN PERFORM pg_sleep(0.1); END $$;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT book(30);
COMMIT;
SELECT used AS stored, (SELECT used FROM steering.cap_status WHERE cap_id = :cap) AS used FROM steering.cap_usage WHERE cap_id = :cap;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
SELECT steering.release_expired();
SELECT book(11);
COMMIT;
BEGIN;
SELECT book(5);
SELECT state FROM steering.reservation WHERE reservation_id = :brim;
SET LOCAL sp71_steering.check_at = 'commit';
SELECT book(6);
COMMIT;
SELECT book(11), book(10);
SELECT state FROM steering.reservation WHERE reservation_id = :brim;
TABLE status;
SELECT * FROM steering.verify();
-- Only so many, in the order of their moments.
SELECT count(steering.reserve('rs.care', 'rs.town', '2026-03-01', 0, 1, clock_timestamp() + '50 ms')) FROM generate_series(1, 3);
DO $$ BEGIN PERFORM pg_sleep(0.1); END $$;
SELECT steering.release_expired(2), steering.release_expired();

-- An override lets a reservation through as any booking.
DELETE FROM invoice;
SELECT steering.grant_override(:cap, 10, now() + '1 day', 'once') AS once \gset
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 50) AS over \gset
SELECT source, amount FROM steering.override_draw WHERE override = :once;
SELECT steering.void_reservation(:over);

-- Savepoints, and a transaction that makes and resolves.
BEGIN;
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 20) AS mine \gset
SAVEPOINT s;
SELECT steering.post_reservation(:mine, 5);
ROLLBACK TO s;
SELECT steering.post_reservation(:mine, 7);
COMMIT;
TABLE status;
SELECT * FROM steering.verify();
-- Counted anew it is the same.
UPDATE steering.usage_cell SET amount = amount OPERATOR(steering.+) 1::steering.amount WHERE source_id IN (SELECT source_id FROM steering.source WHERE relation = 'steering.reservation_post'::regclass);
SELECT what, source, measure, difference FROM steering.verify();
SELECT count(*) FROM steering.repair();
SELECT * FROM steering.verify();
SELECT steering.set_cap('rs.care', 'rs.town', 'budget', '[2026-03-01,2026-03-15)', 1000) > 0 AS part;
TABLE status;

-- A closed period: nothing is spent in it any more, and what is reserved may be released. Then it is orphaned.
SELECT steering.reserve('rs.care', 'rs.town', '2025-03-01', 20) AS old \gset
SELECT steering.reserve('rs.care', 'rs.town', '2025-03-02', 20) AS older \gset
SELECT steering.close_period('2025-03') > 0 AS closed;
SELECT split_part(try(format('SELECT steering.post_reservation(%s)', :old)), ': Closing', 1) AS refused;
SELECT regexp_replace(subject, '\d+', 'N') AS subject, problem, detail, regexp_replace(hint, '\d+', 'N', 'g') AS hint FROM steering.health() WHERE subject LIKE 'reserv%';
SELECT steering.void_reservation(:old), steering.void_reservation(:older);
SELECT count(*) FROM steering.health() WHERE subject LIKE 'reserv%';
SELECT steering.reopen_period('2025-03', 'test') IS NOT NULL AS reopened;

-- The tables are the extension's: sources that cannot be detached, or attached otherwise.
SELECT relation, stage, counts_when FROM steering.source WHERE relation::text LIKE 'steering.%' ORDER BY 1;
SELECT * FROM steering.health() WHERE subject LIKE 'steering.%';
SELECT steering.detach('steering.reservation');
SELECT steering.reattach('steering.reservation');
SELECT steering.attach('steering.reservation', 'service', 'participant', 'booked_on', 'amount');

-- No figure is told to whom it is not for; who reserved sees his own.
CREATE ROLE rs_app;
GRANT EXECUTE ON FUNCTION steering.reserve, steering.post_reservation, steering.void_reservation TO rs_app;
GRANT USAGE ON SCHEMA reservation_test TO rs_app;
SET SESSION AUTHORIZATION rs_app;
SELECT reservation_test.try($$SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 1000)$$);
SELECT steering.reserve('rs.care', 'rs.town', '2026-03-01', 1, reference => 'app') AS app \gset
SELECT amount, state, reference FROM steering.reservation_status;
SELECT steering.post_reservation(:app);
SELECT count(*) FROM steering.reservation;
SELECT steering.release_expired();
RESET SESSION AUTHORIZATION;

DROP OWNED BY rs_app;
DROP ROLE rs_app;
SELECT count(steering.void_reservation(id)) FROM steering.reservation_status WHERE service LIKE 'rs.%' AND state = 'open';
DROP SCHEMA reservation_test CASCADE;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'rs.%';
DELETE FROM steering.reservation;
DELETE FROM steering.reservation_post;
SELECT count(*) FROM steering.repair();
SELECT * FROM steering.verify();
DELETE FROM steering.source WHERE relation::text LIKE 'steering.%';
DELETE FROM steering.source_table WHERE relation::text LIKE 'steering.%';
DELETE FROM steering.mapping WHERE source_id NOT IN (SELECT source_id FROM steering.source);
DELETE FROM steering.service WHERE code LIKE 'rs.%';
DELETE FROM steering.participant WHERE code LIKE 'rs.%';
