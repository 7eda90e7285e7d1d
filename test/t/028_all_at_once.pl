# All that changes a budget and what is used of it, at once and at the brim: orders and the invoices that release them, reservations
# that expire, overrides, transfers, what is carried forward, limits that change; with sixteen clients, a reader as oracle beside
# them, and a crash in the middle.
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

my $node = start_node('all', settings => "deadlock_timeout = 50ms\njit = off\n");
my $year = "'[2026-01-01,2027-01-01)'";

# Caps of the year, and of each month one of a place where nothing is ordered or reserved: that is what is carried on.
sub create_world
{
	my ($database) = @_;

	create_database($node, $database);
	create_registers($node, $database);
	$node->safe_psql(
		$database, qq{
		CREATE TABLE order_line (number integer PRIMARY KEY, product text, town text, day date, net numeric, quantity numeric, open boolean DEFAULT true);
		CREATE TABLE invoice (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product text, town text, day date, net numeric, quantity numeric, number integer, last boolean);
		SELECT steering.attach('order_line', 'product', 'town', 'day', 'net', 'quantity', 'open', stage => 'commitment', reference => 'number');
		SELECT steering.attach('invoice', 'product', 'town', 'day', 'net', 'quantity', releases => 'number', final => 'last');
		SELECT steering.set_cap('ict.desk', 'north', 'budget', $year, 150);
		SELECT steering.set_cap('hr.pay', 'region', 'volume', $year, 40);
		SELECT steering.set_cap('ict', 'region', 'budget', $year, 300);
		SELECT steering.set_cap('ict.network', 'region', 'budget', $year, 120, '50% notify, 90% block');
		SELECT steering.set_cap('hr', 'north', 'budget', $year, 100);
		SELECT steering.set_cap('hr', 'south', 'budget', $year, 80);
		SELECT steering.set_cap('hr', 'west', 'budget', format('2026-%s', to_char(m, 'FM00')), 12) FROM generate_series(1, 12) AS m;
		SELECT steering.set_carry_rule('hr', 'west', false, true, true);
		SELECT steering.grant_override(cap_id, 20, now() + '1 hour', 'x', 5) FROM steering.cap_status WHERE valid_to = '2026-12-31' AND valid_from = '2026-01-01';
	});
}

# The oracle counts rows of finance tables and reservations, and reads the clock after its snapshot was taken. Carried caps have
# given what was not spent, and may stand below it (README); the others are never above their threshold by more than what was drawn.
my $oracle = q{
	WITH RECURSIVE service_tree AS (
		SELECT code AS top, code FROM steering.service
		UNION ALL SELECT top, s.code FROM service_tree t JOIN steering.service s ON s.parent = t.code),
	participant_tree AS (
		SELECT code AS top, code FROM steering.participant
		UNION ALL SELECT top, p.code FROM participant_tree t JOIN steering.participant p ON p.parent = t.code),
	invoiced AS (
		SELECT number, sum(net) AS net, sum(quantity) AS quantity, count(*) FILTER (WHERE last) AS finals FROM invoice GROUP BY number),
	booked AS (
		SELECT product AS service, town AS participant, day, net AS amount, quantity AS volume, false AS has_expired FROM invoice
		UNION ALL
		SELECT o.product, o.town, o.day,
			CASE WHEN i.finals > 0 THEN 0 WHEN o.net < 0 THEN greatest(o.net, least(0, o.net - coalesce(i.net, 0)))
				ELSE least(o.net, greatest(0, o.net - coalesce(i.net, 0))) END,
			CASE WHEN i.finals > 0 THEN 0 ELSE least(o.quantity, greatest(0, o.quantity - coalesce(i.quantity, 0))) END, false
		FROM order_line o LEFT JOIN invoiced i USING (number) WHERE o.open
		UNION ALL SELECT service, participant, booked_on, amount, volume, coalesce(expires <= clock_timestamp(), false) FROM steering.reservation WHERE state = 'open'
		UNION ALL SELECT service, participant, booked_on, posted_amount, posted_volume, false FROM steering.reservation_status WHERE state = 'posted'),
	counted AS (
		SELECT c.cap_id, c.blocks_at, c.used,
			coalesce(sum(CASE c.metric WHEN 'budget' THEN b.amount ELSE b.volume END), 0) AS actual,
			coalesce(sum(CASE c.metric WHEN 'budget' THEN b.amount ELSE b.volume END) FILTER (WHERE NOT b.has_expired), 0) AS held,
			coalesce((SELECT sum(d.amount) FROM steering.override_draw d WHERE d.cap_id = c.cap_id), 0) AS drawn,
			EXISTS (SELECT FROM steering.carry_forward_proof f WHERE f.cap_id = c.cap_id) AS is_carried
		FROM steering.cap_status c
		JOIN service_tree s ON s.top = c.service
		JOIN participant_tree p ON p.top = c.participant
		LEFT JOIN booked b ON b.service = s.code AND b.participant = p.code AND b.day BETWEEN c.valid_from AND c.valid_to
		GROUP BY c.cap_id, c.metric, c.blocks_at, c.used)
	SELECT * FROM counted};
