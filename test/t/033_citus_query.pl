# A query over distributed tables that are co-located is attached on the coordinator: each group of shards is judged by
# the node that it stands on. Moves and splits of these are refused while it is attached.
#
# Runs where the server that PG_CONFIG tells of has Citus; its library is preloaded then, on four servers.
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
my @municipalities = qw(east north south west);
my $bookings = q{SELECT p.service AS service, l.municipality AS participant, h.day AS booked_on, l.net AS amount
	FROM finance.line l JOIN finance.header h ON h.municipality = l.municipality AND h.id = l.header_id
	JOIN finance.product p ON p.code = l.product WHERE h.status = 'approved'};
my $attach = "SELECT steering.attach_query(\$\$$bookings\$\$)";

# Registers and caps of 1000 for each municipality, as the nodes are told of them.
sub create_rules
{
	my ($node) = @_;

	$node->safe_psql('postgres', q{
		INSERT INTO steering.participant (code, parent, name) VALUES ('region', NULL, 'Region'), ('east', 'region', 'East'),
			('north', 'region', 'North'), ('south', 'region', 'South'), ('west', 'region', 'West');
		INSERT INTO steering.service (code, parent, name, unit) VALUES ('ict', NULL, 'ICT', NULL), ('hr', NULL, 'HR', NULL);
		SELECT steering.set_cap('ict', code, 'budget', '[2026-01-01,2027-01-01)', 1000)
		FROM steering.participant WHERE parent IS NOT NULL;
	});
}

# What a sum of used caps by participant is on all nodes together.
sub used_on_nodes
{
	my %used;

	foreach my $node (@nodes)
	{
		foreach my $line (split /\n/, $node->safe_psql('postgres', 'SELECT participant, used FROM steering.cap_status WHERE used <> 0'))
		{
			my ($municipality, $used) = split /\|/, $line;
			$used{$municipality} += $used;
		}
	}
	return join ' ', map { sprintf '%s %.2f', $_, $used{$_} || 0 } @municipalities;
}

# What is wrong on any node.
sub wrong_on_nodes
{
	return join '', map { $_->safe_psql('postgres', 'SELECT * FROM steering.health(); SELECT * FROM steering.verify()') } @nodes;
}

# Checks that each booking counts once, on the node where it stands.
sub is_exact
{
	my ($name) = @_;

	is(wrong_on_nodes(), '', "$name: all nodes are in order");
	is(used_on_nodes(), on_coordinator(qq{SELECT string_agg(concat(code, ' ', to_char(coalesce(amount, 0), 'FM9999990.00')), ' ' ORDER BY code)
			FROM steering.participant LEFT JOIN (SELECT participant, sum(amount) AS amount FROM ($bookings) AS b WHERE service = 'ict' GROUP BY 1) AS booked
			ON participant = code WHERE parent IS NOT NULL}), "$name: each booking counts once");
}

# A statement fails, with these words.
sub is_told
{
	my ($node, $sql, $words, $name) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres', $sql);

	like($stderr, $words, $name);
}

start_citus() foreach 1 .. 2;
add_citus('postgres', @nodes[1, 2]);
on_coordinator('CREATE EXTENSION sp71_steering');
create_rules($_) foreach @nodes;
on_coordinator(q{
	CREATE SCHEMA finance;
	CREATE TABLE finance.header (municipality text, id int, day date NOT NULL, status text NOT NULL, PRIMARY KEY (municipality, id));
	CREATE TABLE finance.line (municipality text, id int, header_id int NOT NULL, product text NOT NULL, net numeric(14,2) NOT NULL,
		PRIMARY KEY (municipality, id));
	CREATE INDEX ON finance.line (municipality, header_id);
	CREATE TABLE finance.product (code text PRIMARY KEY, service text NOT NULL);
	SELECT create_distributed_table('finance.header', 'municipality');
	SELECT create_distributed_table('finance.line', 'municipality', colocate_with => 'finance.header');
	SELECT create_reference_table('finance.product');
	INSERT INTO finance.product VALUES ('laptop', 'ict'), ('course', 'hr');
	INSERT INTO finance.header SELECT code, n, '2026-03-15', CASE n WHEN 3 THEN 'draft' ELSE 'approved' END
		FROM steering.participant, generate_series(1, 3) AS n WHERE parent IS NOT NULL;
	INSERT INTO finance.line SELECT code, n, 1 + n % 3, CASE n % 4 WHEN 0 THEN 'course' ELSE 'laptop' END, 5
		FROM steering.participant, generate_series(1, 24) AS n WHERE parent IS NOT NULL;
});

