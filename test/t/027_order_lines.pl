# Orders that release themselves: in prepared transactions, across a crash, through a dump, and at the brim of caps with
# sixteen clients, a reader as oracle beside them.
#
# STRESS_SEED chooses the scripts (not how they interleave), STRESS_TRANSACTIONS their length.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomLoad;
use SteeringTest;
use Test::More;

my $transactions = $ENV{STRESS_TRANSACTIONS} || 60;
my $clients = 16;
seed_randomness();

my $node = start_node('orders', settings => "max_prepared_transactions = 10\ndeadlock_timeout = 50ms\njit = off\n");
my $year = "'[2026-01-01,2027-01-01)'";

# Orders by number, and invoices that name them.
sub create_orders
{
	my ($database) = @_;

	create_registers($node, $database);
	$node->safe_psql(
		$database, q{
		CREATE TABLE order_line (number integer PRIMARY KEY, product text, town text, day date, net numeric, quantity numeric, open boolean DEFAULT true);
		CREATE TABLE invoice (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product text, town text, day date, net numeric, quantity numeric, number integer, last boolean);
		SELECT steering.attach('order_line', 'product', 'town', 'day', 'net', 'quantity', 'open', stage => 'commitment', reference => 'number');
		SELECT steering.attach('invoice', 'product', 'town', 'day', 'net', 'quantity', releases => 'number', final => 'last', unknown => 'refuse');
	});
}

sub order { return sprintf "INSERT INTO order_line VALUES (%d, 'ict.desk', 'north', '2026-02-01', %s, 0);", @_ }

sub invoice
{
	return sprintf "INSERT INTO invoice (product, town, day, net, quantity, number) VALUES ('ict.desk', 'north', '2026-03-01', %s, 0, %s);", $_[1], $_[0];
}

sub open_orders
{
	my ($database) = @_;

	return $node->safe_psql($database || 'postgres',
		"SELECT string_agg(concat_ws(' ', reference, trim_scale(open_amount)), ', ' ORDER BY reference) FROM steering.order_status");
}

create_orders('postgres');
$node->safe_psql('postgres', "SELECT steering.set_cap('ict.desk', 'north', 'budget', $year, 100); " . order(1, 90) . order(2, 10));

# Prepared: who invoices the same order waits; others do not.
$node->safe_psql('postgres', 'BEGIN; ' . invoice(1, 60) . "PREPARE TRANSACTION 'dropped'");
is_refused($node, "SET lock_timeout = '200ms'; " . invoice(1, 1), '55P03', 'an invoice on the same order waits for a prepared one');
is_booked($node, "SET lock_timeout = '200ms'; " . invoice(2, 1), 'one on another order does not');
$node->safe_psql('postgres', "ROLLBACK PREPARED 'dropped'");
is(open_orders(), '1 90, 2 9', 'what was rolled back was not released');
$node->safe_psql('postgres', "BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; " . invoice(1, 95) . "UPDATE invoice SET net = 50 WHERE net = 95; PREPARE TRANSACTION 'kept'");

# A crash keeps what was prepared, and takes what was not committed.
my $session = open_session($node);
run_in($session, 'BEGIN; ' . invoice(2, 5));
$node->stop('immediate');
$node->start;
is(open_orders(), '1 90, 2 9', 'after a crash nothing is released that was not committed');
$node->safe_psql('postgres', "COMMIT PREPARED 'kept'");
is(open_orders(), '1 40, 2 9', 'what was prepared is');
is_verified($node, 'after a crash');
is_refused($node, invoice(1, 40.01), '23S71', 'above the order the difference needs room');
is_refused($node, invoice(3, 0), '23S73', 'an order that is not there is refused');

