#!/bin/bash
#
# Installs what is missing, from Debian's packages, and says what and why:
#
#	test/setup.sh server|tests|matrix|debug|fuzz|sqlsmith|coverage|checks...
#
#	server	to build the extension and to run it on a private server
#	tests	what the test suites need besides: those that SUITE names (default: all)
#	matrix	to make and keep the roots that other releases run in
#	debug	to build a server that watches itself
#	fuzz	to fuzz the parsers
#	sqlsmith	to make random queries
#	coverage	to read what the tests reach
#	checks	the programs that check the source's form
#
# Does nothing where nothing is missing. Only apt-get runs as root: directly, through sudo, or by
# the user who is told the command. No cluster is created, started, stopped or upgraded by it.
#
set -eu

pg_config=${PG_CONFIG:-pg_config}
debian=/usr/lib/postgresql
suites=" ${SUITE:-pgtap tap} "
packages=()

say() { echo "setup: $*" >&2; }

# Two files keep a new server package from creating a cluster and from starting one. They last as long
# as the installation.
no_cluster=/etc/postgresql-common/createcluster.d/sp71_steering.conf
no_start=/usr/sbin/policy-rc.d
log=

clean_up() {
	rm -f "$no_cluster" "$log"
	rmdir "${no_cluster%/*}" 2>/dev/null || true
	if [ -n "$no_start" ]; then
		rm -f "$no_start"
	fi
}

# As root.
install_packages() {
	local changes

	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	changes=$(apt-get install -s --no-install-recommends "$@")
	if grep -E '^Remv|^Inst postgresql-[0-9]+ \[' <<<"$changes" >&2; then
		say "installing would upgrade or remove the above: please decide and do it yourself"
		say "	apt-get install --no-install-recommends $*"
		exit 1
	fi
	say "installing, $(grep -c ^Inst <<<"$changes") packages with what they need (a minute or so)"

	log=$(mktemp)
	if [ -e "$no_start" ]; then
		no_start=
	fi
	trap clean_up EXIT
	trap 'exit 1' INT TERM HUP
	mkdir -p "${no_cluster%/*}"
	echo 'create_main_cluster = false' >"$no_cluster"
	if [ -n "$no_start" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$no_start"
		chmod +x "$no_start"
	fi
	if ! apt-get install -q -y --no-install-recommends "$@" >"$log" 2>&1; then
		cat "$log" >&2
		exit 1
	fi
	clean_up
	trap - EXIT INT TERM HUP
}

if [ "${1:-}" = --install ]; then
	shift
	install_packages "$@"
	exit
fi

# missing PACKAGE WHY: puts a package on the list
missing() {
	packages+=("$1")
	say "$1 is missing: $2"
}

# The release of PostgreSQL: of pg_config, else of a server that is installed, else what Debian offers.
release() {
	local found

	found=$("$pg_config" --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p')
	if [ -z "$found" ]; then
		found=$(ls -d $debian/*/bin/postgres 2>/dev/null | cut -d/ -f5 | sort -n | tail -1)
	fi
	if [ -z "$found" ]; then
		found=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | tail -1)
	fi
	echo "$found"
}

path_of() { "$pg_config" "--$1" 2>/dev/null || true; }

if [ -n "${PG_CONFIG:-}" ] && ! "$PG_CONFIG" --version >/dev/null 2>&1; then
	say "PG_CONFIG=$PG_CONFIG does not run"
	exit 1
fi
version=$(release)
if [ -z "$version" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
	say "reading Debian's list of packages"
	apt-get update -q >/dev/null
	version=$(release)
fi
version=${version:-N}
bindir=$(path_of bindir)

for purpose in "$@"; do
	case $purpose in
		server)
			command -v gcc >/dev/null || missing gcc "the compiler"
			[ -e /usr/include/stdio.h ] || missing libc6-dev "the C library's headers"
			[ -x "${bindir:-$debian/$version/bin}/postgres" ] ||
				missing "postgresql-$version" "the server that the extension is for"
			[ -e "$(path_of pgxs)" ] ||
				missing "postgresql-server-dev-$version" "the server's headers"
			;;
		tests)
			if [[ $suites == *" pgtap "* ]]; then
				[ -e "$(path_of sharedir)/extension/pgtap.control" ] ||
					missing "postgresql-$version-pgtap" "the functions that the tests in test/pgtap call"
				command -v pg_prove >/dev/null ||
					missing libtap-parser-sourcehandler-pgtap-perl "pg_prove runs the tests in test/pgtap"
			fi
			if [[ $suites == *" tap "* ]]; then
				perl -MIPC::Run -e 1 2>/dev/null ||
					missing libipc-run-perl "PostgreSQL's Perl modules for the tests in test/t"
			fi
			;;
		matrix)
			command -v debootstrap >/dev/null || missing debootstrap "makes the roots that other releases run in"
			command -v zstd >/dev/null || missing zstd "packs them"
			;;
		debug)
			command -v valgrind >/dev/null || missing valgrind "runs the server and watches its memory"
			command -v dpkg-source >/dev/null || missing dpkg-dev "unpacks PostgreSQL's source"
			;;
		fuzz)
			command -v clang >/dev/null || missing clang "compiles the fuzzers"
			compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a' >/dev/null ||
				missing "libclang-rt-$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -1)-dev" \
					"the fuzzers' own code"
			;;
		sqlsmith)
			command -v sqlsmith >/dev/null || missing sqlsmith "makes random queries"
			;;
		coverage)
			command -v gcovr >/dev/null || missing gcovr "reads what the compiler counted"
			;;
		checks)
			command -v cppcheck >/dev/null || missing cppcheck "checks the C source"
			command -v clang-format >/dev/null || missing clang-format "checks the form of the C source"
			;;
		*)
			say "unknown purpose $purpose"
			exit 2
			;;
	esac
done

if [ ${#packages[@]} -eq 0 ]; then
	exit 0
elif ! command -v apt-get >/dev/null; then
	say "this machine has no apt-get: please install the above in its own way"
	exit 1
elif [ -n "$bindir" ] && [ -x "$bindir/postgres" ] && [[ $bindir != $debian/* ]]; then
	say "$pg_config is not of a Debian package: please install the above for it"
	exit 1
elif [ "$(id -u)" -eq 0 ]; then
	install_packages "${packages[@]}"
elif command -v sudo >/dev/null; then
	say "asking for root to install: ${packages[*]}"
	sudo bash "$0" --install "${packages[@]}"
else
	say "as root, please run:"
	say "	bash $(realpath "$0") --install ${packages[*]}"
	exit 1
fi
