# Caps over three servers: usage of all together is never over, a booking is refused only when all is used, and each step is crossed
# once. Room goes back and forth between nodes, with savepoints, at commit, at all isolation levels, while caps are revised, by many
# who want the last of it, and under a load at random that a reader over all servers looks at. Counters are divided on each server.
# The control: the same load where each server has the whole limit for itself goes over.
#
# STRESS_SEED chooses the scripts (not how they interleave), STRESS_SECONDS how long the load lasts.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use ScaleOut;
use SteeringTest;
use Test::More;
use Time::HiRes qw(time usleep);

seed_randomness();

my @nodes = start_nodes(2, q{
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block');
	SELECT steering.set_cap('hr', 'region', 'budget', '2026', 1000, '50% warn, 100% block')},
	settings => "sp71_steering.min_stripes = 8\n");
my ($head) = @nodes;
my @sessions = open_all(@nodes);
my %limits = (ict => 1000, hr => 1000);

sub on { my ($n, @booking) = @_; return book_on($sessions[$n], @booking); }

sub start_anew
{
	take_all_back(@sessions);
	run_in($_, 'RESET ALL') foreach @sessions;
}

# One after the other: the model is a sum.
is(on(1, 'ict.desk', 'north', 100), 'booked', 'a node books what it has asked for');
is(on(2, 'ict.desk', 'south', 100), 'booked', 'so does another');
is(on(0, 'ict.desk', 'west', 100), 'booked', 'so does the coordinator');
is(events_of('notify', @nodes), 0, 'below the step nothing is recorded');
is(on(1, 'ict.desk', 'north', 499.99), 'booked', 'what is free is lent, also where others have been lent some');
is(events_of('notify', @nodes), 0, 'one unit below the step nothing is recorded');
is(on(2, 'ict.desk', 'south', 0.01), 'booked', 'the unit that reaches it');
is(events_of('notify', @nodes), 1, 'the step is crossed once');
is(on($_, 'ict.desk', 'south', 10), 'booked', "beyond the step server $_ books") foreach 0 .. 2;
is(events_of('notify', @nodes), 1, 'and it is not crossed again');
is(on(2, 'ict.desk', 'south', 170.01), '23S71', 'one unit too much is refused');
is(on(2, 'ict.desk', 'south', 170), 'booked', 'what is left fits, on whichever node');
is(on($_, 'ict.desk', 'south', 0.01), '23S71', "all is used, says server $_") foreach 0 .. 2;
is(on($_, 'ict.desk', 'south', -0.01), 'booked', "server $_ may lower") foreach 0 .. 2;
is(on(1, 'ict.desk', 'south', 0.03), 'booked', 'and what all have freed fits on one');
is(on($_, 'ict.desk', 'south', 0.01), '23S71', "all is used again, says server $_") foreach 2, 0, 1;
is(events_of('notify', @nodes), 1, 'still once');
is_sound('one after the other', \%limits, @nodes);

# What is freed elsewhere is found by a node that is alone.
start_anew();
is(on(1, 'ict.desk', 'north', 900), 'booked', 'a node has most');
is(on(2, 'ict.desk', 'north', 100), 'booked', 'another the rest');
is(on(1, 'ict.desk', 'north', 50), '23S71', 'refused: all is used');
is(on(2, 'ict.desk', 'north', -50), 'booked', 'there some is freed');
is(on(1, 'ict.desk', 'north', 50.01), '23S71', 'so much is not free');
is(on(1, 'ict.desk', 'north', 50), 'booked', 'what is fits');

# A step that warns: every booking above it does, on each server.
foreach my $n (0, 1, 2, 1, 0)
{
	my ($output, $errors) = run_in($sessions[$n], "\\set VERBOSITY terse\n" . book('hr.pay', 'north', 150));

	($sessions[$n]{warned}) += $errors =~ /WARNING/ ? 1 : 0;
	run_in($sessions[$n], '\set VERBOSITY sqlstate');
}
is($sessions[0]{warned} + $sessions[1]{warned} + $sessions[2]{warned}, 2, 'the fourth and the fifth of 150 stand at or over 50% of 1000');
is(on(2, 'hr.pay', 'west', 250.01), '23S71', 'above a step that warns the limit holds');
is(on(2, 'hr.pay', 'west', 250), 'booked', 'and all of it can be used');
is_sound('a step that warns', \%limits, @nodes);

