# Caps over three servers meet what else there is: roles without rights, settings of databases, cancelled statements, credits, volumes,
# new caps on what is booked, entries that move, nodes that come and go, overrides, and tables that are attached, emptied and restored.
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

my @nodes = start_nodes(2, q{
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% notify, 100% block');
	SELECT steering.set_cap('hr', 'region', 'volume', '2026', 100, '100% warn, +5 block')});
my ($head, $east, $west) = @nodes;
my @sessions = open_all(@nodes);
my %limits = (ict => 1000);

sub on { my ($n, @booking) = @_; return book_on($sessions[$n], @booking); }

# What a statement comes to: '' or its SQLSTATE.
sub code { my ($n, $sql) = @_; my ($output, $errors) = run_in($sessions[$n], $sql); return $errors =~ /ERROR:  (\w{5})/ ? $1 : ''; }

# A role that may book, and nothing else.
foreach (@nodes)
{
	$_->safe_psql('postgres', q{CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA finance TO clerk;
		GRANT INSERT, SELECT, DELETE ON finance.invoice_line TO clerk});
}
is(code(1, q{SET ROLE clerk; } . book('ict.desk', 'north', 500)), '', 'a role that may only book books what its node has to ask for');
is(code(1, book('ict.desk', 'north', 500.01)), '23S71', 'and is refused what is too much');
is(code(1, q{RESET ROLE}), '', 'itself again');
my ($status, $stdout, $stderr) = $east->psql('postgres', book('ict.desk', 'north', 300), extra_params => [ '-U', 'clerk', '-v', 'VERBOSITY=sqlstate' ]);
is($stderr, '', 'the same where it has logged in');
($status, $stdout, $stderr) = $east->psql('postgres', book('ict.desk', 'north', 300), extra_params => [ '-U', 'clerk' ]);
like($stderr, qr/is exceeded/, 'the refusal names the cap');
unlike($stderr, qr/800/, 'and tells no figures to who may not read them');

# Databases whose sessions are serializable, read only at first, and look elsewhere.
foreach (@nodes)
{
	$_->safe_psql('postgres', q{
		ALTER DATABASE postgres SET default_transaction_isolation = 'serializable';
		ALTER DATABASE postgres SET default_transaction_read_only = on;
		ALTER DATABASE postgres SET search_path = nowhere;
		ALTER DATABASE postgres SET statement_timeout = '1ms'});
}
take_all_back(@sessions);
is(on(1, 'ict.desk', 'north', 600), 'booked', 'nodes understand each other whatever is set for databases');
is(on(2, 'ict.desk', 'north', 400), 'booked', 'in both directions');
is(on(0, 'ict.desk', 'north', 0.01), '23S71', 'and all is used');
foreach (@nodes)
{
	$_->safe_psql('postgres', q{SET default_transaction_read_only = off; SET statement_timeout = 0; ALTER DATABASE postgres RESET ALL});
}

# A statement that waits for another node can be cancelled.
take_all_back(@sessions);
is(on(2, 'ict.desk', 'north', 100), 'booked', 'a node has room');
run_in($sessions[2], 'BEGIN; ' . book('ict.desk', 'north', 1));
my $pid = run_in($sessions[1], 'SELECT pg_backend_pid()');
run_in($sessions[1], 'SET sp71_steering.node_timeout = 20000');
start_in($sessions[1], book('ict.desk', 'north', 850));
usleep(300_000);
my $began = time();
$east->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
like((finish_in($sessions[1]))[1], qr/57014/, 'a statement that waits for another node is cancelled');
cmp_ok(time() - $began, '<', 2, 'at once');
run_in($sessions[2], 'COMMIT');
is(on(1, 'ict.desk', 'north', 850), 'booked', 'and can be done again');

# Rows are booked together or not at all.
take_all_back(@sessions);
is(code(1, q{INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount)
	SELECT 'ict.desk', 'north', '2026-03-15', 100 FROM generate_series(1, 11)}), '23S71', 'one row too much');
is(on(2, 'ict.desk', 'north', 1000), 'booked', 'and nothing of it is there');

