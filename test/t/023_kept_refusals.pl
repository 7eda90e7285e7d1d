# Refusals are kept although what was refused is rolled back: by a worker, or in the server's log; and shown to whom they
# are for.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('refusals', settings => 'max_worker_processes = 8');

create_database($node, 'kept', 'sp71_steering.record_refusals' => q{'table'});
create_registers($node, 'kept');
create_source($node, 'kept');

sub query { return $node->safe_psql('kept', @_); }

# Waits until so many refusals are in the table.
sub await_refusals
{
	my ($count, $name) = @_;

	ok($node->poll_query_until('kept', "SELECT count(*) = $count FROM steering.refusal_log"), "$name: $count kept");
}

# Whether the worker has gone.
sub await_no_worker
{
	my ($name) = @_;

	ok($node->poll_query_until('postgres', q{SELECT NOT EXISTS (SELECT FROM pg_stat_activity
		WHERE backend_type = 'sp71_steering refusals')}), "$name: the worker has ended");
}

my $cap = query(q{SELECT steering.set_cap('ict', 'north', 'budget', '[2026-01-01,2027-01-01)', 100)});

query(q{SELECT steering.set_cap('hr', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000);
	UPDATE steering.service SET require_cap = true WHERE code = 'hr.pay';
	SELECT steering.close_period('2025-01', 'done');
	CREATE ROLE clerk LOGIN; CREATE ROLE north_reader LOGIN; CREATE ROLE south_reader LOGIN;
	GRANT USAGE ON SCHEMA finance TO clerk; GRANT INSERT ON finance.invoice_line TO clerk;
	UPDATE steering.participant SET reader = code || '_reader' WHERE code IN ('north', 'south')});

# The clerk is refused and gone at once: the worker, which his refusal starts, finds it all the same.
my $clerk = $node->connstr('kept') . ' user=clerk application_name=invoices';

sub as_clerk
{
	my ($sql) = @_;
	my ($stdout, $stderr);

	IPC::Run::run([ 'psql', '-X', '-q', '-d', $clerk, '-c', $sql ], '>', \$stdout, '2>', \$stderr);
	return $stderr;
}

like(as_clerk(book('ict.desk', 'north', 130.5)), qr/is exceeded/, 'a cap refuses');
await_refusals(1, 'by a cap');
is(query(q{SELECT kind, sqlstate, cap_id, metric, source, service, participant, asked, too_much, session_name, role_name,
		application_name, refused_at BETWEEN now() - interval '1 minute' AND now() FROM steering.refusal}),
	"cap|23S71|$cap|budget|finance.invoice_line|ict|north|130.5000|30.5000|clerk|clerk|invoices|t", 'it says who, what, where');

like(as_clerk(book('ict.desk', 'south', 1, '2025-01-15')), qr/is closed/, 'a closed period refuses');
like(as_clerk(book('ict.moon', 'north', 1)), qr/is unknown/, 'an unknown code is refused');
like(as_clerk(book('ict.desk', 'mars', 1)), qr/is unknown/, 'an unknown participant is refused');
like(as_clerk(book('hr.pay', 'west', 1, '2027-02-01')), qr/requires a budget cap/, 'without a cap');
await_refusals(5, 'of every kind');
is(query('SELECT kind, sqlstate, service, participant, booked_on, asked FROM steering.refusal WHERE refusal_id > 1 ORDER BY 1, 3'),
	join("\n", 'closed period|23S74|ict.desk|south||', 'no cap|23S71|hr.pay|west|2027-02-01|', 'unknown key|23S73|ict.moon|||',
		'unknown key|23S73||mars||'), 'what each of them says');
is(query(q{SELECT used FROM steering.cap_status WHERE cap_id = } . $cap), '0.0000', 'nothing was booked');

# Who sees what.
sub seen_by
{
	my ($role) = @_;

	return $node->safe_psql('kept', 'SELECT kind, participant, asked, too_much FROM steering.refusal ORDER BY 1, 2',
		extra_params => [ '-U', $role ]);
}

is(seen_by('north_reader'), 'cap|north|130.5000|30.5000', 'a reader sees those of its participant');
is(seen_by('south_reader'), 'closed period|south||', 'and no other');
is(seen_by('clerk'), join("\n", 'cap|north||', 'closed period|south||', 'no cap|west||', 'unknown key|mars||', 'unknown key|||'),
	'who was refused sees his own, without figures');
isnt(($node->psql('kept', 'SELECT * FROM steering.refusal_log', extra_params => [ '-U', 'clerk' ]))[0], 0, 'the table is not for all');
like(as_clerk("SET sp71_steering.record_refusals = 'off'; " . book('ict.desk', 'north', 131)), qr/is exceeded/, 'who would hide it');
await_refusals(6, 'not hidden');

# Several caps in one statement, one that is caught, one at the commit; a dry run and a refused command are none.
query(q{SELECT steering.set_cap('ict.desk', 'north', 'budget', '[2026-01-01,2027-01-01)', 50)});
like(as_clerk(book('ict.desk', 'north', 120)), qr/is exceeded/, 'two caps refuse');
await_refusals(8, 'by two caps');
query(q{DO $$BEGIN INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount)
	VALUES ('ict.network', 'north', '2026-03-01', 101); EXCEPTION WHEN integrity_constraint_violation THEN NULL; END$$});
