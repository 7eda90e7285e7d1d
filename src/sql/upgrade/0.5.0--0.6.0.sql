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
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.amendment_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.carry_rule FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

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

-- A source may have order lines, or rows that release them.
ALTER TABLE steering.source ADD COLUMN reference text, ADD COLUMN releases text, ADD COLUMN final text;
COMMENT ON COLUMN steering.source.reference IS 'expression over a row: key of the order line that it is; null: none are order lines';
COMMENT ON COLUMN steering.source.releases IS 'expression over a row: key of the order line that it releases; null: none does';
COMMENT ON COLUMN steering.source.final IS 'condition over a row: whether it releases all that is left of its order line; null: none does';

-- These functions stay the ones that they are, with the privileges that they have and with whatever calls them: they only have
-- some arguments more, each with a default. DROP would be refused where a view or function calls them, and a second function
-- of the name would make it say nothing any more. What they become is taken from functions that are made for that.
CREATE FUNCTION steering.attach_longer(relation regclass, service text, participant text, booked_on text,
    amount text DEFAULT NULL, volume text DEFAULT NULL, counts_when text DEFAULT NULL,
    stage text DEFAULT 'actual', unknown text DEFAULT 'refuse', accept_overrun boolean DEFAULT false,
    reference text DEFAULT NULL, releases text DEFAULT NULL, final text DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'steering_attach'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION steering.attach_problems_longer(relation regclass, service text, participant text, booked_on text,
    amount text DEFAULT NULL, volume text DEFAULT NULL, counts_when text DEFAULT NULL,
    stage text DEFAULT 'actual', unknown text DEFAULT 'refuse', accept_overrun boolean DEFAULT false,
    reference text DEFAULT NULL, releases text DEFAULT NULL, final text DEFAULT NULL)
RETURNS TABLE (problem text, argument text, value text, "rows" bigint, first_row text, sqlstate text, detail text, hint text,
    amount numeric, used numeric, after numeric, blocks_at numeric)
AS 'MODULE_PATHNAME', 'steering_attach_problems'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
CREATE FUNCTION steering.check_booking_longer(service text, participant text, booked_on date,
	amount numeric DEFAULT 0, volume numeric DEFAULT 0, releases text DEFAULT NULL, final boolean DEFAULT false)
RETURNS TABLE (cap_id integer, service text, participant text, metric text, amount numeric, used numeric,
	after numeric, blocks_at numeric, headroom numeric, verdict text)
AS 'MODULE_PATHNAME', 'steering_check_booking'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
UPDATE pg_catalog.pg_proc AS shorter
SET pronargs = longer.pronargs, pronargdefaults = longer.pronargdefaults, proargtypes = longer.proargtypes,
	proallargtypes = longer.proallargtypes, proargmodes = longer.proargmodes, proargnames = longer.proargnames,
	proargdefaults = longer.proargdefaults
FROM pg_catalog.pg_proc AS longer
WHERE (shorter.oid, longer.oid) IN (VALUES
	('steering.attach(regclass, text, text, text, text, text, text, text, text, boolean)'::pg_catalog.regprocedure,
		'steering.attach_longer(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text)'::pg_catalog.regprocedure),
	('steering.attach_problems(regclass, text, text, text, text, text, text, text, text, boolean)',
		'steering.attach_problems_longer(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text)'),
	('steering.check_booking(text, text, date, numeric, numeric)',
		'steering.check_booking_longer(text, text, date, numeric, numeric, text, boolean)'));
DROP FUNCTION steering.attach_longer(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text);
DROP FUNCTION steering.attach_problems_longer(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text);
DROP FUNCTION steering.check_booking_longer(text, text, date, numeric, numeric, text, boolean);
COMMENT ON FUNCTION steering.attach(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text) IS
'makes a table a source of bookings: its rows count from now on, those in it included; returns the number of the source. The arguments are immutable SQL expressions over one row of the table. Only its owner may. A row that releases an order line, by the key that its reference has, takes that much off the commitment, up to what was ordered; one that is final takes all that is left. Waits for transactions that write the table. MERGE into a partitioned one is refused from then on (0A000). Errors: 42501 not the owner, 42809 not such a table, 0A000 a function merges into it, 42710 attached already, 22004 null, 22023 wrong stage or unknown, or reference, releases and final that do not go together, 23505 two order lines of one key, those of SQL for a wrong expression, those of book() for the rows in it; accept_overrun lets these exceed caps';
COMMENT ON FUNCTION steering.attach_problems(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text) IS
'the dry run of attach() with the same arguments, or for a source of another mapping: one row per kind of problem and value, those that attach() refuses first. Of a kind at most 1000 values are told apart. rows: how many of the table; first_row: names the first of them; sqlstate: of the error, null where attach() would pass; amount, used, after, blocks_at: of a cap that the caller may read. Rows with which something is wrong are not counted in caps; what rows release of order lines is taken off. Changes nothing and locks no more than reading does; what the mapping calls runs as the owner of the table. Only the owner may. Errors: 42501 not the owner, 22004 null, 22023 wrong stage or unknown';
COMMENT ON FUNCTION steering.check_booking(text, text, date, numeric, numeric, text, boolean) IS
'what a booking would do to the caps over it that the role may read, and to those over the order line that it releases, without booking: usage before and after, the threshold above which the cap blocks and the room under it (null: it never blocks), and the verdict: ok, notify, warn or block. Errors: 23S73, 23S74, and 23S71 where a cap is required and none stands, as that booking would have; 23S73 also where the order line is unknown';
COMMENT ON FUNCTION steering.check_bookings(text) IS
'what one statement that books all rows of a query would be told, without booking. The query gives service, participant, booked_on, amount, volume, the order line that the row releases and whether it is the last of it, in this order, the last four if wanted; it runs as the caller, may not write, and what it sets is undone. One row per cap over the rows that the role may read: usage before and after, threshold, room and verdict as of check_booking(), with how many rows and the first of them (none: a cap of which is only released); and one per reason for which rows would be refused: verdict refuse, SQLSTATE 23S71 (a cap is required), 23S73 or 23S74, and the message. Refusals come in the order in which the statement would meet them; no SQLSTATE at all: it would pass. Errors: 22004 null, 22023 no query that gives rows, 42804 columns that do not serve, 25006 the query writes, those of the query';
COMMENT ON FUNCTION steering.check_bookings(jsonb) IS
'the same of an array of objects with the keys service, participant, booked_on, amount, volume, releases and final. Errors: 22004 null, 22023 another key, those of a wrong date or number';

-- The table of order lines is a source that has no triggers, that nobody attaches, and whose mapping is made when it is needed.
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
CROSS JOIN (VALUES ('INSERT', 'sp71_steering_insert', 'steering.book'::regproc, 4), ('UPDATE', 'sp71_steering_update', 'steering.book', 16),
                   ('DELETE', 'sp71_steering_delete', 'steering.book', 8), ('TRUNCATE', 'sp71_steering_truncate', 'steering.book', 32),
                   ('INSERT, UPDATE or DELETE that ends before all its rows are returned', 'sp71_steering_watch', 'steering.watch', 4)
    ) AS wanted (event, name, function, bit)
LEFT JOIN pg_catalog.pg_trigger ON pg_trigger.tgrelid = source_tree.relation
    AND pg_trigger.tgfoid = wanted.function AND pg_trigger.tgtype & wanted.bit <> 0
LEFT JOIN pg_catalog.pg_trigger AS other ON other.tgrelid = source_tree.relation AND other.tgname = wanted.name
    AND other.tgfoid <> wanted.function AND pg_trigger.oid IS NULL
WHERE source_tree.is_in_tree AND source_tree.is_taken_in
    AND source_tree.relation NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass, 'steering.order_line'::regclass)
    AND (pg_trigger.oid IS NULL OR pg_trigger.tgenabled NOT IN ('O', 'A'))
UNION ALL
SELECT DISTINCT pg_trigger.tgrelid::regclass::text, 'triggers without source',
    'It has booking triggers and belongs to no source: statements on it fail.',
    'attach it again, or drop its triggers that call steering.book() and steering.watch()'
FROM pg_catalog.pg_trigger
WHERE pg_trigger.tgfoid IN ('steering.book'::regproc, 'steering.watch'::regproc)
    AND pg_trigger.tgrelid NOT IN (SELECT source_tree.relation FROM steering.source_tree);
CREATE OR REPLACE VIEW steering.mapping_problem AS
SELECT source.relation::text AS subject, 'mapping not fixed' AS problem,
	'What its expressions mean is looked up anew in each session: since pg_upgrade or a restore, or because they have no meaning any more.' AS detail,
	format('SELECT steering.fix_mappings(), and where that is not enough SELECT steering.reattach(%L)', source.relation::text) AS hint
FROM steering.source
WHERE source.relation::oid NOT IN ('steering.reservation'::regclass, 'steering.reservation_post'::regclass, 'steering.order_line'::regclass)
	AND NOT EXISTS (
	SELECT FROM steering.mapping
	WHERE mapping.source_id = source.source_id
		AND (mapping.catalog_version, mapping.system_identifier) IN (
			SELECT control.catalog_version_no, control.system_identifier FROM pg_catalog.pg_control_system() AS control))
