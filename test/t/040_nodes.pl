# A coordinator and its nodes: what acts change reaches all nodes in order, and what was rolled back none; acts are refused on
# nodes; a node that was away catches up; a dump has what is needed to go on. Two servers, and a database more.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

my $head = start_node('head');
my $east = start_node('east');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/nodes.dump';

# What bookings need, as a node has it.
my $told = q{SELECT steering.change_body(true) - 'closings' #- '{closings}' ||
	jsonb_build_object('closings', (SELECT jsonb_agg(to_jsonb(c) - '{bookings,amount,volume,committed_bookings,committed_amount,committed_volume}'::text[] ORDER BY closing_id) FROM steering.closing AS c))};
$told = "SELECT regexp_replace(told::text, '\"revision\": [0-9]+', '', 'g') FROM ($told) AS t (told)";

sub is_told
{
	my ($name) = @_;

	is($east->safe_psql('postgres', $told), $head->safe_psql('postgres', $told), "$name: the node has what the coordinator has");
}

sub said
{
	my ($node, $sql) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres', $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);

	return $stderr;
}

sub numbers
{
	return $head->safe_psql('postgres', 'SELECT string_agg(number::text, $$ $$ ORDER BY number) FROM steering.outbox');
}

create_registers($head);
$east->safe_psql('postgres', 'CREATE EXTENSION sp71_steering');
like(said($head, q{SELECT steering.scale_out('a=b')}), qr/ERROR/, 'dblink is needed');
$_->safe_psql('postgres', 'CREATE EXTENSION dblink') foreach $head, $east;
$head->safe_psql('postgres', q{
	SELECT steering.set_cap('ict', 'region', 'budget', '2026', 1000, '80% warn, 100% block');
	SELECT steering.set_cap('hr', 'region', 'budget', '2026', 500);
	SELECT steering.drop_cap(2);
	SELECT steering.set_cap('hr', 'region', 'budget', '2026', 600);
	INSERT INTO steering.alias (kind, value, code) VALUES ('participant', '0001', 'north')});

# Not scaled out nothing is written.
is($head->safe_psql('postgres', 'SELECT count(*) FROM steering.untold_change'), '0', 'not scaled out: nothing is noted');
like(said($head, 'SELECT steering.scale_in()'), qr/55000.*no coordinator/, 'scale_in() needs a coordinator');
like(said($head, q{SELECT steering.scale_out('host=a password=b')}), qr/22023.*must not have a password/, 'no password');
like(said($head, q{SELECT steering.scale_out('postgresql://me:secret@a/b')}), qr/22023.*must not be an address/, 'no address');
like(said($head, q{SELECT steering.scale_out(NULL)}), qr/22004/, 'a connection is needed');
like(said($head, q{SELECT steering.scale_out(' ')}), qr/22023.*must not be empty/, 'that is not empty');

$head->safe_psql('postgres', sprintf 'SELECT steering.scale_out($$%s$$)', $head->connstr('postgres'));
like(said($head, q{SELECT steering.scale_out('host=a')}), qr/55000.*already/, 'scale_out() once');
is($head->safe_psql('postgres', 'SELECT node_id, applied FROM steering.this_node'), '0|0', 'the coordinator is node 0');
is($head->safe_psql('postgres', 'SELECT cap_id, spans FROM steering.cap ORDER BY 1'), "1|t\n3|t", 'its caps span nodes');
is($head->safe_psql('postgres', 'SELECT * FROM steering.lent ORDER BY 1'), "1|0|\n3|0|", 'and are lent out');

# A transaction is one row, with what all of it comes to.
$head->safe_psql('postgres', q{BEGIN;
	INSERT INTO steering.participant (code, parent, name) VALUES ('farm', 'village', 'Farm'), ('village', 'region', 'Village');
	SAVEPOINT one;
	DELETE FROM steering.participant WHERE code = 'west';
	ROLLBACK TO one;
	UPDATE steering.participant SET name = 'Town' WHERE code = 'south';
	COMMIT});
$head->safe_psql('postgres', q{BEGIN; SELECT steering.set_cap('hr', 'north', 'volume', '2026', 5); ROLLBACK});
is(numbers(), '1', 'what was rolled back is not told');
is($head->safe_psql('postgres', q{SELECT jsonb_path_query_array(body, '$.participants[*].code') FROM steering.outbox}), '["south", "farm", "village"]',
	'a transaction is told as a whole');
