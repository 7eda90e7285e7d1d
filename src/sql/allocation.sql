-- Allocation keys, their fixed weights, and the rules by which the cost of services is divided.
--
-- Like caps, they hold numbers and no foreign keys, and are written by the functions below alone.

CREATE TABLE steering.allocation_key (
	key_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT allocation_key_pkey PRIMARY KEY,
	code text NOT NULL CONSTRAINT allocation_key_code_key UNIQUE
		CONSTRAINT allocation_key_code_not_empty CHECK (code <> ''),
	name text NOT NULL,
	basis text NOT NULL
		CONSTRAINT allocation_key_basis_known CHECK (basis IN ('inhabitants', 'volume', 'agreed', 'fixed')),
	service_id integer,
	CONSTRAINT allocation_key_service_fits_basis CHECK ((service_id IS NOT NULL) = (basis IN ('volume', 'agreed')))
);
REVOKE ALL ON steering.allocation_key FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_key', '');
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_key_key_id_seq', '');
COMMENT ON TABLE steering.allocation_key IS 'by what shared cost is divided; written by set_allocation_key() and drop_allocation_key() alone';
COMMENT ON COLUMN steering.allocation_key.key_id IS 'number of the key';
COMMENT ON COLUMN steering.allocation_key.code IS 'what people call the key by; it never changes';
COMMENT ON COLUMN steering.allocation_key.name IS 'name for people';
COMMENT ON COLUMN steering.allocation_key.basis IS 'where the weights come from: inhabitants of participants, actual volume or agreed volume of a service, or fixed: what set_key_weight() has set';
COMMENT ON COLUMN steering.allocation_key.service_id IS 'of volume and agreed: of this service and all below it; null: another basis';

CREATE TABLE steering.allocation_weight (
	key_id integer NOT NULL,
	participant_id integer,
	service_id integer,
	during daterange NOT NULL CONSTRAINT allocation_weight_during_not_empty CHECK (NOT isempty(during)),
	weight numeric NOT NULL CONSTRAINT allocation_weight_not_negative CHECK (weight >= 0 AND weight < 'Infinity'),
	CONSTRAINT allocation_weight_one_receiver CHECK ((participant_id IS NULL) <> (service_id IS NULL)),
	CONSTRAINT allocation_weight_key UNIQUE NULLS NOT DISTINCT (key_id, participant_id, service_id, during),
	CONSTRAINT allocation_weight_no_overlap EXCLUDE USING gist (int4range(key_id, key_id, '[]') WITH =,
		int4range(participant_id, participant_id, '[]') WITH =, int4range(service_id, service_id, '[]') WITH =, during WITH &&)
);
-- Its key may hold nulls. A publication of all tables would let no row of it be changed or deleted else.
ALTER TABLE steering.allocation_weight REPLICA IDENTITY FULL;
REVOKE ALL ON steering.allocation_weight FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_weight', '');
COMMENT ON TABLE steering.allocation_weight IS 'weights of keys with basis fixed, written by set_key_weight() and drop_key_weight() alone; one at a time for each receiver';
COMMENT ON COLUMN steering.allocation_weight.key_id IS 'the key';
COMMENT ON COLUMN steering.allocation_weight.participant_id IS 'the participant that receives; null: a service does';
COMMENT ON COLUMN steering.allocation_weight.service_id IS 'the service that receives; null: a participant does';
COMMENT ON COLUMN steering.allocation_weight.during IS 'the days on which the weight is valid';
COMMENT ON COLUMN steering.allocation_weight.weight IS 'the weight; what counts is its proportion to the others of the key';

