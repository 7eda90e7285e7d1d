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
# the user who is told the command. No cluster is created, started, stopped or upgraded by it. What is added to
# packages that are installed has their version, though the source may offer a newer one; where the source does not
# have that any more, they are upgraded, which is said, but never a server. And headers are always of the server's version.
#
set -eu

pg_config=${PG_CONFIG:-pg_config}
debian=/usr/lib/postgresql
suites=" ${SUITE:-messages pgtap tap clients bi} "
packages=()

say() { echo "setup: $*" >&2; }

# Two files keep a new server package from creating a cluster and from starting one. They last as long
# as the installation.
no_cluster=/etc/postgresql-common/createcluster.d/sp71_steering.conf
no_start=/usr/sbin/policy-rc.d
log=
preferences=

clean_up() {
	rm -f "$no_cluster" "$log" "$preferences"
	rmdir "${no_cluster%/*}" 2>/dev/null || true
	if [ -n "$no_start" ]; then
		rm -f "$no_start"
	fi
}

# The version of a package that is installed, or nothing.
installed() { dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p' | head -1; }

# prefer PACKAGE VERSION PRIORITY
prefer() {
	if [ -n "$2" ]; then
		printf 'Package: %s\nPin: version %s\nPin-Priority: %s\n\n' "$@"
	fi
}

# preferences SOURCES PACKAGE...: what apt-get shall choose: for whatever comes from the source of a package that is
# installed, the version of that one, as far as the pattern names the source. First those that must match one package
# among several of their source, which may differ. A priority below 1000 never takes a version back.
preferences() {
	local package sources=$1
	shift

	for package in "$@"; do
		case $package in
			postgresql-server-dev-*) prefer "$package" "$(installed "postgresql-${package##*-}")" 995 ;;
		esac
	done
	prefer libpq-dev "$(installed libpq5)" 995
	dpkg-query -W -f '${db:Status-Status} ${source:Package} ${Version}\n' | sort -u |
		while read -r status source version; do
			if [ "$status" = installed ] && [[ $source == $sources ]]; then
				prefer "src:$source" "$version" 990
			fi
		done
	cat /etc/apt/preferences 2>/dev/null || true
}

# planned PACKAGE CHANGES: the version of it when the changes, as apt-get says them, are made
planned() {
	local version

	version=$(sed -n "s/^Inst $1 \(\[[^]]*\] \)\?(\([^ ]*\) .*/\2/p" <<<"$2")
	echo "${version:-$(installed "$1")}"
}

# your_turn PACKAGE...: what set-up does not decide
your_turn() {
	say "please decide and do it yourself:"
	say "	apt-get install --no-install-recommends $*"
	exit 1
}

# headers_fit CHANGES PACKAGE...: headers of another version than the server's would build what may not fit it.
headers_fit() {
	local changes=$1 package release server headers
	shift

	for package in "$@"; do
		release=${package##*-}
		if [ "$package" != "postgresql-server-dev-$release" ]; then
			continue
		fi
		server=$(planned "postgresql-$release" "$changes")
		headers=$(planned "$package" "$changes")
		if [ -n "$server" ] && [ "$server" != "$headers" ]; then
			say "the server is postgresql-$release $server, and the package source offers its headers in version $headers only"
			say "either add a package source that still has them (Debian keeps all versions in its snapshots), and try again:"
			say "	apt-get install --no-install-recommends $package=$server"
			say "or upgrade the server with them, which restarts it:"
			say "	apt-get install --no-install-recommends postgresql-$release $*"
			exit 1
		fi
	done
}

# As root.
install_packages() {
	local changes package before after apt sources fits=

	export DEBIAN_FRONTEND=noninteractive
	if [ -e "$no_start" ]; then
		no_start=
	fi
	trap clean_up EXIT
	trap 'exit 1' INT TERM HUP
	log=$(mktemp)
	preferences=$(mktemp)
	apt-get update -qq || say "not all lists of packages could be read: going on with what is known"
	apt=(apt-get -o "Dir::Etc::Preferences=$preferences" -o APT::Get::Upgrade-By-Source-Package=false
		install --no-install-recommends)
	# What is new may ask for newer versions of what is installed, where the source keeps none but the newest.
	for sources in '*' 'postgresql*'; do
		preferences "$sources" "$@" >"$preferences"
		if changes=$(LC_ALL=C "${apt[@]}" -s "$@" 2>&1); then
			fits=yes
			break
		fi
	done
	if [ -z "$fits" ]; then
		printf '%s\n' "$changes" >&2
		say "the package source does not have this as it is"
		your_turn "$@"
	elif grep -E '^Remv|^Inst postgresql-[^ ]+ \[' <<<"$changes" >&2; then
		say "installing would upgrade or remove the above"
		your_turn "$@"
	fi
	headers_fit "$changes" "$@"
	say "installing, $(grep -c ^Inst <<<"$changes") packages with what they need (a minute or so):"
	for package in "$@"; do
		say "	$package $(planned "$package" "$changes")"
	done
	sed -n 's/^Inst \([^ ]*\) \[\([^]]*\)\] (\([^ ]*\) .*/\1 \2 \3/p' <<<"$changes" |
		while read -r package before after; do
			say "	$package is upgraded for them, from $before to $after"
		done

	mkdir -p "${no_cluster%/*}"
	echo 'create_main_cluster = false' >"$no_cluster"
	if [ -n "$no_start" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$no_start"
		chmod +x "$no_start"
	fi
	if ! "${apt[@]}" -q -y "$@" >"$log" 2>&1; then
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

# offered RELEASE: the package source has this release of the server, or has not been asked yet
offered() { apt-cache show "postgresql-$1" >/dev/null 2>&1 || ! apt-cache show postgresql >/dev/null 2>&1; }

own_release() { "$pg_config" --version 2>/dev/null | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p'; }

# The release of PostgreSQL: of pg_config, where it is not that of the client library alone; else of a server that is
# installed, else of pg_config or of a client, else what Debian offers.
release() {
	local found servers

	found=$(own_release)
	if [ -n "$found" ] && { [ -n "${PG_CONFIG:-}" ] || [ -x "$("$pg_config" --bindir)/postgres" ]; }; then
		echo "$found"
		return
	fi
	servers=$(ls -d $debian/*/bin/postgres 2>/dev/null | cut -d/ -f5 | sort -n | tail -1)
	if [ -n "$servers" ]; then
		found=$servers
	elif [ -z "$found" ]; then
		found=$(ls -d $debian/*/bin/pg_config 2>/dev/null | cut -d/ -f5 | sort -n | tail -1)
	fi
	if [ -z "$found" ] || { [ -z "$servers" ] && ! offered "$found"; }; then
		found=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | tail -1)
	fi
	echo "$found"
}

# path_of NAME DEFAULT: a folder as pg_config names it, if it speaks of that release
path_of() {
	if [ "$(own_release)" = "$version" ]; then
		"$pg_config" "--$1"
	else
		echo "$2"
	fi
}

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
bindir=$(path_of bindir $debian/$version/bin)

headers=$(path_of includedir-server "/usr/include/postgresql/$version/server")

# Where both are there, and were not installed by this script.
warn_of_headers() {
	local of_server of_headers

	if [ ! -e "$headers/pg_config.h" ]; then
		return
	fi
	of_server=$("$bindir/postgres" --version 2>/dev/null | sed -n 's/^[^0-9]*\([^ ]*\).*/\1/p')
	of_headers=$(sed -n 's/^#define PG_VERSION "\([^ "]*\).*/\1/p' "$headers/pg_config.h")
	if [ -n "$of_server" ] && [ -n "$of_headers" ] && [ "$of_server" != "$of_headers" ]; then
		say "CAUTION: the server is $of_server, its headers are of $of_headers: what is built may not fit the server"
	fi
}

# module NAME PACKAGE: one that Debian's Python finds
module() { [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import $1" 2>/dev/null || missing "$2" "a client that is tested"; }

need_clients() {
	module psycopg2 python3-psycopg2
	module psycopg python3-psycopg
	module sqlalchemy python3-sqlalchemy
	module django python3-django
	module pyodbc python3-pyodbc
	grep -qs 'PostgreSQL Unicode' /etc/odbcinst.ini || missing odbc-postgresql "the driver of a client that is tested"
	command -v isql >/dev/null || missing unixodbc "a client that is tested"
	perl -MDBD::Pg -e 1 2>/dev/null || missing libdbd-pg-perl "a client that is tested"
	[ -e /usr/share/java/postgresql.jar ] || missing libpostgresql-jdbc-java "a client that is tested"
	[ -x /usr/sbin/pgbouncer ] || missing pgbouncer "clients are tested behind it, and JDBC always is"
}

# Java is large, so its test is skipped in "make test" where it is not there.
need_applications() {
	local name

	command -v javac >/dev/null || missing default-jdk-headless "compiles the test of JDBC"
	command -v npm >/dev/null || missing npm "gets the clients in JavaScript"
	[ -x /usr/bin/trytond ] || missing tryton-server "an application that is tested"
	for name in account-invoice purchase analytic-invoice analytic-purchase; do
		[ -d "/usr/lib/python3/dist-packages/trytond/modules/${name//-/_}" ] ||
			missing "tryton-modules-$name" "a part of an application that is tested"
	done
	[ -d /usr/lib/python3/dist-packages/gnucash ] || missing python3-gnucash "an application that is tested"
	command -v gnucash >/dev/null || missing gnucash "the libraries of it"
	compgen -G '/usr/lib/*/dbd/libdbdpgsql.so' >/dev/null || missing libdbd-pgsql "by which it reaches PostgreSQL"
	[ -d /usr/lib/python3/dist-packages/proteus ] || missing tryton-proteus "speaks to Tryton's RPC"
	command -v soffice >/dev/null || missing libreoffice-calc "an application that is tested"
	[ -e /usr/lib/libreoffice/program/libdbaxmllo.so ] || missing libreoffice-base "its data sources"
	module uno python3-uno
	[ -e "$(path_of sharedir "/usr/share/postgresql/$version")/extension/pg_cron.control" ] ||
		missing "postgresql-$version-cron" "schedules what README says"
}

# Large too, so how pages look is tested where it is asked for.
need_browser() {
	command -v chromium >/dev/null || missing chromium "looks at pages"
	command -v npm >/dev/null || missing npm "gets what judges them"
}

for purpose in "$@"; do
	case $purpose in
		server)
			command -v gcc >/dev/null || missing gcc "the compiler"
			[ -e /usr/include/stdio.h ] || missing libc6-dev "the C library's headers"
			[ -x "$bindir/postgres" ] || missing "postgresql-$version" "the server that the extension is for"
			# PGXS comes with the client: it says nothing of headers.
			[ -e "$headers/postgres.h" ] && [ -e "$(path_of pgxs $debian/$version/lib/pgxs/src/makefiles/pgxs.mk)" ] ||
				missing "postgresql-server-dev-$version" "the server's headers"
			warn_of_headers
			;;
		tests)
			if [[ $suites =~ \ (messages|tap)\  ]]; then
				{ command -v msgfmt && command -v xgettext; } >/dev/null ||
					missing gettext "compiles the messages in other languages, and finds those in the sources"
			fi
			if [[ $suites == *" pgtap "* ]]; then
				[ -e "$(path_of sharedir "/usr/share/postgresql/$version")/extension/pgtap.control" ] ||
					missing "postgresql-$version-pgtap" "the functions that the tests in test/pgtap call"
				command -v pg_prove >/dev/null ||
					missing libtap-parser-sourcehandler-pgtap-perl "pg_prove runs the tests in test/pgtap"
			fi
			if [[ $suites == *" tap "* ]]; then
				perl -MIPC::Run -e 1 2>/dev/null ||
					missing libipc-run-perl "PostgreSQL's Perl modules for the tests in test/t"
			fi
			if [[ $suites =~ \ (clients|bi|applications)\  ]]; then
				need_clients
			fi
			if [[ $suites == *" applications "* ]]; then
				need_applications
			fi
			if [[ $suites == *" pages "* ]]; then
				need_browser
			fi
			;;
		matrix)
			command -v debootstrap >/dev/null || missing debootstrap "makes the roots that other releases run in"
			command -v zstd >/dev/null || missing zstd "packs them"
			;;
		debug)
			command -v valgrind >/dev/null || missing valgrind "runs the server and watches its memory"
			command -v dpkg-source >/dev/null || missing dpkg-dev "unpacks PostgreSQL's source"
			command -v pkg-config >/dev/null || missing pkg-config "finds the libraries that it is built with"
			[ -e /usr/include/unicode/ucol.h ] || missing libicu-dev "compares text as tests ask for it"
			[ -e /usr/include/libxml2/libxml/parser.h ] || missing libxml2-dev "reads pages as tests do"
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
elif [ -x "$bindir/postgres" ] && [[ $bindir != $debian/* ]]; then
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
