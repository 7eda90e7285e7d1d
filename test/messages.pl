#!/usr/bin/perl
#
# Compares the catalogues in src/po with the messages in the sources; a test, as prove runs it:
#
#	test/messages.pl			fails where a message has no translation, one that is fuzzy, or other values in it, and where SQL
#								raises a message that src/own_text_list.c does not have ("make messages", "make test SUITE=messages")
#	test/messages.pl --update	brings what SQL raises into src/own_text_list.c, new messages into the catalogues, without a
#								translation, and takes out those that are gone ("make update-po")
#
use strict;
use warnings;
use open qw(:std :encoding(UTF-8));
use File::Find;
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

chdir "$FindBin::RealBin/.." or die "$!\n";

# PostgreSQL's functions that take a message, and gettext's.
my @keywords = (qw(errmsg errdetail errdetail_log errhint errcontext _ gettext_noop), 'errmsg_plural:1,2',
	'errdetail_plural:1,2', 'errhint_plural:1,2', 'dngettext:2,3');
my @flags = ((map { "$_:1:c-format" } qw(errmsg errdetail errdetail_log errhint errcontext)),
	(map { ("$_:1:c-format", "$_:2:c-format") } qw(errmsg_plural errdetail_plural errhint_plural)),
	'_:1:pass-c-format', 'gettext_noop:1:pass-c-format', 'dngettext:2:c-format', 'dngettext:3:c-format');
my @catalogs = sort glob 'src/po/*.po';
my $folder = tempdir(CLEANUP => 1);
my $template = "$folder/messages.pot";
my $list = 'src/own_text_list.c';

# What is written the same in all catalogues: a line for each message, and no line numbers, which change all the time.
my @form = qw(--no-wrap --sort-by-file --add-location=file);

