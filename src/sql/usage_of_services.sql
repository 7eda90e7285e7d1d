-- usage_of_services.sql
-- What was spent on each service in each month, by all participants together.

-- PUBLIC may execute it because pages of ours do, in the name of whoever asks for them.
CREATE FUNCTION steering.usage_of_services(first_month date, end_month date)
RETURNS TABLE (service text, month date, actual numeric)
AS 'MODULE_PATHNAME', 'steering_usage_of_services'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION steering.usage_of_services(date, date) IS
'what usage_by_month has of stage actual in the months from first_month until before end_month (first days of months), of all participants that the role may read together: the amount per service and month with bookings. From stored usage in one pass, so its time does not grow with the number of bookings';
