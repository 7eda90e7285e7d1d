-- Contender "statement": statement triggers with transition tables that keep counter rows, in PL/pgSQL
-- as good as it gets: one pass over the rows, one INSERT ... ON CONFLICT in the order of the caps.

\ir counters.sql

-- The three functions differ in the rows that they read.
SELECT format($function$
CREATE FUNCTION bench.book_%1$s() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
	unknown_lines bigint;
	exceeded_cap integer;
BEGIN
	WITH booked AS MATERIALIZED (
		SELECT service_id, participant_id, invoice_date, sum(amount) AS amount, count(*) AS lines
		FROM (%2$s) AS line (product_code, municipality, invoice_date, amount)
		LEFT JOIN bench.service ON service.code = product_code
		LEFT JOIN bench.participant ON participant.code = municipality
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
	SELECT (SELECT sum(lines) FROM booked WHERE service_id IS NULL OR participant_id IS NULL),
		(SELECT min(cap_id) FROM counted JOIN charge USING (cap_id) WHERE used > blocks_at AND amount > 0)
	INTO unknown_lines, exceeded_cap;
	IF unknown_lines > 0 THEN
		RAISE EXCEPTION '%% lines have an unknown product_code or municipality', unknown_lines;
	ELSIF exceeded_cap IS NOT NULL THEN
		RAISE EXCEPTION 'cap %% is exceeded', exceeded_cap;
	END IF;
	RETURN NULL;
END
$$
$function$, event, lines)
FROM (VALUES
	('insert', 'SELECT product_code, municipality, invoice_date, net_amount FROM added'),
	('delete', 'SELECT product_code, municipality, invoice_date, -net_amount FROM removed'),
	('update', 'SELECT product_code, municipality, invoice_date, net_amount FROM added
		UNION ALL
		SELECT product_code, municipality, invoice_date, -net_amount FROM removed')) AS trigger (event, lines)
\gexec

CREATE TRIGGER book_insert AFTER INSERT ON finance.invoice_line REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION bench.book_insert();
CREATE TRIGGER book_update AFTER UPDATE ON finance.invoice_line REFERENCING NEW TABLE AS added OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION bench.book_update();
CREATE TRIGGER book_delete AFTER DELETE ON finance.invoice_line REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION bench.book_delete();
