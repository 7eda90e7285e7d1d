-- decision_log.sql
-- The log of decisions that took effect, in the order in which they did: each row holds the hash of the one before it, so that
-- nobody can change, remove or insert one unseen who does not know which head was printed.

CREATE TABLE steering.decision_log (
	position bigint NOT NULL CONSTRAINT decision_log_pkey PRIMARY KEY,
	recipe integer NOT NULL,
	decision_id integer NOT NULL CONSTRAINT decision_log_decision_id_key UNIQUE,
	executed_at timestamptz NOT NULL,
	act text NOT NULL,
	service text,
	participant text,
	amount numeric,
	arguments text NOT NULL,
	reason text,
	document text,
	method text,
	in_mandate boolean,
	proposed_by text NOT NULL,
	executed_by text NOT NULL,
	signatures text NOT NULL,
	outcome text,
	previous bytea NOT NULL,
	hash bytea NOT NULL,
	details text
);
REVOKE ALL ON steering.decision_log FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.decision_log', '');
COMMENT ON TABLE steering.decision_log IS 'decisions that took effect, each with the hash of the one before it; only ever added to';
COMMENT ON COLUMN steering.decision_log.position IS 'number of the row, without gaps';
COMMENT ON COLUMN steering.decision_log.recipe IS 'how its hash is made: see log_hash()';
COMMENT ON COLUMN steering.decision_log.decision_id IS 'number of the decision';
COMMENT ON COLUMN steering.decision_log.executed_at IS 'when it took effect';
COMMENT ON COLUMN steering.decision_log.act IS 'the act';
COMMENT ON COLUMN steering.decision_log.service IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision_log.participant IS 'code; null: of none, or of several';
COMMENT ON COLUMN steering.decision_log.amount IS 'money; null: none';
COMMENT ON COLUMN steering.decision_log.arguments IS 'arguments by name; of a direct call what it wrote';
COMMENT ON COLUMN steering.decision_log.reason IS 'why; null: not said';
COMMENT ON COLUMN steering.decision_log.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.decision_log.method IS 'method of its rule; null: no rule was for it';
COMMENT ON COLUMN steering.decision_log.in_mandate IS 'false: a superuser or the owner of the extension did it without; null: no rule was for it';
COMMENT ON COLUMN steering.decision_log.proposed_by IS 'who had logged in and proposed or called it';
COMMENT ON COLUMN steering.decision_log.executed_by IS 'who had logged in and gave the last signature';
COMMENT ON COLUMN steering.decision_log.signatures IS 'all signatures, as JSON';
COMMENT ON COLUMN steering.decision_log.outcome IS 'what the function returned; null: nothing';
COMMENT ON COLUMN steering.decision_log.previous IS 'hash of the row before; of the first 32 zero bytes';
COMMENT ON COLUMN steering.decision_log.hash IS 'hash of this row';
COMMENT ON COLUMN steering.decision_log.details IS 'what else the decision says, and what it asks, as JSON; null: written by recipe 1';

