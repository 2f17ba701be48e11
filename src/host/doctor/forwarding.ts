import type { Machine } from '../machine.ts';
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
      .filter((family) => family === 6 || !forwardsByDevice(machine))
      .map((family) => ({
        severity: hasPolicy ? 'error' : 'note',
        message: `this machine forwards no IPv${family}${
          hasPolicy ? ', and the policy has rules for it' : ': it is no router for others'
        }`,
        help: `sysctl -w ${SETTING[family]}=1, and a file in /etc/sysctl.d to keep it`,
      })),
};

/** IPv4 asks the device alone that a packet came by, IPv6 the whole machine. */
const forwardsByDevice = (machine: Machine): boolean =>
  machine.devices().some((device) => machine.setting(`net/ipv4/conf/${device}/forwarding`) === '1');