# What cannot be.
on_coordinator(q{
	CREATE TABLE finance.other (municipality text, id int, PRIMARY KEY (municipality, id));
	SELECT create_distributed_table('finance.other', 'municipality', shard_count => 8, colocate_with => 'none');
	CREATE TABLE finance.plain (municipality text, id int, PRIMARY KEY (municipality, id));
	CREATE TABLE finance.parts (municipality text, id int, PRIMARY KEY (municipality, id)) PARTITION BY LIST (municipality);
	SELECT create_distributed_table('finance.parts', 'municipality', colocate_with => 'finance.header');
});
sub query_with { my ($join) = @_; return "SELECT steering.attach_query(\$\$SELECT 'ict' AS service, l.municipality AS participant,
	date '2026-03-15' AS booked_on, l.net AS amount FROM finance.line l $join\$\$)"; }
is_told($coordinator, query_with("JOIN finance.$_ o ON o.municipality = l.municipality AND o.id = l.header_id"),
	qr/ERROR:  table "finance.$_" is not distributed together with table "finance.line".*HINT:  Use create_distributed_table/s, "joined: $_")
	foreach qw(other plain);
is_told($coordinator, query_with('JOIN finance.parts o ON o.municipality = l.municipality AND o.id = l.header_id'),
	qr/ERROR:  table "finance.parts" is managed by Citus and cannot be attached/, 'joined: a table with partitions');
is_told($coordinator, query_with('JOIN finance.header h ON h.municipality = l.municipality AND h.id = l.header_id') =~ s/l\.municipality AS participant/$_ AS participant/r,
	qr/ERROR:  the column "municipality" by which table "finance.line" is distributed does not decide the participant/, "participant: $_")
	foreach q{'north'}, 'l.product', 'coalesce(l.municipality, h.status)', 'h.municipality || l.product';
is_told($coordinator, query_with(q{JOIN finance.header h ON h.municipality = lower(l.municipality) AND h.id = l.header_id}),
	qr/ERROR:  table "finance.header" is not joined by column "municipality", by which it is distributed.*HINT:  Join it by that column/s, 'joined by something else');
is_told($coordinator, "SELECT steering.attach_query(\$\$SELECT p.service AS service, 'north' AS participant, date '2026-03-15' AS booked_on, 1 AS amount FROM finance.product p\$\$)",
	qr/ERROR:  table "finance.product", whose rows are to be bookings, is not distributed/, 'a reference table first');
like(on_coordinator("SELECT * FROM steering.attach_query_problems(\$\$$bookings\$\$)"), qr/^wrong query.*attach_query_problems\(\) cannot be used on table/, 'a dry run');
is_told($coordinator, $attach =~ s/AS amount/AS amount, l.product AS reference/r =~ s/\$\$\)$/\$\$, stage => 'commitment')/r,
	qr/ERROR:  order lines of distributed table "finance.line" cannot be released/, 'orders');

# A query is attached on all shards, or on none.
on_coordinator("INSERT INTO finance.line VALUES ('west', 100, 1, 'laptop', 2000)");
is_refused($coordinator, $attach, '23S71', 'attach_query() over a cap of one node');
is(join('', map { $_->safe_psql('postgres', "SELECT relation FROM steering.source; SELECT relname FROM pg_class WHERE relnamespace = 'finance'::regnamespace AND relname LIKE '%booking'") } @nodes), '', 'no shard became a source');
on_coordinator('DELETE FROM finance.line WHERE net = 2000');
on_coordinator($attach);
is_exact('attached when it was filled');
is(used_on_nodes(), join(' ', map { "$_ 60.00" } @municipalities), 'what was there counts');


# Statements.
is_told($coordinator, "INSERT INTO finance.line VALUES ('north', 100, 1, 'laptop', 940.01)",
	qr/ERROR:  budget cap of service "ict" for participant "north" is exceeded.*used 60\.00, this statement adds 940\.01, 0\.01 too much/s, 'a refusal comes back whole');
