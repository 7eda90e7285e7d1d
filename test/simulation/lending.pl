#!/usr/bin/perl
#
# What caps that span nodes ask of the coordinator: a simulation of how their room is lent out.
#
#	test/simulation/lending.pl [--nodes=100] [--bookings=1e9] [--caps=60] [--seed=1] [--rule=NAME] ...
#	test/simulation/lending.pl --compare		all rules, on single caps of 3, 20 and 100 nodes and several sizes
#
# A booking is under one cap of each kind: over all nodes, over a fifth of them, over three. How much demand a cap has, and how much
# of that each node, is by Zipf; amounts are log-normal (mean 100.00, half of them below 49); demand comes to 0.6 to 1.2 of a
# limit in a year of 250 days of 8 hours. Steps: 80% notify, 100% notify, 105% block; or 80% warn, 100% block.
#
# Nothing happens between nodes as long as a node has room, so the bookings that fit into a node's room are drawn at once: how many
# they are, what they come to, and when the next one does not fit. (Up to some 100 of them one by one, more by the normal
# distribution; when a node is asked meanwhile, the part that fits the time that has passed.) From there on each message is
# simulated, and after each the invariants are checked: nobody is over what was lent, what was lent is not over the step, a
# booking is refused only when usage of all nodes and it are over the block, each step is crossed once.
#
# Every call counts as one message, its answer not: a request of a node, and each node that is asked to give back.
use strict;
use warnings;

use Getopt::Long;
use List::Util qw(max min sum sum0);

my %option = (
	nodes => 100,		# servers
	bookings => 1e9,	# a year
	caps => 60,			# of each kind
	seed => 1,
	share => 'equal',	# how much more than wanted is lent: see lend_share()
	step => 'notify',	# 'warn': the second ladder; 'each': the same, where each raise above the step asks, as before 0.8.0
	fixed => 0.001,		# of the limit: what share=fixed lends
	part => 0.8,		# of what remains: what share=demand divides
	refusals => 20);	# so many are simulated of a cap, and then its year is over

# What is compared. 'equal' and 'warn' are what the extension does.
my %rules = (
	equal => { share => 'equal', step => 'notify' },
	warn => { share => 'equal', step => 'warn' },
	each => { share => 'equal', step => 'each' },
	fixed => { share => 'fixed', step => 'notify' },
	demand => { share => 'demand', step => 'notify' });

# Amounts are whole cents.
my $mean = 10_000;
my $sigma = 1.2;
my $variation = sqrt(exp($sigma ** 2) - 1);
my $median_log = log($mean) - $sigma ** 2 / 2;
my $working_seconds = 250 * 8 * 3600;
my %thresholds = (notify => [ 0.80, 1.00, 1.05 ], warn => [ 0.80, 0.80, 1.00 ], each => [ 0.80, 0.80, 1.00 ]);
my $near = 0.01;		# of the limit: so little is left below a step

sub random_normal { return sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()); }
sub random_amount { return 1 + int(exp($median_log + $sigma * random_normal())); }

# The time in which so many bookings come, at one a unit of time.
sub random_wait
{
	my ($bookings) = @_;

	return max(0, $bookings + sqrt($bookings) * random_normal()) if $bookings > 50;
	return sum0(map { -log(1 - rand()) } 1 .. $bookings);
}

