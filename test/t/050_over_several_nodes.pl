# A transaction over several nodes, as a statement over shards is, near the end of a cap over them: a part of it may need room that
# another node has and cannot give back, since it is busy with the transaction itself. It fails with 40001, and when it is tried
# again, it finds its room: also where it takes all there is.
#
# STRESS_SEED chooses the amounts.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use ScaleOut;
use SteeringTest;
use Test::More;

seed_randomness();

my @nodes = start_nodes(2, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '100% block')});
my @sessions = open_all(@nodes);
my %limits = (ict => 1000);
my @places = qw(west north south);
my $number = 0;

# Ends a transaction of all servers, as two-phase commit does.
sub end_all
{
	my ($name) = @_;

	run_in($sessions[$_], "PREPARE TRANSACTION '${name}_$_'") foreach 0 .. $#sessions;
	run_in($sessions[$_], "COMMIT PREPARED '${name}_$_'") foreach 0 .. $#sessions;
}

# Books an amount on each server, in one transaction: one after the other, or all at once. Returns the first error.
sub try_once
{
	my ($amounts, $at_once) = @_;
	my @parts = map { 'BEGIN; ' . book('ict.desk', $places[$_], $amounts->[$_]) } 0 .. $#sessions;
	my $error = '';

	if ($at_once)
	{
		start_in($sessions[$_], $parts[$_]) foreach 0 .. $#sessions;
		$error = (grep { $_ } map { (finish_in($_))[1] } @sessions)[0] || '';
	}
	else
	{
		foreach (0 .. $#sessions)
		{
			$error = (run_in($sessions[$_], $parts[$_]))[1];
			last if $error;
		}
	}
	if ($error)
	{
		run_in($_, 'ROLLBACK') foreach @sessions;
	}
	else
	{
		end_all('part_' . ++$number);
	}
	return $error;
}

# Tries again what may be tried again. Returns how often it was tried, and the last error.
sub try_often
{
	my ($amounts, $at_once) = @_;
	my $error;

	foreach my $tries (1 .. 8)
	{
		$error = try_once($amounts, $at_once);
		return ($tries, $error) if $error !~ /40001/;
	}
	return (8, $error);
}

# Empties everything, and has each server be lent some room.
sub start_anew
{
	my (@used) = @_;

	take_all_back(@sessions);
	is(book_on($sessions[$_], 'ict.desk', $places[$_], $used[$_]), 'booked', "server $_ uses $used[$_]") foreach 0 .. $#used;
}

# What fits exactly.
foreach my $at_once (0, 1)
{
	my $how = $at_once ? 'at once' : 'one after the other';

	foreach my $parts ([ 0.01, 500, 400 ], [ 330, 330, 239.99 ], [ 0.01, 0.01, 899.97 ], [ 300, 300, 300 ])
	{
		start_anew(10, 20, 30);
		my $left = 940;
		my @amounts = (@$parts[ 0, 1 ], sprintf '%.2f', $left - $parts->[0] - $parts->[1]);
		my ($tries, $error) = try_often(\@amounts, $at_once);

		is($error, '', "$how, after $tries: @amounts");
		is(total_of('ict', @nodes), '1000.00', 'all is used');
		is(book_on($sessions[$_], 'ict.desk', $places[$_], 0.01), '23S71', "and no more, says server $_") foreach 0 .. 2;
		is_sound($how, \%limits, @nodes);
	}
}

# In several steps, which end at the limit.
foreach my $at_once (0, 1)
{
	start_anew(1, 1, 1);
	my $left = 99700;

	while ($left > 0)
	{
		my @amounts = map { between(1, 1 + $left / 6) / 100 } 0 .. 2;
		my ($tries, $error);

		@amounts = (0.01, $left / 100 - 0.02, 0.01) if $left < 200;
		$left -= 100 * $_ foreach @amounts;
		$left = sprintf '%.0f', $left;
		($tries, $error) = try_often(\@amounts, $at_once);
		is($error, '', "a part of what is left, after $tries: @amounts");
		last if $error;
	}
	is(total_of('ict', @nodes), '1000.00', 'all is used');
	is_sound('in steps', \%limits, @nodes);
}

close_session($_) foreach @sessions;
done_testing();
