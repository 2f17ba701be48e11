import { type IptablesRuleset, NO_IPTABLES } from '../plan/iptables-ruleset.ts';
import { type NftTable, parseNftTable } from '../plan/nft-table.ts';
import type { IptablesFiles, Loads } from '../plan/read-artefacts.ts';
import type { Command } from '../plan/step.ts';
import { withEmptyKernel } from './empty-kernel.ts';
import { isInstalled } from './is-installed.ts';
import { kernelFamilies, listRuleset, readIptables } from './live-state.ts';
import type { Ran } from './run.ts';

/** What the kernel makes of a ruleset. */
export interface Tried {
  readonly nft: NftTable | undefined;
  readonly iptables: IptablesRuleset;
  /** What this machine has not, in words. */
  readonly leftOut: readonly string[];
}

export const NOT_TRIED: Tried = { nft: undefined, iptables: NO_IPTABLES, leftOut: [] };

type Refused = { readonly refused: string };
type Load = (command: Command) => Ran;

/**
 * What this kernel makes of a ruleset: loaded into an empty one, and read back.
 *
 * @param numbers whether nft lists it in numbers, or in words
 */
export function tryRuleset(loads: Loads, numbers = false): Tried | Refused {
  const { nft, iptables, names } = loads;
  if (nft !== undefined) return withEmptyKernel((load) => tryNft(nft, names, numbers, load));
  if (iptables !== undefined) return withEmptyKernel((load) => tryIptables(iptables, load));
  return NOT_TRIED;
}

/** What nft says of a user or a cgroup that is not there. */
const NO_SUCH_NAME = /User does not exist|cgroupv2 path fails|Could not parse cgroupsv2 path/;
/** iptables does not say it in words of its own: the kernel's answer may mean a match that it lacks. */
const NAME_IN_RULE = /(--uid-owner|--path) \S+/;
const ALWAYS: Readonly<Record<string, string>> = { '--uid-owner': '0', '--path': '/' };
const noneOf = (name: string): string =>
  `${name.replace('.', ' ')}: there is none of that name here; no packet is of it`;

function tryNft(nft: string, names: Loads['names'], numbers: boolean, run: Load): Tried | Refused {
  const load = (stdin: string): Ran => run({ argv: ['nft', '-f', '-'], stdin });
  const leftOut: string[] = [];
  for (const { name, text } of names) {
    const filled = load(text);
    if ('stdout' in filled) continue;
    if (NO_SUCH_NAME.test(filled.refused)) leftOut.push(noneOf(name));
    else return filled;
  }
  const loaded = load(nft);
  if ('refused' in loaded) return loaded;
  const listing = run(listRuleset(numbers));
  if ('refused' in listing) return listing;
  return { nft: parseNftTable(listing.stdout), iptables: NO_IPTABLES, leftOut };
}

function tryIptables({ sets, tools }: IptablesFiles, run: Load): Tried | Refused {
  const leftOut = new Set<string>();
  if (sets !== undefined) {
    if (!isInstalled('ipset')) return { refused: '`ipset` is not installed' };
    const filled = run({ argv: ['ipset', '-exist', 'restore'], stdin: sets });
    if ('refused' in filled) return filled;
  }
  const has = kernelFamilies().map((family) => (family === 4 ? 'iptables' : 'ip6tables'));
  for (const { tool, chains, hook, names } of tools) {
    if (!has.includes(tool)) continue;
    if (!isInstalled(`${tool}-restore`)) return { refused: `\`${tool}-restore\` is not installed` };
    const load = (stdin: string): Ran =>
      run({ argv: [`${tool}-restore`, '-w', '--noflush'], stdin });
    const texts: string[] = [];
    for (const { name, text, absent } of names) {
      if ('stdout' in load(text)) continue;
      // Of a user and a cgroup that are always there: is it the name, or does the kernel not know such a match?
      const known = load(text.replace(NAME_IN_RULE, (_, word) => `${word} ${ALWAYS[word]}`));
      if ('refused' in known) return known;
      leftOut.add(noneOf(name));
      texts.push(absent);
    }
    for (const text of [...texts, chains, hook]) {
      const loaded = load(text);
      if ('refused' in loaded) return loaded;
    }
  }
  const read = readIptables(run);
  if ('refused' in read) return read;
  return { nft: undefined, iptables: read.value, leftOut: [...leftOut] };
}
