-- saving.sql
-- Savings that are to be found: which they are, what became of them, and what of them is still to be found. What is allocated has
-- lowered a cap, by an amendment; what is not is a risk.

CREATE TABLE steering.saving (
	saving_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT saving_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT saving_code_key UNIQUE CONSTRAINT saving_code_not_empty CHECK (code ~ '[^[:space:]]'),
	service_id integer,
	participant_id integer,
	during daterange NOT NULL CONSTRAINT saving_whole_months CHECK (NOT isempty(during) AND isfinite(lower(during)) AND isfinite(upper(during))
		AND extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1),
	amount steering.amount NOT NULL CONSTRAINT saving_amount_not_negative CHECK (amount OPERATOR(steering.>=) 0::steering.amount),
	structural boolean NOT NULL,
	owner text NOT NULL CONSTRAINT saving_owner_not_empty CHECK (owner ~ '[^[:space:]]'),
	start_up text,
	postponed_from integer,
	entries integer NOT NULL DEFAULT 0
);
REVOKE ALL ON steering.saving FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.saving', '');
SELECT pg_catalog.pg_extension_config_dump('steering.saving_saving_id_seq', '');
COMMENT ON TABLE steering.saving IS 'what is to be saved in a period, written by set_saving(), drop_saving() and record_saving() alone';
COMMENT ON COLUMN steering.saving.saving_id IS 'number of the saving';
COMMENT ON COLUMN steering.saving.code IS 'what people call the saving by; it never changes';
COMMENT ON COLUMN steering.saving.service_id IS 'the service whose cost is to go down, or those below it; null: not said';
COMMENT ON COLUMN steering.saving.participant_id IS 'the participant whose cost is to go down, or those below it; null: not said';
COMMENT ON COLUMN steering.saving.during IS 'the period in which it is to be found';
COMMENT ON COLUMN steering.saving.amount IS 'how much: money';
COMMENT ON COLUMN steering.saving.structural IS 'true: it stays so in the years after; false: it is of this period alone';
COMMENT ON COLUMN steering.saving.owner IS 'who has to find it';
COMMENT ON COLUMN steering.saving.start_up IS 'code of the start-up that it repays; null: none';
COMMENT ON COLUMN steering.saving.postponed_from IS 'the saving of which this was postponed; null: it was set';
COMMENT ON COLUMN steering.saving.entries IS 'how many records there are of it; who adds one changes the row, so that nobody does by what was known before';

CREATE TABLE steering.saving_entry (
	saving_id integer NOT NULL,
	position integer NOT NULL,
	step text NOT NULL CONSTRAINT saving_entry_step_known CHECK (step IN ('allocate', 'realise', 'write_off', 'postpone')),
	amount steering.amount NOT NULL CONSTRAINT saving_entry_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	booked_on date NOT NULL CONSTRAINT saving_entry_booked_on_finite CHECK (isfinite(booked_on)),
	cap_id integer NOT NULL,
	amendment_id integer,
	into_saving_id integer,
	reason text NOT NULL,
	document text,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	CONSTRAINT saving_entry_pkey PRIMARY KEY (saving_id, position),
	CONSTRAINT saving_entry_into CHECK ((step = 'postpone') = (into_saving_id IS NOT NULL)),
	CONSTRAINT saving_entry_allocated CHECK (step <> 'allocate' OR (cap_id <> 0 AND amendment_id IS NOT NULL))
);
REVOKE ALL ON steering.saving_entry FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.saving_entry', '');
COMMENT ON TABLE steering.saving_entry IS 'what became of savings, written by record_saving() alone; rows are only added';
COMMENT ON COLUMN steering.saving_entry.saving_id IS 'the saving';
COMMENT ON COLUMN steering.saving_entry.position IS '1 for the first of the saving';
COMMENT ON COLUMN steering.saving_entry.step IS 'allocate, realise, write_off or postpone';
COMMENT ON COLUMN steering.saving_entry.amount IS 'money; negative: of what was recorded before so much is taken back';
COMMENT ON COLUMN steering.saving_entry.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.saving_entry.cap_id IS 'the cap to which it is, or was, allocated; it may be gone; 0: none';
COMMENT ON COLUMN steering.saving_entry.amendment_id IS 'the amendment by which that cap was changed; null: none was';
COMMENT ON COLUMN steering.saving_entry.into_saving_id IS 'the saving of a later period that a postponed one became; null: it was not postponed';
COMMENT ON COLUMN steering.saving_entry.reason IS 'why';
COMMENT ON COLUMN steering.saving_entry.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.saving_entry.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.saving_entry.role_name IS 'who had logged in';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.saving_entry
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

