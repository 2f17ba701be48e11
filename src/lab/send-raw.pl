# `perl send-raw.pl PROTOCOL FROM TO BYTES DSCP`, FROM empty where the kernel chooses: one packet of a protocol that Node has no sockets
# for; what is behind its IP header in hexadecimal digits. Perl is on every Debian.
use strict;
use warnings;
use Socket qw(:DEFAULT :addrinfo IPPROTO_IP IPPROTO_IPV6 IP_TOS);

my ($protocol, $from, $to, $bytes, $dscp) = @ARGV;
my $six = $to =~ /:/;
my $end = sub {
  my ($error, $found) = getaddrinfo($_[0], undef, { flags => AI_NUMERICHOST, socktype => SOCK_RAW });
  die "$_[0]: $error\n" if $error;
  return $found->{addr};
};
socket(my $socket, $six ? AF_INET6 : AF_INET, SOCK_RAW, $protocol) or die "socket: $!\n";
# 67 is IPV6_TCLASS, which not every Perl knows.
setsockopt($socket, $six ? IPPROTO_IPV6 : IPPROTO_IP, $six ? 67 : IP_TOS, pack('i', $dscp << 2))
  or die "dscp: $!\n";
setsockopt($socket, SOL_SOCKET, SO_BROADCAST, pack('i', 1)) or die "broadcast: $!\n";
$from eq '' or bind($socket, $end->($from)) or die "bind: $!\n";
send($socket, pack('H*', $bytes), 0, $end->($to)) or die "send: $!\n";
