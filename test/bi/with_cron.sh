# pg_cron: the schedules of README, as a role that may do just that, on a server of their own that loads pg_cron; every minute, for
# it knows no less. So this takes a minute.
set -u

. test/applications/functions.sh
. test/bi/tap.sh

# Stops the server of this test.
stop() { (as_server_user pg_ctl stop -s -w -m immediate -D "$BI_FOLDER/data") >/dev/null 2>&1; }

# A server with the library, on the private server's installation.
start() {
	[ "$(id -u)" -ne 0 ] || chown "$PRIVATE_USER" "$BI_FOLDER"
	cd "$BI_FOLDER" || exit
	(as_server_user initdb -D data -U postgres -A trust --no-locale --no-sync) >initdb.log 2>&1 || return
	(as_server_user tee -a data/postgresql.conf) >/dev/null <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$BI_FOLDER'
		fsync = off
		shared_preload_libraries = 'pg_cron'
		cron.database_name = 'finance'
		cron.use_background_workers = on
	CONF
	export PGHOST=$BI_FOLDER PGDATABASE=postgres
	(as_server_user pg_ctl start -s -w -t 60 -D data -l server.log) || return
	createdb finance
	cd "$OLDPWD" || exit
}

# SQL of README below its title, every minute.
schedules() { sed -n '/^### Alerts by a schedule/,/^## /{/^```sql/,/^```/{/^```/!p}}' README.md | sed -E "s/', '[0-9*]\S* \S+ \S+ \S+ \S+'/', '* * * * *'/"; }

ask() { psql -qXAt -d finance -v ON_ERROR_STOP=1 -c "$1" 2>&1; }
all_ran() { [ "$(ask "SELECT count(DISTINCT jobid) FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')")" = 4 ]; }

[ -e "$(pg_config --sharedir)/extension/pg_cron.control" ] || skip "pg_cron is not installed"
trap stop EXIT
start || { cat "$BI_FOLDER"/*.log >&2; exit 1; }
psql -qXAt -d finance -v ON_ERROR_STOP=1 >"$BI_FOLDER/setup.log" 2>&1 <<'SQL' || { cat "$BI_FOLDER/setup.log" >&2; exit 1; }
CREATE EXTENSION pg_cron;
CREATE EXTENSION sp71_steering;
INSERT INTO steering.participant (code, name) VALUES ('town', 'Town');
INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
SELECT steering.set_cap('ict', 'town', 'budget', format('[%s,%s)', date_trunc('year', now())::date, (date_trunc('year', now()) + interval '2 years')::date), 100, '50% warn, 100% block');
SELECT steering.reserve('ict', 'town', current_date, 60, 0, now() + interval '1 day');
SELECT steering.reserve('ict', 'town', current_date, 5, 0, now() + interval '1 second');
CREATE ROLE steward LOGIN;
GRANT USAGE ON SCHEMA cron TO steward;
GRANT EXECUTE ON FUNCTION steering.notify_alerts, steering.release_expired, steering.compact, steering.forget_refusals TO steward;
SQL
schedules >"$BI_FOLDER/schedules.sql"
output=$(psql -qXAt -U steward -d finance -v ON_ERROR_STOP=1 -f "$BI_FOLDER/schedules.sql" 2>&1)
equal "$(ask 'SELECT count(*), count(DISTINCT username) FROM cron.job')" '4|1' 'the schedules of README are made, by a role that may do just that'
output=$( (echo 'LISTEN sp71_steering;'; wait_for 150 all_ran; echo 'SELECT 1;') | psql -qXAt -d finance 2>&1)
says '"kind" : "alert", "alert" : "step", "severity" : "warning"' 'who listens is told of an alert'
output=$(ask "SELECT command, status, return_message FROM cron.job_run_details")
equal "$(ask "SELECT count(DISTINCT jobid) FROM cron.job_run_details WHERE status = 'succeeded'")" 4 'all of them ran, and none failed'
equal "$(ask "SELECT count(*) FROM steering.alert_seen WHERE alert LIKE 'cap 1: %'")" 1 'and it is noted that he was'
equal "$(ask 'SELECT state, resolved_by IS NOT NULL FROM steering.reservation_status ORDER BY id')" $'open|f\nexpired|t' \
	'a reservation that has expired is released, and another is not'
finish
