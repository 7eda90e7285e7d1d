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
. "$(dirname "$0")/by_language.sh"

createdb -T clients "$name"
# GnuCash's libraries stand in a folder of their own.
export LD_LIBRARY_PATH=$(printf '%s:' /usr/lib/*/gnucash)
export PGUSER=app PGDATABASE=$name PGPASSWORD=app PYTHONDONTWRITEBYTECODE=1
run_by_language "$test"
