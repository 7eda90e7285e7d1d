# A coordinator and two nodes of 0.7.0 are upgraded one after the other, in every order, and go on between the steps: acts, bookings
# that are lent room, overrides, reports, care. What one version has written another applies. A server that cannot follow says which is to be
# upgraded. Then the coordinator and a node are restored from dumps.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use ScaleOut;
use SteeringTest;
use Test::More;

my $old = '0.7.0';
my $update = 'ALTER EXTENSION sp71_steering UPDATE';
my $dump = PostgreSQL::Test::Utils::tempdir() . '/server.dump';
my (@nodes, @sessions, $head);

# What of registers and caps every server has alike, whatever its version.
my $told = q{
	SELECT 'participant', participant_id, code, parent, name, reader::text FROM steering.participant
	UNION ALL SELECT 'service', service_id, code, parent, name, unit FROM steering.service
	UNION ALL SELECT 'alias', alias_id, kind, value, code, during::text FROM steering.alias
	UNION ALL SELECT 'cap', cap_id, service_id::text, participant_id::text, amount::text, ladder::text FROM steering.cap
	UNION ALL SELECT 'closing', closing_id, during::text, closed_at::text, reopened_at::text, reason FROM steering.closing
	ORDER BY 1, 2};

sub said
{
	my ($node, $sql) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres', $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);

	return $stderr;
}

