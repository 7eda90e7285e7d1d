-- The outbox: what acts on the coordinator change of what bookings need reaches the other nodes by it. scale_out() makes the table
-- steering.outbox, which is no member of the extension: how its rows are carried to the nodes is not ours.

-- Rows stand here from an act to the end of its transaction, when they become one row of the outbox: so nobody waits for
-- the head of the outbox but who is about to commit, and what several acts of a transaction come to arrives at once.
CREATE TABLE steering.untold_change (
	change_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT untold_change_pkey PRIMARY KEY,
	noun text NOT NULL,
	row_id integer NOT NULL
);
REVOKE ALL ON steering.untold_change FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.untold_change', '');
SELECT pg_catalog.pg_extension_config_dump('steering.untold_change_change_id_seq', '');
COMMENT ON TABLE steering.untold_change IS 'rows that the present transaction has changed and not yet put into the outbox; none is ever committed';
COMMENT ON COLUMN steering.untold_change.change_id IS 'number of the change';
COMMENT ON COLUMN steering.untold_change.noun IS 'the table: participant, service, alias, cap or closing; lending: what is lent is to be forgotten';
COMMENT ON COLUMN steering.untold_change.row_id IS 'number of the row';

CREATE FUNCTION steering.change_body(complete boolean) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
WITH told AS (
	SELECT 'participants' AS part, jsonb_agg(to_jsonb(entry) ORDER BY entry.participant_id) AS content
	FROM steering.participant AS entry
	WHERE change_body.complete OR entry.participant_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'participant')
	UNION ALL
	SELECT 'services', jsonb_agg(to_jsonb(entry) ORDER BY entry.service_id)
	FROM steering.service AS entry
	WHERE change_body.complete OR entry.service_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'service')
	UNION ALL
	-- Whether its table is there each node finds out by the name.
	SELECT 'aliases', jsonb_agg(to_jsonb(entry) || jsonb_build_object('source', coalesce(entry.missing, entry.source::text), 'missing', NULL)
		ORDER BY entry.alias_id)
	FROM steering.alias AS entry
	WHERE change_body.complete OR entry.alias_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'alias')
	UNION ALL
	SELECT 'caps', jsonb_agg(to_jsonb(entry) ORDER BY entry.cap_id)
	FROM steering.cap AS entry
	WHERE change_body.complete OR entry.cap_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'cap')
	UNION ALL
	SELECT 'closings', jsonb_agg(to_jsonb(entry) ORDER BY entry.reopened_at IS NULL, entry.closing_id)
	FROM steering.closing AS entry
	WHERE change_body.complete OR entry.closing_id IN (SELECT untold.row_id FROM steering.untold_change AS untold WHERE untold.noun = 'closing')
	UNION ALL
	SELECT 'gone', jsonb_object_agg(gone.noun, gone.numbers)
	FROM (SELECT untold.noun, jsonb_agg(DISTINCT untold.row_id) AS numbers
		FROM steering.untold_change AS untold
		WHERE CASE untold.noun
			WHEN 'participant' THEN NOT EXISTS (SELECT FROM steering.participant WHERE participant.participant_id = untold.row_id)
			WHEN 'service' THEN NOT EXISTS (SELECT FROM steering.service WHERE service.service_id = untold.row_id)
			WHEN 'alias' THEN NOT EXISTS (SELECT FROM steering.alias WHERE alias.alias_id = untold.row_id)
			WHEN 'cap' THEN NOT EXISTS (SELECT FROM steering.cap WHERE cap.cap_id = untold.row_id)
			WHEN 'closing' THEN NOT EXISTS (SELECT FROM steering.closing WHERE closing.closing_id = untold.row_id) END
		GROUP BY untold.noun) AS gone
	WHERE NOT change_body.complete
)
SELECT coalesce(jsonb_object_agg(told.part, told.content) FILTER (WHERE told.content IS NOT NULL), '{}') FROM told;
END;
REVOKE ALL ON FUNCTION steering.change_body(boolean) FROM PUBLIC;
COMMENT ON FUNCTION steering.change_body(boolean) IS
'what a node is told: the rows of registers, aliases, caps and closings as they are now, and the numbers of those that are gone: of what the present transaction has changed, or (complete) all rows';

CREATE FUNCTION steering.note_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_note_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.note_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.note_change() IS 'trigger: on the coordinator notes which row a transaction has changed that other nodes are to be told';

CREATE FUNCTION steering.tell_changes() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_tell_changes'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.tell_changes() FROM PUBLIC;
COMMENT ON FUNCTION steering.tell_changes() IS 'trigger at the end of a transaction: puts what it has changed into the outbox, as one row with the next number';

CREATE FUNCTION steering.apply_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_apply_change'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.apply_change() FROM PUBLIC;
COMMENT ON FUNCTION steering.apply_change() IS
'trigger of steering.outbox: on a node makes registers, aliases, caps and closings be as the row says, if its number is the next one; one that was applied already it skips. Errors: 55000 numbers in between are missing, or the row tells what this version does not know, and what is wrong with the bookings here that a change does not allow, as that of an entry that is gone';

CREATE CONSTRAINT TRIGGER tell_changes
	AFTER INSERT ON steering.untold_change DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION steering.tell_changes();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.participant
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.service
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.alias
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.cap
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON steering.closing
	FOR EACH ROW EXECUTE FUNCTION steering.note_change();

CREATE FUNCTION steering.scale_out(connection text, name text DEFAULT 'coordinator') RETURNS void
AS 'MODULE_PATHNAME', 'steering_scale_out'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.scale_out(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.scale_out(text, text) IS
'makes this database the coordinator of a scaled-out installation: others can be added with add_node(), and acts that are called here reach them by the table steering.outbox, which it makes. connection: how they connect to this database, as its owner of the extension: a connection string of libpq without a password. Waits for bookings and acts. Errors: 22004 null, 22023 an empty text, a password, 55000 it is a node already';

CREATE FUNCTION steering.scale_in() RETURNS void
AS 'MODULE_PATHNAME', 'steering_scale_in'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.scale_in() FROM PUBLIC;
COMMENT ON FUNCTION steering.scale_in() IS
'undoes scale_out(), and drops steering.outbox. Waits for bookings and acts. Errors: 55000 it is no coordinator, or has other nodes';

CREATE FUNCTION steering.join_node(node integer, name text, connection text, coordinator text, coordinator_connection text,
	version text, applied bigint, body jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'steering_join_node'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.join_node(integer, text, text, text, text, text, bigint, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION steering.join_node(integer, text, text, text, text, text, bigint, jsonb) IS
'called by the coordinator: makes this database a node of it, with registers, aliases, caps and closings as in the body (see change_body()). May be repeated. Errors: 22004 null, 55000 another version of the extension, a coordinator, a node of another one, registers or caps of its own, bookings under caps';

CREATE FUNCTION steering.leave_node() RETURNS void
AS 'MODULE_PATHNAME', 'steering_leave_node'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.leave_node() FROM PUBLIC;
COMMENT ON FUNCTION steering.leave_node() IS
'called by the coordinator: this database is no node any more, and keeps registers and caps as its own. Errors: 55000 it is no node, or has bookings under caps';
