import { expect, it } from 'vitest';
import { compile } from '../../compile.ts';
import type { BackendName } from '../backends.ts';
import { ownersOf, readMap } from './read-map.ts';

const HEAD = 'uplink a dev eth2 gateway 198.51.100.1\nuplink b dev eth3 gateway 192.0.2.1\n';

/** What the ruleset's elements are, and whose the map says that they are, by the line of the rule. */
function owners(text: string, backend: BackendName, files: Record<string, string> = {}) {
  const entry = { name: 'p.route', base: 'p', bytes: new TextEncoder().encode(HEAD + text) };
  const { artefacts, became } = compile(
    entry,
    (path) => ({ bytes: new TextEncoder().encode(files[path] ?? ''), quotable: true }),
    undefined,
    backend,
  );
  const of = (suffix: string) => artefacts.find((each) => each.suffix === suffix)?.text ?? '';
  const map = JSON.parse(of('map.json'));
  const lines = (name: string): number[] => {
    const flat: number[] = map.elements[name];
    return flat.flatMap((rule, at) =>
      at % 2 === 0 ? Array<number>(flat[at + 1] as number).fill(map.rules[rule][3] - 2) : [],
    );
  };
  return { of, map, lines, became };
}

it('each element of a map leads back to its line', () => {
  const { of, lines } = owners(
    'route host 10.0.0.9 via a\nroute host 10.0.0.1 via b\nroute host 10.0.0.5, 10.0.0.7 via a\n',
    'nft',
  );
  expect(of('nft')).toMatch(/10\.0\.0\.1 .*\n.*10\.0\.0\.5 .*\n.*10\.0\.0\.7 .*\n.*10\.0\.0\.9 /);
  expect(lines('ip_saddr')).toEqual([2, 3, 3, 1]);
});

it('a long list of few targets is a set for each, and a line of the map for each rule of it', () => {
  const hosts = Array.from({ length: 3000 }, (_, at) => `10.0.${at >> 7}.${2 * (at & 127)}`);
  const { of, lines, map, became } = owners(
    `set many from "many.list"\nroute host 10.0.0.4 via b\nroute from @many via a\n`,
    'nft',
    { 'many.list': hosts.join('\n') },
  );
  expect(of('nft')).toContain('ip saddr @ip_saddr_to_1_a goto to_1_a\n');
  expect(of('nft')).toContain('ip saddr @ip_saddr_to_2_b goto to_2_b\n');
  expect(of('nft')).toContain('\n10.0.0.2,\n10.0.0.6,\n');
  expect(lines('ip_saddr_to_2_b')).toEqual([2]);
  expect(lines('ip_saddr_to_1_a')).toEqual(Array(2999).fill(3));
  expect(map.elements.ip_saddr_to_1_a).toHaveLength(2);
  expect(became).toMatchObject({ tests: 0 });
});

it('a long list of many targets is a map whose chains have short names', () => {
  const targets = ['a', 'b', 'main', 'drop', 'reject', 'a else b'];
  const hosts = Array.from({ length: 1200 }, (_, at) => {
    return `route host 10.0.${at >> 7}.${2 * (at & 127)} via ${targets[at % 6]}`;
  });
  const text = owners(`${hosts.join('\n')}\n`, 'nft').of('nft');
  expect(text).toContain('\n10.0.0.0:goto s1,\n10.0.0.2:goto s2,\n10.0.0.4:goto m,\n');
  for (const name of ['s1', 's2', 'm', 'd', 'r'])
    expect(text).toContain(`  chain ${name} {\n    goto to_`);
});

it('sets of ipset lead back to lines, too', () => {
  const hosts = Array.from({ length: 70 }, (_, at) => `route host 10.0.0.${at + 100} via a`);
  const { of, lines, map } = owners(`${hosts.join('\n')}\n`, 'iptables');
  const [name] = Object.keys(map.elements) as [string];
  expect(of('iptables')).toContain(`-m set --match-set ${name} src -g routec-slot-1`);
  expect(of('ipset')).toContain(`create ${name} hash:ip family inet counters`);
  expect(lines(name)).toEqual(hosts.map((_, at) => at + 1));
});

it('a rule that is written twice is found in both places, and its elements are the first one', () => {
  const { of } = owners(
    'route host 10.0.0.1 via a\nroute host 10.0.0.2 via b\nroute host 10.0.0.1 via a\nroute host 10.0.0.3 via a\n',
    'nft',
  );
  const map = readMap(of('map.json'));
  if (map === undefined) throw new Error('there is no map');
  const [first, second, again, last] = map.ids;
  expect(again).toBe(first);
  const place = { file: 'p.route', text: 'route host 10.0.0.1 via a' };
  expect(map.rules.get(first as string)).toEqual([
    { ...place, line: 3 },
    { ...place, line: 5 },
  ]);
  expect(ownersOf(map, map.elements.ip_saddr ?? [])).toEqual([first, second, last]);
  expect(map.targets).toEqual([
    { slots: [1], rules: [first, last] },
    { slots: [2], rules: [second] },
  ]);
});
