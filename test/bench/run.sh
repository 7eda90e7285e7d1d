#!/bin/bash
#
# Measures what caps cost: this extension beside the bare table and the triggers that people write.
#
#	test/bench/run.sh		on the server of test/private_server.sh; "make bench" starts both
#
# Reads:	QUICK=1		a version of two minutes: fewer rows, one short round
#			SCENARIO	which scenarios (default: all that stand in $scenarios below)
#			BENCH_CSV	where each single figure goes (default: test/log/bench.csv)
#
# setup/ makes a database for each contender and each layout of caps, work/ is what is measured,
# summary.sql has the titles and the bars and prints the tables.
#
# A round measures each contender once, one after the other; every other round goes backwards. What is
# compared with each other is measured right after each other, and ratios are made within a round. Before
# each measurement the tables are vacuumed and a checkpoint is made. A contender that would take hours
# is measured once, on fewer rows; since its time per row grows with them, that gives a lower bound.
#
# Sessions are warm: clients connect and work for two seconds before their throughput is measured. What it takes
# until they are is measured by itself, in the scenarios connect and warm_up.
#
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
scenarios="inserts hold connect warm_up refusals overrides orders insert_select copy one_by_one update delete old_snapshot cap_count reports pages booking_count sum join nodes citus"
contenders=(bare sum row statement steering)
plpgsql_rounds= # of the contenders in PL/pgSQL, if not as many as of the others
clients_of_inserts='1 4 16 32'

rounds=5 seconds=3 warm=2 sessions=60 warm_up=5000 snapshot_seconds=60 edge=10
bulk=1000000 some=100000 slice=10000 few_bookings=10000 many_bookings=5000000 report_runs=50 wal_files=100
participants=342 groups=23 leaves=12
node_bookings=4000
if [ -n "${QUICK:-}" ]; then
	rounds=2 seconds=1 sessions=20 warm_up=300 snapshot_seconds=4 edge=1 clients_of_inserts='1 16' plpgsql_rounds=1
	bulk=200000 some=20000 slice=3000 many_bookings=300000 report_runs=10 wal_files=20
	participants=100 groups=8 node_bookings=500
fi
caps=$((groups * (leaves + 1) * participants + 1))

ports="$PGPORT $((PGPORT + 1)) $((PGPORT + 2))" # of the coordinator and of two nodes
citus_ports="$((PGPORT + 3)) $((PGPORT + 4)) $((PGPORT + 5))" # likewise

csv=${BENCH_CSV:-$here/../log/bench.csv}
failures=0
export PGAPPNAME='sp71_steering bench' PGOPTIONS='-c client_min_messages=warning'

# --- running SQL

# sql DATABASE FILE [-v NAME=VALUE...]
sql() {
	local database=$1 file=$2
	shift 2
	psql -X -q -At -v ON_ERROR_STOP=1 -d "$database" -f "$here/$file" "$@"
}

# ask DATABASE COMMAND
ask() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }

# tps DATABASE SCRIPT OPTION...: transactions per second
tps() {
	local database=$1 script=$2
	shift 2
	pgbench -n -M prepared -f "$here/work/$script.pgbench" "$@" "$database" |
		sed -n 's/^tps = \([0-9.]*\) .*/\1/p'
}

# warm_tps DATABASE SCRIPT OPTION...: the same of sessions that have worked for a while, over $seconds seconds
warm_tps() {
	local database=$1 script=$2
	shift 2
	pgbench -n -M prepared -f "$here/work/$script.pgbench" -T $((warm + seconds)) -P 1 "$@" "$database" 2>&1 >/dev/null |
		awk -v warm="$warm" '/^progress:/ && $2 > warm + 0.5 { n++; sum += $4 } END { if (n > 0) print sum / n }'
}

# latency DATABASE SCRIPT RUNS: milliseconds
latency() {
	pgbench -n -f "$here/work/$2.pgbench" -t "$3" "$1" | sed -n 's/^latency average = \([0-9.]*\) ms/\1/p'
}

# --- databases

