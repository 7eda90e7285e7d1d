# Overrides over three servers: the coordinator grants and revokes them, bookings on any server draw of them, and all together draw no more
# than was granted, in no more transactions than it was for, whatever of servers and transactions ends in between.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use ScaleOut;
use SteeringTest;
use Test::More;

# Nobody gives up but where that is looked at.
my @nodes = start_nodes(2, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block')},
	settings => "sp71_steering.node_timeout = 10000\n");
my ($head, $east, $west) = @nodes;
my @sessions = open_all(@nodes);
my $granted = 0;

sub on { my ($n, @booking) = @_; return book_on($sessions[$n], @booking); }
sub book_ict { my ($n, $amount) = @_; return on($n, 'ict.desk', 'north', $amount); }
sub total { return total_of('ict', @nodes); }
sub said { my ($n, $sql) = @_; my ($output, $errors) = run_in($sessions[$n], $sql); return $errors =~ /ERROR:  (\w{5})/ ? $1 : $output; }

# What the coordinator shows of the last override: drawn, room, transactions, state.
sub status { return $head->safe_psql('postgres', "SELECT drawn, room, transactions, state FROM steering.override_status WHERE id = $granted"); }

# Grants an override of so much, for so many transactions; nothing of it reaches the nodes but when they ask.
sub grant
{
	my ($amount, $uses, $until) = @_;

	$granted = $head->safe_psql('postgres',
		sprintf q{SELECT steering.grant_override(1, %s, %s, 'storm', %d)}, $amount, $until || q{now() + interval '1 day'}, $uses);
}

# What revoking the last override comes to.
sub revoke
{
	return sqlstate_of($head, "SELECT steering.revoke_override($granted, 'over')") || 'revoked';
}

# So much is booked on each server, 1000 in all, and no override is open.
sub start_full
{
	take_all_back(@sessions);
	revoke() if $granted;
	is(book_ict(1, 600), 'booked', 'one node books');
	is(book_ict(2, 400), 'booked', 'and another, until all is used');
}

# Nothing is over what limit and draws allow, and all is counted as it is booked.
sub is_within
{
	my ($name, $limit) = @_;

	is(total(), sprintf('%.2f', $limit), "$name: so much is booked");
	is(ledger_faults(@nodes), '', "$name: no node may more than the ledger has");
	is(join("\n", grep { $_ ne '' } on_all('SELECT * FROM steering.verify()', @nodes)), '', "$name: verify() finds no difference");
}

# Drawn where it is needed, of one amount.
start_full();
is(book_ict(1, 1), '23S71', 'without an override all is used');
grant(50, 10);
is(book_ict(1, 20), 'booked', 'a node draws of what the coordinator has granted');
is(book_ict(2, 30.01), '23S71', 'another finds what is left, and is refused more');
is(book_ict(2, 10), 'booked', 'and draws too');
is(book_ict(0, 20.01), '23S71', 'so is the coordinator');
is(book_ict(0, 5), 'booked', 'which draws as they do');
is(status(), '35.0000|15.0000|3|open', 'the coordinator shows what all have drawn');
is(book_ict(1, 15), 'booked', 'the rest');
is(status(), '50.0000|0|4|used', 'and then it is used');
is(book_ict($_, 0.01), '23S71', "server $_ finds nothing left") foreach 0 .. 2;
is_within('all drawn', 1050);
is($head->safe_psql('postgres', 'SELECT string_agg(amount || $$ $$ || source, $$, $$ ORDER BY use_number) FROM steering.override_draw'),
	'20.0000 finance.invoice_line on node "server1", 10.0000 finance.invoice_line on node "server2", 5.0000 finance.invoice_line, '
	. '15.0000 finance.invoice_line on node "server1"', 'row by row, with the node');
is($head->safe_psql('postgres', 'SELECT overrides FROM steering.budget_status WHERE cap_id = 1'), '0', 'budget_status knows that nothing is left');
is(book_ict(1, -5), 'booked', 'what lowers passes');
is(book_ict(1, 5), '23S71', 'and gives nothing back');

# What a server has drawn itself counts once for it, as for others.
foreach my $n (0, 1)
{
	start_full();
	grant(50, 2);
	is(book_ict($n, 30), 'booked', "server $n draws");
	is(book_ict($n, 20.01), '23S71', 'and no more than is left');
	is(book_ict($n, 20), 'booked', 'but that');
	is(status(), '50.0000|0|2|used', 'in two transactions');
}

# Who may not read the cap sees nothing of it.
$head->safe_psql('postgres', 'CREATE ROLE stranger');
is($head->safe_psql('postgres', 'SET ROLE stranger; SELECT count(*) FROM steering.override_use_elsewhere()'), '0', 'a stranger sees no draws');
is($head->safe_psql('postgres', 'SET ROLE stranger; SELECT count(*) FROM steering.override_draw'), '0', 'nor in the view');

