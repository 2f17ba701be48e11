import type { Difference, Flow, Region } from '../../analysis/diff-policies.ts';
import { formatDestiny } from '../../analysis/format-destiny.ts';
import { printable } from '../../text/printable.ts';
import { type Palette, plain } from '../../text/render-frame.ts';
import {
  countText,
  type RegionText,
  type SideNames,
  textOf,
  undecidedText,
} from './region-text.ts';

/** More regions of one kind are only counted. */
const SHOWN = 10;

/** What changes, in sentences: Markdown that reads as well on a terminal. */
export function prettyDifference(
  difference: Difference,
  sides: SideNames,
  palette: Palette = plain,
): string {
  const { flows, uplinks, forwards, sets, settings, undecided, changes } = difference;
  const open = undecided.before.length + undecided.after.length > 0;
  const between = `from \`${sides.was.name}\` to \`${sides.now.name}\``;
  const out: string[] = [
    palette.strong(
      changes
        ? `traffic changes ${between}`
        : open
          ? `no traffic change was found ${between}, but not all is decided`
          : `no traffic changes ${between}`,
    ),
  ];
  for (const flow of flows) out.push('', ...flowText(flow, sides, palette));
  const said = [...uplinks, ...forwards, ...sets];
  if (said.length > 0) out.push('', ...said.map((sentence) => `- ${sentence}`));
  if (settings.length > 0) {
    out.push('', 'This changes numbers, and no way that traffic takes:', '');
    out.push(...settings.map((sentence) => `- ${sentence}`));
  }
  if (open) out.push('', ...undecidedText(undecided, sides));
  return `${out.map(printable).join('\n')}\n`;
}

function flowText({ before, after, regions }: Flow, sides: SideNames, palette: Palette): string[] {
  const [was, now] = [formatDestiny(before), formatDestiny(after)];
  const shown = regions.slice(0, SHOWN).flatMap((region) => regionLines(region, sides));
  const left = regions.length - SHOWN;
  return [
    palette.strong(`\`${was}\` becomes \`${now}\`:`),
    '',
    ...shown,
    ...(left > 0 ? [`- and ${countText(left, 'more part')} of the traffic`] : []),
  ];
}

function regionLines(region: Region, sides: SideNames): string[] {
  const { matches, but, packet, before, after }: RegionText = textOf(region, sides);
  const what = matches.map((each) => `\`${each}\``).join(', ');
  return [
    `- ${what === '' ? 'packets that are not shown' : what}${but}`,
    ...(packet === undefined ? [] : [`  - for one: \`${packet}\``]),
    `  - before: ${before}`,
    `  - now: ${after}`,
  ];
}
