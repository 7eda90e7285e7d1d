# A table that Citus has distributed is attached on the coordinator: each shard is judged by the node that it stands on,
# wherever it is moved. Bookings are counted on some node, on two for a moment, and never on none.
#
# Runs where the server that PG_CONFIG tells of has Citus; its library is preloaded then, on four servers.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use CitusNodes;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

need_citus();

my $coordinator;
my $mapping = q{service => 'product', participant => 'municipality', booked_on => 'day', amount => 'net'};
my @municipalities = qw(east north south west);

# Registers and caps of 1000 for each municipality, as the nodes are told of them.
sub create_rules
{
	my ($node) = @_;

	$node->safe_psql('postgres', q{
		INSERT INTO steering.participant (code, parent, name) VALUES ('region', NULL, 'Region'), ('east', 'region', 'East'),
			('north', 'region', 'North'), ('south', 'region', 'South'), ('west', 'region', 'West');
		INSERT INTO steering.service (code, parent, name, unit) VALUES ('ict', NULL, 'ICT', NULL);
		SELECT steering.set_cap('ict', code, 'budget', '[2026-01-01,2027-01-01)', 1000)
		FROM steering.participant WHERE parent IS NOT NULL;
	});
}

# The number of the shard of a municipality, and the address of the node where it stands, or of another.
sub shard_of
{
	my ($municipality) = @_;
	return on_coordinator("SELECT get_shard_id_for_distribution_column('finance.line', '$municipality')");
}
sub address_of
{
	my ($municipality) = @_;
	return on_coordinator(q{SELECT format('%L, %s', nodename, nodeport) FROM citus_shards
		WHERE table_name = 'finance.line'::regclass AND shardid = } . shard_of($municipality));
}
sub address_elsewhere
{
	my ($municipality) = @_;
	return on_coordinator(q{SELECT format('%L, %s', nodename, nodeport) FROM pg_dist_node WHERE groupid <> 0
		AND nodeport <> } . (split /, /, address_of($municipality))[1] . ' ORDER BY nodeport LIMIT 1');
}

# Has Citus drop what was left behind, and checks that each booking counts once, on the node where it stands.
sub is_exact
{
	my ($name) = @_;
	my (%used, $wrong);

	on_coordinator('CALL citus_cleanup_orphaned_resources()');
	foreach my $node (@nodes)
	{
		$wrong .= $node->safe_psql('postgres', 'SELECT * FROM steering.health(); SELECT * FROM steering.verify()');
		foreach my $line (split /\n/, $node->safe_psql('postgres', 'SELECT participant, used FROM steering.cap_status WHERE used <> 0'))
		{
			my ($municipality, $used) = split /\|/, $line;
			$used{$municipality} += $used;
		}
	}
	is($wrong, '', "$name: all nodes are in order");
	is(join(' ', map { sprintf '%s %.2f', $_, $used{$_} || 0 } @municipalities),
		on_coordinator(q{SELECT string_agg(concat(code, ' ', to_char(coalesce(net, 0), 'FM9999990.00')), ' ' ORDER BY code)
			FROM steering.participant LEFT JOIN (SELECT municipality, sum(net) AS net FROM finance.line GROUP BY 1) AS booked
			ON municipality = code WHERE parent IS NOT NULL}),
		"$name: each booking counts once");
}

# Does something while a client books, line by line; it may not fail.
sub while_booking
{
	my ($sql, $name) = @_;
	my @errors;
	my $session = open_session($coordinator);

	run_in($session, 'CREATE TEMP SEQUENCE booked');
	start_in($session, q{DO $$ BEGIN FOR n IN 1..400 LOOP
		INSERT INTO finance.line VALUES ('north', 'ict', '2026-03-15', 0.01), ('west', 'ict', '2026-03-15', 0.01);
		COMMIT; PERFORM pg_sleep(0.005); END LOOP; END $$});
	on_coordinator($sql);
	my ($output, $errors) = finish_in($session);
	is($errors, '', "$name: bookings go on");
	close_session($session);
}

$coordinator = start_citus();
start_citus() foreach 1 .. 2;
add_citus('postgres', @nodes[1, 2]);
on_coordinator('CREATE EXTENSION sp71_steering');
create_rules($_) foreach @nodes;
note(on_coordinator('SELECT citus_version()'));

on_coordinator(q{
	CREATE SCHEMA finance;
	CREATE TABLE finance.line (municipality text NOT NULL, product text NOT NULL, day date NOT NULL, net numeric(14,2) NOT NULL);
	ALTER TABLE finance.line REPLICA IDENTITY FULL;
	SELECT create_distributed_table('finance.line', 'municipality');
	INSERT INTO finance.line SELECT code, 'ict', '2026-03-15', 5 FROM steering.participant, generate_series(1, 20)
		WHERE parent IS NOT NULL;
});

# A table is attached as a whole or not at all.
on_coordinator("INSERT INTO finance.line VALUES ('west', 'ict', '2026-03-15', 2000)");
is_refused($coordinator, "SELECT steering.attach('finance.line', $mapping)", '23S71', 'attach() over a cap of one node');
is(join('', map { $_->safe_psql('postgres', 'SELECT relation FROM steering.source') } @nodes), '', 'no shard became a source');
on_coordinator('DELETE FROM finance.line WHERE net = 2000');
on_coordinator("SELECT steering.attach('finance.line', $mapping)");
is_exact('attached when it was filled');

