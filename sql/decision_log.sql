--
-- The log of decisions: a chain of hashes that shows what was changed, removed, inserted or cut off.
--
\set SHOW_CONTEXT never
-- The recipe, by a vector that was computed elsewhere.
SELECT encode(steering.chain_hash(decode(repeat('0', 64), 'hex'), ARRAY['1', 'set_cap', '{"cap":1}']), 'hex') AS first,
	encode(steering.chain_hash(steering.chain_hash(decode(repeat('0', 64), 'hex'), ARRAY['1', 'set_cap', '{"cap":1}']),
		ARRAY['2', 'drop_cap', '{"cap":1}']), 'hex') AS second;
-- Fields do not run into each other, and null is not empty.
SELECT steering.chain_hash('', ARRAY['a', 'bc']) <> steering.chain_hash('', ARRAY['ab', 'c']) AS of_lengths,
	steering.chain_hash('', ARRAY['a', NULL]) <> steering.chain_hash('', ARRAY['a', '']) AS of_nulls,
	steering.chain_hash('', ARRAY['a', NULL]) <> steering.chain_hash('', ARRAY['a']) AS of_numbers;

DELETE FROM steering.decision_log;
DELETE FROM steering.decision_record;
SELECT steering.log_head() AS empty;
INSERT INTO steering.participant (code, name) VALUES ('lg', 'Town');
INSERT INTO steering.service (code, name) VALUES ('lg', 'ICT');
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate') > 0 AS ruled;
SELECT count(steering.set_cap('lg', 'lg', 'budget', '2026', amount)) FROM generate_series(1, 4) AS amount;
-- What is taken back is not there, and what is done in a savepoint is there once.
BEGIN;
SELECT steering.set_cap('lg', 'lg', 'budget', '2026', 5) > 0 AS set;
SAVEPOINT s;
SELECT steering.set_cap('lg', 'lg', 'budget', '2026', 6) > 0 AS set;
ROLLBACK TO s;
COMMIT;
SELECT position, act, trim_scale(amount) AS amount, in_mandate, octet_length(hash) AS bytes FROM steering.decision_log ORDER BY position;
SELECT * FROM steering.verify_log();
SELECT position, recipe, jsonb_object_keys(details::jsonb) AS detail FROM steering.decision_log WHERE position = 1 ORDER BY detail;
SELECT steering.log_head() AS head \gset
SELECT :'head' ~ '^6:[0-9a-f]{64}$' AS is_head;
SELECT * FROM steering.verify_log(:'head');
SELECT * FROM steering.verify_log('6');
-- Later rows do not matter to a head that was printed before.
SELECT steering.set_cap('lg', 'lg', 'budget', '2026', 7) > 0 AS set;
SELECT * FROM steering.verify_log(:'head');

CREATE FUNCTION pg_temp.tampered(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	EXECUTE statement;
	SELECT concat_ws(': ', log_position, problem) INTO found FROM steering.verify_log((SELECT head FROM printed));
	RAISE EXCEPTION USING ERRCODE = 'P7171', MESSAGE = coalesce(regexp_replace(found, 'decision [0-9]+', 'decision N'), 'nothing');
EXCEPTION WHEN SQLSTATE 'P7171' THEN
	RETURN SQLERRM;
END $$;
CREATE TEMPORARY TABLE printed AS SELECT steering.log_head() AS head;
SELECT what, pg_temp.tampered(statement) FROM (VALUES
	('a byte', 'UPDATE steering.decision_log SET reason = ''x'' WHERE position = 1'),
	('an amount', 'UPDATE steering.decision_log SET amount = amount + 0.0001 WHERE position = 3'),
	('a signature', 'UPDATE steering.decision_log SET signatures = ''[{}]'' WHERE position = 4'),
	('the first row', 'DELETE FROM steering.decision_log WHERE position = 1'),
	('a row', 'DELETE FROM steering.decision_log WHERE position = 3'),
	('the last row', 'DELETE FROM steering.decision_log WHERE position = 7'),
	('all rows', 'DELETE FROM steering.decision_log'),
	('two rows', 'UPDATE steering.decision_log SET position = CASE position WHEN 2 THEN -3 ELSE -2 END WHERE position IN (2, 3);
		UPDATE steering.decision_log SET position = - position WHERE position < 0'),
	('a hash made anew', 'UPDATE steering.decision_log AS line SET reason = ''x'' WHERE position = 5;
		UPDATE steering.decision_log AS line SET hash = steering.log_hash(line) WHERE position = 5'),
	('the last one made anew', 'UPDATE steering.decision_log AS line SET reason = ''x'' WHERE position = 7;
		UPDATE steering.decision_log AS line SET hash = steering.log_hash(line) WHERE position = 7'),
	('amount of a decision', 'UPDATE steering.decision_record SET amount = 9, reason = ''x'' WHERE decision_id = (SELECT decision_id FROM steering.decision_log WHERE position = 2)'),
	('body and day of a decision', 'UPDATE steering.decision_record SET body = ''x'', executed_on = executed_on - 400 WHERE decision_id = (SELECT decision_id FROM steering.decision_log WHERE position = 2)'),
	('state of a decision', 'UPDATE steering.decision_record SET state = ''open'', decided_at = NULL, executed_at = NULL, executed_on = NULL, executed_by = NULL WHERE decision_id = (SELECT decision_id FROM steering.decision_log WHERE position = 4)'),
	('a decision that is gone', 'DELETE FROM steering.decision_record WHERE decision_id = (SELECT decision_id FROM steering.decision_log WHERE position = 3)'),
	('a signature that came', 'INSERT INTO steering.signature_record (decision_id, round, functionary, signed_for, choice, fingerprint) SELECT decision_id, 1, ''x'', ''x'', ''approve'', '''' FROM steering.decision_log WHERE position = 5'),
	('another amount asked', 'UPDATE steering.decision_question SET amount = 0 WHERE decision_id = (SELECT decision_id FROM steering.decision_log WHERE position = 6)'),
	('a decision beside the log', 'ALTER TABLE steering.decision_record DISABLE TRIGGER append_decision;
		INSERT INTO steering.decision_record (act, arguments, state, decided_at, executed_at, executed_on, executed_by) VALUES (''set_cap'', ''{}'', ''executed'', now(), ''infinity'', current_date, ''x'');
		ALTER TABLE steering.decision_record ENABLE TRIGGER append_decision'),
	('nothing', 'SELECT')) AS tamper (what, statement);

-- A row that 0.4 wrote is verified by its recipe, which knew less.
UPDATE steering.decision_log AS line SET recipe = 1, details = NULL WHERE position = 7;
UPDATE steering.decision_log AS line SET hash = steering.log_hash(line) WHERE position = 7;
SELECT * FROM steering.verify_log();
UPDATE printed SET head = steering.log_head();
SELECT what, pg_temp.tampered(statement) FROM (VALUES
	('what it knew', 'UPDATE steering.decision_record SET amount = 9 WHERE decision_id = (SELECT decision_id FROM steering.decision_log WHERE position = 7)'),
	('what it did not', 'UPDATE steering.decision_record SET executed_on = executed_on - 400 WHERE decision_id = (SELECT decision_id FROM steering.decision_log WHERE position = 7)'),
	('a recipe that is not there', 'UPDATE steering.decision_log AS line SET recipe = 3 WHERE position = 7')) AS tamper (what, statement);

DELETE FROM steering.rule;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service = 'lg';
DELETE FROM steering.service WHERE code = 'lg';
DELETE FROM steering.participant WHERE code = 'lg';
