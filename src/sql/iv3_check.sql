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
