-- mandate.sql
-- Mandates: the right of a functionary to take acts, in a scope, up to an amount, on some days; and deputies. Roles stand in
-- it by name, and are looked up when they are used: what names no role gives nobody a right.

CREATE TABLE steering.mandate (
	mandate_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT mandate_pkey PRIMARY KEY,
	functionary text NOT NULL,
	acts text[] NOT NULL CONSTRAINT mandate_acts_not_empty CHECK (cardinality(acts) > 0),
	service text,
	participant text,
	during daterange NOT NULL CONSTRAINT mandate_during_not_empty CHECK (NOT isempty(during)),
	amount_limit numeric NOT NULL CONSTRAINT mandate_amount_limit_not_negative CHECK (amount_limit >= 0 AND amount_limit <> 'NaN'),
	year_limit numeric NOT NULL CONSTRAINT mandate_year_limit_not_negative CHECK (year_limit >= 0 AND year_limit <> 'NaN'),
	may_submandate boolean NOT NULL,
	parent integer CONSTRAINT mandate_parent_is_earlier CHECK (parent < mandate_id),
	employer text,
	document text,
	given_by text NOT NULL DEFAULT session_user,
	given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	consented_by text,
	consented_at timestamptz,
	employer_consented_by text,
	employer_consented_at timestamptz,
	revoked_on date,
	revoked_by text,
	revoke_reason text,
	CONSTRAINT mandate_revocation CHECK (num_nulls(revoked_on, revoked_by, revoke_reason) IN (0, 3)),
	CONSTRAINT mandate_consent CHECK (num_nulls(consented_by, consented_at) IN (0, 2)
		AND num_nulls(employer_consented_by, employer_consented_at) IN (0, 2))
);
REVOKE ALL ON steering.mandate FROM PUBLIC;
CREATE INDEX mandate_parent_idx ON steering.mandate (parent);
SELECT pg_catalog.pg_extension_config_dump('steering.mandate', '');
SELECT pg_catalog.pg_extension_config_dump('steering.mandate_mandate_id_seq', '');
COMMENT ON TABLE steering.mandate IS 'who may take which acts, written by set_mandate(), consent_mandate() and revoke_mandate() alone';
COMMENT ON COLUMN steering.mandate.mandate_id IS 'number of the mandate';
COMMENT ON COLUMN steering.mandate.functionary IS 'name of the role that holds it';
COMMENT ON COLUMN steering.mandate.acts IS 'the acts, in order';
COMMENT ON COLUMN steering.mandate.service IS 'code: it is for this service and all below it; null: for all';
COMMENT ON COLUMN steering.mandate.participant IS 'code: it is for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.mandate.during IS 'its days';
COMMENT ON COLUMN steering.mandate.amount_limit IS 'the most that one act may come to; Infinity: any amount';
COMMENT ON COLUMN steering.mandate.year_limit IS 'the most that all acts of a calendar year may come to; Infinity: any amount';
COMMENT ON COLUMN steering.mandate.may_submandate IS 'others may be given a part of it';
COMMENT ON COLUMN steering.mandate.parent IS 'number of the mandate that it is a part of; null: of none';
COMMENT ON COLUMN steering.mandate.employer IS 'code of the participant that the functionary works under, where that is another than who gives the mandate: both must consent; null: nobody need';
COMMENT ON COLUMN steering.mandate.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.mandate.given_by IS 'who had logged in and gave it';
COMMENT ON COLUMN steering.mandate.given_at IS 'when';
COMMENT ON COLUMN steering.mandate.consented_by IS 'who had logged in and consented: the functionary; null: nobody yet';
COMMENT ON COLUMN steering.mandate.consented_at IS 'when; null: not yet';
COMMENT ON COLUMN steering.mandate.employer_consented_by IS 'who had logged in and consented for the employer; null: nobody yet';
COMMENT ON COLUMN steering.mandate.employer_consented_at IS 'when; null: not yet';
COMMENT ON COLUMN steering.mandate.revoked_on IS 'the first day on which it is not in force any more; null: it was not revoked';
COMMENT ON COLUMN steering.mandate.revoked_by IS 'who had logged in and revoked it; null: it was not revoked';
COMMENT ON COLUMN steering.mandate.revoke_reason IS 'why; null: it was not revoked';

