--
-- Votes have an end: who has not voted by then is absent. Quorum, majorities, ties and the chair are counted exactly; members can be
-- heard before they vote; terms are dates, and their last day counts.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_a;
CREATE ROLE regress_b;
CREATE ROLE regress_c;
CREATE ROLE regress_e;
CREATE ROLE regress_q;
RESET client_min_messages;
-- Days pass in the zone in which they are counted: a session's own may change its clocks between.
SELECT set_config('TimeZone', current_setting('log_timezone'), false) IS NOT NULL AS zone;
SELECT setval('steering.decision_record_decision_id_seq', 8000000) AS first;
INSERT INTO steering.participant (code, name) VALUES ('vt.a', 'A'), ('vt.b', 'B'), ('vt.c', 'C'), ('vt.e', 'E');
INSERT INTO steering.service (code, name) VALUES ('vt', 'ICT');
GRANT EXECUTE ON FUNCTION steering.sign, steering.close_decision TO regress_a, regress_b, regress_c, regress_e, regress_q;

-- A board with a number of votes for each, and a rule.
CREATE FUNCTION pg_temp.board(votes numeric[], majority text, quorum numeric, tie text DEFAULT 'reject', chair text DEFAULT NULL,
	views_days integer DEFAULT 0, needs text DEFAULT 'view') RETURNS text LANGUAGE sql AS $$
	DELETE FROM steering.rule;
	DELETE FROM steering.body_member;
	SELECT steering.set_body('vt', 'Board', max_share_percent => 100, quorum_percent => quorum, tie => tie, chair => chair);
	SELECT count(steering.set_body_member('vt', 'vt.' || who, 'regress_' || who, '(,)', vote))
	FROM unnest(ARRAY['a', 'b', 'c', 'e'], votes) AS given (who, vote) WHERE vote IS NOT NULL;
	SELECT steering.set_rule(ARRAY['set_cap'], 'vote', body => 'vt', majority => board.majority, views_days => board.views_days, needs => board.needs);
	SELECT majority $$;
CREATE FUNCTION pg_temp.propose(amount numeric) RETURNS integer LANGUAGE sql AS $$
	SELECT steering.propose('set_cap', jsonb_build_object('service', 'vt', 'participant', 'vt.a', 'metric', 'budget', 'during', '2026', 'amount', amount), 'vote') $$;
CREATE FUNCTION pg_temp.vote(decision integer, who text, choice text, participant text DEFAULT 'own') RETURNS text LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
	EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', 'regress_' || who);
	state := steering.sign(decision, choice, CASE participant WHEN 'own' THEN 'vt.' || who ELSE participant END);
	RESET SESSION AUTHORIZATION;
	RETURN state;
EXCEPTION WHEN OTHERS THEN
	RETURN concat(SQLSTATE, ' ', regexp_replace(regexp_replace(SQLERRM, 'decision [0-9]+', 'decision N'), '\d+-\d+-\d+', 'DAY'));
