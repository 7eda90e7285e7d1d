# Runs a list of statements (see RandomSchema.pm) in a database of its own and judges what it sees by what
# plain SQL says of the finance tables; and makes a list that fails shorter as long as it fails.
#
# A statement is { session, sql, kind, excuse }. With one session every statement is judged: what was
# accepted, and what was refused, by running it again with the refusal put off. With several the end is.
package RandomRun;

use strict;
use warnings;

use Exporter 'import';
use IO::Handle;
use IO::Select;
use IPC::Open3;
use POSIX ();
use RandomSchema;
use Symbol 'gensym';
use Time::HiRes qw(time);

our @EXPORT = qw(run_list shrink_list script_of open_psql close_psql send_sql wait_for %seen %messages);

# How often what happened, over all lists.
our %seen;
our %messages;

# What may happen to random statements: refusals of ours; values, keys and constraints that do not fit;
# objects that another statement dropped or made; conflicts; what a transaction does after an error.
my %allowed = map { $_ => 1 } qw(
  23S71 23S72 23S73 22003 22001 22004 22007 22008 22012 22023 22P02 22000 2202E 23502 23503 23505 23514 24000 21000 27000 TR001 P0001
  2BP01 3B001 25P02 25001 34000 40001 40P01 55P03 55006 42P01 42P07 42P16 42P17 42601 42611 42701 42703 42704 42710 42804 42809 42846
  42883 428C9 0A000 42P10 42P18);

# What would be allowed by its SQLSTATE, and is not.
my $suspicious = qr/has booking triggers but is not attached|cache lookup|could not open relation with OID|tuple concurrently|could not write|unexpected/;

sub fail { my ($kind, $text) = @_; die { kind => $kind, text => $text }; }

# A session: psql at the other end of pipes.
sub open_psql
{
	my ($node, $database, $name) = @_;
	my $errors = gensym;
	my $pid = open3(my $in, my $out, $errors, 'psql', '-XAtq', '-F', '|', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never',
		'-h', $node->host, '-p', $node->port, '-d', $database);

	binmode $_ foreach $in, $out, $errors;
	$in->blocking(0);
	return { name => $name, pid => $pid, in => $in, out => $out, err => $errors, select => IO::Select->new($out, $errors),
		busy => 0, unsent => '', output => '', errors => '' };
}

sub close_psql
{
	my ($session) = @_;

	close $session->{in};
	close $session->{out};
	close $session->{err};
	waitpid $session->{pid}, 0;
}

# Sends a statement, without waiting for what comes of it. What does not fit into the pipe is sent by wait_for(): psql
# does not read on while nobody reads what it prints.
sub send_sql
{
	my ($session, $sql) = @_;

	$session->{output} = $session->{errors} = '';
	$session->{busy} = 1;
	$session->{unsent} = "$sql\n;\n\\echo #done#\n\\warn #done#\n";
	push_sql($session);
}

# Sends as much as fits.
sub push_sql
{
	my ($session) = @_;

	local $SIG{PIPE} = 'IGNORE';
	while ($session->{unsent} ne '')
	{
		my $length = syswrite $session->{in}, $session->{unsent} or return;

		substr($session->{unsent}, 0, $length, '');
	}
}

# Reads what comes until the statement is through, or the time is over. Returns whether it is through.
sub wait_for
{
	my ($session, $seconds) = @_;
	my $end = time() + $seconds;

	while ($session->{busy})
	{
		my $left = $end > time() ? $end - time() : 0;

		foreach my $handle ($session->{select}->can_read($session->{unsent} ne '' && $left > 0.01 ? 0.01 : $left))
		{
			my $stream = $handle == $session->{out} ? 'output' : 'errors';

			next if sysread $handle, $session->{$stream}, 65536, length $session->{$stream};
			1 while sysread $session->{err}, $session->{errors}, 65536, length $session->{errors};
			fail('crash', "psql of session $session->{name} ended: $session->{errors}");
		}
		push_sql($session);
		$session->{busy} = 0
		  if $session->{output} =~ /^#done#\n\z/m && $session->{errors} =~ /^#done#\n\z/m;
		return 0 if $session->{busy} && time() >= $end;
	}
	$session->{$_} =~ s/^#done#\n\z//m foreach qw(output errors);
	return 1;
}