# Credits: what is below zero on one server is room on others, and cannot be taken back when it is used.
take_all_back(@sessions);
is(on(1, 'ict.desk', 'north', -100), 'booked', 'a credit');
is(on(2, 'ict.desk', 'north', 1100), 'booked', 'is room elsewhere');
is(code(1, 'DELETE FROM finance.invoice_line'), '23S71', 'and stays as long as that is used');
is(on(2, 'ict.desk', 'north', -100), 'booked', 'less there');
is(code(1, 'DELETE FROM finance.invoice_line'), '', 'and it can go');
is_sound('credits', \%limits, @nodes);

# Volumes, and a step that is an amount.
take_all_back(@sessions);
sub volume { my ($n, $volume) = @_; return code($n, "INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount, quantity) VALUES ('hr.pay', 'north', '2026-03-15', 1, $volume)"); }
is(volume(1, 60), '', 'volume on one server');
is(volume(2, 46), '23S72', 'too much');
is(volume(2, 45), '', 'up to the step');
is(volume($_, 1), '23S72', "all is used, says server $_") foreach 0 .. 2;

# A new cap on what is booked already.
take_all_back(@sessions);
is(on($_, 'ict.network', 'south', 100), 'booked', "server $_ has booked") foreach 0 .. 2;
like(act($head, q{SELECT steering.set_cap('ict.network', 'south', 'budget', '2026', 200, '100% block')}), qr/used 300\.00/,
	'a new cap that the coordinator alone does not exceed, but all together do');
is(act($head, q{SELECT steering.set_cap('ict.network', 'south', 'budget', '2026', 350, '100% block')}), '', 'a new cap above it');
is(on(1, 'ict.network', 'south', 50.01), '23S71', 'counts what all have booked');
is(on(2, 'ict.network', 'south', 50), 'booked', 'and has the rest');
is(on($_, 'ict.network', 'south', 0.01), '23S71', "all is used, says server $_") foreach 0 .. 2;
is(act($head, q{SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'ict.network'}), '', 'it is dropped');

# Entries move: what is booked leaves a cap, and comes back.
take_all_back(@sessions);
is(on($_, 'ict.desk', 'west', 200), 'booked', "server $_ has booked") foreach 0 .. 2;
act($head, q{INSERT INTO steering.participant (code, name) VALUES ('other', 'Other')});
is(act($head, q{UPDATE steering.participant SET parent = 'other' WHERE code = 'west'}), '', 'a participant moves');
is(on(1, 'ict.desk', 'north', 1000), 'booked', 'what it has booked is out of the cap on all servers');
is(on(2, 'ict.desk', 'north', 0.01), '23S71', 'all is used');
is(code(1, q{DELETE FROM finance.invoice_line WHERE municipality = 'north'}), '', 'all of that goes');
is(act($head, q{UPDATE steering.participant SET parent = 'region' WHERE code = 'west'}), '', 'it comes back');
is(on(2, 'ict.desk', 'north', 400.01), '23S71', 'and so does what it has booked');
is(on(2, 'ict.desk', 'north', 400), 'booked', 'there is so much left');
is_sound('entries move', \%limits, @nodes);

# A table that is attached with bookings, emptied, detached.
take_all_back(@sessions);
is(on(1, 'ict.desk', 'north', 300), 'booked', 'some is used');
my $second = q{CREATE TABLE finance.more (product text, municipality text, invoice_date date, net_amount numeric);
	INSERT INTO finance.more SELECT 'ict.desk', 'south', '2026-05-01', 100 FROM generate_series(1, %d);
	SELECT steering.attach('finance.more', service => 'product', participant => 'municipality', booked_on => 'invoice_date', amount => 'net_amount')};
