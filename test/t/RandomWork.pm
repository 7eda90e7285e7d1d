# Random work on a random world (see RandomSchema.pm): transactions with statements of every kind that
# finance applications, their administrators and those who steer run, for one session or several.
package RandomWork;

use strict;
use warnings;

use Exporter 'import';
use RandomSchema;
use SteeringTest qw(one_of between);

our @EXPORT = qw(random_work);

# A table's name as a statement may give it: the root, or a part of it.
sub random_place
{
	my ($table) = @_;

	return $table->{name} if chance(0.7) || !@{ $table->{parts} };
	return one_of(@{ $table->{parts} }, $table->{spare})->{name};
}

# Some of the rows.
sub random_condition
{
	my ($table) = @_;

	return one_of(
		sprintf('id = %d', between(1, 40)), sprintf('id = %d', between(1, 40)),
		sprintf('id %% %d = %d', between(2, 7), between(0, 1)), sprintf('id BETWEEN %d AND %d', between(1, 30), between(1, 60)),
		"status = 'draft'", 'flag', 'true');
}

# What an UPDATE sets.
sub random_assignments
{
	my ($table) = @_;
	my ($names, $values) = row_values($table);
	my %value;

	@value{@$names} = @$values;
	my @columns = grep { exists $value{ $_->{name} } } @{ $table->{columns} };
	my %set;
	foreach (1 .. between(1, 3))
	{
		my $column = one_of(@columns);
		my $name = $column->{name};

		$set{$name} = $value{$name};
		$set{$name} = one_of("$name + 3", "$name - 7", "-$name", "$name * 2", "$name + 0.0001") if $column->{adds} && chance(0.6);
	}
	$set{id} = 'id + 20' if chance(0.03);
	return join ', ', map { "$_ = $set{$_}" } sort keys %set;
}

sub insert
{
	my ($world, $table) = @_;
	my @rows = map { [ row_values($table) ] } 1 .. one_of(1, 1, 2, between(2, 6));
	my $names = join ', ', @{ $rows[0][0] };

	if (chance(0.15))
	{
		return "INSERT INTO $table->{name} ($names) SELECT " . join(', ', map { $_ eq 'amt' ? $_ : $_ } @{ $rows[0][0] })
		  . " FROM $table->{name} WHERE " . random_condition($table) . ' LIMIT 10';
	}
	return 'INSERT INTO ' . random_place($table) . " ($names) VALUES " . join(', ', map { '(' . join(', ', @{ $_->[1] }) . ')' } @rows);
}

