# Messages in Dutch, for a role that has that as its lc_messages: what they say, and that everything that programs look at
# is the same as in English. The locale is made here, of the one that needs no installation: messages are all that counts.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));

use Cwd qw(abs_path);
use Encode qw(decode_utf8);
use File::Copy;
use File::Path qw(make_path);
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $locale = 'nl_NL.UTF-8';
my $folder = abs_path(PostgreSQL::Test::Utils::tempdir());
my ($neutral) = grep { -e } map { "/usr/lib/locale/$_/LC_MESSAGES/SYS_LC_MESSAGES" } qw(C.utf8 C.UTF-8);
my ($locales) = run_command([ 'pg_config', '--localedir' ]);
my ($catalog) = glob "$locales/nl/LC_MESSAGES/sp71_steering-*.mo";

plan(skip_all => 'no catalogue is installed: msgfmt is missing, or the server has no other languages') unless $catalog;
plan(skip_all => 'there is no locale C.UTF-8 to make one of') unless $neutral;
make_path("$folder/$locale/LC_MESSAGES");
copy($neutral, "$folder/$locale/LC_MESSAGES/SYS_LC_MESSAGES") or die "$!\n";
$ENV{LOCPATH} = $folder;

my $node = start_node('dutch', init => [ extra => [ '--encoding=UTF8', '--locale=C' ] ]);

create_registers($node);
create_source($node);
$node->safe_psql('postgres', qq{
	CREATE ROLE english LOGIN SUPERUSER;
	CREATE ROLE dutch LOGIN SUPERUSER;
	CREATE ROLE clerk LOGIN;
	CREATE ROLE klerk LOGIN;
	ALTER ROLE dutch SET lc_messages = '$locale';
	ALTER ROLE klerk SET lc_messages = '$locale';
	GRANT EXECUTE ON FUNCTION steering.set_cap TO clerk, klerk;
	SELECT steering.set_rule(ARRAY['set_cap'], 'mandate');
	CREATE VIEW finance.lines AS SELECT * FROM finance.invoice_line;
	CREATE TABLE finance.other (product text, municipality text, day date, net numeric);
	INSERT INTO finance.other VALUES ('ict.dask', 'north', '2026-01-01', 1), ('ict.dask', 'north', '2026-01-02', 1),
		('ict.dosk', 'north', '2026-01-03', 1), ('ict.desk', 'north', NULL, 1);
	SELECT steering.set_cap('ict', 'north', 'budget', '2026', 1000, ladder => '80% warn, 100% block');
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1200);
});

