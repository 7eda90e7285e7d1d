# Counters that are divided, and work that is not written yet, among many sessions: who waits for whom,
# steps that are crossed again and again, deadlocks, compact(), prepared transactions, idle counters.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

seed_randomness();
my $node = start_node('stripes',
	settings => "max_prepared_transactions = 20\nmax_connections = 30\njit = off\ndeadlock_timeout = 10ms\nlock_timeout = 20s\n");
my $year = "'[2026-01-01,2027-01-01)'";
my $waiting = "SET lock_timeout = '200ms'; ";

sub set_cap
{
	my ($service, $participant, $metric, $amount, $ladder, $database) = @_;

	$ladder ||= '100% block';
	return $node->safe_psql($database || 'postgres',
		"SELECT steering.set_cap('$service', '$participant', '$metric', $year, $amount, '$ladder')");
}

# Into how many rows a cap's counter is divided.
sub stripes
{
	my ($cap, $database) = @_;

	return $node->safe_psql($database || 'postgres', "SELECT count(*) FROM steering.cap_counter WHERE cap_id = $cap");
}

# Runs a script in so many clients, so many times each; it must not fail.
sub pgbench
{
	my ($clients, $times, $sql, $name, $database, @options) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . '/script.sql';
	my $output = '';

	append_to_file($file, $sql);
	IPC::Run::run(
		[
			'pgbench', '--no-vacuum', "--client=$clients", "--transactions=$times", "--file=$file", @options,
			'--random-seed=' . ($ENV{STRESS_SEED} || 1), '--host=' . $node->host, '--port=' . $node->port, $database || 'postgres'
		],
		'<', \undef, '>&', \$output)
	  or fail("$name: " . substr($output, 0, 2000));
	unlike($output, qr/WARNING|ERROR/, "$name: nothing failed, nothing warned") or diag(substr($output, 0, 2000));
}

create_registers($node);
create_source($node);

# Contention divides a counter; who comes then does not wait.
my $cap = set_cap('ict', 'region', 'budget', 1000, '80% notify, 100% block');
is(stripes($cap), 1, 'a new cap has one row');
is_booked($node, book('ict.desk', 'north', 1), 'alone');
is(stripes($cap), 1, 'a cap that nobody fights over has one row');
my @sessions = map { open_session($node) } 1 .. 3;
run_in($sessions[0], 'BEGIN; ' . book('ict.desk', 'north', 1));
is_refused($node, $waiting . book('ict.desk', 'south', 1), '55P03', 'the only row is held');
$sessions[1]{input} .= 'BEGIN; ' . book('ict.desk', 'south', 1) . "\n";
$sessions[1]{harness}->pump_nb;
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity
	WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO finance%' AND pid <> pg_backend_pid()})
  or die 'the second booking does not wait';
run_in($sessions[0], 'COMMIT');
run_in($sessions[1], 'SELECT 1');
run_in($sessions[1], 'COMMIT');
cmp_ok(stripes($cap), '>', 1, 'who had to wait has divided the counter');
run_in($sessions[0], 'BEGIN; ' . book('ict.desk', 'north', 1) . book('ict.desk', 'north', 1));
run_in($sessions[1], 'BEGIN; ' . book('ict.desk', 'south', 1) . book('ict.desk', 'south', 1));
is_booked($node, $waiting . book('ict.desk', 'west', 1), 'beside two open transactions');
is_refused($node, $waiting . book('ict.desk', 'west', 900), '55P03', 'what needs the whole counter waits for them');
is(used($node, 'ict', 'region'), '4', 'what they have booked is not usage yet');

# A savepoint that gathered the counter and is rolled back lets go of what it had gathered.
run_in($sessions[1], 'COMMIT');
run_in($sessions[2], 'BEGIN; ' . book('ict.desk', 'west', 1) . book('ict.desk', 'west', 1));
$sessions[2]{input} .= 'SAVEPOINT s; ' . book('ict.desk', 'west', 600) . "\n";
$sessions[2]{harness}->pump_nb;
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity
	WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO finance%' AND pid <> pg_backend_pid()})
  or die 'the gathering does not wait';
run_in($sessions[0], 'COMMIT');
run_in($sessions[2], 'SELECT 1');
is(run_in($sessions[2], "SELECT used FROM steering.cap_status WHERE cap_id = $cap"), '610.0000', 'gathered: usage with all that was unwritten');
is_refused($node, $waiting . book('ict.desk', 'north', 1), '55P03', 'the whole counter is held by who has gathered it');
run_in($sessions[2], 'ROLLBACK TO s');
is(run_in($sessions[2], "SELECT used FROM steering.cap_status WHERE cap_id = $cap"), '10.0000', 'rolled back: usage as before');
cmp_ok(stripes($cap), '>', 1, 'rolled back: divided as before');
is_booked($node, $waiting . book('ict.desk', 'north', 1), 'rolled back: another stripe is free');
run_in($sessions[2], book('ict.desk', 'west', 1));
run_in($sessions[2], 'COMMIT');
is(used($node, 'ict', 'region'), '12', 'usage of all');
is_refused($node, book('ict.desk', 'west', 988.01), '23S71', 'more than all the room');
is_booked($node, book('ict.desk', 'west', 988), 'all the room');
is_verified($node, 'gathered');
close_session($_) foreach @sessions;
$node->safe_psql('postgres', 'DELETE FROM finance.invoice_line');

