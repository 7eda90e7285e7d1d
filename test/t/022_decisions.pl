# Decisions are the same after a dump and restore, also where roles are missing, in a prepared transaction, and on a standby;
# a database of an earlier version gets them with the update.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $node = start_node('decisions', init => [ allows_streaming => 1 ], settings => 'max_prepared_transactions = 2');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/origin.dump';
my @roles = qw(college director manager clerk);

my %content = (
	'authority' => 'SELECT * FROM steering.authority',
	'body' => 'SELECT * FROM steering.body_vote($$board$$, current_date) ORDER BY 1',
	'decisions' => 'SELECT * FROM steering.decision ORDER BY id',
	'proposals' => 'SELECT * FROM steering.proposal',
	'rules' => 'SELECT * FROM steering.rule ORDER BY rule_id',
	'signatures' => 'SELECT * FROM steering.signature ORDER BY decision, at',
	'log' => 'SELECT * FROM steering.decision_log ORDER BY position',
	'head' => 'SELECT steering.log_head()');

# Runs a statement as somebody who has logged in.
sub as
{
	my ($role, $statement) = @_;

	return "SET SESSION AUTHORIZATION $role; $statement; RESET SESSION AUTHORIZATION;";
}

sub propose
{
	my ($amount) = @_;

	return "SELECT steering.propose('set_cap', jsonb_build_object('service', 'ict', 'participant', 'north', 'metric', 'budget',"
	  . " 'during', '2026', 'amount', $amount), 'growth')";
}

$node->safe_psql('postgres', 'CREATE DATABASE origin; ' . join ' ', map { "CREATE ROLE $_;" } @roles);
create_registers($node, 'origin');
$node->safe_psql(
	'origin', q{
	GRANT EXECUTE ON FUNCTION steering.set_cap, steering.propose, steering.sign TO college, director, manager, clerk;
	BEGIN;
	SELECT steering.set_body('board', 'Board');
	SELECT steering.set_body_member('board', 'north', 'college', '(,)');
	SELECT steering.set_body_member('board', 'south', 'director', '(,)');
	SELECT steering.set_rule(ARRAY['set_cap'], 'mandate', amounts => '[0,100)');
	SELECT steering.set_rule(ARRAY['set_cap'], 'dual', amounts => '[100,)');
	SELECT steering.set_rule(ARRAY['drop_cap'], 'vote', body => 'board', majority => '2/3');
	SELECT steering.set_rule(ARRAY['set_service', 'set_participant'], 'vote', body => 'board');
	COMMIT;
	SELECT steering.set_mandate('college', ARRAY['set_cap'], NULL, NULL, '(,)', 'infinity', may_submandate => true);
	SELECT steering.set_mandate('director', ARRAY['set_cap'], NULL, NULL, '(,)', 1000, parent => 1);
	SELECT steering.set_mandate('manager', ARRAY['set_cap'], 'ict', NULL, '(,)', 500, parent => 1);
	SELECT steering.set_deputy('director', 'clerk', '(,)');
	} . as('manager', q{SELECT steering.set_cap('ict', 'north', 'budget', '2026', 99)})
	  . as('manager', propose(300)) . as('director', 'SELECT steering.sign(decision, $$approve$$) FROM steering.proposal')
	  . as('manager', propose(400)));
is($node->safe_psql('origin', q{SELECT string_agg(state, ',' ORDER BY id) FROM steering.decision WHERE act = 'set_cap'}),
	'executed,executed,open', 'origin: one done at once, one signed, one open');
is($node->safe_psql('origin', 'SELECT count(*) FROM steering.verify_log()'), '0', 'origin: the log is whole');