# Statements.
my ($status, $stdout, $stderr) = $coordinator->psql('postgres', "INSERT INTO finance.line VALUES ('north', 'ict', '2026-03-15', 901)",
	extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($stderr, qr/ERROR:  23S71: .*DETAIL:  .*used 100\.00, this statement adds 901\.00, 1\.00 too much.*HINT:/s,
	'a refusal comes back whole');
is_refused($coordinator, q{INSERT INTO finance.line VALUES ('east', 'ict', '2026-03-15', 1), ('north', 'ict', '2026-03-15', 1),
	('south', 'ict', '2026-03-15', 1), ('west', 'ict', '2026-03-15', 901)}, '23S71', 'a statement on all shards, one of which is over a cap');
($status, $stdout, $stderr) = $coordinator->psql('postgres', "COPY finance.line FROM stdin;\nnorth\tict\t2026-04-01\t1\nwest\tict\t2026-04-01\t901\n\\.\n");
like($stderr, qr/ERROR:  .*cap of service "ict" for participant "west" is exceeded/, 'COPY, one row of which is over a cap');
is_exact('what one node refuses no node books');
on_coordinator("COPY finance.line FROM stdin;\n" . join('', map { "$_\tict\t2026-04-01\t1.5\n" } @municipalities) . "\\.\n");
on_coordinator("UPDATE finance.line SET net = net + 1 WHERE day = '2026-04-01'; DELETE FROM finance.line WHERE municipality = 'east' AND net = 2.5");
is_exact('COPY, UPDATE and DELETE');
on_coordinator('BEGIN; TRUNCATE finance.line; ROLLBACK');
is_exact('TRUNCATE that is rolled back');
$nodes[1]->safe_psql('postgres', "INSERT INTO finance.line VALUES ('south', 'ict', '2026-03-15', 1), ('west', 'ict', '2026-03-15', 1)");
is_refused($nodes[1], "INSERT INTO finance.line VALUES ('$_', 'ict', '2026-03-15', 5000)", '23S71', "$_, on a worker") foreach @municipalities;
$nodes[1]->safe_psql('postgres', 'SET citus.enable_ddl_propagation = off; CREATE TABLE other (); DROP TABLE other');
is_exact('a client has dropped another table on a worker');

# Shards go, and what is booked on them goes along.
on_coordinator(sprintf q{SELECT citus_move_shard_placement(%s, %s, %s, 'block_writes')}, shard_of('north'), address_of('north'), address_elsewhere('north'));
is_refused($coordinator, "INSERT INTO finance.line VALUES ('north', 'ict', '2026-03-15', 900)", '23S71', 'where the shard is now, before it is dropped where it was');
is_exact('a shard was moved');
while_booking((sprintf q{SELECT citus_move_shard_placement(%s, %s, %s, 'force_logical')}, shard_of('north'), address_of('north'), address_elsewhere('north')), 'move');
is_exact('a shard was moved while it was written');
on_coordinator(q{SELECT isolate_tenant_to_new_shard('finance.line', 'south', shard_transfer_mode => 'block_writes')});
is_exact('a shard was split');
while_booking(q{SELECT isolate_tenant_to_new_shard('finance.line', 'west', shard_transfer_mode => 'force_logical')}, 'split');
is_exact('a shard was split while it was written');

# A node that joins: no shard comes before it knows of the registers.
my $fourth = start_citus();
on_coordinator(q{SELECT citus_add_node('127.0.0.1', } . $fourth->port . ')');
my $move = sprintf q{SELECT citus_move_shard_placement(%s, %s, '127.0.0.1', %s, 'block_writes')}, shard_of('north'), address_of('north'), $fourth->port;
($status, $stdout, $stderr) = $coordinator->psql('postgres', $move);
like($stderr, qr/ERROR:  .*attaching table "finance\.line_/s, 'a shard does not move to a node that could not judge it');
create_rules($fourth);
is_exact('nothing has moved');
on_coordinator($move);
is_exact('a shard stands on the node that joined');

# Structure.
is_refused($coordinator, 'ALTER TABLE finance.line DROP COLUMN net', '2BP01', 'a column that is needed is dropped');
is_refused($coordinator, 'SET citus.multi_shard_modify_mode = sequential; ALTER TABLE finance.line RENAME COLUMN net TO amount', '0A000', 'a column that is mapped is renamed');
on_coordinator('ALTER TABLE finance.line ADD COLUMN remark text');
is_exact('a column more');
on_coordinator('SET citus.enable_unsafe_triggers = on; ALTER TABLE finance.line DISABLE TRIGGER sp71_steering_insert');
like($nodes[1]->safe_psql('postgres', 'SELECT subject, problem FROM steering.health()'), qr/^finance\.line_\d+\|trigger disabled/, 'health() of a node tells of its shards');
on_coordinator('SET citus.enable_unsafe_triggers = on; ALTER TABLE finance.line ENABLE TRIGGER sp71_steering_insert');

# What cannot be judged on the nodes.
on_coordinator(q{
	CREATE TABLE finance.plain (LIKE finance.line);
	CREATE TABLE finance.copied (LIKE finance.line);
	SELECT create_reference_table('finance.copied');
	CREATE TABLE finance.parts (LIKE finance.line) PARTITION BY RANGE (day);
	SELECT create_distributed_table('finance.parts', 'municipality');
	CREATE TABLE finance.bare (LIKE finance.line);
	SELECT create_distributed_table('finance.bare', 'municipality');
	CREATE TABLE finance.appended (LIKE finance.line);
	SELECT create_distributed_table('finance.appended', 'municipality', 'append');
	SET citus.shard_replication_factor = 2;
	CREATE TABLE finance.twice (LIKE finance.line, PRIMARY KEY (municipality, day));
	SELECT create_distributed_table('finance.twice', 'municipality', colocate_with => 'none');
});
is_refused($coordinator, "SELECT steering.attach('finance.copied', $mapping)", '0A000', 'a reference table is attached');
is_refused($coordinator, "SELECT steering.attach('finance.parts', $mapping)", '0A000', 'a distributed table with partitions is attached');
is_refused($coordinator, "SELECT steering.attach('finance.bare', $mapping, stage => 'commitment', reference => 'product')", '0A000', 'orders of a distributed table are attached');
is_refused($coordinator, "SELECT steering.attach_problems('finance.bare', $mapping)", '0A000', 'a dry run of a distributed table');
is_refused($coordinator, "SELECT steering.reattach('finance.line')", '0A000', 'a distributed table is reattached');
# Each refusal says what to do.
foreach my $refused ([ "attach('finance.copied', $mapping)", 'distributes by hash' ], [ "attach('finance.parts', $mapping)", 'without partitions' ],
	[ "attach('finance.appended', $mapping)", 'distributes by hash' ], [ "attach('finance.twice', $mapping)", 'shard_replication_factor = 1' ],
	[ q{attach_query('SELECT product AS service, municipality AS participant, day AS booked_on, net AS amount FROM finance.twice')}, 'shard_replication_factor = 1' ],
	[ "attach('finance.bare', $mapping, stage => 'commitment', reference => 'product')", 'without reference and releases' ],
	[ "attach_problems('finance.bare', $mapping)", 'Attach it' ], [ "reattach('finance.line')", 'steering\.detach\(\) for it on the coordinator' ],
	[ "distribute('finance.line', 'municipality')", 'attach it again' ])
{
	my ($call, $hint) = @$refused;

	($status, $stdout, $stderr) = $coordinator->psql('postgres', "SELECT steering.$call", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	like($stderr, qr/ERROR:  0A000: .*HINT:  .*$hint/s, "what to do: $call");
}
is_refused($nodes[1], "SELECT steering.attach(shard_name('finance.bare', shardid), $mapping) FROM pg_dist_shard JOIN pg_dist_placement USING (shardid)"
	. " JOIN pg_dist_local_group USING (groupid) WHERE logicalrelid = 'finance.bare'::regclass", '42809', 'a shard is attached by hand');
on_coordinator("SELECT steering.attach('finance.plain', $mapping)");
($status, $stdout, $stderr) = $coordinator->psql('postgres', "SET citus.enable_unsafe_triggers = on; SELECT create_distributed_table('finance.plain', 'municipality')");
like($stderr, qr/ERROR:  trigger "sp71_steering_\w+" depends on an extension/, 'Citus distributes no source');
is_refused($coordinator, "SET citus.shard_replication_factor = 2; SELECT steering.distribute('finance.plain', 'municipality', colocate_with => 'none')", '0A000', 'distributed so that each shard stands on two nodes');

# The end.
on_coordinator('TRUNCATE finance.line');
is_exact('TRUNCATE');
on_coordinator("INSERT INTO finance.line SELECT code, 'ict', '2026-03-15', 5 FROM steering.participant WHERE parent IS NOT NULL");
is_exact('INSERT ... SELECT that goes through the coordinator');
$nodes[1]->safe_psql('postgres', 'TRUNCATE finance.line');
is_exact('TRUNCATE on a worker');
on_coordinator("INSERT INTO finance.line SELECT code, 'ict', '2026-03-15', 5 FROM steering.participant WHERE parent IS NOT NULL");
on_coordinator("SELECT steering.detach('finance.line')");
is(join('', map { $_->safe_psql('postgres', 'SELECT * FROM steering.health(); SELECT participant, used FROM steering.cap_status WHERE used <> 0') } @nodes), '', 'detached: no node counts anything');
on_coordinator("INSERT INTO finance.line VALUES ('north', 'ict', '2026-03-15', 5000); DELETE FROM finance.line WHERE net = 5000");
on_coordinator("SELECT steering.attach('finance.line', $mapping)");
is_exact('attached again');
on_coordinator('DROP TABLE finance.line');
is(join('', map { $_->safe_psql('postgres', 'SELECT participant, used FROM steering.cap_status WHERE used <> 0') } @nodes), '', 'dropped: no node counts anything');

# Scaled out, in a database of its own on the same servers: Citus copies the outbox to all nodes, in the transaction of an act,
# and a cap that spans them is exact, also where shards are moved.
sub spanning { my ($node, $sql) = @_; return $node->safe_psql('spanning', $sql); }

foreach my $node (@nodes)
{
	$node->safe_psql('postgres', 'CREATE DATABASE spanning');
	spanning($node, 'CREATE EXTENSION citus');
}
add_citus('spanning', @nodes[1, 2]);
spanning($coordinator, 'ALTER DATABASE spanning SET citus.multi_shard_modify_mode = sequential');
create_on_citus('spanning');
is_refused($coordinator, qq{BEGIN;
	SELECT steering.scale_out('@{[connection_of($coordinator, 'spanning')]}');
	SET LOCAL citus.enable_unsafe_triggers = on;
	SELECT create_reference_table('steering.outbox');
	SELECT steering.add_node('first', '@{[connection_of($nodes[1], 'spanning')]}')}, '55000', 'a node is added before the outbox is committed', 'spanning');
scale_out_citus('spanning');
spanning($coordinator, qq{
	INSERT INTO steering.participant (code, parent, name) VALUES ('region', NULL, 'Region'), ('north', 'region', 'North'), ('west', 'region', 'West');
	INSERT INTO steering.service (code, parent, name, unit) VALUES ('ict', NULL, 'ICT', NULL);
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000);
});
is(spanning($_, 'SELECT amount FROM steering.cap'), '1000.00', 'a cap is on all nodes') foreach @nodes[0 .. 2];
spanning($nodes[1], 'UPDATE steering.this_node SET applied = applied - 1');
spanning($coordinator, q{BEGIN; SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 900); ROLLBACK;
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1100)});
is(spanning($_, 'SELECT amount FROM steering.cap'), '1100.00', 'an act reaches all nodes, also one that has missed the act before') foreach @nodes[0 .. 2];
is(spanning($coordinator, 'SELECT sum(behind) FROM steering.node_status'), '0', 'no node is behind');
$nodes[1]->append_conf('postgresql.conf', q{citus.node_conninfo = 'sslmode=require'});
$nodes[1]->reload;
ok($nodes[1]->poll_query_until('spanning', q{SELECT problem LIKE '%SSL%' FROM steering.node_status WHERE node_id = 0}), 'nodes connect as Citus does');
$nodes[1]->append_conf('postgresql.conf', q{citus.node_conninfo = 'sslmode=prefer'});
$nodes[1]->reload;
ok($nodes[1]->poll_query_until('spanning', 'SELECT problem IS NULL FROM steering.node_status WHERE node_id = 0'), 'and so again');
my $changes = 'SELECT count(*) FROM steering.outbox';
my $kept = spanning($coordinator, $changes);
spanning($nodes[1], 'SELECT steering.compact()');
is(spanning($_, $changes), $kept, 'compact() of a node takes nothing from the table that all have') foreach @nodes[0 .. 2];
spanning($coordinator, 'SELECT steering.compact()');
is(spanning($_, $changes), '1', 'that of the coordinator leaves the last change there') foreach @nodes[0 .. 2];

spanning($coordinator, qq{
	CREATE TABLE line (municipality text NOT NULL, product text NOT NULL, day date NOT NULL, net numeric(14,2) NOT NULL);
	SELECT create_distributed_table('line', 'municipality');
	SELECT steering.attach('line', $mapping);
	SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$nodes[1]->port]}, 'block_writes') FROM citus_shards
		WHERE shardid = get_shard_id_for_distribution_column('line', 'north') AND nodeport <> @{[$nodes[1]->port]};
	SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$nodes[2]->port]}, 'block_writes') FROM citus_shards
		WHERE shardid = get_shard_id_for_distribution_column('line', 'west') AND nodeport <> @{[$nodes[2]->port]};
	CALL citus_cleanup_orphaned_resources();
});
spanning($coordinator, "INSERT INTO line VALUES ('$_', 'ict', '2026-03-15', 400)") foreach qw(north west);
is_refused($coordinator, "INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 300.01)", '23S71', 'over the cap, by what both nodes use', 'spanning');
spanning($coordinator, qq{SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$nodes[2]->port]}, 'block_writes')
	FROM citus_shards WHERE shardid = get_shard_id_for_distribution_column('line', 'north')});
