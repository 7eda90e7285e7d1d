# A database with sources, caps and usage is dumped and restored: whole, with parallel jobs, and
# section by section. Counters come with the dump, and the caps hold in the restored database.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('dump');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/origin.dump';
my $merge = 'MERGE INTO finance.order_line USING (VALUES (1)) AS new (amount) ON true WHEN MATCHED THEN UPDATE SET amount = 0';

# What must be the same in every restored database.
my %content = (
	'caps' => 'SELECT * FROM steering.cap_status ORDER BY cap_id',
	'bookings' => 'SELECT * FROM steering.booking ORDER BY 1, 2, 3, 4, 5',
	'usage by month' => 'SELECT * FROM steering.usage_by_month ORDER BY 1, 2, 3, 4',
	'events' => 'SELECT * FROM steering.event ORDER BY event_id',
	'sources' => 'SELECT relation::regclass::text, service, participant, booked_on, amount, volume,'
	  . ' counts_when, stage, "unknown" FROM steering.source ORDER BY 1',
	'triggers' => 'SELECT tgrelid::regclass AS relation, tgname, tgenabled FROM pg_trigger'
	  . " WHERE NOT tgisinternal AND tgname LIKE 'sp71%' ORDER BY tgrelid::regclass::text, tgname",
	'rules' => 'SELECT ev_class::regclass AS relation, rulename, ev_enabled FROM pg_rewrite'
	  . " WHERE rulename LIKE 'sp71%' ORDER BY ev_class::regclass::text",
	'dependencies of rules' => 'SELECT ev_class::regclass AS relation, rulename FROM pg_depend, pg_rewrite r, pg_extension e'
	  . " WHERE classid = 'pg_rewrite'::regclass AND objid = r.oid AND deptype = 'x'"
	  . " AND refclassid = 'pg_extension'::regclass AND refobjid = e.oid AND extname = 'sp71_steering'"
	  . ' ORDER BY ev_class::regclass::text',
	'dependencies' => 'SELECT tgrelid::regclass AS relation, tgname FROM pg_depend, pg_trigger t, pg_extension e'
	  . " WHERE classid = 'pg_trigger'::regclass AND objid = t.oid AND deptype = 'x'"
	  . " AND refclassid = 'pg_extension'::regclass AND refobjid = e.oid AND extname = 'sp71_steering'"
	  . ' ORDER BY tgrelid::regclass::text, tgname',
	'fixed mappings' => q{SELECT source.relation::regclass::text, pg_describe_object(classid, objid, 0)
		FROM steering.mapping LEFT JOIN steering.mapping_need USING (source_id) JOIN steering.source USING (source_id) ORDER BY 1, 2},
	'what mappings depend on' => q{SELECT tgrelid::regclass, pg_describe_object(refclassid, refobjid, 0) COLLATE "C" FROM pg_depend
		JOIN pg_trigger t ON classid = 'pg_trigger'::regclass AND objid = t.oid
		WHERE tgname = 'sp71_steering_insert' AND deptype = 'n' ORDER BY tgrelid::regclass::text, 2},
	'aliases' => 'SELECT alias_id, source::regclass::text, kind, value, code, during FROM steering.alias ORDER BY 1',
	'queries' => 'SELECT source.relation::regclass::text, query, position, query_table.relation::regclass::text, is_header, is_promised'
	  . ' FROM steering.query JOIN steering.query_table USING (source_id) JOIN steering.source USING (source_id) ORDER BY 1, 3',
	'fixed queries' => 'SELECT relation::regclass::text FROM steering.query_tree JOIN steering.source USING (source_id) ORDER BY 1',
	'booking tables' => 'SELECT * FROM finance.post_booking ORDER BY 1',
	'what booking tables depend on' => q{SELECT pg_describe_object(refclassid, refobjid, 0) COLLATE "C", deptype FROM pg_depend
		WHERE classid = 'pg_class'::regclass AND objid = 'finance.post_booking'::regclass AND refobjsubid = 0 ORDER BY 1, 2},
	'leads' => 'SELECT code, lead FROM steering.service WHERE lead IS NOT NULL ORDER BY 1',
	'health' => 'SELECT * FROM steering.health() ORDER BY 1, 2');