is_refused($coordinator, q{INSERT INTO finance.line VALUES ('east', 100, 1, 'laptop', 1), ('north', 100, 1, 'laptop', 1),
	('south', 100, 1, 'laptop', 1), ('west', 100, 1, 'laptop', 941)}, '23S71', 'a statement on all shards, one of which is over a cap');
is_told($coordinator, "COPY finance.line FROM stdin;\neast\t101\t1\tlaptop\t1\nwest\t101\t1\tlaptop\t941\n\\.\n",
	qr/ERROR:  .*cap of service "ict" for participant "west" is exceeded/, 'COPY, one row of which is over a cap');
is_exact('what one node refuses no node books');
on_coordinator("COPY finance.line FROM stdin;\n" . join('', map { "$_\t102\t2\tlaptop\t1.5\n" } @municipalities) . "\\.\n");
on_coordinator("UPDATE finance.line SET net = net + 1 WHERE id = 102; DELETE FROM finance.line WHERE id = 102 AND municipality = 'east'");
is_exact('COPY, UPDATE and DELETE of lines');
isnt(used_on_nodes(), join(' ', map { "$_ 60.00" } @municipalities), 'which count');
is_refused($coordinator, q{BEGIN; INSERT INTO finance.line VALUES ('south', 103, 3, 'laptop', 950);
	UPDATE finance.header SET status = 'approved' WHERE id = 3}, '23S71', 'headers on all shards are approved, one of which has too much');
is_exact('approved in vain');
on_coordinator("UPDATE finance.header SET status = 'approved' WHERE id = 3");
is_exact('headers are approved on all shards');
on_coordinator("UPDATE finance.header SET day = '2025-03-15' WHERE id = 2 AND municipality = 'south'");
is(join('', map { $_->safe_psql('postgres', 'SELECT * FROM steering.verify()') } @nodes), '', 'a header of one shard goes to another year');
unlike(used_on_nodes(), qr/south 122.50/, 'whose lines do not count in this one');
on_coordinator("UPDATE finance.header SET day = '2026-03-15' WHERE id = 2");
is_exact('and back');
on_coordinator("UPDATE finance.product SET service = 'ict' WHERE code = 'course'");
is_exact('a reference table is changed');
is_refused($coordinator, q{BEGIN; UPDATE finance.product SET service = 'hr'; INSERT INTO finance.line VALUES ('west', 104, 1, 'laptop', 990);
	UPDATE finance.product SET service = 'ict' WHERE code = 'laptop'}, '23S71', 'a change of a reference table that is too much for one shard');
is_exact('changed in vain');
on_coordinator("UPDATE finance.product SET service = 'hr' WHERE code = 'course'");
on_coordinator('BEGIN; TRUNCATE finance.line; ROLLBACK; BEGIN; TRUNCATE finance.header; ROLLBACK');
is_exact('TRUNCATE that is rolled back');
on_coordinator("INSERT INTO finance.line SELECT municipality, id + 1000, header_id, product, 1 FROM finance.line WHERE id < 10");
is_exact('INSERT ... SELECT on all shards');
$nodes[1]->safe_psql('postgres', "INSERT INTO finance.line VALUES ('$_', 105, 1, 'laptop', 1)") foreach @municipalities;
is_refused($nodes[1], "INSERT INTO finance.line VALUES ('$_', 106, 1, 'laptop', 5000)", '23S71', "$_, on a worker") foreach @municipalities;
is_exact('statements on a worker');
like($nodes[1]->safe_psql('postgres', 'SELECT string_agg(relation::text, E\'\n\') FROM steering.source'), qr/^finance\.line_\d+_booking$/m, 'sources are the booking tables of shards');

# Two lines at a time in one shard, and in several: nothing is over, and none waits for ever.
my @sessions = map { open_session($coordinator) } 1 .. 4;
start_in($_, q{DO $$ BEGIN FOR n IN 1..50 LOOP BEGIN
	INSERT INTO finance.line SELECT m, 2000000 + (random() * 1e9)::int, 1, 'laptop', 3.01 FROM unnest('{east,north,south,west}'::text[]) AS m;
	EXCEPTION WHEN integrity_constraint_violation OR sqlstate '23S71' THEN NULL; END; COMMIT; END LOOP; END $$}) foreach @sessions;
