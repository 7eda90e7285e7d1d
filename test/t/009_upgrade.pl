# Databases that earlier releases made: the new library serves them as they are, ALTER EXTENSION UPDATE
# makes of them what a fresh installation is, to the last comment, and their dumps can be restored. Then
# they are ready for pg_upgrade.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('upgrade');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/released.dump';
my ($session, $booking);
my $year = "'[2026-01-01,2027-01-01)'";

sub query { return $node->safe_psql(@_); }

# --- what is installed

# Every object of the extension as pg_upgrade would make it anew: by its name, the statements, with
# comment, owner, privileges and those that a dump is compared with. Numbers of objects are left out.
sub installed_objects
{
	my ($database) = @_;
	my ($dumped, $errors) = run_command([
		'pg_dump', '--schema-only', '--binary-upgrade', '-h', $node->host, '-p', $node->port, $database ]);
	my %objects;

	is($errors, '', "$database: pg_dump has nothing to say");
	while ($dumped =~ /\G.*?^--\n-- (Name: [^\n]+)\n--\n(.*?)(?=^--\n-- Name: |\z)/gms)
	{
		my ($name, $statements) = ($1, $2);
		my @lines = grep {
			!/binary_upgrade_(?!set_record_init_privs)|relfrozenxid|^(--.*|\\.*|WHERE oid = .*|SET default_.*)?$/
		} split /\n/, $statements;

		$objects{$name} = join "\n", ($objects{$name} // ()), ($name =~ /; Type: ACL;/ ? sort @lines : @lines);
	}
	$objects{'what a dump holds'} = query($database, q{
		SELECT relation::regclass, condition FROM pg_extension, unnest(extconfig, extcondition) AS part (relation, condition)
		WHERE extname = 'sp71_steering' ORDER BY relation::regclass::text});
	$objects{'what depends on what'} = query($database, q{
		SELECT DISTINCT pg_describe_object(classid, objid, objsubid) COLLATE "C" AS one, deptype,
			pg_describe_object(refclassid, refobjid, refobjsubid) COLLATE "C" AS other
		FROM pg_depend WHERE concat(pg_describe_object(classid, objid, objsubid),
			pg_describe_object(refclassid, refobjid, refobjsubid)) ~ 'steering'
			AND pg_describe_object(classid, objid, objsubid) !~ '^toast table'
		ORDER BY 1, 2, 3});
	return \%objects;
}

# Prints what differs, object by object, the lines of both.
sub same_objects
{
	my ($got, $expected, $name) = @_;
	my %all = (%$got, %$expected);
	my $differences = 0;

	foreach my $object (sort keys %all)
	{
		my ($here, $there) = map { $_->{$object} // '(is not there)' } $got, $expected;
		my (%here, %there);

		next if $here eq $there;
		$differences++;
		@here{ split /\n/, $here } = ();
		@there{ split /\n/, $there } = ();
		diag(join "\n", $object,
			(map { "  got:      $_" } grep { !exists $there{$_} } split /\n/, $here),
			(map { "  expected: $_" } grep { !exists $here{$_} } split /\n/, $there));
		diag("got:\n$here\nexpected:\n$there") if join('', sort keys %here) eq join('', sort keys %there);
	}
	is($differences, 0, $name);
}

# --- what a database does, whatever its version

# Sources of both kinds, caps of both metrics, bookings, something to repair in nothing; readers.
sub create_released
{
	my ($database, $released) = @_;

	create_database($node, $database);
	query($database, qq{
		CREATE EXTENSION sp71_steering VERSION '$released';
		INSERT INTO steering.participant (code, parent, name) VALUES
			('region', NULL, 'Region'), ('north', 'region', 'North'), ('south', 'region', 'South');
		INSERT INTO steering.service (code, parent, name, unit) VALUES
			('ict', NULL, 'ICT', NULL), ('ict.desk', 'ict', 'Service desk', 'call'), ('hr', NULL, 'HR', NULL);
		UPDATE steering.participant SET reader = 'reader_of_north' WHERE code = 'north';
		GRANT USAGE ON SCHEMA steering TO reader_of_north;
		SELECT steering.set_cap('ict', 'region', 'budget', $year, 1000, '80% notify, 100% warn, 110% block');
		SELECT steering.set_cap('ict.desk', 'north', 'volume', $year, 50);
	});
	create_source($node, $database);
	query($database, q{
		CREATE TABLE finance.order_line (product text, municipality text, ordered_on date, amount numeric)
			PARTITION BY RANGE (ordered_on);
		CREATE TABLE finance.order_line_2026 PARTITION OF finance.order_line
			FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
		SELECT steering.attach('finance.order_line', 'product', 'municipality', 'ordered_on', 'amount',
			stage => 'commitment');
		INSERT INTO finance.order_line VALUES ('ict', 'south', '2026-01-31', 123.45), ('hr', 'north', '2026-06-01', 200);
	} . book('ict.desk', 'north', 700) . book('ict.desk', 'north', 26.55));
	create_agreements($database) unless $released eq '0.1.0';
}

# What 0.2.0 has besides: agreements, of a closed year and of this one, and the settlement of the closed one.
sub create_agreements
{
	my ($database) = @_;

	query($database, q{
		SELECT steering.set_agreement('ict', 'north', '[2025-01-01,2027-01-01)', 'lump_sum', base => 2400);
		SELECT steering.set_agreement('hr', 'north', '[2026-01-01,2027-01-01)', 'lump_sum', base => 600, advance => 50);
		SELECT steering.set_agreement('hr', 'south', '[2026-01-01,2027-01-01)', 'price_volume', price => 12.5, volume => 40,
			unused_percent => 20);
	} . book('ict.desk', 'north', 40, '2025-05-05') . q{
		SELECT steering.close_period('2025', 'accounts approved');});
}

# What refuses MERGE into partitioned tables, and whether DROP EXTENSION takes it along.
my $rules = q{SELECT ev_class::regclass, rulename, (SELECT count(*) FROM pg_depend
	WHERE classid = 'pg_rewrite'::regclass AND objid = r.oid AND deptype = 'x')
	FROM pg_rewrite r WHERE rulename LIKE 'sp71%' ORDER BY ev_class::regclass::text};
my $merge = q{MERGE INTO finance.order_line USING (VALUES (1)) AS new (amount) ON true WHEN MATCHED THEN UPDATE SET amount = 1};

# Agreements, closed years and bills are what they were. Leaves them so.
sub check_agreements
{
	my ($database, $name) = @_;
	my $bill = q{SELECT coalesce(service, '-'), participant, line, sum(amount) FROM steering.settle('%s') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3};

	is(query($database, q{SELECT service, participant, form, trim_scale(agreed_cost) FROM steering.agreement_status ORDER BY 1, 2}),
		"hr|north|lump_sum|600\nhr|south|price_volume|500\nict|north|lump_sum|2400", "$name: agreements");
	is(query($database, q{SELECT period, reason FROM steering.closed_period}), '2025|accounts approved', "$name: a closed year");
	is(query($database, sprintf $bill, '2025'), 'ict|north|agreed|1200.00', "$name: its bill");
	is(query($database, sprintf $bill, '2026'), join("\n", 'hr|north|advance|-600.00', 'hr|north|agreed|600.00',
		'hr|south|agreed|0.00', 'hr|south|unused|100.00', 'ict|north|agreed|1200.00'), "$name: the bill of this year");
	is(query($database, q{SELECT count(*) FROM steering.settlement_proof('2026') WHERE difference <> 0}), '0', "$name: which is proved");
	is_refused($node, $_, '23S74', "$name: the year is closed", $database)
	  foreach book('ict.desk', 'north', -1, '2025-12-31'), 'DELETE FROM finance.invoice_line', 'TRUNCATE finance.invoice_line';
	is_booked($node, q{
		SELECT steering.reopen_period('2025', 'an invoice was forgotten');
		} . book('ict.desk', 'north', 1, '2025-12-31') . q{
		DELETE FROM finance.invoice_line WHERE invoice_date = '2025-12-31';
		SELECT steering.close_period('2025', 'accounts approved');
		SELECT steering.set_agreement('hr', 'north', '[2026-01-01,2027-01-01)', 'lump_sum', base => 700, advance => 50);
		SELECT steering.set_agreement('hr', 'north', '[2026-01-01,2027-01-01)', 'lump_sum', base => 600, advance => 50);},
		"$name: closings and agreements are revised", $database);
	is(query($database, q{SET ROLE reader_of_north; SELECT count(*), sum(base) FROM steering.agreement_status;
		SELECT participant, sum(amount) FROM steering.settlement WHERE reopened_at IS NULL GROUP BY 1}),
		"2|3000.0000\nnorth|1200.00", "$name: a reader sees his agreements and bills");
}

# Pages are whole, lead nowhere that is not there, have the figures of now, and show a reader none of another.
sub check_pages
{
	my ($database, $name) = @_;
	my $facts = q{SELECT xmlparse(DOCUMENT html) IS NOT NULL, html LIKE '%%850%%' AS region,
		(SELECT count(*) FROM regexp_matches(html, '<a href="#([a-z]+)"', 'g') AS link (id) WHERE html NOT LIKE '%%id="' || id[1] || '"%%')
		FROM steering.report(%s) AS html};

	is(query($database, sprintf $facts, $_), 't|t|0', "$name: report($_)")
	  foreach q{'2026'}, q{'2026', language => 'nl'}, q{'2026-Q2', 'region'};
	is(query($database, q{SET ROLE reader_of_north; } . sprintf $facts, q{'2026'}), 't|f|0', "$name: report() of a reader");
	is_refused($node, q{SELECT steering.report('2026', 'nowhere')}, '22023', "$name: report() of nobody", $database);
}

# Each statement of the first release does what it did. Leaves usage as it was.
sub check_working
{
	my ($database, $when) = @_;
	my $name = "$database, $when";

	is(used($node, 'ict', 'region', 'budget', $database), '850', "$name: usage");
	is(used($node, 'ict.desk', 'north', 'volume', $database), '2', "$name: volume");
	is_refused($node, book('ict.desk', 'north', 250.01), '23S71', "$name: over the cap", $database);
	is_refused($node, "UPDATE finance.invoice_line SET quantity = 50 WHERE net_amount = 700", '23S72',
		"$name: over the volume", $database);
	is_refused($node, book('ict.desk', 'nowhere', 1), '23S73', "$name: unknown participant", $database);
	is_booked($node, "BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; " . book('ict.desk', 'south', 1000)
		  . q{ SAVEPOINT s; DELETE FROM finance.invoice_line; ROLLBACK TO s;}
		  . q{ DELETE FROM finance.invoice_line WHERE municipality = 'south'; COMMIT;},
		"$name: judged at commit", $database);
	is_booked($node, qq{
		INSERT INTO steering.participant (code, parent, name) VALUES ('west', 'region', 'West');
		SELECT steering.set_cap('hr', 'west', 'budget', $year, 10, '100% block');
		} . book('hr', 'west', 10) . q{
		DELETE FROM finance.invoice_line WHERE municipality = 'west';
		SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE participant = 'west';
		DELETE FROM steering.participant WHERE code = 'west';},
		"$name: a participant comes and goes", $database);
	is_booked($node, qq{
		SELECT steering.set_cap('ict', 'region', 'budget', $year, 2000, reason => 'raised');
		SELECT steering.set_cap('ict', 'region', 'budget', $year, 1000, reason => 'cut');
		SELECT steering.spread_cap(cap_id, 'quarter') FROM steering.cap_status WHERE metric = 'volume';
		SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE metric = 'volume' AND valid_to <> '2026-12-31';},
		"$name: caps are revised, spread and dropped", $database);
	is_booked($node, q{
		CREATE TABLE finance.order_line_2027 PARTITION OF finance.order_line FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
		INSERT INTO finance.order_line_2027 VALUES ('hr', 'north', '2027-02-02', 200);
		DROP TABLE finance.order_line_2027;
		SELECT steering.reattach('finance.order_line');
		SELECT steering.detach('finance.order_line');
		SELECT steering.attach('finance.order_line', 'product', 'municipality', 'ordered_on', 'amount', stage => 'commitment');
		SELECT steering.compact();},
		"$name: sources are followed, detached and attached", $database);
	is_booked($node, q{
		CREATE TRIGGER other BEFORE UPDATE ON finance.invoice_line FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
		DROP TRIGGER other ON finance.invoice_line;},
		"$name: a trigger of others comes and goes", $database);
	is(query($database, q{SELECT count(*), trim_scale(sum(amount)), sum(bookings) FROM steering.usage_by_month WHERE month >= '2026-01-01'}),
		'3|1050|4', "$name: usage by month");
	is(query($database, q{SELECT count(*), trim_scale(sum(amount)) FROM steering.booking WHERE booked_on >= '2026-01-01'}),
		'4|1050', "$name: bookings");
	is(query($database, q{SET ROLE reader_of_north; SELECT service, participant, trim_scale(used) FROM steering.cap_status;
		SELECT DISTINCT participant FROM steering.usage_by_month}), "ict.desk|north|2\nnorth", "$name: a reader sees his figures");
	is_refused($node, 'SET ROLE reader_of_north; TABLE steering.cap', '42501', "$name: a reader and the table of caps", $database);
	check_agreements($database, $name) unless $database =~ /_0_1_0$/;
	is(query($database, q{SELECT service, verdict FROM steering.check_booking('ict.desk', 'north', '2026-02-02', 300, 1) ORDER BY 1}),
		"ict|block\nict.desk|ok", "$name: a dry run");
	is(query($database, 'SELECT * FROM steering.repair()'), '', "$name: nothing to repair");
	is(query($database, 'SELECT * FROM steering.health()'), '', "$name: healthy");
	is_verified($node, $name, $database);
}

# --- the tests

# Databases of a release with usage, and sessions that have cached all there is to cache; one is in a transaction.
sub check_release
{
	my ($released, $current) = @_;
	my ($old, $restored) = map { "${_}_$released" =~ tr/./_/r } qw(old restored);
	my $has_rule = $released ne '0.1.0';
	my $has_watch = $released !~ /^0[.][1-4]/;
	my $has_pages = $has_watch;

	create_released($old, $released);
	check_working($old, "new library under $released");
	check_pages($old, "$old, new library under $released") if $has_pages;
	# Which the library of then did not make.
	query($old, 'DROP RULE sp71_steering_no_merge ON finance.order_line') unless $has_rule;
	$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.$released", $old ], "$old: pg_dump");

	($session, $booking) = map { open_session($node, $old) } 1, 2;
	run_in($_, q{PREPARE usage AS SELECT trim_scale(sum(amount)) FROM steering.usage_by_month WHERE service = 'ict.desk' AND month >= '2026-01-01';
		PREPARE book AS } . book('ict.desk', 'north', 100) . "; PREPARE merge AS $merge") foreach $session, $booking;
	is((run_in($session, 'BEGIN; EXECUTE merge; ROLLBACK'))[1], '', "$old, open session: merges under the old version")
	  unless $has_rule;
	is(run_in($session, 'BEGIN; EXECUTE book; EXECUTE usage; ROLLBACK'), '826.55', "$old, open session: books under the old version");
	# The update waits for who has booked: it makes a trigger.
	run_in($booking, 'BEGIN; SAVEPOINT old; EXECUTE book; ROLLBACK TO old');
	query($old, "SET lock_timeout = '20s'; ALTER EXTENSION sp71_steering UPDATE");
	is(query($old, $rules), 'finance.order_line|sp71_steering_no_merge|1', "$old: the partitioned source has its rule");
	like((run_in($session, $has_rule ? $merge : 'EXECUTE merge'))[1], qr/0A000/, "$old, open session: merges no more");
	is(run_in($booking, 'EXECUTE book; EXECUTE book; EXECUTE usage'), '926.55', "$old, open transaction: books under both versions");
	like((run_in($booking, 'SAVEPOINT s; ' . book('ict.desk', 'north', 50.01)))[1], qr/23S71/, "$old, open transaction: over the cap");
	run_in($booking, 'ROLLBACK TO s; COMMIT');
	is(run_in($session, 'EXECUTE usage'), '926.55', "$old, open session: sees what the transaction booked");
	like((run_in($session, book('ict.desk', 'north', 50.01)))[1], qr/23S71/, "$old, open session: over the cap");
	query($old, "SELECT steering.close_bookings('2026-03')");
	like((run_in($session, 'EXECUTE book'))[1], qr/23S74/, "$old, open session: the period has been closed");
	query($old, "SELECT steering.reopen_bookings('2026-03', 'seen')");
	is((run_in($session, 'DELETE FROM finance.invoice_line WHERE net_amount = 100'))[1], '', "$old, open session: released");
	is(run_in($session, 'SELECT * FROM steering.verify()'), '', "$old, open session: verified");
	check_working($old, "updated to $current");
	check_pages($old, "$old, updated to $current");
	close_session($_) foreach $session, $booking;

	# A dump does not say of which version it is: it gets the one that is installed.
	create_database($node, $restored);
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $restored, "$dump.$released" ], "$restored: pg_restore");
	is(query($restored, q{SELECT extversion FROM pg_extension WHERE extname = 'sp71_steering'}),
		$current, "$restored: a dump of the old version becomes the new one");
	is(query($restored, 'SELECT subject, problem, hint FROM steering.health() ORDER BY 1, 2'),
		$has_watch ? '' : join("\n", map { "finance.$_" } q{invoice_line|trigger missing|SELECT steering.reattach('finance.invoice_line')},
			$has_rule ? () : q{order_line|rule missing|SELECT steering.reattach('finance.order_line')},
			map { qq{$_|trigger missing|SELECT steering.reattach('finance.order_line')} } 'order_line', 'order_line_2026'),
		"$restored: what the version of the dump did not have, is missing");
	query($restored, "SELECT steering.reattach(relation) FROM steering.source");
	is(query($restored, $rules), 'finance.order_line|sp71_steering_no_merge|1', "$restored: attached anew, with its rule");
	check_working($restored, "dumped by $released");
	query('postgres', "DROP DATABASE $restored");
}

