# Amendments, transfers, what was carried forward and the rules for it are the same after a dump and restore, and go on there, and so
# do how cost behaves, savings, start-ups and business cases; a database of an earlier version has its history with the update. A prepared transaction holds what it has amended.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('lifecycle', settings => 'max_prepared_transactions = 2');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/origin.dump';

my %content = (
	'amendments' => 'SELECT * FROM steering.amendment ORDER BY amendment_id, cap_id',
	'history' => 'SELECT * FROM steering.budget_history ORDER BY cap_id, event_id',
	'budgets' => 'SELECT * FROM steering.budget_status ORDER BY cap_id',
	'proof' => 'SELECT * FROM steering.carry_forward_proof ORDER BY cap_id',
	'rules' => 'SELECT * FROM steering.carry_rule ORDER BY carry_rule_id',
	'cost behaviours' => 'SELECT * FROM steering.cost_behaviour_status ORDER BY service',
	'savings' => 'SELECT * FROM steering.saving_status ORDER BY saving, cap_id',
	'what became of savings' => 'SELECT * FROM steering.saving_event ORDER BY saving, position',
	'start-ups' => 'SELECT * FROM steering.start_up_status ORDER BY start_up, participant',
	'repayments' => 'SELECT * FROM steering.start_up_repayment JOIN steering.start_up_repayment_line USING (repayment_id) ORDER BY repayment_id, participant_id',
	'business case' => 'SELECT * FROM steering.business_case($$centre$$, 0.04)',
	'scorecard' => 'SELECT * FROM steering.scorecard_main ORDER BY service, dimension',
	'explanations' => 'SELECT * FROM steering.explanation ORDER BY explanation_id',
	'decisions' => 'SELECT * FROM steering.decision ORDER BY id',
	'plan' => 'SELECT * FROM steering.planned_carry_forward($$2026$$)');

sub cap
{
	my ($service) = @_;

	return "(SELECT cap_id FROM steering.cap_status WHERE service = '$service' AND valid_from = '2999-01-01')";
}

sub amend
{
	my ($number, $service, $mutation, $new_amount) = @_;

	return "SELECT steering.amend('2999', '$number', 'policy', jsonb_build_array(jsonb_build_object('cap', "
	  . cap($service) . ", 'mutation', $mutation, 'new_amount', $new_amount)), 'growth')";
}

sub adds_up
{
	my ($database) = @_;

	is($node->safe_psql($database, 'SELECT count(*) FROM steering.budget_status WHERE primitive + amendments + transfers'
		  . ' + revisions + carried_in - carried_out IS DISTINCT FROM amended'), '0', "$database: budgets add up");
	is($node->safe_psql($database, 'SELECT count(*) FROM steering.carry_forward_proof WHERE NOT holds'), '0', "$database: nothing was lost");
}

$node->safe_psql('postgres', 'CREATE DATABASE origin');
create_registers($node, 'origin');
create_source($node, 'origin');
$node->safe_psql('origin', q{
	SELECT steering.set_rule(ARRAY['amend'], 'mandate');
	SELECT steering.set_cap('ict', 'region', 'budget', '2999', 1000);
	SELECT steering.set_cap('hr', 'region', 'budget', '2999', 300);
	SELECT steering.set_cap('ict', 'region', 'budget', '2025', 500);
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 700);
	SELECT steering.set_carry_rule('ict', NULL, true, true, true, 10);
	SELECT steering.set_explanation('2025', 'ict', 'region', 'cause', 'consequence', 'action', true, 'document');
	INSERT INTO finance.invoice_line (product, municipality, invoice_date, net_amount, status) VALUES
		('ict.desk', 'north', '2025-05-05', 480, 'approved'), ('ict.desk', 'north', '2026-05-05', 1, 'approved'), ('hr.pay', 'north', '2999-05-05', 200, 'approved');
	SELECT steering.carry_forward('2025', 'year end');
	} . amend('1', 'ict', 10, 1010) . '; SELECT steering.transfer(' . cap('ict') . ', ' . cap('hr') . ", 60, 'shift')");