# Who has logged in is nobody else: not by SET SESSION AUTHORIZATION, and not by a role of his that holds a mandate.
$node->safe_psql('postgres', 'CREATE ROLE outsider LOGIN; GRANT manager TO outsider');
foreach my $way ('SET SESSION AUTHORIZATION manager', 'SET ROLE manager')
{
	my ($status, $out, $error) = $node->psql('origin', qq{$way; SELECT steering.set_cap('ict', 'north', 'budget', '2026', 100)},
		extra_params => [ '-U', 'outsider' ], on_error_stop => 1);

	like($error, qr/permission denied to set session authorization|role "outsider" may not decide/, "origin: $way makes nobody another");
}
$node->safe_psql('postgres', 'DROP ROLE outsider');

# In a prepared transaction the head is held, and the act takes effect with it.
$node->safe_psql('origin', 'BEGIN;' . as('manager', q{SELECT steering.set_cap('ict', 'west', 'budget', '2026', 50)}) . q{PREPARE TRANSACTION 'decided'});
my ($status, $out, $error) = $node->psql('origin',
	q{SET lock_timeout = '200ms';} . as('manager', q{SELECT steering.set_cap('ict', 'north', 'budget', '2026', 301)}));
like($error, qr/lock timeout/, 'prepared: other decisions wait');
$node->safe_psql('origin', q{COMMIT PREPARED 'decided'});
is($node->safe_psql('origin', q{SELECT count(*) FROM steering.decision WHERE participant = 'west'}), '1', 'prepared: it is decided');
is($node->safe_psql('origin', 'SELECT count(*) FROM steering.verify_log()'), '0', 'prepared: the log is whole');

# A standby verifies the log.
my $standby = PostgreSQL::Test::Cluster->new('standby');
$node->backup('base');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->safe_psql('origin', as('manager', q{SELECT steering.set_cap('ict', 'west', 'budget', '2026', 60)}));
$node->wait_for_catchup($standby, 'replay', $node->lsn('flush'));
is($standby->safe_psql('origin', $content{$_}), $node->safe_psql('origin', $content{$_}), "standby: same $_") foreach sort keys %content;
is($standby->safe_psql('origin', 'SELECT count(*) FROM steering.verify_log((SELECT steering.log_head()))'), '0', 'standby: the log is whole');
is($standby->safe_psql('origin', q{SELECT count(*) FROM steering.who_may('set_cap', 'ict', 'north', 300)}), '3', 'standby: who may');
$standby->stop;

# A table that was proposed to be attached, under a name that it has for this purpose.
$node->safe_psql('origin', q{CREATE TABLE proposed (service text, participant text, booked_on date, amount numeric);
	ALTER TABLE proposed OWNER TO manager;
	GRANT EXECUTE ON FUNCTION steering.attach TO manager;
	SELECT steering.set_rule(ARRAY['attach'], 'mandate');
	SELECT steering.set_mandate('manager', ARRAY['attach'], NULL, NULL, '(,)', 0);}
	. as('manager', q{SELECT steering.propose('attach', '{"relation": "public.proposed", "service": "service", "participant": "participant",
		"booked_on": "booked_on", "amount": "amount"}', 'x')}));
my $attach = as('manager', q{SELECT steering.sign(decision, 'approve') FROM steering.proposal WHERE act = 'attach'});

# Dump and restore: nothing is asked, judged, logged or done anew.
my %expected = map { $_ => $node->safe_psql('origin', $content{$_}) } keys %content;
isnt($expected{$_}, '', "origin: there is $_") foreach sort keys %content;
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'origin' ], 'pg_dump');
foreach my $run ([ 'whole' ], [ 'parallel', '--jobs', '3' ], [ 'single', '--single-transaction' ])
{
	my ($database, @arguments) = @$run;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $database, @arguments, $dump ], "$database: pg_restore");
	is($node->safe_psql($database, $content{$_}), $expected{$_}, "$database: same $_") foreach sort keys %content;
	is($node->safe_psql($database, 'SELECT count(*) FROM steering.verify_log()'), '0', "$database: the log is whole");
	is_refused($node, as('clerk', q{SELECT steering.set_cap('hr', 'west', 'budget', '2026', 5000)}), '23S75', "$database: the rules hold", $database);
	is($node->safe_psql($database, as('director', 'SELECT steering.sign(decision, $$approve$$) FROM steering.proposal')),
		'executed', "$database: what was open is signed and done");
	is($node->safe_psql($database, q{SELECT trim_scale(amount) FROM steering.cap_status WHERE participant = 'north'}), '400', "$database: as it was proposed");
	is($node->safe_psql($database, $attach), 'executed', "$database: the table that was proposed is attached");
	is($node->safe_psql($database, 'SELECT count(*) FROM steering.verify_log()'), '0', "$database: the log goes on");
}

