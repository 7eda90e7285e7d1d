-- The dry run of attach().

CREATE FUNCTION steering.attach_problems(relation regclass, service text, participant text, booked_on text,
    amount text DEFAULT NULL, volume text DEFAULT NULL, counts_when text DEFAULT NULL,
    stage text DEFAULT 'actual', unknown text DEFAULT 'refuse', accept_overrun boolean DEFAULT false,
    reference text DEFAULT NULL, releases text DEFAULT NULL, final text DEFAULT NULL)
RETURNS TABLE (problem text, argument text, value text, "rows" bigint, first_row text, sqlstate text, detail text, hint text,
    amount numeric, used numeric, after numeric, blocks_at numeric)
AS 'MODULE_PATHNAME', 'steering_attach_problems'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
REVOKE ALL ON FUNCTION steering.attach_problems(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.attach_problems(regclass, text, text, text, text, text, text, text, text, boolean, text, text, text) IS
'the dry run of attach() with the same arguments, or for a source of another mapping: one row per kind of problem and value, those that attach() refuses first. Of a kind at most 1000 values are told apart. rows: how many of the table; first_row: names the first of them; sqlstate: of the error, null where attach() would pass; amount, used, after, blocks_at: of a cap that the caller may read. Rows with which something is wrong are not counted in caps; what rows release of order lines is taken off. Changes nothing and locks no more than reading does; what the mapping calls runs as the owner of the table. Only the owner may. Errors: 42501 not the owner, 22004 null, 22023 wrong stage or unknown';