is($head->safe_psql('postgres', 'SELECT count(*) FROM steering.untold_change'), '0', 'no note is left');

# Joining.
my $add = sprintf 'SELECT steering.add_node($$east$$, $$%s$$)', $east->connstr('postgres');

$east->safe_psql('postgres', q{INSERT INTO steering.participant (code, name) VALUES ('own', 'Own')});
like(said($head, $add), qr/55000.*entries of registers or caps of its own: The coordinator does not have participant own\./s, 'a database with registers of its own cannot join');
is($head->safe_psql('postgres', 'SELECT count(*) FROM steering.node'), '1', 'it is no node');
$east->safe_psql('postgres', q{DELETE FROM steering.participant});
like(said($east, q{SELECT steering.join_node(1, 'east', 'a=b', 'coordinator', 'c=d', '0.6.9', 1, '{}')}), qr/55000.*version/, 'nor one of another version');
like(said($head, q{SELECT steering.add_node('far', 'host=/nowhere dbname=postgres')}), qr/ERROR:  08001: node "far": /, 'nor one that is not there');
like(said($head, q{SELECT steering.add_node('coordinator', 'host=/nowhere')}), qr/42710/, 'a name is of one node');
is($head->safe_psql('postgres', $add), '3', 'added, with a number that none was given before');
is_told('joined');
is($east->safe_psql('postgres', 'SELECT node_id, applied FROM steering.this_node'), '3|1', 'it knows its number');
is($east->safe_psql('postgres', 'SELECT bool_and(spans), count(*) FROM steering.cap'), 't|2', 'its caps span nodes');
is($head->safe_psql('postgres', 'SELECT cap_id, node_id, ceiling FROM steering.lent WHERE node_id = 3 ORDER BY 1'), "1|3|\n3|3|", 'what it uses is not known');
$head->safe_psql('postgres', 'DELETE FROM steering.node WHERE node_id = 3; DELETE FROM steering.lent WHERE node_id = 3');
$head->safe_psql('postgres', q{SELECT steering.drop_cap(3); SELECT steering.set_cap('hr', 'region', 'budget', '2026', 600); SELECT steering.set_participant('x', 'X'); SELECT steering.drop_participant('x')});
is($head->safe_psql('postgres', $add), '4', 'added again, as after a crash of the coordinator');
is_told('joined twice');
is($east->safe_psql('postgres', 'SELECT count(*) FROM steering.verify()'), '0', 'counters are there');
like(said($east, $add), qr/55000.*no coordinator/, 'a node has no nodes');
like(said($head, sprintf 'SELECT steering.add_node($$again$$, $$%s application_name=again$$)', $east->connstr('postgres')),
	qr/42710: the database is node "east" already\n.*HINT: /s, 'a node has one name');
my $itself = said($head, sprintf 'SELECT steering.add_node($$again$$, $$%s application_name=again$$)', $head->connstr('postgres'));
like($itself, qr/42710: the database is node "coordinator" already\n/, 'nor is the coordinator a node by another');
unlike($itself, qr/HINT/, 'which is not to be dropped');
$east->safe_psql('postgres', q{CREATE DATABASE older});
$east->safe_psql('older', q{CREATE EXTENSION sp71_steering VERSION '0.6.0'});
my $older = said($head, sprintf 'SELECT steering.add_node($$older$$, $$%s$$)', $east->connstr('older'));
like($older, qr/node "older": sp71_steering is of an older version there, and is to be upgraded: /, 'a database without nodes is to be upgraded');
unlike($older, qr/HINT/, 'and needs no type casts');
$east->safe_psql('postgres', q{DROP DATABASE older WITH (FORCE)});
is($east->safe_psql('postgres', 'SELECT node_id FROM steering.this_node'), '4', 'and keeps its number');
like(said($head, q{BEGIN; DELETE FROM steering.node WHERE node_id = 0; SELECT steering.add_node('far', 'host=/nowhere')}), qr/55000.*does not know itself/, 'the coordinator has to be among the nodes');
like(said($east, q{SELECT steering.scale_out('a=b')}), qr/55000.*node 4/, 'and is not scaled out');
like(said($head, q{SELECT steering.scale_in()}), qr/55000.*other nodes/, 'nor is in, who has nodes');
is($head->safe_psql('postgres', 'SELECT node_id, name, applied = (SELECT max(number) FROM steering.outbox), behind, is_reachable, problem FROM steering.node_status ORDER BY 1'),
	"0|coordinator|t|0|t|\n4|east|t|0|t|", 'node_status');
