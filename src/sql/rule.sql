-- rule.sql
-- Rules: which acts need which method of deciding, in which scope and for which amounts. The rules of one act and scope are a
-- table without gaps and overlaps, which is made in one transaction: it is judged at its end.

CREATE TABLE steering.rule (
	rule_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT rule_pkey PRIMARY KEY,
	acts text[] NOT NULL CONSTRAINT rule_acts_not_empty CHECK (cardinality(acts) > 0),
	method text NOT NULL CONSTRAINT rule_method_known CHECK (method IN ('mandate', 'dual', 'vote', 'host', 'record')),
	service text,
	service_kind text CONSTRAINT rule_service_kind_known CHECK (service_kind IN ('standard', 'development')),
	participant text,
	amounts numrange NOT NULL CONSTRAINT rule_amounts_not_negative
		CHECK (NOT isempty(amounts) AND coalesce(lower(amounts) >= 0 AND lower(amounts) < 'Infinity', false)),
	body text,
	majority text NOT NULL CONSTRAINT rule_majority_known
		CHECK (majority IN ('simple', 'absolute', 'unanimous') OR majority ~ '^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$'),
	views_days integer NOT NULL CONSTRAINT rule_views_days_not_negative CHECK (views_days BETWEEN 0 AND 10000),
	during daterange NOT NULL CONSTRAINT rule_during_not_empty CHECK (NOT isempty(during)),
	window_days integer NOT NULL CONSTRAINT rule_window_days_not_negative CHECK (window_days BETWEEN 0 AND 10000),
	needs text NOT NULL CONSTRAINT rule_needs_known CHECK (needs IN ('view', 'consent')),
	CONSTRAINT rule_scope_key UNIQUE NULLS NOT DISTINCT (acts, service, service_kind, participant, amounts, during)
);
REVOKE ALL ON steering.rule FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.rule', '');
SELECT pg_catalog.pg_extension_config_dump('steering.rule_rule_id_seq', '');
COMMENT ON TABLE steering.rule IS 'which acts need which method of deciding, written by set_rule() and drop_rule() alone';
COMMENT ON COLUMN steering.rule.rule_id IS 'number of the rule';
COMMENT ON COLUMN steering.rule.acts IS 'the acts, in order';
COMMENT ON COLUMN steering.rule.method IS 'mandate: a functionary who holds one; dual: two of them; vote: a body; host: a functionary, after others were heard; record: decided elsewhere';
COMMENT ON COLUMN steering.rule.service IS 'code: it is for this service and all below it; null: for all';
COMMENT ON COLUMN steering.rule.service_kind IS 'standard or development: it is for services of this kind; null: for both';
COMMENT ON COLUMN steering.rule.participant IS 'code: it is for this participant and all below it; null: for all';
COMMENT ON COLUMN steering.rule.amounts IS 'it is for acts of these amounts of money; those without an amount count as 0';
COMMENT ON COLUMN steering.rule.body IS 'code of the body that votes, or whose members are heard; null: none';
COMMENT ON COLUMN steering.rule.majority IS 'of a vote: simple (more for than against), absolute (more than half of all votes), unanimous (all members), or a part of the votes for and against, such as 2/3';
COMMENT ON COLUMN steering.rule.views_days IS 'days that the members of the body have to be heard, before it is decided; 0: they are not';
COMMENT ON COLUMN steering.rule.during IS 'the days on which it is in force';
COMMENT ON COLUMN steering.rule.window_days IS 'what one functionary decides for the same service and participant within so many days, by whatever acts, is one act; 0: each is one';
COMMENT ON COLUMN steering.rule.needs IS 'view: members are heard, and do not bind; consent: each must consent';

