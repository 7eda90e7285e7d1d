#!/bin/bash
#
# Proves that the two commands work on a new machine: in minimal roots of this machine's own Debian, set-up installs
# what is missing, "make demo" runs, and "make test" with a few tests:
#
#	test/new_machine.sh		("make test-new-machine" does this)
#
# Machines:
#	nothing		make, and no more
#	older		server, client and libpq-dev without the server's headers, of an older version than the package
#				source offers, which has the older one too
#	gone		the same, where the package source has the older version no more: nothing is changed
#	mixed		parts of it, in versions that differ: only what set-up would install is looked at
#	behind		the C library in a version that the package source has no more: it is upgraded, and that is said
#
# Reads:	ROOTS	folder in which the empty root is kept between runs (default: none is kept)
#			MACHINES	which of them (default: all; "mixed" and "gone" need "older" before them)
#
# As root; takes about three minutes and 3 GB. The last line is 'N passed, N failed'; the exit status is 1 if something
# failed, 3 if nothing did but no root could be made or the package source could not be read.
#
set -u

here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/test/functions.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering_machine.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
archive=${ROOTS:-$work}/empty-$suite.tar.zst
tests='caps savepoints'
passed=0
failed=0

say() { printf '\n==== new machine: %s\n' "$*"; }

# in_root COMMAND...: with the root's own programs and settings alone
in_root() {
	unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" \
		env -i DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "$@"
}

# A root with the package tools and make, and the package source of this machine.
make_root() {
	local root=$work/empty mirror script=/usr/share/debootstrap/scripts/$suite

	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" | head -1)
	[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
	debootstrap --variant=minbase --include=make "$suite" "$root" "$mirror" "$script" || return
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		grep " $suite" | sort -u >"$root/etc/apt/sources.list"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/new_machine"
	in_root apt-get update -q || return
	tar -C "$root" --one-file-system -c . | zstd -q -3 -T0 -o "$archive.part" && mv "$archive.part" "$archive"
	rm -rf "$root"
}

# not_tested WHY
not_tested() {
	say "NOT TESTED: $1"
	show_failures
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] || exit 1
	exit 3
}

# unpack MACHINE: sets $root, and $release, which this Debian has
unpack() {
	say "$1"
	root=$work/$1
	mkdir "$root"
	zstd -q -d -c "$archive" | tar -C "$root" -x
	copy_project "$root/project"
	in_root apt-get update -q -o APT::Update::Error-Mode=any >"$work/log" 2>&1 ||
		not_tested "the package source cannot be read: $(grep '^E:' "$work/log" | head -1)"
	release=$(in_root apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | tail -1)
}

# check TEXT COMMAND...: counts, and says what the command did if it failed
check() {
	local text=$1 started=$SECONDS
	shift

	if "$@" >"$work/log" 2>&1; then
		passed=$((passed + 1))
		echo "ok $text ($((SECONDS - started)) s)"
	else
		failed=$((failed + 1))
		echo "not ok $text ($((SECONDS - started)) s)"
		explain "new machine: $text" "$work/log"
	fi
}

# fails SAYING COMMAND...: it fails, and this is among what it says
fails() {
	local saying=$1 output
	shift

	if output=$("$@" 2>&1); then
		printf '%s\n%s\n' "$output" 'this should have failed'
		return 1
	fi
	printf '%s\n' "$output"
	grep -qF "$saying" <<<"$output"
}

# says SAYING COMMAND...: it does not fail, and this is among what it says
says() {
	local saying=$1 output
	shift

	output=$("$@" 2>&1) || { printf '%s\n' "$output"; return 1; }
	printf '%s\n' "$output"
	grep -qF "$saying" <<<"$output"
}

# version PACKAGE: as it is installed in the root
version() { dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Version}' "$1"; }

all_versions() { dpkg-query --admindir="$root/var/lib/dpkg" -W | sort; }

same() { [ "$1" = "$2" ] || { printf 'got      %s\nexpected %s\n' "$1" "$2"; false; }; }

# What must hold wherever set-up has been.
check_commands() {
	local name=$1

	check "$name: make says what is missing" fails 'PostgreSQL and its server headers are needed' in_root make -C /project
	check "$name: make demo" in_root make -C /project demo
	check "$name: make test" in_root make -C /project test SUITE=regress TESTS="$tests"
	check "$name: the headers are of the server's version" same "$(version "postgresql-server-dev-$release")" \
		"$(version "postgresql-$release")"
	check "$name: no cluster was made" same "$(ls "$root/etc/postgresql" 2>/dev/null)" ''
	check "$name: set-up is done" same "$(in_root /project/test/setup.sh server 2>&1)" ''
}

machine_nothing() {
	unpack nothing
	check_commands nothing
	mv "$root"/var/cache/apt/archives/*.deb "$work/"
	rm -rf "$root"
}

# offer_newer PACKAGE...: a package source with a newer version of each, of which only the list is there: what
# chooses it fails.
offer_newer() {
	mkdir "$root/newer"
	in_root apt-cache show --no-all-versions "$@" | sed -E \
		-e 's/^Version: .*/&+newer/' -e 's/\(= ([^)]*)\)/(= \1+newer)/g' -e 's,^Filename: .*,Filename: ./none.deb,' \
		>"$root/newer/Packages"
	echo 'deb [trusted=yes] file:/newer ./' >"$root/etc/apt/sources.list.d/newer.list"
}

