-- What asks for somebody's attention now: steps reached, outlooks above caps, decisions that wait, what is not enforced.

CREATE TABLE steering.alert_seen (
	alert text CONSTRAINT alert_seen_pkey PRIMARY KEY,
	seen_at timestamptz NOT NULL DEFAULT now()
);
REVOKE ALL ON steering.alert_seen FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.alert_seen', '');
COMMENT ON TABLE steering.alert_seen IS 'alerts that notify_alerts() has told of, and that were still there when it last looked';
COMMENT ON COLUMN steering.alert_seen.alert IS 'the alert, as in steering.alert';
COMMENT ON COLUMN steering.alert_seen.seen_at IS 'when notify_alerts() first saw it';

-- Of caps that are not over. Events are grouped at once: to look for those of each cap would read all of them each time. A step that blocks has no event of its own: it is never crossed, only reached.
CREATE VIEW steering.cap_alert AS
SELECT format('cap %s: %s', status.cap_id, status.step) AS alert,
	CASE WHEN status.used >= status.blocks_at THEN 'critical' WHEN status.step LIKE '% notify' THEN 'info' ELSE 'warning' END AS severity,
	'step' AS kind,
	event.since,
	status.cap_id,
	NULL::integer AS decision,
	status.service,
	status.participant,
	format('%s cap stands at %s', status.metric, status.step) AS problem,
	format('used %s of %s, %s to %s', status.used, status.amount, status.valid_from, status.valid_to) AS detail,
	CASE WHEN status.used >= status.blocks_at THEN 'amend the budget, grant an override, or lower what is booked' END AS hint
FROM steering.cap_status AS status
LEFT JOIN (
	SELECT event_log.cap_id, max(event_log.recorded_at) AS since
	FROM steering.event_log WHERE event_log.kind IN ('created', 'revised', 'notify', 'warn')
	GROUP BY event_log.cap_id
) AS event ON event.cap_id = status.cap_id
WHERE status.step IS NOT NULL AND status.valid_to >= current_date
UNION ALL
SELECT format('cap %s: outlook', outlook.cap_id),
	CASE WHEN outlook.expected > outlook.blocks_at THEN 'warning' ELSE 'info' END,
	'outlook',
	NULL,
	outlook.cap_id,
	NULL,
	outlook.service,
	outlook.participant,
	CASE WHEN outlook.expected > outlook.blocks_at THEN format('bookings are expected to be refused from %s on', to_char(outlook.block_month, 'YYYY-MM'))
		ELSE format('%s cap is expected to be exceeded in %s', outlook.metric, to_char(outlook.limit_month, 'YYYY-MM')) END,
	format('used %s of %s, expected %s by %s (%s)', outlook.used, outlook.amount, outlook.expected, outlook.valid_to, outlook.basis),
	'look at steering.cap_outlook(), steering.outlook_error() says how far such outlooks were off'
FROM steering.cap_outlook(current_date) AS outlook
WHERE outlook.expected > outlook.amount AND outlook.used <= outlook.amount;
REVOKE ALL ON steering.cap_alert FROM PUBLIC;
COMMENT ON VIEW steering.cap_alert IS 'alerts of the caps that the role may read';
COMMENT ON COLUMN steering.cap_alert.alert IS 'as in steering.alert, and so the others';
COMMENT ON COLUMN steering.cap_alert.severity IS 'critical, warning or info';
COMMENT ON COLUMN steering.cap_alert.kind IS 'step or outlook';
COMMENT ON COLUMN steering.cap_alert.since IS 'when the cap last crossed a step, or was set; null: an outlook';
COMMENT ON COLUMN steering.cap_alert.cap_id IS 'the cap';
COMMENT ON COLUMN steering.cap_alert.decision IS 'null';
COMMENT ON COLUMN steering.cap_alert.service IS 'code of its service';
COMMENT ON COLUMN steering.cap_alert.participant IS 'code of its participant';
COMMENT ON COLUMN steering.cap_alert.problem IS 'what is the matter';
COMMENT ON COLUMN steering.cap_alert.detail IS 'the figures';
COMMENT ON COLUMN steering.cap_alert.hint IS 'what to do';

CREATE FUNCTION steering.health_for(reader name) RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT health.subject, health.problem, health.detail, health.hint
FROM (SELECT WHERE pg_has_role(session_user, health_for.reader, 'MEMBER')
	AND has_function_privilege(health_for.reader, 'steering.health()', 'EXECUTE')) AS allowed
CROSS JOIN LATERAL steering.health() AS health;
END;
REVOKE ALL ON FUNCTION steering.health_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.health_for(name) IS 'health(), for a role that may execute that and that who has logged in is, or may become; for others no row';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.health_of(reader name) RETURNS TABLE (subject text, problem text, detail text, hint text)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.health_of(name) IS 'the same as health_for(), for a role that the caller is, or may become; for others no row';