# As plain SQL, and where the roles are missing.
my $sql = PostgreSQL::Test::Utils::tempdir() . '/origin.sql';
$node->command_ok([ 'pg_dump', '--no-privileges', '-f', $sql, 'origin' ], 'pg_dump as SQL');
$node->safe_psql($_, 'DROP OWNED BY director') foreach qw(origin whole parallel single);
$node->safe_psql('postgres', 'DROP ROLE director; CREATE DATABASE missing');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('missing'), '-f', $sql ], 'missing: restored');
is($node->safe_psql('missing', $content{$_}), $expected{$_}, "missing: same $_") foreach qw(decisions log head rules);
is($node->safe_psql('missing', 'SELECT count(*) FROM steering.verify_log()'), '0', 'missing: the log is whole');
is($node->safe_psql('missing', q{SELECT string_agg(DISTINCT subject, ', ' ORDER BY subject) FROM steering.health() WHERE problem = 'role missing'}),
	'body "board", deputy of director, mandate 2', 'missing: health() names whose role is gone');
is($node->safe_psql('missing', q{SELECT string_agg(functionary, ',' ORDER BY functionary) FROM steering.proposal WHERE act <> 'attach'}), 'college', 'missing: who is gone signs nothing');
$node->safe_psql('missing', 'GRANT EXECUTE ON FUNCTION steering.sign TO college, manager');
is($node->safe_psql('missing', as('college', 'SELECT steering.sign(decision, $$approve$$) FROM steering.proposal')), 'executed', 'missing: who is there does');

$node->safe_psql('missing', 'ALTER TABLE proposed RENAME TO before; CREATE TABLE proposed (LIKE before); ALTER TABLE proposed OWNER TO manager');
($status, $out, $error) = $node->psql('missing', $attach);
like($error, qr/table "public\.proposed" is not the one that decision \d+ was proposed for/, 'missing: another table that has its name is not');

# From 0.3.0.
$node->safe_psql('postgres', 'CREATE DATABASE older');
$node->safe_psql('older', q{CREATE EXTENSION sp71_steering VERSION '0.3.0';
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
	SELECT steering.set_cap('ict', 'north', 'budget', '2026', 10);
	ALTER EXTENSION sp71_steering UPDATE;
	SELECT steering.set_rule(ARRAY['set_cap'], 'mandate');
	GRANT EXECUTE ON FUNCTION steering.set_cap TO clerk;});
is_refused($node, as('clerk', q{SELECT steering.set_cap('ict', 'north', 'budget', '2026', 20)}), '23S75', 'updated: acts are asked about', 'older');
is($node->safe_psql('older', 'SELECT count(*) FROM steering.decision'), '1', 'updated: what was before is no decision');

# From 0.4.0: the library serves its log, and the rows of both recipes make one chain.
$node->safe_psql('postgres', 'CREATE DATABASE former');
$node->safe_psql('former', q{CREATE EXTENSION sp71_steering VERSION '0.4.0';
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
	SELECT steering.set_rule(ARRAY['set_cap'], 'mandate');
	SELECT steering.set_cap('ict', 'north', 'budget', '2026', 10);});
