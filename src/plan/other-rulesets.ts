import { isFault } from '../net/fault.ts';
import { scanMark } from '../net/mark.ts';

/** Where packets meet a chain. */
export interface Hook {
  readonly hook: string;
  readonly priority: number;
}

/** What a rule of somebody else's does, as far as it matters to marks, addresses and routes. */
export type Effect =
  /** `bits` of the mark are written. */
  | { readonly kind: 'mark'; readonly of: 'packet' | 'connection'; readonly bits: number }
  | { readonly kind: 'zone' }
  | { readonly kind: 'untracked' }
  /** Drops what would be answered by another device. */
  | { readonly kind: 'strict' }
  /** What is open goes on past all rules and routes. */
  | { readonly kind: 'offload' };

export interface Statement {
  /** The tool, table and chain, in words. */
  readonly where: string;
  readonly effect: Effect;
  /** The hooks from which the chain is reached. */
  readonly hooks: readonly Hook[];
  /** It is only for packets whose whole mark is this. */
  readonly mark?: number | undefined;
}

export interface NatChain extends Hook {
  readonly where: string;
}

/** Rulesets that are not ours. */
export interface OtherRulesets {
  readonly statements: readonly Statement[];
  /** Chains that translate addresses, by nft alone: those of iptables stand at fixed priorities. */
  readonly nat: readonly NatChain[];
}

interface Chain {
  readonly where: string;
  readonly hook?: Hook;
  readonly to: Set<string>;
  readonly does: { readonly effect: Effect; readonly mark?: number | undefined }[];
}

const ALL_BITS = 0xffff_ffff;

/** Follows all jumps from the hooks, and says of each statement from where it is reached. */
function statementsOf(chains: ReadonlyMap<string, Chain>): Statement[] {
  const hooks = new Map<string, Hook[]>();
  for (const [name, { hook }] of chains) {
    if (hook === undefined) continue;
    const reached = new Set([name]);
    for (const each of reached) {
      hooks.set(each, [...(hooks.get(each) ?? []), hook]);
      for (const next of chains.get(each)?.to ?? []) reached.add(next);
    }
  }
  return [...chains].flatMap(([name, { where, does }]) =>
    does.map(({ effect, mark }) => ({ where, effect, mark, hooks: hooks.get(name) ?? [] })),
  );
}

type Json = Readonly<Record<string, unknown>>;
const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};

/**
 * Reads what `nft -t -j list table` says of one table: its statements in libnftables-json(5).
 *
 * @param json the list under `nftables`
 */
export function nftRulesets(json: readonly unknown[]): OtherRulesets {
  const chains = new Map<string, Chain>();
  const nat: NatChain[] = [];
  for (const each of json) {
    const { chain } = objectOf(each);
    if (chain === undefined) continue;
    const { family, table, name, type, hook, prio } = objectOf(chain);
    const where = `nft, table ${family} ${table}, chain ${name}`;
    const at =
      typeof hook === 'string' && typeof prio === 'number' ? { hook, priority: prio } : undefined;
    if (at !== undefined && type === 'nat') nat.push({ ...at, where });
    chains.set(String(name), { where, to: new Set(), does: [], ...(at && { hook: at }) });
  }
  for (const each of json) {
    const { chain, expr } = objectOf(objectOf(each).rule);
    const its = chains.get(String(chain));
    if (its === undefined || !Array.isArray(expr)) continue;
    let mark: number | undefined;
    let strict = false;
    for (const statement of expr.map(objectOf)) {
      for (const target of targetsIn(statement)) its.to.add(target);
      const { match, mangle } = statement;
      if (match !== undefined) {
        const { op, left, right } = objectOf(match);
        if (op === '==' && isMark(left, 'meta') && typeof right === 'number') mark = right;
        const { fib } = objectOf(left);
        const { flags, result } = objectOf(fib);
        const asked = Array.isArray(flags) ? flags : [];
        // A later nft calls it a check for what is missing.
        const isMissing = (result === 'oif' || result === 'check') && !right;
        strict ||= asked.includes('saddr') && asked.includes('iif') && isMissing;
      } else if (mangle !== undefined) {
        const { key, value } = objectOf(mangle);
        for (const [kind, of] of [
          ['meta', 'packet'],
          ['ct', 'connection'],
        ] as const) {
          if (!isMark(key, kind)) continue;
          its.does.push({ effect: { kind: 'mark', of, bits: bitsOf(value, kind) }, mark });
        }
        if (objectOf(objectOf(key).ct).key === 'zone') its.does.push({ effect: { kind: 'zone' } });
      } else if ('notrack' in statement) its.does.push({ effect: { kind: 'untracked' } });
      else if ('flow' in statement) its.does.push({ effect: { kind: 'offload' } });
      else if ('drop' in statement && strict) its.does.push({ effect: { kind: 'strict' } });
    }
  }
  return { statements: statementsOf(chains), nat };
}

