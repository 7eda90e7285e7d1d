# Prepared transactions with bookings: what they hold, across a restart, and how they end.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('prepared', settings => "max_prepared_transactions = 10\n");
my $year = "'[2026-01-01,2027-01-01)'";

# Prepares a transaction under this name.
sub prepare
{
	my ($name, $sql) = @_;

	$node->safe_psql('postgres', "BEGIN; $sql; PREPARE TRANSACTION '$name'");
}

create_registers($node);
create_source($node);
$node->safe_psql(
	'postgres', qq{
	SELECT steering.set_cap('ict.desk', 'north', 'budget', $year, 100);
	SELECT steering.set_cap('ict.network', 'north', 'budget', $year, 100);
	SELECT steering.set_cap('hr', 'region', 'budget', $year, 100, '50% notify, 100% block');
});

prepare('kept', book('ict.desk', 'north', 70));
prepare('dropped', book('ict.network', 'north', 70));
prepare('deferred', "SET sp71_steering.check_at = 'commit'; " . book('hr.pay', 'west', 150) . book('hr.pay', 'west', -90));
prepare('elsewhere', book('ict', 'west', 5));

is(used($node, 'ict.desk', 'north'), '0', 'a prepared booking is not yet usage');
is_verified($node, 'prepared');

# With a booking pending nobody can count for a new cap: whoever wants to waits.
is_refused($node, "SET lock_timeout = '200ms'; SELECT steering.set_cap('ict', 'west', 'budget', $year, 1000)",
	'55P03', 'a new cap waits for prepared bookings');
is_refused($node, "SET lock_timeout = '200ms'; " . book('ict.desk', 'north', 1),
	'55P03', 'a booking waits for a prepared one on the same cap');

# At PREPARE the transaction is judged as at COMMIT, as nothing can refuse it afterwards.
is_refused(
	$node,
	"BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; "
	  . 'DELETE FROM finance.invoice_line WHERE false; '
	  . "INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount) VALUES ('ict.desk', 'west', '2026-01-01', 1), ('ict', 'south', '2026-01-01', 1);"
	  . book('nothing', 'north', 1)
	  . "PREPARE TRANSACTION 'unknown'",
	'23S73', 'an unknown service');
$node->safe_psql('postgres', "COMMIT PREPARED 'elsewhere'");
$node->safe_psql('postgres', "COMMIT PREPARED 'deferred'");
is(used($node, 'hr', 'region'), '60', 'the net effect of a deferred transaction is committed');
is($node->safe_psql('postgres', "SELECT count(*) FROM steering.event WHERE kind = 'notify'"),
	'1', 'the step crossed by a prepared transaction is in the events');
is_refused($node,
	"BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; " . book('hr.pay', 'west', 41) . "PREPARE TRANSACTION 'too much'",
	'23S71', 'over the cap at PREPARE');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_prepared_xacts WHERE gid = 'too much'"),
	'0', 'what was refused is not prepared');

# Crash and clean restart both keep what was prepared, and its locks.
foreach my $mode (qw(fast immediate))
{
	$node->stop($mode);
	$node->start;
	is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), '2', "two are left after stop $mode");
	is_verified($node, "after stop $mode");
	is_refused($node, "SET lock_timeout = '200ms'; " . book('ict.desk', 'north', 1),
		'55P03', "after stop $mode: a booking waits for a prepared one on the same cap");
	is_refused($node, "SET lock_timeout = '200ms'; SELECT steering.set_cap('ict', 'west', 'budget', $year, 1000)",
		'55P03', "after stop $mode: a new cap waits for prepared bookings");
}

# A waiting cap counts what is committed in the end.
my $session = open_session($node);
$session->{input} .= "SELECT steering.set_cap('ict', 'north', 'budget', $year, 90);\n";
$session->{harness}->pump_nb;
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity
	WHERE wait_event_type = 'Lock' AND query LIKE '%set_cap%' AND pid <> pg_backend_pid()})
  or die 'the new cap does not wait';
$node->safe_psql('postgres', "COMMIT PREPARED 'kept'");
$node->safe_psql('postgres', "ROLLBACK PREPARED 'dropped'");
my ($output, $errors) = run_in($session, 'SELECT 1');
is($errors, '', 'the waiting cap is created');
close_session($session);

is(used($node, 'ict', 'north'), '70', 'the waiting cap counted the committed booking, and it alone');
is(used($node, 'ict.desk', 'north'), '70', 'COMMIT PREPARED books');
is(used($node, 'ict.network', 'north'), '0', 'ROLLBACK PREPARED does not');
is_refused($node, book('ict.desk', 'north', 20.01), '23S71', 'over the new cap');
is_refused($node, "SELECT steering.set_cap('ict.desk', 'north', 'budget', $year, 60)", '23S71', 'cap below its usage');
is_booked($node, book('ict.desk', 'north', 20), 'room that is left');
is_refused($node, book('hr.pay', 'north', 40.01), '23S71', 'over the cap that a prepared transaction used');
is_verified($node, 'at the end');

$node->stop;
done_testing();
