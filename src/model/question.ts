import { bug } from '../bug.ts';
import { deviceInterval } from '../net/device-name.ts';
import { type Interval, type IntervalSet, intersection, type Point } from '../net/interval-set.ts';
import { isForRouter } from './for-router.ts';
import { forwardBoxes } from './forward-boxes.ts';
import { intersectBoxes } from './intersect-boxes.ts';
import { lans } from './lans.ts';
import type { Box, Forward, Program, Rule, Uplink } from './program.ts';
import { subtractBoxes } from './subtract-boxes.ts';

/** Packets that somebody asks about. What a box leaves out stands for every value. */
export interface Question {
  readonly boxes: readonly Box[];
  /** Whether the router itself sends them. */
  readonly local: boolean;
  /** The uplinks among their devices that are named: what no `in` names comes by no uplink. */
  readonly arrivals: readonly Uplink[];
}

/** A `forward`, and what it takes of what is sent to the router. */
export interface Lead {
  readonly forward: Forward;
  readonly boxes: readonly Box[];
}

/** Packets of a question that are looked up in one list: of rules, or of what leads on what is sent to the router. */
export interface Part {
  readonly list: readonly (Rule | Lead)[];
  readonly boxes: readonly Box[];
  /** Whether they are sent to the router itself. */
  readonly here: boolean;
  /** Whether an uplink brings them. */
  readonly outside: boolean;
}

/** The packets of a question by the lists that take them. */
export function partsOf(program: Program, { boxes, local, arrivals }: Question): Part[] {
  const here = boxes.flatMap((box) => ofRouter(program, box, true));
  const elsewhere = boxes.flatMap((box) => ofRouter(program, box, false));
  if (local) {
    // A mark that nobody speaks of is none.
    const unmarked = ({ family }: Box): Box => {
      return { family, mark: [{ value: 0, mask: ~program.marking.mask >>> 0 }] };
    };
    const marked = elsewhere.filter(({ mark }) => mark !== undefined);
    return [
      { list: [], boxes: here, here: true, outside: false },
      {
        list: program.local,
        here: false,
        outside: false,
        boxes: elsewhere.flatMap((box) => intersectBoxes(box, unmarked(box)) ?? []),
      },
      {
        list: program.marked,
        here: false,
        outside: false,
        boxes:
          subtractBoxes(marked, marked.map(unmarked), MOST_CUBES) ?? bug('one cube is too many'),
      },
    ];
  }
  const inside = lans(program);
  const forwarded = (those: readonly Box[]): Box[] =>
    those.flatMap((box) => {
      const device = box.device === undefined ? inside : intersection(box.device, inside);
      return device.length === 0 ? [] : [{ ...box, device }];
    });
  const inbound = (those: readonly Box[]): Box[] =>
    arrivals.flatMap(({ device }) =>
      those.map((box): Box => ({ ...box, device: [deviceInterval(device, false)] })),
    );
  const leads = (here.length === 0 ? [] : program.forwards).map((forward): Lead => {
    return { forward, boxes: forwardBoxes(program, forward) };
  });
  return [
    { list: leads, boxes: forwarded(here), here: true, outside: false },
    { list: leads, boxes: inbound(here), here: true, outside: true },
    { list: program.forwarded, boxes: forwarded(elsewhere), here: false, outside: false },
    { list: program.inbound, boxes: inbound(elsewhere), here: false, outside: true },
  ];
}

/**
 * Of a box what is sent to the router itself, and what is not: each address that is named counts where it
 * belongs; a range, and what leaves its destination open, is about all but the router's own.
 */
export function ofRouter(program: Program, box: Box, here: boolean): Box[] {
  if (box.destination === undefined) return here ? [] : [box];
  const all: IntervalSet<Point> = box.destination;
  const its = all.filter(
    (each: Interval<Point>) => isForRouter(program, box.family, each) === here,
  );
  return its.length === 0 ? [] : [{ ...box, destination: its } as Box];
}

/** Each of a box's cubes loses one point, and falls into as many as it leaves bits open. */
const MOST_CUBES = 32 * 256;
