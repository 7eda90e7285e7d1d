-- Refusals of bookings, kept although their transactions were rolled back.

-- A worker writes it, sp71_steering.record_refusals = 'table'. The figures are for who may read them: hence the view.
CREATE TABLE steering.refusal_log (
    refusal_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT refusal_log_pkey PRIMARY KEY,
    refused_at timestamptz NOT NULL,
    kind text NOT NULL,
    sqlstate text NOT NULL,
    cap_id integer,
    metric text,
    source text,
    service text,
    participant text,
    booked_on date,
    asked steering.amount,
    too_much steering.amount,
    session_name text,
    role_name text,
    application_name text
);
REVOKE ALL ON steering.refusal_log FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.refusal_log', '');
SELECT pg_catalog.pg_extension_config_dump('steering.refusal_log_refusal_id_seq', '');
COMMENT ON TABLE steering.refusal_log IS 'bookings that were refused, as a background worker wrote them; the view refusal shows them';
COMMENT ON COLUMN steering.refusal_log.refusal_id IS 'number of the refusal';
COMMENT ON COLUMN steering.refusal_log.refused_at IS 'when it was refused';
COMMENT ON COLUMN steering.refusal_log.kind IS 'cap: one would be exceeded; no cap: the service requires one; unknown key: service, participant or day; closed period';
COMMENT ON COLUMN steering.refusal_log.sqlstate IS 'of the error';
COMMENT ON COLUMN steering.refusal_log.cap_id IS 'number of the cap; null: none refused; it may be gone';
COMMENT ON COLUMN steering.refusal_log.metric IS 'budget or volume, of the cap';
COMMENT ON COLUMN steering.refusal_log.source IS 'the finance table, as it was called then';
COMMENT ON COLUMN steering.refusal_log.service IS 'code of the service: that of the cap; else as the row has it';
COMMENT ON COLUMN steering.refusal_log.participant IS 'code of the participant: that of the cap; else as the row has it';
COMMENT ON COLUMN steering.refusal_log.booked_on IS 'day of the booking, where one day was refused';
COMMENT ON COLUMN steering.refusal_log.asked IS 'what the statement, or the transaction at its commit, would have added to the usage of the cap';
COMMENT ON COLUMN steering.refusal_log.too_much IS 'by how much the cap would have been exceeded';
COMMENT ON COLUMN steering.refusal_log.session_name IS 'who had logged in';
COMMENT ON COLUMN steering.refusal_log.role_name IS 'in whose name the statement ran';
COMMENT ON COLUMN steering.refusal_log.application_name IS 'as the client called itself';

-- The handle of the shared memory in which sessions find the worker's queue; 0: there is none. A sequence, since
-- what it says does not depend on transactions, and leaves no dead rows.
CREATE SEQUENCE steering.refusal_queue AS bigint MINVALUE 0 START WITH 0 NO CYCLE;
REVOKE ALL ON SEQUENCE steering.refusal_queue FROM PUBLIC;
COMMENT ON SEQUENCE steering.refusal_queue IS 'where the worker that writes refusals is to be found';

-- A sequence, since it is counted by transactions that are rolled back.
CREATE SEQUENCE steering.refusal_lost AS bigint;
REVOKE ALL ON SEQUENCE steering.refusal_lost FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('steering.refusal_lost', '');
COMMENT ON SEQUENCE steering.refusal_lost IS 'how many refusals are not in the table, since they came faster than they could be written, or no worker could be started; after a crash up to 32 more';

-- Columns with figures are expressions, as those of the view event, so that the planner tells nobody of others'.
CREATE VIEW steering.refusal WITH (security_barrier) AS
SELECT refusal_log.refusal_id,
	refusal_log.refused_at,
	refusal_log.kind,
	refusal_log.sqlstate,
	refusal_log.cap_id,
	refusal_log.metric,
	refusal_log.source,
	refusal_log.service,
	refusal_log.participant,
	refusal_log.booked_on,
	CASE WHEN shown.is_readable THEN refusal_log.asked::numeric END AS asked,
	CASE WHEN shown.is_readable THEN refusal_log.too_much::numeric END AS too_much,
	refusal_log.session_name,
	refusal_log.role_name,
	refusal_log.application_name
