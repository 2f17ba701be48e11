import { expect, it } from 'vitest';
import { nftSteps } from './nft-steps.ts';
import { parseNftTable } from './nft-table.ts';

/** A ruleset that translates what leaves by some devices. */
const ruleset = (...devices: readonly string[]) =>
  parseNftTable(
    [
      'table inet routec {',
      '\tmap uplink_nat {',
      '\t\ttype ifname : verdict',
      `\t\telements = { ${devices.map((device) => `"${device}" : jump nat_${device}`).join(', ')} }`,
      '\t}',
      ...devices.flatMap((device) => [`\tchain nat_${device} {`, '\t\tmasquerade', '\t}']),
      '\tchain choose {',
      `\t\tgoto to_${devices.at(-1)}`,
      '\t}',
      '}',
      '',
    ].join('\n'),
  );

it('translates what was marked for an uplink that goes until nothing is marked so any more', () => {
  const [before, after] = [ruleset('eth2', 'eth4'), ruleset('eth2')];
  const steps = nftSteps(after, before);
  const [there, last] = steps.map(({ run }) => run.stdin ?? '');
  expect(there).toContain('flush chain inet routec choose');
  expect(there).not.toContain('eth4');
  expect(last).toMatch(/^delete element inet routec uplink_nat \{\n"eth4"\n\}$/m);
  expect(last).toContain('delete chain inet routec nat_eth4');
  expect(steps.at(-1)?.changes.map(({ text }) => text)).toEqual([
    'map uplink_nat: "eth4" : jump nat_eth4',
    'chain nat_eth4',
  ]);
  // On the way back it is there before anything is marked so.
  const back = steps[1]?.undo?.stdin ?? '';
  expect(back).toContain('"eth4" : jump nat_eth4');
  expect(back).toMatch(/chain nat_eth4 \{\n\t\tmasquerade/);
  expect(steps[0]?.undo?.stdin).not.toContain('uplink_nat');
  // Where nothing of the kind goes, nothing is kept.
  const came = nftSteps(before, after);
  expect(came.map(({ title }) => title)).toEqual(['new chains', 'the ruleset, in one transaction']);
});
