-- arrangement.sql
-- Arrangements: in which legal form participants work together, who takes part in which role, and when. Several stand beside each
-- other. Bookings, caps and agreements are of services and participants and know nothing of them; reports ask.

CREATE TABLE steering.arrangement (
	arrangement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT arrangement_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT arrangement_code_key UNIQUE CONSTRAINT arrangement_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	form text NOT NULL CONSTRAINT arrangement_form_known CHECK (form IN ('joint body', 'host', 'cooperative', 'contract')),
	during daterange NOT NULL CONSTRAINT arrangement_during_not_empty CHECK (NOT isempty(during))
		CONSTRAINT arrangement_whole_months CHECK (coalesce(extract(day FROM lower(during)) = 1, lower_inf(during))
			AND coalesce(extract(day FROM upper(during)) = 1, upper_inf(during))),
	participant_id integer,
	CONSTRAINT arrangement_host_fits_form CHECK (CASE form WHEN 'host' THEN participant_id IS NOT NULL WHEN 'contract' THEN true
		ELSE participant_id IS NULL END)
);
REVOKE ALL ON steering.arrangement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.arrangement', '');
SELECT pg_catalog.pg_extension_config_dump('steering.arrangement_arrangement_id_seq', '');
COMMENT ON TABLE steering.arrangement IS 'forms in which participants work together, written by set_arrangement(), drop_arrangement() and change_form() alone';
COMMENT ON COLUMN steering.arrangement.arrangement_id IS 'number of the arrangement';
COMMENT ON COLUMN steering.arrangement.code IS 'what people call the arrangement by; it never changes';
COMMENT ON COLUMN steering.arrangement.name IS 'name for people';
COMMENT ON COLUMN steering.arrangement.form IS 'joint body: a body of all of them; host: one works for all; cooperative; contract: one serves others, who decide nothing';
COMMENT ON COLUMN steering.arrangement.during IS 'the whole months in which it stands';
COMMENT ON COLUMN steering.arrangement.participant_id IS 'the host, or of a contract who serves; null: none';

