-- Whoever asks why a booking is refused is told every reason in a row of its own, by every cap what counts in it, and
-- nothing that the role may not know. Asking books nothing.
\set VERBOSITY terse
CREATE SCHEMA why_test;
SET search_path = why_test;
SET datestyle = ISO;
SELECT setval('steering.cap_cap_id_seq', 8100) AS numbered \gset
CREATE ROLE regress_sp71_why_steers;    -- may raise caps
CREATE ROLE regress_sp71_why_group;     -- likewise
CREATE ROLE regress_sp71_why_town;      -- reads the town
CREATE ROLE regress_sp71_why_city;      -- reads the city
CREATE ROLE regress_sp71_why_clerk;     -- books
CREATE ROLE regress_sp71_why_audit;     -- reads everything
CREATE ROLE regress_sp71_why_nobody;
GRANT USAGE ON SCHEMA why_test TO PUBLIC;
GRANT EXECUTE ON FUNCTION steering.set_cap TO regress_sp71_why_steers, regress_sp71_why_group;
GRANT SELECT ON steering.cap TO regress_sp71_why_audit;

INSERT INTO steering.participant (code, parent, name, during, reader) VALUES
	('why.region', NULL, 'Region', '(,)', NULL), ('why.town', 'why.region', 'Town', '[2026-01-01,2027-01-01)', 'regress_sp71_why_town'),
	('why.city', 'why.region', 'City', '(,)', 'regress_sp71_why_city');
INSERT INTO steering.service (code, parent, name, unit, require_cap, during) VALUES
	('why.ict', NULL, 'ICT', 'piece', false, '(,)'), ('why.ict.phone', 'why.ict', 'Phone', 'piece', false, '[2026-02-01,2026-12-01)'),
	('why.law', NULL, 'Law', 'hour', true, '(,)');
CREATE TABLE line (product text, town text, day date, net numeric, pieces numeric);
CREATE TABLE ordered (LIKE line);
GRANT INSERT (product, town, day, net, pieces) ON line TO regress_sp71_why_clerk;
SELECT steering.attach('line', 'product', 'town', 'day', 'net', 'pieces') > 0 AND
	steering.attach('ordered', 'product', 'town', 'day', 'net', 'pieces', stage => 'commitment') > 0 AS attached;
SELECT steering.set_cap(service, participant, metric, during, amount, ladder) AS cap
FROM (VALUES ('why.ict', 'why.region', 'budget', '2026', 1000, '50% notify, 80% warn, 100% block'), ('why.ict', 'why.region', 'volume', '2026', 10, NULL),
	('why.ict.phone', 'why.town', 'budget', '2026', 600, NULL), ('why.ict', 'why.town', 'budget', '[2026-01-01,2026-06-16)', 700, '100% warn'))
	AS cap (service, participant, metric, during, amount, ladder);
INSERT INTO line VALUES ('why.ict.phone', 'why.town', '2026-02-01', 300, 1);
INSERT INTO ordered VALUES ('why.ict.phone', 'why.town', '2026-03-01', 200, 1);

-- What is told, but for roles that others may have granted set_cap() to.
CREATE FUNCTION why(service text, participant text, booked_on date, amount numeric, volume numeric DEFAULT 0)
RETURNS TABLE (reason text, sqlstate text, cap integer, service text, participant text, metric text, blocks_at numeric, stored numeric, unwritten numeric,
	own numeric, commitments numeric, after numeric, missing numeric, verdict text)
BEGIN ATOMIC
	SELECT reason, sqlstate, cap_id, service, participant, metric, trim_scale(blocks_at), trim_scale(stored), trim_scale(unwritten), trim_scale(own),
		trim_scale(commitments), trim_scale(after), trim_scale(missing), verdict
	FROM steering.why_refused($1, $2, $3, $4, $5);
END;
CREATE FUNCTION told(service text, participant text, booked_on date, amount numeric, volume numeric DEFAULT 0) RETURNS TABLE (reason text, cap integer, explanation text)
BEGIN ATOMIC
	SELECT reason, cap_id, explanation FROM steering.why_refused($1, $2, $3, $4, $5);
END;

