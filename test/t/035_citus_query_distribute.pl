# The tables of queries are distributed, filled and their queries attached in any order: all end in the same counters, up to the limit of a
# cap over the nodes. distribute() does it while the queries are attached, for all their tables, or leaves all as it was.
#
# Runs where the server that PG_CONFIG tells of has Citus; its library is preloaded then, on three servers.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use CitusNodes;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

need_citus();

my $coordinator = start_citus();

sub on_nodes { my ($sql) = @_; return map { $_->safe_psql('postgres', $sql) } @nodes; }

# What a statement says as an error on the coordinator.
sub said { my ($sql) = @_; return ($coordinator->psql('postgres', $sql))[2]; }

start_citus() foreach 1 .. 2;
add_citus('postgres', @nodes[1, 2]);
on_coordinator('ALTER DATABASE postgres SET citus.multi_shard_modify_mode = sequential');
create_on_citus('postgres');
scale_out_citus('postgres');
on_coordinator(qq{
	INSERT INTO steering.participant (code, parent, name) VALUES ('region', NULL, 'Region'), ('east', 'region', 'East'), ('north', 'region', 'North'),
		('south', 'region', 'South'), ('west', 'region', 'West');
	INSERT INTO steering.service (code, parent, name, unit) VALUES ('ict', NULL, 'ICT', NULL), ('hr', NULL, 'HR', NULL);
	SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 1100);
	CREATE TABLE here (municipality text NOT NULL, net numeric(14,2) NOT NULL);
	SELECT steering.attach('here', service => \$\$'ict'\$\$, participant => 'municipality', booked_on => \$\$date '2026-03-15'\$\$, amount => 'net');
});

my $bookings = q{SELECT p.service AS service, l.municipality AS participant, h.day AS booked_on, l.net AS amount
	FROM line l JOIN header h ON h.town = l.municipality AND h.id = l.header_id JOIN product p ON p.code = l.product WHERE h.status = 'approved'};
my $total = "SELECT coalesce(sum(amount), 0)::numeric(14,2) FROM ($bookings) AS booked WHERE service = 'ict'";

# The tables, with foreign keys between them, empty. A column that was dropped, of which nodes know nothing.
sub create_tables
{
	on_coordinator(q{DROP TABLE IF EXISTS line});
	on_coordinator(q{
		DROP TABLE IF EXISTS header, product;
		CREATE TABLE product (code text PRIMARY KEY, service text NOT NULL);
		INSERT INTO product VALUES ('laptop', 'ict'), ('course', 'hr');
		CREATE TABLE header (town text, gone integer, id int, day date NOT NULL, status text NOT NULL, PRIMARY KEY (town, id));
		ALTER TABLE header DROP gone;
		CREATE TABLE line (id int, municipality text, header_id int NOT NULL, product text NOT NULL REFERENCES product, net numeric(14,2) NOT NULL,
			PRIMARY KEY (municipality, id), FOREIGN KEY (municipality, header_id) REFERENCES header);
		CREATE INDEX ON line (municipality, header_id);
	});
}

