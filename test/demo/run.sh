#!/bin/bash
#
# The main job, told by its own output:
#
#	test/demo/run.sh [DATA]
#
# Needs psql in PATH, the PG* environment of a private server and the right to create databases there;
# test/private_server.sh gives all three. DATA is the folder of real input (../shared/data): its
# files are read where they lie. A relative DATA is taken from the project's top folder.
#
# The SQL files are played in the order of their numbers. Each is a psql script that stops at the
# first error; what is meant to be refused is checked by its SQLSTATE (see 00_expectation.sql).
#
set -eu

here=$(cd "$(dirname "$0")" && pwd)
data=${1:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
exec 2>&1
pages=${PAGES:-$(mktemp -d "${TMPDIR:-/tmp}/sp71_steering_pages.XXXXXX")}
export PAGES=$pages LC_ALL=C.UTF-8 PGCLIENTENCODING=UTF8 PGAPPNAME='sp71_steering demo'

# play FILE...: plays SQL files of this folder in the database $database. In them, what stands between
# :show and :hide is echoed, with command tags; between :script and :hide echoed without; between :try
# and :tried echoed and allowed to fail, which leaves its SQLSTATE in :sqlstate.
play() {
	local file

	for file in "$@"; do
		psql -X -q -v ON_ERROR_STOP=1 \
			-v show='\set ECHO queries \set QUIET off' \
			-v script='\set ECHO queries' \
			-v hide='\set ECHO none \set QUIET on' \
			-v try='\set ON_ERROR_STOP off \set ECHO queries \set QUIET off' \
			-v tried='\set sqlstate :SQLSTATE \set ECHO none \set QUIET on \set ON_ERROR_STOP on' \
			-P border=1 -P footer=off -P numericlocale=on -P null=- \
			-d "$database" <"$here/$file" || fail "$file"
	done
}

# open_database NAME: the files that follow are played in a new database of this name.
open_database() {
	database=$1
	psql -X -q -v ON_ERROR_STOP=1 -d "$PGDATABASE" -c "CREATE DATABASE $database"
	play 00_expectation.sql
}

# fail FILE: the message that explains it is already there.
fail() {
	echo
	echo "The demo STOPPED in $1: what is above is not as it should be."
	exit 1
}

usage() {
	echo "demo: $1"
	exit 2
}

heading() {
	echo
	printf '%s\n' "$1" "${1//?/=}"
	echo
}

if [ -n "$data" ]; then
	data=$(cd "$here/../.." && cd "$data" 2>/dev/null && pwd) || usage "there is no folder $1"
	for file in nl/iv3_2023_begroting.csv nl/iv3_2023_jaarrekening.csv nl/iv3_leidseregio_lasten_2017_2026.csv \
		uk/tx_hyndburn_fy2024-25.csv uk/tx_hyndburn_fy2025-26.csv uk/budget_hyndburn_departments.csv; do
		[ -r "$data/$file" ] || usage "$data has no file $file"
	done
fi

heading 'sp71_steering: caps that hold, and what was achieved for the money'
cat <<TEXT
Four municipalities buy support services from one organisation. This demo creates the extension in a
throw-away server, registers who buys what, sets caps on money and on volume, attaches a finance
table, and plays the year 2026: bookings that pass, one that is warned about, some that are refused.
Then the year is steered on: agreements, results, outlook, allocation, settlement. It takes a few seconds.

All figures of this part are INVENTED by a deterministic generator; only the names and numbers of
inhabitants (Bron: CBS, 2023) are real. SQL is shown where it teaches, followed by the server's answer.
TEXT
if [ -n "$data" ]; then
	cat <<TEXT

After that the same job runs on real input from $data:
budgets and accounts of Dutch municipalities, of one year and of eight, then the payments of an English
council, with outlooks. That takes less than a minute, and shows its progress.
TEXT
fi

open_database demo_year
play 01_registers.sql 02_caps.sql 03_invoices.sql 04_attach.sql 05_bulk_load.sql 06_bookings.sql \
	07_refusals.sql 08_readers.sql 09_reports.sql
play 10_agreements.sql 11_results.sql 12_year_end.sql 13_comparison.sql 14_outlook.sql 15_allocation.sql \
	16_settlement.sql 17_closing.sql 18_supplier.sql 19_decisions.sql 19_budget_life.sql 19_orders.sql \
	19_savings.sql 19_report.sql

if [ -n "$data" ]; then
	heading 'Real input 1: budgets and accounts of Dutch municipalities (Bron: CBS, Iv3)'
	# psql's \copy reads relative to where psql runs.
	cd "$data"
	open_database demo_region
	play 20_iv3_files.sql 21_iv3_region.sql 21_lawfulness.sql
	open_database demo_country
	play 20_iv3_files.sql 22_iv3_country.sql
	open_database demo_years
	play 23_iv3_years.sql
	open_database demo_collaboration
	play 24_iv3_collaboration.sql

	heading 'Real input 2: the payments of Hyndburn Borough Council, line by line'
	open_database demo_payments
	play 30_payment_caps.sql
	echo 'Each of the lines is now a statement and a transaction of its own, in order of date:'
	echo
	# A refusal is expected at many lines: its SQLSTATE and the cap that refused go to a file.
	psql -X -q -v ON_ERROR_STOP=0 -v VERBOSITY=verbose -P border=1 -P tuples_only=on -P format=unaligned \
		-d "$database" <"$here/31_payment_stream.sql" 2>"$scratch/stderr" || fail 31_payment_stream.sql
	awk '
		/^ERROR:/			{ state = substr($2, 1, 5) }
		/^CONSTRAINT NAME:/	{ print state "," $3; state = "" }
		/^(ERROR|FATAL|PANIC|WARNING|psql):/ && !/^ERROR:  23S7[12]: / { print >"/dev/stderr"; bad = 1 }
		END { exit bad }' "$scratch/stderr" >"$scratch/refusal.csv" || fail 31_payment_stream.sql
	echo
	echo 'The first of the refusals:'
	echo
	sed -n 1,3p "$scratch/stderr"
	cd "$scratch"
	play 32_payment_proof.sql
	cd "$data"
	open_database demo_outlook
	play 33_payment_outlook.sql
	cd "$here/../.."
fi

heading 'What was shown'
cat <<TEXT
- Caps on money and volume, over two levels of the catalogue and two levels of participants, held for
  single bookings, bulk loads, corrections and cancellations of a finance table that knows nothing of them.
- A booking over a cap was refused as a whole, with the figures for those who may see them; what
  lowers usage always passed; steps below the block were notified and warned about.
- After each part, the stored usage was the sum of the bookings: verify() found no difference.
- Agreements of four forms and measured results beside the cost, with a signal; outlooks that say how far
  their method was off before; overhead divided by three methods, to the cent; a settlement that proves
  itself, and stays as it is once the year is closed; the reserve of the organisation against its risks.
- Pages to look at, of the region (this year, and that of the savings), of Leiden in Dutch, for the council of Leiderdorp,
  and of a role that reads Leiderdorp alone: they stay in
  $pages
- Who may decide: a board that votes, a host that hears its partners, circles with mandates; each decision
  done by the database as it was signed, in a log that cannot be changed unseen.
- A budget that was amended as a whole, moved and carried into the next year by rule, with a history that
  adds up; orders that their invoices release, what is held before it is spent, and a cap exceeded with permission.
- A ledger of savings that lower the caps they are allocated to; a start-up that is repaid out of them, and its
  business case; what is stranded when somebody leaves; a scorecard of public value.
TEXT
if [ -n "$data" ]; then
	cat <<TEXT
- On real input the overruns agree with plain SQL over the same files, and no department of the council
  went over a cap, line by line.
- What the overhead of the Leidse regio would cost each if one left or one joined, what a leaver would pay, and how the
  joint body became the centre municipality's: to the cent as plain SQL has it.
- Eight years of cost per inhabitant, budgets, accounts and shares of overhead, and the outlooks of two
  years of payments, agree with plain SQL over the same files, to the last cent.
TEXT
fi
for database in demo_year ${data:+demo_region demo_country demo_years demo_collaboration demo_payments demo_outlook}; do
	psql -X -q -At -d "$database" -c "SELECT format('%s: all of %s expectations were met.', current_database(), count(*)) FROM demo.expectation"
done
echo
if [ -z "$data" ]; then
	echo 'Next: README.md tells how to attach a finance table of your own; "make test" runs all tests, and "make demo DATA=folder"'
	echo 'this on real input as well, where you have it (test/demo/run.sh names the files).'
else
	echo 'Next: "make test" runs all tests; README.md tells how to attach a finance table of your own.'
fi