create_database($node, 'fresh');
query('fresh', 'CREATE ROLE reader_of_north; CREATE EXTENSION sp71_steering');
my $current = query('fresh', q{SELECT extversion FROM pg_extension WHERE extname = 'sp71_steering'});
my @released = split /\n/, query('fresh', q{SELECT version FROM pg_available_extension_versions
	WHERE name = 'sp71_steering' AND NOT installed ORDER BY string_to_array(version, '.')::integer[]});

# From every version whose scripts are installed.
my $objects = installed_objects('fresh');
is_deeply([ @released[ 0, 1 ] ], [ '0.1.0', '0.2.0' ], 'there are earlier versions');
foreach my $version (@released)
{
	my $database = "from_$version" =~ tr/./_/r;

	create_database($node, $database);
	query($database, "CREATE EXTENSION sp71_steering VERSION '$version'; ALTER EXTENSION sp71_steering UPDATE");
	same_objects(installed_objects($database), $objects, "$version: updated to what a fresh $current is");
	query('postgres', "DROP DATABASE $database");
}
cmp_ok(scalar keys %$objects, '>', 500, 'objects have been compared');
check_release($_, $current) foreach @released;

# Bills of 0.2.0, which judged the terms of a year for each closed month by itself. They stay as they are, and the year
# makes up for them.
create_database($node, 'billed');
query('billed', q{
	CREATE EXTENSION sp71_steering VERSION '0.2.0';
	INSERT INTO steering.participant (code, name, inhabitants) VALUES ('north', 'North', 3), ('south', 'South', 1);
	INSERT INTO steering.service (code, name, unit) VALUES ('ict.desk', 'Service desk', 'call'), ('hr', 'HR', NULL);});