is_refused($coordinator, "INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 300)", '23S71', 'while the shard is counted on both nodes', 'spanning');
spanning($coordinator, 'CALL citus_cleanup_orphaned_resources()');
spanning($coordinator, "INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 300)");
is_refused($coordinator, "INSERT INTO line VALUES ('north', 'ict', '2026-03-15', 0.01)", '23S71', 'the cap is used up to its limit', 'spanning');
is(spanning($coordinator, q{SELECT sum(net) FROM line}), '1100.00', 'which is all that fits');
is(join('', map { spanning($_, 'SELECT * FROM steering.verify()') } @nodes[0 .. 2]), '', 'all nodes agree with their rows');

# A statement over both nodes that takes all there is finds its room when it is tried again.
spanning($coordinator, qq{SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$nodes[1]->port]}, 'block_writes')
	FROM citus_shards WHERE shardid = get_shard_id_for_distribution_column('line', 'north')});
spanning($coordinator, 'CALL citus_cleanup_orphaned_resources()');
foreach my $parts ([ 570, 500 ], [ 0.01, 1069.99 ], [ 1000, 70 ])
{
	my ($tries, $errors) = (0, '40001');

	spanning($coordinator, 'DELETE FROM line');
	spanning($coordinator, "INSERT INTO line VALUES ('$_', 'ict', '2026-03-15', 15)") foreach qw(north west);
	while ($errors =~ /40001/ && $tries++ < 8)
	{
		(undef, undef, $errors) = $coordinator->psql('spanning', "\\set VERBOSITY verbose\nINSERT INTO line VALUES ('north', 'ict', '2026-03-15', $parts->[0]), ('west', 'ict', '2026-03-15', $parts->[1])");
	}
	is($errors, '', "over both nodes: @$parts, after $tries");
	is(spanning($coordinator, q{SELECT sum(net) FROM line}), '1100.00', 'all that fits');
	is_refused($coordinator, "INSERT INTO line VALUES ('$_', 'ict', '2026-03-15', 0.01)", '23S71', "and no more: $_", 'spanning') foreach qw(north west);
}
is(join('', map { spanning($_, 'SELECT * FROM steering.verify()') } @nodes[0 .. 2]), '', 'all nodes agree with their rows again');

