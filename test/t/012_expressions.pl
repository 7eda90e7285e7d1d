# Expressions that nobody would write: a list of right and wrong ones, and what comes of changing them at
# random, each as an argument of attach(), with bookings, verify() and detach() in one transaction. None makes
# the server crash or raise an internal error; what attach() takes is booked as plain SQL computes it.
#
# The seed is another one each time. RANDOM_SEED repeats it; RANDOM_ROUNDS says how many expressions are made
# besides the list (default 400). Neither an expression nor what it makes grows beyond a bound, so each ends soon.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomSchema;
use SteeringTest;
use Test::More;
use Time::HiRes qw(time);

my $seed = defined $ENV{RANDOM_SEED} ? $ENV{RANDOM_SEED} : int(time() * 10) % 1_000_000_000;
my $rounds = defined $ENV{RANDOM_ROUNDS} ? $ENV{RANDOM_ROUNDS} : 400;
my $longest = 20_000;
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
		cents steering.amount, f double precision, b boolean, p pair, l level, d positive, j jsonb, a integer[],
		"Pé""r" text, v varbit, i interval, r daterange, made timestamptz,
		twice numeric GENERATED ALWAYS AS (amt * 2) STORED);
	ALTER TABLE line DROP COLUMN gone;
	CREATE TABLE sample (LIKE line INCLUDING GENERATED);
	INSERT INTO sample (ser, par, day, at, amt, qty, whole, cents, f, b, p, l, d, j, a, "Pé""r", v, i, r, made) VALUES
		('ict', 'north', '2026-03-03', '2026-03-03 12:00', 12.34567, 3, 9, 1.5, 0.1, true, '(1.5,2)', 'low', 4,
			'{"ser": "hr", "n": [1, 2]}', '{1,2}', 'é', B'101', '1 day', '[2026-01-01,2026-02-01)', '2026-01-01'),
		('hr.pay', 'south', '2026-12-31', 'infinity', -7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
			NULL, NULL, NULL, '(,)', NULL);
});

my %list = (
	amount => [
		'amt', 'qty', 'whole', 'cents', 'd', 'twice', 'f::numeric(14,2)', '(p).net', '(p).net + (p).tax', 'twice(amt)',
		'line.amt', 'public.line.amt', 'coalesce(amt, qty, 0)', "CASE l WHEN 'low' THEN 1 ELSE 2 END", 'CASE WHEN b THEN amt END',
		"(j->'n'->>0)::numeric", 'a[1]', 'cardinality(a)', 'amt OPERATOR(pg_catalog.+) 1', 'amt @+@ 2', 'round(amt, 2)',
		'1', '-1', '1e10', '0.00005', '-0.00005', 'NULL', "'5'", 'defaulted(amt)', 'defaulted(b => 2, a => amt)',
		'defaulted(amt, 1, VARIADIC ARRAY[1, 2])', 'extract(day FROM day)', 'length("Pé""r")', "day - DATE '2026-01-01'",
		'greatest(amt, qty, NULL)', 'nullif(amt, 3)', '(ROW(1, 2) < ROW(qty, 2))::integer', 'amt::steering.amount',
		'least(cents, 3::steering.amount)', 'width_bucket(amt, 0, 10, 5)', '(ARRAY[amt, 2])[1]', '(ARRAY[1, 2])[qty]',
		'bit_count(v)', 'amt -- ', '/* */ amt', "U&'\\0031'::integer", '9223372036854775807', '922337203685477.5807',
		"'NaN'::numeric", "'Infinity'::numeric", 'amt / 0', '1 / 0', 'fails(amt)', 'f', 'made', 'amt::money', 'ARRAY[amt]',
		'amt COLLATE "C"', 'amt IS DISTINCT FROM 3', '(SELECT 1)', 'EXISTS (TABLE line)', 'sum(amt)', 'GROUPING(amt)',
		'row_number() OVER ()', 'many(amt)', 'generate_series(1, 3)', 'random()', 'now()', "nextval('s')", 'CURRENT_USER',
		'ctid', 'tableoid::integer', 'line', '(line).amt', 'line.*', 'old.amt', 'excluded.amt', '$1', ':x', 'DEFAULT',
		'1; DROP TABLE line', '1) --', 'amt AS x', 'amt, qty', '', ' ', "amt\xff", 'merge_action()', "JSON_VALUE(j, '\$.n')"
	],
	service => [
		'ser', '"Pé""r"', "j->>'ser'", 'lower(ser)', 'ser::char(10)', 'ser::varchar(3)', 'ser::name', "(ser || '.pay')",
		"CASE WHEN b THEN ser ELSE 'hr' END", "'ict'", 'NULL', 'l', 'l::text', 'qty', 'day', 'ser COLLATE "C"',
		'substring(ser FROM 1 FOR 3)', "overlay(ser PLACING 'x' FROM 1)", "format('%s', ser)", 'concat(ser, par)',
		'repeat(ser, 9999)', "regexp_replace(ser, '(x+)+y', '')", "E'\\\\x00'", 'p', 'a', 'chr(0)', 'chr(1114112)',
		"convert_from('\\xff', 'UTF8')", "ser ~ 'i'", 'upper(r)', "to_char(day, 'YYYY')", 'pg_typeof(ser)', 'ser::regclass',
		'quote_ident(ser)', "trim(BOTH 'x' FROM ser)", "split_part(ser, '.', 1)"
	],
	booked_on => [
		'day', 'at', 'at::date', 'day + 1', 'day + i', 'lower(r)', 'upper(r)', 'made', "made AT TIME ZONE 'Europe/Amsterdam'",
		'make_date(2026, qty, 1)', "date_trunc('month', at)", 'CURRENT_DATE', "'2026-01-01'", "'today'", 'NULL', 'amt',
		"to_date(ser, 'YYYY')", 'day - 10000000', "TIMESTAMP '294276-12-31'", '(day, day) OVERLAPS (day, day)', 'LOCALTIMESTAMP',
		"at + INTERVAL '1 mon'", "DATE 'infinity'", "DATE '4713-01-01 BC'", "DATE '5874897-12-31'", "DATE '2026-02-29'"
	],
	counts_when => [
		'b', 'NOT b', 'b IS TRUE', 'amt > 0', "ser LIKE 'i%'", "ser = ANY (ARRAY['ict', 'hr'])", "l = 'low'", 'r @> day',
		"j ? 'ser'", 'TRUE', 'NULL', '1', "'t'", "ser SIMILAR TO '%'", "day BETWEEN DATE '2026-01-01' AND at",
		'amt IN (1, 2, NULL)', 'p IS NULL', 'line IS NULL', 'b AND fails(amt) > 0', 'amt > (SELECT 1)', 'amt = ALL (a)',
		"has_table_privilege('line', 'select')", 'ROW(amt, qty) IN ((1, 2))', 'b IS UNKNOWN', 'ser IS NORMALIZED',
		"i > INTERVAL '0'", "v = B'101'"
	]);
