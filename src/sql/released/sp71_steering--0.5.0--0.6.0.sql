\echo Use "ALTER EXTENSION sp71_steering UPDATE" to load this file. \quit
-- Order lines: what is ordered under a key, what is invoiced, and what of the order that releases.

-- A source of commitments like reservations: its rows count for what was released, with its sign turned, on the place of the
-- order, so that the order and this row together are what is still open. Written by the statement that orders or invoices,
-- with its bookings. It has no triggers: who writes it books as well.
CREATE TABLE steering.order_line (
	reference text COLLATE "C" CONSTRAINT order_line_pkey PRIMARY KEY,
	source_id integer,
	service text,
	participant text,
	booked_on date,
	orders bigint NOT NULL,
	ordered_amount steering.amount NOT NULL,
	ordered_volume steering.amount NOT NULL,
	invoices bigint NOT NULL,
	invoiced_amount steering.amount NOT NULL,
	invoiced_volume steering.amount NOT NULL,
	finals bigint NOT NULL,
	amount steering.amount NOT NULL,
	volume steering.amount NOT NULL,
	is_released boolean NOT NULL
) WITH (fillfactor = 70);
REVOKE ALL ON steering.order_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.order_line', '');
COMMENT ON TABLE steering.order_line IS 'order lines, and what is released of them; written with the bookings of sources that say reference or releases, and by repair()';
COMMENT ON COLUMN steering.order_line.reference IS 'key of the order line, one for all sources';
COMMENT ON COLUMN steering.order_line.source_id IS 'the source of the order; null: there is none, or not any more';
COMMENT ON COLUMN steering.order_line.service IS 'code of the service that was ordered';
COMMENT ON COLUMN steering.order_line.participant IS 'code of the participant who ordered';
COMMENT ON COLUMN steering.order_line.booked_on IS 'the day of the order, which decides which caps apply';
COMMENT ON COLUMN steering.order_line.orders IS 'rows that count and have this key as their reference';
COMMENT ON COLUMN steering.order_line.ordered_amount IS 'money that they come to';
COMMENT ON COLUMN steering.order_line.ordered_volume IS 'units of the service that they come to';
COMMENT ON COLUMN steering.order_line.invoices IS 'rows that count and release this key';
COMMENT ON COLUMN steering.order_line.invoiced_amount IS 'money that they come to';
COMMENT ON COLUMN steering.order_line.invoiced_volume IS 'units of the service that they come to';
COMMENT ON COLUMN steering.order_line.finals IS 'how many of these release all that is left';
COMMENT ON COLUMN steering.order_line.amount IS 'what is released of the money that was ordered, with its sign turned: what the row counts for';
COMMENT ON COLUMN steering.order_line.volume IS 'the same of the units';
COMMENT ON COLUMN steering.order_line.is_released IS 'whether anything is: then the row counts';

CREATE FUNCTION steering.order_scan() RETURNS TABLE (reference text, is_order boolean, source_id integer, service_id integer,
	participant_id integer, booked_on date, amount steering.amount, volume steering.amount, is_final boolean)
AS 'MODULE_PATHNAME', 'steering_order_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.order_scan() FROM PUBLIC;
COMMENT ON FUNCTION steering.order_scan() IS 'reads the rows of all sources that are order lines or release one; a source that cannot be read is a row of nulls, with a warning';

CREATE FUNCTION steering.released_part(ordered numeric, invoiced numeric, is_final boolean) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN released_part.is_final THEN released_part.ordered
	WHEN released_part.ordered >= 0 THEN greatest(0, least(released_part.invoiced, released_part.ordered))
	ELSE least(0, greatest(released_part.invoiced, released_part.ordered)) END;
END;
REVOKE ALL ON FUNCTION steering.released_part(numeric, numeric, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.released_part(numeric, numeric, boolean) IS 'what of an order is released by what was invoiced: that, but no more than was ordered; all of it where an invoice was the last';

-- Where a source cannot be read, or was restored without its table, nothing can be told.
CREATE VIEW steering.order_difference AS
WITH scan AS MATERIALIZED (
	SELECT * FROM steering.order_scan()
)
SELECT counted.reference, counted.is_order, counted.source_id, counted.service, counted.participant, counted.booked_on,
	sum(counted.rows)::bigint AS "rows", sum(counted.amount) AS amount, sum(counted.volume) AS volume,
	sum(counted.finals)::bigint AS finals
FROM (
	SELECT scan.reference, true AS is_order, scan.source_id, service.code AS service, participant.code AS participant,
		scan.booked_on, 1 AS "rows", scan.amount::numeric AS amount, scan.volume::numeric AS volume, 0 AS finals
	FROM scan
	JOIN steering.service ON service.service_id = scan.service_id
	JOIN steering.participant ON participant.participant_id = scan.participant_id
	WHERE scan.is_order
	UNION ALL
	SELECT scan.reference, false, NULL, NULL, NULL, NULL, 1, scan.amount::numeric, scan.volume::numeric, scan.is_final::integer
	FROM scan
	WHERE NOT scan.is_order
	UNION ALL
	SELECT order_line.reference, true, order_line.source_id, order_line.service, order_line.participant, order_line.booked_on,
		-order_line.orders, -order_line.ordered_amount::numeric, -order_line.ordered_volume::numeric, 0
	FROM steering.order_line
	WHERE order_line.orders > 0
	UNION ALL
	SELECT order_line.reference, false, NULL, NULL, NULL, NULL, -order_line.invoices, -order_line.invoiced_amount::numeric,
		-order_line.invoiced_volume::numeric, -order_line.finals
	FROM steering.order_line) AS counted
WHERE NOT EXISTS (SELECT FROM scan WHERE scan.reference IS NULL)
	AND NOT EXISTS (SELECT FROM steering.missing_table WHERE missing_table.is_source
		AND (missing_table.entry ->> 'reference' IS NOT NULL OR missing_table.entry ->> 'releases' IS NOT NULL))
GROUP BY counted.reference, counted.is_order, counted.source_id, counted.service, counted.participant, counted.booked_on
HAVING sum(counted.rows) <> 0 OR sum(counted.amount) <> 0 OR sum(counted.volume) <> 0 OR sum(counted.finals) <> 0
UNION ALL
SELECT order_line.reference, false, NULL, NULL, NULL, NULL, 0, 0, 0, 0
FROM steering.order_line
WHERE order_line.amount::numeric
		<> -steering.released_part(order_line.ordered_amount::numeric, order_line.invoiced_amount::numeric, order_line.finals > 0)
	OR order_line.volume::numeric
		<> -steering.released_part(order_line.ordered_volume::numeric, order_line.invoiced_volume::numeric, order_line.finals > 0)
	OR order_line.is_released <> (order_line.amount::numeric <> 0 OR order_line.volume::numeric <> 0);
REVOKE ALL ON steering.order_difference FROM PUBLIC;
COMMENT ON VIEW steering.order_difference IS 'what the rows of sources say of order lines and steering.order_line does not: what is missing there, in rows, amount, volume and final rows; with zeros where only what is released is wrong';
COMMENT ON COLUMN steering.order_difference.reference IS 'key of the order line';
COMMENT ON COLUMN steering.order_difference.is_order IS 'whether it is of what is ordered; false: of what is invoiced';
COMMENT ON COLUMN steering.order_difference.source_id IS 'the source of the order';
COMMENT ON COLUMN steering.order_difference.service IS 'code of the service that was ordered';
COMMENT ON COLUMN steering.order_difference.participant IS 'code of the participant who ordered';
COMMENT ON COLUMN steering.order_difference.booked_on IS 'the day of the order';
COMMENT ON COLUMN steering.order_difference."rows" IS 'how many rows are missing';
COMMENT ON COLUMN steering.order_difference.amount IS 'money that is';
COMMENT ON COLUMN steering.order_difference.volume IS 'units of the service that are';
COMMENT ON COLUMN steering.order_difference.finals IS 'rows that release all that is left, and are missing';
-- wanted.sql
-- What a page is about, for views and functions that it reads.

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.is_wanted(participant_id integer) RETURNS boolean
AS 'MODULE_PATHNAME', 'steering_is_wanted'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION steering.is_wanted(integer) IS 'whether rows of a participant are wanted: all are, but while report() makes a page of some of them only these, and those of no participant (null)';
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
-- outlook_by_method.sql
-- The outlook of several methods side by side, from one reading: a band, and how far it was off before.

-- PUBLIC may execute it because a function of ours does, in the name of whoever calls it.
CREATE FUNCTION steering.outlook_by_method_scan(as_of date, period text)
RETURNS TABLE (service text, participant text, advised_method text, advised steering.amount, advised_error steering.amount,
	advised_years integer, run_rate steering.amount, seasonal steering.amount, additive steering.amount, committed steering.amount)
AS 'MODULE_PATHNAME', 'steering_outlook_by_method_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.outlook_by_method_scan(date, text) IS
'what outlook_by_method() shows, as far as the role may read it. Errors: those of outlook()';

-- Not STRICT, and without settings of its own, so that the planner inlines it.
CREATE FUNCTION steering.outlook_by_method(as_of date, period text DEFAULT NULL)
RETURNS TABLE (service text, participant text, advised_method text, advised numeric, advised_error numeric, advised_years integer,
	run_rate numeric, seasonal numeric, additive numeric, committed numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.advised_method, scan.advised::numeric, round(scan.advised_error::numeric, 2), scan.advised_years,
	scan.run_rate::numeric, scan.seasonal::numeric, scan.additive::numeric, scan.committed::numeric
FROM steering.outlook_by_method_scan(outlook_by_method.as_of, outlook_by_method.period) AS scan;
END;
COMMENT ON FUNCTION steering.outlook_by_method(date, text) IS
'what outlook() expects of a period by each method that needs no results, and by the one that it advises, side by side and from one reading: a row for each row of outlook(as_of, NULL, period). advised_method, advised: as there. run_rate, seasonal, additive, committed: expected by that method. advised_error: how far the advised method was off in earlier years, in percent, at the end of as many months as are known now, as in outlook_error(); advised_years: over how many years that was seen; null: it was not. Errors: those of outlook()';
-- usage_of_services.sql
-- What was spent on each service in each month, by all participants together.

-- PUBLIC may execute it because pages of ours do, in the name of whoever asks for them.
CREATE FUNCTION steering.usage_of_services(first_month date, end_month date)
RETURNS TABLE (service text, month date, actual numeric)
AS 'MODULE_PATHNAME', 'steering_usage_of_services'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.usage_of_services(date, date) IS
'what usage_by_month has of stage actual in the months from first_month until before end_month (first days of months), of all participants that the role may read together: the amount per service and month with bookings. From stored usage in one pass, so its time does not grow with the number of bookings';
-- compare_services.sql
-- Participants side by side, on each service at the top of the tree, from one reading.

-- Not STRICT, and without settings of its own, so that the planner inlines it.
CREATE FUNCTION steering.compare_services(period text)
RETURNS TABLE (service text, participant text, actual numeric, inhabitants bigint, cost_per_inhabitant numeric, rank_per_inhabitant bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT scan.service, scan.participant, scan.actual::numeric, scan.inhabitants,
	round(scan.actual::numeric / nullif(scan.inhabitants, 0), 4),
	CASE WHEN NOT scan.is_group AND scan.inhabitants <> 0 THEN
		rank() OVER (PARTITION BY scan.service, scan.is_group, scan.inhabitants <> 0
			ORDER BY scan.actual::numeric / nullif(scan.inhabitants, 0)) END
FROM steering.comparison_scan(lower(steering.period_range(compare_services.period)),
	upper(steering.period_range(compare_services.period)), true) AS scan
WHERE scan.service_level = 0;
END;
COMMENT ON FUNCTION steering.compare_services(text) IS
'the cost per inhabitant that compare_participants() has, of each service at the top of the tree at once: a row per service and participant, with all below both, that the role may read and that has anything to show. rank_per_inhabitant: of each service, 1 is the cheapest of the participants that the role may read; null: no inhabitants, or a group without a number of its own. Errors: those of cost_versus_result()';
-- arrangement.sql
-- Arrangements: in which legal form participants work together, who takes part in which role, and when. Several stand beside each
-- other. Bookings, caps and agreements are of services and participants and know nothing of them; reports ask.

CREATE TABLE steering.arrangement (
	arrangement_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT arrangement_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT arrangement_code_key UNIQUE CONSTRAINT arrangement_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	form text NOT NULL CONSTRAINT arrangement_form_known CHECK (form IN ('joint body', 'host', 'cooperative', 'contract')),
	during daterange NOT NULL CONSTRAINT arrangement_during_not_empty CHECK (NOT isempty(during))
		CONSTRAINT arrangement_whole_months CHECK (coalesce(extract(day FROM lower(during)) = 1, lower_inf(during))
			AND coalesce(extract(day FROM upper(during)) = 1, upper_inf(during))),
	participant_id integer,
	CONSTRAINT arrangement_host_fits_form CHECK (CASE form WHEN 'host' THEN participant_id IS NOT NULL WHEN 'contract' THEN true
		ELSE participant_id IS NULL END)
);
REVOKE ALL ON steering.arrangement FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.arrangement', '');
SELECT pg_catalog.pg_extension_config_dump('steering.arrangement_arrangement_id_seq', '');
COMMENT ON TABLE steering.arrangement IS 'forms in which participants work together, written by set_arrangement(), drop_arrangement() and change_form() alone';
COMMENT ON COLUMN steering.arrangement.arrangement_id IS 'number of the arrangement';
COMMENT ON COLUMN steering.arrangement.code IS 'what people call the arrangement by; it never changes';
COMMENT ON COLUMN steering.arrangement.name IS 'name for people';
COMMENT ON COLUMN steering.arrangement.form IS 'joint body: a body of all of them; host: one works for all; cooperative; contract: one serves others, who decide nothing';
COMMENT ON COLUMN steering.arrangement.during IS 'the whole months in which it stands';
COMMENT ON COLUMN steering.arrangement.participant_id IS 'the host, or of a contract who serves; null: none';

CREATE TABLE steering.arrangement_member (
	arrangement_id integer NOT NULL,
	participant_id integer NOT NULL,
	role text NOT NULL CONSTRAINT arrangement_member_role_known CHECK (role IN ('member', 'host', 'partner', 'customer')),
	during daterange NOT NULL CONSTRAINT arrangement_member_during_not_empty CHECK (NOT isempty(during))
		CONSTRAINT arrangement_member_whole_months CHECK (coalesce(extract(day FROM lower(during)) = 1, lower_inf(during))
			AND coalesce(extract(day FROM upper(during)) = 1, upper_inf(during))),
	CONSTRAINT arrangement_member_pkey PRIMARY KEY (arrangement_id, participant_id, during),
	CONSTRAINT arrangement_member_no_overlap EXCLUDE USING gist (int4range(arrangement_id, arrangement_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.arrangement_member FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.arrangement_member', '');
COMMENT ON TABLE steering.arrangement_member IS 'who takes part in arrangements, written by set_arrangement_member(), drop_arrangement_member() and change_form() alone; each in one role at a time';
COMMENT ON COLUMN steering.arrangement_member.arrangement_id IS 'the arrangement';
COMMENT ON COLUMN steering.arrangement_member.participant_id IS 'who takes part, with all below it';
COMMENT ON COLUMN steering.arrangement_member.role IS 'member of a joint body, a cooperative or a contract; host; partner of a host; customer, who is no partner';
COMMENT ON COLUMN steering.arrangement_member.during IS 'the whole months in which it does so';

CREATE TABLE steering.arrangement_reserve (
	movement_id integer CONSTRAINT arrangement_reserve_pkey PRIMARY KEY,
	arrangement_id integer NOT NULL
);
REVOKE ALL ON steering.arrangement_reserve FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.arrangement_reserve', '');
COMMENT ON TABLE steering.arrangement_reserve IS 'which movements of the supplier''s reserve are of an arrangement, written by assign_reserve() alone; the others are of the supplier as a whole';
COMMENT ON COLUMN steering.arrangement_reserve.movement_id IS 'the movement in steering.reserve';
COMMENT ON COLUMN steering.arrangement_reserve.arrangement_id IS 'whose it is';

-- By codes: the row comes first, and what it brings about is a part of it.
CREATE TABLE steering.form_change (
	change_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT form_change_pkey PRIMARY KEY,
	arrangement text NOT NULL CONSTRAINT form_change_once UNIQUE,
	successor text NOT NULL CONSTRAINT form_change_successor_key UNIQUE,
	changed_on date NOT NULL,
	reserve steering.amount NOT NULL,
	reason text NOT NULL CONSTRAINT form_change_reason_not_empty CHECK (reason ~ '[^[:space:]]'),
	document text,
	decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.form_change FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.form_change', '');
SELECT pg_catalog.pg_extension_config_dump('steering.form_change_change_id_seq', '');
COMMENT ON TABLE steering.form_change IS 'arrangements that went on in another form, written by change_form() alone';
COMMENT ON COLUMN steering.form_change.change_id IS 'number of the change';
COMMENT ON COLUMN steering.form_change.arrangement IS 'code of the arrangement that ended';
COMMENT ON COLUMN steering.form_change.successor IS 'code of the one that began';
COMMENT ON COLUMN steering.form_change.changed_on IS 'its first day';
COMMENT ON COLUMN steering.form_change.reserve IS 'reserve that went from the one to the other: what it takes there it gives here';
COMMENT ON COLUMN steering.form_change.reason IS 'why';
COMMENT ON COLUMN steering.form_change.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.form_change.decided_at IS 'when';
COMMENT ON COLUMN steering.form_change.role_name IS 'who had logged in';

CREATE FUNCTION steering.arrangement_number(code text) RETURNS integer
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(arrangement_number.code IS NOT NULL, 'arrangement'),
	steering.require_that(arrangement_number.code IS NULL
		OR EXISTS (SELECT FROM steering.arrangement WHERE arrangement.code = arrangement_number.code), '22023',
		format('arrangement "%s" is unknown', arrangement_number.code));
SELECT arrangement.arrangement_id FROM steering.arrangement WHERE arrangement.code = arrangement_number.code;
END;
REVOKE ALL ON FUNCTION steering.arrangement_number(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_number(text) IS 'number of the arrangement with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.arrangement_code(arrangement_id integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT arrangement.code FROM steering.arrangement WHERE arrangement.arrangement_id = arrangement_code.arrangement_id;
END;
REVOKE ALL ON FUNCTION steering.arrangement_code(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_code(integer) IS 'code of an arrangement; null: there is none';

-- What members may be follows from the form.
CREATE FUNCTION steering.require_members(arrangement_id integer) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(entry.during @> member.during, '23514',
		format('participant "%s" takes part in arrangement "%s" on days on which that does not stand', participant.code, entry.code),
		format('It stands during %s, and %s takes part during %s.', entry.during, participant.code, member.during)),
	steering.require_that(member.role = ANY (CASE entry.form WHEN 'host' THEN ARRAY['host', 'partner', 'customer']
			WHEN 'contract' THEN ARRAY['member', 'host', 'customer'] ELSE ARRAY['member', 'customer'] END), '23514',
		format('an arrangement of form "%s" has no %s: "%s"', entry.form, member.role, participant.code)),
	steering.require_that((member.role = 'host') = (member.participant_id IS NOT DISTINCT FROM entry.participant_id), '23514',
		format(CASE member.role WHEN 'host' THEN 'participant "%s" is not the host of arrangement "%s"'
			ELSE 'participant "%s" is the host of arrangement "%s", and takes part as nothing else' END, participant.code, entry.code))
FROM steering.arrangement_member AS member
JOIN steering.arrangement AS entry ON entry.arrangement_id = member.arrangement_id
JOIN steering.participant ON participant.participant_id = member.participant_id
WHERE member.arrangement_id = require_members.arrangement_id
ORDER BY participant.code COLLATE "C", member.during;
END;
REVOKE ALL ON FUNCTION steering.require_members(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_members(integer) IS
'Error: 23514 who takes part in an arrangement does so on days outside of it, in a role that its form does not have, or as a host that it does not have';

CREATE FUNCTION steering.require_text(value text, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_text.value IS NOT NULL, require_text.argument),
	steering.require_that(require_text.value ~ '[^[:space:]]', '22023', format('%s must not be empty', require_text.argument));
END;
REVOKE ALL ON FUNCTION steering.require_text(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_text(text, text) IS 'Errors: 22004 null, 22023 empty';

CREATE FUNCTION steering.require_near(day date, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(coalesce(NOT isfinite(require_near.day) OR require_near.day BETWEEN '0001-01-01' AND '9999-12-31', true), '22023',
	format('%s must be a day of a year from 1 to 9999: %s', require_near.argument, require_near.day));
END;
REVOKE ALL ON FUNCTION steering.require_near(date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_near(date, text) IS 'Error: 22023 a day so far away that it cannot be computed with';

CREATE FUNCTION steering.require_finite(during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_days(require_finite.during);
SELECT steering.require_that(coalesce(isfinite(lower(require_finite.during)), true) AND coalesce(isfinite(upper(require_finite.during)), true), '22023',
	format('during must begin and end with a day, or be open: %s', require_finite.during));
END;
REVOKE ALL ON FUNCTION steering.require_finite(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_finite(daterange) IS 'Errors: 22004 null, 22023 empty, or infinite where it should be open';

CREATE FUNCTION steering.require_form(form text, host text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_form.form IS NOT NULL, 'form'),
	steering.require_one_of(require_form.form, 'form', 'joint body, host, cooperative, contract'),
	steering.require_that(require_form.form <> 'host' OR require_form.host IS NOT NULL, '23514', 'an arrangement of form "host" needs a host'),
	steering.require_that(require_form.form IN ('host', 'contract') OR require_form.host IS NULL, '23514',
		format('an arrangement of form "%s" has no %s: "%s"', require_form.form, 'host', require_form.host));
END;
REVOKE ALL ON FUNCTION steering.require_form(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_form(text, text) IS 'Errors: 22004 null, 23514 unknown, a host that it does not have or has not got';

CREATE FUNCTION steering.set_arrangement(code text, name text, form text, during steering.day_range, host text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_text(set_arrangement.code, 'code'), steering.require_text(set_arrangement.name, 'name'),
	steering.require_form(set_arrangement.form, set_arrangement.host), steering.require_finite(set_arrangement.during::daterange),
	steering.require_months(set_arrangement.during::daterange);
INSERT INTO steering.arrangement (code, name, form, during, participant_id)
VALUES (set_arrangement.code, set_arrangement.name, set_arrangement.form, set_arrangement.during::daterange,
	CASE WHEN set_arrangement.host IS NOT NULL THEN steering.participant_number(set_arrangement.host) END)
ON CONFLICT ON CONSTRAINT arrangement_code_key DO UPDATE
	SET name = excluded.name, form = excluded.form, during = excluded.during, participant_id = excluded.participant_id;
SELECT steering.require_members(steering.arrangement_number(set_arrangement.code));
SELECT steering.arrangement_number(set_arrangement.code);
END;
REVOKE ALL ON FUNCTION steering.set_arrangement(text, text, text, steering.day_range, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_arrangement(text, text, text, steering.day_range, text) IS
'makes an arrangement, or changes the one with this code; returns its number. form: joint body, host (with a host), cooperative, contract (which may have a host: who serves). Errors: 22004 null, 22023 unknown host, an empty text or range, 23514 unknown form, a host that the form does not have or has not got, parts of months, members that it does not fit';

CREATE FUNCTION steering.drop_arrangement(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(drop_arrangement.code);
DELETE FROM steering.arrangement WHERE arrangement.code = drop_arrangement.code;
SELECT steering.require_that(NOT EXISTS (
		SELECT FROM (SELECT member.arrangement_id FROM steering.arrangement_member AS member
			UNION ALL SELECT held.arrangement_id FROM steering.arrangement_reserve AS held) AS used
		WHERE used.arrangement_id NOT IN (SELECT arrangement.arrangement_id FROM steering.arrangement)), '23503',
	format('arrangement "%s" has members, or a reserve', drop_arrangement.code), 'Give it a range of days that ends, instead of dropping it.');
END;
REVOKE ALL ON FUNCTION steering.drop_arrangement(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_arrangement(text) IS
'takes back an arrangement that nobody takes part in and that has no reserve. One that ends has a range of days that does. Errors: 22004 null, 22023 unknown, 23503 it has members or a reserve';

-- The arrangement is locked against whoever would change it.
CREATE FUNCTION steering.set_arrangement_member(arrangement text, participant text, role text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(set_arrangement_member.arrangement), steering.participant_number(set_arrangement_member.participant),
	steering.require_given(set_arrangement_member.role IS NOT NULL, 'role'),
	steering.require_one_of(set_arrangement_member.role, 'role', 'member, host, partner, customer'),
	steering.require_finite(set_arrangement_member.during::daterange), steering.require_months(set_arrangement_member.during::daterange);
SELECT steering.refuse_standing(concat('participant "', set_arrangement_member.participant, '" takes part in arrangement "',
		set_arrangement_member.arrangement, '" in some of these months'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.arrangement_member AS standing
WHERE standing.arrangement_id = (SELECT steering.arrangement_number(set_arrangement_member.arrangement))
	AND standing.participant_id = steering.participant_number(set_arrangement_member.participant)
	AND standing.during && set_arrangement_member.during::daterange AND standing.during <> set_arrangement_member.during::daterange
LIMIT 1;
INSERT INTO steering.arrangement_member (arrangement_id, participant_id, role, during)
VALUES ((SELECT entry.arrangement_id FROM steering.arrangement AS entry WHERE entry.code = set_arrangement_member.arrangement FOR SHARE),
	steering.participant_number(set_arrangement_member.participant), set_arrangement_member.role, set_arrangement_member.during::daterange)
ON CONFLICT ON CONSTRAINT arrangement_member_pkey DO UPDATE SET role = excluded.role;
SELECT steering.require_members(steering.arrangement_number(set_arrangement_member.arrangement));
END;
REVOKE ALL ON FUNCTION steering.set_arrangement_member(text, text, text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_arrangement_member(text, text, text, steering.day_range) IS
'says that a participant, with all below it, takes part in an arrangement in these whole months; who did so in just these gets another role. role: member, host, partner (of a host) or customer, who is no partner. Errors: 22004 null, 22023 unknown code, empty range, 23514 unknown role, one that the form does not have, another host, parts of months, days on which the arrangement does not stand, 23P01 it takes part in some of these months already';

CREATE FUNCTION steering.drop_arrangement_member(arrangement text, participant text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(drop_arrangement_member.arrangement), steering.participant_number(drop_arrangement_member.participant),
	steering.require_given(drop_arrangement_member.during IS NOT NULL, 'during');
WITH gone AS (
	DELETE FROM steering.arrangement_member AS member
	WHERE member.arrangement_id = (SELECT steering.arrangement_number(drop_arrangement_member.arrangement))
		AND member.participant_id = steering.participant_number(drop_arrangement_member.participant)
		AND member.during = drop_arrangement_member.during::daterange
	RETURNING member.arrangement_id
)
SELECT steering.require_found(count(*), concat('part of "', drop_arrangement_member.participant, '" in arrangement "',
	drop_arrangement_member.arrangement, '" during ', drop_arrangement_member.during::daterange))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_arrangement_member(text, text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_arrangement_member(text, text, steering.day_range) IS
'takes back that a participant takes part in an arrangement in just these months. Errors: 22004 null, 22023 unknown code, 42704 it does not';

CREATE FUNCTION steering.assign_reserve(movement integer, arrangement text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(assign_reserve.arrangement);
SELECT steering.require_found(count(*), concat('movement ', coalesce(assign_reserve.movement::text, 'null'), ' of the reserve'))
FROM steering.reserve WHERE reserve.movement_id = assign_reserve.movement;
INSERT INTO steering.arrangement_reserve (movement_id, arrangement_id)
VALUES (assign_reserve.movement,
	(SELECT entry.arrangement_id FROM steering.arrangement AS entry WHERE entry.code = assign_reserve.arrangement FOR SHARE))
ON CONFLICT ON CONSTRAINT arrangement_reserve_pkey DO UPDATE SET arrangement_id = excluded.arrangement_id;
END;
REVOKE ALL ON FUNCTION steering.assign_reserve(integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.assign_reserve(integer, text) IS
'says that a movement of the supplier''s reserve is of an arrangement: see arrangement_health(). Errors: 22004 arrangement is null, 22023 unknown arrangement, 42704 no such movement';

CREATE FUNCTION steering.question_of_arrangement_reserve(was steering.arrangement_reserve, becomes steering.arrangement_reserve) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'assign_reserve', NULL, NULL, abs(reserve.amount::numeric),
	jsonb_build_object('movement', line.movement_id, 'arrangement', steering.arrangement_code(becomes.arrangement_id))
FROM (SELECT coalesce(becomes.movement_id, was.movement_id) AS movement_id) AS line
JOIN steering.reserve ON reserve.movement_id = line.movement_id
WHERE was.arrangement_id IS DISTINCT FROM becomes.arrangement_id;
END;
REVOKE ALL ON FUNCTION steering.question_of_arrangement_reserve(steering.arrangement_reserve, steering.arrangement_reserve) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_arrangement_reserve(steering.arrangement_reserve, steering.arrangement_reserve) IS 'assign_reserve: the sum, without its sign';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.arrangement_reserve
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_arrangement_reserve');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.arrangement_reserve FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

-- A change of form is asked about as a whole.
CREATE FUNCTION steering.question_of_arrangement(was steering.arrangement, becomes steering.arrangement) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT question.act, question.service, question.participant, question.amount, question.arguments
FROM steering.plain_question(to_jsonb(was), to_jsonb(becomes), 'set_arrangement', 'drop_arrangement') AS question
WHERE NOT EXISTS (SELECT FROM steering.form_change AS change
	WHERE change.decided_at >= now() AND CASE WHEN was.code IS NULL THEN change.successor = becomes.code AND lower(becomes.during) = change.changed_on
		ELSE change.arrangement = was.code AND to_jsonb(was) - 'during' = to_jsonb(becomes) - 'during'
			AND becomes.during = was.during * daterange(NULL, change.changed_on) END);
END;
REVOKE ALL ON FUNCTION steering.question_of_arrangement(steering.arrangement, steering.arrangement) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_arrangement(steering.arrangement, steering.arrangement) IS 'set_arrangement, drop_arrangement; nothing of what a change of form ends and begins';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.arrangement
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_arrangement');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.arrangement FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.question_of_arrangement_member(was steering.arrangement_member, becomes steering.arrangement_member) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.arrangement_id IS NULL THEN 'drop_arrangement_member' ELSE 'set_arrangement_member' END,
	NULL, steering.participant_code(line.participant_id), NULL::numeric,
	jsonb_build_object('arrangement', steering.arrangement_code(line.arrangement_id), 'role', line.role, 'during', line.during::text)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.arrangement_id IS NOT NULL AND to_jsonb(was) IS DISTINCT FROM to_jsonb(becomes)
	AND NOT EXISTS (SELECT FROM steering.form_change AS change
		WHERE change.decided_at >= now()
			AND CASE WHEN was.arrangement_id IS NULL THEN change.successor = steering.arrangement_code(becomes.arrangement_id)
					AND lower(becomes.during) >= change.changed_on AND EXISTS (SELECT FROM steering.arrangement_member AS before
						WHERE before.arrangement_id = steering.arrangement_number(change.arrangement) AND before.participant_id = becomes.participant_id
							AND before.during @> becomes.during)
				WHEN becomes.arrangement_id IS NULL THEN change.arrangement = steering.arrangement_code(was.arrangement_id)
					AND lower(was.during) >= change.changed_on
				ELSE change.arrangement = steering.arrangement_code(was.arrangement_id) AND was.role = becomes.role
					AND becomes.during = was.during * daterange(NULL, change.changed_on) END)
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_arrangement_member(steering.arrangement_member, steering.arrangement_member) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_arrangement_member(steering.arrangement_member, steering.arrangement_member) IS 'set_arrangement_member, drop_arrangement_member; nothing of who goes on in another form';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.arrangement_member
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_arrangement_member');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.arrangement_member FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.arrangement_reserve_before(arrangement text, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(moved.amount), 0)
FROM (
	SELECT reserve.amount::numeric AS amount
	FROM steering.arrangement_reserve AS held
	JOIN steering.reserve ON reserve.movement_id = held.movement_id
	WHERE steering.arrangement_code(held.arrangement_id) = arrangement_reserve_before.arrangement AND reserve.booked_on < arrangement_reserve_before.day
	UNION ALL
	SELECT CASE arrangement_reserve_before.arrangement WHEN change.successor THEN change.reserve::numeric ELSE - change.reserve::numeric END
	FROM steering.form_change AS change
	WHERE arrangement_reserve_before.arrangement IN (change.arrangement, change.successor) AND change.changed_on < arrangement_reserve_before.day
) AS moved;
END;
REVOKE ALL ON FUNCTION steering.arrangement_reserve_before(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_reserve_before(text, date) IS 'what an arrangement has of the reserve before a day: movements that are its own, and what came and went with changes of form';

CREATE VIEW steering.arrangement_part WITH (security_barrier) AS
SELECT entry.code AS arrangement,
	entry.name,
	entry.form,
	host.code AS host,
	participant.code AS participant,
	member.code AS member,
	taking.role,
	lower(taking.during) AS valid_from,
	upper(taking.during) - 1 AS valid_to
FROM steering.arrangement_member AS taking
JOIN steering.arrangement AS entry ON entry.arrangement_id = taking.arrangement_id
JOIN steering.participant AS member ON member.participant_id = taking.participant_id
JOIN steering.participant_below AS below ON below.top_id = taking.participant_id
JOIN steering.participant ON participant.participant_id = below.participant_id
LEFT JOIN steering.participant AS host ON host.participant_id = entry.participant_id
WHERE below.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.arrangement_part TO PUBLIC;
COMMENT ON VIEW steering.arrangement_part IS 'who takes part in arrangements, each participant with all below it, as far as the role may read them: what reports are joined with to ask for one arrangement';
COMMENT ON COLUMN steering.arrangement_part.arrangement IS 'code of the arrangement';
COMMENT ON COLUMN steering.arrangement_part.name IS 'its name';
COMMENT ON COLUMN steering.arrangement_part.form IS 'joint body, host, cooperative, contract';
COMMENT ON COLUMN steering.arrangement_part.host IS 'code of its host; null: it has none';
COMMENT ON COLUMN steering.arrangement_part.participant IS 'code of a participant that takes part itself, or in a group that does';
COMMENT ON COLUMN steering.arrangement_part.member IS 'code of who takes part: the participant, or the group';
COMMENT ON COLUMN steering.arrangement_part.role IS 'member, host, partner, customer';
COMMENT ON COLUMN steering.arrangement_part.valid_from IS 'first day; null: none';
COMMENT ON COLUMN steering.arrangement_part.valid_to IS 'last day; null: none';
-- arrangement_report.sql
-- Reports, settlement and the supplier's health of one arrangement: those of its participants, in the months in which they take part.

-- A participant may take part itself and in a group: each of its months counts once.
CREATE FUNCTION steering.arrangement_span(arrangement text, period daterange)
RETURNS TABLE (participant_id integer, during daterange)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
SELECT span.participant_id, part.during
FROM (
	SELECT below.participant_id, range_agg(taking.during * arrangement_span.period) AS months
	FROM steering.arrangement_member AS taking
	JOIN steering.participant_below AS below ON below.top_id = taking.participant_id
	WHERE taking.arrangement_id = steering.arrangement_number(arrangement_span.arrangement) AND taking.during && arrangement_span.period
	GROUP BY below.participant_id
) AS span
CROSS JOIN LATERAL unnest(span.months) AS part (during);
END;
REVOKE ALL ON FUNCTION steering.arrangement_span(text, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_span(text, daterange) IS
'who takes part in an arrangement, itself or in a group, in which months of a period. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.arrangement_report(arrangement text, period text)
RETURNS TABLE (valid_from date, valid_to date, service text, participant text, budget numeric, actual numeric, committed numeric,
	volume numeric, agreed_cost numeric, total_variance numeric, target numeric, measured numeric, attainment numeric, signal text,
	service_kind text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.arrangement_number(arrangement_report.arrangement);
WITH span AS MATERIALIZED (
	SELECT span.during, participant.code
	FROM steering.arrangement_span(arrangement_report.arrangement, steering.period_range(arrangement_report.period)) AS span
	JOIN steering.participant ON participant.participant_id = span.participant_id
)
SELECT lower(days.during), upper(days.during) - 1, report.service, report.participant, report.budget, report.actual, report.committed,
	report.volume, report.agreed_cost, report.total_variance, report.target, report.measured, report.attainment, report.signal,
	report.service_kind
FROM (SELECT DISTINCT span.during FROM span) AS days
CROSS JOIN LATERAL steering.cost_versus_result(format('[%s,%s)', to_char(lower(days.during)::timestamp, 'YYYY-MM-DD'),
	to_char(upper(days.during)::timestamp, 'YYYY-MM-DD'))) AS report
JOIN span ON span.during = days.during AND span.code = report.participant
ORDER BY report.service COLLATE "C", report.participant COLLATE "C", days.during;
END;
REVOKE ALL ON FUNCTION steering.arrangement_report(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_report(text, text) IS
'cost_versus_result() of who takes part in an arrangement, for the months of the period in which it does (valid_from, valid_to). It shows all participants: for who reports on the arrangement as a whole. Errors: 22004 null, 22023 unknown, those of cost_versus_result()';

CREATE FUNCTION steering.arrangement_settlement(arrangement text, period text)
RETURNS TABLE (participant text, service text, agreement_id integer, line text, quantity numeric, price numeric,
	amount numeric, valid_from date, valid_to date, closing_id integer, corrects integer)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.arrangement_number(arrangement_settlement.arrangement);
SELECT steering.require_settled(days.during)
FROM (SELECT DISTINCT span.during
	FROM steering.arrangement_span(arrangement_settlement.arrangement, steering.period_range(arrangement_settlement.period)) AS span) AS days;
WITH span AS MATERIALIZED (
	SELECT span.* FROM steering.arrangement_span(arrangement_settlement.arrangement, steering.period_range(arrangement_settlement.period)) AS span
)
SELECT participant.code, service.code, settled.agreement_id, settled.line, settled.quantity, settled.price, round(settled.amount, 2),
	lower(settled.piece), upper(settled.piece) - 1, settled.closing_id, settled.corrects
FROM (SELECT DISTINCT span.during FROM span) AS days
CROSS JOIN LATERAL steering.settlement_in(days.during) AS settled
JOIN span ON span.during = days.during AND span.participant_id = settled.participant_id
JOIN steering.participant ON participant.participant_id = settled.participant_id
LEFT JOIN steering.service ON service.service_id = settled.service_id
ORDER BY participant.code COLLATE "C", service.code COLLATE "C" NULLS LAST, settled.piece, settled.agreement_id, settled.line, settled.amount;
END;
REVOKE ALL ON FUNCTION steering.arrangement_settlement(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_settlement(text, text) IS
'settle() for who takes part in an arrangement, and for the months of the period in which it does. It shows all participants of it. Errors: 22004 null, 22023 unknown, those of settle()';

-- What is shared by a key is no agreement's cost: it is the cost of who bears it.
CREATE FUNCTION steering.arrangement_health(arrangement text, period text)
RETURNS TABLE (participants bigint, revenue numeric, cost numeric, result numeric, coverage numeric, reserve numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.arrangement_number(arrangement_health.arrangement);
SELECT steering.require_settled(days.during)
FROM (SELECT DISTINCT span.during
	FROM steering.arrangement_span(arrangement_health.arrangement, steering.period_range(arrangement_health.period)) AS span) AS days;
WITH span AS MATERIALIZED (
	SELECT span.* FROM steering.arrangement_span(arrangement_health.arrangement, steering.period_range(arrangement_health.period)) AS span
), settled AS MATERIALIZED (
	SELECT settled.line, settled.amount
	FROM (SELECT DISTINCT span.during FROM span) AS days
	CROSS JOIN LATERAL steering.settlement_in(days.during) AS settled
	LEFT JOIN steering.agreement_revision AS made ON made.agreement_id = settled.agreement_id AND made.revision = 1
	JOIN span ON span.during = days.during AND span.participant_id = coalesce(settled.participant_id, made.participant_id)
), total AS (
	SELECT CASE WHEN bool_and(settled.amount IS NOT NULL) FILTER (WHERE settled.line <> 'agreed_cost') IS NOT FALSE THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'correction')), 0) END AS revenue,
		CASE WHEN bool_and(settled.amount IS NOT NULL) FILTER (WHERE settled.line = 'share') IS NOT FALSE THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed_cost', 'share')), 0) END AS cost
	FROM settled
)
SELECT (SELECT count(DISTINCT span.participant_id) FROM span), round(total.revenue, 4), round(total.cost, 4), round(total.revenue - total.cost, 4),
	round(100 * total.revenue / nullif(total.cost, 0), 2),
	steering.arrangement_reserve_before(arrangement_health.arrangement, upper(steering.period_range(arrangement_health.period)))
FROM total;
END;
REVOKE ALL ON FUNCTION steering.arrangement_health(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_health(text, text) IS
'how the supplier does with one arrangement in a period: how many participants take part; revenue: what they owe by their agreements, incentives and corrections included, for the months in which they do; cost: the actual cost under their agreements, and their shares of shared cost; result: the one less the other; coverage: the one as a percentage of the other; reserve: what the arrangement has at the end of the period. Cost that is under no agreement, or that nobody owes, is of no arrangement: see settlement_proof(). Errors: 22004 null, 22023 unknown, those of settle()';
-- cost_behaviour.sql
-- How the cost of services behaves when less is bought: what part of it is fixed and within how many months it can be avoided,
-- and what is stranded of a cost that falls away.

CREATE TABLE steering.cost_behaviour (
	behaviour_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT cost_behaviour_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	during daterange NOT NULL CONSTRAINT cost_behaviour_during_not_empty CHECK (NOT isempty(during)),
	fixed_share numeric NOT NULL CONSTRAINT cost_behaviour_share_in_range CHECK (fixed_share BETWEEN 0 AND 1),
	avoidable_after integer NOT NULL CONSTRAINT cost_behaviour_months_in_range CHECK (avoidable_after BETWEEN 0 AND 1200),
	CONSTRAINT cost_behaviour_key UNIQUE (service_id, during),
	CONSTRAINT cost_behaviour_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.cost_behaviour FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.cost_behaviour', '');
SELECT pg_catalog.pg_extension_config_dump('steering.cost_behaviour_behaviour_id_seq', '');
COMMENT ON TABLE steering.cost_behaviour IS 'how the cost of services behaves, written by set_cost_behaviour() and drop_cost_behaviour() alone; one at a time for each service, and for those below it that have none';
COMMENT ON COLUMN steering.cost_behaviour.behaviour_id IS 'number of the row';
COMMENT ON COLUMN steering.cost_behaviour.service_id IS 'the service';
COMMENT ON COLUMN steering.cost_behaviour.during IS 'the days on which it is so';
COMMENT ON COLUMN steering.cost_behaviour.fixed_share IS 'the part of the cost that stays when less is bought: 0 to 1';
COMMENT ON COLUMN steering.cost_behaviour.avoidable_after IS 'within how many months the fixed part can be avoided; 0: at once';

CREATE FUNCTION steering.set_cost_behaviour(service text, during steering.day_range, fixed_share numeric, avoidable_after integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(set_cost_behaviour.service), steering.require_finite(set_cost_behaviour.during::daterange),
	steering.require_given(set_cost_behaviour.fixed_share IS NOT NULL, 'fixed_share'),
	steering.require_given(set_cost_behaviour.avoidable_after IS NOT NULL, 'avoidable_after');
SELECT steering.require_that(set_cost_behaviour.fixed_share BETWEEN 0 AND 1, '22023',
		format('fixed_share must be between 0 and 1: %s', set_cost_behaviour.fixed_share)),
	steering.require_that(set_cost_behaviour.avoidable_after BETWEEN 0 AND 1200, '22023',
		format('avoidable_after must be between 0 and 1200 months: %s', set_cost_behaviour.avoidable_after));
SELECT steering.refuse_standing(
	concat('service "', set_cost_behaviour.service, '" has a cost behaviour on some of these days'),
	coalesce(steering.name_period(standing.during), standing.during::text))
FROM steering.cost_behaviour AS standing
WHERE standing.service_id = (SELECT steering.service_number(set_cost_behaviour.service))
	AND NOT isempty(standing.during * set_cost_behaviour.during::daterange) AND standing.during <> set_cost_behaviour.during::daterange
LIMIT 1;
INSERT INTO steering.cost_behaviour (service_id, during, fixed_share, avoidable_after)
VALUES (steering.service_number(set_cost_behaviour.service), set_cost_behaviour.during::daterange, set_cost_behaviour.fixed_share,
	set_cost_behaviour.avoidable_after)
ON CONFLICT ON CONSTRAINT cost_behaviour_key DO UPDATE
	SET fixed_share = excluded.fixed_share, avoidable_after = excluded.avoidable_after
RETURNING behaviour_id;
END;
REVOKE ALL ON FUNCTION steering.set_cost_behaviour(text, steering.day_range, numeric, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_cost_behaviour(text, steering.day_range, numeric, integer) IS
'says what part of the cost of a service (0 to 1), and of those below it that have no behaviour of their own, is fixed on these days, and within how many months that can be avoided; what was said of the same days is replaced. Returns the number of the row. Errors: 22004 null, 22023 unknown service, empty range, a share outside 0 to 1, months below 0 or above 1200, 23P01 overlap with another range of the service';

CREATE FUNCTION steering.drop_cost_behaviour(service text, during steering.day_range) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(drop_cost_behaviour.service), steering.require_given(drop_cost_behaviour.during IS NOT NULL, 'during');
WITH gone AS (
	DELETE FROM steering.cost_behaviour
	WHERE cost_behaviour.service_id = steering.service_number(drop_cost_behaviour.service)
		AND cost_behaviour.during = drop_cost_behaviour.during::daterange
	RETURNING cost_behaviour.behaviour_id
)
SELECT steering.require_found(count(*),
	concat('cost behaviour of service "', drop_cost_behaviour.service, '" during ', drop_cost_behaviour.during::daterange))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_cost_behaviour(text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_cost_behaviour(text, steering.day_range) IS
'takes back what was said of the cost of a service on these days. Errors: 22004 service is null, 22023 unknown service, 42704 nothing was said of just these days';

CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.cost_behaviour
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_cost_behaviour', 'drop_cost_behaviour');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.cost_behaviour FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE VIEW steering.cost_behaviour_status WITH (security_barrier) AS
SELECT service.code AS service,
	lower(behaviour.during) AS valid_from,
	upper(behaviour.during) - 1 AS valid_to,
	behaviour.fixed_share,
	behaviour.avoidable_after
FROM steering.cost_behaviour AS behaviour
JOIN steering.service ON service.service_id = behaviour.service_id
WHERE EXISTS (SELECT FROM steering.readable_participant);
GRANT SELECT ON steering.cost_behaviour_status TO PUBLIC;
COMMENT ON VIEW steering.cost_behaviour_status IS 'how the cost of services behaves, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.cost_behaviour_status.service IS 'code of the service; it is so too for those below it that have no row of their own';
COMMENT ON COLUMN steering.cost_behaviour_status.valid_from IS 'first day on which it is so; null: none';
COMMENT ON COLUMN steering.cost_behaviour_status.valid_to IS 'last day on which it is so; null: none';
COMMENT ON COLUMN steering.cost_behaviour_status.fixed_share IS 'the part of the cost that stays when less is bought: 0 to 1';
COMMENT ON COLUMN steering.cost_behaviour_status.avoidable_after IS 'within how many months the fixed part can be avoided; 0: at once';

CREATE FUNCTION steering.cost_behaviour_on(service text, day date, OUT said_of text, OUT fixed_share numeric, OUT avoidable_after integer)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT above.code, behaviour.fixed_share, behaviour.avoidable_after
FROM steering.service_above(cost_behaviour_on.service) AS above
JOIN steering.service AS entry ON entry.code = above.code
JOIN steering.cost_behaviour AS behaviour ON behaviour.service_id = entry.service_id AND behaviour.during @> cost_behaviour_on.day
ORDER BY above.depth
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.cost_behaviour_on(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.cost_behaviour_on(text, date) IS
'how the cost of a service behaves on a day: as was said of it, else of the nearest service above it (said_of); null: of none';

CREATE FUNCTION steering.exact_part(amount numeric, parts numeric, whole numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sign(exact_part.amount)
	* div(20000 * abs(exact_part.amount) * exact_part.parts + exact_part.whole, 2 * exact_part.whole) * 0.0001;
REVOKE ALL ON FUNCTION steering.exact_part(numeric, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.exact_part(numeric, numeric, numeric) IS
'amount * parts / whole, the last two not negative, to four decimals: rounded once, half away from zero, from the exact quotient';

-- What is stranded is summed over months of which each counts with what is still held of avoidable_after, so that nothing is
-- divided before the end.
CREATE FUNCTION steering.held_months(avoidable_after integer, months integer, absorption text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
	SELECT CASE held_months.absorption
		WHEN 'monthly' THEN last.month * held_months.avoidable_after - last.month * (last.month + 1) / 2
		WHEN 'yearly' THEN 12 * (last.month / 12 * held_months.avoidable_after - 6 * (last.month / 12) * (last.month / 12 + 1))
			+ last.month % 12 * greatest(held_months.avoidable_after - 12 * (last.month / 12 + 1), 0)
		WHEN 'at_end' THEN last.month * held_months.avoidable_after END
	FROM (SELECT least(held_months.months, held_months.avoidable_after)::bigint) AS last (month));
REVOKE ALL ON FUNCTION steering.held_months(integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.held_months(integer, integer, text) IS
'what is not absorbed of avoidable_after months, summed over the first months after a cost fell away; null: an unknown absorption';

-- Of a month by itself this is what the months until its end come to, less those before it: so months add up to years.
CREATE FUNCTION steering.stranded_through(yearly_amount numeric, fixed_share numeric, avoidable_after integer, months integer,
	absorption text DEFAULT 'monthly') RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN stranded_through.avoidable_after = 0 OR stranded_through.months = 0
		THEN 0 * stranded_through.yearly_amount * stranded_through.fixed_share
	ELSE steering.exact_part(stranded_through.yearly_amount * stranded_through.fixed_share,
		steering.held_months(stranded_through.avoidable_after, stranded_through.months, stranded_through.absorption),
		12::numeric * stranded_through.avoidable_after) END;
REVOKE ALL ON FUNCTION steering.stranded_through(numeric, numeric, integer, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.stranded_through(numeric, numeric, integer, integer, text) IS
'what is stranded in the first months after a cost of so much a year fell away, of which this share is fixed and can be avoided within avoidable_after months; to four decimals, rounded once. Of months in between: the difference of two. Null: something is not known';

CREATE FUNCTION steering.require_absorption(absorption text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_absorption.absorption IS NOT NULL, 'absorption'),
	steering.require_that(require_absorption.absorption IN ('monthly', 'yearly', 'at_end'), '22023',
		format('absorption must be "monthly", "yearly" or "at_end": "%s"', require_absorption.absorption));
END;
REVOKE ALL ON FUNCTION steering.require_absorption(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_absorption(text) IS 'Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.require_first_day(day date, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_first_day.day IS NOT NULL, require_first_day.argument),
	steering.require_near(require_first_day.day, require_first_day.argument);
SELECT steering.require_that(isfinite(require_first_day.day) AND extract(day FROM require_first_day.day) = 1, '22023',
		format('%s must be the first day of a month: %s', require_first_day.argument,
			coalesce(to_char(require_first_day.day::timestamp, 'YYYY-MM-DD'), require_first_day.day::text)));
END;
REVOKE ALL ON FUNCTION steering.require_first_day(date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_first_day(date, text) IS 'Errors: 22004 null, 22023 not the first day of a month, or of no year from 1 to 9999';

CREATE FUNCTION steering.require_amount(amount numeric, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_amount.amount IS NOT NULL, require_amount.argument),
	steering.require_that(require_amount.amount >= 0 AND require_amount.amount < 'Infinity'
			AND require_amount.amount = round(require_amount.amount, 4), '22023',
		format('%s must be a number of four decimals at most that is not negative: %s', require_amount.argument, require_amount.amount));
-- What an amount cannot hold is refused here (22003).
SELECT require_amount.amount::steering.amount;
END;
REVOKE ALL ON FUNCTION steering.require_amount(numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_amount(numeric, text) IS 'Errors: 22004 null, 22023 negative, NaN, infinite or finer than four decimals, 22003 too large';

CREATE FUNCTION steering.stranded_cost(service text, yearly_amount numeric, falls_away date, per text DEFAULT 'year',
	absorption text DEFAULT 'monthly')
RETURNS TABLE (step integer, valid_from date, valid_to date, amount numeric, fixed numeric, stranded numeric, avoided numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.service_number(stranded_cost.service), steering.require_amount(stranded_cost.yearly_amount, 'yearly_amount'),
	steering.require_first_day(stranded_cost.falls_away, 'falls_away'), steering.require_absorption(stranded_cost.absorption),
	steering.require_given(stranded_cost.per IS NOT NULL, 'per');
SELECT steering.require_that(stranded_cost.per IN ('month', 'year'), '22023',
		format('per must be "month" or "year": "%s"', stranded_cost.per)),
	steering.require_that(behaviour.said_of IS NOT NULL, '55000',
		format('service "%s" has no cost behaviour on %s', stranded_cost.service, to_char(stranded_cost.falls_away::timestamp, 'YYYY-MM-DD')),
		'Say it with steering.set_cost_behaviour(), of this service or of one above it.')
FROM steering.cost_behaviour_on(stranded_cost.service, stranded_cost.falls_away) AS behaviour;
WITH behaviour AS (
	SELECT behaviour.fixed_share, behaviour.avoidable_after,
		CASE stranded_cost.per WHEN 'year' THEN 12 ELSE 1 END AS months
	FROM steering.cost_behaviour_on(stranded_cost.service, stranded_cost.falls_away) AS behaviour
), through AS (
	SELECT step.number AS step, (step.number * behaviour.months)::integer AS months, behaviour.months AS length,
		steering.exact_part(stranded_cost.yearly_amount, step.number * behaviour.months, 12) AS amount,
		steering.exact_part(stranded_cost.yearly_amount * behaviour.fixed_share, step.number * behaviour.months, 12) AS fixed,
		steering.stranded_through(stranded_cost.yearly_amount, behaviour.fixed_share, behaviour.avoidable_after,
			step.number * behaviour.months, stranded_cost.absorption) AS stranded
	FROM behaviour
	CROSS JOIN LATERAL generate_series(0, greatest(1, (behaviour.avoidable_after + behaviour.months - 1) / behaviour.months)) AS step (number)
), part AS (
	SELECT through.step, through.months, through.length, through.amount - lag(through.amount) OVER in_order AS amount,
		through.fixed - lag(through.fixed) OVER in_order AS fixed, through.stranded - lag(through.stranded) OVER in_order AS stranded
	FROM through
	WINDOW in_order AS (ORDER BY through.step)
)
SELECT part.step, (stranded_cost.falls_away + make_interval(months => part.months - part.length))::date,
	(stranded_cost.falls_away + make_interval(months => part.months))::date - 1,
	part.amount, part.fixed, part.stranded, part.amount - part.stranded
FROM part
WHERE part.step > 0
ORDER BY part.step;
END;
REVOKE ALL ON FUNCTION steering.stranded_cost(text, numeric, date, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.stranded_cost(text, numeric, date, text, text) IS
'what part of a cost of so much a year that falls away on the first day of a month (somebody leaves, less is bought) is stranded, by how the cost of the service behaves on that day: a row for each month, or year of twelve months from that day, until all of it can be avoided. amount: what falls away; fixed: what of it is fixed; stranded: what of that is not absorbed yet; avoided: the rest of amount. absorption: monthly, in equal parts at the beginning of each month of avoidable_after (the first at once, so that nothing is stranded in the last); yearly, so at the beginning of each year (five years: 20, 40, 60, 80, 100 percent); at_end, nothing before these months are over. To four decimals, rounded from the first day on, so that months add up to years. Errors: 22004 null, 22023 unknown code, amount that is negative or has more than four decimals, not the first day of a month, unknown per or absorption, 55000 nothing was said of the service or those above it on that day';
-- form_change.sql
-- An arrangement goes on in another form: a joint body becomes the host's. Bookings, caps, agreements and results are of services and participants
-- and stay where they are; who takes part does so in another role, and the reserve goes over.

CREATE TABLE steering.opening_line (
	change_id integer NOT NULL,
	position integer NOT NULL,
	line text NOT NULL CONSTRAINT opening_line_not_empty CHECK (line <> ''),
	side text NOT NULL CONSTRAINT opening_line_side_known CHECK (side IN ('assets', 'liabilities')),
	own steering.amount NOT NULL,
	taken_over steering.amount NOT NULL,
	eliminated steering.amount NOT NULL,
	CONSTRAINT opening_line_pkey PRIMARY KEY (change_id, position)
);
REVOKE ALL ON steering.opening_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.opening_line', '');
COMMENT ON TABLE steering.opening_line IS 'opening balances of changes of form, written with steering.form_change';
COMMENT ON COLUMN steering.opening_line.change_id IS 'the change';
COMMENT ON COLUMN steering.opening_line.position IS 'place in it, from 1';
COMMENT ON COLUMN steering.opening_line.line IS 'what it is';
COMMENT ON COLUMN steering.opening_line.side IS 'assets or liabilities';
COMMENT ON COLUMN steering.opening_line.own IS 'what whoever takes over had';
COMMENT ON COLUMN steering.opening_line.taken_over IS 'what is taken over at book value';
COMMENT ON COLUMN steering.opening_line.eliminated IS 'what both had of each other; as much of assets as of liabilities';

CREATE FUNCTION steering.require_opening_lines(lines jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(coalesce(jsonb_typeof(require_opening_lines.lines) = 'array', false), '22023', 'lines must be a list');
SELECT steering.require_that(coalesce(jsonb_typeof(entry.value) = 'object' AND jsonb_typeof(entry.value -> 'line') = 'string'
		AND entry.value ->> 'line' ~ '[^[:space:]]'
		AND entry.value ->> 'side' IN ('assets', 'liabilities') AND jsonb_typeof(entry.value -> 'own') = 'number'
		AND jsonb_typeof(entry.value -> 'taken_over') = 'number' AND coalesce(jsonb_typeof(entry.value -> 'eliminated'), 'number') = 'number', false), '22023',
	format('a line must have a line, a side (assets, liabilities), and amounts own and taken_over: %s', entry.value))
FROM jsonb_array_elements(require_opening_lines.lines) AS entry (value);
SELECT steering.require_that(field.name IN ('line', 'side', 'own', 'taken_over', 'eliminated'), '22023',
	format('a line of an opening balance has no "%s": %s', field.name, entry.value))
FROM jsonb_array_elements(require_opening_lines.lines) AS entry (value)
CROSS JOIN LATERAL jsonb_object_keys(entry.value) AS field (name);
SELECT steering.require_that(sum(CASE entry.value ->> 'side' WHEN 'assets' THEN 1 ELSE -1 END * coalesce(entry.value ->> 'eliminated', '0')::steering.amount::numeric) = 0, '22023',
	format('what is eliminated of assets is %s, and of liabilities %s',
		coalesce(sum((entry.value ->> 'eliminated')::steering.amount::numeric) FILTER (WHERE entry.value ->> 'side' = 'assets'), 0),
		coalesce(sum((entry.value ->> 'eliminated')::steering.amount::numeric) FILTER (WHERE entry.value ->> 'side' = 'liabilities'), 0)),
	'What both had of each other is an asset of the one and a liability of the other.')
FROM jsonb_array_elements(require_opening_lines.lines) AS entry (value)
HAVING count(*) > 0;
END;
REVOKE ALL ON FUNCTION steering.require_opening_lines(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_opening_lines(jsonb) IS 'Error: 22023 no lines of an opening balance, or eliminations that do not add up to nothing';

CREATE FUNCTION steering.close_where_allowed(period text, reason text) RETURNS boolean
AS 'MODULE_PATHNAME', 'steering_close_where_allowed'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.close_where_allowed(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_where_allowed(text, text) IS
'close_period(); false, told by a NOTICE: who has logged in may not, or the period cannot be closed. Errors: others than 23S75 and 55000';

CREATE FUNCTION steering.form_change_unclosed(arrangement text) RETURNS TABLE (month date, changed_on date)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
SELECT DISTINCT usage.month, change.changed_on
FROM steering.form_change AS change
JOIN steering.arrangement_member AS member ON member.arrangement_id = steering.arrangement_number(change.arrangement) AND upper(member.during) = change.changed_on
JOIN steering.participant_below AS below ON below.top_id = member.participant_id
JOIN steering.usage_now AS usage ON usage.participant_id = below.participant_id AND usage.month < change.changed_on
WHERE change.arrangement = form_change_unclosed.arrangement
	AND NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> usage.month);
END;
REVOKE ALL ON FUNCTION steering.form_change_unclosed(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.form_change_unclosed(text) IS 'months before an arrangement went on in another form that are open, and in which something was booked for who took part until then';

-- Whole calendar years, the last one up to the change: the whole of it may be closed over that. Days that are not over yet are booked on still.
-- A proposal decides the change alone, whose mandate it is to close is not asked by it.
CREATE FUNCTION steering.form_change_close(arrangement text, reason text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.close_where_allowed(open.period, form_change_close.reason)
FROM (SELECT DISTINCT format('[%s,%s)', to_char(year.first_day, 'YYYY-MM-DD'),
		to_char(least(year.first_day + interval '1 year', unclosed.changed_on::timestamp), 'YYYY-MM-DD')) AS period, year.first_day
	FROM steering.form_change_unclosed(form_change_close.arrangement) AS unclosed
	CROSS JOIN LATERAL (SELECT date_trunc('year', unclosed.month::timestamp) AS first_day) AS year
	WHERE unclosed.changed_on <= steering.decision_day()) AS open
WHERE NOT steering.is_deciding() AND has_function_privilege(session_user, 'steering.close_period(text, text)', 'EXECUTE')
ORDER BY open.first_day;
END;
REVOKE ALL ON FUNCTION steering.form_change_close(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.form_change_close(text, text) IS
'closes what was booked before an arrangement went on in another form, once that day has come: as the act of who has logged in, as far as he may and it can be closed; nothing where a proposal does the change';

-- The row of the change comes first: it is what is asked about. The old arrangement is locked against whoever would change it.
CREATE FUNCTION steering.change_form(arrangement text, successor text, name text, form text, changed_on date, reason text, host text DEFAULT NULL,
	lines jsonb DEFAULT '[]', document text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.arrangement_number(change_form.arrangement), steering.require_text(change_form.successor, 'successor'),
	steering.require_text(change_form.name, 'name'), steering.require_form(change_form.form, change_form.host),
	steering.require_text(change_form.reason, 'reason'),
	CASE WHEN change_form.document IS NOT NULL THEN steering.require_text(change_form.document, 'document') END,
	steering.require_first_day(change_form.changed_on, 'changed_on'),
	steering.require_opening_lines(change_form.lines);
SELECT steering.require_that(entry.during @> change_form.changed_on AND entry.during @> (change_form.changed_on - 1), '22023',
	format('arrangement "%s" does not stand just before and on %s', entry.code, to_char(change_form.changed_on::timestamp, 'YYYY-MM-DD')))
FROM steering.arrangement AS entry
WHERE entry.code = change_form.arrangement
FOR NO KEY UPDATE;
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.arrangement AS other WHERE other.code = change_form.successor), '23505',
	format('there is an arrangement "%s" already', change_form.successor));
WITH change AS (
	INSERT INTO steering.form_change (arrangement, successor, changed_on, reserve, reason, document)
	VALUES (change_form.arrangement, change_form.successor, change_form.changed_on,
		steering.arrangement_reserve_before(change_form.arrangement, change_form.changed_on)::steering.amount, change_form.reason, change_form.document)
	RETURNING change_id
)
INSERT INTO steering.opening_line (change_id, position, line, side, own, taken_over, eliminated)
SELECT change.change_id, entry.position, entry.value ->> 'line', entry.value ->> 'side', (entry.value ->> 'own')::steering.amount,
	(entry.value ->> 'taken_over')::steering.amount, coalesce(entry.value ->> 'eliminated', '0')::steering.amount
FROM change CROSS JOIN jsonb_array_elements(change_form.lines) WITH ORDINALITY AS entry (value, position);
INSERT INTO steering.arrangement (code, name, form, during, participant_id)
SELECT change_form.successor, change_form.name, change_form.form, entry.during * daterange(change_form.changed_on, NULL),
	CASE WHEN change_form.host IS NOT NULL THEN steering.participant_number(change_form.host) END
FROM steering.arrangement AS entry WHERE entry.code = change_form.arrangement;
INSERT INTO steering.arrangement_member (arrangement_id, participant_id, role, during)
SELECT steering.arrangement_number(change_form.successor), member.participant_id,
	CASE WHEN member.role = 'customer' THEN 'customer'
		WHEN steering.participant_code(member.participant_id) = change_form.host THEN 'host'
		WHEN change_form.form = 'host' THEN 'partner' ELSE 'member' END,
	member.during * daterange(change_form.changed_on, NULL)
FROM steering.arrangement_member AS member
WHERE member.arrangement_id = (SELECT steering.arrangement_number(change_form.arrangement))
	AND NOT isempty(member.during * daterange(change_form.changed_on, NULL));
DELETE FROM steering.arrangement_member AS member
WHERE member.arrangement_id = (SELECT steering.arrangement_number(change_form.arrangement)) AND lower(member.during) >= change_form.changed_on;
UPDATE steering.arrangement_member SET during = arrangement_member.during * daterange(NULL, change_form.changed_on)
WHERE arrangement_member.arrangement_id = (SELECT steering.arrangement_number(change_form.arrangement))
	AND arrangement_member.during @> change_form.changed_on;
UPDATE steering.arrangement SET during = arrangement.during * daterange(NULL, change_form.changed_on)
WHERE arrangement.code = change_form.arrangement;
SELECT steering.require_members(steering.arrangement_number(change_form.arrangement)),
	steering.require_members(steering.arrangement_number(change_form.successor));
SELECT steering.form_change_close(change_form.arrangement, change_form.reason);
SELECT change.change_id FROM steering.form_change AS change WHERE change.arrangement = change_form.arrangement;
END;
REVOKE ALL ON FUNCTION steering.change_form(text, text, text, text, date, text, text, jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.change_form(text, text, text, text, date, text, text, jsonb, text) IS
'ends an arrangement, which another one goes on from in another form on the first day of a month; returns the number of the change. Who takes part goes on: as host, partner of a host, or member; a customer as customer. Bookings, caps, agreements and results stay as they are; the reserve of the one goes to the other, so that the supplier''s stays what it is. Who calls it on or after that day closes with it the years with bookings of those who took part, as far as he may (close_period() is an act of its own) and they can be closed; a NOTICE tells of those that stay open. lines: the opening balance, [{"line": "receivables", "side": "assets", "own": 72149, "taken_over": 6177, "eliminated": 4341}, ...], of which as much is eliminated of assets as of liabilities. What is to be decided then, and by whom, says form_change_open(). Errors: 22004 null, 22023 unknown code, not the first day of a month, a day on which the arrangement does not stand, lines that are none or do not balance, an empty text, 23505 there is one of that code, or the arrangement went on already, 23514 an unknown form, a host that it does not have or has not got, 22003 no amount';

CREATE FUNCTION steering.question_of_form_change(was steering.form_change, becomes steering.form_change) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'change_form', NULL, NULL, abs(becomes.reserve::numeric),
	jsonb_strip_nulls(jsonb_build_object('arrangement', becomes.arrangement, 'successor', becomes.successor, 'changed_on', becomes.changed_on,
		'document', becomes.document, 'reserve', becomes.reserve::numeric,
		'lines', (SELECT jsonb_agg(jsonb_build_object('line', line.line, 'side', line.side, 'own', line.own::numeric, 'taken_over', line.taken_over::numeric,
			'eliminated', line.eliminated::numeric) ORDER BY line.position) FROM steering.opening_line AS line WHERE line.change_id = becomes.change_id)));
END;
REVOKE ALL ON FUNCTION steering.question_of_form_change(steering.form_change, steering.form_change) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_form_change(steering.form_change, steering.form_change) IS 'change_form: the reserve that goes over, without its sign';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.form_change
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_form_change');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.form_change FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE VIEW steering.opening_balance AS
SELECT change.change_id,
	change.arrangement,
	change.successor,
	change.changed_on,
	line.side,
	line.line,
	line.own::numeric AS own,
	line.taken_over::numeric AS taken_over,
	line.eliminated::numeric AS eliminated,
	line.own::numeric + line.taken_over::numeric - line.eliminated::numeric AS opening,
	line.position
FROM steering.form_change AS change
JOIN steering.opening_line AS line ON line.change_id = change.change_id;
REVOKE ALL ON steering.opening_balance FROM PUBLIC;
COMMENT ON VIEW steering.opening_balance IS 'opening balances of changes of form: own and taken over less what is eliminated; for who may read about the organisation as a whole';
COMMENT ON COLUMN steering.opening_balance.change_id IS 'number of the change';
COMMENT ON COLUMN steering.opening_balance.arrangement IS 'code of the arrangement that ended';
COMMENT ON COLUMN steering.opening_balance.successor IS 'code of the one that began';
COMMENT ON COLUMN steering.opening_balance.changed_on IS 'its first day';
COMMENT ON COLUMN steering.opening_balance.side IS 'assets or liabilities';
COMMENT ON COLUMN steering.opening_balance.line IS 'what it is';
COMMENT ON COLUMN steering.opening_balance.own IS 'what whoever takes over had';
COMMENT ON COLUMN steering.opening_balance.taken_over IS 'what is taken over at book value';
COMMENT ON COLUMN steering.opening_balance.eliminated IS 'what both had of each other';
COMMENT ON COLUMN steering.opening_balance.opening IS 'own plus taken over, less what is eliminated';
COMMENT ON COLUMN steering.opening_balance.position IS 'place in the balance, from 1';

-- Agreements that go on are with another supplier from then on; what was booked before is settled with the old one.
CREATE FUNCTION steering.form_change_open(arrangement text)
RETURNS TABLE (task text, act text, service text, participant text, agreement_id integer, method text, body text, functionaries text[])
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.arrangement_number(form_change_open.arrangement);
WITH change AS (
	SELECT change.arrangement, change.changed_on, change.reserve FROM steering.form_change AS change WHERE change.arrangement = form_change_open.arrangement
), part AS MATERIALIZED (
	SELECT DISTINCT below.participant_id, change.changed_on
	FROM change
	JOIN steering.arrangement_member AS member ON member.arrangement_id = steering.arrangement_number(change.arrangement)
	JOIN steering.participant_below AS below ON below.top_id = member.participant_id
	WHERE upper(member.during) = change.changed_on
), task AS (
	SELECT 1 AS place, 'close what was booked before the change' AS task, 'close_period' AS act, NULL::text AS service, NULL::text AS participant, NULL::integer AS agreement_id,
		NULL::numeric AS amount
	WHERE EXISTS (SELECT FROM steering.form_change_unclosed(form_change_open.arrangement) AS unclosed)
	UNION ALL
	SELECT 2, 'agree anew: the agreement goes on beyond the change', 'set_agreement', service.code, participant.code, agreement.agreement_id,
		coalesce(agreement.agreed_cost::numeric, 'Infinity')
	FROM part
	JOIN steering.agreement ON agreement.participant_id = part.participant_id AND agreement.during @> part.changed_on AND lower(agreement.during) < part.changed_on
	JOIN steering.service ON service.service_id = agreement.service_id
	JOIN steering.participant ON participant.participant_id = agreement.participant_id
	UNION ALL
	SELECT 3, 'cover the deficit that goes over', 'book_reserve', NULL, NULL, NULL, - change.reserve::numeric
	FROM change
	WHERE change.reserve OPERATOR(steering.<) 0::steering.amount
)
SELECT task.task, task.act, task.service, task.participant, task.agreement_id, ruling.method, ruling.body,
	ARRAY(SELECT DISTINCT may.functionary FROM steering.who_may(task.act, task.service, task.participant, task.amount) AS may ORDER BY may.functionary)
FROM task
LEFT JOIN LATERAL steering.rule_for(task.act, task.service, task.participant, task.amount, steering.decision_day()) AS ruling ON true
ORDER BY task.place, task.service COLLATE "C", task.participant COLLATE "C", task.agreement_id;
END;
REVOKE ALL ON FUNCTION steering.form_change_open(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.form_change_open(text) IS
'what is still to be decided after an arrangement went on in another form: months to be closed, agreements that go on beyond the change, a deficit to be covered; by which act, under which method and body, and who may (none named: who may EXECUTE the function). Errors: 22004 null, 22023 unknown';
-- start_up.sql
-- What it costs to begin with something together: advanced by participants by a key. It is repaid out of what it saves (see
-- repayment.sql), and a business case says beforehand what it is to bring (business_case.sql).

CREATE TABLE steering.start_up (
	start_up_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT start_up_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT start_up_code_key UNIQUE CONSTRAINT start_up_code_not_empty CHECK (code ~ '[^[:space:]]'),
	name text NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT start_up_amount_positive_cents
		CHECK (amount OPERATOR(steering.>) 0::steering.amount AND amount::numeric = round(amount::numeric, 2)),
	key text NOT NULL,
	advanced_on date NOT NULL CONSTRAINT start_up_advanced_on_finite CHECK (isfinite(advanced_on)),
	repayments integer NOT NULL DEFAULT 0,
	settled_in date NOT NULL
);
REVOKE ALL ON steering.start_up FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.start_up', '');
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_start_up_id_seq', '');
COMMENT ON TABLE steering.start_up IS 'what was advanced to begin with something, written by set_start_up() and drop_start_up() alone';
COMMENT ON COLUMN steering.start_up.start_up_id IS 'number of the start-up';
COMMENT ON COLUMN steering.start_up.code IS 'what people call the start-up by; it never changes';
COMMENT ON COLUMN steering.start_up.name IS 'name for people';
COMMENT ON COLUMN steering.start_up.amount IS 'what was advanced: money, in whole cents';
COMMENT ON COLUMN steering.start_up.key IS 'code of the allocation key by which it was divided then';
COMMENT ON COLUMN steering.start_up.advanced_on IS 'the day of the advance; weights are those of its month';
COMMENT ON COLUMN steering.start_up.settled_in IS 'first day of the month with which it is settled: that of the advance, or the first after it that was open when it was recorded';
COMMENT ON COLUMN steering.start_up.repayments IS 'how many there are; who adds one changes the row, so that nobody does by what was known before';

CREATE TABLE steering.start_up_share (
	start_up_id integer NOT NULL,
	participant_id integer NOT NULL,
	advance steering.amount NOT NULL,
	CONSTRAINT start_up_share_pkey PRIMARY KEY (start_up_id, participant_id)
);
REVOKE ALL ON steering.start_up_share FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_share', '');
COMMENT ON TABLE steering.start_up_share IS 'what each participant advanced, written with steering.start_up: the shares add up to its amount';
COMMENT ON COLUMN steering.start_up_share.start_up_id IS 'the start-up';
COMMENT ON COLUMN steering.start_up_share.participant_id IS 'the participant';
COMMENT ON COLUMN steering.start_up_share.advance IS 'what it advanced: money';

CREATE TABLE steering.start_up_repayment (
	repayment_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT start_up_repayment_pkey PRIMARY KEY,
	start_up_id integer NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT start_up_repayment_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	repaid_on date NOT NULL CONSTRAINT start_up_repayment_repaid_on_finite CHECK (isfinite(repaid_on)),
	reason text NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	settled_in date NOT NULL
);
REVOKE ALL ON steering.start_up_repayment FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_repayment', '');
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_repayment_repayment_id_seq', '');
COMMENT ON TABLE steering.start_up_repayment IS 'repayments of start-ups, written by repay_start_up() alone; rows are only added';
COMMENT ON COLUMN steering.start_up_repayment.repayment_id IS 'number of the repayment';
COMMENT ON COLUMN steering.start_up_repayment.start_up_id IS 'the start-up';
COMMENT ON COLUMN steering.start_up_repayment.amount IS 'what was repaid: money; negative: so much of it is taken back';
COMMENT ON COLUMN steering.start_up_repayment.repaid_on IS 'the day';
COMMENT ON COLUMN steering.start_up_repayment.reason IS 'why';
COMMENT ON COLUMN steering.start_up_repayment.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.start_up_repayment.role_name IS 'who had logged in';
COMMENT ON COLUMN steering.start_up_repayment.settled_in IS 'first day of the month with which it is settled: that of the day, or the first after it that was open when it was recorded';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.start_up_repayment
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE TABLE steering.start_up_repayment_line (
	repayment_id integer NOT NULL,
	participant_id integer NOT NULL,
	amount steering.amount NOT NULL,
	CONSTRAINT start_up_repayment_line_pkey PRIMARY KEY (repayment_id, participant_id)
);
REVOKE ALL ON steering.start_up_repayment_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.start_up_repayment_line', '');
COMMENT ON TABLE steering.start_up_repayment_line IS 'what each participant got back, written with steering.start_up_repayment: the lines add up to its amount';
COMMENT ON COLUMN steering.start_up_repayment_line.repayment_id IS 'the repayment';
COMMENT ON COLUMN steering.start_up_repayment_line.participant_id IS 'the participant';
COMMENT ON COLUMN steering.start_up_repayment_line.amount IS 'what it got back: money';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.start_up_repayment_line
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

CREATE FUNCTION steering.question_of_start_up(was steering.start_up, becomes steering.start_up) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.start_up_id IS NULL THEN 'drop_start_up' ELSE 'set_start_up' END, NULL, NULL, becomes.amount::numeric,
	jsonb_build_object('code', line.code, 'name', line.name, 'amount', line.amount::numeric, 'key', line.key, 'advanced_on', line.advanced_on)
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.start_up_id IS NOT NULL
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_start_up(steering.start_up, steering.start_up) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_start_up(steering.start_up, steering.start_up) IS 'set_start_up, drop_start_up';
-- What is counted is no act.
CREATE TRIGGER guard_act
	AFTER INSERT OR DELETE OR UPDATE OF code, name, amount, key, advanced_on ON steering.start_up
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_start_up');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.start_up FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.question_of_start_up_repayment(was steering.start_up_repayment, becomes steering.start_up_repayment)
RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'repay_start_up', NULL, NULL, abs(becomes.amount::numeric),
	jsonb_build_object('code', start_up.code, 'amount', becomes.amount::numeric, 'repaid_on', becomes.repaid_on)
FROM steering.start_up
WHERE start_up.start_up_id = becomes.start_up_id;
END;
REVOKE ALL ON FUNCTION steering.question_of_start_up_repayment(steering.start_up_repayment, steering.start_up_repayment) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_start_up_repayment(steering.start_up_repayment, steering.start_up_repayment) IS 'repay_start_up';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.start_up_repayment
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_start_up_repayment');

CREATE FUNCTION steering.start_up_weight(key text, day date) RETURNS TABLE (participant text, participant_id integer, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT participant.code, participant.participant_id, CASE WHEN weighed.weight < 0 THEN 0 ELSE weighed.weight END
FROM steering.key_weight_in(steering.month_of(start_up_weight.day),
	(steering.month_of(start_up_weight.day) + interval '1 month')::date) AS weighed
JOIN steering.participant ON participant.participant_id = weighed.participant_id
WHERE weighed.key_id = (SELECT steering.key_number(start_up_weight.key));
END;
REVOKE ALL ON FUNCTION steering.start_up_weight(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.start_up_weight(text, date) IS 'weights of participants in a key in the month of a day; null: not known';

CREATE FUNCTION steering.require_start_up(code text) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_start_up.code IS NOT NULL, 'code');
SELECT steering.require_that(EXISTS (SELECT FROM steering.start_up WHERE start_up.code = require_start_up.code), '22023',
	format('start-up "%s" is unknown', require_start_up.code), 'Set it with steering.set_start_up().');
SELECT start_up.start_up_id FROM steering.start_up WHERE start_up.code = require_start_up.code FOR UPDATE;
END;
REVOKE ALL ON FUNCTION steering.require_start_up(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_start_up(text) IS 'number of a start-up, which is locked until commit. Errors: 22004 null, 22023 unknown, 40001 concurrent change';

CREATE FUNCTION steering.require_day(day date, argument text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_day.day IS NOT NULL, require_day.argument),
	steering.require_that(isfinite(require_day.day), '22023', format('%s must be a day: %s', require_day.argument, require_day.day)),
	steering.require_near(require_day.day, require_day.argument);
END;
REVOKE ALL ON FUNCTION steering.require_day(date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_day(date, text) IS 'Errors: 22004 null, 22023 infinite, or of no year from 1 to 9999';

CREATE FUNCTION steering.require_positive(amount numeric, argument text, decimals integer DEFAULT 4) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_given(require_positive.amount IS NOT NULL, require_positive.argument),
	steering.require_that(require_positive.amount > 0 AND require_positive.amount < 'Infinity'
			AND require_positive.amount = round(require_positive.amount, require_positive.decimals), '22023',
		format('%s must be a positive number of %s decimals at most: %s', require_positive.argument, require_positive.decimals,
			require_positive.amount));
SELECT require_positive.amount::steering.amount;
END;
REVOKE ALL ON FUNCTION steering.require_positive(numeric, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_positive(numeric, text, integer) IS 'Errors: 22004 null, 22023 not positive, NaN, infinite or finer than so many decimals, 22003 too large';

CREATE FUNCTION steering.settling_month(day date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT min(month.first_day)
FROM (SELECT steering.month_of(settling_month.day) AS first_day
	UNION ALL
	SELECT upper(closing.during) FROM steering.closing WHERE closing.reopened_at IS NULL AND upper(closing.during) > settling_month.day) AS month
WHERE NOT EXISTS (SELECT FROM steering.closing WHERE closing.reopened_at IS NULL AND closing.during @> month.first_day);
END;
REVOKE ALL ON FUNCTION steering.settling_month(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.settling_month(date) IS 'first day of the month of a day, or where that is closed of the first month after it that is open';

CREATE FUNCTION steering.require_open_month(month date) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_open(daterange(require_open_month.month, (require_open_month.month + interval '1 month')::date));
END;
REVOKE ALL ON FUNCTION steering.require_open_month(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_open_month(date) IS 'checks that a month is open, and that it is not closed until commit. Error: 55000';

CREATE FUNCTION steering.set_start_up(code text, name text, amount numeric, key text, advanced_on date) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_text(set_start_up.code, 'code'), steering.require_text(set_start_up.name, 'name'),
	steering.require_positive(set_start_up.amount, 'amount', 2), steering.key_number(set_start_up.key),
	steering.require_day(set_start_up.advanced_on, 'advanced_on');
SELECT steering.require_that(string_agg(weighed.participant, ', ') IS NULL, '55000',
		format('in key "%s" a weight is not known on %s', set_start_up.key, to_char(set_start_up.advanced_on::timestamp, 'YYYY-MM-DD')),
		format('It is that of: %s.', string_agg(weighed.participant, ', ' ORDER BY weighed.participant COLLATE "C")))
FROM steering.start_up_weight(set_start_up.key, set_start_up.advanced_on) AS weighed
WHERE weighed.weight IS NULL;
SELECT steering.require_that(coalesce(sum(weighed.weight), 0) > 0, '55000',
	format('in key "%s" nobody has a weight on %s', set_start_up.key, to_char(set_start_up.advanced_on::timestamp, 'YYYY-MM-DD')))
FROM steering.start_up_weight(set_start_up.key, set_start_up.advanced_on) AS weighed;
SELECT start_up.start_up_id FROM steering.start_up WHERE start_up.code = set_start_up.code FOR UPDATE;
SELECT steering.require_open_month(start_up.settled_in) FROM steering.start_up WHERE start_up.code = set_start_up.code;
SELECT steering.require_open_month(steering.settling_month(set_start_up.advanced_on));
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.start_up_repayment AS repayment WHERE repayment.start_up_id = start_up.start_up_id),
	'55000', format('of start-up "%s" something was repaid', start_up.code))
FROM steering.start_up
WHERE start_up.code = set_start_up.code;
DELETE FROM steering.start_up_share USING steering.start_up
WHERE start_up.code = set_start_up.code AND start_up_share.start_up_id = start_up.start_up_id;
WITH made AS (
	INSERT INTO steering.start_up (code, name, amount, key, advanced_on, settled_in)
	VALUES (set_start_up.code, set_start_up.name, set_start_up.amount::steering.amount, set_start_up.key, set_start_up.advanced_on,
		steering.settling_month(set_start_up.advanced_on))
	ON CONFLICT ON CONSTRAINT start_up_code_key DO UPDATE
		SET name = excluded.name, amount = excluded.amount, key = excluded.key, advanced_on = excluded.advanced_on, settled_in = excluded.settled_in
	RETURNING start_up_id
), divided AS (
	SELECT weighed.participant_id, steering.allocated(set_start_up.amount, weighed.weight, 0.01, 'error') OVER (
		ORDER BY weighed.participant COLLATE "C") AS advance
	FROM steering.start_up_weight(set_start_up.key, set_start_up.advanced_on) AS weighed
), shared AS (
	INSERT INTO steering.start_up_share (start_up_id, participant_id, advance)
	SELECT made.start_up_id, divided.participant_id, divided.advance::steering.amount FROM made CROSS JOIN divided
)
SELECT made.start_up_id FROM made;
END;
REVOKE ALL ON FUNCTION steering.set_start_up(text, text, numeric, text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_start_up(text, text, numeric, text, date) IS
'says what participants advance to begin with something: an amount of whole cents, divided by the weights of an allocation key in the month of that day, by the largest remainder, so that the shares add up to it. It is settled with that month, or the first open one after it. The one with this code is changed, as long as nothing of it was repaid and it was not settled in a period that is closed. Returns its number. Errors: 22004 null, 22023 an empty text, unknown key, an amount that is not positive or not in whole cents, no day, 22003 amount, 55000 a weight is not known (the hint says whose), nobody has one, something was repaid, or it was settled in a closed period';

CREATE VIEW steering.start_up_status WITH (security_barrier) AS
SELECT start_up.code AS start_up,
	start_up.name,
	participant.code AS participant,
	start_up.advanced_on,
	share.advance::numeric AS advance,
	coalesce(repaid.amount, 0) AS repaid,
	share.advance::numeric - coalesce(repaid.amount, 0) AS remaining
FROM steering.start_up_share AS share
JOIN steering.start_up ON start_up.start_up_id = share.start_up_id
JOIN steering.participant ON participant.participant_id = share.participant_id
LEFT JOIN (
	SELECT repayment.start_up_id, line.participant_id, sum(line.amount::numeric) AS amount
	FROM steering.start_up_repayment AS repayment
	JOIN steering.start_up_repayment_line AS line ON line.repayment_id = repayment.repayment_id
	GROUP BY repayment.start_up_id, line.participant_id
) AS repaid ON repaid.start_up_id = share.start_up_id AND repaid.participant_id = share.participant_id
WHERE share.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.start_up_status TO PUBLIC;
COMMENT ON VIEW steering.start_up_status IS 'what participants that the role may read have advanced to begin with something, and have got back';
COMMENT ON COLUMN steering.start_up_status.start_up IS 'code of the start-up';
COMMENT ON COLUMN steering.start_up_status.name IS 'its name';
COMMENT ON COLUMN steering.start_up_status.participant IS 'code of the participant';
COMMENT ON COLUMN steering.start_up_status.advanced_on IS 'the day of the advance';
COMMENT ON COLUMN steering.start_up_status.advance IS 'what it advanced';
COMMENT ON COLUMN steering.start_up_status.repaid IS 'what of it was repaid';
COMMENT ON COLUMN steering.start_up_status.remaining IS 'what was not: a claim of the participant';
-- saving.sql
-- Savings that are to be found: which they are, what became of them, and what of them is still to be found. What is allocated has
-- lowered a cap, by an amendment; what is not is a risk.

CREATE TABLE steering.saving (
	saving_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT saving_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT saving_code_key UNIQUE CONSTRAINT saving_code_not_empty CHECK (code ~ '[^[:space:]]'),
	service_id integer,
	participant_id integer,
	during daterange NOT NULL CONSTRAINT saving_whole_months CHECK (NOT isempty(during) AND isfinite(lower(during)) AND isfinite(upper(during))
		AND extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1),
	amount steering.amount NOT NULL CONSTRAINT saving_amount_not_negative CHECK (amount OPERATOR(steering.>=) 0::steering.amount),
	structural boolean NOT NULL,
	owner text NOT NULL CONSTRAINT saving_owner_not_empty CHECK (owner ~ '[^[:space:]]'),
	start_up text,
	postponed_from integer,
	entries integer NOT NULL DEFAULT 0
);
REVOKE ALL ON steering.saving FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.saving', '');
SELECT pg_catalog.pg_extension_config_dump('steering.saving_saving_id_seq', '');
COMMENT ON TABLE steering.saving IS 'what is to be saved in a period, written by set_saving(), drop_saving() and record_saving() alone';
COMMENT ON COLUMN steering.saving.saving_id IS 'number of the saving';
COMMENT ON COLUMN steering.saving.code IS 'what people call the saving by; it never changes';
COMMENT ON COLUMN steering.saving.service_id IS 'the service whose cost is to go down, or those below it; null: not said';
COMMENT ON COLUMN steering.saving.participant_id IS 'the participant whose cost is to go down, or those below it; null: not said';
COMMENT ON COLUMN steering.saving.during IS 'the period in which it is to be found';
COMMENT ON COLUMN steering.saving.amount IS 'how much: money';
COMMENT ON COLUMN steering.saving.structural IS 'true: it stays so in the years after; false: it is of this period alone';
COMMENT ON COLUMN steering.saving.owner IS 'who has to find it';
COMMENT ON COLUMN steering.saving.start_up IS 'code of the start-up that it repays; null: none';
COMMENT ON COLUMN steering.saving.postponed_from IS 'the saving of which this was postponed; null: it was set';
COMMENT ON COLUMN steering.saving.entries IS 'how many records there are of it; who adds one changes the row, so that nobody does by what was known before';

CREATE TABLE steering.saving_entry (
	saving_id integer NOT NULL,
	position integer NOT NULL,
	step text NOT NULL CONSTRAINT saving_entry_step_known CHECK (step IN ('allocate', 'realise', 'write_off', 'postpone')),
	amount steering.amount NOT NULL CONSTRAINT saving_entry_amount_not_zero CHECK (amount OPERATOR(steering.<>) 0::steering.amount),
	booked_on date NOT NULL CONSTRAINT saving_entry_booked_on_finite CHECK (isfinite(booked_on)),
	cap_id integer NOT NULL,
	amendment_id integer,
	into_saving_id integer,
	reason text NOT NULL,
	document text,
	recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	CONSTRAINT saving_entry_pkey PRIMARY KEY (saving_id, position),
	CONSTRAINT saving_entry_into CHECK ((step = 'postpone') = (into_saving_id IS NOT NULL)),
	CONSTRAINT saving_entry_allocated CHECK (step <> 'allocate' OR (cap_id <> 0 AND amendment_id IS NOT NULL))
);
REVOKE ALL ON steering.saving_entry FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.saving_entry', '');
COMMENT ON TABLE steering.saving_entry IS 'what became of savings, written by record_saving() alone; rows are only added';
COMMENT ON COLUMN steering.saving_entry.saving_id IS 'the saving';
COMMENT ON COLUMN steering.saving_entry.position IS '1 for the first of the saving';
COMMENT ON COLUMN steering.saving_entry.step IS 'allocate, realise, write_off or postpone';
COMMENT ON COLUMN steering.saving_entry.amount IS 'money; negative: of what was recorded before so much is taken back';
COMMENT ON COLUMN steering.saving_entry.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.saving_entry.cap_id IS 'the cap to which it is, or was, allocated; it may be gone; 0: none';
COMMENT ON COLUMN steering.saving_entry.amendment_id IS 'the amendment by which that cap was changed; null: none was';
COMMENT ON COLUMN steering.saving_entry.into_saving_id IS 'the saving of a later period that a postponed one became; null: it was not postponed';
COMMENT ON COLUMN steering.saving_entry.reason IS 'why';
COMMENT ON COLUMN steering.saving_entry.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.saving_entry.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.saving_entry.role_name IS 'who had logged in';
CREATE TRIGGER refuse_change
	BEFORE UPDATE OR DELETE OR TRUNCATE ON steering.saving_entry
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_change();

-- The parts of a saving: what is allocated to no cap (0), and what is allocated to each.
CREATE VIEW steering.saving_part AS
SELECT part.saving_id, part.cap_id, part.amount, part.realised, part.written_off, part.postponed,
	part.amount - part.realised - part.written_off - part.postponed AS remaining
FROM (
	SELECT line.saving_id, line.cap_id, sum(line.amount) AS amount, sum(line.realised) AS realised, sum(line.written_off) AS written_off,
		sum(line.postponed) AS postponed
	FROM (
		SELECT saving.saving_id, 0 AS cap_id, saving.amount::numeric AS amount, 0::numeric AS realised, 0::numeric AS written_off,
			0::numeric AS postponed
		FROM steering.saving
		UNION ALL
		SELECT entry.saving_id, 0, - entry.amount::numeric, 0, 0, 0 FROM steering.saving_entry AS entry WHERE entry.step = 'allocate'
		UNION ALL
		SELECT entry.saving_id, entry.cap_id, CASE entry.step WHEN 'allocate' THEN entry.amount::numeric ELSE 0 END,
			CASE entry.step WHEN 'realise' THEN entry.amount::numeric ELSE 0 END,
			CASE entry.step WHEN 'write_off' THEN entry.amount::numeric ELSE 0 END,
			CASE entry.step WHEN 'postpone' THEN entry.amount::numeric ELSE 0 END
		FROM steering.saving_entry AS entry
	) AS line
	GROUP BY line.saving_id, line.cap_id
) AS part;
REVOKE ALL ON steering.saving_part FROM PUBLIC;
COMMENT ON VIEW steering.saving_part IS 'what is allocated to no cap, and to each: amount = realised + written_off + postponed + remaining, and the amounts of a saving add up to it';
COMMENT ON COLUMN steering.saving_part.saving_id IS 'the saving';
COMMENT ON COLUMN steering.saving_part.cap_id IS 'the cap; 0: none';
COMMENT ON COLUMN steering.saving_part.amount IS 'what of the saving is allocated so';
COMMENT ON COLUMN steering.saving_part.realised IS 'what of that was found';
COMMENT ON COLUMN steering.saving_part.written_off IS 'what of that will not be found';
COMMENT ON COLUMN steering.saving_part.postponed IS 'what of that is to be found later';
COMMENT ON COLUMN steering.saving_part.remaining IS 'what of that is still to be found';

-- What postponing makes of a saving is a part of that: it has just what was postponed into it, and nothing else of it changes.
CREATE FUNCTION steering.question_of_saving(was steering.saving, becomes steering.saving) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN becomes.saving_id IS NULL THEN 'drop_saving' ELSE 'set_saving' END,
	steering.service_code(line.service_id), steering.participant_code(line.participant_id), NULL::numeric,
	jsonb_strip_nulls(jsonb_build_object('code', line.code, 'during', line.during::text, 'amount', line.amount::numeric,
		'structural', line.structural, 'owner', line.owner, 'start_up', line.start_up))
FROM (SELECT (becomes).* UNION ALL SELECT (was).*) AS line
WHERE line.saving_id IS NOT NULL
	AND NOT (becomes.postponed_from IS NOT NULL
		AND (was.saving_id IS NULL OR to_jsonb(was) - '{amount,entries}'::text[] = to_jsonb(becomes) - '{amount,entries}'::text[])
		AND becomes.amount::numeric = (
		SELECT coalesce(sum(entry.amount::numeric), 0) FROM steering.saving_entry AS entry WHERE entry.into_saving_id = becomes.saving_id))
LIMIT 1;
END;
REVOKE ALL ON FUNCTION steering.question_of_saving(steering.saving, steering.saving) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_saving(steering.saving, steering.saving) IS 'set_saving, drop_saving; nothing of one that was postponed';
-- What is counted is no act.
CREATE TRIGGER guard_act
	AFTER INSERT OR DELETE OR UPDATE OF code, service_id, participant_id, during, amount, structural, owner, start_up, postponed_from ON steering.saving
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_saving');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.saving FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.question_of_saving_entry(was steering.saving_entry, becomes steering.saving_entry) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'record_saving', steering.service_code(saving.service_id), steering.participant_code(saving.participant_id),
	abs(becomes.amount::numeric),
	jsonb_strip_nulls(jsonb_build_object('code', saving.code, 'position', becomes.position, 'step', becomes.step,
		'amount', becomes.amount::numeric, 'booked_on', becomes.booked_on, 'cap', becomes.cap_id, 'amendment', becomes.amendment_id,
		'document', becomes.document,
		'into', (SELECT later.code FROM steering.saving AS later WHERE later.saving_id = becomes.into_saving_id)))
FROM steering.saving
WHERE saving.saving_id = becomes.saving_id;
END;
REVOKE ALL ON FUNCTION steering.question_of_saving_entry(steering.saving_entry, steering.saving_entry) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_saving_entry(steering.saving_entry, steering.saving_entry) IS 'record_saving';
CREATE TRIGGER guard_act
	AFTER INSERT ON steering.saving_entry
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_saving_entry');

-- Days on which nothing was repaid by then do not matter: what is realised may be corrected as of any day before.
CREATE FUNCTION steering.start_up_spare(start_up text, without integer, day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT min(course.realised - course.repaid)
FROM (
	SELECT sum(event.realised) OVER (ORDER BY event.day) AS realised, sum(event.repaid) OVER (ORDER BY event.day) AS repaid
	FROM (
		SELECT greatest(entry.booked_on, start_up_spare.day) AS day, entry.amount::numeric AS realised, 0::numeric AS repaid
		FROM steering.saving_entry AS entry
		JOIN steering.saving ON saving.saving_id = entry.saving_id
		WHERE saving.start_up = start_up_spare.start_up AND entry.step = 'realise' AND entry.saving_id IS DISTINCT FROM start_up_spare.without
		UNION ALL
		SELECT greatest(repayment.repaid_on, start_up_spare.day), 0, repayment.amount::numeric
		FROM steering.start_up
		JOIN steering.start_up_repayment AS repayment ON repayment.start_up_id = start_up.start_up_id
		WHERE start_up.code = start_up_spare.start_up
	) AS event
) AS course
WHERE course.repaid > 0;
END;
REVOKE ALL ON FUNCTION steering.start_up_spare(text, integer, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.start_up_spare(text, integer, date) IS
'what the savings of a start-up have realised and it was not repaid out of, at the least of the days from one on; without: a saving that is not counted. Null: nothing was repaid';

-- Whoever repays the start-up changes its row: so he is waited for, and whoever repays it later knows, or must try again.
CREATE FUNCTION steering.require_not_repaid(saving_id integer, amount numeric, day date) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
UPDATE steering.start_up SET repayments = start_up.repayments
FROM steering.saving
WHERE saving.saving_id = require_not_repaid.saving_id AND start_up.code = saving.start_up;
SELECT steering.require_that(coalesce(coalesce(require_not_repaid.amount, 0) <= spare.amount, true), '55000',
	CASE WHEN require_not_repaid.amount IS NULL
		THEN format('start-up "%s" was repaid out of what saving "%s" has realised', saving.start_up, saving.code)
		ELSE format('start-up "%s" was repaid out of what saving "%s" has realised: %s of it can be taken back, not %s', saving.start_up, saving.code,
			steering.show_limit(greatest(spare.amount, 0)), steering.show_limit(require_not_repaid.amount)) END,
	'Take back of the repayment first: steering.repay_start_up() with a negative amount.')
FROM steering.saving
CROSS JOIN LATERAL steering.start_up_spare(saving.start_up, CASE WHEN require_not_repaid.amount IS NULL THEN saving.saving_id END,
	require_not_repaid.day) AS spare (amount)
WHERE saving.saving_id = require_not_repaid.saving_id AND saving.start_up IS NOT NULL;
END;
REVOKE ALL ON FUNCTION steering.require_not_repaid(integer, numeric, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_not_repaid(integer, numeric, date) IS
'Error: 55000 its start-up was repaid out of what of a saving would not be realised any more, from a day on: an amount, or all of it (null)';

CREATE FUNCTION steering.set_saving(code text, service text, participant text, period text, amount numeric, structural boolean, owner text,
	start_up text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_text(set_saving.code, 'code'), steering.require_scope(set_saving.service, set_saving.participant),
	steering.period_range(set_saving.period), steering.require_positive(set_saving.amount, 'amount'),
	steering.require_given(set_saving.structural IS NOT NULL, 'structural'), steering.require_text(set_saving.owner, 'owner');
SELECT saving.saving_id FROM steering.saving WHERE saving.code = set_saving.code FOR UPDATE;
SELECT CASE WHEN set_saving.start_up IS NOT NULL THEN steering.require_start_up(set_saving.start_up) END;
SELECT steering.require_that(saving.during = steering.period_range(set_saving.period)
		AND steering.service_code(saving.service_id) IS NOT DISTINCT FROM set_saving.service
		AND steering.participant_code(saving.participant_id) IS NOT DISTINCT FROM set_saving.participant, '55000',
		format('saving "%s" has a history, and keeps its service, participant and period', saving.code),
		'Write it off or postpone it with steering.record_saving(), or set another.'),
	steering.require_that(set_saving.amount - saving.amount::numeric + part.remaining >= 0, '55000',
		format('of saving "%s" more was recorded than %s', saving.code, steering.show_limit(set_saving.amount)),
		format('It was allocated, realised, written off or postponed up to %s.',
			steering.show_limit(saving.amount::numeric - part.remaining)))
FROM steering.saving
JOIN steering.saving_part AS part ON part.saving_id = saving.saving_id AND part.cap_id = 0
WHERE saving.code = set_saving.code
	AND EXISTS (SELECT FROM steering.saving_entry AS entry WHERE saving.saving_id IN (entry.saving_id, entry.into_saving_id));
SELECT steering.require_not_repaid(saving.saving_id, NULL, '-infinity')
FROM steering.saving
WHERE saving.code = set_saving.code AND saving.start_up IS DISTINCT FROM set_saving.start_up;
INSERT INTO steering.saving (code, service_id, participant_id, during, amount, structural, owner, start_up)
VALUES (set_saving.code,
	CASE WHEN set_saving.service IS NOT NULL THEN steering.service_number(set_saving.service) END,
	CASE WHEN set_saving.participant IS NOT NULL THEN steering.participant_number(set_saving.participant) END,
	steering.period_range(set_saving.period), set_saving.amount::steering.amount, set_saving.structural, set_saving.owner, set_saving.start_up)
ON CONFLICT ON CONSTRAINT saving_code_key DO UPDATE
	SET service_id = excluded.service_id, participant_id = excluded.participant_id, during = excluded.during, amount = excluded.amount,
		structural = excluded.structural, owner = excluded.owner, start_up = excluded.start_up
RETURNING saving_id;
END;
REVOKE ALL ON FUNCTION steering.set_saving(text, text, text, text, numeric, boolean, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_saving(text, text, text, text, numeric, boolean, text, text) IS
'says what is to be saved in a period on a service and a participant, or those below them (null: it is not said on which), by whom, and whether it stays so in later years (structural); start_up: code of the start-up that it repays. The one with this code is changed. Returns its number. Nothing is allocated yet: see record_saving(). Errors: 22004 null, 22023 unknown code, an empty text, an amount that is not positive or has more than four decimals, 22P02 no period, 22003 amount, 55000 more was recorded of it, it has a history and another scope or period, or another start-up was repaid out of it';

CREATE FUNCTION steering.require_saving(code text) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_saving.code IS NOT NULL, 'code');
SELECT steering.require_that(EXISTS (SELECT FROM steering.saving WHERE saving.code = require_saving.code), '22023',
	format('saving "%s" is unknown', require_saving.code), 'Set it with steering.set_saving().');
SELECT saving.saving_id FROM steering.saving WHERE saving.code = require_saving.code FOR UPDATE;
END;
REVOKE ALL ON FUNCTION steering.require_saving(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_saving(text) IS 'number of a saving, which is locked until commit. Errors: 22004 null, 22023 unknown, 40001 concurrent change';

CREATE FUNCTION steering.drop_saving(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_saving(drop_saving.code);
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.saving_entry AS entry WHERE saving.saving_id IN (entry.saving_id, entry.into_saving_id)),
	'55000', format('saving "%s" has a history', saving.code), 'Write it off with steering.record_saving().')
FROM steering.saving
WHERE saving.code = drop_saving.code;
DELETE FROM steering.saving WHERE saving.code = drop_saving.code;
END;
REVOKE ALL ON FUNCTION steering.drop_saving(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_saving(text) IS
'removes a saving of which nothing was recorded. Errors: 22004 null, 22023 unknown, 55000 it has a history';

CREATE FUNCTION steering.amend_by(period daterange, number text, cap integer, mutation numeric, reason text, document text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_amend_by'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.amend_by(daterange, text, integer, numeric, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.amend_by(daterange, text, integer, numeric, text, text) IS
'amends the limit of one cap by an amount, whatever it is, and returns the number of the amendment, which is called so. Errors: those of amend(), 22023 the limit would be below zero';

-- The part that a step is about where no cap is named: of allocate the cap on just the same; else the only part of which something
-- remains, or of which something can be taken back.
CREATE FUNCTION steering.saving_cap(saving_id integer, step text, amount numeric) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN count(*) = 1 THEN min(possible.cap_id) END
FROM (
	SELECT cap.cap_id
	FROM steering.saving
	JOIN steering.cap ON cap.metric = 'budget' AND cap.service_id = saving.service_id AND cap.participant_id = saving.participant_id
		AND cap.during = saving.during
	WHERE saving.saving_id = saving_cap.saving_id AND saving_cap.step = 'allocate'
	UNION ALL
	SELECT part.cap_id
	FROM steering.saving_part AS part
	WHERE part.saving_id = saving_cap.saving_id AND saving_cap.step <> 'allocate'
		AND CASE WHEN saving_cap.amount > 0 THEN part.remaining
			ELSE CASE saving_cap.step WHEN 'realise' THEN part.realised WHEN 'write_off' THEN part.written_off ELSE part.postponed END END > 0
) AS possible;
END;
REVOKE ALL ON FUNCTION steering.saving_cap(integer, text, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.saving_cap(integer, text, numeric) IS 'the cap that a step of a saving is about; 0: what is allocated to none; null: it must be named';

CREATE FUNCTION steering.require_saving_cap(saving_id integer, step text, cap integer) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
SELECT steering.require_that(require_saving_cap.cap IS NOT NULL, '55000',
		CASE WHEN require_saving_cap.step = 'allocate'
			THEN format('there is no budget cap on just what saving "%s" is about', saving.code)
			ELSE format('saving "%s" does not have just one part that this can be', saving.code) END,
		CASE WHEN require_saving_cap.step = 'allocate' THEN 'Name a cap within it, or set one with steering.set_cap().'
			ELSE 'Name the cap to which it is allocated; 0 is what is allocated to none. They are in steering.saving_status.' END),
	steering.require_that(require_saving_cap.step = 'allocate' OR EXISTS (
			SELECT FROM steering.saving_part AS part
			WHERE part.saving_id = saving.saving_id AND part.cap_id = require_saving_cap.cap), '22023',
		format('nothing of saving "%s" is allocated to cap %s', saving.code, require_saving_cap.cap)),
	steering.require_that(require_saving_cap.step <> 'allocate' OR EXISTS (
			SELECT FROM steering.cap
			WHERE cap.cap_id = require_saving_cap.cap AND cap.metric = 'budget'
				AND (saving.service_id IS NULL OR (saving.service_id, cap.service_id) IN (
					SELECT below.top_id, below.service_id FROM steering.service_below AS below))
				AND (saving.participant_id IS NULL OR (saving.participant_id, cap.participant_id) IN (
					SELECT below.top_id, below.participant_id FROM steering.participant_below AS below))), '22023',
		format('cap %s is no budget cap of what saving "%s" is about', require_saving_cap.cap, saving.code))
FROM steering.saving
WHERE saving.saving_id = require_saving_cap.saving_id;
END;
REVOKE ALL ON FUNCTION steering.require_saving_cap(integer, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_saving_cap(integer, text, integer) IS 'Errors: 55000 there is none, 22023 it is of something else';

-- What is taken back of a step was recorded before; what is allocated, or comes to an end, remained.
CREATE FUNCTION steering.require_remaining(saving_id integer, step text, amount numeric, cap integer, into_saving_id integer) RETURNS void
LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
WITH part AS (
	SELECT coalesce(sum(part.remaining) FILTER (WHERE part.cap_id = require_remaining.cap), 0) AS remaining,
		coalesce(sum(part.remaining) FILTER (WHERE part.cap_id = 0), 0) AS central,
		coalesce(sum(CASE require_remaining.step WHEN 'realise' THEN part.realised WHEN 'write_off' THEN part.written_off
				WHEN 'postpone' THEN part.postponed ELSE part.remaining END)
			FILTER (WHERE part.cap_id = require_remaining.cap), 0) AS recorded
	FROM steering.saving_part AS part
	WHERE part.saving_id = require_remaining.saving_id
), room AS (
	SELECT CASE WHEN require_remaining.amount < 0 THEN part.recorded
		WHEN require_remaining.step = 'allocate' THEN part.central ELSE part.remaining END AS most
	FROM part
), later AS (
	SELECT part.remaining FROM steering.saving_part AS part WHERE part.saving_id = require_remaining.into_saving_id AND part.cap_id = 0
)
SELECT steering.require_that(abs(require_remaining.amount) <= room.most, '55000',
		format('of saving "%s" there is %s for that, not %s', saving.code, steering.show_limit(room.most),
			steering.show_limit(abs(require_remaining.amount)))),
	steering.require_that(require_remaining.amount > 0 OR coalesce((SELECT later.remaining FROM later) >= - require_remaining.amount, true), '55000',
		format('what was postponed of saving "%s" has a history of its own', saving.code))
FROM room
CROSS JOIN steering.saving
WHERE saving.saving_id = require_remaining.saving_id;
END;
REVOKE ALL ON FUNCTION steering.require_remaining(integer, text, numeric, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_remaining(integer, text, numeric, integer, integer) IS 'Error: 55000 a step of a saving is more than there is for it';

-- Who writes off or postpones what was allocated gives the cap its room back, unless its period is over.
CREATE FUNCTION steering.amend_for_saving(saving_id integer, step text, amount numeric, cap integer, reason text, document text) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.amend_by(saving.during,
	format('saving %s/%s', saving.code, saving.entries),
	amend_for_saving.cap, CASE amend_for_saving.step WHEN 'allocate' THEN - amend_for_saving.amount ELSE amend_for_saving.amount END,
	amend_for_saving.reason, amend_for_saving.document)
FROM steering.saving
WHERE saving.saving_id = amend_for_saving.saving_id
	AND (amend_for_saving.step = 'allocate' OR (amend_for_saving.step <> 'realise' AND amend_for_saving.cap <> 0
		AND steering.decision_day() < upper(saving.during)
		AND EXISTS (SELECT FROM steering.cap WHERE cap.cap_id = amend_for_saving.cap)));
END;
REVOKE ALL ON FUNCTION steering.amend_for_saving(integer, text, numeric, integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.amend_for_saving(integer, text, numeric, integer, text, text) IS
'changes the cap by which a saving is enforced as a step asks; number of the amendment, null: none was needed. Errors: those of amend_by()';

-- The planner evaluates what is constant, also where a condition beside it keeps it from being asked.
CREATE FUNCTION steering.period_given(period text) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN period_given.period IS NOT NULL THEN steering.period_range(period_given.period) END;
REVOKE ALL ON FUNCTION steering.period_given(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.period_given(text) IS 'days of a period; null: none was given. Errors: those of period_range()';

-- The root of what was postponed gives its name to what becomes of it.
CREATE FUNCTION steering.postponed_code(saving_id integer, during daterange) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT concat(root.code, ' ', steering.name_period(postponed_code.during))
FROM steering.saving
JOIN steering.saving AS root ON root.saving_id = coalesce(saving.postponed_from, saving.saving_id)
WHERE saving.saving_id = postponed_code.saving_id;
END;
REVOKE ALL ON FUNCTION steering.postponed_code(integer, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.postponed_code(integer, daterange) IS 'code of the saving that another becomes when it is postponed into a period';

CREATE FUNCTION steering.record_saving(code text, step text, amount numeric, booked_on date, reason text, cap integer DEFAULT NULL,
	into_period text DEFAULT NULL, document text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_saving(record_saving.code), steering.require_given(record_saving.step IS NOT NULL, 'step'),
	steering.require_day(record_saving.booked_on, 'booked_on'), steering.require_text(record_saving.reason, 'reason'),
	steering.require_amount(abs(record_saving.amount), 'amount'),
	CASE WHEN record_saving.document IS NOT NULL THEN steering.require_text(record_saving.document, 'document') END;
SELECT steering.require_that(record_saving.step IN ('allocate', 'realise', 'write_off', 'postpone'), '22023',
		format('step must be "allocate", "realise", "write_off" or "postpone": "%s"', record_saving.step)),
	steering.require_that(record_saving.amount <> 0, '22023', 'amount must not be zero'),
	steering.require_that((record_saving.step = 'postpone') = (record_saving.into_period IS NOT NULL), '22023',
		CASE WHEN record_saving.step = 'postpone' THEN 'into_period must say into which period it is postponed'
			ELSE 'into_period is for step "postpone" only' END);
SELECT steering.require_that(lower(steering.period_given(record_saving.into_period)) >= upper(saving.during), '22023',
	format('saving "%s" can be postponed into a later period only: %s', saving.code, record_saving.into_period))
FROM steering.saving
WHERE saving.code = record_saving.code AND record_saving.into_period IS NOT NULL;
UPDATE steering.saving SET entries = saving.entries + 1 WHERE saving.code = record_saving.code;
-- Whoever records of what it becomes is waited for.
SELECT later.saving_id
FROM steering.saving
JOIN steering.saving AS later ON later.code = steering.postponed_code(saving.saving_id, steering.period_given(record_saving.into_period))
WHERE saving.code = record_saving.code AND record_saving.into_period IS NOT NULL
FOR UPDATE OF later;
SELECT steering.require_saving_cap(saving.saving_id, record_saving.step,
	coalesce(record_saving.cap, steering.saving_cap(saving.saving_id, record_saving.step, record_saving.amount)))
FROM steering.saving
WHERE saving.code = record_saving.code;
SELECT steering.require_remaining(saving.saving_id, record_saving.step, record_saving.amount,
	coalesce(record_saving.cap, steering.saving_cap(saving.saving_id, record_saving.step, record_saving.amount)), later.saving_id)
FROM steering.saving
LEFT JOIN steering.saving AS later ON record_saving.into_period IS NOT NULL
	AND later.code = steering.postponed_code(saving.saving_id, steering.period_given(record_saving.into_period))
WHERE saving.code = record_saving.code;
SELECT steering.require_not_repaid(saving.saving_id, - record_saving.amount, record_saving.booked_on)
FROM steering.saving
WHERE saving.code = record_saving.code AND record_saving.step = 'realise' AND record_saving.amount < 0;
WITH about AS MATERIALIZED (
	SELECT saving.*, coalesce(record_saving.cap, steering.saving_cap(saving.saving_id, record_saving.step, record_saving.amount)) AS cap_id,
		steering.period_given(record_saving.into_period) AS into_during
	FROM steering.saving
	WHERE saving.code = record_saving.code
), later AS (
	INSERT INTO steering.saving (code, service_id, participant_id, during, amount, structural, owner, start_up, postponed_from)
	SELECT steering.postponed_code(about.saving_id, about.into_during), about.service_id, about.participant_id, about.into_during,
		greatest(record_saving.amount, 0)::steering.amount, about.structural, about.owner, about.start_up, coalesce(about.postponed_from, about.saving_id)
	FROM about
	WHERE about.into_during IS NOT NULL
	ON CONFLICT ON CONSTRAINT saving_code_key DO UPDATE SET amount = (saving.amount::numeric + record_saving.amount)::steering.amount
	RETURNING saving.saving_id
)
INSERT INTO steering.saving_entry (saving_id, position, step, amount, booked_on, cap_id, amendment_id, into_saving_id, reason, document)
SELECT about.saving_id, about.entries, record_saving.step, record_saving.amount::steering.amount, record_saving.booked_on, about.cap_id,
	steering.amend_for_saving(about.saving_id, record_saving.step, record_saving.amount, about.cap_id, record_saving.reason, record_saving.document),
	(SELECT later.saving_id FROM later), record_saving.reason, record_saving.document
FROM about
RETURNING saving_entry.position;
END;
REVOKE ALL ON FUNCTION steering.record_saving(text, text, numeric, date, text, integer, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.record_saving(text, text, numeric, date, text, integer, text, text) IS
'records what became of a saving, or of a part of it, from a day on; returns the number of the record, of this saving from 1 on. step: allocate (the budget cap on just its service, participant and period, or another one within them that is named, is lowered by it, as an amendment), realise (it was found), write_off (it will not be), postpone (it is to be found in into_period, as a saving with the code of this one and that period). cap: which part it is about, where several remain; 0: what is allocated to none. What is written off or postponed of an allocated part is given back to its cap, as long as the period is not over. A negative amount takes back so much of what was recorded as this step. Errors: 22004 null, 22023 unknown saving or step, amount zero or with more than four decimals, a cap of something else, a period that is not later, 22P02 no period, 55000 more than there is for it, a start-up was repaid out of what is taken back, there is no cap, or the period of an allocation is over, those of amend(), 40001 concurrent change';
-- saving_view.sql
-- Savings as they are read: where each stands, the ledger of a period as councils print it, and what of them is a risk.

CREATE VIEW steering.saving_status WITH (security_barrier) AS
SELECT saving.code AS saving,
	saving.owner,
	CASE WHEN part.cap_id = 0 THEN 'central' ELSE 'allocated' END AS state,
	nullif(part.cap_id, 0) AS cap_id,
	service.code AS service,
	participant.code AS participant,
	lower(saving.during) AS valid_from,
	upper(saving.during) - 1 AS valid_to,
	saving.structural,
	saving.start_up,
	part.amount,
	part.realised,
	part.written_off,
	part.postponed,
	part.remaining
FROM steering.saving
JOIN steering.saving_part AS part ON part.saving_id = saving.saving_id
LEFT JOIN steering.cap ON cap.cap_id = part.cap_id
LEFT JOIN steering.service ON service.service_id = coalesce(cap.service_id, saving.service_id)
LEFT JOIN steering.participant ON participant.participant_id = coalesce(cap.participant_id, saving.participant_id)
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR saving.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.saving_status TO PUBLIC;
COMMENT ON VIEW steering.saving_status IS 'the savings of participants that the role may read, part by part: what of each is allocated to no cap, and to each cap; those of no participant are for who may read all. amount = realised + written_off + postponed + remaining';
COMMENT ON COLUMN steering.saving_status.saving IS 'code of the saving';
COMMENT ON COLUMN steering.saving_status.owner IS 'who has to find it';
COMMENT ON COLUMN steering.saving_status.state IS 'central: allocated to no cap; allocated: the cap was lowered by it';
COMMENT ON COLUMN steering.saving_status.cap_id IS 'the cap, which may be gone; null: none';
COMMENT ON COLUMN steering.saving_status.service IS 'code of the service of the cap, else of the saving; null: of none';
COMMENT ON COLUMN steering.saving_status.participant IS 'code of the participant of the cap, else of the saving; null: of none';
COMMENT ON COLUMN steering.saving_status.valid_from IS 'first day of the period in which it is to be found';
COMMENT ON COLUMN steering.saving_status.valid_to IS 'last day of the period';
COMMENT ON COLUMN steering.saving_status.structural IS 'true: it stays so in the years after';
COMMENT ON COLUMN steering.saving_status.start_up IS 'code of the start-up that it repays; null: none';
COMMENT ON COLUMN steering.saving_status.amount IS 'how much is to be found of this part';
COMMENT ON COLUMN steering.saving_status.realised IS 'what of it was found';
COMMENT ON COLUMN steering.saving_status.written_off IS 'what of it will not be found';
COMMENT ON COLUMN steering.saving_status.postponed IS 'what of it is to be found later, as a saving of its own';
COMMENT ON COLUMN steering.saving_status.remaining IS 'what of it is still to be found';

CREATE VIEW steering.saving_event WITH (security_barrier) AS
SELECT saving.code AS saving,
	entry.position,
	entry.step,
	entry.amount::numeric AS amount,
	entry.booked_on,
	nullif(entry.cap_id, 0) AS cap_id,
	record.number AS amendment,
	(SELECT later.code FROM steering.saving AS later WHERE later.saving_id = entry.into_saving_id) AS into_saving,
	entry.reason,
	entry.document,
	entry.recorded_at,
	entry.role_name
FROM steering.saving_entry AS entry
JOIN steering.saving ON saving.saving_id = entry.saving_id
LEFT JOIN steering.amendment_record AS record ON record.amendment_id = entry.amendment_id
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR saving.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.saving_event TO PUBLIC;
COMMENT ON VIEW steering.saving_event IS 'what became of savings, of participants that the role may read';
COMMENT ON COLUMN steering.saving_event.saving IS 'code of the saving';
COMMENT ON COLUMN steering.saving_event.position IS '1 for the first of the saving';
COMMENT ON COLUMN steering.saving_event.step IS 'allocate, realise, write_off or postpone';
COMMENT ON COLUMN steering.saving_event.amount IS 'money; negative: so much of that step was taken back';
COMMENT ON COLUMN steering.saving_event.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.saving_event.cap_id IS 'the cap to which the part is, or was, allocated; null: none';
COMMENT ON COLUMN steering.saving_event.amendment IS 'number of the amendment by which that cap was changed; null: none was';
COMMENT ON COLUMN steering.saving_event.into_saving IS 'code of the saving that it became in a later period; null: it was not postponed';
COMMENT ON COLUMN steering.saving_event.reason IS 'why';
COMMENT ON COLUMN steering.saving_event.document IS 'where it is written; null: not said';
COMMENT ON COLUMN steering.saving_event.recorded_at IS 'when it was recorded';
COMMENT ON COLUMN steering.saving_event.role_name IS 'who had logged in';

-- What is still to be found is negative, as on a line of a budget that it waits on; what was found, written off or postponed is
-- positive. What is allocated leaves the central part and comes to that of the cap.
CREATE VIEW steering.saving_move WITH (security_barrier) AS
SELECT status.saving, NULL::integer AS cap_id, NULL::date AS booked_on, 'target' AS step, - sum(status.amount) AS amount
FROM steering.saving_status AS status
GROUP BY status.saving
UNION ALL
SELECT event.saving, CASE event.step WHEN 'allocate' THEN NULL ELSE event.cap_id END, event.booked_on, event.step, event.amount
FROM steering.saving_event AS event
UNION ALL
SELECT event.saving, event.cap_id, event.booked_on, event.step, - event.amount
FROM steering.saving_event AS event
WHERE event.step = 'allocate';
GRANT SELECT ON steering.saving_move TO PUBLIC;
COMMENT ON VIEW steering.saving_move IS 'what saving_ledger() adds up, of savings that the role may read: as on lines of a budget, negative is still to be found';
COMMENT ON COLUMN steering.saving_move.saving IS 'code of the saving';
COMMENT ON COLUMN steering.saving_move.cap_id IS 'the cap of the part; null: what is allocated to none';
COMMENT ON COLUMN steering.saving_move.booked_on IS 'the day from which it counts; null: from the beginning';
COMMENT ON COLUMN steering.saving_move.step IS 'target, allocate, realise, write_off or postpone';
COMMENT ON COLUMN steering.saving_move.amount IS 'money';

CREATE FUNCTION steering.saving_ledger(period text, first_report date DEFAULT NULL, second_report date DEFAULT NULL)
RETURNS TABLE (saving text, owner text, state text, cap_id integer, service text, participant text, structural boolean, at_begin numeric,
	to_first_report numeric, to_second_report numeric, to_end numeric, remaining numeric, allocated numeric, realised numeric,
	written_off numeric, postponed numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH asked AS (
	SELECT lower(days.during) AS first_day, upper(days.during) AS end_day,
		greatest(coalesce(days.first_report + 1, lower(days.during)), lower(days.during)) AS second_part,
		greatest(coalesce(days.second_report + 1, days.first_report + 1, lower(days.during)),
			coalesce(days.first_report + 1, lower(days.during)), lower(days.during)) AS third_part
	FROM (SELECT steering.period_range(saving_ledger.period) AS during, CASE WHEN saving_ledger.first_report <= '9999-12-31' THEN saving_ledger.first_report
			WHEN saving_ledger.first_report IS NOT NULL THEN '9999-12-31' END AS first_report,
		CASE WHEN saving_ledger.second_report <= '9999-12-31' THEN saving_ledger.second_report
			WHEN saving_ledger.second_report IS NOT NULL THEN '9999-12-31' END AS second_report) AS days
), summed AS (
	SELECT status.saving, status.owner, status.state, status.cap_id, status.service, status.participant, status.structural,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on IS NULL OR move.booked_on < asked.first_day), 0) AS at_begin,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.booked_on < asked.second_part), 0) AS to_first_report,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.second_part AND move.booked_on < asked.third_part), 0) AS to_second_report,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.third_part), 0) AS to_end,
		sum(move.amount) AS remaining,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.step = 'allocate'), 0) AS allocated,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.step = 'realise'), 0) AS realised,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.step = 'write_off'), 0) AS written_off,
		coalesce(sum(move.amount) FILTER (WHERE move.booked_on >= asked.first_day AND move.step = 'postpone'), 0) AS postponed,
		bool_or(move.booked_on >= asked.first_day) IS TRUE AS has_moved
	FROM asked
	JOIN steering.saving_status AS status ON status.valid_from < asked.end_day
	JOIN steering.saving_move AS move ON move.saving = status.saving AND coalesce(move.cap_id, 0) = coalesce(status.cap_id, 0)
		AND (move.booked_on IS NULL OR move.booked_on < asked.end_day)
	GROUP BY status.saving, status.owner, status.state, status.cap_id, status.service, status.participant, status.structural
)
SELECT summed.saving, summed.owner, summed.state, summed.cap_id, summed.service, summed.participant, summed.structural, summed.at_begin,
	summed.to_first_report, summed.to_second_report, summed.to_end, summed.remaining, summed.allocated, summed.realised,
	summed.written_off, summed.postponed
FROM summed
WHERE summed.at_begin <> 0 OR summed.has_moved
ORDER BY summed.state DESC, summed.saving COLLATE "C", summed.cap_id NULLS FIRST;
END;
COMMENT ON FUNCTION steering.saving_ledger(text, date, date) IS
'the ledger of savings of a period, with the columns that councils print: a row for each part (central, or allocated to a cap) of savings of this period, and of earlier ones, that the role may read and of which something was still to be found at its beginning, or something was recorded in it. Negative is still to be found, positive fills it: at_begin + to_first_report + to_second_report + to_end = remaining; the days of the two reports are the last ones of their columns (null: there is no such report). What was recorded in the period, by step: allocated (out of the central part into that of the cap, so it adds up to nothing), realised, written_off, postponed. Errors: those of period_range()';

CREATE FUNCTION steering.outlook_risk(as_of date, period text DEFAULT NULL)
RETURNS TABLE (service text, participant text, actual numeric, expected numeric, budget numeric, expected_headroom numeric,
	saving_at_risk numeric, headroom_at_risk numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH asked AS (
	SELECT coalesce(outlook_risk.period, extract(year FROM outlook_risk.as_of)::text) AS period
), known AS (
	SELECT outlook.service, outlook.participant, outlook.actual, outlook.expected, outlook.budget, outlook.expected_headroom,
		0::numeric AS saving_at_risk
	FROM asked
	CROSS JOIN LATERAL steering.outlook(outlook_risk.as_of, NULL, asked.period) AS outlook
	UNION ALL
	SELECT status.service, status.participant, NULL, NULL, NULL, NULL, - sum(move.amount)
	FROM asked
	JOIN steering.saving_status AS status ON status.state = 'central' AND status.valid_from < upper(steering.period_range(asked.period))
	JOIN steering.saving_move AS move ON move.saving = status.saving AND move.cap_id IS NULL
		AND (move.booked_on IS NULL OR move.booked_on <= outlook_risk.as_of)
	GROUP BY status.service, status.participant
)
SELECT known.service, known.participant, sum(known.actual), sum(known.expected), sum(known.budget), sum(known.expected_headroom),
	sum(known.saving_at_risk), sum(known.expected_headroom) - sum(known.saving_at_risk)
FROM known
GROUP BY known.service, known.participant
HAVING bool_or(known.actual IS NOT NULL) OR sum(known.saving_at_risk) <> 0
ORDER BY known.service COLLATE "C" NULLS LAST, known.participant COLLATE "C" NULLS LAST;
END;
COMMENT ON FUNCTION steering.outlook_risk(date, text) IS
'outlook() of a period (null: the calendar year of as_of) with what of savings of it, or of earlier ones, is allocated to no cap and was still to be found on as_of (saving_at_risk): of that no budget knows, so what is expected to be left is less by it (headroom_at_risk). What is allocated has lowered its cap, and is enforced. A row for each service and participant of either, that the role may read; null: a saving of no service, or of no participant. Errors: those of outlook()';
-- repayment.sql
-- Start-ups are repaid out of what they have saved, until all is recovered.

CREATE FUNCTION steering.start_up_balance(code text, day date, OUT advanced numeric, OUT repaid numeric, OUT realised numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT start_up.amount::numeric,
	(SELECT coalesce(sum(repayment.amount::numeric), 0)
		FROM steering.start_up_repayment AS repayment WHERE repayment.start_up_id = start_up.start_up_id),
	(SELECT min(course.realised)
		FROM (
			SELECT sum(event.amount) OVER (ORDER BY event.day) AS realised
			FROM (
				SELECT greatest(entry.booked_on, start_up_balance.day) AS day, entry.amount::numeric AS amount
				FROM steering.saving_entry AS entry
				JOIN steering.saving ON saving.saving_id = entry.saving_id
				WHERE saving.start_up = start_up.code AND entry.step = 'realise'
				UNION ALL
				SELECT start_up_balance.day, 0
			) AS event
		) AS course)
FROM steering.start_up
WHERE start_up.code = start_up_balance.code;
END;
REVOKE ALL ON FUNCTION steering.start_up_balance(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.start_up_balance(text, date) IS 'what of a start-up was advanced, repaid (ever), and realised of the savings that repay it, until a day and including it, and not taken back on a later one';

CREATE FUNCTION steering.repay_start_up(code text, amount numeric, repaid_on date, reason text) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_start_up(repay_start_up.code), steering.require_positive(abs(repay_start_up.amount), 'amount', 2),
	steering.require_day(repay_start_up.repaid_on, 'repaid_on'), steering.require_text(repay_start_up.reason, 'reason');
UPDATE steering.start_up SET repayments = start_up.repayments + 1 WHERE start_up.code = repay_start_up.code;
SELECT steering.require_open_month(steering.settling_month(repay_start_up.repaid_on));
SELECT steering.require_that(repay_start_up.amount <= balance.advanced - balance.repaid, '55000',
		format('of start-up "%s" only %s is not repaid, not %s', repay_start_up.code, steering.show_limit(balance.advanced - balance.repaid),
			steering.show_limit(repay_start_up.amount))),
	steering.require_that(repay_start_up.amount < 0 OR repay_start_up.amount <= balance.realised - balance.repaid, '55000',
		format('start-up "%s" has saved %s that is not repaid yet, not %s', repay_start_up.code,
			steering.show_limit(greatest(balance.realised - balance.repaid, 0)), steering.show_limit(repay_start_up.amount)),
		format('Realised of its savings by %s: %s, repaid: %s.', to_char(repay_start_up.repaid_on::timestamp, 'YYYY-MM-DD'),
			steering.show_limit(balance.realised), steering.show_limit(balance.repaid))),
	steering.require_that(- repay_start_up.amount <= balance.repaid, '55000',
		format('of start-up "%s" only %s was repaid, not %s', repay_start_up.code, steering.show_limit(balance.repaid),
			steering.show_limit(- repay_start_up.amount)))
FROM steering.start_up_balance(repay_start_up.code, repay_start_up.repaid_on) AS balance;
WITH share AS (
	SELECT share.participant_id, share.advance::numeric - coalesce(sum(line.amount::numeric), 0) AS remaining,
		coalesce(sum(line.amount::numeric), 0) AS repaid
	FROM steering.start_up
	JOIN steering.start_up_share AS share ON share.start_up_id = start_up.start_up_id
	LEFT JOIN steering.start_up_repayment AS repayment ON repayment.start_up_id = start_up.start_up_id
	LEFT JOIN steering.start_up_repayment_line AS line ON line.repayment_id = repayment.repayment_id
		AND line.participant_id = share.participant_id
	WHERE start_up.code = repay_start_up.code
	GROUP BY share.participant_id, share.advance::numeric
), divided AS (
	SELECT share.participant_id, steering.allocated(repay_start_up.amount,
		CASE WHEN repay_start_up.amount > 0 THEN share.remaining ELSE share.repaid END, 0.01, 'error') OVER (
			ORDER BY participant.code COLLATE "C") AS amount
	FROM share
	JOIN steering.participant ON participant.participant_id = share.participant_id
), made AS (
	INSERT INTO steering.start_up_repayment (start_up_id, amount, repaid_on, reason, settled_in)
	SELECT start_up.start_up_id, repay_start_up.amount::steering.amount, repay_start_up.repaid_on, repay_start_up.reason,
		steering.settling_month(repay_start_up.repaid_on)
	FROM steering.start_up
	WHERE start_up.code = repay_start_up.code
	RETURNING repayment_id
), lines AS (
	INSERT INTO steering.start_up_repayment_line (repayment_id, participant_id, amount)
	SELECT made.repayment_id, divided.participant_id, divided.amount::steering.amount FROM made CROSS JOIN divided
)
SELECT made.repayment_id FROM made;
END;
REVOKE ALL ON FUNCTION steering.repay_start_up(text, numeric, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.repay_start_up(text, numeric, date, text) IS
'repays a start-up out of what the savings that name it have realised by that day and that is not repaid yet; returns the number of the repayment. It is divided by what each participant has still to get, by the largest remainder, in whole cents: so shares add up to it, and what is repaid last makes each whole. A negative amount takes back so much of what was repaid, by what each has got. It is settled with the month of the day, or the first open one after it. Errors: 22004 null, 22023 unknown start-up, an amount that is zero or not in whole cents, no day, an empty reason, 55000 more than is not repaid, than was saved, or than was repaid, 40001 concurrent change';

CREATE FUNCTION steering.drop_start_up(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_start_up(drop_start_up.code);
SELECT steering.require_open_month(start_up.settled_in) FROM steering.start_up WHERE start_up.code = drop_start_up.code;
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.start_up_repayment AS repayment WHERE repayment.start_up_id = start_up.start_up_id),
		'55000', format('of start-up "%s" something was repaid', start_up.code)),
	steering.require_that(NOT EXISTS (SELECT FROM steering.saving WHERE saving.start_up = start_up.code),
		'55000', format('savings repay start-up "%s"', start_up.code), 'They name it: see steering.saving_status.')
FROM steering.start_up
WHERE start_up.code = drop_start_up.code;
DELETE FROM steering.start_up_share USING steering.start_up
WHERE start_up.code = drop_start_up.code AND start_up_share.start_up_id = start_up.start_up_id;
DELETE FROM steering.start_up WHERE start_up.code = drop_start_up.code;
END;
REVOKE ALL ON FUNCTION steering.drop_start_up(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_start_up(text) IS
'removes a start-up of which nothing was repaid, which was not settled in a period that is closed, and which no saving names. Errors: 22004 null, 22023 unknown, 55000 something was repaid, it was settled, or savings repay it';
-- start_up_line.sql
-- What settlements say of start-ups: an advance is owed, and given back as it is repaid, so all of it together is what is not recovered. It is
-- a claim, and no part of the supplier's result. Here is how all settlement lines are computed and proved, since these are among them.

CREATE FUNCTION steering.start_up_moved(first_day date, end_day date)
RETURNS TABLE (line text, participant_id integer, key text, quantity numeric, price numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH moved AS MATERIALIZED (
	SELECT start_up.settled_in AS month, start_up.key, start_up.amount::numeric AS whole, share.participant_id, share.advance::numeric AS amount
	FROM steering.start_up
	JOIN steering.start_up_share AS share ON share.start_up_id = start_up.start_up_id
	UNION ALL
	SELECT repayment.settled_in, start_up.key, - repayment.amount::numeric, line.participant_id, - line.amount::numeric
	FROM steering.start_up_repayment AS repayment
	JOIN steering.start_up ON start_up.start_up_id = repayment.start_up_id
	JOIN steering.start_up_repayment_line AS line ON line.repayment_id = repayment.repayment_id
), due AS MATERIALIZED (
	SELECT moved.*
	FROM moved
	WHERE moved.month >= start_up_moved.first_day AND moved.month < start_up_moved.end_day
		AND NOT EXISTS (SELECT FROM steering.billed_closing AS billed
			WHERE billed.during <@ daterange(start_up_moved.first_day, start_up_moved.end_day) AND billed.during @> moved.month)
)
SELECT 'start_up', due.participant_id, due.key, round(100 * due.amount / due.whole, 4), due.whole, due.amount
FROM due
WHERE due.amount <> 0
UNION ALL
SELECT 'start_up_claim', NULL, NULL, NULL, NULL, sum(due.amount)
FROM due
HAVING count(*) > 0;
END;
REVOKE ALL ON FUNCTION steering.start_up_moved(date, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.start_up_moved(date, date) IS
'the settlement lines of start-ups that these months bring, beyond what was billed in them by closings: for each advance (positive) and repayment (negative) the shares of participants, with the percentage and the whole; and their sum';

-- The result is shared for years (see result_year()): what is due until the last day less what was shared before. What a
-- closing shared of whole years stays as it is.
CREATE OR REPLACE FUNCTION steering.compute_settlement(first_day date, end_day date)
RETURNS TABLE (line text, service_id integer, participant_id integer, agreement_id integer, key text,
	quantity numeric, price numeric, amount numeric, corrects integer)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH run AS MATERIALIZED (
	SELECT steering.billed_run(compute_settlement.first_day, compute_settlement.end_day) AS during
), billed AS MATERIALIZED (
	SELECT billed.* FROM steering.billed_around(compute_settlement.first_day, compute_settlement.end_day) AS billed
), owed AS MATERIALIZED (
	SELECT owed.* FROM steering.settlement_owed(compute_settlement.first_day, compute_settlement.end_day) AS owed
), stored AS MATERIALIZED (
	SELECT billed.place, billed.during, stored.line, stored.participant_id, stored.key, stored.quantity, stored.price,
		stored.amount::numeric AS amount, stored.closing_id
	FROM billed
	JOIN steering.settlement_line AS stored ON stored.closing_id = billed.closing_id
	WHERE stored.line IN ('result', 'result_share', 'unowed_result')
), result AS MATERIALIZED (
	SELECT CASE WHEN bool_and(owed.amount IS NOT NULL) THEN
		coalesce(sum(owed.amount) FILTER (WHERE owed.line <> 'booked_cost'), 0)
			- coalesce(sum(owed.amount) FILTER (WHERE owed.line = 'booked_cost'), 0) END AS amount
	FROM owed
	WHERE owed.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
), year AS MATERIALIZED (
	SELECT year.during, year.key_id, year.percent, allocation_key.code AS key, least(upper(year.during), upper(run.during)) AS end_day,
		lower(year.during) < compute_settlement.first_day AND (lower(year.during) < lower(run.during) OR EXISTS (
			SELECT FROM billed WHERE billed.place = 'before' AND billed.during @> lower(year.during)
				AND lower(billed.during) < lower(year.during))) AS open_before
	FROM run
	CROSS JOIN LATERAL steering.result_year(compute_settlement.first_day, compute_settlement.end_day) AS year
	LEFT JOIN steering.allocation_key ON allocation_key.key_id = year.key_id
), whole AS MATERIALIZED (
	SELECT billed.closing_id, billed.during
	FROM billed
	WHERE billed.place = 'inside'
		AND NOT EXISTS (SELECT FROM year WHERE year.during && billed.during AND NOT year.during <@ billed.during)
), shared_year AS MATERIALIZED (
	SELECT year.*
	FROM year
	WHERE NOT EXISTS (SELECT FROM whole WHERE whole.during @> year.during)
), due AS MATERIALIZED (
	SELECT 1 AS sign, year.during, year.end_day, year.key_id, year.key, year.percent FROM shared_year AS year WHERE year.percent > 0
	UNION ALL
	SELECT -1, year.during, compute_settlement.first_day, year.key_id, year.key, year.percent
	FROM shared_year AS year
	WHERE year.percent > 0 AND year.open_before
), due_result AS MATERIALIZED (
	SELECT due.*, result.amount + (
		SELECT coalesce(sum(stored.amount), 0) FROM stored WHERE stored.line = 'result' AND stored.place = 'inside') AS amount
	FROM due
	CROSS JOIN result
	WHERE lower(due.during) = compute_settlement.first_day AND due.end_day = compute_settlement.end_day
	UNION ALL
	SELECT other.*, total.amount + (
		SELECT coalesce(sum(line.amount::numeric), 0)
		FROM steering.billed_closing AS inside
		JOIN steering.settlement_line AS line ON line.closing_id = inside.closing_id
		WHERE line.line = 'result' AND inside.during <@ daterange(lower(other.during), other.end_day))
	FROM (SELECT due.* FROM due
		  WHERE lower(due.during) <> compute_settlement.first_day OR due.end_day <> compute_settlement.end_day OFFSET 0) AS other
	CROSS JOIN LATERAL (
		SELECT CASE WHEN bool_and(owed.amount IS NOT NULL) THEN
			coalesce(sum(owed.amount) FILTER (WHERE owed.line <> 'booked_cost'), 0)
				- coalesce(sum(owed.amount) FILTER (WHERE owed.line = 'booked_cost'), 0) END AS amount
		FROM steering.settlement_owed(lower(other.during), other.end_day) AS owed
		WHERE owed.line IN ('agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
	) AS total
), shared AS MATERIALIZED (
	SELECT due_result.*, round(due_result.amount * due_result.percent * 0.01, 2) AS shared
	FROM due_result
), weighed AS MATERIALIZED (
	SELECT shared.sign, shared.during, shared.end_day, shared.key, shared.shared, weight.participant_id, weight.service_id,
		weight.weight, bool_and(weight.weight IS NOT NULL) OVER each_year OR shared.shared = 0 AS is_known
	FROM shared
	CROSS JOIN LATERAL steering.result_weight(lower(shared.during), shared.end_day, shared.key_id) AS weight
	WINDOW each_year AS (PARTITION BY shared.sign, shared.during)
), divided AS MATERIALIZED (
	SELECT weighed.sign, weighed.during, weighed.participant_id, weighed.key, weighed.shared, weighed.is_known,
		100 * greatest(coalesce(weighed.weight, 0), 0) / nullif(sum(greatest(coalesce(weighed.weight, 0), 0)) OVER each_year, 0) AS percent,
		steering.allocated(weighed.shared, greatest(coalesce(weighed.weight, 0), 0), 0.01, 'unallocated') OVER (
			PARTITION BY weighed.sign, weighed.during ORDER BY participant.code COLLATE "C" NULLS LAST, weighed.service_id) AS share
	FROM weighed
	LEFT JOIN steering.participant ON participant.participant_id = weighed.participant_id
	WINDOW each_year AS (PARTITION BY weighed.sign, weighed.during)
), returned AS MATERIALIZED (
	SELECT stored.line, stored.participant_id, stored.key, stored.quantity, stored.price, stored.amount,
		CASE WHEN stored.place = 'inside' THEN stored.closing_id END AS corrects
	FROM stored
	WHERE stored.line IN ('result_share', 'unowed_result')
		AND CASE stored.place
			WHEN 'inside' THEN NOT EXISTS (SELECT FROM whole WHERE whole.during @> stored.during)
			ELSE EXISTS (SELECT FROM shared_year AS year
				WHERE year.during @> stored.during AND NOT (stored.place = 'before' AND year.open_before)) END
), share_entry AS (
	SELECT divided.sign, divided.participant_id, divided.key, round(divided.percent, 4) AS quantity, - divided.shared AS price,
		CASE WHEN divided.is_known THEN - divided.share END AS amount, NULL::integer AS corrects
	FROM divided
	WHERE divided.participant_id IS NOT NULL
	UNION ALL
	SELECT -1, returned.participant_id, returned.key, returned.quantity, returned.price, returned.amount, returned.corrects
	FROM returned
	WHERE returned.line = 'result_share'
), total AS MATERIALIZED (
	SELECT result.amount,
		CASE WHEN EXISTS (SELECT FROM shared WHERE shared.shared IS NULL) THEN NULL ELSE
			coalesce((SELECT sum(shared.sign * shared.shared) FROM shared), 0)
				- coalesce((SELECT sum(CASE returned.line WHEN 'result_share' THEN - returned.amount ELSE returned.amount END)
					FROM returned), 0) END AS shared,
		CASE WHEN EXISTS (SELECT FROM shared WHERE shared.shared IS NULL)
				OR EXISTS (SELECT FROM divided WHERE NOT divided.is_known) THEN NULL ELSE
			coalesce((SELECT sum(divided.sign * divided.share) FROM divided WHERE divided.participant_id IS NULL), 0)
				+ coalesce((SELECT sum(shared.sign * shared.shared) FROM shared WHERE NOT EXISTS (
					SELECT FROM divided
					WHERE divided.sign = shared.sign AND divided.during = shared.during AND divided.percent IS NOT NULL)), 0)
				- coalesce((SELECT sum(returned.amount) FROM returned WHERE returned.line = 'unowed_result'), 0) END AS unowed
	FROM result
)
SELECT owed.line, owed.service_id, owed.participant_id, owed.agreement_id, owed.key, owed.quantity, owed.price, owed.amount,
	owed.corrects
FROM owed
UNION ALL
SELECT 'result_share', NULL, share_entry.participant_id, NULL, share_entry.key,
	CASE WHEN count(*) = 1 THEN max(share_entry.quantity) END, CASE WHEN count(*) = 1 THEN max(share_entry.sign * share_entry.price) END,
	CASE WHEN bool_and(share_entry.amount IS NOT NULL) THEN sum(share_entry.sign * share_entry.amount) END, share_entry.corrects
FROM share_entry
GROUP BY share_entry.participant_id, share_entry.key, share_entry.corrects
HAVING coalesce(sum(share_entry.sign * share_entry.amount) <> 0, true) OR NOT bool_and(share_entry.amount IS NOT NULL)
	OR count(*) = 1 AND share_entry.corrects IS NULL AND bool_or(share_entry.sign > 0)
UNION ALL
SELECT 'correction', correction.service_id, correction.participant_id, NULL, NULL, NULL, NULL, correction.amount::numeric,
	correction.closing_id
FROM steering.settlement_correction AS correction
WHERE correction.month >= compute_settlement.first_day AND correction.month < compute_settlement.end_day
	AND NOT EXISTS (SELECT FROM billed WHERE billed.place = 'inside' AND billed.during @> correction.month)
UNION ALL
SELECT moved.line, NULL, moved.participant_id, NULL, moved.key, moved.quantity, moved.price, moved.amount, NULL
FROM steering.start_up_moved(compute_settlement.first_day, compute_settlement.end_day) AS moved
UNION ALL
SELECT 'result', NULL, NULL, NULL, NULL, NULL, NULL, total.amount, NULL FROM total
UNION ALL
SELECT 'kept_result', NULL, NULL, NULL, NULL, NULL, NULL, total.amount - total.shared, NULL FROM total
UNION ALL
SELECT 'unowed_result', NULL, NULL, NULL, NULL, NULL, NULL, total.unowed, NULL FROM total;
END;
COMMENT ON FUNCTION steering.compute_settlement(date, date) IS
'the settlement lines that the months between first_day and before end_day bring beyond what was billed in them by closings. Those of participants: see settle(). Those of the proof: booked_cost, the actual cost; where it belongs: agreed_cost to an agreement, shared_cost to those who share the cost of a service, other_cost to no agreement; divided_cost, what a key divides, undivided_cost, what of it cannot be divided since a weight is not known, and unowed_cost, what of it nobody owes: shares of those without an agreement, and parts of cents; result, the supplier''s: what participants owe for the period less the actual cost; kept_result, what it does not share, and unowed_result, what it shares with nobody; start_up_claim, by how much what participants have advanced for start-ups and not got back changes. An amount is null where a weight is not known';

COMMENT ON FUNCTION steering.settle(text) IS
'what each participant owes (positive) or gets (negative) for a period, in whole cents. By agreement: agreed, excess and unused as agreement_charge() says for the actual volume that the agreement covers; share of the actual cost of a service by an allocation key, divided by the largest remainder; incentive, the sum of the percentages of the service''s indicators of the agreed money (of what is owed, where none was agreed beforehand), bonus or malus, limited to incentive_maximum; advance, paid before. Terms are judged over all months of an agreement until the end of the period, with their exact share of what was agreed; what was due until the start of the period, or was billed for it, is taken off. result_share: the participant''s part of the supplier''s gain (negative) or loss, judged so for the years of set_result_share(). correction of an earlier settlement (corrects). start_up: the participant''s share of what is advanced for a start-up with the month of that day, and (negative) of what is repaid; no part of the supplier''s result; where the month was closed already, with the first one after it that was open. Lines of closed periods (closing_id) are as they were billed. Where other lines are given too, these are for the whole period, and with corrects they take back what the closing of that number billed in it: so the sum is what is owed, whatever was closed meanwhile. Amount null: a weight is not known, see settlement_problem(). It shows all participants; each can read its own closed ones in steering.settlement. Errors: those of period_range(), 55000 the period has only a part of a closed one, 22003 an amount does not fit';

-- OR REPLACE: earlier versions have it, without start-ups.
CREATE OR REPLACE FUNCTION steering.settlement_proof(period text)
RETURNS TABLE (item text, service text, key text, total numeric, parts numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
BEGIN ATOMIC
SELECT steering.require_settled(steering.period_range(settlement_proof.period));
WITH settled AS MATERIALIZED (
	SELECT settled.* FROM steering.settlement_in(steering.period_range(settlement_proof.period)) AS settled
), proof AS (
	SELECT 1 AS step, 'booked_cost' AS item, NULL::integer AS service_id, NULL::text AS key,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) AS total,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed_cost', 'shared_cost', 'other_cost')), 0) AS parts
	FROM settled
	UNION ALL
	SELECT 2, 'divided_cost', settled.service_id, settled.key,
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'divided_cost'), 0),
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('share', 'unowed_cost')), 0) END
	FROM settled
	WHERE settled.line IN ('divided_cost', 'share', 'unowed_cost')
	GROUP BY settled.service_id, settled.key
	UNION ALL
	SELECT 3, settled.line, settled.service_id, settled.key, sum(settled.amount), NULL
	FROM settled
	WHERE settled.line IN ('other_cost', 'unowed_cost', 'undivided_cost')
	GROUP BY settled.line, settled.service_id, settled.key
	HAVING sum(settled.amount) <> 0
	UNION ALL
	SELECT 4, settled.line, NULL, NULL, CASE WHEN bool_and(settled.amount IS NOT NULL) THEN sum(settled.amount) END, NULL
	FROM settled
	WHERE settled.participant_id IS NOT NULL
	GROUP BY settled.line
	UNION ALL
	SELECT 5, 'result', NULL, NULL,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0) END,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line IN ('agreed', 'excess', 'unused', 'share', 'incentive')), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'booked_cost'), 0) END
	FROM settled
	WHERE settled.line IN ('result', 'agreed', 'excess', 'unused', 'share', 'incentive', 'booked_cost')
	UNION ALL
	SELECT 6, 'shared_result', NULL, NULL,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result'), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'kept_result'), 0) END,
		CASE WHEN bool_and(settled.amount IS NOT NULL) THEN
			coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'unowed_result'), 0)
				- coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'result_share'), 0) END
	FROM settled
	WHERE settled.line IN ('result', 'kept_result', 'unowed_result', 'result_share')
	UNION ALL
	SELECT 7, settled.line, NULL, NULL, CASE WHEN bool_and(settled.amount IS NOT NULL) THEN sum(settled.amount) END, NULL
	FROM settled
	WHERE settled.line IN ('kept_result', 'unowed_result')
	GROUP BY settled.line
	UNION ALL
	SELECT 8, 'start_up_claim', NULL, NULL, coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'start_up_claim'), 0),
		coalesce(sum(settled.amount) FILTER (WHERE settled.line = 'start_up'), 0)
	FROM settled
	WHERE settled.line IN ('start_up_claim', 'start_up')
	HAVING count(*) > 0
	UNION ALL
	SELECT 9, 'to_pay', NULL, NULL,
		CASE WHEN coalesce(bool_and(settled.amount IS NOT NULL), true) THEN coalesce(sum(settled.amount), 0) END,
		CASE WHEN coalesce(bool_and(settled.amount IS NOT NULL), true) THEN coalesce(sum(round(settled.amount, 2)), 0) END
	FROM settled
	WHERE settled.participant_id IS NOT NULL
)
SELECT proof.item, service.code, proof.key, proof.total, proof.parts, proof.total - proof.parts
FROM proof
LEFT JOIN steering.service ON service.service_id = proof.service_id
ORDER BY proof.step, proof.item, service.code COLLATE "C", proof.key COLLATE "C";
END;
COMMENT ON FUNCTION steering.settlement_proof(text) IS
'proves that the lines of settle() add up: each difference is 0. booked_cost: the actual cost of the period, and its parts under agreements, shared, and under none; divided_cost of a service: what a key divides, and its shares with what nobody owes; then what is under no agreement (other_cost), what nobody owes (unowed_cost) and what cannot be divided since a weight is not known (undivided_cost, see settlement_problem()), per service; what depends on that is null; the sum of each kind of line; result: the supplier''s, as shared and as what is owed less the actual cost; shared_result: what of it is shared, and the shares; kept_result and unowed_result: what is not; start_up_claim, where there are start-ups: what of them was advanced less what was repaid, and the shares; to_pay: all lines, and all lines in whole cents. Errors: those of settle()';
-- business_case.sql
-- What is expected of something new: benefits and one-off costs by year, and whether they are worth it.

CREATE TABLE steering.case_line (
	business_case text NOT NULL CONSTRAINT case_line_business_case_not_empty CHECK (business_case ~ '[^[:space:]]'),
	line text NOT NULL CONSTRAINT case_line_line_not_empty CHECK (line ~ '[^[:space:]]'),
	year integer NOT NULL CONSTRAINT case_line_year_in_range CHECK (year BETWEEN 1900 AND 9999),
	benefit steering.amount NOT NULL,
	cost steering.amount NOT NULL,
	CONSTRAINT case_line_pkey PRIMARY KEY (business_case, line, year)
);
REVOKE ALL ON steering.case_line FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.case_line', '');
COMMENT ON TABLE steering.case_line IS 'business cases, line by line and year by year, written by set_case_line() and drop_case_line() alone; for who may read about the organisation as a whole';
COMMENT ON COLUMN steering.case_line.business_case IS 'code of the business case: that of its start-up, where there is one';
COMMENT ON COLUMN steering.case_line.line IS 'what it is about';
COMMENT ON COLUMN steering.case_line.year IS 'the calendar year';
COMMENT ON COLUMN steering.case_line.benefit IS 'what it brings in that year: money; 0 is said, not left out';
COMMENT ON COLUMN steering.case_line.cost IS 'what it costs in that year: money';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.case_line
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_case_line', 'drop_case_line');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.case_line FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.set_case_line(business_case text, line text, year integer, benefit numeric, cost numeric) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_text(set_case_line.business_case, 'business_case'), steering.require_text(set_case_line.line, 'line'),
	steering.require_given(set_case_line.year IS NOT NULL, 'year'),
	steering.require_amount(set_case_line.benefit, 'benefit'), steering.require_amount(set_case_line.cost, 'cost');
SELECT steering.require_that(set_case_line.year BETWEEN 1900 AND 9999, '22023', format('year must be between 1900 and 9999: %s', set_case_line.year));
INSERT INTO steering.case_line (business_case, line, year, benefit, cost)
VALUES (set_case_line.business_case, set_case_line.line, set_case_line.year, set_case_line.benefit::steering.amount,
	set_case_line.cost::steering.amount)
ON CONFLICT ON CONSTRAINT case_line_pkey DO UPDATE SET benefit = excluded.benefit, cost = excluded.cost;
END;
REVOKE ALL ON FUNCTION steering.set_case_line(text, text, integer, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_case_line(text, text, integer, numeric, numeric) IS
'says what a line of a business case brings and costs in a year; what was said of it is replaced. A line that brings nothing is said to bring 0, and listed. Errors: 22004 null, 22023 an empty text, a year outside 1900 to 9999, an amount that is negative or has more than four decimals, 22003 amount';

CREATE FUNCTION steering.drop_case_line(business_case text, line text, year integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_given(drop_case_line.business_case IS NOT NULL, 'business_case'),
	steering.require_given(drop_case_line.line IS NOT NULL, 'line'), steering.require_given(drop_case_line.year IS NOT NULL, 'year');
WITH gone AS (
	DELETE FROM steering.case_line
	WHERE case_line.business_case = drop_case_line.business_case AND case_line.line = drop_case_line.line AND case_line.year = drop_case_line.year
	RETURNING case_line.year
)
SELECT steering.require_found(count(*),
	format('line "%s" of business case "%s" in %s', drop_case_line.line, drop_case_line.business_case, drop_case_line.year))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_case_line(text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_case_line(text, text, integer) IS 'removes what a line of a business case says of a year. Errors: 22004 null, 42704 there is no such line';

-- All by the power of (1 + rate) up to a year, which is exact: so what is rounded is a quotient of two numbers that are.
CREATE FUNCTION steering.business_case(business_case text, rate numeric DEFAULT 0, base_year integer DEFAULT NULL)
RETURNS TABLE (step integer, year integer, benefit numeric, cost numeric, net numeric, cumulative numeric, present_value numeric,
	net_present_value numeric, payback numeric, realised numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_text(business_case.business_case, 'business_case'), steering.require_given(business_case.rate IS NOT NULL, 'rate');
SELECT steering.require_that(count(*) > 0, '22023', format('business case "%s" is unknown', business_case.business_case),
		'Its lines are set with steering.set_case_line().'),
	steering.require_that(max(case_line.year) - min(case_line.year) < 100, '22023',
		format('business case "%s" is of more than 100 years', business_case.business_case)),
	steering.require_that(coalesce(business_case.base_year <= min(case_line.year) AND business_case.base_year > max(case_line.year) - 200, true), '22023',
		format('base_year must be %s or a year before it: %s', min(case_line.year), business_case.base_year)),
	steering.require_that(business_case.rate > -1 AND business_case.rate <= 1 AND business_case.rate = round(business_case.rate, 6), '22023',
		format('rate must be above -1, at most 1, and have six decimals at most: %s', business_case.rate))
FROM steering.case_line
WHERE case_line.business_case = business_case.business_case;
WITH RECURSIVE span AS (
	SELECT coalesce(business_case.base_year, min(case_line.year)) AS base, min(case_line.year) AS first, max(case_line.year) AS last
	FROM steering.case_line
	WHERE case_line.business_case = business_case.business_case
), each AS MATERIALIZED (
	SELECT years.year, coalesce(sum(case_line.benefit::numeric), 0) AS benefit, coalesce(sum(case_line.cost::numeric), 0) AS cost,
		coalesce(sum(case_line.benefit::numeric - case_line.cost::numeric), 0) AS net
	FROM span
	CROSS JOIN LATERAL generate_series(span.base, span.last) AS years (year)
	LEFT JOIN steering.case_line ON case_line.business_case = business_case.business_case AND case_line.year = years.year
	GROUP BY years.year
), walked (year, benefit, cost, net, before, cumulative, factor, value) AS (
	SELECT each.year, each.benefit, each.cost, each.net, 0::numeric, each.net, 1::numeric, each.net
	FROM span
	JOIN each ON each.year = span.base
	UNION ALL
	SELECT each.year, each.benefit, each.cost, each.net, walked.cumulative, walked.cumulative + each.net,
		walked.factor * (1 + business_case.rate), walked.value * (1 + business_case.rate) + each.net
	FROM walked
	JOIN each ON each.year = walked.year + 1
), placed AS (
	SELECT walked.*, walked.year - span.first + 1 AS step,
		count(*) FILTER (WHERE walked.cumulative >= 0) OVER (ORDER BY walked.year) AS recovered
	FROM walked
	JOIN span ON walked.year >= span.first
), found AS (
	SELECT extract(year FROM entry.booked_on) AS year, sum(entry.amount::numeric) AS amount
	FROM steering.saving
	JOIN steering.saving_entry AS entry ON entry.saving_id = saving.saving_id
	WHERE saving.start_up = business_case.business_case AND entry.step = 'realise'
	GROUP BY extract(year FROM entry.booked_on)
)
SELECT placed.step, placed.year, placed.benefit, placed.cost, placed.net, placed.cumulative,
	steering.exact_part(placed.net, 1, placed.factor), steering.exact_part(placed.value, 1, placed.factor),
	CASE WHEN placed.cumulative >= 0 AND placed.recovered = 1
		THEN placed.step - 1 + CASE WHEN placed.before < 0 THEN steering.exact_part(- placed.before, 1, placed.net) ELSE 0 END END,
	found.amount
FROM placed
LEFT JOIN found ON found.year = placed.year
ORDER BY placed.year;
END;
REVOKE ALL ON FUNCTION steering.business_case(text, numeric, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.business_case(text, numeric, integer) IS
'a business case year by year, from its first year to its last: benefit, cost and net (benefit - cost) of its lines, nominal; cumulative: net summed to the end of the year; present_value: net / (1 + rate)^(year - base_year); net_present_value: the sum of these to the end of the year; payback, in the first year in which cumulative is not below zero: after how many years from the beginning of the first one it is recovered, within the year by proportion, (step - 1) + (-cumulative of the year before) / net. Formulas: R. A. Brealey, S. C. Myers and F. Allen, Principles of Corporate Finance, chapters on net present value and on the payback rule. base_year: the year that is not discounted, the first one by default. realised: what of savings that repay the start-up of this code was realised in the year; null: nothing was recorded. Computed exactly, and rounded once, to four decimals. Errors: 22004 null, 22023 unknown code, more than 100 years, a base_year after the first year, a rate that is not above -1 and at most 1 or has more than six decimals';
-- scorecard.sql
-- The public value scorecard: per service what is used up, money and authority, against what it achieves, the support for it and the
-- capacity to do it. After M. H. Moore, The Public Value Scorecard, 2003, and Recognizing Public Value, 2013.

CREATE TABLE steering.scorecard_indicator (
	indicator_id integer CONSTRAINT scorecard_indicator_pkey PRIMARY KEY,
	is_authority boolean NOT NULL
);
REVOKE ALL ON steering.scorecard_indicator FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.scorecard_indicator', '');
COMMENT ON TABLE steering.scorecard_indicator IS 'which indicators stand for a dimension of their service on the scorecard, written by set_scorecard_indicator() and drop_scorecard_indicator() alone';
COMMENT ON COLUMN steering.scorecard_indicator.indicator_id IS 'the indicator';
COMMENT ON COLUMN steering.scorecard_indicator.is_authority IS 'true: it counts the use of authority, on the side of the costs; false: it stands for the dimension that it has';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.scorecard_indicator
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_scorecard_indicator', 'drop_scorecard_indicator');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.scorecard_indicator FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

-- Who was named comes before the service's main indicator, which stands for its own dimension else. Whose service or dimension was
-- changed since may meet another one there: the first by code stands for both.
CREATE VIEW steering.scorecard_main WITH (security_barrier) AS
SELECT DISTINCT ON (standing.service, standing.dimension) standing.service, standing.dimension, standing.indicator, standing.name,
	standing.unit, standing.direction, standing.additive
FROM (
	SELECT indicator.service, CASE WHEN named.is_authority THEN 'authority' ELSE indicator.dimension END AS dimension, indicator.indicator,
		indicator.name, indicator.unit, indicator.direction, indicator.additive, named.indicator_id IS NULL AS is_last
	FROM steering.indicator_status AS indicator
	LEFT JOIN steering.scorecard_indicator AS named ON named.indicator_id = indicator.indicator_id
	WHERE named.indicator_id IS NOT NULL OR indicator.main
) AS standing
ORDER BY standing.service, standing.dimension, standing.is_last, standing.indicator COLLATE "C";
GRANT SELECT ON steering.scorecard_main TO PUBLIC;
COMMENT ON VIEW steering.scorecard_main IS 'the indicator that stands for each dimension of each service on the scorecard, for roles that may read the figures of any participant';
COMMENT ON COLUMN steering.scorecard_main.service IS 'code of the service';
COMMENT ON COLUMN steering.scorecard_main.dimension IS 'authority (its use, which is a cost), outcome, legitimacy or operational capacity';
COMMENT ON COLUMN steering.scorecard_main.indicator IS 'code of the indicator';
COMMENT ON COLUMN steering.scorecard_main.name IS 'its name';
COMMENT ON COLUMN steering.scorecard_main.unit IS 'what is counted or measured';
COMMENT ON COLUMN steering.scorecard_main.direction IS 'higher or lower: which values are better';
COMMENT ON COLUMN steering.scorecard_main.additive IS 'true: the values of months, and of participants, add up';

CREATE FUNCTION steering.set_scorecard_indicator(indicator text, is_authority boolean DEFAULT false) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(set_scorecard_indicator.indicator),
	steering.require_given(set_scorecard_indicator.is_authority IS NOT NULL, 'is_authority');
-- Who drops the indicator is waited for, and waits.
SELECT indicator.indicator_id FROM steering.indicator WHERE indicator.code = set_scorecard_indicator.indicator FOR KEY SHARE;
DELETE FROM steering.scorecard_indicator AS named
USING steering.indicator AS other, steering.indicator AS wanted
WHERE named.indicator_id = other.indicator_id AND wanted.code = set_scorecard_indicator.indicator AND other.service_id = wanted.service_id
	AND other.indicator_id <> wanted.indicator_id AND named.is_authority = set_scorecard_indicator.is_authority
	AND (named.is_authority OR other.dimension = wanted.dimension);
INSERT INTO steering.scorecard_indicator (indicator_id, is_authority)
VALUES (steering.indicator_number(set_scorecard_indicator.indicator), set_scorecard_indicator.is_authority)
ON CONFLICT ON CONSTRAINT scorecard_indicator_pkey DO UPDATE SET is_authority = excluded.is_authority;
END;
REVOKE ALL ON FUNCTION steering.set_scorecard_indicator(text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_scorecard_indicator(text, boolean) IS
'says that an indicator is the main one of its service in its dimension on the scorecard; or, with is_authority, that it counts the use of authority (compulsory decisions, sanctions), which stands beside the money on the side of the costs. Another one of the service that stood there does no more. Without that, the main indicator of a service stands for its own dimension. Errors: 22004 null, 22023 unknown indicator';

CREATE FUNCTION steering.drop_scorecard_indicator(indicator text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.indicator_number(drop_scorecard_indicator.indicator);
WITH gone AS (
	DELETE FROM steering.scorecard_indicator
	WHERE scorecard_indicator.indicator_id = (SELECT steering.indicator_number(drop_scorecard_indicator.indicator))
	RETURNING scorecard_indicator.indicator_id
)
SELECT steering.require_found(count(*), concat('indicator "', drop_scorecard_indicator.indicator, '" on the scorecard'))
FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_scorecard_indicator(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_scorecard_indicator(text) IS
'takes back that an indicator stands for something on the scorecard. Errors: 22004 null, 22023 unknown indicator, 42704 it does not';

-- Of a level no sum is made: it is that of the only participant, and how far it is attained is the mean of the participants.
CREATE FUNCTION steering.scorecard_results(period text)
RETURNS TABLE (service text, dimension text, indicator text, unit text, measured numeric, attainment numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
SELECT main.service, main.dimension, main.indicator, main.unit,
	CASE WHEN main.additive OR count(result.measured) = 1 THEN sum(result.measured) END,
	CASE WHEN main.additive THEN steering.attainment(sum(result.compared), sum(result.target_measured), main.direction)
		ELSE round(avg(result.attainment), 2) END
FROM steering.scorecard_main AS main
LEFT JOIN steering.period_result(scorecard_results.period) AS result ON result.indicator = main.indicator
GROUP BY main.service, main.dimension, main.indicator, main.unit, main.direction, main.additive;
END;
COMMENT ON FUNCTION steering.scorecard_results(text) IS
'what scorecard() shows of the indicators that stand for each dimension of each service, as far as the role may read it: over its participants measured (of an additive indicator the sum, of a level that of the only one who has it), and attainment (of sums; of a level the mean of the participants, to two decimals). What is missing is null. Errors: those of period_result()';

CREATE FUNCTION steering.scorecard(period text)
RETURNS TABLE (service text, actual numeric, committed numeric, agreed_cost numeric, authority text, authority_used numeric,
	authority_unit text, authority_attainment numeric, outcome text, outcome_measured numeric, outcome_unit text, outcome_attainment numeric,
	legitimacy text, legitimacy_measured numeric, legitimacy_unit text, legitimacy_attainment numeric, capacity text,
	capacity_measured numeric, capacity_unit text, capacity_attainment numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH RECURSIVE below (top, code) AS (
	SELECT named.code, named.code FROM steering.named_service AS named
	UNION ALL
	SELECT below.top, named.code FROM below JOIN steering.named_service AS named ON named.parent = below.code
), booked AS MATERIALIZED (
	SELECT booked.service, sum(booked.actual) AS actual, sum(booked.committed) AS committed, sum(booked.agreed_cost) AS agreed_cost
	FROM steering.cost_versus_result(scorecard.period) AS booked
	GROUP BY booked.service
), cost AS MATERIALIZED (
	SELECT below.top AS service, sum(booked.actual) AS actual, sum(booked.committed) AS committed, sum(booked.agreed_cost) AS agreed_cost
	FROM booked
	JOIN below ON below.code = booked.service
	GROUP BY below.top
), result AS MATERIALIZED (
	SELECT result.service, result.dimension, result.indicator, result.unit, result.measured, result.attainment
	FROM steering.scorecard_results(scorecard.period) AS result
), listed AS (
	SELECT cost.service FROM cost UNION SELECT result.service FROM result
)
SELECT listed.service, cost.actual, cost.committed, cost.agreed_cost,
	used.indicator, used.measured, used.unit, used.attainment,
	outcome.indicator, outcome.measured, outcome.unit, outcome.attainment,
	legitimacy.indicator, legitimacy.measured, legitimacy.unit, legitimacy.attainment,
	capacity.indicator, capacity.measured, capacity.unit, capacity.attainment
FROM listed
LEFT JOIN cost ON cost.service = listed.service
LEFT JOIN result AS used ON used.service = listed.service AND used.dimension = 'authority'
LEFT JOIN result AS outcome ON outcome.service = listed.service AND outcome.dimension = 'outcome'
LEFT JOIN result AS legitimacy ON legitimacy.service = listed.service AND legitimacy.dimension = 'legitimacy'
LEFT JOIN result AS capacity ON capacity.service = listed.service AND capacity.dimension = 'operational capacity'
ORDER BY listed.service COLLATE "C";
END;
COMMENT ON FUNCTION steering.scorecard(text) IS
'the public value scorecard of a period: a row for each service that has cost, itself or below it, or an indicator that stands for a dimension, over the participants that the role may read. Left what is used up: actual, committed, agreed_cost (as in cost_versus_result(), of the service and all below it, so rows overlap: sum over one level only), and the use of authority by the indicator that counts it; right the outcome, the legitimacy and the operational capacity, each by the indicator that stands for it (set_scorecard_indicator()), with what was measured of it and how far that attains the target, in percent. What is missing is null, never zero. After M. H. Moore, The Public Value Scorecard, 2003. Errors: those of cost_versus_result()';

CREATE FUNCTION steering.scorecard_gaps() RETURNS TABLE (service text, name text, dimension text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT named.code, named.name, wanted.dimension
FROM steering.named_service AS named
CROSS JOIN (VALUES (1, 'outcome'), (2, 'legitimacy'), (3, 'operational capacity')) AS wanted (place, dimension)
WHERE NOT EXISTS (SELECT FROM steering.scorecard_main AS main WHERE main.service = named.code AND main.dimension = wanted.dimension)
ORDER BY named.code COLLATE "C", wanted.place;
END;
COMMENT ON FUNCTION steering.scorecard_gaps() IS
'the services that have no main indicator in a dimension of public value: a row for each of outcome, legitimacy and operational capacity that is missing. For roles that may read the figures of any participant. See set_scorecard_indicator()';
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
-- scenario.sql
-- What would it cost whom if somebody joined or left, if terms, volumes, weights or keys were others? The registers are changed, the very
-- functions that settle and allocate compute over them, and all of it is taken back: scenario() in C does that, and calls these.
--
-- While it does, no trigger fires (as on a replica), so that nothing is asked, nothing is recorded and no booking waits. What would have been
-- booked are usage cells of a source that is not there, number 0: by how much the cost of services is another in stripe 2, all else in others.

CREATE TYPE steering.scenario_figure AS (
	kind text,
	participant text,
	service text,
	amount numeric
);
COMMENT ON TYPE steering.scenario_figure IS 'what a participant (null: nobody) bears of the cost of a service: owed by agreement, or allocated by rule';

CREATE FUNCTION steering.scenario_kind() RETURNS TABLE (change text, needs text[], may_have text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 13
BEGIN ATOMIC
SELECT listed.change, listed.needs::text[], listed.may_have::text[]
FROM (VALUES
	('leave', '{participant,on}', '{}'),
	('follow', '{participant,service,on}', '{volume,share}'),
	('join', '{participant,on}', '{name,parent,inhabitants,like,services}'),
	('terms', '{participant,service}', '{form,base,volume,price,key,unused_percent,on}'),
	('volume', '{participant,service,volume}', '{}'),
	('weight', '{participant,key,weight}', '{}'),
	('key', '{service,key}', '{}'),
	('cost', '{participant,service,amount}', '{}'),
	('end', '{service,on}', '{}'),
	('begin', '{service,on}', '{name,parent,kind,key,participants}'),
	('level', '{service}', '{percent,amount,per,on}'),
	('move', '{service}', '{parent}'),
	('lead', '{service,participant}', '{}')
) AS listed (change, needs, may_have);
END;
REVOKE ALL ON FUNCTION steering.scenario_kind() FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_kind() IS 'the changes that scenario() knows, with the fields that each needs and may have';

CREATE FUNCTION steering.scenario_entry(change jsonb) RETURNS TABLE (place bigint, entry jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
SELECT item.place, item.entry
FROM jsonb_array_elements(CASE WHEN jsonb_typeof(scenario_entry.change) = 'array' THEN scenario_entry.change
	ELSE jsonb_build_array(scenario_entry.change) END) WITH ORDINALITY AS item (entry, place);
END;
REVOKE ALL ON FUNCTION steering.scenario_entry(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_entry(jsonb) IS 'the changes of a scenario, one by one';

CREATE FUNCTION steering.require_scenario_service(change jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(item.entry ->> 'change' <> 'level' OR (item.entry ? 'percent') <> (item.entry ? 'amount'), '22023',
		'change "level" needs either "percent" or "amount"'),
	steering.require_that(item.entry ->> 'change' <> 'level' OR coalesce((item.entry ->> 'percent')::numeric >= -100, true), '22023',
		format('"percent" of change "level" must be -100 or more: %s', item.entry ->> 'percent')),
	steering.require_that(item.entry ->> 'change' <> 'level' OR coalesce((item.entry ->> 'amount')::numeric >= 0, true), '22023',
		format('"amount" of change "level" must not be negative: %s', item.entry ->> 'amount')),
	steering.require_that(item.entry ->> 'change' <> 'level' OR NOT item.entry ? 'per' OR item.entry ? 'amount' AND item.entry ->> 'per' IN ('year', 'period'), '22023',
		format('"per" of change "level" says of an amount that it is per "year" or per "period": %s', item.entry -> 'per')),
	steering.require_that(coalesce(item.entry ->> 'kind', 'standard') IN ('standard', 'development'), '22023',
		format('"kind" of change "begin" must be "standard" or "development": %s', item.entry -> 'kind')),
	steering.require_that(item.entry ->> 'change' <> 'move' OR item.entry ? 'parent', '22023', 'change "move" needs "parent"', 'Null is at the top.'),
	steering.require_that(NOT item.entry ? 'participants' OR item.entry ? 'key', '22023', '"participants" of change "begin" need a "key"')
FROM steering.scenario_entry(require_scenario_service.change) AS item
ORDER BY item.place;
END;
REVOKE ALL ON FUNCTION steering.require_scenario_service(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_scenario_service(jsonb) IS 'Error: 22023 what cannot be asked of a service';

CREATE FUNCTION steering.require_scenario(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(jsonb_typeof(item.entry) = 'object', '22023', format('a change must be an object: %s', item.entry)),
	steering.require_that(jsonb_typeof(item.entry) <> 'object' OR kind.change IS NOT NULL, '22023',
		format('change %s is unknown', coalesce(item.entry ->> 'change', 'null')),
		(SELECT format('It is one of %s.', string_agg(known.change, ', ')) FROM steering.scenario_kind() AS known))
FROM steering.scenario_entry(require_scenario.change) AS item
LEFT JOIN steering.scenario_kind() AS kind ON kind.change = item.entry ->> 'change'
ORDER BY item.place;
SELECT steering.require_that(item.entry ->> field.name IS NOT NULL, '22023', format('change "%s" needs "%s"', kind.change, field.name))
FROM steering.scenario_entry(require_scenario.change) AS item
JOIN steering.scenario_kind() AS kind ON kind.change = item.entry ->> 'change'
CROSS JOIN LATERAL unnest(kind.needs) AS field (name)
ORDER BY item.place;
SELECT steering.require_that(field.name = 'change' OR field.name = ANY (kind.needs || kind.may_have), '22023',
		format('change "%s" has no "%s"', kind.change, field.name),
		format('Its fields are %s.', array_to_string(kind.needs || kind.may_have, ', '))),
	steering.require_that(field.name NOT IN ('volume', 'share', 'weight', 'amount', 'base', 'price', 'unused_percent', 'inhabitants', 'percent')
		OR jsonb_typeof(field.value) = 'number', '22023', format('"%s" of change "%s" must be a number: %s', field.name, kind.change, field.value)),
	steering.require_that(field.name NOT IN ('volume', 'share', 'weight', 'base', 'price', 'unused_percent', 'inhabitants')
		OR field.value::text !~ '^-', '22023', format('"%s" of change "%s" must not be negative: %s', field.name, kind.change, field.value)),
	steering.require_that(field.name NOT IN ('participant', 'service', 'key', 'on', 'name', 'parent', 'like', 'form', 'kind', 'per')
		OR jsonb_typeof(field.value) = 'string' OR kind.change = 'move' AND field.name = 'parent' AND jsonb_typeof(field.value) = 'null', '22023', format('"%s" of change "%s" must be a text: %s', field.name, kind.change, field.value)),
	steering.require_that(jsonb_typeof(field.value) <> 'string' OR field.value #>> '{}' ~ '[^[:space:]]', '22023',
		format('"%s" of change "%s" must not be empty', field.name, kind.change)),
	steering.require_that(field.name <> 'on' OR field.value #>> '{}' ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}$', '22023',
		format('"on" of change "%s" must be a day, as 2026-01-01: %s', kind.change, field.value)),
	steering.require_that(field.name <> 'on' OR field.value #>> '{}' ~ '-01$', '22023',
		format('a change must be on the first day of a month of the period: %s', field.value #>> '{}')),
	steering.require_that(number.value = trunc(number.value) AND number.value <= 2147483647 OR field.name <> 'inhabitants', '22023',
		format('"%s" of change "%s" must be a whole number: %s', field.name, kind.change, field.value)),
	steering.require_that(number.value > 0 AND number.value <= 100 OR field.name <> 'share', '22023',
		format('"%s" of change "%s" must be above 0 and at most 100: %s', field.name, kind.change, field.value)),
	steering.require_that(number.value <= 100 OR field.name <> 'unused_percent', '22023',
		format('"%s" of change "%s" must be at most 100: %s', field.name, kind.change, field.value)),
	steering.require_that(abs(number.value) < 900000000000000 OR field.name NOT IN ('volume', 'amount', 'base', 'price', 'percent'), '22003',
		format('"%s" of change "%s" is too large: %s', field.name, kind.change, field.value)),
	steering.require_one_of(CASE WHEN field.name = 'form' THEN field.value #>> '{}' END, 'form',
		(SELECT string_agg(known.form, ', ') FROM steering.agreement_form() AS known)),
	steering.require_that(field.name NOT IN ('services', 'participants') OR jsonb_typeof(field.value) = 'array', '22023',
		format('"%s" of change "%s" must be a list: %s', field.name, kind.change, field.value))
FROM steering.scenario_entry(require_scenario.change) AS item
JOIN steering.scenario_kind() AS kind ON kind.change = item.entry ->> 'change'
CROSS JOIN LATERAL jsonb_each(item.entry) AS field (name, value)
CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(field.value) WHEN 'number' THEN (field.value)::numeric END AS value) AS number
ORDER BY item.place, field.name;
SELECT steering.require_that(listed.code ~ '[^[:space:]]', '22023', format('"%s" of change "%s" must be codes: %s', field.name, item.entry ->> 'change', field.value))
FROM steering.scenario_entry(require_scenario.change) AS item
CROSS JOIN LATERAL jsonb_each(item.entry) AS field (name, value)
CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(field.value) WHEN 'array' THEN field.value ELSE '[]' END) AS listed (code)
ORDER BY item.place;
SELECT steering.require_scenario_service(require_scenario.change);
-- Cost adds up; of all else there is one that it becomes.
SELECT steering.require_that(count(*) = 1, '22023', format('change "%s" is there twice for %s', same.change, concat_ws(' and ', same.participant, same.service, same.key)))
FROM (
	SELECT item.place, item.entry ->> 'change' AS change, CASE WHEN item.entry ->> 'change' <> 'lead' THEN item.entry ->> 'participant' END AS participant,
		item.entry ->> 'service' AS service, CASE item.entry ->> 'change' WHEN 'weight' THEN item.entry ->> 'key' END AS key
	FROM steering.scenario_entry(require_scenario.change) AS item
	WHERE item.entry ->> 'change' <> 'cost'
) AS same
GROUP BY same.change, same.participant, same.service, same.key
ORDER BY min(same.place);
-- Codes, and days.
WITH item AS MATERIALIZED (
	SELECT item.place, item.entry FROM steering.scenario_entry(require_scenario.change) AS item
)
SELECT steering.participant_number(named.code)
FROM item
CROSS JOIN LATERAL (SELECT item.entry ->> 'participant' AS code
	UNION ALL SELECT listed.code FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(item.entry -> 'participants') = 'array' THEN item.entry -> 'participants'
		ELSE '[]' END) AS listed (code)) AS named
WHERE named.code IS NOT NULL AND named.code NOT IN (SELECT other.entry ->> 'participant' FROM item AS other WHERE other.entry ->> 'change' = 'join')
ORDER BY item.place;
SELECT steering.participant_number(named.code)
FROM steering.scenario_entry(require_scenario.change) AS item
CROSS JOIN LATERAL (VALUES (item.entry ->> 'parent'), (item.entry ->> 'like')) AS named (code)
WHERE named.code IS NOT NULL AND item.entry ->> 'change' = 'join' ORDER BY item.place;
WITH item AS MATERIALIZED (
	SELECT item.place, item.entry FROM steering.scenario_entry(require_scenario.change) AS item
)
SELECT steering.service_number(named.code)
FROM item
CROSS JOIN LATERAL (SELECT item.entry ->> 'service' AS code
	UNION ALL SELECT item.entry ->> 'parent' WHERE item.entry ->> 'change' IN ('begin', 'move')
	UNION ALL SELECT listed.code FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(item.entry -> 'services') = 'array' THEN item.entry -> 'services'
		ELSE '[]' END) AS listed (code)) AS named
WHERE named.code IS NOT NULL AND named.code NOT IN (SELECT other.entry ->> 'service' FROM item AS other WHERE other.entry ->> 'change' = 'begin')
ORDER BY item.place;
SELECT steering.key_number(item.entry ->> 'key', CASE WHEN item.entry ->> 'change' = 'weight' THEN 'fixed' END)
FROM steering.scenario_entry(require_scenario.change) AS item WHERE item.entry ? 'key' ORDER BY item.place;
SELECT steering.require_that(asked.day <@ require_scenario.during AND extract(day FROM asked.day) = 1, '22023',
	format('a change must be on the first day of a month of the period: %s', to_char(asked.day::timestamp, 'YYYY-MM-DD')))
FROM steering.scenario_entry(require_scenario.change) AS item
CROSS JOIN LATERAL (SELECT (item.entry ->> 'on')::date AS day) AS asked
WHERE item.entry ? 'on' ORDER BY item.place;
END;
REVOKE ALL ON FUNCTION steering.require_scenario(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_scenario(jsonb, daterange) IS 'Errors: 22023 no such change, a field that it needs, does not have or that is of another kind, one that is there twice, an unknown code, no day, a day outside of the period or within a month, 22003 a number that is too large';

-- Before anything was billed, so that it is the same whatever was closed. What nobody owes is the supplier's: negative where it gains.
CREATE FUNCTION steering.scenario_cost(during daterange) RETURNS SETOF steering.scenario_figure
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off SET enable_nestloop = off SET work_mem = '64MB'
BEGIN ATOMIC
WITH charge AS MATERIALIZED (
	SELECT 1 AS sign, charge.line, charge.service_id, charge.participant_id, charge.amount
	FROM steering.settlement_charge(lower(scenario_cost.during), upper(scenario_cost.during)) AS charge
	UNION ALL
	SELECT -1, charge.line, charge.service_id, charge.participant_id, charge.amount
	FROM steering.settlement_charge(lower(scenario_cost.during), lower(scenario_cost.during)) AS charge
), ruled AS MATERIALIZED (
	SELECT rule.service_id FROM steering.allocation_rule AS rule WHERE rule.during && scenario_cost.during
), owed AS MATERIALIZED (
	SELECT charge.participant_id, charge.service_id, CASE WHEN bool_and(charge.amount IS NOT NULL) THEN sum(charge.sign * charge.amount) END AS amount
	FROM charge
	WHERE charge.participant_id IS NOT NULL AND charge.line <> 'advance'
	GROUP BY charge.participant_id, charge.service_id
), unowed AS (
	SELECT cost.service_id, CASE WHEN bool_and(cost.amount IS NOT NULL) THEN sum(cost.amount) END AS amount
	FROM (
		SELECT charge.service_id, charge.sign * charge.amount AS amount
		FROM charge
		WHERE charge.line IN ('agreed_cost', 'shared_cost') OR charge.line = 'other_cost' AND charge.service_id NOT IN (SELECT ruled.service_id FROM ruled)
		UNION ALL
		SELECT owed.service_id, - owed.amount FROM owed
	) AS cost
	GROUP BY cost.service_id
), allocation AS MATERIALIZED (
	SELECT allocated.service, allocated.receiving_service, allocated.receiving_participant, allocated.amount
	FROM steering.allocate_costs(format('[%s,%s)', to_char(lower(scenario_cost.during)::timestamp, 'YYYY-MM-DD'),
		to_char(upper(scenario_cost.during)::timestamp, 'YYYY-MM-DD'))) AS allocated
)
SELECT 'owed', participant.code, service.code, owed.amount
FROM owed
JOIN steering.participant ON participant.participant_id = owed.participant_id
JOIN steering.service ON service.service_id = owed.service_id
UNION ALL
SELECT 'owed', NULL, service.code, unowed.amount
FROM unowed JOIN steering.service ON service.service_id = unowed.service_id
UNION ALL
SELECT 'allocated', allocation.receiving_participant, allocation.service,
	CASE WHEN bool_and(allocation.amount IS NOT NULL) THEN sum(allocation.amount) END
FROM allocation
WHERE allocation.receiving_service IS NULL OR allocation.receiving_service NOT IN (SELECT giver.service FROM allocation AS giver)
GROUP BY allocation.receiving_participant, allocation.service;
END;
REVOKE ALL ON FUNCTION steering.scenario_cost(daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_cost(daterange) IS
'who bears the actual cost of services in a range of whole months. owed: by agreements, see settle(), without advances and shares of the result; participant null: actual cost of the service under agreements, and under none unless a rule divides it, less what is owed for it. allocated: by rules, see allocate_costs(); participant null: it stays with nobody, or with a service. Null amount: a weight is not known';

-- Those who leave, with all below them.
CREATE FUNCTION steering.scenario_leaver(change jsonb) RETURNS TABLE (participant_id integer, code text, day date, group_id integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
SELECT below.participant_id, participant.code, min((item.entry ->> 'on')::date), min(above.participant_id)
FROM steering.scenario_entry(scenario_leaver.change) AS item
JOIN steering.participant AS top ON top.code = item.entry ->> 'participant'
JOIN steering.participant_below AS below ON below.top_id = top.participant_id
JOIN steering.participant ON participant.participant_id = below.participant_id
LEFT JOIN steering.participant AS above ON above.code = top.parent
WHERE item.entry ->> 'change' = 'leave'
GROUP BY below.participant_id, participant.code;
END;
REVOKE ALL ON FUNCTION steering.scenario_leaver(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_leaver(jsonb) IS 'who leaves in a scenario, on which day, and the group that is left (null: none)';

-- What goes on as it was until the day: terms are for all months of an agreement, so the months that are left have their share.
CREATE FUNCTION steering.scenario_end_agreements(change jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
WITH ended AS (
	SELECT agreement.agreement_id, leaver.day
	FROM steering.scenario_leaver(scenario_end_agreements.change) AS leaver
	JOIN steering.agreement ON agreement.participant_id = leaver.participant_id
	UNION ALL
	SELECT agreement.agreement_id, (item.entry ->> 'on')::date
	FROM steering.scenario_entry(scenario_end_agreements.change) AS item
	JOIN steering.service AS top ON top.code = item.entry ->> 'service'
	JOIN steering.service_below AS below ON below.top_id = top.service_id
	JOIN steering.agreement ON agreement.service_id = below.service_id
	WHERE item.entry ->> 'change' = 'end'
), cut AS (
	SELECT ended.agreement_id, min(ended.day) AS day FROM ended GROUP BY ended.agreement_id
), gone AS (
	DELETE FROM steering.agreement USING cut WHERE cut.agreement_id = agreement.agreement_id AND lower(agreement.during) >= cut.day
)
UPDATE steering.agreement
SET base = steering.agreement_share(agreement.base, agreement.during, daterange(lower(agreement.during), cut.day)),
	volume = steering.agreement_share(agreement.volume, agreement.during, daterange(lower(agreement.during), cut.day), 4),
	incentive_maximum = steering.agreement_share(agreement.incentive_maximum, agreement.during, daterange(lower(agreement.during), cut.day)),
	during = daterange(lower(agreement.during), cut.day)
FROM cut
WHERE cut.agreement_id = agreement.agreement_id AND lower(agreement.during) < cut.day AND upper(agreement.during) > cut.day;
END;
REVOKE ALL ON FUNCTION steering.scenario_end_agreements(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_end_agreements(jsonb) IS 'of a scenario, to be taken back: ends the agreements of who leaves, and of services that end';

CREATE FUNCTION steering.scenario_leave(change jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.scenario_end_agreements(scenario_leave.change);
SELECT steering.require_that(NOT lower(participant.during) >= leaver.day, '22023',
	format('participant "%s" cannot leave on %s: it takes part from %s', leaver.code, to_char(leaver.day::timestamp, 'YYYY-MM-DD'),
		to_char(lower(participant.during)::timestamp, 'YYYY-MM-DD')))
FROM steering.scenario_leaver(scenario_leave.change) AS leaver
JOIN steering.participant ON participant.participant_id = leaver.participant_id
WHERE NOT lower_inf(participant.during);
WITH leaver AS (
	SELECT leaver.participant_id, leaver.day FROM steering.scenario_leaver(scenario_leave.change) AS leaver
), gone AS (
	DELETE FROM steering.allocation_weight USING leaver
	WHERE allocation_weight.participant_id = leaver.participant_id AND lower(allocation_weight.during) >= leaver.day
), cut AS (
	UPDATE steering.allocation_weight SET during = allocation_weight.during * daterange(NULL, leaver.day)
	FROM leaver
	WHERE allocation_weight.participant_id = leaver.participant_id AND NOT coalesce(lower(allocation_weight.during) >= leaver.day, false)
)
UPDATE steering.participant SET during = participant.during * daterange(NULL, leaver.day)
FROM leaver
WHERE participant.participant_id = leaver.participant_id;
WITH leaver AS (
	SELECT leaver.participant_id, leaver.day FROM steering.scenario_leaver(scenario_leave.change) AS leaver
), gone AS (
	DELETE FROM steering.follower USING leaver WHERE follower.participant_id = leaver.participant_id AND lower(follower.during) >= leaver.day
)
UPDATE steering.follower SET during = daterange(lower(follower.during), leaver.day)
FROM leaver
WHERE follower.participant_id = leaver.participant_id AND follower.during @> leaver.day AND lower(follower.during) < leaver.day;
WITH ended AS (
	SELECT below.service_id, min((item.entry ->> 'on')::date) AS day
	FROM steering.scenario_entry(scenario_leave.change) AS item
	JOIN steering.service AS top ON top.code = item.entry ->> 'service'
	JOIN steering.service_below AS below ON below.top_id = top.service_id
	WHERE item.entry ->> 'change' = 'end'
	GROUP BY below.service_id
)
DELETE FROM steering.allocation_weight USING ended
WHERE allocation_weight.service_id = ended.service_id AND lower(allocation_weight.during) >= ended.day;
END;
REVOKE ALL ON FUNCTION steering.scenario_leave(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_leave(jsonb) IS 'of a scenario, to be taken back: participants leave, and services end. Error: 22023 one leaves before it takes part';

-- Whoever joins shares the cost of services as its example does, and buys at its prices; else as those who share any.
CREATE FUNCTION steering.scenario_join(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
INSERT INTO steering.participant (code, parent, name, inhabitants, during)
SELECT item.entry ->> 'participant', item.entry ->> 'parent', coalesce(item.entry ->> 'name', item.entry ->> 'participant'),
	(item.entry ->> 'inhabitants')::numeric::integer, daterange((item.entry ->> 'on')::date, NULL)
FROM steering.scenario_entry(scenario_join.change) AS item
WHERE item.entry ->> 'change' = 'join'
	AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = item.entry ->> 'participant')
ORDER BY item.place;
UPDATE steering.participant
SET inhabitants = coalesce((item.entry ->> 'inhabitants')::numeric::integer, participant.inhabitants), parent = coalesce(item.entry ->> 'parent', participant.parent),
	during = CASE WHEN participant.during @> (item.entry ->> 'on')::date THEN participant.during ELSE daterange((item.entry ->> 'on')::date, NULL) END
FROM steering.scenario_entry(scenario_join.change) AS item
WHERE item.entry ->> 'change' = 'join' AND participant.code = item.entry ->> 'participant';
-- No trigger looks. Rows that are there already end the search.
WITH RECURSIVE above (code, parent) AS (
	SELECT participant.code, participant.parent
	FROM steering.scenario_entry(scenario_join.change) AS item
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	WHERE item.entry ->> 'change' = 'join'
	UNION
	SELECT above.code, participant.parent FROM above JOIN steering.participant ON participant.code = above.parent
)
SELECT steering.require_that(above.parent IS DISTINCT FROM above.code, '22023', format('participant "%s" would be above itself', above.code))
FROM above
ORDER BY above.code COLLATE "C";
WITH wanted AS MATERIALIZED (
	SELECT DISTINCT ON (item.place, agreement.service_id) joiner.participant_id, joiner.code, agreement.service_id, agreement.form, agreement.price, agreement.key_id,
		daterange(greatest((item.entry ->> 'on')::date, lower(agreement.during)), upper(agreement.during)) AS during
	FROM steering.scenario_entry(scenario_join.change) AS item
	JOIN steering.participant AS joiner ON joiner.code = item.entry ->> 'participant'
	JOIN steering.agreement ON agreement.during && daterange((item.entry ->> 'on')::date, upper(scenario_join.during)) AND agreement.participant_id <> joiner.participant_id
	JOIN steering.service ON service.service_id = agreement.service_id
	JOIN steering.participant AS example ON example.participant_id = agreement.participant_id
	WHERE item.entry ->> 'change' = 'join'
		AND (item.entry -> 'services' IS NULL OR item.entry -> 'services' ? service.code)
		AND CASE WHEN item.entry ? 'like' THEN example.code = item.entry ->> 'like' AND agreement.form IN ('key_share', 'price_volume')
			ELSE agreement.form = 'key_share' END
	ORDER BY item.place, agreement.service_id, lower(agreement.during), example.code COLLATE "C"
), taken AS MATERIALIZED (
	SELECT DISTINCT wanted.participant_id, wanted.service_id
	FROM wanted
	JOIN steering.agreement AS standing ON standing.participant_id = wanted.participant_id AND standing.service_id = wanted.service_id
		AND standing.during && wanted.during
), checked AS MATERIALIZED (
	SELECT wanted.*, steering.require_that(taken.service_id IS NULL, '22023',
		format('participant "%s" takes part already: it has an agreement on service "%s"', wanted.code, steering.service_code(wanted.service_id))) AS nothing
	FROM wanted
	LEFT JOIN taken ON taken.participant_id = wanted.participant_id AND taken.service_id = wanted.service_id
)
INSERT INTO steering.agreement (service_id, participant_id, during, form, price, key_id)
SELECT checked.service_id, checked.participant_id, checked.during, checked.form, checked.price, checked.key_id
FROM checked
WHERE checked.nothing IS NULL OR true;
END;
REVOKE ALL ON FUNCTION steering.scenario_join(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_join(jsonb, daterange) IS 'of a scenario, to be taken back: participants join. Errors: 22023 one has agreements on these services already, or would be above itself';

-- What begins was not used before: so nothing of it is taken away from anybody.
CREATE FUNCTION steering.scenario_begin(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(NOT EXISTS (SELECT FROM steering.agreement WHERE agreement.service_id = service.service_id AND agreement.during && scenario_begin.during)
		AND NOT EXISTS (SELECT FROM steering.allocation_rule AS rule WHERE rule.service_id = service.service_id AND rule.during && scenario_begin.during)
		AND NOT EXISTS (SELECT FROM steering.usage_now WHERE usage_now.service_id = service.service_id AND usage_now.month <@ scenario_begin.during), '22023',
	format('service "%s" is there already: it has agreements, a rule or bookings in the period', service.code))
FROM steering.scenario_entry(scenario_begin.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'begin'
ORDER BY item.place;
INSERT INTO steering.service (code, parent, name, kind, during)
SELECT item.entry ->> 'service', item.entry ->> 'parent', coalesce(item.entry ->> 'name', item.entry ->> 'service'), coalesce(item.entry ->> 'kind', 'standard'),
	daterange((item.entry ->> 'on')::date, NULL)
FROM steering.scenario_entry(scenario_begin.change) AS item
WHERE item.entry ->> 'change' = 'begin'
ORDER BY item.place
ON CONFLICT (code) DO UPDATE SET parent = coalesce(excluded.parent, service.parent), during = excluded.during;
INSERT INTO steering.agreement (service_id, participant_id, during, form, key_id)
SELECT DISTINCT service.service_id, participant.participant_id, daterange((item.entry ->> 'on')::date, upper(scenario_begin.during)), 'key_share',
	steering.key_number(item.entry ->> 'key')
FROM steering.scenario_entry(scenario_begin.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
CROSS JOIN LATERAL jsonb_array_elements_text(item.entry -> 'participants') AS listed (code)
JOIN steering.participant ON participant.code = listed.code
WHERE item.entry ->> 'change' = 'begin';
INSERT INTO steering.allocation_rule (service_id, key_id, step, during, all_zero)
SELECT service.service_id, steering.key_number(item.entry ->> 'key'), 1, daterange((item.entry ->> 'on')::date, upper(scenario_begin.during)), 'error'
FROM steering.scenario_entry(scenario_begin.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'begin' AND item.entry ? 'key' AND NOT item.entry ? 'participants'
ORDER BY item.place;
END;
REVOKE ALL ON FUNCTION steering.scenario_begin(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_begin(jsonb, daterange) IS 'of a scenario, to be taken back: services begin. Error: 22023 one is there already';

CREATE FUNCTION steering.scenario_catalogue(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.scenario_begin(scenario_catalogue.change, scenario_catalogue.during);
UPDATE steering.service SET parent = item.entry ->> 'parent'
FROM steering.scenario_entry(scenario_catalogue.change) AS item
WHERE item.entry ->> 'change' = 'move' AND service.code = item.entry ->> 'service';
-- No trigger looks. Rows that are there already end the search.
WITH RECURSIVE above (code, parent) AS (
	SELECT service.code, service.parent
	FROM steering.scenario_entry(scenario_catalogue.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	WHERE item.entry ->> 'change' IN ('begin', 'move')
	UNION
	SELECT above.code, service.parent FROM above JOIN steering.service ON service.code = above.parent
)
SELECT steering.require_that(above.parent IS DISTINCT FROM above.code, '22023', format('service "%s" would be above itself', above.code))
FROM above
ORDER BY above.code COLLATE "C";
SELECT steering.require_that(service.lead IS NOT DISTINCT FROM item.entry ->> 'participant'
		OR NOT EXISTS (SELECT FROM steering.follower WHERE follower.service_id = service.service_id AND follower.during && scenario_catalogue.during), '22023',
	format('others follow the lead of service "%s"', service.code))
FROM steering.scenario_entry(scenario_catalogue.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'lead'
ORDER BY item.place;
UPDATE steering.service SET kind = 'development', lead = item.entry ->> 'participant'
FROM steering.scenario_entry(scenario_catalogue.change) AS item
WHERE item.entry ->> 'change' = 'lead' AND service.code = item.entry ->> 'service';
END;
REVOKE ALL ON FUNCTION steering.scenario_catalogue(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_catalogue(jsonb, daterange) IS
'of a scenario, to be taken back: services begin, are moved, or become development services with a lead. Errors: 22023 one is there already, would be above itself, or has another lead whom others follow';

CREATE FUNCTION steering.scenario_level_scope(change jsonb, during daterange)
RETURNS TABLE (place bigint, top_id integer, service_id integer, day date, percent numeric, amount numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
SELECT item.place, below.top_id, below.service_id, since.day, (item.entry ->> 'percent')::numeric,
	round((item.entry ->> 'amount')::numeric * CASE WHEN item.entry ->> 'per' = 'year' THEN steering.count_months(daterange(since.day, upper(scenario_level_scope.during))) ELSE 12 END / 12, 2)
FROM steering.scenario_entry(scenario_level_scope.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
JOIN steering.service_below AS below ON below.top_id = service.service_id
CROSS JOIN LATERAL (SELECT coalesce((item.entry ->> 'on')::date, lower(scenario_level_scope.during)) AS day) AS since
WHERE item.entry ->> 'change' = 'level';
END;
REVOKE ALL ON FUNCTION steering.scenario_level_scope(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_level_scope(jsonb, daterange) IS
'the services whose cost becomes another in a scenario, with all below them, from which day on, and by how many percent or what it becomes from then on; an amount per year is for twelve months';

CREATE FUNCTION steering.scenario_level_booked(change jsonb, during daterange)
RETURNS TABLE (place bigint, service_id integer, participant_id integer, month date, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT scope.place, usage_now.service_id, usage_now.participant_id, usage_now.month, sum(usage_now.amount::numeric)
FROM steering.scenario_level_scope(scenario_level_booked.change, scenario_level_booked.during) AS scope
JOIN steering.usage_now ON usage_now.service_id = scope.service_id AND usage_now.month >= scope.day AND usage_now.month < upper(scenario_level_booked.during)
JOIN steering.source_stage ON source_stage.source_id = usage_now.source_id AND source_stage.stage = 'actual'
GROUP BY scope.place, usage_now.service_id, usage_now.participant_id, usage_now.month;
END;
REVOKE ALL ON FUNCTION steering.scenario_level_booked(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_level_booked(jsonb, daterange) IS 'what is booked of the cost that becomes another in a scenario';

-- In proportion to what is booked. What is in whole cents stays so.
CREATE FUNCTION steering.scenario_level(change jsonb, during daterange)
RETURNS TABLE (service_id integer, participant_id integer, month date, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH booked AS MATERIALIZED (
	SELECT booked.*, sum(booked.amount) OVER (PARTITION BY booked.place) AS whole
	FROM steering.scenario_level_booked(scenario_level.change, scenario_level.during) AS booked
), changed AS (
	SELECT booked.*, coalesce(round(booked.whole * asked.percent * 0.01, 2), asked.amount - booked.whole) AS added
	FROM booked
	JOIN (SELECT DISTINCT scope.place, scope.percent, scope.amount
		FROM steering.scenario_level_scope(scenario_level.change, scenario_level.during) AS scope) AS asked ON asked.place = booked.place
), divided AS (
	SELECT changed.service_id, changed.participant_id, changed.month, steering.allocated(changed.added, greatest(changed.amount, 0),
		CASE WHEN changed.added = round(changed.added, 2) THEN 0.01 ELSE 0.0001 END, 'unallocated') OVER (
			PARTITION BY changed.place ORDER BY changed.month, changed.service_id, changed.participant_id) AS amount
	FROM changed
)
SELECT divided.service_id, divided.participant_id, divided.month, divided.amount
FROM divided
WHERE divided.amount <> 0;
END;
REVOKE ALL ON FUNCTION steering.scenario_level(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_level(jsonb, daterange) IS 'by how much the cost of services is another in a scenario than what was booked, as bookings';

-- As the constraints of agreements have it, which tell no names.
CREATE FUNCTION steering.require_terms(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
WITH asked AS (
	SELECT item.place, item.entry, agreement.agreement_id, coalesce(item.entry ->> 'form', agreement.form) AS form, term.name,
		CASE WHEN item.entry ? term.name OR item.entry ? 'form' THEN item.entry ? term.name
			ELSE to_jsonb(agreement) ->> CASE term.name WHEN 'key' THEN 'key_id' ELSE term.name END IS NOT NULL END AS is_there
	FROM steering.scenario_entry(require_terms.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	LEFT JOIN steering.agreement ON agreement.service_id = service.service_id AND agreement.participant_id = participant.participant_id
		AND agreement.during && require_terms.during
	CROSS JOIN unnest('{base,volume,price,key,unused_percent}'::text[]) AS term (name)
	WHERE item.entry ->> 'change' = 'terms'
), known AS (
	SELECT asked.*, form.needs, form.may_have,
		bool_or(asked.name = 'volume' AND asked.is_there) OVER (PARTITION BY asked.place, asked.agreement_id) AS has_volume
	FROM asked
	JOIN steering.agreement_form() AS form ON form.form = asked.form
)
SELECT steering.require_that(known.is_there OR known.name <> ALL (known.needs), '23514',
		format('an agreement of form "%s" needs "%s": that of participant "%s" on service "%s"', known.form, known.name, known.entry ->> 'participant', known.entry ->> 'service')),
	steering.require_that(NOT known.is_there OR known.name = ANY (known.needs || known.may_have), '23514',
		format('an agreement of form "%s" has no "%s": that of participant "%s" on service "%s"', known.form, known.name, known.entry ->> 'participant', known.entry ->> 'service')),
	steering.require_that(NOT known.is_there OR known.name <> 'unused_percent' OR known.has_volume, '23514',
		format('an agreement has "unused_percent" with a volume only: that of participant "%s" on service "%s"', known.entry ->> 'participant', known.entry ->> 'service'))
FROM known
ORDER BY known.place;
END;
REVOKE ALL ON FUNCTION steering.require_terms(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_terms(jsonb, daterange) IS 'of a scenario. Error: 23514 terms that do not go together in the form of the agreement';

CREATE FUNCTION steering.scenario_terms(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
WITH item AS MATERIALIZED (
	SELECT item.place, item.entry, (service.service_id, participant.participant_id) IN (SELECT agreement.service_id, agreement.participant_id
			FROM steering.agreement WHERE agreement.during && scenario_terms.during) AS stands
	FROM steering.scenario_entry(scenario_terms.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	WHERE item.entry ->> 'change' = 'terms'
)
SELECT steering.require_that(item.entry ? 'form' OR item.stands, '22023',
		format('participant "%s" has no agreement on service "%s" in the period', item.entry ->> 'participant', item.entry ->> 'service'),
		'Give the form of a new one.'),
	steering.require_that(NOT item.entry ? 'on' OR NOT item.stands, '22023',
		format('participant "%s" has an agreement on service "%s" in the period', item.entry ->> 'participant', item.entry ->> 'service'),
		'Terms are those of all its months: "on" is for a new one.')
FROM item
ORDER BY item.place;
SELECT steering.require_terms(scenario_terms.change, scenario_terms.during);
UPDATE steering.agreement
SET form = coalesce(item.entry ->> 'form', agreement.form),
	base = CASE WHEN item.entry ? 'form' OR item.entry ? 'base' THEN (item.entry ->> 'base')::steering.amount ELSE agreement.base END,
	volume = CASE WHEN item.entry ? 'form' OR item.entry ? 'volume' THEN (item.entry ->> 'volume')::steering.amount ELSE agreement.volume END,
	price = CASE WHEN item.entry ? 'form' OR item.entry ? 'price' THEN (item.entry ->> 'price')::steering.amount ELSE agreement.price END,
	unused_percent = CASE WHEN item.entry ? 'form' OR item.entry ? 'unused_percent' THEN (item.entry ->> 'unused_percent')::numeric ELSE agreement.unused_percent END,
	key_id = CASE WHEN item.entry ? 'key' THEN steering.key_number(item.entry ->> 'key') WHEN item.entry ? 'form' THEN NULL ELSE agreement.key_id END
FROM steering.scenario_entry(scenario_terms.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
WHERE item.entry ->> 'change' = 'terms' AND agreement.service_id = service.service_id AND agreement.participant_id = participant.participant_id
	AND agreement.during && scenario_terms.during;
INSERT INTO steering.agreement (service_id, participant_id, during, form, base, volume, price, unused_percent, key_id)
SELECT service.service_id, participant.participant_id, daterange(coalesce((item.entry ->> 'on')::date, lower(scenario_terms.during)), upper(scenario_terms.during)),
	item.entry ->> 'form', (item.entry ->> 'base')::steering.amount, (item.entry ->> 'volume')::steering.amount, (item.entry ->> 'price')::steering.amount,
	(item.entry ->> 'unused_percent')::numeric, CASE WHEN item.entry ? 'key' THEN steering.key_number(item.entry ->> 'key') END
FROM steering.scenario_entry(scenario_terms.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
WHERE item.entry ->> 'change' = 'terms' AND item.entry ? 'form'
	AND NOT EXISTS (SELECT FROM steering.agreement WHERE agreement.service_id = service.service_id
		AND agreement.participant_id = participant.participant_id AND agreement.during && scenario_terms.during);
END;
REVOKE ALL ON FUNCTION steering.scenario_terms(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_terms(jsonb, daterange) IS
'of a scenario, to be taken back: agreements have other terms in all of their months, or are made. Errors: 22023 there is none, those of set_agreement() for terms that do not go together';

-- Whoever leaves, and whatever terms of a lead change, those who follow follow.
CREATE FUNCTION steering.scenario_follow(change jsonb) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(service.lead IS NOT NULL, '22023', format('nobody leads service "%s"', service.code)),
	steering.require_that(service.lead IS DISTINCT FROM item.entry ->> 'participant', '22023',
		format('participant "%s" leads service "%s", and cannot follow itself', item.entry ->> 'participant', service.code)),
	steering.require_that(standing.end_day IS NULL OR standing.end_day <= (item.entry ->> 'on')::date, '22023',
		format('participant "%s" takes part already: it has an agreement on service "%s"', item.entry ->> 'participant', service.code))
FROM steering.scenario_entry(scenario_follow.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
LEFT JOIN steering.participant ON participant.code = item.entry ->> 'participant'
LEFT JOIN (SELECT agreement.service_id, agreement.participant_id, max(upper(agreement.during)) AS end_day
	FROM steering.agreement
	GROUP BY agreement.service_id, agreement.participant_id) AS standing
	ON standing.service_id = service.service_id AND standing.participant_id = participant.participant_id
WHERE item.entry ->> 'change' = 'follow'
ORDER BY item.place;
INSERT INTO steering.follower (service_id, participant_id, during, volume, share)
SELECT service.service_id, participant.participant_id, daterange((item.entry ->> 'on')::date, NULL), (item.entry ->> 'volume')::steering.amount,
	(item.entry ->> 'share')::numeric
FROM steering.scenario_entry(scenario_follow.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
WHERE item.entry ->> 'change' = 'follow';
SELECT steering.follow_lead(led.service_id) FROM (SELECT DISTINCT follower.service_id FROM steering.follower) AS led;
END;
REVOKE ALL ON FUNCTION steering.scenario_follow(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_follow(jsonb) IS 'of a scenario, to be taken back: participants follow leads. Errors: 22023 nobody leads, one leads himself, or has an agreement, those of follow()';

CREATE FUNCTION steering.scenario_keys(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(service.service_id IN (SELECT rule.service_id FROM steering.allocation_rule AS rule WHERE rule.during && scenario_keys.during)
		OR service.service_id IN (SELECT agreement.service_id FROM steering.agreement WHERE agreement.key_id IS NOT NULL AND agreement.during && scenario_keys.during), '22023',
	format('the cost of service "%s" is divided by no key in the period', service.code))
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'key'
ORDER BY item.place;
UPDATE steering.allocation_rule SET key_id = steering.key_number(item.entry ->> 'key')
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'key' AND allocation_rule.service_id = service.service_id
	AND allocation_rule.during && scenario_keys.during;
UPDATE steering.agreement SET key_id = steering.key_number(item.entry ->> 'key')
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.service ON service.code = item.entry ->> 'service'
WHERE item.entry ->> 'change' = 'key' AND agreement.service_id = service.service_id
	AND agreement.key_id IS NOT NULL AND agreement.during && scenario_keys.during;
UPDATE steering.allocation_weight SET weight = (item.entry ->> 'weight')::numeric
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
JOIN steering.allocation_key ON allocation_key.code = item.entry ->> 'key'
WHERE item.entry ->> 'change' = 'weight' AND allocation_weight.key_id = allocation_key.key_id
	AND allocation_weight.participant_id = participant.participant_id AND allocation_weight.during && scenario_keys.during;
INSERT INTO steering.allocation_weight (key_id, participant_id, during, weight)
SELECT allocation_key.key_id, participant.participant_id, scenario_keys.during * participant.during, (item.entry ->> 'weight')::numeric
FROM steering.scenario_entry(scenario_keys.change) AS item
JOIN steering.participant ON participant.code = item.entry ->> 'participant'
JOIN steering.allocation_key ON allocation_key.code = item.entry ->> 'key'
WHERE item.entry ->> 'change' = 'weight'
	AND NOT EXISTS (SELECT FROM steering.allocation_weight AS standing WHERE standing.key_id = allocation_key.key_id
		AND standing.participant_id = participant.participant_id AND standing.during && scenario_keys.during);
END;
REVOKE ALL ON FUNCTION steering.scenario_keys(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_keys(jsonb, daterange) IS 'of a scenario, to be taken back: the cost of services is divided by other keys, or other weights. Error: 22023 it is divided by none';

CREATE FUNCTION steering.scenario_prepare(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_scenario(scenario_prepare.change, scenario_prepare.during);
SELECT steering.require_that(count(*) = 1, '22023', format('the cost of service "%s" would change twice', steering.service_code(scope.service_id)))
FROM steering.scenario_level_scope(scenario_prepare.change, scenario_prepare.during) AS scope
GROUP BY scope.service_id
ORDER BY steering.service_code(scope.service_id) COLLATE "C";
SELECT steering.require_that(EXISTS (SELECT FROM steering.scenario_level_booked(scenario_prepare.change, scenario_prepare.during) AS booked
		WHERE booked.place = scope.place AND booked.amount > 0) OR coalesce(scope.percent, scope.amount) = 0, '22023',
	format('nothing is booked on service "%s" from %s on', steering.service_code(scope.service_id), to_char(scope.day::timestamp, 'YYYY-MM-DD')),
	'Change "cost" says of whom there is cost.')
FROM steering.scenario_level_scope(scenario_prepare.change, scenario_prepare.during) AS scope
WHERE scope.service_id = scope.top_id
ORDER BY scope.place;
INSERT INTO steering.missing_table (source_id, relation, is_source, entry)
VALUES (0, 'a scenario', true, '{"stage": "actual"}');
END;
REVOKE ALL ON FUNCTION steering.scenario_prepare(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_prepare(jsonb, daterange) IS 'of a scenario, to be taken back: its source is there. Error: 22023 what is no change';

CREATE FUNCTION steering.scenario_apply(change jsonb, during daterange) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.scenario_leave(scenario_apply.change);
SELECT steering.scenario_join(scenario_apply.change, scenario_apply.during);
SELECT steering.scenario_catalogue(scenario_apply.change, scenario_apply.during);
SELECT steering.scenario_terms(scenario_apply.change, scenario_apply.during);
SELECT steering.scenario_follow(scenario_apply.change);
SELECT steering.scenario_keys(scenario_apply.change, scenario_apply.during);
END;
REVOKE ALL ON FUNCTION steering.scenario_apply(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_apply(jsonb, daterange) IS 'of a scenario, to be taken back: changes the registers. Errors: 22023 what cannot be, and those of the registers';

-- What one gives up is told from what services cost then.
CREATE FUNCTION steering.scenario_gives_up(change jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT EXISTS (SELECT FROM steering.scenario_entry(scenario_gives_up.change) AS item WHERE item.entry ->> 'change' IN ('leave', 'volume', 'end'));
END;
REVOKE ALL ON FUNCTION steering.scenario_gives_up(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_gives_up(jsonb) IS 'whether somebody leaves in a scenario, or takes less';

-- Of a group and its members, or a service and those below it: each volume is with all below, so that the inner one is a part of the outer.
CREATE FUNCTION steering.scenario_volume_item(change jsonb)
RETURNS TABLE (service_id integer, participant_id integer, service text, participant text, volume numeric, depth bigint, crosses text[])
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH item AS MATERIALIZED (
	SELECT service.service_id, participant.participant_id, service.code AS service, participant.code AS participant, (item.entry ->> 'volume')::numeric AS volume
	FROM steering.scenario_entry(scenario_volume_item.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	WHERE item.entry ->> 'change' = 'volume'
), pair AS (
	SELECT item.service_id, item.participant_id, count(*) FILTER (WHERE outer_service.depth IS NOT NULL AND outer_participant.depth IS NOT NULL) - 1 AS depth,
		min(ARRAY[other.participant, other.service]) FILTER (WHERE outer_service.depth > 0 AND inner_participant.depth > 0) AS crosses
	FROM item
	CROSS JOIN item AS other
	LEFT JOIN steering.service_below AS outer_service ON outer_service.top_id = other.service_id AND outer_service.service_id = item.service_id
	LEFT JOIN steering.participant_below AS outer_participant ON outer_participant.top_id = other.participant_id
		AND outer_participant.participant_id = item.participant_id
	LEFT JOIN steering.participant_below AS inner_participant ON inner_participant.top_id = item.participant_id
		AND inner_participant.participant_id = other.participant_id
	GROUP BY item.service_id, item.participant_id
)
SELECT item.service_id, item.participant_id, item.service, item.participant, item.volume, pair.depth, pair.crosses
FROM item
JOIN pair ON pair.service_id = item.service_id AND pair.participant_id = item.participant_id;
END;
REVOKE ALL ON FUNCTION steering.scenario_volume_item(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_volume_item(jsonb) IS
'the volumes that a scenario asks for, with how many others each is within; crosses: participant and service of one that it is within by service alone, while that is within it by participant; null: none';

-- As booked, with what services cost then.
CREATE FUNCTION steering.scenario_volume(change jsonb, during daterange)
RETURNS TABLE (service_id integer, participant_id integer, volume numeric, booked_amount numeric, booked_volume numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH item AS MATERIALIZED (
	SELECT item.* FROM steering.scenario_volume_item(scenario_volume.change) AS item
), own AS MATERIALIZED (
	SELECT item.service_id, item.participant_id, item.depth, item.volume - coalesce((
			SELECT sum(inner_item.volume)
			FROM item AS inner_item
			JOIN steering.service_below AS below ON below.top_id = item.service_id AND below.service_id = inner_item.service_id
			JOIN steering.participant_below AS member ON member.top_id = item.participant_id AND member.participant_id = inner_item.participant_id
			WHERE inner_item.depth = item.depth + 1), 0) AS volume,
		steering.require_that(item.crosses IS NULL, '22023', format('change "volume" of participant "%s" and service "%s" is partly that of participant "%s" and service "%s"', item.participant,
			item.service, item.crosses[1], item.crosses[2]), 'One of the two must be within the other.') AS nothing
	FROM item
), checked AS MATERIALIZED (
	SELECT own.service_id, own.participant_id, own.depth, own.volume,
		steering.require_that(own.volume >= 0, '22023', format('change "volume" of participant "%s" and service "%s" is less than those within it together',
			steering.participant_code(own.participant_id), steering.service_code(own.service_id))) AS nothing
	FROM own
	WHERE own.nothing IS NULL OR true
), used AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, sum(usage_now.amount::numeric) AS amount, sum(usage_now.volume::numeric) AS volume
	FROM steering.usage_now
	JOIN steering.source_stage ON source_stage.source_id = usage_now.source_id AND source_stage.stage = 'actual'
	WHERE usage_now.month >= lower(scenario_volume.during) AND usage_now.month < upper(scenario_volume.during) AND usage_now.source_id <> 0
		AND EXISTS (SELECT FROM item)
	GROUP BY usage_now.service_id, usage_now.participant_id
	UNION ALL
	SELECT usage_cell.service_id, usage_cell.participant_id, usage_cell.amount::numeric, 0
	FROM steering.usage_cell
	WHERE usage_cell.source_id = 0 AND usage_cell.stripe = 2
), nearest AS (
	SELECT checked.service_id, checked.participant_id, used.amount, used.volume, checked.depth,
		max(checked.depth) OVER (PARTITION BY used.service_id, used.participant_id) AS deepest
	FROM checked
	JOIN steering.service_below AS below ON below.top_id = checked.service_id
	JOIN steering.participant_below AS member ON member.top_id = checked.participant_id
	JOIN used ON used.service_id = below.service_id AND used.participant_id = member.participant_id
), booked AS MATERIALIZED (
	SELECT nearest.service_id, nearest.participant_id, sum(nearest.amount) AS amount, sum(nearest.volume) AS volume
	FROM nearest
	WHERE nearest.depth = nearest.deepest
	GROUP BY nearest.service_id, nearest.participant_id
)
SELECT checked.service_id, checked.participant_id, checked.volume, booked.amount, booked.volume
FROM checked
LEFT JOIN booked ON booked.service_id = checked.service_id AND booked.participant_id = checked.participant_id
WHERE checked.nothing IS NULL OR true;
END;
REVOKE ALL ON FUNCTION steering.scenario_volume(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_volume(jsonb, daterange) IS
'the volumes that participants have of services in a scenario, with all below both but what others of the scenario are of, and what is booked of the same. Error: 22023 two that cross, or one that is less than those within it';

-- What a leaver has booked stays as cost, and is the group's; its volume goes.
CREATE FUNCTION steering.scenario_usage(change jsonb, during daterange)
RETURNS TABLE (service_id integer, participant_id integer, month date, amount numeric, volume numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH used AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, usage_now.month, sum(usage_now.amount::numeric) AS amount, sum(usage_now.volume::numeric) AS volume
	FROM steering.usage_now
	JOIN steering.source_stage ON source_stage.source_id = usage_now.source_id AND source_stage.stage = 'actual'
	WHERE usage_now.month >= lower(scenario_usage.during) AND usage_now.month < upper(scenario_usage.during)
	GROUP BY usage_now.service_id, usage_now.participant_id, usage_now.month
), leaver AS MATERIALIZED (
	SELECT leaver.participant_id, leaver.day, coalesce(leaver.group_id, leaver.participant_id) AS group_id
	FROM steering.scenario_leaver(scenario_usage.change) AS leaver
), moved AS (
	SELECT used.service_id, used.participant_id, used.month, - used.amount AS amount, - used.volume AS volume
	FROM leaver JOIN used ON used.participant_id = leaver.participant_id AND used.month >= leaver.day
	UNION ALL
	SELECT used.service_id, leaver.group_id, used.month, used.amount, 0
	FROM leaver JOIN used ON used.participant_id = leaver.participant_id AND used.month >= leaver.day
	UNION ALL
	SELECT used.service_id, used.participant_id, used.month, 0, - used.volume
	FROM steering.scenario_entry(scenario_usage.change) AS item
	JOIN steering.service AS top ON top.code = item.entry ->> 'service'
	JOIN steering.service_below AS below ON below.top_id = top.service_id
	JOIN used ON used.service_id = below.service_id AND used.month >= (item.entry ->> 'on')::date
	WHERE item.entry ->> 'change' = 'end' AND used.participant_id NOT IN (SELECT leaver.participant_id FROM leaver)
	UNION ALL
	SELECT service.service_id, participant.participant_id, (upper(scenario_usage.during) - interval '1 month')::date, (item.entry ->> 'amount')::numeric, 0
	FROM steering.scenario_entry(scenario_usage.change) AS item
	JOIN steering.service ON service.code = item.entry ->> 'service'
	JOIN steering.participant ON participant.code = item.entry ->> 'participant'
	WHERE item.entry ->> 'change' = 'cost'
	UNION ALL
	SELECT asked.service_id, asked.participant_id, (upper(scenario_usage.during) - interval '1 month')::date, 0, asked.volume - coalesce(asked.booked_volume, 0)
	FROM steering.scenario_volume(scenario_usage.change, scenario_usage.during) AS asked
)
SELECT moved.service_id, moved.participant_id, moved.month, sum(moved.amount), sum(moved.volume)
FROM moved
GROUP BY moved.service_id, moved.participant_id, moved.month
HAVING sum(moved.amount) <> 0 OR sum(moved.volume) <> 0;
END;
REVOKE ALL ON FUNCTION steering.scenario_usage(jsonb, daterange) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_usage(jsonb, daterange) IS 'what a scenario adds to what was booked';

-- What falls away by and by is told by the behaviour of the cost, and of nothing that has none. Of what is shared that is what the leaver paid
-- of it, of all else what was booked.
CREATE FUNCTION steering.scenario_lost(change jsonb, during daterange, before steering.scenario_figure[], tried steering.scenario_figure[])
RETURNS TABLE (service_id integer, participant_id integer, day date, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH sharer AS MATERIALIZED (
	SELECT agreement.service_id, min(agreement.participant_id) AS participant_id
	FROM steering.agreement
	WHERE agreement.key_id IS NOT NULL AND agreement.during && scenario_lost.during
	GROUP BY agreement.service_id
), ruled AS MATERIALIZED (
	SELECT DISTINCT rule.service_id FROM steering.allocation_rule AS rule WHERE rule.during && scenario_lost.during
), leaver AS MATERIALIZED (
	SELECT leaver.participant_id, leaver.code, leaver.day, coalesce(leaver.group_id, leaver.participant_id) AS group_id
	FROM steering.scenario_leaver(scenario_lost.change) AS leaver
), fallen AS MATERIALIZED (
	SELECT listed.kind, service.service_id, leaver.group_id, leaver.day, sum(listed.amount) AS amount
	FROM (SELECT was.kind, was.participant, was.service, was.amount FROM unnest(scenario_lost.before) AS was
		UNION ALL SELECT becomes.kind, becomes.participant, becomes.service, - becomes.amount FROM unnest(scenario_lost.tried) AS becomes) AS listed
	JOIN leaver ON leaver.code = listed.participant
	JOIN steering.service ON service.code = listed.service
	GROUP BY listed.kind, service.service_id, leaver.group_id, leaver.day
	HAVING sum(listed.amount) > 0
), used AS MATERIALIZED (
	SELECT usage_now.service_id, usage_now.participant_id, usage_now.month, usage_now.amount::numeric AS amount, usage_now.volume::numeric AS volume
	FROM steering.usage_now
	JOIN steering.source_stage ON source_stage.source_id = usage_now.source_id AND source_stage.stage = 'actual'
	WHERE usage_now.month >= lower(scenario_lost.during) AND usage_now.month < upper(scenario_lost.during) AND usage_now.source_id <> 0
	UNION ALL
	SELECT usage_cell.service_id, usage_cell.participant_id, usage_cell.month, usage_cell.amount::numeric, 0
	FROM steering.usage_cell
	WHERE usage_cell.source_id = 0 AND usage_cell.stripe = 2
), ended AS (
	SELECT below.service_id, min((item.entry ->> 'on')::date) AS day
	FROM steering.scenario_entry(scenario_lost.change) AS item
	JOIN steering.service AS top ON top.code = item.entry ->> 'service'
	JOIN steering.service_below AS below ON below.top_id = top.service_id
	WHERE item.entry ->> 'change' = 'end'
	GROUP BY below.service_id
)
SELECT fallen.service_id, sharer.participant_id, fallen.day, fallen.amount
FROM fallen JOIN sharer ON sharer.service_id = fallen.service_id
WHERE fallen.kind = 'owed'
UNION ALL
SELECT fallen.service_id, fallen.group_id, fallen.day, fallen.amount
FROM fallen JOIN ruled ON ruled.service_id = fallen.service_id
WHERE fallen.kind = 'allocated' AND fallen.service_id NOT IN (SELECT sharer.service_id FROM sharer)
UNION ALL
SELECT used.service_id, leaver.group_id, leaver.day, sum(used.amount)
FROM leaver
JOIN used ON used.participant_id = leaver.participant_id AND used.month >= leaver.day
WHERE used.service_id NOT IN (SELECT below.service_id FROM steering.service_below AS below
		WHERE below.top_id IN (SELECT sharer.service_id FROM sharer UNION ALL SELECT ruled.service_id FROM ruled))
	AND used.service_id NOT IN (SELECT ended.service_id FROM ended)
GROUP BY used.service_id, leaver.group_id, leaver.day
UNION ALL
SELECT used.service_id, used.participant_id, ended.day, sum(used.amount)
FROM ended JOIN used ON used.service_id = ended.service_id AND used.month >= ended.day
GROUP BY used.service_id, used.participant_id, ended.day
UNION ALL
SELECT asked.service_id, asked.participant_id, lower(scenario_lost.during),
	asked.booked_amount * (asked.booked_volume - asked.volume) / asked.booked_volume
FROM steering.scenario_volume(scenario_lost.change, scenario_lost.during) AS asked
WHERE asked.booked_volume > 0;
END;
REVOKE ALL ON FUNCTION steering.scenario_lost(jsonb, daterange, steering.scenario_figure[], steering.scenario_figure[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_lost(jsonb, daterange, steering.scenario_figure[], steering.scenario_figure[]) IS
'of a scenario, the cost that nobody needs any more from a day on, as if all of it could be avoided; negative: more is needed. tried: who bears what while no cost falls';

CREATE FUNCTION steering.scenario_avoided(change jsonb, during daterange, before steering.scenario_figure[], tried steering.scenario_figure[])
RETURNS TABLE (service_id integer, participant_id integer, month date, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
SELECT part.service_id, part.participant_id, (upper(scenario_avoided.during) - interval '1 month')::date, round(- sum(part.avoided), 2)
FROM (
	SELECT lost.service_id, lost.participant_id,
		CASE WHEN lost.amount < 0 THEN lost.amount * (1 - behaviour.fixed_share)
			WHEN behaviour.avoidable_after = 0 THEN lost.amount
			ELSE lost.amount - steering.exact_part(lost.amount * behaviour.fixed_share,
				steering.held_months(behaviour.avoidable_after, months.count, 'monthly'), months.count * behaviour.avoidable_after) END AS avoided
	FROM steering.scenario_lost(scenario_avoided.change, scenario_avoided.during, scenario_avoided.before, scenario_avoided.tried) AS lost
	CROSS JOIN LATERAL (SELECT steering.count_months(daterange(lost.day, upper(scenario_avoided.during))) AS count) AS months
	CROSS JOIN LATERAL steering.cost_behaviour_on(steering.service_code(lost.service_id), lost.day) AS behaviour
	WHERE behaviour.said_of IS NOT NULL
) AS part
GROUP BY part.service_id, part.participant_id
HAVING round(sum(part.avoided), 2) <> 0;
END;
REVOKE ALL ON FUNCTION steering.scenario_avoided(jsonb, daterange, steering.scenario_figure[], steering.scenario_figure[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_avoided(jsonb, daterange, steering.scenario_figure[], steering.scenario_figure[]) IS
'by how much cost falls in a scenario, in cents, as bookings: what is lost less what of it is stranded, by how the cost of the service behaves, absorbed in equal parts each month; nothing of services of which that was not said';

CREATE FUNCTION steering.scenario_difference(change jsonb, before steering.scenario_figure[], levelled steering.scenario_figure[], after steering.scenario_figure[])
RETURNS TABLE (kind text, participant text, service text, before numeric, after numeric, difference numeric, stranded numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
BEGIN ATOMIC
WITH figure AS MATERIALIZED (
	SELECT listed.kind, listed.participant, listed.service,
		CASE WHEN bool_and(listed.amount IS NOT NULL) FILTER (WHERE listed.state = 1) IS NOT FALSE
			THEN round(coalesce(sum(listed.amount) FILTER (WHERE listed.state = 1), 0), 4) END AS before,
		CASE WHEN bool_and(listed.amount IS NOT NULL) FILTER (WHERE listed.state = 2) IS NOT FALSE
			THEN round(coalesce(sum(listed.amount) FILTER (WHERE listed.state = 2), 0), 4) END AS levelled,
		CASE WHEN bool_and(listed.amount IS NOT NULL) FILTER (WHERE listed.state = 3) IS NOT FALSE
			THEN round(coalesce(sum(listed.amount) FILTER (WHERE listed.state = 3), 0), 4) END AS after
	FROM (SELECT was.kind, was.participant, was.service, was.amount, 1 AS state FROM unnest(scenario_difference.before) AS was
		UNION ALL SELECT costs.kind, costs.participant, costs.service, costs.amount, 2 FROM unnest(scenario_difference.levelled) AS costs
		UNION ALL SELECT becomes.kind, becomes.participant, becomes.service, becomes.amount, 3 FROM unnest(scenario_difference.after) AS becomes) AS listed
	GROUP BY listed.kind, listed.participant, listed.service
), entry AS MATERIALIZED (
	SELECT item.entry ->> 'change' AS change, item.entry ->> 'participant' AS participant, item.entry ->> 'service' AS service, item.entry ->> 'amount' AS amount
	FROM steering.scenario_entry(scenario_difference.change) AS item
), added AS MATERIALIZED (
	SELECT DISTINCT ON (scope.kind, cell.service_id) scope.kind, scope.service, cell.amount
	FROM (SELECT service.service_id, sum(entry.amount::numeric) AS amount
		FROM entry JOIN steering.service ON service.code = entry.service
		WHERE entry.change = 'cost'
		GROUP BY service.service_id) AS cell
	JOIN steering.service_below AS below ON below.service_id = cell.service_id
	JOIN steering.service AS top ON top.service_id = below.top_id
	JOIN (SELECT DISTINCT figure.kind, figure.service FROM figure) AS scope ON scope.service = top.code
	ORDER BY scope.kind, cell.service_id, below.depth
), marked AS MATERIALIZED (
	SELECT figure.*, figure.after - figure.before AS difference,
		figure.after - CASE WHEN cardinality(scenario_difference.levelled) = 0 THEN figure.before ELSE figure.levelled END AS moved,
		figure.participant IN (SELECT leaver.code FROM steering.scenario_leaver(scenario_difference.change) AS leaver)
			OR figure.participant IS NOT NULL AND figure.service IN (SELECT entry.service FROM entry WHERE entry.change = 'end')
			OR (figure.participant, figure.service) IN (SELECT entry.participant, entry.service FROM entry WHERE entry.change = 'volume') AS gives_up
	FROM figure
), lost AS MATERIALIZED (
	SELECT marked.kind, marked.service,
		coalesce(- sum(marked.moved) FILTER (WHERE marked.gives_up AND marked.moved < 0), 0)
			- greatest(- sum(marked.moved) + coalesce((SELECT sum(added.amount) FROM added WHERE added.kind = marked.kind AND added.service = marked.service), 0), 0) AS amount,
		sum(marked.moved) FILTER (WHERE marked.moved > 0) AS rise
	FROM marked
	GROUP BY marked.kind, marked.service
)
SELECT marked.kind, marked.participant, marked.service, marked.before, marked.after, marked.difference,
	steering.allocated(greatest(least(lost.amount, lost.rise), 0), greatest(marked.moved, 0), 0.0001, 'unallocated') OVER (
		PARTITION BY marked.kind, marked.service ORDER BY marked.participant COLLATE "C" NULLS LAST)
FROM marked
JOIN lost ON lost.kind = marked.kind AND lost.service = marked.service
WHERE marked.difference IS NOT NULL AND marked.moved IS NOT NULL AND (marked.before <> 0 OR marked.after <> 0)
UNION ALL
SELECT marked.kind, marked.participant, marked.service, marked.before, marked.after, marked.difference, NULL
FROM marked
WHERE marked.difference IS NULL OR marked.moved IS NULL
ORDER BY 1, 3, 2 NULLS LAST;
END;
REVOKE ALL ON FUNCTION steering.scenario_difference(jsonb, steering.scenario_figure[], steering.scenario_figure[], steering.scenario_figure[]) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario_difference(jsonb, steering.scenario_figure[], steering.scenario_figure[], steering.scenario_figure[]) IS
'what scenario() gives. levelled: before, with the cost that services have then (empty: as before). Stranded, from that: what those who leave, or take less, no longer bear of a service and its cost does not fall by, as far as others bear more of it, in proportion to that';

CREATE FUNCTION steering.scenario(change jsonb, period text)
RETURNS TABLE (kind text, participant text, service text, before numeric, after numeric, difference numeric, stranded numeric)
AS 'MODULE_PATHNAME', 'steering_scenario'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1000;
REVOKE ALL ON FUNCTION steering.scenario(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.scenario(jsonb, text) IS
'what a period would cost whom if something changed, and changes nothing. change: one or a list of {"change": "leave", "participant": code, "on": day}; {"change": "join", "participant", "on", and if wanted "name", "parent", "inhabitants", "like": whose keys and prices it takes, "services": only these}; {"change": "follow", "participant", "service", "on", and "volume" or "share"}; {"change": "terms", "participant", "service", and "form", "base", "volume", "price", "key", "unused_percent", and of a new one "on"}; {"change": "volume", "participant", "service", "volume"}: that is its actual volume, with all below both; {"change": "weight", "participant", "key", "weight"}; {"change": "key", "service", "key"}; {"change": "cost", "participant", "service", "amount"}: so much more is booked; {"change": "end", "service", "on"}; {"change": "begin", "service", "on", and if wanted "name", "parent", "kind", "key": a rule divides its cost, or with "participants" these share it by agreement}; {"change": "level", "service", and "percent": its cost with all below it is that much more, or "amount": it becomes this, "per" year or period (what is left of it), and "on"}; {"change": "move", "service", "parent"}; {"change": "lead", "service", "participant"}: it is a development service that this one leads. Days are the first of a month of the period.
A row per participant and service: kind owed, by agreements, as settle() computes it for a period of which nothing was billed, without advances and shares of the result; or allocated, by rules, as allocate_costs() does with its usual method. participant null: nobody bears it, so it is the supplier''s (negative: a gain). The rows of a service add up to its cost, before and after. stranded: the part of a rise that others no longer bear while the cost stays. It falls by what can be avoided in the period, by set_cost_behaviour(); of a service that has none all of it stays. Null: a weight is not known. Bookings go on meanwhile; who would change registers, agreements or keys waits. It shows all participants. Errors: 22004 null, those of period_range(), 22023 what is no change or cannot be, 25006 on a standby, 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';
-- leaving.sql
-- What leaving and joining cost at once: the sum that a leaver pays, by the two methods that are accepted where nothing was agreed; what who joins
-- contributes; and how the shares of the others change. Nothing of it is recorded or decided here.

-- The month before the day is the last one as it was; of volume the year before it. A customer has no part in what is the arrangement's.
CREATE FUNCTION steering.weight_before(key text, day date, arrangement text)
RETURNS TABLE (participant text, weight numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
SELECT participant.code, CASE WHEN weighed.weight < 0 THEN 0 ELSE weighed.weight END
FROM steering.allocation_key
CROSS JOIN LATERAL (SELECT (weight_before.day - CASE WHEN allocation_key.basis = 'volume' THEN interval '1 year' ELSE interval '1 month' END)::date AS first_day) AS since
CROSS JOIN LATERAL steering.key_weight_in(since.first_day, weight_before.day) AS weighed
JOIN steering.participant ON participant.participant_id = weighed.participant_id
WHERE allocation_key.key_id = steering.key_number(weight_before.key) AND weighed.key_id = allocation_key.key_id
	AND (weight_before.arrangement IS NULL OR weighed.participant_id IN (SELECT below.participant_id
		FROM steering.arrangement_member AS member
		JOIN steering.participant_below AS below ON below.top_id = member.participant_id
		WHERE member.arrangement_id = steering.arrangement_number(weight_before.arrangement) AND member.role <> 'customer'
			AND member.during @> (weight_before.day - 1)));
END;
REVOKE ALL ON FUNCTION steering.weight_before(text, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.weight_before(text, date, text) IS 'weights of participants in an allocation key just before a day: of all, or of who takes part in an arrangement, other than as a customer';

CREATE FUNCTION steering.share_change(key text, as_of date, amount numeric, leaver text DEFAULT NULL, joiner text DEFAULT NULL,
	weight numeric DEFAULT NULL, arrangement text DEFAULT NULL)
RETURNS TABLE (participant text, weight numeric, before numeric, after numeric, difference numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.key_number(share_change.key), steering.require_first_day(share_change.as_of, 'as_of'),
	steering.require_given(share_change.amount IS NOT NULL, 'amount'),
	steering.require_that(abs(share_change.amount) < 'Infinity' AND share_change.amount = round(share_change.amount, 4), '22023',
		format('amount must be a number of four decimals at most: %s', share_change.amount)),
	CASE WHEN share_change.leaver IS NOT NULL THEN steering.participant_number(share_change.leaver) END,
	CASE WHEN share_change.joiner IS NOT NULL THEN steering.require_text(share_change.joiner, 'joiner') END,
	steering.require_that(share_change.joiner IS NULL OR coalesce(share_change.weight >= 0 AND share_change.weight < 'Infinity', false), '22023',
		format('who joins needs a weight that is not negative: %s', coalesce(share_change.weight::text, 'null'))),
	CASE WHEN share_change.arrangement IS NOT NULL THEN steering.arrangement_number(share_change.arrangement) END;
WITH standing AS MATERIALIZED (
	SELECT standing.participant, standing.weight FROM steering.weight_before(share_change.key, share_change.as_of, share_change.arrangement) AS standing
), checked AS MATERIALIZED (
	SELECT steering.require_that(share_change.leaver IS NULL OR EXISTS (SELECT FROM standing WHERE standing.participant = share_change.leaver), '22023',
			format('participant "%s" has no weight in key "%s"', share_change.leaver, share_change.key)) AS leaver,
		steering.require_that(NOT EXISTS (SELECT FROM standing WHERE standing.participant = share_change.joiner), '22023',
			format('participant "%s" has a weight in key "%s" already', share_change.joiner, share_change.key)) AS joiner
), listed AS MATERIALIZED (
	SELECT standing.participant, standing.weight, standing.weight AS before, CASE WHEN standing.participant = share_change.leaver THEN 0 ELSE standing.weight END AS after
	FROM standing
	UNION ALL
	SELECT share_change.joiner, share_change.weight, 0, share_change.weight FROM checked WHERE share_change.joiner IS NOT NULL
), known AS (
	SELECT bool_and(listed.weight IS NOT NULL) AS is_known FROM listed
), divided AS (
	SELECT listed.participant, listed.weight,
		steering.allocated(share_change.amount, coalesce(listed.before, 0), 0.0001, 'unallocated') OVER in_order AS before,
		steering.allocated(share_change.amount, coalesce(listed.after, 0), 0.0001, 'unallocated') OVER in_order AS after
	FROM listed
	WINDOW in_order AS (ORDER BY listed.participant COLLATE "C")
)
SELECT divided.participant, divided.weight, CASE WHEN known.is_known THEN divided.before END, CASE WHEN known.is_known THEN divided.after END,
	CASE WHEN known.is_known THEN divided.after - divided.before END
FROM divided
CROSS JOIN known
CROSS JOIN checked
ORDER BY divided.participant COLLATE "C";
END;
REVOKE ALL ON FUNCTION steering.share_change(text, date, numeric, text, text, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.share_change(text, date, numeric, text, text, numeric, text) IS
'the shares of an amount by an allocation key before and after the first day of a month (as_of), on which a participant leaves, another one joins with a weight, or both: of all who have a weight just before it, or who take part in an arrangement then, other than as a customer. To four decimals, by the largest remainder, so both add up to the amount. Null: a weight is not known. Errors: 22004 null, 22023 unknown code, not the first day of a month, who leaves has no weight, who joins has one, a weight or amount that is none';

CREATE FUNCTION steering.borne_before(participant text, day date)
RETURNS TABLE (service text, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
WITH figure AS MATERIALIZED (
	SELECT figure.kind, figure.service, figure.amount
	FROM steering.scenario_cost(daterange((borne_before.day - interval '1 year')::date, borne_before.day)) AS figure
	WHERE figure.participant IN (SELECT member.code
		FROM steering.participant AS top
		JOIN steering.participant_below AS below ON below.top_id = top.participant_id
		JOIN steering.participant AS member ON member.participant_id = below.participant_id
		WHERE top.code = borne_before.participant)
)
SELECT figure.service, CASE WHEN bool_and(figure.amount IS NOT NULL) THEN sum(figure.amount) END
FROM figure
WHERE figure.kind = 'owed' OR figure.service NOT IN (SELECT owed.service FROM figure AS owed WHERE owed.kind = 'owed')
GROUP BY figure.service
HAVING coalesce(sum(figure.amount) <> 0, true);
END;
REVOKE ALL ON FUNCTION steering.borne_before(text, date) FROM PUBLIC;
COMMENT ON FUNCTION steering.borne_before(text, date) IS
'what a participant, with all below it, bore of each service in the twelve months before a day: by agreements, else by rules of allocation';

CREATE FUNCTION steering.arrangement_left(participant text, day date, arrangement text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT CASE WHEN arrangement_left.arrangement IS NOT NULL THEN steering.arrangement_number(arrangement_left.arrangement) END;
WITH part AS MATERIALIZED (
	SELECT DISTINCT entry.code
	FROM steering.participant AS leaver
	JOIN steering.participant_below AS below ON below.participant_id = leaver.participant_id
	JOIN steering.arrangement_member AS member ON member.participant_id = below.top_id AND member.role <> 'customer' AND member.during @> (arrangement_left.day - 1)
	JOIN steering.arrangement AS entry ON entry.arrangement_id = member.arrangement_id
	WHERE leaver.code = arrangement_left.participant
), checked AS (
	SELECT count(*) AS parts, coalesce(bool_or(part.code = arrangement_left.arrangement), false) AS is_part, min(part.code) AS code,
		string_agg(part.code, ', ' ORDER BY part.code COLLATE "C") AS codes
	FROM part
), refused AS MATERIALIZED (
	SELECT steering.require_that(arrangement_left.arrangement IS NULL OR checked.is_part, '22023',
			format('participant "%s" has no part in arrangement "%s" before %s', arrangement_left.participant, arrangement_left.arrangement,
				to_char(arrangement_left.day::timestamp, 'YYYY-MM-DD'))) AS part,
		steering.require_that(arrangement_left.arrangement IS NOT NULL OR checked.parts <= 1, '22023',
			format('participant "%s" takes part in several arrangements', arrangement_left.participant),
			format('Name the one that it leaves: %s.', checked.codes)) AS several
	FROM checked
)
SELECT coalesce(arrangement_left.arrangement, checked.code) FROM checked CROSS JOIN refused;
END;
REVOKE ALL ON FUNCTION steering.arrangement_left(text, date, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.arrangement_left(text, date, text) IS
'the arrangement that a participant leaves on a day: the one that is named, else the only one in which it takes part before, itself or in a group, and not as a customer; null: none. Errors: 22023 unknown, it has no part in that, or takes part in several';

CREATE FUNCTION steering.exit_sum(participant text, leaves date, method text, contribution numeric DEFAULT NULL, first_percent numeric DEFAULT 100,
	step_percent numeric DEFAULT 20, horizon integer DEFAULT 5, absorption text DEFAULT 'yearly', fixed_share numeric DEFAULT NULL,
	avoidable_after integer DEFAULT NULL, lines jsonb DEFAULT '[]', reserve_key text DEFAULT NULL, arrangement text DEFAULT NULL)
RETURNS TABLE (year integer, valid_from date, valid_to date, line text, service text, amount numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.participant_number(exit_sum.participant), steering.require_first_day(exit_sum.leaves, 'leaves'),
	steering.require_given(exit_sum.method IS NOT NULL, 'method'),
	steering.require_that(exit_sum.method IN ('phase_out', 'damage'), '22023', format('method must be "phase_out" or "damage": "%s"', exit_sum.method)),
	steering.require_that(exit_sum.contribution IS NULL OR exit_sum.contribution >= 0 AND exit_sum.contribution < 'Infinity', '22023',
		format('contribution must be a number that is not negative: %s', exit_sum.contribution)),
	steering.require_that(coalesce(exit_sum.first_percent BETWEEN 0 AND 100, false), '22023',
		format('first_percent must be between 0 and 100: %s', coalesce(exit_sum.first_percent::text, 'null'))),
	steering.require_that(coalesce(exit_sum.step_percent BETWEEN 1 AND 100, false), '22023',
		format('step_percent must be between 1 and 100: %s', coalesce(exit_sum.step_percent::text, 'null'))),
	steering.require_that(coalesce(exit_sum.horizon BETWEEN 1 AND 100, false), '22023',
		format('horizon must be between 1 and 100 years: %s', coalesce(exit_sum.horizon::text, 'null'))),
	steering.require_absorption(exit_sum.absorption),
	steering.require_that(exit_sum.fixed_share IS NULL OR exit_sum.fixed_share BETWEEN 0 AND 1, '22023', format('fixed_share must be between 0 and 1: %s', exit_sum.fixed_share)),
	steering.require_that(exit_sum.avoidable_after IS NULL OR exit_sum.avoidable_after BETWEEN 0 AND 1200, '22023',
		format('avoidable_after must be between 0 and 1200 months: %s', exit_sum.avoidable_after)),
	steering.require_that(coalesce(jsonb_typeof(exit_sum.lines) = 'array', false), '22023', 'lines must be a list'),
	CASE WHEN exit_sum.reserve_key IS NOT NULL THEN steering.key_number(exit_sum.reserve_key) END;
SELECT steering.require_that(coalesce(jsonb_typeof(entry.value) = 'object' AND entry.value ->> 'kind' IN ('friction', 'disintegration', 'avoided', 'taken_over')
		AND jsonb_typeof(entry.value -> 'year') = 'number' AND jsonb_typeof(entry.value -> 'amount') = 'number', false), '22023',
	format('a line must have a kind (friction, disintegration, avoided, taken_over), a year and an amount: %s', entry.value))
FROM jsonb_array_elements(exit_sum.lines) AS entry (value);
SELECT steering.require_that((entry.value ->> 'year')::numeric BETWEEN 1 AND exit_sum.horizon AND (entry.value ->> 'year')::numeric % 1 = 0, '22023',
		format('the year of a line must be from 1 to %s: %s', exit_sum.horizon, entry.value)),
	steering.require_that((entry.value ->> 'amount')::numeric >= 0, '22023', format('the amount of a line must not be negative: %s', entry.value))
FROM jsonb_array_elements(exit_sum.lines) AS entry (value);
WITH borne AS MATERIALIZED (
	SELECT borne.service, borne.amount FROM steering.borne_before(exit_sum.participant, exit_sum.leaves) AS borne
	WHERE exit_sum.contribution IS NULL OR exit_sum.method = 'damage'
), paid AS (
	SELECT coalesce(exit_sum.contribution, CASE WHEN bool_and(borne.amount IS NOT NULL) IS NOT FALSE THEN coalesce(sum(borne.amount), 0) END) AS amount FROM borne
), behaviour AS MATERIALIZED (
	SELECT borne.service, borne.amount,
		CASE WHEN behaviour.said_of IS NULL THEN exit_sum.fixed_share ELSE behaviour.fixed_share END AS fixed_share,
		CASE WHEN behaviour.said_of IS NULL THEN exit_sum.avoidable_after ELSE behaviour.avoidable_after END AS avoidable_after
	FROM borne CROSS JOIN LATERAL steering.cost_behaviour_on(borne.service, exit_sum.leaves) AS behaviour
	WHERE exit_sum.method = 'damage'
), piece AS (
	SELECT number AS year, 'contribution' AS line, NULL::text AS service,
		steering.exact_part(paid.amount, exit_sum.first_percent - exit_sum.step_percent * (number - 1), 100) AS amount
	FROM paid CROSS JOIN generate_series(1, 100) AS number
	WHERE exit_sum.method = 'phase_out' AND exit_sum.first_percent - exit_sum.step_percent * (number - 1) > 0
	UNION ALL
	SELECT number, 'disintegration', behaviour.service,
		steering.stranded_through(behaviour.amount, behaviour.fixed_share, behaviour.avoidable_after, 12 * number, exit_sum.absorption)
			- steering.stranded_through(behaviour.amount, behaviour.fixed_share, behaviour.avoidable_after, 12 * (number - 1), exit_sum.absorption)
	FROM behaviour CROSS JOIN generate_series(1, exit_sum.horizon) AS number
	UNION ALL
	SELECT (entry.value ->> 'year')::integer, entry.value ->> 'kind', entry.value ->> 'service',
		CASE WHEN entry.value ->> 'kind' IN ('avoided', 'taken_over') THEN -1 ELSE 1 END * (entry.value ->> 'amount')::numeric
	FROM jsonb_array_elements(exit_sum.lines) AS entry (value)
	WHERE exit_sum.method = 'damage'
	UNION ALL
	SELECT 1, 'reserve', NULL, - change.before
	FROM (SELECT steering.arrangement_left(exit_sum.participant, exit_sum.leaves, exit_sum.arrangement) AS arrangement
		WHERE exit_sum.method = 'damage' AND exit_sum.reserve_key IS NOT NULL) AS body
	CROSS JOIN LATERAL (SELECT CASE WHEN body.arrangement IS NOT NULL THEN steering.arrangement_reserve_before(body.arrangement, exit_sum.leaves)
		ELSE (SELECT coalesce(sum(booked.amount::numeric), 0) FROM steering.reserve AS booked WHERE booked.booked_on < exit_sum.leaves) END AS amount) AS reserve
	CROSS JOIN LATERAL steering.share_change(exit_sum.reserve_key, exit_sum.leaves, reserve.amount, leaver => exit_sum.participant, arrangement => body.arrangement) AS change
	WHERE exit_sum.method = 'damage' AND exit_sum.reserve_key IS NOT NULL AND change.participant = exit_sum.participant
)
SELECT piece.year, (exit_sum.leaves + make_interval(years => piece.year - 1))::date, (exit_sum.leaves + make_interval(years => piece.year))::date - 1,
	piece.line, piece.service, round(piece.amount, 4)
FROM piece
WHERE coalesce(piece.amount <> 0, true)
ORDER BY piece.year, array_position(ARRAY['contribution', 'disintegration', 'friction', 'avoided', 'taken_over', 'reserve'], piece.line),
	piece.service COLLATE "C" NULLS LAST, piece.amount;
END;
REVOKE ALL ON FUNCTION steering.exit_sum(text, date, text, numeric, numeric, numeric, integer, text, numeric, integer, jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.exit_sum(text, date, text, numeric, numeric, numeric, integer, text, numeric, integer, jsonb, text, text) IS
'what a participant pays that leaves on the first day of a month, per year after it, in lines; the sum is that of all. phase_out: its contribution goes on, first_percent in the first year and step_percent less in each that follows (KB 14-5-1985); contribution null: what it bore in the twelve months before. damage: direct damage within horizon years (ABRvS 15-4-2015, ECLI:NL:RVS:2015:1198): disintegration, what is stranded of what it bore of each service in those months, as cost_behaviour says, or fixed_share and avoidable_after for services that have none, absorbed as stranded_cost() does; lines that are given, [{"kind": "friction", "year": 1, "amount": 25000, "service": code}, ...], of which avoided and taken_over are taken off; with reserve_key its share by that key in the reserve of that day is taken off (of a deficit: added): of the arrangement that it leaves, among those who take part in that, which is the one that is named, or the only one in which it takes part other than as a customer; who takes part in none, in the supplier''s whole reserve. Null: a weight or a behaviour is not known. A regulation that says otherwise comes first. Errors: 22004 null, 22023 unknown code or method, not the first day of a month, parameters out of range, a line that is none, an arrangement that it has no part in, or several of which none is named';

CREATE FUNCTION steering.unrecovered_before(day date) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(sum(moved.amount), 0)
FROM (
	SELECT start_up.amount::numeric AS amount FROM steering.start_up WHERE start_up.advanced_on < unrecovered_before.day
	UNION ALL
	SELECT - repayment.amount::numeric FROM steering.start_up_repayment AS repayment WHERE repayment.repaid_on < unrecovered_before.day
) AS moved;
END;
REVOKE ALL ON FUNCTION steering.unrecovered_before(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.unrecovered_before(date) IS 'what was advanced for start-ups before a day, less what of it was repaid before it';

CREATE FUNCTION steering.entry_contribution(participant text, joins date, key text, weight numeric, unrecovered numeric DEFAULT NULL,
	arrangement text DEFAULT NULL)
RETURNS TABLE (line text, whole numeric, percent numeric, amount numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 2 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_text(entry_contribution.participant, 'participant'), steering.require_first_day(entry_contribution.joins, 'joins'),
	CASE WHEN entry_contribution.unrecovered IS NOT NULL THEN steering.require_amount(entry_contribution.unrecovered, 'unrecovered') END;
WITH whole AS (
	SELECT 1 AS place, 'reserve' AS line, CASE WHEN entry_contribution.arrangement IS NULL THEN coalesce(sum(reserve.amount::numeric), 0)
		ELSE steering.arrangement_reserve_before(entry_contribution.arrangement, entry_contribution.joins) END AS amount
	FROM steering.reserve
	WHERE reserve.booked_on < entry_contribution.joins
	UNION ALL
	SELECT 2, 'start_up', coalesce(entry_contribution.unrecovered, steering.unrecovered_before(entry_contribution.joins))
)
SELECT whole.line, round(whole.amount, 4), round(100 * change.weight / nullif(change.weights, 0), 4), change.after
FROM whole
CROSS JOIN LATERAL (
	SELECT listed.participant, listed.weight, listed.after, sum(listed.weight) OVER () AS weights
	FROM steering.share_change(entry_contribution.key, entry_contribution.joins, whole.amount, joiner => entry_contribution.participant,
		weight => entry_contribution.weight, arrangement => entry_contribution.arrangement) AS listed
) AS change
WHERE change.participant = entry_contribution.participant
ORDER BY whole.place;
END;
REVOKE ALL ON FUNCTION steering.entry_contribution(text, date, text, numeric, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.entry_contribution(text, date, text, numeric, numeric, text) IS
'what a participant contributes that joins on the first day of a month, by its share in an allocation key in which it gets a weight: of the reserve (of an arrangement, where one is named; negative: a deficit), and of start-up cost that is not recovered yet (unrecovered null: what was advanced for all start-ups before that day, less what was repaid); with the whole and the percentage. Null: a weight is not known. Errors: those of share_change(), 22004 null, 22023 unrecovered is negative or no amount';

CREATE FUNCTION steering.exit_calendar(requested date)
RETURNS TABLE (step text, due date)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
SELECT steering.require_given(exit_calendar.requested IS NOT NULL, 'requested'),
	steering.require_that(isfinite(exit_calendar.requested), '22023', 'requested must be a day'),
	steering.require_near(exit_calendar.requested, 'requested');
SELECT listed.step, (exit_calendar.requested + make_interval(months => listed.months))::date
FROM (VALUES ('board decides on the consequences', 5), ('the same, extended', 8)) AS listed (step, months);
END;
REVOKE ALL ON FUNCTION steering.exit_calendar(date) FROM PUBLIC;
COMMENT ON FUNCTION steering.exit_calendar(date) IS
'by when the consequences of a request to leave are decided by the guideline of the region Arnhem-Nijmegen (CVDR662152): within five months, extended by three. Errors: 22004 null, 22023 infinite';
-- What is still open of order lines, for who may read the figures of who ordered.

CREATE VIEW steering.order_status WITH (security_barrier) AS
SELECT order_line.reference,
	source_name.name AS source,
	order_line.service,
	order_line.participant,
	order_line.booked_on,
	order_line.ordered_amount::numeric AS ordered_amount,
	order_line.ordered_volume::numeric AS ordered_volume,
	order_line.invoiced_amount::numeric AS invoiced_amount,
	order_line.invoiced_volume::numeric AS invoiced_volume,
	order_line.finals > 0 AS is_final,
	order_line.ordered_amount::numeric + order_line.amount::numeric AS open_amount,
	order_line.ordered_volume::numeric + order_line.volume::numeric AS open_volume
FROM steering.order_line
JOIN steering.source_name ON source_name.source_id = order_line.source_id
WHERE order_line.participant IN (SELECT readable_participant.code FROM steering.readable_participant);
GRANT SELECT ON steering.order_status TO PUBLIC;
COMMENT ON VIEW steering.order_status IS 'order lines of participants whose figures the role may read: ordered, invoiced, open';
COMMENT ON COLUMN steering.order_status.reference IS 'key of the order line';
COMMENT ON COLUMN steering.order_status.source IS 'the table of the order';
COMMENT ON COLUMN steering.order_status.service IS 'code of the service that was ordered';
COMMENT ON COLUMN steering.order_status.participant IS 'code of the participant who ordered';
COMMENT ON COLUMN steering.order_status.booked_on IS 'the day of the order';
COMMENT ON COLUMN steering.order_status.ordered_amount IS 'money that was ordered';
COMMENT ON COLUMN steering.order_status.ordered_volume IS 'units of the service that were ordered';
COMMENT ON COLUMN steering.order_status.invoiced_amount IS 'money that was invoiced on it, more than was ordered included';
COMMENT ON COLUMN steering.order_status.invoiced_volume IS 'units of the service that were';
COMMENT ON COLUMN steering.order_status.is_final IS 'whether an invoice was the last, so that nothing is open';
COMMENT ON COLUMN steering.order_status.open_amount IS 'money that is still committed';
COMMENT ON COLUMN steering.order_status.open_volume IS 'units of the service that still are';

CREATE VIEW steering.order_problem AS
SELECT format('order line %s', order_line.reference) AS subject, 'invoiced without order' AS problem,
	format('%s to amount %s, volume %s and release nothing: there is no order line of that key, or not any more.',
		CASE order_line.invoices WHEN 1 THEN '1 row comes' ELSE format('%s rows come', order_line.invoices) END,
		order_line.invoiced_amount::numeric, order_line.invoiced_volume::numeric) AS detail,
	'book the order, or name another in these rows' AS hint
FROM steering.order_line
WHERE order_line.orders = 0 AND order_line.invoices > 0;
REVOKE ALL ON steering.order_problem FROM PUBLIC;
COMMENT ON VIEW steering.order_problem IS 'health(): rows that release order lines which are not there';
COMMENT ON COLUMN steering.order_problem.subject IS 'the key';
COMMENT ON COLUMN steering.order_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.order_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.order_problem.hint IS 'what to do';
-- iv3.sql
-- Iv3, the information that Dutch municipalities, provinces and joint bodies deliver to Statistics Netherlands (CBS): the codes,
-- the combinations that are forbidden and the checks of each year, as CBS publishes them (github.com/statistiekcbs/iv3_definities).
--
-- They are published, so everybody may read them. Names of lists and parts are those of the files.

CREATE TABLE steering.iv3_definition (
	layer text NOT NULL CONSTRAINT iv3_definition_layer_not_empty CHECK (layer ~ '[^[:space:]]'),
	year integer NOT NULL CONSTRAINT iv3_definition_year_in_range CHECK (year BETWEEN 1 AND 9999),
	title text,
	fingerprint text NOT NULL,
	loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	CONSTRAINT iv3_definition_pkey PRIMARY KEY (layer, year)
);
REVOKE ALL ON steering.iv3_definition FROM PUBLIC;
GRANT SELECT ON steering.iv3_definition TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.iv3_definition', '');
COMMENT ON TABLE steering.iv3_definition IS 'the definitions of Iv3 that were loaded, written by iv3_load() alone';
COMMENT ON COLUMN steering.iv3_definition.layer IS 'overheidslaag: Gemeente, Provincie or GR';
COMMENT ON COLUMN steering.iv3_definition.year IS 'boekjaar: the year that they are for';
COMMENT ON COLUMN steering.iv3_definition.title IS 'what the file calls itself; null: nothing';
COMMENT ON COLUMN steering.iv3_definition.fingerprint IS 'SHA-256 of what was loaded, in hexadecimal digits';
COMMENT ON COLUMN steering.iv3_definition.loaded_at IS 'when';
COMMENT ON COLUMN steering.iv3_definition.role_name IS 'who had logged in';

CREATE TABLE steering.iv3_code (
	layer text NOT NULL,
	year integer NOT NULL,
	list text NOT NULL,
	code text NOT NULL,
	name text,
	above text[] NOT NULL,
	is_total boolean NOT NULL,
	CONSTRAINT iv3_code_pkey PRIMARY KEY (layer, year, list, code)
);
REVOKE ALL ON steering.iv3_code FROM PUBLIC;
GRANT SELECT ON steering.iv3_code TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.iv3_code', '');
COMMENT ON TABLE steering.iv3_code IS 'the codes of each list of the definitions, written by iv3_load() alone';
COMMENT ON COLUMN steering.iv3_code.layer IS 'as in iv3_definition';
COMMENT ON COLUMN steering.iv3_code.year IS 'as in iv3_definition';
COMMENT ON COLUMN steering.iv3_code.list IS 'taakveld, categorie_lasten, categorie_baten, balanscode, standper, kengetallen, beleidsindicatoren, verslagperiode';
COMMENT ON COLUMN steering.iv3_code.code IS 'the code: text, since 0.1 and 0.10 are two';
COMMENT ON COLUMN steering.iv3_code.name IS 'what it stands for';
COMMENT ON COLUMN steering.iv3_code.above IS 'the codes that it is a part of, from the top down';
COMMENT ON COLUMN steering.iv3_code.is_total IS 'it only adds up others, and is in no line of a file';

CREATE TABLE steering.iv3_forbidden (
	layer text NOT NULL,
	year integer NOT NULL,
	part text NOT NULL CONSTRAINT iv3_forbidden_part_known CHECK (part IN ('lasten', 'baten', 'balans_lasten', 'balans_baten')),
	code text NOT NULL,
	category text NOT NULL,
	CONSTRAINT iv3_forbidden_pkey PRIMARY KEY (layer, year, part, code, category)
);
REVOKE ALL ON steering.iv3_forbidden FROM PUBLIC;
GRANT SELECT ON steering.iv3_forbidden TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.iv3_forbidden', '');
COMMENT ON TABLE steering.iv3_forbidden IS 'combinations that no line may have (grijze cellen), written by iv3_load() alone';
COMMENT ON COLUMN steering.iv3_forbidden.layer IS 'as in iv3_definition';
COMMENT ON COLUMN steering.iv3_forbidden.year IS 'as in iv3_definition';
COMMENT ON COLUMN steering.iv3_forbidden.part IS 'lasten, baten, balans_lasten or balans_baten';
COMMENT ON COLUMN steering.iv3_forbidden.code IS 'taakveld, of the balance balanscode';
COMMENT ON COLUMN steering.iv3_forbidden.category IS 'categorie';

CREATE TABLE steering.iv3_control (
	layer text NOT NULL,
	year integer NOT NULL,
	control text NOT NULL CONSTRAINT iv3_control_known CHECK (control ~ '^PF00[1-9]$'),
	position integer NOT NULL,
	periods integer[] NOT NULL,
	codes text[] NOT NULL,
	exempt text[] NOT NULL,
	categories text[] NOT NULL,
	allowed numeric NOT NULL,
	CONSTRAINT iv3_control_pkey PRIMARY KEY (layer, year, control, position)
);
REVOKE ALL ON steering.iv3_control FROM PUBLIC;
GRANT SELECT ON steering.iv3_control TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.iv3_control', '');
COMMENT ON TABLE steering.iv3_control IS 'the plausibility checks of the definitions, written by iv3_load() alone';
COMMENT ON COLUMN steering.iv3_control.layer IS 'as in iv3_definition';
COMMENT ON COLUMN steering.iv3_control.year IS 'as in iv3_definition';
COMMENT ON COLUMN steering.iv3_control.control IS 'PF001 to PF009';
COMMENT ON COLUMN steering.iv3_control.position IS 'which calculation of it, from 1';
COMMENT ON COLUMN steering.iv3_control.periods IS 'periods that it is for: 0 budget, 1 to 4 quarters, 5 accounts';
COMMENT ON COLUMN steering.iv3_control.codes IS 'balance codes that it looks at; empty: all, or none where it looks at no balance';
COMMENT ON COLUMN steering.iv3_control.exempt IS 'task fields that it does not look at';
COMMENT ON COLUMN steering.iv3_control.categories IS 'categories that it is about; not in the files';
COMMENT ON COLUMN steering.iv3_control.allowed IS 'what it finds at most where all is well: a share, or euros; not in the files';

CREATE FUNCTION steering.iv3_list(value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE jsonb_typeof(iv3_list.value) WHEN 'array' THEN iv3_list.value ELSE '[]' END;
END;
REVOKE ALL ON FUNCTION steering.iv3_list(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_list(jsonb) IS 'the array, or an empty one where it is none';

CREATE FUNCTION steering.iv3_object(value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE jsonb_typeof(iv3_object.value) WHEN 'object' THEN iv3_object.value ELSE '{}' END;
END;
REVOKE ALL ON FUNCTION steering.iv3_object(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_object(jsonb) IS 'the object, or an empty one where it is none';

CREATE FUNCTION steering.iv3_shown(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN length(shown.value) > 100 THEN left(shown.value, 100) || '...' ELSE shown.value END
FROM (SELECT iv3_shown.value #>> '{}' AS value) AS shown;
END;
REVOKE ALL ON FUNCTION steering.iv3_shown(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_shown(jsonb) IS 'a value as lists of problems show it';

CREATE FUNCTION steering.iv3_is_list(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT iv3_is_list.name IN ('taakveld', 'categorie_lasten', 'categorie_baten', 'balanscode', 'standper', 'kengetallen', 'beleidsindicatoren', 'verslagperiode');
END;
REVOKE ALL ON FUNCTION steering.iv3_is_list(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_is_list(text) IS 'there are codes of this name in files of Iv3';

-- Codes stand in codes, as totals of them. What is nested deeper than that is no list of codes.
CREATE FUNCTION steering.iv3_code_read(definitions jsonb)
RETURNS TABLE (list text, place text, code text, name text, above text[], is_total boolean, problem text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 300
BEGIN ATOMIC
WITH RECURSIVE entry (list, place, item, above, sort_key) AS (
	SELECT list.key, format('codelijsten.%s[%s]', list.key, item.ordinality - 1), item.value, '{}'::text[], ARRAY[item.ordinality]
	FROM jsonb_each(iv3_code_read.definitions -> 'codelijsten') AS list
	CROSS JOIN LATERAL jsonb_array_elements(steering.iv3_list(list.value -> 'codelijst')) WITH ORDINALITY AS item
	WHERE steering.iv3_is_list(list.key)
	UNION ALL
	SELECT entry.list, format('%s.subcodes[%s]', entry.place, item.ordinality - 1), item.value, entry.above || (entry.item ->> 'code'),
		entry.sort_key || item.ordinality
	FROM entry
	CROSS JOIN LATERAL jsonb_array_elements(steering.iv3_list(entry.item -> 'subcodes')) WITH ORDINALITY AS item
	WHERE cardinality(entry.sort_key) < 8
)
SELECT entry.list, entry.place, entry.item ->> 'code', entry.item ->> 'omschrijving', entry.above,
	steering.iv3_list(entry.item -> 'subcodes') <> '[]',
	CASE WHEN jsonb_typeof(entry.item -> 'code') IS DISTINCT FROM 'string' OR entry.item ->> 'code' !~ '[^[:space:]]'
			OR length(entry.item ->> 'code') > 60 THEN 'has no code, or one of more than 60 letters'
		WHEN cardinality(entry.sort_key) = 8 AND entry.item ? 'subcodes' THEN 'has codes below it, and is nested too deep'
		WHEN row_number() OVER (PARTITION BY entry.list, entry.item ->> 'code' ORDER BY entry.sort_key) > 1 THEN 'has a code that the list has already'
	END
FROM entry;
END;
REVOKE ALL ON FUNCTION steering.iv3_code_read(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_code_read(jsonb) IS 'the codes of definitions of Iv3, with what is wrong with them; null: nothing';

CREATE FUNCTION steering.iv3_forbidden_read(definitions jsonb)
RETURNS TABLE (part text, place text, found text, code text, category text, problem text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10000
BEGIN ATOMIC
WITH known AS MATERIALIZED (
	SELECT read.list, read.code FROM steering.iv3_code_read(iv3_forbidden_read.definitions) AS read WHERE read.problem IS NULL
), cell AS (
	SELECT part.name, part.key, part.category_list, format('grijze_cellen.%s[%s]', part.name, item.ordinality - 1) AS place, item.ordinality,
		item.value, item.value ->> part.key AS code, item.value ->> 'categorie' AS category
	FROM (VALUES ('lasten', 'taakveld', 'categorie_lasten'), ('baten', 'taakveld', 'categorie_baten'),
		('balans_lasten', 'balanscode', 'categorie_lasten'), ('balans_baten', 'balanscode', 'categorie_baten')) AS part (name, key, category_list)
	CROSS JOIN LATERAL jsonb_array_elements(steering.iv3_list(iv3_forbidden_read.definitions -> 'grijze_cellen' -> part.name))
		WITH ORDINALITY AS item
)
SELECT cell.name, cell.place, steering.iv3_shown(cell.value), cell.code, cell.category,
	CASE WHEN (cell.key, cell.code) NOT IN (SELECT known.list, known.code FROM known) IS NOT FALSE THEN format('has no known %s', cell.key)
		WHEN (cell.category_list, cell.category) NOT IN (SELECT known.list, known.code FROM known) IS NOT FALSE THEN 'has no known categorie'
		WHEN row_number() OVER (PARTITION BY cell.name, cell.code, cell.category ORDER BY cell.ordinality) > 1 THEN 'is there already'
	END
FROM cell;
END;
REVOKE ALL ON FUNCTION steering.iv3_forbidden_read(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_forbidden_read(jsonb) IS 'the forbidden combinations of definitions of Iv3, with what is wrong with them; null: nothing';

CREATE FUNCTION steering.iv3_control_read(definitions jsonb, settings jsonb)
RETURNS TABLE (place text, found text, control text, "position" integer, periods integer[], codes text[], exempt text[],
	categories text[], allowed numeric, problem text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
WITH calculation AS (
	SELECT format('controles[%s].calculaties[%s]', control.ordinality - 1, item.ordinality - 1) AS place, item.value,
		control.value ->> 'foutcode' AS control, row_number() OVER (PARTITION BY control.value ->> 'foutcode' ORDER BY control.ordinality, item.ordinality) AS position,
		iv3_control_read.settings -> (control.value ->> 'foutcode') AS setting
	FROM jsonb_array_elements(steering.iv3_list(iv3_control_read.definitions -> 'controles')) WITH ORDINALITY AS control
	CROSS JOIN LATERAL jsonb_array_elements(steering.iv3_list(control.value -> 'calculaties')) WITH ORDINALITY AS item
)
SELECT calculation.place, steering.iv3_shown(calculation.value), calculation.control, calculation.position::integer,
	ARRAY(SELECT (period #>> '{}')::integer FROM jsonb_array_elements(steering.iv3_list(calculation.value -> 'periode')) AS period
		WHERE period #>> '{}' ~ '^[0-5]$'),
	ARRAY(SELECT jsonb_array_elements_text(steering.iv3_list(calculation.value -> 'balanscode'))),
	ARRAY(SELECT jsonb_array_elements_text(steering.iv3_list(calculation.value -> 'uitgesloten_taakvelden'))),
	ARRAY(SELECT jsonb_array_elements_text(steering.iv3_list(calculation.setting -> 'categories'))),
	coalesce((calculation.setting ->> 'allowed')::numeric, 0),
	CASE WHEN calculation.control ~ '^PF00[1-9]$' IS NOT TRUE THEN 'is of a check that is not known'
		WHEN steering.iv3_list(calculation.value -> 'periode') = '[]'
			OR EXISTS (SELECT FROM jsonb_array_elements(steering.iv3_list(calculation.value -> 'periode')) AS period
				WHERE period #>> '{}' ~ '^[0-5]$' IS NOT TRUE) THEN 'has no periods from 0 to 5'
	END
FROM calculation;
END;
REVOKE ALL ON FUNCTION steering.iv3_control_read(jsonb, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_control_read(jsonb, jsonb) IS 'the plausibility checks of definitions of Iv3, with what is wrong with them; null: nothing';

CREATE FUNCTION steering.require_iv3_definitions(definitions jsonb, settings jsonb) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(given.value IS NOT NULL, given.name)
FROM (VALUES (require_iv3_definitions.definitions, 'definitions'), (require_iv3_definitions.settings, 'settings')) AS given (value, name);
SELECT steering.require_that(jsonb_typeof(require_iv3_definitions.definitions -> 'metadata' -> 'overheidslaag') = 'string'
			AND require_iv3_definitions.definitions -> 'metadata' ->> 'overheidslaag' ~ '[^[:space:]]'
			AND length(require_iv3_definitions.definitions -> 'metadata' ->> 'overheidslaag') <= 60
			AND require_iv3_definitions.definitions -> 'metadata' ->> 'boekjaar' ~ '^[0-9]{4}$'
			AND require_iv3_definitions.definitions -> 'metadata' ->> 'boekjaar' <> '0000', '22023',
		'definitions have no metadata with overheidslaag and boekjaar', 'Give a file iv3_definities_..._....json of CBS as it is.'),
	steering.require_that(jsonb_typeof(require_iv3_definitions.definitions -> 'codelijsten') = 'object', '22023', 'definitions have no codelijsten');
SELECT steering.require_that(EXISTS (SELECT FROM steering.iv3_code_read(require_iv3_definitions.definitions) AS read
		WHERE read.list = wanted.list AND read.problem IS NULL), '22023', format('definitions have no codes of %s', wanted.list))
FROM (VALUES ('taakveld'), ('categorie_lasten'), ('categorie_baten')) AS wanted (list);
SELECT steering.require_that(jsonb_typeof(require_iv3_definitions.settings) = 'object', '22023', 'settings must be a JSON object');
SELECT steering.require_that(setting.key ~ '^PF00[1-9]$' AND jsonb_typeof(setting.value) = 'object', '22023',
	format('setting "%s" is no check, or no JSON object', setting.key))
FROM jsonb_each(require_iv3_definitions.settings) AS setting;
SELECT steering.require_that(CASE entry.key WHEN 'allowed' THEN jsonb_typeof(entry.value) = 'number' AND (entry.value #>> '{}')::numeric >= 0
		WHEN 'categories' THEN jsonb_typeof(entry.value) = 'array' ELSE false END, '22023',
	format('"%s" of setting "%s" must be allowed, a number that is not negative, or categories, an array', entry.key, setting.key))
FROM jsonb_each(require_iv3_definitions.settings) AS setting CROSS JOIN LATERAL jsonb_each(setting.value) AS entry;
END;
REVOKE ALL ON FUNCTION steering.require_iv3_definitions(jsonb, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_iv3_definitions(jsonb, jsonb) IS 'Errors: 22004 null, 22023 no definitions of Iv3, or settings that are not of checks';

CREATE FUNCTION steering.iv3_load(definitions jsonb,
	settings jsonb DEFAULT '{"PF001": {"allowed": 0.01}, "PF002": {"categories": ["6.1", "7.2", "7.5"]}, "PF004": {"categories": ["7.1", "7.2", "7.3", "7.4", "7.5"]}, "PF005": {"categories": ["6.1"]}, "PF009": {"categories": ["4.3.9", "4.4.9"]}}')
RETURNS TABLE (place text, found text, problem text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_iv3_definitions(iv3_load.definitions, iv3_load.settings);
INSERT INTO steering.iv3_definition (layer, year, title, fingerprint)
VALUES (iv3_load.definitions -> 'metadata' ->> 'overheidslaag', (iv3_load.definitions -> 'metadata' ->> 'boekjaar')::integer,
	iv3_load.definitions -> 'metadata' ->> 'omschrijving',
	encode(sha256(convert_to(iv3_load.definitions::text || iv3_load.settings::text, 'UTF8')), 'hex'))
ON CONFLICT ON CONSTRAINT iv3_definition_pkey DO UPDATE
	SET title = excluded.title, fingerprint = excluded.fingerprint, loaded_at = excluded.loaded_at, role_name = excluded.role_name;
DELETE FROM steering.iv3_code WHERE iv3_code.layer = iv3_load.definitions -> 'metadata' ->> 'overheidslaag'
	AND iv3_code.year = (iv3_load.definitions -> 'metadata' ->> 'boekjaar')::integer;
DELETE FROM steering.iv3_forbidden WHERE iv3_forbidden.layer = iv3_load.definitions -> 'metadata' ->> 'overheidslaag'
	AND iv3_forbidden.year = (iv3_load.definitions -> 'metadata' ->> 'boekjaar')::integer;
DELETE FROM steering.iv3_control WHERE iv3_control.layer = iv3_load.definitions -> 'metadata' ->> 'overheidslaag'
	AND iv3_control.year = (iv3_load.definitions -> 'metadata' ->> 'boekjaar')::integer;
INSERT INTO steering.iv3_code (layer, year, list, code, name, above, is_total)
SELECT iv3_load.definitions -> 'metadata' ->> 'overheidslaag', (iv3_load.definitions -> 'metadata' ->> 'boekjaar')::integer,
	read.list, read.code, read.name, read.above, read.is_total
FROM steering.iv3_code_read(iv3_load.definitions) AS read WHERE read.problem IS NULL;
INSERT INTO steering.iv3_forbidden (layer, year, part, code, category)
SELECT iv3_load.definitions -> 'metadata' ->> 'overheidslaag', (iv3_load.definitions -> 'metadata' ->> 'boekjaar')::integer,
	read.part, read.code, read.category
FROM steering.iv3_forbidden_read(iv3_load.definitions) AS read WHERE read.problem IS NULL;
INSERT INTO steering.iv3_control (layer, year, control, position, periods, codes, exempt, categories, allowed)
SELECT iv3_load.definitions -> 'metadata' ->> 'overheidslaag', (iv3_load.definitions -> 'metadata' ->> 'boekjaar')::integer,
	read.control, read.position, read.periods, read.codes, read.exempt, read.categories, read.allowed
FROM steering.iv3_control_read(iv3_load.definitions, iv3_load.settings) AS read WHERE read.problem IS NULL;
SELECT format('codelijsten.%s', left(list.key, 60)), steering.iv3_shown(list.value), 'is a list that is not known'
FROM jsonb_each(iv3_load.definitions -> 'codelijsten') AS list WHERE NOT steering.iv3_is_list(list.key)
UNION ALL
SELECT read.place, left(read.code, 100), read.problem FROM steering.iv3_code_read(iv3_load.definitions) AS read WHERE read.problem IS NOT NULL
UNION ALL
SELECT read.place, read.found, read.problem FROM steering.iv3_forbidden_read(iv3_load.definitions) AS read WHERE read.problem IS NOT NULL
UNION ALL
SELECT read.place, read.found, read.problem FROM steering.iv3_control_read(iv3_load.definitions, iv3_load.settings) AS read
WHERE read.problem IS NOT NULL;
END;
REVOKE ALL ON FUNCTION steering.iv3_load(jsonb, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_load(jsonb, jsonb) IS
'loads the definitions of Iv3 of a layer and a year, a file iv3_definities_LAYER_YEAR.json of CBS as it is, in place of those that were there: lists of codes, forbidden combinations, plausibility checks. Returns what of it was left out, and why; no row: nothing. settings: what the files do not say of the checks PF001 to PF009: {"PF001": {"allowed": 0.01, "categories": [...]}, ...}; allowed is 0 where it is not given. Errors: 22004 null, 22023 no such definitions: without layer, year, or codes of taakveld, categorie_lasten and categorie_baten; or settings that are not so';

CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.iv3_definition
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'iv3_load', 'iv3_load');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.iv3_definition FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');
-- iv3_export.sql
-- What is delivered to Statistics Netherlands as Iv3: who delivers, which task field and category each service and source is of,
-- and the file made of budgets, bookings and the reserve.

CREATE TABLE steering.iv3_deliverer_record (
	deliverer_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT iv3_deliverer_record_pkey PRIMARY KEY,
	participant_id integer,
	layer text NOT NULL CONSTRAINT iv3_deliverer_layer_known CHECK (layer IN ('Gemeente', 'Provincie', 'GR')),
	number text NOT NULL CONSTRAINT iv3_deliverer_number_not_empty CHECK (number ~ '[^[:space:]]'),
	name text NOT NULL CONSTRAINT iv3_deliverer_name_not_empty CHECK (name ~ '[^[:space:]]'),
	contact text NOT NULL CONSTRAINT iv3_deliverer_contact_not_empty CHECK (contact ~ '[^[:space:]]'),
	phone text NOT NULL CONSTRAINT iv3_deliverer_phone_not_empty CHECK (phone ~ '[^[:space:]]'),
	email text NOT NULL CONSTRAINT iv3_deliverer_email_is_one CHECK (email ~ '^[^[:space:]@]+@[^[:space:]@]+[.][^[:space:]@]+$'),
	package text NOT NULL,
	details_public boolean NOT NULL,
	CONSTRAINT iv3_deliverer_key UNIQUE NULLS NOT DISTINCT (participant_id)
);
REVOKE ALL ON steering.iv3_deliverer_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.iv3_deliverer_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.iv3_deliverer_record_deliverer_id_seq', '');
COMMENT ON TABLE steering.iv3_deliverer_record IS 'who delivers Iv3, written by set_iv3_deliverer() and drop_iv3_deliverer() alone; who may select from it may read all';
COMMENT ON COLUMN steering.iv3_deliverer_record.deliverer_id IS 'number of the row';
COMMENT ON COLUMN steering.iv3_deliverer_record.participant_id IS 'the participant; null: the organisation itself';
COMMENT ON COLUMN steering.iv3_deliverer_record.layer IS 'overheidslaag: Gemeente, Provincie or GR';
COMMENT ON COLUMN steering.iv3_deliverer_record.number IS 'overheidsnummer';
COMMENT ON COLUMN steering.iv3_deliverer_record.name IS 'overheidsnaam';
COMMENT ON COLUMN steering.iv3_deliverer_record.contact IS 'whom CBS may ask';
COMMENT ON COLUMN steering.iv3_deliverer_record.phone IS 'his telephone number';
COMMENT ON COLUMN steering.iv3_deliverer_record.email IS 'his mail address';
COMMENT ON COLUMN steering.iv3_deliverer_record.package IS 'financieel_pakket: what the books are kept with';
COMMENT ON COLUMN steering.iv3_deliverer_record.details_public IS 'details_openbaar';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.iv3_deliverer_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_iv3_deliverer', 'drop_iv3_deliverer');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.iv3_deliverer_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.set_iv3_deliverer(layer text, number text, name text, contact text, phone text, email text, participant text DEFAULT NULL,
	package text DEFAULT '', details_public boolean DEFAULT false) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_one_of(set_iv3_deliverer.layer, 'layer', 'Gemeente, Provincie, GR'),
	steering.require_that((set_iv3_deliverer.email ~ '^[^[:space:]@]+@[^[:space:]@]+[.][^[:space:]@]+$') IS NOT FALSE, '23514',
		format('email must be one address: "%s"', set_iv3_deliverer.email));
SELECT steering.require_that(given.value ~ '[^[:space:]]', '23514', format('%s must not be empty', given.name))
FROM (VALUES ('number', set_iv3_deliverer.number), ('name', set_iv3_deliverer.name), ('contact', set_iv3_deliverer.contact),
	('phone', set_iv3_deliverer.phone)) AS given (name, value)
WHERE given.value IS NOT NULL;
INSERT INTO steering.iv3_deliverer_record (participant_id, layer, number, name, contact, phone, email, package, details_public)
VALUES (CASE WHEN set_iv3_deliverer.participant IS NOT NULL THEN steering.participant_number(set_iv3_deliverer.participant) END,
	set_iv3_deliverer.layer, set_iv3_deliverer.number, set_iv3_deliverer.name, set_iv3_deliverer.contact, set_iv3_deliverer.phone,
	set_iv3_deliverer.email, set_iv3_deliverer.package, set_iv3_deliverer.details_public)
ON CONFLICT ON CONSTRAINT iv3_deliverer_key DO UPDATE
	SET layer = excluded.layer, number = excluded.number, name = excluded.name, contact = excluded.contact, phone = excluded.phone,
		email = excluded.email, package = excluded.package, details_public = excluded.details_public
RETURNING deliverer_id;
END;
REVOKE ALL ON FUNCTION steering.set_iv3_deliverer(text, text, text, text, text, text, text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_iv3_deliverer(text, text, text, text, text, text, text, text, boolean) IS
'says who delivers Iv3, and whom CBS may ask: the organisation itself, or one participant; returns its number. layer: Gemeente, Provincie or GR. Errors: 22023 unknown participant, 23502 null, 23514 unknown layer, empty number, name, contact or phone, no mail address';

CREATE FUNCTION steering.drop_iv3_deliverer(participant text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_scope(NULL, drop_iv3_deliverer.participant);
WITH gone AS (
	DELETE FROM steering.iv3_deliverer_record AS record
	WHERE record.participant_id IS NOT DISTINCT FROM
		CASE WHEN drop_iv3_deliverer.participant IS NOT NULL THEN steering.participant_number(drop_iv3_deliverer.participant) END
	RETURNING record.deliverer_id
)
SELECT steering.require_found(count(*), 'deliverer of Iv3 for just this participant') FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_iv3_deliverer(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_iv3_deliverer(text) IS 'takes back who delivers Iv3. Errors: 22023 unknown participant, 42704 there is none';

CREATE VIEW steering.iv3_deliverer WITH (security_barrier) AS
SELECT participant.code AS participant,
	record.layer,
	record.number,
	record.name,
	record.contact,
	record.phone,
	record.email,
	record.package,
	record.details_public
FROM steering.iv3_deliverer_record AS record
LEFT JOIN steering.participant ON participant.participant_id = record.participant_id
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
	OR record.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.iv3_deliverer TO PUBLIC;
COMMENT ON VIEW steering.iv3_deliverer IS 'who delivers Iv3; each role sees the participants that it may read, and who may read all the organisation itself';
COMMENT ON COLUMN steering.iv3_deliverer.participant IS 'code of the participant; null: the organisation itself';
COMMENT ON COLUMN steering.iv3_deliverer.layer IS 'overheidslaag';
COMMENT ON COLUMN steering.iv3_deliverer.number IS 'overheidsnummer';
COMMENT ON COLUMN steering.iv3_deliverer.name IS 'overheidsnaam';
COMMENT ON COLUMN steering.iv3_deliverer.contact IS 'whom CBS may ask';
COMMENT ON COLUMN steering.iv3_deliverer.phone IS 'his telephone number';
COMMENT ON COLUMN steering.iv3_deliverer.email IS 'his mail address';
COMMENT ON COLUMN steering.iv3_deliverer.package IS 'financieel_pakket';
COMMENT ON COLUMN steering.iv3_deliverer.details_public IS 'details_openbaar';

-- Sources by their names, as everywhere where they outlive a restore.
CREATE TABLE steering.iv3_mapping_record (
	mapping_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT iv3_mapping_record_pkey PRIMARY KEY,
	participant_id integer,
	service_id integer,
	origin text NOT NULL,
	from_year integer NOT NULL CONSTRAINT iv3_mapping_year_in_range CHECK (from_year BETWEEN 1 AND 9999),
	part text NOT NULL CONSTRAINT iv3_mapping_part_known CHECK (part IN ('lasten', 'baten')),
	task_field text NOT NULL CONSTRAINT iv3_mapping_task_field_not_empty CHECK (task_field ~ '[^[:space:]]'),
	category text NOT NULL CONSTRAINT iv3_mapping_category_not_empty CHECK (category ~ '[^[:space:]]'),
	negate boolean NOT NULL,
	CONSTRAINT iv3_mapping_key UNIQUE NULLS NOT DISTINCT (participant_id, service_id, origin, from_year),
	CONSTRAINT iv3_mapping_reserve_has_no_service CHECK (origin NOT IN ('additions', 'withdrawals') OR (service_id IS NULL AND participant_id IS NULL))
);
REVOKE ALL ON steering.iv3_mapping_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.iv3_mapping_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.iv3_mapping_record_mapping_id_seq', '');
COMMENT ON TABLE steering.iv3_mapping_record IS 'of which task field and category amounts are, written by set_iv3_mapping() and drop_iv3_mapping() alone; the nearest row holds: by service, then by source, then the latest year';
COMMENT ON COLUMN steering.iv3_mapping_record.mapping_id IS 'number of the mapping';
COMMENT ON COLUMN steering.iv3_mapping_record.participant_id IS 'for what this participant delivers; null: the organisation itself';
COMMENT ON COLUMN steering.iv3_mapping_record.service_id IS 'for this service and all below it; null: of all';
COMMENT ON COLUMN steering.iv3_mapping_record.origin IS 'budget: caps; bookings: of all sources; additions and withdrawals: movements of the reserve; else the name of a source';
COMMENT ON COLUMN steering.iv3_mapping_record.from_year IS 'first year that it holds for';
COMMENT ON COLUMN steering.iv3_mapping_record.part IS 'lasten or baten';
COMMENT ON COLUMN steering.iv3_mapping_record.task_field IS 'taakveld';
COMMENT ON COLUMN steering.iv3_mapping_record.category IS 'categorie';
COMMENT ON COLUMN steering.iv3_mapping_record.negate IS 'amounts count with the other sign, as revenue that is booked as negative cost';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.iv3_mapping_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_iv3_mapping', 'drop_iv3_mapping');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.iv3_mapping_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.set_iv3_mapping(service text, origin text, part text, task_field text, category text, participant text DEFAULT NULL,
	from_year integer DEFAULT 1, negate boolean DEFAULT false) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_scope(set_iv3_mapping.service, set_iv3_mapping.participant),
	steering.require_given(set_iv3_mapping.origin IS NOT NULL, 'origin');
SELECT steering.require_that(set_iv3_mapping.origin IN ('budget', 'bookings', 'additions', 'withdrawals')
		OR EXISTS (SELECT FROM steering.source_name WHERE source_name.name = set_iv3_mapping.origin), '22023',
	format('unknown origin: "%s"', set_iv3_mapping.origin),
	'It is budget, bookings, additions, withdrawals, or the name of a source as steering.booking has it.');
SELECT steering.require_one_of(set_iv3_mapping.part, 'part', 'lasten, baten'),
	steering.require_that((set_iv3_mapping.task_field ~ '[^[:space:]]') IS NOT FALSE, '23514', 'task_field must not be empty'),
	steering.require_that((set_iv3_mapping.category ~ '[^[:space:]]') IS NOT FALSE, '23514', 'category must not be empty'),
	steering.require_that((set_iv3_mapping.from_year BETWEEN 1 AND 9999) IS NOT FALSE, '23514',
		format('from_year must be between 1 and 9999: %s', set_iv3_mapping.from_year)),
	steering.require_that(set_iv3_mapping.origin NOT IN ('additions', 'withdrawals')
			OR num_nonnulls(set_iv3_mapping.service, set_iv3_mapping.participant) = 0, '23514',
		format('origin %s is of no service and of no participant', set_iv3_mapping.origin));
INSERT INTO steering.iv3_mapping_record (participant_id, service_id, origin, from_year, part, task_field, category, negate)
VALUES (CASE WHEN set_iv3_mapping.participant IS NOT NULL THEN steering.participant_number(set_iv3_mapping.participant) END,
	CASE WHEN set_iv3_mapping.service IS NOT NULL THEN steering.service_number(set_iv3_mapping.service) END,
	set_iv3_mapping.origin, set_iv3_mapping.from_year, set_iv3_mapping.part, set_iv3_mapping.task_field, set_iv3_mapping.category,
	set_iv3_mapping.negate)
ON CONFLICT ON CONSTRAINT iv3_mapping_key DO UPDATE
	SET part = excluded.part, task_field = excluded.task_field, category = excluded.category, negate = excluded.negate
RETURNING mapping_id;
END;
REVOKE ALL ON FUNCTION steering.set_iv3_mapping(text, text, text, text, text, text, integer, boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_iv3_mapping(text, text, text, text, text, text, integer, boolean) IS
'says of which task field and category amounts are, from a year on, for what the organisation itself or one participant delivers; the one for the same is replaced; returns its number. service: it and all below it (null: all). origin: budget (caps of a year), bookings (of all sources), the name of a source, additions or withdrawals (movements of the reserve: no service). part: lasten or baten. The nearest mapping holds: by service, then by source, then the latest year. Which codes there are iv3_check() knows. Errors: 22004 origin is null, 22023 unknown service, participant or origin, 23502 null, 23514 unknown part, empty code, year out of range, a service for the reserve';

CREATE FUNCTION steering.drop_iv3_mapping(mapping integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(drop_iv3_mapping.mapping IS NOT NULL, 'mapping');
WITH gone AS (
	DELETE FROM steering.iv3_mapping_record AS record WHERE record.mapping_id = drop_iv3_mapping.mapping RETURNING record.mapping_id
)
SELECT steering.require_found(count(*), format('mapping %s of Iv3', drop_iv3_mapping.mapping)) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_iv3_mapping(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_iv3_mapping(integer) IS 'takes back a mapping. Errors: 22004 null, 42704 there is none';

CREATE VIEW steering.iv3_mapping WITH (security_barrier) AS
SELECT record.mapping_id,
	participant.code AS participant,
	service.code AS service,
	record.origin,
	record.from_year,
	record.part,
	record.task_field,
	record.category,
	record.negate
FROM steering.iv3_mapping_record AS record
LEFT JOIN steering.participant ON participant.participant_id = record.participant_id
LEFT JOIN steering.service ON service.service_id = record.service_id
WHERE ((SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR record.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant))
	AND (record.participant_id IS NULL OR participant.participant_id IS NOT NULL)
	AND (record.service_id IS NULL OR service.service_id IS NOT NULL);
GRANT SELECT ON steering.iv3_mapping TO PUBLIC;
COMMENT ON VIEW steering.iv3_mapping IS 'of which task field and category amounts are; each role sees what is for participants that it may read, and who may read all that for the organisation itself. Of an entry of a register that is gone there is nothing';
COMMENT ON COLUMN steering.iv3_mapping.mapping_id IS 'number of the mapping';
COMMENT ON COLUMN steering.iv3_mapping.participant IS 'code of the participant that delivers; null: the organisation itself';
COMMENT ON COLUMN steering.iv3_mapping.service IS 'code: for it and all below it; null: all';
COMMENT ON COLUMN steering.iv3_mapping.origin IS 'budget, bookings, additions, withdrawals, or the name of a source';
COMMENT ON COLUMN steering.iv3_mapping.from_year IS 'first year that it holds for';
COMMENT ON COLUMN steering.iv3_mapping.part IS 'lasten or baten';
COMMENT ON COLUMN steering.iv3_mapping.task_field IS 'taakveld';
COMMENT ON COLUMN steering.iv3_mapping.category IS 'categorie';
COMMENT ON COLUMN steering.iv3_mapping.negate IS 'amounts count with the other sign';

CREATE VIEW steering.spent_by_source WITH (security_barrier) AS
SELECT source_name.name AS source,
	service.code AS service,
	participant.code AS participant,
	usage_cell.month,
	usage_cell.amount::numeric AS amount
FROM steering.usage_now AS usage_cell
JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id
LEFT JOIN steering.source_name ON source_name.source_id = usage_cell.source_id
JOIN steering.service ON service.service_id = usage_cell.service_id
JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
WHERE source.stage = 'actual'
	AND usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.spent_by_source TO PUBLIC;
COMMENT ON VIEW steering.spent_by_source IS 'what was spent, month by month, in each source, as far as the role may read it; from stored usage';
COMMENT ON COLUMN steering.spent_by_source.source IS 'the attached table';
COMMENT ON COLUMN steering.spent_by_source.service IS 'code of the service booked on';
COMMENT ON COLUMN steering.spent_by_source.participant IS 'code of the participant booked for';
COMMENT ON COLUMN steering.spent_by_source.month IS 'first day of the month';
COMMENT ON COLUMN steering.spent_by_source.amount IS 'sum of the amounts';

CREATE VIEW steering.reserve_movement WITH (security_barrier) AS
SELECT reserve.movement_id,
	reserve.booked_on,
	reserve.amount::numeric AS amount,
	reserve.reason
FROM steering.reserve
WHERE (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'));
GRANT SELECT ON steering.reserve_movement TO PUBLIC;
COMMENT ON VIEW steering.reserve_movement IS 'movements of the supplier''s reserve, for who may read all';
COMMENT ON COLUMN steering.reserve_movement.movement_id IS 'number of the movement';
COMMENT ON COLUMN steering.reserve_movement.booked_on IS 'the day from which it counts';
COMMENT ON COLUMN steering.reserve_movement.amount IS 'money: positive is added, negative is taken out';
COMMENT ON COLUMN steering.reserve_movement.reason IS 'why';

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them; it only raises errors.
CREATE FUNCTION steering.require_iv3_scope(year integer, period integer, participant text, reads_it boolean) RETURNS void
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_given(require_iv3_scope.year IS NOT NULL, 'year'), steering.require_given(require_iv3_scope.period IS NOT NULL, 'period'),
	steering.require_that(require_iv3_scope.year BETWEEN 1 AND 9999, '22023', format('no year: %s', require_iv3_scope.year)),
	steering.require_that(require_iv3_scope.period BETWEEN 0 AND 5, '22023', format('no period of Iv3: %s', require_iv3_scope.period),
		'It is 0 (budget), 1 to 4 (quarters) or 5 (accounts).'),
	steering.require_that(require_iv3_scope.participant IS NULL OR require_iv3_scope.reads_it, '22023',
		format('unknown participant: "%s"', require_iv3_scope.participant), 'steering.named_participant has those whose figures the role may read.'),
	steering.require_that(require_iv3_scope.participant IS NOT NULL OR require_iv3_scope.reads_it, '42501',
		'Iv3 of the organisation is for who may read all', 'Name a participant.');
END;
COMMENT ON FUNCTION steering.require_iv3_scope(integer, integer, text, boolean) IS 'Errors: 22004 null, 22023 no year, no period, unknown participant, 42501 of the organisation, and the role may not read all';

-- What a year has of a period: caps of the year, no one under another that counts as well; what was spent from its first day on; the reserve.
CREATE FUNCTION steering.iv3_line(year integer, period integer, participant text DEFAULT NULL)
RETURNS TABLE (origin text, service text, part text, task_field text, category text, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000 SET jit = off
BEGIN ATOMIC
SELECT steering.require_iv3_scope(iv3_line.year, iv3_line.period, iv3_line.participant, CASE WHEN iv3_line.participant IS NULL
	THEN has_table_privilege('steering.cap'::regclass, 'SELECT')
	ELSE iv3_line.participant IN (SELECT known.code FROM steering.named_participant AS known) END);
WITH RECURSIVE days AS MATERIALIZED (
	SELECT make_date(iv3_line.year, 1, 1) AS first_day,
		(make_date(iv3_line.year, 1, 1) + make_interval(months => CASE WHEN iv3_line.period IN (0, 5) THEN 12 ELSE 3 * iv3_line.period END))::date AS end_day
), scope (code) AS (
	SELECT named.code FROM steering.named_participant AS named WHERE CASE WHEN iv3_line.participant IS NULL THEN named.parent IS NULL ELSE named.code = iv3_line.participant END
	UNION ALL
	SELECT below.code FROM scope JOIN steering.named_participant AS below ON below.parent = scope.code
), participant_above (code, above) AS (
	SELECT named.code, named.parent FROM steering.named_participant AS named
	UNION ALL
	SELECT participant_above.code, named.parent FROM participant_above JOIN steering.named_participant AS named ON named.code = participant_above.above
), service_above (code, above, depth) AS (
	SELECT named.code, named.code, 0 FROM steering.named_service AS named
	UNION ALL
	SELECT service_above.code, named.parent, service_above.depth + 1
	FROM service_above JOIN steering.named_service AS named ON named.code = service_above.above
	WHERE named.parent IS NOT NULL
), mapping AS MATERIALIZED (
	SELECT mapping.* FROM steering.iv3_mapping AS mapping
	WHERE mapping.participant IS NOT DISTINCT FROM iv3_line.participant AND mapping.from_year <= iv3_line.year
), pair AS (
	SELECT spent.source AS origin, spent.service, sum(spent.amount) AS amount
	FROM days JOIN steering.spent_by_source AS spent ON spent.month >= days.first_day AND spent.month < days.end_day
	WHERE iv3_line.period <> 0 AND spent.participant IN (SELECT scope.code FROM scope)
	GROUP BY spent.source, spent.service
	UNION ALL
	SELECT CASE WHEN moved.amount > 0 THEN 'additions' ELSE 'withdrawals' END, NULL, sum(abs(moved.amount))
	FROM days JOIN steering.reserve_movement AS moved ON moved.booked_on >= days.first_day AND moved.booked_on < days.end_day
	WHERE iv3_line.period <> 0 AND iv3_line.participant IS NULL
	GROUP BY moved.amount > 0
), resolved AS (
	SELECT pair.origin, pair.service, pair.amount, nearest.part, nearest.task_field, nearest.category, nearest.negate
	FROM pair
	LEFT JOIN LATERAL (
		SELECT mapping.* FROM mapping
		LEFT JOIN service_above ON service_above.code = pair.service AND service_above.above = mapping.service
		WHERE (mapping.service IS NULL OR service_above.code IS NOT NULL)
			AND (mapping.origin = pair.origin OR (mapping.origin = 'bookings' AND pair.service IS NOT NULL))
		ORDER BY service_above.depth, mapping.origin = 'bookings', mapping.from_year DESC
		LIMIT 1) AS nearest ON true
), budget AS MATERIALIZED (
	SELECT status.service, status.participant, coalesce(status.primitive, status.amended) AS amount
	FROM days JOIN steering.budget_status AS status ON status.valid_from = days.first_day AND status.valid_to = days.end_day - 1
	WHERE iv3_line.period = 0 AND status.metric = 'budget' AND status.participant IN (SELECT scope.code FROM scope)
), budget_service AS MATERIALIZED (
	SELECT asked.service, nearest.part, nearest.task_field, nearest.category, nearest.negate
	FROM (SELECT DISTINCT budget.service FROM budget) AS asked
	CROSS JOIN LATERAL (
		SELECT mapping.* FROM mapping
		LEFT JOIN service_above ON service_above.code = asked.service AND service_above.above = mapping.service
		WHERE mapping.origin = 'budget' AND (mapping.service IS NULL OR service_above.code IS NOT NULL)
		ORDER BY service_above.depth, mapping.from_year DESC
		LIMIT 1) AS nearest
), budget_resolved AS MATERIALIZED (
	SELECT budget.service, budget.participant, budget.amount, resolved.part, resolved.task_field, resolved.category, resolved.negate
	FROM budget LEFT JOIN budget_service AS resolved ON resolved.service = budget.service
), place_above AS MATERIALIZED (
	SELECT below.service AS below_service, below.participant AS below_participant, below.part IS NOT NULL AS below_mapped,
		service_above.above AS service, participant_above.above AS participant
	FROM budget_resolved AS below
	JOIN service_above ON service_above.code = below.service
	JOIN (SELECT participant_above.code, participant_above.above FROM participant_above WHERE participant_above.above IS NOT NULL
		UNION ALL SELECT scope.code, scope.code FROM scope) AS participant_above ON participant_above.code = below.participant
	WHERE (service_above.above, participant_above.above) <> (below.service, below.participant)
), overlap AS MATERIALIZED (
	SELECT place_above.*, above.part IS NOT NULL AS mapped
	FROM place_above
	JOIN budget_resolved AS above ON above.service = place_above.service AND above.participant = place_above.participant
), covered AS (
	SELECT overlap.below_service AS service, overlap.below_participant AS participant FROM overlap WHERE overlap.mapped
	UNION
	SELECT overlap.service, overlap.participant FROM overlap WHERE overlap.below_mapped AND NOT overlap.mapped
)
SELECT resolved.origin, resolved.service, resolved.part, resolved.task_field, resolved.category,
	CASE WHEN resolved.negate THEN - resolved.amount ELSE resolved.amount END
FROM resolved
WHERE resolved.amount <> 0
UNION ALL
SELECT 'budget', line.service, line.part, line.task_field, line.category, sum(CASE WHEN line.negate THEN - line.amount ELSE line.amount END)
FROM budget_resolved AS line
WHERE line.amount <> 0
	AND NOT EXISTS (SELECT FROM covered WHERE covered.service = line.service AND covered.participant = line.participant)
GROUP BY line.service, line.part, line.task_field, line.category;
END;
COMMENT ON FUNCTION steering.iv3_line(integer, integer, text) IS
'what goes into the Iv3 of a year and a period (0 budget, 1 to 4 the year up to the end of a quarter, 5 accounts), by origin and service, in euros and exact; of the organisation itself, or of a participant and all below it. Accounts and quarters: what was spent, and for the organisation the movements of the reserve; the budget: the caps over just that year, as they were at first; a cap under another one that is mapped is a part of that. Of what is not mapped part, task_field and category are null. Errors: 22004 null, 22023 no year, no period, unknown participant, 42501 of the organisation, and the role may not read all';

CREATE FUNCTION steering.require_iv3_file(deliverer text, unmapped bigint, example text, extra jsonb) RETURNS void
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
SELECT steering.require_that(require_iv3_file.deliverer IS NOT NULL, '55000', 'nobody is known to deliver this Iv3', 'Say who: steering.set_iv3_deliverer().'),
	steering.require_that(require_iv3_file.unmapped = 0, '55000',
		format('no task field and category is known of %s of the amounts, as of %s', require_iv3_file.unmapped, require_iv3_file.example),
		'steering.iv3_line() has all of them; say what they are with steering.set_iv3_mapping().'),
	steering.require_that(coalesce(jsonb_typeof(require_iv3_file.extra) = 'object', true), '22023', 'extra must be a JSON object');
SELECT steering.require_that(entry.key IN ('lasten', 'baten', 'balans_lasten', 'balans_baten', 'balans_standen', 'kengetallen', 'beleidsindicatoren')
		AND jsonb_typeof(entry.value) = 'array', '22023',
	format('"%s" of extra is no part of the data of Iv3, or no array', left(entry.key, 60)))
FROM jsonb_each(coalesce(require_iv3_file.extra, '{}')) AS entry;
END;
COMMENT ON FUNCTION steering.require_iv3_file(text, bigint, text, jsonb) IS 'Errors: 55000 nobody delivers, or something is not mapped; 22023 extra is not of Iv3';

-- Whole euros by largest remainder, so that the lines of a part add up to its rounded total, and equal totals stay equal.
CREATE FUNCTION steering.iv3_export(year integer, period integer, participant text DEFAULT NULL, extra jsonb DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE SET jit = off
BEGIN ATOMIC
WITH line AS MATERIALIZED (
	SELECT line.* FROM steering.iv3_line(iv3_export.year, iv3_export.period, iv3_export.participant) AS line
), missing AS (
	SELECT count(*) AS unmapped,
		min(CASE WHEN line.service IS NULL THEN line.origin ELSE format('service "%s" (%s)', line.service, line.origin) END COLLATE "C") AS example
	FROM line WHERE line.part IS NULL
), deliverer AS (
	SELECT deliverer.* FROM steering.iv3_deliverer AS deliverer WHERE deliverer.participant IS NOT DISTINCT FROM iv3_export.participant
), checked AS MATERIALIZED (
	SELECT steering.require_iv3_file((SELECT deliverer.layer FROM deliverer), missing.unmapped, missing.example, iv3_export.extra) FROM missing
), total AS (
	SELECT line.part, line.task_field, line.category, sum(line.amount) AS amount FROM line GROUP BY line.part, line.task_field, line.category
), placed AS (
	SELECT total.*, floor(total.amount) AS whole,
		row_number() OVER (PARTITION BY total.part ORDER BY total.amount - floor(total.amount) DESC, total.task_field COLLATE "C", total.category COLLATE "C") AS place,
		round(sum(total.amount) OVER (PARTITION BY total.part)) - sum(floor(total.amount)) OVER (PARTITION BY total.part) AS extra
	FROM total
), rounded AS (
	SELECT placed.part, placed.task_field, placed.category, placed.whole + CASE WHEN placed.place <= placed.extra THEN 1 ELSE 0 END AS amount FROM placed
), part AS (
	SELECT given.name, coalesce((SELECT jsonb_agg(jsonb_build_object('taakveld', rounded.task_field, 'categorie', rounded.category, 'bedrag', rounded.amount)
			ORDER BY rounded.task_field COLLATE "C", rounded.category COLLATE "C")
			FROM rounded WHERE rounded.part = given.name AND rounded.amount <> 0), '[]')
		|| coalesce(iv3_export.extra -> given.name, '[]') AS lines
	FROM unnest(ARRAY['lasten', 'baten', 'balans_lasten', 'balans_baten', 'balans_standen', 'kengetallen', 'beleidsindicatoren']) AS given (name)
)
SELECT jsonb_build_object(
	'metadata', jsonb_build_object('overheidslaag', deliverer.layer, 'overheidsnummer', deliverer.number, 'overheidsnaam', deliverer.name,
		'boekjaar', iv3_export.year, 'periode', iv3_export.period, 'status', CASE iv3_export.period WHEN 0 THEN 'Begroting' ELSE 'Realisatie' END,
		'datum', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'details_openbaar', deliverer.details_public,
		'financieel_pakket', deliverer.package, 'export_software', 'sp71_steering'),
	'contact', jsonb_build_object('naam', deliverer.contact, 'telefoon', deliverer.phone, 'email', deliverer.email),
	'data', (SELECT jsonb_object_agg(part.name, part.lines) FROM part
		WHERE part.name NOT IN ('kengetallen', 'beleidsindicatoren') OR part.lines <> '[]'))
FROM checked LEFT JOIN deliverer ON true;
END;
COMMENT ON FUNCTION steering.iv3_export(integer, integer, text, jsonb) IS
'the file that is delivered to CBS as Iv3 (schema 2.1.1), of a year and a period: 0 budget, 1 to 4 quarters, 5 accounts; of the organisation itself, or of a participant. Lines are those of iv3_line(), in whole euros that add up to the rounded total of lasten and of baten. extra: lines of other books, as balance sheet and ratios, that are put behind: {"balans_standen": [...], ...}. Before it is sent: iv3_check(). Errors: those of iv3_line(), 55000 nobody is known to deliver it (set_iv3_deliverer()), or amounts are not mapped (set_iv3_mapping()), 22023 extra is not of Iv3';

CREATE FUNCTION steering.iv3_deadline(year integer, period integer)
RETURNS TABLE (last_day date, counted_until date, first_published date, improved_until date, improved_published date)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT due.day, CASE WHEN iv3_deadline.period IN (0, 5) THEN due.day + 5 END, CASE WHEN iv3_deadline.period IN (0, 5) THEN due.day + 10 END,
	CASE WHEN iv3_deadline.period IN (0, 5) THEN (due.day + interval '2 months')::date END,
	CASE WHEN iv3_deadline.period IN (0, 5) THEN due.day + 70 END
FROM (SELECT CASE WHEN iv3_deadline.period = 0 THEN make_date(iv3_deadline.year - 1, 11, 14)
	WHEN iv3_deadline.period BETWEEN 1 AND 4
		THEN (make_date(iv3_deadline.year, 1, 1) + make_interval(months => 3 * iv3_deadline.period) - interval '1 day' + interval '1 month')::date
	WHEN iv3_deadline.period = 5 THEN make_date(iv3_deadline.year + 1, 7, 14) END AS day) AS due;
END;
COMMENT ON FUNCTION steering.iv3_deadline(integer, integer) IS
'until when the Iv3 of a year and a period is delivered: the last day (BBV article 71: before 15 November, within a month, before 15 July); for budgets and accounts until when a delivery anew counts for the first publication, when that is, until when an improved version is taken and when that is published (CBS, open data Iv3). Null: no such period. Error: 22008 no year';
-- iv3_check.sql
-- What CBS would say of a file of Iv3: its structure (SF), its codes (DF), combinations that are forbidden, and plausibility (PF).
-- The codes of faults are those of CBS; schema, grey and amount are for what the schema and the lists forbid without a code.

-- What the schema 2.1.1 says of each value. A pattern is of its text.
CREATE FUNCTION steering.iv3_metadata_wrong(metadata jsonb) RETURNS TABLE (code text, place text, found text, allowed text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH wanted (key, type, pattern, allowed) AS (
	VALUES ('overheidslaag', 'string', '^(Gemeente|Provincie|GR)$', 'Gemeente, Provincie or GR'), ('overheidsnummer', 'string', '', 'text'),
		('overheidsnaam', 'string', '', 'text'), ('boekjaar', 'number', '', 'a number'), ('periode', 'number', '^[0-5](\.0*)?$', '0 to 5'),
		('status', 'string', '^(Begroting|Realisatie)$', 'Begroting or Realisatie'),
		('datum', 'string', '(2[0-3]|[01][0-9]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-](2[0-3]|[01][0-9]):[0-5][0-9])?$', 'a day with a time, as 2026-01-31T09:00:00+01:00'),
		('details_openbaar', 'boolean', '', 'true or false'), ('financieel_pakket', 'string', '', 'text'), ('export_software', 'string', '', 'text')
)
SELECT CASE WHEN iv3_metadata_wrong.metadata ? wanted.key THEN 'SF004' ELSE 'SF002' END, 'metadata.' || wanted.key,
	steering.iv3_shown(iv3_metadata_wrong.metadata -> wanted.key), wanted.allowed
FROM wanted
WHERE (jsonb_typeof(iv3_metadata_wrong.metadata -> wanted.key) = wanted.type
	AND iv3_metadata_wrong.metadata ->> wanted.key ~ wanted.pattern) IS NOT TRUE
UNION ALL
SELECT 'SF003', format('metadata.%s', left(entry.key, 60)), steering.iv3_shown(entry.value), NULL
FROM jsonb_each(steering.iv3_object(iv3_metadata_wrong.metadata)) AS entry
WHERE entry.key NOT IN (SELECT wanted.key FROM wanted);
END;
REVOKE ALL ON FUNCTION steering.iv3_metadata_wrong(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_metadata_wrong(jsonb) IS 'what is wrong with the metadata of a file of Iv3';

CREATE FUNCTION steering.iv3_contact_wrong(contact jsonb) RETURNS TABLE (code text, place text, found text, allowed text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN NOT iv3_contact_wrong.contact ? wanted.key THEN 'SF006'
		WHEN iv3_contact_wrong.contact ->> wanted.key ~ '[^[:space:]]' IS NOT TRUE THEN 'SF009' ELSE 'SF008' END,
	'contact.' || wanted.key, steering.iv3_shown(iv3_contact_wrong.contact -> wanted.key), wanted.allowed
FROM (VALUES ('naam', '[^[:space:]]', 'text that is not blank'), ('telefoon', '[^[:space:]]', 'text that is not blank'),
	('email', '^[a-zA-Z0-9_.-]+@(\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.|([a-zA-Z0-9-]+\.)+)([a-zA-Z]{2,4}|[0-9]{1,3})(\]?)$', 'a mail address')) AS wanted (key, pattern, allowed)
WHERE (jsonb_typeof(iv3_contact_wrong.contact -> wanted.key) = 'string'
	AND iv3_contact_wrong.contact ->> wanted.key ~ wanted.pattern) IS NOT TRUE
UNION ALL
SELECT 'SF007', format('contact.%s', left(entry.key, 60)), steering.iv3_shown(entry.value), NULL
FROM jsonb_each(steering.iv3_object(iv3_contact_wrong.contact)) AS entry
WHERE entry.key NOT IN ('naam', 'telefoon', 'email');
END;
REVOKE ALL ON FUNCTION steering.iv3_contact_wrong(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_contact_wrong(jsonb) IS 'what is wrong with the contact of a file of Iv3';

CREATE FUNCTION steering.iv3_part() RETURNS TABLE (part text, missing text, code_key text, code_list text, code_fault text,
	second_key text, second_list text, second_fault text, value_key text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 7
BEGIN ATOMIC
VALUES ('lasten', 'SF012', 'taakveld', 'taakveld', 'DF001', 'categorie', 'categorie_lasten', 'DF002', 'bedrag'),
	('baten', 'SF011', 'taakveld', 'taakveld', 'DF001', 'categorie', 'categorie_baten', 'DF002', 'bedrag'),
	('balans_lasten', 'SF014', 'balanscode', 'balanscode', 'DF003', 'categorie', 'categorie_lasten', 'DF002', 'bedrag'),
	('balans_baten', 'SF013', 'balanscode', 'balanscode', 'DF003', 'categorie', 'categorie_baten', 'DF002', 'bedrag'),
	('balans_standen', 'SF015', 'balanscode', 'balanscode', 'DF003', 'standper', 'standper', 'DF004', 'bedrag'),
	('kengetallen', NULL, 'kengetal', 'kengetallen', 'DF005', 'verslagperiode', 'verslagperiode', 'DF007', 'waarde'),
	('beleidsindicatoren', NULL, 'beleidsindicator', 'beleidsindicatoren', 'DF006', 'verslagperiode', 'verslagperiode', 'DF007', 'waarde');
END;
REVOKE ALL ON FUNCTION steering.iv3_part() FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_part() IS 'the parts of the data of a file of Iv3: what the fault is called when it is missing (null: it may be), the keys of a line, in which lists their codes are, and what the faults are called';

-- An amount that no budget has is left out of all sums, and told: it would be the only figure in them.
CREATE FUNCTION steering.iv3_line_read(data jsonb)
RETURNS TABLE (part text, place text, line jsonb, code text, second text, amount numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
SELECT part.part, format('data.%s[%s]', part.part, item.ordinality - 1), item.value,
	CASE WHEN jsonb_typeof(item.value -> part.code_key) = 'string' THEN item.value ->> part.code_key END,
	CASE WHEN jsonb_typeof(item.value -> part.second_key) = 'string' THEN item.value ->> part.second_key END,
	CASE WHEN part.value_key = 'bedrag' AND jsonb_typeof(item.value -> 'bedrag') = 'number' AND abs((item.value -> 'bedrag')::numeric) < 1e15
		THEN (item.value -> 'bedrag')::numeric END
FROM steering.iv3_part() AS part
CROSS JOIN LATERAL jsonb_array_elements(steering.iv3_list(iv3_line_read.data -> part.part)) WITH ORDINALITY AS item;
END;
REVOKE ALL ON FUNCTION steering.iv3_line_read(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_line_read(jsonb) IS 'the lines of a file of Iv3, with what can be read of them; null: it cannot be';

CREATE FUNCTION steering.iv3_line_wrong(data jsonb) RETURNS TABLE (code text, place text, found text, allowed text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT CASE WHEN jsonb_typeof(read.line) <> 'object' THEN 'schema' WHEN NOT read.line ? key.name AND key.name <> 'bedrag' THEN 'SF016'
		WHEN key.name = 'bedrag' AND (read.line -> 'bedrag' IN ('null', '""') OR NOT read.line ? 'bedrag') THEN 'SF017'
		WHEN jsonb_typeof(read.line -> key.name) = key.type THEN 'amount' ELSE 'schema' END,
	read.place || CASE WHEN jsonb_typeof(read.line) = 'object' THEN '.' || key.name ELSE '' END,
	steering.iv3_shown(CASE WHEN jsonb_typeof(read.line) = 'object' THEN read.line -> key.name ELSE read.line END),
	CASE WHEN jsonb_typeof(read.line) <> 'object' THEN 'an object' WHEN key.type = 'number' THEN 'a number below 10^15' ELSE 'text' END
FROM steering.iv3_line_read(iv3_line_wrong.data) AS read
JOIN steering.iv3_part() AS part ON part.part = read.part
CROSS JOIN LATERAL (VALUES (part.code_key, 'string', 1), (part.second_key, 'string', 2),
	(part.value_key, CASE part.value_key WHEN 'bedrag' THEN 'number' ELSE 'string' END, 3)) AS key (name, type, position)
WHERE CASE WHEN jsonb_typeof(read.line) <> 'object' THEN key.position = 1
	WHEN key.type = 'number' THEN read.amount IS NULL
	ELSE jsonb_typeof(read.line -> key.name) IS DISTINCT FROM key.type END
UNION ALL
SELECT 'schema', format('%s.%s', read.place, left(entry.key, 60)), steering.iv3_shown(entry.value), NULL
FROM steering.iv3_line_read(iv3_line_wrong.data) AS read
CROSS JOIN LATERAL jsonb_each(steering.iv3_object(read.line)) AS entry
JOIN steering.iv3_part() AS part ON part.part = read.part
WHERE (read.part IN ('kengetallen', 'beleidsindicatoren') AND entry.key NOT IN (part.code_key, part.second_key, part.value_key))
	OR (read.part NOT IN ('kengetallen', 'beleidsindicatoren') AND entry.key = 'details' AND jsonb_typeof(entry.value) <> 'object');
END;
REVOKE ALL ON FUNCTION steering.iv3_line_wrong(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_line_wrong(jsonb) IS 'what is wrong with the form of the lines of a file of Iv3';

CREATE FUNCTION steering.iv3_structure_wrong(file jsonb) RETURNS TABLE (code text, place text, found text, allowed text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT 'schema', '', steering.iv3_shown(iv3_structure_wrong.file), 'an object'
WHERE jsonb_typeof(iv3_structure_wrong.file) <> 'object'
UNION ALL
SELECT CASE WHEN iv3_structure_wrong.file ? wanted.key THEN 'schema' ELSE wanted.missing END, wanted.key,
	steering.iv3_shown(iv3_structure_wrong.file -> wanted.key), 'an object'
FROM (VALUES ('metadata', 'SF001'), ('contact', 'SF005'), ('data', 'SF010')) AS wanted (key, missing)
WHERE jsonb_typeof(iv3_structure_wrong.file) = 'object'
	AND jsonb_typeof(iv3_structure_wrong.file -> wanted.key) IS DISTINCT FROM 'object'
UNION ALL
SELECT 'schema', left(entry.key, 60), steering.iv3_shown(entry.value), NULL
FROM jsonb_each(steering.iv3_object(iv3_structure_wrong.file)) AS entry
WHERE entry.key NOT IN ('metadata', 'contact', 'data', 'opmerkingen') OR (entry.key = 'opmerkingen' AND jsonb_typeof(entry.value) <> 'array')
UNION ALL
SELECT wrong.* FROM steering.iv3_metadata_wrong(iv3_structure_wrong.file -> 'metadata') AS wrong
WHERE jsonb_typeof(iv3_structure_wrong.file -> 'metadata') = 'object'
UNION ALL
SELECT wrong.* FROM steering.iv3_contact_wrong(iv3_structure_wrong.file -> 'contact') AS wrong
WHERE jsonb_typeof(iv3_structure_wrong.file -> 'contact') = 'object'
UNION ALL
SELECT CASE WHEN iv3_structure_wrong.file -> 'data' ? part.part THEN 'schema' ELSE part.missing END, 'data.' || part.part,
	steering.iv3_shown(iv3_structure_wrong.file -> 'data' -> part.part), 'an array'
FROM steering.iv3_part() AS part
WHERE jsonb_typeof(iv3_structure_wrong.file -> 'data') = 'object'
	AND jsonb_typeof(iv3_structure_wrong.file -> 'data' -> part.part) IS DISTINCT FROM 'array'
	AND (part.missing IS NOT NULL OR iv3_structure_wrong.file -> 'data' ? part.part)
UNION ALL
SELECT 'schema', format('data.%s', left(entry.key, 60)), steering.iv3_shown(entry.value), NULL
FROM jsonb_each(steering.iv3_object(iv3_structure_wrong.file -> 'data')) AS entry
WHERE entry.key NOT IN (SELECT part.part FROM steering.iv3_part() AS part)
UNION ALL
SELECT wrong.* FROM steering.iv3_line_wrong(iv3_structure_wrong.file -> 'data') AS wrong
UNION ALL
SELECT 'schema', format('opmerkingen[%s]', item.ordinality - 1), steering.iv3_shown(item.value), 'an object with tekst, and auteur if known'
FROM jsonb_array_elements(steering.iv3_list(iv3_structure_wrong.file -> 'opmerkingen')) WITH ORDINALITY AS item
WHERE (jsonb_typeof(item.value) = 'object' AND jsonb_typeof(item.value -> 'tekst') = 'string' AND coalesce(jsonb_typeof(item.value -> 'auteur') = 'string', true)
	AND NOT EXISTS (SELECT FROM jsonb_each(steering.iv3_object(item.value)) AS entry WHERE entry.key NOT IN ('tekst', 'auteur'))) IS NOT TRUE;
END;
REVOKE ALL ON FUNCTION steering.iv3_structure_wrong(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_structure_wrong(jsonb) IS 'what is wrong with the form of a file of Iv3';

CREATE FUNCTION steering.iv3_code_wrong(data jsonb, layer text, year integer) RETURNS TABLE (code text, place text, found text, allowed text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
WITH line AS MATERIALIZED (
	SELECT read.part, read.place, read.code, read.second,
		coalesce(first_code.is_total, true) AS is_unknown, coalesce(second_code.is_total, true) AS second_is_unknown,
		part.code_key, part.code_list, part.code_fault, part.second_key, part.second_list, part.second_fault
	FROM steering.iv3_line_read(iv3_code_wrong.data) AS read
	JOIN steering.iv3_part() AS part ON part.part = read.part
	LEFT JOIN steering.iv3_code AS first_code ON first_code.layer = iv3_code_wrong.layer AND first_code.year = iv3_code_wrong.year
		AND first_code.list = part.code_list AND first_code.code = read.code
	LEFT JOIN steering.iv3_code AS second_code ON second_code.layer = iv3_code_wrong.layer AND second_code.year = iv3_code_wrong.year
		AND second_code.list = part.second_list AND second_code.code = read.second
)
SELECT line.code_fault, format('%s.%s', line.place, line.code_key), left(line.code, 100), format('codes of %s', line.code_list)
FROM line WHERE line.code IS NOT NULL AND line.is_unknown
UNION ALL
SELECT line.second_fault, format('%s.%s', line.place, line.second_key), left(line.second, 100), format('codes of %s', line.second_list)
FROM line WHERE line.second IS NOT NULL AND line.second_is_unknown
UNION ALL
SELECT 'grey', line.place, format('%s %s, %s %s', line.code_key, line.code, line.second_key, line.second), NULL
FROM line
JOIN steering.iv3_forbidden AS forbidden ON forbidden.layer = iv3_code_wrong.layer AND forbidden.year = iv3_code_wrong.year
	AND forbidden.part = line.part AND forbidden.code = line.code AND forbidden.category = line.second;
END;
REVOKE ALL ON FUNCTION steering.iv3_code_wrong(jsonb, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_code_wrong(jsonb, text, integer) IS 'codes in a file of Iv3 that its year does not have, and combinations that it forbids';

CREATE FUNCTION steering.iv3_share(part numeric, whole numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT CASE WHEN iv3_share.part = 0 THEN 0 WHEN iv3_share.whole = 0 THEN 1 ELSE round(abs(iv3_share.part) / abs(iv3_share.whole), 6) END;
END;
REVOKE ALL ON FUNCTION steering.iv3_share(numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_share(numeric, numeric) IS 'a part of a whole without sign, to six decimals: 0 of nothing is 0, anything of nothing is all';

-- Formulas: PF001 as in the definitions of 2019, the only one that is published; the others by what the faults say.
CREATE FUNCTION steering.iv3_finding(data jsonb, layer text, year integer, period integer)
RETURNS TABLE (control text, "position" integer, found numeric, allowed numeric, missing text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 9
BEGIN ATOMIC
WITH control AS MATERIALIZED (
	SELECT control.* FROM steering.iv3_control AS control
	WHERE control.layer = iv3_finding.layer AND control.year = iv3_finding.year AND iv3_finding.period = ANY (control.periods)
), line AS MATERIALIZED (
	SELECT read.part, read.code, read.second, read.amount, first_code.above AS code_above, second_code.above AS second_above,
		second_code.name AS second_name, read.part IN ('lasten', 'baten') AS is_task, read.part IN ('lasten', 'balans_lasten') AS is_cost,
		CASE WHEN read.part IN ('lasten', 'balans_lasten') THEN read.amount ELSE - read.amount END AS signed
	FROM steering.iv3_line_read(iv3_finding.data) AS read
	JOIN steering.iv3_part() AS part ON part.part = read.part
	LEFT JOIN steering.iv3_code AS first_code ON first_code.layer = iv3_finding.layer AND first_code.year = iv3_finding.year
		AND first_code.list = part.code_list AND first_code.code = read.code
	LEFT JOIN steering.iv3_code AS second_code ON second_code.layer = iv3_finding.layer AND second_code.year = iv3_finding.year
		AND second_code.list = part.second_list AND second_code.code = read.second
	WHERE read.amount IS NOT NULL
), mutation AS MATERIALIZED (
	SELECT line.code, line.part = 'balans_standen' AS is_standing, 'Tot_Act' = ANY (line.code_above) AS is_asset,
		sum(CASE WHEN line.part <> 'balans_standen' THEN CASE WHEN 'Tot_Act' = ANY (line.code_above) THEN line.signed ELSE - line.signed END END) AS moved,
		sum(line.amount) FILTER (WHERE line.part = 'balans_standen' AND line.second_name = 'begindatum') AS at_begin,
		sum(line.amount) FILTER (WHERE line.part = 'balans_standen' AND line.second_name = 'einddatum') AS at_end
	FROM line WHERE NOT line.is_task
	GROUP BY line.code, line.part = 'balans_standen', 'Tot_Act' = ANY (line.code_above)
), balance AS MATERIALIZED (
	SELECT mutation.code, bool_or(mutation.is_asset) AS is_asset, coalesce(sum(mutation.moved), 0) AS moved,
		coalesce(sum(mutation.at_begin), 0) AS at_begin, coalesce(sum(mutation.at_end), 0) AS at_end
	FROM mutation GROUP BY mutation.code
), running AS (
	SELECT coalesce(sum(line.amount) FILTER (WHERE line.is_cost AND 'LR' = ANY (line.second_above)), 0) AS cost,
		coalesce(- sum(line.signed) FILTER (WHERE 'LR' = ANY (line.second_above)), 0) AS saldo,
		coalesce(sum(line.signed) FILTER (WHERE 'FR' = ANY (line.second_above)), 0) AS financial
	FROM line WHERE line.part <> 'balans_standen'
)
SELECT control.control, control.position, figure.found, control.allowed,
	CASE WHEN control.control IN ('PF003', 'PF007', 'PF008') AND NOT EXISTS (SELECT FROM line WHERE line.part = 'balans_standen') THEN 'balans_standen' END
FROM control
CROSS JOIN running
CROSS JOIN LATERAL (SELECT CASE control.control
	WHEN 'PF001' THEN steering.iv3_share(running.saldo - running.financial, running.cost)
	WHEN 'PF002' THEN (SELECT steering.iv3_share(coalesce(sum(abs(line.amount)) FILTER (WHERE line.second <> ALL (control.categories)), 0),
			coalesce(sum(abs(line.amount)), 0))
		FROM line WHERE line.part IN ('balans_lasten', 'balans_baten') AND line.code = ANY (control.codes))
	WHEN 'PF003' THEN (SELECT steering.iv3_share(coalesce(sum(abs(balance.at_end - balance.at_begin - balance.moved)), 0), coalesce(sum(abs(balance.moved)), 0))
		FROM balance WHERE balance.code = ANY (control.codes))
	WHEN 'PF004' THEN (SELECT steering.iv3_share(coalesce(sum(abs(category.difference)), 0), coalesce(sum(category.total), 0))
		FROM (SELECT sum(line.signed) AS difference, sum(abs(line.amount)) AS total FROM line
			WHERE line.part <> 'balans_standen' AND line.second = ANY (control.categories) GROUP BY line.second) AS category)
	WHEN 'PF005' THEN (SELECT steering.iv3_share(coalesce(sum(abs(line.amount)) FILTER (WHERE line.is_task AND line.code <> ALL (control.exempt)), 0),
			coalesce(sum(abs(line.amount)), 0))
		FROM line WHERE line.part <> 'balans_standen' AND line.second = ANY (control.categories))
	WHEN 'PF006' THEN (SELECT abs(coalesce(sum(line.signed), 0)) FROM line WHERE line.is_task)
	WHEN 'PF007' THEN (SELECT abs(coalesce(sum(CASE WHEN balance.is_asset THEN balance.at_begin ELSE - balance.at_begin END), 0)) FROM balance)
	WHEN 'PF008' THEN (SELECT abs(coalesce(sum(CASE WHEN balance.is_asset THEN balance.at_end ELSE - balance.at_end END), 0)) FROM balance)
	WHEN 'PF009' THEN (SELECT coalesce(sum(abs(line.amount)), 0) FROM line WHERE line.part <> 'balans_standen' AND line.second = ANY (control.categories))
	END AS found) AS figure;
END;
REVOKE ALL ON FUNCTION steering.iv3_finding(jsonb, text, integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.iv3_finding(jsonb, text, integer, integer) IS
'what each plausibility check of a year and a period finds in the data of a file of Iv3: a share (PF001 to PF005), a difference or an amount in euros, and what it may find at most; missing: without this part it cannot be made';

CREATE FUNCTION steering.iv3_check(file jsonb) RETURNS TABLE (code text, place text, found text, allowed text, refuses boolean)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH wrong AS MATERIALIZED (
	SELECT structure.code, structure.place, structure.found, structure.allowed
	FROM steering.iv3_structure_wrong(coalesce(iv3_check.file, 'null')) AS structure
), head AS MATERIALIZED (
	SELECT iv3_check.file -> 'metadata' ->> 'overheidslaag' AS layer, definition.year,
		CASE WHEN iv3_check.file -> 'metadata' ->> 'periode' ~ '^[0-5](\.0*)?$' THEN (iv3_check.file -> 'metadata' ->> 'periode')::numeric::integer END AS period
	FROM (SELECT) AS one
	LEFT JOIN steering.iv3_definition AS definition ON definition.layer = iv3_check.file -> 'metadata' ->> 'overheidslaag'
		AND jsonb_typeof(iv3_check.file -> 'metadata' -> 'boekjaar') = 'number'
		AND to_jsonb(definition.year) = iv3_check.file -> 'metadata' -> 'boekjaar'
), finding AS (
	SELECT finding.* FROM head CROSS JOIN LATERAL steering.iv3_finding(iv3_check.file -> 'data', head.layer, head.year, head.period) AS finding
	WHERE head.year IS NOT NULL AND head.period IS NOT NULL
)
SELECT wrong.code, wrong.place, wrong.found, wrong.allowed, true FROM wrong
UNION ALL
SELECT 'SF888', 'metadata.boekjaar', steering.iv3_shown(iv3_check.file -> 'metadata' -> 'boekjaar'),
	'a year whose definitions were loaded for this overheidslaag', true
FROM head
WHERE head.year IS NULL AND NOT EXISTS (SELECT FROM wrong WHERE wrong.place IN ('', 'metadata', 'metadata.boekjaar', 'metadata.overheidslaag'))
UNION ALL
SELECT code.code, code.place, code.found, code.allowed, true
FROM head CROSS JOIN LATERAL steering.iv3_code_wrong(iv3_check.file -> 'data', head.layer, head.year) AS code
WHERE head.year IS NOT NULL
UNION ALL
SELECT CASE WHEN finding.missing IS NULL THEN finding.control ELSE 'PF099' END, 'data',
	CASE WHEN finding.missing IS NULL THEN trim_scale(finding.found)::text ELSE format('%s is missing for %s', finding.missing, finding.control) END,
	CASE WHEN finding.missing IS NULL THEN trim_scale(finding.allowed)::text END, false
FROM finding
WHERE finding.missing IS NOT NULL OR finding.found > finding.allowed
ORDER BY 5 DESC, 1, 2;
END;
COMMENT ON FUNCTION steering.iv3_check(jsonb) IS
'what CBS would say of a file of Iv3; no row: nothing. code: SF structure, DF a code that the year does not have, PF plausibility, as CBS calls them; schema: against the schema 2.1.1, grey: a combination that the year forbids, amount: no amount of a budget, so it is in no sum. place: where; found and allowed: a value, a share or euros; refuses: CBS does not take such a file. Codes, combinations and checks are those of the layer and year that iv3_load() has loaded; SF888: it has not. Whatever is odd in a line is told, and the others are looked at all the same';
-- explanation.sql
-- Deviations from what was budgeted or promised, and what is said of them: cause, consequence, action.

CREATE TABLE steering.explanation_record (
	explanation_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT explanation_pkey PRIMARY KEY,
	first_day date NOT NULL,
	end_day date NOT NULL,
	service_id integer NOT NULL,
	participant_id integer NOT NULL,
	cause text,
	consequence text,
	action text,
	is_structural boolean,
	document text,
	explained_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role_name name NOT NULL DEFAULT session_user,
	CONSTRAINT explanation_key UNIQUE (first_day, end_day, service_id, participant_id)
);
REVOKE ALL ON steering.explanation_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.explanation_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.explanation_record_explanation_id_seq', '');
COMMENT ON TABLE steering.explanation_record IS 'what is said of deviations, written by set_explanation() and drop_explanation() alone; who may select from it may read all';
COMMENT ON COLUMN steering.explanation_record.explanation_id IS 'number of the explanation';
COMMENT ON COLUMN steering.explanation_record.first_day IS 'first day of the period';
COMMENT ON COLUMN steering.explanation_record.end_day IS 'first day after the period';
COMMENT ON COLUMN steering.explanation_record.service_id IS 'the service that deviates';
COMMENT ON COLUMN steering.explanation_record.participant_id IS 'the participant for which it does';
COMMENT ON COLUMN steering.explanation_record.cause IS 'why; null: not said';
COMMENT ON COLUMN steering.explanation_record.consequence IS 'what follows from it; null: not said';
COMMENT ON COLUMN steering.explanation_record.action IS 'what is done about it; null: not said';
COMMENT ON COLUMN steering.explanation_record.is_structural IS 'it comes back in later periods; false: it does not; null: not said';
COMMENT ON COLUMN steering.explanation_record.document IS 'where it was decided, or is written; null: not said';
COMMENT ON COLUMN steering.explanation_record.explained_at IS 'when';
COMMENT ON COLUMN steering.explanation_record.role_name IS 'who had logged in';

CREATE FUNCTION steering.set_explanation(period text, service text, participant text, cause text DEFAULT NULL, consequence text DEFAULT NULL,
	action text DEFAULT NULL, is_structural boolean DEFAULT NULL, document text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(set_explanation.period IS NOT NULL, 'period'),
	steering.require_that(coalesce(set_explanation.cause, set_explanation.consequence, set_explanation.action) IS NOT NULL, '22023',
		'an explanation needs a cause, a consequence or an action', 'steering.drop_explanation() takes back what was said.');
SELECT steering.require_that(given.value <> '', '22023', format('%s must not be empty', given.name))
FROM (VALUES (btrim(set_explanation.cause, E' \t\r\n'), 'cause'), (btrim(set_explanation.consequence, E' \t\r\n'), 'consequence'),
	(btrim(set_explanation.action, E' \t\r\n'), 'action'), (btrim(set_explanation.document, E' \t\r\n'), 'document')) AS given (value, name)
WHERE given.value IS NOT NULL;
INSERT INTO steering.explanation_record (first_day, end_day, service_id, participant_id, cause, consequence, action, is_structural, document)
VALUES (lower(steering.period_range(set_explanation.period)), upper(steering.period_range(set_explanation.period)),
	steering.service_number(set_explanation.service), steering.participant_number(set_explanation.participant),
	set_explanation.cause, set_explanation.consequence, set_explanation.action, set_explanation.is_structural, set_explanation.document)
ON CONFLICT ON CONSTRAINT explanation_key DO UPDATE
	SET cause = excluded.cause, consequence = excluded.consequence, action = excluded.action, is_structural = excluded.is_structural,
		document = excluded.document, explained_at = excluded.explained_at, role_name = excluded.role_name
RETURNING explanation_id;
END;
REVOKE ALL ON FUNCTION steering.set_explanation(text, text, text, text, text, text, boolean, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_explanation(text, text, text, text, text, text, boolean, text) IS
'says what a service deviates by for a participant in a period: the cause, the consequence for what was to be achieved, the action that is taken. What was said of just these three before is replaced; what is null is not said yet, and steering.deviation() lists it as missing. is_structural: it comes back in later periods. document: where it was decided. Returns its number. Errors: 22004 null, 22023 unknown code, nothing is said, an empty text, not whole months, 22P02 no period';

CREATE FUNCTION steering.drop_explanation(period text, service text, participant text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(drop_explanation.period IS NOT NULL, 'period');
SELECT steering.service_number(drop_explanation.service), steering.participant_number(drop_explanation.participant),
	steering.period_range(drop_explanation.period);
WITH gone AS (
	DELETE FROM steering.explanation_record AS record
	WHERE record.first_day = lower(steering.period_range(drop_explanation.period))
		AND record.end_day = upper(steering.period_range(drop_explanation.period))
		AND record.service_id = steering.service_number(drop_explanation.service)
		AND record.participant_id = steering.participant_number(drop_explanation.participant)
	RETURNING record.explanation_id
)
SELECT steering.require_found(count(*), concat('explanation of period ', drop_explanation.period,
	' for service "', drop_explanation.service, '" and participant "', drop_explanation.participant, '"')) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_explanation(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_explanation(text, text, text) IS
'takes back what was said of a deviation. Errors: 22004 null, 22023 unknown code, not whole months, 22P02 no period, 42704 nothing was said';

CREATE FUNCTION steering.question_of_explanation(was steering.explanation_record, becomes steering.explanation_record) RETURNS SETOF steering.act_question
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT asked.act, asked.service, asked.participant, asked.amount, asked.arguments
FROM steering.plain_question(to_jsonb(was) - 'explained_at' - 'role_name', to_jsonb(becomes) - 'explained_at' - 'role_name',
	'set_explanation', 'drop_explanation') AS asked;
END;
REVOKE ALL ON FUNCTION steering.question_of_explanation(steering.explanation_record, steering.explanation_record) FROM PUBLIC;
COMMENT ON FUNCTION steering.question_of_explanation(steering.explanation_record, steering.explanation_record) IS 'set_explanation, drop_explanation';
CREATE TRIGGER guard_act
	AFTER INSERT OR UPDATE OR DELETE ON steering.explanation_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('question_of_explanation');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.explanation_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE VIEW steering.explanation WITH (security_barrier) AS
SELECT record.explanation_id,
	steering.name_period(daterange(record.first_day, record.end_day)) AS period,
	record.first_day AS valid_from,
	record.end_day - 1 AS valid_to,
	service.code AS service,
	participant.code AS participant,
	record.cause,
	record.consequence,
	record.action,
	record.is_structural,
	record.document,
	record.explained_at,
	record.role_name
FROM steering.explanation_record AS record
JOIN steering.service ON service.service_id = record.service_id
JOIN steering.participant ON participant.participant_id = record.participant_id
WHERE record.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant);
GRANT SELECT ON steering.explanation TO PUBLIC;
COMMENT ON VIEW steering.explanation IS 'what is said of deviations, for the participants whose figures the role may read';
COMMENT ON COLUMN steering.explanation.explanation_id IS 'number of the explanation';
COMMENT ON COLUMN steering.explanation.period IS 'the period';
COMMENT ON COLUMN steering.explanation.valid_from IS 'its first day';
COMMENT ON COLUMN steering.explanation.valid_to IS 'its last day';
COMMENT ON COLUMN steering.explanation.service IS 'code of the service that deviates';
COMMENT ON COLUMN steering.explanation.participant IS 'code of the participant for which it does';
COMMENT ON COLUMN steering.explanation.cause IS 'why; null: not said';
COMMENT ON COLUMN steering.explanation.consequence IS 'what follows from it; null: not said';
COMMENT ON COLUMN steering.explanation.action IS 'what is done about it; null: not said';
COMMENT ON COLUMN steering.explanation.is_structural IS 'it comes back in later periods; null: not said';
COMMENT ON COLUMN steering.explanation.document IS 'where it was decided, or is written; null: not said';
COMMENT ON COLUMN steering.explanation.explained_at IS 'when';
COMMENT ON COLUMN steering.explanation.role_name IS 'who had logged in';

CREATE VIEW steering.attainment_limit WITH (security_barrier) AS
SELECT coalesce(max(signal_limit.amber::numeric), 100) AS amber, coalesce(max(signal_limit.red::numeric), 90) AS red
FROM steering.signal_limit WHERE signal_limit.measure = 'attainment';
GRANT SELECT ON steering.attainment_limit TO PUBLIC;
COMMENT ON VIEW steering.attainment_limit IS 'below which attainment a result is amber, and red: what set_signal_limit() said, or its defaults';
COMMENT ON COLUMN steering.attainment_limit.amber IS 'percentage: amber below it';
COMMENT ON COLUMN steering.attainment_limit.red IS 'percentage: red below it';

-- Read as the caller. A cap that is over has no outlook any more: it is what was used of it.
CREATE FUNCTION steering.deviation(period text, minimum numeric DEFAULT 25000, as_of date DEFAULT NULL)
RETURNS TABLE (service text, participant text, cap_id integer, valid_from date, valid_to date, amended numeric, expected numeric,
	difference numeric, step text, attainment numeric, light text, is_structural boolean, cause text, consequence text, action text,
	document text, missing text[])
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH asked AS MATERIALIZED (
	SELECT lower(steering.period_range(deviation.period)) AS first_day, upper(steering.period_range(deviation.period)) - 1 AS last_day,
		coalesce(deviation.as_of, least(greatest(current_date, lower(steering.period_range(deviation.period))),
			upper(steering.period_range(deviation.period)) - 1)) AS as_of,
		coalesce(deviation.minimum, 25000) AS minimum
), money AS (
	SELECT status.*, outlook.outcome AS expected, status.amount - outlook.outcome AS difference,
		CASE WHEN outlook.outcome > status.blocks_at OR status.step LIKE '% block' THEN 'red'
			WHEN outlook.outcome > status.amount OR status.step LIKE '% warn' THEN 'amber' ELSE 'green' END AS light
	FROM asked
	JOIN steering.cap_status AS status ON status.metric = 'budget' AND status.valid_from <= asked.last_day AND status.valid_to >= asked.first_day
	LEFT JOIN steering.cap_outlook((SELECT asked.as_of FROM asked)) AS ahead ON ahead.cap_id = status.cap_id
	CROSS JOIN LATERAL (SELECT coalesce(ahead.expected, CASE WHEN status.valid_to < asked.as_of THEN status.used END) AS outcome) AS outlook
), achieved AS (
	SELECT below.service, below.participant, below.attainment,
		CASE WHEN below.attainment < (SELECT attainment_limit.red FROM steering.attainment_limit) THEN 'red' ELSE 'amber' END AS light
	FROM steering.cost_versus_result(deviation.period) AS below
	WHERE below.attainment < (SELECT attainment_limit.amber FROM steering.attainment_limit)
), found AS (
	SELECT money.service, money.participant, money.cap_id, money.valid_from, money.valid_to, money.amount AS amended, money.expected,
		money.difference, money.step, NULL::numeric AS attainment, money.light
	FROM money CROSS JOIN asked
	WHERE abs(money.difference) >= asked.minimum OR money.step LIKE '% warn' OR money.step LIKE '% block'
	UNION ALL
	SELECT achieved.service, achieved.participant, NULL, NULL, NULL, NULL, NULL, NULL, NULL, achieved.attainment, achieved.light
	FROM achieved
)
SELECT found.service, found.participant, found.cap_id, found.valid_from, found.valid_to, found.amended, found.expected, found.difference,
	found.step, found.attainment, found.light, said.is_structural, said.cause, said.consequence, said.action, said.document,
	array_remove(ARRAY[CASE WHEN said.cause IS NULL THEN 'cause' END, CASE WHEN said.consequence IS NULL THEN 'consequence' END,
		CASE WHEN said.action IS NULL THEN 'action' END], NULL)
FROM found CROSS JOIN asked
LEFT JOIN steering.explanation AS said ON said.service = found.service AND said.participant = found.participant
	AND said.valid_from = asked.first_day AND said.valid_to = asked.last_day;
END;
COMMENT ON FUNCTION steering.deviation(text, numeric, date) IS
'what deviates in a period, as far as the role may read it, with what set_explanation() said of it: each budget cap in it that is expected to be left or exceeded by at least the minimum (difference = amended - expected, so negative is a disadvantage), or that stands at a step that warns or blocks; and each service and participant whose main indicator is below its target (attainment, amber or red by set_signal_limit()). minimum: money; null: 25000. as_of: the day of the outlook (cap_outlook(), expected); null: today, or the nearest day in the period; of a cap that is over it is what was used, of one that begins later nothing is known. light: red where expected is above what the cap blocks at or usage stands at a step that blocks, amber where expected is above the cap or usage stands at a step that warns, else green. missing: which of cause, consequence and action nobody has said; empty: the explanation is complete. Errors: those of cost_versus_result() and cap_outlook()';
-- lawfulness.sql
-- Lawfulness of the budget (begrotingsrechtmatigheid): what a council has laid down about it, and the deviations from its budget
-- with what is known of them. What follows from them: lawfulness_view.sql.

CREATE TABLE steering.lawfulness_frame_record (
	frame_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT lawfulness_frame_record_pkey PRIMARY KEY,
	participant_id integer,
	during daterange NOT NULL CONSTRAINT lawfulness_frame_during_not_empty CHECK (NOT isempty(during)),
	level integer NOT NULL CONSTRAINT lawfulness_frame_level_not_negative CHECK (level >= 0),
	separate_percent numeric CONSTRAINT lawfulness_frame_separate_in_range CHECK (separate_percent BETWEEN 0 AND 100),
	statement_percent numeric NOT NULL CONSTRAINT lawfulness_frame_statement_in_range CHECK (statement_percent BETWEEN 0 AND 3),
	reporting_limit steering.amount NOT NULL
		CONSTRAINT lawfulness_frame_reporting_not_negative CHECK (reporting_limit OPERATOR(steering.>=) 0::steering.amount),
	errors_percent numeric CONSTRAINT lawfulness_frame_errors_in_range CHECK (errors_percent BETWEEN 0 AND 100),
	uncertainties_percent numeric CONSTRAINT lawfulness_frame_uncertainties_in_range CHECK (uncertainties_percent BETWEEN 0 AND 100),
	rules jsonb NOT NULL,
	document text,
	CONSTRAINT lawfulness_frame_key UNIQUE NULLS NOT DISTINCT (participant_id, during),
	CONSTRAINT lawfulness_frame_no_overlap EXCLUDE USING gist (
		int4range(coalesce(participant_id, 0), coalesce(participant_id, 0), '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.lawfulness_frame_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.lawfulness_frame_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.lawfulness_frame_record_frame_id_seq', '');
COMMENT ON TABLE steering.lawfulness_frame_record IS 'what councils have laid down about lawfulness, written by set_lawfulness_frame() and drop_lawfulness_frame() alone; one at a time for each participant';
COMMENT ON COLUMN steering.lawfulness_frame_record.frame_id IS 'number of the frame';
COMMENT ON COLUMN steering.lawfulness_frame_record.participant_id IS 'the participant whose council it is; null: for all that have none of their own';
COMMENT ON COLUMN steering.lawfulness_frame_record.during IS 'the days that it holds on: for a period, that of its last day';
COMMENT ON COLUMN steering.lawfulness_frame_record.level IS 'how far below the top of the catalogue the services stand that the council authorises: its programmes';
COMMENT ON COLUMN steering.lawfulness_frame_record.separate_percent IS 'a service right below a programme with more than this of all budgets is authorised apart; null: none is';
COMMENT ON COLUMN steering.lawfulness_frame_record.statement_percent IS 'limit of the statement (verantwoordingsgrens): percentage of costs and additions to reserves';
COMMENT ON COLUMN steering.lawfulness_frame_record.reporting_limit IS 'deviations of more than this are explained (rapportagegrens)';
COMMENT ON COLUMN steering.lawfulness_frame_record.errors_percent IS 'what the auditor allows of errors: percentage of costs and additions; null: not said';
COMMENT ON COLUMN steering.lawfulness_frame_record.uncertainties_percent IS 'what he allows of uncertainties; null: they have no limit of their own';
COMMENT ON COLUMN steering.lawfulness_frame_record.rules IS 'the decision table, in its order: what a deviation is that a row is the first to be for';
COMMENT ON COLUMN steering.lawfulness_frame_record.document IS 'where it is written; null: not said';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.lawfulness_frame_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_lawfulness_frame', 'drop_lawfulness_frame');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.lawfulness_frame_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

-- A fact is true, false or not known. Which there are stands here alone.
CREATE FUNCTION steering.lawfulness_fact() RETURNS TABLE (fact text, meaning text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 9
BEGIN ATOMIC
VALUES ('amended', 'the budget was amended for it in time'), ('open_ended', 'of a scheme that is open-ended'),
	('within_policy', 'it fits the policy of the council'), ('foreseeable', 'it could have been reported before the year ended'),
	('reported', 'it was reported before the year ended'), ('later_charges', 'of an investment: what follows is depreciation and interest of later years'),
	('revaluation', 'of a revaluation that is made once a year'), ('found_later', 'it was found after the year'), ('explained', 'it is explained; follows from its explanation');
END;
COMMENT ON FUNCTION steering.lawfulness_fact() IS 'what may be known of a deviation, and asked for by a row of a decision table';

CREATE FUNCTION steering.lawfulness_value() RETURNS TABLE (condition text, value text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 12
BEGIN ATOMIC
VALUES ('object', 'costs over'), ('object', 'costs under'), ('object', 'income over'), ('object', 'income under'), ('object', 'investment over'),
	('object', 'investment under'), ('object', 'reserve over'), ('object', 'reserve under'),
	('offset', 'direct'), ('offset', 'unrelated'), ('offset', 'elsewhere'), ('offset', 'none');
END;
REVOKE ALL ON FUNCTION steering.lawfulness_value() FROM PUBLIC;
COMMENT ON FUNCTION steering.lawfulness_value() IS 'what object and offset of a row of a decision table may be';

CREATE FUNCTION steering.require_lawfulness_rules(rules jsonb) RETURNS void
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_given(require_lawfulness_rules.rules IS NOT NULL, 'rules'),
	steering.require_that(jsonb_typeof(require_lawfulness_rules.rules) = 'array', '22023', 'rules must be a JSON array',
		'steering.lawfulness_model() makes one.');
SELECT steering.require_that(jsonb_typeof(rule.value) = 'object' AND jsonb_typeof(rule.value -> 'name') = 'string'
			AND jsonb_typeof(rule.value -> 'when') = 'object' AND jsonb_typeof(rule.value -> 'irregular') = 'boolean', '22023',
		format('rule %s must be an object with name, when and irregular', rule.ordinality),
		'{"name": "...", "when": {...}, "irregular": true, "acceptable": false, "counts": true}'),
	steering.require_that(rule.value -> 'irregular' = 'false' OR (jsonb_typeof(rule.value -> 'acceptable') = 'boolean' AND jsonb_typeof(rule.value -> 'counts') = 'boolean'), '22023',
		format('rule %s must say whether it is acceptable and counts', rule.ordinality))
FROM jsonb_array_elements(require_lawfulness_rules.rules) WITH ORDINALITY AS rule;
SELECT steering.require_that(entry.key IN ('name', 'when', 'irregular', 'acceptable', 'counts'), '22023',
	format('rule %s has an unknown key "%s"', rule.ordinality, left(entry.key, 60)))
FROM jsonb_array_elements(require_lawfulness_rules.rules) WITH ORDINALITY AS rule CROSS JOIN LATERAL jsonb_each(rule.value) AS entry;
SELECT steering.require_that(CASE
		WHEN entry.key = 'up_to' THEN jsonb_typeof(entry.value) = 'number'
		WHEN entry.key IN ('object', 'offset') THEN jsonb_typeof(entry.value) IN ('string', 'array') AND NOT EXISTS (
			SELECT FROM jsonb_array_elements(CASE jsonb_typeof(entry.value) WHEN 'array' THEN entry.value ELSE jsonb_build_array(entry.value) END) AS named
			WHERE (named #>> '{}' IN (SELECT known.value FROM steering.lawfulness_value() AS known WHERE known.condition = entry.key)) IS NOT TRUE)
		ELSE entry.key IN (SELECT known.fact FROM steering.lawfulness_fact() AS known) AND jsonb_typeof(entry.value) = 'boolean' END, '22023',
	format('rule %s asks for what is not known: "%s"', rule.ordinality, left(entry.key, 60)),
	'object, offset, up_to, and true or false for the facts of steering.lawfulness_fact().')
FROM jsonb_array_elements(require_lawfulness_rules.rules) WITH ORDINALITY AS rule CROSS JOIN LATERAL jsonb_each(rule.value -> 'when') AS entry;
END;
REVOKE ALL ON FUNCTION steering.require_lawfulness_rules(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_lawfulness_rules(jsonb) IS 'Errors: 22004 null, 22023 no decision table, with the row that is not one';

CREATE FUNCTION steering.lawfulness_model(year integer, small numeric DEFAULT NULL) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT jsonb_agg(jsonb_build_object('name', row_.name, 'when', row_.asks, 'irregular', row_.irregular, 'acceptable', row_.acceptable, 'counts', row_.counts) ORDER BY row_.place)
FROM (
	SELECT model.place, model.name, model.asks::jsonb AS asks, model.irregular, model.acceptable, model.counts
	FROM (VALUES (10, 'amended in time', '{"amended": true}', false, NULL, NULL),
		(30, 'offset by directly related income', '{"object": "costs over", "offset": "direct"}', true, true, false),
		(40, 'open-ended scheme', '{"object": "costs over", "open_ended": true}', true, true, false),
		(50, 'investment with later depreciation and interest', '{"object": "investment over", "later_charges": true}', true, true, false),
		(60, 'within policy, could not be reported in time', '{"object": ["costs over", "costs under", "income over", "investment over", "investment under"], "within_policy": true, "foreseeable": false, "explained": true}', true, true, false),
		(70, 'within policy, was not reported', '{"within_policy": true, "foreseeable": true, "reported": false}', true, false, true),
		(80, 'income that could not be reported in time', '{"object": "income under", "foreseeable": false, "explained": true}', true, true, false),
		(81, 'yearly revaluation', '{"object": "income under", "revaluation": true, "explained": true}', true, true, false),
		(90, 'offset by other income or under-spending', '{"offset": ["unrelated", "elsewhere"]}', true, false, true),
		(100, 'outside policy, no proposal', '{"within_policy": false, "reported": false}', true, false, true),
		(110, 'movement of a reserve that was not decided', '{"object": "reserve over"}', true, false, true),
		(111, 'movement of a reserve that is less than was decided', '{"object": "reserve under"}', false, NULL, NULL),
		(120, 'foreseeable and not amended', '{"object": ["costs under", "income over"], "foreseeable": true, "amended": false}', true, false, true))
		AS model (place, name, asks, irregular, acceptable, counts)
	WHERE lawfulness_model.year >= 2023
	UNION ALL
	SELECT 20, 'small', jsonb_build_object('object', 'costs over', 'up_to', lawfulness_model.small), true, true, false
	WHERE lawfulness_model.year >= 2023 AND lawfulness_model.small IS NOT NULL
	UNION ALL
	SELECT old.place, old.name, old.asks::jsonb, true, NOT old.counts, old.counts
	FROM (VALUES (10, 'offset by directly related income', '{"object": "costs over", "offset": "direct"}', false),
		(20, 'open-ended scheme', '{"object": "costs over", "open_ended": true}', false),
		(30, 'offset by other income', '{"object": "costs over", "offset": "unrelated"}', true),
		(40, 'within policy, was not signalled', '{"within_policy": true, "foreseeable": true, "reported": false}', true),
		(41, 'within policy, could not be signalled', '{"within_policy": true, "foreseeable": false}', false),
		(50, 'outside policy', '{"within_policy": false}', true),
		(60, 'found irregular after the year', '{"found_later": true}', false),
		(70, 'depreciation and interest of later years', '{"object": "investment over", "later_charges": true}', false))
		AS old (place, name, asks, counts)
	WHERE lawfulness_model.year < 2023
) AS row_;
END;
COMMENT ON FUNCTION steering.lawfulness_model(integer, numeric) IS
'a decision table to begin with, for set_lawfulness_frame(): from 2023 on one by the definition of the commissie BBV, where what is acceptable is for the council to say (change it as its regulation says), with a row for costs over budget by no more than small, if that is given; before it the national one of seven kinds. What no row is for is irregular, not acceptable, and counts';

CREATE FUNCTION steering.set_lawfulness_frame(during steering.day_range, statement_percent numeric, reporting_limit numeric, rules jsonb,
	participant text DEFAULT NULL, level integer DEFAULT 0, separate_percent numeric DEFAULT NULL, errors_percent numeric DEFAULT NULL,
	uncertainties_percent numeric DEFAULT NULL, document text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_days(set_lawfulness_frame.during::daterange), steering.require_lawfulness_rules(set_lawfulness_frame.rules),
	steering.require_that((set_lawfulness_frame.statement_percent BETWEEN 0 AND 3) IS NOT FALSE, '23514',
		format('statement_percent must be between 0 and 3: %s', set_lawfulness_frame.statement_percent)),
	steering.require_that((set_lawfulness_frame.level >= 0) IS NOT FALSE, '23514',
		format('level must not be negative: %s', set_lawfulness_frame.level)),
	steering.require_that((set_lawfulness_frame.reporting_limit::steering.amount OPERATOR(steering.>=) 0::steering.amount) IS NOT FALSE, '23514',
		format('reporting_limit must not be negative: %s', set_lawfulness_frame.reporting_limit));
SELECT steering.require_that(given.percent BETWEEN 0 AND 100, '23514', format('%s must be between 0 and 100: %s', given.name, given.percent))
FROM (VALUES ('separate_percent', set_lawfulness_frame.separate_percent), ('errors_percent', set_lawfulness_frame.errors_percent),
	('uncertainties_percent', set_lawfulness_frame.uncertainties_percent)) AS given (name, percent)
WHERE given.percent IS NOT NULL;
SELECT steering.require_that(false, '23P01', format('a frame of lawfulness holds on some of these days already: %s',
		coalesce(steering.name_period(standing.during), standing.during::text)),
	'End it with steering.drop_lawfulness_frame(), or leave its days out.')
FROM steering.lawfulness_frame_record AS standing
WHERE standing.participant_id IS NOT DISTINCT FROM
		CASE WHEN set_lawfulness_frame.participant IS NOT NULL THEN steering.participant_number(set_lawfulness_frame.participant) END
	AND standing.during && set_lawfulness_frame.during::daterange AND standing.during <> set_lawfulness_frame.during::daterange
LIMIT 1;
INSERT INTO steering.lawfulness_frame_record (participant_id, during, level, separate_percent, statement_percent, reporting_limit, errors_percent,
	uncertainties_percent, rules, document)
VALUES (CASE WHEN set_lawfulness_frame.participant IS NOT NULL THEN steering.participant_number(set_lawfulness_frame.participant) END,
	set_lawfulness_frame.during::daterange, set_lawfulness_frame.level, set_lawfulness_frame.separate_percent,
	set_lawfulness_frame.statement_percent, set_lawfulness_frame.reporting_limit::steering.amount, set_lawfulness_frame.errors_percent,
	set_lawfulness_frame.uncertainties_percent, set_lawfulness_frame.rules, set_lawfulness_frame.document)
ON CONFLICT ON CONSTRAINT lawfulness_frame_key DO UPDATE
	SET level = excluded.level, separate_percent = excluded.separate_percent, statement_percent = excluded.statement_percent,
		reporting_limit = excluded.reporting_limit, errors_percent = excluded.errors_percent,
		uncertainties_percent = excluded.uncertainties_percent, rules = excluded.rules, document = excluded.document
RETURNING frame_id;
END;
REVOKE ALL ON FUNCTION steering.set_lawfulness_frame(steering.day_range, numeric, numeric, jsonb, text, integer, numeric, numeric, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_lawfulness_frame(steering.day_range, numeric, numeric, jsonb, text, integer, numeric, numeric, numeric, text) IS
'says what a council has laid down about the lawfulness of its budget on these days, of one participant or of all that have nothing of their own (null); the one for just these days is replaced; returns its number. statement_percent: limit of the statement, 0 to 3, of costs and additions to reserves; reporting_limit: deviations of more than this are explained; rules: the decision table, [{"name": ..., "when": {...}, "irregular": true, "acceptable": false, "counts": true}, ...], of which the first row holds whose conditions are all met: object ("costs over", or several in an array), offset (direct, unrelated, elsewhere, none), up_to (an amount), and facts that are true or false; see lawfulness_model(). level: how far below the top of the catalogue programmes stand; separate_percent: what right below one has more than this of all budgets is authorised apart. errors_percent, uncertainties_percent: what the auditor allows. Errors: 22004 null, 22023 empty days, unknown participant, a row that is none, 23502 null, 23514 a percentage or limit out of range, 23P01 there is one for some of these days, 22003 no amount';

CREATE FUNCTION steering.drop_lawfulness_frame(frame integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(drop_lawfulness_frame.frame IS NOT NULL, 'frame');
WITH gone AS (
	DELETE FROM steering.lawfulness_frame_record AS record WHERE record.frame_id = drop_lawfulness_frame.frame RETURNING record.frame_id
)
SELECT steering.require_found(count(*), format('frame %s of lawfulness', drop_lawfulness_frame.frame)) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_lawfulness_frame(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_lawfulness_frame(integer) IS 'takes back what was laid down. Errors: 22004 null, 42704 there is none';

CREATE TABLE steering.lawfulness_base (
	base_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT lawfulness_base_pkey PRIMARY KEY,
	participant_id integer NOT NULL,
	during daterange NOT NULL,
	costs steering.amount CONSTRAINT lawfulness_base_costs_not_negative CHECK (costs OPERATOR(steering.>=) 0::steering.amount),
	additions steering.amount NOT NULL CONSTRAINT lawfulness_base_additions_not_negative CHECK (additions OPERATOR(steering.>=) 0::steering.amount),
	CONSTRAINT lawfulness_base_key UNIQUE (participant_id, during)
);
REVOKE ALL ON steering.lawfulness_base FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.lawfulness_base', '');
SELECT pg_catalog.pg_extension_config_dump('steering.lawfulness_base_base_id_seq', '');
COMMENT ON TABLE steering.lawfulness_base IS 'what limits of lawfulness are percentages of, written by set_lawfulness_base() alone';
COMMENT ON COLUMN steering.lawfulness_base.base_id IS 'number of the row';
COMMENT ON COLUMN steering.lawfulness_base.participant_id IS 'the participant';
COMMENT ON COLUMN steering.lawfulness_base.during IS 'the period';
COMMENT ON COLUMN steering.lawfulness_base.costs IS 'all costs of it in the period; null: what was booked as spent';
COMMENT ON COLUMN steering.lawfulness_base.additions IS 'what was added to its reserves';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.lawfulness_base
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_lawfulness_base', 'set_lawfulness_base');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.lawfulness_base FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.set_lawfulness_base(period text, participant text, costs numeric, additions numeric) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_that(given.amount::steering.amount OPERATOR(steering.>=) 0::steering.amount, '23514',
	format('%s must not be negative: %s', given.name, given.amount))
FROM (VALUES ('costs', set_lawfulness_base.costs), ('additions', set_lawfulness_base.additions)) AS given (name, amount)
WHERE given.amount IS NOT NULL;
INSERT INTO steering.lawfulness_base (participant_id, during, costs, additions)
VALUES (steering.participant_number(set_lawfulness_base.participant), steering.period_range(set_lawfulness_base.period),
	set_lawfulness_base.costs::steering.amount, set_lawfulness_base.additions::steering.amount)
ON CONFLICT ON CONSTRAINT lawfulness_base_key DO UPDATE SET costs = excluded.costs, additions = excluded.additions
RETURNING base_id;
END;
REVOKE ALL ON FUNCTION steering.set_lawfulness_base(text, text, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_lawfulness_base(text, text, numeric, numeric) IS
'says what the limits of lawfulness of a participant and a period are percentages of: all of its costs (null: what was booked as spent for it and all below it) and the additions to its reserves; replaces what was said before. Errors: 22004 null period or participant, 22P02 no period, 22023 unknown participant, 23502 additions are null, 23514 negative, 22003 no amount';

CREATE TABLE steering.deviation_record (
	deviation_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT deviation_record_pkey PRIMARY KEY,
	participant_id integer NOT NULL,
	during daterange NOT NULL,
	object text NOT NULL CONSTRAINT deviation_object_known CHECK (object IN ('costs', 'income', 'investment', 'reserve')),
	subject text NOT NULL CONSTRAINT deviation_subject_not_empty CHECK (subject ~ '[^[:space:]]'),
	authorised steering.amount,
	actual steering.amount,
	direct steering.amount NOT NULL CONSTRAINT deviation_direct_not_negative CHECK (direct OPERATOR(steering.>=) 0::steering.amount),
	unrelated steering.amount NOT NULL CONSTRAINT deviation_unrelated_not_negative CHECK (unrelated OPERATOR(steering.>=) 0::steering.amount),
	elsewhere steering.amount NOT NULL CONSTRAINT deviation_elsewhere_not_negative CHECK (elsewhere OPERATOR(steering.>=) 0::steering.amount),
	facts jsonb NOT NULL,
	explanation text CONSTRAINT deviation_explanation_not_empty CHECK (explanation ~ '[^[:space:]]'),
	CONSTRAINT deviation_key UNIQUE (participant_id, during, object, subject),
	CONSTRAINT deviation_both_or_none CHECK ((authorised IS NULL) = (actual IS NULL)),
	CONSTRAINT deviation_figures_known CHECK (authorised IS NOT NULL OR object = 'costs')
);
REVOKE ALL ON steering.deviation_record FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.deviation_record', '');
SELECT pg_catalog.pg_extension_config_dump('steering.deviation_record_deviation_id_seq', '');
COMMENT ON TABLE steering.deviation_record IS 'what is known of deviations from budgets, written by set_deviation() and drop_deviation() alone; who may select from it may read all';
COMMENT ON COLUMN steering.deviation_record.deviation_id IS 'number of the row';
COMMENT ON COLUMN steering.deviation_record.participant_id IS 'the participant';
COMMENT ON COLUMN steering.deviation_record.during IS 'the period';
COMMENT ON COLUMN steering.deviation_record.object IS 'costs of a programme, income, investment or reserve';
COMMENT ON COLUMN steering.deviation_record.subject IS 'what it is of: of costs the code of a service, else a name';
COMMENT ON COLUMN steering.deviation_record.authorised IS 'what the council has authorised; null: the limit of the cap';
COMMENT ON COLUMN steering.deviation_record.actual IS 'what it came to; null: what was spent under the cap';
COMMENT ON COLUMN steering.deviation_record.direct IS 'as much of it is offset by directly related income';
COMMENT ON COLUMN steering.deviation_record.unrelated IS 'and of the rest by other income';
COMMENT ON COLUMN steering.deviation_record.elsewhere IS 'and of that rest by under-spending elsewhere';
COMMENT ON COLUMN steering.deviation_record.facts IS 'what is known of it: facts of lawfulness_fact(), true or false';
COMMENT ON COLUMN steering.deviation_record.explanation IS 'why; null: nobody has said';
CREATE TRIGGER guard_act AFTER INSERT OR UPDATE OR DELETE ON steering.deviation_record
	FOR EACH ROW EXECUTE FUNCTION steering.guard_act('plain_question', 'set_deviation', 'drop_deviation');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON steering.deviation_record FOR EACH STATEMENT EXECUTE FUNCTION steering.guard_truncate('ruled');

CREATE FUNCTION steering.set_deviation(period text, participant text, object text, subject text, authorised numeric DEFAULT NULL,
	actual numeric DEFAULT NULL, facts jsonb DEFAULT '{}', explanation text DEFAULT NULL, direct numeric DEFAULT 0,
	unrelated numeric DEFAULT 0, elsewhere numeric DEFAULT 0) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_one_of(set_deviation.object, 'object', 'costs, income, investment, reserve'),
	steering.require_that((set_deviation.subject ~ '[^[:space:]]') IS NOT FALSE, '23514', 'subject must not be empty'),
	steering.require_that((set_deviation.explanation ~ '[^[:space:]]') IS NOT FALSE, '23514', 'explanation must not be empty'),
	steering.require_that((set_deviation.authorised IS NULL) = (set_deviation.actual IS NULL), '23514',
		'authorised and actual must be given both, or neither'),
	steering.require_that((set_deviation.authorised IS NOT NULL OR set_deviation.object = 'costs') IS NOT FALSE, '23514',
		format('authorised and actual must be given, as object is %s', set_deviation.object));
SELECT steering.require_that(given.amount::steering.amount OPERATOR(steering.>=) 0::steering.amount, '23514',
	format('%s must not be negative: %s', given.name, given.amount))
FROM (VALUES ('direct', set_deviation.direct), ('unrelated', set_deviation.unrelated), ('elsewhere', set_deviation.elsewhere))
	AS given (name, amount)
WHERE given.amount IS NOT NULL;
SELECT steering.require_given(set_deviation.facts IS NOT NULL, 'facts'),
	steering.require_that(jsonb_typeof(set_deviation.facts) = 'object', '22023', 'facts must be a JSON object'),
	CASE WHEN set_deviation.object = 'costs' AND set_deviation.authorised IS NULL THEN steering.require_scope(set_deviation.subject, NULL) END;
SELECT steering.require_that(entry.key IN (SELECT known.fact FROM steering.lawfulness_fact() AS known WHERE known.fact <> 'explained')
		AND jsonb_typeof(entry.value) = 'boolean', '22023',
	format('"%s" is no fact that is true or false', left(entry.key, 60)), 'They are listed by steering.lawfulness_fact().')
FROM jsonb_each(set_deviation.facts) AS entry;
INSERT INTO steering.deviation_record (participant_id, during, object, subject, authorised, actual, direct, unrelated, elsewhere, facts, explanation)
VALUES (steering.participant_number(set_deviation.participant), steering.period_range(set_deviation.period), set_deviation.object,
	set_deviation.subject, set_deviation.authorised::steering.amount, set_deviation.actual::steering.amount, set_deviation.direct::steering.amount,
	set_deviation.unrelated::steering.amount, set_deviation.elsewhere::steering.amount, set_deviation.facts, set_deviation.explanation)
ON CONFLICT ON CONSTRAINT deviation_key DO UPDATE
	SET authorised = excluded.authorised, actual = excluded.actual, direct = excluded.direct, unrelated = excluded.unrelated,
		elsewhere = excluded.elsewhere, facts = excluded.facts, explanation = excluded.explanation
RETURNING deviation_id;
END;
REVOKE ALL ON FUNCTION steering.set_deviation(text, text, text, text, numeric, numeric, jsonb, text, numeric, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_deviation(text, text, text, text, numeric, numeric, jsonb, text, numeric, numeric, numeric) IS
'says what is known of a deviation from the budget of a participant and a period; replaces what was said of it before; returns its number. object: costs (subject is the service; without figures they are those of its cap), income, investment, or reserve (its movement against what was decided), with what was authorised and what it came to. direct, unrelated, elsewhere: how much of it directly related income, other income, and under-spending elsewhere offset, in this order. facts: {"within_policy": true, ...}, those of lawfulness_fact(); what is not given is not known. Errors: 22004 null, 22P02 no period, 22023 unknown participant or service, facts that are none, 23502 null, 23514 unknown object, empty subject or explanation, one figure without the other, negative offset, 22003 no amount';

CREATE FUNCTION steering.drop_deviation(deviation integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_given(drop_deviation.deviation IS NOT NULL, 'deviation');
WITH gone AS (
	DELETE FROM steering.deviation_record AS record WHERE record.deviation_id = drop_deviation.deviation RETURNING record.deviation_id
)
SELECT steering.require_found(count(*), format('deviation %s', drop_deviation.deviation)) FROM gone;
END;
REVOKE ALL ON FUNCTION steering.drop_deviation(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_deviation(integer) IS 'takes back what was said of a deviation. Errors: 22004 null, 42704 there is none';
-- lawfulness_view.sql
-- Lawfulness of the budget: each deviation with what the decision table makes of it, and what follows for the statement. Nothing is
-- struck against anything else.

CREATE FUNCTION steering.lawfulness_rule(rules jsonb, facts jsonb) RETURNS TABLE (rule integer, name text, irregular boolean, acceptable boolean, counts boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT found.rule, coalesce(found.name, 'none of the rules'), coalesce(found.irregular, true),
	CASE WHEN found.rule IS NULL THEN false ELSE found.acceptable END, coalesce(found.counts, found.rule IS NULL)
FROM (SELECT) AS one
LEFT JOIN LATERAL (
	SELECT rule.ordinality::integer AS rule, rule.value ->> 'name' AS name, (rule.value -> 'irregular')::boolean AS irregular,
		(CASE rule.value -> 'irregular' WHEN 'true' THEN rule.value -> 'acceptable' END)::boolean AS acceptable,
		(CASE rule.value -> 'irregular' WHEN 'true' THEN rule.value -> 'counts' ELSE 'false' END)::boolean AS counts
	FROM jsonb_array_elements(lawfulness_rule.rules) WITH ORDINALITY AS rule
	WHERE NOT EXISTS (SELECT FROM jsonb_each(rule.value -> 'when') AS asked
		WHERE CASE asked.key WHEN 'up_to' THEN (lawfulness_rule.facts -> 'amount')::numeric <= asked.value::numeric
			WHEN 'object' THEN asked.value @> (lawfulness_rule.facts -> 'object')
			WHEN 'offset' THEN asked.value @> (lawfulness_rule.facts -> 'offset')
			ELSE asked.value = lawfulness_rule.facts -> asked.key END IS NOT TRUE)
	ORDER BY rule.ordinality
	LIMIT 1) AS found ON true;
END;
REVOKE ALL ON FUNCTION steering.lawfulness_rule(jsonb, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.lawfulness_rule(jsonb, jsonb) IS 'what the first row of a decision table says whose conditions are all met; what is not known meets none; of no row irregular, not acceptable, and it counts';

-- The views below read in the name of who asks, and need more of ours than he may execute; so they are functions, which also keeps
-- them from being compiled each time.
CREATE FUNCTION steering.readable_by(reader name) RETURNS TABLE (participant_id integer, code text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
BEGIN ATOMIC
WITH RECURSIVE readable (participant_id, code) AS (
	SELECT participant.participant_id, participant.code
	FROM steering.participant
	WHERE pg_has_role(session_user, readable_by.reader, 'MEMBER')
		AND (has_table_privilege(readable_by.reader, 'steering.cap'::regclass, 'SELECT') OR pg_has_role(readable_by.reader, participant.reader::oid, 'USAGE'))
	UNION
	SELECT participant.participant_id, participant.code
	FROM readable JOIN steering.participant ON participant.parent = readable.code
)
SELECT readable.participant_id, readable.code FROM readable WHERE steering.is_wanted(readable.participant_id);
END;
REVOKE ALL ON FUNCTION steering.readable_by(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.readable_by(name) IS 'the participants that a role may read, which who has logged in is, or may become, as far as they are wanted; else none';

-- What a council authorises: programmes, and what is large enough right below one, which is then no part of it any more. Of two equations
-- for whole years the planner would expect that they leave no cap, and compare each cap with each service; of CASE it expects nothing.
CREATE FUNCTION steering.authorised_budget(reader name)
RETURNS TABLE (participant text, during daterange, service text, authorised numeric, actual numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20
BEGIN ATOMIC
WITH service_depth AS MATERIALIZED (
	SELECT service_below.service_id, max(service_below.depth) AS depth FROM steering.service_below GROUP BY service_below.service_id
), standing AS MATERIALIZED (
	SELECT cap.cap_id, readable.code AS participant, service.code AS service, cap.service_id, cap.during, cap.amount::numeric AS amended,
		CASE WHEN booked.is_unknown IS NOT TRUE THEN coalesce(booked.actual, 0) END AS actual,
		service_depth.depth - frame.level AS level, frame.separate_percent
	FROM steering.cap
	JOIN steering.readable_by(authorised_budget.reader) AS readable ON readable.participant_id = cap.participant_id
	JOIN steering.service ON service.service_id = cap.service_id
	JOIN service_depth ON service_depth.service_id = cap.service_id
	CROSS JOIN LATERAL (
		SELECT record.level, record.separate_percent FROM steering.lawfulness_frame_record AS record
		WHERE (record.participant_id IS NULL OR record.participant_id = cap.participant_id) AND record.during @> (upper(cap.during) - 1)
		ORDER BY record.participant_id LIMIT 1) AS frame
	LEFT JOIN steering.cap_stage AS booked ON booked.cap_id = cap.cap_id
	WHERE (SELECT EXISTS (SELECT FROM steering.lawfulness_frame_record))
		AND cap.metric = 'budget' AND CASE WHEN lower(cap.during) = date_trunc('year', lower(cap.during)) THEN upper(cap.during) = lower(cap.during) + interval '1 year' END
), programme AS (
	SELECT standing.*, sum(standing.amended) OVER (PARTITION BY standing.participant, standing.during) AS all_budgets
	FROM standing WHERE standing.level = 0
), apart AS MATERIALIZED (
	SELECT goal.*, programme.cap_id AS programme_id
	FROM standing AS goal
	JOIN programme ON programme.participant = goal.participant AND programme.during = goal.during
	JOIN steering.service_below ON service_below.top_id = programme.service_id AND service_below.service_id = goal.service_id
	WHERE goal.level = 1 AND goal.amended > goal.separate_percent * programme.all_budgets / 100
)
SELECT programme.participant, programme.during, programme.service, programme.amended - coalesce(sum(apart.amended), 0),
	CASE WHEN bool_or(apart.cap_id IS NOT NULL AND apart.actual IS NULL) THEN NULL ELSE programme.actual - coalesce(sum(apart.actual), 0) END
FROM programme
LEFT JOIN apart ON apart.programme_id = programme.cap_id
GROUP BY programme.cap_id, programme.participant, programme.during, programme.service, programme.amended, programme.actual
UNION ALL
SELECT apart.participant, apart.during, apart.service, apart.amended, apart.actual FROM apart;
END;
REVOKE ALL ON FUNCTION steering.authorised_budget(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.authorised_budget(name) IS 'budgets of calendar years as councils authorise them, where something is laid down about their lawfulness, of participants that a role may read, which who has logged in is, or may become: the limit of the cap, and what was spent of it (null: bookings cannot be read), without what is authorised apart';

CREATE FUNCTION steering.lawfulness_base_for(reader name) RETURNS TABLE (participant text, during daterange, costs numeric, additions numeric)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH base AS MATERIALIZED (
	SELECT readable.code, known.base_id, known.participant_id, known.during, known.costs::numeric AS costs, known.additions::numeric AS additions
	FROM steering.lawfulness_base AS known
	JOIN steering.readable_by(lawfulness_base_for.reader) AS readable ON readable.participant_id = known.participant_id
), span AS MATERIALIZED (
	SELECT DISTINCT base.during FROM base WHERE base.costs IS NULL
), booked AS MATERIALIZED (
	SELECT span.during, usage.participant_id, sum(usage.actual::numeric) AS amount
	FROM span CROSS JOIN LATERAL steering.usage_between(lower(span.during), upper(span.during)) AS usage
	GROUP BY span.during, usage.participant_id
), spent AS (
	SELECT base.base_id, sum(booked.amount) AS amount
	FROM base
	JOIN steering.participant_below ON participant_below.top_id = base.participant_id
	JOIN booked ON booked.participant_id = participant_below.participant_id AND booked.during = base.during
	WHERE base.costs IS NULL
	GROUP BY base.base_id
)
SELECT base.code, base.during, coalesce(base.costs, spent.amount, 0), base.additions
FROM base LEFT JOIN spent ON spent.base_id = base.base_id;
END;
REVOKE ALL ON FUNCTION steering.lawfulness_base_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.lawfulness_base_for(name) IS 'what limits are percentages of, of participants that a role may read, which who has logged in is, or may become';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.lawfulness_base_of(reader name) RETURNS TABLE (participant text, during daterange, costs numeric, additions numeric)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION steering.lawfulness_base_of(name) IS 'the same as lawfulness_base_for(), for a role that the caller is, or may become; for others no row';

CREATE FUNCTION steering.lawfulness_deviation_for(reader name)
RETURNS TABLE (participant text, period text, valid_from date, valid_to date, deviation_id integer, object text, subject text,
	authorised numeric, actual numeric, deviation numeric, offset_by text, amount numeric, rule integer, rule_name text,
	irregular boolean, acceptable boolean, counts boolean, is_reported boolean, explanation text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
WITH known AS MATERIALIZED (
	SELECT readable.code AS participant, record.*
	FROM steering.deviation_record AS record
	JOIN steering.readable_by(lawfulness_deviation_for.reader) AS readable ON readable.participant_id = record.participant_id
), line AS (
	SELECT coalesce(budget.participant, record.participant) AS participant, coalesce(budget.during, record.during) AS during,
		'costs' AS object, coalesce(budget.service, record.subject) AS subject,
		CASE WHEN record.authorised IS NULL THEN budget.authorised ELSE record.authorised::numeric END AS authorised,
		CASE WHEN record.authorised IS NULL THEN budget.actual ELSE record.actual::numeric END AS actual,
		record.direct, record.unrelated, record.elsewhere, record.facts, record.explanation, record.deviation_id
	FROM steering.authorised_budget(lawfulness_deviation_for.reader) AS budget
	FULL JOIN (SELECT known.* FROM known WHERE known.object = 'costs') AS record
		ON record.participant = budget.participant AND record.during = budget.during AND record.subject = budget.service
	WHERE record.deviation_id IS NOT NULL OR (budget.actual <= budget.authorised) IS NOT TRUE
	UNION ALL
	SELECT record.participant, record.during, record.object, record.subject, record.authorised::numeric, record.actual::numeric,
		record.direct, record.unrelated, record.elsewhere, record.facts, record.explanation, record.deviation_id
	FROM known AS record WHERE record.object <> 'costs'
)
SELECT line.participant,
	steering.name_period(line.during) AS period,
	lower(line.during) AS valid_from,
	upper(line.during) - 1 AS valid_to,
	line.deviation_id,
	line.object || CASE WHEN line.actual < line.authorised THEN ' under' ELSE ' over' END AS object,
	line.subject,
	line.authorised,
	line.actual,
	line.actual - line.authorised AS deviation,
	piece.offset_by,
	piece.amount,
	judged.rule,
	judged.name AS rule_name,
	judged.irregular,
	judged.acceptable,
	judged.counts,
	abs(line.actual - line.authorised) > frame.reporting_limit::numeric AS is_reported,
	line.explanation
FROM line
JOIN steering.participant ON participant.code = line.participant
LEFT JOIN LATERAL (
	SELECT record.rules, record.reporting_limit FROM steering.lawfulness_frame_record AS record
	WHERE (record.participant_id IS NULL OR record.participant_id = participant.participant_id) AND record.during @> (upper(line.during) - 1)
	ORDER BY record.participant_id LIMIT 1) AS frame ON true
CROSS JOIN LATERAL (
	SELECT CASE WHEN line.actual > line.authorised THEN line.actual - line.authorised ELSE 0 END AS over,
		coalesce(line.direct::numeric, 0) AS direct, coalesce(line.unrelated::numeric, 0) AS unrelated, coalesce(line.elsewhere::numeric, 0) AS elsewhere) AS given
CROSS JOIN LATERAL (VALUES
	(1, 'direct', least(given.direct, given.over)),
	(2, 'unrelated', least(given.unrelated, greatest(given.over - given.direct, 0))),
	(3, 'elsewhere', least(given.elsewhere, greatest(given.over - given.direct - given.unrelated, 0))),
	(4, 'none', CASE WHEN given.over > 0 THEN greatest(given.over - given.direct - given.unrelated - given.elsewhere, 0)
		ELSE line.authorised - line.actual END)) AS piece (place, offset_by, amount)
LEFT JOIN LATERAL steering.lawfulness_rule(coalesce(frame.rules, '[]'), coalesce(line.facts, '{}') || jsonb_build_object(
	'object', line.object || CASE WHEN line.actual < line.authorised THEN ' under' ELSE ' over' END, 'offset', piece.offset_by,
	'amount', abs(line.actual - line.authorised), 'explained', line.explanation IS NOT NULL)) AS judged ON piece.amount IS NOT NULL
WHERE piece.amount > 0 OR (piece.amount IS NULL AND piece.place = 4);
END;
REVOKE ALL ON FUNCTION steering.lawfulness_deviation_for(name) FROM PUBLIC;
COMMENT ON FUNCTION steering.lawfulness_deviation_for(name) IS 'steering.lawfulness_deviation, for a role that who has logged in is, or may become';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.lawfulness_deviation_of(reader name)
RETURNS TABLE (participant text, period text, valid_from date, valid_to date, deviation_id integer, object text, subject text,
	authorised numeric, actual numeric, deviation numeric, offset_by text, amount numeric, rule integer, rule_name text,
	irregular boolean, acceptable boolean, counts boolean, is_reported boolean, explanation text)
AS 'MODULE_PATHNAME', 'steering_read_for'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100;
COMMENT ON FUNCTION steering.lawfulness_deviation_of(name) IS 'the same as lawfulness_deviation_for(), for a role that the caller is, or may become; for others no row';

CREATE VIEW steering.lawfulness_deviation WITH (security_barrier) AS
SELECT found.participant,
	found.period,
	found.valid_from,
	found.valid_to,
	found.deviation_id,
	found.object,
	found.subject,
	found.authorised,
	found.actual,
	found.deviation,
	found.offset_by,
	found.amount,
	found.rule,
	found.rule_name,
	found.irregular,
	found.acceptable,
	found.counts,
	found.is_reported,
	found.explanation
FROM steering.lawfulness_deviation_of(current_user) AS found;
GRANT SELECT ON steering.lawfulness_deviation TO PUBLIC;
COMMENT ON VIEW steering.lawfulness_deviation IS 'deviations from budgets that the role may read, and what the decision table of their last day makes of them: costs above the caps over a calendar year of programmes, where something is laid down (set_lawfulness_frame()), and what set_deviation() has said. One that is offset in part is several rows. Nothing is struck against anything else';
COMMENT ON COLUMN steering.lawfulness_deviation.participant IS 'code of the participant';
COMMENT ON COLUMN steering.lawfulness_deviation.period IS 'the period';
COMMENT ON COLUMN steering.lawfulness_deviation.valid_from IS 'its first day';
COMMENT ON COLUMN steering.lawfulness_deviation.valid_to IS 'its last day';
COMMENT ON COLUMN steering.lawfulness_deviation.deviation_id IS 'number of what set_deviation() has said of it; null: nothing';
COMMENT ON COLUMN steering.lawfulness_deviation.object IS 'costs, income, investment or reserve, over or under';
COMMENT ON COLUMN steering.lawfulness_deviation.subject IS 'of costs the code of the service, else a name';
COMMENT ON COLUMN steering.lawfulness_deviation.authorised IS 'what the council has authorised; null: there is no cap, and nobody has said';
COMMENT ON COLUMN steering.lawfulness_deviation.actual IS 'what it came to; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.deviation IS 'actual minus authorised, of the whole; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.offset_by IS 'by what this part of it is offset: direct (directly related income), unrelated (other income), elsewhere (under-spending), none';
COMMENT ON COLUMN steering.lawfulness_deviation.amount IS 'this part of it, without sign; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.rule IS 'the row of the decision table, from 1; null: none is for it';
COMMENT ON COLUMN steering.lawfulness_deviation.rule_name IS 'what that is called';
COMMENT ON COLUMN steering.lawfulness_deviation.irregular IS 'it is irregular; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.acceptable IS 'and acceptable; null: not irregular, or not known';
COMMENT ON COLUMN steering.lawfulness_deviation.counts IS 'the council lets it count for the statement';
COMMENT ON COLUMN steering.lawfulness_deviation.is_reported IS 'the deviation is above the reporting limit, and is to be explained; null: not known';
COMMENT ON COLUMN steering.lawfulness_deviation.explanation IS 'why; null: nobody has said';

CREATE VIEW steering.lawfulness WITH (security_barrier) AS
WITH deviation AS (
	SELECT deviation.participant, daterange(deviation.valid_from, deviation.valid_to, '[]') AS during,
		coalesce(sum(deviation.amount) FILTER (WHERE deviation.irregular), 0) AS irregular,
		coalesce(sum(deviation.amount) FILTER (WHERE deviation.irregular AND deviation.acceptable), 0) AS acceptable,
		coalesce(sum(deviation.amount) FILTER (WHERE deviation.irregular AND NOT deviation.acceptable), 0) AS not_acceptable,
		coalesce(sum(deviation.amount) FILTER (WHERE deviation.counts), 0) AS counted,
		count(*) FILTER (WHERE deviation.amount IS NULL) AS unknown,
		count(DISTINCT deviation.object || deviation.subject) FILTER (WHERE deviation.is_reported AND deviation.explanation IS NULL) AS unexplained
	FROM steering.lawfulness_deviation AS deviation
	GROUP BY deviation.participant, deviation.valid_from, deviation.valid_to
)
SELECT coalesce(base.participant, deviation.participant) AS participant,
	steering.name_period(coalesce(base.during, deviation.during)) AS period,
	lower(coalesce(base.during, deviation.during)) AS valid_from,
	upper(coalesce(base.during, deviation.during)) - 1 AS valid_to,
	base.costs,
	base.additions,
	bounds.statement_limit,
	frame.reporting_limit::numeric AS reporting_limit,
	coalesce(deviation.irregular, 0) AS irregular,
	coalesce(deviation.acceptable, 0) AS acceptable,
	coalesce(deviation.not_acceptable, 0) AS not_acceptable,
	coalesce(deviation.counted, 0) AS counted,
	coalesce(deviation.unknown, 0) AS unknown,
	coalesce(deviation.unexplained, 0) AS unexplained,
	CASE WHEN deviation.irregular > bounds.statement_limit AND deviation.not_acceptable > 0 THEN 'not all lawful'
		WHEN deviation.unknown > 0 OR bounds.statement_limit IS NULL THEN NULL
		WHEN deviation.irregular > bounds.statement_limit THEN 'irregular but acceptable'
		ELSE 'nothing to report' END AS conclusion,
	(base.costs + base.additions) * frame.errors_percent / 100 AS errors_limit,
	(base.costs + base.additions) * frame.uncertainties_percent / 100 AS uncertainties_limit
FROM steering.lawfulness_base_of(current_user) AS base
FULL JOIN deviation ON deviation.participant = base.participant AND deviation.during = base.during
LEFT JOIN LATERAL (
	SELECT record.statement_percent, record.reporting_limit, record.errors_percent, record.uncertainties_percent
	FROM steering.lawfulness_frame_record AS record
	LEFT JOIN steering.participant AS owner ON owner.participant_id = record.participant_id
	WHERE (record.participant_id IS NULL OR owner.code = coalesce(base.participant, deviation.participant))
		AND record.during @> (upper(coalesce(base.during, deviation.during)) - 1)
	ORDER BY record.participant_id LIMIT 1) AS frame ON true
CROSS JOIN LATERAL (SELECT (base.costs + base.additions) * frame.statement_percent / 100 AS statement_limit) AS bounds;
GRANT SELECT ON steering.lawfulness TO PUBLIC;
COMMENT ON VIEW steering.lawfulness IS 'the statement on lawfulness of each participant and period that the role may read: limits, sums of deviations without netting, and what it has to say';
COMMENT ON COLUMN steering.lawfulness.participant IS 'code of the participant';
COMMENT ON COLUMN steering.lawfulness.period IS 'the period';
COMMENT ON COLUMN steering.lawfulness.valid_from IS 'its first day';
COMMENT ON COLUMN steering.lawfulness.valid_to IS 'its last day';
COMMENT ON COLUMN steering.lawfulness.costs IS 'all of its costs; null: nobody has said of what limits are percentages (set_lawfulness_base())';
COMMENT ON COLUMN steering.lawfulness.additions IS 'what was added to its reserves; null: likewise';
COMMENT ON COLUMN steering.lawfulness.statement_limit IS 'limit of the statement: a percentage of costs and additions; null: not known';
COMMENT ON COLUMN steering.lawfulness.reporting_limit IS 'deviations of more than this are explained; null: nothing is laid down';
COMMENT ON COLUMN steering.lawfulness.irregular IS 'sum of what is irregular, without signs';
COMMENT ON COLUMN steering.lawfulness.acceptable IS 'of it what is acceptable';
COMMENT ON COLUMN steering.lawfulness.not_acceptable IS 'of it what is not';
COMMENT ON COLUMN steering.lawfulness.counted IS 'sum of what the council lets count';
COMMENT ON COLUMN steering.lawfulness.unknown IS 'number of deviations whose amount is not known';
COMMENT ON COLUMN steering.lawfulness.unexplained IS 'number of deviations above the reporting limit that nobody has explained';
COMMENT ON COLUMN steering.lawfulness.conclusion IS 'nothing to report: irregular is not above the limit; irregular but acceptable: it is, and all of it is acceptable; not all lawful; null: not known';
COMMENT ON COLUMN steering.lawfulness.errors_limit IS 'what the auditor allows of errors; null: not known';
COMMENT ON COLUMN steering.lawfulness.uncertainties_limit IS 'what he allows of uncertainties; null: not known, or they have no limit of their own';

CREATE VIEW steering.lawfulness_frame WITH (security_barrier) AS
SELECT record.frame_id,
	participant.code AS participant,
	record.during,
	record.level,
	record.separate_percent,
	record.statement_percent,
	record.reporting_limit::numeric AS reporting_limit,
	record.errors_percent,
	record.uncertainties_percent,
	record.rules,
	record.document
FROM steering.lawfulness_frame_record AS record
LEFT JOIN steering.participant ON participant.participant_id = record.participant_id
WHERE CASE WHEN record.participant_id IS NULL THEN EXISTS (SELECT FROM steering.readable_participant)
	ELSE record.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant) END;
GRANT SELECT ON steering.lawfulness_frame TO PUBLIC;
COMMENT ON VIEW steering.lawfulness_frame IS 'what councils have laid down about lawfulness, of participants that the role may read, and what holds for all';
COMMENT ON COLUMN steering.lawfulness_frame.frame_id IS 'number of the frame';
COMMENT ON COLUMN steering.lawfulness_frame.participant IS 'code of the participant; null: for all that have none of their own';
COMMENT ON COLUMN steering.lawfulness_frame.during IS 'the days that it holds on';
COMMENT ON COLUMN steering.lawfulness_frame.level IS 'how far below the top of the catalogue programmes stand';
COMMENT ON COLUMN steering.lawfulness_frame.separate_percent IS 'what right below a programme has more than this of all budgets is authorised apart; null: nothing is';
COMMENT ON COLUMN steering.lawfulness_frame.statement_percent IS 'limit of the statement, in percent';
COMMENT ON COLUMN steering.lawfulness_frame.reporting_limit IS 'deviations of more than this are explained';
COMMENT ON COLUMN steering.lawfulness_frame.errors_percent IS 'what the auditor allows of errors, in percent; null: not said';
COMMENT ON COLUMN steering.lawfulness_frame.uncertainties_percent IS 'what he allows of uncertainties; null: they have no limit of their own';
COMMENT ON COLUMN steering.lawfulness_frame.rules IS 'the decision table, in its order';
COMMENT ON COLUMN steering.lawfulness_frame.document IS 'where it is written; null: not said';
-- What is not being enforced now, and why: the problems that all topics have views of.

-- OR REPLACE: earlier versions have it, without what later topics know of. Compiling the query would take longer than
-- running it.
CREATE OR REPLACE FUNCTION steering.health() RETURNS TABLE (subject text, problem text, detail text, hint text)
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT * FROM steering.session_problem
UNION ALL
SELECT * FROM steering.event_trigger_problem
UNION ALL
SELECT * FROM steering.trigger_problem
UNION ALL
SELECT * FROM steering.merge_problem
UNION ALL
SELECT * FROM steering.source_problem
UNION ALL
SELECT * FROM steering.mapping_problem
UNION ALL
SELECT * FROM steering.reading_problem
UNION ALL
SELECT * FROM steering.cap_problem
UNION ALL
SELECT * FROM steering.outside_problem
UNION ALL
SELECT * FROM steering.rounding_problem
UNION ALL
SELECT * FROM steering.closing_problem
UNION ALL
SELECT * FROM steering.commitment_problem
UNION ALL
SELECT * FROM steering.correction_problem
UNION ALL
SELECT * FROM steering.tenure_problem
UNION ALL
SELECT * FROM steering.weight_problem
UNION ALL
SELECT * FROM steering.event_problem
UNION ALL
SELECT * FROM steering.code_problem
UNION ALL
SELECT * FROM steering.detach_problem
UNION ALL
SELECT * FROM steering.reader_problem
UNION ALL
SELECT * FROM steering.missing_problem
UNION ALL
SELECT * FROM steering.alias_problem
UNION ALL
SELECT * FROM steering.lost_problem
UNION ALL
SELECT * FROM steering.decision_problem
UNION ALL
SELECT * FROM steering.refusal_problem
UNION ALL
SELECT * FROM steering.reservation_problem
UNION ALL
SELECT * FROM steering.query_problem
UNION ALL
SELECT * FROM steering.order_problem
UNION ALL
SELECT * FROM steering.lead_problem
ORDER BY 2, 1, 3;
END;
COMMENT ON FUNCTION steering.health() IS 'what is not being enforced now, and why; no row is right. It looks at settings, triggers, rules, sources, caps, aliases, agreements, reservations, leads of development services, weights of shared cost, closed periods, mandates, bodies and rules, refusals that were not kept; and reads the rows of each source until one cannot be read. What they come to is for verify()';
