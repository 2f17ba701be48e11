import { bug } from '../../bug.ts';
import type { Program, Rule, Target } from '../../model/program.ts';
import type { Family } from '../../net/address.ts';
import { comment } from '../comment.ts';
import { balance, type Shared } from './balance.ts';
import type { Marks } from './marks.ts';
import { namedChain } from './named.ts';
import type { KernelSet } from './sets.ts';
import { type Chain, chain, slotChain } from './table.ts';
import { testsOf } from './tests.ts';

/**
 * A list of rules as a chain that leaves the chosen slot in the packet mark; that is where what
 * conntrack does not follow has it too. What fits a rule goes to the slot's chain for good.
 */
export function choose(
  program: Program,
  family: Family,
  name: string,
  list: readonly Rule[],
  marks: Marks,
  keep: (set: KernelSet) => KernelSet,
): Chain {
  const { dead, main } = program.marking;
  const rules = [marks.setPacket(0)];
  for (const rule of list) {
    const boxes = rule.boxes.filter((box) => box.family === family);
    if (boxes.length > 0) rules.push(`# ${rule.id} ${comment(rule.text)}`);
    for (const box of boxes) {
      const { any, none, named, seen } = testsOf(box, keep);
      // What must not be is marked for a moment.
      rules.push(...none.map((test) => `${test} ${marks.setPacket(dead)}`));
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
      for (const test of any) {
        rules.push(...seen.map((action) => [test, unmarked, action].filter(Boolean).join(' ')));
        for (const { share, to } of targets(program, rule.target)) {
          const about = `-m comment --comment ${rule.id}`;
          rules.push([test, unmarked, share, about, `-g ${to}`].filter(Boolean).join(' '));
        }
      }
      if (marked) rules.push(marks.setPacket(0));
    }
  }
  return chain(name, [...rules, marks.setPacket(main)]);
}

/** The chains that a target comes to, each with the test for its share. */
function targets(program: Program, target: Target): Shared[] {
  if (target.kind === 'balance') {
    return balance(program.balances[target.balance] ?? bug('no such balance'));
  }
  if (target.kind === 'slot') return [{ share: '', to: slotChain(target.slot) }];
  return [{ share: '', to: `routec-${target.kind}` }];
}
