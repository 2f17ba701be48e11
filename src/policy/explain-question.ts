import { bug } from '../bug.ts';
import { type Answered, ask, type Other } from '../model/ask.ts';
import type { Evaluation, Outcome, Up } from '../model/evaluate.ts';
import { slotMark } from '../model/marking.ts';
import type { Packet } from '../model/packet.ts';
import type { Forward, Nat, Program, Rule, Slot, Uplink } from '../model/program.ts';
import { formatEnds, formatRange } from '../net/prefix.ts';
import { fieldWord } from './field-word.ts';
import { formatPacket } from './format-packet.ts';
import { ledTo } from './led-to.ts';
import { lowerQuestion } from './lower-question.ts';
import type { ForwardPolicy, Policy, QuestionPolicy, RoutePolicy } from './policy.ts';

/** One way out, as programs are told it: what there is nothing of is null. */
export interface WayOut {
  readonly verdict: Outcome['kind'];
  readonly uplink: string | null;
  readonly dev: string | null;
  readonly gateway: string | null;
  /** The kinds are the language's words, and `none` where nothing is said. */
  readonly nat: NatOut | null;
  /** Of 1. */
  readonly share: number;
  /** What its first packet carries, and what the connection carries from then on. */
  readonly slot: SlotOut | null;
  readonly connection: SlotOut | null;
  /** Of the `ip rule` that decides; null where that is one of main's own. */
  readonly priority: number | null;
  /** That the route is looked up in; null where no uplink's is. */
  readonly table: number | null;
  readonly passed: readonly { readonly uplink: string; readonly why: 'down' | 'family' }[];
}

interface NatOut {
  readonly kind: 'none' | 'masquerade' | 'nonat' | 'snat';
  /** Addresses and ranges, or a prefix, as the language writes them. */
  readonly to: string | null;
}

interface SlotOut {
  readonly number: number;
  readonly key: string;
  /** As the mark has it. */
  readonly mark: number;
}

/** What becomes of one packet, and why. */
export interface Explained {
  readonly packet: Packet;
  /** As `routec explain` takes it. */
  readonly text: string;
  readonly evaluation: Evaluation;
  readonly route?: RoutePolicy;
  /** What leads it on where it is sent to the router itself, and to which host and port. */
  readonly lead?: { readonly forward: ForwardPolicy; readonly to: string };
  /** Those that fit, too, with why they do not decide. */
  readonly others: readonly {
    readonly line: RoutePolicy | ForwardPolicy;
    readonly why: 'later' | 'no-arrival' | 'here' | 'link' | 'elsewhere';
  }[];
  /** Each possible way once, by the shares that were added up; one but for a balance. */
  readonly ways: readonly [WayOut, ...WayOut[]];
  /** How answers go back to who asked: by the uplink that it came in by, or by main's routes. */
  readonly answers: {
    readonly uplink: Uplink;
    readonly slot: SlotOut;
    readonly priority: number;
  } | null;
}

export interface OtherExplained extends Explained {
  /** In what it differs, by the words of the language. */
  readonly differs: readonly string[];
}

/** What is answered to a question about a policy. */
export type Explanation =
  | { readonly kind: 'void' | 'open' }
  | ({ readonly kind: 'answer'; readonly unless: readonly OtherExplained[] } & Explained)
  | {
      readonly kind: 'depends';
      readonly fields: readonly string[];
      readonly packets: readonly OtherExplained[];
    };

/**
 * Answers a question by the model: which line decides, and all that follows from it.
 *
 * @param up the uplinks that are up: all but those that the question takes down, if nothing is said
 */
export function explainQuestion(
  policy: Policy,
  program: Program,
  { conditions, downs }: QuestionPolicy,
  up: Up = allBut(program, downs),
): Explanation {
  const reply = ask(program, lowerQuestion(conditions, program), up);
  const timed = reply.kind === 'depends' && reply.fields.includes('time');
  const one = (each: Answered): Explained => explained(policy, program, each, timed);
  const other = (each: Other): OtherExplained => {
    return { ...one(each), differs: each.differs.map(fieldWord) };
  };
  switch (reply.kind) {
    case 'void':
    case 'open':
      return { kind: reply.kind };
    case 'answer':
      return { kind: reply.kind, ...one(reply), unless: reply.unless.map(other) };
    case 'depends': {
      const { kind, fields, packets } = reply;
      return { kind, fields: fields.map(fieldWord), packets: packets.map(other) };
    }
    default:
      reply satisfies never;
      return bug('a reply of no kind');
  }
}

