-- Contender "triggers" of the scenario "join": statement triggers in PL/pgSQL on lines and headers, as people write
-- them who know all that goes wrong. What they do not follow: lines that move to another header, headers whose date or
-- municipality changes, TRUNCATE.

\ir counters.sql

-- The functions differ in the rows that they read.
SELECT format($function$
CREATE FUNCTION bench.book_%1$s() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
	exceeded_cap integer;
BEGIN
	%3$s
	WITH booked AS MATERIALIZED (
		SELECT service_id, participant_id, invoice_date, sum(amount) AS amount
		FROM (%2$s) AS line (product_code, municipality, invoice_date, amount)
		JOIN bench.service ON service.code = product_code
		JOIN bench.participant ON participant.code = municipality
		GROUP BY service_id, participant_id, invoice_date
	), charge AS MATERIALIZED (
		SELECT cap.cap_id, cap.blocks_at, sum(booked.amount) AS amount
		FROM booked
		JOIN bench.service_above USING (service_id)
		JOIN bench.participant_above USING (participant_id)
		JOIN bench.cap ON cap.service_id = service_above.above_id
			AND cap.participant_id = participant_above.above_id AND booked.invoice_date <@ cap.during
		GROUP BY cap.cap_id
	), counted AS (
		INSERT INTO bench.cap_counter AS counter
		SELECT cap_id, amount FROM charge ORDER BY cap_id
		ON CONFLICT (cap_id) DO UPDATE SET used = counter.used + excluded.used
		RETURNING cap_id, used
	)
	SELECT (SELECT min(cap_id) FROM counted JOIN charge USING (cap_id) WHERE used > blocks_at AND amount > 0)
	INTO exceeded_cap;
	IF exceeded_cap IS NOT NULL THEN
		RAISE EXCEPTION 'cap %% is exceeded', exceeded_cap;
	END IF;
	RETURN NULL;
END
$$
$function$, event, lines, locks)
FROM (VALUES
	('line_insert',
		'SELECT product_code, header.municipality, header.invoice_date, net_amount
		 FROM added JOIN finance.header ON header.id = header_id WHERE header.status = ''approved''',
		'PERFORM FROM finance.header WHERE id IN (SELECT header_id FROM added) ORDER BY id FOR NO KEY UPDATE;'),
	('line_delete',
		'SELECT product_code, header.municipality, header.invoice_date, -net_amount
		 FROM removed JOIN finance.header ON header.id = header_id WHERE header.status = ''approved''',
		'PERFORM FROM finance.header WHERE id IN (SELECT header_id FROM removed) ORDER BY id FOR NO KEY UPDATE;'),
	('header_update',
		'SELECT product_code, added.municipality, added.invoice_date,
			CASE added.status WHEN ''approved'' THEN net_amount ELSE -net_amount END
		 FROM added JOIN removed USING (id) JOIN finance.line ON line.header_id = added.id
		 WHERE (added.status = ''approved'') <> (removed.status = ''approved'')',
		'')) AS trigger (event, lines, locks)
\gexec

CREATE TRIGGER book_insert AFTER INSERT ON finance.line REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION bench.book_line_insert();
CREATE TRIGGER book_delete AFTER DELETE ON finance.line REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION bench.book_line_delete();
CREATE TRIGGER book_update AFTER UPDATE ON finance.header REFERENCING NEW TABLE AS added OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION bench.book_header_update();
CREATE TRIGGER empty AFTER TRUNCATE ON finance.line
	FOR EACH STATEMENT EXECUTE FUNCTION bench.empty_counters();

CREATE PROCEDURE bench.approve(draft integer) LANGUAGE sql
BEGIN ATOMIC
UPDATE finance.header SET status = 'approved' WHERE id = draft;
END;

CREATE OR REPLACE FUNCTION bench.is_counted_right() RETURNS boolean
LANGUAGE sql
RETURN (SELECT sum(used) FROM bench.cap_counter JOIN bench.cap USING (cap_id) WHERE service_id = 0)
	IS NOT DISTINCT FROM
	(SELECT coalesce(sum(net_amount), 0)
	 FROM finance.line JOIN finance.header ON header.id = header_id
	 WHERE header.status = 'approved');