$node->safe_psql('postgres', 'CREATE DATABASE origin');
create_registers($node, 'origin');
create_source($node, 'origin');
$node->safe_psql(
	'origin', q{
	UPDATE steering.service SET kind = 'development', lead = 'west' WHERE code = 'hr';
	CREATE TABLE finance.order_line (product text, municipality text, ordered_on date, amount numeric)
		PARTITION BY RANGE (ordered_on);
	CREATE TABLE finance.order_line_2025 PARTITION OF finance.order_line
		FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
	CREATE TABLE finance.order_line_2026 PARTITION OF finance.order_line
		FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (municipality);
	CREATE TABLE finance.order_line_2026_north PARTITION OF finance.order_line_2026 FOR VALUES IN ('north');
	CREATE TABLE finance.order_line_2026_rest PARTITION OF finance.order_line_2026 DEFAULT;
	SELECT steering.attach('finance.order_line', service => 'product', participant => 'municipality',
		booked_on => 'ordered_on', amount => 'amount', stage => 'commitment');
	CREATE TYPE finance.status AS ENUM ('draft', 'booked');
	CREATE FUNCTION finance.net_of(amount numeric, vat numeric DEFAULT 0) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN amount - vat;
	CREATE TABLE finance.claim (product text, municipality text, day date, amount numeric, status finance.status);
	SELECT steering.attach('finance.claim', 'product', 'municipality', 'day', 'finance.net_of(amount)',
		counts_when => $$status = 'booked'$$);
	INSERT INTO finance.claim VALUES ('ict', 'west', '2026-03-03', 0, 'booked'), ('ict', 'west', '2026-03-03', 9, 'draft');
	CREATE TABLE finance.document (id integer PRIMARY KEY, municipality text, day date, status finance.status);
	CREATE TABLE finance.post (id integer PRIMARY KEY, document_id integer, product text, amount numeric);
	CREATE INDEX ON finance.post (document_id);
	SELECT steering.attach_query($$SELECT p.product AS service, d.municipality AS participant, d.day AS booked_on,
		finance.net_of(p.amount) AS amount FROM finance.post p JOIN finance.document d ON d.id = p.document_id WHERE d.status = 'booked'$$);
	INSERT INTO finance.document VALUES (1, 'south', '2026-04-01', 'booked'), (2, 'south', '2026-04-01', 'draft');
	INSERT INTO finance.post VALUES (1, 1, 'ict.network', 3), (2, 2, 'ict.network', 4);
	ALTER TYPE finance.status RENAME VALUE 'booked' TO 'posted';
	ALTER TABLE finance.claim RENAME COLUMN amount TO net;
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000,
		'80% notify, 100% warn, 110% block');
	SELECT steering.set_cap('ict.desk', 'north', 'volume', '[2026-01-01,2026-03-16)', 5);
	SELECT steering.set_cap('hr', 'region', 'budget', '[2025-01-01,2027-01-01)', 300);
	SELECT steering.set_cap('hr', 'region', 'budget', '[2025-01-01,2027-01-01)', 250, reason => 'cut');
	INSERT INTO steering.alias (source, kind, value, code, during) VALUES
		('finance.order_line', 'service', '4100', 'hr.pay', '(,)'), (NULL, 'participant', 'GM0547', 'south', '(,2026-01-01)'),
		(NULL, 'participant', 'GM0547', 'north', '[2026-01-01,)');
	INSERT INTO finance.order_line VALUES ('4100', 'GM0547', '2025-07-01', 1), ('4100', 'GM0547', '2025-07-01', -1),
		('hr.pay', 'south', '2025-06-01', 50), ('hr.pay', 'north', '2026-06-01', 200),
		('ict.network', 'west', '2026-01-31', 123.45);
	INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount, quantity, status) VALUES
		('ict.desk', 'north', '2026-01-01', 800, 4, 'approved'),
		('ict.desk', 'north', '2026-03-15', 1.5, 1, 'approved'),
		('ict.desk', 'south', '2026-03-16', 7000, 1, 'draft');
	UPDATE finance.invoice_line SET net_amount = 850 WHERE quantity = 4;
});
is_verified($node, 'origin', 'origin');
my %expected = map { $_ => $node->safe_psql('origin', $content{$_}) } keys %content;
isnt($expected{$_}, '', "origin: there are $_") foreach grep { $_ ne 'health' } sort keys %content;
is($expected{dependencies},
	$expected{triggers} =~ s/\|[AO]$//mgr, 'origin: every trigger depends on the extension');
is($expected{'dependencies of rules'},
	$expected{rules} =~ s/\|O$//mgr, 'origin: every rule depends on the extension');

sub restore
{
	my ($database, @runs) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	foreach my $run (@runs)
	{
		$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $database, @$run, $dump ],
			join(' ', "$database: pg_restore", @$run));
	}
}

