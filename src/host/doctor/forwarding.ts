import type { DoctorCheck } from './doctor-check.ts';

const SETTING = { 4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding' } as const;

/** A policy for what is forwarded does nothing on a machine that forwards nothing. */
export const forwarding: DoctorCheck = {
  name: 'forwarding',
  decides: true,
  run: ({ machine, forwards, hasPolicy }) =>
    machine.families
      .filter((family) => !hasPolicy || forwards.includes(family))
      .filter((family) => machine.setting(SETTING[family]) !== '1')
      .map((family) => ({
        severity: hasPolicy ? 'error' : 'note',
        message: `this machine forwards no IPv${family}${
          hasPolicy ? ', and the policy has rules for it' : ': it is no router for others'
        }`,
        help: `sysctl -w ${SETTING[family]}=1, and a file in /etc/sysctl.d to keep it`,
      })),
};