# An override lets pass what is booked on any node, and what was drawn stays drawn when shards move.
my $override = spanning($coordinator, q{SELECT steering.grant_override(cap_id, 12, now() + interval '1 day', 'storm', 3) FROM steering.cap});
my $over = "INSERT INTO line VALUES ('%s', 'ict', '2026-03-16', %s)";
spanning($coordinator, sprintf $over, 'north', 5);
spanning($coordinator, sprintf $over, 'west', 6);
is_refused($coordinator, sprintf($over, $_, 1.01), '23S71', "more than is left of an override: $_", 'spanning') foreach qw(north west);
spanning($coordinator, qq{SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$nodes[2]->port]}, 'block_writes')
	FROM citus_shards WHERE shardid = get_shard_id_for_distribution_column('line', 'north')});
spanning($coordinator, 'CALL citus_cleanup_orphaned_resources()');
is_refused($coordinator, sprintf($over, 'north', 1.01), '23S71', 'nor where its shard has moved', 'spanning');
spanning($coordinator, sprintf $over, 'north', 1);
is(spanning($coordinator, "SELECT drawn::numeric(14,2), transactions, state FROM steering.override_status WHERE id = $override"), '12.00|3|used',
	'the coordinator knows what was drawn');
is(spanning($coordinator, q{SELECT sum(net) FROM line}), '1112.00', 'by limit and override together');
is(join('', map { spanning($_, 'SELECT * FROM steering.verify()') } @nodes[0 .. 2]), '', 'with an override: all nodes agree with their rows');
spanning($coordinator, q{DELETE FROM line WHERE day = '2026-03-16'});

