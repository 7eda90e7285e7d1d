# A table that Citus has distributed is attached on the coordinator: each shard is judged by the node that it stands on,
# wherever it is moved. Bookings are counted on some node, on two for a moment, and never on none.
#
# Runs where the server that PG_CONFIG tells of has Citus; its library is preloaded then, on four servers.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

chomp(my $libraries = `pg_config --pkglibdir`);
plan skip_all => 'the server has no Citus' unless -e "$libraries/citus.so";

my @nodes;
my $coordinator;
my $mapping = q{service => 'product', participant => 'municipality', booked_on => 'day', amount => 'net'};
my @municipalities = qw(east north south west);

# Another server, with Citus.
sub start_citus
{
	my $number = @nodes;
	my $node = start_node("node$number", init => [ allows_streaming => 'logical' ], settings => join "\n",
		q{shared_preload_libraries = 'citus'}, q{listen_addresses = '127.0.0.1'}, q{citus.node_conninfo = 'sslmode=prefer'},
		'max_prepared_transactions = 50', 'max_connections = 60', 'citus.shard_count = 4',
		'citus.enable_statistics_collection = off', 'citus.defer_shard_delete_interval = -1', 'jit = off', '');

	# Where servers ask for it, Citus may decode what is written while it splits a shard.
	if ($node->safe_psql('postgres', "SELECT current_setting('output_plugin_libraries', true)"))
	{
		$node->append_conf('postgresql.conf', "output_plugin_libraries = 'citus, pgoutput'");
		$node->reload;
	}
	$node->safe_psql('postgres', 'CREATE EXTENSION citus');
	push @nodes, $node;
	return $node;
}

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

# Runs SQL on the coordinator.
sub on_coordinator { return $coordinator->safe_psql('postgres', shift); }

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
on_coordinator(q{SELECT citus_set_coordinator_host('127.0.0.1', } . $coordinator->port . ')');
on_coordinator(q{SELECT citus_add_node('127.0.0.1', } . $_->port . ')') foreach @nodes[1, 2];
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
});
is_refused($coordinator, "SELECT steering.attach('finance.copied', $mapping)", '0A000', 'a reference table is attached');
is_refused($coordinator, "SELECT steering.attach('finance.parts', $mapping)", '0A000', 'a distributed table with partitions is attached');
is_refused($coordinator, "SELECT steering.attach('finance.bare', $mapping, stage => 'commitment', reference => 'product')", '0A000', 'orders of a distributed table are attached');
is_refused($coordinator, "SELECT steering.attach_problems('finance.bare', $mapping)", '0A000', 'a dry run of a distributed table');
is_refused($coordinator, "SELECT steering.reattach('finance.line')", '0A000', 'a distributed table is reattached');
is_refused($nodes[1], "SELECT steering.attach(shard_name('finance.bare', shardid), $mapping) FROM pg_dist_shard JOIN pg_dist_placement USING (shardid)"
	. " JOIN pg_dist_local_group USING (groupid) WHERE logicalrelid = 'finance.bare'::regclass", '42809', 'a shard is attached by hand');
on_coordinator("SELECT steering.attach('finance.plain', $mapping)");
($status, $stdout, $stderr) = $coordinator->psql('postgres', "SET citus.enable_unsafe_triggers = on; SELECT create_distributed_table('finance.plain', 'municipality')");
like($stderr, qr/ERROR:  trigger "sp71_steering_\w+" depends on an extension/, 'Citus distributes no source');

# The end.
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
spanning($coordinator, q{SELECT citus_set_coordinator_host('127.0.0.1', } . $coordinator->port . ')');
spanning($coordinator, q{SELECT citus_add_node('127.0.0.1', } . $_->port . ')') foreach @nodes[1, 2];
spanning($coordinator, 'CREATE SCHEMA links; CREATE EXTENSION dblink SCHEMA links; CREATE EXTENSION sp71_steering');
sub connection { return "host=127.0.0.1 dbname=spanning port=" . $_[0]->port . ' user=' . $_[0]->safe_psql('postgres', 'SELECT current_user'); }
spanning($coordinator, qq{
	SELECT steering.scale_out('@{[connection($coordinator)]}');
	SET citus.enable_unsafe_triggers = on;
	SELECT create_reference_table('steering.outbox');
	SELECT steering.add_node('first', '@{[connection($nodes[1])]}');
	SELECT steering.add_node('second', '@{[connection($nodes[2])]}');
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

$_->stop foreach reverse @nodes;
done_testing();
