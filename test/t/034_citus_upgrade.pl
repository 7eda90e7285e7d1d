# A distributed table on three servers with Citus, attached by 0.7.0, while the extension is upgraded: by Citus on all nodes with one
# statement, or on one after the other, in an order. Between the steps what all have booked is counted once, up to the limit.
#
# Runs where the server that PG_CONFIG tells of has Citus; its library is preloaded then.
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
start_citus() foreach 0 .. 2;
my ($coordinator, @workers) = @nodes;
my $old = '0.7.0';
my $update = 'ALTER EXTENSION sp71_steering UPDATE';
my $database;

sub here { my ($node, $sql) = @_; return $node->safe_psql($database, $sql); }
sub booked { my ($municipality, $amount) = @_; return sqlstate_of($coordinator, "INSERT INTO line VALUES ('$municipality', 'ict', '2026-03-15', $amount)", $database); }
sub versions { return join ' ', map { here($_, q{SELECT extversion FROM pg_extension WHERE extname = 'sp71_steering'}) } @nodes; }

# A coordinator and two workers with objects of 0.7.0, a table that is distributed over them, and a cap over all.
sub start_anew
{
	($database) = @_;
	foreach my $node (@nodes)
	{
		$node->safe_psql('postgres', "CREATE DATABASE $database");
		here($node, 'CREATE EXTENSION citus');
	}
	add_citus($database, @workers);
	here($coordinator, "ALTER DATABASE $database SET citus.multi_shard_modify_mode = sequential");
	create_on_citus($database, $old);
	is(versions(), "$old $old $old", 'Citus makes the extension on all nodes');
	scale_out_citus($database);
	here($coordinator, qq{
		INSERT INTO steering.participant (code, parent, name) VALUES ('region', NULL, 'Region'), ('north', 'region', 'North'), ('west', 'region', 'West');
		INSERT INTO steering.service (code, parent, name, unit) VALUES ('ict', NULL, 'ICT', NULL);
		SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000);
		CREATE TABLE line (municipality text NOT NULL, product text NOT NULL, day date NOT NULL, net numeric(14,2) NOT NULL);
		SELECT create_distributed_table('line', 'municipality');
		CREATE FUNCTION share(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 1.0 * \$1';
		SELECT steering.attach('line', service => 'product', participant => 'municipality', booked_on => 'day', amount => 'share(net)')});
	my @places = map { my $port = $_->[1]->port; qq{SELECT citus_move_shard_placement(shardid, nodename, nodeport, '127.0.0.1', $port, 'block_writes')
		FROM citus_shards WHERE shardid = get_shard_id_for_distribution_column('line', '$_->[0]') AND nodeport <> $port} } [ 'north', $workers[0] ], [ 'west', $workers[1] ];
	here($coordinator, join '; ', @places, 'CALL citus_cleanup_orphaned_resources()');
}

# What a function of the mapping comes to is followed on the nodes, too; former versions did not know there that it is needed.
sub follow_function
{
	here($coordinator, q{DELETE FROM line; INSERT INTO line SELECT m, 'ict', '2026-03-15', 100 FROM unnest(ARRAY['north', 'west']) AS m});
	here($coordinator, "CREATE OR REPLACE FUNCTION share(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $_ * \$1'") foreach '0.5', '1.0';
	is(join('', map { here($_, 'SELECT * FROM steering.verify()') } @nodes), '', 'a function of the mapping is replaced');
	like(sqlstate_of($coordinator, q{CREATE OR REPLACE FUNCTION share(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 20 * $1'}, $database), qr/23S71|40001/, 'not by one that is over the cap');
}

# Both workers book, up to the limit and no further; an act reaches all.
sub go_on
{
	my ($name) = @_;
	my $limit = here($coordinator, 'SELECT trim_scale(amount::numeric) + 10 FROM steering.cap');

	here($coordinator, "SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', $limit)");
	is(join(' ', map { here($_, 'SELECT trim_scale(amount::numeric) FROM steering.cap') } @nodes), "$limit $limit $limit", "$name: an act reaches all nodes");
	here($coordinator, 'DELETE FROM line');
	is(booked('north', 300), '', "$name: one node books");
	is(booked('west', $limit - 300), '', "$name: another, what the first was lent too");
	is(booked($_, 0.01), '23S71', "$name: all is used: $_") foreach qw(north west);
	is(here($coordinator, 'SELECT trim_scale(used) FROM steering.cap_status'), $limit, "$name: each booking counts once");
	is(join('', map { here($_, 'SELECT * FROM steering.verify()') } @nodes), '', "$name: verify() finds no difference");
}

my $new = $coordinator->safe_psql('postgres', q{SELECT default_version FROM pg_available_extensions WHERE name = 'sp71_steering'});

start_anew('at_once');
go_on('before');
is(sqlstate_of($coordinator, $update, $database), '', 'Citus upgrades with the coordinator');
is(versions(), "$new $new $new", 'all nodes');
go_on('after');
follow_function();

start_anew('one_by_one');
go_on('before');
foreach my $step ([ 1, "$old $new $old" ], [ 0, "$new $new $old" ], [ 2, "$new $new $new" ])
{
	my ($n, $versions) = @$step;

	here($nodes[$n], "SET citus.enable_ddl_propagation = off; $update");
	is(versions(), $versions, "server $n is upgraded by itself");
	go_on("then server $n");
}
follow_function();
is(join('', map { here($_, 'SELECT * FROM steering.health()') } @nodes), '', 'nothing is wrong');

$_->stop foreach reverse @nodes;
done_testing();