finish_in($_) foreach @sessions;
close_session($_) foreach @sessions;
is_exact('booked by four at once');
is(on_coordinator("SELECT participant FROM ($bookings) AS b WHERE service = 'ict' GROUP BY 1 HAVING sum(amount) > 1000"), '', 'no cap is exceeded');
on_coordinator('DELETE FROM finance.line WHERE id > 1999999');
is_exact('deleted');

# Shards do not go while a query stands on them.
sub shard_of { my ($municipality) = @_; return on_coordinator("SELECT get_shard_id_for_distribution_column('finance.header', '$municipality')"); }
sub move_of
{
	my ($municipality, $mode) = @_;
	return on_coordinator(q{SELECT format('SELECT citus_move_shard_placement(%s, %L, %s, %L, %s, %L)', shardid, s.nodename, s.nodeport, n.nodename, n.nodeport, '} . $mode . q{')
		FROM citus_shards AS s, pg_dist_node AS n WHERE s.shardid = } . shard_of($municipality) . q{ AND n.groupid <> 0 AND n.nodeport <> s.nodeport ORDER BY n.nodeport LIMIT 1});
}
my $words = qr/ERROR:  table "finance\.line(_\d+)?" cannot be moved, split or distributed anew while a query of bookings begins with it.*HINT:  Call steering.detach\(\) for it on the coordinator/s;
foreach my $mode (qw(block_writes force_logical))
{
	on_coordinator("ALTER TABLE finance.$_ REPLICA IDENTITY FULL") foreach $mode eq 'force_logical' ? qw(other plain) : ();
	is_told($coordinator, move_of('north', $mode), $words, "move, $mode");
	is_exact("not moved, $mode");
	is_told($coordinator, "SELECT isolate_tenant_to_new_shard('finance.header', 'south', 'CASCADE', shard_transfer_mode => '$mode')", $words, "split, $mode");
	is_exact("not split, $mode");
}
on_coordinator('CALL citus_cleanup_orphaned_resources()');
is_exact('what Citus had begun is gone');
is_told($coordinator, "SELECT undistribute_table('finance.line')", qr/$words|ERROR:  .*involved in a distributed deadlock/, 'undistribute_table() of the first table');
is_told($coordinator, "SELECT undistribute_table('finance.header')", qr/ERROR:  .*would break the query of source "finance.line_\d+_booking"/, 'undistribute_table() of another table');
is_told($coordinator, "SELECT undistribute_table('finance.product')", qr/ERROR:  .*would break the query of source "finance.line_\d+_booking"/, 'undistribute_table() of a reference table');
is_told($coordinator, "SELECT alter_distributed_table('finance.$_', shard_count => 6, cascade_to_colocated => false)", qr/ERROR:  /, "alter_distributed_table() of $_") foreach qw(line header);
is_told($coordinator, "SELECT alter_distributed_table('finance.line', shard_count => 6, cascade_to_colocated => true)", qr/ERROR:  /, 'alter_distributed_table() of all');
is_exact('all stand where they stood');
is_told($coordinator, 'DROP TABLE finance.header', qr/ERROR:  .*would break the query of source/, 'DROP TABLE of another table');
is_told($coordinator, 'ALTER TABLE finance.header DROP COLUMN status', qr/ERROR:  .*would break the query of source/, 'a column that is read is dropped');
on_coordinator('SET citus.multi_shard_modify_mode = sequential; ALTER TABLE finance.header ADD COLUMN remark text; ALTER TABLE finance.line RENAME COLUMN net TO amount; ALTER TABLE finance.line RENAME COLUMN amount TO net');
is_exact('a column more, and one renamed');

# A node that joins takes no shards either.
my $fourth = start_citus();
add_citus('postgres', $fourth);
create_rules($fourth);
is_told($coordinator, "SELECT rebalance_table_shards('finance.line', shard_transfer_mode => 'block_writes')", $words, 'rebalance');
is_exact('not rebalanced');

