# A physical standby shows the figures, of orders too, and when it is promoted the caps hold there and orders are released.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $primary = start_node('primary', init => [ allows_streaming => 1 ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
my $orders = q{SELECT reference, trim_scale(ordered_amount), trim_scale(invoiced_amount), trim_scale(open_amount)
	FROM steering.order_status ORDER BY reference};

# The statement that invoices an order.
sub invoice
{
	my ($number, $amount) = @_;

	return "INSERT INTO finance.order_invoice VALUES ('ict.desk', 'north', '2027-03-15', $amount, $number);";
}

# Used of the cap on what is ordered.
sub used_of_orders
{
	my ($node) = @_;

	return $node->safe_psql('postgres', "SELECT trim_scale(used) FROM steering.cap_status WHERE valid_from = '2027-01-01'");
}

create_registers($primary);
create_source($primary);
$primary->safe_psql('postgres',
	"SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000);"
	  . book('ict.desk', 'north', 400));

# Two orders take 100 of 105.
$primary->safe_psql(
	'postgres', q{
	CREATE TABLE finance.order_line (number integer PRIMARY KEY, product text, municipality text, day date, net numeric);
	CREATE TABLE finance.order_invoice (product text, municipality text, day date, net numeric, number integer);
	SELECT steering.attach('finance.order_line', 'product', 'municipality', 'day', 'net', stage => 'commitment',
			reference => 'number'),
		steering.attach('finance.order_invoice', 'product', 'municipality', 'day', 'net', unknown => 'ignore',
			releases => 'number');
	SELECT steering.set_cap('ict', 'region', 'budget', '[2027-01-01,2028-01-01)', 105);
	INSERT INTO finance.order_line VALUES (1, 'ict.desk', 'north', '2027-02-01', 90), (2, 'ict.desk', 'north', '2027-02-01', 10)});

$primary->backup('base');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres',
	book('ict.network', 'west', 500)
	  . book('ict.network', 'west', 99)
	  . 'UPDATE finance.invoice_line SET net_amount = net_amount + 1 WHERE net_amount = 99;'
	  . "SELECT steering.set_cap('hr', 'region', 'budget', '[2026-01-01,2027-01-01)', 10);"
	  . invoice(1, 60)
	  . invoice(3, 0));
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

foreach my $view (qw(cap_status booking usage_by_month))
{
	my $query = "SELECT * FROM steering.$view ORDER BY 1, 2, 3, 4";
	is($standby->safe_psql('postgres', $query),
		$primary->safe_psql('postgres', $query), "$view shows the same on the standby");
}
is_verified($standby, 'standby');

# An order of which a part is invoiced; an invoice of an order that is not there.
is($standby->safe_psql('postgres', $orders), "1|90|60|30\n2|10|0|10", 'the standby shows what is open of orders');
is(used_of_orders($standby), '100', 'and what they use with their invoices');
my $health = 'SELECT * FROM steering.health() ORDER BY subject, problem';
is($standby->safe_psql('postgres', $health), $primary->safe_psql('postgres', $health), 'health() says the same on the standby');
is($standby->safe_psql('postgres', 'SELECT subject, problem FROM steering.health()'),
	'order line 3|invoiced without order', 'health() on the standby says what names no order');
is_refused($standby, invoice(1, 1), '25006', 'standby, an invoice');

# What no trigger saw is told there.
$primary->safe_psql('postgres', 'SET session_replication_role = replica;' . invoice(1, 7));
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
is($standby->safe_psql('postgres', q{SELECT measure, stored, actual FROM steering.verify() WHERE what = 'orders'}),
	'differences|0|1', 'verify() on the standby counts orders anew');
$primary->safe_psql('postgres', 'SET session_replication_role = replica; DELETE FROM finance.order_invoice WHERE net = 7');

# Views of the other topics.
$primary->safe_psql(
	'postgres', q{
	SELECT steering.set_arrangement('body', 'Joint body', 'joint body', '[2026-01-01,2027-01-01)');
	SELECT steering.set_arrangement_member('body', 'north', 'member', '[2026-01-01,2027-01-01)');
	SELECT steering.set_saving('desk', 'ict', 'region', '2026', 50, true, 'director');
	SELECT steering.record_saving('desk', 'realise', 20, '2026-03-01', 'fewer calls');
	SELECT steering.set_iv3_mapping(NULL, 'bookings', 'lasten', '0.4', '3.8');
	SELECT steering.set_lawfulness_frame('2026', 1, 5, steering.lawfulness_model(2026)),
		steering.set_lawfulness_base('2026', 'region', NULL, 10),
		steering.set_deviation('2026', 'region', 'reserve', 'general', 5, 8)});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