# Weights by Zipf, in random order, that add up to 1.
sub random_zipf
{
	my ($many, $exponent) = @_;
	my @weights = map { 1 / $_ ** $exponent } 1 .. $many;
	my $all = sum(@weights);

	for (my $n = $#weights; $n > 0; $n--)
	{
		my $other = int(rand($n + 1));
		@weights[ $n, $other ] = @weights[ $other, $n ];
	}
	return map { $_ / $all } @weights;
}

# Bookings as long as they fit: how many, what they come to, and the one that does not fit.
sub random_fill
{
	my ($room) = @_;
	my ($bookings, $amount) = (0, 0);

	for (;;)
	{
		my $left = ($room - $amount) / $mean;
		my $many = $left > 0 ? int($left - 4 * $variation * sqrt($left)) : 0;
		last if $many < 32;
		my $more = max($many, int($mean * ($many + sqrt($many) * $variation * random_normal())));
		last if $amount + $more > $room;
		$bookings += $many;
		$amount += $more;
	}
	for (;;)
	{
		my $next = random_amount();
		return ($bookings, $amount, $next) if $amount + $next > $room;
		$bookings++;
		$amount += $next;
	}
}

# A cap: its nodes, each with demand => bookings a year; used, what is booked; ceiling, what was lent, not defined: it is alone, and
# elsewhere is what the others use; speed, how fast it has booked when it was heard of last.
sub cap_new
{
	my ($nodes, $bookings, $demand) = @_;
	my $limit = int($bookings * $mean / $demand);
	my @nodes = map { { demand => $_ * $bookings, used => 0, ceiling => 0, speed => 0 } }
	  random_zipf($nodes, 0.8);
	my $cap = { nodes => \@nodes, limit => $limit, crossed => 0, booked => 0, refused => 0 };

	$cap->{steps} = [ map { int($limit * $_) } @{ $thresholds{ $option{step} } } ];
	$cap->{$_} = 0 foreach qw(requests returns near for_refused);
	cap_fill($cap, $_, 0) foreach @nodes;
	return $cap;
}

# How far usage may go without any step acting, if this is all that is used.
sub cap_zone
{
	my ($cap, $all) = @_;
	my ($first, $second, $block) = @{ $cap->{steps} };

	return $first - 1 if $all < $first;
	return $second - 1 if $all < $second;
	return $block if $option{step} ne 'each';
	return;
}

# What a node may use without asking.
sub node_ceiling
{
	my ($cap, $node) = @_;

	return $node->{ceiling} if defined $node->{ceiling};
	return $node->{used} if $cap->{crossed} == 2 && $option{step} eq 'each';
	return $cap->{steps}[ min(2, $cap->{crossed}) ] - ($cap->{crossed} < 2 ? 1 : 0) - $node->{elsewhere};
}

# A node goes on booking, from now on, until something does not fit.
sub cap_fill
{
	my ($cap, $node, $now) = @_;
	my ($bookings, $amount, $next) = random_fill(node_ceiling($cap, $node) - $node->{used});

	$node->{from} = $now;
	$node->{until} = $now + random_wait($bookings + 1) / $node->{demand};
	@$node{qw(fill_bookings fill_amount next)} = ($bookings, $amount, $next);
}

# Books of a node what has come until now.
sub cap_advance
{
	my ($cap, $node, $now) = @_;
	my $part = $now < $node->{until} ? ($now - $node->{from}) / ($node->{until} - $node->{from}) : 1;
	my $bookings = min($node->{fill_bookings}, int($node->{fill_bookings} * $part + ($part < 1 ? rand() : 0)));
	my $amount = $bookings ? int($node->{fill_amount} * ($bookings / $node->{fill_bookings})) : 0;

	$node->{used} += $amount;
	$cap->{booked} += $bookings;
	$node->{fill_bookings} -= $bookings;
	$node->{fill_amount} -= $amount;
	$node->{from} = $now;
}

# What is used on all nodes by now, as nobody in the protocol knows it.
sub cap_used
{
	my ($cap, $now) = @_;

	cap_advance($cap, $_, $now) foreach @{ $cap->{nodes} };
	return sum(map { $_->{used} } @{ $cap->{nodes} });
}

# The coordinator hears of a node's usage, and so of how fast it books.
sub node_heard
{
	my ($node, $now) = @_;
	$node->{speed} = $node->{used} / max(1e-9, $now);
}

# These nodes give back what they do not use.
sub cap_give_back
{
	my ($cap, $now, @nodes) = @_;

	foreach my $node (@nodes)
	{
		cap_advance($cap, $node, $now);
		node_heard($node, $now);
		delete $node->{elsewhere};
		$node->{ceiling} = $node->{used};
		cap_fill($cap, $node, $now);
	}
	count_messages($cap, $now, 'returns', scalar @nodes);
}

# What is lent beyond what is wanted, of what would remain.
sub lend_share
{
	my ($cap, $node, $remaining) = @_;
	my $nodes = @{ $cap->{nodes} };

	return min($remaining, int($cap->{limit} * $option{fixed})) if $option{share} eq 'fixed';
	return int($remaining / ($nodes + 1)) if $option{share} eq 'equal' || !$node->{speed};
	return int($remaining * $option{part} * $node->{speed} / sum(map { $_->{speed} } @{ $cap->{nodes} }));
}

# Lends a node what it wants and a share, if no step can act on that.
sub cap_lend
{
	my ($cap, $node, $wanted) = @_;
	my @others = grep { $_ != $node } @{ $cap->{nodes} };

	return 0 if grep { !defined $_->{ceiling} } @others;
	my $elsewhere = sum0(map { $_->{ceiling} } @others);
	my $present = $elsewhere + (defined $node->{ceiling} ? $node->{ceiling} : $node->{used});
	my $zone = cap_zone($cap, $present);
	return 0 if !defined $zone || $elsewhere + $wanted > $zone;
	$node->{ceiling} = $wanted + lend_share($cap, $node, $zone - $elsewhere - $wanted);
	delete $node->{elsewhere};
	return 1;
}

# A node asks for what the booking needs that does not fit; afterwards it has it lent, or is alone.
sub cap_ask
{
	my ($cap, $node, $now) = @_;
	my $wanted = $node->{used} + $node->{next};

	count_messages($cap, $now, 'requests', 1);
	node_heard($node, $now);
	return if cap_lend($cap, $node, $wanted);
	cap_give_back($cap, $now, grep { $_ != $node } @{ $cap->{nodes} });
	return if cap_lend($cap, $node, $wanted);
	$node->{ceiling} = undef;
	$node->{elsewhere} = sum0(map { $_->{ceiling} } grep { $_ != $node } @{ $cap->{nodes} });
}

# A node that is alone judges the booking: it crosses steps, or is refused.
sub cap_judge
{
	my ($cap, $node, $now) = @_;
	my ($used, $steps) = (cap_used($cap, $now), $cap->{steps});
	my $after = $node->{used} + $node->{elsewhere} + $node->{next};

	if ($after > $steps->[2])
	{
		$cap->{for_refused} += $cap->{last};
		$cap->{last} = 0;
		$cap->{refused}++;
		die "refused with room left\n" if $used + $node->{next} <= $steps->[2];
		return 0;
	}
	for (; $cap->{crossed} < 2 && $after >= $steps->[ $cap->{crossed} ]; $cap->{crossed}++)
	{
		die "crossed late\n" if $used >= $steps->[ $cap->{crossed} ];
	}
	return 1;
}

# How many messages the coordinator has to do with in a second of the year.
my %seconds;

sub count_messages
{
	my ($cap, $now, $kind, $many) = @_;

	$cap->{$kind} += $many;
	$cap->{last} += $many;		# of the booking that asks
	$seconds{ int($now * $working_seconds) } += $many;
}

# No node is over what it may, all together not over the zone, no step is passed unseen.
sub cap_check
{
	my ($cap, $now) = @_;
	my $used = cap_used($cap, $now);
	my @lent = grep { defined $_->{ceiling} } @{ $cap->{nodes} };
	my $next = $cap->{crossed} < 2 ? $cap->{steps}[ $cap->{crossed} ] - 1 : $cap->{steps}[2];

	die "over\n" if $used > $next;
	die "two are alone\n" if @lent < $#{ $cap->{nodes} };
	die "a node is over its ceiling\n" if grep { $_->{used} > $_->{ceiling} } @lent;
	die "too much is lent\n" if @lent == @{ $cap->{nodes} } && sum(map { $_->{ceiling} } @lent) > $next;
	return $used;
}

# A year of a cap.
sub cap_run
{
	my ($cap) = @_;
	my $nodes = $cap->{nodes};

	for (;;)
	{
		my $node = $nodes->[0];
		foreach (@$nodes) { $node = $_ if $_->{until} < $node->{until}; }
		my $now = $node->{until};
		last if $now >= 1 || $cap->{refused} == $option{refusals};

		$cap->{last} = 0;
		cap_advance($cap, $node, $now);
		cap_ask($cap, $node, $now);
		if (defined $node->{ceiling} || cap_judge($cap, $node, $now))
		{
			$node->{used} += $node->{next};
			$cap->{booked}++;
		}
		my $used = cap_check($cap, $now);
		$cap->{near} += $cap->{last} if grep { $used < $_ && $used >= $_ - $near * $cap->{limit} } @{ $cap->{steps} };
		cap_fill($cap, $node, $now);
	}
	$cap->{used} = cap_used($cap, min(1, min(map { $_->{until} } @$nodes)));
	return $cap;
}

# How many bookings fell where little was left below a step, by what they come to.
sub cap_near_bookings
{
	my ($cap) = @_;
	my $width = $near * $cap->{limit};

	return sum(map { max(0, min($width, $cap->{used} - ($_ - $width))) } @{ $cap->{steps} }) / $mean;
}

# A line of the table: of these caps together.
sub report
{
	my ($title, @caps) = @_;
	my %all;

	foreach my $cap (@caps)
	{
		$all{$_} += $cap->{$_} foreach qw(booked refused requests returns near for_refused);
		$all{near_bookings} += cap_near_bookings($cap);
	}
	my $messages = $all{requests} + $all{returns} - $all{for_refused};
	my $near_messages = min($all{near}, $messages);
	printf "%-24s %5d %12.4g %9d %10d %10d %10.6f %10.6f %10.5f %8s\n", $title, scalar @caps, $all{booked}, $all{refused},
	  $all{requests}, $all{returns}, $messages / $all{booked},
	  ($messages - $near_messages) / ($all{booked} - $all{near_bookings}), $near_messages / max(1, $all{near_bookings}),
	  $all{refused} ? sprintf('%.1f', $all{for_refused} / $all{refused}) : '-';
}

sub report_head
{
	printf "%-24s %5s %12s %9s %10s %10s %10s %10s %10s %8s\n", '', 'caps', 'booked', 'refused', 'requests', 'returns', 'messages/b',
	  'far', 'near', '/refused';
}

# Single caps, by rule and size.
sub compare
{
	$| = 1;
	report_head();
	foreach my $nodes (3, 20, 100)
	{
		foreach my $bookings (1e5, 1e6, 1e7)
		{
			foreach my $rule (sort keys %rules)
			{
				next if $bookings > 1e6 && $rule =~ /each|fixed/;	# ask too often to be simulated in seconds
				@option{ keys %{ $rules{$rule} } } = values %{ $rules{$rule} };
				srand($option{seed});
				report(sprintf('%3d %.0e %s', $nodes, $bookings, $rule), cap_run(cap_new($nodes, $bookings, 1.2)));
			}
		}
	}
}

# A year of all caps, and its busiest second.
sub year
{
	my %kinds = (all => $option{nodes}, fifth => max(1, int($option{nodes} / 5)), three => min(3, $option{nodes}));
	my @caps;

	report_head();
	foreach my $kind (sort { $kinds{$b} <=> $kinds{$a} } keys %kinds)
	{
		my @of_kind = map { cap_run(cap_new($kinds{$kind}, max(1000, int($_ * $option{bookings})), 0.6 + rand(0.6))) }
		  random_zipf($option{caps}, 1);
		report("over $kinds{$kind} nodes", @of_kind);
		push @caps, @of_kind;
	}
	report('all', @caps);
	my @seconds = sort { $b <=> $a } values %seconds;
	printf "messages in the busiest second: %d; in one of ten thousand: %d; of a thousand: %d; on average: %.3f\n",
	  (map { $seconds[$_] || 0 } 0, int($working_seconds / 1e4), int($working_seconds / 1e3)), sum(@seconds) / $working_seconds;
}

GetOptions(\%option, 'nodes=i', 'bookings=f', 'caps=i', 'seed=i', 'share=s', 'step=s', 'fixed=f', 'part=f', 'refusals=i', 'rule=s', 'compare') or exit 2;
@option{ keys %{ $rules{ $option{rule} } } } = values %{ $rules{ $option{rule} } } if $option{rule};
srand($option{seed});
$option{compare} ? compare() : year();