create_source($node, 'billed');
query('billed', q{
	SELECT steering.set_agreement('ict.desk', 'north', '[2026-01-01,2027-01-01)', 'price_volume', volume => 12, price => 1, unused_percent => 100);
	SELECT steering.set_allocation_key('people', 'Inhabitants', 'inhabitants');
	SELECT steering.set_agreement('hr', p, '[2026-01-01,2027-01-01)', 'key_share', allocation_key => 'people') FROM unnest('{north,south}'::text[]) AS p;
	SELECT steering.set_result_share('people', 50, '[2026-01-01,2027-01-01)');}
	. book('hr', 'north', 0.01, '2026-01-31') . book('hr', 'north', 99.99, '2026-05-31')
	. join('', map { book('ict.desk', 'north', 10, '2026-02-02') } 1 .. 12) . q{
	SELECT steering.close_period('2026-01'), steering.close_period('2026-Q2');
	SELECT steering.close_period('2026-02');});
my $owed = q{SELECT participant, sum(amount) FROM steering.settle('2026') GROUP BY 1 ORDER BY 1};
is_refused($node, "SELECT steering.close_period('2026')", '55000', '0.2.0: a year is not closed over its months', 'billed');
my $billed = query('billed', q{SELECT * FROM steering.settlement ORDER BY closing_id, participant, line, amount});
isnt(query('billed', $owed), "north|127.50\nsouth|38.50", '0.2.0: what is owed depends on what was closed');
query('billed', 'ALTER EXTENSION sp71_steering UPDATE');
is(query('billed', q{SELECT * FROM steering.settlement ORDER BY closing_id, participant, line, amount}), $billed, 'updated: the bills are as they were');
is(query('billed', $owed), "north|127.50\nsouth|38.50", 'updated: the year makes up for them');
is(query('billed', q{SELECT count(*) FROM steering.settlement_proof('2026') WHERE difference <> 0}), '0', 'updated: and adds up');
query('billed', "SELECT steering.close_period('2026')");
is(query('billed', $owed), "north|127.50\nsouth|38.50", 'updated: the year is closed over them');
is(query('billed', q{SELECT participant, sum(amount) FROM steering.settlement GROUP BY 1 ORDER BY 1}), "north|127.50\nsouth|38.50", 'updated: and all that was billed is what is owed');
is_verified($node, 'billed', 'billed');

