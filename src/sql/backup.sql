-- What a role needs to make a dump.

CREATE FUNCTION steering.grant_backup(role regrole) RETURNS void
AS 'MODULE_PATHNAME', 'steering_grant_backup'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.grant_backup(regrole) FROM PUBLIC;
COMMENT ON FUNCTION steering.grant_backup(regrole) IS
'grants a role SELECT on all tables and sequences of the extension, which pg_dump reads; so it may read every figure. To be called again after ALTER EXTENSION UPDATE. Roles with pg_read_all_data need nothing. Taken back by REVOKE SELECT ON ALL TABLES IN SCHEMA steering and ON ALL SEQUENCES IN SCHEMA steering. Errors: 22004 null';
