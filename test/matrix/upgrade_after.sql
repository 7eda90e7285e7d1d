-- What must hold after pg_upgrade; each line of the result is one check. The last line counts them.
\set VERBOSITY terse
CREATE TEMPORARY TABLE checked (what text, holds boolean);
INSERT INTO checked SELECT 'caps are as they were', NOT EXISTS (
	(TABLE status_before EXCEPT TABLE steering.cap_status) UNION ALL (TABLE steering.cap_status EXCEPT TABLE status_before));
INSERT INTO checked SELECT 'usage is as it was', NOT EXISTS (
	(TABLE usage_before EXCEPT TABLE steering.usage_by_month) UNION ALL (TABLE steering.usage_by_month EXCEPT TABLE usage_before));
INSERT INTO checked SELECT 'there was usage', count(*) > 10 FROM usage_before;
INSERT INTO checked SELECT 'verify() finds no difference', count(*) = 0 FROM steering.verify();
INSERT INTO checked SELECT 'health() tells of mappings and queries that are looked up by their text, and of nothing else', count(*) > 0 AND bool_and(problem IN ('mapping not fixed', 'mapping changed', 'query not fixed'))
	FROM steering.health() WHERE problem <> 'bookings outside caps';
INSERT INTO checked SELECT 'each mapping and query can be fixed', steering.fix_mappings() = 0;
INSERT INTO checked SELECT 'health() has no complaint, but of bookings in years without caps', count(*) = 0 FROM steering.health()
	WHERE problem <> 'bookings outside caps';
INSERT INTO line VALUES ('ict', 'town', '2026-02-01', 1, 1);
INSERT INTO checked SELECT 'a booking counts', s.used = b.used + 1
	FROM steering.cap_status s JOIN status_before b USING (cap_id) WHERE s.metric = 'budget';
\set ON_ERROR_STOP off
INSERT INTO line VALUES ('ict.phone', 'town', '2026-02-01', 100000, 1);
\set ON_ERROR_STOP on
INSERT INTO checked VALUES ('one too much is refused', :'LAST_ERROR_SQLSTATE' = '23S71');
\set ON_ERROR_STOP off
UPDATE document SET state = 'posted';
\set ON_ERROR_STOP on
INSERT INTO checked VALUES ('so is what a document brings by a query', :'LAST_ERROR_SQLSTATE' = '23S71');
UPDATE account SET town = CASE id WHEN 1 THEN 'village' ELSE 'town' END;
INSERT INTO checked SELECT 'both places of an account are followed', string_agg(concat_ws(' ', id, service, participant), ', ' ORDER BY id) =
	'1 ict town, 2 ict.phone village' FROM entry_booking;
DELETE FROM line WHERE town = 'village' AND day < '2026-02-01';
INSERT INTO checked SELECT 'verify() still finds none', count(*) = 0 FROM steering.verify();
TABLE checked;
\pset tuples_only on
\pset format unaligned
SELECT format('%s passed, %s failed', count(*) FILTER (WHERE holds), count(*) FILTER (WHERE holds IS NOT TRUE)) FROM checked;
