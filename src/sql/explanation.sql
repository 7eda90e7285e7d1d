-- explanation.sql
-- Deviations from what was budgeted or promised, and what is said of them: cause, consequence, action.

CREATE TABLE steering.explanation_record (
	explanation_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT explanation_pkey PRIMARY KEY,
	first_day date NOT NULL,
	end_day date NOT NULL,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	cause text,
	consequence text,
	action text,
	is_structural boolean,
	document text,
	explained_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	CONSTRAINT explanation_key UNIQUE (first_day, end_day, service_id, participant_id)
);
REVOKE ALL ON steering.explanation_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.explanation_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.explanation_record_explanation_id_seq', '');
COMMENT ON TABLE steering.explanation_record IS 'what is said of deviations, written by set_explanation() and drop_explanation() alone; who may select from it may read all';
COMMENT ON COLUMN steering.explanation_record.explanation_id IS 'number of the explanation';
COMMENT ON COLUMN steering.explanation_record.first_day IS 'first day of the period';
COMMENT ON COLUMN steering.explanation_record.end_day IS 'first day after the period';
COMMENT ON COLUMN steering.explanation_record.service_id IS 'the service that deviates';
COMMENT ON COLUMN steering.explanation_record.participant_id IS 'the participant for which it does';
COMMENT ON COLUMN steering.explanation_record.cause IS 'why; null: not said';
COMMENT ON COLUMN steering.explanation_record.consequence IS 'what follows from it; null: not said';
COMMENT ON COLUMN steering.explanation_record.action IS 'what is done about it; null: not said';
COMMENT ON COLUMN steering.explanation_record.is_structural IS 'it comes back in later periods; false: it does not; null: not said';
COMMENT ON COLUMN steering.explanation_record.document IS 'where it was decided, or is written; null: not said';
COMMENT ON COLUMN steering.explanation_record.explained_at IS 'when';
COMMENT ON COLUMN steering.explanation_record.role_name IS 'who had logged in';

