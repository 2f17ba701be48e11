import type { Program } from '../model/program.ts';
import type { Check } from '../policy/checks/check.ts';
import type { Emitted } from './artefact.ts';
import { crowdedDomain } from './dnsmasq/crowded-domain.ts';
import { emitIptables } from './iptables/emit-iptables.ts';
import { IPSETS } from './iptables/ipsets.ts';
import { roundedBalance } from './iptables/rounded-balance.ts';
import { unsupported } from './iptables/unsupported.ts';
import { emitNftables } from './nftables/emit-nftables.ts';
import { NFT_SETS } from './nftables/nft-sets.ts';

/** What a program is written for, beside the rules and routes of `ip`. */
export interface Backend {
  /** What it can't do, or can't do exactly: found before anything is written. */
  readonly checks: readonly Check[];
  readonly emit: (program: Program, base: string) => Emitted;
}

/** By the word for it on the command line, which is also what its main artefact is called. */
export const BACKENDS = {
  nft: { checks: [crowdedDomain(NFT_SETS)], emit: emitNftables },
  iptables: { checks: [unsupported, roundedBalance, crowdedDomain(IPSETS)], emit: emitIptables },
} as const satisfies Record<string, Backend>;

export type BackendName = keyof typeof BACKENDS;

export const BACKEND_NAMES = Object.keys(BACKENDS) as BackendName[];

/** What artefacts were written for, by their names; nft where that can't be seen. */
export function backendOf(names: readonly string[], base: string): BackendName {
  return BACKEND_NAMES.find((backend) => names.includes(`${base}.${backend}`)) ?? 'nft';
}