CREATE VIEW steering.alert WITH (security_barrier) AS
SELECT found.alert,
	found.severity,
	found.kind,
	coalesce(found.since, seen.seen_at) AS since,
	found.cap_id,
	found.decision,
	found.service,
	found.participant,
	found.problem,
	found.detail,
	found.hint
FROM (SELECT * FROM steering.cap_alert
	UNION ALL
	SELECT format('decision %s', proposal.decision), 'info', 'decision', min(proposal.proposed_at), NULL, proposal.decision,
		min(proposal.service), min(proposal.participant),
		format('%s waits for a decision', min(proposal.act)),
		format('for %s', string_agg(DISTINCT proposal.functionary, ', ' ORDER BY proposal.functionary)),
		format('look at steering.proposal; SELECT steering.sign(%s, ...)', proposal.decision)
	FROM steering.proposal
	GROUP BY proposal.decision
	UNION ALL
	SELECT format('%s: %s', health.subject, health.problem), 'critical', 'health', NULL, NULL, NULL, NULL, NULL,
		format('%s: %s', health.subject, health.problem), health.detail, health.hint
	FROM steering.health_of(current_user) AS health) AS found
LEFT JOIN steering.alert_seen AS seen ON seen.alert = found.alert;
REVOKE ALL ON steering.alert FROM PUBLIC;
GRANT SELECT ON steering.alert TO PUBLIC;
COMMENT ON VIEW steering.alert IS 'what asks for attention now, as far as the role may read it: steps that caps stand at and outlooks above their limits (of caps that are not over), decisions that wait, and what health() says to who may execute that. health() reads sources: ask WHERE kind <> ''health'' where it need not. What is not asked for by kind is not computed';
COMMENT ON COLUMN steering.alert.alert IS 'what it is called as long as it is there';
COMMENT ON COLUMN steering.alert.severity IS 'critical: refused now, or not enforced; warning: warned of, or expected to be refused; info: to be known';
COMMENT ON COLUMN steering.alert.kind IS 'step: of a cap, reached by usage; outlook: a cap is expected to be exceeded; decision: somebody''s signature is wanted; health: something is not enforced';
COMMENT ON COLUMN steering.alert.since IS 'step: when the cap last crossed one, or was set; decision: when it was proposed; others: when notify_alerts() first saw it, null: it has not';
COMMENT ON COLUMN steering.alert.cap_id IS 'the cap; null: of none';
COMMENT ON COLUMN steering.alert.decision IS 'the decision; null: of none';
COMMENT ON COLUMN steering.alert.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.alert.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.alert.problem IS 'what is the matter';
COMMENT ON COLUMN steering.alert.detail IS 'more of it: figures, or who is to sign';
COMMENT ON COLUMN steering.alert.hint IS 'what to do; null: nothing';

-- Anybody can listen, so no figure is sent.
CREATE FUNCTION steering.notify_alerts() RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH found AS MATERIALIZED (
	SELECT cap_alert.alert, cap_alert.severity, cap_alert.kind, cap_alert.cap_id, cap_alert.decision FROM steering.cap_alert
	UNION
	SELECT format('decision %s', entry.decision_id), 'info', 'decision', NULL, entry.decision_id
	FROM steering.decision_record AS entry WHERE entry.state = 'open'
	UNION
	SELECT format('%s: %s', health.subject, health.problem), 'critical', 'health', NULL, NULL FROM steering.health() AS health
), gone AS (
	DELETE FROM steering.alert_seen WHERE alert_seen.alert NOT IN (SELECT found.alert FROM found)
), added AS (
	INSERT INTO steering.alert_seen (alert) SELECT found.alert FROM found ON CONFLICT (alert) DO NOTHING RETURNING alert_seen.alert
)
SELECT count(pg_notify('sp71_steering', json_build_object('kind', 'alert', 'alert', found.kind, 'severity', found.severity,
	'cap_id', found.cap_id, 'decision', found.decision)::text))::integer
FROM added JOIN found ON found.alert = added.alert;
END;
REVOKE ALL ON FUNCTION steering.notify_alerts() FROM PUBLIC;
COMMENT ON FUNCTION steering.notify_alerts() IS
'tells of alerts that are new since the last call, of all participants, by NOTIFY on the channel sp71_steering: {"kind": "alert", "alert": what kind, "severity", "cap_id", "decision"}, when the transaction commits; returns how many they were. For a job: pg_cron, or whatever runs every few minutes. Two at once: each alert is told of once';
