# Runs in each namespace of the lab: `perl agent.pl RAW NAME PORT [USER]`; RAW is the text of send-raw.pl, USER
# a name or a number. It answers on that port, TCP and UDP, both families, with a line `NAME SEEN_SOURCE_ADDRESS`,
# and asks other agents what it reads from standard input: a list of questions a line, all asked at once, and a
# list of answers a line. Lists are parted by tabs, and each member is words `key=value` with %-escapes: a
# question has `protocol`, `from`, `source`, `to`, `port` and `wait` (milliseconds), an answer `name` and `seen`,
# or `error`. With `keep` the connection stays open under that name, and `again` with `wait` asks on it once
# more. A protocol that is a number is a packet as it is, with `bytes` and `dscp`, which nobody answers. It ends
# with its standard input. Perl starts ten times as fast as Node, and a network has half a dozen of these.
use strict;
use warnings;
use Errno;
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use POSIX ();
use Socket qw(:DEFAULT :addrinfo IN6ADDR_ANY IPPROTO_IPV6 IPV6_V6ONLY);

my ($raw, $name, $port, $user) = (@ARGV, '');
$SIG{PIPE} = 'IGNORE';
$| = 1;

# What is waited for, by number of the descriptor: the handle, and who is told.
my (%readable, %writable);
# Questions that are open.
my %open;
my $made = 0;
# Connections that stay open, by name.
my %kept;

# Seconds since the machine started, in hundredths: a clock that nobody sets.
sub now {
  open(my $uptime, '<', '/proc/uptime') or die "uptime: $!\n";
  return (split ' ', <$uptime>)[0];
}

sub code {
  my ($number) = @_;
  local $! = $number;
  my ($found) = sort grep { $!{$_} } keys %!;
  return $found // "error $number";
}

sub watch { my ($set, $handle, $tell) = @_; $set->{ fileno $handle } = [$handle, $tell] }

sub leave {
  my ($handle) = @_;
  my $number = fileno $handle;
  delete $_->{$number} for defined $number ? (\%readable, \%writable) : ();
}

sub shut { leave($_[0]); close $_[0] }

sub endpoint {
  my ($address, $port, $kind) = @_;
  my ($error, $found) = getaddrinfo($address, $port, { flags => AI_NUMERICHOST, socktype => $kind });
  die "$address: $error\n" if $error;
  return $found->{addr};
}

sub make {
  my ($family, $kind) = @_;
  socket(my $handle, $family, $kind, 0) or die "socket: $!\n";
  fcntl($handle, F_SETFL, fcntl($handle, F_GETFL, 0) | O_NONBLOCK) or die "socket: $!\n";
  return $handle;
}

# An IPv4 address on a socket of both families looks as if it were of one.
sub greeting {
  my ($error, $host) = getnameinfo($_[0], NI_NUMERICHOST, NIx_NOSERV);
  die "a peer without an address: $error\n" if $error;
  return "$name " . ($host =~ s/^::ffff:(?=.*\.)//r) . "\n";
}

sub serve {
  my $tcp = make(AF_INET6, SOCK_STREAM);
  my $udp = make(AF_INET6, SOCK_DGRAM);
  setsockopt($tcp, SOL_SOCKET, SO_REUSEADDR, 1) or die "reuse: $!\n";
  for my $socket ($tcp, $udp) {
    setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 0) or die "both families: $!\n";
    bind($socket, pack_sockaddr_in6($port, IN6ADDR_ANY)) or die "bind: $!\n";
  }
  listen($tcp, 511) or die "listen: $!\n";
  watch(\%readable, $tcp, sub {
    my $peer = accept(my $socket, $tcp) or return;
    my $line = greeting($peer);
    syswrite $socket, $line;
    watch(\%readable, $socket, sub {
      sysread($socket, my $asked, 65536) ? syswrite($socket, $line) : shut($socket);
    });
  });
  watch(\%readable, $udp, sub {
    my $peer = recv($udp, my $asked, 65536, 0) // return;
    # An answer that finds no way back is the asker's to notice.
    send($udp, greeting($peer), 0, $peer);
  });
}

sub answer {
  my ($question, %answer) = @_;
  return if defined $question->{answer};
  delete $open{ $question->{number} };
  $question->{answer} = join ' ', map { "$_=" . escape($answer{$_}) } sort keys %answer;
  $question->{close}->() if $question->{close};
  my $list = $question->{list};
  return if grep { !defined $_->{answer} } @$list;
  print join("\t", map { $_->{answer} } @$list), "\n";
}

sub escape { $_[0] =~ s/([^\w.:-])/sprintf '%%%02X', ord $1/ger }

sub fail { answer($_[0], error => code($_[1])) }

