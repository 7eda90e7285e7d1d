# Definitions of Iv3, mappings, frames of lawfulness and deviations are the same after a dump and restore, and work there; a database of an
# earlier version has them with the update. On the folder of real figures, where there is one: what is exported is what the file says.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('iv3');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/origin.dump';
my $real = "$FindBin::RealBin/../../../shared/data/nl/iv3_2023_jaarrekening.csv";

my %content = (
	'definitions' => 'SELECT * FROM steering.iv3_definition',
	'codes' => 'SELECT * FROM steering.iv3_code ORDER BY list, code',
	'forbidden combinations' => 'SELECT * FROM steering.iv3_forbidden',
	'checks' => 'SELECT * FROM steering.iv3_control',
	'mappings' => 'SELECT * FROM steering.iv3_mapping ORDER BY mapping_id',
	'deliverers' => 'SELECT * FROM steering.iv3_deliverer',
	'lines' => 'SELECT * FROM steering.iv3_line(2026, 5) ORDER BY origin, service',
	'frames' => 'SELECT * FROM steering.lawfulness_frame',
	'deviations' => 'SELECT * FROM steering.lawfulness_deviation ORDER BY object, subject, offset_by',
	'statements' => 'SELECT * FROM steering.lawfulness');

my $definitions = q{jsonb_build_object('metadata', '{"overheidslaag": "GR", "boekjaar": "2026"}'::jsonb,
	'codelijsten', '{"taakveld": {"codelijst": [{"code": "0.4"}, {"code": "0.5"}]}, "categorie_lasten": {"codelijst": [{"code": "3.8"}]}, "categorie_baten": {"codelijst": [{"code": "3.8"}]}}'::jsonb,
	'grijze_cellen', '{"lasten": [{"taakveld": "0.5", "categorie": "3.8"}]}'::jsonb, 'controles', '[{"foutcode": "PF006", "calculaties": [{"periode": [0, 5]}]}]'::jsonb)};

sub fill
{
	my ($database) = @_;

	return $node->safe_psql($database, qq{
		SELECT * FROM steering.iv3_load($definitions);
		SELECT steering.set_iv3_deliverer('GR', '9999', 'Region', 'A', '07', 'a\@example.org');
		SELECT steering.set_iv3_mapping(NULL, 'bookings', 'lasten', '0.4', '3.8'), steering.set_iv3_mapping('hr', 'finance.invoice_line', 'lasten', '0.5', '3.8');
		SELECT steering.set_lawfulness_frame('2026', 1, 5, steering.lawfulness_model(2026));
		SELECT steering.set_lawfulness_base('2026', 'region', NULL, 10);
		SELECT steering.set_deviation('2026', 'region', 'costs', 'ict', facts => '{"open_ended": true}', explanation => 'why', direct => 1);
		SELECT steering.set_deviation('2026', 'region', 'reserve', 'general', 5, 8)});
}

$node->safe_psql('postgres', 'CREATE DATABASE origin');
create_registers($node, 'origin');
create_source($node, 'origin');
$node->safe_psql('origin', q{
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 100, '100% notify');
	INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount, status) VALUES
		('ict.desk', 'north', '2026-05-05', 103.5, 'approved'), ('hr.pay', 'north', '2026-05-05', 7, 'approved')});
is(fill('origin'), join("\n", 1, '1|2', 1, 1, 1, 2), 'origin: filled');
my %expected = map { $_ => $node->safe_psql('origin', $content{$_}) } keys %content;
isnt($expected{$_}, '', "origin: there is $_") foreach sort keys %content;
is($node->safe_psql('origin', 'SELECT object, offset_by, trim_scale(amount), rule_name, acceptable FROM steering.lawfulness_deviation ORDER BY 1, 2'),
	"costs over|direct|1|offset by directly related income|t\ncosts over|none|2.5|open-ended scheme|t\nreserve over|none|3|movement of a reserve that was not decided|f",
	'origin: deviations are classified');
is($node->safe_psql('origin', q{SELECT code, place FROM steering.iv3_check(steering.iv3_export(2026, 5))}), "grey|data.lasten[1]\nPF006|data", 'origin: a file is made and checked');

$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'origin' ], 'pg_dump');
foreach my $run ([ 'whole' ], [ 'parallel', '--jobs', '3' ])
{
	my ($database, @arguments) = @$run;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $database, @arguments, $dump ], "$database: pg_restore");
	is($node->safe_psql($database, $content{$_}), $expected{$_}, "$database: same $_") foreach sort keys %content;
	is($node->safe_psql($database, q{SELECT steering.set_iv3_mapping('ict', 'bookings', 'lasten', '0.4', '3.8'), steering.set_deviation('2026', 'region', 'income', 'x', 2, 1)}),
		'3|3', "$database: numbers go on");
}