is($head->safe_psql('postgres', q{SET citus.node_conninfo = 'service=nowhere'; SELECT count(*) FROM steering.node_status WHERE problem IS NULL}), '2',
	'without Citus what somebody sets by the name of its setting is nothing');
create_source($east);

# Acts are the coordinator's.
foreach my $act (q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 5)}, q{SELECT steering.set_participant('x', 'X')},
	q{UPDATE steering.participant SET name = 'N' WHERE code = 'north'}, q{DELETE FROM steering.service WHERE code = 'hr.pay'},
	q{SELECT steering.drop_cap(1)}, q{SELECT steering.close_period('2025')}, q{SELECT steering.set_alias('participant', 'x', 'north')},
	q{SELECT steering.set_indicator('i', 'ict', 'I', 'higher')}, q{TRUNCATE steering.cap}, q{SELECT steering.set_rule(ARRAY['set_cap'], 'mandate')})
{
	unlike(said($east, $act), qr/^$/, "refused on a node: $act");
}
like(said($east, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 5)}),
	qr/55000: this database is node 4: table "cap" is changed on the coordinator\n.*HINT: /s, 'with what to do');
is_told('after acts that were refused');
foreach my $care ('SELECT * FROM steering.repair()', 'SELECT steering.compact()', 'SELECT * FROM steering.verify()', 'SELECT * FROM steering.health()')
{
	is(said($east, $care), '', "allowed on a node: $care");
}
$east->safe_psql('postgres', q{SELECT steering.detach('finance.invoice_line'); DROP SCHEMA finance CASCADE});
create_source($east);

# The harness carries rows of the outbox when the coordinator commits; to a node that is away none.
$head->safe_psql('postgres', sprintf q{
	CREATE TABLE public.away (node text);
	CREATE FUNCTION public.carry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $carry$
	BEGIN
		IF NOT EXISTS (SELECT FROM public.away) THEN
			PERFORM public.dblink_exec($$%s$$, format('INSERT INTO steering.outbox VALUES (%%s, %%L)', NEW.number, NEW.body));
		END IF;
		RETURN NULL;
	END $carry$;
	CREATE CONSTRAINT TRIGGER carry AFTER INSERT ON steering.outbox DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.carry()},
	$east->connstr('postgres'));
my @acts = (
	q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 900)},
	q{SELECT steering.set_cap('ict', 'north', 'volume', '2026', 20)},
	q{SELECT steering.drop_cap(cap_id) FROM steering.cap_status WHERE service = 'hr'},
	q{SELECT steering.spread_cap(1)},
	q{SELECT steering.set_participant('hamlet', 'Hamlet', 'farm'); SELECT steering.set_service('ict.web', 'Web', 'ict')},
	q{BEGIN; INSERT INTO steering.participant (code, name) VALUES ('new', 'New'); UPDATE steering.alias SET code = 'new'; UPDATE steering.participant SET parent = 'new' WHERE code = 'hamlet';
		DELETE FROM steering.participant WHERE code = 'farm'; COMMIT},
	q{BEGIN; DELETE FROM steering.service WHERE code = 'ict.web'; INSERT INTO steering.service (code, parent, name) VALUES ('ict.web', 'ict', 'Web again'); COMMIT},
	q{UPDATE steering.participant SET parent = 'north' WHERE code IN ('new', 'village')},
	q{SELECT steering.close_period('2025-01')},
	q{SELECT steering.close_period('2025-02')},
	q{BEGIN; SELECT steering.reopen_period('2025-02', 'again'); SELECT steering.close_period('2025-02'); COMMIT},
	q{SELECT steering.drop_alias(1)},
	q{SELECT steering.set_cap('hr', 'region', 'budget', '2026', 10)},
	q{SELECT steering.transfer((SELECT cap_id FROM steering.cap_status WHERE service = 'hr'), 1, 3, 'moved')},
);
foreach my $act (@acts)
{
	my $errors = said($head, $act);

	unlike($errors, qr/ERROR/, "told: $act") or diag($errors);
}
is_told('after all acts');
is($head->safe_psql('postgres', 'SELECT max(number) = count(*) FROM steering.outbox'), 't', 'numbers have no gaps');
is($east->safe_psql('postgres', 'SELECT applied FROM steering.this_node'), $head->safe_psql('postgres', 'SELECT max(number) FROM steering.outbox'), 'all are applied');
is_verified($east, 'after all acts');

