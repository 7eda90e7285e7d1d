# A physical standby shows the figures, and when it is promoted the caps hold there.
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

create_registers($primary);
create_source($primary);
$primary->safe_psql('postgres',
	"SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000);"
	  . book('ict.desk', 'north', 400));

$primary->backup('base');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres',
	book('ict.network', 'west', 500)
	  . book('ict.network', 'west', 99)
	  . 'UPDATE finance.invoice_line SET net_amount = net_amount + 1 WHERE net_amount = 99;'
	  . "SELECT steering.set_cap('hr', 'region', 'budget', '[2026-01-01,2027-01-01)', 10);");
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

foreach my $view (qw(cap_status booking usage_by_month))
{
	my $query = "SELECT * FROM steering.$view ORDER BY 1, 2, 3, 4";
	is($standby->safe_psql('postgres', $query),
		$primary->safe_psql('postgres', $query), "$view shows the same on the standby");
}
is_verified($standby, 'standby');

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

# A booking that is not committed must not be left in the counters.
my $session = open_session($primary);
run_in($session, 'BEGIN; ' . book('hr.pay', 'south', 10));
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
is_verified($standby, 'promoted, going on');

$standby->stop;
done_testing();
