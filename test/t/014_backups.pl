# Dumps by whom they are made, and how they are made and restored: what comes of each is what the README says.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('backups');
my $folder = PostgreSQL::Test::Utils::tempdir();
my ($host, $port) = ($node->host, $node->port);

sub query { return $node->safe_psql(@_); }

# Runs a client program; whether it succeeded, and what it complained of.
sub client
{
	my (@command) = @_;
	my ($stdout, $stderr);
	my $ok = IPC::Run::run([ $command[0], '-h', $host, '-p', $port, @command[ 1 .. $#command ] ], '>', \$stdout, '2>', \$stderr);

	return ($ok, $stderr);
}

# Makes a dump in the name of a role.
sub dump_as
{
	my ($role, $file, @options) = @_;
	my ($ok, $errors) = client('pg_dump', '-U', $role, '-Fc', '-f', "$folder/$file", @options, 'origin');

	return $ok ? '' : $errors;
}

# Restores dumps into a new database, run by run: [ file, options ]. What was complained of, without warnings.
sub restore
{
	my ($database, @runs) = @_;
	my $complaints = '';

	query('postgres', "CREATE DATABASE $database");
	foreach my $run (@runs)
	{
		my ($file, @options) = @$run;
		my ($ok, $errors) = client('pg_restore', '-d', $database, @options, "$folder/$file");

		$complaints .= join '', map { "$_\n" } grep { /ERROR/ } split /\n/, $errors;
	}
	return $complaints;
}

my $state = q{SELECT service, participant, used FROM steering.cap_status UNION ALL
	SELECT 'bookings', '', count(*) FROM steering.booking UNION ALL
	SELECT 'lines', '', count(*) FROM finance.invoice_line ORDER BY 1, 2};

my $events = 'SELECT event_id, kind, used FROM steering.event ORDER BY 1';

sub is_whole
{
	my ($database) = @_;

	is(query($database, $events), query('origin', $events), "$database: all events are there") unless $database eq 'lost';

	is(query($database, $state), query('origin', $state), "$database: all is there");
	is(query($database, 'SELECT subject, problem FROM steering.health()'), '', "$database: healthy");
	is_verified($node, $database, $database);
	is_booked($node, book('ict.desk', 'north', 1), "$database: books", $database);
	is_refused($node, book('ict.desk', 'north', 30), '23S71', "$database: caps hold", $database);
	is_refused($node, book('ict.no', 'north', 30), '23S73', "$database: mappings hold", $database);
	is_verified($node, "$database, going on", $database);
}

query('postgres', q{CREATE ROLE of_database LOGIN; CREATE ROLE reads_all LOGIN; GRANT pg_read_all_data TO reads_all;
	CREATE DATABASE origin OWNER of_database});
create_registers($node, 'origin');
create_source($node, 'origin');
query('origin', q{
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 100, '10% notify, 100% block');
	GRANT USAGE ON SCHEMA finance TO of_database;
	GRANT SELECT ON ALL TABLES IN SCHEMA finance TO of_database;
	GRANT SELECT ON ALL SEQUENCES IN SCHEMA finance TO of_database;} . book('ict.desk', 'north', 40) . book('ict.network', 'west', 35));

# --- by whom

like(dump_as('of_database', 'owner.dump'), qr/permission denied for (table|sequence)|may lack SELECT privilege/, "the database's owner: not by itself");
query('origin', q{SELECT steering.grant_backup('of_database')});
is(dump_as('of_database', 'owner.dump'), '', "the database's owner, by grant_backup()");
is(restore('by_owner', ['owner.dump']), '', "restored from the dump of the database's owner");
is_whole('by_owner');
is(dump_as('reads_all', 'reads_all.dump'), '', 'a role with pg_read_all_data, without grants');
is(restore('by_reader', ['reads_all.dump']), '', 'restored from the dump of a role that reads all');
is_whole('by_reader');

# --- schema first, and then data

# With triggers off all comes along, but for what mappings were fixed to. It is the same from one dump or from two.
foreach my $from ('one_dump', 'two_dumps')
{
	my @runs = ([ 'owner.dump', '-s' ], [ 'owner.dump', '-a', '--disable-triggers' ]);

	if ($from eq 'two_dumps')
	{
		is(dump_as('of_database', 'schema.dump', '-s'), '', 'schema only');
		is(dump_as('of_database', 'data.dump', '-a'), '', 'data only');
		@runs = (['schema.dump'], [ 'data.dump', '--disable-triggers' ]);
	}
	is(restore($from, @runs), '', "$from: schema, then data with triggers off");
	is(query($from, 'SELECT subject, problem FROM steering.health()'), 'finance.invoice_line|mapping not fixed',
		"$from: health() says what is left to do");
	is(query($from, 'SELECT * FROM steering.fix_mappings()'), '0', "$from: fix_mappings() leaves none");
	is_whole($from);
}

# With triggers on a table whose source is not there yet takes no rows. They are loaded then by themselves.
like(restore('triggers_on', ['schema.dump'], ['data.dump']), qr/table "invoice_line" has booking triggers but is not attached/,
	'schema, then data with triggers on: refused');
is(query('triggers_on', 'SELECT count(*) FROM finance.invoice_line'), '0', 'triggers on: no rows');
like(query('triggers_on', 'SELECT DISTINCT what FROM steering.verify()'), qr/cap/, 'triggers on: verify() tells');
client('pg_restore', '-d', 'triggers_on', '-a', '--disable-triggers', '-n', 'finance', "$folder/data.dump");
query('triggers_on', 'SELECT steering.fix_mappings()');
is_whole('triggers_on');

# Rows that are loaded into an attached table, with triggers on, are counted a second time.
my $data = query('origin', 'SELECT count(*) FROM finance.invoice_line');
is(restore('counted_twice', ['owner.dump']), '', 'a whole restore');
query('counted_twice', 'SET session_replication_role = replica; DELETE FROM finance.invoice_line');
client('pg_restore', '-d', 'counted_twice', '-a', '-n', 'finance', '--disable-triggers', "$folder/data.dump");
is_whole('counted_twice');
query('counted_twice', 'SET session_replication_role = replica; DELETE FROM finance.invoice_line');
query('counted_twice', q{SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000)});
client('pg_restore', '-d', 'counted_twice', '-a', '-n', 'finance', "$folder/data.dump");
is(query('counted_twice', 'SELECT count(*) FROM finance.invoice_line'), $data, 'data alone into an attached table: loaded');
is(query('counted_twice', q{SELECT trim_scale(stored), trim_scale(actual) FROM steering.verify() WHERE what = 'cap' AND measure = 'used'}), '151|75',
	'data alone into an attached table: counted twice, says verify()');
query('counted_twice', 'SELECT steering.repair()');
is_verified($node, 'repair() mends it', 'counted_twice');

# --- without what the extension holds

# Tables come with their triggers, which refuse bookings until the table is attached again.
is(dump_as('of_database', 'without.dump', '-N', 'steering'), '', '-N steering');
is(restore('without', ['without.dump']), '', '-N steering: restored');
is(query('without', 'SELECT count(*) FROM finance.invoice_line'), $data, '-N steering: the rows are there');
is(query('without', 'SELECT count(*) FROM steering.source'), '0', '-N steering: no source is');
is_refused($node, book('ict.desk', 'north', 1), '55000', '-N steering: no booking passes unseen', 'without');
query('without', q{
	INSERT INTO steering.participant (code, parent, name) VALUES ('region', NULL, 'Region'), ('north', 'region', 'North'), ('west', 'region', 'West');
	INSERT INTO steering.service (code, parent, name) VALUES ('ict', NULL, 'ICT'), ('ict.desk', 'ict', 'Desk'), ('ict.network', 'ict', 'Network');
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 100);
	SELECT steering.attach('finance.invoice_line', 'product', 'municipality', 'invoice_date', 'net_amount', 'quantity', $$status <> 'draft'$$)});
