import type { Program } from '../../model/program.ts';
import { arrivals } from './arrivals.ts';
import { kept } from './atoms.ts';
import { balances } from './balance.ts';
import { choose } from './choose.ts';
import { clamp } from './clamp.ts';
import { forward } from './forward.ts';
import { hooks } from './hooks.ts';
import { marks } from './marks.ts';
import type { Part } from './names.ts';
import { nat } from './nat.ts';

/** What the template arranges; every string is finished. */
export interface View extends Required<Part> {
  readonly title: readonly string[];
}

/** The table `inet routec` of a program. */
export function view(program: Program, base: string): View {
  // A chain is declared before it is jumped to, so the hooks come last.
  const parts: readonly Part[] = [
    kept(program),
    marks(program),
    balances(program),
    choose(program, 'choose', program.forwarded),
    choose(program, 'choose_local', program.local),
    ...(program.marked.length === 0 ? [] : [choose(program, 'choose_marked', program.marked)]),
    arrivals(program),
    ...(program.inbound.length === 0
      ? []
      : [choose(program, 'choose_inbound', program.inbound, 'arrive')]),
    forward(program),
    nat(program),
    hooks(program),
    clamp(program),
  ];
  return {
    title: [
      `routec: the ruleset of ${base}.route`,
      `Load it last: nft -f ${base}.nft`,
      'It needs nft 1.0.6 or newer (tried up to 1.1.7) and Linux 5.9; what names a cgroup, 5.13.',
      'Loading it again refills it in one transaction; `nft delete table inet routec` takes it away.',
    ],
    kept: parts.flatMap((part) => part.kept ?? []),
    filled: parts.flatMap(({ filled }) => filled),
    chains: parts.flatMap(({ chains }) => chains),
    tests: parts.reduce((sum, { tests = 0 }) => sum + tests, 0),
  };
}
