-- Tables that a dump was restored without: what it said of them as parts of sources.

-- An entry of steering.source or steering.source_table comes here in its place, by a trigger, when no table has its
-- name. reattach() takes it from here, detach_missing() ends it.
CREATE TABLE steering.missing_table (
	source_id integer NOT NULL,
	relation text NOT NULL,
	is_source boolean NOT NULL,
	entry jsonb,
	CONSTRAINT missing_table_pkey PRIMARY KEY (source_id, relation, is_source),
	CONSTRAINT missing_table_entry CHECK ((entry IS NOT NULL) = is_source)
);
REVOKE ALL ON steering.missing_table FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.missing_table', '');
COMMENT ON TABLE steering.missing_table IS 'tables that belong to sources, and were not there when the database was restored; their bookings stay counted';
COMMENT ON COLUMN steering.missing_table.source_id IS 'the source that the table belongs to';
COMMENT ON COLUMN steering.missing_table.relation IS 'name of the table, qualified, quoted where needed';
COMMENT ON COLUMN steering.missing_table.is_source IS 'the attached table itself; false: its entry as one of the tables whose rows are counted';
COMMENT ON COLUMN steering.missing_table.entry IS 'the row of steering.source; null: of steering.source_table';

CREATE FUNCTION steering.keep_missing() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_keep_missing'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.keep_missing() FROM PUBLIC;
COMMENT ON FUNCTION steering.keep_missing() IS 'before an entry of a table that is not there: stores it in steering.missing_table in its place';

CREATE TRIGGER keep_missing
	BEFORE INSERT ON steering.source
	FOR EACH ROW EXECUTE FUNCTION steering.keep_missing();
ALTER TABLE steering.source ENABLE ALWAYS TRIGGER keep_missing;
CREATE TRIGGER keep_missing
	BEFORE INSERT ON steering.source_table
	FOR EACH ROW EXECUTE FUNCTION steering.keep_missing();
ALTER TABLE steering.source_table ENABLE ALWAYS TRIGGER keep_missing;

CREATE VIEW steering.source_stage AS
SELECT source.source_id, source.stage
FROM steering.source
UNION ALL
SELECT missing_table.source_id, missing_table.entry ->> 'stage'
FROM steering.missing_table
WHERE missing_table.is_source
UNION ALL
VALUES (-1, 'actual'), (-2, 'commitment');
REVOKE ALL ON steering.source_stage FROM PUBLIC;
COMMENT ON VIEW steering.source_stage IS 'the stage of each source that has usage, also of those whose table is missing, and of what stands for those of other nodes';
COMMENT ON COLUMN steering.source_stage.source_id IS 'number of the source; negative: all sources of other nodes';
COMMENT ON COLUMN steering.source_stage.stage IS 'actual (spent) or commitment (obligation not yet spent)';
