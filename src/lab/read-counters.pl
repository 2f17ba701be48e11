# `perl read-counters.pl`: for each line of standard input, a line `NAME=PACKETS …` of all counters of nft in this
# network namespace. It asks the kernel as nft does, which takes as long to start as packets take on their way.
# Messages and attributes: linux/netlink.h, linux/netfilter/nfnetlink.h and nf_tables.h.
use strict;
use warnings;
use Socket qw(SOCK_RAW);

use constant { AF_NETLINK => 16, NETLINK_NETFILTER => 12 };
use constant { NLMSG_ERROR => 2, NLMSG_DONE => 3, NFT_MSG_GETOBJ => 10 << 8 | 19 };
use constant { NLM_F_REQUEST => 0x1, NLM_F_DUMP => 0x300 };
use constant { NFTA_OBJ_NAME => 2, NFTA_OBJ_DATA => 4, NFTA_COUNTER_PACKETS => 2 };

# What is in a message or an attribute, behind its header.
sub inside { my ($header, $bytes, $length) = @_; return substr $bytes, $header, $length - $header }

# What is behind it, at the next multiple of four bytes.
sub rest { my ($bytes, $length) = @_; return substr($bytes, $length + 3 & ~3) // '' }

# Attributes by their numbers; the upper two bits are flags.
sub attributes {
  my ($bytes) = @_;
  my %found;
  while (length $bytes >= 4) {
    my ($length, $number) = unpack 'SS', $bytes;
    $found{ $number & 0x3fff } = inside(4, $bytes, $length);
    $bytes = rest($bytes, $length);
  }
  return %found;
}

sub counter {
  my %object = attributes($_[0]);
  my %counted = attributes($object{ +NFTA_OBJ_DATA });
  my ($high, $low) = unpack 'NN', $counted{ +NFTA_COUNTER_PACKETS };
  return unpack('Z*', $object{ +NFTA_OBJ_NAME }) . '=' . ($high * 2**32 + $low);
}

socket(my $kernel, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) or die "netlink: $!\n";

sub counters {
  my $dump = pack 'LSSLL x4', 20, NFT_MSG_GETOBJ, NLM_F_REQUEST | NLM_F_DUMP, 0, 0;
  defined send($kernel, $dump, 0) or die "netlink: $!\n";
  my @found;
  while (defined recv($kernel, my $answers, 1 << 16, 0)) {
    while (length $answers >= 16) {
      my ($length, $type) = unpack 'LS', $answers;
      return @found if $type == NLMSG_DONE;
      die "netlink: the kernel refuses\n" if $type == NLMSG_ERROR;
      push @found, counter(inside(20, $answers, $length));
      $answers = rest($answers, $length);
    }
  }
  die "netlink: $!\n";
}

$| = 1;
print "ready\n";
print join(' ', counters()), "\n" while <STDIN>;
