import { bug } from '../../bug.ts';
import type { Dimension } from '../../model/dimensions.ts';
import { type Entries, entriesOf } from '../../model/entries.ts';
import type { Program, Rule, Target } from '../../model/program.ts';
import { type LookUp, type Run, runsOf } from '../../model/runs.ts';
import { LIMITS } from '../../model/structures.ts';
import { FAMILIES, type Family } from '../../net/address.ts';
import type { IntervalSet, Point } from '../../net/interval-set.ts';
import { formatMark } from '../../net/mark.ts';
import { type Series, series } from '../../series.ts';
import { sourceLines } from '../comment.ts';
import { balanceName } from './balance.ts';
import { formatInterval, keyTexts, spelling } from './key.ts';
import { type Chain, chain, type Filled, ip, only, type Part, slotName } from './names.ts';
import { testsOf } from './tests.ts';

/**
 * A list of rules as chains, one a family: look-ups and tests stand in the order of the rules.
 *
 * @param main the chain for what goes to main, and for what no rule takes
 */
export function choose(program: Program, name: string, list: Series<Rule>, main = 'to_main'): Part {
  const filled: Filled[] = [];
  const { mask, dead } = program.marking;
  const setMark = `meta mark set meta mark & ${formatMark(~mask >>> 0)}`;
  const counter = program.counters ? 'counter ' : '';
  const counters = program.counters ? ['counter'] : [];
  const aliases = new Map<string, Chain>();
  const ends = new Map<Target, string>();
  const endOf = (target: Target): string => {
    let end = ends.get(target);
    if (end === undefined) {
      end = targetChain(program, target, main);
      ends.set(target, end);
    }
    return end;
  };
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
      elements: set.map((interval) => formatInterval(dimension, family, interval)),
    });
    return setName;
  };
  /** A chain that leads on by a name of three or four letters: a large map repeats it in each element. */
  const aliasOf = (target: Target, to: string): string => {
    const alias = shortName(target);
    aliases.set(alias, chain(alias, [`goto ${to}`]));
    return alias;
  };
  const lookUp = (run: LookUp, family: Family): string[] => {
    const { guard, dimensions, exact, cells, rules } = run;
    const spellings = dimensions.map((dimension) => spelling(dimension, family));
    const key = [
      ...guard.map(({ dimension, value }) => {
        return `${spelling(dimension, family).expression} ${formatInterval(dimension, family, [value, value])}`;
      }),
      spellings.map(({ expression }) => expression).join(' . '),
    ].join(' ');
    const type = spellings.map((each) => each.type).join(' . ');
    const flags = exact ? [] : ['flags interval'];
    // The name goes with the shape of the key: a map of another shape must never take its place.
    const nameOf = (...more: readonly string[]): string =>
      unique([
        ip(family),
        ...spellings.map((each) => each.name),
        ...(exact ? [] : ['ranges']),
        ...(program.counters ? [] : ['uncounted']),
        ...more,
      ]);
    const texts = keyTexts(dimensions, family, cells);
    const textAt = (at: number): string => texts.at(at) ?? bug('a key is lost');
    const isLarge = cells.size >= LIMITS.manyElements;
    const chains: string[] = [];
    const places: number[] = [];
    for (const { target, place } of rules) {
      chains.push(endOf(target));
      places.push(place);
    }
    const placeAt = (at: number): number => places[cells.owner[at] as number] as number;
    const targets = new Set(chains);
    if (isLarge && targets.size <= LIMITS.fewTargets) {
      const cellsTo = new Map<string, number[]>([...targets].map((to) => [to, []]));
      for (let at = 0; at < cells.size; at += 1) {
        cellsTo.get(chains[cells.owner[at] as number] as string)?.push(at);
      }
      return [...cellsTo].map(([to, own]) => {
        const setName = nameOf(to);
        filled.push({
          keyword: 'set',
          name: setName,
          declaration: [`type ${type}`, ...flags, ...counters],
          elements: series(own.length, (at) => textAt(own[at] as number)),
          rules: own.map(placeAt),
        });
        return `${key} @${setName} goto ${to}`;
      });
    }
    const mapName = nameOf();
    const verdicts = Array.from(rules, ({ target }, at) => {
      const to = chains[at] as string;
      return isLarge ? `:goto ${aliasOf(target, to)}` : ` : goto ${to}`;
    });
    // An IPv6 address would swallow the colon.
    const gap = isLarge && family === 6 ? ' ' : '';
    filled.push({
      keyword: 'map',
      name: mapName,
      declaration: [`type ${type} : verdict`, ...flags, ...counters],
      elements: series(
        cells.size,
        (at) => `${textAt(at)}${gap}${verdicts[cells.owner[at] as number]}`,
      ),
      rules: Array.from({ length: cells.size }, (_, at) => placeAt(at)),
    });
    return [`${key} vmap @${mapName}`];
  };
  let linear = 0;
  const entries = entriesOf(list);
  const families = FAMILIES.map((family): Chain => {
    const rules: string[] = [];
    const counted: number[] = [];
    let last: number | undefined;
    const runs = runsOf(entries[family]);
    for (const run of runs) {
      if (run.kind === 'look-up') {
        rules.push(...sourceLines(run.rules), ...lookUp(run, family));
        continue;
      }
      if (last !== run.at) rules.push(...sourceLines([run.rule]));
      last = run.at;
      const { any, none, seen } = testsOf(run.box, nameSet);
      linear += 1;
      const take = [...seen, `${counter}goto ${endOf(run.rule.target)}`];
      // What must not be is marked for a moment.
      for (const test of none) rules.push(`${test} ${setMark} | ${formatMark(dead)}`);
      const unmarked = none.length === 0 ? '' : `meta mark & ${formatMark(mask)} == 0`;
      for (const test of any) rules.push([unmarked, test, ...take].filter(Boolean).join(' '));
      if (program.counters) counted.push(...any.map(() => run.rule.place));
      if (none.length > 0) rules.push(setMark);
    }
    const lost = sourceLines(lostRules(entries[family], runs)).map(
      (line) => `${line}  (never reached)`,
    );
    return { ...chain(`${name}_${ip(family)}`, [...rules, ...lost, `goto ${main}`]), counted };
  });
  const both = FAMILIES.map((family) => `${only(family)} goto ${name}_${ip(family)}`);
  return { filled, chains: [...aliases.values(), ...families, chain(name, both)], tests: linear };
}

/** Rules that those before them leave nothing of. */
function lostRules({ list, asked }: Entries, runs: readonly Run[]): Series<Rule> {
  // Most often one look-up has them all.
  const [only] = runs;
  if (only?.kind === 'look-up' && only.asked.length === asked.length) return [];
  const left = new Set<number>();
  for (const run of runs) {
    for (const at of run.kind === 'test' ? [run.at] : run.asked) left.add(at);
  }
  const lost = asked.filter((at) => !left.has(at));
  return series(lost.length, (at) => list.at(lost[at] as number) ?? bug('a rule is lost'));
}

function targetChain({ slots }: Program, target: Target, main: string): string {
  if (target.kind === 'balance') return balanceName(target.balance);
  if (target.kind === 'main') return main;
  if (target.kind !== 'slot') return `to_${target.kind}`;
  const slot = slots.find(({ number }) => number === target.slot);
  return `to_${slotName(slot ?? bug(`no slot ${target.slot}`))}`;
}

function shortName(target: Target): string {
  if (target.kind === 'slot') return `s${target.slot}`;
  if (target.kind === 'balance') return `b${target.balance + 1}`;
  return target.kind.slice(0, 1);
}
