# Lending between three servers where one of them stops, or dies, at each step of asking for room and giving it back: whoever needs it
# gets 40001 in time, the others go on with what they have, nothing is ever lent twice, and when the server is back all that is not
# used can be booked.
#
# The steps: an asker waits for the ledger (a lock on its row), for a node that is to give back (a transaction that holds its counter),
# has the answer and not yet committed, has committed. The coordinator has heard of one node and waits for another; has written
# what it lends and not been heard. A node waits to give back; has given back, and the coordinator has not heard of it.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::RecursiveCopy;
use PostgreSQL::Test::Utils;
use ScaleOut;
use SteeringTest;
use Test::More;
use Time::HiRes qw(time usleep);

my %limits = (ict => 1000);
my @nodes = start_nodes(2, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block')},
	settings => "restart_after_crash = off\nwal_writer_delay = 10s\n");
my ($head, $east, $west) = @nodes;
my @sessions;

sub session { my ($n) = @_; return $sessions[$n] ||= open_session($nodes[$n]); }
sub on { my ($n, @booking) = @_; return book_on(session($n), @booking); }

# Ends a session, of which nothing may be left on the other side.
sub forget
{
	my ($n) = @_;

	eval { $sessions[$n]{harness}->kill_kill } if $sessions[$n];
	$sessions[$n] = undef;
}

# A booking that is sent, and not awaited.
sub begin_booking
{
	my ($n, $product, $municipality, $amount) = @_;

	start_in(session($n), book($product, $municipality, $amount));
}

sub end_booking
{
	my ($n) = @_;
	my ($output, $errors) = finish_in(session($n));

	return $errors =~ /ERROR:  (\w{5})/ ? $1 : $errors eq '' ? 'booked' : 'lost';
}

# Waits until a query says true on a server.
sub wait_for
{
	my ($n, $sql) = @_;

	ok($nodes[$n]->poll_query_until('postgres', "SELECT EXISTS ($sql)"), "server $n: what is to happen has begun") or diag($sql);
}

# Sessions that run this function between nodes; that wait for a lock in it.
sub calls { my ($function) = @_; return "SELECT FROM pg_stat_activity WHERE query LIKE '%$function%' AND state = 'active' AND pid <> pg_backend_pid()"; }
sub waits { my ($function) = @_; return calls($function) . " AND wait_event_type = 'Lock'"; }

