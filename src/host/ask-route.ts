import * as v from 'valibot';
import type { Family } from '../net/address.ts';
import { formatMark } from '../net/mark.ts';
import { ICMP } from '../net/protocols.ts';
import { type KernelRoute, MAIN_TABLE } from '../plan/compare-way.ts';
import { json } from './live-state.ts';
import { run } from './run.ts';

/** A packet as routing sees it. */
export interface RouteQuestion {
  readonly family: Family;
  readonly destination: string;
  /** All of it, not our bits alone. */
  readonly mark: number;
  /** Of what is forwarded, or of a socket that is bound to it. */
  readonly source?: string | undefined;
  /** That it comes in by; nothing for what the router itself sends. */
  readonly device?: string | undefined;
  readonly protocol?: number | undefined;
  readonly sourcePort?: number | undefined;
  readonly port?: number | undefined;
}

/** Tables in which a route means that there is none: the numbers of a policy. */
export interface NoWay {
  readonly lastResort: number;
  readonly refusal: number;
}

const Answer = v.pipe(
  v.array(
    v.looseObject({
      dst: v.optional(v.string()),
      dev: v.string(),
      gateway: v.optional(v.string()),
      table: v.optional(v.string()),
      type: v.optional(v.string()),
    }),
  ),
  v.minLength(1),
);

/** Numbers of linux/rtnetlink.h, as `-N` has them. */
const LOCAL = '2';

/** What a lookup that ends in no route says: errno of the rule's or the route's kind. */
const REFUSALS: readonly (readonly [RegExp, 'drop' | 'reject' | 'unreachable'])[] = [
  [/: Invalid argument$/, 'drop'],
  [/: Permission denied$/, 'reject'],
  [/: (Network is unreachable|No route to host)$/, 'unreachable'],
];

/** TCP and UDP; the kernel takes no other ports here, and of other protocols only ICMP. */
const PORTS = [6, 17];

/** What asks the kernel about a packet; everybody may. */
export function routeCommand(
  question: RouteQuestion,
  ...more: readonly string[]
): [string, ...string[]] {
  const { family, destination, mark, source, device, protocol, sourcePort, port } = question;
  const withPorts = protocol !== undefined && PORTS.includes(protocol);
  const told = withPorts || protocol === ICMP[family];
  const word = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [name, String(value)];
  return [
    ...(['ip', `-${family}`, '-j', '-N', 'route', 'get', ...more, destination] as const),
    ...word('from', source),
    ...word('iif', device),
    ...word('mark', formatMark(mark)),
    ...word('ipproto', told ? protocol : undefined),
    ...word('sport', withPorts ? sourcePort : undefined),
    ...word('dport', withPorts ? port : undefined),
  ];
}

/** Asks the kernel where it sends a packet; or why it does not say. */
export function askRoute(
  question: RouteQuestion,
  noWay?: NoWay,
): { readonly value: KernelRoute } | { readonly refused: string } {
  const ran = run({ argv: routeCommand(question) });
  if ('refused' in ran) {
    const [, kind] = REFUSALS.find(([words]) => words.test(ran.refused)) ?? [];
    return kind === undefined ? ran : { value: { kind } };
  }
  const answer = json(ran, Answer);
  if ('refused' in answer) return answer;
  const [{ dev, gateway, table, type } = { dev: '' }] = answer.value;
  const number = table === undefined ? MAIN_TABLE : Number(table);
  if (number === noWay?.refusal) return { value: { kind: 'refused' } };
  if (number === noWay?.lastResort) return { value: { kind: 'nowhere' } };
  if (type === LOCAL) return { value: { kind: 'here' } };
  const via = gateway === undefined ? {} : { gateway };
  return { value: { kind: 'by', device: dev, table: number, ...via } };
}

/** The prefix of the route that fits, as `ip` has it; nothing where the kernel does not say. */
export function matchedPrefix(question: RouteQuestion): string | undefined {
  const answer = json(run({ argv: routeCommand(question, 'fibmatch') }), Answer);
  return 'refused' in answer ? undefined : answer.value[0]?.dst;
}

/** Whether the kernel takes a source for one that comes in there: a broadcast asks nothing else. */
export function isBelieved({ family, source, device }: RouteQuestion): boolean {
  if (family !== 4 || device === undefined) return true;
  const ran = run({
    argv: routeCommand({ family, destination: '255.255.255.255', mark: 0, source, device }),
  });
  return !('refused' in ran && ran.refused.endsWith(': Invalid argument'));
}
