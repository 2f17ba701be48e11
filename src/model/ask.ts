import { bug } from '../bug.ts';
import type { IntervalSet } from '../net/interval-set.ts';
import { absentPoint } from './absent-point.ts';
import { differingFields, type Field } from './closest-packet.ts';
import { type Evaluation, evaluate, type Up } from './evaluate.ts';
import { nearestPacket } from './nearest-packet.ts';
import type { Packet } from './packet.ts';
import type { Box, Program } from './program.ts';
import type { Question } from './question.ts';
import { type Region, regionsOf } from './regions.ts';
import { USUAL } from './usual.ts';

/** A packet and what becomes of it. */
export interface Answered {
  readonly packet: Packet;
  readonly evaluation: Evaluation;
}

/** Another packet, of which something else becomes, and in what it differs. */
export interface Other extends Answered {
  readonly differs: readonly Field[];
}

/** What is answered to a question. */
export type Reply =
  /** No packet is like that. */
  | { readonly kind: 'void' }
  /** Too many rules part these packets. */
  | { readonly kind: 'open' }
  /** Of all of them the same becomes, but for those that have something unusual. */
  | ({ readonly kind: 'answer'; readonly unless: readonly Other[] } & Answered)
  /** What is left out decides: the packets that one may mean, the first one's differences empty. */
  | {
      readonly kind: 'depends';
      readonly fields: readonly Field[];
      readonly packets: readonly Other[];
    };

/** More ways that packets may go than this are not told one by one. */
const MOST_OTHERS = 12;

/**
 * What becomes of the packets of a question. Where they go several ways, those with a source port or a MAC that
 * nobody names, without a DSCP and without a mark are what is usual.
 *
 * @param up the uplinks that are up
 */
export function ask(program: Program, question: Question, up: Up): Reply {
  const all = regionsOf(program, question, up);
  const first = all.regions[0];
  if (first === undefined) return { kind: all.complete ? 'void' : 'open' };
  const usual = regionsOf(
    program,
    { ...question, boxes: question.boxes.map((box) => usually(box, question.local)) },
    up,
  );
  const { regions, complete } = usual.regions.length > 0 ? usual : all;
  if (!complete) return { kind: 'open' };
  const [base = first] = regions;
  const answered = (packet: Packet): Answered => {
    return { packet, evaluation: evaluate(program, packet, up) };
  };
  const othersOf = (list: readonly Region[]): Other[] =>
    [...waysOf(list)]
      .filter(([way]) => way !== wayOf(base))
      .slice(0, MOST_OTHERS)
      .map(([, its]) => nearestPacket(its, base.packet) ?? bug('a way that no region goes'))
      .map((packet) => ({ ...answered(packet), differs: differingFields(base.packet, packet) }));
  const packets = othersOf(regions);
  if (packets.length === 0) {
    return { kind: 'answer', ...answered(base.packet), unless: othersOf(all.regions) };
  }
  return {
    kind: 'depends',
    fields: [...new Set(packets.flatMap(({ differs }) => differs))],
    packets: [{ ...answered(base.packet), differs: [] }, ...packets],
  };
}

/** Of a box that leaves it open, the packets that have nothing unusual. */
function usually(box: Box, local: boolean): Box {
  const { sourcePort = USUAL.sourcePort, mac = USUAL.mac, dscp = USUAL.dscp, mark } = box;
  const only = (point: number, none?: number): IntervalSet<number> =>
    none === undefined
      ? [[point, point]]
      : [
          [point, point],
          [none, none],
        ];
  return {
    ...box,
    sourcePort:
      typeof sourcePort === 'number'
        ? only(sourcePort, Number(absentPoint('sourcePort', 4)))
        : sourcePort,
    ...(local || typeof mac !== 'number' ? {} : { mac: only(mac) }),
    dscp: typeof dscp === 'number' ? only(dscp) : dscp,
    mark: mark ?? [{ value: USUAL.mark, mask: 0xffff_ffff }],
  };
}

/** What becomes of a region's packets, as a text. */
function wayOf({ outcomes, forward }: Region): string {
  const parts = outcomes.map(({ outcome, share }) => {
    const slot = 'slot' in outcome ? outcome.slot : undefined;
    return `${outcome.kind} ${slot} ${share}`;
  });
  return [...parts.sort(), forward?.id].join();
}

function waysOf(regions: readonly Region[]): Map<string, Region[]> {
  const ways = new Map<string, Region[]>();
  for (const region of regions) {
    const way = wayOf(region);
    const its = ways.get(way);
    if (its === undefined) ways.set(way, [region]);
    else its.push(region);
  }
  return ways;
}
