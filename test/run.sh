#!/bin/bash
#
# Runs the test suites on a private server, counts, and closes with a line 'N passed, N failed':
#
#	test/private_server.sh test/run.sh		("make test" does this, and all set-up before it)
#
# Reads:	SUITE		which suites, of: released messages regress isolation pgtap tap clients bi (default: all, in this order)
#			TESTS		which tests of them, by name without folder and suffix (default: all)
#			OMIT		which not
#			REGRESS		the tests of pg_regress in their order, from the Makefile
#			ISOLATION	the specs of the isolation tester, from the Makefile
#
# What a failed suite left behind is kept in test/log, the rest is removed with the private server. What shows why
# (differences, ends of logs; bounded) is printed before the summary, between the lines '==== failures' and '===='; the summary
# names the first tests that failed, for where only the end of an output is kept.
#
set -u

suites=${SUITE:-released messages regress isolation pgtap tap clients bi}
log=test/log
failures=$PRIVATE_FOLDER/failures
passed=0
failed=0

# names_of_failed OUTPUT: the first tests that failed by what prove or pg_regress put out
names_of_failed() {
	sed -nE '
		s/^ *# +(Failed test .*|at .* line [0-9]+)/    \1/p
		s/^(not ok .*|.*\.\.\. FAILED.*|.* \(Wstat: .*)/    \1/p' "$1" | head -n 12
}

# count SUITE PASSED FAILED [OUTPUT]: adds a line to the summary, and which failed
count() {
	summary+=$(printf '%-12s %7s %7s' "$1" "$2" "$3")$'\n'
	if [ "$3" -ne 0 ] && [ -n "${4:-}" ]; then
		summary+=$(names_of_failed "$4")$'\n'
	fi
	passed=$((passed + $2))
	failed=$((failed + $3))
}

# chosen NAME...: those that TESTS asks for, without those of OMIT
chosen() {
	local name

	for name in "$@"; do
		if [[ " ${OMIT:-} " != *" $name "* && (-z "${TESTS:-}" || " $TESTS " == *" $name "*) ]]; then
			echo "$name"
		fi
	done
}

# keep FILE...: what helps to understand a failure
keep() {
	mkdir -p $log
	cp -r "$@" $log/ 2>/dev/null
}

# show TITLE: keeps what comes in for the list of failures; of each part that begins with 'diff ' 100 lines
show() {
	awk -v title="$1" -v most=100 '
		NR == 1 { print "\n---- " title }
		/^diff / { lines = 0 }
		++lines <= most
		lines == most + 1 { print "(and so on)" }' >>"$failures"
}

# fault TEXT: says at once, and in the list of failures, what is wrong
fault() {
	echo "$1"
	show 'not run' <<<"$1"
}

# What servers say that do not survive. crashes LOG...
crashes() { grep -hE 'TRAP:|PANIC:|was terminated by signal' "$@" 2>/dev/null | tail -n 20; }

# pg_regress and pg_isolation_regress, through the target that DBAs use. A test without an expected
# output would stop the others: it fails here.
# regress_suite TITLE EXPECTED-FOLDER VARIABLE-TO-EMPTY VARIABLE TEST...
regress_suite() {
	local title=$1 expected=$2 other=$3 variable=$4 output=$PRIVATE_FOLDER/$1
	local ok not_ok status test tests=() missing=0
	shift 4

	for test in "$@"; do
		if [ -e "$expected/$test.out" ]; then
			tests+=("$test")
		else
			fault "$expected/$test.out is missing"
			missing=$((missing + 1))
		fi
	done
	mkdir -p "$output"
	make -s installcheck "$other=" "$variable=${tests[*]}" EXTRA_REGRESS_OPTS="--outputdir=$output" 2>&1 |
		tee "$output.log" | grep -E --line-buffered '^(test|ok|not ok) |^ +[^ ]+ +\.\.\. '
	status=${PIPESTATUS[0]}
	ok=$(grep -cE '^ok |\.\.\. ok' "$output.log")
	not_ok=$(grep -cE '^not ok |\.\.\. FAILED' "$output.log")
	if [ "$status" -ne 0 ] || [ "$not_ok" -ne 0 ]; then
		if [ "$not_ok" -eq 0 ]; then
			not_ok=1
			tail -n 99 "$output.log" | show "$title"
		fi
		keep "$output" "$output.log"
		if [ -s "$output/regression.diffs" ]; then
			show "$title: $log/$title/regression.diffs" <"$output/regression.diffs"
		fi
	fi
	count "$title" "$ok" $((not_ok + missing)) "$output.log"
}

# What tests said that failed under a harness, and of those with servers of their own the end of the log.
# explain_harness TITLE OUTPUT
explain_harness() {
	local title=$1 logs=$2/tmp_check/log name

	{ grep '^ *#' "$2.log" | tail -n 60; sed -n '/^Test Summary Report/,$p' "$2.log"; } | show "$title"
	for name in $(sed -n 's,^.*/\([^ ]*\)\.pl *(Wstat: .*,\1,p' "$2.log"); do
		tail -n 40 "$logs/regress_log_$name" 2>/dev/null | show "the end of regress_log_$name"
		crashes "$logs/${name}"_*.log | show "servers of $name"
	done
}

# prove and pg_prove. harness_suite TITLE COMMAND...
harness_suite() {
	local title=$1 output=$PRIVATE_FOLDER/$1 tests ok not_ok status
	shift

	"$@" 2>&1 | tee "$output.log"
	status=${PIPESTATUS[0]}
	tests=$(sed -n 's/^Files=[0-9]*, Tests=\([0-9]*\),.*/\1/p' "$output.log")
	ok=${tests:-0}
	not_ok=0
	if [ "$status" -ne 0 ]; then
		# A line for each file that failed; one that died may have no test of its own that failed.
		read -r ok not_ok < <(awk -v tests="$ok" '
			match($0, /\(Wstat: .* Failed: [0-9]+\)/) {
				failed = substr($0, RSTART, RLENGTH)
				gsub(/.*Failed: |\)/, "", failed)
				ok -= failed
				not_ok += (failed > 0 ? failed : 1)
			}
			END { print tests + ok, (not_ok > 0 ? not_ok : 1) }' "$output.log")
		keep "$output.log" "$output"
		explain_harness "$title" "$output"
	fi
	count "$title" "$ok" "$not_ok" "$output.log"
}

# The scripts of released versions are what they were, the one that is built for such a version too.
run_released() {
	local sum script file ok=0 not_ok=0

	while read -r sum script; do
		for file in "src/sql/released/$script" "$script"; do
			if [ ! -e "$file" ] && [ "$file" = "$script" ]; then
				continue
			elif [ "$(sha256sum <"$file")" = "$sum  -" ]; then
				ok=$((ok + 1))
			else
				fault "released script $file changed: bump the version"
				not_ok=$((not_ok + 1))
			fi
		done
	done <src/sql/released/SHA256SUMS
	for file in src/sql/released/*.sql; do
		if ! grep -q "  $(basename "$file")\$" src/sql/released/SHA256SUMS; then
			fault "$file is not in SHA256SUMS"
			not_ok=$((not_ok + 1))
		fi
	done
	count released "$ok" "$not_ok"
}

# All messages are translated.
run_messages() {
	if [ -n "$(chosen messages)" ]; then
		harness_suite messages prove test/messages.pl
	fi
}

run_regress() {
	local tests file

	for file in sql/*.sql; do
		if [[ " $REGRESS " != *" $(basename "$file" .sql) "* ]]; then
			fault "$file is not in the Makefile's list of tests"
			count "$(basename "$file")" 0 1
		fi
	done

	tests=$(chosen $REGRESS)
	if [ -n "$tests" ]; then
		if [ -n "${TESTS:-}" ]; then
			tests=$(printf '%s\n' install $tests | awk '!seen[$0]++')
		fi
		regress_suite regress expected ISOLATION REGRESS $tests
	fi
}

run_isolation() {
	local tests

	tests=$(chosen $ISOLATION)
	if [ -n "$tests" ]; then
		regress_suite isolation test/isolation/expected REGRESS ISOLATION $tests
	fi
}

run_pgtap() {
	local tests

	tests=$(chosen $(basename -s .sql test/pgtap/*.sql))
	if [ -n "$tests" ]; then
		createdb pgtap &&
			psql -qX -v ON_ERROR_STOP=1 -d pgtap -c 'CREATE EXTENSION sp71_steering' -c 'CREATE EXTENSION pgtap'
		harness_suite pgtap pg_prove --timer -d pgtap $(printf 'test/pgtap/%s.sql ' $tests)
	fi
}

# These start servers of their own, so they run as the server's user, on a copy that he can read.
run_tap() {
	local tests perl
	local as_server_user=()

	tests=$(chosen $(basename -s .pl test/t/*.pl))
	if [ -n "$tests" ]; then
		if [ "$(id -un)" != "$PRIVATE_USER" ]; then
			as_server_user=(runuser -u "$PRIVATE_USER" --)
		fi
		perl=$(dirname "$(pg_config --pgxs)")/../test/perl
		mkdir "$PRIVATE_FOLDER/tap"
		cp -r test/t "$PRIVATE_FOLDER/tap/"
		if [ "$(id -u)" -eq 0 ]; then
			chown -R "$PRIVATE_USER" "$PRIVATE_FOLDER/tap"
		fi
		harness_suite tap env -C "$PRIVATE_FOLDER/tap" \
			TESTDIR="$PRIVATE_FOLDER/tap" TMPDIR="$PRIVATE_FOLDER" \
			PG_REGRESS="$(dirname "$(pg_config --pgxs)")/../test/regress/pg_regress" \
			"${as_server_user[@]}" prove --timer -j 2 -I "$perl" $(printf 't/%s.pl ' $tests)
	fi
}

# What connects to a server, each in a database of its own, of those that TESTS asks for. client_suite TITLE SUFFIX...
client_suite() {
	local title=$1 file tests=()
	shift

	for file in $(printf 'test/applications/clients/with_*.%s\n' "$@"); do
		if [ -n "$(chosen "$(basename "${file%.*}")")" ]; then
			tests+=("$file")
		fi
	done
	if [ ${#tests[@]} -ne 0 ]; then
		createdb clients && psql -qX -v ON_ERROR_STOP=1 -d clients -f test/applications/clients.sql >/dev/null
		DATABASES=$(basename -a -- "${tests[@]%.*}") harness_suite "$title" test/applications/pool.sh \
			prove --timer -j 2 --exec test/applications/client.sh "${tests[@]}"
	fi
}

# Those that Debian has.
run_clients() { client_suite clients sh py pl java; }

# The year of the demo, and its pages in $PAGES, at which several suites look: played once. Fails where it could not be.
play_demo() {
	export PAGES=$PRIVATE_FOLDER/pages

	if [ ! -d "$PAGES" ]; then
		mkdir -p "$PAGES"
		test/demo/run.sh >"$PRIVATE_FOLDER/demo.log" 2>&1 && : >"$PAGES/played"
	fi
	[ -e "$PAGES/played" ] || { tail -n 20 "$PRIVATE_FOLDER/demo.log" | show 'the demo, at which these look'; false; }
}

# What BI tools ask of the year of the demo, of those that TESTS asks for, as the reader that README makes. bi_suite FILE...
bi_suite() {
	local file tests=()

	for file in "$@"; do
		if [ -n "$(chosen "$(basename "${file%.*}")")" ]; then
			tests+=("$file")
		fi
	done
	if [ ${#tests[@]} -eq 0 ]; then
		return
	elif ! play_demo; then
		count bi 0 1
		return
	fi
	if [ -z "$(psql -qXAtc "SELECT FROM pg_roles WHERE rolname = 'bi'")" ]; then
		{ sed -n '/^### A role to read with/,/^What to mind/{/^```sql/,/^```/{/^```/!p}}' README.md; cat test/bi/setup.sql; } |
			psql -qX -v ON_ERROR_STOP=1 -d demo_year -o /dev/null -f -
	fi
	DATABASES=demo_year harness_suite bi test/applications/pool.sh prove --timer -j 2 --exec test/bi/run.sh "${tests[@]}"
}

# What takes moments: the dashboard, keys, the queries of README, ODBC and JDBC.
run_bi() { bi_suite test/bi/{dashboard.py,keys.py,questions.py,with_odbc.py,with_jdbc.java}; }

# And those that npm has, in a folder that goes with the private server; Tryton, over its RPC; and what of BI is large.
run_applications() {
	local test tests=()
	export NODE_PATH=$PRIVATE_FOLDER/npm/node_modules

	test/applications/npm.sh "$PRIVATE_FOLDER/npm"
	client_suite clients sh py pl java js
	for test in ledger joined; do
		if [ -n "$(chosen "$test")" ]; then
			tests+=("test/applications/tryton/$test.py")
		fi
	done
	if [ ${#tests[@]} -ne 0 ]; then
		harness_suite tryton prove --timer --exec test/applications/tryton.sh "${tests[@]}"
	fi
	test/applications/npm.sh "$PRIVATE_FOLDER/npm_bi" test/bi/package.json
	NODE_PATH=$PRIVATE_FOLDER/npm_bi/node_modules bi_suite test/bi/{dashboard_schema.js,with_cron.sh,with_office.py}
}

# How pages look, in a browser that Debian has, judged with axe-core of npm. The pages are those of the demo, and of texts that
# are hard to show. With PICTURES=folder, pictures of all of them are put there.
run_pages() {
	local npm=$PRIVATE_FOLDER/npm_pages
	export NODE_PATH=$npm/node_modules

	BROWSER=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
	export BROWSER
	if [ -z "$BROWSER" ] || ! command -v node >/dev/null; then
		echo 'there is no browser, or no node: how pages look is not tested'
		return
	fi
	test/applications/npm.sh "$npm" test/pages/package.json
	if [ ! -d "$NODE_PATH" ]; then
		return
	fi
	if ! play_demo; then
		count pages 0 1
		return
	fi
	createdb pages && psql -qX -v ON_ERROR_STOP=1 -d pages -f test/pages/texts.sql
	harness_suite pages prove --timer --exec node test/pages/look.js :: "$PAGES"/*.html
}

cd "$(dirname "$0")/.." || exit
rm -rf $log
: >"$failures"
summary=
for suite in $suites; do
	echo "== $suite"
	"run_$suite"
done
if [ "$failed" -ne 0 ]; then
	keep "$PRIVATE_FOLDER/server.log"
	rm -rf $log/tap/t $log/tap/tmp_check/{*_data,portlock}
	crashes "$PRIVATE_FOLDER/server.log" | show 'the server'
	printf '\n==== failures\n'
	head -n 1000 "$failures"
	printf '\n====\nWhat failed left its output in %s\n' "$PWD/$log"
fi
printf '\n%-12s %7s %7s\n%s\n' suite passed failed "$summary"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ne 0 ]
