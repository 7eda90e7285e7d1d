# What the tests of several servers share: a coordinator and nodes, what carries changes to them, and a reader over all.
package ScaleOut;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;
use SteeringTest;
use Test::More;

our @EXPORT = qw(start_nodes act set_patience with_patience on_all total_of events_of ledger_faults is_sound book_on book_rest read_all open_all take_all_back);

# What carries rows of the outbox to the nodes, as two-phase commit of a distributed database does: carry() has each node apply and
# prepare the change before the coordinator commits, deliver() ends that afterwards. A node in public.away is left out.
my $carrier = q{
	CREATE TABLE public.away (node_id integer);
	CREATE FUNCTION public.carry() RETURNS trigger LANGUAGE plpgsql AS $$
	DECLARE
		receiver record;
	BEGIN
		FOR receiver IN SELECT * FROM steering.node AS n
			WHERE n.node_id > 0 AND NOT EXISTS (SELECT FROM public.away AS a WHERE a.node_id = n.node_id)
		LOOP
			PERFORM dblink_exec(receiver.connection, format(
				'BEGIN; INSERT INTO steering.outbox VALUES (%s, %L); PREPARE TRANSACTION %L',
				NEW.number, NEW.body, 'change_' || NEW.number));
		END LOOP;
		RETURN NULL;
	END $$;
	CREATE CONSTRAINT TRIGGER carry AFTER INSERT ON steering.outbox DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION public.carry();
	CREATE FUNCTION public.deliver() RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		receiver record;
		change text;
	BEGIN
		FOR receiver IN SELECT * FROM steering.node AS n
			WHERE n.node_id > 0 AND NOT EXISTS (SELECT FROM public.away AS a WHERE a.node_id = n.node_id)
		LOOP
			FOR change IN SELECT gid FROM dblink(receiver.connection,
				$q$SELECT gid FROM pg_prepared_xacts WHERE gid LIKE 'change\_%'$q$) AS prepared (gid text)
			LOOP
				PERFORM dblink_exec(receiver.connection, format('%s PREPARED %L', CASE WHEN EXISTS (
					SELECT FROM steering.outbox WHERE 'change_' || number = change) THEN 'COMMIT' ELSE 'ROLLBACK' END, change));
			END LOOP;
		END LOOP;
	END $$};

# A coordinator and so many nodes more, with registers, these caps (SQL of set_cap()), and a finance table on each. Returns the
# servers, the coordinator first. Options: those of start_node(), version => of the extension, prefix => of their names outside.
sub start_nodes
{
	my ($count, $caps, %option) = @_;
	my $settings = "max_prepared_transactions = 10\njit = off\n";
	my $version = $option{version} ? "VERSION '$option{version}'" : '';
	my @nodes = map { start_node(($option{prefix} || '') . "server$_", %option, settings => $settings . ($option{settings} || '')) } 0 .. $count;
	my $head = $nodes[0];

	create_registers($head, undef, $option{version});
	$_->safe_psql('postgres', "CREATE EXTENSION sp71_steering $version") foreach @nodes[ 1 .. $count ];
	$_->safe_psql('postgres', 'CREATE EXTENSION dblink') foreach @nodes;
	$head->safe_psql('postgres', $caps);
	$head->safe_psql('postgres', sprintf q{SELECT steering.scale_out($$%s$$)}, $head->connstr('postgres'));
	$head->safe_psql('postgres', sprintf q{SELECT steering.add_node('server%d', $$%s$$)}, $_, $nodes[$_]->connstr('postgres'))
	  foreach 1 .. $count;
	$head->safe_psql('postgres', $carrier);
	create_source($_) foreach @nodes;
	return @nodes;
}

# An act on the coordinator, carried to the nodes. Returns what it says as errors.
sub act
{
	my ($head, $sql) = @_;
	my ($status, $stdout, $stderr) = $head->psql('postgres', $sql);

	$head->safe_psql('postgres', 'SELECT public.deliver()');
	return $stderr;
}

# How many milliseconds servers wait for each other, in all sessions: once a new one has the setting, the others have been told.
sub set_patience
{
	my ($milliseconds, @nodes) = @_;

	foreach my $node (@nodes)
	{
		$node->append_conf('postgresql.conf', "sp71_steering.node_timeout = $milliseconds");
		$node->reload;
		$node->poll_query_until('postgres', "SELECT current_setting('sp71_steering.node_timeout') = '$milliseconds'") or die 'not reloaded';
	}
}

# Runs checks while servers wait for each other so long: such that they do not wait for what does not come.
sub with_patience
{
	my ($milliseconds, $checks, @nodes) = @_;
	my $former = $nodes[0]->safe_psql('postgres', q{SHOW sp71_steering.node_timeout});

	set_patience($milliseconds, @nodes);
	$checks->();
	set_patience($former, @nodes);
}

# What a query says on each server.
sub on_all
{
	my ($sql, @nodes) = @_;

	return map { $_->safe_psql('postgres', $sql) } @nodes;
}

# The SQL of what stands in the finance table under a cap: 'service', or 'service/municipality'.
sub total_sql
{
	my ($service, $municipality) = split /\//, $_[0];

	return q{SELECT coalesce(sum(net_amount), 0) FROM finance.invoice_line}
	  . qq{ WHERE product LIKE '$service%' AND municipality LIKE '} . ($municipality || '%') . q{' AND status <> 'draft'};
}

# What is booked under a cap on all servers together.
sub total_of
{
	my ($cap, @nodes) = @_;
	my $total = 0;

	$total += $_ foreach on_all(total_sql($cap), @nodes);
	return sprintf '%.2f', $total;
}

