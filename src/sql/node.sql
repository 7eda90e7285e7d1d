-- Nodes: the servers that a scaled-out installation consists of.

CREATE TABLE steering.node (
	node_id integer CONSTRAINT node_pkey PRIMARY KEY CHECK (node_id >= 0),
	name text NOT NULL CONSTRAINT node_name_key UNIQUE,
	connection text NOT NULL
);
REVOKE ALL ON steering.node FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.node', '');
COMMENT ON TABLE steering.node IS 'the nodes of a scaled-out installation: on the coordinator all of them, on each other node the coordinator at least';
COMMENT ON COLUMN steering.node.node_id IS 'number of the node; 0: the coordinator';
COMMENT ON COLUMN steering.node.name IS 'name of the node';
COMMENT ON COLUMN steering.node.connection IS 'how other nodes connect to it: a connection string of libpq, without a password';

CREATE TABLE steering.this_node (
	is_only boolean CONSTRAINT this_node_pkey PRIMARY KEY DEFAULT true CHECK (is_only),
	node_id integer NOT NULL CHECK (node_id >= 0),
	applied bigint NOT NULL DEFAULT 0
);
REVOKE ALL ON steering.this_node FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.this_node', '');
COMMENT ON TABLE steering.this_node IS 'which node this database is; no row: it is not scaled out';
COMMENT ON COLUMN steering.this_node.is_only IS 'always true: there is one row at most';
COMMENT ON COLUMN steering.this_node.node_id IS 'number of this node';
COMMENT ON COLUMN steering.this_node.applied IS 'number of the last change that the coordinator has told and this node has applied';