# Processes of a server, itself first.
sub processes
{
	my ($n) = @_;
	my ($postmaster) = split /\n/, slurp_file($nodes[$n]->data_dir . '/postmaster.pid');

	return ($postmaster, split /\n/, $nodes[$n]->safe_psql('postgres', 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()'));
}

sub die_and_restart
{
	my ($n) = @_;

	die_at_once($n);
	$nodes[$n]->start;
}

# All processes of a server die at once.
sub die_at_once
{
	my ($n) = @_;

	kill_everything($nodes[$n]);
	forget($n);
}

# Empties everything. What is lent stays as it is.
sub start_anew
{
	forget($_) foreach 0 .. 2;
	$_->safe_psql('postgres', 'DELETE FROM finance.invoice_line') foreach @nodes;
}

# Each server has booked 100 and has room beside, also where sessions that died had made others busy, after which nobody is lent more than
# is wanted for a while.
sub start_with_room
{
	start_anew();
	$head->safe_psql('postgres', 'SELECT * FROM steering.recover_allotments(); UPDATE steering.lending SET doubted = NULL');
	is(on($_, 'ict.desk', 'north', 100), 'booked', "server $_ has booked") foreach 0 .. 2;
	is($head->safe_psql('postgres', 'SELECT count(*) FROM steering.lent WHERE ceiling > 100'), '3', 'each has room');
}

# All is well, and all that is left can be booked.
sub is_whole
{
	my ($name) = @_;

	is_sound($name, \%limits, @nodes);
	forget($_) foreach 0 .. 2;
	is(book_rest([ map { session($_) } 0 .. 2 ], 'ict.desk', 200), '', "$name: the rest can be booked");
	is(total_of('ict', @nodes), '1000.00', "$name: all of it, to the smallest unit");
	is_sound("$name, all used", \%limits, @nodes);
}

# A booking ends with this, and in time.
sub is_in_time
{
	my ($n, $way, $name) = @_;
	my $began = time();
	my $ended = end_booking($n);

	like($ended, $way, $name);
	cmp_ok(time() - $began, '<', 8, "$name: in time");
}

# The coordinator does not answer.
start_with_room();
my @stopped = processes(0);
forget(0);
kill 'STOP', @stopped;
is(on(1, 'ict.desk', 'north', 1), 'booked', 'within its allotment a node books while the coordinator is stopped');
begin_booking(1, 'ict.desk', 'north', 850);
is_in_time(1, qr/^40001$/, 'more needs the coordinator: 40001');
is(on(1, 'ict.desk', 'north', -1), 'booked', 'lowering does not');
is(on(2, 'ict.desk', 'north', 1), 'booked', 'nor does the other node for what it has');
kill 'CONT', @stopped;
is(on(1, 'ict.desk', 'north', 100), 'booked', 'again when it goes on');
is_whole('a coordinator that was stopped');

# A node does not answer: what is free can be lent, what it has cannot.
start_with_room();
@stopped = processes(2);
forget(2);
kill 'STOP', @stopped;
is(on(1, 'ict.desk', 'north', 150), 'booked', 'with a node stopped, another still gets what is free');
begin_booking(1, 'ict.desk', 'north', 699);
is_in_time(1, qr/^40001$/, 'what the stopped node may use is not known: 40001');
is(on(0, 'ict.desk', 'north', 50), 'booked', 'nor is that in the way of what is known to be free');
kill 'CONT', @stopped;
is(on(1, 'ict.desk', 'north', 500), 'booked', 'again when it goes on');
is_whole('a node that was stopped');

# From here on nobody gives up before what is to happen has happened.
set_patience(60_000, @nodes);

# An asker dies while it waits for the ledger; the request goes on without it.
start_with_room();
my $holder = open_session($head);
run_in($holder, 'BEGIN; SELECT * FROM steering.lending FOR UPDATE');
begin_booking(1, 'ict.desk', 'north', 550);
wait_for(0, waits('request_allotment'));
die_at_once(1);
run_in($holder, 'ROLLBACK');
close_session($holder);
is(on(2, 'ict.desk', 'north', 10), 'booked', 'another node goes on without it');
$east->start;
is_whole('an asker that died waiting for the ledger');

# The coordinator dies at the same point.
start_with_room();
$holder = open_session($head);
run_in($holder, 'BEGIN; SELECT * FROM steering.lending FOR UPDATE');
begin_booking(1, 'ict.desk', 'north', 550);
wait_for(0, waits('request_allotment'));
die_at_once(0);
is_in_time(1, qr/^40001$/, 'a coordinator that dies while it is asked: 40001');
eval { $holder->{harness}->kill_kill };
$head->start;
is_whole('a coordinator that died before it did anything');

# A node has given back, and the coordinator has not heard of it; the coordinator has written what it lends, and the asker has not heard of
# it: with that on disk each of the three dies.
foreach my $victim (0 .. 2)
{
	start_with_room();
	$west->safe_psql('postgres', 'SELECT steering.return_allotment(1)');
	isnt($head->safe_psql('postgres', 'SELECT ceiling FROM steering.lent WHERE node_id = 2'), '0.00', 'a node has given back what the ledger has still');
	die_and_restart($victim);
	is($west->safe_psql('postgres', 'SELECT ceiling, elsewhere FROM steering.allotment'), '', 'which it does not have');
	is_whole("server $victim died, and the coordinator had not heard of what was given back");
	start_with_room();
	$head->safe_psql('postgres', 'SELECT steering.request_allotment(1, 1, 100, 500)');
	cmp_ok($head->safe_psql('postgres', 'SELECT ceiling::numeric FROM steering.lent WHERE node_id = 1'), '>=', 500, 'lent what the asker does not know of');
	cmp_ok($east->safe_psql('postgres', 'SELECT ceiling::numeric FROM steering.allotment'), '<', 500, 'which has less');
	die_and_restart($victim);
	is_whole("server $victim died, and the asker had not heard of what it was lent");
}

# The ledger is waited for while a node is to give back, and holds its counter: each of the three dies. The third server gives back at
# once, so that the coordinator has heard of one and waits for the other.
foreach my $victim (0, 1, 2)
{
	my $name = "server $victim dies while the coordinator has heard of one node and waits for another";

	start_with_room();
	run_in(session(2), 'BEGIN; ' . book('ict.desk', 'north', 1));
	begin_booking(1, 'ict.desk', 'north', 690);
	wait_for(2, waits('return_allotment'));
	die_at_once($victim);
	is_in_time(1, qr/^40001$/, "$name: 40001") if $victim != 1;
	forget($_) foreach 0 .. 2;
	$nodes[$victim]->start;
	is_whole($name);
}

# A node gives back, and dies before the coordinator has written that: the coordinator dies after the node has committed. Neither waits for
# the disk on its own account, so that nothing but what lending itself ensures is there afterwards.
foreach my $victims ([1], [2], [0], [ 0, 2 ], [ 0, 1, 2 ])
{
	my $name = 'with asynchronous commits, all that was said between nodes is there after a crash of ' . join ' and ', @$victims;

	$_->append_conf('postgresql.conf', 'synchronous_commit = off') foreach @nodes;
	$_->reload foreach @nodes;
	start_with_room();
	is(on(1, 'ict.desk', 'north', 690), 'booked', "$name: a node gets what the others give back");
	die_at_once($_) foreach @$victims;
	$nodes[$_]->start foreach @$victims;
	is_whole($name);
	$_->append_conf('postgresql.conf', 'synchronous_commit = on') foreach @nodes;
	$_->reload foreach @nodes;
}

# An asker has its answer, and dies before it commits; or rolls back; or its server does just after it has committed.
start_with_room();
run_in(session(1), 'BEGIN; ' . book('ict.desk', 'north', 550));
die_and_restart(1);
is_whole('an asker that died with the answer, before its commit');
start_with_room();
run_in(session(1), 'BEGIN; ' . book('ict.desk', 'north', 650));
is((run_in(session(1), 'ROLLBACK'))[1], '', 'an asker that crosses a step, and rolls back');
is_whole('an asker that rolled back');
start_with_room();
is(on(1, 'ict.desk', 'north', 550), 'booked', 'an asker commits');
die_and_restart(1);
is(total_of('ict', @nodes), '850.00', 'what it has committed is there');
is_whole('an asker that died after its commit');

# A transaction that asked is prepared, and ends after a crash.
foreach my $end ('COMMIT', 'ROLLBACK')
{
	start_with_room();
	is((run_in(session(1), 'BEGIN; ' . book('ict.desk', 'north', 550) . q{ PREPARE TRANSACTION 'asked'}))[1], '', 'an asker is prepared');
	die_and_restart(1);
	forget(2);
	with_patience(1_000, sub { is(on(2, 'ict.desk', 'north', 500), '40001', 'what is prepared is not known: 40001') }, @nodes);
	run_in(session(1), "$end PREPARED 'asked'");
	is_whole("prepared, a crash, and $end");
}

# A server is restored to an earlier state, in which it, or the ledger, had another idea of what was lent. What it had booked since is lost;
# after recover_allotments() nothing is double.
foreach my $n (2, 0)
{
	my $name = "server $n restored to an earlier state";
	my $copy = PostgreSQL::Test::Utils::tempdir() . '/copy';

	start_with_room();
	forget($n);
	$nodes[$n]->stop;
	PostgreSQL::Test::RecursiveCopy::copypath($nodes[$n]->data_dir, $copy);
	$nodes[$n]->start;
	is(on(1, 'ict.desk', 'north', 300), 'booked', "$name: since then room went to another");
	is(on(0, 'ict.desk', 'north', 100), 'booked', "$name: and to another");
	forget($_) foreach 0 .. 2;
	$nodes[$n]->stop;
	system_or_bail('rm', '-rf', $nodes[$n]->data_dir);
	PostgreSQL::Test::RecursiveCopy::copypath($copy, $nodes[$n]->data_dir);
	chmod 0700, $nodes[$n]->data_dir;
	$nodes[$n]->start;
	isnt(ledger_faults(@nodes), '', "$name: then it is not as the ledger has it");
	$head->safe_psql('postgres', 'SELECT * FROM steering.recover_allotments()');
	is_whole($name);
}

# A load while servers die again and again. Which, and when, is random.
seed_randomness();
my $seconds = $ENV{STRESS_SECONDS} || 10;
start_anew();
my $end = time() + $seconds;
my $rounds = 0;
while (time() < $end)
{
	my @scripts = map {
		join "\n", map { book('ict.desk', 'north', (rand() < 0.2 ? -1 : 1) * between(1, 5_000) / 100) } 1 .. 100
	} 1 .. 6;
	my (@errors, @running);

	foreach my $n (0 .. 2)
	{
		push @{ $errors[$n] }, ();
		push @running, start_load($nodes[$n], 'postgres', \@{ $errors[$n] }, @scripts[ 2 * $n, 2 * $n + 1 ]);
	}
	usleep(between(50, 700) * 1000);
	my $victim = int(rand(3));
	kill_everything($nodes[$victim]);
	usleep(between(0, 400) * 1000);
	eval { $_->kill_kill } foreach @running;
	$nodes[$victim]->start;
	cmp_ok(total_of('ict', @nodes), '<=', 1000, "round $rounds, server $victim died: not over");
	is(ledger_faults(@nodes), '', "round $rounds: no node may more than the ledger has");
	$rounds++;
}
is_whole('after all crashes');

$_->stop foreach @nodes;
done_testing();