my @arguments = sort keys %list;
my @expressions = map { @{ $list{$_} } } @arguments;
my @words = map { split /(?<=\W)|(?=\W)/ } @expressions;
my @types = (
	qw(text numeric integer smallint bigint date timestamp boolean steering.amount steering.ladder steering.fiscal_period
	  positive pair level json char(3) "char" name integer[] void anyelement record cstring internal regclass daterange),
	'numeric(3,5)', 'numeric(1000,999)');

# An expression inside another; more often than not with one of the same argument, which may fit.
sub wrap
{
	my ($text, $argument) = @_;
	my $other = one_of(chance(0.7) ? @{ $list{$argument} } : @expressions);

	return one_of(
		"($text)", "coalesce($text, $other)", "CASE WHEN $other THEN $text ELSE $other END", "CASE WHEN b THEN $text END",
		"nullif($text, $other)", "($text)::" . one_of(@types), "($text) + ($other)", "($text) || ($other)", "ARRAY[$text, $other]",
		"ROW($text, $other)", "twice($text)", "($text) IS NULL", "-($text)", "greatest($text, $other)", "($text)[1]",
		"($text).net", "abs($text)", "CAST($text AS text)", "($text) COLLATE \"C\"", "to_jsonb($text)",
		"($text) = ANY (ARRAY[$other])", "NOT ($text)", "fails($text)");
}

# An expression changed by one step. Steps multiply, so one that became too long is given up.
sub change
{
	my ($text, $argument) = @_;
	my @parts = split /(?<=\W)|(?=\W)/, $text;
	my $kind = rand();

	return wrap($text, $argument) if $kind < 0.75;
	if (@parts && $kind < 0.9)
	{
		splice @parts, int(rand(@parts)), between(0, 2),
		  one_of((one_of(@words)) x 3, '', chr(between(1, 255)), '((', "'", '"', '$$', '::');
		return join '', @parts;
	}
	return ('(' x 3000) . $text . (')' x 3000) if $kind < 0.91;
	return $text . (" + ($text)" x 100) if $kind < 0.92;
	return substr($text, 0, between(0, length $text)) if $kind < 0.95;
	substr($text, between(0, length $text), 0,
		one_of("\xe2\x82\xac", "\xf0\x9f\x92\xb6", "\xe2\x80\xae", "\xc2\xa0", "\xef\xbb\xbf"));
	return $text;
}

