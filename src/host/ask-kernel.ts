import { LAYOUT } from '../model/layout.ts';
import type { Packet } from '../model/packet.ts';
import type { Program } from '../model/program.ts';
import { type Address, formatAddress } from '../net/address.ts';
import { deviceInterval, formatDevice } from '../net/device-name.ts';
import { contains, type Point } from '../net/interval-set.ts';
import {
  agrees,
  type KernelRoute,
  MAIN_TABLE,
  routeText,
  whyOtherwise,
} from '../plan/compare-way.ts';
import { lacksRuleset } from '../plan/drift.ts';
import type { LineSeen, LiveAnswer, LiveWay } from '../plan/live-answer.ts';
import { type Seen, type Status, statusOf } from '../plan/status.ts';
import type { Explained, WayOut } from '../policy/explain-question.ts';
import { wayMark } from '../policy/path-steps.ts';
import type { Conditions } from '../policy/policy.ts';
import {
  askRoute,
  isBelieved,
  matchedPrefix,
  type RouteQuestion,
  routeCommand,
} from './ask-route.ts';
import { readSetting } from './live-state.ts';

/**
 * What the running kernel does with packets that the model has explained, as far as that can be seen.
 *
 * @param conditions what was said of them: what was not, the kernel is asked for
 * @param answers the model's, the first one that of the line that is looked for: one a family, or none where it
 *   depends on what was not said
 */
export function askKernel(
  program: Program,
  seen: Seen,
  conditions: Conditions,
  answers: readonly Explained[],
): LiveAnswer {
  const status = statusOf(seen);
  const unread: string[] = [...status.unread];
  const ways = answers.flatMap((each) => {
    const { family } = each.packet;
    if (seen.families.includes(family)) return askWays(program, status, conditions, each, unread);
    unread.push(`where the kernel sends it: it has no IPv${family}`);
    return [];
  });
  return { status: { ...status, unread }, ways, line: lineOf(seen, status, answers[0]) };
}

function askWays(
  program: Program,
  status: Status,
  conditions: Conditions,
  { packet, text, ways }: Explained,
  unread: string[],
): LiveWay[] {
  const arrival = arrivalOf(program, packet, conditions);
  return ways.flatMap((way): LiveWay[] => {
    const question = questionOf(program, packet, way, arrival);
    const asked = askForwarded(program, question);
    if ('refused' in asked) {
      unread.push(`where the kernel sends it: ${asked.refused}`);
      return [];
    }
    const { family, destination, device } = question;
    const about = { family, destination, own: device === undefined };
    const same = agrees(program, way, asked.value, about);
    const route = same ? asked.value : withPrefix(question, way, asked.value);
    return [
      {
        way,
        packet: text,
        family,
        argv: routeCommand(question),
        route,
        text: routeText(route),
        agrees: same,
        why: same ? [] : whyOtherwise(program, way, route, about, status),
        ...(arrival.note === undefined ? {} : { note: arrival.note }),
      },
    ];
  });
}

/** Where a packet comes from as the kernel is told it. */
interface ArrivalTold {
  readonly source?: string;
  readonly device?: string;
  readonly note?: string;
}

/** The device that `in` says; where it leaves a choice, that by which the kernel reaches the source. */
function arrivalOf(program: Program, packet: Packet, conditions: Conditions): ArrivalTold {
  const { family, local } = packet;
  const source = addressOf(packet, packet.source);
  if (local) return conditions.from === undefined ? {} : { source };
  const { devices = [] } = conditions;
  const told =
    devices.length > 0 && typeof packet.device === 'bigint'
      ? { source, device: formatDevice([packet.device, packet.device]) }
      : undefined;
  const [first] = devices;
  if (told !== undefined && devices.length === 1 && first?.[0] === first?.[1]) return told;
  const way = askRoute({ family, destination: source, mark: 0 });
  const route = 'value' in way ? way.value : undefined;
  const isOutside = ({ device }: { readonly device: string }): boolean =>
    device === 'lo' || program.uplinks.some((uplink) => uplink.device === device);
  const mayBe = (name: string): boolean =>
    devices.length === 0 || contains(devices, deviceInterval(name, false)[0]);
  if (route?.kind === 'by' && !isOutside(route) && mayBe(route.device)) {
    return { source, device: route.device };
  }
  if (told !== undefined) return told;
  const note = `no device but an uplink leads to ${source}: asked as of the router itself; \`in\` says where it comes in`;
  return { note };
}

function questionOf(
  program: Program,
  packet: Packet,
  way: WayOut,
  { source, device }: ArrivalTold,
): RouteQuestion {
  const { mask } = program.marking;
  const number = (point: Point | undefined): number | undefined =>
    point === undefined ? undefined : Number(point);
  return {
    family: packet.family,
    destination: addressOf(packet, packet.destination),
    mark: ((packet.mark & ~mask) | (wayMark(way, program) ?? 0)) >>> 0,
    source,
    device,
    protocol: number(packet.protocol),
    sourcePort: number(packet.sourcePort),
    port: number(packet.port),
  };
}

const addressOf = ({ family }: Packet, value: Point | undefined): string =>
  formatAddress({ family, value } as Address);

/** What a look-up alone does not say of what is forwarded: whether it is, and whether its source is believed. */
function askForwarded(
  { priority }: Program,
  question: RouteQuestion,
): { readonly value: KernelRoute } | { readonly refused: string } {
  const noWay = {
    lastResort: priority,
    refusal: priority + LAYOUT.refusalTable,
  };
  const asked = askRoute(question, noWay);
  const { family, device } = question;
  if ('refused' in asked || device === undefined || asked.value.kind === 'here') return asked;
  const scope = family === 4 ? device : 'all';
  if (readSetting(`net/ipv${family}/conf/${scope}/forwarding`) === '0') {
    return { value: { kind: 'not-forwarding' } };
  }
  // A blackhole says the same.
  const doubted = asked.value.kind === 'drop' && !isBelieved(question);
  return doubted ? { value: { kind: 'source' } } : asked;
}

/** Which of main's routes took what was not left to main. */
function withPrefix(question: RouteQuestion, way: WayOut, route: KernelRoute): KernelRoute {
  if (route.kind !== 'by' || route.table !== MAIN_TABLE || way.verdict === 'main') return route;
  const to = matchedPrefix(question);
  return to === undefined ? route : { ...route, to };
}

/** Whether the line that decides is in the ruleset, by what counts its packets. */
function lineOf(
  { counts }: Seen,
  { loaded, rules, drift }: Status,
  explained: Explained | undefined,
): LineSeen | undefined {
  const id = explained?.route?.id;
  if (id === undefined) return undefined;
  // What is counted may stand in a ruleset of which nothing leads there any more.
  const doubts = drift.flatMap(({ kind, what, text }) =>
    what === 'ruleset' && kind !== 'foreign' ? [text] : [],
  );
  if (!loaded || lacksRuleset(drift)) return { loaded: false, doubts };
  if (counts === undefined || counts.rules.size === 0 || counts.unsure.has(id)) return { doubts };
  const count = rules.find((rule) => rule.id === id)?.count;
  return { loaded: counts.rules.has(id), doubts, ...(count === undefined ? {} : { count }) };
}