CREATE TABLE steering.deputy (
	functionary text NOT NULL,
	deputy text NOT NULL,
	during daterange NOT NULL CONSTRAINT deputy_during_not_empty CHECK (NOT isempty(during)),
	CONSTRAINT deputy_pkey PRIMARY KEY (functionary, deputy),
	CONSTRAINT deputy_is_another CHECK (functionary <> deputy)
);
REVOKE ALL ON steering.deputy FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.deputy', '');
COMMENT ON TABLE steering.deputy IS 'who signs for whom, written by set_deputy() alone';
COMMENT ON COLUMN steering.deputy.functionary IS 'name of the role that is absent';
COMMENT ON COLUMN steering.deputy.deputy IS 'name of the role that signs for it';
COMMENT ON COLUMN steering.deputy.during IS 'the days';

CREATE FUNCTION steering.signatory(person text, day date) RETURNS TABLE (principal text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
SELECT signatory.person WHERE steering.is_role(signatory.person)
UNION ALL
SELECT deputy.functionary FROM steering.deputy
WHERE deputy.deputy = signatory.person AND deputy.during @> signatory.day AND steering.is_role(signatory.person)
	AND steering.is_role(deputy.functionary);
END;
REVOKE ALL ON FUNCTION steering.signatory(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.signatory(text, date) IS 'whose signature a person may give: his own, and on these days that of those whose deputy he is';

-- Each mandate with those that it is a part of.
CREATE VIEW steering.mandate_link AS
WITH RECURSIVE link (mandate_id, link_id, parent, depth) AS (
	SELECT mandate.mandate_id, mandate.mandate_id, mandate.parent, 0 FROM steering.mandate
	UNION ALL
	SELECT link.mandate_id, mandate.mandate_id, mandate.parent, link.depth + 1
	FROM link JOIN steering.mandate ON mandate.mandate_id = link.parent AND link.parent < link.link_id
)
SELECT link.mandate_id, link.depth, link.parent IS NULL AS is_last, mandate.mandate_id AS link_id, mandate.functionary, mandate.acts,
	mandate.service, mandate.participant, mandate.amount_limit, mandate.year_limit, mandate.during, mandate.revoked_on,
	(mandate.employer IS NULL OR mandate.consented_by IS NOT NULL AND mandate.employer_consented_by IS NOT NULL)
		AND (link.depth = 0 OR mandate.may_submandate) AND steering.is_role(mandate.functionary) AS is_good
FROM link JOIN steering.mandate ON mandate.mandate_id = link.link_id;
REVOKE ALL ON steering.mandate_link FROM PUBLIC;
COMMENT ON VIEW steering.mandate_link IS 'each mandate, and those that it is a part of';
COMMENT ON COLUMN steering.mandate_link.mandate_id IS 'number of the mandate';
COMMENT ON COLUMN steering.mandate_link.depth IS 'how many mandates away: 0 is itself';
COMMENT ON COLUMN steering.mandate_link.is_last IS 'it is a part of no other';
COMMENT ON COLUMN steering.mandate_link.link_id IS 'number of the one that it is a part of, or itself';
COMMENT ON COLUMN steering.mandate_link.functionary IS 'name of the role that holds that';
COMMENT ON COLUMN steering.mandate_link.acts IS 'acts of that';
COMMENT ON COLUMN steering.mandate_link.service IS 'code: service of that; null: all';
COMMENT ON COLUMN steering.mandate_link.participant IS 'code: participant of that; null: all';
COMMENT ON COLUMN steering.mandate_link.amount_limit IS 'limit of that for an act';
COMMENT ON COLUMN steering.mandate_link.year_limit IS 'limit of that for a year';
COMMENT ON COLUMN steering.mandate_link.during IS 'days of that';
COMMENT ON COLUMN steering.mandate_link.revoked_on IS 'first day on which that is revoked';
COMMENT ON COLUMN steering.mandate_link.is_good IS 'that was consented to where it has to be, may be given on where it is, and its role exists';

CREATE FUNCTION steering.mandate_on(day date)
RETURNS TABLE (mandate_id integer, holder text, acts text[], service text, participant text, amount_limit numeric, year_limit numeric, path text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT mandate.mandate_id, mandate.functionary, mandate.acts, mandate.service, mandate.participant, link.amount_limit, link.year_limit, link.path
FROM (
	SELECT mandate_link.mandate_id, min(mandate_link.amount_limit) AS amount_limit, min(mandate_link.year_limit) AS year_limit,
		string_agg(mandate_link.functionary, ' > ' ORDER BY mandate_link.depth DESC) AS path
	FROM steering.mandate_link
	GROUP BY mandate_link.mandate_id
	HAVING bool_and(mandate_link.is_good AND mandate_link.during @> mandate_on.day
			AND (mandate_link.revoked_on IS NULL OR mandate_link.revoked_on > mandate_on.day))
		AND bool_or(mandate_link.is_last)
) AS link
JOIN steering.mandate ON mandate.mandate_id = link.mandate_id;
END;
REVOKE ALL ON FUNCTION steering.mandate_on(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.mandate_on(date) IS 'the mandates in force on a day, with the least limits along the chain of mandates that each is a part of';

CREATE FUNCTION steering.mandate_for(act text, service text, participant text, day date)
RETURNS TABLE (mandate_id integer, holder text, acts text[], service_scope text, participant_scope text, amount_limit numeric,
	year_limit numeric, path text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT standing.mandate_id, standing.holder, standing.acts, standing.service, standing.participant, standing.amount_limit,
	standing.year_limit, standing.path
FROM steering.mandate_on(mandate_for.day) AS standing
WHERE mandate_for.act = ANY (standing.acts) AND NOT EXISTS (
	SELECT FROM steering.mandate_link AS link
	WHERE link.mandate_id = standing.mandate_id AND NOT (mandate_for.act = ANY (link.acts)
		AND (link.service IS NULL OR EXISTS (SELECT FROM steering.service_above(mandate_for.service) AS above WHERE above.code = link.service))
		AND (link.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(mandate_for.participant) AS above WHERE above.code = link.participant))));
END;
REVOKE ALL ON FUNCTION steering.mandate_for(text, text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.mandate_for(text, text, text, date) IS 'the mandates that hold an act in a scope on a day, each link of their chains';

-- Who holds the mandate that another is to be a part of; or an administrator; or a proposal that was decided.
CREATE FUNCTION steering.set_mandate(functionary text, acts text[], service text, participant text, during steering.day_range,
	amount_limit numeric, year_limit numeric DEFAULT 'infinity', may_submandate boolean DEFAULT false, parent integer DEFAULT NULL,
	document text DEFAULT NULL, employer text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_role(set_mandate.functionary, 'functionary'),
	steering.require_acts(set_mandate.acts),
	steering.require_scope(set_mandate.service, set_mandate.participant),
	steering.require_scope(NULL, set_mandate.employer),
	steering.require_days(set_mandate.during::daterange),
	steering.require_that(set_mandate.amount_limit IS NOT NULL AND set_mandate.year_limit IS NOT NULL, '22004',
		format('%s must not be null', CASE WHEN set_mandate.amount_limit IS NULL THEN 'amount_limit' ELSE 'year_limit' END),
		'Without a limit it is ''infinity''.'),
	steering.require_that(set_mandate.amount_limit >= 0 AND set_mandate.amount_limit <> 'NaN', '22023',
		format('amount_limit must not be negative: %s', set_mandate.amount_limit)),
	steering.require_that(set_mandate.year_limit >= 0 AND set_mandate.year_limit <> 'NaN', '22023',
		format('year_limit must not be negative: %s', set_mandate.year_limit)),
	steering.require_that(set_mandate.may_submandate IS NOT NULL, '22004', 'may_submandate must not be null');
SELECT steering.require_that(false, '23S75',
	format('act "%s" needs the majority "%s", and cannot be mandated', ruled.act, ruled.majority),
	'Only the body itself can decide it: leave it out, or let the limit end below.')
FROM (
	SELECT named.act, rule.majority
	FROM steering.rule
	JOIN unnest(set_mandate.acts) AS named (act) ON named.act = ANY (rule.acts)
	WHERE rule.method = 'vote' AND rule.majority NOT IN ('simple', 'absolute') AND rule.during && set_mandate.during::daterange
		AND rule.amounts && numrange(0, CASE WHEN set_mandate.amount_limit < 'Infinity' THEN set_mandate.amount_limit END, '[]')
		AND (rule.service_kind IS NULL
			OR rule.service_kind = (SELECT entry.kind FROM steering.service AS entry WHERE entry.code = set_mandate.service))
		AND (rule.service IS NULL OR EXISTS (SELECT FROM steering.service_above(set_mandate.service) AS above WHERE above.code = rule.service))
		AND (rule.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(set_mandate.participant) AS above WHERE above.code = rule.participant))
	ORDER BY named.act LIMIT 1
) AS ruled;
SELECT steering.require_that(set_mandate.parent IS NULL
		OR EXISTS (SELECT FROM steering.mandate AS above WHERE above.mandate_id = set_mandate.parent), '42704',
		format('mandate %s does not exist', set_mandate.parent)),
	steering.require_that(set_mandate.parent IS NOT NULL OR steering.may_administer('set_mandate'), '23S75',
		format('role "%s" may give no mandate that is not a part of its own', session_user),
		'Name the mandate that it is a part of (parent), or propose it. Who may grant EXECUTE on steering.set_mandate() gives the first ones.');
SELECT steering.require_that(above.functionary = session_user OR steering.may_administer('set_mandate'), '23S75',
		format('mandate %s is not held by role "%s"', above.mandate_id, session_user), 'Who holds a mandate gives a part of it to others.'),
	steering.require_that(above.may_submandate, '23S75', format('mandate %s may not be given on', above.mandate_id),
		'It was given without may_submandate.'),
	steering.require_that(above.revoked_on IS NULL, '23S75', format('mandate %s was revoked', above.mandate_id)),
	steering.require_that((SELECT count(*) FROM steering.mandate_link AS link WHERE link.mandate_id = above.mandate_id) < 10, '22023',
		format('mandate %s is the tenth of a chain', above.mandate_id), 'A chain has at most ten mandates: each act looks along all of it.'),
	steering.require_that(above.during && set_mandate.during::daterange, '22023',
		format('mandate %s is not in force on these days', above.mandate_id)),
	steering.require_that(above.acts @> set_mandate.acts, '22023', format('mandate %s does not hold all of these acts', above.mandate_id),
		format('It holds: %s.', array_to_string(above.acts, ', '))),
	steering.require_that(above.service IS NULL
			OR EXISTS (SELECT FROM steering.service_above(set_mandate.service) AS up WHERE up.code = above.service), '22023',
		format('mandate %s is for service "%s" and what is below it', above.mandate_id, above.service)),
	steering.require_that(above.participant IS NULL
			OR EXISTS (SELECT FROM steering.participant_above(set_mandate.participant) AS up WHERE up.code = above.participant), '22023',
		format('mandate %s is for participant "%s" and what is below it', above.mandate_id, above.participant))
FROM steering.mandate AS above
WHERE above.mandate_id = set_mandate.parent;
INSERT INTO steering.mandate (functionary, acts, service, participant, during, amount_limit, year_limit, may_submandate, parent, employer, document)
VALUES (set_mandate.functionary, steering.require_acts(set_mandate.acts), set_mandate.service, set_mandate.participant,
	set_mandate.during::daterange, set_mandate.amount_limit, set_mandate.year_limit, set_mandate.may_submandate, set_mandate.parent,
	set_mandate.employer, set_mandate.document)
RETURNING mandate_id;
END;
REVOKE ALL ON FUNCTION steering.set_mandate(text, text[], text, text, steering.day_range, numeric, numeric, boolean, integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_mandate(text, text[], text, text, steering.day_range, numeric, numeric, boolean, integer, text, text) IS
'gives a functionary the right to take acts, for a service and a participant and all below them (null: all), on these days, up to amount_limit for each and year_limit for those of a calendar year; returns its number. parent: it is a part of that mandate, whose holder gives it; of the limits along the chain the least holds. employer: the functionary works under that participant, and both must consent (consent_mandate()) before it is in force. Errors: 22004 null, 22023 unknown act or code, empty range, a negative limit, more than the parent holds, a chain of more than ten mandates, 42704 no such role or parent, 23S75 the parent is not held by who calls, or may not be given on; an act that needs a qualified majority; without a parent by who may not grant EXECUTE on this function';

CREATE FUNCTION steering.speaks_for(person text, participant text, day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM steering.body_member AS member
		WHERE member.participant = speaks_for.participant AND member.representative = speaks_for.person AND member.during @> speaks_for.day)
	OR EXISTS (SELECT FROM steering.mandate_for('consent_mandate', NULL, speaks_for.participant, speaks_for.day) AS held
		WHERE held.holder = speaks_for.person);
END;
REVOKE ALL ON FUNCTION steering.speaks_for(text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.speaks_for(text, text, date) IS 'a person votes for a participant in a body, or holds a mandate to consent for it';

CREATE FUNCTION steering.consent_mandate(mandate integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_found(count(*), concat('mandate ', coalesce(consent_mandate.mandate::text, 'null')))
FROM steering.mandate AS standing WHERE standing.mandate_id = consent_mandate.mandate;
SELECT steering.require_that(standing.employer IS NOT NULL, '55000', format('mandate %s needs no consent', standing.mandate_id)),
	steering.require_that(standing.functionary = session_user OR speaks.for_employer, '23S75',
		format('role "%s" may not consent to mandate %s', session_user, standing.mandate_id),
		format('The functionary consents, and for "%s" who votes for it in a body, or has a mandate for consent_mandate.', standing.employer))
FROM steering.mandate AS standing
CROSS JOIN LATERAL (SELECT steering.speaks_for(session_user, standing.employer, steering.decision_day()) AS for_employer) AS speaks
WHERE standing.mandate_id = consent_mandate.mandate;
UPDATE steering.mandate AS standing
SET consented_by = CASE WHEN standing.functionary = session_user THEN session_user ELSE standing.consented_by END,
	consented_at = CASE WHEN standing.functionary = session_user THEN clock_timestamp() ELSE standing.consented_at END,
	employer_consented_by = CASE WHEN standing.functionary <> session_user THEN session_user ELSE standing.employer_consented_by END,
	employer_consented_at = CASE WHEN standing.functionary <> session_user THEN clock_timestamp() ELSE standing.employer_consented_at END
WHERE standing.mandate_id = consent_mandate.mandate;
END;
REVOKE ALL ON FUNCTION steering.consent_mandate(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.consent_mandate(integer) IS
'consents to a mandate from another organisation: the functionary does, and somebody for the participant that he works under. It is in force when both have. Errors: 42704 no such mandate, 55000 it needs no consent, 23S75 whose consent is not needed';

CREATE FUNCTION steering.revoke_mandate(mandate integer, reason text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_found(count(*), concat('mandate ', coalesce(revoke_mandate.mandate::text, 'null')))
FROM steering.mandate AS standing WHERE standing.mandate_id = revoke_mandate.mandate;
SELECT steering.require_that(revoke_mandate.reason IS NOT NULL, '22004', 'reason must not be null'),
	steering.require_that(btrim(revoke_mandate.reason) <> '', '22023', 'reason must not be empty'),
	steering.require_that(standing.revoked_on IS NULL, '55000', format('mandate %s was revoked already', standing.mandate_id)),
	steering.require_that(session_user IN (standing.given_by, standing.functionary) OR steering.may_administer('revoke_mandate')
		OR EXISTS (SELECT FROM steering.mandate_link AS link
			WHERE link.mandate_id = standing.mandate_id AND link.depth > 0 AND link.functionary = session_user), '23S75',
		format('role "%s" may not revoke mandate %s', session_user, standing.mandate_id),
		'Who gave it does, who holds what it is a part of, and who gives it back.')
FROM steering.mandate AS standing
WHERE standing.mandate_id = revoke_mandate.mandate;
UPDATE steering.mandate AS standing
SET revoked_on = steering.decision_day(), revoked_by = session_user, revoke_reason = revoke_mandate.reason
WHERE standing.mandate_id = revoke_mandate.mandate;
END;
REVOKE ALL ON FUNCTION steering.revoke_mandate(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.revoke_mandate(integer, text) IS
'ends a mandate, from today on, and all that are a part of it. What was proposed and not decided yet cannot be signed by it any more. Errors: 42704 no such mandate, 22004 and 22023 no reason, 55000 it was revoked already, 23S75 by who did not give it';

CREATE FUNCTION steering.set_deputy(functionary text, deputy text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_role(set_deputy.functionary, 'functionary'),
	steering.require_role(set_deputy.deputy, 'deputy'),
	steering.require_days(set_deputy.during::daterange),
	steering.require_that(set_deputy.functionary <> set_deputy.deputy, '22023',
		format('role "%s" cannot be its own deputy', set_deputy.functionary)),
	steering.require_that(set_deputy.functionary = session_user OR steering.may_administer('set_deputy'), '23S75',
		format('role "%s" may not name a deputy of "%s"', session_user, set_deputy.functionary),
		'A functionary names his own. Who may grant EXECUTE on steering.set_deputy() names those of others.');
INSERT INTO steering.deputy AS standing (functionary, deputy, during)
VALUES (set_deputy.functionary, set_deputy.deputy, set_deputy.during::daterange)
ON CONFLICT ON CONSTRAINT deputy_pkey DO UPDATE SET during = excluded.during;
END;
REVOKE ALL ON FUNCTION steering.set_deputy(text, text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_deputy(text, text, steering.day_range) IS
'names who signs for a functionary on these days; those of the same two are replaced. A signature of a deputy is that of his principal. Errors: 22004 null, 22023 empty range, the same role, 42704 no such role, 23S75 for somebody else by who may not grant EXECUTE on this function';
