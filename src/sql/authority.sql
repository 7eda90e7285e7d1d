-- authority.sql
-- Who may decide what, for reading: the table of authority, what waits for whom, and what stands in the way of deciding.
--
-- The functions below give a role what it may read, and refuse to speak of a role that who has logged in cannot be.

CREATE FUNCTION steering.who_may(act text, service text, participant text, amount numeric, as_of date DEFAULT NULL)
RETURNS TABLE (functionary text, path text, amount_limit numeric, year_limit numeric, method text, needs text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_acts(ARRAY[who_may.act]), steering.require_scope(who_may.service, who_may.participant),
	steering.require_that(who_may.amount IS NULL OR who_may.amount >= 0 AND who_may.amount <> 'NaN', '22023',
		format('amount must not be negative: %s', who_may.amount));
WITH ruling AS MATERIALIZED (
	SELECT ruling.*, coalesce(who_may.as_of, steering.decision_day()) AS day
	FROM steering.rule_for(who_may.act, who_may.service, who_may.participant, who_may.amount,
		coalesce(who_may.as_of, steering.decision_day())) AS ruling
), heard AS (
	SELECT CASE WHEN ruling.body IS NOT NULL AND ruling.method <> 'vote' AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		THEN format('%s of the members of body "%s"%s', ruling.needs, ruling.body,
			CASE WHEN ruling.needs = 'view' THEN format(' within %s days', ruling.views_days) END) END AS needs
	FROM ruling
)
SELECT held.holder, held.path, held.amount_limit, held.year_limit, ruling.method,
	concat_ws('; ', CASE ruling.method WHEN 'dual' THEN 'a second signature' WHEN 'record' THEN 'the document of the decision' END, heard.needs)
FROM ruling CROSS JOIN heard
CROSS JOIN LATERAL steering.mandate_for(who_may.act, who_may.service, who_may.participant, ruling.day) AS held
WHERE ruling.method IS DISTINCT FROM 'vote' AND (who_may.amount IS NULL OR who_may.amount <= least(held.amount_limit, held.year_limit))
UNION ALL
SELECT vote.representative, format('%s of body "%s"', vote.participant, ruling.body), NULL, NULL, ruling.method,
	format('%s of %s votes, majority %s', trim_scale(vote.votes), trim_scale(sum(vote.votes) OVER ()), ruling.majority)
FROM ruling CROSS JOIN LATERAL steering.body_vote(ruling.body, ruling.day) AS vote
WHERE ruling.method = 'vote'
ORDER BY 3, 1, 2;
END;
REVOKE ALL ON FUNCTION steering.who_may(text, text, text, numeric, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.who_may(text, text, text, numeric, date) IS
'who may do an act of an amount on a day (null: today), by which chain of mandates and with which limits, and what else it needs; in a vote, who votes. Without a rule (method null) whoever may EXECUTE the function may do it as well. What was decided in the year is not looked at. Errors: 22023 unknown act or code, a negative amount';

CREATE FUNCTION steering.authority_for(reader name)
RETURNS TABLE (functionary text, act text, service text, participant text, amount_limit numeric, year_limit numeric, path text,
	valid_from date, valid_to date, may_submandate boolean, mandate integer, document text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT standing.holder, named.act, standing.service, standing.participant, standing.amount_limit, standing.year_limit, standing.path,
	lower(mandate.during), upper(mandate.during) - 1, mandate.may_submandate, mandate.mandate_id, mandate.document
FROM steering.mandate_on(steering.decision_day()) AS standing
JOIN steering.mandate ON mandate.mandate_id = standing.mandate_id
CROSS JOIN LATERAL unnest(standing.acts) AS named (act)
WHERE pg_has_role(session_user, authority_for.reader, 'MEMBER')
	AND (standing.holder = authority_for.reader OR steering.may_read_of(authority_for.reader, standing.participant))
ORDER BY standing.holder, named.act, standing.service NULLS FIRST, standing.participant NULLS FIRST, mandate.mandate_id;
END;
REVOKE ALL ON FUNCTION steering.authority_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.authority_for(name) IS 'what steering.authority gives a role that who has logged in is, or may become';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.authority_of(reader name)
RETURNS TABLE (functionary text, act text, service text, participant text, amount_limit numeric, year_limit numeric, path text,
	valid_from date, valid_to date, may_submandate boolean, mandate integer, document text)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION steering.authority_of(name) IS 'the same as authority_for(), for a role that the caller is, or may become; for others no row';

CREATE VIEW steering.authority WITH (security_barrier) AS
SELECT * FROM steering.authority_of(current_user);
GRANT SELECT ON steering.authority TO PUBLIC;
COMMENT ON VIEW steering.authority IS 'the table of authority: what each functionary may do today, with the least limits along the chain of mandates; those for participants whose figures the role may read, and its own';
COMMENT ON COLUMN steering.authority.functionary IS 'name of the role that holds the mandate';
COMMENT ON COLUMN steering.authority.act IS 'the act';
COMMENT ON COLUMN steering.authority.service IS 'code: for this service and all below it; null: for all';
COMMENT ON COLUMN steering.authority.participant IS 'code: for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.authority.amount_limit IS 'money, the most for one act; Infinity: any amount';
COMMENT ON COLUMN steering.authority.year_limit IS 'money, the most for a calendar year; Infinity: any amount';
COMMENT ON COLUMN steering.authority.path IS 'chain of mandates, from the first holder on';
COMMENT ON COLUMN steering.authority.valid_from IS 'first day; null: always';
COMMENT ON COLUMN steering.authority.valid_to IS 'last day; null: without end';
COMMENT ON COLUMN steering.authority.may_submandate IS 'others may be given a part of it';
COMMENT ON COLUMN steering.authority.mandate IS 'number of the mandate';
COMMENT ON COLUMN steering.authority.document IS 'where it is written; null: not said';

CREATE FUNCTION steering.waiting_for(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.decision_id, record.round, record.participant, steering.decision_day() AS day,
		steering.is_being_heard(record.decision_id, steering.decision_day()) AS is_being_heard, ruling.*
	FROM steering.decision_record AS record
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), steering.decision_day()) AS ruling
	WHERE record.state = 'open'
), vote AS MATERIALIZED (
	SELECT entry.*, steering.vote_outcome(entry.decision_id, entry.round, entry.body, entry.majority, entry.day) AS outcome
	FROM entry WHERE entry.method = 'vote' AND NOT entry.is_being_heard
), wanted AS (
	SELECT entry.decision_id, entry.day, member.representative AS principal, entry.needs AS choice, member.participant, entry.participant AS about,
		0 AS turn
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.body, entry.day) AS member
	WHERE entry.is_being_heard AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = member.participant)
	UNION ALL
	SELECT vote.decision_id, vote.day, member.representative, 'for, against or abstain', member.participant, vote.participant, vote.round
	FROM vote CROSS JOIN LATERAL steering.body_vote(vote.body, vote.day) AS member
	WHERE vote.day <= steering.vote_end(vote.decision_id, vote.round, vote.body) AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = vote.decision_id AND signed.round = vote.round AND signed.participant = member.participant
			AND signed.signed_for = member.representative)
	UNION ALL
	SELECT vote.decision_id, vote.day, body.chair, 'for or against, as chair', NULL, vote.participant, 3
	FROM vote JOIN steering.body ON body.code = vote.body
	WHERE vote.outcome = 'chair'
	UNION ALL
	SELECT entry.decision_id, entry.day, able.principal, 'approve or reject', NULL, entry.participant, NULL
	FROM entry
	CROSS JOIN (SELECT DISTINCT mandate.functionary FROM steering.mandate) AS holder
	CROSS JOIN LATERAL steering.capacity(holder.functionary, steering.questions_of(entry.decision_id), entry.day) AS able
	WHERE entry.method <> 'vote' AND NOT entry.is_being_heard AND able.principal = holder.functionary
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.signed_for = able.principal)
)
SELECT wanted.decision_id, person.functionary, wanted.principal, wanted.choice, wanted.participant
FROM wanted
CROSS JOIN LATERAL (SELECT wanted.principal AS functionary
	UNION ALL SELECT deputy.deputy FROM steering.deputy WHERE deputy.functionary = wanted.principal AND deputy.during @> wanted.day) AS person
