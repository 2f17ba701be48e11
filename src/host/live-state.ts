import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { BackendName } from '../emit/backends.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import { ownName } from '../plan/copy-name.ts';
import type { AnyRule } from '../plan/drift.ts';
import { type IptablesRuleset, NO_IPTABLES, parseIptables } from '../plan/iptables-ruleset.ts';
import { liveRoute, liveRule } from '../plan/live-lines.ts';
import { type Block, type NftTable, parseNftTable } from '../plan/nft-table.ts';
import type { State } from '../plan/state.ts';
import type { Command } from '../plan/step.ts';
import type { Link, Links } from '../plan/wanted.ts';
import { isInstalled } from './is-installed.ts';
import { type Ran, run } from './run.ts';
import { withoutGone } from './without-gone.ts';

type Result<T> = { readonly value: T } | { readonly refused: string };

const Rules = v.array(
  v.looseObject({
    priority: v.number(),
    src: v.optional(v.string()),
    srclen: v.optional(v.number()),
    action: v.optional(v.string()),
    protocol: v.optional(v.string()),
  }),
);
/** What `ip -j route show` prints. */
export const Routes = v.array(
  v.looseObject({
    dst: v.string(),
    gateway: v.optional(v.string()),
    dev: v.optional(v.string()),
    type: v.optional(v.string()),
    protocol: v.optional(v.string()),
    flags: v.optional(v.array(v.string())),
  }),
);
const LinkList = v.array(
  v.looseObject({ ifname: v.string(), flags: v.array(v.string()), group: v.string() }),
);

/** The families that the kernel has: IPv6 may be switched off at boot. */
export function kernelFamilies(): readonly Family[] {
  return existsSync('/proc/sys/net/ipv6') ? FAMILIES : [4];
}

/** The devices of the machine. */
export function readLinks(): Result<Links> {
  const list = json(run({ argv: ['ip', '-j', '-N', 'link', 'show'] }), LinkList);
  if ('refused' in list) return list;
  return {
    value: new Map(
      list.value.map(({ ifname, flags, group }): [string, Link] => [
        ifname,
        {
          up: flags.includes('UP'),
          group,
          noIpv6: readSetting(`net/ipv6/conf/${ifname}/disable_ipv6`) !== '0',
        },
      ]),
    ),
  };
}