const isMark = (key: unknown, kind: 'meta' | 'ct'): boolean =>
  objectOf(objectOf(key)[kind]).key === 'mark';

/** Which bits of a mark an expression may change: none of those that it takes from the mark itself. */
function bitsOf(value: unknown, kind: 'meta' | 'ct'): number {
  if (isMark(value, kind)) return 0;
  for (const [operator, operands] of Object.entries(objectOf(value))) {
    const [left, right] = Array.isArray(operands) ? operands : [];
    if (typeof right !== 'number') break;
    if (operator === '|' || operator === '^') return (bitsOf(left, kind) | right) >>> 0;
    if (operator === '&') return (bitsOf(left, kind) | ~right) >>> 0;
  }
  return ALL_BITS;
}

/** The chains that a statement leads to, those of a verdict map among them. */
function targetsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(targetsIn);
  return Object.entries(objectOf(value)).flatMap(([key, inside]) =>
    key === 'jump' || key === 'goto' ? [String(objectOf(inside).target)] : targetsIn(inside),
  );
}

/** Where the tables of iptables stand, by netfilter_ipv4.h. */
const PRIORITIES: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  filter: 0,
  security: 50,
};
const BUILT_IN = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/**
 * Reads what `iptables-save` prints; our own chains are left out.
 *
 * @param tool what printed it, in words
 */
export function iptablesRulesets(text: string, tool: string): OtherRulesets {
  const chains = new Map<string, Chain>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    else if (line.startsWith(':')) {
      const [name = ''] = line.slice(1).split(' ');
      const priority = PRIORITIES[table];
      const hook =
        BUILT_IN.includes(name) && priority !== undefined
          ? { hook: { hook: name.toLowerCase(), priority } }
          : {};
      const where = `${tool}, table ${table}, chain ${name}`;
      chains.set(`${table} ${name}`, { where, to: new Set(), does: [], ...hook });
    } else if (line.startsWith('-A ')) {
      const words = line.split(' ');
      const name = words[1] ?? '';
      const its = chains.get(`${table} ${name}`);
      if (its === undefined || name.startsWith(OURS)) continue;
      const after = (word: string): string | undefined => {
        const at = words.indexOf(word);
        return at < 0 ? undefined : words[at + 1];
      };
      const target = after('-j') ?? after('-g') ?? '';
      if (target.startsWith(OURS)) continue;
      its.to.add(`${table} ${target}`);
      const exact = after('--mark');
      const negated = words[words.indexOf('--mark') - 1] === '!';
      const whole = exact !== undefined && !exact.includes('/') && !negated;
      const mark = whole ? numberOf(exact) : undefined;
      for (const effect of effectsOf(target, words, after)) its.does.push({ effect, mark });
    }
  }
  return { statements: statementsOf(chains), nat: [] };
}

const OURS = 'routec-';

const numberOf = (text: string | undefined): number => {
  const scanned = scanMark(text ?? '');
  return isFault(scanned) ? 0 : scanned.value;
};

function effectsOf(
  target: string,
  words: readonly string[],
  after: (word: string) => string | undefined,
): Effect[] {
  const markOf = (
    of: 'packet' | 'connection',
    ...parts: readonly (string | undefined)[]
  ): Effect => ({
    kind: 'mark',
    of,
    bits: parts.map(numberOf).reduce((bits, part) => (bits | part) >>> 0, 0),
  });
  const [value, mask] = (after('--set-xmark') ?? '').split('/');
  switch (target) {
    case 'MARK':
      return [markOf('packet', value, mask)];
    case 'HMARK':
      return [{ kind: 'mark', of: 'packet', bits: ALL_BITS }];
    case 'CONNMARK': {
      const masks = [after('--nfmask'), after('--ctmask')];
      if (words.includes('--restore-mark')) return [markOf('packet', ...masks)];
      if (words.includes('--save-mark')) return [markOf('connection', ...masks)];
      return [markOf('connection', value, mask)];
    }
    case 'CT':
      if (words.some((word) => word.startsWith('--zone'))) return [{ kind: 'zone' }];
      return words.includes('--notrack') ? [{ kind: 'untracked' }] : [];
    case 'NOTRACK':
      return [{ kind: 'untracked' }];
    case 'FLOWOFFLOAD':
      return [{ kind: 'offload' }];
    case 'DROP':
      return words.includes('rpfilter') && !words.includes('--loose') ? [{ kind: 'strict' }] : [];
    default:
      return [];
  }
}