# In so many transactions, on whatever server.
start_full();
grant(100, 2);
is(book_ict(1, 10), 'booked', 'one transaction');
run_in($sessions[2], 'BEGIN');
is(book_ict(2, 10), 'booked', 'another');
is(book_ict(2, 10), 'booked', 'which goes on');
run_in($sessions[2], 'COMMIT');
is(book_ict($_, 1), '23S71', "no third, on server $_") foreach 0 .. 2;
is(status(), '30.0000|0|2|used', 'two transactions have drawn');
is_within('two transactions', 1030);

# A rollback gives back, also to a savepoint, and by an error; a prepared transaction keeps.
start_full();
grant(100, 10);
run_in($sessions[1], 'BEGIN');
is(book_ict(1, 100), 'booked', 'all is drawn');
run_in($sessions[1], 'ROLLBACK');
is(book_ict(2, 40), 'booked', 'and given back');
run_in($sessions[2], 'BEGIN; SAVEPOINT a');
is(book_ict(2, 60), 'booked', 'the rest');
run_in($sessions[2], 'ROLLBACK TO a');
is(book_ict(2, 1), 'booked', 'and given back to a savepoint');
run_in($sessions[2], 'COMMIT');
is(status(), '41.0000|59.0000|2|open', 'what stays was drawn');
run_in($sessions[1], 'BEGIN');
is(book_ict(1, 50), 'booked', 'drawn');
run_in($sessions[1], q{PREPARE TRANSACTION 'drawn'});
with_patience(1_000, sub {
	is(book_ict(2, 9.01), '40001', 'what is prepared is not known to be drawn: 40001');
	is(revoke(), '40001', 'nor can it be revoked meanwhile');
}, @nodes);
run_in($sessions[1], q{COMMIT PREPARED 'drawn'});
is(book_ict(2, 9.01), '23S71', 'then it was');
is(book_ict(2, 9), 'booked', 'and the rest is there');
is_within('prepared', 1100);

# Revoking waits for who draws, and ends it for all nodes.
start_full();
grant(100, 10);
run_in($sessions[1], 'BEGIN');
is(book_ict(1, 30), 'booked', 'a node draws, and has not committed');
with_patience(1_000, sub { is(revoke(), '40001', 'revoking waits for it as long as it may') }, @nodes);
run_in($sessions[1], 'COMMIT');
is(revoke(), 'revoked', 'then it is revoked');
is(book_ict($_, 0.01), '23S71', "nothing is drawn on server $_ any more") foreach 0 .. 2;
is(status(), '30.0000|0|1|revoked', 'what was drawn stays');
run_in($sessions[0], 'BEGIN');
$granted = said(0, q{SELECT steering.grant_override(1, 100, now() + interval '1 day', 'storm', 5)});
with_patience(1_000, sub { is(book_ict(1, 1), '40001', 'who grants holds the cap') }, @nodes);
run_in($sessions[0], 'ROLLBACK');
is(book_ict(1, 1), '23S71', 'what was rolled back lets nothing pass');
$granted = 0;
foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	foreach my $n (0, 1)
	{
		grant(100, 10);
		said($n, "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM pg_class");
		is(revoke(), 'revoked', "$level on server $n: revoked when it has its snapshot");
		is(book_ict($n, 1), '23S71', "$level on server $n: nothing is drawn");
		said($n, 'ROLLBACK');
	}
}
grant(100, 10, q{now() + interval '1 second'});
$head->safe_psql('postgres', 'SELECT pg_sleep(1.1)');
is(book_ict(2, 1), '23S71', 'one that has lapsed lets nothing pass');
is_within('revoked', 1030);

# With check_at = commit the net effect is judged, and drawn, when the transaction ends.
start_full();
grant(10, 10);
run_in($sessions[1], q{BEGIN; SET LOCAL sp71_steering.check_at = 'commit'});
is(book_ict(1, 500), 'booked', 'too much, for now');
is(book_ict(1, -495), 'booked', 'and less');
is(said(1, 'COMMIT'), '', 'what it comes to is drawn');
is(status(), '5.0000|5.0000|1|open', 'and no more');

# Where servers do not answer nothing is drawn that is not known to be there.
run_in($sessions[2], 'BEGIN; LOCK TABLE steering.override_use');
with_patience(1_000, sub {
	is(book_ict($_, 1), '40001', "one that gives back, and does not say what it has drawn: server $_") foreach 0, 1;
}, @nodes);
run_in($sessions[2], 'ROLLBACK');
$east->stop;
is(book_ict(2, 1), '40001', 'what a node that is away has drawn is not known');
is(book_ict(0, 1), '40001', 'nor to the coordinator');
is(revoke(), '40001', 'nor whether it may draw now');
like($head->safe_psql('postgres', 'SELECT subject, problem FROM steering.health()'), qr/node "server1"\|node unreadable/, 'health() says why');
like(($head->psql('postgres', 'SELECT * FROM steering.override_status'))[2], qr/node "server1" cannot be read/, 'what was drawn is not shown without it');
$east->start;
@sessions = open_all(@nodes);
is(book_ict(2, 1), 'booked', 'again when it is back');
$head->stop;
is(book_ict(2, 1), '40001', 'without the coordinator nobody knows of overrides');
is(book_ict(2, -1), 'booked', 'lowering needs none');
$head->start;
@sessions = open_all(@nodes);
is(book_ict(1, 4), 'booked', 'what is left, and what was lowered gives nothing back');
is(book_ict(1, 1.01), '23S71', 'nothing more');
$head->safe_psql('postgres', 'SELECT * FROM steering.recover_allotments()');
$west->stop;
is(revoke(), 'revoked', 'a node of which it is known that it may draw nothing need not answer');
$west->start;
@sessions = open_all(@nodes);

