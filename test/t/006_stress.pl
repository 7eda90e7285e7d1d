# Eight clients book, change, delete and move caps at random, with savepoints and rollbacks, at all
# isolation levels. At no time is a cap over its block threshold, and at the end every counter
# equals the bookings. The control: the same scripts against the trigger that people write, which
# sums the bookings and compares, do commit overruns.
#
# STRESS_SEED chooses the scripts (not how they interleave), STRESS_TRANSACTIONS their length.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $transactions = $ENV{STRESS_TRANSACTIONS} || 150;
my $clients = 8;
seed_randomness();

my $node = start_node('stress', settings => "deadlock_timeout = 50ms\njit = off\n");
my $year = "'[2026-01-01,2027-01-01)'";
my @services = qw(ict ict.desk ict.desk ict.network hr hr.pay);
my @participants = qw(region north north south west);

# The caps of this test. The last one may be lowered below its usage, with accept_overrun.
my @caps = (
	[ 'ict', 'region', 'budget', $year, 3000, '80% notify, 100% block' ],
	[ 'ict', 'north', 'budget', $year, 1500, '100% block' ],
	[ 'ict.desk', 'region', 'volume', $year, 150, '100% warn, +50 block' ],
	[ 'ict.desk', 'north', 'budget', "'[2026-03-10,2026-05-20)'", 500, '100% block' ],
	[ 'hr', 'region', 'budget', $year, 1000, '50% notify, 90% warn, 105% block' ],
	[ 'hr.pay', 'west', 'volume', $year, 20, '100% block' ],
	[ 'hr', 'south', 'budget', $year, 300, '100% block' ]);
my $caps_sql = join '',
  map { sprintf "SELECT steering.set_cap('%s', '%s', '%s', %s, %s, '%s');\n", @$_ } @caps;

# Usage and threshold of every cap, straight from the finance table. A cap may be over if accepted.
my $oracle = q{
	WITH RECURSIVE service_tree AS (
		SELECT code AS top, code FROM steering.service
		UNION ALL SELECT top, s.code FROM service_tree t JOIN steering.service s ON s.parent = t.code),
	participant_tree AS (
		SELECT code AS top, code FROM steering.participant
		UNION ALL SELECT top, p.code FROM participant_tree t JOIN steering.participant p ON p.parent = t.code)
	SELECT c.service, c.participant, c.metric, c.used AS stored, c.blocks_at, coalesce(sum(
		CASE c.metric WHEN 'budget' THEN b.net_amount ELSE b.quantity END), 0) AS actual
	FROM steering.cap_status c
	JOIN service_tree s ON s.top = c.service
	JOIN participant_tree p ON p.top = c.participant
	LEFT JOIN finance.invoice_line b ON b.product = s.code AND b.municipality = p.code
		AND b.status <> 'draft' AND b.invoice_date BETWEEN c.valid_from AND c.valid_to
	GROUP BY c.cap_id, c.service, c.participant, c.metric, c.used, c.blocks_at};
my $overruns = "SELECT * FROM ($oracle) o WHERE actual > blocks_at AND (service, participant) <> ('hr', 'south')";

# A row of the finance table: columns without line_id.
sub random_row
{
	return sprintf "'%s', '%s', '2026-%02d-%02d', %.2f, %d, '%s'",
	  one_of(@services), one_of(@participants), between(1, 6), between(1, 28),
	  (rand() < 0.1 ? -40 : 60) * rand(), between(0, 9), (rand() < 0.1 ? 'draft' : 'approved');
}

