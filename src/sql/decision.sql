-- decision.sql
-- Decisions: acts that were proposed or done, with what they ask, who signed them, and what came of it. Whether somebody may
-- do an act, and what a proposal comes to, is answered by the functions here and by them alone.
--
-- Who acts is who has logged in (session_user): neither SET ROLE nor a function with the rights of somebody else changes that.

CREATE TABLE steering.decision_record (
	decision_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT decision_record_pkey PRIMARY KEY,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	arguments jsonb NOT NULL,
	reason text,
	document text,
	method text,
	rule_id integer,
	body text,
	round integer NOT NULL DEFAULT 1,
	hear_through date,
	state text NOT NULL CONSTRAINT decision_record_state_known CHECK (state IN ('open', 'executed', 'rejected', 'withdrawn')),
	proposed_by text NOT NULL DEFAULT session_user,
	proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	decided_at timestamptz,
	executed_at timestamptz,
	executed_on date,
	executed_by text,
	in_mandate boolean,
	outcome text,
	vote_from date,
	proposed_table steering.table_number,
	CONSTRAINT decision_record_decided CHECK ((state = 'open') = (decided_at IS NULL)),
	CONSTRAINT decision_record_executed CHECK (num_nulls(executed_at, executed_on, executed_by) = CASE state WHEN 'executed' THEN 0 ELSE 3 END)
);
REVOKE ALL ON steering.decision_record FROM PUBLIC;
CREATE INDEX decision_record_open_idx ON steering.decision_record (decision_id) WHERE state = 'open';
CREATE INDEX decision_record_executed_on_idx ON steering.decision_record (executed_on);
SELECT pg_catalog.pg_extension_config_dump('steering.decision_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.decision_record_decision_id_seq', '');
COMMENT ON TABLE steering.decision_record IS 'acts that were proposed or done; read as steering.decision';
COMMENT ON COLUMN steering.decision_record.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_record.act IS 'the act';
COMMENT ON COLUMN steering.decision_record.service IS 'code; null: it is of none, or of several';
COMMENT ON COLUMN steering.decision_record.participant IS 'code; null: it is of none, or of several';
COMMENT ON COLUMN steering.decision_record.amount IS 'money; of several the largest; null: it has none';
COMMENT ON COLUMN steering.decision_record.arguments IS 'arguments of the function by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision_record.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision_record.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision_record.method IS 'method of its rule; null: no rule was for it';
COMMENT ON COLUMN steering.decision_record.rule_id IS 'number of the rule, which may be gone; null: no rule was for it';
COMMENT ON COLUMN steering.decision_record.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.decision_record.round IS '1, or 2: a vote that was a tie is held again';
COMMENT ON COLUMN steering.decision_record.hear_through IS 'last day for those who are to be heard; null: nobody is';
COMMENT ON COLUMN steering.decision_record.state IS 'open, executed, rejected or withdrawn';
COMMENT ON COLUMN steering.decision_record.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision_record.proposed_at IS 'when';
COMMENT ON COLUMN steering.decision_record.decided_at IS 'when it was decided; null: it is open';
COMMENT ON COLUMN steering.decision_record.executed_at IS 'when it took effect; null: it did not';
COMMENT ON COLUMN steering.decision_record.executed_on IS 'the day of that; null: it did not';
COMMENT ON COLUMN steering.decision_record.executed_by IS 'who had logged in and gave the last signature; null: it did not';
COMMENT ON COLUMN steering.decision_record.in_mandate IS 'it was decided as its rule says; false: a superuser, or the owner of the extension, did it without; null: no rule was for it, or it is not executed';
COMMENT ON COLUMN steering.decision_record.outcome IS 'what the function returned, or why it was rejected or withdrawn';
COMMENT ON COLUMN steering.decision_record.vote_from IS 'the day on which the second round of a vote began; null: there is none';
COMMENT ON COLUMN steering.decision_record.proposed_table IS 'the table that an argument named when it was proposed: the act is done to no other; null: no argument named one';

CREATE TABLE steering.decision_question (
	decision_id integer NOT NULL,
	position integer NOT NULL,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	CONSTRAINT decision_question_pkey PRIMARY KEY (decision_id, position)
);
REVOKE ALL ON steering.decision_question FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.decision_question', '');
COMMENT ON TABLE steering.decision_question IS 'what a decision asks, piece by piece: once executed what was done, before what it would do when it was proposed';
COMMENT ON COLUMN steering.decision_question.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_question.position IS 'number of the piece';
COMMENT ON COLUMN steering.decision_question.act IS 'the act, as rules name it';
COMMENT ON COLUMN steering.decision_question.service IS 'code; null: of none';
COMMENT ON COLUMN steering.decision_question.participant IS 'code; null: of none';
COMMENT ON COLUMN steering.decision_question.amount IS 'money; null: it has none';

