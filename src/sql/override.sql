-- Overrides: room above the threshold at which one cap blocks, for the bookings that need it.

-- What an override has left is counted from its uses, which are never changed: so there is nothing that could differ from
-- them. Rows of both tables are written by who holds the counter of the cap as a whole, and by nobody else. Over several nodes
-- overrides are the coordinator's, and uses stand on the node that drew.
CREATE TABLE steering.override_grant (
	override_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT override_grant_pkey PRIMARY KEY,
	cap_id integer NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT override_grant_amount CHECK (amount OPERATOR(steering.>) 0::steering.amount),
	until timestamptz NOT NULL CONSTRAINT override_grant_until CHECK (isfinite(until)),
	uses integer NOT NULL CONSTRAINT override_grant_uses CHECK (uses > 0),
	reason text NOT NULL,
	granted_by text NOT NULL DEFAULT session_user,
	granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	revoked_by text,
	revoked_at timestamptz,
	revoke_reason text
);
REVOKE ALL ON steering.override_grant FROM PUBLIC;
CREATE INDEX override_grant_cap_id_idx ON steering.override_grant (cap_id);
SELECT pg_catalog.pg_extension_config_dump('steering.override_grant', '');
SELECT pg_catalog.pg_extension_config_dump('steering.override_grant_override_id_seq', '');
COMMENT ON TABLE steering.override_grant IS 'overrides, written by grant_override() and revoke_override() alone; steering.override_status shows each role those that it may read';
COMMENT ON COLUMN steering.override_grant.override_id IS 'number of the override';
COMMENT ON COLUMN steering.override_grant.cap_id IS 'the cap; it may be gone';
COMMENT ON COLUMN steering.override_grant.amount IS 'how much bookings may draw above the threshold at which the cap blocks, in all';
COMMENT ON COLUMN steering.override_grant.until IS 'statements that begin at this moment or later draw nothing any more';
COMMENT ON COLUMN steering.override_grant.uses IS 'how many transactions may draw of it';
COMMENT ON COLUMN steering.override_grant.reason IS 'why';
COMMENT ON COLUMN steering.override_grant.granted_by IS 'who had logged in and granted it';
COMMENT ON COLUMN steering.override_grant.granted_at IS 'when';
COMMENT ON COLUMN steering.override_grant.revoked_by IS 'who had logged in and revoked it; null: it was not revoked';
COMMENT ON COLUMN steering.override_grant.revoked_at IS 'when; null: it was not revoked';
COMMENT ON COLUMN steering.override_grant.revoke_reason IS 'why; null: it was not revoked, or it was not said';

CREATE TABLE steering.override_use (
	use_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT override_use_pkey PRIMARY KEY,
	override_id integer NOT NULL,
	use_number integer NOT NULL,
	amount steering.amount NOT NULL CONSTRAINT override_use_amount CHECK (amount OPERATOR(steering.>) 0::steering.amount),
	used steering.amount NOT NULL,
	relation text NOT NULL,
	statement_at timestamptz NOT NULL,
	transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
	role_name text NOT NULL DEFAULT session_user
);
REVOKE ALL ON steering.override_use FROM PUBLIC;
CREATE INDEX override_use_override_id_idx ON steering.override_use (override_id, use_number);
SELECT pg_catalog.pg_extension_config_dump('steering.override_use', '');
SELECT pg_catalog.pg_extension_config_dump('steering.override_use_use_id_seq', '');
COMMENT ON TABLE steering.override_use IS 'what bookings have drawn of overrides, written by C alone; steering.override_draw shows each role what it may read';
COMMENT ON COLUMN steering.override_use.use_id IS 'number of the use';
COMMENT ON COLUMN steering.override_use.override_id IS 'the override';
COMMENT ON COLUMN steering.override_use.use_number IS 'the how manieth transaction that drew of it';
COMMENT ON COLUMN steering.override_use.amount IS 'how much';
COMMENT ON COLUMN steering.override_use.used IS 'usage of the cap after the statement, or the transaction';
COMMENT ON COLUMN steering.override_use.relation IS 'name of the table that was written, qualified, quoted where needed';
COMMENT ON COLUMN steering.override_use.statement_at IS 'when the statement began, or the COMMIT where that is what judged it';
COMMENT ON COLUMN steering.override_use.transaction IS 'number of the transaction, in the server that it ran on';
COMMENT ON COLUMN steering.override_use.role_name IS 'who had logged in';

CREATE VIEW steering.override_left AS
SELECT override_grant.override_id, override_grant.cap_id,
	coalesce(used.amount, 0) AS drawn,
	override_grant.amount::numeric - coalesce(used.amount, 0) AS remaining,
	coalesce(used.transactions, 0) AS transactions,
	CASE WHEN override_grant.revoked_at IS NOT NULL THEN 'revoked'
		WHEN override_grant.until <= statement_timestamp() THEN 'lapsed'
		WHEN used.amount >= override_grant.amount::numeric OR used.transactions >= override_grant.uses THEN 'used'
		ELSE 'open' END AS state
FROM steering.override_grant
LEFT JOIN (SELECT part.override_id, sum(part.amount::numeric) AS amount, max(part.use_number) AS transactions
	FROM (SELECT override_use.override_id, override_use.amount, override_use.use_number FROM steering.override_use
		UNION ALL
		SELECT elsewhere.override_id, elsewhere.amount, elsewhere.use_number FROM steering.override_use_elsewhere() AS elsewhere) AS part
	GROUP BY part.override_id) AS used ON used.override_id = override_grant.override_id;
REVOKE ALL ON steering.override_left FROM PUBLIC;
COMMENT ON VIEW steering.override_left IS 'what overrides have left now';
COMMENT ON COLUMN steering.override_left.override_id IS 'the override';
COMMENT ON COLUMN steering.override_left.cap_id IS 'its cap';
COMMENT ON COLUMN steering.override_left.drawn IS 'what bookings have drawn of it';
COMMENT ON COLUMN steering.override_left.remaining IS 'its amount without that';
COMMENT ON COLUMN steering.override_left.transactions IS 'how many transactions have drawn of it';
COMMENT ON COLUMN steering.override_left.state IS 'open, used (up), lapsed or revoked';

CREATE VIEW steering.override_by_cap AS
SELECT override_left.cap_id, sum(override_left.drawn) AS drawn,
	coalesce(sum(override_left.remaining) FILTER (WHERE override_left.state = 'open'), 0) AS room
FROM steering.override_left
GROUP BY override_left.cap_id;
REVOKE ALL ON steering.override_by_cap FROM PUBLIC;
COMMENT ON VIEW steering.override_by_cap IS 'overrides of each cap that has some, taken together';
COMMENT ON COLUMN steering.override_by_cap.cap_id IS 'the cap';
COMMENT ON COLUMN steering.override_by_cap.drawn IS 'what bookings have drawn of them';
COMMENT ON COLUMN steering.override_by_cap.room IS 'what they still let through now above the threshold, or above usage where that is more';
