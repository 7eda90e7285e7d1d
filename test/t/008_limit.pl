# Sixteen clients live at the limit of a cap: credits and debits, savepoints, all isolation levels, and
# the limit moves. No snapshot ever shows usage above the limit. All that can be booked is: in the end
# they fill the cap to the last unit. And all of that again after a crash in the midst of it.
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

my $transactions = $ENV{STRESS_TRANSACTIONS} || 100;
my $clients = 16;
seed_randomness();

my $node = start_node('limit',
	settings => "deadlock_timeout = 50ms\njit = off\nlock_timeout = 60s\nmax_connections = 30\ncheckpoint_timeout = 30s\n");
my $year = "'[2026-01-01,2027-01-01)'";
my $limit = 1000;

# The cap that all live at, and two others over and under it with room enough.
sub create_limit
{
	my ($database, %settings) = @_;

	create_database($node, $database, %settings);
	create_registers($node, $database);
	$node->safe_psql(
		$database, qq{
		CREATE TABLE line (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, clerk integer NOT NULL, net numeric NOT NULL);
		SELECT steering.attach('line', \$\$'ict.desk'\$\$, \$\$'north'\$\$, \$\$'2026-03-15'::date\$\$, 'net', '1');
		SELECT steering.set_cap('ict', 'region', 'budget', $year, 1e6, '0.05% notify, 0.09% notify, 100% block');
		SELECT steering.set_cap('ict.desk', 'region', 'budget', $year, $limit);
		SELECT steering.set_cap('ict.desk', 'north', 'volume', $year, 1e6);
		INSERT INTO line (clerk, net) SELECT n % $clients, 1 FROM generate_series(1, 900) n;
		CREATE PROCEDURE fill(clerk integer) LANGUAGE plpgsql AS \$\$
		DECLARE
			size numeric := 10;
			detail text;
		BEGIN
			WHILE size >= 0.0001 LOOP
				BEGIN
					INSERT INTO line (clerk, net) VALUES (clerk, size);
				EXCEPTION WHEN SQLSTATE '23S71' THEN
					GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
					RAISE WARNING '%', detail;
					size := size / 10;
				END;
				COMMIT;
			END LOOP;
		END \$\$;
	});
}

# One statement of a client, on lines of its own: so that clients wait for each other at caps only.
sub random_statement
{
	my ($clerk) = @_;
	my $kind = rand();
	my $mine = "id = (SELECT id FROM line WHERE clerk = $clerk ORDER BY hashint8(id + " . between(1, 1e6) . ") LIMIT 1)";

	return sprintf('INSERT INTO line (clerk, net) VALUES (%d, %.4f);', $clerk, 2 * rand()) if $kind < 0.45;
	return 'INSERT INTO line (clerk, net) VALUES '
	  . join(', ', map { sprintf '(%d, %.4f)', $clerk, 2 * rand() } 1 .. between(2, 6)) . ';'
	  if $kind < 0.53;
	return "DELETE FROM line WHERE $mine;" if $kind < 0.82;
	return sprintf 'UPDATE line SET net = net + %.4f WHERE %s;', 2 * rand() - 1, $mine if $kind < 0.92;
	return sprintf 'INSERT INTO line (clerk, net) VALUES (%d, %.4f);', $clerk, -5 * rand() if $kind < 0.97;
	return sprintf "SELECT steering.set_cap('ict.desk', 'region', 'budget', %s, %.4f);", $year, $limit * (0.95 + 0.1 * rand());
}

# What a client does in so many transactions: most are one statement. A quarter of the clients runs
# under REPEATABLE READ, a quarter under SERIALIZABLE.
sub random_script
{
	my ($clerk, $transactions) = @_;
	my $sql = "SET client_min_messages = error;\n\\set VERBOSITY verbose\n";

	$sql .= "SET default_transaction_isolation = 'repeatable read';\n" if $clerk % 4 == 2;
	$sql .= "SET default_transaction_isolation = 'serializable';\n" if $clerk % 4 == 3;
	foreach (1 .. $transactions)
	{
		if (rand() < 0.8)
		{
			$sql .= random_statement($clerk) . "\n";
			next;
		}
		$sql .= "BEGIN;\n";
		$sql .= "SET LOCAL sp71_steering.check_at = 'commit';\n" if rand() < 0.3;
		$sql .= random_statement($clerk) . "\n";
		$sql .= "SAVEPOINT s;\n" . random_statement($clerk) . "\n" . random_statement($clerk) . "\n";
		$sql .= one_of("ROLLBACK TO s;\n", "ROLLBACK TO s;\n", "RELEASE s;\n", '');
		$sql .= random_statement($clerk) . "\n";
		$sql .= one_of("COMMIT;\n", "COMMIT;\n", "COMMIT;\n", "ROLLBACK;\n");
	}
	return $sql;
}

# In one statement, under one snapshot: usage and the sum of the rows, where they differ or are too much.
my $observe = q{
	BEGIN ISOLATION LEVEL REPEATABLE READ;
	SELECT service, participant, metric, used, blocks_at, actual
	FROM steering.cap_status,
		LATERAL (SELECT CASE metric WHEN 'budget' THEN sum(net) ELSE count(*) END AS actual FROM line) AS line
	WHERE used <> actual OR used > blocks_at;
	SELECT * FROM steering.verify();
	COMMIT};