my %step = (
	attach => sub { on_coordinator("SET citus.enable_ddl_propagation = off; SELECT steering.attach_query(\$\$$bookings\$\$)") },
	fill => sub {
		on_coordinator(q{
			INSERT INTO header SELECT code, n, '2026-03-15', CASE n WHEN 3 THEN 'draft' ELSE 'approved' END
				FROM steering.participant, generate_series(1, 3) AS n WHERE parent IS NOT NULL});
		on_coordinator("INSERT INTO line SELECT n, '$$_[0]', 1 + n % 3, CASE WHEN n > $$_[1] * 3 / 2 THEN 'course' ELSE 'laptop' END, 5
			FROM generate_series(1, $$_[1] * 2) AS n") foreach [ north => 60 ], [ west => 100 ], [ east => 40 ], [ south => 20 ];
	},
	distribute => sub {
		my $is_query = on_coordinator('SELECT count(*) FROM steering.query');
		on_coordinator($is_query ? "SELECT steering.distribute('line', 'municipality')" : q{
			SET citus.enable_local_reference_table_foreign_keys = off;
			SELECT create_reference_table('product'); SELECT create_distributed_table('header', 'town');
			SELECT create_distributed_table('line', 'municipality', colocate_with => 'header')});
	});

sub counted
{
	return sprintf '%.2f', eval join ' + ',
	  on_nodes(q{SELECT coalesce(sum(used::numeric), 0) FROM steering.cap_counter JOIN steering.cap USING (cap_id) WHERE metric = 'budget'});
}

# Each booking counts once, where it stands.
sub is_whole
{
	my ($name) = @_;

	is(join('', on_nodes('SELECT * FROM steering.verify(); SELECT * FROM steering.health() WHERE problem NOT IN (\'overrun\', \'open commitments\')')), '', "$name: all nodes are in order");
	is(counted(), on_coordinator($total), "$name: each booking counts once");
	is(on_coordinator('SELECT used::numeric(14,2) FROM steering.cap_status'), on_coordinator($total), "$name: the coordinator says so");
}

# How each table is distributed.
sub placed { return on_coordinator(q{SELECT string_agg(concat_ws(' ', table_name, citus_table_type, distribution_column, shard_count), ', ' ORDER BY table_name::text) FROM citus_tables
	WHERE table_name IN ('line'::regclass, 'header'::regclass, 'product'::regclass)}); }

foreach my $order ('distribute, attach, fill', 'distribute, fill, attach', 'attach, distribute, fill', 'attach, fill, distribute',
	'fill, attach, distribute', 'fill, distribute, attach')
{
	create_tables();
	$step{$_}->() foreach split /, /, $order;
	is(on_coordinator($total), '1100.00', "$order: up to the limit");
	is_whole($order);
	is(placed(), 'header distributed town 4, line distributed municipality 4, product reference <none> 1', "$order: all are distributed");
	is_refused($coordinator, "INSERT INTO line VALUES (1000, '$_', 1, 'laptop', 0.01)", '23S71', "$order: $_, over the cap") foreach qw(north west);
	is_refused($coordinator, "INSERT INTO here VALUES ('north', 0.01)", '23S71', "$order: on the coordinator");
	on_coordinator(q{UPDATE line SET net = net - 1 WHERE municipality = 'north'; INSERT INTO line VALUES (1000, 'west', 1, 'laptop', 60)});
	is_refused($coordinator, "INSERT INTO line VALUES (1000, 'north', 1, 'laptop', 0.01)", '23S71', "$order: what one node has let go the other has used");
	on_coordinator(q{UPDATE header SET status = 'draft' WHERE town = 'west' AND id = 1});
	is_whole("$order, then booked");
}

# What is distributed together refers to each other by foreign keys, in any order; nothing else does.
on_coordinator(q{
	SELECT steering.detach('line');
	CREATE TABLE kind (code text PRIMARY KEY, service text NOT NULL);
	INSERT INTO kind VALUES ('hardware', 'ict');
	CREATE TABLE article (code text PRIMARY KEY, kind text NOT NULL REFERENCES kind);
	INSERT INTO article VALUES ('laptop', 'hardware');
	CREATE INDEX ON article (kind);
	CREATE TABLE stock (article text REFERENCES article);
	INSERT INTO stock VALUES ('laptop');
	CREATE TABLE bill (town text, article text NOT NULL REFERENCES article, net numeric(14,2) NOT NULL, PRIMARY KEY (town, article));
	CREATE INDEX ON bill (article);
	INSERT INTO bill VALUES ('north', 'laptop', 30), ('west', 'laptop', 70);
	SELECT steering.attach_query($$SELECT k.service AS service, b.town AS participant, date '2026-03-15' AS booked_on, b.net AS amount
		FROM bill b JOIN article a ON a.code = b.article JOIN kind k ON k.code = a.kind$$);
});
like(said(q{SELECT steering.distribute('bill', 'town')}),
	qr/table "public.article" cannot be distributed\nDETAIL:  Table "public.stock" refers to it by a foreign key/,
	'another table refers to one of them: refused');
is(on_coordinator('SELECT sum(used)::numeric(14,2) FROM steering.cap_counter'), '100.00', 'that has left all as it was');
on_coordinator('ALTER TABLE stock DROP CONSTRAINT stock_article_fkey');
is(said(q{SELECT steering.distribute('bill', 'town')}), '', 'reference tables that refer to each other: distributed, without a word');
is(on_coordinator('SELECT count(*) FROM stock'), '1', 'the table that referred to one of them has its row');
is(counted(), '100.00', 'and each booking counts once');
is(join('', on_nodes('SELECT * FROM steering.verify(); SELECT * FROM steering.health()')), '', 'all nodes are in order');
on_coordinator(q{SELECT steering.detach('bill')});

# A query that ends while its tables are waited for is none that can be distributed.
on_coordinator(q{
	CREATE TABLE fee (town text PRIMARY KEY, net numeric(14,2) NOT NULL);
	SELECT steering.attach_query($$SELECT 'ict' AS service, town AS participant, date '2026-03-15' AS booked_on, net AS amount FROM fee$$);
});
my ($ending, $waiting) = map { open_session($coordinator) } 1 .. 2;
run_in($ending, q{BEGIN; SELECT steering.detach('fee')});
start_in($waiting, q{SELECT steering.distribute('fee', 'town')});
$coordinator->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE NOT granted}) or die 'nobody waits';
run_in($ending, 'COMMIT');
is((finish_in($waiting))[1], "ERROR:  42704\n", 'detached meanwhile: refused');
close_session($_) foreach $ending, $waiting;

