import { nearest } from '../text/nearest.ts';
import type { Family } from './address.ts';
import type { Scanned } from './fault.ts';
import { scanNumber } from './port.ts';

/** The names that `nft describe icmp_type` and `nft describe icmpv6_type` list. */
const NAMES: Record<Family, ReadonlyMap<string, number>> = {
  4: new Map([
    ['echo-reply', 0],
    ['destination-unreachable', 3],
    ['source-quench', 4],
    ['redirect', 5],
    ['echo-request', 8],
    ['router-advertisement', 9],
    ['router-solicitation', 10],
    ['time-exceeded', 11],
    ['parameter-problem', 12],
    ['timestamp-request', 13],
    ['timestamp-reply', 14],
    ['info-request', 15],
    ['info-reply', 16],
    ['address-mask-request', 17],
    ['address-mask-reply', 18],
  ]),
  6: new Map([
    ['destination-unreachable', 1],
    ['packet-too-big', 2],
    ['time-exceeded', 3],
    ['parameter-problem', 4],
    ['echo-request', 128],
    ['echo-reply', 129],
    ['mld-listener-query', 130],
    ['mld-listener-report', 131],
    ['mld-listener-done', 132],
    ['mld-listener-reduction', 132],
    ['nd-router-solicit', 133],
    ['nd-router-advert', 134],
    ['nd-neighbor-solicit', 135],
    ['nd-neighbor-advert', 136],
    ['nd-redirect', 137],
    ['router-renumbering', 138],
    ['ind-neighbor-solicit', 141],
    ['ind-neighbor-advert', 142],
    ['mld2-listener-report', 143],
  ]),
};

/** An ICMP or ICMPv6 type: its number, or its name as `nft` has it. */
export function scanIcmpType(family: Family, text: string): Scanned<number> {
  const value = NAMES[family].get(text) ?? scanNumber(text, 255);
  if (value !== undefined) return { value };
  const fault = `\`${text}\` is not an ${family === 4 ? 'icmp' : 'icmpv6'} type`;
  const meant = nearest(text, [...NAMES[family].keys()]);
  return meant === undefined ? { fault } : { fault, write: meant };
}

/** An ICMP or ICMPv6 type as it may be written: by name where it has one. */
export function formatIcmpType(family: Family, type: number): string {
  const found = [...NAMES[family]].find(([, number]) => number === type);
  return found?.[0] ?? String(type);
}
