import { LAYOUT } from '../model/layout.ts';
import type { Program } from '../model/program.ts';
import { formatMark } from '../net/mark.ts';
import type { Explained, WayOut } from './explain-question.ts';
import { wayText } from './verdict-text.ts';

type Lead = NonNullable<Explained['lead']>;

/** One step of a packet's way: what of the kernel's it is, and what is to be said of it. */
export interface Step {
  readonly name:
    | 'share'
    | 'passed'
    | 'here'
    | 'link'
    | 'forward'
    | 'slot'
    | 'rule'
    | 'unless'
    | 'table'
    | 'NAT'
    | 'answers';
  readonly lines: readonly [string, ...string[]];
}

const SPARED = {
  here: "this is an uplink's own address, and so the router's: no rule moves what is sent there",
  link: "multicast, link-local and the like, and the router's own DHCP and neighbour discovery: no rule is asked",
} as const;

/** A way out from the match to the wire and back. */
export function pathSteps(way: WayOut, explained: Explained, program: Program): Step[] {
  const { priority, marking } = program;
  const steps: Step[] = [];
  const add = (name: Step['name'], ...lines: Step['lines']): void => {
    steps.push({ name, lines });
  };
  if (way.share !== 1) add('share', wayText(way));
  for (const { uplink, why } of way.passed) {
    add('passed', `\`${uplink}\` ${why === 'down' ? 'is down' : 'has no way for this family'}`);
  }
  const { spared } = explained.evaluation;
  if (spared !== undefined) add(spared, SPARED[spared]);
  if (explained.lead !== undefined) add('forward', ...leadText(explained.lead, explained));
  const decides =
    way.priority === null ? [] : [`${way.priority}: ${actionOf(way, explained, program)}`];
  const mark = wayMark(way, program);
  if (mark !== undefined) {
    const slot = way.slot === null ? '' : `${way.slot.number}, \`${way.slot.key}\`: `;
    const carries = `${slot}the packet carries ${formatMark(mark)} of ${formatMark(marking.mask)}`;
    add('slot', carries, ...staysText(way));
    add(
      'rule',
      `${priority}: first main, where that knows better than a default route`,
      ...decides,
    );
    // Where the destination is left open, that is easily forgotten.
    if (explained.evaluation.arrival !== undefined) {
      add('unless', 'it is sent to the router itself: no rule moves that');
    }
  }
  if (way.table !== null) {
    const via = way.gateway === null ? '' : `via ${way.gateway} `;
    add('table', `${way.table}: default ${via}dev ${way.dev}`);
  }
  if (way.nat !== null) {
    const { kind, to } = way.nat;
    add('NAT', kind === 'none' ? 'none' : to === null ? kind : `${kind} ${to}`);
  }
  add('answers', answersText(way, explained));
  return steps;
}

function leadText({ to }: Lead, { evaluation: { arrival } }: Explained): Step['lines'] {
  const goesOn = `its destination becomes ${to}, and it goes there by main's routes`;
  // The server would answer a client beside it directly, from an address that this never asked.
  return arrival === undefined
    ? [goesOn, "its source becomes the router's, where that is a LAN again"]
    : [goesOn];
}

/** What the connection carries from then on. */
function staysText({ slot, connection }: WayOut): string[] {
  if (connection === null) return [];
  if (connection.number === slot?.number) return ['so does its connection, for its whole life'];
  const { number, key } = connection;
  return [`once it left, its connection stays with ${number}, \`${key}\``];
}

/** What a packet that goes that way carries, in our bits; nothing where it is left to main without a mark. */
export function wayMark({ verdict, slot }: WayOut, { marking }: Program): number | undefined {
  if (slot !== null) return slot.mark;
  return verdict === 'drop' || verdict === 'reject' ? marking[verdict] : undefined;
}

function actionOf(way: WayOut, { packet }: Explained, { priority }: Program): string {
  const local = packet.local ? ', answered on the spot' : '';
  switch (way.verdict) {
    case 'uplink':
      return `lookup ${way.table}`;
    case 'main':
      return 'lookup main';
    case 'drop':
      return `blackhole${local}`;
    case 'reject':
      return `prohibit${local}`;
    case 'unreachable':
      return way.priority === priority + LAYOUT.guard
        ? 'the guard: unreachable'
        : `the guard${local}`;
    default:
      return way.verdict satisfies never;
  }
}

function answersText({ verdict, dev, nat }: WayOut, { answers, packet }: Explained): string {
  if (verdict !== 'uplink' && verdict !== 'main') return 'none: nothing is sent';
  if (answers !== null) {
    const { uplink, slot, priority } = answers;
    return `leave by \`${uplink.name}\`, where it came in: slot ${slot.number}, rule ${priority}, table ${uplink.ownTable}`;
  }
  if (packet.local) return 'come back to the router itself';
  if (verdict === 'main') return "go back by main's routes";
  const back =
    nat === null || nat.kind === 'none' || nat.kind === 'nonat' ? '' : ', get the old address back';
  return `come in by ${dev}${back}, and go on by main's routes`;
}