# variables LAYOUT: what setup/schema.sql makes of it
variables() {
	local shared=true booked=0 fed=0 size='-v participants=40 -v parents=2 -v leaves=5'

	case $1 in
		spread | nodes_own | citus_own) shared=false ;;
		shared) fed=$bulk ;;
		few_bookings) booked=$few_bookings ;;
		many_bookings) booked=$many_bookings ;;
		few_caps)
			booked=90
			size='-v participants=9 -v parents=1 -v leaves=10'
			;;
		sessions)
			booked=800
			size='-v participants=40 -v parents=2 -v leaves=10'
			;;
		whole_year)
			booked=$((12 * groups * leaves * participants))
			size="-v participants=$participants -v parents=$groups -v leaves=$leaves"
			;;
		many_caps)
			booked=$((groups * leaves * participants))
			size="-v participants=$participants -v parents=$groups -v leaves=$leaves"
			;;
	esac
	echo "$size -v shared=$shared -v booked=$booked -v fed=$fed"
}

# provide CONTENDER LAYOUT: makes the database CONTENDER_LAYOUT, unless it is there
provide() {
	local contender=$1 layout=$2 database=$1_$2

	if [ "$(ask postgres "SELECT count(*) FROM pg_database WHERE datname = '$database'")" -eq 1 ]; then
		return
	elif [ "$layout" = money ]; then
		ask postgres "CREATE DATABASE $database"
		sql "$database" setup/money.sql -v "type=$contender" -v "lines=$many_bookings"
	elif [ "$layout" = join ]; then
		ask postgres "CREATE DATABASE $database"
		sql "$database" setup/schema.sql $(variables "$layout")
		sql "$database" setup/join.sql
		sql "$database" "setup/join_$contender.sql" >/dev/null
	elif [ "$layout" = orders ]; then
		ask postgres "CREATE DATABASE $database"
		sql "$database" setup/schema.sql $(variables "$layout")
		sql "$database" setup/steering.sql >/dev/null
		sql "$database" setup/orders.sql >/dev/null
	elif [[ $layout == nodes* ]]; then
		provide_on_nodes "$contender" "$layout"
	elif [[ $layout == citus* ]]; then
		provide_on_citus "$contender" "$layout"
	elif [ "$contender" = bare ]; then
		ask postgres "CREATE DATABASE $database"
		sql "$database" setup/schema.sql $(variables "$layout")
	else
		provide bare "$layout"
		ask postgres "CREATE DATABASE $database TEMPLATE bare_$layout STRATEGY file_copy"
		sql "$database" "setup/$contender.sql" >/dev/null
	fi
	sql "$database" setup/settle.sql
	say "made the database $database"
}

# --- nodes: two servers more, of which the private server is the coordinator

# start_server PORT [SETTING...]: starts a server, unless it runs; with the settings of the private one, and these
start_server() {
	local port=$1 folder=$PRIVATE_FOLDER/node_$1 as_server_user=()
	shift

	[ "$(id -un)" = "$PRIVATE_USER" ] || as_server_user=(runuser -u "$PRIVATE_USER" --)
	[ ! -d "$folder" ] || return 0
	"${as_server_user[@]}" initdb -D "$folder" -U "$PGUSER" -A trust -E UTF8 --no-locale --no-sync
	"${as_server_user[@]}" cp "$PRIVATE_FOLDER/data/postgresql.conf" "$folder"
	printf '%s\n' "$@" | "${as_server_user[@]}" tee -a "$folder/postgresql.conf"
	"${as_server_user[@]}" pg_ctl start -s -w -D "$folder" -o "-p $port" -l "$folder.log"
} >/dev/null

# on_nodes COMMAND...: on each server, one after the other
on_nodes() {
	local -x PGPORT

	for PGPORT in $ports; do
		"$@" || return
	done
}