# How often events of a kind were recorded on all servers together.
sub events_of
{
	my ($kind, @nodes) = @_;
	my $events = 0;

	$events += $_ foreach on_all("SELECT count(*) FROM steering.event WHERE kind = '$kind'", @nodes);
	return $events;
}

# Sessions on all servers.
sub open_all { return map { open_session($_) } @_; }

# Deletes all bookings, in sessions on all servers, and what they have open: first what lowers usage, so that the rest fits.
sub take_all_back
{
	my (@sessions) = @_;

	foreach my $sql ('ROLLBACK', 'DELETE FROM finance.invoice_line WHERE net_amount > 0', 'DELETE FROM finance.invoice_line')
	{
		foreach my $session (@sessions)
		{
			my ($output, $errors) = run_in($session, $sql);

			die "not taken back: $errors" if $errors =~ /ERROR/;
		}
	}
}

# What is booked under caps, by a reader to whom all servers stand still: nobody else writes the finance table of any server when it
# reads the first. Takes sessions; returns totals by cap.
sub read_all
{
	my ($sessions, @caps) = @_;
	my %total = map { $_ => 0 } @caps;

	run_in($_, 'BEGIN; LOCK TABLE finance.invoice_line IN SHARE MODE') foreach @$sessions;
	foreach my $session (@$sessions)
	{
		$total{$_} += run_in($session, total_sql($_)) foreach @caps;
	}
	run_in($_, 'COMMIT') foreach @$sessions;
	return %total;
}

# The invariants of lending between transactions, one fault a line: no node believes in more than the ledger has, not two are alone,
# what was lent is not over the block threshold, and nobody uses more than he may.
sub ledger_faults
{
	my (@nodes) = @_;
	my ($head) = @nodes;
	my %lent = map { my ($cap, $node, $ceiling) = split /\|/, $_, -1; ("$cap|$node" => $ceiling) } split /\n/,
	  $head->safe_psql('postgres', 'SELECT cap_id, node_id, ceiling FROM steering.lent');
	my (@faults, %alone, %sum, %unknown);

	foreach my $n (0 .. $#nodes)
	{
		my $allotments = $nodes[$n]->safe_psql('postgres', q{
			SELECT a.cap_id, a.ceiling, a.elsewhere, (SELECT sum(used) FROM steering.cap_counter AS c WHERE c.cap_id = a.cap_id)
			FROM steering.allotment AS a});
		foreach (split /\n/, $allotments)
		{
			my ($cap, $ceiling, $elsewhere, $used) = split /\|/, $_, -1;
			my $lent = $lent{"$cap|$n"};

			$alone{$cap}++ if $elsewhere ne '';
			push @faults, "cap $cap: node $n is alone, the ledger has $lent" if $elsewhere ne '' && defined $lent && $lent ne '';
			push @faults, "cap $cap: node $n may use $ceiling, the ledger has $lent"
			  if $ceiling ne '' && defined $lent && $lent ne '' && $ceiling > $lent;
			push @faults, "cap $cap: node $n uses $used, the ledger has $lent" if defined $lent && $lent ne '' && $used > $lent;
		}
	}
	foreach (keys %lent)
	{
		my ($cap) = split /\|/;
		$lent{$_} eq '' ? $unknown{$cap}++ : ($sum{$cap} += $lent{$_});
	}
	foreach my $cap (grep { !$unknown{$_} } keys %sum)
	{
		my $block = $head->safe_psql('postgres', "SELECT blocks_at FROM steering.cap_status WHERE cap_id = $cap");
		push @faults, "cap $cap: $sum{$cap} is lent, it blocks at $block" if $block ne '' && sprintf('%.4f', $sum{$cap}) > $block;
	}
	push @faults, map { "cap $_: $alone{$_} nodes are alone" } grep { $alone{$_} > 1 } keys %alone;
	return join "\n", sort @faults;
}

# All that must hold when nothing runs: nobody is over, the ledger is sound, counters equal bookings.
sub is_sound
{
	my ($name, $limits, @nodes) = @_;

	foreach my $cap (sort keys %$limits)
	{
		cmp_ok(total_of($cap, @nodes), '<=', $limits->{$cap}, "$name: $cap is not over");
	}
	is(ledger_faults(@nodes), '', "$name: no node may more than the ledger has");
	is(join("\n", grep { $_ ne '' } on_all('SELECT * FROM steering.verify()', @nodes)), '', "$name: verify() finds no difference");
}

# Books in a session; returns 'booked', or the SQLSTATE.
sub book_on
{
	my ($session, $product, $municipality, $amount) = @_;
	my ($output, $errors) = run_in($session, book($product, $municipality, $amount));

	return $errors =~ /ERROR:  (\w{5})/ ? $1 : 'booked';
}

# Books until nothing fits: pieces, each half of the one before when it is refused, on servers in turn, down to the smallest unit.
# Nobody else books, so nothing but a refusal may be in the way. Returns what was in the way else.
sub book_rest
{
	my ($sessions, $product, $piece, $municipality) = @_;
	my ($turn, $refused) = (0, 0);
	my @ways;

	while ($piece >= 0.01)
	{
		my $way = book_on($sessions->[ $turn++ % @$sessions ], $product, $municipality || 'north', sprintf '%.2f', $piece);

		push @ways, $way if $way ne 'booked' && $way ne '23S71';
		last if @ways > 20;
		$refused = $way eq 'booked' ? 0 : $refused + 1;
		next if $refused < @$sessions;
		last if $piece <= 0.01;
		$piece = $piece / 2 < 0.01 ? 0.01 : int($piece * 50) / 100;
		$refused = 0;
	}
	return join ' ', @ways;
}

1;
