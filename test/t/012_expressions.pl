# Expressions of mappings that nobody would write: a corpus of right and wrong ones, mutated, goes through
# attach(), two bookings, verify() and detach(). None crashes the server or raises an internal error; what
# attach() takes is counted as plain SQL counts it.
#
# The seed is another one each time. RANDOM_SEED repeats it, RANDOM_SECONDS says for how long (default 8).
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomRun;
use RandomSchema;
use SteeringTest;
use Test::More;
use Time::HiRes qw(time);

my $seed = defined $ENV{RANDOM_SEED} ? $ENV{RANDOM_SEED} : int(time() * 10) % 1_000_000_000;
my $seconds = $ENV{RANDOM_SECONDS} || 8;
my $node = start_node('expressions', settings => "jit = off\nautovacuum = off\nmax_stack_depth = 1MB\n");

srand($seed);
create_registers($node);
$node->safe_psql(
	'postgres', q{
	CREATE TYPE pair AS (net numeric(12,2), tax numeric);
	CREATE TYPE level AS ENUM ('low', 'high');
	CREATE DOMAIN positive AS numeric CHECK (VALUE > 0);
	CREATE FUNCTION twice(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
	CREATE FUNCTION fails(n numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS
		$$BEGIN RAISE EXCEPTION 'no %', n; END$$;
	CREATE FUNCTION many(n numeric) RETURNS SETOF numeric LANGUAGE sql IMMUTABLE AS 'SELECT n';
	CREATE FUNCTION defaulted(a numeric, b numeric DEFAULT 2, VARIADIC c numeric[] DEFAULT '{}') RETURNS numeric
		LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
	CREATE OPERATOR @+@ (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = numeric_add);
	CREATE TABLE line (gone text, ser text, par text, day date, at timestamp, amt numeric, qty integer, whole bigint,
		cents steering.amount, f double precision, b boolean, p pair, l level, d positive, j jsonb, a integer[], x xml,
		"Pé""r" text, v varbit, i interval, r daterange, made timestamptz, twice numeric GENERATED ALWAYS AS (amt * 2) STORED);
	ALTER TABLE line DROP COLUMN gone;
	CREATE TABLE sample (LIKE line INCLUDING GENERATED);
	INSERT INTO sample (ser, par, day, at, amt, qty, whole, cents, f, b, p, l, d, j, a, x, "Pé""r", v, i, r, made) VALUES
		('ict', 'north', '2026-03-03', '2026-03-03 12:00', 12.34567, 3, 9, 1.5, 0.1, true, '(1.5,2)', 'low', 4,
			'{"ser": "hr", "n": [1, 2]}', '{1,2}', NULL, 'é', B'101', '1 day', '[2026-01-01,2026-02-01)', '2026-01-01'),
		('hr.pay', 'south', '2026-12-31', 'infinity', -7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
			'(,)', NULL);
});

my %corpus = (
	amount => [
		'amt', 'qty', 'whole', 'cents', 'f::numeric(14,2)', '(p).net', '(p).net + (p).tax', 'd', 'twice', 'twice(amt)', 'line.amt', 'public.line.amt',
		'coalesce(amt, qty, 0)', 'CASE l WHEN \'low\' THEN 1 ELSE 2 END', 'CASE WHEN b THEN amt END', '(j->\'n\'->>0)::numeric', 'a[1]',
		'cardinality(a)', 'amt OPERATOR(pg_catalog.+) 1', 'amt @+@ 2', 'round(amt, 2)', '1', '-1', '1e10', '0.00005', '-0.00005', 'NULL', "'5'",
		'round(v => 2, n => amt)', 'defaulted(amt)', 'defaulted(amt, VARIADIC ARRAY[1, 2])', 'extract(day FROM day)', 'length("Pé""r")', 'day - DATE \'2026-01-01\'',
		'greatest(amt, qty, NULL)', 'nullif(amt, 3)', '(ROW(1, 2) < ROW(qty, 2))::integer', 'amt::steering.amount', 'least(cents, 3::steering.amount)',
		'width_bucket(amt, 0, 10, 5)', '(SELECT 1)', 'sum(amt)', 'row_number() OVER ()', 'many(amt)', 'generate_series(1, 3)', 'fails(amt)', 'random()',
		'ctid', 'tableoid::integer', 'line', '(line).amt', 'line.*', '$1', ':x', 'DEFAULT', 'now()', '1; DROP TABLE line', '1) --', 'amt AS x', 'amt, qty', '', ' ',
		'GROUPING(amt)', 'amt / 0', '1 / 0', '9223372036854775807', '922337203685477.5807', '\'NaN\'::numeric', '\'Infinity\'::numeric', 'f', 'made', 'x', 'amt::money',
		'EXISTS (TABLE line)', 'ARRAY[amt]', '(ARRAY[amt, 2])[1]', '(ARRAY[1, 2])[qty]', 'amt COLLATE "C"', 'amt IS DISTINCT FROM 3', 'bit_count(v)', 'old.amt', 'excluded.amt',
		'CURRENT_USER', 'xmlserialize(CONTENT x AS text)', 'NEXTVAL(\'s\')', 'merge_action()', 'JSON_VALUE(j, \'$.n\')', "amt\0", 'U&\'\0031\'::integer', "\xff", '/* */ amt', 'amt -- '
	],
	service => [
		'ser', '"Pé""r"', 'j->>\'ser\'', 'lower(ser)', 'ser::char(10)', 'ser::varchar(3)', 'ser::name', '(ser || \'.pay\')', 'CASE WHEN b THEN ser ELSE \'hr\' END',
		'\'ict\'', 'NULL', 'l', 'l::text', 'qty', 'day', 'ser COLLATE "C"', 'substring(ser FROM 1 FOR 3)', 'overlay(ser PLACING \'x\' FROM 1)', 'format(\'%s\', ser)',
		'concat(ser, par)', 'repeat(ser, 1000000)', 'regexp_replace(ser, \'(x+)+y\', \'\')', 'E\'\\x00\'', 'p', 'a', 'x', 'chr(0)', 'chr(1114112)', 'convert_from(\'\\xff\', \'UTF8\')',
		'ser ~ \'i\'', 'upper(r)', 'to_char(day, \'YYYY\')', 'pg_typeof(ser)', 'ser::regclass', 'quote_ident(ser)', 'trim(BOTH \'x\' FROM ser)', 'split_part(ser, \'.\', 1)'
	],
	booked_on => [
		'day', 'at', 'at::date', 'day + 1', 'day + i', 'lower(r)', 'upper(r)', 'made', 'made AT TIME ZONE \'Europe/Amsterdam\'', 'make_date(2026, qty, 1)', 'DATE \'2026-02-29\'',
		'DATE \'infinity\'', 'date_trunc(\'month\', at)', 'CURRENT_DATE', '\'2026-01-01\'', '\'today\'', 'to_date(ser, \'YYYY\')', 'day - 10000000', 'TIMESTAMP \'294276-12-31\'', 'NULL', 'amt',
		'(day, day) OVERLAPS (day, day)', 'LOCALTIMESTAMP', 'at + INTERVAL \'1 mon\'', 'DATE \'4713-01-01 BC\'', 'DATE \'5874897-12-31\''
	],
	counts_when => [
		'b', 'NOT b', 'b IS TRUE', 'amt > 0', 'ser LIKE \'i%\'', 'ser = ANY (ARRAY[\'ict\', \'hr\'])', 'l = \'low\'', 'r @> day', 'j ? \'ser\'', 'x IS DOCUMENT', 'TRUE', 'NULL', '1', '\'t\'',
		'ser SIMILAR TO \'%\'', 'day BETWEEN DATE \'2026-01-01\' AND at', 'amt IN (1, 2, NULL)', 'p IS NULL', 'line IS NULL', 'b AND fails(amt) > 0', 'amt > (SELECT 1)', 'has_table_privilege(\'line\', \'select\')',
		'amt = ALL (a)', 'ROW(amt, qty) IN ((1, 2))', 'b IS UNKNOWN', 'ser IS NORMALIZED', 'i > INTERVAL \'0\'', 'v = B\'101\''
	]);
my @all = map { @$_ } values %corpus;
my @types = (
	qw(text numeric integer smallint bigint date timestamp boolean steering.amount steering.ladder steering.fiscal_period positive pair level
	  json xml char(3) "char" name integer[] void anyelement record cstring internal regclass daterange), 'numeric(3,5)', 'numeric(1000,999)');
my @words = map { split /(?<=\W)|(?=\W)/ } @all;

# An expression put into another.
sub wrap
{
	my ($text) = @_;
	my $other = one_of(@all);

	return one_of(
		"($text)", "coalesce($text, $other)", "CASE WHEN $other THEN $text ELSE $other END", "CASE WHEN b THEN $text END", "nullif($text, $other)",
		"($text)::" . one_of(@types),
		"($text) + ($other)", "($text) || ($other)", "ARRAY[$text, $other]", "ROW($text, $other)", "twice($text)", "($text) IS NULL", "-($text)", "greatest($text, $other)",
		"($text)[1]", "($text).net", "abs($text)", "CAST($text AS text)", "($text) COLLATE \"C\"", "to_jsonb($text)", "($text) = ANY (ARRAY[$other])", "NOT ($text)", "fails($text)");
}

# An expression changed by a random step.
sub mutate
{
	my ($text) = @_;
	my @parts = split /(?<=\W)|(?=\W)/, $text;
	my $kind = rand();

	return wrap($text) if $kind < 0.45;
	return one_of(@all) if $kind < 0.5;
	if (@parts && $kind < 0.85)
	{
		my $at = int(rand(@parts));

		splice @parts, $at, between(0, 2), one_of(one_of(@words), one_of(@words), one_of(@words), '', chr(between(1, 255)), '((', "'", '"', '$$', '::');
		return join '', @parts;
	}
	return ('(' x 3000) . $text . (')' x 3000) if $kind < 0.86;
	return $text . (" + ($text)" x 300) if $kind < 0.87;
	return substr($text, 0, between(0, length $text)) if $kind < 0.93;
	my $character = one_of("\xe2\x82\xac", "\xf0\x9f\x92\xb6", "\xe2\x80\xae", "\xc2\xa0", "\xef\xbb\xbf");
	substr($text, between(0, length $text), 0, $character);
	return $text;
}

sub dollar { my ($text) = @_; return '$expression$' . ($text =~ s/\$expression\$//gr) . '$expression$'; }

my ($tried, $taken, $wrong) = (0, 0, '');
my %errors;
my $session = open_psql($node, 'postgres', 'expressions');
my $end = time() + $seconds;
my @first = map { my $argument = $_; map { [ $argument, $_ ] } @{ $corpus{$argument} } } sort keys %corpus;

send_sql($session, "SET client_min_messages = error; SET statement_timeout = '5s'");
wait_for($session, 10);
while (@first || time() < $end && $wrong eq '')
{
	my %argument = (service => 'ser', participant => 'par', booked_on => 'day', amount => 'amt');
	my ($which, $text) = @{ shift @first || [ one_of(keys %corpus) ] };

	if (!defined $text)
	{
		$text = one_of(@{ $corpus{$which} });
		$text = mutate($text) foreach 1 .. one_of(1, 1, 2, 3, 5);
	}
	$text =~ s/\0//g;
	$argument{$which} = $text;
	my $plain = $argument{amount} =~ /--/ ? 'NULL' : "coalesce(($argument{amount}\n)::numeric, 0)";
	my $attach = 'SELECT steering.attach(\'line\', ' . join(', ', map { "$_ => " . dollar($argument{$_}) } sort keys %argument) . ", unknown => 'ignore')";
	my $same = $which eq 'amount' && $plain ne 'NULL' && $text !~ /[;:]\w|^\s*$|\$\$|\$1/
	  ? 'DO ' . '$compare$BEGIN IF (SELECT sum(amount) FROM steering.booking) <> (SELECT sum(round(' . $plain . ', 4)) FROM line WHERE isfinite(day)) THEN RAISE \'WRONG AMOUNT\'; END IF; END$compare$'
	  : 'SELECT';
	my $insert = 'INSERT INTO line SELECT ser, par, day, at, amt, qty, whole, cents, f, b, p, l, d, j, a, x, "Pé""r", v, i, r, made FROM sample';

	send_sql($session,
		"BEGIN;\n$insert;\n$attach;\n$insert WHERE b;\nUPDATE line SET qty = qty + 1, amt = amt * 2;\nDELETE FROM line WHERE NOT b;\n"
		  . "SELECT 'DIFFERENCE', * FROM steering.verify();\nSELECT 'PROBLEM ' || steering.mapping_problem('line');\nSAVEPOINT s;\n$same;\nROLLBACK TO s;\n"
		  . "SELECT steering.detach('line');\nSELECT 'TAKEN' WHERE NOT EXISTS (SELECT FROM steering.source);\nROLLBACK");
	my $ended = eval { wait_for($session, 60) };

	$tried++;
	$taken++ if $session->{output} =~ /^TAKEN/m;
	$wrong = "$attach\n$session->{output}\n$session->{errors}"
	  if !$ended || $session->{output} =~ /^(?:DIFFERENCE|PROBLEM)/m || $session->{errors} =~ /WRONG AMOUNT|PANIC|server closed|^(?:ERROR|FATAL):  (?:XX|58|57P0)/m
	  || $session->{errors} =~ /cache lookup failed|unrecognized node/;
	$errors{$1}++ if $session->{errors} =~ /^ERROR:  (.*)/m;
	last if !$ended;
}
is($wrong, '', "none of $tried expressions raises an internal error or is counted wrongly (RANDOM_SEED=$seed)");
cmp_ok($taken, '>', 40, 'many of them are taken');
diag("RANDOM_SEED=$seed: $tried expressions, of which $taken were taken");
diag(map { "$errors{$_} $_\n" } sort { $errors{$b} <=> $errors{$a} } keys %errors) if $ENV{RANDOM_DEBUG};
close_psql($session) if $wrong eq '';
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC:|terminated by signal|XX000/, 'the log of the server shows no internal error');
$node->stop;
done_testing();
