# New caps on three servers, and entries that get another parent, are held against what all servers have booked: as on one server, also
# while nodes go on booking. From when a node has said what it uses until it has the cap, or the entry there, it raises nothing of that;
# what else it books goes on, and so does all when the act is rolled back. A reader over all servers sees no cap over that was accepted,
# while caps are made and dropped and entries move, under bookings on both nodes.
#
# STRESS_SEED chooses the acts, STRESS_SECONDS how long that lasts.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use ScaleOut;
use SteeringTest;
use Test::More;
use Time::HiRes qw(time usleep);

seed_randomness();

my @nodes = start_nodes(2, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block')});
my ($head, $east, $west) = @nodes;
my @sessions = open_all(@nodes);
my %limits = (ict => 1000);

sub on { my ($n, @booking) = @_; return book_on($sessions[$n], @booking); }

# What a statement comes to: '' or its SQLSTATE.
sub code { my ($n, $sql) = @_; my ($output, $errors) = run_in($sessions[$n], $sql); return $errors =~ /ERROR:  (\w{5})/ ? $1 : ''; }

# What an act on the coordinator comes to, carried to the nodes.
sub act_code { my ($sql) = @_; my $code = code(0, $sql); $head->safe_psql('postgres', 'SELECT public.deliver()'); return $code; }

sub cap { my ($service, $participant, $amount, %more) = @_; return sprintf q{SELECT steering.set_cap('%s', '%s', '%s', '%s', %s, '%s'%s)},
	$service, $participant, $more{metric} || 'budget', $more{during} || '2026', $amount, $more{ladder} || '100% block', $more{rest} || ''; }

sub drop { my ($service) = @_; return "SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = '$service'"; }

sub held { my ($node) = @_; return $node->safe_psql('postgres', 'SELECT count(*) FROM steering.held_scope'); }

# A coordinator without other nodes is alone with a cap that it has just made.
my @alone = start_nodes(0, 'SELECT 1', prefix => 'alone_');
like(($alone[0]->psql('postgres', 'BEGIN; ' . cap('ict.network', 'south', 100) . '; ' . book('ict.network', 'south', 100.01) . ' COMMIT'))[2],
	qr/budget cap of service "ict.network" for participant "south" is exceeded/, 'made and exceeded in one transaction, without nodes');
is($alone[0]->safe_psql('postgres', 'BEGIN; ' . cap('ict.network', 'south', 100) . '; ' . book('ict.network', 'south', 100)
	. ' COMMIT; SELECT net_amount FROM finance.invoice_line') =~ /\b100\.00$/ ? 'booked' : '', 'booked', 'made and used up');
is_sound('without nodes', { 'ict.network/south' => 100 }, @alone);
$alone[0]->stop;

# A new cap counts what all have booked.
is(on($_, 'ict.network', 'south', 100), 'booked', "server $_ has booked") foreach 0 .. 2;
is(act_code(cap('ict.network', 'south', 200)), '23S71', 'a new cap that the coordinator alone does not exceed, but all together do');
is(act_code(cap('ict.network', 'south', 299.99)), '23S71', 'nor one unit below what is used');
is(held($_), 1 + 1, 'what a node was held to stays written down when the act was refused') foreach $east, $west;
is(on(1, 'ict.network', 'south', 10), 'booked', 'but does not hold it up');
is(on(2, 'ict.network', 'south', -10), 'booked', 'lowering asks nobody');
is(held($east), 0, 'and goes with the first who asks');
is(act_code(cap('ict.network', 'south', 300)), '', 'one that holds all');
is(held($east), 0, 'nothing is held when it has been applied');
is(on($_, 'ict.network', 'south', 0.01), '23S71', "all is used, says server $_") foreach 0 .. 2;
is(act_code(drop('ict.network')), '', 'it is dropped');
is(act_code(cap('ict.network', 'south', 350, ladder => '80% notify, 100% block')), '', 'a new cap above it');
is($head->safe_psql('postgres', q{SELECT trim_scale(used) FROM steering.event WHERE kind = 'created' ORDER BY event_id DESC LIMIT 1}), '300',
	'its record has what all use');
is(on(0, 'ict.network', 'south', 50.01), '23S71', 'one unit too much on the coordinator, which asks nobody');
is(on(2, 'ict.network', 'south', 50), 'booked', 'the rest');
is(on($_, 'ict.network', 'south', 0.01), '23S71', "all is used, says server $_") foreach 0 .. 2;
is_sound('a new cap', { %limits, 'ict.network/south' => 350 }, @nodes);
is(act_code(drop('ict.network')), '', 'it is dropped');
is(act_code(cap('ict.network', 'south', 100, rest => ', accept_overrun => true')), '', 'an overrun that is accepted');
is(on($_, 'ict.network', 'south', 0.01), '23S71', "takes no more on server $_") foreach 0 .. 2;
is(on(1, 'ict.network', 'south', -0.01), 'booked', 'but less');
is(act_code(drop('ict.network')), '', 'it is dropped');

# Volumes, parts of months, one day, cumulative caps.
take_all_back(@sessions);
is(code($_, 'INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount, quantity)'
	. " SELECT 'hr.pay', 'north', day, 10, 2 FROM generate_series(date '2026-03-01', '2026-04-30', '1 day') AS day"), '', "61 days on server $_") foreach 0 .. 2;
foreach ([ '2026', 183 ], [ '[2026-03-10,2026-03-11)', 3 ], [ '[2026-03-10,2026-03-20)', 30 ], [ '[2026-03-10,2026-05-01)', 156 ],
	[ '[2026-03-01,2026-04-11)', 123 ], [ '[2026-02-20,2026-04-11)', 123 ], [ '[2026-04-30,2026-06-01)', 3 ], [ '[2026-01-10,2026-02-20)', 0 ])
{
	my ($during, $bookings) = @$_;

	is(act_code(cap('hr', 'region', $bookings * 10 - 0.01, during => $during)), '23S71', "$during: below what all use") if $bookings > 0;
	is(act_code(cap('hr', 'region', $bookings * 2, during => $during, metric => 'volume')), '', "$during: by volume, exactly");
	is(act_code(cap('hr', 'region', $bookings * 10, during => $during)), '', "$during: by budget, exactly");
	is(act_code('SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = \'hr\''), '', 'dropped');
}
is(act_code(cap('hr', 'region', 1830)), '', 'a cap of a year');
is(act_code(q{SELECT steering.spread_cap(cap_id, 'quarter', '{1,1,1,1}') FROM steering.cap_status WHERE service = 'hr'}), '23S71', 'too little is left for its quarters');
is(act_code(q{SELECT steering.spread_cap(cap_id, 'quarter', '{93,90,0,0}') FROM steering.cap_status WHERE service = 'hr'}), '', 'as much as is used: not refused');
is(act_code(drop('hr')), '', 'dropped');

# Acts and bookings of one transaction.
take_all_back(@sessions);
is(on($_, 'ict.network', 'south', 100), 'booked', "server $_ has booked") foreach 1, 2;
is(act_code('BEGIN; ' . cap('ict.network', 'south', 250) . '; ' . book('ict.network', 'south', 50.01) . ' COMMIT'), '23S71', 'made, and one unit too much booked');
run_in($sessions[0], 'ROLLBACK');
is(act_code('BEGIN; ' . cap('ict.network', 'south', 250) . '; ' . cap('ict.network', 'south', 199) . '; COMMIT'), '23S71', 'made, and lowered below what is used');
run_in($sessions[0], 'ROLLBACK');
is(act_code('BEGIN; ' . cap('ict.network', 'south', 250) . '; ' . book('ict.network', 'south', 50) . ' SAVEPOINT s; ' . cap('hr', 'region', 5)
	. '; ROLLBACK TO s; COMMIT'), '', 'made, and all of it booked');
is(on($_, 'ict.network', 'south', 0.01), '23S71', "all is used, says server $_") foreach 1, 2, 0;
is(on(1, 'hr.pay', 'south', 50), 'booked', 'a cap that was rolled back says nothing');
is_sound('in one transaction', { %limits, 'ict.network/south' => 250 }, @nodes);
is(act_code(drop('ict.network')), '', 'it is dropped');

# A part of a transaction that is rolled back holds nodes no more: what it knew of them is gone.
take_all_back(@sessions);
is(act_code(q{INSERT INTO steering.participant (code, name) VALUES ('apart', 'Apart')}), '', 'somebody apart');
is(act_code(q{UPDATE steering.participant SET parent = 'apart' WHERE code = 'west'}), '', 'a participant moves out');
is(on(1, 'ict.desk', 'north', 1), 'booked', 'a node has booked');
is(on(0, 'ict.desk', 'north', 1), 'booked', 'so has the coordinator, which is lent room then');
is(on(0, 'ict.desk', 'north', 1), 'booked', 'and more');
is(act_code(q{BEGIN; SAVEPOINT s; UPDATE steering.participant SET parent = 'region' WHERE code = 'west'; ROLLBACK TO s; }
	. book('ict.desk', 'north', 5000) . 'COMMIT'), '23S71', 'a move that is rolled back: the limit holds after it');
run_in($sessions[0], 'ROLLBACK');
is(act_code(q{BEGIN; SAVEPOINT s; UPDATE steering.participant SET parent = 'region' WHERE code = 'west'; ROLLBACK TO s; }
	. book('ict.desk', 'north', 997) . 'COMMIT'), '', 'up to the last unit');
is_sound('rolled back in part', \%limits, @nodes);

# What is judged when the transaction commits, or after it has told nodes what it changes.
take_all_back(@sessions);
is(on($_, 'ict.desk', 'north', 1), 'booked', "server $_ has booked") foreach 1, 0, 0;
my $home = q{UPDATE steering.participant SET parent = 'region' WHERE code = 'west'; };
is(act_code("SET sp71_steering.check_at = 'commit'; BEGIN; $home" . book('ict.desk', 'north', 998) . 'COMMIT'), '23S71', 'a move and a booking, at commit');
run_in($sessions[0], 'ROLLBACK; RESET sp71_steering.check_at');
is(act_code("BEGIN; $home; SET CONSTRAINTS steering.tell_changes IMMEDIATE; " . book('ict.desk', 'north', 998) . 'COMMIT'), '23S71', 'a booking after nodes are told');
run_in($sessions[0], 'ROLLBACK');
is(act_code("SET sp71_steering.check_at = 'commit'; BEGIN; $home" . book('ict.desk', 'north', 997) . 'COMMIT'), '', 'all that fits, at commit');
run_in($sessions[0], 'RESET sp71_steering.check_at');
is_sound('at commit', \%limits, @nodes);

# Stripes of a counter that had room by what was lent before entries moved have it no more.
take_all_back(@sessions);
is(act_code(q{UPDATE steering.participant SET parent = 'apart' WHERE code = 'west'}), '', 'a participant moves out');
is(on(2, 'ict.desk', 'west', 600), 'booked', 'a node has booked for it');
run_in($sessions[1], 'SET sp71_steering.min_stripes = 8');
is(on(1, 'ict.desk', 'north', 1), 'booked', 'another has room') foreach 1 .. 3;
cmp_ok($east->safe_psql('postgres', q{SELECT count(*) FROM steering.cap_counter WHERE cap_id = 1}), '>', 1, 'in stripes');
is(act_code($home), '', 'it moves back');
is(join(' ', map { on(1, 'ict.desk', 'north', 60) } 1 .. 9), 'booked ' x 6 . '23S71 23S71 23S71', 'there is as much room as all have together');
run_in($sessions[1], 'RESET sp71_steering.min_stripes');
is_sound('stripes', \%limits, @nodes);

# Nor where rows that another node has ignored become bookings there by a new entry.
take_all_back(@sessions);
$west->safe_psql('postgres', q{CREATE TABLE finance.late_line (LIKE finance.invoice_line INCLUDING ALL);
	SELECT steering.attach('finance.late_line', 'product', 'municipality', 'invoice_date', 'net_amount', unknown => 'ignore');
	INSERT INTO finance.late_line (product, municipality, invoice_date, net_amount) VALUES ('ict.later', 'south', '2026-03-15', 985)});
run_in($_, 'SET sp71_steering.min_stripes = 8') foreach @sessions[ 0, 1 ];
is(on($_ % 2, 'ict.desk', 'north', 1), 'booked', 'others have room') foreach 0 .. 5;
cmp_ok($_->safe_psql('postgres', q{SELECT count(*) FROM steering.cap_counter WHERE cap_id = 1}), '>', 1, 'in stripes') foreach $head, $east;
is(act_code(q{INSERT INTO steering.service (code, parent, name) VALUES ('ict.later', 'ict', 'Later')}), '', 'a new service');
is(join(' ', map { on($_ % 2, 'ict.desk', 'north', 10) } 0 .. 3), '23S71 23S71 23S71 23S71', 'no room that was lent before');
run_in($_, 'RESET sp71_steering.min_stripes') foreach @sessions;
$west->safe_psql('postgres', q{SELECT steering.detach('finance.late_line'); DROP TABLE finance.late_line});
is_sound('ignored rows', \%limits, @nodes);

# Days of one month are not netted where what is held begins within it.
take_all_back(@sessions);
is(code(1, q{INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount) VALUES
	('ict.network', 'south', '2026-05-05', 100), ('ict.network', 'south', '2026-05-21', 10)}), '', 'booked in May');