# An act that is decided reaches the node when the last has signed, and nothing of it before.
my ($rule) = split /\n/, $head->safe_psql('postgres', q{SELECT steering.set_rule(ARRAY['set_cap'], 'dual', service => 'hr');
	CREATE ROLE proposes LOGIN; CREATE ROLE decides LOGIN; GRANT EXECUTE ON FUNCTION steering.set_cap, steering.propose, steering.sign TO proposes, decides;
	SELECT steering.set_mandate(holder, ARRAY['set_cap'], 'hr', NULL, '(,)', 1000) FROM unnest('{proposes,decides}'::text[]) AS holder});
my $at = $head->safe_psql('postgres', 'SELECT steering.last_change()');
is(said($head, q{SET SESSION AUTHORIZATION proposes; SELECT steering.propose('set_cap', '{"service": "hr", "participant": "region", "metric": "budget", "during": "2026", "amount": 77}', 'growth')}), '',
	'an act is proposed');
is($head->safe_psql('postgres', 'SELECT steering.last_change()'), $at, 'of which no node is told');
is($head->safe_psql('postgres', q{SET SESSION AUTHORIZATION decides; SELECT steering.sign(decision, 'approve') FROM steering.proposal}), 'executed', 'it is signed');
is($east->safe_psql('postgres', q{SELECT trim_scale(amount) FROM steering.cap_status WHERE service = 'hr' AND participant = 'region' AND metric = 'budget'}), '77', 'and done on the node');
is_told('decided');
$head->safe_psql('postgres', "SELECT steering.drop_rule($rule)");

# A node that was away.
$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('ict', 'region', 'budget', '2026', 950);
	SELECT steering.set_cap('ict', 'south', 'budget', '2026', 100); DELETE FROM public.away});
is($head->safe_psql('postgres', q{SELECT behind FROM steering.node_status WHERE name = 'east'}), '2', 'how far it is behind');
is($_->safe_psql('postgres', q{SELECT subject, problem FROM steering.health() WHERE problem ~ 'node'}), 'node "east"' . ($_ == $head ? ' on node "east"' : '') . '|node behind', 'health() says so')
  foreach $head, $east;
like(said($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 960)}), qr/change \d+ of the coordinator cannot be applied before change \d+.*catch_up/s,
	'a node that has missed a change says so');
is($head->safe_psql('postgres', 'SELECT amount FROM steering.cap WHERE cap_id = 1'), '950.00', 'and nothing is done');
like(said($east, book('ict.desk', 'north', 1)), qr/40001.*not applied all changes.*catch_up/s, 'it does not book by old limits');
is($east->safe_psql('postgres', 'SELECT steering.catch_up()'), $head->safe_psql('postgres', 'SELECT max(number) FROM steering.outbox'), 'it catches up');
is_told('caught up');
is($east->safe_psql('postgres', 'SELECT steering.catch_up()'), $head->safe_psql('postgres', 'SELECT max(number) FROM steering.outbox'), 'and again');
is_booked($east, book('ict.desk', 'north', 10), 'then it books');
like(said($head, 'SELECT steering.catch_up()'), qr/55000/, 'the coordinator has nobody to catch up with');
is_booked($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 960)}, 'acts go on');
is_told('after that');
is($head->safe_psql('postgres', q{SELECT count(*) FROM steering.health() WHERE subject LIKE 'node %'}), '0', 'nothing is wrong');

# A change that is told twice is applied once; one that was not applied, since triggers did not fire, is by catch_up().
$east->safe_psql('postgres', q{DELETE FROM steering.outbox; INSERT INTO steering.outbox VALUES (1, '{"gone": {"cap": [1]}}')});
is_told('told twice');
$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('ict', 'south', 'budget', '2026', 120); DELETE FROM public.away});
$east->safe_psql('postgres', 'SET session_replication_role = replica; INSERT INTO steering.outbox VALUES '
	. $head->safe_psql('postgres', q{SELECT format('(%s, %L)', number, body) FROM steering.outbox ORDER BY number DESC LIMIT 1}));
