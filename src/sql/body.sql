-- body.sql
-- Bodies that decide by votes: boards, councils, circles. A body is made with its members in one transaction: how the votes
-- are divided is judged at its end.

CREATE TABLE steering.body (
	code text NOT NULL CONSTRAINT body_pkey PRIMARY KEY CONSTRAINT body_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	participant text,
	quorum_percent numeric NOT NULL CONSTRAINT body_quorum_percent_in_range CHECK (quorum_percent >= 0 AND quorum_percent <= 100),
	tie text NOT NULL CONSTRAINT body_tie_known CHECK (tie IN ('reject', 'chair')),
	chair text,
	max_share_percent numeric NOT NULL
		CONSTRAINT body_max_share_percent_in_range CHECK (max_share_percent > 0 AND max_share_percent <= 100),
	vote_days integer NOT NULL DEFAULT 122 CONSTRAINT body_vote_days_in_range CHECK (vote_days BETWEEN 1 AND 10000),
	CONSTRAINT body_tie_has_chair CHECK (tie <> 'chair' OR chair IS NOT NULL)
);
REVOKE ALL ON steering.body FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.body', '');
COMMENT ON TABLE steering.body IS 'bodies that decide by votes, written by set_body() alone';
COMMENT ON COLUMN steering.body.code IS 'what people call the body by; it never changes';
COMMENT ON COLUMN steering.body.name IS 'name for people';
COMMENT ON COLUMN steering.body.participant IS 'code of the participant that it belongs to; null: of none';
COMMENT ON COLUMN steering.body.quorum_percent IS 'part of all votes that must have been given, abstentions among them, for a decision';
COMMENT ON COLUMN steering.body.tie IS 'reject: as many votes for as against reject; chair: they vote again, and if that is a tie too the chair decides';
COMMENT ON COLUMN steering.body.chair IS 'role of who presides; null: nobody';
COMMENT ON COLUMN steering.body.max_share_percent IS 'the most that one participant may have of all votes';
COMMENT ON COLUMN steering.body.vote_days IS 'days that a vote is open; a body that meets three times a year has one within 122';

CREATE TABLE steering.body_member (
	member_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT body_member_pkey PRIMARY KEY,
	body text NOT NULL,
	participant text NOT NULL,
	representative text NOT NULL,
	during daterange NOT NULL CONSTRAINT body_member_during_not_empty CHECK (NOT isempty(during)),
	votes numeric NOT NULL CONSTRAINT body_member_votes_not_negative CHECK (votes >= 0 AND votes < 'Infinity'),
	votes_per text CONSTRAINT body_member_votes_per_known CHECK (votes_per IN ('inhabitants')),
	step integer CONSTRAINT body_member_step_above_zero CHECK (step > 0),
	CONSTRAINT body_member_step_of_votes_per CHECK ((votes_per IS NULL) = (step IS NULL)),
	CONSTRAINT body_member_key UNIQUE (body, participant, during)
);
REVOKE ALL ON steering.body_member FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.body_member', '');
SELECT pg_catalog.pg_extension_config_dump('steering.body_member_member_id_seq', '');
COMMENT ON TABLE steering.body_member IS 'who has votes in a body, written by set_body_member() alone';
COMMENT ON COLUMN steering.body_member.member_id IS 'number of the row';
COMMENT ON COLUMN steering.body_member.body IS 'code of the body';
COMMENT ON COLUMN steering.body_member.participant IS 'code of the participant';
COMMENT ON COLUMN steering.body_member.representative IS 'role that votes for it';
COMMENT ON COLUMN steering.body_member.during IS 'the days';
COMMENT ON COLUMN steering.body_member.votes IS 'number of its votes, or of its votes for each step of inhabitants that was begun';
COMMENT ON COLUMN steering.body_member.votes_per IS 'inhabitants: the votes go by their number; null: they are fixed';
COMMENT ON COLUMN steering.body_member.step IS 'number of inhabitants in a step; null: the votes are fixed';