# An idle counter does not stay divided: the one who still books makes it one row, after a while.
$node->safe_psql('postgres', "SET sp71_steering.min_stripes = 16; " . book('ict.desk', 'west', 1) x 5);
cmp_ok(stripes($cap), '>', 1, 'divided');
pgbench(1, 1100, book('ict.desk', 'north', 0.01), 'one client alone');
is(stripes($cap), 1, 'one client alone: one row again');
is(used($node, 'ict', 'region'), '16', 'one client alone: usage');

# compact() folds what is idle while others book.
$node->safe_psql('postgres', 'ALTER DATABASE postgres SET sp71_steering.min_stripes = 16');
my $hr_cap = set_cap('hr', 'region', 'budget', 1000);
$node->safe_psql('postgres', "SET sp71_steering.min_stripes = 16; " . book('hr.pay', 'west', 1) x 5);
my @load = start_load($node, 'postgres', \my @errors,
	map { "SELECT 1;\n" . book('ict.desk', one_of(qw(north south west)), 0.01) x 150 } 1 .. 8);
my $folded = 0;
my $hr_stripes = stripes($hr_cap);
while (grep { $_->pumpable } @load)
{
	eval { $_->pump_nb } foreach @load;
	$folded += $node->safe_psql('postgres', 'SELECT steering.compact()');
}
$_->finish foreach @load;
is(join('', @errors), '', 'compacted beside eight clients: nothing failed');
cmp_ok($hr_stripes, '>', 1, 'the idle counter was divided');
is(stripes($hr_cap), 1, 'the idle counter was folded');
cmp_ok($folded, '>=', $hr_stripes - 1, 'compact() says how many rows went');
is(used($node, 'ict', 'region'), '28', 'compacted: usage');
$node->safe_psql('postgres', 'SELECT steering.compact()');
is( $node->safe_psql(
		'postgres',
		'SELECT (SELECT count(*) FROM steering.cap_counter) - (SELECT count(*) FROM steering.cap), count(*)
		 FROM (SELECT FROM steering.usage_cell GROUP BY service_id, participant_id, month, source_id HAVING count(*) > 1) AS divided'),
	'0|0', 'with nobody there, every counter and every cell is one row');
is_verified($node, 'compacted');

# It leaves alone what somebody holds, and waits for nobody.
my $hr_rows = q{SELECT (SELECT count(*) FROM steering.cap_counter JOIN steering.cap_status USING (cap_id) WHERE service = 'hr')
	|| ' ' || (SELECT count(*) FROM steering.usage_cell JOIN steering.service USING (service_id) WHERE code = 'hr.pay')};
$node->safe_psql('postgres', book('hr.pay', 'west', 1) x 20);
$node->safe_psql('postgres', 'BEGIN; ' . book('hr.pay', 'west', 1) . "PREPARE TRANSACTION 'held'");
my $rows_before = $node->safe_psql('postgres', $hr_rows);
cmp_ok($_, '>', 1, 'divided, and one stripe of it held') foreach split / /, $rows_before;
$node->safe_psql('postgres', $waiting . 'SELECT steering.compact()');
is($node->safe_psql('postgres', $hr_rows), $rows_before, 'compact() leaves alone what is held');
$node->safe_psql('postgres', "COMMIT PREPARED 'held'");
$node->safe_psql('postgres', 'SELECT steering.compact()');
is($node->safe_psql('postgres', $hr_rows), '1 1', 'and folds it when it is free');
is_verified($node, 'compacted beside a prepared transaction');

# Prepared transactions with unwritten work, in stripes of their own: nobody waits for them but who
# needs all; they end either way, also after a crash.
$node->safe_psql('postgres', book('ict.desk', 'west', 1) x 5);
foreach my $n (1 .. 6)
{
	$node->safe_psql('postgres',
		'BEGIN; ' . book('ict.desk', 'north', 1) . 'SAVEPOINT s; ' . book('ict.desk', 'north', 2) . 'ROLLBACK TO s; '
		  . book('ict.desk', 'north', 1) . book('ict.desk', 'south', 1) . "PREPARE TRANSACTION 'n$n'");
}
is(used($node, 'ict', 'region'), '33', 'prepared: not yet usage');
is_booked($node, $waiting . book('ict.desk', 'west', 1), 'beside six prepared transactions');
is_refused($node, $waiting . book('ict.desk', 'west', 800), '55P03', 'what needs the whole counter waits for them');
is_verified($node, 'prepared');
$node->safe_psql('postgres', "COMMIT PREPARED 'n1'; ROLLBACK PREPARED 'n2'; ");
is(used($node, 'ict', 'region'), '37', 'one committed, one rolled back');
$node->stop('immediate');
$node->start;
is_verified($node, 'prepared, after a crash');
is_refused($node, $waiting . book('ict.desk', 'west', 800), '55P03', 'after a crash: what needs the whole counter waits');
$node->safe_psql('postgres', join '', map { "COMMIT PREPARED 'n$_';" } 3, 4);
$node->safe_psql('postgres', join '', map { "ROLLBACK PREPARED 'n$_';" } 5, 6);
is(used($node, 'ict', 'region'), '43', 'all ended: usage');
is_refused($node, book('ict.desk', 'west', 957.01), '23S71', 'all ended: more than all the room');
is_booked($node, book('ict.desk', 'west', 957), 'all ended: all the room');
is_verified($node, 'all ended');

# Steps that are crossed upwards, downwards and upwards again by sixteen clients at once: each crossing
# upwards is recorded once. 16 clients times 15 bookings of 1 go from 0 to 240 and back.
my %way = (
	'one by one' => 'SELECT 1; %s',
	'in pairs' => 'BEGIN; %s UPDATE finance.invoice_line SET quantity = 1 WHERE false; END;',
	'at commit' => "BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; %s END;");
foreach my $stripes (1, 2, 64)
{
	my $database = "steps_$stripes";

	create_database($node, $database, 'sp71_steering.max_stripes' => 64, 'sp71_steering.min_stripes' => $stripes);
	create_registers($node, $database);
	create_source($node, $database);
	my $steps = set_cap('ict', 'region', 'budget', 300, '10% notify, 30.01% notify, +0.01 notify, 70% notify, 100% block', $database);
	foreach my $round (1 .. 4)
	{
		my $kind = one_of(sort keys %way);
		my $down = one_of("DELETE FROM finance.invoice_line WHERE line_id = (SELECT min(line_id) + :client_id FROM finance.invoice_line) AND false;", '')
		  . book('ict.desk', 'south', -1);

		pgbench(16, 15, sprintf($way{$kind}, book('ict.desk', 'north', 1)), "$stripes stripes, round $round up, $kind", $database);
		is($node->safe_psql($database, "SELECT count(*), count(DISTINCT threshold) FROM steering.event WHERE kind = 'notify'"),
			3 * $round . '|3', "$stripes stripes, round $round: each step was crossed once more");
		is(used($node, 'ict', 'region', 'budget', $database), '240', "$stripes stripes, round $round: usage");
		pgbench(16, 15, sprintf($way{$kind}, $down), "$stripes stripes, round $round down, $kind", $database);
	}
	is($node->safe_psql($database, "SELECT count(*) FROM steering.event WHERE kind = 'notify' AND NOT used::numeric - threshold::numeric BETWEEN 0 AND 0.9999"),
		'0', "$stripes stripes: crossed by the booking that crossed");
	is_verified($node, "$stripes stripes, steps", $database);
}

# Under a snapshot of its own a transaction never changes what it cannot see: it takes a stripe that it
# sees, or fails with 40001; what it is shown is what it saw, and its own.
foreach my $stripes (1, 16)
{
	foreach my $isolation ('REPEATABLE READ', 'SERIALIZABLE')
	{
		my $name = "$isolation, $stripes stripes";
		my $begin = "BEGIN ISOLATION LEVEL $isolation; SELECT used FROM steering.cap_status WHERE service = 'hr'";
		my $shown = "SELECT trim_scale(used) FROM steering.cap_status WHERE service = 'hr'";
		my @sessions = map { open_session($node) } 1 .. 2;

		$node->safe_psql('postgres', "ALTER DATABASE postgres SET sp71_steering.min_stripes = $stripes; "
			  . "SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'hr'; DELETE FROM finance.invoice_line");
		set_cap('hr', 'region', 'budget', 1000);
		run_in($_, "SET sp71_steering.min_stripes = $stripes; SET sp71_steering.max_stripes = $stripes; ") foreach @sessions;
		run_in($sessions[0], book('hr.pay', 'west', 1)) foreach 1 .. 8;
		run_in($sessions[0], $begin);
		run_in($sessions[1], book('hr.pay', 'north', 10));
		my ($output, $errors) = run_in($sessions[0], book('hr.pay', 'west', 1));
		if ($errors eq '')
		{
			run_in($sessions[0], book('hr.pay', 'west', 1));
			is(run_in($sessions[0], $shown), '10', "$name: it sees what it saw, and its own");
			is(run_in($sessions[0], 'SELECT * FROM steering.verify()'), '', "$name: it sees no difference");
			run_in($sessions[0], 'COMMIT');
		}
		else
		{
			like($errors, qr/ERROR:  40001/, "$name: a conflict to try again");
			run_in($sessions[0], 'ROLLBACK');
		}
		is($errors eq '', $stripes > 1, "$name: it passes where there is another stripe");

		# What needs the whole counter needs to see all of it.
		run_in($sessions[0], $begin);
		run_in($sessions[1], book('hr.pay', 'north', 10));
		($output, $errors) = run_in($sessions[0], book('hr.pay', 'west', 960));
		like($errors, qr/ERROR:  40001/, "$name: gathering what was changed since");
		run_in($sessions[0], 'ROLLBACK');
		is_verified($node, $name);
		close_session($_) foreach @sessions;
	}
}

# Single statements on many caps, each in an order of its own, never deadlock: at most one waits for
# the other. Lines are changed by the client who made them, so only caps can be in the way.
sub random_rows
{
	my ($clerk) = @_;

	return join ', ', map {
		sprintf "('%s', '%s', '2026-%02d-15', %d, %d)", one_of(qw(ict ict.desk ict.network hr hr.pay)),
		  one_of(qw(region north south west)), between(1, 3), between(-2, 6), $clerk
	} 1 .. between(2, 8);
}

sub random_statement
{
	my ($clerk) = @_;
	my $columns = '(product, municipality, invoice_date, net_amount, quantity)';
	my $kind = rand();

	return "INSERT INTO finance.invoice_line $columns VALUES " . random_rows($clerk) . ';' if $kind < 0.7;
	return 'UPDATE finance.invoice_line SET net_amount = net_amount + 1, product = '
	  . "CASE product WHEN 'hr' THEN 'ict.desk' ELSE 'hr' END WHERE quantity = $clerk AND line_id % 7 = " . between(0, 6) . ';'
	  if $kind < 0.85;
	return "DELETE FROM finance.invoice_line WHERE quantity = $clerk AND line_id % 7 = " . between(0, 6) . ';' if $kind < 0.9;
	return "WITH gone AS (DELETE FROM finance.invoice_line WHERE quantity = $clerk AND line_id % 5 = 0 RETURNING 1)"
	  . " INSERT INTO finance.invoice_line $columns VALUES " . random_rows($clerk) . ';'
	  if $kind < 0.95;
	return "MERGE INTO finance.invoice_line l USING (SELECT DISTINCT ON (1, 2) * FROM (VALUES " . random_rows($clerk) . ') r) v (product, municipality, day, net, clerk)'
	  . ' ON l.quantity = v.clerk AND l.product = v.product AND l.municipality = v.municipality AND l.line_id % 50 = 0'
	  . ' WHEN MATCHED AND l.net_amount > 3 THEN DELETE WHEN MATCHED THEN UPDATE SET net_amount = 4'
	  . " WHEN NOT MATCHED THEN INSERT $columns VALUES (v.product, v.municipality, v.day::date, v.net, v.clerk);";
}

foreach my $stripes (1, 2, 0)
{
	my $database = $stripes ? "orders_$stripes" : 'orders_as_needed';

	create_database($node, $database, $stripes ? ('sp71_steering.max_stripes' => $stripes) : ());
	create_registers($node, $database);
	create_source($node, $database);
	$node->safe_psql($database, qq{
		SELECT count(steering.set_cap(s, p, 'budget', $year, CASE p WHEN 'region' THEN 600 ELSE 200 END, '50% notify, 100% block'))
		FROM unnest('{ict,ict.desk,ict.network,hr,hr.pay}'::text[]) s, unnest('{region,north,south,west}'::text[]) p});
	my $log = -s $node->logfile;
	my ($observed, $errors) = run_load($node, $database,
		'SELECT service, participant, used, blocks_at FROM steering.cap_status WHERE used > blocks_at', 0,
		map { my $clerk = $_; "SET client_min_messages = error;\n\\set VERBOSITY sqlstate\n" . join "\n", map { random_statement($clerk) } 1 .. 60 } 1 .. 16);
	my %count;
	$count{$_}++ foreach $errors =~ /ERROR:  (\w{5})/g;
	note(join ', ', map { "$_: $count{$_}" } sort keys %count);
	is($observed, '', "$database: no cap is over its limit");
	is(join(' ', sort keys %count), '23S71', "$database: refusals, and no deadlock");
	unlike(slurp_file($node->logfile, $log), qr/deadlock detected/, "$database: no deadlock in the log");
	is_verified($node, $database, $database);
}

$node->stop;
done_testing();