is($east->safe_psql('postgres', 'SELECT steering.catch_up()'), $head->safe_psql('postgres', 'SELECT max(number) FROM steering.outbox'), 'a row that stood there is applied');
is_told('that');

# One that comes when others before it are there, but were not applied: as from a copy.
$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('ict', 'south', 'budget', '2026', 125); SELECT steering.set_participant('z', 'Z'); DELETE FROM public.away});
$east->safe_psql('postgres', 'SET session_replication_role = replica; INSERT INTO steering.outbox VALUES '
	. $head->safe_psql('postgres', q{SELECT string_agg(format('(%s, %L)', number, body), ', ' ORDER BY number) FROM (SELECT * FROM steering.outbox ORDER BY number DESC LIMIT 2) AS o}));
is_booked($head, q{SELECT steering.drop_participant('z')}, 'an act after changes that came as a copy');
is_told('all of them');
$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('ict', 'south', 'budget', '2026', 126); DELETE FROM public.away});
$east->safe_psql('postgres', q{CREATE TABLE steering.outbox_102016 (LIKE steering.outbox); CREATE TRIGGER apply AFTER INSERT ON steering.outbox_102016 FOR EACH ROW EXECUTE FUNCTION steering.apply_change(); INSERT INTO steering.outbox_102016 VALUES }
	. $head->safe_psql('postgres', q{SELECT format('(%s, %L)', number, body) FROM steering.outbox ORDER BY number DESC LIMIT 1}) . '; DROP TABLE steering.outbox_102016');
is_told('by a copy with the name of a shard');

$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('ict', 'south', 'budget', '2026', 127); DELETE FROM public.away});
like(said($east, q{SET session_replication_role = replica; SELECT steering.catch_up()}), qr/55000.*session_replication_role/, 'not where triggers do not fire');
is($east->safe_psql('postgres', 'SELECT steering.catch_up()'), $head->safe_psql('postgres', 'SELECT max(number) FROM steering.outbox'), 'but by another session');
is_told('by another session');
my $way = $east->safe_psql('postgres', 'DELETE FROM steering.node WHERE node_id = 0 RETURNING node_id, name, connection');
like(said($east, 'SELECT steering.catch_up()'), qr/55000.*it is not known how to connect to the coordinator.*HINT:.*steering.node/s, 'nor where it is not known where the coordinator is');
$east->safe_psql('postgres', sprintf q{INSERT INTO steering.node VALUES (%d, $n$%s$n$, $c$%s$c$)}, split /\|/, $way, 3);
is($east->safe_psql('postgres', 'SELECT steering.catch_up()'), $head->safe_psql('postgres', 'SELECT max(number) FROM steering.outbox'), 'but when it is told');

# Acts at the same time have numbers of their own, and reach the node in their order.
my @loads = map { my $participant = $_; join '', map { "SELECT steering.set_cap('ict', '$participant', 'budget', '2026', 1${_}00); UPDATE steering.participant SET name = 'at $_' WHERE code = '$participant';" } 1 .. 12 } qw(north south village hamlet);
my @errors;
$_->finish foreach start_load($head, 'postgres', \@errors, @loads);
is(join('', grep { defined } @errors), '', 'acts at the same time');
is($head->safe_psql('postgres', 'SELECT max(number) = count(*) FROM steering.outbox'), 't', 'no gaps after acts at the same time');
is_told('acts at the same time');

# A participant that moves while caps span nodes; entries with bookings on a node stay.
is_booked($head, q{UPDATE steering.participant SET parent = 'south' WHERE code = 'north'}, 'a move');
is_told('moved');
is_verified($east, 'moved');
like(said($head, q{BEGIN; UPDATE steering.service SET name = 'Desk'; DELETE FROM steering.service WHERE code = 'ict.desk'; COMMIT}), qr/23503.*has bookings/s, 'what a node has bookings of stays');
is_told('refused there');

