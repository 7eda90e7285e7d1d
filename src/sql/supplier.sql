-- The supplier's health: reserve, risks, and what a period brings. The supplier is the organisation that
-- delivers; all of this is about the organisation as a whole, so it is for nobody who was not granted it.

CREATE TABLE steering.reserve (
	movement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT reserve_pkey PRIMARY KEY,
	booked_on date NOT NULL CONSTRAINT reserve_booked_on_finite CHECK (isfinite(booked_on)),
	amount steering.amount NOT NULL
		CONSTRAINT reserve_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	reason text NOT NULL CONSTRAINT reserve_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.reserve FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.reserve', '');
SELECT pg_catalog.pg_extension_config_dump('steering.reserve_movement_id_seq', '');
COMMENT ON TABLE steering.reserve IS 'movements of the supplier''s reserve, written by book_reserve() alone; rows are only added, and their sum is the reserve';
COMMENT ON COLUMN steering.reserve.movement_id IS 'number of the movement';
COMMENT ON COLUMN steering.reserve.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.reserve.amount IS 'money: positive is added, negative is taken out';
COMMENT ON COLUMN steering.reserve.reason IS 'why';
COMMENT ON COLUMN steering.reserve.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.reserve.role_name IS 'who had logged in';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.reserve
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE FUNCTION steering.book_reserve(booked_on date, amount numeric, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(daterange(book_reserve.booked_on, book_reserve.booked_on, '[]'))
WHERE book_reserve.booked_on IS NOT NULL;
SELECT steering.require_that(isfinite(book_reserve.booked_on) IS NOT FALSE, '23514', format('booked_on must be a day: %s', book_reserve.booked_on)),
	steering.require_that((book_reserve.amount::steering.amount OPERATOR(steering.<>) 0::steering.amount) IS NOT FALSE, '23514',
		'amount must not be zero'),
	steering.require_that((book_reserve.reason ~ '[^[:space:]]') IS NOT FALSE, '23514', 'reason must not be empty');
INSERT INTO steering.reserve (booked_on, amount, reason)
VALUES (book_reserve.booked_on, book_reserve.amount::steering.amount, book_reserve.reason)
RETURNING movement_id;
END;
REVOKE ALL ON FUNCTION steering.book_reserve(date, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.book_reserve(date, numeric, text) IS
'adds an amount of money to the supplier''s reserve, or takes it out (negative), from a day on; returns the number of the movement. A wrong one is undone by its opposite. Errors: 23502 null, 23514 amount zero, reason empty or day infinite, 55000 the day is in a closed period, 22003 no amount';

CREATE TABLE steering.risk (
	risk_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT risk_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT risk_code_key UNIQUE CONSTRAINT risk_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	probability numeric NOT NULL CONSTRAINT risk_probability_in_range CHECK (probability BETWEEN 0 AND 1),
	low steering.amount NOT NULL,
	likely steering.amount NOT NULL,
	high steering.amount NOT NULL,
	during daterange NOT NULL CONSTRAINT risk_during_not_empty CHECK (NOT isempty(during)),
	CONSTRAINT risk_amounts_in_order CHECK (0::steering.amount OPERATOR(steering.<=) low
		AND low OPERATOR(steering.<=) likely AND likely OPERATOR(steering.<=) high)
);
REVOKE ALL ON steering.risk FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.risk', '');
SELECT pg_catalog.pg_extension_config_dump('steering.risk_risk_id_seq', '');
COMMENT ON TABLE steering.risk IS 'what may cost the supplier money, each by itself; written by set_risk() and drop_risk() alone';
COMMENT ON COLUMN steering.risk.risk_id IS 'number of the risk';
COMMENT ON COLUMN steering.risk.code IS 'what people call the risk by; it never changes';
COMMENT ON COLUMN steering.risk.name IS 'name for people';
COMMENT ON COLUMN steering.risk.probability IS 'how probable it is that it occurs: 0 to 1';
COMMENT ON COLUMN steering.risk.low IS 'the least that it then costs';
COMMENT ON COLUMN steering.risk.likely IS 'what it then most likely costs';
COMMENT ON COLUMN steering.risk.high IS 'the most that it then costs';
COMMENT ON COLUMN steering.risk.during IS 'the days on which there is this risk';

CREATE FUNCTION steering.set_risk(code text, name text, probability numeric, low numeric, likely numeric, high numeric,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_that((set_risk.probability BETWEEN 0 AND 1) IS NOT FALSE, '23514',
		format('probability must be between 0 and 1: %s', set_risk.probability), 'Write 50 percent as 0.50.'),
	steering.require_that((0::steering.amount OPERATOR(steering.<=) set_risk.low::steering.amount
			AND set_risk.low::steering.amount OPERATOR(steering.<=) set_risk.likely::steering.amount
			AND set_risk.likely::steering.amount OPERATOR(steering.<=) set_risk.high::steering.amount) IS NOT FALSE, '23514',
		format('low, likely and high must not be negative, and in this order: %s, %s, %s', set_risk.low, set_risk.likely, set_risk.high));
INSERT INTO steering.risk (code, name, probability, low, likely, high, during)
VALUES (set_risk.code, set_risk.name, set_risk.probability, set_risk.low::steering.amount,
	set_risk.likely::steering.amount, set_risk.high::steering.amount, set_risk.during::daterange)
ON CONFLICT ON CONSTRAINT risk_code_key DO UPDATE
	SET name = excluded.name, probability = excluded.probability, low = excluded.low, likely = excluded.likely,
		high = excluded.high, during = excluded.during
RETURNING risk_id;
END;
REVOKE ALL ON FUNCTION steering.set_risk(text, text, numeric, numeric, numeric, numeric, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_risk(text, text, numeric, numeric, numeric, numeric, steering.day_range) IS
'adds a risk to the register, or changes the one with this code; returns its number. It occurs with this probability (0 to 1), and then costs at least low, most likely likely, and at most high. Errors: 23502 null, 23514 probability outside 0 to 1, amounts negative or out of order, empty range, 22003 no amount';

CREATE FUNCTION steering.drop_risk(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.risk WHERE risk.code = drop_risk.code RETURNING risk_id
)
SELECT steering.require_found(count(*), concat('risk "', drop_risk.code, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_risk(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_risk(text) IS 'removes a risk from the register. Error: 42704 there is none with this code';

CREATE FUNCTION steering.resilience(as_of date DEFAULT NULL, certainty numeric DEFAULT 0.9,
	draws integer DEFAULT 100000, seed bigint DEFAULT 1)
RETURNS TABLE (available numeric, risks integer, required numeric, ratio numeric, class text,
	mean numeric, median numeric, highest numeric, covered_percent numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH asked AS (
	SELECT coalesce(resilience.as_of, CURRENT_DATE) AS day
), reserve AS (
	SELECT coalesce(sum(reserve.amount::numeric), 0) AS available
	FROM asked JOIN steering.reserve ON reserve.booked_on <= asked.day
), risk AS (
	SELECT count(*)::integer AS risks,
		coalesce(array_agg(risk.probability::double precision ORDER BY risk.risk_id), '{}') AS probability,
		coalesce(array_agg(risk.low::numeric ORDER BY risk.risk_id), '{}') AS low,
		coalesce(array_agg(risk.likely::numeric ORDER BY risk.risk_id), '{}') AS likely,
		coalesce(array_agg(risk.high::numeric ORDER BY risk.risk_id), '{}') AS high
	FROM asked JOIN steering.risk ON risk.during @> asked.day
)
SELECT reserve.available, risk.risks, drawn.required,
	round(reserve.available / nullif(drawn.required, 0), 2),
	CASE WHEN drawn.required = 0 THEN NULL
		WHEN reserve.available > 2.0 * drawn.required THEN 'A'
		WHEN reserve.available >= 1.4 * drawn.required THEN 'B'
		WHEN reserve.available >= 1.0 * drawn.required THEN 'C'
		WHEN reserve.available >= 0.8 * drawn.required THEN 'D'
		WHEN reserve.available >= 0.6 * drawn.required THEN 'E'
		ELSE 'F' END,
	drawn.mean, drawn.median, drawn.highest, 100 * drawn.covered
FROM reserve
CROSS JOIN risk
CROSS JOIN LATERAL steering.simulate_risk(risk.probability, risk.low, risk.likely, risk.high,
	resilience.certainty::double precision, resilience.draws, resilience.seed, reserve.available) AS drawn;
END;
REVOKE ALL ON FUNCTION steering.resilience(date, numeric, integer, bigint) FROM PUBLIC;
COMMENT ON FUNCTION steering.resilience(date, numeric, integer, bigint) IS
'whether the supplier''s reserve on a day (null: today) bears the risks of that day: the reserve (available), how many risks, the capacity that covers them in this part (certainty) of all draws (required, see simulate_risk()), ratio: available over required (in Dutch weerstandsratio; null: nothing is required), and its class in the norm table of the Nederlands Adviesbureau voor Risicomanagement and the University of Twente, which Dutch municipalities use: A above 2.0 excellent, B from 1.4 more than sufficient, C from 1.0 sufficient, D from 0.8 moderate, E from 0.6 insufficient, F quite insufficient; mean, median and highest of the draws, and the percentage of them that the reserve covers. The same seed gives the same answer. Errors: those of simulate_risk()';
