import type { Finding } from '../finding.ts';
import type { DoctorCheck, Examined } from './doctor-check.ts';

/** Answers come in by the uplink that was chosen, not by the one that main would take. */
export const reversePath: DoctorCheck = {
  name: 'reverse-path',
  decides: false,
  run: (examined) => [...settings(examined), ...rules(examined)],
};

function settings({ machine, uplinks, loaded, hasPolicy }: Examined): Finding[] {
  const path = (device: string): string => `net/ipv4/conf/${device}/rp_filter`;
  const value = (device: string): number => Number(machine.setting(path(device)) ?? 0);
  const defaults = machine
    .routes('main')
    .flatMap(({ dst, dev, family }) => (dst === 'default' && family === 4 ? (dev ?? []) : []));
  const devices = new Set(hasPolicy ? uplinks.map(({ device }) => device) : defaults);
  if (!hasPolicy && devices.size < 2) return [];
  // The larger one counts.
  return [...devices]
    .filter((device) => Math.max(value('all'), value(device)) === 1)
    .map((device) => ({
      severity: loaded ? 'warning' : 'note',
      message: `strict reverse path on ${device}: answers that main would send by another uplink are dropped`,
      help: loaded
        ? `sysctl -w ${path(device)}=2; who set it since it was loaded?`
        : `a policy sets ${path(device)} to 2 as it is loaded; 0 would do nothing where all is 1`,
    }));
}

function rules({ machine }: Examined): Finding[] {
  const found = machine
    .rulesets()
    .statements.filter(({ effect, hooks }) => effect.kind === 'strict' && hooks.length > 0);
  return [...new Set(found.map(({ where }) => where))].map((where) => ({
    severity: 'warning',
    message: `${where}, drops what would be answered by another device: answers by every uplink but main's`,
    help: 'switch it off for the uplinks (firewalld: IPv6_rpfilter=no or loose; iptables: --loose)',
  }));
}
