#!/usr/bin/perl
# swap.pl SECONDS A B [A B ...]: exchanges each pair of names in turn, as fast as it can (renameat2 RENAME_EXCHANGE), until the time is over or the parent goes.
# Prints how often. Names may be of files, directories, links.
use strict;
my ($seconds, @pairs) = @ARGV;
my ($end, $n, $parent) = (time + $seconds, 0, getppid());
syscall(316, -100, $pairs[0], -100, $pairs[1], 2) == 0 or die "renameat2: $!\n";
syscall(316, -100, $pairs[0], -100, $pairs[1], 2);
$| = 1;
print "ready\n";
while (time < $end && getppid() == $parent) {
    for (1 .. 200) {
        for (my $i = 0; $i < @pairs; $i += 2) { syscall(316, -100, $pairs[$i], -100, $pairs[$i + 1], 2); $n++; }
    }
}
print "$n\n";
