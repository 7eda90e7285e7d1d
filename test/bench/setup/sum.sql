-- Contender "sum": what tutorials show. A row trigger locks the caps and adds up the table.

CREATE FUNCTION bench.book_row() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
	booked_service integer;
	booked_participant integer;
	over bench.cap;
	total numeric;
BEGIN
	SELECT service_id INTO booked_service FROM bench.service WHERE code = NEW.product_code;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown product_code %', NEW.product_code;
	END IF;
	SELECT participant_id INTO booked_participant FROM bench.participant WHERE code = NEW.municipality;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown municipality %', NEW.municipality;
	END IF;

	FOR over IN
		SELECT cap.*
		FROM bench.service_above
		JOIN bench.participant_above ON participant_above.participant_id = booked_participant
		JOIN bench.cap ON cap.service_id = service_above.above_id
			AND cap.participant_id = participant_above.above_id AND NEW.invoice_date <@ cap.during
		WHERE service_above.service_id = booked_service
		ORDER BY cap.cap_id
		FOR UPDATE OF cap
	LOOP
		SELECT sum(net_amount) INTO total
		FROM finance.invoice_line
		WHERE invoice_date <@ over.during
			AND product_code IN (
				SELECT code FROM bench.service JOIN bench.service_above USING (service_id)
				WHERE above_id = over.service_id)
			AND municipality IN (
				SELECT code FROM bench.participant JOIN bench.participant_above USING (participant_id)
				WHERE above_id = over.participant_id);
		IF total > over.blocks_at THEN
			RAISE EXCEPTION 'cap % of % is exceeded: %', over.cap_id, over.blocks_at, total;
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;

CREATE TRIGGER book AFTER INSERT OR UPDATE ON finance.invoice_line
	FOR EACH ROW EXECUTE FUNCTION bench.book_row();