function allBut({ uplinks }: Program, downs: QuestionPolicy['downs']): Up {
  const down = new Set(downs.map(({ name }) => name));
  return new Set(uplinks.map(({ name }) => name).filter((name) => !down.has(name)));
}

function explained(
  { routes, forwards: lines }: Policy,
  program: Program,
  { packet, evaluation }: Answered,
  timed: boolean,
): Explained {
  const { rule, others, unasked, outcomes, spared, forwards } = evaluation;
  const here = spared === 'here';
  const routeOf = ({ place }: Rule): RoutePolicy => routes.at(place) ?? bug('a rule of no line');
  const lineOf = ({ id }: Forward): ForwardPolicy =>
    lines.find((each) => each.id === id) ?? bug('a forward of no line');
  const [leads, ...later] = here ? forwards : [];
  const [first, ...more] = merged(
    outcomes.map(({ outcome, share }) => wayOut(program, outcome, share, packet)),
  );
  return {
    packet,
    text: formatPacket(packet, timed),
    evaluation,
    ...(rule === undefined ? {} : { route: routeOf(rule) }),
    ...(leads === undefined
      ? {}
      : { lead: { forward: lineOf(leads), to: ledTo(leads, Number(packet.port)) } }),
    others: [
      ...others.map((each) => ({ line: routeOf(each), why: 'later' as const })),
      ...later.map((each) => ({ line: lineOf(each), why: 'later' as const })),
      ...unasked.map((each) => {
        return { line: routeOf(each), why: spared ?? ('no-arrival' as const) };
      }),
      ...(here ? [] : forwards).map((each) => {
        return { line: lineOf(each), why: 'elsewhere' as const };
      }),
    ],
    ways: [first ?? bug('a packet that goes no way'), ...more],
    answers: answersOf(program, packet, evaluation),
  };
}

/** A way that several choices of a balance come to is one. */
function merged(ways: readonly WayOut[]): WayOut[] {
  const out = new Map<string, WayOut>();
  for (const way of ways) {
    const key = `${way.verdict} ${way.connection?.number}`;
    const same = out.get(key);
    out.set(key, same === undefined ? way : { ...same, share: same.share + way.share });
  }
  return [...out.values()].map((way) => ({ ...way, share: Number(way.share.toFixed(6)) }));
}

function wayOut(program: Program, outcome: Outcome, share: number, { family }: Packet): WayOut {
  const { kind, marked, priority, passed } = outcome;
  const by = outcome.kind === 'uplink' ? outcome : undefined;
  const way = by?.uplink.ways[family];
  const connection = 'slot' in outcome && outcome.slot !== undefined ? outcome.slot : undefined;
  return {
    verdict: kind,
    uplink: by?.uplink.name ?? null,
    dev: by?.uplink.device ?? null,
    gateway: way?.kind === 'gateway' ? way.gateway : null,
    nat: by === undefined ? null : natOut(by.nat),
    share,
    slot: marked === undefined ? null : slotOut(program, marked),
    connection: connection === undefined ? null : slotOut(program, slotBy(program, connection)),
    priority: priority ?? null,
    table: by?.table ?? null,
    passed: passed.map(({ uplink, why }) => ({ uplink: uplink.name, why })),
  };
}

function natOut(nat: Nat): NatOut {
  switch (nat.kind) {
    case 'none':
    case 'masquerade':
    case 'nonat':
      return { kind: nat.kind, to: null };
    case 'snat':
      return { kind: 'snat', to: nat.ranges.map(formatEnds).join(', ') };
    case 'prefix':
      return { kind: 'snat', to: formatRange(nat.to) };
    default:
      nat satisfies never;
      return bug('a NAT of no kind');
  }
}

function slotBy({ slots }: Program, number: number): Slot {
  return slots.find((slot) => slot.number === number) ?? bug('a slot that there is not');
}

function slotOut({ marking }: Program, { number, key }: Slot): SlotOut {
  return { number, key, mark: slotMark(marking.mask, number) };
}

function answersOf(
  program: Program,
  { family }: Packet,
  { arrival, spared }: Evaluation,
): Explained['answers'] {
  if (spared === 'link' || arrival?.ways[family] === undefined) return null;
  const slot = slotBy(program, arrival.inbound);
  const [priority = bug('a slot without a rule')] = slot.priorities;
  return { uplink: arrival, slot: slotOut(program, slot), priority };
}
