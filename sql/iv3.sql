--
-- Iv3: what is delivered to Statistics Netherlands is made of budgets and bookings, and checked by the definitions of its year.
--
\set SHOW_CONTEXT never
-- Definitions in the form of CBS's files, with few codes.
SELECT $${"metadata": {"overheidslaag": "GR", "boekjaar": "1926", "omschrijving": "Iv3 definitiebestand, a part"},
 "codelijsten": {
  "taakveld": {"codelijst": [{"code": "Tot_TV", "omschrijving": "Totaal taakvelden", "subcodes": [{"code": "0.", "omschrijving": "BESTUUR EN ONDERSTEUNING", "subcodes": [
   {"code": "0.1", "omschrijving": "Bestuur"}, {"code": "0.4", "omschrijving": "Overhead"}, {"code": "0.5", "omschrijving": "Treasury"}, {"code": "0.10", "omschrijving": "Mutaties reserves"}, {"code": "0.11", "omschrijving": "Resultaat"}]}]}]},
  "categorie_lasten": {"codelijst": [{"code": "Tot_cat_l", "subcodes": [{"code": "LR", "subcodes": [{"code": "1.1", "omschrijving": "Salarissen en sociale lasten"}, {"code": "3.5.1"}, {"code": "3.8"}, {"code": "4.3.9"}, {"code": "5.1"}]},
   {"code": "FR", "subcodes": [{"code": "6.1"}]}, {"code": "IV", "subcodes": [{"code": "7.1"}, {"code": "7.3"}, {"code": "7.5"}]}]}]},
  "categorie_baten": {"codelijst": [{"code": "Tot_cat_b", "subcodes": [{"code": "LR", "subcodes": [{"code": "3.5.2"}, {"code": "3.8"}, {"code": "4.3.2"}, {"code": "4.3.9"}, {"code": "5.2"}]},
   {"code": "FR", "subcodes": [{"code": "6.1"}]}, {"code": "IV", "subcodes": [{"code": "7.1"}, {"code": "7.3"}, {"code": "7.5"}]}]}]},
  "balanscode": {"codelijst": [{"code": "Tot_Bal", "subcodes": [{"code": "Tot_Act", "subcodes": [{"code": "A1", "subcodes": [{"code": "A111"}]}, {"code": "A2", "subcodes": [{"code": "A23"}]}]},
   {"code": "Tot_Pas", "subcodes": [{"code": "P1", "subcodes": [{"code": "P111"}]}, {"code": "P2", "subcodes": [{"code": "P213"}]}]}]}]},
  "kengetallen": {"codelijst": [{"code": "fk.1", "omschrijving": "Netto schuldquote"}]}, "beleidsindicatoren": {"codelijst": [{"code": "bi.1"}]},
  "verslagperiode": {"codelijst": [{"code": "Beg_2026"}]}, "standper": {"codelijst": [{"code": "1-1-1926", "omschrijving": "begindatum"}, {"code": "31-12-1926", "omschrijving": "einddatum"}]}},
 "controles": [{"nummer": 1, "foutcode": "PF001", "calculaties": [{"periode": [1, 2, 3, 4, 5]}]}, {"nummer": 2, "foutcode": "PF002", "calculaties": [{"periode": [1, 2, 3, 4, 5], "balanscode": ["A23", "P213"]}]},
  {"nummer": 3, "foutcode": "PF003", "calculaties": [{"periode": [1, 2, 3, 4], "balanscode": ["A23", "P213"]}, {"periode": [5], "balanscode": ["A111", "A23", "P111", "P213"]}]},
  {"nummer": 4, "foutcode": "PF004", "calculaties": [{"periode": [1, 2, 3, 4, 5]}]}, {"nummer": 5, "foutcode": "PF005", "calculaties": [{"periode": [1, 2, 3, 4, 5], "uitgesloten_taakvelden": ["0.5"]}]},
  {"nummer": 6, "foutcode": "PF006", "calculaties": [{"periode": [0, 5]}]}, {"nummer": 7, "foutcode": "PF007", "calculaties": [{"periode": [5]}]}, {"nummer": 8, "foutcode": "PF008", "calculaties": [{"periode": [5]}]},
  {"nummer": 9, "foutcode": "PF009", "calculaties": [{"periode": [1, 2, 3, 4, 5]}]}],
 "grijze_cellen": {"lasten": [{"taakveld": "0.4", "categorie": "5.1"}, {"taakveld": "0.10", "categorie": "1.1"}, {"taakveld": "0.4", "categorie": "6.1"}],
  "baten": [{"taakveld": "0.4", "categorie": "5.2"}], "balans_lasten": [{"balanscode": "A111", "categorie": "1.1"}], "balans_baten": []}}$$ AS definitions \gset