my $whole = code(2, sprintf $second, 8);
isnt($whole, '', 'a table whose bookings do not fit is not attached, as on one server');
run_in($sessions[2], $whole eq '' ? q{SELECT steering.detach('finance.more'); DROP TABLE finance.more} : 'DROP TABLE IF EXISTS finance.more');
is(code(2, sprintf $second, 7), '', 'one whose bookings fit is');
is(on(1, 'ict.desk', 'north', 0.01), '23S71', 'and they are used');
is(code(2, 'TRUNCATE finance.more'), '', 'emptied');
is(on(1, 'ict.desk', 'north', 700), 'booked', 'and they are not');
is(code(2, q{INSERT INTO finance.more VALUES ('ict.desk', 'south', '2026-05-01', 0.01)}), '23S71', 'all is used');
is(code(2, q{SELECT steering.detach('finance.more'); DROP TABLE finance.more}), '', 'detached');
is_sound('tables come and go', \%limits, @nodes);

# An override lets pass what is booked anywhere (051 has more of it).
take_all_back(@sessions);
is(on($_, 'ict.desk', 'north', 300), 'booked', "server $_ has booked") foreach 0 .. 2;
is(act($head, q{SELECT steering.grant_override(1, 50, reason => 'storm', until => now() + interval '1 day')}), '', 'an override');
is(on(1, 'ict.desk', 'north', 150.01), '23S71', 'does not let pass more than it is for');
is(on(1, 'ict.desk', 'north', 150), 'booked', 'but what a node books, of what all use');
is(on($_, 'ict.desk', 'north', 0.01), '23S71', "then all is used, says server $_") foreach 1, 2;
is(total_of('ict', @nodes), '1050.00', 'by limit and override together');
is(on(0, 'ict.desk', 'north', 0.01), '23S71', 'and no more');
is(on(2, 'ict.desk', 'north', -50), 'booked', 'some goes');
is(on(1, 'ict.desk', 'north', 0.01), '23S71', 'down to the limit, which is used');

# repair(), compact() while others have room.
take_all_back(@sessions);
is(on($_, 'ict.desk', 'north', 100), 'booked', "server $_ has booked") foreach 0 .. 2;
is(code($_, 'SELECT * FROM steering.repair(); SELECT steering.compact()'), '', "care of server $_") foreach 0 .. 2;
is(book_rest(\@sessions, 'ict.desk', 100), '', 'after care: the rest');
is(total_of('ict', @nodes), '1000.00', 'after care: all of it');
is_sound('care', \%limits, @nodes);

# A counter that had too little has what it should again, and others are not lent that.
take_all_back(@sessions);
is(on($_, 'ict.desk', 'north', 100), 'booked', "server $_ has booked") foreach 0 .. 2;
is(on(2, 'ict.desk', 'north', $_), 'booked', "server 2 is alone: $_") foreach 600, -500;
$nodes[1]->safe_psql('postgres', 'SET session_replication_role = replica;' . book('ict.desk', 'north', 600));
is(code(1, 'SELECT * FROM steering.repair()'), '', 'what was booked unseen is counted');
is(on(2, 'ict.desk', 'north', 350), '23S71', 'who was alone is not any more');
is(book_rest(\@sessions, 'ict.desk', 100), '', 'after repair: the rest');
is(total_of('ict', @nodes), '1000.00', 'after repair: all of it, and no more');
is_sound('repair', \%limits, @nodes);

# A node leaves, and another comes.
take_all_back(@sessions);
is(on($_, 'ict.desk', 'north', 100), 'booked', "server $_ has booked") foreach 0, 1;
is(act($head, q{SELECT steering.drop_node('server2')}), '', 'a node leaves');
is(on(1, 'ict.desk', 'north', 800), 'booked', 'the others have all to themselves');
isnt(on(2, 'ict.desk', 'north', 1), '40001', 'what has left asks nobody');
run_in($sessions[2], 'DELETE FROM finance.invoice_line');
my $joined = act($head, sprintf q{SELECT steering.add_node('server2', $$%s$$)}, $west->connstr('postgres'));
like($joined, qr/^$/, 'it comes again') or diag($joined);
is(on(2, 'ict.desk', 'north', 0.01), '23S71', 'all is used, it says');
is(code(1, 'DELETE FROM finance.invoice_line'), '', 'there is room again');
is(on(2, 'ict.desk', 'north', 900), 'booked', 'which it has');
is_sound('nodes come and go', \%limits, @nodes);

close_session($_) foreach @sessions;
$_->stop foreach @nodes;
done_testing();
