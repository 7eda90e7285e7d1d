-- Overrides: room above the threshold at which one cap blocks, drawn by the bookings that need it.
\set VERBOSITY terse
CREATE SCHEMA override_test;
SET search_path = override_test;
SET datestyle = ISO;

INSERT INTO steering.participant (code, parent, name) VALUES ('ov.region', NULL, 'Region'), ('ov.town', 'ov.region', 'Town');
INSERT INTO steering.service (code, parent, name) VALUES ('ov.care', NULL, 'Care'), ('ov.youth', 'ov.care', 'Youth');
CREATE TABLE invoice (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, service text, participant text, booked_on date, amount numeric);
SELECT steering.attach('invoice', 'service', 'participant', 'booked_on', 'amount') > 0 AS attached;
SELECT steering.set_cap('ov.care', 'ov.town', 'budget', '2026', 100, '80% notify, 100% block') AS cap \gset

CREATE VIEW status AS SELECT used, blocks_at, headroom, override_room FROM steering.cap_status WHERE service LIKE 'ov.%' ORDER BY cap_id;
CREATE VIEW override AS
	SELECT amount, drawn, room, uses, transactions, state, reason, granted_by = session_user AS by_me, revoked_by = session_user AS revoked_by_me, revoke_reason
	FROM steering.override_status WHERE service LIKE 'ov.%' ORDER BY id;
CREATE VIEW draw AS
	SELECT use_number, amount, used, source, role_name = session_user AS by_me FROM steering.override_draw
	WHERE cap_id IN (SELECT cap_id FROM steering.cap_status WHERE service LIKE 'ov.%') ORDER BY override, use_number, used;
-- Books, and tells what a refusal says, with numbers of caps as N.
CREATE FUNCTION book(amount numeric, service text DEFAULT 'ov.care') RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
	INSERT INTO invoice (service, participant, booked_on, amount) VALUES (service, 'ov.town', '2026-03-01', amount);
	RETURN 'booked';
EXCEPTION WHEN integrity_constraint_violation OR SQLSTATE '23S71' THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ': ' || regexp_replace(detail, 'Cap \d+', 'Cap N', 'g');
END $$;

-- What is wrong with a grant is named.
SELECT steering.grant_override(NULL, 10, now() + '1 day', 'x');
SELECT steering.grant_override(:cap, NULL, now() + '1 day', 'x');
SELECT steering.grant_override(:cap, 10, NULL, 'x');
SELECT steering.grant_override(:cap, 10, now() + '1 day', NULL);
SELECT steering.grant_override(:cap, 10, now() + '1 day', 'x', NULL);
SELECT steering.grant_override(:cap, 0, now() + '1 day', 'x');
SELECT steering.grant_override(:cap, 1.00001, now() + '1 day', 'x');
SELECT steering.grant_override(:cap, 'NaN', now() + '1 day', 'x');
SELECT steering.grant_override(:cap, 10, 'infinity', 'x');
SELECT steering.grant_override(:cap, 10, '2020-01-01 UTC', 'x');
SELECT steering.grant_override(:cap, 10, now() + '1 day', 'x', 0);
SELECT steering.grant_override(0, 10, now() + '1 day', 'x');
SELECT steering.revoke_override(0, 'x');
SELECT steering.revoke_override(NULL, 'x');
SELECT steering.set_cap('ov.care', 'ov.region', 'budget', '2026', 100, '100% warn') AS warns \gset
SELECT regexp_replace(message, '\d+', 'N') AS message FROM (SELECT steering.drop_cap(:warns)) AS dropped, (VALUES ('dropped')) AS said (message);

