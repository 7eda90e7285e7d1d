#!/bin/bash
#
# Runs a command with pgbouncer before the private server:
#
#	test/private_server.sh test/applications/pool.sh COMMAND [ARGUMENT...]
#
# It listens in the folder of the server's socket and on 127.0.0.1, on a port that is free, for the roles app and bi, whose
# passwords are their names. Each database of the server is there by its name, with a session of the server for each of
# the client; and as NAME_pool, with one for each transaction. COMMAND finds the port in POOL_PORT, which is not set where
# pgbouncer is not installed. pgbouncer ends with the command.
#
# Reads:	DATABASES	the databases
#
set -eu

. "$(dirname "$0")/functions.sh"
pool=

stop() { [ -z "$pool" ] || stop_process "$pool"; }

write_settings() {
	local database

	printf '"%s" "%s"\n' app app bi bi >"$PRIVATE_FOLDER/pool.users"
	{
		echo '[databases]'
		for database in $DATABASES; do
			echo "$database = host=$PGHOST port=$PGPORT pool_mode=session"
			echo "${database}_pool = host=$PGHOST port=$PGPORT dbname=$database pool_mode=transaction"
		done
		echo '[pgbouncer]'
		echo 'listen_addr = 127.0.0.1'
		echo "listen_port = $POOL_PORT"
		echo "unix_socket_dir = $PGHOST"
		echo 'auth_type = plain'
		echo "auth_file = $PRIVATE_FOLDER/pool.users"
		echo 'ignore_startup_parameters = extra_float_digits'
		echo 'default_pool_size = 5'
	} >"$PRIVATE_FOLDER/pool.ini"
}

if ! PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null; then
	echo "pool: pgbouncer is not installed: nothing is tried behind it" >&2
	exec "$@"
fi
export POOL_PORT
POOL_PORT=$(free_port)
write_settings
trap stop EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
as_server_user "$(PATH=$PATH:/usr/sbin command -v pgbouncer)" -q "$PRIVATE_FOLDER/pool.ini" >"$PRIVATE_FOLDER/pool.log" 2>&1 &
pool=$!
wait_for 10 [ -S "$PGHOST/.s.PGSQL.$POOL_PORT" ] || { cat "$PRIVATE_FOLDER/pool.log" >&2; exit 1; }
status=0
"$@" || status=$?
exit $status
