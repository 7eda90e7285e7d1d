-- Lending: how room under caps that span nodes comes to where it is needed.

CREATE FUNCTION steering.request_allotment(cap integer, node integer, used numeric, wanted numeric)
RETURNS TABLE (ceiling numeric, elsewhere numeric, change_number bigint, unanswered text)
AS 'MODULE_PATHNAME', 'steering_request_allotment'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
REVOKE ALL ON FUNCTION steering.request_allotment(integer, integer, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.request_allotment(integer, integer, numeric, numeric) IS
'on the coordinator: lends room under a cap to a node whose usage is to rise and has no allotment for that, and takes it back from other nodes where it is needed. Returns a ceiling up to which no step acts; or elsewhere, what all other nodes use together while this one alone may raise usage; or neither, and which nodes did not answer in time. Nodes call it, each time as a transaction of its own';

CREATE FUNCTION steering.return_allotment(cap integer) RETURNS numeric
AS 'MODULE_PATHNAME', 'steering_return_allotment'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.return_allotment(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.return_allotment(integer) IS
'on a node: gives back what it may use of a cap and does not use, and returns what it uses; to raise that it has to ask then. The coordinator calls it, as a transaction of its own. Errors: 42704 there is no such cap, 55P03 bookings that run take too long';
