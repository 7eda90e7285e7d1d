# Closed periods across everything but a plain session: prepared transactions on either side, a crash, a
# dump, an upgrade from the first release under open sessions; and months that are closed one by one
# while clients book in them at random: what a month had when it was closed is what it has in the end.
#
# STRESS_SEED chooses the scripts (not how they interleave), STRESS_TRANSACTIONS their length.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $transactions = $ENV{STRESS_TRANSACTIONS} || 300;
my $clients = 4;
seed_randomness();

my $node = start_node('closing', settings => "max_prepared_transactions = 10\ndeadlock_timeout = 50ms\njit = off\n");

# What was spent in a closed period when it was closed, and what is now, from the finance table: one row per
# closed period where they differ.
my $differing = q{
	SELECT p.period, c.bookings - c.committed_bookings, c.amount - c.committed_amount, c.volume - c.committed_volume, count(b.line_id), sum(b.net_amount), sum(b.quantity)
	FROM steering.closed_period p JOIN steering.closing c USING (closing_id)
	LEFT JOIN finance.invoice_line b ON b.status <> 'draft' AND b.invoice_date BETWEEN p.first_day AND p.last_day
	GROUP BY p.period, c.closing_id
	HAVING count(b.line_id) <> c.bookings - c.committed_bookings OR coalesce(sum(b.net_amount), 0) <> c.amount - c.committed_amount
		OR coalesce(sum(b.quantity), 0) <> c.volume - c.committed_volume};

# The same of what is committed: one row per closed period where it is more than it was.
my $raised = q{
	SELECT p.period, c.committed_amount, sum(o.amount)
	FROM steering.closed_period p JOIN steering.closing c USING (closing_id)
	JOIN finance.order_line o ON o.ordered_on BETWEEN p.first_day AND p.last_day
	GROUP BY p.period, c.closing_id, c.committed_amount HAVING sum(o.amount) > c.committed_amount};

sub query { return $node->safe_psql(@_); }

# Waits until a session stands in a lock's queue with this statement.
sub wait_for_waiting
{
	my ($what) = @_;

	$node->poll_query_until('postgres', qq{SELECT count(*) = 1 FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND query LIKE '%$what%' AND pid <> pg_backend_pid()})
	  or die "$what does not wait";
}

# --- prepared transactions

create_registers($node);
create_source($node);
my $old = open_session($node);
run_in($old, book('ict.desk', 'north', 1, '2025-03-03'));	# it knows of no closed period
query('postgres', 'BEGIN; ' . book('ict.desk', 'north', 70, '2025-12-31') . " PREPARE TRANSACTION 'booking'");
is_refused($node, "SET lock_timeout = '200ms'; SELECT steering.close_bookings('2025')",
	'55P03', 'a closing waits for a prepared booking');

my $session = open_session($node);
$session->{input} .= "SELECT steering.close_bookings('2025');\n";
$session->{harness}->pump_nb;
wait_for_waiting('close_bookings');
query('postgres', "COMMIT PREPARED 'booking'");
is((run_in($session, 'SELECT 1'))[1], '', 'the waiting closing closes');
is(query('postgres', 'SELECT bookings, trim_scale(amount) FROM steering.closing'), '2|71', 'and has the prepared booking in it');
is((run_in($old, book('ict.desk', 'north', 1, '2025-03-03')))[1], "ERROR:  23S74\n", 'a session that knew of none is refused');
is_refused($node,
	"BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; " . book('ict.desk', 'north', 1, '2025-06-30')
	  . "PREPARE TRANSACTION 'too late'", '23S74', 'what is judged at commit is judged at PREPARE');