CREATE TABLE steering.signature_record (
	decision_id integer NOT NULL,
	round integer NOT NULL,
	functionary text NOT NULL,
	signed_for text NOT NULL,
	choice text NOT NULL CONSTRAINT signature_record_choice_known
		CHECK (choice IN ('approve', 'reject', 'for', 'against', 'abstain', 'consent', 'view')),
	participant text,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	remark text,
	fingerprint bytea NOT NULL,
	CONSTRAINT signature_record_pkey PRIMARY KEY (decision_id, round, functionary),
	CONSTRAINT signature_record_of_one UNIQUE (decision_id, round, signed_for)
);
REVOKE ALL ON steering.signature_record FROM PUBLIC;
CREATE INDEX signature_record_signed_for_idx ON steering.signature_record (signed_for);
SELECT pg_catalog.pg_extension_config_dump('steering.signature_record', '');
COMMENT ON TABLE steering.signature_record IS 'who signed what; read as steering.signature';
COMMENT ON COLUMN steering.signature_record.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.signature_record.round IS '0: who was heard; 1 and 2: who decided; 3: the chair, of a tie';
COMMENT ON COLUMN steering.signature_record.functionary IS 'who had logged in';
COMMENT ON COLUMN steering.signature_record.signed_for IS 'whose signature it is: the same, or whose deputy that is';
COMMENT ON COLUMN steering.signature_record.choice IS 'approve, reject, for, against, abstain, consent or view';
COMMENT ON COLUMN steering.signature_record.participant IS 'code of the participant that it is a vote or view of; null: of none';
COMMENT ON COLUMN steering.signature_record.at IS 'when';
COMMENT ON COLUMN steering.signature_record.remark IS 'what was said with it; null: nothing';
COMMENT ON COLUMN steering.signature_record.fingerprint IS 'of the act and its arguments: what was signed';