UNION ALL
SELECT source.relation::text, 'mapping changed',
	format(CASE WHEN mapping_change.certain THEN 'It was counted by another %s than there is now, unseen.'
		ELSE 'The text of a function that it calls may name %s, which is not what it was when it was counted.' END,
		mapping_change.object),
	format('SELECT steering.reattach(%L)', source.relation::text)
FROM steering.mapping_change JOIN steering.source ON source.source_id = mapping_change.source_id;
CREATE OR REPLACE FUNCTION steering.question_of_source(was steering.source, becomes steering.source) RETURNS SETOF steering.act_question
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

-- verify() compares order lines with the rows of sources.
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
		coalesce(sum(steering.metric_part(cap.metric, charged.amount, charged.volume)), 0) AS used,
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
	      SELECT unwritten.cap_id, unwritten.used::numeric, NULL FROM steering.unwritten_counter() AS unwritten) AS counted
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
SELECT 'query', NULL, query.source_id, NULL, NULL, NULL, CASE WHEN found.differences IS NULL THEN 'unreadable' ELSE 'differences' END,
	CASE WHEN found.differences > 0 THEN 0 END, found.differences
FROM steering.query CROSS JOIN LATERAL (SELECT steering.query_differences(query.source_id)) AS found (differences)
WHERE found.differences IS DISTINCT FROM 0
UNION ALL
SELECT 'orders', NULL, min(source.source_id), NULL, NULL, NULL, 'differences', 0, count(DISTINCT order_difference.reference)
FROM steering.order_difference
LEFT JOIN steering.source ON source.relation::oid = 'steering.order_line'::regclass
HAVING count(*) > 0
UNION ALL
SELECT 'usage', NULL, source_id, service_id, participant_id, month, measure.name, measure.stored, measure.actual
FROM actual_cell
FULL JOIN stored_cell USING (source_id, service_id, participant_id, month)
CROSS JOIN LATERAL (VALUES
	('amount', coalesce(stored_cell.amount, 0), coalesce(actual_cell.amount, 0)),
	('volume', coalesce(stored_cell.volume, 0), coalesce(actual_cell.volume, 0)),
	('bookings', coalesce(stored_cell.bookings, 0), coalesce(actual_cell.bookings, 0))) AS measure (name, stored, actual)
WHERE measure.stored <> measure.actual;
COMMENT ON COLUMN steering.difference.what IS 'cap, usage, source, query, or orders';
COMMENT ON FUNCTION steering.verify() IS
'where stored usage differs from the bookings, which it counts row by row; no row is right. What: cap (used: usage; revision: does the counter belong to the cap as it is) or usage (amount, volume, bookings of a month; no service: rows that are ignored), or source (unreadable: health() says why; what is stored of it is taken as it is, and nothing is said of caps over a part of a month with bookings of it), or query (differences: rows of a booking table that are not what its query says; unreadable: it cannot be told), or orders (differences: keys of which what is ordered, invoiced or released is not what the rows of the sources say; steering.order_difference has them). A null under stored is a cap without counter, under actual a counter without cap. Difference is actual minus stored: what repair() adds';

-- Orders may stand in joins.
COMMENT ON FUNCTION steering.attach_query(text, text, text, boolean, text, regclass[], regclass[]) IS
'makes the rows of a join a source of bookings: SELECT of service, participant, booked_on, amount and volume, and where there are orders of reference, releases and final, FROM the table each row of which is a booking at most, JOIN or LEFT JOIN of others by unique keys of theirs, WHERE it counts. Makes a booking table beside the first one (name: default that of the first table and _booking), which holds what each row comes to and is the source; triggers on all tables keep it. Returns its number; where stage is a column of the query, that of actual bookings, and commitments have a table and a source of their own. headers: tables whose rows change together with rows of the first one, beyond those that it finds; promise_unique: tables that have one match at most though no unique key says so. Only the owner of the first table may, with the privilege TRIGGER on the others. Waits for transactions that write the tables. Errors: 42501 not allowed, 0A000, 42601, 42703, 42704, 42809 and 42830 what a query cannot be, 42P07 the name is taken, 22004 null, 22023 wrong stage or unknown, those of attach() for its expressions and for the bookings in it';

-- A development service has a lead.
ALTER TABLE steering.service ADD COLUMN lead text CONSTRAINT service_lead_of_development CHECK (lead IS NULL OR kind = 'development');
COMMENT ON COLUMN steering.service.lead IS 'of a development service: code of the participant that leads it, whose terms those who follow have; null: nobody does';
CREATE OR REPLACE VIEW steering.named_service WITH (security_barrier) AS
SELECT service.code,
	service.parent,
	service.name,
	service.unit,
	service.kind,
	service.lead
FROM steering.service
WHERE EXISTS (SELECT FROM steering.readable_participant);
COMMENT ON COLUMN steering.named_service.kind IS 'standard or development: what tells the rows of reports apart, joined by the code';
COMMENT ON COLUMN steering.named_service.lead IS 'of a development service: code of the participant that leads it; null: nobody does';

