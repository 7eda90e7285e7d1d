-- risk.sql
-- What risks may cost together, by simulation.

CREATE FUNCTION steering.simulate_risk(probability double precision[], low numeric[], likely numeric[], high numeric[],
	certainty double precision, draws integer DEFAULT 100000, seed bigint DEFAULT 1, available numeric DEFAULT NULL,
	OUT required numeric, OUT mean numeric, OUT median numeric, OUT highest numeric, OUT covered numeric)
AS 'MODULE_PATHNAME', 'steering_simulate_risk'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000000;
COMMENT ON FUNCTION steering.simulate_risk(double precision[], numeric[], numeric[], numeric[], double precision, integer, bigint, numeric) IS
'what independent risks cost together, by Monte Carlo simulation: in every draw each risk occurs with its probability, and then costs an amount of a triangular distribution from low to high, densest at likely (drawn as W. E. Stein and M. F. Keblis do, A new method to simulate the triangular distribution, 2009, in whole numbers). required: the least total that this part of the draws (certainty, as 0.90) does not exceed; mean, median, highest: of all totals; covered: the part of the draws, to six decimals, whose total is not above the available amount. The same seed gives the same answer on every machine. Errors: 22004 null, 22023 a probability outside 0 to 1, low, likely and high out of order, arrays of different lengths, a certainty not between 0 and 1, fewer than 1 or more than 10,000,000 draws; 22003 amounts that could add up to more than an amount';
