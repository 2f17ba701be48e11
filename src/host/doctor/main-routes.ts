import type { Finding } from '../finding.ts';
import type { RouteSeen } from '../machine.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Main is asked first, but for its defaults: what it has besides, and is as wide, captures what a policy is for. */
export const mainRoutes: DoctorCheck = {
  name: 'main-routes',
  decides: false,
  run: ({ machine, uplinks }) => {
    const own = new Set(uplinks.map(({ device }) => device));
    return machine.routes('main').flatMap((route): Finding[] => {
      const { dst, dev, family, type } = route;
      if (type !== undefined && dst === 'default') {
        return [
          {
            severity: 'warning',
            message: `main refuses by default (IPv${family}): once no other default is there, that goes before every uplink`,
            help: `ip -${family} route del ${NAMES[type] ?? type} default; routec's own guard refuses what has no way`,
          },
        ];
      }
      if (!isCapturing(route) || own.has(dev ?? '')) return [];
      return [
        {
          severity: 'warning',
          message: `main has ${dst} by ${dev ?? 'several devices'}: all of it goes there, whatever the policy says`,
          help: 'it is meant so, if all is to go through that tunnel; else let the tunnel have a default route, or the nets that it is for',
        },
      ];
    });
  },
};

/** By their numbers in linux/rtnetlink.h. */
const NAMES: Readonly<Record<string, string>> = {
  '6': 'blackhole',
  '7': 'unreachable',
  '8': 'prohibit',
};

/** Wider than any net, and narrower than what the look-up of main passes over. */
function isCapturing({ dst, family }: RouteSeen): boolean {
  const [address = '', length = ''] = dst.split('/');
  if (dst === 'default' || length === '' || isSpecial(address)) return false;
  const [from, to] = family === 4 ? [2, 7] : [4, 7];
  return Number(length) >= from && Number(length) <= to;
}

/** Multicast, and the private nets of IPv6. */
const isSpecial = (address: string): boolean => /^(2[2-5]\d\.|f[cdef])/.test(address);
