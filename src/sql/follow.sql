-- follow.sql
-- Development services are led by one participant. Who follows has an agreement with the lead's terms, with a volume or a share of its own, which
-- changes when those do. The lead's decision is the one that is asked about; each change is in the log of the follower's agreement.

CREATE TABLE steering.follower (
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	during daterange NOT NULL CONSTRAINT follower_during_not_empty CHECK (NOT isempty(during))
		CONSTRAINT follower_whole_months CHECK (coalesce(extract(day FROM lower(during)) = 1, false)
			AND coalesce(extract(day FROM upper(during)) = 1, upper_inf(during))),
	volume steering.amount CONSTRAINT follower_volume_not_negative CHECK (volume OPERATOR(steering.>=) 0::steering.amount),
	share numeric CONSTRAINT follower_share_in_range CHECK (share > 0 AND share <= 100),
	CONSTRAINT follower_pkey PRIMARY KEY (service_id, participant_id, during),
	CONSTRAINT follower_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.follower FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.follower', '');
COMMENT ON TABLE steering.follower IS 'who follows the lead of a development service, written by follow() and unfollow() alone';
COMMENT ON COLUMN steering.follower.service_id IS 'the service';
COMMENT ON COLUMN steering.follower.participant_id IS 'who follows';
COMMENT ON COLUMN steering.follower.during IS 'the whole months in which it does';
COMMENT ON COLUMN steering.follower.volume IS 'its volume for all months of each agreement of the lead; null: none';
COMMENT ON COLUMN steering.follower.share IS 'its percentage of money that the lead has agreed on beforehand; null: none';

CREATE TABLE steering.followed_agreement (
	agreement_id integer CONSTRAINT followed_agreement_pkey PRIMARY KEY
);
REVOKE ALL ON steering.followed_agreement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.followed_agreement', '');
COMMENT ON TABLE steering.followed_agreement IS 'agreements that were made by following a lead, written with them';
COMMENT ON COLUMN steering.followed_agreement.agreement_id IS 'the agreement';

-- For the months that both have, with the exact share of them in what was agreed for all.
CREATE FUNCTION steering.follow_terms(service_id integer)
RETURNS TABLE (participant_id integer, during daterange, form text, base steering.amount, volume steering.amount, price steering.amount,
	key_id integer, unused_percent numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
SELECT follower.participant_id, led.during * follower.during, led.form,
	steering.agreement_share(CASE led.form
			WHEN 'base_plus' THEN round(led.base::numeric * follower.volume::numeric / nullif(led.volume::numeric, 0), 2)::steering.amount
			ELSE round(led.base::numeric * follower.share * 0.01, 2)::steering.amount END, led.during, led.during * follower.during),
	CASE WHEN led.form <> 'key_share' THEN steering.agreement_share(follower.volume, led.during, led.during * follower.during, 4) END,
	led.price, led.key_id, CASE WHEN follower.volume IS NOT NULL THEN led.unused_percent END
FROM steering.service
JOIN steering.participant AS lead ON lead.code = service.lead
JOIN steering.agreement AS led ON led.service_id = service.service_id AND led.participant_id = lead.participant_id
JOIN steering.follower ON follower.service_id = service.service_id AND follower.during && led.during
WHERE service.service_id = follow_terms.service_id;
END;
REVOKE ALL ON FUNCTION steering.follow_terms(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_terms(integer) IS
'the terms of those who follow the lead of a service, for each of its agreements: price and key as the lead has them; base in proportion to the volume (base_plus) or by the share; without advance and incentive';

-- What follows is no decision of its own. Of an agreement that goes: it was made by following, and would not be any more.
CREATE FUNCTION steering.is_followed(was steering.agreement, becomes steering.agreement) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN becomes.agreement_id IS NOT NULL THEN EXISTS (
		SELECT FROM steering.follow_terms(becomes.service_id) AS terms
		WHERE terms.participant_id = becomes.participant_id AND terms.during = becomes.during
			AND (terms.form, terms.base::numeric, terms.volume::numeric, terms.price::numeric, terms.key_id, terms.unused_percent, NULL, NULL)
				IS NOT DISTINCT FROM (becomes.form, becomes.base::numeric, becomes.volume::numeric, becomes.price::numeric, becomes.key_id,
					becomes.unused_percent, becomes.advance::numeric, becomes.incentive_maximum::numeric))
	ELSE EXISTS (SELECT FROM steering.followed_agreement WHERE followed_agreement.agreement_id = was.agreement_id)
		AND NOT EXISTS (SELECT FROM steering.follow_terms(was.service_id) AS terms
			WHERE terms.participant_id = was.participant_id AND terms.during = was.during) END;
END;
REVOKE ALL ON FUNCTION steering.is_followed(steering.agreement, steering.agreement) FROM PUBLIC;
COMMENT ON FUNCTION steering.is_followed(steering.agreement, steering.agreement) IS 'an agreement has the terms that following gives it, or goes since nothing is followed any more';

CREATE FUNCTION steering.refuse_following(service text, participant text, during daterange) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(false, '55000',
	format('participant "%s" follows the lead of service "%s"', refuse_following.participant, refuse_following.service),
	'Its agreement has the terms of the lead. steering.unfollow() ends that.')
FROM steering.follower
JOIN steering.service ON service.service_id = follower.service_id AND service.code = refuse_following.service
JOIN steering.participant ON participant.participant_id = follower.participant_id AND participant.code = refuse_following.participant
WHERE follower.during && refuse_following.during
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.refuse_following(text, text, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_following(text, text, daterange) IS 'Error: 55000 a participant follows the lead of a service on some of these days';

-- The row of the service makes those who follow and who sets the lead's terms wait for each other: the later one sees what the earlier did.
CREATE FUNCTION steering.follow_lead(service_id integer) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT FROM steering.service WHERE service.service_id = follow_lead.service_id FOR NO KEY UPDATE;
SELECT steering.require_that(NOT (terms.form = 'lump_sum' AND terms.base IS NULL), '23514',
		format('participant "%s" follows service "%s" without a share, which an agreement of form %s needs', participant.code, service.code, terms.form)),
	steering.require_that(NOT (terms.form = 'base_plus' AND (terms.base IS NULL OR terms.volume IS NULL)), '23514',
		format('participant "%s" follows service "%s" without a volume, which an agreement of form %s needs', participant.code, service.code, terms.form))
FROM steering.follow_terms(follow_lead.service_id) AS terms
JOIN steering.participant ON participant.participant_id = terms.participant_id
JOIN steering.service ON service.service_id = follow_lead.service_id;
WITH gone AS (
	DELETE FROM steering.agreement
	WHERE agreement.service_id = follow_lead.service_id
		AND agreement.agreement_id IN (SELECT followed_agreement.agreement_id FROM steering.followed_agreement)
		AND NOT EXISTS (SELECT FROM steering.follow_terms(follow_lead.service_id) AS terms
			WHERE terms.participant_id = agreement.participant_id AND terms.during = agreement.during)
	RETURNING agreement.*
)
INSERT INTO steering.agreement_revision (agreement_id, revision, kind, service, participant, participant_id, during, form,
	base, volume, price, key, unused_percent, reason)
SELECT gone.agreement_id, gone.revision + 1, 'dropped', service.code, participant.code, gone.participant_id, gone.during, gone.form,
	gone.base, gone.volume, gone.price, steering.key_code(gone.key_id), gone.unused_percent, format('follows %s', coalesce(service.lead, 'nobody'))
FROM gone
JOIN steering.service ON service.service_id = gone.service_id
JOIN steering.participant ON participant.participant_id = gone.participant_id;
DELETE FROM steering.followed_agreement
WHERE followed_agreement.agreement_id NOT IN (SELECT agreement.agreement_id FROM steering.agreement);
WITH written AS (
	INSERT INTO steering.agreement AS present (service_id, participant_id, during, form, base, volume, price, key_id, unused_percent)
	SELECT follow_lead.service_id, terms.participant_id, terms.during, terms.form, terms.base, terms.volume, terms.price, terms.key_id,
		terms.unused_percent
	FROM steering.follow_terms(follow_lead.service_id) AS terms
	ON CONFLICT ON CONSTRAINT agreement_scope_key DO UPDATE
		SET form = excluded.form, base = excluded.base, volume = excluded.volume, price = excluded.price, key_id = excluded.key_id,
			unused_percent = excluded.unused_percent, advance = NULL, incentive_maximum = NULL, revision = present.revision + 1
		WHERE (present.form, present.base::numeric, present.volume::numeric, present.price::numeric, present.key_id, present.unused_percent)
			IS DISTINCT FROM (excluded.form, excluded.base::numeric, excluded.volume::numeric, excluded.price::numeric, excluded.key_id,
				excluded.unused_percent)
	RETURNING *
), marked AS (
	INSERT INTO steering.followed_agreement (agreement_id) SELECT written.agreement_id FROM written
	ON CONFLICT ON CONSTRAINT followed_agreement_pkey DO NOTHING
)
INSERT INTO steering.agreement_revision (agreement_id, revision, kind, service, participant, participant_id, during, form,
	base, volume, price, key, unused_percent, reason)
SELECT written.agreement_id, written.revision, CASE written.revision WHEN 1 THEN 'created' ELSE 'revised' END, service.code, participant.code,
	written.participant_id, written.during, written.form, written.base, written.volume, written.price, steering.key_code(written.key_id),
	written.unused_percent, format('follows %s', service.lead)
FROM written
JOIN steering.service ON service.service_id = written.service_id
JOIN steering.participant ON participant.participant_id = written.participant_id;
END;
REVOKE ALL ON FUNCTION steering.follow_lead(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_lead(integer) IS
'makes the agreements of those who follow the lead of a service what its own are now, each change recorded. Error: 23514 one follows without a share or volume that the form needs';

CREATE FUNCTION steering.set_lead(service text, participant text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(set_lead.service), CASE WHEN set_lead.participant IS NOT NULL THEN steering.participant_number(set_lead.participant) END;
-- By itself, and first: who begins to follow changes nothing in the row, so what is looked at while it is waited for is looked at too early.
SELECT FROM steering.service WHERE service.code = set_lead.service FOR NO KEY UPDATE;
SELECT steering.require_that(service.kind = 'development' OR set_lead.participant IS NULL, '23514',
	format('service "%s" is no development service, so nobody leads it', service.code)),
	steering.require_that(service.lead IS NOT DISTINCT FROM set_lead.participant
		OR NOT EXISTS (SELECT FROM steering.follower WHERE follower.service_id = service.service_id), '55000',
		format('others follow the lead of service "%s"', service.code))
FROM steering.service
WHERE service.code = set_lead.service;
UPDATE steering.service SET lead = set_lead.participant
WHERE service.code = set_lead.service AND service.lead IS DISTINCT FROM set_lead.participant;
END;
REVOKE ALL ON FUNCTION steering.set_lead(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_lead(text, text) IS
'says which participant leads a development service (null: nobody). Errors: 22004 service is null, 22023 unknown code, 23514 a standard service, 55000 others follow its lead';

CREATE FUNCTION steering.require_may_leave(service text, participant text, day date) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(false, '55000',
	format('participant "%s" cannot leave the lead of service "%s" on %s', require_may_leave.participant, service.code,
		to_char(require_may_leave.day::timestamp, 'YYYY-MM-DD')),
	format('The agreement of "%s" is from %s to %s.', service.lead, to_char(lower(led.during)::timestamp, 'YYYY-MM-DD'),
		to_char((upper(led.during) - 1)::timestamp, 'YYYY-MM-DD')))
FROM steering.service
JOIN steering.participant AS lead ON lead.code = service.lead
JOIN steering.agreement AS led ON led.service_id = service.service_id AND led.participant_id = lead.participant_id
WHERE service.code = require_may_leave.service AND lower(led.during) < require_may_leave.day AND upper(led.during) > require_may_leave.day
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.require_may_leave(text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_may_leave(text, text, date) IS 'Error: 55000 the day is within an agreement of the lead of a service';

CREATE FUNCTION steering.require_following(volume numeric, share numeric) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(coalesce(require_following.volume >= 0 AND require_following.volume < 'Infinity', true), '23514',
		format('volume must be a number that is not negative: %s', require_following.volume)),
	steering.require_that(coalesce(require_following.share > 0 AND require_following.share <= 100, true), '23514',
		format('share must be above 0 and at most 100 percent: %s', require_following.share));
-- What an amount cannot hold is refused here (22003).
SELECT require_following.volume::steering.amount;
END;
REVOKE ALL ON FUNCTION steering.require_following(numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_following(numeric, numeric) IS 'Errors: 23514 a negative volume, a share not above 0 or above 100, 22003 a volume that is too large';

CREATE FUNCTION steering.follow(service text, participant text, during steering.day_range, volume numeric DEFAULT NULL, share numeric DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(follow.service), steering.participant_number(follow.participant), steering.require_finite(follow.during::daterange),
	steering.require_months(follow.during::daterange), steering.require_that(NOT lower_inf(follow.during::daterange), '23514',
		format('a participant follows from a first day on: %s', follow.during::daterange)),
	steering.require_following(follow.volume, follow.share);
SELECT steering.require_that(service.lead IS NOT NULL, '22023', format('nobody leads service "%s"', service.code),
		'steering.set_lead() says who does.'),
	steering.require_that(service.lead IS DISTINCT FROM follow.participant, '22023',
		format('participant "%s" leads service "%s", and cannot follow itself', follow.participant, service.code))
FROM steering.service
WHERE service.code = follow.service
FOR NO KEY UPDATE;
SELECT steering.require_may_leave(follow.service, follow.participant, upper(follow.during::daterange));
SELECT steering.refuse_following(follow.service, follow.participant, follow.during::daterange);
SELECT steering.refuse_overlap(standing.agreement_id, standing.during, follow.service, follow.participant)
FROM steering.agreement AS standing
WHERE standing.service_id = steering.service_number(follow.service) AND standing.participant_id = steering.participant_number(follow.participant)
	AND standing.during && follow.during::daterange
LIMIT 1;
INSERT INTO steering.follower (service_id, participant_id, during, volume, share)
VALUES (steering.service_number(follow.service), steering.participant_number(follow.participant), follow.during::daterange,
	follow.volume::steering.amount, follow.share);
SELECT steering.follow_lead(steering.service_number(follow.service));
END;
REVOKE ALL ON FUNCTION steering.follow(text, text, steering.day_range, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.follow(text, text, steering.day_range, numeric, numeric) IS
'has a participant follow the lead of a development service in these whole months (they may have no end): it gets agreements with the terms of the lead''s, which change with them. volume: its own for all months of each of those agreements; share: its percentage of what the lead has agreed on as base. Of lump_sum it needs a share, of base_plus a volume; its base is in proportion to that. Errors: 22004 null, 22023 unknown code, empty range, one that is infinite, nobody leads the service, who leads it himself, 23514 parts of months, no first day, a share not above 0 or above 100, negative volume, one that the form needs is missing, 23P01 it has an agreement on the service, 55000 it follows already, or ends within an agreement of the lead';

CREATE FUNCTION steering.unfollow(service text, participant text, leaves date) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(unfollow.service), steering.participant_number(unfollow.participant),
	steering.require_first_day(unfollow.leaves, 'leaves');
SELECT FROM steering.service WHERE service.code = unfollow.service FOR NO KEY UPDATE;
SELECT steering.require_found(count(*), concat('lead of service "', unfollow.service, '" that "', unfollow.participant, '" follows on ',
	to_char(unfollow.leaves::timestamp, 'YYYY-MM-DD'), ' or later'))
FROM steering.follower
WHERE follower.service_id = steering.service_number(unfollow.service) AND follower.participant_id = steering.participant_number(unfollow.participant)
	AND NOT coalesce(upper(follower.during) <= unfollow.leaves, false);
SELECT steering.require_may_leave(unfollow.service, unfollow.participant, unfollow.leaves);
DELETE FROM steering.follower
WHERE follower.service_id = steering.service_number(unfollow.service) AND follower.participant_id = steering.participant_number(unfollow.participant)
	AND lower(follower.during) >= unfollow.leaves;
UPDATE steering.follower SET during = daterange(lower(follower.during), unfollow.leaves)
WHERE follower.service_id = steering.service_number(unfollow.service) AND follower.participant_id = steering.participant_number(unfollow.participant)
	AND follower.during @> unfollow.leaves;
SELECT steering.follow_lead(steering.service_number(unfollow.service));
END;
REVOKE ALL ON FUNCTION steering.unfollow(text, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.unfollow(text, text, date) IS
'ends on the first day of a month that a participant follows the lead of a service: its agreements end with that of the lead, within which it cannot leave. Errors: 22004 null, 22023 unknown code, not the first day of a month, 42704 it does not follow then, 55000 the day is within an agreement of the lead';

CREATE FUNCTION steering.question_of_follower(was steering.follower, becomes steering.follower) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN was.service_id IS NULL THEN 'follow' ELSE 'unfollow' END, steering.service_code(line.service_id),
	steering.participant_code(line.participant_id),
	CASE WHEN was.service_id IS NULL THEN (
		SELECT CASE WHEN range_agg(terms.during) @> line.during THEN sum(coalesce(CASE terms.form
			WHEN 'price_volume' THEN round(terms.price::numeric * terms.volume::numeric, 2) ELSE terms.base::numeric END, 'Infinity'))
			ELSE 'Infinity' END
		FROM steering.follow_terms(line.service_id) AS terms
		WHERE terms.participant_id = line.participant_id AND terms.during <@ line.during) END,
	jsonb_strip_nulls(jsonb_build_object('during', line.during::text, 'volume', line.volume::numeric, 'share', line.share,
		'becomes', CASE WHEN was.service_id IS NOT NULL THEN becomes.during::text END))
FROM (SELECT (was).* UNION ALL SELECT (becomes).*) AS line
WHERE line.service_id IS NOT NULL
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_follower(steering.follower, steering.follower) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_follower(steering.follower, steering.follower) IS 'follow: the value of what is agreed by it, without end where the lead has not agreed on all of its months yet; unfollow';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.follower
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_follower');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.follower FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE VIEW steering.follower_status WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	service.lead,
	lower(follower.during) AS valid_from,
	upper(follower.during) - 1 AS valid_to,
	follower.volume::numeric AS volume,
	follower.share
FROM steering.follower
JOIN steering.service ON service.service_id = follower.service_id
JOIN steering.participant ON participant.participant_id = follower.participant_id
WHERE follower.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.follower_status TO PUBLIC;
COMMENT ON VIEW steering.follower_status IS 'who follows the lead of development services, as far as the role may read it; its agreements are in agreement_status, and what became of them in agreement_event';
COMMENT ON COLUMN steering.follower_status.service IS 'code of the service';
COMMENT ON COLUMN steering.follower_status.participant IS 'code of who follows';
COMMENT ON COLUMN steering.follower_status.lead IS 'code of who leads';
COMMENT ON COLUMN steering.follower_status.valid_from IS 'first day';
COMMENT ON COLUMN steering.follower_status.valid_to IS 'last day; null: none';
COMMENT ON COLUMN steering.follower_status.volume IS 'its volume for all months of each agreement of the lead; null: none';
COMMENT ON COLUMN steering.follower_status.share IS 'its percentage of money that the lead has agreed on beforehand; null: none';

-- The triggers of the catalogue refuse such a lead, where they fire; one whom others do not follow can be written past set_lead().
CREATE VIEW steering.lead_problem AS
SELECT format('service "%s"', service.code) AS subject, 'lead unknown' AS problem,
	format('Participant "%s" leads it, and is not in steering.participant.', service.lead) AS detail,
	'say with steering.set_lead() who does' AS hint
FROM steering.service
WHERE service.lead IS NOT NULL AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = service.lead)
UNION ALL
SELECT format('service "%s"', service.code), 'lead not followed',
	format('Its lead is %s, and agreements by following of %s have other terms.', coalesce(format('"%s"', service.lead), 'nobody'),
		string_agg(DISTINCT format('"%s"', participant.code), ', ')),
	'write the lead that they follow to steering.service again, or end it with steering.unfollow()'
FROM steering.follower
JOIN steering.service ON service.service_id = follower.service_id
JOIN steering.participant ON participant.participant_id = follower.participant_id
WHERE service.lead IS NOT DISTINCT FROM participant.code
	OR EXISTS (SELECT FROM steering.agreement
		JOIN steering.followed_agreement ON followed_agreement.agreement_id = agreement.agreement_id
		WHERE agreement.service_id = follower.service_id AND agreement.participant_id = follower.participant_id AND agreement.during && follower.during
			AND NOT EXISTS (SELECT FROM steering.follow_terms(follower.service_id) AS terms
				WHERE terms.participant_id = agreement.participant_id AND terms.during = agreement.during
					AND (terms.form, terms.price::numeric, terms.key_id) IS NOT DISTINCT FROM (agreement.form, agreement.price::numeric, agreement.key_id)))
GROUP BY service.code, service.lead;
REVOKE ALL ON steering.lead_problem FROM PUBLIC;
COMMENT ON VIEW steering.lead_problem IS 'health(): development services whose lead is not there, or is another one than their followers follow';
COMMENT ON COLUMN steering.lead_problem.subject IS 'a service';
COMMENT ON COLUMN steering.lead_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.lead_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.lead_problem.hint IS 'what to do';