# COPY that needs no file: the rows come from a program.
sub copy
{
	my ($world, $table) = @_;
	my @columns = grep { !defined $_->{generated} && $_->{name} !~ /^(?:made|remark)$/ } @{ $table->{columns} };
	my $rows = '';

	foreach (1 .. between(1, 5))
	{
		my @values = map { my $value = $_->{value}->(); defined $value ? $value : '\N' } @columns;

		return insert($world, $table) if grep { /["']/ } @values;
		$rows .= join('|', @values) . "\n";
	}
	return sprintf "COPY %s (%s) FROM PROGRAM \$program\$cat <<'ROWS'\n%sROWS\n\$program\$ (DELIMITER '|')", random_place($table),
	  join(', ', map { $_->{name} } @columns), $rows;
}

sub update
{
	my ($world, $table) = @_;

	return 'UPDATE ' . (chance(0.1) ? 'ONLY ' : '') . random_place($table) . ' SET ' . random_assignments($table) . ' WHERE ' . random_condition($table);
}

sub remove
{
	my ($world, $table) = @_;

	return 'DELETE FROM ' . (chance(0.1) ? 'ONLY ' : '') . random_place($table) . ' WHERE ' . random_condition($table);
}

sub upsert
{
	my ($world, $table) = @_;
	my ($names, $values) = row_values($table);

	return insert($world, $table) unless $table->{key};
	return "INSERT INTO $table->{name} (id, " . join(', ', @$names) . ') VALUES (' . join(', ', between(1, 40), @$values)
	  . ') ON CONFLICT (id) DO ' . one_of('NOTHING', 'UPDATE SET amt = excluded.amt', 'UPDATE SET ser = excluded.ser, day = excluded.day, amt = t.amt, qty = 2')
	  =~ s/\bt\./$table->{name}./r;
}

# MERGE: seldom into a partitioned table, where it is to be refused while that is a source (judge_merge()).
sub merge
{
	my ($world, $table) = @_;
	my ($names, $values) = row_values($table, typed => 1);
	my $place = $table->{kind} eq 'partitioned' && chance(0.5) ? one_of(@{ $table->{parts} }, $table->{spare})->{name} : $table->{name};

	return "MERGE INTO $place AS t USING (SELECT n, n % 3 FROM generate_series(1, 40, " . between(1, 9)
	  . ') AS n) AS v (line, what) ON t.id = v.line WHEN MATCHED AND v.what = 0 THEN DELETE'
	  . ' WHEN MATCHED AND v.what = 1 THEN UPDATE SET ' . random_assignments($table)
	  . ' WHEN NOT MATCHED AND v.what > 0 THEN INSERT (id, ' . join(', ', @$names) . ') VALUES (v.line, ' . join(', ', @$values) . ')';
}

sub writable_cte
{
	my ($world, $table) = @_;
	my $other = one_of(@{ $world->{tables} });
	my ($names, $values) = row_values($other, typed => 1);
	my $insert = "INSERT INTO $other->{name} (" . join(', ', @$names) . ') SELECT ' . join(', ', @$values);

	return sprintf 'WITH gone AS (DELETE FROM %s WHERE %s RETURNING id), changed AS (UPDATE %s SET qty = 3 WHERE id = %d RETURNING id) %s FROM gone LIMIT 3',
	  $table->{name}, random_condition($table), one_of(@{ $world->{tables} })->{name}, between(1, 40), $insert;
}

# A block with subtransactions, some of which are undone, and a cursor.
sub block
{
	my ($world, $table) = @_;
	my @statements = map { dml($world, 0) } 1 .. 3;

	return one_of(
		"DO \$do\$BEGIN $statements[0]; BEGIN $statements[1]; RAISE EXCEPTION 'back'; EXCEPTION WHEN raise_exception THEN $statements[2]; END; END\$do\$",
		"DO \$do\$BEGIN BEGIN $statements[0]; EXCEPTION WHEN SQLSTATE '23S71' OR SQLSTATE '23S72' OR SQLSTATE '23S73' THEN NULL; END; $statements[1]; END\$do\$",
		"DO \$do\$DECLARE c CURSOR FOR SELECT * FROM ONLY $table->{name} FOR UPDATE; r record; BEGIN FOR r IN c LOOP"
		  . ' UPDATE ' . $table->{name} . ' SET ' . random_assignments($table) . " WHERE CURRENT OF c; END LOOP; END\$do\$");
}

sub truncate_some
{
	my ($world, $table) = @_;

	return 'TRUNCATE ' . (chance(0.2) ? join(', ', map { $_->{name} } @{ $world->{tables} }) : random_place($table)) . one_of('', ' CASCADE');
}

# A change of headers of lines, or of what stands above them.
sub head
{
	my ($world) = @_;
	my $head = one_of(@{ $world->{heads} });
	my ($name, $p) = @$head{qw(name short)};
	my $place = $head->{parts} && chance(0.3) ? $name . one_of('_a', '_b') : $name;
	my $some = "${p}_key " . one_of('= ', '= ', '> ') . between(1, 7);
	my $live = "UPDATE $place SET ${p}_live = " . one_of('true', 'true', 'false', 'NULL', "NOT coalesce(${p}_live, false)") . " WHERE $some";
	my $table = one_of(@{ $world->{tables} });

	return one_of(
		$live, $live, "UPDATE $place SET ${p}_day = " . literal(random_day()) . " WHERE $some", "UPDATE $place SET ${p}_remark = 'seen'",
		"UPDATE $place SET ${p}_rate = " . between(-1, 4) . " WHERE $some", "UPDATE $place SET ${p}_up = " . between(1, 8) . " WHERE $some",
		"INSERT INTO $name (${p}_key, ${p}_live, ${p}_day) VALUES (" . between(1, 8) . ', ' . one_of('true', 'true', 'false') . ', ' . literal(random_day())
		  . ") ON CONFLICT (${p}_key) DO UPDATE SET ${p}_live = excluded.${p}_live",
		"MERGE INTO $place AS t USING generate_series(1, 8, " . between(1, 3) . ") AS n ON ${p}_key = n"
		  . " WHEN MATCHED AND n % 3 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET ${p}_live = n % 2 = 0, ${p}_up = n"
		  . " WHEN NOT MATCHED" . ($place eq $name ? '' : ' AND false') . " THEN INSERT (${p}_key, ${p}_live, ${p}_day) VALUES (n, true, '2026-03-03')",
		"UPDATE $name SET ${p}_key = 9 - ${p}_key WHERE ${p}_key = " . between(1, 8), "UPDATE $name SET ${p}_key = ${p}_key + 10 WHERE $some",
		"DELETE FROM $place WHERE $some", 'TRUNCATE ' . $place . one_of('', ' CASCADE'),
		"WITH h AS ($live RETURNING ${p}_key) " . update($world, $table),
		"WITH l AS (" . remove($world, $table) . " RETURNING id) $live");
}

# A random statement that writes rows.
sub dml
{
	my ($world, $blocks) = @_;
	my $table = one_of(@{ $world->{tables} });
	my $kind = rand();

	return head($world) if @{ $world->{heads} } && chance(0.25);
	return insert($world, $table) if $kind < 0.38;
	return update($world, $table) if $kind < 0.60;
	return remove($world, $table) if $kind < 0.70;
	return upsert($world, $table) if $kind < 0.77;
	return merge($world, $table) if $kind < 0.84;
	return writable_cte($world, $table) if $kind < 0.91 || !$blocks;
	return copy($world, $table) if $kind < 0.94;
	return truncate_some($world, $table) if $kind < 0.955;
	return block($world, $table);
}

# A random change of structure of the tables.
sub ddl
{
	my ($world) = @_;
	my $table = one_of(@{ $world->{tables} });
	my $part = @{ $table->{parts} } && chance(0.8) ? one_of(@{ $table->{parts} }) : $table->{spare};
	my $place = chance(0.6) ? $table->{name} : $part->{name};
	my $column = one_of(@{ $table->{columns} });

	return "ALTER TABLE $part->{of} " . ($part->{values} ? "ATTACH PARTITION $part->{name} $part->{values}" : "ADD COLUMN other text") if chance(0.15);
	return "ALTER TABLE $part->{of} DETACH PARTITION $part->{name}" if $part->{values} && chance(0.2);
	return one_of("ALTER TABLE $part->{name} INHERIT $part->{of}", "ALTER TABLE $part->{name} NO INHERIT $part->{of}") if !$part->{values} && chance(0.3);
	return one_of(
		"ALTER TABLE $table->{name} ADD COLUMN added_" . between(1, 3) . one_of(' text', ' integer DEFAULT 4', ' double precision DEFAULT random()'),
		"ALTER TABLE $table->{name} DROP COLUMN " . one_of('added_1', 'added_2', 'remark', 'made', 'twice', 'status', $column->{name}),
		"ALTER TABLE $table->{name} ALTER $column->{name} TYPE " . one_of($column->{type}, 'text', 'numeric', 'bigint', 'varchar(40)')
		  . " USING $column->{name}::text::" . $column->{type},
		"ALTER TABLE $table->{name} ALTER qty TYPE " . one_of('bigint', 'numeric', 'numeric USING qty::numeric + 1', 'integer'),
		"ALTER TABLE $table->{name} ALTER $column->{name} SET DEFAULT NULL",
		"DO \$\$BEGIN ALTER TABLE $table->{name} RENAME $column->{name} TO renamed; "
		  . "ALTER TABLE $table->{name} RENAME renamed TO $column->{name}; END\$\$",
		"ALTER TABLE $part->{name} SET (fillfactor = 70)",
		"CREATE INDEX ON $place (id)", "CREATE TABLE $table->{name}_new (LIKE $table->{name})",
		"DROP TABLE $part->{name}", "CREATE TABLE $table->{name}_child () INHERITS ($table->{name})",
		"CREATE TABLE $table->{name}_rest PARTITION OF $table->{name} DEFAULT",
		"ALTER TYPE money_pair ADD ATTRIBUTE more text CASCADE", "ALTER TABLE $part->{name} SET UNLOGGED", "ALTER TABLE $place RENAME TO $place",
		'VACUUM', "VACUUM FULL $place", "ANALYZE $place", "ALTER TABLE $table->{name} ADD CHECK (id > 0)",
		"CREATE OR REPLACE FUNCTION sign_of(kind text) RETURNS integer LANGUAGE sql IMMUTABLE AS \$\$SELECT CASE kind WHEN 'credit' THEN -1 ELSE 1 END\$\$",
		"SELECT steering.detach('$table->{name}')", attach_statement($world, $table, 0));
}

# A random change by those who steer: caps, and registers.
sub steering
{
	my ($world) = @_;
	my $register = one_of(qw(service participant));
	my @codes = map { literal($_) } @{ $world->{$register} };
	my $one = sprintf '(SELECT cap_id FROM steering.cap_status ORDER BY cap_id OFFSET %d LIMIT 1)', between(0, 5);

	return random_cap($world) if chance(0.3);
	return ("SELECT steering.reattach('" . one_of(@{ $world->{tables} })->{name} . "')", excuse => 1, kind => 'cap')
	  if $world->{excusing} && chance(0.05);
	return ("SELECT steering.set_cap(service, participant, metric, daterange(valid_from, valid_to, '[]'), amount "
		  . one_of('+ 50', '/ 2', '- 10', '+ 0.0001') . ') FROM steering.cap_status WHERE cap_id = ' . $one, kind => 'cap')
	  if chance(0.3);
	# To the last unit.
	return ("SELECT steering.set_cap(service, participant, metric, daterange(valid_from, valid_to, '[]'), greatest(used"
		  . one_of('', '', ' - 0.0001', ' + 0.0001') . ", 0), '100% block') FROM steering.cap_status WHERE cap_id = " . $one, kind => 'cap')
	  if chance(0.4);
	return ("SELECT steering.drop_cap($one)", kind => 'cap') if chance(0.25);
	return ("SELECT steering.spread_cap($one, '" . one_of('month', 'quarter') . "')", kind => 'cap') if chance(0.1);
	return ('SELECT steering.compact()', kind => 'cap') if chance(0.2);
	return (one_of(
			"UPDATE steering.$register SET parent = " . one_of('NULL', @codes) . ' WHERE code = ' . one_of(@codes),
			"UPDATE steering.$register SET parent = " . one_of('NULL', @codes) . ' WHERE code = ' . one_of(@codes),
			"UPDATE steering.$register SET during = " . literal(one_of('(,)', '[2026-01-01,)', '(,2026-12-01)')) . ' WHERE code = ' . one_of(@codes),
			"INSERT INTO steering.$register (code, parent, name) VALUES ('nowhere', " . one_of(@codes) . ", 'found')",
			"DELETE FROM steering.$register WHERE code = " . one_of(@codes, "'nowhere'"),
			'UPDATE steering.service SET require_cap = ' . one_of('true', 'false') . ' WHERE code = ' . literal($world->{service}[0])),
		kind => 'register');
}

# The statements of one transaction.
sub transaction
{
	my ($world, $session, $structure) = @_;
	my $count = one_of(1, 1, 2, 3, between(3, 7));
	my $alone = $count == 1 && chance(0.7);
	my @items;
	my $level = one_of('READ COMMITTED', 'READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE');
	my $savepoints = 0;

	push @items, { sql => "BEGIN ISOLATION LEVEL $level" } unless $alone;
	push @items, { sql => 'SET LOCAL sp71_steering.check_at = ' . one_of('commit', 'commit', 'statement') } if !$alone && chance(0.25);
	foreach (1 .. $count)
	{
		my $kind = rand();

		push @items, { sql => 'SAVEPOINT s' . ++$savepoints } if !$alone && chance(0.2);
		if ($kind < 0.86 || !$structure)
		{
			push @items, { sql => dml($world, 1), kind => 'dml' };
		}
		elsif ($kind < 0.93)
		{
			push @items, { sql => ddl($world), kind => 'ddl' };
		}
		else
		{
			my ($sql, %option) = steering($world);

			push @items, { sql => $sql, %option };
		}
		push @items, { sql => one_of('ROLLBACK TO s', 'ROLLBACK TO s', 'RELEASE s') . $savepoints } if $savepoints && chance(0.35);
		push @items, { sql => 'SET CONSTRAINTS ALL IMMEDIATE' } if !$alone && chance(0.03);
	}
	unless ($alone)
	{
		my $name = "p${session}_" . int(rand(1e6));
		my $end = rand();

		if ($end < 0.08)
		{
			push @items, { sql => "PREPARE TRANSACTION '$name'" };
			push @items, { sql => dml($world, 1), kind => 'dml' } if chance(0.3);
			push @items, { sql => one_of('COMMIT', 'COMMIT', 'ROLLBACK') . " PREPARED '$name'" };
		}
		else
		{
			push @items, { sql => $end < 0.2 ? 'ROLLBACK' : 'COMMIT' };
		}
	}
	return map { { session => $session, kind => 'control', %$_ } } @items;
}

# The end of the work: all caps are set to what is used of them, and then it is about the last unit.
sub edge
{
	my ($world, $session) = @_;
	my $set = "SELECT steering.set_cap(service, participant, metric, daterange(valid_from, valid_to, '[]'), used %s, '100%% block') FROM steering.cap_status WHERE used > 0";
	my @items;

	push @items, { sql => sprintf("$set AND cap_id = (SELECT cap_id FROM steering.cap_status WHERE used > 0 ORDER BY cap_id OFFSET $_ LIMIT 1)", '- 0.0001'), kind => 'cap' }
	  foreach 0 .. 2;
	push @items, { sql => sprintf($set, ''), kind => 'cap' };
	foreach my $table (@{ $world->{tables} })
	{
		my @columns = map { $_->{name} } grep { $_->{adds} } @{ $table->{columns} };

		foreach my $row (0 .. 5)
		{
			push @items, { sql => sprintf('UPDATE %1$s SET %2$s = %2$s %3$s WHERE id = (SELECT id FROM %1$s ORDER BY id OFFSET %4$d LIMIT 1)',
				$table->{name}, $_, one_of('+ 0.0001', '+ 0.0001', '+ 1', '- 0.0001'), $row), kind => 'dml' } foreach @columns;
		}
	}
	return map { { session => $session, %$_ } } @items;
}

# Work for so many sessions, of about so many statements, interleaved at random.
sub random_work
{
	my ($world, $sessions, $count) = @_;
	my $stripes = one_of('', 1, 2, 64, 64);
	my $check_at = one_of('statement', 'statement', 'statement', 'commit');
	my $structure = chance(0.8);
	my (@queues, @work);

	foreach my $session (0 .. $sessions - 1)
	{
		push @work, { session => $session, kind => 'control', sql => "SET sp71_steering.check_at = '$check_at'" } if $check_at ne 'statement';
		push @work, { session => $session, kind => 'control', sql => "SET sp71_steering.min_stripes = $stripes; SET sp71_steering.max_stripes = "
			  . ($stripes == 1 ? 1 : 64) } if $stripes;
		push @work, { session => $session, kind => 'control', sql => 'SET search_path = public, steering' } if chance(0.2);
		push @{ $queues[$session] }, transaction($world, $session, $structure) while @{ $queues[$session] || [] } < $count / $sessions;
	}
	while (my @waiting = grep { @$_ } @queues)
	{
		push @work, shift @{ one_of(@waiting) };
	}
	return (@work, edge($world, 0));
}

1;