is(query('without', q{SELECT trim_scale(used) FROM steering.cap_status}), '75', '-N steering: attached again, the rows count');
is_refused($node, book('ict.desk', 'north', 30), '23S71', '-N steering: caps hold again', 'without');
is_verified($node, '-N steering', 'without');

# --- a table by itself

is(dump_as('of_database', 'table.dump', '-t', 'finance.invoice_line'), '', '-t');
query('postgres', 'CREATE DATABASE lost TEMPLATE by_owner');
query('lost', 'DROP TABLE finance.invoice_line');
client('pg_restore', '-d', 'lost', "$folder/table.dump");
is(query('lost', 'SELECT count(*) FROM finance.invoice_line'), $data, '-t: the table is back');
is(query('lost', q{SELECT count(*) FROM steering.source}), '0', '-t: it is no source any more');
is_refused($node, book('ict.desk', 'north', 1), '55000', '-t: no booking passes unseen', 'lost');
query('lost', q{SELECT steering.attach('finance.invoice_line', 'product', 'municipality', 'invoice_date', 'net_amount', 'quantity', $$status <> 'draft'$$)});
is_whole('lost');

# --- where the extension is not installed

my ($list) = run_command([ 'pg_restore', '-l', "$folder/owner.dump" ]);
append_to_file("$folder/list", join "\n", grep { !/ EXTENSION - / } split /\n/, $list);
my $complaints = restore('plain', [ 'owner.dump', '-L', "$folder/list" ]);
unlike($complaints, qr/invoice_line"? does not exist|COPY failed/, 'no extension: nothing is wrong with the finance table');
is(query('plain', 'SELECT count(*) FROM finance.invoice_line'), $data, 'no extension: its rows are there');
is(query('plain', q{SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'sp71%'}), '0', 'no extension: it has no triggers of ours');
is_booked($node, book('ict.desk', 'nowhere', 1e6), 'no extension: a plain table', 'plain');

$node->stop;
done_testing();
