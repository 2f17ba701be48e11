import { render } from '../../../templates/batch.hbs';
import type { DomainSet, Program } from '../../model/program.ts';
import type { Artefact } from '../artefact.ts';

/**
 * Which names' addresses dnsmasq puts into which sets: `policy.dnsmasq.conf`. To it the longest of
 * its names that fits a query decides alone, so each names the sets of those that it lies below, too.
 *
 * @param option dnsmasq's word for the kind of sets, dnsmasq(8)
 * @param setsOf what the sets of a set of the policy are called there
 */
export function emitDnsmasq(
  { domains }: Program,
  base: string,
  option: 'nftset' | 'ipset',
  setsOf: (name: string) => readonly string[],
): Artefact {
  const suffix = 'dnsmasq.conf';
  const lines = [...setsByDomain(domains)].map(([domain, names]) => {
    return `${option}=/${domain}/${names.flatMap(setsOf).join()}`;
  });
  const title = [
    `routec: the names in ${base}.route, for dnsmasq; restart it when this has changed`,
    `conf-file=/etc/routec/${base}.${suffix}`,
  ];
  return { suffix, text: lines.length === 0 ? '' : render({ title, lines }) };
}

/** The names of the sets that each name belongs to; names in their alphabetical order. */
function setsByDomain(sets: readonly DomainSet[]): Map<string, readonly string[]> {
  const own = new Map<string, string[]>();
  for (const { name, domains } of sets) {
    for (const domain of domains) own.set(domain, [...(own.get(domain) ?? []), name]);
  }
  return new Map(
    [...own.keys()].sort().map((domain) => {
      const above = domain.split('.').map((_, index, labels) => labels.slice(index).join('.'));
      return [domain, [...new Set(above.flatMap((each) => own.get(each) ?? []))]];
    }),
  );
}
