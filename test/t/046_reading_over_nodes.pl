# Reading and care over nodes: what the coordinator of a scaled-out installation tells is the sum over all of them, or
# an error that says whose figures are missing. Three servers.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my @names = qw(coordinator east west);
my @nodes = map { start_node("reading_$_") } @names;
my ($coordinator, $east, $west) = @nodes;

# What sources there are, on every node.
sub create_sources
{
	my ($node, $database) = @_;

	create_source($node, $database);
	$node->safe_psql(
		$database || 'postgres', q{
		CREATE TABLE finance.purchase_order (product text, municipality text, ordered_on date, net_amount numeric(14,2));
		SELECT steering.attach('finance.purchase_order', service => 'product', participant => 'municipality',
			booked_on => 'ordered_on', amount => 'net_amount', stage => 'commitment')});
}

# What is decided, on one node.
my $decided = q{
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 10000, '50% notify, 100% block');
	SELECT steering.set_cap('ict', 'north', 'budget', '[2026-01-01,2027-01-01)', 5000, '100% warn');
	SELECT steering.set_cap('ict', 'south', 'budget', '[2026-03-10,2027-01-01)', 5000);
	SELECT steering.set_cap('hr', 'region', 'budget', '[2026-01-01,2027-01-01)', 100);
	UPDATE steering.participant SET reader = 'reader_of_north' WHERE code = 'north'};

# A database with the same on one server.
$_->safe_psql('postgres', 'CREATE EXTENSION dblink; CREATE ROLE reader_of_north LOGIN') foreach @nodes;
create_database($coordinator, 'alone');
for my $database ('postgres', 'alone')
{
	create_registers($coordinator, $database);
	$coordinator->safe_psql($database, $decided);
	create_sources($coordinator, $database);
}

# Books on a node, so many times as much.
sub booked
{
	my ($node, $factor, $database) = @_;

	$node->safe_psql(
		$database || 'postgres', join ' ',
		book('ict.desk', 'north', 100 * $factor),
		book('ict.network', 'south', 10 * $factor, '2026-03-09'),
		book('ict.network', 'south', 3 * $factor, '2026-03-20'),
		book('ict.desk', 'west', 7 * $factor, '2026-05-01'),
		"INSERT INTO finance.purchase_order VALUES ('ict.desk', 'north', '2026-04-01', " . 1000 * $factor . ');');
}

# What a query says on the coordinator, and what it is to say.
sub says
{
	my ($sql, $expected, $name, @options) = @_;

	my ($status, $stdout, $stderr) = $coordinator->psql('postgres', $sql, @options);

	is($stdout, join("\n", @$expected), $name) or diag($stderr);
}

# The error of a statement on the coordinator.
sub error_of
{
	my ($sql, @options) = @_;
	my ($status, $stdout, $stderr) = $coordinator->psql('postgres', $sql,
		extra_params => [ '-v', 'VERBOSITY=verbose', @options ]);

	return $stderr;
}

booked($coordinator, 1);

my $caps = 'SELECT cap_id, trim_scale(used), trim_scale(headroom), step FROM steering.cap_status ORDER BY 1';
my $months = 'SELECT service, participant, month, stage, trim_scale(amount), trim_scale(volume), bookings'
  . ' FROM steering.usage_by_month ORDER BY 1, 2, 3, 4';

says($caps, [ '1|1120|8880|', '2|1100||', '3|3|4997|', '4|0|100|' ], 'not scaled out: the figures of this server');

# Makes nodes of them.
$coordinator->safe_psql('postgres', sprintf 'SELECT steering.scale_out($$%s$$)', $coordinator->connstr('postgres'));
for my $number (1, 2)
{
	$nodes[$number]->safe_psql('postgres', 'CREATE EXTENSION sp71_steering');
	$coordinator->safe_psql('postgres', sprintf q{SELECT steering.add_node('%s', $$%s$$)}, $names[$number],
		$nodes[$number]->connstr('postgres'));
	create_sources($nodes[$number]);
}
booked($east, 1.5);