CREATE FUNCTION steering.chain_hash(previous bytea, fields text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT sha256(chain_hash.previous || string_agg(
	int4send(coalesce(octet_length(convert_to(field.value, 'UTF8')), -1)) || coalesce(convert_to(field.value, 'UTF8'), ''), '' ORDER BY field.place))
FROM unnest(chain_hash.fields) WITH ORDINALITY AS field (value, place);
END;
REVOKE ALL ON FUNCTION steering.chain_hash(bytea, text[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.chain_hash(bytea, text[]) IS
'SHA-256 of a hash and of fields, each with its length in bytes (four, the highest first) and then itself as UTF-8; null has the length -1';

CREATE FUNCTION steering.fingerprint(act text, arguments jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.chain_hash('', ARRAY[fingerprint.act, fingerprint.arguments::text]);
END;
REVOKE ALL ON FUNCTION steering.fingerprint(text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.fingerprint(text, jsonb) IS 'hash of an act and its arguments';

CREATE FUNCTION steering.read_questions(questions jsonb) RETURNS steering.act_question[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(ROW(asked.question ->> 'act', asked.question ->> 'service', asked.question ->> 'participant',
		(asked.question ->> 'amount')::numeric, asked.question -> 'arguments')::steering.act_question ORDER BY asked.place), '{}')
FROM jsonb_array_elements(read_questions.questions) WITH ORDINALITY AS asked (question, place);
END;
REVOKE ALL ON FUNCTION steering.read_questions(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.read_questions(jsonb) IS 'questions from their JSON';

CREATE FUNCTION steering.questions_of(decision integer) RETURNS steering.act_question[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(array_agg(ROW(asked.act, asked.service, asked.participant, asked.amount, NULL)::steering.act_question
	ORDER BY asked.position), '{}')
FROM steering.decision_question AS asked WHERE asked.decision_id = questions_of.decision;
END;
REVOKE ALL ON FUNCTION steering.questions_of(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.questions_of(integer) IS 'what a decision asks';

CREATE FUNCTION steering.rules_of(questions steering.act_question[], day date)
RETURNS TABLE (rule_id integer, method text, body text, majority text, views_days integer, needs text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT DISTINCT ruling.rule_id, ruling.method, ruling.body, ruling.majority, ruling.views_days, ruling.needs
FROM unnest(rules_of.questions) AS asked
CROSS JOIN LATERAL steering.rule_for(asked.act, asked.service, asked.participant, asked.amount, rules_of.day) AS ruling
WHERE ruling.is_ruled;
END;
REVOKE ALL ON FUNCTION steering.rules_of(steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.rules_of(steering.act_question[], date) IS 'the rules that questions fall under; of a decision it must be one';

-- What a functionary decided, by his own signature, his deputy's, or as a deputy himself: whatever act it was, since a large one can be
-- split over acts and capacities too.
CREATE FUNCTION steering.decided_lately(functionary text, service text, participant text, day date, days integer) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(asked.amount), 0)
FROM steering.decision_record AS entry
JOIN steering.decision_question AS asked ON asked.decision_id = entry.decision_id
WHERE entry.executed_on > decided_lately.day - decided_lately.days
	AND asked.service IS NOT DISTINCT FROM decided_lately.service
	AND asked.participant IS NOT DISTINCT FROM decided_lately.participant
	AND EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.choice = 'approve'
			AND decided_lately.functionary IN (signed.signed_for, signed.functionary));
END;
REVOKE ALL ON FUNCTION steering.decided_lately(text, text, text, date, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.decided_lately(text, text, text, date, integer) IS
'what a functionary decided for a service and a participant in so many days up to a day, by all acts together';

CREATE FUNCTION steering.decided_in_year(principal text, acts text[], service text, participant text, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(asked.amount), 0)
FROM steering.decision_record AS entry
JOIN steering.decision_question AS asked ON asked.decision_id = entry.decision_id
WHERE entry.executed_on >= make_date(extract(year FROM decided_in_year.day)::integer, 1, 1)
	AND entry.executed_on < make_date(extract(year FROM decided_in_year.day)::integer + 1, 1, 1)
	AND asked.act = ANY (decided_in_year.acts)
	AND (decided_in_year.service IS NULL OR asked.service = decided_in_year.service
		OR EXISTS (SELECT FROM steering.service_above(asked.service) AS above WHERE above.code = decided_in_year.service))
	AND (decided_in_year.participant IS NULL OR asked.participant = decided_in_year.participant
		OR EXISTS (SELECT FROM steering.participant_above(asked.participant) AS above WHERE above.code = decided_in_year.participant))
	AND EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.signed_for = decided_in_year.principal AND signed.choice = 'approve');
END;
REVOKE ALL ON FUNCTION steering.decided_in_year(text, text[], text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.decided_in_year(text, text[], text, text, date) IS
'what a functionary decided of acts in a scope in the calendar year of a day';

-- Each mandate of a chain counts what he decided of its own acts and scope: two parts of one do not make it twice as much.
CREATE FUNCTION steering.year_room(mandate integer, principal text, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(min(link.year_limit
	- steering.decided_in_year(year_room.principal, link.acts, link.service, link.participant, year_room.day)), 'Infinity')
FROM steering.mandate_link AS link
WHERE link.mandate_id = year_room.mandate AND link.year_limit < 'Infinity';
END;
REVOKE ALL ON FUNCTION steering.year_room(integer, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.year_room(integer, text, date) IS
'what the limits of a year leave to a functionary, of a mandate and of those that it is a part of; below 0: nothing';

-- All questions of a decision count together towards the limit of a year, and where splitting is watched those of the same
-- scope are one act. What was decided lately may put it under another rule: then it cannot be signed by this one.
CREATE FUNCTION steering.capacity(person text, questions steering.act_question[], day date) RETURNS TABLE (principal text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT asked.act, asked.service, asked.participant, asked.amount, ruling.method, ruling.body, ruling.views_days, ruling.needs,
		ruling.window_days, sum(asked.amount) OVER () AS all_amounts,
		sum(asked.amount) OVER (PARTITION BY asked.service, asked.participant) AS amounts_alike
	FROM unnest(capacity.questions) AS asked
	CROSS JOIN LATERAL steering.rule_for(asked.act, asked.service, asked.participant, asked.amount, capacity.day) AS ruling
	WHERE ruling.is_ruled
), held AS MATERIALIZED (
	SELECT asked.*, signatory.principal,
		CASE WHEN asked.window_days > 0 THEN asked.amounts_alike + greatest(
			steering.decided_lately(signatory.principal, asked.service, asked.participant, capacity.day, asked.window_days),
			steering.decided_lately(capacity.person, asked.service, asked.participant, capacity.day, asked.window_days))
			ELSE asked.amount END AS whole_amount
	FROM asked CROSS JOIN steering.signatory(capacity.person, capacity.day) AS signatory
)
SELECT held.principal
FROM held
GROUP BY held.principal
HAVING bool_and(
	EXISTS (
		SELECT FROM steering.mandate_for(held.act, held.service, held.participant, capacity.day) AS mandate
		WHERE mandate.holder = held.principal AND (held.amount IS NULL
			OR held.whole_amount <= mandate.amount_limit
				AND (mandate.year_limit = 'Infinity' OR held.all_amounts <= steering.year_room(mandate.mandate_id, held.principal, capacity.day))))
	AND CASE WHEN held.whole_amount > held.amount
		THEN EXISTS (SELECT FROM steering.rule_for(held.act, held.service, held.participant, held.whole_amount, capacity.day) AS ruling
			WHERE (ruling.method, ruling.body, ruling.views_days, ruling.needs)
				IS NOT DISTINCT FROM (held.method, held.body, held.views_days, held.needs))
		ELSE true END)
ORDER BY held.principal <> capacity.person, held.principal;
END;
REVOKE ALL ON FUNCTION steering.capacity(text, steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.capacity(text, steering.act_question[], date) IS
'whose mandate a person may use for all that is asked: his own first, and that of those whose deputy he is';

CREATE FUNCTION steering.may_read_of(reader name, participant text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT has_table_privilege(may_read_of.reader, 'steering.cap'::regclass, 'SELECT') OR EXISTS (
	SELECT FROM steering.participant_above(may_read_of.participant) AS above
	JOIN steering.participant ON participant.code = above.code
	WHERE pg_has_role(may_read_of.reader, participant.reader::oid, 'USAGE'));
END;
REVOKE ALL ON FUNCTION steering.may_read_of(name, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.may_read_of(name, text) IS 'a role may read the figures of a participant';

CREATE FUNCTION steering.deciding_hint(question steering.act_question, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH ruling AS (
	SELECT * FROM steering.rule_for((deciding_hint.question).act, (deciding_hint.question).service, (deciding_hint.question).participant,
		(deciding_hint.question).amount, deciding_hint.day)
), held AS (
	SELECT mandate.holder, max(CASE WHEN mandate.holder = session_user THEN greatest(0, least(
			mandate.amount_limit - steering.decided_lately(mandate.holder, (deciding_hint.question).service,
				(deciding_hint.question).participant, deciding_hint.day, (SELECT coalesce(ruling.window_days, 0) FROM ruling)),
			steering.year_room(mandate.mandate_id, mandate.holder, deciding_hint.day)))
		ELSE least(mandate.amount_limit, mandate.year_limit) END) AS most
	FROM steering.mandate_for((deciding_hint.question).act, (deciding_hint.question).service, (deciding_hint.question).participant,
		deciding_hint.day) AS mandate
	GROUP BY mandate.holder
)
SELECT concat(
	CASE ruling.method
		WHEN 'mandate' THEN 'It takes a mandate'
		WHEN 'dual' THEN 'It takes the signatures of two who hold a mandate'
		WHEN 'vote' THEN format('Body "%s" decides it by vote', ruling.body)
		WHEN 'host' THEN 'It takes a mandate'
		WHEN 'record' THEN 'It is decided elsewhere, and recorded with its document by who holds a mandate'
		ELSE 'Rules for this amount are missing' END,
	CASE WHEN ruling.method <> 'vote' AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		THEN format(', after the members of body "%s" were heard', ruling.body) END,
	CASE WHEN ruling.method <> 'vote' THEN coalesce((SELECT CASE WHEN (deciding_hint.question).amount IS NULL THEN '. You have one'
			WHEN held.most = 0 THEN '. You have one, of which nothing is left'
			ELSE '. You have one, up to ' || steering.show_limit(held.most) END FROM held WHERE held.holder = session_user),
		'. You have none') END,
	CASE WHEN ruling.method <> 'vote' AND steering.may_read_of(session_user, (deciding_hint.question).participant)
		THEN (SELECT CASE WHEN (deciding_hint.question).amount IS NULL
				THEN format('; %s %s one', string_agg(top.holder, ', ' ORDER BY top.holder), CASE count(*) WHEN 1 THEN 'has' ELSE 'have' END)
				ELSE '; ' || string_agg(format('%s up to %s', top.holder, steering.show_limit(top.most)), ', ' ORDER BY top.most, top.holder) END
			FROM (SELECT held.holder, held.most FROM held
				WHERE held.holder <> session_user AND held.most >= coalesce((deciding_hint.question).amount, 0)
				ORDER BY held.most, held.holder LIMIT 5) AS top HAVING count(*) > 0) END, '.')
FROM ruling;
END;
REVOKE ALL ON FUNCTION steering.deciding_hint(steering.act_question, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.deciding_hint(steering.act_question, date) IS
'how an act can be decided, for who has logged in: up to what he may, and up to what others may if he may know';

-- A body without members has not answered: its views wait for the last day, and its consents do not come.
CREATE FUNCTION steering.is_being_heard(decision integer, day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (
	SELECT FROM steering.decision_record AS entry
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), is_being_heard.day) AS ruling
	LEFT JOIN LATERAL steering.body_vote(ruling.body, is_being_heard.day) AS vote ON true
	WHERE entry.decision_id = is_being_heard.decision AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		AND (ruling.needs = 'consent' OR is_being_heard.day <= coalesce(entry.hear_through, 'infinity'))
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = vote.participant
				AND (ruling.needs = 'view' OR signed.choice IN ('consent', 'abstain'))));
END;
REVOKE ALL ON FUNCTION steering.is_being_heard(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.is_being_heard(integer, date) IS 'somebody who is to be heard has not answered, and has time still, or nobody is there to be heard';

CREATE FUNCTION steering.vote_end(decision integer, round integer, body text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT body.vote_days * CASE vote_end.round WHEN 3 THEN 2 ELSE 1 END
	+ greatest((entry.proposed_at AT TIME ZONE current_setting('log_timezone'))::date, entry.hear_through,
		CASE WHEN vote_end.round > 1 THEN entry.vote_from END,
		(SELECT max((signed.at AT TIME ZONE current_setting('log_timezone'))::date) FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.round = 0))
FROM steering.decision_record AS entry JOIN steering.body ON body.code = vote_end.body
WHERE entry.decision_id = vote_end.decision;
END;
REVOKE ALL ON FUNCTION steering.vote_end(integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_end(integer, integer, text) IS
'the last day of a round of a vote: so many days after it was proposed, its members were heard, and a tie was found; the chair has as many more (round 3)';

-- Each member is counted once: as what he said, or silent.
CREATE FUNCTION steering.vote_tally(decision integer, round integer, body text, day date)
RETURNS TABLE (favour numeric, against numeric, abstained numeric, silent numeric, total numeric, is_over boolean, has_quorum boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH counted AS (
	SELECT coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'for'), 0) AS favour,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'against'), 0) AS against,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice = 'abstain'), 0) AS abstained,
		coalesce(sum(vote.votes) FILTER (WHERE signed.choice IS NULL), 0) AS silent,
		coalesce(sum(vote.votes), 0) AS total
	FROM steering.body_vote(vote_tally.body, vote_tally.day) AS vote
	LEFT JOIN steering.signature_record AS signed ON signed.decision_id = vote_tally.decision AND signed.round = vote_tally.round
		AND signed.participant = vote.participant AND signed.signed_for = vote.representative
)
SELECT counted.favour, counted.against, counted.abstained, counted.silent, counted.total,
	vote_tally.day > steering.vote_end(vote_tally.decision, vote_tally.round, vote_tally.body),
	100 * (counted.total - counted.silent) >= body.quorum_percent * counted.total
FROM counted JOIN steering.body ON body.code = vote_tally.body;
END;
REVOKE ALL ON FUNCTION steering.vote_tally(integer, integer, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_tally(integer, integer, text, date) IS
'the votes of a round, whether its last day is over, and whether enough were given, abstentions among them';

-- What is outstanding may go either way, or not come at all; when the round is over it is absent. Fractions are compared by
-- multiplying. A tie of an absolute majority is half of all votes.
CREATE FUNCTION steering.vote_outcome(decision integer, round integer, body text, majority text, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH tally AS MATERIALIZED (
	SELECT counted.*, CASE WHEN counted.is_over THEN 0 ELSE counted.silent END AS outstanding
	FROM steering.vote_tally(vote_outcome.decision, vote_outcome.round, vote_outcome.body, vote_outcome.day) AS counted
), part AS (
	SELECT CASE WHEN vote_outcome.majority LIKE '%/%' THEN split_part(vote_outcome.majority, '/', 1)::numeric END AS numerator,
		CASE WHEN vote_outcome.majority LIKE '%/%' THEN split_part(vote_outcome.majority, '/', 2)::numeric END AS denominator
)
SELECT CASE
	WHEN tally.has_quorum AND tally.favour > 0 AND CASE vote_outcome.majority
		WHEN 'simple' THEN tally.favour > tally.against + tally.outstanding
		WHEN 'absolute' THEN 2 * tally.favour > tally.total
		WHEN 'unanimous' THEN tally.favour = tally.total
		ELSE part.denominator * tally.favour >= part.numerator * (tally.favour + tally.against + tally.outstanding) END
		THEN 'adopted'
	WHEN tally.has_quorum AND body.tie = 'chair' AND tally.outstanding = 0 AND tally.favour = tally.against AND tally.favour > 0
		AND (vote_outcome.majority = 'simple' OR vote_outcome.majority = 'absolute' AND 2 * tally.favour = tally.total)
		THEN CASE WHEN vote_outcome.round = 1 THEN 'tie' ELSE CASE chair.choice WHEN 'for' THEN 'adopted' WHEN 'against' THEN 'rejected'
			ELSE CASE WHEN vote_outcome.day > steering.vote_end(vote_outcome.decision, 3, vote_outcome.body) THEN 'rejected' ELSE 'chair' END END END
	WHEN CASE vote_outcome.majority
		WHEN 'simple' THEN tally.favour + tally.outstanding < tally.against OR tally.outstanding = 0
		WHEN 'absolute' THEN 2 * (tally.favour + tally.outstanding) < tally.total OR tally.outstanding = 0
		WHEN 'unanimous' THEN tally.against + tally.abstained > 0 OR tally.outstanding = 0
		ELSE part.denominator * (tally.favour + tally.outstanding) < part.numerator * (tally.favour + tally.outstanding + tally.against)
			OR tally.outstanding = 0 END
		THEN 'rejected'
	ELSE 'open' END
FROM tally CROSS JOIN part
JOIN steering.body ON body.code = vote_outcome.body
LEFT JOIN LATERAL (SELECT signed.choice FROM steering.signature_record AS signed
	WHERE signed.decision_id = vote_outcome.decision AND signed.signed_for = body.chair AND signed.choice IN ('for', 'against')
		AND signed.round IN (vote_outcome.round, 3)
	ORDER BY signed.round DESC LIMIT 1) AS chair ON true;
END;
REVOKE ALL ON FUNCTION steering.vote_outcome(integer, integer, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.vote_outcome(integer, integer, text, text, date) IS
'what a vote comes to: adopted or rejected, whatever is outstanding; tie, to be voted again; chair, who is to decide; or open';

CREATE FUNCTION steering.decision_outcome(decision integer, questions steering.act_question[], day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH ruling AS MATERIALIZED (
	SELECT * FROM steering.rules_of(decision_outcome.questions, decision_outcome.day)
), approval AS (
	SELECT count(DISTINCT signed.functionary) AS persons, count(DISTINCT signed.signed_for) AS principals
	FROM steering.signature_record AS signed
	WHERE signed.decision_id = decision_outcome.decision AND signed.choice = 'approve'
		AND signed.signed_for IN (SELECT capacity.principal
			FROM steering.capacity(signed.functionary, decision_outcome.questions, decision_outcome.day))
)
SELECT CASE
	WHEN (SELECT count(*) FROM ruling) <> 1 OR EXISTS (SELECT FROM ruling WHERE ruling.rule_id IS NULL) THEN 'unruled'
	WHEN (SELECT ruling.method FROM ruling) = 'record' AND EXISTS (SELECT FROM steering.decision_record AS entry
		WHERE entry.decision_id = decision_outcome.decision AND entry.document IS NULL) THEN 'unruled'
	WHEN EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = decision_outcome.decision AND signed.choice = 'reject') THEN 'rejected'
	WHEN (SELECT ruling.method FROM ruling) = 'vote'
		THEN (SELECT steering.vote_outcome(entry.decision_id, entry.round, ruling.body, ruling.majority, decision_outcome.day)
			FROM steering.decision_record AS entry CROSS JOIN ruling WHERE entry.decision_id = decision_outcome.decision)
	WHEN steering.is_being_heard(decision_outcome.decision, decision_outcome.day) THEN 'open'
	WHEN (SELECT least(approval.persons, approval.principals) FROM approval) >= CASE (SELECT ruling.method FROM ruling) WHEN 'dual' THEN 2 ELSE 1 END
		THEN 'adopted'
	ELSE 'open' END;
END;
REVOKE ALL ON FUNCTION steering.decision_outcome(integer, steering.act_question[], date) FROM PUBLIC;
COMMENT ON FUNCTION steering.decision_outcome(integer, steering.act_question[], date) IS
'what the signatures of a decision come to, for what it asks, by the rules, mandates and bodies of a day';

-- First what is wrong, and null if nothing is.
CREATE FUNCTION steering.weigh_signature(decision integer, choice text, participant text, day date)
RETURNS TABLE (state text, message text, hint text, signed_for text, round integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.*, ruling.method AS present_method, ruling.body AS present_body, ruling.needs, ruling.views_days, ruling.majority,
		CASE WHEN ruling.method = 'vote' AND coalesce(weigh_signature.choice NOT IN ('view', 'consent', 'reject'), false)
				AND NOT (weigh_signature.choice = 'abstain' AND steering.is_being_heard(record.decision_id, weigh_signature.day))
			THEN CASE WHEN weigh_signature.participant IS NULL THEN 'chair' ELSE 'vote' END
			WHEN weigh_signature.participant IS NULL AND ruling.method <> 'vote' THEN 'approval' ELSE 'hearing' END AS capacity
	FROM steering.decision_record AS record
	LEFT JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), weigh_signature.day) AS ruling ON true
	WHERE record.decision_id = weigh_signature.decision
	LIMIT 1
), turn AS MATERIALIZED (
	SELECT CASE entry.capacity WHEN 'hearing' THEN 0 WHEN 'chair' THEN 3 ELSE entry.round END AS round FROM entry
), member AS MATERIALIZED (
	SELECT vote.representative
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.present_body, weigh_signature.day) AS vote
	WHERE vote.participant = weigh_signature.participant
), principal AS MATERIALIZED (
	SELECT able.principal, row_number() OVER () AS place
	FROM entry CROSS JOIN LATERAL steering.capacity(session_user, steering.questions_of(entry.decision_id), weigh_signature.day) AS able
	WHERE entry.capacity = 'approval'
	UNION ALL
	SELECT member.representative, 1
	FROM entry CROSS JOIN member
	WHERE entry.capacity IN ('vote', 'hearing') AND member.representative IN (SELECT signatory.principal FROM steering.signatory(session_user, weigh_signature.day))
	UNION ALL
	SELECT body.chair, 1
	FROM entry JOIN steering.body ON body.code = entry.present_body
	WHERE entry.capacity = 'chair' AND body.chair IN (SELECT signatory.principal FROM steering.signatory(session_user, weigh_signature.day))
), free AS (
	SELECT principal.principal
	FROM entry CROSS JOIN principal
	WHERE NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.signed_for = principal.principal
			AND (entry.present_method <> 'vote' OR signed.round = (SELECT turn.round FROM turn)))
	ORDER BY principal.place LIMIT 1
), problem AS (
	SELECT CASE
		WHEN (SELECT count(*) FROM steering.rules_of(steering.questions_of(entry.decision_id), weigh_signature.day)) <> 1
			OR entry.present_method IS NULL
			THEN ARRAY['55000', format('no one rule says how decision %s is decided now', entry.decision_id), 'Withdraw it, and propose it anew.']
		WHEN EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.fingerprint <> steering.fingerprint(entry.act, entry.arguments))
			THEN ARRAY['55000', format('decision %s is not what was signed any more', entry.decision_id), 'Withdraw it, and propose it anew.']
		WHEN entry.present_method = 'record' AND entry.document IS NULL
			THEN ARRAY['55000', format('decision %s was decided elsewhere, and has no document', entry.decision_id),
				'Withdraw it, and propose it anew.']
		WHEN weigh_signature.choice IS NULL
			OR NOT weigh_signature.choice = ANY (CASE entry.capacity WHEN 'approval' THEN ARRAY['approve', 'reject']
				WHEN 'vote' THEN ARRAY['for', 'against', 'abstain'] WHEN 'chair' THEN ARRAY['for', 'against']
				ELSE CASE entry.needs WHEN 'consent' THEN ARRAY['consent', 'view', 'abstain', 'reject'] ELSE ARRAY['view', 'consent', 'abstain'] END END)
			THEN ARRAY['22023', format('choice "%s" does not fit decision %s', coalesce(weigh_signature.choice, 'null'), entry.decision_id),
				CASE entry.capacity WHEN 'approval' THEN 'Who holds a mandate says approve or reject.'
					WHEN 'chair' THEN 'Who votes names his participant, and says for, against or abstain.'
					WHEN 'vote' THEN 'A vote is for, against or abstain.'
					ELSE 'Who is heard names his participant, and gives a view, consents, or abstains.' END]
		WHEN entry.capacity = 'hearing' AND (entry.present_body IS NULL OR entry.views_days = 0 AND entry.needs = 'view')
			THEN ARRAY['22023', format('nobody is heard before decision %s', entry.decision_id), NULL]
		WHEN entry.capacity IN ('vote', 'hearing') AND NOT EXISTS (SELECT FROM member)
			THEN ARRAY['22023', format('participant "%s" is not a member of body "%s"', coalesce(weigh_signature.participant, 'null'), entry.present_body), NULL]
		WHEN entry.capacity = 'chair'
			AND steering.vote_outcome(entry.decision_id, entry.round, entry.present_body, entry.majority, weigh_signature.day) <> 'chair'
			THEN ARRAY['55000', format('decision %s is not a tie that the chair decides', entry.decision_id), 'Who votes names his participant.']
		WHEN EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.functionary = session_user
				AND (entry.present_method <> 'vote' OR signed.round = (SELECT turn.round FROM turn)))
			THEN ARRAY['23S75', format('role "%s" has signed decision %s already', session_user, entry.decision_id),
				'Nobody signs twice, in whatever capacity.']
		WHEN entry.capacity IN ('vote', 'approval') AND steering.is_being_heard(entry.decision_id, weigh_signature.day)
			THEN ARRAY['55000', format('decision %s waits for %s', entry.decision_id, CASE entry.needs WHEN 'consent' THEN 'consents'
					ELSE concat('views', ' through ' || entry.hear_through) END),
				format('The members of body "%s" are heard first: each gives a view, or says by abstain that it has none.', entry.present_body)]
		WHEN entry.capacity IN ('vote', 'chair')
			AND weigh_signature.day > steering.vote_end(entry.decision_id, (SELECT turn.round FROM turn), entry.present_body)
			THEN ARRAY['55000', format('the vote on decision %s was open through %s', entry.decision_id,
					steering.vote_end(entry.decision_id, (SELECT turn.round FROM turn), entry.present_body)),
				'steering.close_decision() counts the votes that were given.']
		WHEN NOT EXISTS (SELECT FROM principal)
			THEN ARRAY['23S75', format('role "%s" may not sign decision %s%s', session_user, entry.decision_id,
					CASE entry.capacity WHEN 'approval' THEN '' WHEN 'chair' THEN ' as chair' ELSE format(' for participant "%s"', weigh_signature.participant) END),
				CASE entry.capacity WHEN 'approval' THEN (SELECT steering.deciding_hint(asked, weigh_signature.day)
						FROM unnest(steering.questions_of(entry.decision_id)) AS asked LIMIT 1)
					ELSE 'Its representative signs, or who is deputy of that.' END]
		WHEN NOT EXISTS (SELECT FROM free)
			THEN ARRAY['23S75', format('the signature of "%s" under decision %s is given already', (SELECT principal.principal FROM principal ORDER BY principal.place LIMIT 1),
					entry.decision_id), 'A signature of a deputy is that of his principal.']
		END AS told
	FROM entry
)
SELECT problem.told[1], problem.told[2], problem.told[3], (SELECT free.principal FROM free), (SELECT turn.round FROM turn)
FROM problem;
END;
REVOKE ALL ON FUNCTION steering.weigh_signature(integer, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.weigh_signature(integer, text, text, date) IS
'may who has logged in sign a decision so? state, message and hint: he may not; else for whom it is, and in which round';

-- A consent binds: who says nothing by the last day has not given it, nor has who gave a view alone.
CREATE FUNCTION steering.closing_outcome(decision integer, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN ruling.needs = 'consent' AND steering.is_being_heard(entry.decision_id, closing_outcome.day)
		AND (entry.hear_through < closing_outcome.day OR (
			SELECT bool_and(EXISTS (SELECT FROM steering.signature_record AS signed
				WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = vote.participant))
			FROM steering.body_vote(ruling.body, closing_outcome.day) AS vote))
	THEN 'rejected' ELSE (SELECT now.outcome
		FROM (SELECT steering.decision_outcome(entry.decision_id, steering.questions_of(entry.decision_id), closing_outcome.day) AS outcome) AS now
		WHERE now.outcome IN ('rejected', 'tie') OR now.outcome = 'adopted' AND ruling.method = 'vote') END
FROM steering.decision_record AS entry
LEFT JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), closing_outcome.day) AS ruling ON true
WHERE entry.decision_id = closing_outcome.decision
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.closing_outcome(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.closing_outcome(integer, date) IS
'what a decision comes to on a day without another signature: rejected, also where a consent is missing that has no days left or that a view was given for, adopted (a vote alone), or a tie; null: it is open';

CREATE FUNCTION steering.why_rejected(decision integer, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE
	WHEN signed.choice = 'reject' THEN format('rejected by %s', quote_ident(signed.functionary))
	WHEN ruling.needs = 'consent' AND steering.is_being_heard(entry.decision_id, why_rejected.day) THEN 'a consent is missing'
	WHEN ruling.method = 'vote' THEN concat(CASE WHEN NOT tally.has_quorum THEN format('no quorum of %s percent: ', trim_scale(body.quorum_percent)) END,
		format('%s for, %s against, %s abstained, %s not given', trim_scale(tally.favour), trim_scale(tally.against), trim_scale(tally.abstained),
			trim_scale(tally.silent)), CASE WHEN tally.has_quorum THEN format('; majority %s', ruling.majority) END) END
FROM steering.decision_record AS entry
LEFT JOIN LATERAL steering.rules_of(steering.questions_of(entry.decision_id), why_rejected.day) AS ruling ON true
LEFT JOIN steering.body ON body.code = ruling.body
LEFT JOIN LATERAL steering.vote_tally(entry.decision_id, entry.round, ruling.body, why_rejected.day) AS tally ON ruling.method = 'vote'
LEFT JOIN LATERAL (SELECT given.choice, given.functionary FROM steering.signature_record AS given
	WHERE given.decision_id = entry.decision_id AND given.choice = 'reject' LIMIT 1) AS signed ON true
WHERE entry.decision_id = why_rejected.decision
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.why_rejected(integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.why_rejected(integer, date) IS 'why a decision is rejected: by whom, what consent is missing, or how the votes went';

CREATE FUNCTION steering.propose(act text, arguments jsonb, reason text, document text DEFAULT NULL, hear_through date DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_propose'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.propose(text, jsonb, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.propose(text, jsonb, text, text, date) IS
'proposes an act of steering.act with arguments by name, and returns the number of the decision. It is tried, with the rights of the caller, and taken back: what could not be done is refused with the act''s own error. Where two must sign, a proposer in mandate is the first. hear_through: a later last day for those who are to be heard. Errors: 22004 null, 22023 unknown act or argument, an argument of another type, or missing, 55000 no rule is for it, or several are, or it would change nothing, 22023 a document is missing that the method needs, those of the act';

CREATE FUNCTION steering.sign(decision integer, choice text, participant text DEFAULT NULL, remark text DEFAULT NULL) RETURNS text
AS 'MODULE_PATHNAME', 'steering_sign'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.sign(integer, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.sign(integer, text, text, text) IS
'signs a decision that is open, and returns its state: approve or reject by mandate, for, against or abstain for a participant in a vote (the chair, of a tie, without one), view or consent of a participant that is heard. With the signature that completes it the act is done as it was proposed, by the database: if that fails so does the signature. Errors: 22004 null, 42704 no such decision, 55000 it is not open, or others are heard first, 22023 another choice, 23S75 who may not sign, or has signed, those of the act';

CREATE FUNCTION steering.close_decision(decision integer) RETURNS text
AS 'MODULE_PATHNAME', 'steering_close_decision'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.close_decision(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_decision(integer) IS
'ends a decision whose days are over, and returns its state: of a vote, who has not voted is absent, and what was given counts: without a quorum it is rejected, a first tie is voted again, and what is adopted is done; where a consent is missing it is rejected. The decision says how it went (outcome). Errors: 22004 null, 42704 no such decision, 55000 it is not open, or its days are not over, those of the act';

CREATE FUNCTION steering.withdraw(decision integer, reason text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_withdraw'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.withdraw(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.withdraw(integer, text) IS
'takes back a proposal that is open: its proposer does, or who may grant EXECUTE on this function. Errors: 22004 null, 42704 no such decision, 55000 it is not open, 23S75 who did not propose it';

CREATE FUNCTION steering.guard_act() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_guard_act'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_act() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_act() IS
'asks for a row that an act has written whether it may be done, and records it: 23S75 it may not. The trigger names the function that makes questions of the row';

-- Of the increase of a cap follows what it was: the amount is for who may read that, and for who has signed.
CREATE VIEW steering.decision WITH (security_barrier) AS
SELECT entry.decision_id AS id, entry.act, entry.service, entry.participant, CASE WHEN reader.has_figures OR reader.has_signed THEN entry.amount END AS amount,
	entry.arguments, entry.reason, entry.document, entry.method, entry.state, entry.proposed_by, entry.proposed_at, entry.decided_at, entry.executed_at,
	entry.in_mandate, entry.outcome, entry.body, entry.hear_through
FROM steering.decision_record AS entry
CROSS JOIN LATERAL (SELECT (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR coalesce(entry.participant IN (SELECT readable_participant.code FROM steering.readable_participant), false) AS has_figures,
	EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND session_user IN (signed.functionary, signed.signed_for)) AS has_signed) AS reader
WHERE reader.has_figures OR reader.has_signed OR entry.proposed_by = session_user;
GRANT SELECT ON steering.decision TO PUBLIC;
COMMENT ON VIEW steering.decision IS 'acts that were proposed or done: those of participants whose figures the role may read, and those that who has logged in proposed or signed';
COMMENT ON COLUMN steering.decision.id IS 'number of the decision';
COMMENT ON COLUMN steering.decision.act IS 'the act';
COMMENT ON COLUMN steering.decision.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision.amount IS 'money; of several the largest; null: it has none, or who proposed it may not read it';
COMMENT ON COLUMN steering.decision.arguments IS 'arguments by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision.method IS 'mandate, dual, vote, host or record; null: no rule was for it';
COMMENT ON COLUMN steering.decision.state IS 'open, executed, rejected or withdrawn';
COMMENT ON COLUMN steering.decision.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision.proposed_at IS 'when';
COMMENT ON COLUMN steering.decision.decided_at IS 'when it was decided; null: it is open';
COMMENT ON COLUMN steering.decision.executed_at IS 'when it took effect; null: it did not';
COMMENT ON COLUMN steering.decision.in_mandate IS 'decided as its rule says; false: a superuser or the owner did it without; null: no rule was for it, or not executed';
COMMENT ON COLUMN steering.decision.outcome IS 'what the function returned, or why it was rejected or withdrawn';
COMMENT ON COLUMN steering.decision.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.decision.hear_through IS 'last day for those who are heard; null: nobody is';

CREATE VIEW steering.signature WITH (security_barrier) AS
SELECT signed.decision_id AS decision, signed.functionary, signed.signed_for, signed.choice, signed.participant, signed.at, signed.remark
FROM steering.signature_record AS signed
WHERE signed.decision_id IN (SELECT decision.id FROM steering.decision);
GRANT SELECT ON steering.signature TO PUBLIC;
COMMENT ON VIEW steering.signature IS 'signatures of the decisions that the role sees';
COMMENT ON COLUMN steering.signature.decision IS 'number of the decision';
COMMENT ON COLUMN steering.signature.functionary IS 'who had logged in';
COMMENT ON COLUMN steering.signature.signed_for IS 'whose signature it is: the same, or whose deputy that is';
COMMENT ON COLUMN steering.signature.choice IS 'approve, reject, for, against, abstain, consent or view';
COMMENT ON COLUMN steering.signature.participant IS 'code of the participant whose vote or view it is; null: of none';
COMMENT ON COLUMN steering.signature.at IS 'when';
COMMENT ON COLUMN steering.signature.remark IS 'what was said with it; null: nothing';
