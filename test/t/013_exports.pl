# What the library exports: what the server looks up by name, and nothing else. And a library that was loaded before it
# and has a global of each other name in it takes no place of ours.
use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('exports');
my $library = $node->config_data('--pkglibdir') . '/sp71_steering.so';
my $scripts = $node->config_data('--sharedir') . '/extension';
my $folder = abs_path(PostgreSQL::Test::Utils::tempdir());

# The names in a list of nm.
sub names
{
	my ($list, $errors) = run_command([ 'nm', @_ ]);

	is($errors, '', "nm @_ has nothing to say");
	return sort grep { !/^[.]/ } map { s/^.* //r } split /\n/, $list;
}

# The functions in C that a database of any version calls.
sub functions_called
{
	my %called;

	foreach my $script (glob "$scripts/sp71_steering--*.sql")
	{
		my $text = slurp_file($script);

		$called{$1} = 1 while $text =~ /'MODULE_PATHNAME'(?:,\s*'(\w+)')?/g;
	}
	return sort keys %called;
}

# A library with the magic and a global of each name. What takes one of them for its own function or figure crashes.
sub build_library
{
	my $source = "$folder/other.c";
	my $file = "$folder/other.so";
	my $n = 0;

	append_to_file($source, "#include \"postgres.h\"\n#include \"fmgr.h\"\nPG_MODULE_MAGIC;\n"
		  . join '', map { "char other_" . $n++ . "[64] __asm__(\"$_\") = \"another library's\";\n" } @_);
	$node->command_ok([ 'gcc', '-w', '-shared', '-fPIC', '-I' . $node->config_data('--includedir-server'),
			'-o', $file, $source ], 'another library can be built');
	return $file;
}

my @called = functions_called();
my @wanted = ('Pg_magic_func', '_PG_init', 'refusal_worker_main', map { ($_, "pg_finfo_$_") } @called);

cmp_ok(scalar @called, '>', 100, 'functions in C are called');
is_deeply([ names('-D', '--defined-only', $library) ], [ sort @wanted ],
	'the library exports what the server looks up, and nothing else');

# Names of local functions too: they may be global one day.
my %other = map { $_ => 1 } grep { /^[a-z]\w+$/ } names('--defined-only', $library);

delete @other{ @wanted, qw(deregister_tm_clones register_tm_clones frame_dummy) };
cmp_ok(scalar keys %other, '>', 300, 'there are names of our own');
$node->append_conf('postgresql.conf', "shared_preload_libraries = '" . build_library(sort keys %other) . "'");
$node->restart;
create_registers($node);
create_source($node);
is($node->safe_psql('postgres', q{
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1000, '80% notify, 100% block') > 0}), 't',
	'beside it: a cap is set');
is_booked($node, 'BEGIN; ' . book('ict.desk', 'north', 600) . 'SAVEPOINT s; ' . book('ict.desk', 'north', 300)
	  . 'ROLLBACK TO s; ' . book('ict.network', 'south', 400) . 'COMMIT;', 'beside it: at the limit');
is_refused($node, book('ict.desk', 'north', 0.01), '23S71', 'beside it: over the cap');
is(used($node, 'ict', 'region'), '1000', 'beside it: usage');
is_verified($node, 'beside it');

$node->stop;
done_testing();
