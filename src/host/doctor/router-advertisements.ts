import type { DoctorCheck } from './doctor-check.ts';

/** A machine that forwards hears no router advertisement, unless it is told to. */
export const routerAdvertisements: DoctorCheck = {
  name: 'router-advertisements',
  decides: false,
  run: ({ machine, uplinks }) => {
    if (machine.setting('net/ipv6/conf/all/forwarding') !== '1') return [];
    const path = (device: string): string => `net/ipv6/conf/${device}/accept_ra`;
    return uplinks
      .filter(({ leased, device }) => leased.includes(6) && machine.setting(path(device)) === '1')
      .map(({ name, device }) => ({
        severity: 'warning',
        message: `${device} hears no router advertisement while this machine forwards: \`${name}\` finds no IPv6 gateway`,
        help: `sysctl -w ${path(device)}=2 (not needed where systemd-networkd or dhcpcd listens itself)`,
      }));
  },
};
