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

-- In a subquery: of a UNION ALL that is all of a view, PostgreSQL forgets that the view is a security barrier.
CREATE VIEW steering.spent_by_source WITH (security_barrier) AS
SELECT whole.*
FROM (
	SELECT source_name.name AS source,
		service.code AS service,
		participant.code AS participant,
		usage_cell.month,
		usage_cell.amount::numeric AS amount
	FROM steering.usage_here AS usage_cell
	JOIN steering.source_stage AS source ON source.source_id = usage_cell.source_id
	LEFT JOIN steering.source_name ON source_name.source_id = usage_cell.source_id
	JOIN steering.service ON service.service_id = usage_cell.service_id
	JOIN steering.participant ON participant.participant_id = usage_cell.participant_id
	WHERE source.stage = 'actual'
		AND usage_cell.participant_id IN (SELECT readable_participant.participant_id FROM steering.readable_participant)
	UNION ALL
	SELECT elsewhere.source, service.code, participant.code, elsewhere.month, elsewhere.amount::numeric
	FROM steering.source_elsewhere() AS elsewhere
	JOIN steering.service ON service.service_id = elsewhere.service_id
	JOIN steering.participant ON participant.participant_id = elsewhere.participant_id
	WHERE NOT elsewhere.is_commitment
) AS whole;
GRANT SELECT ON steering.spent_by_source TO PUBLIC;
COMMENT ON VIEW steering.spent_by_source IS 'what was spent, month by month, in each source, as far as the role may read it; from stored usage, on the coordinator of a scaled-out installation of all nodes';
COMMENT ON COLUMN steering.spent_by_source.source IS 'the attached table; that of another node by its name there';
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
