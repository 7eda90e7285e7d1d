-- lawfulness.sql
-- Lawfulness of the budget (begrotingsrechtmatigheid): what a council has laid down about it, and the deviations from its budget
-- with what is known of them. What follows from them: lawfulness_view.sql.

CREATE TABLE steering.lawfulness_frame_record (
	frame_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT lawfulness_frame_record_pkey PRIMARY KEY,
	participant_id integer,
	during daterange NOT NULL CONSTRAINT lawfulness_frame_during_not_empty CHECK (NOT isempty(during)),
	level integer NOT NULL CONSTRAINT lawfulness_frame_level_not_negative CHECK (level >= 0),
	separate_percent numeric CONSTRAINT lawfulness_frame_separate_in_range CHECK (separate_percent BETWEEN 0 AND 100),
	statement_percent numeric NOT NULL CONSTRAINT lawfulness_frame_statement_in_range CHECK (statement_percent BETWEEN 0 AND 3),
	reporting_limit steering.amount NOT NULL
		CONSTRAINT lawfulness_frame_reporting_not_negative CHECK (reporting_limit OPERATOR(steering.>=) 0::steering.amount),
	errors_percent numeric CONSTRAINT lawfulness_frame_errors_in_range CHECK (errors_percent BETWEEN 0 AND 100),
	uncertainties_percent numeric CONSTRAINT lawfulness_frame_uncertainties_in_range CHECK (uncertainties_percent BETWEEN 0 AND 100),
	rules jsonb NOT NULL,
	document text,
	CONSTRAINT lawfulness_frame_key UNIQUE NULLS NOT DISTINCT (participant_id, during),
	CONSTRAINT lawfulness_frame_no_overlap EXCLUDE USING gist (
		int4range(coalesce(participant_id, 0), coalesce(participant_id, 0), '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.lawfulness_frame_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.lawfulness_frame_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.lawfulness_frame_record_frame_id_seq', '');
COMMENT ON TABLE steering.lawfulness_frame_record IS 'what councils have laid down about lawfulness, written by set_lawfulness_frame() and drop_lawfulness_frame() alone; one at a time for each participant';
COMMENT ON COLUMN steering.lawfulness_frame_record.frame_id IS 'number of the frame';
COMMENT ON COLUMN steering.lawfulness_frame_record.participant_id IS 'the participant whose council it is; null: for all that have none of their own';
COMMENT ON COLUMN steering.lawfulness_frame_record.during IS 'the days that it holds on: for a period, that of its last day';
COMMENT ON COLUMN steering.lawfulness_frame_record.level IS 'how far below the top of the catalogue the services stand that the council authorises: its programmes';
COMMENT ON COLUMN steering.lawfulness_frame_record.separate_percent IS 'a service right below a programme with more than this of all budgets is authorised apart; null: none is';
COMMENT ON COLUMN steering.lawfulness_frame_record.statement_percent IS 'limit of the statement (verantwoordingsgrens): percentage of costs and additions to reserves';
COMMENT ON COLUMN steering.lawfulness_frame_record.reporting_limit IS 'deviations of more than this are explained (rapportagegrens)';
COMMENT ON COLUMN steering.lawfulness_frame_record.errors_percent IS 'what the auditor allows of errors: percentage of costs and additions; null: not said';
COMMENT ON COLUMN steering.lawfulness_frame_record.uncertainties_percent IS 'what he allows of uncertainties; null: they have no limit of their own';
COMMENT ON COLUMN steering.lawfulness_frame_record.rules IS 'the decision table, in its order: what a deviation is that a row is the first to be for';
COMMENT ON COLUMN steering.lawfulness_frame_record.document IS 'where it is written; null: not said';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.lawfulness_frame_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_lawfulness_frame', 'drop_lawfulness_frame');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.lawfulness_frame_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

-- A fact is true, false or not known. Which there are stands here alone.
CREATE FUNCTION steering.lawfulness_fact() RETURNS TABLE (fact text, meaning text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 9
BEGIN ATOMIC
VALUES ('amended', 'the budget was amended for it in time'), ('open_ended', 'of a scheme that is open-ended'),
	('within_policy', 'it fits the policy of the council'), ('foreseeable', 'it could have been reported before the year ended'),
	('reported', 'it was reported before the year ended'), ('later_charges', 'of an investment: what follows is depreciation and interest of later years'),
	('revaluation', 'of a revaluation that is made once a year'), ('found_later', 'it was found after the year'), ('explained', 'it is explained; follows from its explanation');
END;
COMMENT ON FUNCTION steering.lawfulness_fact() IS 'what may be known of a deviation, and asked for by a row of a decision table';

CREATE FUNCTION steering.lawfulness_value() RETURNS TABLE (condition text, value text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 12
BEGIN ATOMIC
VALUES ('object', 'costs over'), ('object', 'costs under'), ('object', 'income over'), ('object', 'income under'), ('object', 'investment over'),
	('object', 'investment under'), ('object', 'reserve over'), ('object', 'reserve under'),
	('offset', 'direct'), ('offset', 'unrelated'), ('offset', 'elsewhere'), ('offset', 'none');
END;
REVOKE ALL ON FUNCTION steering.lawfulness_value() FROM PUBLIC;
COMMENT ON FUNCTION steering.lawfulness_value() IS 'what object and offset of a row of a decision table may be';

CREATE FUNCTION steering.require_lawfulness_rules(rules jsonb) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_lawfulness_rules.rules IS NOT NULL, 'rules'),
	steering.require_that(jsonb_typeof(require_lawfulness_rules.rules) = 'array', '22023', 'rules must be a JSON array',
		'steering.lawfulness_model() makes one.');
SELECT steering.require_that(jsonb_typeof(rule.value) = 'object' AND jsonb_typeof(rule.value -> 'name') = 'string'
			AND jsonb_typeof(rule.value -> 'when') = 'object' AND jsonb_typeof(rule.value -> 'irregular') = 'boolean', '22023',
		format('rule %s must be an object with name, when and irregular', rule.ordinality),
		'{"name": "...", "when": {...}, "irregular": true, "acceptable": false, "counts": true}'),
	steering.require_that(rule.value -> 'irregular' = 'false' OR (jsonb_typeof(rule.value -> 'acceptable') = 'boolean' AND jsonb_typeof(rule.value -> 'counts') = 'boolean'), '22023',
		format('rule %s must say whether it is acceptable and counts', rule.ordinality))
FROM jsonb_array_elements(require_lawfulness_rules.rules) WITH ORDINALITY AS rule;
SELECT steering.require_that(entry.key IN ('name', 'when', 'irregular', 'acceptable', 'counts'), '22023',
	format('rule %s has an unknown key "%s"', rule.ordinality, left(entry.key, 60)))
FROM jsonb_array_elements(require_lawfulness_rules.rules) WITH ORDINALITY AS rule CROSS JOIN LATERAL jsonb_each(rule.value) AS entry;
SELECT steering.require_that(CASE
		WHEN entry.key = 'up_to' THEN jsonb_typeof(entry.value) = 'number'
		WHEN entry.key IN ('object', 'offset') THEN jsonb_typeof(entry.value) IN ('string', 'array') AND NOT EXISTS (
			SELECT FROM jsonb_array_elements(CASE jsonb_typeof(entry.value) WHEN 'array' THEN entry.value ELSE jsonb_build_array(entry.value) END) AS named
			WHERE (named #>> '{}' IN (SELECT known.value FROM steering.lawfulness_value() AS known WHERE known.condition = entry.key)) IS NOT TRUE)
		ELSE entry.key IN (SELECT known.fact FROM steering.lawfulness_fact() AS known) AND jsonb_typeof(entry.value) = 'boolean' END, '22023',
	format('rule %s asks for what is not known: "%s"', rule.ordinality, left(entry.key, 60)),
	'object, offset, up_to, and true or false for the facts of steering.lawfulness_fact().')
FROM jsonb_array_elements(require_lawfulness_rules.rules) WITH ORDINALITY AS rule CROSS JOIN LATERAL jsonb_each(rule.value -> 'when') AS entry;
END;
REVOKE ALL ON FUNCTION steering.require_lawfulness_rules(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_lawfulness_rules(jsonb) IS 'Errors: 22004 null, 22023 no decision table, with the row that is not one';

CREATE FUNCTION steering.lawfulness_model(year integer, small numeric DEFAULT NULL) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT jsonb_agg(jsonb_build_object('name', row_.name, 'when', row_.asks, 'irregular', row_.irregular, 'acceptable', row_.acceptable, 'counts', row_.counts) ORDER BY row_.place)
FROM (
	SELECT model.place, model.name, model.asks::jsonb AS asks, model.irregular, model.acceptable, model.counts
	FROM (VALUES (10, 'amended in time', '{"amended": true}', false, NULL, NULL),
		(30, 'offset by directly related income', '{"object": "costs over", "offset": "direct"}', true, true, false),
		(40, 'open-ended scheme', '{"object": "costs over", "open_ended": true}', true, true, false),
		(50, 'investment with later depreciation and interest', '{"object": "investment over", "later_charges": true}', true, true, false),
		(60, 'within policy, could not be reported in time', '{"object": ["costs over", "costs under", "income over", "investment over", "investment under"], "within_policy": true, "foreseeable": false, "explained": true}', true, true, false),
		(70, 'within policy, was not reported', '{"within_policy": true, "foreseeable": true, "reported": false}', true, false, true),
		(80, 'income that could not be reported in time', '{"object": "income under", "foreseeable": false, "explained": true}', true, true, false),
		(81, 'yearly revaluation', '{"object": "income under", "revaluation": true, "explained": true}', true, true, false),
		(90, 'offset by other income or under-spending', '{"offset": ["unrelated", "elsewhere"]}', true, false, true),
		(100, 'outside policy, no proposal', '{"within_policy": false, "reported": false}', true, false, true),
		(110, 'movement of a reserve that was not decided', '{"object": "reserve over"}', true, false, true),
		(111, 'movement of a reserve that is less than was decided', '{"object": "reserve under"}', false, NULL, NULL),
		(120, 'foreseeable and not amended', '{"object": ["costs under", "income over"], "foreseeable": true, "amended": false}', true, false, true))
		AS model (place, name, asks, irregular, acceptable, counts)
	WHERE lawfulness_model.year >= 2023
	UNION ALL
	SELECT 20, 'small', jsonb_build_object('object', 'costs over', 'up_to', lawfulness_model.small), true, true, false
	WHERE lawfulness_model.year >= 2023 AND lawfulness_model.small IS NOT NULL
	UNION ALL
	SELECT old.place, old.name, old.asks::jsonb, true, NOT old.counts, old.counts
	FROM (VALUES (10, 'offset by directly related income', '{"object": "costs over", "offset": "direct"}', false),
		(20, 'open-ended scheme', '{"object": "costs over", "open_ended": true}', false),
		(30, 'offset by other income', '{"object": "costs over", "offset": "unrelated"}', true),
		(40, 'within policy, was not signalled', '{"within_policy": true, "foreseeable": true, "reported": false}', true),
		(41, 'within policy, could not be signalled', '{"within_policy": true, "foreseeable": false}', false),
		(50, 'outside policy', '{"within_policy": false}', true),
		(60, 'found irregular after the year', '{"found_later": true}', false),
		(70, 'depreciation and interest of later years', '{"object": "investment over", "later_charges": true}', false))
		AS old (place, name, asks, counts)
	WHERE lawfulness_model.year < 2023
) AS row_;
END;
COMMENT ON FUNCTION steering.lawfulness_model(integer, numeric) IS
'a decision table to begin with, for set_lawfulness_frame(): from 2023 on one by the definition of the commissie BBV, where what is acceptable is for the council to say (change it as its regulation says), with a row for costs over budget by no more than small, if that is given; before it the national one of seven kinds. What no row is for is irregular, not acceptable, and counts';

CREATE FUNCTION steering.set_lawfulness_frame(during steering.day_range, statement_percent numeric, reporting_limit numeric, rules jsonb,
	participant text DEFAULT NULL, level integer DEFAULT 0, separate_percent numeric DEFAULT NULL, errors_percent numeric DEFAULT NULL,
	uncertainties_percent numeric DEFAULT NULL, document text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_days(set_lawfulness_frame.during::daterange), steering.require_lawfulness_rules(set_lawfulness_frame.rules),
	steering.require_that((set_lawfulness_frame.statement_percent BETWEEN 0 AND 3) IS NOT FALSE, '23514',
		format('statement_percent must be between 0 and 3: %s', set_lawfulness_frame.statement_percent)),
	steering.require_that((set_lawfulness_frame.level >= 0) IS NOT FALSE, '23514',
		format('level must not be negative: %s', set_lawfulness_frame.level)),
	steering.require_that((set_lawfulness_frame.reporting_limit::steering.amount OPERATOR(steering.>=) 0::steering.amount) IS NOT FALSE, '23514',
		format('reporting_limit must not be negative: %s', set_lawfulness_frame.reporting_limit));
SELECT steering.require_that(given.percent BETWEEN 0 AND 100, '23514', format('%s must be between 0 and 100: %s', given.name, given.percent))
FROM (VALUES ('separate_percent', set_lawfulness_frame.separate_percent), ('errors_percent', set_lawfulness_frame.errors_percent),
	('uncertainties_percent', set_lawfulness_frame.uncertainties_percent)) AS given (name, percent)
WHERE given.percent IS NOT NULL;
SELECT steering.require_that(false, '23P01', format('a frame of lawfulness holds on some of these days already: %s',
		coalesce(steering.name_period(standing.during), standing.during::text)),
	'End it with steering.drop_lawfulness_frame(), or leave its days out.')
FROM steering.lawfulness_frame_record AS standing
WHERE standing.participant_id IS NOT DISTINCT FROM
		CASE WHEN set_lawfulness_frame.participant IS NOT NULL THEN steering.participant_number(set_lawfulness_frame.participant) END
	AND standing.during && set_lawfulness_frame.during::daterange AND standing.during <> set_lawfulness_frame.during::daterange
LIMIT 1;
INSERT INTO steering.lawfulness_frame_record (participant_id, during, level, separate_percent, statement_percent, reporting_limit, errors_percent,
	uncertainties_percent, rules, document)
VALUES (CASE WHEN set_lawfulness_frame.participant IS NOT NULL THEN steering.participant_number(set_lawfulness_frame.participant) END,
	set_lawfulness_frame.during::daterange, set_lawfulness_frame.level, set_lawfulness_frame.separate_percent,
	set_lawfulness_frame.statement_percent, set_lawfulness_frame.reporting_limit::steering.amount, set_lawfulness_frame.errors_percent,
	set_lawfulness_frame.uncertainties_percent, set_lawfulness_frame.rules, set_lawfulness_frame.document)
ON CONFLICT ON CONSTRAINT lawfulness_frame_key DO UPDATE
	SET level = excluded.level, separate_percent = excluded.separate_percent, statement_percent = excluded.statement_percent,
		reporting_limit = excluded.reporting_limit, errors_percent = excluded.errors_percent,
		uncertainties_percent = excluded.uncertainties_percent, rules = excluded.rules, document = excluded.document
RETURNING frame_id;
END;
REVOKE ALL ON FUNCTION steering.set_lawfulness_frame(steering.day_range, numeric, numeric, jsonb, text, integer, numeric, numeric, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_lawfulness_frame(steering.day_range, numeric, numeric, jsonb, text, integer, numeric, numeric, numeric, text) IS
'says what a council has laid down about the lawfulness of its budget on these days, of one participant or of all that have nothing of their own (null); the one for just these days is replaced; returns its number. statement_percent: limit of the statement, 0 to 3, of costs and additions to reserves; reporting_limit: deviations of more than this are explained; rules: the decision table, [{"name": ..., "when": {...}, "irregular": true, "acceptable": false, "counts": true}, ...], of which the first row holds whose conditions are all met: object ("costs over", or several in an array), offset (direct, unrelated, elsewhere, none), up_to (an amount), and facts that are true or false; see lawfulness_model(). level: how far below the top of the catalogue programmes stand; separate_percent: what right below one has more than this of all budgets is authorised apart. errors_percent, uncertainties_percent: what the auditor allows. Errors: 22004 null, 22023 empty days, unknown participant, a row that is none, 23502 null, 23514 a percentage or limit out of range, 23P01 there is one for some of these days, 22003 no amount';

CREATE FUNCTION steering.drop_lawfulness_frame(frame integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(drop_lawfulness_frame.frame IS NOT NULL, 'frame');
WITH gone AS (
	DELETE FROM steering.lawfulness_frame_record AS record WHERE record.frame_id = drop_lawfulness_frame.frame RETURNING record.frame_id
)
SELECT steering.require_found(count(*), format('frame %s of lawfulness', drop_lawfulness_frame.frame)) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_lawfulness_frame(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_lawfulness_frame(integer) IS 'takes back what was laid down. Errors: 22004 null, 42704 there is none';

CREATE TABLE steering.lawfulness_base (
	base_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT lawfulness_base_pkey PRIMARY KEY,
	participant_id integer NOT NULL,
	during daterange NOT NULL,
	costs steering.amount CONSTRAINT lawfulness_base_costs_not_negative CHECK (costs OPERATOR(steering.>=) 0::steering.amount),
	additions steering.amount NOT NULL CONSTRAINT lawfulness_base_additions_not_negative CHECK (additions OPERATOR(steering.>=) 0::steering.amount),
	CONSTRAINT lawfulness_base_key UNIQUE (participant_id, during)
);
REVOKE ALL ON steering.lawfulness_base FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.lawfulness_base', '');
SELECT pg_catalog.pg_extension_config_dump('steering.lawfulness_base_base_id_seq', '');
COMMENT ON TABLE steering.lawfulness_base IS 'what limits of lawfulness are percentages of, written by set_lawfulness_base() alone';
COMMENT ON COLUMN steering.lawfulness_base.base_id IS 'number of the row';
COMMENT ON COLUMN steering.lawfulness_base.participant_id IS 'the participant';
COMMENT ON COLUMN steering.lawfulness_base.during IS 'the period';
COMMENT ON COLUMN steering.lawfulness_base.costs IS 'all costs of it in the period; null: what was booked as spent';
COMMENT ON COLUMN steering.lawfulness_base.additions IS 'what was added to its reserves';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.lawfulness_base
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_lawfulness_base', 'set_lawfulness_base');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.lawfulness_base FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.set_lawfulness_base(period text, participant text, costs numeric, additions numeric) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_that(given.amount::steering.amount OPERATOR(steering.>=) 0::steering.amount, '23514',
	format('%s must not be negative: %s', given.name, given.amount))
FROM (VALUES ('costs', set_lawfulness_base.costs), ('additions', set_lawfulness_base.additions)) AS given (name, amount)
WHERE given.amount IS NOT NULL;
INSERT INTO steering.lawfulness_base (participant_id, during, costs, additions)
VALUES (steering.participant_number(set_lawfulness_base.participant), steering.period_range(set_lawfulness_base.period),
	set_lawfulness_base.costs::steering.amount, set_lawfulness_base.additions::steering.amount)
ON CONFLICT ON CONSTRAINT lawfulness_base_key DO UPDATE SET costs = excluded.costs, additions = excluded.additions
RETURNING base_id;
END;
REVOKE ALL ON FUNCTION steering.set_lawfulness_base(text, text, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_lawfulness_base(text, text, numeric, numeric) IS
'says what the limits of lawfulness of a participant and a period are percentages of: all of its costs (null: what was booked as spent for it and all below it) and the additions to its reserves; replaces what was said before. Errors: 22004 null period or participant, 22P02 no period, 22023 unknown participant, 23502 additions are null, 23514 negative, 22003 no amount';

CREATE TABLE steering.deviation_record (
	deviation_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT deviation_record_pkey PRIMARY KEY,
	participant_id integer NOT NULL,
	during daterange NOT NULL,
	object text NOT NULL CONSTRAINT deviation_object_known CHECK (object IN ('costs', 'income', 'investment', 'reserve')),
	subject text NOT NULL CONSTRAINT deviation_subject_not_empty CHECK (subject ~ '[^[:space:]]'),
	authorised steering.amount,
	actual steering.amount,
	direct steering.amount NOT NULL CONSTRAINT deviation_direct_not_negative CHECK (direct OPERATOR(steering.>=) 0::steering.amount),
	unrelated steering.amount NOT NULL CONSTRAINT deviation_unrelated_not_negative CHECK (unrelated OPERATOR(steering.>=) 0::steering.amount),
	elsewhere steering.amount NOT NULL CONSTRAINT deviation_elsewhere_not_negative CHECK (elsewhere OPERATOR(steering.>=) 0::steering.amount),
	facts jsonb NOT NULL,
	explanation text CONSTRAINT deviation_explanation_not_empty CHECK (explanation ~ '[^[:space:]]'),
	CONSTRAINT deviation_key UNIQUE (participant_id, during, object, subject),
	CONSTRAINT deviation_both_or_none CHECK ((authorised IS NULL) = (actual IS NULL)),
	CONSTRAINT deviation_figures_known CHECK (authorised IS NOT NULL OR object = 'costs')
);
REVOKE ALL ON steering.deviation_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.deviation_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.deviation_record_deviation_id_seq', '');
COMMENT ON TABLE steering.deviation_record IS 'what is known of deviations from budgets, written by set_deviation() and drop_deviation() alone; who may select from it may read all';
COMMENT ON COLUMN steering.deviation_record.deviation_id IS 'number of the row';
COMMENT ON COLUMN steering.deviation_record.participant_id IS 'the participant';
COMMENT ON COLUMN steering.deviation_record.during IS 'the period';
COMMENT ON COLUMN steering.deviation_record.object IS 'costs of a programme, income, investment or reserve';
COMMENT ON COLUMN steering.deviation_record.subject IS 'what it is of: of costs the code of a service, else a name';
COMMENT ON COLUMN steering.deviation_record.authorised IS 'what the council has authorised; null: the limit of the cap';
COMMENT ON COLUMN steering.deviation_record.actual IS 'what it came to; null: what was spent under the cap';
COMMENT ON COLUMN steering.deviation_record.direct IS 'as much of it is offset by directly related income';
COMMENT ON COLUMN steering.deviation_record.unrelated IS 'and of the rest by other income';
COMMENT ON COLUMN steering.deviation_record.elsewhere IS 'and of that rest by under-spending elsewhere';
COMMENT ON COLUMN steering.deviation_record.facts IS 'what is known of it: facts of lawfulness_fact(), true or false';
COMMENT ON COLUMN steering.deviation_record.explanation IS 'why; null: nobody has said';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.deviation_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_deviation', 'drop_deviation');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.deviation_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.set_deviation(period text, participant text, object text, subject text, authorised numeric DEFAULT NULL,
	actual numeric DEFAULT NULL, facts jsonb DEFAULT '{}', explanation text DEFAULT NULL, direct numeric DEFAULT 0,
	unrelated numeric DEFAULT 0, elsewhere numeric DEFAULT 0) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_one_of(set_deviation.object, 'object', 'costs, income, investment, reserve'),
	steering.require_that((set_deviation.subject ~ '[^[:space:]]') IS NOT FALSE, '23514', 'subject must not be empty'),
	steering.require_that((set_deviation.explanation ~ '[^[:space:]]') IS NOT FALSE, '23514', 'explanation must not be empty'),
	steering.require_that((set_deviation.authorised IS NULL) = (set_deviation.actual IS NULL), '23514',
		'authorised and actual must be given both, or neither'),
	steering.require_that((set_deviation.authorised IS NOT NULL OR set_deviation.object = 'costs') IS NOT FALSE, '23514',
		format('authorised and actual must be given, as object is %s', set_deviation.object));
SELECT steering.require_that(given.amount::steering.amount OPERATOR(steering.>=) 0::steering.amount, '23514',
	format('%s must not be negative: %s', given.name, given.amount))
FROM (VALUES ('direct', set_deviation.direct), ('unrelated', set_deviation.unrelated), ('elsewhere', set_deviation.elsewhere))
	AS given (name, amount)
WHERE given.amount IS NOT NULL;
SELECT steering.require_given(set_deviation.facts IS NOT NULL, 'facts'),
	steering.require_that(jsonb_typeof(set_deviation.facts) = 'object', '22023', 'facts must be a JSON object'),
	CASE WHEN set_deviation.object = 'costs' AND set_deviation.authorised IS NULL THEN steering.require_scope(set_deviation.subject, NULL) END;
SELECT steering.require_that(entry.key IN (SELECT known.fact FROM steering.lawfulness_fact() AS known WHERE known.fact <> 'explained')
		AND jsonb_typeof(entry.value) = 'boolean', '22023',
	format('"%s" is no fact that is true or false', left(entry.key, 60)), 'They are listed by steering.lawfulness_fact().')
FROM jsonb_each(set_deviation.facts) AS entry;
INSERT INTO steering.deviation_record (participant_id, during, object, subject, authorised, actual, direct, unrelated, elsewhere, facts, explanation)
VALUES (steering.participant_number(set_deviation.participant), steering.period_range(set_deviation.period), set_deviation.object,
	set_deviation.subject, set_deviation.authorised::steering.amount, set_deviation.actual::steering.amount, set_deviation.direct::steering.amount,
	set_deviation.unrelated::steering.amount, set_deviation.elsewhere::steering.amount, set_deviation.facts, set_deviation.explanation)
ON CONFLICT ON CONSTRAINT deviation_key DO UPDATE
	SET authorised = excluded.authorised, actual = excluded.actual, direct = excluded.direct, unrelated = excluded.unrelated,
		elsewhere = excluded.elsewhere, facts = excluded.facts, explanation = excluded.explanation
RETURNING deviation_id;
END;
REVOKE ALL ON FUNCTION steering.set_deviation(text, text, text, text, numeric, numeric, jsonb, text, numeric, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_deviation(text, text, text, text, numeric, numeric, jsonb, text, numeric, numeric, numeric) IS
'says what is known of a deviation from the budget of a participant and a period; replaces what was said of it before; returns its number. object: costs (subject is the service; without figures they are those of its cap), income, investment, or reserve (its movement against what was decided), with what was authorised and what it came to. direct, unrelated, elsewhere: how much of it directly related income, other income, and under-spending elsewhere offset, in this order. facts: {"within_policy": true, ...}, those of lawfulness_fact(); what is not given is not known. Errors: 22004 null, 22P02 no period, 22023 unknown participant or service, facts that are none, 23502 null, 23514 unknown object, empty subject or explanation, one figure without the other, negative offset, 22003 no amount';

CREATE FUNCTION steering.drop_deviation(deviation integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(drop_deviation.deviation IS NOT NULL, 'deviation');
WITH gone AS (
	DELETE FROM steering.deviation_record AS record WHERE record.deviation_id = drop_deviation.deviation RETURNING record.deviation_id
)
SELECT steering.require_found(count(*), format('deviation %s', drop_deviation.deviation)) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_deviation(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_deviation(integer) IS 'takes back what was said of a deviation. Errors: 22004 null, 42704 there is none';
