import { wordsAfter } from '../../grammar/parse.ts';
import type { Program } from '../model/program.ts';
import type { AddressRange } from '../net/address.ts';
import { formatDevice, isDevicePattern } from '../net/device-name.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';
import { formatRange } from '../net/prefix.ts';
import { stretch } from '../series.ts';

/** Values that a policy speaks of, by the word that stands before them. */
export type Vocabulary = ReadonlyMap<string, ReadonlySet<string>>;

/** So many are offered. */
const MOST = 12;
/** Of so many rules values are offered. */
const RULES = 2000;

const ENDS = { source: ['from', 'host'], destination: ['to'] } as const;
const PORTS = { sourcePort: ['sport'], port: ['tcp', 'udp', 'sctp'] } as const;

/** What the rules of a policy name, and by what a packet may come in. */
export function vocabularyOf({ forwarded, inbound, local, uplinks }: Program): Vocabulary {
  const out = new Map<string, Set<string>>();
  const add = (words: readonly string[], value: string): void => {
    for (const word of words) out.set(word, (out.get(word) ?? new Set()).add(value));
  };
  const rules = [...stretch(forwarded, 0, RULES), ...inbound, ...stretch(local, 0, RULES)];
  for (const box of rules.flatMap(({ boxes }) => boxes)) {
    for (const [side, words] of Object.entries(ENDS)) {
      const set = (box[side as keyof typeof ENDS] ?? []) as IntervalSet<Point>;
      for (const [low, high] of few(set)) {
        add(words, formatRange({ family: box.family, low, high } as AddressRange));
      }
    }
    for (const [side, words] of Object.entries(PORTS)) {
      for (const [low] of few(box[side as keyof typeof PORTS] ?? [])) add(words, `${low}`);
    }
    for (const interval of few(box.device ?? [])) {
      if (!isDevicePattern(interval) && interval[0] === interval[1])
        add(['in'], formatDevice(interval));
    }
    for (const atom of box.atoms ?? []) {
      if (atom.kind === 'user') add(['user'], atom.name);
      if (atom.kind === 'cgroup') add(['cgroup'], JSON.stringify(atom.path));
    }
  }
  for (const { name } of uplinks) add(['in'], name);
  return out;
}

/** A complement is many intervals, and nobody's value. */
const few = <T>(set: readonly T[]): readonly T[] => (set.length > 8 ? [] : set);

/** A packet, of which some is written, with each word that may come next or be the one that is begun. */
export function completionsOf(text: string, vocabulary: Vocabulary): readonly string[] {
  const [, before = '', begun = ''] = /^(.*?)([^\s,]*)$/s.exec(text) ?? [];
  const words = before.split(/[\s,]+/).filter((word) => word !== '');
  // Behind a comma stand values of the word before them, else such as the grammar has next.
  const lists = /,\s*$/.test(before);
  const asked = lists ? words.findLast((word) => vocabulary.has(word)) : words.at(-1);
  const values = [...(vocabulary.get(asked ?? '') ?? [])];
  const next = lists ? [] : wordsAfter(before).filter((word) => !words.includes(word));
  return [...values, ...next]
    .filter((word) => word.startsWith(begun) && word !== begun)
    .slice(0, MOST)
    .map((word) => before + word);
}