# A file of such rows, for COPY.
sub random_file
{
	my $file = PostgreSQL::Test::Utils::tempdir() . '/rows.csv';

	append_to_file($file, join '', map { random_row() =~ s/[' ]//gr . "\n" } 1 .. between(1, 10));
	return $file;
}

sub random_statement
{
	my $columns = '(product, municipality, invoice_date, net_amount, quantity, status)';
	my $some = sprintf 'line_id %% 61 = %d', between(0, 60);
	my $one = sprintf 'line_id = %d', between(1, 400);
	my $id = between(1, 400);
	my $kind = rand();

	return "INSERT INTO finance.invoice_line $columns VALUES (" . random_row() . ')' if $kind < 0.40;
	return "INSERT INTO finance.invoice_line $columns VALUES ("
	  . join('), (', map { random_row() } 1 .. between(2, 20)) . ')'
	  if $kind < 0.50;
	return "\\copy finance.invoice_line $columns FROM '" . random_file() . "' WITH (FORMAT csv)"
	  if $kind < 0.55;
	return 'UPDATE finance.invoice_line SET net_amount = net_amount ' . one_of('+ 7', '- 5', '* 1.1') . " WHERE $some"
	  if $kind < 0.62;
	return "UPDATE finance.invoice_line SET $columns = ROW (" . random_row() . ") WHERE $one"
	  if $kind < 0.70;
	return "UPDATE finance.invoice_line SET status = CASE status WHEN 'draft' THEN 'approved' ELSE 'draft' END WHERE $some"
	  if $kind < 0.74;
	return "DELETE FROM finance.invoice_line WHERE $some" if $kind < 0.78;
	return "DELETE FROM finance.invoice_line WHERE $one" if $kind < 0.84;
	return "INSERT INTO finance.invoice_line VALUES ($id, " . random_row() . ')'
	  . ' ON CONFLICT (line_id) DO UPDATE SET net_amount = excluded.net_amount, product = excluded.product'
	  if $kind < 0.89;
	return "MERGE INTO finance.invoice_line l USING (VALUES ($id, " . random_row() . '))'
	  . " v (id, product, municipality, invoice_date, net_amount, quantity, status) ON l.line_id = v.id"
	  . ' WHEN MATCHED AND v.quantity > 6 THEN DELETE'
	  . ' WHEN MATCHED THEN UPDATE SET net_amount = v.net_amount, municipality = v.municipality'
	  . " WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.product, v.municipality, v.invoice_date::date, v.net_amount, v.quantity, v.status)"
	  if $kind < 0.93;
	return random_cap();
}

# A cap moves up or down by a third at most, now and then by being dropped and set anew, which counts
# everything again. The last one moves without regard for its usage.
sub random_cap
{
	my $which = int(rand(@caps));
	my ($service, $participant, $metric, $during, $amount, $ladder) = @{ $caps[$which] };
	my $set = sprintf "SELECT steering.set_cap('%s', '%s', '%s', %s, %.2f, '%s'%s)", $service, $participant, $metric,
	  $during, $amount * (0.67 + rand(0.66)), $ladder, ($which == $#caps ? ', accept_overrun => true' : '');

	return $set if rand() < 0.8;
	return "$set FROM (SELECT steering.drop_cap(cap_id) FROM steering.cap_status"
	  . " WHERE (service, participant, metric) = ('$service', '$participant', '$metric') OFFSET 0) dropped";
}

# What one client does in so many transactions.
sub random_script
{
	my ($transactions) = @_;
	my $sql = "SET client_min_messages = error;\n\\set VERBOSITY sqlstate\n";

	foreach (1 .. $transactions)
	{
		$sql .= 'BEGIN ISOLATION LEVEL '
		  . one_of('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE') . ";\n";
		$sql .= "SET LOCAL sp71_steering.check_at = 'commit';\n" if rand() < 0.2;
		my $depth = 0;
		foreach (1 .. between(1, 4))
		{
			my $savepoint = rand();

			if ($savepoint < 0.3)
			{
				$sql .= "SAVEPOINT s;\n";
				$depth++;
			}
			my $statement = random_statement();
			$sql .= $statement . ($statement =~ /^\\/ ? "\n" : ";\n");
			if ($depth > 0 && $savepoint > 0.4)
			{
				$sql .= one_of("ROLLBACK TO s;\n", "ROLLBACK TO s;\n", "RELEASE s;\n");
			}
			$sql .= "SELECT pg_sleep(0.002);\n" if rand() < 0.3;
		}
		$sql .= (rand() < 0.85 ? 'COMMIT' : 'ROLLBACK') . ";\n";
	}
	return $sql;
}

# The same load on the extension with these settings.
sub stress
{
	my ($database, $transactions, %settings) = @_;

	create_database($node, $database, %settings);
	create_registers($node, $database);
	create_source($node, $database);
	$node->safe_psql($database, $caps_sql);
	my ($observed, $errors) = run_load($node, $database,
		"BEGIN ISOLATION LEVEL REPEATABLE READ; $overruns; SELECT * FROM steering.verify(); COMMIT", 0,
		map { random_script($transactions) } 1 .. $clients);
	is($observed, '', "$database: with bookings going on, the observer saw no overrun and no difference");

	my %count;
	$count{$_}++ foreach $errors =~ /ERROR:  (\w{5})/g;
	note(join ', ', map { "$_: $count{$_}" } sort keys %count);
	cmp_ok(($count{'23S71'} || 0) + ($count{'23S72'} || 0), '>', 0, "$database: bookings were refused");
	# Beside the refusals: conflicts to try again, a line or a cap that another client added or
	# dropped, and what follows an error in a transaction.
	my %expected = map { $_ => 1 } qw(23S71 23S72 40001 40P01 25P02 3B001 23505 42704);
	is(join(' ', grep { !$expected{$_} } sort keys %count), '', "$database: nothing failed in another way");
	unlike($errors, qr/server closed|FATAL|PANIC/, "$database: no backend died");

	is($node->safe_psql($database, $overruns), '', "$database: no cap is over its block threshold");
	is($node->safe_psql($database, "SELECT * FROM ($oracle) o WHERE stored <> actual"),
		'', "$database: every counter equals the sum of the bookings");
	is_verified($node, "$database, at the end", $database);
	cmp_ok($node->safe_psql($database, 'SELECT count(*) FROM finance.invoice_line'), '>', 100,
		"$database: bookings were stored");
}

# The extension as it comes; then with counters that are never divided, and always as far as they can be.
stress('steered', $transactions);
foreach my $stripes (1, 2, 64)
{
	stress("stripes_$stripes", $transactions / 3,
		'sp71_steering.max_stripes' => $stripes, 'sp71_steering.min_stripes' => $stripes);
}

# The control: the same names, a sum over the bookings in a trigger, and a limit to compare it with.
create_database($node, 'control');
$node->safe_psql(
	'control', q{
	CREATE SCHEMA steering;
	CREATE TABLE steering.participant (code text PRIMARY KEY, parent text);
	CREATE TABLE steering.service (code text PRIMARY KEY, parent text);
	INSERT INTO steering.participant VALUES ('region', NULL), ('north', 'region'), ('south', 'region'), ('west', 'region');
	INSERT INTO steering.service VALUES ('ict', NULL), ('ict.desk', 'ict'), ('ict.network', 'ict'), ('hr', NULL), ('hr.pay', 'hr');
	CREATE TABLE steering.cap_status (cap_id serial, service text, participant text, metric text,
		valid_from date, valid_to date, blocks_at numeric, used numeric, PRIMARY KEY (service, participant, metric));
	CREATE SCHEMA finance;
	CREATE TABLE finance.invoice_line (
		line_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
		product text NOT NULL, municipality text NOT NULL, invoice_date date NOT NULL,
		net_amount numeric(14,2) NOT NULL, quantity integer NOT NULL DEFAULT 1,
		status text NOT NULL DEFAULT 'approved');
	CREATE FUNCTION steering.check_caps() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF EXISTS (} . $overruns . q{) THEN
			RAISE EXCEPTION 'over the cap' USING ERRCODE = '23S71';
		END IF;
		RETURN NULL;
	END $$;
	CREATE TRIGGER check_caps AFTER INSERT OR UPDATE ON finance.invoice_line
		FOR EACH STATEMENT EXECUTE FUNCTION steering.check_caps();
	CREATE TRIGGER check_caps AFTER UPDATE ON steering.cap_status
		FOR EACH STATEMENT EXECUTE FUNCTION steering.check_caps();
	CREATE FUNCTION steering.set_cap(service text, participant text, metric text, during daterange, amount numeric,
		ladder text DEFAULT NULL, accept_overrun boolean DEFAULT false) RETURNS void LANGUAGE sql AS $$
		INSERT INTO steering.cap_status (service, participant, metric, valid_from, valid_to, blocks_at)
		VALUES (service, participant, metric, lower(during), upper(during) - 1, amount)
		ON CONFLICT ON CONSTRAINT cap_status_pkey DO UPDATE SET blocks_at = excluded.blocks_at $$;
	CREATE FUNCTION steering.drop_cap(cap integer) RETURNS void LANGUAGE sql AS $$ $$;
} . $caps_sql);
my ($observed) = run_load($node, 'control', $overruns, 1, map { random_script($transactions) } 1 .. $clients);
isnt($observed, '', 'control: a summing trigger lets overruns through under the same load');

$node->stop;
done_testing();
