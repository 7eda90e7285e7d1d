# Who asks why a booking is refused, logged in as different roles and on a standby: whose transactions they are told of.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('why', init => [ allows_streaming => 1 ], settings => "max_prepared_transactions = 5\n");

create_registers($node);
create_source($node);
$node->safe_psql('postgres', q{
	CREATE ROLE clerk LOGIN;
	CREATE ROLE boss LOGIN IN ROLE clerk;
	CREATE ROLE north LOGIN;
	CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
	CREATE ROLE auditor LOGIN;
	GRANT SELECT ON steering.cap TO auditor;
	CREATE ROLE readers NOLOGIN ROLE boss, north, monitor;
	UPDATE steering.participant SET reader = 'readers' WHERE code = 'north';
	GRANT USAGE ON SCHEMA finance TO clerk;
	GRANT INSERT ON finance.invoice_line TO clerk;
	SELECT steering.set_cap('ict', 'north', 'budget', '2026', 1000);
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 5000);});

my $why = "FROM steering.why_refused('ict.desk', 'north', '2026-03-15', 500)";
my $session = do { local $ENV{PGUSER} = 'clerk'; open_session($node) };
my $pid = run_in($session, 'BEGIN; ' . book('ict.desk', 'north', 400) . ' SELECT pg_backend_pid();');
$pid =~ s/\s//g;
like($pid, qr/^\d+$/, 'a clerk books, and does not commit');

# What a role is told of the holders of the cap of north.
sub told
{
	my ($server, $role, $columns) = @_;

	return $server->safe_psql('postgres', "SELECT $columns $why WHERE reason = 'cap' AND participant = 'north'",
		extra_params => [ '-U', $role ]);
}

is(told($node, 'north', 'held, held_by'), '1|{}', 'a reader is told that somebody holds the counter, and not who');
is(told($node, 'monitor', 'held, held_by'), '1|{}', 'also one who may see what every process does');
is(told($node, 'boss', 'held, held_by'), "1|{$pid}", 'who has the rights of the role that holds it is told who');
is(told($node, 'auditor', 'held, held_by'), "1|{$pid}", 'so is who may read everything');
like(told($node, 'boss', 'explanation'), qr/held by process $pid \(role "clerk", idle in transaction since [-0-9: +]+\):/,
	'and what it does, where pg_stat_activity shows that');
like(told($node, 'auditor', 'explanation'), qr/held by process $pid \(role "clerk"\):/, 'which it does not to every role');
like(told($node, 'north', 'explanation'), qr/held by another transaction:/, 'others are told of no name');
is($node->safe_psql('postgres', "SELECT string_agg(concat_ws(' ', reason, held), ', ') $why", extra_params => [ '-U', 'clerk' ]),
	'hidden_cap, hidden_cap', 'who books, and reads nothing, is told which caps apply');
is($node->safe_psql('postgres', 'SELECT cap_id, held, held_by FROM steering.cap_stripe ORDER BY cap_id', extra_params => [ '-U', 'auditor' ]),
	"1|t|$pid\n2|t|$pid", 'the view of stripes tells it to who reads everything');
is($node->safe_psql('postgres', 'SELECT count(*) FROM steering.cap_stripe', extra_params => [ '-U', 'boss' ]),
	0, 'and nothing to others');

# On a standby nobody knows the process, and a transaction that is prepared has none.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
run_in($session, "COMMIT; SET ROLE NONE; BEGIN; " . book('ict.desk', 'north', 200) . " PREPARE TRANSACTION 'late';");
$node->safe_psql('postgres', 'SELECT pg_switch_wal()');
$node->wait_for_catchup($standby, 'replay', $node->lsn('flush'));
is(told($standby, 'auditor', 'sqlstate, stored, missing, verdict, held, held_by'),
	told($node, 'auditor', 'sqlstate, stored, missing, verdict, held, held_by'), 'the standby says the same');
is(told($standby, 'auditor', 'trim_scale(stored), held, held_by'), '400|1|{}', 'and that the counter is held');
like(told($node, 'auditor', 'explanation'), qr/held by prepared transaction 'late':/, 'by a prepared transaction');
$node->safe_psql('postgres', "COMMIT PREPARED 'late'");
is(told($node, 'north', 'sqlstate, trim_scale(stored), trim_scale(missing), verdict, held'), '23S71|600|100|block|0', 'then it is refused');
is_refused($node, book('ict.desk', 'north', 500), '23S71', 'as a booking is');
is($node->safe_psql('postgres', "SELECT raised_by $why WHERE cap_id = 1"), '{}', 'nobody but superusers may raise it');
$node->safe_psql('postgres', 'GRANT EXECUTE ON FUNCTION steering.set_cap TO boss');
is(told($node, 'north', 'raised_by'), '{boss}', 'then somebody may');

close_session($session);
$standby->stop;
$node->stop;
done_testing();
