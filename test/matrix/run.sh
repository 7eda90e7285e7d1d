#!/bin/bash
#
# Runs the test suites on several releases of PostgreSQL, and prints one table:
#
#	test/matrix/run.sh		("make test-matrix" does this)
#
# Reads:	RELEASES	which releases (default: 15 17 18; 19 has no stable release yet)
#			ROOTS		folder in which the roots are kept between runs (default: a temporary one)
#			SUITE		which suites, as in test/run.sh (default: all, and pg_upgrade from the machine's own release)
#			OMIT		which tests of them not, as there
#			OLD_PG_CONFIG	pg_config of the server that pg_upgrade starts from (default: pg_config)
#
# The release that pg_config is of is tested where it is, any other in a root of test/matrix/root.sh.
# As root. Why tests failed is printed before the table. The last line is 'N passed, N failed' over all; the
# exit status is 1 if a test failed, 3 if none did but a root could not be made.
#
set -u

here=$(cd "$(dirname "$0")/../.." && pwd)
. "$here/test/functions.sh"
releases=${RELEASES:-15 17 18}
suites=${SUITE:-regress isolation pgtap tap}
work=$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering_matrix.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
roots=${ROOTS:-$work/roots}
mkdir -p "$roots"
own=$(pg_config --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p')
missing=
table=
passed=0
failed=0

say() { printf '\n==== matrix: %s\n' "$*"; }

# A warning fails the build here, as it does not in a user's.
warnings='-Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-clobbered'

# test_here SUITE: on the machine itself
test_here() {
	make -C "$work/here" COPT="-isystem $(pg_config --includedir-server) $warnings" test SUITE="$1"
}

# test_in_root ROOT RELEASE SUITE: processes and mounts end with the command
test_in_root() {
	unshare --mount --pid --fork --mount-proc="$1/proc" chroot "$1" \
		env -i LC_ALL=C.UTF-8 PATH="/usr/lib/postgresql/$2/bin:/usr/sbin:/usr/bin:/sbin:/bin" TERM=dumb \
		${RANDOM_SEED:+"RANDOM_SEED=$RANDOM_SEED"} \
		${STRESS_SEED:+"STRESS_SEED=$STRESS_SEED"} ${SEED:+"SEED=$SEED"} ${OMIT:+"OMIT=$OMIT"} \
		make -C /project COPT="-isystem /usr/include/postgresql/$2/server $warnings" test SUITE="$3"
}

# count RELEASE SUITE LOG SECONDS STATUS: adds a line to the table
count() {
	tally "$3" "$5"
	table+=$(printf '%-12s %-10s %7s %7s %8s' "$1" "$2" "$ok" "$not_ok" "$4")$'\n'
}

# run_suites RELEASE COMMAND...: COMMAND gets the suite as its last argument
run_suites() {
	local release=$1 suite log started status
	shift

	for suite in $suites; do
		say "PostgreSQL $release, $suite"
		log=$work/log
		started=$SECONDS
		"$@" "$suite" 2>&1 | tee "$log" | grep -E '^not ok|FAILED|error:|warning:|^.*\.(pl|sql) \.+ |passed, '
		status=${PIPESTATUS[0]}
		if [ "$status" -ne 0 ]; then
			explain "PostgreSQL $release, $suite" "$log"
		fi
		count "$release" "$suite" "$log" $((SECONDS - started)) "$status"
	done
}

# test_upgrade RELEASE ROOT: pg_upgrade, from the machine's own release. Programs of 15.20 mark each column with
# an option that programs of no other release read, as of November 2026; an older 15 can be named by OLD_PG_CONFIG.
test_upgrade() {
	local log=$work/log started=$SECONDS status old=${OLD_PG_CONFIG:-pg_config}

	say "pg_upgrade from $("$old" --version) to $1"
	if grep -q pg_attver "$("$old" --bindir)/pg_dump" && ! grep -q pg_attver "$2/usr/lib/postgresql/$1/bin/postgres"; then
		say "pg_upgrade to $1 was NOT TESTED: $("$old" --version) writes columns' pg_attver, which $1 does not read"
		table+=$(printf '%-12s %-10s not tested: the old programs write what the new ones do not read' "$1" upgrade)$'\n'
		return
	fi
	PG_CONFIG=$old "$work/upgrade/test/matrix/upgrade.sh" "$2" "$1" >"$log" 2>&1 && status=0 || status=$?
	[ "$status" -eq 0 ] || explain "pg_upgrade to $1" "$log"
	count "$1" upgrade "$log" $((SECONDS - started)) "$status"
}

# test_release RELEASE
test_release() {
	local release=$1 archive=$roots/postgresql-$1.tar.zst root=$work/root

	if [ "$release" = "$own" ]; then
		copy_project "$work/here"
		run_suites "$release" test_here
		return
	fi
	if [ ! -e "$archive" ]; then
		say "making a root with PostgreSQL $release"
		if ! "$here/test/matrix/root.sh" "$release" "$archive" >"$work/root.log" 2>&1; then
			tail -n 20 "$work/root.log"
			say "PostgreSQL $release was NOT TESTED: no root could be made"
			missing+=" $release"
			table+=$(printf '%-12s not tested: no root could be made' "$release")$'\n'
			return
		fi
	fi
	mkdir "$root"
	zstd -q -d -c "$archive" | tar -C "$root" -x
	copy_project "$root/project"
	[ -e "$root/usr/share/postgresql/$release/extension/pgtap.control" ] || suites=${suites/pgtap/}
	run_suites "$release" test_in_root "$root" "$release"
	suites=${SUITE:-regress isolation pgtap tap}
	[ -n "${SUITE:-}" ] || test_upgrade "$release" "$root"
	rm -rf "$root"
}

if [ "$(id -u)" -ne 0 ]; then
	echo 'matrix: making roots and entering them needs root' >&2
	exit 2
fi
"$here/test/setup.sh" server tests matrix || exit
copy_project "$work/upgrade"
for release in $releases; do
	test_release "$release"
done

show_failures
printf '\n%-12s %-10s %7s %7s %8s\n%s\n' PostgreSQL suite passed failed seconds "$table"
[ -z "$missing" ] || echo "NOT TESTED:$missing"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] || exit 1
[ -z "$missing" ] || exit 3
