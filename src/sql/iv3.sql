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
