# The server is killed in the middle of a load. After recovery the counters equal the bookings, and
# the caps refuse where they would have refused.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('crash', settings => "checkpoint_timeout = 30s\nmax_wal_size = 32MB\n");

create_registers($node);
create_source($node);
$node->safe_psql(
	'postgres', q{
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1e9);
	SELECT steering.set_cap('ict.desk', 'north', 'budget', '[2026-01-01,2027-01-01)', 1e9);
	SELECT steering.set_cap('ict.desk', 'north', 'volume', '[2026-01-01,2027-01-01)', 1e9);
	SELECT steering.set_cap('hr', 'region', 'budget', '[2026-01-01,2027-01-01)', 100);
} . book('hr.pay', 'south', 100));

my %script = (
	single => q{
		\set cents random(1, 100000)
		INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount)
			VALUES ('ict.desk', 'north', '2026-01-01'::date + :client_id, :cents / 100.0);
	},
	transaction => q{
		\set cents random(1, 100000)
		\set line random(1, 500)
		BEGIN;
		INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount)
			SELECT 'ict.' || s, 'north', '2026-02-01', :cents / 100.0 FROM unnest('{desk,network}'::text[]) s;
		SAVEPOINT s;
		DELETE FROM finance.invoice_line WHERE line_id = :client_id * 500 + :line AND product <> 'hr.pay';
		ROLLBACK TO s;
		UPDATE finance.invoice_line SET status = 'draft', net_amount = net_amount + 1
			WHERE line_id = :client_id * 500 + :line AND product <> 'hr.pay';
		COMMIT;
	},
	deferred => q{
		\set cents random(1, 100000)
		BEGIN;
		SET LOCAL sp71_steering.check_at = 'commit';
		INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount)
			VALUES ('ict.network', 'west', '2026-05-01', :cents / 100.0);
		INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount)
			VALUES ('ict.desk', 'north', '2026-05-01', -:cents / 200.0);
		COMMIT;
	});

foreach my $load (sort keys %script)
{
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$load.sql";
	my $lines = $node->safe_psql('postgres', 'SELECT count(*) FROM finance.invoice_line');
	my $output = '';

	append_to_file($file, $script{$load});
	my $pgbench = IPC::Run::start(
		[
			'pgbench', '--no-vacuum', '--client=4', '--time=60', "--file=$file",
			'--host=' . $node->host, '--port=' . $node->port, 'postgres'
		],
		'<', \undef, '>&', \$output);

	$node->poll_query_until('postgres', "SELECT count(*) > $lines + 400 FROM finance.invoice_line")
	  or die "load $load does not get going: $output";

	kill_everything($node);
	$pgbench->finish;
	unlike($output, qr/23S7|XX000|PANIC/, "$load: nothing but the crash stopped the load");
	$node->start;
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM finance.invoice_line'),
		'>', $lines, "$load: bookings were committed before the crash");
	is_verified($node, "$load, recovered");
	is_refused($node, book('hr.pay', 'north', 0.01), '23S71', "$load, full cap after recovery");

	# The counter is exact to the unit: a limit of what is used leaves no room at all.
	my $used = used($node, 'ict', 'region');
	$node->safe_psql('postgres',
		"SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', $used)");
	is_refused($node, book('ict.network', 'west', 0.01), '23S71', "$load, cap at its usage");
	$node->safe_psql('postgres',
		"SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1e9)");
	is_booked($node, book('ict.network', 'west', 0.01), "$load, cap with room");
	is_verified($node, "$load, going on");
}

$node->stop;
done_testing();
