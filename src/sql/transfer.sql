-- transfer.sql
-- Transfers: a part of the limit of one cap goes to another.

CREATE FUNCTION steering.cap_above(cap integer) RETURNS SETOF integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT above.cap_id
FROM steering.cap AS below
CROSS JOIN LATERAL steering.service_above(steering.service_code(below.service_id)) AS service_above
JOIN steering.service ON service.code = service_above.code
CROSS JOIN LATERAL steering.participant_above(steering.participant_code(below.participant_id)) AS participant_above
JOIN steering.participant ON participant.code = participant_above.code
JOIN steering.cap AS above ON above.service_id = service.service_id AND above.participant_id = participant.participant_id
WHERE below.cap_id = cap_above.cap AND above.metric = below.metric AND above.during @> below.during AND above.cap_id <> below.cap_id;
END;
REVOKE ALL ON FUNCTION steering.cap_above(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.cap_above(integer) IS 'the caps under which all of a cap falls: of its metric, over its service, its participant and all of its days';

-- The caps are locked.
CREATE FUNCTION steering.require_transferable(from_cap integer, to_cap integer) RETURNS daterange
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT steering.require_that(giving.metric = receiving.metric, '22023',
		format('cap %s limits %s and cap %s %s', giving.cap_id, giving.metric, receiving.cap_id, receiving.metric)),
	steering.require_that(giving.during && receiving.during, '22023',
		format('caps %s and %s have no day in common', giving.cap_id, receiving.cap_id),
		'What is left of a period is carried with steering.carry_forward().'),
	steering.require_that(giving.metric = 'budget' OR giving_service.unit IS NOT DISTINCT FROM receiving_service.unit, '22023',
		format('caps %s and %s limit volumes of different units', giving.cap_id, receiving.cap_id)),
	steering.require_that(giving.cap_id NOT IN (SELECT steering.cap_above(receiving.cap_id))
			AND receiving.cap_id NOT IN (SELECT steering.cap_above(giving.cap_id)), '22023',
		format('one of caps %s and %s stands over the other', giving.cap_id, receiving.cap_id),
		'What the one allows the other limits as well: amend the budget instead.')
FROM steering.cap AS giving
JOIN steering.service AS giving_service ON giving_service.service_id = giving.service_id
CROSS JOIN steering.cap AS receiving
JOIN steering.service AS receiving_service ON receiving_service.service_id = receiving.service_id
WHERE giving.cap_id = require_transferable.from_cap AND receiving.cap_id = require_transferable.to_cap;
SELECT giving.during * receiving.during
FROM steering.cap AS giving CROSS JOIN steering.cap AS receiving
WHERE giving.cap_id = require_transferable.from_cap AND receiving.cap_id = require_transferable.to_cap;
END;
REVOKE ALL ON FUNCTION steering.require_transferable(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.require_transferable(integer, integer) IS
'the days that two caps have in common. Error: 22023 other metrics, other units, no common day, or one stands over the other';

CREATE FUNCTION steering.transfer(from_cap integer, to_cap integer, amount numeric, reason text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_transfer'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.transfer(integer, integer, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.transfer(integer, integer, numeric, text) IS
'takes an amount from the limit of one cap and adds it to that of another, of the same metric; returns the number that it has in steering.amendment. What is used is not taken. Caps above both, and above the first alone, stay as they are; those above the second alone must have room for it. Errors: 22004 null, 22023 an amount that is not positive or more than there is, an empty reason, caps of another metric or unit, without a common day, or of which one stands over the other, 42704 no such cap, 23S71 or 23S72 it is used, or a cap above has no room, 23S75 who may not decide it, 40001 concurrent change';
