#!/bin/bash
#
# Runs a command against a private PostgreSQL server that has this extension installed:
#
#	test/private_server.sh COMMAND [ARGUMENT...]
#
# Everything lives in one temporary folder that is removed at the end: a copy of the PostgreSQL
# installation (mostly symbolic links) into which the extension is installed, the data directory, the
# socket and the log. Nothing on the machine is written to, and no other server is touched.
#
# COMMAND runs as the present user and finds PGHOST, PGPORT, PGUSER, PGDATABASE, PG_CONFIG and PATH set
# for the private server, and also PRIVATE_FOLDER (the temporary folder) and PRIVATE_USER (who the
# server runs as; a server never runs as root). Its exit status is that of COMMAND.
#
# Reads:	PG_CONFIG	the installation to copy (default: the first pg_config in PATH)
#			SETTINGS	lines to add to postgresql.conf
#			SERVER		a program to start in place of postgres, such as one that runs it under valgrind
#			KEEP=1		keeps the temporary folder (not the server) and says where it is
#
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
pg_config=${PG_CONFIG:-pg_config}
child=

say() { echo "private_server: $*" >&2; }

# The server's programs, as the user who owns the data directory.
as_server_user() {
	if [ "$(id -un)" = "$PRIVATE_USER" ]; then
		"$@"
	else
		runuser -u "$PRIVATE_USER" -- "$@"
	fi
}

stop() {
	trap - EXIT
	trap '' INT TERM HUP
	cd /
	if [ -n "$child" ]; then
		kill -TERM "$child" 2>/dev/null || true
	fi
	# Tests start servers below this folder too, and may have been interrupted.
	find "$PRIVATE_FOLDER" -name postmaster.pid 2>/dev/null | while read -r file; do
		as_server_user pg_ctl stop -s -w -m fast -t 30 -D "${file%/*}" 2>/dev/null ||
			as_server_user pg_ctl stop -s -w -m immediate -D "${file%/*}" 2>/dev/null || true
	done
	if [ -n "${KEEP:-}" ]; then
		say "kept $PRIVATE_FOLDER"
	else
		rm -rf "$PRIVATE_FOLDER"
	fi
}

if [ $# -eq 0 ]; then
	sed -n '3,20s/^#//p' "$0" >&2
	exit 2
fi

PRIVATE_USER=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
	PRIVATE_USER=postgres
	id postgres >/dev/null 2>&1 || PRIVATE_USER=nobody
fi
PRIVATE_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering.XXXXXX")
export PRIVATE_USER PRIVATE_FOLDER
trap stop EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT

# PostgreSQL's programs find their files relative to where they themselves are, links resolved. So the
# programs are copied, and the files they look for are linked, at the same places below one folder.
installation=$PRIVATE_FOLDER/installation
bindir=$("$pg_config" --bindir)
sharedir=$("$pg_config" --sharedir)
pkglibdir=$("$pg_config" --pkglibdir)
headers=$("$pg_config" --includedir-server)
mkdir -p "$installation$bindir" "$installation$sharedir" "$installation$pkglibdir" "$installation${headers%/*}"
cp -a "$bindir/." "$installation$bindir"
cp -as "$sharedir/." "$installation$sharedir"
cp -as "$pkglibdir/." "$installation$pkglibdir"
ln -s "$headers" "$installation$headers"
rm -rf "$installation$sharedir"/extension/sp71_steering* "$installation$pkglibdir"/{,bitcode/}sp71_steering*
unset MAKEFLAGS MAKELEVEL MFLAGS

# One build at a time in the source folder.
(
	flock 9
	make -s -C "$here" PG_CONFIG="$pg_config" all
	make -s -C "$here" PG_CONFIG="$pg_config" DESTDIR="$installation" install
) 9<"$here/Makefile" >"$PRIVATE_FOLDER/build.log" 2>&1 || {
	cat "$PRIVATE_FOLDER/build.log" >&2
	say "the build failed"
	exit 1
}

if [ "$(id -u)" -eq 0 ]; then
	chown "$PRIVATE_USER" "$PRIVATE_FOLDER"
fi
export PATH="$installation$bindir:$PATH" PG_CONFIG="$installation$bindir/pg_config"
export LC_ALL=C.UTF-8 PGHOST="$PRIVATE_FOLDER" PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
unset PGHOSTADDR PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGSSLMODE PGOPTIONS PGDATA PGTZ PGDATESTYLE

cd "$PRIVATE_FOLDER"
as_server_user initdb -D data -U postgres -A trust -E UTF8 --no-locale --no-sync >initdb.log 2>&1 || {
	cat initdb.log >&2
	say "initdb failed"
	exit 1
}
as_server_user tee -a data/postgresql.conf >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$PRIVATE_FOLDER'
unix_socket_permissions = 0700
fsync = off
max_prepared_transactions = 10
log_line_prefix = '%m [%p] %q%a '
${SETTINGS:-}
CONF
as_server_user pg_ctl start -s -w -t 60 -D data -l server.log ${SERVER:+-p "$SERVER"} || {
	cat server.log >&2
	say "the server did not start"
	exit 1
}

# In the background, so that a signal is acted upon at once; with the signals that bash would hide.
cd "$OLDPWD"
env --default-signal=INT,QUIT "$@" <&0 &
child=$!
trap 'kill -INT $child' INT
status=0
while :; do
	wait "$child" && status=0 || status=$?
	kill -0 "$child" 2>/dev/null || break
done
child=
exit $status
