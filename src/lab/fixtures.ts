import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Artefacts, findArtefacts } from './artefacts.ts';
import type { Iptables } from './load.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** Each fixture with each program that loads it. */
export const fixtures = readdirSync(FIXTURES).flatMap((name) => {
  const folder = join(FIXTURES, name);
  const packets = join(folder, 'packets.json');
  const found = (files: Artefacts | undefined, iptables: Iptables, by: string) =>
    files === undefined ? [] : [{ name, files, packets, iptables, by }];
  const sub = join(folder, 'iptables');
  const iptables = existsSync(sub) ? findArtefacts(sub) : undefined;
  return [
    ...found(findArtefacts(folder), 'nft', 'nft'),
    ...found(iptables, 'nft', 'iptables-nft'),
    ...found(iptables, 'legacy', 'iptables-legacy'),
  ];
});
