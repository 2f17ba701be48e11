import { LAYOUT } from '../../model/layout.ts';
import type { Program } from '../../model/program.ts';
import { formatMark } from '../../net/mark.ts';
import type {
  Explained,
  Explanation,
  OtherExplained,
  WayOut,
} from '../../policy/explain-question.ts';
import type { RoutePolicy } from '../../policy/policy.ts';
import { at } from '../../text/diagnostic.ts';
import { printable } from '../../text/printable.ts';
import { type Palette, plain, renderFrame } from '../../text/render-frame.ts';
import { positionOf } from '../../text/source.ts';
import { WHY } from './json-explanation.ts';

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
      out.push(WHY[explanation.kind]);
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
  const rule = each.route === undefined ? 'no rule takes it' : placeText(each.route);
  return [`  ${mark} ${each.text}`, `     ${verdictText(each)} (${rule})`];
}

const placeText = ({ statement: { span } }: RoutePolicy): string =>
  `${span.source.name}:${positionOf(span.source, span.start).line}`;

/** What becomes of it, in one line. */
export function verdictText({ ways }: Explained): string {
  return ways.map((way) => wayText(way, ways.length > 1)).join(', or ');
}

function wayText(way: WayOut, shared: boolean): string {
  const share = shared ? `${Number((way.share * 100).toFixed(2))} %: ` : '';
  switch (way.verdict) {
    case 'uplink':
      return `${share}leaves by \`${way.uplink}\` (${way.dev})${natText(way)}`;
    case 'main':
      return `${share}goes by main's own routes`;
    case 'drop':
      return `${share}is dropped, silently`;
    case 'reject':
      return `${share}is rejected: administratively prohibited`;
    case 'unreachable':
      return `${share}goes nowhere: unreachable`;
    default:
      return way.verdict satisfies never;
  }
}

function natText({ nat }: WayOut): string {
  switch (nat?.kind) {
    case 'snat':
      return `, its source becomes ${nat.to}`;
    case 'masquerade':
      return ', its source becomes the address of that device';
    default:
      return ', its source stays';
  }
}

function answer(explained: Explained, program: Program, palette: Palette): string[] {
  const { text, route, others, ways } = explained;
  const out = [text, palette.strong(verdictText(explained))];
  if (route === undefined) out.push('', 'no rule takes it, so it is left to main');
  else {
    const { lines } = renderFrame(
      [at(route.statement.span, 'the first line that fits')],
      'note',
      palette,
    );
    out.push('', ...lines);
  }
  for (const way of ways) out.push('', ...path(way, explained, program, ways.length > 1));
  if (others.length > 0) out.push('', 'these lines fit, too:');
  for (const { route: other, why } of others.slice(0, SHOWN)) {
    const { source } = other.statement.span;
    const its = source.quotable ? `: ${other.statement.text}` : '';
    out.push(`  ${placeText(other)}${its}`);
    out.push(
      `     ${why === 'later' ? 'but it stands below the first one' : noArrival(explained)}`,
    );
  }
  if (others.length > SHOWN) out.push(`  ... and ${others.length - SHOWN} more`);
  return out;
}

const noArrival = ({ evaluation: { arrival } }: Explained): string =>
  `but it came in by \`${arrival?.name}\`, and only lines that name that with \`in\` look at it`;

/** From the match to the wire and back, a line a step. */
function path(way: WayOut, explained: Explained, program: Program, shared: boolean): string[] {
  const { priority, marking } = program;
  const mask = formatMark(marking.mask);
  const steps: (readonly [string, string])[] = [];
  if (shared) steps.push(['share', wayText(way, true)]);
  for (const { uplink, why } of way.passed) {
    steps.push([
      'passed',
      `\`${uplink}\` ${why === 'down' ? 'is down' : 'has no way for this family'}`,
    ]);
  }
  const mark = markOf(way, program);
  if (mark !== undefined) {
    const slot = way.slot === null ? '' : `${way.slot.number}, \`${way.slot.key}\`: `;
    steps.push(['slot', `${slot}the packet carries ${formatMark(mark)} of ${mask}`]);
    const stays = way.connection;
    if (stays !== null && stays.number !== way.slot?.number) {
      steps.push(['', `once it left, its connection stays with ${stays.number}, \`${stays.key}\``]);
    } else if (stays !== null) steps.push(['', 'so does its connection, for its whole life']);
    steps.push(['rule', `${priority}: first main, where that knows better than a default route`]);
  }
  if (way.priority !== null)
    steps.push(['', `${way.priority}: ${actionOf(way, explained, program)}`]);
  if (way.table !== null) {
    const via = way.gateway === null ? '' : `via ${way.gateway} `;
    steps.push(['table', `${way.table}: default ${via}dev ${way.dev}`]);
  }
  if (way.nat !== null) {
    const { kind, to } = way.nat;
    const said = kind === 'none' ? 'none' : to === null ? kind : `${kind} ${to}`;
    steps.push(['NAT', said]);
  }
  steps.push(['answers', answersText(way, explained)]);
  return steps.map(([name, text]) => `  ${name.padEnd(7)}  ${text}`);
}

/** What the packet carries, in our bits. */
function markOf({ verdict, slot }: WayOut, { marking }: Program): number | undefined {
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
