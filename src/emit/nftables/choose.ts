import { bug } from '../../bug.ts';
import type { Dimension } from '../../model/dimensions.ts';
import type { Program, Rule, Target } from '../../model/program.ts';
import { type Run, runsOf } from '../../model/runs.ts';
import { FAMILIES, type Family } from '../../net/address.ts';
import type { IntervalSet, Point } from '../../net/interval-set.ts';
import { comment } from '../comment.ts';
import { balanceName } from './balance.ts';
import { formatInterval, spelling } from './key.ts';
import { type Chain, chain, type Filled, ip, only, type Part, slotName, sorted } from './names.ts';
import { testsOf } from './tests.ts';

/**
 * A list of rules as chains, one a family: look-ups and tests stand in the order of the rules.
 *
 * @param main the chain for what goes to main, and for what no rule takes
 */
export function choose(
  program: Program,
  name: string,
  list: readonly Rule[],
  main = 'to_main',
): Part {
  const filled: Filled[] = [];
  const counter = program.counters ? 'counter ' : '';
  const used = new Map<string, number>();
  const unique = (parts: readonly string[]): string => {
    const bare = [...(name === 'choose' ? [] : [name.replace('choose_', '')]), ...parts].join('_');
    const count = (used.get(bare) ?? 0) + 1;
    used.set(bare, count);
    return count === 1 ? bare : `${bare}_${count}`;
  };
  const nameSet = (dimension: Dimension, family: Family, set: IntervalSet<Point>): string => {
    const { type, name: bare } = spelling(dimension, family);
    const exact = set.every(([low, high]) => low === high);
    const setName = unique([ip(family), bare, 'set', ...(exact ? [] : ['ranges'])]);
    filled.push({
      keyword: 'set',
      name: setName,
      declaration: [`type ${type}`, ...(exact ? [] : ['flags interval'])],
      elements: sorted(set.map((interval) => formatInterval(dimension, family, interval))),
    });
    return setName;
  };
  const lookUp = (run: Run & { kind: 'look-up' }, family: Family): string => {
    const spellings = run.dimensions.map((dimension) => spelling(dimension, family));
    // The name goes with the shape of the key: a map of another shape must never take its place.
    const mapName = unique([
      ip(family),
      ...spellings.map((each) => each.name),
      ...(run.exact ? [] : ['ranges']),
      ...(program.counters ? [] : ['uncounted']),
    ]);
    filled.push({
      keyword: 'map',
      name: mapName,
      declaration: [
        `type ${spellings.map(({ type }) => type).join(' . ')} : verdict`,
        ...(run.exact ? [] : ['flags interval']),
        ...(program.counters ? ['counter'] : []),
      ],
      elements: sorted(
        run.cells.map(({ key, rule }) => {
          const values = run.dimensions.map((dimension, index) =>
            formatInterval(dimension, family, key[index] ?? bug('a key is too short')),
          );
          return `${values.join(' . ')} : goto ${targetChain(program, rule.target, main)}`;
        }),
      ),
    });
    return `${spellings.map(({ expression }) => expression).join(' . ')} vmap @${mapName}`;
  };
  const families = FAMILIES.map((family): Chain => {
    const rules: string[] = [];
    for (const run of runsOf(list, family)) {
      if (run.kind === 'look-up') {
        for (const rule of run.rules) rules.push(source(rule));
        rules.push(lookUp(run, family));
        continue;
      }
      rules.push(source(run.rule));
      const end = `${counter}goto ${targetChain(program, run.rule.target, main)}`;
      for (const test of testsOf(run.box, nameSet)) rules.push(`${test} ${end}`.trimStart());
    }
    return chain(`${name}_${ip(family)}`, [...rules, `goto ${main}`]);
  });
  const both = FAMILIES.map((family) => `${only(family)} goto ${name}_${ip(family)}`);
  return { filled, chains: [...families, chain(name, both)] };
}

const source = ({ id, text }: Rule): string => `# ${id} ${comment(text)}`;

function targetChain({ slots }: Program, target: Target, main: string): string {
  if (target.kind === 'balance') return balanceName(target.balance);
  if (target.kind === 'main') return main;
  if (target.kind !== 'slot') return `to_${target.kind}`;
  const slot = slots.find(({ number }) => number === target.slot);
  return `to_${slotName(slot ?? bug(`no slot ${target.slot}`))}`;
}
