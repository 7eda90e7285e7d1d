-- Settlement: what participants owe for a period by their agreements, with a proof that the lines add up;
-- closing a period fixes them, and what has to be put right later is a line of its own.
--
-- Lines with a participant are what it owes (positive) or gets. Those without prove that nothing is lost:
-- the cost that was settled, and what of shared cost and of the supplier's result nobody owes or gets.

CREATE TABLE steering.result_share (
	during daterange NOT NULL
		CONSTRAINT result_share_pkey PRIMARY KEY
		CONSTRAINT result_share_whole_months CHECK (NOT isempty(during)
			AND coalesce(extract(day FROM lower(during)) = 1, lower_inf(during))
			AND coalesce(extract(day FROM upper(during)) = 1, upper_inf(during))),
	key_id integer NOT NULL,
	percent numeric NOT NULL CONSTRAINT result_share_percent_in_range CHECK (percent BETWEEN 0 AND 100),
	CONSTRAINT result_share_no_overlap EXCLUDE USING gist (during WITH &&)
);
REVOKE ALL ON steering.result_share FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.result_share', '');
COMMENT ON TABLE steering.result_share IS 'what part of the supplier''s result the participants share, written by set_result_share() and drop_result_share() alone; one at a time';
COMMENT ON COLUMN steering.result_share.during IS 'whole months; their result is shared for each twelve of them, counted from the first (calendar years, if there is no first), and for what is left';
COMMENT ON COLUMN steering.result_share.key_id IS 'the allocation key that divides it';
COMMENT ON COLUMN steering.result_share.percent IS 'percentage of the result, whether gain or loss';

-- The key is locked against whoever would drop it.
CREATE FUNCTION steering.set_result_share(key text, percent numeric, during steering.day_range) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_result_share.key), steering.require_months(set_result_share.during::daterange),
	steering.require_that((set_result_share.percent BETWEEN 0 AND 100) IS NOT FALSE, '23514',
		format('percent must be between 0 and 100: %s', set_result_share.percent));
INSERT INTO steering.result_share (during, key_id, percent)
VALUES (set_result_share.during::daterange, (SELECT allocation_key.key_id FROM steering.allocation_key
		WHERE allocation_key.key_id = (SELECT steering.key_number(set_result_share.key)) FOR SHARE), set_result_share.percent)
