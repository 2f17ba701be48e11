import type { Program } from '../../model/program.ts';
import { FAMILIES, type Family } from '../../net/address.ts';
import { choose } from './choose.ts';
import { filter } from './filter.ts';
import { mangle } from './mangle.ts';
import { marksOf } from './marks.ts';
import { nat } from './nat.ts';
import { domainSet, type KernelSet } from './sets.ts';
import { slotChain, type Table } from './table.ts';

/** All that iptables and ipset load of a program. */
export interface View {
  /** In the order in which they are loaded: what marks comes when what refuses is there. */
  readonly tables: { readonly [F in Family]: readonly Table[] };
  readonly sets: readonly KernelSet[];
  /** Chains of slots that are gone. */
  readonly stale: readonly string[];
  /** Rules of the policy that are tested one after the other. */
  readonly tests: number;
}

/** The tables of both families, and the sets that they look into. */
export function view(program: Program): View {
  const sets = new Map<string, KernelSet>();
  const keep = (set: KernelSet): KernelSet => {
    sets.set(set.name, set);
    return set;
  };
  for (const { name } of program.domains) {
    for (const family of FAMILIES) keep(domainSet(name, family));
  }
  let tests = 0;
  const marks = marksOf(program.marking.mask);
  const tables = (family: Family): Table[] => {
    const { forwarded, local, marked, inbound } = program;
    const choices = {
      forwarded: choose(program, family, 'choose', forwarded, marks, keep),
      local: choose(program, family, 'choose-local', local, marks, keep),
      ...(marked.length === 0
        ? {}
        : { marked: choose(program, family, 'choose-marked', marked, marks, keep) }),
      inbound: choose(program, family, 'choose-inbound', inbound, marks, keep),
    };
    for (const choice of Object.values(choices)) tests += choice.tests;
    return [
      filter(program, family, marks),
      nat(program, family, marks),
      mangle(program, family, marks, choices),
    ];
  };
  const byFamily = { 4: tables(4), 6: tables(6) };
  const byName = [...sets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const stale = program.lock.retired.map(({ slot }) => slotChain(slot));
  return { tables: byFamily, sets: byName, stale, tests };
}
