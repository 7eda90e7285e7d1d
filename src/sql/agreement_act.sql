-- agreement_act.sql
-- Making agreements and ending them, and what follows of that for those who follow. OR REPLACE: earlier versions have these, without
-- followers.

-- The constraint holds also against agreements that are being made; the look beforehand gives a message
-- with codes, once it is clear whether one that is being ended goes. The key is locked against whoever would drop it.
CREATE OR REPLACE FUNCTION steering.set_agreement(service text, participant text, during steering.day_range, form text,
	base numeric DEFAULT NULL, volume numeric DEFAULT NULL, price numeric DEFAULT NULL, allocation_key text DEFAULT NULL,
	unused_percent numeric DEFAULT NULL, advance numeric DEFAULT NULL, incentive_maximum numeric DEFAULT NULL,
	reason text DEFAULT NULL)
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_one_of(set_agreement.form, 'form', 'lump_sum, price_volume, base_plus, key_share'),
	steering.require_months(set_agreement.during::daterange),
	steering.require_that(lower_inf(set_agreement.during::daterange) IS NOT TRUE AND upper_inf(set_agreement.during::daterange) IS NOT TRUE,
		'23514', format('an agreement must have a first and a last day: %s', set_agreement.during::daterange)),
	steering.require_that(set_agreement.form IS DISTINCT FROM 'lump_sum' OR set_agreement.base IS NOT NULL
			AND num_nonnulls(set_agreement.price, set_agreement.allocation_key, set_agreement.unused_percent) = 0, '23514',
		'an agreement of form lump_sum has a base, and no price, allocation_key or unused_percent'),
	steering.require_that(set_agreement.form IS DISTINCT FROM 'price_volume' OR set_agreement.price IS NOT NULL
			AND num_nonnulls(set_agreement.base, set_agreement.allocation_key) = 0
			AND (set_agreement.unused_percent IS NULL OR set_agreement.volume IS NOT NULL), '23514',
		'an agreement of form price_volume has a price, no base or allocation_key, and an unused_percent only with a volume'),
	steering.require_that(set_agreement.form IS DISTINCT FROM 'base_plus'
			OR num_nulls(set_agreement.base, set_agreement.volume, set_agreement.price) = 0
			AND num_nonnulls(set_agreement.allocation_key, set_agreement.unused_percent) = 0, '23514',
		'an agreement of form base_plus has a base, a volume and a price, and no allocation_key or unused_percent'),
	steering.require_that(set_agreement.form IS DISTINCT FROM 'key_share' OR set_agreement.allocation_key IS NOT NULL
			AND num_nonnulls(set_agreement.volume, set_agreement.price, set_agreement.unused_percent) = 0, '23514',
		'an agreement of form key_share has an allocation_key, and no volume, price or unused_percent'),
	steering.require_that((set_agreement.unused_percent BETWEEN 0 AND 100) IS NOT FALSE, '23514',
		format('unused_percent must be between 0 and 100: %s', set_agreement.unused_percent));
SELECT steering.require_that(round(term.value, 4) >= 0, '23514', format('%s must not be negative: %s', term.name, term.value)),
	steering.require_that(term.name IN ('volume', 'price') OR round(term.value, 4) = round(term.value, 2), '23514',
		format('%s must be in whole cents: %s', term.name, term.value))
FROM (VALUES ('base', set_agreement.base), ('volume', set_agreement.volume), ('price', set_agreement.price),
	('advance', set_agreement.advance), ('incentive_maximum', set_agreement.incentive_maximum)) AS term (name, value)
WHERE term.value IS NOT NULL;
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_agreement.allocation_key) WHERE set_agreement.allocation_key IS NOT NULL;
-- Who begins to follow at the same moment is waited for, and waits.
SELECT FROM steering.service WHERE service.code = set_agreement.service AND service.lead IS NOT NULL FOR NO KEY UPDATE;
-- Looked for first: who follows nobody pays no planning of it.
SELECT steering.refuse_following(set_agreement.service, set_agreement.participant, set_agreement.during::daterange)
WHERE EXISTS (SELECT FROM steering.follower JOIN steering.service ON service.service_id = follower.service_id
	WHERE service.code = set_agreement.service);
SELECT steering.refuse_overlap(standing.agreement_id, standing.during, set_agreement.service, set_agreement.participant)
FROM (
	SELECT agreement.agreement_id, agreement.during
	FROM steering.agreement
	WHERE agreement.service_id = steering.service_number(set_agreement.service)
		AND agreement.participant_id = steering.participant_number(set_agreement.participant)
		AND agreement.during && set_agreement.during::daterange AND agreement.during <> set_agreement.during::daterange
		AND NOT lower_inf(set_agreement.during::daterange) AND NOT upper_inf(set_agreement.during::daterange)
	FOR KEY SHARE
) AS standing
LIMIT 1;
WITH written AS (
	INSERT INTO steering.agreement AS present (service_id, participant_id, during, form, base, volume, price, key_id,
		unused_percent, advance, incentive_maximum)
	VALUES (steering.service_number(set_agreement.service), steering.participant_number(set_agreement.participant),
		set_agreement.during::daterange, set_agreement.form, set_agreement.base, set_agreement.volume, set_agreement.price,
		CASE WHEN set_agreement.allocation_key IS NOT NULL THEN (SELECT allocation_key.key_id FROM steering.allocation_key
			WHERE allocation_key.key_id = (SELECT steering.key_number(set_agreement.allocation_key)) FOR SHARE) END,
		set_agreement.unused_percent, set_agreement.advance, set_agreement.incentive_maximum)
	ON CONFLICT ON CONSTRAINT agreement_scope_key DO UPDATE
		SET form = excluded.form, base = excluded.base, volume = excluded.volume, price = excluded.price,
			key_id = excluded.key_id, unused_percent = excluded.unused_percent, advance = excluded.advance,
			incentive_maximum = excluded.incentive_maximum, revision = present.revision + 1
		WHERE (present.form, present.base::numeric, present.volume::numeric, present.price::numeric, present.key_id,
				present.unused_percent, present.advance::numeric, present.incentive_maximum::numeric)
			IS DISTINCT FROM (excluded.form, excluded.base::numeric, excluded.volume::numeric, excluded.price::numeric,
				excluded.key_id, excluded.unused_percent, excluded.advance::numeric, excluded.incentive_maximum::numeric)
	RETURNING *
)
INSERT INTO steering.agreement_revision (agreement_id, revision, kind, service, participant, participant_id, during, form,
	base, volume, price, key, unused_percent, advance, incentive_maximum, reason)