# Its objects take signatures, too: two for a reserve, and votes that are a tie or against.
$node->safe_psql('former', q{
	INSERT INTO steering.participant (code, name) VALUES ('south', 'South');
	BEGIN;
	SELECT steering.set_body('board', 'Board', tie => 'chair', chair => 'clerk');
	SELECT steering.set_body_member('board', 'north', 'college', '(,)');
	SELECT steering.set_body_member('board', 'south', 'manager', '(,)');
	SELECT steering.set_rule(ARRAY['book_reserve'], 'dual');
	SELECT steering.set_rule(ARRAY['set_risk'], 'vote', body => 'board');
	COMMIT;
	SELECT steering.set_mandate('college', ARRAY['book_reserve'], NULL, NULL, '(,)', 100);
	SELECT steering.set_mandate('manager', ARRAY['book_reserve'], NULL, NULL, '(,)', 100);
	GRANT EXECUTE ON FUNCTION steering.book_reserve, steering.set_risk, steering.propose, steering.sign TO college, manager, clerk;}
	. as('manager', q{SELECT steering.propose('book_reserve', '{"booked_on": "2026-01-01", "amount": 5, "reason": "x"}', 'x')})
	. as('college', q{SELECT steering.sign(decision, 'approve') FROM steering.proposal WHERE act = 'book_reserve'})
	. as('manager', q{SELECT steering.propose('set_risk', '{"code": "r", "name": "R", "probability": 0.5, "low": 1, "likely": 2, "high": 3}', 'x')})
	. as('college', q{SELECT steering.sign(decision, 'for', 'north') FROM steering.proposal WHERE functionary = 'college'})
	. as('manager', q{SELECT steering.sign(decision, 'against', 'south') FROM steering.proposal WHERE functionary = 'manager'})
	. as('college', q{SELECT steering.sign(decision, 'against', 'north') FROM steering.proposal WHERE functionary = 'college'})
	. as('manager', q{SELECT steering.sign(decision, 'against', 'south') FROM steering.proposal WHERE functionary = 'manager'}));
is($node->safe_psql('former', q{SELECT string_agg(concat_ws(' ', act, state), ', ' ORDER BY id) FROM steering.decision WHERE act IN ('book_reserve', 'set_risk')}),
	'book_reserve executed, set_risk rejected', 'former: signed and voted');
my $head = $node->safe_psql('former', 'SELECT steering.log_head()');
is($node->safe_psql('former', 'SELECT count(*) FROM steering.verify_log()'), '0', 'former: the log is whole');
$node->safe_psql('former', q{SELECT steering.set_cap('ict', 'north', 'budget', '2026', 20);
	ALTER EXTENSION sp71_steering UPDATE;
	SELECT steering.set_cap('ict', 'north', 'budget', '2026', 30);});
is($node->safe_psql('former', q{SELECT concat_ws(' ', count(*) FILTER (WHERE recipe = 1) > 5, string_agg(recipe::text, ',' ORDER BY position) FILTER (WHERE recipe > 1)) FROM steering.decision_log}),
	't 2', 'former: recipes');
is($node->safe_psql('former', qq{SELECT count(*) FROM steering.verify_log('$head')}), '0', 'former: the log goes on');
$node->safe_psql('former', 'UPDATE steering.decision_record SET amount = 1 WHERE decision_id = 2');
like($node->safe_psql('former', 'SELECT problem FROM steering.verify_log()'), qr/decision 2 says something else of amount/, 'former: a change is seen');

# Midnight, which is put less than 75 seconds ahead: what is weighed before it, and done after a wait, is weighed by the rules and mandates
# of the day on which it is done. Of two acts of one functionary the second waits for the first. And a trigger waits in what is
# signed: when it is done, not when it is tried.
$node->safe_psql('postgres', 'CREATE DATABASE midnight');
$node->safe_psql('midnight', q{CREATE EXTENSION sp71_steering;
	INSERT INTO steering.participant (code, name) VALUES ('north', 'North');
	INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
	SELECT steering.set_cap('ict', 'north', 'budget', '2026', 100);
	CREATE SEQUENCE done;
	GRANT EXECUTE ON FUNCTION steering.book_reserve, steering.set_cap, steering.propose, steering.sign TO college, manager, clerk});