# At random, one after the other: refused exactly when it does not fit.
start_anew();
my ($sum, @wrong) = (0);
foreach (1 .. 150)
{
	my $n = int(rand(3));
	my $amount = rand() < 0.25 ? -between(1, 8_000) / 100 : between(1, rand() < 0.5 ? 20_000 : 100) / 100;
	my $way = on($n, 'ict.desk', one_of(qw(north south west)), $amount);
	my $expected = $amount <= 0 || sprintf('%.2f', $sum + $amount) <= 1000 ? 'booked' : '23S71';

	push @wrong, "server $n, at $sum, $amount: $way" if $way ne $expected;
	$sum = sprintf '%.2f', $sum + $amount if $way eq 'booked';
}
is(join("\n", @wrong), '', 'one after the other at random: refused exactly when it does not fit');
is(total_of('ict', @nodes), sprintf('%.2f', $sum), 'and what was booked is there');
is(book_rest(\@sessions, 'ict.desk', 400), '', 'the rest fits');
is(total_of('ict', @nodes), '1000.00', 'to the smallest unit');
is_sound('at random', \%limits, @nodes);

# Savepoints: what was lent for a booking that is rolled back is not lost, and not counted twice.
start_anew();
is((run_in($sessions[1], 'BEGIN; ' . book('ict.desk', 'north', 100) . ' SAVEPOINT one; ' . book('ict.desk', 'north', 600)
	. ' ROLLBACK TO one; ' . book('ict.desk', 'north', 50) . ' SAVEPOINT two; ' . book('ict.desk', 'north', 700) . ' RELEASE two; ROLLBACK'))[1],
	'', 'a transaction that asks, and rolls back to before it did');
is(on(2, 'ict.desk', 'south', 1000), 'booked', 'what it was lent is free for others when it is over');
run_in($sessions[2], 'DELETE FROM finance.invoice_line');
is((run_in($sessions[1], 'BEGIN; SAVEPOINT one; ' . book('ict.desk', 'north', 900) . ' ROLLBACK TO one; ' . book('ict.desk', 'north', 100)
	. ' COMMIT'))[1], '', 'asked within a savepoint that is rolled back, and again after');
is(on(2, 'ict.desk', 'south', 900), 'booked', 'the other node gets all but what was committed');
is(on(1, 'ict.desk', 'south', 0.01), '23S71', 'and then all is used');
is_sound('savepoints', \%limits, @nodes);
start_anew();
is((run_in($sessions[1], 'BEGIN; SAVEPOINT one; ' . book('ict.desk', 'north', 500) . book('ict.desk', 'north', 10) . ' ROLLBACK TO one'))[1],
	'', 'a transaction rolls back to before it touched the cap, and stays open');
is(on(2, 'ict.desk', 'south', 1000), 'booked', 'another node gets all at once');
like((run_in($sessions[1], book('ict.desk', 'north', 100)))[1], qr/23S71/, 'and that transaction nothing');
run_in($sessions[1], 'ROLLBACK');
is_sound('a savepoint without a trace', \%limits, @nodes);

# The first asker of two that want the same room goes through, the other has it to try again; a transaction that is open holds what
# it books.
start_anew();
is(on(2, 'ict.desk', 'south', 300), 'booked', 'some is used');
run_in($sessions[1], 'BEGIN; ' . book('ict.desk', 'north', 600));
is(on(2, 'ict.desk', 'south', 200), '40001', 'a node that is not heard in time: try again');
is(on(2, 'ict.desk', 'south', -100), 'booked', 'lowering asks nobody');
run_in($sessions[1], 'ROLLBACK');
is(on(2, 'ict.desk', 'south', 800), 'booked', 'again, when the other is over');
is_sound('two at once', \%limits, @nodes);

# When the commit judges, only the sum counts.
start_anew();
foreach my $n (0 .. 2)
{
	my ($output, $errors) = run_in($sessions[$n], q{BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; }
		. book('ict.desk', 'north', 5000) . book('ict.desk', 'north', -4900) . ' COMMIT');

	is($errors, '', "judged at commit on server $n: over in between, but not at the end");
}
like((run_in($sessions[1], q{BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; } . book('ict.desk', 'north', 700.01) . ' COMMIT'))[1],
	qr/23S71/, 'one unit over at the end');
is((run_in($sessions[1], q{BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; } . book('ict.desk', 'north', 700) . ' COMMIT'))[1],
	'', 'all that is left');
is_sound('judged at commit', \%limits, @nodes);

# Snapshots that are older than what was given back: either right, or 40001.
foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	start_anew();
	is(on(1, 'ict.desk', 'north', 100), 'booked', "$level: a node has room");
	run_in($sessions[1], "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM finance.invoice_line");
	is(on(2, 'ict.desk', 'south', 900), 'booked', "$level: which another gets");
	like(on(1, 'ict.desk', 'north', 50), qr/^(40001|23S71)$/, "$level: an older snapshot does not book by what it had");
	run_in($sessions[1], 'ROLLBACK');
	is((run_in($sessions[1], "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM finance.invoice_line; "
		. book('ict.desk', 'north', -60) . book('ict.desk', 'north', 60) . ' COMMIT'))[1], '', "$level: what it used itself it may use again");
	is(on(1, 'ict.desk', 'north', 0.01), '23S71', "$level: and no more");
	is_sound($level, \%limits, @nodes);
}

