# Booking tables of queries are not written by a subscription, whose worker fires no triggers but those that fire always.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('booking_table', init => [ allows_streaming => 'logical' ]);
my $bookings = 'SELECT * FROM line_booking ORDER BY 1';

# In one database the query is attached, in the other there is a table of the name of its booking table.
$node->safe_psql('postgres', 'CREATE DATABASE written');
create_registers($node, 'postgres');
$node->safe_psql(
	'postgres', q{
	CREATE TABLE line (id integer PRIMARY KEY, town text, net numeric);
	INSERT INTO line VALUES (1, 'north', 10);
	SELECT steering.attach_query($$SELECT 'ict.desk' AS service, town AS participant, date '2026-03-01' AS booked_on, net AS amount FROM line$$)});
$node->safe_psql(
	'written', q{
	CREATE TABLE line_booking (id integer PRIMARY KEY, service text, participant text, booked_on date, amount numeric);
	INSERT INTO line_booking VALUES (1, 'ict.desk', 'north', '2026-03-01', 10);
	CREATE PUBLICATION written FOR TABLE line_booking});

foreach my $change ("INSERT INTO line_booking VALUES (2, 'ict.desk', 'north', '2026-03-01', 5)", 'UPDATE line_booking SET amount = 0',
	'DELETE FROM line_booking', 'TRUNCATE line_booking')
{
	my $from = -s $node->logfile;

	$node->safe_psql('written', "SELECT pg_create_logical_replication_slot('written', 'pgoutput')");
	$node->safe_psql('postgres', "CREATE SUBSCRIPTION written CONNECTION 'host=" . $node->host . ' port=' . $node->port
		  . " dbname=written' PUBLICATION written WITH (create_slot = false, copy_data = false, disable_on_error = true)");
	$node->safe_psql('written', $change);
	ok($node->poll_query_until('postgres', 'SELECT NOT subenabled FROM pg_subscription'), "$change: the subscription is disabled");
	ok($node->log_contains('ERROR: .* booking table "public.line_booking" is written by the extension alone', $from), "$change: refused");
	$node->safe_psql('postgres', 'ALTER SUBSCRIPTION written SET (slot_name = NONE); DROP SUBSCRIPTION written');
	$node->poll_query_until('written', "SELECT NOT active FROM pg_replication_slots WHERE slot_name = 'written'");
	$node->safe_psql('written', "SELECT pg_drop_replication_slot('written')");
	is($node->safe_psql('postgres', $bookings), '1|ict.desk|north|2026-03-01|10', "$change: the booking table is as it was");
}
is_verified($node, 'booking table');

$node->stop;
done_testing();
