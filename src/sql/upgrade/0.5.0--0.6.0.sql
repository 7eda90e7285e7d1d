-- What 0.6.0 changes in the objects of 0.5.0. Its new topics follow in the upgrade script.

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
COMMENT ON FUNCTION steering.guard_truncate() IS 'refuses TRUNCATE of a table of who may decide (0A000): of what goes each row is recorded';
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.mandate FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.deputy FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.body FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.body_member FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.rule FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate();

CREATE OR REPLACE FUNCTION steering.question_of_mandate(was steering.mandate, becomes steering.mandate) RETURNS SETOF steering.act_question
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
COMMENT ON FUNCTION steering.question_of_mandate(steering.mandate, steering.mandate) IS 'set_mandate, consent_mandate, revoke_mandate; else it was changed by hand';
DROP TRIGGER guard_act ON steering.mandate;
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.mandate
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_mandate');

