# psql: errors and warnings go to standard error; with VERBOSITY verbose they have SQLSTATE and fields, a script reads :SQLSTATE
# and stops with status 3 where ON_ERROR_STOP is set.
set -u

count=0
failed=0

# ok WHAT COMMAND...
ok() {
	local what=$1
	shift

	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
		printf '%s\n' "$output" | sed 's/^/# found /' >&2
		failed=1
	fi
}

# says TEXT: the output has it, as one piece
says() { [[ $output == *"$1"* ]]; }
silent() { [ -z "$output" ]; }
equal() { [ "$output" = "$1" ]; }
ended() { [ "$status" -eq "$1" ]; }

# run [ARGUMENT...]: sets output and status
run() {
	output=$(psql -qXAt -v ON_ERROR_STOP=1 "$@" 2>&1)
	status=$?
}

book="INSERT INTO invoice_line (service, participant, booked_on, amount) VALUES ('ict', 'leiden', '2026-02-03'"

run -c "$book, 700)"
ok 'a booking below all steps says nothing' silent
run -c "$book, 500)"
ok 'a refusal ends psql with status 1' ended 1
ok 'and says what, why and what to do' equal 'ERROR:  budget cap of service "ict" for participant "leiden" is exceeded
DETAIL:  Cap 1 (2026-01-01 to 2026-12-31) blocks above 1000.00; used 700.00, this statement adds 500.00, 200.00 too much.
HINT:  Lower or release other bookings under this cap, or ask whoever steers it to raise cap 1 with steering.set_cap().'
run -v VERBOSITY=verbose -c "$book, 500)"
ok 'verbose: SQLSTATE' says 'ERROR:  23S71: budget cap'
ok 'verbose: fields' says 'SCHEMA NAME:  public
TABLE NAME:  invoice_line
CONSTRAINT NAME:  1'
run -v VERBOSITY=sqlstate -c "$book, 150)"
ok 'a warning has an SQLSTATE of its own' equal 'WARNING:  01S71'

run -v ON_ERROR_STOP=0 -f - <<<"$book, 500);
\\echo :SQLSTATE :LAST_ERROR_MESSAGE
SELECT sum(amount) FROM invoice_line;"
ok 'a script reads SQLSTATE and message, and goes on' says '23S71 budget cap of service "ict" for participant "leiden" is exceeded
850.00'
run -f - <<<"$book, 500);"
ok 'or stops with status 3' ended 3

run -c "SELECT cap_id, verdict FROM steering.check_booking('ict', 'leiden', '2026-05-01', 500)"
ok 'a dry run tells what would be refused' equal '1|block'

run -f - <<<"BEGIN; SET LOCAL sp71_steering.check_at = 'commit';
$book, 300); UPDATE invoice_line SET amount = 400 WHERE id = (SELECT min(id) FROM invoice_line); COMMIT;
SELECT sum(amount) FROM invoice_line;"
ok "with check_at = 'commit' what goes up may come before what goes down" says 850.00
run -v VERBOSITY=sqlstate -f - <<<"BEGIN; SET LOCAL sp71_steering.check_at = 'commit';
$book, 300); SELECT 'reached'; COMMIT;"
ok 'what is too much is refused by COMMIT' equal 'reached
psql:<stdin>:2: ERROR:  23S71'
run -v VERBOSITY=sqlstate -c "INSERT INTO invoice_line (service, participant, booked_on, amount) VALUES ('itc', 'leiden', '2026-02-03', 1)"
ok 'an unknown service is refused' equal 'ERROR:  23S73'

PGOPTIONS="-c sp71_steering.check_at=commit" run -v VERBOSITY=sqlstate -1 -c "$book, 300)" -c "SELECT 'reached'"
ok 'check_at may come with the connection' equal 'reached
ERROR:  23S71'

run -c "SELECT sum(amount) = (SELECT used FROM steering.check_booking('ict', 'leiden', '2026-05-01')) FROM invoice_line"
ok 'the cap has what the rows come to' equal t
run -c 'SELECT * FROM steering.verify()'
ok 'verify() finds nothing' silent
echo "1..$count"
exit $failed
