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
my $join = sprintf q{SELECT format('SELECT steering.join_node(1, %%L, %%L, %%L, %%L, %%L, %%L, %%L)', 'east', $$%s$$, 'coordinator', $$%s$$,
	(SELECT extversion FROM pg_extension WHERE extname = 'sp71_steering'), (SELECT max(number) FROM steering.outbox), steering.change_body(true))},
	$east->connstr('postgres'), $head->connstr('postgres');
sub join_east { return $head->safe_psql('postgres', $join); }

$east->safe_psql('postgres', q{INSERT INTO steering.participant (code, name) VALUES ('a', 'A'), ('b', 'B'), ('own', 'Own')});
$east->safe_psql('postgres', q{DELETE FROM steering.participant WHERE code <> 'own'; UPDATE steering.participant SET name = 'Mine'});
like(said($east, join_east()), qr/0A000|55000/, 'a database with registers of its own cannot join');
$east->safe_psql('postgres', q{DELETE FROM steering.participant});
like(said($east, join_east() =~ s/'0\.7\.0'/'0.6.9'/r), qr/55000.*version/, 'nor one of another version');
$east->safe_psql('postgres', join_east());
is_told('joined');
is($east->safe_psql('postgres', 'SELECT node_id, applied FROM steering.this_node'), '1|1', 'it knows its number');
is($east->safe_psql('postgres', 'SELECT bool_and(spans), count(*) FROM steering.cap'), 't|2', 'its caps span nodes');
$east->safe_psql('postgres', join_east());
is_told('joined twice');
is($east->safe_psql('postgres', 'SELECT count(*) FROM steering.verify()'), '0', 'counters are there');
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
	qr/55000: this database is node 1: table "cap" is changed on the coordinator\n.*HINT: /s, 'with what to do');
is_told('after acts that were refused');
foreach my $care ('SELECT * FROM steering.repair()', 'SELECT steering.compact()', 'SELECT * FROM steering.verify()', 'SELECT * FROM steering.health()')
{
	is(said($east, $care), '', "allowed on a node: $care");
}
$east->safe_psql('postgres', q{SELECT steering.detach('finance.invoice_line'); DROP SCHEMA finance CASCADE});
create_source($east);

# The harness carries rows of the outbox when the coordinator commits; to a node that is away none.
$head->safe_psql('postgres', sprintf q{
	CREATE EXTENSION dblink;
	CREATE TABLE public.away (node text);
	CREATE FUNCTION public.carry() RETURNS trigger LANGUAGE plpgsql AS $carry$
	BEGIN
		IF NOT EXISTS (SELECT FROM public.away) THEN
			PERFORM dblink_exec($$%s$$, format('INSERT INTO steering.outbox VALUES (%%s, %%L)', NEW.number, NEW.body));
		END IF;
		RETURN NULL;
	END $carry$;
	CREATE CONSTRAINT TRIGGER carry AFTER INSERT ON steering.outbox DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.carry()},
	$east->connstr('postgres'));
my @acts = (
	q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 900)},
	q{SELECT steering.set_cap('ict', 'north', 'volume', '2026', 20)},
	q{SELECT steering.drop_cap(3)},
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
	q{SELECT steering.set_cap('hr', 'region', 'budget', '2026', 10); SELECT steering.transfer((SELECT max(cap_id) FROM steering.cap), 1, 3, 'moved')},
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

# A gap.
$head->safe_psql('postgres', q{INSERT INTO public.away VALUES ('east'); SELECT steering.set_cap('ict', 'region', 'budget', '2026', 950); DELETE FROM public.away});
like(said($head, q{SELECT steering.set_cap('ict', 'region', 'budget', '2026', 960)}), qr/change \d+ of the coordinator cannot be applied before change \d+/,
	'a node that has missed a change says so');
is($head->safe_psql('postgres', 'SELECT amount FROM steering.cap WHERE cap_id = 1'), '950.00', 'and nothing is done');

done_testing();