WHERE pg_has_role(session_user, waiting_for.reader, 'MEMBER')
	AND (person.functionary = waiting_for.reader OR steering.may_read_of(waiting_for.reader, wanted.about))
	AND NOT EXISTS (SELECT FROM steering.signature_record AS signed JOIN entry ON entry.decision_id = signed.decision_id
		WHERE signed.decision_id = wanted.decision_id AND signed.functionary = person.functionary
			AND (entry.method <> 'vote' OR signed.round = wanted.turn));
END;
REVOKE ALL ON FUNCTION steering.waiting_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.waiting_for(name) IS 'whose signatures are wanted, as far as a role may know that who has logged in is, or may become';

CREATE FUNCTION steering.proposal_for(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text, act text, service text, participant text,
	amount numeric, arguments jsonb, reason text, document text, method text, body text, hear_through date, proposed_by text,
	proposed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT waiting.decision, waiting.functionary, waiting.signs_for, waiting.choice, waiting.waiting_participant, entry.act, entry.service,
	entry.participant, entry.amount, entry.arguments, entry.reason, entry.document, entry.method, entry.body, entry.hear_through,
	entry.proposed_by, entry.proposed_at
FROM steering.waiting_for(proposal_for.reader) AS waiting
JOIN steering.decision_record AS entry ON entry.decision_id = waiting.decision
ORDER BY waiting.decision, waiting.functionary, waiting.signs_for;
END;
REVOKE ALL ON FUNCTION steering.proposal_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.proposal_for(name) IS 'what steering.proposal gives a role that who has logged in is, or may become';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.proposal_of(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text, act text, service text, participant text,
	amount numeric, arguments jsonb, reason text, document text, method text, body text, hear_through date, proposed_by text,
	proposed_at timestamptz)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION steering.proposal_of(name) IS 'the same as proposal_for(), for a role that the caller is, or may become; for others no row';

CREATE VIEW steering.proposal WITH (security_barrier) AS
SELECT * FROM steering.proposal_of(current_user);
GRANT SELECT ON steering.proposal TO PUBLIC;
COMMENT ON VIEW steering.proposal IS 'what waits for whom: open decisions, one row for each signature that could be given now; those that wait for the role, and those of participants whose figures it may read';
COMMENT ON COLUMN steering.proposal.decision IS 'number of the decision, for steering.sign()';
COMMENT ON COLUMN steering.proposal.functionary IS 'who can sign';
COMMENT ON COLUMN steering.proposal.signs_for IS 'whose signature that is: his own, or his principal''s';
COMMENT ON COLUMN steering.proposal.choice IS 'what he can say';
COMMENT ON COLUMN steering.proposal.waiting_participant IS 'code of the participant that he names in it; null: none';
COMMENT ON COLUMN steering.proposal.act IS 'the act';
COMMENT ON COLUMN steering.proposal.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.proposal.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.proposal.amount IS 'money; null: none';
COMMENT ON COLUMN steering.proposal.arguments IS 'arguments by name: what is signed';
COMMENT ON COLUMN steering.proposal.reason IS 'why';
COMMENT ON COLUMN steering.proposal.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.proposal.method IS 'method when it was proposed';
COMMENT ON COLUMN steering.proposal.body IS 'code of the body that votes or is heard; null: none';
COMMENT ON COLUMN steering.proposal.hear_through IS 'last day for those who are heard; null: nobody is';
COMMENT ON COLUMN steering.proposal.proposed_by IS 'who proposed it';
COMMENT ON COLUMN steering.proposal.proposed_at IS 'when';

CREATE VIEW steering.decision_problem AS
SELECT named.subject, 'role missing' AS problem,
	format('%s is no role: it gives nobody a right.', quote_ident(named.role)) AS detail, named.hint
FROM (
	SELECT format('mandate %s', mandate.mandate_id) AS subject, mandate.functionary AS role,
		format('create the role, or SELECT steering.revoke_mandate(%s, ''...'')', mandate.mandate_id) AS hint
	FROM steering.mandate
	WHERE mandate.revoked_on IS NULL AND (upper_inf(mandate.during) OR upper(mandate.during) > steering.decision_day())
	UNION ALL
	SELECT format('deputy of %s', quote_ident(deputy.functionary)), role.name, 'create the role, or name another with steering.set_deputy()'
	FROM steering.deputy CROSS JOIN LATERAL (VALUES (deputy.functionary), (deputy.deputy)) AS role (name)
	WHERE upper_inf(deputy.during) OR upper(deputy.during) > steering.decision_day()
	UNION ALL
	SELECT format('body "%s"', body.code), body.chair, 'create the role, or name another chair with steering.set_body()'
	FROM steering.body WHERE body.chair IS NOT NULL
	UNION ALL
	SELECT format('body "%s"', member.body), member.representative, 'create the role, or name another with steering.set_body_member()'
	FROM steering.body_member AS member
	WHERE upper_inf(member.during) OR upper(member.during) > steering.decision_day()
) AS named
WHERE NOT steering.is_role(named.role)
UNION ALL
SELECT format('body "%s"', conflict.body), 'votes out of proportion', format('%s. %s', conflict.message, conflict.detail), conflict.hint
FROM steering.body_conflict AS conflict
UNION ALL
SELECT format('body "%s"', member.body), 'participant missing',
	format('Its member "%s" is not in the register: it has no votes.', member.participant), 'add it to steering.participant'
FROM steering.body_member AS member
WHERE NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = member.participant)
UNION ALL
SELECT format('decision %s', entry.decision_id), 'days are over', 'It waits for nobody any more, and is still open.',
	format('SELECT steering.close_decision(%s)', entry.decision_id)
