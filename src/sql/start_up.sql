-- start_up.sql
-- What it costs to begin with something together: advanced by participants by a key. It is repaid out of what it saves (see
-- repayment.sql), and a business case says beforehand what it is to bring (business_case.sql).

CREATE TABLE steering.start_up (
	start_up_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT start_up_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT start_up_code_key UNIQUE CONSTRAINT start_up_code_not_empty CHECK (code ~ '[^[:space:]]'),
	name text NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT start_up_amount_positive_cents
		CHECK (amount OPERATOR(steering.>) 0::steering.amount AND amount::numeric = round(amount::numeric, 2)),
	key text NOT NULL,
	advanced_on date NOT NULL CONSTRAINT start_up_advanced_on_finite CHECK (isfinite(advanced_on)),
	repayments integer NOT NULL DEFAULT 0,
	settled_in date NOT NULL
);
REVOKE ALL ON steering.start_up FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.start_up', '');
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_start_up_id_seq', '');
COMMENT ON TABLE steering.start_up IS 'what was advanced to begin with something, written by set_start_up() and drop_start_up() alone';
COMMENT ON COLUMN steering.start_up.start_up_id IS 'number of the start-up';
COMMENT ON COLUMN steering.start_up.code IS 'what people call the start-up by; it never changes';
COMMENT ON COLUMN steering.start_up.name IS 'name for people';
COMMENT ON COLUMN steering.start_up.amount IS 'what was advanced: money, in whole cents';
COMMENT ON COLUMN steering.start_up.key IS 'code of the allocation key by which it was divided then';
COMMENT ON COLUMN steering.start_up.advanced_on IS 'the day of the advance; weights are those of its month';
COMMENT ON COLUMN steering.start_up.settled_in IS 'first day of the month with which it is settled: that of the advance, or the first after it that was open when it was recorded';
COMMENT ON COLUMN steering.start_up.repayments IS 'how many there are; who adds one changes the row, so that nobody does by what was known before';

CREATE TABLE steering.start_up_share (
	start_up_id integer NOT NULL,
	participant_id integer NOT NULL,
	advance steering.amount NOT NULL,
	CONSTRAINT start_up_share_pkey PRIMARY KEY (start_up_id, participant_id)
);
REVOKE ALL ON steering.start_up_share FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_share', '');
COMMENT ON TABLE steering.start_up_share IS 'what each participant advanced, written with steering.start_up: the shares add up to its amount';
COMMENT ON COLUMN steering.start_up_share.start_up_id IS 'the start-up';
COMMENT ON COLUMN steering.start_up_share.participant_id IS 'the participant';
COMMENT ON COLUMN steering.start_up_share.advance IS 'what it advanced: money';

CREATE TABLE steering.start_up_repayment (
	repayment_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT start_up_repayment_pkey PRIMARY KEY,
	start_up_id integer NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT start_up_repayment_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	repaid_on date NOT NULL CONSTRAINT start_up_repayment_repaid_on_finite CHECK (isfinite(repaid_on)),
	reason text NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	settled_in date NOT NULL
);
REVOKE ALL ON steering.start_up_repayment FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_repayment', '');
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_repayment_repayment_id_seq', '');
COMMENT ON TABLE steering.start_up_repayment IS 'repayments of start-ups, written by repay_start_up() alone; rows are only added';
COMMENT ON COLUMN steering.start_up_repayment.repayment_id IS 'number of the repayment';
COMMENT ON COLUMN steering.start_up_repayment.start_up_id IS 'the start-up';
COMMENT ON COLUMN steering.start_up_repayment.amount IS 'what was repaid: money; negative: so much of it is taken back';
COMMENT ON COLUMN steering.start_up_repayment.repaid_on IS 'the day';
COMMENT ON COLUMN steering.start_up_repayment.reason IS 'why';
COMMENT ON COLUMN steering.start_up_repayment.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.start_up_repayment.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.start_up_repayment.settled_in IS 'first day of the month with which it is settled: that of the day, or the first after it that was open when it was recorded';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.start_up_repayment
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE TABLE steering.start_up_repayment_line (
	repayment_id integer NOT NULL,
	participant_id integer NOT NULL,
	amount steering.amount NOT NULL,
	CONSTRAINT start_up_repayment_line_pkey PRIMARY KEY (repayment_id, participant_id)
);
REVOKE ALL ON steering.start_up_repayment_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_repayment_line', '');
COMMENT ON TABLE steering.start_up_repayment_line IS 'what each participant got back, written with steering.start_up_repayment: the lines add up to its amount';
COMMENT ON COLUMN steering.start_up_repayment_line.repayment_id IS 'the repayment';
COMMENT ON COLUMN steering.start_up_repayment_line.participant_id IS 'the participant';
COMMENT ON COLUMN steering.start_up_repayment_line.amount IS 'what it got back: money';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.start_up_repayment_line
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE FUNCTION steering.question_of_start_up(was steering.start_up, becomes steering.start_up) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.start_up_id IS NULL THEN 'drop_start_up' ELSE 'set_start_up' END, NULL, NULL, becomes.amount::numeric,
	jsonb_build_object('code', line.code, 'name', line.name, 'amount', line.amount::numeric, 'key', line.key, 'advanced_on', line.advanced_on)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.start_up_id IS NOT NULL
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_start_up(steering.start_up, steering.start_up) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_start_up(steering.start_up, steering.start_up) IS 'set_start_up, drop_start_up';
-- What is counted is no act.
CREATE TRIGGER guard_act
	AFTER INSERT OR DELETE OR UPDATE OF code, name, amount, key, advanced_on ON steering.start_up
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_start_up');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.start_up FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.question_of_start_up_repayment(was steering.start_up_repayment, becomes steering.start_up_repayment)
RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'repay_start_up', NULL, NULL, abs(becomes.amount::numeric),
	jsonb_build_object('code', start_up.code, 'amount', becomes.amount::numeric, 'repaid_on', becomes.repaid_on)