-- The parts of a saving: what is allocated to no cap (0), and what is allocated to each.
CREATE VIEW steering.saving_part AS
SELECT part.saving_id, part.cap_id, part.amount, part.realised, part.written_off, part.postponed,
	part.amount - part.realised - part.written_off - part.postponed AS remaining
FROM (
	SELECT line.saving_id, line.cap_id, sum(line.amount) AS amount, sum(line.realised) AS realised, sum(line.written_off) AS written_off,
		sum(line.postponed) AS postponed
	FROM (
		SELECT saving.saving_id, 0 AS cap_id, saving.amount::numeric AS amount, 0::numeric AS realised, 0::numeric AS written_off,
			0::numeric AS postponed
		FROM steering.saving
		UNION ALL
		SELECT entry.saving_id, 0, - entry.amount::numeric, 0, 0, 0 FROM steering.saving_entry AS entry WHERE entry.step = 'allocate'
		UNION ALL
		SELECT entry.saving_id, entry.cap_id, CASE entry.step WHEN 'allocate' THEN entry.amount::numeric ELSE 0 END,
			CASE entry.step WHEN 'realise' THEN entry.amount::numeric ELSE 0 END,
			CASE entry.step WHEN 'write_off' THEN entry.amount::numeric ELSE 0 END,
			CASE entry.step WHEN 'postpone' THEN entry.amount::numeric ELSE 0 END
		FROM steering.saving_entry AS entry
	) AS line
	GROUP BY line.saving_id, line.cap_id
) AS part;
REVOKE ALL ON steering.saving_part FROM PUBLIC;
COMMENT ON VIEW steering.saving_part IS 'what is allocated to no cap, and to each: amount = realised + written_off + postponed + remaining, and the amounts of a saving add up to it';
COMMENT ON COLUMN steering.saving_part.saving_id IS 'the saving';
COMMENT ON COLUMN steering.saving_part.cap_id IS 'the cap; 0: none';
COMMENT ON COLUMN steering.saving_part.amount IS 'what of the saving is allocated so';
COMMENT ON COLUMN steering.saving_part.realised IS 'what of that was found';
COMMENT ON COLUMN steering.saving_part.written_off IS 'what of that will not be found';
COMMENT ON COLUMN steering.saving_part.postponed IS 'what of that is to be found later';
COMMENT ON COLUMN steering.saving_part.remaining IS 'what of that is still to be found';

-- What postponing makes of a saving is a part of that: it has just what was postponed into it, and nothing else of it changes.
CREATE FUNCTION steering.question_of_saving(was steering.saving, becomes steering.saving) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.saving_id IS NULL THEN 'drop_saving' ELSE 'set_saving' END,
	steering.service_code(line.service_id), steering.participant_code(line.participant_id), NULL::numeric,
	jsonb_strip_nulls(jsonb_build_object('code', line.code, 'during', line.during::text, 'amount', line.amount::numeric,
		'structural', line.structural, 'owner', line.owner, 'start_up', line.start_up))
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.saving_id IS NOT NULL
	AND NOT (becomes.postponed_from IS NOT NULL
		AND (was.saving_id IS NULL OR to_jsonb(was) - '{amount,entries}'::text[] = to_jsonb(becomes) - '{amount,entries}'::text[])
		AND becomes.amount::numeric = (
		SELECT coalesce(sum(entry.amount::numeric), 0) FROM steering.saving_entry AS entry WHERE entry.into_saving_id = becomes.saving_id))
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_saving(steering.saving, steering.saving) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_saving(steering.saving, steering.saving) IS 'set_saving, drop_saving; nothing of one that was postponed';
-- What is counted is no act.
CREATE TRIGGER guard_act
	AFTER INSERT OR DELETE OR UPDATE OF code, service_id, participant_id, during, amount, structural, owner, start_up, postponed_from ON steering.saving
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_saving');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.saving FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.question_of_saving_entry(was steering.saving_entry, becomes steering.saving_entry) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'record_saving', steering.service_code(saving.service_id), steering.participant_code(saving.participant_id),
	abs(becomes.amount::numeric),
	jsonb_strip_nulls(jsonb_build_object('code', saving.code, 'position', becomes.position, 'step', becomes.step,
		'amount', becomes.amount::numeric, 'booked_on', becomes.booked_on, 'cap', becomes.cap_id, 'amendment', becomes.amendment_id,
		'document', becomes.document,
		'into', (SELECT later.code FROM steering.saving AS later WHERE later.saving_id = becomes.into_saving_id)))