# Functions whose argument has become of another type, or that have got more of them, are still the ones that were granted
# and are called.
create_database($node, 'granted');
query('granted', q{
	CREATE EXTENSION sp71_steering VERSION '0.2.0';
	CREATE ROLE steerer;
	GRANT USAGE ON SCHEMA steering TO steerer;
	GRANT EXECUTE ON FUNCTION steering.set_cap, steering.set_agreement, steering.set_key_weight, steering.drop_key_weight,
		steering.set_allocation_rule, steering.drop_allocation_rule, steering.set_result_share, steering.drop_result_share,
		steering.set_risk, steering.attach, steering.detach TO steerer;
	INSERT INTO steering.participant (code, name) VALUES ('town', 'Town');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
	CREATE VIEW yearly AS SELECT steering.set_cap('ict', 'town', 'budget', '[2026-01-01,2027-01-01)', 1000);
	CREATE FUNCTION agree(days daterange) RETURNS integer
		BEGIN ATOMIC SELECT steering.set_agreement('ict', 'town', days, 'lump_sum', base => 12); END;
	CREATE FUNCTION fear() RETURNS integer BEGIN ATOMIC SELECT steering.set_risk('flood', 'Flood', 0.1, 1, 2, 3); END;
	CREATE FUNCTION fear(days daterange) RETURNS integer LANGUAGE plpgsql AS
		$$ BEGIN RETURN steering.set_risk('fire', 'Fire', 0.1, 1, 2, 3, days); END $$;
	GRANT SELECT ON yearly TO steerer;
	CREATE TABLE spent (day date, amount numeric);
	ALTER TABLE spent OWNER TO steerer;
	CREATE FUNCTION take_in() RETURNS boolean BEGIN ATOMIC SELECT steering.attach('spent', $$'ict'$$, $$'town'$$, 'day', 'amount') > 0; END;
});
my $calls = q{SET ROLE steerer; SELECT * FROM yearly; SELECT take_in(); SELECT length(steering.detach('spent')::text);
	SELECT agree('[2026-01-01,2027-01-01)'), fear() > 0, fear('[2026-01-01,2027-01-01)') > 0; };
