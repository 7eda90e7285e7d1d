-- Sources that Citus distributes.

CREATE FUNCTION steering.distribute(source regclass, distribution_column text, colocate_with text DEFAULT 'default',
	shard_count integer DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'steering_distribute'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.distribute(regclass, text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION steering.distribute(regclass, text, text, integer) IS
'on the coordinator of Citus: has Citus distribute a table that is a source, and stays it, by the same mapping; create_distributed_table() refuses that. Of the first table of queries, or their booking table, all tables that they join: each by the column that is equal to the given one, or as a reference table where none is; and the queries are attached again as they were. Bookings go to the nodes where their rows are, in one transaction, and are judged there from now on. colocate_with and shard_count are those of create_distributed_table(). The rows that Citus leaves behind are removed. Waits for transactions that use the table, and for all bookings of this node. Errors: 42501 not a superuser, 42704 no source, 42703 no such column, 42P01 no such table to colocate with, 22004 null, 0A000 it cannot be judged on the nodes: the column does not decide the participant, it has partitions, orders or triggers of others, or Citus manages it already; a table of a query is a source too, or in a query that begins with another, 55000 there is no Citus, or another node steers, 55P03 room under its caps is just being lent, 23S73 a node does not know a code, and those of create_distributed_table()';