# All servers have the same, counters and reports say what plain sums say, and all that must hold does.
sub is_in_order
{
	my ($name, $limit) = @_;
	my @told = on_all($told, @nodes);
	my $plain = join "\n", map { s/\.?0+$//r } map { total_of($_, @nodes) } 'hr', 'ict', 'ict/south';

	is($told[$_], $told[0], "$name: server $_ has what the coordinator has") foreach 1 .. $#nodes;
	is($head->safe_psql('postgres', q{SELECT trim_scale(used) FROM steering.cap_status
		WHERE (service, participant) IN (('hr', 'region'), ('ict', 'region'), ('ict', 'south')) AND metric = 'budget' ORDER BY service, participant}),
		$plain, "$name: caps have what is booked on all servers");
	is($head->safe_psql('postgres', q{SELECT trim_scale(sum(amount)), sum(bookings) FROM steering.usage_by_month}),
		$head->safe_psql('postgres', q{SELECT trim_scale(sum(amount)), count(*) FROM steering.booking}), "$name: months have it too");
	is($head->safe_psql('postgres', 'SELECT trim_scale(sum(amount)) FROM steering.booking'), total_of('%', @nodes) =~ s/\.?0+$//r, "$name: so do bookings");
	is_sound($name, { ict => $limit, hr => 1000, 'ict/south' => 300 }, @nodes);
}

# Books up to the limit on servers in turn, then makes room again.
sub book_in_turn
{
	my ($name, $limit) = @_;

	is(book_on($sessions[$_], 'ict.desk', 'north', 10), 'booked', "$name: server $_ books") foreach 0 .. 2;
	is(book_on($sessions[1], 'ict.desk', 'south', 5), 'booked', "$name: under a cap of one server");
	is(book_on($sessions[$_], 'hr.pay', 'west', 1), 'booked', "$name: server $_ books under the other cap") foreach 2, 1, 0;
	foreach my $server (1, 2, 0)
	{
		my $rest = $limit - total_of('ict', @nodes);

		is(book_on($sessions[$server], 'ict.desk', 'north', sprintf '%.2f', $server == 0 ? $rest : $rest / 2), 'booked', "$name: server $server has what others have lent");
	}
	is(total_of('ict', @nodes), "$limit.00", "$name: to the smallest unit");
	is(book_on($sessions[$_], 'ict.desk', 'north', 0.01), '23S71', "$name: all is used, says server $_") foreach 0 .. 2;
	is_in_order("$name, all used", $limit);
	run_in($_, q{DELETE FROM finance.invoice_line WHERE net_amount > 20}) foreach @sessions;
}

# An override over the limit: drawn by the coordinator, and by nodes of which both sides know how.
sub draw_in_turn
{
	my ($name, $limit, @newer) = @_;
	my %newer = map { $_ => 1 } @newer;
	my $drawn = 0;

	is(book_on($sessions[1], 'ict.desk', 'north', sprintf '%.2f', $limit - total_of('ict', @nodes)), 'booked', "$name: all is used");
	my $override = $head->safe_psql('postgres', q{SELECT steering.grant_override(cap_id, 3, now() + interval '1 day', 'storm', 9)
		FROM steering.cap_status WHERE (service, participant, metric) = ('ict', 'region', 'budget')});
	foreach my $server (2, 1, 0)
	{
		my $draws = $server == 0 || ($newer{0} && $newer{$server});

		is(book_on($sessions[$server], 'ict.desk', 'north', 1), $draws ? 'booked' : '23S71', "$name: server $server and an override");
		$drawn += $draws;
	}
	is($head->safe_psql('postgres', "SELECT trim_scale(drawn), transactions FROM steering.override_status WHERE id = $override"), "$drawn|$drawn", "$name: what was drawn");
	is(said($head, "SELECT steering.revoke_override($override, 'over')"), '', "$name: and revoked");
	is(book_on($sessions[$_], 'ict.desk', 'north', 0.01), '23S71', "$name: nothing more, says server $_") foreach 0 .. 2;
	run_in($_, q{DELETE FROM finance.invoice_line WHERE net_amount > 20 OR net_amount = 1}) foreach @sessions;
}

# Acts of every kind that nodes are told; they leave the limit of the cap over all. Those that make a cap or move an entry ask what
# nodes use, which an older one cannot say.
sub act_on_all
{
	my ($name, $limit, $mark, $is_older) = @_;
	my $is_revision = $head->safe_psql('postgres', q{SELECT count(*) FROM steering.cap WHERE metric = 'volume'});
	my @acts = (
		qq{SELECT steering.set_cap('ict', 'region', 'budget', '2026', $limit, '80% notify, 100% block')},
		qq{SELECT steering.set_cap('ict', 'west', 'volume', '2026', 10000 + $limit)},
		qq{SELECT steering.set_participant('$mark', '$mark', 'north'), steering.set_service('ict.$mark', '$mark', 'ict')},
		qq{SELECT steering.set_alias('participant', 'A$mark', '$mark')},
		qq{SELECT steering.set_cap('ict.$mark', '$mark', 'budget', '2026', 7)},
		qq{SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'ict.$mark'},
		qq{SELECT steering.close_period('$limit')},
		qq{UPDATE steering.participant SET parent = 'south' WHERE code = '$mark'},
		qq{SELECT steering.drop_alias(max(alias_id)) FROM steering.alias},
		qq{SELECT steering.drop_participant('$mark')});

	foreach my $act (@acts)
	{
		my $asks = $act =~ /set_cap\('ict\.|UPDATE/ || ($act =~ /'volume'/ && !$is_revision);
		my $error = act($head, $act);

		if ($is_older && $asks)
		{
			like($error, qr/Node "server\d": sp71_steering is of an older version there, and is to be upgraded/, "$name, not yet: $act");
		}
		else
		{
			unlike($error, qr/ERROR/, "$name: $act");
		}
	}
}

# What a transaction of this server has put into the outbox while no node was there, each node catches up with later.
sub act_unheard
{
	my ($name, $limit) = @_;

	$head->safe_psql('postgres', q{INSERT INTO public.away SELECT node_id FROM steering.node WHERE node_id > 0});
	unlike(act($head, qq{BEGIN; SELECT steering.set_cap('ict', 'region', 'budget', '2026', $limit, '80% notify, 100% block');
		SELECT steering.set_participant('late$limit', 'Late'); COMMIT}), qr/ERROR/, "$name: an act while nodes are away");
	$head->safe_psql('postgres', 'DELETE FROM public.away');
}

sub catch_up
{
	my ($name) = @_;

	is($nodes[$_]->safe_psql('postgres', 'SELECT steering.catch_up()'), $head->safe_psql('postgres', 'SELECT steering.last_change()'),
		"$name: server $_ catches up") foreach 1 .. $#nodes;
}

# Which servers are told to be older, by whom: the coordinator tells of nodes, a node of the coordinator, whoever is newer.
sub is_told_older
{
	my ($name, @newer) = @_;
	my %newer = map { $_ => 1 } @newer;
	my @older = $newer{0} ? map { qq{node "server$_"} } grep { !$newer{$_} } 1, 2 : map { qq{node "coordinator" on node "server$_"} } sort @newer;

	is($head->safe_psql('postgres', q{SELECT subject FROM steering.health() WHERE problem = 'older version' ORDER BY subject COLLATE "C"}),
		join("\n", @older), "$name: health() says who is older");
	is($head->safe_psql('postgres', q{SELECT subject, problem FROM steering.health() WHERE problem <> 'older version'}), '', "$name: and nothing else");
}

# A database of another version than the coordinator's does not join.
sub is_not_joined
{
	my ($name, $version) = @_;

	$nodes[1]->safe_psql('postgres', 'CREATE DATABASE joining');
	$nodes[1]->safe_psql('joining', 'CREATE EXTENSION dblink; CREATE EXTENSION sp71_steering' . ($version ? " VERSION '$version'" : ''));
	like(said($head, sprintf q{SELECT steering.add_node('joining', $$%s$$)}, $nodes[1]->connstr('joining')),
		qr/55000: node "joining": extension "sp71_steering" has version \S+ here, and version \S+ on the coordinator/, "$name: another version does not join");
	$nodes[1]->safe_psql('postgres', 'DROP DATABASE joining WITH (FORCE)');
}

# Upgrades in an order; what was acted before a step by the old version is applied after it by the new one, and the other way round.
sub upgrade
{
	my (@order) = @_;
	my $name = join ' ', 'order', @order;
	my $limit = 2000;
	my @newer;

	@nodes = start_nodes(2, q{
		SELECT steering.set_cap('ict', 'region', 'budget', '2026', 2000, '80% notify, 100% block');
		SELECT steering.set_cap('ict', 'south', 'budget', '2026', 300, '100% block');
		SELECT steering.set_cap('hr', 'region', 'budget', '2026', 1000, '100% warn')}, version => $old, prefix => join '_', 'order', @order, '');
	($head) = @nodes;
	@sessions = open_all(@nodes);
	$_->safe_psql('postgres', q{SET session_replication_role = replica;
		INSERT INTO steering.override_grant (cap_id, amount, until, uses, reason) VALUES (99, 3, now() + interval '1 day', 9, 'own');
		INSERT INTO steering.override_use (override_id, use_number, amount, used, relation, statement_at) VALUES (1, 9, 3, 3, 'own', now())})
	  foreach @nodes[ 1, 2 ];
	book_in_turn("$name, before", $limit);
	foreach my $server (@order)
	{
		my $step = "$name, then $server";

		act_unheard($step, ++$limit);
		is(said($nodes[$server], $update), '', "$step: it is upgraded");
		push @newer, $server;
		catch_up($step);
		is_told_older($step, @newer) if @newer < 3;
		is_not_joined($step, $newer[0] == 0 ? $old : '') if @newer == 1;
		act_on_all($step, ++$limit, "m$server", @newer < 3 && scalar grep { $_ == 0 } @newer);
		book_in_turn($step, $limit);
		draw_in_turn($step, $limit, @newer);
	}
	is($head->safe_psql('postgres', 'SELECT * FROM steering.health()'), '', "$name: nothing is wrong");
	is($head->safe_psql('postgres', 'SELECT count(DISTINCT version) FROM steering.node_status'), '1', "$name: and all have one version");
	is($nodes[$_]->safe_psql('postgres', q{SELECT count(*) FROM steering.override_grant}), '0', "$name: server $_ has no override of its own") foreach 1, 2;
}

foreach my $order ([ 0, 1, 2 ], [ 1, 0, 2 ])
{
	upgrade(@$order);
	close_session($_) foreach @sessions;
	$_->stop foreach @nodes;
}
upgrade(2, 1, 0);

# A coordinator that is newer still: it has a column that nodes do not. What is null there means what it meant before; else a node
# refuses the change, and gets no room until it has been upgraded.
my $limit = 3000;
my $set = q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', %d, '80%% notify, 100%% block')};
my $unknown = qr/55000: a change of the coordinator is not known here, where sp71_steering has version [0-9.]+\b.*It tells of: cap\.later\..*HINT:  Install the coordinator's version on this server/s;

$head->safe_psql('postgres', 'SET allow_system_table_mods = on; ALTER TABLE steering.cap ADD COLUMN later text');
unlike(act($head, sprintf $set, ++$limit), qr/ERROR/, 'a new column that says nothing: an act reaches nodes');
is_in_order('a new column that says nothing', $limit);
$head->safe_psql('postgres', q{SET allow_system_table_mods = on; ALTER TABLE steering.cap ALTER COLUMN later SET DEFAULT 'so'});
like(act($head, q{SELECT steering.set_cap('hr.pay', 'north', 'budget', '2026', 1)}), qr/is not known here, where sp71_steering has version/, 'one that says something: the act fails');
is($head->safe_psql('postgres', q{SELECT count(*) FROM steering.cap_status WHERE service = 'hr.pay'}), '0', 'and leaves nothing');
$head->safe_psql('postgres', 'INSERT INTO public.away VALUES (1), (2)');
unlike(act($head, q{SELECT steering.set_cap('hr.pay', 'north', 'budget', '2026', 1)}), qr/ERROR/, 'while nodes are away it does not');
$head->safe_psql('postgres', 'DELETE FROM public.away');
foreach my $n (1, 2)
{
	like(said($nodes[$n], 'SELECT steering.catch_up()'), $unknown, "server $n does not catch up, and says what to do");
	is(book_on($sessions[$n], 'hr.pay', 'west', 500), '40001', "server $n is lent no room");
	$nodes[$n]->safe_psql('postgres', 'SET allow_system_table_mods = on; ALTER TABLE steering.cap ADD COLUMN later text');
}
catch_up('upgraded');
is(book_on($sessions[1], 'hr.pay', 'west', 500), 'booked', 'and is lent room');
is_in_order('a column that all know', $limit);
like(said($nodes[1], qq{INSERT INTO steering.outbox SELECT applied + 1, '$_' FROM steering.this_node}), qr/55000: a change of the coordinator is not known here/, "nor is $_")
  foreach '{"overrides": []}', '{"gone": {"override": [1]}}', '{"participants": [{"participant_id": 1, "later": 0}]}';

# A server that does not have what it is asked for is older.
my $rest = $limit - total_of('ict', @nodes);
$nodes[2]->safe_psql('postgres', 'SET allow_system_table_mods = on; ALTER FUNCTION steering.return_allotment(integer) RENAME TO asked_otherwise');
run_in($sessions[1], '\set VERBOSITY default');
like((run_in($sessions[1], book('ict.desk', 'north', $rest)))[1], qr/node "server2": sp71_steering is of an older version there, and is to be upgraded/, 'a node that lacks a function is told to be older');
run_in($sessions[1], '\set VERBOSITY sqlstate');
$nodes[2]->safe_psql('postgres', 'SET allow_system_table_mods = on; ALTER FUNCTION steering.asked_otherwise(integer) RENAME TO return_allotment');
is(book_on($sessions[1], 'ict.desk', 'north', $rest), 'booked', 'upgraded it gives back');
run_in($sessions[1], 'DELETE FROM finance.invoice_line WHERE net_amount > 1000');

# Restored from dumps, each server as it is, into a database of the same name: it goes on, with what was lent asked for anew.
$_->safe_psql('postgres', 'SET allow_system_table_mods = on; ALTER TABLE steering.cap DROP COLUMN later') foreach @nodes;
foreach my $server (0, 1)
{
	my $node = $nodes[$server];

	close_session($_) foreach @sessions;
	command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], "server $server is dumped");
	$node->safe_psql('template1', 'DROP DATABASE postgres WITH (FORCE)');
	$node->safe_psql('template1', 'CREATE DATABASE postgres');
	command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('postgres'), $dump ], 'and restored');
	$head->safe_psql('postgres', 'SELECT * FROM steering.recover_allotments()');
	@sessions = open_all(@nodes);
	act_on_all("server $server restored", ++$limit, "r$server");
	book_in_turn("server $server restored", $limit);
	is($head->safe_psql('postgres', 'SELECT * FROM steering.health()'), '', "server $server restored: nothing is wrong");
}

close_session($_) foreach @sessions;
$_->stop foreach @nodes;
done_testing();