FROM steering.decision_record AS entry
WHERE entry.state = 'open' AND steering.closing_outcome(entry.decision_id, steering.decision_day()) IS NOT NULL
UNION ALL
SELECT format('rule %s', rule.rule_id), 'nobody can decide',
	format('Act "%s" cannot be decided by it now: %s.', named.act, CASE WHEN rule.method = 'vote' THEN format('body "%s" has no votes', rule.body)
		WHEN rule.method = 'dual' THEN 'it takes two holders of a mandate for it' ELSE 'it takes a holder of a mandate for it' END),
	CASE WHEN rule.method = 'vote' THEN 'name members with steering.set_body_member()' ELSE 'give mandates with steering.set_mandate(), or set another rule' END
FROM steering.rule CROSS JOIN LATERAL unnest(rule.acts) AS named (act)
WHERE rule.during @> steering.decision_day()
	AND CASE rule.method
		WHEN 'vote' THEN NOT EXISTS (SELECT FROM steering.body_vote(rule.body, steering.decision_day()) AS vote
			WHERE vote.votes > 0 AND steering.is_role(vote.representative))
		ELSE (SELECT count(DISTINCT held.holder)
			FROM steering.mandate_on(steering.decision_day()) AS held
			WHERE named.act = ANY (held.acts) AND held.amount_limit >= lower(rule.amounts)) < CASE rule.method WHEN 'dual' THEN 2 ELSE 1 END END
