import fc from 'fast-check';
import { ECHO_PORT, INTERNET } from './internet.ts';
import { type Isp, LANS, LEARNED, type NetworkName } from './random-network.ts';

/** Addresses of the internet that an ISP leads to the router: what comes in to go on. */
const BEYOND = { eth4: '198.18.0.80', eth3: '2001:db8:9::80' } as const;

/** A connection, or a datagram, that is begun. */
export interface Asked {
  /** An address of a host or of an ISP; the router itself where it is void. */
  readonly from: string;
  /** The ISP's end that it comes in by. */
  readonly by?: Isp;
  readonly to: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** The first of a hundred source ports: each time that it is asked takes another. */
  readonly source: number;
}

/** Uplinks by name: those whose link is down, and those whose choice has been withdrawn. */
export interface Round {
  readonly down: readonly string[];
  readonly withdrawn: readonly string[];
  readonly asked: readonly Asked[];
}

/** A policy, line by line, and what is asked of a router that has it loaded. */
export interface Case {
  readonly network: NetworkName;
  readonly lines: readonly string[];
  readonly rounds: readonly Round[];
}

const pick = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const list = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.uniqueArray(one, { minLength: 1, maxLength: 3 }).map((texts) => texts.join(', '));
const not = (kind: string, values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), values)
    .map(([no, text]) => `${kind} ${no === 0 ? 'not ' : ''}${text}`);
const or = (match: fc.Arbitrary<string>, weight = 2): fc.Arbitrary<string> =>
  fc.oneof({ weight, arbitrary: fc.constant('') }, match);
const words = (...parts: readonly string[]): string => parts.filter(Boolean).join(' ');

const head = fc
  .tuple(
    pick('', 'option counters off', 'option mark-mask 0xff00', 'option priority 300'),
    pick(
      'gateway 198.51.100.1, 2001:db8:a::1',
      'gateway 198.51.100.1, 2001:db8:a::1 address 198.51.100.2/24, 2001:db8:a::2/64',
      'gateway 198.51.100.1',
    ),
    pick('masquerade', 'snat 198.51.100.2, 2001:db8:a::2', 'masquerade weight 3'),
    pick(
      'gateway 1.2.3.4, 2001:db8:b::1 address 1.2.3.3/24, 1.2.3.5/24, 2001:db8:b::2/64, 2001:db8:b:9::/64 snat 1.2.3.3, 2001:db8:b::2',
      'gateway 1.2.3.4, 2001:db8:b::1 masquerade',
      'gateway 1.2.3.4 address 1.2.3.3/24, 1.2.3.5/24 snat 1.2.3.3-1.2.3.3, 1.2.3.5',
      'gateway 1.2.3.4, 2001:db8:b::1 address 1.2.3.3/24, 1.2.3.5/24, 2001:db8:b::2/64 nonat',
    ),
    pick('', 'address 192.0.2.2/24'),
    pick('masquerade', 'snat 192.0.2.2'),
  )
  .map(([option, cable, cableNat, dsl, lte, lteNat]) => [
    option,
    words('uplink cable dev eth2', cable, cableNat),
    `uplink dsl dev eth3 ${dsl}`,
    words('uplink lte dev eth4 gateway 192.0.2.1', lte, lteNat),
    'set staff = 192.168.0.10-192.168.0.11, fd00:0:0:1::/65',
    'set web = 80, 443',
    'set pcs = 02:00:00:00:00:10, 02:00:00:00:00:99',
    `set ${LEARNED.set} domains example.com`,
  ]);

