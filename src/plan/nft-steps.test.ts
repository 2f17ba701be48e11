import { expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { nftSteps } from './nft-steps.ts';
import { parseNftTable, withoutCounts } from './nft-table.ts';

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
  expect(came.map(({ title }) => title)).toEqual([
    'new sets, maps and chains',
    'the ruleset, in one transaction',
  ]);
});

/** A ruleset that looks a packet up twice. */
const asking = (host: string, net: string, end = '') =>
  parseNftTable(
    [
      'table inet routec {',
      '\tmap hosts {',
      '\t\ttype ipv4_addr : verdict',
      '\t\tcounter',
      `\t\telements = { ${host} counter packets 3 bytes 180 : accept }`,
      '\t}',
      '\tmap nets {',
      '\t\ttype ipv4_addr : verdict',
      '\t\tflags interval',
      `\t\telements = { ${net} : accept }`,
      '\t}',
      '\tchain prerouting {',
      '\t\ttype filter hook prerouting priority -140; policy accept;',
      `\t\tip saddr vmap @hosts${end}`,
      `\t\tip saddr vmap @nets${end}`,
      `\t\tiifname "@hosts" counter packets 7 bytes 420 accept`,
      '\t}',
      '}',
      '',
    ].join('\n'),
  );

it('changes what rules ask while they ask a copy of it', () => {
  const before = asking('10.0.0.1', '10.1.0.0/16');
  const after = asking('10.0.0.2', '10.2.0.0/16');
  const steps = nftSteps(after, before);
  const [copies, copied, filled, ruled, last] = steps.map(({ run }) => run.stdin ?? '');
  expect(steps).toHaveLength(5);
  expect(copies).toMatch(/map hosts\.next \{[^}]*10\.0\.0\.1 counter packets 0 bytes 0 : accept/);
  expect(copies).toMatch(/map nets\.next \{[^}]*10\.1\.0\.0\/16 : accept/);
  expect(copied).toContain('vmap @hosts.next\n\t\tip saddr vmap @nets.next\n\t\tiifname "@hosts"');
  expect(filled).toContain('delete element inet routec hosts {\n10.0.0.1\n}');
  expect(filled).not.toMatch(/next|chain/);
  expect(ruled).toContain('vmap @hosts\n\t\tip saddr vmap @nets\n');
  expect(ruled).not.toMatch(/map inet/);
  expect(last).toMatch(/^delete map inet routec hosts\.next$/m);
  // What each counted until it was emptied is read before that, and begins anew if it is read again.
  expect(steps.map(({ zeroesIn }) => zeroesIn)).toEqual([
    undefined,
    ['prerouting'],
    ['hosts'],
    ['prerouting'],
    ['hosts.next'],
  ]);
  expect(copied).toContain('iifname "@hosts" counter packets 0 bytes 0 accept');
  expect(ruled).toContain('iifname "@hosts" counter packets 7 bytes 420 accept');
});

it('changes one look-up at once, and goes on where another one died', () => {
  const before = asking('10.0.0.1', '10.1.0.0/16');
  const one = nftSteps(asking('10.0.0.2', '10.1.0.0/16'), before);
  expect(one.map(({ title }) => title)).toEqual(['the ruleset, in one transaction']);
  // Intervals are another matter: not each kernel exchanges them with the rest.
  expect(nftSteps(asking('10.0.0.1', '10.2.0.0/16'), before)).toHaveLength(5);

  const after = asking('10.0.0.2', '10.2.0.0/16');
  const copied = asking('10.0.0.1', '10.1.0.0/16', '.next');
  const left = ['hosts', 'nets'].map((name) => {
    const block = before.get(name) ?? bug('no such map');
    return [`${name}.next`, { ...block, name: `${name}.next` }] as const;
  });
  const live = new Map([...copied, ...left]);
  const [filled, ruled, last, ...more] = nftSteps(after, live).map(({ run }) => run.stdin ?? '');
  expect(more).toEqual([]);
  expect(filled).not.toMatch(/next|chain/);
  expect(ruled).toContain('vmap @hosts\n');
  expect(last).toContain('delete map inet routec nets.next');
});

it('counts anew where all is refilled at once', () => {
  const [before, after] = [asking('10.0.0.1', '10.1.0.0/16'), asking('10.0.0.1', '10.2.0.0/16')];
  const fresh = new Map([...after].map(([name, block]) => [name, withoutCounts(block)]));
  const [refilled, ...more] = nftSteps(fresh, before, { wholly: true });
  expect(more).toEqual([]);
  expect(refilled).toMatchObject({ zeroes: 'all' });
  expect(refilled?.zeroesIn).toBeUndefined();
  expect(refilled?.run.stdin).toContain('flush table inet routec');
  expect(refilled?.run.stdin).not.toMatch(/packets [1-9]/);
});