# The end, and again.
on_coordinator("SELECT steering.detach('finance.line')");
is(join('', map { $_->safe_psql('postgres', q{SELECT * FROM steering.health(); SELECT participant, used FROM steering.cap_status WHERE used <> 0;
	SELECT relation FROM steering.source; SELECT source_id FROM steering.query; SELECT tgname FROM pg_trigger WHERE tgname LIKE 'sp71%' AND tgrelid::regclass::text LIKE 'finance.%';
	SELECT relname FROM pg_class WHERE relname LIKE '%booking' AND relnamespace = 'finance'::regnamespace}) } @nodes), '', 'detached: nothing is left on any node');
is_refused($coordinator, "SELECT steering.detach('finance.line')", '42704', 'detached twice');
on_coordinator("INSERT INTO finance.line VALUES ('north', 107, 1, 'laptop', 5000); DELETE FROM finance.line WHERE id = 107");
on_coordinator(q{SELECT citus_set_node_property('127.0.0.1', } . $coordinator->port . q{, 'shouldhaveshards', true);
	SELECT rebalance_table_shards('finance.line', shard_transfer_mode => 'block_writes')});
on_coordinator('CALL citus_cleanup_orphaned_resources()');
on_coordinator("SELECT steering.attach_query(\$\$$bookings\$\$, name => 'booked')");
is_exact('attached again after rebalancing');
like($fourth->safe_psql('postgres', 'SELECT string_agg(relation::text, E\'\n\') FROM steering.source'), qr/^finance\.booked_\d+$/m, 'also on the node that joined, by the name that was given');
like($coordinator->safe_psql('postgres', 'SELECT string_agg(relation::text, E\'\n\') FROM steering.source'), qr/^finance\.booked_\d+$/m, 'and on the coordinator, where it has shards');
on_coordinator("INSERT INTO finance.line VALUES ('$_', 108, 1, 'laptop', 2)") foreach @municipalities;
is_exact('booked there');
on_coordinator('TRUNCATE finance.line');
is_exact('TRUNCATE');
on_coordinator("INSERT INTO finance.line VALUES ('$_', 109, 1, 'laptop', 2)") foreach @municipalities;
on_coordinator('DROP TABLE finance.line');
is(join('', map { $_->safe_psql('postgres', 'SELECT participant, used FROM steering.cap_status WHERE used <> 0; SELECT relation FROM steering.source; SELECT source_id FROM steering.query') } @nodes), '', 'dropped: no node counts anything');

# Names as they come, both stages, several queries of one table, and what cannot be proven.
on_coordinator(q{
	CREATE TABLE "Line 1" ("Where" text, id int, "order" boolean, kind text, net numeric(14,2), PRIMARY KEY ("Where", id));
	CREATE TABLE kind_2 ("Where" text, code text, service text);
	SELECT create_distributed_table('"Line 1"', 'Where');
	SELECT create_distributed_table('kind_2', 'Where', colocate_with => '"Line 1"');
	INSERT INTO kind_2 SELECT code, 'k''s', 'ict' FROM steering.participant WHERE parent IS NOT NULL;
	INSERT INTO "Line 1" SELECT code, n, n % 2 = 0, 'k''s', n FROM steering.participant, generate_series(1, 9) AS n WHERE parent IS NOT NULL;
	BEGIN;
	SELECT steering.attach_query($$SELECT service, "Line 1"."Where" AS participant, date '2026-05-01' AS booked_on, net AS amount,
		CASE WHEN "order" THEN 'commitment' ELSE 'actual' END AS stage FROM "Line 1"
		JOIN kind_2 ON kind_2."Where" = "Line 1"."Where" AND code = kind WHERE kind = 'k''s'$$, promise_unique => '{kind_2}', headers => '{kind_2}');
	SELECT steering.attach_query($$SELECT 'hr' AS service, "Where"::varchar AS participant, date '2026-05-01' AS booked_on, net AS amount FROM "Line 1"$$, name => 'More');
	COMMIT;
});
is(wrong_on_nodes(), '', 'two queries: all nodes are in order');
is(used_on_nodes(), join(' ', map { "$_ 45.00" } @municipalities), 'both stages count');
on_coordinator(q{UPDATE "Line 1" SET "order" = NOT "order", net = net + 1});
is(used_on_nodes(), join(' ', map { "$_ 54.00" } @municipalities), 'changed');
is_refused($coordinator, q{INSERT INTO kind_2 VALUES ('north', 'k''s', 'hr')}, '21000', 'a second match that was promised not to come');
is(wrong_on_nodes(), '', 'two queries that are followed: all nodes are in order');
on_coordinator(q{SELECT steering.detach('"Line 1"')});
is(join('', map { $_->safe_psql('postgres', 'SELECT * FROM steering.health(); SELECT participant, used FROM steering.cap_status WHERE used <> 0; SELECT relation FROM steering.source') } @nodes), '', 'both have ended');