# A string of SQL, and what stands between parentheses.
my $string = qr/'(?:[^']|'')*'/;
my $parentheses = qr/(?<list>\((?:[^()']|$string|(?&list))*\))/;

# Runs a command; returns what it says, or dies of it.
sub run
{
	my $said = do { open my $pipe, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', @_ or die "$_[0]: $!\n"; local $/; <$pipe> } // '';

	die "$_[0]: $said\n" if $?;
	return $said;
}

sub read_file
{
	my ($path) = @_;

	open my $file, '<', $path or die "$path: $!\n";
	local $/;
	return <$file>;
}

# Writes the template: all messages in the sources.
sub extract
{
	my @sources;

	find({ no_chdir => 1, wanted => sub { push @sources, $_ if /\.[ch]$/ } }, 'src');
	run('xgettext', '--language=C', '--from-code=UTF-8', '--omit-header', @form, '--output', $template, '--keyword',
		(map { "--keyword=$_" } @keywords), (map { "--flag=$_" } @flags), sort @sources);
}

# A catalogue with the messages of the template, in a file of its own.
sub merged
{
	my ($catalog) = @_;
	my $path = $catalog =~ s{.*/}{$folder/}r;

	run('msgmerge', '--quiet', '--no-fuzzy-matching', @form, '--output-file', $path, $catalog, $template);
	run('msgattrib', '--no-obsolete', @form, '--output-file', $path, $path);
	return $path;
}

# The messages of a catalogue that an option of msgattrib chooses.
sub chosen
{
	my ($catalog, @options) = @_;
	my $list = run('msgattrib', @options, '--no-obsolete', '--no-wrap', '--no-location', $catalog) =~ s/"\n"//gr;

	return grep { $_ ne '' } $list =~ /^msgid "(.*)"$/mg;
}

# The arguments of a call in SQL, whose parentheses are left out.
sub arguments
{
	my ($list) = @_;
	my @arguments;

	push @arguments, $1 =~ s/^\s+|\s+$//gr while $list =~ /((?:[^()',]|$string|$parentheses)+)(?:,|$)/g;
	return @arguments;
}

# A text of SQL as a message, with %s for values: concat(), format(), or a string.
sub message_of
{
	my ($text) = @_;

	return join '', map { /^'(.*)'$/s ? $1 : '%s' } arguments($1) if $text =~ /^concat\((.*)\)$/s;
	return $text =~ /^(?:format\(\s*)?'((?:[^']|'')*)'/ ? $1 : ();
}

# What SQL raises: by require_that(), or by a view or function that says SQLSTATE, message and hint; and what is named by
# require_found() and refuse_standing().
sub sql_messages
{
	my %message;

	for my $file (glob 'src/sql/*.sql')
	{
		my $sql = read_file($file);
		my @found;

		while ($sql =~ /\brequire_that\s*$parentheses|\bARRAY\[('\w{5}',(?:[^\[\]']|$string|\[[^\]]*\])*)\]/g)
		{
			push @found, grep { /[a-z]{2} [a-z%"]|^[A-Z].*\.$/ && !/^ / } map { /^'(.*)'$/ } (($1 // $2) =~ /($string)/g);
		}
		while ($sql =~ /^SELECT steering\.(require_found|refuse_standing)$parentheses/mg)
		{
			my ($function, @arguments) = ($1, arguments(substr $2, 1, -1));

			push @found, message_of($arguments[ $function eq 'require_found' ? 1 : 0 ]);
		}
		$message{ s/''/'/gr } = $file for @found;
	}
	return \%message;
}

# The message as a pattern: anything may stand for a value.
sub pattern
{
	my ($message) = @_;

	return join '.*', map { quotemeta } split /%s/, $message, -1;
}

# What of these src/own_text_list.c does not have: neither as it is, nor with some of its values written out.
sub unknown_to_own_text
{
	my ($messages) = @_;
	my @known = map { s/\\"/"/gr } read_file($list) =~ /^\tgettext_noop\("(.*)"\),$/mg;
	my @unknown;

	for my $message (sort keys %$messages)
	{
		my $pattern = pattern($message);

		push @unknown, $message unless grep { /^$pattern$/ || $message =~ /^${\pattern($_)}$/ } @known;
	}
	return @unknown;
}

# Puts messages into the list: those that begin with a value behind the empty line in it.
sub add_to_own_text
{
	my $text = read_file($list);

	for my $message (@_)
	{
		my $line = "\tgettext_noop(\"" . $message =~ s/"/\\"/gr . "\"),\n";

		$message =~ /^%s/ ? $text =~ s/^(?=\};$)/$line/m : $text =~ s/^(?=\n\tgettext_noop)/$line/m;
	}
	open my $file, '>', $list or die "$list: $!\n";
	print $file $text;
	close $file or die "$list: $!\n";
}

# One test: nothing is in a list.
sub none
{
	my ($name, @found) = @_;

	is(scalar @found, 0, $name) or diag(map { "	$_\n" } @found);
}

if (grep { system("command -v $_ >/dev/null") } qw(xgettext msgmerge msgattrib msgfmt))
{
	plan(skip_all => 'gettext is not installed');
}
if (@ARGV && $ARGV[0] eq '--update')
{
	add_to_own_text(unknown_to_own_text(sql_messages()));
	extract();
	for my $catalog (@catalogs)
	{
		my $new = merged($catalog);

		run('cp', $new, $catalog);
		print "$catalog: ", scalar chosen($catalog, '--untranslated'), " messages to be translated\n";
	}
	exit;
}
extract();
ok(@catalogs > 0, 'there are catalogues');
for my $catalog (@catalogs)
{
	my $path = merged($catalog);

	none("$catalog has a translation of each message", chosen($path, '--untranslated'));
	none("$catalog has none that is fuzzy", chosen($path, '--only-fuzzy'));
	is(eval { run('msgfmt', '--check-format', '--check-domain', '--output-file', "$folder/messages.mo", $path) } // $@,
		'', "$catalog has the values that the messages have");
}
none("what SQL raises is in $list", unknown_to_own_text(sql_messages()));
done_testing();
