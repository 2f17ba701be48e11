import { FAMILIES } from '../../net/address.ts';
import { isFault } from '../../net/fault.ts';
import { network, scanInterfaceAddress } from '../../net/prefix.ts';
import type { Finding } from '../finding.ts';
import type { AddressSeen } from '../machine.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Two devices in one net: the kernel answers for either address by both of them. */
export const arpFlux: DoctorCheck = {
  name: 'arp-flux',
  decides: false,
  run: ({ machine }) => {
    const setting = (device: string): number =>
      Number(machine.setting(`net/ipv4/conf/${device}/arp_ignore`) ?? 0);
    const [family] = FAMILIES;
    const nets = machine
      .addresses()
      .filter((each) => each.family === family && each.length < 31)
      .flatMap((each) => netOf(each) ?? []);
    const pairs = new Map<string, Finding>();
    for (const [at, one] of nets.entries()) {
      for (const other of nets.slice(at + 1)) {
        if (one.device === other.device || one.low > other.high || other.low > one.high) continue;
        const loose = [one, other].filter(
          ({ device }) => Math.max(setting('all'), setting(device)) === 0,
        );
        if (loose.length === 0) continue;
        const both = `${one.device} and ${other.device}`;
        pairs.set(both, {
          severity: 'warning',
          message: `${both} are in one net: each answers ARP for the other's address, and answers may come in by the wrong one`,
          help: `sysctl -w ${loose.map(({ device }) => `net/ipv4/conf/${device}/arp_ignore=1`).join(' ')}`,
        });
      }
    }
    return [...pairs.values()];
  },
};

function netOf({
  device,
  address,
  length,
}: AddressSeen):
  | { readonly device: string; readonly low: number; readonly high: number }
  | undefined {
  const scanned = scanInterfaceAddress(`${address}/${length}`);
  if (isFault(scanned)) return undefined;
  const { low, high } = network(scanned.value);
  return { device, low: Number(low), high: Number(high) };
}
