# DBI: a refusal dies with the text of the error; SQLSTATE is $handle->state, the other fields are pg_error_field, warnings
# are Perl's, as text.
use strict;
use warnings;
use Test::More;

BEGIN {
	eval { require DBD::Pg } or plan skip_all => 'libdbd-pg-perl is not installed';
}
use DBI;

my @warnings;
local $SIG{__WARN__} = sub { push @warnings, @_ };

# A session of the database, or of the pool before it.
sub open_session {
	my ($database) = @_;
	my $port = $database =~ /_pool$/ ? $ENV{POOL_PORT} : $ENV{PGPORT};
	return DBI->connect("dbi:Pg:dbname=$database;port=$port", $ENV{PGUSER}, $ENV{PGPASSWORD},
		{ RaiseError => 1, PrintError => 0, AutoCommit => 1, pg_server_prepare => 0 });
}

sub book {
	my ($session, $amount, $service) = @_;
	return $session->do(q{INSERT INTO invoice_line (service, participant, booked_on, amount) VALUES (?, 'leiden', '2026-02-03', ?)},
		undef, $service // 'ict', $amount);
}

# Calls work in a transaction, and commits it; what dies, COMMIT too, has rolled it back and leaves its fields. Returns them, or
# nothing.
sub transaction {
	my ($session, $work, $isolation) = @_;
	my $found;
	eval {
		$session->begin_work;
		$session->do("SET TRANSACTION ISOLATION LEVEL $isolation") if $isolation;
		$work->();
		$session->commit;
		1;
	} or $found = fields($session);
	$session->rollback unless $session->{AutoCommit};
	return $found;
}

# What the program can read of an error.
sub fields {
	my ($session) = @_;
	my %found = (sqlstate => $session->state);
	# It gets copies of the names: it changes what it is given.
	$found{$_} = $session->pg_error_field("$_") for qw(message_primary message_detail message_hint schema table constraint);
	return \%found;
}

# Calls a transaction again while the server asks for it; returns how often.
sub try_again {
	my ($session, $work, $isolation) = @_;
	for my $attempt (1 .. 5) {
		my $found = transaction($session, $work, $isolation) or return $attempt;
		die $found->{message_primary} unless $found->{sqlstate} =~ /^(40001|40P01)$/;
	}
	die 'too many attempts';
}

sub total { return shift->selectrow_array('SELECT coalesce(sum(amount), 0) FROM invoice_line') }

sub check_at_commit { return shift->do(q{SET LOCAL sp71_steering.check_at = 'commit'}) }

# What goes up comes before what goes down, and what is too much is refused by COMMIT.
sub exchange {
	my ($session, $amount, $lowered) = @_;
	my $first = $session->selectrow_array('SELECT min(id) FROM invoice_line');
	return transaction($session, sub {
		check_at_commit($session);
		book($session, $amount);
		$session->do('UPDATE invoice_line SET amount = ? WHERE id = ?', undef, $lowered, $first);
	});
}

sub too_much {
	my ($session) = @_;
	my $reached = 0;
	my $found = transaction($session, sub {
		check_at_commit($session);
		book($session, 300);
		$reached = 1;
	});
	ok($reached, 'what is too much passes until the transaction ends');
	return $found;
}

my $session = open_session($ENV{PGDATABASE});
my $other = open_session($ENV{PGDATABASE});

book($session, 700);
is_deeply(\@warnings, [], 'a booking below all steps gives no warning');
ok(!eval { book($session, 500); 1 }, 'a refusal dies');
like($@, qr/^DBD::Pg::db do failed: ERROR:  budget cap of service "ict" for participant "leiden" is exceeded\nDETAIL:  /, 'with the text');
is_deeply(fields($session), {
	sqlstate => '23S71',
	message_primary => 'budget cap of service "ict" for participant "leiden" is exceeded',
	message_detail => 'Cap 1 (2026-01-01 to 2026-12-31) blocks above 1000.00; used 700.00, this statement adds 500.00, 200.00 too much.',
	message_hint => 'Lower or release other bookings under this cap, or ask whoever steers it to raise cap 1 with steering.set_cap().',
	schema => 'public', table => 'invoice_line', constraint => '1' }, 'and has all fields');
is(total($session), '700.00', 'what was refused is not there, and the session goes on');

book($session, 150);
is(scalar @warnings, 1, 'a booking over a step that warns gives a warning');
like($warnings[0], qr/^WARNING:  budget cap of service "ict" for participant "leiden" has reached a step that warns\nDETAIL:  Cap 1 .* used now 850\.00\./,
	'it is one of Perl, as text');
@warnings = ();
$session->{pg_errorlevel} = 2;
book($session, 0.01);
like($warnings[0], qr/^WARNING:  01S71: .*CONSTRAINT NAME:  1\n/s, 'with pg_errorlevel = 2 its SQLSTATE and fields stand in the text');
$session->{pg_errorlevel} = 1;
$session->do('DELETE FROM invoice_line WHERE amount = 0.01');

is_deeply($session->selectall_arrayref(q{SELECT cap_id, verdict FROM steering.check_booking('ict', 'leiden', '2026-05-01', 500)}),
	[[1, 'block']], 'a dry run tells what would be refused');

is(exchange($session, 300, 400), undef, q{with check_at = 'commit' what goes up may come before what goes down});
is(total($session), '850.00', 'it is there');
is(too_much($session)->{sqlstate}, '23S71', 'and COMMIT is refused');
is(total($session), '850.00', 'and nothing of it is there');

ok(!eval { book($session, 1, 'itc'); 1 }, 'an unknown service dies');
is($session->state, '23S73', 'with its SQLSTATE');
like($session->pg_error_field('message_detail'), qr/^It is row \(id\)=\(\d+\)\.$/, 'and DETAIL says which row');

my $attempts = 0;
my $overtaken = sub {
	total($session);
	book($other, 10) if ++$attempts == 1;
	book($session, 10);
};
is(transaction($session, $overtaken, 'REPEATABLE READ')->{sqlstate}, '40001', 'a stale snapshot asks for another try');
$attempts = 0;
is(try_again($session, $overtaken, 'REPEATABLE READ'), 2, 'the second attempt passes');
is(total($session), '880.00', 'and has booked once');

SKIP: {
	skip 'pgbouncer is not installed', 5 unless $ENV{POOL_PORT};
	my $pooled = open_session("$ENV{PGDATABASE}_pool");
	is(exchange($pooled, 200, 200), undef, 'behind a pool check_at is set in the transaction');
	is(too_much($pooled)->{sqlstate}, '23S71', 'COMMIT is refused likewise');
	is($pooled->selectrow_array('SHOW sp71_steering.check_at'), 'statement', 'and the setting ends with the transaction');
	ok(!eval { book($pooled, 500); 1 }, 'so that a statement is refused at once');
}

is(total($session), $session->selectrow_array(q{SELECT used::numeric(12,2) FROM steering.check_booking('ict', 'leiden', '2026-05-01')}),
	'the cap has what the rows come to');
is_deeply($session->selectall_arrayref('SELECT * FROM steering.verify()'), [], 'verify() finds nothing');
done_testing();