my $wrong = qq{SELECT 'over', o::text FROM ($oracle) o WHERE NOT is_carried AND held > blocks_at + drawn
	UNION ALL SELECT 'override', o::text FROM steering.override_status o
	WHERE drawn > amount OR transactions > uses OR drawn <> (SELECT coalesce(sum(d.amount), 0) FROM steering.override_draw d WHERE d.override = o.id)
	UNION ALL SELECT 'order', o::text FROM steering.order_status o WHERE NOT open_amount BETWEEN least(0, ordered_amount) AND greatest(0, ordered_amount) OR open_volume < 0
	UNION ALL SELECT 'carried', p::text FROM steering.carry_forward_proof p WHERE NOT holds
	UNION ALL SELECT 'budget', b::text FROM steering.budget_status b
	WHERE primitive + amendments + transfers + revisions + carried_in - carried_out <> amended};

my @services = qw(ict.desk ict.desk ict.network ict hr hr.pay);
my @towns = qw(north north south west);

sub any_place { return sprintf "'%s', '%s', '2026-%02d-%02d'", one_of(@services), one_of(@towns), between(1, 12), between(1, 28) }

# Where caps are that nothing is carried from.
sub yearly_place { return sprintf "'%s', '%s', '2026-%02d-%02d'", one_of(@services), one_of(qw(north north south)), between(1, 12), between(1, 28) }