# What a node uses that has not applied a move is not what it will use: nobody is lent room by it.
my $request = q{SELECT coalesce(unanswered, 'answered') FROM steering.request_allotment(1, 0, 0, 1)};
$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); UPDATE steering.participant SET parent = 'region' WHERE code = 'north'; DELETE FROM public.away});
is($head->safe_psql('postgres', $request), 'node "east": it has not applied all changes of the coordinator', 'before a move is applied');
$east->safe_psql('postgres', 'SELECT steering.catch_up()');
is($head->safe_psql('postgres', $request), 'answered', 'and after that');
is_booked($head, q{UPDATE steering.participant SET parent = 'south' WHERE code = 'north'}, 'moved back');

# Who may do what.
$_->safe_psql('postgres', 'CREATE ROLE nobody LOGIN; GRANT EXECUTE ON FUNCTION steering.set_cap TO nobody') foreach $head, $east;
foreach my $try ('SELECT * FROM steering.node', 'SELECT * FROM steering.outbox', q{INSERT INTO steering.outbox VALUES (1000, '{}')}, 'SELECT * FROM steering.this_node',
	'SELECT * FROM steering.untold_change', 'SELECT * FROM steering.node_status', 'SELECT steering.catch_up()', 'SELECT steering.leave_node()', 'SELECT steering.scale_in()',
	q{SELECT steering.scale_out('a=b')}, q{SELECT steering.add_node('a', 'b=c')}, q{SELECT steering.drop_node('east')}, 'SELECT steering.change_body(true)',
	q{SELECT steering.join_node(1, 'a', 'b=c', 'd', 'e=f', '0.7.0', 1, '{}')},
	'CREATE TEMPORARY TABLE outbox (number bigint, body jsonb); CREATE TRIGGER apply AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION steering.apply_change()')
{
	like(said($east, "SET SESSION AUTHORIZATION nobody; $try"), qr/42501/, "not for everybody: $try");
}
like(said($east, q{CREATE TABLE public.outbox (number bigint, body jsonb); CREATE TRIGGER apply AFTER INSERT ON public.outbox FOR EACH ROW EXECUTE FUNCTION steering.apply_change(); INSERT INTO public.outbox VALUES (1, '{}')}),
	qr/39P01/, 'only rows of the outbox are applied');
is(said($head, q{SET SESSION AUTHORIZATION nobody; SET search_path = pg_temp; CREATE TEMPORARY TABLE outbox (number bigint, body jsonb); SELECT steering.set_cap('ict', 'south', 'budget', '2026', 130)}), '',
	'an act of somebody with a table of that name');
is_told('by somebody');
is($head->safe_psql('postgres', q{BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM steering.participant; SELECT steering.set_cap('ict', 'south', 'budget', '2026', 140); SELECT steering.drop_cap(1) WHERE false; COMMIT}) =~ /\d/, 1, 'serializable acts');
is_told('serializable');

# A dump and restore of both.
foreach my $node ($head, $east)
{
	my $state = q{SELECT (SELECT jsonb_agg(to_jsonb(n) ORDER BY n.node_id) FROM steering.node AS n), (SELECT to_jsonb(t) FROM steering.this_node AS t), (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.number) FROM steering.outbox AS o),
		(SELECT jsonb_agg(to_jsonb(c) ORDER BY c.cap_id) FROM steering.cap AS c), (SELECT count(*) FROM steering.untold_change)};
	my $before = $node->safe_psql('postgres', $state);

	command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], $node->name . ' is dumped');
	$node->safe_psql('postgres', 'CREATE DATABASE restored');
	command_ok([ 'pg_restore', '--exit-on-error', '-j', 2, '-d', $node->connstr('restored'), $dump ], 'and restored');
	is($node->safe_psql('restored', $state), $before, 'with all that makes it a node');
	is_verified($node, 'restored', 'restored');
	is($node->safe_psql('restored', 'SELECT (SELECT count(*) FROM steering.lent), (SELECT count(*) FROM steering.allotment)'), '0|0', 'what others may have been lent since is not believed');
	is($node->safe_psql('restored', q{SELECT count(*) FROM pg_trigger WHERE tgrelid = 'steering.outbox'::regclass AND tgname = 'apply_change'}), '1', 'and the trigger of the outbox');
	$node->safe_psql('postgres', 'DROP DATABASE restored');
}

# Changes that all have applied are forgotten by compact(), but for the last; not those that a node needs which is away, nor any
# while one does not answer.
my $away = q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('ict', 'south', 'budget', '2026', %d); DELETE FROM public.away};