SELECT written.agreement_id, written.revision, CASE written.revision WHEN 1 THEN 'created' ELSE 'revised' END,
	set_agreement.service, set_agreement.participant, written.participant_id, written.during, written.form,
	written.base, written.volume, written.price, set_agreement.allocation_key, written.unused_percent, written.advance,
	written.incentive_maximum, set_agreement.reason
FROM written;
SELECT steering.follow_lead(service.service_id)
FROM steering.service
WHERE service.code = set_agreement.service AND service.lead = set_agreement.participant;
SELECT agreement.agreement_id
FROM steering.agreement
WHERE agreement.service_id = steering.service_number(set_agreement.service)
	AND agreement.participant_id = steering.participant_number(set_agreement.participant)
	AND agreement.during = set_agreement.during::daterange;
END;
COMMENT ON FUNCTION steering.set_agreement(text, text, steering.day_range, text, numeric, numeric, numeric, text, numeric, numeric, numeric, text) IS
'makes an agreement, or revises the one with the same service, participant and range, all of whose terms are replaced; returns its number. lump_sum has a base, and may have a volume; price_volume a price, and may have a volume, and with that an unused_percent; base_plus has base, volume and price; key_share an allocation_key, and may have a base as estimate. Each may have an advance per month and an incentive_maximum. Nothing happens and nothing is recorded if it is so already. Who follows the participant, which leads the service, gets the same terms. Errors: 22004 service or participant is null, 22023 unknown service, participant or key, 23502 form or range is null, 23514 unknown form, terms that the form needs or does not have, negative terms, parts of months, parts of cents, 23P01 overlap with another agreement of the service and participant, 55000 it follows the lead of the service, 22003 amount or price times volume does not fit, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE OR REPLACE FUNCTION steering.drop_agreement(agreement integer, reason text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.refuse_following(service.code, participant.code, agreement.during)
FROM steering.agreement
JOIN steering.service ON service.service_id = agreement.service_id
JOIN steering.participant ON participant.participant_id = agreement.participant_id
WHERE agreement.agreement_id = drop_agreement.agreement;
WITH gone AS (
	DELETE FROM steering.agreement WHERE agreement_id = drop_agreement.agreement
	RETURNING *
), recorded AS (
	INSERT INTO steering.agreement_revision (agreement_id, revision, kind, service, participant, participant_id, during, form,
		base, volume, price, key, unused_percent, advance, incentive_maximum, reason)
	SELECT gone.agreement_id, gone.revision + 1, 'dropped', service.code, participant.code, gone.participant_id, gone.during,
		gone.form, gone.base, gone.volume, gone.price, allocation_key.code, gone.unused_percent, gone.advance,
		gone.incentive_maximum, drop_agreement.reason
	FROM gone
	JOIN steering.service ON service.service_id = gone.service_id
	JOIN steering.participant ON participant.participant_id = gone.participant_id
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = gone.key_id
	RETURNING agreement_id
)
SELECT steering.require_found(count(*), concat('agreement ', coalesce(drop_agreement.agreement::text, 'null')))
FROM recorded;
SELECT steering.follow_lead(service.service_id)
FROM steering.agreement_revision AS revision
JOIN steering.service ON service.code = revision.service AND service.lead = revision.participant
WHERE revision.agreement_id = drop_agreement.agreement AND revision.kind = 'dropped';
END;
COMMENT ON FUNCTION steering.drop_agreement(integer, text) IS
'ends an agreement as if it had not been made: a closed period that had all of its months keeps what it came to, and what other closed periods billed for it is given back with the next settlement of its months. Those of who follows it end too. Errors: 42704 no such agreement, 55000 it follows that of a lead';

CREATE OR REPLACE FUNCTION steering.question_of_agreement(was steering.agreement, becomes steering.agreement) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.agreement_id IS NULL THEN 'drop_agreement' ELSE 'set_agreement' END,
	steering.service_code(line.service_id), steering.participant_code(line.participant_id),
	CASE WHEN becomes.agreement_id IS NOT NULL THEN coalesce(becomes.agreed_cost::numeric, 'Infinity') END,
	jsonb_build_object('agreement', line.agreement_id, 'during', line.during::text, 'form', line.form, 'base', line.base::numeric,
		'volume', line.volume::numeric, 'price', line.price::numeric, 'allocation_key', steering.key_code(line.key_id),
		'unused_percent', line.unused_percent, 'advance', line.advance::numeric, 'incentive_maximum', line.incentive_maximum::numeric)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.agreement_id IS NOT NULL AND NOT steering.is_followed(was, becomes)
LIMIT 1;
END;
COMMENT ON FUNCTION steering.question_of_agreement(steering.agreement, steering.agreement) IS 'set_agreement: its value, without end where that is not agreed beforehand; drop_agreement; nothing of what follows from a lead''s';
CREATE OR REPLACE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.agreement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_agreement');
