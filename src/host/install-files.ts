import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DEPLOY } from 'routec:deploy';
import { bug } from '../bug.ts';
import { emitNetworkd } from '../emit/networkd/emit-networkd.ts';

/** A file that is to be installed, by its absolute path on the router. */
export type InstallFile =
  | { readonly kind: 'file'; readonly path: string; readonly text: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly to: string };

/** What is installed where a program is, one of these paths. */
interface Part {
  readonly programs: readonly string[];
  readonly files: readonly InstallFile[];
}

const script = (name: string): string => DEPLOY[name] ?? bug(`the script ${name} is lost`);
const hook = (name: string, path: string, mode = 0o755): InstallFile => ({
  kind: 'file',
  path,
  text: script(`hooks/${name}`),
  mode,
});
/** Where distributions put what only root calls. */
const sbin = (name: string): string[] => [`/usr/sbin/${name}`, `/sbin/${name}`, `/usr/bin/${name}`];
const systemd = (name: string): string[] => [`/usr/lib/systemd/${name}`, `/lib/systemd/${name}`];

const UNIT = '/etc/systemd/system/routec.service';

/** Whatever brings links and leases up on the routers that we know. */
const PARTS: readonly Part[] = [
  {
    programs: systemd('systemd'),
    files: [
      { kind: 'file', path: UNIT, text: script('systemd/routec.service'), mode: 0o644 },
      // What `systemctl enable` makes.
      {
        kind: 'link',
        path: '/etc/systemd/system/sysinit.target.wants/routec.service',
        to: '../routec.service',
      },
    ],
  },
  {
    programs: systemd('systemd-networkd'),
    files: [
      {
        kind: 'file',
        path: '/etc/systemd/networkd.conf.d/routec.conf',
        text: emitNetworkd('policy')[0]?.text ?? bug('no drop-in'),
        mode: 0o644,
      },
    ],
  },
  {
    programs: sbin('networkd-dispatcher'),
    files: ['degraded', 'routable', 'off'].map((state) =>
      hook('networkd-dispatcher', `/etc/networkd-dispatcher/${state}.d/routec`),
    ),
  },
  {
    programs: sbin('NetworkManager'),
    files: [hook('networkmanager', '/etc/NetworkManager/dispatcher.d/50-routec')],
  },
  {
    programs: sbin('ifup'),
    files: ['if-up.d', 'if-post-down.d'].map((folder) =>
      hook('ifupdown', `/etc/network/${folder}/routec`),
    ),
  },
  {
    programs: sbin('dhclient'),
    files: [hook('dhclient', '/etc/dhcp/dhclient-exit-hooks.d/routec', 0o644)],
  },
  {
    programs: sbin('dhcpcd'),
    files: [hook('dhclient', '/etc/dhcpcd.exit-hook', 0o644)],
  },
  {
    programs: sbin('pppd'),
    files: ['ip-up.d', 'ipv6-up.d'].map((folder) => hook('ppp', `/etc/ppp/${folder}/routec`)),
  },
];

const LINK: InstallFile = {
  kind: 'file',
  path: '/usr/local/sbin/routec-link',
  text: script('routec-link'),
  mode: 0o755,
};

/**
 * What is to be installed below a root, and what a person should know of it.
 *
 * @param all whether also for programs that are not there, as a package would
 */
export function installFiles(
  root: string,
  all: boolean,
): { readonly files: readonly InstallFile[]; readonly remarks: readonly string[] } {
  const has = (programs: readonly string[]): boolean =>
    all || programs.some((path) => existsSync(join(root, path)));
  const files = [
    LINK,
    ...PARTS.filter(({ programs }) => has(programs)).flatMap((part) => part.files),
  ];
  const remarks: string[] = [];
  if (!has(systemd('systemd'))) {
    remarks.push(
      'there is no systemd: let whatever starts this router run `sh /var/lib/routec/good/*.load.sh start`',
    );
  }
  if (has(systemd('systemd-networkd')) && !has(sbin('networkd-dispatcher'))) {
    remarks.push(
      'systemd-networkd calls no hook by itself: install networkd-dispatcher where it runs',
    );
  }
  if (files.every(({ path }) => path === LINK.path || path.startsWith('/etc/systemd/'))) {
    remarks.push(
      'nothing that brings links up was found: let it call `routec-link up DEVICE` (deploy/hooks has examples)',
    );
  }
  return { files, remarks };
}