# A database of an earlier version.
$node->safe_psql('postgres', 'CREATE DATABASE older');
$node->safe_psql('older', q{CREATE EXTENSION sp71_steering VERSION '0.5.0';
	INSERT INTO steering.participant (code, name) VALUES ('region', 'Region');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT'), ('hr', 'HR')});
create_source($node, 'older');
is($node->safe_psql('older', q{SELECT steering.report('2026') ~ 'id="lawfulness"'}), 'f', 'older: the report is made without it');
$node->safe_psql('older', 'ALTER EXTENSION sp71_steering UPDATE');
is(fill('older'), join("\n", 1, '1|2', 1, 1, 1, 2), 'older: filled after the update');
is($node->safe_psql('older', q{SELECT steering.report('2026') ~ 'id="lawfulness"'}), 't', 'older: the report has it');

# Real figures: accounts of 342 municipalities, in thousands of euro, booked as they are.
SKIP:
{
	skip 'there is no folder of real figures', 4 if !-r $real;

	$node->safe_psql('postgres', 'CREATE DATABASE real');
	$node->safe_psql('real', qq{CREATE EXTENSION sp71_steering;
		CREATE TABLE account (municipality text, policy_field text, salaries numeric, income numeric, cost numeric, province text,
			size_class text, urbanity text, inhabitants integer, centre text, social text);
		\\copy account from '$real' with (format csv, header, delimiter ';')
		DELETE FROM account WHERE province IS NULL;
		INSERT INTO steering.participant (code, name) SELECT DISTINCT municipality, municipality FROM account;
		INSERT INTO steering.service (code, name) SELECT DISTINCT split_part(policy_field, ' ', 1), max(policy_field) FROM account GROUP BY 1;
		CREATE TABLE costs AS SELECT municipality, split_part(policy_field, ' ', 1) AS field, cost * 1000 AS amount FROM account;
		CREATE TABLE income AS SELECT municipality, split_part(policy_field, ' ', 1) AS field, income * 1000 AS amount FROM account;
		SELECT steering.attach('costs', 'field', 'municipality', 'date ''2023-12-31''', 'amount'), steering.attach('income', 'field', 'municipality', 'date ''2023-12-31''', 'amount');
		SELECT steering.set_iv3_mapping(code, 'public.' || origin, part, code, '3.8', 'Leiden')
			FROM steering.service, (VALUES ('costs', 'lasten'), ('income', 'baten')) AS side (origin, part);
		SELECT steering.set_iv3_deliverer('Gemeente', '0546', 'Leiden', 'A', '07', 'a\@example.org', 'Leiden')});
	is($node->safe_psql('real', q{SELECT count(*), count(*) FILTER (WHERE part IS NULL) FROM steering.iv3_line(2023, 5, 'Leiden')}),
		$node->safe_psql('real', q{SELECT count(*) FILTER (WHERE cost <> 0) + count(*) FILTER (WHERE income <> 0), 0 FROM account WHERE municipality = 'Leiden'}),
		'real figures: as many lines as there are figures, and all are mapped');
	is($node->safe_psql('real', q{SELECT part, line ->> 'taakveld' AS field, line ->> 'bedrag'
			FROM steering.iv3_export(2023, 5, 'Leiden') AS file, jsonb_each(file -> 'data') AS data (part, lines), jsonb_array_elements(lines) AS line ORDER BY 1, 2}),
		$node->safe_psql('real', q{SELECT part, field, sum(amount)::bigint FROM (SELECT 'lasten' AS part, * FROM costs UNION ALL SELECT 'baten', * FROM income) AS line
			WHERE municipality = 'Leiden' AND amount <> 0 GROUP BY 1, 2 ORDER BY 1, 2}), 'real figures: each line is that of the file');
	is($node->safe_psql('real', q{SELECT code, found FROM steering.iv3_check(steering.iv3_export(2023, 5, 'Leiden'))}), 'SF888|2023', 'real figures: without definitions no codes are checked');
	is($node->safe_psql('real', q{SELECT sum((line ->> 'bedrag')::numeric) = (SELECT sum(amount) FROM costs WHERE municipality = 'Leiden')
			FROM steering.iv3_export(2023, 5, 'Leiden') AS file, jsonb_array_elements(file #> '{data,lasten}') AS line}), 't', 'real figures: nothing is lost');
}

$node->stop;
done_testing();
