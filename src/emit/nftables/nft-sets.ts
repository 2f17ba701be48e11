import { FAMILIES } from '../../net/address.ts';
import type { DomainOption } from '../dnsmasq/domain-lines.ts';
import { domainSet } from './atoms.ts';

/** The sets of our table, to dnsmasq. */
export const NFT_SETS: DomainOption = {
  option: 'nftset',
  setsOf: (name) => FAMILIES.map((family) => `${family}#inet#routec#${domainSet(name, family)}`),
};