# Rebalanced, all counts where it stands then.
my $placed = "SELECT count(DISTINCT nodeport) FROM citus_shards WHERE table_name = 'line'::regclass";
spanning($coordinator, qq{SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$nodes[1]->port]}, 'block_writes')
	FROM citus_shards WHERE table_name = 'line'::regclass AND nodeport <> @{[$nodes[1]->port]}});
spanning($coordinator, 'CALL citus_cleanup_orphaned_resources()');
is(spanning($coordinator, $placed), '1', 'all shards are on one node');
spanning($coordinator, "SELECT rebalance_table_shards('line', shard_transfer_mode => 'block_writes'); CALL citus_cleanup_orphaned_resources()");
is(spanning($coordinator, $placed), '2', 'rebalanced');
is(join('', map { spanning($_, 'SELECT * FROM steering.verify()') } @nodes[0 .. 2]), '', 'rebalanced: all nodes agree with their rows');
is(spanning($coordinator, 'SELECT used::numeric(14,2) FROM steering.cap_status'), '1100.00', 'rebalanced: each booking counts once');
is(spanning($coordinator, 'SELECT sum(amount)::numeric(14,2) FROM steering.booking'), '1100.00', 'rebalanced: the coordinator reads them where they are');
spanning($nodes[1], 'UPDATE steering.cap_counter SET used = used + 1::steering.amount');
isnt(spanning($coordinator, 'SELECT * FROM steering.verify()'), '', 'the coordinator finds what is wrong on a node');
spanning($coordinator, 'SELECT * FROM steering.repair()');
is(spanning($coordinator, 'SELECT * FROM steering.verify()'), '', 'and mends it');
is_refused($coordinator, "INSERT INTO line VALUES ('$_', 'ict', '2026-03-15', 0.01)", '23S71', "rebalanced: $_, over the cap", 'spanning') foreach qw(north west);

# Distributed, attached and filled in each order: all end in the same counters, up to the limit of a cap over the nodes.
sub counted { return eval join ' + ', map { spanning($_, 'SELECT coalesce(sum(used::numeric), 0) FROM steering.cap_counter JOIN steering.cap USING (cap_id) WHERE metric = \'budget\'') } @nodes[0 .. 2]; }
sub is_whole
{
	my ($name) = @_;
	is(join('', map { spanning($_, 'SELECT * FROM steering.verify()') } @nodes[0 .. 2]), '', "$name: all nodes agree with their rows");
	is(sprintf('%.2f', counted()), spanning($coordinator, 'SELECT coalesce(sum(net), 0)::numeric(14,2) FROM line'), "$name: each booking counts once");
	is(spanning($coordinator, 'SELECT used::numeric(14,2) FROM steering.cap_status'), spanning($coordinator, 'SELECT coalesce(sum(net), 0)::numeric(14,2) FROM line'), "$name: the coordinator says so");
}
sub create_line
{
	# A column that was dropped, of which nodes know nothing.
	spanning($coordinator, q{DROP TABLE IF EXISTS line; CREATE TABLE line (municipality text NOT NULL, product text NOT NULL,
		gone integer, day date NOT NULL, net numeric(14,2) NOT NULL); ALTER TABLE line DROP gone});
}
my %step = (
	attach => sub { spanning($coordinator, "SELECT steering.attach('line', $mapping)") },
	fill => sub { spanning($coordinator, "INSERT INTO line SELECT '$$_[0]', 'ict', '2026-03-15', 5 FROM generate_series(1, $$_[1])") foreach [ north => 80 ], [ west => 140 ] },
	distribute => sub {
		my $is_source = spanning($coordinator, "SELECT count(*) FROM steering.source WHERE relation::text = 'line'");
		spanning($coordinator, $is_source ? "SELECT steering.distribute('line', 'municipality')" : "SELECT create_distributed_table('line', 'municipality')");
	});
# A table of the coordinator: what that has given up it may not use.
spanning($coordinator, "CREATE TABLE here (LIKE line); SELECT steering.attach('here', $mapping)");
foreach my $order ('distribute, attach, fill', 'distribute, fill, attach', 'attach, distribute, fill', 'attach, fill, distribute',
	'fill, attach, distribute', 'fill, distribute, attach')
{
	create_line();
	$step{$_}->() foreach split /, /, $order;
	is_whole($order);
	is(spanning($coordinator, 'SELECT sum(net) FROM line'), '1100.00', "$order: up to the limit");
	is(spanning($coordinator, "SELECT count(*) FROM citus_shards WHERE table_name = 'line'::regclass"), '4', "$order: the table is distributed");
	is(spanning($coordinator, 'SELECT sum(bookings) FROM steering.usage_cell WHERE bookings <> 0'), '', "$order: the coordinator counts nothing itself");
	is_refused($coordinator, "INSERT INTO line VALUES ('$_', 'ict', '2026-03-15', 0.01)", '23S71', "$order: $_, over the cap", 'spanning') foreach qw(north west);
	is_refused($coordinator, "INSERT INTO here VALUES ('north', 'ict', '2026-03-15', 0.01)", '23S71', "$order: on the coordinator", 'spanning');
	spanning($coordinator, "UPDATE line SET net = net - 1 WHERE municipality = 'north'; INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 80)");
	is_refused($coordinator, "INSERT INTO line VALUES ('north', 'ict', '2026-03-15', 0.01)", '23S71', "$order: what one node has let go the other has used", 'spanning');
	is_whole("$order, then booked");
}