-- A booking that two caps refuse: one above, and one of which most is committed. Exactly equal passes.
SELECT * FROM why('why.ict.phone', 'why.town', '2026-03-01', 600);
SELECT * FROM told('why.ict.phone', 'why.town', '2026-03-01', 600);
SELECT cap_id, valid_from, valid_to, amount, stripes, held, held_by, raised_by FROM steering.why_refused('why.ict.phone', 'why.town', '2026-03-01', 600);
SELECT reason, sqlstate, cap, after, missing, verdict FROM why('why.ict.phone', 'why.town', '2026-07-01', 100, 8);
SELECT reason, sqlstate, cap, after, missing, verdict FROM why('why.ict.phone', 'why.town', '2026-07-01', 100.0001, 8.0001);
-- What lowers usage passes, and so does nothing.
SELECT reason, sqlstate, cap, after, missing, verdict FROM why('why.ict.phone', 'why.town', '2026-07-01', -1000, -100);
SELECT * FROM told('why.ict.phone', 'why.town', '2026-07-01', 0);
-- What fits no amount does not, whatever the ladder says.
SELECT reason, sqlstate, cap, after, missing, verdict FROM why('why.ict.phone', 'why.town', '2026-03-01', 922337203685477, 3);
SELECT * FROM told('why.ict.phone', 'why.town', '2026-03-01', 922337203685477) WHERE cap = 8104;
-- It is what a statement is told.
INSERT INTO line VALUES ('why.ict.phone', 'why.town', '2026-03-01', 600, 0);

-- Earlier statements of the same transaction count, written or not, until they are taken back.
BEGIN;
INSERT INTO line VALUES ('why.ict.phone', 'why.town', '2026-03-02', 30, 0);
SAVEPOINT a;
INSERT INTO line VALUES ('why.ict.phone', 'why.town', '2026-03-02', 50, 0);
SELECT * FROM why('why.ict.phone', 'why.town', '2026-03-01', 20.01) WHERE metric = 'budget';
SELECT * FROM told('why.ict.phone', 'why.town', '2026-03-01', 20.01) WHERE cap = 8103;
SELECT cap_id, stripe, trim_scale(used) AS used, floor, ceiling, room, depth, held, held_by = pg_backend_pid() AS mine, prepared
FROM steering.cap_stripe WHERE cap_id > 8100 ORDER BY cap_id, stripe;
ROLLBACK TO a;
SELECT * FROM why('why.ict.phone', 'why.town', '2026-03-01', 20.01) WHERE cap = 8103;
ROLLBACK;
SELECT * FROM why('why.ict.phone', 'why.town', '2026-03-01', 100.01) WHERE cap = 8103;

-- What is no booking, each thing by itself; caps are told where there can be any.
SELECT * FROM told('why.tci', 'why.village', 'infinity', 1);
SELECT * FROM told('why.ict', 'why.village', '2026-03-01', 1);
SELECT * FROM told('why.ict.phone', 'why.town', '2027-01-01', 1);
SELECT reason, sqlstate, cap, service, participant, after, verdict FROM why('why.ict.phone', 'why.town', '2026-01-31', 1);
SELECT * FROM told('why.ict', 'why.city', '2027-01-01', 1);
-- A cap that is required and missing: only where something is spent.
SELECT * FROM why('why.law', 'why.town', '2026-03-01', 1);
SELECT * FROM told('why.law', 'why.town', '2026-03-01', 1);
SELECT * FROM told('why.law', 'why.town', '2026-03-01', 0, 5);
-- A closed period.
BEGIN;
SELECT count(*) AS closed FROM steering.close_period('2026-02');
SELECT reason, sqlstate, cap, service, participant, verdict FROM why('why.ict.phone', 'why.town', '2026-02-01', 1);
SELECT regexp_replace(explanation, 'Closing \d+ closed it at [^.]*', 'Closing N closed it') FROM told('why.ict.phone', 'why.town', '2026-02-01', 1) WHERE reason = 'closed_period';
ROLLBACK;
-- Months that a cap holds in part may have commitments that are not its own.
BEGIN;
INSERT INTO ordered VALUES ('why.ict', 'why.town', '2026-06-20', 5, 0);
SELECT cap, stored, commitments, reason FROM why('why.ict', 'why.town', '2026-06-01', 1);
ROLLBACK;

-- What is stored and wrong is told where it is seen; so is a ladder that never blocks, and one that does already.
BEGIN;
UPDATE steering.cap_counter SET used = '520' WHERE cap_id = 8103;
SELECT reason, cap, stored, verdict FROM why('why.ict.phone', 'why.town', '2026-03-01', 1);
SELECT * FROM told('why.ict.phone', 'why.town', '2026-03-01', 1) WHERE cap = 8103;
ROLLBACK;
BEGIN;
SELECT steering.set_cap('why.ict', 'why.region', 'budget', '2026', 100, accept_overrun => true) AS cap;
SELECT reason, sqlstate, cap, after, missing, verdict FROM why('why.ict', 'why.city', '2026-03-01', 1);
SELECT reason, sqlstate, cap, after, missing, verdict FROM why('why.ict', 'why.city', '2026-03-01', -1);
ROLLBACK;