UNION ALL
SELECT format('rule %s', rule.rule_id), 'nobody to be heard',
	format('Body "%s" has no members now: %s.', rule.body, CASE rule.needs WHEN 'consent' THEN 'nobody can give the consents that it takes'
		ELSE 'nobody can give or waive a view, and decisions wait for their last day' END),
	'name members with steering.set_body_member(), or set another rule'
FROM steering.rule
WHERE rule.during @> steering.decision_day() AND rule.method <> 'vote' AND (rule.views_days > 0 OR rule.needs = 'consent')
	AND NOT EXISTS (SELECT FROM steering.body_vote(rule.body, steering.decision_day()))
UNION ALL
SELECT format('rule %s', rule.rule_id), 'scope missing',
	format('It is for %s, which the register does not have: it is for nothing.', missing.what), format('SELECT steering.drop_rule(%s)', rule.rule_id)
FROM steering.rule
CROSS JOIN LATERAL (
	SELECT format('service "%s"', rule.service) WHERE rule.service IS NOT NULL
		AND NOT EXISTS (SELECT FROM steering.service WHERE service.code = rule.service)
	UNION ALL
	SELECT format('participant "%s"', rule.participant) WHERE rule.participant IS NOT NULL
		AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = rule.participant)) AS missing (what)
UNION ALL
SELECT pg_trigger.tgrelid::regclass::text, 'acts not asked about', format('Trigger %I does not fire: what is changed here needs no mandate, and is not recorded.', pg_trigger.tgname),
	format('ALTER TABLE %s ENABLE TRIGGER %I', pg_trigger.tgrelid::regclass, pg_trigger.tgname)
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid = 'steering.guard_act'::regproc AND pg_trigger.tgenabled NOT IN ('O', 'A') AND EXISTS (SELECT FROM steering.rule);
REVOKE ALL ON steering.decision_problem FROM PUBLIC;
COMMENT ON VIEW steering.decision_problem IS 'health(): roles of mandates and bodies that are gone, votes out of proportion, rules by which nobody can decide or be heard, and decisions whose days are over';
COMMENT ON COLUMN steering.decision_problem.subject IS 'a mandate, deputy, body, decision or rule';
COMMENT ON COLUMN steering.decision_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.decision_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.decision_problem.hint IS 'what to do';
