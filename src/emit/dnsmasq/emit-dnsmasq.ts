import { render } from '../../../templates/batch.hbs';
import type { Program } from '../../model/program.ts';
import type { Artefact } from '../artefact.ts';
import { type DomainOption, domainLines } from './domain-lines.ts';

/** Which names' addresses dnsmasq puts into which sets: `policy.dnsmasq.conf`. */
export function emitDnsmasq({ domains }: Program, base: string, spelled: DomainOption): Artefact {
  const suffix = 'dnsmasq.conf';
  const lines = domainLines(domains, spelled).map(({ line }) => line);
  const title = [
    `routec: the names in ${base}.route, for dnsmasq; restart it when this has changed`,
    `conf-file=/etc/routec/${base}.${suffix}`,
  ];
  return { suffix, text: lines.length === 0 ? '' : render({ title, lines }) };
}
