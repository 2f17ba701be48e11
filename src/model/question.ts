import { bug } from '../bug.ts';
import { deviceInterval, LAST_DEVICE } from '../net/device-name.ts';
import { complement, intersection, intervalSet } from '../net/interval-set.ts';
import { intersectBoxes } from './intersect-boxes.ts';
import type { Box, Program, Rule, Uplink } from './program.ts';
import { subtractBoxes } from './subtract-boxes.ts';

/** Packets that somebody asks about. What a box leaves out stands for every value. */
export interface Question {
  readonly boxes: readonly Box[];
  /** Whether the router itself sends them. */
  readonly local: boolean;
  /** The uplinks among their devices that are named: what no `in` names comes by no uplink. */
  readonly arrivals: readonly Uplink[];
}

/** Packets of a question that are looked up in one list of rules. */
interface Part {
  readonly rules: readonly Rule[];
  readonly boxes: readonly Box[];
}

/** The packets of a question by the lists of rules that take them. */
export function partsOf(program: Program, { boxes, local, arrivals }: Question): Part[] {
  if (local) {
    // A mark that nobody speaks of is none.
    const unmarked = ({ family }: Box): Box => {
      return { family, mark: [{ value: 0, mask: ~program.marking.mask >>> 0 }] };
    };
    const marked = boxes.filter(({ mark }) => mark !== undefined);
    return [
      {
        rules: program.local,
        boxes: boxes.flatMap((box) => intersectBoxes(box, unmarked(box)) ?? []),
      },
      {
        rules: program.marked,
        boxes:
          subtractBoxes(marked, marked.map(unmarked), MOST_CUBES) ?? bug('one cube is too many'),
      },
    ];
  }
  const uplinks = intervalSet(program.uplinks.map(({ device }) => deviceInterval(device, false)));
  const lans = complement(uplinks, LAST_DEVICE);
  const forwarded = boxes.flatMap((box): Box[] => {
    const device = box.device === undefined ? lans : intersection(box.device, lans);
    return device.length === 0 ? [] : [{ ...box, device }];
  });
  const inbound = arrivals.flatMap(({ device }) =>
    boxes.map((box): Box => ({ ...box, device: [deviceInterval(device, false)] })),
  );
  return [
    { rules: program.forwarded, boxes: forwarded },
    { rules: program.inbound, boxes: inbound },
  ];
}

/** Each of a box's cubes loses one point, and falls into as many as it leaves bits open. */
const MOST_CUBES = 32 * 256;
