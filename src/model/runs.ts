import { bug } from '../bug.ts';
import type { Family } from '../net/address.ts';
import { type Series, series } from '../series.ts';
import { arrange, type Stage } from './arrange.ts';
import { ascending } from './ascending.ts';
import { type Cells, cellAt, pickCells, shareEnds } from './cells.ts';
import type { Keyed } from './dimensions.ts';
import type { Entries } from './entries.ts';
import { type Living, liveCells } from './live-cells.ts';
import type { Box, Rule } from './program.ts';
import { boxAt, type Guard, type Shape, shapesOf } from './shapes.ts';
import { LIMITS, type Limits } from './structures.ts';

/** Cells that one look-up decides; its cells are disjoint. */
export interface LookUp {
  readonly kind: 'look-up';
  /** What must hold before it is asked. */
  readonly guard: readonly Guard[];
  readonly dimensions: readonly Keyed[];
  /** All cells are single values. */
  readonly exact: boolean;
  /** Owned by places in `rules`. */
  readonly cells: Cells;
  /** Those that have a cell in it, in the order of the policy. */
  readonly rules: Series<Rule>;
  /** Their places in the list. */
  readonly asked: readonly number[];
}

/** A rule that is tested by itself. */
export interface Test {
  readonly kind: 'test';
  readonly box: Box;
  readonly rule: Rule;
  /** Its place in the list. */
  readonly at: number;
}

/** What a packet is put to, one after the other. */
export type Run = LookUp | Test;

/**
 * The rules of one family as look-ups and tests, in order: what an earlier run takes no later one
 * sees. What a rule asks for that rules before it take anyway is left out, so a rule may be gone.
 */
export function runsOf(entries: Entries, limits: Limits = LIMITS): Run[] {
  const { boxes, family } = entries;
  const shapes = shapesOf(boxes, family, limits);
  const living = liveCells(boxes, shapes, limits);
  // Most often one shape has all boxes; a guarded one may have a box more than once.
  const [all] = shapes;
  const isOne = all?.kind === 'line' || all?.kind === 'exact';
  const stages =
    isOne && all.places.length === boxes.length
      ? [{ shape: all, places: all.places }]
      : arrange(boxes, shapesAt(boxes.length, shapes, living));
  const stageOf = stagesByShape(stages);
  const cellsOf = new Map<Stage, Cells>();
  const names = new Uint32Array(boxes.length);
  for (const { shape, cells } of living) {
    const own = stageOf.get(shape) ?? [];
    const [only] = own;
    if (only !== undefined && own.length === 1) cellsOf.set(only, cells);
    else for (const [stage, part] of deal(own, cells)) cellsOf.set(stage, part);
  }
  const known = new Map<number, Rule>();
  const ruleAt = (at: number): Rule => {
    const rule = known.get(at) ?? entries.list.at(at) ?? bug('a rule is lost');
    known.set(at, rule);
    return rule;
  };
  const runs = stages.flatMap((stage) => {
    const cells = cellsOf.get(stage);
    if (stage.shape !== undefined && cells !== undefined) {
      return lookUps(stage.shape, cells, entries, names, limits);
    }
    return stage.places.map((place): Run => {
      const at = entries.owners[place] as number;
      return { kind: 'test', box: boxAt(boxes, place), rule: ruleAt(at), at };
    });
  });
  // Rules that cross all the time: the kernel takes minutes over ten thousands of maps.
  const isLong = runs.filter(({ kind }) => kind === 'look-up').length > limits.mostInARow;
  return isLong ? runs.flatMap((run) => withoutFew(run, family, limits)) : runs;
}

/** A look-up, or where it has few cells a test for each of them: they are disjoint. */
function withoutFew(run: Run, family: Family, { fewCells }: Limits): Run[] {
  if (run.kind === 'test' || run.cells.size > fewCells) return [run];
  const { cells, rules, asked } = run;
  const its = [...rules];
  return Array.from({ length: cells.size }, (_, at): Test => {
    const owner = cells.owner[at] as number;
    const rule = its[owner] ?? bug('a cell of no rule');
    return { kind: 'test', box: cellBox(run, family, at), rule, at: asked[owner] as number };
  });
}

