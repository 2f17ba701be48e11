import type { DomainSet } from '../../model/program.ts';

/** How a backend's sets are named to dnsmasq, dnsmasq(8). */
export interface DomainOption {
  readonly option: 'nftset' | 'ipset';
  /** What the sets of a set of the policy are called there. */
  readonly setsOf: (name: string) => readonly string[];
}

/**
 * One line a name, with all its sets. To dnsmasq the longest of its names that fits a query decides
 * alone, so each has the sets of those that it lies below, too. Names are in their alphabetical order.
 */
export function domainLines(
  sets: readonly DomainSet[],
  { option, setsOf }: DomainOption,
): { readonly domain: string; readonly line: string }[] {
  const own = new Map<string, string[]>();
  for (const { name, domains } of sets) {
    const its = setsOf(name);
    for (const domain of domains) own.set(domain, [...(own.get(domain) ?? []), ...its]);
  }
  return [...own.keys()].sort().map((domain) => {
    const above = domain.split('.').map((_, index, labels) => labels.slice(index).join('.'));
    const all = new Set(above.flatMap((each) => own.get(each) ?? []));
    return { domain, line: `${option}=/${domain}/${[...all].join()}` };
  });
}
