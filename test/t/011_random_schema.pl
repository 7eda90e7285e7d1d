# Random organisations, random finance tables with random mappings, and random work on them: in each round
# the caps hold, every refusal is right, and stored usage is what plain SQL counts. See RandomSchema.pm,
# RandomWork.pm and RandomRun.pm for what is random and what is checked.
#
# The seed is another one each time. RANDOM_SEED repeats it, RANDOM_ROUNDS says how many rounds (default: as
# many as fit into 20 seconds, and on until everything was seen once), RANDOM_SECONDS for how long. A round
# that fails is made shorter, and written to random_schema_SEED.sql in TESTDIR, which make test keeps in test/log.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomRun;
use RandomSchema;
use RandomWork;
use SteeringTest;
use Test::More;
use Time::HiRes qw(time);

my $seed = defined $ENV{RANDOM_SEED} ? $ENV{RANDOM_SEED} : int(time() * 10) % 1_000_000_000;
my $rounds = $ENV{RANDOM_ROUNDS} || ($ENV{RANDOM_SECONDS} ? 1e9 : 1000);
my $end = time() + ($ENV{RANDOM_SECONDS} || ($ENV{RANDOM_ROUNDS} ? 1e9 : 20));
my $node = start_node('random_schema',
	settings => "deadlock_timeout = 20ms\njit = off\nmax_prepared_transactions = 10\nmax_connections = 30\nautovacuum = off\n");
my $round = 0;
my $failures = 0;
my @wanted = ('23S71', 'refusals judged', 'transactions judged', 'statements that worked');

$node->safe_psql('postgres', 'CREATE DATABASE random_schema');
$node->safe_psql('random_schema', 'CREATE EXTENSION sp71_steering');

# What is to be seen, and was not; a server on which it cannot be seen does not keep the test forever.
sub missing
{
	return $ENV{RANDOM_ROUNDS} || time() > $end + 100 ? () : grep { !$seen{$_} } @wanted;
}

for (; $round < $rounds && (time() < $end || missing()) && $failures < ($ENV{RANDOM_FAILURES} || 1); $round++)
{
	srand($seed + $round);
	my $world = random_world();
	my %option = (sessions => chance(0.6) ? 1 : between(2, 4), probing => chance(0.7), nested => $world->{nested});
	my @list = (@{ $world->{items} }, random_work($world, $option{sessions}, between(40, 120)));
	my $failure = run_list($node, "round_$round", \%option, @list) or next;
	my $file = "$ENV{TESTDIR}/random_schema_" . ($seed + $round) . '.sql';
	my $text;

	$failures++;
	diag("RANDOM_SEED=" . ($seed + $round) . " RANDOM_ROUNDS=1: $failure->{kind}: $failure->{text}");
	($failure, @list) = shrink_list($node, \%option, $failure, $ENV{RANDOM_SHRINK} || 60, @list) unless defined $ENV{RANDOM_SHRINK} && !$ENV{RANDOM_SHRINK};
	$text = script_of($failure, \%option, @list);
	append_to_file($file, $text);
	diag("made shorter, in $file:\n" . ($text =~ s/^CREATE SCHEMA oracle.*?\$\$;;\n(?!CREATE FUNCTION oracle)//msr));
}
diag("RANDOM_SEED=$seed: $round rounds; " . join ', ', map { "$_: $seen{$_}" } sort keys %seen);
diag(map { "$messages{$_} $_\n" } sort { $messages{$b} <=> $messages{$a} } keys %messages) if $ENV{RANDOM_DEBUG};
is($failures, 0, "caps and counters are right in $round rounds");
if (!$ENV{RANDOM_ROUNDS} && !$failures)
{
	cmp_ok($seen{$_} || 0, '>', 0, "there were $_") foreach @wanted;
}

my $log = slurp_file($node->logfile);
unlike($log, qr/TRAP:|PANIC:|terminated by signal|XX000/, 'the log of the server shows no internal error');
$node->stop;
done_testing();
