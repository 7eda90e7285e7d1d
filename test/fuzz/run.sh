#!/bin/bash
#
# Fuzzes the parsers of the types, and what reads numerics from rows, which need nothing of the server and so link
# alone, under AddressSanitizer and UndefinedBehaviorSanitizer:
#
#	test/fuzz/run.sh [TARGET...]		("make fuzz" does this, after set-up)
#
# Reads:	SECONDS_EACH	how long per target (default 60); 0: only what is in the corpus is tried
#			MERGE=1			adds to the corpus what was found and reaches something new
#
# A target is a C file of this folder; its corpus is the folder of the same name in corpus/. What makes a
# target abort is left in test/log. The exit status tells whether one did. Expressions of mappings are parsed by the
# server, which does not link alone: test/t/012_expressions.pl tries those.
#
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
seconds=${SECONDS_EACH:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p test/log
status=0

if [ $# -eq 0 ]; then
	set -- $(basename -s .c "$here"/*.c)
fi
for target in "$@"; do
	clang -g -O1 -Wno-ignored-attributes -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-I src -I "$here" -isystem "$(pg_config --includedir-server)" \
		"$here/$target.c" $(sed -n "s/^ \*	  Links: *//p" "$here/$target.c") -o "$work/$target"
	mkdir "$work/$target.found"
	if [ "$seconds" -eq 0 ]; then
		what="-runs=0"
	else
		what="-max_total_time=$seconds"
	fi
	if "$work/$target" "$what" -max_len=200 -artifact_prefix=test/log/ "$work/$target.found" "$here/corpus/$target" \
		>"$work/log" 2>&1; then
		printf '%-16s %s inputs tried, nothing found\n' "$target" "$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$work/log")"
	else
		cat "$work/log"
		printf '%-16s FAILED: the input is in test/log\n' "$target"
		status=1
	fi
	if [ -n "${MERGE:-}" ]; then
		"$work/$target" -merge=1 "$here/corpus/$target" "$work/$target.found" >/dev/null 2>&1
	fi
done
rmdir test/log 2>/dev/null || true
exit $status