# What the coordinator says of caps, and of months.
says($caps, [ '1|2800|7200|', '2|2750||', '3|7.5|4992.5|', '4|0|100|' ], 'cap_status is over all nodes');
is($east->safe_psql('postgres', 'SELECT trim_scale(used) FROM steering.cap_status WHERE cap_id = 1'),
	'1680', 'another node tells its own');
booked($west, 2.5);
says($caps, [ '1|5600|4400|50% notify', '2|5500||100% warn', '3|15|4985|', '4|0|100|' ], 'what is booked there is in the next answer');
says($months,
	[
		'ict.desk|north|2026-03-01|actual|500|3|3',
		'ict.desk|north|2026-04-01|commitment|5000|0|3',
		'ict.desk|west|2026-05-01|actual|35|3|3',
		'ict.network|south|2026-03-01|actual|65|6|6'
	],
	'and in usage_by_month');
says('SELECT source, participant, booked_on, trim_scale(amount), stage FROM steering.booking'
	  . q{ WHERE amount > 100 ORDER BY 1, 2, 4},
	[
		'finance.invoice_line on node "east"|north|2026-03-15|150|actual',
		'finance.invoice_line on node "west"|north|2026-03-15|250|actual',
		'finance.purchase_order|north|2026-04-01|1000|commitment',
		'finance.purchase_order on node "east"|north|2026-04-01|1500|commitment',
		'finance.purchase_order on node "west"|north|2026-04-01|2500|commitment'
	],
	'bookings of all nodes, with the node in the name of their source');
says('SELECT count(*) FROM steering.booking', ['15'], 'each once');

# What is made of them, also of months that a cap holds in part.
says('SELECT service.code, participant.code, trim_scale(actual::numeric), trim_scale(committed::numeric), bookings'
	  . ' FROM steering.usage_between(NULL, NULL) JOIN steering.participant USING (participant_id)'
	  . ' JOIN steering.service USING (service_id) ORDER BY 1, 2',
	[ 'ict.desk|north|500|5000|6', 'ict.desk|west|35|0|3', 'ict.network|south|65|0|6' ], 'usage_between()');
says('SELECT cap_id, trim_scale(actual), trim_scale(committed), trim_scale(free) FROM steering.budget_status ORDER BY 1',
	[ '1|600|5000|4400', '2|500|5000|-500', '3|15|0|4985', '4|0|0|100' ], 'budget_status: what is spent and committed');
says(q{SELECT service, month, trim_scale(actual) FROM steering.usage_of_services('2026-01-01', '2027-01-01') ORDER BY 1, 2},
	[ 'ict.desk|2026-03-01|500', 'ict.desk|2026-05-01|35', 'ict.network|2026-03-01|65' ], 'usage_of_services()');
says('SELECT trim_scale(sum(amount)) FROM steering.spent_by_source',
	['600'], 'what was spent, by source');

# All reports are those of one server with all bookings.
booked($coordinator, $_, 'alone') foreach (1, 1.5, 2.5);
for my $sql (
	'SELECT * FROM steering.cap_status ORDER BY cap_id',
	'SELECT * FROM steering.usage_by_month ORDER BY 1, 2, 3, 4',
	'SELECT service, participant, booked_on, amount, volume, stage FROM steering.booking ORDER BY 1, 2, 3, 4',
	'SELECT * FROM steering.budget_status ORDER BY cap_id',
	'SELECT * FROM steering.usage_between($$2026-03-01$$, $$2026-05-01$$) ORDER BY 1, 2',
	q{SELECT * FROM steering.outlook('2026-04-14') ORDER BY 1, 2},
	q{SELECT * FROM steering.outlook('2026-03-31') ORDER BY 1, 2},
	q{SELECT * FROM steering.cap_outlook(as_of => '2026-03-16') ORDER BY 1},
	q{SELECT * FROM steering.cost_versus_result('2026') ORDER BY 1, 2},
	q{SELECT * FROM steering.iv3_line(2026, 1) ORDER BY 1, 2},
	q{SELECT steering.report('2026')})
{
	my ($status, $stdout, $stderr) = $coordinator->psql('alone', $sql);

	isnt($stdout, '', "one server says something: $sql") or diag($stderr);
	# A page says when it was made. Events are those of the node on which they came about.
	$stdout =~ s/<time[^>]*>[^<]*|<section id="events".*?<\/section>//gs;
	(my $told = $coordinator->safe_psql('postgres', $sql)) =~ s/<time[^>]*>[^<]*|<section id="events".*?<\/section>//gs;
	is_deeply([ split /\n/, $told ], [ split /\n/, $stdout ], "all nodes: $sql");
}