run_in($sessions[0], 'BEGIN; ' . cap('ict.network', 'south', 50, during => '[2026-05-15,2026-06-01)'));
is(code(1, q{UPDATE finance.invoice_line SET invoice_date = '2026-05-20' WHERE net_amount = 100}), '40001', 'a booking does not move in');
is(code(1, q{UPDATE finance.invoice_line SET invoice_date = '2026-05-06'}), '', 'but within what is not held, and out');
run_in($sessions[0], 'COMMIT');
$head->safe_psql('postgres', 'SELECT public.deliver()');
is(code(1, q{UPDATE finance.invoice_line SET invoice_date = '2026-05-20' WHERE net_amount = 100}), '23S71', 'nor does it under the cap');
is_sound('days of a month', \%limits, @nodes);
is(act_code(drop('ict.network')), '', 'it is dropped');

# While an act is under way.
take_all_back(@sessions);
is(on($_, 'ict.network', 'south', 100), 'booked', "server $_ has booked") foreach 1, 2;
run_in($sessions[0], 'BEGIN; ' . cap('ict.network', 'south', 250));
is(on(1, 'ict.network', 'south', 1), '40001', 'what the new cap is over is not raised meanwhile');
is(on(1, 'ict.desk', 'south', 1), 'booked', 'what it is not over is');
is(on(1, 'ict.network', 'north', 1), 'booked', 'as other participants are');
is(on(1, 'ict.network', 'south', -1), 'booked', 'and lowering it');
is(code(1, 'BEGIN; ' . book('ict.network', 'south', -1) . book('ict.network', 'south', 2)), '40001', 'lowered and raised in one transaction');
run_in($sessions[1], 'ROLLBACK');
is(code(2, q{CREATE TABLE finance.more AS SELECT 'ict.network' AS product, 'south' AS municipality, date '2026-05-01' AS invoice_date, 5 AS net_amount;
	SELECT steering.attach('finance.more', service => 'product', participant => 'municipality', booked_on => 'invoice_date', amount => 'net_amount')}),
	'40001', 'nor is a table attached with such bookings');