my $prepared = $calls . q{EXECUTE cap('[2026-01-01,2027-01-01)')};
my $direct = $calls . q{SELECT steering.set_cap('ict', 'town', 'budget', '2026', 1000);
	SELECT steering.attach('spent', $$'ict'$$, $$'town'$$, 'day', 'amount', releases => 'amount::text', final => 'amount > 0') > 0;
	SELECT count(*) FROM steering.attach_problems('spent', $$'ict'$$, $$'town'$$, 'day', 'amount', releases => 'amount::text');
	SELECT length(steering.detach('spent')::text)};
my $caller = open_session($node, 'granted');

# Reports that have got a column more: what users made of them has the columns that it had, and who may read them may.
my $reports = q{SET ROLE steerer; SELECT service, participant, budget, covered_volume FROM compared;
	SELECT line, product, municipality, budget, participant_level FROM compared_below; SELECT compared(), count(*) FROM compared_scan;
	RESET ROLE; REFRESH MATERIALIZED VIEW compared_then; SELECT service, budget FROM compared_then;
	SELECT string_agg(acl::text, ' ' ORDER BY acl::text) FROM pg_proc, unnest(proacl) AS acl
	WHERE oid IN ('steering.cost_versus_result(text)'::regprocedure, 'steering.cost_versus_result_below(text)'::regprocedure)
		AND acl::text ~ '^(steerer)?='};
