#!/usr/bin/perl
#
# Compares the catalogues in src/po with the messages in the sources; a test, as prove runs it:
#
#	test/messages.pl			fails where a message has no translation, one that is fuzzy, or other values in it, and where SQL
#								raises a message that src/own_text.c does not have ("make messages", "make test SUITE=messages")
#	test/messages.pl --update	brings new messages into the catalogues, without a translation, and takes out those that are
#								gone ("make update-po")
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

# What is written the same in all catalogues: a line for each message, and no line numbers, which change all the time.
my @form = qw(--no-wrap --sort-by-file --add-location=file);

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

# What SQL raises, by require_that(), or by a view or function that says SQLSTATE, message and hint.
sub sql_messages
{
	my $text = qr/'(?:[^']|'')*'/;
	my %message;

	for my $file (glob 'src/sql/*.sql')
	{
		my $sql = read_file($file);

		while ($sql =~ /\brequire_that\s*(\((?:[^()']|$text|(?1))*\))|\bARRAY\[('\w{5}',(?:[^\[\]']|$text|\[[^\]]*\])*)\]/g)
		{
			$message{ s/''/'/gr } = $file for grep { /[a-z]{2} [a-z%"]|^[A-Z].*\.$/ && !/^ / } map { /^'(.*)'$/ } (($1 // $2) =~ /($text)/g);
		}
	}
	return \%message;
}

# The message as a pattern: anything may stand for a value.
sub pattern
{
	my ($message) = @_;

	return join '.*', map { quotemeta } split /%s/, $message, -1;
}

# What of these src/own_text.c does not have: neither as it is, nor with some of its values written out.
sub unknown_to_own_text
{
	my ($messages) = @_;
	my @known = map { s/\\"/"/gr } read_file('src/own_text.c') =~ /^\tgettext_noop\("(.*)"\),$/mg;
	my @unknown;

	for my $message (sort keys %$messages)
	{
		my $pattern = pattern($message);

		push @unknown, "$messages->{$message}: $message" unless grep { /^$pattern$/ || $message =~ /^${\pattern($_)}$/ } @known;
	}
	return @unknown;
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
extract();
if (@ARGV && $ARGV[0] eq '--update')
{
	for my $catalog (@catalogs)
	{
		my $new = merged($catalog);

		run('cp', $new, $catalog);
		print "$catalog: ", scalar chosen($catalog, '--untranslated'), " messages to be translated\n";
	}
	exit;
}
ok(@catalogs > 0, 'there are catalogues');
for my $catalog (@catalogs)
{
	my $path = merged($catalog);

	none("$catalog has a translation of each message", chosen($path, '--untranslated'));
	none("$catalog has none that is fuzzy", chosen($path, '--only-fuzzy'));
	is(eval { run('msgfmt', '--check-format', '--check-domain', '--output-file', "$folder/messages.mo", $path) } // $@,
		'', "$catalog has the values that the messages have");
}
none('what SQL raises is in src/own_text.c', unknown_to_own_text(sql_messages()));
done_testing();