await_refusals(9, 'caught');
like(as_clerk('SET sp71_steering.check_at = commit; BEGIN; ' . book('ict.network', 'north', 60) . book('ict.network', 'north', 60) . 'COMMIT'),
	qr/is exceeded/, 'at the commit');
await_refusals(10, 'at the commit');
is(query('SELECT asked, too_much FROM steering.refusal ORDER BY refusal_id DESC LIMIT 1'), '120.0000|20.0000', 'the net effect');
query(q{SELECT * FROM steering.check_booking('ict.desk', 'north', '2026-03-01', 1000, 0)});
isnt(($node->psql('kept', "SELECT steering.set_cap('ict', 'north', 'budget', '[2026-01-01,2027-01-01)', -1)"))[0], 0, 'a command fails');

# The worker ends by itself, and the next refusal finds another one.
await_no_worker('idle');
like(as_clerk(book('ict.network', 'north', 101)), qr/is exceeded/, 'after that');
await_refusals(11, 'by another worker');

# A session that has a queue, of which the worker has ended.
my $session = open_session($node, 'kept');

run_in($session, book('ict.network', 'north', 102));
await_refusals(12, 'an open session');
await_no_worker('an open session');
run_in($session, book('ict.network', 'north', 103));
await_refusals(13, 'the same session');

# Two sessions share a worker.
run_in($session, book('ict.network', 'north', 104));
as_clerk(book('ict.network', 'north', 105));
await_refusals(15, 'two sessions');
close_session($session);

# No more than so many are kept.
$node->safe_psql('postgres', 'ALTER DATABASE kept SET sp71_steering.refusals_kept = 5');
await_no_worker('before the limit');
as_clerk(book('ict.network', 'north', 106));
await_refusals(5, 'limited');
is(query('SELECT max(asked) FROM steering.refusal'), '106.0000', 'the newest ones are kept');

# A database can be dropped while a worker is about.
create_database($node, 'dropped', 'sp71_steering.record_refusals' => q{'table'});
create_registers($node, 'dropped');
create_source($node, 'dropped');
is_refused($node, book('ict.moon', 'north', 1), '23S73', 'in another database', 'dropped');
$node->safe_psql('postgres', 'DROP DATABASE dropped');
pass('the database could be dropped');

# So can the extension.
as_clerk(book('ict.network', 'north', 107));
# The worker deletes old ones too, and what both want to delete counts for one.
ok($node->poll_query_until('kept', 'SELECT max(asked) = 107 FROM steering.refusal'), 'the last one is kept');
is(query('SELECT steering.forget_refusals() BETWEEN 5 AND 6'), 't', 'refusals can be forgotten');

# A worker that has written goes on where the extension was made anew: its types have other numbers. What it waits for is a
# refusal, or a signal that settings were changed; then it waits on.
create_database($node, 'anew', 'sp71_steering.record_refusals' => q{'table'});
create_registers($node, 'anew');
create_source($node, 'anew');
$session = open_session($node, 'anew');
run_in($session, book('ict.moon', 'north', 1));
ok($node->poll_query_until('anew', 'SELECT count(*) = 1 FROM steering.refusal_log'), 'a refusal is kept');
start_in($session, q{DROP EXTENSION sp71_steering; DROP SCHEMA finance CASCADE; CREATE EXTENSION sp71_steering;
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North')});
ok($node->poll_query_until('anew', q{SELECT pg_reload_conf() AND EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle'
	AND query LIKE 'INSERT INTO steering.participant%')}), 'made anew while a worker waits');
finish_in($session);
create_source($node, 'anew');
run_in($session, book('ict.moon', 'north', 1));
ok($node->poll_query_until('anew', 'SELECT count(*) = 1 FROM steering.refusal_log'), 'a refusal is kept, too');
close_session($session);

# The log instead of the table: one line, without figures.
my $mark = -s $node->logfile;

$node->safe_psql('postgres', q{ALTER DATABASE kept SET sp71_steering.record_refusals = 'log'});
as_clerk(book('ict.network', 'north', 108.25));
ok($node->poll_query_until('postgres', 'SELECT true'), 'the server is there');

my ($line) = grep { /sp71_steering refusal/ } split /\n/, slurp_file($node->logfile, $mark);

like($line, qr/\{"kind": "cap", "sqlstate": "23S71", "cap": "$cap", "source": "finance.invoice_line", .*"session_user": "clerk", .*"application": "invoices"\}$/,
	'the line in the log');
unlike($line, qr/108/, 'has no figures');

# Where no worker can be started, the log has them, and health() says how many.
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$node->restart;
$node->safe_psql('postgres', q{ALTER DATABASE kept SET sp71_steering.record_refusals = 'table'});
$mark = -s $node->logfile;
like(as_clerk(book('ict.network', 'north', 109)), qr/is exceeded/, 'without a worker it is refused');
like(as_clerk(book('ict.network', 'north', 110)), qr/is exceeded/, 'and again');
is(query(q{SELECT detail FROM steering.health() WHERE problem = 'not in the table'}), '2 refusals came faster than they could be written, or while no worker could be started.',
	'health() counts them');
is(query('SELECT steering.forget_refusals() > -1'), 't', 'forgotten');
is(query(q{SELECT count(*) FROM steering.health() WHERE problem = 'not in the table'}), '0', 'counted anew');
is_verified($node, 'refusals', 'kept');

$node->stop;
done_testing();