END $$;
CREATE FUNCTION pg_temp.votes(decision integer, choices text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(pg_temp.vote(votes.decision, left(part, 1), CASE right(part, 1) WHEN '+' THEN 'for' WHEN '-' THEN 'against' ELSE 'abstain' END), ' ')
	FROM unnest(string_to_array(choices, ' ')) AS part $$;
-- So many days pass.
CREATE FUNCTION pg_temp.pass(decision integer, days integer) RETURNS void LANGUAGE sql AS $$
	UPDATE steering.decision_record SET proposed_at = proposed_at - make_interval(days => days), vote_from = vote_from - days, hear_through = hear_through - days
	WHERE decision_id = decision;
	UPDATE steering.signature_record SET at = at - make_interval(days => days) WHERE decision_id = decision $$;
CREATE FUNCTION pg_temp.close(decision integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN steering.close_decision(decision);
EXCEPTION WHEN OTHERS THEN
	RETURN concat(SQLSTATE, ' ', regexp_replace(SQLERRM, 'decision [0-9]+', 'decision N'));
END $$;
-- What a vote comes to when its days are over, and how it is told.
CREATE FUNCTION pg_temp.ended(amount numeric, choices text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	decision integer := pg_temp.propose(amount);
	states text := pg_temp.votes(decision, choices);
BEGIN
	IF states !~ 'executed|rejected' THEN
		PERFORM pg_temp.pass(decision, 123);
		states := concat(states, ' | ', pg_temp.close(decision));
	END IF;
	RETURN concat(states, ': ' || (SELECT outcome FROM steering.decision_record AS entry WHERE entry.decision_id = decision AND entry.state = 'rejected'));
END $$;

-- The last day counts; after it nobody votes, and who has not is absent.
SELECT pg_temp.board(ARRAY[1, 1, 1, 1], 'simple', 50);
SELECT pg_temp.propose(100) AS vote \gset
SELECT pg_temp.votes(:vote, 'a+ b+'), pg_temp.close(:vote);
SELECT pg_temp.pass(:vote, 122);
SELECT pg_temp.close(:vote);
SELECT functionary FROM steering.proposal WHERE decision = :vote ORDER BY 1;
SELECT count(*) FROM steering.health() WHERE problem = 'days are over' AND subject ~ :'vote';
SELECT pg_temp.pass(:vote, 1);
SELECT pg_temp.votes(:vote, 'c-');
SELECT functionary FROM steering.proposal WHERE decision = :vote ORDER BY 1;
SELECT regexp_replace(subject, '[0-9]+', 'N') AS subject, problem, detail, regexp_replace(hint, '[0-9]+', 'N') AS hint FROM steering.health() WHERE problem = 'days are over' AND subject ~ :'vote';
SET SESSION AUTHORIZATION regress_q;
SELECT steering.close_decision(:vote);
SELECT pg_temp.close(:vote);
SELECT steering.close_decision(NULL);
SELECT steering.close_decision(0);
RESET SESSION AUTHORIZATION;
SELECT state, executed_by FROM steering.decision_record WHERE decision_id = :vote;
-- A body says how long.
SELECT steering.set_vote_days('vt', 14);
SELECT pg_temp.propose(101) AS vote \gset
SELECT pg_temp.votes(:vote, 'a+ b+'), pg_temp.pass(:vote, 14), pg_temp.close(:vote), pg_temp.pass(:vote, 1), pg_temp.close(:vote);
SELECT steering.set_vote_days('vt', 0);
SELECT steering.set_vote_days('vt', NULL);
SELECT steering.set_vote_days(NULL, 1);
SELECT steering.set_vote_days('vt.none', 1);
SELECT steering.set_vote_days('vt', 122);

-- Quorum: of all votes, abstentions among them. Simple: of those given. Absolute: of all. Fractions: exactly, of those for and against.
SELECT pg_temp.ended(102, 'a+');
SELECT pg_temp.ended(103, 'a+ b0');
SELECT pg_temp.ended(104, 'a- b0');
SELECT pg_temp.ended(105, 'a+ b-');
SELECT pg_temp.ended(106, 'a0 b0');
SELECT pg_temp.ended(107, 'a+ b+ c-');
SELECT pg_temp.board(ARRAY[1, 1, 1, 1], 'absolute', 50);
SELECT pg_temp.ended(108, 'a+ b+');
SELECT pg_temp.ended(109, 'a+ b+ c+');
SELECT pg_temp.board(ARRAY[1, 1, 1, 1], 'unanimous', 50);
SELECT pg_temp.ended(110, 'a+ b+ c+');
SELECT pg_temp.board(ARRAY[1, 1, 1, 1], '2/3', 50);
SELECT pg_temp.ended(111, 'a+ b+ c-');
SELECT pg_temp.board(ARRAY[1, 1, 1, 1], '2/3', 75);
SELECT pg_temp.ended(112, 'a+ b+');
SELECT pg_temp.board(ARRAY[1, 1, 1], 'simple', 33.3333);
SELECT pg_temp.ended(113, 'a+');
SELECT pg_temp.board(ARRAY[1, 1, 1], 'simple', 33.3334);
SELECT pg_temp.ended(114, 'a+');
-- Seven ninths of what was given, to the last digit.
SELECT pg_temp.board(ARRAY[6999999999.9999, 2000000000], '7/9', 50);
SELECT pg_temp.ended(115, 'a+ b-');
SELECT pg_temp.board(ARRAY[7000000000.0000, 2000000000], '7/9', 50);
SELECT pg_temp.ended(116, 'a+ b-');

-- Holland Rijnland: 189 votes, of which Leiden has 39, no more than 20.64 percent; the majority is 95.
SELECT pg_temp.board(ARRAY[39, 36, 21, 93], 'absolute', 50);
SELECT sum(votes), round(100 * 39 / sum(votes), 2) AS leiden FROM steering.body_vote('vt', current_date);
SELECT pg_temp.board(ARRAY[39, 36, 20, 94], 'absolute', 50), pg_temp.ended(117, 'a+ b+ c+');
SELECT pg_temp.board(ARRAY[39, 36, 19, 95], 'absolute', 50), pg_temp.ended(118, 'a+ b+ c+');

-- A tie is voted again, also when some stayed away, for as many days as the first time; then the chair decides, who may be a member.
SELECT pg_temp.board(ARRAY[3, 2, 1, 1], 'simple', 50, 'chair', 'regress_c');
SELECT pg_temp.propose(119) AS vote \gset
\set VERBOSITY terse
SELECT pg_temp.votes(:vote, 'a+ b- c-'), pg_temp.pass(:vote, 200), pg_temp.close(:vote);
\set VERBOSITY default
SELECT pg_temp.close(:vote), pg_temp.votes(:vote, 'a+ b- c0'), pg_temp.pass(:vote, 123);
SELECT pg_temp.close(:vote);
SELECT pg_temp.propose(120) AS vote \gset
SET client_min_messages = warning;
SELECT pg_temp.votes(:vote, 'a+ b- c- e0');
RESET client_min_messages;
-- As a member he has voted: that decides.
SELECT pg_temp.votes(:vote, 'a+ b- c- e0');
-- As a member he has abstained: he is asked as chair.
SELECT pg_temp.board(ARRAY[2, 2, 1], 'simple', 50, 'chair', 'regress_c');
SELECT pg_temp.propose(121) AS vote \gset
SET client_min_messages = warning;
SELECT pg_temp.votes(:vote, 'a+ b- c0');
RESET client_min_messages;
SELECT pg_temp.votes(:vote, 'a+ b- c0');
SELECT functionary, choice, waiting_participant FROM steering.proposal WHERE decision = :vote ORDER BY 1, 2;
SELECT pg_temp.vote(:vote, 'c', 'abstain', NULL), pg_temp.vote(:vote, 'b', 'for', NULL), pg_temp.vote(:vote, 'c', 'against');
SELECT pg_temp.vote(:vote, 'c', 'for', NULL);
SELECT functionary, round, choice, participant FROM steering.signature_record WHERE decision_id = :vote ORDER BY round, functionary;
-- A chair who says nothing lets it end; he has as many days as the members had.
SELECT pg_temp.propose(122) AS vote \gset
SET client_min_messages = warning;
SELECT pg_temp.votes(:vote, 'a+ b- c0');
RESET client_min_messages;
SELECT pg_temp.votes(:vote, 'a+ b-'), pg_temp.pass(:vote, 123);
SELECT functionary, choice, waiting_participant FROM steering.proposal WHERE decision = :vote ORDER BY 1, 2;
SELECT pg_temp.close(:vote), pg_temp.pass(:vote, 121), pg_temp.close(:vote), pg_temp.pass(:vote, 1), pg_temp.close(:vote);
SELECT outcome FROM steering.decision WHERE id = :vote;
-- A tie without a quorum is none; nor is one of an absolute majority that has less than half.
SELECT pg_temp.board(ARRAY[1, 1, 1, 1], 'simple', 51, 'chair', 'regress_q');
SELECT pg_temp.ended(123, 'a+ b-');
SELECT pg_temp.board(ARRAY[1, 1, 1, 1], 'absolute', 50, 'chair', 'regress_q');
SELECT pg_temp.ended(124, 'a+ b- c0 e0');

-- Who votes for a member instead of another is waited for: what that one said counts no more.
SELECT pg_temp.board(ARRAY[1, 1, 1], 'simple', 50);
SELECT pg_temp.propose(124.5) AS vote \gset
SELECT pg_temp.votes(:vote, 'a+'), steering.set_body_member('vt', 'vt.a', 'regress_q', '(,)') > 0 AS replaced;
SELECT functionary, choice, waiting_participant FROM steering.proposal WHERE decision = :vote ORDER BY 1;
SELECT pg_temp.vote(:vote, 'q', 'against', 'vt.a'), pg_temp.vote(:vote, 'a', 'for');
SELECT functionary, choice, waiting_participant FROM steering.proposal WHERE decision = :vote ORDER BY 1;
SELECT pg_temp.votes(:vote, 'b-');

-- Members are heard, and vote after that. Who has no view says so by abstain.
SELECT pg_temp.board(ARRAY[1, 1, 1], 'simple', 50, views_days => 84);
SELECT pg_temp.propose(125) AS vote \gset
SELECT hear_through - steering.decision_day() AS days FROM steering.decision WHERE id = :vote;
SELECT functionary, choice, waiting_participant FROM steering.proposal WHERE decision = :vote ORDER BY 1;
SELECT pg_temp.votes(:vote, 'a+ b0'), pg_temp.vote(:vote, 'b', 'abstain'), pg_temp.vote(:vote, 'a', 'view'), pg_temp.vote(:vote, 'a', 'reject');
SELECT pg_temp.vote(:vote, 'c', 'consent');
SELECT functionary, choice FROM steering.proposal WHERE decision = :vote ORDER BY 1;
SELECT pg_temp.votes(:vote, 'a+ b0 c-');
SELECT functionary, round, choice FROM steering.signature_record WHERE decision_id = :vote ORDER BY round, functionary;
-- Their days are over: who said nothing is not waited for. The vote begins then.
SELECT pg_temp.propose(126) AS vote \gset
SELECT pg_temp.pass(:vote, 84), pg_temp.votes(:vote, 'a+'), pg_temp.pass(:vote, 1), pg_temp.votes(:vote, 'a+'), pg_temp.pass(:vote, 121), pg_temp.votes(:vote, 'b+');
-- Consents before a vote: one refusal ends it.
SELECT pg_temp.board(ARRAY[1, 1, 1], 'simple', 50, needs => 'consent');
SELECT pg_temp.propose(127) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'consent'), pg_temp.votes(:vote, 'a+'), pg_temp.vote(:vote, 'b', 'abstain'), pg_temp.vote(:vote, 'c', 'reject');
SELECT outcome FROM steering.decision WHERE id = :vote;
SELECT pg_temp.propose(128) AS vote \gset
SELECT pg_temp.vote(:vote, 'a', 'consent'), pg_temp.vote(:vote, 'b', 'consent'), pg_temp.vote(:vote, 'c', 'consent'), pg_temp.votes(:vote, 'a+ b+');

-- Consents with days: they bind, and where one is missing after them it can be ended.
DELETE FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'host', body => 'vt', needs => 'consent', views_days => 14) > 0 AS ruled;
SELECT steering.set_mandate('regress_q', ARRAY['set_cap'], NULL, NULL, '(,)', 'infinity') > 0 AS given;
SELECT pg_temp.propose(129) AS host \gset
SELECT pg_temp.vote(:host, 'a', 'consent'), pg_temp.vote(:host, 'b', 'consent'), pg_temp.pass(:host, 14), pg_temp.close(:host);
SELECT pg_temp.pass(:host, 1), pg_temp.vote(:host, 'q', 'approve', NULL), pg_temp.close(:host);
SELECT state, outcome FROM steering.decision WHERE id = :host;
-- Signatures that suffice by a rule that changed meanwhile are not done by who has signed nothing.
SELECT steering.set_mandate('regress_e', ARRAY['set_cap'], NULL, NULL, '(,)', 'infinity') > 0 AS given;
DELETE FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'dual') AS rule \gset
SELECT pg_temp.propose(130) AS dual \gset
SELECT pg_temp.vote(:dual, 'q', 'approve', NULL);
SELECT steering.set_rule(ARRAY['set_cap'], 'mandate') = :rule AS same;
SELECT pg_temp.close(:dual), pg_temp.vote(:dual, 'e', 'approve', NULL);

