-- form_change.sql
-- An arrangement goes on in another form: a joint body becomes the host's. Bookings, caps, agreements and results are of services and participants
-- and stay where they are; who takes part does so in another role, and the reserve goes over.

CREATE TABLE steering.opening_line (
	change_id integer NOT NULL,
	position integer NOT NULL,
	line text NOT NULL CONSTRAINT opening_line_not_empty CHECK (line <> ''),
	side text NOT NULL CONSTRAINT opening_line_side_known CHECK (side IN ('assets', 'liabilities')),
	own steering.amount NOT NULL,
	taken_over steering.amount NOT NULL,
	eliminated steering.amount NOT NULL,
	CONSTRAINT opening_line_pkey PRIMARY KEY (change_id, position)
);
REVOKE ALL ON steering.opening_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.opening_line', '');
COMMENT ON TABLE steering.opening_line IS 'opening balances of changes of form, written with steering.form_change';
COMMENT ON COLUMN steering.opening_line.change_id IS 'the change';
COMMENT ON COLUMN steering.opening_line.position IS 'place in it, from 1';
COMMENT ON COLUMN steering.opening_line.line IS 'what it is';
COMMENT ON COLUMN steering.opening_line.side IS 'assets or liabilities';
COMMENT ON COLUMN steering.opening_line.own IS 'what whoever takes over had';
COMMENT ON COLUMN steering.opening_line.taken_over IS 'what is taken over at book value';
COMMENT ON COLUMN steering.opening_line.eliminated IS 'what both had of each other; as much of assets as of liabilities';

