import { bug } from '../bug.ts';
import { listFor } from '../model/evaluate.ts';
import type { Program } from '../model/program.ts';
import type { Explained, OtherExplained } from '../policy/explain-question.ts';
import { NO_ANSWER } from '../policy/no-answer.ts';
import { pathSteps, type Step } from '../policy/path-steps.ts';
import type { Policy } from '../policy/policy.ts';
import { untakenText, verdictText, wayText } from '../policy/verdict-text.ts';
import { whyNotText } from '../policy/why-not-text.ts';
import { renderPretty } from '../text/render-pretty.ts';
import { lineOf, type Span } from '../text/source.ts';
import type { Answered } from './open-data.ts';

/** Lines of a file, from and to, both of them in it. */
export interface Place {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** A packet that one may mean, and what becomes of it. */
export interface Choice {
  readonly packet: string;
  readonly verdict: string;
  /** The line that decides, or why there is none. */
  readonly place: Place | string;
}

/** What a line of the policy has to do with the answer. */
export interface Mark extends Place {
  readonly kind: 'decides' | 'fits' | 'uplink';
}

/** One way of a packet: of a balance there are several. */
export interface Chain {
  readonly title: string;
  /** Of 1. */
  readonly share: number;
  readonly verdict: Explained['ways'][number]['verdict'];
  readonly steps: readonly Step[];
}

/** Where on the map a packet goes. */
export interface Trail {
  /** The list that is asked, as the map names it. */
  readonly list: string;
  /** The id of the rule that decides. */
  readonly rule?: string;
  /** Uplinks by their names, and verdicts. */
  readonly ends: ReadonlySet<string>;
}

/** What the page says of a question, as plain texts. */
export type View =
  | { readonly kind: 'wrong'; readonly said: string; readonly text: string }
  | { readonly kind: 'nothing'; readonly said: string }
  | { readonly kind: 'depends'; readonly said: string; readonly choices: readonly Choice[] }
  | {
      readonly kind: 'answer';
      readonly said: string;
      readonly packet: string;
      /** The line, or why there is none. */
      readonly decides: (Place & { readonly text: string }) | string;
      readonly chains: readonly [Chain, ...Chain[]];
      readonly others: readonly (Place & { readonly text: string; readonly why: string })[];
      /** How many more lines fit. */
      readonly more: number;
      readonly unless: readonly Choice[];
      readonly marks: readonly Mark[];
      readonly trail: Trail;
    };

/** More lines that fit as well are only counted. */
const SHOWN = 20;

/** An answer as the page shows it. */
export function viewOf(answered: Answered, policy: Policy, program: Program): View {
  if (answered.kind === 'wrong') {
    const text = renderPretty(answered.findings);
    return { kind: 'wrong', said: 'there is something wrong with the question', text };
  }
  const { explanation } = answered;
  switch (explanation.kind) {
    case 'void':
    case 'open':
      return { kind: 'nothing', said: NO_ANSWER[explanation.kind] };
    case 'depends': {
      const fields = explanation.fields.map((each) => `\`${each}\``).join(' and ');
      const said = `it depends on ${fields}: which is meant?`;
      return { kind: explanation.kind, said, choices: explanation.packets.map(choiceOf) };
    }
    case 'answer':
      return answerOf(explanation, explanation.unless, policy, program);
    default:
      explanation satisfies never;
      return bug('an explanation of no kind');
  }
}

function answerOf(
  explained: Explained,
  unless: readonly OtherExplained[],
  policy: Policy,
  program: Program,
): View {
  const { text: packet, route, lead, others, ways } = explained;
  const line = route ?? lead?.forward;
  const chainOf = (way: Explained['ways'][number]): Chain => {
    const { share, verdict } = way;
    const steps = pathSteps(way, explained, program).filter(({ name }) => name !== 'share');
    return { title: wayText(way), share, verdict, steps };
  };
  const [first, ...rest] = ways;
  const shown = others.slice(0, SHOWN).map(({ line: { statement }, why }) => ({
    ...placeOf(statement.span),
    text: statement.text,
    why: whyNotText(why, explained),
  }));
  const { arrival, spared } = explained.evaluation;
  const list = `list_${spared ?? listFor(explained.packet, arrival)}`;
  const ends = new Set(ways.map(({ verdict, uplink }) => uplink ?? verdict));
  const trail = line === undefined ? { list, ends } : { list, ends, rule: line.id };
  const uplinks = new Set(ways.map(({ uplink }) => uplink));
  const declared = policy.uplinks.filter(({ name }) => uplinks.has(name));
  const marks: Mark[] = [
    ...(line === undefined ? [] : [{ kind: 'decides' as const, ...placeOf(line.statement.span) }]),
    ...shown.map(({ file, from, to }) => ({ kind: 'fits' as const, file, from, to })),
    ...declared.flatMap(({ statement }) =>
      statement === undefined ? [] : [{ kind: 'uplink' as const, ...placeOf(statement.span) }],
    ),
  ];
  return {
    kind: 'answer',
    said: verdictText(explained),
    packet,
    decides:
      line === undefined
        ? `${untakenText(explained)}, so it is left to main`
        : { ...placeOf(line.statement.span), text: line.statement.text },
    chains: [chainOf(first), ...rest.map(chainOf)],
    others: shown,
    more: others.length - shown.length,
    unless: unless.map(choiceOf),
    marks,
    trail,
  };
}

function choiceOf(each: OtherExplained): Choice {
  const { text: packet, route, lead } = each;
  const line = route ?? lead?.forward;
  const place = line === undefined ? untakenText(each) : placeOf(line.statement.span);
  return { packet, verdict: verdictText(each), place };
}

function placeOf({ source, start, end }: Span): Place {
  return {
    file: source.name,
    from: lineOf(source, start),
    to: lineOf(source, Math.max(start, end - 1)),
  };
}
