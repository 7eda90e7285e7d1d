# Above a step that warns, caps over three servers: whoever books is warned each time, as on one server, but nodes book by what they were
# lent, as below it. The step is crossed once, also again where usage has sunk below it; nothing is ever over, and what is refused does
# not fit. Counted is what servers ask of each other.
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

my @nodes = start_nodes(2, q{
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '50% warn, 100% block');
	SELECT steering.set_cap('hr', 'region', 'budget', '2026', 1000, '50% warn, 80% warn, 90% notify')},
	settings => "log_statement = all\nlog_min_messages = log\n");
my @sessions = open_all(@nodes);
my %limits = (ict => 1000);

# How often servers have asked each other.
sub asked
{
	my $asked = 0;

	foreach my $node (@nodes)
	{
		my $log = slurp_file($node->logfile);
		$asked += () = $log =~ /LOG:  statement: SELECT [^\n]*(?:request|return)_allotment\(/g;
	}
	return $asked;
}

# Books; returns the SQLSTATE, or else how many warnings came of it, and what the last one says of usage.
sub on
{
	my ($n, @booking) = @_;
	my ($output, $errors) = run_in($sessions[$n], "\\set VERBOSITY verbose\n" . book(@booking));
	my $warnings = () = $errors =~ /WARNING:  01S71/g;

	return $1 if $errors =~ /ERROR:  (\w{5})/;
	return $warnings . ($errors =~ /.*(used now|this node uses) (.*)\.$/m ? " $1 $2" : '');
}

# Books the same amount so many times, each time in a transaction of its own. Returns how many warnings came.
sub book_often
{
	my ($n, $product, $amount, $times) = @_;
	my ($output, $errors) = run_in($sessions[$n], qq{\\set VERBOSITY terse
		DO \$\$ BEGIN FOR n IN 1..$times LOOP
			INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount) VALUES ('$product', 'north', '2026-03-15', $amount);
			COMMIT;
		END LOOP; END \$\$});
	my $warnings = () = $errors =~ /WARNING:  /g;

	return $errors =~ /(ERROR: .*)/ ? $1 : $warnings;
}

is(on(1, 'ict.desk', 'north', 300), '0', 'below the step nobody is warned');
is(on(2, 'ict.desk', 'south', 199), '0', 'nor here');
is(on(2, 'ict.desk', 'south', 1), '1 used now 500.00', 'who crosses it is told what all use');
is(events_of('warn', @nodes), 1, 'which is recorded');
is(on(2, 'ict.desk', 'south', 1), '1 this node uses 201.00 now, and the others used at most 300.00 when it was lent room', 'and then what this node knows');
is(on(1, 'ict.desk', 'north', 1), '1 this node uses 301.00 now, and the others used at most 201.00 when it was lent room', 'the other node too');
is(on(0, 'ict.desk', 'west', 1), '1 this node uses 1.00 now, and the others used at most 626.50 when it was lent room', 'and the coordinator');
is(events_of('warn', @nodes), 1, 'it is not crossed again');

# Each booking warns, and hardly one asks.
my $before = asked();
my $bookings = 0;
foreach my $round (1 .. 5)
{
	foreach my $n (0 .. 2)
	{
		is(book_often($n, 'ict.desk', 0.1, 100), 100, "each booking on server $n warns");
		is(book_often($n, 'ict.desk', '0.1 * (CASE WHEN n % 3 = 0 THEN -1 ELSE 1 END)', 120), 80, "of those that lower none on server $n does");
		$bookings += 220;
	}
}
cmp_ok(asked() - $before, '<', 0.01 * $bookings, sprintf '%d bookings above the step: %d questions between servers', $bookings, asked() - $before);
is(events_of('warn', @nodes), 1, 'nor is it by these');
is_sound('above the step', \%limits, @nodes);

# Usage sinks below the step, and rises again.
take_all_back(@sessions);
is(on(1, 'ict.desk', 'north', 400), '0', 'everything is taken back');
is(on(2, 'ict.desk', 'south', 110), '1 used now 510.00', 'the step is crossed anew');
is(events_of('warn', @nodes), 2, 'and recorded anew');
is(on(1, 'ict.desk', 'north', -5), '0', 'lowering warns of nothing');
like(on(1, 'ict.desk', 'north', 1), qr/^1 this node uses 396.00 now/, 'a node that has given back what it does not use does not book by that');
is(on(1, 'ict.desk', 'north', -10), '0', 'usage sinks below the step');
is(on(1, 'ict.desk', 'north', 1), '0', 'the node that has sunk knows');
is(on(1, 'ict.desk', 'north', 3), '1 used now 500.00', 'and crosses it again');
is(events_of('warn', @nodes), 3, 'which is recorded');
is_sound('up and down', \%limits, @nodes);