const hosts = pick(
  '192.168.0.10',
  '192.168.0.11',
  '192.168.0.8/29',
  '192.168.0.9-192.168.0.227',
  '192.168.1.0/24',
  '@staff',
  'fd00:0:0:1::/64',
  'fd00:0:0:1::10',
  'fd00:0:0:1:8000::5-fd00:0:0:2::51',
);
const servers = pick(
  '203.0.113.80',
  '203.0.113.80-203.0.113.81',
  '203.0.113.0/24',
  '198.18.0.0/15',
  '2001:db8:f::/64',
  '2001:db8::/33',
  '@sites',
);
const ports = list(pick('80', '81', '443', '80-442', '444-65535', '@web', 'https'));
const sourcePorts = list(pick('5000-5999', '6000-6999', '1-5999', '5999-6000'));
const protocol = fc.oneof(
  fc.tuple(pick('tcp', 'udp', 'tcp,udp'), ports).map((both) => words(...both)),
  fc
    .tuple(pick('tcp', 'udp', 'tcp,udp'), or(ports, 1), not('sport', sourcePorts))
    .map((all) => words(...all)),
  not('tcp', ports),
  pick('tcp', 'udp', 'not udp', 'not tcp', 'proto not udp, icmp', 'icmp', 'tcp,udp,sctp'),
);
const arrival = not('in', list(pick('lan0', 'lan1', 'lan*', 'wlan0', 'eth*')));
const header = fc.oneof(
  not('dscp', list(pick('0', 'ef', 'cs1'))),
  not('mark', list(pick('0', '0x1', '0x0/0x80000000', '0x1/0xff'))),
  not('time', pick('00:00-12:00', '18:30-06:30', '00:00-24:00 mon-thu', '06:00-18:00 sat,sun')),
);
const other = fc.oneof(
  {
    weight: 1,
    arbitrary: not('mac', list(pick('02:00:00:00:00:10', '02:00:00:00:00:11', '@pcs'))),
  },
  { weight: 3, arbitrary: header },
);
const uplink = pick(
  'cable',
  'dsl',
  'lte',
  'dsl snat 1.2.3.5',
  'dsl snat 1.2.3.3, 1.2.3.5',
  'dsl masquerade',
  'dsl snat fd00:0:0:1::/64 to 2001:db8:b:9::/64',
  'lte nonat',
);
const end = pick('', '', ' else main', ' else drop', ' else reject');
const ordering = fc
  .tuple(
    fc.uniqueArray(uplink, { minLength: 1, maxLength: 3, selector: (text) => text.split(' ')[0] }),
    end,
  )
  .map(([tiers, last]) => tiers.join(' else ') + last);
const share = fc
  .tuple(pick('cable', 'dsl', 'lte'), pick('', '1', '2', '7'))
  .map((p) => words(...p));
const balance = fc
  .tuple(
    fc.uniqueArray(share, { minLength: 2, maxLength: 3, selector: (text) => text.split(' ')[0] }),
    pick('', ' by flow', ' by source', ' by source', ' by source-destination'),
    pick('', '', ' else main', ' else reject'),
  )
  .map(([shares, by, last]) => `balance ${shares.join(', ')}${by}${last}`);
const target = fc.oneof(
  { weight: 3, arbitrary: pick('main', 'reject', 'drop') },
  { weight: 8, arbitrary: ordering },
  { weight: 2, arbitrary: balance },
);
const family = or(pick('ipv4', 'ipv6'), 6);

const forwarded = fc
  .tuple(
    family,
    or(not('from', list(hosts))),
    or(not('to', list(servers))),
    or(protocol),
    or(arrival),
    or(other, 3),
    target,
  )
  .map(([six, from, to, what, by, more, via]) =>
    words('route', six, from, to, what, by, more, 'via', via),
  );
const local = fc
  .tuple(
    family,
    or(not('to', list(servers))),
    or(protocol),
    or(not('user', pick('0', '1000', 'root', 'daemon'))),
    // Nobody is in these.
    or(not('cgroup', pick('"no-such.slice"', '"no-such.slice/below"')), 3),
    or(header, 3),
    target,
  )
  .map(([six, to, what, who, group, more, via]) =>
    words('route local', six, to, what, who, group, more, 'via', via),
  );
const inbound = fc
  .tuple(not('in', pick('lte', 'eth3', 'dsl, lan0')), or(not('to', servers)), or(protocol), target)
  .map(([by, to, what, via]) => words('route', by, to, what, 'via', via));
const forward = pick(
  'forward tcp 8443 on dsl, cable to 192.168.0.10:9999',
  'forward tcp,udp 8440-8450 on lte to 192.168.1.50:9999',
  'forward udp 8443, 8500 on cable, dsl to 192.168.0.10:9999',
  'forward tcp 8443-8444 on dsl, cable to [fd00:0:0:1::10]:9999',
);
const rule = fc.oneof(
  { weight: 10, arbitrary: forwarded },
  { weight: 4, arbitrary: local },
  { weight: 3, arbitrary: inbound },
  { weight: 1, arbitrary: forward },
);