FROM steering.refusal_log
CROSS JOIN LATERAL (
	SELECT (SELECT has_table_privilege('steering.cap'::regclass, 'SELECT'))
		OR coalesce(refusal_log.participant IN (SELECT readable_participant.code FROM steering.readable_participant), false)
		AS is_readable) AS shown
WHERE shown.is_readable OR refusal_log.session_name = session_user;
REVOKE ALL ON steering.refusal FROM PUBLIC;
GRANT SELECT ON steering.refusal TO PUBLIC;
COMMENT ON VIEW steering.refusal IS 'bookings that were refused, where sp71_steering.record_refusals is table: each role sees its own, and those of participants whose figures it may read';
COMMENT ON COLUMN steering.refusal.refusal_id IS 'number of the refusal; one that several caps refused has a row for each, up to ten';
COMMENT ON COLUMN steering.refusal.refused_at IS 'when it was refused';
COMMENT ON COLUMN steering.refusal.kind IS 'cap: one would be exceeded; no cap: the service requires one; unknown key: service, participant or day; closed period';
COMMENT ON COLUMN steering.refusal.sqlstate IS 'of the error';
COMMENT ON COLUMN steering.refusal.cap_id IS 'number of the cap; null: none refused; it may be gone';
COMMENT ON COLUMN steering.refusal.metric IS 'budget or volume, of the cap';
COMMENT ON COLUMN steering.refusal.source IS 'the finance table, as it was called then';
COMMENT ON COLUMN steering.refusal.service IS 'code of the service: that of the cap; else as the row has it';
COMMENT ON COLUMN steering.refusal.participant IS 'code of the participant: that of the cap; else as the row has it';
COMMENT ON COLUMN steering.refusal.booked_on IS 'day of the booking, where one day was refused';
COMMENT ON COLUMN steering.refusal.asked IS 'what the statement, or the transaction at its commit, would have added to the usage of the cap; null for who may not read it';
COMMENT ON COLUMN steering.refusal.too_much IS 'by how much the cap would have been exceeded; null for who may not read it';
COMMENT ON COLUMN steering.refusal.session_name IS 'who had logged in';
COMMENT ON COLUMN steering.refusal.role_name IS 'in whose name the statement ran';
COMMENT ON COLUMN steering.refusal.application_name IS 'as the client called itself';

CREATE FUNCTION steering.forget_refusals(before timestamptz DEFAULT 'infinity') RETURNS bigint
AS 'MODULE_PATHNAME', 'steering_forget_refusals'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION steering.forget_refusals(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION steering.forget_refusals(timestamptz) IS
'deletes the refusals that were kept before a moment (default: all) and returns how many; counts those that did not come into the table anew. Errors: 22004 null';

CREATE VIEW steering.refusal_problem AS
SELECT 'refusals' AS subject, 'not in the table' AS problem,
	format('%s refusals came faster than they could be written, or while no worker could be started.', refusal_lost.last_value) AS detail,
	'the server''s log has the errors, and lines with "sp71_steering refusal"; raise max_worker_processes if no worker could be started; SELECT steering.forget_refusals() counts anew' AS hint
FROM steering.refusal_lost
WHERE refusal_lost.is_called;
REVOKE ALL ON steering.refusal_problem FROM PUBLIC;
COMMENT ON VIEW steering.refusal_problem IS 'health(): refusals that were not kept in the table';
COMMENT ON COLUMN steering.refusal_problem.subject IS 'refusals';
COMMENT ON COLUMN steering.refusal_problem.problem IS 'what is wrong';
COMMENT ON COLUMN steering.refusal_problem.detail IS 'what follows from it';
COMMENT ON COLUMN steering.refusal_problem.hint IS 'what to do';