CREATE TABLE steering.allocation_rule (
	rule_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT allocation_rule_pkey PRIMARY KEY,
	service_id integer NOT NULL,
	key_id integer NOT NULL,
	step integer NOT NULL CONSTRAINT allocation_rule_step_positive CHECK (step > 0),
	during daterange NOT NULL CONSTRAINT allocation_rule_during_not_empty CHECK (NOT isempty(during))
		CONSTRAINT allocation_rule_whole_months
			CHECK (extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1),
	all_zero text NOT NULL
		CONSTRAINT allocation_rule_all_zero_known CHECK (all_zero IN ('error', 'equal', 'unallocated')),
	CONSTRAINT allocation_rule_key UNIQUE (service_id, during),
	CONSTRAINT allocation_rule_no_overlap EXCLUDE USING gist (int4range(service_id, service_id, '[]') WITH =, during WITH &&)
);
REVOKE ALL ON steering.allocation_rule FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_rule', '');
SELECT pg_catalog.pg_extension_config_dump('steering.allocation_rule_rule_id_seq', '');
COMMENT ON TABLE steering.allocation_rule IS 'whose cost is divided, by which key and in which order; written by set_allocation_rule() and drop_allocation_rule() alone; one at a time for each service';
COMMENT ON COLUMN steering.allocation_rule.rule_id IS 'number of the rule';
COMMENT ON COLUMN steering.allocation_rule.service_id IS 'the support service: cost booked on it, not on those below it, is divided';
COMMENT ON COLUMN steering.allocation_rule.key_id IS 'the key that divides it';
COMMENT ON COLUMN steering.allocation_rule.step IS 'place in the order of method step_down; services with the same step go by their codes';
COMMENT ON COLUMN steering.allocation_rule.during IS 'the whole months in which the rule is valid';
COMMENT ON COLUMN steering.allocation_rule.all_zero IS 'what is done when no receiver has a weight above zero: error, equal (the receivers get the same), unallocated (the cost stays where it is, and is shown)';

