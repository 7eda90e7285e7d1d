# A backend that lives long does not grow: neither with the statements that it runs, nor with the
# changes of caps that it hears of.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $tolerance = 64 * 1024;
my $node = start_node('memory');

create_registers($node);
create_source($node);
$node->safe_psql(
	'postgres', q{
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1e7, '1% notify, 2% warn, 100% block');
	SELECT steering.set_cap('ict.desk', 'north', 'budget', '[2026-01-01,2027-01-01)', 1e7);
	SELECT steering.set_cap('ict.desk', 'north', 'volume', '[2026-01-01,2027-01-01)', 1e7);
	SELECT steering.set_cap('hr', 'region', 'budget', '[2026-01-01,2027-01-01)', 0);
	CREATE INDEX ON finance.invoice_line (quantity);
});

# The bytes in use in all memory contexts of a session's backend.
sub backend_memory
{
	my ($session) = @_;
	my $query = 'SELECT sum(used_bytes) FROM pg_backend_memory_contexts';

	run_in($session, $query);
	return run_in($session, $query);
}

# Statements of every kind, one transaction each; some are refused.
sub statements
{
	my ($first, $count) = @_;
	my $sql = '';

	foreach my $n ($first .. $first + $count / 10 - 1)
	{
		$sql .= book('ict.desk', 'north', 0.5 + $n % 7) . "\n"
		  . book('ict.network', 'west', $n % 3, sprintf('2026-%02d-01', 1 + $n % 12)) . "\n"
		  . book('hr.pay', 'south', 1) . "\n"
		  . book('nothing', 'south', 1) . "\n"
		  . "UPDATE finance.invoice_line SET net_amount = net_amount + 1 WHERE line_id > (SELECT max(line_id) - 4 FROM finance.invoice_line);\n"
		  . "UPDATE finance.invoice_line SET municipality = 'west', product = 'hr.pay' WHERE line_id = (SELECT max(line_id) FROM finance.invoice_line);\n"
		  . "INSERT INTO finance.invoice_line VALUES (-$n % 50, 'ict', 'north', '2026-01-01', 1, 1) ON CONFLICT (line_id) DO UPDATE SET net_amount = 2;\n"
		  . "BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; SAVEPOINT s; " . book('ict.desk', 'west', 5)
		  . " ROLLBACK TO s; " . book('hr.pay', 'north', $n % 2) . " COMMIT;\n"
		  . "SELECT count(*) FROM steering.check_booking('ict.desk', 'north', '2026-03-01', 5, 1);\n"
		  . "DELETE FROM finance.invoice_line WHERE line_id = (SELECT max(line_id) - 7 FROM finance.invoice_line);\n";
	}
	return $sql;
}

my $session = open_session($node);
run_in($session, 'SET client_min_messages = error;' . statements(1, 2000));
my $before = backend_memory($session);
run_in($session, statements(1001, 10_000));
my $after = backend_memory($session);
note("10,000 statements: $before bytes before, $after after");
cmp_ok($after - $before, '<=', $tolerance, '10,000 statements leave nothing behind');

# Another session changes caps and registers; this one reloads its rulebook each time.
my $other = open_session($node);
my $change = sub {
	my ($n) = @_;

	run_in($other,
		"SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1e7 + $n);"
		  . "SELECT steering.set_cap('ict.network', 'west', 'volume', '[2026-01-01,2027-01-01)', 1e7, '${n}% warn');"
		  . "UPDATE steering.service SET name = 'ICT $n' WHERE code = 'ict';"
		  . "SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'ict.network';");
	run_in($session, book('ict.desk', 'north', 1) . book('ict.network', 'west', 1));
};
$change->($_) foreach 1 .. 50;
$before = backend_memory($session);
$change->($_) foreach 51 .. 300;
$after = backend_memory($session);
note("250 changes of caps: $before bytes before, $after after");
cmp_ok($after - $before, '<=', $tolerance, '250 changes of caps leave nothing behind');
close_session($other);

# Sources that come and go; beside what PostgreSQL itself keeps of tables that come and go.
my $table = 'CREATE TABLE finance.passing (product text, municipality text, day date, amount numeric);';
my $attach = q{SELECT steering.attach('finance.passing', service => 'product', participant => 'municipality',
	booked_on => 'day', amount => 'amount');};
