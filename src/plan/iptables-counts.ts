import { ownersOf, type PolicyMap } from '../emit/map/read-map.ts';
import { markSlot } from '../model/marking.ts';
import type { Count, PolicyCounts } from './policy-counts.ts';

/** A rule of ours that counts: what it is for, and where it leads. */
interface Line {
  readonly count: Count;
  readonly chain: string;
  readonly after: (word: string) => string | undefined;
}

/**
 * Reads the counts of the rulesets of iptables: rules say by their comments whose they are, and elements of a set
 * by their place in the file.
 *
 * @param saves what `iptables-save -c -t mangle` and its like for IPv6 print
 * @param sets what `ipset save` prints
 * @param ipset `policy.ipset`, as it was loaded; empty where there is none
 * @param map `policy.map.json` of the same compile
 * @param mask our bits of a mark
 */
export function iptablesCounts(
  saves: readonly string[],
  sets: string,
  ipset: string,
  map: PolicyMap,
  mask: number,
): PolicyCounts {
  const rules = new Map<string, Count>();
  const unsure = new Set<string>();
  const strangers: string[] = [];
  const add = (id: string, [packets, bytes]: Count): void => {
    const [p, b] = rules.get(id) ?? [0, 0];
    rules.set(id, [p + packets, b + bytes]);
  };
  const lines = saves.flatMap(linesOf);
  const choices = lines.filter(({ chain }) => chain.startsWith('routec-choose'));
  for (const { count, after } of choices) {
    const id = after('--comment');
    if (id !== undefined) add(id, count);
  }
  const [written, live] = [elementsOf(ipset), elementsOf(sets)];
  for (const [name, runs] of Object.entries(map.elements)) {
    const owners = ownersOf(map, runs);
    const [keys, its] = [[...(written.get(name)?.keys() ?? [])], live.get(name)];
    const known = its !== undefined && keys.length === owners.length && its.size === keys.length;
    if (!known || keys.some((key) => !its.has(key))) {
      strangers.push(name);
      for (const id of owners) unsure.add(id);
      continue;
    }
    for (const [at, key] of keys.entries()) {
      const [id, count] = [owners[at] as string, its.get(key)];
      if (count === undefined) unsure.add(id);
      else add(id, count);
    }
  }
  return {
    rules,
    unsure,
    members: membersOf(choices, map),
    settled: settledOf(lines, mask),
    strangers,
  };
}

function linesOf(save: string): Line[] {
  return save.split('\n').flatMap((line): Line[] => {
    const [, packets, bytes, chain, rest] =
      /^\[(\d+):(\d+)\] -A (routec-\S+) (.*)$/.exec(line) ?? [];
    if (chain === undefined || rest === undefined) return [];
    const words = rest.split(' ');
    const after = (word: string): string | undefined => {
      const at = words.indexOf(word);
      return at < 0 ? undefined : words[at + 1];
    };
    return [{ count: [Number(packets), Number(bytes)], chain, after }];
  });
}

/** The elements of each set, with their counts where it has any. */
function elementsOf(text: string): Map<string, Map<string, Count | undefined>> {
  const sets = new Map<string, Map<string, Count | undefined>>();
  for (const line of text.split('\n')) {
    const [word, name = '', key = ''] = line.split(' ');
    if (word === 'create') sets.set(name, new Map());
    if (word !== 'add') continue;
    const [, packets, bytes] = / packets (\d+) bytes (\d+)/.exec(line) ?? [];
    const count = packets === undefined ? undefined : ([Number(packets), Number(bytes)] as const);
    sets.get(name)?.set(key, count);
  }
  return sets;
}

/** Each member of a balance has a line of its own, for each rule and each set of rules that lead there. */
function membersOf(choices: readonly Line[], map: PolicyMap): PolicyCounts['members'] {
  const ownerOf = ({ after }: Line): string => {
    const [first = -1] = map.elements[after('--match-set') ?? ''] ?? [];
    return after('--comment') ?? map.ids[first] ?? '';
  };
  return new Map(
    map.targets.flatMap((target): [string, Count[]][] => {
      if (!('chain' in target) || target.chain === undefined) return [];
      const its = choices.filter((line) => target.rules.includes(ownerOf(line)));
      const counts = target.slots.map((slot): Count => {
        const own = its.filter(({ after }) => after('-g') === `routec-slot-${slot}`);
        return own.reduce<Count>(([p, b], { count: [q, c] }) => [p + q, b + c], [0, 0]);
      });
      return [[target.chain, counts]];
    }),
  );
}

/** A line that settles looks for an ordering's mark, and writes that of what it became. */
function settledOf(lines: readonly Line[], mask: number): PolicyCounts['settled'] {
  const settled = new Map<number, Map<number | 'main', number>>();
  const slotIn = (mark: string | undefined): number | undefined =>
    markSlot(mask, (Number(mark?.split('/')[0] ?? 0) & mask) >>> 0);
  for (const { chain, count, after } of lines) {
    const [from, to] = [slotIn(after('--mark')), after('--set-xmark')];
    if (chain !== 'routec-settle' || from === undefined || to === undefined) continue;
    const its = settled.get(from) ?? new Map<number | 'main', number>();
    settled.set(from, its);
    const end = slotIn(to) ?? 'main';
    its.set(end, (its.get(end) ?? 0) + count[0]);
  }
  return settled;
}
