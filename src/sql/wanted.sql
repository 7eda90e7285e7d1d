-- wanted.sql
-- What a page is about, for views and functions that it reads.

-- PUBLIC may execute it because views of ours do, in the name of whoever reads them.
CREATE FUNCTION steering.is_wanted(participant_id integer) RETURNS boolean
AS 'MODULE_PATHNAME', 'steering_is_wanted'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION steering.is_wanted(integer) IS 'whether rows of a participant are wanted: all are, but while report() makes a page of some of them only these, and those of no participant (null)';