/** A cell of a look-up as a box of its own. */
export function cellBox({ guard, dimensions, cells }: LookUp, family: Family, at: number): Box {
  const sets = dimensions.map((dimension, index) => [dimension, [cellAt(cells, index, at)]]);
  return { family, ...guardSets(guard), ...Object.fromEntries(sets) } as Box;
}

/** What a guard asks for, by its dimensions. */
export const guardSets = (guard: readonly Guard[]): object =>
  Object.fromEntries(guard.map(({ dimension, value }) => [dimension, [[value, value]]]));

/** Which shapes each box is left in. */
function shapesAt(
  count: number,
  shapes: readonly Shape[],
  living: readonly Living[],
): (place: number) => readonly Shape[] | undefined {
  const left: (readonly Shape[] | undefined)[] = new Array(count);
  const isShaped = new Uint8Array(count);
  for (const { places } of shapes) for (const place of places) isShaped[place] = 1;
  for (const { shape, cells } of living) {
    const only = [shape];
    for (const place of cells.owner) {
      const there = left[place];
      if (there === undefined) left[place] = only;
      else if (there.at(-1) !== shape) left[place] = [...there, shape];
    }
  }
  return (place) => left[place] ?? (isShaped[place] === 1 ? undefined : []);
}

function stagesByShape(stages: readonly Stage[]): Map<Shape, Stage[]> {
  const out = new Map<Shape, Stage[]>();
  for (const stage of stages) {
    if (stage.shape === undefined) continue;
    const there = out.get(stage.shape);
    if (there === undefined) out.set(stage.shape, [stage]);
    else there.push(stage);
  }
  return out;
}

/** The cells of a shape, dealt to the stages that their boxes stand in. */
function deal(stages: readonly Stage[], cells: Cells): Map<Stage, Cells> {
  const stageOf = new Map<number, number>();
  for (const [index, stage] of stages.entries()) {
    for (const place of stage.places) stageOf.set(place, index);
  }
  const dealt: number[][] = stages.map(() => []);
  for (let at = 0; at < cells.size; at += 1) {
    dealt[stageOf.get(cells.owner[at] as number) ?? -1]?.push(at);
  }
  return new Map(stages.map((stage, index) => [stage, pickCells(cells, dealt[index] as number[])]));
}

/** One look-up, or where single values are many among intervals, one for them and one for the rest. */
function lookUps(
  shape: Shape,
  cells: Cells,
  entries: Entries,
  names: Uint32Array,
  limits: Limits,
): LookUp[] {
  const one = (some: Cells): LookUp => lookUp(shape, some, entries, names);
  const shared = shareEnds(cells);
  const isExact = shared.low === shared.high;
  if (isExact || shape.dimensions.length > 1) return [one(shared)];
  const [low = [], high = []] = [cells.low[0], cells.high[0]];
  const points: number[] = [];
  const ranges: number[] = [];
  for (let at = 0; at < cells.size; at += 1) (low[at] === high[at] ? points : ranges).push(at);
  if (points.length < limits.manyPoints) return [one(cells)];
  return [points, ranges].map((places) => one(shareEnds(pickCells(cells, places))));
}

/**
 * @param names room for a number for each box: where its rule stands in the look-up
 */
function lookUp(
  { dimensions, guard }: Shape,
  cells: Cells,
  { list, owners }: Entries,
  names: Uint32Array,
): LookUp {
  const asked: number[] = [];
  for (const place of ownersOf(cells)) {
    const at = owners[place] as number;
    if (asked.at(-1) !== at) asked.push(at);
    names[place] = asked.length - 1;
  }
  const rules = series(asked.length, (at) => list.at(asked[at] as number) as Rule);
  const owner = cells.owner.map((place) => names[place] as number);
  const exact = cells.low === cells.high;
  return { kind: 'look-up', guard, dimensions, exact, cells: { ...cells, owner }, rules, asked };
}

/** Those that own a cell, once each, ascending. */
function ownersOf({ owner }: Cells): Uint32Array {
  const sorted = ascending(owner);
  let count = 0;
  for (const place of sorted) {
    if (count > 0 && sorted[count - 1] === place) continue;
    sorted[count] = place;
    count += 1;
  }
  return sorted.subarray(0, count);
}
