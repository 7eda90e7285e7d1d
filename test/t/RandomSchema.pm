# A random organisation with random finance tables, as a list of SQL statements: registers, tables with
# columns of many types, partitions, inheritance, triggers and foreign keys of other people, mappings,
# caps. What is random comes from rand() alone, so the same seed makes the same list.
package RandomSchema;

use strict;
use warnings;

use Exporter 'import';
use SteeringTest qw(one_of between);

our @EXPORT = qw(random_world chance literal row_values random_day random_ladder random_cap attach_statement
  random_code);

sub chance { return rand() < $_[0]; }

# A value as an SQL literal; undef is null.
sub literal
{
	my ($value) = @_;

	return 'NULL' unless defined $value;
	return "'" . ($value =~ s/'/''/gr) . "'";
}

# Adds a statement to the list. Options: kind => dml, ddl, cap, register or setup; excuse => 1 where caps
# may be over their threshold afterwards.
sub add
{
	my ($world, $sql, %option) = @_;

	push @{ $world->{items} }, { session => 0, sql => $sql, kind => 'setup', %option };
}

sub random_day
{
	return sprintf '%d-%02d-%02d', one_of((2026) x 20, 2025, 2027), between(1, 12), between(1, 28);
}

# A code of a register; now and then one that is not in it, or null.
sub random_code
{
	my ($world, $register) = @_;
	my $kind = rand();

	return undef if $kind < 0.008;
	return 'nowhere' if $kind < 0.016;
	return one_of(@{ $world->{$register} });
}

# Both registers: trees of codes, some of which are there for a part of the time.
sub add_registers
{
	my ($world) = @_;

	foreach my $register (qw(service participant))
	{
		my $prefix = one_of(substr($register, 0, 1), "$register ", "O'", "\xc3\xa9-", 'X');
		my @codes = map { "$prefix$_" } 1 .. between(2, 6);
		my @rows;

		$world->{$register} = \@codes;
		$world->{"${register}_prefix"} = $prefix;
		foreach my $n (0 .. $#codes)
		{
			push @rows, sprintf '(%s, %s, %s, %s%s)', literal($codes[$n]),
			  literal($n == 0 || chance(0.15) ? undef : $codes[ between(0, $n - 1) ]), literal("name $n"),
			  literal(one_of(('(,)') x 16, '[2026-02-01,)', '[2025-06-01,2026-11-01)')),
			  ($register eq 'service' ? ', ' . (chance(0.1) ? 'true' : 'false') : '');
		}
		add($world, "INSERT INTO steering.$register (code, parent, name, during"
			  . ($register eq 'service' ? ', require_cap' : '') . ') VALUES ' . join(', ', @rows));
	}
}

# The types of one's own that columns may have.
sub add_types
{
	my ($world) = @_;

	add($world, 'CREATE DOMAIN code AS text');
	add($world, "CREATE TYPE service_label AS ENUM (" . join(', ', map { literal($_) } @{ $world->{service} }) . ')');
	add($world,
		"CREATE TYPE participant_label AS ENUM (" . join(', ', map { literal($_) } @{ $world->{participant} }) . ')');
	add($world, 'CREATE TYPE money_pair AS (net numeric(12,2), tax numeric)');
	add($world, q{CREATE FUNCTION sign_of(kind text) RETURNS integer LANGUAGE sql IMMUTABLE AS
		$$SELECT CASE kind WHEN 'credit' THEN -1 ELSE 1 END$$});
	add($world, q{CREATE FUNCTION shorten(code text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
		$$BEGIN RETURN btrim(code); END$$});
}

# A column that holds codes of a register, and expressions that read it.
sub code_column
{
	my ($world, $register) = @_;
	my $name = substr($register, 0, 3);
	my @codes = @{ $world->{$register} };
	my $prefix = $world->{"${register}_prefix"};
	my ($first, $second) = map { literal($_) } @codes[ 0, 1 ];
	my $kind = rand();
	my $plain = sub { random_code($world, $register) };

	if ($kind < 0.55)
	{
		my $type = one_of('text', 'varchar(30)', 'char(20)', 'code');

		return {
			name => $name, type => $type, value => $plain, list => \@codes,
			read => [
				$name, $name, $name, "coalesce($name, $first)", "btrim($name\::text)", "shorten($name\::text)",
				"CASE WHEN $name = $second THEN $first ELSE $name END", "CASE WHEN flag THEN $name ELSE $first END",
				"nullif($name\::text, $second)", "$name\::text || ''"
			] };
	}
	if ($kind < 0.7)
	{
		return {
			name => $name, type => one_of('integer', 'smallint', 'bigint'),
			value => sub { return chance(0.02) ? one_of(undef, 99) : between(1, scalar @codes) },
			list => [ 1 .. @codes ],
			read => [
				literal($prefix) . " || $name\::text",
				"CASE $name " . join(' ', map { "WHEN $_ THEN " . literal($codes[ $_ - 1 ]) } 1 .. @codes) . ' END'
			] };
	}
	if ($kind < 0.8)
	{
		return {
			name => $name, type => "${register}_label", value => sub { one_of(@codes, chance(0.1) ? undef : $codes[0]) },
			list => \@codes,
			read => [ "CASE $name " . join(' ', map { 'WHEN ' . literal($_) . ' THEN ' . literal($_) } @codes) . ' END' ] };
	}
	return {
		name => $name, type => 'jsonb', read => [ "$name->>'code'", "coalesce($name->>'code', $first)" ],
		value => sub { my $code = &$plain; defined $code ? qq({"code": "$code"}) : one_of(undef, '{}', '[]', 'null') } };
}

# A column that holds days, and expressions that read it.
sub day_column
{
	my $kind = rand();
	my $null = sub { chance(0.008) };
	my $bounds = [ '2026-04-01', '2026-08-15' ];

	return {
		name => 'day', type => 'date', range => $bounds, value => sub { &$null ? one_of(undef, 'infinity') : random_day() },
		read => [ 'day', 'day', "coalesce(day, DATE '2026-06-30')", 'day + 1', 'greatest(day, DATE \'2026-01-01\')' ] }
	  if $kind < 0.5;
	return {
		name => 'day', type => 'timestamp', range => $bounds, value => sub { &$null ? one_of(undef, '-infinity') : random_day() . ' 23:59:59.9' },
		read => [ 'day', 'day::date', "date_trunc('month', day)" ] }
	  if $kind < 0.7;
	return {
		name => 'day', type => 'integer', range => [ 90, 240 ], value => sub { &$null ? one_of(undef, -1000) : between(0, 364) },
		read => ["DATE '2026-01-01' + day"] }
	  if $kind < 0.85;
	return {
		name => 'day', type => 'text', value => sub { &$null ? undef : random_day() =~ s/-//gr },
		read => ['make_date(left(day, 4)::integer, substr(day, 5, 2)::integer, right(day, 2)::integer)'] }
	  if $kind < 0.93;
	return {
		name => 'day', type => 'daterange', value => sub { &$null ? one_of(undef, '(,)', 'empty') : '[' . random_day() . ',)' },
		read => ['lower(day)'] };
}

# A column that holds money, and expressions that read it.
sub amount_column
{
	my $type = one_of('numeric(12,2)', 'numeric', 'integer', 'bigint', 'smallint', 'steering.amount', 'double precision', 'money_pair');
	my $whole = $type =~ /int/;
	my $value = sub {
		my $kind = rand();

		return undef if $kind < 0.02;
		return one_of('922337203685477', '99999') if $kind < 0.023 && $type !~ /smallint/;
		return 'NaN' if $kind < 0.025 && $type =~ /numeric|double/;
		return 0.0001 if $kind < 0.06 && !$whole;
		return between(-30, 60) if $whole || $kind < 0.4;
		return sprintf '%.*f', between(0, 6), 90 * rand() - 30;
	};

	return {
		name => 'amt', type => $type, value => sub { my $net = &$value; defined $net && $net !~ /\d{6}/ ? "($net,1.005)" : undef },
		read => [ '(amt).net', '(amt).net + (amt).tax', '((amt).net * 1.21)' ] }
	  if $type eq 'money_pair';
	return {
		name => 'amt', type => $type, value => $value, adds => 1,
		read => [ 'amt::numeric(14,2)', 'amt::numeric' ] }
	  if $type eq 'double precision';
	return {
		name => 'amt', type => $type, value => $value, adds => 1,
		read => [
			'amt', 'amt', 'amt', '-amt', 'amt::numeric / 3', 'amt::numeric(14,1)', 'coalesce(amt, 5)', 'amt::steering.amount',
			"CASE status WHEN 'credit' THEN -amt ELSE amt END", 'sign_of(status) * amt::numeric', 'abs(amt::numeric)', 'twice', 'amt::numeric * qty'
		] };
}

# All columns of a table, in random order, some of which nobody maps.
sub random_columns
{
	my ($world) = @_;
	my ($service, $participant) = (code_column($world, 'service'), code_column($world, 'participant'));
	my ($day, $amount) = (day_column(), amount_column());
	my @columns = (
		$service, $participant, $day, $amount,
		{ name => 'qty', type => one_of('integer', 'numeric', 'steering.amount', 'smallint'), default => 1, adds => 1,
			value => sub { chance(0.03) ? undef : between(-2, 9) } },
		{ name => 'status', type => one_of('text', 'varchar(10)'), default => 'final', list => [qw(final draft credit)],
			value => sub { one_of(qw(final final final draft credit), undef) } },
		{ name => 'flag', type => 'boolean', default => 'true', value => sub { one_of('t', 't', 't', 'f', undef) } });

	push @columns, {
		name => 'twice', type => 'numeric', generated => $amount->{adds} ? 'amt::numeric * 2' : '7' };
	push @columns, { name => 'remark', type => 'text', default => 'x', value => sub { 'r' x (chance(0.02) ? 3000 : 3) } } if chance(0.5);
	push @columns, { name => 'made', type => 'timestamptz', default => '2026-01-01', value => sub { undef } } if chance(0.3);
	push @columns, { name => 'gone', type => one_of('text', 'bigint', 'point', 'boolean'), dropped => 1, value => sub { undef } } if chance(0.4);
	for (my $n = @columns - 1; $n > 0; $n--)
	{
		my $other = int(rand($n + 1));

		@columns[ $n, $other ] = @columns[ $other, $n ];
	}
	return \@columns;
}

# One column in CREATE TABLE.
sub column_definition
{
	my ($column) = @_;

	return "$column->{name} $column->{type}"
	  . (defined $column->{generated} ? " GENERATED ALWAYS AS ($column->{generated}) STORED" : '')
	  . (defined $column->{default} ? ' DEFAULT ' . literal($column->{default}) : '');
}

sub column_of { my ($table, $name) = @_; return (grep { $_->{name} eq $name } @{ $table->{columns} })[0]; }

# Creates a table with the columns of another in random order, among them one that is dropped again: so
# that the same column has another number in it.
sub add_shuffled
{
	my ($world, $table, $name) = @_;
	my @columns = ("id bigint DEFAULT nextval('$table->{name}_id')", 'junk text', map { column_definition($_) } grep { !$_->{dropped} } @{ $table->{columns} });

	for (my $n = @columns - 1; $n > 0; $n--)
	{
		my $other = int(rand($n + 1));

		@columns[ $n, $other ] = @columns[ $other, $n ];
	}
	add($world, "CREATE TABLE $name (" . join(', ', @columns) . ')');
	add($world, "ALTER TABLE $name ALTER id SET NOT NULL") if $table->{key};
	add($world, "ALTER TABLE $name DROP COLUMN junk");
}

# How a table can be partitioned: method, column, and the bounds of its partitions.
sub random_method
{
	my ($table) = @_;
	my @methods = ([ 'HASH', 'id', map { "WITH (MODULUS 2, REMAINDER $_)" } 0, 1 ]);

	return $methods[0] if $table->{key};
	foreach my $column (@{ $table->{columns} })
	{
		my $name = $column->{name};

		if ($column->{range})
		{
			my ($low, $high) = map { literal($_) } @{ $column->{range} };

			push @methods, [
				'RANGE', $name, "FROM (MINVALUE) TO ($low)", "FROM ($low) TO ($high)", "FROM ($high) TO (MAXVALUE)", 'DEFAULT' ];
		}
		elsif ($column->{list} && $column->{type} ne 'jsonb')
		{
			my @codes = map { literal($_) } @{ $column->{list} };

			push @methods, [ 'LIST', $name, "IN ($codes[0])", 'IN (' . join(', ', @codes[ 1 .. $#codes ]) . ')', 'DEFAULT' ];
		}
	}
	return one_of(@methods);
}

# The partitions below a table, of up to two further levels.
sub add_partitions
{
	my ($world, $table, $name, $method, $depth) = @_;
	my ($how, $column, @bounds) = @$method;
	my $n = 0;

	foreach my $bound (@bounds)
	{
		my $partition = "${name}_p" . ++$n;
		my $values = $bound eq 'DEFAULT' ? 'DEFAULT' : "FOR VALUES $bound";
		my $below = $depth < 2 && chance(0.25) ? random_method($table) : undef;

		next if $bound eq 'DEFAULT' && chance(0.15);
		if ($below)
		{
			add($world, "CREATE TABLE $partition PARTITION OF $name $values PARTITION BY $below->[0] ($below->[1])");
			add_partitions($world, $table, $partition, $below, $depth + 1);
		}
		elsif (chance(0.5))
		{
			add_shuffled($world, $table, $partition);
			add($world, "ALTER TABLE $name ATTACH PARTITION $partition $values");
		}
		else
		{
			add($world, "CREATE TABLE $partition PARTITION OF $name $values");
		}
		push @{ $table->{parts} }, { name => $partition, of => $name, values => $values };
	}
}

# A finance table: plain, with inheritance children, or partitioned.
sub add_table
{
	my ($world, $name) = @_;
	my $kind = one_of(qw(plain plain inherited partitioned partitioned));
	my $table = { name => $name, kind => $kind, columns => random_columns($world), parts => [], key => chance(0.6) && $kind ne 'inherited' };
	my $method = $kind eq 'partitioned' ? random_method($table) : undef;

	push @{ $world->{tables} }, $table;
	add($world, "CREATE SEQUENCE ${name}_id");
	add($world, "CREATE TABLE $name (id bigint DEFAULT nextval('${name}_id')" . ($table->{key} ? ' PRIMARY KEY' : '') . ', '
		  . join(', ', map { column_definition($_) } @{ $table->{columns} }) . ')'
		  . ($method ? " PARTITION BY $method->[0] ($method->[1])" : ''));
	add($world, "ALTER TABLE $name DROP COLUMN gone") if column_of($table, 'gone');
	$table->{columns} = [ grep { !$_->{dropped} } @{ $table->{columns} } ];
	add_partitions($world, $table, $name, $method, 0) if $method;
	if ($kind eq 'inherited')
	{
		foreach my $n (1 .. between(1, 2))
		{
			add($world, "CREATE TABLE ${name}_c$n (more integer DEFAULT 3) INHERITS ($name)");
			push @{ $table->{parts} }, { name => "${name}_c$n", of => $name };
		}
	}
	add_shuffled($world, $table, "${name}_spare");
	$table->{spare} = { name => "${name}_spare", of => $name, values => $method ? 'FOR VALUES ' . $method->[2] : undef };
	return $table;
}

# Values for a row of a table, as literals with their types, in the order of the columns' names returned.
sub row_values
{
	my ($table, %option) = @_;
	my @columns = grep { !defined $_->{generated} && $_->{name} ne 'made' } @{ $table->{columns} };

	return ([ map { $_->{name} } @columns ],
		[ map { literal($_->{value}->()) . ($option{typed} ? "::$_->{type}" : '') } @columns ]);
}

# Foreign keys between tables, whose cascades book.
sub add_foreign_keys
{
	my ($world) = @_;

	foreach my $table (@{ $world->{tables} })
	{
		my @parents = grep { $_->{key} && ($_ != $table || chance(0.2)) } @{ $world->{tables} };
		my $parent = @parents && chance(0.4) ? one_of(@parents) : next;

		$world->{nested} = 1;
		add($world, "ALTER TABLE $table->{name} ADD COLUMN parent_id bigint REFERENCES $parent->{name} (id) ON DELETE "
			  . one_of('CASCADE', 'CASCADE', 'SET NULL') . ' ON UPDATE CASCADE' . one_of('', '', ' DEFERRABLE INITIALLY DEFERRED'));
		push @{ $table->{columns} }, {
			name => 'parent_id', type => 'bigint', value => sub { chance(0.5) ? undef : between(1, 20) } };
	}
}

# What a table of headers or lookups is like: its key, whether it lives, a day, a rate, what it refers to itself, and what
# nobody reads; now and then in partitions, between which its rows move when keys change.
sub add_joined
{
	my ($world, $name, $short) = @_;
	my $parts = one_of('', '', '', 'HASH', 'RANGE');
	my $joined = { name => $name, short => $short, parts => $parts };

	push @{ $world->{heads} }, $joined;
	add($world, "CREATE TABLE $name (${short}_key bigint PRIMARY KEY, ${short}_live boolean, ${short}_day date, ${short}_remark text,"
		  . " ${short}_rate integer DEFAULT 1, ${short}_up bigint)" . ($parts ? " PARTITION BY $parts (${short}_key)" : ''));
	if ($parts)
	{
		add($world, "CREATE TABLE ${name}_a (${short}_rate integer DEFAULT 1, junk text, ${short}_up bigint, ${short}_remark text, ${short}_day date,"
			  . " ${short}_live boolean, ${short}_key bigint NOT NULL)");
		add($world, "ALTER TABLE ${name}_a DROP COLUMN junk");
		add($world, "ALTER TABLE $name ATTACH PARTITION ${name}_a FOR VALUES " . ($parts eq 'HASH' ? 'WITH (MODULUS 2, REMAINDER 0)' : 'FROM (MINVALUE) TO (5)'));
		add($world, "CREATE TABLE ${name}_b PARTITION OF $name FOR VALUES " . ($parts eq 'HASH' ? 'WITH (MODULUS 2, REMAINDER 1)' : 'FROM (5) TO (MAXVALUE)'));
	}
	add($world, "INSERT INTO $name SELECT n, n % 3 <> 0, date '2026-01-01' + 40 * n, 'r', 1, 1 + n % 4 FROM generate_series(1, 6) AS n");
	return $joined;
}

# A column of a table that refers to a joined one; nothing, with a foreign key of some kind, or without.
sub add_reference
{
	my ($world, $table, $column, $joined) = @_;
	my $cascade = chance(0.4);

	$world->{nested} = 1 if $cascade;
	add($world, "ALTER TABLE $table->{name} ADD COLUMN $column bigint" . ($cascade
		  ? one_of('', '', ' DEFAULT 1') . " REFERENCES $joined->{name} ON DELETE " . one_of('CASCADE', 'SET NULL', 'SET DEFAULT')
		  . ' ON UPDATE ' . one_of('CASCADE', 'CASCADE', 'SET NULL') . one_of('', '', ' DEFERRABLE INITIALLY DEFERRED') : ''));
	add($world, "CREATE INDEX ON $table->{name} ($column)") if chance(0.7);
	push @{ $table->{columns} }, { name => $column, type => 'bigint', value => sub { chance(0.05) ? undef : between(1, $cascade ? 6 : 8) } };
}

# A table that is joined already, in a second place: the name of what it is there, and what its columns are called.
sub second_place
{
	my ($joined, $short) = @_;

	return "$joined->{name} AS $short (" . join(', ', map { "${short}_$_" } qw(key live day remark rate up)) . ')';
}

# Headers of the lines that some tables hold: whether and when these count stands there. Such a table is attached as a
# row of a join: with a header, and now and then with a second one, which may be a row of the same table, what stands
# above a header, there or in a table of its own, and a note that is found by a computed key. Each join: how, of what,
# and what the names of its columns begin with.
sub add_headers
{
	my ($world) = @_;

	foreach my $table (grep { $_->{key} && $_->{kind} ne 'inherited' } @{ $world->{tables} })
	{
		my $name = $table->{name};
		my $join = sub { one_of('JOIN', 'JOIN', 'LEFT JOIN') };

		next if chance(0.2);
		my $head = add_joined($world, "${name}_head", 'head');
		add_reference($world, $table, 'head_id', $head);
		$table->{joins} = [ [ &$join, "${name}_head ON head_key = head_id", 'head' ] ];
		if (chance(0.35))
		{
			add_reference($world, $table, 'twin_id', $head);
			push @{ $table->{joins} }, [ &$join, second_place($head, 'twin') . ' ON twin_key = twin_id' . one_of('', '', ' AND twin_rate > 0'), 'twin' ];
		}
		push @{ $table->{joins} }, [ &$join, second_place($head, 'boss') . ' ON boss_key = ' . one_of('head_up', $table->{joins}[-1][2] . '_up'), 'boss' ]
		  if chance(0.3);
		if (chance(0.4))
		{
			add_reference($world, $table, 'desk_id', add_joined($world, "${name}_desk", 'desk'));
			push @{ $table->{joins} }, [ &$join, "${name}_desk ON desk_id = desk_key" . one_of('', ' AND desk_rate > 0'), 'desk' ];
		}
		if (chance(0.4))
		{
			add_joined($world, "${name}_top", 'top');
			push @{ $table->{joins} }, [ &$join, "${name}_top ON top_key = head_up" . one_of('', '', ' AND top_rate < 3'), 'top' ];
		}
		if (chance(0.25))
		{
			add_joined($world, "${name}_note", 'note');
			add($world, "ALTER TABLE ${name}_note ADD COLUMN note_of text");
			add($world, "UPDATE ${name}_note SET note_of = 'line.' || note_key");
			add($world, "CREATE UNIQUE INDEX ON ${name}_note (note_of" . ($world->{heads}[-1]{parts} ? ', note_key' : '') . ')');
			push @{ $table->{joins} }, [ 'LEFT JOIN', "${name}_note ON note_of = 'line.' || id"
				. ($world->{heads}[-1]{parts} ? ' AND note_key = id' : ''), 'note' ];
		}
	}
}

# The body of somebody's trigger function on a table, and when it fires.
sub random_trigger
{
	my ($world, $table) = @_;
	my $other = one_of(@{ $world->{tables} });
	my ($names, $values) = row_values($other);
	my $insert = "INSERT INTO $other->{name} (" . join(', ', @$names) . ') VALUES (' . join(', ', @$values) . ')';
	my $amount = column_of($table, 'amt');
	my @kinds = (
		[ 'BEFORE INSERT OR UPDATE', 'ROW', "NEW.qty := coalesce(NEW.qty, 0) + 1; NEW.status := 'final'; RETURN NEW;" ],
		[ 'BEFORE INSERT OR UPDATE', 'ROW', 'IF NEW.qty = 5 THEN RETURN NULL; END IF; RETURN NEW;' ],
		[ 'BEFORE DELETE', 'ROW', 'IF OLD.id % 4 = 0 THEN RETURN NULL; END IF; RETURN OLD;' ],
		[ 'AFTER INSERT OR UPDATE OR DELETE', 'ROW', "IF NEW.qty = 8 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'TR001'; END IF; RETURN NULL;" ],
		[ 'AFTER INSERT OR DELETE', 'ROW', "IF pg_trigger_depth() < 2 THEN $insert; END IF; RETURN NULL;", 1 ],
		[ 'BEFORE UPDATE', 'STATEMENT', "IF pg_trigger_depth() < 2 THEN $insert; END IF; RETURN NULL;", 1 ],
		[ 'AFTER INSERT', 'STATEMENT', "IF pg_trigger_depth() < 2 THEN UPDATE $table->{name} SET status = 'final' WHERE id % 3 = 1; END IF; RETURN NULL;", 1 ],
		[ 'AFTER UPDATE OR DELETE', 'ROW',
			"IF pg_trigger_depth() < 2 THEN BEGIN $insert; IF OLD.id % 2 = 0 THEN RAISE EXCEPTION 'back'; END IF;"
			  . ' EXCEPTION WHEN raise_exception OR SQLSTATE \'23S71\' OR SQLSTATE \'23S72\' THEN NULL; END; END IF; RETURN NULL;', 1 ]);

	push @kinds, [ 'BEFORE INSERT OR UPDATE', 'ROW', 'NEW.amt := NEW.amt + 1; RETURN NEW;' ] if $amount->{adds};
	# Deferred triggers are not nested, whatever they set off: this one counts by itself.
	push @kinds, [
		'DEFERRED', 'ROW', "IF coalesce(current_setting('random.deep', true), '') <> 'xxx' THEN "
		  . "PERFORM set_config('random.deep', coalesce(current_setting('random.deep', true), '') || 'x', true); $insert; END IF; RETURN NULL;", 1 ];
	return @{ one_of(@kinds) };
}

# Triggers of other people: they change what is written, write elsewhere, and refuse.
sub add_triggers
{
	my ($world) = @_;
	my $n = 0;

	foreach my $table (@{ $world->{tables} })
	{
		while (chance(0.35))
		{
			my ($when, $level, $body, $nested) = random_trigger($world, $table);
			my $name = one_of('a_', 'z_') . 'trigger_' . ++$n;

			$world->{nested} ||= $nested;
			add($world, "CREATE FUNCTION $name() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN $body END\$\$");
			add($world,
				$when eq 'DEFERRED'
				? "CREATE CONSTRAINT TRIGGER $name AFTER INSERT ON $table->{name} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION $name()"
				: "CREATE TRIGGER $name $when ON $table->{name} FOR EACH $level EXECUTE FUNCTION $name()");
		}
	}
}

sub random_ladder
{
	return one_of(
		'100% block', '80% notify, 100% warn, 105% block', '50% warn, 90% notify, 100% block', '100% warn, +40 block',
		'0.01% notify, 33.3333% warn, +0.0001 block', '100% notify', '+5 warn, 120% block', '50% block');
}

# The statement that sets a random cap.
sub random_cap
{
	my ($world) = @_;
	my $excuse = $world->{excusing} && chance(0.2);
	my ($from, $to) = sort map { random_day() } 1 .. 2;
	my $during = chance(0.6) ? '[2026-01-01,2027-01-01)' : chance(0.5) ? '[2025-01-01,2028-01-01)' : "[$from,$to]";

	return (sprintf("SELECT steering.set_cap(%s, %s, %s, %s, %s%s%s)",
			map({ literal(chance(0.5) ? $world->{$_}[0] : one_of(@{ $world->{$_} })) } qw(service participant)),
			literal(one_of('budget', 'budget', 'volume')), literal($during),
			one_of(between(0, 40), between(20, 150), between(20, 150), sprintf('%.4f', 150 * rand())),
			(chance(0.7) ? ', ' . literal(random_ladder()) : ''), ($excuse ? ', accept_overrun => true' : '')),
		kind => 'cap', excuse => $excuse);
}

# The statement that attaches a table as its mapping says.
sub attach_statement
{
	my ($world, $table, $excuse) = @_;
	my %mapping = %{ $table->{mapping} };

	return sprintf('SELECT steering.attach_query(%s, stage => %s, unknown => %s%s)',
		literal('SELECT ' . join(', ', map { "$mapping{$_} AS $_" } grep { defined $mapping{$_} } qw(service participant booked_on amount volume))
			  . " FROM $table->{from} WHERE $mapping{counts_when}"),
		map({ literal($mapping{$_}) } qw(stage unknown)), ($excuse ? ', accept_overrun => true' : ''))
	  if $table->{joins};
	return sprintf "SELECT steering.attach('%s', %s%s)", $table->{name},
	  join(', ', map { "$_ => " . literal($mapping{$_}) } grep { defined $mapping{$_} } sort keys %mapping),
	  ($excuse ? ', accept_overrun => true' : '');
}

# A random mapping, and the query that reads the same from the table in plain SQL, for the oracle.
sub add_mapping
{
	my ($world, $table) = @_;
	my %read = map { $_->{name} => ($_->{read} || [ $_->{name} ]) } @{ $table->{columns} };
	my %mapping = (
		service => one_of(@{ $read{ser} }), participant => one_of(@{ $read{par} }), booked_on => one_of(@{ $read{day} }),
		amount => one_of(@{ $read{amt} }, chance(0.1) ? undef : $read{amt}[0]),
		volume => one_of('qty', 'qty', '1', 'qty::numeric * 2', 'CASE WHEN flag THEN qty END', undef),
		counts_when => one_of(undef, undef, "status <> 'draft'", 'flag', 'flag IS NOT FALSE', "status IN ('final', 'credit') AND ser IS NOT NULL",
			"coalesce(status, 'draft') <> 'draft' OR flag"),
		stage => one_of('actual', 'actual', 'commitment'), unknown => one_of('refuse', 'refuse', 'ignore'));

	$table->{mapping} = \%mapping;
	if ($table->{joins})
	{
		my @joined = map { $_->[2] } @{ $table->{joins} };
		my $live = join ' AND ', map {
			one_of("${_}_live", "${_}_live IS NOT FALSE", "(${_}_live AND ${_}_key <> 2) IS NOT FALSE", "(${_}_live OR mod(id, 2) = 0)")
		} $joined[0], grep { chance(0.5) } @joined[ 1 .. $#joined ];

		$table->{from} = "$table->{name} " . join ' ', map { "$_->[0] $_->[1]" } @{ $table->{joins} };
		$mapping{counts_when} = defined $mapping{counts_when} ? "($mapping{counts_when}) AND $live" : $live;
		$mapping{booked_on} = one_of(map { ("${_}_day", "coalesce(${_}_day, date '2026-05-01')") } @joined) if chance(0.4);
		$mapping{volume} = 'qty::numeric * ' . one_of(@joined) . '_rate' if chance(0.4);
	}
	add($world, sprintf "INSERT INTO oracle.mapping VALUES ('%s', %s)", $table->{name} . ($table->{joins} ? '_booking' : ''),
		literal(sprintf 'SELECT (%s)::text, (%s)::text, (%s)::date, round(coalesce((%s)::numeric, 0), 4), round(coalesce((%s)::numeric, 0), 4) FROM '
			  . ($table->{from} || '%%s') . ' WHERE %s',
			@mapping{qw(service participant booked_on)}, map({ defined $_ ? $_ : '0' } @mapping{qw(amount volume)}),
			defined $mapping{counts_when} ? $mapping{counts_when} : 'true'));
}

# The oracle: what the bookings come to, from the finance tables in plain SQL.
sub add_oracle
{
	my ($world) = @_;

	add($world, q{CREATE SCHEMA oracle;
CREATE TABLE oracle.mapping (relation text, query text);
CREATE FUNCTION oracle.booking() RETURNS TABLE (source regclass, service text, participant text, day date, amount numeric, volume numeric)
LANGUAGE plpgsql AS $$
DECLARE m record;
BEGIN
	FOR m IN SELECT mapping.* FROM oracle.mapping JOIN steering.source ON source.relation = to_regclass(mapping.relation) LOOP
		RETURN QUERY EXECUTE format(
			'SELECT %L::regclass, b.* FROM (' || m.query || ') AS b (service, participant, day, amount, volume)
			JOIN steering.service AS s ON s.code = b.service AND s.during @> b.day
			JOIN steering.participant AS p ON p.code = b.participant AND p.during @> b.day WHERE isfinite(b.day)', m.relation, m.relation);
	END LOOP;
END $$;
CREATE FUNCTION oracle.usage() RETURNS TABLE (cap_id integer, actual numeric, stored numeric, blocks_at numeric, revision integer)
LANGUAGE sql AS $$
	WITH RECURSIVE s (top, code) AS (
		SELECT code, code FROM steering.service UNION ALL SELECT top, c.code FROM s JOIN steering.service c ON c.parent = s.code),
	p (top, code) AS (
		SELECT code, code FROM steering.participant UNION ALL SELECT top, c.code FROM p JOIN steering.participant c ON c.parent = p.code),
	b AS MATERIALIZED (SELECT * FROM oracle.booking()),
	over AS (SELECT s.top AS service, p.top AS participant, day, amount, volume
		FROM b JOIN s ON s.code = b.service JOIN p ON p.code = b.participant)
	SELECT c.cap_id, trim_scale(coalesce(sum(CASE c.metric WHEN 'budget' THEN o.amount ELSE o.volume END), 0)), trim_scale(c.used),
		trim_scale(c.blocks_at), (SELECT k.revision FROM steering.cap k WHERE k.cap_id = c.cap_id)
	FROM steering.cap_status c LEFT JOIN over o
		ON o.service = c.service AND o.participant = c.participant AND o.day BETWEEN c.valid_from AND c.valid_to
	GROUP BY c.cap_id, c.used, c.blocks_at $$;});
}

# A world: { items: statements, tables, service and participant: codes, nested: statements book in others,
# excusing: overruns may be accepted }.
sub random_world
{
	my $world = { items => [], tables => [], heads => [], nested => 0, excusing => chance(0.3) };

	add_oracle($world);
	add_registers($world);
	add_types($world);
	add_table($world, "t$_") foreach 1 .. between(1, 3);
	add_foreign_keys($world) if chance(0.5);
	add_headers($world) if chance(0.8);
	add_triggers($world) if chance(0.5);
	add($world, random_cap($world)) foreach 1 .. between(1, 5);
	foreach my $table (@{ $world->{tables} })
	{
		my ($names, $values) = row_values($table);

		add_mapping($world, $table);
		add($world, "INSERT INTO $table->{name} (" . join(', ', @$names) . ') VALUES (' . join(', ', @{ (row_values($table))[1] }) . ')') foreach 1 .. 4;
		add($world, "INSERT INTO $table->{spare}{name} (" . join(', ', @$names) . ') VALUES (' . join(', ', @$values) . ')') if chance(0.5);
		add($world, attach_statement($world, $table));
	}
	add($world, random_cap($world)) foreach 1 .. between(1, 4);
	return $world;
}

1;
