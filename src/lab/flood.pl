# `perl flood.pl FROM TO PORT [AT_ONCE]`: empty datagrams without end, a new source port each, so that a router takes
# every one for a new flow; some thousands a second, or 125 times so many as are named.
use strict;
use warnings;
use Socket qw(:DEFAULT :addrinfo);

use constant PAUSE => 0.008;

my ($from, $to, $port, $at_once) = (@ARGV, 40);
my ($own, $peer) = map {
  my ($error, $found) = getaddrinfo(@$_, { flags => AI_NUMERICHOST, socktype => SOCK_DGRAM });
  die "$_->[0]: $error\n" if $error;
  $found;
} [$from, 0], [$to, $port];

$| = 1;
print "ready\n";
vec(my $input = '', fileno STDIN, 1) = 1;
until (select(my $ended = $input, undef, undef, PAUSE)) {
  for (1 .. $at_once) {
    # One that is refused is as good as one that is lost.
    socket(my $socket, $own->{family}, SOCK_DGRAM, 0) or next;
    bind($socket, $own->{addr}) and send($socket, '', 0, $peer->{addr});
  }
}