CREATE TABLE steering.arrangement_member (
	arrangement_id integer NOT NULL,
	participant_id integer NOT NULL,
	role text NOT NULL CONSTRAINT arrangement_member_role_known CHECK (role IN ('member', 'host', 'partner', 'customer')),
	during daterange NOT NULL CONSTRAINT arrangement_member_during_not_empty CHECK (NOT isempty(during))
		CONSTRAINT arrangement_member_whole_months CHECK (coalesce(extract(day FROM lower(during)) = 1, lower_inf(during))
			AND coalesce(extract(day FROM upper(during)) = 1, upper_inf(during))),
	CONSTRAINT arrangement_member_pkey PRIMARY KEY (arrangement_id, participant_id, during),
	CONSTRAINT arrangement_member_no_overlap EXCLUDE USING gist (int4range(arrangement_id, arrangement_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.arrangement_member FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.arrangement_member', '');
COMMENT ON TABLE steering.arrangement_member IS 'who takes part in arrangements, written by set_arrangement_member(), drop_arrangement_member() and change_form() alone; each in one role at a time';
COMMENT ON COLUMN steering.arrangement_member.arrangement_id IS 'the arrangement';
COMMENT ON COLUMN steering.arrangement_member.participant_id IS 'who takes part, with all below it';
COMMENT ON COLUMN steering.arrangement_member.role IS 'member of a joint body, a cooperative or a contract; host; partner of a host; customer, who is no partner';
COMMENT ON COLUMN steering.arrangement_member.during IS 'the whole months in which it does so';

CREATE TABLE steering.arrangement_reserve (
	movement_id integer CONSTRAINT arrangement_reserve_pkey PRIMARY KEY,
	arrangement_id integer NOT NULL
);
REVOKE ALL ON steering.arrangement_reserve FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.arrangement_reserve', '');
COMMENT ON TABLE steering.arrangement_reserve IS 'which movements of the supplier''s reserve are of an arrangement, written by assign_reserve() alone; the others are of the supplier as a whole';
COMMENT ON COLUMN steering.arrangement_reserve.movement_id IS 'the movement in steering.reserve';
COMMENT ON COLUMN steering.arrangement_reserve.arrangement_id IS 'whose it is';

-- By codes: the row comes first, and what it brings about is a part of it.
CREATE TABLE steering.form_change (
	change_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT form_change_pkey PRIMARY KEY,
	arrangement text NOT NULL CONSTRAINT form_change_once UNIQUE,
	successor text NOT NULL CONSTRAINT form_change_successor_key UNIQUE,
	changed_on date NOT NULL,
	reserve steering.amount NOT NULL,
	reason text NOT NULL CONSTRAINT form_change_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	document text,
	decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.form_change FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.form_change', '');
SELECT pg_catalog.pg_extension_config_dump('steering.form_change_change_id_seq', '');
COMMENT ON TABLE steering.form_change IS 'arrangements that went on in another form, written by change_form() alone';
COMMENT ON COLUMN steering.form_change.change_id IS 'number of the change';
COMMENT ON COLUMN steering.form_change.arrangement IS 'code of the arrangement that ended';
COMMENT ON COLUMN steering.form_change.successor IS 'code of the one that began';
COMMENT ON COLUMN steering.form_change.changed_on IS 'its first day';
COMMENT ON COLUMN steering.form_change.reserve IS 'reserve that went from the one to the other: what it takes there it gives here';
COMMENT ON COLUMN steering.form_change.reason IS 'why';
COMMENT ON COLUMN steering.form_change.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.form_change.decided_at IS 'when';
COMMENT ON COLUMN steering.form_change.role_name IS 'who had logged in';

CREATE FUNCTION steering.arrangement_number(code text) RETURNS integer
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(arrangement_number.code IS NOT NULL, 'arrangement'),
	steering.require_that(arrangement_number.code IS NULL
		OR EXISTS (SELECT FROM steering.arrangement WHERE arrangement.code = arrangement_number.code), '22023',
		format('arrangement "%s" is unknown', arrangement_number.code));
SELECT arrangement.arrangement_id FROM steering.arrangement WHERE arrangement.code = arrangement_number.code;
END;
REVOKE ALL ON FUNCTION steering.arrangement_number(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_number(text) IS 'number of the arrangement with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.arrangement_code(arrangement_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT arrangement.code FROM steering.arrangement WHERE arrangement.arrangement_id = arrangement_code.arrangement_id;
END;
REVOKE ALL ON FUNCTION steering.arrangement_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_code(integer) IS 'code of an arrangement; null: there is none';

-- What members may be follows from the form.
CREATE FUNCTION steering.require_members(arrangement_id integer) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(entry.during @> member.during, '23514',
		format('participant "%s" takes part in arrangement "%s" on days on which that does not stand', participant.code, entry.code),
		format('It stands during %s, and %s takes part during %s.', entry.during, participant.code, member.during)),
	steering.require_that(member.role = ANY (CASE entry.form WHEN 'host' THEN ARRAY['host', 'partner', 'customer']
			WHEN 'contract' THEN ARRAY['member', 'host', 'customer'] ELSE ARRAY['member', 'customer'] END), '23514',
		format('an arrangement of form "%s" has no %s: "%s"', entry.form, member.role, participant.code)),
	steering.require_that((member.role = 'host') = (member.participant_id IS NOT DISTINCT FROM entry.participant_id), '23514',
		format(CASE member.role WHEN 'host' THEN 'participant "%s" is not the host of arrangement "%s"'
			ELSE 'participant "%s" is the host of arrangement "%s", and takes part as nothing else' END, participant.code, entry.code))
FROM steering.arrangement_member AS member
JOIN steering.arrangement AS entry ON entry.arrangement_id = member.arrangement_id
JOIN steering.participant ON participant.participant_id = member.participant_id
WHERE member.arrangement_id = require_members.arrangement_id
ORDER BY participant.code COLLATE "C", member.during;
END;
REVOKE ALL ON FUNCTION steering.require_members(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_members(integer) IS
'Error: 23514 who takes part in an arrangement does so on days outside of it, in a role that its form does not have, or as a host that it does not have';

CREATE FUNCTION steering.require_text(value text, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_text.value IS NOT NULL, require_text.argument),
	steering.require_that(require_text.value ~ '[^[:space:]]', '22023', format('%s must not be empty', require_text.argument));
END;
REVOKE ALL ON FUNCTION steering.require_text(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_text(text, text) IS 'Errors: 22004 null, 22023 empty';

CREATE FUNCTION steering.require_near(day date, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(coalesce(NOT isfinite(require_near.day) OR require_near.day BETWEEN '0001-01-01' AND '9999-12-31', true), '22023',
	format('%s must be a day of a year from 1 to 9999: %s', require_near.argument, require_near.day));
END;
REVOKE ALL ON FUNCTION steering.require_near(date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_near(date, text) IS 'Error: 22023 a day so far away that it cannot be computed with';

CREATE FUNCTION steering.require_finite(during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_days(require_finite.during);
SELECT steering.require_that(coalesce(isfinite(lower(require_finite.during)), true) AND coalesce(isfinite(upper(require_finite.during)), true), '22023',
	format('during must begin and end with a day, or be open: %s', require_finite.during));
END;
REVOKE ALL ON FUNCTION steering.require_finite(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_finite(daterange) IS 'Errors: 22004 null, 22023 empty, or infinite where it should be open';

CREATE FUNCTION steering.require_form(form text, host text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_form.form IS NOT NULL, 'form'),
	steering.require_one_of(require_form.form, 'form', 'joint body, host, cooperative, contract'),
	steering.require_that(require_form.form <> 'host' OR require_form.host IS NOT NULL, '23514', 'an arrangement of form "host" needs a host'),
	steering.require_that(require_form.form IN ('host', 'contract') OR require_form.host IS NULL, '23514',
		format('an arrangement of form "%s" has no %s: "%s"', require_form.form, 'host', require_form.host));
END;
REVOKE ALL ON FUNCTION steering.require_form(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_form(text, text) IS 'Errors: 22004 null, 23514 unknown, a host that it does not have or has not got';

CREATE FUNCTION steering.set_arrangement(code text, name text, form text, during steering.day_range, host text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_text(set_arrangement.code, 'code'), steering.require_text(set_arrangement.name, 'name'),
	steering.require_form(set_arrangement.form, set_arrangement.host), steering.require_finite(set_arrangement.during::daterange),
	steering.require_months(set_arrangement.during::daterange);
INSERT INTO steering.arrangement (code, name, form, during, participant_id)
VALUES (set_arrangement.code, set_arrangement.name, set_arrangement.form, set_arrangement.during::daterange,
	CASE WHEN set_arrangement.host IS NOT NULL THEN steering.participant_number(set_arrangement.host) END)
ON CONFLICT ON CONSTRAINT arrangement_code_key DO UPDATE
	SET name = excluded.name, form = excluded.form, during = excluded.during, participant_id = excluded.participant_id;
SELECT steering.require_members(steering.arrangement_number(set_arrangement.code));
SELECT steering.arrangement_number(set_arrangement.code);
END;
REVOKE ALL ON FUNCTION steering.set_arrangement(text, text, text, steering.day_range, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_arrangement(text, text, text, steering.day_range, text) IS
'makes an arrangement, or changes the one with this code; returns its number. form: joint body, host (with a host), cooperative, contract (which may have a host: who serves). Errors: 22004 null, 22023 unknown host, an empty text or range, 23514 unknown form, a host that the form does not have or has not got, parts of months, members that it does not fit';

CREATE FUNCTION steering.drop_arrangement(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(drop_arrangement.code);
DELETE FROM steering.arrangement WHERE arrangement.code = drop_arrangement.code;
SELECT steering.require_that(NOT EXISTS (
		SELECT FROM (SELECT member.arrangement_id FROM steering.arrangement_member AS member
			UNION ALL SELECT held.arrangement_id FROM steering.arrangement_reserve AS held) AS used
		WHERE used.arrangement_id NOT IN (SELECT arrangement.arrangement_id FROM steering.arrangement)), '23503',
	format('arrangement "%s" has members, or a reserve', drop_arrangement.code), 'Give it a range of days that ends, instead of dropping it.');
END;
REVOKE ALL ON FUNCTION steering.drop_arrangement(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_arrangement(text) IS
'takes back an arrangement that nobody takes part in and that has no reserve. One that ends has a range of days that does. Errors: 22004 null, 22023 unknown, 23503 it has members or a reserve';

-- The arrangement is locked against whoever would change it.
CREATE FUNCTION steering.set_arrangement_member(arrangement text, participant text, role text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(set_arrangement_member.arrangement), steering.participant_number(set_arrangement_member.participant),
	steering.require_given(set_arrangement_member.role IS NOT NULL, 'role'),
	steering.require_one_of(set_arrangement_member.role, 'role', 'member, host, partner, customer'),
	steering.require_finite(set_arrangement_member.during::daterange), steering.require_months(set_arrangement_member.during::daterange);
SELECT steering.refuse_standing(concat('participant "', set_arrangement_member.participant, '" takes part in arrangement "',
		set_arrangement_member.arrangement, '" in some of these months'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.arrangement_member AS standing
WHERE standing.arrangement_id = (SELECT steering.arrangement_number(set_arrangement_member.arrangement))
	AND standing.participant_id = steering.participant_number(set_arrangement_member.participant)
	AND standing.during && set_arrangement_member.during::daterange AND standing.during <> set_arrangement_member.during::daterange
LIMIT 1;
INSERT INTO steering.arrangement_member (arrangement_id, participant_id, role, during)
VALUES ((SELECT entry.arrangement_id FROM steering.arrangement AS entry WHERE entry.code = set_arrangement_member.arrangement FOR SHARE),
	steering.participant_number(set_arrangement_member.participant), set_arrangement_member.role, set_arrangement_member.during::daterange)
ON CONFLICT ON CONSTRAINT arrangement_member_pkey DO UPDATE SET role = excluded.role;
SELECT steering.require_members(steering.arrangement_number(set_arrangement_member.arrangement));
END;
REVOKE ALL ON FUNCTION steering.set_arrangement_member(text, text, text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_arrangement_member(text, text, text, steering.day_range) IS
'says that a participant, with all below it, takes part in an arrangement in these whole months; who did so in just these gets another role. role: member, host, partner (of a host) or customer, who is no partner. Errors: 22004 null, 22023 unknown code, empty range, 23514 unknown role, one that the form does not have, another host, parts of months, days on which the arrangement does not stand, 23P01 it takes part in some of these months already';

CREATE FUNCTION steering.drop_arrangement_member(arrangement text, participant text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(drop_arrangement_member.arrangement), steering.participant_number(drop_arrangement_member.participant),
	steering.require_given(drop_arrangement_member.during IS NOT NULL, 'during');
WITH gone AS (
	DELETE FROM steering.arrangement_member AS member
	WHERE member.arrangement_id = (SELECT steering.arrangement_number(drop_arrangement_member.arrangement))
		AND member.participant_id = steering.participant_number(drop_arrangement_member.participant)
		AND member.during = drop_arrangement_member.during::daterange
	RETURNING member.arrangement_id
)
SELECT steering.require_found(count(*), concat('part of "', drop_arrangement_member.participant, '" in arrangement "',
	drop_arrangement_member.arrangement, '" during ', drop_arrangement_member.during::daterange))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_arrangement_member(text, text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_arrangement_member(text, text, steering.day_range) IS
'takes back that a participant takes part in an arrangement in just these months. Errors: 22004 null, 22023 unknown code, 42704 it does not';

CREATE FUNCTION steering.assign_reserve(movement integer, arrangement text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(assign_reserve.arrangement);
SELECT steering.require_found(count(*), concat('movement ', coalesce(assign_reserve.movement::text, 'null'), ' of the reserve'))
FROM steering.reserve WHERE reserve.movement_id = assign_reserve.movement;
INSERT INTO steering.arrangement_reserve (movement_id, arrangement_id)
VALUES (assign_reserve.movement,
	(SELECT entry.arrangement_id FROM steering.arrangement AS entry WHERE entry.code = assign_reserve.arrangement FOR SHARE))
ON CONFLICT ON CONSTRAINT arrangement_reserve_pkey DO UPDATE SET arrangement_id = excluded.arrangement_id;
END;
REVOKE ALL ON FUNCTION steering.assign_reserve(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.assign_reserve(integer, text) IS
'says that a movement of the supplier''s reserve is of an arrangement: see arrangement_health(). Errors: 22004 arrangement is null, 22023 unknown arrangement, 42704 no such movement';

CREATE FUNCTION steering.question_of_arrangement_reserve(was steering.arrangement_reserve, becomes steering.arrangement_reserve) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'assign_reserve', NULL, NULL, abs(reserve.amount::numeric),
	jsonb_build_object('movement', line.movement_id, 'arrangement', steering.arrangement_code(becomes.arrangement_id))
FROM (SELECT coalesce(becomes.movement_id, was.movement_id) AS movement_id) AS line
JOIN steering.reserve ON reserve.movement_id = line.movement_id
WHERE was.arrangement_id IS DISTINCT FROM becomes.arrangement_id;
END;
REVOKE ALL ON FUNCTION steering.question_of_arrangement_reserve(steering.arrangement_reserve, steering.arrangement_reserve) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_arrangement_reserve(steering.arrangement_reserve, steering.arrangement_reserve) IS 'assign_reserve: the sum, without its sign';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.arrangement_reserve
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_arrangement_reserve');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.arrangement_reserve FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

-- A change of form is asked about as a whole.
CREATE FUNCTION steering.question_of_arrangement(was steering.arrangement, becomes steering.arrangement) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT question.act, question.service, question.participant, question.amount, question.arguments
FROM steering.plain_question(to_jsonb(was), to_jsonb(becomes), 'set_arrangement', 'drop_arrangement') AS question
WHERE NOT EXISTS (SELECT FROM steering.form_change AS change
	WHERE change.decided_at >= now() AND CASE WHEN was.code IS NULL THEN change.successor = becomes.code AND lower(becomes.during) = change.changed_on
		ELSE change.arrangement = was.code AND to_jsonb(was) - 'during' = to_jsonb(becomes) - 'during'
			AND becomes.during = was.during * daterange(NULL, change.changed_on) END);
END;
REVOKE ALL ON FUNCTION steering.question_of_arrangement(steering.arrangement, steering.arrangement) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_arrangement(steering.arrangement, steering.arrangement) IS 'set_arrangement, drop_arrangement; nothing of what a change of form ends and begins';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.arrangement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_arrangement');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.arrangement FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.question_of_arrangement_member(was steering.arrangement_member, becomes steering.arrangement_member) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.arrangement_id IS NULL THEN 'drop_arrangement_member' ELSE 'set_arrangement_member' END,
	NULL, steering.participant_code(line.participant_id), NULL::numeric,
	jsonb_build_object('arrangement', steering.arrangement_code(line.arrangement_id), 'role', line.role, 'during', line.during::text)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.arrangement_id IS NOT NULL AND to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes)
	AND NOT EXISTS (SELECT FROM steering.form_change AS change
		WHERE change.decided_at >= now()
			AND CASE WHEN was.arrangement_id IS NULL THEN change.successor = steering.arrangement_code(becomes.arrangement_id)
					AND lower(becomes.during) >= change.changed_on AND EXISTS (SELECT FROM steering.arrangement_member AS before
						WHERE before.arrangement_id = steering.arrangement_number(change.arrangement) AND before.participant_id = becomes.participant_id
							AND before.during @> becomes.during)
				WHEN becomes.arrangement_id IS NULL THEN change.arrangement = steering.arrangement_code(was.arrangement_id)
					AND lower(was.during) >= change.changed_on
				ELSE change.arrangement = steering.arrangement_code(was.arrangement_id) AND was.role = becomes.role
					AND becomes.during = was.during * daterange(NULL, change.changed_on) END)
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_arrangement_member(steering.arrangement_member, steering.arrangement_member) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_arrangement_member(steering.arrangement_member, steering.arrangement_member) IS 'set_arrangement_member, drop_arrangement_member; nothing of who goes on in another form';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.arrangement_member
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_arrangement_member');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.arrangement_member FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.arrangement_reserve_before(arrangement text, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(moved.amount), 0)
FROM (
	SELECT reserve.amount::numeric AS amount
	FROM steering.arrangement_reserve AS held
	JOIN steering.reserve ON reserve.movement_id = held.movement_id
	WHERE steering.arrangement_code(held.arrangement_id) = arrangement_reserve_before.arrangement AND reserve.booked_on < arrangement_reserve_before.day
	UNION ALL
	SELECT CASE arrangement_reserve_before.arrangement WHEN change.successor THEN change.reserve::numeric ELSE - change.reserve::numeric END
	FROM steering.form_change AS change
	WHERE arrangement_reserve_before.arrangement IN (change.arrangement, change.successor) AND change.changed_on < arrangement_reserve_before.day
) AS moved;
END;
REVOKE ALL ON FUNCTION steering.arrangement_reserve_before(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_reserve_before(text, date) IS 'what an arrangement has of the reserve before a day: movements that are its own, and what came and went with changes of form';

CREATE VIEW steering.arrangement_part WITH (security_barrier) AS
SELECT entry.code AS arrangement,
	entry.name,
	entry.form,
	host.code AS host,
	participant.code AS participant,
	member.code AS member,
	taking.role,
	lower(taking.during) AS valid_from,
	upper(taking.during) - 1 AS valid_to
FROM steering.arrangement_member AS taking
JOIN steering.arrangement AS entry ON entry.arrangement_id = taking.arrangement_id
JOIN steering.participant AS member ON member.participant_id = taking.participant_id
JOIN steering.participant_below AS below ON below.top_id = taking.participant_id
JOIN steering.participant ON participant.participant_id = below.participant_id
LEFT JOIN steering.participant AS host ON host.participant_id = entry.participant_id
WHERE below.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.arrangement_part TO PUBLIC;
COMMENT ON VIEW steering.arrangement_part IS 'who takes part in arrangements, each participant with all below it, as far as the role may read them: what reports are joined with to ask for one arrangement';
COMMENT ON COLUMN steering.arrangement_part.arrangement IS 'code of the arrangement';
COMMENT ON COLUMN steering.arrangement_part.name IS 'its name';
COMMENT ON COLUMN steering.arrangement_part.form IS 'joint body, host, cooperative, contract';
COMMENT ON COLUMN steering.arrangement_part.host IS 'code of its host; null: it has none';
COMMENT ON COLUMN steering.arrangement_part.participant IS 'code of a participant that takes part itself, or in a group that does';
COMMENT ON COLUMN steering.arrangement_part.member IS 'code of who takes part: the participant, or the group';
COMMENT ON COLUMN steering.arrangement_part.role IS 'member, host, partner, customer';
COMMENT ON COLUMN steering.arrangement_part.valid_from IS 'first day; null: none';
COMMENT ON COLUMN steering.arrangement_part.valid_to IS 'last day; null: none';
