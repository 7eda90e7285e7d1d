-- allocate.sql
-- Dividing an amount by weights so that the shares add up to it, to the smallest unit.

CREATE FUNCTION steering.allocate(amount numeric, weights numeric[], unit numeric DEFAULT 0.01, all_zero text DEFAULT 'error')
RETURNS numeric[]
AS 'MODULE_PATHNAME', 'steering_allocate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocate(numeric, numeric[], numeric, text) IS
'shares of an amount by weights, which add up to it exactly: the largest remainder method (Hamilton 1792, Hare-Niemeyer; M. L. Balinski and H. P. Young, Fair Representation, 1982). Each share is the whole units of its quota amount * weight / sum(weights); the units that are left go to the largest remainders, compared exactly, of equal ones to the first. What is finer in the amount than the unit goes to the place whose turn is next. So no share is a unit or more from its quota. A negative amount is divided like its opposite. If all weights are zero: error, equal (shares), or unallocated (shares of zero: the amount less their sum is what nobody bears). Null if the amount is null. Errors: 22004 null weights, unit or all_zero; 22023 weights that are none, negative, NaN, infinite, of several dimensions, or all zero; a unit that is not above zero, an amount that is not finite, another all_zero; 22003 overflow';

-- Aggregates take no defaults: the form with two arguments has those of allocate().
CREATE FUNCTION steering.allocate_accumulate(internal, numeric, numeric) RETURNS internal
AS 'MODULE_PATHNAME', 'steering_allocate_accumulate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric) IS 'aggregate transition function';

CREATE FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) RETURNS internal
AS 'MODULE_PATHNAME', 'steering_allocate_accumulate'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_accumulate(internal, numeric, numeric, numeric, text) IS 'aggregate transition function';

CREATE FUNCTION steering.allocate_rows(internal) RETURNS numeric[]
AS 'MODULE_PATHNAME', 'steering_allocate_rows'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION steering.allocate_rows(internal) FROM PUBLIC;
COMMENT ON FUNCTION steering.allocate_rows(internal) IS 'aggregate final function';

CREATE AGGREGATE steering.allocate_agg(amount numeric, weight numeric) (
	SFUNC = steering.allocate_accumulate, STYPE = internal, SSPACE = 1024,
	FINALFUNC = steering.allocate_rows, PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.allocate_agg(numeric, numeric) IS
'allocate() over the rows of a group, in cents: the shares in the order of the rows, so write allocate_agg(amount, weight ORDER BY ...). The amount must be the same in all rows (22023), a weight not null (22004). Null without rows';

CREATE AGGREGATE steering.allocate_agg(amount numeric, weight numeric, unit numeric, all_zero text) (
	SFUNC = steering.allocate_accumulate, STYPE = internal, SSPACE = 1024,
	FINALFUNC = steering.allocate_rows, PARALLEL = SAFE
);
COMMENT ON AGGREGATE steering.allocate_agg(numeric, numeric, numeric, text) IS
'allocate() over the rows of a group: the shares in the order of the rows, so write allocate_agg(amount, weight, unit, all_zero ORDER BY ...). The amount must be the same in all rows (22023), a weight not null (22004); unit and all_zero are those of the first row. Null without rows';

CREATE FUNCTION steering.allocated(amount numeric, weight numeric, unit numeric DEFAULT 0.01, all_zero text DEFAULT 'error')
RETURNS numeric
AS 'MODULE_PATHNAME', 'steering_allocated'
LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION steering.allocated(numeric, numeric, numeric, text) IS
'window function: the share of this row when the amount is divided among all rows of the partition, as allocate() does it. Of equal remainders the first row in the order of the window gets the unit, so let ORDER BY decide. The amount must be the same in all rows (22023), a weight not null (22004); unit and all_zero are those of the first row';