CREATE VIEW steering.rule_conflict AS
WITH one AS (
	SELECT rule.rule_id, named.act, rule.service, rule.service_kind, rule.participant, rule.amounts, rule.during
	FROM steering.rule CROSS JOIN LATERAL unnest(rule.acts) AS named (act)
), point AS (
	SELECT one.act, one.service, one.service_kind, one.participant,
		CASE WHEN lower_inf(one.during) THEN '-infinity'::date ELSE lower(one.during) END AS day
	FROM one
	UNION
	SELECT one.act, one.service, one.service_kind, one.participant, upper(one.during) FROM one WHERE NOT upper_inf(one.during)
), gap AS (
	SELECT point.act, point.service, point.service_kind, point.participant, point.day,
		'{[0,)}'::nummultirange - range_agg(one.amounts) AS amounts
	FROM point
	JOIN one ON one.act = point.act AND one.service IS NOT DISTINCT FROM point.service
		AND one.service_kind IS NOT DISTINCT FROM point.service_kind AND one.participant IS NOT DISTINCT FROM point.participant
		AND one.during @> point.day
	GROUP BY point.act, point.service, point.service_kind, point.participant, point.day
), overlap AS (
	SELECT a.act, a.service, a.service_kind, a.participant, a.rule_id AS first_rule, b.rule_id AS second_rule, a.amounts * b.amounts AS amounts
	FROM one AS a
	JOIN one AS b ON b.act = a.act AND b.service IS NOT DISTINCT FROM a.service
		AND b.service_kind IS NOT DISTINCT FROM a.service_kind AND b.participant IS NOT DISTINCT FROM a.participant
		AND b.rule_id > a.rule_id AND b.amounts && a.amounts AND b.during && a.during
), conflict AS (
	SELECT gap.act, gap.service, gap.service_kind, gap.participant, format('leave a gap in the amounts: %s', gap.amounts) AS problem,
		CASE WHEN isfinite(gap.day) THEN format('On %s no rule of them says who decides these.', gap.day)
			ELSE 'No rule of them says who decides these.' END AS detail
	FROM gap WHERE NOT isempty(gap.amounts)
	UNION ALL
	SELECT overlap.act, overlap.service, overlap.service_kind, overlap.participant,
		format('overlap in the amounts: %s', overlap.amounts),
		format('Both rule %s and rule %s are for these.', overlap.first_rule, overlap.second_rule)
	FROM overlap
)
SELECT format('rules for act "%s"%s%s%s %s', conflict.act, ' on service "' || conflict.service || '"',
		' on ' || conflict.service_kind || ' services', ' for participant "' || conflict.participant || '"', conflict.problem) AS message,
	conflict.detail,
	'Make and drop the rules of an act and scope in one transaction, so that they hold every amount from 0 on just once.' AS hint
FROM conflict
ORDER BY 1;
REVOKE ALL ON steering.rule_conflict FROM PUBLIC;
COMMENT ON VIEW steering.rule_conflict IS 'rules of one act and scope that leave a gap in the amounts, or overlap';
COMMENT ON COLUMN steering.rule_conflict.message IS 'what is wrong';
COMMENT ON COLUMN steering.rule_conflict.detail IS 'where';
COMMENT ON COLUMN steering.rule_conflict.hint IS 'what to do';

CREATE CONSTRAINT TRIGGER check_consistent
	AFTER INSERT OR UPDATE OR DELETE ON steering.rule DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.check_consistent('rule_conflict');

