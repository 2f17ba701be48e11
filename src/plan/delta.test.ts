import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { check } from '../compile.ts';
import type { Part } from '../emit/nftables/names.ts';
import { view } from '../emit/nftables/view.ts';
import { delta, type Transaction, transactionText } from './delta.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 100) };

/** The ruleset of a policy. */
function ruleset(lines: readonly string[]): Part {
  const head = [
    'uplink cable dev eth2 gateway 198.51.100.1 masquerade',
    'uplink dsl dev eth3 gateway 192.0.2.1 snat 192.0.2.3',
  ];
  const bytes = new TextEncoder().encode([...head, ...lines].join('\n'));
  const read = () => ({ refused: 'no files' });
  const { program } = check({ name: 'p.route', base: 'p', bytes }, read, undefined);
  return view(program ?? bug('a policy with an error'), 'p');
}

interface Loaded {
  readonly filled: Map<string, { readonly declaration: string; readonly elements: Set<string> }>;
  readonly chains: Map<string, string[]>;
}

/** A ruleset as the kernel has it. */
const loaded = ({ filled, chains }: Part): Loaded => ({
  filled: new Map(
    filled.map(({ name, keyword, declaration, elements }) => {
      return [name, { declaration: [keyword, ...declaration].join(), elements: new Set(elements) }];
    }),
  ),
  chains: new Map(
    chains.map(({ name, hook, rules }) => {
      return [name, [hook, ...rules.filter((rule) => !rule.startsWith('#'))]];
    }),
  ),
});

/** What the kernel does with a transaction; it refuses what is twice there, or not at all. */
function run({ filled, chains }: Loaded, transaction: Transaction): void {
  for (const command of transaction) {
    const { name } = command;
    const set = filled.get(name);
    const chain = chains.get(name);
    switch (command.kind) {
      case 'add-chain':
        expect(chain).toBeUndefined();
        chains.set(name, [command.hook]);
        break;
      case 'flush-chain':
        expect(chain).toBeDefined();
        chain?.splice(1);
        break;
      case 'delete-chain':
        expect(chains.delete(name)).toBe(true);
        break;
      case 'add-rule':
        expect(chain).toBeDefined();
        chain?.push(command.rule);
        break;
      case 'add-filled':
        expect(set).toBeUndefined();
        filled.set(name, {
          declaration: [command.keyword, ...command.declaration].join(),
          elements: new Set(),
        });
        break;
      case 'delete-filled':
        expect(filled.delete(name)).toBe(true);
        break;
      case 'add-elements':
        for (const element of command.elements) {
          expect(set?.elements.has(element)).toBe(false);
          set?.elements.add(element);
        }
        break;
      case 'delete-elements':
        for (const key of command.elements) {
          const there = [...(set?.elements ?? [])].filter((element) => {
            return element === key || element.startsWith(`${key} : `);
          });
          expect(there).toHaveLength(1);
          set?.elements.delete(there[0] as string);
        }
        break;
      default:
        command satisfies never;
    }
  }
}

const hosts = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1');
const nets = fc.constantFrom('10.0.0.0/8', '10.0.0.0/24', '10.0.0.2-10.0.1.9', '2001:db8::/64');
const target = fc.constantFrom('cable', 'dsl', 'dsl else cable', 'dsl masquerade', 'main', 'drop');
const line = fc.oneof(
  fc.tuple(hosts, target).map(([host, to]) => `route host ${host} via ${to}`),
  fc.tuple(nets, target).map(([net, to]) => `route from ${net} via ${to}`),
  fc.tuple(hosts, target).map(([host, to]) => `route host ${host} tcp 80, 443 via ${to}`),
  fc.tuple(nets, target).map(([net, to]) => `route to ${net} udp 53 via ${to}`),
  fc.tuple(hosts, target).map(([host, to]) => `route host ${host} dscp ef via ${to}`),
  fc.constant('forward tcp 8443 on dsl to 192.168.0.10:443'),
  fc.constant('route in eth3 tcp 25 via cable'),
);
const lines = fc.uniqueArray(line, { maxLength: 8 });

describe('delta', () => {
  it('leads from any ruleset to any other', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const [from, to] = [ruleset(before), ruleset(after)];
        const transactions = delta(from, to);
        const there = loaded(from);
        for (const transaction of transactions ?? bug('no delta')) run(there, transaction);
        expect(there).toEqual(loaded(to));
      }),
      RUNS,
    );
  });

  it('is nothing between a ruleset and itself, however its comments change', () => {
    const same = [
      ruleset(['route host 10.0.0.1 via dsl']),
      ruleset(['route from 10.0.0.1 via dsl']),
    ];
    expect(delta(same[0] as Part, same[1] as Part)).toEqual([]);
  });

  it('is one element where a rule has the shape of others', () => {
    const one = ['route host 10.0.0.1 via dsl', 'route host 10.0.0.2 via cable'];
    const transactions = delta(ruleset(one), ruleset([...one, 'route host 10.0.0.3 via dsl']));
    expect(transactions?.map(transactionText)).toEqual([
      'add element inet routec ip_saddr {\n10.0.0.3 : goto to_2_dsl\n}\n',
    ]);
  });

  it('brings a map of a new shape before what uses it, and takes the old one away behind', () => {
    const transactions = delta(
      ruleset(['route host 10.0.0.1 via dsl']),
      ruleset(['route host 10.0.0.1 udp 53 via dsl']),
    );
    expect(transactions?.map(transactionText)).toEqual([
      [
        'add map inet routec ip_saddr_proto_dport { type ipv4_addr . inet_proto . inet_service : verdict; counter; }',
        'add element inet routec ip_saddr_proto_dport {',
        '10.0.0.1 . 17 . 53 : goto to_2_dsl',
        '}',
        '',
      ].join('\n'),
      [
        'flush chain inet routec choose_ip',
        'add rule inet routec choose_ip ip saddr . meta l4proto . th dport vmap @ip_saddr_proto_dport',
        'add rule inet routec choose_ip goto to_main',
        '',
      ].join('\n'),
      'delete map inet routec ip_saddr\n',
    ]);
  });

  it('is none where a name stands for another thing', () => {
    const [from, to] = [ruleset([]), ruleset([])];
    const other = to.filled.map((filled) =>
      filled.name === 'slots' ? { ...filled, declaration: ['type mark'] } : filled,
    );
    expect(delta(from, { ...to, filled: other })).toBeUndefined();
  });

  it('brings sets that others fill before they are used, and never empties them', () => {
    const sites = ['set sites domains example.com', 'route ipv4 to @sites via dsl'];
    const [bare, learned] = [ruleset([]), ruleset(sites)];
    const texts = (delta(bare, learned) ?? bug('no delta')).map(transactionText);
    expect(texts[0]).toContain('add set inet routec domains_ip_sites {');
    expect(texts[0]).not.toContain('@domains_ip_sites');
    const other = ruleset([...sites, 'route ipv4 to @sites tcp 80 via cable']);
    expect((delta(learned, other) ?? bug('no delta')).map(transactionText).join()).not.toMatch(
      /(set|element) inet routec domains/,
    );
  });
});