my $compared = "ict|town|1000.0000|0.0000\n1|ict|town|1000.0000|0\n1|1\nict|1000.0000\nsteerer=X/postgres steerer=X/postgres";
my $columns = q{SELECT attrelid::regclass, count(*) FROM pg_attribute WHERE attrelid::regclass::text IN ('compared', 'compared_below', 'compared_scan')
	AND attnum > 0 GROUP BY attrelid ORDER BY attrelid::regclass::text};

run_in($caller, q{PREPARE cap (daterange) AS SELECT steering.set_cap('ict', 'town', 'budget', $1, 1000)});
is(run_in($caller, $prepared), "1\nt\n0\n1|t|t\n1", 'functions are granted and called under 0.2.0');
query('granted', q{ALTER EXTENSION sp71_steering UPDATE TO '0.5.0'; GRANT EXECUTE ON FUNCTION steering.attach_problems TO steerer;
	REVOKE EXECUTE ON FUNCTION steering.cost_versus_result, steering.cost_versus_result_below, steering.comparison_scan FROM PUBLIC;
	GRANT EXECUTE ON FUNCTION steering.cost_versus_result, steering.cost_versus_result_below, steering.comparison_scan TO steerer;
	GRANT SELECT ON steering.cap TO steerer;
	CREATE VIEW compared AS SELECT * FROM steering.cost_versus_result('2026');
	CREATE VIEW compared_below AS SELECT row_number() OVER () AS line, report.*, report IS NULL AS is_nothing
		FROM steering.cost_versus_result_below('2026') AS report (product, municipality);
	CREATE VIEW compared_scan AS SELECT compared.service, scan.is_group FROM compared JOIN steering.comparison_scan('2026-01-01', '2027-01-01') AS scan USING (service, participant);
	CREATE MATERIALIZED VIEW compared_then AS SELECT * FROM compared;
	CREATE FUNCTION compared() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM steering.cost_versus_result('2026'); END;
	GRANT SELECT ON compared, compared_below, compared_scan, compared_then TO steerer;
	CREATE TABLE ordered (id integer PRIMARY KEY, day date, amount numeric)});
