#!/bin/bash
#
# Tells which lines and branches of the extension the tests reach, file by file:
#
#	test/coverage.sh [FOLDER]		("make coverage" does this); FOLDER gets an annotated page per file
#
# Reads:	SUITE	which suites, as in test/run.sh (default: all)
#
# What a server did that was killed is not counted: it writes its figures when it ends.
#
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/test/functions.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering_coverage.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

"$here/test/setup.sh" server tests coverage
copy_project "$work"
# The servers, which run as another user than root, write beside the objects.
chmod -R a+rwX "$work"
status=0
make -C "$work" COPT='--coverage -O0' test SUITE="${SUITE:-}" || status=$?
cd "$work"
if [ $# -gt 0 ]; then
	mkdir -p "$1"
	gcovr -r . src --html-details "$1/index.html"
fi
# Branches that only an error report in a macro of the server takes are none of ours.
gcovr -r . src --exclude-throw-branches --exclude-unreachable-branches --txt
gcovr -r . src --exclude-throw-branches --exclude-unreachable-branches --branches --txt
exit $status