$node->safe_psql('origin', q{
	SELECT steering.set_cost_behaviour('ict', '2999', 0.6, 24);
	SELECT steering.set_indicator('fines', 'ict', 'Fines', 'fine', 'lower', 'outcome');
	SELECT steering.set_scorecard_indicator('fines', is_authority => true);
	SELECT steering.set_allocation_key('even', 'Even', 'fixed');
	SELECT steering.set_key_weight('even', 1, '2999', 'north'), steering.set_key_weight('even', 2, '2999', 'south');
	SELECT steering.set_start_up('centre', 'Service centre', 100, 'even', '2999-01-01');
	SELECT steering.set_saving('apps', 'ict', 'region', '2999', 70, true, 'head', 'centre');
	SELECT steering.record_saving('apps', 'allocate', 40, '2999-01-01', 'budget');
	SELECT steering.record_saving('apps', 'realise', 30, '2999-06-01', 'less', (SELECT cap_id FROM steering.cap_status WHERE service = 'ict' AND valid_from = '2999-01-01'));
	SELECT steering.record_saving('apps', 'postpone', 10, '2999-06-01', 'later', 0, '3000');
	SELECT steering.repay_start_up('centre', 20, '2999-07-01', 'first');
	SELECT steering.set_case_line('centre', 'all', 2999, 0, 100), steering.set_case_line('centre', 'all', 3000, 70, 0), steering.set_case_line('centre', 'all', 3001, 70, 0)});

# In a prepared transaction the caps stay locked, and the amendment comes with it.
$node->safe_psql('origin', 'BEGIN; ' . amend('2', 'hr', -160, 200) . q{; PREPARE TRANSACTION 'amended'});
my ($status, $out, $error) = $node->psql('origin', q{SET lock_timeout = '200ms'; } . book('hr.pay', 'north', 1, '2999-05-05'));
like($error, qr/lock timeout/, 'prepared: bookings on an amended cap wait');
$node->safe_psql('origin', q{COMMIT PREPARED 'amended'});
is($node->safe_psql('origin', q{SELECT trim_scale(amended), trim_scale(amendments), trim_scale(transfers) FROM steering.budget_status WHERE service = 'hr'}),
	'200|-160|60', 'prepared: it is amended');

adds_up('origin');
my %expected = map { $_ => $node->safe_psql('origin', $content{$_}) } keys %content;
isnt($expected{$_}, '', "origin: there is $_") foreach sort keys %content;
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'origin' ], 'pg_dump');
foreach my $run ([ 'whole' ], [ 'parallel', '--jobs', '3' ])
{
	my ($database, @arguments) = @$run;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $database, @arguments, $dump ], "$database: pg_restore");
	is($node->safe_psql($database, $content{$_}), $expected{$_}, "$database: same $_") foreach sort keys %content;
	is_verified($node, $database, $database);
	is_refused($node, amend('2', 'ict', 1, 911), '23505', "$database: the number is taken", $database);
	is_booked($node, amend('3', 'ict', 90, 1000), "$database: the next amendment", $database);
	is_refused($node, "SELECT steering.repay_start_up('centre', 10.01, '2999-08-01', 'too much')", '55000', "$database: not more than was saved", $database);
	is_booked($node, "SELECT steering.repay_start_up('centre', 10, '2999-08-01', 'second')", "$database: the next repayment", $database);
	is_booked($node, "SELECT steering.record_saving('apps', 'allocate', 20, '2999-08-01', 'the rest')", "$database: the rest is allocated", $database);
	is($node->safe_psql($database, "SELECT amendment FROM steering.saving_event WHERE saving = 'apps' AND position = 4"), 'saving apps/4', "$database: by an amendment");
	is_booked($node, "SELECT steering.record_saving('apps', 'postpone', -10, '2999-08-01', 'not later', 0, '3000')", "$database: what was postponed is taken back", $database);
	is_booked($node, "SELECT steering.set_saving('next', 'ict', NULL, '2999', 1, false, 'x')", "$database: the next saving", $database);
	is_refused($node, q{SELECT steering.carry_forward('2025', 'again')}, '55000', "$database: carried once", $database);
	is_booked($node, q{SELECT steering.carry_forward('2026', 'year end')}, "$database: carried on", $database);
	adds_up($database);
}

# A database of an earlier version.
$node->safe_psql('postgres', 'CREATE DATABASE older');
$node->safe_psql('older', q{CREATE EXTENSION sp71_steering VERSION '0.4.0';
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
	SELECT steering.set_cap('ict', 'north', 'budget', '2999', 10);
	SELECT steering.set_cap('ict', 'north', 'budget', '2999', 15, reason => 'more');
	SELECT steering.set_cap('ict', 'north', 'budget', '2999', 15, '90% notify, 100% block');
	ALTER EXTENSION sp71_steering UPDATE;});
$node->safe_psql('older', amend('1', 'ict', -5, 10));
is($node->safe_psql('older', 'SELECT kind, trim_scale(mutation), trim_scale(amount) FROM steering.budget_history ORDER BY event_id'),
	"primitive|10|10\nrevision|5|15\npolicy|-5|10", 'older: its history goes on');
adds_up('older');

$node->stop;
done_testing();