-- What is missing is refused as everywhere; what is no amount, too.
SELECT * FROM steering.why_refused(NULL, 'why.town', '2026-03-01', 1);
SELECT * FROM steering.why_refused('why.ict', 'why.town', NULL, 1);
SELECT * FROM steering.why_refused('why.ict', 'why.town', '2026-03-01', 1, NULL);
SELECT * FROM steering.why_refused('why.ict', 'why.town', '2026-03-01', 'NaN');
SELECT * FROM steering.why_refused('why.ict', 'why.town', '2026-03-01', 1e15);

-- Who reads the town is told its caps; that others apply, and not what they say; of the city nothing at all.
SET ROLE regress_sp71_why_town;
SELECT * FROM why('why.ict.phone', 'why.town', '2026-03-01', 600, 100);
SELECT * FROM told('why.ict.phone', 'why.town', '2026-03-01', 600) WHERE cap = 8101;
SELECT cap_id, valid_from, valid_to, amount, stripes, held, held_by, raised_by FROM steering.why_refused('why.ict.phone', 'why.town', '2026-03-01', 600);
SELECT * FROM told('why.ict', 'why.city', '2026-03-01', 600);
SELECT * FROM told('why.ict', 'why.city', '2028-03-01', 600);
TABLE steering.cap_stripe;
-- A clerk who books is told what a refusal tells: which caps apply.
SET ROLE regress_sp71_why_clerk;
SELECT * FROM why('why.ict', 'why.city', '2026-03-01', 600);
SELECT * FROM told('why.ict', 'why.city', '2028-03-01', 600);
TABLE steering.cap_stripe;
-- Who neither reads nor books is told of registers and periods, as by check_booking(), and not whether there are caps.
SET ROLE regress_sp71_why_nobody;
SELECT * FROM told('why.ict', 'why.city', '2026-03-01', 600);
SELECT * FROM told('why.law', 'why.city', '2028-03-01', 600);
TABLE steering.cap_stripe;
SELECT * FROM steering.cap_stripe_scan();
SELECT * FROM steering.cap_part('{8101}');
SELECT steering.may_book(0);
SELECT steering.cap_raisers();
-- Who reads everything sees it, and whoever asks, nothing is written.
SET ROLE regress_sp71_why_audit;
BEGIN READ ONLY ISOLATION LEVEL SERIALIZABLE;
SELECT reason, cap, stored, missing, verdict FROM why('why.ict.phone', 'why.town', '2026-03-01', 600);
SELECT raised_by FROM steering.why_refused('why.ict.phone', 'why.town', '2026-03-01', 600) WHERE cap_id = 8101;
SELECT count(*) > 3 AS all_of_them FROM steering.cap_stripe WHERE cap_id > 8100;
SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IS NOT NULL;
COMMIT;
RESET ROLE;
SELECT net FROM line;
SELECT * FROM steering.verify();

-- Settings and names of the caller change nothing.
BEGIN;
CREATE FUNCTION sum(numeric) RETURNS numeric LANGUAGE sql AS $$SELECT 0.0$$;
CREATE FUNCTION concat(text, text) RETURNS text LANGUAGE sql AS $$SELECT 'mine'$$;
SET LOCAL search_path = why_test, pg_temp, pg_catalog;
SET LOCAL datestyle = 'SQL, DMY';
SELECT reason, cap_id, stored, commitments, missing, explanation FROM steering.why_refused('why.ict.phone', 'why.town', '2026-03-01', 600) WHERE cap_id = 8103;
ROLLBACK;

REVOKE ALL ON FUNCTION steering.set_cap FROM regress_sp71_why_steers, regress_sp71_why_group;
REVOKE ALL ON steering.cap FROM regress_sp71_why_audit;
SELECT count(steering.drop_cap(cap)) FROM generate_series(8101, 8104) AS cap;
DROP SCHEMA why_test CASCADE;
DELETE FROM steering.service WHERE code ^@ 'why.';
DELETE FROM steering.participant WHERE code ^@ 'why.';
DROP ROLE regress_sp71_why_steers, regress_sp71_why_group, regress_sp71_why_town, regress_sp71_why_city, regress_sp71_why_clerk, regress_sp71_why_audit,
	regress_sp71_why_nobody;
