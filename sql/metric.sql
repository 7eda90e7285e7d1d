-- metric: what a cap counts of what was booked, by metric_part().

SELECT metric, steering.metric_part(metric, 12.5::steering.amount, 3::steering.amount) AS of_amounts,
	steering.metric_part(metric, 922337203685478::numeric, -922337203685478::numeric) AS of_sums
FROM unnest(ARRAY['budget', 'volume']) AS metric;

-- Of nothing booked there is nothing to count; of no metric neither.
SELECT steering.metric_part('budget', NULL::numeric, 1.0) AS no_amount, steering.metric_part(NULL, 1, 1) AS no_metric;

-- A metric that it does not know is never taken for another.
SELECT steering.metric_part('hours', 1, 2);
SELECT steering.metric_part('', 1, 2);
SELECT steering.metric_part('Budget', 1, 2);