CREATE TABLE iv3_file (name text PRIMARY KEY, file jsonb);
INSERT INTO iv3_file VALUES ('budget', $${"metadata":{"overheidslaag":"GR","overheidsnummer":"9999","overheidsnaam":"Voorbeeld bedrijfsvoering","boekjaar":1926,"periode":0,"status":"Begroting","datum":"1925-11-10T09:00:00+01:00","details_openbaar":false,"financieel_pakket":"demo","export_software":"sp71_steering"},
 "contact":{"naam":"A. Controller","telefoon":"0700000000","email":"a@example.org"},
 "data":{"lasten":[{"taakveld":"0.4","categorie":"1.1","bedrag":20000000},{"taakveld":"0.4","categorie":"3.5.1","bedrag":3000000},{"taakveld":"0.4","categorie":"3.8","bedrag":12000000},{"taakveld":"0.4","categorie":"7.3","bedrag":2500000},{"taakveld":"0.10","categorie":"7.1","bedrag":500000}],
  "baten":[{"taakveld":"0.4","categorie":"4.3.2","bedrag":37000000},{"taakveld":"0.4","categorie":"3.5.2","bedrag":200000},{"taakveld":"0.10","categorie":"7.1","bedrag":800000}],
  "balans_lasten":[],"balans_baten":[],"balans_standen":[]}}$$);
