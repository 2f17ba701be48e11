import { bug } from '../bug.ts';
import { deviceInterval } from '../net/device-name.ts';
import {
  complement,
  covers,
  difference,
  type Interval,
  type IntervalSet,
  intersection,
  type Point,
  union,
} from '../net/interval-set.ts';
import { allOf } from '../series.ts';
import { DIMENSIONS, lastPoint } from './dimensions.ts';
import { forwardBoxes } from './forward-boxes.ts';
import { intersectBoxes } from './intersect-boxes.ts';
import { lans } from './lans.ts';
import type { Box, Forward, Program, Rule, Uplink } from './program.ts';
import { OWN_LINK, type Spared, sparedDestinations } from './spared.ts';
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
  /** Why no rule is asked about them, if so. */
  readonly spared?: Spared;
  /** Whether an uplink brings them. */
  readonly outside: boolean;
}

/** The packets of a question by the lists that take them. */
export function partsOf(program: Program, { boxes, local, arrivals }: Question): Part[] {
  const { here, link, asked } = bySpared(program, boxes);
  if (local) {
    const own = byOwnLink(asked);
    // A mark that nobody speaks of is none.
    const unmarked = ({ family }: Box): Box => {
      return { family, mark: [{ value: 0, mask: ~program.marking.mask >>> 0 }] };
    };
    const marked = own.asked.filter(({ mark }) => mark !== undefined);
    return [
      { list: [], boxes: here, spared: 'here', outside: false },
      { list: [], boxes: [...link, ...own.link], spared: 'link', outside: false },
      {
        list: allOf(program.local),
        outside: false,
        boxes: own.asked.flatMap((box) => intersectBoxes(box, unmarked(box)) ?? []),
      },
      {
        list: allOf(program.marked),
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
  const brought = byOwnLink(asked);
  return [
    { list: leads, boxes: forwarded(here), spared: 'here', outside: false },
    { list: leads, boxes: inbound(here), spared: 'here', outside: true },
    { list: [], boxes: forwarded(link), spared: 'link', outside: false },
    { list: [], boxes: inbound([...link, ...brought.link]), spared: 'link', outside: true },
    { list: allOf(program.forwarded), boxes: forwarded(asked), outside: false },
    { list: allOf(program.inbound), boxes: inbound(brought.asked), outside: true },
  ];
}

/**
 * Boxes by whether rules are asked about their packets: each destination that is named counts where it belongs; a
 * wider net, and what leaves its destination open, is about all that rules are asked about.
 */
function bySpared(
  program: Program,
  boxes: readonly Box[],
): { readonly [S in Spared | 'asked']: readonly Box[] } {
  const out = { here: [] as Box[], link: [] as Box[], asked: [] as Box[] };
  for (const box of boxes) {
    const { here, link } = sparedDestinations(program, box.family);
    const all: IntervalSet<Point> =
      box.destination ?? complement([], lastPoint('destination', box.family));
    const named = box.destination === undefined ? [] : all;
    const within = (set: IntervalSet<Point>): IntervalSet<Point> =>
      named.filter((each: Interval<Point>) => covers(set, each));
    const its = { here: within(here), link: within(link) };
    const wide = difference(all, union([its.here, its.link]));
    const asked = difference(wide, union([here, link]));
    for (const [why, destination] of Object.entries({ ...its, asked })) {
      if (destination.length > 0) out[why as Spared | 'asked'].push({ ...box, destination } as Box);
    }
  }
  return out;
}

/** Boxes of what the router sends, or an uplink brings, by whether all that lies in them is the link's business. */
function byOwnLink(boxes: readonly Box[]): { readonly link: Box[]; readonly asked: Box[] } {
  const link = boxes.filter(isOwnLink);
  return { link, asked: boxes.filter((box) => !link.includes(box)) };
}

/** Whether all that lies in a box is DHCP or neighbour discovery. */
export function isOwnLink(box: Box): boolean {
  return OWN_LINK[box.family].some((outer) =>
    DIMENSIONS.every((dimension) => {
      const set = outer[dimension] as IntervalSet<Point> | undefined;
      const its = box[dimension] as IntervalSet<Point> | undefined;
      return set === undefined || (its !== undefined && difference(its, set).length === 0);
    }),
  );
}

/** Each of a box's cubes loses one point, and falls into as many as it leaves bits open. */
const MOST_CUBES = 32 * 256;
