-- register_act.sql
-- Acts on the registers: what an INSERT, UPDATE or DELETE of them does as well, by a function that can be proposed. Who calls
-- them needs the right to execute them and none on the registers.

CREATE FUNCTION steering.set_participant(code text, name text, parent text DEFAULT NULL, inhabitants integer DEFAULT NULL,
	during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_that(set_participant.inhabitants >= 0 IS NOT FALSE, '23514', format('inhabitants must not be negative: %s', set_participant.inhabitants));
INSERT INTO steering.participant (code, name, parent, inhabitants, during)
VALUES (set_participant.code, set_participant.name, set_participant.parent, set_participant.inhabitants, set_participant.during::daterange)
ON CONFLICT (code) DO UPDATE
	SET name = excluded.name, parent = excluded.parent, inhabitants = excluded.inhabitants, during = excluded.during
RETURNING participant_id;
END;
REVOKE ALL ON FUNCTION steering.set_participant(text, text, text, integer, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_participant(text, text, text, integer, steering.day_range) IS
'adds a participant to the register, or changes the one with this code but for who reads it; returns its number. Errors: those of the register: 23502 null, 23503 unknown parent, 23514 above itself, negative inhabitants, empty range, bookings outside of it';

CREATE FUNCTION steering.drop_participant(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.participant_number(drop_participant.code);
DELETE FROM steering.participant WHERE participant.code = drop_participant.code;
END;
REVOKE ALL ON FUNCTION steering.drop_participant(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_participant(text) IS
'removes a participant from the register. Errors: 22004 null, 22023 unknown, 23503 something refers to it';

CREATE FUNCTION steering.set_service(code text, name text, parent text DEFAULT NULL, kind text DEFAULT 'standard', unit text DEFAULT NULL,
	require_cap boolean DEFAULT false, during steering.day_range DEFAULT '(,)') RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.require_one_of(set_service.kind, 'kind', 'standard, development');
INSERT INTO steering.service (code, name, parent, kind, unit, require_cap, during)
VALUES (set_service.code, set_service.name, set_service.parent, set_service.kind, set_service.unit, set_service.require_cap,
	set_service.during::daterange)
ON CONFLICT (code) DO UPDATE
	SET name = excluded.name, parent = excluded.parent, kind = excluded.kind, unit = excluded.unit, require_cap = excluded.require_cap,
		during = excluded.during
RETURNING service_id;
END;
REVOKE ALL ON FUNCTION steering.set_service(text, text, text, text, text, boolean, steering.day_range) FROM PUBLIC;
COMMENT ON FUNCTION steering.set_service(text, text, text, text, text, boolean, steering.day_range) IS
'adds a service to the catalogue, or changes the one with this code; returns its number. Errors: those of the register: 23502 null, 23503 unknown parent, 23514 above itself, unknown kind, empty range, bookings outside of it';

CREATE FUNCTION steering.drop_service(code text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
SELECT steering.service_number(drop_service.code);
DELETE FROM steering.service WHERE service.code = drop_service.code;
END;
REVOKE ALL ON FUNCTION steering.drop_service(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.drop_service(text) IS
'removes a service from the catalogue. Errors: 22004 null, 22023 unknown, 23503 something refers to it';