sub kept { my ($node, $database) = @_; return $node->safe_psql($database || 'postgres', 'SELECT min(number), count(*) FROM steering.outbox'); }

sub restored
{
	my ($node) = @_;

	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS earlier WITH (FORCE)');
	$node->safe_psql('postgres', 'CREATE DATABASE earlier');
	command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('earlier'), $dump . $node->name ], $node->name . ' is restored to an earlier state');
}

command_ok([ 'pg_dump', '-Fc', '-f', $dump . $_->name, $_->connstr('postgres') ], 'a dump of ' . $_->name) foreach $head, $east;
is_booked($head, q{SELECT steering.set_cap('ict', 'south', 'budget', '2026', 150); SELECT steering.set_cap('ict', 'south', 'budget', '2026', 151)}, 'two acts');
my $last = $head->safe_psql('postgres', 'SELECT steering.last_change()');
$head->safe_psql('postgres', sprintf $away, 152);
$head->safe_psql('postgres', q{UPDATE steering.node SET connection = 'host=/nowhere dbname=postgres' WHERE node_id > 0});
my $before = kept($head);
like(said($head, 'SELECT steering.compact()'), qr/WARNING.*node "east" does not answer/, 'compact() while a node does not answer');
is(kept($head), $before, 'forgets nothing');
$head->safe_psql('postgres', sprintf q{UPDATE steering.node SET connection = $$%s$$ WHERE node_id > 0}, $east->connstr('postgres'));
cmp_ok($head->safe_psql('postgres', 'SELECT steering.compact()'), '>', 50, 'when it answers, changes go');
is(kept($head), "$last|2", 'but for the last that all have applied, and what the node has missed');
is(kept($east), "$last|1", 'the node has the one that it has applied last');
is(said($head, 'SELECT steering.compact()'), '', 'compact() again');
is(kept($head), "$last|2", 'leaves them');
is($east->safe_psql('postgres', 'SELECT steering.catch_up()'), $last + 1, 'the node catches up');
is_told('after changes were forgotten');
$head->safe_psql('postgres', 'SELECT steering.compact()');
is(kept($head), ($last + 1) . '|1', 'and then that is forgotten');
is_booked($head, q{SELECT steering.set_cap('ict', 'south', 'budget', '2026', 153)}, 'acts go on');
is_told('acts go on');

# A node that comes back in an earlier state does not pass over what it has not heard.
restored($east);
my ($status, $stdout, $stderr) = $east->psql('earlier', 'SELECT steering.catch_up()', extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($stderr, qr/55000: the coordinator does not have change \d+ any more\n.*HINT:  Have this node leave and join again: steering\.drop_node\(\) and steering\.add_node\(\)/s, 'it says that it must join anew');
($status, $stdout, $stderr) = $east->psql('earlier', book('ict.desk', 'north', 1), extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($stderr, qr/40001.*not applied all changes/, 'and gets no room');
$east->safe_psql('postgres', 'DROP DATABASE earlier WITH (FORCE)');

# So does not one whose coordinator has come back in an earlier state: not while that knows less, nor when it has done other things
# since.
restored($head);
my $own = $east->safe_psql('postgres', 'SELECT connection FROM steering.node WHERE node_id = 0');
my $lost = qr/55000: the coordinator does not have change \d+ any more as it was applied here\n.*HINT:  Restore the coordinator/s;
$east->safe_psql('postgres', sprintf q{UPDATE steering.node SET connection = $$%s$$ WHERE node_id = 0}, $head->connstr('earlier'));
like(said($east, 'SELECT steering.catch_up()'), $lost, 'an earlier coordinator is not caught up with');
like(said($east, 'DELETE FROM finance.invoice_line; ' . book('ict.desk', 'north', 1)), qr/40001: this node has applied changes that the coordinator does not know/, 'and lends no room');
is($east->safe_psql('postgres', q{SELECT subject, problem FROM steering.health() WHERE subject LIKE 'node %'}), 'node "east"|node ahead', 'health() says so');
$head->safe_psql('earlier', q{INSERT INTO public.away VALUES ('east')});
$head->safe_psql('earlier', "SELECT steering.set_cap('ict', 'south', 'budget', '2026', $_)") foreach 500 .. 505;
like(said($east, 'SELECT steering.catch_up()'), $lost, 'nor is one that has done other things since');
$east->safe_psql('postgres', sprintf q{UPDATE steering.node SET connection = $$%s$$ WHERE node_id = 0}, $own);
$head->safe_psql('postgres', 'DROP DATABASE earlier WITH (FORCE)');
is($east->safe_psql('postgres', 'SELECT steering.catch_up()'), $head->safe_psql('postgres', 'SELECT steering.last_change()'), 'with its own coordinator it goes on');
is_booked($east, book('ict.desk', 'north', 10), 'and books');

# What was deleted of the outbox is not told again by its number, and not missed in silence.
$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('ict', 'south', 'budget', '2026', 200); DELETE FROM steering.outbox; DELETE FROM public.away});
like(said($east, 'SELECT steering.catch_up()'), qr/55000.*does not have change \d+ any more/, 'what is missing cannot be had');
like(said($head, q{SELECT steering.set_cap('ict', 'south', 'budget', '2026', 201)}), qr/change \d+ of the coordinator cannot be applied/, 'nor is it passed over');

