# What runs a test of a client in the client's own language, sourced by test/applications/client.sh and test/bi/run.sh.

# skip WHY: ends a test that cannot run here
skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

# run_by_language TEST: becomes the test, or skips it where its language is not installed
run_by_language() {
	local test=$1

	case $test in
		*.sh)
			exec bash "$test"
			;;
		*.py)
			[ -x /usr/bin/python3 ] || skip 'python3 is not installed'
			exec /usr/bin/python3 "$test"
			;;
		*.pl)
			exec perl "$test"
			;;
		*.java)
			[ -e /usr/share/java/postgresql.jar ] || skip 'libpostgresql-jdbc-java is not installed'
			javac -version >/dev/null 2>&1 || skip 'there is no Java compiler: default-jdk-headless is not installed'
			exec java -Xshare:auto -XX:TieredStopAtLevel=1 -cp /usr/share/java/postgresql.jar "$test"
			;;
		*.js)
			[ -d "${NODE_PATH:-}" ] || skip 'the packages of npm are not there'
			exec node "$test"
			;;
	esac
}