my %view = (
	'parts of arrangements' => 'steering.arrangement_part',
	'arrangements' => q{steering.arrangement_health('body', '2026')},
	'savings' => q{steering.saving_ledger('2026')},
	'lines of Iv3' => 'steering.iv3_line(2026, 5)',
	'deviations' => 'steering.lawfulness_deviation',
	'lawfulness' => 'steering.lawfulness');
foreach my $name (sort keys %view)
{
	my $query = "SELECT * FROM $view{$name} AS line ORDER BY line::text";
	my $expected = $primary->safe_psql('postgres', $query);

	isnt($expected, '', "there are $name");
	is($standby->safe_psql('postgres', $query), $expected, "the standby shows the same $name");
}
my $sections = q{SELECT string_agg(id[1], ' ') FROM regexp_matches(steering.report('2026'), ' id="([a-z_]+)"', 'g') AS id};
my $shown = $standby->safe_psql('postgres', $sections);
like($shown, qr/\blawfulness\b/, 'report() is made on the standby');
is($shown, $primary->safe_psql('postgres', $sections), 'and has the sections that it has on the primary');
is_verified($standby, 'standby, going on');

# A source that cannot be read is contained where no transaction can have a number.
$primary->safe_psql(
	'postgres', q{
	CREATE TABLE finance.state AS SELECT false AS fails;
	CREATE FUNCTION finance.counts(numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS
		'SELECT 1 / (CASE WHEN fails THEN 0 ELSE 1 END) = 1 FROM finance.state';
	CREATE TABLE finance.odd (product text, municipality text, day date, net numeric);
	SELECT steering.attach('finance.odd', 'product', 'municipality', 'day', 'net', counts_when => 'finance.counts(net)');
	INSERT INTO finance.odd VALUES ('ict.desk', 'north', '2026-01-01', 0);
	UPDATE finance.state SET fails = true;});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
is($standby->safe_psql('postgres', 'SELECT what, source, measure FROM steering.verify()'),
	'source|finance.odd|unreadable', 'verify() on the standby says which source cannot be read');
cmp_ok($standby->safe_psql('postgres', 'SELECT count(*) FROM steering.booking'), '>', 0, 'and the others are read');
like($standby->safe_psql('postgres', q{SELECT detail FROM steering.health() WHERE problem = 'rows unreadable'}),
	qr/division by zero/, 'and health() says why');
$primary->safe_psql('postgres', 'DROP TABLE finance.odd');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

# A booking that is not committed must not be left in the counters, nor an invoice on its order.
my $session = open_session($primary);
run_in($session, 'BEGIN; ' . book('hr.pay', 'south', 10) . invoice(1, 30));
$primary->safe_psql('postgres', 'SELECT pg_switch_wal()');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

$primary->stop('immediate');
$standby->promote;

is_verified($standby, 'promoted');
is_refused($standby, book('ict.desk', 'south', 0.01), '23S71', 'promoted, full cap');
is_booked($standby, book('hr.pay', 'south', 10), 'promoted, cap with room');
is_refused($standby, book('hr.pay', 'south', 0.01), '23S71', 'promoted, cap that was filled there');
is_booked($standby, "DELETE FROM finance.invoice_line WHERE net_amount = 400; " . book('ict.desk', 'south', 400),
	'promoted, released and booked again');
is($standby->safe_psql('postgres', $orders), "1|90|60|30\n2|10|0|10", 'promoted, orders are as they were committed');
is(used_of_orders($standby), '100', 'promoted, they use what they did');
is_refused($standby, invoice('NULL', 5.01), '23S71', 'promoted, an invoice without order needs room');
is_booked($standby, invoice(1, 30), 'promoted, an invoice within its order needs none');
is(used_of_orders($standby), '100', 'promoted, and takes none');
is_refused($standby, invoice(2, 15.01), '23S71', 'promoted, an invoice above its order and the room');
is_booked($standby, invoice(2, 15), 'promoted, an invoice above its order needs room for the difference');
is(used_of_orders($standby), '105', 'promoted, and takes that');
is($standby->safe_psql('postgres', $orders), "1|90|90|0\n2|10|15|0", 'promoted, orders are released');
is_verified($standby, 'promoted, going on');

$standby->stop;
done_testing();
