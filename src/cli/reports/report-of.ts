import type { Checked } from '../../compile.ts';
import type { Judgement } from '../../model/judge.ts';
import type { Rule } from '../../model/program.ts';
import { fieldPhrase, fieldWord } from '../../policy/field-word.ts';
import { formatOutcomes } from '../../policy/format-outcome.ts';
import { formatPacket } from '../../policy/format-packet.ts';
import { judgeExpects } from '../../policy/judge-expects.ts';
import { ledTo } from '../../policy/led-to.ts';
import type { ExpectPolicy, RoutePolicy } from '../../policy/policy.ts';
import { routesById } from '../../policy/routes-by-id.ts';
import { at, type Label } from '../../text/diagnostic.ts';
import { positionOf, type Span } from '../../text/source.ts';
import type { Case, Place, Report } from './report.ts';

/** What the expectations of a policy come to, by the model. */
export function reportOf(file: string, checked: Checked): Report {
  const { policy, program, diagnostics } = checked;
  const routes = routesById(policy);
  if (program === undefined) {
    const error = diagnostics.find(({ severity }) => severity === 'error');
    const broken = error?.message ?? 'the policy is wrong';
    return { file, broken, cases: [], rules: routes.size, unexpected: [] };
  }
  const { expects, unexpected } = judgeExpects(policy, program);
  return {
    file,
    cases: expects.map(({ expect, judgement }) => caseOf(expect, judgement, routes)),
    rules: routes.size,
    unexpected: unexpected.map(({ statement }) => placeOf(statement)),
  };
}

/** Where a statement stands; its text where that may be shown. */
export function placeOf({ span, text }: { readonly span: Span; readonly text: string }): Place {
  const { source, start } = span;
  return { file: source.name, ...positionOf(source, start), text: source.quotable ? text : '' };
}

/** How an expectation fares by the model. */
export function caseOf(
  { statement, answer }: ExpectPolicy,
  judgement: Judgement,
  routes: ReadonlyMap<string, RoutePolicy>,
): Case {
  const { source, start, end } = answer.span;
  const expected = source.quotable ? source.text.slice(start, end).replace(/\s+/g, ' ') : '';
  const base = { ...placeOf(statement), expected, decides: [], notes: [] };
  const labels = (text: string): [Label] => [at(answer.span, text)];
  switch (judgement.kind) {
    case 'holds':
      return { ...base, result: 'pass', message: '', labels: labels('') };
    case 'void': {
      const message = 'no packet is like this';
      return { ...base, result: 'fail', message, labels: [at(statement.span, message)] };
    }
    case 'open': {
      const message = 'so many rules part these packets that it is not decided';
      const notes = ['say more of the packets: each field that is named makes them fewer'];
      return { ...base, result: 'open', message, notes, labels: labels('not decided') };
    }
    case 'fails':
      break;
    default:
      judgement satisfies never;
  }
  const { evaluation, packet, good } = judgement;
  const got = formatOutcomes(evaluation.outcomes);
  const route = routeOf(evaluation.rule, routes);
  const shown = formatPacket(packet);
  const decides = good?.differs ?? [];
  const notes = [`packet: ${shown}`];
  if (good !== undefined) {
    notes.push(
      `${decides.map(fieldPhrase).join(' and ')} ${decides.length === 1 ? 'decides' : 'decide'}: this one gets the answer: ${formatPacket(good.packet)}`,
    );
  }
  for (const { uplink, why } of passedOver(evaluation.outcomes)) {
    notes.push(`\`${uplink}\` ${why === 'down' ? 'is down' : 'has no way for this family'}`);
  }
  const [forward] = evaluation.forwards;
  if (evaluation.spared === 'here') {
    notes.push("it is sent to an uplink's own address, and so to the router: no rule moves that");
  } else if (evaluation.spared === 'link') {
    notes.push("it is the link's own business: no rule is asked about that");
  } else if (route === undefined) notes.push('no rule takes it');
  if (evaluation.spared === 'here' && forward !== undefined) {
    notes.push(`\`${forward.text}\` leads it on to ${ledTo(forward, Number(packet.port))}`);
  }
  return {
    ...base,
    result: 'fail',
    message: `expected \`${expected}\`, got \`${got}\``,
    got,
    packet: shown,
    ...(route === undefined ? {} : { rule: placeOf(route.statement) }),
    decides: decides.map(fieldWord),
    notes,
    labels: [
      at(answer.span, `got \`${got}\``),
      ...(route === undefined ? [] : [at(route.statement.span, 'this line decides')]),
    ],
  };
}

function routeOf(
  rule: Rule | undefined,
  routes: ReadonlyMap<string, RoutePolicy>,
): RoutePolicy | undefined {
  return rule === undefined ? undefined : routes.get(rule.id);
}

/** Each uplink that a packet could have taken, once. */
function passedOver(
  outcomes: (Judgement & { readonly kind: 'fails' })['evaluation']['outcomes'],
): { readonly uplink: string; readonly why: 'down' | 'family' }[] {
  const seen = new Map(
    outcomes.flatMap(({ outcome }) =>
      outcome.passed.map(({ uplink, why }) => [uplink.name, why] as const),
    ),
  );
  return [...seen].map(([uplink, why]) => ({ uplink, why }));
}
