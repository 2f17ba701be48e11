import { formatAddress } from '../net/address.ts';
import { formatMark } from '../net/mark.ts';
import { type Connection, familyOf } from './connection.ts';
import { connectionText, type Moved } from './elsewhere.ts';
import type { Command, Step } from './step.ts';

/** What deletes connections: nothing else is run for a plan that was saved. */
export const isKill = ({ argv, stdin = '' }: Command): boolean =>
  argv.join(' ') === KILL.join(' ') &&
  stdin.split('\n').every((line) => line === '' || LINE.test(line));

const KILL = ['conntrack', '-R', '-'] as const;
const ADDRESS = '[0-9a-f.:]+';
const TUPLE = `-s ${ADDRESS} -d ${ADDRESS} -p \\d+( --(sport|dport|icmp(v6)?-(type|code|id)) \\d+)*`;
const LINE = new RegExp(
  `^-D -f ipv[46] -w 0 -m 0x[0-9a-f]+/0x[0-9a-f]+ (${TUPLE}|-[sd] ${ADDRESS}|-p \\d+ --dport \\d+)$`,
);

/** More than this, and they are named by what they have in common. */
const FEW = 4;

/**
 * The step that deletes open connections, so that they begin anew; none where there are none.
 *
 * @param all the open connections of the machine
 * @param mask our bits of their marks
 */
export function killSteps(
  moved: readonly Moved[],
  all: readonly Connection[],
  mask: number,
): Step[] {
  if (moved.length === 0) return [];
  return [
    {
      sign: '-',
      title: `open connections that the policy sends elsewhere: ${moved.length}`,
      effect: 'they begin anew, by the policy: what was open between two programs is cut off',
      changes: moved.map(({ connection, from, to }) => ({
        sign: '-',
        text: `${connectionText(connection)}, by ${from}: ${to} from now on`,
      })),
      run: { argv: [...KILL], stdin: deletions(moved, all, mask), opens: true },
      optional: true,
      kills: true,
    },
  ];
}

/** What some connections of a slot have in common, and go for; a slot's packets are told by more, but rarely. */
const COMMON: readonly ((connection: Connection) => string | undefined)[] = [
  ({ protocol, port }) => (port === undefined ? undefined : `-p ${protocol} --dport ${port}`),
  ({ source }) => `-s ${formatAddress(source)}`,
  ({ destination }) => `-d ${formatAddress(destination)}`,
];

/**
 * One line each; or one for all that have something in common in one slot, if all of that goes: each line costs a
 * walk through the kernel's table, some milliseconds. The largest first.
 */
function deletions(moved: readonly Moved[], all: readonly Connection[], mask: number): string {
  // Those of a zone were left out, and stay.
  const slotOf = (each: Connection): string =>
    `-D -f ipv${familyOf(each)} -w 0 -m ${formatMark((each.mark & mask) >>> 0)}/${formatMark(mask)}`;
  const linesOf = (each: Connection): string[] => {
    const slot = slotOf(each);
    return COMMON.flatMap((common) => {
      const what = common(each);
      return what === undefined ? [] : [`${slot} ${what}`];
    });
  };
  const left = new Map<string, number>();
  for (const each of all) {
    for (const line of linesOf(each)) left.set(line, (left.get(line) ?? 0) + 1);
  }
  const groups = new Map<string, Connection[]>();
  for (const { connection } of moved) {
    for (const line of linesOf(connection)) {
      const its = groups.get(line);
      if (its === undefined) groups.set(line, [connection]);
      else its.push(connection);
    }
  }
  const whole = [...groups]
    .filter(([line, its]) => its.length > FEW && its.length === left.get(line))
    .sort(([, one], [, other]) => other.length - one.length);
  const named = new Set<Connection>();
  const lines: string[] = [];
  for (const [line, its] of whole) {
    if (its.filter((each) => !named.has(each)).length <= FEW) continue;
    for (const each of its) named.add(each);
    lines.push(line);
  }
  const rest = moved.filter(({ connection }) => !named.has(connection));
  lines.push(...rest.map(({ connection }) => `${slotOf(connection)} ${tupleOf(connection)}`));
  return lines.map((line) => `${line}\n`).join('');
}

function tupleOf(connection: Connection): string {
  const { source, destination, protocol, sourcePort, port, icmp } = connection;
  const to = `-s ${formatAddress(source)} -d ${formatAddress(destination)} -p ${protocol}`;
  if (icmp !== undefined) {
    const word = `--icmp${destination.family === 6 ? 'v6' : ''}`;
    return `${to} ${word}-type ${icmp.type} ${word}-code ${icmp.code} ${word}-id ${icmp.id}`;
  }
  return sourcePort === undefined ? to : `${to} --sport ${sourcePort} --dport ${port}`;
}