is(query('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), '0', 'what was refused is not prepared');

query('postgres', "BEGIN; SELECT steering.reopen_bookings('2025', 'forgotten'); PREPARE TRANSACTION 'reopening'");
query('postgres', "COMMIT PREPARED 'reopening'");
is((run_in($old, book('ict.desk', 'north', 1, '2025-03-03')))[1], '', 'after a prepared reopening bookings pass');
query('postgres', "BEGIN; SELECT steering.close_bookings('2025'); PREPARE TRANSACTION 'closing'");
foreach my $mode (qw(fast immediate))
{
	close_session($_) foreach $old, $session;
	$node->stop($mode);
	$node->start;
	$old = open_session($node);
	$session = open_session($node);
	is_refused($node, "SET lock_timeout = '200ms'; " . book('ict.desk', 'north', 1),
		'55P03', "after stop $mode: a booking waits for a prepared closing");
}
query('postgres', "COMMIT PREPARED 'closing'");
is((run_in($old, book('ict.desk', 'north', 1, '2025-03-03')))[1], "ERROR:  23S74\n", 'after it, it is refused');
is(query('postgres', $differing), '', 'what was closed in is there');
is_verified($node, 'prepared');

# --- commitments: released in a prepared transaction, never raised

query('postgres', q{
	CREATE TABLE finance.order_line (ordered_on date, amount numeric);
	SELECT steering.attach('finance.order_line', $$'ict.desk'$$, $$'north'$$, 'ordered_on', 'amount', stage => 'commitment');
	SELECT steering.reopen_bookings('2025', 'to order');
	INSERT INTO finance.order_line VALUES ('2025-12-31', 50), ('2025-11-30', 30);
	SELECT steering.close_bookings('2025')});
query('postgres', q{BEGIN; UPDATE finance.order_line SET amount = 20 WHERE amount = 50; PREPARE TRANSACTION 'release'});
is_refused($node, q{BEGIN; SET LOCAL sp71_steering.check_at = 'commit';
	UPDATE finance.order_line SET amount = 31 WHERE amount = 30; PREPARE TRANSACTION 'raise'},
	'23S74', 'what raises a commitment is not prepared');
is_refused($node, "SET lock_timeout = '200ms'; SELECT steering.reopen_bookings('2025', 'again')",
	'55P03', 'a reopening waits for a prepared release');
query('postgres', "COMMIT PREPARED 'release'");
is(query('postgres', 'SELECT string_agg(trim_scale(amount)::text, $$ $$ ORDER BY amount) FROM finance.order_line'),
	'20 30', 'and it is released');
is(query('postgres', $differing), '', 'what was spent is what it was');
is(query('postgres', q{SELECT problem FROM steering.health()}), 'open commitments', 'what is open is told, and nothing else');
is_verified($node, 'commitments');
is_booked($node, 'DELETE FROM finance.order_line', 'orders are cancelled in a closed period');
is(query('postgres', 'SELECT * FROM steering.health()'), '', 'then there is nothing to tell');
query('postgres', q{SELECT steering.detach('finance.order_line'); DROP TABLE finance.order_line});

# --- crash

$node->stop('immediate');
$node->start;
close_session($_) foreach $old, $session;
is_refused($node, book('ict.desk', 'north', 1, '2025-03-03'), '23S74', 'after a crash it is closed');
is_booked($node, book('ict.desk', 'north', 1, '2026-03-03'), 'after a crash, an open period');
is(query('postgres', 'SELECT count(*) FROM steering.closing'), '3', 'and all closings are recorded');
is_verified($node, 'crash');

# --- dump and restore

my $dump = PostgreSQL::Test::Utils::tempdir() . '/closed.dump';
my @server = ('-h', $node->host, '-p', $node->port);
create_database($node, 'restored');
$node->command_ok([ 'pg_dump', '-Fc', @server, '-f', $dump, 'postgres' ], 'a dump');
$node->command_ok([ 'pg_restore', '-j', '2', '-e', @server, '-d', 'restored', $dump ], 'restores');
is(query('restored', 'TABLE steering.closing'), query('postgres', 'TABLE steering.closing'), 'with its closings');
is_refused($node, book('ict.desk', 'north', 1, '2025-03-03'), '23S74', 'restored, it is closed', 'restored');
is(query('restored', $differing), '', 'restored: what was closed in is there');
is(query('restored', "SELECT steering.close_bookings('2024') > (SELECT min(closing_id) FROM steering.closing)"),
	't', 'restored: the numbers go on');
is_verified($node, 'restored', 'restored');

# --- the first release, updated under a session that books

create_database($node, 'released');
query('released', "CREATE EXTENSION sp71_steering VERSION '0.1.0'");
query('released', q{
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North');
	INSERT INTO steering.service (code, name) VALUES ('ict.desk', 'Service desk');});
create_source($node, 'released');
$old = open_session($node, 'released');
is((run_in($old, book('ict.desk', 'north', 5, '2025-03-03')))[1], '', 'the first release books, and knows of no closed periods');
query('released', q{BEGIN; ALTER EXTENSION sp71_steering UPDATE; SELECT steering.close_bookings('2025'); ROLLBACK;});
is((run_in($old, book('ict.desk', 'north', 5, '2025-03-03')))[1], '', 'an update that is rolled back closes nothing');
is((run_in($old, q{BEGIN; ALTER EXTENSION sp71_steering UPDATE; SELECT steering.close_bookings('2025') > 0;
	SAVEPOINT s;} . book('ict.desk', 'north', 5, '2025-03-03') . q{ROLLBACK;}))[1], "ERROR:  23S74\n",
	'nor does one of its own, but until then');
is((run_in($old, book('ict.desk', 'north', 5, '2025-03-03')))[1], '', 'which is forgotten');
query('released', 'ALTER EXTENSION sp71_steering UPDATE');
is((run_in($old, book('ict.desk', 'north', 5, '2025-03-03')))[1], '', 'updated, nothing is closed');
query('released', q{SELECT steering.close_bookings('2025')});
is((run_in($old, book('ict.desk', 'north', 5, '2025-03-03')))[1], "ERROR:  23S74\n", 'an old session sees the first closing');
is((run_in($old, book('ict.desk', 'north', 5)))[1], '', 'and books in open periods');
close_session($old);
is(query('released', $differing), '', 'updated: what was closed in is there');
is_verified($node, 'updated', 'released');

# --- at random

# A statement of a client, in some month of the first half year.
sub random_statement
{
	my $day = sprintf '2026-%02d-%02d', between(1, 6), between(1, 28);
	my $other = sprintf '2026-%02d-%02d', between(1, 6), between(1, 28);
	my $row = 'line_id % 40 = ' . between(0, 39) . " AND invoice_date = '$day'";

	my $order = 'order_id % 20 = ' . between(0, 19) . " AND ordered_on = '$day'";

	return one_of(
		("INSERT INTO finance.order_line (ordered_on, amount) VALUES ('$day', " . between(1, 50) . ');') x 3,
		"UPDATE finance.order_line SET amount = amount + " . between(-20, 20) . " WHERE $order;",
		"UPDATE finance.order_line SET ordered_on = '$other' WHERE $order;",
		"UPDATE finance.order_line SET ordered_on = '2026-06-28' WHERE ordered_on = '$day';",
		"DELETE FROM finance.order_line WHERE $order;",
		(book(one_of(qw(ict ict.desk hr)), one_of(qw(north south west)), between(-5, 50), $day)) x 5,
		"UPDATE finance.invoice_line SET net_amount = net_amount + 1 WHERE $row;",
		"UPDATE finance.invoice_line SET invoice_date = '$other' WHERE $row;",
		"UPDATE finance.invoice_line SET status = 'seen' WHERE invoice_date = '$day';",
		"DELETE FROM finance.invoice_line WHERE $row;",
		"SAVEPOINT s; DELETE FROM finance.invoice_line WHERE $row; ROLLBACK TO s;");
}

# A client: transactions of one to four statements.
sub random_client
{
	my $script = "\\set VERBOSITY sqlstate\n";

	foreach (1 .. $transactions)
	{
		$script .= 'BEGIN ISOLATION LEVEL ' . one_of('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE') . ";\n"
		  . "SET LOCAL sp71_steering.check_at = '" . one_of('statement', 'commit') . "';\n"
		  . join("\n", map { random_statement() } 1 .. between(1, 4)) . "\n"
		  . one_of('', '', "SELECT pg_sleep(0.005);\n")	# for a closing to come between
		  . one_of('COMMIT', 'COMMIT', 'COMMIT', 'ROLLBACK') . ";\n";
	}
	return $script;
}

# Who closes month by month, and now and then reopens one and closes it again.
my $closer = "\\set VERBOSITY sqlstate\n";
foreach my $month (1 .. 5)
{
	$closer .= "SELECT pg_sleep(0.02); SELECT steering.close_bookings('2026-0$month');\n";
	$closer .= "SELECT steering.reopen_bookings('2026-0$month', 'again'); SELECT pg_sleep(0.02); SELECT steering.close_bookings('2026-0$month');\n"
	  if $month % 2;
}
create_database($node, 'random');
create_registers($node, 'random');
create_source($node, 'random');
query('random', q{
	CREATE TABLE finance.order_line (order_id bigint GENERATED ALWAYS AS IDENTITY, ordered_on date, amount numeric);
	SELECT steering.attach('finance.order_line', $$'ict.desk'$$, $$'north'$$, 'ordered_on', 'amount', stage => 'commitment')});
my ($observed, $errors) = run_load($node, 'random', "$differing; $raised;", 0, $closer, map { random_client() } 1 .. $clients);
my %errors;	# 25P02 and 3B001 come of statements after one that was refused
$errors{$1}++ while $errors =~ /ERROR:  (\w+)/g;
note(join ', ', map { "$_: $errors{$_}" } sort keys %errors);
is($observed, '', 'no closed month ever has other bookings than when it was closed, nor more commitments');
is(query('random', 'SELECT count(*) FROM steering.closed_period'), '5', 'five months are closed');
is(query('random', $differing), '', 'and have what they had');
is(query('random', $raised), '', 'and nothing was committed in them since');
is(query('random', q{SELECT count(*) > 0 FROM steering.closed_period JOIN steering.closing USING (closing_id)
	WHERE committed_amount > (SELECT coalesce(sum(amount), 0) FROM finance.order_line WHERE ordered_on BETWEEN first_day AND last_day)}),
	't', 'but some of it was released');
cmp_ok($errors{'23S74'} // 0, '>', 0, 'bookings were refused');
is(join(' ', grep { !/^(23S74|25P02|3B001|40001|40P01)$/ } sort keys %errors), '', 'and nothing else went wrong');
is(query('random', 'SELECT count(*) > 0 FROM finance.invoice_line'), 't', 'and bookings were made');
is_verified($node, 'at random', 'random');

$node->stop;
done_testing();
