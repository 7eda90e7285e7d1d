# Servers with Citus, the first of which is the coordinator.
package CitusNodes;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

our @EXPORT = qw(need_citus start_citus add_citus on_coordinator connection_of create_on_citus scale_out_citus @nodes);
our @nodes;

# Skips the test where the server that PG_CONFIG tells of has no Citus.
sub need_citus
{
	chomp(my $libraries = `pg_config --pkglibdir`);
	plan skip_all => 'the server has no Citus' unless -e "$libraries/citus.so";
}

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

# Makes the first server the coordinator, and others its workers, in a database.
sub add_citus
{
	my ($database, @workers) = @_;
	my ($coordinator) = @nodes;

	$coordinator->safe_psql($database, q{SELECT citus_set_coordinator_host('127.0.0.1', } . $coordinator->port . ')');
	$coordinator->safe_psql($database, q{SELECT citus_add_node('127.0.0.1', } . $_->port . ')') foreach @workers;
}

# Runs SQL on the coordinator.
sub on_coordinator
{
	my ($sql, $database) = @_;

	return $nodes[0]->safe_psql($database || 'postgres', $sql);
}

# By which a database of a server is reached.
sub connection_of
{
	my ($node, $database) = @_;

	return "host=127.0.0.1 dbname=$database port=" . $node->port . ' user=' . $node->safe_psql($database, 'SELECT current_user');
}

# Makes the extension, and what it carries changes with, on all servers: Citus does.
sub create_on_citus
{
	my ($database, $version) = @_;

	on_coordinator('CREATE SCHEMA links; CREATE EXTENSION dblink SCHEMA links; CREATE EXTENSION sp71_steering'
		  . ($version ? " VERSION '$version'" : ''), $database);
}

# Has the coordinator and two workers hold the same caps; these are its nodes first and second.
sub scale_out_citus
{
	my ($database) = @_;
	my ($coordinator, $first, $second) = map { connection_of($_, $database) } @nodes[0 .. 2];

	on_coordinator(qq{
		SELECT steering.scale_out('$coordinator');
		SET citus.enable_unsafe_triggers = on;
		SELECT create_reference_table('steering.outbox');
		SELECT steering.add_node('first', '$first');
		SELECT steering.add_node('second', '$second')}, $database);
}

1;