# A node leaves, and joins again under another name.
like(said($head, q{SELECT steering.drop_node('east')}), qr/55000.*node "east": bookings of this database use.*HINT: +A node joins and leaves without/s, 'a node with bookings stays');
like(said($head, q{SELECT steering.drop_node('west')}), qr/42704/, 'an unknown node');
like(said($head, q{SELECT steering.drop_node('coordinator')}), qr/22023.*coordinator/, 'the coordinator');
$east->safe_psql('postgres', q{DELETE FROM finance.invoice_line});
is(said($head, q{SELECT steering.drop_node('east')}), '', 'without bookings it leaves');
is($east->safe_psql('postgres', q{SELECT (SELECT count(*) FROM steering.this_node), (SELECT count(*) FROM steering.node), (SELECT bool_or(spans) FROM steering.cap), to_regclass('steering.outbox')}), '0|0|f|', 'and is on its own');
is_booked($east, q{SELECT steering.set_cap('hr', 'south', 'budget', '2026', 1); SELECT steering.set_participant('mine', 'Mine');} . book('ict.desk', 'north', 10), 'it goes on with what it has');
like(said($head, $add), qr/55000/, 'with what it has made since it cannot join');
$east->safe_psql('postgres', q{DELETE FROM finance.invoice_line; SELECT steering.drop_cap(max(cap_id)) FROM steering.cap; SELECT steering.drop_participant('mine')});
$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('hr', 'south', 'budget', '2026', 2)});
is($head->safe_psql('postgres', $add =~ s/\$\$east/\$\$orient/r), '10', 'else it can');
is_told('joined once more');
$east->stop('immediate');
is($head->safe_psql('postgres', q{SELECT name, is_reachable, behind FROM steering.node_status ORDER BY 1}), "coordinator|t|0\norient|f|", 'a node that does not answer');
is($head->safe_psql('postgres', q{SELECT subject, problem FROM steering.health() WHERE subject LIKE 'node %'}), 'node "orient"|node unreadable', 'health() says so');
like(said($head, q{SELECT steering.drop_node('orient')}), qr/55000.*may use something of caps/, 'may have bookings');
$head->safe_psql('postgres', q{UPDATE steering.lent SET ceiling = 0 WHERE node_id = 10});
like(said($head, q{SELECT steering.drop_node('orient')}), qr/NOTICE.*was lent nothing/, 'unless it was lent nothing');
is(said($head, q{SELECT steering.scale_in()}), '', 'scale_in()');
is($head->safe_psql('postgres', q{SELECT (SELECT count(*) FROM steering.this_node), (SELECT count(*) FROM steering.node), (SELECT count(*) FROM steering.lent), (SELECT count(*) FROM steering.allotment), (SELECT bool_or(spans) FROM steering.cap), to_regclass('steering.outbox')}),
	'0|0|0|0|f|', 'all is as it was');
is_booked($head, q{SELECT steering.set_cap('hr', 'region', 'budget', '2026', 2)}, 'acts go on');
$east->start;
is($east->safe_psql('postgres', 'SELECT steering.leave_node()'), '', 'a node that was dropped leaves by itself');

done_testing();