kill_everything($west);
$west->start;
$sessions[2] = open_session($west);
is(on(2, 'ict.network', 'south', 1), '40001', 'nor after a crash of the node');
run_in($sessions[0], 'ROLLBACK');
is(on($_, 'ict.network', 'south', 100), 'booked', "rolled back: server $_ books on") foreach 1, 2;

# A node that is not told.
is(on(1, 'ict.desk', 'south', 1), 'booked', 'a node has room');
$head->safe_psql('postgres', 'INSERT INTO public.away VALUES (1)');
is(act_code(cap('ict.network', 'south', 450)), '', 'a cap that a node is not told of');
is(on(1, 'ict.network', 'south', 1), '40001', 'is not exceeded there');
is(on(1, 'ict.desk', 'south', 1), 'booked', 'other bookings go on');
is(on(0, 'ict.network', 'south', 51), 'booked', 'the coordinator knows what it uses');
is(on($_, 'ict.network', 'south', 0.01), '40001', "whether it uses less by now server $_ cannot ask it") foreach 0, 2;
is(on(0, 'ict.network', 'south', -51), 'booked', 'lowering asks nobody');
$head->safe_psql('postgres', 'DELETE FROM public.away');
is(code(1, 'SELECT steering.catch_up()'), '', 'it catches up');
is(held($east), 0, 'nothing is held then');
is(on(1, 'ict.network', 'south', 51.01), '23S71', 'and judges by it');
is(on(1, 'ict.network', 'south', 51), 'booked', 'up to its end');
is_sound('not told', { %limits, 'ict.network/south' => 450 }, @nodes);
is(act_code(drop('ict.network')), '', 'it is dropped');

