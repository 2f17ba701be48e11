import { createHash } from 'node:crypto';
import { settledLines } from './iptables-ruleset.ts';
import { settledText } from './nft-table.ts';
import type { State } from './state.ts';
import type { Links } from './wanted.ts';

/** The SHA-256 of all that a plan was made from, but for what packets change: counts. */
export function fingerprint(live: State, links: Links): string {
  const { rules, routes, settings, nft, iptables } = live;
  const seen = {
    rules,
    routes,
    settings: sorted(Object.entries(settings)),
    links: sorted([...links].map(([name, link]) => [name, Object.values(link).join()])),
    nft: nft === undefined ? null : [...nft].map(([name, block]) => [name, settledText(block)]),
    iptables: [...iptables].map(([key, block]) => [key, ...settledLines(block)]),
  };
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex');
}

const sorted = (entries: (readonly [string, string])[]): (readonly [string, string])[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
