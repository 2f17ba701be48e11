import { render } from '../../../templates/batch.hbs';
import type { Artefact } from '../artefact.ts';

/**
 * A drop-in for systemd-networkd, which would else take rules and routes away that it did not make
 * (networkd.conf(5)).
 */
export function emitNetworkd(base: string): Artefact[] {
  const title = [
    `routec, ${base}.route: what systemd-networkd is to leave alone, where it runs`,
    `install -D -m 644 ${base}.networkd.conf /etc/systemd/networkd.conf.d/routec.conf`,
  ];
  const lines = ['[Network]', 'ManageForeignRoutingPolicyRules=no', 'ManageForeignRoutes=no'];
  return [{ suffix: 'networkd.conf', text: render({ title, lines }) }];
}
