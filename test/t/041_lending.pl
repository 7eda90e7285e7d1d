# Room under a cap is lent between three servers, whatever happens to one of them meanwhile: it is stopped, killed, full, has no such cap,
# or is busy. Nothing is lent twice, what is lent or given back survives a crash at once, and nobody waits longer than was set.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;
use Time::HiRes qw(time);

# What nodes rely on is on disk when they hear of it, although nothing else is for a long time.
my $settings = "synchronous_commit = off\nwal_writer_delay = 10s\nsp71_steering.node_timeout = 1s\nmax_connections = 20\n";
my @nodes = map { start_node($_, settings => $settings) } qw(hub north south);
my ($hub, $north, $south) = @nodes;

foreach my $node (@nodes)
{
	create_registers($node);
	create_source($node);
	$node->safe_psql('postgres', q{
		SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000);
		CREATE SCHEMA links;
		CREATE EXTENSION dblink SCHEMA links;
		REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA links FROM PUBLIC;
	});
}
foreach my $i (0 .. $#nodes)
{
	$hub->safe_psql('postgres', row($i));
	$nodes[$i]->safe_psql('postgres', "UPDATE steering.cap SET spans = true;" . row(0) . "INSERT INTO steering.this_node (node_id) VALUES ($i)") if $i > 0;
}
$hub->safe_psql('postgres', 'UPDATE steering.cap SET spans = true; INSERT INTO steering.this_node (node_id) VALUES (0)');

# Inserts a node into steering.node.
sub row
{
	my ($i) = @_;

	return "INSERT INTO steering.node VALUES ($i, '" . $nodes[$i]->name . "', \$\$" . $nodes[$i]->connstr('postgres') . '$$);';
}

# The processes of a server.
sub processes
{
	my ($node) = @_;
	my ($postmaster) = split /\n/, slurp_file($node->data_dir . '/postmaster.pid');

	return ($postmaster, split ' ', `pgrep -P $postmaster`);
}

sub ledger
{
	return $hub->safe_psql('postgres',
		"SELECT string_agg(node || ' ' || coalesce(trim_scale(ceiling)::text, 'any'), ', ' ORDER BY node_id) FROM steering.allotment_status");
}

sub request
{
	my ($node, $used, $wanted) = @_;

	return "SELECT trim_scale(ceiling), trim_scale(elsewhere), unanswered FROM steering.request_allotment(1, $node, $used, $wanted)";
}

sub ask { return $hub->safe_psql('postgres', request(@_)); }

# What each of two nodes uses.
# What each node itself uses of the cap of the region.
my $used_here = q{SELECT trim_scale(steering.sum(used)::numeric) FROM steering.cap_counter JOIN steering.cap USING (cap_id)
	JOIN steering.service USING (service_id) JOIN steering.participant USING (participant_id)
	WHERE (service.code, participant.code, metric) = ('ict', 'region', 'budget')};
sub total { return join '|', map { $_->safe_psql('postgres', $used_here) } $north, $hub; }

# The errors of a statement.
sub said
{
	my ($node, $sql) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres', $sql);

	return $stderr;
}

# What takes this long at most, in seconds.
sub takes_at_most
{
	my ($seconds, $name, $work) = @_;
	my $start = time();

	$work->();
	my $took = time() - $start;
	cmp_ok($took, '<', $seconds, sprintf('%s: in time (%.1f s)', $name, $took));
}

is(ask(1, 0, 10), '|0|', 'of which nothing is known yet judges by itself');
$hub->safe_psql('postgres', 'SELECT steering.recover_allotments(1)');
is(ledger(), 'hub 0, north 0, south 0', 'all are asked');
is(ask(1, 0, 10), '257.5||', 'a node that asks gets a share');

# Lending survives a crash of the coordinator, giving back one of a node.
kill_everything($hub);
$hub->start;
is(ledger(), 'hub 0, north 257.5, south 0', 'what was lent is known after a crash of the coordinator');
is(ask(2, 0, 900), '925||', 'room is taken back');
kill_everything($north);
$north->start;
is($north->safe_psql('postgres', 'SELECT ceiling, elsewhere FROM steering.allotment'), '', 'what was given back is so after a crash of the node');
is(ledger(), 'hub 0, north 0, south 925', 'and in the ledger');

# So much is lent to the third node that another one needs of it.
sub lend_to_south
{
	$hub->safe_psql('postgres', 'SELECT steering.recover_allotments()');
	is(ask(2, 0, 100), '325||', 'room is lent that another needs');
}

# A node is stopped, as by a network that is cut: at an open connection, then before there is one.
my $session = open_session($hub);
lend_to_south();
is(run_in($session, request(1, 0, 700)), '775||', 'in a session that keeps its connections');
is(run_in($session, q{SELECT 'sp71_steering_node_2' = ANY (links.dblink_get_connections())}), 't', 'they are there');
lend_to_south();
my @stopped = processes($south);
kill 'STOP', @stopped;
takes_at_most(2, 'a stopped node', sub {
	like(run_in($session, request(1, 0, 700)), qr/^\|\|node "south": node "south" did not answer within 1000 ms$/, 'it is told of');
});
is(run_in($session, q{SELECT 'sp71_steering_node_2' = ANY (links.dblink_get_connections())}), 'f', 'its connection is closed');
takes_at_most(5, 'a stopped node that is connected to', sub {
	like(run_in($session, request(1, 0, 700)), qr/^\|\|node "south": it cannot be reached$/, 'it is told of');
});
is(ask(1, 0, 600), '618.75||', 'where there is enough without it it is not needed');
kill 'CONT', @stopped;
is(run_in($session, request(1, 0, 700)), '775||', 'it goes on where the node does');

# The user cancels, or has no time.
@stopped = processes($south);
kill 'STOP', @stopped;
run_in($session, "SET statement_timeout = '200ms'");
is((run_in($session, q{SELECT * FROM steering.node_query('SELECT 1', '{2}')}))[1], "ERROR:  57014\n", 'who waits can be cancelled');
run_in($session, 'RESET statement_timeout');
kill 'CONT', @stopped;
is(run_in($session, q{SELECT * FROM steering.node_query('SELECT 1 AS n', '{2}')}), '2|{"n": 1}|', 'and asks again on another connection');
is((run_in($session, q{BEGIN; SELECT * FROM steering.node_query('SELECT 1', '{2}'); SAVEPOINT s; SELECT 1 / 0}))[1], "ERROR:  22012\n", 'an error here');
is(run_in($session, q{ROLLBACK TO s; SELECT * FROM steering.node_query('SELECT 2 AS n', '{2}'); COMMIT}), '2|{"n": 2}|', 'is none of the connection');

# A node is killed, at an open connection; and is there again.
lend_to_south();
$south->safe_psql('postgres', book('ict.desk', 'south', 100));
$south->safe_psql('postgres', 'CHECKPOINT');
kill_everything($south);
like(run_in($session, request(1, 0, 700)), qr/^\|\|node "south": it cannot be reached$/, 'a killed node is told of');
$south->start;
is(run_in($session, request(1, 0, 700)), '750||', 'the node that is there again says what it uses');
is(ledger(), 'hub 0, north 750, south 100', 'and that is written down');
$south->restart;
is(run_in($session, request(1, 0, 800)), '825||', 'a node that was started anew is connected to anew');
is(ask(2, 100, 110), '126.25||', 'and gets some');

# A node is busy with a booking that is not committed.
my $busy = open_session($south);
run_in($busy, 'BEGIN;' . book('ict.desk', 'south', 20));
takes_at_most(2, 'a busy node', sub {
	like(run_in($session, request(1, 0, 890)), qr/^\|\|node "south": canceling statement due to lock timeout$/, 'it is told of');
});
run_in($busy, 'COMMIT');
is(run_in($session, request(1, 0, 870)), '870.9375||', 'what it has booked counts');
is(run_in($session, request(1, 0, 881)), '|120|', 'and is left out of nothing');

# It is so for a moment, as with another part of the asker's transaction: the second time nobody is lent more than is wanted for a while.
foreach ([ -20, 899, '885' ], [ 5, 894, '880' ])
{
	my ($amount, $wanted, $lent) = @$_;

	run_in($busy, 'BEGIN;' . book('ict.desk', 'south', $amount));
	start_in($busy, 'SELECT pg_sleep(0.4); COMMIT');
	is(run_in($session, request(1, 0, $wanted)), '||others were busy for a moment', 'a node that is busy no more when the asker has given way');
	finish_in($busy);
	is(ask(1, 0, 880), "$lent||", 'what is lent then');
}
foreach my $doubted ("now() - interval '1 hour'", "now() + interval '1 hour'")
{
	$hub->safe_psql('postgres', "UPDATE steering.lending SET doubted = $doubted; SELECT steering.recover_allotments()");
	is(ask(1, 0, 880), '883.75||', "a while later more is, nor does it matter where the clock went back: $doubted");
}
is(run_in($session, request(1, 0, 901)), '|105|', 'nothing is lost');
close_session($busy);

# A node that is slow, and not busy, is waited for.
$south->safe_psql('postgres', q{CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END';
	CREATE TRIGGER slow AFTER DELETE ON steering.allotment EXECUTE FUNCTION slow()});
is(run_in($session, request(1, 0, 901)), '|105|', 'a slow node is waited for');
$south->safe_psql('postgres', 'DROP FUNCTION slow() CASCADE');

# A node is full: it says so at once.
$south->append_conf('postgresql.conf', 'max_connections = 7');
$south->restart;
my @guests = map { open_session($south) } 1 .. 7;
$_->{output} = '' foreach @guests;
is(run_in($_, 'SELECT 1'), '1', 'a place is taken') foreach @guests;
takes_at_most(1, 'a full node', sub {
	like(run_in($session, request(1, 0, 890)), qr/^\|\|node "south": it cannot be reached$/, 'it is told of');
});
close_session($_) foreach @guests;

# A node has no such cap.
is($south->safe_psql('postgres', 'DELETE FROM steering.this_node; SELECT steering.drop_cap(1)'), '', 'the cap is dropped on one node');
like(run_in($session, request(1, 0, 890)), qr/^\|\|node "south": cap 1 does not exist$/, 'an error of a node is told');

close_session($session);
$south->safe_psql('postgres', 'TRUNCATE finance.invoice_line');
$hub->safe_psql('postgres', q{DELETE FROM steering.node WHERE node_id = 2; DELETE FROM steering.lent WHERE node_id = 2;
	SELECT steering.recover_allotments(1)});

# The other side: bookings that ask. What fits the node's allotment asks nobody.
is(total(), '0|0', 'nothing is booked');
is_booked($north, book('ict.desk', 'north', 100), 'what the coordinator lends');
is(ledger(), 'hub 0, north 400', 'is written down there');
is($north->safe_psql('postgres', 'SELECT ceiling, elsewhere FROM steering.allotment'), '400.00|', 'and here');
kill_everything($hub);
is_booked($north, book('ict.desk', 'north', 300), 'what was lent, while the coordinator is away');
is_refused($north, book('ict.desk', 'north', 1), '40001', 'more than that, while the coordinator is away');
like(said($north, book('ict.desk', 'north', 1)), qr/it cannot be known now.*Coordinator "hub": it cannot be reached$/ms, 'it says why');
$hub->start;
is_booked($north, book('ict.desk', 'north', 1), 'when it is there again');

# Before the end each node judges by what all use.
is_booked($hub, book('ict.desk', 'west', 590), 'on the coordinator');
is_refused($hub, book('ict.desk', 'west', 10), '23S71', 'more than all nodes leave');
is_booked($hub, book('ict.desk', 'west', 9), 'the rest');
is_refused($north, book('ict.desk', 'west', 0.01), '23S71', 'nothing is left');
is(total(), '401|599', 'all of it is used');
is_booked($hub, book('ict.desk', 'west', -9), 'some comes back');
is_booked($north, book('ict.desk', 'north', 9), 'and serves another node');
is_verified($_, $_->name) foreach $hub, $north;

# Judged at commit, as well.
my $late = "SET sp71_steering.check_at = 'commit'; BEGIN;";
$north->safe_psql('postgres', book('ict.desk', 'north', -10));
is_refused($hub, $late . book('ict.desk', 'west', 11) . 'COMMIT;', '23S71', 'at commit, too much');
is_booked($hub, $late . book('ict.desk', 'west', 10) . 'COMMIT;', 'at commit, the rest');
is(total(), '400|600', 'all of it is used');

# What was lent to a transaction that is rolled back comes back when it is needed.
$north->safe_psql('postgres', book('ict.desk', 'north', -200));
$north->safe_psql('postgres', 'BEGIN;' . book('ict.desk', 'north', 200) . 'ROLLBACK;');
is_booked($hub, book('ict.desk', 'west', 200), 'what another has not used after all');
is(total(), '200|800', 'all of it is used');
my $savepoint = open_session($north);
run_in($savepoint, 'BEGIN; SAVEPOINT s;' . book('ict.desk', 'north', -200));
run_in($savepoint, book('ict.desk', 'north', 200) . 'ROLLBACK TO s;');
is((run_in($savepoint, book('ict.desk', 'north', 1)))[1], "ERROR:  23S71\n", 'what was asked in a savepoint is forgotten with it');
run_in($savepoint, 'ROLLBACK');

# What a session has read of its node's room serves it for its next bookings, as long as it is true.
my $often = open_session($north);
$hub->safe_psql('postgres', book('ict.desk', 'west', -500));
is(run_in($often, book('ict.desk', 'north', 1)), '', 'there is room');
is(run_in($often, book('ict.desk', 'north', 1)), '', 'and more');
is_booked($hub, book('ict.desk', 'west', 498), 'all room is taken back');
is((run_in($often, book('ict.desk', 'north', 1)))[1], "ERROR:  23S71\n", 'what was taken back is known');
$hub->safe_psql('postgres', book('ict.desk', 'west', -498));
foreach my $way ('BEGIN; %s COMMIT;', 'BEGIN; SAVEPOINT s; %s RELEASE s; COMMIT;', 'BEGIN; SAVEPOINT s; %s ROLLBACK TO s; COMMIT;')
{
	run_in($often, sprintf $way, book('ict.desk', 'north', 1)) foreach 1 .. 2;
	$north->safe_psql('postgres', 'SELECT steering.return_allotment(1)');
	is($north->safe_psql('postgres', 'SELECT ceiling, elsewhere FROM steering.allotment'), '', "nothing is left: $way");
	$hub->safe_psql('postgres', 'SELECT steering.recover_allotments(1)');
	run_in($often, book('ict.desk', 'north', 1));
	cmp_ok($hub->safe_psql('postgres', 'SELECT ceiling::numeric FROM steering.lent WHERE node_id = 1'), '>=', $north->safe_psql('postgres', $used_here),
		'the coordinator was asked');
}
run_in($often, 'BEGIN; SAVEPOINT s;' . book('ict.desk', 'north', 300) . 'ROLLBACK TO s;');
is(run_in($often, book('ict.desk', 'north', 1) . 'COMMIT;'), '', 'what was lent in a savepoint is forgotten with it');
is_booked($north, book('ict.desk', 'north', 300), 'another session of the node is lent more');
is(run_in($often, book('ict.desk', 'north', 1)), '', 'of which this one has some too');
close_session($often);
is_verified($_, $_->name) foreach $hub, $north;
$north->safe_psql('postgres', 'TRUNCATE finance.invoice_line;' . book('ict.desk', 'north', 200));
$hub->safe_psql('postgres', 'TRUNCATE finance.invoice_line;' . book('ict.desk', 'west', 800));

# The coordinator is stopped: whoever waits can be cancelled, and waits no longer than twice the setting.
$hub->safe_psql('postgres', book('ict.desk', 'west', -100));
@stopped = processes($hub);
kill 'STOP', @stopped;
takes_at_most(5, 'a stopped coordinator', sub { is_refused($north, book('ict.desk', 'north', 1), '40001', 'it is not waited for') });
kill 'CONT', @stopped;
run_in($savepoint, 'SET sp71_steering.node_timeout = 60000');
is(run_in($savepoint, book('ict.desk', 'north', 1)), '', 'there again');
@stopped = processes($hub);
kill 'STOP', @stopped;
run_in($savepoint, "SET statement_timeout = '300ms'");
takes_at_most(2, 'a stopped coordinator', sub {
	is((run_in($savepoint, book('ict.desk', 'north', 400)))[1], "ERROR:  57014\n", 'who waits for it is stopped by his own limit');
});
kill 'CONT', @stopped;
run_in($savepoint, 'RESET statement_timeout');

# Who waits for the coordinator gives way when it takes back room of his own node.
my $lender = open_session($hub);
$hub->safe_psql('postgres', 'SELECT steering.recover_allotments(1)');
my $before = ledger();
run_in($lender, 'BEGIN; SELECT FROM steering.lending WHERE cap_id = 1 FOR UPDATE');
start_in($savepoint, book('ict.desk', 'north', 300));
$hub->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'sp71_steering' AND wait_event_type = 'Lock'");
takes_at_most(1, 'giving way', sub { $north->safe_psql('postgres', 'SELECT steering.return_allotment(1)') });
is((finish_in($savepoint))[1], "ERROR:  40001\n", 'who waits for the coordinator gives way');
run_in($lender, 'ROLLBACK');
$hub->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'sp71_steering' AND state = 'active'");
is(ledger(), $before, 'and his question, when its turn comes, is of nobody');
close_session($_) foreach $lender, $savepoint;

# Both at once, as fast as they can, until all is used: nothing is over, and all that fits is booked.
$_->safe_psql('postgres', 'TRUNCATE finance.invoice_line') foreach $hub, $north;
my $client = q{CREATE PROCEDURE spend(place text) LANGUAGE plpgsql AS $$
DECLARE
	refusals integer := 0;
	repeated integer := 0;
BEGIN
	WHILE refusals < 3 LOOP
		BEGIN
			INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount) VALUES ('ict.desk', place, '2026-03-15', 4);
		EXCEPTION
			WHEN serialization_failure THEN repeated := repeated + 1;
			WHEN SQLSTATE '23S71' THEN refusals := refusals + 1;
		END;
		COMMIT;
	END LOOP;
	RAISE WARNING 'repeated: %', repeated;
END $$};
$_->safe_psql('postgres', $client) foreach $hub, $north;
my (@errors, @running);
my $began = time();
push @running, start_load($hub, 'postgres', \@{ $errors[0] }, ("CALL spend('west')") x 2);
push @running, start_load($north, 'postgres', \@{ $errors[1] }, ("CALL spend('north')") x 2);
$_->finish foreach @running;
note(sprintf('%.1f s: ', time() - $began), map { @$_ } @errors);
unlike(join('', map { @$_ } @errors), qr/ERROR/, 'no other error');
note('together: ', total());
is(eval(join '+', split /\|/, total()), 1000, 'two nodes at once use all of it, and no more') or diag(total());
is_verified($_, $_->name) foreach $hub, $north;
done_testing();
