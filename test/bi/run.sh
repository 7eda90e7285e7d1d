#!/bin/bash
#
# Runs a test of what BI tools do, on the year of the demo. For prove, behind test/applications/pool.sh:
#
#	prove --exec test/bi/run.sh test/bi/with_odbc.py
#
# A test prints TAP, and skips itself where what it needs is not installed. It finds a folder of its own in BI_FOLDER.
#
set -eu

test=$1

# skip WHY: ends a test that cannot run here
skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

export BI_FOLDER=$PRIVATE_FOLDER/bi_$(basename "${test%.*}") PYTHONDONTWRITEBYTECODE=1
mkdir -p "$BI_FOLDER"
case $test in
	*.sh)
		exec bash "$test"
		;;
	*.py)
		[ -x /usr/bin/python3 ] || skip 'python3 is not installed'
		exec /usr/bin/python3 "$test"
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