-- The nearest rules win: by service, its kind, then by participant. They hold every amount from 0 on, but within a
-- transaction that makes them: then no rule is found, and the question is answered with no.
CREATE FUNCTION steering.rule_for(act text, service text, participant text, amount numeric, day date)
RETURNS TABLE (is_ruled boolean, rule_id integer, method text, body text, majority text, views_days integer, window_days integer, needs text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH candidate AS MATERIALIZED (
	SELECT rule.*, rank() OVER (ORDER BY service_above.depth NULLS LAST, rule.service_kind IS NULL,
		participant_above.depth NULLS LAST) AS place
	FROM steering.rule
	LEFT JOIN steering.service_above(rule_for.service) ON service_above.code = rule.service
	LEFT JOIN steering.participant_above(rule_for.participant) ON participant_above.code = rule.participant
	WHERE rule_for.act = ANY (rule.acts) AND rule.during @> rule_for.day
		AND (rule.service IS NULL OR service_above.code IS NOT NULL)
		AND (rule.participant IS NULL OR participant_above.code IS NOT NULL)
		AND (rule.service_kind IS NULL OR rule.service_kind = (SELECT entry.kind FROM steering.service AS entry WHERE entry.code = rule_for.service))
), nearest AS (
	SELECT candidate.*, max(candidate.window_days) OVER () AS longest_window FROM candidate WHERE candidate.place = 1
)
SELECT EXISTS (SELECT FROM nearest), ruling.rule_id, ruling.method, ruling.body, ruling.majority, ruling.views_days,
	(SELECT max(nearest.longest_window) FROM nearest), ruling.needs
FROM (SELECT) AS one
LEFT JOIN nearest AS ruling ON ruling.amounts @> coalesce(rule_for.amount, 0);
END;
REVOKE ALL ON FUNCTION steering.rule_for(text, text, text, numeric, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_for(text, text, text, numeric, date) IS
'the rule that says how an act is decided on a day; is_ruled: there are rules for it at all. window_days is the longest of all rules of its scope';

CREATE FUNCTION steering.rule_amounts(amounts numrange) RETURNS numrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN upper(rule_amounts.amounts) = 'Infinity'
	THEN numrange(lower(rule_amounts.amounts), NULL, CASE WHEN lower_inc(rule_amounts.amounts) THEN '[)' ELSE '()' END)
	ELSE rule_amounts.amounts END;
END;
REVOKE ALL ON FUNCTION steering.rule_amounts(numrange) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_amounts(numrange) IS 'a range of amounts; one to infinity has no end';

CREATE FUNCTION steering.rule_number(acts text[], service text, service_kind text, participant text, amounts numrange, during daterange)
RETURNS integer
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT rule.rule_id
FROM steering.rule
WHERE rule.acts = steering.require_acts(rule_number.acts) AND rule.service IS NOT DISTINCT FROM rule_number.service
	AND rule.service_kind IS NOT DISTINCT FROM rule_number.service_kind AND rule.participant IS NOT DISTINCT FROM rule_number.participant
	AND rule.amounts = steering.rule_amounts(rule_number.amounts) AND rule.during = rule_number.during;
END;
REVOKE ALL ON FUNCTION steering.rule_number(text[], text, text, text, numrange, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.rule_number(text[], text, text, text, numrange, daterange) IS
'number of the rule of these acts, this scope, these amounts and days; null: there is none';

CREATE FUNCTION steering.set_rule(acts text[], method text, service text DEFAULT NULL, service_kind text DEFAULT NULL,
	participant text DEFAULT NULL, amounts numrange DEFAULT '[0,)', body text DEFAULT NULL, majority text DEFAULT 'simple',
	views_days integer DEFAULT 0, during steering.day_range DEFAULT '(,)', window_days integer DEFAULT 0, needs text DEFAULT 'view')
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
SELECT steering.require_acts(set_rule.acts), steering.require_given(set_rule.method IS NOT NULL, 'method'),
	steering.require_given(set_rule.majority IS NOT NULL, 'majority'), steering.require_given(set_rule.needs IS NOT NULL, 'needs'),
	steering.require_that(set_rule.method IN ('mandate', 'dual', 'vote', 'host', 'record'), '22023',
		format('method must be mandate, dual, vote, host or record: "%s"', set_rule.method)),
	steering.require_scope(set_rule.service, set_rule.participant),
	steering.require_that(coalesce(set_rule.service_kind, 'standard') IN ('standard', 'development'), '22023',
		format('service_kind must be standard or development: "%s"', set_rule.service_kind)),
	steering.require_that(set_rule.amounts IS NOT NULL, '22004', 'amounts must not be null'),
	steering.require_that(NOT isempty(set_rule.amounts), '22023', 'amounts must not be empty'),
	steering.require_that(coalesce(lower(set_rule.amounts) >= 0 AND lower(set_rule.amounts) < 'Infinity', false), '22023',
		format('amounts must begin at 0 or above: %s', set_rule.amounts)),
	steering.require_days(set_rule.during::daterange),
	steering.require_that(set_rule.views_days BETWEEN 0 AND 10000, '22023',
		format('views_days must be a number of days: %s', coalesce(set_rule.views_days::text, 'null'))),
	steering.require_that(set_rule.window_days BETWEEN 0 AND 10000, '22023',
		format('window_days must be a number of days: %s', coalesce(set_rule.window_days::text, 'null'))),
	steering.require_that(set_rule.needs IN ('view', 'consent'), '22023', format('needs must be view or consent: "%s"', set_rule.needs)),
	steering.require_that(set_rule.majority IN ('simple', 'absolute', 'unanimous')
		OR CASE WHEN set_rule.majority ~ '^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$'
			THEN split_part(set_rule.majority, '/', 1)::integer <= split_part(set_rule.majority, '/', 2)::integer ELSE false END, '22023',
		format('majority must be simple, absolute, unanimous or a fraction such as 2/3: "%s"', set_rule.majority)),
	steering.require_that(set_rule.method = 'vote' OR set_rule.majority = 'simple', '22023',
		format('method "%s" has no majority', set_rule.method), 'Only votes have one.'),
	steering.require_that(set_rule.method <> 'vote' OR set_rule.body IS NOT NULL, '22023', 'a vote needs a body',
		'Bodies are made by steering.set_body().'),
	steering.require_that(set_rule.body IS NOT NULL OR set_rule.views_days = 0 AND set_rule.needs = 'view', '22023',
		'who is to be heard is not said', 'Name a body: its members are heard.'),
	steering.require_that(set_rule.body IS NULL OR EXISTS (SELECT FROM steering.body AS known WHERE known.code = set_rule.body), '22023',
		format('body "%s" is unknown', set_rule.body), 'Bodies are made by steering.set_body().'),
	steering.require_that(set_rule.body IS NULL
			OR EXISTS (SELECT FROM steering.body_member AS member WHERE member.body = set_rule.body AND member.during && set_rule.during::daterange),
		'22023', format('body "%s" has no members on these days', set_rule.body), 'They are named by steering.set_body_member().');
UPDATE steering.rule AS standing
SET method = set_rule.method, body = set_rule.body, majority = set_rule.majority, views_days = set_rule.views_days,
	window_days = set_rule.window_days, needs = set_rule.needs
WHERE standing.rule_id = (SELECT steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant,
	set_rule.amounts, set_rule.during::daterange));
INSERT INTO steering.rule (acts, method, service, service_kind, participant, amounts, body, majority, views_days, during, window_days, needs)
SELECT steering.require_acts(set_rule.acts), set_rule.method, set_rule.service, set_rule.service_kind, set_rule.participant,
	steering.rule_amounts(set_rule.amounts), set_rule.body, set_rule.majority, set_rule.views_days, set_rule.during::daterange,
	set_rule.window_days, set_rule.needs
WHERE steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant, set_rule.amounts,
	set_rule.during::daterange) IS NULL;
SELECT steering.rule_number(set_rule.acts, set_rule.service, set_rule.service_kind, set_rule.participant, set_rule.amounts,
	set_rule.during::daterange);
END;
REVOKE ALL ON FUNCTION steering.set_rule(text[], text, text, text, text, numrange, text, text, integer, steering.day_range, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_rule(text[], text, text, text, text, numrange, text, text, integer, steering.day_range, integer, text) IS
'says by which method acts are decided, in a scope and for amounts; the rule of the same acts, scope, amounts and days is replaced; returns its number. The nearest rules win: of the nearest service, then of its kind, then of the nearest participant. views_days: the members of the body are heard first, and have so many days; needs ''consent'': each must consent. window_days: what one functionary decides for the same service and participant within so many days, by whatever acts, is one act. Errors: 22004 null, 22023 unknown act, method, service, participant, body or majority, amounts that are empty or below 0, a body without members; at the end of the transaction 23514 the rules of an act and scope leave a gap in the amounts, or overlap (the message says where)';

CREATE FUNCTION steering.drop_rule(rule integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.lock_rules();
WITH gone AS (
	DELETE FROM steering.rule AS standing WHERE standing.rule_id = drop_rule.rule RETURNING standing.rule_id
)
SELECT steering.require_found(count(*), concat('rule ', coalesce(drop_rule.rule::text, 'null'))) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_rule(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_rule(integer) IS
'ends a rule. Errors: 42704 there is no such rule; at the end of the transaction 23514 the others of its act and scope leave a gap in the amounts';