CREATE FUNCTION iv3_changed(path text, value jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_set(file, string_to_array(path, '.'), value) FROM iv3_file WHERE name = 'budget' $$;
CREATE FUNCTION iv3_without(path text) RETURNS jsonb LANGUAGE sql AS $$ SELECT file #- string_to_array(path, '.') FROM iv3_file WHERE name = 'budget' $$;

-- Without definitions there is nothing to check by.
SELECT check_.* FROM iv3_file, steering.iv3_check(file) AS check_ WHERE name = 'budget';
SELECT * FROM steering.iv3_load(:'definitions');
SELECT layer, year, title FROM steering.iv3_definition;
SELECT list, count(*) AS codes, count(*) FILTER (WHERE is_total) AS totals FROM steering.iv3_code GROUP BY list ORDER BY list COLLATE "C";
SELECT part, count(*) FROM steering.iv3_forbidden GROUP BY part ORDER BY part COLLATE "C";
SELECT control, position, periods, codes, exempt, categories, allowed FROM steering.iv3_control ORDER BY control, position;
-- Again: the same, and once.
SELECT * FROM steering.iv3_load(:'definitions');
SELECT (SELECT count(*) FROM steering.iv3_definition) AS definitions, (SELECT count(*) FROM steering.iv3_code) AS codes, (SELECT count(*) FROM steering.iv3_forbidden) AS cells, (SELECT count(*) FROM steering.iv3_control) AS controls;

-- AC-46, AC-47: the sample is right; of one euro less the difference is told.
SELECT check_.* FROM iv3_file, steering.iv3_check(file) AS check_ WHERE name = 'budget';
SELECT (SELECT sum((line -> 'bedrag')::numeric) FROM jsonb_array_elements(file -> 'data' -> 'lasten') AS line) AS lasten,
	(SELECT sum((line -> 'bedrag')::numeric) FROM jsonb_array_elements(file -> 'data' -> 'baten') AS line) AS baten FROM iv3_file;
SELECT * FROM steering.iv3_check(iv3_changed('data.baten.0.bedrag', '36999999'));
-- AC-48: values that the schema refuses.
SELECT change.path, change.value, check_.code, check_.place, check_.found, check_.allowed, check_.refuses
FROM (VALUES (1, 'metadata.datum', '"1925-11-10"'), (2, 'metadata.datum', '"1925-11-10T09:00:00Z"'), (3, 'metadata.boekjaar', '"1926"'), (4, 'metadata.periode', '6'),
	(5, 'metadata.status', '"begroting"'), (6, 'contact.naam', '" "'), (7, 'contact.email', '"nobody"'), (8, 'data.lasten.0.bedrag', '"20000000"'), (9, 'data.lasten.0.bedrag', 'null'), (10, 'data.lasten.0.bedrag', '1e300'),
	(11, 'data.lasten.0.details', '7'), (12, 'metadata.boekjaar', '1925'), (13, 'metadata.boekjaar', '1926.5'), (14, 'metadata.overheidslaag', '"Waterschap"'), (15, 'data.lasten.0', '7'), (16, 'data.lasten', '{}'),
	(17, 'data', '[]'), (18, 'contact', 'null'), (19, 'metadata', '"x"'), (20, 'opmerkingen', '[{"tekst": "x"}, {"text": "x"}, 7]'), (21, 'opmerkingen', '7')) AS change (number, path, value)
LEFT JOIN LATERAL steering.iv3_check(iv3_changed(change.path, change.value::jsonb)) AS check_ ON check_.code !~ '^PF'
ORDER BY change.number, check_.code, check_.place;
-- AC-49: what is missing, unknown or forbidden.
SELECT path, check_.code, check_.place FROM (VALUES ('data.baten'), ('data.lasten'), ('data.balans_baten'), ('data.balans_lasten'), ('data.balans_standen'), ('metadata'), ('contact'), ('data'), ('metadata.datum'), ('contact.telefoon'), ('data.lasten.0.categorie'), ('data.lasten.0.bedrag')) AS gone (path),
	steering.iv3_check(iv3_without(gone.path)) AS check_ WHERE check_.code !~ '^PF';
SELECT path, value, check_.code, check_.place, check_.found, check_.allowed
FROM (VALUES (1, 'metadata.x', '1'), (2, 'contact.x', '1'), (3, 'x', '1'), (4, 'data.x', '[]'), (5, 'data.lasten.0.taakveld', '"0.12"'), (6, 'data.lasten.0.taakveld', '"Tot_TV"'), (7, 'data.lasten.0.categorie', '"4.3.2"'), (8, 'data.lasten.0.categorie', '"5.1"'),
	(9, 'data.lasten.4.categorie', '"1.1"'), (10, 'data.baten.0.categorie', '"5.2"'), (11, 'data.lasten.0.categorie', '"6.1"'), (12, 'data.balans_lasten', '[{"balanscode": "A111", "categorie": "1.1", "bedrag": 1}]'),
	(13, 'data.balans_standen', '[{"balanscode": "A9", "standper": "1926", "bedrag": 1.5, "more": 1}]'), (14, 'data.kengetallen', '[{"kengetal": "fk.9", "verslagperiode": "Beg_1", "waarde": "1"}, {"kengetal": "fk.1", "verslagperiode": "Beg_2026", "waarde": 1, "x": 1}]'),
	(15, 'data.beleidsindicatoren', '[{"beleidsindicator": "bi.9", "verslagperiode": "Beg_2026", "waarde": "1"}]')) AS change (number, path, value),
	steering.iv3_check(iv3_changed(change.path, change.value::jsonb)) AS check_ WHERE check_.code !~ '^PF' ORDER BY change.number, check_.code, check_.place;
-- AC-51: what is not divided may be in a budget alone.
SELECT period, check_.code, check_.found, check_.allowed, check_.refuses
FROM unnest(ARRAY[0, 1]) AS period, steering.iv3_check(jsonb_set(iv3_changed('data.baten', '[{"taakveld": "0.4", "categorie": "4.3.9", "bedrag": 38000000}]'), '{metadata,periode}', to_jsonb(period))) AS check_;
-- The plausibility of accounts, each check with what makes it fail.
INSERT INTO iv3_file SELECT 'accounts', jsonb_set(jsonb_set(jsonb_set(file, '{metadata,periode}', '5'), '{metadata,status}', '"Realisatie"'), '{data}',
	$${"lasten": [{"taakveld": "0.4", "categorie": "1.1", "bedrag": 900}, {"taakveld": "0.4", "categorie": "7.3", "bedrag": 100}], "baten": [{"taakveld": "0.4", "categorie": "4.3.2", "bedrag": 1000}],
	"balans_lasten": [{"balanscode": "A23", "categorie": "6.1", "bedrag": 100}], "balans_baten": [{"balanscode": "A111", "categorie": "7.3", "bedrag": 100}],
	"balans_standen": [{"balanscode": "A111", "standper": "1-1-1926", "bedrag": 500}, {"balanscode": "A111", "standper": "31-12-1926", "bedrag": 400}, {"balanscode": "A23", "standper": "1-1-1926", "bedrag": 50}, {"balanscode": "A23", "standper": "31-12-1926", "bedrag": 150},
	{"balanscode": "P111", "standper": "1-1-1926", "bedrag": 550}, {"balanscode": "P111", "standper": "31-12-1926", "bedrag": 550}]}$$) FROM iv3_file WHERE name = 'budget';
SELECT check_.* FROM iv3_file, steering.iv3_check(file) AS check_ WHERE name = 'accounts';
SELECT change.path, check_.code, check_.found, check_.allowed
FROM (VALUES (1, 'data.lasten.0.bedrag', '890'), (2, 'data.lasten.0.bedrag', '909'), (3, 'data.balans_lasten.0.categorie', '"7.3"'), (4, 'data.balans_standen.3.bedrag', '151'), (5, 'data.balans_baten', '[]'),
	(6, 'data.lasten.1.categorie', '"6.1"'), (7, 'data.balans_standen.4.bedrag', '551'), (8, 'data.balans_standen', '[]'), (9, 'data.baten.0.categorie', '"4.3.9"')) AS change (number, path, value),
	steering.iv3_check(jsonb_set((SELECT file FROM iv3_file WHERE name = 'accounts'), string_to_array(change.path, '.'), change.value::jsonb)) AS check_ ORDER BY change.number, check_.code;
-- One odd line keeps nobody else's from being looked at; nothing that is no file is an error.
SELECT * FROM steering.iv3_check(iv3_changed('data.lasten', '[7, null, [], {}, {"taakveld": 4, "categorie": "1.1", "bedrag": 1}, {"taakveld": "0.12", "categorie": "1.1", "bedrag": true}, {"taakveld": "0.4", "categorie": "5.1", "bedrag": -1}]'));
SELECT file, check_.code, check_.found FROM (VALUES ('{}'::jsonb), ('[]'), ('7'), ('null'), ('"x"'), (NULL), ('{"metadata": [], "contact": 7, "data": {}}')) AS odd (file), steering.iv3_check(file) AS check_;
SELECT code, place, length(found) FROM steering.iv3_check(iv3_changed('metadata.status', to_jsonb(repeat('x', 100000)))) WHERE code = 'SF004';
SELECT count(*) FROM steering.iv3_check(iv3_changed('data.lasten', (SELECT jsonb_agg('{"taakveld": "9", "categorie": "9", "bedrag": 1}'::jsonb) FROM generate_series(1, 2000)))) WHERE code ~ '^DF';
SELECT code FROM steering.iv3_check(iv3_changed('data.lasten', (repeat('[', 2000) || repeat(']', 2000))::jsonb)) WHERE code !~ '^PF';

-- Definitions: what is odd in them is left out and told, what is none is refused.
SELECT * FROM steering.iv3_load(jsonb_set(:'definitions'::jsonb || jsonb_build_object('controles', '[7, {"foutcode": "PF042", "calculaties": [{"periode": [5]}]}, {"foutcode": "PF006", "calculaties": [{"periode": [9]}, {"periode": "x"}, {"periode": [5]}]}]'::jsonb),
	'{metadata,boekjaar}', '1927') || jsonb_build_object('grijze_cellen', '{"lasten": [7, {"taakveld": "0.4", "categorie": "9"}, {"taakveld": "9", "categorie": "1.1"}, {"taakveld": "0.4", "categorie": "1.1"}, {"taakveld": "0.4", "categorie": "1.1"}], "x": 7}'::jsonb));
SELECT year, count(*) FROM steering.iv3_control GROUP BY year UNION ALL SELECT year, count(*) FROM steering.iv3_forbidden GROUP BY year ORDER BY 1, 2;
SELECT * FROM steering.iv3_load(jsonb_set(jsonb_set(:'definitions', '{metadata,boekjaar}', '1927'), '{codelijsten,taakveld,codelijst}',
	format('[{"code": "0.4"}, {"code": "0.4"}, {"code": 7}, 7, {"name": "x"}, {"code": " "}, {"code": "%s"}, %s{"code": "x", "subcodes": [{"code": "y"}]}%s]', repeat('x', 61), repeat('{"code": "n", "subcodes": [', 9), repeat(']}', 9))::jsonb)
	|| '{"grijze_cellen": []}') ORDER BY place;
SELECT place, problem FROM steering.iv3_load(jsonb_set(jsonb_set(:'definitions', '{metadata,boekjaar}', '1927'), '{codelijsten,dimensies}', '{"codelijst": []}'));
SELECT steering.iv3_load(NULL);
SELECT steering.iv3_load(:'definitions', NULL);
SELECT steering.iv3_load('7');
SELECT steering.iv3_load('{"metadata": {"overheidslaag": "GR", "boekjaar": "0000"}}');
SELECT steering.iv3_load('{"metadata": {"overheidslaag": 7, "boekjaar": "1926"}}');
SELECT steering.iv3_load('{"metadata": {"overheidslaag": "GR", "boekjaar": "1926"}}');
SELECT steering.iv3_load('{"metadata": {"overheidslaag": "GR", "boekjaar": "1926"}, "codelijsten": {"taakveld": 7}}');
SELECT steering.iv3_load(:'definitions', '[]');
SELECT steering.iv3_load(:'definitions', '{"PF010": {}}');
SELECT steering.iv3_load(:'definitions', '{"PF001": {"allowed": "1"}}');
SELECT steering.iv3_load(:'definitions', '{"PF001": {"allowed": -1}}');
SELECT steering.iv3_load(:'definitions', '{"PF001": {"x": 1}}');
-- Tolerances are configuration.
SELECT * FROM steering.iv3_load(jsonb_set(:'definitions', '{metadata,overheidslaag}', '"Gemeente"'), '{"PF006": {"allowed": 1}}');
SELECT code FROM steering.iv3_check(jsonb_set(iv3_changed('data.baten.0.bedrag', '36999999'), '{metadata,overheidslaag}', '"Gemeente"'));
SELECT code, found FROM steering.iv3_check(jsonb_set(iv3_changed('data.baten.0.bedrag', '36999998'), '{metadata,overheidslaag}', '"Gemeente"'));

-- The file is made of budgets, bookings and the reserve.
INSERT INTO steering.participant (code, parent, name) VALUES ('i3', NULL, 'Region'), ('i3.leiden', 'i3', 'Leiden'), ('i3.oegstgeest', 'i3', 'Oegstgeest');
INSERT INTO steering.service (code, parent, name) VALUES ('i3', NULL, 'All'), ('i3.staff', 'i3', 'Staff'), ('i3.hired', 'i3', 'Hired'), ('i3.goods', 'i3', 'Goods'), ('i3.goods.it', 'i3.goods', 'IT'), ('i3.worn', 'i3', 'Depreciation'),
	('i3.saved', 'i3', 'To reserves'), ('i3.contribution', 'i3', 'Contributions'), ('i3.seconded', 'i3', 'Seconded'), ('i3.drawn', 'i3', 'From reserves');
SELECT steering.iv3_export(1926, 0);
SELECT steering.set_iv3_deliverer('GR', '9999', 'Voorbeeld bedrijfsvoering', 'A. Controller', '0700000000', 'a@example.org', package => 'demo') > 0 AS deliverer;
SELECT count(steering.set_iv3_mapping(service, 'budget', part, task_field, category)) FROM (VALUES ('i3.staff', 'lasten', '0.4', '1.1'), ('i3.hired', 'lasten', '0.4', '3.5.1'), ('i3.goods', 'lasten', '0.4', '3.8'),
	('i3.worn', 'lasten', '0.4', '7.3'), ('i3.saved', 'lasten', '0.10', '7.1'), ('i3.contribution', 'baten', '0.4', '4.3.2'), ('i3.seconded', 'baten', '0.4', '3.5.2')) AS mapped (service, part, task_field, category);
SELECT count(steering.set_cap(service, participant, 'budget', '1926', amount)) FROM (VALUES ('i3.staff', 'i3', 20000000), ('i3.hired', 'i3', 3000000), ('i3.goods', 'i3.leiden', 8000000.4), ('i3.goods', 'i3.oegstgeest', 3999999.6),
	('i3.worn', 'i3', 2500000), ('i3.saved', 'i3', 500000), ('i3.contribution', 'i3', 37000000), ('i3.seconded', 'i3', 200000), ('i3.drawn', 'i3', 800000)) AS cap (service, participant, amount);
-- A cap under one that counts is a part of it; one over those that count is their sum; one of a volume or of other days is none of it.
SELECT count(steering.set_cap(service, participant, metric, during, amount)) FROM (VALUES ('i3.staff', 'i3.leiden', 'budget', '1926', 900), ('i3.goods.it', 'i3.leiden', 'budget', '1926', 700), ('i3', 'i3', 'budget', '1926', 99000000),
	('i3.staff', 'i3', 'volume', '1926', 5), ('i3.staff', 'i3', 'budget', '1926-01', 5), ('i3.staff', 'i3', 'budget', '1927', 5)) AS cap (service, participant, metric, during, amount);
-- What is not mapped is told, not left out.
SELECT * FROM steering.iv3_line(1926, 0) WHERE part IS NULL;
SELECT steering.iv3_export(1926, 0);
SELECT steering.set_iv3_mapping('i3.drawn', 'budget', 'baten', '0.10', '7.1') > 0 AS mapped;
SELECT origin, service, part, task_field, category, trim_scale(amount) AS amount FROM steering.iv3_line(1926, 0) ORDER BY service COLLATE "C";
-- It is the sample of AC-46, but for when it was made and the order of lines; and it is right.
SELECT jsonb_pretty(jsonb_set(steering.iv3_export(1926, 0), '{metadata,datum}', '"then"'));
SELECT (SELECT jsonb_agg(line ORDER BY line) FROM jsonb_array_elements(made.file -> 'data' -> 'lasten') AS line) = (SELECT jsonb_agg(line ORDER BY line) FROM jsonb_array_elements(iv3_file.file -> 'data' -> 'lasten') AS line) AS lasten,
	made.file #- '{metadata,datum}' #- '{data,lasten}' #- '{data,baten}' = iv3_file.file #- '{metadata,datum}' #- '{data,lasten}' #- '{data,baten}' AS rest
FROM steering.iv3_export(1926, 0) AS made (file), iv3_file WHERE name = 'budget';
SELECT check_.* FROM steering.iv3_export(1926, 0) AS made (file), steering.iv3_check(made.file) AS check_;
-- A budget is what it was at first.
SELECT steering.amend('2999', 'i3', 'policy', jsonb_build_array(jsonb_build_object('cap', steering.set_cap('i3.staff', 'i3', 'budget', '2999', 5), 'mutation', 2, 'new_amount', 7)), 'x') > 0 AS amended;
SELECT amount FROM steering.iv3_line(2999, 0);

-- Accounts: of sources, by the nearest mapping; and the reserve. A quarter is the year up to its end. Whole euros add up.
CREATE SCHEMA iv3_test;
CREATE TABLE iv3_test.salary (service text, participant text, day date, amount numeric);
CREATE TABLE iv3_test.invoice (LIKE iv3_test.salary);
CREATE TABLE iv3_test.orders (LIKE iv3_test.salary);
SELECT steering.attach('iv3_test.salary', 'service', 'participant', 'day', 'amount') > 0 AND steering.attach('iv3_test.invoice', 'service', 'participant', 'day', 'amount') > 0
	AND steering.attach('iv3_test.orders', 'service', 'participant', 'day', 'amount', stage => 'commitment') > 0 AS attached;
INSERT INTO iv3_test.salary VALUES ('i3.staff', 'i3.leiden', '1926-02-01', 100.4), ('i3.goods', 'i3.oegstgeest', '1926-05-01', 50.4);
INSERT INTO iv3_test.invoice VALUES ('i3.goods.it', 'i3.leiden', '1926-03-31', 10.4), ('i3.goods', 'i3.oegstgeest', '1926-12-31', 20.4), ('i3.contribution', 'i3.leiden', '1926-01-15', -150), ('i3.goods', 'i3.leiden', '1925-12-31', 7), ('i3.goods', 'i3.leiden', '1927-01-01', 8);
INSERT INTO iv3_test.orders VALUES ('i3.goods', 'i3.leiden', '1926-03-31', 1000);
SELECT steering.book_reserve('1926-06-30', 500, 'x') > 0 AND steering.book_reserve('1926-07-01', -200.5, 'x') > 0 AND steering.book_reserve('1926-07-01', -1, 'x') > 0 AS moved;
SELECT steering.set_iv3_mapping(NULL, 'bookings', 'lasten', '0.4', '3.8') > 0 AND steering.set_iv3_mapping(NULL, 'iv3_test.salary', 'lasten', '0.4', '1.1') > 0 AND steering.set_iv3_mapping('i3.contribution', 'bookings', 'baten', '0.4', '4.3.2', negate => true) > 0
	AND steering.set_iv3_mapping('i3.goods.it', 'bookings', 'lasten', '0.4', '3.5.1', from_year => 1926) > 0 AND steering.set_iv3_mapping('i3.goods.it', 'bookings', 'lasten', '0.4', '7.3', from_year => 1927) > 0
	AND steering.set_iv3_mapping(NULL, 'additions', 'lasten', '0.10', '7.1') > 0 AND steering.set_iv3_mapping(NULL, 'withdrawals', 'baten', '0.10', '7.1') > 0 AS mapped;
SELECT period, origin, service, part, task_field, category, trim_scale(amount) AS amount FROM unnest(ARRAY[1, 2, 5]) AS period, steering.iv3_line(1926, period) ORDER BY period, origin COLLATE "C", service COLLATE "C";
SELECT file -> 'data' AS data, file -> 'metadata' ->> 'status' AS status FROM steering.iv3_export(1926, 5, extra => '{"balans_standen": [{"balanscode": "A23", "standper": "1-1-1926", "bedrag": 1}], "kengetallen": [], "lasten": [{"taakveld": "0.11", "categorie": "7.1", "bedrag": 5}]}') AS made (file);
SELECT sum(amount) FROM steering.iv3_line(1926, 5) WHERE part = 'lasten';
-- The stored sum is that of the bookings.
SELECT (SELECT sum(amount) FROM steering.spent_by_source WHERE source ^@ 'iv3_test.') = (SELECT sum(amount) FROM steering.booking WHERE source ^@ 'iv3_test.' AND stage = 'actual') AS same;
-- AC-58: what a participant delivers is by mappings of its own, from a year on.
SELECT steering.set_iv3_deliverer('Gemeente', '0579', 'Oegstgeest', 'B. Controller', '0710000000', 'b@example.org', 'i3.oegstgeest') > 0 AS deliverer;
SELECT steering.set_iv3_mapping(NULL, 'bookings', 'lasten', '0.4', '4.3.3', 'i3.oegstgeest') > 0 AND steering.set_iv3_mapping(NULL, 'bookings', 'lasten', '0.4', '4.3.2', 'i3.oegstgeest', 1923) > 0 AS mapped;
INSERT INTO iv3_test.invoice VALUES ('i3.goods.it', 'i3.oegstgeest', '1922-05-05', 100), ('i3.goods.it', 'i3.oegstgeest', '1923-05-05', 100);
SELECT year, jsonb_path_query(steering.iv3_export(year, 5, 'i3.oegstgeest'), '$.data.lasten[*]') AS line FROM unnest(ARRAY[1922, 1923]) AS year;
-- AC-52: until when.
SELECT year, period, due.* FROM (VALUES (1926, 0), (1925, 5), (1926, 1), (1926, 4), (1926, 6)) AS asked (year, period), steering.iv3_deadline(year, period) AS due;

-- A reader has what is of the participants that it may read.
SET client_min_messages = warning;
CREATE ROLE regress_iv3;
RESET client_min_messages;
UPDATE steering.participant SET reader = 'regress_iv3' WHERE code = 'i3.oegstgeest';
SET ROLE regress_iv3;
SELECT steering.iv3_line(1926, 5);
SELECT steering.iv3_line(1926, 5, 'i3.leiden');
SELECT service, amount FROM steering.iv3_line(1923, 5, 'i3.oegstgeest');
SELECT steering.iv3_export(1923, 5, 'i3.oegstgeest') -> 'metadata' ->> 'overheidsnaam' AS name;
SELECT participant FROM steering.iv3_deliverer;
SELECT DISTINCT participant FROM steering.iv3_mapping;
SELECT DISTINCT participant FROM steering.spent_by_source;
SELECT count(*) FROM steering.reserve_movement;
SELECT count(*) FROM steering.iv3_mapping_record;
SELECT steering.iv3_load('{}');
SELECT steering.set_iv3_mapping(NULL, 'bookings', 'lasten', '0.4', '3.8');
RESET ROLE;
-- What is wrong with a call is named.
\set VERBOSITY terse
SELECT steering.iv3_line(NULL, 5);
SELECT steering.iv3_line(1926, NULL);
SELECT steering.iv3_line(0, 5);
SELECT steering.iv3_line(1926, 6);
SELECT steering.iv3_export(1926, 5, 'i3.none');
SELECT steering.iv3_export(1926, 5, extra => '7');
SELECT steering.iv3_export(1926, 5, extra => '{"x": []}');
SELECT steering.iv3_export(1926, 5, extra => '{"lasten": {}}');
SELECT steering.set_iv3_deliverer('x', '1', 'x', 'x', 'x', 'a@example.org');
SELECT steering.set_iv3_deliverer('GR', ' ', 'x', 'x', 'x', 'a@example.org');
SELECT steering.set_iv3_deliverer('GR', '1', 'x', 'x', 'x', 'x');
SELECT steering.set_iv3_deliverer('GR', '1', 'x', 'x', ' ', 'a@example.org');
SELECT steering.set_iv3_deliverer('GR', '1', NULL, 'x', 'x', 'a@example.org');
SELECT steering.set_iv3_deliverer('GR', '1', 'x', 'x', 'x', 'a@example.org', 'i3.none');
SELECT steering.set_iv3_mapping('i3.none', 'bookings', 'lasten', '0.4', '3.8');
SELECT steering.set_iv3_mapping(NULL, 'nothing', 'lasten', '0.4', '3.8');
SELECT steering.set_iv3_mapping(NULL, NULL, 'lasten', '0.4', '3.8');
SELECT steering.set_iv3_mapping(NULL, 'bookings', 'costs', '0.4', '3.8');
SELECT steering.set_iv3_mapping(NULL, 'bookings', 'lasten', ' ', '3.8');
SELECT steering.set_iv3_mapping(NULL, 'bookings', 'lasten', '0.4', NULL);
SELECT steering.set_iv3_mapping(NULL, 'bookings', 'lasten', '0.4', '3.8', from_year => 0);
SELECT steering.set_iv3_mapping('i3.goods', 'additions', 'lasten', '0.10', '7.1');
SELECT steering.drop_iv3_mapping(0);
SELECT steering.drop_iv3_mapping(NULL);
SELECT steering.drop_iv3_deliverer('i3.leiden');
SELECT steering.drop_iv3_deliverer('i3.none');

\set VERBOSITY default
SELECT FROM (SELECT steering.drop_iv3_mapping(mapping_id) FROM steering.iv3_mapping) AS dropped;
SELECT count(*) FROM steering.iv3_mapping_record;
SELECT steering.drop_iv3_deliverer(), steering.drop_iv3_deliverer('i3.oegstgeest');
SET client_min_messages = error;
DROP SCHEMA iv3_test CASCADE;
RESET client_min_messages;
SELECT count(steering.drop_cap(cap_id)) > 0 AS dropped FROM steering.cap_status WHERE service ^@ 'i3';
DELETE FROM steering.iv3_definition;
DELETE FROM steering.iv3_code;
DELETE FROM steering.iv3_forbidden;
DELETE FROM steering.iv3_control;
DROP TABLE iv3_file;
DROP FUNCTION iv3_changed, iv3_without;
UPDATE steering.participant SET reader = NULL WHERE code = 'i3.oegstgeest';
DROP ROLE regress_iv3;
DELETE FROM steering.service WHERE code ^@ 'i3';
DELETE FROM steering.participant WHERE code ^@ 'i3';
