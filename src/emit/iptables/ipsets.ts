import { FAMILIES } from '../../net/address.ts';
import type { DomainOption } from '../dnsmasq/domain-lines.ts';
import { domainSet } from './sets.ts';

/** The sets of ipset, to dnsmasq. */
export const IPSETS: DomainOption = {
  option: 'ipset',
  setsOf: (name) => FAMILIES.map((family) => domainSet(name, family).name),
};