# A crash loses nothing that was drawn, also where commits do not wait for the disk.
start_full();
grant(50, 10);
$_->append_conf('postgresql.conf', "synchronous_commit = off\nwal_writer_delay = 10s") foreach @nodes;
$_->restart foreach @nodes;
@sessions = open_all(@nodes);
is(book_ict(1, 20), 'booked', 'a node draws');
is(book_ict(2, 20), 'booked', 'and another, to which the first has said so');
kill_everything($east);
$east->start;
@sessions = open_all(@nodes);
is(status(), '40.0000|10.0000|2|open', 'what the first has drawn is there after a crash');
is(book_ict(1, 10.01), '23S71', 'and counts');
is_within('a crash', 1040);

# What is granted is on disk before a node hears of it.
revoke();
grant(50, 10);
kill_everything($head);
$head->start;
is(status(), '0|50.0000|0|open', 'what was granted is there after a crash');
@sessions = open_all(@nodes);

# All at once: many draw, on all servers, and together exactly what there is.
start_full();
grant(123.45, 1000);
set_patience(2_000, @nodes);
my (@errors, @running);
foreach my $n (0 .. 2)
{
	push @running, start_load($nodes[$n], 'postgres', \@{ $errors[$n] }, map { join "\n", '\set VERBOSITY sqlstate', (book('ict.desk', 'north', 1.23)) x 60 } 1 .. 2);
}
$_->finish foreach @running;
set_patience(10_000, @nodes);
is(join(' ', grep { !/23S71|40001|40P01/ } map { /ERROR:  (\w{5})/g } map { @$_ } grep { $_ } @errors), '', 'nothing but refusals and 40001');
@sessions = open_all(@nodes);
cmp_ok(total(), '<=', 1123.45, 'together no more than was granted');
is(book_rest(\@sessions, 'ict.desk', 20), '', 'what is left can be drawn');
is_within('all at once', 1123.45);
is(status() =~ s/\|\d+\|used//r, '123.4500|0', 'and was drawn to the unit');

# What a node has drawn stays drawn when it leaves, and when it comes again.
start_full();
grant(50, 10);
is(book_ict(2, 30), 'booked', 'a node draws');
take_all_back(@sessions);
is(act($head, q{SELECT steering.drop_node('server2')}), '', 'and leaves');
is(status(), '30.0000|20.0000|1|open', 'the coordinator has what it drew');
is($west->safe_psql('postgres', q{SELECT steering.grant_override(1, 10, now() + interval '1 day', 'own', 1) > max(override_id) FROM steering.override_use}), 't',
	'what it grants on its own has another number');
is($west->safe_psql('postgres', q{SELECT state, drawn FROM steering.override_status}), 'open|0', 'and nothing is drawn of it');
is(act($head, sprintf q{SELECT steering.add_node('server2', $$%s$$)}, $west->connstr('postgres')), '', 'it joins again');
is($west->safe_psql('postgres', 'SELECT count(*) FROM steering.override_grant, steering.override_use'), '0', 'without overrides');
@sessions = open_all(@nodes);
is(book_ict(0, 1000), 'booked', 'all is used');
is(book_ict(2, 20.01), '23S71', 'and what it drew counts once');
is(book_ict(2, 20), 'booked', 'and not twice');
is(status(), '50.0000|0|2|used', 'all of it is drawn');

# What a node has drawn stays drawn when it joins a second time, without having left.
take_all_back(@sessions);
revoke();
grant(50, 10);
is(book_ict(0, 1000), 'booked', 'all is used');
is(book_ict(1, 20), 'booked', 'a node draws');
take_all_back(@sessions);
$east->safe_psql('postgres', $head->safe_psql('postgres', q{SELECT format('SELECT steering.join_node(%s, %L, %L, %L, %L, %L, %s, %L)', east.node_id, east.name,
	east.connection, head.name, head.connection, extversion, steering.last_change(), steering.change_body(true))
	FROM steering.node AS east, steering.node AS head, pg_extension WHERE east.name = 'server1' AND head.node_id = 0 AND extname = 'sp71_steering'}));
is(status(), '20.0000|30.0000|1|open', 'that it drew is not forgotten');

# One that does not answer is let go only where nothing that it has drawn can matter.
take_all_back(@sessions);
revoke();
grant(50, 10);
$head->safe_psql('postgres', 'SELECT * FROM steering.recover_allotments()');
$west->stop;
my ($status, $stdout, $stderr) = $head->psql('postgres', q{SELECT steering.drop_node('server2')});
like($stderr, qr/may have drawn of override $granted/, 'a node that is away may have drawn');
is(revoke(), 'revoked', 'once that is revoked');
is(($head->psql('postgres', q{SELECT steering.drop_node('server2')}))[0], 0, 'it may go');

done_testing();
