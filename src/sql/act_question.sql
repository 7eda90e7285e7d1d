-- act_question.sql
-- Which act a changed row is, with its scope and its amount: asked by a trigger on every table that acts write, so that no way
-- around the question leads through another function. Nothing of it is on the path of a booking.

CREATE FUNCTION steering.service_code(service_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT service.code FROM steering.service WHERE service.service_id = service_code.service_id;
END;
REVOKE ALL ON FUNCTION steering.service_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.service_code(integer) IS 'code of a service; null: there is none';

CREATE FUNCTION steering.participant_code(participant_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT participant.code FROM steering.participant WHERE participant.participant_id = participant_code.participant_id;
END;
REVOKE ALL ON FUNCTION steering.participant_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.participant_code(integer) IS 'code of a participant; null: there is none';

CREATE FUNCTION steering.key_code(key_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT allocation_key.code FROM steering.allocation_key WHERE allocation_key.key_id = key_code.key_id;
END;
REVOKE ALL ON FUNCTION steering.key_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_code(integer) IS 'code of an allocation key; null: there is none';

CREATE FUNCTION steering.indicator_scope(indicator_id integer, OUT code text, OUT service text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT indicator.code, steering.service_code(indicator.service_id)
FROM steering.indicator WHERE indicator.indicator_id = indicator_scope.indicator_id;
END;
REVOKE ALL ON FUNCTION steering.indicator_scope(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.indicator_scope(integer) IS 'code and service of an indicator; null: there is none';

-- Of most tables each row is one act, without an amount. Columns that number something are told by code, or not at all. What is a part
-- of an indicator or a key goes with it, and is not asked about then.
CREATE FUNCTION steering.plain_question(was jsonb, becomes jsonb, set_act text, drop_act text) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN plain_question.becomes IS NULL THEN plain_question.drop_act ELSE plain_question.set_act END,
	coalesce(steering.service_code((line.entry ->> 'service_id')::integer), indicator.service),
	coalesce(steering.participant_code((line.entry ->> 'participant_id')::integer), line.entry ->> 'participant'), NULL::numeric,
	(SELECT jsonb_object_agg(field.key, field.value) FROM jsonb_each(line.entry) AS field WHERE field.key !~ '_id$|^(first|end)_day$')
		|| CASE WHEN line.entry ? 'end_day' THEN jsonb_build_object('period', steering.name_period(daterange((line.entry ->> 'first_day')::date,
			(line.entry ->> 'end_day')::date))) ELSE '{}' END
		|| CASE WHEN indicator.code IS NULL THEN '{}' ELSE jsonb_build_object('indicator', indicator.code) END
		|| CASE WHEN key.code IS NULL THEN '{}' ELSE jsonb_build_object('key', key.code) END
FROM (SELECT coalesce(plain_question.becomes, plain_question.was) AS entry) AS line
CROSS JOIN LATERAL (SELECT NOT line.entry ? 'code' AND line.entry ? 'indicator_id' AS of_indicator, NOT line.entry ? 'code' AND line.entry ? 'key_id' AS of_key) AS part
LEFT JOIN LATERAL steering.indicator_scope((line.entry ->> 'indicator_id')::integer) AS indicator ON part.of_indicator
LEFT JOIN LATERAL (SELECT steering.key_code((line.entry ->> 'key_id')::integer) AS code) AS key ON part.of_key
WHERE plain_question.was IS DISTINCT FROM plain_question.becomes
	AND (indicator.code IS NOT NULL OR NOT part.of_indicator) AND (key.code IS NOT NULL OR NOT part.of_key);
END;
REVOKE ALL ON FUNCTION steering.plain_question(jsonb, jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.plain_question(jsonb, jsonb, text, text) IS
'the act that a change of a row is, of a table whose acts have no amount: set_act, or drop_act where the row is gone';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.risk
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_risk', 'drop_risk');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_key
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_allocation_key', 'drop_allocation_key');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_weight
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_key_weight', 'drop_key_weight');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.allocation_rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_allocation_rule', 'drop_allocation_rule');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.result_share
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_result_share', 'drop_result_share');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.indicator
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_indicator', 'drop_indicator');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.target
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_target', 'set_target');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.measurement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_measurement', 'set_measurement');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.incentive
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_incentive', 'drop_incentive');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.deputy
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_deputy', 'set_deputy');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.body
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_body', 'set_body');
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE ON steering.body_member
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_body_member', 'set_body_member');

-- What no act does to a table of who may decide, but a hand: a row that goes, or becomes another. No mandate is for that. The rows of
-- rules that go are asked about as drop_rule.
CREATE FUNCTION steering.hand_question(was jsonb, becomes jsonb, relation text, fixed text[]) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'change_by_hand', NULL, NULL, NULL::numeric,
	jsonb_build_object('table', hand_question.relation, 'was', hand_question.was, 'becomes', hand_question.becomes)
WHERE hand_question.becomes IS NULL
	OR EXISTS (SELECT FROM unnest(hand_question.fixed) AS field (name)
		WHERE hand_question.was -> field.name IS DISTINCT FROM hand_question.becomes -> field.name);
END;
REVOKE ALL ON FUNCTION steering.hand_question(jsonb, jsonb, text, text[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.hand_question(jsonb, jsonb, text, text[]) IS
'change_by_hand, which is no act and needs who could do any: of a row that is gone, or that was changed in what no act changes';
CREATE TRIGGER guard_hand AFTER UPDATE OR DELETE ON steering.deputy
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('hand_question', 'deputy', '{functionary,deputy}');
CREATE TRIGGER guard_hand AFTER UPDATE OR DELETE ON steering.body
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('hand_question', 'body', '{code}');
CREATE TRIGGER guard_hand AFTER UPDATE OR DELETE ON steering.body_member
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('hand_question', 'body_member', '{member_id,body,participant,during}');
CREATE TRIGGER guard_hand AFTER UPDATE ON steering.rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('hand_question', 'rule', '{rule_id,acts,service,service_kind,participant,amounts,during}');

CREATE FUNCTION steering.guard_truncate() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_guard_truncate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.guard_truncate() FROM PUBLIC;
COMMENT ON FUNCTION steering.guard_truncate() IS 'refuses TRUNCATE of a table of who may decide, and where there are rules of one that acts write (0A000): of what goes each row is asked about and recorded';
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.mandate FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.deputy FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.body FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.body_member FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.rule FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.agreement FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.allocation_key FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.allocation_rule FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.allocation_weight FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.cap FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.closing FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.incentive FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.indicator FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.measurement FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.missing_table FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.override_grant FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.result_share FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.risk FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.source FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.target FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.question_of_cap(was steering.cap, becomes steering.cap) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
-- What a ladder lets through above the limit counts as well, and one that does not block has no end. A new cap lets through
-- what was not there: a booking may need a cap.
SELECT 'set_cap', steering.service_code(becomes.service_id), steering.participant_code(becomes.participant_id),
	CASE WHEN becomes.metric = 'budget' THEN greatest(0, becomes.amount::numeric - coalesce(was.amount::numeric, 0),
		CASE WHEN was.cap_id IS NULL OR steering.blocks_at(was.ladder, was.amount) IS NOT NULL
			THEN coalesce(steering.blocks_at(becomes.ladder, becomes.amount)::numeric, 'Infinity')
				- coalesce(steering.blocks_at(was.ladder, was.amount)::numeric, 0) END) END,
	jsonb_build_object('cap', becomes.cap_id, 'metric', becomes.metric, 'during', becomes.during::text, 'amount', becomes.amount::numeric,
		'ladder', becomes.ladder::text)
WHERE becomes.cap_id IS NOT NULL AND NOT steering.is_part_of_act()
	AND (was.cap_id IS NULL OR (was.amount::numeric, was.ladder::text) IS DISTINCT FROM (becomes.amount::numeric, becomes.ladder::text))
UNION ALL
SELECT 'drop_cap', steering.service_code(was.service_id), steering.participant_code(was.participant_id), NULL::numeric,
	jsonb_build_object('cap', was.cap_id, 'metric', was.metric, 'during', was.during::text, 'amount', was.amount::numeric)
WHERE becomes.cap_id IS NULL;
END;
REVOKE ALL ON FUNCTION steering.question_of_cap(steering.cap, steering.cap) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_cap(steering.cap, steering.cap) IS 'set_cap: by how much the limit, or what the ladder lets through, goes up; drop_cap; nothing of a part of another act';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.cap
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_cap');

CREATE FUNCTION steering.question_of_closing(was steering.closing, becomes steering.closing) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.reopened_at IS NULL THEN 'close_period' ELSE 'reopen_period' END, NULL, NULL, NULL::numeric,
	jsonb_build_object('period', steering.name_period(becomes.during))
WHERE was.closing_id IS NULL OR was.reopened_at IS DISTINCT FROM becomes.reopened_at;
END;
REVOKE ALL ON FUNCTION steering.question_of_closing(steering.closing, steering.closing) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_closing(steering.closing, steering.closing) IS 'close_period, reopen_period';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OF reopened_at ON steering.closing
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_closing');

CREATE FUNCTION steering.question_of_settlement_correction(was steering.settlement_correction, becomes steering.settlement_correction) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- Those that reopening takes back are a part of that.
SELECT CASE WHEN becomes.reverses IS NULL THEN 'correct_settlement' ELSE 'reverse_correction' END,
	steering.service_code(becomes.service_id), steering.participant_code(becomes.participant_id), abs(becomes.amount::numeric),
	jsonb_build_object('correction', becomes.correction_id, 'closing', becomes.closing_id, 'amount', becomes.amount::numeric,
		'month', becomes.month, 'reverses', becomes.reverses)
WHERE becomes.reverses IS NULL OR NOT EXISTS (SELECT FROM steering.closing
	WHERE closing.closing_id = becomes.closing_id AND closing.reopened_at >= now());
END;
REVOKE ALL ON FUNCTION steering.question_of_settlement_correction(steering.settlement_correction, steering.settlement_correction) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_settlement_correction(steering.settlement_correction, steering.settlement_correction) IS 'correct_settlement, reverse_correction';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.settlement_correction
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_settlement_correction');

CREATE FUNCTION steering.question_of_reserve(was steering.reserve, becomes steering.reserve) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'book_reserve', NULL, NULL, abs(becomes.amount::numeric),
	jsonb_build_object('booked_on', becomes.booked_on, 'amount', becomes.amount::numeric);
END;
REVOKE ALL ON FUNCTION steering.question_of_reserve(steering.reserve, steering.reserve) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_reserve(steering.reserve, steering.reserve) IS 'book_reserve';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.reserve
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_reserve');

CREATE FUNCTION steering.question_of_participant(was steering.participant, becomes steering.participant) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- A name, and who may read, decide nothing. Of one that moves both places are asked about.
SELECT 'set_participant', NULL, becomes.code, NULL::numeric, to_jsonb(becomes) - 'participant_id' - 'reader'
WHERE (was.code, was.parent, was.inhabitants, was.during) IS DISTINCT FROM (becomes.code, becomes.parent, becomes.inhabitants, becomes.during)
UNION ALL
SELECT 'set_participant', NULL, was.parent, NULL::numeric, to_jsonb(becomes) - 'participant_id' - 'reader'
WHERE was.code IS NOT NULL AND was.parent IS DISTINCT FROM becomes.parent;
END;
REVOKE ALL ON FUNCTION steering.question_of_participant(steering.participant, steering.participant) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_participant(steering.participant, steering.participant) IS 'set_participant';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.participant
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_participant');

CREATE FUNCTION steering.question_before_participant(was steering.participant, becomes steering.participant) RETURNS SETOF steering.act_question
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'drop_participant', NULL, was.code, NULL::numeric, jsonb_build_object('code', was.code);
END;
REVOKE ALL ON FUNCTION steering.question_before_participant(steering.participant, steering.participant) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_before_participant(steering.participant, steering.participant) IS
'drop_participant, by the rules for it, which are for nothing once it is gone';
CREATE TRIGGER guard_act_before
	BEFORE DELETE ON steering.participant
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_before_participant');

CREATE FUNCTION steering.question_of_service(was steering.service, becomes steering.service) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- A name and a unit decide nothing. Of one that moves both places are asked about.
SELECT 'set_service', becomes.code, NULL, NULL::numeric, to_jsonb(becomes) - 'service_id' - CASE WHEN becomes.lead IS NULL THEN 'lead' ELSE '' END
WHERE (was.code, was.parent, was.kind, was.require_cap, was.during, was.lead)
	IS DISTINCT FROM (becomes.code, becomes.parent, becomes.kind, becomes.require_cap, becomes.during, becomes.lead)
UNION ALL
SELECT 'set_service', was.parent, NULL, NULL::numeric, to_jsonb(becomes) - 'service_id' - CASE WHEN becomes.lead IS NULL THEN 'lead' ELSE '' END
WHERE was.code IS NOT NULL AND was.parent IS DISTINCT FROM becomes.parent;
END;
REVOKE ALL ON FUNCTION steering.question_of_service(steering.service, steering.service) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_service(steering.service, steering.service) IS 'set_service';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.service
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_service');

CREATE FUNCTION steering.question_before_service(was steering.service, becomes steering.service) RETURNS SETOF steering.act_question
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.code IS NULL THEN 'drop_service' ELSE 'set_service' END, was.code, NULL, NULL::numeric,
	CASE WHEN becomes.code IS NULL THEN jsonb_build_object('code', was.code) ELSE to_jsonb(becomes) - 'service_id' - CASE WHEN becomes.lead IS NULL THEN 'lead' ELSE '' END END
WHERE becomes.code IS NULL OR was.kind IS DISTINCT FROM becomes.kind;
END;
REVOKE ALL ON FUNCTION steering.question_before_service(steering.service, steering.service) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_before_service(steering.service, steering.service) IS
'drop_service, and set_service of one that changes its kind, by the rules for what it is until then';
CREATE TRIGGER guard_act_before
	BEFORE UPDATE OF kind OR DELETE ON steering.service
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_before_service');

CREATE FUNCTION steering.question_of_mandate(was steering.mandate, becomes steering.mandate) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
-- A consent and a revocation are given, and not taken back; nothing else of a mandate changes, but by hand.
WITH hand AS (
	SELECT asked.act, asked.service, asked.participant, asked.amount, asked.arguments
	FROM steering.hand_question(to_jsonb(was), to_jsonb(becomes), 'mandate',
		ARRAY(SELECT field.name FROM jsonb_object_keys(to_jsonb(was)) AS field (name)
			WHERE to_jsonb(becomes) ->> field.name IS NULL OR NOT (field.name ^@ 'revoke' OR field.name ~ 'consented'))) AS asked
	WHERE was.mandate_id IS NOT NULL
)
SELECT hand.act, hand.service, hand.participant, hand.amount, hand.arguments FROM hand
UNION ALL
SELECT CASE WHEN was.mandate_id IS NULL THEN 'set_mandate' WHEN was.revoked_on IS DISTINCT FROM becomes.revoked_on THEN 'revoke_mandate'
		ELSE 'consent_mandate' END, becomes.service, becomes.participant, NULL::numeric,
	jsonb_strip_nulls(to_jsonb(becomes) - 'given_at' - 'consented_at' - 'employer_consented_at')
WHERE to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes) AND NOT EXISTS (SELECT FROM hand);
END;
REVOKE ALL ON FUNCTION steering.question_of_mandate(steering.mandate, steering.mandate) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_mandate(steering.mandate, steering.mandate) IS 'set_mandate, consent_mandate, revoke_mandate; else it was changed by hand';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.mandate
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_mandate');

CREATE FUNCTION steering.question_of_rule(was steering.rule, becomes steering.rule) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.rule_id IS NULL THEN 'drop_rule' ELSE 'set_rule' END, line.service, line.participant, NULL::numeric, to_jsonb(line)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.rule_id IS NOT NULL AND to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes)
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_rule(steering.rule, steering.rule) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_rule(steering.rule, steering.rule) IS 'set_rule, drop_rule';
-- Before: judged by the rules as they were.
CREATE TRIGGER guard_act
	BEFORE INSERT OR UPDATE OR DELETE ON steering.rule
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_rule');

CREATE FUNCTION steering.question_of_source(was steering.source, becomes steering.source) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- Also of one that was restored without its table: what has the name of that now may be another. How a mapping is written
-- decides nothing. Tables of ours become sources with the first reservation.
SELECT CASE WHEN becomes.source_id IS NULL THEN 'detach' ELSE 'attach' END, NULL, NULL, NULL::numeric,
	jsonb_strip_nulls(to_jsonb(line) - 'source_id')
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.source_id IS NOT NULL
	AND line.relation::oid NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass, 'steering.order_line'::regclass);
END;
REVOKE ALL ON FUNCTION steering.question_of_source(steering.source, steering.source) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_source(steering.source, steering.source) IS 'attach, detach: also where its table is dropped';
CREATE TRIGGER guard_act
	AFTER INSERT OR DELETE ON steering.source
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_source');

CREATE FUNCTION steering.question_of_missing_table(was steering.missing_table, becomes steering.missing_table) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'detach', NULL, NULL, NULL::numeric, jsonb_build_object('relation', was.relation)
WHERE was.is_source AND NOT EXISTS (SELECT FROM steering.source WHERE source.source_id = was.source_id);
END;
REVOKE ALL ON FUNCTION steering.question_of_missing_table(steering.missing_table, steering.missing_table) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_missing_table(steering.missing_table, steering.missing_table) IS 'detach, of a source that was restored without its table';
CREATE TRIGGER guard_act
	AFTER DELETE ON steering.missing_table
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_missing_table');
