# The Test Anything Protocol, for the tests in bash; sourced by them. What was found last is in $output.

count=0
failed=0
output=

# skip WHY: ends a test that cannot run here
skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

# passed STATUS WHAT FOUND
passed() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		printf '%s\n' "$3" | sed 's/^/# found /' >&2
		failed=1
	fi
}

# equal FOUND EXPECTED WHAT
equal() {
	[ "$1" = "$2" ]
	passed $? "$3" "$1, not $2"$'\n'"$output"
}

# says TEXT WHAT: the output has it
says() {
	[[ $output == *"$1"* ]]
	passed $? "$2" "$output"
}

finish() {
	echo "1..$count"
	exit $failed
}