-- Without an override the cap refuses. One of 50 for one transaction lets go what needs it, and no more.
SELECT book(90), book(20);
SELECT steering.grant_override(:cap, 50, now() + '1 day', 'flood') AS flood \gset
TABLE status;
-- What fits draws nothing.
SELECT book(5);
TABLE override;
-- More than it has is refused, says what it has, and draws nothing.
SELECT book(60);
TABLE draw;
-- What is told beforehand.
SELECT verdict, after, blocks_at FROM steering.check_booking('ov.care', 'ov.town', '2026-03-01', 20);
SELECT verdict, after, blocks_at FROM steering.check_booking('ov.care', 'ov.town', '2026-03-01', 60);
SELECT reason, verdict, sqlstate, missing, explanation FROM steering.why_refused('ov.care', 'ov.town', '2026-03-01', 20);
-- 95 + 20: 15 are drawn, and the one transaction that may is this one.
SELECT book(20);
TABLE override;
TABLE draw;
TABLE status;
-- What is left cannot be drawn: only lowering passes, and gives nothing back.
SELECT book(1), book(-5), book(4), book(-10), book(1);
TABLE status;
SELECT * FROM steering.health() WHERE subject = 'cap ' || :cap;
-- Use is an event.
SELECT kind, amount, threshold, used, regexp_replace(reason, '(override) \d+|until \S+ \S+', '\1 N', 'g') AS reason
FROM steering.event WHERE cap_id = :cap AND kind IN ('granted', 'revoked', 'drawn') ORDER BY event_id;

-- A number of transactions: one that has drawn goes on, the next is another use. Two overrides: what lapses first is drawn first.
SELECT sum(amount) FROM invoice;
SELECT steering.grant_override(:cap, 30, now() + '2 days', 'late', 5) AS late \gset
SELECT steering.grant_override(:cap, 10, now() + '1 day', 'early', 2) AS early \gset
BEGIN;
SELECT book(3);
SELECT book(2);
COMMIT;
SELECT book(15);
TABLE override;
TABLE draw;
SELECT book(21), book(20);
TABLE status;

-- A statement is judged by its net effect, and so is what it draws.
TRUNCATE invoice;
SELECT steering.grant_override(:cap, 100, now() + '1 day', 'net', 10) AS net \gset
INSERT INTO invoice (service, participant, booked_on, amount) SELECT 'ov.care', 'ov.town', '2026-01-01', v FROM (VALUES (150), (-60), (20)) AS v (v);
UPDATE invoice SET amount = amount + 1;
SELECT drawn, transactions FROM steering.override_status WHERE id = :net;
-- Savepoints: what is rolled back was not drawn, and was no use.
BEGIN;
SAVEPOINT s;
SELECT book(20);
SELECT drawn, transactions FROM steering.override_status WHERE id = :net;
ROLLBACK TO s;
SELECT drawn, transactions FROM steering.override_status WHERE id = :net;
SAVEPOINT s;
SELECT book(5);
RELEASE s;
SELECT book(5);
COMMIT;
SELECT drawn, transactions FROM steering.override_status WHERE id = :net;
-- Two rounds of one statement: a trigger books again, by a statement of its own.
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.amount = 7 THEN INSERT INTO invoice (service, participant, booked_on, amount) VALUES ('ov.care', 'ov.town', '2026-01-01', -4); END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER again AFTER INSERT ON invoice FOR EACH ROW EXECUTE FUNCTION again();
SELECT book(7);
DROP TRIGGER again ON invoice;
SELECT drawn, transactions FROM steering.override_status WHERE id = :net;
TABLE status;
-- At commit: the net effect of the transaction.
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
SELECT book(500);
SELECT book(-490);
COMMIT;
SELECT drawn, transactions FROM steering.override_status WHERE id = :net;
-- ... with what it drew before, when statements were judged.
BEGIN;
SELECT book(10);
SET LOCAL sp71_steering.check_at = 'commit';
SELECT book(-4);
SELECT book(3);
COMMIT;
SELECT drawn, transactions FROM steering.override_status WHERE id = :net;
BEGIN;
SET LOCAL sp71_steering.check_at = 'commit';
SELECT book(500);
COMMIT;

-- Of several caps: where one refuses, nothing is drawn of another.
SELECT steering.set_cap('ov.youth', 'ov.town', 'budget', '2026', 5) AS youth \gset
SELECT book(6, 'ov.youth');
SELECT steering.grant_override(:youth, 1, now() + '1 day', 'both') AS both \gset
SELECT book(6, 'ov.youth');
SELECT drawn FROM steering.override_status WHERE id IN (:net, :both) ORDER BY id;
SELECT book(1000, 'ov.youth');

