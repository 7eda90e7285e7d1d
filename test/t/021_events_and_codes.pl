# What is notified is JSON without figures, however long a code is and whatever is in it. Events and codes that
# older versions hold survive an upgrade and the restore of a dump, and health() tells what is odd of them.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('events');
my $year = "'[2026-01-01,2027-01-01)'";

sub query { return $node->safe_psql(@_); }

# The notification of a first booking by this service and participant, each an SQL expression of text.
sub notification
{
	my ($database, $service, $participant) = @_;
	my ($status, $output, $errors) = $node->psql($database, qq{
		INSERT INTO steering.service (code, name) VALUES ($service, 'Service');
		INSERT INTO steering.participant (code, name) VALUES ($participant, 'Participant');
		SELECT steering.set_cap($service, $participant, 'budget', $year, 1000, '80% notify, 100% block');
		LISTEN sp71_steering;
		INSERT INTO line VALUES ($service, $participant, 876.5432);
		UNLISTEN sp71_steering;});

	is($errors, '', 'booked');
	return $output =~ /with payload "(.*)" received/s ? $1 : '';
}

# --- notifications

foreach my $encoding ('UTF8', 'LATIN1')
{
	my $database = "notify_\L$encoding";

	query('postgres', "CREATE DATABASE $database ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	query($database, q{
		CREATE EXTENSION sp71_steering;
		CREATE TABLE line (service text, participant text, net numeric);
		SELECT steering.attach('line', 'service', 'participant', $$date '2026-03-01'$$, 'net');});

	# Characters of one and of several bytes, those that JSON escapes, and together more than fits.
	my %codes = (
		'plain' => [ q~'ict'~, q~'town'~ ],
		'quotes' => [ q~'"\\"'~, q~'"}, {"\\'~ ],
		'several bytes' => [ q~'a' || repeat('é', 1300)~, q~repeat('é', 1300)~ ],
		'escaped' => [ q~repeat('"', 2500)~, q~repeat('\\"', 1250)~ ]);

	foreach my $kind (sort keys %codes)
	{
		my ($service, $participant) = @{ $codes{$kind} };
		my $payload = notification($database, $service, $participant);

		cmp_ok(length $payload, '<', 8000, "$encoding, $kind: fits");
		unlike($payload, qr/876|123|800|1000/, "$encoding, $kind: no figure");
		$payload =~ s/'/''/g;
		is(query($database, qq{
				SELECT array(SELECT jsonb_object_keys(payload) ORDER BY 1), payload->>'kind', payload->>'metric',
					starts_with($service, payload->>'service'), starts_with($participant, payload->>'participant'),
					length(payload->>'service') > 0, event.cap_id = (payload->>'cap_id')::integer, event.used::numeric
				FROM (SELECT '$payload'::jsonb AS payload) AS sent
				JOIN steering.event ON event.event_id = (payload->>'event_id')::bigint}),
			'{cap_id,event_id,kind,metric,participant,service}|notify|budget|t|t|t|t|876.5432',
			"$encoding, $kind: JSON that leads to the event");
	}
	is(query($database, 'SELECT * FROM steering.health()'), '', "$encoding: healthy");
	is_verified($node, $encoding, $database);
}

# Encodings other than UTF8 have characters that look like a blank too, and SQL_ASCII has none that are known.
is_refused($node, q{INSERT INTO steering.service (code, name) VALUES (convert_from('\x696374a0', 'LATIN1'), 'x')},
	'23514', 'LATIN1: a blank that is none', 'notify_latin1');
