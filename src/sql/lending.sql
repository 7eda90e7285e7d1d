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

CREATE FUNCTION steering.recover_allotments(cap integer DEFAULT NULL)
RETURNS TABLE (cap_id integer, node_id integer, lent numeric, used numeric)
AS 'MODULE_PATHNAME', 'steering_recover_allotments'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;
REVOKE ALL ON FUNCTION steering.recover_allotments(integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.recover_allotments(integer) IS
'on the coordinator: has all nodes give back what they may use of a cap (null: of each) and do not use, also what was lent to transactions that a crash or an error has ended. Returns what each was lent (null: any usage) and what it uses (null: it has not answered in time, and keeps what it has). Room is lent anew when it is asked for. Errors: 42704 there is no such cap, 55P03 room of it is being lent';

CREATE VIEW steering.allotment_status WITH (security_barrier) AS
SELECT lent.cap_id,
	lent.node_id,
	node.name AS node,
	lent.ceiling::numeric AS ceiling
FROM steering.lent
JOIN steering.node ON node.node_id = lent.node_id
JOIN steering.cap ON cap.cap_id = lent.cap_id
WHERE has_table_privilege('steering.cap'::regclass, 'SELECT');
GRANT SELECT ON steering.allotment_status TO PUBLIC;
COMMENT ON VIEW steering.allotment_status IS 'on the coordinator: how high it lets usage of each node go under caps that span nodes, for who may select from steering.cap; others see no rows';
COMMENT ON COLUMN steering.allotment_status.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.allotment_status.node_id IS 'number of the node';
COMMENT ON COLUMN steering.allotment_status.node IS 'name of the node';
COMMENT ON COLUMN steering.allotment_status.ceiling IS 'usage of the node is not above this; null: any usage, since it judges by the ladder while no other may raise, or was not asked yet';
