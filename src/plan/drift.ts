import { FAMILIES, type Family } from '../net/address.ts';
import { beyond } from './beyond.ts';
import { partOf } from './canonical-line.ts';
import { routeKey } from './ip-steps.ts';
import { blockTitle, type IptablesRuleset, settledLines } from './iptables-ruleset.ts';
import { type NftTable, settledText } from './nft-table.ts';
import type { State } from './state.ts';

/** One thing that is not as it was loaded. */
export interface Drift {
  /**
   * `missing`: wanted, and not there; `extra`: ours by its number or its table, and not wanted; `changed`: there,
   * and otherwise; `foreign`: somebody else's, in what is ours.
   */
  readonly kind: 'missing' | 'extra' | 'changed' | 'foreign';
  readonly what: 'rule' | 'route' | 'setting' | 'device' | 'ruleset';
  readonly family?: Family;
  /** In the words that load it. */
  readonly text: string;
  /** Of what changed: how it should be. */
  readonly wanted?: string;
}

/** What is live of ours and not as wanted, but for the ruleset. */
export function driftOf(wanted: State, live: State): Drift[] {
  return [
    ...FAMILIES.flatMap((family) => [
      ...linesDrift('rule', family, wanted.rules[family], live.rules[family]),
      ...routesDrift(family, wanted.routes[family], live.routes[family]),
    ]),
    ...Object.entries(wanted.settings).flatMap(([path, value]): Drift[] => {
      const is = live.settings[path];
      if (is === undefined || is === value) return [];
      return [{ kind: 'changed', what: 'setting', text: `${path}=${is}`, wanted: value }];
    }),
    ...Object.entries(wanted.groups).flatMap(([device, group]): Drift[] => {
      const is = live.groups[device];
      if (is === undefined || is === group) return [];
      return [{ kind: 'changed', what: 'device', text: `${device}: group ${is}`, wanted: group }];
    }),
  ];
}

function linesDrift(
  what: 'rule' | 'ruleset',
  family: Family | undefined,
  wanted: readonly string[],
  live: readonly string[],
): Drift[] {
  const its = family === undefined ? {} : { family };
  return [
    ...beyond(wanted, live).map((text): Drift => ({ kind: 'missing', what, ...its, text })),
    ...beyond(live, wanted).map((text): Drift => ({ kind: 'extra', what, ...its, text })),
  ];
}

/** A route that stands in the place of another is that one, changed. */
function routesDrift(family: Family, wanted: readonly string[], live: readonly string[]): Drift[] {
  const instead = new Map(beyond(live, wanted).map((line) => [routeKey(line), line]));
  const missing = beyond(wanted, live).map((text): Drift => {
    const is = instead.get(routeKey(text));
    if (is === undefined) return { kind: 'missing', what: 'route', family, text };
    instead.delete(routeKey(text));
    return { kind: 'changed', what: 'route', family, text: is, wanted: text };
  });
  const extra = [...instead.values()].map(
    (text): Drift => ({ kind: 'extra', what: 'route', family, text }),
  );
  return [...missing, ...extra];
}

/** What of the rulesets is not as wanted, both as their tools list them. */
export function rulesetsDrift(wanted: Rulesets, live: Rulesets): Drift[] {
  const nft = (table: NftTable | undefined): Blocks =>
    new Map(
      [...(table?.values() ?? [])].map((block) => [
        `${block.keyword} ${block.name}`,
        settledText(block).split('\n').slice(1),
      ]),
    );
  const iptables = (ruleset: IptablesRuleset): Blocks =>
    new Map([...ruleset.values()].map((block) => [blockTitle(block), settledLines(block)]));
  return [
    ...rulesetDrift(WHOLE.nft, nft(wanted.nft), nft(live.nft)),
    ...rulesetDrift(WHOLE.iptables, iptables(wanted.iptables), iptables(live.iptables)),
  ];
}

/** How a ruleset is called of which nothing is as it should be. */
const WHOLE = { nft: 'table inet routec', iptables: 'the chains of iptables' } as const;

/** Whether a ruleset that is wanted is missing as a whole. */
export function lacksRuleset(drift: readonly Drift[]): boolean {
  const whole: readonly string[] = Object.values(WHOLE);
  return drift.some(
    ({ kind, what, text }) => kind === 'missing' && what === 'ruleset' && whole.includes(text),
  );
}

type Rulesets = Pick<State, 'nft' | 'iptables'>;

/** The settled lines of sets, maps and chains, by what they are called. */
type Blocks = ReadonlyMap<string, readonly string[]>;

function rulesetDrift(whole: string, wanted: Blocks, live: Blocks): Drift[] {
  if (wanted.size === 0 && live.size === 0) return [];
  if (wanted.size === 0) return [{ kind: 'extra', what: 'ruleset', text: whole }];
  if (live.size === 0) return [{ kind: 'missing', what: 'ruleset', text: whole }];
  return [...new Set([...wanted.keys(), ...live.keys()])].flatMap((text): Drift[] => {
    const [want, has] = [wanted.get(text), live.get(text)];
    if (has === undefined) return [{ kind: 'missing', what: 'ruleset', text }];
    if (want === undefined) return [{ kind: 'extra', what: 'ruleset', text }];
    if (want.join('\n') === has.join('\n')) return [];
    const lines = linesDrift('ruleset', undefined, want, has);
    if (lines.length > 0) return lines.map((each) => ({ ...each, text: `${text}: ${each.text}` }));
    return [
      { kind: 'changed', what: 'ruleset', text: `${text}: its lines`, wanted: 'in another order' },
    ];
  });
}

/** A rule of `ip` as all programs have them. */
export interface AnyRule {
  readonly protocol: string | undefined;
  /** In canonical form. */
  readonly text: string;
}

/** Which numbers are ours. */
export interface Territory {
  /** The protocols of our rules and routes. */
  readonly protocols: readonly string[];
  /** The first of our thousand priorities and tables. */
  readonly priority: number;
  /** Tables that the policy pinned, beside those. */
  readonly tables: ReadonlySet<string>;
}

/** Rules of others that stand among ours, or lead into our tables. */
export function foreignRules(
  rules: readonly AnyRule[],
  family: Family,
  { protocols, priority, tables }: Territory,
): Drift[] {
  return rules
    .filter(({ protocol }) => !protocols.includes(protocol ?? ''))
    .filter(({ text }) => {
      const table = partOf(text, 'lookup') ?? '';
      const isOurs = (number: string | undefined): boolean =>
        Number(number) >= priority && Number(number) < priority + OURS;
      return isOurs(partOf(text, 'pref')) || isOurs(table) || tables.has(table);
    })
    .map(({ text }) => ({ kind: 'foreign', what: 'rule', family, text }));
}

/** So many priorities and tables from the first one are ours. */
const OURS = 1000;