CREATE FUNCTION steering.body_vote(body text, day date) RETURNS TABLE (participant text, representative text, votes numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT member.participant, member.representative,
	CASE WHEN member.votes_per IS NULL THEN member.votes
		ELSE member.votes * coalesce(div(participant.inhabitants + member.step - 1, member.step), 0) END
FROM steering.body_member AS member
JOIN steering.participant ON participant.code = member.participant
WHERE member.body = body_vote.body AND member.during @> body_vote.day;
END;
REVOKE ALL ON FUNCTION steering.body_vote(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.body_vote(text, date) IS 'the votes in a body on a day; a participant whose inhabitants are unknown has none that go by them';

CREATE VIEW steering.body_conflict AS
WITH point AS (
	SELECT DISTINCT member.body, CASE WHEN lower_inf(member.during) THEN '-infinity'::date ELSE lower(member.during) END AS day
	FROM steering.body_member AS member
	UNION
	SELECT member.body, upper(member.during) FROM steering.body_member AS member WHERE NOT upper_inf(member.during)
	UNION
	SELECT body.code, steering.decision_day() FROM steering.body
), share AS (
	SELECT point.body, point.day, vote.participant, vote.votes, sum(vote.votes) OVER (PARTITION BY point.body, point.day) AS total,
		body.max_share_percent
	FROM point
	JOIN steering.body ON body.code = point.body
	CROSS JOIN LATERAL steering.body_vote(point.body, point.day) AS vote
), twice AS (
	SELECT a.body, a.representative, a.participant, b.participant AS other
	FROM steering.body_member AS a
	JOIN steering.body_member AS b ON b.body = a.body AND b.member_id > a.member_id AND b.during && a.during
	WHERE b.participant = a.participant OR b.representative = a.representative
)
SELECT share.body,
	format('participant "%s" would have too many votes of body "%s"', share.participant, share.body) AS message,
	format('It has %s of %s votes%s; the most is %s percent.', trim_scale(share.votes), trim_scale(share.total),
		CASE WHEN isfinite(share.day) THEN format(' on %s', share.day) END, trim_scale(share.max_share_percent)) AS detail,
	'Make a body with all of its members in one transaction, or set another max_share_percent.' AS hint
FROM share
WHERE 100 * share.votes > share.max_share_percent * share.total
UNION ALL
SELECT twice.body,
	CASE WHEN twice.other = twice.participant THEN format('participant "%s" would be in body "%s" twice', twice.participant, twice.body)
		ELSE format('role "%s" would vote for two participants in body "%s"', twice.representative, twice.body) END,
	CASE WHEN twice.other = twice.participant THEN 'It is a member on some of these days already.'
		ELSE format('They are "%s" and "%s".', twice.participant, twice.other) END,
	'A vote is of one participant and of one person: end the other membership first.'
FROM twice;
REVOKE ALL ON steering.body_conflict FROM PUBLIC;
COMMENT ON VIEW steering.body_conflict IS 'members with too many votes, and members that are two';
COMMENT ON COLUMN steering.body_conflict.body IS 'code of the body';
COMMENT ON COLUMN steering.body_conflict.message IS 'what is wrong';
COMMENT ON COLUMN steering.body_conflict.detail IS 'with whom';
COMMENT ON COLUMN steering.body_conflict.hint IS 'what to do';

CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE ON steering.body DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('body_conflict', 'body', 'code');
CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE ON steering.body_member DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('body_conflict', 'body', 'body');

CREATE FUNCTION steering.set_body(code text, name text, participant text DEFAULT NULL, quorum_percent numeric DEFAULT 50,
	tie text DEFAULT 'reject', chair text DEFAULT NULL, max_share_percent numeric DEFAULT 50) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_body.code IS NOT NULL, 'code'), steering.require_given(set_body.name IS NOT NULL, 'name'),
	steering.require_given(set_body.tie IS NOT NULL, 'tie'),
	steering.require_that(set_body.quorum_percent BETWEEN 0 AND 100, '22023',
		format('quorum_percent of body "%s" must be between 0 and 100: %s', set_body.code, coalesce(set_body.quorum_percent::text, 'null'))),
	steering.require_that(set_body.max_share_percent > 0 AND set_body.max_share_percent <= 100, '22023',
		format('max_share_percent of body "%s" must be above 0 and at most 100: %s', set_body.code,
			coalesce(set_body.max_share_percent::text, 'null'))),
	steering.require_that(set_body.tie IN ('reject', 'chair'), '22023', format('tie must be "reject" or "chair": "%s"', set_body.tie)),
	steering.require_that(set_body.tie <> 'chair' OR set_body.chair IS NOT NULL, '22023',
		format('body "%s" has no chair who could decide a tie', set_body.code)),
	CASE WHEN set_body.chair IS NOT NULL THEN steering.require_role(set_body.chair, 'chair') END,
	steering.require_scope(NULL, set_body.participant);
INSERT INTO steering.body (code, name, participant, quorum_percent, tie, chair, max_share_percent)
VALUES (set_body.code, set_body.name, set_body.participant, set_body.quorum_percent, set_body.tie, set_body.chair,
	set_body.max_share_percent)
ON CONFLICT ON CONSTRAINT body_pkey DO UPDATE
	SET name = excluded.name, participant = excluded.participant, quorum_percent = excluded.quorum_percent, tie = excluded.tie,
		chair = excluded.chair, max_share_percent = excluded.max_share_percent
RETURNING code;
END;
REVOKE ALL ON FUNCTION steering.set_body(text, text, text, numeric, text, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_body(text, text, text, numeric, text, text, numeric) IS
'makes a body that decides by votes, or changes the one with this code; returns the code. Its members follow in the same transaction (set_body_member()). Errors: 22004 code is null, 22023 a quorum or share over 100 or below 0, unknown tie or participant, a tie that a chair decides who is not there, 42704 the chair is no role; at the end of the transaction 23514 a participant has a larger share of the votes than one may have';

CREATE FUNCTION steering.set_body_member(body text, participant text, representative text, during steering.day_range,
	votes numeric DEFAULT 1, votes_per text DEFAULT NULL, step integer DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_body_member.body IS NOT NULL, 'body'), steering.require_given(set_body_member.participant IS NOT NULL, 'participant'),
	steering.require_that(EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_body_member.body), '22023',
		format('body "%s" is unknown', set_body_member.body), 'Bodies are made by steering.set_body().'),
	steering.participant_number(set_body_member.participant),
	steering.require_role(set_body_member.representative, 'representative'),
	steering.require_days(set_body_member.during::daterange),
	steering.require_that(set_body_member.votes >= 0 AND set_body_member.votes < 'Infinity', '22023',
		format('votes of participant "%s" must be a number of votes: %s', set_body_member.participant,
			coalesce(set_body_member.votes::text, 'null'))),
	steering.require_that(coalesce(set_body_member.votes_per, 'inhabitants') = 'inhabitants', '22023',
		format('votes_per must be "inhabitants": "%s"', set_body_member.votes_per)),
	steering.require_that((set_body_member.votes_per IS NULL) = (set_body_member.step IS NULL)
		AND coalesce(set_body_member.step, 1) > 0, '22023', 'votes_per goes with a step above zero, and a step with votes_per');
INSERT INTO steering.body_member (body, participant, representative, during, votes, votes_per, step)
VALUES (set_body_member.body, set_body_member.participant, set_body_member.representative, set_body_member.during::daterange,
	set_body_member.votes, set_body_member.votes_per, set_body_member.step)
ON CONFLICT ON CONSTRAINT body_member_key DO UPDATE
	SET representative = excluded.representative, votes = excluded.votes, votes_per = excluded.votes_per, step = excluded.step
RETURNING member_id;
END;
REVOKE ALL ON FUNCTION steering.set_body_member(text, text, text, steering.day_range, numeric, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_body_member(text, text, text, steering.day_range, numeric, text, integer) IS
'gives a participant votes in a body on these days, and names the role that votes for it; the membership of the same days is replaced; returns its number. With votes_per ''inhabitants'' it has so many votes for each step of inhabitants that was begun. Errors: 22004 null, 22023 unknown body or participant, empty range, no number of votes, votes_per without a step, 42704 the representative is no role; at the end of the transaction 23514 a participant has too many votes, is a member twice, or a role votes for two';

CREATE FUNCTION steering.set_vote_days(body text, days integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_given(set_vote_days.body IS NOT NULL, 'body'), steering.require_given(set_vote_days.days IS NOT NULL, 'days'),
	steering.require_that(set_vote_days.days BETWEEN 1 AND 10000, '22023', format('days must be between 1 and 10000: %s', set_vote_days.days)),
	steering.require_that(EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_vote_days.body), '22023',
		format('body "%s" is unknown', set_vote_days.body), 'Bodies are made by steering.set_body().');
UPDATE steering.body AS standing SET vote_days = set_vote_days.days WHERE standing.code = set_vote_days.body;
END;
REVOKE ALL ON FUNCTION steering.set_vote_days(text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_vote_days(text, integer) IS
'says for how many days a vote of a body is open (122 unless said), after the day on which it was proposed, on which its members had been heard, or on which a tie was found. After that who has not voted is absent, and close_decision() counts. Errors: 22004 null, 22023 unknown body, no number of days';
