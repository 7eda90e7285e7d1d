# The tables of queries are distributed, filled and their queries attached in any order: all end in the same counters, up to the limit of a
# cap over the nodes. distribute() does it while the queries are attached, for all their tables, or leaves all as it was.
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

sub on_coordinator { return $coordinator->safe_psql('postgres', shift); }
sub on_nodes { my ($sql) = @_; return map { $_->safe_psql('postgres', $sql) } @nodes; }

# What a statement says as an error on the coordinator.
sub said { my ($sql) = @_; return ($coordinator->psql('postgres', $sql))[2]; }

# By which a node is reached.
sub connection { my ($node) = @_; return "host=127.0.0.1 dbname=postgres port=" . $node->port . ' user=' . $node->safe_psql('postgres', 'SELECT current_user'); }

start_citus() foreach 1 .. 2;
add_citus('postgres', @nodes[1, 2]);
on_coordinator('CREATE SCHEMA links; CREATE EXTENSION dblink SCHEMA links; CREATE EXTENSION sp71_steering');
on_coordinator(qq{
	SELECT steering.scale_out('@{[connection($coordinator)]}');
	SET citus.enable_unsafe_triggers = on;
	SELECT create_reference_table('steering.outbox');
	SELECT steering.add_node('first', '@{[connection($nodes[1])]}');
	SELECT steering.add_node('second', '@{[connection($nodes[2])]}');
	INSERT INTO steering.participant (code, parent, name) VALUES ('region', NULL, 'Region'), ('east', 'region', 'East'), ('north', 'region', 'North'),
		('south', 'region', 'South'), ('west', 'region', 'West');
	INSERT INTO steering.service (code, parent, name, unit) VALUES ('ict', NULL, 'ICT', NULL), ('hr', NULL, 'HR', NULL);
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1100);
	CREATE TABLE here (municipality text NOT NULL, net numeric(14,2) NOT NULL);
	SELECT steering.attach('here', service => \$\$'ict'\$\$, participant => 'municipality', booked_on => \$\$date '2026-03-15'\$\$, amount => 'net');
});

my $bookings = q{SELECT p.service AS service, l.municipality AS participant, h.day AS booked_on, l.net AS amount
	FROM line l JOIN header h ON h.town = l.municipality AND h.id = l.header_id JOIN product p ON p.code = l.product WHERE h.status = 'approved'};
my $total = "SELECT coalesce(sum(amount), 0)::numeric(14,2) FROM ($bookings) AS booked WHERE service = 'ict'";

# The tables, with foreign keys between them, empty. A column that was dropped, of which nodes know nothing.
sub create_tables
{
	on_coordinator(q{DROP TABLE IF EXISTS line});
	on_coordinator(q{
		DROP TABLE IF EXISTS header, product;
		CREATE TABLE product (code text PRIMARY KEY, service text NOT NULL);
		INSERT INTO product VALUES ('laptop', 'ict'), ('course', 'hr');
		CREATE TABLE header (town text, gone integer, id int, day date NOT NULL, status text NOT NULL, PRIMARY KEY (town, id));
		ALTER TABLE header DROP gone;
		CREATE TABLE line (id int, municipality text, header_id int NOT NULL, product text NOT NULL REFERENCES product, net numeric(14,2) NOT NULL,
			PRIMARY KEY (municipality, id), FOREIGN KEY (municipality, header_id) REFERENCES header);
		CREATE INDEX ON line (municipality, header_id);
	});
}

my %step = (
	attach => sub { on_coordinator("SELECT steering.attach_query(\$\$$bookings\$\$)") },
	fill => sub {
		on_coordinator(q{
			INSERT INTO header SELECT code, n, '2026-03-15', CASE n WHEN 3 THEN 'draft' ELSE 'approved' END
				FROM steering.participant, generate_series(1, 3) AS n WHERE parent IS NOT NULL});
		on_coordinator("INSERT INTO line SELECT n, '$$_[0]', 1 + n % 3, CASE WHEN n > $$_[1] * 3 / 2 THEN 'course' ELSE 'laptop' END, 5
			FROM generate_series(1, $$_[1] * 2) AS n") foreach [ north => 60 ], [ west => 100 ], [ east => 40 ], [ south => 20 ];
	},
	distribute => sub {
		my $is_query = on_coordinator('SELECT count(*) FROM steering.query');
		on_coordinator($is_query ? "SELECT steering.distribute('line', 'municipality')" : q{
			SET citus.enable_local_reference_table_foreign_keys = off;
			SELECT create_reference_table('product'); SELECT create_distributed_table('header', 'town');
			SELECT create_distributed_table('line', 'municipality', colocate_with => 'header')});
	});

sub counted
{
	return sprintf '%.2f', eval join ' + ',
	  on_nodes(q{SELECT coalesce(sum(used::numeric), 0) FROM steering.cap_counter JOIN steering.cap USING (cap_id) WHERE metric = 'budget'});
}

# Each booking counts once, where it stands.
sub is_whole
{
	my ($name) = @_;

	is(join('', on_nodes('SELECT * FROM steering.verify(); SELECT * FROM steering.health()')), '', "$name: all nodes are in order");
	is(counted(), on_coordinator($total), "$name: each booking counts once");
	is(on_coordinator('SELECT used::numeric(14,2) FROM steering.cap_status'), on_coordinator($total), "$name: the coordinator says so");
}

# How each table is distributed.
sub placed { return on_coordinator(q{SELECT string_agg(concat_ws(' ', table_name, citus_table_type, distribution_column, shard_count), ', ' ORDER BY table_name::text) FROM citus_tables
	WHERE table_name IN ('line'::regclass, 'header'::regclass, 'product'::regclass)}); }

foreach my $order ('distribute, attach, fill', 'distribute, fill, attach', 'attach, distribute, fill', 'attach, fill, distribute',
	'fill, attach, distribute', 'fill, distribute, attach')
{
	create_tables();
	$step{$_}->() foreach split /, /, $order;
	is(on_coordinator($total), '1100.00', "$order: up to the limit");
	is_whole($order);
	is(placed(), 'header distributed town 4, line distributed municipality 4, product reference <none> 1', "$order: all are distributed");
	is_refused($coordinator, "INSERT INTO line VALUES (1000, '$_', 1, 'laptop', 0.01)", '23S71', "$order: $_, over the cap") foreach qw(north west);
	is_refused($coordinator, "INSERT INTO here VALUES ('north', 0.01)", '23S71', "$order: on the coordinator");
	on_coordinator(q{UPDATE line SET net = net - 1 WHERE municipality = 'north'; INSERT INTO line VALUES (1000, 'west', 1, 'laptop', 60)});
	is_refused($coordinator, "INSERT INTO line VALUES (1000, 'north', 1, 'laptop', 0.01)", '23S71', "$order: what one node has let go the other has used");
	on_coordinator(q{UPDATE header SET status = 'draft' WHERE town = 'west' AND id = 1});
	is_whole("$order, then booked");
}

done_testing();