# Nodes that do not answer.
run_in($sessions[1], 'BEGIN; ' . book('ict.desk', 'north', 1));
my $began = time();
is(act_code(cap('ict.network', 'south', 500)), '40001', 'a node has bookings that are not committed');
cmp_ok(time() - $began, '<', 4, 'in time');
run_in($sessions[1], 'COMMIT');
is(act_code(cap('ict.network', 'south', 500)), '', 'when they are it goes through');
is(act_code(drop('ict.network')), '', 'it is dropped');
close_session($sessions[2]);
$west->stop;
my $said = ($head->psql('postgres', cap('ict.network', 'south', 500)))[2];
like($said, qr/it cannot be known now what other nodes use of cap \d+\nDETAIL:  Node "server2": it cannot be reached/, 'a node is away');
is(code(0, cap('ict.network', 'south', 500)), '40001', 'which passes');
$west->start;
$sessions[2] = open_session($west);

# Entries move.
take_all_back(@sessions);
is(act_code(q{INSERT INTO steering.participant (code, name) VALUES ('other', 'Other')}), '', 'somebody else');
is(act_code(q{UPDATE steering.participant SET parent = 'other' WHERE code = 'west'}), '', 'a participant moves out');
is(on($_, 'ict.desk', 'west', 200), 'booked', "server $_ has booked for it") foreach 1, 2;
is(on($_, 'ict.desk', 'north', 200), 'booked', "server $_ has booked for others") foreach 0 .. 2;
is(on(0, 'ict.desk', 'north', 0.01), 'booked', 'one unit more');
my $back = q{UPDATE steering.participant SET parent = 'region' WHERE code = 'west'};
is(act_code($back), '23S71', 'what it has booked on nodes does not fit');
is(act_code("SET sp71_steering.check_at = 'commit'; $back"), '23S71', 'nor where the commit judges');
run_in($sessions[0], 'RESET sp71_steering.check_at');
is(on(0, 'ict.desk', 'north', -0.01), 'booked', 'one unit less');
is(act_code("BEGIN; $back; " . book('ict.desk', 'north', 0.01) . ' COMMIT'), '23S71', 'it fits, but nothing more in the same transaction');
run_in($sessions[0], 'ROLLBACK');
my $notified = events_of('notify', @nodes);
run_in($sessions[0], "BEGIN; $back");
is(on(1, 'ict.desk', $_, 1), '40001', "nothing is raised of what will be together: $_") foreach 'west', 'north';
is(on(2, 'hr.pay', 'west', 1), 'booked', 'other services go on');
is(code(0, 'COMMIT'), '', 'it fits');
$head->safe_psql('postgres', 'SELECT public.deliver()');
is(events_of('notify', @nodes), $notified + 1, 'the step that is crossed by it is recorded once');
is(on($_, 'ict.desk', 'north', 0.01), '23S71', "all is used, says server $_") foreach 0 .. 2;
is_sound('a participant moves', \%limits, @nodes);
is(act_code(q{UPDATE steering.participant SET parent = 'south' WHERE code = 'west'}), '', 'within the region it moves also when that is full');
is(act_code($back), '', 'and back');