-- set_cap(): the cap itself stays as it is, a limit below usage is refused as ever.
SELECT steering.set_cap('ov.care', 'ov.town', 'budget', '2026', 90);
SELECT steering.set_cap('ov.care', 'ov.town', 'budget', '2026', 120) = :cap AS raised;
TABLE status;
-- Revoking: what was drawn stays.
SELECT steering.revoke_override(:net, 'dry again');
SELECT steering.revoke_override(:net, 'twice');
SELECT steering.revoke_override(:late, 'as well');
SELECT book(1);
SELECT amount, drawn, room, state, revoked_by_me, revoke_reason FROM override WHERE reason = 'net';
-- Expiry is by the clock of the statement.
SELECT steering.grant_override(:cap, 100, clock_timestamp() + '50 ms', 'short', 10) AS short \gset
DO $$ BEGIN PERFORM pg_sleep(0.1); PERFORM override_test.book(1); END $$;
SELECT drawn, room, state FROM steering.override_status WHERE id = :short;
SELECT book(1);

SELECT * FROM steering.verify();
-- What is counted anew draws nothing: a service that moves under a cap with an override.
INSERT INTO steering.service (code, name) VALUES ('ov.else', 'Elsewhere');
SELECT steering.set_cap('ov.care', 'ov.town', 'budget', '2026', 152) = :cap AS raised;
SELECT steering.grant_override(:cap, 1000, now() + '1 day', 'move') AS move \gset
SELECT book(10, 'ov.else');
UPDATE steering.service SET parent = 'ov.care' WHERE code = 'ov.else';
SELECT drawn FROM steering.override_status WHERE id = :move;
-- What was drawn explains what is above the threshold, by plain SQL.
SELECT cap.used <= cap.blocks_at + (SELECT sum(draw.amount) FROM steering.override_draw AS draw WHERE draw.cap_id = cap.cap_id) AS explained
FROM steering.cap_status AS cap WHERE cap.cap_id IN (:cap, :youth);

-- Who may read the cap reads its overrides; nobody else.
CREATE ROLE ov_reader;
SET ROLE ov_reader;
SELECT count(*) FROM steering.override_status;
SELECT count(*) FROM steering.override_draw;
SELECT count(*) FROM steering.override_grant;
SELECT steering.grant_override(1, 1, now(), 'x');
RESET ROLE;
DROP ROLE ov_reader;

-- Acts: the amount that may be drawn is what is decided.
CREATE ROLE ov_manager;
GRANT EXECUTE ON FUNCTION steering.grant_override, steering.revoke_override TO ov_manager;
SELECT steering.set_rule(ARRAY['grant_override', 'revoke_override'], 'mandate') > 0 AS ruled;
SELECT steering.set_mandate('ov_manager', ARRAY['grant_override', 'revoke_override'], 'ov.care', NULL, '(,)', 25) > 0 AS mandated;
SET SESSION AUTHORIZATION ov_manager;
SELECT steering.grant_override(:cap, 26, now() + '1 day', 'too much');
SELECT steering.grant_override(:cap, 25, now() + '1 day', 'within') AS within \gset
SELECT steering.revoke_override(:within, 'not needed');
RESET SESSION AUTHORIZATION;
SELECT act, service, participant, amount, in_mandate FROM steering.decision WHERE act LIKE '%override' ORDER BY id;

DELETE FROM steering.rule;
DELETE FROM steering.mandate;
TRUNCATE steering.decision_record, steering.decision_question, steering.signature_record, steering.decision_log;
DROP OWNED BY ov_manager;
DROP ROLE ov_manager;
DROP SCHEMA override_test CASCADE;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service LIKE 'ov.%';
SELECT count(*) FROM steering.override_status;
DELETE FROM steering.service WHERE code LIKE 'ov.%';
DELETE FROM steering.participant WHERE code LIKE 'ov.%';