sub hear {
  my ($question, $data) = @_;
  # What was asked while the way was cut is answered late, and perhaps in the same breath.
  my ($who, $seen) = split /[ \n]/, $data;
  answer($question, name => $who, seen => $seen // '');
}

# Reads what comes; what comes to no question that is open, is forgotten.
sub listen_on {
  my ($question, $socket) = @_;
  watch(\%readable, $socket, sub {
    my $count = sysread $socket, my $data, 65536;
    return hear($question, $data) if $count;
    my $error = $! + 0;
    leave($socket);
    # Closed without a word: that is no answer.
    fail($question, $error) if !defined $count;
  });
}

sub ask_tcp {
  my ($question, $socket, $to) = @_;
  my $connecting = 1;
  $question->{close} = sub {
    return if defined $question->{keep} && $question->{answer} !~ /^error/;
    # Nothing may stay behind that is sent again during a later question.
    setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) if !$connecting;
    shut($socket);
  };
  $kept{ $question->{keep} } = $socket if defined $question->{keep};
  return fail($question, $! + 0) if !connect($socket, $to) && !$!{EINPROGRESS};
  watch(\%writable, $socket, sub {
    delete $writable{ fileno $socket };
    my $error = unpack 'i', getsockopt($socket, SOL_SOCKET, SO_ERROR);
    return fail($question, $error) if $error;
    $connecting = 0;
    listen_on($question, $socket);
  });
}

sub ask_udp {
  my ($question, $socket, $to) = @_;
  $question->{close} = sub { shut($socket) };
  connect($socket, $to) && defined send($socket, '?', 0) or return fail($question, $! + 0);
  listen_on($question, $socket);
}

sub ask_raw {
  my ($question) = @_;
  local @ARGV = ($question->{protocol}, $question->{from} // '', @$question{qw(to bytes dscp)});
  eval "$raw; 1" or answer($question, error => $@ =~ s/\s+$//r);
}

sub ask_again {
  my ($question) = @_;
  my $socket = $kept{ $question->{again} };
  return if !defined $socket || !defined fileno $socket;
  listen_on($question, $socket);
  defined syswrite($socket, '?') or fail($question, $! + 0);
}

sub ask {
  my ($question) = @_;
  $made += 1;
  @$question{qw(number until)} = ($made, now() + $question->{wait} / 1000);
  $open{$made} = $question;
  return ask_again($question) if defined $question->{again};
  return ask_raw($question) if $question->{protocol} =~ /^\d+$/;
  my $kind = $question->{protocol} eq 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
  my $six = $question->{to} =~ /:/;
  my $socket = make($six ? AF_INET6 : AF_INET, $kind);
  my ($from, $source) = @$question{qw(from source)};
  if (defined $from || defined $source) {
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "reuse: $!\n" if $kind == SOCK_STREAM;
    my $own = endpoint($from // ($six ? '::' : '0.0.0.0'), $source // 0, $kind);
    bind($socket, $own) or return fail($question, $! + 0);
  }
  my $to = endpoint(@$question{qw(to port)}, $kind);
  $kind == SOCK_STREAM ? ask_tcp($question, $socket, $to) : ask_udp($question, $socket, $to);
}

sub read_questions {
  my ($line) = @_;
  my @list = map { +{ map { s/%(..)/chr hex $1/ger } map { split /=/, $_, 2 } split / / } } split /\t/, $line;
  $_->{list} = \@list for @list;
  ask($_) for @list;
}

serve();
if ($user ne '') {
  my $number = $user =~ /^\d+$/ ? $user : getpwnam($user) // die "$user: there is no such user\n";
  POSIX::setuid($number) or die "$user: $!\n";
}
print "ready\n";

my $input = '';
watch(\%readable, \*STDIN, sub {
  sysread(STDIN, $input, 1 << 20, length $input) or exit;
  read_questions($1) while $input =~ s/^(.*)\n//;
});
while (1) {
  my ($in, $out) = ('', '');
  vec($in, $_, 1) = 1 for keys %readable;
  vec($out, $_, 1) = 1 for keys %writable;
  my ($next) = sort { $a <=> $b } map { $_->{until} } values %open;
  my $left = defined $next ? $next - now() : undef;
  my $found = select($in, $out, undef, defined $left && $left < 0 ? 0 : $left);
  if ($found > 0) {
    for ([\%readable, $in], [\%writable, $out]) {
      my ($set, $bits) = @$_;
      for (map { [$_, $set->{$_}] } grep { vec($bits, $_, 1) } keys %$set) {
        my ($number, $waiting) = @$_;
        # One that is told may take others away, and their numbers may be taken again.
        $waiting->[1]->() if ($set->{$number} // 0) == $waiting;
      }
    }
  }
  my $time = now();
  answer($_, error => 'timeout') for grep { $_->{until} <= $time } values %open;
}
