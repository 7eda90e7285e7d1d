# What is said once on the coordinator concerns many shards: statements over several shards of one node, which share a cap, and the
# functions of a mapping, which are replaced on all nodes.
#
# Runs where the server that PG_CONFIG tells of has Citus; its library is preloaded then, on three servers.
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

my $coordinator = start_citus();
my $parallel = 'SET citus.multi_shard_modify_mode = parallel; SET citus.force_max_query_parallelization = on; ';

sub on_nodes { my ($sql) = @_; return join '', map { $_->safe_psql('postgres', $sql) } @nodes; }

# What is used of the cap over all, and that all nodes agree with their rows.
sub is_used
{
	my ($used, $name) = @_;

	is(on_coordinator(q{SELECT trim_scale(used) FROM steering.cap_status WHERE participant = 'region'}), $used, "$name: what is used");
	is(on_nodes(q{SELECT * FROM steering.verify(); SELECT * FROM steering.health() WHERE problem <> 'bookings outside caps'}), '', "$name: all nodes are in order");
}

# Rows of a table for COPY.
sub copy_file
{
	my ($net) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . '/lines';

	append_to_file($file, join '', map { "$_\t1\tict\t2026-03-15\t$net\n" } qw(east north south west));
	return "\\copy line from $file";
}

start_citus() foreach 1 .. 2;
add_citus('postgres', @nodes[1, 2]);
create_on_citus('postgres');
scale_out_citus('postgres');
on_coordinator(qq{
	INSERT INTO steering.participant (code, parent, name) VALUES ('region', NULL, 'Region'), ('east', 'region', 'East'), ('north', 'region', 'North'),
		('south', 'region', 'South'), ('west', 'region', 'West');
	INSERT INTO steering.service (code, parent, name, unit) VALUES ('ict', NULL, 'ICT', NULL);
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000);
	CREATE FUNCTION part(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 1.0 * \$1';
	CREATE FUNCTION share(net numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN part(net);
});
on_coordinator(q{
	CREATE TABLE line (municipality text, id int, product text NOT NULL, day date NOT NULL, net numeric(14,2) NOT NULL, PRIMARY KEY (municipality, id));
	CREATE TABLE header (municipality text, id int, day date NOT NULL, PRIMARY KEY (municipality, id));
	CREATE TABLE item (municipality text, id int, header_id int NOT NULL, net numeric(14,2) NOT NULL, PRIMARY KEY (municipality, id));
	SELECT create_distributed_table('line', 'municipality'), create_distributed_table('header', 'municipality'), create_distributed_table('item', 'municipality');
});
is(on_coordinator('SELECT * FROM steering.health()'), '', 'nothing is attached');
on_coordinator(q{SELECT steering.attach('line', service => 'product', participant => 'municipality', booked_on => 'day', amount => 'share(net)')});
like(on_coordinator('SELECT * FROM steering.health()'), qr/^database "postgres"\|parallel statements\|[^|]*40P01[^|]*\|ALTER DATABASE postgres SET citus.multi_shard_modify_mode = sequential$/,
	'health() tells that statements book in parallel');
on_coordinator(q{SELECT steering.detach('line');
	SELECT steering.attach_query('SELECT ''ict'' AS service, i.municipality AS participant, h.day AS booked_on, share(i.net) AS amount
		FROM item i JOIN header h ON h.municipality = i.municipality AND h.id = i.header_id')});
like(on_coordinator('SELECT * FROM steering.health()'), qr/parallel statements/, 'of queries, too');
on_coordinator(q{SELECT steering.attach('line', service => 'product', participant => 'municipality', booked_on => 'day', amount => 'share(net)')});

# All four shards on two nodes, so that some node has two of them.
my $four = q{unnest(ARRAY['east', 'north', 'south', 'west']) AS m};
my %statement = (
	'INSERT ... SELECT' => "INSERT INTO line SELECT m, 1, 'ict', '2026-03-15', 1 FROM $four",
	'COPY' => copy_file(1),
);
like(sqlstate_of($coordinator, "$parallel\n$statement{$_}"), qr/40P01|XX000/, "in parallel $_ waits for itself") foreach sort keys %statement;
is(on_coordinator('SELECT count(*) FROM line'), '0', 'and leaves nothing');

on_coordinator('ALTER DATABASE postgres SET citus.multi_shard_modify_mode = sequential');
is_used('0', 'one after the other');
foreach (sort keys %statement)
{
	is(sqlstate_of($coordinator, $statement{$_}), '', "$_ is booked");
	is_used('4', $_);
	is(sqlstate_of($coordinator, 'SET citus.force_max_query_parallelization = on; BEGIN; SELECT sum(net) FROM line; UPDATE line SET net = net + 1; COMMIT'), '', "$_: all rows are changed");
	is_used('8', $_);
	is(sqlstate_of($coordinator, 'SET citus.force_max_query_parallelization = on; DELETE FROM line'), '', "$_: all rows are deleted");
	is_used('0', $_);
}
is(sqlstate_of($coordinator, copy_file(300)), 'XX000', 'COPY over the cap');
is(sqlstate_of($coordinator, "INSERT INTO line SELECT m, 1, 'ict', '2026-03-15', 300 FROM $four"), 'XX000', 'INSERT ... SELECT over the cap');
is_used('0', 'what is over the cap');
on_coordinator(qq{INSERT INTO header SELECT m, 1, '2026-03-15' FROM $four; INSERT INTO item SELECT m, 1, 1, 50 FROM $four});
is_used('200', 'lines of a query');
on_coordinator(q{UPDATE header SET day = '2027-03-15'});
is_used('0', 'headers that all lines have');
on_coordinator(q{UPDATE header SET day = '2026-03-15'});
on_coordinator(qq{INSERT INTO line SELECT m, 1, 'ict', '2026-03-15', 100 FROM $four});
is_used('600', 'both sources');

# What a function comes to is counted anew on all nodes, and judged.
sub replace { my ($name, $body) = @_; return "CREATE OR REPLACE FUNCTION $name RETURNS numeric LANGUAGE sql IMMUTABLE $body"; }

is(sqlstate_of($coordinator, replace('share(net numeric)', 'RETURN part(net) / 2')), '', 'a function is replaced');
is_used('300', 'half');
like(sqlstate_of($coordinator, replace('share(net numeric)', 'RETURN part(net) * 2')), qr/23S71|40001/, 'not by one that is over the cap');
is_used('300', 'still half');
is(sqlstate_of($coordinator, replace('share(net numeric)', 'RETURN part(net)')), '', 'by one that fits');
is_used('600', 'the whole');
is(sqlstate_of($coordinator, 'DROP FUNCTION share(numeric) CASCADE'), '2BP01', 'what is needed cannot be dropped');
$nodes[$_]->safe_psql('postgres', 'SET citus.enable_ddl_propagation = off; ' . replace('share(net numeric)', 'RETURN part(net) / 4')) foreach 1, 2;
is_used('150', 'on nodes alone');
$nodes[$_]->safe_psql('postgres', 'SET citus.enable_ddl_propagation = off; ' . replace('share(net numeric)', 'RETURN part(net)')) foreach 1, 2;
is_used('600', 'on nodes alone, and back');

# One that another calls.
like(sqlstate_of($coordinator, replace('part(numeric)', "AS 'SELECT 3 * \$1'")), qr/23S71|40001/, 'one that another calls, over the cap');
is(sqlstate_of($coordinator, replace('part(numeric)', "AS 'SELECT 0.5 * \$1'")), '', 'and one that is not');
is_used('300', 'by what another calls');

# A shard that moves is followed where it comes to stand.
on_coordinator(qq{SELECT steering.detach('item')});
on_coordinator(sprintf q{SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', %d, 'block_writes') FROM citus_shards
	WHERE table_name = 'line'::regclass AND shardid = get_shard_id_for_distribution_column('line', 'north') AND nodeport <> %1$d}, $nodes[$_]->port) foreach 1, 2;
on_coordinator('CALL citus_cleanup_orphaned_resources()');
is_used('200', 'moved');
is(sqlstate_of($coordinator, replace('part(numeric)', "AS 'SELECT 0.25 * \$1'")), '', 'a function is replaced after that');
is_used('100', 'a shard that was moved');

$_->stop foreach reverse @nodes;
done_testing();