# Who owns a table and may not attach it asks for nothing with a function of his own, whatever he calls that.
on_coordinator(q{CREATE ROLE other_owner LOGIN; CREATE SCHEMA theirs AUTHORIZATION other_owner});
on_coordinator(q{
	SET ROLE other_owner;
	CREATE TABLE theirs.line (municipality text, net numeric(14,2));
	SELECT create_distributed_table('theirs.line', 'municipality');
	INSERT INTO theirs.line VALUES ('north', 5000);
	CREATE FUNCTION theirs.follow_query() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
	SET citus.enable_unsafe_triggers = on;
	SET citus.multi_shard_modify_mode = sequential;
	CREATE TRIGGER sp71_steering_query1 BEFORE DELETE ON theirs.line FOR EACH STATEMENT EXECUTE FUNCTION theirs.follow_query(
		'{"query": "SELECT ''ict'' AS service, municipality AS participant, date ''2026-03-15'' AS booked_on, net AS amount FROM theirs.line",
		"stage": "actual", "unknown": "refuse", "accept_overrun": true, "headers": [], "promise_unique": []}');
});
is(join('', map { $_->safe_psql('postgres', 'SELECT relation FROM steering.source') } @nodes), '', 'a trigger with a function of others makes no source');
is(used_on_nodes(), join(' ', map { "$_ 0.00" } @municipalities), 'and nothing counts');
is_told($coordinator, q{SET ROLE other_owner; SET citus.enable_unsafe_triggers = on;
	CREATE TRIGGER sp71_steering_query2 BEFORE DELETE ON theirs.line FOR EACH STATEMENT EXECUTE FUNCTION steering.follow_query('{}')},
	qr/ERROR:  permission denied/, 'with ours he makes none');

# Tables of a schema that Citus has put on one node, without a column by which they are distributed.
on_coordinator(q{
	SET citus.enable_schema_based_sharding = on;
	CREATE SCHEMA tenant;
	CREATE TABLE tenant.header (id int PRIMARY KEY, day date NOT NULL);
	CREATE TABLE tenant.line (id int PRIMARY KEY, header_id int NOT NULL, net numeric(14,2) NOT NULL);
	INSERT INTO tenant.header VALUES (1, '2026-03-15');
	INSERT INTO tenant.line VALUES (1, 1, 7);
	SELECT steering.attach_query($$SELECT 'ict' AS service, 'east' AS participant, h.day AS booked_on, l.net AS amount
		FROM tenant.line l JOIN tenant.header h ON h.id = l.header_id$$);
	INSERT INTO tenant.line VALUES (2, 1, 3);
});
is(used_on_nodes(), 'east 10.00 north 0.00 south 0.00 west 0.00', 'a query in a schema counts');
is_refused($coordinator, 'UPDATE tenant.line SET net = net + 496', '23S71', 'too much there');
is_told($coordinator, q{SELECT citus_schema_move('tenant', n.nodename, n.nodeport, 'block_writes') FROM pg_dist_node AS n
	WHERE n.nodeport <> (SELECT nodeport FROM citus_shards WHERE table_name = 'tenant.line'::regclass) LIMIT 1},
	qr/ERROR:  table "tenant.line" cannot be moved/, 'the schema is moved');
is(wrong_on_nodes(), '', 'a query in a schema: all nodes are in order');
on_coordinator("SELECT steering.detach('tenant.line')");
is(used_on_nodes(), join(' ', map { "$_ 0.00" } @municipalities), 'which has ended');

$_->stop foreach reverse @nodes;
done_testing();