# provide_on_nodes CONTENDER LAYOUT: the database CONTENDER_LAYOUT on each server
provide_on_nodes() {
	local contender=$1 layout=$2 database=$1_$2 port server

	for port in ${ports#* }; do start_server "$port"; done
	on_nodes ask postgres "CREATE DATABASE $database"
	on_nodes sql "$database" setup/schema.sql $(variables "$layout")
	if [ "$contender" = steering ]; then
		server="host=$PGHOST user=$PGUSER dbname=$database"
		on_nodes sql "$database" setup/nodes_link.sql
		sql "$database" setup/steering.sql >/dev/null
		ask "$database" "SELECT steering.scale_out('$server port=$PGPORT')" >/dev/null
		for port in ${ports#* }; do
			PGPORT=$port ask "$database" 'CREATE EXTENSION sp71_steering'
			ask "$database" "SELECT steering.add_node('node_$port', '$server port=$port')" >/dev/null
			PGPORT=$port sql "$database" setup/nodes_attach.sql >/dev/null
		done
	fi
}

# provide_on_citus CONTENDER LAYOUT: the database CONTENDER_LAYOUT on each server of Citus; PGPORT is that of the coordinator
provide_on_citus() {
	local contender=$1 layout=$2 database=$1_$2 port ports=$citus_ports server
	local -x PGOPTIONS='-c client_min_messages=error' # not what Citus leaves on the coordinator

	on_nodes ask postgres "CREATE DATABASE $database"
	on_nodes ask "$database" 'CREATE EXTENSION citus'
	ask "$database" "SELECT citus_set_coordinator_host('127.0.0.1', $PGPORT)" >/dev/null
	for port in ${ports#* }; do
		ask "$database" "SELECT citus_add_node('127.0.0.1', $port)" >/dev/null
	done
	sql "$database" setup/schema.sql $(variables "$layout")
	sql "$database" setup/citus.sql >/dev/null
	if [ "$contender" = steering ]; then
		server="host=$PGHOST user=$PGUSER dbname=$database"
		sql "$database" setup/nodes_link.sql
		ask "$database" 'CREATE EXTENSION sp71_steering'
		ask "$database" "SELECT steering.scale_out('$server port=$PGPORT')" >/dev/null
		sql "$database" setup/citus_outbox.sql >/dev/null
		for port in ${ports#* }; do
			ask "$database" "SELECT steering.add_node('node_$port', '$server port=$port')" >/dev/null
		done
		sql "$database" setup/steering.sql >/dev/null
	fi
}

# --- measuring

# say TEXT: progress
say() { printf '%3d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

# keep SCENARIO LAYOUT CONTENDER ROUND FIGURE FACTOR: a line of the CSV; a factor above 1 says that FIGURE
# is a lower bound, so many times what was measured
keep() { (IFS=, && echo "$*") >>"$csv"; }

# in_order LAYOUTS: pairs CONTENDER/LAYOUT, in the order of a round. Contenders are beside each other, or
# the layouts of each, where the scenario set growth.
in_order() {
	local layout contender

	if [ -n "${growth:-}" ]; then
		for contender in "${contenders[@]}"; do
			for layout in $1; do echo "$contender/$layout"; done
		done
	else
		for layout in $1; do
			for contender in "${contenders[@]}"; do echo "$contender/$layout"; done
		done
	fi
}

# last_round CONTENDER: the last round that it is measured in
last_round() {
	if [[ " ${slow:-} " == *" $1 "* ]]; then
		echo 1
	elif [[ " sum row statement " == *" $1 "* ]]; then
		echo "${plpgsql_rounds:-$rounds}"
	else
		echo "$rounds"
	fi
}

# compare SCENARIO LAYOUTS COMMAND: runs COMMAND DATABASE LINES for each contender in each layout in each
# round; it prints a figure. Reads what the scenario set: contenders, lines (none: 0), growth, and slow,
# those to measure once, on fewer lines. In the end each must have counted right.
compare() {
	local scenario=$1 layouts=$2 command=$3 order round pair layout contender database factor last figure progress

	for layout in $layouts; do
		for contender in "${contenders[@]}"; do
			provide "$contender" "$layout"
		done
	done
	for round in $(seq "$rounds"); do
		order=$(in_order "$layouts")
		if [ $((round % 2)) -eq 0 ]; then
			order=$(tac <<<"$order")
		fi
		progress=
		for pair in $order; do
			contender=${pair%/*} layout=${pair#*/} database=${pair/\//_} factor=1 last=$(last_round "${pair%/*}")
			if [[ " ${slow:-} " == *" $contender "* ]]; then
				factor=$(slow_factor "$contender")
			fi
			if [ "$round" -gt "$last" ]; then
				continue
			elif figure=$("$command" "$database" $((${lines:-0} / factor)) 2>"$PRIVATE_FOLDER/stderr") &&
				[ -n "$figure" ]; then
				figure=$(awk "BEGIN { printf \"%.6g\", $figure * $factor }")
				keep "$scenario" "$layout" "$contender" "$round" "$figure" "$factor"
			else
				figure=FAILED
				failures=$((failures + 1))
				head -5 "$PRIVATE_FOLDER/stderr"
			fi
			progress+=", $contender${layout:+ ($layout)} $([ "$factor" -eq 1 ] || echo '>')$figure"
			if [ "$round" -eq "$last" ] && [ "$(ask "$database" 'SELECT bench.is_counted_right()')" != t ]; then
				progress+=' (COUNTED WRONG)'
				failures=$((failures + 1))
			fi
		done
		say "$scenario, round $round: ${progress#, }"
	done
}

# slow_factor CONTENDER: how many times fewer lines it gets
slow_factor() {
	local most=$slice

	if [ "$1" = sum ]; then
		most=$((slice / 10))
	fi
	echo $((${lines:-0} > most ? lines / most : 1))
}

# --- scenarios: each runs compare() with a function that measures one database

scenario_inserts() {
	local clients slow=sum

	for clients in $clients_of_inserts; do
		compare "inserts_$clients" 'spread shared' measure_inserts
	done
}
measure_inserts() {
	sql "$1" setup/reset.sql &&
		warm_tps "$1" insert_own -D leaves=10 -c "$clients" -j $((clients > 1 ? 2 : 1))
}

scenario_hold() {
	local slow=sum

	compare hold shared measure_hold
}
measure_hold() {
	sql "$1" setup/reset.sql && warm_tps "$1" insert_hold -D leaves=10 -c 32 -j 2
}

# What is new each time: the session. 800 pairs of service and participant, each with its usage cell, 881 caps.
scenario_connect() {
	local contenders=(bare steering) wanted

	compare connect sessions measure_connect
	for wanted in first_booking next_pair; do
		compare $wanted sessions measure_new_sessions
	done
}
measure_connect() {
	sql "$1" setup/settle.sql && tps "$1" insert_any -D leaves=20 -D participants=40 -C -T $((warm + seconds))
}
# The first booking in milliseconds, or the first on other pairs against more on the same one: medians.
measure_new_sessions() {
	local times=$PRIVATE_FOLDER/times session

	sql "$1" setup/settle.sql || return
	for session in $(seq "$sessions"); do
		sql "$1" work/new_session.sql -v "leaf=$((1 + session % 20))" -v "participant=$((1 + session % 40))" |
			sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | nl -b a
	done >"$times"
	case $wanted in
		first_booking) median_of 1 1 "$times" ;;
		next_pair) echo "$(median_of 7 11 "$times") $(median_of 3 6 "$times")" | awk '{ print $1 / $2 }' ;;
	esac
}
# median_of FIRST LAST FILE: of the times of these statements
median_of() {
	awk -v first="$1" -v last="$2" '$1 >= first && $1 <= last { print $2 }' "$3" | sort -g |
		awk '{ time[NR] = $1 } END { print (time[int((NR + 1) / 2)] + time[int(NR / 2) + 1]) / 2 }'
}

# How fast new sessions are in their second second.
scenario_warm_up() {
	local contenders=(bare steering)

	compare warm_up sessions measure_warm_up
}
measure_warm_up() {
	sql "$1" setup/settle.sql &&
		pgbench -n -M prepared -f "$here/work/insert_any_hold.pgbench" -D leaves=20 -D participants=40 -c 32 -j 2 \
			-T 3 -P 1 "$1" 2>&1 >/dev/null | awk '/^progress:/ && ++n == 2 { print $4 }'
}

# How fast four clients book beside four that are always refused: with refusals kept in the table, against not kept.
scenario_refusals() {
	local contenders=(steering) growth=yes

	compare refusals shared measure_refusals
}
measure_refusals() {
	local kept speed=()

	sql "$1" setup/reset.sql || return
	for kept in off table off table; do
		PGOPTIONS="$PGOPTIONS -c sp71_steering.record_refusals=$kept" \
			pgbench -n -f "$here/work/refused.pgbench" -c 4 -j 1 -T $((warm + seconds)) "$1" >/dev/null &
		speed+=("$(warm_tps "$1" insert_own -D leaves=10 -c 4)")
		wait
	done
	awk "BEGIN { print (${speed[1]} + ${speed[3]}) / (${speed[0]} + ${speed[2]}) }"
}

# How fast four clients book under caps with overrides that nobody draws, against without. Granting one makes one stripe
# of a cap; so it is done in both cases, and taken back in one.
scenario_overrides() {
	local contenders=(steering) growth=yes

	compare overrides shared measure_overrides
}
measure_overrides() {
	local granted speed=()

	sql "$1" setup/reset.sql || return
	for granted in no yes no yes; do
		sql "$1" setup/overrides_yes.sql >/dev/null || return
		[ "$granted" = yes ] || sql "$1" setup/overrides_no.sql >/dev/null || return
		speed+=("$(warm_tps "$1" insert_own -D leaves=10 -c 4)")
	done
	sql "$1" setup/overrides_no.sql >/dev/null || return
	awk "BEGIN { print (${speed[1]} + ${speed[3]}) / (${speed[0]} + ${speed[2]}) }"
}

# How long a booking takes that releases its order line, against an ordinary one.
scenario_orders() {
	local contenders=(steering) growth=yes clients

	for clients in 1 4; do
		compare "orders_$clients" orders measure_orders
	done
}
measure_orders() {
	local kind speed=()

	sql "$1" setup/orders_reset.sql || return
	for kind in ordinary order ordinary order; do
		speed+=("$(warm_tps "$1" "invoice_$kind" -c "$clients")")
	done
	awk "BEGIN { print (${speed[0]} + ${speed[2]}) / (${speed[1]} + ${speed[3]}) }"
}

scenario_insert_select() {
	local slow='sum row' lines=$bulk work=insert_select

	compare insert_select shared measure_work
}
measure_work() {
	sql "$1" setup/reset.sql && sql "$1" "work/$work.sql" -v "lines=$2"
}

scenario_copy() {
	local slow='sum row' lines=$bulk

	compare copy shared measure_copy
}
measure_copy() {
	local file=$PRIVATE_FOLDER/data/feed.$2

	[ -e "$file" ] || ask bare_shared "COPY (SELECT * FROM bench.feed LIMIT $2) TO '$file'"
	sql "$1" setup/reset.sql && sql "$1" work/copy.sql -v "file=$file"
}

scenario_one_by_one() {
	local slow='sum row statement' lines=$some work

	for work in one_by_one_client one_by_one_server; do
		compare $work shared measure_work
	done
}

scenario_update() {
	local slow='sum row' lines=$some work=update

	compare update shared measure_loaded
}
# The contender sum has nothing to do on DELETE.
scenario_delete() {
	local contenders=(bare row statement steering) slow=row lines=$some work=delete

	compare delete shared measure_loaded
}
measure_loaded() {
	sql "$1" setup/reset.sql && sql "$1" setup/load.sql -v "lines=$2" && sql "$1" "work/$work.sql"
}

scenario_old_snapshot() {
	local contenders=(bare row statement steering) slow='bare row statement' rounds=$(((rounds + 1) / 2))

	if [ -n "${QUICK:-}" ]; then
		contenders=(bare steering)
	fi

	compare old_snapshot shared measure_old_snapshot
}
measure_old_snapshot() {
	local reader=$PRIVATE_FOLDER/old_snapshot progress=$PRIVATE_FOLDER/progress

	sql "$1" setup/reset.sql || return
	PGAPPNAME=old_snapshot psql -X -q -d "$1" -c 'BEGIN ISOLATION LEVEL REPEATABLE READ' \
		-c 'SELECT count(*) FROM finance.invoice_line' -c 'SELECT pg_sleep(86400)' >"$reader" 2>&1 &
	until [ "$(ask "$1" "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'old_snapshot' AND query LIKE '%pg_sleep%'")" -eq 1 ]; do
		sleep 0.1
	done
	tps "$1" insert_own -D leaves=10 -c 4 -j 2 -T "$snapshot_seconds" -P 1 >/dev/null 2>"$progress"
	ask "$1" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'old_snapshot'" >/dev/null
	wait
	awk -v edge="$edge" '
		/^progress:/ { tps[++n] = $4 }
		END {
			for (i = 1; i <= edge; i++) { first += tps[i]; last += tps[n - edge + i] }
			if (n >= 2 * edge && first > 0) print last / first
		}' "$progress"
}

# Half of what is compared is large, so these go on with what is there, after a warm-up. They compare what
# is looked up, so they do not wait for the disk.
scenario_cap_count() {
	local contenders=(bare row statement steering) all_leaves=$((groups * leaves)) all_participants=$participants growth=yes

	if [ -n "${QUICK:-}" ]; then
		contenders=(bare steering)
	fi

	compare cap_count 'few_caps many_caps' measure_on
	contenders=(steering) all_leaves=10 all_participants=9
	compare cap_count_same 'few_caps many_caps' measure_on
}
scenario_booking_count() {
	local contenders=("${contenders[@]}") slow=sum all_leaves=10 all_participants=40 growth=yes

	if [ -n "${QUICK:-}" ]; then
		contenders=(bare steering)
	fi

	compare booking_count 'few_bookings many_bookings' measure_on
}
measure_on() {
	local size="-D leaves=$all_leaves -D participants=$all_participants"
	local -x PGOPTIONS="$PGOPTIONS -c synchronous_commit=off"

	if [[ $1 == *_few_caps ]]; then
		size='-D leaves=10 -D participants=9'
	fi
	if [[ $1 == sum_* ]]; then
		warm_up=1
	fi
	sql "$1" setup/settle.sql && tps "$1" insert_any $size -t "$warm_up" >/dev/null &&
		tps "$1" insert_any $size -T "$seconds"
}

# The bare table's report is plain SQL over its rows.
scenario_reports() {
	local contenders=(bare steering) report database growth=yes

	for report in cap_status usage_by_month; do
		compare $report 'few_bookings many_bookings' measure_report
	done
	for database in steering_few_bookings steering_many_bookings; do
		if [ "$(sql "$database" setup/reports_agree.sql -v "work=$here/work")" != t ]; then
			say "$database: the reports DIFFER from plain SQL"
			failures=$((failures + 1))
		fi
	done
}
measure_report() {
	local runs=$report_runs

	if [[ $1 == bare_* ]]; then
		runs=1
	fi
	latency "$1" "${report}_${1%%_*}" "$runs"
}

# Seconds that a page takes: of all participants, and of one.
scenario_pages() {
	local contenders=(steering) whose

	for whose in all one; do
		compare "page_$whose" whole_year measure_page
	done
}
measure_page() {
	latency "$1" "page_$whose" 1 | awk '{ print $1 / 1000 }'
}

# Twice as many rounds: each is short, and what is asked is a tenth.
scenario_sum() {
	local contenders=(bigint numeric amount) rounds=$((2 * rounds))

	compare sum money measure_sum
}
measure_sum() {
	PGOPTIONS='-c max_parallel_workers_per_gather=0' latency "$1" sum 3
}

# Lines whose date and state stand in a header: as rows of a join, as rows of a table that holds both, and booked by
# triggers that people write. Drafts are approved in the scenarios that begin with join_approve.
scenario_join() {
	local contenders=(triggers attached query) work drafts

	compare join_insert join measure_join_insert
	lines=$some compare join_bulk join measure_join_bulk
	drafts=20 lines=1000 compare join_approve join measure_join_approve
	contenders=(attached query)
	compare join_linear join measure_join_linear
}
measure_join_insert() {
	sql "$1" setup/join_reset.sql -v headers=0 -v lines=0 && warm_tps "$1" join_insert -c 1
}
measure_join_bulk() {
	sql "$1" setup/join_reset.sql -v headers=0 -v lines=0 && sql "$1" work/join_bulk.sql -v "lines=$2"
}
measure_join_approve() {
	sql "$1" setup/join_reset.sql -v "headers=$drafts" -v "lines=$2" && sql "$1" work/join_approve.sql
}
# Many lines in one approval against a tenth of them, per line.
measure_join_linear() {
	local drafts=1 tenth all

	tenth=$(measure_join_approve "$1" $((bulk / 10))) && all=$(measure_join_approve "$1" "$bulk") &&
		awk "BEGIN { print $all / $tenth / 10 }"
}

# Three servers, each with its own finance table, on which as many clients book: under caps of participants that book on one server
# only; under a cap over all, far from its step, and in its last percent; and how often one asks another while such a cap is used up.
scenario_nodes() {
	local contenders=(bare steering) rounds=$rounds node_clients

	for node_clients in 1 4; do
		compare "nodes_own_$node_clients" nodes_own measure_on_nodes
		compare "nodes_far_$node_clients" nodes measure_on_nodes
	done
	compare nodes_near nodes measure_near_step
	contenders=(steering) rounds=$(((rounds + 1) / 2))
	compare nodes_messages nodes measure_messages
}
measure_on_nodes() {
	on_nodes sql "$1" setup/reset.sql && limit_is "$1" 1000000000000 &&
		on_each_node warm_tps "$1" | awk '{ sum += $1 } END { if (NR == 3) print sum }'
}
# Bookings of 1.00, as many as there is room, so that the last one fits. What fails with 40001 is repeated; "nodes_repeated" is how
# often, for each booking.
measure_near_step() {
	local room=$((3 * node_clients * node_bookings)) log=$PRIVATE_FOLDER/near_step

	on_nodes sql "$1" setup/reset.sql && limit_is "$1" $((100 * room)) &&
		on_nodes sql "$1" setup/nodes_fill.sql -v "amount=$((33 * room))" && on_each_node all_of "$1" >"$log" || return
	keep nodes_repeated nodes "${1%%_*}" "$round" "$(awk '{ done += $1; repeated += $2 } END { printf "%.4f", repeated / done }' "$log")" 1
	awk -v room="$room" '{ done += $1; if ($1 / $3 > seconds) seconds = $1 / $3 } END { if (done == room) print done / seconds }' "$log"
}
# Calls of one server by another, for each booking, while the cap goes from 0 to 99%. Before that nodes ask for room under all others.
measure_messages() {
	local room=$((3 * node_clients * node_bookings))

	on_nodes sql "$1" setup/reset.sql && limit_is "$1" 1000000000000 && on_each_node all_of "$1" >/dev/null &&
		on_nodes sql "$1" setup/reset.sql && limit_is "$1" $((room * 100 / 99)) &&
		on_nodes ask "$1" "ALTER DATABASE $1 SET track_functions = 'all'" && on_nodes ask "$1" 'SELECT pg_stat_reset()' >/dev/null &&
		on_each_node all_of "$1" >/dev/null && on_nodes sql "$1" setup/nodes_calls.sql |
		awk -v room="$room" '{ calls += $1 } END { if (NR == 3) print calls / room }'
	on_nodes ask "$1" "ALTER DATABASE $1 RESET track_functions"
}
# on_each_node COMMAND DATABASE: at the same time on each server, with clients that book there
on_each_node() {
	local -x PGPORT
	local others=0

	for PGPORT in $ports; do
		"$1" "$2" insert_on_node -D leaves=10 -D "others=$others" -c "$node_clients" &
		others=$((others + node_clients))
	done
	wait
}
# limit_is DATABASE AMOUNT: of the cap over all; nodes know
limit_is() {
	local port

	if [ "$1" = steering_nodes ]; then
		sql "$1" setup/nodes_cap.sql -v "amount=$2" >/dev/null || return
		for port in ${ports#* }; do
			PGPORT=$port ask "$1" 'SELECT steering.catch_up()' >/dev/null || return
		done
	fi
}
# all_of DATABASE SCRIPT OPTION...: so many bookings of each client; how many, how many repetitions, how many a second
all_of() {
	local database=$1 script=$2
	shift 2
	pgbench -n -M prepared -f "$here/work/$script.pgbench" -t "$node_bookings" --max-tries=100000 "$@" "$database" |
		sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p; s/^total number of retries: //p;
			s/^tps = \([0-9.]*\) .*/\1/p' | paste -s -d ' '
}

# A table that Citus has distributed over three servers, on which clients book through the coordinator, each for a participant: under
# caps of one node only, and under a cap over all, far from its step.
scenario_citus() {
	local contenders=(bare steering) citus_clients port
	local -x PGPORT=${citus_ports%% *}

	if [ ! -e "$(pg_config --pkglibdir)/citus.so" ]; then
		say 'citus: SKIPPED, the server has no Citus'
		return
	fi
	for port in $citus_ports; do
		start_server "$port" "shared_preload_libraries = 'citus'" "listen_addresses = '127.0.0.1'" 'max_prepared_transactions = 100' \
			"citus.node_conninfo = 'sslmode=prefer'" 'citus.shard_count = 12' 'citus.enable_statistics_collection = off'
	done
	for citus_clients in 1 4; do
		compare "citus_own_$citus_clients" citus_own measure_on_citus
		compare "citus_far_$citus_clients" citus measure_on_citus
	done
}
measure_on_citus() {
	local ports=$citus_ports

	tps "$1" insert_own -D leaves=10 -c "$citus_clients" -t 500 >/dev/null && # nodes ask for room under all caps
		ask "$1" 'TRUNCATE finance.invoice_line' && on_nodes sql "$1" setup/settle.sql &&
		warm_tps "$1" insert_own -D leaves=10 -c "$citus_clients" -j $((citus_clients > 1 ? 2 : 1))
}

# --- the run

chosen=${SCENARIO:-$scenarios}
for scenario in $chosen; do
	if [[ " $scenarios " != *" $scenario "* ]]; then
		echo "bench: there is no scenario $scenario; there are: $scenarios" >&2
		exit 2
	fi
done

mkdir -p "$(dirname "$csv")"
echo 'scenario,layout,contender,round,figure,factor' >"$csv"

machine="$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) CPUs, \
$(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo), \
$(findmnt -n -o FSTYPE -T "$PRIVATE_FOLDER" || echo '?'), Linux $(uname -r | cut -d- -f1)"
cat <<TEXT
sp71_steering $(ask postgres "SELECT default_version FROM pg_available_extensions WHERE name = 'sp71_steering'")$([ -z "${QUICK:-}" ] || echo ', QUICK: the figures are rough'), $(date +%Y-%m-%d)
PostgreSQL $(ask postgres 'SHOW server_version'), $machine
$(ask postgres "SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name)
	FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'autovacuum', 'jit')")
$(ask postgres "SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name)
	FROM pg_settings WHERE name IN ('max_wal_size', 'checkpoint_timeout', 'max_connections')"); rounds of $seconds s, of sessions that are warm: $rounds

TEXT
# WAL files to recycle: making new ones would slow down whoever comes first.
psql -X -q -d postgres -v ON_ERROR_STOP=1 -c CHECKPOINT -c "
	DO \$\$
	BEGIN
		FOR file IN 1..$wal_files LOOP
			PERFORM pg_logical_emit_message(false, 'bench', ''), pg_switch_wal();
		END LOOP;
	END
	\$\$" -c CHECKPOINT

for scenario in $chosen; do
	"scenario_$scenario"
done

echo
ask postgres 'CREATE TABLE figure (scenario text, layout text, contender text, round integer, figure numeric, factor integer)'
psql -X -q -d postgres -c 'COPY figure FROM STDIN (FORMAT csv, HEADER)' <"$csv"
sql postgres summary.sql -v "bulk=$bulk" -v "some=$some" -v "few_bookings=$few_bookings" \
	-v "many_bookings=$many_bookings" -v "caps=$caps" -v "snapshot_seconds=$snapshot_seconds" -v "edge=$edge"
echo
say "done; each figure: $(realpath "$csv")"
if [ "$failures" -ne 0 ]; then
	say "$failures measurements FAILED"
	exit 1
fi
