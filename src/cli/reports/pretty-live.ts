import { routeText } from '../../plan/compare-way.ts';
import { isAsSaid, type LiveAnswer, type LiveWay } from '../../plan/live-answer.ts';
import type { Explained, WayOut } from '../../policy/explain-question.ts';
import { wayText } from '../../policy/verdict-text.ts';
import { printable } from '../../text/printable.ts';
import { type Palette, plain } from '../../text/render-frame.ts';
import { driftLine, notSeen, reasons } from './pretty-status.ts';
import { placeOf } from './report-of.ts';

/** More that is not as it was loaded is only counted. */
const SHOWN = 20;
/** Under what stands behind a name. */
const BESIDE = ' '.repeat(9);

/** What the running kernel says to an answer: whether it agrees, and what of it was looked at. */
export function prettyLive(
  live: LiveAnswer,
  { route }: Pick<Explained, 'route'>,
  palette: Palette = plain,
): string {
  const { status, ways, line } = live;
  const { loaded, uplinks, drift, unread } = status;
  const out = ['', headOf(live, palette)];
  const add = (name: string, lines: readonly string[]): void => {
    out.push(
      ...lines.map((each, at) => `  ${(at === 0 ? name : '').padEnd(7)}  ${printable(each)}`),
    );
  };
  for (const each of ways) {
    add('asked', [commandText(each), ...(each.note === undefined ? [] : [each.note]), each.text]);
    if (!each.agrees) add('differs', [`the policy says: ${saidText(each.way)}`, ...each.why]);
  }
  const away = uplinks.filter(({ state }) => state !== 'up');
  add(
    'uplinks',
    away.length === 0
      ? ['all are up']
      : away.map(
          ({ name, state, ways: its }) => `\`${name}\` is ${state}: ${reasons(its).join('; ')}`,
        ),
  );
  if (line !== undefined && route !== undefined) {
    const { file, line: number } = placeOf(route.statement);
    add('line', [`${file}:${number} ${lineText(line)}`]);
  }
  if (!loaded) add('loaded', ['none of it is loaded']);
  else if (drift.length === 0) add('loaded', ['what this policy says']);
  else {
    add('loaded', ['not what this policy says:']);
    out.push(...drift.slice(0, SHOWN).map((each) => BESIDE + driftLine(each, palette)));
    if (drift.length > SHOWN) add('', [`and ${drift.length - SHOWN} more; --json has all`]);
  }
  out.push(...unread.map((what) => notSeen(what, palette)));
  return `${out.join('\n')}\n`;
}

function headOf(live: LiveAnswer, palette: Palette): string {
  switch (isAsSaid(live)) {
    case true:
      return palette.strong('the running kernel agrees:');
    case false:
      return palette.error('the running kernel differs:');
    default:
      return palette.warning('not all of the running kernel could be seen:');
  }
}

/** What the policy says, in the words that the kernel's way is told in. */
function saidText(way: WayOut): string {
  const { uplink, dev, gateway, table } = way;
  if (uplink === null || dev === null || table === null) return wayText(way);
  const via = gateway === null ? {} : { gateway };
  return `${routeText({ kind: 'by', device: dev, table, ...via })} (\`${uplink}\`)`;
}

/** As a person would type it. */
const commandText = ({ argv }: LiveWay): string =>
  argv.filter((word) => word !== '-j' && word !== '-N').join(' ');

/** Doubts that are named; the others stand under what is loaded. */
const NAMED = 2;

function lineText({ loaded, count, doubts }: NonNullable<LiveAnswer['line']>): string {
  const named = doubts.slice(0, NAMED).map((text) => `\`${text}\``);
  const more = doubts.length > NAMED ? [`${doubts.length - NAMED} more`] : [];
  const what = [...named, ...more].join(' and ');
  const doubt = `${what} ${doubts.length > 1 ? 'are' : 'is'} not as this policy has it, and may keep packets from it`;
  if (loaded === undefined) {
    return `may be in the ruleset: ${doubts.length > 0 ? doubt : 'that was not seen'}`;
  }
  if (!loaded) return 'is not in the ruleset';
  const but = doubts.length > 0 ? `; but ${doubt}` : '';
  const packets = count?.[0];
  if (packets === undefined) return `is in the ruleset${but}`;
  const many = packets === 0 ? 'no packet yet' : `${packets.toLocaleString('en')} packet`;
  return `is in the ruleset, and decided about ${many}${packets > 1 ? 's' : ''}${but}`;
}
