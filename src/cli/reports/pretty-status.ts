import type { Drift } from '../../plan/drift.ts';
import type { Count } from '../../plan/policy-counts.ts';
import type { BalanceStatus, RuleStatus, Status, UplinkStatus } from '../../plan/status.ts';
import { printable } from '../../text/printable.ts';
import { type Palette, plain } from '../../text/render-frame.ts';

/** What is told of with a status. */
export interface StatusHead {
  /** The name of the policy, without `.route`. */
  readonly policy: string;
  /** When it was first applied, as ISO 8601 has it; nothing where it was loaded by hand, if at all. */
  readonly since?: string | undefined;
}

/** What was counted a moment before, for what goes on in a second. */
export interface Before {
  readonly status: Status;
  readonly seconds: number;
}

interface Look {
  readonly palette: Palette;
  /** Of the terminal; nothing where lines may be of any length. */
  readonly width?: number | undefined;
  readonly before?: Before | undefined;
}

/** So many lines of a kind are shown; a policy may have a hundred thousand. */
const MOST = 100;

/** A status as tables by columns. */
export async function prettyStatus(
  status: Status,
  { policy, since }: StatusHead,
  { palette = plain, width, before }: Partial<Look> = {},
): Promise<string> {
  const { loaded, applied, uplinks, rules, balances, orderings, drift, unread } = status;
  const table = await tables(palette, width);
  const when = since === undefined ? '' : `, applied ${since.slice(0, 19).replace('T', ' ')} UTC`;
  const out = [palette.strong(printable(`${policy}.route${when}`)), ''];
  if (!loaded) {
    out.push(palette.error('none of it is loaded'));
    const absent = uplinks.flatMap(({ ways }) =>
      ways.flatMap(({ reason, why }) =>
        reason === undefined || reason === 'not-loaded' || why === undefined ? [] : [why],
      ),
    );
    out.push(...[...new Set(absent)].map((why) => `  ${printable(why)}`));
    return `${[...out, ...unread.map((what) => notSeen(what, palette))].join('\n')}\n`;
  }
  if (applied === false) {
    out.push(
      `${palette.warning('this is not what was applied')}; routec plan has what differs`,
      '',
    );
  }
  out.push(
    table(
      uplinkHeads(before),
      uplinks.flatMap((each) => uplinkRows(each, palette, before)),
    ),
  );
  const lines = [...rules].sort(byPlace);
  if (lines.length > 0) {
    const rows = lines.slice(0, MOST).map((rule) => ruleRow(rule, before));
    out.push('', table(ruleHeads(before), rows));
    if (lines.length > MOST) out.push(`and ${lines.length - MOST} more lines; --json has all`);
    if (rules.some(isShared)) {
      out.push('+ with connections of other lines that lead to the same');
    }
  }
  const places = new Map(rules.map((rule) => [rule.id, place(rule)]));
  const shares = balances.flatMap((each) => balanceRows(each, places));
  if (shares.length > 0) {
    out.push('', table(['BALANCE', 'MEMBER', 'ASKED', '>CHOSEN', '>SHARE', '>OPEN'], shares));
  }
  const left = orderings.flatMap(({ outcome, left: ends }) =>
    ends
      .filter(({ connections }) => connections > 0)
      .map((end, at) => [at === 0 ? outcome : '', end.outcome, whole(end.connections)]),
  );
  if (left.length > 0) out.push('', table(['ORDER', 'LEFT BY', '>CONNECTIONS'], left));
  if (drift.length > 0) {
    out.push('', palette.strong('not as it was loaded:'));
    out.push(...drift.slice(0, MOST).map((each) => driftLine(each, palette)));
    if (drift.length > MOST) out.push(`  and ${drift.length - MOST} more; --json has all`);
  }
  if (unread.length > 0) {
    out.push('', ...unread.map((what) => notSeen(what, palette)));
  }
  return `${out.join('\n')}\n`;
}

export const notSeen = (what: string, palette: Palette): string =>
  `${palette.note('not seen')}: ${printable(what)}`;
const byPlace = (a: RuleStatus, b: RuleStatus): number =>
  a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;
const place = ({ file, line }: RuleStatus): string => `${file}:${line}`;
const isShared = ({ alone, open }: RuleStatus): boolean => !alone && open !== undefined;

const uplinkHeads = (before: Before | undefined): string[] => [
  ...['UPLINK', 'DEVICE', 'STATE', 'GATEWAY', '>RECEIVED', '>SENT'],
  ...(before === undefined ? [] : ['>IN/s', '>OUT/s']),
  ...['>OPEN', '>CAME IN', ''],
];