-- What functions require of their arguments is said in words, no more by the name of a constraint.
CREATE FUNCTION steering.require_one_of(value text, argument text, choices text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(require_one_of.value = ANY (string_to_array(require_one_of.choices, ', ')) IS NOT FALSE, '23514',
	format('%s must be one of %s: "%s"', require_one_of.argument, require_one_of.choices, require_one_of.value));
END;
REVOKE ALL ON FUNCTION steering.require_one_of(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_one_of(text, text, text) IS 'choices: words with ", " between them. Null is left to the column. Error: 23514 a value is none of them';

CREATE FUNCTION steering.require_months(during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that((extract(day FROM lower(require_months.during)) = 1 AND extract(day FROM upper(require_months.during)) = 1) IS NOT FALSE,
	'23514', format('during must be made of whole months: %s', require_months.during),
	'It begins on the first day of a month and ends before the first day of another: 2026, 2026-Q1, 2026-03 or [2026-04-01,2027-04-01).');
END;
REVOKE ALL ON FUNCTION steering.require_months(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_months(daterange) IS 'What has no first or no last day, and null, is left to the column. Error: 23514 parts of months';

-- As it was: it depends on the columns of the register that there are now.
CREATE OR REPLACE FUNCTION steering.set_service(code text, name text, parent text DEFAULT NULL, kind text DEFAULT 'standard', unit text DEFAULT NULL,
	require_cap boolean DEFAULT false, during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_one_of(set_service.kind, 'kind', 'standard, development');
INSERT INTO steering.service (code, name, parent, kind, unit, require_cap, during)
VALUES (set_service.code, set_service.name, set_service.parent, set_service.kind, set_service.unit, set_service.require_cap,
	set_service.during::daterange)
ON CONFLICT (code) DO UPDATE
	SET name = excluded.name, parent = excluded.parent, kind = excluded.kind, unit = excluded.unit, require_cap = excluded.require_cap,
		during = excluded.during
RETURNING service_id;
END;

CREATE OR REPLACE FUNCTION steering.question_of_service(was steering.service, becomes steering.service) RETURNS SETOF steering.act_question
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

CREATE OR REPLACE FUNCTION steering.question_before_service(was steering.service, becomes steering.service) RETURNS SETOF steering.act_question
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.code IS NULL THEN 'drop_service' ELSE 'set_service' END, was.code, NULL, NULL::numeric,
	CASE WHEN becomes.code IS NULL THEN jsonb_build_object('code', was.code) ELSE to_jsonb(becomes) - 'service_id' - CASE WHEN becomes.lead IS NULL THEN 'lead' ELSE '' END END
WHERE becomes.code IS NULL OR was.kind IS DISTINCT FROM becomes.kind;
END;

-- The acts that are new.
CREATE OR REPLACE VIEW steering.act WITH (security_barrier) AS
SELECT listed.act, coalesce(listed.asked_as, listed.act) AS asked_as, listed.amount
FROM (VALUES
	('set_cap', NULL, 'money by which the limit, or what its ladder lets through, goes up; of a volume cap none'),
	('drop_cap', NULL, NULL),
	('spread_cap', 'set_cap', NULL),
	('caps_from_agreements', 'set_cap', NULL),
	('grant_override', NULL, 'money that may be drawn; of a volume cap none'),
	('revoke_override', NULL, NULL),
	('amend', NULL, 'the sum of its mutations of budget caps, each without its sign'),
	('transfer', NULL, 'money that is transferred; of volume caps none'),
	('set_carry_rule', NULL, NULL),
	('drop_carry_rule', NULL, NULL),
	('carry_forward', NULL, 'the sum of what is carried, each cap''s without its sign'),
	('set_agreement', NULL, 'value over all of its months; without end where price or share have no volume or estimate'),
	('drop_agreement', NULL, NULL),
	('close_period', NULL, NULL),
	('close_bookings', 'close_period', NULL),
	('reopen_period', NULL, NULL),
	('reopen_bookings', 'reopen_period', NULL),
	('correct_settlement', NULL, 'the sum, without its sign'),
	('reverse_correction', NULL, 'the sum, without its sign'),
	('book_reserve', NULL, 'the sum, without its sign'),
	('set_explanation', NULL, NULL),
	('drop_explanation', NULL, NULL),
	('set_risk', NULL, NULL),
	('drop_risk', NULL, NULL),
	('set_cost_behaviour', NULL, NULL),
	('drop_cost_behaviour', NULL, NULL),
	('set_start_up', NULL, 'what is advanced'),
	('drop_start_up', NULL, NULL),
	('repay_start_up', NULL, 'the sum, without its sign'),
	('set_saving', NULL, NULL),
	('drop_saving', NULL, NULL),
	('record_saving', NULL, 'the sum, without its sign; what it changes of a cap is an amendment besides'),
	('set_case_line', NULL, NULL),
	('drop_case_line', NULL, NULL),
	('set_scorecard_indicator', NULL, NULL),
	('drop_scorecard_indicator', NULL, NULL),
	('set_allocation_key', NULL, NULL),
	('drop_allocation_key', NULL, NULL),
	('set_key_weight', NULL, NULL),
	('drop_key_weight', NULL, NULL),
	('set_allocation_rule', NULL, NULL),
	('drop_allocation_rule', NULL, NULL),
	('set_result_share', NULL, NULL),
	('drop_result_share', NULL, NULL),
	('set_indicator', NULL, NULL),
	('drop_indicator', NULL, NULL),
	('set_target', NULL, NULL),
	('set_measurement', NULL, NULL),
	('set_incentive', NULL, NULL),
	('drop_incentive', NULL, NULL),
	('set_participant', NULL, NULL),
	('drop_participant', NULL, NULL),
	('set_service', NULL, NULL),
	('drop_service', NULL, NULL),
	('set_arrangement', NULL, NULL),
	('drop_arrangement', NULL, NULL),
	('set_arrangement_member', NULL, NULL),
	('drop_arrangement_member', NULL, NULL),
	('change_form', NULL, 'the reserve that goes over, without its sign'),
	('set_lead', 'set_service', NULL),
	('follow', NULL, 'value over all months; without end where price or share have no volume or estimate, or the lead has not agreed on all of them yet'),
	('unfollow', NULL, NULL),
	('assign_reserve', NULL, 'the sum, without its sign'),
	('set_alias', NULL, NULL),
	('drop_alias', NULL, NULL),
	('attach', NULL, NULL),
	('reattach', 'attach', NULL),
	('detach', NULL, NULL),
	('detach_missing', 'detach', NULL),
	('set_mandate', NULL, NULL),
	('revoke_mandate', NULL, NULL),
	('consent_mandate', NULL, NULL),
	('set_deputy', NULL, NULL),
	('set_body', NULL, NULL),
	('set_body_member', NULL, NULL),
	('set_vote_days', 'set_body', NULL),
	('set_rule', NULL, NULL),
	('drop_rule', NULL, NULL),
	('iv3_load', NULL, NULL),
	('set_iv3_deliverer', NULL, NULL),
	('drop_iv3_deliverer', NULL, NULL),
	('set_iv3_mapping', NULL, NULL),
	('drop_iv3_mapping', NULL, NULL),
	('set_lawfulness_frame', NULL, NULL),
	('drop_lawfulness_frame', NULL, NULL),
	('set_lawfulness_base', NULL, NULL),
	('set_deviation', NULL, NULL),
	('drop_deviation', NULL, NULL)
) AS listed (act, asked_as, amount);

-- Where more was credited than spent, more is left than the limit: a cap gives no more than that.
CREATE OR REPLACE FUNCTION steering.carry_plan(period daterange)
RETURNS TABLE (cap_id integer, service_id integer, participant_id integer, ladder steering.ladder, amount steering.amount,
	actual steering.amount, available steering.amount, open_commitments steering.amount, carried steering.amount,
	reverted steering.amount, why text, carry_rule_id integer, is_done boolean, next_during daterange, next_cap_id integer,
	next_amount steering.amount, obstacle text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 SET jit = off
BEGIN ATOMIC
WITH standing AS MATERIALIZED (
	SELECT cap.* FROM steering.cap WHERE cap.metric = 'budget' AND cap.during = carry_plan.period
), service_above AS MATERIALIZED (
	SELECT service_below.service_id, service_below.top_id, service_below.depth FROM steering.service_below
), participant_above AS MATERIALIZED (
	SELECT participant_below.participant_id, participant_below.top_id, participant_below.depth FROM steering.participant_below
), spent AS (
	SELECT standing.cap_id,
		coalesce(sum(usage_now.amount::numeric) FILTER (WHERE source.stage = 'actual'), 0) AS actual,
		coalesce(sum(usage_now.amount::numeric) FILTER (WHERE source.stage = 'commitment'), 0) AS committed
	FROM standing
	JOIN service_above ON service_above.top_id = standing.service_id
	JOIN participant_above ON participant_above.top_id = standing.participant_id
	JOIN steering.usage_now ON usage_now.service_id = service_above.service_id AND usage_now.participant_id = participant_above.participant_id
		AND usage_now.month >= lower(carry_plan.period) AND usage_now.month < upper(carry_plan.period)
	JOIN steering.source_stage AS source ON source.source_id = usage_now.source_id
	GROUP BY standing.cap_id
), ruled AS (
	SELECT DISTINCT ON (standing.cap_id) standing.cap_id, rule.*
	FROM standing
	CROSS JOIN steering.carry_rule AS rule
	LEFT JOIN service_above ON service_above.service_id = standing.service_id AND service_above.top_id = rule.service_id
	LEFT JOIN participant_above ON participant_above.participant_id = standing.participant_id AND participant_above.top_id = rule.participant_id
	WHERE (rule.service_id IS NULL OR service_above.top_id IS NOT NULL)
		AND (rule.participant_id IS NULL OR participant_above.top_id IS NOT NULL)
	ORDER BY standing.cap_id, service_above.depth NULLS LAST, participant_above.depth NULLS LAST
), left_over AS (
	SELECT standing.*, ruled.carry_rule_id, ruled.open_commitments AS carries_committed, ruled.positive, ruled.negative,
		ruled.minimum::numeric AS minimum, coalesce(spent.actual, 0) AS actual,
		greatest(coalesce(spent.committed, 0) - coalesce(expired_by_cap.expired, 0), 0) AS committed,
		standing.amount::numeric - coalesce(spent.actual, 0) AS available
	FROM standing
	LEFT JOIN spent ON spent.cap_id = standing.cap_id
	LEFT JOIN ruled ON ruled.cap_id = standing.cap_id
	LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = standing.cap_id
), claimed AS (
	SELECT left_over.*,
		CASE WHEN left_over.available > 0 AND left_over.positive THEN least(left_over.available, left_over.amount::numeric)
			WHEN left_over.available > 0 AND left_over.carries_committed
				THEN least(left_over.committed, left_over.available, left_over.amount::numeric)
			WHEN left_over.available < 0 AND left_over.negative THEN left_over.available
			ELSE 0 END AS claim
	FROM left_over
), decided AS (
	SELECT claimed.*,
		CASE WHEN abs(claimed.claim) < claimed.minimum THEN 0 ELSE claimed.claim END AS carried,
		CASE WHEN claimed.carry_rule_id IS NULL THEN 'no rule is for it'
			WHEN claimed.available = 0 THEN 'nothing is left'
			WHEN claimed.claim <> 0 AND abs(claimed.claim) < claimed.minimum THEN 'less than the minimum'
			WHEN claimed.available < 0 THEN CASE WHEN claimed.negative THEN 'a deficit is first call' ELSE 'a deficit is not carried' END
			WHEN claimed.positive AND claimed.available > claimed.amount::numeric THEN 'no more than its limit is carried'
			WHEN claimed.positive THEN 'all that is left is carried'
			WHEN NOT claimed.carries_committed THEN 'what is left reverts'
			WHEN claimed.claim = 0 THEN 'nothing is committed'
			ELSE 'open commitments are carried' END AS why
	FROM claimed
)
SELECT decided.cap_id, decided.service_id, decided.participant_id, decided.ladder, decided.amount, decided.actual::steering.amount,
	coalesce(done.available, decided.available::steering.amount),
	coalesce(done.open_commitments, decided.committed::steering.amount),
	coalesce(done.carried, decided.carried::steering.amount),
	coalesce(done.reverted, (decided.available - decided.carried)::steering.amount),
	coalesce(done.why, decided.why), decided.carry_rule_id, done.cap_id IS NOT NULL, steering.following_period(decided.during),
	next_cap.cap_id, next_cap.amount,
	CASE WHEN done.cap_id IS NULL AND decided.carried < 0 AND next_cap.cap_id IS NULL
			THEN 'the next period has no cap that could bear its deficit'
		WHEN done.cap_id IS NULL AND next_cap.amount::numeric + decided.carried < 0
			THEN 'its deficit is more than the cap of the next period has' END
FROM decided
LEFT JOIN steering.carried_cap AS done ON done.cap_id = decided.cap_id
LEFT JOIN steering.cap AS next_cap ON next_cap.service_id = decided.service_id AND next_cap.participant_id = decided.participant_id
	AND next_cap.metric = decided.metric AND next_cap.during = steering.following_period(decided.during);
END;

-- A vote of who represents a member no more counts no more: his successor is waited for.
CREATE OR REPLACE FUNCTION steering.waiting_for(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH entry AS MATERIALIZED (
	SELECT record.decision_id, record.round, record.participant, steering.decision_day() AS day,
		steering.is_being_heard(record.decision_id, steering.decision_day()) AS is_being_heard, ruling.*
	FROM steering.decision_record AS record
	CROSS JOIN LATERAL steering.rules_of(steering.questions_of(record.decision_id), steering.decision_day()) AS ruling
	WHERE record.state = 'open'
), vote AS MATERIALIZED (
	SELECT entry.*, steering.vote_outcome(entry.decision_id, entry.round, entry.body, entry.majority, entry.day) AS outcome
	FROM entry WHERE entry.method = 'vote' AND NOT entry.is_being_heard
), wanted AS (
	SELECT entry.decision_id, entry.day, member.representative AS principal, entry.needs AS choice, member.participant, entry.participant AS about,
		0 AS turn
	FROM entry CROSS JOIN LATERAL steering.body_vote(entry.body, entry.day) AS member
	WHERE entry.is_being_heard AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = entry.decision_id AND signed.round = 0 AND signed.participant = member.participant)
	UNION ALL
	SELECT vote.decision_id, vote.day, member.representative, 'for, against or abstain', member.participant, vote.participant, vote.round
	FROM vote CROSS JOIN LATERAL steering.body_vote(vote.body, vote.day) AS member
	WHERE vote.day <= steering.vote_end(vote.decision_id, vote.round, vote.body) AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
		WHERE signed.decision_id = vote.decision_id AND signed.round = vote.round AND signed.participant = member.participant
			AND signed.signed_for = member.representative)
	UNION ALL
	SELECT vote.decision_id, vote.day, body.chair, 'for or against, as chair', NULL, vote.participant, 3
	FROM vote JOIN steering.body ON body.code = vote.body
	WHERE vote.outcome = 'chair'
	UNION ALL
	SELECT entry.decision_id, entry.day, able.principal, 'approve or reject', NULL, entry.participant, NULL
	FROM entry
	CROSS JOIN (SELECT DISTINCT mandate.functionary FROM steering.mandate) AS holder
	CROSS JOIN LATERAL steering.capacity(holder.functionary, steering.questions_of(entry.decision_id), entry.day) AS able
	WHERE entry.method <> 'vote' AND NOT entry.is_being_heard AND able.principal = holder.functionary
		AND NOT EXISTS (SELECT FROM steering.signature_record AS signed
			WHERE signed.decision_id = entry.decision_id AND signed.signed_for = able.principal)
)
SELECT wanted.decision_id, person.functionary, wanted.principal, wanted.choice, wanted.participant
FROM wanted
CROSS JOIN LATERAL (SELECT wanted.principal AS functionary
	UNION ALL SELECT deputy.deputy FROM steering.deputy WHERE deputy.functionary = wanted.principal AND deputy.during @> wanted.day) AS person
WHERE pg_has_role(session_user, waiting_for.reader, 'MEMBER')
	AND (person.functionary = waiting_for.reader OR steering.may_read_of(waiting_for.reader, wanted.about))
	AND NOT EXISTS (SELECT FROM steering.signature_record AS signed JOIN entry ON entry.decision_id = signed.decision_id
		WHERE signed.decision_id = wanted.decision_id AND signed.functionary = person.functionary
			AND (entry.method <> 'vote' OR signed.round = wanted.turn));
END;

CREATE OR REPLACE FUNCTION steering.who_may(act text, service text, participant text, amount numeric, as_of date DEFAULT NULL)
RETURNS TABLE (functionary text, path text, amount_limit numeric, year_limit numeric, method text, needs text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_acts(ARRAY[who_may.act]), steering.require_scope(who_may.service, who_may.participant),
	steering.require_that(who_may.amount IS NULL OR who_may.amount >= 0 AND who_may.amount <> 'NaN', '22023',
		format('amount must not be negative: %s', who_may.amount));
WITH ruling AS MATERIALIZED (
	SELECT ruling.*, coalesce(who_may.as_of, steering.decision_day()) AS day
	FROM steering.rule_for(who_may.act, who_may.service, who_may.participant, who_may.amount,
		coalesce(who_may.as_of, steering.decision_day())) AS ruling
), heard AS (
	SELECT CASE WHEN ruling.body IS NOT NULL AND ruling.method <> 'vote' AND (ruling.views_days > 0 OR ruling.needs = 'consent')
		THEN format('%s of the members of body "%s"%s', ruling.needs, ruling.body,
			CASE WHEN ruling.needs = 'view' THEN format(' within %s days', ruling.views_days) END) END AS needs
	FROM ruling
)
SELECT held.holder, held.path, held.amount_limit, held.year_limit, ruling.method,
	concat_ws('; ', CASE ruling.method WHEN 'dual' THEN 'a second signature' WHEN 'record' THEN 'the document of the decision' END, heard.needs)
FROM ruling CROSS JOIN heard
CROSS JOIN LATERAL steering.mandate_for(who_may.act, who_may.service, who_may.participant, ruling.day) AS held
WHERE ruling.method IS DISTINCT FROM 'vote' AND (who_may.amount IS NULL OR who_may.amount <= least(held.amount_limit, held.year_limit))
UNION ALL
SELECT vote.representative, format('%s of body "%s"', vote.participant, ruling.body), NULL, NULL, ruling.method,
	format('%s of %s votes, majority %s', trim_scale(vote.votes), trim_scale(sum(vote.votes) OVER ()), ruling.majority)
FROM ruling CROSS JOIN LATERAL steering.body_vote(ruling.body, ruling.day) AS vote
WHERE ruling.method = 'vote'
ORDER BY 3, 1, 2;
END;
COMMENT ON FUNCTION steering.who_may(text, text, text, numeric, date) IS
'who may do an act of an amount on a day (null: today), by which chain of mandates and with which limits, and what else it needs; in a vote, who votes. Without a rule (method null) whoever may EXECUTE the function may do it as well. What was decided in the year is not looked at. Errors: 22023 unknown act or code, a negative amount';

-- Whom the views of decisions and of what asks for attention show what: who reads them, and not whoever a caller names.
CREATE FUNCTION steering.authority_for(reader name)
RETURNS TABLE (functionary text, act text, service text, participant text, amount_limit numeric, year_limit numeric, path text,
	valid_from date, valid_to date, may_submandate boolean, mandate integer, document text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT standing.holder, named.act, standing.service, standing.participant, standing.amount_limit, standing.year_limit, standing.path,
	lower(mandate.during), upper(mandate.during) - 1, mandate.may_submandate, mandate.mandate_id, mandate.document
FROM steering.mandate_on(steering.decision_day()) AS standing
JOIN steering.mandate ON mandate.mandate_id = standing.mandate_id
CROSS JOIN LATERAL unnest(standing.acts) AS named (act)
WHERE pg_has_role(session_user, authority_for.reader, 'MEMBER')
	AND (standing.holder = authority_for.reader OR steering.may_read_of(authority_for.reader, standing.participant))
ORDER BY standing.holder, named.act, standing.service NULLS FIRST, standing.participant NULLS FIRST, mandate.mandate_id;
END;
REVOKE ALL ON FUNCTION steering.authority_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.authority_for(name) IS 'what steering.authority gives a role that who has logged in is, or may become';
CREATE OR REPLACE FUNCTION steering.authority_of(reader name)
RETURNS TABLE (functionary text, act text, service text, participant text, amount_limit numeric, year_limit numeric, path text,
	valid_from date, valid_to date, may_submandate boolean, mandate integer, document text)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION steering.authority_of(name) IS 'the same as authority_for(), for a role that the caller is, or may become; for others no row';
CREATE FUNCTION steering.proposal_for(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text, act text, service text, participant text,
	amount numeric, arguments jsonb, reason text, document text, method text, body text, hear_through date, proposed_by text,
	proposed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT waiting.decision, waiting.functionary, waiting.signs_for, waiting.choice, waiting.waiting_participant, entry.act, entry.service,
	entry.participant, entry.amount, entry.arguments, entry.reason, entry.document, entry.method, entry.body, entry.hear_through,
	entry.proposed_by, entry.proposed_at
FROM steering.waiting_for(proposal_for.reader) AS waiting
JOIN steering.decision_record AS entry ON entry.decision_id = waiting.decision
ORDER BY waiting.decision, waiting.functionary, waiting.signs_for;
END;
REVOKE ALL ON FUNCTION steering.proposal_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.proposal_for(name) IS 'what steering.proposal gives a role that who has logged in is, or may become';
CREATE OR REPLACE FUNCTION steering.proposal_of(reader name)
RETURNS TABLE (decision integer, functionary text, signs_for text, choice text, waiting_participant text, act text, service text, participant text,
	amount numeric, arguments jsonb, reason text, document text, method text, body text, hear_through date, proposed_by text,
	proposed_at timestamptz)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION steering.proposal_of(name) IS 'the same as proposal_for(), for a role that the caller is, or may become; for others no row';
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
CREATE OR REPLACE FUNCTION steering.health_of(reader name) RETURNS TABLE (subject text, problem text, detail text, hint text)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.health_of(name) IS 'the same as health_for(), for a role that the caller is, or may become; for others no row';

-- report() has two more arguments. It stays the same function, so that grants on it and views with it stay too: what 0.6.0 has of its
-- arguments is taken from one that is made for that.
CREATE FUNCTION steering.report_with_level(period text, participant text DEFAULT NULL, language text DEFAULT 'en',
	level text DEFAULT 'organisation', minimum numeric DEFAULT 25000) RETURNS text
AS 'MODULE_PATHNAME', 'steering_report'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;
UPDATE pg_catalog.pg_proc
SET pronargs = model.pronargs, pronargdefaults = model.pronargdefaults, proargtypes = model.proargtypes,
	proargnames = model.proargnames, proargdefaults = model.proargdefaults
FROM pg_catalog.pg_proc AS model
WHERE pg_proc.oid = 'steering.report(text, text, text)'::regprocedure
	AND model.oid = 'steering.report_with_level(text, text, text, text, numeric)'::regprocedure;
DROP FUNCTION steering.report_with_level(text, text, text, text, numeric);
COMMENT ON FUNCTION steering.report(text, text, text, text, numeric) IS
'a page of HTML on a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), of a participant and all below it, or of all (null) that the role may read: lights, caps and what is used of them, deviations and what is said of them, results, the course of the period and its outlook, participants side by side, settlement, allocation, savings, the reserve and risks, lawfulness, decisions that wait, closed periods, refusals and events, and how each figure was computed. It needs no script and loads nothing; write it to a file with psql''s \o, in UTF-8. language: en or nl. level: organisation; council (services at the top of the tree, no refusals and events); holder (services and participants that the role has a mandate for, or all that it may read if it has none). minimum: from which difference on a budget cap deviates, in money. Each figure is that of a public view or function, read as the role. Errors: 22004 null, 22P02 no period, 22023 not whole months, unknown participant, language or level, 22003 a sum does not fit';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it. Whole months of a cap come from stored usage, others from the bookings, which are read only where there are such.
CREATE FUNCTION steering.cap_stage_scan() RETURNS TABLE (cap_id integer, actual steering.amount, committed steering.amount, is_unknown boolean)
AS 'MODULE_PATHNAME', 'steering_cap_stage_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.cap_stage_scan() IS
'what is spent and what is committed under each cap that the role may read. Error: 22003 a sum does not fit';

-- What the bookings of a source are that cannot be read nobody knows: null in budget_status.
CREATE OR REPLACE VIEW steering.cap_stage AS
SELECT scan.cap_id, scan.actual::numeric AS actual, scan.committed::numeric AS committed, scan.is_unknown
FROM steering.cap_stage_scan() AS scan;
COMMENT ON VIEW steering.cap_stage IS 'what is spent and what is committed under each cap that the role may read';

-- What compares cost with results has one more column, the kind of the service. Views over it and grants on it stay, as above: the row that it
-- gives is taken from functions that are made for that.
CREATE FUNCTION steering.comparison_scan_longer(first_day date, end_day date, below boolean DEFAULT false,
	only_service integer DEFAULT NULL)
RETURNS TABLE (service text, participant text, budget steering.amount, actual steering.amount, committed steering.amount,
	headroom steering.amount, volume steering.amount, agreed_volume steering.amount, unit_cost steering.amount,
	agreed_price steering.amount, price_variance steering.amount, volume_variance steering.amount,
	total_variance steering.amount, target steering.amount, measured steering.amount, attainment numeric,
	cost_per_result steering.amount, signal text, agreed_cost steering.amount, covered steering.amount,
	covered_volume steering.amount, unit text, result_unit text, inhabitants bigint, is_group boolean,
	service_level integer, participant_level integer, service_kind text)
AS 'MODULE_PATHNAME', 'steering_comparison_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
CREATE FUNCTION steering.cost_versus_result_longer(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, service_kind text)
AS 'MODULE_PATHNAME', 'steering_comparison_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
CREATE FUNCTION steering.cost_versus_result_below_longer(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, unit text,
	result_unit text, service_level integer, participant_level integer, service_kind text)
AS 'MODULE_PATHNAME', 'steering_comparison_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
UPDATE pg_catalog.pg_proc AS shorter
SET proallargtypes = longer.proallargtypes, proargmodes = longer.proargmodes, proargnames = longer.proargnames
FROM pg_catalog.pg_proc AS longer
WHERE (shorter.oid, longer.oid) IN (VALUES
	('steering.comparison_scan(date, date, boolean, integer)'::pg_catalog.regprocedure,
		'steering.comparison_scan_longer(date, date, boolean, integer)'::pg_catalog.regprocedure),
	('steering.cost_versus_result(text)', 'steering.cost_versus_result_longer(text)'),
	('steering.cost_versus_result_below(text)', 'steering.cost_versus_result_below_longer(text)'));
DROP FUNCTION steering.comparison_scan_longer(date, date, boolean, integer);
DROP FUNCTION steering.cost_versus_result_longer(text);
DROP FUNCTION steering.cost_versus_result_below_longer(text);
COMMENT ON FUNCTION steering.comparison_scan(date, date, boolean, integer) IS
'what cost_versus_result(), cost_versus_result_below() (below) and compare_participants() (below, only_service: number of a service) show, as far as the role may read it, of the months from first_day until before end_day. What follows covered_volume, but for service_kind, is of below alone: inhabitants are those of the participant, or of a group all that are known below it; is_group: others are below it, and it has no number of its own; levels count from 0 at the top of a tree. Errors: 22004 null, 22023 not first days of months, or none between them, 22003 a sum does not fit';
CREATE OR REPLACE FUNCTION steering.cost_versus_result(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, service_kind text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.budget::numeric, scan.actual::numeric, scan.committed::numeric,
	scan.headroom::numeric, scan.volume::numeric, scan.agreed_volume::numeric, scan.unit_cost::numeric,
	scan.agreed_price::numeric, scan.price_variance::numeric, scan.volume_variance::numeric,
	scan.total_variance::numeric, scan.target::numeric, scan.measured::numeric, scan.attainment,
	scan.cost_per_result::numeric, scan.signal, scan.agreed_cost::numeric, scan.covered::numeric,
	scan.covered_volume::numeric, scan.service_kind
FROM steering.comparison_scan(lower(steering.period_range(cost_versus_result.period)),
	upper(steering.period_range(cost_versus_result.period))) AS scan;
END;
COMMENT ON FUNCTION steering.cost_versus_result(text) IS
'cost against means, agreements and results of a period (2026, 2026-Q1, 2026-03, [2026-04-01,2027-04-01)), one row per service and participant that the role may read and that has bookings, a budget, an agreement or a result in it.
actual, committed (money) and volume: what was booked on exactly this service and participant, without those below: these are in cost_versus_result_below(). unit_cost: actual / volume.
budget: the budget cap on exactly the two over the period; else the shortest one that contains the period, of two as long the one that begins first; else the sum of those within it that follow one another, from the first day on the longest. headroom: what the cap has left before it blocks; null if it is not over just the period or never blocks. A cap holds for all below as well: budget, headroom and signal include it, while actual does not.
agreed_volume, agreed_price (per unit; of several prices the mean by volume) and agreed_cost: the share of these months in what was agreed. covered, covered_volume: actual bookings under the agreement, those below included unless a nearer agreement covers them. Variances by the flexible budget, which is what the agreement says of covered_volume (Horngren, Datar, Rajan: Cost Accounting, chapters on flexible budgets): price_variance = covered - flexible budget, volume_variance = flexible budget - agreed_cost, total_variance = covered - agreed_cost, the sum of the two. The flexible budget of price_volume is price * covered_volume rounded to cents, of base_plus the base and the price of what goes beyond, of lump_sum the base. Where a price was agreed without a volume, agreed_cost is the flexible budget. Positive is dearer than agreed. Of key_share nothing is compared.
target, measured, attainment (percent): of the main indicator of the service; what is missing is null and never zero. cost_per_result: actual / measured; null where nothing was booked on the service itself, where something was booked below it for the participant (so that actual is not what the result cost), and for a level (additive = false), of which no number was made.
signal: red, amber or green, the worse of what usage of the budget and attainment say by the limits of set_signal_limit(); null if neither is known. service_kind: standard, or development (led by one participant, others follow).
Ratios are rounded to four decimals, and null by zero. From stored usage: its time does not grow with the number of bookings. Errors: 22004 null, 22P02 no period, 22023 not whole months, 22003 a sum does not fit';
CREATE OR REPLACE FUNCTION steering.cost_versus_result_below(period text)
RETURNS TABLE (service text, participant text, budget numeric, actual numeric, committed numeric, headroom numeric,
	volume numeric, agreed_volume numeric, unit_cost numeric, agreed_price numeric, price_variance numeric,
	volume_variance numeric, total_variance numeric, target numeric, measured numeric, attainment numeric,
	cost_per_result numeric, signal text, agreed_cost numeric, covered numeric, covered_volume numeric, unit text,
	result_unit text, service_level integer, participant_level integer, service_kind text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.budget::numeric, scan.actual::numeric, scan.committed::numeric,
	scan.headroom::numeric, scan.volume::numeric, scan.agreed_volume::numeric, scan.unit_cost::numeric,
	scan.agreed_price::numeric, scan.price_variance::numeric, scan.volume_variance::numeric,
	scan.total_variance::numeric, scan.target::numeric, scan.measured::numeric, scan.attainment,
	scan.cost_per_result::numeric, scan.signal, scan.agreed_cost::numeric, scan.covered::numeric,
	scan.covered_volume::numeric, scan.unit, scan.result_unit, scan.service_level, scan.participant_level,
	scan.service_kind
FROM steering.comparison_scan(lower(steering.period_range(cost_versus_result_below.period)),
	upper(steering.period_range(cost_versus_result_below.period)), true) AS scan;
END;
COMMENT ON FUNCTION steering.cost_versus_result_below(text) IS
'cost_versus_result() rolled up: one row per service and participant with all below both, as far as the role may read it. Costs, volumes, agreements and variances are sums of the rows of cost_versus_result(); unit_cost, cost_per_result and attainment are ratios of such sums; cost_per_result is null while a measurement is missing in the sum, where nothing was booked, and for a level (additive = false); the cost in it is all that is below, also of who has no result. budget and headroom are those of the cap on the two themselves, which holds for all below them. Results are those of the service''s own main indicator: summed over the participants, or if it is not additive (a level) that of the participant itself; a service without one gets the sum of the results below it, if all are additive with one unit and direction; else null. unit: what volume is counted in; null: nothing, or in several units, and then volume and unit_cost mix them. result_unit: likewise of the results. service_level, participant_level: 0 at the top of the tree. service_kind: that of the service itself; below it the other kind may be. Rows overlap: sum over one level of each only. Errors: those of cost_versus_result()';
CREATE OR REPLACE FUNCTION steering.compare_participants(period text, service text)
RETURNS TABLE (participant text, actual numeric, volume numeric, unit text, cost_per_unit numeric, inhabitants bigint,
	cost_per_inhabitant numeric, measured numeric, result_unit text, attainment numeric, cost_per_result numeric,
	rank_per_inhabitant bigint, rank_per_unit bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT scan.participant, scan.actual::numeric, scan.volume::numeric, scan.unit, scan.unit_cost::numeric, scan.inhabitants,
	round(scan.actual::numeric / nullif(scan.inhabitants, 0), 4),
	scan.measured::numeric, scan.result_unit, scan.attainment, scan.cost_per_result::numeric,
	CASE WHEN NOT scan.is_group AND scan.inhabitants <> 0 THEN
		rank() OVER (PARTITION BY scan.is_group, scan.inhabitants <> 0
			ORDER BY scan.actual::numeric / nullif(scan.inhabitants, 0)) END,
	CASE WHEN NOT scan.is_group AND scan.volume::numeric > 0 THEN
		rank() OVER (PARTITION BY scan.is_group, scan.volume::numeric > 0 ORDER BY scan.unit_cost::numeric) END
FROM steering.comparison_scan(lower(steering.period_range(compare_participants.period)),
	upper(steering.period_range(compare_participants.period)), true,
	steering.service_number(compare_participants.service)) AS scan;
END;

-- Settlements have lines of start-ups.
COMMENT ON COLUMN steering.settlement.line IS 'agreed, excess, unused, share, incentive, advance, result_share, correction, start_up: see settle()';

-- These say what is wrong with their arguments.
CREATE OR REPLACE FUNCTION steering.set_indicator(code text, service text, name text, unit text, direction text, dimension text,
	additive boolean DEFAULT true, main boolean DEFAULT false) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_one_of(set_indicator.direction, 'direction', 'higher, lower'),
	steering.require_one_of(set_indicator.dimension, 'dimension', 'outcome, legitimacy, operational capacity'),
	steering.service_number(set_indicator.service);
SELECT steering.require_that(false, '23505',
	format('service "%s" has a main indicator already: "%s"', set_indicator.service, standing.code), 'Set that one with main => false first.')
FROM steering.indicator AS standing
WHERE set_indicator.main AND standing.main AND standing.service_id = steering.service_number(set_indicator.service)
	AND standing.code <> set_indicator.code;
INSERT INTO steering.indicator (code, service_id, name, unit, direction, dimension, additive, main)
VALUES (set_indicator.code, steering.service_number(set_indicator.service), set_indicator.name, set_indicator.unit,
	set_indicator.direction, set_indicator.dimension, set_indicator.additive, set_indicator.main)
ON CONFLICT ON CONSTRAINT indicator_code_key DO UPDATE
	SET service_id = excluded.service_id, name = excluded.name, unit = excluded.unit, direction = excluded.direction,
		dimension = excluded.dimension, additive = excluded.additive, main = excluded.main
RETURNING indicator_id;
END;

CREATE OR REPLACE FUNCTION steering.set_allocation_key(code text, name text, basis text, service text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_one_of(set_allocation_key.basis, 'basis', 'inhabitants, volume, agreed, fixed');
SELECT steering.require_that((set_allocation_key.basis NOT IN ('volume', 'agreed') OR set_allocation_key.service IS NOT NULL) IS NOT FALSE, '23514',
		format('an allocation key of basis %s needs a service', set_allocation_key.basis)),
	steering.require_that((set_allocation_key.basis IN ('volume', 'agreed') OR set_allocation_key.service IS NULL) IS NOT FALSE, '23514',
		format('an allocation key of basis %s is of no service', set_allocation_key.basis));
INSERT INTO steering.allocation_key (code, name, basis, service_id)
VALUES (set_allocation_key.code, set_allocation_key.name, set_allocation_key.basis,
	CASE WHEN set_allocation_key.service IS NOT NULL THEN steering.service_number(set_allocation_key.service) END)
ON CONFLICT ON CONSTRAINT allocation_key_code_key DO UPDATE
	SET name = excluded.name, basis = excluded.basis, service_id = excluded.service_id
RETURNING key_id;
END;

CREATE OR REPLACE FUNCTION steering.set_key_weight(key text, weight numeric, during steering.day_range,
	participant text DEFAULT NULL, service text DEFAULT NULL) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(set_key_weight.key, 'fixed'),
	steering.require_that(num_nonnulls(set_key_weight.participant, set_key_weight.service) = 1, '23514',
		'a weight is of one participant or of one service'),
	steering.require_that((set_key_weight.weight >= 0 AND set_key_weight.weight < 'Infinity') IS NOT FALSE, '23514',
		format('weight must be a number that is not negative: %s', set_key_weight.weight));
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
			WHERE key_id = (SELECT steering.key_number(set_key_weight.key, 'fixed')) AND basis = 'fixed' FOR SHARE),
	CASE WHEN set_key_weight.participant IS NOT NULL THEN steering.participant_number(set_key_weight.participant) END,
	CASE WHEN set_key_weight.service IS NOT NULL THEN steering.service_number(set_key_weight.service) END,
	set_key_weight.during::daterange, set_key_weight.weight)
ON CONFLICT ON CONSTRAINT allocation_weight_key DO UPDATE SET weight = excluded.weight
RETURNING weight;
END;

CREATE OR REPLACE FUNCTION steering.set_allocation_rule(service text, key text, during steering.day_range, step integer,
	all_zero text DEFAULT 'error') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.key_number(set_allocation_rule.key), steering.require_months(set_allocation_rule.during::daterange),
	steering.require_that(set_allocation_rule.step > 0 IS NOT FALSE, '23514', format('step must be positive: %s', set_allocation_rule.step)),
	steering.require_one_of(set_allocation_rule.all_zero, 'all_zero', 'error, equal, unallocated');
SELECT steering.refuse_standing(
	concat('service "', set_allocation_rule.service, '" has an allocation rule in some of these months'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.allocation_rule AS standing
WHERE standing.service_id = (SELECT steering.service_number(set_allocation_rule.service))
	AND NOT isempty(standing.during * set_allocation_rule.during::daterange) AND standing.during <> set_allocation_rule.during::daterange
LIMIT 1;
INSERT INTO steering.allocation_rule (service_id, key_id, during, step, all_zero)
VALUES (steering.service_number(set_allocation_rule.service),
	(SELECT key_id FROM steering.allocation_key WHERE key_id = (SELECT steering.key_number(set_allocation_rule.key)) FOR SHARE),
	set_allocation_rule.during::daterange, set_allocation_rule.step, set_allocation_rule.all_zero)
ON CONFLICT ON CONSTRAINT allocation_rule_key DO UPDATE
	SET key_id = excluded.key_id, step = excluded.step, all_zero = excluded.all_zero
RETURNING rule_id;
END;

CREATE OR REPLACE FUNCTION steering.set_signal_limit(measure text, amber numeric, red numeric) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_one_of(set_signal_limit.measure, 'measure', 'budget, attainment');
SELECT steering.require_that((CASE set_signal_limit.measure
			WHEN 'budget' THEN set_signal_limit.amber::steering.amount OPERATOR(steering.<=) set_signal_limit.red::steering.amount
			WHEN 'attainment' THEN set_signal_limit.amber::steering.amount OPERATOR(steering.>=) set_signal_limit.red::steering.amount END) IS NOT FALSE, '23514',
	format('amber must come before red: %s, %s', set_signal_limit.amber, set_signal_limit.red),
	'Usage of a budget goes up to red, attainment of a target down.');
INSERT INTO steering.signal_limit (measure, amber, red)
VALUES (set_signal_limit.measure, set_signal_limit.amber, set_signal_limit.red)
ON CONFLICT ON CONSTRAINT signal_limit_pkey DO UPDATE SET amber = excluded.amber, red = excluded.red
RETURNING signal_limit.measure;
END;

CREATE OR REPLACE FUNCTION steering.set_risk(code text, name text, probability numeric, low numeric, likely numeric, high numeric,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_that((set_risk.probability BETWEEN 0 AND 1) IS NOT FALSE, '23514',
		format('probability must be between 0 and 1: %s', set_risk.probability), 'Write 50 percent as 0.50.'),
	steering.require_that((0::steering.amount OPERATOR(steering.<=) set_risk.low::steering.amount
			AND set_risk.low::steering.amount OPERATOR(steering.<=) set_risk.likely::steering.amount
			AND set_risk.likely::steering.amount OPERATOR(steering.<=) set_risk.high::steering.amount) IS NOT FALSE, '23514',
		format('low, likely and high must not be negative, and in this order: %s, %s, %s', set_risk.low, set_risk.likely, set_risk.high));
INSERT INTO steering.risk (code, name, probability, low, likely, high, during)
VALUES (set_risk.code, set_risk.name, set_risk.probability, set_risk.low::steering.amount,
	set_risk.likely::steering.amount, set_risk.high::steering.amount, set_risk.during::daterange)
ON CONFLICT ON CONSTRAINT risk_code_key DO UPDATE
	SET name = excluded.name, probability = excluded.probability, low = excluded.low, likely = excluded.likely,
		high = excluded.high, during = excluded.during
RETURNING risk_id;
END;

CREATE OR REPLACE FUNCTION steering.set_participant(code text, name text, parent text DEFAULT NULL, inhabitants integer DEFAULT NULL,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_that(set_participant.inhabitants >= 0 IS NOT FALSE, '23514', format('inhabitants must not be negative: %s', set_participant.inhabitants));
INSERT INTO steering.participant (code, name, parent, inhabitants, during)
VALUES (set_participant.code, set_participant.name, set_participant.parent, set_participant.inhabitants, set_participant.during::daterange)
ON CONFLICT (code) DO UPDATE
	SET name = excluded.name, parent = excluded.parent, inhabitants = excluded.inhabitants, during = excluded.during
RETURNING participant_id;
END;

CREATE OR REPLACE FUNCTION steering.set_alias(kind text, value text, code text, source regclass DEFAULT NULL, during steering.day_range DEFAULT '(,)')
RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(set_alias.kind IS NOT NULL, 'kind'), steering.require_given(set_alias.value IS NOT NULL, 'value'),
	steering.require_given(set_alias.code IS NOT NULL, 'code'), steering.require_days(set_alias.during::daterange),
	steering.require_one_of(set_alias.kind, 'kind', 'service, participant');
UPDATE steering.alias AS standing SET code = set_alias.code
WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
	AND standing.during = set_alias.during::daterange;
INSERT INTO steering.alias (source, kind, value, code, during)
SELECT set_alias.source, set_alias.kind, set_alias.value, set_alias.code, set_alias.during::daterange
WHERE NOT EXISTS (SELECT FROM steering.alias AS standing
	WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
		AND standing.during = set_alias.during::daterange);
SELECT standing.alias_id FROM steering.alias AS standing
WHERE standing.kind = set_alias.kind AND standing.value = set_alias.value AND standing.source::oid IS NOT DISTINCT FROM set_alias.source::oid
	AND standing.during = set_alias.during::daterange;
END;

-- What a function of the same query has made, such as an indicator whose target is set, is looked up when the statement runs. PostgreSQL
-- 18 looks up while it plans what stands in a condition by itself, and does not see it yet.
CREATE OR REPLACE FUNCTION steering.drop_allocation_key(key text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(drop_allocation_key.key);
DELETE FROM steering.allocation_key WHERE key_id = (SELECT steering.key_number(key));
DELETE FROM steering.allocation_weight
	WHERE NOT EXISTS (SELECT FROM steering.allocation_key WHERE allocation_key.key_id = allocation_weight.key_id);
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
	WHERE key_id = (SELECT steering.key_number(drop_key_weight.key)) AND allocation_weight.during = drop_key_weight.during::daterange
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
CREATE OR REPLACE FUNCTION steering.set_target(indicator text, participant text, period text, value numeric) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.indicator_number(set_target.indicator);
SELECT steering.refuse_standing(concat('indicator "', set_target.indicator, '" has a target for participant "',
		set_target.participant, '" in some of these months'),
	steering.name_period(daterange(standing.first_day, standing.end_day)))
FROM steering.target AS standing
WHERE set_target.value IS NOT NULL
	AND standing.indicator_id = (SELECT steering.indicator_number(set_target.indicator))
	AND standing.participant_id = (SELECT steering.participant_number(set_target.participant))
	AND standing.first_day < (SELECT upper(steering.period_range(set_target.period)))
	AND standing.end_day > (SELECT lower(steering.period_range(set_target.period)))
	AND daterange(standing.first_day, standing.end_day) <> (SELECT steering.period_range(set_target.period))
LIMIT 1;
WITH scope AS MATERIALIZED (
	SELECT (SELECT indicator.indicator_id FROM steering.indicator
			WHERE indicator.indicator_id = (SELECT steering.indicator_number(set_target.indicator)) FOR KEY SHARE) AS indicator_id,
		steering.participant_number(set_target.participant) AS participant_id,
		lower(steering.period_range(set_target.period)) AS first_day,
		upper(steering.period_range(set_target.period)) AS end_day
), removed AS (
	DELETE FROM steering.target USING scope
	WHERE set_target.value IS NULL
		AND target.indicator_id = scope.indicator_id AND target.participant_id = scope.participant_id
		AND target.first_day = scope.first_day AND target.end_day = scope.end_day
), stored AS (
	INSERT INTO steering.target (indicator_id, participant_id, first_day, end_day, value)
	SELECT scope.indicator_id, scope.participant_id, scope.first_day, scope.end_day, set_target.value::steering.amount
	FROM scope
	WHERE set_target.value IS NOT NULL
	ON CONFLICT ON CONSTRAINT target_pkey DO UPDATE SET value = excluded.value
	RETURNING target.value
)
SELECT stored.value::numeric FROM stored;
END;
CREATE OR REPLACE FUNCTION steering.set_measurement(indicator text, participant text, period text, value numeric) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_measurement.indicator);
SELECT steering.refuse_standing(concat('indicator "', set_measurement.indicator, '" has a measurement for participant "',
		set_measurement.participant, '" in some of these months'),
	steering.name_period(daterange(standing.first_day, standing.end_day)))
FROM steering.measurement AS standing
WHERE set_measurement.value IS NOT NULL
	AND standing.indicator_id = (SELECT steering.indicator_number(set_measurement.indicator))
	AND standing.participant_id = (SELECT steering.participant_number(set_measurement.participant))
	AND standing.first_day < (SELECT upper(steering.period_range(set_measurement.period)))
	AND standing.end_day > (SELECT lower(steering.period_range(set_measurement.period)))
	AND daterange(standing.first_day, standing.end_day) <> (SELECT steering.period_range(set_measurement.period))
LIMIT 1;
WITH scope AS MATERIALIZED (
	SELECT (SELECT indicator.indicator_id FROM steering.indicator
			WHERE indicator.indicator_id = (SELECT steering.indicator_number(set_measurement.indicator)) FOR KEY SHARE) AS indicator_id,
		steering.participant_number(set_measurement.participant) AS participant_id,
		lower(steering.period_range(set_measurement.period)) AS first_day,
		upper(steering.period_range(set_measurement.period)) AS end_day
), removed AS (
	DELETE FROM steering.measurement USING scope
	WHERE set_measurement.value IS NULL
		AND measurement.indicator_id = scope.indicator_id AND measurement.participant_id = scope.participant_id
		AND measurement.first_day = scope.first_day AND measurement.end_day = scope.end_day
), stored AS (
	INSERT INTO steering.measurement (indicator_id, participant_id, first_day, end_day, value)
	SELECT scope.indicator_id, scope.participant_id, scope.first_day, scope.end_day, set_measurement.value::steering.amount
	FROM scope
	WHERE set_measurement.value IS NOT NULL
	ON CONFLICT ON CONSTRAINT measurement_pkey DO UPDATE SET value = excluded.value
	RETURNING measurement.value
)
SELECT stored.value::numeric FROM stored;
END;
CREATE OR REPLACE FUNCTION steering.drop_incentive(indicator text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(drop_incentive.indicator);
WITH gone AS (
	DELETE FROM steering.incentive WHERE indicator_id = (SELECT steering.indicator_number(drop_incentive.indicator))
	RETURNING indicator_id
)
SELECT steering.require_found(count(*), concat('incentive of indicator "', drop_incentive.indicator, '"')) FROM gone;
END;
CREATE OR REPLACE FUNCTION steering.set_incentive(indicator text, attainment numrange[], percent numeric[]) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_incentive.indicator);
SELECT steering.refuse_bands(set_incentive.indicator, steering.band_gap(set_incentive.attainment),
	steering.band_overlap(set_incentive.attainment))
WHERE set_incentive.attainment IS NOT NULL;
SELECT steering.require_that(array_ndims(set_incentive.attainment) = 1 AND array_ndims(set_incentive.percent) = 1
			AND cardinality(set_incentive.attainment) = cardinality(set_incentive.percent), '23514',
		'attainment and percent must be arrays of one dimension, with as many bands as percentages'),
	steering.require_that(array_position(set_incentive.attainment, NULL) IS NULL
			AND array_position(set_incentive.attainment, 'empty') IS NULL, '23514',
		format('bands of indicator "%s" must not be empty', set_incentive.indicator)),
	steering.require_that(NOT EXISTS (SELECT FROM unnest(set_incentive.percent) AS given (percent)
			WHERE given.percent IS NULL OR given.percent IN ('NaN', 'Infinity', '-Infinity')), '23514',
		format('percentages of indicator "%s" must be numbers: %s', set_incentive.indicator, set_incentive.percent))
WHERE num_nulls(set_incentive.attainment, set_incentive.percent) = 0;
INSERT INTO steering.incentive (indicator_id, attainment, percent)
VALUES ((SELECT indicator.indicator_id FROM steering.indicator
		WHERE indicator.indicator_id = (SELECT steering.indicator_number(set_incentive.indicator)) FOR KEY SHARE),
	set_incentive.attainment, set_incentive.percent)
ON CONFLICT ON CONSTRAINT incentive_pkey DO UPDATE SET attainment = excluded.attainment, percent = excluded.percent
RETURNING cardinality(incentive.percent);
END;

CREATE OR REPLACE FUNCTION steering.book_reserve(booked_on date, amount numeric, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_open(daterange(book_reserve.booked_on, book_reserve.booked_on, '[]'))
WHERE book_reserve.booked_on IS NOT NULL;
SELECT steering.require_that(isfinite(book_reserve.booked_on) IS NOT FALSE, '23514', format('booked_on must be a day: %s', book_reserve.booked_on)),
	steering.require_that((book_reserve.amount::steering.amount OPERATOR(steering.<>) 0::steering.amount) IS NOT FALSE, '23514',
		'amount must not be zero'),
	steering.require_that((book_reserve.reason ~ '[^[:space:]]') IS NOT FALSE, '23514', 'reason must not be empty');
INSERT INTO steering.reserve (booked_on, amount, reason)
VALUES (book_reserve.booked_on, book_reserve.amount::steering.amount, book_reserve.reason)
RETURNING movement_id;
END;

CREATE OR REPLACE FUNCTION steering.set_result_share(key text, percent numeric, during steering.day_range) RETURNS numeric
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(set_result_share.key), steering.require_months(set_result_share.during::daterange),
	steering.require_that((set_result_share.percent BETWEEN 0 AND 100) IS NOT FALSE, '23514',
		format('percent must be between 0 and 100: %s', set_result_share.percent));
INSERT INTO steering.result_share (during, key_id, percent)
VALUES (set_result_share.during::daterange, (SELECT allocation_key.key_id FROM steering.allocation_key
		WHERE allocation_key.key_id = (SELECT steering.key_number(set_result_share.key)) FOR SHARE), set_result_share.percent)
ON CONFLICT ON CONSTRAINT result_share_pkey DO UPDATE SET key_id = excluded.key_id, percent = excluded.percent
RETURNING percent;
END;

-- A few caps are quicker to show than all.

CREATE OR REPLACE VIEW steering.cap_status WITH (security_barrier) AS
SELECT cap.cap_id,
	service.code AS service,
	participant.code AS participant,
	cap.metric,
	lower(cap.during) AS valid_from,
	upper(cap.during) - 1 AS valid_to,
	cap.amount::numeric AS amount,
	counter.used::numeric - coalesce(expired_by_cap.expired, 0) AS used,
	round(100 * (counter.used::numeric - coalesce(expired_by_cap.expired, 0)) / nullif(cap.amount::numeric, 0), 2) AS used_percent,
	steering.blocks_at(cap.ladder, cap.amount)::numeric AS blocks_at,
	steering.blocks_at(cap.ladder, cap.amount)::numeric - counter.used::numeric + coalesce(expired_by_cap.expired, 0) AS headroom,
	CASE WHEN expired_by_cap.expired IS NULL THEN steering.step_at(cap.ladder, cap.amount, counter.used)
		ELSE steering.step_at(cap.ladder, cap.amount, (counter.used::numeric - expired_by_cap.expired)::steering.amount) END AS step,
	cap.ladder::text AS ladder,
	coalesce(override_by_cap.room, 0) AS override_room
FROM steering.cap
JOIN steering.service ON service.service_id = cap.service_id
JOIN steering.participant ON participant.participant_id = cap.participant_id
LEFT JOIN steering.cap_counter AS first_stripe ON first_stripe.cap_id = cap.cap_id AND first_stripe.stripe = 0
LEFT JOIN (
	SELECT counted.cap_id, sum(counted.used::numeric) AS used
	FROM (SELECT cap_counter.cap_id, cap_counter.used FROM steering.cap_counter WHERE cap_counter.stripe <> 0
		UNION ALL
		SELECT unwritten.cap_id, unwritten.used FROM steering.unwritten_counter() AS unwritten) AS counted
	GROUP BY counted.cap_id
) AS other_stripe ON other_stripe.cap_id = cap.cap_id
CROSS JOIN LATERAL (
	SELECT CASE WHEN other_stripe.cap_id IS NULL THEN first_stripe.used
		ELSE (coalesce(first_stripe.used::numeric, 0) + other_stripe.used)::steering.amount END AS used) AS counter
LEFT JOIN steering.override_by_cap ON override_by_cap.cap_id = cap.cap_id
LEFT JOIN steering.expired_by_cap ON expired_by_cap.cap_id = cap.cap_id
WHERE cap.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);

-- On a page of a few participants only what was decided about their caps is put in order.

CREATE OR REPLACE VIEW steering.cap_change AS
SELECT event.event_id, event.cap_id, event.recorded_at, event.service, event.participant, event.participant_id, event.metric, event.during,
	CASE WHEN record.kind = 'carry_forward' THEN CASE WHEN record.during = event.during THEN 'carried out' ELSE 'carried in' END
		WHEN record.kind IS NOT NULL THEN record.kind
		WHEN event.place = 1 THEN 'primitive'
		WHEN event.kind = 'dropped' THEN 'dropped'
		ELSE 'revision' END AS kind,
	event.amount - event.before AS mutation, event.amount, record.amendment_id, record.number, event.reason, record.document, event.role_name
FROM (
	SELECT recorded.*, coalesce(lag(recorded.amount) OVER of_cap, 0) AS before, row_number() OVER of_cap AS place
	FROM (
		SELECT event_log.event_id, event_log.cap_id, event_log.recorded_at, event_log.kind, event_log.service, event_log.participant,
			event_log.participant_id, event_log.metric, event_log.during, event_log.reason, event_log.role_name,
			CASE event_log.kind WHEN 'dropped' THEN 0 ELSE event_log.amount::numeric END AS amount
		FROM steering.event_log
		WHERE event_log.kind IN ('created', 'revised', 'dropped') AND steering.is_wanted(event_log.participant_id)
	) AS recorded
	WINDOW of_cap AS (PARTITION BY recorded.cap_id ORDER BY recorded.event_id)
) AS event
LEFT JOIN steering.amendment_line AS line ON line.event_id = event.event_id
LEFT JOIN steering.amendment_record AS record ON record.amendment_id = line.amendment_id;

-- What was booked is added up by numbers before it is by codes.

CREATE OR REPLACE FUNCTION steering.allocated_cost(period text, method text DEFAULT 'step_down')
RETURNS TABLE (service text, participant text, direct numeric, allocated numeric, cost numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH allocation AS MATERIALIZED (
	SELECT * FROM steering.allocate_costs(allocated_cost.period, allocated_cost.method)
), bearing AS (
	SELECT allocation.receiving_service AS service, allocation.receiving_participant AS participant,
		0.0000 AS direct, allocation.amount AS allocated
	FROM allocation
	WHERE allocation.receiving_service IS NULL
		OR allocation.receiving_service NOT IN (SELECT allocation.service FROM allocation)
	UNION ALL
	SELECT service.code, NULL, booked.actual, 0.0000
	FROM (
		SELECT usage.service_id, sum(usage.actual::numeric) AS actual
		FROM steering.period_range(allocated_cost.period) AS during
		CROSS JOIN LATERAL steering.usage_between(lower(during), upper(during)) AS usage
		WHERE usage.actual OPERATOR(steering.<>) 0::steering.amount
		GROUP BY usage.service_id
	) AS booked
	JOIN steering.service ON service.service_id = booked.service_id
	WHERE service.code NOT IN (SELECT allocation.service FROM allocation)
)
SELECT bearing.service, bearing.participant, sum(bearing.direct),
	CASE WHEN bool_and(bearing.allocated IS NOT NULL) THEN sum(bearing.allocated) END,
	CASE WHEN bool_and(bearing.allocated IS NOT NULL) THEN sum(bearing.direct + bearing.allocated) END
FROM bearing
GROUP BY bearing.service, bearing.participant
ORDER BY bearing.service COLLATE "C" NULLS LAST, bearing.participant COLLATE "C" NULLS LAST;
END;

-- Events of caps are grouped at once, where all were read for each cap that stands at a step.

CREATE OR REPLACE VIEW steering.cap_alert AS
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
