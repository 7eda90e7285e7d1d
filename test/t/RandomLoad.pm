# Random statements of several clients beside a reader that looks for what must not be.
package RandomLoad;

use strict;
use warnings;

use Exporter 'import';
use SteeringTest;
use Test::More;

our @EXPORT = qw(random_script run_random_load);

# So many transactions of several statements, or each statement by itself; each is one that $statement makes.
sub random_script
{
	my ($statement, $transactions, $single) = @_;
	my $sql = "SET client_min_messages = error;\n\\set VERBOSITY sqlstate\n";

	foreach (1 .. $transactions)
	{
		if ($single)
		{
			$sql .= $statement->() . ";\n";
			next;
		}
		$sql .= 'BEGIN ISOLATION LEVEL ' . one_of('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE') . ";\n";
		$sql .= "SET LOCAL sp71_steering.check_at = 'commit';\n" if rand() < 0.2;
		foreach (1 .. between(1, 3))
		{
			my $savepoint = rand() < 0.3;

			$sql .= "SAVEPOINT s;\n" if $savepoint;
			$sql .= $statement->() . ";\n";
			$sql .= one_of("ROLLBACK TO s;\n", "RELEASE s;\n") if $savepoint;
		}
		$sql .= (rand() < 0.85 ? 'COMMIT' : 'ROLLBACK') . ";\n";
	}
	return $sql;
}

# Runs such a script for each client, and checks that nothing was ever as $wrong finds it, and that errors are among these SQLSTATEs,
# refusals among them.
sub run_random_load
{
	my ($node, $database, $wrong, $expected, @scripts) = @_;
	my %expected = map { $_ => 1 } @$expected;
	my %count;
	my ($observed, $errors) =
	  run_load($node, $database, "BEGIN ISOLATION LEVEL REPEATABLE READ; $wrong; SELECT * FROM steering.verify(); COMMIT", 0, @scripts);

	is($observed, '', "$database: the observer saw nothing above what may be used, and no difference");
	$count{$_}++ foreach $errors =~ /ERROR:  (\w{5})/g;
	note(join ', ', map { "$_: $count{$_}" } sort keys %count);
	is(join(' ', grep { !$expected{$_} } sort keys %count), '', "$database: nothing failed in another way");
	cmp_ok(($count{'23S71'} || 0), '>', 0, "$database: bookings were refused");
	unlike($errors, qr/server closed|FATAL|PANIC/, "$database: no backend died");
	is($node->safe_psql($database, $wrong), '', "$database: at the end as well");
	is_verified($node, "$database, at the end", $database);
}

1;