function uplinkRows(
  { name, device, state, ways, traffic, open, beside }: UplinkStatus,
  palette: Palette,
  before: Before | undefined,
): string[][] {
  const paint = { up: palette.strong, impaired: palette.warning, down: palette.error }[state];
  const was = before?.status.uplinks.find((each) => each.name === name)?.traffic;
  const rate = (side: 'received' | 'sent'): string => {
    const [now, then] = [traffic?.[side], was?.[side]];
    if (before === undefined || now === undefined || then === undefined) return '-';
    return `${volume(Math.max(0, now[1] - then[1]) / before.seconds)}`;
  };
  const gateways = ways.flatMap(({ gateway }) => gateway ?? []);
  const shared = beside.length > 0 ? '+' : '';
  const side = (count: Count | undefined): string =>
    count === undefined ? '-' : `${volume(count[1])}${shared}`;
  const [why = '', ...more] = reasons(ways);
  const row = [
    name,
    device,
    paint(state),
    gateways.join(' ') || '-',
    side(traffic?.received),
    side(traffic?.sent),
    ...(before === undefined ? [] : [rate('received'), rate('sent')]),
    open === undefined ? '-' : whole(open.chosen),
    open === undefined ? '-' : whole(open.arrived),
  ];
  return [[...row, why], ...more.map((other) => [...row.map(() => ''), other])];
}

/** Why an uplink is not up, a reason a line; a family is named where it is not so for both. */
export function reasons(ways: UplinkStatus['ways']): string[] {
  const whys = ways.flatMap(({ why }) => why ?? []);
  if (ways.length === 1 || (whys.length === ways.length && new Set(whys).size === 1)) {
    return whys.slice(0, 1);
  }
  return ways.flatMap(({ family, why }) => (why === undefined ? [] : `IPv${family}: ${why}`));
}

const ruleHeads = (before: Before | undefined): string[] => [
  'LINE',
  '>PACKETS',
  '>BYTES',
  ...(before === undefined ? [] : ['>/s']),
  '>OPEN',
  'RULE',
];

function ruleRow(rule: RuleStatus, before: Before | undefined): string[] {
  const { id, text, count, open } = rule;
  const was = before?.status.rules.find((each) => each.id === id)?.count;
  const rate =
    before === undefined || count === undefined || was === undefined
      ? '-'
      : rounded(Math.max(0, count[0] - was[0]) / before.seconds);
  return [
    place(rule),
    count === undefined ? '-' : whole(count[0]),
    count === undefined ? '-' : volume(count[1]),
    ...(before === undefined ? [] : [rate]),
    open === undefined ? '-' : `${whole(open.connections)}${isShared(rule) ? '+' : ''}`,
    text,
  ];
}

function balanceRows(
  { by, rules, members }: BalanceStatus,
  places: ReadonlyMap<string, string>,
): string[][] {
  const weights = members.reduce((sum, { weight }) => sum + weight, 0);
  const all = members.reduce((sum, { chosen = 0 }) => sum + chosen, 0);
  const [first = '', ...more] = rules.map((id) => places.get(id) ?? id);
  const where = more.length === 0 ? first : `${first} and ${more.length} more`;
  return members.map(({ outcome, weight, chosen, open, alone }, at) => [
    at === 0 ? `${where} by ${by}` : '',
    outcome,
    percent(weight / weights),
    chosen === undefined ? '-' : whole(chosen),
    chosen === undefined || all === 0 ? '-' : percent(chosen / all),
    open === undefined ? '-' : `${whole(open)}${alone ? '' : '+'}`,
  ]);
}

export function driftLine({ kind, what, family, text, wanted }: Drift, palette: Palette): string {
  const about = family === undefined ? what : `${what}, IPv${family}`;
  const paint = kind === 'foreign' ? palette.warning : palette.error;
  const should = wanted === undefined ? '' : `; it should be: ${printable(wanted)}`;
  return `  ${paint(kind)} ${about}: ${printable(text)}${should}`;
}

const whole = (number: number): string => number.toLocaleString('en');
const rounded = (number: number): string =>
  number.toLocaleString('en', { maximumFractionDigits: 1 });
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes, in powers of a thousand as links are sold. */
function volume(bytes: number): string {
  let unit = 0;
  let rest = bytes;
  while (rest >= 1000 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(rest) : rest.toFixed(1)} ${UNITS[unit]}`;
}

type Table = (heads: readonly string[], rows: readonly (readonly string[])[]) => string;

/** A head that begins with `>` is that of numbers: they stand to the right. */
async function tables(palette: Palette, width: number | undefined): Promise<Table> {
  const { default: Cells } = await import('cli-table3');
  const nothing = Object.fromEntries(PLACES.map((each) => [each, '']));
  return (heads, rows) => {
    const cells = new Cells({
      chars: { ...nothing, middle: '  ' },
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
      colAligns: heads.map((head) => (head.startsWith('>') ? 'right' : 'left')),
    });
    cells.push(heads.map((head) => palette.frame(head.replace('>', ''))));
    cells.push(...rows.map((row) => heads.map((_, at) => printableCell(row[at] ?? ''))));
    const lines = cells.toString().split('\n');
    return lines.map((line) => cut(line.trimEnd(), width)).join('\n');
  };
}

const PLACES = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
  ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
];

/** Colours are ours; all else may be a policy's. */
const COLOUR = /(\u001b\[[0-9;]*m)/;
const printableCell = (text: string): string =>
  text
    .split(COLOUR)
    .map((part, at) => (at % 2 === 1 ? part : printable(part)))
    .join('');

/** The text of a rule stands last, and is the only one that is long. */
function cut(line: string, width: number | undefined): string {
  if (width === undefined || line.length <= width || COLOUR.test(line)) return line;
  return `${line.slice(0, width - 1)}…`;
}
