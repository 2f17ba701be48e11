import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { FAMILIES, type Family } from '../net/address.ts';
import { partOf } from '../plan/canonical-line.ts';
import { iptablesRulesets, nftRulesets, type OtherRulesets } from '../plan/other-rulesets.ts';
import { deadNeighbours } from './dead-neighbours.ts';
import { json, kernelFamilies, Routes, readLinks, readRules, readSetting } from './live-state.ts';
import { run } from './run.ts';

/** A rule of `ip`, whoever made it. */
export interface RuleSeen {
  readonly family: Family;
  readonly priority: number;
  /** The table that it looks into. */
  readonly table: string | undefined;
  /** Its number, as `ip -N` has it. */
  readonly protocol: string | undefined;
  /** In canonical form. */
  readonly text: string;
}

export type RouteSeen = v.InferOutput<typeof Routes>[number] & { readonly family: Family };

export interface AddressSeen {
  readonly device: string;
  readonly family: Family;
  readonly address: string;
  readonly length: number;
}

/** What the kernel and its tools say of this machine: each is read once, when somebody asks. */
export interface Machine {
  readonly families: readonly Family[];
  readonly rules: () => readonly RuleSeen[];
  readonly routes: (table: string) => readonly RouteSeen[];
  readonly devices: () => readonly string[];
  readonly addresses: () => readonly AddressSeen[];
  /** Neighbours that do not answer, as `ADDRESS DEVICE`. */
  readonly deaf: () => ReadonlySet<string>;
  /** Rulesets of others; empty where only root may look. */
  readonly rulesets: () => OtherRulesets;
  /** Tables of the old iptables that hold rules. */
  readonly legacyTables: () => readonly string[];
  readonly setting: (path: string) => string | undefined;
  /** What could not be read so far, and why. */
  readonly unread: () => readonly string[];
}

const AddressList = v.array(
  v.looseObject({
    ifname: v.optional(v.string()),
    addr_info: v.optional(
      v.array(
        v.looseObject({
          family: v.optional(v.string()),
          local: v.optional(v.string()),
          prefixlen: v.optional(v.number()),
        }),
      ),
    ),
  }),
);
const Tables = v.object({ nftables: v.array(v.unknown()) });
const TableLine = v.object({ table: v.object({ family: v.string(), name: v.string() }) });

/** This machine, or the network namespace that routec runs in. */
export function thisMachine(): Machine {
  const families = kernelFamilies();
  const unread = new Set<string>();
  /** What was read, or nothing, which is said. */
  function taken<T>(result: { readonly value: T } | { readonly refused: string }, none: T): T {
    if ('value' in result) return result.value;
    unread.add(result.refused);
    return none;
  }
  const routesOf = (family: Family, table: string): readonly RouteSeen[] => {
    const ran = run({ argv: ['ip', `-${family}`, '-j', '-N', 'route', 'show', 'table', table] });
    if ('refused' in ran && ran.refused.includes('FIB table does not exist')) return [];
    return taken(json(ran, Routes), []).map((route) => ({ ...route, family }));
  };
  const tables = new Map<string, readonly RouteSeen[]>();
  const saves = once(() => savedRules(taken));
  return {
    families,
    rules: once(() =>
      families.flatMap((family) =>
        taken(readRules(family), []).map(
          ({ protocol, text }): RuleSeen => ({
            family,
            protocol,
            text,
            priority: Number(partOf(text, 'pref') ?? 0),
            table: partOf(text, 'lookup'),
          }),
        ),
      ),
    ),
    routes: (table) => {
      const known = tables.get(table) ?? families.flatMap((family) => routesOf(family, table));
      tables.set(table, known);
      return known;
    },
    devices: once(() => [...taken(readLinks(), new Map()).keys()]),
    addresses: once(() =>
      taken(json(run({ argv: ['ip', '-j', 'addr', 'show'] }), AddressList), []).flatMap(
        ({ ifname: device = '', addr_info = [] }) =>
          addr_info.flatMap(({ family, local: address, prefixlen: length }): AddressSeen[] =>
            address === undefined || length === undefined
              ? []
              : [{ device, family: family === 'inet' ? 4 : 6, address, length }],
          ),
      ),
    ),
    deaf: once(() => taken(deadNeighbours(), new Set())),
    rulesets: once((): OtherRulesets => {
      if (!isRoot()) {
        unread.add('rulesets: only root sees them');
        return { statements: [], nat: [] };
      }
      const all = [
        ...nftTables(taken),
        ...saves().map(({ tool, text }) => iptablesRulesets(text, tool)),
      ];
      return {
        statements: all.flatMap(({ statements }) => statements),
        nat: all.flatMap(({ nat }) => nat),
      };
    }),
    legacyTables: once(() => {
      const texts = isRoot() ? saves().filter(({ tool }) => tool.endsWith('-legacy')) : [];
      return [...new Set(texts.flatMap(({ text }) => tablesWithRules(text)))];
    }),
    setting: readSetting,
    unread: () => [...unread],
  };
}

function once<T>(read: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: read() };
    return known.value;
  };
}

type Taken = <T>(result: { readonly value: T } | { readonly refused: string }, none: T) => T;

/** All tables of nft but ours, without what sets hold: that may be long. */
function nftTables(taken: Taken): OtherRulesets[] {
  const listed = run({ argv: ['nft', '-j', 'list', 'tables'] });
  if ('refused' in listed && listed.refused.endsWith('is not installed')) return [];
  const names = taken(json(listed, Tables), { nftables: [] }).nftables.flatMap((each) => {
    const line = v.safeParse(TableLine, each);
    return line.success ? [line.output.table] : [];
  });
  return names
    .filter(({ family, name }) => !(family === 'inet' && name === 'routec'))
    .map(({ family, name }) => {
      const ran = run({ argv: ['nft', '-t', '-j', 'list', 'table', family, name] });
      return nftRulesets(taken(json(ran, Tables), { nftables: [] }).nftables);
    });
}

const isRoot = (): boolean => process.getuid?.() === 0;

interface Saved {
  readonly tool: string;
  readonly text: string;
}

/** The rules of iptables, in the words of its own: nft does not know them by name. */
function savedRules(taken: Taken): Saved[] {
  return FAMILIES.flatMap((family) => {
    const six = family === 4 ? '' : '6';
    // To ask the old one for its tables makes them, where it has none.
    const variants = hasLegacy(`/proc/net/ip${six}_tables_names`) ? ['nft', 'legacy'] : ['nft'];
    return variants.flatMap((variant): Saved[] => {
      const tool = `ip${six}tables-${variant}`;
      const ran = run({ argv: [`${tool}-save`] });
      if ('refused' in ran && ran.refused.endsWith('is not installed')) return [];
      return [{ tool, text: taken('stdout' in ran ? { value: ran.stdout } : ran, '') }];
    });
  });
}

function hasLegacy(names: string): boolean {
  try {
    return readFileSync(names, 'utf8').trim() !== '';
  } catch {
    return false;
  }
}

function tablesWithRules(save: string): string[] {
  const tables = new Set<string>();
  let table = '';
  for (const line of save.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    else if (line.startsWith('-A ')) tables.add(table);
  }
  return [...tables];
}
