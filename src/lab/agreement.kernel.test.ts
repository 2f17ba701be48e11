import fc from 'fast-check';
import { expect, it } from 'vitest';
import { agree, RULESETS, withBenches } from './agree.ts';
import { anyCase } from './random-case.ts';

// The same each time, for the seconds that it takes; `npm run fuzz` runs on, and shrinks what it finds.
const POLICIES = Number(process.env.ROUTEC_RUNS ?? 1);
const seed = Number(process.env.ROUTEC_SEED ?? 1);

it.each(RULESETS)(
  'the model and $name agree on random policies and packets',
  {
    timeout: 60_000 + POLICIES * 30_000,
  },
  async (by) => {
    await withBenches(async (benches) => {
      let asked = 0;
      for (let number = seed; number < seed + POLICIES; number += 1) {
        const [each] = fc.sample(anyCase, { numRuns: 1, seed: number });
        if (each === undefined) continue;
        const { complaints, lines, packets } = await agree(benches, each, by);
        asked += packets;
        expect(complaints, `npm run fuzz -- --seed ${number}\n${lines.join('\n')}`).toEqual([]);
      }
      expect(asked).toBeGreaterThan(POLICIES * 10);
    });
  },
);
