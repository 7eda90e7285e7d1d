-- Closed periods: what was spent in them is fixed, and what is committed in them is not raised any more. close_period() and reopen_period(), which also
-- see to the settlement of the period, build on this.

-- The order of the columns is known to C. Written by C alone, with bookings excluded.
CREATE TABLE steering.closing (
	closing_id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT closing_pkey PRIMARY KEY,
	during daterange NOT NULL,
	closed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	closed_by name NOT NULL DEFAULT session_user,
	reason text,
	reopened_at timestamptz,
	reopened_by name,
	reopen_reason text,
	bookings bigint NOT NULL,
	amount numeric NOT NULL,
	volume numeric NOT NULL,
	committed_bookings numeric,
	committed_amount numeric,
	committed_volume numeric,
	CONSTRAINT closing_whole_months CHECK (lower(during) IS NOT NULL AND upper(during) IS NOT NULL
		AND isfinite(lower(during)) AND isfinite(upper(during))
		AND extract(day FROM lower(during)) = 1 AND extract(day FROM upper(during)) = 1),
	CONSTRAINT closing_reopening CHECK (num_nulls(reopened_at, reopened_by, reopen_reason) IN (0, 3)),
	CONSTRAINT closing_once EXCLUDE USING gist (during WITH =) WHERE (reopened_at IS NULL)
);
REVOKE ALL ON steering.closing FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.closing', '');
SELECT pg_catalog.pg_extension_config_dump('steering.closing_closing_id_seq', '');
COMMENT ON TABLE steering.closing IS 'periods that were closed, and which of them were reopened; written by close_bookings() and reopen_bookings() alone';
COMMENT ON COLUMN steering.closing.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.closing.during IS 'the period: whole months';
COMMENT ON COLUMN steering.closing.closed_at IS 'when it was closed, by the clock: every booking in it was committed before';
COMMENT ON COLUMN steering.closing.closed_by IS 'who had logged in and closed it';
COMMENT ON COLUMN steering.closing.reason IS 'the reason that was given; null: none';
COMMENT ON COLUMN steering.closing.reopened_at IS 'when it was reopened, by the clock; null: it is closed';
COMMENT ON COLUMN steering.closing.reopened_by IS 'who had logged in and reopened it; null: it is closed';
COMMENT ON COLUMN steering.closing.reopen_reason IS 'the reason that was given; null: it is closed';
COMMENT ON COLUMN steering.closing.bookings IS 'number of bookings in it when it was closed, for health()';
COMMENT ON COLUMN steering.closing.amount IS 'sum of their amounts (money), of both stages';
COMMENT ON COLUMN steering.closing.volume IS 'sum of their volumes, whatever their units, of both stages';
COMMENT ON COLUMN steering.closing.committed_bookings IS 'number of those that were commitments, which may still be released; null: unknown, it was closed by a version before 0.3.0';
COMMENT ON COLUMN steering.closing.committed_amount IS 'sum of the amounts of commitments; null: unknown';
COMMENT ON COLUMN steering.closing.committed_volume IS 'sum of the volumes of commitments; null: unknown';

-- PUBLIC may execute it because a view of ours does, in the name of whoever reads it.
CREATE FUNCTION steering.name_period(during daterange) RETURNS text
AS 'MODULE_PATHNAME', 'steering_name_period'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION steering.name_period(daterange) IS
'how messages call a range of days: 2026, 2026-Q1 or 2026-03 where it is one of these, else its first and last day; null: it has no first or last day';