-- Terms are dates, inclusive. The draft budget of 2027, sent on 2026-04-15: twelve weeks; it is decided from 2026-07-09 on. A change of
-- the arrangement, sent on 2026-02-02: eight weeks; and on 2026-03-02, where the user names the next working day after King's Day.
DELETE FROM steering.rule;
SELECT steering.set_rule(ARRAY['set_cap'], 'host', body => 'vt', views_days => 1) AS rule \gset
SELECT pg_temp.propose(131) AS host \gset
CREATE FUNCTION pg_temp.heard(decision integer, sent date, days integer, through date, day date) RETURNS text LANGUAGE sql AS $$
	UPDATE steering.decision_record SET proposed_at = sent, hear_through = greatest(sent + days, through) WHERE decision_id = decision;
	SELECT format('%s: %s', hear_through, CASE WHEN steering.is_being_heard(decision, day) THEN 'waits' ELSE 'may be decided' END)
	FROM steering.decision_record WHERE decision_id = decision $$;
SELECT sent, days, day, pg_temp.heard(:host, sent, days, through, day)
FROM (VALUES ('2026-04-15'::date, 84, NULL::date, '2026-07-08'::date), ('2026-04-15', 84, NULL, '2026-07-09'), ('2026-02-02', 56, NULL, '2026-03-30'),
	('2026-02-02', 56, NULL, '2026-03-31'), ('2026-03-02', 56, '2026-04-28', '2026-04-28'), ('2026-03-02', 56, '2026-04-28', '2026-04-29')) AS term (sent, days, through, day);
