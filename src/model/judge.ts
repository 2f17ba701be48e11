import type { Family } from '../net/address.ts';
import { closestPacket, differingFields, type Field } from './closest-packet.ts';
import { type Evaluation, evaluate, type Outcome } from './evaluate.ts';
import { nearestPacket } from './nearest-packet.ts';
import type { Packet } from './packet.ts';
import type { Nat, Program, Rule } from './program.ts';
import type { Question } from './question.ts';
import { type Region, regionsOf } from './regions.ts';
import { sameNat } from './same-nat.ts';

/** What somebody expects of all packets of a question. */
export interface Expectation {
  readonly question: Question;
  /** The names of the uplinks that are down. */
  readonly downs: ReadonlySet<string>;
  readonly answer: Answer;
}

/** For each packet exactly these uplinks are possible; a NAT that is left out may be any. */
export type Answer =
  | { readonly kind: 'main' | 'drop' | 'reject' | 'unreachable' }
  | {
      readonly kind: 'via';
      readonly uplinks: readonly {
        readonly name: string;
        readonly nat: { readonly [F in Family]?: Nat };
      }[];
    };

/** How an expectation fares. */
export type Judgement = (
  | { readonly kind: 'holds' }
  /** No packet is like that. */
  | { readonly kind: 'void' }
  /** Nothing was found that is against it, but not everything could be looked at. */
  | { readonly kind: 'open' }
  | {
      readonly kind: 'fails';
      /** One that does not get the answer. */
      readonly packet: Packet;
      readonly evaluation: Evaluation;
      /** One that does, if any, and in what they differ: that decides. */
      readonly good?: { readonly packet: Packet; readonly differs: readonly Field[] };
    }
) & {
  /** The rules that decide some of its packets. */
  readonly rules: ReadonlySet<Rule>;
};

/** Whether every packet of an expectation gets the answer, by the model. */
export function judge(program: Program, { question, downs, answer }: Expectation): Judgement {
  const up = new Set(program.uplinks.map(({ name }) => name).filter((name) => !downs.has(name)));
  const { regions, complete } = regionsOf(program, question, up);
  const rules = new Set(regions.flatMap(({ rule }) => rule ?? []));
  const isGood = ({ outcomes, packet }: Region): boolean =>
    answers(
      answer,
      outcomes.map(({ outcome }) => outcome),
      packet.family,
    );
  const bad = regions.find((region) => !isGood(region));
  if (bad === undefined) {
    if (!complete) return { kind: 'open', rules };
    return { kind: regions.length === 0 ? 'void' : 'holds', rules };
  }
  const fails = (packet: Packet): Judgement & { kind: 'fails' } => {
    return { kind: 'fails', packet, evaluation: evaluate(program, packet, up), rules };
  };
  const good = nearestPacket(regions.filter(isGood), bad.packet);
  if (good === undefined) return fails(bad.packet);
  const packet = closestPacket(bad.box, good) ?? bad.packet;
  return { ...fails(packet), good: { packet: good, differs: differingFields(good, packet) } };
}

/** Whether what is possible is what is expected. */
function answers(answer: Answer, outcomes: readonly Outcome[], family: Family): boolean {
  if (answer.kind !== 'via') return outcomes.every(({ kind }) => kind === answer.kind);
  const { uplinks } = answer;
  const fits = ({ name, nat }: (typeof uplinks)[number], outcome: Outcome): boolean => {
    if (outcome.kind !== 'uplink' || outcome.uplink.name !== name) return false;
    const wanted = nat[family];
    return wanted === undefined || sameNat(wanted, outcome.nat);
  };
  return (
    outcomes.every((outcome) => uplinks.some((each) => fits(each, outcome))) &&
    uplinks.every((each) => outcomes.some((outcome) => fits(each, outcome)))
  );
}

/** Whether some outcome in a family is what both answers say. */
export function agree(one: Answer, other: Answer, family: Family): boolean {
  if (one.kind !== 'via' || other.kind !== 'via') return one.kind === other.kind;
  const fits = (a: (typeof one.uplinks)[number], b: typeof a): boolean => {
    const [nat, its] = [a.nat[family], b.nat[family]];
    return a.name === b.name && (nat === undefined || its === undefined || sameNat(nat, its));
  };
  // Each that the one has must be possible, and is only where the other has it too.
  return (
    one.uplinks.every((a) => other.uplinks.some((b) => fits(a, b))) &&
    other.uplinks.every((b) => one.uplinks.some((a) => fits(a, b)))
  );
}