CREATE FUNCTION steering.close_bookings(period text, reason text DEFAULT NULL) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_close_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.close_bookings(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.close_bookings(text, text) IS
'closes a period to bookings and returns the number of the closing: what changes bookings in it is refused from now on (23S74), by this transaction too, except that commitments may be released, lowered and carried to an open day. Says how many are open (a NOTICE). Waits for running bookings, and new ones wait until it is committed: what is read after it, with a new snapshot, is what the period has. Errors: those of period_range(), 55000 the period is closed already, also as a part of a longer one, or overlaps a closed one that is not a part of it';

CREATE FUNCTION steering.reopen_bookings(period text, reason text) RETURNS integer
AS 'MODULE_PATHNAME', 'steering_reopen_bookings'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.reopen_bookings(text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.reopen_bookings(text, text) IS
'opens a closed period to bookings again, as it was closed, and returns the number of the closing that ends. Waits for running bookings. Errors: those of period_range(), 22004 no reason, 22023 an empty one, 55000 the period is not closed, or is a part of a longer one that is, or a correction of it was settled in a period that is closed (see reopen_period()), 40001 concurrent change under REPEATABLE READ and SERIALIZABLE';

CREATE VIEW steering.closed_period WITH (security_barrier) AS
SELECT steering.name_period(closing.during) AS period,
	lower(closing.during) AS first_day,
	upper(closing.during) - 1 AS last_day,
	closing.closing_id,
	closing.closed_at,
	closing.closed_by,
	closing.reason
FROM steering.closing
WHERE closing.reopened_at IS NULL;
GRANT SELECT ON steering.closed_period TO PUBLIC;
COMMENT ON VIEW steering.closed_period IS 'periods that are closed to bookings now';
COMMENT ON COLUMN steering.closed_period.period IS 'the period: 2026, 2026-Q1, 2026-03, or its first and last day';
COMMENT ON COLUMN steering.closed_period.first_day IS 'its first day';
COMMENT ON COLUMN steering.closed_period.last_day IS 'its last day';
COMMENT ON COLUMN steering.closed_period.closing_id IS 'number of the closing';
COMMENT ON COLUMN steering.closed_period.closed_at IS 'when it was closed';
COMMENT ON COLUMN steering.closed_period.closed_by IS 'who had logged in and closed it';
COMMENT ON COLUMN steering.closed_period.reason IS 'the reason that was given; null: none';

-- Of closings by a version before 0.3.0 nobody knows what was committed: they are held against all of it.
CREATE VIEW steering.closing_problem AS
SELECT format('period %s', steering.name_period(closing.during)) AS subject, 'changed after closing' AS problem,
	format('When it was closed it had %s bookings, amount %s, volume %s%s; now %s, %s, %s. A table was dropped, or repair() has mended what triggers had not seen%s.',
		   closed.bookings, closed.amount, closed.volume,
		   CASE WHEN closing.committed_bookings IS NULL THEN ', commitments included' ELSE ' without commitments' END,
		   stored.bookings, stored.amount, stored.volume,
		   CASE WHEN closing.committed_bookings IS NULL THEN ', or commitments were released' END) AS detail,
	'reopen it, see to its bookings, and close it again' AS hint
FROM steering.closing
CROSS JOIN LATERAL (
	SELECT closing.bookings - coalesce(closing.committed_bookings, 0) AS bookings,
		closing.amount - coalesce(closing.committed_amount, 0) AS amount,
		closing.volume - coalesce(closing.committed_volume, 0) AS volume) AS closed
CROSS JOIN LATERAL (
	SELECT coalesce(sum(usage_cell.bookings), 0) AS bookings, coalesce(sum(usage_cell.amount::numeric), 0) AS amount,
		coalesce(sum(usage_cell.volume::numeric), 0) AS volume
	FROM steering.usage_cell
	WHERE usage_cell.service_id <> 0
		AND usage_cell.month >= lower(closing.during) AND usage_cell.month < upper(closing.during)
		AND (closing.committed_bookings IS NULL
			OR usage_cell.source_id NOT IN (SELECT source.source_id FROM steering.source_stage AS source WHERE source.stage = 'commitment'))) AS stored
WHERE closing.reopened_at IS NULL
	AND (stored.bookings <> closed.bookings OR stored.amount <> closed.amount OR stored.volume <> closed.volume);
REVOKE ALL ON steering.closing_problem FROM PUBLIC;
COMMENT ON VIEW steering.closing_problem IS 'health(): closed periods whose bookings are not those that were closed in';
COMMENT ON COLUMN steering.closing_problem.subject IS 'a closed period';
COMMENT ON COLUMN steering.closing_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.closing_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.closing_problem.hint IS 'what to do';
