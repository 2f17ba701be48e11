import type { Difference, Region } from '../../analysis/diff-policies.ts';
import { formatBoxes } from '../../policy/format-box.ts';
import { formatPacket } from '../../policy/format-packet.ts';
import type { Policy, RoutePolicy } from '../../policy/policy.ts';
import { secretOf } from '../../policy/secret-of.ts';
import { positionOf } from '../../text/source.ts';
import type { OpenSide } from '../open-side.ts';

/** The two sides of a comparison. */
export interface SideNames {
  readonly was: OpenSide;
  readonly now: OpenSide;
}

/** A region in words. Matches and packet are left out where they would show a list that must not be quoted. */
export interface RegionText {
  readonly matches: readonly string[];
  /** What of it is not meant. */
  readonly but: string;
  readonly packet?: string;
  /** The line that decided, and the one that decides. */
  readonly before: string;
  readonly after: string;
}

/** More boxes of one region are only counted, and so are more rules that are not decided. */
const SHOWN = 4;
const LONGEST = 300;

export function textOf(region: Region, { was, now }: SideNames): RegionText {
  const { before, after, boxes, packet, partly } = region;
  const secret = isSecret(before, was.checked.policy) || isSecret(after, now.checked.policy);
  const all = secret ? [] : formatBoxes(boxes).map(cut);
  const left = all.length - SHOWN;
  const timed = boxes.some(({ box }) => box.atoms?.some(({ kind }) => kind === 'time'));
  return {
    matches: all.slice(0, SHOWN),
    but: [
      left > 0 ? ` and ${countText(left, 'more part')}` : '',
      partly ? ', but for what lines above take' : '',
      region.more ? '; and more of what that uplink brings' : '',
    ].join(''),
    ...(secret ? {} : { packet: formatPacket(packet, timed) }),
    before: lineOf(before, was, region.arrival === 'before', region.more),
    after: lineOf(after, now, region.arrival === 'after', region.more),
  };
}

function isSecret(route: RoutePolicy | undefined, policy: Policy): boolean {
  if (route === undefined) return false;
  const { statement } = route;
  return !statement.span.source.quotable || secretOf(policy, statement)?.source.quotable === false;
}

/** Where a rule stands and what it says. */
function lineOf(
  route: RoutePolicy | undefined,
  side: OpenSide,
  arrival = false,
  more = false,
): string {
  if (route === undefined) return arrival ? 'no rule for what that uplink brings' : 'no rule';
  const { span, text } = route.statement;
  const place = `${side.nameOf(span.source)}:${positionOf(span.source, span.start).line}`;
  const rules = more ? ' and others' : '';
  return span.source.quotable ? `${place}: \`${cut(text)}\`${rules}` : place;
}

/** What could not be decided, and for which lines. */
export function undecidedText(
  { before, after }: Difference['undecided'],
  { was, now }: SideNames,
): string[] {
  const lines = [
    ...before.map((route) => lineOf(route, was)),
    ...after.map((route) => lineOf(route, now)),
  ];
  const more = lines.length - SHOWN;
  return [
    'Not decided, for too many rules meet here; there may be more that changes:',
    '',
    ...lines.slice(0, SHOWN).map((line) => `- ${line}`),
    ...(more > 0 ? [`- and ${countText(more, 'more line')}`] : []),
  ];
}

export const countText = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

const cut = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