# A service moves, under a cap that is made in the same transaction.
take_all_back(@sessions);
is(on($_, 'hr.pay', 'north', 300), 'booked', "server $_ has booked") foreach 0 .. 2;
my $move = q{UPDATE steering.service SET parent = 'ict' WHERE code = 'hr'};
is(act_code("BEGIN; $move; " . cap('ict', 'north', 899) . '; COMMIT'), '23S71', 'moved, and a new cap that is too low with that');
run_in($sessions[0], 'ROLLBACK');
is(act_code("BEGIN; $move; " . cap('ict', 'region', 899, ladder => '80% notify, 100% block') . '; COMMIT'), '23S71', 'moved, and the cap there lowered');
run_in($sessions[0], 'ROLLBACK');
is(act_code("BEGIN; $move; " . cap('ict', 'north', 900) . '; COMMIT'), '', 'exactly');
is(on($_, 'ict.desk', 'north', 0.01), '23S71', "all of the new one is used, says server $_") foreach 1, 2, 0;
is(on(1, 'ict.desk', 'south', 100.01), '23S71', 'and the other has the rest');
is(on(1, 'ict.desk', 'south', 100), 'booked', 'for others');
is(act_code(q{UPDATE steering.service SET parent = NULL WHERE code = 'hr'}), '', 'moved back');
is(act_code(q{SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE participant = 'north'}), '', 'it is dropped');

