# Overrides and reservations: in prepared transactions, across a crash, through a dump, and at the brim of caps with sixteen
# clients, a reader as oracle beside them.
#
# STRESS_SEED chooses the scripts (not how they interleave), STRESS_TRANSACTIONS their length.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomLoad;
use SteeringTest;
use Test::More;

my $transactions = $ENV{STRESS_TRANSACTIONS} || 60;
my $clients = 16;
seed_randomness();

my $node = start_node('lifecycle', settings => "max_prepared_transactions = 10\ndeadlock_timeout = 50ms\njit = off\n");
my $year = "'[2026-01-01,2027-01-01)'";

# A cap of 100, of which 100 are used, with an override of 30 for two transactions.
create_registers($node);
create_source($node);
$node->safe_psql(
	'postgres', qq{
	SELECT steering.grant_override(steering.set_cap('ict.desk', 'north', 'budget', $year, 100), 30, now() + '1 hour', 'flood', 2);
	SELECT steering.set_cap('hr', 'region', 'budget', $year, 1000);
	SELECT steering.void_reservation(steering.reserve('ict.network', 'west', '2026-06-01', 1));
} . book('ict.desk', 'north', 100));

sub drawn
{
	my ($database) = @_;

	return $node->safe_psql($database || 'postgres',
		"SELECT concat_ws(' ', trim_scale(drawn), trim_scale(room), transactions, state) FROM steering.override_status ORDER BY id LIMIT 1");
}

sub reservations
{
	my ($database) = @_;

	return $node->safe_psql($database || 'postgres',
		"SELECT string_agg(concat_ws(' ', trim_scale(amount), state, trim_scale(posted_amount)), ', ' ORDER BY id) FROM steering.reservation_status");
}

# Prepared: drawn when it is prepared, whichever way it is judged; nobody else draws meanwhile.
$node->safe_psql('postgres', 'BEGIN; ' . book('ict.desk', 'north', 5) . "PREPARE TRANSACTION 'dropped'");
is_refused($node, "SET lock_timeout = '200ms'; " . book('ict.desk', 'north', 1), '55P03', 'a booking that would draw waits for a prepared one');
$node->safe_psql('postgres', "ROLLBACK PREPARED 'dropped'");
is(drawn(), '0 30 0 open', 'what was rolled back was not drawn');
is_refused($node, "BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; " . book('ict.desk', 'north', 31) . "PREPARE TRANSACTION 'too much'",
	'23S71', 'more than it has, at PREPARE');
$node->safe_psql('postgres', "BEGIN; SET LOCAL sp71_steering.check_at = 'commit'; " . book('ict.desk', 'north', 50)
	  . book('ict.desk', 'north', -38) . "SELECT steering.reserve('hr', 'north', '2026-05-01', 40); PREPARE TRANSACTION 'kept'");

# A crash keeps what was prepared, and takes what was not committed.
my $session = open_session($node);
run_in($session, "BEGIN; SELECT steering.reserve('ict.network', 'west', '2026-06-01', 70);");
$node->stop('immediate');
$node->start;
is(drawn(), '0 30 0 open', 'after a crash nothing was drawn that was not committed');
$node->safe_psql('postgres', "COMMIT PREPARED 'kept'");
is(drawn(), '12 18 1 open', 'the net effect of the prepared transaction was drawn');
is(reservations(), '1 voided, 40 open', 'what it reserved is held');
is_verified($node, 'after a crash');
is_booked($node, 'BEGIN; ' . book('ict.desk', 'north', 3) . 'SAVEPOINT s; ' . book('ict.desk', 'north', 4) . 'ROLLBACK TO s; '
	  . book('ict.desk', 'north', 5) . 'COMMIT', 'the second transaction draws twice, and once more that it takes back');
is(drawn(), '20 0 2 used', 'that is one use, and the last');
is_refused($node, book('ict.desk', 'north', 1), '23S71', 'only lowering passes');

