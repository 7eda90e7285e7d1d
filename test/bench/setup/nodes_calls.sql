-- How often other servers have called this one. The sessions that did must have ended: then they have told.
DO $$
BEGIN
	WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sp71_steering') LOOP
		PERFORM pg_sleep(0.1), pg_stat_clear_snapshot();
	END LOOP;
END
$$;
SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname IN ('request_allotment', 'return_allotment');