ON CONFLICT ON CONSTRAINT result_share_pkey DO UPDATE SET key_id = excluded.key_id, percent = excluded.percent
RETURNING percent;
END;
REVOKE ALL ON FUNCTION steering.set_result_share(text, numeric, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_result_share(text, numeric, steering.day_range) IS
'says that the participants share this percentage of the supplier''s result, gain or loss, of these months, by this allocation key: for each twelve of them as a whole, counted from the first (calendar years, if there is no first); the one for the same months is replaced; returns the percentage. Errors: 22004 key is null, 22023 unknown key, 23502 null, 23514 not 0 to 100, not whole months, 23P01 overlap with another';

CREATE FUNCTION steering.drop_result_share(during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.result_share WHERE result_share.during = drop_result_share.during::daterange RETURNING key_id
)
SELECT steering.require_found(count(*), concat('result share during ', drop_result_share.during::daterange)) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_result_share(steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_result_share(steering.day_range) IS
'ends the sharing of the supplier''s result that was set for these months. Error: 42704 there is none';

CREATE FUNCTION steering.refuse_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_change() IS 'refuses to change or remove rows that are only ever added (0A000)';

CREATE TABLE steering.settlement_correction (
	correction_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT settlement_correction_pkey PRIMARY KEY,
	closing_id integer NOT NULL,
	participant_id integer NOT NULL,
	service_id integer NOT NULL,
	amount steering.amount NOT NULL
		CONSTRAINT settlement_correction_amount_in_cents CHECK (amount::numeric = round(amount::numeric, 2))
		CONSTRAINT settlement_correction_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	month date NOT NULL,
	reason text NOT NULL CONSTRAINT settlement_correction_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	reverses integer CONSTRAINT settlement_correction_reverses_key UNIQUE
);
REVOKE ALL ON steering.settlement_correction FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_correction', '');
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_correction_correction_id_seq', '');
COMMENT ON TABLE steering.settlement_correction IS 'what settlements of closed periods are corrected by, written by correct_settlement(), reverse_correction() and the reopening of a period alone; rows are only added';
COMMENT ON COLUMN steering.settlement_correction.correction_id IS 'number of the correction';
COMMENT ON COLUMN steering.settlement_correction.closing_id IS 'the closing whose settlement is corrected';
COMMENT ON COLUMN steering.settlement_correction.participant_id IS 'the participant';
COMMENT ON COLUMN steering.settlement_correction.service_id IS 'the service';
COMMENT ON COLUMN steering.settlement_correction.amount IS 'money in whole cents: positive is owed, negative is given back';
COMMENT ON COLUMN steering.settlement_correction.month IS 'first day of the month with which it is settled: the last one of the open period that was given';
COMMENT ON COLUMN steering.settlement_correction.reason IS 'why';
COMMENT ON COLUMN steering.settlement_correction.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.settlement_correction.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.settlement_correction.reverses IS 'the correction that it takes back; null: it takes none back';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.settlement_correction
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE TABLE steering.settlement_line (
	closing_id integer NOT NULL,
	position integer NOT NULL,
	line text NOT NULL,
	service_id integer,
	participant_id integer,
	agreement_id integer,
	key text,
	quantity numeric,
	price numeric,
	amount steering.amount NOT NULL,
	corrects integer,
	CONSTRAINT settlement_line_pkey PRIMARY KEY (closing_id, position)
);
REVOKE ALL ON steering.settlement_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.settlement_line', '');
COMMENT ON TABLE steering.settlement_line IS 'settlements of periods as they were closed, written by close_period() alone; rows are only added, and stay when the period is reopened';
COMMENT ON COLUMN steering.settlement_line.closing_id IS 'the closing';
COMMENT ON COLUMN steering.settlement_line.position IS 'place in it, from 1';
COMMENT ON COLUMN steering.settlement_line.line IS 'what the amount is, see compute_settlement()';
COMMENT ON COLUMN steering.settlement_line.service_id IS 'the service; null: of no single one';
COMMENT ON COLUMN steering.settlement_line.participant_id IS 'the participant who owes it, or gets it; null: a line of the proof';
COMMENT ON COLUMN steering.settlement_line.agreement_id IS 'the agreement; null: of no single one';
COMMENT ON COLUMN steering.settlement_line.key IS 'code of the allocation key that divided it; null: none';
COMMENT ON COLUMN steering.settlement_line.quantity IS 'units of the service; months of an advance; percentage of an incentive or a share; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement_line.price IS 'money per unit or month; the money that a percentage is of; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement_line.amount IS 'money: positive is owed, negative is given back or was paid before';
COMMENT ON COLUMN steering.settlement_line.corrects IS 'the closing that a correction is about, or that billed what this line takes back; null: another line';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.settlement_line
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE VIEW steering.closing_event WITH (security_barrier) AS
SELECT closing.closing_id, event.kind, steering.name_period(closing.during) AS period,
	lower(closing.during) AS first_day, upper(closing.during) - 1 AS last_day, event.recorded_at, event.role_name, event.reason
FROM steering.closing
CROSS JOIN LATERAL (VALUES
	('closed', closing.closed_at, closing.closed_by, closing.reason),
	('reopened', closing.reopened_at, closing.reopened_by, closing.reopen_reason)) AS event (kind, recorded_at, role_name, reason)
WHERE event.recorded_at IS NOT NULL;
GRANT SELECT ON steering.closing_event TO PUBLIC;
COMMENT ON VIEW steering.closing_event IS 'every closing and reopening of a period';
COMMENT ON COLUMN steering.closing_event.closing_id IS 'number of the closing; a reopening has that of the closing that it ended';
COMMENT ON COLUMN steering.closing_event.kind IS 'closed, reopened';
COMMENT ON COLUMN steering.closing_event.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.closing_event.first_day IS 'its first day';
COMMENT ON COLUMN steering.closing_event.last_day IS 'its last day';
COMMENT ON COLUMN steering.closing_event.recorded_at IS 'when, by the clock';
COMMENT ON COLUMN steering.closing_event.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.closing_event.reason IS 'the reason that was given; null: none';

CREATE VIEW steering.settlement WITH (security_barrier) AS
SELECT settled.closing_id,
	lower(closing.during) AS valid_from,
	upper(closing.during) - 1 AS valid_to,
	closing.closed_at,
	closing.reopened_at,
	participant.code AS participant,
	service.code AS service,
	settled.agreement_id,
	settled.line,
	settled.quantity,
	settled.price,
	round(settled.amount::numeric, 2) AS amount,
	settled.corrects
FROM steering.settlement_line AS settled
JOIN steering.closing ON closing.closing_id = settled.closing_id
JOIN steering.participant ON participant.participant_id = settled.participant_id
LEFT JOIN steering.service ON service.service_id = settled.service_id
WHERE settled.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.settlement TO PUBLIC;
COMMENT ON VIEW steering.settlement IS 'settlements of closed periods as far as the role may read them, those included that were reopened since';
COMMENT ON COLUMN steering.settlement.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.settlement.valid_from IS 'first day of the period';
COMMENT ON COLUMN steering.settlement.valid_to IS 'last day of the period';
COMMENT ON COLUMN steering.settlement.closed_at IS 'when it was closed';
COMMENT ON COLUMN steering.settlement.reopened_at IS 'when it was reopened: then this settlement holds no more; null: it holds';
COMMENT ON COLUMN steering.settlement.participant IS 'code of who owes it, or gets it';
COMMENT ON COLUMN steering.settlement.service IS 'code of the service; null: of no single one';
COMMENT ON COLUMN steering.settlement.agreement_id IS 'number of the agreement; null: of no single one';
COMMENT ON COLUMN steering.settlement.line IS 'agreed, excess, unused, share, incentive, advance, result_share, correction, start_up: see settle()';
COMMENT ON COLUMN steering.settlement.quantity IS 'units of the service; months of an advance; percentage of an incentive or a share; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement.price IS 'money per unit or month; the money that a percentage is of; null: the amount is not a product';
COMMENT ON COLUMN steering.settlement.amount IS 'money: positive is owed, negative is given back or was paid before';
COMMENT ON COLUMN steering.settlement.corrects IS 'number of the closing that a correction is about, or that billed what this line takes back; null: another line';

CREATE VIEW steering.correction WITH (security_barrier) AS
SELECT correction.correction_id, correction.closing_id AS corrects,
	lower(closing.during) AS valid_from, upper(closing.during) - 1 AS valid_to,
	participant.code AS participant, service.code AS service, round(correction.amount::numeric, 2) AS amount,
	correction.month AS settled_in, correction.reason, correction.recorded_at, correction.role_name, correction.reverses
FROM steering.settlement_correction AS correction
JOIN steering.closing ON closing.closing_id = correction.closing_id
JOIN steering.participant ON participant.participant_id = correction.participant_id
JOIN steering.service ON service.service_id = correction.service_id
WHERE correction.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.correction TO PUBLIC;
COMMENT ON VIEW steering.correction IS 'corrections of settlements that the role may read, from the moment that they are recorded';
COMMENT ON COLUMN steering.correction.correction_id IS 'number of the correction';
COMMENT ON COLUMN steering.correction.corrects IS 'number of the closing whose settlement is corrected';
COMMENT ON COLUMN steering.correction.valid_from IS 'first day of the period that is corrected';
COMMENT ON COLUMN steering.correction.valid_to IS 'last day of the period that is corrected';
COMMENT ON COLUMN steering.correction.participant IS 'code of who owes it, or gets it';
COMMENT ON COLUMN steering.correction.service IS 'code of the service';
COMMENT ON COLUMN steering.correction.amount IS 'money: positive is owed, negative is given back';
COMMENT ON COLUMN steering.correction.settled_in IS 'first day of the month with which it is settled';
COMMENT ON COLUMN steering.correction.reason IS 'why';
COMMENT ON COLUMN steering.correction.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.correction.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.correction.reverses IS 'number of the correction that it takes back, since the period that was corrected has been reopened, or by reverse_correction(); null: it takes none back';

CREATE FUNCTION steering.store_settlement(closing integer) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_store_settlement'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.store_settlement(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.store_settlement(integer) IS
'stores the settlement of a closing, read with the latest snapshot, and returns its number';

CREATE FUNCTION steering.require_closed(period daterange) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_require_closed'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.require_closed(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_closed(daterange) IS
'number of the closing of a period, which cannot be reopened until commit. Error: 55000 it is not closed';

CREATE FUNCTION steering.require_open(period daterange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_open'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.require_open(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_open(daterange) IS
'checks that no day of a period is closed, and that none can be until commit. Error: 55000';

CREATE FUNCTION steering.refuse_part(period daterange, closed daterange) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_part'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_part(daterange, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_part(daterange, daterange) IS
'raises that a period has only a part of the days of a closed one (55000)';
