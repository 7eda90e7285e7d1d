-- What 0.3.0 changes in the objects of 0.2.0. Its new topics follow in the upgrade script.

-- --- ranges of days: day_range, and the functions that take one

CREATE TYPE steering.day_range;

-- Not IMMUTABLE, as input of daterange is not: what is a day in a text depends on DateStyle.
CREATE FUNCTION steering.day_range_in(cstring) RETURNS steering.day_range
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_in';
COMMENT ON FUNCTION steering.day_range_in(cstring) IS 'I/O';

CREATE FUNCTION steering.day_range_out(steering.day_range) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_out';
COMMENT ON FUNCTION steering.day_range_out(steering.day_range) IS 'I/O';

CREATE FUNCTION steering.day_range_recv(internal) RETURNS steering.day_range
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_recv';
COMMENT ON FUNCTION steering.day_range_recv(internal) IS 'I/O';

CREATE FUNCTION steering.day_range_send(steering.day_range) RETURNS bytea
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_send';
COMMENT ON FUNCTION steering.day_range_send(steering.day_range) IS 'I/O';

CREATE TYPE steering.day_range (
	INPUT = steering.day_range_in,
	OUTPUT = steering.day_range_out,
	RECEIVE = steering.day_range_recv,
	SEND = steering.day_range_send,
	LIKE = pg_catalog.daterange
);
COMMENT ON TYPE steering.day_range IS
	'range of days as an argument of functions: whatever daterange reads, as [2026-01-01,2027-01-01), or a fiscal period, as 2026, 2026-Q1, 2026-03; ranges of type daterange, fiscal periods and texts are taken as they are; other text is 22P02';

CREATE FUNCTION steering.day_range(days daterange) RETURNS steering.day_range
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_same';
COMMENT ON FUNCTION steering.day_range(daterange) IS 'the same days';

CREATE FUNCTION steering.day_range(period steering.fiscal_period) RETURNS steering.day_range
	LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN steering.day_range(steering.daterange(period));
COMMENT ON FUNCTION steering.day_range(steering.fiscal_period) IS
	'days of a period: from its first day to before the first day of the next';

-- Not named as its result is: steering.daterange() of an unknown literal is about fiscal periods.
CREATE FUNCTION steering.day_range_to_daterange(days steering.day_range) RETURNS daterange
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_day_range_same';
COMMENT ON FUNCTION steering.day_range_to_daterange(steering.day_range) IS 'the same days';

CREATE CAST (daterange AS steering.day_range) WITH FUNCTION steering.day_range(daterange) AS IMPLICIT;
COMMENT ON CAST (daterange AS steering.day_range) IS 'the same days';
CREATE CAST (steering.fiscal_period AS steering.day_range) WITH FUNCTION steering.day_range(steering.fiscal_period) AS IMPLICIT;
COMMENT ON CAST (steering.fiscal_period AS steering.day_range) IS 'days of the period';
CREATE CAST (steering.day_range AS daterange) WITH FUNCTION steering.day_range_to_daterange(steering.day_range) AS ASSIGNMENT;
COMMENT ON CAST (steering.day_range AS daterange) IS 'the same days';

-- Some drivers send every text with its type.
CREATE CAST (text AS steering.day_range) WITH INOUT AS IMPLICIT;
COMMENT ON CAST (text AS steering.day_range) IS 'days that the text says';
CREATE CAST (character varying AS steering.day_range) WITH INOUT AS IMPLICIT;
COMMENT ON CAST (character varying AS steering.day_range) IS 'days that the text says';

-- Each of these functions stays the one that it is, with the privileges that it has and with whatever calls it: only
-- the type of an argument becomes another one, whose values are the same. DROP would be refused where a view or
-- function calls it, and CREATE would make a second one, so that its name alone would say nothing any more.
UPDATE pg_catalog.pg_proc
SET proargtypes = pg_catalog.array_to_string(pg_catalog.array_replace(proargtypes::oid[], 'daterange'::pg_catalog.regtype::oid,
		'steering.day_range'::pg_catalog.regtype::oid), ' ')::oidvector,
	pronargdefaults = 0, proargdefaults = NULL
WHERE oid IN (
	'steering.set_cap(text, text, text, daterange, numeric, text, text, boolean)'::pg_catalog.regprocedure,
	'steering.set_agreement(text, text, daterange, text, numeric, numeric, numeric, text, numeric, numeric, numeric, text)'::pg_catalog.regprocedure,
	'steering.set_key_weight(text, numeric, daterange, text, text)'::pg_catalog.regprocedure,
	'steering.drop_key_weight(text, daterange, text, text)'::pg_catalog.regprocedure,
	'steering.set_allocation_rule(text, text, daterange, integer, text)'::pg_catalog.regprocedure,
	'steering.drop_allocation_rule(text, daterange)'::pg_catalog.regprocedure,
	'steering.set_result_share(text, numeric, daterange)'::pg_catalog.regprocedure,
	'steering.drop_result_share(daterange)'::pg_catalog.regprocedure,
	'steering.set_risk(text, text, numeric, numeric, numeric, numeric, daterange)'::pg_catalog.regprocedure);

CREATE OR REPLACE FUNCTION steering.set_cap(service text, participant text, metric text, during steering.day_range,
	amount numeric, ladder text DEFAULT NULL, reason text DEFAULT NULL, accept_overrun boolean DEFAULT false)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_set_cap'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE OR REPLACE FUNCTION steering.set_agreement(service text, participant text, during steering.day_range, form text,
	base numeric DEFAULT NULL, volume numeric DEFAULT NULL, price numeric DEFAULT NULL, allocation_key text DEFAULT NULL,
	unused_percent numeric DEFAULT NULL, advance numeric DEFAULT NULL, incentive_maximum numeric DEFAULT NULL,
	reason text DEFAULT NULL)
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_agreement.allocation_key) WHERE set_agreement.allocation_key IS NOT NULL;
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
			WHERE allocation_key.key_id = steering.key_number(set_agreement.allocation_key) FOR SHARE) END,
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
SELECT agreement.agreement_id
FROM steering.agreement
WHERE agreement.service_id = steering.service_number(set_agreement.service)
	AND agreement.participant_id = steering.participant_number(set_agreement.participant)
	AND agreement.during = set_agreement.during::daterange;
END;

CREATE OR REPLACE FUNCTION steering.set_key_weight(key text, weight numeric, during steering.day_range,
	participant text DEFAULT NULL, service text DEFAULT NULL) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(set_key_weight.key, 'fixed');