CREATE FUNCTION steering.key_number(key text, basis text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_key_number'
LANGUAGE C STABLE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.key_number(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.key_number(text, text) IS
'number of the allocation key with this code, and, if one is given, this basis. Errors: 22004 key is null, 22023 unknown code or another basis';

CREATE FUNCTION steering.require_found(found bigint, what text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_require_found'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.require_found(bigint, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_found(bigint, text) IS 'raises 42704, that this does not exist, when none was found';

CREATE FUNCTION steering.refuse_standing(what text, during text) RETURNS void
AS 'MODULE_PATHNAME', 'steering_refuse_standing'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.refuse_standing(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_standing(text, text) IS 'raises 23P01, that this stands already, for these days';

CREATE FUNCTION steering.refuse_used_key() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_used_key'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_used_key() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_used_key() IS
'after a change of a key: refuses that it goes while rules or agreements divide by it, and another basis while it has weights (23503)';

CREATE TRIGGER refuse_used_key
	AFTER UPDATE OF basis OR DELETE ON steering.allocation_key
	FOR EACH ROW EXECUTE FUNCTION steering.refuse_used_key();

CREATE FUNCTION steering.set_allocation_key(code text, name text, basis text, service text DEFAULT NULL) RETURNS integer
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
REVOKE ALL ON FUNCTION steering.set_allocation_key(text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_allocation_key(text, text, text, text) IS
'creates an allocation key, or changes the one with this code; returns its number. basis: inhabitants, volume or agreed (of a service), or fixed. Errors: 23502 null, 23514 unknown basis, a service that the basis does not have or has not got, 22023 unknown service, 23503 another basis while it has fixed weights';

CREATE FUNCTION steering.drop_allocation_key(key text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
-- By itself: a scan of an empty table would not look the code up.
SELECT steering.key_number(drop_allocation_key.key);
DELETE FROM steering.allocation_key WHERE key_id = (SELECT steering.key_number(key));
DELETE FROM steering.allocation_weight
	WHERE NOT EXISTS (SELECT FROM steering.allocation_key WHERE allocation_key.key_id = allocation_weight.key_id);
END;
REVOKE ALL ON FUNCTION steering.drop_allocation_key(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_allocation_key(text) IS
'ends an allocation key and its weights. Errors: 22004 null, 22023 unknown key, 23503 rules or agreements divide by it';

CREATE FUNCTION steering.set_key_weight(key text, weight numeric, during steering.day_range,
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
REVOKE ALL ON FUNCTION steering.set_key_weight(text, numeric, steering.day_range, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_key_weight(text, numeric, steering.day_range, text, text) IS
'sets the weight of a participant or a service in a key with basis fixed, on these days; the one with the same receiver and days is replaced; returns the weight. Errors: 22004 key is null, 22023 unknown code or a key with another basis, 23502 null, 23514 negative weight, empty range, not just one receiver, 23P01 overlap with another weight of the receiver';

CREATE FUNCTION steering.drop_key_weight(key text, during steering.day_range,
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
REVOKE ALL ON FUNCTION steering.drop_key_weight(text, steering.day_range, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_key_weight(text, steering.day_range, text, text) IS
'ends the weight of a participant or a service in a key that was set for these days. Errors: 22004 key is null, 22023 unknown code, 42704 no such weight';

CREATE FUNCTION steering.set_allocation_rule(service text, key text, during steering.day_range, step integer,
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
REVOKE ALL ON FUNCTION steering.set_allocation_rule(text, text, steering.day_range, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_allocation_rule(text, text, steering.day_range, integer, text) IS
'says that the cost booked on a service is divided (on itself: those below it need rules of their own, see not_divided of allocation_proof()), by which key, and at which step of method step_down; the rule with the same service and months is replaced; returns its number. all_zero: error, equal or unallocated, when no receiver has a weight above zero. Errors: 22004 service or key is null, 22023 unknown code, 23502 null, 23514 not whole months, step not above zero, unknown all_zero, 23P01 overlap with another rule of the service';

CREATE FUNCTION steering.drop_allocation_rule(service text, during steering.day_range) RETURNS void
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
REVOKE ALL ON FUNCTION steering.drop_allocation_rule(text, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_allocation_rule(text, steering.day_range) IS
'ends the rule of a service that was set for these months. Errors: 22004 service is null, 22023 unknown service, 42704 no such rule';

CREATE VIEW steering.allocation_step AS
SELECT service.code AS service,
	lower(rule.during) AS valid_from,
	upper(rule.during) - 1 AS valid_to,
	rule.step,
	allocation_key.code AS key,
	allocation_key.name AS key_name,
	allocation_key.basis,
	basis_service.code AS basis_service,
	rule.all_zero
FROM steering.allocation_rule AS rule
JOIN steering.service ON service.service_id = rule.service_id
JOIN steering.allocation_key ON allocation_key.key_id = rule.key_id
LEFT JOIN steering.service AS basis_service ON basis_service.service_id = allocation_key.service_id;
REVOKE ALL ON steering.allocation_step FROM PUBLIC;
COMMENT ON VIEW steering.allocation_step IS 'the rules of allocation, with codes; for who may read about the organisation as a whole';
COMMENT ON COLUMN steering.allocation_step.service IS 'code of the service whose cost is divided';
COMMENT ON COLUMN steering.allocation_step.valid_from IS 'first day of the rule; null: none';
COMMENT ON COLUMN steering.allocation_step.valid_to IS 'last day of the rule; null: none';
COMMENT ON COLUMN steering.allocation_step.step IS 'place in the order of method step_down; the same step goes by code';
COMMENT ON COLUMN steering.allocation_step.key IS 'code of the key that divides the cost';
COMMENT ON COLUMN steering.allocation_step.key_name IS 'name of the key';
COMMENT ON COLUMN steering.allocation_step.basis IS 'where the weights come from: inhabitants, volume, agreed, fixed';
COMMENT ON COLUMN steering.allocation_step.basis_service IS 'of volume and agreed: code of the service whose volume weighs';
COMMENT ON COLUMN steering.allocation_step.all_zero IS 'what is done when no receiver has a weight above zero: error, equal, unallocated';