is_refused($node, q{SELECT steering.attach_query('SELECT $$ict$$ AS service, $$town$$ AS participant, day AS booked_on, amount, id AS reference FROM ordered', 'commitment')},
	'0A000', '0.5.0: there are no order lines yet', 'granted');
is(run_in($caller, $reports), $compared, '0.5.0: reports of cost and results');
my $widths = query('granted', $columns);
query('granted', 'ALTER EXTENSION sp71_steering UPDATE');
is(query('granted', $columns), $widths, 'updated: views have the columns that they had');
is(run_in($caller, $prepared), "1\nt\n0\n1|t|t\n1", 'open session: what was granted, what calls it and what is prepared are as before');
is(run_in($caller, $reports), $compared, 'and so are reports of cost and results');
is(query('granted', 'SELECT DISTINCT service_kind FROM steering.cost_versus_result($$2026$$)'), 'standard', 'which tell the kind of a service');
is(query('granted', $direct), "1\nt\n0\n1|t|t\n1\nt\n0\n0", 'new session: so they are, and a year can be written as one');
is(query('granted', q{SELECT string_agg(code || during, ' ' ORDER BY code) FROM steering.risk}),
	'fire[2026-01-01,2027-01-01) flood(,)', 'the default range is all days');
close_session($caller);
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.granted", 'granted' ], 'pg_dump of what calls them');
create_database($node, 'granted_again');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'granted_again', "$dump.granted" ], 'pg_restore of it');
is(query('granted_again', $direct), "1\nt\n0\n1|t|t\n1\nt\n0\n0", 'restored: what was granted and what calls it');
is(query('granted_again', $reports), $compared, 'restored: reports of cost and results');
is(query('granted_again', $columns), $widths, 'restored: with the columns that they had');

# Closed periods of 0.2.0, which fixed commitments as well and kept corrections of what was reopened. As long as
# the objects are of then, the new library does as they say.
create_database($node, 'closed');
query('closed', q{
	CREATE EXTENSION sp71_steering VERSION '0.2.0';
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North');
	INSERT INTO steering.service (code, name, unit) VALUES ('ict.desk', 'Service desk', 'call');});
create_source($node, 'closed');
query('closed', q{
	CREATE TABLE finance.ordered (ordered_on date, amount numeric);
	SELECT steering.attach('finance.ordered', $$'ict.desk'$$, $$'north'$$, 'ordered_on', 'amount', stage => 'commitment');
	SELECT steering.set_agreement('ict.desk', 'north', '[2024-01-01,2027-01-01)', 'lump_sum', base => 300);
	INSERT INTO finance.ordered VALUES ('2025-11-11', 50), ('2024-11-11', 7);
	} . book('ict.desk', 'north', 700, '2025-12-31') . q{
	SELECT steering.close_period('2024'), steering.close_period('2025');
	SELECT steering.correct_settlement('2025', 'north', 'ict.desk', 5, 'forgotten', '2026');
	SELECT steering.reopen_period('2025', 'not forgotten');
	SELECT steering.close_period('2025');});
