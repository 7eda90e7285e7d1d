# What the scripts share that run the test suites on other servers; sourced by them.

# copy_project FOLDER: the project as it is, without what was built in it. With times of files to the last
# digit: make goes by them.
copy_project() {
	mkdir -p "$1"
	tar -C "$here" --format=posix --exclude=./.git --exclude='*.o' --exclude='*.d' --exclude='*.bc' --exclude='*.so' \
		--exclude='./exports.*' --exclude='./sp71_steering--*.sql' --exclude=./test/log -cf - . | tar -C "$1" -xpf -
}

# tally LOG STATUS: sets $ok and $not_ok from the last line 'N passed, N failed' of a run
tally() {
	ok=0
	not_ok=1
	read -r ok not_ok < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$1" | tail -1)
	if [ "$2" -ne 0 ] && [ "${not_ok:-1}" -eq 0 ]; then
		not_ok=1
	fi
	ok=${ok:-0}
	not_ok=${not_ok:-1}
	passed=$((passed + ok))
	failed=$((failed + not_ok))
}

# explain TITLE LOG: keeps for the end why tests failed, as test/run.sh says it, or else the end of the log
explain() {
	{
		printf '\n#### %s\n' "$1"
		if grep -q '^==== failures$' "$2"; then
			sed -n '/^==== failures$/,/^====$/p' "$2" | sed '1d;$d'
		else
			tail -n 100 "$2"
		fi
	} >>"$work/failures"
}

# show_failures: what explain() has kept
show_failures() {
	if [ -e "$work/failures" ]; then
		cat "$work/failures"
	fi
}
