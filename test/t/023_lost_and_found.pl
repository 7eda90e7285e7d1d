# Tables of sources that are dropped and come back: by pg_restore, by pg_dump and psql, and in a database that was restored.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('lost');
my $folder = PostgreSQL::Test::Utils::tempdir();
my @server = ('-h', $node->host, '-p', $node->port);

sub query { return $node->safe_psql(@_); }

# Runs a client program. What it complained of, without warnings.
sub errors_of
{
	my (@command) = @_;
	my ($stdout, $stderr);

	IPC::Run::run([ $command[0], @server, @command[ 1 .. $#command ] ], '>', \$stdout, '2>', \$stderr);
	return join '', map { "$_\n" } grep { /ERROR/i } split /\n/, $stderr;
}

# The table of the source is dropped and comes back. What was complained of.
sub lose_and_restore
{
	my ($database, @command) = @_;

	query($database, 'DROP TABLE finance.invoice_line');
	is(used($node, 'ict', 'region', 'budget', $database), '0', "$database: without its table it counts nowhere");
	return errors_of($command[0], '-d', $database, @command[ 1 .. $#command ]);
}

# The table is a source as it was before.
sub is_found
{
	my ($database, $name) = @_;

	is(query($database, 'SELECT subject, problem FROM steering.health()'), '', "$name: healthy");
	is(used($node, 'ict', 'region', 'budget', $database), '75', "$name: its rows count");
	# pg_restore -t brings no identity.
	is_refused($node, q{INSERT INTO finance.invoice_line (line_id, product, municipality, invoice_date, net_amount)
		VALUES (1000, 'ict.desk', 'north', '2026-03-01', 30)}, '23S71', "$name: caps hold", $database);
	is_verified($node, $name, $database);
	is(query($database, 'SELECT kind FROM steering.source_event ORDER BY event_id DESC LIMIT 1'), 'found', "$name: the event");
}

my $told = 'SELECT subject, problem FROM steering.health()';

query('postgres', 'CREATE ROLE bookkeeper LOGIN');
create_database($node, 'origin');
create_registers($node, 'origin');
create_source($node, 'origin');
query('origin', q{
	ALTER TABLE finance.invoice_line OWNER TO bookkeeper;
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 100);} . book('ict.desk', 'north', 40) . book('ict.network', 'west', 35));
$node->command_ok([ 'pg_dump', @server, '-Fc', '-f', "$folder/whole.dump", 'origin' ], 'a dump of the database');
$node->command_ok([ 'pg_dump', @server, '-Fc', '-t', 'finance.invoice_line', '-f', "$folder/table.dump", 'origin' ], 'a dump of the table');
$node->command_ok([ 'pg_dump', @server, '-t', 'finance.invoice_line', '-f', "$folder/table.sql", 'origin' ], 'the same as SQL');

# --- the warning

my $start = -s $node->logfile;

query('postgres', 'CREATE DATABASE warned TEMPLATE origin');
my (undef, undef, $warning) = $node->psql('warned', 'DROP SCHEMA finance CASCADE', extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($warning, qr/WARNING:  01S71: source "finance.invoice_line" is lost/, 'SQLSTATE of the warning');
like($warning, qr/SCHEMA NAME:  finance\nTABLE NAME:  invoice_line\n/, 'its fields');
like(slurp_file($node->logfile, $start), qr/WARNING:  source "finance.invoice_line" is lost/, 'it is in the log');

# --- pg_restore -t brings the table without triggers, a dump of the table with them

foreach my $way ([ 'by_hand', 'off' ], [ 'at_once', 'on' ])
{
	my ($database, $setting) = @$way;

	query('postgres', "CREATE DATABASE $database TEMPLATE origin; ALTER DATABASE $database SET sp71_steering.attach_again = $setting");
	is(lose_and_restore($database, 'pg_restore', '-t', 'invoice_line', '-n', 'finance', "$folder/whole.dump"), '', "$database: pg_restore -t");
	if ($setting eq 'off')
	{
		is(query($database, $told), 'finance.invoice_line|not attached', "$database: health() tells of it");
		query($database, q{SELECT steering.reattach('finance.invoice_line')});
	}
	is_found($database, "$database, pg_restore -t");
}

is(lose_and_restore('by_hand', 'pg_restore', "$folder/table.dump"), '', 'a dump of the table: restored');
is(query('by_hand', "$told ORDER BY 2"), "finance.invoice_line|not attached\nfinance.invoice_line|triggers without source",
	'a dump of the table: health() tells of it');
is_refused($node, book('ict.desk', 'north', 1), '55000', 'a dump of the table: no booking passes unseen', 'by_hand');
query('by_hand', q{SELECT steering.reattach('finance.invoice_line')});
is_found('by_hand', 'a dump of the table');

# At once it has its triggers before the dump makes them: an error each, which costs nothing.
my $double = lose_and_restore('at_once', 'psql', '-Xq', '-f', "$folder/table.sql");
my $triggers = query('at_once', q{SELECT count(*) FROM pg_trigger WHERE tgrelid = 'finance.invoice_line'::regclass AND tgname LIKE 'sp71%'});
is(scalar(() = $double =~ /trigger "sp71_steering_\w+" for relation "invoice_line" already exists/g), $triggers, 'a dump of the table, attached at once: its triggers are there');
is(scalar(() = $double =~ /ERROR/g), $triggers, 'a dump of the table, attached at once: nothing else is wrong');
is_found('at_once', 'a dump of the table, attached at once');

# --- what the events hold is in a dump, by names

query('at_once', 'DROP TABLE finance.invoice_line');
$node->command_ok([ 'pg_dump', @server, '-Fc', '-f', "$folder/lost.dump", 'at_once' ], 'a dump without the table');
query('postgres', 'CREATE DATABASE elsewhere');
query('elsewhere', 'CREATE TABLE moves_numbers (id integer)');
is(errors_of('pg_restore', '-d', 'elsewhere', "$folder/lost.dump"), '', 'restored');
is(query('elsewhere', 'SELECT event_id, kind, relation, owner, mapping, role_name, acted_as, recorded_at FROM steering.source_event ORDER BY 1'),
	query('at_once', 'SELECT event_id, kind, relation, owner, mapping, role_name, acted_as, recorded_at FROM steering.source_event ORDER BY 1'),
	'all events are there');
is(errors_of('pg_restore', '-d', 'elsewhere', '-t', 'invoice_line', '-n', 'finance', "$folder/whole.dump"), '', 'and the table');
is(query('elsewhere', $told), 'finance.invoice_line|not attached', 'health() tells of it there');
query('elsewhere', q{SELECT steering.reattach('finance.invoice_line')});
is_found('elsewhere', 'in another database');

# A whole restore is none of this, also where the setting is on.
query('postgres', 'CREATE DATABASE whole; ALTER DATABASE whole SET sp71_steering.attach_again = on');
is(errors_of('pg_restore', '-d', 'whole', "$folder/whole.dump"), '', 'a whole restore with the setting on');
is(query('whole', $told), '', 'a whole restore: healthy');
is(query('whole', 'SELECT string_agg(kind, $$,$$ ORDER BY event_id) FROM steering.source_event'), 'attached', 'a whole restore: the events of then');
is(used($node, 'ict', 'region', 'budget', 'whole'), '75', 'a whole restore: its rows count once');

# A source that was restored without its table is found, or detached, once.
foreach my $end ([ 'tied', 'found', q{CREATE SCHEMA IF NOT EXISTS finance}, q{SELECT steering.reattach('finance.invoice_line')} ],
	[ 'ended', 'detached', q{SELECT}, q{SELECT steering.detach_missing('finance.invoice_line')} ])
{
	my ($database, $kind, $before, $call) = @$end;

	query('postgres', "CREATE DATABASE $database");
	is(errors_of('pg_restore', '-d', $database, '-N', 'finance', "$folder/whole.dump"), '', "$database: restored without the table");
	query($database, $before);
	errors_of('pg_restore', '-d', $database, '-t', 'invoice_line', '-n', 'finance', "$folder/whole.dump") if $kind eq 'found';
	query($database, $call);
	is(query($database, 'SELECT string_agg(kind, $$,$$ ORDER BY event_id) FROM steering.source_event'), "attached,$kind", "$database: one event");
	is_verified($node, $database, $database);
}

$node->stop;
done_testing();