FROM steering.start_up
WHERE start_up.start_up_id = becomes.start_up_id;
END;
REVOKE ALL ON FUNCTION steering.question_of_start_up_repayment(steering.start_up_repayment, steering.start_up_repayment) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_start_up_repayment(steering.start_up_repayment, steering.start_up_repayment) IS 'repay_start_up';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.start_up_repayment
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_start_up_repayment');

CREATE FUNCTION steering.start_up_weight(key text, day date) RETURNS TABLE (participant text, participant_id integer, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT participant.code, participant.participant_id, CASE WHEN weighed.weight < 0 THEN 0 ELSE weighed.weight END
FROM steering.key_weight_in(steering.month_of(start_up_weight.day),
	(steering.month_of(start_up_weight.day) + interval '1 month')::date) AS weighed
JOIN steering.participant ON participant.participant_id = weighed.participant_id
WHERE weighed.key_id = (SELECT steering.key_number(start_up_weight.key));
END;
REVOKE ALL ON FUNCTION steering.start_up_weight(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.start_up_weight(text, date) IS 'weights of participants in a key in the month of a day; null: not known';

CREATE FUNCTION steering.require_start_up(code text) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_start_up.code IS NOT NULL, 'code');
SELECT steering.require_that(EXISTS (SELECT FROM steering.start_up WHERE start_up.code = require_start_up.code), '22023',
	format('start-up "%s" is unknown', require_start_up.code), 'Set it with steering.set_start_up().');
SELECT start_up.start_up_id FROM steering.start_up WHERE start_up.code = require_start_up.code FOR UPDATE;
END;
REVOKE ALL ON FUNCTION steering.require_start_up(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_start_up(text) IS 'number of a start-up, which is locked until commit. Errors: 22004 null, 22023 unknown, 40001 concurrent change';

CREATE FUNCTION steering.require_day(day date, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_day.day IS NOT NULL, require_day.argument),
	steering.require_that(isfinite(require_day.day), '22023', format('%s must be a day: %s', require_day.argument, require_day.day)),
	steering.require_near(require_day.day, require_day.argument);
END;
REVOKE ALL ON FUNCTION steering.require_day(date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_day(date, text) IS 'Errors: 22004 null, 22023 infinite, or of no year from 1 to 9999';

CREATE FUNCTION steering.require_positive(amount numeric, argument text, decimals integer DEFAULT 4) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_positive.amount IS NOT NULL, require_positive.argument),
	steering.require_that(require_positive.amount > 0 AND require_positive.amount < 'Infinity'
			AND require_positive.amount = round(require_positive.amount, require_positive.decimals), '22023',
		format('%s must be a positive number of %s decimals at most: %s', require_positive.argument, require_positive.decimals,
			require_positive.amount));
SELECT require_positive.amount::steering.amount;
END;
REVOKE ALL ON FUNCTION steering.require_positive(numeric, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_positive(numeric, text, integer) IS 'Errors: 22004 null, 22023 not positive, NaN, infinite or finer than so many decimals, 22003 too large';

CREATE FUNCTION steering.settling_month(day date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT min(month.first_day)
FROM (SELECT steering.month_of(settling_month.day) AS first_day
	UNION ALL
	SELECT upper(closing.during) FROM steering.closing WHERE closing.reopened_at IS NULL AND upper(closing.during) > settling_month.day) AS month
WHERE NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> month.first_day);
END;
REVOKE ALL ON FUNCTION steering.settling_month(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settling_month(date) IS 'first day of the month of a day, or where that is closed of the first month after it that is open';

CREATE FUNCTION steering.require_open_month(month date) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_open(daterange(require_open_month.month, (require_open_month.month + interval '1 month')::date));
END;
REVOKE ALL ON FUNCTION steering.require_open_month(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_open_month(date) IS 'checks that a month is open, and that it is not closed until commit. Error: 55000';

CREATE FUNCTION steering.set_start_up(code text, name text, amount numeric, key text, advanced_on date) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_text(set_start_up.code, 'code'), steering.require_text(set_start_up.name, 'name'),
	steering.require_positive(set_start_up.amount, 'amount', 2), steering.key_number(set_start_up.key),
	steering.require_day(set_start_up.advanced_on, 'advanced_on');
SELECT steering.require_that(string_agg(weighed.participant, ', ') IS NULL, '55000',
		format('in key "%s" a weight is not known on %s', set_start_up.key, to_char(set_start_up.advanced_on::timestamp, 'YYYY-MM-DD')),
		format('It is that of: %s.', string_agg(weighed.participant, ', ' ORDER BY weighed.participant COLLATE "C")))
FROM steering.start_up_weight(set_start_up.key, set_start_up.advanced_on) AS weighed
WHERE weighed.weight IS NULL;
SELECT steering.require_that(coalesce(sum(weighed.weight), 0) > 0, '55000',
	format('in key "%s" nobody has a weight on %s', set_start_up.key, to_char(set_start_up.advanced_on::timestamp, 'YYYY-MM-DD')))
FROM steering.start_up_weight(set_start_up.key, set_start_up.advanced_on) AS weighed;
SELECT start_up.start_up_id FROM steering.start_up WHERE start_up.code = set_start_up.code FOR UPDATE;
SELECT steering.require_open_month(start_up.settled_in) FROM steering.start_up WHERE start_up.code = set_start_up.code;
SELECT steering.require_open_month(steering.settling_month(set_start_up.advanced_on));
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.start_up_repayment AS repayment WHERE repayment.start_up_id = start_up.start_up_id),
	'55000', format('of start-up "%s" something was repaid', start_up.code))
FROM steering.start_up
WHERE start_up.code = set_start_up.code;
DELETE FROM steering.start_up_share USING steering.start_up
WHERE start_up.code = set_start_up.code AND start_up_share.start_up_id = start_up.start_up_id;
WITH made AS (
	INSERT INTO steering.start_up (code, name, amount, key, advanced_on, settled_in)
	VALUES (set_start_up.code, set_start_up.name, set_start_up.amount::steering.amount, set_start_up.key, set_start_up.advanced_on,
		steering.settling_month(set_start_up.advanced_on))
	ON CONFLICT ON CONSTRAINT start_up_code_key DO UPDATE
		SET name = excluded.name, amount = excluded.amount, key = excluded.key, advanced_on = excluded.advanced_on, settled_in = excluded.settled_in
	RETURNING start_up_id
), divided AS (
	SELECT weighed.participant_id, steering.allocated(set_start_up.amount, weighed.weight, 0.01, 'error') OVER (
		ORDER BY weighed.participant COLLATE "C") AS advance
	FROM steering.start_up_weight(set_start_up.key, set_start_up.advanced_on) AS weighed
), shared AS (
	INSERT INTO steering.start_up_share (start_up_id, participant_id, advance)
	SELECT made.start_up_id, divided.participant_id, divided.advance::steering.amount FROM made CROSS JOIN divided
)
SELECT made.start_up_id FROM made;
END;
REVOKE ALL ON FUNCTION steering.set_start_up(text, text, numeric, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_start_up(text, text, numeric, text, date) IS
'says what participants advance to begin with something: an amount of whole cents, divided by the weights of an allocation key in the month of that day, by the largest remainder, so that the shares add up to it. It is settled with that month, or the first open one after it. The one with this code is changed, as long as nothing of it was repaid and it was not settled in a period that is closed. Returns its number. Errors: 22004 null, 22023 an empty text, unknown key, an amount that is not positive or not in whole cents, no day, 22003 amount, 55000 a weight is not known (the hint says whose), nobody has one, something was repaid, or it was settled in a closed period';

CREATE VIEW steering.start_up_status WITH (security_barrier) AS
SELECT start_up.code AS start_up,
	start_up.name,
	participant.code AS participant,
	start_up.advanced_on,
	share.advance::numeric AS advance,
	coalesce(repaid.amount, 0) AS repaid,
	share.advance::numeric - coalesce(repaid.amount, 0) AS remaining
FROM steering.start_up_share AS share
JOIN steering.start_up ON start_up.start_up_id = share.start_up_id
JOIN steering.participant ON participant.participant_id = share.participant_id
LEFT JOIN (
	SELECT repayment.start_up_id, line.participant_id, sum(line.amount::numeric) AS amount
	FROM steering.start_up_repayment AS repayment
	JOIN steering.start_up_repayment_line AS line ON line.repayment_id = repayment.repayment_id
	GROUP BY repayment.start_up_id, line.participant_id
) AS repaid ON repaid.start_up_id = share.start_up_id AND repaid.participant_id = share.participant_id
WHERE share.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.start_up_status TO PUBLIC;
COMMENT ON VIEW steering.start_up_status IS 'what participants that the role may read have advanced to begin with something, and have got back';
COMMENT ON COLUMN steering.start_up_status.start_up IS 'code of the start-up';
COMMENT ON COLUMN steering.start_up_status.name IS 'its name';
COMMENT ON COLUMN steering.start_up_status.participant IS 'code of the participant';
COMMENT ON COLUMN steering.start_up_status.advanced_on IS 'the day of the advance';
COMMENT ON COLUMN steering.start_up_status.advance IS 'what it advanced';
COMMENT ON COLUMN steering.start_up_status.repaid IS 'what of it was repaid';
COMMENT ON COLUMN steering.start_up_status.remaining IS 'what was not: a claim of the participant';