CREATE FUNCTION steering.utc_text(at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT to_char(utc_text.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
END;
REVOKE ALL ON FUNCTION steering.utc_text(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION steering.utc_text(timestamptz) IS 'a moment as text, whatever the session''s settings';

CREATE FUNCTION steering.log_hash(line steering.decision_log) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN (log_hash.line).recipe IN (1, 2) THEN steering.chain_hash((log_hash.line).previous, ARRAY[(log_hash.line).position::text,
	(log_hash.line).act, (log_hash.line).arguments, (log_hash.line).recipe::text, (log_hash.line).decision_id::text,
	steering.utc_text((log_hash.line).executed_at), (log_hash.line).service, (log_hash.line).participant, (log_hash.line).amount::text,
	(log_hash.line).reason, (log_hash.line).document, (log_hash.line).method, (log_hash.line).in_mandate::text,
	(log_hash.line).proposed_by, (log_hash.line).executed_by, (log_hash.line).signatures, (log_hash.line).outcome]
	|| CASE (log_hash.line).recipe WHEN 2 THEN ARRAY[(log_hash.line).details] END) END;
END;
REVOKE ALL ON FUNCTION steering.log_hash(steering.decision_log) FROM PUBLIC;
COMMENT ON FUNCTION steering.log_hash(steering.decision_log) IS
'hash of a row of the log. Recipe 1: chain_hash() of the hash before and of position, act, arguments, recipe, decision_id, executed_at (UTC, with microseconds), service, participant, amount, reason, document, method, in_mandate, proposed_by, executed_by, signatures, outcome, as texts; recipe 2: and of details; null: the recipe is unknown';

-- Recipe 1 knew nothing of what is in details.
CREATE FUNCTION steering.log_line(decision integer, recipe integer) RETURNS SETOF steering.decision_log
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT NULL::bigint, log_line.recipe, entry.decision_id, entry.executed_at, entry.act, entry.service, entry.participant, entry.amount,
	entry.arguments::text, entry.reason, entry.document, entry.method, entry.in_mandate, entry.proposed_by, entry.executed_by,
	coalesce((SELECT jsonb_agg(jsonb_build_object('functionary', signed.functionary, 'signed_for', signed.signed_for,
			'choice', signed.choice, 'participant', signed.participant, 'round', signed.round, 'at', steering.utc_text(signed.at),
			'remark', signed.remark, 'fingerprint', encode(signed.fingerprint, 'hex')) ORDER BY signed.at, signed.functionary)
		FROM steering.signature_record AS signed WHERE signed.decision_id = entry.decision_id), '[]')::text,
	entry.outcome, NULL::bytea, NULL::bytea,
	CASE WHEN log_line.recipe > 1 THEN jsonb_build_object('rule', entry.rule_id, 'body', entry.body, 'round', entry.round,
		'hear_through', entry.hear_through, 'vote_from', entry.vote_from, 'proposed_at', steering.utc_text(entry.proposed_at),
		'decided_at', steering.utc_text(entry.decided_at), 'executed_on', entry.executed_on,
		'questions', coalesce((SELECT jsonb_agg(to_jsonb(asked) - 'decision_id' ORDER BY asked.position)
			FROM steering.decision_question AS asked WHERE asked.decision_id = entry.decision_id), '[]'))::text END
FROM steering.decision_record AS entry
WHERE entry.decision_id = log_line.decision AND entry.state = 'executed';
END;
REVOKE ALL ON FUNCTION steering.log_line(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.log_line(integer, integer) IS
'what the log has to say, by a recipe, of a decision that took effect, as its tables have it now; without its place in the chain';

CREATE FUNCTION steering.next_log_line(decision integer) RETURNS SETOF steering.decision_log
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH head AS (
	SELECT log.position, log.hash FROM steering.decision_log AS log ORDER BY log.position DESC LIMIT 1
), line AS (
	SELECT coalesce(head.position, 0) + 1 AS position, said.recipe, said.decision_id, said.executed_at, said.act, said.service,
		said.participant, said.amount, said.arguments, said.reason, said.document, said.method, said.in_mandate, said.proposed_by,
		said.executed_by, said.signatures, said.outcome, coalesce(head.hash, decode(repeat('0', 64), 'hex')) AS previous, '\x'::bytea AS hash,
		said.details
	FROM steering.log_line(next_log_line.decision, 2) AS said LEFT JOIN head ON true
	WHERE NOT EXISTS (SELECT FROM steering.decision_log AS log WHERE log.decision_id = next_log_line.decision)
)
SELECT line.position, line.recipe, line.decision_id, line.executed_at, line.act, line.service, line.participant, line.amount, line.arguments,
	line.reason, line.document, line.method, line.in_mandate, line.proposed_by, line.executed_by, line.signatures, line.outcome, line.previous,
	steering.log_hash(ROW(line.*)::steering.decision_log), line.details
FROM line;
END;
REVOKE ALL ON FUNCTION steering.next_log_line(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.next_log_line(integer) IS
'the row that the log gets for a decision that took effect; none where it has one, as after a restore';

CREATE FUNCTION steering.append_decision() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_append_decision'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.append_decision() FROM PUBLIC;
COMMENT ON FUNCTION steering.append_decision() IS 'at the end of a transaction: appends a decision that took effect to the log, after those of all others';

CREATE CONSTRAINT TRIGGER append_decision
	AFTER INSERT OR UPDATE OF state ON steering.decision_record DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW WHEN (NEW.state = 'executed') EXECUTE FUNCTION steering.append_decision();

CREATE FUNCTION steering.log_head() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT coalesce((SELECT concat(log.position, ':', encode(log.hash, 'hex')) FROM steering.decision_log AS log ORDER BY log.position DESC LIMIT 1),
	concat('0:', repeat('0', 64)));
END;
REVOKE ALL ON FUNCTION steering.log_head() FROM PUBLIC;
COMMENT ON FUNCTION steering.log_head() IS
'the last row of the log of decisions, as its number and its hash: what to print in reports, since nobody can then change the log up to it unseen. verify_log() takes it';

CREATE FUNCTION steering.verify_log(head text DEFAULT NULL) RETURNS TABLE (log_position bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_that(verify_log.head IS NULL OR verify_log.head ~ '^[0-9]{1,18}:[0-9a-f]{64}$', '22023',
	format('"%s" is no head of the log', verify_log.head), 'steering.log_head() gives one.');
WITH line AS (
	SELECT log.position, log.decision_id, log.previous, log.hash, log.recipe, steering.log_hash(log) AS right_hash, to_jsonb(log) AS said,
		lag(log.position, 1, 0::bigint) OVER w AS position_before,
		lag(log.hash, 1, decode(repeat('0', 64), 'hex')) OVER w AS hash_before
	FROM steering.decision_log AS log
	WINDOW w AS (ORDER BY log.position)
), given AS (
	SELECT split_part(verify_log.head, ':', 1)::bigint AS position, decode(split_part(verify_log.head, ':', 2), 'hex') AS hash
	WHERE verify_log.head IS NOT NULL
), broken AS (
	SELECT line.position, 1 AS kind, line.decision_id,
		CASE WHEN line.right_hash IS NULL THEN format('recipe %s is unknown', line.recipe)
			WHEN line.right_hash <> line.hash THEN 'changed'
			WHEN line.position <> line.position_before + 1 THEN 'a row before it is missing'
			ELSE 'it does not follow the row before it: that was changed, or this one inserted' END AS problem
	FROM line
	WHERE line.right_hash IS DISTINCT FROM line.hash OR line.position <> line.position_before + 1 OR line.previous <> line.hash_before
	UNION ALL
	SELECT given.position, 1, line.decision_id,
		CASE WHEN line.position IS NULL THEN 'the log ends before the head that was given' ELSE 'it is not the head that was given' END
	FROM given LEFT JOIN line ON line.position = given.position
	WHERE given.position > 0 AND line.hash IS DISTINCT FROM given.hash
	UNION ALL
	SELECT line.position, 2, line.decision_id,
		CASE WHEN entry.decision_id IS NULL THEN format('decision %s is not there any more', line.decision_id)
			WHEN entry.state <> 'executed' THEN format('decision %s is said to be %s', line.decision_id, entry.state)
			ELSE format('decision %s says something else of %s', line.decision_id, differing.fields) END
	FROM line
	LEFT JOIN steering.decision_record AS entry ON entry.decision_id = line.decision_id
	LEFT JOIN steering.log_line(line.decision_id, line.recipe) AS present ON true
	LEFT JOIN LATERAL (
		SELECT string_agg(CASE WHEN field.key = 'details' THEN coalesce((SELECT string_agg(detail.key, ', ' ORDER BY detail.key)
				FROM jsonb_each((line.said ->> 'details')::jsonb) AS detail
				WHERE detail.value IS DISTINCT FROM present.details::jsonb -> detail.key), 'details') ELSE field.key END, ', ' ORDER BY field.key) AS fields
		FROM jsonb_each(to_jsonb(present) - '{position, previous, hash}'::text[]) AS field
		WHERE field.value IS DISTINCT FROM line.said -> field.key
	) AS differing ON true
	WHERE line.right_hash = line.hash AND (entry.decision_id IS NULL OR entry.state <> 'executed' OR differing.fields IS NOT NULL)
	UNION ALL
	-- What this transaction has done gets its row at its end.
	SELECT NULL, 3, entry.decision_id, format('decision %s took effect, and is not in the log', entry.decision_id)
	FROM steering.decision_record AS entry
	WHERE entry.state = 'executed' AND NOT entry.executed_at BETWEEN now() AND clock_timestamp()
		AND NOT EXISTS (SELECT FROM steering.decision_log AS log WHERE log.decision_id = entry.decision_id)
)
SELECT broken.position, broken.problem FROM broken ORDER BY broken.position, broken.kind, broken.decision_id LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.verify_log(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.verify_log(text) IS
'the first row of the log of decisions that is not as it was written: changed, missing, inserted, or cut off before a head that log_head() once gave; or that the tables of decisions, signatures and what was asked differ from, with the decision and the fields that do (position null: a decision that took effect and is not in the log); no row is right. Error: 22023 that is no head';
