-- The register of services: the catalogue. Its trigger functions are in participant.sql.

CREATE TABLE steering.service (
	service_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (service_id > 0),
	code text NOT NULL CONSTRAINT service_code_key UNIQUE CHECK (code <> ''),
	parent text,
	name text NOT NULL,
	kind text NOT NULL DEFAULT 'standard' CHECK (kind IN ('standard', 'development')),
	unit text,
	require_cap boolean NOT NULL DEFAULT false,
	during daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(during)),
	lead text CONSTRAINT service_lead_of_development CHECK (lead IS NULL OR kind = 'development')
);
REVOKE ALL ON steering.service FROM PUBLIC;
CREATE INDEX service_parent_idx ON steering.service (parent);
SELECT pg_catalog.pg_extension_config_dump('steering.service', '');
SELECT pg_catalog.pg_extension_config_dump('steering.service_service_id_seq', '');
COMMENT ON TABLE steering.service IS 'the catalogue: what can be delivered, as a tree';
COMMENT ON COLUMN steering.service.service_id IS 'number of the service; it never changes';
COMMENT ON COLUMN steering.service.code IS 'what finance tables call the service; it never changes';
COMMENT ON COLUMN steering.service.parent IS 'code of the service that this one is a part of; null: of none';
COMMENT ON COLUMN steering.service.name IS 'name for people';
COMMENT ON COLUMN steering.service.kind IS 'standard: contracted and reviewed in outline; development: led by one participant, others follow';
COMMENT ON COLUMN steering.service.unit IS 'what volume is counted in; null: no volume';
COMMENT ON COLUMN steering.service.require_cap IS 'true: a booking that no budget cap covers is refused (23S71)';
COMMENT ON COLUMN steering.service.during IS 'when it is delivered: bookings on other days are refused, or ignored if their source says so';
COMMENT ON COLUMN steering.service.lead IS 'of a development service: code of the participant that leads it, whose terms those who follow have; null: nobody does';

-- The columns named here are those that decide which caps apply to a booking.
CREATE TRIGGER exclude_bookings
	BEFORE INSERT OR DELETE OR UPDATE OF code, parent, during, require_cap ON steering.service
	FOR EACH STATEMENT EXECUTE FUNCTION steering.exclude_bookings();
CREATE TRIGGER refuse_key_change
	BEFORE UPDATE ON steering.service
	FOR EACH ROW WHEN (OLD.code IS DISTINCT FROM NEW.code OR OLD.service_id IS DISTINCT FROM NEW.service_id)
	EXECUTE FUNCTION steering.refuse_key_change();
CREATE TRIGGER refuse_truncate
	BEFORE TRUNCATE ON steering.service
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_truncate();
CREATE TRIGGER follow_insert
	AFTER INSERT ON steering.service REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
CREATE TRIGGER follow_update
	AFTER UPDATE ON steering.service REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
CREATE TRIGGER follow_delete
	AFTER DELETE ON steering.service REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
