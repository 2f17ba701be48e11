import { describe, expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { check } from '../compile.ts';
import { formatAddress } from '../net/address.ts';
import { parseConnection } from './connection.ts';
import { connectionText, elsewhere } from './elsewhere.ts';
import { isKill, killSteps } from './kill-step.ts';
import { mainRoutes } from './main-routes.ts';

const UPLINKS = [
  'uplink cable dev eth2 gateway 198.51.100.1 masquerade',
  'uplink dsl dev eth3 gateway 192.0.2.1 snat 192.0.2.3',
];

function programOf(lines: readonly string[]) {
  const bytes = new TextEncoder().encode([...UPLINKS, ...lines].join('\n'));
  const read = () => ({ refused: 'no files' });
  return (
    check({ name: 'p.route', base: 'p', bytes }, read, undefined).program ??
    bug('a policy with an error')
  );
}

/** Slots as they stand in a mark. */
const [CABLE, DSL, IN_BY_DSL] = [1, 2, 4].map((slot) => slot << 24) as [number, number, number];
const MAIN = 126 << 24;

const from = (source: string, mark: number, rest = 'sport=4000 dport=80', protocol = 'tcp 6') =>
  `${protocol} 431999 ESTABLISHED src=${source} dst=203.0.113.80 ${rest} src=203.0.113.80 dst=198.51.100.2 ${rest} [ASSURED] mark=${mark} use=1`;

/** What goes elsewhere, and how many nobody can tell. */
function moved(policy: readonly string[], lines: readonly string[], downs: string[] = []) {
  const program = programOf(policy);
  const connections = lines.flatMap((line) => parseConnection(line) ?? []);
  const routes = [
    { dst: 'default', dev: 'eth2', gateway: '198.51.100.1' },
    { dst: '10.0.0.0/8', dev: 'lan0' },
    { dst: '192.0.2.0/24', dev: 'eth3' },
  ];
  const found = elsewhere(program, connections, {
    up: { has: (name) => !downs.includes(name) },
    main: mainRoutes({ 4: routes, 6: [] }, new Set(['eth2', 'eth3'])),
    isOwn: (address) => formatAddress(address) === '10.0.0.254',
    minute: 12 * 60,
  });
  return {
    ways: found.moved.map(({ connection, from: by, to }) => {
      return `${connectionText(connection).split(' -> ')[0]} ${by}: ${to}`;
    }),
    untold: found.untold,
    found,
    connections,
    mask: program.marking.mask,
  };
}
const none = { ways: [], untold: 0 };

describe('elsewhere', () => {
  it('tells where a connection would go from where it goes', () => {
    const via = (target: string) => [`route from 10.0.0.1 via ${target}`];
    const one = (mark: number) => [from('10.0.0.1', mark)];
    expect(moved(via('dsl'), one(CABLE)).ways).toEqual(['tcp 10.0.0.1:4000 cable: dsl']);
    expect(moved(via('dsl'), one(0)).ways).toEqual(['tcp 10.0.0.1:4000 main: dsl']);
    expect(moved(via('dsl'), one(MAIN)).ways).toEqual(['tcp 10.0.0.1:4000 main: dsl']);
    expect(moved(via('drop'), one(DSL)).ways).toEqual(['tcp 10.0.0.1:4000 dsl: drop']);
    expect(moved(via('main'), one(DSL)).ways).toEqual(['tcp 10.0.0.1:4000 dsl: main']);
    expect(moved(via('dsl snat 192.0.2.9'), one(DSL)).ways).toEqual(['tcp 10.0.0.1:4000 dsl: dsl']);
    expect(moved(via('dsl'), one(DSL))).toMatchObject(none);
    // Main leaves by cable.
    expect(moved(via('cable'), one(0))).toMatchObject(none);
    expect(moved(via('balance cable, dsl'), one(DSL))).toMatchObject(none);
    expect(moved(via('dsl else cable'), one(CABLE)).ways).toEqual(['tcp 10.0.0.1:4000 cable: dsl']);
    expect(moved(via('dsl else cable'), one(CABLE), ['dsl'])).toMatchObject(none);
    expect(moved(via('dsl'), one(CABLE), ['dsl']).ways).toEqual([
      'tcp 10.0.0.1:4000 cable: unreachable',
    ]);
  });

  it('leaves what main routes more specifically, and marks that are of no outcome', () => {
    const policy = ['route via dsl', 'route local via dsl'];
    const inside = from('10.0.0.1', 0).replace('dst=203.0.113.80', 'dst=10.0.0.2');
    const near = from('10.0.0.1', 0).replace('dst=203.0.113.80', 'dst=192.0.2.77');
    expect(moved(policy, [inside, from('10.0.0.1', 77 << 24)])).toMatchObject(none);
    // By an uplink's own device nothing of main is more specific.
    expect(moved(policy, [near]).ways).toEqual(['tcp 10.0.0.1:4000 main: dsl']);
    expect(moved(['route via cable'], [near]).ways).toEqual(['tcp 10.0.0.1:4000 main: cable']);
  });

  it('does not guess what conntrack does not keep', () => {
    const policy = (rule: string) => [rule, 'route from 10.0.0.1 via cable'];
    const open = [from('10.0.0.1', CABLE)];
    for (const rule of [
      'route in lan0 via dsl',
      'route in lan0 from 10.0.0.1 via dsl',
      'route dscp ef via dsl',
      'route mac 02:00:00:00:00:01 via dsl',
      'route mark 7 via dsl',
    ]) {
      expect(moved(policy(rule), open), rule).toMatchObject({ ways: [], untold: 1 });
    }
    // Either way it goes elsewhere; or does not.
    const other = [from('10.0.0.1', CABLE)];
    expect(moved(['route in lan0 via dsl', 'route via dsl'], other)).toMatchObject({
      ways: ['tcp 10.0.0.1:4000 cable: dsl'],
      untold: 0,
    });
    expect(moved(policy('route in lan0 via cable'), open)).toMatchObject(none);
    // What comes in by no uplink is none of its rule's.
    expect(moved(policy('route in eth3 via dsl'), open)).toMatchObject(none);
    // The time is known.
    expect(moved(policy('route time 11:00-13:00 mon via dsl'), open).ways).toHaveLength(1);
    expect(moved(policy('route time 13:00-14:00 mon via dsl'), open)).toMatchObject(none);
  });

  it('knows the router, and by which uplink something came in', () => {
    const own = [from('10.0.0.254', CABLE)];
    expect(moved(['route local tcp 80 via dsl', 'route via main'], own).ways).toHaveLength(1);
    expect(
      moved(['route local tcp 80 user 1000 via dsl', 'route local via cable'], own),
    ).toMatchObject({
      ways: [],
      untold: 1,
    });
    const arrived = [from('198.51.100.99', IN_BY_DSL)];
    expect(moved(['route via cable'], arrived)).toMatchObject(none);
    expect(moved(['route in eth3 to 203.0.113.80 via cable'], arrived)).toMatchObject(none);
  });
});

describe('killSteps', () => {
  it('names a connection by all that it has, or many by what they have in common', () => {
    const ports = [1, 2, 3, 4, 5].map((port) => `sport=${port} dport=80`);
    const lines = [
      ...ports.map((rest) => from('10.0.0.1', CABLE, rest)),
      from('10.0.0.1', DSL),
      ...ports.map((rest) => from('10.0.0.2', CABLE, rest)),
      from('10.0.0.2', CABLE, 'sport=9 dport=81'),
      from('10.0.0.4', CABLE, 'sport=9 dport=80'),
      from('10.0.0.3', 0, 'type=8 code=0 id=77', 'icmp 1'),
      from('10.0.0.3', 0, '', 'unknown 47'),
    ];
    const policy = ['route tcp 81 via cable', 'route from 10.0.0.4 via cable', 'route via dsl'];
    const { found, connections, mask } = moved(policy, lines);
    const [step] = killSteps(found.moved, connections, mask);
    const tuple = '-d 203.0.113.80 -p';
    expect(step?.run.stdin?.split('\n')).toEqual([
      '-D -f ipv4 -w 0 -m 0x01000000/0x7f000000 -s 10.0.0.1',
      ...[1, 2, 3, 4, 5].map(
        (port) =>
          `-D -f ipv4 -w 0 -m 0x01000000/0x7f000000 -s 10.0.0.2 ${tuple} 6 --sport ${port} --dport 80`,
      ),
      `-D -f ipv4 -w 0 -m 0x00000000/0x7f000000 -s 10.0.0.3 ${tuple} 1 --icmp-type 8 --icmp-code 0 --icmp-id 77`,
      `-D -f ipv4 -w 0 -m 0x00000000/0x7f000000 -s 10.0.0.3 ${tuple} 47`,
      '',
    ]);
    const run = step?.run ?? bug('no step');
    expect(isKill(run)).toBe(true);
    expect(isKill({ ...run, argv: ['sh', '-R', '-'] })).toBe(false);
    expect(isKill({ ...run, stdin: '-F\n' })).toBe(false);
    expect(killSteps([], connections, mask)).toEqual([]);
  });

  it('names many hosts by the port or the address that they ask for', () => {
    const hosts = Array.from({ length: 20 }, (_, each) => `10.0.1.${each}`);
    const lines = [
      ...hosts.map((host) => from(host, CABLE, 'sport=7 dport=443')),
      ...hosts.map((host) => from(host, CABLE, 'sport=7 dport=80')),
      from('10.0.0.1', CABLE, 'sport=7 dport=80'),
      ...hosts.map((host) =>
        from(host, DSL, 'sport=7 dport=25').replaceAll('203.0.113.80', '203.0.113.81'),
      ),
      from('10.0.0.9', DSL, 'sport=7 dport=25'),
    ];
    const policy = [
      'route tcp 443 via dsl',
      'route from 10.0.1.0-10.0.1.4 tcp 80 via dsl',
      'route to 203.0.113.81 via cable',
      'route tcp 25 via dsl',
      'route via cable',
    ];
    const { found, connections, mask } = moved(policy, lines);
    const [step] = killSteps(found.moved, connections, mask);
    expect(step?.run.stdin?.trim().split('\n')).toEqual([
      '-D -f ipv4 -w 0 -m 0x01000000/0x7f000000 -p 6 --dport 443',
      '-D -f ipv4 -w 0 -m 0x02000000/0x7f000000 -d 203.0.113.81',
      ...hosts
        .slice(0, 5)
        .map(
          (host) =>
            `-D -f ipv4 -w 0 -m 0x01000000/0x7f000000 -s ${host} -d 203.0.113.80 -p 6 --sport 7 --dport 80`,
        ),
    ]);
    expect(step?.run && isKill(step.run)).toBe(true);
  });

  it('finds one rule of many', () => {
    const at = (each: number) => `10.${each >> 8}.${each & 255}.1`;
    const rules = Array.from({ length: 2000 }, (_, each) => `route host ${at(each)} via dsl`);
    const lines = Array.from({ length: 2000 }, (_, each) => from(at(each), DSL));
    expect(moved(rules, [...lines, from(at(7), CABLE)]).ways).toEqual([
      'tcp 10.0.7.1:4000 cable: dsl',
    ]);
  });
});
