#!/bin/bash
#
# Runs the test of one client, as the role app, in a database of its own that is like the database clients. For prove:
#
#	prove --exec test/applications/client.sh test/applications/clients/with_psycopg2.py
#
# A test prints TAP, and skips itself where what it needs is not installed.
#
set -eu

test=$1
name=$(basename "${test%.*}")

# skip WHY: ends a test that cannot run here
skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

createdb -T clients "$name"
# GnuCash's libraries stand in a folder of their own.
export LD_LIBRARY_PATH=$(printf '%s:' /usr/lib/*/gnucash)
export PGUSER=app PGDATABASE=$name PGPASSWORD=app PYTHONDONTWRITEBYTECODE=1
case $test in
	*.sh)
		exec bash "$test"
		;;
	*.py)
		[ -x /usr/bin/python3 ] || skip 'python3 is not installed'
		exec /usr/bin/python3 "$test"
		;;
	*.pl)
		exec perl "$test"
		;;
	*.java)
		[ -e /usr/share/java/postgresql.jar ] || skip 'libpostgresql-jdbc-java is not installed'
		javac -version >/dev/null 2>&1 || skip 'there is no Java compiler: default-jdk-headless is not installed'
		exec java -Xshare:auto -XX:TieredStopAtLevel=1 -cp /usr/share/java/postgresql.jar "$test"
		;;
	*.js)
		[ -d "${NODE_PATH:-}" ] || skip 'the packages of npm are not there'
		exec node "$test"
		;;
esac
