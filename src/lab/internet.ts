/** What every ISP of the lab answers for, whatever else its network says. */
export const INTERNET = ['203.0.113.80', '203.0.113.81', '2001:db8:f::80'];

/** Where each namespace of the lab answers; an ISP sends every other port there. */
export const ECHO_PORT = 9999;

/** Where an ISP counts empty datagrams and then throws them away: for floods, which need no answer. */
export const DISCARD_PORT = 9;

/** The ISP's end of the line to its customer. */
export const CUSTOMER = 'customer';

/**
 * The ruleset of an ISP. It counts what its customer begins before it looks at the source address,
 * so that what left by the wrong uplink shows even where nothing could have come back.
 */
export function ispRuleset(internet: readonly string[], customers: readonly string[]): string {
  const from = (addresses: readonly string[], key: string, what: string): string[] =>
    addresses.length === 0 ? [] : [`    ${key} { ${addresses.join(', ')} } ${what}`];
  const both = (addresses: readonly string[], side: string, what: string): string[] => [
    ...from(
      addresses.filter((each) => !each.includes(':')),
      `ip ${side}`,
      what,
    ),
    ...from(
      addresses.filter((each) => each.includes(':')),
      `ip6 ${side}`,
      what,
    ),
  ];
  return [
    'table inet isp {',
    '  counter begun { }',
    '  counter foreign { }',
    '  chain internet {',
    '    tcp flags & (syn | ack) == syn counter name begun',
    '    meta l4proto != { tcp, icmp, ipv6-icmp } counter name begun',
    // Not what tells of an error, and not neighbour discovery.
    '    icmp type { echo-request, timestamp-request } counter name begun',
    '    icmpv6 type { echo-request, 200 } counter name begun',
    `    udp dport ${DISCARD_PORT} udp length 8 drop`,
    ...both(customers, 'saddr', 'return'),
    '    counter name foreign drop',
    '  }',
    '  chain arrival {',
    '    type filter hook prerouting priority raw; policy accept;',
    `    iifname != "${CUSTOMER}" accept`,
    ...both(internet, 'daddr', 'jump internet'),
    '  }',
    '  chain echo {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    `    iifname "${CUSTOMER}" meta l4proto { tcp, udp } redirect to :${ECHO_PORT}`,
    '  }',
    '}',
    '',
  ].join('\n');
}
