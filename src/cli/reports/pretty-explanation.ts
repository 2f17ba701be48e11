import type { Program } from '../../model/program.ts';
import type { Explained, Explanation, OtherExplained } from '../../policy/explain-question.ts';
import { NO_ANSWER } from '../../policy/no-answer.ts';
import { pathSteps } from '../../policy/path-steps.ts';
import type { ForwardPolicy, RoutePolicy } from '../../policy/policy.ts';
import { untakenText, verdictText } from '../../policy/verdict-text.ts';
import { whyNotText } from '../../policy/why-not-text.ts';
import { at } from '../../text/diagnostic.ts';
import { printable } from '../../text/printable.ts';
import { type Palette, plain, renderFrame } from '../../text/render-frame.ts';
import { positionOf } from '../../text/source.ts';

/** More lines that fit as well are only counted. */
const SHOWN = 20;

/** An explanation in words: the verdict, the line that decides, and what follows from it. */
export function prettyExplanation(
  explanation: Explanation,
  program: Program,
  palette: Palette = plain,
): string {
  const out: string[] = [];
  switch (explanation.kind) {
    case 'void':
    case 'open':
      out.push(NO_ANSWER[explanation.kind]);
      break;
    case 'depends': {
      const { fields, packets } = explanation;
      out.push(
        palette.strong(
          `it depends on ${fields.map((each) => `\`${each}\``).join(' and ')}: say which is meant`,
        ),
        ...packets.flatMap((each, index) => alternative(each, `${index + 1}.`)),
      );
      break;
    }
    case 'answer': {
      out.push(...answer(explanation, program, palette));
      if (explanation.unless.length > 0) {
        out.push('', 'unless it is one that has something unusual:');
        out.push(...explanation.unless.flatMap((each) => alternative(each, '-')));
      }
      break;
    }
    default:
      explanation satisfies never;
  }
  return `${out.map(printable).join('\n')}\n`;
}

function alternative(each: OtherExplained, mark: string): string[] {
  const line = each.route ?? each.lead?.forward;
  const why = line === undefined ? untakenText(each) : placeText(line);
  return [`  ${mark} ${each.text}`, `     ${verdictText(each)} (${why})`];
}

const placeText = ({ statement: { span } }: RoutePolicy | ForwardPolicy): string =>
  `${span.source.name}:${positionOf(span.source, span.start).line}`;

function answer(explained: Explained, program: Program, palette: Palette): string[] {
  const { text, route, lead, others, ways, evaluation } = explained;
  const out = [text, palette.strong(verdictText(explained))];
  const line = route ?? lead?.forward;
  if (line !== undefined) {
    const label = at(line.statement.span, 'the first line that fits');
    out.push('', ...renderFrame([label], 'note', palette).lines);
  } else if (evaluation.spared === undefined)
    out.push('', 'no rule takes it, so it is left to main');
  for (const way of ways) out.push('', ...stepLines(pathSteps(way, explained, program)));
  if (others.length > 0) out.push('', 'these lines fit, too:');
  for (const { line: other, why } of others.slice(0, SHOWN)) {
    const { source } = other.statement.span;
    const its = source.quotable ? `: ${other.statement.text}` : '';
    out.push(`  ${placeText(other)}${its}`);
    out.push(`     but ${whyNotText(why, explained)}`);
  }
  if (others.length > SHOWN) out.push(`  ... and ${others.length - SHOWN} more`);
  return out;
}

/** A line a step, and one for each that goes on. */
function stepLines(steps: ReturnType<typeof pathSteps>): string[] {
  return steps.flatMap(({ name, lines }) =>
    lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(7)}  ${line}`),
  );
}