# At the beginning of a minute: no zone has seconds.
$node->append_conf('postgresql.conf', $node->safe_psql('postgres', q{
	SELECT format('log_timezone = ''<near>-%s:%s''', m / 60, m % 60)
	FROM (SELECT (2 * 1440 - ceil((extract(epoch FROM now() AT TIME ZONE 'UTC')::bigint % 86400 + 15) / 60.0)::integer) % 1440 AS m) AS ahead}));
$node->reload;
$node->poll_query_until('midnight', q{SELECT current_setting('log_timezone') ILIKE '<near>%'}) or die 'the zone is not set';
my $day = $node->safe_psql('midnight', 'SELECT steering.decision_day()');
$node->safe_psql('midnight', qq{
	CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN
		IF nextval(''public.done'') = 2 THEN
			WHILE steering.decision_day() = ''$day'' LOOP PERFORM pg_sleep(0.1); END LOOP;
		END IF;
		RETURN NULL;
	END';
	BEGIN;
	SELECT steering.set_rule(ARRAY['set_cap'], 'dual');
	SELECT steering.set_rule(ARRAY['book_reserve'], 'mandate', during => '(,$day]');
	SELECT steering.set_rule(ARRAY['book_reserve'], 'dual', during => '($day,)');
	COMMIT;
	SELECT steering.set_cap('ict', 'north', 'budget', '[2000-01-01,$day]', 50);
	SELECT steering.set_mandate('clerk', ARRAY['book_reserve'], NULL, NULL, '(,)', 1000);
	SELECT steering.set_mandate(name, ARRAY['set_cap'], NULL, NULL, '(,$day]', 1000) FROM unnest('{college,manager}'::text[]) AS name;}
	. as('college', propose(300)) . q{CREATE TRIGGER wait AFTER UPDATE ON steering.cap FOR EACH ROW WHEN (new.cap_id = 1) EXECUTE FUNCTION wait()});
my ($first, $second, $signer, $holder, $amender) = map { open_session($node, 'midnight') } 1 .. 5;
my $cap = $node->safe_psql('midnight', 'SELECT max(cap_id) FROM steering.cap');
my $reserve = q{SELECT steering.book_reserve('2026-01-01', 1, 'x') > 0};
is((run_in($first, "SET SESSION AUTHORIZATION clerk; BEGIN; $reserve"))[1], '', 'midnight: done before');
start_in($second, "SET SESSION AUTHORIZATION clerk; $reserve");
run_in($holder, "BEGIN; SELECT steering.set_cap('ict', 'north', 'budget', '[2000-01-01,$day]', 60)");
start_in($amender, "SELECT steering.amend_by('[2000-01-01,$day]', 'late', $cap, 1, 'x', NULL)");
start_in($signer, q{SET SESSION AUTHORIZATION manager; SELECT steering.sign(decision, 'approve') FROM steering.proposal});
$node->poll_query_until('midnight', q{SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'book_reserve|amend_by'})
  or die 'they do not wait';
is($node->safe_psql('midnight', 'SELECT steering.decision_day()'), $day, 'midnight: waiting before');
$node->poll_query_until('midnight', "SELECT steering.decision_day() > '$day'");
run_in($_, 'COMMIT') foreach $first, $holder;
like((finish_in($second))[1], qr/ERROR:  23S75/, 'midnight: by a rule that is over nothing is done');
like((finish_in($amender))[1], qr/ERROR:  55000/, 'midnight: a period that is over is not amended');
like((finish_in($signer))[1], qr/ERROR:  40001/, 'midnight: by mandates that are over nothing is done');
is($node->safe_psql('midnight', 'SELECT last_value FROM done'), '2', 'midnight: it was tried, and begun');
close_session($_) foreach $first, $second, $signer, $holder, $amender;

done_testing();