FROM steering.saving
WHERE saving.saving_id = becomes.saving_id;
END;
REVOKE ALL ON FUNCTION steering.question_of_saving_entry(steering.saving_entry, steering.saving_entry) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_saving_entry(steering.saving_entry, steering.saving_entry) IS 'record_saving';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.saving_entry
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_saving_entry');

-- Days on which nothing was repaid by then do not matter: what is realised may be corrected as of any day before.
CREATE FUNCTION steering.start_up_spare(start_up text, without integer, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT min(course.realised - course.repaid)
FROM (
	SELECT sum(event.realised) OVER (ORDER BY event.day) AS realised, sum(event.repaid) OVER (ORDER BY event.day) AS repaid
	FROM (
		SELECT greatest(entry.booked_on, start_up_spare.day) AS day, entry.amount::numeric AS realised, 0::numeric AS repaid
		FROM steering.saving_entry AS entry
		JOIN steering.saving ON saving.saving_id = entry.saving_id
		WHERE saving.start_up = start_up_spare.start_up AND entry.step = 'realise' AND entry.saving_id IS DISTINCT FROM start_up_spare.without
		UNION ALL
		SELECT greatest(repayment.repaid_on, start_up_spare.day), 0, repayment.amount::numeric
		FROM steering.start_up
		JOIN steering.start_up_repayment AS repayment ON repayment.start_up_id = start_up.start_up_id
		WHERE start_up.code = start_up_spare.start_up
	) AS event
) AS course
WHERE course.repaid > 0;
END;
REVOKE ALL ON FUNCTION steering.start_up_spare(text, integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.start_up_spare(text, integer, date) IS
'what the savings of a start-up have realised and it was not repaid out of, at the least of the days from one on; without: a saving that is not counted. Null: nothing was repaid';

-- Whoever repays the start-up changes its row: so he is waited for, and whoever repays it later knows, or must try again.
CREATE FUNCTION steering.require_not_repaid(saving_id integer, amount numeric, day date) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
UPDATE steering.start_up SET repayments = start_up.repayments
FROM steering.saving
WHERE saving.saving_id = require_not_repaid.saving_id AND start_up.code = saving.start_up;
SELECT steering.require_that(coalesce(coalesce(require_not_repaid.amount, 0) <= spare.amount, true), '55000',
	CASE WHEN require_not_repaid.amount IS NULL
		THEN format('start-up "%s" was repaid out of what saving "%s" has realised', saving.start_up, saving.code)
		ELSE format('start-up "%s" was repaid out of what saving "%s" has realised: %s of it can be taken back, not %s', saving.start_up, saving.code,
			steering.show_limit(greatest(spare.amount, 0)), steering.show_limit(require_not_repaid.amount)) END,
	'Take back of the repayment first: steering.repay_start_up() with a negative amount.')
FROM steering.saving
CROSS JOIN LATERAL steering.start_up_spare(saving.start_up, CASE WHEN require_not_repaid.amount IS NULL THEN saving.saving_id END,
	require_not_repaid.day) AS spare (amount)
WHERE saving.saving_id = require_not_repaid.saving_id AND saving.start_up IS NOT NULL;
END;
REVOKE ALL ON FUNCTION steering.require_not_repaid(integer, numeric, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_not_repaid(integer, numeric, date) IS
'Error: 55000 its start-up was repaid out of what of a saving would not be realised any more, from a day on: an amount, or all of it (null)';

CREATE FUNCTION steering.set_saving(code text, service text, participant text, period text, amount numeric, structural boolean, owner text,
	start_up text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_text(set_saving.code, 'code'), steering.require_scope(set_saving.service, set_saving.participant),
	steering.period_range(set_saving.period), steering.require_positive(set_saving.amount, 'amount'),
	steering.require_given(set_saving.structural IS NOT NULL, 'structural'), steering.require_text(set_saving.owner, 'owner');
SELECT saving.saving_id FROM steering.saving WHERE saving.code = set_saving.code FOR UPDATE;
SELECT CASE WHEN set_saving.start_up IS NOT NULL THEN steering.require_start_up(set_saving.start_up) END;
SELECT steering.require_that(saving.during = steering.period_range(set_saving.period)
		AND steering.service_code(saving.service_id) IS NOT DISTINCT FROM set_saving.service
		AND steering.participant_code(saving.participant_id) IS NOT DISTINCT FROM set_saving.participant, '55000',
		format('saving "%s" has a history, and keeps its service, participant and period', saving.code),
		'Write it off or postpone it with steering.record_saving(), or set another.'),
	steering.require_that(set_saving.amount - saving.amount::numeric + part.remaining >= 0, '55000',
		format('of saving "%s" more was recorded than %s', saving.code, steering.show_limit(set_saving.amount)),
		format('It was allocated, realised, written off or postponed up to %s.',
			steering.show_limit(saving.amount::numeric - part.remaining)))
FROM steering.saving
JOIN steering.saving_part AS part ON part.saving_id = saving.saving_id AND part.cap_id = 0
WHERE saving.code = set_saving.code
	AND EXISTS (SELECT FROM steering.saving_entry AS entry WHERE saving.saving_id IN (entry.saving_id, entry.into_saving_id));
SELECT steering.require_not_repaid(saving.saving_id, NULL, '-infinity')
FROM steering.saving
WHERE saving.code = set_saving.code AND saving.start_up IS DISTINCT FROM set_saving.start_up;
INSERT INTO steering.saving (code, service_id, participant_id, during, amount, structural, owner, start_up)
VALUES (set_saving.code,
	CASE WHEN set_saving.service IS NOT NULL THEN steering.service_number(set_saving.service) END,
	CASE WHEN set_saving.participant IS NOT NULL THEN steering.participant_number(set_saving.participant) END,
	steering.period_range(set_saving.period), set_saving.amount::steering.amount, set_saving.structural, set_saving.owner, set_saving.start_up)
ON CONFLICT ON CONSTRAINT saving_code_key DO UPDATE
	SET service_id = excluded.service_id, participant_id = excluded.participant_id, during = excluded.during, amount = excluded.amount,
		structural = excluded.structural, owner = excluded.owner, start_up = excluded.start_up
RETURNING saving_id;
END;
REVOKE ALL ON FUNCTION steering.set_saving(text, text, text, text, numeric, boolean, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_saving(text, text, text, text, numeric, boolean, text, text) IS
'says what is to be saved in a period on a service and a participant, or those below them (null: it is not said on which), by whom, and whether it stays so in later years (structural); start_up: code of the start-up that it repays. The one with this code is changed. Returns its number. Nothing is allocated yet: see record_saving(). Errors: 22004 null, 22023 unknown code, an empty text, an amount that is not positive or has more than four decimals, 22P02 no period, 22003 amount, 55000 more was recorded of it, it has a history and another scope or period, or another start-up was repaid out of it';

CREATE FUNCTION steering.require_saving(code text) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_saving.code IS NOT NULL, 'code');
SELECT steering.require_that(EXISTS (SELECT FROM steering.saving WHERE saving.code = require_saving.code), '22023',
	format('saving "%s" is unknown', require_saving.code), 'Set it with steering.set_saving().');
SELECT saving.saving_id FROM steering.saving WHERE saving.code = require_saving.code FOR UPDATE;
END;
REVOKE ALL ON FUNCTION steering.require_saving(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_saving(text) IS 'number of a saving, which is locked until commit. Errors: 22004 null, 22023 unknown, 40001 concurrent change';

CREATE FUNCTION steering.drop_saving(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_saving(drop_saving.code);
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.saving_entry AS entry WHERE saving.saving_id IN (entry.saving_id, entry.into_saving_id)),
	'55000', format('saving "%s" has a history', saving.code), 'Write it off with steering.record_saving().')
FROM steering.saving
WHERE saving.code = drop_saving.code;
DELETE FROM steering.saving WHERE saving.code = drop_saving.code;
END;
REVOKE ALL ON FUNCTION steering.drop_saving(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_saving(text) IS
'removes a saving of which nothing was recorded. Errors: 22004 null, 22023 unknown, 55000 it has a history';

CREATE FUNCTION steering.amend_by(period daterange, number text, cap integer, mutation numeric, reason text, document text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_amend_by'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.amend_by(daterange, text, integer, numeric, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.amend_by(daterange, text, integer, numeric, text, text) IS
'amends the limit of one cap by an amount, whatever it is, and returns the number of the amendment, which is called so. Errors: those of amend(), 22023 the limit would be below zero';

-- The part that a step is about where no cap is named: of allocate the cap on just the same; else the only part of which something
-- remains, or of which something can be taken back.
CREATE FUNCTION steering.saving_cap(saving_id integer, step text, amount numeric) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN count(*) = 1 THEN min(possible.cap_id) END
FROM (
	SELECT cap.cap_id
	FROM steering.saving
	JOIN steering.cap ON cap.metric = 'budget' AND cap.service_id = saving.service_id AND cap.participant_id = saving.participant_id
		AND cap.during = saving.during
	WHERE saving.saving_id = saving_cap.saving_id AND saving_cap.step = 'allocate'
	UNION ALL
	SELECT part.cap_id
	FROM steering.saving_part AS part
	WHERE part.saving_id = saving_cap.saving_id AND saving_cap.step <> 'allocate'
		AND CASE WHEN saving_cap.amount > 0 THEN part.remaining
			ELSE CASE saving_cap.step WHEN 'realise' THEN part.realised WHEN 'write_off' THEN part.written_off ELSE part.postponed END END > 0
) AS possible;
END;
REVOKE ALL ON FUNCTION steering.saving_cap(integer, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.saving_cap(integer, text, numeric) IS 'the cap that a step of a saving is about; 0: what is allocated to none; null: it must be named';

CREATE FUNCTION steering.require_saving_cap(saving_id integer, step text, cap integer) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(require_saving_cap.cap IS NOT NULL, '55000',
		CASE WHEN require_saving_cap.step = 'allocate'
			THEN format('there is no budget cap on just what saving "%s" is about', saving.code)
			ELSE format('saving "%s" does not have just one part that this can be', saving.code) END,
		CASE WHEN require_saving_cap.step = 'allocate' THEN 'Name a cap within it, or set one with steering.set_cap().'
			ELSE 'Name the cap to which it is allocated; 0 is what is allocated to none. They are in steering.saving_status.' END),
	steering.require_that(require_saving_cap.step = 'allocate' OR EXISTS (
			SELECT FROM steering.saving_part AS part
			WHERE part.saving_id = saving.saving_id AND part.cap_id = require_saving_cap.cap), '22023',
		format('nothing of saving "%s" is allocated to cap %s', saving.code, require_saving_cap.cap)),
	steering.require_that(require_saving_cap.step <> 'allocate' OR EXISTS (
			SELECT FROM steering.cap
			WHERE cap.cap_id = require_saving_cap.cap AND cap.metric = 'budget'
				AND (saving.service_id IS NULL OR (saving.service_id, cap.service_id) IN (
					SELECT below.top_id, below.service_id FROM steering.service_below AS below))
				AND (saving.participant_id IS NULL OR (saving.participant_id, cap.participant_id) IN (
					SELECT below.top_id, below.participant_id FROM steering.participant_below AS below))), '22023',
		format('cap %s is no budget cap of what saving "%s" is about', require_saving_cap.cap, saving.code))
FROM steering.saving
WHERE saving.saving_id = require_saving_cap.saving_id;
END;
REVOKE ALL ON FUNCTION steering.require_saving_cap(integer, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_saving_cap(integer, text, integer) IS 'Errors: 55000 there is none, 22023 it is of something else';

-- What is taken back of a step was recorded before; what is allocated, or comes to an end, remained.
CREATE FUNCTION steering.require_remaining(saving_id integer, step text, amount numeric, cap integer, into_saving_id integer) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
WITH part AS (
	SELECT coalesce(sum(part.remaining) FILTER (WHERE part.cap_id = require_remaining.cap), 0) AS remaining,
		coalesce(sum(part.remaining) FILTER (WHERE part.cap_id = 0), 0) AS central,
		coalesce(sum(CASE require_remaining.step WHEN 'realise' THEN part.realised WHEN 'write_off' THEN part.written_off
				WHEN 'postpone' THEN part.postponed ELSE part.remaining END)
			FILTER (WHERE part.cap_id = require_remaining.cap), 0) AS recorded
	FROM steering.saving_part AS part
	WHERE part.saving_id = require_remaining.saving_id
), room AS (
	SELECT CASE WHEN require_remaining.amount < 0 THEN part.recorded
		WHEN require_remaining.step = 'allocate' THEN part.central ELSE part.remaining END AS most
	FROM part
), later AS (
	SELECT part.remaining FROM steering.saving_part AS part WHERE part.saving_id = require_remaining.into_saving_id AND part.cap_id = 0
)
SELECT steering.require_that(abs(require_remaining.amount) <= room.most, '55000',
		format('of saving "%s" there is %s for that, not %s', saving.code, steering.show_limit(room.most),
			steering.show_limit(abs(require_remaining.amount)))),
	steering.require_that(require_remaining.amount > 0 OR coalesce((SELECT later.remaining FROM later) >= - require_remaining.amount, true), '55000',
		format('what was postponed of saving "%s" has a history of its own', saving.code))
FROM room
CROSS JOIN steering.saving
WHERE saving.saving_id = require_remaining.saving_id;
END;
REVOKE ALL ON FUNCTION steering.require_remaining(integer, text, numeric, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_remaining(integer, text, numeric, integer, integer) IS 'Error: 55000 a step of a saving is more than there is for it';

-- Who writes off or postpones what was allocated gives the cap its room back, unless its period is over.
CREATE FUNCTION steering.amend_for_saving(saving_id integer, step text, amount numeric, cap integer, reason text, document text) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.amend_by(saving.during,
	format('saving %s/%s', saving.code, saving.entries),
	amend_for_saving.cap, CASE amend_for_saving.step WHEN 'allocate' THEN - amend_for_saving.amount ELSE amend_for_saving.amount END,
	amend_for_saving.reason, amend_for_saving.document)
FROM steering.saving
WHERE saving.saving_id = amend_for_saving.saving_id
	AND (amend_for_saving.step = 'allocate' OR (amend_for_saving.step <> 'realise' AND amend_for_saving.cap <> 0
		AND steering.decision_day() < upper(saving.during)
		AND EXISTS (SELECT FROM steering.cap WHERE cap.cap_id = amend_for_saving.cap)));
END;
REVOKE ALL ON FUNCTION steering.amend_for_saving(integer, text, numeric, integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.amend_for_saving(integer, text, numeric, integer, text, text) IS
'changes the cap by which a saving is enforced as a step asks; number of the amendment, null: none was needed. Errors: those of amend_by()';

-- The planner evaluates what is constant, also where a condition beside it keeps it from being asked.
CREATE FUNCTION steering.period_given(period text) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN period_given.period IS NOT NULL THEN steering.period_range(period_given.period) END;
REVOKE ALL ON FUNCTION steering.period_given(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.period_given(text) IS 'days of a period; null: none was given. Errors: those of period_range()';

-- The root of what was postponed gives its name to what becomes of it.
CREATE FUNCTION steering.postponed_code(saving_id integer, during daterange) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT concat(root.code, ' ', steering.name_period(postponed_code.during))
FROM steering.saving
JOIN steering.saving AS root ON root.saving_id = coalesce(saving.postponed_from, saving.saving_id)
WHERE saving.saving_id = postponed_code.saving_id;
END;
REVOKE ALL ON FUNCTION steering.postponed_code(integer, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.postponed_code(integer, daterange) IS 'code of the saving that another becomes when it is postponed into a period';

CREATE FUNCTION steering.record_saving(code text, step text, amount numeric, booked_on date, reason text, cap integer DEFAULT NULL,
	into_period text DEFAULT NULL, document text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_saving(record_saving.code), steering.require_given(record_saving.step IS NOT NULL, 'step'),
	steering.require_day(record_saving.booked_on, 'booked_on'), steering.require_text(record_saving.reason, 'reason'),
	steering.require_amount(abs(record_saving.amount), 'amount'),
	CASE WHEN record_saving.document IS NOT NULL THEN steering.require_text(record_saving.document, 'document') END;
SELECT steering.require_that(record_saving.step IN ('allocate', 'realise', 'write_off', 'postpone'), '22023',
		format('step must be "allocate", "realise", "write_off" or "postpone": "%s"', record_saving.step)),
	steering.require_that(record_saving.amount <> 0, '22023', 'amount must not be zero'),
	steering.require_that((record_saving.step = 'postpone') = (record_saving.into_period IS NOT NULL), '22023',
		CASE WHEN record_saving.step = 'postpone' THEN 'into_period must say into which period it is postponed'
			ELSE 'into_period is for step "postpone" only' END);
SELECT steering.require_that(lower(steering.period_given(record_saving.into_period)) >= upper(saving.during), '22023',
	format('saving "%s" can be postponed into a later period only: %s', saving.code, record_saving.into_period))
FROM steering.saving
WHERE saving.code = record_saving.code AND record_saving.into_period IS NOT NULL;
UPDATE steering.saving SET entries = saving.entries + 1 WHERE saving.code = record_saving.code;
-- Whoever records of what it becomes is waited for.
SELECT later.saving_id
FROM steering.saving
JOIN steering.saving AS later ON later.code = steering.postponed_code(saving.saving_id, steering.period_given(record_saving.into_period))
WHERE saving.code = record_saving.code AND record_saving.into_period IS NOT NULL
FOR UPDATE OF later;
SELECT steering.require_saving_cap(saving.saving_id, record_saving.step,
	coalesce(record_saving.cap, steering.saving_cap(saving.saving_id, record_saving.step, record_saving.amount)))
FROM steering.saving
WHERE saving.code = record_saving.code;
SELECT steering.require_remaining(saving.saving_id, record_saving.step, record_saving.amount,
	coalesce(record_saving.cap, steering.saving_cap(saving.saving_id, record_saving.step, record_saving.amount)), later.saving_id)
FROM steering.saving
LEFT JOIN steering.saving AS later ON record_saving.into_period IS NOT NULL
	AND later.code = steering.postponed_code(saving.saving_id, steering.period_given(record_saving.into_period))
WHERE saving.code = record_saving.code;
SELECT steering.require_not_repaid(saving.saving_id, - record_saving.amount, record_saving.booked_on)
FROM steering.saving
WHERE saving.code = record_saving.code AND record_saving.step = 'realise' AND record_saving.amount < 0;
WITH about AS MATERIALIZED (
	SELECT saving.*, coalesce(record_saving.cap, steering.saving_cap(saving.saving_id, record_saving.step, record_saving.amount)) AS cap_id,
		steering.period_given(record_saving.into_period) AS into_during
	FROM steering.saving
	WHERE saving.code = record_saving.code
), later AS (
	INSERT INTO steering.saving (code, service_id, participant_id, during, amount, structural, owner, start_up, postponed_from)
	SELECT steering.postponed_code(about.saving_id, about.into_during), about.service_id, about.participant_id, about.into_during,
		greatest(record_saving.amount, 0)::steering.amount, about.structural, about.owner, about.start_up, coalesce(about.postponed_from, about.saving_id)
	FROM about
	WHERE about.into_during IS NOT NULL
	ON CONFLICT ON CONSTRAINT saving_code_key DO UPDATE SET amount = (saving.amount::numeric + record_saving.amount)::steering.amount
	RETURNING saving.saving_id
)
INSERT INTO steering.saving_entry (saving_id, position, step, amount, booked_on, cap_id, amendment_id, into_saving_id, reason, document)
SELECT about.saving_id, about.entries, record_saving.step, record_saving.amount::steering.amount, record_saving.booked_on, about.cap_id,
	steering.amend_for_saving(about.saving_id, record_saving.step, record_saving.amount, about.cap_id, record_saving.reason, record_saving.document),
	(SELECT later.saving_id FROM later), record_saving.reason, record_saving.document
FROM about
RETURNING saving_entry.position;
END;
REVOKE ALL ON FUNCTION steering.record_saving(text, text, numeric, date, text, integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.record_saving(text, text, numeric, date, text, integer, text, text) IS
'records what became of a saving, or of a part of it, from a day on; returns the number of the record, of this saving from 1 on. step: allocate (the budget cap on just its service, participant and period, or another one within them that is named, is lowered by it, as an amendment), realise (it was found), write_off (it will not be), postpone (it is to be found in into_period, as a saving with the code of this one and that period). cap: which part it is about, where several remain; 0: what is allocated to none. What is written off or postponed of an allocated part is given back to its cap, as long as the period is not over. A negative amount takes back so much of what was recorded as this step. Errors: 22004 null, 22023 unknown saving or step, amount zero or with more than four decimals, a cap of something else, a period that is not later, 22P02 no period, 55000 more than there is for it, a start-up was repaid out of what is taken back, there is no cap, or the period of an allocation is over, those of amend(), 40001 concurrent change';