my $rest = q{INSERT INTO finance.passing VALUES ('ict', 'west', '2026-01-01', 1); DROP TABLE finance.passing;};
my %growth;
foreach my $statements ("$table $rest", "$table $attach $rest")
{
	run_in($session, $statements) foreach 1 .. 20;
	$before = backend_memory($session);
	run_in($session, $statements) foreach 1 .. 100;
	$growth{$statements} = backend_memory($session) - $before;
}
note('100 tables: ' . join ' bytes more; 100 sources: ', map { $growth{$_} } sort { length $a <=> length $b } keys %growth);
cmp_ok($growth{"$table $attach $rest"} - $growth{"$table $rest"},
	'<=', $tolerance, '100 sources that come and go leave nothing behind');

# What an expression took to look into a document is not kept for the next one.
run_in($session, q{
	CREATE TABLE finance.document (product text, content jsonb);
	SELECT steering.attach('finance.document', service => 'product', participant => $$content->>'municipality'$$,
		booked_on => $$make_date((content->>'year')::int, 1, 1)$$, amount => $$(content->>'amount')::numeric$$);});
my $document = sub {
	my ($megabytes) = @_;

	run_in($session, qq{
		INSERT INTO finance.document SELECT 'ict', jsonb_build_object('municipality', 'west', 'year', 2026, 'amount', 1,
			'text', repeat('x', $megabytes * 1024 * 1024));
		SELECT count(*) FROM steering.verify();});
};
$document->(0);
$before = backend_memory($session);
$document->(4);
$after = backend_memory($session);
note("a document of 4 MB: $before bytes before, $after after");
cmp_ok($after - $before, '<=', $tolerance, 'a document leaves nothing behind');
# Refused; in one transaction, and in one that goes on.
my $refused = q(UPDATE finance.document SET product = 'nothing' WHERE pg_column_size(content) > 1000);
run_in($session, "$refused; DO \$\$ BEGIN $refused; EXCEPTION WHEN OTHERS THEN NULL; END \$\$;");
$after = backend_memory($session);
note("and refused: $after");
cmp_ok($after - $before, '<=', $tolerance, 'a document that is refused leaves nothing behind');

# Expressions that fail again and again within a transaction, which goes on: at a row, with a function that
# somebody wrote and without, and when they are attached.
run_in($session, q{
	CREATE FUNCTION finance.parsed(text) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $1 = $$$$ THEN NULL ELSE $1::numeric END';
	CREATE TABLE finance.plain (product text DEFAULT 'ict', net text);
	CREATE TABLE finance.parsed (product text DEFAULT 'ict', net text);
	CREATE TABLE finance.other (product text DEFAULT 'ict', net text);
	SELECT steering.attach('finance.plain', 'product', $$'west'$$, $$date '2026-01-01'$$, 'net::numeric');
	SELECT steering.attach('finance.parsed', 'product', $$'west'$$, $$date '2026-01-01'$$, 'finance.parsed(net)');});
my %failing = (
	'at a row' => q(INSERT INTO finance.plain (net) VALUES ('odd')),
	'at a row, in a function' => q(INSERT INTO finance.parsed (net) VALUES ('odd')),
	'when they are attached' => q(PERFORM steering.attach('finance.other', 'product', $$'west'$$, $$date '2026-01-01'$$, 'net')));
foreach my $when (sort keys %failing)
{
	my $fail = sub {
		return "DO \$do\$ BEGIN FOR i IN 1..$_[0] LOOP BEGIN $failing{$when}; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END \$do\$;";
	};

	run_in($session, 'BEGIN;' . $fail->(10));
	$before = backend_memory($session);
	run_in($session, $fail->(200));
	$after = backend_memory($session);
	run_in($session, 'COMMIT');
	note("200 expressions that fail $when: $before bytes before, $after after");
	cmp_ok($after - $before, '<=', $tolerance, "200 expressions that fail $when leave nothing behind");
}
$before = backend_memory($session);
run_in($session, 'BEGIN;' . "SAVEPOINT s; INSERT INTO finance.parsed (net) VALUES ('odd'); ROLLBACK TO s; RELEASE s;" x 100
	. q(INSERT INTO finance.parsed (net) VALUES ('1')));
$after = backend_memory($session);
run_in($session, 'ROLLBACK');
note("100 savepoints: $before bytes before, $after after");
cmp_ok($after - $before, '<=', $tolerance, 'nor do they with savepoints');

close_session($session);
is_verified($node, 'at the end');

$node->stop;
done_testing();
