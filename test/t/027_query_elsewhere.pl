# Queries of bookings that come from elsewhere: from a database of 0.5.0, from pg_dump -t, from pg_upgrade. One of them
# joins a table twice.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $folder = PostgreSQL::Test::Utils::tempdir();
my $node = start_node('query_elsewhere');
my $bookings = "SELECT string_agg(format('%s:%s/%s/%s', id, service, participant, amount), ' ' ORDER BY id) FROM finance.entry_booking";
my $header = "SELECT string_agg(format('%s:%s/%s', id, service, amount), ' ' ORDER BY id) FROM finance.entry_header";
my $health = 'SELECT subject, problem FROM steering.health() ORDER BY 1, 2';
my $used = 'SELECT trim_scale(used) FROM steering.cap_status';

# A database with two queries; in the first of them accounts stand twice.
sub create_queries
{
	my ($on, $database, $version) = @_;

	create_database($on, $database);
	$on->safe_psql($database, 'CREATE EXTENSION sp71_steering' . ($version ? " VERSION '$version'" : ''));
	$on->safe_psql(
		$database, q{
		INSERT INTO steering.participant (code, name) VALUES ('north', 'North'), ('south', 'South');
		INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT'), ('hr', 'HR');
		CREATE SCHEMA finance;
		CREATE TABLE finance.account (id integer PRIMARY KEY, code text, town text);
		CREATE TABLE finance.document (id integer PRIMARY KEY, day date, state text);
		CREATE TABLE finance.entry (id integer PRIMARY KEY, document_id integer, debit integer, credit integer, net numeric);
		CREATE INDEX ON finance.entry (document_id);
		CREATE INDEX ON finance.entry (debit);
		CREATE INDEX ON finance.entry (credit);
		INSERT INTO finance.account VALUES (1, 'ict', 'north'), (2, 'hr', 'south'), (3, 'ict', 'south');
		INSERT INTO finance.document VALUES (1, '2026-03-01', 'posted'), (2, '2026-03-01', 'draft');
		INSERT INTO finance.entry VALUES (1, 1, 1, 2, 40), (2, 1, 2, 1, 7), (3, 2, 3, 3, 500);
		SELECT steering.set_cap('ict', 'south', 'budget', '[2026-01-01,2027-01-01)', 100)});
	attach_queries($on, $database);
}

# Attaches both queries.
sub attach_queries
{
	my ($on, $database) = @_;

	$on->safe_psql(
		$database, q{
		SELECT steering.attach_query('SELECT d.code AS service, c.town AS participant, h.day AS booked_on, e.net AS amount
			FROM finance.entry e JOIN finance.document h ON h.id = e.document_id
			LEFT JOIN finance.account d ON d.id = e.debit LEFT JOIN finance.account c ON c.id = e.credit WHERE h.state = ''posted''');
		SELECT steering.attach_query('SELECT a.code AS service, a.town AS participant, h.day AS booked_on, e.net AS amount
			FROM finance.entry e JOIN finance.document h ON h.id = e.document_id JOIN finance.account a ON a.id = e.debit
			WHERE h.state = ''posted''', stage => 'commitment', name => 'entry_header')});
}

# What create_queries() comes to, and that it goes on: every table of it books, and caps hold.
sub check_queries
{
	my ($on, $database, $name) = @_;

	is($on->safe_psql($database, $bookings), '1:ict/south/40 2:hr/north/7', "$name: what is booked");
	is($on->safe_psql($database, $header), '1:ict/40 2:hr/7', "$name: by the other query");
	is($on->safe_psql($database, $used), '40', "$name: what is used");
	is_verified($on, $name, $database);
	is_refused($on, "UPDATE finance.document SET state = 'posted'", '23S71', "$name: a document is posted", $database);
	is_refused($on, 'UPDATE finance.entry SET net = 100.01 WHERE id = 1', '23S71', "$name: an entry", $database);
	is_refused($on, q{UPDATE finance.account SET code = 'nothing' WHERE id = 1}, '23S73', "$name: an account", $database);
	is_refused($on, 'DELETE FROM finance.entry_booking', '55000', "$name: a booking table by hand", $database);
	is_booked($on, q{BEGIN; UPDATE finance.account SET code = 'hr' WHERE id = 1; UPDATE finance.account SET town = 'north' WHERE id = 2;
		DELETE FROM finance.entry WHERE id = 2; COMMIT}, "$name: accounts change by both places", $database);
	is($on->safe_psql($database, $bookings), '1:hr/north/40', "$name: and are followed");
	is($on->safe_psql($database, $header), '1:hr/40', "$name: by the other query");
	is($on->safe_psql($database, $used), '0', "$name: under the cap");
	is_verified($on, "$name, going on", $database);
	is_booked($on, q{ALTER TABLE finance.account ADD COLUMN note text; ALTER TABLE finance.account RENAME TO ledger;
		CREATE INDEX ON finance.ledger (town)}, "$name: DDL goes on", $database);
	is_refused($on, 'ALTER TABLE finance.ledger DROP COLUMN town', '2BP01', "$name: what it reads", $database);
	is_refused($on, 'DROP TABLE finance.ledger', '2BP01', "$name: what it joins", $database);
	is($on->safe_psql($database, $health), '', "$name: healthy");
}