query('postgres', "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
query('ascii', q{CREATE EXTENSION sp71_steering;
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT'), (E'caf\xc3\xa9', 'Canteen'), (E'\xa0', 'x')});
is_refused($node, "INSERT INTO steering.service (code, name) VALUES ('ict ', 'x')", '23514', 'SQL_ASCII: a blank', 'ascii');
is_refused($node, "INSERT INTO steering.service (code, name) VALUES (E'ict\\x01', 'x')", '23514', 'SQL_ASCII: a control', 'ascii');
is(query('ascii', 'SELECT * FROM steering.health()'), '', 'SQL_ASCII: healthy');

# --- warnings: to whoever books each time, to the log when a step is crossed

my $start = -s $node->logfile;

query('postgres', 'CREATE DATABASE warnings');
query('warnings', qq{
	CREATE EXTENSION sp71_steering;
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
	INSERT INTO steering.participant (code, name) VALUES ('town', 'Town');
	SELECT steering.set_cap('ict', 'town', 'budget', $year, 100, '50% warn, 80% warn, 90% warn, +900 block');
	CREATE TABLE line (net numeric);
	SELECT steering.attach('line', \$\$'ict'\$\$, \$\$'town'\$\$, \$\$date '2026-03-01'\$\$, 'net');});
my ($warned, $book) = (qr/has reached a step that warns/, 'INSERT INTO line VALUES');
foreach my $booking ([ 49, 0, 0 ], [ 2, 1, 1 ], [ 3, 1, 0 ], [ 3, 1, 0 ], [ 40, 1, 2 ], [ 1, 1, 0 ], [ -60, 0, 0 ], [ 20, 1, 1 ])
{
	my ($net, $told, $logged) = @$booking;
	my ($status, $output, $errors) = $node->psql('warnings', "$book ($net)", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	my $log = slurp_file($node->logfile, $start);
	my @lines = $log =~ /(.*$warned)/g;

	$start = -s $node->logfile;
	is(scalar(() = $errors =~ /$warned/g), $told, "booking $net: told");
	is(scalar @lines, $logged, "booking $net: in the log") or diag($log);
	next unless $told;
	like($errors, qr/WARNING:  01S71: .*$warned/, "booking $net: SQLSTATE");
	like($errors, qr/SCHEMA NAME:  public\nTABLE NAME:  line\nCONSTRAINT NAME:  1\n/, "booking $net: fields");
}

# Those of what is not there have that SQLSTATE too.
foreach my $missing ([ q{INSERT INTO steering.alias (source, kind, value, code) VALUES ('finance.later', 'service', 'x', 'ict')}, qr/alias for rows.*\n.*\nSCHEMA NAME:  finance\nTABLE NAME:  later\n/ ],
	[ q{INSERT INTO steering.participant (code, name, reader) VALUES ('city', 'City', 'nobody_there')}, qr/role "nobody_there", reader/ ])
{
	my ($sql, $says) = @$missing;
	my (undef, undef, $errors) = $node->psql('warnings', $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);

	like($errors, qr/WARNING:  01S71: $says/, "what is not there: $sql");
}
my ($silent, undef, $all) = $node->psql('warnings', join ';', 'SET log_min_messages = debug1', map { "$book (0.01)" } 1 .. 20);
is(scalar(() = $all =~ /$warned/g), 20, 'twenty bookings above a step: all told');
unlike(slurp_file($node->logfile, $start), $warned, 'none of them in the log');

# --- databases of 0.2.0

my $dump = PostgreSQL::Test::Utils::tempdir() . '/old.dump';
my $codes = q{SELECT subject, problem FROM steering.health() WHERE problem ~ 'code' ORDER BY 1};
my $events = q{SELECT event_id, recorded_at, kind, cap_id, service, participant, participant_id, metric, during, amount::numeric,
	ladder::text, threshold::numeric, used::numeric, role_name, reason FROM steering.event ORDER BY event_id};

query('postgres', q{CREATE DATABASE old ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0});
query('old', qq{
	CREATE EXTENSION sp71_steering VERSION '0.2.0';
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North'), (U&'north\\00A0', 'North again');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT'), ('ict ', 'ICT again'), ('café', 'One'), (U&'cafe\\0301', 'Two');
	SELECT steering.set_indicator(' ready', 'ict', 'x', 'x', 'higher', 'outcome');
	SELECT steering.set_cap('ict', 'north', 'budget', $year, 1000, '80% notify, 100% warn, +40 block', 'first');
	SELECT steering.set_cap('ict', 'north', 'budget', $year, 500, reason => 'second');
	CREATE TABLE line (service text, participant text, net numeric);
	SELECT steering.attach('line', 'service', 'participant', \$\$date '2026-03-01'\$\$, 'net');
	INSERT INTO line VALUES ('ict', 'north', 450.1234);
	CREATE VIEW of_somebody AS SELECT * FROM steering.event;
	CREATE ROLE somebody;
	GRANT SELECT ON steering.event TO somebody;});
my $before = query('old', $events);
like($before, qr/notify.*450\.1234/, 'there are events');
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'old' ], 'pg_dump');

# The new library under the old objects, and updated.
is_booked($node, "INSERT INTO line VALUES ('ict', 'north', 60)", 'new library under 0.2.0: a step is crossed', 'old');
$before = query('old', $events);
like($before, qr/warn.*510\.1234/, 'new library under 0.2.0: an event is written');
query('old', 'ALTER EXTENSION sp71_steering UPDATE');
is(query('old', $events), $before, 'updated: the events are the same');
is(query('old', 'SELECT count(*) FROM of_somebody'), 4, "updated: somebody's view still works, of the superuser");
is(query('old', "SELECT subject FROM steering.health() WHERE problem ~ 'event_log' ORDER BY 1"),
	'public.of_somebody', 'updated: health() tells who reads the table');
is(query('old', "SELECT has_table_privilege('somebody', 'steering.event_log', 'SELECT')"), 'f', 'updated: who had a right on it has the view');
is(query('old', $codes), join("\n",
		'indicator "<U+0020>ready"|odd code', 'participant "north<U+00A0>"|odd code', 'service "cafe<U+0301>"|codes look alike',
		'service "ict<U+0020>"|odd code'), 'updated: health() tells of odd codes');
is_refused($node, "INSERT INTO steering.service (code, name) VALUES ('hr ', 'x')", '23514', 'updated: no more odd codes', 'old');
is_booked($node, q{INSERT INTO line VALUES ('ict ', 'north', 1); UPDATE steering.service SET name = 'Z' WHERE code = 'ict '; DELETE FROM line WHERE net = 1},
	'updated: an odd code works as before', 'old');

# A dump of 0.2.0 becomes the new version; one of the new version holds odd codes too.
foreach my $database ('from_old', 'from_new')
{
	my $source = $database eq 'from_old' ? 'of 0.2.0' : 'of 0.3.0';
	my $file = $dump;

	query('postgres', qq{CREATE DATABASE $database ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0});
	if ($database eq 'from_new')
	{
		query('old', 'DROP VIEW of_somebody');
		$file = "$dump.new";
		$node->command_ok([ 'pg_dump', '-Fc', '-f', $file, 'old' ], 'pg_dump');
	}
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $database, $file ], "pg_restore $source");
	is(query($database, $codes), query('old', $codes), "dump $source: odd codes have come along");
	is(query($database, "SELECT count(*), max(event_id) FROM steering.event"),
		$database eq 'from_old' ? '3|3' : query('old', 'SELECT count(*), max(event_id) FROM steering.event'), "dump $source: events have come along");
	is_booked($node, "SELECT steering.set_cap('ict', 'north', 'budget', $year, 800)", "dump $source: the next event has a new number", $database);
	is_refused($node, "INSERT INTO steering.service (code, name) VALUES ('hr ', 'x')", '23514', "dump $source: no more odd codes", $database);
	is_verified($node, "dump $source", $database);
}

