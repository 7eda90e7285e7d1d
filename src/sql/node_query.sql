-- Asking several nodes at once.

CREATE FUNCTION steering.node_query(query text, nodes integer[] DEFAULT NULL, timeout integer DEFAULT NULL)
RETURNS TABLE (node_id integer, result jsonb, error text)
AS 'MODULE_PATHNAME', 'steering_node_query'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100;
REVOKE ALL ON FUNCTION steering.node_query(text, integer[], integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.node_query(text, integer[], integer) IS
'runs one query on all nodes (or these) at once and returns its rows as JSON: each node by the connection in steering.node, in a transaction of its own. Names are resolved in pg_catalog alone. A node that fails, or does not answer within so many milliseconds (sp71_steering.node_timeout; 0: waits for ever), gives one row with the error. 42704: there is no such node';
