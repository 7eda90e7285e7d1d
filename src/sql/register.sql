-- register.sql
-- The registers as later topics use them: numbers by code, all that is below an entry, periods, and the
-- trigger that keeps entries which their tables refer to.

-- PUBLIC may execute these because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.service_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_service_number'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.service_number(text) IS
'number of the service with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.participant_number(code text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_participant_number'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.participant_number(text) FROM PUBLIC;
COMMENT ON FUNCTION steering.participant_number(text) IS
'number of the participant with this code. Errors: 22004 null, 22023 unknown';

CREATE FUNCTION steering.period_range(period text) RETURNS daterange
AS 'MODULE_PATHNAME', 'steering_period_range'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.period_range(text) IS
'days of a period: a year 2026, a quarter 2026-Q1, a month 2026-03, or a range of whole months [2026-04-01,2027-04-01), whatever the DateStyle. Errors: 22004 null, 22P02 no period, 22023 a range that is empty, has no first or last day, or is not of whole months';

CREATE VIEW steering.service_below AS
WITH RECURSIVE below (top_id, service_id, code, depth) AS (
	SELECT service.service_id, service.service_id, service.code, 0
	FROM steering.service
	UNION ALL
	SELECT below.top_id, service.service_id, service.code, below.depth + 1
	FROM below JOIN steering.service ON service.parent = below.code
)
SELECT below.top_id, below.service_id, below.depth FROM below;
REVOKE ALL ON steering.service_below FROM PUBLIC;
COMMENT ON VIEW steering.service_below IS 'every service with itself and each service below it';
COMMENT ON COLUMN steering.service_below.top_id IS 'number of the service';
COMMENT ON COLUMN steering.service_below.service_id IS 'number of a service that is it, or below it';
COMMENT ON COLUMN steering.service_below.depth IS 'how many levels below: 0 is the service itself';

CREATE VIEW steering.participant_below AS
WITH RECURSIVE below (top_id, participant_id, code, depth) AS (
	SELECT participant.participant_id, participant.participant_id, participant.code, 0
	FROM steering.participant
	UNION ALL
	SELECT below.top_id, participant.participant_id, participant.code, below.depth + 1
	FROM below JOIN steering.participant ON participant.parent = below.code
)
SELECT below.top_id, below.participant_id, below.depth FROM below;
REVOKE ALL ON steering.participant_below FROM PUBLIC;
COMMENT ON VIEW steering.participant_below IS 'every participant with itself and each participant below it';
COMMENT ON COLUMN steering.participant_below.top_id IS 'number of the participant';
COMMENT ON COLUMN steering.participant_below.participant_id IS 'number of a participant that is it, or below it';
COMMENT ON COLUMN steering.participant_below.depth IS 'how many levels below: 0 is the participant itself';

CREATE FUNCTION steering.refuse_used() RETURNS trigger
AS 'MODULE_PATHNAME', 'steering_refuse_used'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.refuse_used() FROM PUBLIC;
COMMENT ON FUNCTION steering.refuse_used() IS
'refuses to delete an entry of a register that agreements, results or allocation keys refer to (23503)';

-- After follow_delete, by their names.
CREATE TRIGGER refuse_used
	AFTER DELETE ON steering.participant REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_used();
CREATE TRIGGER refuse_used
	AFTER DELETE ON steering.service REFERENCING OLD TABLE AS sp71_old
	FOR EACH STATEMENT EXECUTE FUNCTION steering.refuse_used();
