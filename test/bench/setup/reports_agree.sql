-- Do the reports of the extension show the same figures as plain SQL? The texts are read from the
-- files that are measured.
\cd :work
\set cap_status `sed 's/;$//' cap_status_steering.pgbench`
\set cap_status_bare `sed '/^--/d; s/;$//' cap_status_bare.pgbench`
\set usage_by_month `sed 's/;$//' usage_by_month_steering.pgbench`
\set usage_by_month_bare `sed '/^--/d; s/;$//' usage_by_month_bare.pgbench`
SELECT NOT EXISTS ((:cap_status) EXCEPT ALL (:cap_status_bare))
	AND NOT EXISTS ((:cap_status_bare) EXCEPT ALL (:cap_status))
	AND NOT EXISTS ((:usage_by_month) EXCEPT ALL (:usage_by_month_bare))
	AND NOT EXISTS ((:usage_by_month_bare) EXCEPT ALL (:usage_by_month));
