import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { compile } from '../compile.ts';
import { nftSteps } from '../plan/nft-steps.ts';
import { type Block, type NftTable, parseNftTable, settledText } from '../plan/nft-table.ts';
import type { Command } from '../plan/step.ts';
import { withEmptyKernel } from './empty-kernel.ts';
import { listRuleset } from './live-state.ts';
import type { Ran } from './run.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 12) };

const HEAD = [
  'uplink cable dev eth2 gateway 198.51.100.1 masquerade',
  'uplink dsl dev eth3 gateway 192.0.2.1 snat 192.0.2.3',
  'set sites domains example.com',
];
const hosts = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1');
const nets = fc.constantFrom('10.0.0.0/8', '10.0.0.0/24', '10.0.0.2-10.0.1.9', '2001:db8::/64');
const targets = [
  'cable',
  'dsl',
  'dsl else cable',
  'dsl masquerade',
  'main',
  'drop',
  'balance cable 2, dsl',
  'balance cable, dsl by source',
];
const line = fc
  .tuple(fc.nat(9), hosts, nets, fc.constantFrom(...targets))
  .map(([kind, host, net, to]) => {
    const whole = [
      `route host ${host} via ${to}`,
      `route from ${net} via ${to}`,
      `route host ${host} tcp 80, 443 via ${to}`,
      `route to ${net} udp 53-99 via ${to}`,
      `route host ${host} dscp ef via ${to}`,
      `route in lan0 from ${net} via ${to}`,
      `route ipv4 to @sites tcp 443 via ${to}`,
      `route from ${net} time 08:00-17:00 mon-fri via ${to}`,
      `route local tcp 25 via ${to}`,
      'forward tcp 8443 on dsl to 192.168.0.10:443',
    ];
    return whole[kind] ?? bug('no such line');
  });
const policy = fc.uniqueArray(line, { maxLength: 8 });

function textOf(lines: readonly string[]): string {
  const bytes = new TextEncoder().encode([...HEAD, ...lines].join('\n'));
  const read = () => ({ refused: 'no files' });
  const { artefacts } = compile({ name: 'p.route', base: 'p', bytes }, read, undefined, 'nft');
  return artefacts.find(({ suffix }) => suffix === 'nft')?.text ?? bug('a policy with an error');
}

function listed(load: (command: Command) => Ran): NftTable {
  const ran = load(listRuleset(false));
  return parseNftTable('stdout' in ran ? ran.stdout : bug(ran.refused));
}

const settled = (table: NftTable): readonly string[] => [...table.values()].map(settledText).sort();

/** What rules ask, and what changes while they do, but for a single look-up. */
function torn(from: NftTable, to: NftTable): readonly string[] {
  const asked = new Set([...reached(from), ...reached(to)].flatMap(asks));
  const changed = [...asked].filter((name) => {
    const [a, b] = [from.get(name), to.get(name)];
    return a === undefined || b === undefined || settledText(a) !== settledText(b);
  });
  const rules = (table: NftTable): string => reached(table).map(settledText).sort().join();
  const families = changed.map((name) => familyOf(to, name)).sort();
  const isOne =
    (changed.length < 2 || families.join() === 'ipv4_addr,ipv6_addr') &&
    changed.every((name) => !to.get(name)?.declaration.includes('flags interval'));
  return rules(from) === rules(to) && isOne ? [] : changed.filter((name) => !NAT.has(name));
}

/** What leaves of them is asked by nothing that is marked. */
const NAT: ReadonlySet<string> = new Set(['slot_nat', 'uplink_nat']);

const familyOf = (table: NftTable, name: string): string =>
  /ipv[46]_addr/.exec(table.get(name)?.declaration[0] ?? '')?.[0] ?? '';

const asks = ({ content }: Block): string[] =>
  content.flatMap((rule) => [...rule.matchAll(/@(\S+)/g)].flatMap(([, name]) => name ?? []));

/** The chains that packets come past, and those that rules and elements lead to from there. */
function reached(table: NftTable): readonly Block[] {
  const all = new Set(
    [...table.values()].filter(({ keyword, declaration: [hook] }) => keyword === 'chain' && hook),
  );
  for (const block of all) {
    const lines = [
      ...block.content,
      ...asks(block).flatMap((name) => table.get(name)?.content ?? []),
    ];
    for (const line of lines) {
      for (const [, name = ''] of line.matchAll(/\b(?:jump|goto) (\S+)/g)) {
        const chain = table.get(name);
        if (chain !== undefined) all.add(chain);
      }
    }
  }
  return [...all];
}

it('leads from any ruleset to any other by what changes alone, never changes what rules ask, and leads back', {
  timeout: 300_000,
}, () => {
  fc.assert(
    fc.property(policy, policy, (before, after) => {
      const done = withEmptyKernel((load) => {
        const must = (command: Command) => expect(load(command)).toHaveProperty('stdout');
        const loaded = (lines: readonly string[]): NftTable => {
          must({ argv: ['nft', '-f', '-'], stdin: textOf(lines) });
          return listed(load);
        };
        const wanted = loaded(after);
        must({ argv: ['nft', 'flush', 'ruleset'] });
        const live = loaded(before);
        const steps = nftSteps(wanted, live);
        let from = live;
        for (const { run } of steps) {
          must(run);
          const to = listed(load);
          expect(torn(from, to)).toEqual([]);
          from = to;
        }
        expect(settled(from)).toEqual(settled(wanted));
        for (const { undo } of [...steps].reverse()) must(undo ?? bug('no way back'));
        // A chain with a hook stays, and does nothing.
        const back = nftSteps(live, listed(load));
        for (const { run } of back) must(run);
        expect(settled(listed(load))).toEqual(settled(live));
      });
      expect(done).toBeUndefined();
    }),
    RUNS,
  );
});
