-- Granting and revoking overrides; who granted them, and what was drawn of them.

CREATE FUNCTION steering.grant_override(cap integer, amount numeric, until timestamptz, reason text, uses integer DEFAULT 1)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_grant_override'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.grant_override(integer, numeric, timestamptz, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.grant_override(integer, numeric, timestamptz, text, integer) IS
'lets bookings go above the threshold at which a cap blocks: by this amount in all, in statements that begin before a moment, in so many transactions; returns the number of the override. Only what needs it draws of it, and what was drawn stays drawn; what is left lapses. The cap itself stays as it is. Errors: 22004 null, 42704 no such cap, 22023 amount or uses not positive, more than four decimals, a moment that is past or none, a cap that never blocks, 40001 concurrent change';

CREATE FUNCTION steering.revoke_override(override integer, reason text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_revoke_override'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.revoke_override(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.revoke_override(integer, text) IS
'ends an override: what is left of it cannot be drawn any more, what was drawn stays. Waits for bookings that draw of it. Errors: 22004 null, 42704 no such override, 55000 it was revoked already, 40001 concurrent change, or a node that may draw of it does not answer in time, 55P03 room of its cap is being lent';

CREATE VIEW steering.override_status WITH (security_barrier) AS
SELECT override_grant.override_id AS id,
	override_grant.cap_id,
	service.code AS service,
	participant.code AS participant,
	cap.metric,
	override_grant.amount::numeric AS amount,
	override_left.drawn,
	CASE override_left.state WHEN 'open' THEN override_left.remaining ELSE 0 END AS room,
	override_grant.until,
	override_grant.uses,
	override_left.transactions,
	override_left.state,
	override_grant.reason,
	override_grant.granted_by,
	override_grant.granted_at,
	override_grant.revoked_by,
	override_grant.revoked_at,
	override_grant.revoke_reason
FROM steering.override_grant
JOIN steering.override_left ON override_left.override_id = override_grant.override_id
JOIN steering.cap ON cap.cap_id = override_grant.cap_id
JOIN steering.service ON service.service_id = cap.service_id
JOIN steering.participant ON participant.participant_id = cap.participant_id
WHERE cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.override_status TO PUBLIC;
COMMENT ON VIEW steering.override_status IS 'overrides of the caps that the role may read';
COMMENT ON COLUMN steering.override_status.id IS 'number of the override';
COMMENT ON COLUMN steering.override_status.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.override_status.service IS 'code of its service';
COMMENT ON COLUMN steering.override_status.participant IS 'code of its participant';
COMMENT ON COLUMN steering.override_status.metric IS 'budget (money) or volume (units of the service)';
COMMENT ON COLUMN steering.override_status.amount IS 'how much may be drawn in all';
COMMENT ON COLUMN steering.override_status.drawn IS 'how much was drawn';
COMMENT ON COLUMN steering.override_status.room IS 'how much can still be drawn now';
COMMENT ON COLUMN steering.override_status.until IS 'statements that begin at this moment or later draw nothing any more';
COMMENT ON COLUMN steering.override_status.uses IS 'how many transactions may draw of it';
COMMENT ON COLUMN steering.override_status.transactions IS 'how many have';
COMMENT ON COLUMN steering.override_status.state IS 'open, used (up), lapsed or revoked';
COMMENT ON COLUMN steering.override_status.reason IS 'why it was granted';
COMMENT ON COLUMN steering.override_status.granted_by IS 'who had logged in and granted it';
COMMENT ON COLUMN steering.override_status.granted_at IS 'when';
COMMENT ON COLUMN steering.override_status.revoked_by IS 'who had logged in and revoked it; null: it was not revoked';
COMMENT ON COLUMN steering.override_status.revoked_at IS 'when; null: it was not revoked';
COMMENT ON COLUMN steering.override_status.revoke_reason IS 'why; null: it was not revoked, or not said';

CREATE VIEW steering.override_draw WITH (security_barrier) AS
SELECT drawn.override_id AS override,
	override_status.cap_id,
	drawn.use_number,
	drawn.amount::numeric AS amount,
	drawn.used::numeric AS used,
	drawn.relation AS source,
	drawn.statement_at,
	drawn.transaction,
	drawn.role_name
FROM (SELECT override_use.override_id, override_use.use_number, override_use.amount, override_use.used, override_use.relation,
		override_use.statement_at, override_use.transaction, override_use.role_name
	FROM steering.override_use
	UNION ALL
	SELECT elsewhere.override_id, elsewhere.use_number, elsewhere.amount, elsewhere.used, elsewhere.relation,
		elsewhere.statement_at, elsewhere.transaction, elsewhere.role_name
	FROM steering.override_use_elsewhere() AS elsewhere) AS drawn
JOIN steering.override_status ON override_status.id = drawn.override_id;
GRANT SELECT ON steering.override_draw TO PUBLIC;
COMMENT ON VIEW steering.override_draw IS 'what bookings have drawn of the overrides that the role may read';
COMMENT ON COLUMN steering.override_draw.override IS 'number of the override';
COMMENT ON COLUMN steering.override_draw.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.override_draw.use_number IS 'the how manieth transaction that drew of it';
COMMENT ON COLUMN steering.override_draw.amount IS 'how much';
COMMENT ON COLUMN steering.override_draw.used IS 'usage of the cap after the statement, or the transaction';
COMMENT ON COLUMN steering.override_draw.source IS 'the table that was written';
COMMENT ON COLUMN steering.override_draw.statement_at IS 'when the statement began, or the COMMIT where that is what judged it';
COMMENT ON COLUMN steering.override_draw.transaction IS 'number of the transaction, in the server that it ran on';
COMMENT ON COLUMN steering.override_draw.role_name IS 'who had logged in';

CREATE FUNCTION steering.question_of_override(was steering.override_grant, becomes steering.override_grant) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN was.override_id IS NULL THEN 'grant_override' ELSE 'revoke_override' END,
	steering.service_code(cap.service_id), steering.participant_code(cap.participant_id),
	CASE WHEN was.override_id IS NULL AND cap.metric = 'budget' THEN becomes.amount::numeric END,
	CASE WHEN was.override_id IS NULL
		THEN jsonb_build_object('cap', becomes.cap_id, 'amount', becomes.amount::numeric, 'until', becomes.until, 'reason', becomes.reason,
			'uses', becomes.uses)
		ELSE jsonb_build_object('override', becomes.override_id, 'reason', becomes.revoke_reason) END
FROM steering.cap
WHERE cap.cap_id = becomes.cap_id;
END;
REVOKE ALL ON FUNCTION steering.question_of_override(steering.override_grant, steering.override_grant) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_override(steering.override_grant, steering.override_grant) IS 'grant_override: by its amount; revoke_override';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE ON steering.override_grant
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_override');