# Several steps that warn.
is(on(1, 'hr.pay', 'north', 500), '1 used now 500.00', 'the first step that warns');
like(on(2, 'hr.pay', 'south', 299.99), qr/^1 this node uses 299.99 now/, 'one unit below the second');
is(events_of('warn', @nodes), 4, 'only the first was recorded');
is(on(0, 'hr.pay', 'west', 0.01), '1 used now 800.00', 'the second');
is(events_of('warn', @nodes), 5, 'is recorded once');
is(on(1, 'hr.pay', 'north', 100), '1 used now 900.00', 'a step above that notifies');
is(events_of('notify', @nodes), 1, 'is recorded once');
like(on($_, 'hr.pay', 'north', 5000), qr/^1 this node uses /, "where nothing blocks server $_ is lent more") foreach 0, 1, 2;

# At random, one after the other. The model is one server; a node may warn where others have sunk below the step meanwhile.
take_all_back(@sessions);
my ($sum, @wrong) = (0);
foreach (1 .. 200)
{
	my $n = int(rand(3));
	my $amount = sprintf '%.2f', rand() < 0.3 ? -between(1, 6_000) / 100 : between(1, rand() < 0.5 ? 12_000 : 500) / 100;
	my $after = sprintf '%.2f', $sum + $amount;
	my $expected = $amount > 0 && $after > 1000 ? '23S71' : $amount > 0 && $after >= 500 ? 1 : 0;
	my $said = on($n, 'ict.desk', one_of(qw(north south west)), $amount);

	push @wrong, "server $n, at $sum, $amount: $said"
	  if $said !~ /^$expected/ && !($expected eq '0' && $amount > 0 && $said =~ /^1 this node/);
	$sum = $after if $said ne '23S71';
}
is(join("\n", @wrong), '', 'at random: whoever books at the step or above it is warned, and refused is what does not fit');
is_sound('at random', \%limits, @nodes);

# Judged at commit; a savepoint that is rolled back.
take_all_back(@sessions);
is(on(1, 'ict.desk', 'north', 600), '1 used now 600.00', 'above the step');
my ($output, $errors) = run_in($sessions[2], q{\set VERBOSITY terse
	BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; } . book('ict.desk', 'south', 30) . book('ict.desk', 'south', -10) . 'COMMIT');
is($errors =~ s/WARNING/$&/gr =~ tr/\n//, 1, 'the commit warns once');
($output, $errors) = run_in($sessions[0], q{\set VERBOSITY terse
	BEGIN; SAVEPOINT one; } . book('ict.desk', 'west', 100) . 'ROLLBACK TO one; ' . book('ict.desk', 'west', 10) . 'COMMIT');
is($errors =~ tr/\n//, 2, 'a booking that is rolled back, and one that is not: both warn');
is_sound('transactions', \%limits, @nodes);

# All at once: refused only when all is used, and everybody is warned.
take_all_back(@sessions);
$nodes[0]->safe_psql('postgres', 'SELECT * FROM steering.recover_allotments()');
my $crossed = events_of('warn', @nodes);
my $greedy = q{
	DO $$
	DECLARE
		booked integer := 0;
	BEGIN
		LOOP
			BEGIN
				INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount) VALUES ('ict.desk', 'north', '2026-03-15', 2);
			EXCEPTION
				WHEN serialization_failure THEN NULL;
				WHEN SQLSTATE '23S71' THEN RETURN;
			END;
			COMMIT;
		END LOOP;
	END $$;
};
my (@said, @running);
foreach my $n (0 .. 2)
{
	$said[$n] = [];
	push @running, start_load($nodes[$n], 'postgres', $said[$n], ($greedy) x 2);
}
$_->finish foreach @running;
is(total_of('ict', @nodes), '1000.00', 'all at once: refused only when all is used');
is(events_of('warn', @nodes), $crossed + 1, 'all at once: the step is crossed once');
cmp_ok(scalar(grep { /01S71|has reached a step/ } map { split /\n/, $_ || '' } map { @$_ } @said), '>=', 251, 'all at once: each booking from the step on is warned of');
is_sound('all at once', \%limits, @nodes);

close_session($_) foreach @sessions;
$_->stop foreach @nodes;
done_testing();
