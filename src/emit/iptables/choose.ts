import { bug } from '../../bug.ts';
import { entriesOf } from '../../model/entries.ts';
import type { Box, Program, Rule, Target } from '../../model/program.ts';
import { cellBox, guardSets, type LookUp, runsOf, type Test } from '../../model/runs.ts';
import { LIMITS } from '../../model/structures.ts';
import type { Family } from '../../net/address.ts';
import type { Series } from '../../series.ts';
import { sourceLines } from '../comment.ts';
import { balance, type Shared } from './balance.ts';
import type { Marks } from './marks.ts';
import { namedChain } from './named.ts';
import { cellSet, hasSets, type KernelSet, setKind } from './sets.ts';
import { type Chain, chain, slotChain } from './table.ts';
import { testsOf } from './tests.ts';

/** A chain that chooses, and how many rules of the policy it tests one after the other. */
export interface Choice extends Chain {
  readonly tests: number;
}

/**
 * A list of rules as a chain that leaves the chosen slot in the packet mark; that is where what
 * conntrack does not follow has it too. What fits a rule goes to the slot's chain for good.
 *
 * A short list is tested line by line, as it is written. In a long one look-ups become a set for each
 * target: no set holds a verdict, and of disjoint ones the order does not matter.
 */
export function choose(
  program: Program,
  family: Family,
  name: string,
  list: Series<Rule>,
  marks: Marks,
  keep: (set: KernelSet) => KernelSet,
): Choice {
  const { dead, main } = program.marking;
  const rules = [marks.setPacket(0)];
  let tests = 0;
  const test = (box: Box, { id, target }: Rule): void => {
    const { any, none, named, seen } = testsOf(box, keep);
    tests += 1;
    // What must not be is marked for a moment.
    rules.push(...none.map((words) => `${words} ${marks.setPacket(dead)}`));
    for (const atom of named) {
      // Its chain marks what is of it as main's.
      rules.push(
        `${marks.packet()} -j ${namedChain(atom)}`,
        ...(atom.negated
          ? [`${marks.packet(main)} ${marks.setPacket(dead)}`]
          : [
              `${marks.packet()} ${marks.setPacket(dead)}`,
              `${marks.packet(main)} ${marks.setPacket(0)}`,
            ]),
      );
    }
    const marked = none.length > 0 || named.length > 0;
    const unmarked = marked ? marks.packet() : '';
    const about = `-m comment --comment ${id}`;
    for (const words of any) {
      rules.push(...seen.map((action) => [words, unmarked, action].filter(Boolean).join(' ')));
      for (const { share, to } of targets(program, target)) {
        rules.push([words, unmarked, share, about, `-g ${to}`].filter(Boolean).join(' '));
      }
    }
    if (marked) rules.push(marks.setPacket(0));
  };
  const lookUp = (run: LookUp): void => {
    const { guard, cells, rules: own } = run;
    rules.push(...sourceLines(own));
    const its = [...own];
    const ruleAt = (at: number): Rule => its[cells.owner[at] as number] ?? bug('a cell of no rule');
    const kind = cells.size > LIMITS.fewCells ? setKind(run, family) : undefined;
    const places = new Map<string, number[]>();
    for (let at = 0; at < cells.size; at += 1) {
      if (kind === undefined) {
        test(cellBox(run, family, at), ruleAt(at));
        continue;
      }
      const key = JSON.stringify(ruleAt(at).target);
      const there = places.get(key);
      if (there === undefined) places.set(key, [at]);
      else there.push(at);
    }
    for (const some of places.values()) {
      const { target } = ruleAt(some[0] as number);
      const set = keep(
        cellSet(kind ?? bug('no set'), some, (at) => ruleAt(at).place, program.counters),
      );
      const words = `-m set --match-set ${set.name} ${kind?.flags}`;
      const box = { family, ...guardSets(guard) } as Box;
      const { any } = testsOf(box, keep);
      for (const before of any) {
        for (const { share, to } of targets(program, target)) {
          // An element counts whenever it is found: it is looked for last.
          rules.push([before, share, words, `-g ${to}`].filter(Boolean).join(' '));
        }
      }
    }
  };
  const runs = fewTests(list, family) ?? runsOf(entriesOf(list)[family], LIMITS_OF_SETS);
  let last: number | undefined;
  for (const run of runs) {
    if (run.kind === 'look-up') {
      lookUp(run);
      continue;
    }
    if (run.at !== last) rules.push(...sourceLines([run.rule]));
    last = run.at;
    test(run.box, run.rule);
  }
  return { ...chain(name, [...rules, marks.setPacket(main)]), tests };
}

const LIMITS_OF_SETS = { ...LIMITS, isKey: hasSets };

/** A test for each box; void where they are too many for one after the other. */
function fewTests(list: Series<Rule>, family: Family): Test[] | undefined {
  const tests: Test[] = [];
  let at = 0;
  for (const rule of list) {
    for (const box of rule.boxes) {
      if (box.family === family) tests.push({ kind: 'test', box, rule, at });
    }
    if (tests.length > LIMITS.mostInARow) return undefined;
    at += 1;
  }
  return tests;
}

/** The chains that a target comes to, each with the test for its share. */
function targets(program: Program, target: Target): Shared[] {
  if (target.kind === 'balance') {
    return balance(program.balances[target.balance] ?? bug('no such balance'));
  }
  if (target.kind === 'slot') return [{ share: '', to: slotChain(target.slot) }];
  return [{ share: '', to: `routec-${target.kind}` }];
}