# Over a cap a filled table is not attached, in whatever order; what is over one already may be distributed.
create_line();
$step{$_}->() foreach qw(fill distribute);
spanning($coordinator, "INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 0.01)");
is_refused($coordinator, "SELECT steering.attach('line', $mapping)", '23S71', 'attach() over a cap that spans nodes', 'spanning');
is(counted(), 0, 'nothing counts');
create_line();
$step{fill}->();
spanning($coordinator, "INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 100); SELECT steering.attach('line', $mapping, accept_overrun => true); SELECT steering.distribute('line', 'municipality', shard_count => 6)");
is_whole('an overrun is distributed');
is(spanning($coordinator, "SELECT count(*) FROM citus_shards WHERE table_name = 'line'::regclass"), '6', 'the number of shards is passed on');
is_refused($coordinator, "INSERT INTO line VALUES ('north', 'ict', '2026-03-15', 0.01)", '23S71', 'and is over it still', 'spanning');
spanning($coordinator, "DELETE FROM line WHERE net = 100");
is_whole('and lowered');

# Shards on the coordinator are read as they are, whatever the transaction sees.
create_line();
spanning($coordinator, qq{SELECT citus_set_node_property('127.0.0.1', @{[$coordinator->port]}, 'shouldhaveshards', true); CREATE TABLE seen ();
	SELECT create_distributed_table('line', 'municipality');
	SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$coordinator->port]}, 'block_writes') FROM citus_shards
	WHERE table_name = 'line'::regclass AND nodeport <> @{[$coordinator->port]}});
my $looking = open_session($coordinator, 'spanning');
run_in($looking, 'BEGIN ISOLATION LEVEL REPEATABLE READ; TABLE seen');
spanning($coordinator, "INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 2000)");
is((run_in($looking, "SELECT steering.attach('line', $mapping)"))[1], "ERROR:  23S71\n", 'attach() over a cap, by rows that the transaction does not see');
close_session($looking);
is(counted(), 0, 'nothing counts');
create_line();
spanning($coordinator, qq{SELECT citus_set_node_property('127.0.0.1', @{[$coordinator->port]}, 'shouldhaveshards', false); DROP TABLE seen});
$step{$_}->() foreach qw(fill distribute attach);

