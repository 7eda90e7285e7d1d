#!/bin/bash
#
# Fuzzes, guided by coverage:
#
#	test/fuzz/run.sh [TARGET...]		("make fuzz" does this, after set-up)
#
# A target is a C file of this folder, for what needs nothing of PostgreSQL and so links alone, under
# AddressSanitizer and UndefinedBehaviorSanitizer: the parsers of the types, and what reads numerics from rows. Or it is
# a C file of server/, for what PostgreSQL parses and the extension checks: that runs within a private server, with
# UndefinedBehaviorSanitizer, and with the SQL and the words of the same name.
#
# Reads:	SECONDS_EACH	how long per target (default 60); 0: only what is in the corpus is tried
#			MERGE=1			adds to the corpus what was found and reaches something new
#
# The corpus of a target is the folder of the same name in corpus/. What makes a target abort is left in test/log. The
# exit status tells whether one did.
#
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
. "$here/test/functions.sh"
cd "$here"
seconds=${SECONDS_EACH:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p test/log
status=0
options=(-max_len=200 ${SEED:+-seed="$SEED"})
if [ "$seconds" -eq 0 ]; then
	options+=(-runs=0)
else
	options+=("-max_total_time=$seconds")
fi

# alone TARGET FOUND LOG
alone() {
	clang -g -O1 -Wno-ignored-attributes -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-I src -I test/fuzz -isystem "$(pg_config --includedir-server)" \
		"test/fuzz/$1.c" $(sed -n "s/^ \*	  Links: *//p" "test/fuzz/$1.c") -o "$work/$1" &&
		"$work/$1" "${options[@]}" -artifact_prefix=test/log/ "$2" "test/fuzz/corpus/$1" >"$3" 2>&1
}

# in_server TARGET FOUND LOG: the extension is built with the target and libFuzzer in it.
in_server() {
	local library

	library=$(clang -print-resource-dir)/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
	copy_project "$work/project"
	cp "test/fuzz/server/$1.c" "$work/project/src/fuzz_$1.c"
	make -s -j "$(nproc)" -C "$work/project" CC=clang all \
		COPT='-O1 -g -w -fsanitize=fuzzer-no-link,undefined -fsanitize-trap=undefined' \
		SHLIB_LINK="-Wl,--whole-archive $library -Wl,--no-whole-archive -lstdc++ -lpthread -lm" >"$3" 2>&1 &&
		"$work/project/test/private_server.sh" test/fuzz/server.sh "$1" "$2" "$3" "${options[@]}"
}

if [ $# -eq 0 ]; then
	set -- $(basename -s .c test/fuzz/*.c test/fuzz/server/*.c)
fi
for target in "$@"; do
	run=alone
	if [ -e "test/fuzz/server/$target.c" ]; then
		run=in_server
	fi
	mkdir "$work/$target.found"
	if $run "$target" "$work/$target.found" "$work/log"; then
		printf '%-16s %s inputs tried, nothing found\n' "$target" "$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$work/log")"
	else
		cat "$work/log"
		printf '%-16s FAILED: the input is in test/log\n' "$target"
		status=1
	fi
	if [ -n "${MERGE:-}" ] && [ -x "$work/$target" ]; then
		"$work/$target" -merge=1 "test/fuzz/corpus/$target" "$work/$target.found" >/dev/null 2>&1
	elif [ -n "${MERGE:-}" ]; then
		cp -r "$work/$target.found/." "test/fuzz/corpus/$target"
	fi
done
rmdir test/log 2>/dev/null || true
exit $status
