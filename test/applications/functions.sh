# What the scripts share that start something beside the private server; sourced by them.

# as_server_user COMMAND...: becomes the command, as who the server runs as, who is never root
as_server_user() {
	if [ "$(id -un)" = "$PRIVATE_USER" ]; then
		exec "$@"
	else
		exec setpriv "--reuid=$PRIVATE_USER" "--regid=$(id -g "$PRIVATE_USER")" --clear-groups -- "$@"
	fi
}

# free_port: one on 127.0.0.1 that nothing listens on
free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }

# stop_process PID: and waits until it is gone
stop_process() {
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local tries=$(($1 * 10))
	shift

	while ! "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}
