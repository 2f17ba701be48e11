# `perl send-frames.pl DEVICE FILE SIZE`: sends the frames of a file, SIZE bytes each, over and over, by
# sendmmsg(2) on a packet socket: a system call for some hundreds of them. Says `ready`, then reads lines:
# `flood SECONDS COUNT` sends as fast as it goes until the one or the other is reached, `pace RATE` so many
# a second until the next line. Each is answered with `SENT SECONDS`. It ends with its input.
use strict;
use warnings;
use POSIX qw(uname);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use constant { AF_PACKET => 17, SOCK_RAW => 3, SOL_PACKET => 263, PACKET_QDISC_BYPASS => 20 };
use constant SIOCGIFINDEX => 0x8933;
use constant AT_ONCE => 256;
# Seconds: what a busy machine kept it from sending for longer is not made up for in a burst.
use constant PATIENCE => 0.02;

my $SENDMMSG = { x86_64 => 307, aarch64 => 269, riscv64 => 269 }->{ (uname())[4] }
  or die "the number of sendmmsg is not known for this processor\n";

my ($device, $file, $size) = @ARGV;
open(my $source, '<:raw', $file) or die "$file: $!\n";
my $frames = do { local $/; <$source> };
my $count = length($frames) / $size;

socket(my $socket, AF_PACKET, SOCK_RAW, 0) or die "socket: $!\n";
my $request = pack('a16 x24', $device);
ioctl($socket, SIOCGIFINDEX, $request) or die "$device: $!\n";
bind($socket, pack('S n i x12', AF_PACKET, 0, unpack('x16 i', $request))) or die "bind: $!\n";
setsockopt($socket, SOL_PACKET, PACKET_QDISC_BYPASS, pack('i', 1)) or die "bypass: $!\n";

# struct iovec, and struct mmsghdr with nothing but one of them; these strings must never move.
my $first = address($frames);
my $vectors = pack('J*', map { ($first + $_ * $size, $size) } 0 .. $count - 1);
my $vector = address($vectors);
my $messages = join '', map { pack('x16 J J x32', $vector + 16 * $_, 1) } 0 .. $count - 1;
my $message = address($messages);

my $next = 0;
$| = 1;
print "ready\n";
while (defined(my $line = readLine())) {
  my ($what, @numbers) = split ' ', $line;
  printf "%d %.6f\n", $what eq 'flood' ? flood(@numbers) : pace(@numbers);
}

sub address { return unpack('J', pack('P', $_[0])) }
sub now { return clock_gettime(CLOCK_MONOTONIC) }

# Without a buffer of its own, so that select knows whether there is more.
sub readLine {
  my $line = '';
  while (sysread(STDIN, my $byte, 1)) {
    return $line if $byte eq "\n";
    $line .= $byte;
  }
  return undef;
}

sub sendSome {
  my ($some) = @_;
  $some = AT_ONCE if $some > AT_ONCE;
  $some = $count - $next if $some > $count - $next;
  my $sent = syscall($SENDMMSG, fileno($socket), $message + 64 * $next, $some, 0);
  return 0 if $sent < 0;
  $next = ($next + $sent) % $count;
  return $sent;
}

sub flood {
  my ($seconds, $most) = @_;
  my ($sent, $begin) = (0, now());
  my $took = 0;
  while ($took < $seconds && $sent < $most) {
    $sent += sendSome($most - $sent);
    $took = now() - $begin;
  }
  return ($sent, $took);
}

sub pace {
  my ($rate) = @_;
  my ($sent, $begin) = (0, now());
  my ($from, $since) = ($begin, 0);
  my $input = '';
  vec($input, fileno(STDIN), 1) = 1;
  until (select(my $ready = $input, undef, undef, 0.001)) {
    my $time = now();
    my $due = int($rate * ($time - $from)) - $since;
    if ($due > $rate * PATIENCE) {
      ($from, $since) = ($time, 0);
      $due = AT_ONCE;
    }
    while ($due > 0) {
      my $now = sendSome($due);
      last if $now == 0;
      ($due, $sent, $since) = ($due - $now, $sent + $now, $since + $now);
    }
  }
  readLine();
  return ($sent, now() - $begin);
}