# What Citus does with a table that is a source, by itself.
my $words = qr/ERROR:  0A000: Citus cannot put another table in the place of source "public\.line".*HINT:  Detach it first/s;
foreach my $function (q{undistribute_table('line')}, q{alter_distributed_table('line', shard_count => 8)}, q{alter_distributed_table('line', colocate_with => 'none')})
{
	foreach my $setting (qw(off on))
	{
		($status, $stdout, $stderr) = $coordinator->psql('spanning', "SET citus.enable_unsafe_triggers = $setting; SELECT $function", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
		like($stderr, $words, "$function, unsafe triggers $setting");
	}
}
is_whole('nothing was put in its place');
spanning($coordinator, "SELECT steering.detach('line'); SELECT undistribute_table('line'); SELECT steering.attach('line', $mapping)");
is_whole('the way back');
is(spanning($coordinator, 'SELECT count(*) FROM pg_dist_partition WHERE logicalrelid::text = \'line\''), '0', 'the table is a local one');
foreach my $function (q{create_distributed_table('line', 'municipality')}, q{create_distributed_table_concurrently('line', 'municipality')},
	q{create_reference_table('line')}, q{citus_add_local_table_to_metadata('line')})
{
	foreach my $setting (qw(off on))
	{
		($status, $stdout, $stderr) = $coordinator->psql('spanning', "SET citus.enable_unsafe_triggers = $setting; SELECT $function");
		like($stderr, qr/ERROR:  .*(has triggers|depends on an extension)/, "$function, unsafe triggers $setting");
	}
}

# A distribution that fails leaves all as it was.
spanning($coordinator, "BEGIN; SELECT steering.distribute('line', 'municipality'); ROLLBACK");
is_whole('rolled back');
is_refused($coordinator, "SELECT steering.distribute('line', 'municipality', colocate_with => 'pg_class')", 'XX000', 'a table that is not there to be colocated with', 'spanning');
spanning($nodes[2], q{SET citus.enable_ddl_propagation = off; CREATE FUNCTION fails() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not here'; END $$;
	CREATE EVENT TRIGGER fails ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION fails()});
is_refused($coordinator, "SELECT steering.distribute('line', 'municipality')", 'P0001', 'a node fails', 'spanning');
spanning($nodes[2], 'SET citus.enable_ddl_propagation = off; DROP EVENT TRIGGER fails; DROP FUNCTION fails()');
is(spanning($coordinator, "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid::text = 'line'"), '0', 'the table is a local one still');
is_whole('as it was');
is_refused($coordinator, "INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 0.01)", '23S71', 'and its triggers are there', 'spanning');

# What waits to be judged at commit would be judged nowhere; and what nodes have taken over makes no room here.
spanning($coordinator, "DELETE FROM line WHERE municipality = 'north'");
is_refused($coordinator, "SET sp71_steering.check_at = 'commit'; BEGIN; INSERT INTO line VALUES ('north', 'ict', '2026-03-15', 900);
	SELECT steering.distribute('line', 'municipality'); COMMIT", '55000', 'bookings that are judged at commit', 'spanning');
is_refused($coordinator, "SET sp71_steering.check_at = 'commit'; BEGIN; SELECT steering.distribute('line', 'municipality');
	INSERT INTO here VALUES ('north', 'ict', '2026-03-15', 500); COMMIT", '40001', 'booked after it was distributed', 'spanning');
is_whole('neither has been');

# A trigger of others could keep rows back that are copied, and then removed.
spanning($coordinator, q{CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
	CREATE TRIGGER keeps BEFORE INSERT ON line FOR EACH ROW EXECUTE FUNCTION keeps()});
is_refused($coordinator, "SET citus.enable_unsafe_triggers = $_; SELECT steering.distribute('line', 'municipality')", '0A000', "a trigger of others, $_", 'spanning') foreach qw(off on);
spanning($coordinator, q{DROP TRIGGER keeps ON line; DROP FUNCTION keeps()});
is_whole('no row is lost');

# While others book. The source is the one that it was.
spanning($coordinator, q{SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 5000)});
my $number = spanning($coordinator, "SELECT source_id FROM steering.source WHERE relation::text = 'line'");
my @bookers = map { open_session($coordinator, 'spanning') } 1 .. 2;
# Who asks for room at the same time as another may have to repeat it.
start_in($bookers[$_], sprintf q{DO $$ DECLARE left_to_do integer := 300; BEGIN WHILE left_to_do > 0 LOOP
	BEGIN
		INSERT INTO line VALUES ('%s', 'ict', '2026-03-15', 0.01);
		left_to_do := left_to_do - 1;
	EXCEPTION WHEN serialization_failure THEN NULL;
	END;
	COMMIT; PERFORM pg_sleep(0.005); END LOOP; END $$}, qw(north west)[$_]) foreach 0 .. 1;
spanning($coordinator, "SELECT pg_sleep(0.3); SELECT steering.distribute('line', 'municipality')");
foreach my $booker (@bookers)
{
	my ($output, $errors) = finish_in($booker);
	is($errors, '', 'bookings go on while the table is distributed');
	close_session($booker);
}
is_whole('distributed while others booked');
is(spanning($coordinator, 'SELECT count(*) FROM line WHERE net = 0.01'), '600', 'no booking is lost');
is(spanning($coordinator, "SELECT source_id FROM steering.source WHERE relation::text = 'line'"), $number, 'the source is the same');
is(spanning($coordinator, "SELECT string_agg(kind, ' ' ORDER BY event_id) FROM steering.source_event_log WHERE source_id = $number"), 'attached', 'nothing has happened to it');

# Where its bookings are in a closed period: they move, and stay as they are.
spanning($coordinator, q{SELECT steering.close_period('2026-03')});
spanning($coordinator, qq{SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$nodes[1]->port]}, 'block_writes')
	FROM citus_shards WHERE shardid = get_shard_id_for_distribution_column('line', 'west') AND nodeport <> @{[$nodes[1]->port]};
	CALL citus_cleanup_orphaned_resources()});
is_whole('a shard with bookings in a closed period was moved');
is_refused($coordinator, "INSERT INTO line VALUES ('west', 'ict', '2026-03-15', 1)", '23S74', 'they are fixed where they are now', 'spanning');
spanning($coordinator, q{SELECT steering.reopen_period('2026-03', 'test')});

# What cannot be judged on the nodes is not distributed.
spanning($coordinator, qq{
	CREATE TABLE ordered (LIKE line, number text);
	CREATE TABLE parts (LIKE line) PARTITION BY RANGE (day);
	CREATE TABLE spread (LIKE line);
	CREATE TABLE joined (id integer PRIMARY KEY, municipality text, product text, day date, net numeric(14,2));
	SELECT steering.attach('ordered', $mapping, stage => 'commitment', reference => 'number');
	SELECT steering.attach('parts', $mapping);
	SELECT steering.attach_query('SELECT product AS service, municipality AS participant, day AS booked_on, net AS amount FROM joined', name => 'booked');
	CREATE TABLE by_product (LIKE line);
	SELECT create_distributed_table('by_product', 'product');
	CREATE ROLE clerk LOGIN;
	GRANT USAGE ON SCHEMA steering TO clerk;
	GRANT EXECUTE ON FUNCTION steering.distribute(regclass, text, text, integer) TO clerk;
});
is_refused($coordinator, "SELECT steering.attach('by_product', $mapping)", '0A000', 'attached: the column does not decide the participant', 'spanning');
($status, $stdout, $stderr) = $coordinator->psql('spanning', "SELECT steering.attach('by_product', $mapping)");
like($stderr, qr/HINT:  Distribute it by the column that the mapping reads the participant from/, 'and what to do');
is_refused($coordinator, "SELECT steering.distribute('spread', 'municipality')", '42704', 'no source', 'spanning');
spanning($coordinator, "SELECT steering.attach('spread', $mapping)");
is_refused($coordinator, "SELECT steering.distribute('spread', 'product')", '0A000', 'distributed: the column does not decide the participant', 'spanning');
is_refused($coordinator, "SELECT steering.distribute('spread', 'town')", '42703', 'there is no such column', 'spanning');
is_refused($coordinator, "SELECT steering.distribute('spread', NULL)", '22004', 'no column', 'spanning');
is_refused($coordinator, "SET ROLE clerk; SELECT steering.distribute('spread', 'municipality')", '42501', 'not a superuser', 'spanning');
is_refused($coordinator, "SELECT steering.distribute('ordered', 'municipality')", '0A000', 'orders', 'spanning');
is_refused($coordinator, "SELECT steering.distribute('parts', 'municipality')", '0A000', 'partitions', 'spanning');
is_refused($coordinator, "SELECT steering.distribute('booked', 'participant')", '42703', 'a column of the booking table, and not of the first table of its query', 'spanning');
is_refused($coordinator, "SELECT steering.distribute('line', 'municipality')", '0A000', 'distributed already', 'spanning');
is_refused($coordinator, "SELECT steering.set_alias('participant', 'Nord', 'north', source => 'line')", '0A000', 'an alias of a distributed table alone', 'spanning');
my $alias = spanning($coordinator, "SELECT steering.set_alias('participant', 'Nord', 'north', source => 'spread')");
is_refused($coordinator, "SELECT steering.distribute('spread', 'municipality')", '0A000', 'distributed with one', 'spanning');
spanning($coordinator, "SELECT steering.drop_alias($alias)");
spanning($coordinator, "SELECT steering.distribute('spread', 'municipality', colocate_with => 'line')");
is(spanning($coordinator, "SELECT count(DISTINCT colocationid) FROM pg_dist_partition WHERE logicalrelid::text IN ('line', 'spread')"), '1', 'what it is colocated with is passed on');
is_whole('at the end');