# What dry runs say.
says(q{SELECT cap_id, trim_scale(used), trim_scale(after), verdict FROM steering.check_booking('ict.desk', 'south', '2026-06-01', 4400)},
	[ '1|5600|10000|ok', '3|15|4415|ok' ], 'check_booking() over all nodes');
says(q{SELECT cap_id, verdict, sqlstate FROM steering.check_bookings($$VALUES ('ict.desk', 'south', date '2026-06-01', 4400.01)$$) ORDER BY 1},
	[ '1|block|23S71', '3|ok|' ], 'check_bookings() as well');
says(q{SELECT reason, cap_id, trim_scale(stored), commitments, trim_scale(missing), verdict
	FROM steering.why_refused('ict.desk', 'south', '2026-06-01', 4401)},
	[ 'cap|1|5600||1|block', 'cap|3|15||0|ok' ], 'and why_refused(), without what it does not know');

is($east->safe_psql('postgres', q{SELECT cap_id, trim_scale(used), trim_scale(after), verdict FROM steering.check_booking('ict.desk', 'south', '2026-06-01', 4400)}),
	"1|5600|10000|ok\n3|15|4415|ok", 'check_booking() on another node');
is($east->safe_psql('postgres', q{SELECT cap_id, trim_scale(stored), verdict FROM steering.why_refused('ict.desk', 'south', '2026-06-01', 4401)}),
	"1|5600|block\n3|15|ok", 'and why_refused()');

# Who may read one participant sees nothing else of other nodes either.
my @reader = (connstr => $coordinator->connstr('postgres') . ' user=reader_of_north');
says($caps, ['2|5500||100% warn'], 'a reader: caps', @reader);
says($months, [ 'ict.desk|north|2026-03-01|actual|500|3|3', 'ict.desk|north|2026-04-01|commitment|5000|0|3' ],
	'a reader: months', @reader);
says('SELECT DISTINCT participant, count(*) FROM steering.booking GROUP BY 1', ['north|6'], 'a reader: bookings', @reader);
says('SELECT * FROM steering.counter_elsewhere()', [ '2|1650.00', '2|2750.00' ], 'a reader: counters', @reader);
says('SELECT count(*), sum(bookings) FROM steering.cell_elsewhere()', ['4|4'], 'a reader: cells', @reader);
says('SELECT count(*) FROM steering.booking_elsewhere()', ['4'], 'a reader: rows', @reader);
says(q{SELECT count(*) FROM steering.check_booking('ict.desk', 'south', '2026-06-01', 1)}, ['0'], 'a reader: dry runs', @reader);

# Care.
is_verified($coordinator, 'all nodes');
$east->safe_psql('postgres', 'UPDATE steering.cap_counter SET used = 7 WHERE cap_id = 4;'
	  . ' UPDATE steering.usage_cell SET bookings = 5 WHERE month = $$2026-05-01$$');
my $differences = 'SELECT what, cap_id, source, participant, measure, stored, actual FROM steering';
my @wrong = (
	'cap|4|node "east"|region|used|7.0000|0',
	'usage||finance.invoice_line on node "east"|west|bookings|5|1');