const port = fc.constantFrom(79, 80, 81, 442, 443, 444);
const protocolName = fc.constantFrom('tcp' as const, 'tcp' as const, 'udp' as const);
const source = fc.constantFrom(5000, 5900, 6000);
const ask = (
  from: readonly string[],
  to: readonly string[],
  ports: fc.Arbitrary<number> = port,
): fc.Arbitrary<Asked> =>
  fc.record({
    from: fc.constantFrom(...from),
    to: fc.constantFrom(...to),
    protocol: protocolName,
    port: ports,
    source,
  });
const by = (device: Isp, to: readonly string[], ports: fc.Arbitrary<number>): fc.Arbitrary<Asked> =>
  ask(
    INTERNET.filter((each) => each.includes(':') === to[0]?.includes(':')),
    to,
    ports,
  ).map((asked) => ({ ...asked, by: device }));

const HOSTS = LANS.flatMap((lan) => lan.hosts);
const of = (addresses: readonly string[], six: boolean): string[] =>
  addresses.filter((each) => each.includes(':') === six);
const ownPort = fc.constantFrom(ECHO_PORT, 8443, 8444, 8500);
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 10, arbitrary: ask(of(HOSTS, false), of(INTERNET, false)) },
  { weight: 6, arbitrary: ask(of(HOSTS, true), of(INTERNET, true)) },
  { weight: 6, arbitrary: ask([''], INTERNET) },
  { weight: 3, arbitrary: by('eth4', [BEYOND.eth4], port) },
  { weight: 2, arbitrary: by('eth3', [BEYOND.eth3], port) },
  { weight: 1, arbitrary: by('eth2', ['198.51.100.2'], ownPort) },
  { weight: 1, arbitrary: by('eth2', ['2001:db8:a::2'], ownPort) },
  { weight: 1, arbitrary: by('eth3', ['1.2.3.3', '1.2.3.5'], ownPort) },
  { weight: 1, arbitrary: by('eth3', ['2001:db8:b::2'], ownPort) },
  { weight: 1, arbitrary: by('eth4', ['192.0.2.2'], ownPort) },
  // Main's own ways: between LANs, and to the router itself.
  {
    weight: 1,
    arbitrary: ask(['192.168.0.10'], ['192.168.1.50', '192.168.0.1'], fc.constant(ECHO_PORT)),
  },
  {
    weight: 1,
    arbitrary: ask(['', 'fd00:0:0:2::50'], ['fd00:0:0:1::10'], fc.constant(ECHO_PORT)),
  },
);

const questions = fc.array(asked, { minLength: 14, maxLength: 14 });

/** Policies over the whole language, packets of all kinds, links that are up, down and withdrawn. */
export const anyCase: fc.Arbitrary<Case> = fc
  .tuple(
    fc.constantFrom<NetworkName>('apart', 'apart', 'shared'),
    head,
    fc.array(rule, { minLength: 4, maxLength: 14 }),
    questions,
    questions,
    fc.subarray(['cable', 'dsl', 'lte'], { minLength: 1 }),
    fc.boolean(),
  )
  .map(([network, uplinks, rules, first, second, lost, byLink]) => ({
    network,
    lines: [...uplinks.filter(Boolean).map((line) => onWire(line, network)), ...rules],
    rounds: [
      { down: [], withdrawn: [], asked: heard(first) },
      byLink
        ? { down: withSharers(lost, network), withdrawn: [], asked: heard(second) }
        : { down: [], withdrawn: lost, asked: heard(second) },
    ],
  }));

const onWire = (line: string, network: NetworkName): string =>
  network === 'apart' ? line : line.replace('dev eth4', 'dev eth3');

/** A wire is lost for both that are on it. */
function withSharers(lost: readonly string[], network: NetworkName): readonly string[] {
  const both = ['dsl', 'lte'];
  if (network === 'apart' || !lost.some((name) => both.includes(name))) return lost;
  return [...lost.filter((name) => !both.includes(name)), ...both];
}

/** Who listens on all addresses may answer UDP from another one. */
function heard(all: readonly Asked[]): Asked[] {
  return all.map((each) => (each.port === ECHO_PORT ? { ...each, protocol: 'tcp' } : each));
}
