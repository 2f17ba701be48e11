import { nearest } from '../text/nearest.ts';
import type { Family } from './address.ts';
import type { Scanned } from './fault.ts';
import { scanNumber } from './port.ts';

/**
 * IANA's "Assigned Internet Protocol Numbers": its keywords in lower case, spaces as hyphens. From
 * the npm package protocol-numbers 0.0.0 (0 to 142) and Debian's netbase 6.4 (143); what came
 * since (144 to 147, and 55's new name), from published copies of the registry. Numbers without a
 * keyword (61, 63, 68, 99, 114, 253, 254) and the reserved 255 have no name here.
 */
const IANA_PROTOCOLS = `
hopopt 0 icmp 1 igmp 2 ggp 3 ipv4 4 st 5 tcp 6 cbt 7 egp 8 igp 9 bbn-rcc-mon 10 nvp-ii 11 pup 12
argus 13 emcon 14 xnet 15 chaos 16 udp 17 mux 18 dcn-meas 19 hmp 20 prm 21 xns-idp 22 trunk-1 23
trunk-2 24 leaf-1 25 leaf-2 26 rdp 27 irtp 28 iso-tp4 29 netblt 30 mfe-nsp 31 merit-inp 32 dccp 33
3pc 34 idpr 35 xtp 36 ddp 37 idpr-cmtp 38 tp++ 39 il 40 ipv6 41 sdrp 42 ipv6-route 43 ipv6-frag 44
idrp 45 rsvp 46 gre 47 dsr 48 bna 49 esp 50 ah 51 i-nlsp 52 swipe 53 narp 54 min-ipv4 55 tlsp 56
skip 57 ipv6-icmp 58 ipv6-nonxt 59 ipv6-opts 60 cftp 62 sat-expak 64 kryptolan 65 rvd 66 ippc 67
sat-mon 69 visa 70 ipcv 71 cpnx 72 cphb 73 wsn 74 pvp 75 br-sat-mon 76 sun-nd 77 wb-mon 78
wb-expak 79 iso-ip 80 vmtp 81 secure-vmtp 82 vines 83 iptm 84 nsfnet-igp 85 dgp 86 tcf 87 eigrp 88
ospfigp 89 sprite-rpc 90 larp 91 mtp 92 ax.25 93 ipip 94 micp 95 scc-sp 96 etherip 97 encap 98
gmtp 100 ifmp 101 pnni 102 pim 103 aris 104 scps 105 qnx 106 a/n 107 ipcomp 108 snp 109
compaq-peer 110 ipx-in-ip 111 vrrp 112 pgm 113 l2tp 115 ddx 116 iatp 117 stp 118 srp 119 uti 120
smp 121 sm 122 ptp 123 isis-over-ipv4 124 fire 125 crtp 126 crudp 127 sscopmce 128 iplt 129 sps 130
pipe 131 sctp 132 fc 133 rsvp-e2e-ignore 134 mobility-header 135 udplite 136 mpls-in-ip 137
manet 138 hip 139 shim6 140 wesp 141 rohc 142 ethernet 143 aggfrag 144 nsh 145 homa 146 bit-emu 147
`;

/**
 * The other names that /etc/protocols files have (Debian's netbase 6.4; `icmp6` and `icmpv6` of the
 * BSDs and older Linux ones), and the names that IANA had before (`mobile`, `ttp`). Two of theirs
 * are left out: `ip`, their pseudo protocol 0, is not the hop-by-hop option that 0 is on the wire,
 * and `mptcp`, 262, does not fit the header's field.
 */
const ALIASES = `
ipencap 4 ip-encap 4 ipsec-esp 50 ipsec-ah 51 mobile 55 icmp6 58 icmpv6 58 rspf 73 ttp 84 ospf 89
isis 124
`;

/** Protocols that have ports where TCP has them: tcp, udp, dccp, sctp, udplite. */
export const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** The protocol of each family's ICMP. */
export const ICMP: { readonly [F in Family]: number } = { 4: 1, 6: 58 };

let numbers: ReadonlyMap<string, number> | undefined;
let names: readonly string[] | undefined;

/** The registry, split on first use. */
function registry(): ReadonlyMap<string, number> {
  if (numbers === undefined) {
    const map = new Map<string, number>();
    for (const match of `${IANA_PROTOCOLS}${ALIASES}`.matchAll(/(\S+) (\d+)/g)) {
      map.set(match[1] as string, Number(match[2]));
    }
    numbers = map;
  }
  return numbers;
}

/**
 * The number of an IP protocol, as in the Protocol field of IPv4 and the Next Header of IPv6.
 *
 * In: a keyword of IANA's registry, or another name that /etc/protocols has for it, in lower case
 * (`tcp`, `ipv6-icmp`, `ospf`).
 * Out: its number, 0 to 255, or undefined when there is no such name.
 *
 * Source: IANA's Assigned Internet Protocol Numbers, and Debian's /etc/protocols.
 */
export function protocolNumber(name: string): number | undefined {
  return registry().get(name);
}

/**
 * Every name that `protocolNumber` knows, in alphabetical order, for spelling suggestions.
 *
 * Source: as for `protocolNumber`.
 */
export function protocolNames(): readonly string[] {
  names ??= Object.freeze([...registry().keys()].sort());
  return names;
}

/** A protocol: a name that IANA lists, or 0 to 255. */
export function scanProtocol(text: string): Scanned<number> {
  const value = protocolNumber(text) ?? scanNumber(text, 255);
  if (value !== undefined) return { value };
  const meant = nearest(text, protocolNames());
  const fault = `\`${text}\` is neither a protocol that IANA lists nor a number up to 255`;
  return meant === undefined ? { fault } : { fault, write: meant };
}