# A revised cap: what was lent by the old limit is worth nothing any more, on any node.
start_anew();
is(on($_, 'ict.desk', 'north', 100), 'booked', "server $_ has room by the old limit") foreach 0 .. 2;
is(act($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 400, '80% notify, 100% block')}), '', 'the limit is lowered');
is(on($_, 'ict.desk', 'north', 101), '23S71', "by the new limit that does not fit on server $_") foreach 1, 2, 0;
is(book_rest(\@sessions, 'ict.desk', 50), '', 'the rest by the new limit');
is(total_of('ict', @nodes), '400.00', 'all of it, to the smallest unit');
is(act($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block')}), '', 'and raised');
is(book_rest(\@sessions, 'ict.desk', 200), '', 'the rest by that');
is(total_of('ict', @nodes), '1000.00', 'all of it');
isnt(act($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 999, '100% block')}), '', 'less than all use together needs to be accepted');
is_sound('revised', \%limits, @nodes);

# Everybody books the same small amount, on all servers at once, and tries again what may be tried again, until it is refused: then
# everything is used, by the amount, and the step was crossed once.
my $greedy = q{
	DO $$
	DECLARE
		again integer := 0;
	BEGIN
		LOOP
			BEGIN
				INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount) VALUES ('ict.desk', 'north', '2026-03-15', 2);
			EXCEPTION
				WHEN serialization_failure THEN
					again := again + 1;
				WHEN SQLSTATE '23S71' THEN
					RAISE WARNING 'refused after % more', again;
					RETURN;
			END;
			COMMIT;
		END LOOP;
	END $$;
};
start_anew();
$head->safe_psql('postgres', 'SELECT * FROM steering.recover_allotments()');	# else the step may be behind what is lent still
my $crossed = events_of('notify', @nodes);
my (@said, @running);
foreach my $n (0 .. 2)
{
	$said[$n] = [];
	push @running, start_load($nodes[$n], 'postgres', $said[$n], ($greedy) x 2);
}
my $began = time();
$_->finish foreach @running;
note(sprintf '%.1f s: %s', time() - $began, join ' ', map { @$_ } @said);
is(scalar(grep { /refused after \d+ more/ } map { @$_ } @said), 6, 'all at once: each ends by a refusal');
is(total_of('ict', @nodes), '1000.00', 'all at once: refused only when all is used');
is(events_of('notify', @nodes), $crossed + 1, 'all at once: the step is crossed once');
is_sound('all at once', \%limits, @nodes);

