import { render } from '../../../templates/batch.hbs';
import { fileNameOf } from '../../model/file-name.ts';
import type { Program } from '../../model/program.ts';
import type { Artefact } from '../artefact.ts';

/** The settings that a program needs: `policy.sysctl`, and one file for each uplink's device. */
export function emitSysctl({ uplinks }: Program, base: string): Artefact[] {
  const file = (suffix: string, about: string, lines: string[]): Artefact => ({
    suffix,
    text: render({
      title: [`routec, ${base}.route: ${about}`, `sysctl -p ${base}.${suffix}`],
      lines,
    }),
  });
  return [
    file('sysctl', 'settings that name no device', [
      '# errors about a packet are sent from the address of the device that it came in by',
      'net/ipv4/icmp_errors_use_inbound_ifaddr=1',
    ]),
    ...uplinks.map(({ name, device, ways }) => {
      // Slashes, for a dot may stand in a device's name.
      const down = (ip: string): string[] => [
        `net/${ip}/conf/${device}/ignore_routes_with_linkdown=1`,
      ];
      return file(
        `uplink.${fileNameOf(name)}.sysctl`,
        'settings of its device; when that is there',
        [
          '# the maximum of this and `all` counts: 2, for 0 does nothing where `all` is 1',
          `net/ipv4/conf/${device}/rp_filter=2`,
          '# a lost carrier is a lost link',
          ...(ways[4] === undefined ? [] : down('ipv4')),
          ...(ways[6] === undefined ? [] : down('ipv6')),
        ],
      );
    }),
  ];
}
