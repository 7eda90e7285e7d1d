#!/bin/bash
#
# Runs the tests where mistakes show that an ordinary server hides:
#
#	test/debug/run.sh [PASS...]		("make test-debug" does this)
#
# Passes (default: all, in this order):
#	assertions	all suites on a server with assertions
#	undefined	all suites, the extension compiled with -fsanitize=undefined
#	valgrind	regress and isolation, the server under valgrind: no error, and no definite leak of ours
#
# Reads:	CACHE	folder in which the server is kept between runs (default: a temporary one)
#			SUITE, TESTS	which suites and tests, as in test/run.sh
#
# Why tests failed is printed before the table. The last line is 'N passed, N failed' over all passes.
#
set -u

here=$(cd "$(dirname "$0")/../.." && pwd)
. "$here/test/functions.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering_debug.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
cache=${CACHE:-$work/cache}
passed=0
failed=0
table=

# count PASS LOG SECONDS STATUS: adds a line to the table
count() {
	tally "$2" "$4"
	table+=$(printf '%-12s %7s %7s %8s' "$1" "$ok" "$not_ok" "$3")$'\n'
}

pass_assertions() { make PG_CONFIG="$PG_CONFIG" test SUITE="${SUITE:-}"; }

pass_undefined() { make PG_CONFIG="$PG_CONFIG" COPT='-fsanitize=undefined -fno-sanitize-recover=all' test SUITE="${SUITE:-}"; }

# What valgrind reports counts where a function of the extension is in the stack.
pass_valgrind() {
	local status=0 ours

	install -d -m 1777 "$work/reports"
	cat >"$work/postgres" <<SERVER
#!/bin/sh
exec valgrind --quiet --trace-children=yes --num-callers=30 --fullpath-after=$work/project/ --leak-check=full --show-leak-kinds=definite \\
	--suppressions=$(dirname "$PG_CONFIG")/../share/valgrind.supp --suppressions=$work/project/test/debug/valgrind.supp --log-file=$work/reports/%p \\
	"\$(dirname "\$PG_CONFIG")/postgres" "\$@"
SERVER
	chmod 755 "$work" "$work/postgres"
	SERVER=$work/postgres make PG_CONFIG="$PG_CONFIG" test SUITE="${SUITE:-regress isolation}" || status=$?
	ours=$(cat "$work"/reports/* | awk -v RS='==[0-9]+== \n' '
		/\(src\/[a-z0-9_]+(\/[a-z0-9_]+)?\.c:/ { n++; print >"/dev/stderr" }
		END { print n + 0 }')
	echo "valgrind: $ours reports with the extension in the stack, $(cat "$work"/reports/* | wc -l) lines of reports in all"
	[ "$status" -eq 0 ] && [ "$ours" -eq 0 ]
}

"$here/test/setup.sh" server tests debug || exit
if [ ! -x "$cache/postgresql/bin/pg_config" ]; then
	mkdir -p "$cache"
	"$here/test/debug/server.sh" "$cache/postgresql" >"$work/build.log" 2>&1 || {
		tail -n 20 "$work/build.log"
		echo 'debug: the server could not be built'
		exit 3
	}
fi
export PG_CONFIG=$cache/postgresql/bin/pg_config
for pass in "${@:-assertions undefined valgrind}"; do
	for name in $pass; do
		rm -rf "$work/project"
		copy_project "$work/project"
		started=$SECONDS
		printf '\n==== debug: %s\n' "$name"
		(cd "$work/project" && "pass_$name") 2>&1 | tee "$work/log"
		status=${PIPESTATUS[0]}
		count "$name" "$work/log" $((SECONDS - started)) "$status"
		[ "$status" -eq 0 ] || explain "$name" "$work/log"
	done
done
show_failures
printf '\n%-12s %7s %7s %8s\n%s\n' pass passed failed seconds "$table"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