CREATE FUNCTION steering.set_explanation(period text, service text, participant text, cause text DEFAULT NULL, consequence text DEFAULT NULL,
	action text DEFAULT NULL, is_structural boolean DEFAULT NULL, document text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(set_explanation.period IS NOT NULL, 'period'),
	steering.require_that(coalesce(set_explanation.cause, set_explanation.consequence, set_explanation.action) IS NOT NULL, '22023',
		'an explanation needs a cause, a consequence or an action', 'steering.drop_explanation() takes back what was said.');
SELECT steering.require_that(given.value <> '', '22023', format('%s must not be empty', given.name))
FROM (VALUES (btrim(set_explanation.cause, E' \t\r\n'), 'cause'), (btrim(set_explanation.consequence, E' \t\r\n'), 'consequence'),
	(btrim(set_explanation.action, E' \t\r\n'), 'action'), (btrim(set_explanation.document, E' \t\r\n'), 'document')) AS given (value, name)
WHERE given.value IS NOT NULL;
INSERT INTO steering.explanation_record (first_day, end_day, service_id, participant_id, cause, consequence, action, is_structural, document)
VALUES (lower(steering.period_range(set_explanation.period)), upper(steering.period_range(set_explanation.period)),
	steering.service_number(set_explanation.service), steering.participant_number(set_explanation.participant),
	set_explanation.cause, set_explanation.consequence, set_explanation.action, set_explanation.is_structural, set_explanation.document)
ON CONFLICT ON CONSTRAINT explanation_key DO UPDATE
	SET cause = excluded.cause, consequence = excluded.consequence, action = excluded.action, is_structural = excluded.is_structural,
		document = excluded.document, explained_at = excluded.explained_at, role_name = excluded.role_name
RETURNING explanation_id;
END;
REVOKE ALL ON FUNCTION steering.set_explanation(text, text, text, text, text, text, boolean, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_explanation(text, text, text, text, text, text, boolean, text) IS
'says what a service deviates by for a participant in a period: the cause, the consequence for what was to be achieved, the action that is taken. What was said of just these three before is replaced; what is null is not said yet, and steering.deviation() lists it as missing. is_structural: it comes back in later periods. document: where it was decided. Returns its number. Errors: 22004 null, 22023 unknown code, nothing is said, an empty text, not whole months, 22P02 no period';

CREATE FUNCTION steering.drop_explanation(period text, service text, participant text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(drop_explanation.period IS NOT NULL, 'period');
SELECT steering.service_number(drop_explanation.service), steering.participant_number(drop_explanation.participant),
	steering.period_range(drop_explanation.period);
WITH gone AS (
	DELETE FROM steering.explanation_record AS record
	WHERE record.first_day = lower(steering.period_range(drop_explanation.period))
		AND record.end_day = upper(steering.period_range(drop_explanation.period))
		AND record.service_id = steering.service_number(drop_explanation.service)
		AND record.participant_id = steering.participant_number(drop_explanation.participant)
	RETURNING record.explanation_id
)
SELECT steering.require_found(count(*), concat('explanation of period ', drop_explanation.period,
	' for service "', drop_explanation.service, '" and participant "', drop_explanation.participant, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_explanation(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_explanation(text, text, text) IS
'takes back what was said of a deviation. Errors: 22004 null, 22023 unknown code, not whole months, 22P02 no period, 42704 nothing was said';

CREATE FUNCTION steering.question_of_explanation(was steering.explanation_record, becomes steering.explanation_record) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT asked.act, asked.service, asked.participant, asked.amount, asked.arguments
FROM steering.plain_question(to_jsonb(was) - 'explained_at' - 'role_name', to_jsonb(becomes) - 'explained_at' - 'role_name',
	'set_explanation', 'drop_explanation') AS asked;
END;
REVOKE ALL ON FUNCTION steering.question_of_explanation(steering.explanation_record, steering.explanation_record) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_explanation(steering.explanation_record, steering.explanation_record) IS 'set_explanation, drop_explanation';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.explanation_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_explanation');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.explanation_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE VIEW steering.explanation WITH (security_barrier) AS
SELECT record.explanation_id,
	steering.name_period(daterange(record.first_day, record.end_day)) AS period,
	record.first_day AS valid_from,
	record.end_day - 1 AS valid_to,
	service.code AS service,
	participant.code AS participant,
	record.cause,
	record.consequence,
	record.action,
	record.is_structural,
	record.document,
	record.explained_at,
	record.role_name
FROM steering.explanation_record AS record
JOIN steering.service ON service.service_id = record.service_id
JOIN steering.participant ON participant.participant_id = record.participant_id
WHERE record.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.explanation TO PUBLIC;
COMMENT ON VIEW steering.explanation IS 'what is said of deviations, for the participants whose figures the role may read';
COMMENT ON COLUMN steering.explanation.explanation_id IS 'number of the explanation';
COMMENT ON COLUMN steering.explanation.period IS 'the period';
COMMENT ON COLUMN steering.explanation.valid_from IS 'its first day';
COMMENT ON COLUMN steering.explanation.valid_to IS 'its last day';
COMMENT ON COLUMN steering.explanation.service IS 'code of the service that deviates';
COMMENT ON COLUMN steering.explanation.participant IS 'code of the participant for which it does';
COMMENT ON COLUMN steering.explanation.cause IS 'why; null: not said';
COMMENT ON COLUMN steering.explanation.consequence IS 'what follows from it; null: not said';
COMMENT ON COLUMN steering.explanation.action IS 'what is done about it; null: not said';
COMMENT ON COLUMN steering.explanation.is_structural IS 'it comes back in later periods; null: not said';
COMMENT ON COLUMN steering.explanation.document IS 'where it was decided, or is written; null: not said';
COMMENT ON COLUMN steering.explanation.explained_at IS 'when';
COMMENT ON COLUMN steering.explanation.role_name IS 'who had logged in';

CREATE VIEW steering.attainment_limit WITH (security_barrier) AS
SELECT coalesce(max(signal_limit.amber::numeric), 100) AS amber, coalesce(max(signal_limit.red::numeric), 90) AS red
FROM steering.signal_limit WHERE signal_limit.measure = 'attainment';
GRANT SELECT ON steering.attainment_limit TO PUBLIC;
COMMENT ON VIEW steering.attainment_limit IS 'below which attainment a result is amber, and red: what set_signal_limit() said, or its defaults';
COMMENT ON COLUMN steering.attainment_limit.amber IS 'percentage: amber below it';
COMMENT ON COLUMN steering.attainment_limit.red IS 'percentage: red below it';

-- Read as the caller. A cap that is over has no outlook any more: it is what was used of it.
CREATE FUNCTION steering.deviation(period text, minimum numeric DEFAULT 25000, as_of date DEFAULT NULL)
RETURNS TABLE (service text, participant text, cap_id integer, valid_from date, valid_to date, amended numeric, expected numeric,
	difference numeric, step text, attainment numeric, light text, is_structural boolean, cause text, consequence text, action text,
	document text, missing text[])
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT lower(steering.period_range(deviation.period)) AS first_day, upper(steering.period_range(deviation.period)) - 1 AS last_day,
		coalesce(deviation.as_of, least(greatest(current_date, lower(steering.period_range(deviation.period))),
			upper(steering.period_range(deviation.period)) - 1)) AS as_of,
		coalesce(deviation.minimum, 25000) AS minimum
), money AS (
	SELECT status.*, outlook.outcome AS expected, status.amount - outlook.outcome AS difference,
		CASE WHEN outlook.outcome > status.blocks_at OR status.step LIKE '% block' THEN 'red'
			WHEN outlook.outcome > status.amount OR status.step LIKE '% warn' THEN 'amber' ELSE 'green' END AS light
	FROM asked
	JOIN steering.cap_status AS status ON status.metric = 'budget' AND status.valid_from <= asked.last_day AND status.valid_to >= asked.first_day
	LEFT JOIN steering.cap_outlook((SELECT asked.as_of FROM asked)) AS ahead ON ahead.cap_id = status.cap_id
	CROSS JOIN LATERAL (SELECT coalesce(ahead.expected, CASE WHEN status.valid_to < asked.as_of THEN status.used END) AS outcome) AS outlook
), achieved AS (
	SELECT below.service, below.participant, below.attainment,
		CASE WHEN below.attainment < (SELECT attainment_limit.red FROM steering.attainment_limit) THEN 'red' ELSE 'amber' END AS light
	FROM steering.cost_versus_result(deviation.period) AS below
	WHERE below.attainment < (SELECT attainment_limit.amber FROM steering.attainment_limit)
), found AS (
	SELECT money.service, money.participant, money.cap_id, money.valid_from, money.valid_to, money.amount AS amended, money.expected,
		money.difference, money.step, NULL::numeric AS attainment, money.light
	FROM money CROSS JOIN asked
	WHERE abs(money.difference) >= asked.minimum OR money.step LIKE '% warn' OR money.step LIKE '% block'
	UNION ALL
	SELECT achieved.service, achieved.participant, NULL, NULL, NULL, NULL, NULL, NULL, NULL, achieved.attainment, achieved.light
	FROM achieved
)
SELECT found.service, found.participant, found.cap_id, found.valid_from, found.valid_to, found.amended, found.expected, found.difference,
	found.step, found.attainment, found.light, said.is_structural, said.cause, said.consequence, said.action, said.document,
	array_remove(ARRAY[CASE WHEN said.cause IS NULL THEN 'cause' END, CASE WHEN said.consequence IS NULL THEN 'consequence' END,
		CASE WHEN said.action IS NULL THEN 'action' END], NULL)
FROM found CROSS JOIN asked
LEFT JOIN steering.explanation AS said ON said.service = found.service AND said.participant = found.participant
	AND said.valid_from = asked.first_day AND said.valid_to = asked.last_day;
END;
COMMENT ON FUNCTION steering.deviation(text, numeric, date) IS
'what deviates in a period, as far as the role may read it, with what set_explanation() said of it: each budget cap in it that is expected to be left or exceeded by at least the minimum (difference = amended - expected, so negative is a disadvantage), or that stands at a step that warns or blocks; and each service and participant whose main indicator is below its target (attainment, amber or red by set_signal_limit()). minimum: money; null: 25000. as_of: the day of the outlook (cap_outlook(), expected); null: today, or the nearest day in the period; of a cap that is over it is what was used, of one that begins later nothing is known. light: red where expected is above what the cap blocks at or usage stands at a step that blocks, amber where expected is above the cap or usage stands at a step that warns, else green. missing: which of cause, consequence and action nobody has said; empty: the explanation is complete. Errors: those of cost_versus_result() and cap_outlook()';