# The SQLSTATE of what a session ran last, or nothing; with a look at what it printed.
sub sqlstate
{
	my ($session, $sql) = @_;
	my $errors = $session->{errors};

	fail('crash', $errors) if $errors =~ /server closed the connection|PANIC|TRAP|^(?:psql: )?FATAL:  (?!57P0)/m;
	fail('leak', $errors) if $errors =~ /^WARNING:  (?:01000|XX\w{3}): .*(?:leak|not closed|still referenced|unexpected)/m;
	my ($state, $message) = $errors =~ /^ERROR:  (\w{5}): (.*)$/m or return '';
	$seen{$state}++;
	$messages{ $message =~ s/"[^"]*"|\d+//gr }++;
	fail("error $state " . ($message =~ s/"[^"]*"|\d+//gr), "$sql\n$errors") if !$allowed{$state} || $message =~ $suspicious;
	return $state;
}

# Runs a statement to its end. Returns its SQLSTATE, nothing when it worked.
sub run_sql
{
	my ($session, $sql) = @_;

	send_sql($session, $sql);
	wait_for($session, 60) or fail('hang', $sql);
	return sqlstate($session, $sql);
}

# Runs a query that has to work.
sub query
{
	my ($session, $sql) = @_;
	my $state = run_sql($session, $sql);

	fail("query fails $state", "$sql\n$session->{errors}") if $state ne '';
	return $session->{output};
}

# The usage of all caps as the finance tables have it: cap => [actual, threshold, revision]. Stored usage
# must be the same.
sub read_usage
{
	my ($session, $where) = @_;
	my %usage;

	foreach my $line (split /\n/, query($session, 'SELECT * FROM oracle.usage()'))
	{
		my ($cap, $actual, $stored, $blocks_at, $revision) = split /\|/, $line, -1;

		fail('stored usage differs', "cap $cap: stored $stored, bookings $actual, after: $where") if $stored eq '' || $actual != $stored;
		$usage{$cap} = [ $actual, $blocks_at, $revision ];
	}
	return \%usage;
}

# The caps that a change overruns: raised, and above the threshold.
sub overrun
{
	my ($before, $after, $same_revision) = @_;
	my @caps;

	foreach my $cap (sort { $a <=> $b } keys %$after)
	{
		my ($actual, $blocks_at, $revision) = @{ $after->{$cap} };
		my $was = $before->{$cap};

		next if $blocks_at eq '' || $actual <= $blocks_at;
		next if $same_revision && (!$was || $was->[2] != $revision);
		push @caps, $cap if !$was || $actual > $was->[0] || $was->[1] eq '' || ($was->[1] > $blocks_at);
	}
	return @caps;
}

sub describe
{
	my ($before, $after, @caps) = @_;

	return join '; ', map {
		"cap $_: threshold " . $after->{$_}[1] . ', usage ' . ($before->{$_} ? $before->{$_}[0] : '(none)') . " -> $after->{$_}[0]"
	} @caps;
}

# Judges a refusal: the same statement, with the caps not looked at until commit, would have exceeded the
# cap that refused it.
sub judge_refusal
{
	my ($state, $item, $in_transaction) = @_;
	my $session = $state->{session};
	my ($cap) = $session->{errors} =~ /^ERROR: .*?^CONSTRAINT NAME:  (\d+)$/ms or return;

	fail('refused before commit', "$item->{sql}\n$session->{errors}") if $in_transaction && $state->{check_at} eq 'commit' && !$state->{nested} && $item->{kind} eq 'dml';
	return if $state->{nested} || $item->{kind} ne 'dml' || $item->{sql} =~ /^(?:DO|SET)/;
	my $text = $session->{errors};
	query($session, $in_transaction ? 'SAVEPOINT again' : 'BEGIN');
	query($session, 'SET LOCAL sp71_steering.check_at = commit');
	if (run_sql($session, $item->{sql}) eq '')
	{
		my $after = read_usage($session, "$item->{sql} (check_at = commit)");

		$seen{'refusals judged'}++;
		fail('refused without reason', "$item->{sql}\n$text\n" . describe($state->{usage}, $after, $cap))
		  unless grep { $_ == $cap } overrun($state->{usage}, $after, 1);
		my ($refusal) = $text =~ /^(ERROR: .*)/ms;	# a warning before it names caps, too
		my $named = join ' ', sort { $a <=> $b } $refusal =~ /^(?:DETAIL:  )?Cap (\d+)/mg;
		my $expected = join ' ', sort { $a <=> $b } overrun($state->{usage}, $after, 1);
		fail('other caps named than refuse', "$item->{sql}\n$text\n$expected") if $named ne $expected && $text !~ /^\d+ more cap/m;
	}
	query($session, $in_transaction ? 'ROLLBACK TO again; RELEASE again' : 'ROLLBACK');
}

# Judges what came of a MERGE: it is refused by a partitioned table of a source, and by no other.
sub judge_merge
{
	my ($state, $sql, $error, $text) = @_;
	my ($place) = $sql =~ /^MERGE INTO (\w+)/ or return;
	my $refused = $text =~ /cannot execute MERGE on relation/;

	return if $state->{aborted} || $error ne '' && !$refused;
	my $source = query($state->{session}, "SELECT oid FROM pg_class WHERE relkind = 'p' AND oid = to_regclass('$place')"
		  . ' AND oid IN (SELECT relation FROM steering.source_table UNION ALL SELECT relid FROM steering.query_table, pg_partition_tree(relation))');
	$seen{'MERGEs refused'}++ if $refused;
	$seen{'MERGEs that worked'}++ if !$refused;
	fail('MERGE refused without reason', "$sql\n$text") if $refused && $source eq '';
	fail('MERGE into a partitioned source', $sql) if !$refused && $source ne '';
}

# Runs one statement of a single session and judges it.
sub run_judged
{
	my ($state, $item) = @_;
	my $session = $state->{session};
	my $sql = $item->{sql};
	my $probe = $state->{in_transaction} && !$state->{aborted} && $state->{probing} && $item->{kind} ne 'control';

	query($session, 'SAVEPOINT probe') if $probe;
	my $error = run_sql($session, $sql);
	my $text = $session->{errors};
	$seen{'statements that worked'}++ if $error eq '' && $item->{kind} eq 'dml';
	$seen{'joins attached'}++ if $error eq '' && $sql =~ /attach_query/;
	if ($error ne '')
	{
		$state->{aborted} = 1 if $state->{in_transaction};
		if ($probe)
		{
			query($session, 'ROLLBACK TO probe; RELEASE probe') if $probe;
			$state->{aborted} = 0;
			$session->{errors} = $text;
		}
		judge_refusal($state, $item, $state->{in_transaction}) if $error =~ /^23S7[12]/ && !$state->{aborted} && $sql !~ /^(?:COMMIT|PREPARE)/;
	}
	elsif ($probe)
	{
		query($session, 'RELEASE probe');
	}
	judge_merge($state, $sql, $error, $text);
	follow_transaction($state, $item, $error);
}

# Follows where the session stands after a statement, and judges what the statement or the transaction did.
sub follow_transaction
{
	my ($state, $item, $error) = @_;
	my $session = $state->{session};
	my $sql = $item->{sql};
	my $before = $state->{usage};

	if ($sql =~ /^BEGIN/ && !$state->{in_transaction})
	{
		@$state{qw(in_transaction aborted excused mixed start)} = (1, 0, 0, 0, $before);
		return;
	}
	$state->{aborted} = 0 if $sql =~ /^ROLLBACK TO/ && $error eq '';
	$state->{check_at} = $1 if $sql =~ /check_at = '?(\w+)/ && $error eq '' && !$state->{aborted};
	$state->{mixed} = 1 if $sql =~ /check_at/ || $item->{kind} =~ /^(?:ddl|cap|register)$/;
	$state->{excused} = 1 if $item->{excuse};
	if ($sql =~ /^(?:COMMIT|ROLLBACK|PREPARE TRANSACTION)(?! PREPARED| TO)/ && $state->{in_transaction})
	{
		judge_end($state, $sql, $error);
		$state->{prepared} = $sql =~ /^PREPARE/ && $error eq '' && !$state->{aborted};
		@$state{qw(in_transaction aborted check_at)} = (0, 0, query($session, 'SHOW sp71_steering.check_at') =~ s/\n//r);
		$state->{usage} = read_usage($session, $sql) unless $state->{prepared};
		return;
	}
	$state->{prepared} = 0 if $sql =~ / PREPARED / && $error eq '';
	return if $state->{aborted} || $state->{prepared};
	$state->{usage} = read_usage($session, $sql);
	my @caps = $error eq '' && !$item->{excuse} && $state->{check_at} eq 'statement' && $sql !~ /TRUNCATE|^ROLLBACK|PREPARED/
	  ? overrun($before, $state->{usage}) : ();
	fail('overrun by a statement', "$sql\n" . describe($before, $state->{usage}, @caps)) if @caps;
	@caps = $state->{in_transaction} || $error ne '' || $item->{excuse} || $sql =~ /PREPARED/ ? () : overrun($before, $state->{usage});
	fail('overrun by a statement', "$sql\n" . describe($before, $state->{usage}, @caps)) if @caps;
}

# Judges the end of a transaction: it was accepted or refused by its net effect.
sub judge_end
{
	my ($state, $sql, $error) = @_;

	return if $state->{aborted} || $sql =~ /^ROLLBACK/;
	my @caps = overrun($state->{start}, $state->{usage}, 1);
	if ($error eq '')
	{
		fail('overrun by a transaction', describe($state->{start}, $state->{usage}, @caps)) if @caps && !$state->{excused};
		$seen{'transactions judged'}++;
		return;
	}
	return unless $error =~ /^23S7[12]/;
	$seen{'refusals at commit'}++;
	return if @caps || $state->{nested} || $state->{mixed};
	fail('refused at commit without reason', "$state->{session}{errors}\n" . describe($state->{start}, $state->{usage}, keys %{ $state->{usage} }));
}

# What must hold when all is done.
sub judge_all
{
	my ($session, $excused) = @_;
	my $usage = read_usage($session, 'all');
	my @caps = grep { $usage->{$_}[1] ne '' && $usage->{$_}[0] > $usage->{$_}[1] } keys %$usage;

	fail('overrun', describe($usage, $usage, @caps)) if @caps && !$excused;
	fail('verify', $session->{output}) if query($session, 'SELECT * FROM steering.verify()') ne '';
	my $differ = query($session, q{
		WITH ours AS (SELECT source::regclass, service, participant, booked_on AS day, sum(amount) AS amount, sum(volume) AS volume, count(*) AS n
				FROM steering.booking GROUP BY 1, 2, 3, 4),
			oracle AS (SELECT source, service, participant, day, sum(amount) AS amount, sum(volume) AS volume, count(*) AS n
				FROM oracle.booking() GROUP BY 1, 2, 3, 4)
		(SELECT 'booking', * FROM (TABLE ours EXCEPT TABLE oracle) a) UNION ALL (SELECT 'oracle', * FROM (TABLE oracle EXCEPT TABLE ours) b)});
	fail('view booking', $differ) if $differ ne '';
	my $health = query($session, "SELECT subject, problem, detail FROM steering.health() WHERE problem <> 'unlogged' AND problem NOT LIKE '%ignored%' AND problem NOT IN ('bookings outside caps', 'rows round to zero')"
		  . " AND problem !~ '^(participant|service) '"
		  . ($excused ? " AND problem <> 'overrun'" : ''));
	fail('health', $health) if $health ne '' && $health !~ /part of another table/;
	query($session, 'SELECT steering.compact()');
	fail('verify after compact', $session->{output}) if query($session, 'SELECT * FROM steering.verify()') ne '';
}

# Runs the statements of one session.
sub run_single
{
	my ($session, $probing, $nested, @list) = @_;
	my %state = (session => $session, probing => $probing, nested => $nested, in_transaction => 0, aborted => 0, check_at => 'statement',
		usage => {}, start => {}, mixed => 0, excused => 0);
	my $ready = 0;

	foreach my $item (@list)
	{
		if ($item->{kind} eq 'setup' && $item->{sql} !~ /^SELECT steering/)
		{
			run_sql($session, $item->{sql});
			next;
		}
		run_judged(\%state, $item);
	}
	run_sql($session, 'ROLLBACK') if $state{in_transaction};
}

# Runs the statements of several sessions: one that waits is left behind, and its next ones come later.
sub run_several
{
	my ($sessions, @list) = @_;
	my @queues = map { [] } @$sessions;

	while (@list && $list[0]{kind} eq 'setup')
	{
		run_sql($sessions->[0], (shift @list)->{sql});
	}
	foreach my $item (@list, undef)
	{
		push @{ $queues[ $item->{session} ] }, $item if $item;
		my $end = time() + 60;
		do
		{
			foreach my $session (@$sessions)
			{
				my $queue = $queues[ $session->{name} ];

				if ($session->{busy})
				{
					wait_for($session, 0.002) or next;
					sqlstate($session, $session->{sql});
				}
				if (@$queue)
				{
					$session->{sql} = (shift @$queue)->{sql};
					send_sql($session, $session->{sql});
					wait_for($session, 0.03) and sqlstate($session, $session->{sql});
				}
			}
			fail('hang', join "\n", map { $_->{sql} } grep { $_->{busy} } @$sessions) if time() > $end;
		} while (!$item && grep { $_->{busy} || @{ $queues[ $_->{name} ] } } @$sessions);
	}
	run_sql($_, 'ROLLBACK') foreach @$sessions;
}

# Runs a list in a database of its own. Returns nothing, or what went wrong: { kind, text }.
sub run_list
{
	my ($node, $database, $option, @list) = @_;
	my $failure;
	my @sessions;

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE random_schema");
	eval {
		@sessions = map { open_psql($node, $database, $_) } 0 .. $option->{sessions} - 1;
		query($_, "SET client_min_messages = warning; SET lock_timeout = '" . (@sessions > 1 ? '2s' : '100ms') . "'; SET statement_timeout = '30s'") foreach @sessions;
		if (@sessions == 1) { run_single($sessions[0], $option->{probing}, $option->{nested}, @list); }
		else { run_several(\@sessions, @list); }
		query($sessions[0], "ROLLBACK PREPARED '$_'")
		  foreach split /\n/, query($sessions[0], 'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()');
		judge_all($sessions[0], scalar grep { $_->{excuse} } @list);
		1;
	} or $failure = ref $@ ? $@ : { kind => 'died', text => $@ };
	$node->psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$database'")
	  if $failure && $failure->{kind} ne 'crash';
	close_psql($_) foreach @sessions;
	if ($failure && $failure->{kind} eq 'crash')
	{
		$node->poll_query_until('postgres', 'SELECT true') if sleep 2;
	}
	foreach my $name (split /\n/, $node->safe_psql('postgres', "SELECT gid FROM pg_prepared_xacts WHERE database = '$database'"))
	{
		$node->safe_psql($database, "ROLLBACK PREPARED '$name'");
	}
	$node->safe_psql('postgres', "DROP DATABASE $database WITH (FORCE)");
	return $failure;
}

# Makes a list that fails shorter, as long as it fails in the same way: leaves out ever smaller pieces. What
# the oracle needs stays.
sub shrink_list
{
	my ($node, $option, $failure, $seconds, @list) = @_;
	my $end = time() + $seconds;
	my $size = int(@list / 2);
	my $runs = 0;

	while ($size >= 1)
	{
		my $shorter = 0;

		for (my $last = $#list; $last > 0 && time() < $end; $last -= $size)
		{
			my $first = $last - $size + 1 > 1 ? $last - $size + 1 : 1;
			my @rest = @list[ grep { $_ < $first || $_ > $last || $list[$_]{sql} =~ /\boracle\./ } 0 .. $#list ];
			my $again = @rest < @list ? run_list($node, 'shrink_' . ++$runs, $option, @rest) : undef;

			next unless $again && $again->{kind} eq $failure->{kind};
			($failure, $shorter) = ($again, 1);
			@list = @rest;
		}
		last if time() >= $end || ($size == 1 && !$shorter);
		$size = int(($size + 1) / 2) if $size > 1;
	}
	return ($failure, @list);
}

# A list as a script to read and to run; statements of other sessions than the first say so.
sub script_of
{
	my ($failure, $option, @list) = @_;

	return "-- $failure->{kind}\n" . join('', map { "-- $_\n" } split /\n/, $failure->{text})
	  . "-- $option->{sessions} sessions" . ($option->{probing} ? ', a savepoint around each statement' : '') . "\n"
	  . join('', map { ($_->{session} ? "/* session $_->{session} */ " : '') . "$_->{sql};\n" } @list);
}

1;