# A dump has all of it. Nothing is booked when it is restored.
my $dump = PostgreSQL::Test::Utils::tempdir() . '/orders.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'pg_dump');
create_database($node, 'restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'restored', $dump ], 'pg_restore');
is(open_orders('restored'), '1 40, 2 9', 'what is open is restored');
is_verified($node, 'restored', 'restored');
is($node->safe_psql('restored', 'SELECT * FROM steering.health()'), '', 'nothing is wrong with it');
is_booked($node, invoice(1, 40), 'an order is invoiced there', 'restored');
is_refused($node, invoice(1, 0.01), '23S71', 'and has nothing left', 'restored');
$node->safe_psql('restored', 'SELECT steering.fix_mappings()');
is_booked($node, invoice(2, 9), 'another is', 'restored');
is_verified($node, 'restored, and gone on with', 'restored');

# The oracle counts rows of the finance tables. What is open of an order is never below zero.
my $oracle = q{
	WITH RECURSIVE service_tree AS (
		SELECT code AS top, code FROM steering.service
		UNION ALL SELECT top, s.code FROM service_tree t JOIN steering.service s ON s.parent = t.code),
	participant_tree AS (
		SELECT code AS top, code FROM steering.participant
		UNION ALL SELECT top, p.code FROM participant_tree t JOIN steering.participant p ON p.parent = t.code),
	invoiced AS (
		SELECT number, sum(net) AS net, sum(quantity) AS quantity, count(*) FILTER (WHERE last) AS finals FROM invoice GROUP BY number),
	booked AS (
		SELECT product AS service, town AS participant, net AS amount, quantity AS volume FROM invoice
		UNION ALL
		SELECT o.product, o.town,
			CASE WHEN i.finals > 0 THEN 0 WHEN o.net < 0 THEN greatest(o.net, least(0, o.net - coalesce(i.net, 0)))
				ELSE least(o.net, greatest(0, o.net - coalesce(i.net, 0))) END,
			CASE WHEN i.finals > 0 THEN 0 ELSE least(o.quantity, greatest(0, o.quantity - coalesce(i.quantity, 0))) END
		FROM order_line o LEFT JOIN invoiced i USING (number) WHERE o.open)
	SELECT c.cap_id, c.blocks_at, c.used, coalesce(sum(CASE c.metric WHEN 'budget' THEN b.amount ELSE b.volume END), 0) AS actual
	FROM steering.cap_status c
	JOIN service_tree s ON s.top = c.service
	JOIN participant_tree p ON p.top = c.participant
	LEFT JOIN booked b ON b.service = s.code AND b.participant = p.code
	GROUP BY c.cap_id, c.metric, c.blocks_at, c.used};
my $wrong = qq{SELECT o::text FROM ($oracle) o WHERE actual > blocks_at OR actual <> used};

my @services = qw(ict.desk ict.desk ict.network ict hr hr.pay);
my @towns = qw(north north south west);

sub random_statement
{
	my $place = sprintf "'%s', '%s', '2026-%02d-%02d'", one_of(@services), one_of(@towns), between(1, 12), between(1, 28);
	my $number = between(1, 40);
	my $kind = rand();

	return sprintf 'INSERT INTO order_line VALUES (%d, %s, %.2f, %d) ON CONFLICT (number) DO UPDATE SET net = excluded.net, quantity = excluded.quantity, open = true%s',
	  $number, $place, 40 * rand(), between(0, 4), one_of('', ', product = excluded.product', ', day = excluded.day, town = excluded.town')
	  if $kind < 0.25;
	return sprintf 'INSERT INTO invoice (product, town, day, net, quantity, number, last) SELECT %s, %.2f, %d, number, %s FROM order_line WHERE number IN (%d, %d, %d) AND open ORDER BY number %s',
	  $place, one_of(1, 1, 1, -1) * 20 * rand(), between(0, 2), one_of('NULL', 'NULL', 'true'), $number, between(1, 40), between(1, 40), one_of('', 'DESC')
	  if $kind < 0.60;
	return sprintf 'INSERT INTO invoice (product, town, day, net, quantity, number) VALUES (%s, %.2f, 0, %s)', $place, 15 * rand(), one_of($number, 'NULL')
	  if $kind < 0.70;
	return sprintf 'DELETE FROM invoice WHERE id %% 13 = %d', between(0, 12) if $kind < 0.78;
	return sprintf 'DELETE FROM order_line WHERE number = %d', $number if $kind < 0.82;
	return sprintf 'UPDATE order_line SET open = NOT open WHERE number = %d', $number if $kind < 0.87;
	return sprintf 'UPDATE invoice SET net = net + %d, last = NULL WHERE id %% 31 = %d', between(-3, 3), between(0, 30) if $kind < 0.92;
	return sprintf 'UPDATE invoice SET number = %d WHERE id %% 31 = %d', $number, between(0, 30) if $kind < 0.95;
	return sprintf 'WITH o AS (UPDATE order_line SET net = net + %d WHERE number = %d RETURNING *) INSERT INTO invoice (product, town, day, net, quantity, number) SELECT product, town, day, net, 0, number FROM o WHERE open',
	  between(-5, 5), $number
	  if $kind < 0.98;
	return sprintf "SELECT steering.set_cap('ict', 'region', 'budget', $year, %d)", between(280, 330);
}

sub stress
{
	my ($database, $transactions, $single, @expected) = @_;

	create_database($node, $database);
	create_orders($database);
	$node->safe_psql(
		$database, qq{
		SELECT steering.set_cap('ict.desk', 'north', 'budget', $year, 150);
		SELECT steering.set_cap('hr.pay', 'region', 'volume', $year, 40);
		SELECT steering.set_cap('ict', 'region', 'budget', $year, 300);
		SELECT steering.set_cap('ict.network', 'region', 'budget', $year, 120, '50% notify, 90% block');
		SELECT steering.set_cap('hr', 'north', 'budget', $year, 100);
	});
	run_random_load($node, $database, $wrong, \@expected, map { random_script(\&random_statement, $transactions, $single) } 1 .. $clients);
	cmp_ok($node->safe_psql($database, 'SELECT count(*) FROM steering.order_line WHERE is_released'), '>', 0, "$database: orders were released");
	note('orders, released, invoices: ' . $node->safe_psql($database,
		'SELECT (SELECT count(*) FROM order_line), (SELECT count(*) FROM steering.order_line WHERE is_released), (SELECT count(*) FROM invoice)'));
}

my @refused = qw(23S71 23S72 23S73 22023);
stress('together', $transactions, 0, @refused, qw(40001 40P01 25P02 3B001));

# Statements by themselves never deadlock, and never need to be tried again; but for those that lock rows of finance tables in any order.
stress('alone', 3 * $transactions, 1, @refused);

# What no trigger saw is mended beside bookings.
$node->safe_psql('alone', "SET session_replication_role = replica; UPDATE order_line SET net = net + 3, day = day + 1 WHERE number % 3 = 0; DELETE FROM invoice WHERE id % 5 = 0");
is($node->safe_psql('alone', "SELECT count(*) FROM steering.verify() WHERE what = 'orders'"), '1', 'it is told');
run_load($node, 'alone', 'SELECT count(*) FROM steering.repair() HAVING false', 0, map { random_script(\&random_statement, 20, 1) } 1 .. 4);
$node->safe_psql('alone', 'SELECT steering.repair()');
is_verified($node, 'mended', 'alone');
$node->stop;
done_testing();
