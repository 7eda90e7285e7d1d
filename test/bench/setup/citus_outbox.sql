-- On Citus: acts of the coordinator reach nodes in their own transaction.
SET citus.enable_unsafe_triggers = on;
SELECT create_reference_table('steering.outbox');