# What a value means in the rows of one source nodes do not know.
on_coordinator(q{
	CREATE TABLE gift (town text PRIMARY KEY, what text NOT NULL, net numeric(14,2) NOT NULL);
	INSERT INTO gift VALUES ('north', '4711', 30);
	SELECT steering.attach_query($$SELECT what AS service, town AS participant, date '2026-03-15' AS booked_on, net AS amount FROM gift$$, unknown => 'ignore');
	CREATE TABLE loan (LIKE gift INCLUDING ALL);
	SELECT steering.attach('loan', service => 'what', participant => 'town', booked_on => $$date '2026-03-15'$$, amount => 'net', unknown => 'ignore');
	INSERT INTO loan VALUES ('north', '4711', 20);
	INSERT INTO steering.alias (source, kind, value, code) VALUES ('gift_booking', 'service', '4711', 'ict'), ('loan', 'service', '4711', 'ict');
});
like(said("SELECT steering.distribute('$_', 'town')"), qr/ERROR:  alias "4711" holds for rows of "[^"]*" alone/, "$_, with an alias of its own: refused") foreach qw(gift loan);
is(counted(), '50.00', 'and all counts');
on_coordinator(q{DELETE FROM steering.alias WHERE source::oid = 'loan'::regclass; UPDATE steering.alias SET source = NULL});
is(said("SELECT steering.distribute('$_', 'town')"), '', "$_, with one for all: distributed") foreach qw(gift loan);
is(counted(), '50.00', 'and all counts');
on_coordinator(q{SELECT steering.detach('gift'); SELECT steering.detach('loan'); DELETE FROM steering.alias});