CREATE FUNCTION steering.require_opening_lines(lines jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(coalesce(jsonb_typeof(require_opening_lines.lines) = 'array', false), '22023', 'lines must be a list');
SELECT steering.require_that(coalesce(jsonb_typeof(entry.value) = 'object' AND jsonb_typeof(entry.value -> 'line') = 'string'
		AND entry.value ->> 'line' ~ '[^[:space:]]'
		AND entry.value ->> 'side' IN ('assets', 'liabilities') AND jsonb_typeof(entry.value -> 'own') = 'number'
		AND jsonb_typeof(entry.value -> 'taken_over') = 'number' AND coalesce(jsonb_typeof(entry.value -> 'eliminated'), 'number') = 'number', false), '22023',
	format('a line must have a line, a side (assets, liabilities), and amounts own and taken_over: %s', entry.value))
FROM jsonb_array_elements(require_opening_lines.lines) AS entry (value);
SELECT steering.require_that(field.name IN ('line', 'side', 'own', 'taken_over', 'eliminated'), '22023',
	format('a line of an opening balance has no "%s": %s', field.name, entry.value))
FROM jsonb_array_elements(require_opening_lines.lines) AS entry (value)
CROSS JOIN LATERAL jsonb_object_keys(entry.value) AS field (name);
SELECT steering.require_that(sum(CASE entry.value ->> 'side' WHEN 'assets' THEN 1 ELSE -1 END * coalesce(entry.value ->> 'eliminated', '0')::steering.amount::numeric) = 0, '22023',
	format('what is eliminated of assets is %s, and of liabilities %s',
		coalesce(sum((entry.value ->> 'eliminated')::steering.amount::numeric) FILTER (WHERE entry.value ->> 'side' = 'assets'), 0),
		coalesce(sum((entry.value ->> 'eliminated')::steering.amount::numeric) FILTER (WHERE entry.value ->> 'side' = 'liabilities'), 0)),
	'What both had of each other is an asset of the one and a liability of the other.')
FROM jsonb_array_elements(require_opening_lines.lines) AS entry (value)
HAVING count(*) > 0;
END;
REVOKE ALL ON FUNCTION steering.require_opening_lines(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_opening_lines(jsonb) IS 'Error: 22023 no lines of an opening balance, or eliminations that do not add up to nothing';

CREATE FUNCTION steering.close_where_allowed(period text, reason text) RETURNS boolean
AS 'MODULE_PATHNAME', 'steering_close_where_allowed'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.close_where_allowed(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_where_allowed(text, text) IS
'close_period(); false, told by a NOTICE: who has logged in may not, or the period cannot be closed. Errors: others than 23S75 and 55000';

CREATE FUNCTION steering.form_change_unclosed(arrangement text) RETURNS TABLE (month date, changed_on date)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
SELECT DISTINCT usage.month, change.changed_on
FROM steering.form_change AS change
JOIN steering.arrangement_member AS member ON member.arrangement_id = steering.arrangement_number(change.arrangement) AND upper(member.during) = change.changed_on
JOIN steering.participant_below AS below ON below.top_id = member.participant_id
JOIN steering.usage_now AS usage ON usage.participant_id = below.participant_id AND usage.month < change.changed_on
WHERE change.arrangement = form_change_unclosed.arrangement
	AND NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> usage.month);
END;
REVOKE ALL ON FUNCTION steering.form_change_unclosed(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.form_change_unclosed(text) IS 'months before an arrangement went on in another form that are open, and in which something was booked for who took part until then';

-- Whole calendar years, the last one up to the change: the whole of it may be closed over that. Days that are not over yet are booked on still.
-- A proposal decides the change alone, whose mandate it is to close is not asked by it.
CREATE FUNCTION steering.form_change_close(arrangement text, reason text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.close_where_allowed(open.period, form_change_close.reason)
FROM (SELECT DISTINCT format('[%s,%s)', to_char(year.first_day, 'YYYY-MM-DD'),
		to_char(least(year.first_day + interval '1 year', unclosed.changed_on::timestamp), 'YYYY-MM-DD')) AS period, year.first_day
	FROM steering.form_change_unclosed(form_change_close.arrangement) AS unclosed
	CROSS JOIN LATERAL (SELECT date_trunc('year', unclosed.month::timestamp) AS first_day) AS year
	WHERE unclosed.changed_on <= steering.decision_day()) AS open
WHERE NOT steering.is_deciding() AND has_function_privilege(session_user, 'steering.close_period(text, text)', 'EXECUTE')
ORDER BY open.first_day;
END;
REVOKE ALL ON FUNCTION steering.form_change_close(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.form_change_close(text, text) IS
'closes what was booked before an arrangement went on in another form, once that day has come: as the act of who has logged in, as far as he may and it can be closed; nothing where a proposal does the change';

-- The row of the change comes first: it is what is asked about. The old arrangement is locked against whoever would change it.
CREATE FUNCTION steering.change_form(arrangement text, successor text, name text, form text, changed_on date, reason text, host text DEFAULT NULL,
	lines jsonb DEFAULT '[]', document text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(change_form.arrangement), steering.require_text(change_form.successor, 'successor'),
	steering.require_text(change_form.name, 'name'), steering.require_form(change_form.form, change_form.host),
	steering.require_text(change_form.reason, 'reason'),
	CASE WHEN change_form.document IS NOT NULL THEN steering.require_text(change_form.document, 'document') END,
	steering.require_first_day(change_form.changed_on, 'changed_on'),
	steering.require_opening_lines(change_form.lines);
SELECT steering.require_that(entry.during @> change_form.changed_on AND entry.during @> (change_form.changed_on - 1), '22023',
	format('arrangement "%s" does not stand just before and on %s', entry.code, to_char(change_form.changed_on::timestamp, 'YYYY-MM-DD')))
FROM steering.arrangement AS entry
WHERE entry.code = change_form.arrangement
FOR NO KEY UPDATE;
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.arrangement AS other WHERE other.code = change_form.successor), '23505',
	format('there is an arrangement "%s" already', change_form.successor));
WITH change AS (
	INSERT INTO steering.form_change (arrangement, successor, changed_on, reserve, reason, document)
	VALUES (change_form.arrangement, change_form.successor, change_form.changed_on,
		steering.arrangement_reserve_before(change_form.arrangement, change_form.changed_on)::steering.amount, change_form.reason, change_form.document)
	RETURNING change_id
)
INSERT INTO steering.opening_line (change_id, position, line, side, own, taken_over, eliminated)
SELECT change.change_id, entry.position, entry.value ->> 'line', entry.value ->> 'side', (entry.value ->> 'own')::steering.amount,
	(entry.value ->> 'taken_over')::steering.amount, coalesce(entry.value ->> 'eliminated', '0')::steering.amount
FROM change CROSS JOIN jsonb_array_elements(change_form.lines) WITH ORDINALITY AS entry (value, position);
INSERT INTO steering.arrangement (code, name, form, during, participant_id)
SELECT change_form.successor, change_form.name, change_form.form, entry.during * daterange(change_form.changed_on, NULL),
	CASE WHEN change_form.host IS NOT NULL THEN steering.participant_number(change_form.host) END
FROM steering.arrangement AS entry WHERE entry.code = change_form.arrangement;
INSERT INTO steering.arrangement_member (arrangement_id, participant_id, role, during)
SELECT steering.arrangement_number(change_form.successor), member.participant_id,
	CASE WHEN member.role = 'customer' THEN 'customer'
		WHEN steering.participant_code(member.participant_id) = change_form.host THEN 'host'
		WHEN change_form.form = 'host' THEN 'partner' ELSE 'member' END,
	member.during * daterange(change_form.changed_on, NULL)
FROM steering.arrangement_member AS member
WHERE member.arrangement_id = (SELECT steering.arrangement_number(change_form.arrangement))
	AND NOT isempty(member.during * daterange(change_form.changed_on, NULL));
DELETE FROM steering.arrangement_member AS member
WHERE member.arrangement_id = (SELECT steering.arrangement_number(change_form.arrangement)) AND lower(member.during) >= change_form.changed_on;
UPDATE steering.arrangement_member SET during = arrangement_member.during * daterange(NULL, change_form.changed_on)
WHERE arrangement_member.arrangement_id = (SELECT steering.arrangement_number(change_form.arrangement))
	AND arrangement_member.during @> change_form.changed_on;
UPDATE steering.arrangement SET during = arrangement.during * daterange(NULL, change_form.changed_on)
WHERE arrangement.code = change_form.arrangement;
SELECT steering.require_members(steering.arrangement_number(change_form.arrangement)),
	steering.require_members(steering.arrangement_number(change_form.successor));
SELECT steering.form_change_close(change_form.arrangement, change_form.reason);
SELECT change.change_id FROM steering.form_change AS change WHERE change.arrangement = change_form.arrangement;
END;
REVOKE ALL ON FUNCTION steering.change_form(text, text, text, text, date, text, text, jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.change_form(text, text, text, text, date, text, text, jsonb, text) IS
'ends an arrangement, which another one goes on from in another form on the first day of a month; returns the number of the change. Who takes part goes on: as host, partner of a host, or member; a customer as customer. Bookings, caps, agreements and results stay as they are; the reserve of the one goes to the other, so that the supplier''s stays what it is. Who calls it on or after that day closes with it the years with bookings of those who took part, as far as he may (close_period() is an act of its own) and they can be closed; a NOTICE tells of those that stay open. lines: the opening balance, [{"line": "receivables", "side": "assets", "own": 72149, "taken_over": 6177, "eliminated": 4341}, ...], of which as much is eliminated of assets as of liabilities. What is to be decided then, and by whom, says form_change_open(). Errors: 22004 null, 22023 unknown code, not the first day of a month, a day on which the arrangement does not stand, lines that are none or do not balance, an empty text, 23505 there is one of that code, or the arrangement went on already, 23514 an unknown form, a host that it does not have or has not got, 22003 no amount';

CREATE FUNCTION steering.question_of_form_change(was steering.form_change, becomes steering.form_change) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'change_form', NULL, NULL, abs(becomes.reserve::numeric),
	jsonb_strip_nulls(jsonb_build_object('arrangement', becomes.arrangement, 'successor', becomes.successor, 'changed_on', becomes.changed_on,
		'document', becomes.document, 'reserve', becomes.reserve::numeric,
		'lines', (SELECT jsonb_agg(jsonb_build_object('line', line.line, 'side', line.side, 'own', line.own::numeric, 'taken_over', line.taken_over::numeric,
			'eliminated', line.eliminated::numeric) ORDER BY line.position) FROM steering.opening_line AS line WHERE line.change_id = becomes.change_id)));
END;
REVOKE ALL ON FUNCTION steering.question_of_form_change(steering.form_change, steering.form_change) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_form_change(steering.form_change, steering.form_change) IS 'change_form: the reserve that goes over, without its sign';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.form_change
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_form_change');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.form_change FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE VIEW steering.opening_balance AS
SELECT change.change_id,
	change.arrangement,
	change.successor,
	change.changed_on,
	line.side,
	line.line,
	line.own::numeric AS own,
	line.taken_over::numeric AS taken_over,
	line.eliminated::numeric AS eliminated,
	line.own::numeric + line.taken_over::numeric - line.eliminated::numeric AS opening,
	line.position
FROM steering.form_change AS change
JOIN steering.opening_line AS line ON line.change_id = change.change_id;
REVOKE ALL ON steering.opening_balance FROM PUBLIC;
COMMENT ON VIEW steering.opening_balance IS 'opening balances of changes of form: own and taken over less what is eliminated; for who may read about the organisation as a whole';
COMMENT ON COLUMN steering.opening_balance.change_id IS 'number of the change';
COMMENT ON COLUMN steering.opening_balance.arrangement IS 'code of the arrangement that ended';
COMMENT ON COLUMN steering.opening_balance.successor IS 'code of the one that began';
COMMENT ON COLUMN steering.opening_balance.changed_on IS 'its first day';
COMMENT ON COLUMN steering.opening_balance.side IS 'assets or liabilities';
COMMENT ON COLUMN steering.opening_balance.line IS 'what it is';
COMMENT ON COLUMN steering.opening_balance.own IS 'what whoever takes over had';
COMMENT ON COLUMN steering.opening_balance.taken_over IS 'what is taken over at book value';
COMMENT ON COLUMN steering.opening_balance.eliminated IS 'what both had of each other';
COMMENT ON COLUMN steering.opening_balance.opening IS 'own plus taken over, less what is eliminated';
COMMENT ON COLUMN steering.opening_balance.position IS 'place in the balance, from 1';

-- Agreements that go on are with another supplier from then on; what was booked before is settled with the old one.
CREATE FUNCTION steering.form_change_open(arrangement text)
RETURNS TABLE (task text, act text, service text, participant text, agreement_id integer, method text, body text, functionaries text[])
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.arrangement_number(form_change_open.arrangement);
WITH change AS (
	SELECT change.arrangement, change.changed_on, change.reserve FROM steering.form_change AS change WHERE change.arrangement = form_change_open.arrangement
), part AS MATERIALIZED (
	SELECT DISTINCT below.participant_id, change.changed_on
	FROM change
	JOIN steering.arrangement_member AS member ON member.arrangement_id = steering.arrangement_number(change.arrangement)
	JOIN steering.participant_below AS below ON below.top_id = member.participant_id
	WHERE upper(member.during) = change.changed_on
), task AS (
	SELECT 1 AS place, 'close what was booked before the change' AS task, 'close_period' AS act, NULL::text AS service, NULL::text AS participant, NULL::integer AS agreement_id,
		NULL::numeric AS amount
	WHERE EXISTS (SELECT FROM steering.form_change_unclosed(form_change_open.arrangement) AS unclosed)
	UNION ALL
	SELECT 2, 'agree anew: the agreement goes on beyond the change', 'set_agreement', service.code, participant.code, agreement.agreement_id,
		coalesce(agreement.agreed_cost::numeric, 'Infinity')
	FROM part
	JOIN steering.agreement ON agreement.participant_id = part.participant_id AND agreement.during @> part.changed_on AND lower(agreement.during) < part.changed_on
	JOIN steering.service ON service.service_id = agreement.service_id
	JOIN steering.participant ON participant.participant_id = agreement.participant_id
	UNION ALL
	SELECT 3, 'cover the deficit that goes over', 'book_reserve', NULL, NULL, NULL, - change.reserve::numeric
	FROM change
	WHERE change.reserve OPERATOR(steering.<) 0::steering.amount
)
SELECT task.task, task.act, task.service, task.participant, task.agreement_id, ruling.method, ruling.body,
	ARRAY(SELECT DISTINCT may.functionary FROM steering.who_may(task.act, task.service, task.participant, task.amount) AS may ORDER BY may.functionary)
FROM task
LEFT JOIN LATERAL steering.rule_for(task.act, task.service, task.participant, task.amount, steering.decision_day()) AS ruling ON true
ORDER BY task.place, task.service COLLATE "C", task.participant COLLATE "C", task.agreement_id;
END;
REVOKE ALL ON FUNCTION steering.form_change_open(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.form_change_open(text) IS
'what is still to be decided after an arrangement went on in another form: months to be closed, agreements that go on beyond the change, a deficit to be covered; by which act, under which method and body, and who may (none named: who may EXECUTE the function). Errors: 22004 null, 22023 unknown';