my @statements = (
	[ 16, sub {
		return sprintf 'INSERT INTO order_line VALUES (%d, %s, %.2f, %d) ON CONFLICT (number) DO UPDATE SET net = excluded.net, quantity = excluded.quantity, open = true%s',
		  between(1, 40), yearly_place(), 40 * rand(), between(0, 4), one_of('', ', product = excluded.product', ', day = excluded.day, town = excluded.town') } ],
	[ 22, sub {
		return sprintf 'INSERT INTO invoice (product, town, day, net, quantity, number, last) SELECT %s, %.2f, %d, number, %s FROM order_line WHERE number IN (%d, %d, %d) AND open ORDER BY number',
		  any_place(), one_of(1, 1, 1, -1) * 20 * rand(), between(0, 2), one_of('NULL', 'NULL', 'true'), between(1, 40), between(1, 40), between(1, 40) } ],
	[ 10, sub { return sprintf 'INSERT INTO invoice (product, town, day, net, quantity) VALUES (%s, %.2f, %d)', any_place(), 15 * rand(), between(0, 2) } ],
	[ 6, sub { return sprintf 'DELETE FROM invoice WHERE id %% 13 = %d', between(0, 12) } ],
	[ 5, sub { return sprintf one_of('DELETE FROM order_line', 'UPDATE order_line SET open = NOT open', 'UPDATE order_line SET net = round(net * 0.8, 2)') . ' WHERE number = %d', between(1, 40) } ],
	[ 4, sub { return sprintf 'UPDATE invoice SET net = net + %d, last = NULL WHERE id %% 31 = %d', between(-3, 3), between(0, 30) } ],
	[ 12, sub { return sprintf 'SELECT steering.reserve(%s, %.2f, %d, %s)', yearly_place(), 30 * rand(), between(1, 3), one_of('NULL', sprintf("clock_timestamp() + '%d ms'", between(1, 60))) } ],
	[ 9, sub {
		return sprintf "SELECT steering.%s FROM steering.reservation_status WHERE state = 'open' ORDER BY id %% %d, id LIMIT 1",
		  one_of('post_reservation(id)', 'post_reservation(id, trunc(amount / 2))', 'void_reservation(id)', 'void_reservation(id)'), between(2, 9) } ],
	[ 2, sub { return sprintf 'SELECT steering.release_expired(%d)', between(1, 20) } ],
	[ 4, sub {
		return sprintf "SELECT steering.grant_override(cap_id, %d, clock_timestamp() + '%d ms', 'x', %d) FROM steering.cap_status WHERE cap_id < 7 ORDER BY cap_id %% %d LIMIT 1",
		  between(1, 9), between(5, 500), between(1, 3), between(2, 7) } ],
	[ 1, sub { return "SELECT steering.revoke_override(id, 'x') FROM steering.override_status WHERE state = 'open' ORDER BY id DESC LIMIT 1" } ],
	[ 5, sub {
		return sprintf q{SELECT steering.transfer(a.cap_id, b.cap_id, %d, 'x') FROM steering.cap_status a, steering.cap_status b
			WHERE (a.service, a.participant, b.service, b.participant) = (%s) AND a.valid_to = '2026-12-31' AND b.valid_to = '2026-12-31'},
		  between(1, 8), one_of(q{'ict.desk', 'north', 'ict.network', 'region'}, q{'ict.network', 'region', 'ict.desk', 'north'},
			q{'hr', 'north', 'hr', 'south'}, q{'hr', 'south', 'hr', 'north'}) } ],
	[ 2, sub { return sprintf "SELECT steering.carry_forward('2026-%02d', 'x')", between(1, 11) } ],
	[ 2, sub { return sprintf "SELECT steering.set_cap('ict', 'region', 'budget', $year, %d)", between(280, 330) } ]);

sub random_statement
{
	my $total = 0;

	$total += $_->[0] foreach @statements;
	my $chosen = rand $total;
	foreach my $statement (@statements)
	{
		$chosen -= $statement->[0];
		return $statement->[1]->() if $chosen < 0;
	}
}

my $happened = q{SELECT
	(SELECT count(*) FROM steering.order_line WHERE is_released) AS released,
	(SELECT count(*) FROM steering.reservation WHERE state = 'expired') AS expired,
	(SELECT count(*) FROM steering.override_use) AS drawn,
	(SELECT count(*) FROM steering.budget_history WHERE kind = 'transfer') AS transferred,
	(SELECT count(*) FROM steering.carry_forward_proof) AS carried};

sub stress
{
	my ($database, $transactions, $single, @expected) = @_;

	create_world($database);
	run_random_load($node, $database, $wrong, \@expected, map { random_script(\&random_statement, $transactions, $single) } 1 .. $clients);
	note("released, expired, drawn, transferred, carried: " . $node->safe_psql($database, $happened));
	unlike($node->safe_psql($database, $happened), qr/(^|\|)0(\||$)/, "$database: all of it has happened");
}

my @refused = qw(23S71 23S72 23S73 42704 55000 22023);
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
$node->safe_psql('alone', 'SELECT steering.release_expired()');
is_verified($node, 'after a crash, released', 'alone');
is($node->safe_psql('alone', "SELECT o::text FROM ($oracle) o WHERE used <> actual"), '', 'after a crash: what is stored is what the rows say');

$node->stop;
done_testing();
