#!/bin/bash
#
# Upgrades a database with pg_upgrade, from the release that pg_config is of to the one in a root:
#
#	test/matrix/upgrade.sh ROOT RELEASE
#
# The old server is started on the machine, filled by upgrade_before.sql, stopped, and its data and programs are
# copied into the root, with the libraries that the root lacks. There the extension is built for the new
# release, and upgrade_after.sql is run after the upgrade. The last line is 'N passed, N failed'.
#
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
root=$1
release=$2
old=$root/old
work=$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering_upgrade.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
chmod 755 "$work"

# The old server. Its folder is kept when it has stopped.
TMPDIR=$work KEEP=1 "$here/test/private_server.sh" \
	psql -X -q -o /dev/null -v ON_ERROR_STOP=1 -f "$here/test/matrix/upgrade_before.sql"
folder=$(echo "$work"/sp71_steering.*)
bindir=$("${PG_CONFIG:-pg_config}" --bindir)
mkdir -p "$old/lib" "$old/bin"
cp -a "$folder/data" "$old/data"
cp -rL "$folder/installation/." "$old/installation"

# Libraries of the old programs that the root has not. libc is compatible upwards.
ldd "$old/installation$bindir/postgres" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | while read -r library; do
	if [ -z "$(find "$root/lib/" "$root/usr/lib/" -name "$(basename "$library")" -print -quit)" ]; then
		cp -L "$library" "$old/lib/"
	fi
done
for program in "$old/installation$bindir"/*; do
	name=$(basename "$program")
	printf '#!/bin/sh\nLD_LIBRARY_PATH=/old/lib exec /old/installation%s/%s "$@"\n' "$bindir" "$name" >"$old/bin/$name"
	chmod +x "$old/bin/$name"
done

# The new one. 18 turns data checksums on; both clusters must agree.
checksums=
[ "$release" -lt 18 ] || checksums=--no-data-checksums
cat >"$old/upgrade.sh" <<UPGRADE
set -eu
export PATH=/usr/lib/postgresql/$release/bin:/usr/sbin:/usr/bin:/sbin:/bin PGHOST=/old/run PGUSER=postgres
make -s -C /project install
chmod 1777 /dev/shm
chown -R postgres /old
cd /old
as() { runuser -u postgres -- "\$@"; }
as mkdir -p run
as initdb -D new -U postgres -A trust -E UTF8 --no-locale --no-sync $checksums >initdb.log
as pg_upgrade -b /old/bin -B /usr/lib/postgresql/$release/bin -d data -D new -U postgres -s /old/run
as pg_ctl start -s -w -D new -l server.log -o "-c listen_addresses= -c unix_socket_directories=/old/run"
status=0
as psql -X -q -v ON_ERROR_STOP=1 -d postgres -f /project/test/matrix/upgrade_after.sql || status=\$?
as pg_ctl stop -s -w -m fast -D new
exit \$status
UPGRADE
unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" env -i LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	bash /old/upgrade.sh