machine_older() {
	local oldest package

	unpack older
	[ -z "$(ls "$work"/*.deb 2>/dev/null)" ] || mv "$work"/*.deb "$root/var/cache/apt/archives/"
	older=("postgresql-$release" "postgresql-client-$release" libpq-dev libpq5)
	oldest=$(in_root apt-cache madison "postgresql-$release" | awk '{ print $3 }' | sort -V | head -1)
	offer_newer "${older[@]}" "postgresql-server-dev-$release"
	mkdir -p "$root/etc/postgresql-common/createcluster.d"
	echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.d/new_machine.conf"
	check "older: server $oldest is installed" \
		in_root apt-get install -q -y --no-install-recommends "${older[@]/%/=$oldest}"
	in_root apt-get update -q >/dev/null
	check_commands older
	for package in "${older[@]}"; do
		check "older: $package is what it was" same "$(version "$package")" "$oldest"
	done
}

# choice STATE PACKAGE=VERSION... -- PACKAGE VERSION...: after these are installed, set-up would add those
choice() {
	local state=$1 packages=()
	shift

	while [ "$1" != -- ]; do
		packages+=("$1")
		shift
	done
	shift
	in_root apt-get install -q -y --no-install-recommends --allow-downgrades --allow-change-held-packages \
		-o APT::Get::Upgrade-By-Source-Package=false "${packages[@]}" >"$work/log" 2>&1 || cat "$work/log"
	in_root env PATH=/dry:/usr/sbin:/usr/bin:/sbin:/bin /project/test/setup.sh server >"$work/log" 2>&1
	check "mixed: $state" same \
		"$(sed -n 's/^Inst \(\(postgresql\|libpq\)[^ ]*[0-9v]\) \(\[[^]]*\] \)\?(\([^ ]*\) .*/\1 \4/p' "$root/dry/changes" | LC_ALL=C sort | xargs)" "$*"
}

# Parts of it, each in the one or the other version.
machine_mixed() {
	local old new server=postgresql-$release client=postgresql-client-$release headers=postgresql-server-dev-$release

	say mixed
	rm -rf "$root/etc/apt/sources.list.d/newer.list"
	in_root apt-get update -q >/dev/null
	read -r new old < <(in_root apt-cache madison "$server" | awk '{ print $3 }' | sort -Vru | xargs)
	if [ -z "$old" ]; then
		say 'mixed was NOT TESTED: the package source has one version only'
		return
	fi
	# Instead of installing it notes what would be.
	mkdir "$root/dry"
	printf '#!/bin/bash\ncase " $* " in\n*" -y "*) exec apt-get -s "${@/#-y/-q}" >/dry/changes ;;\n*) exec apt-get "$@" ;;\nesac\n' |
		sed 's,exec apt-get,exec /usr/bin/apt-get,' >"$root/dry/apt-get"
	chmod +x "$root/dry/apt-get"
	in_root apt-get purge -q -y "$headers" "$server" "$client" libpq-dev >/dev/null 2>&1

	choice 'the client library alone' "libpq-dev=$old" "libpq5=$old" -- "$server" "$old" "$client" "$old" "$headers" "$old"
	choice 'the client alone' "$client=$old" -- "$server" "$old" "$headers" "$old"
	in_root apt-get purge -q -y libpq-dev >/dev/null 2>&1
	choice 'a server without libpq-dev' "$server=$old" -- libpq-dev "$old" "$headers" "$old"
	choice 'a newer client library' "libpq5=$new" -- libpq-dev "$new" "$headers" "$old"
	choice 'a newer client' "$client=$new" -- libpq-dev "$new" "$headers" "$old"
	in_root apt-mark hold "$server" "$client" libpq5 >/dev/null
	choice 'held' make -- libpq-dev "$new" "$headers" "$old"
	in_root apt-mark unhold "$server" "$client" libpq5 >/dev/null
	choice 'a newer server' "$server=$new" "$client=$old" "libpq5=$old" -- libpq-dev "$old" "$headers" "$new"
	choice 'back again' "$server=$old" -- libpq-dev "$old" "$headers" "$old"
}

machine_gone() {
	local before

	say gone
	in_root dpkg --purge --force-depends "postgresql-server-dev-$release" >/dev/null
	mv "$root/etc/apt/sources.list" "$root/etc/apt/sources"
	before=$(all_versions)
	check 'gone: make demo says what to do' fails "postgresql-server-dev-$release=$(version "postgresql-$release")" \
		in_root make -C /project demo
	check 'gone: no package was changed' same "$(all_versions)" "$before"
	mv "$root/etc/apt/sources" "$root/etc/apt/sources.list"
}

machine_behind() {
	local newest

	unpack behind
	newest=$(version libc6)
	OLD=${newest%%-*}-1 perl -00 -pi -e 's/^Version: .*/Version: $ENV{OLD}/m if /^Source: glibc$/m' "$root/var/lib/dpkg/status"
	check 'behind: set-up installs what is missing and says what it upgrades' \
		says "libc6 is upgraded for them, from ${newest%%-*}-1 to $newest" in_root /project/test/setup.sh server
	check 'behind: the C library is the newest' same "$(version libc6)" "$newest"
}

if [ "$(id -u)" -ne 0 ]; then
	echo 'new machine: making roots and entering them needs root' >&2
	exit 2
fi
"$here/test/setup.sh" matrix || exit
mkdir -p "$(dirname "$archive")"
if [ ! -e "$archive" ] && ! make_root >"$work/root.log" 2>&1; then
	tail -n 20 "$work/root.log"
	not_tested 'no root could be made'
fi
for machine in ${MACHINES:-nothing older gone mixed behind}; do
	"machine_$machine"
done
show_failures
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