/** The value of a setting, by its path below /proc/sys; none where the kernel has no such setting. */
export function readSetting(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** All rules of a family, whoever made them, in their order. */
export function readRules(family: Family): Result<readonly AnyRule[]> {
  const its = json(run({ argv: ['ip', `-${family}`, '-j', '-N', 'rule', 'show'] }), Rules);
  if ('refused' in its) return its;
  return { value: its.value.map((rule) => ({ protocol: rule.protocol, text: liveRule(rule) })) };
}

/**
 * All that routec has in this kernel, with the settings that matter.
 *
 * @param rulesets those that are read too
 */
export function readState(
  protocols: { readonly own: string; readonly guard: string },
  links: Links,
  settings: readonly string[],
  rulesets: readonly BackendName[],
): Result<State> {
  const rules: Record<Family, string[]> = { 4: [], 6: [] };
  const routes: Record<Family, string[]> = { 4: [], 6: [] };
  for (const family of kernelFamilies()) {
    const its = readRules(family);
    if ('refused' in its) return its;
    const ours = its.value.filter(
      ({ protocol }) => protocol === protocols.own || protocol === protocols.guard,
    );
    rules[family] = ours.map(({ text }) => text);
    for (const protocol of [protocols.guard, protocols.own]) {
      const found = json(
        run({
          argv: [
            'ip',
            `-${family}`,
            '-j',
            '-N',
            'route',
            'show',
            'table',
            'all',
            'proto',
            protocol,
          ],
        }),
        Routes,
      );
      if ('refused' in found) return found;
      routes[family].push(...found.value.map((each) => liveRoute({ ...each, protocol }, family)));
    }
  }
  const nft = rulesets.includes('nft') ? readNftTable() : { value: undefined };
  if ('refused' in nft) return nft;
  const iptables = rulesets.includes('iptables') ? readIptables() : { value: NO_IPTABLES };
  if ('refused' in iptables) return iptables;
  const standing = withoutGone({ nft: nft.value, iptables: iptables.value });
  const values = [...new Set(settings)].flatMap((path) => {
    const value = readSetting(path);
    return value === undefined ? [] : [[path, value] as const];
  });
  return {
    value: {
      rules,
      routes,
      groups: Object.fromEntries([...links].map(([name, { group }]) => [name, group])),
      settings: Object.fromEntries(values),
      ...standing,
    },
  };
}

/** What lists our table, in words or in numbers. */
export const listRuleset = (numbers: boolean): Command & { readonly lists: true } => ({
  argv: ['nft', ...(numbers ? ['-n'] : []), 'list', 'table', 'inet', 'routec'],
  lists: true,
});

/**
 * The table `inet routec` with its counts; none where there is no such table, or no nft at all.
 *
 * @param numbers whether ports, protocols and the like are listed as numbers
 */
export function readNftTable(numbers = false): Result<NftTable | undefined> {
  return readListing(run(listRuleset(numbers)));
}

/**
 * Some sets, maps and chains of that table, in numbers. Elements of others are not looked at, unless they are many that
 * are asked for.
 */
export function readNftBlocks(
  names: readonly string[],
  known: NftTable,
): Result<NftTable | undefined> {
  if (names.length > FEW) return readNftTable(true);
  const blocks: (readonly [string, Block])[] = [];
  for (const name of names) {
    const keyword = known.get(ownName(name))?.keyword ?? 'set';
    const argv: Command['argv'] = ['nft', '-n', 'list', keyword, 'inet', 'routec', name];
    const listing = readListing(run({ argv, lists: true }));
    if ('refused' in listing) return listing;
    blocks.push(...(listing.value ?? []));
  }
  return { value: new Map(blocks) };
}

/** To list a chain takes nft almost as long as to list all. */
const FEW = 3;

function readListing(listing: Ran): Result<NftTable | undefined> {
  if ('stdout' in listing) return { value: parseNftTable(listing.stdout) };
  const none = /is not installed$|: Error: No such file or directory/.test(listing.refused);
  return none ? { value: undefined } : listing;
}

/** Reads what a tool printed as JSON; nothing at all counts as an empty list. */
export function json<T extends v.GenericSchema>(ran: Ran, schema: T): Result<v.InferOutput<T>> {
  if ('refused' in ran) return ran;
  try {
    const text = ran.stdout.trim();
    const parsed = v.safeParse(schema, text === '' ? [] : JSON.parse(text));
    if (parsed.success) return { value: parsed.output };
    const [{ message }] = parsed.issues;
    return { refused: `what \`ip\` says is not as expected: ${message}` };
  } catch {
    return { refused: 'what `ip` says is no JSON' };
  }
}

/**
 * All that is ours in ipset and in the tables of iptables; nothing where these are not installed.
 *
 * @param load runs a tool, in another namespace say
 */
export function readIptables(load: (command: Command) => Ran = run): Result<IptablesRuleset> {
  const lines: string[] = [];
  const tools = kernelFamilies().map((family) => (family === 4 ? 'iptables' : 'ip6tables'));
  const sets = isInstalled('ipset') ? load({ argv: ['ipset', 'save'] }) : { stdout: '' };
  if ('stdout' in sets) lines.push(...sets.stdout.split('\n').map((line) => `ipset - ${line}`));
  for (const tool of tools) {
    if (!isInstalled(`${tool}-save`)) continue;
    const saved = load({ argv: [`${tool}-save`] });
    if ('refused' in saved) return saved;
    let table = '';
    for (const line of saved.stdout.split('\n')) {
      if (line.startsWith('*')) table = line.slice(1);
      else lines.push(`${tool} ${table} ${line}`);
    }
  }
  // A kernel that has no sets has no rules that look into them.
  if ('refused' in sets && lines.some((line) => line.includes(' --match-set routec-'))) return sets;
  return { value: parseIptables(lines.join('\n')) };
}
