import { networkdSettings } from '../networkd-settings.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** systemd-networkd takes rules and routes away that it did not make, unless it is told not to. */
export const networkd: DoctorCheck = {
  name: 'networkd',
  decides: false,
  run: () => {
    const settings = networkdSettings();
    if (settings === undefined) return [];
    const off = ['no', 'false', '0', 'off'];
    const lost = [
      ['ManageForeignRoutingPolicyRules', 'rules'],
      ['ManageForeignRoutes', 'routes'],
    ].filter(([name = '']) => !off.includes((settings.get(name) ?? 'yes').toLowerCase()));
    if (lost.length === 0) return [];
    return [
      {
        severity: 'warning',
        message: `systemd-networkd runs, and takes ${lost.map(([, what]) => what).join(' and ')} away that it did not make, whenever it starts or a link changes`,
        help: `routec install, or ${lost.map(([name]) => `${name}=no`).join(', ')} under [Network] in /etc/systemd/networkd.conf.d/routec.conf`,
      },
    ];
  },
};
