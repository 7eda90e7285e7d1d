-- act_part.sql
-- Acts that change several caps are asked about as a whole, and not cap by cap.

CREATE FUNCTION steering.is_part_of_act() RETURNS boolean
AS 'MODULE_PATHNAME', 'steering_is_part_of_act'
LANGUAGE C STABLE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.is_part_of_act() FROM PUBLIC;
COMMENT ON FUNCTION steering.is_part_of_act() IS 'the cap that is being written is a part of an amendment, a transfer or what is carried forward, which is asked about as a whole';
