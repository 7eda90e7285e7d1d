# Statements that whoever runs them ends before all their rows are returned, as SPI can: PostgreSQL does not fire
# their AFTER STATEMENT triggers. What they have written is booked and judged all the same. The languages that do
# so need not be installed: a function in C does what they do.
use strict;
use warnings;

use File::Spec::Functions qw(rel2abs);
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('cut_short');
my $folder = rel2abs(PostgreSQL::Test::Utils::tempdir());
my ($headers, $code) = (`$ENV{PG_CONFIG} --includedir-server`, "$folder/limited");
chomp $headers;

append_to_file("$code.c", <<'C');
#include "postgres.h"
#include "executor/spi.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(limited);

Datum
limited(PG_FUNCTION_ARGS)
{
	uint64 processed;

	SPI_connect();
	SPI_execute(text_to_cstring(PG_GETARG_TEXT_PP(0)), false, PG_GETARG_INT32(1));
	processed = SPI_processed;
	SPI_finish();
	PG_RETURN_INT32(processed);
}
C
system_or_bail('gcc', '-fPIC', '-shared', "-I$headers", '-o', "$code.so", "$code.c");
chmod 0755, $folder, "$code.so";

# Runs a statement that ends after so many rows, as the first one of a session.
sub limited
{
	my ($rows, $statement) = @_;

	return "SELECT limited(\$\$$statement\$\$, $rows);";
}

sub lines { return 'SELECT ' . join(', ', "'ict.desk'", "'north'", "date '2026-03-15'", $_[0]) . " FROM generate_series(1, $_[1])"; }

my $into = 'INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount)';

create_registers($node);
create_source($node);
$node->safe_psql('postgres', "SELECT steering.set_cap('ict', 'region', 'budget', '2026', 100);
	CREATE FUNCTION limited(text, integer) RETURNS integer LANGUAGE C AS '$code', 'limited'");

is($node->safe_psql('postgres', limited(1, "$into " . lines(30, 5) . ' RETURNING 1')), '1', 'one row of five is written');
is(used($node, 'ict', 'region'), '30', 'and it is counted');
$node->safe_psql('postgres', limited(1, "$into " . lines(20, 1) . ' RETURNING 1'));
is(used($node, 'ict', 'region'), '50', 'so is the only row of a statement');
is_refused($node, limited(2, "$into " . lines(30, 5) . ' RETURNING 1'), '23S71', 'two rows that are too much');
is($node->safe_psql('postgres', 'SELECT sum(net_amount) FROM finance.invoice_line'), '50.00', 'nothing of them is stored');
is_verified($node, 'inserted');

is($node->safe_psql('postgres', q{
	DO $do$ BEGIN
		PERFORM } . substr(limited(2, "$into " . lines(30, 5) . ' RETURNING 1'), 7, -1) . q{;
	EXCEPTION WHEN SQLSTATE '23S71' THEN RAISE NOTICE 'caught';
	END $do$; SELECT used FROM steering.cap_status}), '50.0000', 'a refusal that is caught');

is_refused($node, limited(1, 'UPDATE finance.invoice_line SET net_amount = 81 WHERE net_amount = 30 RETURNING 1'), '23S71', 'an update');
$node->safe_psql('postgres', limited(1, 'UPDATE finance.invoice_line SET net_amount = 60 WHERE net_amount = 30 RETURNING 1'));
is(used($node, 'ict', 'region'), '80', 'an update within the cap');
$node->safe_psql('postgres', limited(1, 'DELETE FROM finance.invoice_line WHERE net_amount = 60 RETURNING 1'));
is(used($node, 'ict', 'region'), '20', 'a deletion');
$node->safe_psql('postgres', limited(1, q{INSERT INTO finance.invoice_line SELECT line_id, product, municipality, invoice_date, 15
	FROM finance.invoice_line UNION ALL SELECT 1000, 'ict.desk', 'north', '2026-01-01', 500
	ON CONFLICT (line_id) DO UPDATE SET net_amount = EXCLUDED.net_amount RETURNING 1}));
is(used($node, 'ict', 'region'), '15', 'an upsert');
is_verified($node, 'changed');

# What WITH changes is brought to its end whatever is read of it.
$node->safe_psql('postgres', limited(1, "WITH written AS ($into " . lines(5, 3) . ' RETURNING 1) SELECT FROM written'));
is(used($node, 'ict', 'region'), '30', 'a data-modifying WITH');

# Other people's triggers after the statement do not fire, as before. Parts of a table, and one under another name.
$node->safe_psql('postgres', q{
	CREATE TABLE finance.order_line (product text, municipality text, day date, net numeric) PARTITION BY RANGE (day);
	CREATE TABLE finance.order_line_2026 PARTITION OF finance.order_line FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
	SELECT steering.attach('finance.order_line', 'product', 'municipality', 'day', 'net');
	CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fired''; END';
	CREATE TRIGGER other AFTER INSERT ON finance.order_line FOR EACH STATEMENT EXECUTE FUNCTION other();});
$node->safe_psql('postgres', limited(1, 'INSERT INTO finance.order_line ' . lines(10, 2) . ' RETURNING 1'));
$node->safe_psql('postgres', limited(1, 'INSERT INTO finance.order_line_2026 ' . lines(10, 2) . ' RETURNING 1'));
is(used($node, 'ict', 'region'), '50', 'a partitioned table and its partition');
is_verified($node, 'parts');

# Lines of a query.
$node->safe_psql('postgres', q{
	CREATE TABLE finance.document (id integer PRIMARY KEY, municipality text);
	CREATE TABLE finance.post (id integer PRIMARY KEY, document_id integer, amount numeric);
	CREATE INDEX ON finance.post (document_id);
	INSERT INTO finance.document VALUES (1, 'north');
	SELECT steering.attach_query($$SELECT 'ict.desk' AS service, d.municipality AS participant, date '2026-03-15' AS booked_on,
		p.amount AS amount FROM finance.post p JOIN finance.document d ON d.id = p.document_id$$)});
$node->safe_psql('postgres', limited(2, 'INSERT INTO finance.post SELECT number, 1, 1 FROM generate_series(1, 5) AS number RETURNING 1'));
is($node->safe_psql('postgres', 'SELECT count(*) FROM finance.post_booking'), '2', 'lines of a query');
is_refused($node, limited(1, 'UPDATE finance.post SET amount = 81 WHERE id = 1 RETURNING 1'), '23S71', 'a line of a query that is too much');
$node->safe_psql('postgres', limited(1, q{UPDATE finance.document SET municipality = 'nowhere' WHERE id = 2 RETURNING 1}));
is($node->safe_psql('postgres', q{SELECT count(*) FROM steering.health() WHERE problem LIKE 'trigger%'}), '0', 'health() finds its triggers');
is_verified($node, 'lines of a query');

# Without the trigger that loads the library the first statement of a session is not counted, and health() says so.
$node->safe_psql('postgres', 'ALTER TABLE finance.order_line_2026 DISABLE TRIGGER sp71_steering_watch');
like($node->safe_psql('postgres', 'SELECT * FROM steering.health()'), qr/finance.order_line_2026\|trigger disabled\|.*sp71_steering_watch/,
	'health() tells of the trigger');

done_testing();
