-- Contender "row": a row trigger that keeps counter rows, in PL/pgSQL as good as it gets. The caps of a
-- row are locked in one order, so that no two inserts deadlock.

\ir counters.sql

CREATE FUNCTION bench.charge(product_code text, municipality text, booked_on date, amount numeric) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	booked_service integer;
	booked_participant integer;
	over record;
	total numeric;
BEGIN
	SELECT service_id INTO booked_service FROM bench.service WHERE code = product_code;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown product_code %', product_code;
	END IF;
	SELECT participant_id INTO booked_participant FROM bench.participant WHERE code = municipality;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown municipality %', municipality;
	END IF;

	FOR over IN
		SELECT cap.cap_id, cap.blocks_at
		FROM bench.service_above
		JOIN bench.participant_above ON participant_above.participant_id = booked_participant
		JOIN bench.cap ON cap.service_id = service_above.above_id
			AND cap.participant_id = participant_above.above_id AND booked_on <@ cap.during
		WHERE service_above.service_id = booked_service
		ORDER BY cap.cap_id
	LOOP
		UPDATE bench.cap_counter SET used = used + amount WHERE cap_id = over.cap_id RETURNING used INTO total;
		IF amount > 0 AND total > over.blocks_at THEN
			RAISE EXCEPTION 'cap % of % is exceeded: %', over.cap_id, over.blocks_at, total;
		END IF;
	END LOOP;
END
$$;

CREATE FUNCTION bench.book_row() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		PERFORM bench.charge(NEW.product_code, NEW.municipality, NEW.invoice_date, NEW.net_amount);
	ELSIF TG_OP = 'DELETE' THEN
		PERFORM bench.charge(OLD.product_code, OLD.municipality, OLD.invoice_date, -OLD.net_amount);
	ELSIF (OLD.product_code, OLD.municipality, OLD.invoice_date) = (NEW.product_code, NEW.municipality, NEW.invoice_date) THEN
		PERFORM bench.charge(NEW.product_code, NEW.municipality, NEW.invoice_date, NEW.net_amount - OLD.net_amount);
	ELSE
		PERFORM bench.charge(OLD.product_code, OLD.municipality, OLD.invoice_date, -OLD.net_amount);
		PERFORM bench.charge(NEW.product_code, NEW.municipality, NEW.invoice_date, NEW.net_amount);
	END IF;
	RETURN NULL;
END
$$;

CREATE TRIGGER book AFTER INSERT OR UPDATE OR DELETE ON finance.invoice_line
	FOR EACH ROW EXECUTE FUNCTION bench.book_row();