# What the coordinator judges, nodes take in unjudged: so it must come to the same there. By an alias of the table's own it would not; what somebody
# wrote may lie.
on_coordinator(q{
	CREATE ROLE liar LOGIN;
	GRANT CREATE ON SCHEMA public TO liar;
	SET ROLE liar;
	CREATE FUNCTION lie(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN CASE WHEN session_user = 'liar' THEN 'hr' ELSE $1 END; END $$;
	RESET ROLE;
	UPDATE gift SET what = 'ict', net = 2000;
	UPDATE loan SET what = 'ict', net = 2000;
});
my $loan = q{service => 'what', participant => 'town', booked_on => $$date '2026-03-15'$$, amount => 'net'};
like(said(q{INSERT INTO steering.alias (source, kind, value, code) VALUES ('loan', 'service', 'ict', 'hr')}), qr/ERROR:  alias "ict" holds for rows of "public.loan" alone/,
	'an alias for a distributed table alone: refused');
on_coordinator(q{
	ALTER TABLE gift OWNER TO liar;
	ALTER TABLE loan OWNER TO liar;
});
my $lies = q{SELECT lie(what) AS service, town AS participant, date '2026-03-15' AS booked_on, net AS amount FROM gift};
is_refused($coordinator, "SELECT steering.attach_query(\$\$$lies\$\$)", '23S71', 'a function says on nodes what it does not say to the coordinator');
$loan =~ s/'what'/'lie(what)'/;
is_refused($coordinator, "SELECT steering.attach('loan', $loan)", '23S71', 'the same of a table alone');
is(counted(), '0.00', 'nothing counts');
on_coordinator('UPDATE gift SET net = 200');
is(said("SELECT steering.attach_query(\$\$$lies\$\$)"), '', 'with room: attached');
is(counted(), '200.00', 'and counted');
on_coordinator(q{SELECT steering.detach('gift')});

# What is promised of matches is held against rows that are there, and the error says of which.
on_coordinator(q{
	CREATE TABLE claim (id int, town text, net numeric(14,2) NOT NULL, PRIMARY KEY (town, id));
	CREATE TABLE state (id int, town text, service text NOT NULL);
	CREATE INDEX ON claim (id);
	SELECT create_distributed_table('claim', 'town');
	SELECT create_distributed_table('state', 'town', colocate_with => 'claim');
	INSERT INTO claim VALUES (1, 'north', 40), (2, 'north', 60), (1, 'west', 50);
	INSERT INTO state VALUES (1, 'north', 'ict'), (2, 'north', 'ict'), (2, 'north', 'hr'), (1, 'west', 'ict');
});
my $promised = q{SELECT steering.attach_query($$SELECT s.service AS service, c.town AS participant, date '2026-03-15' AS booked_on, c.net AS amount
	FROM claim c JOIN state s ON s.town = c.town AND s.id = c.id WHERE s.service = 'ict'$$, promise_unique => '{state}')};
like(said($promised), qr/ERROR:  a row of table "public.claim" has more than one match in table "public.state"\n/, 'a row has two matches: refused');
on_coordinator(q{DELETE FROM state WHERE service = 'hr'});
is(said($promised), '', 'each has one: attached');
is(counted(), '150.00', 'and each booking counts once');

# Where nodes let nobody in as the owner, they judge by themselves, which is known to fail for rows on many of them.
on_coordinator(q{
	SELECT steering.detach('claim');
	DELETE FROM claim;
	CREATE ROLE keeper NOLOGIN;
	ALTER TABLE claim OWNER TO keeper;
	ALTER TABLE state OWNER TO keeper;
});
is(said($promised), '', 'the owner cannot log in: attached');
on_coordinator(q{INSERT INTO claim VALUES (1, 'north', 100); INSERT INTO claim VALUES (1, 'west', 50)});
is(counted(), '150.00', 'and each booking counts once');
on_coordinator(q{SELECT steering.detach('claim')});

# Of two queries with two stages, one has lost the one, one the other.
on_coordinator(q{
	CREATE TABLE deed (id int, town text, stage text NOT NULL, net numeric(14,2) NOT NULL, PRIMARY KEY (town, id));
	INSERT INTO deed VALUES (1, 'north', 'actual', 10), (2, 'north', 'commitment', 20);
	SELECT steering.attach_query($$SELECT 'ict' AS service, town AS participant, date '2026-03-15' AS booked_on, net AS amount, stage AS stage FROM deed$$,
		name => 'one');
	SELECT steering.attach_query($$SELECT 'hr' AS service, town AS participant, date '2026-03-15' AS booked_on, net AS amount, stage AS stage FROM deed$$,
		name => 'two');
	SELECT steering.detach('one_commitment'), steering.detach('two');
});
like(said(q{SELECT steering.distribute('deed', 'town')}), qr/DETAIL:  Of a query with two stages one is detached/, 'halves of two queries: refused');
on_coordinator('DROP TABLE deed');
# Over a cap a filled table is not attached; what is over one already may be distributed.
create_tables();
$step{$_}->() foreach qw(fill distribute);
on_coordinator("INSERT INTO line VALUES (1000, 'west', 1, 'laptop', 0.01)");
is_refused($coordinator, "SELECT steering.attach_query(\$\$$bookings\$\$)", '23S71', 'attach_query() over a cap that spans nodes');
on_coordinator(q{UPDATE product SET service = 'nowhere' WHERE code = 'course'});
my $refused = said("SELECT steering.attach_query(\$\$$bookings\$\$)");
like($refused, qr/"nowhere" of .* is unknown/, 'nor with codes that are unknown');
unlike($refused, qr/attach_query_problems/, 'which names no dry run: there is none');
on_coordinator(q{UPDATE product SET service = 'hr' WHERE code = 'course'});
is(counted(), '0.00', 'nothing counts');
is(join('', on_nodes('SELECT relation FROM steering.source WHERE relation::text <> $$here$$')), '', 'nothing is a source');
on_coordinator("SELECT steering.attach_query(\$\$$bookings\$\$, accept_overrun => true)");
is_whole('an overrun is attached');
is_refused($coordinator, "INSERT INTO line VALUES (1001, 'north', 1, 'laptop', 0.01)", '23S71', 'and is over it');
create_tables();
$step{fill}->();
on_coordinator(qq{INSERT INTO line VALUES (1000, 'west', 1, 'laptop', 100);
	SELECT steering.attach_query(\$\$$bookings\$\$, accept_overrun => true, name => 'Booked'); SELECT steering.distribute('"Booked"', 'municipality', shard_count => 6)});
is_whole('an overrun is distributed');
is(placed(), 'header distributed town 6, line distributed municipality 6, product reference <none> 1', 'the number of shards is passed on');
isnt(join('', map { $_->safe_psql('postgres', q{SELECT 1 FROM pg_class WHERE relname LIKE 'Booked\\_%'}) } @nodes[1, 2]), '', 'booking tables have the name that was given');
is(on_coordinator(q{SELECT count(*) FROM pg_class WHERE relname = 'Booked'}), '0', 'and are on the nodes');
on_coordinator('DELETE FROM line WHERE net = 100');
is_whole('and lowered');

# What distribute() cannot do it leaves as it was.
create_tables();
$step{$_}->() foreach qw(attach fill);
my $was = on_coordinator('SELECT source_id FROM steering.source ORDER BY 1');
sub is_local
{
	my ($name) = @_;

	is(placed(), '', "$name: the tables are local ones");
	is(on_coordinator('SELECT source_id FROM steering.source ORDER BY 1'), $was, "$name: the sources are those that they were");
	is_whole($name);
	is_refused($coordinator, "INSERT INTO line VALUES (1000, 'west', 1, 'laptop', 0.01)", '23S71', "$name: and its triggers are there");
}
on_coordinator("BEGIN; SELECT steering.distribute('line', 'municipality'); ROLLBACK; BEGIN; SAVEPOINT a; SELECT steering.distribute('line', 'municipality'); ROLLBACK TO a; COMMIT");
is_local('rolled back');
foreach my $refused (
	[ "distribute('line', 'product')", '0A000', 'a column that does not decide the participant' ],
	[ "distribute('line', 'town')", '42703', 'no such column' ],
	[ "distribute('header', 'town')", '42704', 'not the first table' ],
	[ "distribute('line', 'municipality', colocate_with => 'pg_class')", 'XX000', 'nothing to be colocated with' ],
	[ "distribute('line', 'municipality', shard_count => 0)", 'XX000', 'no shards' ])
{
	my ($call, $sqlstate, $name) = @$refused;

	is_refused($coordinator, "SELECT steering.$call", $sqlstate, $name);
}
is_local('refused');
on_coordinator(q{CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
	CREATE TRIGGER keeps BEFORE INSERT ON header FOR EACH ROW EXECUTE FUNCTION keeps()});
is_refused($coordinator, "SET citus.enable_unsafe_triggers = $_; SELECT steering.distribute('line', 'municipality')", '0A000', "a trigger of others, $_") foreach qw(off on);
on_coordinator(q{DROP TRIGGER keeps ON header; DROP FUNCTION keeps(); CREATE TABLE other (municipality text, id int PRIMARY KEY, product text);
	SELECT steering.attach_query($$SELECT p.service AS service, o.municipality AS participant, date '2026-03-15' AS booked_on, 0 AS amount FROM other o JOIN product p ON p.code = o.product$$)});
like(said("SELECT steering.distribute('line', 'municipality')"), qr/ERROR:  table "public.product" cannot be distributed\nDETAIL:  A query that begins with another table reads it too/, 'a table of another query');
on_coordinator(q{SELECT steering.detach('other'); DROP TABLE other; SELECT steering.attach('header', service => $$'hr'$$, participant => 'town', booked_on => 'day', volume => '0')});
like(said("SELECT steering.distribute('line', 'municipality')"), qr/ERROR:  table "public.header" cannot be distributed\nDETAIL:  It is a source itself/, 'a table that is a source too');
on_coordinator(q{SELECT steering.detach('header')});
$nodes[2]->safe_psql('postgres', q{SET citus.enable_ddl_propagation = off; CREATE FUNCTION fails() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not here'; END $$;
	CREATE EVENT TRIGGER fails ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION fails()});
is_refused($coordinator, "SELECT steering.distribute('line', 'municipality')", 'P0001', 'a node fails');
$nodes[2]->safe_psql('postgres', 'SET citus.enable_ddl_propagation = off; DROP EVENT TRIGGER fails; DROP FUNCTION fails()');
is_local('a node failed');
is_refused($coordinator, "SET sp71_steering.check_at = 'commit'; BEGIN; UPDATE line SET net = net + 1 WHERE municipality = 'west' AND id = 1;
	SELECT steering.distribute('line', 'municipality'); COMMIT", '55000', 'bookings that are judged at commit');

# In a closed period, with credits, of two stages, and two queries that begin with one table.
on_coordinator(q{
	SELECT steering.detach('line');
	ALTER TABLE line ADD COLUMN stage text NOT NULL DEFAULT 'actual', ADD COLUMN payer text;
	DELETE FROM line WHERE product = 'course'; UPDATE line SET net = -net, stage = 'commitment' WHERE id % 7 = 0;
	INSERT INTO line SELECT n, 'west', 1, 'laptop', 1000, CASE n % 2 WHEN 0 THEN 'actual' ELSE 'commitment' END, NULL FROM generate_series(2001, 2002) AS n;
	INSERT INTO line SELECT n, 'west', 1, 'laptop', -2000, 'actual', NULL FROM generate_series(2003, 2003) AS n});
$total = "SELECT sum(amount)::numeric(14,2) FROM (SELECT amount FROM ($bookings) AS first WHERE service = 'ict' UNION ALL SELECT net * 2 FROM line) AS booked";
on_coordinator(q{SELECT steering.set_cap('ict', 'region', 'budget', '[2026-01-01,2027-01-01)', 10000)});
my $staged = $bookings =~ s/l\.net AS amount/l.net AS amount, l.stage AS stage/r;
on_coordinator(qq{SELECT steering.attach_query(\$\$$staged\$\$);
	SELECT steering.attach_query(\$\$SELECT 'ict' AS service, coalesce(l.payer, l.municipality) AS participant, date '2026-04-01' AS booked_on, l.net * 2 AS amount FROM line l\$\$, name => 'twice')});
is_refused($coordinator, "SELECT steering.distribute('line', 'municipality')", '0A000', 'a second query that reads the participant from another column too');
on_coordinator(qq{SELECT steering.detach('twice');
	SELECT steering.attach_query(\$\$SELECT 'ict' AS service, l.municipality AS participant, date '2026-04-01' AS booked_on, l.net * 2 AS amount FROM line l\$\$, name => 'twice');
	SELECT steering.close_period('2026-03', 'adopted')});
is_whole('before');
on_coordinator("SELECT steering.distribute('line', 'municipality')");
is(counted(), on_coordinator($total), 'credits and stages in a closed period, distributed: each booking counts once');
is(join('', on_nodes('SELECT * FROM steering.verify()')), '', 'all nodes agree with their rows');
is(on_coordinator(q{SELECT count(DISTINCT source) > 2 FROM steering.booking WHERE stage = 'commitment'}), 't', 'commitments are sources of their own');

done_testing();