# --- from 0.5.0

create_queries($node, 'old', '0.5.0');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$folder/old.dump", 'old' ], 'pg_dump of 0.5.0');
my $session = open_session($node, 'old');
# The update waits for who has booked.
run_in($session, 'BEGIN; SAVEPOINT old; INSERT INTO finance.entry VALUES (4, 1, 1, 2, 5); UPDATE finance.account SET code = code; ROLLBACK TO old');
$node->safe_psql('old', q{SET lock_timeout = '20s'; ALTER EXTENSION sp71_steering UPDATE});
is((run_in($session, 'INSERT INTO finance.entry VALUES (4, 1, 1, 2, 5); DELETE FROM finance.entry WHERE id = 4; COMMIT'))[1], '',
	'updated: a transaction that was open goes on');
close_session($session);
check_queries($node, 'old', 'updated');
create_database($node, 'restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'restored', "$folder/old.dump" ], 'pg_restore of a dump of 0.5.0');
check_queries($node, 'restored', 'a dump of 0.5.0');

# --- pg_dump -t

create_queries($node, 'origin');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$folder/tables.dump", map({ ('-t', "finance.$_") } qw(account document entry entry_booking entry_header)), 'origin' ],
	'pg_dump -t of all tables');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$folder/lines.dump", '-t', 'finance.entry', 'origin' ], 'pg_dump -t of the first table');

# Restores a dump into a database; what pg_restore complained of.
sub restore_tables
{
	my ($database, $file) = @_;
	my ($stdout, $stderr);

	IPC::Run::run([ 'pg_restore', '-h', $node->host, '-p', $node->port, '-d', $database, "$folder/$file" ], '>', \$stdout, '2>', \$stderr);
	return $stderr;
}

create_database($node, 'plain');
$node->safe_psql('plain', 'CREATE SCHEMA finance');
restore_tables('plain', 'tables.dump');
is($node->safe_psql('plain', 'SELECT (SELECT count(*) FROM finance.entry), (SELECT count(*) FROM finance.entry_booking)'), '3|2', '-t, no extension: all rows are there');
is_booked($node, 'DELETE FROM finance.entry_booking; UPDATE finance.entry SET net = 1000000', '-t, no extension: plain tables', 'plain');

create_database($node, 'other');
$node->safe_psql('other', q{CREATE EXTENSION sp71_steering; CREATE SCHEMA finance;
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North'), ('south', 'South');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT'), ('hr', 'HR')});
is(restore_tables('other', 'tables.dump'), '', '-t, with the extension: no errors');
is($node->safe_psql('other', 'SELECT (SELECT count(*) FROM finance.entry), (SELECT count(*) FROM finance.entry_booking)'), '3|2', '-t, with the extension: all rows are there');
is_booked($node, 'UPDATE finance.entry SET net = net', '-t, with the extension: lines can be written', 'other');
is($node->safe_psql('other', $health), "finance.entry_booking|triggers without source\nfinance.entry_header|triggers without source", '-t, with the extension: what is left over');
is_booked($node, q{DROP TABLE finance.entry_booking, finance.entry_header;
	SELECT steering.set_cap('ict', 'south', 'budget', '[2026-01-01,2027-01-01)', 100)}, '-t, with the extension: it goes', 'other');
attach_queries($node, 'other');
check_queries($node, 'other', '-t, with the extension, attached');

# The first table is dropped, and comes back: its queries went with it.
create_queries($node, 'dropped');
$node->safe_psql('dropped', 'DROP TABLE finance.entry');
is($node->safe_psql('dropped', q{SELECT count(*) FROM steering.source}), '0', '-t of a dropped table: its queries went with it');
is(restore_tables('dropped', 'lines.dump'), '', '-t of a dropped table: no errors');
is_booked($node, 'UPDATE finance.entry SET net = net; UPDATE finance.account SET code = code', '-t of a dropped table: it can be written', 'dropped');
attach_queries($node, 'dropped');
check_queries($node, 'dropped', '-t of a dropped table, attached');

$node->stop;

# --- pg_upgrade, to the same release; test/matrix/upgrade.sh goes to others

my $before = start_node('before');
my $after = PostgreSQL::Test::Cluster->new('after');
my $programs = $before->config_data('--bindir');

create_queries($before, 'origin');
$before->stop;
$after->init;
command_ok([
		'pg_upgrade', '--no-sync', '--username', scalar getpwuid($<), '--old-datadir', $before->data_dir, '--new-datadir', $after->data_dir,
		'--old-bindir', $programs, '--new-bindir', $programs, '--socketdir', $after->host, '--old-port', $before->port, '--new-port', $after->port ],
	'pg_upgrade');
$after->start;
is($after->safe_psql('origin', $health), join("\n", map { "finance.$_ not fixed" } 'entry_booking|mapping', 'entry_booking|query', 'entry_header|mapping', 'entry_header|query'),
	'pg_upgrade: what there is to do');
is($after->safe_psql('origin', 'SELECT steering.fix_mappings()'), '0', 'pg_upgrade: fixed');
check_queries($after, 'origin', 'pg_upgrade');
$after->stop;
done_testing();