# Shards do not come to a server that is one of Citus, and none that is steered: it knows no codes, and would ignore what they book.
add_citus('spanning', $fourth);
spanning($coordinator, qq{SELECT replicate_reference_tables();
	CREATE TABLE ignoring (LIKE line, PRIMARY KEY (municipality, day));
	SELECT create_distributed_table('ignoring', 'municipality', colocate_with => 'none')});
sub move_to { my ($node) = @_; return "SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', @{[$node->port]}, 'block_writes')
	FROM citus_shards WHERE table_name = 'ignoring'::regclass AND nodeport <> @{[$node->port]}"; }
my $unjoined = qr/ERROR:  a shard of a source cannot be on a server that is no node of the coordinator.*HINT:  Call steering\.add_node\(\)/s;
my $ignoring = "SELECT steering.attach('ignoring', $mapping, unknown => 'ignore')";
spanning($coordinator, move_to($fourth));
($status, $stdout, $stderr) = $coordinator->psql('spanning', $ignoring);
like($stderr, $unjoined, 'attached where a shard is on such a server');
($status, $stdout, $stderr) = $coordinator->psql('spanning', "SELECT steering.attach_query('SELECT product AS service, municipality AS participant, day AS booked_on, net AS amount FROM ignoring', unknown => 'ignore')");
like($stderr, $unjoined, 'so a query');
spanning($coordinator, move_to($nodes[1]) . "; $ignoring; INSERT INTO ignoring VALUES ('north', 'ict', '2026-04-15', 10), ('nowhere', 'ict', '2026-04-15', 5)");
($status, $stdout, $stderr) = $coordinator->psql('spanning', move_to($fourth));
like($stderr, $unjoined, 'moved to it');
is_refused($coordinator, "INSERT INTO ignoring VALUES ('north', 'ict', '2026-04-16', 5000)", '23S71', 'it is judged where it was', 'spanning');
spanning($coordinator, qq{SELECT steering.add_node('third', '@{[connection_of($fourth, 'spanning')]}')});
spanning($coordinator, move_to($fourth));
spanning($coordinator, 'CALL citus_cleanup_orphaned_resources()');
is_refused($coordinator, "INSERT INTO ignoring VALUES ('north', 'ict', '2026-04-16', 5000)", '23S71', 'when it has joined it judges them', 'spanning');
is(spanning($fourth, q{SELECT amount::numeric(14,2) FROM steering.usage_by_month}), '10.00', 'which count there');
is(spanning($coordinator, 'SELECT * FROM steering.verify()'), '', 'all nodes agree with their rows, the new one too');
spanning($coordinator, q{INSERT INTO steering.participant (code, parent, name) VALUES ('nowhere', 'region', 'Nowhere')});
is(spanning($coordinator, q{SELECT sum(amount)::numeric(14,2) FROM steering.usage_by_month WHERE month = '2026-04-01'}), '15.00', 'a code that comes to be known: what was ignored of it counts');
is(spanning($coordinator, 'SELECT * FROM steering.verify()'), '', 'and all nodes agree with their rows');
spanning($coordinator, q{DROP TABLE ignoring; SELECT steering.drop_node('third')});

# A node leaves, and knows of no act then; it joins again. In the end all leave.
spanning($coordinator, qq{
	SELECT steering.detach(relation) FROM steering.source WHERE relation::text IN ('line', 'spread', 'here', 'parts', 'ordered');
	SELECT steering.detach('booked');
	SELECT steering.drop_node('second');
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 6000);
});
is(join(' ', map { spanning($_, 'SELECT amount::numeric(14,2) FROM steering.cap') } @nodes[0 .. 2]), '6000.00 6000.00 5000.00', 'a node has left');
spanning($coordinator, qq{SELECT steering.add_node('second', '@{[connection_of($nodes[2], 'spanning')]}');
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 7000)});
is(join(' ', map { spanning($_, 'SELECT amount::numeric(14,2) FROM steering.cap') } @nodes[0 .. 2]), '7000.00 7000.00 7000.00', 'and joined again');
spanning($coordinator, q{SELECT steering.drop_node('first'); SELECT steering.drop_node('second'); SELECT steering.scale_in()});
is(join('', map { spanning($_, q{SELECT node_id FROM steering.this_node; SELECT to_regclass('steering.outbox') WHERE to_regclass('steering.outbox') IS NOT NULL;
	SELECT * FROM steering.health()}) } @nodes[0 .. 2]), '', 'all have left: nothing is scaled out');
spanning($coordinator, 'DROP EXTENSION sp71_steering');

$_->stop foreach reverse @nodes;
done_testing();
