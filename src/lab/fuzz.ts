import { join } from 'node:path';
import fc from 'fast-check';
import { agree, type By, RULESETS, withBenches } from './agree.ts';
import { anyCase } from './random-case.ts';
import { shrinkCase } from './shrink-case.ts';
import { writeCase } from './write-case.ts';

export interface Plan {
  /** Of the first case; case N of a run is the same in each run with that seed. */
  readonly seed: number;
  readonly minutes: number;
  /** How many at once: most of the time is spent waiting for what should not come. */
  readonly networks: number;
  /** Where the folders of what disagrees are made. */
  readonly fixtures: string;
}

/** What a run came to. */
export interface Fuzzed {
  readonly policies: number;
  readonly packets: number;
  /** The folders of what disagreed. */
  readonly found: readonly string[];
}

/**
 * Compares the model with the kernel, by each ruleset, until the time is over; what disagrees is made
 * as small as it can be and written as a fixture.
 */
export async function fuzz(
  { seed, minutes, networks, fixtures }: Plan,
  say: (line: string) => void,
): Promise<Fuzzed> {
  const end = performance.now() + minutes * 60_000;
  const found: string[] = [];
  let next = 0;
  let policies = 0;
  let packets = 0;
  const work = async (): Promise<void> => {
    await withBenches(async (benches) => {
      while (performance.now() < end) {
        const number = seed + next;
        next += 1;
        const [each] = fc.sample(anyCase, { numRuns: 1, seed: number });
        if (each === undefined) break;
        policies += 1;
        for (const ruleset of rulesetsOf(number)) {
          const first = await agree(benches, each, ruleset);
          packets += first.packets;
          // What a busy machine answers too late is no disagreement.
          if (first.complaints.length === 0) continue;
          const again = await agree(benches, each, ruleset);
          if (again.complaints.length === 0) {
            say(
              `seed ${number}, ${ruleset.name}: once, and not again: ${first.complaints[0]?.text}`,
            );
            continue;
          }
          const small = await shrinkCase(benches, each, ruleset);
          const path = join(fixtures, `found-${number}-${ruleset.name}`);
          writeCase(path, small, ruleset);
          found.push(path);
          say(`seed ${number}, ${ruleset.name}: ${again.complaints[0]?.text}\n  ${path}`);
        }
        if (policies % 20 === 0) say(`${policies} policies, ${packets} packets`);
      }
    });
  };
  await Promise.all(Array.from({ length: networks }, work));
  return { policies, packets, found };
}

/** nft, and one of the two iptables: what their rules are is the same text. */
function rulesetsOf(number: number): readonly By[] {
  return RULESETS.filter(
    ({ name }) => name === 'nft' || (name === 'iptables-nft') === (number % 2 === 0),
  );
}
