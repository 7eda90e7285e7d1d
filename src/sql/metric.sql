-- What a cap can limit.

-- PUBLIC may execute it: it tells nothing.
CREATE FUNCTION steering.metric_part(metric text, amount anyelement, volume anyelement) RETURNS anyelement
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'steering_metric_part';
COMMENT ON FUNCTION steering.metric_part(text, anyelement, anyelement) IS
'what a cap on this metric counts of what was booked: one of these. Error: 22023 there is no such metric';
