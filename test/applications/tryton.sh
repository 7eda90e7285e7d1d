#!/bin/bash
#
# Runs a test of Tryton: a server of it, on a database of its own, as the role tryton, which owns it. For prove:
#
#	prove --exec test/applications/tryton.sh test/applications/tryton/ledger.py
#
# The test finds the address of its RPC in TRYTON, and the database in PGDATABASE. Skips it where Tryton's packages are
# not installed. The server runs as who the private server runs as, on 127.0.0.1, and ends with the test.
#
set -eu

. "$(dirname "$0")/functions.sh"
test=$1
name=tryton_$(basename "$test" .py)
folder=$PRIVATE_FOLDER/$name
modules='account_invoice purchase analytic_invoice analytic_purchase'
server=

stop() { [ -z "$server" ] || stop_process "$server"; }

missing=
for module in $modules; do
	[ -e "/usr/lib/python3/dist-packages/trytond/modules/$module/tryton.cfg" ] ||
		missing+=" tryton-modules-${module//_/-}"
done
[ -e /usr/lib/python3/dist-packages/proteus ] || missing+=' tryton-proteus'
if [ -n "$missing" ]; then
	echo "1..0 # SKIP these are not installed:$missing"
	exit 0
fi

trap stop EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
port=$(free_port)
mkdir "$folder"
cat >"$folder/trytond.conf" <<CONF
[database]
uri = postgresql://tryton@/?host=$PGHOST
path = $folder/files
[web]
listen = 127.0.0.1:$port
CONF
echo admin >"$folder/password"
if [ "$(id -u)" -eq 0 ]; then
	chown -R "$PRIVATE_USER" "$folder"
fi

# The database of the first test serves the others too: to make Tryton's tables takes half a minute.
if [ -z "$(psql -qXAtc "SELECT 1 FROM pg_database WHERE datname = 'tryton'")" ]; then
	createuser tryton
	createdb -O tryton tryton
	TRYTONPASSFILE=$folder/password trytond-admin -c "$folder/trytond.conf" -d tryton --email admin@example.org \
		-u $modules --activate-dependencies >"$folder/admin.log" 2>&1 || { cat "$folder/admin.log" >&2; exit 1; }
fi
createdb -O tryton -T tryton "$name"

(cd "$folder" && as_server_user trytond -c "$folder/trytond.conf" -d "$name") >"$folder/server.log" 2>&1 &
server=$!
wait_for 60 perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:'"$port"'")' ||
	{ cat "$folder/server.log" >&2; exit 1; }
status=0
# Tryton's own tests want to know a database in DB_NAME: its tools for tests stand beside them.
DB_NAME=$name TRYTON=http://127.0.0.1:$port/$name/ PGDATABASE=$name PYTHONDONTWRITEBYTECODE=1 \
	PYTHONPATH="$(dirname "$0")/clients" /usr/bin/python3 -W ignore "$test" || status=$?
if [ "$status" -ne 0 ]; then
	grep -v 'INFO werkzeug' "$folder/server.log" | tail -n 20 | sed 's/^/# /' >&2
fi
exit $status
