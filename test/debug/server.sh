#!/bin/bash
#
# Builds a PostgreSQL server with assertions, debug symbols and support for valgrind, from the source
# package of Debian's main suite:
#
#	test/debug/server.sh FOLDER		FOLDER/bin/pg_config is there afterwards
#
# Takes about four minutes on two cores. The machine's own installation is not touched, except that pgTAP's
# files are read from it.
#
set -eu

folder=$1
release=$(pg_config --version | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p')
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
work=$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering_debug.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# A list of sources of its own: the machine's may have none.
mkdir -p "$work/lists/partial"
echo "deb-src $mirror $suite main" >"$work/sources.list"
apt=(apt-get -q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
	-o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false)
"${apt[@]}" update
(cd "$work" && "${apt[@]}" source "postgresql-$release")
source=$(echo "$work/postgresql-$release"-*/)

cd "$source"
./configure --prefix="$folder" --enable-cassert --enable-debug --enable-tap-tests \
	--without-readline --without-zlib --with-icu --with-libxml CPPFLAGS=-DUSE_VALGRIND \
	CFLAGS='-O1 -fno-omit-frame-pointer' || exit
# PostgreSQL makes the headers that it generates only where it is called by no other make.
unset MAKELEVEL
make -s -j "$(nproc)" install
make -s -j "$(nproc)" -C src/test/isolation install
make -s -C src/test/regress install
make -s -C contrib/dblink install
cp src/tools/valgrind.supp "$folder/share/"
cp "$(pg_config --sharedir)"/extension/pgtap* "$folder/share/extension/"
