import { kernelFamilies, readSetting } from '../live-state.ts';
import type { PreflightCheck } from './preflight.ts';

const SETTING = { 4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding' } as const;

/** A policy for what is forwarded does nothing on a machine that forwards nothing. */
export const forwarding: PreflightCheck = {
  name: 'forwarding',
  run: (_, goal) => {
    if (goal.kind !== 'artefacts') return [];
    return goal.families
      .filter((family) => kernelFamilies().includes(family))
      .filter((family) => readSetting(SETTING[family]) !== '1')
      .map((family) => ({
        fatal: true,
        message: `this machine forwards no IPv${family}, and the policy has rules for it`,
        help: `sysctl -w ${SETTING[family]}=1, and a file in /etc/sysctl.d to keep it`,
      }));
  },
};
