-- The register of participants, and the trigger functions that both registers share.

-- The triggers below look after parents, in place of a foreign key: that would have every pg_dump of
-- the database warn of circular constraints.
CREATE TABLE steering.participant (
	participant_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (participant_id > 0),
	code text NOT NULL CONSTRAINT participant_code_key UNIQUE CHECK (code <> ''),
	parent text,
	name text NOT NULL,
	inhabitants integer CHECK (inhabitants >= 0),
	during daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(during)),
	reader steering.role_reference
);
REVOKE ALL ON steering.participant FROM PUBLIC;
CREATE INDEX participant_parent_idx ON steering.participant (parent);
SELECT pg_catalog.pg_extension_config_dump('steering.participant', '');
SELECT pg_catalog.pg_extension_config_dump('steering.participant_participant_id_seq', '');
COMMENT ON TABLE steering.participant IS 'who takes part: municipalities and groups of them, as a tree';
COMMENT ON COLUMN steering.participant.participant_id IS 'number of the participant; it never changes';
COMMENT ON COLUMN steering.participant.code IS 'what finance tables call the participant; it never changes';
COMMENT ON COLUMN steering.participant.parent IS 'code of the group that the participant belongs to; null: of none';
COMMENT ON COLUMN steering.participant.name IS 'name for people';
COMMENT ON COLUMN steering.participant.inhabitants IS 'number of inhabitants; null: unknown or not applicable';
COMMENT ON COLUMN steering.participant.during IS 'when it takes part: bookings on other days are refused, or ignored if their source says so';
COMMENT ON COLUMN steering.participant.reader IS 'role that may read the figures of this participant and of all below it, and so may every role that has its privileges; null: none; what names no role gives nobody a right. Only who may grant SELECT on steering.cap sets it (42501)';

CREATE FUNCTION steering.exclude_bookings() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_exclude_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.exclude_bookings() FROM PUBLIC;
COMMENT ON FUNCTION steering.exclude_bookings() IS 'before a change of who a cap applies to: waits for running bookings, and holds new ones until commit';

CREATE FUNCTION steering.refuse_key_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_key_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_key_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_key_change() IS 'refuses another code or number for an entry of a register (0A000)';

CREATE FUNCTION steering.refuse_truncate() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_truncate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_truncate() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_truncate() IS 'refuses TRUNCATE of a register (0A000)';

CREATE FUNCTION steering.follow_register() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_follow_register'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.follow_register() FROM PUBLIC;
COMMENT ON FUNCTION steering.follow_register() IS 'after a change of a register: checks it as a whole, and recounts the caps that it touches';

-- The columns named here are those that decide which caps apply to a booking. Names, numbers of
-- inhabitants and readers may be changed while bookings go on.
CREATE TRIGGER exclude_bookings
	BEFORE INSERT OR DELETE OR UPDATE OF code, parent, during ON steering.participant
	FOR EACH STATEMENT EXECUTE FUNCTION steering.exclude_bookings();
CREATE TRIGGER refuse_key_change
	BEFORE UPDATE ON steering.participant
	FOR EACH ROW WHEN (OLD.code IS DISTINCT FROM NEW.code OR OLD.participant_id IS DISTINCT FROM NEW.participant_id)
	EXECUTE FUNCTION steering.refuse_key_change();
CREATE TRIGGER refuse_truncate
	BEFORE TRUNCATE ON steering.participant
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_truncate();
CREATE TRIGGER follow_insert
	AFTER INSERT ON steering.participant REFERENCING NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
CREATE TRIGGER follow_update
	AFTER UPDATE ON steering.participant REFERENCING OLD TABLE AS sp71_old NEW TABLE AS sp71_new
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
CREATE TRIGGER follow_delete
	AFTER DELETE ON steering.participant REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_register();