is(query('closed', 'SELECT * FROM steering.health()'), '', '0.2.0: nothing to tell');
is_refused($node, 'DELETE FROM finance.ordered', '23S74', '0.2.0: a commitment of a closed period is fixed', 'closed');
is_booked($node, "UPDATE finance.ordered SET amount = 50 WHERE ordered_on = '2025-11-11'", '0.2.0: what comes to nothing passes', 'closed');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.closed", 'closed' ], 'pg_dump of 0.2.0');
create_database($node, 'closed_restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'closed_restored', "$dump.closed" ], 'pg_restore of 0.2.0');
query('closed_restored', 'SELECT steering.reattach(relation) FROM steering.source');
$session = open_session($node, 'closed');
run_in($session, 'BEGIN; SELECT count(*) FROM finance.ordered; COMMIT');
query('closed', 'ALTER EXTENSION sp71_steering UPDATE');
is(query('closed', 'SELECT period, committed_bookings, trim_scale(committed_amount) FROM steering.closing JOIN steering.closed_period USING (closing_id) ORDER BY period'),
	"2024|1|7\n2025|1|50", 'updated: what of closings is committed is known');
foreach my $database (qw(closed closed_restored))
{
	is(query($database, 'SELECT subject, problem FROM steering.health()'),
		"correction 1|corrects a reopened period\nperiod 2024|open commitments\nperiod 2025|open commitments", "$database: what is open is told");
	query($database, q{SELECT steering.reverse_correction(1, 'the period was reopened')});
	is(query($database, q{SELECT sum(amount) FROM (SELECT amount FROM steering.settle('2025') UNION ALL SELECT amount FROM steering.settle('2026')) AS owed}),
		'200.00', "$database: and the correction is taken back");
	is_refused($node, "UPDATE finance.ordered SET amount = 51 WHERE ordered_on = '2025-11-11'", '23S74', "$database: commitments are not raised", $database);
}
is((run_in($session, 'DELETE FROM finance.ordered'))[1], '', 'updated: an open session releases them');
is(query('closed', 'SELECT * FROM steering.health()'), '', 'updated: and nothing is left to tell');
close_session($session);
query('closed_restored', 'DELETE FROM finance.ordered');
is(query('closed_restored', q{SELECT subject, problem, detail LIKE '%or commitments were released.' FROM steering.health()}),
	"period 2024|changed after closing|t\nperiod 2025|changed after closing|t", 'restored: of what 0.2.0 had closed it is told as a change');
query('closed_restored', q{SELECT steering.reopen_period(period, 'counted anew'), steering.close_period(period) FROM steering.closed_period});
is(query('closed_restored', 'SELECT * FROM steering.health()'), '', 'restored: and closed again no more');
is_verified($node, $_, $_) foreach qw(closed closed_restored);

# Orders that release themselves, where pg_upgrade is to find them.
create_database($node, 'ordered');
query('ordered', q{
	CREATE EXTENSION sp71_steering;
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
	SELECT steering.set_cap('ict', 'north', 'budget', '2026', 100);
	CREATE TABLE order_line (id integer, amount numeric);
	CREATE TABLE invoice (order_line integer, amount numeric);
	SELECT steering.attach('order_line', $$'ict'$$, $$'north'$$, $$date '2026-01-01'$$, 'amount', stage => 'commitment', reference => 'id');
	SELECT steering.attach('invoice', $$'ict'$$, $$'north'$$, $$date '2026-02-02'$$, 'amount', releases => 'order_line');
	INSERT INTO order_line VALUES (1, 100);
	INSERT INTO invoice VALUES (1, 30);});

# pg_upgrade makes every object by itself, in an order of its own; here from a release of PostgreSQL to the same.
my $newer = PostgreSQL::Test::Cluster->new('newer');
my $programs = $node->config_data('--bindir');

$newer->init;
$node->stop;
$node->command_ok([
		'pg_upgrade', '--no-sync', '-d', $node->data_dir, '-D', $newer->data_dir, '-b', $programs, '-B', $programs,
		'-s', $newer->host, '-p', $node->port, '-P', $newer->port ], 'pg_upgrade');
$node = $newer;
$node->start;
foreach my $old (map { "old_$_" =~ tr/./_/r } @released)
{
	is_refused($node, $merge, '0A000', "$old, after pg_upgrade: MERGE into a partitioned table", $old);
	is(query($old, 'SELECT DISTINCT problem FROM steering.health()'), 'mapping not fixed', "$old, after pg_upgrade: what is to be done is told");
	query($old, 'SELECT steering.fix_mappings()');
	check_working($old, 'after pg_upgrade');
	is(query($old, $rules), 'finance.order_line|sp71_steering_no_merge|1', "$old, after pg_upgrade: attached anew, with its rule");
}
foreach my $when ('before', 'after')
{
	query('ordered', 'SELECT steering.fix_mappings()') if $when eq 'after';
	is_booked($node, 'INSERT INTO invoice VALUES (1, 20)', "orders after pg_upgrade, $when fix_mappings(): an invoice within its order", 'ordered');
	is_refused($node, 'INSERT INTO invoice VALUES (1, 60)', '23S71', "orders after pg_upgrade, $when fix_mappings(): one above it", 'ordered');
	is_verified($node, "orders after pg_upgrade, $when fix_mappings()", 'ordered');
}
is(query('ordered', 'SELECT trim_scale(open_amount) FROM steering.order_status'), '30', 'orders after pg_upgrade: what is open');
is(query('ordered', 'SELECT * FROM steering.health()'), '', 'orders after pg_upgrade: nothing is wrong');

$node->stop;
done_testing();