SELECT steering.refuse_standing(concat('allocation key "', set_key_weight.key, '" has a weight of "',
		coalesce(set_key_weight.participant, set_key_weight.service), '" on some of these days'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.allocation_weight AS standing
WHERE standing.key_id = (SELECT steering.key_number(set_key_weight.key, 'fixed'))
	AND num_nulls(set_key_weight.participant, set_key_weight.service) = 1
	AND CASE WHEN set_key_weight.service IS NULL
		THEN standing.participant_id = (SELECT steering.participant_number(set_key_weight.participant))
		ELSE standing.service_id = (SELECT steering.service_number(set_key_weight.service)) END
	-- not &&, for which the planner would read all that overlaps, of every key
	AND NOT isempty(standing.during * set_key_weight.during::daterange) AND standing.during <> set_key_weight.during::daterange
LIMIT 1;
INSERT INTO steering.allocation_weight (key_id, participant_id, service_id, during, weight)
VALUES ((SELECT key_id FROM steering.allocation_key
			WHERE key_id = steering.key_number(set_key_weight.key, 'fixed') AND basis = 'fixed' FOR SHARE),
	CASE WHEN set_key_weight.participant IS NOT NULL THEN steering.participant_number(set_key_weight.participant) END,
	CASE WHEN set_key_weight.service IS NOT NULL THEN steering.service_number(set_key_weight.service) END,
	set_key_weight.during::daterange, set_key_weight.weight)
ON CONFLICT ON CONSTRAINT allocation_weight_key DO UPDATE SET weight = excluded.weight
RETURNING weight;
END;

CREATE OR REPLACE FUNCTION steering.drop_key_weight(key text, during steering.day_range,
	participant text DEFAULT NULL, service text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(drop_key_weight.key),
	CASE WHEN drop_key_weight.participant IS NOT NULL THEN steering.participant_number(drop_key_weight.participant) END,
	CASE WHEN drop_key_weight.service IS NOT NULL THEN steering.service_number(drop_key_weight.service) END;
WITH gone AS (
	DELETE FROM steering.allocation_weight
	WHERE key_id = steering.key_number(drop_key_weight.key) AND allocation_weight.during = drop_key_weight.during::daterange
		AND participant_id IS NOT DISTINCT FROM
			CASE WHEN drop_key_weight.participant IS NOT NULL THEN steering.participant_number(drop_key_weight.participant) END
		AND service_id IS NOT DISTINCT FROM
			CASE WHEN drop_key_weight.service IS NOT NULL THEN steering.service_number(drop_key_weight.service) END
	RETURNING key_id
)
SELECT steering.require_found(count(*),
	concat('weight of "', coalesce(drop_key_weight.participant, drop_key_weight.service), '" in key "', drop_key_weight.key,
		'" during ', drop_key_weight.during::daterange))
FROM gone;
END;

CREATE OR REPLACE FUNCTION steering.set_allocation_rule(service text, key text, during steering.day_range, step integer,
	all_zero text DEFAULT 'error') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(set_allocation_rule.key);
SELECT steering.refuse_standing(
	concat('service "', set_allocation_rule.service, '" has an allocation rule in some of these months'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.allocation_rule AS standing
WHERE standing.service_id = (SELECT steering.service_number(set_allocation_rule.service))
	AND NOT isempty(standing.during * set_allocation_rule.during::daterange) AND standing.during <> set_allocation_rule.during::daterange
LIMIT 1;
INSERT INTO steering.allocation_rule (service_id, key_id, during, step, all_zero)
VALUES (steering.service_number(set_allocation_rule.service),
	(SELECT key_id FROM steering.allocation_key WHERE key_id = steering.key_number(set_allocation_rule.key) FOR SHARE),
	set_allocation_rule.during::daterange, set_allocation_rule.step, set_allocation_rule.all_zero)
ON CONFLICT ON CONSTRAINT allocation_rule_key DO UPDATE
	SET key_id = excluded.key_id, step = excluded.step, all_zero = excluded.all_zero
RETURNING rule_id;
END;

CREATE OR REPLACE FUNCTION steering.drop_allocation_rule(service text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(drop_allocation_rule.service);
WITH gone AS (
	DELETE FROM steering.allocation_rule
	WHERE service_id = steering.service_number(drop_allocation_rule.service)
		AND allocation_rule.during = drop_allocation_rule.during::daterange
	RETURNING rule_id
)
SELECT steering.require_found(count(*),
	concat('allocation rule of service "', drop_allocation_rule.service, '" during ', drop_allocation_rule.during::daterange))
FROM gone;
END;

CREATE OR REPLACE FUNCTION steering.set_result_share(key text, percent numeric, during steering.day_range) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_result_share.key);
INSERT INTO steering.result_share (during, key_id, percent)
VALUES (set_result_share.during::daterange, (SELECT allocation_key.key_id FROM steering.allocation_key
		WHERE allocation_key.key_id = steering.key_number(set_result_share.key) FOR SHARE), set_result_share.percent)
ON CONFLICT ON CONSTRAINT result_share_pkey DO UPDATE SET key_id = excluded.key_id, percent = excluded.percent
RETURNING percent;
END;

CREATE OR REPLACE FUNCTION steering.drop_result_share(during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
WITH gone AS (
	DELETE FROM steering.result_share WHERE result_share.during = drop_result_share.during::daterange RETURNING key_id
)
SELECT steering.require_found(count(*), concat('result share during ', drop_result_share.during::daterange)) FROM gone;
END;

CREATE OR REPLACE FUNCTION steering.set_risk(code text, name text, probability numeric, low numeric, likely numeric, high numeric,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
INSERT INTO steering.risk (code, name, probability, low, likely, high, during)
VALUES (set_risk.code, set_risk.name, set_risk.probability, set_risk.low::steering.amount,
	set_risk.likely::steering.amount, set_risk.high::steering.amount, set_risk.during::daterange)
ON CONFLICT ON CONSTRAINT risk_code_key DO UPDATE
	SET name = excluded.name, probability = excluded.probability, low = excluded.low, likely = excluded.likely,
		high = excluded.high, during = excluded.during
RETURNING risk_id;
END;

-- It calls one of them.
CREATE OR REPLACE FUNCTION steering.caps_from_agreements(period text, ladder text DEFAULT NULL, reason text DEFAULT NULL,
	accept_overrun boolean DEFAULT false)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, during daterange, amount numeric, action text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH planned AS MATERIALIZED (
	SELECT planned_cap.*
	FROM steering.planned_cap(caps_from_agreements.period)
	WHERE planned_cap.action <> 'none'
	ORDER BY planned_cap.action <> 'create', planned_cap.service, planned_cap.participant, planned_cap.during, planned_cap.metric
)
SELECT steering.set_cap(planned.service, planned.participant, planned.metric, planned.during, planned.amount,
		coalesce(caps_from_agreements.ladder, planned.ladder), caps_from_agreements.reason,
		caps_from_agreements.accept_overrun),
	planned.service, planned.participant, planned.metric, planned.during, planned.amount, planned.action
FROM planned;
END;

-- --- registers: participant, service, register

-- Tables and roles by name. A column that views read cannot take another type, so ours do without it meanwhile. The
-- number of a role that is gone becomes a text that names nobody.
CREATE OR REPLACE VIEW steering.readable_participant AS
SELECT participant.participant_id, participant.code FROM steering.participant WHERE false;
CREATE OR REPLACE VIEW steering.source_name AS
SELECT source.source_id, NULL::text COLLATE "C" AS name FROM steering.source WHERE false;
CREATE OR REPLACE VIEW steering.source_tree AS
SELECT source.source_id, 0::regclass AS relation, false AS is_in_tree, false AS is_taken_in FROM steering.source WHERE false;
CREATE OR REPLACE VIEW steering.trigger_problem AS
SELECT NULL::text AS subject, NULL::text AS problem, NULL::text AS detail, NULL::text AS hint WHERE false;
CREATE OR REPLACE VIEW steering.merge_problem AS
SELECT NULL::text AS subject, NULL::text AS problem, NULL::text AS detail, NULL::text AS hint WHERE false;
CREATE OR REPLACE VIEW steering.source_problem AS
SELECT NULL::text AS subject, NULL::text AS problem, NULL::text COLLATE "C" AS detail, NULL::text AS hint WHERE false;
ALTER TABLE steering.participant ALTER COLUMN reader TYPE steering.role_reference;
ALTER TABLE steering.source ALTER COLUMN relation TYPE steering.table_number;
ALTER TABLE steering.source_table ALTER COLUMN relation TYPE steering.table_number;
COMMENT ON COLUMN steering.participant.reader IS 'role that may read the figures of this participant and of all below it, and so may every role that has its privileges; null: none; what names no role gives nobody a right. Only who may grant SELECT on steering.cap sets it (42501)';
CREATE OR REPLACE VIEW steering.readable_participant WITH (security_barrier) AS
WITH RECURSIVE readable (participant_id, code) AS (
	SELECT participant.participant_id, participant.code
	FROM steering.participant
	WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR pg_has_role(participant.reader::oid, 'USAGE')
	UNION
	SELECT participant.participant_id, participant.code
	FROM readable JOIN steering.participant ON participant.parent = readable.code
)
SELECT readable.participant_id, readable.code FROM readable;
CREATE OR REPLACE VIEW steering.source_name AS
SELECT source.source_id, format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name
FROM steering.source
JOIN pg_catalog.pg_class ON pg_class.oid = source.relation
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
UNION ALL
SELECT missing_table.source_id, missing_table.relation COLLATE "C"
FROM steering.missing_table
WHERE missing_table.is_source;
CREATE OR REPLACE VIEW steering.source_tree AS
WITH RECURSIVE tree (source_id, relation) AS (
    SELECT source.source_id, source.relation::oid
    FROM steering.source
    WHERE EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = source.relation)
    UNION
    SELECT tree.source_id, pg_inherits.inhrelid
    FROM tree JOIN pg_catalog.pg_inherits ON pg_inherits.inhparent = tree.relation
)
SELECT coalesce(tree.source_id, source_table.source_id) AS source_id,
    coalesce(tree.relation, source_table.relation)::regclass AS relation,
    tree.relation IS NOT NULL AS is_in_tree,
    source_table.relation IS NOT NULL AS is_taken_in
FROM tree
FULL JOIN steering.source_table
    ON source_table.source_id = tree.source_id AND source_table.relation = tree.relation;
CREATE OR REPLACE VIEW steering.trigger_problem AS
SELECT source_tree.relation::text AS subject,
    CASE WHEN pg_trigger.oid IS NULL THEN 'trigger missing'
         WHEN pg_trigger.tgenabled = 'D' THEN 'trigger disabled'
         ELSE 'trigger fires for replication only' END AS problem,
    format('%s on this table is not counted, for want of trigger %I.', wanted.event, wanted.name) AS detail,
    CASE WHEN pg_trigger.oid IS NULL
         THEN format('SELECT steering.reattach(%L)', source.relation)
         ELSE format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT steering.repair()', source_tree.relation, wanted.name)
    END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_insert'), ('UPDATE', 'sp71_steering_update'),
                   ('DELETE', 'sp71_steering_delete'), ('TRUNCATE', 'sp71_steering_truncate')) AS wanted (event, name)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source_tree.relation AND pg_trigger.tgname = wanted.name
    AND pg_trigger.tgfoid = 'steering.book'::regproc
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid = 'steering.book'::regproc
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);
CREATE OR REPLACE VIEW steering.merge_problem AS
SELECT source_tree.relation::text AS subject,
	CASE WHEN pg_rewrite.oid IS NULL THEN 'rule missing'
		WHEN pg_rewrite.ev_enabled = 'D' THEN 'rule disabled'
		ELSE 'rule holds for replication only' END AS problem,
	'MERGE into this table is not refused, for want of rule sp71_steering_no_merge, and PostgreSQL does not tell triggers all it changes.' AS detail,
	CASE WHEN pg_rewrite.oid IS NULL
		THEN format('SELECT steering.reattach(%L)', source.relation)
		ELSE format('ALTER TABLE %s ENABLE RULE sp71_steering_no_merge; then SELECT steering.repair()', source_tree.relation)
	END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
JOIN pg_catalog.pg_class ON pg_class.oid = source_tree.relation AND pg_class.relkind = 'p'
LEFT JOIN pg_catalog.pg_rewrite ON pg_rewrite.ev_class = source_tree.relation AND pg_rewrite.rulename = 'sp71_steering_no_merge'
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
	AND (pg_rewrite.oid IS NULL OR pg_rewrite.ev_enabled NOT IN ('O', 'A'))
UNION ALL
SELECT pg_rewrite.ev_class::regclass::text, 'rule without source', 'It belongs to no source, and MERGE into it is refused.',
	format('attach it again, or DROP RULE sp71_steering_no_merge ON %s', pg_rewrite.ev_class::regclass)
FROM pg_catalog.pg_rewrite
WHERE pg_rewrite.rulename = 'sp71_steering_no_merge'
	AND pg_rewrite.ev_class NOT IN (SELECT source_tree.relation FROM steering.source_tree);
CREATE OR REPLACE VIEW steering.source_problem AS
SELECT source_tree.relation::text AS subject, 'not taken in' AS problem,
    format('It became a part of source %s unseen: what is written to it directly is not counted.', source.relation) AS detail,
    format('SELECT steering.reattach(%L)', source.relation) AS hint
FROM steering.source_tree JOIN steering.source ON source.source_id = source_tree.source_id
WHERE NOT source_tree.is_taken_in
UNION ALL
SELECT source_tree.relation::text, 'not let go',
    format('It ceased to be a part of source %s unseen, and is still counted.', source.relation),
    format('SELECT steering.reattach(%L)', source.relation)
FROM steering.source_tree JOIN steering.source ON source.source_id = source_tree.source_id
WHERE NOT source_tree.is_in_tree AND source_tree.relation <> source.relation
UNION ALL
SELECT source.relation::text, 'table gone', 'It was dropped unseen, and its bookings are still counted.',
    format('SELECT steering.detach(%L)', source.relation)
FROM steering.source
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = source.relation)
UNION ALL
SELECT source_tree.relation::text, 'part of another table',
    format('Statements on %s change its rows and do not fire its triggers.', pg_inherits.inhparent::regclass),
    format('SELECT steering.detach(%L); then attach the other table', source.relation)
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
JOIN pg_catalog.pg_inherits ON pg_inherits.inhrelid = source_tree.relation
WHERE source_tree.is_in_tree
    AND NOT EXISTS (SELECT FROM steering.source_tree AS parent
                    WHERE parent.source_id = source_tree.source_id AND parent.relation = pg_inherits.inhparent
                        AND parent.is_in_tree)
UNION ALL
SELECT source_tree.relation::text, 'unlogged', 'A crash would empty it, and the usage of its rows would stay.',
    format('ALTER TABLE %s SET LOGGED', source_tree.relation)
FROM steering.source_tree JOIN pg_catalog.pg_class ON pg_class.oid = source_tree.relation
WHERE pg_class.relpersistence = 'u' AND pg_class.relkind <> 'p'
UNION ALL
SELECT source_tree.relation::text, 'subscribed',
    format('What subscription %I applies to it fires no statement trigger, and is not counted.', pg_subscription.subname),
    'attach the table where it is written, or SELECT steering.repair() from time to time'
FROM steering.source_tree
JOIN pg_catalog.pg_subscription_rel ON pg_subscription_rel.srrelid = source_tree.relation
JOIN pg_catalog.pg_subscription ON pg_subscription.oid = pg_subscription_rel.srsubid
UNION ALL
SELECT source.relation::text, 'mapping invalid', mapping.problem || '.',
    format('SELECT steering.detach(%L); then attach it with a mapping that fits', source.relation)
FROM steering.source
CROSS JOIN LATERAL (SELECT steering.mapping_problem(source.relation) AS problem) AS mapping
WHERE mapping.problem IS NOT NULL
    AND EXISTS (SELECT FROM pg_catalog.pg_class WHERE pg_class.oid = source.relation)
UNION ALL
SELECT source.relation::text, 'rows ignored',
    format('Rows that count nowhere, since their service, participant or day is unknown: %s; amount %s, volume %s.',
           sum(usage_cell.bookings), sum(usage_cell.amount::numeric), sum(usage_cell.volume::numeric)),
    'correct the rows, or the registers'
FROM steering.usage_cell JOIN steering.source ON source.source_id = usage_cell.source_id
WHERE usage_cell.service_id = 0
GROUP BY source.relation
HAVING sum(usage_cell.bookings) <> 0;

-- --- caps and events: cap, event, usage, view, verify

-- The view steering.event takes the name.
ALTER TABLE steering.event RENAME TO event_log;
REVOKE ALL ON steering.event_log FROM PUBLIC;
COMMENT ON TABLE steering.event_log IS 'what happened to caps: decisions, and steps crossed by bookings; steering.event shows each role those that it may read';

-- Also bookings of sources that were restored without their table.
CREATE OR REPLACE VIEW steering.usage_by_month WITH (security_barrier) AS
SELECT service.code AS service,
	participant.code AS participant,
	usage_cell.month,
	source.stage,
	sum(usage_cell.amount::numeric) AS amount,
	sum(usage_cell.volume::numeric) AS volume,
	sum(usage_cell.bookings)::bigint AS bookings
FROM steering.usage_now AS usage_cell
LEFT JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id
LEFT JOIN steering.service ON service.service_id = usage_cell.service_id
LEFT JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
WHERE usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
	AND (source.source_id IS NULL OR service.service_id IS NULL) IS NOT TRUE
GROUP BY service.service_id, service.code, participant.participant_id, participant.code, usage_cell.month, source.stage
HAVING sum(usage_cell.bookings) <> 0;
COMMENT ON FUNCTION steering.set_cap(text, text, text, steering.day_range, numeric, text, text, boolean) IS
'creates a cap, or revises the one with the same service, participant, metric and range; returns its number. Without a ladder a new cap blocks at 100% and another keeps its own. A limit below usage is refused (23S71, 23S72) if the ladder blocks, unless accept_overrun. Other errors: 22004 null, 22023 unknown code, metric or range, more than four decimals, 22003 amount, 22P02 ladder, 40001 concurrent change. A notice says so where the range is not whole months';
COMMENT ON FUNCTION steering.check_booking(text, text, date, numeric, numeric) IS
'what a booking would do to the caps over it that the role may read, without booking: usage before and after, the threshold above which the cap blocks and the room under it (null: it never blocks), and the verdict: ok, notify, warn or block. Errors: 23S73, 23S74, and 23S71 where a cap is required and none stands, as that booking would have';

-- --- sources and what follows their ALTER and DROP: source, problem, merge_problem

-- One source that cannot be read does not keep the others from being read.
COMMENT ON FUNCTION steering.booking_scan(date, date, integer, boolean) IS
'reads the bookings from first_day until before end_day (null: without bound), of one source or of all (null), from the rows of the attached tables, as far as the role may read them; sources of which it may read nothing are not touched. A row that a mapping fails at is an error. Rows that are ignored because a key of them is unknown have service and participant 0, and no day if theirs is unusable; only who may read everything sees them. With refuse_unknown a row that its source would refuse now is an error (23S73), else it is left out';

CREATE FUNCTION steering.booking_read(first_day date, end_day date, source integer DEFAULT NULL)
RETURNS TABLE (source_id integer, service_id integer, participant_id integer, booked_on date,
    amount steering.amount, volume steering.amount, unreadable boolean)
AS 'MODULE_PATHNAME', 'steering_booking_read'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION steering.booking_read(date, date, integer) IS
'reads bookings as booking_scan() does, but one source that cannot be read does not keep the others from being read: instead of its bookings it has one row, in which only source_id is not null and unreadable is true, and there is a warning';

CREATE FUNCTION steering.unreadable_source() RETURNS TABLE (relation regclass, message text, context text)
AS 'MODULE_PATHNAME', 'steering_unreadable_source'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1;
REVOKE ALL ON FUNCTION steering.unreadable_source() FROM PUBLIC;
COMMENT ON FUNCTION steering.unreadable_source() IS
'the sources whose rows cannot be read, with the error of the first row that cannot be; reads the rows of all sources';

CREATE OR REPLACE VIEW steering.booking WITH (security_barrier) AS
SELECT source_name.name AS source,
	service.code AS service,
	participant.code AS participant,
	booked.booked_on,
	booked.amount::numeric AS amount,
	booked.volume::numeric AS volume,
	source.stage
FROM steering.booking_read(NULL, NULL) AS booked
JOIN steering.source ON source.source_id = booked.source_id
JOIN steering.source_name ON source_name.source_id = source.source_id
JOIN steering.service ON service.service_id = booked.service_id
JOIN steering.participant ON participant.participant_id = booked.participant_id
WHERE booked.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
COMMENT ON VIEW steering.booking IS 'all bookings of all sources that the role may read; reads the attached tables as a whole, but for those that have nothing for the role. A source that cannot be read is left out, with a warning';

DROP FUNCTION steering.cap_tally(integer[]);
CREATE FUNCTION steering.cap_tally(caps integer[]) RETURNS TABLE (cap_id integer, used steering.amount, estimated boolean)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off
BEGIN ATOMIC
WITH RECURSIVE wanted AS MATERIALIZED (
	SELECT cap.cap_id, cap.service_id, cap.participant_id, cap.metric = 'budget' AS of_budget,
		lower(cap.during) AS first_day, upper(cap.during) AS end_day,
		steering.month_of(lower(cap.during)) AS first_month,
		steering.month_of(steering.month_of(lower(cap.during) - 1) + 31) AS whole_from,
		steering.month_of(upper(cap.during)) AS whole_to
	FROM steering.cap
	WHERE cap.cap_id = ANY (caps)
), service_below (top, service_id, code) AS (
	SELECT service.service_id, service.service_id, service.code
	FROM steering.service
	WHERE service.service_id IN (SELECT wanted.service_id FROM wanted)
	UNION
	SELECT service_below.top, service.service_id, service.code
	FROM service_below JOIN steering.service ON service.parent = service_below.code
), participant_below (top, participant_id, code) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code
	FROM steering.participant
	WHERE participant.participant_id IN (SELECT wanted.participant_id FROM wanted)
	UNION
	SELECT participant_below.top, participant.participant_id, participant.code
	FROM participant_below JOIN steering.participant ON participant.parent = participant_below.code
), cell_usage AS MATERIALIZED (
	SELECT wanted.cap_id,
		steering.sum(CASE WHEN wanted.of_budget THEN usage_cell.amount ELSE usage_cell.volume END)
			FILTER (WHERE month >= whole_from AND month < whole_to) AS used,
		array_agg(usage_cell.source_id) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_sources,
		min(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_from,
		max(month) FILTER (WHERE NOT (month >= whole_from AND month < whole_to) AND bookings <> 0) AS partly_to
	FROM steering.usage_cell
	JOIN service_below ON service_below.service_id = usage_cell.service_id
	JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND month >= first_month AND month < end_day
	GROUP BY wanted.cap_id
), partly AS (
	SELECT source.id AS source_id, min(cell_usage.partly_from) AS first_day, max(cell_usage.partly_to) + 31 AS end_day
	FROM cell_usage CROSS JOIN LATERAL unnest(cell_usage.partly_sources) AS source (id)
	GROUP BY source.id
), row_read AS MATERIALIZED (
	SELECT booked.source_id, booked.service_id, booked.participant_id, booked.booked_on, booked.amount, booked.volume,
		booked.unreadable
	FROM partly CROSS JOIN LATERAL steering.booking_read(partly.first_day, partly.end_day, partly.source_id) AS booked
), row_usage AS (
	SELECT wanted.cap_id, steering.sum(CASE WHEN wanted.of_budget THEN booked.amount ELSE booked.volume END) AS used
	FROM row_read AS booked
	JOIN service_below ON service_below.service_id = booked.service_id
	JOIN participant_below ON participant_below.participant_id = booked.participant_id
	JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
		AND booked.booked_on >= wanted.first_day AND booked.booked_on < wanted.end_day
		AND NOT (booked.booked_on >= whole_from AND booked.booked_on < whole_to)
	GROUP BY wanted.cap_id
), month_usage AS (
	SELECT month.cap_id, steering.sum(greatest(month.used, 0::steering.amount)) AS used
	FROM (SELECT row_read.source_id FROM row_read WHERE row_read.unreadable
		  UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source) AS unread
	CROSS JOIN LATERAL (
		SELECT wanted.cap_id, steering.sum(CASE WHEN wanted.of_budget THEN usage_cell.amount ELSE usage_cell.volume END) AS used
		FROM steering.usage_cell
		JOIN service_below ON service_below.service_id = usage_cell.service_id
		JOIN participant_below ON participant_below.participant_id = usage_cell.participant_id
		JOIN wanted ON wanted.service_id = service_below.top AND wanted.participant_id = participant_below.top
			AND month >= first_month AND month < end_day AND NOT (month >= whole_from AND month < whole_to)
		WHERE usage_cell.source_id = unread.source_id
		GROUP BY wanted.cap_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month
	) AS month
	GROUP BY month.cap_id
)
SELECT wanted.cap_id,
	coalesce(cell_usage.used, 0::steering.amount) OPERATOR(steering.+) coalesce(row_usage.used, 0::steering.amount)
		OPERATOR(steering.+) coalesce(month_usage.used, 0::steering.amount),
	month_usage.cap_id IS NOT NULL
FROM wanted
LEFT JOIN cell_usage ON cell_usage.cap_id = wanted.cap_id
LEFT JOIN row_usage ON row_usage.cap_id = wanted.cap_id
LEFT JOIN month_usage ON month_usage.cap_id = wanted.cap_id;
END;
REVOKE ALL ON FUNCTION steering.cap_tally(integer[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_tally(integer[]) IS 'usage of these caps, counted anew from the months'' sums and the bookings; estimated: some of these could not be read';

CREATE OR REPLACE VIEW steering.difference AS
WITH RECURSIVE read AS MATERIALIZED (
	SELECT scan.source_id, scan.service_id, scan.participant_id, scan.booked_on,
		sum(scan.amount::numeric) AS amount, sum(scan.volume::numeric) AS volume, count(*) AS bookings, scan.unreadable
	FROM steering.booking_read(NULL, NULL) AS scan
	GROUP BY scan.source_id, scan.service_id, scan.participant_id, scan.booked_on, scan.unreadable
), booked AS MATERIALIZED (
	SELECT read.source_id, read.service_id, read.participant_id, read.booked_on, read.amount, read.volume, read.bookings,
		false AS is_month
	FROM read
	WHERE NOT read.unreadable
	UNION ALL
	SELECT stored.source_id, stored.service_id, stored.participant_id, nullif(stored.month, '-infinity'), stored.amount::numeric,
		stored.volume::numeric, stored.bookings, true
	FROM steering.usage_now AS stored
	WHERE stored.source_id IN (
		SELECT read.source_id FROM read WHERE read.unreadable
		UNION ALL SELECT missing_table.source_id FROM steering.missing_table WHERE missing_table.is_source)
), actual_cell AS (
	SELECT booked.source_id, booked.service_id, booked.participant_id,
		coalesce(steering.month_of(booked.booked_on), '-infinity') AS month,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, sum(booked.bookings) AS bookings
	FROM booked
	GROUP BY 1, 2, 3, 4
), stored_cell AS (
	SELECT usage_cell.source_id, usage_cell.service_id, usage_cell.participant_id, usage_cell.month,
		sum(usage_cell.amount::numeric) AS amount, sum(usage_cell.volume::numeric) AS volume, sum(usage_cell.bookings) AS bookings
	FROM steering.usage_now AS usage_cell
	GROUP BY 1, 2, 3, 4
), service_above (service_id, top, parent) AS (
	SELECT service.service_id, service.service_id, service.parent
	FROM steering.service
	UNION
	SELECT service_above.service_id, service.service_id, service.parent
	FROM service_above JOIN steering.service ON service.code = service_above.parent
), participant_above (participant_id, top, parent) AS (
	SELECT participant.participant_id, participant.participant_id, participant.parent
	FROM steering.participant
	UNION
	SELECT participant_above.participant_id, participant.participant_id, participant.parent
	FROM participant_above JOIN steering.participant ON participant.code = participant_above.parent
), charged AS (
	SELECT service_above.top AS service_id, participant_above.top AS participant_id, booked.booked_on,
		sum(booked.amount) AS amount, sum(booked.volume) AS volume, booked.is_month
	FROM booked
	JOIN service_above ON service_above.service_id = booked.service_id
	JOIN participant_above ON participant_above.participant_id = booked.participant_id
	GROUP BY 1, 2, 3, booked.is_month
), actual_cap AS (
	SELECT cap.cap_id,
		coalesce(sum(CASE cap.metric WHEN 'budget' THEN charged.amount ELSE charged.volume END), 0) AS used,
		bool_or(charged.is_month AND NOT (charged.booked_on >= lower(cap.during)
			AND steering.month_of(charged.booked_on + 31) <= upper(cap.during))) AS unknown
	FROM steering.cap
	LEFT JOIN charged ON charged.service_id = cap.service_id AND charged.participant_id = cap.participant_id
		AND (charged.booked_on >= lower(cap.during)
			OR charged.is_month AND steering.month_of(charged.booked_on + 31) > lower(cap.during))
		AND charged.booked_on < upper(cap.during)
	GROUP BY cap.cap_id
), stored_cap AS (
	SELECT counted.cap_id, sum(counted.used) AS used, min(counted.revision) AS revision
	FROM (SELECT cap_counter.cap_id, cap_counter.used::numeric, cap_counter.revision FROM steering.cap_counter
	      UNION ALL
	      SELECT unwritten.service_id, unwritten.amount::numeric, NULL FROM steering.unwritten_change() AS unwritten
	      WHERE unwritten.source_id = 0) AS counted
	GROUP BY counted.cap_id
)
SELECT 'cap' AS what, cap_id, NULL::integer AS source_id, cap.service_id, cap.participant_id, NULL::date AS month,
	measure.name AS measure, measure.stored, measure.actual
FROM steering.cap
FULL JOIN stored_cap USING (cap_id)
LEFT JOIN actual_cap USING (cap_id)
CROSS JOIN LATERAL (VALUES
	('used', stored_cap.used, coalesce(CASE WHEN actual_cap.unknown THEN stored_cap.used END, actual_cap.used)),
	('revision', stored_cap.revision, cap.revision)) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual
	OR (measure.name = 'used' AND measure.stored IS DISTINCT FROM measure.actual)
UNION ALL
SELECT 'source', NULL, read.source_id, NULL, NULL, NULL, 'unreadable', NULL, NULL
FROM read
WHERE read.unreadable
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;
COMMENT ON COLUMN steering.difference.what IS 'cap, usage, or source';
COMMENT ON COLUMN steering.difference.measure IS 'used, revision; amount, volume, bookings; unreadable';

CREATE OR REPLACE FUNCTION steering.verify()
RETURNS TABLE (what text, cap_id integer, source text, service text, participant text, month date, measure text,
	stored numeric, actual numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT named.*
FROM (SELECT steering.find_differences() AS list OFFSET 0) AS found
CROSS JOIN LATERAL steering.name_differences(found.list) AS named;
END;
COMMENT ON FUNCTION steering.verify() IS
'where stored usage differs from the bookings, which it counts row by row; no row is right. What: cap (used: usage; revision: does the counter belong to the cap as it is) or usage (amount, volume, bookings of a month; no service: rows that are ignored), or source (unreadable: health() says why; what is stored of it is taken as it is, and nothing is said of caps over a part of a month with bookings of it). A null under stored is a cap without counter, under actual a counter without cap. Difference is actual minus stored: what repair() adds';
COMMENT ON FUNCTION steering.repair() IS 'mends what verify() finds, with bookings going on, and returns it. What is stored of a source that cannot be read stays as it is. No cap refuses that. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE VIEW steering.reading_problem AS
SELECT unreadable.relation::text AS subject, 'rows unreadable' AS problem,
    concat_ws(' ', unreadable.message || '.', regexp_replace(unreadable.context, '\s*\n\s*', '; ', 'g') || '.') AS detail,
    'correct the row, or what the mapping calls; until then verify() and repair() leave the source alone' AS hint
FROM steering.unreadable_source() AS unreadable
WHERE steering.mapping_problem(unreadable.relation) IS NULL;
REVOKE ALL ON steering.reading_problem FROM PUBLIC;
COMMENT ON VIEW steering.reading_problem IS 'health(): sources of which a row cannot be read, though their mapping is in order';
COMMENT ON COLUMN steering.reading_problem.subject IS 'a table';
COMMENT ON COLUMN steering.reading_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.reading_problem.detail IS 'the error, and where it came about';
COMMENT ON COLUMN steering.reading_problem.hint IS 'what to do';

-- Usage cells of which nothing is left can go.
COMMENT ON FUNCTION steering.compact() IS
'makes one row again of the counters and usage cells that were divided and that nobody is changing now, and takes away cells of which nothing is left; returns how many rows went. Their room is given back by VACUUM. Error: 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- Commands that count sources anew queue up.
CREATE FUNCTION steering.order_ddl() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'steering_order_ddl'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.order_ddl() FROM PUBLIC;
COMMENT ON FUNCTION steering.order_ddl() IS
'has commands after which a source is counted anew wait for each other where that reads rows of other sources, since a cap covers a month in part: so they do not deadlock';
CREATE EVENT TRIGGER sp71_steering_order ON ddl_command_start EXECUTE FUNCTION steering.order_ddl();
COMMENT ON EVENT TRIGGER sp71_steering_order IS 'keeps commands that have sources of steering counted anew from deadlocking';

CREATE OR REPLACE VIEW steering.event_trigger_problem AS
SELECT wanted.name AS subject,
    CASE WHEN pg_event_trigger.oid IS NULL THEN 'event trigger missing'
         WHEN pg_event_trigger.evtenabled = 'D' THEN 'event trigger disabled'
         ELSE 'event trigger fires for replication only' END AS problem,
    wanted.detail,
    CASE WHEN pg_event_trigger.oid IS NULL
         THEN format('CREATE EVENT TRIGGER %I ON %s EXECUTE FUNCTION %s; then reattach every source',
                     wanted.name, wanted.event, wanted.function)
         ELSE format('ALTER EVENT TRIGGER %I ENABLE; then reattach every source', wanted.name) END AS hint
FROM (VALUES
    ('sp71_steering_follow', 'ddl_command_end', 'steering.follow_ddl()', 'Partitions that come and go are not counted.'),
    ('sp71_steering_rewrite', 'table_rewrite', 'steering.follow_rewrite()', 'Values that ALTER TABLE rewrites are not counted.'),
    ('sp71_steering_drop', 'sql_drop', 'steering.follow_drop()', 'Dropped tables stay counted.'),
    ('sp71_steering_order', 'ddl_command_start', 'steering.order_ddl()', 'Commands that count sources anew may deadlock.'),
    ('sp71_steering_detach', 'ddl_command_start', 'steering.guard_detach()', 'DETACH PARTITION CONCURRENTLY is refused when it is half done.')
) AS wanted (name, event, function, detail)
LEFT JOIN pg_catalog.pg_event_trigger ON pg_event_trigger.evtname = wanted.name
    AND pg_event_trigger.evtfoid = wanted.function::regprocedure
WHERE pg_event_trigger.oid IS NULL OR pg_event_trigger.evtenabled NOT IN ('O', 'A');
-- A trigger that was replaced is told apart from one that is missing.
CREATE OR REPLACE VIEW steering.trigger_problem AS
SELECT source_tree.relation::text AS subject,
    CASE WHEN other.oid IS NOT NULL THEN 'trigger replaced'
         WHEN pg_trigger.oid IS NULL THEN 'trigger missing'
         WHEN pg_trigger.tgenabled = 'D' THEN 'trigger disabled'
         ELSE 'trigger fires for replication only' END AS problem,
    format('%s on this table is not counted, for want of trigger %I.', wanted.event, coalesce(pg_trigger.tgname::text COLLATE "default", wanted.name)) AS detail,
    CASE WHEN other.oid IS NOT NULL
         THEN format('DROP TRIGGER %I ON %s, which calls %s; then SELECT steering.reattach(%L)', wanted.name,
                     source_tree.relation, other.tgfoid::regproc, source.relation)
         WHEN pg_trigger.oid IS NULL
         THEN format('SELECT steering.reattach(%L)', source.relation)
         ELSE format('ALTER TABLE %s ENABLE TRIGGER %I; then SELECT steering.repair()', source_tree.relation, pg_trigger.tgname::text COLLATE "default")
    END AS hint
FROM steering.source_tree
JOIN steering.source ON source.source_id = source_tree.source_id
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_insert', 4), ('UPDATE', 'sp71_steering_update', 16),
                   ('DELETE', 'sp71_steering_delete', 8), ('TRUNCATE', 'sp71_steering_truncate', 32)) AS wanted (event, name, bit)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source_tree.relation
    AND pg_trigger.tgfoid = 'steering.book'::regproc AND pg_trigger.tgtype & wanted.bit <> 0
LEFT JOIN pg_catalog.pg_trigger AS other ON other.tgrelid = source_tree.relation AND other.tgname = wanted.name
    AND other.tgfoid <> 'steering.book'::regproc AND pg_trigger.oid IS NULL
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid = 'steering.book'::regproc
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);

-- --- periods: closing, usage_between
-- A longer period can be closed over shorter ones.
ALTER TABLE steering.closing DROP CONSTRAINT closing_no_overlap,
	ADD CONSTRAINT closing_once EXCLUDE USING gist (during WITH =) WHERE (reopened_at IS NULL);
ALTER TABLE steering.closing ADD COLUMN committed_bookings numeric, ADD COLUMN committed_amount numeric,
	ADD COLUMN committed_volume numeric;
COMMENT ON COLUMN steering.closing.committed_bookings IS 'number of those that were commitments, which may still be released; null: unknown, it was closed by a version before 0.3.0';
COMMENT ON COLUMN steering.closing.committed_amount IS 'sum of the amounts of commitments; null: unknown';
COMMENT ON COLUMN steering.closing.committed_volume IS 'sum of the volumes of commitments; null: unknown';
-- Until now commitments in closed periods did not change: what they are is what they were.
UPDATE steering.closing
SET committed_bookings = committed.bookings, committed_amount = committed.amount, committed_volume = committed.volume
FROM steering.closing AS closed
CROSS JOIN LATERAL (
	SELECT coalesce(sum(usage_cell.bookings), 0) AS bookings, coalesce(sum(usage_cell.amount::numeric), 0) AS amount,
		coalesce(sum(usage_cell.volume::numeric), 0) AS volume
	FROM steering.usage_cell
	WHERE usage_cell.service_id <> 0
		AND usage_cell.month >= lower(closed.during) AND usage_cell.month < upper(closed.during)
		AND usage_cell.source_id IN (SELECT source.source_id FROM steering.source WHERE source.stage = 'commitment')) AS committed
WHERE closed.closing_id = closing.closing_id AND closing.reopened_at IS NULL;

-- Of closings by a version before 0.3.0 nobody knows what was committed: they are held against all of it.
CREATE OR REPLACE VIEW steering.closing_problem AS
SELECT format('period %s', steering.name_period(closing.during)) AS subject, 'changed after closing' AS problem,
	format('When it was closed it had %s bookings, amount %s, volume %s%s; now %s, %s, %s. A table was dropped, or repair() has mended what triggers had not seen%s.',
		   closed.bookings, closed.amount, closed.volume,
		   CASE WHEN closing.committed_bookings IS NULL THEN ', commitments included' ELSE ' without commitments' END,
		   stored.bookings, stored.amount, stored.volume,
		   CASE WHEN closing.committed_bookings IS NULL THEN ', or commitments were released' END) AS detail,
	'reopen it, see to its bookings, and close it again' AS hint
FROM steering.closing
CROSS JOIN LATERAL (
	SELECT closing.bookings - coalesce(closing.committed_bookings, 0) AS bookings,
		closing.amount - coalesce(closing.committed_amount, 0) AS amount,
		closing.volume - coalesce(closing.committed_volume, 0) AS volume) AS closed
CROSS JOIN LATERAL (
	SELECT coalesce(sum(usage_cell.bookings), 0) AS bookings, coalesce(sum(usage_cell.amount::numeric), 0) AS amount,
		coalesce(sum(usage_cell.volume::numeric), 0) AS volume
	FROM steering.usage_cell
	WHERE usage_cell.service_id <> 0
		AND usage_cell.month >= lower(closing.during) AND usage_cell.month < upper(closing.during)
		AND (closing.committed_bookings IS NULL
			OR usage_cell.source_id NOT IN (SELECT source.source_id FROM steering.source_stage AS source WHERE source.stage = 'commitment'))) AS stored
WHERE closing.reopened_at IS NULL
	AND (stored.bookings <> closed.bookings OR stored.amount <> closed.amount OR stored.volume <> closed.volume);
COMMENT ON FUNCTION steering.close_bookings(text, text) IS
'closes a period to bookings and returns the number of the closing: what changes bookings in it is refused from now on (23S74), by this transaction too, except that commitments may be released, lowered and carried to an open day. Says how many are open (a NOTICE). Waits for running bookings, and new ones wait until it is committed: what is read after it, with a new snapshot, is what the period has. Errors: those of period_range(), 55000 the period is closed already, also as a part of a longer one, or overlaps a closed one that is not a part of it';
COMMENT ON FUNCTION steering.reopen_bookings(text, text) IS
'opens a closed period to bookings again, as it was closed, and returns the number of the closing that ends. Waits for running bookings. Errors: those of period_range(), 22004 no reason, 22023 an empty one, 55000 the period is not closed, or is a part of a longer one that is, or a correction of it was settled in a period that is closed (see reopen_period()), 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

-- --- agreements, allocation and settlement: allocate, allocation, allocation_cost, agreement, settlement, settlement_line, supplier
COMMENT ON COLUMN steering.result_share.during IS 'whole months; their result is shared for each twelve of them, counted from the first (calendar years, if there is no first), and for what is left';
COMMENT ON FUNCTION steering.set_result_share(text, numeric, steering.day_range) IS
'says that the participants share this percentage of the supplier''s result, gain or loss, of these months, by this allocation key: for each twelve of them as a whole, counted from the first (calendar years, if there is no first); the one for the same months is replaced; returns the percentage. Errors: 22004 key is null, 22023 unknown key, 23502 null, 23514 not 0 to 100, not whole months, 23P01 overlap with another';
COMMENT ON COLUMN steering.settlement_line.corrects IS 'the closing that a correction is about, or that billed what this line takes back; null: another line';
COMMENT ON COLUMN steering.settlement.corrects IS 'number of the closing that a correction is about, or that billed what this line takes back; null: another line';
COMMENT ON FUNCTION steering.drop_agreement(integer, text) IS
'ends an agreement as if it had not been made: a closed period that had all of its months keeps what it came to, and what other closed periods billed for it is given back with the next settlement of its months. Error: 42704 no such agreement';
ALTER TABLE steering.settlement_correction
	ADD COLUMN reverses integer CONSTRAINT settlement_correction_reverses_key UNIQUE;
COMMENT ON TABLE steering.settlement_correction IS 'what settlements of closed periods are corrected by, written by correct_settlement(), reverse_correction() and the reopening of a period alone; rows are only added';
COMMENT ON COLUMN steering.settlement_correction.reverses IS 'the correction that it takes back; null: it takes none back';
CREATE OR REPLACE VIEW steering.correction WITH (security_barrier) AS
SELECT correction.correction_id, correction.closing_id AS corrects,
	lower(closing.during) AS valid_from, upper(closing.during) - 1 AS valid_to,
	participant.code AS participant, service.code AS service, round(correction.amount::numeric, 2) AS amount,
	correction.month AS settled_in, correction.reason, correction.recorded_at, correction.role_name, correction.reverses
FROM steering.settlement_correction AS correction
JOIN steering.closing ON closing.closing_id = correction.closing_id
JOIN steering.participant ON participant.participant_id = correction.participant_id
JOIN steering.service ON service.service_id = correction.service_id
WHERE correction.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
COMMENT ON COLUMN steering.correction.reverses IS 'number of the correction that it takes back, since the period that was corrected has been reopened, or by reverse_correction(); null: it takes none back';

ALTER TABLE steering.allocation_weight REPLICA IDENTITY FULL;

-- --- results, comparison and outlook: indicator, comparison, outlook

ALTER FUNCTION steering.outlook_error_scan(text, date, date) ROWS 84;
ALTER FUNCTION steering.outlook_error(text, date, date) ROWS 84;
COMMENT ON FUNCTION steering.outlook(date, text, text) IS
'the actual cost that the end of a period is expected to bring, from what was booked on days up to as_of and including it: one row for each service and participant that the role may read and that has a booking in the period by then, a budget, agreed cost, or bookings in the ten years before (these no more once the service or the participant has ended). period: a year, a quarter, a month or a range of whole months such as [2026-04-01,2027-04-01), of ten years at most. Null: the one around as_of that caps and agreements have which the role may read: of twelve months before others, of budget caps before volume caps and these before agreements (of which it is the year around as_of), then the one that the most have, the calendar year, the longest; and the calendar year if there is none. If that is another than the calendar year, reason says which and whose.
Earlier years are the same months of years before, ten years back at most, and only as far as they follow each other: a year in which nothing was booked on the service and participant ends them.
actual, committed: money of the period booked by then on exactly this service and participant (stage actual; stage commitment, what was released taken off). expected: by the method, what is computed rounded to cents. budget: the budget cap on exactly the two over just the period; null: none. expected_headroom: what that cap blocks at minus expected; null: no such cap, it never blocks, or expected is null. A cap holds for all below service and participant as well, and actual and expected do not: where others below were booked on, or have a budget or agreed cost, expected_headroom is null, and cap_outlook() has the outlook of the cap.
Methods. run_rate: actual / elapsed days * days of the period.
seasonal (multiplicative pickup): actual / share, where share = R / H of the earlier whole years together: H their actual cost, R that of their months that were over at as_of, plus the elapsed days'' part of the month of as_of. A year is whole if the service and participant were booked on in its first month or in the year before; and in the very first year of all bookings, if these begin in its first month, every one is. Where actual is not positive, H is not, or R is less than 1 percent of it, nothing can be said by multiplying, and it is as additive. Where there are no whole years, actual is completed by the profile of the service for all participants that the role may read, else that of everything it may read, else that of the days, as run_rate.
additive (additive pickup; Weatherford and Kimes, A comparison of forecasting methods for hotel revenue management, International Journal of Forecasting 19, 2003; with one year it is the seasonal naive method of Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.2): actual + (H - R) / number of years: what those months brought in earlier years, on average. A single year that is not whole will do. Where there is no earlier year, but a plan (budget, else agreed cost; of no others below): actual + plan * (1 - share), by the first share of the service, of everything, of the days (Bornhuetter and Ferguson, The actuary and IBNR, 1972). Where there is neither: as seasonal if actual is positive, else actual.
basis says which: own years (actual multiplied); own years, added; service years, all years, run_rate (actual multiplied); budget or agreed cost, with one of these (a part of the plan added); actual (nothing added, also once nothing can be booked any more).
committed: actual + committed + what remains of the profile when commitments are taken off: greatest(actual + committed, expected of seasonal). For commitments are a part of what is still to come, not on top of it.
Earned value (Project Management Institute, Practice Standard for Earned Value Management): eac_budget = AC + (BAC - EV), eac_cpi = BAC / CPI, eac_spi_cpi = AC + (BAC - EV) / (CPI * SPI), with CPI = EV / AC and SPI = EV / PV. BAC is budget, else the cost that was agreed for the period with exactly this participant on exactly this service (basis says which). EV = BAC * measured / target, at most BAC, of the main indicator of the service, if that is additive and higher is better. All three stand at the end of the last month of the period, not after as_of, up to which everything was measured since its first month: AC is actual cost by then, PV = BAC * share by then, the share that of seasonal where it multiplies. expected is null where BAC, a positive target or a measurement is missing, where others below service and participant were booked on (so that AC is a part of what the work cost), and for the last two also where BAC, EV or AC is not positive.
On the last day of the period each method gives actual, but for committed: what is committed then is still expected to be spent, so it gives actual + committed where that is more.
Without a method, it is the one that was least off over the earlier years, as outlook_error() says, at the end of as many months as are over at as_of (in the first month: at its end). Methods without a figure where others had one do not compete; of equal ones the first is taken of run_rate, seasonal, additive, committed, eac_budget, eac_cpi, eac_spi_cpi, and where it has no figure for a row the next best one; run_rate then has none where actual is not positive. reason says how far the method was off, and over how many years that was seen; null: it was asked for.
From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, as_of is not in the period, too long a period, those of period_range(), 22003 an amount does not fit';
COMMENT ON FUNCTION steering.outlook_error(text, date, date) IS
'how far a method (null: each of them) was off in the years of twelve months from first, the first day of a month, that end on last or before, ten at most. At the end of each of the first eleven months of a year, the outlook by what was booked on days up to then is held against the actual cost that the year became, for each service and participant that the role may read and that was booked on then or in the year before, or had a plan. Years count that follow each other up to the last one with bookings; one without bookings, and what is before it, is left out, and so is the first if it began before the first booking of all.
months: how many were over; null: all of these together. years: how many were tested. outlooks: number of comparisons; those without a figure are left out. error: the weighted absolute percentage error, 100 * sum(|expected - became|) / sum(|became|), to two decimals; bias: 100 * sum(expected - became) / sum(|became|), positive: too high. Both are null if nothing was booked. Methods compare fairly only where outlooks is equal.
Budgets, agreements, targets and measurements are those of now: of their earlier values nothing is known. Errors: 22004 null, 22023 unknown method, first is not the first day of a month, no whole year, more than ten years, 22003 an amount does not fit';
COMMENT ON FUNCTION steering.cap_outlook(date, text) IS
'what the caps in force on as_of will be used for at their end, and in which month they are reached: one row for each that the role may read. used: what was booked on days of the cap up to as_of and including it, actual and committed, with all below service and participant. expected: greatest(used, expected of its actual part), as in outlook() over the days of the cap, but that no part of a plan is added: a cap is a limit. method: run_rate, seasonal, additive or committed (as seasonal, for commitments count in any case). basis: own years (of the cap''s service and participant with all below); own years, added; service years (the service with all below, for all participants that the role may read), all years (everything that it may read; not for volumes, which have different units), run_rate, actual.
limit_month: first day of the month in which usage has reached amount, or is expected to; block_month: in which it has come above blocks_at, or is expected to, so that bookings are refused; null: not within the cap''s days. Between as_of and the end, expected minus used comes as the profile does. For caps that are not of whole months, or of more than ten years, there is no outlook. From stored usage; only if as_of is not the last day of a month are the bookings of that month read. Errors: 22004 as_of is null, 22023 unknown method, or one of earned value, 22003 an amount does not fit';