sub check_restored
{
	my ($database) = @_;

	foreach my $what (sort keys %content)
	{
		is($node->safe_psql($database, $content{$what}), $expected{$what}, "$database: same $what");
	}
	is_verified($node, $database, $database);
	is_refused($node, book('ict.network', 'west', 200), '23S71', "$database: over the cap", $database);
	is_refused($node, book('ict.desk', 'north', 1), '23S72', "$database: over the volume", $database);
	is_refused($node, "INSERT INTO finance.order_line_2026_rest VALUES ('hr.pay', 'west', '2026-02-02', 0.0001)",
		'23S71', "$database: straight into a partition", $database);
	is_refused($node, "INSERT INTO finance.order_line VALUES ('hr.pay', 'nowhere', '2026-02-02', 1)",
		'23S73', "$database: unknown participant", $database);
	is_refused($node, "INSERT INTO finance.order_line VALUES ('4100', 'GM0547', '2026-02-02', 0.0001)",
		'23S71', "$database: by aliases, over the cap", $database);
	is_refused($node, "INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount, status)"
		  . " VALUES ('4100', 'north', '2026-02-02', 1, 'approved')", '23S73', "$database: an alias of another table", $database);
	is_booked($node, "INSERT INTO steering.alias (source, kind, value, code) VALUES ('finance.order_line', 'service', '4101', 'hr.pay')",
		"$database: a new alias", $database);
	is_booked($node, "DELETE FROM finance.order_line WHERE municipality = 'north';"
		  . " INSERT INTO finance.order_line VALUES ('hr.pay', 'north', '2026-02-02', 200)",
		"$database: released and booked again", $database);
	is_booked($node, q{SELECT steering.set_cap('hr.pay', 'north', 'budget', '[2026-01-01,2027-01-01)', 200)},
		"$database: a new cap", $database);
	is(used($node, 'hr.pay', 'north', 'budget', $database), '200', "$database: the new cap counts what is there");
	is_booked($node, q{CREATE TABLE finance.order_line_2027 PARTITION OF finance.order_line
		FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
		INSERT INTO finance.order_line_2027 VALUES ('hr.pay', 'north', '2027-02-02', 200)},
		"$database: a partition created later", $database);
	is_verified($node, "$database, going on", $database);
	is_refused($node, 'DROP FUNCTION finance.net_of', '2BP01', "$database: what a mapping needs", $database);
	is_refused($node, "CREATE OR REPLACE FUNCTION finance.net_of(amount numeric, vat numeric DEFAULT 0) RETURNS numeric"
		  . ' LANGUAGE sql IMMUTABLE RETURN 1e6', '23S71', "$database: what a mapping needs is replaced", $database);
	is_refused($node, "UPDATE finance.document SET status = 'posted'; UPDATE finance.post SET amount = 500", '23S71', "$database: a document is posted", $database);
	is_booked($node, "UPDATE finance.document SET status = 'posted'; UPDATE finance.post SET amount = 1", "$database: lines of a document", $database);
	is_verified($node, "$database, documents", $database);
	is_refused($node, 'DELETE FROM finance.post_booking', '55000', "$database: a booking table by hand", $database);
	is_refused($node, 'SET session_replication_role = replica; TRUNCATE finance.post_booking', '55000', "$database: as a replica", $database);
	is_refused($node, 'CREATE INDEX ON finance.post_booking (abs(amount))', '55000', "$database: an index that computes", $database);
	is_refused($node, $merge, '0A000', "$database: MERGE into a partitioned table", $database);
	is_refused($node, q{INSERT INTO steering.service (code, name, kind, lead) VALUES ('hr.bot', 'Bot', 'development', 'nobody')}, '23503',
		"$database: an unknown lead", $database);
	is_booked($node, 'DROP EXTENSION sp71_steering; ' . book('ict.desk', 'nowhere', 1e6) . "; $merge",
		"$database: the extension goes, the tables stay writable", $database);
}

$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'origin' ], 'pg_dump');

restore('whole', []);
# Data alone, with triggers off: they are on again, and fire always.
$node->safe_psql('whole', 'SET allow_system_table_mods = on; ALTER TABLE finance.post_booking DISABLE TRIGGER ALL; DELETE FROM finance.post_booking;'
	  . ' ALTER TABLE finance.post_booking ENABLE TRIGGER ALL');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-a', '--disable-triggers', '-n', 'finance', '-t', 'post_booking', '-d', 'whole', $dump ],
	'pg_restore of the data of a booking table');
check_restored('whole');
# Side by side, triggers can be made before the rows are there that say what they are for: then health() says what to do.
restore('parallel', [ '--jobs', '3' ]);
is($node->safe_psql('parallel', 'SELECT steering.fix_mappings()'), '0', 'parallel: what was restored too early is fixed');
check_restored('parallel');
# The catalogue, whose leads are participants, can come before these.
my ($list) = run_command([ 'pg_restore', '-l', $dump ]);
my @entries = split /^/, $list;
my ($participants) = grep { $entries[$_] =~ /TABLE DATA steering participant / } 0 .. $#entries;
my ($services) = grep { $entries[$_] =~ /TABLE DATA steering service / } 0 .. $#entries;
ok($participants < $services, 'participants are dumped first');
@entries[ $participants, $services ] = @entries[ $services, $participants ];
append_to_file("$dump.list", join '', @entries);
restore('catalogue_first', [ '-L', "$dump.list" ]);
check_restored('catalogue_first');
restore('sections', map { ["--section=$_"] } qw(pre-data data post-data));
check_restored('sections');

$node->stop;
done_testing();