# A dump has all of it: what was drawn, what is held, what was posted. Nothing is booked when it is restored.
$node->safe_psql(
	'postgres', q{
	SELECT steering.post_reservation(steering.reserve('hr', 'north', '2026-05-02', 60), 55);
	SELECT steering.void_reservation(steering.reserve('hr', 'north', '2026-05-03', 10));
	SELECT steering.grant_override(cap_id, 7, now() + '1 hour', 'again', 2) FROM steering.cap_status WHERE service = 'ict.desk';
});
my $dump = PostgreSQL::Test::Utils::tempdir() . '/lifecycle.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'pg_dump');
create_database($node, 'restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'restored', $dump ], 'pg_restore');
is(drawn('restored'), '20 0 2 used', 'what was drawn is restored');
is(reservations('restored'), '1 voided, 40 open, 60 posted 55, 10 voided', 'and what became of reservations');
is_verified($node, 'restored', 'restored');
is($node->safe_psql('restored', "SELECT * FROM steering.health() WHERE problem <> 'orphaned'"), '', 'nothing is wrong with it');
is(used($node, 'hr', 'region', 'budget', 'restored'), '95', 'usage is what it was');
is_booked($node, "SELECT steering.post_reservation(id) FROM steering.reservation_status WHERE state = 'open'", 'a reservation is posted there', 'restored');
is_booked($node, book('ict.desk', 'north', 7), 'an override is drawn there', 'restored');
is_refused($node, book('ict.desk', 'north', 1), '23S71', 'and has nothing left', 'restored');
is_booked($node, "SELECT steering.reserve('hr', 'north', '2026-05-02', 60)", 'another is made there', 'restored');
is_verified($node, 'restored, and gone on with', 'restored');
is_booked($node, 'DROP EXTENSION sp71_steering CASCADE', 'the extension goes', 'restored');

# What expires while it waits for a counter is not posted: who held the counter may have booked over it.
create_database($node, 'expiring');
create_registers($node, 'expiring');
create_source($node, 'expiring');
my $moment = $node->safe_psql('expiring', "SELECT clock_timestamp() + '4 s'");
my $expiring = $node->safe_psql('expiring',
	"SELECT steering.set_cap('hr', 'region', 'budget', $year, 1000);
	SELECT steering.reserve('hr', 'north', '2026-05-01', 900, expires => '$moment')");
my $holder = open_session($node, 'expiring');
my $poster = open_session($node, 'expiring');
$expiring =~ s/.*\n//;
run_in($holder, 'BEGIN; ' . book('hr', 'north', 10));
start_in($poster, "SELECT steering.post_reservation($expiring)");
$node->poll_query_until('expiring', "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%post_reservation%')")
  or die 'the post does not wait';
$node->poll_query_until('expiring', "SELECT clock_timestamp() > '$moment'");
is((run_in($holder, book('hr', 'north', 900) . 'COMMIT;'))[1], '', 'a booking takes the room of what has expired');
like((finish_in($poster))[1], qr/ERROR:  55000/, 'what expired while it waited is not posted');
is($node->safe_psql('expiring', "SELECT trim_scale(used), blocks_at >= used FROM steering.cap_status"), '910|t', 'nothing is above the cap');
is_verified($node, 'after a late post', 'expiring');
close_session($_) foreach $holder, $poster;

# The oracle counts rows, and reads the clock after its snapshot was taken. No cap is ever above its threshold by more than what was drawn;
# no override gives more than it has, or to more transactions.
my $oracle = q{
	WITH RECURSIVE service_tree AS (
		SELECT code AS top, code FROM steering.service
		UNION ALL SELECT top, s.code FROM service_tree t JOIN steering.service s ON s.parent = t.code),
	participant_tree AS (
		SELECT code AS top, code FROM steering.participant
		UNION ALL SELECT top, p.code FROM participant_tree t JOIN steering.participant p ON p.parent = t.code),
	booked AS (
		SELECT product AS service, municipality AS participant, net_amount AS amount, quantity::numeric AS volume FROM finance.invoice_line
		UNION ALL SELECT service, participant, amount, volume FROM steering.reservation_status WHERE state = 'open' AND coalesce(expires > clock_timestamp(), true)
		UNION ALL SELECT service, participant, posted_amount, posted_volume FROM steering.reservation_status WHERE state = 'posted')
	SELECT c.cap_id, c.blocks_at, coalesce(sum(CASE c.metric WHEN 'budget' THEN b.amount ELSE b.volume END), 0) AS actual,
		coalesce((SELECT sum(d.amount) FROM steering.override_draw d WHERE d.cap_id = c.cap_id), 0) AS drawn
	FROM steering.cap_status c
	JOIN service_tree s ON s.top = c.service
	JOIN participant_tree p ON p.top = c.participant
	LEFT JOIN booked b ON b.service = s.code AND b.participant = p.code
	GROUP BY c.cap_id, c.metric, c.blocks_at};
my $wrong = qq{SELECT 'over', o::text FROM ($oracle) o WHERE actual > blocks_at + drawn
	UNION ALL SELECT 'override', o::text FROM steering.override_status o
	WHERE drawn > amount OR transactions > uses OR drawn <> (SELECT coalesce(sum(d.amount), 0) FROM steering.override_draw d WHERE d.override = o.id)
		OR transactions <> (SELECT count(DISTINCT d.transaction) FROM steering.override_draw d WHERE d.override = o.id)};

my @services = qw(ict.desk ict.desk ict.network ict hr hr.pay);
my @participants = qw(north north south west);

sub random_statement
{
	my $place = sprintf "'%s', '%s', '2026-03-%02d'", one_of(@services), one_of(@participants), between(1, 28);
	my $kind = rand();

	return sprintf 'INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount, quantity) VALUES (%s, %.2f, %d)',
	  $place, 30 * rand(), between(0, 2)
	  if $kind < 0.40;
	return sprintf 'DELETE FROM finance.invoice_line WHERE line_id %% 13 = %d', between(0, 12) if $kind < 0.48;
	return sprintf 'UPDATE finance.invoice_line SET net_amount = net_amount + %d WHERE line_id %% 31 = %d', between(-3, 3), between(0, 30) if $kind < 0.53;
	return sprintf "SELECT steering.reserve(%s, %.2f, %d, %s)", $place, 40 * rand(), between(1, 3),
	  one_of('NULL', sprintf("clock_timestamp() + '%d ms'", between(1, 60)))
	  if $kind < 0.73;
	return sprintf "SELECT steering.%s FROM steering.reservation_status WHERE state = 'open' ORDER BY id %% %d, id LIMIT 1",
	  one_of('post_reservation(id)', 'post_reservation(id, trunc(amount / 2))', 'void_reservation(id)', 'void_reservation(id)'), between(2, 9)
	  if $kind < 0.87;
	return 'SELECT steering.release_expired(' . between(1, 20) . ')' if $kind < 0.90;
	return sprintf "SELECT steering.grant_override(cap_id, %d, clock_timestamp() + '%d ms', 'x', %d) FROM steering.cap_status ORDER BY cap_id %% %d LIMIT 1",
	  between(1, 9), between(5, 500), between(1, 3), between(2, 7)
	  if $kind < 0.96;
	return "SELECT steering.revoke_override(id, 'x') FROM steering.override_status WHERE state = 'open' ORDER BY id DESC LIMIT 1" if $kind < 0.98;
	return sprintf "SELECT steering.set_cap('ict', 'region', 'budget', $year, %d)", between(280, 330);
}

sub stress
{
	my ($database, $transactions, $single, @expected) = @_;

	create_database($node, $database);
	create_registers($node, $database);
	create_source($node, $database);
	$node->safe_psql(
		$database, qq{
		SELECT steering.set_cap('ict.desk', 'north', 'budget', $year, 150);
		SELECT steering.set_cap('hr.pay', 'region', 'volume', $year, 40);
		SELECT steering.set_cap('ict', 'region', 'budget', $year, 300);
		SELECT steering.set_cap('ict.network', 'region', 'budget', $year, 120, '50% notify, 90% block');
		SELECT steering.set_cap('hr', 'north', 'budget', $year, 100);
		SELECT steering.grant_override(cap_id, 20, now() + '1 hour', 'x', 5) FROM steering.cap_status;
	});
	run_random_load($node, $database, $wrong, \@expected, map { random_script(\&random_statement, $transactions, $single) } 1 .. $clients);
	note('drawn, posted, expired: ' . $node->safe_psql($database,
		"SELECT (SELECT count(*) FROM steering.override_use), (SELECT count(*) FROM steering.reservation_post), (SELECT count(*) FROM steering.reservation WHERE state = 'expired')"));
	cmp_ok($node->safe_psql($database, 'SELECT count(*) FROM steering.override_use'), '>', 0, "$database: overrides were drawn");
	cmp_ok($node->safe_psql($database, "SELECT count(*) FROM steering.reservation WHERE state = 'expired'"), '>', 0, "$database: reservations were released");
	$node->safe_psql($database, "SELECT steering.release_expired()");
	is($node->safe_psql($database, 'SELECT count(*) FROM steering.expired_by_cap'), '0', "$database: nothing is left of what has expired");
	is_verified($node, "$database, released", $database);
}

my @refused = qw(23S71 23S72 42704 55000 22023);
stress('together', $transactions, 0, @refused, qw(40001 40P01 25P02 3B001));

# Statements by themselves never deadlock, and never need to be tried again.
stress('alone', 3 * $transactions, 1, @refused);

# A crash in the middle of it.
my @errors;
my @running = start_load($node, 'alone', \@errors, map { random_script(\&random_statement, 1000, 1) } 1 .. $clients);
sleep 2;
kill_everything($node);
eval { $_->finish } foreach @running;
$node->start;
is($node->safe_psql('alone', $wrong), '', 'after a crash: nothing above what caps and overrides let through');
is_verified($node, 'after a crash', 'alone');

$node->stop;
done_testing();