sub random_expression
{
	my ($argument) = @_;
	my $text = one_of(@{ $list{$argument} });

	foreach (1 .. one_of(1, 1, 1, 2, 3, 5))
	{
		my $changed = change($text, $argument);

		$text = $changed if length $changed <= $longest;
	}
	return $text =~ s/\0//gr;
}

# The statement that compares the bookings with what plain SQL makes of the same expressions. An expression that
# plain SQL reads otherwise inside parentheses is not compared.
sub compare
{
	my (%argument) = @_;

	return "SELECT 'NOT COMPARED'" if grep { /;|--|^\s*$/ } values %argument;
	my $bookings = 'SELECT service, participant, booked_on, amount FROM steering.booking';
	my $plain = "SELECT * FROM (SELECT ($argument{service})::text AS service, ($argument{participant})::text AS participant, "
	  . "($argument{booked_on})::timestamp::date AS day, round(coalesce(($argument{amount})::numeric, 0), 4)::steering.amount "
	  . "FROM line WHERE ($argument{counts_when})) AS plain WHERE isfinite(day) "
	  . 'AND service IN (SELECT code FROM steering.service) AND participant IN (SELECT code FROM steering.participant)';

	return 'DO $compare$ DECLARE differ text; BEGIN EXECUTE ' . literal(
		"SELECT string_agg(d::text, ' ') FROM ((($bookings) EXCEPT ALL ($plain)) UNION ALL (($plain) EXCEPT ALL ($bookings))) AS d")
	  . " INTO differ; IF differ <> '' THEN RAISE USING ERRCODE = 'ZZ001'; END IF; END \$compare\$; SELECT 'COMPARED'";
}

my @columns = qw(ser par day at amt qty whole cents f b p l d j a "Pé""r" v i r made);
my $columns = join ', ', @columns;
my $insert = "INSERT INTO line ($columns) SELECT $columns FROM sample";
my ($tried, $taken, $compared, $wrong) = (0, 0, 0, '');
my %errors;
my @todo = map { my $argument = $_; map { [ $argument, $_ ] } @{ $list{$argument} } } @arguments;
my $session = open_session($node);

push @todo, map { my $argument = one_of(@arguments); [ $argument, random_expression($argument) ] } 1 .. $rounds;
run_in($session, 'SET client_min_messages = error');
foreach (@todo)
{
	my ($which, $text) = @$_;
	my %argument = (service => 'ser', participant => 'par', booked_on => 'day', amount => 'amt', counts_when => 'true', $which => $text);
	my $attach = "SELECT steering.attach('line', " . join(', ', map { "$_ => " . literal($argument{$_}) } sort keys %argument) . ", unknown => 'ignore')";
	my ($output, $errors) = eval {
		run_in($session, join ";\n", 'BEGIN', $insert, $attach, "$insert WHERE b", 'UPDATE line SET qty = qty + 1, amt = amt * 2',
			"SELECT 'DIFFERENCE', * FROM steering.verify()", "SELECT 'PROBLEM ' || steering.mapping_problem('line')",
			'SAVEPOINT s', compare(%argument), 'ROLLBACK TO s', 'DELETE FROM line WHERE b', "SELECT steering.detach('line')",
			"SELECT 'TAKEN' WHERE NOT EXISTS (SELECT FROM steering.source)", 'ROLLBACK');
	};

	$tried++;
	if (!defined $errors)
	{
		$wrong = "$attach\nthe session ended: $session->{errors} $@";
		last;
	}
	$taken++ if $output =~ /^TAKEN$/m;
	$compared++ if $output =~ /^COMPARED$/m;
	$errors{$1}++ if $errors =~ /^ERROR:  (\w{5})/m;
	$wrong = "$attach\n$output\n$errors"
	  if $output =~ /^(?:DIFFERENCE|PROBLEM)/m || $errors =~ /^(?:ERROR|FATAL|PANIC):  (?:XX|58|57P0|ZZ)/m;
	last if $wrong ne '';
}
is($wrong, '', "none of $tried expressions raises an internal error or is booked wrongly (RANDOM_SEED=$seed)");
cmp_ok($taken, '>', 40, 'many of them are taken');
cmp_ok($compared, '>', 40, 'and compared with plain SQL');
diag("RANDOM_SEED=$seed: $tried expressions, $taken taken, $compared compared; errors: "
	  . join ', ', map { "$_: $errors{$_}" } sort keys %errors);
close_session($session) if $wrong eq '';
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC:|terminated by signal|XX000/, 'the log of the server shows no internal error');
$node->stop;
done_testing();