# The units (0.0001) of an amount as it is printed.
sub units
{
	my ($sign, $whole, $decimals) = $_[0] =~ /^(-?)(\d+)\.?(\d*)$/;

	return "${sign}1" * ($whole * 10000 + substr($decimals . '0000', 0, 4));
}

# The figures of all refusals add up: before was not too much, after would have been.
sub are_right
{
	my ($messages, $name) = @_;
	my $count = 0;
	my @wrong;

	while ($messages =~ /(blocks above (\S+); used (\S+), this \w+ adds (\S+), (\S+) too much\.)/g)
	{
		my ($text, $above, $used, $adds, $excess) = ($1, map { units($_) } $2, $3, $4, $5);

		$count++;
		push @wrong, $text
		  if $used + $adds - $above != $excess || $excess <= 0 || $adds <= 0 || $used > $above;
	}
	cmp_ok($count, '>', 0, "$name: there were refusals");
	is(join("\n", @wrong), '', "$name: their figures add up, and there was no room");
}

# A figure of the cap that all live at.
sub figure
{
	my ($database, $column) = @_;

	return $node->safe_psql($database, "SELECT trim_scale($column) FROM steering.cap_status WHERE amount < 1e6");
}

# All clients fill what room is left, at once. Then the cap is full to the last unit, and takes exactly
# what is released.
sub is_filled
{
	my ($database, $name) = @_;
	my ($observed, $errors);
	my @scripts = map { "\\set VERBOSITY verbose\nCALL fill($_);\n" } 0 .. $clients - 1;

	$node->safe_psql($database, "SELECT steering.set_cap('ict.desk', 'region', 'budget', $year, amount + 300)"
		  . ' FROM steering.cap_status WHERE amount < 1e6');
	($observed, $errors) = run_load($node, $database, $observe, 0, @scripts);
	is($observed, '', "$name, being filled: the observer saw no overrun and no difference");
	are_right($errors, "$name, being filled");
	unlike($errors, qr/ERROR|FATAL|PANIC/, "$name, being filled: nothing failed");
	is(figure($database, 'headroom'), '0', "$name: filled to the last unit");
	is_refused($node, 'INSERT INTO line (clerk, net) VALUES (0, 0.0001)', '23S71', "$name: one unit more", $database);
	$node->safe_psql($database, 'DELETE FROM line WHERE id = (SELECT max(id) FROM line WHERE net > 0.5); '
		  . 'UPDATE line SET net = net - 7.0003 WHERE id = (SELECT max(id) FROM line)');
	my $headroom = figure($database, 'headroom');
	is_refused($node, "INSERT INTO line (clerk, net) VALUES (0, $headroom + 0.0001)", '23S71',
		"$name: one unit more than what was released", $database);
	is_booked($node, "INSERT INTO line (clerk, net) VALUES (0, $headroom)", "$name: what was released", $database);
	is(figure($database, 'headroom'), '0', "$name: filled again");
	is_verified($node, $name, $database);
}

foreach my $stripes (1, 2, 64, 0)
{
	my $database = $stripes ? "stripes_$stripes" : 'stripes_as_needed';

	create_limit($database,
		$stripes ? ('sp71_steering.max_stripes' => $stripes, 'sp71_steering.min_stripes' => $stripes) : ());
	my ($observed, $errors) = run_load($node, $database, $observe, 0,
		map { random_script($_, $transactions) } 0 .. $clients - 1);
	is($observed, '', "$database: the observer saw no overrun and no difference");
	are_right($errors, $database);

	my %count;
	$count{$_}++ foreach $errors =~ /ERROR:  (\w{5})/g;
	note(join ', ', map { "$_: $count{$_}" } sort keys %count);
	my %expected = map { $_ => 1 } qw(23S71 40001 40P01 25P02 3B001);
	is(join(' ', grep { !$expected{$_} } sort keys %count), '', "$database: nothing failed in another way");
	unlike($errors, qr/server closed|FATAL|PANIC/, "$database: no backend died");
	is_verified($node, $database, $database);
	is_filled($database, $database);
}

# The server is killed in the midst of it.
create_limit('crashed', 'sp71_steering.min_stripes' => 16);
my @errors;
my @running = start_load($node, 'crashed', \@errors, map { random_script($_, 10 * $transactions) } 0 .. $clients - 1);
$node->poll_query_until('crashed', 'SELECT max(id) > 2500 FROM line') or die "the load does not get going: @errors";
kill_everything($node);
$_->finish foreach @running;
unlike(join('', @errors), qr/XX000|PANIC/, 'crashed: nothing but the crash stopped the load');
$node->start;
is_verified($node, 'crashed, recovered', 'crashed');
cmp_ok(figure('crashed', 'headroom'), '>=', 0, 'crashed, recovered: no overrun');
is_filled('crashed', 'crashed, recovered');

$node->stop;
done_testing();
