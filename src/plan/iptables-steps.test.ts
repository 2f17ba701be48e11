import { expect, it } from 'vitest';
import { parseIptables } from './iptables-ruleset.ts';
import { iptablesSteps } from './iptables-steps.ts';

it('keeps the addresses of an uplink that goes until nothing is marked for it', () => {
  const ruleset = (...devices: readonly string[]) =>
    parseIptables(
      devices
        .flatMap((device) => [
          `iptables nat -A routec-source-nat -o ${device} -j MASQUERADE`,
          `iptables mangle -A routec-choose -j ${device}`,
        ])
        .join('\n'),
    );
  const [step] = iptablesSteps(ruleset('eth2'), ruleset('eth2', 'eth4'));
  const tables = (step?.run.stdin ?? '').split('COMMIT\n').filter((text) => text !== '');
  expect(tables.map((text) => [text.split('\n')[0], text.includes('eth4')])).toEqual([
    ['*mangle', false],
    ['*nat', false],
  ]);
  const back = iptablesSteps(ruleset('eth2', 'eth4'), ruleset('eth2'))[0]?.run.stdin ?? '';
  expect(back.indexOf('*nat')).toBeLessThan(back.indexOf('*mangle'));
  // Of one whose address changes, both stand there meanwhile.
  const [moved] = iptablesSteps(ruleset('eth2', 'eth3'), ruleset('eth2', 'eth4'));
  const between = moved?.run.stdin?.split('COMMIT\n')[0] ?? '';
  expect(between).toMatch(/^\*nat\n.*eth3.*eth4/s);
});