# --- databases of 0.3.0: whoever was given the table of events saw his own rows of it, and views on the view stand in the way

query('postgres', 'CREATE DATABASE of_03');
query('of_03', qq{
	CREATE EXTENSION sp71_steering VERSION '0.3.0';
	CREATE ROLE one; CREATE ROLE other; CREATE ROLE auditor;
	GRANT SELECT ON steering.event_log TO one WITH GRANT OPTION;
	SET ROLE one; GRANT SELECT ON steering.event_log TO other; RESET ROLE;
	GRANT SELECT ON steering.event_log, steering.cap TO auditor;
	CREATE VIEW mine AS SELECT used FROM steering.event;});
is_refused($node, 'ALTER EXTENSION sp71_steering UPDATE', '2BP01', 'of 0.3.0: a view on the view', 'of_03');
query('of_03', 'DROP VIEW mine; ALTER EXTENSION sp71_steering UPDATE; CREATE VIEW mine AS SELECT used FROM steering.event');
is(query('of_03', qq{SELECT rolname FROM pg_roles WHERE has_table_privilege(oid, 'steering.event_log', 'SELECT')
		AND rolname IN ('one', 'other', 'auditor')}), 'auditor', 'of 0.3.0: who may read every figure may still read the table');

$node->stop;
done_testing();
