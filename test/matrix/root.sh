#!/bin/bash
#
# Makes a minimal Debian with one release of PostgreSQL in it, to chroot into:
#
#	test/matrix/root.sh RELEASE ARCHIVE		RELEASE: 17, 18 or 19; ARCHIVE: the .tar.zst to make
#
# As root, with debootstrap, from the mirror that this machine installs its own packages from. Nothing is
# installed on the machine itself. The server's headers are unpacked rather than installed: that
# leaves LLVM and clang out, 1.1 GB. Takes about a minute and 600 MB while it works.
#
set -eu

release=$1
archive=$2

# Which suite has it. 19 is a release candidate: its packages alone come from experimental.
case $release in
	17) suite=trixie ;;
	18) suite=forky ;;
	19) suite=sid ;;
	*)
		echo "root: there is no known suite of Debian with PostgreSQL $release" >&2
		exit 2
		;;
esac

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
folder=$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering_root.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM HUP
root=$folder/root

# A release of Debian that is younger than this machine's has no script of its own: they are all that of sid.
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
debootstrap --variant=minbase "$suite" "$root" "$mirror" "$script"

# No service starts and no cluster is made. The release file of sid may be past its date.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
mkdir -p "$root/etc/postgresql-common"
echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
cat >"$root/etc/apt/apt.conf.d/matrix" <<CONF
APT::Install-Recommends "false";
Acquire::Check-Valid-Until "false";
CONF
postgresql=(postgresql-$release)
headers=(postgresql-server-dev-$release libpq-dev)
if [ "$release" = 19 ]; then
	echo "deb $mirror experimental main" >"$root/etc/apt/sources.list.d/experimental.list"
	postgresql=(postgresql-19/experimental postgresql-client-19/experimental libpq5/experimental)
	headers=(postgresql-server-dev-19/experimental libpq-dev/experimental)
fi

# in_root COMMAND...: with a /proc of its own, which goes with it.
in_root() {
	unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" \
		env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

in_root apt-get update -q
in_root apt-get install -q -y "${postgresql[@]}" make gcc libc6-dev libipc-run-perl perl procps
if ! in_root apt-get install -q -y "postgresql-$release-pgtap" libtap-parser-sourcehandler-pgtap-perl; then
	echo "root: no pgTAP for PostgreSQL $release: its suite is left out" >&2
fi
in_root sh -c 'cd /tmp && apt-get download -q "$@" && for file in *.deb; do dpkg -x "$file" /; done && rm *.deb' \
	sh "${headers[@]}"
in_root apt-get clean
rm -rf "$root"/var/lib/apt/lists/*

tar -C "$root" --one-file-system -c . | zstd -q -3 -T0 -o "$archive.part"
mv "$archive.part" "$archive"
