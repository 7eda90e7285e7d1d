-- Who holds the stripes of the counters.

-- PUBLIC may execute it because the view below does, in the name of whoever reads it.
CREATE FUNCTION steering.cap_stripe_scan()
RETURNS TABLE (cap_id integer, stripe integer, used steering.amount, floor steering.amount, ceiling steering.amount,
	depth integer, holder xid, held_by integer)
AS 'MODULE_PATHNAME', 'steering_cap_stripe_scan'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION steering.cap_stripe_scan() IS
'the stripes of all counters as they are now, for who may select from steering.cap; others get no rows. Holder: the transaction that has changed or locked the stripe and is not over; held_by: its process, null where it has none, being prepared or on the primary of this standby';

CREATE VIEW steering.cap_stripe WITH (security_barrier) AS
SELECT stripe.cap_id,
	stripe.stripe,
	stripe.used::numeric AS used,
	CASE WHEN stripe.depth > 0 THEN stripe.floor::numeric END AS floor,
	CASE WHEN stripe.depth > 0 THEN stripe.ceiling::numeric END AS ceiling,
	CASE WHEN stripe.depth > 0 THEN stripe.ceiling::numeric - stripe.used::numeric END AS room,
	stripe.depth,
	stripe.holder IS NOT NULL AS held,
	stripe.held_by,
	prepared.gid AS prepared
FROM steering.cap_stripe_scan() AS stripe
LEFT JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = stripe.holder;
GRANT SELECT ON steering.cap_stripe TO PUBLIC;
COMMENT ON VIEW steering.cap_stripe IS 'the rows that the counter of each cap is divided into, and who holds them now, for who may select from steering.cap; others see no rows';
COMMENT ON COLUMN steering.cap_stripe.cap_id IS 'number of the cap';
COMMENT ON COLUMN steering.cap_stripe.stripe IS 'number of the stripe; 0 is always there';
COMMENT ON COLUMN steering.cap_stripe.used IS 'usage counted in it, without what the present transaction has not written yet; the sum over the stripes is the usage of the cap';
COMMENT ON COLUMN steering.cap_stripe.floor IS 'how low it may go without a look at the others; null at depth 0';
COMMENT ON COLUMN steering.cap_stripe.ceiling IS 'how high it may go without a look at the others; null at depth 0';
COMMENT ON COLUMN steering.cap_stripe.room IS 'ceiling minus used; null at depth 0: see headroom of steering.cap_status';
COMMENT ON COLUMN steering.cap_stripe.depth IS 'how often it was divided; 0: it is the whole counter';
COMMENT ON COLUMN steering.cap_stripe.held IS 'whether a transaction that is not over has changed or locked it';
COMMENT ON COLUMN steering.cap_stripe.held_by IS 'pid of the process whose transaction that is; null: nobody, or one without a process';
COMMENT ON COLUMN steering.cap_stripe.prepared IS 'identifier of the prepared transaction that holds it; null: none does';