# Caps are made and dropped, and entries move, while both nodes book. The reader looks after each act.
my $seconds = $ENV{STRESS_SECONDS} || 18;

sub busy
{
	my ($until) = @_;

	return sprintf q{
	DO $$
	BEGIN
		WHILE clock_timestamp() < to_timestamp(%f) LOOP
			BEGIN
				IF (random() < CASE WHEN floor(extract(epoch FROM clock_timestamp()))::bigint %% 6 < 3 THEN 0.8 ELSE 0.1 END) THEN
					INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount)
						VALUES ((ARRAY['ict.desk', 'ict.network'])[1 + floor(random() * 2)], (ARRAY['north', 'south', 'west', 'west'])[1 + floor(random() * 4)],
							'2026-03-15', floor(random() * 1200) / 100);
				ELSE
					DELETE FROM finance.invoice_line WHERE line_id IN (SELECT line_id FROM finance.invoice_line ORDER BY random() LIMIT 4);
				END IF;
			EXCEPTION
				WHEN serialization_failure OR deadlock_detected OR SQLSTATE '23S71' THEN
					NULL;
			END;
			COMMIT;
		END LOOP;
	END $$}, $until;
}

take_all_back(@sessions);
my (@errors, @running, @over, %count);
my @readers = open_all(@nodes);
my $until = time() + $seconds;
my ($inside, $made, $at) = (1, undef, 300);

# What is over, of what has been accepted until now.
sub look
{
	my %total = read_all(\@readers, qw(ict ict.network/west), map { "ict/$_" } qw(north south west));
	my $region = $total{ict} - ($inside ? 0 : $total{'ict/west'});

	push @over, "region $region" if $region > 1000;
	push @over, "west $total{'ict.network/west'} of $made" if defined $made && $total{'ict.network/west'} > $made;
	return ($total{'ict.network/west'}, $region, $total{'ict/west'});
}

foreach my $n (1, 2)
{
	$errors[$n] = [];
	push @running, start_load($nodes[$n], 'postgres', $errors[$n], (busy($until)) x 2);
}
while (time() < $until - 0.5)
{
	my ($used, $region, $of_west) = look();
	my $code;

	if (rand() < 0.5)
	{
		$at = sprintf '%.2f', $used + between(-500, 4000) / 100;
		$at = 0 if $at < 0;
		$code = act_code(defined $made ? drop('ict.network') : cap('ict.network', 'west', $at));
		$made = defined $made ? undef : $at if $code eq '';
		$count{ ($code eq '' ? '' : 'not ') . (defined $made || $code ne '' ? 'made' : 'dropped') . " $code" }++;
	}
	else
	{
		$code = act_code($inside ? q{UPDATE steering.participant SET parent = 'other' WHERE code = 'west'} : $back);
		$count{ 'moved ' . ($inside ? 'out ' : 'in ') . $code }++;
		$inside = !$inside if $code eq '';
	}
	look();
}
$_->finish foreach @running;
look();
note(join ', ', map { "$_: $count{$_}" } sort keys %count);
is(join("\n", @over), '', 'under bookings on both nodes: no cap was over that had been accepted');
cmp_ok($count{'made '} || 0, '>', 0, 'caps were made');
cmp_ok($count{'moved in '} || 0, '>', 0, 'entries moved into caps');
is(join(' ', grep { !/ (23S71|40001|)$/ } keys %count), '', 'nothing failed in another way');
is(join("\n", grep { $_ } map { @$_ } grep { defined } @errors), '', 'bookings failed in no other way');
act_code($back) unless $inside;
is_sound('in the end', {}, @nodes);

close_session($_) foreach @sessions, @readers;
$_->stop foreach @nodes;
done_testing();
