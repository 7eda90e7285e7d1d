-- What was booked in a range of months, for the reports on cost and results.

-- PUBLIC may execute it because functions of ours do, in the name of whoever calls them.
CREATE FUNCTION steering.usage_between(first_month date, end_month date)
RETURNS TABLE (service_id integer, participant_id integer, actual steering.amount, committed steering.amount,
	volume steering.amount, committed_volume steering.amount, bookings bigint)
AS 'MODULE_PATHNAME', 'steering_usage_between'
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.usage_between(date, date) IS
'what was booked from first_month until before end_month (first days of months; null: without bound) per service and participant, as far as the role may read it: amounts of sources of stage actual and commitment, volumes likewise, number of bookings of both. From stored usage in one pass, so its time does not grow with the number of bookings. Error: 22003 a sum does not fit';