says("$differences.verify() ORDER BY 1", \@wrong, 'verify() names the node');
says("$differences.repair() ORDER BY 1", \@wrong, 'so does repair()');
is_verified($coordinator, 'repaired');
is_verified($east, 'repaired there');
$east->safe_psql('postgres', 'UPDATE steering.usage_cell SET bookings = 0, amount = 0, volume = 0 WHERE month = $$2026-05-01$$');
says('SELECT steering.compact()', ['1'], 'compact() on all nodes');
$coordinator->safe_psql('postgres', 'SELECT steering.repair()');
says('SELECT * FROM steering.health()', [], 'nothing is wrong');
$east->safe_psql('postgres', 'ALTER TABLE finance.invoice_line DISABLE TRIGGER ALL');
says('SELECT DISTINCT subject, problem FROM steering.health()', ['finance.invoice_line on node "east"|trigger disabled'], 'health() of a node');
$east->safe_psql('postgres', 'ALTER TABLE finance.invoice_line ENABLE TRIGGER ALL');

# A source that cannot be read there.
$east->safe_psql('postgres', q{CREATE FUNCTION public.half(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN 1 / ($1 - 1);
	CREATE TABLE finance.odd (product text, municipality text, day date, amount numeric);
	INSERT INTO finance.odd VALUES ('hr', 'west', '2026-01-01', 3);
	SELECT steering.attach('finance.odd', service => 'product', participant => 'municipality', booked_on => 'day', amount => 'public.half(amount)');
	ALTER TABLE finance.odd DISABLE TRIGGER USER; UPDATE finance.odd SET amount = 1; ALTER TABLE finance.odd ENABLE TRIGGER USER});
like(error_of('SELECT * FROM steering.booking'), qr/55000: +node "east" cannot be read/, 'a booking that cannot be read is an error');
says("$differences.verify()", ['source||finance.odd on node "east"||unreadable||'], 'and a row of verify()');
$east->safe_psql('postgres', 'DROP TABLE finance.odd');

# A node that is stopped, and one that is away.
kill 'STOP', $west->{_pid};
like(error_of('SELECT * FROM steering.cap_status'), qr/ERROR: +55000: +node "west" cannot be read/, 'a node is stopped: cap_status');
like(error_of('SELECT * FROM steering.usage_by_month'), qr/ERROR: +55000: +node "west" cannot be read/, 'a node is stopped: usage_by_month');
says('SELECT subject, problem FROM steering.health()', ['node "west"|node unreadable'], 'a node is stopped: health()');
kill 'CONT', $west->{_pid};
is($west->safe_psql('postgres', 'SELECT 1'), '1', 'it goes on');
$west->stop;
my $missing = qr/ERROR: +55000: +node "west" cannot be read\nDETAIL:  Figures without those of this node would be too low\.\n/;
for my $sql ('SELECT * FROM steering.cap_status', 'SELECT * FROM steering.usage_by_month', 'SELECT * FROM steering.booking',
	'SELECT * FROM steering.budget_status', 'SELECT * FROM steering.usage_between(NULL, NULL)',
	q{SELECT * FROM steering.check_booking('ict.desk', 'south', '2026-06-01', 1)},
	q{SELECT * FROM steering.why_refused('ict.desk', 'south', '2026-06-01', 1)}, q{SELECT steering.report('2026')})
{
	like(error_of($sql), $missing, "a node is away: $sql");
}
unlike(error_of('SELECT * FROM steering.cap_status'), qr/onnect|port/, 'and where it was is not told');
says('SELECT subject, problem, detail ~ $$does not answer.*onnection$$ FROM steering.health()', ['node "west"|node unreadable|t'], 'health() says why');
says("$differences.verify()", ['node||node "west"||unreadable||'], 'verify() does not know');
says("$differences.repair()", ['node||node "west"||unreadable||'], 'repair() neither');
like(error_of('SELECT steering.compact()'), qr/WARNING: .*node "west" does not answer, and nothing is compacted there/, 'compact() warns');
$west->start;
booked($coordinator, 0.01);
says('SELECT trim_scale(used) FROM steering.cap_status WHERE cap_id = 1', ['5611.2'], 'it is back');
done_testing();