# A node that has not heard of a lower limit does not book by the old one.
start_anew();
is(on($_, 'ict.desk', 'north', 100), 'booked', "server $_ has booked") foreach 0 .. 2;
$head->safe_psql('postgres', 'INSERT INTO public.away VALUES (1)');
is(act($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 400, '80% notify, 100% block')}), '', 'the limit is lowered while a node is not told');
like(on(1, 'ict.desk', 'north', 300), qr/^(40001|55000)$/, 'the node does not book by the limit that it knows');
cmp_ok(total_of('ict', @nodes), '<=', 400, 'a node that was not told: not over');
$head->safe_psql('postgres', 'DELETE FROM public.away');
$nodes[1]->safe_psql('postgres', 'SELECT steering.catch_up()');
is(book_rest(\@sessions, 'ict.desk', 50), '', 'when it has caught up, the rest by the new limit');
is(total_of('ict', @nodes), '400.00', 'all of it');
act($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block')});
is_sound('a node that was not told', \%limits, @nodes);

# A load at random. The reader sees no cap over while it lasts, and afterwards all that fits can be booked. A cap below another is
# new, so that bookings are judged by two, in whose order nodes lock.
my $seconds = $ENV{STRESS_SECONDS} || 12;

sub random_booking
{
	my $kind = rand();
	my $product = one_of(qw(ict.desk ict.network hr.pay));

	return 'DELETE FROM finance.invoice_line WHERE line_id IN (SELECT min(line_id) FROM finance.invoice_line WHERE net_amount < 100);' if $kind < 0.15;
	return sprintf 'UPDATE finance.invoice_line SET net_amount = net_amount + %.2f WHERE line_id = (SELECT max(line_id) FROM finance.invoice_line);',
	  between(-500, 500) / 100 if $kind < 0.25;
	return book($product, one_of(qw(north south west)), between(1, 3_000) / 100);
}

sub random_script
{
	my $sql = "SET client_min_messages = error;\n\\set VERBOSITY sqlstate\n";

	foreach (1 .. 400)
	{
		if (rand() < 0.6)
		{
			$sql .= random_booking() . "\n";
			next;
		}
		$sql .= 'BEGIN ISOLATION LEVEL ' . one_of('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE') . ";\n";
		$sql .= "SET LOCAL sp71_steering.check_at = 'commit';\n" if rand() < 0.2;
		$sql .= random_booking() . "\nSAVEPOINT s;\n" . random_booking() . "\n" . one_of('ROLLBACK TO s;', 'RELEASE s;', '') . "\n" . random_booking() . "\n";
		$sql .= (rand() < 0.85 ? 'COMMIT' : 'ROLLBACK') . ";\n";
	}
	return $sql;
}

# Runs random scripts on all servers for so many seconds, and acts beside them. Returns what was over, and the errors by SQLSTATE.
sub load
{
	my ($seconds, @acts) = @_;
	my $end = time() + $seconds;
	my @readers = open_all(@nodes);
	my ($looks, @over, %count) = (0);

	while (time() < $end)
	{
		my (@errors, @running);

		foreach my $n (0 .. $#nodes)
		{
			$errors[$n] = [];
			push @running, start_load($nodes[$n], 'postgres', $errors[$n], map { random_script() } 1 .. 2);
		}
		while (grep { $_->pumpable } @running)
		{
			eval { $_->pump_nb } foreach @running;	# dies where a client has just ended
			my %total = read_all(\@readers, sort keys %limits);
			push @over, map { "$_ $total{$_}" } grep { $total{$_} > $limits{$_} } sort keys %limits;
			$looks++;
			usleep(250_000);
			act($head, one_of(@acts)) if @acts && rand() < 0.3;
			if (time() >= $end)
			{
				$_->kill_kill foreach @running;
				last;
			}
		}
		eval { $_->finish } foreach @running;
		foreach (map { @$_ } @errors)
		{
			$count{$1}++ while ($_ || '') =~ /(?:ERROR|FATAL|PANIC):  (\w+)/g;
		}
	}
	close_session($_) foreach @readers;
	note("$looks looks; " . join ', ', map { "$_: $count{$_}" } sort keys %count);
	return (join("\n", @over), \%count);
}

start_anew();
is(act($head, join ';', 'BEGIN', (map { "SELECT steering.set_cap('hr', 'west', 'budget', '2026', $_)" } @$_), 'COMMIT'), '', "a cap @$_ in one transaction")
  foreach [ 300, 200 ], [ 100, 150 ];
act($head, 'SELECT steering.drop_cap(max(cap_id)) FROM steering.cap');
is(act($head, q{SELECT steering.set_cap('ict.desk', 'north', 'budget', '2026', 250, '100% block')}), '', 'a cap below another');
$limits{'ict.desk/north'} = 250;
is(on(1, @$_, 850), 'booked', "most of @$_ is used") foreach [ 'ict.network', 'west' ], [ 'hr.pay', 'south' ];
my ($over, $count) = load($seconds,
	q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 900, '80% notify, 100% block', accept_overrun => true)},
	q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block')});
is($over, '', 'under load: nobody was over');
cmp_ok($count->{'23S71'} || 0, '>', 0, 'under load: bookings were refused');
my %expected = map { $_ => 1 } qw(23S71 40001 40P01 25P02 3B001);
is(join(' ', grep { !$expected{$_} } sort keys %$count), '', 'under load: nothing failed in another way');
is_sound('after the load', \%limits, @nodes);
act($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block')});
is(book_rest(\@sessions, @$_), '', "after the load: the rest of @$_[0, 2] can be booked")
  foreach [ 'ict.desk', 100, 'north' ], [ 'ict.network', 300, 'west' ], [ 'hr.pay', 300, 'south' ];
is(total_of($_, @nodes), '1000.00', "after the load: all of $_, to the smallest unit") foreach qw(ict hr);
is_sound('at the end', \%limits, @nodes);

# The control: caps that do not span nodes, each server with the limit for itself.
start_anew();
$_->safe_psql('postgres', q{SET session_replication_role = replica; UPDATE steering.cap SET spans = false, revision = revision + 1; UPDATE steering.cap_counter SET revision = revision + 1}) foreach @nodes;
($over) = load(4);
isnt($over, '', 'control: where each server has the limit for itself, the reader sees caps over');

close_session($_) foreach @sessions;
$_->stop foreach @nodes;
done_testing();
