# What is remembered must not point into memory that goes with a transaction: freed memory is overwritten here, so that what still
# reads it does not find what was there.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

$ENV{MALLOC_PERTURB_} = 85;
my $node = start_node('perturbed');

create_registers($node);
create_source($node);
$node->safe_psql('postgres', q{
	INSERT INTO steering.service (code, parent, name) SELECT 'ict.' || n, 'ict', 'Number ' || n FROM generate_series(1, 500) AS n;
	INSERT INTO steering.participant (code, parent, name) SELECT 'p' || n, 'region', 'Number ' || n FROM generate_series(1, 500) AS n});

# The registers are forgotten while a statement has read its first row and not its last, since the mapping looks at caps: the caps over
# what it books are remembered anew then, by entries of before. There are so many that they stand in memory that is given back.
$node->safe_psql('postgres', q{
	CREATE FUNCTION pausing(amount numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
		BEGIN
			IF amount = 7 THEN
				PERFORM pg_advisory_xact_lock_shared(71);
				PERFORM steering.check_booking('hr', 'south', '2026-05-05', 1);
			END IF;
			RETURN amount;
		END $$;
	CREATE TABLE finance.pausing (amount numeric);
	SELECT steering.attach('finance.pausing', $$'ict.500'$$, $$'p500'$$, $$date '2026-05-05'$$, 'pausing(amount)')});
my ($holder, $booker) = map { open_session($node) } 1 .. 2;

is((run_in($booker, book('ict.500', 'p500', 1)))[1], '', 'the rulebook is known');
run_in($holder, 'SELECT pg_advisory_lock(71)');
start_in($booker, 'INSERT INTO finance.pausing VALUES (1), (7), (2)');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted}), 'a statement waits between two rows');
$node->safe_psql('postgres', 'ANALYZE steering.service');
run_in($holder, 'SELECT pg_advisory_unlock(71)');
is((finish_in($booker))[1], '', 'the registers are forgotten meanwhile, and it goes on');
is((run_in($booker, 'SELECT count(*) FROM generate_series(1, 10000) AS n, LATERAL repeat($$x$$, n) AS x'))[1], '', 'other memory is used');
$node->safe_psql('postgres', q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 12)});
is((run_in($booker, book('ict.500', 'p500', 1)))[1], '', 'a new cap above it: what fits passes');
like((run_in($booker, book('ict.500', 'p500', 0.01)))[1], qr/23S71/, 'and what does not is refused');
is_verified($node, 'in the end');

close_session($_) foreach $holder, $booker;
$node->stop;
done_testing();
