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
. "$(dirname "$0")/../applications/by_language.sh"

export BI_FOLDER=$PRIVATE_FOLDER/bi_$(basename "${test%.*}") PYTHONDONTWRITEBYTECODE=1
mkdir -p "$BI_FOLDER"
run_by_language "$test"