-- All have answered, or waived: it may be decided on the last day, or before.
SELECT pg_temp.heard(:host, '2026-02-02', 56, NULL, '2026-03-30');
INSERT INTO steering.signature_record (decision_id, round, functionary, signed_for, choice, participant, fingerprint)
SELECT :host, 0, 'regress_' || who, 'regress_' || who, CASE who WHEN 'a' THEN 'abstain' ELSE 'view' END, 'vt.' || who, steering.fingerprint(act, arguments)
FROM steering.decision_record, unnest(ARRAY['a', 'b', 'c']) AS who WHERE decision_id = :host;
SELECT pg_temp.heard(:host, '2026-02-02', 56, NULL, '2026-03-30');

SELECT * FROM steering.verify_log() WHERE problem !~ 'proposed_at|signatures';
DELETE FROM steering.rule;
DELETE FROM steering.body_member;
DELETE FROM steering.body;
DELETE FROM steering.mandate;
DELETE FROM steering.decision_log;
DELETE FROM steering.decision_record;
SELECT count(steering.drop_cap(cap_id)) FROM steering.cap_status WHERE service = 'vt';
DELETE FROM steering.service WHERE code = 'vt';
DELETE FROM steering.participant WHERE code LIKE 'vt%';
DROP OWNED BY regress_a, regress_b, regress_c, regress_e, regress_q;
DROP ROLE regress_a, regress_b, regress_c, regress_e, regress_q;