# What a statement raises, as a role: SQLSTATE, message, and what psql names besides.
sub raised
{
	my ($role, $sql, $database) = @_;
	my ($status, $output, $errors) = $node->psql($database || 'postgres', "BEGIN; $sql; ROLLBACK",
		extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
	my %raised;

	$errors = decode_utf8($errors) unless utf8::is_utf8($errors);
	@raised{qw(SQLSTATE message)} = $errors =~ /^(?:psql:<stdin>:\d+: )?(?:ERROR|WARNING):  (\w{5}): (.*)$/m;
	$raised{$1} = $2 while $errors =~ /^([A-Z ]+):  (.*(?:\n(?![A-Z ]+:  |psql:).*)*)/mg;
	delete $raised{$_} foreach qw(ERROR WARNING LOCATION STATEMENT LINE);
	return \%raised;
}

# A statement says in Dutch what it should, and has in both languages the same for programs.
sub is_said
{
	my ($name, $sql, %dutch) = @_;
	my ($in_english, $in_dutch) = map { raised($_, $sql) } @{ delete $dutch{roles} || [ 'english', 'dutch' ] };

	foreach my $part (sort keys %dutch)
	{
		like($in_dutch->{$part}, $dutch{$part}, "$name: $part in Dutch");
		isnt($in_dutch->{$part}, $in_english->{$part}, "$name: $part in English is another");
	}
	is_deeply([ sort keys %$in_dutch ], [ sort keys %$in_english ], "$name: has the same parts");
	is($in_dutch->{$_} // '', $in_english->{$_} // '', "$name: $_ is the same")
	  foreach 'SQLSTATE', 'SCHEMA NAME', 'TABLE NAME', 'COLUMN NAME', 'CONSTRAINT NAME';
}

is_said('a refusal', book('ict.desk', 'north', 1500),
	message => qr/^budgetplafond van dienst "ict" voor deelnemer "north" is overschreden$/,
	DETAIL => qr/^Plafond 1 \(2026-01-01 tot en met 2026-12-31\) blokkeert boven 1000\.00; gebruikt 0\.00, deze opdracht voegt 1500\.00 toe, 500\.00 te veel\.\nPlafond 2, budget van dienst "ict" voor deelnemer "region" \(2026-01-01 tot en met 2026-12-31\), blokkeert/,
	HINT => qr/^Verlaag andere boekingen onder deze plafonds of laat ze vrijvallen, of vraag wie erover gaat ze te verhogen met steering\.set_cap\(\)\.$/);
is_said('a step that warns', book('ict.desk', 'north', 900),
	message => qr/^budgetplafond van dienst "ict" voor deelnemer "north" heeft een trede bereikt die waarschuwt$/,
	DETAIL => qr/^Plafond 1 .* heeft een grens van 1000\.00 en waarschuwt vanaf 800\.00; nu gebruikt 900\.00\.$/);
is_said('an unknown code', book('ict.dask', 'north', 1),
	message => qr/^dienst "ict\.dask" van een boeking in "finance\.invoice_line" is onbekend$/,
	HINT => qr/welke dienst zij in "finance\.invoice_line" betekent\.$/);
my $attach = "SELECT steering.attach('finance.other', service => 'product', participant => 'municipality', booked_on => 'day', amount => 'net')";
is_said('a table that cannot be attached', $attach,
	message => qr/^dienst "ict\.dask" van een boeking in "finance\.other" is onbekend$/,
	DETAIL => qr/^In totaal:\n1 rij, .*: booked_on is null\n3 rijen: onbekende dienst: "ict\.dask" \(2 rijen, de eerste .*\) en 1 andere waarde$/,
	HINT => qr/steering\.attach_problems\(\) met dezelfde argumenten geeft alles\.$/,
	CONTEXT => qr/koppelen van tabel "finance\.other"/);
is_said('a view', "SELECT steering.attach('finance.lines', service => 'product', participant => 'municipality', booked_on => 'invoice_date', amount => 'net_amount')",
	message => qr/^view "finance\.lines" kan geen bron van boekingen zijn$/,
	DETAIL => qr/^Zij heeft geen eigen rijen/, HINT => qr/^Koppel de tabellen/);
is_said('a ladder', q{SELECT '100% warn, 120% explode'::steering.ladder},
	message => qr/^ongeldige invoer voor type ladder/, HINT => qr/^Schrijf een trap als "80% notify/,
	DETAIL => qr/^Trede 2, ".*": /);
is_said('what SQL raises', q{SELECT steering.set_body('board', 'Board', tie => 'toss')},
	message => qr/^tie moet "reject" of "chair" zijn: "toss"$/);
is_said('what SQL raises of two values', q{SELECT steering.set_body('board', 'Board', max_share_percent => 101)},
	message => qr/^max_share_percent van orgaan "board" moet boven 0 en ten hoogste 100 zijn: 101$/);
is_said('an act that may not be done', "SELECT steering.set_cap('hr', 'north', 'budget', '2026', 5)", roles => [ 'clerk', 'klerk' ],
	message => qr/^rol "klerk" mag niet besluiten over set_cap van dienst "hr" voor deelnemer "north"$/,
	HINT => qr/^Het vraagt een mandaat\. U hebt er geen\. Doe een voorstel met steering\.propose\(\)\.$/);

# Characters beyond ASCII come as the database and the client write them.
my $dimensions = 'SELECT steering.allocate(100, ARRAY[[1, 2], [3, 4]]::numeric[], 0.01)';
$node->safe_psql('postgres', q{CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'});
$node->safe_psql('latin', 'CREATE EXTENSION sp71_steering');
is(raised('dutch', "SET client_encoding = 'UTF8'; $dimensions", $_)->{message}, 'weights moet een array van één dimensie zijn',
	"an accent in a database of $_") foreach 'postgres', 'latin';

# What views and functions return is the same in each language, but for the sentences of why_refused().
my $problems = $attach =~ s/SELECT steering.attach/SELECT problem, argument, value, rows FROM steering.attach_problems/r;
foreach my $query ('SELECT * FROM steering.health()', 'SELECT * FROM steering.cap_status', $problems,
	q{SELECT reason, sqlstate, verdict, missing FROM steering.why_refused('ict.desk', 'north', '2026-03-01', 1500)})
{
	my ($english, $dutch) = map { $node->safe_psql('postgres', $query, extra_params => [ '-U', $_ ]) } 'english', 'dutch';

	isnt($english, '', "$query has rows");
	is($dutch, $english, "$query: the same rows");
}
like(decode_utf8($node->safe_psql('postgres',
		q{SELECT explanation FROM steering.why_refused('ict.desk', 'north', '2026-03-01', 1500) WHERE cap_id = 1},
		extra_params => [ '-U', 'dutch' ])),
	qr/^Het plafond weigert het: het blokkeert boven 1000\.00; gebruikt 0\.00, deze boeking voegt 1500\.00 toe, 500\.00 te veel\.$/,
	'why_refused() explains in Dutch');

# What is put together of parts.
$node->safe_psql('postgres', q{
	SELECT steering.set_mandate('english', ARRAY['set_cap'], NULL, NULL, '2026', 500, 900);
	GRANT SELECT ON steering.cap TO clerk, klerk;});
is_said('an act that others may do', "SELECT steering.set_cap('hr', 'north', 'budget', '2026', 5)", roles => [ 'clerk', 'klerk' ],
	message => qr/^rol "klerk" mag niet besluiten/,
	HINT => qr/^Het vraagt een mandaat\. U hebt er geen; english tot 500\.00\. Doe een voorstel met/);

$node->stop;
done_testing();
